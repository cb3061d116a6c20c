//! DATA-008: modify forgets.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-008",
    name: "modify-forgets",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "MODIFY and CHANGE declare the whole column again. NOT NULL, a default or AUTO_INCREMENT that the statement does \
        not repeat is gone.",
    instead: "Repeat everything that the column has.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE users MODIFY COLUMN name varchar(300);")
        .after("CREATE TABLE users (id bigint, name varchar(200) NOT NULL DEFAULT '');")],
    passes: &[Example::up(
        "ALTER TABLE users MODIFY COLUMN name varchar(300) NOT NULL DEFAULT '';",
    )
    .after("CREATE TABLE users (id bigint, name varchar(200) NOT NULL DEFAULT '');")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let TableAction::Modify { from, column } = action else { return None };
        let old = context.known.column(table, from.last())?;
        let mut lost = Vec::new();
        if old.not_null && !column.not_null && !old.primary_key {
            lost.push("NOT NULL".to_owned());
        }
        if let Some(default) = &old.default
            && column.default.is_none()
        {
            lost.push(format!("DEFAULT {default}"));
        }
        if old.auto_increment && !column.auto_increment {
            lost.push("AUTO_INCREMENT".to_owned());
        }
        (!lost.is_empty()).then(|| {
            found(
                format!(
                    "{from} has {}, which this statement does not repeat and therefore removes",
                    lost.join(" and ")
                ),
                format!(
                    "repeat it: MODIFY COLUMN {} {} {}",
                    column.name,
                    column.ty.text,
                    lost.join(" ")
                ),
            )
        })
    })
}
