//! What `revision --autogenerate`, `generate` and `check` have in common: how a draft is asked for, and what is said of it.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;

use super::{
    context::Context,
    problem::Problem,
    progress::{clean, unless_interrupted},
};
use crate::{
    draft::{Draft, DraftOptions},
    migrator::{DraftFindings, Migrator},
    note::Note,
    schema::{SchemaSql, Uncovered},
};

/// Where the two sides come from.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct CompareArgs {
    /// A script that creates the tables as they should be, or a folder of scripts, in place of the models or along with them
    #[arg(long, value_name = "PATH")]
    pub(super) schema: Option<PathBuf>,
    /// Compare with what the migrations create in a scratch place, instead of with the database
    #[arg(long)]
    pub(super) from_migrations: bool,
    /// Also write a page that shows the change: before, after, findings and SQL, for a browser
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// List everything that is not compared
    #[arg(long, short)]
    pub(super) verbose: bool,
}

impl CompareArgs {
    /// The migrator, with what should be there.
    pub(super) fn wanted(&self, migrator: Migrator) -> Result<Migrator, Problem> {
        let migrator = match &self.schema {
            Some(file) => migrator.schema_sql(SchemaSql::from_path(file)?),
            None => migrator,
        };
        if !migrator.has_models() {
            return Err(no_models());
        }
        Ok(migrator)
    }

    pub(super) fn options(&self) -> DraftOptions {
        DraftOptions::new().from_migrations(self.from_migrations)
    }
}

fn no_models() -> Problem {
    Problem::Other {
        text: "there are no models to compare; nothing was written".to_owned(),
        help: vec![
            "register models in your program: `Migrator::models(ambix::models![User, ...])`"
                .to_owned(),
            "or write a script that creates the tables as they should be: --schema schema.sql"
                .to_owned(),
        ],
    }
}

/// Makes a draft. Ctrl-C ends it, and leaves nothing.
pub(super) async fn make(
    migrator: &Migrator,
    url: &str,
    options: &DraftOptions,
) -> Result<Draft, Problem> {
    let work = migrator.check(url, options.clone());
    Ok(unless_interrupted(work).await.ok_or(Problem::GivenUp)??)
}

/// Does what is left for a draft that is going to be written, the proof among it.
pub(super) async fn complete(
    migrator: &Migrator,
    url: &str,
    draft: &mut Draft,
    options: &DraftOptions,
) -> Result<DraftFindings, Problem> {
    let work = migrator.complete_on(url, draft, options);
    Ok(unless_interrupted(work).await.ok_or(Problem::GivenUp)??)
}

/// A draft for programs: changes as lines, and the rest as it is.
#[derive(Debug, Serialize)]
pub(super) struct DraftJson<'d> {
    equal: bool,
    changes: Vec<String>,
    up: &'d str,
    down: &'d str,
    destructive: &'d [String],
    rename_candidates: &'d [(String, String)],
    placeholders: &'d [String],
    notes: &'d [Note],
    compared: &'d [String],
    not_compared: Vec<String>,
}

pub(super) fn found(draft: &Draft) -> DraftJson<'_> {
    DraftJson {
        equal: draft.is_empty() && !draft.is_incomplete(),
        changes: draft.changes.iter().map(ToString::to_string).collect(),
        up: &draft.up,
        down: &draft.down,
        destructive: &draft.destructive,
        rename_candidates: &draft.rename_candidates,
        placeholders: &draft.placeholders,
        notes: &draft.notes,
        compared: &draft.compared,
        not_compared: draft.uncovered.iter().map(named).collect(),
    }
}

/// The changes, one on a line.
pub(super) fn lines(draft: &Draft) -> Vec<String> {
    let line = |change: String| {
        let loses = if draft.destructive.contains(&change) { " (loses data)" } else { "" };
        format!("{}{loses}", clean(&change))
    };
    draft.changes.iter().map(|change| line(change.to_string())).collect()
}

/// What should be known of a draft.
pub(super) fn notes(draft: &Draft, verbose: bool, context: &Context) {
    let out = &context.out;
    for note in &draft.notes {
        out.note(clean(&note.to_string()));
    }
    left_alone(&draft.uncovered, "not compared, and left alone", verbose, context);
}

/// What is in the database and is beyond what is said of it.
pub(super) fn left_alone(things: &[Uncovered], how: &str, verbose: bool, context: &Context) {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for thing in things {
        if verbose {
            context.out.note(format_args!("{how}: {}", clean(&named(thing))));
        }
        *kinds.entry(&thing.kind).or_default() += 1;
    }
    let kinds: Vec<String> =
        kinds.iter().map(|(kind, count)| format!("{kind} ({count})")).collect();
    if !kinds.is_empty() && !verbose {
        context.out.note(format_args!("{how}: {}; --verbose names them", kinds.join(", ")));
    }
}

fn named(thing: &Uncovered) -> String {
    format!("{} {}", thing.kind, thing.name)
}

/// What an option would make another draft of it.
pub(super) fn hints(draft: &Draft, context: &Context) {
    hints_of(draft).for_each(|hint| context.out.note(hint));
}

/// The same as texts.
pub(super) fn hints_of(draft: &Draft) -> impl Iterator<Item = String> {
    let renames = draft
        .rename_candidates
        .iter()
        .map(|(from, to)| format!("if you renamed {}: {}", clean(from), clean(&rename(from, to))));
    let fills = draft.placeholders.iter().map(|column| {
        let column = clean(column);
        format!(
            "existing rows get a placeholder in {column}; to choose the value: --fill '{column}=EXPRESSION'"
        )
    });
    renames.chain(fills)
}

/// What nothing found may mean.
pub(super) fn nothing_found(sides: &CompareArgs, context: &Context) {
    context.out.note(match &sides.schema {
        Some(file) => format!("is a change missing? The desired schema was read from {}", file.display()),
        None => "is a change missing? Check that the model is listed in your `models![...]` and that you rebuilt the program \
                 after the change"
            .to_owned(),
    });
}

/// How a rename is declared here.
pub(super) fn rename(from: &str, to: &str) -> String {
    if from.contains(|c: char| !(c.is_alphanumeric() || "._".contains(c)))
        || to.contains(|c: char| !(c.is_alphanumeric() || "._".contains(c)))
    {
        format!("--rename '{from}={to}'")
    } else {
        format!("--rename {from}={to}")
    }
}
