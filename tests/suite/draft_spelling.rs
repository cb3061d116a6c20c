//! Names that differ in their letters' case alone: one name where the database takes them for one, and never a drop.

use ambix::{
    Migration, Migrations, Migrator,
    draft::DraftOptions,
    schema::{Column, Index, Schema, Table, Type},
};

use crate::setup::{self, Fresh, SCHEME};

fn migrator(migrations: &[Migration]) -> Migrator {
    Migrator::from_migrations(Migrations::new(migrations.iter().cloned()).unwrap()).unwrap()
}

/// Databases by the first letters of their schemes, what is there, what should be, what is found to do, and a query whose answer
/// stays.
type Case = (&'static str, &'static str, &'static str, &'static [&'static str], &'static str);

const ROWS: &str = "INSERT INTO guests VALUES (1, 'a@b')";
const EMAIL: &str = "SELECT email FROM guests";

const CASES: &[Case] = &[
    (
        "s",
        "CREATE TABLE Guests (id integer PRIMARY KEY, email varchar(9))",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9))",
        &["rename table Guests to guests"],
        EMAIL,
    ),
    (
        "ms",
        "CREATE TABLE guests (Id integer PRIMARY KEY, eMail varchar(9))",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9))",
        &["rename column guests.Id to id", "rename column guests.eMail to email"],
        EMAIL,
    ),
    (
        "ms",
        "CREATE TABLE guests (id integer PRIMARY KEY, eMail varchar(9)); CREATE INDEX IX ON guests (eMail)",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9)); CREATE INDEX ix ON guests (email)",
        &["rename column guests.eMail to email", "rename index IX on guests to ix"],
        EMAIL,
    ),
    (
        "ms",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9)); CREATE INDEX ix ON guests (EMAIL)",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9)); CREATE INDEX ix ON guests (email)",
        &[],
        EMAIL,
    ),
    (
        "ms",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9), UNIQUE (EMAIL), CONSTRAINT c CHECK (EMAIL <> ''))",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9), UNIQUE (email), CONSTRAINT c CHECK (email <> ''))",
        &[],
        EMAIL,
    ),
    (
        "s",
        "CREATE TABLE guests (id integer PRIMARY KEY, eMail varchar(9), CONSTRAINT C CHECK (eMail <> ''))",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9), CONSTRAINT C CHECK (EMAIL <> ''))",
        &["rename column guests.eMail to email"],
        EMAIL,
    ),
    (
        "m",
        "CREATE TABLE guests (id integer PRIMARY KEY, eMail varchar(9), CONSTRAINT C CHECK (eMail <> ''))",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9), CONSTRAINT C CHECK (EMAIL <> ''))",
        &[
            "drop check C on guests (`eMail` <> '')",
            "rename column guests.eMail to email",
            "add check C on guests (`email` <> '')",
        ],
        EMAIL,
    ),
    (
        "ms",
        "CREATE TABLE guests (id integer PRIMARY KEY, eMail varchar(9)); \
         CREATE TABLE stay (guest integer, CONSTRAINT who FOREIGN KEY (GUEST) REFERENCES guests (ID))",
        "CREATE TABLE guests (id integer PRIMARY KEY, eMail varchar(9)); \
         CREATE TABLE stay (guest integer, CONSTRAINT who FOREIGN KEY (guest) REFERENCES guests (id))",
        &[],
        EMAIL,
    ),
    (
        "s",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9)); CREATE TABLE stay (guest integer REFERENCES GUESTS (ID))",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9)); CREATE TABLE stay (guest integer REFERENCES guests)",
        &[],
        EMAIL,
    ),
    (
        "ms",
        "CREATE TABLE guests (Id integer PRIMARY KEY, eMail varchar(9)); \
         CREATE TABLE stay (guest integer, CONSTRAINT who FOREIGN KEY (guest) REFERENCES guests (Id))",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9)); \
         CREATE TABLE stay (Guest integer, CONSTRAINT who FOREIGN KEY (Guest) REFERENCES guests (id))",
        &[
            "rename column guests.Id to id",
            "rename column guests.eMail to email",
            "rename column stay.guest to Guest",
        ],
        EMAIL,
    ),
    (
        "s",
        "CREATE TABLE Guests (id integer PRIMARY KEY, email varchar(9)); CREATE TABLE stay (guest integer REFERENCES Guests (id)); \
         CREATE VIEW all_guests AS SELECT email FROM Guests; \
         CREATE TRIGGER t AFTER INSERT ON Guests BEGIN UPDATE Guests SET email = 'x' WHERE 0; END",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9)); CREATE TABLE stay (guest integer REFERENCES guests (id)); \
         CREATE VIEW all_guests AS SELECT email FROM guests; \
         CREATE TRIGGER t AFTER INSERT ON guests BEGIN UPDATE guests SET email = 'x' WHERE 0; END",
        &["rename table Guests to guests"],
        "SELECT email FROM all_guests",
    ),
    (
        "s",
        "CREATE TABLE Guests (id integer PRIMARY KEY, eMail varchar(9)); CREATE INDEX IX ON Guests (eMail); \
         CREATE TRIGGER t AFTER INSERT ON Guests BEGIN UPDATE Guests SET eMail = 'x' WHERE 0; END",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9) NOT NULL); CREATE INDEX ix ON guests (email); \
         CREATE TRIGGER t AFTER INSERT ON guests BEGIN UPDATE guests SET email = 'x' WHERE 0; END",
        &[
            "rename table Guests to guests",
            "rename column guests.eMail to email",
            "rename index IX on guests to ix",
            "alter column guests.email: not null",
        ],
        EMAIL,
    ),
    (
        "m",
        "CREATE TABLE guests (id integer PRIMARY KEY, eMail varchar(9), shown varchar(20) AS (concat(EMAIL, 'x')))",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9), shown varchar(20) AS (concat(email, 'x')))",
        &["rename column guests.eMail to email"],
        EMAIL,
    ),
    (
        "ms",
        "CREATE TABLE guests (id integer PRIMARY KEY, eMail varchar(9)); CREATE INDEX IX ON guests (eMail)",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9)); CREATE INDEX ix ON guests (email, id)",
        &[
            "rename column guests.eMail to email",
            "drop index IX on guests (email)",
            "add index ix on guests (email, id)",
        ],
        EMAIL,
    ),
    (
        "p",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9), \"eMail\" text)",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9), \"Email\" text)",
        &["add column guests.Email text", "drop column guests.eMail"],
        EMAIL,
    ),
    (
        "p",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9)); CREATE TABLE \"Stay\" (id integer)",
        "CREATE TABLE guests (id integer PRIMARY KEY, email varchar(9)); CREATE TABLE stay (id integer)",
        &["drop table Stay", "create table stay"],
        EMAIL,
    ),
];

async fn run(case: &Case) -> Result<(), String> {
    let (_, from, to, changes, query) = case;
    let db = setup::fresh().await;
    let first = Migration::new("r1", "from").up(from);
    let start = migrator(std::slice::from_ref(&first)).schema_sql(*to);
    start.run_pending(&db.pool).await.map_err(|error| format!("from: {error}"))?;
    let rows =
        if from.contains("\"eMail\"") { "INSERT INTO guests VALUES (1, 'a@b', 'c')" } else { ROWS };
    let rows = if from.contains("shown") {
        "INSERT INTO guests (id, email) VALUES (1, 'a@b')"
    } else {
        rows
    };
    db.execute(rows).await;
    let before = start.inspect(&db.pool).await.unwrap();
    let options = DraftOptions::new().allow_destructive(SCHEME == "postgres");
    let draft =
        start.draft(&db.pool, options.clone()).await.map_err(|error| format!("{error:#}"))?;
    let found: Vec<String> = draft.changes.iter().map(ToString::to_string).collect();
    if found != *changes {
        return Err(format!("found {found:#?}\n{}", draft.up));
    }
    if draft.is_empty() {
        return Ok(());
    }
    let both = [first, Migration::new("r2", "to").up(&draft.up).down(&draft.down)];
    let all = migrator(&both).schema_sql(*to);
    for _ in 0..2 {
        let done = all.run_pending(&db.pool).await;
        done.map_err(|error| format!("up: {error}\n{}", draft.up))?;
        let left =
            all.check(&db.pool, options.clone()).await.map_err(|error| format!("{error:#}"))?;
        let value = db.column(query).await;
        if !left.is_empty() || value != ["a@b"] {
            return Err(format!("up leaves {left}, {value:?}\n{}", draft.up));
        }
        let done = all.downgrade(&db.pool, "-1").await;
        done.map_err(|error| format!("down: {error}\n{}", draft.down))?;
        let left = ambix::draft::difference(&all.inspect(&db.pool).await.unwrap(), &before);
        if !left.is_empty() || db.column(query).await != ["a@b"] {
            return Err(format!("down leaves {left:?}\n{}", draft.down));
        }
    }
    Ok(())
}

#[tokio::test]
async fn names_that_differ_in_case() {
    let mut problems = Vec::new();
    for case in CASES.iter().filter(|case| case.0.contains(&SCHEME[..1])) {
        if let Err(problem) = run(case).await {
            problems.push(format!("{}\n{}\n{problem}", case.1, case.2));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

fn guests(column: &str, ty: Type) -> Table {
    Table::new("guests")
        .column(Column::new("id", Type::Integer).not_null())
        .column(Column::new(column, ty))
        .primary_key(["id"])
}

async fn with_guests() -> (Fresh, Migrator) {
    let db = setup::fresh().await;
    let table = "CREATE TABLE guests (id integer NOT NULL PRIMARY KEY, eMail varchar(9))";
    let first = migrator(&[Migration::new("r1", "from").up(table)]);
    first.run_pending(&db.pool).await.unwrap();
    (db, first)
}

/// What is said of a thing beside the models may spell it as it likes, too.
#[tokio::test]
async fn what_is_asked_for_in_other_letters() {
    if SCHEME == "postgres" {
        return;
    }
    let (db, start) = with_guests().await;
    let lines = |draft: &ambix::draft::Draft| {
        draft.changes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    // A rename.
    let models = Schema::new().table(guests("mail", Type::Varchar(9)));
    for from in ["guests.EMAIL", "guests.eMail", "guests.email"] {
        let options = DraftOptions::new().rename(from, "MAIL");
        let draft = start.clone().models(models.clone()).draft(&db.pool, options).await.unwrap();
        assert_eq!(lines(&draft), ["rename column guests.eMail to mail"], "{from}");
    }
    // One that the models declare.
    let declared = Table::new("guests")
        .column(Column::new("id", Type::Integer).not_null())
        .column(Column::new("mail", Type::Varchar(9)).renamed_from("EMAIL"))
        .primary_key(["ID"]);
    let models = Schema::new().table(declared);
    let draft = start.clone().models(models).draft(&db.pool, DraftOptions::new()).await.unwrap();
    assert_eq!(lines(&draft), ["rename column guests.eMail to mail"]);
    // What rows get.
    let filled = Table::new("guests")
        .column(Column::new("ID", Type::Integer).not_null())
        .column(Column::new("email", Type::Varchar(9)).not_null())
        .primary_key(["id"])
        .with_index(Index::new(["EMAIL"]).named("by_mail"));
    let options = DraftOptions::new().fill("guests.eMAIL", "'none'");
    let models = Schema::new().table(filled);
    let draft = start.clone().models(models.clone()).draft(&db.pool, options).await.unwrap();
    let expected = [
        "rename column guests.id to ID",
        "rename column guests.eMail to email",
        "alter column guests.email: not null",
        "add index by_mail on guests (email)",
    ];
    assert_eq!(lines(&draft), expected, "{}", draft.up);
    assert!(draft.up.contains("'none'"), "{}", draft.up);
    // A filter sees the names of the models.
    let seen = start.models(models).include(|object| {
        object.table == Some("guests") && (object.name != "eMail" || !object.in_models)
    });
    let draft = seen.check(&db.pool, DraftOptions::new()).await.unwrap();
    assert_eq!(lines(&draft), expected, "{}", draft.up);
}
