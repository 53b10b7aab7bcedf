//! `/compare`: up to eight packages side by side.

use axum::extract::{RawQuery, State};
use axum::response::Html;
use pkgstats_catalog::Package;

use crate::app::App;
use crate::error::Error;
use crate::page::render;
use crate::views::{Change, Compare, Fact, Frame, downloads, grouped};
use crate::visitor::Visitor;

/// More packages cannot be told apart in a chart.
const MOST: usize = 8;

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Html<String>, Error> {
    let (mut packages, mut missing) = (Vec::new(), Vec::new());
    for name in names(query.as_deref().unwrap_or_default()) {
        match app.catalog.package(&name).await? {
            Some(package) => packages.push(package),
            None => missing.push(name),
        }
    }
    let facts = facts(&packages);
    let names = packages.into_iter().map(|package| package.name).collect();
    render(&Compare { frame: Frame::of(visitor.user.as_ref()), names, facts, missing })
}

/// Returns the values of `p`, each of which may have several names, without repetitions.
pub(crate) fn names(query: &str) -> Vec<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let mut names = Vec::new();
    for name in pairs.iter().filter(|(key, _)| key == "p").flat_map(|(_, value)| value.split([' ', ','])) {
        if !name.is_empty() && names.len() < MOST && !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
        }
    }
    names
}

type ValueOf = fn(&Package) -> Option<String>;

fn facts(packages: &[Package]) -> Vec<Fact> {
    let facts: [(&'static str, bool, ValueOf); 7] = [
        ("Downloads in 30 days", true, |package| downloads(package.figure.as_ref())),
        ("Before", true, |package| downloads(package.previous.as_ref())),
        ("Change of share", true, |package| package.change_of_share.map(|change| Change::of(change).text)),
        ("Rank", true, |package| package.rank.map(|rank| grouped(u64::from(rank)))),
        ("Version", false, |package| package.detail.as_ref()?.version.clone()),
        ("Types", false, |package| package.types.clone()),
        ("Owner", false, |package| package.owner.clone()),
    ];
    let fact = |(name, is_number, value): (&'static str, bool, ValueOf)| Fact {
        name,
        is_number,
        values: packages.iter().map(value).collect(),
    };
    facts.map(fact).into_iter().filter(|fact| fact.values.iter().any(Option::is_some)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_several_ways() {
        assert_eq!(names("p=koa&p=express&p=koa"), ["koa", "express"]);
        assert_eq!(names("p=koa%20express,%40types%2Fnode&q=x"), ["koa", "express", "@types/node"]);
        assert_eq!(names(&"p=a&".repeat(3)), ["a"]);
        let many: String = (0..20).map(|n| format!("p=package-{n}&")).collect();
        assert_eq!(names(&many).len(), MOST);
        assert!(names("").is_empty());
    }
}
