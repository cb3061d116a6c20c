//! Taking over the history of another tool: what it has applied is recorded in ours, and nothing is run.

mod matching;
mod tool;

use std::fmt;

use self::matching::{Input, Matched};
pub use self::tool::Tool;
use super::{
    Migrator,
    run_loop::{RunIdentity, only_error},
};
use crate::{
    database::{Connector, Dialect, HistoryTable, Row, Session, fill},
    error::{Advice, Error, Result},
    note::Note,
    run::{
        execute::{Interruption, Runner},
        history::{HistoryRow, HistorySnapshot, State, StepRecord},
    },
    timestamp::Timestamp,
};

/// Whose history to take over, and how. A [`Tool`] alone will do.
///
/// ```
/// use ambix::adopt::{Adopt, Tool};
/// let adopt = Adopt::from(Tool::Sqlx).table("app._sqlx_migrations").dry_run(true);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopt {
    tool: Tool,
    table: Option<String>,
    dry_run: bool,
    accept_changed: bool,
    forget_unknown: bool,
    once: bool,
}

impl From<Tool> for Adopt {
    fn from(tool: Tool) -> Self {
        Self {
            tool,
            table: None,
            dry_run: false,
            accept_changed: false,
            forget_unknown: false,
            once: false,
        }
    }
}

impl Adopt {
    /// The other tool's history table, where it is not [`Tool::history_table`]; a schema may stand before it, with a dot.
    #[must_use]
    pub fn table(mut self, name: impl Into<String>) -> Self {
        self.table = Some(name.into());
        self
    }

    /// Only says what would be recorded, without a lock.
    #[must_use]
    pub fn dry_run(mut self, yes: bool) -> Self {
        self.dry_run = yes;
        self
    }

    /// Takes files for applied whose text is not what the tool has applied: the database is as the files say. Without it
    /// that is an error.
    #[must_use]
    pub fn accept_changed(mut self, yes: bool) -> Self {
        self.accept_changed = yes;
        self
    }

    /// Leaves out what the tool has applied and no migration here is. Without it that is an error.
    #[must_use]
    pub fn forget_unknown(mut self, yes: bool) -> Self {
        self.forget_unknown = yes;
        self
    }

    /// For a program that asks whenever it starts: there is nothing to do where the tool has no history table, which a new
    /// database never had, nor where ours exists, since what was downgraded with ambix must not be taken over once more.
    #[must_use]
    pub fn once(mut self, yes: bool) -> Self {
        self.once = yes;
        self
    }
}

impl Adopt {
    fn table_name(&self) -> &str {
        self.table.as_deref().unwrap_or_else(|| self.tool.history_table())
    }
}

/// Whether the text that the tool has applied is that of the file here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Checked {
    /// It is, by the tool's checksum.
    Equal,
    /// It is not, and [`Adopt::accept_changed`] says that this is right.
    Changed,
    /// The tool keeps no checksum that could tell.
    Unknown,
}

/// A migration that was taken over. Part of [`AdoptReport`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Adopted {
    /// The revision.
    pub revision: String,
    /// The migration's name.
    pub name: String,
    /// Its up file.
    pub file: String,
    /// The version in the tool's history; none where the tool implies it (what comes before a head, a mark or a baseline).
    pub version: Option<String>,
    /// Whether its text is what the tool has applied.
    pub checksum: Checked,
    /// When the tool applied it, if it says so.
    pub applied_at: Option<Timestamp>,
}

/// What [`Migrator::adopt`] has recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AdoptReport {
    /// The tool.
    pub tool: Tool,
    /// Its history table.
    pub table: String,
    /// Whether this is only what would be recorded.
    pub dry_run: bool,
    /// The migrations that are recorded, in order. Empty where there was nothing to do.
    pub adopted: Vec<Adopted>,
    /// The revisions that the tool has applied and our history had already.
    pub known: Vec<String>,
    /// What the tool has applied and no migration here is; only with [`Adopt::forget_unknown`].
    pub forgotten: Vec<String>,
    /// What a person should know.
    pub notes: Vec<Note>,
}

impl AdoptReport {
    /// Whether there was nothing to record.
    #[must_use]
    pub fn is_noop(&self) -> bool {
        self.adopted.is_empty()
    }

    /// The notes, with what was left out.
    pub(crate) fn all_notes(&self) -> impl Iterator<Item = Note> {
        let forgotten = self.forgotten.iter();
        forgotten
            .map(|version| Note::Forgotten { version: version.clone() })
            .chain(self.notes.iter().cloned())
    }

    /// One sentence for all of it.
    pub(crate) fn summary(&self) -> String {
        let Self { tool, table, .. } = self;
        let count = |count: usize| match count {
            1 => "1 migration".to_owned(),
            count => format!("{count} migrations"),
        };
        match (self.adopted.len(), self.known.len()) {
            (0, 0) if self.notes.is_empty() => {
                format!("nothing to do: there is nothing in a table {table} of {tool}")
            }
            (0, 0) => "nothing to do".to_owned(),
            (0, known) => {
                format!("nothing to do: the history has what {tool} has applied ({})", count(known))
            }
            (new, _) if self.dry_run => {
                format!("{} of {tool} would be taken over, from its table {table}", count(new))
            }
            (new, _) => {
                format!(
                    "{} of {tool} taken over, from its table {table}; nothing was run",
                    count(new)
                )
            }
        }
    }
}

impl fmt::Display for AdoptReport {
    /// One line for each migration, then the notes, then what it was.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.dry_run { "would record" } else { "recorded" };
        for adopted in &self.adopted {
            writeln!(f, "{verb} {adopted}")?;
        }
        for note in self.all_notes() {
            writeln!(f, "note: {note}")?;
        }
        f.write_str(&self.summary())
    }
}

impl fmt::Display for Adopted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.revision)?;
        if !self.name.is_empty() {
            write!(f, ", {}", self.name)?;
        }
        f.write_str(match self.checksum {
            Checked::Equal => " (checksum equal",
            Checked::Changed => " (checksum differs",
            Checked::Unknown => " (checksum not known",
        })?;
        match &self.applied_at {
            Some(time) => write!(f, ", applied {time})"),
            None => f.write_str(")"),
        }
    }
}

impl Migrator {
    pub(super) async fn adopt_on(
        &self,
        connector: &mut (dyn Connector + '_),
        adopt: &Adopt,
    ) -> Result<AdoptReport> {
        if adopt.dry_run {
            return self.adopt_look(connector, adopt).await;
        }
        // Many programs may ask at each start, and only the first has something to do.
        if let Some(report) = settled(adopt, &self.snapshot(connector).await?) {
            return Ok(report);
        }
        let mut migrator = self.clone();
        // An older program with the same migrations waits until their history is ours.
        migrator.options.lock.exclude_sqlx |= adopt.tool == Tool::Sqlx;
        migrator.adopt_locked(connector, adopt).await
    }

    /// What there is to record, without a lock.
    async fn adopt_look(
        &self,
        connector: &mut (dyn Connector + '_),
        adopt: &Adopt,
    ) -> Result<AdoptReport> {
        let dialect = connector.dialect();
        let snapshot = self.snapshot(connector).await?;
        if let Some(report) = settled(adopt, &snapshot) {
            return Ok(report);
        }
        let application = self.options.process.on_server();
        let mut session = connector.quick(&application).await?;
        let read = self.read_foreign(&mut *session, dialect, adopt).await;
        session.close().await;
        let (table, rows) = read.map_err(only_error)?;
        Ok(report(adopt, table, self.matched(dialect, &snapshot, adopt, &rows)?))
    }

    async fn adopt_locked(
        &self,
        connector: &mut (dyn Connector + '_),
        adopt: &Adopt,
    ) -> Result<AdoptReport> {
        let names = RunIdentity::adopting(&self.options.process, adopt.tool.name());
        let Some(mut locked) = self.lock_alone(connector, false, &names).await? else {
            return Ok(report(adopt, String::new(), Matched::default()));
        };
        let result = self.write_adopted(&mut locked.runner, &locked.snapshot, adopt).await;
        self.unlock(locked, result).await.map_err(only_error)
    }

    /// Reads, matches, and records it all in one transaction.
    async fn write_adopted(
        &self,
        runner: &mut Runner<'_, '_>,
        snapshot: &HistorySnapshot,
        adopt: &Adopt,
    ) -> Result<AdoptReport, Interruption> {
        if let Some(report) = settled(adopt, snapshot) {
            return Ok(report);
        }
        let (table, rows) = self.read_foreign(&mut *runner.session, runner.dialect, adopt).await?;
        let matched = self.matched(runner.dialect, snapshot, adopt, &rows)?;
        if !matched.record.is_empty() {
            let mut sql = Vec::new();
            for ((migration, adopted), duration) in matched.record.iter().zip(&matched.durations) {
                let revision = migration.revision();
                let entry = HistoryRow {
                    migration,
                    parents: self.graph.parents(revision).iter().map(|m| m.revision()).collect(),
                    depends_on: self
                        .graph
                        .dependencies(revision)
                        .iter()
                        .map(|m| m.revision())
                        .collect(),
                    applied_by: runner.applied_by,
                };
                let applied =
                    StepRecord { state: State::Applied, done: 0, done_hash: "", doubt_hash: "" };
                sql.push(runner.history.insert(&entry, &applied, Some(*duration)));
                if let Some(time) = adopted.applied_at {
                    sql.push(runner.history.backdate(revision, time));
                }
            }
            runner.create_outside().await?;
            let written = runner.write(|runner, message| runner.add(message, sql.clone())).await;
            written
                .map_err(|failure| Interruption::of(failure, "recording what was taken over"))?;
        }
        Ok(report(adopt, table, matched))
    }

    /// The rows of the other tool's history table, and the table's name.
    async fn read_foreign(
        &self,
        session: &mut dyn Session,
        dialect: &'static dyn Dialect,
        adopt: &Adopt,
    ) -> Result<(String, Vec<Row>), Interruption> {
        let refuse = |problem: String, advice: Advice| {
            Interruption::Error(Error::NotAdopted { tool: adopt.tool.name(), problem, advice })
        };
        let reading = |failure| Interruption::of(failure, "reading the history of the other tool");
        let given = adopt.table_name();
        for table in self.foreign_tables(given) {
            let rows = session
                .run(&foreign_sql(dialect, dialect.adopt_queries().columns, &table))
                .await
                .map_err(reading)?;
            let name = |row: &Row| row.column("name").map(str::to_owned);
            let columns: Vec<String> = rows.iter().filter_map(name).collect();
            if columns.is_empty() {
                continue;
            }
            let found = Tool::of_columns(&columns);
            if found != Some(adopt.tool) {
                let problem = format!(
                    "the table {table} is not its own: it has the columns {}",
                    columns.join(", ")
                );
                let advice = found.map_or_else(
                    || {
                        Advice::new("say with ")
                            .option("table", "--table")
                            .text(" which table is its history")
                    },
                    |tool| {
                        Advice::new(format!(
                            "these are the columns of {tool}: take the history over from {tool}"
                        ))
                    },
                );
                return Err(refuse(problem, advice));
            }
            let Some(query) = dialect.adopt_queries().rows_of(adopt.tool.name()) else {
                return Err(refuse(
                    format!("its history cannot be read on {}", dialect.name()),
                    Advice::new("record what is applied with ").verb("stamp", "stamp REVISION"),
                ));
            };
            let rows = session.run(&foreign_sql(dialect, query, &table)).await.map_err(reading)?;
            let rows = rows.into_iter().filter(|row| row.tag() == "row").collect();
            return Ok((table.to_string(), rows));
        }
        if adopt.once {
            return Ok((given.to_owned(), Vec::new()));
        }
        Err(refuse(
            format!("there is no table {given}"),
            Advice::new(
                "is this the right database? if the table has another name or schema, say it with ",
            )
            .option("table", "--table"),
        ))
    }

    /// Where the table may be: the schema that it is given with, or that of the migrator, or what the connection finds.
    fn foreign_tables(&self, given: &str) -> Vec<HistoryTable> {
        let table = |schema: Option<&str>, name: &str| HistoryTable {
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
        };
        if let Some((schema, name)) = given.split_once('.') {
            return vec![table(Some(schema), name)];
        }
        let schema = self.options.schema.as_deref();
        let mut tables: Vec<HistoryTable> =
            schema.iter().map(|schema| table(Some(schema), given)).collect();
        tables.push(table(None, given));
        tables
    }

    fn matched<'g>(
        &'g self,
        dialect: &'static dyn Dialect,
        snapshot: &'g HistorySnapshot,
        adopt: &'g Adopt,
        rows: &[Row],
    ) -> Result<Matched<'g>> {
        let syntax = dialect.syntax();
        Input { graph: &self.graph, snapshot, syntax, adopt }.matched(rows)
    }
}

/// A query of `adopt.sql` for a table.
fn foreign_sql(dialect: &dyn Dialect, query: &str, table: &HistoryTable) -> String {
    let mut quoted = dialect.quote(&table.name);
    if let Some(schema) = &table.schema {
        quoted = format!("{}.{quoted}", dialect.quote(schema));
    }
    let schema = table.schema.as_deref();
    let values = [
        ("table", quoted.as_str()),
        ("regclass", &dialect.literal(&quoted)),
        ("schema", &schema.map_or_else(|| "NULL".to_owned(), |schema| dialect.literal(schema))),
        ("name", &dialect.literal(&table.name)),
    ];
    fill(query, &values)
}

/// Where the history is to be taken over once, and something was ever written into ours. (The tables alone may be what is
/// left of a program that has died before it could record anything.)
fn settled(adopt: &Adopt, snapshot: &HistorySnapshot) -> Option<AdoptReport> {
    (adopt.once && snapshot.epoch > 0).then(|| {
        let notes = vec![Note::AdoptedBefore];
        report(adopt, adopt.table_name().to_owned(), Matched { notes, ..Matched::default() })
    })
}

fn report(adopt: &Adopt, table: String, matched: Matched<'_>) -> AdoptReport {
    AdoptReport {
        tool: adopt.tool,
        table,
        dry_run: adopt.dry_run,
        adopted: matched.record.into_iter().map(|(_, adopted)| adopted).collect(),
        known: matched.known,
        forgotten: matched.forgotten,
        notes: matched.notes,
    }
}
