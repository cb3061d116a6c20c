//! Schemas of two databases, and what is said of their difference.

use ambix::testkit::Snapshot;

use crate::{
    setup::{Fresh, SCHEME, fresh},
    support::three,
};

const BASE: &str =
    "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20), email varchar(50))";

async fn snapshot(db: &Fresh) -> Snapshot {
    Snapshot::of(&db.pool).await.unwrap()
}

/// What is said of `BASE` beside the same with more statements.
async fn difference(left: &[&str], right: &[&str]) -> String {
    let (a, b) = (fresh().await, fresh().await);
    for (db, statements) in [(&a, left), (&b, right)] {
        for sql in statements {
            db.execute(sql).await;
        }
    }
    let (a, b) = (snapshot(&a).await, snapshot(&b).await);
    let said = a.difference(&b).map(|difference| difference.to_string()).unwrap_or_default();
    assert_eq!(a == b, said.is_empty());
    said
}

#[tokio::test]
async fn the_history_is_no_part_of_it() {
    let (migrated, by_hand) = (fresh().await, fresh().await);
    three().run_pending(&migrated.pool).await.unwrap();
    three().history_table("other").run_pending(&by_hand.pool).await.unwrap();
    let left = snapshot(&migrated).await;
    ambix::testkit::assert_schema_eq!(
        left,
        Snapshot::without(&by_hand.pool, "other").await.unwrap()
    );
    let right = snapshot(&by_hand).await;
    let said = left.difference(&right).unwrap().to_string();
    assert_eq!(said.lines().next(), Some("only right: table other"), "{said}");
    assert_eq!(left.schema().tables.len(), 3);
}

#[tokio::test]
async fn each_difference_is_a_line() {
    let index = "CREATE INDEX users_name ON users (name)";
    let more = "ALTER TABLE users ADD COLUMN bio text";
    let bare = "CREATE TABLE bare (id integer)";
    assert_eq!(difference(&[BASE], &[BASE]).await, "");
    assert_eq!(
        difference(&[BASE, index], &[BASE]).await,
        "only left: index users_name on users (name)"
    );
    assert_eq!(
        difference(&[BASE], &[BASE, index]).await,
        "only right: index users_name on users (name)"
    );
    assert_eq!(difference(&[BASE, more], &[BASE]).await, "only left: column users.bio");
    assert!(difference(&[BASE], &[BASE, more]).await.starts_with("only right: column users.bio "));
    assert_eq!(difference(&[BASE], &[BASE, bare]).await, "only right: table bare");
    let order = "CREATE TABLE users (id integer PRIMARY KEY, email varchar(50), name varchar(20))";
    assert_eq!(
        difference(&[BASE], &[order]).await,
        "differs: the order of the columns of users: id, name, email -> id, email, name"
    );
    // The same name, the same columns, and something that the line does not have.
    let unique = "CREATE UNIQUE INDEX users_name ON users (name)";
    let said = difference(&[BASE, index], &[BASE, unique]).await;
    assert!(
        said.contains("only right: unique ") && said.contains(" users_name on users (name)"),
        "{said}"
    );
}

#[tokio::test]
async fn the_text_of_a_view_or_trigger_counts() {
    let view = |what: &str| format!("CREATE VIEW v AS SELECT {what} FROM users");
    let (one, other) = (view("id"), view("name"));
    assert_eq!(difference(&[BASE, &one], &[BASE, &one]).await, "");
    assert_eq!(difference(&[BASE, &one], &[BASE]).await, "only left: view v");
    let said = difference(&[BASE, &one], &[BASE, &other]).await;
    assert!(said.starts_with("differs: view v: ") && said.contains(" -> "), "{said}");
    let triggers: Vec<Vec<String>> = ["BEFORE", "AFTER"]
        .iter()
        .map(|time| match SCHEME {
            "postgres" => vec![
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
                    .to_owned(),
                format!(
                    "CREATE TRIGGER t {time} INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()"
                ),
            ],
            "mysql" => {
                vec![format!("CREATE TRIGGER t {time} INSERT ON users FOR EACH ROW SET @a = 1")]
            }
            _ => vec![format!("CREATE TRIGGER t {time} INSERT ON users BEGIN SELECT 1; END")],
        })
        .collect();
    let with = |at: usize| -> Vec<&str> {
        [BASE].into_iter().chain(triggers[at].iter().map(String::as_str)).collect()
    };
    assert_eq!(difference(&with(0), &with(0)).await, "");
    let said = difference(&with(0), &with(1)).await;
    assert!(said.starts_with("differs: trigger t") && said.contains("AFTER"), "{said}");
}

#[tokio::test]
async fn an_assertion_says_it_all() {
    let (a, b) = (fresh().await, fresh().await);
    a.execute(BASE).await;
    let (a, b) = (snapshot(&a).await, snapshot(&b).await);
    ambix::testkit::assert_schema_eq!(a, a.clone());
    ambix::testkit::assert_schema_eq!(a, a.clone(), "of {}", "course");
    let said = |run: &(dyn Fn() + std::panic::RefUnwindSafe)| -> String {
        let panic = std::panic::catch_unwind(run).unwrap_err();
        *panic.downcast::<String>().unwrap()
    };
    let one = said(&|| {
        let (a, b) = (&a, &b);
        std::panic::AssertUnwindSafe(|| ambix::testkit::assert_schema_eq!(a, b))()
    });
    assert_eq!(one, "the schemas differ:\nonly left: table users");
    let two = said(&|| ambix::testkit::assert_schema_eq!(&a, &b, "after {}", 7));
    assert_eq!(two, "the schemas differ: after 7\nonly left: table users");
}
