//! What SQL looks like on PostgreSQL in the tests of files, and its shell.

use std::process::Output;

use crate::{setup::Fresh, support::shell_of};

/// A URL behind which there is nothing.
pub const UNREACHABLE: &str = "postgres://u:hunter2@127.0.0.1:1/none";
/// A URL that cannot be read, with a password in it.
pub const UNREADABLE: &str = "postgres://u:hunter2@127.0.0.1:no-port/none";
/// The folder of the sample app's migrations.
pub const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/postgres");

/// Scripts with semicolons, quotes and comments where they are not expected, with their down sides.
pub const TRICKY: &[(&str, &str, &str)] = &[
    (
        "x01",
        "CREATE TABLE log (what text NOT NULL);\nCREATE TABLE t (id integer PRIMARY KEY, name text) -- the end",
        "DROP TABLE t;\nDROP TABLE log -- both",
    ),
    (
        "x02",
        "-- dollar quotes\nCREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $body$\nBEGIN\n  INSERT INTO public.log VALUES ('it''s; $$ ' || NEW.name); -- ;\n  \
         RETURN NEW;\nEND $body$;\nCREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();",
        "DROP TRIGGER tr ON t; DROP FUNCTION f()",
    ),
    (
        "x03",
        "/* a /* nested; */ comment */\nCREATE FUNCTION twice(a integer) RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a IS NULL THEN 0 ELSE a * 2 END; END;\n\
         CREATE RULE r AS ON DELETE TO log DO ALSO (SELECT 1; SELECT 2);",
        "DROP RULE r ON log; DROP FUNCTION twice(integer)",
    ),
    (
        "x04",
        "INSERT INTO t VALUES (1, 'Grüße; 世界 \\ \"'), (2, E'back\\'slash;');\nDO $$ BEGIN PERFORM 1; END $$; -- last",
        "DELETE FROM t",
    ),
    (
        "x05",
        "SET search_path = pg_catalog;\nSET DateStyle = 'German';\nINSERT INTO public.t VALUES (3, 'a\\');",
        "DELETE FROM t WHERE id = 3",
    ),
    (
        "x06",
        "-- ambix: transaction none\nCREATE INDEX CONCURRENTLY ix ON t (name);\nINSERT INTO t VALUES (4, 'after');",
        "-- ambix: transaction none\nDROP INDEX CONCURRENTLY ix;",
    ),
    (
        "x07",
        "BEGIN;\nINSERT INTO t VALUES (5, 'wrapped');\nCOMMIT;",
        "BEGIN; DELETE FROM t WHERE id = 5; COMMIT;",
    ),
    ("x08", "", "-- nothing"),
];

/// What tables, columns, indexes and code there are, in words of the catalog.
pub async fn schema(db: &Fresh) -> Vec<String> {
    db.column(
        "SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) \
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'ambix%' UNION ALL \
         SELECT indexdef || (SELECT indisvalid::text FROM pg_index WHERE indexrelid = format('%I.%I', schemaname, indexname)::regclass) \
         FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'ambix%' UNION ALL \
         SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace UNION ALL \
         SELECT definition FROM pg_rules WHERE schemaname = 'public' UNION ALL \
         SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal UNION ALL \
         SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
         AND conrelid::regclass::text NOT LIKE 'ambix%' ORDER BY 1",
    )
    .await
}

/// Gives a script to psql.
pub fn shell(db: &Fresh, script: &str) -> Output {
    shell_of("psql", &["-X", "-q", "-d", &db.url], script)
}

/// A column of the history with its revision, as one text.
pub fn row(column: &str) -> String {
    format!("concat(revision, ' {column} ', coalesce({column}::text, 'none'))")
}

/// A statement that stands alone, and of which nothing can be told from the catalog.
pub const ALONE: &str = "DO $$ BEGIN CREATE TABLE b (id integer); END $$";

/// Statements that no transaction can hold, where there is a table `t` with a column `n`.
pub const ONLY_ALONE: &[&str] =
    &["CREATE INDEX CONCURRENTLY t_n ON t (n)", "VACUUM t", "DROP INDEX CONCURRENTLY t_n"];

/// What the schemas of real projects have shown.
pub const REAL: &str = include_str!("../fixtures/real/postgres.sql");

/// A script with every kind of object.
pub const EVERY_KIND: [&str; 2] =
    [include_str!("../fixtures/draft/postgres.sql"), include_str!("../fixtures/dump/postgres.sql")];

/// What the server's own tool says of the schema, line by line.
pub fn native(db: &Fresh) -> Vec<String> {
    let output = shell_of("pg_dump", &["-s", "-d", &db.url], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let said = |line: &&str| !line.is_empty() && !line.starts_with("--") && !line.starts_with('\\');
    let line = |line: &str| match line.strip_prefix("WITH (") {
        Some(options) => {
            let mut options: Vec<&str> = options.trim_end_matches([')', ';']).split(", ").collect();
            options.sort_unstable();
            format!("WITH ({}", options.join(", "))
        }
        None => line.to_owned(),
    };
    let mut lines: Vec<String> = text.lines().filter(said).map(line).collect();
    lines.sort();
    lines
}

/// Where the models of [`EVERY_KIND`] are, and their text.
pub const WRITTEN_MODELS: (&str, &str) = (
    concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/models/postgres.rs"),
    include_str!("../fixtures/models/postgres.rs"),
);

#[rustfmt::skip]
#[path = "../fixtures/models/postgres.rs"]
pub mod written_models;
