//! How the reading of a package went, in words.

use std::time::Duration;

use crate::views::time::ago;

/// How the reading of a package went.
#[derive(Clone, Debug)]
pub(crate) enum ReadState {
    /// What is shown was read this long ago. The last attempt may have failed.
    Read { age: Duration, problem: Option<String> },
    /// Nothing could be read.
    Failed { problem: String },
    /// Nothing was read yet.
    BeingRead,
    /// Nothing was read, and nothing will be.
    Offline,
}

impl ReadState {
    /// Returns whether the page has more to show in a moment.
    pub(crate) fn is_being_read(&self) -> bool {
        matches!(self, Self::BeingRead)
    }

    /// Returns what readers must know, if anything.
    pub(crate) fn notice(&self) -> Option<String> {
        match self {
            Self::Read { problem: None, .. } => None,
            Self::Read { age, problem: Some(problem) } => {
                Some(format!("{} What you see was read {}.", sentence(problem), ago(age.as_secs())))
            }
            Self::Failed { problem } => Some(sentence(problem)),
            Self::BeingRead => Some("Details are being read from the registry.".to_owned()),
            Self::Offline => Some("Details were not read: this site is offline.".to_owned()),
        }
    }

    /// Returns when it was read, in words.
    pub(crate) fn read_ago(&self) -> Option<String> {
        match self {
            Self::Read { age, .. } => Some(ago(age.as_secs())),
            _ => None,
        }
    }
}

/// Returns an error's text as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    let sentence: String = first.into_iter().flatten().chain(letters).collect();
    format!("{}.", sentence.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_with_the_age_of_what_is_shown() {
        let age = Duration::from_secs(3 * 86_400);
        let read = ReadState::Read { age, problem: Some("the registry cannot be reached".to_owned()) };
        let notice = read.notice().unwrap_or_default();
        assert_eq!(notice, "The registry cannot be reached. What you see was read 3 days ago.");
        assert_eq!(ReadState::Read { age, problem: None }.notice(), None);
    }
}
