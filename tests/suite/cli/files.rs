//! The commands that write migration files.

use super::{BRANCHES, User};

#[tokio::test]
async fn from_nothing_to_a_migration() {
    let mut user = User::with(&[]).await;
    user.ambix("revision -m 'create users'");
    user.ambix("init");
    user.ambix("init --quiet");
    user.ambix("revision -m 'create users' --rev-id 5a1c0e");
    user.cat("");
    user.ambix("init");
    user.ambix("init db/other");
    user.ambix("upgrade");
    assert!(user.db.tables().await.is_empty());
    user.ambix("downgrade base");
    user.finish("init");
}

#[tokio::test]
async fn new_migrations() {
    let mut user = User::with(&[("migrations/ambix.sum", "")]).await;
    user.ambix("revision -m 'add full_name to user' --rev-id abc123");
    user.remark("a message that says nothing; a clock that is in the same minute");
    user.ambix("revision -m update --rev-id abc124");
    user.ambix("revision --rev-id abc125 --branch-label shop --depends-on abc123 --json --quiet -m 'add cart'");
    user.ambix("revision -m 'naïve Größe: ../../etc/passwd' --rev-id billing_v2");
    user.cat("größe");
    user.remark("CLI-038, BUG-008, BUG-010: nothing is written");
    let before = std::fs::read_dir(user.path("migrations")).unwrap().count();
    user.ambix("revision -m x --rev-id a-b");
    user.ambix("revision -m x --rev-id a:b");
    user.ambix("revision -m x --rev-id abc123");
    user.ambix("revision -m x --depends-on nosuch");
    user.ambix("revision -m x --branch-label shop");
    user.ambix("revision -m x --head abc123");
    user.ambix("revision -m x --head shop");
    user.ambix("revision -m x --head +1");
    user.ambix("revision -m x --template nosuch");
    user.remark("there are no models to draft from yet");
    user.ambix("generate 'add bio'");
    user.ambix("revision --autogenerate -m 'add bio'");
    assert_eq!(std::fs::read_dir(user.path("migrations")).unwrap().count(), before);
    user.ambix("revision -m 'add bio' --head abc123 --splice --rev-id abc126");
    user.ambix("revision -m 'add logo' --head shop@head --rev-id abc127");
    user.ambix("revision -m 'create audit' --head base --rev-id abc128");
    user.ambix("upgrade heads");
    user.finish("revision");
}

#[tokio::test]
async fn templates() {
    let mut user = User::with(&[
        ("migrations/ambix.sum", ""),
        ("migrations/templates/default.up.tmpl", "-- {message}\n-- Ticket: OPS-\n"),
        (
            "migrations/templates/audit.up.tmpl",
            "CREATE TABLE {slug} (id integer); -- after {parents}\n",
        ),
        ("migrations/templates/audit.down.tmpl", "DROP TABLE {slug};\n"),
    ])
    .await;
    user.ambix("list-templates");
    user.ambix("list-templates --json");
    user.ambix("revision -m 'first of all' --rev-id abc123");
    user.ambix("revision -m 'audit logins' --rev-id abc124 --template audit");
    user.cat("abc12");
    user.ambix("revision -m 'fill names' --rev-id abc125 --template data");
    user.ambix("revision -m 'index emails' --rev-id abc126 --template concurrently");
    user.ambix("revision -m 'drop old audit' --rev-id abc127 --template irreversible");
    user.cat("abc127");
    user.ambix("upgrade");
    assert_eq!(user.db.tables().await, ["audit_logins"]);
    user.ambix("downgrade -1");
    user.finish("templates");
}

#[tokio::test]
async fn a_step_in_rust() {
    let mut user = User::with(&[("migrations/ambix.sum", "")]).await;
    user.ambix("revision --rust -m 'backfill full_name' --rev-id abc123");
    user.cat("abc123");
    user.finish_for_each("revision_rust");
}

#[tokio::test]
async fn merges_and_the_sum() {
    let mut user = User::with(BRANCHES).await;
    user.ambix("hash");
    user.ambix("hash");
    user.remark("CLI-017, CLI-019");
    user.ambix("revision -m 'add x'");
    user.ambix("merge bbb222");
    user.ambix("merge aaa111 ccc333");
    user.ambix("merge bbb222 ccc333 --rev-id ddd444");
    user.cat("ddd444");
    user.ambix("merge bbb222 ccc333");
    user.ambix("merge heads");
    user.ambix("upgrade head");
    std::fs::write(user.path("migrations/ambix.sum"), "aaa111 - x\neee555 - x\n").unwrap();
    user.ambix("revision -m 'add y' --rev-id eee666");
    user.ambix("hash --json");
    user.finish("merge_and_hash");
}
