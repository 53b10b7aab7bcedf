//! Counts in the space of an axis or a badge: `1.2M`.

/// Returns a count in two or three digits and a unit: `950`, `1.2k`, `35k`, `1.2M`, `4.5B`.
///
/// ```
/// use pkgstats_core::compact;
///
/// assert_eq!(compact(351_327_975), "351M");
/// assert_eq!(compact(1_249_999), "1.2M");
/// ```
#[must_use]
pub fn compact(count: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")];
    // 999,950 rounds to 1M, not to 1000k: the limit of a unit is where the one below would show four digits.
    let Some((size, unit)) = UNITS.into_iter().find(|(size, _)| count >= size - size / 2_000) else {
        return count.to_string();
    };
    let tenths = rounded(count, size / 10);
    match tenths {
        100.. => format!("{}{unit}", rounded(count, size)),
        _ if tenths.is_multiple_of(10) => format!("{}{unit}", tenths / 10),
        _ => format!("{}.{}{unit}", tenths / 10, tenths % 10),
    }
}

fn rounded(count: u64, size: u64) -> u64 {
    count / size + u64::from(count % size >= size.div_ceil(2))
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn counts_keep_two_or_three_digits() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1k"),
            (1_050, "1.1k"),
            (1_049, "1k"),
            (9_949, "9.9k"),
            (9_950, "10k"),
            (43_355, "43k"),
            (999_499, "999k"),
            (999_500, "1M"),
            (1_234_567, "1.2M"),
            (521_938_191_271, "522B"),
            (u64::MAX, "18446744T"),
        ] {
            assert_eq!(compact(count), text, "{count}");
        }
    }
}
