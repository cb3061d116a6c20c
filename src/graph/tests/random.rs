//! Random graphs, against slow and obvious answers.

use std::{collections::HashSet, time::Instant};

use super::notation::names;
use crate::{
    error::Error,
    graph::{Applied, Graph, Target},
    migration::{Migration, Migrations},
};

/// xorshift64*: enough to draw graphs, and the same on every machine.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// For each migration its parents and its dependencies, by number.
#[derive(Debug, Clone)]
struct Drawn(Vec<(Vec<usize>, Vec<usize>)>);

impl Drawn {
    /// Mostly lines, with some branches, merges, bases and dependencies; all arrows lead to smaller numbers.
    fn acyclic(random: &mut Random, count: usize) -> Self {
        let mut drawn = Vec::new();
        for node in 0..count {
            let (mut parents, mut dependencies) = (Vec::new(), Vec::new());
            if node > 0 && !random.chance(15) {
                let near = node - 1 - random.below(node.min(3));
                parents.push(near);
                if random.chance(20) {
                    parents.push(random.below(node));
                }
            }
            if node > 0 && random.chance(20) {
                dependencies.push(random.below(node));
            }
            parents.sort_unstable();
            parents.dedup();
            drawn.push((parents, dependencies));
        }
        Self(drawn)
    }

    fn name(node: usize) -> String {
        format!("r{node:03}")
    }

    /// The migrations, in an order of names that is not that of the arrows.
    fn migrations(&self, random: &mut Random) -> Migrations {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, random.below(at + 1));
        }
        let list = order.into_iter().map(|node| {
            let (parents, dependencies) = &self.0[node];
            Migration::new(Self::name(node), "")
                .parents(parents.iter().map(|&node| Self::name(node)))
                .depends_on(dependencies.iter().map(|&node| Self::name(node)))
        });
        Migrations::new(list).unwrap()
    }

    fn needs(&self, node: usize) -> impl Iterator<Item = usize> {
        self.0[node].0.iter().chain(&self.0[node].1).copied()
    }

    /// All that some migrations need, themselves included: added until nothing is added any more.
    fn closure(&self, from: &[usize]) -> HashSet<usize> {
        let mut set: HashSet<usize> = from.iter().copied().collect();
        loop {
            let more: Vec<usize> =
                set.iter().flat_map(|&n| self.needs(n)).filter(|n| !set.contains(n)).collect();
            if more.is_empty() {
                return set;
            }
            set.extend(more);
        }
    }

    fn applied(&self, set: &HashSet<usize>) -> Applied {
        set.iter().map(|&node| Self::name(node)).collect()
    }

    /// All that is needed by some migrations is a set that a database may have.
    fn some_applied(&self, random: &mut Random) -> HashSet<usize> {
        let from: Vec<usize> = (0..random.below(4)).map(|_| random.below(self.0.len())).collect();
        self.closure(&from)
    }

    /// Whether there is a circle: what is needed by nobody that is left is taken away as long as there is such.
    fn has_circle(&self) -> bool {
        let mut left: HashSet<usize> = (0..self.0.len()).collect();
        loop {
            let free = |node: &&usize| !self.needs(**node).any(|need| left.contains(&need));
            let Some(&node) = left.iter().find(free) else { return !left.is_empty() };
            left.remove(&node);
        }
    }
}

fn number(revision: &str) -> usize {
    revision[1..].parse().unwrap()
}

fn set<'a>(migrations: impl IntoIterator<Item = &'a Migration>) -> HashSet<usize> {
    migrations.into_iter().map(|migration| number(migration.revision())).collect()
}

fn target(node: usize) -> Target {
    Drawn::name(node).parse().unwrap()
}

const ROUNDS: u64 = 2000;

fn each(mut test: impl FnMut(u64, &mut Random, &Drawn, &Graph)) {
    for seed in 1..=ROUNDS {
        let mut random = Random::new(seed);
        let count = 1 + random.below(24);
        let drawn = Drawn::acyclic(&mut random, count);
        let graph = Graph::new(drawn.migrations(&mut random)).unwrap();
        test(seed, &mut random, &drawn, &graph);
    }
}

#[test]
fn an_upgrade_runs_what_is_missing_in_order() {
    each(|seed, random, drawn, graph| {
        let before = drawn.some_applied(random);
        let goal = random.below(drawn.0.len());
        let steps = graph.upgrade(&drawn.applied(&before), &[target(goal)]).unwrap();
        let wanted: HashSet<usize> = drawn.closure(&[goal]).difference(&before).copied().collect();
        assert_eq!(set(steps.iter().copied()), wanted, "seed {seed}: {drawn:?}");
        let mut have = before;
        for step in names(steps).into_iter().map(number) {
            assert!(drawn.needs(step).all(|need| have.contains(&need)), "seed {seed}: {step}");
            have.insert(step);
        }
    });
}

#[test]
fn a_downgrade_takes_what_is_above_and_can_be_undone() {
    each(|seed, random, drawn, graph| {
        let before = drawn.some_applied(random);
        let Some(&goal) = before.iter().min_by_key(|&&node| (node * 7 + seed as usize) % 11) else {
            return;
        };
        let applied = drawn.applied(&before);
        let steps = graph.downgrade(&applied, &target(goal)).unwrap();
        // What goes needs a child of the goal; what stays does not.
        let children: HashSet<usize> =
            (0..drawn.0.len()).filter(|&node| drawn.0[node].0.contains(&goal)).collect();
        let above = |&node: &usize| !drawn.closure(&[node]).is_disjoint(&children);
        let wanted: HashSet<usize> = before.iter().copied().filter(above).collect();
        assert_eq!(set(steps.iter().copied()), wanted, "seed {seed}: to {goal} in {drawn:?}");

        let mut have = before.clone();
        for step in names(steps).into_iter().map(number) {
            have.remove(&step);
            assert!(!have.iter().any(|&n| drawn.needs(n).any(|need| need == step)), "seed {seed}");
        }
        let after = drawn.applied(&have);
        let back: Vec<Target> = before.iter().map(|&node| target(node)).collect();
        let mut again = have;
        for one in back {
            again.extend(set(graph.upgrade(&after, &[one]).unwrap()));
        }
        assert_eq!(again, before, "seed {seed}: up again");
    });
}

#[test]
fn a_stamp_leaves_no_migration_without_what_it_needs() {
    each(|seed, random, drawn, graph| {
        let before = drawn.some_applied(random);
        let goal = random.below(drawn.0.len());
        let text = match random.below(3) {
            0 => format!("{}@base", Drawn::name(goal)),
            _ => Drawn::name(goal),
        };
        let stamp = graph.stamp(&drawn.applied(&before), &[text.parse().unwrap()]).unwrap();
        let (record, erase) = (set(stamp.record), set(stamp.erase));
        assert!(record.is_disjoint(&before) && erase.is_subset(&before), "seed {seed}");
        let after: HashSet<usize> = before.difference(&erase).chain(&record).copied().collect();
        let all: Vec<usize> = after.iter().copied().collect();
        assert_eq!(drawn.closure(&all), after, "seed {seed}: {text} in {drawn:?}");
        if text.ends_with("@base") {
            assert!(!after.contains(&goal), "seed {seed}");
        } else {
            let rows = set(graph.tips_of(&drawn.applied(&after)));
            assert!(rows.contains(&goal), "seed {seed}: {text} is a row");
        }
    });
}

#[test]
fn all_that_is_late_is_found() {
    each(|seed, random, drawn, graph| {
        let applied: HashSet<usize> = (0..drawn.0.len()).filter(|_| random.chance(60)).collect();
        let late = graph.out_of_order(&drawn.applied(&applied));
        for (pending, after) in &late {
            let below = drawn.closure(&[number(after.revision())]);
            assert!(below.contains(&number(pending.revision())), "seed {seed}");
            assert!(applied.contains(&number(after.revision())), "seed {seed}");
        }
        let all: Vec<usize> = applied.iter().copied().collect();
        let wanted: HashSet<usize> = drawn.closure(&all).difference(&applied).copied().collect();
        assert_eq!(set(late.into_iter().map(|(pending, _)| pending)), wanted, "seed {seed}");
    });
}

#[test]
fn current_and_heads_are_those_without_descendants() {
    each(|seed, random, drawn, graph| {
        let applied = drawn.some_applied(random);
        let parent_of = |node: usize, set: &HashSet<usize>| {
            set.iter().any(|&other| drawn.0[other].0.contains(&node))
        };
        let wanted: HashSet<usize> =
            applied.iter().copied().filter(|&node| !parent_of(node, &applied)).collect();
        assert_eq!(set(graph.current(&drawn.applied(&applied))), wanted, "seed {seed}");
        let all: HashSet<usize> = (0..drawn.0.len()).collect();
        let heads = set(graph.heads());
        assert_eq!(set(graph.current(&drawn.applied(&all))), heads, "seed {seed}");
        assert!(graph.downgrade(&drawn.applied(&all), &Target::base()).unwrap().len() == all.len());
    });
}

#[test]
fn circles_are_found_and_only_they_are_named() {
    let mut found = 0;
    for seed in 1..=ROUNDS {
        let mut random = Random::new(seed);
        let count = 1 + random.below(16);
        let mut drawn = Drawn::acyclic(&mut random, count);
        for _ in 0..random.below(3) {
            let (from, to) = (random.below(count), random.below(count));
            let arrows = &mut drawn.0[from];
            let arrows = if random.chance(50) { &mut arrows.0 } else { &mut arrows.1 };
            arrows.push(to);
        }
        match Graph::new(drawn.migrations(&mut random)) {
            Ok(_) => assert!(!drawn.has_circle(), "seed {seed}: {drawn:?}"),
            Err(Error::Cycle { revisions, .. }) => {
                found += 1;
                let circle: Vec<usize> = revisions.iter().map(|name| number(name)).collect();
                for (at, &node) in circle.iter().enumerate() {
                    let next = circle[(at + 1) % circle.len()];
                    assert!(drawn.needs(node).any(|need| need == next), "seed {seed}: {circle:?}");
                }
                let once: HashSet<&usize> = circle.iter().collect();
                assert_eq!(once.len(), circle.len(), "seed {seed}: {circle:?}");
            }
            Err(other) => panic!("seed {seed}: {other}"),
        }
    }
    assert!(found > 100, "only {found} graphs had a circle");
}

/// A line, and a net with many branches, merges and dependencies.
fn large(count: usize) -> [(&'static str, Vec<Migration>); 2] {
    let name = |node: usize| format!("{:08x}", node.wrapping_mul(2_654_435_761) % (1 << 32));
    let line = (0..count).map(|node| Migration::new(name(node), "a step")).collect();
    let mut random = Random::new(1);
    let net = (0..count).map(|node| {
        let width = node.min(50);
        let mut pick = |few: usize| -> Vec<String> {
            let few = if width == 0 { 0 } else { random.below(few) };
            (0..few).map(|_| name(node - 1 - random.below(width))).collect()
        };
        let (mut parents, dependencies) = (pick(4), pick(3));
        parents.extend((node > 0 && parents.is_empty()).then(|| name(node - 1)));
        Migration::new(name(node), "a step").parents(parents).depends_on(dependencies)
    });
    [("line", line), ("net", net.collect())]
}

#[test]
fn ten_thousand_deep_is_no_depth() {
    for (shape, list) in large(10_000) {
        let graph = Graph::new(Migrations::new(list).unwrap()).unwrap();
        let steps = graph.upgrade(&Applied::new(), &[Target::heads()]).unwrap();
        assert_eq!(steps.len(), 10_000, "{shape}");
        let all: Applied = steps.iter().map(|step| step.revision().to_owned()).collect();
        assert_eq!(graph.downgrade(&all, &Target::base()).unwrap().len(), 10_000, "{shape}");
        assert!(graph.out_of_order(&all).is_empty(), "{shape}");
    }
    let mut circle = large(10_000)[0].1.clone();
    let last = circle[9_999].revision().to_owned();
    circle[0] = circle[0].clone().parents([last]);
    let error = Graph::new(Migrations::new(circle).unwrap()).unwrap_err();
    assert!(matches!(error, Error::Cycle { revisions, .. } if revisions.len() == 10_000));
}

#[test]
#[ignore = "prints times; run it with --release"]
fn times() {
    for count in [10_000, 100_000] {
        for (shape, list) in large(count) {
            let migrations = Migrations::new(list).unwrap();
            let time = |what: &str, start: Instant| {
                println!("{count} in a {shape}: {what} {:.2?}", start.elapsed());
            };
            let start = Instant::now();
            let graph = Graph::new(migrations).unwrap();
            time("new", start);
            let start = Instant::now();
            let steps = graph.upgrade(&Applied::new(), &[Target::heads()]).unwrap();
            time("upgrade heads", start);
            let all: Applied = steps.iter().map(|step| step.revision().to_owned()).collect();
            let start = Instant::now();
            assert!(graph.upgrade(&all, &[Target::heads()]).unwrap().is_empty());
            time("upgrade heads, all applied", start);
            let start = Instant::now();
            assert!(graph.out_of_order(&all).is_empty());
            time("out_of_order", start);
            let start = Instant::now();
            graph.downgrade(&all, &Target::base()).unwrap();
            time("downgrade base", start);
            let start = Instant::now();
            graph.stamp(&Applied::new(), &[Target::heads()]).unwrap();
            time("stamp heads", start);
            let start = Instant::now();
            graph.range("-3:current", &all).unwrap_or_default();
            time("range", start);
            let start = Instant::now();
            assert!(graph.find("nosuchrevision").is_err());
            time("find with near misses", start);
        }
    }
}
