//! LOCK-007: unique builds index.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-007",
    name: "unique-builds-index",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "A new PRIMARY KEY or UNIQUE constraint builds its index under an ACCESS EXCLUSIVE lock: nobody can read or write \
        the table.",
    instead: "Build a unique index CONCURRENTLY in a migration of its own, and turn it into the constraint with USING INDEX in \
        the next.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ADD CONSTRAINT users_name_key UNIQUE (name);"),
        Example::up("ALTER TABLE users ADD COLUMN nick text UNIQUE;"),
    ],
    passes: &[Example::up(
        "ALTER TABLE users ADD CONSTRAINT users_name_key UNIQUE USING INDEX users_name;",
    )
    .after("CREATE UNIQUE INDEX CONCURRENTLY users_name ON users (name);")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::AddConstraint(key) if matches!(key.kind, DemandKind::PrimaryKey | DemandKind::Unique) && !key.using_index => {
            let kind = if key.kind == DemandKind::Unique { "UNIQUE" } else { "PRIMARY KEY" };
            let columns = key.columns.join(", ");
            let name = match &key.name {
                Some(name) => name.to_string(),
                None => format!("{}_{}_key", table.last(), key.columns.join("_")),
            };
            // USING INDEX is refused on a partitioned table, which takes over the keys of its partitions.
            let is_partitioned = context.known.is_partitioned(table);
            let (of, own) = match is_partitioned {
                true => ("...".to_owned(), "...".to_owned()),
                false => (table.to_string(), name.clone()),
            };
            let last = format!("\nand at last:\nALTER TABLE {table} ADD CONSTRAINT {name} {kind} ({columns});");
            Some(found(
                format!("this locks {table} against reads and writes until the index is built"),
                format!(
                    "in a migration of its own{}:\nCREATE UNIQUE INDEX CONCURRENTLY {own} ON {of} ({columns});\nand in the \
                     next:\nALTER TABLE {of} ADD CONSTRAINT {own} {kind} USING INDEX {own};{}",
                    if is_partitioned { " for each partition" } else { "" },
                    if is_partitioned { last.as_str() } else { "" },
                ),
            ))
        }
        TableAction::AddColumn(column) if column.unique || column.primary_key => Some(found(
            format!("this locks {table} against reads and writes until the index of {} is built", column.name),
            format!(
                "add the column alone, and in a migration of its own:\nCREATE UNIQUE INDEX CONCURRENTLY {0}_{1}_key ON {table} ({1});",
                table.last(),
                column.name
            ),
        )),
        _ => None,
    })
}
