//! Where nothing is run, since the way to the database does not allow it.

use super::{Direction, Place, some_of};

/// What a pooler between us and the server makes impossible; `done` is what this call did before it was noticed.
pub(super) fn pooled(done: &[String]) -> String {
    let done = match done {
        [] => "nothing was run".to_owned(),
        done => format!("done before it: {}", done.join(", ")),
    };
    format!(
        "the connection leads to a pooler that gives each transaction another connection to the server (transaction or statement \
         pooling), so that neither the migration lock nor a setting lasts; {done}; use the URL of the server itself (on the command \
         line `--direct-url` or DIRECT_URL), or a pool of the pooler in session mode"
    )
}

pub(super) fn cluster_node(cluster: &str) -> String {
    format!(
        "this server is a node of a cluster ({cluster}), and the migration lock is one of this node alone, so that a runner on \
         another node would not be kept out; nothing was run; if all runners use this node, say so with \
         `Lock::this_node_only`"
    )
}

pub(super) fn not_our_table(table: &str, problem: &str) -> String {
    format!(
        "the table {table} is not a history of ambix, or its table {table}_lock is missing ({problem}); nothing was done; if it is \
         another tool's, give this program a table of its own with `Migrator::history_table`, or rename that one; if it is ambix's, \
         bring back what is missing, from a backup"
    )
}

pub(super) fn not_compiled_in(
    scheme: Option<&str>,
    compiled_in: &[&str],
    did_you_mean: &str,
) -> String {
    match scheme {
        None => "no database is compiled in: enable the Cargo feature of one".to_owned(),
        Some(scheme) => format!(
            "no database is compiled in for {scheme:?} (compiled in are: {}){did_you_mean}",
            compiled_in.join(", ")
        ),
    }
}

/// A directive reads `irreversible because ...`; in code the reason may come without the word.
pub(super) fn irreversible(reason: Option<&str>) -> String {
    match reason {
        None => "it has no down side; write one, or restore from a backup".to_owned(),
        Some(reason) if reason.starts_with("because") => format!("it is irreversible {reason}"),
        Some(reason) => format!("it is irreversible because {reason}"),
    }
}

pub(super) fn unregistered(known: &[String]) -> String {
    match known {
        [] => "call `Migrator::register` with this name".to_owned(),
        known => format!("registered are: {}", known.join(", ")),
    }
}

pub(super) fn circle(revisions: &[String], places: &[Place]) -> String {
    let mut names: Vec<&str> = revisions.iter().map(String::as_str).collect();
    names.extend(revisions.first().map(String::as_str));
    let places: Vec<String> = places.iter().map(Place::to_string).collect();
    format!(
        "{} revisions follow from each other in a circle: {}; look at their parents and depends-on in {}",
        revisions.len(),
        names.join(" needs "),
        places.join(", ")
    )
}

pub(super) fn pending(revisions: &[String]) -> String {
    let verb = if revisions.len() == 1 { "is" } else { "are" };
    format!(
        "target database is not up to date: {} {verb} pending; what they change would be drafted again, so nothing was; call \
         `Migrator::run_pending` first, or take the current state from the migrations with `DraftOptions::from_migrations`",
        some_of(revisions, ", ")
    )
}

/// What a proof of a draft found.
pub(super) fn not_proven(side: Direction, left: &[String]) -> String {
    let (side, should) = match side {
        Direction::Up => ("up", "the desired schema"),
        Direction::Down => ("down", "the current schema"),
    };
    if left.is_empty() {
        return format!("the drafted {side} side fails on a copy of the current schema");
    }
    format!(
        "the drafted {side} side does not lead to {should} on a copy of the current one; left to do: {}",
        left.join("; ")
    )
}

/// What to do next.
pub(super) const NOT_PROVEN_ADVICE: &str = "; nothing was written; to get the draft anyway and correct it by hand, leave the \
                                            proof out (`DraftOptions::proof`), and please report it";
