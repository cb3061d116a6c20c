//! What pg_dump writes, as the first migration.

use std::process::Command;

use crate::{
    flavor::{schema, shell},
    setup::fresh,
    support::from_files,
};

const CONTENT: &str = r"CREATE TABLE pot (id integer PRIMARY KEY, v text);
    INSERT INTO pot VALUES (1, E'tab\there'), (2, NULL), (3, 'semi;colon'), (4, E'a\n\\restrict x\nb');
    CREATE VIEW lid AS SELECT v FROM pot;
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.v := 'x;'; RETURN NEW; END $$;
    CREATE TRIGGER tr BEFORE INSERT ON pot FOR EACH ROW EXECUTE FUNCTION f();";

#[tokio::test]
async fn a_dump_is_a_first_migration() {
    let old = fresh().await;
    assert!(shell(&old, CONTENT).status.success());
    let dump = |arguments: &[&str]| {
        let output =
            Command::new("pg_dump").args(arguments).args(["-d", &old.url]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        // Every server of today writes these two; an older one does not.
        if text.contains("\n\\restrict ") {
            return text;
        }
        format!("--\n\n\\restrict aB3\n\n{text}\n\\unrestrict aB3\n\n")
    };
    let (parts, rows) = (dump(&["-s"]), dump(&["--inserts"]));
    let data = dump(&["--inserts", "-a", "--disable-triggers"]);
    for (text, count) in
        [(parts.clone(), "0"), (rows.clone(), "4"), (format!("{parts}{data}"), "4")]
    {
        let db = fresh().await;
        let migrator = from_files(&[
            ("20250101000000_base.sql", text.as_str()),
            ("20250102000000_next.sql", "CREATE TABLE next (id integer);"),
        ])
        .unwrap();
        migrator.run_pending(&db.pool).await.unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(db.column("SELECT count(*)::text FROM pot").await, [count]);
        let script = migrator.script("postgres", "base", "head").unwrap();
        let offline = fresh().await;
        let output = shell(&offline, &script);
        assert!(output.status.success(), "{}\n{script}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(schema(&offline).await, schema(&db).await);
        sqlx::raw_sql("DROP TABLE next").execute(&db.pool).await.unwrap();
        assert_eq!(schema(&db).await, schema(&old).await);
        if count == "4" {
            let rows = "SELECT concat(id, v) FROM pot ORDER BY 1";
            assert_eq!(db.column(rows).await, old.column(rows).await);
        }
        assert_eq!(db.leaks().await, Vec::<String>::new());
    }
    for (text, problem) in [
        (dump(&[]), "pg_dump --inserts writes it"),
        (dump(&["-C", "-s"]), "pg_dump without --create"),
    ] {
        let db = fresh().await;
        let error = from_files(&[("20250101000000_base.sql", text.as_str())])
            .unwrap()
            .run_pending(&db.pool)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("20250101000000_base.sql:") && error.contains(problem),
            "{error}"
        );
        assert_eq!(db.tables().await, Vec::<String>::new());
    }
}
