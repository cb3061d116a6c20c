//! `dump`, and what keeps its file up to date.

use super::{THREE, User, draft::EMPTY};

#[tokio::test]
async fn dump() {
    let mut user = User::with(THREE).await;
    user.ambix("upgrade --dump schema.sql --quiet");
    user.ambix("dump --check schema.sql");
    user.ambix("dump --out schema.sql");
    user.db.execute("CREATE TABLE by_hand (id integer PRIMARY KEY)").await;
    user.db.execute("CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY)").await;
    user.ambix("dump --check schema.sql");
    assert_eq!(user.ambix("dump --check schema.sql --json").code, 3);
    user.ambix("dump --out schema.sql --json");
    user.ambix("dump --check schema.sql --quiet");
    user.ambix("dump --check nosuch.sql");
    user.ambix("dump --out nosuch/schema.sql");
    user.ambix("dump --out a.sql --check b.sql");
    user.ambix("downgrade base --dump schema.sql --yes --quiet");
    user.ambix("upgrade --sql --dump schema.sql");
    user.finish_for_each("dump");
}

/// A folder of scripts is one schema, and what is in it is said with its file.
#[tokio::test]
async fn a_folder_of_scripts() {
    let files = [
        EMPTY,
        &[
            ("schema/10_tables.sql", "CREATE TABLE town (id integer PRIMARY KEY);\n"),
            ("schema/views/named.sql", "\nCREATE VIEW named AS SELECT id FROM town;\n"),
        ],
    ];
    let user = User::with(&files.concat()).await;
    let generated = user.quietly("generate towns --schema schema --rev-id aaa111");
    assert_eq!(generated.code, 0, "{}", generated.stderr);
    assert_eq!(user.quietly("upgrade").code, 0);
    let checked = user.quietly("check --schema schema/");
    assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);
    std::fs::write(
        user.path("schema/views/named.sql"),
        "\nCREATE VIEW named AS SELECT nothing FROM town;\n",
    )
    .unwrap();
    let failed = user.quietly("check --schema schema");
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    assert!(failed.stderr.contains("schema/views/named.sql:2:1"), "{}", failed.stderr);
}
