//! Who holds and waits for locks. Each server and setup shows it in another place, and some show it nowhere.

use super::super::{
    BoxFuture, Failure, FailureKind, LockInspector, Row, Session, SessionInfo, SqlFile, fill,
    section,
};

const LOCKS: SqlFile = SqlFile::of(include_str!("lock_report.sql"));

/// What helps where the right is missing.
const PROCESS: &str = "connections and transactions of other users are not shown to this user: GRANT PROCESS ON *.* TO it shows them";

#[derive(Debug)]
pub(super) struct Connections;

/// Where this server shows its locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LockSource {
    PerformanceSchema,
    Plugin,
    Nowhere,
}

/// What a look has brought so far. A query that this user may not run is a note, not an error.
struct LockReader<'s> {
    session: &'s mut dyn Session,
    rows: Vec<Row>,
}

impl LockReader<'_> {
    /// Whether the query could be run.
    async fn add(&mut self, query: &str, note: Option<&str>) -> Result<bool, Failure> {
        let query = fill(query, &[("statement", section!(LOCKS, "statement"))]);
        match self.session.run(&query).await {
            Ok(rows) => {
                self.rows.extend(rows);
                Ok(true)
            }
            Err(failure) if failure.kind == FailureKind::Lost => Err(failure),
            Err(_) => {
                if let Some(note) = note {
                    self.note(note);
                }
                Ok(false)
            }
        }
    }

    fn note(&mut self, note: &str) {
        let row = Row::of([("ambix", Some("note".to_owned())), ("message", Some(note.to_owned()))]);
        if !self.rows.contains(&row) {
            self.rows.push(row);
        }
    }

    /// Where the locks on tables are shown, and whether the server is MariaDB.
    async fn facts(&mut self) -> Result<(LockSource, bool), Failure> {
        let rows = self.session.run(section!(LOCKS, "facts")).await?;
        let is = |name: &str| {
            let value = rows.first().and_then(|row| row.column(name));
            value.is_some_and(|value| !["0", "OFF"].contains(&value))
        };
        let source = match (is("has_performance_schema"), is("has_plugin")) {
            (_, true) => LockSource::Plugin,
            (true, _) => LockSource::PerformanceSchema,
            _ => LockSource::Nowhere,
        };
        Ok((source, is("is_mariadb")))
    }

    async fn sessions(&mut self) -> Result<(), Failure> {
        if !self.add(section!(LOCKS, "sessions"), Some(PROCESS)).await? {
            self.add(section!(LOCKS, "sessions_alone"), None).await?;
        }
        Ok(())
    }

    async fn holds(&mut self, source: LockSource) -> Result<(), Failure> {
        let hidden = "who holds the locks on tables is not shown to this user: GRANT SELECT ON performance_schema.* TO it shows it";
        match source {
            LockSource::PerformanceSchema => {
                self.add(section!(LOCKS, "schema_holds"), Some(hidden)).await?;
                self.add(section!(LOCKS, "last"), None).await?;
            }
            LockSource::Plugin => {
                self.add(section!(LOCKS, "plugin_holds"), Some(PROCESS)).await?;
            }
            LockSource::Nowhere => self.note(
                "who holds the locks on tables is not shown by this server: INSTALL SONAME 'metadata_lock_info' (MariaDB) or \
                 performance_schema = ON shows it; a session that is idle in a transaction is the likely holder",
            ),
        }
        Ok(())
    }
}

impl LockInspector for Connections {
    fn look<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
        opening: &'s SessionInfo,
    ) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async move {
            let mut look = LockReader { session, rows: Vec::new() };
            if let Some(key) = &opening.key {
                let key = format!("'{key}'");
                look.rows =
                    look.session.run(&fill(section!(LOCKS, "holder"), &[("key", &key)])).await?;
            }
            let (source, mariadb) = look.facts().await?;
            // The sessions last: what waits is then in the statement that waits.
            look.holds(source).await?;
            let seen = match source {
                LockSource::PerformanceSchema => {
                    look.add(section!(LOCKS, "schema_waits"), None).await?
                }
                LockSource::Plugin => look.add(section!(LOCKS, "plugin_waits"), None).await?,
                LockSource::Nowhere => false,
            };
            if !seen {
                look.add(section!(LOCKS, "waits_alone"), None).await?;
            }
            let rows = if mariadb {
                section!(LOCKS, "row_waits_mariadb")
            } else {
                section!(LOCKS, "row_waits")
            };
            look.add(rows, Some("who holds the locks on rows is not shown to this user")).await?;
            look.sessions().await?;
            Ok(look.rows)
        })
    }

    fn holders<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
    ) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async move {
            let mut look = LockReader { session, rows: Vec::new() };
            let (source, _) = look.facts().await?;
            look.sessions().await?;
            look.holds(source).await?;
            Ok(look.rows)
        })
    }

    fn end(&self, id: u64, terminate: bool) -> Option<String> {
        let end = if terminate { section!(LOCKS, "terminate") } else { section!(LOCKS, "cancel") };
        Some(fill(end, &[("id", &id.to_string())]))
    }
}
