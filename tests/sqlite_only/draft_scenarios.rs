//! The recorded scenarios of SQLite and of its tables that are recreated, by their numbers.
//!
//! Those that are no matter of SQLite alone (BAT-002 to 008, 014 to 022, 064 to 077, 089, 103, 107, 131 to 134, 142) are led
//! through every database by `suite/scenarios/round_trips.rs`; 115 to 119, scripts without a connection, are in
//! `draft_files.rs`. Left out are the text of Python files (SL-001 to 004), BAT-001, 013, 023 and SL-007, which are the same as
//! others beside them, an option of another database (BAT-026), and what needs one (BAT-061).
//!
//! In one of them the recorded answer loses data in silence, and ours does not: BAT-136 turns a text that is no number into 0.

use ambix::{
    draft::DraftOptions,
    schema::{Column, Schema, Table, Type},
};

use super::draft_way::{Way, migrator, options};
use crate::setup::fresh;

/// The numbers, what is there, what should be, the renames that are declared, what is found to do, and a query with what it says.
struct Case {
    numbers: &'static str,
    from: &'static str,
    to: &'static str,
    renames: &'static [(&'static str, &'static str)],
    changes: &'static [&'static str],
    rows: (&'static str, &'static str, &'static str),
}

const TNAME: &str = "CREATE TABLE tname (id INTEGER, x VARCHAR(10), y INTEGER, PRIMARY KEY (id))";
const TNAME_ROWS: &str = "INSERT INTO tname VALUES (1, 'a', 7)";
const FOO: &str = "CREATE TABLE foo (id INTEGER, data VARCHAR(50), x INTEGER, PRIMARY KEY (id))";
const FOO_ROWS: &str = "INSERT INTO foo VALUES (1, 'd1', 5), (2, '22', 6), (3, '8.5', 7), (4, '9.46', 8), (5, 'd5', 9)";
const NOPK: &str = "CREATE TABLE nopk (a INTEGER, b INTEGER, c INTEGER)";
const NOPK_ROWS: &str = "INSERT INTO nopk VALUES (1, 2, 3), (2, 4, 5), (2, 5, 4)";
const USER: &str = "CREATE TABLE \"user\" (id INTEGER NOT NULL PRIMARY KEY, id_version INTEGER, UNIQUE (id, id_version));";
const USER_ROWS: &str = "INSERT INTO \"user\" VALUES (1, 1), (2, 1); INSERT INTO tname (id, email, user_id) VALUES (3, 'e', 2)";
const FK: &str = "CREATE TABLE \"user\" (id INTEGER NOT NULL PRIMARY KEY, id_version INTEGER, UNIQUE (id, id_version));
    CREATE TABLE tname (id INTEGER PRIMARY KEY, email VARCHAR, user_id INTEGER, CONSTRAINT ufk FOREIGN KEY (user_id) REFERENCES \"user\" (id))";

const CASES: &[Case] = &[
    Case {
        numbers: "a row's number that is NOT NULL stays so",
        from: "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, y INTEGER)",
        to: "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, y INTEGER CHECK (y > 0))",
        renames: &[],
        changes: &["add check on t (y > 0)"],
        rows: (
            "INSERT INTO t VALUES (1, 7)",
            "SELECT group_concat(\"notnull\") FROM pragma_table_info('t')",
            "1,0",
        ),
    },
    Case {
        numbers: "a row's number is NOT NULL no more",
        from: "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, y INTEGER)",
        to: "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, y INTEGER)",
        renames: &[],
        changes: &["alter column t.id: not_null true -> none"],
        rows: ("INSERT INTO t VALUES (1, 7)", "SELECT y FROM t", "7"),
    },
    Case {
        numbers: "BAT-010, SL-008",
        from: TNAME,
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, x VARCHAR(10), y INTEGER, CHECK (y > 5))",
        renames: &[],
        changes: &["add check on tname (y > 5)"],
        rows: (TNAME_ROWS, "SELECT id || x || y FROM tname", "1a7"),
    },
    Case {
        numbers: "BAT-011, BAT-071, SL-005",
        from: TNAME,
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, x VARCHAR(10), y INTEGER, g INTEGER)",
        renames: &[],
        changes: &["add column tname.g INTEGER"],
        rows: (TNAME_ROWS, "SELECT id || x || y FROM tname", "1a7"),
    },
    Case {
        numbers: "BAT-025",
        from: TNAME,
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, x VARCHAR(10), y INTEGER DEFAULT '10')",
        renames: &[],
        changes: &["alter column tname.y: default none -> 10"],
        rows: (TNAME_ROWS, "SELECT id || x || y FROM tname", "1a7"),
    },
    Case {
        numbers: "BAT-029, BAT-079",
        from: TNAME,
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, x VARCHAR, y INTEGER)",
        renames: &[],
        changes: &["alter column tname.x: type VARCHAR(10) -> VARCHAR"],
        rows: (TNAME_ROWS, "SELECT id || x || y FROM tname", "1a7"),
    },
    Case {
        numbers: "BAT-031",
        from: TNAME,
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, x VARCHAR(10), y INTEGER); CREATE INDEX ix1 ON tname (y)",
        renames: &[],
        changes: &["add index ix1 on tname (y)"],
        rows: (TNAME_ROWS, "SELECT id || x || y FROM tname INDEXED BY ix1 WHERE y > 0", "1a7"),
    },
    Case {
        numbers: "BAT-034, BAT-083, SL-010",
        from: "CREATE TABLE tname (id INTEGER PRIMARY KEY, x VARCHAR(10), y INTEGER, CONSTRAINT ck1 CHECK (y > 5))",
        to: TNAME,
        renames: &[],
        changes: &["drop check ck1 on tname (y > 5)"],
        rows: (TNAME_ROWS, "SELECT id || x || y FROM tname", "1a7"),
    },
    Case {
        numbers: "BAT-035, BAT-086",
        from: TNAME,
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, y INTEGER)",
        renames: &[],
        changes: &["drop column tname.x"],
        rows: (TNAME_ROWS, "SELECT id || y FROM tname", "17"),
    },
    Case {
        numbers: "BAT-037, BAT-088",
        from: TNAME,
        to: "CREATE TABLE tname (x VARCHAR(10), y INTEGER)",
        renames: &[],
        changes: &["drop primary key of tname (id)", "drop column tname.id"],
        rows: (TNAME_ROWS, "SELECT x || y FROM tname", "a7"),
    },
    Case {
        numbers: "BAT-038",
        from: FK,
        to: "CREATE TABLE \"user\" (id INTEGER NOT NULL PRIMARY KEY, id_version INTEGER, UNIQUE (id, id_version));
            CREATE TABLE tname (id INTEGER PRIMARY KEY, user_id INTEGER, CONSTRAINT ufk FOREIGN KEY (user_id) REFERENCES \"user\" (id))",
        renames: &[],
        changes: &["drop column tname.email"],
        rows: (USER_ROWS, "SELECT id || user_id FROM tname", "32"),
    },
    Case {
        numbers: "BAT-040, BAT-140",
        from: FK,
        to: "CREATE TABLE \"user\" (id INTEGER NOT NULL PRIMARY KEY, id_version INTEGER, UNIQUE (id, id_version));
            CREATE TABLE tname (id INTEGER PRIMARY KEY, email VARCHAR, user_id INTEGER)",
        renames: &[],
        changes: &["drop foreign key ufk on tname (user_id) -> user (id)"],
        rows: (USER_ROWS, "SELECT id || email || user_id FROM tname", "3e2"),
    },
    Case {
        numbers: "BAT-041",
        from: "CREATE TABLE tname (id INTEGER, x VARCHAR(10), y INTEGER, PRIMARY KEY (id)); CREATE INDEX ix1 ON tname (y)",
        to: TNAME,
        renames: &[],
        changes: &["drop index ix1 on tname (y)"],
        rows: (TNAME_ROWS, "SELECT id || x || y FROM tname", "1a7"),
    },
    Case {
        numbers: "BAT-043",
        from: "CREATE TABLE tname (id INTEGER PRIMARY KEY, x VARCHAR(10) DEFAULT '', y INTEGER)",
        to: TNAME,
        renames: &[],
        changes: &["alter column tname.x: default '' -> none"],
        rows: (TNAME_ROWS, "SELECT id || x || y FROM tname", "1a7"),
    },
    Case {
        numbers: "BAT-044",
        from: "CREATE TABLE tname (id INTEGER PRIMARY KEY, x VARCHAR(10), y INTEGER, CONSTRAINT uq1 UNIQUE (y))",
        to: TNAME,
        renames: &[],
        changes: &["drop unique constraint uq1 on tname (y)"],
        rows: (TNAME_ROWS, "SELECT id || x || y FROM tname", "1a7"),
    },
    Case {
        numbers: "BAT-046",
        from: "CREATE TABLE \"my.user\" (id INTEGER PRIMARY KEY);
            CREATE TABLE tname (id INTEGER PRIMARY KEY, user_id INTEGER, FOREIGN KEY (user_id) REFERENCES \"my.user\" (id))",
        to: "CREATE TABLE \"my.user\" (id INTEGER PRIMARY KEY);
            CREATE TABLE tname (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, FOREIGN KEY (user_id) REFERENCES \"my.user\" (id))",
        renames: &[],
        changes: &["alter column tname.user_id: not null"],
        rows: ("INSERT INTO \"my.user\" VALUES (2); INSERT INTO tname VALUES (1, 2)", "SELECT id || user_id FROM tname", "12"),
    },
    Case {
        numbers: "BAT-049, BAT-100, SL-011",
        from: TNAME,
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, q VARCHAR(10), y INTEGER)",
        renames: &[("tname.x", "q")],
        changes: &["rename column tname.x to q"],
        rows: (TNAME_ROWS, "SELECT id || q || y FROM tname", "1a7"),
    },
    Case {
        numbers: "BAT-050, BAT-101",
        from: "CREATE TABLE tname (id INTEGER PRIMARY KEY, flag BOOLEAN, CHECK (flag IN (0, 1)))",
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, bflag BOOLEAN, CHECK (bflag IN (0, 1)))",
        renames: &[("tname.flag", "bflag")],
        changes: &["rename column tname.flag to bflag"],
        rows: ("INSERT INTO tname VALUES (1, 1), (2, 0)", "SELECT id || bflag FROM tname", "11; 20"),
    },
    Case {
        numbers: "BAT-145",
        from: "CREATE TABLE tname (id INTEGER PRIMARY KEY, flag BOOLEAN)",
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, bflag BOOLEAN)",
        renames: &[("tname.flag", "bflag")],
        changes: &["rename column tname.flag to bflag"],
        rows: ("INSERT INTO tname VALUES (1, 1), (2, 0), (3, 5)", "SELECT id || bflag FROM tname", "11; 20; 35"),
    },
    Case {
        numbers: "BAT-052",
        from: "CREATE TABLE tname (id INTEGER PRIMARY KEY, thing VARCHAR(1), CHECK (thing IN ('a', 'b', 'c')))",
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, thang VARCHAR(1), CHECK (thang IN ('a', 'b', 'c')))",
        renames: &[("tname.thing", "thang")],
        changes: &["rename column tname.thing to thang"],
        rows: ("INSERT INTO tname VALUES (1, 'b')", "SELECT id || thang FROM tname", "1b"),
    },
    Case {
        numbers: "BAT-053",
        from: FK,
        to: "CREATE TABLE \"user\" (id INTEGER NOT NULL PRIMARY KEY, id_version INTEGER, UNIQUE (id, id_version));
            CREATE TABLE tname (id INTEGER PRIMARY KEY, email VARCHAR, foobar INTEGER, CONSTRAINT ufk FOREIGN KEY (foobar) REFERENCES \"user\" (id))",
        renames: &[("tname.user_id", "foobar")],
        changes: &["rename column tname.user_id to foobar"],
        rows: (USER_ROWS, "SELECT id || foobar FROM tname", "32"),
    },
    Case {
        numbers: "BAT-055",
        from: "CREATE TABLE tname (id INTEGER PRIMARY KEY, email VARCHAR, CHECK (email LIKE '%@%'))",
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, emol VARCHAR, CHECK (emol LIKE '%@%'))",
        renames: &[("tname.email", "emol")],
        changes: &["rename column tname.email to emol"],
        rows: ("INSERT INTO tname VALUES (1, 'a@b')", "SELECT emol FROM tname", "a@b"),
    },
    Case {
        numbers: "BAT-056, BAT-104",
        from: TNAME,
        to: "CREATE TABLE tname (foobar INTEGER PRIMARY KEY, x VARCHAR(10), y INTEGER)",
        renames: &[("tname.id", "foobar")],
        changes: &["rename column tname.id to foobar"],
        rows: (TNAME_ROWS, "SELECT foobar || x || y FROM tname", "1a7"),
    },
    Case {
        numbers: "BAT-058",
        from: "CREATE TABLE tname (id INTEGER PRIMARY KEY, x VARCHAR(10), y INTEGER); CREATE INDEX ix1 ON tname (y)",
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, x VARCHAR(10), y2 INTEGER); CREATE INDEX ix1 ON tname (y2)",
        renames: &[("tname.y", "y2")],
        changes: &["rename column tname.y to y2"],
        rows: (TNAME_ROWS, "SELECT y2 FROM tname INDEXED BY ix1 WHERE y2 > 0", "7"),
    },
    Case {
        numbers: "BAT-059",
        from: "CREATE TABLE tname (id INTEGER PRIMARY KEY, x VARCHAR(10), y INTEGER, CONSTRAINT uq1 UNIQUE (y))",
        to: "CREATE TABLE tname (id INTEGER PRIMARY KEY, x VARCHAR(10), y2 INTEGER, CONSTRAINT uq1 UNIQUE (y2))",
        renames: &[("tname.y", "y2")],
        changes: &["rename column tname.y to y2"],
        rows: (TNAME_ROWS, "SELECT y2 FROM tname", "7"),
    },
    Case {
        numbers: "BAT-062",
        from: FOO,
        to: "CREATE TABLE foo (id INTEGER PRIMARY KEY, data VARCHAR(50), x INTEGER, data2 VARCHAR(50) DEFAULT 'hi')",
        renames: &[],
        changes: &["add column foo.data2 VARCHAR(50) default 'hi'"],
        rows: (FOO_ROWS, "SELECT data || data2 FROM foo", "d1hi; 22hi; 8.5hi; 9.46hi; d5hi"),
    },
    Case {
        numbers: "BAT-065",
        from: FOO,
        to: "CREATE TABLE foo (id INTEGER PRIMARY KEY, data VARCHAR(50), x INTEGER, data2 DATETIME DEFAULT CURRENT_TIMESTAMP)",
        renames: &[],
        changes: &["add column foo.data2 DATETIME default CURRENT_TIMESTAMP"],
        rows: (FOO_ROWS, "SELECT count(*) FROM foo WHERE data2 > '2'", "5"),
    },
    Case {
        numbers: "BAT-130",
        from: FOO,
        to: "CREATE TABLE foo (id INTEGER PRIMARY KEY, data VARCHAR(50), x INTEGER, data2 DATETIME DEFAULT (datetime('now', 'localtime')))",
        renames: &[],
        changes: &["add column foo.data2 DATETIME default datetime('now', 'localtime')"],
        rows: (FOO_ROWS, "SELECT count(*) FROM foo WHERE data2 > '2'", "5"),
    },
    Case {
        numbers: "BAT-128",
        from: FOO,
        to: "CREATE TABLE foo (id INTEGER PRIMARY KEY, data VARCHAR(50), x INTEGER, data2 INTEGER AS (1 + 1), data3 INTEGER AS (1 + 1) STORED)",
        renames: &[],
        changes: &[
            "add column foo.data2 INTEGER generated as (1 + 1)",
            "add column foo.data3 INTEGER generated as (1 + 1)",
        ],
        rows: (FOO_ROWS, "SELECT data || data2 || data3 FROM foo", "d122; 2222; 8.522; 9.4622; d522"),
    },
    Case {
        numbers: "BAT-005, BAT-073",
        from: NOPK,
        to: "CREATE TABLE nopk (a INTEGER, b INTEGER, c INTEGER, CONSTRAINT newpk PRIMARY KEY (a, b))",
        renames: &[],
        changes: &["add primary key of nopk (a, b)"],
        rows: (NOPK_ROWS, "SELECT a || b || c FROM nopk", "123; 245; 254"),
    },
    Case {
        numbers: "BAT-076",
        from: FOO,
        to: "CREATE TABLE foo (id INTEGER PRIMARY KEY, data VARCHAR(50), x INTEGER, y INTEGER, CONSTRAINT newuk UNIQUE (x, y))",
        renames: &[],
        changes: &["add column foo.y INTEGER", "add unique constraint newuk on foo (x, y)"],
        rows: (FOO_ROWS, "SELECT data || x FROM foo", "d15; 226; 8.57; 9.468; d59"),
    },
    Case {
        numbers: "BAT-080, BAT-110, BAT-137",
        from: "CREATE TABLE hasbool (id INTEGER PRIMARY KEY, x BOOLEAN, CONSTRAINT ck1 CHECK (x IN (0, 1)))",
        to: "CREATE TABLE hasbool (id INTEGER PRIMARY KEY, x INTEGER)",
        renames: &[],
        changes: &["drop check ck1 on hasbool (x IN (0, 1))", "alter column hasbool.x: type BOOLEAN -> INTEGER"],
        rows: ("INSERT INTO hasbool VALUES (1, 1), (2, 0)", "SELECT typeof(x) || x FROM hasbool", "integer1; integer0"),
    },
    Case {
        numbers: "BAT-082, BAT-112, BAT-139",
        from: FOO,
        to: "CREATE TABLE foo (id INTEGER PRIMARY KEY, data VARCHAR(50), x INTEGER); CREATE UNIQUE INDEX ix_data ON foo (data)",
        renames: &[],
        changes: &["add unique index ix_data on foo (data)"],
        rows: (FOO_ROWS, "SELECT data || x FROM foo ORDER BY id", "d15; 226; 8.57; 9.468; d59"),
    },
    Case {
        numbers: "BAT-085",
        from: "CREATE TABLE hasbool (id INTEGER PRIMARY KEY, x BOOLEAN, CONSTRAINT ck1 CHECK (x IN (0, 1)))",
        to: "CREATE TABLE hasbool (id INTEGER PRIMARY KEY)",
        renames: &[],
        changes: &["drop check ck1 on hasbool (x IN (0, 1))", "drop column hasbool.x"],
        rows: ("INSERT INTO hasbool VALUES (1, 1), (2, 0)", "SELECT id FROM hasbool", "1; 2"),
    },
    Case {
        numbers: "BAT-091, BAT-092",
        from: FOO,
        to: "CREATE TABLE foo (id INTEGER, data VARCHAR(50), x INTEGER, CONSTRAINT newpk PRIMARY KEY (id))",
        renames: &[],
        changes: &["drop primary key of foo (id)", "add primary key of foo (id)"],
        rows: (FOO_ROWS, "SELECT id || data || x FROM foo", "1d15; 2226; 38.57; 49.468; 5d59"),
    },
    Case {
        numbers: "BAT-094, BAT-095, BAT-143",
        from: "CREATE TABLE foo (id INTEGER PRIMARY KEY, data VARCHAR(50)); CREATE TABLE bar (id INTEGER PRIMARY KEY, foo_id INTEGER REFERENCES foo)",
        to: "CREATE TABLE foo (id INTEGER PRIMARY KEY, newdata VARCHAR(60)); CREATE TABLE bar (id INTEGER PRIMARY KEY, foo_id INTEGER REFERENCES foo)",
        renames: &[("foo.data", "newdata")],
        changes: &["rename column foo.data to newdata", "alter column foo.newdata: type VARCHAR(50) -> VARCHAR(60)"],
        rows: (
            "INSERT INTO foo VALUES (1, 'd'); INSERT INTO bar VALUES (3, 1)",
            "SELECT bar.id || newdata FROM foo JOIN bar ON foo.id = foo_id",
            "3d",
        ),
    },
    Case {
        numbers: "BAT-106, BAT-146",
        from: "CREATE TABLE bar (id INTEGER PRIMARY KEY, bar_id INTEGER, data VARCHAR(50), FOREIGN KEY (bar_id) REFERENCES bar (id))",
        to: "CREATE TABLE bar (id INTEGER PRIMARY KEY, bar_id INTEGER, newdata VARCHAR(60), FOREIGN KEY (bar_id) REFERENCES bar (id))",
        renames: &[("bar.data", "newdata")],
        changes: &["rename column bar.data to newdata", "alter column bar.newdata: type VARCHAR(50) -> VARCHAR(60)"],
        rows: ("INSERT INTO bar VALUES (1, 1, 'a'), (2, 1, 'b')", "SELECT id || bar_id || newdata FROM bar", "11a; 21b"),
    },
    Case {
        numbers: "BAT-097",
        from: "CREATE TABLE t_w_ix (id INTEGER PRIMARY KEY, thing INTEGER, data VARCHAR(20)); CREATE INDEX ix_thing ON t_w_ix (thing)",
        to: "CREATE TABLE t_w_ix (id INTEGER PRIMARY KEY, thing INTEGER, data VARCHAR(30)); CREATE INDEX ix_thing ON t_w_ix (thing);
            CREATE INDEX ix_data ON t_w_ix (data)",
        renames: &[],
        changes: &["alter column t_w_ix.data: type VARCHAR(20) -> VARCHAR(30)", "add index ix_data on t_w_ix (data)"],
        rows: (
            "INSERT INTO t_w_ix VALUES (1, 2, 'd')",
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 't_w_ix' ORDER BY 1",
            "ix_data; ix_thing",
        ),
    },
    Case {
        numbers: "BAT-098",
        from: "CREATE TABLE hasts (id INTEGER PRIMARY KEY, x TIMESTAMP)",
        to: "CREATE TABLE hasts (id INTEGER PRIMARY KEY, x DATETIME)",
        renames: &[],
        changes: &["alter column hasts.x: type TIMESTAMP -> DATETIME"],
        rows: ("INSERT INTO hasts VALUES (1, '2012-05-18 15:32:05')", "SELECT x FROM hasts", "2012-05-18 15:32:05"),
    },
    Case {
        numbers: "BAT-109",
        from: "CREATE TABLE foo (id INTEGER PRIMARY KEY, data VARCHAR(50), x INTEGER, toj TEXT, fromj JSON)",
        to: "CREATE TABLE foo (id INTEGER PRIMARY KEY, data INTEGER, x INTEGER, toj JSON, fromj TEXT)",
        renames: &[],
        changes: &[
            "alter column foo.data: type VARCHAR(50) -> INTEGER",
            "alter column foo.toj: type TEXT -> JSON",
            "alter column foo.fromj: type JSON -> TEXT",
        ],
        rows: (
            "INSERT INTO foo VALUES (1, '22', 5, '[1]', '{}')",
            "SELECT typeof(data) || data || toj || fromj FROM foo",
            "integer22[1]{}",
        ),
    },
    Case {
        numbers: "BAT-113",
        from: FOO,
        to: "CREATE TABLE foo (id INTEGER PRIMARY KEY, data INTEGER, x INTEGER); CREATE UNIQUE INDEX ix_data ON foo (data)",
        renames: &[],
        changes: &["alter column foo.data: type VARCHAR(50) -> INTEGER", "add unique index ix_data on foo (data)"],
        rows: (FOO_ROWS, "SELECT x FROM foo ORDER BY id", "5; 6; 7; 8; 9"),
    },
    Case {
        numbers: "BAT-121, BAT-122",
        from: "CREATE TABLE \"user\" (id INTEGER PRIMARY KEY)",
        to: "CREATE TABLE \"user\" (id INTEGER PRIMARY KEY,
            is_active BOOLEAN NOT NULL DEFAULT 1 CONSTRAINT ck_user_is_active CHECK (is_active IN (0, 1)))",
        renames: &[],
        changes: &[
            "add column user.is_active BOOLEAN not null default 1",
            "add check ck_user_is_active on user (is_active IN (0, 1))",
        ],
        rows: ("INSERT INTO \"user\" VALUES (1)", "SELECT is_active FROM \"user\"", "1"),
    },
    Case {
        numbers: "BAT-124, BAT-148",
        from: "CREATE TABLE \"user\" (id INTEGER PRIMARY KEY, age INTEGER, CONSTRAINT ck_user_positive_age CHECK (age > 0))",
        to: "CREATE TABLE \"user\" (id INTEGER PRIMARY KEY, age INTEGER NOT NULL, y INTEGER, CONSTRAINT ck_user_positive_age CHECK (age > 0))",
        renames: &[],
        changes: &["add column user.y INTEGER", "alter column user.age: not null"],
        rows: (
            "INSERT INTO \"user\" VALUES (1, 2)",
            "SELECT instr(sql, 'CONSTRAINT ck_user_positive_age CHECK (age > 0)') > 0 FROM sqlite_schema WHERE name = 'user'",
            "1",
        ),
    },
    Case {
        numbers: "BAT-125, BAT-127, BAT-149, BAT-151",
        from: "CREATE TABLE foo (id INTEGER PRIMARY KEY, val INTEGER CHECK (val IN (0, 1)), CHECK (val < 5))",
        to: "CREATE TABLE foo (id INTEGER PRIMARY KEY, val INTEGER NOT NULL CHECK (val IN (0, 1)), y INTEGER, CHECK (val < 5))",
        renames: &[],
        changes: &["add column foo.y INTEGER", "alter column foo.val: not null"],
        rows: (
            "INSERT INTO foo VALUES (1, 1)",
            "SELECT instr(sql, 'CHECK (val IN (0, 1))') > 0 AND instr(sql, 'CHECK (val < 5)') > 0 FROM sqlite_schema WHERE name = 'foo'",
            "1",
        ),
    },
    // What is no number stays as it is, and is not thrown away.
    Case {
        numbers: "BAT-136",
        from: FOO,
        to: "CREATE TABLE foo (id INTEGER PRIMARY KEY, data INTEGER, x INTEGER)",
        renames: &[],
        changes: &["alter column foo.data: type VARCHAR(50) -> INTEGER"],
        rows: (FOO_ROWS, "SELECT typeof(data) || data FROM foo", "textd1; integer22; real8.5; real9.46; textd5"),
    },
];

#[tokio::test]
async fn each_scenario_leads_there_and_back_with_its_rows() {
    for case in CASES {
        let mut with = options();
        for (from, to) in case.renames {
            with = with.rename(*from, *to);
        }
        let way = Way::new(case.from, case.rows.0, case.to, with).await;
        let changes: Vec<String> =
            way.draft.changes.iter().map(|change| change.to_string()).collect();
        assert_eq!(changes, case.changes, "{}", case.numbers);
        let table = way.draft.changes[0].table().unwrap().name.clone();
        let before = way.rows(&format!("SELECT count(*) FROM \"{table}\"")).await;
        way.up().await;
        assert_eq!(way.rows(case.rows.1).await, case.rows.2, "{}", case.numbers);
        way.is_whole().await;
        way.down().await;
        assert_eq!(way.rows(&format!("SELECT count(*) FROM \"{table}\"")).await, before);
        way.is_whole().await;
    }
}

/// BAT-032 and BAT-047: foreign keys of a table that is recreated stay, in any order.
#[tokio::test]
async fn many_foreign_keys_stay() {
    let keys = [
        "FOREIGN KEY (user_id_3, user_id_version) REFERENCES user (id, id_version)",
        "FOREIGN KEY (user_id_1) REFERENCES user (id)",
        "FOREIGN KEY (user_id_2) REFERENCES user (id)",
    ];
    for order in [[0, 1, 2], [0, 2, 1], [2, 1, 0]] {
        let table = |email: &str| {
            format!(
                "{USER} CREATE TABLE tname (id INTEGER PRIMARY KEY, email {email}, user_id_1 INTEGER, user_id_2 INTEGER,
                    user_id_3 INTEGER, user_id_version INTEGER, {})",
                order.map(|at| keys[at]).join(", ")
            )
        };
        let rows =
            "INSERT INTO \"user\" VALUES (1, 1); INSERT INTO tname VALUES (1, 'e', 1, 1, 1, 1)";
        let way = Way::new(&table("VARCHAR"), rows, &table("VARCHAR NOT NULL"), options()).await;
        for key in keys {
            assert!(way.draft.up.contains(key), "{}", way.draft.up);
        }
        way.up().await;
        way.down().await;
        way.is_whole().await;
    }
}

/// SL-013 to SL-026, BUG-031: what is there, what the models ask for, and whether that is a difference.
#[tokio::test]
async fn defaults_and_expressions_are_compared_by_what_they_mean() {
    let column = |ty: &str, default: &str| {
        format!("CREATE TABLE t (id INTEGER PRIMARY KEY, c {ty} DEFAULT {default})")
    };
    let cases = [
        ("SL-016", column("DATETIME", "CURRENT_TIMESTAMP"), column("DATETIME", "(CURRENT_TIMESTAMP)"), false),
        ("SL-017", column("DATETIME", "(datetime('now', 'localtime'))"), column("DATETIME", "(datetime('now','localtime'))"), false),
        ("SL-019", column("FLOAT", "'5.2'"), column("FLOAT", "'5.3'"), true),
        ("SL-020", column("FLOAT", "5.2"), column("FLOAT", "(5.2)"), false),
        ("SL-022", column("INTEGER", "'5'"), column("INTEGER", "5"), false),
        ("SL-023", column("INTEGER", "'5'"), column("INTEGER", "'7'"), true),
        ("SL-025", column("INTEGER", "5"), column("INTEGER", "'7'"), true),
        ("SL-026", column("VARCHAR", "'im a default'"), column("VARCHAR", "'im a default'"), false),
        ("BUG-031", column("VARCHAR", "''"), column("VARCHAR", "\"\""), false),
        ("BUG-031", column("VARCHAR", "'it''s'"), column("VARCHAR", "\"it's\""), false),
        ("BUG-031", column("VARCHAR", "'it''s'"), column("VARCHAR", "'its'"), true),
        (
            "SL-013",
            "CREATE TABLE foo (id INTEGER PRIMARY KEY, email VARCHAR(50)); CREATE UNIQUE INDEX email_idx ON foo (lower(email))".to_owned(),
            "CREATE TABLE foo (id INTEGER PRIMARY KEY, email VARCHAR(50)); CREATE UNIQUE INDEX email_idx ON foo (LOWER( email ))".to_owned(),
            false,
        ),
        (
            "SL-014",
            "CREATE TABLE foo (id INTEGER PRIMARY KEY, email VARCHAR(50), name VARCHAR(50));
                CREATE UNIQUE INDEX email_idx ON foo (coalesce(email, name) DESC)".to_owned(),
            "CREATE TABLE foo (id INTEGER PRIMARY KEY, email VARCHAR(50), name VARCHAR(50));
                CREATE UNIQUE INDEX email_idx ON foo (coalesce(email,name) desc)".to_owned(),
            false,
        ),
    ];
    for (number, is, models, differs) in cases {
        let db = fresh().await;
        db.execute(&is).await;
        let draft = migrator(&[], &models).check(&db.pool, options()).await.unwrap();
        assert_eq!(!draft.is_empty(), differs, "{number}: {is} and {models}: {draft}");
    }
}

/// SL-007, BAT-023, BAT-028: a comment is no difference, since there is no place for it.
#[tokio::test]
async fn comments_are_passed_over() {
    let db = fresh().await;
    db.execute(TNAME).await;
    let table = Table::new("tname")
        .column(Column::new("id", Type::Integer).auto_increment().comment("a comment"))
        .column(Column::new("x", Type::Varchar(10)).comment("it's -- one"))
        .column(Column::new("y", Type::Integer))
        .primary_key(["id"])
        .comment("on the table");
    let migrations = ambix::Migrations::default();
    let migrator = ambix::Migrator::from_migrations(migrations).unwrap();
    let migrator = migrator.models(Schema::new().table(table));
    let draft = migrator.check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(draft.is_empty(), "{draft}");
}
