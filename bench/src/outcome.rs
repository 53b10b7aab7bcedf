//! The result of one measurement, and the median of several.

use serde::{Deserialize, Serialize};

use crate::cpu::CpuUsage;

/// Throughput, and times in microseconds. pgbench reports no percentiles.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Outcome {
    pub(crate) per_second: f64,
    pub(crate) p50_us: Option<f64>,
    pub(crate) p99_us: Option<f64>,
    /// CPU time per call of all private servers.
    pub(crate) server_us: Option<f64>,
    /// CPU time per call of everything else: the store, its callers and, over HTTP, the app.
    pub(crate) client_us: Option<f64>,
}

impl Outcome {
    pub(crate) fn with_cpu_usage(self, usage: Option<CpuUsage>) -> Self {
        let per_call = |seconds: f64| Some(seconds / self.per_second * 1e6).filter(|time| time.is_finite());
        let per_call = |usage: CpuUsage| (per_call(usage.servers), per_call(usage.clients));
        let (server_us, client_us) = usage.map(per_call).unwrap_or_default();
        Self { server_us, client_us, ..self }
    }
}

/// Returns the median of each value.
pub(crate) fn median(outcomes: &[Outcome]) -> Outcome {
    let of = |value: fn(&Outcome) -> Option<f64>| {
        let mut values: Vec<f64> = outcomes.iter().filter_map(value).collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (values.get(values.len().saturating_sub(1) / 2)?, values.get(values.len() / 2)?);
        Some((low + high) / 2.0)
    };
    Outcome {
        per_second: of(|o| Some(o.per_second)).unwrap_or_default(),
        p50_us: of(|o| o.p50_us),
        p99_us: of(|o| o.p99_us),
        server_us: of(|o| o.server_us),
        client_us: of(|o| o.client_us),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(per_second: f64) -> Outcome {
        Outcome { per_second, p99_us: Some(per_second / 10.0), ..Outcome::default() }
    }

    #[test]
    fn the_median_is_the_middle_value_or_the_mean_of_the_middle_two() {
        assert_eq!(median(&[30.0, 10.0, 20.0].map(outcome)), outcome(20.0));
        assert_eq!(median(&[40.0, 10.0, 20.0, 30.0].map(outcome)), outcome(25.0));
        assert_eq!(median(&[]), Outcome::default());
    }
}
