//! `squash A:B`: several migrations of one line become one, which is proven to do the same.

use serde_json::json;

use super::{
    context::Context,
    files,
    problem::{CommandOutcome, Problem},
    progress::{clean, unless_interrupted},
    settings::needs_yes,
};
use crate::{
    authoring::{Folder, NewSquash, Squash, SquashForm},
    database::{Dialect, driver, drivers},
    error::{Chain, Direction, Error, brief},
    migrator::{SquashRoles, SquashVerdict},
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// The first and the last migration to combine, FROM:TO
    #[arg(value_name = "RANGE")]
    range: String,
    /// A short description of what they do together
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// Write the squash without running it and the migrations in scratch databases first
    #[arg(long)]
    no_proof: bool,
    /// Answer yes to every question
    #[arg(long, short)]
    yes: bool,
}

/// What a proof says about a squash that is about to be written.
struct Proof {
    is_proven: bool,
    notes: Vec<String>,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let folder = files::open(context)?;
    let url = context.known_url()?;
    let (squash, proof) = work_out(args, &folder, url.as_deref(), context).await?;
    let what = format!("{} files of {} migrations", squash.removed.len(), squash.replaces.len());
    for note in &proof.notes {
        context.out.note(clean(note));
    }
    if !args.yes {
        for name in &squash.removed {
            context.out.say(format_args!("  {}", folder.path_of(name).display()));
        }
        match context.out.confirm(format_args!("Replace these {what} with a single migration?")) {
            Some(true) => {}
            Some(false) => {
                context.out.say("nothing was done");
                return Ok(CommandOutcome::Done);
            }
            None => return Err(needs_yes(&format!("squash removes {what}"))),
        }
    }
    if files::open(context)?.differs(&folder) {
        return Err(Problem::with_help(
            "the folder changed while the squash was being proven; nothing was written",
            "run the command again",
        ));
    }
    let removed = squash.removed.clone();
    let replaces = squash.replaces.clone();
    let written = folder.write_squash(squash)?;
    if context.out.json {
        context.out.json(&json!({
            "revision": written.revision,
            "parents": written.parents,
            "files": written.files,
            "replaces": replaces,
            "removed": removed,
            "proven": proof.is_proven,
            "notes": proof.notes.iter().chain(&written.notes).collect::<Vec<_>>(),
        }))?;
        return Ok(CommandOutcome::Done);
    }
    for name in &removed {
        context.out.result(format_args!("Removing {} ... done", folder.path_of(name).display()));
    }
    files::finish(&folder, &written, context)
}

/// The squash, proven if it can be.
async fn work_out(
    args: &Args,
    folder: &Folder,
    url: Option<&str>,
    context: &Context,
) -> Result<(Squash, Proof), Problem> {
    let known = url.and_then(|url| driver(url).ok());
    let dialects: Vec<&'static dyn Dialect> = match known {
        Some(driver) => vec![driver.dialect],
        None => drivers().map(|driver| driver.dialect).collect(),
    };
    let new = |form| NewSquash {
        range: &args.range,
        message: args.message.as_deref(),
        form,
        dialects: &dialects,
    };
    let squash = folder.squash(&new(SquashForm::Together))?;
    let unproven = |why: String| Proof {
        is_proven: false,
        notes: vec![format!("the squash was not proven: {why}")],
    };
    let url = match url {
        _ if args.no_proof => return Ok((squash, unproven("as asked".to_owned()))),
        None => {
            let why = "no database URL is known, and scratch databases need a server".to_owned();
            return Ok((squash, unproven(why)));
        }
        Some(url) => url,
    };
    match prove(&squash, folder, url, context).await? {
        SquashVerdict::Proven { notes } => Ok((squash, Proof { is_proven: true, notes })),
        SquashVerdict::NotTried(why) => Ok((squash, unproven(why))),
        SquashVerdict::SquashFails { side: Direction::Up, error } if squash.is_one_transaction => {
            let apart = folder.squash(&new(SquashForm::Apart))?;
            match prove(&apart, folder, url, context).await? {
                SquashVerdict::Proven { mut notes } => {
                    notes.insert(0, apart_because(&error));
                    Ok((apart, Proof { is_proven: true, notes }))
                }
                _ => Err(refused(SquashVerdict::SquashFails { side: Direction::Up, error })),
            }
        }
        verdict => Err(refused(verdict)),
    }
}

async fn prove(
    squash: &Squash,
    folder: &Folder,
    url: &str,
    context: &Context,
) -> Result<SquashVerdict, Problem> {
    let migrator = context.files()?;
    let roles = SquashRoles {
        squash: &squash.written.revision,
        replaces: &squash.replaces,
        needs: &squash.needs,
        is_reversible: squash.is_reversible,
    };
    let squashed = folder.with_squash(squash)?;
    let work = migrator.prove_squash(url, squashed, &roles);
    Ok(unless_interrupted(work).await.ok_or(Problem::GivenUp)??)
}

fn apart_because(error: &Error) -> String {
    format!(
        "the squash has no transaction around it: each of the migrations keeps its own, since in one transaction this would fail: {}",
        one_line(error)
    )
}

/// Why nothing is written.
fn refused(verdict: SquashVerdict) -> Problem {
    const ANYWAY: &str = "to write it without this proof: --no-proof";
    let (text, advice) = match verdict {
        SquashVerdict::Differs { side, lines } => (
            format!(
                "after its {} side, the squash leaves another database than the migrations do: {}",
                word(side),
                lines.join("; ")
            ),
            "squash fewer of them, in two or more squashes",
        ),
        SquashVerdict::SquashFails { side, error } => (
            format!(
                "the {} side of the squash fails in a scratch database, in which the migrations run: {}",
                word(side),
                one_line(&error)
            ),
            "squash fewer of them, in two or more squashes",
        ),
        SquashVerdict::MigrationsFail { error, .. }
            if matches!(*error, Error::Unregistered { .. }) =>
        {
            (
                format!(
                    "the migrations call a Rust function that this program does not have: {}",
                    one_line(&error)
                ),
                "run this command with the program that registers it, or squash the migrations before and after the one that calls it",
            )
        }
        SquashVerdict::MigrationsFail { side, error } => (
            format!(
                "the squash cannot be proven, since the migrations themselves fail in an empty scratch database on their way {}: {}",
                word(side),
                one_line(&error)
            ),
            "correct them; `repair` records their new checksums in databases that have them",
        ),
        SquashVerdict::Proven { .. } | SquashVerdict::NotTried(_) => {
            ("the squash was not proven".to_owned(), "try again")
        }
    };
    Problem::Other {
        text: format!("{}; nothing was written", clean(&text)),
        help: vec![advice.to_owned(), ANYWAY.to_owned()],
    }
}

fn word(side: Direction) -> &'static str {
    match side {
        Direction::Up => "up",
        Direction::Down => "down",
    }
}

/// An error without what it says of a database that is gone.
fn one_line(error: &Error) -> String {
    let text = match error {
        Error::Failed(failed) => format!(
            "{}: {}; the statement is `{}`",
            failed.place,
            Chain(failed.source.as_ref()),
            brief(&failed.statement)
        ),
        error => format!("{error:#}"),
    };
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
