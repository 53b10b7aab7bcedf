//! The words of a name or of a text, in lower case.

use std::collections::BTreeSet;

/// Returns the words of a name that a search finds it by: its parts between punctuation, and their parts by camelCase.
///
/// `JSONStream` is found by `jsonstream`, `json` and `stream`.
#[must_use]
pub fn words(name: &str) -> BTreeSet<String> {
    let mut words = segments(name);
    words.extend(parts(name).map(str::to_lowercase));
    words
}

/// Returns the smallest parts of a name: `json` and `stream` of `JSONStream`.
#[must_use]
pub fn segments(name: &str) -> BTreeSet<String> {
    parts(name).flat_map(split_camel_case).map(str::to_lowercase).collect()
}

/// Returns the words of a text in their order, without repetitions.
#[must_use]
pub fn words_of_text(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    parts(text).map(str::to_lowercase).filter(|word| seen.insert(word.clone())).collect()
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty())
}

/// Splits before an upper-case letter that follows another letter or digit (`fileUpload`), and before the last of several
/// upper-case letters if a lower-case letter follows (`JSONStream`).
fn split_camel_case(part: &str) -> Vec<&str> {
    let letters: Vec<(usize, char)> = part.char_indices().collect();
    let is_upper = |index: usize| letters.get(index).is_some_and(|(_, letter)| letter.is_uppercase());
    let is_lower = |index: usize| letters.get(index).is_some_and(|(_, letter)| letter.is_lowercase());
    let mut pieces = Vec::new();
    let mut start = 0;
    for (index, &(position, _)) in letters.iter().enumerate().skip(1) {
        if is_upper(index) && (!is_upper(index - 1) || is_lower(index + 1)) {
            pieces.push(&part[start..position]);
            start = position;
        }
    }
    pieces.push(&part[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(words: BTreeSet<String>) -> String {
        words.into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_name_has_words_by_both_camel_case_rules() {
        assert_eq!(joined(words("JSONStream")), "json jsonstream stream");
        assert_eq!(joined(words("angularFileUpload")), "angular angularfileupload file upload");
        assert_eq!(joined(words("Base64Encode")), "base64 base64encode encode");
        assert_eq!(joined(words("@babel/plugin-x")), "babel plugin x");
        assert_eq!(joined(words("---")), "");
    }

    #[test]
    fn segments_do_not_contain_the_unsplit_name() {
        assert_eq!(joined(segments("JSONStream")), "json stream");
        assert_eq!(joined(segments("d3-array")), "array d3");
    }

    #[test]
    fn the_words_of_a_text_keep_their_order() {
        assert_eq!(words_of_text("  Point in \0 polygon, POINT! é "), ["point", "in", "polygon", "é"]);
    }
}
