//! The variables of the environment, and the user's home.

use std::path::PathBuf;

/// Looks up variables. Tests pass a function of their own.
#[derive(Clone, Copy)]
pub(crate) struct Environment<'a>(&'a dyn Fn(&str) -> Option<String>);

impl<'a> Environment<'a> {
    pub(crate) fn new(variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self(variable)
    }

    /// Returns the value of a variable. As in libpq, an empty value counts as none.
    pub(super) fn variable(self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.trim().is_empty())
    }

    pub(super) fn home(self) -> Option<PathBuf> {
        self.variable("HOME").map(PathBuf::from)
    }
}

/// Looks up a variable of the process.
pub(crate) fn of_process(name: &str) -> Option<String> {
    match name {
        "HOME" => std::env::home_dir()?.into_os_string().into_string().ok(),
        name => std::env::var(name).ok(),
    }
}
