//! REWRITE-003: numbered column.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "REWRITE-003",
    name: "numbered-column",
    severity: Severity::Error,
    databases: SERVERS,
    versions: "",
    problem: "A serial, identity or AUTO_INCREMENT column numbers every existing row: the whole table is written again under a \
        lock.",
    instead: "Add a plain column and a sequence, set the default for new rows, and fill existing rows in batches.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ADD COLUMN number bigserial;").on(POSTGRES),
        Example::up("ALTER TABLE users ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;")
            .on(POSTGRES),
        Example::up("ALTER TABLE users ADD COLUMN number bigint AUTO_INCREMENT UNIQUE;").on(MYSQL),
    ],
    passes: &[Example::up("CREATE TABLE notes (id bigint PRIMARY KEY, body text);")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let TableAction::AddColumn(column) = action else { return None };
        let is_serial = column.ty.base.ends_with("SERIAL");
        if !(is_serial || column.identity || column.auto_increment) {
            return None;
        }
        let name = &column.name;
        let help = if context.database == LintDatabase::Postgres {
            format!(
                "ALTER TABLE {table} ADD COLUMN {name} bigint;\nCREATE SEQUENCE {0}_{1}_seq OWNED BY {table}.{name};\nALTER TABLE {table} \
                 ALTER COLUMN {name} SET DEFAULT nextval('{0}_{1}_seq');\nand fill existing rows in batches, in a later migration",
                table.last(),
                name.last()
            )
        } else {
            "run it while nobody writes, or with a tool for online schema changes".to_owned()
        };
        Some(found(format!("{name} numbers every row, so that this writes all of {table} again"), help))
    })
}
