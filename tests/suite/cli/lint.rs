//! `lint` and `rule`, and the plan that shows what lint finds.

use super::User;

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
    assert!(user.quietly("plan -v --json").stdout.contains("\"findings\": ["));
    assert_eq!(user.quietly("upgrade --dry-run").stdout, user.quietly("plan").stdout);
    assert!(user.quietly("current").stdout.contains("aaa111"), "a dry run runs nothing");
}
