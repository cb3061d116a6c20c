//! `erd`: tables and their keys as a drawing.

use super::User;

/// Three tables, a key to one of them that may be NULL, one that is unique, and names that no format takes.
const SCHEMA: &str = "CREATE TABLE users (id integer PRIMARY KEY, email varchar(100) NOT NULL UNIQUE, boss integer REFERENCES users (id));
CREATE TABLE profiles (user_id integer PRIMARY KEY REFERENCES users (id), bio text);
CREATE TABLE \"odd | <name>\" (id integer PRIMARY KEY, \"a b\" integer NOT NULL REFERENCES profiles (user_id));
";

#[tokio::test]
async fn drawings() {
    let quote =
        |sql: &str| if crate::setup::SCHEME == "mysql" { in_mysql(sql) } else { sql.to_owned() };
    let mut user = User::with(&[("schema.sql", &quote(SCHEMA))]).await;
    user.db.execute("CREATE TABLE only_here (id integer PRIMARY KEY)").await;
    user.ambix("erd --schema schema.sql");
    user.ambix("erd --schema schema.sql --format dot --columns keys");
    user.ambix("erd --schema schema.sql --tables 'user*' --columns none");
    user.ambix("erd --schema schema.sql --tables prof*,nosuch");
    user.ambix("erd");
    user.ambix("erd --tables nosuch");
    user.finish_for_each("erd");
    let svg = user.quietly("erd --schema schema.sql --format svg");
    assert!(svg.stdout.starts_with("<?xml") && svg.stdout.contains("<svg"), "{}", svg.stdout);
    assert!(svg.stdout.contains("users") && svg.stdout.contains("email"), "{}", svg.stdout);
}

/// Without references at columns, which MySQL reads and forgets.
fn in_mysql(sql: &str) -> String {
    let sql = sql
        .replace(
            "boss integer REFERENCES users (id)",
            "boss integer, FOREIGN KEY (boss) REFERENCES users (id)",
        )
        .replace(
            "PRIMARY KEY REFERENCES users (id), bio text",
            "PRIMARY KEY, bio text, FOREIGN KEY (user_id) REFERENCES users (id)",
        )
        .replace(
            "NOT NULL REFERENCES profiles (user_id)",
            "NOT NULL, FOREIGN KEY (\"a b\") REFERENCES profiles (user_id)",
        );
    sql.replace('"', "`")
}

/// A hundred tables are drawn at once, with the columns of keys alone.
#[tokio::test]
async fn a_hundred_tables() {
    let key = |n: u32| match n {
        0 => String::new(),
        n => format!(", other integer, FOREIGN KEY (other) REFERENCES t{} (id)", n / 3),
    };
    let tables = (0..100)
        .map(|n| format!("CREATE TABLE t{n} (id integer PRIMARY KEY, more integer{});\n", key(n)));
    let user = User::with(&[("schema.sql", &tables.collect::<String>())]).await;
    for format in ["mermaid", "dot", "svg"] {
        let printed = user.quietly(&format!("erd --schema schema.sql --format {format}"));
        assert_eq!(printed.code, 0, "{}", printed.stderr);
        assert!(
            printed.stdout.contains("t99") && !printed.stdout.contains("more"),
            "{}",
            printed.stdout
        );
        assert!(printed.stderr.contains("--columns all"), "{}", printed.stderr);
    }
}
