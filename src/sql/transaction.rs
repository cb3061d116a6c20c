//! Which statements begin and end transactions, and whether a script is wrapped in one.

use std::ops::Range;

use super::{Item, Statement, Syntax};

/// What a statement does to the transaction that it runs in, if it begins or ends one.
///
/// Savepoints, and a rollback to one, do neither.
pub(crate) fn transaction_control(
    statement: &Statement<'_>,
    syntax: &Syntax,
) -> Option<&'static str> {
    const ALONE: [&str; 6] = ["BEGIN", "COMMIT", "END", "ROLLBACK", "ABORT", "XA"];
    let mut cursor = statement.cursor(syntax);
    if cursor.keywords(&["START", "TRANSACTION"]) {
        return Some("START TRANSACTION");
    }
    if cursor.keywords(&["PREPARE", "TRANSACTION"]) {
        return Some("PREPARE TRANSACTION");
    }
    let control = cursor.any_keyword(&ALONE)?;
    let harmless = match control {
        // A compound statement.
        "BEGIN" => cursor.keyword("NOT"),
        "ROLLBACK" => {
            cursor.any_keyword(&["TRANSACTION", "WORK"]);
            cursor.keyword("TO")
        }
        _ => false,
    };
    (!harmless).then_some(control)
}

/// What a statement means to do to a transaction that is to continue, or to be rolled back: without one around it, it would do nothing.
pub(crate) fn open_control(statement: &Statement<'_>, syntax: &Syntax) -> Option<&'static str> {
    let mut cursor = statement.cursor(syntax);
    if let Some(word) = cursor.any_keyword(&["SAVEPOINT", "RELEASE"]) {
        return Some(word);
    }
    if let Some(word) = cursor.any_keyword(&["ROLLBACK", "ABORT"]) {
        return (!cursor.keyword("PREPARED")).then_some(word);
    }
    let control = transaction_control(statement, syntax)?;
    ["BEGIN", "START TRANSACTION", "PREPARE TRANSACTION"].contains(&control).then_some(control)
}

/// The items between BEGIN and COMMIT, where these are the first and the last item of a script and no other
/// statement controls transactions.
///
/// A BEGIN that asks for an isolation level, and a COMMIT that does more than that, say something that the caller's
/// own transaction would not do, so they are no mere wrapping.
pub(crate) fn unwrap_transaction(items: &[Item<'_>], syntax: &Syntax) -> Option<Range<usize>> {
    let (first, rest) = items.split_first()?;
    let (last, inner) = rest.split_last()?;
    let (Item::Statement(first), Item::Statement(last)) = (first, last) else {
        return None;
    };
    let controls = |item: &Item<'_>| match item {
        Item::Statement(statement) => transaction_control(statement, syntax).is_some(),
        Item::Run { .. } => false,
    };
    let wrapped = is_begin(first, syntax) && is_commit(last, syntax) && !inner.iter().any(controls);
    wrapped.then(|| 1..items.len() - 1)
}

/// The items without their transaction control, if that only says what belongs together: BEGIN and COMMIT in pairs. Nothing if there is
/// none, or if it does more.
pub(crate) fn merge_transactions<'t>(items: &[Item<'t>], syntax: &Syntax) -> Option<Vec<Item<'t>>> {
    let mut merged = Vec::with_capacity(items.len());
    let mut is_open = false;
    for item in items {
        let control = match item {
            Item::Statement(statement) if transaction_control(statement, syntax).is_some() => {
                statement
            }
            _ => {
                merged.push(*item);
                continue;
            }
        };
        is_open = match is_open {
            false if is_begin(control, syntax) => true,
            true if is_commit(control, syntax) => false,
            _ => return None,
        };
    }
    (!is_open && merged.len() < items.len()).then_some(merged)
}

/// Whether the statement begins a transaction and says no more than when to lock.
fn is_begin(statement: &Statement<'_>, syntax: &Syntax) -> bool {
    let mut cursor = statement.cursor(syntax);
    if cursor.keyword("BEGIN") {
        cursor.any_keyword(&["DEFERRED", "IMMEDIATE", "EXCLUSIVE"]);
        cursor.any_keyword(&["TRANSACTION", "WORK"]);
    } else if !cursor.keywords(&["START", "TRANSACTION"]) {
        return false;
    }
    cursor.peek().is_none()
}

/// Whether the statement commits and does nothing else.
pub(crate) fn is_commit(statement: &Statement<'_>, syntax: &Syntax) -> bool {
    let mut cursor = statement.cursor(syntax);
    let commit = cursor.any_keyword(&["COMMIT", "END"]).is_some();
    cursor.any_keyword(&["TRANSACTION", "WORK"]);
    commit && cursor.peek().is_none()
}
