use std::fmt;

use serde::{Serialize, Serializer};

/// Why a package is a result. The better reason is the lesser one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The query is the name.
    ExactName,
    /// The query and the name differ only in case and punctuation.
    SameLetters,
    /// The name has all words of the query, and no others.
    WordsAreName,
    /// The name begins with the text. Suggestions only.
    NameBegins,
    /// The name has all words of the query, and others.
    WordsInName,
    /// The name has all words of the query; of the last one, the beginning.
    LastWordBegins,
    /// Some words are in the keywords, the description or the repository.
    WordsInDetails,
    /// One letter differs.
    OneLetterDiffers,
    /// The name has some of the words. Given only where nothing has all of them.
    SomeWords,
    /// The user owns the repository.
    Owner,
    /// The package belongs to the scope.
    Scope,
}

impl Reason {
    /// Returns the label for a result.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::ExactName => "exact name",
            Self::SameLetters => "same letters",
            Self::WordsAreName => "all words are the name",
            Self::NameBegins => "name begins so",
            Self::WordsInName => "all words in the name",
            Self::LastWordBegins => "last word begins so",
            Self::WordsInDetails => "words in the description",
            Self::SomeWords => "some words in the name",
            Self::Owner => "owner of the repository",
            Self::Scope => "scope",
            Self::OneLetterDiffers => "one letter differs",
        }
    }

    /// Returns whether the package can be what the user meant by name, so that no other has to be suggested.
    #[must_use]
    pub fn is_name(self) -> bool {
        self <= Self::WordsAreName
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}
