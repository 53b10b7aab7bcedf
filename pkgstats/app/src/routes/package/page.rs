//! What the pages of a package have in common.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pkgstats_catalog::Package;

use super::state::{Read, read};
use crate::app::App;
use crate::error::Error;
use crate::page::render;
use crate::views::package::{Head, NoPackage, Tab};
use crate::views::{Frame, Pages};
use crate::visitor::Visitor;

/// The most rows on a page of versions, dependents or files.
pub(super) const ROWS: usize = 100;

/// A request for a page of a package.
pub(super) struct Request<'a> {
    pub(super) app: &'a App,
    pub(super) visitor: &'a Visitor,
    pub(super) name: &'a str,
    pub(super) page: usize,
}

/// A package that exists, and what was read of it.
pub(super) struct Found {
    pub(super) package: Package,
    pub(super) read: Read,
}

impl Request<'_> {
    /// Returns the package, or the page that says that there is none.
    pub(super) async fn find(&self) -> Result<Result<Found, Response>, Error> {
        let Some(mut package) = self.app.catalog.package(self.name).await? else {
            let near = self.app.catalog.near_names(self.name).await?.results;
            let near = near.into_iter().map(|near| near.name).collect();
            let page = NoPackage { frame: self.frame(), name: self.name.to_owned(), near };
            return Ok(Err((StatusCode::NOT_FOUND, render(&page)?).into_response()));
        };
        let read = read(self.app, self.name).await?;
        if package.detail.is_none() && read.stored.is_some() {
            // It was read just now.
            package.detail = self.app.catalog.package(self.name).await?.and_then(|package| package.detail);
        }
        Ok(Ok(Found { package, read }))
    }

    pub(super) fn frame(&self) -> Frame {
        Frame { query: format!("pkg:{}", self.name), ..Frame::of(self.visitor.user.as_ref()) }
    }

    /// Returns the head of a page below the package's own.
    pub(super) fn head(&self, found: &Found, tab: Tab) -> Head {
        Head::new(&found.package, found.read.facts(), &found.read.state, tab)
    }

    /// Returns how many rows come before this page.
    pub(super) fn offset(&self) -> usize {
        (self.page - 1).saturating_mul(ROWS)
    }

    /// Returns the links to the pages of a list with so many rows.
    pub(super) fn pages(&self, rows: i64, below: &str) -> Pages {
        let shown = self.offset().saturating_add(ROWS);
        let has_more = usize::try_from(rows).is_ok_and(|rows| rows > shown);
        Pages::new(self.page, has_more, &format!("{}/{below}?", crate::address::package_path(self.name)))
    }
}

/// Returns a number of rows as a parameter of a statement.
pub(super) fn sql(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
