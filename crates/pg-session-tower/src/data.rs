//! The data and the times of tower-sessions in terms of pg-session, and back.

use std::collections::HashMap;
use std::iter::once;
use std::time::Duration;

use pg_session::{MAX_TTL, Session};
use serde_json::Value;
use time::OffsetDateTime;

/// Returns the data with sorted keys, so that equal data is equal text.
pub(crate) fn sorted(data: &HashMap<String, Value>) -> Value {
    let mut data: Value = data.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    // Sorts nothing unless the application turns on the feature `preserve_order` of serde_json.
    data.sort_all_objects();
    data
}

/// Returns the data of a session.
///
/// # Errors
///
/// The data is not a JSON object. The message says what is wrong, and quotes no data.
pub(crate) fn decoded(session: &Session) -> Result<HashMap<String, Value>, String> {
    session.decode().map_err(|error| {
        let mut message = message(&error);
        if !session.json().trim_start().starts_with('{') {
            message +=
                ": tower-sessions needs a JSON object; give applications that store other values their own table";
        }
        message
    })
}

/// Returns the error's message and its causes, because the errors of tower-sessions have no source.
pub(crate) fn message(error: &pg_session::Error) -> String {
    once(error.to_string()).chain(error.causes()).collect::<Vec<_>>().join(": ")
}

/// Returns the time left until `expiry_date`, or zero if that has passed.
pub(crate) fn ttl(expiry_date: OffsetDateTime) -> Duration {
    let left = expiry_date - OffsetDateTime::now_utc();
    // The conversion fails if `left` is negative.
    Duration::try_from(left).unwrap_or_default().min(MAX_TTL)
}

/// Returns the date in `expires_in` from now, or the last possible date.
pub(crate) fn expiry_date(expires_in: Duration) -> OffsetDateTime {
    let left = time::Duration::try_from(expires_in).unwrap_or(time::Duration::MAX);
    OffsetDateTime::now_utc().saturating_add(left)
}

#[cfg(test)]
mod tests {
    use std::io;

    use serde_json::json;
    use time::{Date, Month, Time};

    use super::*;

    #[test]
    fn equal_data_is_equal_text() {
        let keys: Vec<_> = (0..99).map(|n| format!("{n:02}")).collect();
        let text = |keys: &mut dyn Iterator<Item = &String>| {
            let data: HashMap<String, Value> = keys.map(|key| (key.clone(), json!({"b": 1, "a": [key]}))).collect();
            sorted(&data).to_string()
        };
        let forwards = text(&mut keys.iter());
        assert_eq!(forwards, text(&mut keys.iter().rev()));
        assert!(forwards.starts_with(r#"{"00":{"a":["00"],"b":1},"01":"#), "{forwards}");
    }

    #[test]
    fn a_message_names_each_cause_once() {
        let cause = io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused (127.0.0.1:5432)");
        let message = message(&pg_session::Error::unreachable(cause));
        assert_eq!(message.matches("connection refused (127.0.0.1:5432)").count(), 1, "{message}");
    }

    #[test]
    fn the_time_left_is_never_negative() {
        let now = OffsetDateTime::now_utc();
        assert_eq!(ttl(now - Duration::from_secs(1)), Duration::ZERO);
        assert_eq!(ttl(Date::MIN.with_time(Time::MIDNIGHT).assume_utc()), Duration::ZERO);
        let hour = ttl(now + Duration::from_hours(1));
        assert!(hour <= Duration::from_hours(1) && hour > Duration::from_mins(59), "{hour:?}");
    }

    #[test]
    fn the_far_future_is_in_range() {
        let last = Date::MAX.with_time(Time::MAX).assume_utc();
        assert!(ttl(last) <= MAX_TTL);
        for expires_in in [MAX_TTL, Duration::MAX] {
            let date = expiry_date(expires_in);
            assert!(date > Date::from_calendar_date(9999, Month::January, 1).unwrap().midnight().assume_utc());
            assert!(ttl(date) > Duration::ZERO);
        }
    }
}
