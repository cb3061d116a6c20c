//! What the checks have at hand: what the migrator knows, what the statements are, and a way to ask the database.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::{Answer, PreflightOptions, Subject, statements::PendingWork};
use crate::{
    database::{
        Dialect, Failure, FailureKind, PreflightQueries, Row, Session,
        lock_report::Locks,
        preflight::{LIST, NamedTable, PartitionKey},
    },
    graph::Graph,
    lint::{Finding, LintReport, SqlName},
    run::report::PlannedStep,
};

/// What the migrator knows before anything is asked.
#[derive(Debug)]
pub(crate) struct PreflightFacts<'f> {
    pub(crate) graph: &'f Graph,
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) plan: PreflightPlan,
    /// What lint finds in what is pending.
    pub(crate) lint: LintReport,
    /// What does not agree between files and history.
    pub(crate) problems: Vec<String>,
    /// Why this server takes no migrations.
    pub(crate) refusal: Option<String>,
    /// The tables of the history; none if they have to be created.
    pub(crate) history: Option<[String; 2]>,
    /// Who holds the migration lock and what waits; or why nobody knows.
    pub(crate) locks: Result<Locks, String>,
    pub(crate) lock_timeout: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) observers: usize,
    pub(crate) has_models: bool,
    /// The name and version of this program.
    pub(crate) program: (String, String),
}

#[cfg(feature = "draft")]
impl<'f> PreflightFacts<'f> {
    /// As much as the questions about rows need.
    pub(crate) fn about_rows(
        graph: &'f Graph,
        dialect: &'static dyn Dialect,
        plan: PreflightPlan,
    ) -> Self {
        Self {
            graph,
            dialect,
            plan,
            lint: LintReport::default(),
            problems: Vec::new(),
            refusal: None,
            history: None,
            locks: Err("nobody has asked".to_owned()),
            lock_timeout: None,
            attempts: 1,
            observers: 0,
            has_models: false,
            program: (String::new(), String::new()),
        }
    }
}

/// What would be run.
#[derive(Debug, Default)]
pub(crate) struct PreflightPlan {
    /// The steps up, in order.
    pub(crate) steps: Vec<PlannedStep>,
    /// Why a run would not even begin.
    pub(crate) error: Option<String>,
}

impl PreflightPlan {
    /// The revisions of the steps.
    pub(crate) fn revisions(&self) -> Vec<String> {
        self.steps.iter().map(|step| step.revision.clone()).collect()
    }
}

/// A column, as the database says it.
#[derive(Debug, Clone)]
pub(crate) struct ColumnFacts {
    pub(crate) name: String,
    pub(crate) ty: String,
}

/// A table in use, as the database says it.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableFacts {
    pub(crate) rows: Option<u64>,
    pub(crate) bytes: u64,
    pub(crate) primary_key: Vec<String>,
    pub(crate) columns: Vec<ColumnFacts>,
    /// Other tables inherit from it, whose rows its queries bring as well.
    pub(crate) is_parent: bool,
}

impl TableFacts {
    /// The column of this name; of two that differ in case alone, the one that is written so.
    pub(crate) fn column(&self, name: &str) -> Option<&ColumnFacts> {
        let exactly = self.columns.iter().find(|column| column.name == name);
        exactly
            .or_else(|| self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)))
    }
}

/// Below this size, rows are counted and not estimated.
const SMALL: u64 = 16 * 1024 * 1024;
/// How much longer than the server the client waits.
const GRACE: Duration = Duration::from_secs(1);

/// What the checks have at hand.
pub(crate) struct PreflightContext<'c> {
    pub(crate) facts: &'c PreflightFacts<'c>,
    pub(crate) options: &'c PreflightOptions,
    pub(crate) queries: &'static dyn PreflightQueries,
    pub(crate) work: &'c PendingWork,
    /// The tables that the statements concern.
    named: Vec<NamedTable>,
    pub(crate) tables: Vec<(SqlName, TableFacts)>,
    /// How tables are divided, by their names.
    pub(super) partition_keys: HashMap<String, PartitionKey>,
    /// What of the statements takes its time, once that is known.
    pub(crate) costs: Vec<super::checks::StatementCost>,
    session: Box<dyn Session + 'c>,
    begun: Instant,
    /// Why nothing more can be asked.
    is_over: Option<String>,
}

impl<'c> PreflightContext<'c> {
    pub(crate) fn new(
        facts: &'c PreflightFacts<'c>,
        options: &'c PreflightOptions,
        queries: &'static dyn PreflightQueries,
        work: &'c PendingWork,
        session: Box<dyn Session + 'c>,
    ) -> Self {
        Self {
            facts,
            options,
            queries,
            work,
            named: work.tables().iter().map(named).collect(),
            tables: Vec::new(),
            partition_keys: HashMap::new(),
            costs: Vec::new(),
            session,
            begun: Instant::now(),
            is_over: None,
        }
    }

    pub(crate) async fn close(self) -> Duration {
        self.session.close().await;
        self.begun.elapsed()
    }

    /// The rows of a query, in a transaction that only reads and within the limits; or why there are none.
    pub(crate) async fn ask(&mut self, sql: &str) -> Result<Vec<Row>, String> {
        self.try_values(sql).await?
    }

    /// The same; apart from that, what the server says of a value that the query cannot be computed for.
    pub(crate) async fn try_values(
        &mut self,
        sql: &str,
    ) -> Result<Result<Vec<Row>, String>, String> {
        let queries = self.queries;
        Ok(self
            .send(queries.read_only(), sql, &|failure| queries.is_about_value(failure))
            .await?
            .map_err(|failure| failure.error.to_string()))
    }

    /// The same, in a transaction that begins so; apart from that, the failures that are answers.
    pub(crate) async fn send(
        &mut self,
        begin: &'static str,
        sql: &str,
        is_answer: &(dyn Fn(&Failure) -> bool + Sync),
    ) -> Result<Result<Vec<Row>, Failure>, String> {
        if let Some(why) = &self.is_over {
            return Err(why.clone());
        }
        let left = self.options.total.saturating_sub(self.begun.elapsed());
        if left.is_zero() {
            return Err(format!(
                "the time limit of {:?} for all questions is over",
                self.options.total
            ));
        }
        let limit = self.options.question.min(left);
        let queries = self.queries;
        let session = &mut self.session;
        let asked = tokio::time::timeout(limit + GRACE, async {
            let _limit = session.limit_statements(limit).await;
            let mut transaction = session.begin(begin).await?;
            let answer = async {
                for statement in queries.limits(limit) {
                    transaction.run(&statement).await?;
                }
                transaction.run(&queries.within(sql, limit)).await
            };
            let answer = answer.await;
            // If it is only dropped, a connection of a pool keeps its locks until somebody uses it again.
            let ended = transaction.commit().await;
            answer.and_then(|rows| ended.map(|()| rows))
        });
        match asked.await {
            Ok(Ok(rows)) => Ok(Ok(rows)),
            Ok(Err(failure)) if is_answer(&failure) => Ok(Err(failure)),
            Ok(Err(failure)) => Err(self.explain(&failure, limit)),
            Err(_) => {
                let why = format!(
                    "the server did not answer within {limit:?}, so that nothing more was asked"
                );
                self.is_over = Some(why.clone());
                Err(why)
            }
        }
    }

    fn explain(&mut self, failure: &Failure, limit: Duration) -> String {
        if self.queries.is_cut_off(failure) {
            return format!("the query takes longer than {limit:?}");
        }
        if failure.kind == FailureKind::Lost {
            self.is_over = Some(format!("the connection was lost: {}", failure.error));
        }
        failure.error.to_string()
    }

    /// The rows of a fixed query about the tables that are concerned.
    pub(crate) async fn ask_section(
        &mut self,
        section: &str,
        values: &[(&str, &str)],
    ) -> Result<Vec<Row>, String> {
        self.ask(&self.queries.about(section, &self.named, values)).await
    }

    /// Reads what the database says of the tables that are concerned, their foreign keys included.
    pub(crate) async fn read_tables(&mut self) -> Result<(), String> {
        let tables = self.work.tables();
        self.read_more_tables(&tables).await
    }

    /// The same for other tables.
    pub(crate) async fn read_more_tables(&mut self, tables: &[SqlName]) -> Result<(), String> {
        if tables.is_empty() {
            return Ok(());
        }
        let names: Vec<NamedTable> = tables.iter().map(named).collect();
        let sections = self.queries.sections();
        let of = |row: &Row| {
            let at = number(row, "at").and_then(|at| usize::try_from(at).ok())?;
            tables.get(at).cloned()
        };
        let first = self.tables.len();
        for row in self.ask(&self.queries.about(sections.tables, &names, &[])).await? {
            let Some(table) = of(&row) else { continue };
            let keys = row.text("primary_key");
            let facts = TableFacts {
                rows: number(&row, "rows"),
                bytes: number(&row, "bytes").unwrap_or_default(),
                primary_key: keys
                    .split(LIST)
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect(),
                columns: Vec::new(),
                is_parent: row.find("is_parent") == Some("1"),
            };
            self.tables.push((table, facts));
        }
        for row in self.ask(&self.queries.about(sections.columns, &names, &[])).await? {
            let Some(table) = of(&row) else { continue };
            let column =
                ColumnFacts { name: row.text("name").to_owned(), ty: row.text("type").to_owned() };
            let new = self.tables.iter_mut().skip(first);
            for (_, facts) in new.filter(|(name, _)| name.text == table.text) {
                facts.columns.push(column.clone());
            }
        }
        for at in first..self.tables.len() {
            let (table, facts) = &self.tables[at];
            if facts.rows.is_some() && facts.bytes >= SMALL {
                continue;
            }
            let count = self.queries.words().count;
            let count = format!("SELECT 'count' AS ambix, {count} AS found FROM {}", table.text);
            if let Ok(rows) = self.ask(&count).await {
                self.tables[at].1.rows = rows.first().and_then(|row| number(row, "found"));
            }
        }
        Ok(())
    }

    /// What the database says of a table that is in use.
    pub(crate) fn table(&self, name: &SqlName) -> Option<&TableFacts> {
        let exactly = self.tables.iter().find(|(known, _)| known.text == name.text);
        exactly
            .or_else(|| self.tables.iter().find(|(known, _)| known.is(name)))
            .map(|(_, facts)| facts)
    }

    /// The statement that a finding is about, as its position.
    pub(crate) fn statement_of(&self, finding: &Finding) -> Option<usize> {
        self.work.statements.iter().position(|statement| {
            statement.revision == finding.revision && statement.place == finding.place
        })
    }
}

/// A table for the queries.
pub(super) fn named(table: &SqlName) -> NamedTable {
    NamedTable { text: table.text.clone(), parts: table.parts.clone() }
}

/// A column of a row as a number.
pub(super) fn number(row: &Row, name: &str) -> Option<u64> {
    let text = row.column(name)?;
    text.parse().ok().or_else(|| text.split('.').next()?.parse().ok())
}

/// What the rows say that no question is needed for, or that none has an answer; both as answers.
pub(super) fn said(subject: Subject, rows: &[Row], advice: &str) -> Vec<Answer> {
    let answer = |row: &Row| match row.tag() {
        "none" => Some(Answer::ok(subject, row.text("message"))),
        "unknown" => Some(Answer::unknown(subject, row.text("message")).advice(advice)),
        _ => None,
    };
    rows.iter().filter_map(answer).collect()
}

/// `3 rows`, `1 row`.
pub(super) fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A size for people.
pub(super) fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB")];
    match units.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{} {name}", bytes.div_ceil(*unit)),
        None => format!("{bytes} bytes"),
    }
}

/// An estimate for people.
pub(super) fn about(duration: Duration) -> String {
    match duration.as_secs() {
        0 => "less than a second".to_owned(),
        _ => format!("about {}", span(duration)),
    }
}

/// A span of time for people, in its largest unit.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
