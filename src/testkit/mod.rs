//! A database of its own for every test, ready-made tests of migrations, and what ambix tests itself with.
//!
//! [`TestDatabase`] is a test's database, which [`#[ambix::test]`](macro@crate::test) gives to it; the chapter
//! [testing](crate::_docs::testing) tells all about it. [`MigrationTests`] and [`migration_tests!`] test the migrations themselves.
//! [`Snapshot`] and [`assert_schema_eq!`] compare the schemas of two databases.
//!
//! [`Faults`] says which operation of a database fails and how; [`Faults::wrap`] puts it between the migrator and any database.
//! [`ModelDatabase`] is a database in memory whose every statement can fail, and which remembers what was done to it. **These two are not
//! covered by SemVer yet**: they may change in any release.

mod arguments;
pub(crate) mod attribute;
mod checks;
mod database;
mod faults;
mod fingerprint;
mod fixture;
mod provision;
mod run;
mod server;
mod slot;
mod snapshot;
mod source;

pub use self::{
    arguments::TestArgument,
    checks::{CheckFailed, MigrationCheck, MigrationTests},
    database::{TestDatabase, TestSetup},
    faults::{Fault, Faults, Faulty, ModelConnection, ModelDatabase, ModelState, drop_after},
    run::Outcome,
    snapshot::{SchemaDifference, Snapshot},
};
#[doc(inline)]
pub use self::{checks::macros::migration_tests, snapshot::assert_schema_eq};
pub use crate::database::testkit::TestPool;

/// For the attribute.
#[doc(hidden)]
pub mod __private {
    pub use super::run::{Flavor, run, run_plain, run_to_panic, setup, take};
}

/// Takes away everything that the test kit has on the server of a URL and that nobody uses: templates, databases that wait for the
/// next test, and those that were kept after a failure. Says what it was. For SQLite the URL is `sqlite:`.
///
/// Nothing needs this: old ones are taken away by later runs. It is for a server that should look as before.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// for name in ambix::testkit::clear("sqlite:").await? {
///     println!("removed {name}");
/// }
/// # Ok::<(), ambix::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Database`](crate::Error::Database) where the server cannot be reached.
pub async fn clear(url: &str) -> crate::error::Result<Vec<String>> {
    crate::database::testkit::testkit(url)?.copies(url)?.clear().await
}
