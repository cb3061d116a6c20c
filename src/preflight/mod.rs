//! What a run would meet in a database: the checklist before production, answered by the files, the history, and the database itself.
//!
//! [`Migrator::preflight`](crate::Migrator::preflight) only reads. The chapter [Before production](crate::guide::production) explains
//! the answers.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use ambix::{Migration, Migrations, Migrator, preflight::{AnswerState, PreflightOptions, Subject}};
//! # let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
//! # let before = Migration::new("1", "create users").up("CREATE TABLE users (id integer PRIMARY KEY, email text)");
//! # Migrator::from_migrations(Migrations::new([before.clone()])?)?.run_pending(&pool).await?;
//! # sqlx::raw_sql("INSERT INTO users VALUES (1, 'a@b'), (2, 'a@b')").execute(&pool).await?;
//! # let index = Migration::new("2", "index users").up("CREATE UNIQUE INDEX users_email ON users (email)").down("DROP INDEX users_email");
//! let migrator = Migrator::from_migrations(Migrations::new([before, index])?)?;
//! let preflight = migrator.preflight(&pool, &PreflightOptions::new()).await?;
//!
//! let stop = preflight.about(Subject::Rows).find(|answer| answer.state == AnswerState::Stop).unwrap();
//! assert_eq!((stop.count, stop.examples.as_slice()), (Some(1), &["email = a@b".to_owned()][..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod catalogue;
mod checks;
mod context;
mod demands;
mod options;
mod partitions;
mod questions;
mod report;
mod statements;

#[cfg(feature = "draft")]
pub(crate) use self::checks::ask_rows;
pub use self::{
    answer::{Answer, AnswerState, Subject},
    options::{Backup, PreflightOptions},
    report::Preflight,
};
pub(crate) use self::{
    checks::run,
    context::{PreflightFacts, PreflightPlan},
};
