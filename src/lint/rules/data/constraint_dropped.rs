//! DATA-007: constraint dropped.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-007",
    name: "constraint-dropped",
    severity: Severity::Warning,
    databases: ALL,
    versions: "",
    problem: "Without the constraint or unique index, rows that it forbids can be written, and it may be impossible to bring it back.",
    instead: "If the constraint is replaced, add the new one first. Otherwise say why with an allow comment.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users DROP CONSTRAINT users_age;").on(SERVERS),
        Example::up("ALTER TABLE users DROP PRIMARY KEY;").on(MYSQL),
        Example::up("ALTER TABLE users DROP INDEX users_name;")
            .after("ALTER TABLE users ADD UNIQUE KEY users_name (name);")
            .on(MYSQL),
        Example::up("DROP INDEX users_name;")
            .after("CREATE UNIQUE INDEX users_name ON users (name);")
            .on(&[LintDatabase::Postgres, LintDatabase::Sqlite]),
        Example::up("DROP INDEX users_label;")
            .after("CREATE UNIQUE INDEX users_name ON users (name); ALTER INDEX users_name RENAME TO users_label;")
            .on(POSTGRES),
        Example::up("ALTER TABLE users DROP INDEX users_label;")
            .after("CREATE UNIQUE INDEX users_name ON users (name); ALTER TABLE users RENAME INDEX users_name TO users_label;")
            .on(MYSQL),
    ],
    passes: &[
        Example::up("DROP INDEX users_email;").on(&[LintDatabase::Postgres, LintDatabase::Sqlite]),
        Example::up("ALTER TABLE users DROP PRIMARY KEY, ADD PRIMARY KEY (id, name);").on(MYSQL),
        Example::up("DROP INDEX users_name;\nCREATE UNIQUE INDEX users_name_age ON users (name, age);")
            .after("CREATE UNIQUE INDEX users_name ON users (name);")
            .on(&[LintDatabase::Postgres, LintDatabase::Sqlite]),
        Example::up(
            "ALTER TABLE users DROP CONSTRAINT users_age, ADD CONSTRAINT users_age CHECK (age > 0) NOT VALID;",
        )
        .on(SERVERS),
        Example::up("ALTER TABLE users DROP CONSTRAINT users_age;")
            .after(
                r#"CREATE TABLE users (id bigint, age integer);
ALTER TABLE users ADD CONSTRAINT users_age CHECK (age IS NOT NULL);
ALTER TABLE users ALTER COLUMN age SET NOT NULL;"#,
            )
            .on(POSTGRES),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    if let Ddl::Drop(drop) = context.ddl() {
        return unique_indexes(context, drop);
    }
    context.actions(|table, action| match action {
        TableAction::DropConstraint(name) => constraint(context, table, name),
        TableAction::DropIndex(name) => {
            let known = context.known.table(table)?;
            if known.has_unique_index(name) { lost(context, table, name) } else { None }
        }
        TableAction::DropPrimaryKey => lost(context, table, &"the primary key"),
        _ => None,
    })
}

fn unique_indexes(context: &LintContext<'_>, drop: &DropObjects) -> Vec<Hit> {
    if drop.kind != "INDEX" {
        return Vec::new();
    }
    context.each(&drop.names, |name| {
        let table = context.known.table_of_unique_index(name)?;
        let is_new = context.known.is_new_object(name) || context.known.is_new(table);
        if is_new { None } else { lost(context, table, name) }
    })
}

fn constraint(context: &LintContext<'_>, table: &SqlName, name: &SqlName) -> Option<Hit> {
    let known = context.known.table(table);
    let dropped = known.and_then(|known| {
        known
            .constraints
            .iter()
            .find(|known| known.name.as_ref().is_some_and(|known| known.is(name)))
    });
    // The helper for SET NOT NULL is not needed once the column has it.
    let is_helper = dropped.is_some_and(|dropped| {
        dropped.kind == DemandKind::Check
            && known.is_some_and(|known| {
                known.columns.iter().any(|column| {
                    column.not_null && context.known.has_not_null_check(table, column.name.last())
                })
            })
    });
    if is_helper { None } else { lost(context, table, name) }
}

/// Rows that it forbids can be written, unless something else of the migration may take its place.
fn lost(context: &LintContext<'_>, table: &SqlName, name: &dyn std::fmt::Display) -> Option<Hit> {
    let adds = |action: &TableAction| matches!(action, TableAction::AddConstraint(_));
    let is_replaced = context.up.iter().any(|read| match &read.ddl {
        Ddl::AlterTable(alter) => alter.name.is(table) && alter.actions.iter().any(adds),
        Ddl::CreateIndex(index) => index.unique && index.table.is(table),
        _ => false,
    });
    (!is_replaced).then(|| {
        found(
            format!("rows that {name} forbids can be written to {table} from now on"),
            "add what replaces it first, or write above this statement:\n-- ambix: allow DATA-007 because ...",
        )
    })
}
