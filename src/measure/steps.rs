//! The migrations of a folder, one after the other, in a scratch database.

use std::collections::BTreeSet;

use super::{costs::TableStates, rows::RowMaker};
use crate::{
    database::{
        Dialect, Drafting, Failure, Measuring, Session, TransactionSupport,
        drafting::runs_server_wide,
    },
    draft::leftovers::Leftovers,
    error::{Error, Place, Result, brief},
    graph::Graph,
    lint::{Blocked, Chosen, Ddl, Execution, Measurements, Observable, TableCost, parse_ddl},
    migration::Migration,
    sql::{Item, Statement, merge_transactions, open_control, split, transaction_control},
};

/// Runs migrations and notes what their statements do.
pub(crate) struct Measurer<'m> {
    pub(crate) graph: &'m Graph,
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) measuring: &'static dyn Measuring,
    pub(crate) drafting: &'static dyn Drafting,
    pub(crate) chosen: &'m Chosen,
    /// Statements that go to the schema of the migrations.
    pub(crate) home: Vec<String>,
    pub(crate) found: Measurements,
    rows: RowMaker,
    /// How many migrations are measured already.
    done: usize,
    /// Those that fail with generated rows, and so run without.
    without_rows: BTreeSet<String>,
}

/// A statement that failed.
struct Failed {
    place: Place,
    statement: String,
    failure: Failure,
}

impl Failed {
    fn at(migration: &Migration, statement: &Statement<'_>, failure: Failure) -> Self {
        Self {
            place: place_of(migration, statement),
            statement: statement.text.to_owned(),
            failure,
        }
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        let Failed { place, statement, failure } = failed;
        Self::Scratch { doing: place.to_string(), statement, source: failure.error }
    }
}

/// The statements of a migration.
struct Steps<'t> {
    statements: Vec<Statement<'t>>,
    /// The registered functions between them, which are not run, with their lines.
    functions: Vec<(&'t str, u32)>,
    /// What would change the whole server, and is not run: its words and its place.
    server_wide: Vec<(String, Place)>,
    /// Whether they run in one transaction.
    in_one: bool,
    /// Whether they begin and end transactions of their own.
    has_control: bool,
    leftovers: Leftovers,
}

impl<'m> Measurer<'m> {
    pub(crate) fn new(
        graph: &'m Graph,
        (dialect, measuring): (&'static dyn Dialect, &'static dyn Measuring),
        drafting: &'static dyn Drafting,
        chosen: &'m Chosen,
        home: Vec<String>,
    ) -> Self {
        Self {
            graph,
            dialect,
            measuring,
            drafting,
            chosen,
            home,
            found: Measurements::default(),
            rows: RowMaker::new(dialect, measuring),
            done: 0,
            without_rows: BTreeSet::new(),
        }
    }

    /// What was seen, once a pass came to its end.
    pub(crate) fn finish(mut self) -> Measurements {
        for (table, why) in &self.rows.unfilled {
            self.found.notes.push(format!(
                "{table} got no row, so that its statements ran on an empty table: {why}"
            ));
        }
        self.found
    }

    /// Runs all migrations in an empty database. False if that has to begin again in another one.
    pub(crate) async fn pass(&mut self, session: &mut (dyn Session + '_)) -> Result<bool> {
        let mut existing = TableStates::default();
        let mut has_begun = false;
        let graph = self.graph;
        self.prepare(session).await?;
        for (at, migration) in graph.iter().enumerate() {
            let steps = self.steps(migration)?;
            self.run_between(session, steps.leftovers.remember.as_deref().into_iter()).await?;
            if !self.chosen.has(migration.revision()) {
                self.apply(session, migration, &steps).await?;
                continue;
            }
            if !has_begun || matches!(self.chosen, Chosen::All) {
                existing = TableStates::read(session, self.measuring).await?;
            }
            has_begun = true;
            if at < self.done {
                self.apply(session, migration, &steps).await?;
            } else if self.measure(session, migration, &steps, &existing).await? {
                self.note_not_run(migration, &steps);
                self.done = at + 1;
            } else {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Puts the session's settings back, and goes to the schema of the migrations.
    async fn prepare(&self, session: &mut (dyn Session + '_)) -> Result<()> {
        let restore = self.dialect.script_restore();
        let statements = std::iter::once(restore).chain(self.home.iter().map(String::as_str));
        self.run_between(session, statements).await
    }

    /// Runs statements of ambix's own between migrations.
    async fn run_between(
        &self,
        session: &mut (dyn Session + '_),
        statements: impl Iterator<Item = &str>,
    ) -> Result<()> {
        for statement in statements.filter(|statement| !statement.is_empty()) {
            let done = session.run(statement).await;
            done.map_err(|failure| failure.doing("preparing the scratch database"))?;
        }
        Ok(())
    }

    /// Removes what a migration has left in the session, since each has one of its own in a run, and prepares it for the next one.
    async fn settle(&self, session: &mut (dyn Session + '_), steps: &Steps<'_>) -> Result<()> {
        self.run_between(session, steps.leftovers.forget.iter().map(String::as_str)).await?;
        self.prepare(session).await
    }

    fn steps<'t>(&self, migration: &'t Migration) -> Result<Steps<'t>> {
        let syntax = self.dialect.syntax();
        let up = migration.up_script();
        let items = split(up.text(), syntax).map_err(|error| Error::Source {
            place: Place::new(up.file(), error.line, error.column),
            problem: error.problem,
        })?;
        let items = merge_transactions(&items, syntax).unwrap_or(items);
        let (mut statements, mut functions) = (Vec::new(), Vec::new());
        let mut server_wide = Vec::new();
        for item in items {
            match item {
                Item::Statement(statement) => {
                    match runs_server_wide(self.drafting, &statement, syntax, true) {
                        Some(words) => server_wide.push((words, place_of(migration, &statement))),
                        None => statements.push(statement),
                    }
                }
                Item::Run { name, line, .. } => functions.push((name, line)),
            }
        }
        let has_control = statements.iter().any(|statement| {
            transaction_control(statement, syntax).is_some()
                || open_control(statement, syntax).is_some()
        });
        let is_alone = |statement: &Statement<'_>| {
            matches!(self.dialect.work(statement), TransactionSupport::Alone(_))
        };
        let in_one = self.dialect.capabilities().transactional_ddl
            && migration.is_transactional()
            && !statements.iter().all(is_alone);
        let leftovers = Leftovers::of(&statements, self.dialect);
        Ok(Steps { statements, functions, server_wide, in_one, has_control, leftovers })
    }

    /// Runs a migration and notes what its statements do. False if it failed with generated rows and must run without.
    async fn measure(
        &mut self,
        session: &mut (dyn Session + '_),
        migration: &Migration,
        steps: &Steps<'_>,
        existing: &TableStates,
    ) -> Result<bool> {
        if !self.dialect.capabilities().transactional_ddl {
            return self.measure_by_asking(session, migration, steps, existing).await;
        }
        if steps.has_control {
            self.found.notes.push(format!(
                "{} begins and ends transactions of its own, so that nothing was measured in it",
                migration.place()
            ));
        } else if steps.in_one {
            let statements = &steps.statements;
            let found = match self.try_out(session, migration, statements, existing, true).await? {
                Ok(found) => found,
                Err(failed) => {
                    let without =
                        self.try_out(session, migration, statements, existing, false).await?;
                    let found = without.map_err(Error::from)?;
                    self.note_without_rows(migration, &failed);
                    found
                }
            };
            self.found.executions.extend(found);
        } else {
            return self
                .measure_one_by_one(session, migration, steps, existing)
                .await
                .map(|()| true);
        }
        self.apply(session, migration, steps).await.map(|()| true)
    }

    fn note_not_run(&mut self, migration: &Migration, steps: &Steps<'_>) {
        for (words, place) in &steps.server_wide {
            self.found.notes.push(format!(
                "{place}: {words} was not run, since it would change the whole server"
            ));
        }
        for (name, line) in &steps.functions {
            let place = Place::new(migration.up_script().file(), *line, 0);
            self.found.notes.push(format!("{place}: the function {name} was not run"));
        }
    }

    fn note_without_rows(&mut self, migration: &Migration, failed: &Failed) {
        self.found.notes.push(format!(
            "{} ran on tables without generated rows, since it fails with them: {}: {}",
            migration.place(),
            failed.place,
            failed.failure.error
        ));
    }

    /// Runs statements in a transaction that is rolled back.
    async fn try_out(
        &mut self,
        session: &mut (dyn Session + '_),
        migration: &Migration,
        statements: &[Statement<'_>],
        existing: &TableStates,
        with_rows: bool,
    ) -> Result<Result<Vec<Execution>, Failed>> {
        let doing = |failure: Failure| failure.doing("preparing the scratch database");
        let counters = self.measuring.around_rollback();
        if let Some((note, _)) = counters {
            session.run(note).await.map_err(doing)?;
        }
        self.switch_foreign_keys(session, migration, false).await?;
        session.run(self.dialect.begin()).await.map_err(doing)?;
        if with_rows {
            self.rows.fill(session).await?;
        }
        let mut found = Vec::new();
        let mut before = TableStates::read(session, self.measuring).await?;
        let mut failed = None;
        for statement in statements {
            if let Err(error) = send(session, migration, statement).await {
                failed = Some(error);
                break;
            }
            let after = TableStates::read(session, self.measuring).await?;
            let seen = Observable { locks: self.measuring.tells_locks(), rewrites: true };
            let tables = before.until(&after, existing);
            let held = after.held(existing);
            found.push(self.execution(migration, statement, tables, (held, seen)));
            before = after;
        }
        session.rollback().await.map_err(doing)?;
        self.switch_foreign_keys(session, migration, true).await?;
        if let Some((_, reset)) = counters {
            session.run(reset).await.map_err(doing)?;
        }
        Ok(failed.map_or(Ok(found), Err))
    }

    /// Statements that do not share a transaction: each that can be rolled back is tried out alone; of the others, what they write again is
    /// seen.
    async fn measure_one_by_one(
        &mut self,
        session: &mut (dyn Session + '_),
        migration: &Migration,
        steps: &Steps<'_>,
        existing: &TableStates,
    ) -> Result<()> {
        self.switch_foreign_keys(session, migration, false).await?;
        for statement in &steps.statements {
            let can_roll_back = self.dialect.work(statement) == TransactionSupport::Transactional;
            let mut is_measured = false;
            if can_roll_back {
                for with_rows in [true, false] {
                    let tried = [*statement];
                    let tried =
                        self.try_out(session, migration, &tried, existing, with_rows).await?;
                    if let Ok(found) = tried {
                        self.found.executions.extend(found);
                        is_measured = true;
                        break;
                    }
                }
            }
            let before = TableStates::read(session, self.measuring).await?;
            send(session, migration, statement).await?;
            if !is_measured {
                let after = TableStates::read(session, self.measuring).await?;
                let seen = Observable { locks: false, rewrites: true };
                let mut tables = before.until(&after, existing);
                tables.retain(|table| table.rewritten);
                let found = self.execution(migration, statement, tables, (Blocked::Nothing, seen));
                self.found.executions.push(found);
            }
        }
        self.switch_foreign_keys(session, migration, true).await?;
        self.settle(session, steps).await
    }

    /// Runs a migration that cannot be rolled back, and asks the server for the cheapest way in which it does each statement.
    async fn measure_by_asking(
        &mut self,
        session: &mut (dyn Session + '_),
        migration: &Migration,
        steps: &Steps<'_>,
        existing: &TableStates,
    ) -> Result<bool> {
        let with_rows = !self.without_rows.contains(migration.revision());
        let filled = if with_rows { self.rows.fill(session).await? } else { Vec::new() };
        let mut executions = Vec::new();
        for statement in &steps.statements {
            match self.ask(session, migration, statement, existing).await {
                Ok(found) => executions.extend(found),
                Err(failed) if !filled.is_empty() => {
                    self.note_without_rows(migration, &failed);
                    self.without_rows.insert(migration.revision().to_owned());
                    return Ok(false);
                }
                Err(failed) => return Err(failed.into()),
            }
        }
        self.found.executions.extend(executions);
        self.settle(session, steps).await?;
        for table in &filled {
            for statement in self.measuring.clear(table) {
                // A table that is gone, or is called otherwise, keeps its row. If that is in the way, everything begins again.
                let _ = session.run(&statement).await;
            }
        }
        self.prepare(session).await?;
        Ok(true)
    }

    /// Runs a statement in the cheapest form that the server takes.
    async fn ask(
        &self,
        session: &mut (dyn Session + '_),
        migration: &Migration,
        statement: &Statement<'_>,
        existing: &TableStates,
    ) -> Result<Option<Execution>, Failed> {
        let ddl = parse_ddl(statement.text, self.dialect.syntax());
        let table = table_of(&ddl).and_then(|table| existing.find(table));
        let (mut is_refused, mut must_rewrite, mut tells_rewrites) = (false, false, true);
        if let Some(table) = table {
            for form in self.drafting.online_forms(statement) {
                match session.run(&form.sql).await {
                    Ok(_) => {
                        let blocked =
                            if form.blocks_writes { Blocked::Writes } else { Blocked::Nothing };
                        let cost = TableCost {
                            table: table.to_owned(),
                            lock: Some(form.asks),
                            blocked,
                            scanned: form.scans,
                            rewritten: form.rewrites && must_rewrite,
                        };
                        let rewrites = !form.rewrites || tells_rewrites;
                        let seen = Observable { locks: true, rewrites };
                        let found =
                            self.execution(migration, statement, vec![cost], (blocked, seen));
                        return Ok(Some(found));
                    }
                    Err(failure) => {
                        is_refused = self.drafting.is_refusal(&failure);
                        if form.forbids_rewrite {
                            must_rewrite |= is_refused;
                            tells_rewrites &= is_refused;
                        }
                    }
                }
            }
        }
        send(session, migration, statement).await?;
        let Some(table) = table.filter(|_| is_refused) else { return Ok(None) };
        let cost = TableCost {
            table: table.to_owned(),
            lock: Some(self.measuring.copying().to_owned()),
            blocked: Blocked::Writes,
            scanned: true,
            rewritten: true,
        };
        let seen = Observable { locks: true, rewrites: true };
        Ok(Some(self.execution(migration, statement, vec![cost], (Blocked::Writes, seen))))
    }

    /// Runs a migration for what it makes.
    async fn apply(
        &self,
        session: &mut (dyn Session + '_),
        migration: &Migration,
        steps: &Steps<'_>,
    ) -> Result<()> {
        let doing = |failure: Failure| failure.doing("running a migration in the scratch database");
        self.switch_foreign_keys(session, migration, false).await?;
        let in_one = steps.in_one && !steps.has_control;
        if in_one {
            session.run(self.dialect.begin()).await.map_err(doing)?;
        }
        for statement in &steps.statements {
            send(session, migration, statement).await?;
        }
        if in_one {
            session.run("COMMIT").await.map_err(doing)?;
        }
        self.switch_foreign_keys(session, migration, true).await?;
        self.settle(session, steps).await
    }

    /// Turns foreign keys off around a migration that wants that.
    async fn switch_foreign_keys(
        &self,
        session: &mut (dyn Session + '_),
        migration: &Migration,
        on: bool,
    ) -> Result<()> {
        if migration.foreign_keys || !self.dialect.capabilities().foreign_keys_switch {
            return Ok(());
        }
        let switched = session.run(self.dialect.foreign_keys(on)).await;
        switched.map(drop).map_err(|failure| failure.doing("switching foreign keys"))
    }

    fn execution(
        &self,
        migration: &Migration,
        statement: &Statement<'_>,
        tables: Vec<TableCost>,
        (held, seen): (Blocked, Observable),
    ) -> Execution {
        Execution {
            revision: migration.revision().to_owned(),
            place: place_of(migration, statement),
            statement: brief(statement.text),
            tables,
            start: statement.start,
            held,
            seen,
        }
    }
}

fn place_of(migration: &Migration, statement: &Statement<'_>) -> Place {
    Place::new(migration.up_script().file(), statement.line, statement.column)
}

/// Sends a statement, with the rows behind it if it has any.
async fn send(
    session: &mut (dyn Session + '_),
    migration: &Migration,
    statement: &Statement<'_>,
) -> Result<(), Failed> {
    let sent = match statement.data {
        Some(rows) => session.copy(statement.text, rows.text).await,
        None => session.run(statement.text).await.map(drop),
    };
    sent.map_err(|failure| Failed::at(migration, statement, failure))
}

/// The table that a statement alters.
fn table_of(ddl: &Ddl) -> Option<&str> {
    match ddl {
        Ddl::AlterTable(alter) => Some(alter.name.last()),
        Ddl::CreateIndex(index) => Some(index.table.last()),
        Ddl::Drop(drop) => drop.on.as_ref().map(|table| table.last()),
        _ => None,
    }
}
