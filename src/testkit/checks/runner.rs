//! The way that the checks of steps walk: one database, one step at a time.

use super::{CheckFailed, Checked, MigrationCheck, MigrationTests};
use crate::{
    database::{Connect, driver},
    error::Result,
    graph::Target,
    migration::Migration,
    testkit::{
        provision::{DatabaseRequest, LeasedDatabase},
        snapshot::Snapshot,
    },
};

/// A database that takes steps, and what went wrong on the way.
pub(super) struct CheckRun<'t> {
    pub(super) tests: &'t MigrationTests,
    check: MigrationCheck,
    place: LeasedDatabase,
    /// The database of the first fault, as the fault has left it.
    broken: Option<LeasedDatabase>,
    pub(super) faults: Vec<String>,
}

/// So many faults are found in one go; with each a new database has to walk all the way up to it.
const FAULTS: usize = 20;

impl<'t> CheckRun<'t> {
    /// Begins at base.
    pub(super) async fn begin(tests: &'t MigrationTests, check: MigrationCheck) -> Checked<Self> {
        let place = tests.place(Target::base()).await.map_err(CheckFailed::of(check))?;
        Ok(Self { tests, check, place, broken: None, faults: Vec::new() })
    }

    pub(super) fn url(&self) -> &str {
        self.place.url()
    }

    /// Runs one migration, all that it needs being applied.
    pub(super) async fn up(&self, migration: &Migration) -> Result<()> {
        self.tests.migrator.upgrade(self.url(), migration.revision()).await.map(drop)
    }

    /// Takes one migration back.
    pub(super) async fn down(&self, migration: &Migration) -> Result<()> {
        self.tests.migrator.revert_revision(self.url(), migration.revision()).await.map(drop)
    }

    pub(super) async fn snapshot(&self) -> Result<Snapshot> {
        self.tests.snapshot(self.url()).await
    }

    /// Notes a fault.
    pub(super) fn fault(&mut self, text: String) {
        self.faults.push(text);
    }

    pub(super) fn has_enough(&self) -> bool {
        self.faults.len() >= FAULTS
    }

    /// Continues in a new database with these migrations; the one at hand is as a fault has left it.
    pub(super) async fn restart(&mut self, applied: &[&Migration]) -> Result<()> {
        let place = self.tests.place(Target::base()).await?;
        let old = std::mem::replace(&mut self.place, place);
        match self.broken {
            None => self.broken = Some(old),
            Some(_) => old.discard().await?,
        }
        for migration in applied {
            self.up(migration).await?;
        }
        Ok(())
    }

    /// The end of the check: with faults it has failed.
    pub(super) async fn end(self, failed: impl FnOnce(&[String]) -> String) -> Checked {
        let Self { check, place, broken, faults, .. } = self;
        let of = CheckFailed::of(check);
        if faults.is_empty() {
            return place.discard().await.map_err(of);
        }
        let problem = failed(&faults);
        // What is wrong is more important than a database that cannot be kept.
        let _ = match broken {
            Some(broken) => match place.discard().await {
                Ok(()) => broken.keep().await,
                Err(error) => Err(error),
            },
            None => place.keep().await,
        };
        Err(CheckFailed::new(check, problem))
    }

    /// The end if the check cannot continue.
    pub(super) async fn fail<T>(self, failed: CheckFailed) -> Checked<T> {
        let _ = self.place.keep().await;
        Err(failed)
    }
}

impl MigrationTests {
    /// A database of its own.
    pub(super) async fn place(&self, target: Target) -> Result<LeasedDatabase> {
        let driver = self.database.as_deref().map(driver).transpose()?;
        LeasedDatabase::take(DatabaseRequest {
            migrator: &self.migrator,
            target,
            url: self.url.clone(),
            scheme: driver.map(|driver| driver.dialect.schemes()[0]),
            test: self.test(),
            connections: 2,
        })
        .await
    }

    pub(super) async fn snapshot(&self, url: &str) -> Result<Snapshot> {
        let own = self.migrator.history_tables();
        Snapshot::read(&mut *url.connector()?, &own, self.migrator.schema_option()).await
    }
}
