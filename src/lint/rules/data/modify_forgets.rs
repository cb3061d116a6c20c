//! DATA-008: modify forgets.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "DATA-008",
    name: "modify-forgets",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "MODIFY and CHANGE declare the whole column again. NOT NULL, a default, ON UPDATE, AUTO_INCREMENT, a character set, a \
        collation or a comment that the statement does not repeat is gone.",
    instead: "Repeat everything that the column has.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users MODIFY COLUMN name varchar(300);")
            .after("CREATE TABLE users (id bigint, name varchar(200) NOT NULL DEFAULT '');"),
        Example::up("ALTER TABLE users MODIFY COLUMN seen timestamp NULL;").after(
            "CREATE TABLE users (id bigint, seen timestamp NULL ON UPDATE CURRENT_TIMESTAMP);",
        ),
        Example::up("ALTER TABLE users MODIFY COLUMN name varchar(200);")
            .after("CREATE TABLE users (id bigint, name varchar(200) COLLATE utf8mb4_bin COMMENT 'shown');"),
    ],
    passes: &[
        Example::up("ALTER TABLE users MODIFY COLUMN name varchar(300) NOT NULL DEFAULT '';")
            .after("CREATE TABLE users (id bigint, name varchar(200) NOT NULL DEFAULT '');"),
        Example::up("ALTER TABLE users MODIFY COLUMN name varchar(300);").after(
            "CREATE TABLE users (id bigint, name varchar(200) CHARACTER SET utf8mb4 DEFAULT NULL) DEFAULT CHARSET=utf8mb4;",
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let TableAction::Modify { from, column } = action else { return None };
        let charset = context.known.table(table)?.charset.as_deref();
        let lost = lost(context.known.column(table, from.last())?, column, charset);
        (!lost.is_empty()).then(|| {
            found(
                format!(
                    "{from} has {}, which this statement does not repeat and therefore removes",
                    lost.join(", ")
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

/// What a column has, and no longer has once it is declared again; of the table, the character set.
fn lost(old: &ColumnText, new: &ColumnText, charset: Option<&str>) -> Vec<String> {
    let mut lost = Vec::new();
    let was_named = old.charset.as_deref().filter(|was| charset != Some(was));
    if let Some(was) = was_named
        && new.charset.is_none()
        && new.collation.is_none()
    {
        lost.push(format!("CHARACTER SET {was}"));
    }
    if let Some(collation) = &old.collation
        && new.collation.is_none()
        && new.charset.is_none()
    {
        lost.push(format!("COLLATE {collation}"));
    }
    if old.not_null && !new.not_null && !old.primary_key {
        lost.push("NOT NULL".to_owned());
    }
    let is_default = |default: &&String| !default.eq_ignore_ascii_case("null");
    if let Some(default) = old.default.as_ref().filter(is_default)
        && new.default.is_none()
    {
        lost.push(format!("DEFAULT {default}"));
    }
    if let Some(value) = &old.on_update
        && new.on_update.is_none()
    {
        lost.push(format!("ON UPDATE {value}"));
    }
    if old.auto_increment && !new.auto_increment {
        lost.push("AUTO_INCREMENT".to_owned());
    }
    if let Some(expression) = &old.computed
        && new.computed.is_none()
    {
        lost.push(format!("GENERATED ALWAYS AS ({expression})"));
    }
    if let Some(comment) = &old.comment
        && new.comment.is_none()
    {
        lost.push(format!("COMMENT {comment}"));
    }
    lost
}
