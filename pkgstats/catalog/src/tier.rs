//! Ranges of popularity. Statements that would find too much ask one range after the other until they have enough.

/// The ids of the last package of each tier except the last. The bounds that suit both `react`, which is in a third of the
/// popular names, and words that only names without downloads have.
const LAST: [i32; 3] = [5_000, 40_000, 320_000];

/// The conditions of the tiers, the most popular packages first. They are those of the partial indexes in `indexes.sql`.
const CONDITIONS: [&str; 4] = ["tier = 1", "tier = 2", "tier = 3", "tier = 4"];

/// Returns the tier of a package, from 1 to 4.
pub(crate) fn tier_of(id: i32) -> i16 {
    LAST.iter().fold(1, |tier, last| if id > *last { tier + 1 } else { tier })
}

/// Returns the statement for each tier.
pub(crate) fn for_each_tier(sql: &str) -> [String; 4] {
    CONDITIONS.map(|condition| sql.replace("{tier}", condition))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tiers_follow_popularity() {
        let tiers = [1, 5_000, 5_001, 40_000, 40_001, 320_000, 320_001, i32::MAX].map(tier_of);
        assert_eq!(tiers, [1, 1, 2, 2, 3, 3, 4, 4]);
    }
}
