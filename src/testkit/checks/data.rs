//! The check of rows: every row that exists before a step exists after it.

use super::{
    CheckFailed, Checked, MigrationCheck, MigrationTests,
    files::{is_reversible, name},
    hook,
    rows::DatabaseContents,
    runner::CheckRun,
};
use crate::{database::testkit::ask, error::Result, migration::Migration};

impl MigrationTests {
    /// Rows survive: each step up, down and up again leaves existing rows as they are, in the columns that exist
    /// before and after it with one type. What a step itself adds it may take away on its way down, and must; what it changes on
    /// purpose is declared with [`changes_data`](Self::changes_data).
    ///
    /// The rows are those that migrations insert, and those of [`before`](Self::before) and [`before_fn`](Self::before_fn); the
    /// queries of [`after`](Self::after) must say that they are as they should be.
    ///
    /// # Errors
    /// [`CheckFailed`], with the steps and the rows.
    pub async fn check_data(&self) -> Result<(), CheckFailed> {
        self.check_hooks(MigrationCheck::Data)?;
        let mut run = CheckRun::begin(self, MigrationCheck::Data).await?;
        if let Err(failed) = self.steps(&mut run).await {
            return run.fail(failed).await;
        }
        run.end(|faults| {
            format!(
                "rows do not survive\n{}\ncorrect the migration; where it is meant so, declare it: `.changes_data(\"REVISION\", \"why\")`",
                faults.join("\n")
            )
        })
        .await
    }

    async fn steps(&self, run: &mut CheckRun<'_>) -> Checked {
        let failed = CheckFailed::of(MigrationCheck::Data);
        let order = self.order();
        let mut before = self.state(run.url()).await.map_err(&failed)?;
        for (at, migration) in order.iter().enumerate() {
            if run.has_enough() {
                run.fault(format!("  the steps from {} on were not tried", name(migration)));
                break;
            }
            if self.place_rows(run, migration).await.map_err(&failed)? {
                before = self.state(run.url()).await.map_err(&failed)?;
            }
            if let Err(error) = run.up(migration).await {
                run.fault(format!("{}: its up side fails with these rows, so that no later step was tried: {error:#}", name(migration)));
                break;
            }
            let mut after = self.state(run.url()).await.map_err(&failed)?;
            let mut faults = self.ask(run, migration, "").await.map_err(&failed)?;
            faults.extend(self.judge(migration, before.lost(&after, &[]), "after its up side"));
            if is_reversible(migration) {
                match self.back(run, migration, &before, &after).await.map_err(&failed)? {
                    ReversalOutcome::Returned { state, faults: more } => {
                        after = *state;
                        faults.extend(more);
                    }
                    ReversalOutcome::Failed(problem) => {
                        run.restart_with_rows(&order[..=at]).await.map_err(&failed)?;
                        // What fails without rows as well is what the stairway is for.
                        if self.goes_back_without_rows(&order[..=at]).await.map_err(&failed)? {
                            faults.push(problem);
                        }
                        after = self.state(run.url()).await.map_err(&failed)?;
                    }
                }
            }
            faults.dedup();
            if !faults.is_empty() {
                run.fault(format!("{}:\n  {}", name(migration), faults.join("\n  ")));
            }
            before = after;
        }
        Ok(())
    }

    /// Runs what places rows before a step; whether there was something.
    async fn place_rows(&self, run: &CheckRun<'_>, migration: &Migration) -> Result<bool> {
        let hooks = hook::of(&self.before, self.migrator.graph(), migration.revision())?;
        for hook in &hooks {
            hook.what.run(run.url(), migration.revision()).await?;
        }
        Ok(!hooks.is_empty())
    }

    /// Asks the queries that must be true after a step.
    async fn ask(
        &self,
        run: &CheckRun<'_>,
        migration: &Migration,
        when: &str,
    ) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        for hook in hook::of(&self.after, self.migrator.graph(), migration.revision())? {
            let query = hook.what.trim().trim_end_matches(';');
            let said = if query.contains('\n') { "the query" } else { query };
            match truths(run.url(), query).await {
                Err(error) => faults.push(format!("{said} fails: {error:#}")),
                Ok((0, _)) => faults.push(format!("{said} gives no row, so that it shows nothing")),
                Ok((_, 0)) => {}
                Ok((rows, wrong)) => {
                    faults.push(format!("{said} is not true{when} in {wrong} of {rows} rows"));
                }
            }
        }
        Ok(faults)
    }

    /// Down and up again.
    async fn back(
        &self,
        run: &CheckRun<'_>,
        migration: &Migration,
        before: &DatabaseContents,
        after: &DatabaseContents,
    ) -> Result<ReversalOutcome> {
        if let Err(error) = run.down(migration).await {
            return Ok(ReversalOutcome::Failed(format!(
                "its down side fails with these rows: {error:#}"
            )));
        }
        let back = self.state(run.url()).await?;
        let lost = before.lost(&back, &[after]);
        let left = before.left_behind(&back, &[after]);
        let mut faults =
            self.judge(migration, lost.into_iter().chain(left).collect(), "after its down side");
        if let Err(error) = run.up(migration).await {
            return Ok(ReversalOutcome::Failed(format!(
                "it cannot be run again with these rows after its down side: {error:#}"
            )));
        }
        let again = self.state(run.url()).await?;
        faults.extend(self.ask(run, migration, " when it is run again").await?);
        // What was wrong the first time need not be said again.
        if faults.is_empty() && before.lost(after, &[]).is_empty() {
            let lost = before.lost(&again, &[after, &back]);
            faults.extend(self.judge(migration, lost, "when it is run again after its down side"));
        }
        Ok(ReversalOutcome::Returned { state: Box::new(again), faults })
    }

    /// Lines about a step; none where it changes rows on purpose.
    fn judge(&self, migration: &Migration, lines: Vec<String>, when: &str) -> Vec<String> {
        if self.changes_on_purpose(migration) {
            return Vec::new();
        }
        lines.into_iter().map(|line| format!("{when}: {line}")).collect()
    }

    pub(super) fn changes_on_purpose(&self, migration: &Migration) -> bool {
        let (graph, revision) = (self.migrator.graph(), migration.revision());
        hook::of(&self.changes_data, graph, revision).is_ok_and(|hooks| !hooks.is_empty())
    }

    /// Whether the last of these steps goes down and up again where nobody has placed rows.
    async fn goes_back_without_rows(&self, applied: &[&Migration]) -> Result<bool> {
        let [.., last] = applied else { return Ok(true) };
        if self.before.is_empty() {
            return Ok(false);
        }
        let place = self.place(crate::graph::Target::base()).await?;
        for migration in applied {
            self.migrator.upgrade(place.url(), migration.revision()).await?;
        }
        let down = self.migrator.revert_revision(place.url(), last.revision()).await;
        let up = self.migrator.upgrade(place.url(), last.revision()).await;
        place.discard().await?;
        Ok(down.is_ok() && up.is_ok())
    }
}

/// What came of a step down and up again.
enum ReversalOutcome {
    /// The database is where it was, more or less.
    Returned { state: Box<DatabaseContents>, faults: Vec<String> },
    /// It went no further.
    Failed(String),
}

impl CheckRun<'_> {
    /// Continues in a new database with these migrations and the rows that belong before them.
    async fn restart_with_rows(&mut self, applied: &[&Migration]) -> Result<()> {
        self.restart(&[]).await?;
        for migration in applied {
            self.tests.place_rows(self, migration).await?;
            self.up(migration).await?;
        }
        Ok(())
    }
}

/// How many rows a query of one column gives, and in how many of them it is not true.
async fn truths(url: &str, query: &str) -> Result<(usize, usize)> {
    // The line's end ends a comment at the end of the query.
    let sql = format!(
        "WITH ambix_after (answer) AS (\n{query}\n) \
         SELECT 'after' AS ambix, CASE WHEN answer THEN '1' ELSE '0' END AS is_true FROM ambix_after"
    );
    let rows = ask(url, &sql).await?.map_err(|failure| failure.doing("asking"))?;
    let is_true = |row: &&crate::database::Row| row.column("is_true") == Some("1");
    Ok((rows.len(), rows.len() - rows.iter().filter(is_true).count()))
}
