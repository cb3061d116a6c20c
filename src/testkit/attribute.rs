//! The attribute, and what may stand in it.

/// Makes an async function a test with a migrated database of its own.
///
/// ```no_run
/// # mod tests {
/// use std::sync::LazyLock;
/// use ambix::Migrator;
/// use sqlx::PgPool;
///
/// static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations/postgres");
/// static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| Migrator::new(&MIGRATIONS).unwrap());
///
/// #[ambix::test(migrator = "MIGRATOR")]
/// async fn there_is_no_user_at_first(pool: PgPool) -> sqlx::Result<()> {
///     let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(&pool).await?;
///     assert_eq!(users, 0);
///     Ok(())
/// }
/// # }
/// ```
///
/// After success the database is dropped, or made ready for another test; after a panic or an `Err` it is kept, and its URL is
/// printed. The arguments may be the pool, a connection of it (`PoolConnection<Postgres>`), and
/// [`&TestDatabase<PgPool>`](crate::testkit::TestDatabase), in any number. A function without any is run without a database.
///
/// | `#[ambix::test(...)]` | |
/// |---|---|
/// | `migrator = "MIGRATOR"` | the migrations: something of which `&MIGRATOR` is a `&Migrator`, with quotes or without |
/// | `target = "abc123"` | migrated to this target, and not to the heads; `base` is an empty database |
/// | `fixtures("users", "posts")` | runs `fixtures/users.sql` and `fixtures/posts.sql`, in the folder of the source file |
/// | `fixtures("../sql/users.sql")` | a path from there |
/// | `fixtures(path = "sql", scripts("users"))` | `sql/users.sql` |
/// | `fixture_fns(two_users)` | runs an `async fn two_users(pool: PgPool) -> sqlx::Result<()>`, after the files |
/// | `url = std::env::var("TEST_URL").unwrap()` | the URL of the server: any expression that is an `Into<String>` |
/// | `max_connections = 3` | of the pool; five by default |
/// | `flavor = "multi_thread"`, `worker_threads = 4` | the runtime, as `#[tokio::test]` has it; by default the current thread |
/// | `crate = "path"` | where ambix is, if not at `::ambix` |
///
/// Other attributes stay: `#[ignore]`, `#[should_panic]` (whose panic keeps no database), `#[cfg(..)]`.
pub use ambix_macros::test;
