//! The check of a release's data: the upgrade that a user's database will go through.

use super::{
    CheckFailed, Checked, MigrationCheck, MigrationTests,
    files::name,
    hook::Hook,
    runner::CheckRun,
    script::{ShellFailed, missing, run_shell},
};
use crate::{
    database::{
        driver,
        testkit::{ask, shell::has_line, testkit},
    },
    error::Error,
    graph::Applied,
    schema::Name,
};

impl MigrationTests {
    /// The data of each [`release`](Self::release) goes up to head, and its rows survive every step on the way.
    ///
    /// # Errors
    /// [`CheckFailed`], with the step and the rows.
    pub async fn check_release(&self) -> Result<(), CheckFailed> {
        self.check_hooks(MigrationCheck::Release)?;
        if self.releases.is_empty() {
            let problem = "there is no release to begin from: give one with `.release(\"REVISION\", include_str!(\"dump.sql\"))`";
            return Err(CheckFailed::new(MigrationCheck::Release, problem));
        }
        for release in &self.releases {
            let mut run = CheckRun::begin(self, MigrationCheck::Release).await?;
            if let Err(failed) = self.go_up(&mut run, release).await {
                return run.fail(failed).await;
            }
            let revision = &release.revision;
            run.end(|faults| {
                format!("the data of release {revision} does not survive\n{}", faults.join("\n"))
            })
            .await?;
        }
        Ok(())
    }

    async fn go_up(&self, run: &mut CheckRun<'_>, release: &Hook<String>) -> Checked {
        let failed = CheckFailed::of(MigrationCheck::Release);
        let graph = self.migrator.graph();
        let revision = release.find(graph).map_err(&failed)?;
        self.load(run, revision, &release.what).await?;
        let applied = self.migrator.history(run.url()).await.map_err(&failed)?;
        let applied: Applied = applied.records.into_iter().map(|record| record.revision).collect();
        let mut before = self.state(run.url()).await.map_err(&failed)?;
        for migration in graph.iter().filter(|migration| !applied.contains(migration.revision())) {
            if let Err(error) = run.up(migration).await {
                run.fault(format!(
                    "{}: its up side fails with these rows: {error:#}",
                    name(migration)
                ));
                return Ok(());
            }
            let after = self.state(run.url()).await.map_err(&failed)?;
            let lost = before.lost(&after, &[]);
            if !lost.is_empty() && !self.changes_on_purpose(migration) {
                run.fault(format!(
                    "{}:\n  {}\nwhere that is meant, declare it: `.changes_data(\"{}\", \"why\")`",
                    name(migration),
                    lost.join("\n  "),
                    migration.revision()
                ));
            }
            before = after;
        }
        Ok(())
    }

    /// Brings a dump into the database, so that this is at the revision.
    async fn load(&self, run: &CheckRun<'_>, revision: &str, dump: &str) -> Checked {
        let failed = CheckFailed::of(MigrationCheck::Release);
        let problem = |text: String| CheckFailed::new(MigrationCheck::Release, text);
        let migrator = &self.migrator;
        let makes_tables = has_line(dump, &["create table ", "create unlogged table "]);
        if !makes_tables {
            migrator.upgrade(run.url(), revision).await.map_err(&failed)?;
            self.make_room(run.url(), dump).await.map_err(&failed)?;
        }
        let needs_shell = testkit(run.url()).map_err(&failed)?.needs_shell(dump);
        let loaded = if needs_shell {
            run_shell(run.url(), dump.to_owned()).await.map_err(|error| match error {
                ShellFailed::Missing(shell) => missing(&shell),
                ShellFailed::Said(text) => text,
            })
        } else {
            let dump = super::super::fixture::Fixture::new("the dump", dump);
            dump.run(run.url()).await.map_err(|error| format!("  {error:#}"))
        };
        loaded.map_err(|text| {
            let place = if makes_tables {
                "an empty database".to_owned()
            } else {
                format!("a database at {revision}")
            };
            problem(format!(
                "the dump of release {revision} cannot be loaded into {place}:\n{text}"
            ))
        })?;
        let current = migrator.current(run.url()).await.map_err(&failed)?;
        if current.revisions.is_empty() {
            migrator.stamp(run.url(), revision).await.map_err(&failed)?;
        } else if !current.revisions.iter().any(|at| at == revision) {
            return Err(problem(format!(
                "the dump of release {revision} has a history of its own, which says that it is at {current}: name that revision"
            )));
        }
        Ok(())
    }

    /// A dump of all rows has those of the history as well.
    async fn make_room(&self, url: &str, dump: &str) -> Result<(), Error> {
        let dialect = driver(url)?.dialect;
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let mentions = |table: &str| {
            dump.match_indices(table).any(|(at, _)| !dump[at + table.len()..].starts_with(is_part))
        };
        let tables = self.migrator.history_tables();
        let delete = |table: &String| {
            format!("DELETE FROM {};", self.quoted(&Name::new(table.as_str()), dialect))
        };
        let sql: Vec<String> = tables.iter().filter(|table| mentions(table)).map(delete).collect();
        if sql.is_empty() {
            return Ok(());
        }
        let deleted = ask(url, &sql.join("\n")).await?;
        deleted
            .map(drop)
            .map_err(|failure| failure.doing("making room for the history of the dump"))
    }
}
