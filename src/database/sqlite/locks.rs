//! Who holds the locks: the migration lock's file has its holder's name, and a try tells whether the database can be written.

use super::{
    super::{BoxFuture, Failure, FailureKind, Opening, Row, Session, Table, Watch, fill, section},
    lock,
};

const LOCKS: &str = include_str!("locks.sql");

/// A database file has locks of the operating system and no list of their holders.
const UNKNOWN: &str = "SQLite does not tell who has locked the database file; `fuser FILE` or `lsof FILE` lists the processes that \
                       have it open";

#[derive(Debug)]
pub(super) struct File {
    pub(super) table: Table,
}

fn row(tag: &str, columns: [Option<String>; 2]) -> Row {
    std::iter::once(Some(tag.to_owned())).chain(columns).collect()
}

impl Watch for File {
    fn look<'s>(
        &'s mut self,
        session: &'s mut dyn Session,
        opening: &'s Opening,
    ) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async move {
            let mut rows = Vec::new();
            let mut file = lock::FileLock {
                table: self.table.clone(),
                who: String::new(),
                path: None,
                held: None,
            };
            let (path, _) = file.locate(session).await?;
            // A database in memory has one process, which knows what it does.
            let Some(path) = path else { return Ok(rows) };
            if let Some(holder) = lock::held_by(&path) {
                rows.push(row("holder", [None, Some(holder)]));
            }
            let patience = |milliseconds: &str| {
                fill(section(LOCKS, "patience"), &[("milliseconds", milliseconds)])
            };
            session.run(&patience("0")).await?;
            // A transaction of the driver, so that it ends with this future, too.
            let locked = match session.begin(super::BEGIN).await {
                Ok(_) => false,
                Err(failure) => failure.kind == FailureKind::Transient,
            };
            session.run(&patience(opening.setting(super::BUSY_TIMEOUT))).await?;
            if locked {
                rows.push(row("locked", [None, None]));
                rows.push(row("note", [Some(UNKNOWN.to_owned()), None]));
            }
            Ok(rows)
        })
    }

    fn holders<'s>(
        &'s mut self,
        _session: &'s mut dyn Session,
    ) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(async { Ok(vec![row("note", [Some(UNKNOWN.to_owned()), None])]) })
    }

    fn end(&self, _id: u64, _terminate: bool) -> Option<String> {
        None
    }
}
