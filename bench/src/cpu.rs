//! CPU time from Linux's `/proc`: what a call costs the servers, and what it costs their clients. It shows whether the
//! CPU limits a figure.

use std::collections::HashMap;
use std::fs;
use std::process;
use std::time::Instant;

/// The names of the private servers' programs.
const SERVERS: [&str; 2] = ["postgres", "redis-server"];

/// The unit of times in `/proc/*/stat`: a hundredth of a second on every Linux.
const TICK: f64 = 0.01;

/// CPU seconds used since the start, sampled at one moment.
#[derive(Clone, Copy)]
pub(crate) struct CpuTime {
    at: Instant,
    servers: f64,
    clients: f64,
}

/// CPU seconds per second.
pub(crate) struct CpuUsage {
    pub(crate) servers: f64,
    pub(crate) clients: f64,
}

impl CpuTime {
    /// Samples this process and all its descendants. Returns `None` where there is no `/proc`.
    pub(crate) fn sample() -> Option<Self> {
        let stats = fs::read_dir("/proc").ok()?.flatten();
        // The time of a process that exits is counted by the parent that waits for it.
        let stats = stats.filter_map(|entry| Stat::parse(&fs::read_to_string(entry.path().join("stat")).ok()?));
        let stats: HashMap<u32, Stat> = stats.map(|stat| (stat.pid, stat)).collect();
        let is_ours = |stat: &&Stat| descends(stat.pid, process::id(), &stats);
        let (servers, clients): (Vec<&Stat>, Vec<_>) =
            stats.values().filter(is_ours).partition(|stat| SERVERS.contains(&stat.name.as_str()));
        let seconds = |stats: Vec<&Stat>| stats.iter().map(|stat| stat.ticks as f64 * TICK).sum();
        Some(Self { at: Instant::now(), servers: seconds(servers), clients: seconds(clients) })
    }

    /// Returns the CPU seconds of this process and its descendants, without the servers.
    pub(crate) fn client_seconds_since(self, before: Self) -> f64 {
        self.clients - before.clients
    }

    pub(crate) fn since(self, before: Self) -> CpuUsage {
        let seconds = (self.at - before.at).as_secs_f64();
        CpuUsage {
            servers: (self.servers - before.servers) / seconds,
            clients: (self.clients - before.clients) / seconds,
        }
    }
}

struct Stat {
    pid: u32,
    parent: u32,
    name: String,
    /// The process's own time and that of the children it has waited for.
    ticks: u64,
}

impl Stat {
    /// Parses `4711 (name) S 1 …`, see `proc_pid_stat(5)`. The name may contain any character.
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
    fn a_stat_line_is_parsed_even_with_parentheses_in_the_name() {
        let line = "4711 (a) b (c) S 17 1 1 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 1 0 5 6 7\n";
        let stat = Stat::parse(line).unwrap();
        assert_eq!((stat.pid, stat.parent, stat.name.as_str(), stat.ticks), (4711, 17, "a) b (c", 127));
        assert!(Stat::parse("").is_none());
    }

    #[test]
    fn descendants_are_children_and_their_children() {
        let stat = |pid, parent| (pid, Stat { pid, parent, name: String::new(), ticks: 0 });
        let stats = HashMap::from([stat(1, 0), stat(2, 1), stat(3, 2), stat(4, 1)]);
        assert_eq!([1, 2, 3, 4, 5].map(|pid| descends(pid, 2, &stats)), [false, true, true, false, false]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn busy_time_is_counted() {
        let before = CpuTime::sample().unwrap();
        let began = Instant::now();
        while began.elapsed().as_millis() < 300 {}
        let usage = CpuTime::sample().unwrap().since(before);
        assert!(usage.clients > 0.1 && usage.servers == 0.0, "{} {}", usage.clients, usage.servers);
    }
}
