//! `preflight [TARGET]`: the checklist before production, answered.

use std::{
    collections::HashMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    context::{Context, without_password},
    output::{BOLD, GREEN, RED, YELLOW, styled},
    problem::{CommandOutcome, Problem},
    settings::duration,
    steps::PhaseArg,
};
use crate::{
    database::driver,
    migrator::Migrator,
    preflight::{Answer, AnswerState, Backup, Preflight, PreflightOptions},
    source,
};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// head, heads, a revision or a prefix of it, +1, label@head
    #[arg(default_value = "head", allow_negative_numbers = true)]
    target: String,
    /// Exit with code 3 also if a person should look at something
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    phase: PhaseArg,
    #[command(flatten)]
    told: PreflightArgs,
}

/// What preflight is told, also by `upgrade --preflight`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct PreflightArgs {
    /// The database on which the migrations were rehearsed; its history also tells how long they took
    #[arg(
        long,
        value_name = "URL",
        env = "AMBIX_STAGING_URL",
        hide_env_values = true,
        help_heading = "Preflight"
    )]
    staging: Option<String>,
    /// Where the migrations were run before: a URL, or a file with the output of `history -v --json`
    #[arg(long, value_name = "URL|FILE", help_heading = "Preflight")]
    history_from: Option<String>,
    /// A file that each backup writes or touches
    #[arg(long, value_name = "FILE", env = "AMBIX_BACKUP_FILE", help_heading = "Preflight")]
    backup_file: Option<PathBuf>,
    /// A query whose one value is the age of the last backup in seconds
    #[arg(
        long,
        value_name = "SQL",
        env = "AMBIX_BACKUP_QUERY",
        conflicts_with = "backup_file",
        help_heading = "Preflight"
    )]
    backup_query: Option<String>,
    /// How old the last backup may be
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration, help_heading = "Preflight")]
    backup_within: Duration,
    /// How much space the disk of the database has left, such as 20GB
    #[arg(long, value_name = "SIZE", value_parser = bytes, help_heading = "Preflight")]
    disk_free: Option<u64>,
    /// Look at the rights of this role; user@host for MySQL and MariaDB [default: the role that asks]
    #[arg(long, value_name = "NAME", help_heading = "Preflight")]
    role: Option<String>,
    /// How long each question to the database may take
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration, help_heading = "Preflight")]
    question_limit: Duration,
    /// How long all questions together may take
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration, help_heading = "Preflight")]
    total_limit: Duration,
    /// Report transactions that have been open for this long
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration, help_heading = "Preflight")]
    long_transaction: Duration,
}

impl PreflightArgs {
    /// An option that the command line has, and not only the environment, which may be set for all commands.
    pub(super) fn given(&self) -> Option<&'static str> {
        let usual = PreflightOptions::new();
        let from = |name: &str, value: Option<&OsStr>| {
            value.is_some() && value != std::env::var_os(name).as_deref()
        };
        let file = self.backup_file.as_deref().map(Path::as_os_str);
        let query = self.backup_query.as_deref().map(OsStr::new);
        let staging = self.staging.as_deref().map(OsStr::new);
        let all = [
            ("--staging", from("AMBIX_STAGING_URL", staging)),
            ("--history-from", self.history_from.is_some()),
            ("--backup-file", from("AMBIX_BACKUP_FILE", file)),
            ("--backup-query", from("AMBIX_BACKUP_QUERY", query)),
            ("--backup-within", self.backup_within != usual.backup_within),
            ("--disk-free", self.disk_free.is_some()),
            ("--role", self.role.is_some()),
            ("--question-limit", self.question_limit != usual.question),
            ("--total-limit", self.total_limit != usual.total),
            ("--long-transaction", self.long_transaction != usual.long_transaction),
        ];
        all.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
    }
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = args.phase.apply(context.migrator()?);
    let preflight = ask(&migrator, &args.target, &args.told, context).await?;
    if context.out.json {
        context.out.json(&preflight)?;
    } else {
        show(&preflight, context)?;
    }
    let least = if args.strict { AnswerState::Look } else { AnswerState::Stop };
    Ok(if preflight.state() >= least { CommandOutcome::Difference } else { CommandOutcome::Done })
}

/// What `upgrade --preflight` does first: it refuses on a stop.
pub(super) async fn before_upgrade(
    migrator: &Migrator,
    target: &str,
    told: &PreflightArgs,
    context: &Context,
) -> Result<(), Problem> {
    let preflight = ask(migrator, target, told, context).await?;
    if !preflight.is_stop() {
        for answer in preflight.answers.iter().filter(|answer| answer.state == AnswerState::Look) {
            context.out.warn(format_args!("{}: {answer}", answer.subject));
        }
        return Ok(());
    }
    let stops = preflight.answers.iter().filter(|answer| answer.state == AnswerState::Stop);
    let help = stops.map(|answer| format!("{}: {answer}", answer.subject)).collect();
    let text = format!("preflight says stop: {}; nothing was run", preflight.summary());
    Err(Problem::Other { text, help })
}

async fn ask(
    migrator: &Migrator,
    target: &str,
    told: &PreflightArgs,
    context: &Context,
) -> Result<Preflight, Problem> {
    let url = context.url()?;
    let mut options = PreflightOptions::new()
        .target(target)?
        .backup_within(told.backup_within)
        .question_limit(told.question_limit)
        .total_limit(told.total_limit)
        .long_transaction(told.long_transaction);
    if let Some(staging) = &told.staging {
        let history = migrator.history(staging.as_str()).await.map_err(|error| {
            let text = format!(
                "the history of the staging database {} cannot be read",
                without_password(staging)
            );
            Problem::with_help(text, format!("{error:#}"))
        })?;
        options = options.staging(history.records);
    }
    if let Some(from) = &told.history_from {
        for (revision, duration) in durations(migrator, from).await? {
            options = options.duration(revision, duration);
        }
    }
    if let Some(file) = &told.backup_file {
        options = options.backup(Backup::File(file.clone()));
    } else if let Some(query) = &told.backup_query {
        options = options.backup(Backup::Query(query.clone()));
    }
    if let Some(bytes) = told.disk_free {
        options = options.disk_free(bytes);
    }
    if let Some(role) = &told.role {
        options = options.role(role);
    }
    Ok(migrator.preflight(&url, &options).await?)
}

/// How long each migration took, from a database or a file.
async fn durations(migrator: &Migrator, from: &str) -> Result<HashMap<String, Duration>, Problem> {
    if from.contains("://") || driver(from).is_ok() {
        let records = migrator.history(from).await?.records;
        let took = |micros| Duration::from_micros(micros);
        return Ok(records.into_iter().map(|r| (r.revision, took(r.duration_us))).collect());
    }
    let text = source::text_of(&PathBuf::from(from))?;
    let unreadable = |problem: &str| {
        let help = "write it with `ambix history -v --json` where the migrations were run";
        Problem::with_help(format!("{from} is not a history that can be read: {problem}"), help)
    };
    let entries: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| unreadable(&error.to_string()))?;
    let entries = entries.as_array().ok_or_else(|| unreadable("it is not a list"))?;
    let duration = |entry: &serde_json::Value| {
        let revision = entry.get("revision")?.as_str()?.to_owned();
        let micros = entry.get("applied")?.get("duration_us")?.as_u64()?;
        Some((revision, Duration::from_micros(micros)))
    };
    let found: HashMap<String, Duration> = entries.iter().filter_map(duration).collect();
    if found.is_empty() {
        return Err(unreadable("no migration in it says how long it took"));
    }
    Ok(found)
}

fn show(preflight: &Preflight, context: &Context) -> Result<(), Problem> {
    let mut subject = None;
    for answer in &preflight.answers {
        // The subject is said once.
        let said = if subject == Some(answer.subject) { "" } else { answer.subject.word() };
        subject = Some(answer.subject);
        context.out.result(line(answer, said));
    }
    context.out.say(format_args!(
        "{} on {}",
        preflight.summary(),
        without_password(&context.url()?)
    ));
    Ok(())
}

fn line(answer: &Answer, subject: &str) -> String {
    let style = match answer.state {
        AnswerState::Ok => GREEN,
        AnswerState::Look => YELLOW,
        AnswerState::Stop => RED,
    };
    let state = format!("{:<4}", answer.state);
    let subject = format!("{subject:<11}");
    let text = answer.to_string().replace('\n', "\n                   ");
    format!("{}  {}  {text}", styled(style, state), styled(BOLD, subject))
}

/// `20GB`, `500 MB`, or a number of bytes.
fn bytes(text: &str) -> Result<u64, String> {
    let unreadable = || "expected a size such as 500MB or 20GB".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let number: u64 = digits.trim().parse().map_err(|_| unreadable())?;
    let unit: u64 = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        _ => return Err(unreadable()),
    };
    number.checked_mul(unit).ok_or_else(unreadable)
}
