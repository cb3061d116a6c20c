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
// Without one of the databases parts of the SQL reader have no user. A build with all of them finds what nobody uses.
#![cfg_attr(
    not(all(feature = "postgres", feature = "mysql", feature = "sqlite")),
    allow(dead_code, unused_imports, unused_macros)
)]

mod checksum;
mod hash_functions;
mod process;
mod random;
mod sql;
mod timestamp;
mod url;

mod error;
mod note;

mod migration;

pub mod schema;

mod change;

mod graph;
mod source;
mod sum;

mod database;

mod draft;

pub mod lint;

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

#[cfg(feature = "macros")]
pub use self::schema::derive::{Enum, Model};

#[cfg(feature = "testkit")]
pub use self::testkit::attribute::test;

pub use include_dir::Dir;

pub use self::{
    change::{Change, ConstraintKind},
    checksum::Checksum,
    database::{
        BoxFuture, Connect, StepConnection,
        lock_report::{LockSession, LockWait, Locks, TableLock},
        server::{create_database, database_exists, drop_database},
    },
    draft::{Draft, DraftOptions, Found, NotCompared, Object, ObjectKind, difference},
    error::{
        Advice, Blocker, BoxError, Changed, Direction, DriverError, Error, ExistingTables, Failed,
        Late, Missing, PartlySquashed, Place, Relation, Result, Unfinished,
    },
    graph::{Applied, Graph, Target},
    migration::{Migration, Migrations, Script},
    migrator::{
        Adopt, AdoptReport, Adopted, Checked, Current, DownSide, History, Lock, LockStrategy,
        Migrator, Repair, RepairReport, Status, StatusEntry, StatusState, Timeouts, Tool,
        Verification,
    },
    note::Note,
    run::{
        event::{Event, Live},
        execute::TransactionMode,
        function::{Arguments, StepContext},
        history::{Record, State},
        plan::{Action, OutOfOrder, UnknownApplied},
        report::{Plan, PlannedStep, Report, StepReport},
    },
    timestamp::{Timestamp, TimestampError},
};

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

/// For the macros.
#[doc(hidden)]
pub mod __private {
    pub use ambix_include::include_folder;
    pub use include_dir;
}
