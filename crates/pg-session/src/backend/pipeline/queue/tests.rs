use std::time::Duration;

use super::*;
use crate::backend::command::{Absence, BatchSql, Command, DuplicateKeys, Params};
use crate::backend::pipeline::call::Answer;

const SECOND: Duration = Duration::from_secs(1);

/// A queue with callers that wait for their answers, and lanes that are all online.
struct Desk {
    queue: Queue,
    statements: Vec<Arc<Statement>>,
    answers: Vec<Answer>,
    hasher: std::hash::RandomState,
}

impl Desk {
    fn new(lanes: usize) -> Self {
        let mut queue = Queue::new(lanes);
        for lane in 0..lanes {
            queue.lanes[lane].stage = Stage::Working;
            queue.online(lane);
        }
        Self { queue, statements: statements(), answers: Vec::new(), hasher: Default::default() }
    }

    /// A call such as `get a`, or `touch a 5`.
    fn push_within(&mut self, text: &str, limit: Duration) -> Wakeup {
        use std::hash::BuildHasher;
        let mut words = text.split(' ');
        let name = words.next().unwrap();
        let statement = Arc::clone(self.statements.iter().find(|statement| statement.name == name).unwrap());
        let params: Params = words.map(Into::into).collect();
        let command = Command { statement, params };
        let key = self.hasher.hash_one(command.key());
        let (call, answer) = Call::new(command, key, Instant::now() + limit);
        self.answers.push(answer);
        self.queue.push(call, |_, _| Ok(())).unwrap()
    }

    fn push(&mut self, texts: &[&str]) {
        texts.iter().for_each(|text| ignore(self.push_within(text, 9 * SECOND)));
    }

    /// Returns the lanes that a call wakes.
    fn push_woken(&mut self, text: &str) -> Vec<usize> {
        self.push_within(text, 9 * SECOND).0.to_vec()
    }

    fn push_many(&mut self, name: &str, count: usize) {
        (0..count).for_each(|_| self.push(&[&format!("{name} {}", self.answers.len())]));
    }

    fn take(&mut self, lane: usize) -> Vec<Call> {
        let (calls, next) = self.queue.take(lane, true);
        ignore(next);
        calls
    }

    /// Returns what a lane takes, such as `get a, b`.
    fn takes(&mut self, lane: usize) -> String {
        text(&self.take(lane))
    }

    /// Answers everything that the lane has in flight.
    fn complete(&mut self, lane: usize) {
        while let Some(batch) = self.queue.lanes[lane].in_flight.front() {
            let key = batch.keys[0];
            ignore(self.queue.complete(lane, key, Vec::new()));
        }
    }

    /// Returns the sizes of the batches that the lanes take in turns, until none takes any more.
    fn sizes(&mut self) -> Vec<Vec<usize>> {
        let mut sizes = vec![Vec::new(); self.queue.regular_lanes().len()];
        loop {
            let before: usize = sizes.iter().map(Vec::len).sum();
            for (lane, sizes) in sizes.iter_mut().enumerate() {
                sizes.extend(Some(self.take(lane).len()).filter(|size| *size > 0));
            }
            if sizes.iter().map(Vec::len).sum::<usize>() == before {
                return sizes;
            }
        }
    }
}

/// Statements that differ in what the policy looks at.
fn statements() -> Vec<Arc<Statement>> {
    let kinds = [
        ("get", Some(DuplicateKeys::Coalesce)),
        ("touch", Some(DuplicateKeys::Coalesce)),
        ("set", Some(DuplicateKeys::Coalesce)),
        ("create", Some(DuplicateKeys::Serialize)),
        ("sweep", None),
    ];
    let statement = |(name, duplicates): (&'static str, Option<DuplicateKeys>)| {
        let many = duplicates.map(|duplicates| BatchSql { sql: String::new(), duplicates, absence: Absence::Harmless });
        Arc::new(Statement {
            name,
            sql: String::new(),
            native: None,
            many,
            no_wal_flush: matches!(name, "get" | "touch"),
            reads_only: name == "get",
            idempotent: true,
        })
    };
    kinds.map(statement).into()
}

fn ignore(_: Wakeup) {}

fn text(calls: &[Call]) -> String {
    let Some(first) = calls.first() else { return String::new() };
    let rest =
        |call: &Call| call.command().params.iter().filter_map(|param| param.text()).collect::<Vec<_>>().join(" ");
    format!("{} {}", first.command().statement.name, calls.iter().map(rest).collect::<Vec<_>>().join(", "))
}

#[test]
fn each_kind_gets_a_lane_of_its_own() {
    let mut desk = Desk::new(3);
    desk.push(&["get a"]);
    assert_eq!(desk.takes(0), "get a");
    desk.push(&["set b", "get c", "touch d", "set e"]);
    assert_eq!([1, 2].map(|lane| desk.takes(lane)), ["set b, e", "touch d"]);
    // Gets would use a second lane only without calls of other kinds.
    assert_eq!(desk.takes(0), "");
    desk.complete(1);
    assert_eq!(desk.takes(1), "");
    desk.complete(2);
    assert_eq!(desk.takes(1), "get c");
    (0..3).for_each(|lane| desk.complete(lane));
    desk.queue.assert_empty();
}

#[test]
fn the_last_free_lane_is_reserved_for_calls_without_a_wal_flush() {
    let mut desk = Desk::new(2);
    desk.push(&["set a", "create b", "touch c", "get d"]);
    assert_eq!([0, 1].map(|lane| desk.takes(lane)), ["set a", "touch c"]);
    for expected in ["get d", "create b"] {
        desk.complete(1);
        assert_eq!(desk.takes(1), expected);
    }
    let mut desk = Desk::new(1);
    desk.push(&["set a", "get b"]);
    assert_eq!(desk.takes(0), "set a");
}

#[test]
fn an_older_write_is_not_starved_by_reads_and_touches() {
    let mut desk = Desk::new(2);
    desk.push(&["get a", "touch b"]);
    assert_eq!([0, 1].map(|lane| desk.takes(lane)), ["get a", "touch b"]);
    desk.push(&["set c", "get d", "touch e"]);
    desk.complete(0);
    assert_eq!(desk.takes(0), "set c");
}

#[test]
fn calls_on_one_key_are_sent_one_after_the_other() {
    let mut desk = Desk::new(3);
    desk.push(&["set a", "get a", "get a", "create a", "create a", "get b"]);
    assert_eq!([0, 1, 2].map(|lane| desk.takes(lane)), ["set a", "get b", ""]);
    desk.complete(1);
    assert_eq!(desk.takes(1), "");
    for expected in ["get a, a", "create a", "create a", ""] {
        desk.complete(0);
        assert_eq!(desk.takes(0), expected);
    }
    desk.queue.assert_empty();
}

#[test]
fn equal_calls_behind_a_call_are_sent_together() {
    let mut desk = Desk::new(1);
    desk.push(&["set a 0", "set a 1", "set a 1", "set a 2", "touch a 5", "touch a 5", "touch a 7", "set a 3"]);
    for expected in ["set a 0", "set a 1, a 1", "set a 2", "touch a 5, a 5", "touch a 7", "set a 3"] {
        assert_eq!(desk.takes(0), expected);
        desk.complete(0);
    }
    desk.queue.assert_empty();
}

#[test]
fn equal_calls_on_one_key_are_not_split() {
    let mut desk = Desk::new(2);
    desk.push(&["set a"]);
    (0..150).for_each(|_| desk.push(&["set a 1"]));
    assert_eq!(desk.takes(0), "set a");
    desk.push_many("set", 90);
    desk.complete(0);
    // A quarter of all would be 60.
    assert_eq!([0, 1].map(|lane| desk.take(lane).len()), [60, 180]);
}

#[test]
fn many_reads_are_sent_in_four_batches_and_few_in_two() {
    for (count, expected) in [
        (2, [vec![2], vec![]]),
        (16, [vec![8], vec![8]]),
        (3, [vec![1], vec![2]]),
        (191, [vec![95], vec![96]]),
        (192, [vec![48, 48], vec![48, 48]]),
        (256, [vec![64, 64], vec![64, 64]]),
        (9_000, [vec![256, 256], vec![256, 256]]),
    ] {
        let mut desk = Desk::new(2);
        desk.push_many("get", count);
        assert_eq!(desk.sizes(), expected);
    }
}

#[test]
fn few_writes_are_sent_in_one_batch() {
    for (count, expected) in [
        (1, [vec![1], vec![]]),
        (95, [vec![95], vec![]]),
        (96, [vec![48], vec![48]]),
        (256, [vec![64, 64], vec![64, 64]]),
    ] {
        let mut desk = Desk::new(2);
        desk.push_many("set", count);
        assert_eq!(desk.sizes(), expected);
    }
}

#[test]
fn one_lane_takes_two_batches_of_half() {
    for (count, expected) in [(95, vec![95]), (96, vec![48, 48]), (97, vec![48, 49]), (9_000, vec![256, 256])] {
        let mut desk = Desk::new(1);
        desk.push_many("set", count);
        assert_eq!(desk.sizes(), [expected]);
    }
}

#[test]
fn no_kind_starves_another() {
    let mut desk = Desk::new(1);
    desk.push_many("get", 200);
    assert_eq!(desk.take(0).len(), 100);
    desk.push(&["set a"]);
    assert_eq!(desk.take(0).len(), 0);
    desk.complete(0);
    // The oldest first.
    assert_eq!([0, 0].map(|lane| desk.take(lane).len()), [50, 0]);
    desk.complete(0);
    assert_eq!(desk.take(0).len(), 50);
    desk.push_many("get", 200);
    desk.complete(0);
    assert_eq!(desk.takes(0), "set a");
}

#[test]
fn an_abandoned_call_is_not_sent_and_delays_nobody() {
    let mut desk = Desk::new(1);
    desk.push(&["set a 1"]);
    desk.answers.clear();
    desk.push(&["set b 1", "set a 2"]);
    assert_eq!(desk.takes(0), "set b 1");
    desk.complete(0);
    assert_eq!(desk.takes(0), "set a 2");
    desk.complete(0);
    desk.queue.assert_empty();
}

#[test]
fn a_resent_call_goes_first_and_keeps_its_key() {
    let mut desk = Desk::new(2);
    desk.push(&["set a 1", "set b 1"]);
    let mut calls = desk.take(0);
    desk.push(&["set a 2", "set c"]);
    calls.iter_mut().for_each(|call| call.is_alone = true);
    let key = calls[0].key;
    ignore(desk.queue.complete(0, key, calls));
    assert_eq!(desk.takes(0), "set a 1, b 1");
    assert_eq!(desk.queue.lanes[0].in_flight.len(), 2);
    desk.complete(0);
    assert_eq!(desk.takes(0), "set c, a 2");
    desk.complete(0);
    desk.queue.assert_empty();
}

/// Otherwise two lanes could have calls on one key in flight.
#[test]
fn equal_calls_that_go_alone_are_sent_one_after_the_other() {
    let mut desk = Desk::new(2);
    desk.push(&["set a", "touch a", "touch a"]);
    assert_eq!(desk.takes(0), "set a");
    desk.complete(0);
    let mut calls = desk.take(0);
    assert_eq!(text(&calls), "touch a, a");
    desk.push(&["touch a"]);
    calls.iter_mut().for_each(|call| call.is_alone = true);
    let key = calls[0].key;
    ignore(desk.queue.complete(0, key, calls));
    for _ in 0..3 {
        assert_eq!([0, 1].map(|lane| desk.takes(lane)), ["touch a", ""]);
        desk.complete(0);
    }
    desk.queue.assert_empty();
}

#[test]
fn calls_of_a_lost_connection_go_to_another_lane() {
    let mut desk = Desk::new(2);
    desk.push(&["set a 1", "set b 1"]);
    let mut calls = desk.take(0);
    desk.push(&["set a 2", "set b 2"]);
    // One of them fails: its outcome is unknown.
    calls.remove(1);
    ignore(desk.queue.offline(0, calls));
    assert_eq!(desk.takes(1), "set a 1, b 2");
    desk.complete(1);
    assert_eq!(desk.takes(1), "set a 2");
    desk.complete(1);
    desk.queue.assert_empty();
}

#[test]
fn expired_calls_are_found_wherever_they_wait() {
    let mut desk = Desk::new(1);
    let _ = desk.push_within("set a 1", 9 * SECOND);
    assert_eq!(desk.takes(0), "set a 1");
    let _ = desk.push_within("set a 2", SECOND);
    let _ = desk.push_within("set b 1", 9 * SECOND);
    let _ = desk.push_within("set c 1", SECOND);
    let _ = desk.push_within("set c 2", 9 * SECOND);
    let now = Instant::now();
    assert!(desk.queue.next_deadline().is_some_and(|deadline| deadline < now + 2 * SECOND));
    let (due, next) = desk.queue.expire(now + 2 * SECOND);
    ignore(next);
    assert_eq!((text(&due), desk.queue.waiting()), ("set a 2, c 1".into(), 2));
    assert!(desk.queue.next_deadline().is_some_and(|deadline| deadline > now + 5 * SECOND));
    desk.complete(0);
    assert_eq!(desk.takes(0), "set b 1, c 2");
    desk.complete(0);
    desk.queue.assert_empty();
}

#[test]
fn only_calls_on_its_keys_wait_for_a_slow_batch() {
    let mut desk = Desk::new(2);
    desk.push(&["set a 1"]);
    assert_eq!(desk.takes(0), "set a 1");
    desk.push(&["set a 2", "set b 1"]);
    assert_eq!(desk.takes(1), "");
    ignore(desk.queue.mark_slow(0));
    assert_eq!(desk.takes(1), "set b 1");
    (0..2).for_each(|lane| desk.complete(lane));
    assert_eq!(desk.takes(0), "set a 2");
    desk.complete(0);
    desk.queue.assert_empty();
}

#[test]
fn a_slow_lane_does_not_reserve_the_other() {
    let mut desk = Desk::new(2);
    desk.push(&["set a"]);
    assert_eq!(desk.takes(0), "set a");
    ignore(desk.queue.mark_slow(0));
    desk.push(&["set b", "get c"]);
    assert_eq!(desk.takes(1), "set b");
    // The slow lane itself takes nothing more.
    desk.push_many("set", 100);
    desk.complete(1);
    assert_eq!(desk.takes(1), "get c");
    assert_eq!(desk.take(0).len(), 0);
    desk.complete(1);
    assert_eq!([0, 1].map(|lane| desk.take(lane).len()), [0, 50]);
    assert_eq!(desk.take(0).len(), 0);
}

#[test]
fn calls_that_waited_for_their_key_join_the_end() {
    let mut desk = Desk::new(1);
    desk.push(&["set a 1", "set a 2"]);
    assert_eq!(desk.takes(0), "set a 1");
    desk.push(&["set b 1", "set a 2"]);
    desk.complete(0);
    assert_eq!(desk.takes(0), "set b 1, a 2, a 2");
}

#[test]
fn an_outage_lasts_from_the_first_failure_until_an_answer() {
    let mut queue = Queue::new(2);
    assert!(queue.outage().is_some_and(|outage| outage < SECOND));
    let before = queue.offline_since;
    assert!(queue.outage().is_some() && queue.offline_since == before);
    queue.online(1);
    // A pooler may have accepted the login.
    assert!(queue.outage().is_some());
    queue.has_answered(1);
    assert!(queue.outage().is_none() && queue.offline_since.is_none());
}

#[test]
fn a_lane_whose_task_ended_leaves_its_calls_to_others() {
    let mut desk = Desk::new(2);
    desk.push(&["set a 1", "set a 2", "set b"]);
    assert_eq!(desk.takes(0), "set a 1, b");
    assert!(desk.queue.lose_task(0).0.is_empty());
    assert_eq!(desk.takes(1), "set a 2");
    desk.push(&["set a 3", "set c"]);
    assert_eq!(text(&desk.queue.lose_task(1).0), "set c, a 3");
    desk.queue.assert_empty();
}

#[test]
fn one_lane_is_notified_at_a_time_and_none_while_another_looks_by_itself() {
    let mut desk = Desk::new(3);
    // All are about to look.
    assert!(desk.push_woken("get a").is_empty());
    assert!(desk.queue.begin_work(0).0);
    assert_eq!(desk.takes(0), "get a");
    assert!((0..3).all(|lane| !desk.queue.begin_work(lane).0));
    // One of the idle lanes, once.
    assert_eq!(desk.push_woken("get b").len(), 1);
    assert!(desk.push_woken("get c").is_empty());
    let notified = desk.queue.lanes.iter().position(|lane| lane.stage == Stage::Notified).unwrap();
    assert!(notified > 0 && desk.queue.begin_work(notified).0);
    assert_eq!(desk.takes(notified), "get b, c");
}

#[test]
fn lanes_connect_one_by_one() {
    let mut desk = Desk { queue: Queue::new(3), ..Desk::new(0) };
    assert_eq!(desk.queue.claim_absent(), [0, 1, 2, 3]);
    assert!(!desk.queue.lacks_task());
    let [first] = desk.push_woken("get a")[..] else { panic!("one lane connects") };
    assert!(desk.queue.begin_work(first).0);
    assert!(desk.push_woken("touch b").is_empty(), "a second one connects meanwhile");
    // Neither does one that lost its connection.
    assert!(!desk.queue.begin_work(2).0);
    desk.queue.online(first);
    let (calls, wakeup) = desk.queue.take(first, true);
    assert_eq!(calls.len(), 1);
    // The other kind gets a lane of its own.
    assert!(matches!(wakeup.0[..], [lane] if lane != first));
}

#[test]
fn closing_wakes_idle_lanes_and_keeps_none_awake() {
    let mut desk = Desk::new(2);
    desk.push(&["get a"]);
    desk.take(0);
    assert!(!desk.queue.begin_work(1).0);
    assert!(!desk.queue.is_drained());
    assert_eq!(desk.queue.close().0[..], [1]);
    assert!(desk.queue.is_drained() && desk.queue.begin_work(1).0);
    // The other lane waits for its answer.
    let (has_work, wakeup) = desk.queue.begin_work(0);
    assert!(!has_work && wakeup.0.is_empty());
}

#[test]
fn giving_up_the_last_calls_wakes_a_lane_that_waits_for_the_end() {
    let mut desk = Desk::new(2);
    assert!(!desk.queue.begin_work(1).0);
    desk.push(&["get a"]);
    assert!(desk.queue.close().0.is_empty());
    let (calls, wakeup) = desk.queue.drain();
    assert_eq!((calls.len(), &wakeup.0[..]), (1, &[1][..]));
}
