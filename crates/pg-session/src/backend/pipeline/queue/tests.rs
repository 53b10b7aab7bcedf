use std::time::Duration;

use smallvec::smallvec;

use super::*;
use crate::backend::pipeline::call::Answer;
use crate::backend::{Absence, BatchSql, Params};

const SECOND: Duration = Duration::from_secs(1);

/// A queue with callers, who wait for their answers, and lanes that are all online.
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
            queue.lanes[lane].is_served = true;
            queue.online(lane);
        }
        Self { queue, statements: statements(), answers: Vec::new(), hasher: Default::default() }
    }

    /// A call such as `get a`, or `touch a 5`.
    fn push_within(&mut self, text: &str, limit: Duration) {
        use std::hash::BuildHasher;
        let mut words = text.split(' ');
        let name = words.next().unwrap();
        let statement = Arc::clone(self.statements.iter().find(|statement| statement.name == name).unwrap());
        let params: Params = words.map(Into::into).collect();
        let command = Command { statement, params };
        let key = self.hasher.hash_one(command.key());
        let (call, answer) = Call::new(command, key, limit);
        self.answers.push(answer);
        told(self.queue.push(call));
    }

    fn push(&mut self, texts: &[&str]) {
        texts.iter().for_each(|text| self.push_within(text, 9 * SECOND));
    }

    fn push_many(&mut self, name: &str, count: usize) {
        (0..count).for_each(|_| self.push(&[&format!("{name} {}", self.answers.len())]));
    }

    fn take(&mut self, lane: usize) -> Vec<Call> {
        let (calls, next) = self.queue.take(lane);
        told(next);
        calls
    }

    /// What a lane takes, such as `get a b`.
    fn takes(&mut self, lane: usize) -> String {
        written(&self.take(lane))
    }

    /// The lane's answers to all that it has taken come.
    fn land(&mut self, lane: usize) {
        while let Some(flight) = self.queue.lanes[lane].flights.front() {
            let key = flight.keys[0];
            told(self.queue.land(lane, key, Vec::new()));
        }
    }

    /// The sizes of the batches that the lanes take in turns, until none takes any more.
    fn sizes(&mut self) -> Vec<Vec<usize>> {
        let mut sizes = vec![Vec::new(); self.queue.lanes.len()];
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

    fn is_empty(&self) -> bool {
        self.queue.waiting() == 0 && self.queue.keys.is_empty() && self.queue.kinds.iter().all(|kind| kind.flying == 0)
    }
}

/// One of each sort.
pub(super) fn statements() -> Vec<Arc<Statement>> {
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
            many,
            no_wal_flush: matches!(name, "get" | "touch"),
            reads_only: name == "get",
            idempotent: true,
        })
    };
    kinds.map(statement).into()
}

fn told(_: Next) {}

fn written(calls: &[Call]) -> String {
    let Some(first) = calls.first() else { return String::new() };
    let rest =
        |call: &Call| call.command().params.iter().filter_map(|param| param.text()).collect::<Vec<_>>().join(" ");
    format!("{} {}", first.command().statement.name, calls.iter().map(rest).collect::<Vec<_>>().join(", "))
}

#[test]
fn each_kind_has_a_lane_of_its_own() {
    let mut desk = Desk::new(3);
    desk.push(&["get a"]);
    assert_eq!(desk.takes(0), "get a");
    desk.push(&["set b", "get c", "touch d", "set e"]);
    assert_eq!([1, 2].map(|lane| desk.takes(lane)), ["set b, e", "touch d"]);
    // There are two lanes for gets only where they are alone.
    assert_eq!(desk.takes(0), "");
    desk.land(1);
    assert_eq!(desk.takes(1), "");
    desk.land(2);
    assert_eq!(desk.takes(1), "get c");
    (0..3).for_each(|lane| desk.land(lane));
    assert!(desk.is_empty());
}

#[test]
fn the_last_free_lane_is_for_what_waits_for_no_disk() {
    let mut desk = Desk::new(2);
    desk.push(&["set a", "create b", "touch c", "get d"]);
    assert_eq!([0, 1].map(|lane| desk.takes(lane)), ["set a", "touch c"]);
    for expected in ["get d", "create b"] {
        desk.land(1);
        assert_eq!(desk.takes(1), expected);
    }
    let mut desk = Desk::new(1);
    desk.push(&["set a", "get b"]);
    assert_eq!(desk.takes(0), "set a");
}

#[test]
fn of_quick_ones_without_end_none_is_preferred_to_what_came_before() {
    let mut desk = Desk::new(2);
    desk.push(&["get a", "touch b"]);
    assert_eq!([0, 1].map(|lane| desk.takes(lane)), ["get a", "touch b"]);
    desk.push(&["set c", "get d", "touch e"]);
    desk.land(0);
    assert_eq!(desk.takes(0), "set c");
}

#[test]
fn calls_on_one_key_go_one_after_the_other() {
    let mut desk = Desk::new(3);
    desk.push(&["set a", "get a", "get a", "create a", "create a", "get b"]);
    assert_eq!([0, 1, 2].map(|lane| desk.takes(lane)), ["set a", "get b", ""]);
    desk.land(1);
    assert_eq!(desk.takes(1), "");
    for expected in ["get a, a", "create a", "create a", ""] {
        desk.land(0);
        assert_eq!(desk.takes(0), expected);
    }
    assert!(desk.is_empty());
}

#[test]
fn of_what_waits_behind_a_call_as_much_goes_as_can_go_together() {
    let mut desk = Desk::new(1);
    desk.push(&["set a 0", "set a 1", "set a 1", "set a 2", "touch a 5", "touch a 5", "touch a 7", "set a 3"]);
    for expected in ["set a 0", "set a 1, a 1", "set a 2", "touch a 5, a 5", "touch a 7", "set a 3"] {
        assert_eq!(desk.takes(0), expected);
        desk.land(0);
    }
    assert!(desk.is_empty());
}

#[test]
fn a_run_on_one_key_is_not_cut() {
    let mut desk = Desk::new(2);
    desk.push(&["set a"]);
    (0..150).for_each(|_| desk.push(&["set a 1"]));
    assert_eq!(desk.takes(0), "set a");
    desk.push_many("set", 90);
    desk.land(0);
    // A fourth of all would be 60.
    assert_eq!([0, 1].map(|lane| desk.take(lane).len()), [60, 180]);
}

#[test]
fn many_reads_go_in_four_parts_and_few_in_two() {
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
fn few_writes_go_together() {
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
fn one_lane_takes_two_halves() {
    for (count, expected) in [(95, vec![95]), (96, vec![48, 48]), (97, vec![48, 49]), (9_000, vec![256, 256])] {
        let mut desk = Desk::new(1);
        desk.push_many("set", count);
        assert_eq!(desk.sizes(), [expected]);
    }
}

#[test]
fn no_kind_is_left_out_for_another() {
    let mut desk = Desk::new(1);
    desk.push_many("get", 200);
    assert_eq!(desk.take(0).len(), 100);
    desk.push(&["set a"]);
    assert_eq!(desk.take(0).len(), 0);
    desk.land(0);
    // The oldest first.
    assert_eq!([0, 0].map(|lane| desk.take(lane).len()), [50, 0]);
    desk.land(0);
    assert_eq!(desk.take(0).len(), 50);
    desk.push_many("get", 200);
    desk.land(0);
    assert_eq!(desk.takes(0), "set a");
}

#[test]
fn what_nobody_waits_for_is_not_sent_and_holds_up_nobody() {
    let mut desk = Desk::new(1);
    desk.push(&["set a 1"]);
    desk.answers.clear();
    desk.push(&["set b 1", "set a 2"]);
    assert_eq!(desk.takes(0), "set b 1");
    desk.land(0);
    assert_eq!(desk.takes(0), "set a 2");
    desk.land(0);
    assert!(desk.is_empty());
}

#[test]
fn what_goes_again_goes_first_and_keeps_its_key() {
    let mut desk = Desk::new(2);
    desk.push(&["set a 1", "set b 1"]);
    let mut calls = desk.take(0);
    desk.push(&["set a 2", "set c"]);
    calls.iter_mut().for_each(|call| call.is_alone = true);
    let key = calls[0].key;
    told(desk.queue.land(0, key, calls));
    assert_eq!(desk.takes(0), "set a 1, b 1");
    assert_eq!(desk.queue.lanes[0].flights.len(), 2);
    desk.land(0);
    assert_eq!(desk.takes(0), "set c, a 2");
    desk.land(0);
    assert!(desk.is_empty());
}

#[test]
fn what_was_lost_goes_by_another_lane() {
    let mut desk = Desk::new(2);
    desk.push(&["set a 1", "set b 1"]);
    let mut calls = desk.take(0);
    desk.push(&["set a 2", "set b 2"]);
    // One is told that its outcome is unknown.
    calls.remove(1);
    told(desk.queue.offline(0, calls));
    assert_eq!(desk.takes(1), "set a 1, b 2");
    desk.land(1);
    assert_eq!(desk.takes(1), "set a 2");
    desk.land(1);
    assert!(desk.is_empty());
}

#[test]
fn those_whose_time_is_up_are_found_wherever_they_wait() {
    let mut desk = Desk::new(1);
    desk.push_within("set a 1", 9 * SECOND);
    assert_eq!(desk.takes(0), "set a 1");
    desk.push_within("set a 2", SECOND);
    desk.push_within("set b 1", 9 * SECOND);
    desk.push_within("set c 1", SECOND);
    desk.push_within("set c 2", 9 * SECOND);
    let now = Instant::now();
    assert!(desk.queue.next_deadline().is_some_and(|deadline| deadline < now + 2 * SECOND));
    let (due, next) = desk.queue.due(now + 2 * SECOND);
    told(next);
    assert_eq!((written(&due), desk.queue.waiting()), ("set a 2, c 1".into(), 2));
    assert!(desk.queue.next_deadline().is_some_and(|deadline| deadline > now + 5 * SECOND));
    desk.land(0);
    assert_eq!(desk.takes(0), "set b 1, c 2");
    desk.land(0);
    assert!(desk.is_empty());
}

#[test]
fn nobody_waits_for_what_takes_long_but_on_its_key() {
    let mut desk = Desk::new(2);
    desk.push(&["set a 1"]);
    assert_eq!(desk.takes(0), "set a 1");
    desk.push(&["set a 2", "set b 1"]);
    assert_eq!(desk.takes(1), "");
    told(desk.queue.slow(0));
    assert_eq!(desk.takes(1), "set b 1");
    (0..2).for_each(|lane| desk.land(lane));
    assert_eq!(desk.takes(0), "set a 2");
    desk.land(0);
    assert!(desk.is_empty());
}

#[test]
fn a_lane_that_is_slow_keeps_no_write_from_the_other() {
    let mut desk = Desk::new(2);
    desk.push(&["set a"]);
    assert_eq!(desk.takes(0), "set a");
    told(desk.queue.slow(0));
    desk.push(&["set b", "get c"]);
    assert_eq!(desk.takes(1), "set b");
    // Nor does it take more behind what is slow.
    desk.push_many("set", 100);
    desk.land(1);
    assert_eq!(desk.takes(1), "get c");
    assert_eq!(desk.take(0).len(), 0);
    desk.land(1);
    assert_eq!([0, 1].map(|lane| desk.take(lane).len()), [0, 50]);
    assert_eq!(desk.take(0).len(), 0);
}

#[test]
fn what_waited_behind_others_goes_behind_others() {
    let mut desk = Desk::new(1);
    desk.push(&["set a 1", "set a 2"]);
    assert_eq!(desk.takes(0), "set a 1");
    desk.push(&["set b 1", "set a 2"]);
    desk.land(0);
    assert_eq!(desk.takes(0), "set b 1, a 2, a 2");
}

#[test]
fn an_outage_is_from_the_first_failure_until_somebody_is_online() {
    let mut queue = Queue::new(2);
    assert!(queue.outage().is_some_and(|outage| outage < SECOND));
    let before = queue.lost_since;
    assert!(queue.outage().is_some() && queue.lost_since == before);
    queue.online(1);
    assert!(queue.outage().is_none() && queue.lost_since.is_none());
}

#[test]
fn who_has_no_task_any_more_leaves_the_rest_to_others() {
    let mut desk = Desk::new(2);
    desk.push(&["set a 1", "set a 2", "set b"]);
    assert_eq!(desk.takes(0), "set a 1, b");
    assert!(desk.queue.unserved(0).0.is_empty());
    assert_eq!(desk.takes(1), "set a 2");
    desk.push(&["set a 3", "set c"]);
    assert_eq!(written(&desk.queue.unserved(1).0), "set c, a 3");
    assert!(desk.is_empty());
}

#[test]
fn one_lane_is_called_at_a_time_and_those_that_look_by_themselves_are_not() {
    let waker = Waker::noop();
    let mut desk = Desk::new(3);
    let push = |desk: &mut Desk, text: &str| {
        let command = Command { statement: Arc::clone(&desk.statements[0]), params: smallvec![text.into()] };
        let (call, answer) = Call::new(command, desk.answers.len() as u64, SECOND);
        desk.answers.push(answer);
        desk.queue.push(call)
    };
    // All are on their way to look.
    assert!(matches!(push(&mut desk, "a"), Next::Nobody));
    assert!(desk.queue.is_wanted(0, waker).is_ok());
    assert_eq!(desk.takes(0), "get a");
    assert!(desk.queue.is_wanted(0, waker).is_err());
    assert!([1, 2].iter().all(|lane| desk.queue.is_wanted(*lane, waker).is_err()));
    // One of the free, and once.
    assert!(matches!(push(&mut desk, "b"), Next::Wake(_)));
    assert!(matches!(push(&mut desk, "c"), Next::Nobody));
    assert!(desk.queue.is_wanted(1, waker).is_ok());
    assert_eq!(desk.takes(1), "get b, c");
}

#[test]
fn lanes_are_opened_one_by_one() {
    let waker = Waker::noop();
    let mut desk = Desk::new(3);
    desk.queue = Queue::new(3);
    let push = |desk: &mut Desk, kind: usize| {
        let key = desk.answers.len();
        let statement = Arc::clone(&desk.statements[kind]);
        let (call, answer) = Call::new(Command { statement, params: smallvec![] }, key as u64, SECOND);
        desk.answers.push(answer);
        desk.queue.push(call)
    };
    assert!(matches!(push(&mut desk, 0), Next::Start(0)));
    assert!(desk.queue.is_wanted(0, waker).is_ok());
    desk.queue.arrived(0);
    assert!(matches!(push(&mut desk, 1), Next::Nobody));
    // Nor does one that lost its connection try for another meanwhile.
    desk.queue.lanes[2].is_served = true;
    assert!(matches!(desk.queue.is_wanted(2, waker), Err(Next::Nobody)));
    desk.queue.unserved(2).0.clear();
    desk.queue.online(0);
    // It takes the one kind, and another lane is opened for the other.
    let (calls, next) = desk.queue.take(0);
    assert!(calls.len() == 1 && matches!(next, Next::Start(1)));
}

#[test]
fn who_waits_is_woken_for_the_close() {
    let mut desk = Desk::new(2);
    desk.push(&["get a"]);
    desk.take(0);
    assert!(desk.queue.is_wanted(1, Waker::noop()).is_err());
    assert!(!desk.queue.is_over());
    let Next::All(wakers) = desk.queue.close() else { panic!("nobody is told") };
    assert_eq!(wakers.len(), 1);
    assert!(desk.queue.is_over() && desk.queue.is_wanted(1, Waker::noop()).is_ok());
    // What is under way is waited for, and its lane does not keep itself awake.
    let Err(Next::All(wakers)) = desk.queue.is_wanted(0, Waker::noop()) else { panic!("it does not wait") };
    assert!(wakers.is_empty());
}

#[test]
fn who_waits_is_woken_when_the_rest_is_given_up() {
    let mut desk = Desk::new(2);
    assert!(desk.queue.is_wanted(1, Waker::noop()).is_err());
    desk.push(&["get a"]);
    assert!(matches!(desk.queue.close(), Next::Nobody));
    let (calls, next) = desk.queue.everything();
    assert!(calls.len() == 1 && matches!(next, Next::All(wakers) if wakers.len() == 1));
}
