//! What drafts do not compare and only PostgreSQL has: extensions, other schemas, parents of tables.

use ambix::{
    Error, Migration, Migrations, Migrator,
    draft::{Draft, DraftOptions, DumpOptions, Found},
};

use crate::setup::{Fresh, fresh};

fn migrator(sql: &str) -> Migrator {
    let first = Migration::new("r1", "begin").up(sql);
    Migrator::from_migrations(Migrations::new([first]).unwrap()).unwrap()
}

async fn check(db: &Fresh, migrator: &Migrator, options: DraftOptions) -> Draft {
    let options = options.allow_destructive(true);
    migrator.check(&db.pool, options).await.unwrap_or_else(|error| panic!("{error:?}"))
}

async fn draft(is: &str, should: &str) -> (Fresh, Migrator, Draft) {
    let db = fresh().await;
    let migrator = migrator(is).schema_sql(should);
    migrator.run_pending(&db.pool).await.unwrap();
    let draft = check(&db, &migrator, DraftOptions::new()).await;
    (db, migrator, draft)
}

/// A change that needs what a new extension brings: a type, an operator class, a function.
#[tokio::test]
async fn a_new_extension_comes_before_what_needs_it() {
    let is = "CREATE TABLE label (id int PRIMARY KEY, name text)";
    for (extension, should) in [
        ("citext", "CREATE TABLE label (id int PRIMARY KEY, name text, word citext)"),
        ("citext", "CREATE TABLE label (id int PRIMARY KEY, name text, word citext[])"),
        ("hstore", "CREATE TABLE label (id int PRIMARY KEY, name text, pairs hstore)"),
        (
            "\"uuid-ossp\"",
            "CREATE TABLE label (id int PRIMARY KEY, name text, u uuid DEFAULT uuid_generate_v4())",
        ),
        (
            "pg_trgm",
            "CREATE TABLE label (id int PRIMARY KEY, name text); CREATE INDEX i ON label USING gin (name gin_trgm_ops)",
        ),
    ] {
        for clause in ["", "IF NOT EXISTS "] {
            let should = format!("CREATE EXTENSION {clause}{extension}; {should}");
            let (db, migrator, draft) = draft(is, &should).await;
            let created = format!("CREATE EXTENSION IF NOT EXISTS {extension}");
            let at = |text: &str| draft.up.find(text);
            let change = at("ALTER TABLE").or_else(|| at("CREATE INDEX"));
            assert!(at(&created).is_some() && at(&created) < change, "{}", draft.up);
            assert!(draft.not_compared.is_empty(), "{:?}", draft.not_compared);
            // Once it is there, so is what it brings, and the same script runs in the scratch place.
            db.execute(&format!("CREATE EXTENSION {extension}")).await;
            let draft = check(&db, &migrator, DraftOptions::new()).await;
            assert!(
                draft.not_compared.is_empty() && !draft.up.contains("will fail"),
                "{}",
                draft.up
            );
        }
    }
}

/// It belongs to the database, and a scratch place in that has it.
#[tokio::test]
async fn an_extension_that_is_there_is_no_obstacle() {
    let is = "CREATE EXTENSION citext; CREATE TABLE label (id int PRIMARY KEY, word citext)";
    let should = format!("{is}; ALTER TABLE label ADD hue int");
    let (db, migrator, draft) = draft(is, &should).await;
    assert_eq!(draft.to_string(), "add column label.hue integer");
    assert!(draft.not_compared.is_empty(), "{:?}", draft.not_compared);
    let draft = check(&db, &migrator, DraftOptions::new().from_migrations(true)).await;
    assert_eq!(draft.to_string(), "add column label.hue integer");
    let without = migrator.schema_sql("CREATE TABLE label (id int PRIMARY KEY, word citext)");
    let draft = check(&db, &without, DraftOptions::new()).await;
    assert_eq!(draft.not_compared[0].to_string(), "extension citext");
    assert_eq!(draft.not_compared[0].found, Found::There);
}

/// A value that was added can be used once it is committed, and a type that was recreated at once.
#[tokio::test]
async fn a_new_value_of_an_enum_is_used_beside_tables_at_once() {
    let is = "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (x e); CREATE DOMAIN d AS e; CREATE VIEW v AS SELECT x FROM t";
    let should =
        "CREATE TYPE e AS ENUM ('a', 'z'); CREATE TABLE t (x e); CREATE DOMAIN d AS e DEFAULT 'z';
        CREATE VIEW v AS SELECT x FROM t WHERE x = 'z'; CREATE POLICY p ON t USING (x = 'z')";
    let db = fresh().await;
    let migrator = migrator(is).schema_sql(should);
    migrator.run_pending(&db.pool).await.unwrap();
    db.execute("INSERT INTO t VALUES ('a')").await;
    let draft = migrator.draft(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(draft.is_proven, "{}\n{:?}", draft.up, draft.notes);
    db.execute(&format!("BEGIN; {}; COMMIT", draft.up)).await;
    assert!(check(&db, &migrator, DraftOptions::new()).await.is_empty());
    assert_eq!(db.column("SELECT x::text FROM t").await, ["a"]);
}

/// What somebody says of an extension, beside what it says of itself.
#[tokio::test]
async fn a_comment_on_an_extension_is_compared() {
    let is = "CREATE EXTENSION citext";
    let ours = format!("{is}; COMMENT ON EXTENSION citext IS 'for names'");
    let (db, migrator, found) = draft(is, &ours).await;
    assert_eq!(found.to_string(), "create comment on extension citext");
    assert!(found.up.contains("COMMENT ON EXTENSION citext IS 'for names'"), "{}", found.up);
    let down = "COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings'";
    assert!(found.down.contains(down), "{}", found.down);
    db.execute(&found.up).await;
    assert!(check(&db, &migrator, DraftOptions::new()).await.is_empty());
    let dump = migrator.dump(&db.pool, DumpOptions::new()).await.unwrap();
    assert!(dump.sql.contains("IS 'for names'"), "{}", dump.sql);
    db.execute(&found.down).await;
    let dump = migrator.dump(&db.pool, DumpOptions::new()).await.unwrap();
    assert!(!dump.sql.contains("COMMENT ON EXTENSION"), "{}", dump.sql);
}

/// In the scratch place, such a name leads to the database's own table.
#[tokio::test]
async fn a_table_that_is_named_before_it_is_created_is_no_other_table() {
    let is = "CREATE TABLE orgs (id int PRIMARY KEY); CREATE TABLE people (id int PRIMARY KEY)";
    let early = "CREATE TABLE people (id int PRIMARY KEY, org int REFERENCES orgs (id))";
    let view = "CREATE TABLE people (id int PRIMARY KEY); CREATE VIEW ids AS SELECT id FROM orgs";
    let db = fresh().await;
    let migrator = migrator(is);
    migrator.run_pending(&db.pool).await.unwrap();
    for (user, early) in [("a foreign key of people", early), ("the view ids", view)] {
        let script = format!("{early}; CREATE TABLE orgs (id int PRIMARY KEY)");
        let with = migrator.clone().schema_sql(script);
        let error = with.check(&db.pool, DraftOptions::new()).await.unwrap_err().to_string();
        let cause = format!(
            "the SQL creates {user} before the table orgs that it names, so that it took public.orgs, which the database has already; \
             create orgs first; nothing was written"
        );
        assert!(error.contains(&cause), "{error}");
    }
    // What the script leaves to others is theirs.
    let with = migrator.schema_sql(early).include(|object| object.name != "orgs");
    let found = check(&db, &with, DraftOptions::new()).await;
    assert!(found.up.contains("REFERENCES"), "{}", found.up);
}

#[tokio::test]
async fn a_schema_that_the_migrations_made_goes() {
    let is = "CREATE SCHEMA barn; CREATE TABLE barn.hay (id int); CREATE TABLE cow (id int)";
    let (_db, _, found) = draft(is, "CREATE TABLE cow (id int)").await;
    assert_eq!(found.to_string(), "drop table barn.hay\ndrop schema barn");
    // One that no migration has made is somebody else's.
    let (db, migrator, found) =
        draft("CREATE TABLE cow (id int)", "CREATE TABLE cow (id int)").await;
    assert!(found.is_empty(), "{found}");
    db.execute("CREATE SCHEMA sty; CREATE TABLE sty.pig (id int)").await;
    let found = check(&db, &migrator, DraftOptions::new()).await;
    assert!(found.is_empty(), "{found}");
    assert_eq!(found.not_compared[0].to_string(), "schema sty");
    assert_eq!(found.not_compared[0].found, Found::There);
    let (_db, _, found) = draft(is, is).await;
    assert!(found.is_empty() && found.not_compared.is_empty(), "{found}");
}

/// A table that others inherit from which are not compared.
#[tokio::test]
async fn who_uses_a_table_that_goes_is_named() {
    let wrapper = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;";
    let lorry =
        |of: &str| format!("CREATE FOREIGN TABLE lorry (load int) INHERITS ({of}) SERVER s");
    let is = format!("{wrapper} CREATE TABLE vehicle (id int, name text); {}", lorry("vehicle"));
    let should = format!("{wrapper} CREATE TABLE truck (id int, name text); {}", lorry("truck"));
    let (db, _, draft) = draft(&is, &should).await;
    let fails = "-- will fail: the foreign table lorry uses it";
    assert!(draft.up.contains(fails), "{}", draft.up);
    assert!(draft.not_compared.iter().any(|thing| thing.to_string() == "foreign table lorry"));
    let mut connection = db.pool.acquire().await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("BEGIN; {}", draft.up));
    assert!(sqlx::raw_sql(sql).execute(&mut *connection).await.is_err());
    sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.unwrap();
}

/// The history's schema is the one in which a table is whose schema is not said, also where a script says it.
#[tokio::test]
async fn the_schema_of_the_history_in_a_script() {
    let db = fresh().await;
    db.execute("CREATE SCHEMA hs").await;
    let migrator = migrator("CREATE TABLE q (n int)").schema("hs");
    migrator.run_pending(&db.pool).await.unwrap();
    for script in [
        "CREATE SCHEMA IF NOT EXISTS hs; CREATE TABLE hs.q (n int)",
        "CREATE SCHEMA hs; CREATE TABLE hs.q (n int)",
        "CREATE TABLE hs.q (n int)",
        "CREATE TABLE \"hs\".q (n int)",
        "CREATE TABLE q (n int)",
        "SET search_path = hs; CREATE TABLE q (n int)",
    ] {
        let draft = check(&db, &migrator.clone().schema_sql(script), DraftOptions::new()).await;
        assert_eq!(draft.to_string(), "no changes detected; compared: q", "{script}");
    }
    let more = "CREATE TABLE hs.q (n int, m int)";
    let draft = check(&db, &migrator.clone().schema_sql(more), DraftOptions::new()).await;
    assert_eq!(draft.to_string(), "add column q.m integer");
    let drift = migrator.drift(&db.pool).await.unwrap();
    assert!(drift.is_empty() && drift.not_compared.is_empty(), "{drift} {:?}", drift.not_compared);
}

/// A script still fails with its place where something else is there twice.
#[tokio::test]
async fn what_else_is_there_twice_is_an_error() {
    let db = fresh().await;
    let twice =
        migrator("SELECT 1").schema_sql("CREATE TABLE t (id int);\nCREATE TABLE t (id int)");
    twice.run_pending(&db.pool).await.unwrap();
    let error = twice.check(&db.pool, DraftOptions::new()).await.unwrap_err();
    assert!(
        matches!(error, Error::Scratch { .. }) && format!("{error:#}").contains("schema.sql:2:1")
    );
}
