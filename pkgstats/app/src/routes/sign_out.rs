//! `POST /sign-out`: ends the session.

use axum::response::Redirect;

use crate::error::Error;
use crate::visitor::Visitor;

pub(crate) async fn submit(visitor: Visitor) -> Result<Redirect, Error> {
    visitor.sign_out().await?;
    Ok(Redirect::to("/"))
}
