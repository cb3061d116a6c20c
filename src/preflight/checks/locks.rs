//! What do the statements lock, rewrite and scan, and how long does that take on tables of this size?

use std::time::Duration;

use super::super::{
    Answer, AnswerState, Subject,
    context::{PreflightContext, TableFacts, about, counted, size},
};
use crate::{
    database::BoxFuture,
    lint::{Ddl, Finding, Severity, TableAction},
};

/// What a statement does with the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CostKind {
    /// It needs the table for a moment.
    Short,
    /// It reads all rows.
    Scan,
    /// It builds an index.
    Index,
    /// It writes all rows again.
    Rewrite,
}

/// What a statement takes.
#[derive(Debug, Clone)]
pub(crate) struct StatementCost {
    pub(crate) revision: String,
    pub(crate) table: String,
    pub(crate) kind: CostKind,
    /// Others have to wait meanwhile.
    pub(crate) blocks: bool,
    pub(crate) bytes: u64,
    pub(crate) estimate: Duration,
}

/// From when on others notice that they wait.
pub(super) const NOTICED: Duration = Duration::from_secs(1);

pub(super) fn check<'a>(context: &'a mut PreflightContext<'_>) -> BoxFuture<'a, Vec<Answer>> {
    Box::pin(async move {
        let mut answers = Vec::new();
        let mut blocking: Vec<usize> = Vec::new();
        for finding in &context.facts.lint.findings {
            let family = finding.code.split('-').next().unwrap_or_default();
            if !["LOCK", "REWRITE"].contains(&family) || finding.severity < Severity::Warning {
                continue;
            }
            let answer = judge(context, finding, &mut blocking);
            answers.push(answer);
        }
        add_others(context, &blocking);
        if answers.is_empty() {
            let text = "no statement keeps others from a table for longer than a moment, as far as its text tells";
            answers.push(Answer::ok(Subject::Locks, text));
        }
        answers
    })
}

fn judge(
    context: &mut PreflightContext<'_>,
    finding: &Finding,
    blocking: &mut Vec<usize>,
) -> Answer {
    let Finding { code, message, help, revision, place, .. } = finding;
    let at = context.statement_of(finding);
    let table = at.and_then(|at| context.work.statements[at].tables.first());
    let facts = table.and_then(|table| context.table(table));
    let (Some(table), Some(facts)) = (table, facts) else {
        return Answer::look(Subject::Locks, format!("{message} ({code})"))
            .advice(help)
            .at(revision, place.clone());
    };
    // A rule that nobody has judged may be the worst.
    let kind = kind_of(code).unwrap_or(CostKind::Rewrite);
    let estimate = estimate(kind, facts);
    let (state, so) = if estimate < NOTICED {
        (AnswerState::Ok, about(estimate))
    } else {
        (AnswerState::Look, about(estimate))
    };
    let doubt = at.and_then(|at| context.work.statements[at].doubt);
    let doubt = doubt.map_or_else(String::new, |doubt| format!("; {doubt}"));
    let text = format!("{message} ({code}): {}, {so}{doubt}", of_table(&table.text, facts));
    let mut answer = Answer::new(state, Subject::Locks, text).on_table(&table.text);
    answer.count = facts.rows;
    answer.estimate = Some(estimate);
    if state != AnswerState::Ok {
        answer = answer.advice(help);
    }
    let cost = StatementCost {
        revision: revision.clone(),
        table: table.text.clone(),
        kind,
        blocks: true,
        bytes: facts.bytes,
        estimate,
    };
    blocking.extend(at);
    context.costs.push(cost);
    answer.at(revision, place.clone())
}

/// The statements that take their time and keep nobody waiting.
fn add_others(context: &mut PreflightContext<'_>, blocking: &[usize]) {
    for (at, statement) in context.work.statements.iter().enumerate() {
        let Some(table) = statement.tables.first().filter(|_| !blocking.contains(&at)) else {
            continue;
        };
        let (Some(facts), Some(kind)) = (context.table(table), work_of(&statement.ddl)) else {
            continue;
        };
        let cost = StatementCost {
            revision: statement.revision.clone(),
            table: table.text.clone(),
            kind,
            blocks: false,
            bytes: facts.bytes,
            estimate: estimate(kind, facts),
        };
        context.costs.push(cost);
    }
}

/// `users has 3 rows, 16 kB`.
fn of_table(table: &str, facts: &TableFacts) -> String {
    match facts.rows {
        Some(rows) => format!("{table} has {}, {}", counted(rows, "row"), size(facts.bytes)),
        None => format!("{table} has {}", size(facts.bytes)),
    }
}

/// What a statement does that a rule has found.
fn kind_of(code: &str) -> Option<CostKind> {
    Some(match code {
        "LOCK-002" | "LOCK-003" | "LOCK-011" | "LOCK-014" | "LOCK-015" | "LOCK-020" => {
            CostKind::Short
        }
        "LOCK-001" | "LOCK-007" | "LOCK-008" | "LOCK-010" | "LOCK-019" | "LOCK-024" => {
            CostKind::Index
        }
        "LOCK-004" | "LOCK-005" | "LOCK-006" | "LOCK-009" | "LOCK-021" | "LOCK-022"
        | "LOCK-023" | "LOCK-025" => CostKind::Scan,
        "LOCK-012" | "LOCK-013" | "LOCK-016" | "LOCK-017" | "LOCK-018" => CostKind::Rewrite,
        code if code.starts_with("REWRITE-") => CostKind::Rewrite,
        _ => return None,
    })
}

/// What a statement does with rows, where no rule has anything against it.
fn work_of(ddl: &Ddl) -> Option<CostKind> {
    match ddl {
        Ddl::CreateIndex(_) => Some(CostKind::Index),
        Ddl::Update { has_where: false, .. } | Ddl::Delete { has_where: false, .. } => {
            Some(CostKind::Rewrite)
        }
        Ddl::Update { .. } | Ddl::Delete { .. } => Some(CostKind::Scan),
        Ddl::AlterTable(alter) => alter.actions.iter().find_map(|action| match action {
            TableAction::Validate(_) => Some(CostKind::Scan),
            TableAction::AddIndex { .. } => Some(CostKind::Index),
            _ => None,
        }),
        _ => None,
    }
}

/// A rough guess from the size: bytes and rows in a second, of which the slower counts.
fn estimate(kind: CostKind, facts: &TableFacts) -> Duration {
    let (bytes, rows) = match kind {
        CostKind::Short => return Duration::ZERO,
        CostKind::Scan => (200_000_000, 4_000_000),
        CostKind::Index => (50_000_000, 700_000),
        CostKind::Rewrite => (40_000_000, 500_000),
    };
    let millis = |amount: u64, rate: u64| amount.saturating_mul(1000) / rate;
    let by_rows = millis(facts.rows.unwrap_or_default(), rows);
    Duration::from_millis(millis(facts.bytes, bytes).max(by_rows))
}

#[cfg(test)]
mod tests {
    use super::kind_of;

    #[test]
    fn each_rule_about_locks_says_what_its_statement_costs() {
        for rule in crate::lint::rules() {
            if rule.code.starts_with("LOCK-") || rule.code.starts_with("REWRITE-") {
                assert!(kind_of(rule.code).is_some(), "{}", rule.code);
            }
        }
    }
}
