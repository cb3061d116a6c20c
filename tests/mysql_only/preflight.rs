//! What only this server can tell preflight.

use std::time::Duration;

use ambix::preflight::{AnswerState, Preflight, PreflightOptions, Subject};
use sqlx::Connection as _;

use crate::{
    setup::{Connection, fresh, pool_on, server},
    support::{migrator, unique},
};

const TABLES: &str = "CREATE TABLE users (id integer PRIMARY KEY, email varchar(100))";
const CHANGES: &str = "CREATE UNIQUE INDEX users_email ON users (email)";

fn has(preflight: &Preflight, subject: Subject, state: AnswerState, words: &str) {
    let mut answers = preflight.about(subject).filter(|answer| answer.state == state);
    assert!(answers.any(|answer| answer.to_string().contains(words)), "{words}: {preflight}");
}

#[tokio::test]
async fn a_user_that_may_only_select_gets_all_answers() {
    let db = fresh().await;
    let migrator = migrator(&[("tables", TABLES, ""), ("pending", CHANGES, "")]);
    migrator.upgrade(&db.pool, "tables").await.unwrap();
    db.execute("INSERT INTO users VALUES (1, 'a'), (2, 'a')").await;
    let user = unique("reader");
    let user = &user[user.len().saturating_sub(30)..].replace("-", "_");
    db.execute(&format!("CREATE USER '{user}'@'%' IDENTIFIED BY 'pw'")).await;
    db.execute(&format!("GRANT SELECT ON `{}`.* TO '{user}'@'%'", db.name)).await;
    let (scheme, rest) = db.url.split_once("://").unwrap();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let pool = pool_on(&format!("{scheme}://{user}:pw@{rest}")).await;
    let preflight = migrator.preflight(&pool, &PreflightOptions::new()).await.unwrap();
    has(
        &preflight,
        Subject::Rows,
        AnswerState::Stop,
        "1 value of email is in more than one row of users: email = a",
    );
    has(&preflight, Subject::Rights, AnswerState::Stop, "has no INDEX on users");
    has(&preflight, Subject::Rights, AnswerState::Stop, "has no INSERT on ambix_history");
    has(&preflight, Subject::Activity, AnswerState::Look, "not known, because");
    pool.close().await;
    let preflight = migrator.preflight(&db.pool, &PreflightOptions::new()).await.unwrap();
    has(&preflight, Subject::Rights, AnswerState::Ok, "this role may do what the steps do");
    db.execute(&format!("DROP USER '{user}'@'%'")).await;
}

#[tokio::test]
async fn an_open_transaction_is_named() {
    let db = fresh().await;
    let migrator = migrator(&[("tables", TABLES, ""), ("pending", CHANGES, "")]);
    migrator.upgrade(&db.pool, "tables").await.unwrap();
    let mut busy = Connection::connect(&db.url).await.unwrap();
    sqlx::raw_sql("BEGIN; INSERT INTO users VALUES (1, 'a')").execute(&mut busy).await.unwrap();
    let options = PreflightOptions::new().long_transaction(Duration::ZERO);
    // The server shows a copy of its list of transactions, which it renews only if nobody has read it for a tenth of a second.
    let words = "has had a transaction open for";
    let mut preflight = migrator.preflight(&db.pool, &options).await.unwrap();
    for _ in 0..50 {
        if preflight.to_string().contains(words) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        preflight = migrator.preflight(&db.pool, &options).await.unwrap();
    }
    has(&preflight, Subject::Activity, AnswerState::Look, words);
    sqlx::raw_sql("ROLLBACK").execute(&mut busy).await.unwrap();
    assert!(server().contains("://"));
}
