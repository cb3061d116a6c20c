//! Sequences that belong to columns, names that change hands, and what goes with something else: led there and back, with nothing
//! lost that stays, and nothing that fails without a word.

use super::draft_way::{Way, case, options, run};

const YARD: &str = "CREATE TABLE yard (id bigint PRIMARY KEY, old bigint)";
const YARD_ROWS: &str = "INSERT INTO yard VALUES (1, 2)";
const NEXT: &str = "SELECT last_value || ' ' || is_called FROM gate";

#[allow(clippy::too_many_lines)] // a table
#[tokio::test]
async fn sequences_that_belong_to_a_column() {
    let owned = format!("CREATE SEQUENCE gate; {YARD}; ALTER SEQUENCE gate OWNED BY yard.old");
    let counted = format!("{YARD_ROWS}; SELECT setval('gate', 7)");
    let free = format!("CREATE SEQUENCE gate; {YARD}");
    run(&[
        case(
            "its column goes and it stays",
            (&owned, &counted),
            "CREATE SEQUENCE gate; CREATE TABLE yard (id bigint PRIMARY KEY)",
            &["alter sequence gate: owned by no column", "drop column yard.old"],
        )
        .then(NEXT, "7 true"),
        case(
            "its table goes and it stays",
            (&owned, &counted),
            "CREATE SEQUENCE gate",
            &["alter sequence gate: owned by no column", "drop table yard"],
        )
        .then(NEXT, "7 true"),
        case(
            "its column goes and it gets another",
            (&owned, &counted),
            "CREATE SEQUENCE gate; CREATE TABLE yard (id bigint PRIMARY KEY); ALTER SEQUENCE gate OWNED BY yard.id",
            &[
                "alter sequence gate: owned by no column",
                "drop column yard.old",
                "alter sequence gate: owned by yard.id",
            ],
        )
        .then(NEXT, "7 true"),
        case(
            "its column is recreated",
            (&owned, &counted),
            "CREATE SEQUENCE gate; CREATE TABLE yard (id bigint PRIMARY KEY, old bigint GENERATED ALWAYS AS (id * 2) STORED); \
             ALTER SEQUENCE gate OWNED BY yard.old",
            &[
                "alter sequence gate: owned by no column",
                "drop column yard.old",
                "add column yard.old bigint generated as (id * 2)",
                "alter sequence gate: owned by yard.old",
            ],
        )
        .then(NEXT, "7 true"),
        case(
            "it gets a column",
            (&free, &counted),
            owned.as_str(),
            &["alter sequence gate: owned by yard.old"],
        )
        .up(&["ALTER SEQUENCE gate OWNED BY yard.old"]),
        case(
            "it loses its column, and counts otherwise",
            (&owned, &counted),
            format!("CREATE SEQUENCE gate INCREMENT BY 5; {YARD}").as_str(),
            &["alter sequence gate: owned by no column", "alter sequence gate"],
        ),
        case(
            "it moves",
            (&owned, &counted),
            format!("CREATE SEQUENCE gate; {YARD}; ALTER SEQUENCE gate OWNED BY yard.id").as_str(),
            &["alter sequence gate: owned by yard.id"],
        ),
        case(
            "its column is renamed",
            (&owned, &counted),
            "CREATE SEQUENCE gate; CREATE TABLE yard (id bigint PRIMARY KEY, \"new\" bigint); ALTER SEQUENCE gate OWNED BY yard.\"new\"",
            &["rename column yard.old to new"],
        )
        .rename("yard.old", "new"),
        case(
            "both are new",
            ("", ""),
            owned.as_str(),
            &["create sequence gate", "create table yard", "alter sequence gate: owned by yard.old"],
        ),
        case(
            "both go",
            (&owned, &counted),
            "",
            &["alter sequence gate: owned by no column", "drop table yard", "drop sequence gate"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_serial_column_and_a_sequence_beside_it() {
    let serial = "CREATE TABLE ticket (nr serial PRIMARY KEY, note text)";
    let rows = "INSERT INTO ticket (note) VALUES ('a'), ('b')";
    let next = "SELECT last_value FROM ticket_nr_seq";
    let free = "CREATE SEQUENCE ticket_nr_seq AS integer; \
        CREATE TABLE ticket (nr integer PRIMARY KEY DEFAULT nextval('ticket_nr_seq'), note text)";
    run(&[
        case(
            "serial to free",
            (serial, rows),
            free,
            &["alter sequence ticket_nr_seq: owned by no column"],
        )
        .up(&["ALTER SEQUENCE ticket_nr_seq OWNED BY NONE"])
        .then(next, "2"),
        case(
            "free to serial",
            (free, rows),
            serial,
            &["alter sequence ticket_nr_seq: owned by ticket.nr"],
        )
        .up(&["ALTER SEQUENCE ticket_nr_seq OWNED BY ticket.nr"])
        .then(next, "2"),
        case(
            "serial to a number, with the sequence beside it",
            (serial, rows),
            "CREATE SEQUENCE ticket_nr_seq AS integer; CREATE TABLE ticket (nr integer PRIMARY KEY, note text)",
            &[
                "alter sequence ticket_nr_seq: owned by no column",
                "alter column ticket.nr: default nextval('ticket_nr_seq'::regclass) -> none",
            ],
        ),
        case(
            "serial to free, of a longer type",
            (serial, rows),
            "CREATE SEQUENCE ticket_nr_seq; \
             CREATE TABLE ticket (nr bigint PRIMARY KEY DEFAULT nextval('ticket_nr_seq'), note text)",
            &[
                "alter sequence ticket_nr_seq: owned by no column",
                "alter sequence ticket_nr_seq",
                "alter column ticket.nr: type integer -> bigint",
            ],
        )
        .then(next, "2"),
    ])
    .await;
}

/// The server refuses bounds outside of which the sequence stands.
#[tokio::test]
async fn bounds_that_leave_a_sequence_outside() {
    let identity =
        |how: &str| format!("CREATE TABLE tick (n int GENERATED BY DEFAULT AS IDENTITY {how})");
    let sequence = |how: &str| format!("CREATE SEQUENCE gate {how}");
    let numbered = &["alter column tick.n: numbered in another way"];
    let altered = &["alter sequence gate"];
    let tick = "SELECT last_value || ' ' || is_called FROM tick_n_seq";
    run(&[
        case(
            "a later start",
            (&identity("(START WITH 5 MINVALUE 5)"), ""),
            identity("(START WITH 50 MINVALUE 50)").as_str(),
            numbered,
        )
        .then(tick, "50 false"),
        case(
            "it stands inside",
            (&identity("(START WITH 5 MINVALUE 5)"), "SELECT setval('tick_n_seq', 60)"),
            identity("(START WITH 50 MINVALUE 50)").as_str(),
            numbered,
        )
        .then(tick, "60 true"),
        case(
            "an earlier end",
            (&identity("(MAXVALUE 1000)"), "SELECT setval('tick_n_seq', 600)"),
            identity("(MAXVALUE 500)").as_str(),
            numbered,
        )
        .then(tick, "500 true"),
        case(
            "nothing in common",
            (&identity("(MINVALUE 1 MAXVALUE 10)"), ""),
            identity("(START WITH 20 MINVALUE 20 MAXVALUE 30)").as_str(),
            numbered,
        )
        .then(tick, "20 false"),
        case(
            "downwards",
            (&sequence("INCREMENT BY -1 MAXVALUE 100"), ""),
            sequence("INCREMENT BY -1 MAXVALUE 50").as_str(),
            altered,
        )
        .then(NEXT, "50 false"),
        case(
            "a shorter type",
            (&sequence(""), "SELECT setval('gate', 100000)"),
            sequence("AS smallint").as_str(),
            altered,
        )
        .then(NEXT, "32767 true"),
        case(
            "a sequence that begins later",
            (&sequence(""), ""),
            sequence("MINVALUE 9").as_str(),
            altered,
        )
        .then(NEXT, "9 false"),
    ])
    .await;
}

#[tokio::test]
async fn names_that_change_hands() {
    let old = "CREATE TYPE tone AS ENUM ('dark', 'light'); CREATE TABLE wall (id int PRIMARY KEY, tone tone)";
    let new = "CREATE TABLE tone (id int PRIMARY KEY, name text); \
        CREATE TABLE wall (id int PRIMARY KEY, tone_id int REFERENCES tone (id))";
    run(&[
        case(
            "a table takes the name of a type",
            (old, "INSERT INTO wall VALUES (1, 'dark')"),
            new,
            &[
                "rename type tone to tone_ambix_old",
                "create table tone",
                "add column wall.tone_id integer",
                "drop column wall.tone",
                "add foreign key wall_tone_id_fkey on wall (tone_id) -> tone (id)",
                "drop type tone_ambix_old",
            ],
        ),
        case(
            "a type takes the name of a table",
            (new, "INSERT INTO tone VALUES (1, 'dark'); INSERT INTO wall VALUES (1, 1)"),
            old,
            &[
                "drop foreign key wall_tone_id_fkey on wall (tone_id) -> tone (id)",
                "drop table tone",
                "create type tone (dark, light)",
                "add column wall.tone tone",
                "drop column wall.tone_id",
            ],
        ),
        case(
            "the column that had the type stays, as a text",
            (old, "INSERT INTO wall VALUES (1, 'dark')"),
            "CREATE TABLE tone (id int); CREATE TABLE wall (id int PRIMARY KEY, tone text)",
            &[
                "rename type tone to tone_ambix_old",
                "create table tone",
                "alter column wall.tone: type tone_ambix_old -> text",
                "drop type tone_ambix_old",
            ],
        )
        .then("SELECT tone FROM wall", "dark"),
    ])
    .await;
}

#[tokio::test]
async fn values_that_come_back_before_what_uses_them() {
    let gear = |values: &str, rest: &str| {
        format!("CREATE TYPE gear AS ENUM ({values}); CREATE TABLE tractor (id int{rest})")
    };
    let all = "'low', 'mid', 'high'";
    let few = "'low', 'mid'";
    let rows = "INSERT INTO tractor VALUES (1, 'low')";
    let removed = "alter type gear: remove high";
    run(&[
        case(
            "a default",
            (&gear(all, ", gear gear DEFAULT 'high'"), rows),
            gear(few, ", gear gear DEFAULT 'mid'").as_str(),
            &[removed, "alter column tractor.gear: default 'high'::gear -> 'mid'::gear"],
        ),
        case(
            "a default, and another value comes",
            (&gear(all, ", gear gear DEFAULT 'high'"), rows),
            gear("'low', 'mid', 'top'", ", gear gear DEFAULT 'top'").as_str(),
            &[
                "alter type gear: add top, remove high",
                "alter column tractor.gear: default 'high'::gear -> 'top'::gear",
            ],
        ),
        case(
            "a column with a default that goes",
            (&gear(all, ", gear gear, old gear DEFAULT 'high'"), ""),
            gear(few, ", gear gear").as_str(),
            &[removed, "drop column tractor.old"],
        ),
        case(
            "a check",
            (&gear(all, ", gear gear, CONSTRAINT c CHECK (gear <> 'high')"), rows),
            gear(few, ", gear gear, CONSTRAINT c CHECK (gear <> 'mid')").as_str(),
            &[
                "drop check c on tractor (gear <> 'high'::gear)",
                removed,
                "add check c on tractor (gear <> 'mid'::gear)",
            ],
        ),
        case(
            "no default any more",
            (&gear(all, ", gear gear DEFAULT 'high'"), rows),
            gear(few, ", gear gear").as_str(),
            &[removed, "alter column tractor.gear: default 'high'::gear -> none"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_table_goes_before_the_key_that_it_refers_to() {
    let sale = |rest: &str| format!("CREATE TABLE shop (id int, code int{rest}");
    let refers = "CREATE TABLE sale (code int REFERENCES shop (code))";
    let rows = "INSERT INTO shop VALUES (1, 2); INSERT INTO sale VALUES (2)";
    run(&[
        case(
            "a unique constraint",
            (&format!("{} UNIQUE); {refers}", sale("")), rows),
            "CREATE TABLE shop (id int)",
            &[
                "drop table sale",
                "drop unique constraint shop_code_key on shop (code)",
                "drop column shop.code",
            ],
        ),
        case(
            "a unique index",
            (&format!("{}); CREATE UNIQUE INDEX by_code ON shop (code); {refers}", sale("")), rows),
            "CREATE TABLE shop (id int, code int)",
            &["drop table sale", "drop unique index by_code on shop (code)"],
        ),
        case(
            "a primary key that becomes another",
            (&format!("{} PRIMARY KEY); {refers}", sale("")), rows),
            "CREATE TABLE shop (id int PRIMARY KEY, code int NOT NULL)",
            &[
                "drop table sale",
                "drop primary key of shop (code)",
                "alter column shop.id: not null",
                "add primary key of shop (id)",
            ],
        ),
    ])
    .await;
}

/// A draft that cannot be applied says so, in the file and beside it.
#[tokio::test]
async fn what_is_in_the_way_goes_first() {
    let mood = |values: &str, rest: &str| {
        format!("CREATE TYPE mood AS ENUM ({values}); CREATE TABLE cat (id int, mood mood); {rest}")
    };
    for (name, from, to) in [
        (
            "view next_gate",
            "CREATE SEQUENCE gate; CREATE VIEW next_gate AS SELECT nextval('gate')".to_owned(),
            String::new(),
        ),
        (
            "function soothe",
            mood("'calm', 'cross'", "CREATE FUNCTION soothe(m mood) RETURNS text LANGUAGE sql AS 'SELECT m::text'"),
            mood("'calm'", ""),
        ),
        (
            "function many",
            mood("'calm', 'cross'", "CREATE FUNCTION many(m mood[]) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
            mood("'calm'", ""),
        ),
        (
            "domain good",
            mood("'calm', 'cross'", "CREATE DOMAIN good AS mood"),
            mood("'calm'", ""),
        ),
        (
            "composite type pair",
            mood("'calm', 'cross'", "CREATE TYPE pair AS (a mood, b mood)"),
            mood("'calm'", ""),
        ),
        (
            "view calm",
            mood("'calm', 'cross'", "CREATE VIEW calm AS SELECT 'calm'::mood AS mood"),
            mood("'calm'", ""),
        ),
        (
            "function of_row",
            "CREATE TABLE t (a int); CREATE FUNCTION of_row(r t) RETURNS int LANGUAGE sql AS 'SELECT 1'".to_owned(),
            String::new(),
        ),
    ] {
        let way = Way::new((&from, ""), to.as_str(), options()).await.unwrap();
        assert!(!way.draft.up.contains("will fail"), "{name}:\n{}", way.draft.up);
        let goes = format!("drop {name}");
        assert!(way.changes().iter().any(|change| change.starts_with(&goes)), "{name}");
        way.up().await.unwrap_or_else(|problem| panic!("{name}: {problem}"));
        way.down().await.unwrap_or_else(|problem| panic!("{name}: {problem}"));
    }
}

#[tokio::test]
async fn statistics_go_with_their_columns_and_come_back() {
    let statistics = "SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext";
    let event = "CREATE TABLE event (id int, at date, kind int)";
    let both = format!("{event}; CREATE STATISTICS event_both ON id, at FROM event");
    let there = "CREATE STATISTICS public.event_both ON id, at FROM event";
    for (to, is_there) in [
        ("CREATE TABLE event (id int, kind int)", false),
        ("", false),
        ("CREATE TABLE event (id int, at date, kind text)", true),
        ("CREATE TABLE event (id int, at timestamp, kind int)", true),
        (
            "CREATE TABLE event (id int, at date GENERATED ALWAYS AS ('2000-01-01') STORED, kind int)",
            true,
        ),
    ] {
        let statistics_stay = format!("{to}; CREATE STATISTICS event_both ON id, at FROM event");
        let to = if is_there { statistics_stay.as_str() } else { to };
        let way = Way::new((&both, ""), to, options()).await.unwrap();
        way.up().await.unwrap();
        assert_eq!(way.rows(statistics).await, if is_there { there } else { "" }, "{to}");
        way.down().await.unwrap();
        assert_eq!(way.rows(statistics).await, there, "{to}");
    }
}

/// What hangs on something that is made again is put back, and what was there is there after the way back.
#[allow(clippy::too_many_lines)] // a table
#[tokio::test]
async fn comments_and_grants_are_put_back() {
    let comments = "SELECT coalesce(obj_description(oid, 'pg_constraint'), '') FROM pg_constraint WHERE conname = 'heavy'";
    let identity = "SELECT relreplident::text FROM pg_class WHERE relname = 'parcel'";
    let clustered =
        "SELECT indisclustered::text FROM pg_index WHERE indexrelid = 'by_code'::regclass";
    let column = "SELECT concat(attacl::text, attoptions::text, attstattarget) FROM pg_attribute WHERE attname = 'sum'";
    let of_type = "SELECT concat(obj_description(oid, 'pg_type'), typacl::text) FROM pg_type WHERE typname = 'mood'";
    let heavy = |check: &str, ty: &str, rest: &str| {
        format!(
            "CREATE TABLE parcel (id int, weight {ty}, CONSTRAINT heavy CHECK ({check})); {rest}"
        )
    };
    let said = "COMMENT ON CONSTRAINT heavy ON parcel IS 'in grams, it''s so'";
    let coded = |columns: &str, rest: &str| {
        format!(
            "CREATE TABLE parcel (id int NOT NULL, code int NOT NULL); CREATE UNIQUE INDEX by_code ON parcel ({columns}); {rest}"
        )
    };
    let summed = |expression: &str| {
        format!("CREATE TABLE bill (id int, sum int GENERATED ALWAYS AS ({expression}) STORED)")
    };
    let granted = "GRANT SELECT (sum) ON bill TO PUBLIC; ALTER TABLE bill ALTER sum SET STATISTICS 7, ALTER sum SET (n_distinct = 5)";
    let mood =
        |values: &str| format!("CREATE TYPE mood AS ENUM ({values}); CREATE TABLE cat (mood mood)");
    let typed = "COMMENT ON TYPE mood IS 'how it is'; REVOKE ALL ON TYPE mood FROM PUBLIC; GRANT USAGE ON TYPE mood TO pg_monitor";
    let numbered = "GRANT SELECT, USAGE ON SEQUENCE bill_nr_seq TO pg_monitor";
    let numbers =
        "SELECT concat(g.privilege_type, g.grantee::regrole) FROM pg_class, aclexplode(relacl) g
        WHERE relname = 'bill_nr_seq' AND g.grantee <> relowner ORDER BY 1";
    let keyed = "COMMENT ON INDEX k IS 'which'";
    for (name, from, to, query) in [
        ("a check", heavy("weight > 0", "int", said), heavy("weight > 10", "int", said), comments),
        (
            "a check, lifted",
            heavy("weight > 0", "int", said),
            heavy("weight > 0", "bigint", said),
            comments,
        ),
        (
            "the replica identity",
            coded("code", "ALTER TABLE parcel REPLICA IDENTITY USING INDEX by_code"),
            coded("code, id", "ALTER TABLE parcel REPLICA IDENTITY USING INDEX by_code"),
            identity,
        ),
        (
            "the order of rows",
            coded("code", "ALTER TABLE parcel CLUSTER ON by_code"),
            coded("code, id", "ALTER TABLE parcel CLUSTER ON by_code"),
            clustered,
        ),
        (
            "what a column has",
            format!("{}; {granted}", summed("id + 1")),
            format!("{}; {granted}", summed("id + 2")),
            column,
        ),
        (
            "what numbers a column",
            format!("CREATE TABLE bill (nr serial); {numbered}"),
            format!("CREATE TABLE bill (nr int GENERATED ALWAYS AS IDENTITY); {numbered}"),
            numbers,
        ),
        (
            "the index of a key",
            format!(
                "CREATE TABLE bill (a int NOT NULL, b int NOT NULL, CONSTRAINT k PRIMARY KEY (a)); {keyed}"
            ),
            format!(
                "CREATE TABLE bill (a int NOT NULL, b int NOT NULL, CONSTRAINT k PRIMARY KEY (a, b)); {keyed}"
            ),
            "SELECT obj_description('k'::regclass)",
        ),
        (
            "what a type has",
            format!("{}; {typed}", mood("'a', 'b'")),
            format!("{}; {typed}", mood("'b'")),
            of_type,
        ),
    ] {
        let way = Way::new((&from, ""), to.as_str(), options()).await.unwrap();
        assert!(!way.draft.is_empty(), "{name}");
        let before = way.rows(query).await;
        for _ in 0..2 {
            way.up().await.unwrap();
            assert_eq!(way.rows(query).await, before, "{name}, there:\n{}", way.draft.up);
            way.down().await.unwrap();
            assert_eq!(way.rows(query).await, before, "{name}, back:\n{}", way.draft.down);
        }
    }
}

/// A text of the script's own takes the place of the one that is there; a renamed table keeps what it has.
#[tokio::test]
async fn comments_that_change_with_what_they_are_on() {
    let comment =
        "SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conname = 'heavy'";
    let table = |name: &str, check: &str, text: &str| {
        format!(
            "CREATE TABLE {name} (id int, weight int, CONSTRAINT heavy CHECK ({check})); COMMENT ON CONSTRAINT heavy ON {name} IS '{text}'"
        )
    };
    let to = table("packet", "weight > 10", "new");
    let from = table("parcel", "weight > 0", "old");
    let way =
        Way::new((&from, ""), to.as_str(), options().rename("parcel", "packet")).await.unwrap();
    way.up().await.unwrap();
    assert_eq!(way.rows(comment).await, "new", "{}", way.draft.up);
    way.down().await.unwrap();
    assert_eq!(way.rows(comment).await, "old", "{}", way.draft.down);
}

#[tokio::test]
async fn a_number_by_default_is_the_same_with_zeros_behind_the_point() {
    let table = |ty: &str, default: &str| format!("CREATE TABLE t (a {ty} DEFAULT {default})");
    for (ty, one, other) in [
        ("numeric", "5", "5.0"),
        ("numeric", "5.10", "5.1"),
        ("numeric(9,2)", "5", "5.00"),
        ("double precision", "5", "5.0"),
        ("numeric", "-5", "-5.0"),
    ] {
        let way =
            Way::new((&table(ty, one), ""), table(ty, other).as_str(), options()).await.unwrap();
        assert!(way.draft.is_empty(), "{ty} {one} {other}: {}", way.draft);
    }
    let (five, more) = (table("numeric", "5"), table("numeric", "5.01"));
    let way = Way::new((&five, ""), more.as_str(), options()).await.unwrap();
    assert!(!way.draft.is_empty());
}

#[tokio::test]
async fn what_is_computed_goes_before_what_becomes_computed() {
    let of = |columns: &str| format!("CREATE TABLE t ({columns})");
    let plain = of("x int, a int, b int GENERATED ALWAYS AS (a * 2) STORED");
    let computed = of(
        "x int, a int GENERATED ALWAYS AS (x + 1) STORED, b int GENERATED ALWAYS AS (x * 2) STORED",
    );
    run(&[
        case(
            "both",
            (&plain, "INSERT INTO t VALUES (1, 2)"),
            computed.as_str(),
            &[
                "drop column t.b",
                "drop column t.a",
                "add column t.a integer generated as (x + 1)",
                "add column t.b integer generated as (x * 2)",
            ],
        )
        .then("SELECT concat_ws(' ', x, a, b) FROM t", "1 2 2"),
        case(
            "a child has it from its parent",
            (&format!("{plain}; CREATE TABLE c () INHERITS (t)"), ""),
            format!("{computed}; CREATE TABLE c () INHERITS (t)").as_str(),
            &[
                "drop column t.b",
                "drop column t.a",
                "add column t.a integer generated as (x + 1)",
                "add column t.b integer generated as (x * 2)",
            ],
        ),
        case(
            "both stop",
            (&computed, "INSERT INTO t VALUES (1)"),
            plain.as_str(),
            &[
                "alter column t.a: generated as (x + 1) -> none",
                "drop column t.b",
                "add column t.b integer generated as (a * 2)",
            ],
        )
        .then("SELECT concat_ws(' ', x, a, b) FROM t", "1 2 4"),
    ])
    .await;
}
