//! What is set on a table or said of its parts in statements of their own, and goes with what is made again; and names and orders
//! that the server insists on. Each is led there and back.

use super::draft_way::{case, run};

const EVENT: &str = "CREATE TABLE event (id int NOT NULL, at date NOT NULL)";

/// An option that names an index is taken off before the index goes, and put on when it is there.
#[tokio::test]
async fn what_names_an_index_follows_it() {
    let on = |index: &str, rest: &str| format!("{EVENT}; {index}; {rest}");
    let by_at = "CREATE UNIQUE INDEX by_at ON event (at)";
    let other = "CREATE UNIQUE INDEX by_at ON event (at, id)";
    let (clustered, known) = (
        "ALTER TABLE event CLUSTER ON by_at",
        "ALTER TABLE event REPLICA IDENTITY USING INDEX by_at",
    );
    run(&[
        case(
            "the index is another",
            (&on(by_at, clustered), ""),
            on(other, clustered).as_str(),
            &[
                "alter table event: no cluster_on",
                "drop unique index by_at on event (at)",
                "add unique index by_at on event (at, id)",
                "alter table event: cluster_on = by_at",
            ],
        )
        .then("SELECT indisclustered::text FROM pg_index WHERE indexrelid = 'by_at'::regclass", "true"),
        case(
            "the index has another name",
            (&on(by_at, known), ""),
            on(&by_at.replace("by_at", "dated"), &known.replace("by_at", "dated")).as_str(),
            &["rename index by_at on event to dated"],
        )
        .then("SELECT indisreplident::text FROM pg_index WHERE indexrelid = 'dated'::regclass", "true"),
        case(
            "the column goes",
            (&on(by_at, known), ""),
            "CREATE TABLE event (id int NOT NULL); ALTER TABLE event REPLICA IDENTITY FULL",
            &[
                "alter table event: no replica_identity_index",
                "drop unique index by_at on event (at)",
                "alter table event: replica_identity = full",
                "drop column event.at",
            ],
        )
        .then("SELECT relreplident::text FROM pg_class WHERE relname = 'event'", "f"),
        case(
            "a key, and an option that names none",
            (&format!("{EVENT}; ALTER TABLE event ADD CONSTRAINT k PRIMARY KEY (id); ALTER TABLE event CLUSTER ON k"), ""),
            "CREATE TABLE event (id int NOT NULL, at date NOT NULL, CONSTRAINT k PRIMARY KEY (id, at)) WITH (fillfactor = 70); \
             ALTER TABLE event CLUSTER ON k",
            &[
                "alter table event: no cluster_on",
                "drop primary key of event (id)",
                "alter table event: fillfactor = 70",
                "add primary key of event (id, at)",
                "alter table event: cluster_on = k",
            ],
        ),
    ])
    .await;
}

/// Everything new comes with what is said of it.
#[tokio::test]
async fn what_is_new_comes_with_its_comments() {
    let barn = "CREATE SCHEMA barn; COMMENT ON SCHEMA barn IS 'a place';
        CREATE TYPE barn.crop AS ENUM ('hay'); COMMENT ON TYPE barn.crop IS 'what grows';
        CREATE TABLE barn.bale (nr serial CONSTRAINT k PRIMARY KEY, crop barn.crop, weight int CONSTRAINT heavy CHECK (weight > 0),
            other int CONSTRAINT one UNIQUE CONSTRAINT kin REFERENCES barn.bale);
        COMMENT ON CONSTRAINT k ON barn.bale IS 'k'; COMMENT ON CONSTRAINT heavy ON barn.bale IS 'h';
        COMMENT ON CONSTRAINT one ON barn.bale IS 'o'; COMMENT ON CONSTRAINT kin ON barn.bale IS 'f';
        COMMENT ON SEQUENCE barn.bale_nr_seq IS 's'; ALTER TABLE barn.bale CLUSTER ON k;
        ALTER TABLE barn.bale ALTER weight SET STATISTICS 7";
    let said = "SELECT count(*)::text FROM pg_description WHERE objoid >= 16384";
    let serial = |rest: &str| format!("CREATE TABLE bill (nr serial); {rest}");
    let said_of = "COMMENT ON SEQUENCE bill_nr_seq IS 'numbers'";
    run(&[
        case(
            "all of it",
            ("SELECT 1", ""),
            barn,
            &[
                "create schema barn",
                "create type barn.crop (hay)",
                "comment on schema barn: a place",
                "create table barn.bale",
            ],
        )
        .then(said, "7"),
        case(
            "the sequence of a column",
            (&serial(""), ""),
            serial(said_of).as_str(),
            &["alter column bill.nr: comment on its sequence \"numbers\""],
        ),
        case(
            "a sequence that is made again",
            (&serial(said_of), "INSERT INTO bill DEFAULT VALUES"),
            format!("CREATE TABLE bill (nr int GENERATED ALWAYS AS IDENTITY); {said_of}").as_str(),
            &["alter column bill.nr: numbered in another way"],
        )
        .then("SELECT obj_description('bill_nr_seq'::regclass)", "numbers"),
        case(
            "a type that is made again, and is said otherwise",
            ("CREATE TYPE mood AS ENUM ('a', 'b'); COMMENT ON TYPE mood IS 'one'", ""),
            "CREATE TYPE mood AS ENUM ('b'); COMMENT ON TYPE mood IS 'two'",
            &["alter type mood: remove a", "comment on type mood: two"],
        )
        .then("SELECT obj_description(oid, 'pg_type') FROM pg_type WHERE typname = 'mood'", "two"),
    ])
    .await;
}

#[tokio::test]
async fn orders_that_the_server_insists_on() {
    let chain = |log: &str| {
        format!(
            "CREATE {log} TABLE c (id int PRIMARY KEY); CREATE {log} TABLE b (id int PRIMARY KEY REFERENCES c);
             CREATE {log} TABLE a (id int REFERENCES b)"
        )
    };
    let (logged, unlogged) = (chain(""), chain("UNLOGGED"));
    run(&[
        case(
            "tables lose their log, those that refer to others first",
            (&logged, ""),
            unlogged.as_str(),
            &[
                "alter table a: unlogged = true",
                "alter table b: unlogged = true",
                "alter table c: unlogged = true",
            ],
        ),
        case(
            "and get it in the other order",
            (&unlogged, ""),
            logged.as_str(),
            &["alter table c: no unlogged", "alter table b: no unlogged", "alter table a: no unlogged"],
        ),
        case(
            "a table takes the name of a sequence",
            ("CREATE SEQUENCE gate", ""),
            "CREATE TABLE gate (id int)",
            &["drop sequence gate", "create table gate"],
        ),
        case(
            "a type goes to another schema, and none of its name is left",
            ("CREATE TYPE mood AS ENUM ('a'); CREATE TABLE cat (mood mood DEFAULT 'a')", "INSERT INTO cat VALUES ('a')"),
            "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('a'); CREATE TABLE cat (mood s.mood DEFAULT 'a')",
            &[
                "create schema s",
                "create type s.mood (a)",
                "alter column cat.mood: type mood -> s.mood, default 'a'::mood -> 'a'::s.mood",
                "drop type mood",
            ],
        ),
        case(
            "a new value in the default of an array",
            ("CREATE TYPE mood AS ENUM ('a', 'c'); CREATE TABLE cat (moods mood[])", "INSERT INTO cat VALUES ('{c}')"),
            "CREATE TYPE mood AS ENUM ('a', 'b', 'c'); CREATE TABLE cat (moods mood[] DEFAULT '{a,b}')",
            &["alter type mood: add b", "alter column cat.moods: default none -> '{a,b}'::mood[]"],
        ),
    ])
    .await;
}

/// None of such tables can be the first, so that their foreign keys go before and come back after.
#[tokio::test]
async fn tables_that_refer_to_each_other_get_a_log_and_lose_it() {
    let circle = |log: &str| {
        format!(
            "CREATE {log} TABLE a (id int PRIMARY KEY, to_b int, to_a int CONSTRAINT own REFERENCES a);
             CREATE {log} TABLE b (id int PRIMARY KEY CONSTRAINT of_a REFERENCES a);
             ALTER TABLE a ADD CONSTRAINT of_b FOREIGN KEY (to_b) REFERENCES b"
        )
    };
    let round = |log: &str| {
        format!(
            "CREATE {log} TABLE a (id int PRIMARY KEY); CREATE {log} TABLE b (id int PRIMARY KEY CONSTRAINT of_a REFERENCES a);
             CREATE {log} TABLE c (id int PRIMARY KEY CONSTRAINT of_b REFERENCES b);
             ALTER TABLE a ADD CONSTRAINT of_c FOREIGN KEY (id) REFERENCES c;
             CREATE {log} TABLE d (id int CONSTRAINT of_a2 REFERENCES a)"
        )
    };
    let (circled, uncircled) = (circle(""), circle("UNLOGGED"));
    let (rounded, unrounded) = (round(""), round("UNLOGGED"));
    run(&[
        case(
            "tables that refer to each other get a log",
            (&uncircled, "INSERT INTO a VALUES (1, NULL, 1); INSERT INTO b VALUES (1); UPDATE a SET to_b = 1"),
            circled.as_str(),
            &[
                "drop foreign key of_b on a (to_b) -> b (id)",
                "drop foreign key of_a on b (id) -> a (id)",
                "alter table a: no unlogged",
                "alter table b: no unlogged",
                "add foreign key of_b on a (to_b) -> b (id)",
                "add foreign key of_a on b (id) -> a (id)",
            ],
        ),
        case(
            "and lose it",
            (&circled, "INSERT INTO a VALUES (1, NULL, 1); INSERT INTO b VALUES (1)"),
            uncircled.as_str(),
            &[
                "drop foreign key of_b on a (to_b) -> b (id)",
                "drop foreign key of_a on b (id) -> a (id)",
                "alter table b: unlogged = true",
                "alter table a: unlogged = true",
                "add foreign key of_b on a (to_b) -> b (id)",
                "add foreign key of_a on b (id) -> a (id)",
            ],
        ),
        case(
            "a circle of three, to which a fourth refers, gets a log",
            (&unrounded, ""),
            rounded.as_str(),
            &[
                "drop foreign key of_c on a (id) -> c (id)",
                "drop foreign key of_a on b (id) -> a (id)",
                "drop foreign key of_b on c (id) -> b (id)",
                "alter table a: no unlogged",
                "alter table b: no unlogged",
                "alter table c: no unlogged",
                "alter table d: no unlogged",
                "add foreign key of_c on a (id) -> c (id)",
                "add foreign key of_a on b (id) -> a (id)",
                "add foreign key of_b on c (id) -> b (id)",
            ],
        ),
    ])
    .await;
}
