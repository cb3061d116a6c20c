//! What the test kit asks a migrator for: what tells it from another, and what no verb does.

use super::Migrator;
use crate::{
    error::Result,
    graph::{Applied, Target},
    note::Note,
    run::{plan::Request, report::Report},
};

/// What a migrator makes of an empty database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchemaInputs {
    /// Every text that the database depends on, in order.
    pub(crate) parts: Vec<String>,
    /// Whether Rust functions run on the way, of which a text says only the name.
    pub(crate) runs_code: bool,
}

impl Migrator {
    /// Takes one migration back, and what needs it. Unlike a target this can say which one of several heads is meant.
    pub(crate) async fn revert_revision(&self, url: &str, revision: &str) -> Result<Report> {
        self.run_state(self.connector(url)?, "downgrade", Request::TakeBack(revision.to_owned()))
            .await
    }

    /// How `ambix.sum` differs from the files.
    pub(crate) fn sum_problems(&self) -> &[Note] {
        &self.sum_problems
    }

    /// The schema that was asked for.
    pub(crate) fn schema_option(&self) -> Option<&str> {
        self.options.schema.as_deref()
    }

    /// What it makes on the way to a target; none where that is nothing at all.
    pub(crate) fn identity(&self, target: &Target) -> Result<Option<SchemaInputs>> {
        let steps = self.graph.upgrade(&Applied::new(), std::slice::from_ref(target))?;
        if steps.is_empty() {
            return Ok(None);
        }
        let options = &self.options;
        let mut parts = vec![
            options.table.clone(),
            options.schema.clone().unwrap_or_default(),
            format!("{:?}", options.transaction),
            format!("{:?}", options.arguments),
        ];
        for migration in &steps {
            let parents = self.graph.parents(migration.revision());
            let parents: Vec<&str> = parents.iter().map(|parent| parent.revision()).collect();
            // The history has all of these.
            parts.extend([
                migration.revision().to_owned(),
                migration.name().to_owned(),
                parents.join(","),
                migration.checksum().to_string(),
                migration.up_script().text().to_owned(),
                migration.down_script().map(|down| down.text().to_owned()).unwrap_or_default(),
            ]);
        }
        let runs_code = !options.functions.is_empty()
            && steps.iter().any(|m| m.up_script().text().contains("ambix: run"));
        Ok(Some(SchemaInputs { parts, runs_code }))
    }
}
