//! The commands that write migration files.

use std::process::Stdio;

use super::{BRANCHES, THREE, User};

#[tokio::test]
async fn from_nothing_to_a_migration() {
    let mut user = User::with(&[]).await;
    user.ambix("revision -m 'create users'");
    user.ambix("init");
    user.ambix("init --quiet");
    user.ambix("revision -m 'create users' --rev-id 5a1c0e");
    user.cat("");
    user.ambix("init");
    user.ambix("init db/other");
    user.ambix("upgrade");
    assert!(user.db.tables().await.is_empty());
    user.ambix("downgrade base");
    user.finish("init");
}

#[tokio::test]
async fn new_migrations() {
    let mut user = User::with(&[("migrations/ambix.sum", "")]).await;
    user.ambix("revision -m 'add full_name to user' --rev-id abc123");
    user.remark("a message that says nothing; a clock that is in the same minute");
    user.ambix("revision -m update --rev-id abc124");
    user.ambix("revision --rev-id abc125 --branch-label shop --depends-on abc123 --json --quiet -m 'add cart'");
    user.ambix("revision -m 'naïve Größe: ../../etc/passwd' --rev-id billing_v2");
    user.cat("größe");
    user.remark("CLI-038, BUG-008, BUG-010: nothing is written");
    let before = std::fs::read_dir(user.path("migrations")).unwrap().count();
    user.ambix("revision -m x --rev-id a-b");
    user.ambix("revision -m x --rev-id a:b");
    user.ambix("revision -m x --rev-id abc123");
    user.ambix("revision -m x --depends-on nosuch");
    user.ambix("revision -m x --branch-label shop");
    user.ambix("revision -m x --head abc123");
    user.ambix("revision -m x --head shop");
    user.ambix("revision -m x --head +1");
    user.ambix("revision -m x --template nosuch");
    user.remark("there are no models to draft from yet");
    user.ambix("generate 'add bio'");
    user.ambix("revision --autogenerate -m 'add bio'");
    assert_eq!(std::fs::read_dir(user.path("migrations")).unwrap().count(), before);
    user.ambix("revision -m 'add bio' --head abc123 --splice --rev-id abc126");
    user.ambix("revision -m 'add logo' --head shop@head --rev-id abc127");
    user.ambix("revision -m 'create audit' --head base --rev-id abc128");
    user.ambix("upgrade heads");
    user.finish("revision");
}

#[tokio::test]
async fn of_commands_that_write_the_same_file_one_does() {
    let user = User::with(&[("migrations/ambix.sum", "")]).await;
    for round in 0..4 {
        let line = format!("revision -m 'add cart' --rev-id cart{round}");
        let start = |_| user.command(&line).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let all: Vec<_> = (0..6).map(|at| start(at).unwrap()).collect();
        let ended: Vec<_> = all.into_iter().map(|one| one.wait_with_output().unwrap()).collect();
        let refused = ended.iter().filter(|output| !output.status.success());
        let said: Vec<_> =
            refused.map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).collect();
        assert_eq!(said.len(), 5, "{said:?}");
        for said in said {
            // Down sides come first, so that nobody ever takes a migration for one that has none: who reads just then sees it alone.
            let is_told = ["already", "a down side without an up side"];
            assert!(is_told.iter().any(|words| said.contains(words)), "{said}");
            assert!(!said.contains("os error"), "{said}");
        }
    }
    assert_eq!(std::fs::read_dir(user.path("migrations")).unwrap().count(), 2 * 4 + 1);
}

#[tokio::test]
async fn templates() {
    let mut user = User::with(&[
        ("migrations/ambix.sum", ""),
        ("migrations/templates/default.up.tmpl", "-- {message}\n-- Ticket: OPS-\n"),
        (
            "migrations/templates/audit.up.tmpl",
            "CREATE TABLE {slug} (id integer); -- after {parents}\n",
        ),
        ("migrations/templates/audit.down.tmpl", "DROP TABLE {slug};\n"),
    ])
    .await;
    user.ambix("list-templates");
    user.ambix("list-templates --json");
    user.ambix("revision -m 'first of all' --rev-id abc123");
    user.ambix("revision -m 'audit logins' --rev-id abc124 --template audit");
    user.cat("abc12");
    user.ambix("revision -m 'fill names' --rev-id abc125 --template data");
    user.ambix("revision -m 'index emails' --rev-id abc126 --template concurrently");
    user.ambix("revision -m 'drop old audit' --rev-id abc127 --template irreversible");
    user.cat("abc127");
    user.ambix("upgrade");
    assert_eq!(user.db.tables().await, ["audit_logins"]);
    user.ambix("downgrade -1");
    user.finish("templates");
}

/// Nobody may ever write to a pipe; and a device has no end.
#[cfg(unix)]
#[tokio::test]
async fn templates_that_are_no_files() {
    for (name, target) in
        [("x.up.tmpl", None), ("default.up.tmpl", None), ("x.tmpl", Some("/dev/zero"))]
    {
        let user =
            User::with(&[("migrations/ambix.sum", ""), ("migrations/templates/note", "")]).await;
        let path = user.folder.0.join("migrations/templates").join(name);
        match target {
            Some(target) => std::os::unix::fs::symlink(target, path).unwrap(),
            None => {
                assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
            }
        }
        for line in ["list-templates", "revision -m 'add x'"] {
            let printed = user.quietly(line);
            assert_eq!(printed.code, 1, "{name}: {line}: {}", printed.stdout);
            assert!(printed.stderr.contains("is not a file"), "{name}: {line}: {}", printed.stderr);
        }
    }
}

#[tokio::test]
async fn a_step_in_rust() {
    let mut user = User::with(&[("migrations/ambix.sum", "")]).await;
    user.ambix("revision --rust -m 'backfill full_name' --rev-id abc123");
    user.cat("abc123");
    user.finish_for_each("revision_rust");
}

#[tokio::test]
async fn merges_and_the_sum() {
    let mut user = User::with(BRANCHES).await;
    user.ambix("hash");
    user.ambix("hash");
    user.remark("CLI-017, CLI-019");
    user.ambix("revision -m 'add x'");
    user.ambix("merge bbb222");
    user.ambix("merge aaa111 ccc333");
    user.ambix("merge bbb222 ccc333 --rev-id ddd444");
    user.cat("ddd444");
    user.ambix("merge bbb222 ccc333");
    user.ambix("merge heads");
    user.ambix("upgrade head");
    std::fs::write(user.path("migrations/ambix.sum"), "aaa111 - x\neee555 - x\n").unwrap();
    user.ambix("revision -m 'add y' --rev-id eee666");
    user.ambix("hash --json");
    user.finish("merge_and_hash");
}

#[tokio::test]
async fn squash_of_a_line() {
    let mut user = User::with(THREE).await;
    user.ambix("squash 5a1c0e:abc123");
    user.ambix("squash d4e81f:abc123 --yes");
    user.ambix("squash abc123 --yes");
    user.ambix("squash abc123:abc123 --yes");
    user.ambix("upgrade abc123");
    let printed = user.quietly("squash 5a1c0e:abc123 --yes -m 'create users'");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let names = || -> Vec<String> {
        let files = std::fs::read_dir(user.path("migrations")).unwrap();
        let mut names: Vec<String> =
            files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let names = names();
    assert_eq!(names.len(), 5, "{names:?}");
    let text = |end: &str| {
        let name = names.iter().find(|name| name.ends_with(end)).unwrap();
        std::fs::read_to_string(user.path("migrations").join(name)).unwrap()
    };
    assert_eq!(
        text("_create_users.up.sql"),
        "-- ambix: replaces 5a1c0e, abc123\n-- ambix: parents none\n-- create users\n\n-- 5a1c0e create users\n\
         CREATE TABLE users (id integer PRIMARY KEY, email varchar(100) NOT NULL);\n\n-- abc123 add full name to user\n\
         ALTER TABLE users ADD COLUMN full_name varchar(100);\n"
    );
    assert_eq!(
        text("_create_users.down.sql"),
        "-- Reverts: create users\n\n-- abc123 add full name to user\nALTER TABLE users DROP COLUMN full_name;\n\n\
         -- 5a1c0e create users\nDROP TABLE users;\n"
    );
    // The database has what was squashed; only its child is run.
    let printed = user.quietly("upgrade");
    assert!(
        printed.stderr.contains("Running upgrade") && printed.stderr.contains("-> d4e81f"),
        "{}",
        printed.stderr
    );
    assert_eq!(user.db.tables().await, ["subscriptions", "users"]);
    assert_eq!(user.quietly("verify").code, 0);
    assert_eq!(user.quietly("downgrade base").code, 0);
    assert!(user.db.tables().await.is_empty());
    assert_eq!(user.quietly("upgrade").code, 0);
    user.finish("squash");
}

#[tokio::test]
async fn squash_refuses_what_cannot_be_one() {
    let mut user = User::with(BRANCHES).await;
    user.ambix("squash aaa111:bbb222 --yes");
    let file = user.path("migrations/20241107_0900_ddd444_x.up.sql");
    std::fs::write(
        &file,
        "-- ambix: parents ccc333\nDELETE FROM posts;\nCOMMIT;\nBEGIN;\nDELETE FROM posts;\n",
    )
    .unwrap();
    user.ambix("squash ccc333:ddd444 --yes");
    std::fs::write(&file, "-- ambix: parents ccc333\n-- ambix: irreversible because it is gone\nDELETE FROM posts -- all").unwrap();
    let printed = user.quietly("squash ccc333:ddd444 --yes");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    assert_eq!(user.quietly("upgrade heads").code, 0);
    user.finish("squash_refused");
}

#[tokio::test]
async fn rebase_and_edit() {
    let mut user = User::with(BRANCHES).await;
    user.ambix("hash");
    user.ambix("rebase ccc333 --onto ccc333");
    user.ambix("rebase aaa111 --onto bbb222");
    user.ambix("rebase ccc333 --onto bbb222");
    user.cat("ccc333");
    user.ambix("verify");
    user.ambix("upgrade head");
    user.ambix("rebase ccc333 --onto aaa111");
    user.remark("CLI-034");
    user.ambix("edit head");
    std::fs::write(user.path("editor.sh"), "echo '-- looked at' >> \"$1\"\ntest -f \"$2\"\n")
        .unwrap();
    user.environment.push(("EDITOR".to_owned(), "sh editor.sh".to_owned()));
    user.ambix("edit nosuch");
    user.ambix("edit ccc333");
    user.ambix("upgrade");
    user.environment.push(("VISUAL".to_owned(), "true".to_owned()));
    user.ambix("edit ccc333");
    user.environment.push(("VISUAL".to_owned(), "false".to_owned()));
    user.ambix("edit ccc333");
    user.finish("rebase_and_edit");
}

/// Runs git in the user's folder, as somebody; says whether it went well.
fn git(user: &User, line: &[&str]) -> bool {
    let name =
        ["-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "init.defaultBranch=main"];
    let output = std::process::Command::new("git")
        .args(name)
        .args(line)
        .current_dir(&user.folder.0)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    output.status.success()
}

/// Two people each add a migration on a branch. git stops at `ambix.sum`; then there are two heads, and three ways on.
#[tokio::test]
async fn two_people_on_two_branches() {
    for way in [
        "merge heads --rev-id eee555",
        "revision -m 'add z' --head bbb222 --rev-id eee555",
        "rebase ccc333 --onto bbb222",
    ] {
        let mut user = User::with(&[("migrations/ambix.sum", "")]).await;
        let commit = |user: &User, text: &str| {
            assert!(git(user, &["add", "-A"]) && git(user, &["commit", "-qm", text]), "{text}");
        };
        assert!(git(&user, &["init", "-q"]));
        assert_eq!(user.quietly("revision -m 'create users' --rev-id aaa111").code, 0);
        commit(&user, "first");
        assert!(git(&user, &["switch", "-qc", "other"]));
        assert_eq!(user.quietly("revision -m 'add carts' --rev-id ccc333").code, 0);
        commit(&user, "other");
        assert!(git(&user, &["switch", "-q", "main"]));
        assert_eq!(user.quietly("revision -m 'add email' --rev-id bbb222").code, 0);
        commit(&user, "main");
        assert!(!git(&user, &["merge", "-q", "other"]), "both have changed ambix.sum");
        user.ambix("verify");
        user.ambix("hash");
        commit(&user, "merge");
        user.ambix("heads");
        user.ambix("upgrade head");
        user.ambix("revision -m 'add x'");
        user.ambix(way);
        if way.starts_with("revision") {
            // A longer branch is still a branch.
            user.ambix("upgrade head");
            user.ambix("merge heads --rev-id fff666");
        }
        user.ambix("upgrade head");
        user.ambix("verify");
        user.finish(&format!("two_people_{}", way.split(' ').next().unwrap()));
    }
}
