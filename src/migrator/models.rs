//! Drafting, as users see it. What it does is in `draft.rs`.

use std::{path::Path, sync::Arc};

use super::Migrator;
use crate::{
    database::Connect,
    draft::{Draft, DraftOptions, Dump, DumpOptions, Object},
    error::Result,
    schema::{Models, NamingConvention, Schema, SchemaSql},
};

/// # Drafting from models
///
/// What your tables should be, and how the database differs from that. The verbs only read, but for a scratch place that they remove. See
/// [`draft`](crate::draft) for what they return.
impl Migrator {
    /// Sets what your tables should be: the models of your program, as [`models!`](crate::models!) collects them, or a
    /// [`Schema`](crate::schema::Schema) that you built. [`draft`](Self::draft) and [`check`](Self::check) compare it with the database;
    /// nothing else uses it.
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
    /// let draft = migrator.draft(&pool, ambix::draft::DraftOptions::new()).await?;
    /// assert!(draft.up.contains("CREATE TABLE users"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn models(mut self, models: impl Into<Models>) -> Self {
        self.options.drafting.wanted.get_or_insert_default().models = models.into();
        self
    }

    /// Sets what your tables should be as SQL that creates them, instead of models or beside them: a text, the file or folder that
    /// [`schema_sql!`](crate::schema_sql!) compiles into your program, or one that [`SchemaSql::from_path`] reads. ambix runs it in a
    /// scratch place, and creates the models there afterwards.
    ///
    /// ```
    /// # let migrator = ambix::Migrator::from_migrations(ambix::Migrations::default())?;
    /// let migrator = migrator.schema_sql("CREATE VIEW grown_up AS SELECT id FROM users WHERE age > 17");
    /// # Ok::<(), ambix::Error>(())
    /// ```
    #[must_use]
    pub fn schema_sql(mut self, sql: impl Into<SchemaSql>) -> Self {
        self.options.drafting.wanted.get_or_insert_default().sql = Some(sql.into());
        self
    }

    /// Sets how to name the constraints and indexes that your models do not name.
    #[must_use]
    pub fn naming(mut self, naming: NamingConvention) -> Self {
        self.options.drafting.naming = naming;
        self
    }

    /// Sets a filter for comparing models and database. If it returns false for an object, a draft neither creates, changes nor drops
    /// that object, and keeps what the object needs: the table that its foreign key refers to, the type of its columns. A draft does not
    /// create what needs an object that the filter leaves out. Whatever belongs to a table or column shares its fate, whatever the filter
    /// says.
    ///
    /// If the models have the object and spell its name in another way that means the same to the database, the filter gets the models'
    /// spelling.
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
        self.options.drafting.filter = Some(Arc::new(filter));
        self
    }

    /// Drafts what has to change so that the database is as the models say: the text of an up and a down side, for you to review. This
    /// changes nothing and writes no file.
    ///
    /// ambix creates the models in a scratch place and inspects them there, so that both sides are in the database's own words. On a
    /// server, that place is a transaction that it rolls back, or a database that it drops. Both sides of the draft are then run there, on
    /// a copy of the current schema, and what comes out is compared with what should: [`Draft::is_proven`](Draft#structfield.is_proven).
    ///
    /// # Errors
    /// [`Error::Pending`] if the database lacks migrations; [`Error::Destructive`] if data would be lost and the options do not allow
    /// that; [`Error::Scratch`] if the database does not accept the models; [`Error::Models`] if there are no models, or they
    /// contradict each other; [`Error::Unsupported`] if ambix cannot draft for this database; [`Error::NotProven`] if one of its sides
    /// fails on a copy of the current schema, or does not do what it should there.
    ///
    /// [`Error::NotProven`]: crate::Error::NotProven
    /// [`Error::Pending`]: crate::Error::Pending
    /// [`Error::Destructive`]: crate::Error::Destructive
    /// [`Error::Scratch`]: crate::Error::Scratch
    /// [`Error::Models`]: crate::Error::Models
    /// [`Error::Unsupported`]: crate::Error::Unsupported
    pub async fn draft<'c>(
        &self,
        database: impl Connect<'c>,
        options: DraftOptions,
    ) -> Result<Draft> {
        let mut connector = self.drafting_connector(database)?;
        let draft = self.draft_on(&mut *connector, &options).await?;
        let mut draft = Self::refuse_loss(draft, &options)?;
        self.complete(&mut *connector, &mut draft, &options).await?;
        Ok(draft)
    }

    /// Checks that the database is as the models say; if it is, the draft is empty. This is a test for your CI.
    ///
    /// # Errors
    /// As [`draft`](Self::draft), except that a loss of data is not an error here.
    pub async fn check<'c>(
        &self,
        database: impl Connect<'c>,
        options: DraftOptions,
    ) -> Result<Draft> {
        self.draft_on(&mut *self.drafting_connector(database)?, &options).await
    }

    /// Checks that the database is as its migrations create it; the changes of the draft would make it so. This finds what somebody
    /// changed by hand. For a team without models it is the test that [`check`](Self::check) is for others.
    ///
    /// ambix runs the migrations in a scratch place, without the Rust functions that they call. If such a function changes tables, that
    /// shows as a difference.
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
    /// [`Error::Pending`](crate::Error::Pending) if the database lacks migrations; [`Error::Scratch`](crate::Error::Scratch) if the
    /// migrations cannot run in a scratch place.
    pub async fn drift<'c>(&self, database: impl Connect<'c>) -> Result<Draft> {
        self.drift_on(&mut *self.drafting_connector(database)?, &DraftOptions::new()).await
    }

    /// Returns the schema of the database, without the history's tables.
    ///
    /// # Errors
    /// [`Error::Database`](crate::Error::Database) if the catalogue cannot be read.
    pub async fn inspect<'c>(&self, database: impl Connect<'c>) -> Result<Schema> {
        self.inspect_on(&mut *self.connector(database)?).await
    }

    /// Returns the schema of the database as SQL that creates it in an empty database: what Rails keeps in `structure.sql`, and
    /// `pg_dump --schema-only` writes, on each database and without its tools. Everything is in the order of its name and of what needs
    /// what, so that two databases with the same schema have the same script. The history's tables are not in it, and what cannot be
    /// written is named in [`Dump::left_out`](Dump#structfield.left_out) and in a comment.
    ///
    /// ```
    /// use ambix::{Migration, Migrations, Migrator, draft::DumpOptions};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let migrator = Migrator::from_migrations(Migrations::new([
    ///     Migration::new("1", "create users").up("CREATE TABLE users (id integer PRIMARY KEY)"),
    /// ])?)?;
    /// let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    /// migrator.run_pending(&pool).await?;
    /// let dump = migrator.dump(&pool, DumpOptions::new()).await?;
    /// assert_eq!(dump.sql, "-- create table users\nCREATE TABLE users (\n    id INTEGER PRIMARY KEY\n);\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Database`](crate::Error::Database) if the catalogue cannot be read.
    pub async fn dump<'c>(&self, database: impl Connect<'c>, options: DumpOptions) -> Result<Dump> {
        self.dump_on(&mut *self.connector(database)?, options).await
    }

    /// Writes the schema to a file after each run that applied or reverted a migration, as [`dump`](Self::dump) returns it: a
    /// `schema.sql` in your repository shows in each review what a migration does to the whole. This is for development. The file is
    /// replaced as a whole, and not touched if it is the same.
    ///
    /// ```
    /// # let migrator = ambix::Migrator::from_migrations(ambix::Migrations::default())?;
    /// # use ambix::draft::DumpOptions;
    /// let migrator = if cfg!(debug_assertions) {
    ///     migrator.dump_to("schema.sql", DumpOptions::new())
    /// } else {
    ///     migrator
    /// };
    /// # Ok::<(), ambix::Error>(())
    /// ```
    ///
    /// If the file cannot be written, the run returns an error that says so; its migrations are applied. The test kit never writes it.
    #[must_use]
    pub fn dump_to(mut self, file: impl AsRef<Path>, options: DumpOptions) -> Self {
        self.options.drafting.dump = Some((file.as_ref().into(), options));
        self
    }
}
