//! What mysqldump writes, as the first migration.

use std::process::Command;

use crate::{
    flavor::{schema, shell},
    setup::fresh,
    support::from_files,
};

const CONTENT: &str = "CREATE TABLE pot (id int PRIMARY KEY, v text);
    INSERT INTO pot VALUES (1, 'tab\there'), (2, NULL), (3, 'semi;colon');
    CREATE VIEW lid AS SELECT v FROM pot;
    CREATE TRIGGER tr BEFORE INSERT ON pot FOR EACH ROW SET NEW.v = 'x;';";

#[tokio::test]
async fn a_dump_is_a_first_migration() {
    let old = fresh().await;
    let output = shell(&old, CONTENT);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rest = old.url.strip_prefix("mysql://").unwrap();
    let (login, rest) = rest.rsplit_once('@').unwrap();
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, _) = rest.split_once('/').unwrap();
    let (host, port) = host.split_once(':').unwrap_or((host, "3306"));
    let dump = |options: &[&str]| {
        let mut command = Command::new("mysqldump");
        command.args(["--no-defaults", "--protocol=tcp", "-h", host, "-P", port, "-u", user]);
        if !password.is_empty() {
            command.arg(format!("-p{password}"));
        }
        let output = command.args(options).arg(&old.name).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let dumps = [(false, dump(&[])), (true, dump(&[&format!("--ignore-table={}.lid", old.name)]))];
    let rows = "SELECT CONCAT_WS('-', id, v) FROM pot ORDER BY 1";
    for (over_itself, dump) in dumps {
        let db = fresh().await;
        if over_itself {
            assert!(shell(&db, &dump).status.success());
        }
        let migrator = from_files(&[("20250101000000_base.sql", dump.as_str())]).unwrap();
        let run = migrator.run_pending(&db.pool).await;
        run.unwrap_or_else(|error| panic!("{over_itself}: {error}\n{dump}"));
        let mut expected = schema(&old).await;
        expected.retain(|line| !over_itself || !line.contains("lid"));
        assert_eq!(schema(&db).await, expected, "{over_itself}");
        assert_eq!(db.column(rows).await, old.column(rows).await, "{over_itself}");
        assert_eq!(db.leaks().await, Vec::<String>::new());
    }
}
