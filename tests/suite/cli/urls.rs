//! What is given in the place of a URL: refused with what to write instead, and never shown, since it may be a secret.

use std::{io::Write as _, net::TcpListener};

use ambix::error::{ConnectProblem, Error};

use super::User;
use crate::{
    setup::{ONE_WRITER, SCHEME},
    support::{migrator, unique},
};

const SECRET: &str = "s3cretpw";

/// Everything that the program prints of a URL, for people and as JSON, given in each way.
fn said(user: &mut User, url: &str) -> String {
    user.environment.clear();
    let mut text = String::new();
    let mut run = |user: &User, line: &[&str]| {
        let mut command = user.command("");
        let output = command.args(line).output().unwrap();
        assert!(!output.status.success(), "{line:?} with {url}");
        text.push_str(&String::from_utf8(output.stdout).unwrap());
        text.push_str(&String::from_utf8(output.stderr).unwrap());
    };
    run(user, &["current", "--database-url", url]);
    run(user, &["--json", "current", "--database-url", url]);
    run(user, &["create", "--direct-url", url]);
    user.environment = vec![("DATABASE_URL".to_owned(), url.to_owned())];
    run(user, &["status"]);
    user.environment = vec![("DIRECT_URL".to_owned(), url.to_owned())];
    run(user, &["plan"]);
    user.environment.clear();
    std::fs::write(user.path(".env"), format!("DATABASE_URL=\"{url}\"\n")).unwrap();
    run(user, &["upgrade"]);
    std::fs::remove_file(user.path(".env")).unwrap();
    text
}

#[tokio::test]
async fn what_is_no_url_is_not_shown() {
    let mut user = User::new().await;
    for given in [
        "host=127.0.0.1 user=app password=s3cretpw dbname=x",
        "host=127.0.0.1 password = 's3cretpw'",
        "Server=db;Database=x;User Id=u;Password=s3cretpw",
        "Server=db:5432;Database=x;Password=s3cretpw",
        "server=db pwd=s3cretpw",
        "s3cretpw",
        "s3cretpw@host/shop",
        "app:s3cretpw@host/shop",
        "app:s3cretpw@tcp(host:3306)/shop",
        "//app:s3cretpw@host/shop",
        "://app:s3cretpw@host/shop",
        "{url: nodb://app:s3cretpw@h}",
        "s3cretpw:",
        "jdbc:oracle:thin:app/s3cretpw@host",
        "data source=s3cretpw.db",
    ] {
        let said = said(&mut user, given);
        assert!(!said.contains(SECRET), "{given}: {said}");
        assert!(
            said.contains("this is not a URL; write ") && said.contains("://"),
            "{given}: {said}"
        );
    }
}

#[tokio::test]
async fn the_url_of_another_program_says_what_to_write() {
    let mut user = User::new().await;
    for (given, write) in [
        ("postgresql+asyncpg://app:s3cretpw@host/shop", "write postgresql://"),
        ("postgresql+psycopg2://app:s3cretpw@host/shop", "write postgresql://"),
        ("postgres+s3cretpw://host/shop", "write postgres://"),
        ("mysql+pymysql://app:s3cretpw@host/shop", "write mysql://"),
        ("mariadb+mariadbconnector://app:s3cretpw@host/shop", "write mariadb://"),
        ("sqlite+aiosqlite:///app.db?s3cretpw", "write sqlite://"),
        ("sqlite3:app.db?s3cretpw", "write sqlite://"),
        ("file:./dev.db?s3cretpw", "write sqlite://"),
        ("jdbc:postgresql://host/shop?user=app&password=s3cretpw", "write postgresql:"),
        ("jdbc:mariadb://host/shop?password=s3cretpw", "write mariadb:"),
        ("jdbc:sqlite:s3cretpw.db", "write sqlite:"),
        ("postgis://app:s3cretpw@host/shop", "write postgres://"),
        ("pgsql://app:s3cretpw@host/shop", "write postgres://"),
        ("cockroachdb://app:s3cretpw@host/shop", "write postgres://"),
        ("mysql2://app:s3cretpw@host/shop", "write mysql://"),
        ("postgress://app:s3cretpw@host/shop", "did you mean postgres"),
        ("mysl://app:s3cretpw@host/shop", "did you mean mysql"),
        ("oracle://app:s3cretpw@host/shop", "no database is compiled in for \"oracle\""),
    ] {
        let said = said(&mut user, given);
        assert!(!said.contains(SECRET), "{given}: {said}");
        assert!(said.contains(write), "{given}: {said}");
    }
}

/// A password that nobody has escaped ends where it should not, and its rest stands where it could be shown.
#[tokio::test]
async fn a_password_that_is_not_encoded_is_explained() {
    if ONE_WRITER {
        return; // A file has no password.
    }
    let mut user = User::new().await;
    for rest in [
        "app:p@s3cretpw/wo#rd@127.0.0.1:5/x",
        "app:a#s3cretpw@127.0.0.1:5/x",
        "app:a?s3cretpw@127.0.0.1:5/x",
        "app:a?b=s3cretpw@127.0.0.1:5/x",
        "app:a?b=c&s3cretpw@127.0.0.1:5/x",
        "app:s3cretpw/b@127.0.0.1:5/x",
        "app:5/s3cretpw@127.0.0.1:5/x",
        "app:5?s3cretpw@127.0.0.1:5/x",
        "app:5#s3cretpw@127.0.0.1:5/x",
        "app:s3cretpw",
        "app:s3cretpw/x",
    ] {
        let said = said(&mut user, &format!("{SCHEME}://{rest}"));
        assert!(!said.contains(SECRET), "{rest}: {said}");
        for sign in ["percent-encode", "# is %23", "? is %3F", "/ is %2F", "@ is %40"] {
            assert!(said.contains(sign), "{rest}: {said}");
        }
    }
}

/// A server of another kind: it says something else, or waits for us to speak.
fn stranger(greeting: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.write_all(greeting);
            held.push(stream);
        }
    });
    host
}

/// Whoever calls the library learns the same that the command line turns into advice.
#[tokio::test]
async fn what_keeps_a_connection_from_being_opened_is_told_apart() {
    let mut user = User::new().await;
    let server = user.db.url.replacen(&format!("{SCHEME}://"), "", 1);
    let (server, _) = server.split_once('/').unwrap_or_default();
    let (_, host) = server.split_once('@').unwrap_or_default();
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let missing = unique("missing");
    // A client of MySQL waits for as much as the first bytes announce: here for a greeting of an unknown version.
    let other: &[u8] =
        if SCHEME == "mysql" { b"\x05\0\0\0\x09.8.7" } else { b"HTTP/1.1 400 Bad Request\r\n" };
    let on = |server: &str, database: &str| format!("{SCHEME}://{server}/{database}");
    let cases = match ONE_WRITER {
        true => vec![(
            format!("sqlite://{}/{missing}.db?mode=ro", user.folder.0.display()),
            ConnectProblem::NoDatabase,
            "create the database: ambix create",
        )],
        false => vec![
            (on(server, &missing), ConnectProblem::NoDatabase, "create the database: ambix create"),
            (
                on(&format!("{missing}:s3cretpw@{host}"), "x"),
                ConnectProblem::Denied,
                "are the user and the password right",
            ),
            (on(&nobody, "x"), ConnectProblem::Unreachable, "is the server running"),
            (on("nowhere.invalid", "x"), ConnectProblem::Unreachable, "is the server running"),
            (
                on(&stranger(other), "x"),
                ConnectProblem::NotUnderstood,
                "the port of another kind of server",
            ),
            (
                on(&stranger(b""), "x?connect_timeout=1"),
                ConnectProblem::NoAnswer,
                "another kind of server may wait for us",
            ),
        ],
    };
    for (url, expected, help) in cases {
        let error = migrator(&[("r1", "SELECT 1", "")]).run_pending(&url).await.unwrap_err();
        let is_expected = matches!(&error, Error::Connect { problem, .. } if *problem == expected);
        assert!(is_expected, "{url}: {error:#}");
        user.environment = vec![("DATABASE_URL".to_owned(), url.clone())];
        let output = user.command("").arg("status").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{url}: {said}");
        assert!(said.contains(help) && !said.contains(SECRET), "{url}: {said}");
    }
}

#[tokio::test]
async fn several_hosts_are_refused_with_a_sentence() {
    if ONE_WRITER {
        return; // A file is on no host.
    }
    let mut user = User::new().await;
    for rest in [
        "a,b/shop",
        "a:5432,b:5432/shop",
        "app:s3cretpw@a:1,b:2,c:3/shop",
        "a,b:5/shop?x=1",
        "[::1]:1,[::2]:1/x",
    ] {
        let said = said(&mut user, &format!("{SCHEME}://{rest}"));
        assert!(said.contains("it names several hosts"), "{rest}: {said}");
        assert!(!said.contains(SECRET) && !said.contains("invalid port"), "{rest}: {said}");
    }
}

#[tokio::test]
async fn a_parameter_that_is_not_known_is_named_with_its_near_miss() {
    let mut user = User::new().await;
    let cases: &[(&str, &str)] = match SCHEME {
        "postgres" => &[
            ("sslmod=s3cretpw", "the parameter sslmod is not known; did you mean sslmode"),
            ("SSLMODE=s3cretpw", "the parameter SSLMODE is not known; did you mean sslmode"),
            ("sslMode=s3cretpw", "did you mean sslmode"),
            ("searchpath=s3cretpw", "did you mean search_path"),
            ("currentschema=s3cretpw", "did you mean currentSchema"),
            ("x-migrations-table=s3cretpw", "the parameter x-migrations-table is not known"),
            ("statement_timeout=s3cretpw", "options[NAME]=VALUE"),
            ("sslmode=s3cretpw", "the parameter sslmode has a value that it cannot have"),
            ("port=s3cretpw", "the parameter port has a value"),
            ("hostaddr=s3cretpw", "the parameter hostaddr has a value"),
            ("connect_timeout=s3cretpw", "the parameter connect_timeout is not a number"),
            (
                "channel_binding=require",
                "the parameter channel_binding: the driver binds no channels",
            ),
            ("target_session_attrs=standby", "the parameter target_session_attrs"),
            ("pgbouncer=true", "--direct-url"),
            ("host=a,b", "it names several hosts"),
            ("sslmode=disable&sslmode=s3cretpw", "the parameter sslmode is given twice"),
            ("search_path=a&search_path=s3cretpw", "the parameter search_path is given twice"),
        ],
        "mysql" => &[
            ("sslmod=s3cretpw", "the parameter sslmod is not known; did you mean sslmode"),
            ("ssl_mode=s3cretpw", "did you mean ssl"),
            ("useSSL=s3cretpw", "the parameter useSSL is not known"),
            ("multiStatements=s3cretpw", "the parameter multiStatements is not known"),
            ("sql_mod=s3cretpw", "did you mean sql_mode"),
            ("time_zon=s3cretpw", "did you mean time_zone"),
            ("ssl-mode=s3cretpw", "the parameter ssl-mode has a value that it cannot have"),
            ("connect_timeout=s3cretpw", "the parameter connect_timeout is not a number"),
            ("sql_mode=ANSI&sql_mode=s3cretpw", "the parameter sql_mode is given twice"),
            ("charset=latin1", "the parameter charset: migrations are UTF-8"),
            ("charset=binary", "the parameter charset: migrations are UTF-8"),
        ],
        _ => &[
            ("mod=s3cretpw", "the parameter mod is not known; did you mean mode"),
            ("MODE=s3cretpw", "did you mean mode"),
            ("cached=s3cretpw", "did you mean cache"),
            ("journal=s3cretpw", "the parameter journal is not known"),
            ("mode=s3cretpw", "the parameter mode "),
            ("cache=shared&cache=s3cretpw", "the parameter cache is given twice"),
        ],
    };
    let url = user.db.url.clone();
    let mark = if url.contains('?') { '&' } else { '?' };
    for (parameter, text) in cases {
        let said = said(&mut user, &format!("{url}{mark}{parameter}"));
        assert!(said.contains(text), "{parameter}: {said}");
        assert!(!said.contains(SECRET), "{parameter}: {said}");
    }
}

/// Where nothing listens: which server, and where the URL was found.
#[tokio::test]
async fn a_refused_connection_names_the_server_and_where_the_url_is_from() {
    if ONE_WRITER {
        return; // A file refuses nothing.
    }
    let mut user = User::new().await;
    let url = format!("{SCHEME}://app:{SECRET}@127.0.0.1:1/shop");
    let check = |user: &User, line: &str, origin: &str| {
        let said = user.quietly(line).stderr;
        assert!(said.contains("127.0.0.1:1"), "{line}: {said}");
        assert!(said.contains(&format!("the URL comes from {origin}")), "{line}: {said}");
        assert!(!said.contains(SECRET), "{line}: {said}");
    };
    user.environment.clear();
    check(&user, &format!("current --database-url {url}"), "--database-url");
    check(&user, &format!("current --direct-url {url}"), "--direct-url");
    // The direct one goes before the other, wherever both are.
    let other = format!("{SCHEME}://127.0.0.1:2/shop");
    check(&user, &format!("upgrade --database-url {other} --direct-url {url}"), "--direct-url");
    user.environment = vec![("DATABASE_URL".to_owned(), url.clone())];
    check(&user, "status", "DATABASE_URL in the environment");
    user.environment =
        vec![("DATABASE_URL".to_owned(), other.clone()), ("DIRECT_URL".to_owned(), url.clone())];
    check(&user, "status", "DIRECT_URL in the environment");
    check(&user, &format!("status --database-url {url}"), "--database-url");
    user.environment.clear();
    std::fs::write(user.path(".env"), format!("DATABASE_URL={url}\n")).unwrap();
    let path = user.path(".env").canonicalize().unwrap();
    check(&user, "status", &format!("DATABASE_URL in {}", path.display()));
}

/// An IPv6 address has brackets in a URL, and only there.
#[tokio::test]
async fn an_ipv6_address_is_a_host() {
    if ONE_WRITER {
        return; // A file has no host.
    }
    let mut user = User::new().await;
    let url = user.db.url.replacen("127.0.0.1", "[::ffff:127.0.0.1]", 1);
    assert_ne!(url, user.db.url);
    user.environment = vec![("DATABASE_URL".to_owned(), url)];
    let printed = user.quietly("upgrade");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let printed = user.quietly("current");
    assert!(printed.stdout.contains("(head)"), "{}", printed.stdout);
    let nobody = format!("status --database-url {SCHEME}://app@[::1]:1/shop");
    let printed = user.quietly(&nobody);
    assert!(printed.stderr.contains("(the server is [::1]:1)"), "{}", printed.stderr);
}

/// `.env` is other programs' as well: what cannot be read does not matter where there is a URL.
#[tokio::test]
async fn a_dot_env_is_read_as_far_as_it_goes() {
    let mut user = User::new().await;
    let url = user.environment.remove(0).1;
    for (text, line) in [
        (format!("\u{feff}DATABASE_URL={url}\r\nOTHER=1\r\n"), None),
        (format!("ONE=1\nBROKEN LINE\nDATABASE_URL={url}\n"), None),
        (format!("TITLE=Three Words\nNOTE=it's ours\nDATABASE_URL={url}\n"), None),
        (format!("NOTE=\"it's\nDATABASE_URL={url}\n"), None),
        (format!("DATABASE_URL={url}\nBROKEN LINE\n"), None),
        (format!("export DATABASE_URL='{url}'\n"), None),
        ("ONE=1\nDATABASE_URL='s3cretpw\n".to_owned(), Some(2)),
        ("BROKEN s3cretpw\nONE=1\n".to_owned(), Some(1)),
        ("ONE=1\n\n# two\nDATABASE_URL=s3cret pw\n".to_owned(), Some(4)),
    ] {
        std::fs::write(user.path(".env"), &text).unwrap();
        let printed = user.quietly("current");
        let all = printed.stdout + &printed.stderr;
        match line {
            None => assert_eq!(printed.code, 0, "{text}: {all}"),
            Some(line) => {
                assert_eq!(printed.code, 1, "{text}: {all}");
                assert!(all.contains(&format!(".env:{line} cannot be read")), "{text}: {all}");
                assert!(!all.contains("s3cret"), "{text}: {all}");
            }
        }
    }
}
