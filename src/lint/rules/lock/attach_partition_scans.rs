//! LOCK-022: attach partition scans.

use crate::{
    lint::prelude::*,
    sql::{Token, TokenKind, tokens},
};

pub(super) static RULE: Rule = Rule {
    code: "LOCK-022",
    name: "attach-partition-scans",
    severity: Severity::Warning,
    databases: POSTGRES,
    versions: "",
    problem: "ATTACH PARTITION reads the whole new partition under an ACCESS EXCLUSIVE lock on it, to see that its \
        rows fit, and the default partition as well, as CREATE TABLE ... PARTITION OF does.",
    instead: "First add a CHECK constraint with the bounds of the partition to the table (NOT VALID, and VALIDATE it \
        in a later migration); then ATTACH reads nothing. Drop it afterwards.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE events ATTACH PARTITION events_2019 FOR VALUES FROM (2019) TO (2020);"),
        Example::up("ALTER TABLE events ATTACH PARTITION events_2019 FOR VALUES FROM (2019) TO (2020);")
            .after("ALTER TABLE events_2019 ADD CONSTRAINT known CHECK (year > 0);"),
        Example::up("CREATE TABLE events_2021 PARTITION OF events FOR VALUES FROM (2021) TO (2022);")
            .after("ALTER TABLE events ATTACH PARTITION events_2019 DEFAULT;"),
    ],
    passes: &[
        Example::up(
            r#"CREATE TABLE events_2021 (LIKE events);
ALTER TABLE events ATTACH PARTITION events_2021 FOR VALUES FROM (2021) TO (2022);"#,
        ),
        Example::up("ALTER TABLE events ATTACH PARTITION events_2019 FOR VALUES FROM (2019) TO (2020);").after(
            "ALTER TABLE events_2019 ADD CONSTRAINT fits CHECK (year IS NOT NULL AND year >= 2019 AND year < 2020);",
        ),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    if let Ddl::CreateTable(table) = context.ddl()
        && let Some(parent) = &table.partition_of
    {
        return context.each(default_partition(context, parent), Some);
    }
    context.actions(|table, action| {
        let TableAction::AttachPartition { partition, bounds } = action else { return None };
        if proves(context, partition, bounds) || context.known.is_new(partition) {
            return default_partition(context, table);
        }
        Some(found(
            format!("this reads all of {partition} under a lock against reads and writes, unless a CHECK proves that its rows fit {table}"),
            format!(
                "in migrations before this one:\nALTER TABLE {partition} ADD CONSTRAINT {}_fits CHECK (...) NOT VALID;\n\
                 ALTER TABLE {partition} VALIDATE CONSTRAINT {}_fits;",
                partition.last(),
                partition.last()
            ),
        ))
    })
}

/// A new partition of a table may take rows from its default partition, which is read for them.
fn default_partition(context: &LintContext<'_>, table: &SqlName) -> Option<Hit> {
    let partition = context.known.default_partition(table)?;
    (!context.known.is_new(partition)).then(|| {
        found(
            format!(
                "this reads all of {partition}, the default partition of {table}, under a lock against reads and writes, unless a CHECK \
                 proves that no row of it belongs to the new one"
            ),
            format!(
                "in migrations before this one:\nALTER TABLE {partition} ADD CONSTRAINT {0}_rest CHECK (NOT (...)) NOT VALID;\n\
                 ALTER TABLE {partition} VALIDATE CONSTRAINT {0}_rest;",
                partition.last()
            ),
        )
    })
}

/// Whether a CHECK of a table seems to prove the bounds: it says all of their values.
fn proves(context: &LintContext<'_>, partition: &SqlName, bounds: &str) -> bool {
    let values = |text: &str| -> Vec<String> {
        let tokens = tokens(text, context.dialect.syntax());
        let is_value =
            |token: &Token<'_>| matches!(token.kind, TokenKind::Text | TokenKind::Number);
        tokens.filter(is_value).map(|token| token.text.to_owned()).collect()
    };
    let bounds = values(bounds);
    let mut checks = context.known.valid_checks(partition).map(values);
    !bounds.is_empty() && checks.any(|check| bounds.iter().all(|value| check.contains(value)))
}
