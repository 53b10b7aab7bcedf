use std::time::Duration;

use super::check;
use crate::history::Answer::{self, Done, Found, No, Unknown, Yes};
use crate::history::Operation::{self, Create, Destroy, Get, Rotate, Set, Touch};
use crate::history::{Call, Client, Data, History, Id, Number};
use crate::violation::Kind;

/// A handwritten history: calls on the id 1, in the order of their numbers, with times in seconds.
#[derive(Default)]
struct Script(History);

impl Script {
    fn call(&mut self, client: Client, (began, ended): (u64, u64), operation: Operation, answer: Answer) -> &mut Self {
        self.on(1, client, (began, ended), operation, answer)
    }

    fn on(
        &mut self,
        id: Id,
        client: Client,
        (began, ended): (u64, u64),
        operation: Operation,
        answer: Answer,
    ) -> &mut Self {
        let number = self.0.calls.len() as Number;
        let [began, ended] = [began, ended].map(Duration::from_secs);
        self.0.calls.push(Call { number, client, id, began, ended, operation, answer });
        self
    }

    /// Returns the violations: the kind, the call and the first call that shows it.
    fn shows(&self) -> Vec<(Kind, Number, Number)> {
        check(&self.0).into_iter().map(|violation| (violation.kind, violation.call, violation.seen)).collect()
    }
}

fn script() -> Script {
    Script::default()
}

fn data(created_by: Number, values: &[(Client, Number)]) -> Data {
    Data { created_by, values: values.iter().copied().collect() }
}

fn update(base: u64, before: Option<Number>, after: Option<Number>) -> Operation {
    Operation::Update { base: Duration::from_secs(base), before, after }
}

/// Call 0 creates the session, and call 1 writes a value of client 7.
fn with_a_value() -> Script {
    let mut script = script();
    script.call(0, (0, 1), Create(data(0, &[])), Yes).call(7, (3, 4), update(2, None, Some(1)), Yes);
    script
}

#[test]
fn a_correct_history_shows_no_violation() {
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
fn a_missing_change_is_a_lost_update() {
    let mut script = with_a_value();
    script.call(8, (3, 5), update(2, None, Some(2)), Yes).call(9, (6, 7), Get, Found(data(0, &[(8, 2)])));
    script.call(9, (8, 9), Get, Found(data(0, &[(8, 2)])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 1, 3)], "two calls show it, and it counts once");
}

#[test]
fn an_older_value_is_a_lost_update_of_the_newer_one() {
    let mut script = with_a_value();
    script.call(7, (6, 7), update(5, Some(1), Some(2)), Yes).call(9, (8, 9), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 2, 3)]);
}

#[test]
fn a_removed_value_that_is_found_is_a_lost_update() {
    let mut script = with_a_value();
    script.call(7, (6, 7), update(5, Some(1), None), Yes).call(9, (8, 9), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 2, 3)]);
}

#[test]
fn a_missing_session_is_a_lost_update() {
    for (operation, answer) in [(Get, No), (Touch, No), (Rotate(2), No), (update(2, None, Some(2)), No)] {
        let mut script = with_a_value();
        script.call(9, (5, 6), operation.clone(), answer);
        assert_eq!(script.shows(), [(Kind::LostUpdate, 0, 2)], "{operation:?}");
    }
    let mut script = with_a_value();
    script.call(9, (5, 6), Create(data(2, &[])), Yes);
    assert_eq!(script.shows(), [(Kind::LostUpdate, 0, 2)], "a live session was overwritten");
}

#[test]
fn a_set_that_did_not_replace_is_a_lost_update() {
    let mut script = with_a_value();
    script.call(9, (5, 6), Set(data(2, &[])), Done).call(9, (7, 8), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 2, 3)]);
}

#[test]
fn a_session_alive_after_a_destroy_is_resurrected() {
    let mut late_save = with_a_value();
    late_save.call(9, (5, 6), Destroy, Yes).call(8, (7, 8), Get, Found(data(0, &[])));
    assert_eq!(late_save.shows(), [(Kind::Resurrected, 2, 3)]);
    for operation in [Touch, Rotate(2), Destroy, update(2, None, Some(3))] {
        let mut script = with_a_value();
        script.call(9, (5, 6), Destroy, Done).call(8, (7, 8), operation.clone(), Yes);
        assert_eq!(script.shows(), [(Kind::Resurrected, 2, 3)], "{operation:?}");
    }
}

#[test]
fn a_session_alive_under_its_old_id_is_found() {
    let mut script = with_a_value();
    script.call(9, (5, 6), Rotate(2), Yes).call(8, (7, 8), Get, Found(data(0, &[(7, 1)])));
    script.call(8, (9, 10), Touch, Yes);
    assert_eq!(script.shows(), [(Kind::RotatedAlive, 2, 3)]);
}

#[test]
fn only_one_of_two_concurrent_rotations_wins() {
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
fn a_value_that_a_rotation_drops_is_a_lost_update() {
    let mut script = with_a_value();
    script.call(9, (5, 8), Rotate(2), Yes).on(2, 9, (9, 10), Get, Found(data(0, &[])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 1, 3)]);
    let mut at_once = with_a_value();
    at_once.call(7, (6, 7), update(4, Some(1), Some(2)), Yes).call(9, (5, 8), Rotate(2), Yes);
    at_once.on(2, 9, (9, 10), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(at_once.shows(), [(Kind::LostUpdate, 2, 4)], "an acknowledged update came before the rotation");
}

#[test]
fn a_session_found_after_its_expiry_is_expired() {
    for (at, expected) in [(15, vec![]), (16, vec![(Kind::ExpiredAlive, 1, 2)])] {
        let mut script = short_lived(with_a_value());
        script.call(9, (at, at), Get, Found(data(0, &[(7, 1)])));
        assert_eq!(
            script.shows(),
            expected,
            "the update that ended at 4 was the last to move the expiry, and it is found at {at}"
        );
    }
    for (at, expected) in [(11, vec![(Kind::EndedEarly, 0, 2)]), (12, vec![])] {
        let mut script = short_lived(with_a_value());
        script.call(9, (at, at), Get, No);
        assert_eq!(script.shows(), expected, "it may expire at 12.5 plus or minus 1, and it is gone at {at}");
    }
    let mut touched = short_lived(with_a_value());
    touched.call(9, (12, 13), Touch, Yes).call(9, (20, 21), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(touched.shows(), []);
    touched.call(9, (30, 31), Touch, Yes);
    assert_eq!(touched.shows(), [(Kind::ExpiredAlive, 2, 4)], "a touch does not justify itself");
}

/// Sets the time to live to ten seconds and the slack to one.
fn short_lived(mut script: Script) -> Script {
    script.0.short_lived = [1, 2, 3].map(|id| (id, Duration::from_secs(10))).into();
    script.0.slack = Duration::from_secs(1);
    script
}

#[test]
fn a_session_gone_before_its_expiry_ended_early() {
    for (at, operation) in
        [(21, Get), (21, Touch), (21, update(8, Some(1), Some(3))), (21, Rotate(2)), (21, Create(data(3, &[])))]
    {
        let answer = if matches!(operation, Create(_)) { Yes } else { No };
        let mut script = short_lived(with_a_value());
        script.call(9, (12, 13), Touch, Yes).call(7, (at - 1, at), operation.clone(), answer);
        // It lives until 12 + 10 - 0.5, plus or minus 1.
        assert_eq!(script.shows(), [], "{operation:?}");
        let (call, [began, ended]) = (&mut script.0.calls[3], [18, 20].map(Duration::from_secs));
        (call.began, call.ended) = (began, ended);
        assert_eq!(script.shows(), [(Kind::EndedEarly, 0, 3)], "{operation:?}");
    }
}

#[test]
fn of_two_concurrent_touches_the_first_may_take_effect_last() {
    let mut script = short_lived(with_a_value());
    script.call(8, (4, 13), Touch, Yes).call(9, (12, 13), Touch, Yes).call(9, (15, 16), Get, No);
    assert_eq!(script.shows(), [], "it ends at 14 if the touch that began at 4 took effect last");
    script.0.calls[2].ended = Duration::from_secs(5);
    assert_eq!(script.shows(), [(Kind::EndedEarly, 0, 4)]);
    script.0.calls[2].answer = Unknown;
    assert_eq!(script.shows(), [], "it may take effect later");
}

#[test]
fn a_rotation_keeps_the_expiry() {
    let mut script = short_lived(with_a_value());
    script.call(9, (5, 6), Rotate(2), Yes).on(2, 9, (9, 10), Get, No);
    assert_eq!(script.shows(), [(Kind::EndedEarly, 0, 3)]);
    let mut late = short_lived(with_a_value());
    late.call(9, (5, 6), Rotate(2), Yes).on(2, 9, (16, 17), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(late.shows(), [(Kind::ExpiredAlive, 1, 3)]);
}

#[test]
fn a_rotation_keeps_the_age() {
    let aged = |at: u64, answer: Answer| {
        let mut script = with_a_value();
        script.0.max_age = Some(Duration::from_secs(20));
        script.0.slack = Duration::from_secs(1);
        script.call(9, (10, 11), Rotate(2), Yes).on(2, 9, (12, 13), Rotate(3), Yes).on(3, 9, (at, at), Get, answer);
        script.shows()
    };
    let found = || Found(data(0, &[(7, 1)]));
    assert_eq!(aged(22, found()), []);
    assert_eq!(
        aged(23, found()),
        [(Kind::TooOld, 0, 4)],
        "it was created at 1 at the latest, and lives for 20 plus or minus 1"
    );
    assert_eq!(aged(18, No), [(Kind::EndedEarly, 0, 4)]);
    assert_eq!(aged(19, No), [], "it may have been created at 0");
}

#[test]
fn a_session_created_after_an_expired_one_starts_anew() {
    let mut script = short_lived(with_a_value());
    script.call(8, (30, 31), Create(data(2, &[])), Yes).call(8, (32, 33), Touch, Yes);
    script.call(9, (34, 35), Get, Found(data(2, &[])));
    assert_eq!(script.shows(), []);
}

#[test]
fn a_call_takes_effect_only_once() {
    let mut script = with_a_value();
    let set = data(2, &[]);
    script.call(8, (5, 6), Set(set.clone()), Unknown).call(9, (7, 8), Destroy, Yes).call(
        9,
        (9, 10),
        Get,
        Found(set.clone()),
    );
    assert_eq!(script.shows(), [], "it may have taken effect late");
    let mut again = with_a_value();
    again.call(8, (5, 6), Set(set.clone()), Unknown).call(9, (7, 8), Get, Found(set.clone()));
    again.call(9, (9, 10), Destroy, Yes).call(9, (11, 12), Get, Found(set.clone()));
    assert_eq!(again.shows(), [(Kind::Resurrected, 4, 5)], "it took effect before the destroy");
    let mut long = with_a_value();
    long.call(8, (5, 20), Set(set.clone()), Done).call(9, (7, 8), Get, Found(set.clone()));
    long.call(9, (9, 10), Destroy, Yes).call(9, (11, 12), Get, Found(set));
    assert_eq!(
        long.shows(),
        [(Kind::Resurrected, 4, 5)],
        "it took effect before the destroy, even if it returned later"
    );

    let mut overwritten = with_a_value();
    overwritten.call(7, (5, 6), update(4, Some(1), Some(2)), Unknown).call(9, (7, 8), Get, Found(data(0, &[(7, 2)])));
    overwritten.call(7, (9, 10), update(7, Some(2), Some(4)), Yes).call(9, (11, 12), Get, Found(data(0, &[(7, 2)])));
    assert_eq!(overwritten.shows(), [(Kind::LostUpdate, 4, 5)]);
}

#[test]
fn a_failed_change_that_was_seen_must_last() {
    let mut script = with_a_value();
    script.call(8, (5, 6), update(4, None, Some(2)), Unknown).call(9, (7, 8), Get, Found(data(0, &[(7, 1), (8, 2)])));
    script.call(9, (9, 10), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 2, 4)]);
}

#[test]
fn a_refused_change_has_no_effect() {
    let mut script = with_a_value();
    script.call(7, (5, 6), update(4, Some(1), Some(2)), No).call(9, (7, 8), Get, Found(data(0, &[(7, 2)])));
    assert_eq!(script.shows(), [(Kind::LostUpdate, 0, 2), (Kind::NeverWritten, 3, 3)]);
}

#[test]
fn only_one_of_two_concurrent_destroys_wins() {
    let mut script = script();
    script.call(0, (0, 1), Set(data(0, &[])), Done).call(8, (5, 7), Destroy, Yes).call(9, (6, 8), Destroy, Yes);
    assert_eq!(script.shows(), [(Kind::TwoWinners, 2, 2)]);
}

#[test]
fn a_value_that_was_never_written_there_is_found() {
    for found in [data(1, &[]), data(0, &[(8, 1)]), data(0, &[(7, 99)]), data(0, &[(7, 3)]), data(0, &[(99, 1)])] {
        let mut script = with_a_value();
        // The failed removal excludes a lost update.
        script.call(7, (5, 9), update(5, Some(1), None), Unknown).call(9, (6, 7), Get, Found(found.clone()));
        assert_eq!(script.shows(), [(Kind::NeverWritten, 3, 3)], "{found:?}");
    }
    let mut elsewhere = with_a_value();
    elsewhere.on(2, 9, (0, 1), Create(data(2, &[])), Yes).on(2, 9, (6, 7), Get, Found(data(2, &[(7, 1)])));
    assert_eq!(elsewhere.shows(), [(Kind::NeverWritten, 3, 3)], "a value of another session");
    let mut early = with_a_value();
    early.call(9, (1, 2), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(early.shows(), [(Kind::NeverWritten, 2, 2)], "a value not yet written");
    let mut never_created = script();
    never_created.call(9, (1, 2), Touch, Yes);
    assert_eq!(never_created.shows(), [(Kind::NeverWritten, 0, 0)]);
}

/// Concurrent calls may take effect in any order, and failed calls later or never.
#[test]
fn no_possible_order_shows_a_violation() {
    let found = Found(data(0, &[(7, 1)]));
    for (during, operation, answer) in [
        ((5, 9), Destroy, Yes),
        ((5, 9), Rotate(2), Yes),
        ((5, 9), Set(data(2, &[])), Done),
        ((5, 9), update(2, Some(1), None), Yes),
        ((5, 6), Destroy, Unknown),
        ((5, 6), Rotate(2), Unknown),
        ((5, 6), Set(data(2, &[])), Unknown),
    ] {
        for answer_of_get in [found.clone(), No] {
            if answer_of_get == No && matches!(operation, Set(_) | Operation::Update { .. }) {
                continue;
            }
            let client = if matches!(operation, Operation::Update { .. }) { 7 } else { 8 };
            let mut script = with_a_value();
            script.call(client, during, operation.clone(), answer.clone()).call(9, (7, 8), Get, answer_of_get.clone());
            assert_eq!(script.shows(), [], "{operation:?} {answer:?} {answer_of_get:?}");
        }
    }
    for (operation, answer_of_get) in [(Destroy, No), (Set(data(2, &[])), Found(data(2, &[])))] {
        let mut late = with_a_value();
        late.call(8, (3, 4), operation, Unknown).call(8, (5, 6), Set(data(3, &[])), Done).call(
            9,
            (7, 8),
            Get,
            answer_of_get,
        );
        assert_eq!(late.shows(), [], "it took effect after it had failed");
    }
    for answer_of_get in [found, Found(data(0, &[]))] {
        let mut unanswered = script();
        unanswered.call(0, (0, 1), Create(data(0, &[])), Yes).call(7, (3, 4), update(2, None, Some(1)), Unknown);
        unanswered.call(9, (8, 9), Get, Found(data(0, &[]))).call(9, (10, 11), Get, answer_of_get);
        assert_eq!(unanswered.shows(), []);
    }
}

#[test]
fn a_removal_between_the_base_and_the_update_may_beat_the_update() {
    let mut script = with_a_value();
    script.call(9, (6, 7), Set(data(2, &[])), Done).call(7, (8, 9), update(5, Some(1), Some(3)), Yes);
    script.call(9, (10, 11), Get, Found(data(2, &[])));
    assert_eq!(script.shows(), []);
}

#[test]
fn a_failed_rotation_that_is_seen_moved_everything() {
    let mut script = with_a_value();
    script.call(9, (5, 6), Rotate(2), Unknown).on(2, 9, (7, 8), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(script.shows(), []);
    let mut lost = with_a_value();
    lost.call(7, (5, 6), update(4, Some(1), Some(2)), Yes).call(9, (7, 8), Rotate(2), Unknown);
    lost.on(2, 9, (9, 10), Get, Found(data(0, &[(7, 1)])));
    assert_eq!(lost.shows(), [(Kind::LostUpdate, 2, 4)]);
}

#[test]
fn an_excerpt_lists_the_calls_between() {
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
