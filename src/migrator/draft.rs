//! Drafting: the models against the current schema.

use std::{fmt, path::Path, sync::Arc};

use super::Migrator;
use crate::{
    database::{Connect, Connector, Dialect, Drafting, Scope},
    draft::{
        Comparison, Draft, DraftBasis, DraftOptions, DumpOptions, Filter, ScriptStatements,
        SideNames, carry_looseness, compare, is_of,
        scratch::{Content, SchemaReader},
        spelling::Spelling,
        table_names,
    },
    error::{Error, Place, Result},
    graph::Target,
    migration::{Migration, Phase},
    run::plan::{self, Policies, Request},
    schema::{EnumType, Models, Name, NamingConvention, Schema, SchemaSql},
};

/// The options of a migrator that only drafts use.
#[derive(Clone, Default)]
pub(super) struct DraftingOptions {
    /// What the schema should be; none until somebody says it.
    pub(super) wanted: Option<DesiredSchema>,
    pub(super) naming: NamingConvention,
    pub(super) filter: Option<Filter>,
    /// Where the schema is written after a run that changed it.
    pub(super) dump: Option<(Arc<Path>, DumpOptions)>,
}

/// The models, and the script that runs before they are created.
#[derive(Debug, Clone, Default)]
pub(super) struct DesiredSchema {
    pub(super) models: Models,
    pub(super) sql: Option<SchemaSql>,
}

impl fmt::Debug for DraftingOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DraftingOptions")
            .field("models", &self.wanted.as_ref().map(|wanted| &wanted.models.names))
            .field("schema_sql", &self.wanted.as_ref().is_some_and(|wanted| wanted.sql.is_some()))
            .field("naming", &self.naming)
            .field("filter", &self.filter.is_some())
            .field("dump", &self.dump)
            .finish()
    }
}

impl Migrator {
    /// Where the sessions of a draft come from. They are several, and in the place of a pool they use a few connections of their own,
    /// each for more than one session.
    pub(super) fn drafting_connector<'c>(
        &self,
        database: impl Connect<'c>,
    ) -> Result<Box<dyn Connector + 'c>> {
        let connector = self.connector(database)?;
        Ok(connector.again().unwrap_or(connector))
    }

    pub(super) async fn inspect_on(&self, connector: &mut (dyn Connector + '_)) -> Result<Schema> {
        self.inspect_schemas(connector, &[]).await
    }

    pub(super) async fn inspect_schemas(
        &self,
        connector: &mut (dyn Connector + '_),
        schemas: &[String],
    ) -> Result<Schema> {
        let mut schema = self.with_own_tables(connector, schemas).await?;
        let own = self.own_tables();
        schema.tables.retain(|table| !own.contains(&table.name));
        schema.uncovered.retain(|thing| !own.iter().any(|table| is_of(&thing.name, &table.name)));
        Ok(schema)
    }

    /// The same with the tables of the history, for those who have to know what hangs on them.
    pub(super) async fn with_own_tables(
        &self,
        connector: &mut (dyn Connector + '_),
        schemas: &[String],
    ) -> Result<Schema> {
        let dialect = connector.dialect();
        self.survey(connector, dialect, drafting(dialect)?, &self.scope(schemas)).await
    }

    fn up_scripts(&self) -> Vec<&str> {
        self.graph.iter().map(|migration| migration.up_script().text()).collect()
    }

    /// The schemas that the migrations have made, and that are not asked for any more.
    async fn own_schemas(
        &self,
        connector: &mut (dyn Connector + '_),
        desired: &Schema,
    ) -> Result<Vec<String>> {
        let syntax = connector.dialect().syntax();
        let others = self.other_schemas(connector).await?;
        let scripts = ScriptStatements::new(&self.up_scripts(), syntax);
        let is_own =
            |name: &String| !desired.schemas.contains(name) && scripts.make("schema", name);
        Ok(others.into_iter().filter(is_own).collect())
    }

    /// All schemas of the database but the default one.
    pub(super) async fn other_schemas(
        &self,
        connector: &mut (dyn Connector + '_),
    ) -> Result<Vec<String>> {
        let dialect = connector.dialect();
        let Some(query) = drafting(dialect)?.all_schemas() else { return Ok(Vec::new()) };
        let application = self.options.process.on_server();
        let mut session = connector.lasting(&application).await?;
        let rows = session.run(query).await;
        session.close().await;
        let rows = rows.map_err(|failure| failure.doing("looking for schemas"))?;
        let names = rows.iter().filter_map(|row| row.column("name"));
        let others = names.filter(|name| Some(*name) != self.options.schema.as_deref());
        Ok(others.map(str::to_owned).collect())
    }

    /// The same with options: the order of columns.
    #[cfg(feature = "cli")]
    pub(crate) async fn drift_with<'c>(
        &self,
        database: impl Connect<'c>,
        options: DraftOptions,
    ) -> Result<Draft> {
        self.drift_on(&mut *self.drafting_connector(database)?, &options).await
    }

    pub(super) async fn drift_on(
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
            filter: self.options.drafting.filter.as_ref(),
            options,
            own_tables: &self.own_tables(),
            migrations: self.up_scripts(),
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
        let (wanted, mut models) = self.desired_models(connector).await?;
        if !options.from_migrations {
            self.check_up_to_date(connector).await?;
        }
        let sql = wanted.sql.as_ref();
        let content = Content::Wanted { sql, models: &models };
        let mut desired = self.scratch(connector, &content).await?;
        // The database may spell a table otherwise than the models do.
        respell(&mut models, &desired, dialect, drafting);
        carry_looseness(&models, &mut desired);
        let current = if options.from_migrations {
            let migrations: Vec<&Migration> = self.graph.iter().collect();
            // A script is all that should be; models say nothing of other schemas.
            let schemas = sql.is_none().then(|| desired.schemas.clone());
            self.scratch(connector, &Content::Migrations { migrations, schemas }).await?
        } else {
            let mut schemas = desired.schemas.clone();
            if sql.is_some() {
                schemas.extend(self.own_schemas(connector, &desired).await?);
            }
            let scope = self.scope(&schemas);
            self.survey(connector, dialect, drafting, &scope).await?
        };
        let compared = match &wanted.models {
            Models { names, .. } if !names.is_empty() && sql.is_none() => names.clone(),
            _ => table_names(&desired),
        };
        let sides = SideNames {
            there: if options.from_migrations { "the migrations" } else { "the database" },
            wanted: if sql.is_some() { "the script" } else { "the models" },
            is_all: sql.is_some(),
        };
        let basis = DraftBasis {
            current: current.clone(),
            desired: desired.clone(),
            models: models.clone(),
            sides,
        };
        let draft = compare(Comparison {
            dialect,
            drafting,
            current,
            desired,
            models: &models,
            compared,
            filter: self.options.drafting.filter.as_ref(),
            options,
            own_tables: &self.own_tables(),
            migrations: self.up_scripts(),
            sides,
        })?;
        Ok(Draft { basis: Some(Box::new(basis)), ..draft })
    }

    /// What the models and the script say, as the database sees it.
    #[cfg(feature = "cli")]
    pub(super) async fn wanted_schema(
        &self,
        connector: &mut (dyn Connector + '_),
    ) -> Result<Schema> {
        let (wanted, models) = self.desired_models(connector).await?;
        let content = Content::Wanted { sql: wanted.sql.as_ref(), models: &models };
        self.scratch(connector, &content).await
    }

    /// What should be, and its models with the names that this database knows them by.
    async fn desired_models(
        &self,
        connector: &mut (dyn Connector + '_),
    ) -> Result<(&DesiredSchema, Schema)> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let wanted = self.options.drafting.wanted.as_ref().ok_or_else(no_models)?;
        if let Some((file, problem)) = wanted.sql.as_ref().and_then(SchemaSql::problem) {
            return Err(Error::Source { place: Place::file(file), problem: problem.to_owned() });
        }
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
        self.options.drafting.naming.apply(&mut models, drafting.facts().name_limit);
        Ok((wanted, models))
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
        let mut session = connector.lasting(&application).await?;
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
        let mut session = connector.lasting(&application).await?;
        let schema =
            SchemaReader { session: &mut *session, dialect, drafting }.inspect(scope).await;
        session.close().await;
        schema
    }

    async fn check_up_to_date(&self, connector: &mut (dyn Connector + '_)) -> Result<()> {
        let dialect = connector.dialect();
        let snapshot = self.snapshot(connector).await?;
        let request = Request::Upgrade(Target::heads());
        // What is left for a later phase is pending as well.
        let policies = Policies { phase: Phase::LAST, ..self.options.policies };
        let syntax = dialect.syntax();
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
    pub(super) fn own_tables(&self) -> Vec<Name> {
        let mut own = Vec::new();
        for table in self.history_tables() {
            own.push(Name::new(table.clone()));
            own.extend(self.options.schema.iter().map(|s| Name::in_schema(s, table.clone())));
        }
        own
    }
}

pub(super) fn drafting(dialect: &'static dyn Dialect) -> Result<&'static dyn Drafting> {
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

fn two_enums(one: &EnumType, other: &EnumType) -> Error {
    let (name, one, other) = (&one.name, one.values.join(", "), other.values.join(", "));
    let problem = format!(
        "the models have two enum types called {name}, one with the values {one}, the other with {other}: give one of them \
         another name"
    );
    Error::Models { problem }
}
