//! The sample app's migrations, and the servers that `./test` starts.

use ambix::Migrator;

pub fn migrator(database: &str) -> Migrator {
    let folder = format!("{}/../../../migrations/{database}", env!("CARGO_MANIFEST_DIR"));
    Migrator::from_path(folder).unwrap()
}

/// An application has one database, and its URL in `DATABASE_URL`. Here there are two.
pub fn server(database: &str) -> String {
    let name = format!("AMBIX_TEST_{database}_URL");
    std::env::var(&name).unwrap_or_else(|_| panic!("./test sets {name}"))
}
