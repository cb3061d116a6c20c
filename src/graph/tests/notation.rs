//! Reads the notation of the scenarios.

use crate::{
    error::Result,
    graph::{Applied, Graph, Target},
    migration::{Migration, Migrations},
};

/// `a; b<-a; m<-a+b; d dep(x,y); e @label`, each item a migration; no arrow is a base.
pub(super) fn read(text: &str) -> Result<Graph> {
    let items = text.split(';').map(str::trim).filter(|item| !item.is_empty());
    Graph::new(Migrations::new(items.map(migration))?)
}

pub(super) fn graph(text: &str) -> Graph {
    read(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn migration(item: &str) -> Migration {
    let mut words = item.split_whitespace();
    let (revision, parents) = match words.next().unwrap().split_once("<-") {
        Some((revision, parents)) => (revision, parents.split('+').collect()),
        None => (item.split_whitespace().next().unwrap(), Vec::new()),
    };
    words.fold(Migration::new(revision, "").parents(parents), |migration, word| {
        if let Some(label) = word.strip_prefix('@') {
            return migration.labels([label]);
        }
        let on = word.strip_prefix("dep(").and_then(|on| on.strip_suffix(')')).unwrap();
        migration.depends_on(on.split(','))
    })
}

pub(super) fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

pub(super) fn names<'a>(migrations: impl IntoIterator<Item = &'a Migration>) -> Vec<&'a str> {
    migrations.into_iter().map(Migration::revision).collect()
}

pub(super) fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

/// What is applied where a table of heads has these rows.
pub(super) fn applied(graph: &Graph, rows: &str) -> Applied {
    let nodes = words(rows).into_iter().map(|row| graph.node(row).unwrap());
    let marks = graph.needs.down.reach(nodes);
    names(graph.all(|node| marks[node])).into_iter().map(str::to_owned).collect()
}

/// The rows of a table of heads, for what is applied.
pub(super) fn rows<'a>(graph: &'a Graph, applied: &Applied) -> Vec<&'a str> {
    sorted(names(graph.tips_of(applied)))
}

pub(super) fn targets(text: &str) -> Result<Vec<Target>> {
    text.split_whitespace().map(str::parse).collect()
}

/// Runs `upgrade x y`, `downgrade x`, `stamp x` or `range a:b`: the revisions in order, and what is applied then.
/// For a stamp these are the erased and then the recorded ones.
pub(super) fn run(graph: &Graph, verb: &str, before: &Applied) -> Result<(Vec<String>, Applied)> {
    let (verb, target) = verb.split_once(' ').unwrap();
    let mut after = before.clone();
    let mut steps = Vec::new();
    let owned = |migrations: &[&Migration]| -> Vec<String> {
        migrations.iter().map(|migration| migration.revision().to_owned()).collect()
    };
    match verb {
        "upgrade" => {
            steps = owned(&graph.upgrade(before, &targets(target)?)?);
            after.extend(steps.iter().cloned());
            check_order(graph, &steps, before);
        }
        "downgrade" => {
            steps = owned(&graph.downgrade(before, &target.parse()?)?);
            after.retain(|revision| !steps.contains(revision));
            let up: Vec<String> = steps.iter().rev().cloned().collect();
            check_order(graph, &up, &after);
        }
        "stamp" => {
            let stamp = graph.stamp(before, &targets(target)?)?;
            let (erase, record) = (owned(&stamp.erase), owned(&stamp.record));
            after.retain(|revision| !erase.contains(revision));
            after.extend(record.iter().cloned());
            steps.extend(erase.into_iter().chain(record));
        }
        "range" => steps = owned(&graph.range(target, before)?),
        _ => panic!("no verb {verb}"),
    }
    Ok((steps, after))
}

/// Every step comes after all of its parents and dependencies that are steps, too.
fn check_order(graph: &Graph, steps: &[String], before: &Applied) {
    for (at, step) in steps.iter().enumerate() {
        assert!(!before.contains(step), "{step} was applied before");
        let needs = graph.parents(step).into_iter().chain(graph.dependencies(step));
        for need in names(needs) {
            let later = steps[at..].iter().any(|other| other == need);
            assert!(!later, "{need} must come before {step} in {steps:?}");
        }
    }
}

/// One scenario: number; verb and target; rows before; steps, or `!` and a part of the error; rows after.
pub(super) type Case = (&'static str, &'static str, &'static str, &'static str, &'static str);

pub(super) fn check(notation: &str, cases: &[Case]) {
    let graph = graph(notation);
    for &(number, verb, before, steps, after) in cases {
        let what = format!("{number}: {verb} from [{before}] in {notation}");
        let before = applied(&graph, before);
        match (run(&graph, verb, &before), steps.strip_prefix('!')) {
            (Ok((got, then)), None) => {
                let got: Vec<&str> = got.iter().map(String::as_str).collect();
                assert_eq!(sorted(got), sorted(words(steps)), "{what}: steps");
                assert_eq!(rows(&graph, &then), sorted(words(after)), "{what}: rows after");
            }
            (Err(error), Some(part)) => {
                assert!(error.to_string().contains(part), "{what}: the error is {error}");
            }
            (Ok((got, _)), Some(part)) => panic!("{what}: {got:?} instead of the error {part}"),
            (Err(error), None) => panic!("{what}: {error}"),
        }
    }
}

/// A range: number; range; rows that are applied; its revisions, or `!` and a part of the error.
pub(super) type Range = (&'static str, &'static str, &'static str, &'static str);

pub(super) fn check_ranges(notation: &str, ranges: &[Range]) {
    for &(number, range, rows, found) in ranges {
        let verb: &'static str = Box::leak(format!("range {range}").into_boxed_str());
        check(notation, &[(number, verb, rows, found, rows)]);
    }
}
