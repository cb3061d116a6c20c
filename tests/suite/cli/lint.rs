//! `lint` and `rule`, and the plan that shows what lint finds.

use super::User;
use crate::setup::SCHEME;

const FILES: [(&str, &str); 4] = [
    (
        "migrations/20241101_0900_aaa111_create_users.up.sql",
        "CREATE TABLE users (id bigint PRIMARY KEY, name varchar(20), age integer);\n",
    ),
    ("migrations/20241101_0900_aaa111_create_users.down.sql", "DROP TABLE users;\n"),
    (
        "migrations/20241102_0900_bbb222_drop_name_from_users.up.sql",
        "-- it was never read\nALTER TABLE users DROP COLUMN name;\n",
    ),
    (
        "migrations/20241102_0900_bbb222_drop_name_from_users.down.sql",
        "ALTER TABLE users ADD COLUMN name varchar(20);\n",
    ),
];

#[tokio::test]
async fn findings_and_ways_to_silence_them() {
    let mut user = User::with(&FILES).await;
    assert_eq!(user.ambix("lint").code, 3);
    assert_eq!(user.ambix("lint bbb222 --format github").code, 3);
    assert_eq!(user.ambix("lint --format junit").code, 3);
    assert_eq!(user.quietly("lint --format sarif").code, 3);
    assert_eq!(user.quietly("lint --json").code, 3);
    user.remark("what a run creates is not in use yet");
    assert_eq!(user.ambix("lint aaa111:bbb222").code, 0);
    assert_eq!(user.ambix("lint --pending").code, 0);
    assert_eq!(user.ambix("lint --write-baseline").code, 0);
    assert_eq!(user.ambix("lint").code, 0);
    assert_eq!(user.ambix("lint --no-baseline --deny warning").code, 3);
    assert_eq!(user.ambix("lint --deny nothing").code, 2);
    assert_eq!(user.ambix("lint nosuch").code, 1);
    user.ambix("rule COMPAT-005");
    user.ambix("rule NO-1");
    user.finish("lint");
}

#[tokio::test]
async fn a_plan_shows_statements_and_findings() {
    let user = User::with(&FILES).await;
    assert_eq!(user.quietly("upgrade aaa111").code, 0);
    let plan = user.quietly("plan -v");
    assert_eq!(plan.code, 0);
    assert!(plan.stdout.contains("   ALTER TABLE users DROP COLUMN name;"), "{}", plan.stdout);
    assert!(plan.stdout.contains("error[COMPAT-005]"), "{}", plan.stdout);
    let sql = user.quietly("plan --sql");
    assert!(sql.stdout.contains("-- it was never read\nALTER TABLE"), "{}", sql.stdout);
    assert!(sql.stdout.contains("\n-- error[COMPAT-005]: "), "{}", sql.stdout);
    assert!(sql.stdout.lines().all(|line| !line.starts_with("error[")), "{}", sql.stdout);
    assert!(user.quietly("plan -v --json").stdout.contains("\"findings\": ["));
    assert_eq!(user.quietly("upgrade --dry-run").stdout, user.quietly("plan").stdout);
    assert!(user.quietly("current").stdout.contains("aaa111"), "a dry run runs nothing");
}

/// A run marks what it has seen, in each format; the exit code counts what is left.
#[tokio::test]
async fn findings_of_a_run() {
    let statement = match SCHEME {
        "postgres" => "CREATE INDEX users_name ON users (name);\n",
        "mysql" => "ALTER TABLE users MODIFY age bigint;\n",
        _ => {
            "CREATE TABLE new_users (id integer PRIMARY KEY); INSERT INTO new_users SELECT id FROM users;\nDROP TABLE users; \
             ALTER TABLE new_users RENAME TO users;\n"
        }
    };
    let mut files = FILES[..2].to_vec();
    files.push(("migrations/20241102_0900_bbb222_change_users.up.sql", statement));
    let user = User::with(&files).await;
    let code = if SCHEME == "sqlite" { 0 } else { 3 };
    let text = user.quietly("lint --run --show info");
    assert_eq!(text.code, code, "{}", text.stderr);
    assert!(text.stdout.contains("   = measured: users: "), "{}", text.stdout);
    let json = user.quietly("lint --run --show info --json");
    assert!(json.stdout.contains("\"measured\": \"users: "), "{}", json.stdout);
    assert!(json.stdout.contains("\"executions\": ["), "{}", json.stdout);
    for format in ["github", "sarif", "junit"] {
        let printed = user.quietly(&format!("lint --run --show info --format {format}"));
        assert!(printed.stdout.contains("(measured: users: "), "{format}: {}", printed.stdout);
    }
    // Nothing was changed, and a run of what is pending takes none of it for used.
    assert!(!user.quietly("current").stdout.contains("aaa111"));
    let pending = user.quietly("lint --run --pending --show info");
    assert!(!pending.stdout.contains("measured"), "{}", pending.stdout);
    user.quietly("lint --write-baseline");
    assert_eq!(user.quietly("lint --run").code, 0);
}
