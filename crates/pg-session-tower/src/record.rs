//! What tower-sessions calls a record, in the terms of pg-session and back.

use std::collections::HashMap;
use std::error::Error;
use std::hash::BuildHasher;
use std::iter::successors;
use std::time::Duration;

use pg_session::{MAX_TTL, Session};
use serde_json::Value;
use time::OffsetDateTime;

/// The data in an order of its own, so that equal data is equal text.
pub(crate) fn sorted(data: &HashMap<String, Value>) -> Value {
    let mut data: Value = data.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    // Where an application has serde_json preserve the order, this sorts what would else be sorted already.
    data.sort_all_objects();
    data
}

/// Identifies the map, also when it was moved or changed: the hashers of two maps agree on nothing.
pub(crate) fn map(data: &HashMap<String, Value>) -> u64 {
    data.hasher().hash_one(())
}

/// The time left until `expiry_date`: none where that has passed.
pub(crate) fn ttl(expiry_date: OffsetDateTime) -> Duration {
    let left = expiry_date - OffsetDateTime::now_utc();
    // Fails on what is negative.
    Duration::try_from(left).unwrap_or_default().min(MAX_TTL)
}

/// The date when `expires_in` is over, or the last that there is.
pub(crate) fn expiry_date(expires_in: Duration) -> OffsetDateTime {
    let left = time::Duration::try_from(expires_in).unwrap_or(time::Duration::MAX);
    OffsetDateTime::now_utc().saturating_add(left)
}

/// Why the session's data is no record. The source says what is wrong with it, without quoting it.
pub(crate) fn unreadable(session: &Session, error: &pg_session::Error) -> String {
    let causes = successors(error.source(), |cause| (*cause).source());
    let told = causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"));
    match session.json().trim_start().starts_with('{') {
        true => told,
        false => {
            format!("{told}: tower-sessions takes a JSON object; give applications that store others their own table")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use pg_session::MAX_TTL;
    use serde_json::{Value, json};
    use time::{Date, Month, OffsetDateTime, Time};

    use super::{expiry_date, sorted, ttl};

    #[test]
    fn equal_data_is_equal_text() {
        let keys: Vec<_> = (0..99).map(|n| format!("{n:02}")).collect();
        let text = |keys: &mut dyn Iterator<Item = &String>| {
            let data: HashMap<String, Value> = keys.map(|key| (key.clone(), json!({"b": 1, "a": [key]}))).collect();
            sorted(&data).to_string()
        };
        let told = text(&mut keys.iter());
        assert_eq!(told, text(&mut keys.iter().rev()));
        assert!(told.starts_with(r#"{"00":{"a":["00"],"b":1},"01":"#), "{told}");
    }

    #[test]
    fn a_map_is_recognized_whatever_it_holds() {
        let mut map: HashMap<String, Value> = [("a".to_owned(), json!(1))].into();
        let (known, other) = (super::map(&map), HashMap::new());
        map.extend((0..99).map(|n| (n.to_string(), json!(n))));
        map.clear();
        let moved = Box::new(map);
        assert_eq!(super::map(&moved), known);
        assert_ne!(super::map(&other), known);
    }

    #[test]
    fn the_time_left_is_never_below_zero() {
        let now = OffsetDateTime::now_utc();
        assert_eq!(ttl(now - Duration::from_secs(1)), Duration::ZERO);
        assert_eq!(ttl(Date::MIN.with_time(Time::MIDNIGHT).assume_utc()), Duration::ZERO);
        let hour = ttl(now + Duration::from_secs(3600));
        assert!(hour <= Duration::from_secs(3600) && hour > Duration::from_secs(3590), "{hour:?}");
    }

    #[test]
    fn the_far_future_is_within_the_range() {
        let last = Date::MAX.with_time(Time::MAX).assume_utc();
        assert!(ttl(last) <= MAX_TTL);
        for expires_in in [MAX_TTL, Duration::MAX] {
            let date = expiry_date(expires_in);
            assert!(date > Date::from_calendar_date(9999, Month::January, 1).unwrap().midnight().assume_utc());
            assert!(ttl(date) > Duration::ZERO);
        }
    }
}
