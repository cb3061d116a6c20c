//! A program's own code in a run: registered functions and observers.

use std::sync::Arc;

use super::Migrator;
use crate::{
    database::{BoxFuture, StepConnection},
    error::BoxError,
    run::{
        event::{Event, Live},
        function::{StepContext, erase},
    },
};

/// # Functions and observers
///
/// Your own code in a run: Rust functions that migrations call, and functions that watch.
impl Migrator {
    /// Registers a Rust function. `-- ambix: run NAME` in a file runs it at that point, in the step's transaction.
    ///
    /// The function gets the real sqlx connection, so you can use everything that sqlx offers.
    ///
    /// ```
    /// use sqlx::SqliteConnection;
    /// async fn backfill(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    ///     sqlx::query("update users set full_name = email").execute(connection).await?;
    ///     Ok(())
    /// }
    /// # let migrator = ambix::Migrator::from_migrations(ambix::Migrations::default())?;
    /// let migrator = migrator.register("backfill_full_name", |connection: &mut SqliteConnection| {
    ///     Box::pin(async move { Ok(backfill(connection).await?) })
    /// });
    /// # Ok::<(), ambix::Error>(())
    /// ```
    #[must_use]
    pub fn register<C, F>(self, name: impl Into<String>, function: F) -> Self
    where
        C: StepConnection,
        F: for<'c> Fn(&'c mut C) -> BoxFuture<'c, Result<(), BoxError>> + Send + Sync + 'static,
    {
        self.register_with(name, move |connection, _| function(connection))
    }

    /// Registers a Rust function, as [`register`](Self::register) does, that also learns which step calls it, and which values the caller
    /// of the verb has set ([`tag`](Self::tag), [`argument`](Self::argument)).
    ///
    /// ```
    /// use ambix::{error::BoxError, functions::StepContext};
    /// use sqlx::SqliteConnection;
    /// async fn backfill(connection: &mut SqliteConnection, step: &StepContext) -> Result<(), BoxError> {
    ///     let rows: i64 = step.argument("rows").unwrap_or("1000").parse()?;
    ///     sqlx::query("update users set full_name = email where id <= ?").bind(rows).execute(connection).await?;
    ///     Ok(())
    /// }
    /// # let migrator = ambix::Migrator::from_migrations(ambix::Migrations::default())?;
    /// let migrator = migrator
    ///     .register_with("backfill_full_name", |connection: &mut SqliteConnection, step| {
    ///         Box::pin(async move { backfill(connection, &step).await })
    ///     })
    ///     .argument("rows", "500");
    /// # Ok::<(), ambix::Error>(())
    /// ```
    #[must_use]
    pub fn register_with<C, F>(mut self, name: impl Into<String>, function: F) -> Self
    where
        C: StepConnection,
        F: for<'c> Fn(&'c mut C, StepContext) -> BoxFuture<'c, Result<(), BoxError>>
            + Send
            + Sync
            + 'static,
    {
        let name = name.into();
        let function = erase(name.clone(), function);
        Arc::make_mut(&mut self.options.functions).insert(name, function);
        self
    }

    /// Sets a tag for registered functions and observers. ambix itself does not use it. This is Alembic's `--tag`.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.options.arguments.set_tag(tag.into());
        self
    }

    /// Sets an argument for registered functions and observers. ambix itself does not use it. This is Alembic's `-x key=value`.
    #[must_use]
    pub fn argument(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.arguments.push(key.into(), value.into());
        self
    }

    /// Adds an observer: a function that learns what happens in a run while it happens, for a progress display or for hooks of your own.
    /// You can add several.
    ///
    /// The run itself calls the observer, and continues when it returns. A transaction may be open at that time, so return quickly, and
    /// send slow work to a channel. An observer cannot change the run: if it panics, the run continues without calling it again. It costs
    /// no round trip, unless [`live`](Self::live) asks for that.
    ///
    /// ```
    /// use ambix::{Migration, Migrations, Migrator, events::Event};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let migrations = Migrations::new([Migration::new("1", "create users").up("create table users (id integer)")])?;
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let migrator = Migrator::from_migrations(migrations)?.observe(move |event| match event {
    ///     Event::StepStarted { .. } => sender.send(event.to_string()).unwrap_or_default(),
    ///     Event::StepDone { number, of, step, .. } => println!("{number} of {of} in {:?}", step.duration),
    ///     _ => {}
    /// });
    /// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// migrator.run_pending(&pool).await?;
    /// assert_eq!(receiver.recv()?, "Running upgrade  -> 1, create users");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.options.observers.add(observer);
        self
    }

    /// Sets how closely observers can follow; the default costs least. Without observers, this has no effect.
    #[must_use]
    pub fn live(mut self, live: Live) -> Self {
        self.options.live = live;
        self
    }
}
