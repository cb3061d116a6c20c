//! `lint --run`: what the statements do in a scratch database, against what the rules say of their text.
#![allow(clippy::unwrap_used)] // What a test cannot do ends it.

use ambix::lint::{Finding, LintOptions, LintReport};

use crate::{
    setup::{SCHEME, fresh},
    support::migrator,
};

/// A migration, the findings that were seen with what was seen, and those that are withdrawn.
type Case = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Tables whose rows are not easy to make up, and a table of which the text knows nothing.
const POSTGRES: &[Case] = &[
    (
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN short AS text CHECK (length(VALUE) > 3);
         CREATE TABLE roles (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
         CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(20) NOT NULL, age integer CHECK (age >= 18),
            kind text NOT NULL CHECK (kind IN ('person', 'robot')), feeling mood NOT NULL, tags text[] NOT NULL, extra jsonb NOT NULL,
            token uuid NOT NULL, code short NOT NULL, role_id integer NOT NULL REFERENCES roles, price numeric(3,1) NOT NULL, seen timestamptz);
         CREATE TABLE events (id bigint, year integer NOT NULL) PARTITION BY RANGE (year);
         CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM (2020) TO (2021);
         CREATE TABLE loose_events (id bigint, year integer NOT NULL);
         DO $$ BEGIN EXECUTE format('CREATE TABLE %I (id integer, word varchar(5))', 'secrets'); END $$",
        &[],
        &[],
    ),
    ("CREATE INDEX users_name ON users (name)", &["LOCK-001 users: SHARE, every row read"], &[]),
    (
        "DO $$ BEGIN ALTER TABLE users ADD CONSTRAINT grown CHECK (age < 1000); END $$",
        &["LOCK-005 users: ACCESS EXCLUSIVE, every row read"],
        &[],
    ),
    // A condition that does not hold in the scratch database withdraws nothing.
    (
        "DO $$ BEGIN IF false THEN ALTER TABLE users ADD CONSTRAINT never CHECK (age < 1000); END IF; END $$",
        &[],
        &[],
    ),
    (
        "DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD CONSTRAINT young CHECK (age < 999)', 'users'); END $$",
        &["LOCK-021 users: ACCESS EXCLUSIVE, every row read"],
        &[],
    ),
    (
        "ALTER TABLE secrets ALTER COLUMN word TYPE varchar(50)",
        &[],
        &["REWRITE-004 secrets: ACCESS EXCLUSIVE"],
    ),
    (
        "CREATE FUNCTION one() RETURNS integer STABLE LANGUAGE sql AS 'SELECT 1';
         ALTER TABLE users ADD COLUMN stars integer DEFAULT one()",
        &[],
        &["REWRITE-001 users: ACCESS EXCLUSIVE"],
    ),
    (
        "ALTER TABLE users ALTER COLUMN seen SET NOT NULL",
        &["LOCK-009 users: ACCESS EXCLUSIVE, every row read"],
        &[],
    ),
    // The numbers of the real rows are not those that a trial has used up.
    ("INSERT INTO roles (name) VALUES ('admin'), ('guest')", &[], &[]),
    (
        "INSERT INTO users (name, age, kind, feeling, tags, extra, token, code, role_id, price, seen)
         VALUES ('Ada', 36, 'person', 'ok', '{}', '{}', gen_random_uuid(), 'abcd', 2, 1, now())",
        &[],
        &[],
    ),
    ("DO $$ BEGIN ASSERT (SELECT id FROM users) = 1; END $$", &[], &[]),
    // It fails with a generated row, and runs without.
    (
        "ALTER TABLE loose_events ADD CONSTRAINT late CHECK (year > 3000)",
        &["LOCK-005 loose_events: ACCESS EXCLUSIVE, every row read"],
        &[],
    ),
    ("CREATE INDEX CONCURRENTLY users_age ON users (age)", &[], &[]),
    ("VACUUM FULL users", &["REWRITE-005 users: written again"], &[]),
    ("TRUNCATE secrets", &[], &[]),
    (
        "ALTER TABLE events ATTACH PARTITION loose_events FOR VALUES FROM (3000) TO (4000)",
        &["LOCK-022 loose_events: ACCESS EXCLUSIVE, every row read"],
        &[],
    ),
    (
        "DO $$ BEGIN EXECUTE format('ALTER TABLE %I ALTER COLUMN age TYPE bigint', 'users'); END $$",
        &["REWRITE-009 users: ACCESS EXCLUSIVE, every row read, written again"],
        &[],
    ),
    (
        "-- ambix: transaction none
         DROP INDEX CONCURRENTLY users_age; DROP INDEX users_name",
        &["LOCK-002 users: ACCESS EXCLUSIVE"],
        &[],
    ),
    (
        "-- ambix: allow LOCK-021 because the table is small
         DO $$ BEGIN EXECUTE format('CREATE INDEX users_age ON %I (age)', 'users'); END $$",
        &[],
        &[],
    ),
    (
        "-- ambix: allow LOCK-001 because the table is small
         DO $$ BEGIN CREATE INDEX users_age_too ON users (age); END $$",
        &[],
        &[],
    ),
    // What a migration leaves in its session, the next one does not see.
    ("CREATE TEMP TABLE ids AS SELECT id FROM users", &[], &[]),
    ("CREATE TEMP TABLE ids AS SELECT id FROM roles", &[], &[]),
    // It is in another file from then on, and no row was written to that.
    ("TRUNCATE roles CASCADE", &[], &[]),
];

const MYSQL: &[Case] = &[
    (
        "CREATE TABLE roles (id integer AUTO_INCREMENT PRIMARY KEY, name varchar(20) NOT NULL UNIQUE) ENGINE=InnoDB;
         CREATE TABLE users (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(20) NOT NULL, age integer CHECK (age >= 78),
            feeling enum('sad', 'ok') NOT NULL, extra json NOT NULL, role_id integer NOT NULL, seen datetime,
            CONSTRAINT users_role FOREIGN KEY (role_id) REFERENCES roles (id)) ENGINE=InnoDB;
         CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint) ENGINE=InnoDB",
        &[],
        &[],
    ),
    ("ALTER TABLE users ADD COLUMN nick text", &[], &[]),
    ("ALTER TABLE users MODIFY name varchar(40) NOT NULL", &[], &[]),
    (
        "ALTER TABLE users MODIFY name varchar(40) CHARACTER SET utf8mb4 NOT NULL",
        &[],
        &["REWRITE-007 users: ALGORITHM=INSTANT"],
    ),
    (
        "ALTER TABLE users ADD COLUMN shout varchar(50) DEFAULT (concat(name, '!'))",
        &["REWRITE-001 users: ALGORITHM=COPY, every row read, written again"],
        &[],
    ),
    ("CREATE TEMPORARY TABLE ids (id integer)", &[], &[]),
    ("CREATE TEMPORARY TABLE ids (id bigint)", &[], &[]),
    // It leaves a lock behind, with which no database could be dropped.
    ("LOCK TABLES orders WRITE", &[], &[]),
    (
        "ALTER TABLE users MODIFY age bigint",
        &["REWRITE-007 users: ALGORITHM=COPY, every row read, written again"],
        &[],
    ),
    (
        "ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id)",
        &["LOCK-017 orders: ALGORITHM=COPY, every row read, written again"],
        &[],
    ),
    ("INSERT INTO roles (name) VALUES ('admin'), ('guest')", &[], &[]),
    (
        "INSERT INTO users (name, age, feeling, extra, role_id) VALUES ('Ada', 99, 'ok', '{}', 2)",
        &[],
        &[],
    ),
    // With a generated row it fails, and everything begins again.
    ("INSERT INTO orders (id, user_id) VALUES (77, NULL)", &[], &[]),
    (
        "CREATE FULLTEXT INDEX users_nick ON users (nick)",
        &["LOCK-019 users: ALGORITHM=INPLACE, LOCK=SHARED, every row read, written again"],
        &[],
    ),
    ("CREATE INDEX users_age ON users (age)", &[], &[]),
];

const SQLITE: &[Case] = &[
    (
        "CREATE TABLE users (id integer PRIMARY KEY, name text NOT NULL CHECK (name IN ('Ada', 'Bob')));
         CREATE TABLE orders (id integer PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id))",
        &[],
        &[],
    ),
    ("ALTER TABLE users ADD COLUMN nick text", &[], &[]),
    (
        "-- ambix: foreign-keys off
         CREATE TABLE new_users (id integer PRIMARY KEY, name text NOT NULL); INSERT INTO new_users SELECT id, name FROM users;
         DROP TABLE users; ALTER TABLE new_users RENAME TO users",
        &["REWRITE-010 users: written again"],
        &[],
    ),
    ("INSERT INTO users VALUES (77, 'Ada')", &[], &[]),
    // What a migration leaves in its session, the next one does not see.
    ("CREATE TEMP TABLE ids AS SELECT id FROM users", &[], &[]),
    ("CREATE TEMP TABLE ids AS SELECT id FROM orders", &[], &[]),
];

fn cases() -> &'static [Case] {
    match SCHEME {
        "postgres" => POSTGRES,
        "mysql" => MYSQL,
        _ => SQLITE,
    }
}

fn seen(findings: &[Finding], revision: &str) -> Vec<String> {
    let line = |finding: &Finding| {
        finding.measured.as_ref().map(|measured| format!("{} {measured}", finding.code))
    };
    findings.iter().filter(|finding| finding.revision == revision).filter_map(line).collect()
}

fn revision(at: usize) -> String {
    format!("m{at:02}")
}

#[tokio::test]
async fn lint_runs_the_statements() {
    let db = fresh().await;
    let list: Vec<(String, &str)> =
        cases().iter().enumerate().map(|(at, case)| (revision(at), case.0)).collect();
    let list: Vec<(&str, &str, &str)> =
        list.iter().map(|(revision, up)| (revision.as_str(), *up, "")).collect();
    let migrator = migrator(&list);
    let report: LintReport = migrator.lint_run(&db.url, &LintOptions::new()).await.unwrap();
    let mut wrong = Vec::new();
    let is_mysql = crate::suite::has_words_of_mysql().await;
    for (at, (sql, expected, withdrawn)) in cases().iter().enumerate() {
        if is_mysql && ["varchar(40)", "FULLTEXT"].iter().any(|word| sql.contains(word)) {
            continue; // MySQL reads the rows in the one case, and does not write them again in the other.
        }
        let found = seen(&report.findings, &revision(at));
        let taken_back = seen(&report.withdrawn, &revision(at));
        if found != *expected || taken_back != *withdrawn {
            wrong.push(format!("{sql}\nseen: {found:#?}\nwithdrawn: {taken_back:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{:#?}", wrong.join("\n\n"), report.notes);
    let without_rows: Vec<&String> =
        report.notes.iter().filter(|note| note.contains("without generated rows")).collect();
    // MySQL numbers the real rows after the generated ones, until everything begins again.
    let expected = if SCHEME == "mysql" { 2 } else { 1 };
    assert_eq!(without_rows.len(), expected, "{:#?}", report.notes);
    assert_eq!(report.notes.len(), expected, "{:#?}", report.notes);
    assert!(report.executions.len() + 1 >= cases().len() / 2, "{:#?}", report.executions);
    let allowed = if SCHEME == "postgres" { 2 } else { 0 };
    assert_eq!(report.allowed, allowed, "{report}");

    // The same without a run has nothing that was seen, and no needless allow.
    let unseen = migrator.lint(SCHEME, &LintOptions::new()).unwrap();
    assert!(unseen.findings.iter().all(|finding| finding.measured.is_none()));
    assert!(!unseen.findings.iter().any(|finding| finding.code == "AMBIX-007"), "{unseen}");

    // A migration that fails is named, what the texts show is found all the same, and the database is as it was.
    let broken = crate::support::migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", ""),
        ("r2", "SELECT * FROM missing", ""),
        ("r3", "DROP TABLE t1", ""),
    ]);
    let report = broken.lint_run(&db.url, &LintOptions::new()).await.unwrap();
    assert!(report.failure.as_ref().is_some_and(|failure| failure.contains("r2")), "{report:?}");
    let text = broken.lint(SCHEME, &LintOptions::new()).unwrap();
    assert!(!text.findings.is_empty());
    assert_eq!(report.findings, text.findings);
    let current = broken.current(&db.url).await.unwrap();
    assert!(current.revisions.is_empty(), "{current}");
}
