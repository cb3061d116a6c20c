//! `locks`, and what ends a session.

use sqlx::Connection as _;

use super::User;
use crate::setup::{Connection, HOLD_T1, ONE_WRITER, RELEASE};

#[tokio::test]
async fn locks() {
    let mut user = User::new().await;
    user.remark("Nothing is locked, and nothing need be in order for that");
    user.ambix("locks");
    user.ambix("locks --json");
    user.ambix("--dir nowhere locks");
    user.ambix("locks --cancel 999999999");
    user.ambix("locks --terminate 999999999");
    user.ambix("locks --cancel 1 --terminate 2");
    user.ambix("locks --cancel soon");
    user.finish_for_each("locks");
}

#[tokio::test]
async fn a_blocked_table() {
    if crate::suite::has_words_of_mysql().await {
        return; // The snapshot has MariaDB's words.
    }
    let mut user = User::new().await;
    user.db.execute("CREATE TABLE t1 (id integer)").await;
    let mut blocker = Connection::connect(&user.db.url).await.unwrap();
    sqlx::raw_sql(HOLD_T1).execute(&mut blocker).await.unwrap();
    if ONE_WRITER {
        user.ambix("locks");
        sqlx::raw_sql(RELEASE).execute(&mut blocker).await.unwrap();
        user.finish_for_each("a_blocked_table");
        return;
    }
    let pool = user.db.pool.clone();
    let waiting = tokio::spawn(async move {
        sqlx::raw_sql("ALTER TABLE t1 ADD COLUMN more integer").execute(&pool).await.map(|_| ())
    });
    let seen = loop {
        let seen = user.quietly("locks --json").stdout;
        if seen.contains("\"blocker\": ") {
            break seen;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    };
    user.ambix("locks");
    let seen: Vec<(&str, &str)> =
        seen.lines().filter_map(|line| line.trim().split_once(": ")).collect();
    let number = |name: &str| {
        let found = seen.iter().find(|(key, _)| *key == format!("\"{name}\""));
        found.unwrap().1.trim_end_matches(',').to_owned()
    };
    let (waiter, blocker_id) = (number("waiter"), number("blocker"));
    user.ambix(&format!("locks --cancel {blocker_id}"));
    user.ambix(&format!("locks --cancel {waiter}"));
    waiting.await.unwrap().unwrap_err();
    user.ambix(&format!("locks --terminate {blocker_id}"));
    user.ambix("upgrade head --allow-existing");
    user.finish_for_each("a_blocked_table");
}

#[tokio::test]
async fn a_step_that_gives_up() {
    let mut user = User::new().await;
    user.ambix("upgrade 5a1c0e --quiet");
    let hold = HOLD_T1.replace("t1", "users");
    let mut blocker = Connection::connect(&user.db.url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(hold)).execute(&mut blocker).await.unwrap();
    let printed = user.quietly("upgrade abc123 --lock-timeout 1ms");
    assert_eq!(printed.code, 1, "{}", printed.stderr);
    let said = printed.stderr;
    assert!(
        said.contains("in its way: ") && said.contains("ambix locks --terminate PID"),
        "{said}"
    );
    assert!(said.contains(" by session ") || said.contains("process "), "{said}");
}
