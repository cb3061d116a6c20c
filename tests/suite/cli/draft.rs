//! Drafting, as it is typed: from a script with the tables as they should be to files, and `check`.

use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{BRANCHES, THREE, User, terminal::Terminal};
use crate::{
    setup::{Fresh, SCHEME, SLOW},
    suite::leaks::until_nothing_is_left,
    support::unique,
};

pub(super) const EMPTY: &[(&str, &str)] = &[("migrations/ambix.sum", "")];

/// The users of the guide.
fn users(columns: &str) -> String {
    format!(
        "CREATE TABLE users (\n    id integer NOT NULL PRIMARY KEY,\n    email varchar(100) NOT NULL,\n    \
         hashed_password varchar(100) NOT NULL{columns}\n);\nCREATE UNIQUE INDEX users_email ON users (email);\n"
    )
}

const FULL_NAME: &str = ",\n    full_name varchar(100) NOT NULL DEFAULT ''";

const SUBSCRIPTIONS: &str = "CREATE TABLE subscriptions (
    id char(36) NOT NULL PRIMARY KEY,
    user_id integer NOT NULL,
    plan varchar(50) NOT NULL,
    status varchar(20) NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT subscriptions_user FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX subscriptions_user_id ON subscriptions (user_id);
";

impl User {
    /// Writes the tables as they should be.
    fn wants(&self, text: &str) {
        fs::write(self.path("schema.sql"), text).unwrap();
    }

    /// Drafts what leads there, and applies it.
    #[track_caller]
    fn goes_to(&self, text: &str) {
        self.wants(text);
        let id = format!("abc0{}", self.files().len());
        let draft = format!("generate 'go on' --schema schema.sql --rev-id {id}");
        for line in [&draft, "upgrade"] {
            let printed = self.quietly(line);
            assert_eq!(printed.code, 0, "{line}: {}", printed.stderr);
        }
    }

    /// The exit code of a check.
    fn check(&self, text: &str) -> i32 {
        self.wants(text);
        let printed = self.quietly("check --schema schema.sql");
        assert!([0, 3].contains(&printed.code), "{}", printed.stderr);
        printed.code
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("migrations")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// The walk through the guide from an empty folder.
#[tokio::test]
async fn from_scratch() {
    let mut user = User::with(&[("schema.sql", &users(""))]).await;
    user.ambix("init");
    user.ambix("generate 'initial tables' --schema schema.sql --rev-id aaa111");
    user.cat("aaa111");
    user.ambix("upgrade");
    assert_eq!(user.db.tables().await, ["users"]);
    user.ambix("generate 'initial tables' --schema schema.sql");
    user.ambix("check --schema schema.sql");
    user.ambix("downgrade -1");
    assert!(user.db.tables().await.is_empty());
    user.ambix("check --schema schema.sql");
    user.ambix("upgrade");
    user.ambix("check --schema schema.sql");
    user.remark("evolution");
    user.wants(&users(",\n    bio text"));
    user.ambix("generate 'add bio to users' --schema schema.sql --rev-id bbb222");
    user.cat("bbb222");
    for line in ["upgrade", "downgrade -1", "upgrade", "check --schema schema.sql"] {
        let printed = user.quietly(line);
        assert_eq!(printed.code, 0, "{line}: {}", printed.stderr);
    }
    user.finish_for_each("draft_from_scratch");
}

/// The three scenarios of the guide, on tables with rows: a column, a table with a foreign key, another length.
#[tokio::test]
async fn the_three_scenarios() {
    let mut user = User::with(EMPTY).await;
    user.goes_to(&users(""));
    user.db.execute("INSERT INTO users VALUES (1, 'ada@example.org', 'x')").await;
    let longer = |text: &str| text.replace("email varchar(100)", "email varchar(255)");
    let steps = [
        ("add full_name to user", users(FULL_NAME), "aaa111"),
        ("add subscription table", users(FULL_NAME) + SUBSCRIPTIONS, "bbb222"),
        ("add max_length to user email", longer(&users(FULL_NAME)) + SUBSCRIPTIONS, "ccc333"),
    ];
    for (message, wanted, id) in &steps {
        user.wants(wanted);
        user.ambix("check --schema schema.sql");
        user.ambix(&format!(
            "revision --autogenerate -m '{message}' --rev-id {id} --schema schema.sql"
        ));
        user.cat(id);
        user.ambix("upgrade");
        user.ambix("check --schema schema.sql");
    }
    user.db
        .execute("INSERT INTO subscriptions (id, user_id, plan, status) VALUES ('s', 1, 'p', 'q')")
        .await;
    assert_eq!(user.db.column("SELECT full_name FROM users").await, [""]);
    // And all the way back.
    for (wanted, id) in [(&steps[1].1, "ccc333"), (&steps[0].1, "bbb222"), (&users(""), "aaa111")] {
        let printed = user.quietly("downgrade -1 --yes");
        assert_eq!(printed.code, 0, "{}", printed.stderr);
        for name in user.files().iter().filter(|name| name.contains(id)) {
            fs::remove_file(user.path("migrations").join(name)).unwrap();
        }
        assert_eq!(user.check(wanted), 0);
    }
    assert_eq!(user.db.column("SELECT email FROM users").await, ["ada@example.org"]);
    // As one of the servers writes it.
    user.hide("current_timestamp()", "CURRENT_TIMESTAMP");
    user.finish_for_each("draft_three_scenarios");
}

/// CLI-035 and the rest of what is refused before anything is drafted.
#[tokio::test]
async fn what_cannot_be_drafted() {
    let mut user = User::with(THREE).await;
    user.ambix("generate 'add bio'");
    user.ambix("check");
    user.ambix("check --schema nowhere.sql");
    user.ambix("revision -m 'add bio' --schema schema.sql");
    user.ambix("revision -m 'add bio' --autogenerate --template data");
    user.ambix("generate 'add bio' --rename users.bio");
    user.ambix("generate 'add bio' --fill bio=1");
    user.wants("CREATE TABLE users (id integer PRIMARY KEY);\n");
    user.ambix("generate 'add bio' --schema schema.sql --rev-id abc123");
    user.remark("Migrations are pending.");
    user.ambix("generate 'add bio' --schema schema.sql");
    user.ambix("check --schema schema.sql --json");
    user.environment.clear();
    user.ambix("generate 'add bio' --schema schema.sql");
    assert_eq!(user.files().len(), 6);
    user.finish("draft_refused");
}

/// What is wrong in the script is said with its place, and leaves nothing.
#[tokio::test]
async fn a_script_that_is_wrong() {
    let user = User::with(EMPTY).await;
    let mark = unique("mark");
    user.wants(&format!(
        "CREATE TABLE {mark} (id integer);\n\nCREATE TABLE {mark} (id integer);\n"
    ));
    for line in ["generate 'add a mark' --schema schema.sql", "check --schema schema.sql"] {
        let printed = user.quietly(line);
        assert_eq!(printed.code, 1, "{}", printed.stderr);
        for text in [
            "error: schema.sql:3:1 in a scratch place failed: ",
            "statement: CREATE TABLE mark",
            "nothing was written, and the scratch place is gone",
        ] {
            assert!(printed.stderr.contains(text), "{}", printed.stderr);
        }
    }
    assert_eq!(user.files(), ["ambix.sum"]);
    assert!(places_of(&user.db, &mark).await.is_empty());
    until_nothing_is_left(&user.db).await;
}

#[tokio::test]
async fn two_heads() {
    let mut user = User::with(BRANCHES).await;
    user.wants("CREATE TABLE users (id integer PRIMARY KEY);\n");
    user.ambix("generate 'add x' --schema schema.sql");
    user.ambix("generate 'add x' --schema schema.sql --head bbb222");
    assert_eq!(user.quietly("upgrade heads").code, 0);
    user.ambix(
        "generate 'drop carts and posts' --schema schema.sql --head bbb222 --depends-on ccc333 --branch-label gone --rev-id ddd444 \
         --allow-destructive",
    );
    let name = user
        .files()
        .into_iter()
        .find(|name| name.contains("ddd444") && name.contains(".up."))
        .unwrap();
    let text = fs::read_to_string(user.path("migrations").join(name)).unwrap();
    let head = "-- ambix: parents bbb222\n-- ambix: depends-on ccc333\n-- ambix: labels gone\n";
    assert!(text.starts_with(head), "{text}");
    assert_eq!(user.quietly("upgrade heads").code, 0);
    assert_eq!(user.db.tables().await, ["users"]);
    user.finish("draft_two_heads");
}

/// What is lost, renamed, filled, and what is said of it.
#[tokio::test]
async fn losses_renames_and_fills() {
    let table = |column: &str| {
        format!("CREATE TABLE people (id integer NOT NULL PRIMARY KEY, {column});\n")
    };
    let mut user = User::with(EMPTY).await;
    user.goes_to(&table("name varchar(50)"));
    user.db.execute("INSERT INTO people VALUES (1, 'Ada')").await;
    let files = user.files();
    user.wants(&table("full_name varchar(50)"));
    user.ambix("generate 'rename name' --schema schema.sql");
    user.ambix("generate 'rename name' --schema schema.sql --rename people.nosuch=full_name");
    assert_eq!(user.files(), files);
    user.ambix("generate 'rename name' --schema schema.sql --rename people.name=full_name");
    assert_eq!(user.quietly("upgrade").code, 0);
    assert_eq!(user.db.column("SELECT full_name FROM people").await, ["Ada"]);
    user.remark("A column that is NOT NULL");
    user.wants(&table("full_name varchar(50), age integer NOT NULL, mail varchar(50) NOT NULL"));
    user.ambix("generate 'add age and mail' --schema schema.sql --fill people.nosuch=1");
    user.ambix(
        "generate 'add age and mail' --schema schema.sql --fill 'people.mail=lower(full_name)'",
    );
    assert_eq!(user.quietly("upgrade").code, 0);
    assert_eq!(user.db.column("SELECT mail FROM people").await, ["ada"]);
    user.remark("Something is lost");
    user.wants(&table("age integer NOT NULL"));
    user.ambix("generate 'drop names' --schema schema.sql");
    user.ambix("generate 'drop names' --schema schema.sql --allow-destructive");
    assert_eq!(user.quietly("upgrade").code, 0);
    assert_eq!(user.check(&table("age integer NOT NULL")), 0);
    user.finish_for_each("draft_losses");
}

/// What is to be told of a draft.
#[tokio::test]
async fn what_is_said() {
    let mut user = User::with(EMPTY).await;
    let (a, b) = (
        "CREATE TABLE a (id integer NOT NULL PRIMARY KEY",
        "CREATE TABLE b (id integer NOT NULL PRIMARY KEY",
    );
    user.wants(&format!("{a});\n{b});\n"));
    user.ambix("generate update --schema schema.sql --rev-id aaa111");
    assert_eq!(user.quietly("upgrade").code, 0);
    user.db.execute("CREATE VIEW seen AS SELECT id FROM a").await;
    user.wants(&format!("{a}, x integer);\n{b}, x integer);\n"));
    user.ambix("generate 'add x' --schema schema.sql --rev-id aaa222");
    assert_eq!(user.quietly("upgrade").code, 0);
    user.ambix("check --schema schema.sql");
    user.ambix("check --schema schema.sql --verbose");
    user.ambix("check --schema schema.sql --quiet");
    user.wants(&format!("{a}, x integer, y integer);\n{b}, x integer);\n"));
    user.ambix("check --schema schema.sql --json");
    user.ambix("generate 'add y' --schema schema.sql --json --rev-id bbb222");
    user.finish_for_each("draft_said");
}

/// What is printed makes the same again, and the history is no part of it.
#[tokio::test]
async fn what_is_inspected_is_a_script() {
    let user = User::with(&[]).await;
    assert_eq!(user.quietly("inspect").stdout, "");
    let user = User::with(EMPTY).await;
    user.goes_to(&(users(FULL_NAME) + SUBSCRIPTIONS));
    user.db.execute("CREATE VIEW seen AS SELECT id FROM users").await;
    let printed = user.quietly("inspect");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert!(printed.stdout.contains("CREATE TABLE subscriptions (\n"), "{}", printed.stdout);
    assert!(!printed.stdout.contains("ambix_history"), "{}", printed.stdout);
    assert!(printed.stdout.contains("VIEW seen "), "{}", printed.stdout);
    assert!(!printed.stderr.contains("not in the script"), "{}", printed.stderr);
    assert_eq!(user.check(&printed.stdout), 0);
    let json = user.quietly("inspect --json --verbose");
    assert!(json.stdout.contains("\"subscriptions\""), "{}", json.stdout);
    assert!(json.stdout.contains("\"seen\""), "{}", json.stdout);
}

/// A change of the order of columns is said, and not made.
#[tokio::test]
async fn the_order_of_columns() {
    let user = User::with(EMPTY).await;
    user.goes_to("CREATE TABLE a (x integer, y integer);\n");
    user.wants("CREATE TABLE a (y integer, x integer);\n");
    let printed = user.quietly("check --schema schema.sql --column-order");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert!(
        printed.stderr.contains("the columns of a are in the order x, y"),
        "{}",
        printed.stderr
    );
    assert!(!user.quietly("check --schema schema.sql").stderr.contains("order"));
}

/// Without a developer's database that is up to date: only the server is used.
#[tokio::test]
async fn from_migrations() {
    let mut user = User::with(THREE).await;
    let subscriptions = "CREATE TABLE subscriptions (id integer PRIMARY KEY, user_id integer NOT NULL);\n\
         CREATE INDEX ix_subscriptions_user_id ON subscriptions (user_id);\n";
    let users = "CREATE TABLE users (id integer PRIMARY KEY, email varchar(100) NOT NULL, full_name varchar(100));\n";
    user.wants(&format!("{users}{subscriptions}"));
    user.ambix("check --schema schema.sql --from-migrations");
    user.wants(&format!(
        "{}{subscriptions}",
        users.replace("full_name varchar(100)", "full_name varchar(100), bio text")
    ));
    user.ambix("check --schema schema.sql --from-migrations");
    user.ambix("generate 'add bio' --schema schema.sql --from-migrations");
    user.ambix("check --schema schema.sql --from-migrations");
    assert!(user.db.tables().await.is_empty(), "nothing was run");
    user.finish_for_each("draft_from_migrations");
}

/// What somebody else has written meanwhile is not written over, and `ambix.sum` is not made right in passing.
#[tokio::test]
async fn a_stale_folder() {
    let mut user = User::with(THREE).await;
    assert_eq!(user.quietly("hash").code, 0);
    assert_eq!(user.quietly("upgrade").code, 0);
    let sum = fs::read_to_string(user.path("migrations/ambix.sum")).unwrap();
    let stale =
        sum.lines().filter(|line| !line.starts_with("d4e81f")).collect::<Vec<_>>().join("\n");
    fs::write(user.path("migrations/ambix.sum"), stale + "\n").unwrap();
    user.wants("CREATE TABLE users (id integer PRIMARY KEY, email varchar(100) NOT NULL, full_name varchar(100));\n");
    user.ambix(
        "generate 'drop subscriptions' --schema schema.sql --allow-destructive --rev-id eee555",
    );
    user.ambix("verify");
    user.finish("draft_stale_folder");
}

/// A name, a default and a comment that try to be something else: a place of a template, a directive, a second line.
#[tokio::test]
async fn hostile_texts_are_texts() {
    let user = User::with(EMPTY).await;
    let quote = if SCHEME == "mysql" { "`" } else { "\"" };
    let wanted = format!(
        "CREATE TABLE {quote}{{message}}{quote} (id integer NOT NULL PRIMARY KEY, \
         {quote}a b; --{quote} varchar(50) DEFAULT '{{slug}} -- ambix: irreversible');\n"
    );
    user.goes_to(&wanted);
    assert_eq!(user.check(&wanted), 0);
    assert_eq!(user.quietly("downgrade base --yes").code, 0);
    assert!(user.db.tables().await.is_empty());
}

// --- On a terminal

const NAME: &str = "CREATE TABLE people (id integer NOT NULL PRIMARY KEY, name varchar(50));\n";
const FULL: &str =
    "CREATE TABLE people (id integer NOT NULL PRIMARY KEY, full_name varchar(50));\n";

#[tokio::test]
async fn a_terminal_is_asked_for_renames() {
    let user = User::with(EMPTY).await;
    user.goes_to(NAME);
    user.wants(FULL);
    let line = "generate 'rename name' --schema schema.sql";
    let files = user.files();
    // No rename, and no loss: nothing.
    let mut terminal = Terminal::start(&user, line, &[]);
    terminal.until(&["was people.name renamed to full_name? [y/N]"]);
    terminal.press("n\r");
    terminal.until(&["Detected: drop column people.name", "loses data", "[y/N]"]);
    terminal.press("\r");
    let end = terminal.end();
    assert_eq!((end.code, end.screen.contains("nothing was written")), (0, true), "{}", end.screen);
    assert_eq!(user.files(), files);
    end.is_in_order();
    let mut terminal = Terminal::start(&user, line, &[]);
    terminal.until(&["was people.name renamed to full_name? [y/N]"]);
    terminal.press("y\r");
    let end = terminal.end();
    assert!(
        end.screen.contains("Detected: rename column people.name to full_name"),
        "{}",
        end.screen
    );
    assert_eq!((end.code, user.files().len()), (0, files.len() + 2), "{}", end.screen);
    assert_eq!(user.quietly("upgrade").code, 0);
    assert_eq!(user.check(FULL), 0);
    // And where the loss is meant.
    user.wants(NAME);
    let mut terminal = Terminal::start(&user, line, &[]);
    for (question, answer) in [("renamed to name? [y/N]", "n\r"), ("loses data", "y\r")] {
        terminal.until(&[question]);
        terminal.press(answer);
    }
    let end = terminal.end();
    assert_eq!((end.code, user.files().len()), (0, files.len() + 4), "{}", end.screen);
}

#[tokio::test]
async fn a_terminal_is_asked_for_values() {
    let user = User::with(EMPTY).await;
    user.goes_to(NAME);
    user.db.execute("INSERT INTO people VALUES (1, 'Ada')").await;
    let wanted = NAME.replace(
        "name varchar(50)",
        "name varchar(50), mail varchar(50) NOT NULL, age integer NOT NULL",
    );
    user.wants(&wanted);
    let mut terminal =
        Terminal::start(&user, "generate 'add mail and age' --schema schema.sql", &[]);
    terminal.until(&["people.mail is NOT NULL", "Enter for a placeholder"]);
    terminal.press("lower(name)\r");
    terminal.until(&["people.age is NOT NULL"]);
    terminal.press("\r");
    let end = terminal.end();
    assert_eq!(end.code, 0, "{}", end.screen);
    end.is_in_order();
    let printed = user.quietly("upgrade");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert_eq!(user.db.column("SELECT mail FROM people").await, ["ada"]);
    assert_eq!(user.check(&wanted), 0);
}

#[tokio::test]
async fn ctrl_c_at_a_question_writes_nothing() {
    let user = User::with(EMPTY).await;
    user.goes_to(NAME);
    user.wants(FULL);
    let files = user.files();
    let mut terminal = Terminal::start(&user, "generate 'rename name' --schema schema.sql", &[]);
    terminal.until(&["[y/N]"]);
    terminal.press("\x03");
    let end = terminal.end();
    assert_eq!((end.code, end.signal.as_deref()), (130, None), "{}", end.screen);
    assert!(end.screen.contains("error: interrupted; nothing was written"), "{:?}", end.raw);
    end.is_in_order();
    assert_eq!(user.files(), files);
    until_nothing_is_left(&user.db).await;
}

/// The folder changes while a question waits for its answer.
#[tokio::test]
async fn who_was_first_is_not_written_over() {
    let user = User::with(EMPTY).await;
    user.goes_to(NAME);
    user.wants(FULL);
    let mut terminal = Terminal::start(&user, "generate 'rename name' --schema schema.sql", &[]);
    terminal.until(&["[y/N]"]);
    assert_eq!(user.quietly("revision -m 'add something'").code, 0);
    let files = user.files();
    terminal.press("y\r");
    let end = terminal.end();
    assert_eq!(end.code, 1, "{}", end.screen);
    assert!(
        end.screen.contains("the folder changed while the draft was being made"),
        "{}",
        end.screen
    );
    assert_eq!(user.files(), files);
}

/// One of the slow queries, much slower.
fn very_slow() -> String {
    SLOW.replace("(3)", "(30)").replace("3000000", "300000000")
}

/// The databases that have a table of this name.
async fn places_of(db: &Fresh, table: &str) -> Vec<String> {
    if SCHEME == "sqlite" {
        return Vec::new();
    }
    db.column(&format!(
        "SELECT table_schema FROM information_schema.tables WHERE table_name = '{table}'"
    ))
    .await
}

/// Ctrl-C while the scratch place is there: it is gone, and so is the session.
#[tokio::test]
async fn ctrl_c_in_the_middle_leaves_nothing() {
    for on_terminal in [true, false] {
        let user = User::with(EMPTY).await;
        let mark = unique("mark");
        user.wants(&format!("CREATE TABLE {mark} (id integer);\n{};\n", very_slow()));
        let line = "generate 'add a mark' --schema schema.sql";
        if on_terminal {
            let mut terminal = Terminal::start(&user, line, &[]);
            std::thread::sleep(Duration::from_secs(2));
            terminal.press("\x03");
            let end = terminal.end();
            assert_eq!((end.code, end.signal.as_deref()), (130, None), "{}", end.screen);
            assert!(end.screen.contains("interrupted; nothing was written"), "{}", end.screen);
            end.is_in_order();
        } else {
            let mut child = user.command(line).stderr(Stdio::piped()).spawn().unwrap();
            std::thread::sleep(Duration::from_secs(2));
            assert!(child.try_wait().unwrap().is_none(), "it is in the slow statement");
            let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
            assert!(kill.unwrap().success());
            let started = Instant::now();
            let output = child.wait_with_output().unwrap();
            assert!(started.elapsed() < Duration::from_secs(20));
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(130), "{stderr}");
            assert!(stderr.contains("interrupted; nothing was written"), "{stderr}");
        }
        assert_eq!(user.files(), ["ambix.sum"]);
        until_nothing_is_left(&user.db).await;
        assert!(places_of(&user.db, &mark).await.is_empty());
        // The next one works at once.
        user.goes_to(NAME);
    }
}

/// The findings of a draft are comments above their statements, with the rows for which it would fail; they change neither what is drafted
/// next nor what is applied.
#[tokio::test]
async fn findings_are_comments_in_the_draft() {
    let user = User::with(EMPTY).await;
    user.goes_to("CREATE TABLE users (id integer NOT NULL PRIMARY KEY, email varchar(100), name varchar(50));\n");
    user.db.execute("INSERT INTO users VALUES (1, 'a', 'Ada'), (2, 'a', 'a name that is longer'), (3, NULL, 'Bob')").await;
    // There a narrower column is a table that is created again.
    let length = if SCHEME == "sqlite" { 50 } else { 10 };
    user.wants(&format!(
        "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, email varchar(100), name varchar({length}));\n\
         CREATE UNIQUE INDEX users_email ON users (email);\n"
    ));
    let draft =
        user.quietly("generate 'narrow' --schema schema.sql --rev-id abc099 --allow-destructive");
    assert_eq!(draft.code, 0, "{}", draft.stderr);
    let file = user
        .files()
        .into_iter()
        .find(|name| name.contains("abc099") && name.contains(".up."))
        .unwrap();
    let up = fs::read_to_string(user.path("migrations").join(file)).unwrap();
    let lines: Vec<&str> = up.lines().collect();
    let above = |statement: &str| -> Vec<&str> {
        let at = lines
            .iter()
            .position(|line| line.starts_with(statement))
            .unwrap_or_else(|| panic!("{up}"));
        let comments = lines[..at].iter().rev().take_while(|line| line.starts_with("-- "));
        comments.copied().collect()
    };
    let index = above(if SCHEME == "mysql" { "ALTER TABLE" } else { "CREATE UNIQUE INDEX" });
    assert!(
        index.iter().any(|line| line.contains("1 value of email is in more than one row of users")),
        "{up}"
    );
    assert!(index.iter().any(|line| line.starts_with("-- SELECT ")), "{up}");
    assert!(index.iter().any(|line| line.starts_with("-- DATA-002: ")), "{up}");
    if SCHEME != "sqlite" {
        let narrow = above("ALTER TABLE");
        let count = "1 row of users has a value in name that does not fit varchar(10)";
        assert!(narrow.iter().any(|line| line.contains(count)), "{up}");
    }
    user.db.execute("DELETE FROM users").await;
    assert_eq!(user.quietly("upgrade").code, 0);
    assert_eq!(user.quietly("check --schema schema.sql").code, 0);
}
