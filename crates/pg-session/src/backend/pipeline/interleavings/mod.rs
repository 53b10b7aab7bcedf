//! Random interleavings of calls, answers, failures and time, through the real lanes, over in-memory connections: no call is
//! left behind, each gets its own answer, and calls on one key keep their order.

mod server;

use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::iter;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use smallvec::smallvec;
use tokio::io::duplex;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use super::call::Answer;
use super::dialer::{Dial, Dialer};
use super::queue::Wakeup;
use super::watch::Watch;
use super::{Lanes, Settings};
use crate::backend::command::{Absence, BatchSql, Command, DuplicateKeys, Params, Reply, Statement, Value};
use crate::backend::connect::Stream;
use crate::backend::options::BackendOptions;
use crate::error::{Error, ErrorKind, Result};
use server::{Request, Server};

const TIMEOUT: Duration = Duration::from_secs(5);

/// Less than a large batch: its request arrives only while the server reads.
const NETWORK: usize = 2_000;

#[derive(Clone, Debug)]
enum Event {
    /// A call of this kind on this id.
    Call(usize, usize),
    /// This many calls of this kind, each on an id of its own.
    Calls(usize, usize),
    /// The caller of this call no longer waits.
    Abandon(usize),
    /// The tasks run, this many times.
    Run(usize),
    /// The tasks run until each of them waits.
    Rest,
    /// This many milliseconds pass.
    Wait(u64),
    /// The oldest attempt to connect succeeds.
    Accept,
    /// It fails, permanently or not.
    Decline(bool),
    /// The server answers the oldest request on this connection.
    Answer(usize),
    /// The server refuses it.
    Refuse(usize),
    /// The server refuses it because of a lock.
    Lock(usize),
    /// This connection is lost.
    Lose(usize),
    /// The lanes move to other tasks, as if to another runtime.
    Move,
}

fn event() -> impl Strategy<Value = Event> {
    let (kind, connection) = (0..5_usize, 0..3_usize);
    prop_oneof![
        12 => (kind.clone(), 0..6_usize).prop_map(|(kind, id)| Event::Call(kind, id)),
        1 => (kind, 1..300_usize).prop_map(|(kind, count)| Event::Calls(kind, count)),
        2 => (0..60_usize).prop_map(Event::Abandon),
        10 => (1..4_usize).prop_map(Event::Run),
        4 => Just(Event::Rest),
        2 => prop_oneof![Just(1), Just(30), Just(60), Just(300), Just(3_000), Just(6_000)].prop_map(Event::Wait),
        6 => Just(Event::Accept),
        1 => any::<bool>().prop_map(Event::Decline),
        10 => connection.clone().prop_map(Event::Answer),
        2 => connection.clone().prop_map(Event::Refuse),
        2 => connection.clone().prop_map(Event::Lock),
        1 => connection.prop_map(Event::Lose),
        1 => Just(Event::Move),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_call_is_left_behind_or_overtaken(
        lanes in 1..4_usize,
        prepare in any::<bool>(),
        events in vec(event(), 1..120),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut world = World::new(lanes, prepare);
            for event in events {
                world.happen(event).await;
            }
            world.settle().await;
        });
    }
}

/// The store's side, the servers, and the callers.
struct World {
    lanes: Lanes,
    /// Whether requests must be sent one at a time.
    is_pooled: bool,
    attempts: Arc<Mutex<VecDeque<oneshot::Sender<Result<Stream>>>>>,
    connections: Vec<Server>,
    statements: [Arc<Statement>; 5],
    calls: Vec<Caller>,
    /// The unanswered calls of each id, in the order in which they came.
    order: HashMap<String, VecDeque<usize>>,
}

struct Caller {
    statement: &'static str,
    id: String,
    /// What the server answers.
    value: String,
    answer: Option<Answer>,
    /// It was abandoned, or has failed: it may have been sent before.
    may_still_arrive: bool,
}

impl Caller {
    /// Returns whether the caller has stopped waiting. Checks that the answer is its own.
    fn is_finished(&mut self) -> bool {
        let Some(answer) = &mut self.answer else { return true };
        let Poll::Ready(outcome) = Pin::new(answer).poll(&mut Context::from_waker(Waker::noop())) else { return false };
        match outcome {
            Ok(Reply { rows }) => {
                let expected: &[Value] = &[Value::Text(self.value.clone())];
                assert_eq!(rows.iter().map(|row| &row[..]).collect::<Vec<_>>(), [expected]);
            }
            Err(error) => {
                assert!(!error.to_string().contains("runtime"), "the call was dropped");
                self.may_still_arrive = true;
            }
        }
        self.answer = None;
        true
    }
}

impl World {
    fn new(lanes: usize, prepare: bool) -> Self {
        let attempts = Arc::new(Mutex::new(VecDeque::new()));
        let dialed = Arc::clone(&attempts);
        let dial: Box<Dial> = Box::new(move |_| {
            let (accept, accepted) = oneshot::channel();
            dialed.lock().unwrap().push_back(accept);
            Box::pin(async {
                match accepted.await {
                    Ok(outcome) => outcome,
                    Err(_) => pending().await,
                }
            })
        });
        let options = BackendOptions { connections: lanes, timeout: TIMEOUT, prepare, ..BackendOptions::default() };
        Self {
            lanes: Lanes::dialing(
                Dialer::new(dial, Settings::new(TIMEOUT, None), false, &options),
                &options,
                Watch::new(false),
            ),
            is_pooled: !prepare,
            attempts,
            connections: Vec::new(),
            statements: statements(),
            calls: Vec::new(),
            order: HashMap::new(),
        }
    }

    async fn happen(&mut self, event: Event) {
        match event {
            Event::Call(kind, id) => self.call(kind, id.to_string()),
            Event::Calls(kind, count) => (0..count).for_each(|_| self.call(kind, format!("own {}", self.calls.len()))),
            Event::Abandon(call) => self.abandon(call),
            Event::Run(times) => self.run(times).await,
            Event::Rest => self.rest().await,
            Event::Wait(milliseconds) => sleep(Duration::from_millis(milliseconds)).await,
            Event::Accept => self.accept(),
            Event::Decline(is_permanent) => self.decline(is_permanent),
            Event::Answer(connection) => self.respond(connection, Server::answer).await,
            Event::Lock(connection) => self.respond(connection, Server::lock).await,
            Event::Refuse(connection) => self.respond(connection, Server::refuse).await,
            Event::Move => self.lanes.watch.move_all(),
            Event::Lose(connection) => {
                if connection < self.connections.len() {
                    self.connections.remove(connection);
                }
            }
        }
        self.connections.iter_mut().for_each(Server::flush);
    }

    fn call(&mut self, kind: usize, id: String) {
        let statement = Arc::clone(&self.statements[kind]);
        let (name, number) = (statement.name, self.calls.len());
        // The second parameter says which call it is. Gets and touches on one id have equal parameters, and may coalesce.
        let is_equal = matches!(name, "get" | "touch");
        let value = if is_equal { id.clone() } else { number.to_string() };
        let mut params: Params = smallvec![id.as_str().into()];
        params.extend((!is_equal).then(|| Value::from(value.as_str())));
        let (answer, missing) =
            self.lanes.shared.submit(Command { statement, params }, Instant::now() + TIMEOUT).unwrap();
        missing.into_iter().for_each(|missing| self.lanes.spawn(missing));
        self.order.entry(id.clone()).or_default().push_back(number);
        self.calls.push(Caller { statement: name, id, value, answer: Some(answer), may_still_arrive: false });
    }

    fn abandon(&mut self, call: usize) {
        if let Some(caller) = self.calls.get_mut(call).filter(|caller| caller.answer.is_some()) {
            caller.answer = None;
            caller.may_still_arrive = true;
        }
    }

    async fn run(&self, times: usize) {
        for _ in 0..times {
            yield_now().await;
        }
    }

    async fn rest(&self) {
        self.run(20).await;
        self.lanes.shared.with_queue(|queue| (queue.assert_at_rest(), Wakeup::default()));
    }

    fn accept(&mut self) {
        if let Some(attempt) = self.attempts.lock().unwrap().pop_front() {
            let (ours, theirs) = duplex(NETWORK);
            if attempt.send(Ok(Box::new(ours))).is_ok() {
                self.connections.push(Server::new(theirs));
            }
        }
    }

    fn decline(&self, is_permanent: bool) {
        if let Some(attempt) = self.attempts.lock().unwrap().pop_front() {
            let kind = if is_permanent { ErrorKind::Configuration } else { ErrorKind::Unavailable };
            let _ = attempt.send(Err(Error::new(kind, "declined")));
        }
    }

    async fn respond(&mut self, connection: usize, respond: fn(&mut Server) -> Option<Request>) {
        self.exchange().await;
        if let Some(server) = self.connections.get_mut(connection) {
            respond(server);
        }
    }

    /// Lets the connections and the lanes run until nothing more comes.
    async fn exchange(&mut self) {
        for _ in 0..20 {
            let mut arrived = Vec::new();
            self.connections.retain_mut(|server| {
                server.flush();
                let before = server.unanswered.len();
                let is_open = server.receive();
                if is_open {
                    arrived.push(before..server.unanswered.len());
                }
                is_open
            });
            assert!(!self.is_pooled || self.connections.iter().all(|server| server.unanswered.len() <= 1));
            for (connection, requests) in arrived.into_iter().enumerate() {
                requests.for_each(|request| self.check_order(connection, request));
            }
            yield_now().await;
        }
    }

    /// Each call in a request is the first unanswered one on its id, which is in flight on no other connection.
    fn check_order(&mut self, connection: usize, request: usize) {
        let arrived = &self.connections[connection].unanswered[request];
        for (key, second) in &arrived.commands {
            let value = second.as_ref().unwrap_or(key);
            let others = self.connections.iter().enumerate().filter(|(other, _)| *other != connection);
            let mut in_flight = others.flat_map(|(_, other)| &other.unanswered).flat_map(|other| &other.commands);
            assert!(!in_flight.any(|(id, _)| id == key), "calls on {key} are in flight on two connections");
            let order = self.order.get_mut(key).unwrap();
            while order.pop_front_if(|call| self.calls[*call].is_finished()).is_some() {}
            let is_it = |call: &Caller| arrived.sql.starts_with(call.statement) && *value == call.value;
            let is_next = order.front().is_some_and(|next| is_it(&self.calls[*next]));
            let is_late = self.calls.iter().any(|call| call.may_still_arrive && is_it(call));
            assert!(is_next || is_late, "{} {value} has overtaken a call on {key}", arrived.sql);
        }
    }

    /// From now on nothing fails. All calls are answered, and the lanes end.
    async fn settle(mut self) {
        for _ in 0..1_000 {
            self.answer_all().await;
            if self.calls.iter_mut().all(Caller::is_finished) {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        let left: Vec<_> = self.calls.iter_mut().filter_map(|call| (!call.is_finished()).then_some(&call.id)).collect();
        assert!(left.is_empty(), "nobody answers the calls on {left:?}");
        // Abandoned calls may still be in flight, several of them one after the other, or wait for the next attempt to connect.
        for _ in 0..1_000 {
            if self.answer_all().await == 0 && !self.lanes.shared.is_busy() {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        self.lanes.shared.with_queue(|queue| (queue.assert_empty(), Wakeup::default()));
        let decline_all = async {
            loop {
                self.decline(true);
                sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            () = self.lanes.close() => {}
            () = decline_all => {}
            () = sleep(TIMEOUT) => panic!("the lanes do not end"),
        }
    }

    /// Returns how many requests were answered.
    async fn answer_all(&mut self) -> usize {
        while !self.attempts.lock().unwrap().is_empty() {
            self.accept();
        }
        self.exchange().await;
        let answered = self.connections.iter_mut().map(|server| iter::from_fn(|| server.answer()).count()).sum();
        self.exchange().await;
        self.rest().await;
        answered
    }
}

/// Statements that differ in what the queue and the policy look at.
fn statements() -> [Arc<Statement>; 5] {
    let kinds = [
        ("get", "get many", Some(DuplicateKeys::Coalesce)),
        ("touch", "touch many", Some(DuplicateKeys::Coalesce)),
        ("set", "set many", Some(DuplicateKeys::Coalesce)),
        ("create", "create many", Some(DuplicateKeys::Serialize)),
        ("sweep", "", None),
    ];
    kinds.map(|(name, many, duplicates)| {
        let many = duplicates.map(|duplicates| BatchSql { sql: many.into(), duplicates, absence: Absence::Harmless });
        let [no_wal_flush, reads_only] = [matches!(name, "get" | "touch"), name == "get"];
        Arc::new(Statement { name, sql: name.into(), native: None, many, no_wal_flush, reads_only, idempotent: true })
    })
}
