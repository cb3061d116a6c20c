//! Each rule finds what it should in the fixtures beside it, and nothing in the others, on each database that it names.

use std::collections::HashSet;

use super::{
    Chosen, Finding, LintDatabase, LintOptions, LintReport, Rule, lint, rules, write_baseline,
};
use crate::{
    database::driver,
    graph::Graph,
    lint::rule::{Example, RuleScope},
    migration::{Migration, Migrations},
};

fn scheme(database: LintDatabase) -> &'static str {
    match database {
        LintDatabase::Postgres => "postgres",
        LintDatabase::MySql => "mysql",
        LintDatabase::MariaDb => "mariadb",
        LintDatabase::Sqlite => "sqlite",
    }
}

fn graph(migrations: Vec<Migration>, baseline: Option<&str>) -> Graph {
    let mut migrations = Migrations::new(migrations).unwrap();
    migrations.baseline = baseline.map(str::to_owned);
    Graph::new(migrations).unwrap()
}

/// What is found in a migration after others; nothing if the database is not compiled in.
fn look(
    database: LintDatabase,
    migrations: Vec<Migration>,
    options: &LintOptions,
    baseline: Option<&str>,
) -> Option<LintReport> {
    let url = scheme(database);
    let dialect = driver(url).ok()?.dialect;
    let graph = graph(migrations, baseline);
    let baseline = graph.baseline().unwrap_or_default().to_owned();
    Some(lint(&graph, (dialect, url), &Chosen::All, options, (&baseline, None)))
}

fn of_example(example: &Example, database: LintDatabase) -> Option<Vec<Finding>> {
    let mut migrations = Vec::new();
    if !example.before.is_empty() {
        migrations.push(Migration::new("1", "earlier").up(example.before));
    }
    let mut migration = Migration::new("2", example.name).up(example.up);
    if let Some(down) = example.down {
        migration = migration.down(down);
    }
    migrations.push(migration);
    let mut options = LintOptions::new();
    if !example.version.is_empty() {
        options = options.server_version(example.version);
    }
    let report = look(database, migrations, &options, None)?;
    Some(report.findings.into_iter().filter(|finding| finding.revision == "2").collect())
}

fn each_example(
    rule: &Rule,
    examples: &[Example],
    check: impl Fn(&Example, LintDatabase, &[Finding]),
) {
    for example in examples {
        let databases =
            if example.databases.is_empty() { rule.databases } else { example.databases };
        for database in databases {
            assert!(rule.databases.contains(database), "{}: {database}", rule.code);
            if let Some(findings) = of_example(example, *database) {
                check(example, *database, &findings);
            }
        }
    }
}

#[test]
fn each_rule_finds_its_fixtures_and_not_the_others() {
    let mut wrong = Vec::new();
    for rule in rules() {
        assert!(!rule.finds.is_empty() && !rule.passes.is_empty(), "{} has no fixture", rule.code);
        // Their fixtures are run on a database, where `lint --run` is tested.
        if rule.scope == RuleScope::Execution {
            continue;
        }
        let report = std::cell::RefCell::new(&mut wrong);
        each_example(rule, rule.finds, |example, database, findings| {
            match findings.iter().find(|finding| finding.code == rule.code) {
                Some(finding) if finding.help.is_empty() => {
                    report.borrow_mut().push(format!("{}: says no way", rule.code));
                }
                Some(_) => {}
                None => report.borrow_mut().push(format!(
                    "{} ({database}) does not find\n{}\n{findings:#?}",
                    rule.code, example.up
                )),
            }
        });
        each_example(rule, rule.passes, |example, database, findings| {
            if findings.iter().any(|finding| finding.code == rule.code) {
                report
                    .borrow_mut()
                    .push(format!("{} ({database}) finds\n{}", rule.code, example.up));
            }
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn codes_and_names_are_in_order_and_unique() {
    let codes: Vec<&str> = rules().iter().map(|rule| rule.code).collect();
    let names: HashSet<&str> = rules().iter().map(|rule| rule.name).collect();
    assert!(codes.windows(2).all(|two| two[0] < two[1]), "{codes:?}");
    assert_eq!(names.len(), codes.len());
    assert!(codes.len() >= 35);
}

fn codes(report: &LintReport) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.code).collect()
}

const DROP: &str = "ALTER TABLE users DROP COLUMN name;";

fn two(up: &str) -> Vec<Migration> {
    vec![
        Migration::new("1", "create users")
            .up("CREATE TABLE users (id integer, name text)")
            .down("DROP TABLE users"),
        Migration::new("2", "drop name of users").up(up).irreversible("it was never read"),
    ]
}

#[cfg(feature = "sqlite")]
mod silenced {
    use super::*;

    fn sqlite(up: &str, baseline: Option<&str>) -> LintReport {
        look(LintDatabase::Sqlite, two(up), &LintOptions::new(), baseline).unwrap()
    }

    /// Above a statement, behind it on its line, in it, and for several codes; only for its own statement.
    #[test]
    fn an_allow_silences_its_own_statement() {
        let allow = "-- ambix: allow COMPAT-005 because nobody reads it";
        for up in [
            format!("{allow}\n{DROP}"),
            format!("{DROP} {allow}"),
            format!("ALTER TABLE users\n{allow}\nDROP COLUMN name;"),
            format!("-- ambix: allow compat-005, DATA-005 because nobody reads it\n{DROP}")
                .replace(", DATA-005", ""),
            format!("SELECT 1;\n{allow}\n-- and a comment\n{DROP}"),
        ] {
            let report = sqlite(&up, None);
            assert_eq!((codes(&report), report.allowed), (Vec::new(), 1), "{up}");
        }
        let other = sqlite(&format!("{allow}\nSELECT 1;\n{DROP}"), None);
        assert_eq!(codes(&other), ["AMBIX-007", "COMPAT-005"]);
        let no_reason = sqlite(&format!("-- ambix: allow COMPAT-005\n{DROP}"), None);
        assert_eq!(codes(&no_reason), ["AMBIX-006", "COMPAT-005"]);
        let unknown = sqlite(&format!("-- ambix: allow NO-1 because of that\n{DROP}"), None);
        assert_eq!(codes(&unknown), ["AMBIX-006", "COMPAT-005"]);
    }

    /// A baseline that was written silences just those findings; a changed statement is found again, and the line is stale.
    #[test]
    fn a_baseline_silences_what_it_lists() {
        let report = sqlite(DROP, None);
        let baseline = write_baseline(&report.findings);
        let again = sqlite(DROP, Some(&baseline));
        assert_eq!((codes(&again), again.baselined), (Vec::new(), 1));
        assert_eq!(again.stale_baseline, Vec::<String>::new());
        let reformatted = sqlite("alter  TABLE users -- c\n DROP COLUMN name", Some(&baseline));
        assert_eq!(reformatted.baselined, 0, "another letter case is another token");
        let spaced = sqlite("ALTER  TABLE users -- c\n DROP COLUMN name", Some(&baseline));
        assert_eq!(spaced.baselined, 1);
        let changed = sqlite("ALTER TABLE users DROP COLUMN id;", Some(&baseline));
        assert_eq!((codes(&changed), changed.stale_baseline.len()), (vec!["COMPAT-005"], 1));
        let options = LintOptions::new().ignore_baseline();
        let shown = look(LintDatabase::Sqlite, two(DROP), &options, Some(&baseline)).unwrap();
        assert_eq!(codes(&shown), ["COMPAT-005"]);
    }

    /// What an earlier migration creates is in use; in one run with it, it is not.
    #[test]
    fn what_a_run_creates_is_never_warned_about() {
        let dialect = driver("sqlite").unwrap().dialect;
        let graph = graph(two(DROP), None);
        let options = LintOptions::new();
        let run = Chosen::Run(vec!["1".to_owned(), "2".to_owned()]);
        let together = lint(&graph, (dialect, "sqlite"), &run, &options, ("", None));
        assert_eq!((codes(&together), together.migrations), (vec!["COMPAT-005"; 0], 2));
        let alone = Chosen::Run(vec!["2".to_owned()]);
        let alone = lint(&graph, (dialect, "sqlite"), &alone, &options, ("", None));
        assert_eq!((codes(&alone), alone.migrations), (vec!["COMPAT-005"], 1));
    }
}

/// Files of the repository, and random tokens: nothing makes the linter panic.
mod robust {
    use std::{fs, path::Path};

    use super::*;
    use crate::database::drivers;

    fn sql_files(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with("target") && !path.ends_with(".git") {
                    sql_files(&path, found);
                }
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                found.extend(fs::read_to_string(&path).ok());
            }
        }
    }

    fn take(texts: &[String]) -> usize {
        let mut looked_at = 0;
        for text in texts {
            // Directives may be wrong for a file that stands alone.
            let text: String =
                text.lines().filter(|line| !line.contains("ambix:")).collect::<Vec<_>>().join("\n");
            let Ok(migrations) = Migrations::new([Migration::new("1", "a").up(&text).down(&text)])
            else {
                continue;
            };
            let Ok(graph) = Graph::new(migrations) else { continue };
            for driver in drivers() {
                for url in driver.dialect.schemes() {
                    lint(
                        &graph,
                        (driver.dialect, url),
                        &Chosen::All,
                        &LintOptions::new(),
                        ("", None),
                    );
                    looked_at += 1;
                }
            }
        }
        looked_at
    }

    #[test]
    fn every_sql_file_of_the_repository() {
        let mut texts = Vec::new();
        for folder in ["src", "tests", "migrations", "examples", "benches"] {
            sql_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut texts);
        }
        assert!(texts.len() > 50);
        assert!(take(&texts) > 50);
    }

    #[test]
    #[allow(clippy::too_many_lines)] // a table of tokens
    fn random_tokens() {
        const WORDS: &[&str] = &[
            "CREATE",
            "ALTER",
            "TABLE",
            "DROP",
            "ADD",
            "COLUMN",
            "INDEX",
            "UNIQUE",
            "CONSTRAINT",
            "PRIMARY",
            "KEY",
            "FOREIGN",
            "REFERENCES",
            "CHECK",
            "(",
            ")",
            ",",
            ".",
            "users",
            "\"a b\"",
            "'text'",
            "NOT",
            "NULL",
            "DEFAULT",
            "now()",
            "TYPE",
            "SET",
            "RENAME",
            "TO",
            "ON",
            "CONCURRENTLY",
            "IF",
            "EXISTS",
            "MODIFY",
            "CHANGE",
            "UPDATE",
            "=",
            "WHERE",
            "DELETE",
            "FROM",
            "[",
            "]",
            "::",
            "varchar",
            "(20)",
            "numeric(10,2)",
            "GENERATED",
            "ALWAYS",
            "AS",
            "IDENTITY",
            "STORED",
            "ENUM('a','b')",
            "VALUE",
            "TRUNCATE",
            "CASCADE",
            "RENAME TABLE",
            "LOCK",
            "ALGORITHM",
            "REINDEX",
            "VACUUM",
            "FULL",
            "DETACH",
            "PARTITION",
            "VALIDATE",
            ";",
            "\n",
            "-- ambix: allow X because y\n",
            "/*",
            "*/",
            "é",
            "$$",
            "`",
            "AFTER",
            "FIRST",
            "USING",
            "DATA",
            "IS",
        ];
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        let texts: Vec<String> = (0..4000)
            .map(|_| {
                let length = 1 + random(24);
                let start =
                    ["ALTER TABLE users", "CREATE TABLE t", "CREATE INDEX", "DROP", "", "UPDATE"]
                        [random(6)];
                let words: Vec<&str> = (0..length).map(|_| WORDS[random(WORDS.len())]).collect();
                format!("{start} {}", words.join(" "))
            })
            .collect();
        assert!(take(&texts) > 1000);
    }
}

/// The chapter's table is the registry's.
#[test]
fn the_chapter_lists_the_rules() {
    const BEGIN: &str = "<!-- rules: written from the registry by `LINT_DOCS=write cargo test -p ambix --lib lint` -->\n";
    const END: &str = "<!-- end of rules -->";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lint.md");
    let chapter = std::fs::read_to_string(path).unwrap();
    let (before, rest) = chapter.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    let mut expected =
        "\n| rule | severity | databases | what is wrong | instead |\n|---|---|---|---|---|\n"
            .to_owned();
    for rule in rules() {
        let databases: Vec<String> = rule.databases.iter().map(ToString::to_string).collect();
        let databases = if databases.len() == 4 { "all".to_owned() } else { databases.join(", ") };
        let versions =
            if rule.versions.is_empty() { String::new() } else { format!("; {}", rule.versions) };
        expected += &format!(
            "| `{}` {} | {} | {databases}{versions} | {} | {} |\n",
            rule.code, rule.name, rule.severity, rule.problem, rule.instead
        );
    }
    expected.push('\n');
    if std::env::var("LINT_DOCS").is_ok_and(|value| value == "write") {
        std::fs::write(path, format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(table, expected, "write it with LINT_DOCS=write");
}

/// The statements in a block are found at their own places, an allow above the block silences them, and a later migration knows what
/// they have made.
#[cfg(feature = "postgres")]
#[test]
fn the_statements_in_a_block_are_looked_at() {
    let look = |up: &str, later: &str| {
        let migrations = vec![
            Migration::new("1", "create users")
                .up("CREATE TABLE users (id bigint, name varchar(20))"),
            Migration::new("2", "change users in a block").up(up).irreversible("it is a test"),
            Migration::new("3", "change users again").up(later).irreversible("it is a test"),
        ];
        let report = look(LintDatabase::Postgres, migrations, &LintOptions::new(), None).unwrap();
        let found = report.findings.iter().filter(|finding| finding.revision != "1");
        let found: Vec<String> = found
            .filter(|finding| !finding.code.starts_with("HYGIENE"))
            .map(|of| format!("{} {}:{}:{}", of.code, of.revision, of.place.line, of.place.column))
            .collect();
        (found, report.allowed)
    };
    let block = "DO $$ BEGIN\n  IF true THEN\n    ALTER TABLE users ALTER COLUMN name TYPE varchar(50);\n    \
                 DROP INDEX users_name;\n  END IF;\nEND $$;";
    assert_eq!(look(block, "SELECT 1").0, ["LOCK-002 2:4:5"]);
    // Without the block, 40 would be more than the known 20.
    let narrower = "ALTER TABLE users ALTER COLUMN name TYPE varchar(40);";
    assert_eq!(look(block, narrower).0, ["LOCK-002 2:4:5", "DATA-001 3:1:1", "REWRITE-004 3:1:1"]);
    let allowed = format!("-- ambix: allow LOCK-002 because the table is small\n{block}");
    assert_eq!(look(&allowed, "SELECT 1"), (Vec::new(), 1));
    let hidden = "DO $$ BEGIN EXECUTE format('DROP INDEX %I', 'users_name'); END $$;";
    assert_eq!(look(hidden, "SELECT 1").0, ["AMBIX-009 2:1:1"]);
}

/// The findings of PostgreSQL in the second of two migrations, with the ways that they recommend.
fn in_second(first: &str, second: &str) -> Vec<(&'static str, String)> {
    let migrations = vec![
        Migration::new("1", "create logs").up(first),
        Migration::new("2", "change logs").up(second).irreversible("it is a test"),
    ];
    let report = look(LintDatabase::Postgres, migrations, &LintOptions::new(), None).unwrap();
    let second = report.findings.into_iter().filter(|finding| finding.revision == "2");
    second.map(|finding| (finding.code, finding.help)).collect()
}

#[test]
fn what_is_recommended_for_partitioned_tables_works_there() {
    let logs = "CREATE TABLE logs (id bigint, at date) PARTITION BY RANGE (at); CREATE INDEX logs_at ON logs (at);";
    // Each is refused on the table itself.
    let refused = [
        "CONCURRENTLY logs_id ON logs",
        "DROP INDEX CONCURRENTLY logs_at",
        "ALTER TABLE logs ADD CONSTRAINT logs_fk FOREIGN KEY (id) REFERENCES users NOT VALID",
        "ALTER TABLE logs ADD CONSTRAINT logs_key UNIQUE USING INDEX",
    ];
    let cases = [
        ("LOCK-001", "CREATE INDEX logs_id ON logs (id)"),
        ("LOCK-002", "DROP INDEX logs_at"),
        ("LOCK-004", "ALTER TABLE logs ADD CONSTRAINT logs_fk FOREIGN KEY (id) REFERENCES users"),
        ("LOCK-007", "ALTER TABLE logs ADD CONSTRAINT logs_key UNIQUE (id, at)"),
    ];
    for (code, sql) in cases {
        let found = in_second(logs, sql);
        let (_, help) = found.iter().find(|(found, _)| *found == code).unwrap();
        assert!(!refused.iter().any(|refused| help.contains(refused)), "{sql}: {help}");
        let plain = in_second(&logs.replace(" PARTITION BY RANGE (at)", ""), sql);
        let (_, help) = plain.iter().find(|(found, _)| *found == code).unwrap();
        assert!(refused.iter().any(|refused| help.contains(refused)), "{sql}: {help}");
    }
}

#[test]
fn an_index_has_the_name_that_it_got() {
    let unique = "CREATE TABLE logs (id bigint); CREATE UNIQUE INDEX logs_id ON logs (id);";
    let cases = [
        ("ALTER INDEX logs_id RENAME TO logs_key", true),
        ("ALTER TYPE logs_id RENAME TO logs_key", false),
        ("ALTER SEQUENCE logs_id RENAME TO logs_key", false),
    ];
    for (sql, is_lost) in cases {
        let found = in_second(&format!("{unique} {sql}"), "DROP INDEX logs_key");
        assert_eq!(found.iter().any(|(code, _)| *code == "DATA-007"), is_lost, "{sql}");
    }
}

#[test]
fn what_stands_alone_is_no_repeated_alter() {
    let cases = [
        ("ADD COLUMN x int", "ADD COLUMN y int", true),
        ("RENAME CONSTRAINT a TO b", "RENAME CONSTRAINT c TO d", false),
        ("ATTACH PARTITION a DEFAULT", "ATTACH PARTITION b FOR VALUES IN (1)", false),
        ("DETACH PARTITION a", "DETACH PARTITION b", false),
        ("SET SCHEMA s", "ADD COLUMN y int", false),
    ];
    for (one, other, is_found) in cases {
        let sql = format!("ALTER TABLE logs {one}; ALTER TABLE logs {other}");
        let found = in_second("CREATE TABLE logs (id bigint) PARTITION BY LIST (id)", &sql);
        assert_eq!(found.iter().any(|(code, _)| *code == "LOCK-020"), is_found, "{sql}");
    }
}

#[test]
fn a_default_partition_is_read_as_long_as_it_is_one() {
    let logs = "CREATE TABLE logs (id bigint, at date) PARTITION BY RANGE (at); CREATE TABLE rest PARTITION OF logs DEFAULT;";
    let new = "CREATE TABLE %_2 PARTITION OF % FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')";
    let cases = [
        ("", "logs", true),
        ("ALTER TABLE logs RENAME TO visits", "visits", true),
        ("ALTER TABLE rest RENAME TO others", "logs", true),
        ("ALTER TABLE logs DETACH PARTITION rest", "logs", false),
        ("DROP TABLE rest", "logs", false),
        (
            "DROP TABLE logs; CREATE TABLE logs (id bigint, at date) PARTITION BY RANGE (at)",
            "logs",
            false,
        ),
        (
            "ALTER TABLE logs DETACH PARTITION rest; ALTER TABLE logs ATTACH PARTITION rest DEFAULT",
            "logs",
            true,
        ),
    ];
    for (sql, table, is_read) in cases {
        let found = in_second(&format!("{logs} {sql}"), &new.replace('%', table));
        assert_eq!(found.iter().any(|(code, _)| *code == "LOCK-022"), is_read, "{sql}");
    }
}
