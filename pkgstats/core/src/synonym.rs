//! Words that packages use for the same thing.

/// Groups of synonyms. Short: only words that occur in many names, and of which users rarely know the other spelling.
const GROUPS: [&[&str]; 12] = [
    &["pg", "postgres", "postgresql", "psql"],
    &["mongo", "mongodb"],
    &["js", "javascript"],
    &["ts", "typescript"],
    &["k8s", "kubernetes"],
    &["i18n", "internationalization"],
    &["l10n", "localization"],
    &["a11y", "accessibility"],
    &["auth", "authentication"],
    &["db", "database"],
    &["md", "markdown"],
    &["regex", "regexp"],
];

/// Returns the other words for the same thing.
pub fn synonyms(word: &str) -> impl Iterator<Item = &'static str> {
    let group = GROUPS.iter().find(|group| group.contains(&word)).copied().unwrap_or_default();
    group.iter().copied().filter(move |other| *other != word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_is_also_called_pg() {
        assert_eq!(synonyms("postgres").collect::<Vec<_>>(), ["pg", "postgresql", "psql"]);
        assert_eq!(synonyms("express").count(), 0);
    }
}
