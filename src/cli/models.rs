//! `models`: the tables of a database, or of a script, as Rust structs.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{
    context::Context,
    problem::{CommandOutcome, Problem},
    progress::{clean, unless_interrupted},
};
use crate::{draft::rust, schema::SchemaSql, source};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// Write one file with this name, or if it does not end in .rs, a folder with a file for each table
    #[arg(long, short, value_name = "PATH")]
    out: Option<PathBuf>,
    /// A script that creates the tables, or a folder of scripts, in place of the database
    #[arg(long, value_name = "PATH")]
    schema: Option<PathBuf>,
    /// List everything that the models do not mention
    #[arg(long, short)]
    verbose: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let mut migrator = context.migrator_or_none()?;
    if let Some(path) = &args.schema {
        migrator = migrator.schema_sql(SchemaSql::from_path(path)?);
    }
    let url = context.url()?;
    let described = unless_interrupted(migrator.described(&url, args.schema.is_some())).await;
    let (schema, drafting) = described.ok_or(Problem::GivenUp)??;
    let models = rust::models(&schema, drafting);
    let files = match &args.out {
        Some(path) if path.extension().is_some_and(|end| end == "rs") => {
            vec![(path.clone(), models.file())]
        }
        Some(path) => {
            source::make(path)?;
            let files = models.files().into_iter();
            files.map(|(name, text)| (path.join(name), text)).collect()
        }
        None => {
            show(&models, context)?;
            Vec::new()
        }
    };
    write(&files, context)?;
    let out = &context.out;
    if args.verbose {
        for thing in &models.unsaid {
            out.note(format_args!("not in the models: {}", clean(thing)));
        }
    } else if !models.unsaid.is_empty() {
        let all = clean(&crate::error::some_of(&models.unsaid, ", "));
        out.note(format_args!("not in the models: {all}; --verbose names all of them"));
    }
    Ok(CommandOutcome::Done)
}

fn show(models: &rust::RustModels, context: &Context) -> Result<(), Problem> {
    if context.out.json {
        let features: Vec<&str> = models.features.iter().copied().collect();
        let unsaid = &models.unsaid;
        return context
            .out
            .json(&json!({ "rust": models.file(), "features": features, "unsaid": unsaid }));
    }
    context.out.script(models.file().trim_end());
    Ok(())
}

fn write(files: &[(PathBuf, String)], context: &Context) -> Result<(), Problem> {
    let mut written = Vec::new();
    for (path, text) in files {
        if source::replace(path, text, "the files before it are written")? {
            written.push(shown(path));
        }
    }
    let out = &context.out;
    if out.json && !files.is_empty() {
        return out.json(&json!({ "written": written }));
    }
    for path in &written {
        out.say(format_args!("wrote {path}"));
    }
    if written.is_empty() && !files.is_empty() {
        out.say("the files are already up to date");
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
