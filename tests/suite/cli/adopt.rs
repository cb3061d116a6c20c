//! `adopt`: the history of another tool is taken over.

use super::User;

/// Two files of dbmate's.
const FILES: &[(&str, &str)] = &[
    (
        "migrations/20240101000000_create_users.sql",
        "-- migrate:up\nCREATE TABLE users (id integer);\n\n-- migrate:down\nDROP TABLE users;\n",
    ),
    (
        "migrations/20240102000000_create_posts.sql",
        "-- migrate:up\nCREATE TABLE posts (id integer);\n\n-- migrate:down\nDROP TABLE posts;\n",
    ),
];

#[tokio::test]
async fn the_history_of_another_tool_is_taken_over() {
    let mut user = User::with(FILES).await;
    user.ambix("adopt --from dbmate");
    user.ambix("adopt --from dbmate --once");
    user.db.execute("CREATE TABLE users (id integer)").await;
    user.db.execute("CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)").await;
    user.ambix("adopt --from dbmate");
    user.db.execute("INSERT INTO schema_migrations VALUES ('20240101000000')").await;
    user.remark("the database is as dbmate has left it");
    user.ambix("adopt --from dbmate --dry-run");
    user.ambix("current");
    user.ambix("adopt --from dbmate");
    user.ambix("adopt --from dbmate");
    user.ambix("upgrade");
    user.ambix("downgrade base");
    user.ambix("adopt --from dbmate --once");
    user.ambix("--json adopt --from dbmate");
    user.finish("adopt");
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let mut user = User::with(FILES).await;
    user.db.execute("CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)").await;
    for version in ["20240101000000", "20240103000000"] {
        user.db.execute(&format!("INSERT INTO schema_migrations VALUES ('{version}')")).await;
    }
    user.ambix("adopt");
    user.ambix("adopt --from rails");
    user.ambix("adopt --from golang-migrate");
    user.ambix("adopt --from dbmate");
    user.ambix("--quiet --json adopt --from dbmate");
    user.ambix("adopt --from dbmate --forget-unknown");
    user.ambix("adopt --from alembic --table nothing");
    user.finish("adopt_refused");
}
