use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// Which files import which, and which names they use. Files are paths relative to the workspace.
#[derive(Debug, Default)]
pub(super) struct Graph {
    imports: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl Graph {
    pub(super) fn add_file(&mut self, file: &str) {
        self.imports.entry(file.to_owned()).or_default();
    }

    /// Records that `from` uses `name`, which it imports from `to`. Imports within one file are ignored.
    pub(super) fn add_import(&mut self, from: &str, to: &str, name: &str) {
        if from != to {
            let imports = self.imports.entry(from.to_owned()).or_default();
            imports.entry(to.to_owned()).or_default().insert(name.to_owned());
        }
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.imports.keys().map(String::as_str)
    }

    /// Describes cycles such that every file that is part of any cycle is in at least one of them.
    pub(super) fn cycles(&self) -> Vec<String> {
        let (mut cycles, mut reported) = (Vec::new(), BTreeSet::new());
        for file in self.files() {
            if reported.contains(file) {
                continue;
            }
            if let Some(cycle) = self.shortest_cycle(file) {
                cycles.push(self.describe(&cycle));
                reported.extend(cycle);
            }
        }
        cycles
    }

    /// Finds the shortest cycle through a file. The first and the last element are that file.
    fn shortest_cycle<'g>(&'g self, start: &'g str) -> Option<Vec<&'g str>> {
        let mut came_from = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(file) = queue.pop_front() {
            for next in self.imports.get(file)?.keys().map(String::as_str) {
                if next == start {
                    let mut cycle = vec![start, file];
                    while let Some(&previous) = came_from.get(cycle[cycle.len() - 1]) {
                        cycle.push(previous);
                    }
                    cycle.reverse();
                    return Some(cycle);
                }
                if !came_from.contains_key(next) {
                    came_from.insert(next, file);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// Formats a cycle like `src: a.rs → b.rs (uses B) → a.rs (uses A)`.
    fn describe(&self, cycle: &[&str]) -> String {
        let is_above_all = |folder: &Path| cycle.iter().all(|file| Path::new(file).starts_with(folder));
        let folder = Path::new(cycle[0]).ancestors().skip(1).find(|folder| is_above_all(folder));
        let folder = folder.unwrap_or(Path::new(""));
        let short = |file| Path::new(file).strip_prefix(folder).unwrap_or(Path::new(file)).display();
        let steps = cycle.windows(2).map(|step| {
            let names: Vec<_> = self.imports[step[0]][step[1]].iter().map(String::as_str).collect();
            format!(" → {} (uses {})", short(step[1]), names.join(", "))
        });
        format!("  {}: {}{}", folder.display(), short(cycle[0]), steps.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(imports: &[(&str, &str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (from, to, name) in imports {
            graph.add_file(from);
            graph.add_file(to);
            graph.add_import(from, to, name);
        }
        graph
    }

    #[test]
    fn a_graph_without_a_cycle_reports_none() {
        let diamond =
            [("s/a", "s/b", "B"), ("s/a", "s/c", "C"), ("s/b", "s/d", "D"), ("s/c", "s/d", "D"), ("s/d", "s/d", "X")];
        assert_eq!(graph(&diamond).cycles(), [""; 0]);
    }

    #[test]
    fn cycles_name_every_import() {
        let imports = [
            ("s/a", "s/b", "B"),
            ("s/a", "s/b", "A"),
            ("s/b", "s/x/c", "C"),
            ("s/x/c", "s/a", "D"),
            ("s/0", "s/a", "A"),
        ];
        assert_eq!(graph(&imports).cycles(), ["  s: a → b (uses A, B) → x/c (uses C) → a (uses D)"]);
    }

    #[test]
    fn every_file_of_a_large_cycle_is_reported() {
        let imports = [
            ("s/a", "s/b", "B"),
            ("s/b", "s/a", "A"),
            ("s/b", "s/c", "C"),
            ("s/c", "s/b", "B"),
            ("s/d", "s/e", "E"),
            ("s/e", "s/d", "D"),
        ];
        let cycles = [
            "  s: a → b (uses B) → a (uses A)",
            "  s: c → b (uses B) → c (uses C)",
            "  s: d → e (uses E) → d (uses D)",
        ];
        assert_eq!(graph(&imports).cycles(), cycles);
    }
}
