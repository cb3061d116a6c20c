//! The checks of what the migrations make: all the way up, each step there and back, and the models.

use super::{
    CheckFailed, Checked, MigrationCheck, MigrationTests,
    files::{is_reversible, name},
    runner::CheckRun,
};
use crate::{
    database::driver,
    draft::DraftOptions,
    graph::Target,
    migration::Migration,
    testkit::snapshot::{SchemaDifference, Snapshot},
};

impl MigrationTests {
    /// All migrations run on an empty database, and afterwards it is at head.
    ///
    /// # Errors
    /// [`CheckFailed`], with the migration that fails.
    pub async fn check_upgrade(&self) -> Result<(), CheckFailed> {
        let failed = CheckFailed::of(MigrationCheck::Upgrade);
        let mut run = CheckRun::begin(self, MigrationCheck::Upgrade).await?;
        match self.migrator.run_pending(run.url()).await {
            Ok(_) => {
                let current = self.migrator.current(run.url()).await.map_err(failed)?;
                if !current.is_head && !self.migrator.graph().is_empty() {
                    run.fault(format!(
                        "after all migrations the database is at {current}, and not at head"
                    ));
                }
            }
            Err(error) => run.fault(format!("{error:#}")),
        }
        run.end(|faults| faults.join("\n")).await
    }

    /// Each step up, down and up again: after the down side the schema is what it was before the step, and after the second up
    /// side what it was after the first. A step that is irreversible, or has no down side, is only run up.
    ///
    /// # Errors
    /// [`CheckFailed`], with all steps that do not come back, and what they leave.
    pub async fn check_stairway(&self) -> Result<(), CheckFailed> {
        let mut run = CheckRun::begin(self, MigrationCheck::Stairway).await?;
        if let Err(failed) = self.stairs(&mut run).await {
            return run.fail(failed).await;
        }
        let of = self.order().len();
        run.end(|faults| {
            let does = if faults.len() == 1 { "does" } else { "do" };
            format!(
                "{} of {of} steps {does} not come back to where they were\n{}",
                faults.len(),
                faults.join("\n")
            )
        })
        .await
    }

    async fn stairs(&self, run: &mut CheckRun<'_>) -> Checked {
        let failed = CheckFailed::of(MigrationCheck::Stairway);
        let order = self.order();
        let mut before = run.snapshot().await.map_err(&failed)?;
        for (at, migration) in order.iter().enumerate() {
            if run.has_enough() {
                run.fault(format!("the steps from {} on were not tried", name(migration)));
                break;
            }
            if let Err(error) = run.up(migration).await {
                run.fault(format!(
                    "{}: its up side fails, so that no later step was tried: {error:#}",
                    name(migration)
                ));
                break;
            }
            let after = run.snapshot().await.map_err(&failed)?;
            if is_reversible(migration)
                && let Some(fault) = self.there_and_back(run, migration, &before, &after).await?
            {
                run.fault(fault);
                run.restart(&order[..=at]).await.map_err(&failed)?;
            }
            before = after;
        }
        Ok(())
    }

    /// One step down and up again. What is wrong with it is given back.
    async fn there_and_back(
        &self,
        run: &CheckRun<'_>,
        migration: &Migration,
        before: &Snapshot,
        after: &Snapshot,
    ) -> Checked<Option<String>> {
        let failed = CheckFailed::of(MigrationCheck::Stairway);
        let name = name(migration);
        let file = migration.down_script().map(|down| down.file()).unwrap_or_default();
        if let Err(error) = run.down(migration).await {
            return Ok(Some(format!("{name}: its down side fails: {error:#}")));
        }
        let back = run.snapshot().await.map_err(&failed)?;
        if let Some(difference) = self.differing(before, &back) {
            let lines = difference.with_sides("only before", "left behind");
            return Ok(Some(format!(
                "{name}: after its down side the schema is not what it was before the step (before -> now); correct {file}:\n  {}",
                lines.join("\n  ")
            )));
        }
        if let Err(error) = run.up(migration).await {
            return Ok(Some(format!(
                "{name}: it cannot be run again after its down side, which leaves something behind; correct {file}: {error:#}"
            )));
        }
        let again = run.snapshot().await.map_err(&failed)?;
        Ok(self.differing(after, &again).map(|difference| {
            let lines = difference.with_sides("only the first time", "only the second time");
            format!(
                "{name}: run again after its down side it makes another schema than the first time:\n  {}",
                lines.join("\n  ")
            )
        }))
    }

    fn differing(&self, a: &Snapshot, b: &Snapshot) -> Option<SchemaDifference> {
        let difference = a.difference(b)?;
        if self.column_order { Some(difference) } else { difference.without_column_order() }
    }

    /// The models say what the migrations make; nobody has changed a model and forgotten the migration.
    ///
    /// # Errors
    /// [`CheckFailed`], with what a new migration would have to change; and where there are no models.
    pub async fn check_models(&self) -> Result<(), CheckFailed> {
        let failed = CheckFailed::of(MigrationCheck::Models);
        if !self.has(MigrationCheck::Models) {
            let problem =
                "there are no models to compare: give them with `.models(ambix::models![...])`";
            return Err(CheckFailed::new(MigrationCheck::Models, problem));
        }
        let place = self.place(Target::heads()).await.map_err(&failed)?;
        let draft = match self.migrator.check(place.url(), DraftOptions::new()).await {
            Ok(draft) if draft.is_empty() => return place.discard().await.map_err(&failed),
            Ok(draft) => draft,
            Err(error) => {
                let _ = place.keep().await;
                return Err(failed(error));
            }
        };
        let database = driver(place.url()).map_or("the database", |driver| driver.dialect.name());
        let _ = place.keep().await;
        let changes: Vec<String> =
            draft.changes.iter().map(|change| format!("  {change}")).collect();
        let problem = format!(
            "a migration is missing: for the models the schema that the migrations make on {database} would have to change\n{}\n\
             draft it with `ambix revision --autogenerate -m \"...\"`; where the migration is right, correct the model",
            changes.join("\n")
        );
        Err(CheckFailed::new(MigrationCheck::Models, problem))
    }
}
