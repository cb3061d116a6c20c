//! LOCK-004: foreign key scans.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-004",
    name: "foreign-key-scans",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "A new foreign key is checked against every existing row, while both tables are locked against writes.",
    instead: "Add it NOT VALID, which is quick and applies to new rows at once, and validate it in a later migration, which \
        locks nobody out.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up(
        "ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id);",
    )],
    passes: &[
        Example::up(
            "ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;",
        ),
        Example::up("ALTER TABLE orders ADD COLUMN buyer_id bigint REFERENCES users (id);"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| match action {
        TableAction::AddConstraint(key)
            if key.kind == DemandKind::ForeignKey && !key.not_valid =>
        {
            let parent = key.references.as_ref().map(ToString::to_string).unwrap_or_default();
            let name = key.name.as_ref().map_or("...".to_owned(), ToString::to_string);
            // NOT VALID is refused on the table itself, which takes over the valid keys of its partitions.
            let is_refused = context.known.is_partitioned(table) && !context.is_since(18, 0);
            let (on, last) = if is_refused {
                let last = format!("\nand at last:\nALTER TABLE {table} ADD {};", key.text);
                ("for each partition: ALTER TABLE ...".to_owned(), last)
            } else {
                (format!("ALTER TABLE {table}"), String::new())
            };
            Some(found(
                format!("this blocks writes to {table} and {parent} while every row of {table} is checked"),
                format!("{on} ADD {} NOT VALID;\nand in a later migration:\n{on} VALIDATE CONSTRAINT {name};{last}", key.text),
            ))
        }
        // A new column without a default is NULL everywhere, which the server knows; with one, rows are checked.
        TableAction::AddColumn(column) if column.references.is_some() && column.default.is_some() => {
            Some(found(
                format!("this blocks writes to {table} while every row is checked against the key of {}", column.name),
                "add the column without REFERENCES, then the key NOT VALID, and validate it in a later migration",
            ))
        }
        _ => None,
    })
}
