//! The figures of the acceptance cases that hold for all packages only.

use pkgstats_catalog::Catalog;
use pkgstats_core::query::Query;

use crate::error::BoxError;

/// Returns the checks that fail, with what was found.
pub(crate) async fn failures(catalog: &Catalog) -> Result<Vec<String>, BoxError> {
    let mut failures = Vec::new();
    let mut expect = |what: &str, found: String, expected: &str| {
        if found != expected {
            failures.push(format!("{what}: {found} instead of {expected}"));
        }
    };
    let generation = catalog.generation().await?;
    let counts = (generation.packages, generation.counted, generation.sum, generation.previous_sum);
    expect("the catalogue", format!("{counts:?}"), "(4499381, 3771841, 521938191271, 402596168364)");

    for (text, total, first) in [
        ("koa session", 92, "koa-session, koa-generic-session"),
        ("point in polygon", 17, "point-in-polygon, "),
        ("koa postgres session", 1, "koa-pg-session"),
        ("koa pg sesion", 1, "koa-pg-session"),
    ] {
        let found = catalog.search(&Query::parse(text), 1).await?;
        let total_is = (found.total, found.total_is_exact);
        expect(&format!("the total of `{text}`"), format!("{total_is:?}"), &format!("({total}, true)"));
        let names: Vec<_> = found.results.iter().take(2).map(|hit| hit.name.clone()).collect();
        let names = names.join(", ");
        expect(&format!("the first results of `{text}`"), names[..first.len().min(names.len())].to_owned(), first);
    }

    for (account, packages, downloads) in
        [("ryanhefner", 55, 333_555_u64), ("sindresorhus", 1_725, 41_695_029_354), ("TMiguelT", 10, 170)]
    {
        let owner = catalog.owner(account, 1).await?;
        let found = owner.map(|owner| (owner.packages, owner.downloads));
        expect(account, format!("{found:?}"), &format!("{:?}", Some((packages, downloads))));
    }

    for name in
        ["express", "tape", "dot", "version-me", "euclideanmst", "@wakaru/cli-linux-x64", "koa-pg-session", "react"]
    {
        let found = catalog.search(&Query::parse(name), 1).await?;
        let first = found.results.first().map(|hit| format!("{} ({})", hit.name, hit.reason)).unwrap_or_default();
        expect(&format!("the first result of `{name}`"), first, &format!("{name} (exact name)"));
    }

    for (typed, name, times) in [
        ("axois", "axios", Some(43_355)),
        ("loadsh", "lodash", Some(12_131)),
        ("crossenv", "cross-env", Some(5_682)),
        ("nextjs", "next", Some(6_762)),
    ] {
        let found = catalog.search(&Query::parse(typed), 1).await?.did_you_mean;
        let found = found.map(|meant| (meant.name, meant.times));
        expect(typed, format!("{found:?}"), &format!("{:?}", Some((name, times))));
    }
    for name in ["express", "preact", "vue"] {
        let found = catalog.search(&Query::parse(name), 1).await?.did_you_mean;
        expect(name, format!("{found:?}"), "None");
    }

    let package = catalog.package("koa-pg-session").await?;
    let standing = package.and_then(|package| Some((package.rank?, package.rank_shared_by?)));
    expect("the rank of koa-pg-session", format!("{standing:?}"), "Some((1449439, 41196))");
    Ok(failures)
}
