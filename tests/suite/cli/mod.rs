//! The program `ambix`, from end to end: what is typed, what is printed, and the exit code, as transcripts in
//! `tests/snapshots/cli`. One transcript serves all databases; where they must differ, the snapshot has the database's name.

#![allow(dead_code)] // Not every test needs everything.

mod adopt;
mod database;
mod draft;
mod dump;
mod erd;
mod errors;
mod files;
mod help;
mod lint;
mod locks;
mod looks;
mod offline;
mod page;
mod preflight;
mod secrets;
mod squash;
pub mod terminal;
mod upkeep;
mod urls;
mod verbs;

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use crate::{
    setup::{Fresh, SCHEME, fresh},
    support::{Folder, folder, unique},
};

/// The program `ambix`, under this name and alone in its folder: cargo builds it for this package under another name.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let built = Path::new(env!("CARGO_BIN_EXE_ambix-under-test"));
        let folder = built.parent().unwrap().join("under-test");
        fs::create_dir_all(&folder).unwrap();
        // Another test may run it in this moment, so it is replaced in one step. A program finds its own name by its path, which a
        // hard link has and a symbolic one has not.
        let (program, link) = (folder.join("ambix"), folder.join(unique("link")));
        fs::hard_link(built, &link).unwrap();
        fs::rename(&link, &program).unwrap();
        // Two links to one file are not renamed to each other.
        let _ = fs::remove_file(&link);
        program
    })
}

/// What a command has printed.
pub struct Printed {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A user with a folder, a database, and a shell.
pub struct User {
    pub db: Fresh,
    pub folder: Folder,
    transcript: String,
    /// Where the database is, as the environment says it.
    pub environment: Vec<(String, String)>,
    /// What differs between two runs of a test, and what stands for it.
    hidden: Vec<(String, String)>,
}

impl User {
    /// With these files below the folder; migrations are below `migrations/`.
    pub async fn with(files: &[(&str, &str)]) -> Self {
        let db = fresh().await;
        let environment = vec![("DATABASE_URL".to_owned(), db.url.clone())];
        Self {
            db,
            folder: folder(files),
            transcript: String::new(),
            environment,
            hidden: Vec::new(),
        }
    }

    /// With three migrations in one line.
    pub async fn new() -> Self {
        Self::with(THREE).await
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.0.join(below)
    }

    /// Runs `ambix` with these words (blanks separate them, `'...'` holds them together), and notes it in the transcript.
    pub fn ambix(&mut self, line: &str) -> Printed {
        let printed = self.quietly(line);
        let _ = writeln!(self.transcript, "$ ambix {line}");
        self.transcript.push_str(&printed.stdout);
        if !printed.stdout.is_empty() && !printed.stdout.ends_with('\n') {
            self.transcript.push_str("<no newline>\n");
        }
        for line in printed.stderr.lines() {
            let _ = writeln!(self.transcript, "2> {line}");
        }
        if printed.code != 0 {
            let _ = writeln!(self.transcript, "[exit code {}]", printed.code);
        }
        self.transcript.push('\n');
        printed
    }

    /// The same, without a note.
    pub fn quietly(&self, line: &str) -> Printed {
        let output = self.command(line).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Printed {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The command, to be started in another way.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(program());
        command.args(words(line)).current_dir(&self.folder.0).stdin(Stdio::null());
        for variable in [
            "DATABASE_URL",
            "DIRECT_URL",
            "NO_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
            "EDITOR",
            "VISUAL",
            "COLUMNS",
        ] {
            command.env_remove(variable);
        }
        command.envs(self.environment.iter().cloned());
        command
    }

    /// The texts of the files in the migrations folder whose names have this in them, for the reader of the transcript.
    pub fn cat(&mut self, part: &str) {
        let folder = fs::read_dir(self.path("migrations")).unwrap().map(|entry| entry.unwrap());
        let mut names: Vec<String> =
            folder.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        for name in names.iter().filter(|name| name.contains(part)) {
            let text = fs::read_to_string(self.path("migrations").join(name)).unwrap();
            let _ = writeln!(self.transcript, "$ cat migrations/{name}\n{text}");
        }
    }

    /// Writes `stable` for a text that differs between two runs.
    pub fn hide(&mut self, text: &str, stable: &str) {
        self.hidden.push((text.to_owned(), stable.to_owned()));
    }

    /// Something that is not a command, for the reader of the transcript.
    pub fn remark(&mut self, text: &str) {
        let _ = writeln!(self.transcript, "# {text}\n");
    }

    /// Compares the transcript with the one that all databases share.
    #[track_caller]
    pub fn finish(&self, name: &str) {
        self.compare(name.to_owned());
    }

    /// Compares the transcript with the one of this database.
    #[track_caller]
    pub fn finish_for_each(&self, name: &str) {
        self.compare(format!("{name}.{SCHEME}"));
    }

    #[track_caller]
    fn compare(&self, name: String) {
        let mut settings = insta::Settings::new();
        settings.set_snapshot_path("../../snapshots/cli");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        for (pattern, stable) in FILTERS {
            settings.add_filter(pattern, *stable);
        }
        let hidden = self.hidden.iter();
        let text = hidden.fold(self.transcript.clone(), |text, (from, to)| text.replace(from, to));
        let text = text
            .replace(&self.db.url, "<url>")
            .replace(self.folder.0.to_str().unwrap(), "<folder>")
            .replace(&self.db.name, "<database>");
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}

/// What differs between two runs.
const FILTERS: &[(&str, &str)] = &[
    (r"\b20(2[6-9]|[3-9]\d)\d{4}_\d{4}_", "<minute>_"),
    (r"<minute>_[0-9a-f]{12}_", "<minute>_<id>_"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "<date>"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "<time>"),
    (r"sha256:[0-9a-f]{64}", "sha256:<hex>"),
    (r"under 1 ms", "<duration>"),
    (r"\b\d+(\.\d+)?\s?(ns|µs|ms|s)\b", "<duration>"),
    // What a database cannot do has tests of its own.
    (r", not in one transaction\)", ")"),
    (r#""transactional": (true|false)"#, r#""transactional": <whether>"#),
    (r#""(secs|nanos|duration_us)": \d+"#, r#""$1": <number>"#),
    (r"on \S+ \(pid \d+\)", "on <host> (pid <pid>)"),
    (r"\bby process \d+ \([^)]*\)", "by process <pid>"),
    (r"\b(pid|process) \d+", "$1 <pid>"),
    // Sessions, as `locks` shows them.
    (r"\b\d+ (\([^)]+\) )?as (\w+) from [\w.:]+", "<pid> ${1}as $2 from <host>"),
    (r"(--cancel|--terminate|session) \d+", "$1 <pid>"),
];

/// Words as a shell separates them.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for sign in line.chars() {
        match sign {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            sign => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    words
}

/// Three migrations in one line, in SQL that all databases read.
pub const THREE: &[(&str, &str)] = &[
    (
        "migrations/20241104_0900_5a1c0e_create_users.up.sql",
        "-- ambix: parents none\nCREATE TABLE users (id integer PRIMARY KEY, email varchar(100) NOT NULL);\n",
    ),
    ("migrations/20241104_0900_5a1c0e_create_users.down.sql", "DROP TABLE users;\n"),
    (
        "migrations/20241113_1430_abc123_add_full_name_to_user.up.sql",
        "-- ambix: parents 5a1c0e\nALTER TABLE users ADD COLUMN full_name varchar(100);\n",
    ),
    (
        "migrations/20241113_1430_abc123_add_full_name_to_user.down.sql",
        "ALTER TABLE users DROP COLUMN full_name;\n",
    ),
    (
        "migrations/20241118_1120_d4e81f_add_subscriptions.up.sql",
        "-- ambix: parents abc123\nCREATE TABLE subscriptions (id integer PRIMARY KEY, user_id integer NOT NULL);\n\
         CREATE INDEX ix_subscriptions_user_id ON subscriptions (user_id);\n",
    ),
    ("migrations/20241118_1120_d4e81f_add_subscriptions.down.sql", "DROP TABLE subscriptions;\n"),
];

/// Two lines from one base, and a migration that merges them.
pub const BRANCHES: &[(&str, &str)] = &[
    (
        "migrations/20241104_0900_aaa111_create_users.up.sql",
        "-- ambix: parents none\nCREATE TABLE users (id integer PRIMARY KEY);\n",
    ),
    ("migrations/20241104_0900_aaa111_create_users.down.sql", "DROP TABLE users;\n"),
    (
        "migrations/20241105_0900_bbb222_create_carts.up.sql",
        "-- ambix: parents aaa111\n-- ambix: labels shop\nCREATE TABLE carts (id integer PRIMARY KEY);\n",
    ),
    ("migrations/20241105_0900_bbb222_create_carts.down.sql", "DROP TABLE carts;\n"),
    (
        "migrations/20241106_0900_ccc333_create_posts.up.sql",
        "-- ambix: parents aaa111\nCREATE TABLE posts (id integer PRIMARY KEY);\n",
    ),
    ("migrations/20241106_0900_ccc333_create_posts.down.sql", "DROP TABLE posts;\n"),
];
