//! A database that a test has used is given to the next one only if nobody can tell.

use ambix::{
    Migration, Migrations, Migrator, databases,
    testkit::{TestDatabase, TestSetup},
};
use sqlx::{AssertSqlSafe, PgPool};

use crate::{setup::testkit_url, support::unique};

/// Rows, sequences in every state, both sides of a foreign key, a view, a partitioned table.
const UP: &str = "
CREATE TABLE users (id bigserial PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, author bigint NOT NULL REFERENCES users);
CREATE TABLE countries (id serial PRIMARY KEY, code text NOT NULL);
INSERT INTO countries (code) VALUES ('de'), ('fr');
CREATE SEQUENCE numbers START 100;
CREATE SEQUENCE stopped;
SELECT setval('stopped', 7, false);
CREATE VIEW authors AS SELECT author FROM posts;
CREATE TABLE events (at int NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (100);
";

fn migrator() -> Migrator {
    let (name, table) = (unique("reuse"), unique("t"));
    let migrations = Migrations::new([
        Migration::new("1", "all").up(UP),
        Migration::new("2", name).up(format!("CREATE TABLE {table} (id int)").as_str()),
    ]);
    Migrator::from_migrations(migrations.unwrap()).unwrap()
}

async fn create(migrator: &Migrator) -> TestDatabase<PgPool> {
    TestSetup::new(migrator).url(testkit_url()).create().await.unwrap()
}

async fn execute(pool: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap();
}

/// All that a test could see.
async fn contents(pool: &PgPool) -> Vec<String> {
    let queries = [
        "SELECT 'users ' || u::text FROM users u",
        "SELECT 'posts ' || p::text FROM posts p",
        "SELECT 'countries ' || c::text FROM countries c ORDER BY 1",
        "SELECT 'events ' || e::text FROM events e",
        "SELECT 'numbers ' || last_value || is_called FROM numbers",
        "SELECT 'stopped ' || last_value || is_called FROM stopped",
        "SELECT 'users_id ' || last_value || is_called FROM users_id_seq",
        "SELECT 'posts_id ' || last_value || is_called FROM posts_id_seq",
        "SELECT 'countries_id ' || last_value || is_called FROM countries_id_seq",
        "SELECT 'history ' || revision FROM ambix_history ORDER BY 1",
    ];
    let mut all = Vec::new();
    for query in queries {
        all.extend(sqlx::query_scalar::<_, String>(query).fetch_all(pool).await.unwrap());
    }
    all
}

/// What a test does, and whether its database can be used again.
const TESTS: [(&str, bool); 16] = [
    ("SELECT 1", true),
    (
        "INSERT INTO users (email) VALUES ('a'), ('b'); INSERT INTO posts (author) SELECT id FROM users",
        true,
    ),
    ("INSERT INTO users (email) VALUES ('a'); DELETE FROM users", true),
    ("INSERT INTO events VALUES (1, 'x')", true),
    ("SELECT nextval('numbers'), nextval('stopped'), nextval('countries_id_seq')", true),
    ("SELECT setval('numbers', 500, false), setval('stopped', 1, false)", true),
    ("CREATE TEMPORARY TABLE scratch (id int); INSERT INTO scratch VALUES (1)", true),
    ("BEGIN; INSERT INTO countries (code) VALUES ('it'); DROP TABLE events; ROLLBACK", true),
    ("UPDATE countries SET code = 'xx' WHERE code = 'de'", false),
    ("DELETE FROM countries WHERE code = 'de'", false),
    ("INSERT INTO countries (code) VALUES ('it')", false),
    ("TRUNCATE countries", false),
    ("CREATE TABLE more (id int)", false),
    ("CREATE INDEX ON users (id, email)", false),
    ("CREATE OR REPLACE VIEW authors AS SELECT author FROM posts WHERE false", false),
    ("COMMENT ON TABLE users IS 'x'", false),
];

#[tokio::test]
async fn a_database_is_used_again_only_where_nobody_can_tell() {
    let migrator = migrator();
    let fresh = create(&migrator).await;
    let expected = contents(fresh.pool()).await;
    assert_eq!(expected.len(), 9, "{expected:?}");
    fresh.close().await.unwrap();
    for (sql, again) in TESTS {
        let database = create(&migrator).await;
        assert_eq!(contents(database.pool()).await, expected, "before {sql}");
        execute(database.pool(), sql).await;
        let (name, url) = (database.name().to_owned(), database.url().to_owned());
        database.close().await.unwrap();
        assert_eq!(databases::exists(&url).await.unwrap(), again, "after {sql}");
        // Another test's process may look at the database in the moment in which it is asked for; then there are two of them from then
        // on, and the next that asks gets either.
        let mut given = Vec::new();
        loop {
            let next = create(&migrator).await;
            assert_eq!(contents(next.pool()).await, expected, "after {sql}");
            let is_same = next.name() == name;
            given.push(next);
            assert!(again || !is_same, "{sql}");
            if is_same || !again {
                break;
            }
            assert!(given.len() < 8, "{name} is not given to another test after {sql}");
        }
        for next in given {
            next.close().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_database_with_triggers_is_not_used_again_where_they_would_fire() {
    let table = unique("t");
    let sql = format!(
        "CREATE TABLE {table} (id int); CREATE TABLE log (what text);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (tg_op); RETURN NULL; END $$;
         CREATE TRIGGER note AFTER INSERT OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION note()"
    );
    let migrations = Migrations::new([Migration::new("1", "all").up(sql.as_str())]).unwrap();
    let migrator = Migrator::from_migrations(migrations).unwrap();
    for (sql, again) in
        [("SELECT 1".to_owned(), true), (format!("INSERT INTO {table} VALUES (1)"), false)]
    {
        let database = create(&migrator).await;
        execute(database.pool(), &sql).await;
        let url = database.url().to_owned();
        database.close().await.unwrap();
        assert_eq!(databases::exists(&url).await.unwrap(), again, "after {sql}");
    }
}

#[tokio::test]
async fn a_database_that_somebody_still_uses_is_dropped() {
    let migrator = migrator();
    let database = create(&migrator).await;
    let url = database.url().to_owned();
    let leaked = PgPool::connect(&url).await.unwrap();
    let _held = leaked.acquire().await.unwrap();
    database.close().await.unwrap();
    assert!(!databases::exists(&url).await.unwrap());
}

/// A role that is no superuser and owns nothing but what it makes.
#[tokio::test]
async fn a_role_with_createdb_is_enough() {
    let role = unique("role");
    let admin = PgPool::connect(&testkit_url()).await.unwrap();
    execute(&admin, &format!("CREATE ROLE {role} LOGIN CREATEDB")).await;
    execute(&admin, &format!("CREATE DATABASE {role} OWNER {role}")).await;
    let url = crate::setup::url_of(&role).replace("postgres@", &format!("{role}@"));
    let migrator = migrator();
    let create = || TestSetup::<PgPool>::new(&migrator).url(&url).create();
    let mut names = std::collections::HashSet::new();
    for _ in 0..3 {
        let database = create().await.unwrap();
        let sql = "INSERT INTO users (email) VALUES ('a'); INSERT INTO posts (author) SELECT id FROM users";
        execute(database.pool(), sql).await;
        names.insert(database.name().to_owned());
        database.close().await.unwrap();
    }
    assert_eq!(names.len(), 1, "one database is enough for tests that come one after the other");
    execute(&admin, &format!("ALTER ROLE {role} NOCREATEDB")).await;
    let error = TestSetup::<PgPool>::new(&self::migrator()).url(&url).create().await.unwrap_err();
    assert!(format!("{error:#}").contains("needs CREATEDB"), "{error}");
    for name in ambix::testkit::clear(&url).await.unwrap() {
        assert!(name.starts_with("ambix_"), "{name}");
    }
    execute(&admin, &format!("DROP DATABASE {role} WITH (FORCE)")).await;
    execute(&admin, &format!("DROP ROLE {role}")).await;
}
