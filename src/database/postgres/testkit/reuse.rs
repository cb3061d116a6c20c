//! Making a copy ready for the next test, which is much faster than dropping it and making another.
//!
//! A copy has the rows of its template, byte for byte, with the transactions that made them. So it shows what was done to it since:
//! rows of the catalog that are newer than the template mean that something but rows was changed, and then it is dropped. Tables
//! that were empty are emptied, sequences are put back. A table that had rows must have the same ones still; otherwise the copy is
//! dropped, too. Whatever else is in doubt is a reason to drop it.

use std::{fmt, time::Duration};

use super::{super::Postgres, COPIES, Route, run, says_yes, section, substitute};
use crate::{
    database::{Dialect, Row, Session},
    error::Result,
};

/// The catalogs of a database that every version has. Not `pg_statistic`: what the planner has learnt is no content.
#[rustfmt::skip]
const CATALOGS: [&str; 45] = [
    "pg_aggregate", "pg_am", "pg_amop", "pg_amproc", "pg_attrdef", "pg_attribute", "pg_cast", "pg_class",
    "pg_collation", "pg_constraint", "pg_conversion", "pg_default_acl", "pg_depend", "pg_description", "pg_enum",
    "pg_event_trigger", "pg_extension", "pg_foreign_data_wrapper", "pg_foreign_server", "pg_foreign_table",
    "pg_index", "pg_inherits", "pg_init_privs", "pg_language", "pg_largeobject_metadata", "pg_namespace",
    "pg_opclass", "pg_operator", "pg_opfamily", "pg_partitioned_table", "pg_policy", "pg_proc", "pg_publication",
    "pg_publication_rel", "pg_range", "pg_rewrite", "pg_seclabel", "pg_sequence", "pg_statistic_ext",
    "pg_transform", "pg_trigger", "pg_ts_config", "pg_ts_dict", "pg_ts_parser", "pg_type",
];
/// How long connections of the test may take to end.
const LEAVING: Duration = Duration::from_millis(500);

/// What tells whether a copy is like its template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TemplateState {
    /// A transaction after all that made the template; empty where copies of it cannot be used again.
    transaction: String,
    /// How many rows each catalog has.
    catalogs: String,
    /// Tables with rows, and how many.
    tables: Vec<(String, String)>,
    /// Sequences that do not stand at their start, and where they stand.
    sequences: Vec<(String, String)>,
}

impl TemplateState {
    /// Reads what [`Display`](fmt::Display) has written.
    pub(super) fn read(written: &str) -> Self {
        let mut parts = written.split('|');
        let mut part = || parts.next().unwrap_or_default();
        let (transaction, catalogs) = (part().to_owned(), part().to_owned());
        let pairs = |part: &str| -> Vec<(String, String)> {
            let pairs = part.split(',').filter_map(|pair| pair.split_once('='));
            pairs.map(|(oid, value)| (oid.to_owned(), value.to_owned())).collect()
        };
        Self { transaction, catalogs, tables: pairs(part()), sequences: pairs(part()) }
    }

    /// What is so in a database that was just filled.
    pub(super) async fn gather(route: &Route, database: &str) -> Result<Self> {
        let mut session = route.session(Some(database)).await?;
        let facts = Self::ask(&mut *session).await;
        session.close().await;
        facts
    }

    async fn ask(session: &mut dyn Session) -> Result<Self> {
        let doing = "looking at the template";
        let rows = run(session, doing, section!(COPIES, "transaction")).await?;
        let transaction =
            rows.first().map(|row| row.text("transaction").to_owned()).unwrap_or_default();
        let state = CopyState::ask(session, &transaction).await?;
        Ok(Self {
            catalogs: state.catalogs,
            tables: state.tables.into_iter().map(|table| (table.oid, table.rows)).collect(),
            sequences: state
                .sequences
                .into_iter()
                .map(|sequence| (sequence.oid, sequence.at))
                .collect(),
            transaction,
        })
    }
}

impl fmt::Display for TemplateState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = |pairs: &[(String, String)]| -> String {
            let pairs: Vec<String> =
                pairs.iter().map(|(oid, value)| format!("{oid}={value}")).collect();
            pairs.join(",")
        };
        write!(
            f,
            "{}|{}|{}|{}",
            self.transaction,
            self.catalogs,
            pairs(&self.tables),
            pairs(&self.sequences)
        )
    }
}

/// How a database is now.
#[derive(Debug, Default)]
struct CopyState {
    catalogs: String,
    /// Rows of the catalogs that are newer than the template, settings of the database, and the like.
    news: bool,
    tables: Vec<StoredTable>,
    /// Those that do not stand at their start.
    sequences: Vec<StoredSequence>,
}

/// A table that has pages on the disk.
#[derive(Debug)]
struct StoredTable {
    oid: String,
    /// Quoted, with its schema.
    name: String,
    /// Whether no rows of it could be hidden from us, or made by a trigger while we delete.
    plain: bool,
    rows: String,
    news: bool,
}

#[derive(Debug)]
struct StoredSequence {
    oid: String,
    name: String,
    at: String,
}

impl CopyState {
    async fn ask(session: &mut dyn Session, transaction: &str) -> Result<Self> {
        let doing = "looking at the test's database";
        let newer = format!("pg_catalog.age(xmin) < pg_catalog.age('{}'::xid)", transaction);
        let catalogs = CATALOGS.map(|catalog| {
            // A temporary table leaves the schema that it was in.
            let only = if catalog == "pg_namespace" {
                " WHERE nspname !~ '^pg_(toast_)?temp_'"
            } else {
                ""
            };
            format!(
                "SELECT '{catalog}' AS name, pg_catalog.count(*) AS rows, \
                 pg_catalog.count(*) FILTER (WHERE {newer}) AS news FROM pg_catalog.{catalog}{only}"
            )
        });
        let ask =
            substitute(section!(COPIES, "state"), &[("catalogs", &catalogs.join(" UNION ALL "))]);
        let mut state = Self::default();
        let mut details = Vec::new();
        for row in run(session, doing, &ask).await? {
            let value = |name: &str| row.text(name).to_owned();
            match row.tag() {
                "catalogs" => (state.catalogs, state.news) = (value("rows"), value("news") != "0"),
                "table" => {
                    let (oid, name) = (value("oid"), value("name"));
                    details.push(format!(
                        "SELECT 'table' AS ambix, '{oid}' AS oid, pg_catalog.count(*)::text AS content, \
                         pg_catalog.count(*) FILTER (WHERE {newer})::text AS news FROM ONLY {name}"
                    ));
                    let plain = value("is_plain") == "1";
                    state.tables.push(StoredTable {
                        oid,
                        name,
                        plain,
                        rows: String::new(),
                        news: false,
                    });
                }
                "sequence" => {
                    let (oid, name, start) = (value("oid"), value("name"), value("start"));
                    details.push(format!(
                        "SELECT 'sequence' AS ambix, '{oid}' AS oid, last_value || ':' || is_called AS content, \
                         (last_value <> {start} OR is_called)::int::text AS news FROM {name}"
                    ));
                    state.sequences.push(StoredSequence { oid, name, at: String::new() });
                }
                _ => {}
            }
        }
        if !details.is_empty() {
            let details = details.join(" UNION ALL ");
            state.add(&run(session, doing, &details).await?);
        }
        Ok(state)
    }

    /// Puts the answers about each table and sequence in their places.
    fn add(&mut self, rows: &[Row]) {
        for row in rows {
            let oid = row.text("oid");
            if row.tag() == "table" {
                if let Some(table) = self.tables.iter_mut().find(|table| table.oid == oid) {
                    table.rows = row.text("content").to_owned();
                    table.news = row.text("news") != "0";
                }
            } else if row.text("news") == "1"
                && let Some(sequence) = self.sequences.iter_mut().find(|known| known.oid == oid)
            {
                sequence.at = row.text("content").to_owned();
            }
        }
        self.sequences.retain(|sequence| !sequence.at.is_empty());
    }
}

/// Puts a copy back into the state of its template. False where that cannot be, or is in doubt.
pub(super) async fn restore(route: &Route, database: &str, facts: &TemplateState) -> Result<bool> {
    if facts.transaction.is_empty() {
        return Ok(false);
    }
    let mut session = route.session(Some(database)).await?;
    let restored = restore_on(&mut *session, facts).await;
    session.close().await;
    restored
}

async fn restore_on(session: &mut dyn Session, facts: &TemplateState) -> Result<bool> {
    let begun = std::time::Instant::now();
    while says_yes(&run(session, "looking for connections", section!(COPIES, "others")).await?) {
        // The pool is closed, but the server may not have seen it yet.
        if begun.elapsed() > LEAVING {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let state = CopyState::ask(session, &facts.transaction).await?;
    if state.news || state.catalogs != facts.catalogs {
        return Ok(false);
    }
    let mut used = Vec::new();
    for table in &state.tables {
        match facts.tables.iter().find(|(oid, _)| *oid == table.oid) {
            // An update is a new row as well.
            Some((_, rows)) if *rows != table.rows || table.news => return Ok(false),
            Some(_) => {}
            None if table.rows == "0" => {}
            None if !table.plain => return Ok(false),
            None => used.push(format!("DELETE FROM ONLY {}", table.name)),
        }
    }
    // A table of the template that has no pages any more was truncated, which the catalog has shown.
    let mut statements = Vec::new();
    if !used.is_empty() {
        // One statement, after which foreign keys are checked: both sides are empty then.
        let parts: Vec<String> =
            used.iter().enumerate().map(|(at, delete)| format!("d{at} AS ({delete})")).collect();
        statements.push(format!("WITH {} SELECT 1", parts.join(", ")));
    }
    statements.extend(sequences(&state, facts));
    if statements.is_empty() {
        return Ok(true);
    }
    Ok(session.run(&statements.join(";\n")).await.is_ok())
}

/// The statements that put sequences where they were.
fn sequences(state: &CopyState, facts: &TemplateState) -> Vec<String> {
    let set = |oid: &str, at: &str| {
        let (value, called) = at.split_once(':').unwrap_or((at, "true"));
        format!("SELECT pg_catalog.setval({oid}::oid::regclass, {value}, {called})")
    };
    let mut statements = Vec::new();
    for sequence in &state.sequences {
        match facts.sequences.iter().find(|(oid, _)| *oid == sequence.oid) {
            Some((_, at)) if *at == sequence.at => {}
            Some((oid, at)) => statements.push(set(oid, at)),
            None => statements.push(format!(
                "SELECT pg_catalog.setval(seqrelid::regclass, seqstart, false) FROM pg_sequence WHERE seqrelid = {}",
                Postgres.literal(&sequence.name) + "::regclass"
            )),
        }
    }
    // Those that a test has put back to the start themselves.
    let gone =
        facts.sequences.iter().filter(|(oid, _)| !state.sequences.iter().any(|s| s.oid == *oid));
    statements.extend(gone.map(|(oid, at)| set(oid, at)));
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_as_they_are_written() {
        let facts = TemplateState {
            transaction: "4711".to_owned(),
            catalogs: "1,2,3".to_owned(),
            tables: vec![("16400".to_owned(), "3".to_owned())],
            sequences: vec![
                ("16401".to_owned(), "7:true".to_owned()),
                ("9".to_owned(), "1:false".to_owned()),
            ],
        };
        assert_eq!(TemplateState::read(&facts.to_string()), facts);
        assert_eq!(TemplateState::read(""), TemplateState::default());
    }
}
