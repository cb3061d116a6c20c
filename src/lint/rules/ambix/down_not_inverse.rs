//! AMBIX-001: down not inverse.

use crate::lint::{ddl::CreateIndex, prelude::*};

pub(super) static RULE: Rule = Rule {
    code: "AMBIX-001",
    name: "down-not-inverse",
    severity: Severity::Warning,
    databases: ALL,
    versions: "",
    problem: "The down side does not undo what the up side does: a table, column or index that it creates is not dropped \
        again.",
    instead: "Write the reverse of each statement, the last one first.",
    scope: RuleScope::Migration,
    check,
    finds: &[
        Example::up(
            r#"CREATE TABLE notes (id bigint PRIMARY KEY);
ALTER TABLE users ADD COLUMN note_id bigint;"#,
        )
        .down("DROP TABLE notes;"),
        Example::up("CREATE TABLE notes (id bigint PRIMARY KEY);").down("SELECT 1;"),
    ],
    passes: &[
        Example::up("ALTER TABLE users ADD COLUMN note_id bigint;\nCREATE INDEX users_note ON users (note_id);")
            .down("ALTER TABLE users DROP COLUMN note_id;"),
        Example::up(
            r#"CREATE TABLE notes (id bigint PRIMARY KEY);
CREATE INDEX notes_id ON notes (id);"#,
        )
        .down("DROP TABLE notes;"),
        Example::up("CREATE INDEX users_new ON users (email);\nALTER INDEX users_new RENAME TO users_note;")
            .down("DROP INDEX users_note;")
            .on(POSTGRES),
        Example::up("ALTER TABLE users ADD COLUMN note_id bigint;")
            .down("ALTER TABLE users DROP COLUMN note_id;"),
        Example::up("DROP INDEX users_email;\nCREATE INDEX users_email ON users (email, name);")
            .down("SELECT 1;")
            .on(POSTGRES),
        Example::up("CREATE INDEX logs_1_at ON logs_1 (at);\nCREATE INDEX logs_at ON logs (at);")
            .down("DROP INDEX logs_at;")
            .on(POSTGRES),
        Example::up("CREATE INDEX logs_1_at ON logs_1 (at);\nCREATE INDEX logs_at ON logs (at);")
            .down("DROP INDEX logs_at;")
            .after("CREATE TABLE logs (at date) PARTITION BY RANGE (at);\nCREATE TABLE logs_1 PARTITION OF logs DEFAULT;")
            .on(POSTGRES),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    if context.migration.down_script().is_none() || context.down.is_empty() {
        return Vec::new();
    }
    // What the down side does besides may undo it in a way that is not understood.
    if context.down.iter().all(|read| matches!(read.ddl, Ddl::Other | Ddl::Hidden(_)))
        && context.down.iter().any(|read| !is_query(read.statement.text))
    {
        return Vec::new();
    }
    let kept = context.up.iter().find_map(|read| kept(context, &read.ddl));
    let Some(what) = kept else { return Vec::new() };
    context.whole(
        format!("the down side does not drop {what}, which the up side creates"),
        "write the reverse of each statement, the last one first; `ambix check` and the ready-made test `stairway` run both sides",
    )
}

fn is_query(text: &str) -> bool {
    text.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

/// What a statement creates and the down side leaves.
fn kept(context: &LintContext<'_>, ddl: &Ddl) -> Option<String> {
    match ddl {
        Ddl::CreateTable(table)
            if !table.temporary
                && !drops(context, &table.name)
                && context.known.is_new(&table.name) =>
        {
            Some(format!("the table {}", table.name))
        }
        Ddl::CreateIndex(index) => {
            let name = renamed(context, index.name.as_ref()?);
            // An index goes with its table, and with each of its columns.
            // One that takes the place of another is not new, and CASCADE drops views of which the text does not tell.
            let is_gone = drops(context, name)
                || replaces(context, name)
                || context.known.is_new_object(&index.table) && cascades(context)
                || drops(context, &index.table)
                || drops_whole(context, index)
                || rebuilds(context, &index.table)
                || drops_column(context, &index.table, &index.columns);
            (!is_gone).then(|| format!("the index {name}"))
        }
        Ddl::AlterTable(alter)
            if !rebuilds(context, &alter.name) && !drops(context, &alter.name) =>
        {
            alter.actions.iter().find_map(|action| {
                let TableAction::AddColumn(column) = action else { return None };
                let is_gone = context.down.iter().any(|read| match &read.ddl {
                    Ddl::AlterTable(down) => down.actions.iter().any(|action| match action {
                        TableAction::DropColumn { name, .. } => name.is(&column.name),
                        TableAction::RenameColumn { from, .. } => from.is(&column.name),
                        _ => false,
                    }),
                    _ => false,
                });
                (!is_gone).then(|| format!("the column {}.{}", alter.name, column.name))
            })
        }
        _ => None,
    }
}

/// Whether the up side drops an index of this name as well.
fn replaces(context: &LintContext<'_>, name: &SqlName) -> bool {
    context.up.iter().any(|read| match &read.ddl {
        Ddl::Drop(drop) => {
            drop.kind == "INDEX" && drop.names.iter().any(|dropped| dropped.is(name))
        }
        _ => false,
    })
}

/// Whether the down side drops an index of another table that the up side creates with the same keys. If the table may be a partition of
/// that one, which no text tells of one that a function has made, its index is a part of that, and goes with it.
fn drops_whole(context: &LintContext<'_>, index: &CreateIndex) -> bool {
    let is_whole = |other: &CreateIndex| {
        let name = other.name.as_ref();
        other.keys == index.keys
            && !other.table.is(&index.table)
            && name.is_some_and(|name| drops(context, name))
    };
    let may_be_part = |other: &CreateIndex| {
        !context.known.is_created(&index.table)
            || context.known.is_partition_of(&index.table, &other.table)
    };
    context.up.iter().any(|read| {
        matches!(&read.ddl, Ddl::CreateIndex(other) if is_whole(other) && may_be_part(other))
    })
}

/// Whether the down side drops something with all that depends on it.
fn cascades(context: &LintContext<'_>) -> bool {
    context.down.iter().any(|read| matches!(&read.ddl, Ddl::Drop(drop) if drop.cascade))
}

/// The name that the up side gives an index in the end.
fn renamed<'c>(context: &'c LintContext<'_>, name: &'c SqlName) -> &'c SqlName {
    let next = context.up.iter().find_map(|read| match &read.ddl {
        Ddl::RenameObject { from, to, .. } if from.is(name) => Some(to),
        _ => None,
    });
    next.unwrap_or(name)
}

/// Whether the down side drops one of these columns.
fn drops_column(context: &LintContext<'_>, table: &SqlName, columns: &[String]) -> bool {
    let is_one = |name: &SqlName| columns.iter().any(|column| name.is_called(column));
    context.down.iter().any(|read| match &read.ddl {
        Ddl::AlterTable(alter) => {
            let drops = |action: &TableAction| matches!(action, TableAction::DropColumn { name, .. } if is_one(name));
            alter.name.is(table) && alter.actions.iter().any(drops)
        }
        _ => false,
    })
}

/// Whether the down side drops an object, or a table's index.
fn drops(context: &LintContext<'_>, name: &SqlName) -> bool {
    context.down.iter().any(|read| match &read.ddl {
        Ddl::Drop(drop) => {
            drop.names.iter().any(|dropped| dropped.is(name))
                || matches!(drop.kind.as_str(), "SCHEMA" | "DATABASE")
        }
        Ddl::AlterTable(alter) => alter.actions.iter().any(|action| match action {
            TableAction::DropIndex(dropped) | TableAction::DropConstraint(dropped) => {
                dropped.is(name)
            }
            TableAction::RenameTable(_) => alter.name.is(name),
            _ => false,
        }),
        Ddl::RenameTables(pairs) => pairs.iter().any(|(from, _)| from.is(name)),
        _ => false,
    })
}

/// Whether the down side builds a table again, or replaces it.
fn rebuilds(context: &LintContext<'_>, name: &SqlName) -> bool {
    context.down.iter().any(|read| match &read.ddl {
        Ddl::AlterTable(alter) => alter.actions.iter().any(
            |action| matches!(action, TableAction::RenameTable(to) if to.is_called(name.last())),
        ),
        Ddl::CreateTable(table) => table.name.is(name),
        _ => false,
    })
}
