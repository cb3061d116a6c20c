//! The check that steps which lose data are listed.

use super::{
    CheckFailed, Checked, MigrationCheck, MigrationTests, files::name, hook, runner::CheckRun,
};
use crate::{
    database::{Dialect, driver},
    draft::losses,
    migration::Migration,
    sql::{Item, Statement, TokenKind, split, tokens},
    testkit::snapshot::{Snapshot, drafting},
};

impl MigrationTests {
    /// Each step up that drops a table or column, or makes a type narrower, is listed with [`loses`](Self::loses); and what is
    /// listed does lose something.
    ///
    /// # Errors
    /// [`CheckFailed`], with what is lost where.
    pub async fn check_losses(&self) -> Result<(), CheckFailed> {
        self.check_hooks(MigrationCheck::Losses)?;
        let mut run = CheckRun::begin(self, MigrationCheck::Losses).await?;
        if let Err(failed) = self.find_losses(&mut run).await {
            return run.fail(failed).await;
        }
        run.end(|faults| faults.join("\n")).await
    }

    async fn find_losses(&self, run: &mut CheckRun<'_>) -> Checked {
        let failed = CheckFailed::of(MigrationCheck::Losses);
        let graph = self.migrator.graph();
        let dialect = driver(run.url()).map_err(&failed)?.dialect;
        let mut before = run.snapshot().await.map_err(&failed)?;
        for migration in self.order() {
            run.up(migration).await.map_err(&failed)?;
            let after = run.snapshot().await.map_err(&failed)?;
            let lost = lost(&before, &after, migration, dialect).map_err(&failed)?;
            let declared = hook::of(&self.loses, graph, migration.revision()).map_err(&failed)?;
            if !lost.is_empty() && declared.is_empty() {
                run.fault(format!(
                    "{} loses data:\n  {}\nwhere that is meant, say why it may: `.loses(\"{}\", \"why\")`",
                    name(migration),
                    lost.join("\n  "),
                    migration.revision(),
                ));
            }
            if lost.is_empty() && !declared.is_empty() {
                run.fault(format!(
                    "{} is listed with `.loses({:?}, {:?})` and loses nothing: take that away",
                    name(migration),
                    declared[0].revision,
                    declared[0].what,
                ));
            }
            before = after;
        }
        Ok(())
    }
}

fn lost(
    before: &Snapshot,
    after: &Snapshot,
    migration: &Migration,
    dialect: &'static dyn Dialect,
) -> crate::error::Result<Vec<String>> {
    let is_renamed =
        |old: &str, new: &str| renames(migration.up_script().text(), old, new, dialect);
    losses(before.schema(), after.schema(), dialect, drafting(dialect)?, &is_renamed)
}

/// Whether a statement of a script gives something another name: it has the word for it, and both names.
fn renames(script: &str, old: &str, new: &str, dialect: &dyn Dialect) -> bool {
    let syntax = dialect.syntax();
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let (old, new) = (last(old), last(new));
    let does = |statement: &Statement<'_>| {
        let words: Vec<String> = tokens(statement.text, syntax)
            .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName))
            .map(|token| token.text.trim_matches(['"', '`', '[', ']']).to_lowercase())
            .collect();
        let has = |word: &str| words.iter().any(|known| known == word);
        (has("rename") || has("change")) && has(&old) && has(&new)
    };
    let items = split(script, syntax).unwrap_or_default();
    items.iter().any(|item| matches!(item, Item::Statement(statement) if does(statement)))
}
