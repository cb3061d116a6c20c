//! The library's messages for a person at a terminal: what they name of the library, as the command line calls it.
//!
//! The library writes such a name in backticks and with `::` or `(`, so that no identifier of a statement is taken for one.
//! `tests/tidy` checks that each of them has a line here, or a reason why it has none.

use std::{borrow::Cow, sync::OnceLock};

use super::problem;

/// How the command line calls it.
#[derive(Debug, Clone, Copy)]
enum Typed {
    /// A command and its arguments.
    Command(&'static str),
    /// An option.
    Option(&'static str),
}
use Typed::{Command, Option};

/// What the library writes, and what a person types.
const WORDS: &[(&str, Typed)] = &[
    ("DraftOptions::allow_destructive", Option("--allow-destructive")),
    ("DraftOptions::fill", Option("--fill")),
    ("DraftOptions::from_migrations", Option("--from-migrations")),
    ("DraftOptions::proof", Option("--no-proof")),
    ("DraftOptions::rename", Option("--rename")),
    ("Lock::this_node_only", Option("--this-node-only")),
    ("Migrator::allow_existing", Option("--allow-existing")),
    ("Migrator::history_table", Option("--history-table")),
    ("Migrator::rehearse", Command("rehearse")),
    ("Migrator::run_pending", Command("upgrade")),
    ("OutOfOrder::Allow", Option("--out-of-order")),
    ("Phase::Contract", Option("--phase contract")),
    ("PreflightOptions::backup", Option("--backup-file FILE` or `--backup-query SQL")),
    ("PreflightOptions::disk_free", Option("--disk-free 20GB")),
    ("PreflightOptions::question_limit", Option("--question-limit")),
    ("PreflightOptions::role", Option("--role NAME")),
    ("PreflightOptions::staging", Option("--staging URL")),
    ("Repair::AcceptChanged", Command("repair --accept-changed")),
    ("Repair::Forget", Command("repair --forget")),
    ("Repair::MarkApplied", Command("repair --mark-applied")),
    ("Repair::MarkPending", Command("repair --mark-pending")),
    ("Repair::Resume", Command("repair --resume")),
    ("Timeouts::lock", Option("--lock-timeout 3s")),
    ("TransactionMode::PerMigration", Option("no --one-transaction")),
    ("UnknownApplied::AllowNewer", Option("--allow-newer")),
];

/// A message of the library in the words of the command line.
pub(super) fn typed(text: &str) -> Cow<'_, str> {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    typed_as(text, PROGRAM.get_or_init(problem::program))
}

fn typed_as<'t>(text: &'t str, program: &str) -> Cow<'t, str> {
    if !text.contains("::") {
        return Cow::Borrowed(text);
    }
    let mut said = Cow::Borrowed(text);
    for (name, typed) in WORDS {
        let quoted = format!("`{name}`");
        if said.contains(&quoted) {
            let typed = match typed {
                Command(command) => format!("`{program} {command}`"),
                Option(option) => format!("`{option}`"),
            };
            said = Cow::Owned(said.replace(&quoted, &typed));
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_library_are_what_a_person_types() {
        for (library, command_line) in [
            ("call repair: with `Repair::Resume`", "call repair: with `app db repair --resume`"),
            (
                "set `OutOfOrder::Allow` or `OutOfOrder::Allow`",
                "set `--out-of-order` or `--out-of-order`",
            ),
            // Somebody's own words, and names in a statement.
            ("`Repair::Other` and Repair::Resume", "`Repair::Other` and Repair::Resume"),
            ("SELECT `Repair`, `lock`", "SELECT `Repair`, `lock`"),
        ] {
            assert_eq!(typed_as(library, "app db"), command_line);
        }
    }
}
