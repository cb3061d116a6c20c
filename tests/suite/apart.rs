//! What drafts do not compare: it is never taken for what is not there, and named where one side has it and the other has not, or has
//! another one.

use ambix::{
    Migration, Migrations, Migrator,
    draft::{Draft, DraftOptions, Found},
    schema::{Check, Column, EnumType, Schema, Table, Type},
};

use crate::setup::{self, Fresh, SCHEME};

const PLAIN: &str = "CREATE TABLE visit (id integer, day date)";

/// What has the name of a table and is none: its kind, and what makes it.
const OTHERS: &[(&str, &str, &str)] = &[
    (
        "p",
        "foreign table",
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
        CREATE TABLE visits (id integer, day date); CREATE FOREIGN TABLE visit () INHERITS (visits) SERVER s",
    ),
    (
        "m",
        "partitioned table",
        "CREATE TABLE visit (id integer, day date) PARTITION BY LIST (id) (PARTITION a VALUES IN (1), PARTITION b DEFAULT)",
    ),
    (
        "m",
        "system-versioned table",
        "CREATE TABLE visit (id integer, day date) WITH SYSTEM VERSIONING",
    ),
    ("pms", "temporary table", "CREATE TEMPORARY TABLE visit (id integer, day date)"),
];

/// A database that one script has made, against another one.
async fn check(is: &str, should: &str) -> (Fresh, Draft) {
    let db = setup::fresh().await;
    let migrator = migrator(is).schema_sql(should);
    migrator.run_pending(&db.pool).await.unwrap_or_else(|error| panic!("{error}\n{is}"));
    let options = DraftOptions::new().allow_destructive(true);
    let draft = migrator.check(&db.pool, options).await;
    let draft = draft.unwrap_or_else(|error| panic!("{error}\n{is}\n{should}"));
    (db, draft)
}

fn migrator(sql: &str) -> Migrator {
    let first = Migration::new("r1", "begin").up(sql);
    Migrator::from_migrations(Migrations::new([first]).unwrap()).unwrap()
}

fn is_here(databases: &str) -> bool {
    databases.contains(&SCHEME[..1])
}

/// One server of the family has kinds that the other one has not.
async fn is_known(db: &Fresh, sql: &str) -> bool {
    let is_mariadb = ["SEQUENCE", "VERSIONING", "b DEFAULT)"].iter().any(|word| sql.contains(word));
    SCHEME != "mysql" || !is_mariadb || db.column("SELECT VERSION()").await[0].contains("MariaDB")
}

#[tokio::test]
async fn a_table_of_another_kind_is_neither_dropped_nor_made() {
    let server = setup::fresh().await;
    let mut problems = Vec::new();
    for (databases, kind, sql) in OTHERS {
        if !is_here(databases) || !is_known(&server, sql).await {
            continue;
        }
        for (is, should, side) in [(PLAIN, *sql, "in the script"), (*sql, PLAIN, "in the database")]
        {
            // A temporary table has gone with its session.
            if kind.starts_with("temporary") && side == "in the database" {
                continue;
            }
            let (_db, draft) = check(is, should).await;
            let said = format!("visit is a {kind} {side} and is not compared");
            let is_said =
                draft.notes.iter().map(ToString::to_string).any(|note| {
                    note.to_lowercase() == said || note.replace("Visit", "visit") == said
                });
            let touches = draft.changes.iter().any(|change| {
                change.table().is_some_and(|table| table.name.eq_ignore_ascii_case("visit"))
            });
            if !is_said || touches || draft.compared.iter().any(|name| name == "visit") {
                problems.push(format!("{said}: {draft}\n{:?}", draft.notes));
            }
            if draft.is_incomplete() != (side == "in the script") {
                problems.push(format!("{said}: incomplete is {}", draft.is_incomplete()));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// What all cases have.
const BASE: &str =
    "CREATE TABLE hub (id integer PRIMARY KEY, a integer, b integer, CONSTRAINT ok CHECK (a > 0));
    CREATE INDEX hub_a ON hub (a);";
/// The same with functions for triggers.
const FUNCTIONS: &str = "
    CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE FUNCTION told() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
    CREATE TRIGGER stamped BEFORE INSERT ON hub FOR EACH ROW EXECUTE FUNCTION stamp();
    CREATE VIEW seen AS SELECT id FROM hub;
    CREATE TYPE mood AS ENUM ('good');
    CREATE DOMAIN plus AS integer CHECK (VALUE > 0);";

fn base() -> String {
    if SCHEME == "postgres" { format!("{BASE}{FUNCTIONS}") } else { BASE.to_owned() }
}

/// What is named, and the statement that makes it.
const KINDS: &[(&str, &str, &str)] = &[
    ("p", "comment on index hub_pkey", "COMMENT ON INDEX hub_pkey IS 'the key'"),
    (
        "p",
        "user mapping for PUBLIC server s",
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
        CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'secret')",
    ),
    ("p", "access method m", "CREATE ACCESS METHOD m TYPE INDEX HANDLER bthandler"),
    (
        "p",
        "text search parser p",
        "CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)",
    ),
    ("p", "text search template t", "CREATE TEXT SEARCH TEMPLATE t (LEXIZE = dsimple_lexize)"),
    (
        "m",
        "partitioned table parts",
        "CREATE TABLE parts (id integer) PARTITION BY LIST (id) (PARTITION a VALUES IN (1), PARTITION b DEFAULT)",
    ),
    ("m", "system-versioned table old", "CREATE TABLE old (id int) WITH SYSTEM VERSIONING"),
    ("s", "pragma user_version", "PRAGMA user_version = 5"),
    ("s", "pragma application_id", "PRAGMA application_id = 7"),
];

#[tokio::test]
async fn what_one_side_alone_has_is_named() {
    let server = setup::fresh().await;
    let mut problems = Vec::new();
    for (databases, name, sql) in KINDS {
        if !is_here(databases) || !is_known(&server, sql).await {
            continue;
        }
        let (base, more) = (base(), format!("{}{sql};", base()));
        for (is, should, found) in [
            (&base, &more, Some(Found::Wanted)),
            (&more, &base, Some(Found::There)),
            (&more, &more, None),
        ] {
            let (_db, draft) = check(is, should).await;
            let named: Vec<(String, Found)> =
                draft.not_compared.iter().map(|thing| (thing.to_string(), thing.found)).collect();
            let expected: Vec<(String, Found)> =
                found.iter().map(|found| ((*name).to_owned(), *found)).collect();
            let is_said = found.is_none()
                || crate::support::said(&draft.notes).contains(name)
                    && (!draft.is_empty() || draft.to_string().contains(name));
            if named != expected
                || !is_said
                || draft.is_incomplete() != (found == Some(Found::Wanted))
            {
                problems.push(format!("{sql}: {found:?}: {named:?}; {draft}\n{:?}", draft.notes));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// What both sides have, and not the same.
const DIFFERENT: &[(&str, &str, &str, &str)] = &[
    (
        "p",
        "text search template t",
        "CREATE TEXT SEARCH TEMPLATE t (LEXIZE = dsimple_lexize)",
        "CREATE TEXT SEARCH TEMPLATE t (INIT = dsimple_init, LEXIZE = dsimple_lexize)",
    ),
    (
        "m",
        "system-versioned table old",
        "CREATE TABLE old (id integer) WITH SYSTEM VERSIONING",
        "CREATE TABLE old (id bigint) WITH SYSTEM VERSIONING",
    ),
];

#[tokio::test]
async fn what_differs_is_named() {
    let server = setup::fresh().await;
    for (databases, name, one, other) in DIFFERENT {
        if !is_here(databases) || !is_known(&server, one).await {
            continue;
        }
        let script = |sql: &str| format!("{}{sql};", base());
        for (is, should) in [(one, other), (other, one)] {
            let (_db, draft) = check(&script(is), &script(should)).await;
            let named: Vec<String> = draft.not_compared.iter().map(ToString::to_string).collect();
            assert_eq!(named, [*name], "{is} -> {should}");
            assert_eq!(draft.not_compared[0].found, Found::Both);
            assert!(draft.is_incomplete() && draft.is_empty(), "{draft}");
        }
    }
}

/// What is said of parts of a table, of types and schemas, or set on them in statements of their own: how it is called where it is
/// asked for, and where it is taken off.
const SAID: &[(&str, &str, &str, &str)] = &[
    (
        "p",
        "COMMENT ON CONSTRAINT ok ON hub IS 'more'",
        "comment on check ok on hub: more",
        "remove the comment on check ok on hub",
    ),
    (
        "p",
        "COMMENT ON CONSTRAINT hub_pkey ON hub IS 'it''s \"who\"'",
        "comment on primary key hub_pkey on hub: it's \"who\"",
        "remove the comment on primary key hub_pkey on hub",
    ),
    (
        "p",
        "COMMENT ON TYPE mood IS 'how'",
        "comment on type mood: how",
        "remove the comment on type mood",
    ),
    (
        "p",
        "COMMENT ON INDEX hub_a IS 'fast'",
        "comment on index hub_a: fast",
        "remove the comment on index hub_a",
    ),
    (
        "p",
        "ALTER TABLE hub REPLICA IDENTITY FULL",
        "alter table hub: replica_identity = full",
        "alter table hub: no replica_identity",
    ),
    (
        "p",
        "ALTER TABLE hub REPLICA IDENTITY USING INDEX hub_pkey",
        "alter table hub: replica_identity_index = hub_pkey",
        "alter table hub: no replica_identity_index",
    ),
    (
        "p",
        "ALTER TABLE hub CLUSTER ON hub_a",
        "alter table hub: cluster_on = hub_a",
        "alter table hub: no cluster_on",
    ),
    (
        "p",
        "ALTER TABLE hub ALTER a SET STATISTICS 500",
        "alter column hub.a: statistics none -> 500",
        "alter column hub.a: statistics 500 -> none",
    ),
    (
        "p",
        "ALTER TABLE hub ALTER a SET (n_distinct = 5)",
        "alter column hub.a: n_distinct none -> 5",
        "alter column hub.a: n_distinct 5 -> none",
    ),
    (
        "m",
        "ALTER TABLE hub DROP PRIMARY KEY, ADD PRIMARY KEY (id) COMMENT 'who'",
        "comment on primary key of hub: who",
        "remove the comment on primary key of hub",
    ),
    (
        "m",
        "ALTER TABLE hub DROP INDEX hub_b, ADD UNIQUE INDEX hub_b (b) COMMENT 'one'",
        "comment on unique constraint hub_b on hub: one",
        "remove the comment on unique constraint hub_b on hub",
    ),
    (
        "m",
        "ALTER TABLE hub COMMENT 'all'",
        "comment on table hub: all",
        "remove the comment on table hub",
    ),
];

#[tokio::test]
async fn what_is_said_of_things_is_compared() {
    let base = match SCHEME {
        "mysql" => format!("{BASE} CREATE UNIQUE INDEX hub_b ON hub (b);"),
        _ => base(),
    };
    for (_, sql, said, unsaid) in SAID.iter().filter(|(databases, ..)| is_here(databases)) {
        let more = format!("{base}{sql};");
        for (is, should, change) in [(&base, &more, said), (&more, &base, unsaid)] {
            let (db, draft) = check(is, should).await;
            assert_eq!(draft.to_string(), *change, "{sql}");
            assert!(draft.not_compared.is_empty(), "{:?}", draft.not_compared);
            let next = Migration::new("r2", "next").up(&draft.up).down(&draft.down);
            let first = Migration::new("r1", "begin").up(is);
            let all = Migrator::from_migrations(Migrations::new([first, next]).unwrap()).unwrap();
            let there = all.clone().schema_sql(should.clone());
            there.run_pending(&db.pool).await.unwrap_or_else(|e| panic!("{e}\n{}", draft.up));
            let left = there.check(&db.pool, DraftOptions::new()).await.unwrap();
            assert!(left.is_empty(), "{sql}: {left}");
            there.downgrade(&db.pool, "-1").await.unwrap();
            let back = migrator(is).schema_sql(is.clone());
            let left = back.check(&db.pool, DraftOptions::new()).await.unwrap();
            assert!(left.is_empty(), "{sql}: {left}");
        }
    }
}

/// Models do not say it, and leave it as it is.
#[tokio::test]
async fn what_models_do_not_say_stays() {
    for (_, sql, ..) in SAID.iter().filter(|(databases, ..)| is_here(databases)) {
        // An index of a model has a comment of its own, and so has a table.
        if sql.contains("INDEX hub_a IS") || sql.contains("TABLE hub COMMENT") {
            continue;
        }
        let base = match SCHEME {
            "mysql" => format!("{BASE} CREATE UNIQUE INDEX hub_b ON hub (b);"),
            _ => base(),
        };
        let mut table = Table::new("hub").primary_key(["id"]).index(["a"]);
        for name in ["id", "a", "b"] {
            table = table.column(Column::new(name, Type::Integer).nullable(name != "id"));
        }
        table = table.check(Check::new("a > 0").named("ok"));
        if SCHEME == "mysql" {
            table = table.unique(["b"]);
        }
        let mut models = Schema::new().table(table);
        if SCHEME == "postgres" {
            models = models.enum_type(EnumType::new("mood", ["good"]));
        }
        let db = setup::fresh().await;
        let migrator = migrator(&format!("{base}{sql};")).models(models);
        migrator.run_pending(&db.pool).await.unwrap();
        let draft = migrator.check(&db.pool, DraftOptions::new()).await.unwrap();
        assert!(draft.is_empty(), "{sql}: {draft}");
    }
}

/// What is the same in other words is no difference.
#[tokio::test]
async fn another_writing_is_the_same() {
    let one = format!("{}CREATE VIEW glance AS SELECT id FROM hub;", base());
    let other = format!("{}create  view glance as /* all */ select id\n from hub;", base());
    let (_db, draft) = check(&one, &other).await;
    assert!(draft.not_compared.is_empty() && draft.is_empty(), "{draft}");
}

/// The database is not what its migrations make.
#[tokio::test]
async fn what_was_done_by_hand_is_found_without_models() {
    let base = base();
    let migrator = migrator(&base);
    let db = setup::fresh().await;
    migrator.run_pending(&db.pool).await.unwrap();
    let drift = migrator.drift(&db.pool).await.unwrap();
    assert!(drift.is_empty() && drift.not_compared.is_empty(), "{drift}");
    assert_eq!(drift.compared, ["hub"]);

    db.execute("ALTER TABLE hub ADD COLUMN c integer").await;
    db.execute("CREATE VIEW by_hand AS SELECT id FROM hub").await;
    db.execute("CREATE TABLE more (id integer)").await;
    let drift = migrator.drift(&db.pool).await.unwrap();
    let mut changes: Vec<String> = drift.changes.iter().map(ToString::to_string).collect();
    changes.sort();
    assert_eq!(changes, ["drop column hub.c", "drop table more", "drop view by_hand"]);
    assert!(drift.not_compared.is_empty(), "{drift}");
    // Nothing was changed, and nothing is left behind.
    assert!(db.tables().await.contains(&"more".to_owned()));
}

/// A database that lacks migrations would only be told that.
#[tokio::test]
async fn what_is_pending_is_no_drift() {
    let db = setup::fresh().await;
    let error = migrator(&base()).drift(&db.pool).await.unwrap_err();
    assert!(format!("{error:#}").contains("r1 is pending"), "{error}");
}
