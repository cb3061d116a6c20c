//! `status`: one table of what is applied, pending, changed, missing or unfinished.

use unicode_width::UnicodeWidthStr;

use super::{
    context::{Context, without_password},
    output::{BOLD, DIM, GREEN, RED, YELLOW, styled},
    problem::{CommandOutcome, Problem},
    progress::clean,
};
use crate::migrator::{Status, StatusEntry, StatusState};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(_args: &Args, context: &Context) -> Result<CommandOutcome, Problem> {
    let migrator = context.migrator()?;
    let url = context.url()?;
    let status = migrator.status(&url).await?;
    if context.out.json {
        context.out.json(&status)?;
        return Ok(CommandOutcome::Done);
    }
    if !status.entries.is_empty() {
        context.out.result(table(&status));
    }
    context.out.result(format_args!("{} on {}", summary(&status), without_password(&url)));
    for problem in &status.squash_problems {
        context.out.warn(problem);
    }
    for note in &status.sum_problems {
        context.out.warn(context.with_command(note));
    }
    let wrong = status.entries.iter().any(|entry| {
        !matches!(
            entry.state,
            StatusState::Applied | StatusState::Pending | StatusState::Reformatted
        )
    });
    if wrong {
        context.out.note(format_args!("`{} verify` says what is wrong", context.program));
    }
    Ok(CommandOutcome::Done)
}

fn table(status: &Status) -> String {
    let cells = |entry: &StatusEntry| -> [String; 4] {
        let record = entry.record.as_ref();
        let when =
            record.and_then(|record| record.applied_at).map(crate::timestamp::Timestamp::in_tables);
        [
            entry.state.word().to_owned(),
            clean(&entry.revision),
            match entry.phase {
                Some(phase) => format!("{} ({phase})", clean(&entry.name)).trim_start().to_owned(),
                None => clean(&entry.name),
            },
            when.unwrap_or_default(),
        ]
    };
    let head = ["state", "revision", "name", "applied"].map(str::to_owned);
    let rows: Vec<[String; 4]> = status.entries.iter().map(cells).collect();
    let width = |column: usize| {
        rows.iter().chain([&head]).map(|row| row[column].width()).max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2), width(3)];
    let line = |row: &[String; 4], styles: [clap::builder::styling::Style; 4]| {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let gap = if at + 1 < row.len() { widths[at] + 2 - cell.width() } else { 0 };
            if !cell.is_empty() {
                line.push_str(&styled(styles[at], cell));
            }
            line.push_str(&" ".repeat(gap));
        }
        line.trim_end().to_owned()
    };
    let mut lines = vec![line(&head, [DIM; 4])];
    for (entry, row) in status.entries.iter().zip(&rows) {
        let color = match entry.state {
            StatusState::Applied => GREEN,
            StatusState::Pending | StatusState::Reformatted => YELLOW,
            _ => RED,
        };
        lines.push(line(row, [color, BOLD, clap::builder::styling::Style::new(), DIM]));
    }
    lines.join("\n")
}

/// `3 applied, 1 pending`.
fn summary(status: &Status) -> String {
    let words =
        ["applied", "reformatted", "pending", "out of order", "changed", "missing", "unfinished"];
    let count = |word: &str| match status.with(word).count() {
        0 => None,
        count => Some(format!("{count} {word}")),
    };
    let parts: Vec<String> = words.into_iter().filter_map(count).collect();
    if parts.is_empty() { "no migrations".to_owned() } else { parts.join(", ") }
}
