//! `preflight`, `rehearse` and `upgrade --preflight`.

use super::User;
use crate::{setup::fresh, support::unique};

const FILES: [(&str, &str); 4] = [
    (
        "migrations/20241101_0900_aaa111_create_users.up.sql",
        "CREATE TABLE users (id integer PRIMARY KEY, email varchar(20));\n",
    ),
    ("migrations/20241101_0900_aaa111_create_users.down.sql", "DROP TABLE users;\n"),
    (
        "migrations/20241102_0900_bbb222_unique_email_of_users.up.sql",
        "-- ambix: allow LOCK-001 because the table is small\nCREATE UNIQUE INDEX users_email ON users (email);\n",
    ),
    (
        // MySQL has the table behind it, and the others do not.
        "migrations/20241102_0900_bbb222_unique_email_of_users.down.sql",
        "-- ambix: run nothing\n",
    ),
];

async fn user() -> User {
    let drop = match crate::setup::SCHEME {
        "mysql" => "DROP INDEX users_email ON users;\n",
        _ => "DROP INDEX users_email;\n",
    };
    let mut files = FILES;
    files[3].1 = drop;
    let user = User::with(&files).await;
    assert_eq!(user.quietly("upgrade aaa111").code, 0);
    user
}

#[tokio::test]
async fn a_stop_ends_with_code_3_and_keeps_an_upgrade_from_running() {
    let user = user().await;
    // Something to look at is there without a stop: nobody knows of a backup.
    assert_eq!(user.quietly("preflight").code, 0);
    assert_eq!(user.quietly("preflight --strict").code, 3);
    user.db.execute("INSERT INTO users VALUES (1, 'a'), (2, 'a'), (3, 'b')").await;
    let preflight = user.quietly("preflight");
    assert_eq!(preflight.code, 3, "{}{}", preflight.stdout, preflight.stderr);
    let rows = "stop  rows         20241102_0900_bbb222_unique_email_of_users.up.sql:2:1: 1 value of email is in more than one row of \
                users: email = a";
    assert!(preflight.stdout.contains(rows), "{}", preflight.stdout);
    assert!(
        preflight.stdout.contains("\n                     -> to see them all: SELECT"),
        "{}",
        preflight.stdout
    );
    assert!(
        preflight.stdout.contains("look  backup       not known, because"),
        "{}",
        preflight.stdout
    );
    assert!(preflight.stderr.contains("1 migration is pending: 1 stop, "), "{}", preflight.stderr);
    let json = user.quietly("preflight --json").stdout;
    for field in [
        "\"state\": \"stop\"",
        "\"subject\": \"rows\"",
        "\"count\": 1",
        "\"email = a\"",
        "\"is_unknown\": true",
    ] {
        assert!(json.contains(field), "{field}: {json}");
    }
    let upgrade = user.quietly("upgrade --preflight");
    assert_eq!(upgrade.code, 1);
    assert!(
        upgrade.stderr.contains("preflight says stop")
            && upgrade.stderr.contains("nothing was run"),
        "{}",
        upgrade.stderr
    );
    assert!(user.quietly("current").stdout.contains("aaa111"));
    user.db.execute("DELETE FROM users WHERE id = 2").await;
    let upgrade = user.quietly("upgrade --preflight");
    assert_eq!(upgrade.code, 0, "{}", upgrade.stderr);
    assert!(upgrade.stderr.contains("backup: not known"), "{}", upgrade.stderr);
    assert!(user.quietly("current").stdout.contains("bbb222"));
    assert_eq!(user.quietly("preflight nosuch").code, 3);
    assert_eq!(user.quietly("preflight --disk-free much").code, 2);
}

/// An option of the checklist is not passed over where nothing asks the checklist.
#[tokio::test]
async fn an_option_of_preflight_needs_it() {
    let mut user = user().await;
    for option in [
        "--staging x://y",
        "--history-from f",
        "--backup-file f",
        "--backup-query 1",
        "--backup-within 2h",
        "--disk-free 1GB",
        "--role r",
        "--question-limit 1s",
        "--total-limit 1s",
        "--long-transaction 1s",
    ] {
        let refused = user.quietly(&format!("upgrade {option}"));
        let name = option.split(' ').next().unwrap();
        assert!(
            refused.code == 2
                && refused.stderr.contains(&format!("{name} is an option of --preflight")),
            "{option}: {}",
            refused.stderr
        );
    }
    // A variable may be set for all commands.
    user.environment.push(("AMBIX_BACKUP_FILE".into(), "marker".into()));
    assert_eq!(user.quietly("upgrade").code, 0);
}

#[tokio::test]
async fn staging_tells_of_the_rehearsal_and_the_time() {
    let user = user().await;
    let staging = fresh().await;
    let refused = user.quietly("rehearse");
    assert!(refused.code == 2 && refused.stderr.contains("--yes"), "{}", refused.stderr);
    let line = format!("rehearse --yes --database-url {}", staging.url);
    let rehearsed = user.quietly(&line);
    assert_eq!(rehearsed.code, 0, "{}", rehearsed.stderr);
    let again = user.quietly(&format!("downgrade base --yes --database-url {}", staging.url));
    assert_eq!(again.code, 0, "{}", again.stderr);
    let kept = user.quietly(&format!("{line} --dump structure.sql"));
    assert_eq!(kept.code, 0, "{}", kept.stderr);
    assert!(std::fs::read_to_string(user.path("structure.sql")).unwrap().contains("users_email"));
    let preflight = user.quietly(&format!("preflight --staging {}", staging.url)).stdout;
    assert!(
        preflight.contains("bbb222 was applied, reverted and applied again on staging"),
        "{preflight}"
    );
    assert!(preflight.contains("elsewhere"), "{preflight}");
    let history = user.quietly(&format!("history -v --json --database-url {}", staging.url)).stdout;
    std::fs::write(user.path("staging.json"), history).unwrap();
    let preflight = user.quietly("preflight --history-from staging.json").stdout;
    assert!(preflight.contains("bbb222 took ") && preflight.contains("elsewhere"), "{preflight}");
    std::fs::write(user.path("staging.json"), "[]").unwrap();
    let wrong = user.quietly("preflight --history-from staging.json");
    assert!(
        wrong.code == 1 && wrong.stderr.contains("is not a history that can be read"),
        "{}",
        wrong.stderr
    );
    // A password of a staging database is nobody's business.
    let secret = unique("secret");
    let url = format!("postgres://me:{secret}@127.0.0.1:1/staging");
    let wrong = user.quietly(&format!("preflight --staging {url}"));
    assert!(wrong.code == 1 && !wrong.stderr.contains(&secret), "{}", wrong.stderr);
}
