//! An application with tables of its own and a library that has some, too; it shares its database with another application.

use ambix::{Migration, Migrations, Migrator};
pub use mailbox::{MIGRATOR as MAILBOX_MIGRATOR, Mailbox};
use sqlx::PgPool;

/// Migrates the application's own tables, then lets the library migrate its tables.
///
/// # Errors
/// Where a migration fails.
pub async fn start(pool: &PgPool) -> ambix::Result<Mailbox> {
    let migrations = Migrations::new([Migration::new("1", "create notes")
        .up("CREATE TABLE app_two_notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text NOT NULL)")
        .down("DROP TABLE app_two_notes")])?;
    // Two applications in one schema: each has its own history.
    Migrator::from_migrations(migrations)?
        .history_table("app_two_history")
        .run_pending(pool)
        .await?;
    Mailbox::open(pool.clone()).await
}
