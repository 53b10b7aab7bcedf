//! Accounts: signing in, signing up, devices.

use askama::Template;

use super::frame::Frame;

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignIn {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) back: String,
    pub(crate) problem: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_up.html")]
pub(crate) struct SignUp {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) back: String,
    pub(crate) problem: Option<String>,
}

#[derive(Template)]
#[template(path = "devices.html")]
pub(crate) struct Devices {
    pub(crate) frame: Frame,
    pub(crate) rows: Vec<DeviceRow>,
}

/// A session of the account.
pub(crate) struct DeviceRow {
    pub(crate) label: String,
    pub(crate) since: Option<String>,
    pub(crate) last_seen: String,
    pub(crate) handle: String,
    pub(crate) is_current: bool,
}
