//! Each draft leads to exactly what the script makes, and back to exactly what there was: compared in the server's own words.

use ambix::{Error, Migration, Migrations, Migrator, draft::DraftOptions};

use crate::setup::{Fresh, fresh, is_mariadb};

fn migrator(migrations: &[Migration], wanted: &str) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap().schema_sql(wanted)
}

/// Every table as the server writes it. (There is no other way to see an index that was made for a foreign key, a period, or where a check
/// stands.)
async fn shown(db: &Fresh) -> String {
    use sqlx::Row as _;
    let mut all = String::new();
    for table in db.tables().await {
        let sql = sqlx::AssertSqlSafe(format!("SHOW CREATE TABLE `{table}`"));
        let row = sqlx::raw_sql(sql).fetch_one(&db.pool).await.unwrap();
        let text: String = row.try_get_unchecked(1).unwrap();
        // A number in it goes on from where it was, and this stays from an engine that has gone.
        all.push_str(&text.replace(" PAGE_CHECKSUM=1", "").replace(" PAGE_CHECKSUM=0", ""));
        all.push('\n');
    }
    all.replace(&format!("`{}`.", db.name), "")
}

async fn exact(name: &str, from: &str, to: &str) -> Result<(), String> {
    let (db, other) = (fresh().await, fresh().await);
    other.execute(to).await;
    let first = Migration::new("r1", "from").up(from);
    let start = migrator(std::slice::from_ref(&first), to);
    start.run_pending(&db.pool).await.unwrap();
    let before = shown(&db).await;
    let draft =
        start.draft(&db.pool, DraftOptions::new().allow_destructive(true).findings(false)).await;
    let draft = draft.map_err(|error| format!("{name}: {error:#}"))?;
    let both = [first, Migration::new("r2", "to").up(&draft.up).down(&draft.down)];
    let all = migrator(&both, to);
    all.run_pending(&db.pool).await.map_err(|error| format!("{name}: {error:#}\n{}", draft.up))?;
    let same = |place: &str, found: String, wanted: &str| match found == wanted {
        true => Ok(()),
        false => Err(format!(
            "{name}, {place}:\n{found}\nand not\n{wanted}\n{}\n{}",
            draft.up, draft.down
        )),
    };
    same("up", shown(&db).await, &shown(&other).await)?;
    let left = all.check(&db.pool, DraftOptions::new()).await.unwrap();
    same("left", if left.is_empty() { String::new() } else { left.to_string() }, "")?;
    all.downgrade(&db.pool, "-1")
        .await
        .map_err(|error| format!("{name}: {error:#}\n{}", draft.down))?;
    same("down", shown(&db).await, &before)
}

async fn both_ways(pairs: &[(&str, &str, &str)]) {
    let mut problems = Vec::new();
    for (name, one, other) in pairs {
        problems.extend(exact(&format!("{name}, there"), one, other).await.err());
        problems.extend(exact(&format!("{name}, back"), other, one).await.err());
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// A server drops such an index for the next key on its columns, under that one's name.
#[tokio::test]
async fn the_index_of_a_foreign_key_without_a_name_keeps_its_own() {
    let with = |key: &str| {
        format!(
            "CREATE TABLE p (id int PRIMARY KEY, o int, UNIQUE KEY both_of (id, o)); CREATE TABLE c (id int PRIMARY KEY, p int, q int{key})"
        )
    };
    let none = with("");
    let plain = with(", FOREIGN KEY (p) REFERENCES p (id)");
    let cascades = with(", FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE");
    let null = with(", FOREIGN KEY (p) REFERENCES p (id) ON UPDATE SET NULL ON DELETE SET NULL");
    let kept = with(", KEY p (p)");
    let named = with(", CONSTRAINT of_p FOREIGN KEY (p) REFERENCES p (id)");
    let of_q = with(", FOREIGN KEY (q) REFERENCES p (id)");
    let of_both = with(", FOREIGN KEY (p, q) REFERENCES p (id, o)");
    let two = with(", FOREIGN KEY (p) REFERENCES p (id), FOREIGN KEY (q) REFERENCES p (id)");
    both_ways(&[
        ("what a deletion does", &plain, &cascades),
        ("both actions", &cascades, &null),
        ("the key goes, the index stays", &plain, &kept),
        ("the key comes with its index", &none, &plain),
        ("a name", &plain, &named),
        ("another column", &plain, &of_q),
        ("two columns", &plain, &of_both),
        ("a second key", &plain, &two),
    ])
    .await;
}

#[tokio::test]
async fn a_check_stands_where_the_script_has_it() {
    let with = |column: &str, table: &str| {
        format!("CREATE TABLE t (id int PRIMARY KEY, a int{column}, b int{table})")
    };
    let of_column = with(" CHECK (a > 0)", "");
    let of_table = with("", ", CHECK (a > 0)");
    let named = with("", ", CONSTRAINT positive CHECK (a > 0)");
    both_ways(&[
        ("without a name", &of_table, &of_column),
        ("with one", &named, &of_column),
        ("a name comes", &of_table, &named),
        (
            "both",
            &with(" CHECK (a > 0)", ", CHECK (a < 9)"),
            &with(" CHECK (a < 9)", ", CHECK (a > 0)"),
        ),
        ("another one in the column", &of_table, &with(" CHECK (a > 1)", "")),
        ("one more", &of_column, &with(" CHECK (a > 0)", ", CHECK (a > 0)")),
    ])
    .await;
}

/// A table has a column at the end of every statement, and a statement adds and drops a column once.
#[tokio::test]
async fn columns_that_all_become_others() {
    let of = |columns: &str| format!("CREATE TABLE t ({columns})");
    let computed = of("a int AS (1) STORED, b int AS (a * 3), c int AS (a * b) STORED");
    both_ways(&[
        ("the only column", &of("a int"), &of("a int AS (1)")),
        ("a chain", &of("a int, b int AS (a * 2), c int AS (a * b) STORED"), &computed),
        ("in another order", &of("a int, b int"), &of("b int AS (2), a int AS (b + 1) STORED")),
        (
            "with keys",
            &of("a int, b int DEFAULT 1, UNIQUE KEY (b, a)"),
            &of("a int AS (1), b int AS (2), KEY (b)"),
        ),
        (
            "one comes",
            &of("a int, b int AS (a * 2)"),
            &of("a int AS (7), b int AS (a * 2), c date NOT NULL"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_engine_takes_its_options_along() {
    if !is_mariadb().await {
        return; // MySQL has none of it.
    }
    let of = |options: &str| format!("CREATE TABLE t (id int PRIMARY KEY, a text) {options}");
    both_ways(&[
        ("Aria", &of("ENGINE=Aria"), &of("ENGINE=InnoDB")),
        ("Aria with a checksum", &of("ENGINE=Aria PAGE_CHECKSUM=1"), &of("ENGINE=InnoDB")),
        ("without", &of("ENGINE=Aria PAGE_CHECKSUM=0"), &of("ENGINE=MyISAM")),
        (
            "without transactions",
            &of("ENGINE=Aria TRANSACTIONAL=0"),
            &of("ENGINE=InnoDB ROW_FORMAT=DYNAMIC"),
        ),
    ])
    .await;
}

/// In the catalogue a period is a check of its name; it is neither dropped nor created as one, nor passed over.
#[tokio::test]
async fn a_period_is_not_taken_for_a_check() {
    if !is_mariadb().await {
        return; // MySQL has none of it.
    }
    let columns = "id int PRIMARY KEY, a date NOT NULL, b date NOT NULL, c date, n int NOT NULL, m int NOT NULL";
    let with = |part: &str| format!("CREATE TABLE t ({columns}{part})");
    let [plain, period, other, overlaps, check] = [
        "",
        ", PERIOD FOR span (a, b)",
        ", PERIOD FOR `the span` (b, a)",
        ", PERIOD FOR span (a, b), UNIQUE KEY k (n, span WITHOUT OVERLAPS)",
        ", CONSTRAINT span CHECK (a < b)",
    ]
    .map(with);
    let [odd, unlike] =
        [", CONSTRAINT span CHECK (a <= b)", ", CONSTRAINT `PERIOD FOR` CHECK (n < m)"].map(with);
    let none = "SELECT 1".to_owned();
    // From, to, and whether the table is named as not compared.
    for (from, to, is_named) in [
        (&none, &period, true),
        (&plain, &period, true),
        (&period, &plain, true),
        (&check, &period, true),
        (&period, &check, true),
        (&period, &other, true),
        (&period, &overlaps, true),
        (&period, &none, true),
        (&period, &period, false),
        (&overlaps, &overlaps, false),
        (&plain, &check, false),
        (&check, &plain, false),
        (&odd, &unlike, false),
        (&check, &check, false),
    ] {
        let db = fresh().await;
        let start = migrator(&[Migration::new("r1", "from").up(from)], to);
        start.run_pending(&db.pool).await.unwrap();
        let draft = start.draft(&db.pool, DraftOptions::new()).await.unwrap();
        let named = draft.notes.iter().any(|note| {
            let note = note.to_string();
            // What is the same on both sides is only counted.
            note.contains("application-time period table") && !note.starts_with("not compared, and")
        });
        assert_eq!(named, is_named, "{from} -> {to}: {draft}");
        let is_same = from == to;
        assert_eq!(draft.changes.is_empty(), is_named || is_same, "{from} -> {to}: {draft}");
    }
}

/// MariaDB keeps where a sequence stands, whatever its new ends are.
#[tokio::test]
async fn a_sequence_that_may_stand_beyond_its_end_is_said() {
    if !is_mariadb().await {
        return; // MySQL has none of it.
    }
    for (from, to, lost) in [
        ("", "MAXVALUE 100", (true, false)),
        ("MAXVALUE 900", "MAXVALUE 100", (true, false)),
        ("", "INCREMENT BY -1 MAXVALUE 900 START WITH 900", (true, true)),
        ("", "MINVALUE 5 START WITH 5", (true, false)),
        (
            "INCREMENT BY -1 MAXVALUE 9 START WITH 9",
            "INCREMENT BY -1 MAXVALUE 9 MINVALUE 3 START WITH 9",
            (true, false),
        ),
        ("", "INCREMENT BY 7", (false, false)),
        ("", "CACHE 5", (false, false)),
        ("", "CYCLE", (false, false)),
    ] {
        let db = fresh().await;
        let first = Migration::new("r1", "from").up(&format!("CREATE SEQUENCE s {from}"));
        let to = format!("CREATE SEQUENCE s {to}");
        let start = migrator(&[first], &to);
        start.run_pending(&db.pool).await.unwrap();
        let refused = start.draft(&db.pool, DraftOptions::new()).await;
        let is_refused = matches!(refused, Err(Error::Destructive { .. }));
        // A copy's sequence stands at its beginning, so that the proof of a later one always fails.
        let allowed = DraftOptions::new().allow_destructive(true).proof(false);
        let draft = start.draft(&db.pool, allowed).await.unwrap();
        let found = (is_refused, draft.down.contains("DESTRUCTIVE"));
        assert_eq!(found, lost, "{from} -> {to}\n{}\n{}", draft.up, draft.down);
    }
}

/// A draft that fails on the copy says what the server said.
#[tokio::test]
async fn what_a_proof_met_is_said_with_its_cause() {
    if !is_mariadb().await {
        return; // MySQL has none of it.
    }
    let db = fresh().await;
    let first = Migration::new("r1", "from").up("CREATE TABLE t (id int PRIMARY KEY, a inet4)");
    let start = migrator(&[first], "CREATE TABLE t (id int PRIMARY KEY, a inet6)");
    start.run_pending(&db.pool).await.unwrap();
    let options = DraftOptions::new().allow_destructive(true);
    match start.draft(&db.pool, options).await {
        // A newer server has the cast.
        Ok(draft) => assert!(draft.is_proven),
        Err(error) => {
            let text = format!("{error:#}");
            assert!(text.contains("Cannot cast 'inet4' as 'inet6'"), "{text}");
        }
    }
}
