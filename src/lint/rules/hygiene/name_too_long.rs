//! HYGIENE-003: name too long.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "HYGIENE-003",
    name: "name-too-long",
    severity: Severity::Error,
    databases: SERVERS,
    versions: "",
    problem: "The name is longer than the database keeps: PostgreSQL cuts it off at 63 bytes without an error, MySQL and \
        MariaDB refuse more than 64 characters.",
    instead: "Choose a shorter name.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        "CREATE TABLE a_name_that_is_much_too_long_for_any_server_and_that_nobody_wants_to_type (id bigint PRIMARY KEY);",
    )],
    passes: &[Example::up("CREATE TABLE a_short_name (id bigint PRIMARY KEY);")],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let mut names: Vec<&SqlName> = Vec::new();
    match context.ddl() {
        Ddl::CreateTable(table) => {
            names.push(&table.name);
            names.extend(table.columns.iter().map(|column| &column.name));
            names
                .extend(table.constraints.iter().filter_map(|constraint| constraint.name.as_ref()));
        }
        Ddl::CreateIndex(index) => names.extend(&index.name),
        Ddl::CreateObject { name, .. } | Ddl::CreateEnum(name) => names.push(name),
        Ddl::RenameObject { to, .. } => names.push(to),
        Ddl::RenameTables(pairs) => names.extend(pairs.iter().map(|(_, to)| to)),
        Ddl::AlterTable(alter) => {
            for action in &alter.actions {
                match action {
                    TableAction::AddColumn(column) | TableAction::Modify { column, .. } => {
                        names.push(&column.name)
                    }
                    TableAction::AddConstraint(constraint) => names.extend(&constraint.name),
                    TableAction::RenameColumn { to, .. }
                    | TableAction::RenameConstraint { to, .. }
                    | TableAction::RenameTable(to) => names.push(to),
                    TableAction::AddIndex { name, .. } => names.extend(name),
                    _ => {}
                }
            }
        }
        _ => {}
    }
    let is_postgres = context.database == LintDatabase::Postgres;
    let is_long =
        |name: &str| if is_postgres { name.len() > 63 } else { name.chars().count() > 64 };
    context.each(names.into_iter().filter(|name| is_long(name.last())), |name| {
        let message = if is_postgres {
            format!(
                "{name} has {} bytes: the server keeps the first 63 and says nothing",
                name.last().len()
            )
        } else {
            format!(
                "{name} has {} characters: the server takes at most 64",
                name.last().chars().count()
            )
        };
        Some(found(message, "choose a shorter name"))
    })
}
