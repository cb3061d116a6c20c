// In Markdown the first definition of a link wins: here it leads to a chapter, on other pages to its file.
//! [service]: crate::_docs::service
//! [testing]: crate::_docs::testing
//! [library]: crate::_docs::library
//! [models]: crate::_docs::models
//! [targets]: crate::_docs::targets
//! [safety]: crate::_docs::safety
//! [lint]: crate::_docs::lint
//! [adopting]: crate::_docs::adopting
//! [semver]: crate::_docs::semver
//! [measured]: crate::_docs::measured
//! [compare]: crate::_docs::compare
//! [first-migration]: crate::guide::first_migration
//! [upgrade-downgrade]: crate::guide::upgrade_downgrade
//! [drafting]: crate::guide::drafting
//! [team]: crate::guide::team
//! [replicas]: crate::guide::replicas
//! [production]: crate::guide::production
//! [troubleshooting]: crate::guide::troubleshooting
//! [command-line]: crate::guide::command_line
//! [from-alembic]: crate::guide::from_alembic
//! [from-sqlx]: crate::guide::from_sqlx
//! [from-refinery]: crate::guide::from_refinery
//! [from-diesel]: crate::guide::from_diesel
//! [architecture]: crate::_docs::architecture
//! [changelog]: crate::_docs::changelog
//!
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Not in Cargo.toml: in a test everything is unreachable, and a panic is what it is for.
#![warn(unreachable_pub, clippy::unwrap_used)]
// Without one of the databases, drafts or the linter, parts of the SQL reader have no user. A build with all of them finds what nobody
// uses.
#![cfg_attr(
    not(all(
        feature = "postgres",
        feature = "mysql",
        feature = "sqlite",
        feature = "draft",
        feature = "lint"
    )),
    allow(dead_code, unused_imports, unused_macros)
)]

mod checksum;
mod hash_functions;
mod process;
mod random;
mod sql;
mod timestamp;
mod url;

pub mod error;
mod note;

pub mod migration;

#[cfg(feature = "draft")]
pub mod schema;

#[cfg(feature = "draft")]
mod change;

pub mod graph;
mod source;
mod sum;

mod database;

#[cfg(feature = "draft")]
pub mod draft;

#[cfg(feature = "lint")]
pub mod lint;

#[cfg(feature = "lint")]
pub mod preflight;

#[cfg(all(feature = "lint", feature = "draft"))]
mod measure;

mod run;

#[cfg(feature = "cli")]
mod authoring;

mod migrator;

pub mod _docs;

#[doc(inline)]
pub use self::_docs::guide;

#[cfg(feature = "cli")]
pub mod cli;

#[cfg(feature = "testkit")]
pub mod testkit;

// --- What programs need every day. The modules have all of it, and the rest.

pub use include_dir::Dir;

#[cfg(feature = "draft")]
#[doc(inline)]
pub use self::schema::{Enum, Model};
pub use self::{database::Connect, migrator::Migrator};
#[doc(inline)]
pub use self::{
    error::{Error, Result},
    graph::{Graph, Target},
    migration::{Migration, Migrations},
    report::{Plan, Report, Status},
};

#[cfg(feature = "macros")]
pub use self::schema::derive::{Enum, Model};

#[cfg(feature = "testkit")]
pub use self::testkit::attribute::test;

pub mod options {
    //! How a [`Migrator`](crate::Migrator) runs migrations: its lock, its limits, its policies.
    //!
    //! Each type here is the argument of one of the migrator's [options](crate::Migrator#options).
    //!
    //! ```
    //! use std::time::Duration;
    //! use ambix::{Migrator, options::{Lock, Timeouts}};
    //! # let migrator = Migrator::from_migrations(ambix::Migrations::default())?;
    //! let migrator = migrator
    //!     .lock(Lock::session().wait(Duration::from_secs(60)))
    //!     .timeouts(Timeouts::default().lock(Duration::from_secs(1)));
    //! # Ok::<(), ambix::Error>(())
    //! ```

    pub use crate::{
        migration::Phase,
        migrator::{DownSide, Lock, LockStrategy, Timeouts},
        run::{
            execute::TransactionMode,
            plan::{OutOfOrder, UnknownApplied},
        },
    };
}

pub mod report {
    //! The results of a [`Migrator`](crate::Migrator)'s verbs: what was run, what would be run, and what the history says.
    //!
    //! - The verbs that run return a [`Report`] with a [`StepReport`] for each migration.
    //! - [`plan`](crate::Migrator::plan) returns a [`Plan`] with a [`PlannedStep`] for each migration.
    //! - [`status`](crate::Migrator::status) returns a [`Status`] with a [`StatusEntry`] for each migration.
    //! - [`verify`](crate::Migrator::verify) returns a [`Verification`].
    //! - [`current`](crate::Migrator::current) returns a [`Current`].
    //! - [`history`](crate::Migrator::history) returns a [`History`] with a [`Record`] for each row of the history table.
    //!
    //! All of them implement `Display` for people and, with the `serde` feature, `Serialize` for programs. What a person should know
    //! beyond that is a [`Note`].

    #[doc(no_inline)]
    pub use crate::error::Direction;
    pub use crate::{
        migrator::{Current, History, Status, StatusEntry, StatusState, Verification},
        note::Note,
        run::{
            history::{Record, State},
            plan::Action,
            report::{Plan, PlannedStep, Report, StepReport},
        },
        timestamp::{Timestamp, TimestampError},
    };
}

pub mod events {
    //! What happens in a run while it happens: the events that [`Migrator::observe`](crate::Migrator::observe) passes to your function.
    //!
    //! Use them for a progress display, for metrics, or for a message to your team. [`Live`] says how closely an observer follows.

    pub use crate::run::event::{Event, Live};
}

pub mod locks {
    //! The locks of a database: which session holds them, which sessions wait, and for how long.
    //!
    //! [`Migrator::locks`](crate::Migrator::locks) returns all of this as [`Locks`];
    //! [`cancel`](crate::Migrator::cancel) and [`terminate`](crate::Migrator::terminate) end what a session does, or the session. The
    //! migration lock, and how long a runner waits for it, is an option: [`options::Lock`](crate::options::Lock).

    pub use crate::database::lock_report::{LockSession, LockWait, Locks, TableLock};
}

pub mod adopt {
    //! Taking over the history of another migration tool: the argument of [`Migrator::adopt`](crate::Migrator::adopt) and its result.
    //!
    //! The chapter [Adopting ambix](crate::_docs::adopting) explains the whole way.

    pub use crate::migrator::{Adopt, AdoptReport, Adopted, Checked, Tool};
}

pub mod repair {
    //! Repairs of the history table: the arguments of [`Migrator::repair`](crate::Migrator::repair) and its result.

    pub use crate::migrator::{Repair, RepairReport};
}

pub mod functions {
    //! Rust functions in migrations: what [`Migrator::register`](crate::Migrator::register) and
    //! [`Migrator::register_with`](crate::Migrator::register_with) need.
    //!
    //! A line `-- ambix: run NAME` in a migration calls the function that you registered under that name, in the transaction of the
    //! migration.

    #[doc(no_inline)]
    pub use crate::error::BoxError;
    pub use crate::{
        database::{BoxFuture, StepConnection},
        run::function::{Arguments, StepContext},
    };
}

pub mod databases {
    //! Whole databases: whether one exists, and creating and dropping it.
    //!
    //! ```
    //! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    //! # let folder = std::env::temp_dir().join(format!("ambix_doc_{}", std::process::id()));
    //! # std::fs::create_dir_all(&folder).unwrap();
    //! use ambix::databases;
    //!
    //! let url = format!("sqlite://{}/new.db", folder.display());
    //! assert!(databases::create(&url).await?);
    //! assert!(!databases::create(&url).await?);
    //! assert!(databases::exists(&url).await?);
    //! assert!(databases::drop(&url, false).await?);
    //! # std::fs::remove_dir_all(&folder).unwrap();
    //! # Ok::<(), ambix::Error>(())
    //! # })?;
    //! # Ok::<(), Box<dyn std::error::Error>>(())
    //! ```

    pub use crate::database::server::{create, drop, exists};
}

/// Compiles a folder of migrations into your program.
///
/// Begin the path with `$CARGO_MANIFEST_DIR`, so that it also works in a workspace.
///
/// ```
/// static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations/sqlite");
/// let migrator = ambix::Migrator::new(&MIGRATIONS)?;
/// assert!(!migrator.graph().is_empty());
/// # Ok::<(), ambix::Error>(())
/// ```
///
/// Cargo notices when you edit or remove an embedded file, but not when you add one. An `ambix.sum` in the folder, which changes with
/// every added migration, makes cargo notice; so does a `build.rs` with `println!("cargo::rerun-if-changed=migrations");`.
///
/// A missing folder counts as empty, so that your program can create it with its own `init`. In that case it needs the `build.rs`,
/// which `init` writes.
#[macro_export]
macro_rules! include_dir {
    // A token tree, since the macro behind it takes only a bare literal.
    ($path:tt) => {{
        use $crate::__private::{include_dir, include_folder};
        include_folder!($path)
    }};
}

/// Compiles a schema that is written in SQL into your program: a file, or all `.sql` files of a folder and of its folders, for
/// [`Migrator::schema_sql`]. The path begins in the folder of your `Cargo.toml`.
///
/// ```
/// let schema = ambix::schema_sql!("migrations/sqlite");
/// let migrator = ambix::Migrator::from_migrations(ambix::Migrations::default())?.schema_sql(schema);
/// # Ok::<(), ambix::Error>(())
/// ```
///
/// The files run in the order of their paths, letter by letter, and an error names file, line and column. Cargo notices when you edit or
/// remove one of them, but not when you add one to a folder: for that, your `build.rs` has the line
/// `println!("cargo::rerun-if-changed=schema");`.
#[cfg(feature = "draft")]
#[macro_export]
macro_rules! schema_sql {
    ($path:tt) => {
        $crate::schema::SchemaSql::new($crate::__private::include_schema!($path))
    };
}

/// For the macros.
#[doc(hidden)]
pub mod __private {
    pub use ambix_include::{include_folder, include_schema};
    pub use include_dir;
}
