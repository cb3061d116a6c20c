//! The tests of the migrations themselves, on each database that there are migrations for.

use std::sync::LazyLock;

use ambix::Migrator;

fn migrator(database: &str) -> Migrator {
    Migrator::from_path(format!("{}/../../../migrations/{database}", env!("CARGO_MANIFEST_DIR")))
        .unwrap()
}

fn server(database: &str) -> String {
    let name = format!("AMBIX_TEST_{database}_URL");
    std::env::var(&name).unwrap_or_else(|_| panic!("./test sets {name}"))
}

mod postgres {
    use super::*;

    static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| migrator("postgres"));
    ambix::migration_tests!(MIGRATOR, |tests| tests.url(server("POSTGRES")));
}

mod mysql {
    use super::*;

    static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| migrator("mysql"));
    ambix::migration_tests!(MIGRATOR, |tests| tests.url(server("MYSQL")));
}

mod sqlite {
    use super::*;

    static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| migrator("sqlite"));
    ambix::migration_tests!(MIGRATOR, |tests| tests.url("sqlite:"));
}
