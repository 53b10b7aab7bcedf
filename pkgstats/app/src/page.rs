//! Writes pages for the routes.

use askama::Template;
use axum::response::Html;

use crate::error::Error;
use crate::views::write;

pub(crate) fn render(page: &impl Template) -> Result<Html<String>, Error> {
    Ok(write(page)?)
}
