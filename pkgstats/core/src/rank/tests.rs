use super::*;

/// Returns the names of the results in their order, with their reasons.
fn ranked(text: &str, sort: Sort, packages: &[(&'static str, u64)]) -> Vec<(&'static str, Reason)> {
    let terms = Terms::of(text);
    let candidates: Vec<_> = packages
        .iter()
        .filter_map(|&(name, downloads)| {
            let candidate = Candidate { name, downloads: Some(downloads), ..Candidate::default() };
            Some((candidate, name_match(&terms, name)?))
        })
        .collect();
    let named = |index: usize| (candidates[index].0.name, candidates[index].1);
    order(&terms, sort, &candidates).into_iter().map(named).collect()
}

#[test]
fn every_class_has_its_reason_in_order() {
    let packages = [
        ("koa-sessions", 1 << 30),
        ("koa-generic-session", 1 << 20),
        ("koa_session", 10),
        ("session-koa", 100),
        ("@types/koa-session", 1 << 20),
        ("koa-session", 1000),
        ("koa", 1 << 30),
    ];
    assert_eq!(
        ranked("koa session", Sort::Relevance, &packages),
        [
            ("koa-session", Reason::SameLetters),
            ("koa_session", Reason::SameLetters),
            ("session-koa", Reason::WordsAreName),
            ("koa-generic-session", Reason::WordsInName),
            ("@types/koa-session", Reason::WordsInName),
            ("koa-sessions", Reason::LastWordBegins),
        ]
    );
    assert_eq!(ranked("koa-session", Sort::Relevance, &packages)[0], ("koa-session", Reason::ExactName));
}

#[test]
fn the_exact_name_is_before_more_popular_ones() {
    let packages = [("react-is", 845_570_509), ("react", 351_327_975), ("React", 5)];
    let names: Vec<_> = ranked("react", Sort::Relevance, &packages).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["react", "React", "react-is"]);
}

#[test]
fn words_that_the_name_has_besides_weigh_against_it() {
    let packages = [("a-b-c-d", 1000), ("a-b-c", 500)];
    assert_eq!(ranked("b a", Sort::Relevance, &packages)[0].0, "a-b-c");
    assert_eq!(ranked("b a", Sort::Downloads, &packages)[0].0, "a-b-c-d");
    assert_eq!(ranked("b a", Sort::Name, &packages)[0].0, "a-b-c");
}

#[test]
fn obsolete_packages_are_the_last_of_their_reason() {
    let old = Candidate { name: "x-old", downloads: Some(1 << 30), is_obsolete: true, ..Candidate::default() };
    let new = Candidate { name: "x-new", downloads: Some(1), ..Candidate::default() };
    let prefix = Candidate { name: "xa", downloads: Some(1 << 30), ..Candidate::default() };
    let candidates = [(old, Reason::WordsInName), (prefix, Reason::LastWordBegins), (new, Reason::WordsInName)];
    assert_eq!(order(&Terms::of("x"), Sort::Relevance, &candidates), [2, 0, 1]);
}

#[test]
fn growth_is_the_change_of_share() {
    let grown =
        |name, change_of_share| (Candidate { name, change_of_share, ..Candidate::default() }, Reason::WordsInName);
    let candidates = [grown("a", None), grown("b", Some(-0.5)), grown("c", Some(3.0))];
    assert_eq!(order(&Terms::of("x"), Sort::Growth, &candidates), [2, 1, 0]);
}

#[test]
fn suggestions_prefer_names_that_begin_with_the_text() {
    for (typed, name, reason) in [
        ("react-d", "react-dom", Some(Reason::NameBegins)),
        ("koa-pg", "koa-pg-session", Some(Reason::NameBegins)),
        ("@types/no", "@types/node", Some(Reason::NameBegins)),
        ("react", "react", Some(Reason::ExactName)),
        ("session", "koa-session", Some(Reason::WordsInName)),
        ("sess", "koa-session", Some(Reason::LastWordBegins)),
        ("zz", "koa", None),
    ] {
        assert_eq!(suggestion_match(&Terms::of(typed), name), reason, "{typed}");
    }
}
