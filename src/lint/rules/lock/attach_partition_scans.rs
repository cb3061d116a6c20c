//! LOCK-022: attach partition scans.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-022",
    name: "attach-partition-scans",
    severity: Severity::Warning,
    databases: POSTGRES,
    versions: "",
    problem: "ATTACH PARTITION reads the whole new partition under an ACCESS EXCLUSIVE lock on it, to see that its \
        rows fit, and the default partition as well.",
    instead: "First add a CHECK constraint with the bounds of the partition to the table (NOT VALID, and VALIDATE it \
        in a later migration); then ATTACH reads nothing. Drop it afterwards.",
    scope: RuleScope::Statement,
    check,
    finds: &[Example::up("ALTER TABLE events ATTACH PARTITION events_2019 FOR VALUES FROM (2019) TO (2020);")],
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
    context.actions(|table, action| {
        let TableAction::AttachPartition(partition) = action else { return None };
        let is_proven = context.known.has_valid_check(partition);
        if is_proven || context.known.is_new(partition) {
            return None;
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
