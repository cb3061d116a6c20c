//! Asks a database: what it holds, and what the models would look like to it.

use std::collections::BTreeSet;

use tracing::debug;

use super::leftovers::Leftovers;
use crate::{
    change::Change,
    database::{
        ChangeSet, Dialect, Drafting, Failure, Row, Scope, Session, TransactionSupport,
        drafting::{joined, runs_server_wide},
    },
    error::{Error, Place, Result},
    migration::Migration,
    schema::{Definition, Schema, SchemaSql, Type},
    sql::{Item, Statement, TokenKind, merge_transactions, split, tokens, transaction_control},
};

use super::{
    diff,
    expression::replace_schema,
    not_compared,
    object_names::ObjectNames,
    objects::{self, ObjectContext},
    order,
    rename::each_expression,
    too_early::{self, TooEarly},
};

impl Content<'_> {
    /// The scripts in it.
    pub(crate) fn scripts(&self) -> Vec<&str> {
        match self {
            Self::Wanted { sql, .. } => sql.iter().flat_map(|sql| sql.texts()).collect(),
            Self::Migrations { migrations, .. } => {
                migrations.iter().map(|migration| migration.up_script().text()).collect()
            }
            Self::Proof(proof) => {
                let own = [proof.copy, proof.up, proof.down].into_iter();
                own.chain(proof.wanted.iter().flat_map(|sql| sql.texts())).collect()
            }
        }
    }

    /// The schemas that take part beside the default one.
    pub(crate) fn schemas(&self) -> Vec<String> {
        match self {
            Self::Wanted { models, .. } => models.named_schemas(),
            Self::Migrations { schemas, .. } => schemas.clone().unwrap_or_default(),
            Self::Proof(proof) => proof.schemas.to_vec(),
        }
    }
}

/// Talks about schemas on one session.
pub(crate) struct SchemaReader<'s> {
    pub(crate) session: &'s mut (dyn Session + 's),
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) drafting: &'static dyn Drafting,
}

/// What is made in a scratch place.
pub(crate) enum Content<'a> {
    /// A copy of the current schema, on which both sides of a draft run.
    Proof(ProofScript<'a>),
    /// What is written in SQL, and the models beside it.
    Wanted { sql: Option<&'a SchemaSql>, models: &'a Schema },
    /// What the migrations make, in their order, and the schemas of it that take part; none for all of them.
    Migrations { migrations: Vec<&'a Migration>, schemas: Option<Vec<String>> },
}

/// Where something is made.
struct ScratchPlace<'a> {
    scope: Scope,
    /// Puts the session's settings back after a script.
    restore: &'a str,
    /// Something may be there before: what belongs to the database as a whole, or the default schema.
    is_begun: bool,
    /// It is a database of its own.
    is_database: bool,
}

/// What proves a draft.
pub(crate) struct ProofScript<'a> {
    /// The statements that create the current schema.
    pub(crate) copy: &'a str,
    pub(crate) up: &'a str,
    pub(crate) down: &'a str,
    /// The schemas that take part beside the default one.
    pub(crate) schemas: &'a [String],
    /// What should be as a script: what that says, a function's body may say as well, and no lexer looks into it.
    pub(crate) wanted: Option<&'a SchemaSql>,
}

/// What was found in a scratch place: one schema, or for a proof one after each of its steps.
#[derive(Debug, Default)]
pub(crate) struct ScratchSchemas {
    pub(crate) schemas: Vec<Schema>,
    /// Why the next step of a proof could not be done.
    pub(crate) failure: Option<Error>,
}

impl SchemaReader<'_> {
    /// The database as it is.
    pub(crate) async fn inspect(&mut self, scope: &Scope) -> Result<Schema> {
        let (before, after) = self.drafting.around_inspect(scope);
        match self.read_rows(scope, [&before, &after]).await {
            Ok(rows) => self.drafting.read(&rows, scope),
            Err(failure) => {
                // The transaction around it is ours, on a connection that may not be.
                let _ = self.session.run("ROLLBACK").await;
                Err(failure.doing("reading the database's schema"))
            }
        }
    }

    /// The rows of an inspection, between two statements.
    async fn read_rows(&mut self, scope: &Scope, around: [&str; 2]) -> Result<Vec<Row>, Failure> {
        let [mut before, after] = around;
        let mut existing = Vec::new();
        if let Some(question) = self.drafting.existence(scope) {
            existing = self.session.run(&joined([before, &question, ""])).await?;
            before = "";
        }
        let inspect = self.drafting.inspect(scope, &existing);
        let mut rows = self.session.run(&joined([before, &inspect, after])).await?;
        if let Some(question) = self.drafting.left_open(&rows, scope) {
            rows.extend(self.session.run(&question).await?);
        }
        Ok(rows)
    }

    /// The schema in which a table is whose schema is not said.
    pub(crate) async fn default_schema(&mut self) -> Result<Option<String>> {
        let Some(query) = self.drafting.default_schema() else { return Ok(None) };
        let rows = self.session.run(query).await;
        let rows = rows.map_err(|failure| failure.doing("asking where the session is"))?;
        Ok(rows.first().and_then(|row| row.column("name")).map(str::to_owned))
    }

    /// The statement that leads back to where the session is, where leaving a scratch place does not.
    pub(crate) async fn home(&mut self) -> Result<Option<String>> {
        let home = self.default_schema().await?;
        Ok(home.and_then(|home| self.drafting.go_home(&home)))
    }

    /// Takes away what dead processes have left.
    pub(crate) async fn collect_stale(&mut self) -> Result<()> {
        let Some(query) = self.drafting.stale_scratches() else { return Ok(()) };
        let rows = self.session.run(&query).await;
        let rows =
            rows.map_err(|failure| failure.doing("looking for scratch places that were left"))?;
        for row in rows {
            let Some(name) = row.column("name") else { continue };
            let is_database = row.column("is_database") == Some("1");
            let database = self.drafting.scratch_database(name).filter(|_| is_database);
            let leave = match database {
                Some((_, drop)) => vec![drop],
                None => self.drafting.leave_scratch(name),
            };
            for statement in leave {
                if let Err(failure) = self.session.run(&statement).await {
                    debug!(error = %failure.error, name, "a scratch place that was left cannot be taken away");
                }
            }
        }
        Ok(())
    }

    /// Makes something in a scratch place, and inspects it there. The place is gone afterwards, however that went. `refresh` puts the
    /// session's settings back after each script.
    pub(crate) async fn in_scratch(
        &mut self,
        name: &str,
        content: &Content<'_>,
        refresh: &str,
    ) -> Result<ScratchSchemas> {
        let scope = match content {
            Content::Wanted { .. } => self.scope_of(content, |at, _| format!("{name}_{at}"))?,
            // Migrations that name a schema have a database of their own.
            Content::Migrations { .. } | Content::Proof(_) => Scope::default(),
        };
        let made = match self.enter(name, &scope).await {
            Ok(()) => {
                let place =
                    ScratchPlace { scope, restore: refresh, is_begun: true, is_database: false };
                self.find(content, place).await
            }
            Err(error) => Err(error),
        };
        let mut left = Ok(());
        for statement in self.drafting.leave_scratch(name) {
            if let Err(failure) = self.session.run(&statement).await {
                left = left.and(Err(failure.doing("leaving the scratch place")));
            }
        }
        // The first error is the one that is reported.
        let mut found = made?;
        for schema in &mut found.schemas {
            not_compared::keep_made(schema, &content.scripts(), self.dialect.syntax());
        }
        left?;
        if !matches!(content, Content::Proof(_)) {
            self.check_own(&found).await?;
        }
        Ok(found)
    }

    /// A script that names a table before it creates it finds that of the database around the scratch place.
    async fn check_own(&mut self, found: &ScratchSchemas) -> Result<()> {
        let outside = |schema: &Schema| {
            let tables = schema.tables.iter();
            tables.flat_map(|table| &table.foreign_keys).any(|key| key.references.schema.is_some())
                || !schema.objects.is_empty()
        };
        if !found.schemas.iter().any(outside) {
            return Ok(());
        }
        let Some(home) = self.default_schema().await? else { return Ok(()) };
        let syntax = self.dialect.syntax();
        match found.schemas.iter().find_map(|schema| too_early::find(schema, &home, syntax)) {
            Some(TooEarly { user, table }) => Err(Error::Models {
                problem: format!(
                    "the SQL creates {user} before the table {table} that it names, so that it took {home}.{table}, which the database \
                     has already; create {table} first; nothing was written"
                ),
            }),
            None => Ok(()),
        }
    }

    /// Makes something, and inspects it; for a proof, after each step.
    async fn find(
        &mut self,
        content: &Content<'_>,
        mut place: ScratchPlace<'_>,
    ) -> Result<ScratchSchemas> {
        let mut found = ScratchSchemas::default();
        let Content::Proof(proof) = content else {
            let skipped = self.make(content, &place).await?;
            let mut schema = self.inspect_place(content, &mut place).await?;
            schema.definitions.extend(skipped);
            self.drafting.keep_settings(&content.scripts(), &mut schema);
            found.schemas.push(self.with_temporary(schema, content));
            return Ok(found);
        };
        let steps = [
            ("the copy of the current schema", proof.copy),
            ("the drafted up side", proof.up),
            ("the drafted down side", proof.down),
        ];
        for (name, sql) in steps {
            let done = match self.script(name, sql, &place).await {
                Ok(_) => self.restore(place.restore).await,
                Err(error) => Err(error),
            };
            let schema = match done {
                Ok(()) => self.inspect_place(content, &mut place).await,
                Err(error) => Err(error),
            };
            match schema {
                Ok(schema) => found.schemas.push(schema),
                Err(error) => {
                    found.failure = Some(error);
                    break;
                }
            }
        }
        Ok(found)
    }

    /// With the temporary tables of the scripts, which have the names of tables anyway.
    fn with_temporary(&self, mut schema: Schema, content: &Content<'_>) -> Schema {
        let scripts = content.scripts();
        let tables = not_compared::temporary_tables(&schema, &scripts, self.dialect.syntax());
        schema.uncovered.extend(tables);
        schema
    }

    /// The same on a database that is a scratch place as a whole. `home` is the schema in which a table is whose schema is not said,
    /// where that is another one than the server's default.
    pub(crate) async fn in_database(
        &mut self,
        content: &Content<'_>,
        home: Option<&str>,
    ) -> Result<ScratchSchemas> {
        let scope = self.scope_of(content, |_, schema| schema.to_owned())?;
        // A dump leaves the session otherwise than it found it.
        let mut restore = self.dialect.script_restore().to_owned();
        for statement in home.map(|home| self.drafting.make_home(home)).unwrap_or_default() {
            let made = self.session.run(&statement).await;
            let doing = || "making the default schema".to_owned();
            made.map_err(|failure| scratch_error(doing(), &statement, failure))?;
            restore.push_str(&format!("\n{statement};"));
        }
        let is_begun = home.is_some();
        let place = ScratchPlace { scope, restore: &restore, is_begun, is_database: true };
        self.find(content, place).await
    }

    async fn enter(&mut self, name: &str, scope: &Scope) -> Result<()> {
        for statement in self.drafting.enter_scratch(name, &scope.schemas) {
            let entered = self.session.run(&statement).await;
            let doing = || "making a place".to_owned();
            entered.map_err(|failure| scratch_error(doing(), &statement, failure))?;
        }
        Ok(())
    }

    /// The schemas that take part, and what they are called in the place.
    fn scope_of(
        &self,
        content: &Content<'_>,
        place: impl Fn(usize, &str) -> String,
    ) -> Result<Scope> {
        let schemas = content.schemas();
        if let Some(schema) = schemas.first().filter(|_| !self.drafting.facts().schemas) {
            let database = self.dialect.name();
            let problem = format!(
                "the models name the schema {schema}, and {database} has none beside the database itself; leave it out; nothing \
                 was written"
            );
            return Err(Error::Unsupported { database, problem });
        }
        let renamed = |(at, schema): (usize, String)| {
            let place = place(at, &schema);
            (schema, place)
        };
        let schemas = schemas.into_iter().enumerate().map(renamed).collect();
        Ok(Scope { default_schema: None, schemas })
    }

    /// Makes it. Returned are the statements that were not run.
    async fn make(
        &mut self,
        content: &Content<'_>,
        place: &ScratchPlace<'_>,
    ) -> Result<Vec<Definition>> {
        let ScratchPlace { scope, restore, .. } = place;
        let mut skipped = Vec::new();
        match content {
            Content::Proof(_) => {}
            Content::Wanted { sql, models } => {
                for (file, text) in sql.iter().flat_map(|sql| sql.files()) {
                    skipped.extend(self.script(file, text, place).await?);
                    self.restore(restore).await?;
                }
                for (_, schema) in scope.schemas.iter().filter(|(name, place)| name == place) {
                    let sql = format!("CREATE SCHEMA IF NOT EXISTS {}", self.dialect.quote(schema));
                    let made = self.session.run(&sql).await;
                    made.map_err(|f| {
                        scratch_error(format!("making the schema {schema}"), &sql, f)
                    })?;
                }
                self.models(models, scope).await?;
            }
            Content::Migrations { migrations, .. } => {
                for migration in migrations {
                    skipped.extend(self.migration(migration, place).await?);
                }
            }
        }
        Ok(skipped)
    }

    async fn inspect_place(
        &mut self,
        content: &Content<'_>,
        place: &mut ScratchPlace<'_>,
    ) -> Result<Schema> {
        if let Some(query) = self.drafting.all_schemas()
            && place.is_database
            && !matches!(content, Content::Migrations { schemas: Some(_), .. })
        {
            let rows = self.session.run(query).await;
            let rows = rows.map_err(|failure| failure.doing("looking for schemas"))?;
            let names = rows.iter().filter_map(|row| row.column("name"));
            place.scope.schemas = names.map(|name| (name.to_owned(), name.to_owned())).collect();
        }
        let scope = &place.scope;
        let rows = self.read_rows(scope, ["", ""]).await;
        let rows = rows.map_err(|failure| failure.doing("reading the scratch place"))?;
        self.drafting.read(&rows, scope)
    }

    async fn restore(&mut self, statements: &str) -> Result<()> {
        if !statements.is_empty() {
            let restored = self.session.run(statements).await;
            restored.map_err(|failure| failure.doing("putting the session's settings back"))?;
        }
        Ok(())
    }

    /// Creates the models.
    async fn models(&mut self, models: &Schema, scope: &Scope) -> Result<()> {
        let facts = self.drafting.facts();
        let mut models = models.clone();
        rename_schemas(&mut models, scope, self.dialect);
        if !facts.enum_types {
            models.enums.clear();
        }
        if let Some(sequence) = models.sequences.first().filter(|_| !facts.sequences) {
            let database = self.dialect.name();
            let problem = format!(
                "the models have the sequence {}, and {database} has no sequences of their own here; leave it out; nothing was \
                 written",
                sequence.name
            );
            return Err(Error::Unsupported { database, problem });
        }
        models.schemas.clear();
        let empty = Schema::new();
        let changes = creation(&models, self.dialect, self.drafting);
        let work = ChangeSet {
            from: &empty,
            to: &models,
            changes: &changes,
            with_rows: false,
            is_online: false,
            is_copy: false,
        };
        for statement in self.drafting.render(&work)?.statements {
            let done = self.session.run(&statement.sql).await;
            done.map_err(|failure| {
                let what = statement.changes.iter().filter_map(|at| changes.get(*at));
                let what: Vec<String> = what.map(Change::to_string).collect();
                scratch_error(
                    format!("{} for the models", what.join(", ")),
                    &statement.sql,
                    failure,
                )
            })?;
        }
        Ok(())
    }

    /// Runs the up side of a migration as it runs elsewhere: in a transaction of its own, where the place has none, and without what
    /// an earlier one has left in the session.
    async fn migration(
        &mut self,
        migration: &Migration,
        place: &ScratchPlace<'_>,
    ) -> Result<Vec<Definition>> {
        let (up, dialect) = (migration.up_script(), self.dialect);
        // What cannot be split is an error where it is run.
        let items = split(up.text(), dialect.syntax()).unwrap_or_default();
        let statements = items.into_iter().filter_map(|item| match item {
            Item::Statement(statement) => Some(statement),
            Item::Run { .. } => None,
        });
        let statements: Vec<Statement<'_>> = statements.collect();
        let leftovers = Leftovers::of(&statements, dialect);
        let is_whole =
            place.is_database && dialect.capabilities().transactional_ddl && migration.transaction;
        let (begin, commit) = dialect.script_transaction();
        self.restore(leftovers.remember.as_deref().unwrap_or_default()).await?;
        self.restore(if is_whole { begin } else { "" }).await?;
        let skipped = self.script(up.file(), up.text(), place).await?;
        if is_whole {
            let committed = self.session.run(commit).await;
            committed.map_err(|failure| scratch_error(up.file().to_owned(), commit, failure))?;
        }
        for statement in &leftovers.forget {
            self.restore(statement).await?;
        }
        self.restore(place.restore).await?;
        Ok(skipped)
    }

    /// Runs a script, statement by statement.
    async fn script(
        &mut self,
        file: &str,
        sql: &str,
        place: &ScratchPlace<'_>,
    ) -> Result<Vec<Definition>> {
        let ScratchPlace { is_begun, is_database, .. } = *place;
        let is_lasting = is_database || !self.dialect.capabilities().transactional_ddl;
        let mut skipped = Vec::new();
        let syntax = self.dialect.syntax();
        let items = split(sql, syntax).map_err(|error| Error::Source {
            place: Place::new(file, error.line, error.column),
            problem: error.problem,
        })?;
        let merged = merge_transactions(&items, syntax);
        for item in merged.as_ref().unwrap_or(&items) {
            // What a Rust function does to rows shows in no schema.
            let Item::Statement(statement) = item else { continue };
            let place = Place::new(file, statement.line, statement.column);
            if let Some(control) = transaction_control(statement, syntax)
                && self.dialect.capabilities().transactional_ddl
            {
                let problem = format!(
                    "{control} would end the transaction that the scratch place is in; nothing was written"
                );
                return Err(Error::Source { place, problem });
            }
            let wide = runs_server_wide(self.drafting, statement, syntax, is_lasting);
            if let Some(words) = wide {
                skipped.push(not_compared::server_wide(&words, &place));
                continue;
            }
            let again = self.drafting.if_not_there(statement).filter(|_| is_begun);
            let Some(text) = again.or_else(|| scratch_text(statement, self.dialect)) else {
                continue;
            };
            let done = match statement.data {
                Some(rows) => self.session.copy(&text, rows.text).await,
                None => self.session.run(&text).await.map(drop),
            };
            done.map_err(|failure| scratch_error(place.to_string(), &text, failure))?;
        }
        Ok(skipped)
    }
}

fn scratch_error(doing: String, statement: &str, failure: Failure) -> Error {
    Error::Scratch { doing, statement: statement.to_owned(), source: failure.error }
}

/// A statement as a scratch place takes it. A statement that cannot run in a transaction changes nothing that a schema shows, or is the
/// same without the word that makes it so.
fn scratch_text(statement: &Statement<'_>, dialect: &dyn Dialect) -> Option<String> {
    if !matches!(dialect.work(statement), TransactionSupport::Alone(_)) {
        return Some(statement.text.to_owned());
    }
    let mut text = String::new();
    let mut end = 0;
    let mut is_changed = false;
    for token in tokens(statement.text, dialect.syntax()) {
        if token.kind == TokenKind::Word && token.is_word("CONCURRENTLY") {
            text.push_str(&statement.text[end..token.start]);
            end = token.start + token.text.len();
            is_changed = true;
        }
    }
    text.push_str(&statement.text[end..]);
    (is_changed || !dialect.capabilities().transactional_ddl).then_some(text)
}

/// What creates a schema out of nothing, in order.
pub(crate) fn creation(
    schema: &Schema,
    dialect: &dyn Dialect,
    drafting: &'static dyn Drafting,
) -> Vec<Change> {
    let empty = Schema::new();
    let changes = diff::diff(&empty, schema, &diff::InPlace);
    let syntax = dialect.syntax();
    let context = order::OrderContext {
        current: &empty,
        original: &empty,
        desired: schema,
        facts: drafting.facts_of(schema),
        syntax,
        dropped: &BTreeSet::new(),
    };
    let changes = order::order(changes, &context);
    let quote = |name: &str| dialect.quote(name);
    let names =
        ObjectNames { renames: &[], syntax, quote: &quote, follows: true, respell: &|_| None };
    let objects = ObjectContext { current: &empty, desired: schema, drafting, names };
    objects::insert_objects(changes, &objects)
}

/// Puts the schemas' names of a scratch place for the models' own.
fn rename_schemas(models: &mut Schema, scope: &Scope, dialect: &dyn Dialect) {
    models.each_name(&mut |name| {
        if let Some(schema) = &mut name.schema
            && let Some((_, place)) = scope.schemas.iter().find(|(known, _)| known == schema)
        {
            schema.clone_from(place);
        }
    });
    let quote = |name: &str| dialect.quote(name);
    let rename = |sql: &mut String| {
        for (schema, place) in scope.schemas.iter().filter(|(schema, place)| schema != place) {
            *sql = replace_schema(sql, schema, place, dialect.syntax(), &quote);
        }
    };
    for table in &mut models.tables {
        each_expression(table, &mut |expression| rename(expression));
        for column in &mut table.columns {
            if let Type::Sql(sql) = column.ty.element_mut() {
                rename(&mut sql.text);
                sql.for_database.iter_mut().for_each(|(_, text)| rename(text));
            }
        }
    }
}
