use std::time::{Duration, Instant};

use pkgstats_catalog::Catalog;
use pkgstats_core::query::Query;

use crate::error::BoxError;

/// Queries of all kinds, also the slowest ones that were found.
const SEARCHES: [&str; 48] = [
    "react",
    "express",
    "tape",
    "dot",
    "version-me",
    "euclideanmst",
    "@wakaru/cli-linux-x64",
    "koa-pg-session",
    "point in polygon",
    "koa session",
    "koa postgres session",
    "koa pg sesion",
    "axois",
    "loadsh",
    "crossenv",
    "nextjs",
    "reatc",
    "webpakc",
    "typscript",
    "mongose",
    "jqeury",
    "momnet",
    "chlak",
    "esilnt",
    "conect-pg-simple",
    "preact",
    "vue",
    "test",
    "my app",
    "react native",
    "react component library",
    "utils",
    "api client",
    "cli tool",
    "a",
    "zz",
    "date picker",
    "markdown parser",
    "json",
    "http server test",
    "node js",
    "web component test utils",
    "@sindresorhus",
    "scope:babel plugin",
    "owner:sindresorhus is",
    "nothing of that name zz9",
    "JSONStream",
    "graphql schema generator",
];

/// What is typed, letter by letter.
const TYPED: [&str; 30] = [
    "r",
    "re",
    "rea",
    "reac",
    "react",
    "react-",
    "react-d",
    "k",
    "ko",
    "koa",
    "koa-",
    "koa-p",
    "koa-pg",
    "@",
    "@t",
    "@types/",
    "@types/n",
    "@types/no",
    "@babel/",
    "zz",
    "zzz",
    "t",
    "te",
    "test",
    "sess",
    "koa sess",
    "point in po",
    "axois",
    "esilnt",
    "xqzv",
];

/// Runs queries one after the other.
pub(crate) struct Load {
    catalog: Catalog,
}

/// How long queries took.
#[derive(Default)]
pub(crate) struct Times(Vec<(Duration, &'static str)>);

impl Load {
    pub(crate) fn new(catalog: Catalog) -> Self {
        Self { catalog }
    }

    pub(crate) async fn searches(&self, rounds: usize) -> Result<Times, BoxError> {
        let mut times = Times::default();
        for _ in 0..rounds {
            for text in SEARCHES {
                let query = Query::parse(text);
                let start = Instant::now();
                self.catalog.search(&query, 1).await?;
                times.0.push((start.elapsed(), text));
            }
        }
        Ok(times)
    }

    pub(crate) async fn suggestions(&self, rounds: usize) -> Result<Times, BoxError> {
        let mut times = Times::default();
        for _ in 0..rounds {
            for text in TYPED {
                let query = Query::parse(text);
                let start = Instant::now();
                self.catalog.suggest(&query).await?;
                times.0.push((start.elapsed(), text));
            }
        }
        Ok(times)
    }
}

impl Times {
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn p95(&self) -> Duration {
        self.percentile(95)
    }

    pub(crate) fn print(&self, what: &str) {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
        let (slowest, text) = self.0.iter().max().copied().unwrap_or_default();
        println!(
            "{what}: p50 {:.2} ms, p95 {:.2} ms, slowest {:.2} ms (`{text}`), {} calls",
            milliseconds(self.percentile(50)),
            milliseconds(self.p95()),
            milliseconds(slowest),
            self.0.len()
        );
        let mut medians: Vec<(Duration, &str)> = self.medians();
        medians.sort_unstable_by(|one, other| other.cmp(one));
        let slow = medians.iter().take(6).map(|(median, text)| format!("`{text}` {:.1}", milliseconds(*median)));
        println!("  slowest medians: {} ms", slow.collect::<Vec<_>>().join(", "));
    }

    fn medians(&self) -> Vec<(Duration, &'static str)> {
        let mut texts: Vec<&'static str> = self.0.iter().map(|(_, text)| *text).collect();
        texts.sort_unstable();
        texts.dedup();
        let median = |text: &&'static str| {
            let of_text = Self(self.0.iter().filter(|(_, other)| other == text).copied().collect());
            (of_text.percentile(50), *text)
        };
        texts.iter().map(median).collect()
    }

    fn percentile(&self, percent: usize) -> Duration {
        let mut sorted: Vec<Duration> = self.0.iter().map(|(duration, _)| *duration).collect();
        sorted.sort_unstable();
        sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}
