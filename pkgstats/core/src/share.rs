//! Growth, and the share of all downloads.

/// Returns the part of all downloads that a package has.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a share is shown with a few digits")]
pub fn share(downloads: u64, sum: u64) -> Option<f64> {
    (sum > 0).then(|| downloads as f64 / sum as f64)
}

/// Returns the relative growth: 0.5 for half as many again. Returns `None` if there was nothing before.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "growth is shown with a few digits")]
pub fn growth(now: u64, before: u64) -> Option<f64> {
    (before > 0).then(|| now as f64 / before as f64 - 1.0)
}

/// Returns the relative change of a package's share, which the registry's own growth does not affect.
///
/// The arguments are the downloads of the package and of all packages, now and before.
#[must_use]
pub fn change_of_share(now: (u64, u64), before: (u64, u64)) -> Option<f64> {
    let (now, before) = (share(now.0, now.1)?, share(before.0, before.1)?);
    (before > 0.0).then(|| now / before - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 521_938_191_271;
    const BEFORE: u64 = 402_596_168_364;

    fn percent(change: Option<f64>) -> String {
        format!("{:+.1} %", change.unwrap() * 100.0)
    }

    #[test]
    fn the_registry_grew_by_29_6_percent() {
        assert_eq!(percent(growth(NOW, BEFORE)), "+29.6 %");
    }

    #[test]
    fn a_package_that_grows_less_than_the_registry_loses_share() {
        for (now, before, change) in [
            (19, 20, "-26.7 %"),
            (299_476_266, 213_462_906, "+8.2 %"),
            (25_790_981, 21_429_013, "-7.2 %"),
            (60_719_183, 61_595_863, "-24.0 %"),
            (5_532_379, 7_288_290, "-41.4 %"),
            (77_904_354, 14_271_605, "+321.1 %"),
        ] {
            assert_eq!(percent(change_of_share((now, NOW), (before, BEFORE))), change);
        }
    }

    #[test]
    fn nothing_before_gives_no_change() {
        assert_eq!(growth(1, 0), None);
        assert_eq!(change_of_share((1, 10), (0, 10)), None);
        assert_eq!(change_of_share((1, 10), (1, 0)), None);
    }
}
