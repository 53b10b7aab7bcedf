//! Processor time, from Linux's `/proc`: what a call costs the servers, and what it costs everybody else who takes part.
//! A figure that is not reached is explained by it: two cores have two seconds a second.

use std::collections::HashMap;
use std::fs;
use std::process;
use std::time::Instant;

/// What the private servers' programs are called.
const SERVERS: [&str; 2] = ["postgres", "redis-server"];

/// The unit of times in `/proc/*/stat` is a hundredth of a second, on every Linux.
const TICK: f64 = 0.01;

/// Seconds of processor time since the start, at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Processor {
    at: Instant,
    servers: f64,
    others: f64,
}

/// Seconds of processor time in a second.
pub(crate) struct Used {
    pub(crate) servers: f64,
    pub(crate) others: f64,
}

impl Processor {
    /// Of this process, and of all that it has started. None where there is no `/proc`.
    pub(crate) fn look() -> Option<Self> {
        let stats = fs::read_dir("/proc").ok()?.flatten();
        // Who ends meanwhile is in the time of who waits for it.
        let stats = stats.filter_map(|entry| Stat::parse(&fs::read_to_string(entry.path().join("stat")).ok()?));
        let stats: HashMap<u32, Stat> = stats.map(|stat| (stat.pid, stat)).collect();
        let is_ours = |stat: &&Stat| descends(stat.pid, process::id(), &stats);
        let (servers, others): (Vec<&Stat>, Vec<_>) =
            stats.values().filter(is_ours).partition(|stat| SERVERS.contains(&stat.name.as_str()));
        let seconds = |stats: Vec<&Stat>| stats.iter().map(|stat| stat.ticks as f64 * TICK).sum();
        Some(Self { at: Instant::now(), servers: seconds(servers), others: seconds(others) })
    }

    pub(crate) fn since(self, before: Self) -> Used {
        let seconds = (self.at - before.at).as_secs_f64();
        Used { servers: (self.servers - before.servers) / seconds, others: (self.others - before.others) / seconds }
    }
}

struct Stat {
    pid: u32,
    parent: u32,
    name: String,
    /// Its own, and those of children that it has waited for.
    ticks: u64,
}

impl Stat {
    /// See `proc_pid_stat(5)`: `4711 (name) S 1 …`, where a name may hold anything.
    fn parse(line: &str) -> Option<Self> {
        let (pid, rest) = line.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        let fields: Vec<_> = rest.split(' ').collect();
        let times = fields.get(11..15)?.iter().map(|field| field.parse::<u64>().ok());
        Some(Self {
            pid: pid.parse().ok()?,
            parent: fields.get(1)?.parse().ok()?,
            name: name.to_owned(),
            ticks: times.sum::<Option<u64>>()?,
        })
    }
}

fn descends(pid: u32, from: u32, stats: &HashMap<u32, Stat>) -> bool {
    let mut parent = Some(pid);
    while let Some(pid) = parent.filter(|pid| *pid != from) {
        parent = stats.get(&pid).map(|stat| stat.parent);
    }
    parent.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_stat_is_read_whatever_the_name() {
        let line = "4711 (a) b (c) S 17 1 1 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 1 0 5 6 7\n";
        let stat = Stat::parse(line).unwrap();
        assert_eq!((stat.pid, stat.parent, stat.name.as_str(), stat.ticks), (4711, 17, "a) b (c", 127));
        assert!(Stat::parse("").is_none());
    }

    #[test]
    fn children_and_theirs_are_ours() {
        let stat = |pid, parent| (pid, Stat { pid, parent, name: String::new(), ticks: 0 });
        let stats = HashMap::from([stat(1, 0), stat(2, 1), stat(3, 2), stat(4, 1)]);
        assert_eq!([1, 2, 3, 4, 5].map(|pid| descends(pid, 2, &stats)), [false, true, true, false, false]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn work_is_counted() {
        let before = Processor::look().unwrap();
        let began = Instant::now();
        while began.elapsed().as_millis() < 300 {}
        let used = Processor::look().unwrap().since(before);
        assert!(used.others > 0.1 && used.servers == 0.0, "{} {}", used.others, used.servers);
    }
}
