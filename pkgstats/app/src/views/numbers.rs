//! Numbers as people read them.

/// A minus sign, which is as wide as a plus.
const MINUS: char = '\u{2212}';

/// Returns a number in groups of thousands, such as `351,327,975`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a number of bytes in the unit that suits it, such as `29 kB`.
pub(crate) fn bytes(bytes: u64) -> String {
    if bytes < 1_000 {
        return format!("{bytes}\u{a0}B");
    }
    let (unit, name) = [(1_000_000_000, "GB"), (1_000_000, "MB")]
        .into_iter()
        .find(|(unit, _)| bytes >= unit / 1_000 * 999)
        .unwrap_or((1_000, "kB"));
    let tenths = (bytes * 10 + unit / 2) / unit;
    if tenths < 100 {
        format!("{}.{}\u{a0}{name}", tenths / 10, tenths % 10)
    } else {
        format!("{}\u{a0}{name}", (tenths + 5) / 10)
    }
}

/// A relative change, in percent.
pub(crate) struct Change {
    pub(crate) text: String,
    /// `up`, `down` or nothing.
    pub(crate) class: &'static str,
}

impl Change {
    pub(crate) fn of(change: f64) -> Self {
        let percent = (change * 1000.0).round() / 10.0;
        let (sign, class) = match percent {
            percent if percent > 0.0 => ("+".to_owned(), "up"),
            percent if percent < 0.0 => (MINUS.to_string(), "down"),
            _ => (String::new(), ""),
        };
        let size = percent.abs();
        // A thousand percent and more need no decimals.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is rounded, and positive")]
        let number = if size < 1000.0 { format!("{size:.1}") } else { grouped(size.round() as u64) };
        Self { text: format!("{sign}{number}\u{a0}%"), class }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (351_327_975, "351,327,975")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn bytes_have_two_digits_or_more() {
        for (number, text) in [
            (0, "0\u{a0}B"),
            (999, "999\u{a0}B"),
            (1_000, "1.0\u{a0}kB"),
            (29_318, "29\u{a0}kB"),
            (999_999, "1.0\u{a0}MB"),
            (9_400_000, "9.4\u{a0}MB"),
            (512 << 20, "537\u{a0}MB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn changes_have_signs() {
        for (change, text, class) in [
            (0.0816, "+8.2\u{a0}%", "up"),
            (-0.267, "\u{2212}26.7\u{a0}%", "down"),
            (0.0001, "0.0\u{a0}%", ""),
            (32.1, "+3,210\u{a0}%", "up"),
        ] {
            let changed = Change::of(change);
            assert_eq!((changed.text.as_str(), changed.class), (text, class));
        }
    }
}
