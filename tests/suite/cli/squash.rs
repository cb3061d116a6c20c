//! `squash` is proven: the migrations and the squash run in scratch databases, and leave the same.

use std::fs;

use super::User;
use crate::setup::SCHEME;

/// A project, what is asked, and what comes of it.
struct Case {
    name: &'static str,
    /// Up sides in their order, called 1, 2, ...; behind `---` is the down side.
    migrations: Vec<&'static str>,
    range: &'static str,
    code: i32,
    says: &'static [&'static str],
    /// What is in the new up file, in this order.
    text: &'static [&'static str],
}

const TABLE: &str = "CREATE TABLE t (id integer PRIMARY KEY, a integer);\n--- DROP TABLE t";
const ROWS: &str =
    "INSERT INTO t (id, a) VALUES (1, 1);\nINSERT INTO t (id, a) VALUES (2, 2)\n--- DELETE FROM t";

/// What runs without a transaction, and says so as sqlx does.
fn without() -> &'static str {
    match SCHEME {
        "postgres" => {
            "-- no-transaction\nCREATE INDEX CONCURRENTLY t_a ON t (a)\n--- -- no-transaction\nDROP INDEX CONCURRENTLY t_a"
        }
        "sqlite" => "-- no-transaction\nVACUUM\n--- SELECT 1",
        _ => "-- no-transaction\nCREATE INDEX t_a ON t (a)\n--- DROP INDEX t_a ON t",
    }
}

/// What gives another value each time.
fn random() -> &'static str {
    match SCHEME {
        "postgres" => "INSERT INTO t (id, a) VALUES (5, (random() * 1000000)::integer)",
        "sqlite" => "INSERT INTO t (id, a) VALUES (5, random())",
        _ => "INSERT INTO t (id, a) VALUES (5, floor(rand() * 1000000))",
    }
}

fn on_server() -> &'static str {
    if SCHEME == "postgres" { "CREATE ROLE never_made" } else { "CREATE USER never_made" }
}

fn cases() -> Vec<Case> {
    let mut cases = in_one_or_apart();
    for more in [that_differ(), that_fail(), with_notes(), of_servers(), of_enums()] {
        cases.extend(more);
    }
    cases
}

/// With and without transactions.
fn in_one_or_apart() -> Vec<Case> {
    let around = "-- around\nBEGIN;\nUPDATE t SET a = 5 WHERE id = 1;\nUPDATE t SET a = 6 WHERE id = 2;\nCOMMIT;";
    vec![
        Case {
            name: "some run without a transaction",
            migrations: vec![TABLE, ROWS, without(), ROWS_UPDATED],
            range: "1:4",
            code: 0,
            says: &[
                "note: 3_x.up.sql runs without a transaction, so the up side of the squash has none around it: each of the other \
                 migrations keeps its own, between BEGIN and COMMIT",
            ],
            text: &[
                "-- ambix: transaction none\n",
                "-- 2 x\nBEGIN;\nINSERT",
                "VALUES (2, 2);\nCOMMIT;\n\n-- 3 x\n",
                "-- 4 x\nBEGIN;\nUPDATE",
            ],
        },
        Case {
            name: "a transaction of its own, around all of it, is that of the squash",
            migrations: vec![TABLE, ROWS, around],
            range: "2:3",
            code: 0,
            says: &["so the squash has none either"],
            text: &[
                "-- around\n\nUPDATE t SET a = 5 WHERE id = 1;\nUPDATE t SET a = 6 WHERE id = 2;\n",
            ],
        },
    ]
}

/// Where the squash would do something else.
fn that_differ() -> Vec<Case> {
    let temporary = "CREATE TEMPORARY TABLE t (id integer, a integer)";
    vec![
        Case {
            name: "rows that go elsewhere",
            migrations: vec![TABLE, temporary, "INSERT INTO t (id, a) VALUES (7, 8)"],
            range: "1:3",
            code: 1,
            says: &[
                "error: after its up side, the squash leaves another database than the migrations do: \
                 t: with the squash, this row is missing: (id = 7, a = 8); nothing was written",
                "help: squash fewer of them",
                "help: to write it without this proof: --no-proof",
            ],
            text: &[],
        },
        Case {
            name: "a column that goes elsewhere",
            migrations: vec![TABLE, temporary, "ALTER TABLE t ADD COLUMN b integer"],
            range: "1:3",
            code: 1,
            says: &["leaves another database than the migrations do: add column t.b "],
            text: &[],
        },
    ]
}

/// What cannot be squashed, or not be proven.
fn that_fail() -> Vec<Case> {
    vec![
        Case {
            name: "a statement that fails",
            migrations: vec![
                TABLE,
                "CREATE TEMPORARY TABLE u (id integer)",
                "CREATE TEMPORARY TABLE u (id integer)",
            ],
            range: "2:3",
            code: 1,
            says: &[
                "error: the up side of the squash fails in a scratch database, in which the migrations run",
                "already exists",
            ],
            text: &[],
        },
        Case {
            name: "migrations that fail",
            migrations: vec![TABLE, "INSERT INTO nothing VALUES (1)"],
            range: "1:2",
            code: 1,
            says: &[
                "since the migrations themselves fail in an empty scratch database on their way up: 2_x.up.sql",
            ],
            text: &[],
        },
        Case {
            name: "a Rust function",
            migrations: vec![TABLE, "-- ambix: run fill_t"],
            range: "1:2",
            code: 1,
            says: &[
                "error: the migrations call a Rust function that this program does not have: 2_x.up.sql:1: no function fill_t is \
                 registered",
                "help: run this command with the program that registers it",
            ],
            text: &[],
        },
        Case {
            name: "a Rust function between statements, beside a file without a transaction",
            migrations: vec![
                TABLE,
                "UPDATE t SET a = 1;\n-- ambix: run fill_t\nUPDATE t SET a = 2",
                without(),
            ],
            range: "1:3",
            code: 1,
            says: &[
                "error: 2_x.up.sql calls a Rust function in one transaction with its statements, which the squash cannot do, since \
                 3_x.up.sql runs without a transaction",
                "help: squash the ones before 2 and the ones after it",
            ],
            text: &[],
        },
    ]
}

/// What is written, and something is said of it.
fn with_notes() -> Vec<Case> {
    vec![
        Case {
            name: "values that are others each time",
            migrations: vec![TABLE, random()],
            range: "1:2",
            code: 0,
            says: &[
                "note: not compared, since each run of the migrations writes other values: a of t",
            ],
            text: &["-- 1 x\nCREATE TABLE t"],
        },
        Case {
            name: "a down side that forgets something, as before",
            migrations: vec![TABLE, "CREATE TABLE u (id integer PRIMARY KEY)\n--- SELECT 1"],
            range: "1:2",
            code: 0,
            says: &[
                "note: the down side does not restore everything, and neither did the down sides of the migrations; this would be left \
                     to do: drop table u",
            ],
            text: &[],
        },
    ]
}

/// What only servers have: accounts and settings.
fn of_servers() -> Vec<Case> {
    let mut cases = Vec::new();
    if SCHEME != "sqlite" {
        cases.push(Case {
            name: "what belongs to the server is not tried",
            migrations: vec![TABLE, on_server()],
            range: "1:2",
            code: 0,
            says: &[
                "note: the squash was not proven: 2_x.up.sql: CREATE",
                "changes the whole server",
            ],
            text: &[],
        });
        let set = if SCHEME == "postgres" {
            "SELECT set_config('search_path', '', false);\nCREATE TABLE public.u (id integer)"
        } else {
            "SET SESSION foreign_key_checks = 0;\nCREATE TABLE u (id integer, t_id integer, FOREIGN KEY (t_id) REFERENCES t (id))"
        };
        let text: &[&str] = if SCHEME == "postgres" {
            &["RESET ALL;\n\n-- 3 x\n"]
        } else {
            &["SESSION foreign_key_checks = @@GLOBAL.foreign_key_checks", "-- 3 x\n"]
        };
        cases.push(Case {
            name: "settings of one file are put back before the next",
            migrations: vec![TABLE, set, "ALTER TABLE t ADD COLUMN b integer"],
            range: "1:3",
            code: 0,
            says: &[],
            text,
        });
    }
    cases
}

/// What needs a commit in between.
fn of_enums() -> Vec<Case> {
    let mut cases = Vec::new();
    if SCHEME == "postgres" {
        cases.push(Case {
            name: "what fails in one transaction keeps those that it had",
            migrations: vec![
                "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE m (mood mood)",
                "ALTER TYPE mood ADD VALUE 'ok'",
                "INSERT INTO m VALUES ('ok'); INSERT INTO m VALUES ('sad')",
            ],
            range: "2:3",
            code: 0,
            says: &[
                "note: the squash has no transaction around it: each of the migrations keeps its own, since in one transaction this \
                 would fail: ",
            ],
            text: &["-- ambix: transaction none", "ADD VALUE 'ok';\n\n-- 3 x\nBEGIN;\nINSERT"],
        });
    }
    cases
}

const ROWS_UPDATED: &str = "UPDATE t SET a = 3 WHERE id = 1;\nUPDATE t SET a = 4 WHERE id = 2\n--- UPDATE t SET a = 1 WHERE id = 1;\n\
                            UPDATE t SET a = 2 WHERE id = 2";

/// Writes the migrations of a case, and nothing else, into the folder.
fn write(user: &User, case: &Case) {
    let folder = user.path("migrations");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (at, sql) in case.migrations.iter().enumerate() {
        let (up, down) = match sql.split_once("\n--- ") {
            Some((up, down)) => (up, Some(down)),
            None => (*sql, None),
        };
        fs::write(folder.join(format!("{}_x.up.sql", at + 1)), up).unwrap();
        if let Some(down) = down {
            fs::write(folder.join(format!("{}_x.down.sql", at + 1)), down).unwrap();
        }
    }
}

/// The files in the folder, without `ambix.sum`.
fn files(user: &User) -> Vec<String> {
    let files = fs::read_dir(user.path("migrations")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != "ambix.sum").collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_squash_is_proven_before_it_is_written() {
    let user = User::with(&[]).await;
    for case in cases() {
        write(&user, &case);
        let before = files(&user);
        let printed = user.quietly(&format!("squash {} --yes", case.range));
        let said = format!("{}: {}{}", case.name, printed.stdout, printed.stderr);
        assert_eq!(printed.code, case.code, "{said}");
        // A terminal breaks no lines where there is none.
        for text in case.says {
            assert!(printed.stderr.contains(text), "{text}\n{said}");
        }
        let is_proven = !printed.stderr.contains("was not proven");
        assert_eq!(is_proven, !case.name.ends_with("is not tried"), "{said}");
        if case.code != 0 {
            assert_eq!(files(&user), before, "{said}");
            continue;
        }
        let names = files(&user);
        let new = names.iter().find(|name| name.ends_with(".up.sql") && name.contains("squash"));
        let new = fs::read_to_string(user.path("migrations").join(new.unwrap())).unwrap();
        let mut rest = new.as_str();
        for text in case.text {
            let at = rest.find(text).unwrap_or_else(|| panic!("{}: {text}\nin {new}", case.name));
            rest = &rest[at + text.len()..];
        }
    }
    // The database of the URL has not been touched.
    assert!(user.db.tables().await.is_empty());
}

#[tokio::test]
async fn a_squash_that_was_proven_runs_and_can_be_reverted() {
    let user = User::with(&[]).await;
    let all = cases();
    write(&user, &all[0]);
    assert_eq!(user.quietly("squash 1:4 --yes --json").code, 0);
    let printed = user.quietly("upgrade");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert_eq!(user.db.column("SELECT a FROM t ORDER BY id").await, ["3", "4"]);
    let printed = user.quietly("downgrade base");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert!(user.db.tables().await.is_empty());
}

#[tokio::test]
async fn a_squash_without_a_proof_says_so() {
    let mut user = User::with(&[]).await;
    let all = cases();
    let differing = all.iter().find(|case| case.name == "a column that goes elsewhere").unwrap();
    write(&user, differing);
    let printed = user.quietly("squash 1:2 --yes --no-proof --json");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert!(printed.stdout.contains("\"proven\": false"), "{}", printed.stdout);
    assert!(printed.stderr.contains("the squash was not proven: as asked"), "{}", printed.stderr);
    write(&user, differing);
    user.environment.clear();
    let printed = user.quietly("squash 1:2 --yes");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let why = "the squash was not proven: no database URL is known";
    assert!(printed.stderr.contains(why), "{}", printed.stderr);
}
