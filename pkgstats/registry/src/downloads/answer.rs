//! The API's answers, to one name and to several.

use std::collections::HashMap;

use pkgstats_core::series::Series;
use serde::Deserialize;
use time::Date;
use time::macros::format_description;

use super::plan::Call;
use crate::error::{Error, Result};

/// What a call for download counts returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Downloads {
    /// The counts of each package, for every day of the call. A day that the API left out is a gap.
    pub series: Vec<(String, Series)>,
    /// Names that the API does not know.
    pub not_found: Vec<String>,
    /// Names that the API, or a firewall before it, refuses. They are left out for a day.
    pub refused: Vec<String>,
}

#[derive(Deserialize)]
struct Counts {
    downloads: Vec<Day>,
}

#[derive(Deserialize)]
struct Day {
    downloads: u64,
    day: String,
}

/// Reads the answer to a call. Names it does not know are `null`, or missing.
pub(super) fn parse(call: &Call, json: &[u8]) -> Result<Downloads> {
    const WHAT: &str = "the answer of the downloads API";
    let broken = |error: serde_json::Error| Error::broken(WHAT, &error).with_source(error);
    let mut by_name: HashMap<String, Option<Counts>> = match call.names.as_slice() {
        [name] => HashMap::from([(name.clone(), Some(serde_json::from_slice(json).map_err(broken)?))]),
        _ => serde_json::from_slice(json).map_err(broken)?,
    };
    let mut read = Downloads::default();
    for name in &call.names {
        match by_name.remove(name).flatten() {
            Some(counts) => read.series.push((name.clone(), series(call, &counts)?)),
            None => read.not_found.push(name.clone()),
        }
    }
    Ok(read)
}

fn series(call: &Call, counts: &Counts) -> Result<Series> {
    let format = format_description!("[year]-[month]-[day]");
    let days = counts.downloads.iter().map(|day| {
        let date = Date::parse(&day.day, &format);
        let date = date.map_err(|error| Error::broken("a day of the downloads API", &day.day).with_source(error))?;
        Ok((date, day.downloads))
    });
    Ok(Series::from_counts(call.from, call.to, days.collect::<Result<Vec<_>>>()?))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::parse;
    use crate::downloads::Call;
    use crate::error::ErrorKind;

    fn call(names: &[&str]) -> Call {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Call { names, from: date!(2025 - 01 - 01), to: date!(2025 - 01 - 03) }
    }

    #[test]
    fn a_day_that_is_left_out_is_a_gap_and_null_is_not_found() {
        let json =
            br#"{"koa": {"downloads": [{"downloads": 5, "day": "2025-01-01"}, {"downloads": 0, "day": "2025-01-03"}],
            "package": "koa"}, "nothing": null}"#;
        let read = parse(&call(&["koa", "nothing", "missing"]), json).unwrap();
        let days: Vec<_> = read.series[0].1.iter().map(|(_, count)| count).collect();
        assert_eq!(days, [Some(5), None, Some(0)]);
        assert_eq!(read.not_found, ["nothing", "missing"]);
    }

    #[test]
    fn the_answer_to_one_name_has_a_shape_of_its_own() {
        let read =
            parse(&call(&["@a/b"]), br#"{"package": "@a/b", "downloads": [{"downloads": 5, "day": "2025-01-02"}]}"#);
        assert_eq!(read.unwrap().series[0].1.sum().known_days, 1);
        for json in [
            "",
            "{}",
            r#"{"downloads": [{"downloads": -1, "day": "2025-01-02"}]}"#,
            r#"{"downloads": [{"downloads": 1, "day": "x"}]}"#,
        ] {
            assert_eq!(parse(&call(&["a"]), json.as_bytes()).unwrap_err().kind(), ErrorKind::Broken, "{json}");
        }
    }
}
