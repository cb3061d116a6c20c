//! Online drafts in which something takes the place, or the name, of what an older version of the program still uses.

use ambix::{
    Migration, Migrations, Migrator,
    draft::{Draft, DraftOptions},
    report::Note,
};

use crate::setup::{SCHEME, fresh};

/// Two schemas, between which there are drafts both ways.
struct Pair {
    name: &'static str,
    /// Databases, by the first letters of their schemes.
    only: &'static str,
    schemas: [&'static str; 2],
    /// On the way there, something waits for phase contract, and the draft says so.
    waits: bool,
}

const fn pair(name: &'static str, only: &'static str, schemas: [&'static str; 2]) -> Pair {
    Pair { name, only, schemas, waits: false }
}

const PAIRS: &[Pair] = &[
    pair(
        "the index that a foreign key has brought stays",
        "m",
        [
            "CREATE TABLE t (id bigint PRIMARY KEY, up bigint, CONSTRAINT t_up FOREIGN KEY (up) REFERENCES t (id))",
            "CREATE TABLE t (id bigint PRIMARY KEY, up bigint, KEY t_up (up))",
        ],
    ),
    pair(
        "the index that a foreign key has brought stays for the next one",
        "m",
        [
            "CREATE TABLE u (id bigint PRIMARY KEY); \
             CREATE TABLE t (id bigint PRIMARY KEY, up bigint, CONSTRAINT t_up FOREIGN KEY (up) REFERENCES t (id))",
            "CREATE TABLE u (id bigint PRIMARY KEY); \
             CREATE TABLE t (id bigint PRIMARY KEY, up bigint, KEY t_up (up), CONSTRAINT t_u FOREIGN KEY (up) REFERENCES u (id))",
        ],
    ),
    pair(
        "the index that a foreign key has brought serves another one",
        "m",
        [
            "CREATE TABLE u (id bigint PRIMARY KEY); \
             CREATE TABLE t (id bigint PRIMARY KEY, up bigint, CONSTRAINT t_up FOREIGN KEY (up) REFERENCES t (id))",
            "CREATE TABLE u (id bigint PRIMARY KEY); \
             CREATE TABLE t (id bigint PRIMARY KEY, up bigint, KEY t_up (up), CONSTRAINT t_up FOREIGN KEY (up) REFERENCES t (id), \
             CONSTRAINT t_u FOREIGN KEY (up) REFERENCES u (id))",
        ],
    ),
    pair(
        "the index that a foreign key has brought stays beside a longer one",
        "m",
        [
            "CREATE TABLE t (id bigint PRIMARY KEY, up bigint, CONSTRAINT t_up FOREIGN KEY (up) REFERENCES t (id) ON DELETE CASCADE)",
            "CREATE TABLE t (id bigint PRIMARY KEY, up bigint, KEY t_up (up), KEY longer (up, id), \
             CONSTRAINT t_up FOREIGN KEY (up) REFERENCES t (id))",
        ],
    ),
    pair(
        "the index that a foreign key has brought stays beside a primary key that begins with its columns",
        "m",
        [
            "CREATE TABLE u (id bigint PRIMARY KEY); \
             CREATE TABLE t (id bigint NOT NULL, up bigint NOT NULL, PRIMARY KEY (id), CONSTRAINT t_up FOREIGN KEY (up) REFERENCES u (id))",
            "CREATE TABLE u (id bigint PRIMARY KEY); \
             CREATE TABLE t (id bigint NOT NULL, up bigint NOT NULL, PRIMARY KEY (up, id), KEY t_up (up), \
             CONSTRAINT t_up FOREIGN KEY (up) REFERENCES u (id))",
        ],
    ),
    pair(
        "a column goes, and its foreign key with it",
        "mp",
        [
            "CREATE TABLE t (id bigint PRIMARY KEY, up bigint, CONSTRAINT t_up FOREIGN KEY (up) REFERENCES t (id))",
            "CREATE TABLE t (id bigint PRIMARY KEY)",
        ],
    ),
    pair(
        "a new text has a default",
        "m",
        [
            "CREATE TABLE t (id int PRIMARY KEY, a int)",
            "CREATE TABLE t (id int PRIMARY KEY, a int, b text NOT NULL DEFAULT ('x'), c text NOT NULL DEFAULT (concat('x', 'y')))",
        ],
    ),
    pair(
        "an index becomes unique",
        "mps",
        [
            "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE INDEX t_a ON t (a)",
            "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE UNIQUE INDEX t_a ON t (a)",
        ],
    ),
    pair(
        "an index becomes a constraint",
        "mp",
        [
            "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE INDEX t_a ON t (a)",
            "CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT t_a UNIQUE (a))",
        ],
    ),
    pair(
        "a constraint becomes an index on more",
        "mp",
        [
            "CREATE TABLE t (id int PRIMARY KEY, a int, b int, CONSTRAINT t_a UNIQUE (a))",
            "CREATE TABLE t (id int PRIMARY KEY, a int, b int); CREATE INDEX t_a ON t (b, a)",
        ],
    ),
    pair(
        "an index becomes an exclusion constraint",
        "p",
        [
            "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE INDEX t_a ON t (a)",
            "CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT t_a EXCLUDE USING btree (a WITH =))",
        ],
    ),
    pair(
        "an index becomes the primary key",
        "p",
        [
            "CREATE TABLE t (id int NOT NULL, a int); CREATE INDEX t_id ON t (id)",
            "CREATE TABLE t (id int CONSTRAINT t_id PRIMARY KEY, a int)",
        ],
    ),
    pair(
        "an index that queries no longer use",
        "m",
        [
            "CREATE TABLE t (id bigint PRIMARY KEY, a int, KEY t_a (a))",
            "CREATE TABLE t (id bigint PRIMARY KEY, a int, KEY t_a (a) /*!80000 INVISIBLE */ /*M!100600 IGNORED */)",
        ],
    ),
    Pair {
        waits: true,
        ..pair(
            "a column begins to number rows, and takes the key",
            "m",
            [
                "CREATE TABLE t (id bigint NOT NULL, a varchar(20) NOT NULL PRIMARY KEY)",
                "CREATE TABLE t (id bigint PRIMARY KEY AUTO_INCREMENT, a varchar(20) NOT NULL)",
            ],
        )
    },
    Pair {
        waits: true,
        ..pair(
            "a new column numbers rows, and takes the key",
            "m",
            [
                "CREATE TABLE t (a int NOT NULL, b varchar(5) NOT NULL, PRIMARY KEY (a, b))",
                "CREATE TABLE t (n bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, a int NOT NULL, b varchar(5) NOT NULL)",
            ],
        )
    },
    Pair {
        waits: true,
        ..pair(
            "a column begins to number rows, and takes the key",
            "s",
            [
                "CREATE TABLE t (id integer, a text NOT NULL PRIMARY KEY)",
                "CREATE TABLE t (id integer PRIMARY KEY AUTOINCREMENT, a text NOT NULL)",
            ],
        )
    },
    pair(
        "a column begins to number rows, and takes the key",
        "p",
        [
            "CREATE TABLE t (id bigint NOT NULL, a text PRIMARY KEY)",
            "CREATE TABLE t (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a text NOT NULL)",
        ],
    ),
];

#[tokio::test]
async fn what_takes_a_name_or_a_key_comes_when_that_is_free() {
    let mut problems = Vec::new();
    for Pair { name, schemas: [one, other], waits, .. } in PAIRS.iter().filter(is_for_this_database)
    {
        for (way, before, after, waits) in
            [("there", one, other, *waits), ("back", other, one, false)]
        {
            for online in [true, false] {
                let result = there_and_back(before, after, online, waits && online).await;
                let problem = |why| format!("{name}, {way}, online {online}: {why}");
                problems.extend(result.err().map(problem));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

fn is_for_this_database(pair: &&Pair) -> bool {
    pair.only.contains(&SCHEME[..1])
}

/// A draft between two scripts runs, leads to the other one, and back.
async fn there_and_back(
    before: &str,
    after: &str,
    online: bool,
    waits: bool,
) -> Result<(), String> {
    let db = fresh().await;
    let first = Migration::new("r1", "tables").up(before);
    let start = migrator(vec![first.clone()], after);
    start.run_pending(&db.pool).await.unwrap();
    let options = DraftOptions::new().allow_destructive(true).online(online).findings(false);
    let draft = start.draft(&db.pool, options).await.map_err(|error| format!("{error:#}"))?;
    let is_said = |note: &Note| matches!(note, Note::NotOnline { reason, .. } if reason.contains("numbers rows only by a key"));
    if draft.notes.iter().any(is_said) != waits {
        return Err(format!("the notes: {:?}", draft.notes));
    }
    let there = migrator(migrations(&first, &draft), after);
    let text = || format!("{:?}\n{}", draft.files, draft.up);
    let done = there.run_pending(&db.pool).await;
    done.map_err(|error| format!("up: {error:#}\n{}", text()))?;
    let left = there.check(&db.pool, DraftOptions::new()).await.unwrap();
    let done = there.downgrade(&db.pool, "r1").await;
    done.map_err(|error| format!("down: {error:#}\n{}", text()))?;
    let begun = migrator(vec![first], before);
    let lost = begun.check(&db.pool, DraftOptions::new()).await.unwrap();
    if left.is_empty() && lost.is_empty() {
        return Ok(());
    }
    Err(format!("left: {left}; after down: {lost}\n{}", text()))
}

fn migrator(list: Vec<Migration>, script: &str) -> Migrator {
    Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap().schema_sql(script)
}

/// The migrations of a draft, behind the one that makes what was there.
fn migrations(first: &Migration, draft: &Draft) -> Vec<Migration> {
    let own = draft.files.iter().enumerate();
    let own = own.map(|(at, file)| {
        Migration::new(format!("f{at}"), &file.title).up(&file.up).down(&file.down)
    });
    std::iter::once(first.clone()).chain(own).collect()
}
