//! From what is applied to what is asked: a pure function.

use std::collections::HashMap;

use super::history::{HistorySnapshot, Record, State, checksums};
use crate::{
    checksum::Checksum,
    error::{Changed, Error, Late, Missing, PartlySquashed, Result, Unfinished},
    graph::{Applied, Graph, Target},
    migration::{Migration, Phase},
    note::Note,
    sql::Syntax,
};

pub(crate) use crate::error::Direction;

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Action {
    /// Run the SQL and write the history.
    Run,
    /// Only write the history, as `stamp` does.
    Record,
}

/// What to do with migrations that come before applied ones, but are not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OutOfOrder {
    /// Refuse, and name them. The default.
    #[default]
    Error,
    /// Run them, in the order of the graph.
    Allow,
}

/// What to do with applied migrations that this program does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum UnknownApplied {
    /// Refuse, and name them. The default.
    #[default]
    Error,
    /// Continue: a program that was rolled back onto a newer schema must be able to start.
    AllowNewer,
}

/// The policies that a plan obeys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policies {
    pub(crate) out_of_order: OutOfOrder,
    pub(crate) unknown_applied: UnknownApplied,
    /// The last phase whose migrations are run.
    pub(crate) phase: Phase,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            out_of_order: OutOfOrder::default(),
            unknown_applied: UnknownApplied::default(),
            phase: Phase::LAST,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    Upgrade(Target),
    Downgrade(Target),
    /// One migration, and what needs it; on which line it is does not matter.
    TakeBack(String),
    Stamp {
        target: Target,
        /// All rows are deleted first, also those about which nothing is known.
        purge: bool,
    },
}

impl Request {
    pub(crate) fn is_purge(&self) -> bool {
        matches!(self, Self::Stamp { purge: true, .. })
    }

    /// Whether the way is down, so that down sides will do that the history keeps.
    pub(crate) fn is_down(&self) -> bool {
        match self {
            Self::Downgrade(_) => true,
            Self::TakeBack(_) => true,
            Self::Upgrade(_) | Self::Stamp { .. } => false,
        }
    }
}

/// One migration to run, revert or record.
#[derive(Debug, Clone)]
pub(crate) struct Step<'g> {
    pub(crate) migration: &'g Migration,
    pub(crate) direction: Direction,
    pub(crate) action: Action,
    /// The unfinished row of an earlier run.
    pub(crate) resume: Option<Record>,
}

impl Step<'_> {
    /// Whether it changes more than the history.
    pub(crate) fn runs(&self) -> bool {
        self.action == Action::Run
    }
}

/// The steps, and what a person should hear about them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Steps<'g> {
    pub(crate) steps: Vec<Step<'g>>,
    pub(crate) notes: Vec<Note>,
}

/// The graph with what only the history knows, so that it can be downgraded by a program that no longer has the files.
pub(crate) fn with_history(
    graph: &Graph,
    snapshot: &HistorySnapshot,
    downs: &HashMap<String, String>,
) -> Result<Graph> {
    let unknown = unknown(graph, snapshot).map(|record| {
        let mut migration = record.to_migration(downs.get(&record.revision).map(String::as_str));
        // An older program that still has what was squashed takes that back, one by one. The squash is a mark above it.
        let is_here = |revision: &&str| graph.get(revision).is_some();
        if let Some(last) = record.replaces().filter(is_here).last() {
            migration = migration.parents([last]).down("");
            (migration.transaction, migration.down_transaction) = (true, true);
            migration.foreign_keys = true;
            migration.replaces.revisions.clear();
        }
        migration
    });
    // An applied migration is reverted with its own down side. Somebody may have edited an unfinished one to repair it.
    let applied = |record: &&Record| record.state == State::Applied;
    let sides = snapshot.records.iter().filter(applied).filter_map(|record| {
        let (own, down) = (graph.get(&record.revision)?, downs.get(&record.revision)?);
        let is_same = own.down.as_ref().is_some_and(|own| own.text() == down);
        (!is_same && own.irreversible.is_none()).then(|| record.to_migration(Some(down)))
    });
    let (unknown, sides): (Vec<Migration>, Vec<Migration>) = (unknown.collect(), sides.collect());
    let after = left_behind(graph, snapshot, &unknown);
    if !after.is_empty()
        && let Ok(graph) = graph.with_sides(unknown.clone(), sides.clone(), after)
    {
        return Ok(graph);
    }
    // Nothing is left behind; or the files have turned the order around since, and then theirs counts.
    graph.with_sides(unknown, sides, Vec::new())
}

/// Migrations with what the history alone knows and they were applied upon: their files name it no longer, and it must not be reverted
/// under them.
fn left_behind(
    graph: &Graph,
    snapshot: &HistorySnapshot,
    unknown: &[Migration],
) -> Vec<(String, Vec<String>)> {
    let is_gone = |revision: &&String| unknown.iter().any(|gone| gone.revision == **revision);
    let known = snapshot.records.iter().filter(|record| graph.get(&record.revision).is_some());
    let upon = known.map(|record| {
        let named = record.parents.iter().chain(&record.depends_on).filter(is_gone).cloned();
        (record.revision.clone(), named.collect::<Vec<_>>())
    });
    upon.filter(|(_, named)| !named.is_empty()).collect()
}

/// The graph with what only the history knows, without what that says of its place: it may make no sense any more.
pub(crate) fn with_rows(graph: &Graph, snapshot: &HistorySnapshot) -> Result<Graph> {
    let bare = |record: &Record| {
        Migration::new(record.revision.clone(), record.name.clone()).parents(Vec::<String>::new())
    };
    // Where a squash has its row, the rows of what it replaces go with it.
    let goes_along = |revision: &str| {
        let squash = graph.replaced_by(revision);
        graph.get(revision).is_some()
            || squash.is_some_and(|squash| snapshot.record(squash.revision()).is_some())
    };
    let rows = snapshot.records.iter().filter(|record| !goes_along(&record.revision));
    graph.with(rows.map(bare).collect())
}

/// The migrations that stand for others, all of which are applied: they count as applied, and have no row yet.
///
/// # Errors
/// [`Error::PartlySquashed`] where some of the others are applied and some are not: then neither the squash nor nothing is to
/// be run, and only the files that were squashed could continue.
pub(crate) fn unrecorded<'g>(
    graph: &'g Graph,
    snapshot: &HistorySnapshot,
) -> Result<Vec<&'g Migration>> {
    let mut all = Vec::new();
    for squash in graph.squashes() {
        let replaced = &squash.replaces.revisions;
        let rows: Vec<&Record> =
            replaced.iter().filter_map(|revision| snapshot.record(revision)).collect();
        if rows.is_empty() || snapshot.record(&squash.revision).is_some() {
            continue;
        }
        if rows.len() == replaced.len() && rows.iter().all(|row| row.state == State::Applied) {
            all.push(squash);
            continue;
        }
        return Err(partly(squash, &rows));
    }
    Ok(all)
}

fn partly(squash: &Migration, rows: &[&Record]) -> Error {
    Error::PartlySquashed(Box::new(PartlySquashed {
        revision: squash.revision.clone(),
        file: squash.up.file().to_owned(),
        replaces: squash.replaces.revisions.clone(),
        found: rows.iter().map(|row| row.revision.clone()).collect(),
    }))
}

/// The revisions that count as applied, with those that are so because all that they stand for is.
pub(crate) fn applied(graph: &Graph, snapshot: &HistorySnapshot) -> Applied {
    let mut applied = snapshot.applied();
    // What is applied in parts is not applied; a plan says so.
    let squashes = unrecorded(graph, snapshot).unwrap_or_default();
    applied.extend(squashes.into_iter().map(|squash| squash.revision.clone()));
    applied
}

/// The applied migrations that the graph does not know.
pub(crate) fn unknown<'s>(
    graph: &Graph,
    snapshot: &'s HistorySnapshot,
) -> impl Iterator<Item = &'s Record> {
    let is_known =
        |revision: &str| graph.get(revision).is_some() || graph.replaced_by(revision).is_some();
    snapshot.records.iter().filter(move |record| !is_known(&record.revision))
}

/// Works out the steps.
pub(crate) fn plan<'g>(
    graph: &'g Graph,
    known: &Graph,
    snapshot: &HistorySnapshot,
    request: &Request,
    policies: Policies,
    syntax: &Syntax,
) -> Result<Steps<'g>> {
    if let Request::Stamp { target, purge: true } = request {
        return purge(graph, known, snapshot, target);
    }
    let mut notes = Vec::new();
    // No step of the plan could end these. (A downgrade works with the stored down sides.)
    let here = if request.is_down() { graph } else { known };
    if let Some(record) = snapshot.unfinished().find(|r| here.get(&r.revision).is_none()) {
        return Err(unfinished(here, record, None));
    }
    check_unknown(known, snapshot, request, policies, &mut notes)?;
    let changed = changed_in(known, snapshot, syntax, &mut notes);
    if !request.is_down() && !changed.is_empty() {
        return Err(Error::Changed(changed));
    }
    let step =
        |direction, action| move |migration| Step { migration, direction, action, resume: None };
    let unrecorded = unrecorded(graph, snapshot)?;
    let squashed: Vec<String> = unrecorded.iter().map(|squash| squash.revision.clone()).collect();
    let mut applied = snapshot.applied();
    applied.extend(squashed.iter().cloned());
    let to_revert = || -> Applied { snapshot.to_revert().into_iter().chain(squashed).collect() };
    let mut steps: Vec<Step<'g>> =
        unrecorded.into_iter().map(step(Direction::Up, Action::Record)).collect();
    let asked: Vec<Step<'g>> = match request {
        Request::Upgrade(target) => {
            let up = graph.upgrade(&applied, std::slice::from_ref(target))?;
            let (up, left) = up_to_phase(graph, up, policies.phase);
            notes.extend(left);
            check_order(graph, &applied, &up, policies, &mut notes)?;
            up.into_iter().map(step(Direction::Up, Action::Run)).collect()
        }
        Request::Downgrade(target) => graph
            .downgrade(&to_revert(), target)?
            .into_iter()
            .map(step(Direction::Down, Action::Run))
            .collect(),
        Request::TakeBack(revision) => graph
            .revert_with_dependents(&to_revert(), revision)
            .into_iter()
            .map(step(Direction::Down, Action::Run))
            .collect(),
        Request::Stamp { target, .. } => {
            let stamp = graph.stamp(&applied, std::slice::from_ref(target))?;
            let erase = stamp.erase.into_iter().map(step(Direction::Down, Action::Record));
            erase.chain(stamp.record.into_iter().map(step(Direction::Up, Action::Record))).collect()
        }
    };
    steps.extend(asked);
    check_left_changed(changed, &steps)?;
    check_unfinished(graph, snapshot, &steps, policies.phase)?;
    for step in &mut steps {
        step.resume = snapshot
            .record(&step.migration.revision)
            .filter(|r| r.state != State::Applied)
            .cloned();
        check_way(step)?;
    }
    Ok(Steps { steps, notes })
}

/// Everything is erased, then recorded as on an empty database. What the rows say is of no interest: this is the way out
/// where they say what cannot be.
fn purge<'g>(
    graph: &'g Graph,
    known: &Graph,
    snapshot: &HistorySnapshot,
    target: &Target,
) -> Result<Steps<'g>> {
    let step = |direction| {
        move |migration| Step { migration, direction, action: Action::Record, resume: None }
    };
    let rows = graph.iter().rev().filter(|m| snapshot.record(m.revision()).is_some());
    let mut steps: Vec<Step<'g>> = rows.map(step(Direction::Down)).collect();
    let stamp = known.stamp(&Applied::new(), std::slice::from_ref(target))?;
    let record = stamp.record.into_iter().filter_map(|m| graph.get(m.revision()));
    steps.extend(record.map(step(Direction::Up)));
    Ok(Steps { steps, notes: Vec::new() })
}

fn check_unknown(
    graph: &Graph,
    snapshot: &HistorySnapshot,
    request: &Request,
    policies: Policies,
    notes: &mut Vec<Note>,
) -> Result<()> {
    // A downgrade works with the stored down sides.
    if request.is_down() {
        return Ok(());
    }
    let missing: Vec<Missing> =
        unknown(graph, snapshot).map(|record| missing(graph, record)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    match policies.unknown_applied {
        UnknownApplied::Error => Err(Error::Missing(missing)),
        UnknownApplied::AllowNewer => {
            let revisions = missing.into_iter().map(|m| m.revision).collect();
            notes.push(Note::NewerSchema { revisions });
            Ok(())
        }
    }
}

/// What is to be said about an applied migration that is not known.
pub(crate) fn missing(graph: &Graph, record: &Record) -> Missing {
    Missing {
        revision: record.revision.clone(),
        name: record.name.clone(),
        applied_at: record.applied_at,
        applied_by: record.applied_by.clone(),
        near: graph.near(&record.revision),
    }
}

/// Whether an applied migration still has the text with which it was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextChange {
    Same,
    /// Comments or white space were edited.
    Reformatted,
    Other,
}

pub(crate) fn compare(migration: &Migration, record: &Record, syntax: &Syntax) -> TextChange {
    if migration.checksum().is(&record.checksum) {
        return TextChange::Same;
    }
    // A row without a checksum was edited by hand, and tells nothing of the text.
    let is_readable = record.checksum.parse::<Checksum>().is_ok();
    let is_reformatted = || record.token_checksum == checksums(migration, syntax).1;
    if is_readable && is_reformatted() { TextChange::Reformatted } else { TextChange::Other }
}

/// A migration to revert may have been edited: its own down side runs, which the history keeps.
fn check_left_changed(mut changed: Vec<Changed>, steps: &[Step<'_>]) -> Result<()> {
    let is_taken_back = |changed: &Changed| {
        let of = |step: &Step<'_>| step.migration.revision == changed.revision && step.runs();
        steps.iter().any(|step| step.direction == Direction::Down && of(step))
    };
    changed.retain(|changed| !is_taken_back(changed));
    if changed.is_empty() { Ok(()) } else { Err(Error::Changed(changed)) }
}

fn changed_in(
    graph: &Graph,
    snapshot: &HistorySnapshot,
    syntax: &Syntax,
    notes: &mut Vec<Note>,
) -> Vec<Changed> {
    let mut changed = Vec::new();
    // An unfinished one may well be edited: its failing statement is what has to be mended.
    for record in snapshot.records.iter().filter(|record| record.state == State::Applied) {
        let Some(migration) = graph.get(&record.revision) else { continue };
        match compare(migration, record, syntax) {
            TextChange::Same => {}
            TextChange::Reformatted => notes.push(Note::Reformatted {
                revision: migration.revision.clone(),
                file: migration.up.file().to_owned(),
            }),
            TextChange::Other => changed.push(self::changed(migration, record)),
        }
    }
    changed
}

pub(crate) fn changed(migration: &Migration, record: &Record) -> Changed {
    Changed {
        revision: record.revision.clone(),
        file: migration.up.file().to_owned(),
        applied: record.checksum.parse().ok(),
        now: migration.checksum(),
    }
}

fn check_order(
    graph: &Graph,
    applied: &Applied,
    up: &[&Migration],
    policies: Policies,
    notes: &mut Vec<Note>,
) -> Result<()> {
    let late = graph.out_of_order(applied);
    if late.is_empty() {
        return Ok(());
    }
    let pending: Vec<Late> = late
        .iter()
        .map(|(late, _)| Late { revision: late.revision.clone(), file: late.up.file().to_owned() })
        .collect();
    match policies.out_of_order {
        OutOfOrder::Error => {
            let mut after: Vec<String> =
                late.iter().map(|(_, after)| after.revision.clone()).collect();
            after.dedup();
            Err(Error::OutOfOrder { pending, applied: after })
        }
        OutOfOrder::Allow => {
            let late: std::collections::HashSet<&str> =
                late.iter().map(|(late, _)| late.revision()).collect();
            if up.iter().any(|step| late.contains(step.revision())) {
                let (revisions, files) =
                    pending.into_iter().map(|late| (late.revision, late.file)).unzip();
                notes.push(Note::OutOfOrder { revisions, files });
            }
            Ok(())
        }
    }
}

/// What is run up to a phase, and a note of what is left: the migrations of a later phase, and those that need them.
pub(crate) fn up_to_phase<'g>(
    graph: &Graph,
    mut up: Vec<&'g Migration>,
    phase: Phase,
) -> (Vec<&'g Migration>, Option<Note>) {
    let is_later = |migration: &Migration| migration.is_after(phase);
    let mut revisions: Vec<String> = Vec::new();
    let mut later = Vec::new();
    // Parents come first, so that one pass finds all that need what is left.
    up.retain(|migration| {
        let needs = |other: &&Migration| revisions.iter().any(|left| left == other.revision());
        let revision = migration.revision();
        let below = || graph.parents(revision).into_iter().chain(graph.dependencies(revision));
        let is_own = is_later(migration);
        if !is_own && !below().any(|other| needs(&other)) {
            return true;
        }
        if is_own {
            later.push(revision.to_owned());
        }
        revisions.push(revision.to_owned());
        false
    });
    let note = (!revisions.is_empty()).then_some(Note::LeftForLater { revisions, later });
    (up, note)
}

/// What is unfinished is neither applied nor pending, so that nothing else is done, or called done, unless a step of the plan
/// ends it.
fn check_unfinished(
    graph: &Graph,
    snapshot: &HistorySnapshot,
    steps: &[Step<'_>],
    phase: Phase,
) -> Result<()> {
    let is_taken_back = |revision: &&String| {
        let down = |s: &Step<'_>| s.direction == Direction::Down;
        steps.iter().any(|step| down(step) && step.migration.revision == **revision)
    };
    for record in snapshot.unfinished() {
        let goes_on = |step: &Step<'_>| {
            step.runs()
                && step.migration.revision == record.revision
                && step.direction == began(record)
        };
        if !steps.iter().any(goes_on) {
            let own = graph.get(&record.revision).filter(|migration| migration.is_after(phase));
            if let Some(own) = own.filter(|_| began(record) == Direction::Up) {
                let problem = format!(
                    "it is of phase {}: finish that upgrade with `Phase::Contract` before anything else is done: the schema is \
                     neither with nor without it",
                    own.phase.unwrap_or(Phase::UNMARKED)
                );
                return Err(left_unfinished(record, problem));
            }
            // A migration that it needs cannot be reverted under it.
            let below = record.parents.iter().chain(&record.depends_on).find(is_taken_back);
            return Err(unfinished(graph, record, below.map(String::as_str)));
        }
    }
    Ok(())
}

/// Which way an unfinished migration was going.
fn began(record: &Record) -> Direction {
    if record.state == State::Upgrading { Direction::Up } else { Direction::Down }
}

/// `below` is a migration that it follows and that was to be reverted.
fn unfinished(graph: &Graph, record: &Record, below: Option<&str>) -> Error {
    let direction = began(record);
    let file = graph.get(&record.revision).map(|migration| migration.up.file());
    let problem = match (file, below) {
        (Some(file), Some(below)) => {
            format!("finish that upgrade ({file}) before {below}, which it follows, is reverted")
        }
        (Some(_), None) => format!(
            "finish that {direction} (another {direction} continues it) before anything else is done: the schema is neither with \
             nor without it"
        ),
        (None, _) => format!(
            "this program does not have it; finish that {direction} with the program (or the files) that began it"
        ),
    };
    left_unfinished(record, problem)
}

/// An earlier run has left it in the middle, and this is why it does not simply continue.
pub(crate) fn left_unfinished(record: &Record, problem: String) -> Error {
    Error::Unfinished(Box::new(Unfinished {
        revision: record.revision.clone(),
        direction: began(record),
        statement: None,
        done: record.statements_done,
        problem,
    }))
}

/// An unfinished migration continues in its own direction; a downgrade needs a down side.
pub(crate) fn check_way(step: &Step<'_>) -> Result<()> {
    let migration = step.migration;
    if let Some(record) = &step.resume {
        let began = began(record);
        if began != step.direction || step.action == Action::Record {
            let problem = format!("finish the {began} before anything else is done with it");
            return Err(left_unfinished(record, problem));
        }
    }
    if step.direction == Direction::Down && step.action == Action::Run && migration.down.is_none() {
        return Err(Error::Irreversible {
            revision: migration.revision.clone(),
            place: migration.place(),
            reason: migration.irreversible.clone(),
        });
    }
    Ok(())
}
