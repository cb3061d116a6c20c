//! LOCK-025: exchange partition scans.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-025",
    name: "exchange-partition-scans",
    severity: Severity::Warning,
    databases: MYSQL,
    versions: "",
    problem: "EXCHANGE PARTITION, and CONVERT TABLE ... TO PARTITION on MariaDB, read all rows of the table under a lock on both \
        tables, to see that the rows belong to the partition.",
    instead: "Count the rows that do not belong there before, and say WITHOUT VALIDATION: then nothing is read. A row that does not belong \
        there is not found any more by queries that look for it in its own partition.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE events EXCHANGE PARTITION p2019 WITH TABLE events_2019;"),
        Example::up(
            "ALTER TABLE events EXCHANGE PARTITION p2019 WITH TABLE events_2019 WITH VALIDATION;",
        ),
        Example::up(
            "ALTER TABLE events CONVERT TABLE events_2019 TO PARTITION p2019 VALUES LESS THAN (2020);",
        ),
    ],
    passes: &[
        Example::up(
            "ALTER TABLE events EXCHANGE PARTITION p2019 WITH TABLE events_2019 WITHOUT VALIDATION;",
        ),
        Example::up(
            r#"CREATE TABLE events_2019 (year int);
ALTER TABLE events EXCHANGE PARTITION p2019 WITH TABLE events_2019;"#,
        ),
        Example::up("ALTER TABLE events CONVERT PARTITION p2019 TO TABLE events_2019;"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    context.actions(|table, action| {
        let TableAction::ExchangePartition { partition, with, is_validated: true } = action else {
            return None;
        };
        (!context.known.is_new(with)).then(|| {
            found(
                format!("this reads all of {with} under a lock on it and on {table}, to see that its rows belong to {partition}"),
                format!(
                    "count the rows of {with} that do not belong to {partition} before, and if there are none, end the statement with \
                     WITHOUT VALIDATION"
                ),
            )
        })
    })
}
