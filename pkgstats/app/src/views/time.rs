//! Times as people say them.

const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];

/// Returns how long ago so many seconds are, such as `3 hours ago`.
pub(crate) fn ago(seconds: u64) -> String {
    if seconds < 60 {
        return "just now".to_owned();
    }
    let (length, unit) = UNITS.into_iter().find(|(length, _)| seconds >= *length).unwrap_or((1, "second"));
    let count = seconds / length;
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_the_largest_unit() {
        for (seconds, text) in
            [(5, "just now"), (60, "1 minute ago"), (7_300, "2 hours ago"), (86_400 * 3, "3 days ago")]
        {
            assert_eq!(ago(seconds), text);
        }
    }
}
