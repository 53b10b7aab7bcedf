//! The width of a text in Verdana at 11 px, which the server cannot measure.

/// Verdana's advance widths of the characters from space to `~`, in units of 1/2048 em.
const ADVANCES: [u32; 95] = [
    720, 807, 940, 1676, 1302, 2204, 1488, 550, 930, 930, 1302, 1676, 745, 930, 745, 930, // space to /
    1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 1302, 930, 930, 1676, 1676, 1676, 1117, // 0 to ?
    2048, 1400, 1404, 1430, 1578, 1295, 1177, 1588, 1539, 862, 931, 1419, 1140, 1726, 1532, 1612, // @ to O
    1235, 1612, 1424, 1400, 1262, 1499, 1400, 2025, 1403, 1260, 1403, 930, 930, 930, 1676, 1302, // P to _
    1302, 1230, 1276, 1067, 1276, 1220, 720, 1276, 1296, 562, 705, 1212, 562, 1992, 1296, 1243, // ` to o
    1276, 1276, 874, 1067, 807, 1296, 1212, 1676, 1212, 1212, 1076, 1300, 930, 1300, 1676, // p to ~
];

/// Characters outside the table count as wide as `@`: too much room looks better than too little.
const OTHER: u32 = 2048;

/// Returns the width in tenths of a pixel.
pub(super) fn text_width(text: &str) -> usize {
    let advance = |character: char| {
        let index = u32::from(character).checked_sub(32).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| ADVANCES.get(index)).copied().unwrap_or(OTHER)
    };
    let units: u32 = text.chars().map(advance).sum();
    usize::try_from((units * 110).div_ceil(2_048)).unwrap_or(usize::MAX)
}
