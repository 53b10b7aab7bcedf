//! Ranges of popularity. Statements that would find too much ask one range after the other until they have enough.

/// The conditions, the most popular packages first. They are those of the partial indexes in `indexes.sql`.
pub(crate) const TIERS: [&str; 4] =
    ["id <= 5000", "id > 5000 AND id <= 40000", "id > 40000 AND id <= 320000", "id > 320000"];

/// Returns the statement for each tier.
///
/// The last one is the largest, and has too many matches to sort. Rows are stored in the order of popularity and never
/// updated, so that its first matches are the most popular ones.
pub(crate) fn for_each_tier(sql: &str) -> [String; 4] {
    let last = TIERS.len() - 1;
    let mut index = 0;
    TIERS.map(|tier| {
        let limit = if index == last { "LIMIT $2" } else { "" };
        index += 1;
        sql.replace("{tier}", tier).replace("{limit}", limit)
    })
}
