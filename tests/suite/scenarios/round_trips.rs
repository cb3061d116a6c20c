//! sqlite-rebuild, as far as it is no matter of SQLite: a table with rows goes where the models lead and back, and keeps them.
//!
//! `draft_scenarios.rs` of SQLite has those that are. Alembic can put a new column in the middle of a table that it makes anew
//! (BAT-014 to 022, 068, 070); here columns are never moved, and the order is noted where that is asked for.

use ambix::{Migration, draft::DraftOptions};

use super::{Case, case, compare, migrator, notation};
use crate::setup::{self, SCHEME};

/// A case, existing rows, the renames that are declared, and what queries say on the way there.
struct Trip {
    case: Case,
    rows: &'static str,
    renames: &'static [(&'static str, &'static str)],
    says: &'static [(&'static str, &'static [&'static str])],
}

impl Trip {
    const fn renames(mut self, renames: &'static [(&'static str, &'static str)]) -> Self {
        self.renames = renames;
        self
    }

    const fn says(mut self, says: &'static [(&'static str, &'static [&'static str])]) -> Self {
        self.says = says;
        self
    }
}

const fn trip(case: Case, rows: &'static str) -> Trip {
    Trip { case, rows, renames: &[], says: &[] }
}

const FOO: &str = "foo{id int PK, data str(50), x int}";
const FOO_ROWS: &str = "INSERT INTO foo (id, data, x) VALUES (1, 'd1', 5), (2, '22', 6), (3, '8.5', 7), (4, '9.46', 8), (5, 'd5', 9)";
const DATA: (&str, &[&str]) =
    ("SELECT data FROM foo ORDER BY id", &["d1", "22", "8.5", "9.46", "d5"]);
const X: (&str, &[&str]) = ("SELECT x FROM foo ORDER BY id", &["5", "6", "7", "8", "9"]);
const FIVE: &[&str] = &["hi", "hi", "hi", "hi", "hi"];

async fn run(trips: &[Trip]) {
    let mut problems = Vec::new();
    for trip in trips.iter().filter(|trip| trip.case.is_for_this_database()) {
        if let Err(problem) = run_one(trip).await {
            problems.push(format!("{}: {problem}", trip.case.number));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

async fn run_one(trip: &Trip) -> Result<(), String> {
    let from = notation::schema(&[trip.case.both, trip.case.database]);
    let to = notation::schema(&[trip.case.both, trip.case.models]);
    let db = setup::fresh().await;
    let unproven = DraftOptions::new().proof(false);
    let first = migrator(&[], from.clone()).draft(&db.pool, unproven).await;
    let first = first.map_err(|error| format!("the database: {error}"))?;
    let mut migrations = vec![Migration::new("r1", "from").up(&first.up).down(&first.down)];
    migrator(&migrations, from.clone()).run_pending(&db.pool).await.unwrap();
    db.execute(trip.rows).await;

    let mut options = DraftOptions::new().allow_destructive(true);
    for (from, to) in trip.renames {
        options = options.rename(*from, *to);
    }
    let draft = migrator(&migrations, to.clone()).draft(&db.pool, options).await;
    let draft = draft.map_err(|error| format!("the models: {error}"))?;
    let found: Vec<String> = draft.changes.iter().map(ToString::to_string).collect();
    compare(trip.case.expected, &found)?;
    migrations.push(Migration::new("r2", "to").up(&draft.up).down(&draft.down));
    for round in ["up", "up again"] {
        let run = migrator(&migrations, to.clone()).run_pending(&db.pool).await;
        run.map_err(|error| format!("{round}: {error}\n{}", draft.up))?;
        let left = migrator(&migrations, to.clone()).check(&db.pool, DraftOptions::new()).await;
        let left = left.map_err(|error| format!("after {round}: {error}"))?;
        if !left.is_empty() {
            return Err(format!("after {round} there is left: {left}\n{}", draft.up));
        }
        for (query, rows) in trip.says {
            let said = db.column(query).await;
            if said != *rows {
                return Err(format!("after {round} {query} says {said:?}, not {rows:?}"));
            }
        }
        let down = migrator(&migrations, to.clone()).downgrade(&db.pool, "-1").await;
        down.map_err(|error| format!("down: {error}\n{}", draft.down))?;
        let before = migrator(&migrations[..1], from.clone());
        let back = before.check(&db.pool, DraftOptions::new()).await;
        let back = back.map_err(|error| format!("after down: {error}"))?;
        if !back.is_empty() {
            return Err(format!("after down there is left: {back}\n{}", draft.down));
        }
    }
    Ok(())
}

#[tokio::test]
async fn constraints() {
    let table = "tname{id int PK, a int, b int}";
    let rows = "INSERT INTO tname (id, a, b) VALUES (1, 3, 2)";
    let says: &[(&str, &[&str])] =
        &[("SELECT a FROM tname", &["3"]), ("SELECT b FROM tname", &["2"])];
    run(&[
        trip(
            case("BAT-002", table, "", "tname{CK[ck1](a > b)}", &["add check ck1 on tname"]),
            rows,
        )
        .says(says),
        trip(
            case(
                "BAT-004",
                "foo.user{y int PK} foo.tname{id int PK, x int}",
                "",
                "foo.tname{FK[myfk](x)->(foo.user.y)}",
                &["add foreign key myfk on foo.tname (x) -> foo.user (y)"],
            )
            .only("p"),
            "INSERT INTO foo.\"user\" VALUES (7); INSERT INTO foo.tname VALUES (1, 7)",
        )
        .says(&[("SELECT x FROM foo.tname", &["7"])]),
        trip(
            case(
                "BAT-004 in the default schema",
                "users{y int PK} tname{id int PK, x int}",
                "",
                "tname{FK[myfk](x)->(users.y)}",
                &["add foreign key myfk on tname (x) -> users (y)"],
            ),
            "INSERT INTO users VALUES (7); INSERT INTO tname VALUES (1, 7)",
        )
        .says(&[("SELECT x FROM tname", &["7"])]),
        trip(case("BAT-007", table, "tname{q int}", "", &["drop column tname.q"]), rows).says(says),
        trip(
            case(
                "BAT-008",
                table,
                "tname{UQ[uq1](a,b)}",
                "",
                &["drop unique constraint uq1 on tname"],
            ),
            rows,
        )
        .says(says),
        trip(
            case(
                "BAT-089",
                "foo{id int PK} bar{id int PK, foo_id int}",
                "bar{FK[fk_bar_foo_id_foo](foo_id)->(foo.id)}",
                "",
                &["drop foreign key fk_bar_foo_id_foo on bar"],
            ),
            "INSERT INTO foo VALUES (3); INSERT INTO bar VALUES (1, 3)",
        )
        .says(&[("SELECT foo_id FROM bar", &["3"])]),
    ])
    .await;
}

#[tokio::test]
async fn numbers_come_to_rows_that_are_there() {
    let rows = "INSERT INTO nopk (a, b, c) VALUES (1, 2, 3), (2, 4, 5), (2, 5, 4)";
    let says: &[(&str, &[&str])] = &[
        ("SELECT id FROM nopk ORDER BY id", &["1", "2", "3"]),
        ("SELECT b FROM nopk ORDER BY id", &["2", "4", "5"]),
    ];
    let nopk = "nopk{a int, b int, c int}";
    run(&[
        trip(
            case("BAT-064", nopk, "", "nopk{id int AUTO}", &["add column nopk.id"]).only("p"),
            rows,
        )
        .says(says),
        trip(
            case(
                "BAT-064 as a key",
                nopk,
                "",
                "nopk{id int PK AUTO}",
                &["add column nopk.id", "add primary key of nopk (id)"],
            ),
            rows,
        )
        .says(says),
    ])
    .await;
}

/// What SQLite has no place for is no difference there.
#[tokio::test]
async fn comments() {
    let (said, none): (&[_], &[&str]) = (&[DATA, X], &[]);
    let mut trips = Vec::new();
    let comments: [(&str, &str, &str, &[&str]); 5] = [
        ("BAT-067, BAT-131", "", "foo{y int CMT='some comment'}", &["add column foo.y"]),
        (
            "BAT-074, BAT-133",
            "",
            "foo{CMT='some comment'}",
            &["comment on table foo: some comment"],
        ),
        (
            "BAT-074, BAT-133 once more",
            "foo{CMT='some comment'}",
            "foo{CMT='some new comment'}",
            &["comment on table foo: some new comment"],
        ),
        ("BAT-142", "foo{CMT='some comment'}", "", &["remove the comment on table foo"]),
        (
            "BAT-028, BAT-077, BAT-134",
            "foo{y int}",
            "foo{y int CMT='some comment'}",
            &["alter column foo.y: comment"],
        ),
    ];
    for (numbers, database, models, changes) in comments {
        let of_columns = changes[0].starts_with("add column");
        let sqlite = if of_columns { changes } else { none };
        let with = |changes| case(numbers, FOO, database, models, changes);
        trips.push(trip(with(changes).only("pm"), FOO_ROWS).says(said));
        trips.push(trip(with(sqlite).only("s"), FOO_ROWS).says(said));
    }
    run(&trips).await;
}

#[tokio::test]
async fn renames() {
    let flags: &[(&str, &[&str])] = &[("SELECT id FROM bar WHERE bflag ORDER BY id", &["1", "3"])];
    let flag = |numbers| {
        let (from, to) = ("bar{flag bool}", "bar{bflag bool}");
        case(numbers, "bar{id int PK}", from, to, &["rename column bar.flag to bflag"])
    };
    run(&[
        trip(flag("BAT-103").only("ms"), "INSERT INTO bar VALUES (1, 1), (2, 0), (3, 5)")
            .renames(&[("bar.flag", "bflag")])
            .says(flags),
        trip(flag("BAT-103").only("p"), "INSERT INTO bar VALUES (1, true), (2, false), (3, true)")
            .renames(&[("bar.flag", "bflag")])
            .says(flags),
        trip(
            case(
                "BAT-107",
                "bar{id int PK, bar_id int, FK[](bar_id)->(bar.id)}",
                "bar{data str(50)}",
                "bar{newdata str(60)}",
                &["rename column bar.data to newdata", "alter column bar.newdata: type"],
            ),
            "INSERT INTO bar (id, bar_id, data) VALUES (1, 1, 'a'); INSERT INTO bar (id, bar_id, data) VALUES (2, 1, 'b')",
        )
        .renames(&[("bar.data", "newdata")])
        .says(&[
            ("SELECT newdata FROM bar ORDER BY id", &["a", "b"]),
            ("SELECT bar_id FROM bar ORDER BY id", &["1", "1"]),
        ]),
    ])
    .await;
}

/// The number, and the models' columns; the database has `id`, `data` and `x`.
const ORDERS: [(&str, &str); 8] = [
    ("BAT-014", "id int PK, g str(9) DEFAULT 'hi', data str(50), x int"),
    ("BAT-016", "id int PK, g str(9) DEFAULT 'hi', data str(50), x int, q int"),
    ("BAT-017", "id int PK, data str(50), g str(9) DEFAULT 'hi', x int"),
    ("BAT-019", "g str(9) DEFAULT 'hi', id int PK, data str(50), x int"),
    ("BAT-020", "g str(9) DEFAULT 'hi', x int, data str(50), id int PK"),
    ("BAT-022", "id int PK, x int, g str(9) DEFAULT 'hi', data str(50)"),
    ("BAT-068", "id int PK, data str(60), g str(9) DEFAULT 'hi', x int"),
    ("BAT-070", "id int PK, g str(9) DEFAULT 'hi', data str(60), x int"),
];

/// A new column stands at the end, and its place in the models is no difference. In the last two the table is recreated on
/// SQLite, and not reordered either.
#[tokio::test]
async fn columns_in_the_middle() {
    let mut trips = Vec::new();
    for (number, columns) in ORDERS {
        let mut expected = vec!["add column foo.g"];
        if columns.contains("q int") {
            expected.push("add column foo.q");
        }
        if columns.contains("str(60)") {
            expected.push("alter column foo.data: type");
        }
        let models: &'static str = format!("foo{{{columns}}}").leak();
        let case = case(number, "", FOO, models, expected.leak());
        trips.push(trip(case, FOO_ROWS).says(&[DATA, X, ("SELECT g FROM foo", FIVE)]));
    }
    run(&trips).await;
}

#[tokio::test]
async fn the_order_of_columns_is_noted_where_that_is_asked_for() {
    for (number, columns) in ORDERS {
        let models = notation::schema(&[&format!("foo{{{columns}}}")]);
        let db = setup::fresh().await;
        let first = migrator(&[], notation::schema(&[FOO]))
            .draft(&db.pool, DraftOptions::new())
            .await
            .unwrap();
        let first = Migration::new("r1", "from").up(&first.up).down(&first.down);
        let migrator = migrator(std::slice::from_ref(&first), models);
        migrator.run_pending(&db.pool).await.unwrap();
        let asked = DraftOptions::new().column_order(true);
        let draft = migrator.check(&db.pool, asked).await.unwrap();
        // What both have counts; a new column has no place yet.
        let noted = match number {
            "BAT-020" => "x, data, id",
            "BAT-022" => "id, x, data",
            _ => "",
        };
        let note =
            format!("the columns of foo are in the order id, data, x, in the models {noted}");
        let expected = if noted.is_empty() { "" } else { &note };
        assert_eq!(crate::support::said(&draft.notes), expected, "{number} on {SCHEME}");
    }
}
