//! The history table: its rows, and the SQL that reads and writes them.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::OnceLock,
    time::Duration,
};

use crate::{
    database::{Columns, Dialect, HistoryStatements, HistoryTable, Row, fence_name, fill},
    error::{Advice, Error, Place, Result, some_of},
    graph::Applied,
    migration::{Checksum, Migration},
    sql::Syntax,
    timestamp::Timestamp,
};

/// The layout of the tables that this version writes. A greater one in a database is refused.
pub(crate) const LAYOUT: i64 = 1;

/// How far a migration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum State {
    /// Done.
    Applied,
    /// Its up side was begun and not ended.
    Upgrading,
    /// Its down side was begun and not ended.
    Downgrading,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Upgrading => "upgrading",
            Self::Downgrading => "downgrading",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Applied, Self::Upgrading, Self::Downgrading].into_iter().find(|s| s.name() == name)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One row: a migration that the database has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Record {
    /// The revision.
    pub revision: String,
    /// The migration's name.
    pub name: String,
    /// The revisions that it followed when it was applied.
    pub parents: Vec<String>,
    /// The revisions that it depended on.
    pub depends_on: Vec<String>,
    /// The checksum with which it was applied.
    pub checksum: String,
    /// How far it is.
    pub state: State,
    /// When it was applied, by the database's clock; none if the row has no time that can be read.
    pub applied_at: Option<Timestamp>,
    /// How long it took, in microseconds by the database's clock.
    pub duration_us: u64,
    /// The program, its version and host.
    pub applied_by: String,
    /// How many statements are done; of meaning only while it is unfinished.
    pub statements_done: u32,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) flags: String,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) token_checksum: String,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) done_hash: String,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) doubt_hash: String,
}

/// What the `list` query says of a migration. Of these, `fast` brings the first three.
#[rustfmt::skip]
pub(crate) const LISTED: [&str; 14] = [
    "revision", "checksum", "state", "name", "parents", "depends_on", "flags", "token_checksum", "statements_done", "done_hash",
    "doubt_hash", "applied_at", "duration_us", "applied_by",
];

impl Record {
    /// Reads the values of [`LISTED`].
    fn read(values: [Option<&str>; LISTED.len()]) -> Self {
        #[rustfmt::skip]
        let [
            revision, checksum, state, name, parents, depends_on, flags, token_checksum, statements_done, done_hash, doubt_hash, applied_at,
            duration_us, applied_by,
        ] = values;
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let number = |value: Option<&str>| value.and_then(|v| v.parse().ok()).unwrap_or_default();
        let list = |value: Option<&str>| {
            let items = value.unwrap_or_default().split(',').filter(|item| !item.is_empty());
            items.map(str::to_owned).collect()
        };
        Self {
            revision: text(revision),
            checksum: text(checksum),
            // Whatever else it says, it is not applied; `HistorySnapshot::checked` refuses it.
            state: state.and_then(State::named).unwrap_or(State::Upgrading),
            name: text(name),
            parents: list(parents),
            depends_on: list(depends_on),
            flags: text(flags),
            token_checksum: text(token_checksum),
            statements_done: u32::try_from(number(statements_done)).unwrap_or(u32::MAX),
            done_hash: text(done_hash),
            doubt_hash: text(doubt_hash),
            applied_at: applied_at.and_then(|time| time.parse().ok()),
            duration_us: number(duration_us),
            applied_by: text(applied_by),
        }
    }

    /// The revisions that it stands for.
    pub(crate) fn replaces(&self) -> impl Iterator<Item = &str> {
        let list = self.flags.split("; ").find_map(|flag| flag.strip_prefix("replaces "));
        list.into_iter().flat_map(|list| list.split(','))
    }

    /// The migration as the history knows it, for a program that does not have its file.
    pub(crate) fn to_migration(&self, down: Option<&str>) -> Migration {
        let file = Place::stored(&self.revision);
        let mut migration =
            Migration::new(self.revision.clone(), self.name.clone()).parents(self.parents.clone());
        migration.depends_on.revisions.clone_from(&self.depends_on);
        migration.up = crate::migration::Script::new(file.clone(), "");
        migration.down = down.map(|down| crate::migration::Script::new(file, down));
        migration.transaction = !self.flags.contains("transaction none");
        migration.down_transaction = !self.flags.contains("transaction none");
        migration.foreign_keys = !self.flags.contains("foreign-keys off");
        migration.replaces.revisions = self.replaces().map(str::to_owned).collect();
        migration
    }
}

/// What the database says it has.
#[derive(Debug, Clone, Default)]
pub(crate) struct HistorySnapshot {
    /// Whether there is a history table.
    pub(crate) exists: bool,
    pub(crate) epoch: i64,
    /// Who raised the epoch last.
    pub(crate) holder: String,
    pub(crate) records: Vec<Record>,
    /// How many rows the table of the lock has, which has one.
    lock_rows: usize,
    /// Rows that ambix has not written: an invalid state, a revision that occurs twice.
    damage: Vec<String>,
    /// Where in the records a revision is; made when it is first asked for, since a no-op start never asks.
    index: OnceLock<HashMap<String, usize>>,
}

impl HistorySnapshot {
    /// Reads the rows of `list`, or what of them `fast` brings.
    pub(crate) fn read(rows: &[Row], table: &HistoryTable) -> Result<Self> {
        let mut snapshot = Self::head(rows, table)?;
        snapshot.lock_rows = rows.iter().filter(|row| row.tag() == "meta").count();
        if snapshot.lock_rows > 1 {
            // One server reads the history once for each of them.
            return Ok(snapshot);
        }
        let mut listed = Columns::new(LISTED);
        for row in rows.iter().filter(|row| row.tag() == "row") {
            snapshot.add(listed.read(row), true);
        }
        for [revision, checksum, state] in short_rows(rows) {
            let mut values = [None; LISTED.len()];
            values[..3].copy_from_slice(&[Some(revision), Some(checksum), Some(state)]);
            snapshot.add(values, false);
        }
        let mut seen = HashSet::new();
        let twice = snapshot.records.iter().filter(|record| !seen.insert(&record.revision));
        let twice: Vec<String> =
            twice.map(|record| format!("revision {} is in it twice", record.revision)).collect();
        snapshot.damage.extend(twice);
        Ok(snapshot)
    }

    /// Adds the record of a row, whole or as the quick look brings it.
    fn add(&mut self, values: [Option<&str>; LISTED.len()], is_whole: bool) {
        let [revision, checksum, state, _, _, _, _, _, done, ..] = values;
        let [revision, state, done] = [revision, state, done].map(Option::unwrap_or_default);
        if revision.is_empty() {
            self.damage.push("a row of it has no revision".to_owned());
        } else if state.is_empty() {
            self.damage.push(format!("revision {revision} has no state"));
        } else if checksum.is_none() {
            // No text has that checksum, so that the file would seem to be edited.
            self.damage.push(format!("revision {revision} has no checksum"));
        } else if State::named(state).is_none() {
            self.damage.push(format!("revision {revision} has the state {state:?}"));
        } else if state != State::Applied.name() && is_whole && done.parse::<u32>().is_err() {
            // Taken for none, those that are done would run again.
            self.damage.push(format!(
                "revision {revision} is {state}, and {done:?} is no number of statements that are done"
            ));
        }
        self.records.push(Record::read(values));
    }

    /// Refuses rows that ambix has not written: the table was altered, or its rows were edited.
    ///
    /// # Errors
    /// [`Error::History`], with what was found.
    pub(crate) fn checked(self, table: &HistoryTable) -> Result<Self> {
        if self.lock_rows > 1 {
            let lock = format!("{table}_lock");
            return Err(Error::History {
                table: table.to_string(),
                problem: format!(
                    "cannot be used: {lock} beside it has {} rows instead of one; nothing was run",
                    self.lock_rows
                ),
                advice: Advice::new(format!(
                    "delete all rows of {lock} but the one with the highest epoch, and restore its primary key"
                )),
                source: None,
            });
        }
        if self.damage.is_empty() {
            return Ok(self);
        }
        Err(Error::History {
            table: table.to_string(),
            problem: format!(
                "cannot be read: {}; a migration is in it once, as applied, upgrading or downgrading; nothing was run",
                some_of(&self.damage, ", ")
            ),
            advice: Advice::new(
                "correct these rows by hand, and restore the primary key and the constraints of the table if they are gone; or, if \
                 you know at which revision the schema is, rewrite all of it with ",
            )
            .verb("stamp_purge", "stamp --purge REVISION"),
            source: None,
        })
    }

    /// The part before the rows. Without it there is no fence, so that creating the tables has to create it again.
    pub(crate) fn head(rows: &[Row], table: &HistoryTable) -> Result<Self> {
        let mut snapshot = Self::default();
        for row in rows.iter().filter(|row| row.tag() == "meta") {
            let number = |name: &str| row.column(name).and_then(|v| v.parse().ok());
            let Some(layout) = number("layout") else { continue };
            if layout > LAYOUT {
                return Err(Error::NewerLayout { table: table.to_string(), layout, known: LAYOUT });
            }
            snapshot.exists = true;
            snapshot.epoch = number("epoch").unwrap_or_default();
            snapshot.holder = row.text("holder").to_owned();
        }
        Ok(snapshot)
    }

    /// Whether nothing was ever run with this history, or there is none. Making its tables raises the epoch once; what was run and
    /// reverted has raised it twice.
    pub(crate) fn is_unused(&self) -> bool {
        self.records.is_empty() && self.epoch <= 1
    }

    /// The revisions that are applied: what is unfinished is not, whichever way it was going.
    pub(crate) fn applied(&self) -> Applied {
        self.revisions(|state| state == State::Applied)
    }

    /// The revisions that a downgrade has to revert: the applied ones, and those that are already being reverted.
    pub(crate) fn to_revert(&self) -> Applied {
        self.revisions(|state| state != State::Upgrading)
    }

    fn revisions(&self, of: impl Fn(State) -> bool) -> Applied {
        let records = self.records.iter().filter(|record| of(record.state));
        records.map(|record| record.revision.clone()).collect()
    }

    pub(crate) fn unfinished(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|record| record.state != State::Applied)
    }

    pub(crate) fn record(&self, revision: &str) -> Option<&Record> {
        let index = self.index.get_or_init(|| {
            self.records
                .iter()
                .enumerate()
                .map(|(at, record)| (record.revision.clone(), at))
                .collect()
        });
        index.get(revision).map(|&at| &self.records[at])
    }
}

/// Revision, checksum and state of each row, as `fast` brings them: a row by itself; all rows in one text, since a row costs a
/// driver more than the text in it; or behind the head, a text for each of the three, where joining texts is what costs.
pub(crate) fn short_rows(rows: &[Row]) -> impl Iterator<Item = [&str; 3]> {
    let mut short = Columns::new(["revision", "checksum", "state"]);
    rows.iter().flat_map(move |row| {
        let lines = |name: &str| row.find(name).into_iter().flat_map(|text| text.split('\n'));
        let one = (row.tag() == "short").then(|| short.read(row).map(Option::unwrap_or_default));
        let all = (row.tag() == "rows").then(|| lines("lines")).into_iter().flatten().map(|line| {
            // The state is the rest of the line: one that continues after its first word is not that word.
            let mut words = line.splitn(3, ' ');
            [(); 3].map(|()| words.next().unwrap_or_default())
        });
        let columns = (row.tag() == "meta")
            .then(|| lines("revisions").zip(lines("checksums")).zip(lines("states")));
        let columns = columns.into_iter().flatten().map(|((a, b), c)| [a, b, c]);
        one.into_iter().chain(all).chain(columns)
    })
}

/// A row's content when a step ends or begins.
pub(crate) struct HistoryRow<'e> {
    pub(crate) migration: &'e Migration,
    pub(crate) parents: Vec<&'e str>,
    pub(crate) depends_on: Vec<&'e str>,
    pub(crate) applied_by: &'e str,
}

/// How far a step is whose work is not all in one transaction.
pub(crate) struct StepRecord<'p> {
    pub(crate) state: State,
    pub(crate) done: usize,
    /// The hash of what is done, by which a later run knows that the file still begins with it.
    pub(crate) done_hash: &'p str,
    /// The hash of the statement that runs now and cannot be rolled back; empty where there is none.
    pub(crate) doubt_hash: &'p str,
}

/// Writes the SQL of the history table.
#[derive(Debug, Clone)]
pub(crate) struct HistorySql {
    dialect: &'static dyn Dialect,
    history: String,
    lock: String,
    fence: String,
    schema: String,
}

impl HistorySql {
    pub(crate) fn new(dialect: &'static dyn Dialect, table: &HistoryTable) -> Self {
        let qualified = |name: &str| match &table.schema {
            Some(schema) => format!("{}.{}", dialect.quote(schema), dialect.quote(name)),
            None => dialect.quote(name),
        };
        Self {
            dialect,
            history: qualified(&table.name),
            lock: qualified(&format!("{}_lock", table.name)),
            fence: dialect.quote(&fence_name(&table.name)),
            schema: table.schema.as_deref().map(|schema| dialect.quote(schema)).unwrap_or_default(),
        }
    }

    /// A statement with the names of the tables and these values in it.
    fn fill(&self, statement: &str, values: &[(&str, &str)]) -> String {
        let mut all =
            vec![("history", self.history.as_str()), ("lock", &self.lock), ("fence", &self.fence)];
        all.extend_from_slice(values);
        fill(statement, &all)
    }

    fn statements(&self) -> &'static HistoryStatements {
        self.dialect.history()
    }

    pub(crate) fn create_schema(&self) -> String {
        self.fill(self.statements().create_schema, &[("schema", &self.schema)])
    }

    pub(crate) fn create(&self) -> String {
        self.fill(self.statements().create, &[("layout", &LAYOUT.to_string())])
    }

    pub(crate) fn fast(&self) -> String {
        self.fill(self.statements().fast, &[])
    }

    /// The number that stands for all rows but those of what was squashed; only where the server can say it.
    pub(crate) fn digest(&self, squashed: Vec<&str>) -> Option<String> {
        let statements = self.statements().digest.as_ref()?;
        let (left_out, distinct) = if squashed.is_empty() {
            (String::new(), String::new())
        } else {
            let revisions = self.literals(squashed);
            let left_out = self.fill(statements.left_out, &[("revisions", &revisions)]);
            (left_out, self.fill(statements.distinct, &[]))
        };
        let values = [("left_out", left_out.as_str()), ("distinct", &distinct)];
        Some(self.fill(statements.digest, &values))
    }

    pub(crate) fn list(&self) -> String {
        self.fill(self.statements().list, &[])
    }

    /// The `meta` row alone, which every layout has.
    pub(crate) fn meta(&self) -> String {
        format!("SELECT 'meta' AS ambix, layout, epoch, holder FROM {}", self.lock)
    }

    /// Succeeds where there is any table of the history's name.
    pub(crate) fn any(&self) -> String {
        format!("SELECT 'any' AS ambix FROM {} WHERE 1 = 0", self.history)
    }

    pub(crate) fn down(&self, revisions: &[&str]) -> String {
        self.fill(
            self.statements().down,
            &[("revisions", &self.literals(revisions.iter().copied()))],
        )
    }

    fn literals<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> String {
        texts.into_iter().map(|text| self.dialect.literal(text)).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn raise(&self, epoch: i64, holder: &str) -> String {
        self.fill(
            self.statements().raise,
            &[("epoch", &epoch.to_string()), ("holder", &self.dialect.literal(holder))],
        )
    }

    /// For a script that runs without knowing the epoch.
    pub(crate) fn raise_offline(&self) -> String {
        format!("UPDATE {} SET epoch = epoch + 1, holder = 'an offline script';", self.lock)
    }

    pub(crate) fn fence(&self, epoch: i64) -> String {
        self.fill(self.statements().fence, &[("epoch", &epoch.to_string())])
    }

    pub(crate) fn clock(&self) -> String {
        self.fill(self.statements().clock, &[])
    }

    /// The SQL expression for the time since `clock`, or a number where the client measured it.
    fn duration(&self, measured: Option<Duration>) -> String {
        match measured {
            Some(measured) => measured.as_micros().to_string(),
            None => self.fill(self.statements().duration, &[]),
        }
    }

    pub(crate) fn insert(
        &self,
        entry: &HistoryRow<'_>,
        progress: &StepRecord<'_>,
        duration: Option<Duration>,
    ) -> String {
        let literal = |text: &str| self.dialect.literal(text);
        let migration = entry.migration;
        let (checksum, tokens) = checksums(migration, self.dialect.syntax());
        let values = [
            ("revision", literal(&migration.revision)),
            ("name", literal(&migration.name)),
            ("parents", literal(&entry.parents.join(","))),
            ("depends_on", literal(&entry.depends_on.join(","))),
            ("flags", literal(&flags(migration))),
            ("checksum", literal(&checksum)),
            ("token_checksum", literal(&tokens)),
            ("down", self.down_side(migration)),
            ("state", literal(progress.state.name())),
            ("statements_done", progress.done.to_string()),
            ("done_hash", literal(progress.done_hash)),
            ("doubt_hash", literal(progress.doubt_hash)),
            ("duration", self.duration(duration)),
            ("applied_by", literal(entry.applied_by)),
        ];
        self.filled(self.statements().insert, &values)
    }

    /// The down side of a migration, as SQL.
    fn down_side(&self, migration: &Migration) -> String {
        let down = migration.down.as_ref();
        down.map_or_else(|| "NULL".to_owned(), |down| self.dialect.literal(down.text()))
    }

    /// Ends an upgrade that began with an unfinished row.
    pub(crate) fn finish(&self, migration: &Migration, done: usize, duration: Duration) -> String {
        let literal = |text: &str| self.dialect.literal(text);
        let (checksum, tokens) = checksums(migration, self.dialect.syntax());
        let values = [
            ("revision", literal(&migration.revision)),
            ("checksum", literal(&checksum)),
            ("token_checksum", literal(&tokens)),
            ("down", self.down_side(migration)),
            ("statements_done", done.to_string()),
            ("duration", self.duration(Some(duration))),
        ];
        self.filled(self.statements().finish, &values)
    }

    /// Records the present text of a migration, and that it is applied; of its down side, too, where that was accepted.
    pub(crate) fn restamp(&self, migration: &Migration, with_down: bool) -> String {
        let literal = |text: &str| self.dialect.literal(text);
        let (checksum, tokens) = checksums(migration, self.dialect.syntax());
        let down = self.down_side(migration);
        let down = if with_down { format!(" down = {down},") } else { String::new() };
        format!(
            "UPDATE {} SET state = 'applied', checksum = {}, token_checksum = {},{down} doubt_hash = '' WHERE revision = {}",
            self.history,
            literal(&checksum),
            literal(&tokens),
            literal(&migration.revision),
        )
    }

    /// Writes the flags of a row.
    pub(crate) fn flag(&self, revision: &str, flags: &str) -> String {
        let [revision, flags] = [revision, flags].map(|text| self.dialect.literal(text));
        format!("UPDATE {} SET flags = {flags} WHERE revision = {revision}", self.history)
    }

    /// Gives a row the time at which another tool applied its migration.
    pub(crate) fn backdate(&self, revision: &str, time: Timestamp) -> String {
        let values = [
            ("revision", self.dialect.literal(revision)),
            ("time", self.dialect.literal(&time.to_string())),
        ];
        self.filled(self.statements().backdate, &values)
    }

    /// Deletes the row of a migration, and before it the rows of what it stands for: while one of those were left, it would
    /// count as applied.
    pub(crate) fn erase(&self, migration: &Migration, duration: Option<Duration>) -> String {
        let delete = self.delete(&migration.revision, duration);
        let replaced = &migration.replaces.revisions;
        if replaced.is_empty() {
            return delete;
        }
        let replaced = self.literals(replaced.iter().map(String::as_str));
        format!("DELETE FROM {} WHERE revision IN ({replaced});\n{delete}", self.history)
    }

    pub(crate) fn delete(&self, revision: &str, duration: Option<Duration>) -> String {
        let values =
            [("revision", self.dialect.literal(revision)), ("duration", self.duration(duration))];
        self.filled(self.statements().delete, &values)
    }

    pub(crate) fn progress(&self, revision: &str, progress: &StepRecord<'_>) -> String {
        let literal = |text: &str| self.dialect.literal(text);
        let values = [
            ("revision", literal(revision)),
            ("state", literal(progress.state.name())),
            ("statements_done", progress.done.to_string()),
            ("done_hash", literal(progress.done_hash)),
            ("doubt_hash", literal(progress.doubt_hash)),
        ];
        self.filled(self.statements().progress, &values)
    }

    fn filled(&self, statement: &str, values: &[(&str, String)]) -> String {
        let values: Vec<(&str, &str)> =
            values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.fill(statement, &values)
    }
}

/// Both checksums, as they are stored.
pub(crate) fn checksums(migration: &Migration, syntax: &Syntax) -> (String, String) {
    (migration.checksum().to_string(), Checksum::of_tokens(migration.up.text(), syntax).to_string())
}

/// The directives that a program without the file needs to run the down side.
fn flags(migration: &Migration) -> String {
    let mut flags = Vec::new();
    if !(migration.transaction && migration.down_transaction) {
        flags.push("transaction none".to_owned());
    }
    if !migration.foreign_keys {
        flags.push("foreign-keys off".to_owned());
    }
    if !migration.replaces.revisions.is_empty() {
        flags.push(format!("replaces {}", migration.replaces.revisions.join(",")));
    }
    flags.join("; ")
}
