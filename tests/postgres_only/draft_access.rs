//! Who may do what where the server does more than it is told: default privileges give to what is new, a REVOKE on a table takes along
//! what is granted on its columns, and the default schema is older than any script.

use super::draft_way::{Way, case, lead, options, run};

const WARE: &str = "CREATE TABLE ware (id integer, name text, size integer);";
const WARE_ROWS: &str = "INSERT INTO ware VALUES (1, 'one', 10)";

/// What may be used of it, whoever granted it.
const GRANTS: &str = "SELECT string_agg(t, '; ' ORDER BY t) FROM (
    SELECT what || ' ' || privilege_type || ' ' || grantee::text || ' ' || is_grantable::text AS t FROM (
        SELECT 'relation ' || relname, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner))
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'S') AND relname !~ 'ambix'
        UNION ALL SELECT 'routine ' || proname, coalesce(proacl, acldefault('f', proowner))
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'type ' || typname, coalesce(typacl, acldefault('T', typowner)) FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')) x (what, acl), aclexplode(acl)) y";

/// One of each kind that has privileges.
const EACH: &str = "CREATE TABLE b (id serial); CREATE SEQUENCE s; CREATE TYPE e AS ENUM ('a'); CREATE DOMAIN d AS integer;
    CREATE TYPE c AS (x integer); CREATE VIEW v AS SELECT 1 AS x; CREATE MATERIALIZED VIEW m AS SELECT 1 AS x;
    CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';";

const DEFAULTS: &str = "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT ON TABLES TO pg_monitor;
    ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO pg_monitor WITH GRANT OPTION;
    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT UPDATE ON TABLES TO pg_monitor;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO pg_monitor;";

#[tokio::test]
async fn new_things_have_what_the_script_grants_and_not_what_default_privileges_would_give() {
    // Said behind them, they give nothing; said before, all that they say; and something of that may be revoked.
    let none = format!("{EACH} {DEFAULTS}");
    let all = format!("{DEFAULTS} {EACH}");
    let some = format!("{DEFAULTS} {EACH} REVOKE INSERT ON b FROM pg_monitor; GRANT DELETE ON b TO pg_monitor;
        REVOKE ALL ON v FROM pg_monitor;
        REVOKE GRANT OPTION FOR USAGE ON SEQUENCE s FROM pg_monitor; GRANT EXECUTE ON FUNCTION f() TO PUBLIC;
        GRANT USAGE ON TYPE e, d TO PUBLIC;
        GRANT SELECT ON b TO PUBLIC");
    for (name, wanted) in [("none", none), ("all", all), ("some", some)] {
        let way = Way::new((DEFAULTS, ""), wanted.as_str(), options().proof(true)).await.unwrap();
        way.up().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let other = Way::new((&wanted, ""), wanted.as_str(), options()).await.unwrap();
        assert!(other.draft.is_empty(), "{name}: {}", other.draft);
        assert_eq!(way.rows(GRANTS).await, other.rows(GRANTS).await, "{name}: {}", way.draft.up);
        way.down().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        // What it drops comes back as it was, under the same default privileges.
        let back = Way::new((&wanted, ""), DEFAULTS, options()).await.unwrap();
        let before = back.rows(GRANTS).await;
        back.up().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        back.down().await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(back.rows(GRANTS).await, before, "{name}: {}", back.draft.down);
    }
}

#[tokio::test]
async fn what_is_dropped_and_created_again_does_not_get_default_privileges_meanwhile() {
    let from = format!(
        "{WARE} CREATE VIEW v AS SELECT id FROM ware; CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE t (mood mood); {DEFAULTS}"
    );
    let to = from.replace("id integer", "id bigint").replace(", 'bad'", "");
    let grants = "SELECT count(*)::text FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee = 'pg_monitor'::regrole";
    run(&[case(
        "a view and a type",
        (&from, WARE_ROWS),
        to.as_str(),
        &[
            "drop view v",
            "alter type mood: remove bad",
            "drop privileges of PUBLIC on type mood",
            "alter column ware.id: type integer -> bigint",
            "create view v",
            "drop privileges of pg_monitor on table v",
        ],
    )
    .then(grants, "0")])
    .await;
}

#[tokio::test]
async fn default_privileges_for_all_schemas_come_change_and_go() {
    let other = "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor;
        ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
        ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO PUBLIC";
    run(&[
        case(
            "from none",
            (WARE, WARE_ROWS),
            format!("{WARE} {other}").as_str(),
            &[
                "create default privileges of PUBLIC on schemas of postgres for all schemas",
                "create default privileges of PUBLIC on types of postgres for all schemas",
                "create default privileges of pg_monitor on tables of postgres for all schemas",
            ],
        ),
        case(
            "others",
            (
                &format!(
                    "{WARE} ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO pg_monitor;
                ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"
                ),
                WARE_ROWS,
            ),
            format!("{WARE} {other}").as_str(),
            &[
                "drop default privileges of PUBLIC on functions of postgres for all schemas",
                "create default privileges of PUBLIC on schemas of postgres for all schemas",
                "create default privileges of PUBLIC on types of postgres for all schemas",
                "alter default privileges of pg_monitor on tables of postgres for all schemas",
            ],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_revoke_on_a_table_leaves_what_is_granted_on_its_columns() {
    let columns = "GRANT SELECT (id), UPDATE (name) ON ware TO pg_monitor;";
    let all = format!("GRANT SELECT, INSERT ON ware TO pg_monitor; {columns}");
    let one = format!("GRANT INSERT ON ware TO pg_monitor; {columns}");
    let pairs = [
        ("all of the table goes", all.as_str(), columns),
        ("one of several goes", &all, &one),
        (
            "the right to pass it on",
            "GRANT SELECT ON ware TO pg_monitor WITH GRANT OPTION; GRANT SELECT (id) ON ware TO pg_monitor",
            "GRANT SELECT ON ware TO pg_monitor; GRANT SELECT (id) ON ware TO pg_monitor WITH GRANT OPTION",
        ),
        (
            "of a view",
            "CREATE VIEW v AS SELECT * FROM ware; GRANT SELECT, INSERT ON v TO PUBLIC; GRANT SELECT (id), INSERT (size) ON v TO PUBLIC",
            "CREATE VIEW v AS SELECT * FROM ware; GRANT INSERT ON v TO PUBLIC; GRANT SELECT (id), INSERT (size) ON v TO PUBLIC",
        ),
        (
            "of the owner",
            "REVOKE UPDATE ON ware FROM CURRENT_USER; GRANT UPDATE (id), SELECT (id) ON ware TO CURRENT_USER",
            "REVOKE ALL ON ware FROM CURRENT_USER; GRANT UPDATE (id), SELECT (id) ON ware TO CURRENT_USER",
        ),
    ];
    for (name, one, other) in pairs {
        let (one, other) = (format!("{WARE} {one}"), format!("{WARE} {other}"));
        lead(&[
            (name, (&one, WARE_ROWS), other.as_str()),
            (name, (&other, WARE_ROWS), one.as_str()),
        ])
        .await;
    }
}

#[tokio::test]
async fn the_default_schema_has_a_comment_an_owner_and_privileges() {
    let said = "COMMENT ON SCHEMA public IS 'ours'; REVOKE USAGE ON SCHEMA public FROM PUBLIC;
        GRANT USAGE, CREATE ON SCHEMA public TO pg_monitor;";
    let with = format!("{WARE} {said}");
    let other = format!(
        "{WARE} COMMENT ON SCHEMA public IS NULL; GRANT CREATE ON SCHEMA public TO pg_monitor"
    );
    lead(&[
        ("from none", (WARE, WARE_ROWS), with.as_str()),
        ("others", (&with, WARE_ROWS), other.as_str()),
    ])
    .await;
    run(&[
        // Whoever runs the database may have said it.
        case("unsaid", (WARE, said), WARE, &[]),
        case(
            "unsaid beside another change",
            (WARE, &format!("{said} {WARE_ROWS}")),
            WARE.replace("size integer", "size bigint").as_str(),
            &["alter column ware.size: type integer -> bigint"],
        ),
        case(
            "an owner",
            (WARE, WARE_ROWS),
            format!("{WARE} ALTER SCHEMA public OWNER TO pg_monitor").as_str(),
            &["create owner of schema public"],
        ),
        case(
            "the owner of a sequence",
            ("CREATE SEQUENCE s; CREATE TABLE t (id serial)", ""),
            "CREATE SEQUENCE s; ALTER SEQUENCE s OWNER TO pg_monitor; CREATE TABLE t (id serial); ALTER TABLE t OWNER TO pg_monitor",
            &["create owner of sequence s", "create owner of table t"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn the_sequence_of_a_column_keeps_its_name_and_what_is_said_of_it() {
    let said = |name: &str| {
        format!(
            "COMMENT ON SEQUENCE {name} IS 'numbers'; GRANT USAGE ON SEQUENCE {name} TO PUBLIC;"
        )
    };
    let own = "CREATE TABLE t (id serial, n integer); ALTER SEQUENCE t_id_seq RENAME TO numbers;";
    let usual = "CREATE TABLE t (id serial, n integer);";
    let rows = "INSERT INTO t (n) VALUES (1)";
    let without = format!("{own} {}", said("numbers").replace("USAGE", "SELECT"));
    let with = format!("{usual} {}", said("t_id_seq"));
    lead(&[("other privileges", (&without, rows), with.as_str())]).await;
    // A name that the script chooses is named.
    let wanted = format!("{own} {}", said("numbers"));
    let way = Way::new((&with, rows), wanted.as_str(), options()).await.unwrap();
    let named: Vec<String> = way.draft.not_compared.iter().map(ToString::to_string).collect();
    assert!(way.draft.is_empty(), "{}", way.draft);
    assert_eq!(named, ["name of the sequence of column t.id"]);
}

/// A check that a child has validated, and its parent has not, is no part of a draft.
#[tokio::test]
async fn what_a_child_has_validated_by_itself_is_named() {
    let tables = "CREATE TABLE t (a integer) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (1);
        CREATE TABLE q PARTITION OF t DEFAULT; ALTER TABLE t ADD CONSTRAINT plus CHECK (a > 0) NOT VALID;";
    let wanted = format!("{tables} ALTER TABLE p VALIDATE CONSTRAINT plus");
    let way =
        Way::new((tables, "INSERT INTO t VALUES (1)"), wanted.as_str(), options()).await.unwrap();
    let named: Vec<String> = way.draft.not_compared.iter().map(ToString::to_string).collect();
    assert_eq!(named, ["validity of constraint plus on p"], "{}", way.draft);
}
