//! `upgrade` and `downgrade`, as the scenarios of `command-line.md` say; their numbers stand beside the commands.

use super::{BRANCHES, User};

#[tokio::test]
async fn up_and_down() {
    let mut user = User::new().await;
    user.remark("CLI-013");
    user.ambix("downgrade base");
    user.ambix("downgrade -1");
    user.remark("CLI-001, CLI-002");
    user.ambix("upgrade head");
    assert_eq!(user.db.tables().await, ["subscriptions", "users"]);
    user.ambix("upgrade head");
    user.remark("CLI-004, CLI-005");
    user.ambix("upgrade -1");
    user.ambix("downgrade +1");
    user.ambix("upgrade base");
    user.ambix("downgrade -2");
    assert_eq!(user.db.tables().await, ["users"]);
    user.ambix("upgrade head-1");
    user.ambix("upgrade 5a1c0e+2");
    user.ambix("downgrade abc");
    user.remark("CLI-014");
    user.ambix("downgrade d4e81f");
    user.ambix("downgrade head");
    user.remark("CLI-008, BUG-011, BUG-012");
    user.ambix("upgrade nosuch");
    user.ambix("upgrade abc124");
    user.ambix("upgrade abc123+9");
    user.ambix("upgrade ''");
    user.ambix("upgrade a:b:c --sql");
    user.ambix("upgrade 5a1c0e:abc123");
    user.finish("up_and_down");
}

#[tokio::test]
async fn two_heads() {
    let mut user = User::with(BRANCHES).await;
    user.remark("CLI-016");
    user.ambix("upgrade head");
    user.ambix("upgrade heads");
    user.remark("CLI-020");
    user.ambix("downgrade -1");
    user.remark("CLI-022, CLI-023");
    user.ambix("downgrade shop@-1");
    user.ambix("upgrade shop@head");
    user.ambix("upgrade nosuch@head");
    user.ambix("upgrade shop@ccc333");
    user.finish("two_heads");
}

/// CLI-007: the true cause is not masked. CLI-037 has no meaning here: there is one folder.
#[tokio::test]
async fn a_beginning_of_several_revisions() {
    let mut user = User::with(&[
        (
            "migrations/20241104_0900_abc123_one.up.sql",
            "-- ambix: parents none\nCREATE TABLE one (id integer PRIMARY KEY);\n",
        ),
        (
            "migrations/20241105_0900_abd456_two.up.sql",
            "-- ambix: parents abc123\nCREATE TABLE two (id integer PRIMARY KEY);\n",
        ),
    ])
    .await;
    user.ambix("upgrade ab");
    user.ambix("show a");
    user.ambix("upgrade abd");
    user.finish("a_beginning_of_several_revisions");
}
