//! Times as people say them.

use time::OffsetDateTime;

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

/// Returns the day of a time in seconds since 1970, such as `2017-03-05`, if it is one of the calendar.
pub(crate) fn date(seconds: i64) -> Option<String> {
    Some(OffsetDateTime::from_unix_timestamp(seconds).ok()?.date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_in_the_data() {
        assert_eq!(date(1_488_700_000).as_deref(), Some("2017-03-05"));
        assert_eq!(date(i64::MAX), None);
    }

    #[test]
    fn times_are_said_in_the_largest_unit() {
        for (seconds, text) in
            [(5, "just now"), (60, "1 minute ago"), (7_300, "2 hours ago"), (86_400 * 3, "3 days ago")]
        {
            assert_eq!(ago(seconds), text);
        }
    }
}
