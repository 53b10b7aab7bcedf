//! Whatever happens, in whatever order: nothing is left behind, and calls on one key keep their order.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::iter;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake};

use proptest::collection::vec;
use proptest::prelude::*;
use smallvec::smallvec;

use super::tests::statements;
use super::*;
use crate::backend::Reply;
use crate::backend::pipeline::call::Answer;

#[derive(Clone, Debug)]
enum Event {
    /// A call of this kind, on this id.
    Push(usize, usize),
    /// Calls of this kind, so many, each on an id of its own.
    Many(usize, usize),
    /// The caller of this call waits no more.
    Leave(usize),
    /// The time of this call is up, and of those before it.
    Due(usize),
    /// A lane's task runs, if it is woken.
    Run(usize),
    Connect(usize),
    /// There is no server; if so told, nobody is to wait any longer.
    Fail(usize, bool),
    /// PostgreSQL answers a lane's oldest batch.
    Land(usize),
    /// It refuses it.
    Refuse(usize),
    /// What a lane sends next stays in its buffer until there is an answer to something.
    Clog(usize),
    /// What a lane has sent takes long.
    Slow(usize),
    /// A connection is lost.
    Lose(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let (kind, lane) = (0..5_usize, 0..3_usize);
    prop_oneof![
        12 => (kind.clone(), 0..6_usize).prop_map(|(kind, id)| Event::Push(kind, id)),
        1 => (kind, 1..300_usize).prop_map(|(kind, count)| Event::Many(kind, count)),
        2 => (0..60_usize).prop_map(Event::Leave),
        1 => (0..60_usize).prop_map(Event::Due),
        10 => lane.clone().prop_map(Event::Run),
        5 => lane.clone().prop_map(Event::Connect),
        1 => (lane.clone(), any::<bool>()).prop_map(|(lane, gives_up)| Event::Fail(lane, gives_up)),
        8 => lane.clone().prop_map(Event::Land),
        2 => lane.clone().prop_map(Event::Refuse),
        1 => lane.clone().prop_map(Event::Clog),
        1 => lane.clone().prop_map(Event::Slow),
        1 => lane.prop_map(Event::Lose),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_is_left_behind(lanes in 1..4_usize, events in vec(event(), 1..120)) {
        let mut world = World::new(lanes);
        events.into_iter().for_each(|event| world.happens(event));
        world.settles();
        assert_eq!(world.queue.waiting(), 0);
        assert!(world.queue.keys.is_empty());
        assert!(world.queue.kinds.iter().all(|kind| kind.flying == 0));
        assert!(world.answers.iter_mut().flatten().all(is_answered));
        let next = world.queue.close();
        world.tell(next);
        world.settles();
        assert!(world.lanes.iter().all(|lane| lane.stage == Stage::Absent));
    }
}

/// A queue, its callers, and its lanes as the speaker goes about them.
struct World {
    queue: Queue,
    statements: Vec<Arc<Statement>>,
    hasher: RandomState,
    /// None of those who left.
    answers: Vec<Option<Answer>>,
    /// Of each call the key, and the deadline that it is known by: the later it came, the later that is.
    calls: Vec<(u64, Instant)>,
    /// Who is to be sent yet, by key.
    unsent: HashMap<u64, BTreeSet<Instant>>,
    lanes: Vec<LaneTask>,
}

#[derive(Default)]
struct LaneTask {
    stage: Stage,
    is_woken: Arc<Woken>,
    sent: VecDeque<Vec<Call>>,
    /// Whether it will be clogged by what it sends, and whether it is.
    clogs: bool,
    is_clogged: bool,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Stage {
    #[default]
    Absent,
    Offline,
    Connecting,
    Online,
}

impl LaneTask {
    fn is_woken(&self) -> bool {
        self.is_woken.0.load(Ordering::Relaxed)
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl World {
    fn new(lanes: usize) -> Self {
        Self {
            queue: Queue::new(lanes),
            statements: statements(),
            hasher: RandomState::new(),
            answers: Vec::new(),
            calls: Vec::new(),
            unsent: HashMap::new(),
            lanes: iter::repeat_with(LaneTask::default).take(lanes).collect(),
        }
    }

    fn happens(&mut self, event: Event) {
        let count = self.lanes.len();
        match event {
            Event::Push(kind, id) => self.push(kind, &id.to_string()),
            Event::Many(kind, count) => (0..count).for_each(|_| self.push(kind, &format!("own {}", self.calls.len()))),
            Event::Leave(call) => self.leave(call),
            Event::Due(call) => self.due(call),
            Event::Run(lane) => self.run(lane % count),
            Event::Connect(lane) => self.connect(lane % count),
            Event::Fail(lane, gives_up) => self.fail(lane % count, gives_up),
            Event::Land(lane) => self.land(lane % count),
            Event::Refuse(lane) => self.refuse(lane % count),
            Event::Clog(lane) => self.lanes[lane % count].clogs = true,
            Event::Slow(lane) => self.slow(lane % count),
            Event::Lose(lane) => self.lose(lane % count),
        }
    }

    /// From here on nothing goes wrong, and nothing is new.
    fn settles(&mut self) {
        for _ in 0..1_000 {
            self.rests();
            if self.lanes.iter().all(|lane| lane.sent.is_empty()) {
                return;
            }
            (0..self.lanes.len()).for_each(|lane| self.land(lane));
        }
        panic!("there is always something under way");
    }

    /// All lanes do what they can do now. Whoever should have been told was told.
    fn rests(&mut self) {
        let is_at_rest = |lane: &LaneTask| !lane.is_woken() && lane.stage != Stage::Connecting;
        while !self.lanes.iter().all(is_at_rest) {
            for lane in 0..self.lanes.len() {
                self.run(lane);
                self.connect(lane);
            }
        }
        assert!(match self.queue.next() {
            Next::Nobody => true,
            Next::All(wakers) => wakers.is_empty(),
            Next::Wake(_) | Next::Start(_) => false,
        });
        let mut idle =
            self.lanes.iter().enumerate().filter(|(_, lane)| lane.stage == Stage::Online && !lane.is_clogged);
        assert!(idle.all(|(lane, _)| !self.queue.has_work(lane)));
    }

    fn push(&mut self, kind: usize, id: &str) {
        let statement = Arc::clone(&self.statements[kind]);
        let command = Command { statement, params: smallvec![id.into()] };
        let key = self.hasher.hash_one(command.key());
        let (call, answer) = Call::new(command, key, Duration::from_secs(1 + self.calls.len() as u64));
        self.answers.push(Some(answer));
        self.calls.push((key, call.deadline()));
        self.unsent.entry(key).or_default().insert(call.deadline());
        let next = self.queue.push(call);
        self.tell(next);
    }

    fn leave(&mut self, call: usize) {
        if let Some((key, deadline)) = self.calls.get(call) {
            self.answers[call] = None;
            self.unsent.entry(*key).or_default().remove(deadline);
        }
    }

    fn due(&mut self, call: usize) {
        if let Some((_, deadline)) = self.calls.get(call) {
            let (calls, next) = self.queue.due(*deadline);
            self.tell(next);
            calls.into_iter().for_each(|call| self.answer(call));
        }
    }

    fn run(&mut self, lane: usize) {
        let mut polls = 0;
        while self.lanes[lane].is_woken.0.swap(false, Ordering::Relaxed) {
            polls += 1;
            assert!(polls < 1_000, "a lane is always busy, and does nothing");
            let waker = Waker::from(Arc::clone(&self.lanes[lane].is_woken));
            let stage = self.lanes[lane].stage;
            if stage == Stage::Online && self.lanes[lane].sent.is_empty() && self.queue.is_over() {
                self.disconnect(lane, Vec::new());
            } else if matches!(stage, Stage::Online | Stage::Offline) && !self.lanes[lane].is_clogged {
                match self.queue.is_wanted(lane, &waker) {
                    Err(next) => self.tell(next),
                    Ok(()) if stage == Stage::Online => {
                        self.send(lane);
                        waker.wake();
                    }
                    Ok(()) if self.queue.is_over() => self.end(lane),
                    Ok(()) => {
                        self.queue.arrived(lane);
                        self.lanes[lane].stage = Stage::Connecting;
                    }
                }
            }
        }
    }

    /// Each call is the first on its key of those unsent, and no other lane is at that key.
    fn send(&mut self, lane: usize) {
        let (calls, next) = self.queue.take(lane);
        for call in &calls {
            assert_eq!(self.unsent.get_mut(&call.key).and_then(BTreeSet::pop_first), Some(call.deadline()));
            let others = self.lanes.iter().enumerate().filter(|(other, _)| *other != lane);
            assert!(others.flat_map(|(_, other)| other.sent.iter().flatten()).all(|other| other.key != call.key));
        }
        let LaneTask { sent, clogs, is_clogged, .. } = &mut self.lanes[lane];
        *is_clogged = !calls.is_empty() && mem::take(clogs);
        match calls.first() {
            Some(first) if first.goes_alone() => sent.extend(calls.into_iter().map(|call| vec![call])),
            Some(_) => sent.push_back(calls),
            None => {}
        }
        self.tell(next);
    }

    fn connect(&mut self, lane: usize) {
        if self.lanes[lane].stage == Stage::Connecting {
            self.queue.online(lane);
            self.lanes[lane].stage = Stage::Online;
            self.wake(lane);
        }
    }

    fn fail(&mut self, lane: usize, gives_up: bool) {
        if self.lanes[lane].stage == Stage::Connecting {
            if self.queue.outage().is_some() && gives_up {
                let (calls, next) = self.queue.everything();
                self.tell(next);
                calls.into_iter().for_each(|call| self.answer(call));
            }
            self.lanes[lane].stage = Stage::Offline;
            self.wake(lane);
        }
    }

    fn land(&mut self, lane: usize) {
        if let Some(group) = self.lanes[lane].sent.pop_front() {
            let next = self.queue.land(lane, group[0].key, Vec::new());
            self.tell(next);
            group.into_iter().for_each(|call| self.answer(call));
            self.flows(lane);
        }
    }

    fn refuse(&mut self, lane: usize) {
        if self.lanes[lane].sent.front().is_none_or(|group| group.len() == 1) {
            return self.land(lane);
        }
        if let Some(mut group) = self.lanes[lane].sent.pop_front() {
            group.iter_mut().for_each(|call| call.is_alone = true);
            self.go_again(&group);
            let next = self.queue.land(lane, group[0].key, group);
            self.tell(next);
            self.flows(lane);
        }
    }

    fn slow(&mut self, lane: usize) {
        if !self.lanes[lane].sent.is_empty() {
            let next = self.queue.slow(lane);
            self.tell(next);
            self.wake(lane);
        }
    }

    fn lose(&mut self, lane: usize) {
        if self.lanes[lane].stage == Stage::Online {
            let again: Vec<_> = mem::take(&mut self.lanes[lane].sent).into_iter().flatten().collect();
            self.go_again(&again);
            self.disconnect(lane, again);
        }
    }

    fn go_again(&mut self, calls: &[Call]) {
        for call in calls.iter().filter(|call| call.is_wanted()) {
            self.unsent.entry(call.key).or_default().insert(call.deadline());
        }
    }

    fn disconnect(&mut self, lane: usize, again: Vec<Call>) {
        let next = self.queue.offline(lane, again);
        self.tell(next);
        self.lanes[lane].stage = Stage::Offline;
        self.flows(lane);
    }

    fn end(&mut self, lane: usize) {
        self.lanes[lane].stage = Stage::Absent;
        let (left, next) = self.queue.unserved(lane);
        assert!(left.is_empty());
        self.tell(next);
    }

    fn answer(&mut self, mut call: Call) {
        self.unsent.entry(call.key).or_default().remove(&call.deadline());
        call.answer(Ok(Reply::default()));
    }

    fn tell(&mut self, next: Next) {
        match next {
            Next::Nobody => {}
            Next::Wake(waker) => waker.wake(),
            Next::All(wakers) => wakers.into_iter().for_each(Waker::wake),
            Next::Start(lane) => {
                assert_eq!(self.lanes[lane].stage, Stage::Absent);
                self.lanes[lane].stage = Stage::Offline;
                self.wake(lane);
            }
        }
    }

    fn flows(&mut self, lane: usize) {
        self.lanes[lane].is_clogged = false;
        self.wake(lane);
    }

    fn wake(&self, lane: usize) {
        Arc::clone(&self.lanes[lane].is_woken).wake();
    }
}

fn is_answered(answer: &mut Answer) -> bool {
    Pin::new(answer).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}
