//! `/account/devices`: where the account is signed in, and the ways to end that.

use axum::Form;
use axum::extract::State;
use axum::response::{Html, Redirect};
use serde::Deserialize;

use crate::app::{App, TTL};
use crate::error::Error;
use crate::page::render;
use crate::views::{DeviceRow, Devices, Frame, ago};
use crate::visitor::{Device, Visitor, now};

#[derive(Deserialize)]
struct Data {
    device: Option<Device>,
}

#[derive(Deserialize)]
pub(crate) struct Input {
    /// The handle of the session to end; without one, all others end.
    handle: Option<String>,
}

pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Html<String>, Error> {
    let user = visitor.signed_in()?;
    let current = visitor.session_id();
    let sessions = app.sessions.sessions_of(&user.id.to_string()).await?;
    let row = |session: &pg_session_tower::pg_session::Session| {
        let device = session.decode::<Data>().ok().and_then(|data| data.device);
        let idle = TTL.saturating_sub(session.expires_in()).as_secs();
        DeviceRow {
            label: device.as_ref().map_or_else(|| "unknown device".to_owned(), |device| device.label.clone()),
            since: device.map(|device| ago(now().saturating_sub(device.since))),
            last_seen: ago(idle),
            handle: session.handle(),
            is_current: current.as_deref() == Some(session.id()),
        }
    };
    let mut rows: Vec<_> = sessions.iter().map(row).collect();
    rows.sort_by_key(|row| !row.is_current);
    render(&Devices { frame: Frame::of(visitor.user.as_ref()), rows })
}

pub(crate) async fn end(State(app): State<App>, visitor: Visitor, Form(input): Form<Input>) -> Result<Redirect, Error> {
    let user = visitor.signed_in()?.id.to_string();
    match input.handle {
        Some(handle) => drop(app.sessions.destroy_handle(&user, &handle).await?),
        None => drop(app.sessions.destroy_sessions_of(&user, visitor.session_id().as_deref()).await?),
    }
    Ok(Redirect::to("/account/devices"))
}
