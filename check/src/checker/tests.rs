use std::time::Duration;

use super::*;
use Answer::{Done, Found, No, Unknown, Yes};
use Verb::{Create, Destroy, Get, Rotate, Set, Touch};

/// A history by hand: calls on the id 1, with times in seconds, in the order of their numbers.
#[derive(Default)]
struct Script(History);

impl Script {
    fn call(&mut self, client: Client, (began, ended): (u64, u64), verb: Verb, answer: Answer) -> &mut Self {
        self.on(1, client, (began, ended), verb, answer)
    }

    fn on(&mut self, id: Id, client: Client, (began, ended): (u64, u64), verb: Verb, answer: Answer) -> &mut Self {
        let number = self.0.calls.len() as Number;
        let [began, ended] = [began, ended].map(Duration::from_secs);
        self.0.calls.push(Call { number, client, id, began, ended, verb, answer });
        self
    }

    /// What is found, as kind, call and the call that showed it.
    fn shows(&self) -> Vec<(Kind, Number, Number)> {
        check(&self.0).into_iter().map(|violation| (violation.kind, violation.call, violation.seen)).collect()
    }
}

fn script() -> Script {
    Script::default()
}

fn data(born: Number, of: &[(Client, Number)]) -> Data {
    Data { born, of: of.iter().copied().collect() }
}

fn update(base: u64, before: Option<Number>, after: Option<Number>) -> Verb {
    Verb::Update { base: Duration::from_secs(base), before, after }
}

/// A session that call 0 has made, and client 7's value of call 1 in it.
fn with_a_value() -> Script {
    let mut script = script();
    script.call(0, (0, 1), Create(data(0, &[])), Yes).call(7, (3, 4), update(2, None, Some(1)), Yes);
    script
}

#[test]
fn what_is_as_it_should_be_shows_nothing() {
    let both = data(0, &[(7, 1), (8, 2)]);
    let mut script = with_a_value();
    script
        .call(8, (3, 5), update(2, None, Some(2)), Yes)
        .call(9, (6, 7), Get, Found(both.clone()))
        .call(9, (8, 9), Touch, Yes)
        .call(9, (10, 11), Rotate(2), Yes)
        .call(9, (12, 13), Get, No)
        .on(2, 9, (12, 13), Get, Found(both.clone()))
        .call(8, (12, 13), update(6, Some(2), Some(8)), No)
        .on(2, 7, (14, 15), update(12, Some(1), None), Yes)
        .on(2, 8, (16, 17), Get, Found(data(0, &[(8, 2)])))
        .on(2, 8, (18, 19), Destroy, Yes)
        .on(2, 8, (20, 21), Destroy, No)
        .on(2, 8, (22, 23), Get, No)
        .on(2, 8, (24, 25), Set(data(14, &[(8, 14)])), Done)
        .on(2, 8, (26, 27), Get, Found(data(14, &[(8, 14)])));
    assert_eq!(script.shows(), []);
}

#[test]
fn a_change_that_is_not_there_is_lost() {
    let mut script = with_a_value();
    script.call(8, (3, 5), update(2, None, Some(2)), Yes).call(9, (6, 7), Get, Found(data(0, &[(8, 2)])));
    script.call(9, (8, 9), Get, Found(data(0, &[(8, 2)])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 1, 3)], "once, though two calls show it");
}

#[test]
fn an_older_value_shows_that_the_newer_is_lost() {
    let mut script = with_a_value();
    script.call(7, (6, 7), update(5, Some(1), Some(2)), Yes).call(9, (8, 9), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 2, 3)]);
}

#[test]
fn a_value_that_was_removed_and_is_there_shows_a_lost_removal() {
    let mut script = with_a_value();
    script.call(7, (6, 7), update(5, Some(1), None), Yes).call(9, (8, 9), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 2, 3)]);
}

#[test]
fn a_session_that_is_not_there_is_lost() {
    for (verb, answer) in [(Get, No), (Touch, No), (Rotate(2), No), (update(2, None, Some(2)), No)] {
        let mut script = with_a_value();
        script.call(9, (5, 6), verb.clone(), answer);
        assert_eq!(script.shows(), [(Kind::LostUpdate, 0, 2)], "{verb:?}");
    }
    let mut script = with_a_value();
    script.call(9, (5, 6), Create(data(2, &[])), Yes);
    assert_eq!(script.shows(), [(Kind::LostUpdate, 0, 2)], "a live one was overwritten");
}

#[test]
fn a_set_that_did_not_replace_is_lost() {
    let mut script = with_a_value();
    script.call(9, (5, 6), Set(data(2, &[])), Done).call(9, (7, 8), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 2, 3)]);
}

#[test]
fn what_lives_after_a_destroy_is_resurrected() {
    let mut late_save = with_a_value();
    late_save.call(9, (5, 6), Destroy, Yes).call(8, (7, 8), Get, Found(data(0, &[])));
    assert_eq!(late_save.shows(), [(Kind::Resurrected, 2, 3)]);
    for verb in [Touch, Rotate(2), Destroy, update(2, None, Some(3))] {
        let mut script = with_a_value();
        script.call(9, (5, 6), Destroy, Done).call(8, (7, 8), verb.clone(), Yes);
        assert_eq!(script.shows(), [(Kind::Resurrected, 2, 3)], "{verb:?}");
    }
}

#[test]
fn what_lives_under_its_old_id_is_found() {
    let mut script = with_a_value();
    script.call(9, (5, 6), Rotate(2), Yes).call(8, (7, 8), Get, Found(data(0, &[(7, 1)])));
    script.call(8, (9, 10), Touch, Yes);
    assert_eq!(script.shows(), [(Kind::RotatedAlive, 2, 3)]);
}

#[test]
fn of_two_rotations_at_once_one_wins() {
    let mut script = with_a_value();
    script.call(8, (5, 7), Rotate(2), Yes).call(9, (6, 8), Rotate(3), No);
    assert_eq!(script.shows(), []);
    script.0.calls[3].answer = Yes;
    assert_eq!(script.shows(), [(Kind::TwoWinners, 3, 3)]);
    script.call(9, (8, 9), Create(data(4, &[])), Unknown);
    script.0.calls[4].began = Duration::from_secs(5);
    assert_eq!(script.shows(), [], "there may have been two sessions");
}

#[test]
fn what_a_rotation_does_not_take_along_is_lost() {
    let mut script = with_a_value();
    script.call(9, (5, 8), Rotate(2), Yes).on(2, 9, (9, 10), Get, Found(data(0, &[])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 1, 3)]);
    let mut at_once = with_a_value();
    at_once.call(7, (6, 7), update(4, Some(1), Some(2)), Yes).call(9, (5, 8), Rotate(2), Yes);
    at_once.on(2, 9, (9, 10), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(at_once.shows(), [(Kind::LostUpdate, 2, 4)], "it was acknowledged, so it came before the rotation");
}

#[test]
fn what_is_found_after_its_expiry_is_expired() {
    for (at, expected) in [(15, vec![]), (16, vec![(Kind::ExpiredAlive, 1, 2)])] {
        let mut script = brief(with_a_value());
        script.call(9, (at, at), Get, Found(data(0, &[(7, 1)])));
        assert_eq!(script.shows(), expected, "the update at 4 was the last to move its expiry: found at {at}");
    }
    for (at, expected) in [(11, vec![(Kind::EndedEarly, 0, 2)]), (12, vec![])] {
        let mut script = brief(with_a_value());
        script.call(9, (at, at), Get, No);
        assert_eq!(script.shows(), expected, "it may have expired from 12.5 on, give or take one: gone at {at}");
    }
    let mut touched = brief(with_a_value());
    touched.call(9, (12, 13), Touch, Yes).call(9, (20, 21), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(touched.shows(), []);
    touched.call(9, (30, 31), Touch, Yes);
    assert_eq!(touched.shows(), [(Kind::ExpiredAlive, 2, 4)], "a touch is no reason for itself");
}

/// Sessions that live for ten seconds, give or take one.
fn brief(mut script: Script) -> Script {
    script.0.brief = [1, 2, 3].map(|id| (id, Duration::from_secs(10))).into();
    script.0.slack = Duration::from_secs(1);
    script
}

#[test]
fn what_is_in_use_and_gone_has_ended_early() {
    for (at, verb) in
        [(21, Get), (21, Touch), (21, update(8, Some(1), Some(3))), (21, Rotate(2)), (21, Create(data(3, &[])))]
    {
        let answer = if matches!(verb, Create(_)) { Yes } else { No };
        let mut script = brief(with_a_value());
        script.call(9, (12, 13), Touch, Yes).call(7, (at - 1, at), verb.clone(), answer);
        // Until 12 + 10 - 0.5, give or take one.
        assert_eq!(script.shows(), [], "{verb:?}");
        let (call, [began, ended]) = (&mut script.0.calls[3], [18, 20].map(Duration::from_secs));
        (call.began, call.ended) = (began, ended);
        assert_eq!(script.shows(), [(Kind::EndedEarly, 0, 3)], "{verb:?}");
    }
}

#[test]
fn of_two_that_move_the_expiry_at_once_the_first_may_come_last() {
    let mut script = brief(with_a_value());
    script.call(8, (4, 13), Touch, Yes).call(9, (12, 13), Touch, Yes).call(9, (15, 16), Get, No);
    assert_eq!(script.shows(), [], "by the touch that began at 4 it ends at 14");
    script.0.calls[2].ended = Duration::from_secs(5);
    assert_eq!(script.shows(), [(Kind::EndedEarly, 0, 4)]);
    script.0.calls[2].answer = Unknown;
    assert_eq!(script.shows(), [], "it may come later");
}

#[test]
fn a_rotation_takes_the_expiry_along() {
    let mut script = brief(with_a_value());
    script.call(9, (5, 6), Rotate(2), Yes).on(2, 9, (9, 10), Get, No);
    assert_eq!(script.shows(), [(Kind::EndedEarly, 0, 3)]);
    let mut late = brief(with_a_value());
    late.call(9, (5, 6), Rotate(2), Yes).on(2, 9, (16, 17), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(late.shows(), [(Kind::ExpiredAlive, 1, 3)]);
}

#[test]
fn a_rotation_gives_no_new_age() {
    let aged = |at: u64, answer: Answer| {
        let mut script = with_a_value();
        script.0.max_age = Some(Duration::from_secs(20));
        script.0.slack = Duration::from_secs(1);
        script.call(9, (10, 11), Rotate(2), Yes).on(2, 9, (12, 13), Rotate(3), Yes).on(3, 9, (at, at), Get, answer);
        script.shows()
    };
    let found = || Found(data(0, &[(7, 1)]));
    assert_eq!(aged(22, found()), []);
    assert_eq!(aged(23, found()), [(Kind::TooOld, 0, 4)], "it was created by 1, and lives for 20, give or take one");
    assert_eq!(aged(18, No), [(Kind::EndedEarly, 0, 4)]);
    assert_eq!(aged(19, No), [], "it may have been created at 0");
}

#[test]
fn what_takes_the_place_of_an_expired_session_has_nothing_of_it() {
    let mut script = brief(with_a_value());
    script.call(8, (30, 31), Create(data(2, &[])), Yes).call(8, (32, 33), Touch, Yes);
    script.call(9, (34, 35), Get, Found(data(2, &[])));
    assert_eq!(script.shows(), []);
}

#[test]
fn a_call_takes_effect_once() {
    let mut script = with_a_value();
    let set = data(2, &[]);
    script.call(8, (5, 6), Set(set.clone()), Unknown).call(9, (7, 8), Destroy, Yes).call(
        9,
        (9, 10),
        Get,
        Found(set.clone()),
    );
    assert_eq!(script.shows(), [], "it may have happened late");
    let mut again = with_a_value();
    again.call(8, (5, 6), Set(set.clone()), Unknown).call(9, (7, 8), Get, Found(set.clone()));
    again.call(9, (9, 10), Destroy, Yes).call(9, (11, 12), Get, Found(set.clone()));
    assert_eq!(again.shows(), [(Kind::Resurrected, 4, 5)], "it had happened before the destroy");
    let mut long = with_a_value();
    long.call(8, (5, 20), Set(set.clone()), Done).call(9, (7, 8), Get, Found(set.clone()));
    long.call(9, (9, 10), Destroy, Yes).call(9, (11, 12), Get, Found(set));
    assert_eq!(long.shows(), [(Kind::Resurrected, 4, 5)], "so it had, whenever it is answered");

    let mut overwritten = with_a_value();
    overwritten.call(7, (5, 6), update(4, Some(1), Some(2)), Unknown).call(9, (7, 8), Get, Found(data(0, &[(7, 2)])));
    overwritten.call(7, (9, 10), update(7, Some(2), Some(4)), Yes).call(9, (11, 12), Get, Found(data(0, &[(7, 2)])));
    assert_eq!(overwritten.shows(), [(Kind::LostUpdate, 4, 5)]);
}

#[test]
fn what_failed_and_was_seen_must_stay() {
    let mut script = with_a_value();
    script.call(8, (5, 6), update(4, None, Some(2)), Unknown).call(9, (7, 8), Get, Found(data(0, &[(7, 1), (8, 2)])));
    script.call(9, (9, 10), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 2, 4)]);
}

#[test]
fn what_was_refused_has_no_effect() {
    let mut script = with_a_value();
    script.call(7, (5, 6), update(4, Some(1), Some(2)), No).call(9, (7, 8), Get, Found(data(0, &[(7, 2)])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 0, 2), (Kind::NeverWritten, 3, 3)]);
}

#[test]
fn of_one_set_one_call_takes_the_session_away() {
    let mut script = script();
    script.call(0, (0, 1), Set(data(0, &[])), Done).call(8, (5, 7), Destroy, Yes).call(9, (6, 8), Destroy, Yes);
    assert_eq!(script.shows(), [(Kind::TwoWinners, 2, 2)]);
}

#[test]
fn data_that_nobody_wrote_there_is_found() {
    for found in [data(1, &[]), data(0, &[(8, 1)]), data(0, &[(7, 99)]), data(0, &[(7, 3)]), data(0, &[(99, 1)])] {
        let mut script = with_a_value();
        // Not a loss too: it may be removed.
        script.call(7, (5, 9), update(5, Some(1), None), Unknown).call(9, (6, 7), Get, Found(found.clone()));
        assert_eq!(script.shows(), [(Kind::NeverWritten, 3, 3)], "{found:?}");
    }
    let mut elsewhere = with_a_value();
    elsewhere.on(2, 9, (0, 1), Create(data(2, &[])), Yes).on(2, 9, (6, 7), Get, Found(data(2, &[(7, 1)])));
    assert_eq!(elsewhere.shows(), [(Kind::NeverWritten, 3, 3)], "another session's");
    let mut early = with_a_value();
    early.call(9, (1, 2), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(early.shows(), [(Kind::NeverWritten, 2, 2)], "not yet written");
    let mut nobodys = script();
    nobodys.call(9, (1, 2), Touch, Yes);
    assert_eq!(nobodys.shows(), [(Kind::NeverWritten, 0, 0)]);
}

/// Calls at once may have happened in any order, and those that failed also not at all, or later.
#[test]
fn what_may_be_so_shows_nothing() {
    let found = Found(data(0, &[(7, 1)]));
    for (during, verb, answer) in [
        ((5, 9), Destroy, Yes),
        ((5, 9), Rotate(2), Yes),
        ((5, 9), Set(data(2, &[])), Done),
        ((5, 9), update(2, Some(1), None), Yes),
        ((5, 6), Destroy, Unknown),
        ((5, 6), Rotate(2), Unknown),
        ((5, 6), Set(data(2, &[])), Unknown),
    ] {
        for answer_of_get in [found.clone(), No] {
            if answer_of_get == No && matches!(verb, Set(_) | Verb::Update { .. }) {
                continue;
            }
            let client = if matches!(verb, Verb::Update { .. }) { 7 } else { 8 };
            let mut script = with_a_value();
            script.call(client, during, verb.clone(), answer.clone()).call(9, (7, 8), Get, answer_of_get.clone());
            assert_eq!(script.shows(), [], "{verb:?} {answer:?} {answer_of_get:?}");
        }
    }
    for (verb, answer_of_get) in [(Destroy, No), (Set(data(2, &[])), Found(data(2, &[])))] {
        let mut late = with_a_value();
        late.call(8, (3, 4), verb, Unknown).call(8, (5, 6), Set(data(3, &[])), Done).call(
            9,
            (7, 8),
            Get,
            answer_of_get,
        );
        assert_eq!(late.shows(), [], "it happened after it had failed");
    }
    for answer_of_get in [found, Found(data(0, &[]))] {
        let mut unanswered = script();
        unanswered.call(0, (0, 1), Create(data(0, &[])), Yes).call(7, (3, 4), update(2, None, Some(1)), Unknown);
        unanswered.call(9, (8, 9), Get, Found(data(0, &[]))).call(9, (10, 11), Get, answer_of_get);
        assert_eq!(unanswered.shows(), []);
    }
}

#[test]
fn a_removal_between_base_and_update_may_beat_it() {
    let mut script = with_a_value();
    script.call(9, (6, 7), Set(data(2, &[])), Done).call(7, (8, 9), update(5, Some(1), Some(3)), Yes);
    script.call(9, (10, 11), Get, Found(data(2, &[])));
    assert_eq!(script.shows(), []);
}

#[test]
fn a_failed_rotation_that_is_seen_took_everything_along() {
    let mut script = with_a_value();
    script.call(9, (5, 6), Rotate(2), Unknown).on(2, 9, (7, 8), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(script.shows(), []);
    let mut lost = with_a_value();
    lost.call(7, (5, 6), update(4, Some(1), Some(2)), Yes).call(9, (7, 8), Rotate(2), Unknown);
    lost.on(2, 9, (9, 10), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(lost.shows(), [(Kind::LostUpdate, 2, 4)]);
}

#[test]
fn an_excerpt_tells_the_calls_between() {
    let mut script = with_a_value();
    script.call(8, (3, 5), update(2, None, Some(2)), Yes).call(9, (6, 7), Get, Found(data(0, &[(8, 2)])));
    let text = check(&script.0)[0].excerpt(&script.0);
    let lines: Vec<_> = text.lines().map(|line| line.split(": ").next().unwrap()).collect();
    let expected = [
        "lost updates",
        "> 3.000000..4.000000 client 7, call 1 on 1",
        "  3.000000..5.000000 client 8, call 2 on 1",
        "> 6.000000..7.000000 client 9, call 3 on 1",
    ];
    assert_eq!(lines, expected, "{text}");
}
