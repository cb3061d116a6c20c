//! What another tool's history means for ours: its rows beside our files. A pure function.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::{
    Adopt, Adopted, Checked,
    tool::{Tool, Version, stem},
};
use crate::{
    database::Row,
    error::{Advice, Error, Result, did_you_mean, some_of},
    graph::Graph,
    migration::Migration,
    note::Note,
    run::{
        history::{HistorySnapshot, State},
        plan::{self, TextChange},
    },
    sql::Syntax,
    timestamp::Timestamp,
};

/// A row of the other tool's history.
#[derive(Debug, Clone, Default)]
struct Foreign {
    version: String,
    name: String,
    success: bool,
    checksum: Option<String>,
    applied_at: Option<Timestamp>,
    duration: Duration,
    kind: String,
}

impl Foreign {
    /// Reads a row of a section of `adopt.sql`.
    fn read(row: &Row) -> Self {
        let text = |column: &str| row.column(column).map(str::to_owned);
        let micros = row.column("duration_us").and_then(|micros| micros.parse().ok());
        Self {
            version: text("version").unwrap_or_default(),
            name: text("name").unwrap_or_default(),
            success: row.column("success") == Some("1"),
            checksum: text("checksum"),
            applied_at: row.column("applied_at").and_then(|time| time.parse().ok()),
            duration: Duration::from_micros(micros.unwrap_or_default()),
            kind: text("kind").unwrap_or_default(),
        }
    }

    /// The version, and the name where there is one.
    fn shown(&self) -> String {
        if self.name.is_empty() {
            self.version.clone()
        } else {
            format!("{} ({})", self.version, self.name)
        }
    }
}

/// What is to be recorded, and what there is to say of it.
#[derive(Debug, Default)]
pub(super) struct Matched<'g> {
    pub(super) record: Vec<(&'g Migration, Adopted)>,
    pub(super) durations: Vec<Duration>,
    /// Revisions that the history has already.
    pub(super) known: Vec<String>,
    /// Versions without a file that are left out.
    pub(super) forgotten: Vec<String>,
    pub(super) notes: Vec<Note>,
}

/// What we look at.
pub(super) struct Input<'g> {
    pub(super) graph: &'g Graph,
    pub(super) snapshot: &'g HistorySnapshot,
    pub(super) syntax: &'g Syntax,
    pub(super) adopt: &'g Adopt,
}

/// What the rows say is applied.
#[derive(Default)]
struct Claims {
    rows: Vec<Foreign>,
    /// All versions up to this one are applied, too.
    up_to: Option<Version>,
    notes: Vec<Note>,
}

impl<'g> Input<'g> {
    /// Finds the migration of each row, checks what can be checked, and says what our history lacks.
    pub(super) fn matched(&self, rows: &[Row]) -> Result<Matched<'g>> {
        let tool = self.adopt.tool;
        let claims = claims(tool, rows.iter().map(Foreign::read).collect())?;
        let mut matched = Matched { notes: claims.notes, ..Matched::default() };
        let index = self.index();
        let mut applied: HashMap<&str, Option<&Foreign>> = HashMap::new();
        let mut unknown = Vec::new();
        for row in &claims.rows {
            match self.find(&index, row)? {
                Some(migration) => {
                    applied.insert(migration.revision(), Some(row));
                }
                None => unknown.push(row),
            }
        }
        self.check_unknown(&unknown, &mut matched)?;
        if let Some(mark) = &claims.up_to {
            for (version, migrations) in &index {
                if version <= mark {
                    for migration in migrations {
                        applied.entry(migration.revision()).or_insert(None);
                    }
                }
            }
        }
        if tool == Tool::Alembic {
            self.add_ancestors(&mut applied);
        }
        self.record(&applied, &mut matched)?;
        self.note_gaps(&mut matched);
        Ok(matched)
    }

    /// Our migrations by the version that this tool reads in their names and revisions.
    fn index(&self) -> HashMap<Version, Vec<&'g Migration>> {
        let mut index: HashMap<Version, Vec<&Migration>> = HashMap::new();
        for migration in self.graph.iter() {
            let names = [stem(migration.up_script().file()), migration.revision()];
            let versions: HashSet<Version> =
                names.iter().filter_map(|name| self.adopt.tool.version(name)).collect();
            for version in versions {
                index.entry(version).or_default().push(migration);
            }
        }
        index
    }

    fn find(
        &self,
        index: &HashMap<Version, Vec<&'g Migration>>,
        row: &Foreign,
    ) -> Result<Option<&'g Migration>> {
        if let Some(migration) = self.graph.get(&row.version) {
            return Ok(Some(migration));
        }
        let found = self.adopt.tool.version(&row.version).and_then(|version| index.get(&version));
        match found.map_or(&[][..], Vec::as_slice) {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            many => {
                let files: Vec<String> =
                    many.iter().map(|migration| migration.up_script().file().to_owned()).collect();
                Err(self.refuse(
                    format!("version {} may be any of {}", row.shown(), some_of(&files, ", ")),
                    Advice::new(
                        "give the one that it is a line `-- ambix: revision` with this version",
                    ),
                ))
            }
        }
    }

    fn check_unknown(&self, unknown: &[&Foreign], matched: &mut Matched<'_>) -> Result<()> {
        // To leave out a head of Alembic's would be to leave out all that it stands for.
        let heads = self.adopt.tool == Tool::Alembic;
        if self.adopt.forget_unknown && !heads {
            matched.forgotten.extend(unknown.iter().map(|row| row.shown()));
            return Ok(());
        }
        if unknown.is_empty() {
            return Ok(());
        }
        let each: Vec<String> = unknown
            .iter()
            .map(|row| format!("{}{}", row.shown(), did_you_mean(&self.graph.near(&row.version))))
            .collect();
        let advice = if heads {
            Advice::new("give the file of each head its revision, with a line `-- ambix: revision`")
        } else {
            Advice::new("restore these files, or leave them out with ")
                .option("forget_unknown", "--forget-unknown")
                .text(" if their changes are in other files by now")
        };
        let problem = format!("it has applied what no migration here is: {}", some_of(&each, ", "));
        Err(self.refuse(problem, advice))
    }

    /// Where a head is applied, so is all that it follows from.
    fn add_ancestors(&self, applied: &mut HashMap<&'g str, Option<&Foreign>>) {
        let mut open: Vec<&str> = applied.keys().copied().collect();
        while let Some(revision) = open.pop() {
            let before = self.graph.parents(revision).into_iter();
            for migration in before.chain(self.graph.dependencies(revision)) {
                if !applied.contains_key(migration.revision()) {
                    applied.insert(migration.revision(), None);
                    open.push(migration.revision());
                }
            }
        }
    }

    /// What our history lacks, in the order of the graph.
    fn record(
        &self,
        applied: &HashMap<&str, Option<&Foreign>>,
        matched: &mut Matched<'g>,
    ) -> Result<()> {
        let mut changed = Vec::new();
        for migration in self.graph.iter() {
            let Some(row) = applied.get(migration.revision()) else { continue };
            let file = migration.up_script().file();
            let checked = match row.and_then(|row| row.checksum.as_deref()) {
                Some(checksum) => {
                    match self.adopt.tool.check(checksum, file, migration.up_script().text()) {
                        Some(true) => Checked::Equal,
                        Some(false) => Checked::Changed,
                        None => Checked::Unknown,
                    }
                }
                None => Checked::Unknown,
            };
            if checked == Checked::Changed && !self.adopt.accept_changed {
                changed.push(format!(
                    "{file} (version {})",
                    row.map_or_else(String::new, |row| row.shown())
                ));
                continue;
            }
            if self.is_known(migration)? {
                matched.known.push(migration.revision().to_owned());
                continue;
            }
            let adopted = Adopted {
                revision: migration.revision().to_owned(),
                name: migration.name().to_owned(),
                file: file.to_owned(),
                version: row.map(|row| row.version.clone()),
                checksum: checked,
                applied_at: row.and_then(|row| row.applied_at),
            };
            matched.durations.push(row.map(|row| row.duration).unwrap_or_default());
            matched.record.push((migration, adopted));
        }
        if changed.is_empty() {
            return Ok(());
        }
        Err(self.refuse(
            format!(
                "by its checksums the text of {} is not what it has applied",
                some_of(&changed, ", ")
            ),
            Advice::new("restore the text, or take it as it is with ")
                .option("accept_changed", "--accept-changed")
                .text(" if the database is as it says"),
        ))
    }

    /// Whether our history has the migration, and has it as it is here.
    fn is_known(&self, migration: &Migration) -> Result<bool> {
        let Some(record) = self.snapshot.record(migration.revision()) else { return Ok(false) };
        if record.state != State::Applied {
            return Err(self.refuse(
                format!(
                    "it has applied {}, which our history has as {}",
                    migration.revision(),
                    record.state
                ),
                Advice::new("repair our history first, with repair"),
            ));
        }
        if plan::compare(migration, record, self.syntax) == TextChange::Other {
            return Err(Error::Changed(vec![plan::changed(migration, record)]));
        }
        Ok(true)
    }

    /// Says which migrations a run would find out of order.
    fn note_gaps(&self, matched: &mut Matched<'_>) {
        let mut applied = self.snapshot.applied();
        let before: HashSet<String> = self
            .graph
            .out_of_order(&applied)
            .iter()
            .map(|(late, _)| late.revision().to_owned())
            .collect();
        applied.extend(matched.record.iter().map(|(migration, _)| migration.revision().to_owned()));
        for (late, after) in self.graph.out_of_order(&applied) {
            if !before.contains(late.revision()) {
                matched.notes.push(Note::NotAdopted {
                    revision: late.revision().to_owned(),
                    before: after.revision().to_owned(),
                    tool: self.adopt.tool.name(),
                });
            }
        }
    }

    fn refuse(&self, problem: String, advice: Advice) -> Error {
        Error::NotAdopted { tool: self.adopt.tool.name(), problem, advice }
    }
}

/// What the rows mean, as the tool reads them.
fn claims(tool: Tool, rows: Vec<Foreign>) -> Result<Claims> {
    let failed: Vec<String> = rows.iter().filter(|row| !row.success).map(Foreign::shown).collect();
    if !failed.is_empty() {
        let how = if tool == Tool::GolangMigrate { "is dirty" } else { "did not succeed" };
        return Err(Error::NotAdopted {
            tool: tool.name(),
            problem: format!(
                "version {} {how}: it was begun and not ended",
                some_of(&failed, ", ")
            ),
            advice: Advice::new(format!(
                "complete it or undo it by hand, let {tool} know, and begin again"
            )),
        });
    }
    match tool {
        Tool::Flyway => Ok(flyway(rows)),
        Tool::GolangMigrate => {
            let up_to = rows.iter().filter_map(|row| tool.version(&row.version)).max();
            Ok(Claims { rows, up_to, notes: Vec::new() })
        }
        _ => Ok(Claims { rows, ..Claims::default() }),
    }
}

/// Flyway's history is a log: a later row may undo an earlier one.
fn flyway(rows: Vec<Foreign>) -> Claims {
    let mut claims = Claims::default();
    for row in rows {
        let version = Tool::Flyway.version(&row.version);
        let same = |other: &Foreign| Tool::Flyway.version(&other.version) == version;
        match row.kind.as_str() {
            "SCHEMA" => {}
            "BASELINE" => {
                let tool = Tool::Flyway.name();
                claims.notes.push(Note::Baseline { version: row.version.clone(), tool });
                claims.up_to = claims.up_to.max(version);
            }
            // A file that stands for all before it.
            "SQL_BASELINE" | "BASELINE_SQL" => claims.up_to = claims.up_to.max(version),
            "DELETE" => claims.rows.retain(|other| !same(other)),
            kind if kind.starts_with("UNDO") => claims.rows.retain(|other| !same(other)),
            _ if row.version.is_empty() => {
                let note = Note::Repeatable { name: row.name.clone() };
                if !claims.notes.contains(&note) {
                    claims.notes.push(note);
                }
            }
            _ => {
                claims.rows.retain(|other| !same(other));
                claims.rows.push(row);
            }
        }
    }
    claims
}
