//! Seeded download counts, the same for everyone, with gaps.

use time::{Date, Weekday};

/// Returns whether the counts of a day are missing. Any 400 consecutive days contain two such days.
#[must_use]
pub fn is_gap(day: Date) -> bool {
    matches!(day.to_julian_day().rem_euclid(400), 200 | 201)
}

/// Returns the downloads of a package on a day: a size and a growth of its own, fewer on weekends, and some noise.
#[must_use]
pub fn count(name: &str, day: Date) -> u64 {
    let seed = hash(name.bytes());
    // From about 1 to 300,000 a day.
    let size = 1.0 + f64::from(seed % 1_000) / 1_000.0;
    let size = 10_f64.powf(size * 2.75 - 2.75 + 0.3);
    let growth = 0.85 + f64::from(seed / 1_000 % 60) / 100.0;
    let years = f64::from(day.to_julian_day() - 2_460_000) / 365.0;
    let week = if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) { 0.6 } else { 1.0 };
    let noise = hash(name.bytes().chain(day.to_julian_day().to_le_bytes()));
    let noise = 0.9 + f64::from(noise % 200) / 1_000.0;
    // The value is positive and far below 2^53.
    (size * growth.powf(years) * week * noise).round() as u64
}

/// FNV-1a, of which only the spread matters
fn hash(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(2_166_136_261, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619))
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::date;

    use super::{count, is_gap};

    #[test]
    fn any_400_days_have_a_gap_of_two_days_and_counts_do_not_change() {
        for start in 0..400 {
            let start = date!(2024 - 01 - 01) + Duration::days(start);
            let gaps = (0..400).filter(|day| is_gap(start + Duration::days(*day))).count();
            assert_eq!(gaps, 2);
        }
        let day = date!(2025 - 06 - 04);
        assert_eq!(count("koa", day), count("koa", day));
        assert_ne!(count("koa", day), count("express", day));
        assert!(count("koa", day) > count("koa", date!(2025 - 06 - 07)), "a Saturday");
    }
}
