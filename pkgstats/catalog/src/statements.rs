//! The statements that read the catalogue.

use std::sync::LazyLock;

use crate::tier::for_each_tier;

/// Defines a constant for each file in `sql`, and a list of all.
macro_rules! statements {
    ($($name:ident = $file:literal;)*) => {
        $(pub(crate) const $name: &str = include_str!(concat!("../sql/", $file, ".sql"));)*

        const FILES: &[(&str, &str)] = &[$(($file, $name)),*];
    };
}

/// Defines the statements that exist for each tier.
macro_rules! tiered {
    ($($name:ident = $file:literal;)*) => {
        $(pub(crate) static $name: LazyLock<[String; 4]> =
            LazyLock::new(|| for_each_tier(include_str!(concat!("../sql/", $file, ".sql"))));)*

        fn tiered() -> Vec<(&'static str, &'static [String; 4])> {
            vec![$(($file, &*$name)),*]
        }
    };
}

statements! {
    COMMON_WORDS_BY_PREFIX = "common_words_by_prefix";
    DETAILS_BY_NAME = "details_by_name";
    GENERATION = "generation";
    OWNER = "owner";
    PACKAGES_BY_DELETIONS = "packages_by_deletions";
    PACKAGES_BY_DETAILS = "packages_by_details";
    PACKAGES_BY_KEY = "packages_by_key";
    PACKAGES_BY_NAME = "packages_by_name";
    PACKAGES_BY_OWNER = "packages_by_owner";
    PACKAGES_BY_RANK = "packages_by_rank";
    PACKAGES_BY_SCOPE = "packages_by_scope";
    PACKAGES_OF_LIST = "packages_of_list";
    REPLACEMENT = "replacement";
    TYPES = "types";
    WORD = "word";
    WORDS_BY_DELETIONS = "words_by_deletions";
    WORDS_BY_PREFIX = "words_by_prefix";
}

tiered! {
    PACKAGES_BY_LAST_WORD = "packages_by_last_word";
    PACKAGES_BY_PREFIX = "packages_by_prefix";
    PACKAGES_BY_SOME_WORDS = "packages_by_some_words";
    PACKAGES_BY_WORDS = "packages_by_words";
}

/// Returns all statements with their names.
pub(crate) fn all() -> Vec<(String, &'static str)> {
    let plain = FILES.iter().map(|(name, sql)| ((*name).to_owned(), *sql));
    let tiered = tiered().into_iter().flat_map(|(name, statements)| {
        statements.iter().enumerate().map(move |(tier, sql)| (format!("{name} {tier}"), sql.as_str()))
    });
    plain.chain(tiered).collect()
}
