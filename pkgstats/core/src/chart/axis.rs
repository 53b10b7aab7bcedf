//! The vertical axis: its range and the round values that label it.

use super::scale::Scale;

/// A scale from 0 to 1 with labelled values.
pub(super) struct Axis {
    scale: Scale,
    ticks: Vec<u64>,
}

/// 160 px have room for five labels, and a little more for powers of ten, whose number is not a choice.
const MAX_INTERVALS: u64 = 4;
const MAX_DECADES: u32 = 6;

impl Axis {
    pub(super) fn new(scale: Scale, min: u64, max: u64) -> Self {
        let ticks = match scale {
            Scale::Linear => linear(max),
            Scale::Log => powers(min, max),
        };
        Self { scale, ticks }
    }

    /// Returns the labelled values, the lowest first. There are at least two.
    pub(super) fn ticks(&self) -> &[u64] {
        &self.ticks
    }

    /// Returns where a value is, from 0 at the bottom to 1 at the top.
    pub(super) fn position(&self, value: u64) -> f64 {
        let (low, high) = match self.ticks.as_slice() {
            [low, .., high] => (*low, *high),
            _ => (0, 1),
        };
        let map = |value: u64| match self.scale {
            Scale::Linear => value as f64,
            Scale::Log => (value.max(1) as f64).log10(),
        };
        ((map(value) - map(low)) / (map(high) - map(low))).clamp(0.0, 1.0)
    }
}

/// Multiples of 1, 2 or 5 times a power of ten, from 0 to the first that is not below `max`.
fn linear(max: u64) -> Vec<u64> {
    let max = max.max(1);
    let mut power: u64 = 1;
    let step = loop {
        let fits = [1, 2, 5]
            .into_iter()
            .map(|factor| power.saturating_mul(factor))
            .find(|step| max.div_ceil(*step) <= MAX_INTERVALS);
        match fits {
            Some(step) => break step,
            None => power = power.saturating_mul(10),
        }
    };
    (0..=max.div_ceil(step)).map(|index| index.saturating_mul(step)).collect()
}

/// Powers of ten around the values. Where they are many, only each second, third … has a label.
fn powers(min: u64, max: u64) -> Vec<u64> {
    let low = min.max(1).ilog10();
    let max = max.max(1);
    let high = if max == 10_u64.saturating_pow(max.ilog10()) { max.ilog10() } else { max.ilog10() + 1 };
    let high = high.max(low + 1);
    let step = (high - low).div_ceil(MAX_DECADES);
    (0..=(high - low).div_ceil(step)).map(|index| 10_u64.saturating_pow(low + index * step)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Axis, Scale};

    fn ticks(scale: Scale, min: u64, max: u64) -> Vec<u64> {
        Axis::new(scale, min, max).ticks().to_vec()
    }

    #[test]
    fn linear_labels_are_round_and_reach_the_highest_value() {
        assert_eq!(ticks(Scale::Linear, 0, 0), [0, 1]);
        assert_eq!(ticks(Scale::Linear, 3, 3), [0, 1, 2, 3]);
        assert_eq!(ticks(Scale::Linear, 0, 19), [0, 5, 10, 15, 20]);
        assert_eq!(ticks(Scale::Linear, 0, 351_327_975), [0, 100_000_000, 200_000_000, 300_000_000, 400_000_000]);
        assert_eq!(ticks(Scale::Linear, 0, 1_100), [0, 500, 1_000, 1_500]);
        assert!(ticks(Scale::Linear, 0, u64::MAX).len() <= 5);
    }

    #[test]
    fn logarithmic_labels_are_powers_of_ten() {
        assert_eq!(ticks(Scale::Log, 0, 0), [1, 10]);
        assert_eq!(ticks(Scale::Log, 0, 1_000), [1, 10, 100, 1_000]);
        assert_eq!(ticks(Scale::Log, 200, 900), [100, 1_000]);
        assert_eq!(ticks(Scale::Log, 10, 10), [10, 100]);
        assert_eq!(ticks(Scale::Log, 100, 1_000_000), [100, 1_000, 10_000, 100_000, 1_000_000]);
        assert_eq!(ticks(Scale::Log, 5, 2_000_000), [1, 100, 10_000, 1_000_000, 100_000_000]);
        assert!(ticks(Scale::Log, 0, u64::MAX).len() <= 6);
    }

    #[test]
    fn positions_follow_the_scale_and_stay_inside() {
        let linear = Axis::new(Scale::Linear, 0, 20);
        assert!((linear.position(10) - 0.5).abs() < 1e-9);
        let log = Axis::new(Scale::Log, 1, 100);
        assert!((log.position(10) - 0.5).abs() < 1e-9);
        assert!(log.position(0).abs() < 1e-9);
        assert!((log.position(1_000_000) - 1.0).abs() < 1e-9);
    }
}
