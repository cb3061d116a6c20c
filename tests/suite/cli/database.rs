//! The commands that make, drop, wait and write the history.

use super::{BRANCHES, User};
use crate::support::unique;

#[tokio::test]
async fn create_and_drop() {
    let mut user = User::with(&[]).await;
    user.ambix("create");
    let (server, _) = user.db.url.rsplit_once('/').unwrap();
    let name = unique("ambix_cli");
    let url = format!("{server}/{name}");
    user.hide(&url, "<other url>");
    user.environment = vec![("DATABASE_URL".to_owned(), url)];
    user.ambix("drop --yes");
    user.ambix("create");
    user.ambix("create --json");
    user.remark("Without a terminal it must be meant");
    user.ambix("drop");
    user.ambix("drop --json");
    user.ambix("drop --yes --json");
    user.ambix("drop");
    user.environment.clear();
    user.ambix("create");
    user.ambix("create --database-url nosuch://x:hunter2@y/z");
    user.finish("create_and_drop");
}

#[tokio::test]
async fn stamp() {
    let mut user = User::new().await;
    user.remark("CLI-032");
    user.ambix("stamp abc123");
    user.ambix("stamp head");
    user.ambix("stamp head");
    user.ambix("stamp 5a1c0e");
    user.ambix("stamp base --json");
    user.ambix("stamp nosuch");
    user.ambix("stamp 5a1c0e:head");
    user.ambix("stamp");
    user.remark("A migration is gone: only a purge helps");
    user.ambix("stamp head --quiet");
    std::fs::remove_file(user.path("migrations/20241118_1120_d4e81f_add_subscriptions.up.sql"))
        .unwrap();
    std::fs::remove_file(user.path("migrations/20241118_1120_d4e81f_add_subscriptions.down.sql"))
        .unwrap();
    user.ambix("stamp abc123");
    user.ambix("stamp abc123 --purge");
    user.ambix("stamp abc123 --purge --sql");
    user.ambix("stamp nosuch --purge --yes");
    user.ambix("stamp abc123 --purge --yes");
    user.ambix("current");
    assert!(user.db.tables().await.is_empty(), "nothing was run");
    user.finish("stamp");
}

#[tokio::test]
async fn stamp_several() {
    let mut user = User::with(BRANCHES).await;
    user.remark("BUG-040: two of one line are refused before any change");
    user.ambix("stamp aaa111 bbb222");
    user.ambix("current");
    user.ambix("stamp bbb222 ccc333");
    user.ambix("current");
    user.remark("BUG-015: the other line stays");
    user.ambix("stamp shop@base");
    user.ambix("current");
    user.finish("stamp_several");
}

#[tokio::test]
async fn stamp_as_a_script() {
    let mut user = User::new().await;
    user.ambix("stamp --sql abc123");
    user.ambix("stamp --sql abc123:5a1c0e");
    user.ambix("stamp --sql --from head 5a1c0e");
    user.finish_for_each("stamp_as_a_script");
}

#[tokio::test]
async fn ensure_version() {
    let mut user = User::new().await;
    user.remark("CLI-034");
    user.ambix("ensure-version");
    user.ambix("ensure-version");
    user.ambix("ensure-version --json");
    user.ambix("current");
    user.ambix("upgrade head");
    user.finish("ensure_version");
}

#[tokio::test]
async fn ensure_version_as_a_script() {
    let mut user = User::new().await;
    user.ambix("ensure-version --sql");
    user.finish_for_each("ensure_version_as_a_script");
}

#[tokio::test]
async fn reset() {
    let mut user = User::new().await;
    user.remark("Nothing is applied: nothing can be lost");
    user.ambix("reset");
    user.ambix("reset");
    user.db.execute("INSERT INTO users (id, email) VALUES (1, 'a@example.org')").await;
    user.ambix("reset --yes");
    assert_eq!(user.db.column("SELECT count(*) FROM users").await, ["0"]);
    user.ambix("reset --yes --quiet --json");
    user.finish("reset");
}

#[tokio::test]
async fn wait() {
    let mut user = User::new().await;
    // Long enough for the first look.
    user.ambix("wait --timeout 2s");
    user.ambix("wait --timeout 0 --json");
    user.ambix("upgrade abc123");
    user.ambix("wait abc123");
    user.ambix("wait head --timeout 0");
    user.ambix("wait nosuch --timeout 0");
    user.ambix("wait --timeout soon");
    let mut waiting = user.command("wait --timeout 60s").spawn().unwrap();
    user.ambix("upgrade head");
    assert!(waiting.wait().unwrap().success());
    user.ambix("wait --json");
    user.finish("wait");
}
