//! What pages show. Each is a template in `templates/`, and gets what it shows as text.

mod account;
mod chart;
mod compare;
mod frame;
mod numbers;
pub(crate) mod package;
mod rows;
mod search;
mod time;
mod watched;

use askama::Template;
use axum::response::Html;

pub(crate) use account::{DeviceRow, Devices, SignIn, SignUp};
pub(crate) use chart::ChartView;
pub(crate) use compare::{Compare, Fact};
pub(crate) use frame::Frame;
pub(crate) use numbers::{Change, bytes, grouped};
pub(crate) use rows::{Row, downloads};
pub(crate) use search::{List, OwnerPage, Pages, Search};
pub(crate) use time::ago;
pub(crate) use watched::{Entry, Feed, Watched};

/// The start page.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct Home {
    pub(crate) frame: Frame,
    pub(crate) rising: Vec<Row>,
    pub(crate) falling: Vec<Row>,
    pub(crate) packages: Option<String>,
    pub(crate) measured: Option<String>,
}

/// What the visitor has starred.
#[derive(Template)]
#[template(path = "starred.html")]
pub(crate) struct Starred {
    pub(crate) frame: Frame,
    pub(crate) rows: Vec<Row>,
}

/// What the visitor has opened last.
#[derive(Template)]
#[template(path = "recent.html")]
pub(crate) struct Recent {
    pub(crate) frame: Frame,
    pub(crate) rows: Vec<Row>,
}

/// A page that cannot be shown.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    pub(crate) frame: Frame,
    pub(crate) problem: String,
    pub(crate) advice: &'static str,
    /// The address of the next step, and its name.
    pub(crate) next: (String, &'static str),
}

/// Writes a page.
pub(crate) fn write(page: &impl Template) -> Result<Html<String>, askama::Error> {
    page.render().map(Html)
}
