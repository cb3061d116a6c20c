//! Both programs, as their users type them.

use std::{path::PathBuf, process::Command};

struct Shell {
    folder: PathBuf,
}

impl Shell {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("ambix_commands_{name}_{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    fn url(&self) -> String {
        format!("sqlite://{}?mode=rwc", self.folder.join("shop.db").display())
    }

    /// What is in the shop.
    fn articles(&self) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let pool = sqlx::SqlitePool::connect(&self.url()).await.unwrap();
            sqlx::query_scalar("SELECT name FROM articles").fetch_all(&pool).await.unwrap()
        })
    }

    /// The exit code, stdout and stderr.
    fn run(&self, program: &str, words: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(&self.folder)
            .env_remove("DATABASE_URL")
            .env("SHOP_DATABASE", self.url());
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

const SHOP: &str = env!("CARGO_BIN_EXE_shop");
const MIGRATE: &str = env!("CARGO_BIN_EXE_migrate");
const FIRST: &str = env!("CARGO_BIN_EXE_first");

#[test]
fn the_commands_below_a_command_use_the_programs_migrator() {
    let shell = Shell::new("mounted");
    let (code, _, stderr) = shell.run(SHOP, &["db", "upgrade", "head"]);
    assert_eq!((code, stderr.lines().count()), (0, 2), "{stderr}");
    let (code, stdout, _) = shell.run(SHOP, &["db", "history", "-v"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("by shop 0.3.0 on "), "{stdout}");
    // The Rust step ran, and its way back is SQL.
    let (code, _, stderr) = shell.run(SHOP, &["db", "downgrade", "-1"]);
    assert_eq!(
        (code, stderr.trim()),
        (0, "Running downgrade b1c2d3 -> a0b1c2, add the first article")
    );
    assert_eq!(shell.run(SHOP, &["serve"]).1.trim(), "open");
}

#[test]
fn arguments_and_tags_reach_rust_steps() {
    let shell = Shell::new("arguments");
    let words = ["db", "-x", "article=cheese", "-x", "unused=1", "upgrade", "--tag", "Ada"];
    let (code, _, stderr) = shell.run(SHOP, &words);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(shell.articles(), ["cheese for Ada"]);
}

#[test]
fn advice_names_the_programs_own_commands() {
    let shell = Shell::new("advice");
    let (code, _, stderr) = shell.run(SHOP, &["db", "upgrade", "nosuch"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("shop db history"), "{stderr}");
    let (code, _, stderr) =
        shell.run(SHOP, &["db", "--database-url", &shell.url(), "current", "--check-heads"]);
    assert_eq!(code, 3);
    assert!(stderr.contains("`shop db upgrade heads`"), "{stderr}");
}

#[test]
fn help_and_completions_are_those_of_the_whole_program() {
    let shell = Shell::new("help");
    let (code, stdout, _) = shell.run(SHOP, &["--help"]);
    assert!(code == 0 && stdout.contains("Look after the database's schema"), "{stdout}");
    let (_, stdout, _) = shell.run(SHOP, &["db", "--help"]);
    assert!(
        stdout.contains("upgrade") && stdout.contains("Look after the database's schema"),
        "{stdout}"
    );
    let (code, stdout, _) = shell.run(SHOP, &["db", "completions", "bash"]);
    assert!(code == 0 && stdout.contains("serve") && stdout.contains("shop"), "{stdout}");
}

#[test]
fn a_folder_on_disk_goes_before_what_is_compiled_in() {
    let shell = Shell::new("folder");
    let folder = shell.folder.join("other");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("1_one.sql"), "CREATE TABLE one (id integer);").unwrap();
    let (code, stdout, _) = shell.run(SHOP, &["db", "heads", "--dir", folder.to_str().unwrap()]);
    assert_eq!((code, stdout.trim()), (0, "1 (head)"));
}

/// A program can be built before there is a folder, make it, and go on; and cargo is told to rebuild it.
#[test]
fn the_first_build_comes_before_the_folder() {
    const LINE: &str = "println!(\"cargo::rerun-if-changed=migrations\");";
    for (manifest, script, written) in [
        ("[package]\nname = \"x\"\n", None, Some(LINE)),
        (
            "[package]\nname = \"x\"\n",
            Some("fn main() { println!(\"cargo:rerun-if-changed=migrations\"); }"),
            None,
        ),
        ("[package]\nname = \"x\"\n", Some("fn main() {}"), None),
        ("[package]\nname = \"x\"\nbuild = \"other.rs\"\n", None, None),
    ] {
        let shell = Shell::new("first");
        let (file, url) = (shell.folder.join("build.rs"), shell.url());
        std::fs::write(shell.folder.join("Cargo.toml"), manifest).unwrap();
        if let Some(script) = script {
            std::fs::write(&file, script).unwrap();
        }
        let run = |line: &[&str]| {
            let (code, stdout, stderr) =
                shell.run(FIRST, &[line, &["--database-url", &url]].concat());
            assert_eq!(code, 0, "{line:?}: {stderr}");
            (stdout, stderr)
        };
        assert_eq!(run(&["heads"]).0, "");
        let (_, stderr) = run(&["init"]);
        let is = std::fs::read_to_string(&file).ok();
        match written {
            Some(line) => assert!(
                is.unwrap().contains(line) && stderr.contains("build.rs: cargo now rebuilds"),
                "{stderr}"
            ),
            None => assert_eq!(is.as_deref(), script),
        }
        let is_asked = written.is_none() && script.is_none_or(|script| !script.contains("rerun"));
        assert_eq!(stderr.contains(&format!("put `{LINE}` into")), is_asked, "{stderr}");
        run(&["revision", "-m", "create users", "--rev-id", "abc123"]);
        // The program is not built again yet.
        let (_, stderr) = run(&["upgrade"]);
        assert!(
            stderr.contains("reading migrations") && stderr.contains("-> abc123, create users"),
            "{stderr}"
        );
    }
    // What is in no package of cargo's is nobody's.
    let shell = Shell::new("nowhere");
    assert_eq!(shell.run(FIRST, &["init"]).0, 0);
    assert!(!shell.folder.join("build.rs").exists());
}

/// While a program is being written, its commands use the files that came after the build, and say so once.
#[test]
fn the_folder_that_was_compiled_in_is_read_where_it_is_newer() {
    let shell = Shell::new("newer");
    let folder = shell.folder.join("migrations");
    std::fs::create_dir_all(&folder).unwrap();
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    for entry in std::fs::read_dir(sources).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    let (url, late) = (shell.url(), folder.join("20991231_2359_late.sql"));
    let run = |line: &str| {
        let mut words: Vec<&str> = line.split(' ').collect();
        words.extend(["--database-url", &url]);
        shell.run(MIGRATE, &words)
    };
    let (code, _, stderr) = run("upgrade a0b1c2");
    assert!(code == 0 && !stderr.contains("built"), "{stderr}");
    std::fs::write(&late, "-- ambix: parents a0b1c2\nCREATE TABLE late (id integer);").unwrap();
    for line in
        ["heads", "plan 20991231_2359", "upgrade 20991231_2359", "verify", "status", "history"]
    {
        let (code, stdout, stderr) = run(line);
        let note =
            "reading migrations, which has changed since this program was built: 20991231_2359";
        assert_eq!((code, stderr.matches(note).count()), (0, 1), "{line}: {stdout}{stderr}");
        assert!(
            line == "upgrade 20991231_2359"
                || line == "verify"
                || stdout.contains("late")
                || stdout.contains("20991231"),
            "{line}: {stdout}"
        );
    }
    // An edit is seen as well.
    std::fs::write(&late, "-- ambix: parents a0b1c2\nCREATE TABLE later (id integer);").unwrap();
    let (code, stdout, _) = run("verify");
    assert!(code == 3 && stdout.contains("20991231_2359_late.sql"), "{stdout}");
}

/// What is compiled in stays as it is where the folder is another one, and that is said.
#[test]
fn files_that_came_after_the_build_are_noted() {
    let shell = Shell::new("after_the_build");
    let upgrade = ["upgrade", "a0b1c2", "--database-url", &shell.url()];
    let (code, _, stderr) = shell.run(MIGRATE, &upgrade);
    assert!(code == 0 && !stderr.contains("built without"), "{stderr}");
    let folder = shell.folder.join("migrations");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("3_late.sql"), "CREATE TABLE late (id integer);").unwrap();
    let (code, _, stderr) = shell.run(MIGRATE, &upgrade);
    let note =
        "warning: this program was built without 1 of the migrations in migrations: 3; rebuild it";
    assert!(code == 0 && stderr.contains(note), "{stderr}");
    let (code, stdout, _) = shell.run(MIGRATE, &["--dir", "migrations", "heads"]);
    assert_eq!((code, stdout.trim()), (0, "3 (head)"));
}

#[test]
fn migrations_are_drafted_from_the_programs_models() {
    let shell = Shell::new("draft");
    assert_eq!(shell.run(SHOP, &["db", "upgrade"]).0, 0);
    let (code, stdout, stderr) = shell.run(SHOP, &["db", "check"]);
    assert_eq!((code, stdout.trim()), (3, "add column articles.price INTEGER"), "{stderr}");
    assert!(stderr.contains("`shop db generate MESSAGE`"), "{stderr}");
    // The new files go where the old ones are: here into a copy of the sources' folder.
    let folder = shell.folder.join("migrations");
    std::fs::create_dir_all(&folder).unwrap();
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    for entry in std::fs::read_dir(sources).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    let dir = folder.to_str().unwrap();
    let words = ["db", "--dir", dir, "generate", "add price to articles", "--rev-id", "c2d3e4"];
    let (code, stdout, stderr) = shell.run(SHOP, &words);
    assert_eq!((code, stdout.lines().count()), (0, 2), "{stderr}");
    assert!(stderr.contains("Detected: add column articles.price INTEGER"), "{stderr}");
    let (code, _, stderr) = shell.run(SHOP, &["db", "--dir", dir, "upgrade"]);
    assert!(code == 0 && stderr.contains("c2d3e4, add price to articles"), "{stderr}");
    let (code, stdout, _) = shell.run(SHOP, &["db", "--dir", dir, "check"]);
    assert_eq!((code, stdout.trim()), (0, "no changes detected; compared: Article"));
    let words = ["db", "--dir", dir, "generate", "add price to articles"];
    let (code, stdout, stderr) = shell.run(SHOP, &words);
    assert_eq!((code, stdout.trim()), (0, "no changes detected; compared: Article"));
    assert!(stderr.contains("`models![...]`"), "{stderr}");
}

#[test]
fn one_line_of_code_has_every_command() {
    let shell = Shell::new("one_line");
    let (code, stdout, _) = shell.run(MIGRATE, &["history"]);
    assert_eq!((code, stdout.lines().count()), (0, 2), "{stdout}");
    // It has not registered the function that a migration names; nothing was run.
    let (code, _, stderr) = shell.run(MIGRATE, &["upgrade", "--database-url", &shell.url()]);
    assert_eq!(code, 1);
    assert!(stderr.contains("no function first_article is registered"), "{stderr}");
    let (code, _, stderr) =
        shell.run(MIGRATE, &["upgrade", "a0b1c2", "--database-url", &shell.url()]);
    assert_eq!(code, 0, "{stderr}");
    let (code, _, stderr) =
        shell.run(MIGRATE, &["current", "--database-url", "nodb://u:s3cret@h/d"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("no database is compiled in for \"nodb\""), "{stderr}");
    assert!(!stderr.contains("s3cret"), "{stderr}");
}
