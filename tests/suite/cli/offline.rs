//! `--sql`: scripts instead of runs, for the database's own shell. That the shells take them is tested in `suite::scripts`.

use super::{BRANCHES, User};

/// CLI-010, CLI-011 and the ends of a script.
#[tokio::test]
async fn scripts() {
    let mut user = User::new().await;
    user.ambix("upgrade head --sql");
    user.ambix("upgrade 5a1c0e:d4e81f --sql");
    user.ambix("upgrade d4e81f --sql --from abc123");
    user.ambix("downgrade d4e81f:abc123 --sql");
    user.ambix("downgrade -1 --sql --from head");
    user.ambix("downgrade base --sql");
    user.ambix("upgrade a:b --sql --from c");
    user.ambix("upgrade --from abc123");
    user.ambix("upgrade nosuch --sql");
    assert_eq!(user.db.tables().await, Vec::<String>::new());
    user.finish_for_each("scripts");
}

/// No database is asked, so none need be there.
#[tokio::test]
async fn a_scheme_is_enough() {
    let mut user = User::new().await;
    let with_database = user.quietly("upgrade --sql").stdout;
    let scheme = crate::setup::SCHEME;
    user.environment =
        vec![("DATABASE_URL".to_owned(), format!("{scheme}://nobody@nowhere.invalid/nothing"))];
    let without = user.quietly("upgrade --sql");
    let stable = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.contains("offline script")).map(str::to_owned).collect()
    };
    assert_eq!(without.code, 0, "{}", without.stderr);
    assert_eq!(stable(&without.stdout), stable(&with_database));
}

#[tokio::test]
async fn scripts_with_branches() {
    let mut user = User::with(BRANCHES).await;
    user.ambix("upgrade head --sql");
    let printed = user.quietly("upgrade heads --sql");
    assert_eq!(printed.code, 0);
    for revision in ["aaa111", "bbb222", "ccc333"] {
        assert!(printed.stdout.contains(&format!("-> {revision}")), "{}", printed.stdout);
    }
    user.finish("scripts_with_branches");
}
