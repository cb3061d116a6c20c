//! The findings of the rules about locks and rewrites, compared with what running the statements has shown: a finding that is true says so,
//! one that is not is withdrawn, and what no rule has seen is found.

use super::{
    context::{Hit, ReadStatement, Verdict, found},
    ddl::{Ddl, DemandKind, GeneratedColumn, TableAction},
    execution::{Blocked, Execution, Measurements},
    rule::{LintDatabase, Rule},
    rules,
};

/// What must be seen if the finding of a rule is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// A lock that keeps others from at least so much.
    Lock(Blocked),
    /// A table is read as a whole while others cannot write it.
    Scan,
    /// A table is written again.
    Rewrite,
}

/// What must be seen for a rule; none if no single statement can show it.
pub(super) fn evidence(code: &str) -> Option<Evidence> {
    Some(match code {
        "LOCK-001" | "LOCK-004" | "LOCK-005" | "LOCK-006" | "LOCK-007" | "LOCK-008"
        | "LOCK-009" | "LOCK-021" | "LOCK-022" | "LOCK-023" | "LOCK-024" => Evidence::Scan,
        "LOCK-002" | "LOCK-011" | "LOCK-012" | "LOCK-013" => Evidence::Lock(Blocked::Everything),
        "LOCK-010" | "LOCK-015" | "LOCK-017" | "LOCK-018" | "LOCK-019" | "REWRITE-007" => {
            Evidence::Lock(Blocked::Writes)
        }
        code if code.starts_with("REWRITE-") => Evidence::Rewrite,
        _ => return None,
    })
}

impl Evidence {
    /// Whether it was seen; none if the database does not tell.
    fn is_seen(self, execution: &Execution) -> Option<bool> {
        let any = |is: &dyn Fn(&super::TableCost) -> bool| execution.tables.iter().any(is);
        match self {
            Self::Lock(least) => execution.seen.locks.then_some(execution.held >= least),
            Self::Scan => execution.seen.locks.then(|| {
                any(&|table| (table.scanned || table.rewritten) && table.blocked >= Blocked::Writes)
            }),
            Self::Rewrite => execution.seen.rewrites.then(|| any(&|table| table.rewritten)),
        }
    }
}

/// Compares the findings of a migration with what was seen. A finding is at a statement that `runs` maps to one of the script, which may
/// be a block around it.
pub(super) fn judge(
    hits: &mut Vec<(&'static Rule, Hit)>,
    (up, runs): (&[ReadStatement<'_>], &[usize]),
    (revision, database): (&str, LintDatabase),
    measurements: &Measurements,
) {
    for (at, read) in up.iter().enumerate() {
        let Some(execution) = measurements.find(revision, read.statement.start) else { continue };
        let (mut rewrite_is_known, mut scan_is_known) = (false, false);
        let first = runs.partition_point(|run| *run < at);
        let is_run = |hit: &Hit| hit.at.is_some_and(|at_hit| runs.get(at_hit) == Some(&at));
        for (rule, hit) in hits.iter_mut().filter(|(_, hit)| is_run(hit)) {
            let Some(evidence) = evidence(rule.code) else { continue };
            match evidence.is_seen(execution) {
                Some(true) => hit.verdict = Verdict::Seen(execution.to_string()),
                // A block may run a statement only on a condition, which need not hold in the scratch database.
                Some(false) if hit.at != Some(first) => continue,
                Some(false) => hit.verdict = Verdict::NotSeen(execution.to_string()),
                None => {}
            }
            if !matches!(hit.verdict, Verdict::NotSeen(_)) {
                let fills = ["LOCK-012", "LOCK-017", "LOCK-018", "LOCK-019", "REWRITE-007"];
                rewrite_is_known |= evidence == Evidence::Rewrite || fills.contains(&rule.code);
                scan_is_known = true;
            }
        }
        // An emptied table is in a new file, and nothing was written to it.
        let is_emptied = matches!(read.ddl, Ddl::Truncate { .. });
        if !is_emptied && !rewrite_is_known && Evidence::Rewrite.is_seen(execution) == Some(true) {
            let rule = rewrite_rule(&read.ddl, database);
            hits.push((rule, seen(first, execution, rule, "writes", "again")));
            scan_is_known = true;
        }
        if !is_emptied && !scan_is_known && Evidence::Scan.is_seen(execution) == Some(true) {
            let rule = scan_rule(&read.ddl, database);
            hits.push((
                rule,
                seen(first, execution, rule, "reads all of", "while nobody can write it"),
            ));
        }
    }
}

/// A finding that no text has told.
fn seen(at: usize, execution: &Execution, rule: &Rule, does: &str, how: &str) -> Hit {
    let is_it = |table: &&super::TableCost| match does {
        "writes" => table.rewritten,
        _ => table.scanned && table.blocked >= Blocked::Writes,
    };
    let tables: Vec<&str> =
        execution.tables.iter().filter(is_it).map(|table| table.table.as_str()).collect();
    let mut hit = found(format!("this {does} {} {how}", tables.join(", ")), rule.instead);
    hit.at = Some(at);
    hit.verdict = Verdict::Seen(execution.to_string());
    hit
}

/// The rule about such a rewrite.
fn rewrite_rule(ddl: &Ddl, database: LintDatabase) -> &'static Rule {
    let code = match ddl {
        Ddl::AlterTable(alter) => alter.actions.iter().find_map(|action| match action {
            TableAction::AddColumn(column) if column.generated == Some(GeneratedColumn::Stored) => {
                Some("REWRITE-002")
            }
            TableAction::AddColumn(column) if column.identity => Some("REWRITE-003"),
            TableAction::AddColumn(column) if column.default.is_some() => Some("REWRITE-001"),
            TableAction::AlterType { .. } => Some("REWRITE-004"),
            TableAction::Rewrite { .. } => Some("REWRITE-006"),
            TableAction::Modify { .. } => Some("REWRITE-007"),
            _ => None,
        }),
        Ddl::RewriteTable { .. } => Some("REWRITE-005"),
        _ => None,
    };
    named(code, database).unwrap_or(match database {
        LintDatabase::Sqlite => rules::table_rebuilt(),
        _ => rules::seen_rewrite(),
    })
}

/// The rule about such a scan.
fn scan_rule(ddl: &Ddl, database: LintDatabase) -> &'static Rule {
    let code = match ddl {
        Ddl::CreateIndex(_) => Some("LOCK-001"),
        Ddl::Update { .. } | Ddl::Delete { .. } => Some("LOCK-013"),
        Ddl::AlterTable(alter) => alter.actions.iter().find_map(|action| match action {
            TableAction::SetNotNull(_) => Some("LOCK-009"),
            TableAction::AttachPartition { .. } => Some("LOCK-022"),
            TableAction::Validate(_) => Some("LOCK-006"),
            TableAction::AddConstraint(added) => Some(match added.kind {
                DemandKind::ForeignKey => "LOCK-004",
                DemandKind::Check => "LOCK-005",
                DemandKind::PrimaryKey | DemandKind::Unique => "LOCK-007",
                DemandKind::Exclude => "LOCK-008",
            }),
            TableAction::AddColumn(column) if column.unique || column.primary_key => {
                Some("LOCK-007")
            }
            TableAction::AddColumn(column) if column.references.is_some() => Some("LOCK-004"),
            TableAction::AddColumn(column) if column.check => Some("LOCK-005"),
            _ => None,
        }),
        Ddl::Reindex { .. } => Some("LOCK-010"),
        Ddl::TightenDomain { .. } => Some("LOCK-023"),
        _ => None,
    };
    named(code, database).unwrap_or(rules::seen_scan())
}

/// The rule with this code, if it concerns the database.
fn named(code: Option<&str>, database: LintDatabase) -> Option<&'static Rule> {
    rules::all().find(|rule| Some(rule.code) == code && rule.databases.contains(&database))
}

#[cfg(test)]
mod tests {
    use super::evidence;

    /// Those that are about several statements, or about one that names its own algorithm, cannot be seen in one.
    #[test]
    fn each_rule_about_locks_and_rewrites_says_what_must_be_seen() {
        let unseen: Vec<&str> = crate::lint::rules()
            .into_iter()
            .map(|rule| rule.code)
            .filter(|code| code.starts_with("LOCK-") || code.starts_with("REWRITE-"))
            .filter(|code| evidence(code).is_none())
            .collect();
        assert_eq!(unseen, ["LOCK-003", "LOCK-014", "LOCK-016", "LOCK-020", "LOCK-025"]);
    }
}
