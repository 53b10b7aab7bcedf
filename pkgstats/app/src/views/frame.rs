//! The frame of every page: the search box and the navigation.

use crate::assets;
use crate::visitor::user::User;

pub(crate) struct Frame {
    /// The name of the account that is signed in.
    pub(crate) user: Option<String>,
    /// Whether the page knows if its visitor is signed in.
    pub(crate) is_of_visitor: bool,
    /// What the search box says.
    pub(crate) query: String,
}

impl Frame {
    pub(crate) fn of(user: Option<&User>) -> Self {
        Self { user: user.map(|user| user.name.clone()), is_of_visitor: true, query: String::new() }
    }

    /// The frame of a page that does not know its visitor.
    pub(crate) fn plain() -> Self {
        Self { user: None, is_of_visitor: false, query: String::new() }
    }

    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }
}
