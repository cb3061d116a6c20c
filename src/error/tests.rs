//! Every variant: what it says, what caused it, and that neither is said twice.

use std::{collections::BTreeSet, error::Error as _, io, time::Duration};

use super::*;
use crate::{checksum::Checksum, timestamp::Timestamp};

/// The cause of those that have one.
const CAUSE: &str = "column \"vat\" does not exist";

fn cause() -> BoxError {
    let driver = io::Error::other("the driver's own error, which says it again");
    Box::new(DriverError::new(CAUSE.to_owned(), Some("42703".to_owned()), Box::new(driver)))
}

fn failed(blockers: Vec<Blocker>) -> Error {
    Error::Failed(Box::new(Failed {
        revision: "b".to_owned(),
        direction: Direction::Up,
        place: Place::new("2_b.sql", 3, 8),
        statement: "SELECT\n  vat FROM bills".to_owned(),
        code: Some("42703".to_owned()),
        done_before: vec!["a".to_owned()],
        state: "the step was rolled back as a whole".to_owned(),
        blockers,
        source: cause(),
    }))
}

fn unfinished(direction: Direction) -> Error {
    Error::Unfinished(Box::new(Unfinished {
        revision: "b".to_owned(),
        direction,
        statement: None,
        done: 2,
        problem: "finish it first".to_owned(),
    }))
}

/// One of each variant at least.
fn all() -> Vec<Error> {
    let text = || "a".to_owned();
    let place = || Place::file("1_a.sql");
    let advice = || Advice::new("record it with ").verb("stamp", "stamp REVISION").text(" first");
    let mut all = of_files_and_arguments();
    all.extend(of_history());
    all.extend([
        Error::Locked { waited: Duration::from_secs(5), holder: None },
        Error::Fenced { epoch: 7 },
        failed(Vec::new()),
        failed(vec![
            Blocker::Session {
                id: 42,
                table: "bills".to_owned(),
                mode: "ShareLock".to_owned(),
                session: "42, app".to_owned(),
            },
            Blocker::More { sessions: 2 },
            Blocker::Unseen { why: "the rest is hidden".to_owned() },
        ]),
        Error::Url { problem: text() },
        Error::NotCompiledIn { scheme: None, compiled_in: Vec::new(), near: Vec::new() },
        Error::NotCompiledIn {
            scheme: Some("oracle".to_owned()),
            compiled_in: vec!["one", "other"],
            near: Vec::new(),
        },
        Error::Connect { problem: ConnectProblem::Busy, source: cause() },
        Error::Connection { problem: text() },
        Error::Pooled { done: vec![text()] },
        Error::ClusterNode { cluster: text() },
        Error::ReadOnly { problem: text() },
        Error::NotOurTable { table: "ambix_history".to_owned(), problem: text() },
        Error::NotRunnable { revision: text(), place: place(), problem: text() },
        Error::Models { problem: text() },
        Error::Unsupported { database: "a database", problem: text() },
        Error::TestKit { problem: text() },
        Error::NotAdopted { tool: "flyway", problem: text(), advice: advice() },
        Error::History { table: text(), problem: text(), advice: advice(), source: None },
        Error::History { table: text(), problem: text(), advice: advice(), source: Some(cause()) },
        Error::NotReady {
            target: "heads".to_owned(),
            waited: Duration::from_secs(1),
            problem: "the last look failed".to_owned(),
            source: Some(Box::new(Error::Database { doing: "reading", source: cause() })),
        },
        Error::Pending { pending: vec![text()] },
        Error::Destructive { changes: vec![text()], rename_candidates: Vec::new() },
        Error::NotProven { side: Direction::Up, left: vec![text()], source: None },
        Error::NotProven {
            side: Direction::Down,
            left: Vec::new(),
            source: Some(Box::new(Error::Database { doing: "reading", source: cause() })),
        },
        Error::Scratch { doing: text(), statement: text(), source: cause() },
        Error::Fixture { place: place(), statement: text(), source: cause() },
        Error::Database { doing: "reading the history", source: cause() },
    ]);
    all
}

fn of_files_and_arguments() -> Vec<Error> {
    let text = || "a".to_owned();
    let place = || Place::file("1_a.sql");
    vec![
        Error::Source { place: Place::new("1_a.sql", 1, 2), problem: text() },
        Error::Duplicate { revision: text(), first: place(), second: place() },
        Error::UnknownParent {
            revision: text(),
            place: place(),
            relation: Relation::Dependency,
            missing: text(),
            near: vec![text()],
        },
        Error::Cycle { revisions: vec![text()], places: vec![place()] },
        Error::UnknownRevision { given: text(), near: vec![text()] },
        Error::AmbiguousRevision { given: text(), candidates: vec![text(), text()] },
        Error::ManyHeads { target: text(), heads: vec![text(), text()] },
        Error::Target { target: text(), problem: text() },
        Error::Argument { argument: "fill", given: text(), problem: text() },
        Error::Unregistered { function: text(), place: place(), known: Vec::new() },
    ]
}

fn of_history() -> Vec<Error> {
    let text = || "a".to_owned();
    let place = || Place::file("1_a.sql");
    let now = Checksum::of("SELECT 1");
    let at: Option<Timestamp> = "2024-11-25T10:00:00Z".parse().ok();
    let missing = |applied_at| Missing {
        revision: text(),
        name: text(),
        applied_at,
        applied_by: "app".to_owned(),
        near: Vec::new(),
    };
    let changed = |applied| Changed { revision: text(), file: text(), applied, now };
    vec![
        Error::OutOfOrder {
            pending: vec![Late { revision: text(), file: text() }],
            applied: vec![text()],
        },
        Error::Changed(vec![changed(Some(now)), changed(None)]),
        Error::Missing(vec![missing(at), missing(None)]),
        unfinished(Direction::Up),
        unfinished(Direction::Down),
        Error::PartlySquashed(Box::new(PartlySquashed {
            revision: text(),
            file: text(),
            replaces: vec![text(), text()],
            found: vec![text()],
        })),
        Error::Irreversible { revision: text(), place: place(), reason: None },
        Error::NewerLayout { table: text(), layout: 7, known: 1 },
        Error::ExistingTables(Box::new(ExistingTables {
            tables: vec![text()],
            tool: None,
            adopt: None,
        })),
    ]
}

/// The names of all variants, and that of an error's. A variant that is not in the list does not compile.
macro_rules! variants {
    ($($variant:ident,)*) => {
        const VARIANTS: &[&str] = &[$(stringify!($variant)),*];

        fn name(error: &Error) -> &'static str {
            match error {
                $(Error::$variant { .. } => stringify!($variant),)*
            }
        }
    };
}
variants! {
    Source, Duplicate, UnknownParent, Cycle, UnknownRevision, AmbiguousRevision, ManyHeads,
    Target, OutOfOrder, Changed, Missing, Unfinished, Irreversible, Locked, Fenced, Failed,
    Unregistered, Url, NotCompiledIn, Connect, Connection, Pooled, ClusterNode, ReadOnly,
    NotOurTable, NotRunnable, PartlySquashed, Argument, Models, Unsupported, TestKit,
    NotAdopted, ExistingTables, NewerLayout, History, NotReady, Pending, Destructive, NotProven,
    Scratch, Fixture, Database,
}

/// As a printer of chains has it, anyhow's `{:#}` for example.
fn chain(error: &Error) -> Vec<String> {
    let mut links = vec![error.to_string()];
    let mut next = error.source();
    while let Some(link) = next {
        links.push(link.to_string());
        next = link.source();
    }
    links
}

#[test]
fn no_error_says_its_cause_twice() {
    let walked: BTreeSet<&str> = all().iter().map(name).collect();
    assert_eq!(walked, VARIANTS.iter().copied().collect(), "a variant is not in the tables");
    for error in all() {
        let links = chain(&error);
        for (at, link) in links.iter().enumerate() {
            assert!(!link.is_empty() && !link.ends_with('.'), "{links:?}");
            let repeats = links[at + 1..].iter().any(|later| link.contains(later.as_str()));
            assert!(!repeats, "{links:?}");
        }
        let whole = format!("{error:#}");
        assert_eq!(format!("{error:?}"), whole, "Debug says all of it");
        assert_eq!(links.len() > 1, whole.contains(CAUSE), "{whole}");
        assert_eq!(whole.matches(CAUSE).count(), usize::from(links.len() > 1), "{whole}");
        assert_eq!(error.find_source::<io::Error>().is_some(), links.len() > 1, "{whole}");
        if links.len() == 1 {
            assert_eq!(whole, links[0]);
        }
    }
}

/// A `Failed` that was taken out of its error chains like it.
#[test]
fn what_failed_chains_alone() {
    let error = failed(Vec::new());
    let Error::Failed(failed) = &error else { return };
    assert_eq!(failed.to_string(), error.to_string());
    assert_eq!(format!("{failed:#}"), format!("{error:#}"));
    assert_eq!(failed.source().map(ToString::to_string).as_deref(), Some(CAUSE));
}

/// A function may return an error that repeats its own cause, as many do: said once.
#[test]
fn a_chain_leaves_out_what_it_has_said() {
    #[derive(Debug)]
    struct Outer(io::Error);
    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "the mail was not sent: {}", self.0)
        }
    }
    impl StdError for Outer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }
    let error = Error::Database {
        doing: "a fixture",
        source: Box::new(Outer(io::Error::other("no route"))),
    };
    assert_eq!(format!("{error:#}"), "a fixture failed: the mail was not sent: no route");
    assert!(error.find_source::<Outer>().is_some() && error.find_source::<io::Error>().is_some());
}

#[test]
fn advice_speaks_to_both() {
    let advice = Advice::new("record it with ").verb("stamp", "stamp REVISION");
    let advice = advice.text(", or set ").option("accept_changed", "--accept-changed");
    assert_eq!(advice.to_string(), "record it with `stamp`, or set `accept_changed`");
    #[cfg(feature = "cli")]
    assert_eq!(
        advice.for_command_line("myapp db"),
        "record it with `myapp db stamp REVISION`, or set --accept-changed"
    );
}
