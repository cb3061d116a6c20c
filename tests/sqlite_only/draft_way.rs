//! A database that is led from one schema to another by a draft, and back.

use ambix::{
    Migration, Migrations, Migrator,
    draft::{Draft, DraftOptions, difference},
    schema::Schema,
};

use crate::setup::{Fresh, fresh};

pub(super) fn migrator(migrations: &[Migration], schema_sql: &str) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap().schema_sql(schema_sql)
}

/// What findings say stands between what the tests look for, and takes time.
pub(super) fn options() -> DraftOptions {
    DraftOptions::new().allow_destructive(true).findings(false)
}

/// A database on the way from one schema to another.
pub(super) struct Way {
    pub(super) db: Fresh,
    pub(super) draft: Draft,
    pub(super) migrations: Vec<Migration>,
    pub(super) before: Schema,
    to: String,
}

impl Way {
    /// Makes a database with rows, and drafts what leads on.
    pub(super) async fn new(from: &str, rows: &str, to: &str, options: DraftOptions) -> Self {
        let db = fresh().await;
        let first = Migration::new("r1", "from").up(from);
        let start = migrator(std::slice::from_ref(&first), from);
        start.run_pending(&db.pool).await.unwrap();
        db.execute(&format!("PRAGMA foreign_keys = ON; {rows}")).await;
        let before = start.inspect(&db.pool).await.unwrap();
        let leading = migrator(std::slice::from_ref(&first), to);
        let draft = leading.draft(&db.pool, options).await.unwrap();
        let second = Migration::new("r2", "to").up(&draft.up).down(&draft.down);
        Self { db, draft, migrations: vec![first, second], before, to: to.to_owned() }
    }

    /// Goes there, and finds nothing left to do.
    pub(super) async fn up(&self) {
        let migrator = migrator(&self.migrations, &self.to);
        let done = migrator.run_pending(&self.db.pool).await;
        done.unwrap_or_else(|error| panic!("{error}\n{}", self.draft.up));
        let left = migrator.check(&self.db.pool, options()).await.unwrap();
        assert!(left.is_empty(), "{left}\n{}", self.draft.up);
    }

    /// Goes back, and finds everything as it was.
    pub(super) async fn down(&self) {
        let migrator = migrator(&self.migrations, &self.to);
        let done = migrator.downgrade(&self.db.pool, "-1").await;
        done.unwrap_or_else(|error| panic!("{error}\n{}", self.draft.down));
        let after = migrator.inspect(&self.db.pool).await.unwrap();
        let changes = difference(&after, &self.before);
        assert!(changes.is_empty(), "{changes:#?}\n{}", self.draft.down);
    }

    pub(super) async fn rows(&self, sql: &str) -> String {
        self.db.column(sql).await.join("; ")
    }

    pub(super) async fn is_whole(&self) {
        let all = "SELECT message FROM (SELECT integrity_check AS message FROM pragma_integrity_check) WHERE message <> 'ok'
            UNION ALL SELECT \"table\" FROM pragma_foreign_key_check
            UNION ALL SELECT name FROM sqlite_schema WHERE name LIKE '%ambix_new%'";
        assert_eq!(self.rows(all).await, "");
    }
}
