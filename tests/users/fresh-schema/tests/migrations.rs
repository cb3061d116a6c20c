//! The tests of the migrations themselves, on each database that there are migrations for.

mod shared;

use std::sync::LazyLock;

use ambix::Migrator;
use shared::{migrator, server};

mod postgres {
    use super::*;

    static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| migrator("postgres"));
    ambix::testkit::migration_tests!(MIGRATOR, |tests| tests.url(server("POSTGRES")));
}

mod mysql {
    use super::*;

    static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| migrator("mysql"));
    ambix::testkit::migration_tests!(MIGRATOR, |tests| tests.url(server("MYSQL")));
}

mod sqlite {
    use super::*;

    static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| migrator("sqlite"));
    ambix::testkit::migration_tests!(MIGRATOR, |tests| tests.database("sqlite"));
}
