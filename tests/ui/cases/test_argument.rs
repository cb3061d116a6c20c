//! An argument that no test gets.

use std::sync::LazyLock;

use ambix::Migrator;

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| unreachable!());

#[ambix::test(migrator = "MIGRATOR")]
async fn no_pool(name: String) {}

fn main() {}
