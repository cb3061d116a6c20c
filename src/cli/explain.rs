//! An error for a person at a terminal: what happened, where with a caret under it, and which command leads on.

use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::drafting::rename;
use crate::{
    error::{
        Chain, Changed, ConnectProblem, Direction, Error, ExistingTables, Failed, Missing, Place,
        Unfinished, brief, some, some_of,
    },
    migrator::Migrator,
};

/// An error in parts.
#[derive(Debug, Default)]
pub(super) struct Explanation {
    /// What happened, in a sentence.
    title: String,
    /// The text in which it happened, with the place.
    source: Option<SourceText>,
    /// What else is known: the statement, the state of the database.
    notes: Vec<String>,
    /// What to do next.
    pub(super) help: Vec<String>,
}

/// A text and a place in it.
#[derive(Debug)]
struct SourceText {
    file: String,
    text: String,
    /// The first line of the text within the file.
    first_line: usize,
    /// The place in bytes.
    span: std::ops::Range<usize>,
    label: String,
}

impl Explanation {
    pub(super) fn new(title: String, help: Vec<String>) -> Self {
        Self { title, help, ..Self::default() }
    }

    /// With the file's path as it is from here, so that a terminal can open it.
    pub(super) fn in_folder(mut self, folder: Option<&Path>) -> Self {
        if let (Some(source), Some(folder)) = (&mut self.source, folder) {
            source.file = folder.join(&source.file).display().to_string();
        }
        self
    }

    pub(super) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// On one line, for a program's log.
    pub(super) fn plain(&self) -> String {
        let mut text = self.title.clone();
        if let Some(source) = &self.source {
            text = format!("{text}: {}: {}", source.file, source.label);
        }
        for note in &self.notes {
            text = format!("{text}; {note}");
        }
        text
    }

    pub(super) fn render(&self, colors: bool) -> String {
        let renderer = if colors { Renderer::styled() } else { Renderer::plain() };
        let mut group = Group::with_title(Level::ERROR.primary_title(self.title.as_str()));
        if let Some(source) = &self.source {
            let annotation =
                AnnotationKind::Primary.span(source.span.clone()).label(source.label.as_str());
            let snippet = Snippet::source(source.text.as_str())
                .path(source.file.as_str())
                .line_start(source.first_line)
                .annotation(annotation);
            group = group.element(snippet);
        }
        let notes = self.notes.iter().map(|note| Level::NOTE.message(note.as_str()));
        let help = self.help.iter().map(|help| Level::HELP.message(help.as_str()));
        renderer.render(&[group.elements(notes).elements(help)])
    }
}

/// What Ctrl-C leaves.
pub(super) fn interrupted(program: &str) -> Explanation {
    let help = vec![
        format!("see how far it got: {program} status"),
        "run it again: it continues from there".to_owned(),
    ];
    Explanation::new("interrupted".to_owned(), help)
        .note("the steps listed above as done stay; the database rolls back the open transaction of the current step as soon as it \
               notices, and anything else that step has done is recorded")
}

/// Explains an error in the words of the command line; `program` is how its commands are called.
pub(super) fn explain(error: &Error, migrator: Option<&Migrator>, program: &str) -> Explanation {
    match error {
        Error::Failed(failed) => explain_failed(failed, migrator, program),
        Error::Changed(all) => explain_changed(all, program),
        Error::Missing(all) => explain_missing(all, program),
        Error::Unfinished(unfinished) => explain_unfinished(unfinished, program),
        Error::OutOfOrder { pending, applied } => {
            let newest = migrator.and_then(|migrator| migrator.graph().heads().pop());
            let after = newest.map_or("REV", |head| head.revision());
            let late = pending.first().map_or("REV", |late| late.revision.as_str());
            let (pending, applied) = (some(pending, ", "), some_of(applied, ", "));
            Explanation::new(
                format!("out of order: {pending} not applied, although it comes before {applied}, which is"),
                vec![
                    format!("make it follow the newest migration: {program} rebase {late} --onto {after}"),
                    "or run it late anyway: --out-of-order".to_owned(),
                ],
            )
            .note("nothing was run")
        }
        Error::ManyHeads { target, heads } => explain_many_heads(target, heads, program),
        Error::UnknownRevision { given, near } => {
            let help = match near.as_slice() {
                [] => format!("list the migrations: {program} history"),
                near => format!("did you mean {}?", near.join(" or ")),
            };
            Explanation::new(format!("can't locate revision {given}"), vec![help])
        }
        Error::Locked { waited, holder } => Explanation::new(
            format!("could not take the migration lock within {waited:.0?}"),
            vec![
                "wait for it to end, and run the command again".to_owned(),
                format!("or see who holds it, and cancel their statement: {program} locks, {program} locks --cancel PID"),
            ],
        )
        .note(holder.as_deref().unwrap_or("its holder is unknown"))
        .note("nothing was run"),
        Error::NotAdopted { tool, problem, advice } => Explanation::new(
            format!("cannot take over the history of {tool}: {problem}"),
            vec![advice.for_command_line(program)],
        )
        .note("nothing was recorded"),
        Error::ExistingTables(existing) => explain_existing(existing, program),
        Error::History { .. } => explain_history(error, program),
        Error::Pending { pending } => {
            let heads = migrator.map_or(1, |migrator| migrator.graph().heads().len());
            explain_pending(pending, heads, program)
        }
        Error::Destructive { changes, rename_candidates } => {
            explain_destructive(changes, rename_candidates)
        }
        Error::NotProven { side, left, source } => {
            explain_not_proven(*side, left, source.as_deref())
        }
        Error::Scratch { doing, statement, source } => {
            Explanation::new(format!("{doing} in a scratch place failed: {}", Chain(source.as_ref())), Vec::new())
                .note(format!("statement: {}", brief(statement)))
                .note("nothing was written, and the scratch place is gone")
        }
        Error::NotReady { target, waited, problem, source: Some(source) } => {
            let last = explain(source, migrator, program);
            let title = format!("the schema is not at {target} after {waited:.1?}: {problem}");
            let notes = [vec![last.title], last.notes].concat();
            Explanation { title, source: last.source, notes, help: last.help }
        }
        Error::Connect { problem, .. } => {
            Explanation::new(format!("{error:#}"), vec![connect_help(*problem, program)])
        }
        _ => Explanation::new(format!("{error:#}"), Vec::new()),
    }
}

fn connect_help(problem: ConnectProblem, program: &str) -> String {
    let help = match problem {
        ConnectProblem::NoDatabase => {
            return format!(
                "create the database: {program} create; or correct its name in the URL"
            );
        }
        ConnectProblem::Denied => {
            "are the user and the password right? in a URL, write @ : / # ? % in them as %40 %3A %2F %23 %3F %25"
        }
        ConnectProblem::Busy => {
            "run the command again in a moment, or close some of the other connections"
        }
        ConnectProblem::Unreachable => "is the server running? are its host and port right?",
        ConnectProblem::NoAnswer => {
            "are the host and the port right? another kind of server may wait for us to speak first, and a firewall may drop what we say; \
             for a slow network: --connect-timeout"
        }
        ConnectProblem::NotUnderstood => {
            "is this the port of another kind of server? compare it with the scheme of the URL"
        }
        _ => "is the URL right?",
    };
    help.to_owned()
}

fn explain_many_heads(target: &str, heads: &[String], program: &str) -> Explanation {
    let first = heads.first().map_or("REV", String::as_str);
    Explanation::new(
        format!("{target} means one head, but there are {}: {}", heads.len(), heads.join(", ")),
        vec![
            format!("apply all of them: {program} upgrade heads"),
            format!("or one: {program} upgrade {first}"),
            format!("or join them for good: {program} merge heads"),
        ],
    )
}

/// What a proof of a draft found.
fn explain_not_proven(side: Direction, left: &[String], source: Option<&Error>) -> Explanation {
    let side = match side {
        Direction::Up => "up",
        Direction::Down => "down",
    };
    let problem = match source {
        Some(source) => {
            format!(
                "the drafted {side} side fails on a copy of the current schema: {}",
                Chain(source)
            )
        }
        None => format!(
            "the drafted {side} side was run on a copy of the current schema, and leaves something to do: {}",
            left.join("; ")
        ),
    };
    let advice = "to write it anyway and correct it by hand: --no-proof; and please report it";
    Explanation::new(problem, vec![advice.to_owned()]).note("nothing was written")
}

/// A database with tables, or with another tool's history, and none of ours.
fn explain_existing(existing: &ExistingTables, program: &str) -> Explanation {
    let first = match (&existing.tool, &existing.adopt) {
        (Some(tool), Some(name)) => {
            format!("take over what {tool} has applied: {program} adopt --from {name}")
        }
        _ => format!("record the revision that the schema is at: {program} stamp REV"),
    };
    let other =
        "or, if these migrations create something other than the existing tables: --allow-existing";
    Explanation::new(existing.problem(), vec![first, other.to_owned()]).note("nothing was run")
}

/// The history table is not as it should be, or cannot be written.
fn explain_history(error: &Error, program: &str) -> Explanation {
    let Error::History { table, problem, advice, source } = error else {
        return Explanation::new(format!("{error:#}"), Vec::new());
    };
    let title = format!("the history table {table} {problem}");
    let explanation = Explanation::new(title, vec![advice.for_command_line(program)]);
    match source {
        Some(source) => explanation.note(Chain(source.as_ref()).to_string()),
        None => explanation,
    }
}

/// A draft cannot be made yet.
fn explain_pending(pending: &[String], heads: usize, program: &str) -> Explanation {
    let target = if heads > 1 { " heads" } else { "" };
    let verb = if pending.len() == 1 { "is" } else { "are" };
    Explanation::new(
        "target database is not up to date".to_owned(),
        vec![
            format!("apply the pending migrations: {program} upgrade{target}"),
            "or compare with what the migrations create: --from-migrations".to_owned(),
        ],
    )
    .note(format!("{} {verb} pending; nothing was written", some_of(pending, ", ")))
}

fn explain_destructive(changes: &[String], candidates: &[(String, String)]) -> Explanation {
    let was_renamed =
        |(from, to): &(String, String)| format!("if you renamed {from}: {}", rename(from, to));
    let mut help: Vec<String> = candidates.iter().map(was_renamed).collect();
    help.push("if you mean to lose it: --allow-destructive".to_owned());
    Explanation::new(format!("the draft loses data: {}", some_of(changes, "; ")), help)
        .note("nothing was written")
}

fn explain_changed(all: &[Changed], program: &str) -> Explanation {
    let is_unread = |changed: &Changed| changed.applied.is_none();
    if all.iter().all(is_unread) {
        return explain_unread(all, program);
    }
    let said = |c: &Changed| match is_unread(c) {
        true => format!("{} (revision {}, whose checksum cannot be read)", c.file, c.revision),
        false => format!("{} (revision {})", c.file, c.revision),
    };
    let each: Vec<String> = all.iter().map(said).collect();
    let revision = all.first().map_or("REV", |changed| changed.revision.as_str());
    Explanation::new(
        format!("edited after being applied: {}", some_of(&each, ", ")),
        vec![
            "restore the old text (from git) and write a new migration for the change".to_owned(),
            format!(
                "or, if it is the newest and you can lose its data, revert it and apply it again: {program} redo"
            ),
            format!("or, if the database matches the new text: {program} repair --accept-changed {revision}"),
        ],
    )
    .note("nothing was run; never edit an applied migration, since databases that already have it would miss the edit")
}

/// Rows whose checksum was taken out or overwritten: nobody knows whether the files were edited.
fn explain_unread(all: &[Changed], program: &str) -> Explanation {
    let each: Vec<String> =
        all.iter().map(|c| format!("{} (revision {})", c.file, c.revision)).collect();
    let revision = all.first().map_or("REV", |changed| changed.revision.as_str());
    Explanation::new(
        format!("the history has no checksum that can be read: {}", some_of(&each, ", ")),
        vec![
            "restore the rows of the history from a backup".to_owned(),
            format!("or, if the database matches the text of the file: {program} repair --accept-changed {revision}"),
        ],
    )
    .note("nothing was run; whether the file was edited after being applied is not known")
}

fn explain_unfinished(unfinished: &Unfinished, program: &str) -> Explanation {
    let Unfinished { revision, direction, done, problem, .. } = unfinished;
    let mut help = vec![match &unfinished.statement {
        Some(_) => format!(
            "look at the database; to run that statement (again) and continue: {program} repair --resume {revision}"
        ),
        None => format!("look at the database; to continue: {program} {direction} TARGET"),
    }];
    let (applied, pending) = match direction {
        Direction::Down => ("if the whole migration is in place again", "if nothing of it is left"),
        Direction::Up => ("if you completed the migration by hand", "if you undid it by hand"),
    };
    help.push(format!("{applied}: {program} repair --mark-applied {revision}"));
    help.push(format!("{pending}: {program} repair --mark-pending {revision}"));
    let explanation = Explanation::new(
        format!("an earlier {direction} of revision {revision} ended after statement {done}"),
        help,
    );
    let explanation = match &unfinished.statement {
        Some((statement, place)) => {
            explanation.note(format!("in doubt: {place}: {}", brief(statement)))
        }
        None => explanation,
    };
    explanation.note(format!("{problem}; nothing was run"))
}

fn explain_missing(all: &[Missing], program: &str) -> Explanation {
    let mut help: Vec<String> = Vec::new();
    let revision = all.first().map_or("REV", |missing| missing.revision.as_str());
    for missing in all.iter().filter(|missing| !missing.near.is_empty()).take(3) {
        help.push(format!("for {}: did you mean {}?", missing.revision, missing.near.join(" or ")));
    }
    help.push(
        "restore the file, or update the program if it is older than the database".to_owned(),
    );
    help.push("to let an older program run on a newer schema: --allow-newer".to_owned());
    help.push(
        "if it is another program's, which uses the same database: give each a history table of its own with --history-table"
            .to_owned(),
    );
    help.push(format!(
        "revert it with the down side stored in the history: {program} downgrade TARGET"
    ));
    help.push(format!(
        "or forget it, if nothing of it is in the database: {program} repair --forget {revision}"
    ));
    Explanation {
        title: format!("can't locate revision {}", some(all, "; ")),
        notes: vec!["the database has it, but these files do not; nothing was run".to_owned()],
        help,
        source: None,
    }
}

fn explain_failed(failed: &Failed, migrator: Option<&Migrator>, program: &str) -> Explanation {
    let mut label = Chain(failed.source.as_ref()).to_string();
    if let Some(code) = &failed.code {
        label = format!("{label} (code {code})");
    }
    let source = source_of(failed, migrator, &label);
    let title = format!("{} of revision {} failed", failed.direction, failed.revision);
    let mut notes = Vec::new();
    if source.is_none() {
        notes.push(format!("{}: {label}", failed.place));
        notes.push(match failed.statement.as_str() {
            "" => Failed::BEFORE.to_owned(),
            statement => format!("statement: {}", brief(statement)),
        });
    }
    // The state ends with what to do next.
    notes.extend(failed.state());
    let mut help = Vec::new();
    let is_stored = failed.place.is_stored();
    let is_here = migrator.is_some_and(|m| m.graph().get(&failed.revision).is_some());
    if is_stored && is_here {
        help.push(
            "this is the down side stored in the history; to run the one in the file: --down-from-files"
                .to_owned(),
        );
    }
    if !failed.blockers.is_empty() {
        help.push(format!(
            "see who waits for whom, and end a session: {program} locks, {program} locks --terminate PID"
        ));
    }
    Explanation { title, source, notes, help }
}

/// The text of the file around the place.
fn source_of(failed: &Failed, migrator: Option<&Migrator>, label: &str) -> Option<SourceText> {
    let Place { file, line, column, .. } = &failed.place;
    let migration = migrator?.graph().get(&failed.revision)?;
    let sides = [Some(migration.up_script()), migration.down_script()];
    let script = sides.into_iter().flatten().find(|script| script.file() == file)?;
    let line_at = usize::try_from(*line).ok()?.checked_sub(1)?;
    let start: usize = script.text().split_inclusive('\n').take(line_at).map(str::len).sum();
    let row = script.text().get(start..)?.lines().next()?;
    let column = usize::try_from(*column).ok()?.saturating_sub(1);
    let from = row.char_indices().nth(column).map_or(row.len(), |(at, _)| at);
    let word = row[from..]
        .find(|c: char| c.is_whitespace() || "(),;".contains(c))
        .unwrap_or(row.len() - from);
    let end = (from + word.max(1)).min(row.len());
    Some(SourceText {
        file: file.clone(),
        text: row.to_owned(),
        first_line: line_at + 1,
        span: from..end.max(from),
        label: label.to_owned(),
    })
}
