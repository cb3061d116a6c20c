//! Who holds the locks: the migration lock's file has its holder's name, and a try tells whether the database can be written.

use std::path::PathBuf;

use super::{
    super::{
        BoxFuture, Failure, FailureKind, HistoryTable, LockInspector, Row, Session, SessionInfo,
        SqlFile, fill, section,
    },
    lock,
};

const LOCKS: SqlFile = SqlFile::of(include_str!("lock_report.sql"));

/// A database file has locks of the operating system and no list of their holders.
const UNKNOWN: &str = "SQLite does not tell who has locked the database file; `fuser FILE` or `lsof FILE` lists the processes that \
                       have it open";

#[derive(Debug)]
pub(super) struct File {
    pub(super) table: HistoryTable,
}

fn row(tag: &str, message: Option<String>) -> Row {
    Row::of([("ambix", Some(tag.to_owned())), ("message", message)])
}

impl File {
    /// The database's file, and the one of the migration lock; nothing for a database in memory, which has one process that
    /// knows what it does.
    async fn paths(
        &self,
        session: &mut dyn Session,
    ) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
        let table = self.table.clone();
        let mut file = lock::DatabaseFileLock { table, who: String::new(), path: None, held: None };
        let (path, _) = file.locate(session).await?;
        Ok(path.and_then(|path| {
            let (database, _) = path.to_str()?.rsplit_once("-ambix-")?;
            Some((PathBuf::from(database), path))
        }))
    }
}

impl LockInspector for File {
    fn look<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
        opening: &'s SessionInfo,
    ) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async move {
            let mut rows = Vec::new();
            let Some((database, path)) = self.paths(session).await? else { return Ok(rows) };
            if let Some(holder) = lock::held_by(&path) {
                rows.push(row("holder", Some(holder)));
            }
            let patience = |milliseconds: &str| {
                fill(section!(LOCKS, "patience"), &[("milliseconds", milliseconds)])
            };
            session.run(&patience("0")).await?;
            // A transaction of the driver, so that it ends with this future, too.
            let locked = match session.begin(super::BEGIN).await {
                Ok(_) => false,
                Err(failure) => failure.kind == FailureKind::Transient,
            };
            session.run(&patience(opening.setting("busy_timeout"))).await?;
            if locked {
                let writer = lock::writer(&database);
                let note = writer.is_none().then(|| row("note", Some(UNKNOWN.to_owned())));
                rows.push(row("locked", writer));
                rows.extend(note);
            }
            Ok(rows)
        })
    }

    fn holders<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
    ) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async move {
            let paths = self.paths(session).await?;
            let note = match paths.and_then(|(database, _)| lock::writer(&database)) {
                Some(writer) => format!("the database file is locked for writing by {writer}"),
                None => UNKNOWN.to_owned(),
            };
            Ok(vec![row("note", Some(note))])
        })
    }

    fn end(&self, _id: u64, _terminate: bool) -> Option<String> {
        None
    }
}
