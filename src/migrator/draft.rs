//! Drafting: what the models ask for against what is there.

use std::{
    sync::{Arc, mpsc::RecvTimeoutError},
    time::Duration,
};

use tracing::warn;

use super::Migrator;
use crate::{
    database::{Connect, Connector, Dialect, Drafting, Scope, server::open_scratch},
    draft::{
        Comparison, Draft, DraftOptions, Object, SideNames, carry_looseness, compare, is_of,
        scratch::{Content, SchemaReader},
        spelling::Spelling,
        table_names,
    },
    error::{Error, Result},
    graph::Target,
    migration::Migration,
    run::plan::{self, Request},
    schema::{Enum, Models, Name, NamingConvention, Schema},
};

impl Migrator {
    /// What the tables should be: the models of the program, as [`models!`](crate::models!) collects them, or a
    /// [`Schema`](crate::schema::Schema) that was built by hand. [`draft`](Self::draft) and [`check`](Self::check) compare it
    /// with the database; nothing else looks at it.
    ///
    /// ```
    /// use ambix::{Migrations, Migrator, schema::{Column, Schema, Table, Type}};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let users = Table::new("users")
    ///     .column(Column::new("id", Type::BigInt).auto_increment())
    ///     .column(Column::new("email", Type::Varchar(255)).not_null())
    ///     .primary_key(["id"])
    ///     .unique(["email"]);
    /// let migrator = Migrator::from_migrations(Migrations::default())?.models(Schema::new().table(users));
    /// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// let draft = migrator.draft(&pool, ambix::DraftOptions::new()).await?;
    /// assert!(draft.up.contains("CREATE TABLE users"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn models(mut self, models: impl Into<Models>) -> Self {
        self.options.wanted.get_or_insert_default().models = models.into();
        self
    }

    /// What the tables should be, as an SQL script that creates them: instead of models, or beside them. It is run in a scratch
    /// place before the models are made there.
    #[must_use]
    pub fn schema_sql(mut self, text: impl Into<String>) -> Self {
        let text: String = text.into();
        self.options.wanted.get_or_insert_default().sql = Some(text.into());
        self
    }

    /// How constraints and indexes are named that the models do not name.
    #[must_use]
    pub fn naming(mut self, naming: NamingConvention) -> Self {
        self.options.naming = naming;
        self
    }

    /// What takes part in comparing models and database: what the filter answers with false is neither created, changed nor
    /// dropped, and with it what it needs stays: the table that its foreign key refers to, the type of its columns. What needs
    /// something of the models that the filter keeps away is not created either; and what is on a table or column goes with it,
    /// whatever the filter says.
    ///
    /// A name is as the models spell it, where they have the thing and the database takes the two spellings for one.
    ///
    /// The history's tables, and those of other migration tools, never take part.
    ///
    /// ```
    /// # let migrator = ambix::Migrator::from_migrations(ambix::Migrations::default())?;
    /// let migrator = migrator.include(|object| !object.table.is_some_and(|table| table.starts_with("legacy_")));
    /// # Ok::<(), ambix::Error>(())
    /// ```
    #[must_use]
    pub fn include(mut self, filter: impl Fn(&Object<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.options.filter = Some(Arc::new(filter));
        self
    }

    /// The schema of the database, without the history's tables. It only reads.
    ///
    /// # Errors
    /// [`Error::Database`] where the catalogue cannot be read.
    pub async fn inspect<'c>(&self, database: impl Connect<'c>) -> Result<Schema> {
        self.inspect_on(&mut *self.connector(database)?).await
    }

    /// What has to be done to the database so that it is as the models say: the text of an up and a down side, for a person to
    /// read. Nothing is run and no file is written.
    ///
    /// The models are made in a scratch place and inspected there, so that both sides are in the database's own words. Where a
    /// server has to lend the place, that is a transaction which is rolled back, or a database that is dropped.
    ///
    /// # Errors
    /// [`Error::Pending`] where the database lacks migrations; [`Error::Destructive`] where data would be lost and that is not
    /// allowed; [`Error::Scratch`] where the database does not take the models; [`Error::Models`] if there are
    /// none, or they contradict each other; [`Error::Unsupported`] if the database has nothing of the kind.
    pub async fn draft<'c>(
        &self,
        database: impl Connect<'c>,
        options: DraftOptions,
    ) -> Result<Draft> {
        let draft = self.draft_on(&mut *self.connector(database)?, &options).await?;
        Self::refuse_loss(draft, &options)
    }

    /// Whether the database is as the models say: the draft is empty then. The test that a team has in its CI.
    ///
    /// # Errors
    /// As [`draft`](Self::draft), but that data would be lost is no error here.
    pub async fn check<'c>(
        &self,
        database: impl Connect<'c>,
        options: DraftOptions,
    ) -> Result<Draft> {
        self.draft_on(&mut *self.connector(database)?, &options).await
    }

    /// Whether it is known what should be.
    #[cfg(any(feature = "cli", feature = "testkit"))]
    pub(crate) fn has_models(&self) -> bool {
        self.options.wanted.is_some()
    }

    /// The schema of the database, and the script that creates it.
    #[cfg(feature = "cli")]
    pub(crate) async fn dump<'c>(&self, database: impl Connect<'c>) -> Result<(Schema, String)> {
        let mut connector = self.connector(database)?;
        let dialect = connector.dialect();
        let schemas = self.other_schemas(&mut *connector).await?;
        let schema = self.inspect_schemas(&mut *connector, &schemas).await?;
        let script = crate::draft::script(&schema, dialect, drafting(dialect)?)?;
        Ok((schema, script))
    }

    pub(super) async fn inspect_on(&self, connector: &mut (dyn Connector + '_)) -> Result<Schema> {
        self.inspect_schemas(connector, &[]).await
    }

    async fn inspect_schemas(
        &self,
        connector: &mut (dyn Connector + '_),
        schemas: &[String],
    ) -> Result<Schema> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let mut schema = self.survey(connector, dialect, drafting, &self.scope(schemas)).await?;
        let own = self.own_tables();
        schema.tables.retain(|table| !own.contains(&table.name));
        schema.uncovered.retain(|thing| !own.iter().any(|table| is_of(&thing.name, &table.name)));
        Ok(schema)
    }

    /// All schemas of the database but the default one.
    #[cfg(feature = "cli")]
    async fn other_schemas(&self, connector: &mut (dyn Connector + '_)) -> Result<Vec<String>> {
        let dialect = connector.dialect();
        let Some(query) = drafting(dialect)?.all_schemas() else { return Ok(Vec::new()) };
        let application = self.options.process.on_server();
        let mut session = connector.dedicated(&application).await?;
        let rows = session.run(query).await;
        session.close().await;
        let rows = rows.map_err(|failure| failure.doing("looking for schemas"))?;
        let names = rows.into_iter().filter_map(|row| row.into_iter().nth(1).flatten());
        Ok(names.filter(|name| Some(name) != self.options.schema.as_ref()).collect())
    }

    /// Whether the database is as its migrations make it; the changes of the draft would make it so. What somebody has done by hand
    /// shows here, and for a team without models that is the test which [`check`](Self::check) is for others.
    ///
    /// The migrations are run in a scratch place. What a Rust function does is not done there, and shows in no schema but where
    /// it changes tables.
    ///
    /// ```
    /// use ambix::{Migration, Migrations, Migrator};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let migrator = Migrator::from_migrations(Migrations::new([
    ///     Migration::new("1", "create users").up("CREATE TABLE users (id integer PRIMARY KEY)"),
    /// ])?)?;
    /// let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    /// migrator.run_pending(&pool).await?;
    /// sqlx::raw_sql("ALTER TABLE users ADD COLUMN by_hand text").execute(&pool).await?;
    /// let drift = migrator.drift(&pool).await?;
    /// assert_eq!(drift.to_string(), "drop column users.by_hand");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Pending`] where the database lacks migrations; [`Error::Scratch`] where the migrations cannot be run in a scratch
    /// place.
    pub async fn drift<'c>(&self, database: impl Connect<'c>) -> Result<Draft> {
        self.drift_on(&mut *self.connector(database)?, &DraftOptions::new()).await
    }

    /// The same with options: the order of columns.
    #[cfg(feature = "cli")]
    pub(crate) async fn drift_with<'c>(
        &self,
        database: impl Connect<'c>,
        options: DraftOptions,
    ) -> Result<Draft> {
        self.drift_on(&mut *self.connector(database)?, &options).await
    }

    async fn drift_on(
        &self,
        connector: &mut (dyn Connector + '_),
        options: &DraftOptions,
    ) -> Result<Draft> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        self.check_up_to_date(connector).await?;
        let migrations: Vec<&Migration> = self.graph.iter().collect();
        let content = Content::Migrations { migrations, schemas: None };
        let desired = self.scratch(connector, &content).await?;
        let scope = self.scope(&desired.schemas);
        let current = self.survey(connector, dialect, drafting, &scope).await?;
        compare(Comparison {
            dialect,
            drafting,
            current,
            models: &Schema::new(),
            compared: table_names(&desired),
            desired,
            filter: self.options.filter.as_ref(),
            options,
            own_tables: &self.own_tables(),
            sides: SideNames { there: "the database", wanted: "the migrations", is_all: true },
        })
    }

    pub(super) async fn draft_on(
        &self,
        connector: &mut (dyn Connector + '_),
        options: &DraftOptions,
    ) -> Result<Draft> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let wanted = self.options.wanted.as_ref().ok_or_else(no_models)?;
        let mut models = wanted.models.schema.clone();
        if let Some((one, other)) =
            models.enums_of_one_name().filter(|_| drafting.facts().enum_types)
        {
            return Err(two_enums(one, other));
        }
        if !models.named_schemas().is_empty()
            && let Some(default) = self.default_schema(connector, dialect, drafting).await?
        {
            models.leave_out_schema(&default);
        }
        resolve(&mut models, dialect, drafting);
        self.options.naming.apply(&mut models, drafting.facts().name_limit);
        if !options.from_migrations {
            self.check_up_to_date(connector).await?;
        }
        let sql = wanted.sql.as_deref();
        let content = Content::Wanted { sql, models: &models };
        let mut desired = self.scratch(connector, &content).await?;
        // The database may spell a table otherwise than the models do.
        respell(&mut models, &desired, dialect, drafting);
        carry_looseness(&models, &mut desired);
        let current = if options.from_migrations {
            let migrations: Vec<&Migration> = self.graph.iter().collect();
            let schemas = Some(desired.schemas.clone());
            self.scratch(connector, &Content::Migrations { migrations, schemas }).await?
        } else {
            let scope = self.scope(&desired.schemas);
            self.survey(connector, dialect, drafting, &scope).await?
        };
        let compared = match &wanted.models {
            Models { names, .. } if !names.is_empty() && sql.is_none() => names.clone(),
            _ => table_names(&desired),
        };
        compare(Comparison {
            dialect,
            drafting,
            current,
            desired,
            models: &models,
            compared,
            filter: self.options.filter.as_ref(),
            options,
            own_tables: &self.own_tables(),
            sides: SideNames {
                there: if options.from_migrations { "the migrations" } else { "the database" },
                wanted: if sql.is_some() { "the script" } else { "the models" },
                is_all: sql.is_some(),
            },
        })
    }

    /// Refuses what loses data, unless that is allowed.
    pub(super) fn refuse_loss(draft: Draft, options: &DraftOptions) -> Result<Draft> {
        if draft.destructive.is_empty() || options.allow_destructive {
            return Ok(draft);
        }
        Err(Error::Destructive {
            changes: draft.destructive,
            rename_candidates: draft.rename_candidates,
        })
    }

    /// The schema in which the models are whose schema is not said.
    async fn default_schema(
        &self,
        connector: &mut (dyn Connector + '_),
        dialect: &'static dyn Dialect,
        drafting: &'static dyn Drafting,
    ) -> Result<Option<String>> {
        if let Some(schema) = &self.options.schema {
            return Ok(Some(schema.clone()));
        }
        let application = self.options.process.on_server();
        let mut session = connector.dedicated(&application).await?;
        let mut reader = SchemaReader { session: &mut *session, dialect, drafting };
        let schema = reader.default_schema().await;
        session.close().await;
        schema
    }

    /// The database as it is.
    async fn survey(
        &self,
        connector: &mut (dyn Connector + '_),
        dialect: &'static dyn Dialect,
        drafting: &'static dyn Drafting,
        scope: &Scope,
    ) -> Result<Schema> {
        let application = self.options.process.on_server();
        let mut session = connector.dedicated(&application).await?;
        let schema =
            SchemaReader { session: &mut *session, dialect, drafting }.inspect(scope).await;
        session.close().await;
        schema
    }

    /// What something looks like to the database, made in a scratch place.
    async fn scratch(
        &self,
        connector: &mut (dyn Connector + '_),
        content: &Content<'_>,
    ) -> Result<Schema> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let application = self.options.process.on_server();
        let name = scratch_name();
        if let Some(why) = content.scripts().iter().find_map(|script| drafting.refuses(script)) {
            return Err(Error::Models { problem: why });
        }
        let mut schemas = content.schemas();
        schemas.extend(self.options.schema.clone());
        if content.scripts().iter().any(|script| drafting.leads_out(script, &schemas))
            && let Some(database) = drafting.scratch_database(&name)
        {
            return self.scratch_database(connector, &name, database, content).await;
        }
        let mut own = open_scratch(dialect)?;
        let connector = match &mut own {
            Some(own) => &mut **own,
            None => connector,
        };
        // Dropped after the session, whose connection is closed by then.
        let mut cleaner = Cleaner::new(&*connector, drafting.leave_scratch(&name), &application);
        let mut session = connector.dedicated(&application).await?;
        // A connection that lives on must not stay in the scratch place, nor where the future is dropped in the middle.
        let lives_on = !session.is_own();
        let mut reader = SchemaReader { session: &mut *session, dialect, drafting };
        let home = if lives_on { reader.home().await? } else { None };
        let leave = drafting.leave_scratch(&name).into_iter().chain(home.clone()).collect();
        reader.session.run_on_drop(leave);
        let schema = match reader.collect_stale().await {
            Ok(()) => reader.in_scratch(&name, content).await,
            Err(error) => Err(error),
        };
        let back = match home {
            Some(home) => session.run(&home).await.map(|_| ()),
            None => Ok(()),
        };
        session.run_on_drop(Vec::new());
        session.close().await;
        cleaner.done();
        // The first error is the one that is reported.
        let schema = schema?;
        back.map(|()| schema).map_err(|failure| failure.doing("leaving the scratch place"))
    }

    /// The same in a database of its own, for scripts that say where their tables are.
    async fn scratch_database(
        &self,
        connector: &mut (dyn Connector + '_),
        name: &str,
        (create, remove): (String, String),
        content: &Content<'_>,
    ) -> Result<Schema> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let application = self.options.process.on_server();
        let mut beside = connector.beside(name).ok_or_else(|| {
            let problem = "the SQL says in which schema its tables are, so it needs a scratch database of its own, and that needs \
                           a connection of its own: pass a pool or a URL; nothing was written";
            Error::Connection { problem: problem.to_owned() }
        })?;
        let mut cleaner = Cleaner::with(connector.again(), vec![remove.clone()], &application);
        let mut session = connector.dedicated(&application).await?;
        SchemaReader { session: &mut *session, dialect, drafting }.collect_stale().await?;
        if let Err(failure) = session.run(&create).await {
            // Where it is the answer that was lost, there may be a database; the cleaner looks.
            session.close().await;
            return Err(Error::Scratch {
                doing: "the SQL says in which schema its tables are, or sets the search path, so that it needs a database of \
                        its own (which takes a role with CREATEDB; without it leave the schemas' names out): creating it"
                    .to_owned(),
                statement: create,
                source: failure.error,
            });
        }
        let schema = match beside.dedicated(&application).await {
            Ok(mut own) => {
                let mut reader = SchemaReader { session: &mut *own, dialect, drafting };
                let schema = reader.in_database(content, self.options.schema.as_deref()).await;
                own.close().await;
                schema
            }
            Err(error) => Err(error),
        };
        let removed = session.run(&remove).await;
        session.close().await;
        if removed.is_ok() {
            cleaner.done();
        }
        let schema = schema?;
        removed.map(|_| schema).map_err(|failure| failure.doing("dropping the scratch database"))
    }

    async fn check_up_to_date(&self, connector: &mut (dyn Connector + '_)) -> Result<()> {
        let dialect = connector.dialect();
        let snapshot = self.snapshot(connector).await?;
        let request = Request::Upgrade(Target::heads());
        let (policies, syntax) = (self.options.policies, dialect.syntax());
        let steps = plan::plan(&self.graph, &self.graph, &snapshot, &request, policies, syntax);
        let steps = steps?;
        if let Some(record) = steps.steps.iter().find_map(|step| step.resume.as_ref()) {
            let problem = "a schema in the middle of a migration is not compared".to_owned();
            return Err(plan::left_unfinished(record, problem));
        }
        let pending = steps.steps.iter().filter(|step| step.runs());
        let pending: Vec<String> =
            pending.map(|step| step.migration.revision().to_owned()).collect();
        if pending.is_empty() { Ok(()) } else { Err(Error::Pending { pending }) }
    }

    fn scope(&self, schemas: &[String]) -> Scope {
        Scope {
            default_schema: self.options.schema.clone(),
            schemas: schemas.iter().map(|name| (name.clone(), name.clone())).collect(),
        }
    }

    /// The tables of the history, the one with the rows first.
    pub(crate) fn history_tables(&self) -> [String; 2] {
        [self.options.table.clone(), format!("{}_lock", self.options.table)]
    }

    /// The tables of the history, by all the names that an inspection may give them.
    fn own_tables(&self) -> Vec<Name> {
        let mut own = Vec::new();
        for table in self.history_tables() {
            own.push(Name::new(table.clone()));
            own.extend(self.options.schema.iter().map(|s| Name::in_schema(s, table.clone())));
        }
        own
    }
}

/// How long dropping a draft in the middle may wait until its scratch place is gone.
const CLEANING: Duration = Duration::from_secs(5);

/// Takes a scratch place away that outlives its connection, where the future that made it is dropped in the middle.
struct Cleaner {
    work: Option<(Box<dyn Connector>, Vec<String>, String)>,
}

impl Cleaner {
    fn new(connector: &(dyn Connector + '_), leave: Vec<String>, application: &str) -> Self {
        // What a transaction holds ends with the connection.
        let outlives = !connector.dialect().capabilities().transactional_ddl;
        let again = outlives.then(|| connector.again()).flatten();
        Self::with(again, leave, application)
    }

    fn with(connector: Option<Box<dyn Connector>>, leave: Vec<String>, application: &str) -> Self {
        Self { work: connector.map(|connector| (connector, leave, application.to_owned())) }
    }

    /// Everything is away already.
    fn done(&mut self) {
        self.work = None;
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        let Some((mut connector, leave, application)) = self.work.take() else { return };
        // A drop cannot wait for a future; a thread with a runtime of its own can. It is waited for, since this may be the
        // last thing that the program does, but not for long, since other futures may be waiting behind this one.
        let (working, over) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || {
            let _working = working;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let Ok(mut session) = connector.dedicated(&application).await else { return };
                for statement in leave {
                    if let Err(failure) = session.run(&statement).await {
                        warn!(error = %failure.error, "a scratch place is left; the next draft takes it away");
                    }
                }
                session.close().await;
            });
        });
        // The other end goes with the thread.
        if over.recv_timeout(CLEANING) == Err(RecvTimeoutError::Timeout) {
            warn!(
                "a scratch place is not taken away yet; where this program ends first, the next draft does it"
            );
        }
    }
}

fn drafting(dialect: &'static dyn Dialect) -> Result<&'static dyn Drafting> {
    dialect.drafting().ok_or_else(|| Error::Unsupported {
        database: dialect.name(),
        problem: format!("nothing can be drafted on {}", dialect.name()),
    })
}

/// Spells every name of the models as where it is declared.
fn resolve(models: &mut Schema, dialect: &dyn Dialect, drafting: &'static dyn Drafting) {
    let quote = |name: &str| dialect.quote(name);
    let folding = drafting.folding(models);
    Spelling { folding, syntax: dialect.syntax(), quote: &quote }.resolve(models);
}

/// Spells the names of models as the database has taken them.
fn respell(
    models: &mut Schema,
    like: &Schema,
    dialect: &dyn Dialect,
    drafting: &'static dyn Drafting,
) {
    let quote = |name: &str| dialect.quote(name);
    let folding = drafting.folding(like);
    Spelling { folding, syntax: dialect.syntax(), quote: &quote }.respell(models, like);
}

fn no_models() -> Error {
    let problem = "there are no models to compare: give them to the migrator with `models(ambix::models![...])`, or a `schema_sql`";
    Error::Models { problem: problem.to_owned() }
}

fn two_enums(one: &Enum, other: &Enum) -> Error {
    let (name, one, other) = (&one.name, one.values.join(", "), other.values.join(", "));
    let problem = format!(
        "the models have two enum types called {name}, one with the values {one}, the other with {other}: give one of them \
         another name"
    );
    Error::Models { problem }
}

/// A name that nothing else has.
fn scratch_name() -> String {
    format!("ambix_scratch_{:016x}", crate::random::random())
}
