//! Where `#[ambix::test]` cannot make a test.

use std::sync::LazyLock;

use ambix::Migrator;

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| unreachable!());

struct PgPool;

#[ambix::test]
async fn no_migrator(pool: PgPool) {}

#[ambix::test(migrator = "MIGRATOR")]
fn not_async() {}

#[ambix::test(migrator = "MIGRATOR")]
async fn no_argument() {}

#[ambix::test(migrater = "MIGRATOR")]
async fn misspelt(pool: PgPool) {}

#[ambix::test(migrator = "MIGRATOR", migrator = "MIGRATOR")]
async fn twice(pool: PgPool) {}

#[ambix::test(flavor = "many")]
async fn no_flavor() {}

#[ambix::test(worker_threads = 3)]
async fn threads_of_nothing() {}

#[ambix::test(migrator = "MIGRATOR", fixtures(scripts("users")))]
async fn no_folder(pool: PgPool) {}

#[ambix::test(migrator = "MIGRATOR")]
async fn generic<T>(pool: T) {}

#[ambix::test(nothing = "MIGRATOR")]
async fn unknown(pool: PgPool) {}

#[ambix::test(migrator = "MIGRATOR")]
async fn method(self) {}

fn main() {
    let _ = &MIGRATOR;
}
