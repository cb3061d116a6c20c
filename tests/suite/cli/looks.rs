//! What only looks: history, current, heads, branches, show, status, plan, verify, graph.

use super::{BRANCHES, THREE, User};

/// Two lines that a migration merges, and one of another base that depends on them.
fn merged() -> Vec<(&'static str, &'static str)> {
    let more = [
        (
            "migrations/20241107_0900_ddd444_merge_shop_and_blog.up.sql",
            "-- ambix: parents bbb222, ccc333\n",
        ),
        ("migrations/20241107_0900_ddd444_merge_shop_and_blog.down.sql", ""),
        (
            "migrations/20241108_0900_eee555_start_a_library.up.sql",
            "-- ambix: parents none\n-- ambix: labels lib\n-- ambix: depends-on ddd444\nCREATE TABLE books (id integer PRIMARY KEY);\n",
        ),
        ("migrations/20241108_0900_eee555_start_a_library.down.sql", "DROP TABLE books;\n"),
    ];
    BRANCHES.iter().copied().chain(more).collect()
}

#[tokio::test]
async fn one_line() {
    let mut user = User::new().await;
    user.ambix("history");
    user.ambix("current");
    user.ambix("current --check-heads");
    user.ambix("status");
    user.ambix("plan");
    assert!(user.quietly("upgrade abc123").code == 0);
    user.ambix("history -i");
    user.ambix("history --verbose");
    user.ambix("current");
    user.ambix("current -v");
    user.remark("CLI-026");
    user.ambix("current --check-heads");
    user.ambix("status");
    user.ambix("plan");
    user.ambix("plan base");
    user.ambix("verify");
    user.remark("CLI-031, and relative forms, too");
    user.ambix("show head");
    user.ambix("show current --verbose --sql");
    user.ambix("show head-2");
    user.ambix("show base");
    user.ambix("show nosuch");
    user.ambix("graph --indicate-current");
    assert!(user.quietly("upgrade").code == 0);
    user.ambix("current --check-heads");
    user.ambix("plan");
    user.finish("one_line");
}

/// CLI-028, BUG-012, BUG-013.
#[tokio::test]
async fn ranges() {
    let mut user = User::new().await;
    assert!(user.quietly("upgrade abc123").code == 0);
    for range in [
        "5a1c0e:abc123",
        "abc123:",
        ":abc123",
        "current:",
        ":current",
        "current:+1",
        "-1:current",
        "-1:",
        "abc123",
        "d4e81f:5a1c0e",
        "a:b:c",
        "nosuch:",
    ] {
        user.ambix(&format!("history -r {range}"));
    }
    user.finish("ranges");
}

/// CLI-019, CLI-025, CLI-029, BUG-014, BUG-017.
#[tokio::test]
async fn branches_and_merges() {
    let mut user = User::with(&merged()).await;
    user.ambix("history");
    user.ambix("history --no-graph");
    user.ambix("history -v -r bbb222:ddd444");
    user.ambix("heads");
    user.ambix("heads --resolve-dependencies");
    user.ambix("heads -v");
    user.ambix("branches");
    user.ambix("branches -v");
    user.ambix("show ddd444");
    user.ambix("graph");
    for format in ["mermaid", "dot"] {
        user.ambix(&format!("graph --format {format}"));
    }
    assert!(user.quietly("graph --format svg").stdout.contains("ccc333"));
    assert!(user.quietly("upgrade heads").code == 0);
    user.remark("CLI-025, BUG-014");
    user.ambix("current");
    user.ambix("current --check-heads");
    user.ambix("graph --format mermaid --indicate-current");
    user.finish("branches_and_merges");
}

/// BUG-016: the result is on stdout, also where noise is unwanted, and programs can read it.
#[tokio::test]
async fn results_for_programs() {
    let mut user = User::new().await;
    user.ambix("upgrade abc123 --json");
    user.ambix("upgrade --quiet");
    user.ambix("--quiet current");
    user.ambix("downgrade abc123 --quiet");
    for command in [
        "current",
        "heads",
        "branches",
        "show head",
        "history -i -r abc123:",
        "status",
        "plan",
        "verify",
        "upgrade nosuch",
    ] {
        let printed = user.ambix(&format!("{command} --json"));
        serde_json_parses(&printed.stdout);
    }
    user.finish("results_for_programs");
}

/// A document, and nothing after it.
fn serde_json_parses(text: &str) {
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(text);
    assert!(parsed.is_ok(), "{text}");
}

/// Everything that reads the files says which file is wrong, and how.
#[tokio::test]
async fn files_that_are_wrong() {
    let mut user = User::with(&[]).await;
    user.ambix("history");
    let folder = user.path("migrations");
    std::fs::create_dir_all(&folder).unwrap();
    user.ambix("history");
    user.ambix("heads");
    user.ambix("branches");
    user.ambix("status");
    std::fs::write(folder.join("add_users.sql"), "").unwrap();
    user.ambix("history");
    std::fs::remove_file(folder.join("add_users.sql")).unwrap();
    std::fs::write(folder.join("1_a.sql"), "-- ambix: parents 7\n").unwrap();
    user.ambix("heads --json");
    std::fs::write(folder.join("1_a.sql"), "").unwrap();
    std::fs::write(folder.join("01_b.sql"), "-- ambix: revision 1\n").unwrap();
    user.ambix("upgrade");
    user.finish("files_that_are_wrong");
}

/// What is missing of the surroundings: a URL, a database, a folder.
#[tokio::test]
async fn surroundings() {
    let mut user = User::with(THREE).await;
    let url = user.environment.remove(0).1;
    user.ambix("current");
    user.ambix("history --dir nowhere");
    user.remark("a URL in .env");
    std::fs::write(user.path(".env"), format!("OTHER=1\nDATABASE_URL={url}\n")).unwrap();
    user.ambix("upgrade +1");
    user.remark("the environment goes before .env, and the command line before both");
    user.environment.push(("DATABASE_URL".to_owned(), "nodb://app:s3cret@host/shop".to_owned()));
    user.ambix("upgrade +1");
    let printed = user.quietly(&format!("upgrade +1 --database-url {url}"));
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    user.environment.clear();
    std::fs::write(user.path(".env"), "DATABASE_URL='s3cret\n").unwrap();
    user.ambix("current");
    user.finish("surroundings");
}
