//! How long a session lives.

use std::time::Duration;

use crate::error::{Error, Result};

/// The time to live of a session if neither the call nor the option [`ttl`](crate::PgStoreBuilder::ttl) states one: 45
/// minutes, as in koa-pg-session.
pub const DEFAULT_TTL: Duration = Duration::from_mins(45);

/// The longest time to live: 10,000 years of 365 days.
pub const MAX_TTL: Duration = Duration::from_hours(10_000 * 365 * 24);

/// A second ago instead of now: a column that rounds to seconds must hold it as past, too.
const EXPIRED_MS: i64 = -1_000;

/// Returns the time to live in milliseconds, as statements take it.
pub(crate) fn ttl_ms(ttl: Duration) -> Result<i64> {
    if ttl.is_zero() {
        return Ok(EXPIRED_MS);
    }
    if ttl > MAX_TTL {
        return Err(Error::invalid("the time to live must be at most 10,000 years"));
    }
    Ok(whole_ms(ttl))
}

/// Returns the duration in milliseconds, rounded up: a duration above zero stays above zero.
pub(crate) fn whole_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_ttl_is_rounded_up_and_limited() {
        assert_eq!(ttl_ms(DEFAULT_TTL).unwrap(), 2_700_000);
        assert_eq!(ttl_ms(Duration::from_nanos(1)).unwrap(), 1);
        assert_eq!(ttl_ms(Duration::from_micros(1_001)).unwrap(), 2);
        assert!(ttl_ms(Duration::ZERO).unwrap() < 0);
        assert_eq!(ttl_ms(MAX_TTL).unwrap(), 315_360_000_000_000);
        for too_long in [MAX_TTL + Duration::from_nanos(1), Duration::MAX] {
            assert_eq!(ttl_ms(too_long).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }
}
