use time::Duration;
use time::macros::date;

use super::{Chart, Line, MAX_LINES, Scale, sparkline};
use crate::series::{By, Point, Series, cumulative};

/// 400 days that rise from 100 to 499, with a gap on the days 100 and 101.
fn points() -> Vec<Point> {
    let days = (0..400).map(|day| (day != 100 && day != 101).then_some(100 + day)).collect();
    Series::new(date!(2025 - 01 - 01), days).points(By::Day)
}

fn svg(lines: &[Line<'_>], scale: Scale) -> String {
    Chart { id: "c", title: "Downloads", lines, scale }.to_svg()
}

/// Returns the `d` of each line.
fn paths(svg: &str) -> Vec<&str> {
    svg.split("class=\"line ").skip(1).filter_map(|rest| rest.split(" d=\"").nth(1)?.split('"').next()).collect()
}

#[test]
fn a_gap_of_two_days_breaks_the_line_once() {
    let points = points();
    let svg = svg(&[Line { name: "koa", points: &points }], Scale::Linear);
    let path = paths(&svg)[0];
    assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 396));
    assert!(svg.contains("lowest 100, highest 499, 2 gaps."), "{svg}");
}

#[test]
fn the_line_begins_and_ends_at_the_edges_and_at_its_values() {
    let points = points();
    let lines = [Line { name: "koa", points: &points }];
    let linear = svg(&lines, Scale::Linear);
    // 0 to 600 in steps of 200: 100 is a sixth above the bottom at 138, 499 is near the top at 8.
    assert!(paths(&linear)[0].starts_with("M44.0 116.3L"), "{}", paths(&linear)[0]);
    assert!(paths(&linear)[0].ends_with("L712.0 29.9"), "{}", paths(&linear)[0]);
    for label in [">0<", ">200<", ">400<", ">600<", ">2025<", ">Mar<", ">2026<"] {
        assert!(linear.contains(label), "{label}");
    }
    let log = svg(&lines, Scale::Log);
    assert!(paths(&log)[0].starts_with("M44.0 138.0L"), "{}", paths(&log)[0]);
    assert!(log.contains(">1k<") && log.contains(">100<"));
    let total = cumulative(&points);
    let total = svg(&[Line { name: "koa", points: &total }], Scale::Linear);
    assert!(total.contains("highest 119399"), "the sum of 398 days");
}

#[test]
fn lines_differ_by_class_colour_and_dashes() {
    let points = points();
    let names: Vec<String> = (0..9).map(|index| format!("p{index}")).collect();
    let lines: Vec<Line<'_>> = names.iter().map(|name| Line { name, points: &points }).collect();
    let svg = svg(&lines, Scale::Linear);
    assert_eq!(paths(&svg).len(), MAX_LINES);
    let mut dashes: Vec<&str> =
        svg.split("stroke-dasharray=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    dashes.sort_unstable();
    dashes.dedup();
    assert_eq!(dashes.len(), MAX_LINES - 1, "all but the first, which is solid");
    for number in 1..=MAX_LINES {
        assert!(svg.contains(&format!("series-{number}\"")) && svg.contains(&format!("var(--series-{number},")));
    }
}

#[test]
fn the_readout_has_every_value_and_null_for_a_gap() {
    let long = points();
    let short = &long[1..3];
    let svg = svg(&[Line { name: "a\"<b", points: &long }, Line { name: "c", points: short }], Scale::Linear);
    let json = svg.split("data-chart=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(!json.contains('<'));
    let json: serde_json::Value = serde_json::from_str(&json.replace("&quot;", "\"").replace("&lt;", "<")).unwrap();
    assert_eq!((&json["from"], &json["span"]), (&"2025-01-01".into(), &399.into()));
    assert_eq!(json["days"].as_array().unwrap().len(), 400);
    assert_eq!(json["lines"][0]["name"], "a\"<b");
    assert_eq!((&json["lines"][0]["values"][99], &json["lines"][0]["values"][100]), (&199.into(), &().into()));
    assert_eq!((&json["lines"][1]["values"][0], &json["lines"][1]["values"][1]), (&().into(), &101.into()));
}

#[test]
fn names_and_titles_are_escaped() {
    let points = points();
    let lines = [Line { name: "<script>alert(1)</script>", points: &points }];
    let svg = Chart { id: "\"><i", title: "</title><script>", lines: &lines, scale: Scale::Linear }.to_svg();
    assert!(!svg.contains("<script>") && !svg.contains("<i"), "{svg}");
    assert!(!sparkline("</title><script>", &points).contains("<script>"));
}

#[test]
fn empty_and_lonely_points_are_drawn_without_nan() {
    let one = Series::new(date!(2025 - 01 - 01), vec![Some(0)]).points(By::Day);
    let gaps = Series::new(date!(2025 - 01 - 01), vec![None, Some(7), None]).points(By::Day);
    for scale in [Scale::Linear, Scale::Log] {
        for points in [&[][..], &one, &gaps] {
            let svg = svg(&[Line { name: "a", points }], scale);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert!(!sparkline("a", points).contains("NaN"));
        }
        assert!(svg(&[Line { name: "a", points: &gaps }], scale).contains("h0\""), "a dot");
    }
    assert!(svg(&[], Scale::Linear).contains("no downloads to show"));
}

#[test]
fn a_sparkline_breaks_at_a_gap_too() {
    let svg = sparkline("koa, 400 days", &points());
    assert_eq!(svg.matches('M').count(), 2);
    assert!(svg.contains("<title>koa, 400 days</title>"));
    let week = Series::new(date!(2025 - 01 - 01) + Duration::days(5), vec![Some(0), Some(4)]).points(By::Day);
    assert!(sparkline("a", &week).contains("d=\"M1.0 23.0L95.0 1.0\""), "{}", sparkline("a", &week));
}
