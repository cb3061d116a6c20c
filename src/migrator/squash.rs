//! The proof of a squash: it and the migrations that it replaces are each run in a scratch database, and what they leave is compared.

use std::time::Instant;

use tracing::debug;

use super::{
    Migrator, draft::drafting, options::Lock, proof::changes_between, scratch::DatabaseWork,
};
use crate::{
    database::{BoxFuture, Connect, Connector, Dialect, Drafting},
    draft::{
        SideNames,
        rows::{self, Values, missing, show, some},
    },
    error::{Direction, Error, Result},
    graph::Target,
    migration::{Migrations, Phase},
    run::{event::Observers, execute::TransactionMode, plan::Request},
    schema::{Column, Schema, Table},
    sql::{Item, split},
};

/// Who needs a scratch database.
const WHY: &str = "proving the squash";

const SIDES: SideNames = SideNames { there: "the squash", wanted: "the migrations", is_all: true };

/// What is what in the migrations before and after a squash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SquashRoles<'a> {
    pub(crate) squash: &'a str,
    /// What it replaces, in order.
    pub(crate) replaces: &'a [String],
    /// What is applied before it.
    pub(crate) needs: &'a [String],
    /// It has a down side.
    pub(crate) is_reversible: bool,
}

/// What a proof found.
#[derive(Debug)]
pub(crate) enum SquashVerdict {
    /// Both do the same, with what should be known of it.
    Proven { notes: Vec<String> },
    /// What is not the same after this side.
    Differs { side: Direction, lines: Vec<String> },
    /// This side of the squash fails, and those of the migrations do not.
    SquashFails { side: Direction, error: Box<Error> },
    /// The migrations themselves fail in an empty database.
    MigrationsFail { side: Direction, error: Box<Error> },
    /// There is no place in which to try it.
    NotTried(String),
}

/// The tables of a database and their rows.
#[derive(Debug)]
struct Contents {
    schema: Schema,
    /// By the place of their table in the schema.
    rows: Vec<Vec<Values>>,
}

/// What was found on the way up and down.
#[derive(Debug)]
struct Stages {
    before: Contents,
    up: Contents,
    down: Option<Contents>,
}

/// Where a run ended too early.
#[derive(Debug)]
struct Stopped {
    side: Direction,
    error: Box<Error>,
}

/// One run in a scratch database, up and down again.
struct Trial<'t> {
    migrator: Migrator,
    needs: &'t [String],
    up: &'t str,
    /// With it, all that was applied by `up` is reverted.
    down: Option<&'t str>,
    found: Option<Result<Stages, Stopped>>,
}

impl Migrator {
    /// Proves a squash of migrations of this migrator; `squashed` are the migrations with it.
    pub(crate) async fn prove_squash<'c>(
        &self,
        database: impl Connect<'c>,
        squashed: Migrations,
        roles: &SquashRoles<'_>,
    ) -> Result<SquashVerdict> {
        let mut connector = self.connector(database)?;
        let connector = &mut *connector;
        let begun = Instant::now();
        let squashed = self.with_migrations(squashed)?;
        if let Some(why) = self.cannot_be_tried(connector.dialect())? {
            return Ok(SquashVerdict::NotTried(why));
        }
        let (Some(first), Some(last)) = (roles.replaces.first(), roles.replaces.last()) else {
            return Ok(SquashVerdict::NotTried("it replaces nothing".to_owned()));
        };
        let old = || self.trial(roles, last, first);
        let first_run = match self.run_trial(connector, old()).await {
            Ok(Ok(stages)) => stages,
            Ok(Err(Stopped { side, error })) => {
                return Ok(SquashVerdict::MigrationsFail { side, error });
            }
            // No right to create a database, for example.
            Err(error) => return Ok(SquashVerdict::NotTried(format!("{error:#}"))),
        };
        let new = squashed.trial(roles, roles.squash, roles.squash);
        let of_squash = match self.run_trial(connector, new).await? {
            Ok(stages) => stages,
            Err(Stopped { side, error }) => return Ok(SquashVerdict::SquashFails { side, error }),
        };
        let mut second = None;
        if has_other_rows(&of_squash, &first_run) {
            // What is another value in each run of the same migrations says nothing.
            let again = self.run_trial(connector, old()).await?;
            second = Some(again.map_err(|stopped| *stopped.error)?);
        }
        let judge =
            SquashJudge { migrator: self, dialect: connector.dialect(), second: second.as_ref() };
        let verdict = judge.verdict(&of_squash, &first_run)?;
        debug!(seconds = begun.elapsed().as_secs_f64(), "proved the squash");
        Ok(verdict)
    }

    /// Why the migrations are not run in any scratch place.
    fn cannot_be_tried(&self, dialect: &'static dyn Dialect) -> Result<Option<String>> {
        let drafting = drafting(dialect)?;
        Ok(self.graph.iter().find_map(|migration| {
            let scripts = [Some(migration.up_script()), migration.down_script()];
            scripts.into_iter().flatten().find_map(|script| {
                let text = script.text();
                let why =
                    drafting.refuses(text).or_else(|| server_wide(text, dialect, drafting))?;
                Some(format!("{}: {why}", script.file()))
            })
        }))
    }

    fn trial<'t>(&self, roles: &SquashRoles<'t>, up: &'t str, down: &'t str) -> Trial<'t> {
        // Nobody else knows of the database.
        let mut migrator = self
            .clone()
            .phase(Phase::LAST)
            .transaction(TransactionMode::PerMigration)
            .lock(Lock::none());
        migrator.options.observers = Observers::default();
        let down = roles.is_reversible.then_some(down);
        Trial { migrator, needs: roles.needs, up, down, found: None }
    }

    /// The error is one of the place, in which nothing was tried.
    async fn run_trial(
        &self,
        connector: &mut (dyn Connector + '_),
        mut trial: Trial<'_>,
    ) -> Result<Result<Stages, Stopped>> {
        self.in_empty_database(connector, WHY, &mut trial).await?;
        let nothing = || Error::Connection { problem: format!("{WHY} found nothing") };
        trial.found.ok_or_else(nothing)
    }

    /// What a scratch database has, in all of its schemas.
    async fn contents(&self, connector: &mut (dyn Connector + '_)) -> Result<Contents> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let schemas = self.other_schemas(connector).await?;
        let schema = self.inspect_schemas(connector, &schemas).await?;
        let home = self.options.schema.as_deref();
        let queries = rows::queries(&schema.tables, (dialect, drafting), home);
        let mut answers = Vec::new();
        if !queries.is_empty() {
            let application = self.options.process.on_server();
            let mut session = connector.dedicated(&application).await?;
            let read = session.run(&queries).await;
            session.close().await;
            answers = read.map_err(|failure| failure.doing("reading the rows"))?;
        }
        let rows = rows::by_table(schema.tables.len(), answers);
        Ok(Contents { schema, rows })
    }

    /// Makes an empty database as migrations expect one.
    async fn prepare_empty(&self, connector: &mut (dyn Connector + '_)) -> Result<()> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let home = self.options.schema.as_deref();
        let mut statements = home.map(|home| drafting.make_home(home)).unwrap_or_default();
        if dialect.capabilities().foreign_keys_switch {
            statements.push(dialect.foreign_keys(true).to_owned());
        }
        let application = self.options.process.on_server();
        let mut session = connector.dedicated(&application).await?;
        let mut done = Ok(());
        for statement in statements {
            let ran = session.run(&statement).await;
            done = done.and(ran.map(drop).map_err(|f| f.doing("preparing the scratch database")));
        }
        session.close().await;
        done
    }
}

impl DatabaseWork for Trial<'_> {
    fn run<'s>(&'s mut self, connector: &'s mut (dyn Connector + 's)) -> BoxFuture<'s, Result<()>> {
        Box::pin(async move {
            connector.be_patient(self.migrator.options.timeouts.patience());
            self.found = Some(self.stages(connector).await);
            Ok(())
        })
    }
}

impl Trial<'_> {
    async fn stages(&self, connector: &mut (dyn Connector + '_)) -> Result<Stages, Stopped> {
        let stopped = |side| move |error| Stopped { side, error: Box::new(error) };
        let (up, down) = (stopped(Direction::Up), stopped(Direction::Down));
        let migrator = &self.migrator;
        migrator.prepare_empty(connector).await.map_err(up)?;
        for revision in self.needs {
            self.upgrade(connector, revision).await.map_err(up)?;
        }
        let before = migrator.contents(connector).await.map_err(up)?;
        self.upgrade(connector, self.up).await.map_err(up)?;
        let mut stages =
            Stages { before, up: migrator.contents(connector).await.map_err(up)?, down: None };
        if let Some(revision) = self.down {
            let request = Request::TakeBack(revision.to_owned());
            migrator.run_loop_on(connector, "squash", request).await.map_err(down)?;
            stages.down = Some(migrator.contents(connector).await.map_err(down)?);
        }
        Ok(stages)
    }

    async fn upgrade(&self, connector: &mut (dyn Connector + '_), revision: &str) -> Result<()> {
        let target: Target = revision.parse()?;
        self.migrator.run_loop_on(connector, "squash", Request::Upgrade(target)).await.map(drop)
    }
}

/// Compares what two runs have left.
#[derive(Clone, Copy)]
struct SquashJudge<'a> {
    migrator: &'a Migrator,
    dialect: &'static dyn Dialect,
    /// A second run of the migrations, if rows differ.
    second: Option<&'a Stages>,
}

impl SquashJudge<'_> {
    fn verdict(&self, squash: &Stages, migrations: &Stages) -> Result<SquashVerdict> {
        let mut notes = Vec::new();
        let pairs = [
            (Direction::Up, Some(&squash.up), Some(&migrations.up), self.second.map(|s| &s.up)),
            (
                Direction::Down,
                squash.down.as_ref(),
                migrations.down.as_ref(),
                self.second.and_then(|s| s.down.as_ref()),
            ),
        ];
        for (side, is, should, second) in pairs {
            let (Some(is), Some(should)) = (is, should) else { continue };
            let mut lines = self.changes(is, should)?;
            let (differing, unstable) = other_rows(is, should, second);
            lines.extend(differing);
            if !lines.is_empty() {
                return Ok(SquashVerdict::Differs { side, lines });
            }
            notes.extend(unstable);
        }
        if let Some(down) = &squash.down {
            let left = self.changes(down, &squash.before)?;
            if !left.is_empty() {
                notes.push(format!(
                    "the down side does not restore everything, and neither did the down sides of the migrations; this would be left \
                     to do: {}",
                    left.join("; ")
                ));
            }
        }
        notes.sort();
        notes.dedup();
        Ok(SquashVerdict::Proven { notes })
    }

    /// What would have to change so that one schema is as the other.
    fn changes(&self, is: &Contents, should: &Contents) -> Result<Vec<String>> {
        let schemas = (is.schema.clone(), should.schema.clone());
        changes_between(self.migrator, self.dialect, schemas, SIDES)
    }
}

fn has_other_rows(squash: &Stages, migrations: &Stages) -> bool {
    let pairs = [
        (Some(&squash.up), Some(&migrations.up)),
        (squash.down.as_ref(), migrations.down.as_ref()),
    ];
    pairs.into_iter().any(|(is, should)| match (is, should) {
        (Some(is), Some(should)) => !other_rows(is, should, None).0.is_empty(),
        _ => false,
    })
}

/// The rows that only one of the two has, in tables that both have; and which columns were not compared, since they differ in a
/// second run of the same migrations as well.
fn other_rows(
    is: &Contents,
    should: &Contents,
    second: Option<&Contents>,
) -> (Vec<String>, Vec<String>) {
    let (mut differing, mut unstable) = (Vec::new(), Vec::new());
    for (at, table) in should.schema.tables.iter().enumerate() {
        let Some(found) = is.rows_of(table) else { continue };
        let wanted = &should.rows[at];
        if missing(found, wanted).is_empty() && missing(wanted, found).is_empty() {
            continue;
        }
        let again = second.and_then(|second| second.rows_of(table));
        let is_stable = |at: &usize| {
            again.is_none_or(|again| {
                let (one, other) = (project(wanted, &[*at]), project(again, &[*at]));
                missing(&one, &other).is_empty() && missing(&other, &one).is_empty()
            })
        };
        let (stable, others): (Vec<usize>, Vec<usize>) =
            (0..table.columns.len()).partition(is_stable);
        let columns: Vec<&Column> = stable.iter().map(|at| &table.columns[*at]).collect();
        let (found, wanted) = (project(found, &stable), project(wanted, &stable));
        let line =
            |row: &&Values, what: &str| format!("{}: {what} {}", table.name, show(&columns, row));
        let lacks = missing(&wanted, &found);
        let lines = lacks.iter().map(|row| line(row, "with the squash, this row is missing:"));
        let mut lines: Vec<String> = lines.collect();
        let more = missing(&found, &wanted);
        lines.extend(more.iter().map(|row| line(row, "only with the squash, there is this row:")));
        if lines.is_empty() {
            let names: Vec<&str> =
                others.iter().map(|at| table.columns[*at].name.as_str()).collect();
            unstable.push(format!(
                "not compared, since each run of the migrations writes other values: {} of {}",
                names.join(", "),
                table.name
            ));
        }
        differing.extend(some(lines, &table.name));
    }
    (differing, unstable)
}

impl Contents {
    fn rows_of(&self, table: &Table) -> Option<&[Values]> {
        let same =
            |other: &Table| other.name == table.name && other.columns.len() == table.columns.len();
        let at = self.schema.tables.iter().position(same)?;
        self.rows.get(at).map(Vec::as_slice)
    }
}

/// Some columns of rows.
fn project(rows: &[Values], columns: &[usize]) -> Vec<Values> {
    let row = |row: &Values| columns.iter().map(|at| row.get(*at).cloned().flatten()).collect();
    rows.iter().map(row).collect()
}

/// What a script changes that belongs to the whole server, in a few words, also in the body of a routine that it may not run.
fn server_wide(script: &str, dialect: &dyn Dialect, drafting: &dyn Drafting) -> Option<String> {
    let items = split(script, dialect.syntax()).ok()?;
    let words = items.iter().find_map(|item| match item {
        Item::Statement(statement) => {
            drafting.server_wide(statement).or_else(|| drafting.server_wide_beside(statement))
        }
        Item::Run { .. } => None,
    })?;
    Some(format!("{words} changes the whole server"))
}
