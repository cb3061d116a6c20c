//! The guide, typed: every command of a page prints what the page says, in a session from top to bottom. The pages are about
//! SQLite, so that anybody can follow them; `tests/sqlite_only/guide.rs` runs them. The table of Alembic's commands is run on all
//! databases.
//!
//! With `GUIDE=write` in the environment the pages are written anew with what the commands print.

#![allow(dead_code)] // The pages are followed on one database alone.

mod page;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use page::{Names, Part, all_fit, parts, table_commands};

use crate::{
    setup::{SCHEME, fresh},
    suite::cli::program,
    support::{Folder, folder},
};

/// A reader's shell, in a folder of its own.
pub struct Reader {
    pub folder: Folder,
    pub environment: Vec<(String, String)>,
    /// Where the programs are, as `PATH` says it.
    pub programs: String,
    names: Names,
}

impl Reader {
    /// With the sample app's migrations, if the page begins with them.
    pub fn new(url: &str, with_sample: bool) -> Self {
        let reader = Self {
            folder: folder::<&str>(&[]),
            environment: vec![("DATABASE_URL".to_owned(), url.to_owned())],
            programs: program().parent().unwrap().display().to_string(),
            names: Names::default(),
        };
        if with_sample {
            // An empty file is an empty database.
            fs::write(reader.folder.0.join("app.db"), "").unwrap();
            let sample = root().join("migrations").join(SCHEME);
            fs::create_dir_all(reader.folder.0.join("migrations")).unwrap();
            for entry in fs::read_dir(sample).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), reader.folder.0.join("migrations").join(entry.file_name()))
                    .unwrap();
            }
        }
        reader
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.0.join(self.names.to_real(path));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, self.names.to_real(text)).unwrap();
    }

    /// Types a command; what is printed, and whether it succeeded.
    pub fn types(&mut self, typed: &str) -> (String, bool) {
        if let Some((name, value)) =
            typed.strip_prefix("export ").and_then(|pair| pair.split_once('='))
        {
            self.environment.push((name.to_owned(), value.to_owned()));
            return (String::new(), true);
        }
        let path = format!("{}:{}", self.programs, std::env::var("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1; {}", self.names.to_real(typed))])
            .current_dir(&self.folder.0)
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", path)
            .env("HOME", &self.folder.0)
            .env("EDITOR", "true")
            .env("USER", "ada")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(self.environment.iter().cloned())
            .output()
            .unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.success())
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A page of the guide, or one at the root of the repository, whose name begins with a capital letter.
fn path_of(name: &str) -> PathBuf {
    let is_at_root = name.starts_with(|c: char| c.is_ascii_uppercase());
    root().join(if is_at_root { "" } else { "docs/guide" }).join(format!("{name}.md"))
}

/// Follows a page from top to bottom.
pub fn follow(name: &str, mut reader: Reader) {
    let text = fs::read_to_string(path_of(name)).unwrap();
    let mut written: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut wrong = Vec::new();
    // From the end, so that the lines before stay where they are.
    let mut changes = Vec::new();
    for part in parts(name, &text) {
        let (typed, printed, lines) = match part {
            Part::File { path, text } => {
                reader.write(&path, &text);
                continue;
            }
            Part::Command { typed, printed, lines } => (typed, printed, lines),
        };
        let (output, succeeded) = reader.types(&typed);
        reader.names.learn(&printed, &output);
        let output = reader.names.to_page(&output);
        let output = output.replace(reader.folder.0.to_str().unwrap(), "");
        let actual: Vec<&str> = output.trim_end().lines().collect();
        let may_fail = printed.iter().any(|line| line.starts_with("error"));
        if !all_fit(&printed, &actual) {
            wrong.push(format!(
                "$ {typed}\n--- the page\n{}\n--- printed\n{}\n",
                printed.join("\n"),
                actual.join("\n")
            ));
            changes.push((lines, actual.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()));
        } else if !typed.contains("; echo ") && succeeded == may_fail {
            // (With an `echo` behind it the page shows the exit code.)
            wrong.push(format!(
                "$ {typed}: success is {succeeded}, and the page {}",
                if may_fail { "has an error" } else { "has none" }
            ));
        }
    }
    if std::env::var_os("GUIDE").is_some_and(|value| value == "write") {
        for (lines, actual) in changes.into_iter().rev() {
            written.splice(lines, actual);
        }
        fs::write(path_of(name), written.join("\n") + "\n").unwrap();
    }
    assert!(wrong.is_empty(), "{name}.md:\n\n{}", wrong.join("\n"));
}

/// All commands of Alembic 1.20.
const ALEMBIC: [&str; 15] = [
    "branches",
    "check",
    "current",
    "downgrade",
    "edit",
    "ensure_version",
    "heads",
    "history",
    "init",
    "list_templates",
    "merge",
    "revision",
    "show",
    "stamp",
    "upgrade",
];

/// The table's ambix column from top to bottom, against a fresh database of each kind.
#[tokio::test]
async fn from_alembic() {
    let page = fs::read_to_string(path_of("from-alembic")).unwrap();
    let commands = table_commands(&page, "ambix");
    for word in ALEMBIC {
        let known = table_commands(&page, "Alembic")
            .iter()
            .any(|line| line.split(' ').any(|other| other == word));
        assert!(known, "the table has no `alembic {word}`");
    }
    let db = fresh().await;
    let mut reader = Reader::new(&db.url, false);
    let mut wrong = Vec::new();
    for line in &commands {
        let (output, succeeded) = reader.types(line);
        if !succeeded {
            wrong.push(format!("$ {line}\n{output}"));
        }
    }
    assert!(wrong.is_empty(), "docs/guide/from-alembic.md:\n\n{}", wrong.join("\n"));
    let (current, _) = reader.types("ambix current");
    assert!(current.starts_with("570c40 "), "{current}");
}
