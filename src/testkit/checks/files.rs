//! The checks that look at the migrations alone.

use super::{CheckFailed, Checked, MigrationCheck, MigrationTests};
use crate::{
    database::drivers,
    graph::Target,
    lint::{LintOptions, LintReport, Severity},
    migration::Migration,
    note::Note,
    sql::split,
    testkit::source::which,
};

impl MigrationTests {
    /// There is exactly one head, so that `upgrade head` means something.
    ///
    /// # Errors
    /// [`CheckFailed`], with the heads.
    pub async fn check_one_head(&self) -> Result<(), CheckFailed> {
        let heads = self.migrator.graph().heads();
        let problem = match heads.as_slice() {
            [_] => return Ok(()),
            [] => "there is no migration; is the path of the folder right?".to_owned(),
            several => {
                let names: Vec<String> =
                    several.iter().map(|head| format!("  {}", name(head))).collect();
                format!(
                    "there are {} heads: two branches have each added a migration\n{}\njoin them with `ambix merge heads`, or let \
                     the later one follow the other (`-- ambix: parents {}` at its head, then `ambix hash`); a project that keeps \
                     several lines on purpose switches this check off with `.one_head(false)`",
                    several.len(),
                    names.join("\n"),
                    several[0].revision(),
                )
            }
        };
        Err(CheckFailed::new(MigrationCheck::OneHead, problem))
    }

    /// Every migration has a down side with something in it, or says why there is none.
    ///
    /// # Errors
    /// [`CheckFailed`], with those that do not.
    pub async fn check_down_sides(&self) -> Result<(), CheckFailed> {
        let lacking: Vec<String> = self
            .migrator
            .graph()
            .iter()
            .filter(|migration| migration.irreversible_because().is_none())
            .filter(|migration| !has_way_back(migration))
            .map(|migration| match migration.down_script() {
                None => format!("  {}: there is no down side", name(migration)),
                Some(down) => {
                    format!("  {}: nothing is in its down side, {}", name(migration), down.file())
                }
            })
            .collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let problem = format!(
            "{} no way back:\n{}\nwrite the down side, or say in the up file why there is none: `-- ambix: irreversible because ...`; a \
             project that never goes back switches this check off with `.down_sides(false)`",
            if lacking.len() == 1 { "a migration has" } else { "some migrations have" },
            lacking.join("\n")
        );
        Err(CheckFailed::new(MigrationCheck::DownSides, problem))
    }

    /// `ambix.sum` says what the files say: none was edited, is missing or came without being written down.
    ///
    /// # Errors
    /// [`CheckFailed`], with what differs.
    pub async fn check_sum(&self) -> Result<(), CheckFailed> {
        let graph = self.migrator.graph();
        let is_built = |migration: &Migration| migration.up_script().file().starts_with('<');
        if graph.sum().is_none() {
            if graph.iter().all(is_built) {
                return Ok(());
            }
            let problem = "there is no ambix.sum beside the migrations, so that nobody sees when one of them is edited; write it \
                           with `ambix hash` and commit it, or switch this check off with `.sum(false)`";
            return Err(CheckFailed::new(MigrationCheck::Sum, problem));
        }
        let problems = self.migrator.sum_problems();
        if problems.is_empty() {
            return Ok(());
        }
        let with_file = |note: &Note| {
            let Note::StaleSum { revision, problem } = note else { return note.to_string() };
            match revision.as_deref().and_then(|revision| graph.get(revision)) {
                Some(migration) => format!("  {problem} ({})", migration.up_script().file()),
                None => format!("  {problem}"),
            }
        };
        let problems: Vec<String> = problems.iter().map(with_file).collect();
        let problem = format!(
            "ambix.sum does not match the files:\n{}\nan applied migration must be neither edited nor removed: \
             undo that, and write a new migration for the change; if the files are right, `ambix hash` rewrites ambix.sum",
            problems.join("\n")
        );
        Err(CheckFailed::new(MigrationCheck::Sum, problem))
    }
}

impl MigrationTests {
    /// The linter finds nothing of the severity that [`lints`](Self::lints) sets (by default an error), but for what the baseline lists.
    ///
    /// # Errors
    /// [`CheckFailed`], with the findings.
    pub async fn check_lints(&self) -> Result<(), CheckFailed> {
        let failed = CheckFailed::of(MigrationCheck::Lints);
        let report = match self.runs_lints {
            true => self.lint_in_place().await.map_err(&failed)?,
            false => {
                let database =
                    which(self.url.clone(), self.database.as_deref()).map_err(&failed)?;
                self.migrator.lint(&database, &LintOptions::new()).map_err(&failed)?
            }
        };
        let deny = self.lints.unwrap_or(Severity::Error);
        let mut findings: Vec<String> =
            report.at_least(deny).map(|found| format!("  {found}")).collect();
        findings.extend(report.failure.iter().map(|failure| format!("  {failure}")));
        if findings.is_empty() {
            return Ok(());
        }
        let problem = format!(
            "{}:\n{}\nchange the migration, or write `-- ambix: allow CODE because ...` above the statement; migrations that are applied \
             already belong into the baseline, which `ambix lint --write-baseline` writes",
            report.summary(),
            findings.join("\n")
        );
        Err(CheckFailed::new(MigrationCheck::Lints, problem))
    }

    /// Lints with a run, on the server where the other checks have their databases.
    async fn lint_in_place(&self) -> crate::error::Result<LintReport> {
        let place = self.place(Target::base()).await?;
        let report = self.migrator.lint_run(place.url(), &LintOptions::new()).await;
        place.discard().await?;
        report
    }
}

/// A migration by its revision and its file.
pub(super) fn name(migration: &Migration) -> String {
    format!("{} ({})", migration.revision(), migration.up_script().file())
}

/// Whether there is a down side and it does something. Of a merge, which does nothing, the down side need not either.
pub(super) fn has_way_back(migration: &Migration) -> bool {
    let is_blank = |text: &str| {
        drivers()
            .any(|driver| split(text, driver.dialect.syntax()).is_ok_and(|items| items.is_empty()))
    };
    let up = migration.up_script().text();
    migration.down_script().is_some_and(|down| !is_blank(down.text()) || is_blank(up))
}

/// Whether a check goes down and up again over a migration.
pub(super) fn is_reversible(migration: &Migration) -> bool {
    migration.irreversible_because().is_none() && has_way_back(migration)
}

impl MigrationTests {
    /// All migrations in the order in which they run.
    pub(super) fn order(&self) -> Vec<&Migration> {
        self.migrator.graph().iter().collect()
    }

    /// Whether the names of all hooks are known.
    pub(super) fn check_hooks(&self, check: MigrationCheck) -> Checked {
        let graph = self.migrator.graph();
        let failed = CheckFailed::of(check);
        for hook in &self.before {
            hook.find(graph).map_err(&failed)?;
        }
        for hook in self.after.iter().chain(&self.changes_data).chain(&self.loses) {
            hook.find(graph).map_err(&failed)?;
        }
        Ok(())
    }
}
