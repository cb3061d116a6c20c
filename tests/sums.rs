//! `ambix.sum` of every folder of migrations in this repository: what the library writes is what is committed.

use std::fs;

use ambix::Migrator;

/// The sample app's, and those of the library that the third user ships.
const FOLDERS: [&str; 5] = [
    "migrations/mysql",
    "migrations/postgres",
    "migrations/sqlite",
    "tests/users/mailbox-1/migrations",
    "tests/users/mailbox-2/migrations",
];

/// `AMBIX_WRITE_SUMS=1 cargo test -p ambix-tests --test sums` writes them, after a migration was added.
#[test]
fn every_sum_is_right() {
    for folder in FOLDERS {
        let folder = format!("{}/../{folder}", env!("CARGO_MANIFEST_DIR"));
        let migrator = Migrator::from_path(&folder).unwrap();
        if std::env::var_os("AMBIX_WRITE_SUMS").is_some() {
            migrator.write_sum(&folder).unwrap();
        }
        let copy = std::env::temp_dir().join(format!("ambix_sums_{}", std::process::id()));
        fs::create_dir_all(&copy).unwrap();
        migrator.write_sum(&copy).unwrap();
        let right = fs::read_to_string(copy.join("ambix.sum")).unwrap();
        fs::remove_dir_all(&copy).unwrap();
        let is = fs::read_to_string(format!("{folder}/ambix.sum")).unwrap_or_default();
        assert_eq!(is, right, "{folder}/ambix.sum; see the head of {}", file!());
        assert_eq!(
            right.lines().count(),
            1 + migrator.graph().iter().count(),
            "a line each, and the head"
        );
    }
}

/// The three databases tell one story: the same revisions and names in the same order.
#[test]
fn the_sample_app_is_the_same_on_all_databases() {
    let story = |database: &str| -> Vec<(String, String)> {
        let folder = format!("{}/../migrations/{database}", env!("CARGO_MANIFEST_DIR"));
        let migrator = Migrator::from_path(folder).unwrap();
        migrator.graph().iter().map(|m| (m.revision().to_owned(), m.name().to_owned())).collect()
    };
    assert_eq!(story("mysql"), story("postgres"));
    assert_eq!(story("sqlite"), story("postgres"));
}
