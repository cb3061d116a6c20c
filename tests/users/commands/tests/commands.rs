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

/// What is compiled in stays as it is when a file comes into the folder, and that is said.
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
    let note = "note: this program was built without 3: build it again";
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
