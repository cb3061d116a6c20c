//! A library that keeps messages in its user's database, and ships the migrations for its own tables.

use std::sync::LazyLock;

use ambix::{Migrator, options::UnknownApplied};
use sqlx::PgPool;

static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// A library needs two options: a history table of its own, which is a lock of its own as well, and the permission to
/// run on a schema that a newer version of it has left.
pub static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let migrator = Migrator::new(&MIGRATIONS).expect("a test of this library reads its migrations");
    migrator
        .history_table("mailbox_history")
        .unknown_applied(UnknownApplied::AllowNewer)
        .application("mailbox", env!("CARGO_PKG_VERSION"))
});

/// Messages in a database.
#[derive(Debug)]
pub struct Mailbox {
    pool: PgPool,
}

impl Mailbox {
    /// Brings the library's tables up to date, and opens them.
    ///
    /// # Errors
    /// Where a migration fails.
    pub async fn open(pool: PgPool) -> ambix::Result<Self> {
        MIGRATOR.run_pending(&pool).await?;
        Ok(Self { pool })
    }

    /// Sends a message.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn send(&self, recipient: &str, body: &str) -> Result<(), sqlx::Error> {
        let insert = "INSERT INTO mailbox_messages (recipient, body) VALUES ($1, $2)";
        sqlx::query(insert).bind(recipient).bind(body).execute(&self.pool).await?;
        Ok(())
    }
}

#[test]
fn the_migrations_can_be_read() {
    assert!(!MIGRATOR.graph().is_empty());
}
