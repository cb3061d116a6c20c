//! DATA-007: constraint dropped.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-007",
    name: "constraint-dropped",
    severity: Severity::Warning,
    databases: SERVERS,
    versions: "",
    problem: "Without the constraint, rows that it forbids can be written, and it may be impossible to bring it back.",
    instead: "If the constraint is replaced, add the new one first. Otherwise say why with an allow comment.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE users DROP CONSTRAINT users_age;")],
    passes: &[
        Example::up(
            "ALTER TABLE users DROP CONSTRAINT users_age, ADD CONSTRAINT users_age CHECK (age > 0) NOT VALID;",
        ),
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
    context.actions(|table, action| {
        let TableAction::DropConstraint(name) = action else { return None };
        let known = context.known.table(table);
        let dropped = known.and_then(|known| {
            known.constraints.iter().find(|known| known.name.as_ref().is_some_and(|known| known.is(name)))
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
        let adds = |action: &TableAction| matches!(action, TableAction::AddConstraint(_));
        let is_replaced = context.up.iter().any(|read| match &read.ddl {
            Ddl::AlterTable(alter) => alter.name.is(table) && alter.actions.iter().any(adds),
            _ => false,
        });
        (!is_helper && !is_replaced).then(|| {
            found(
                format!("rows that {name} forbids can be written to {table} from now on"),
                "add what replaces it first, or write above this statement:\n-- ambix: allow DATA-007 because ...",
            )
        })
    })
}
