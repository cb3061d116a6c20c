//! DATA-015: engine without transactions.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-015",
    name: "engine-without-transactions",
    severity: Severity::Warning,
    databases: MYSQL,
    versions: "",
    problem: "Tables of MyISAM, Aria, MEMORY, CSV, ARCHIVE, MERGE or BLACKHOLE have no transactions and no foreign keys: what a \
        failed step has written to them stays, MEMORY loses its rows when the server restarts, and BLACKHOLE keeps none.",
    instead: "Use InnoDB.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("CREATE TABLE notes (id bigint PRIMARY KEY) ENGINE=MyISAM;"),
        Example::up("ALTER TABLE users ENGINE = MEMORY;"),
    ],
    passes: &[
        Example::up("CREATE TABLE notes (id bigint PRIMARY KEY) ENGINE=InnoDB;"),
        Example::up("CREATE TABLE notes (id bigint PRIMARY KEY) COMMENT 'no engine csv';"),
    ],
};

const WEAK: [&str; 9] =
    ["myisam", "aria", "memory", "heap", "csv", "archive", "merge", "mrg_myisam", "blackhole"];

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    match context.ddl() {
        Ddl::CreateTable(table) if !table.temporary => {
            context.each(&table.engine, |engine| hit(&table.name, engine))
        }
        // To a new table it is as if it were created so.
        Ddl::AlterTable(alter) => context.each(&alter.actions, |action| match action {
            TableAction::Rewrite { to: Some(NewStorage::Engine(engine)), .. } => {
                hit(&alter.name, engine)
            }
            _ => None,
        }),
        _ => Vec::new(),
    }
}

fn hit(table: &SqlName, engine: &str) -> Option<Hit> {
    WEAK.contains(&engine).then(|| {
        found(
            format!("{table} has no transactions and no foreign keys with the engine {engine}"),
            "ENGINE=InnoDB",
        )
    })
}
