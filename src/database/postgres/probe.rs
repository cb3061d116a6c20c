//! How to see in the catalog whether a statement that stands alone has been done.

use super::{super::Probe, Postgres, SYNTAX};
use crate::{
    database::Dialect,
    sql::{Cursor, Statement, TokenKind},
};

/// What quotes the body of a backfill. It fills only rows with NULL, so that it may be run again, which no other DO block says.
pub(super) const BACKFILL: &str = "$ambix_backfill$";

pub(super) fn probe(dialect: &Postgres, statement: &Statement<'_>) -> Option<Probe> {
    let mut cursor = statement.cursor(&SYNTAX);
    if cursor.any_keyword(&["VACUUM", "REINDEX", "CLUSTER"]).is_some()
        || cursor.keywords(&["ALTER", "SYSTEM"])
    {
        // These may be run again without harm.
        return Some(Probe::again());
    }
    if cursor.keyword("DO") {
        return is_backfill(&mut cursor).then(Probe::again);
    }
    if cursor.keyword("CREATE") {
        if cursor.keyword("DATABASE") {
            return database(dialect, &mut cursor, true);
        }
        cursor.keyword("UNIQUE");
        return cursor.keyword("INDEX").then(|| create_index(dialect, &mut cursor)).flatten();
    }
    if cursor.keywords(&["DROP", "DATABASE"]) {
        cursor.keywords(&["IF", "EXISTS"]);
        return database(dialect, &mut cursor, false);
    }
    cursor.keywords(&["DROP", "INDEX"]).then(|| drop_index(dialect, &mut cursor)).flatten()
}

/// Whether the body of a DO block is in the quotes that say that it may be run again.
fn is_backfill(cursor: &mut Cursor<'_>) -> bool {
    if cursor.keyword("LANGUAGE") && cursor.name().is_none() {
        return false;
    }
    cursor.next().is_some_and(|body| body.text.starts_with(BACKFILL))
}

/// Built, but not valid: what a CREATE INDEX CONCURRENTLY that was cut off leaves, and IF NOT EXISTS takes for done.
fn create_index(dialect: &Postgres, cursor: &mut Cursor<'_>) -> Option<Probe> {
    cursor.keyword("CONCURRENTLY");
    // What the server has acknowledged is done; but with this it also acknowledges what it did not do.
    let verify = cursor.keywords(&["IF", "NOT", "EXISTS"]);
    if cursor.peek()?.is_word("ON") {
        return None; // The server chooses the name, so there is nothing to look for.
    }
    let index = folded(cursor)?;
    if !cursor.keyword("ON") {
        return None;
    }
    cursor.keyword("ONLY");
    let table = folded(cursor)?;
    let query = format!(
        "SELECT 'probe' AS ambix, coalesce((SELECT CASE WHEN i.indisvalid THEN 'done' ELSE 'half' END FROM pg_index i \
         JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = {} AND i.indrelid = pg_catalog.to_regclass({})::oid), 'absent') \
         AS state",
        dialect.literal(index.last()?),
        dialect.literal(&quoted(dialect, &table)),
    );
    // An index lives in its table's schema.
    let mut full = table;
    full.pop();
    full.extend(index.last().cloned());
    let clean = format!("DROP INDEX CONCURRENTLY IF EXISTS {}", quoted(dialect, &full));
    Some(Probe { query, clean: Some(clean), verify, parts: false })
}

fn drop_index(dialect: &Postgres, cursor: &mut Cursor<'_>) -> Option<Probe> {
    cursor.keyword("CONCURRENTLY");
    cursor.keywords(&["IF", "EXISTS"]);
    let index = folded(cursor)?;
    if cursor.symbol(",") {
        return None;
    }
    let query = format!(
        "SELECT 'probe' AS ambix, CASE WHEN pg_catalog.to_regclass({}) IS NULL THEN 'done' ELSE 'absent' END AS state",
        dialect.literal(&quoted(dialect, &index)),
    );
    Some(Probe { query, clean: None, verify: false, parts: false })
}

fn database(dialect: &Postgres, cursor: &mut Cursor<'_>, made: bool) -> Option<Probe> {
    let name = folded(cursor)?.pop()?;
    let (yes, no) = if made { ("done", "absent") } else { ("absent", "done") };
    let query = format!(
        "SELECT 'probe' AS ambix, CASE WHEN EXISTS (SELECT FROM pg_database WHERE datname = {}) THEN '{yes}' ELSE '{no}' END AS state",
        dialect.literal(&name),
    );
    Some(Probe { query, clean: None, verify: false, parts: false })
}

/// A name as the catalog has it: what is not quoted is in lower case there.
fn folded(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    loop {
        let kind = cursor.peek()?.kind;
        let name = cursor.name()?;
        parts.push(if kind == TokenKind::Word { name.to_lowercase() } else { name });
        if !cursor.symbol(".") {
            return Some(parts);
        }
    }
}

fn quoted(dialect: &Postgres, parts: &[String]) -> String {
    parts.iter().map(|part| dialect.quote(part)).collect::<Vec<_>>().join(".")
}
