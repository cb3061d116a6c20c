//! What a draft says is lost: columns that become computed and columns that stop being, and types that cannot hold every value of
//! the old one. Each pair is led there and back on rows.

use ambix::{
    Error, Migration, Migrations, Migrator,
    draft::{Draft, DraftOptions, difference},
};

use crate::setup::{self, SCHEME};

fn migrator(migrations: &[Migration], wanted: &str) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap().schema_sql(wanted)
}

fn allowed() -> DraftOptions {
    DraftOptions::new().allow_destructive(true)
}

/// One table on the way from one script to another: whether something is lost on the way there and on the way back, and what a
/// query says before, there and back again.
struct Way {
    name: &'static str,
    only: &'static str,
    from: &'static str,
    to: &'static str,
    lost: (bool, bool),
    values: [&'static str; 3],
}

const fn way(
    name: &'static str,
    from: &'static str,
    to: &'static str,
    lost: (bool, bool),
    values: [&'static str; 3],
) -> Way {
    Way { name, only: "", from, to, lost, values }
}

impl Way {
    const fn only(mut self, databases: &'static str) -> Self {
        self.only = databases;
        self
    }

    async fn run(&self) -> Result<(), String> {
        let db = setup::fresh().await;
        let table =
            |columns: &str| format!("CREATE TABLE bill (id integer PRIMARY KEY, {columns})");
        let (from, to) = (table(self.from), table(self.to));
        let first = Migration::new("r1", "from").up(&from);
        let start = migrator(std::slice::from_ref(&first), &to);
        start.run_pending(&db.pool).await.map_err(|error| format!("from: {error}"))?;
        let is_given = !self.from.contains("gross integer GENERATED");
        db.execute(if is_given {
            "INSERT INTO bill (id, net, gross) VALUES (1, 100, 107)"
        } else {
            "INSERT INTO bill (id, net) VALUES (1, 100)"
        })
        .await;
        let before = start.inspect(&db.pool).await.unwrap();
        let refused = start.draft(&db.pool, DraftOptions::new()).await;
        let is_refused = matches!(refused, Err(Error::Destructive { .. }));
        if is_refused != self.lost.0 {
            return Err(format!("refused: {is_refused}, {refused:?}"));
        }
        let draft = start.draft(&db.pool, allowed()).await.map_err(|error| format!("{error}"))?;
        if draft.down.contains("DESTRUCTIVE") != self.lost.1 {
            return Err(format!("the way back: {}", draft.down));
        }
        let ask = || async { db.column("SELECT gross FROM bill").await.join("; ") };
        let is = |place: &str, found: String, expected: &str, draft: &Draft| {
            let said = format!("{place}: {found} and not {expected}\n{}\n{}", draft.up, draft.down);
            if found == expected { Ok(()) } else { Err(said) }
        };
        is("before", ask().await, self.values[0], &draft)?;
        let both = [first.clone(), Migration::new("r2", "to").up(&draft.up).down(&draft.down)];
        let all = migrator(&both, &to);
        all.run_pending(&db.pool).await.map_err(|error| format!("up: {error}\n{}", draft.up))?;
        is("there", ask().await, self.values[1], &draft)?;
        let left = all.check(&db.pool, allowed()).await.map_err(|error| format!("{error}"))?;
        if !left.is_empty() {
            return Err(format!("up leaves {left}\n{}", draft.up));
        }
        let down = all.downgrade(&db.pool, "-1").await;
        down.map_err(|error| format!("down: {error}\n{}", draft.down))?;
        is("back", ask().await, self.values[2], &draft)?;
        let left = difference(&start.inspect(&db.pool).await.unwrap(), &before);
        if left.is_empty() { Ok(()) } else { Err(format!("down leaves {left:?}\n{}", draft.down)) }
    }
}

const PLAIN: &str = "net integer, gross integer";
const STORED: &str = "net integer, gross integer GENERATED ALWAYS AS (net + 1) STORED";
const OTHER: &str = "net integer, gross integer GENERATED ALWAYS AS (net + 2) STORED";
const VIRTUAL: &str = "net integer, gross integer GENERATED ALWAYS AS (net + 1) VIRTUAL";
const COMPUTED: &str = "net integer, gross integer GENERATED ALWAYS AS (net + 1)";

/// Of a plain column the values are lost, and of one that was computed they stay.
#[allow(clippy::too_many_lines)] // a table
#[tokio::test]
async fn columns_that_become_computed_and_stop_being() {
    let mut problems = Vec::new();
    for way in [
        way("plain to stored", PLAIN, STORED, (true, false), ["107", "101", "101"]),
        way("stored to plain", STORED, PLAIN, (false, true), ["101", "101", "101"]),
        way("stored to another", STORED, OTHER, (false, false), ["101", "102", "101"]),
        way("plain to virtual", PLAIN, VIRTUAL, (true, false), ["107", "101", "101"]).only("ms"),
        way("virtual to plain", VIRTUAL, PLAIN, (false, true), ["101", "101", "101"]).only("ms"),
        way("virtual to stored", VIRTUAL, STORED, (false, false), ["101", "101", "101"]).only("ms"),
        way("stored to virtual", STORED, VIRTUAL, (false, false), ["101", "101", "101"]).only("ms"),
        way("virtual without the word", PLAIN, COMPUTED, (true, false), ["107", "101", "101"])
            .only("ms"),
        way(
            "stored to plain, NOT NULL and with a default",
            STORED,
            "net integer, gross integer DEFAULT 5 NOT NULL",
            (false, true),
            ["101", "101", "101"],
        ),
        way(
            "virtual to plain, NOT NULL",
            VIRTUAL,
            "net integer, gross integer NOT NULL",
            (false, true),
            ["101", "101", "101"],
        )
        .only("ms"),
        way(
            "stored to plain, of another type",
            STORED,
            "net integer, gross bigint",
            (false, true),
            ["101", "101", "101"],
        ),
        way(
            "stored to plain, while what it is computed from has another type",
            STORED,
            "net bigint, gross integer",
            (false, true),
            ["101", "101", "101"],
        ),
        way(
            "stored to plain, while what it is computed from goes",
            STORED,
            "gross integer",
            (true, true),
            ["101", "101", ""],
        ),
        way(
            "virtual to plain, while what it is computed from goes",
            VIRTUAL,
            "gross integer",
            (true, true),
            ["101", "101", ""],
        )
        .only("ms"),
        way(
            "the two change places",
            "net integer, gross integer GENERATED ALWAYS AS (net + 1) STORED",
            "gross integer, net integer GENERATED ALWAYS AS (gross - 1) STORED",
            (true, true),
            ["101", "101", "101"],
        ),
        way(
            "with an index and a check",
            "net integer, gross integer GENERATED ALWAYS AS (net + 1) STORED, CONSTRAINT high CHECK (gross > net), CONSTRAINT one UNIQUE (gross)",
            "net integer, gross integer, CONSTRAINT high CHECK (gross > net), CONSTRAINT one UNIQUE (gross)",
            (false, true),
            ["101", "101", "101"],
        ),
        way(
            "virtual, with an index and a check",
            "net integer, gross integer GENERATED ALWAYS AS (net + 1) VIRTUAL, CONSTRAINT high CHECK (gross > net)",
            "net integer, gross integer, CONSTRAINT high CHECK (gross > net)",
            (false, true),
            ["101", "101", "101"],
        )
        .only("ms"),
    ] {
        if !way.only.is_empty() && !way.only.contains(&SCHEME[..1]) {
            continue;
        }
        if let Err(problem) = way.run().await {
            problems.push(format!("{}: {problem}", way.name));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// Two types, and whether something is lost from the first to the second, and from the second to the first.
type Pair = (&'static str, &'static str, bool, bool);

const POSTGRES: &[Pair] = &[
    ("timestamp(6)", "timestamp(0)", true, false),
    ("timestamptz", "timestamptz(3)", true, false),
    ("time", "time(2)", true, false),
    ("timetz", "timetz(0)", true, false),
    ("timetz", "time", true, false),
    ("interval", "interval(3)", true, false),
    ("interval", "interval day", true, false),
    ("interval day to second", "interval hour to minute", true, false),
    ("interval year", "interval month", false, true),
    ("timestamptz", "date", true, false),
    ("varchar(9)", "varchar(5)", true, false),
    ("text", "varchar(5)", true, false),
    ("varchar(5)", "char(5)", true, false),
    ("char(3)", "char(4)", false, true),
    ("numeric(10,4)", "numeric(10,2)", true, true),
    ("numeric(8,2)", "numeric(10,2)", false, true),
    ("numeric", "integer", true, false),
    ("bigint", "integer", true, false),
    ("integer", "smallint", true, false),
    ("real", "double precision", false, true),
    ("integer", "real", true, true),
    ("bigint", "double precision", true, true),
    ("integer", "numeric(9)", true, false),
    ("text", "integer", true, false),
    ("integer", "boolean", true, false),
    ("jsonb", "json", false, true),
    ("text", "mood", true, false),
    ("uuid", "text", false, true),
    ("bit varying(4)", "bit varying(8)", false, true),
    ("integer[]", "bigint[]", false, true),
    ("cidr", "inet", false, true),
    ("text", "domain_of_text", true, false),
];

const MYSQL: &[Pair] = &[
    ("time(3)", "time", true, false),
    ("datetime(6)", "datetime(3)", true, false),
    ("datetime", "date", true, false),
    ("datetime", "timestamp NULL", true, true),
    ("date", "varchar(13)", false, true),
    ("int", "int unsigned", true, true),
    ("int unsigned", "bigint", false, true),
    ("bit(8)", "bit(4)", true, false),
    ("bit(8)", "int", false, true),
    ("year", "int", false, true),
    ("year", "varchar(4)", false, true),
    ("decimal(10,4)", "decimal(10,2)", true, true),
    ("decimal(10,2)", "decimal(10,2) unsigned", true, false),
    ("float", "double", false, true),
    ("int", "float", true, true),
    ("bigint", "int", true, false),
    ("enum('a','b')", "int", true, true),
    ("enum('a','b')", "enum('b','a','c')", false, true),
    ("enum('a','b')", "varchar(1)", false, true),
    ("set('x','y')", "set('x')", true, false),
    ("set('x','y')", "varchar(2)", true, true),
    ("text", "tinytext", true, false),
    ("longtext", "mediumtext", true, false),
    ("varchar(300)", "tinytext", true, false),
    ("varchar(60)", "tinytext", false, true),
    ("varchar(9)", "varchar(5)", true, false),
    ("varchar(5)", "char(5)", true, false),
    ("varbinary(5)", "binary(5)", true, false),
    ("blob", "longblob", false, true),
    ("varchar(9) CHARACTER SET utf8mb4", "varchar(9) CHARACTER SET latin1", true, false),
    ("text CHARACTER SET ascii", "text CHARACTER SET utf8mb4", false, true),
    ("json", "longtext", false, true),
];

const SQLITE: &[Pair] = &[
    ("INTEGER", "REAL", true, false),
    ("TEXT", "INTEGER", true, false),
    ("TEXT", "NUMERIC", true, true),
    ("TEXT", "REAL", true, true),
    ("TEXT", "BLOB", false, true),
    ("INTEGER", "BLOB", false, true),
    ("VARCHAR(9)", "VARCHAR(2)", false, false),
    ("INTEGER", "BIGINT", false, false),
    ("BOOLEAN", "INTEGER", false, false),
    ("DATETIME", "TEXT", false, true),
    ("DECIMAL(9,2)", "REAL", true, false),
    ("DOUBLE", "FLOAT", false, false),
];

/// A change of a type is marked by the rule: whether the new one can hold every value of the old one.
#[tokio::test]
async fn types_that_cannot_hold_every_value() {
    let pairs = match SCHEME {
        "postgres" => POSTGRES,
        "mysql" => MYSQL,
        _ => SQLITE,
    };
    let material = match SCHEME {
        "postgres" => "CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN domain_of_text AS text; ",
        _ => "",
    };
    let script = |of: fn(&Pair) -> &'static str| {
        let table = |(at, pair): (usize, &Pair)| {
            format!("CREATE TABLE t{at} (id integer PRIMARY KEY, v {});\n", of(pair))
        };
        let tables: String = pairs.iter().enumerate().map(table).collect();
        format!("{material}{tables}")
    };
    let (here, there) = (script(|pair| pair.0), script(|pair| pair.1));
    let mut problems = Vec::new();
    for (from, to, back) in [(&here, &there, false), (&there, &here, true)] {
        let db = setup::fresh().await;
        let first = Migration::new("r1", "from").up(from);
        migrator(std::slice::from_ref(&first), to).run_pending(&db.pool).await.unwrap();
        let draft = migrator(&[first], to).check(&db.pool, DraftOptions::new()).await.unwrap();
        for (at, (a, b, lost_there, lost_back)) in pairs.iter().enumerate() {
            let of = format!("alter column t{at}.v");
            let found = draft.changes.iter().any(|change| change.to_string().starts_with(&of));
            let said = draft.destructive.iter().any(|change| change.starts_with(&of));
            let expected = if back { *lost_back } else { *lost_there };
            if !found || said != expected {
                let (a, b) = if back { (b, a) } else { (a, b) };
                problems.push(format!("{a} -> {b}: found {found}, marked {said}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
