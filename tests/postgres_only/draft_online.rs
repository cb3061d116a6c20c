//! Online drafts: each leads to the same schema as the plain one, up and down, in files that lock nobody out for longer than a moment.

use std::sync::atomic::{AtomicBool, Ordering};

use ambix::{
    Migration, Migrations, Migrator,
    draft::{Draft, DraftOptions, difference},
    lint::{LintOptions, Severity},
    options::Phase,
    report::Note,
};
use sqlx::{Connection as _, Row as _};

use super::draft_way::statements;
use crate::{
    setup::{Connection, Fresh, fresh},
    support::tries,
};

const USERS: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, name varchar(20), age integer);
    CREATE INDEX users_email ON users (email);
    CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total numeric(10,2));
    CREATE TABLE items (id bigint PRIMARY KEY, code varchar(9) NOT NULL DEFAULT 'x', owner bigint CONSTRAINT items_owner REFERENCES users, made timestamptz DEFAULT clock_timestamp());\n";
/// All that may be on a column.
const ON_CODE: &str = "ALTER TABLE items ADD CONSTRAINT items_one UNIQUE (code) INCLUDE (made), ADD CONSTRAINT items_full CHECK (code <> '' AND code <> id::text);
    CREATE INDEX items_lower ON items (lower(code)) WHERE code > 'a'; COMMENT ON INDEX items_lower IS 'it''s'; COMMENT ON COLUMN items.code IS 'c';
    COMMENT ON CONSTRAINT items_full ON items IS 'not empty';";
const ROWS: &str =
    "INSERT INTO users SELECT n, 'a' || n, 'b' || n, n FROM generate_series(1, 500) n;
    INSERT INTO orders SELECT n, n, n FROM generate_series(1, 500) n;
    INSERT INTO items SELECT n, 'c' || n, n FROM generate_series(1, 500) n; ANALYZE";

/// What is replaced in the script of the tables, with what; the files; and what is said of changes that lock others out.
struct Case {
    name: &'static str,
    replace: &'static [(&'static str, &'static str)],
    /// What is there besides, and what should be.
    start: &'static str,
    more: &'static str,
    options: fn(DraftOptions) -> DraftOptions,
    files: &'static str,
    locks: &'static str,
}

/// A table in parts, one of which has parts itself, and something about it.
macro_rules! divided {
    ($more:literal) => {
        concat!(
            "CREATE TABLE visits (id bigint NOT NULL, day integer NOT NULL, page text) PARTITION BY RANGE (day);
             CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (1) TO (9) PARTITION BY HASH (id);
             CREATE TABLE visits_1_a PARTITION OF visits_1 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
             CREATE TABLE visits_1_b PARTITION OF visits_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
             CREATE TABLE visits_rest PARTITION OF visits DEFAULT;
             INSERT INTO visits SELECT n, n, 'p' || n FROM generate_series(1, 20) n;",
            $more
        )
    };
}

const fn case(
    name: &'static str,
    replace: &'static [(&'static str, &'static str)],
    more: &'static str,
    files: &'static str,
) -> Case {
    Case { name, replace, start: "", more, options: |options| options, files, locks: "" }
}

const CASES: &[Case] = &[
    case("an index", &[], "CREATE INDEX users_name ON users (name);", ""),
    case("no index", &[("CREATE INDEX users_email ON users (email);", "")], "", "*"),
    case("another index of the name", &[("ON users (email)", "ON users (lower(email))")], "", ""),
    case(
        "a unique index with a comment",
        &[],
        "CREATE UNIQUE INDEX users_name ON users (name) INCLUDE (age) WHERE age > 3; COMMENT ON INDEX users_name IS 'it''s';",
        "",
    ),
    case(
        "a foreign key and what it refers to",
        &[],
        "ALTER TABLE users ADD CONSTRAINT users_key UNIQUE (email, id);
         ALTER TABLE orders ADD COLUMN user_email text;
         ALTER TABLE orders ADD CONSTRAINT orders_email FOREIGN KEY (user_email, user_id) REFERENCES users (email, id);
         ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;",
        "expand orders, indexes users, validate orders, expand orders, validate orders",
    ),
    case(
        "a check with a comment",
        &[],
        "ALTER TABLE users ADD CONSTRAINT users_age CHECK (age >= 0); COMMENT ON CONSTRAINT users_age ON users IS 'c';",
        "expand users, validate users",
    ),
    case("NOT NULL", &[("age integer", "age integer NOT NULL")], "", "contract users*, validate users*"),
    case(
        "NOT NULL twice",
        &[("name varchar(20), age integer", "name varchar(20) NOT NULL, age integer NOT NULL")],
        "",
        "contract users*, validate users*",
    ),
    Case {
        options: |options| options.fill("users.age", "length(email)"),
        ..case("NOT NULL with a value", &[("age integer", "age integer NOT NULL")], "", "backfill users*, validate users*")
    },
    case(
        "a unique constraint that is checked later",
        &[],
        "ALTER TABLE users ADD CONSTRAINT users_one UNIQUE (name) DEFERRABLE INITIALLY DEFERRED;",
        "",
    ),
    case(
        "a primary key",
        &[("total numeric(10,2));", "total numeric(10,2)); CREATE TABLE logs (at bigint NOT NULL, what text, CONSTRAINT logs_at PRIMARY KEY (at));")],
        "",
        "",
    ),
    case(
        "a volatile default",
        &[("age integer", "age integer, token uuid NOT NULL DEFAULT gen_random_uuid()")],
        "",
        "expand users, backfill users, validate users",
    ),
    case(
        "a volatile default that may be NULL",
        &[("age integer", "age integer, luck double precision DEFAULT random()")],
        "",
        "expand users, backfill users",
    ),
    case(
        "what is quick",
        &[("age integer", "age integer, stars integer NOT NULL DEFAULT 3, seen timestamptz DEFAULT now()"), ("varchar(20)", "text"), ("email text NOT NULL", "email text")],
        "CREATE TABLE tags (id bigint PRIMARY KEY, user_id bigint REFERENCES users); CREATE INDEX tags_user ON tags (user_id);",
        "",
    ),
    Case {
        options: |options| options.fill("users.nick", "name"),
        ..case(
            "a NOT NULL column without a default",
            &[("age integer", "age integer, nick text NOT NULL")],
            "",
            "expand users, backfill users, backfill users*, validate users*",
        )
    },
    Case {
        options: |options| options.fill("users.mail", "email").fill("users.note", "'n'"),
        ..case(
            "a column takes over from another, and one that may be NULL is filled",
            &[
                ("email text NOT NULL, ", "mail text NOT NULL, note text, "),
                ("CREATE INDEX users_email ON users (email);", ""),
            ],
            "",
            "expand users, backfill users, indexes users*, backfill users*, validate users*, contract users*",
        )
    },
    case(
        "a column goes that the new version does not write",
        &[("email text NOT NULL, ", "mail text, "), ("CREATE INDEX users_email ON users (email);", "")],
        "",
        "expand users, indexes users*, contract users*",
    ),
    Case {
        options: |options| options.rename("users.name", "full_name"),
        ..case(
            "a rename beside an index elsewhere",
            &[("name varchar(20)", "full_name varchar(20)")],
            "CREATE INDEX orders_total ON orders (total);",
            "rename users, backfill users, indexes orders, contract users*",
        )
    },
    Case {
        options: |options| options.rename("users.email", "mail"),
        ..case(
            "a rename of a column with an index, and other changes of its table",
            &[
                ("email text NOT NULL, name varchar(20)", "mail text NOT NULL, name text, stars integer NOT NULL DEFAULT 1"),
                ("ON users (email)", "ON users (mail)"),
            ],
            "CREATE INDEX users_both ON users (mail, name);",
            "rename users, backfill users, indexes users, validate users, expand users, indexes users, contract users*",
        )
    },
    Case {
        start: ON_CODE,
        options: |options| options.rename("items.code", "sku"),
        ..case(
            "a rename of a column with all that may be on it",
            &[("code varchar(9)", "sku varchar(9)")],
            "ALTER TABLE items ADD CONSTRAINT items_one UNIQUE (sku) INCLUDE (made), ADD CONSTRAINT items_full CHECK (sku <> '' AND sku <> id::text);
             CREATE INDEX items_lower ON items (lower(sku)) WHERE sku > 'a'; COMMENT ON INDEX items_lower IS 'it''s'; COMMENT ON COLUMN items.sku IS 'c';
             COMMENT ON CONSTRAINT items_full ON items IS 'not empty';",
            "rename items, backfill items, indexes items, validate items, contract items*",
        )
    },
    Case {
        options: |options| options.rename("items.owner", "user_id").rename("users.name", "full_name"),
        ..case(
            "renames in two tables, one of a foreign key",
            &[("owner bigint", "user_id bigint"), ("name varchar(20)", "full_name varchar(20)")],
            "",
            "rename items, backfill items, validate items, rename users, backfill users, contract items*, contract users*",
        )
    },
    Case {
        options: |options| options.rename("items.made", "born"),
        ..case(
            "a rename of a column whose default differs from row to row",
            &[("made timestamptz", "born timestamptz")],
            "",
            "rename items, backfill items, contract items*",
        )
    },
    Case {
        options: |options| options.rename("users.id", "uid").rename("orders", "sales"),
        locks: "not online: rename",
        ..case(
            "a table that has two names, and a column that no program can follow",
            &[("users (id bigint", "users (uid bigint"), ("TABLE orders", "TABLE sales")],
            "",
            "rename sales, contract sales*, renames users*, contract sales*",
        )
    },
    Case {
        options: |options| options.rename("users.name", "full_name").rename("users.age", "years"),
        locks: "not online: rename column users.",
        ..case(
            "two renames in one table",
            &[("name varchar(20), age integer", "full_name varchar(20), years integer")],
            "",
            "*",
        )
    },
    case(
        "a table goes, with a view that a new column is added to",
        &[("CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total numeric(10,2));", "")],
        "ALTER TABLE users ADD COLUMN bio text; CREATE VIEW bios AS SELECT id, bio FROM users;",
        "expand, contract orders*",
    ),
    Case {
        locks: "not online: alter column orders.total",
        ..case(
            "a type that rewrites, and an index on it",
            &[("total numeric(10,2)", "total double precision")],
            "CREATE INDEX orders_total ON orders (total);",
            "locking orders*, indexes orders*",
        )
    },
    Case {
        start: divided!(""),
        ..case(
            "an index of a partitioned table",
            &[],
            divided!("CREATE UNIQUE INDEX visits_id ON visits (id, day); CREATE INDEX visits_low ON visits (lower(page), day DESC) INCLUDE (id) WHERE day > 3;
                COMMENT ON INDEX visits_low IS 'it''s';"),
            "",
        )
    },
    Case {
        start: divided!("CREATE INDEX visits_page ON visits (page);"),
        ..case("no index of a partitioned table", &[], divided!(""), "*")
    },
    Case {
        start: divided!("CREATE INDEX own ON visits_rest (page);"),
        ..case(
            "an index of a partition that becomes a part",
            &[],
            divided!("CREATE INDEX own ON visits_rest (page); CREATE INDEX visits_page ON visits (page);"),
            "",
        )
    },
    Case {
        start: divided!("CREATE INDEX own ON visits_1 (page);"),
        ..case(
            "an index of a partition with parts that becomes a part",
            &[],
            divided!("CREATE INDEX own ON visits_1 (page); CREATE INDEX visits_page ON visits (page);"),
            "",
        )
    },
    Case {
        start: divided!("CREATE INDEX own ON visits_rest (page);"),
        ..case(
            "an index of a partition that becomes a part under another name",
            &[],
            divided!("CREATE INDEX part ON visits_rest (page); CREATE INDEX visits_page ON visits (page);"),
            "expand visits_rest, indexes visits",
        )
    },
    Case {
        start: divided!("CREATE INDEX old ON visits_1_a (page);"),
        ..case(
            "indexes of single partitions",
            &[],
            divided!("CREATE INDEX new ON visits_rest (day);"),
            "indexes visits_rest, indexes visits_1_a*",
        )
    },
    Case {
        locks: "not online: add column users.n",
        ..case("a column that numbers rows", &[("age integer", "age integer, n bigint GENERATED ALWAYS AS IDENTITY")], "", "")
    },
];

impl Case {
    fn start(&self) -> String {
        format!("{USERS}{BEFORE}{}", self.start)
    }

    fn script(&self) -> String {
        let text = self.replace.iter().fold(format!("{}{BEFORE}", USERS), |text, (from, to)| {
            assert!(text.contains(from), "{}: {from}", self.name);
            text.replacen(from, to, 1)
        });
        if self.name == "a primary key" {
            text.replace(BEFORE, "") + self.more
        } else {
            text + self.more
        }
    }
}

/// A table that only one case changes.
const BEFORE: &str = "CREATE TABLE logs (at bigint NOT NULL, what text);\n";

pub(super) fn migrator(list: Vec<Migration>, script: String) -> Migrator {
    Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap().schema_sql(script)
}

/// `expand users, indexes users*`: the titles, and a star for phase contract.
fn titles(draft: &Draft) -> String {
    let title = |file: &ambix::draft::DraftFile| {
        file.title.clone() + if file.phase == Some(Phase::Contract) { "*" } else { "" }
    };
    draft.files.iter().map(title).collect::<Vec<_>>().join(", ")
}

/// The migrations of an online draft, behind the one that makes what was there.
pub(super) fn migrations(first: &Migration, draft: &Draft) -> Vec<Migration> {
    let own = draft.files.iter().enumerate();
    let own = own.map(|(at, file)| {
        Migration::new(format!("f{at}"), &file.title).up(&file.up).down(&file.down)
    });
    std::iter::once(first.clone()).chain(own).collect()
}

pub(super) fn text(draft: &Draft) -> String {
    draft
        .files
        .iter()
        .map(|file| format!("==== {}\n{}---- down\n{}", file.title, file.up, file.down))
        .collect()
}

async fn reset(db: &Fresh) {
    db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
}

/// Both ways lead to the same, and back to what was.
async fn same_either_way(db: &Fresh, case: &Case, proof: bool) -> Result<Draft, String> {
    reset(db).await;
    let first = Migration::new("r1", "tables").up(&case.start());
    let start = migrator(vec![first.clone()], case.script());
    start.run_pending(&db.pool).await.unwrap();
    db.execute(ROWS).await;
    let before = start.inspect(&db.pool).await.unwrap();
    let options =
        DraftOptions::new().allow_destructive(true).online(true).findings(false).proof(proof);
    let draft = start.draft(&db.pool, (case.options)(options)).await;
    let draft = draft.map_err(|error| format!("{error:#}"))?;
    if draft.is_proven != proof {
        return Err(format!("not proven: {:?}", draft.notes));
    }
    let online = migrator(migrations(&first, &draft), case.script());
    let done = online.run_pending(&db.pool).await;
    done.map_err(|error| format!("up: {error:#}\n{}", text(&draft)))?;
    let left = online.check(&db.pool, DraftOptions::new()).await.unwrap();
    if !left.is_empty() {
        return Err(format!("left: {left}\n{}", text(&draft)));
    }
    let there = online.inspect(&db.pool).await.unwrap();
    let done = online.downgrade(&db.pool, "r1").await;
    done.map_err(|error| format!("down: {error:#}\n{}", text(&draft)))?;
    let back = online.inspect(&db.pool).await.unwrap();
    let plain = Migration::new("p", "").up(&draft.up).down(&draft.down);
    migrator(vec![first, plain], case.script()).run_pending(&db.pool).await.unwrap();
    let plainly = online.inspect(&db.pool).await.unwrap();
    match (difference(&back, &before), difference(&there, &plainly)) {
        (back, there) if back.is_empty() && there.is_empty() => Ok(draft),
        differ => Err(format!("back or there: {differ:?}\n{}", text(&draft))),
    }
}

#[tokio::test]
async fn an_online_draft_leads_to_the_same_and_back() {
    let db = fresh().await;
    let mut wrong = Vec::new();
    for (at, case) in CASES.iter().enumerate() {
        // The proof runs the same files once more; each kind of file is proven in some case.
        let draft = match same_either_way(&db, case, at % 3 == 1).await {
            Ok(draft) => draft,
            Err(problem) => {
                wrong.push(format!("{}: {problem}", case.name));
                continue;
            }
        };
        if titles(&draft) != case.files {
            wrong.push(format!("{}: {}\n{}", case.name, titles(&draft), text(&draft)));
        }
        let is_said = |note: &&Note| matches!(note, Note::NotOnline { .. });
        let said = draft.notes.iter().filter(is_said).map(ToString::to_string);
        let said: Vec<String> = said.collect();
        let is_as_said = said.is_empty() == case.locks.is_empty()
            && said.iter().all(|said| said.starts_with(case.locks));
        if !is_as_said {
            wrong.push(format!("{}: {said:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What the linter says of each file that no change locks others out in.
#[tokio::test]
async fn the_linter_finds_no_lock_in_an_online_draft() {
    let db = fresh().await;
    for case in CASES.iter().filter(|case| case.locks.is_empty()) {
        reset(&db).await;
        let first = Migration::new("r1", "tables").up(&case.start());
        let start = migrator(vec![first.clone()], case.script());
        start.run_pending(&db.pool).await.unwrap();
        let options =
            DraftOptions::new().allow_destructive(true).proof(false).findings(false).online(true);
        let draft = start.draft(&db.pool, (case.options)(options)).await.unwrap();
        let online = migrator(migrations(&first, &draft), case.script());
        let report = online.lint("postgres", &LintOptions::new().server_version("15")).unwrap();
        let families = ["LOCK-", "REWRITE-", "COMPAT-", "AMBIX-", "DATA-003", "DATA-005"];
        let found: Vec<String> = report
            .findings
            .iter()
            .filter(|found| {
                found.severity != Severity::Info
                    && found.revision != "r1"
                    && families.iter().any(|f| found.code.starts_with(f))
            })
            .map(|found| format!("{} {}: {}", found.code, found.statement, found.message))
            .collect();
        assert_eq!(found, Vec::<String>::new(), "{}\n{}", case.name, text(&draft));
    }
}

/// The strongest lock of this session on a table (0: others may write, 1: they may read, 2: neither), and the rows that it has read.
async fn state(connection: &mut Connection) -> (i32, i64) {
    let query = "SELECT coalesce(max(CASE mode WHEN 'AccessExclusiveLock' THEN 2 WHEN 'ShareRowExclusiveLock' THEN 1 \
                 WHEN 'ShareLock' THEN 1 WHEN 'ExclusiveLock' THEN 1 ELSE 0 END), 0)::int, \
                 (SELECT coalesce(sum(seq_tup_read), 0)::bigint FROM pg_stat_xact_user_tables) FROM pg_locks l \
                 JOIN pg_class c ON c.oid = l.relation WHERE l.pid = pg_backend_pid() AND c.relname IN ('users', 'orders', 'logs')";
    let row = sqlx::query(query).fetch_one(connection).await.unwrap();
    (row.get(0), row.get(1))
}

/// No statement reads rows under a lock that keeps others from writing; the plain form does.
#[tokio::test]
async fn no_step_reads_rows_under_a_lock() {
    let db = fresh().await;
    let mut connection = Connection::connect(&db.url).await.unwrap();
    let names = [
        "a check with a comment",
        "NOT NULL",
        "NOT NULL twice",
        "a foreign key and what it refers to",
        "a unique constraint that is checked later",
    ];
    for case in CASES.iter().filter(|case| names.contains(&case.name)) {
        reset(&db).await;
        let first = Migration::new("r1", "tables").up(&case.start());
        let start = migrator(vec![first.clone()], case.script());
        start.run_pending(&db.pool).await.unwrap();
        db.execute(ROWS).await;
        let options = DraftOptions::new().proof(false).findings(false).online(true);
        let draft = start.draft(&db.pool, options).await.unwrap();
        for (at, file) in draft.files.iter().enumerate() {
            let alone = file.up.contains("transaction none");
            sqlx::raw_sql("BEGIN").execute(&mut connection).await.unwrap();
            for sql in statements(&file.up) {
                if sql.contains("CONCURRENTLY") {
                    sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.unwrap();
                    db.execute(&sql).await;
                    sqlx::raw_sql("BEGIN").execute(&mut connection).await.unwrap();
                    continue;
                }
                let (_, before) = state(&mut connection).await;
                sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone()))
                    .execute(&mut connection)
                    .await
                    .unwrap();
                let (lock, read) = state(&mut connection).await;
                assert!(
                    lock == 0 || read == before,
                    "{}, file {at}: {sql}: {lock}, {read}",
                    case.name
                );
                if alone {
                    sqlx::raw_sql("COMMIT; BEGIN").execute(&mut connection).await.unwrap();
                }
            }
            sqlx::raw_sql("COMMIT").execute(&mut connection).await.unwrap();
        }
    }
}

/// A program that reads and writes the table all the time, and gives up if it waits for longer than the lock timeout.
async fn program(url: String, over: std::sync::Arc<AtomicBool>) -> (u32, std::time::Duration) {
    let mut connection = Connection::connect(&url).await.unwrap();
    sqlx::raw_sql("SET lock_timeout = '3s'").execute(&mut connection).await.unwrap();
    let (mut rounds, mut longest) = (0, std::time::Duration::ZERO);
    while !over.load(Ordering::Relaxed) {
        rounds += 1;
        let begun = std::time::Instant::now();
        let (id, old) = (1_000_000 + i64::from(rounds), i64::from(rounds % 500));
        let sql = format!(
            "SELECT email FROM users WHERE id = {old}; UPDATE users SET email = 'c' || {rounds} WHERE id = {old}; \
             INSERT INTO users (id, email, name, age) VALUES ({id}, 'd', 'e{id}', 4)"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        longest = longest.max(begun.elapsed());
    }
    (rounds, longest)
}

/// The migrations beside a program that uses the table; what the program did, and whether they could be run.
async fn beside_a_program(db: &Fresh, migrator: &Migrator) -> (u32, std::time::Duration) {
    let over = std::sync::Arc::new(AtomicBool::new(false));
    let program = tokio::spawn(program(db.url.clone(), over.clone()));
    let done = migrator.run_pending(&db.pool).await;
    over.store(true, Ordering::Relaxed);
    let program = program.await.unwrap();
    done.unwrap_or_else(|error| panic!("{error:#}"));
    program
}

/// All forms at once, on a table that a program uses, and then the plain form, for the pause that they save.
#[tokio::test]
async fn a_program_goes_on_while_an_online_draft_runs() {
    let db = fresh().await;
    let rows = tries(10_000, 200_000, "rows");
    let script = USERS
        .replace("age integer", "age integer NOT NULL, token uuid NOT NULL DEFAULT gen_random_uuid()")
        .replace("ON users (email)", "ON users (lower(email))")
        + BEFORE
        + "ALTER TABLE users ADD CONSTRAINT users_age CHECK (age >= 0); ALTER TABLE users ADD CONSTRAINT users_one UNIQUE (name);
           ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users;";
    let first = Migration::new("r1", "tables").up(&format!("{USERS}{BEFORE}"));
    let start = migrator(vec![first.clone()], script.clone());
    start.run_pending(&db.pool).await.unwrap();
    db.execute(&ROWS.replace("500", &rows.to_string())).await;
    let options = DraftOptions::new().online(true);
    let draft = start.draft(&db.pool, options).await.unwrap();
    // A program changes rows of the second half while those of the first page are filled, and so moves them behind the last page.
    db.execute(&format!(
        "CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE users SET age = age + 1 WHERE id > {}; RETURN NEW; \
         END $$; CREATE TRIGGER move AFTER UPDATE ON users FOR EACH ROW WHEN (OLD.id = 1 AND OLD.email = NEW.email) \
         EXECUTE FUNCTION move()",
        rows / 2
    ))
    .await;
    let online = migrator(migrations(&first, &draft), script.clone());
    let (rounds, longest) = beside_a_program(&db, &online).await;
    db.execute("DROP FUNCTION move CASCADE").await;
    assert!(online.check(&db.pool, DraftOptions::new()).await.unwrap().is_empty());
    assert_eq!(db.column("SELECT count(*) FROM users WHERE token IS NULL").await, ["0"]);
    assert!(rounds > 0);
    online.downgrade(&db.pool, "r1").await.unwrap();
    db.execute("DELETE FROM users WHERE id > 1000000").await;
    let plain = Migration::new("p", "").up(&draft.up).down(&draft.down);
    let (plain_rounds, pause) = beside_a_program(&db, &migrator(vec![first, plain], script)).await;
    println!(
        "{rows} rows: {rounds} rounds of the program beside the online draft, the longest took {longest:?}; {plain_rounds} beside the \
         plain one, the longest took {pause:?}"
    );
}

/// A run that is killed in the middle of a backfill leaves what the next one can go on with.
#[tokio::test]
async fn a_backfill_that_was_killed_is_run_again() {
    let db = fresh().await;
    let script = format!("{USERS}{BEFORE}")
        .replace("age integer", "age integer, token uuid DEFAULT gen_random_uuid()");
    let first = Migration::new("r1", "tables").up(&format!("{USERS}{BEFORE}"));
    let start = migrator(vec![first.clone()], script.clone());
    start.run_pending(&db.pool).await.unwrap();
    db.execute(&ROWS.replace("500", "20000")).await;
    let options = DraftOptions::new().online(true).proof(false);
    let draft = start.draft(&db.pool, options).await.unwrap();
    let online = migrator(migrations(&first, &draft), script);
    // A row of a later batch waits for a row of another table; the table itself is free.
    db.execute(
        "CREATE TABLE gate (id bigint); INSERT INTO gate VALUES (19000); CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN UPDATE gate SET id = id; RETURN NEW; END $$; CREATE TRIGGER gate AFTER UPDATE ON users FOR EACH ROW \
         WHEN (NEW.id = 19000) EXECUTE FUNCTION gate()",
    )
    .await;
    let mut holder = Connection::connect(&db.url).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT FROM gate FOR UPDATE").execute(&mut holder).await.unwrap();
    let (run, pool) = (online.clone(), db.pool.clone());
    let run = tokio::spawn(async move { run.run_pending(&pool).await });
    let waits = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%ambix_backfill%' AND pid <> pg_backend_pid()";
    let waiting = loop {
        if let [pid] = db.column(waits).await.as_slice() {
            break pid.clone();
        }
        assert!(!run.is_finished(), "the backfill waits for no row");
        tokio::task::yield_now().await;
    };
    let filled = db.column("SELECT count(*) FROM users WHERE token IS NOT NULL").await;
    assert!(filled[0].parse::<i32>().unwrap() > 5000, "{filled:?}");
    db.execute(&format!("SELECT pg_terminate_backend({waiting})")).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    // This run may go on by itself, or the next one does.
    if run.await.unwrap().is_err() {
        online.run_pending(&db.pool).await.unwrap();
    }
    db.execute("DROP FUNCTION gate CASCADE; DROP TABLE gate").await;
    assert_eq!(db.column("SELECT count(*) FROM users WHERE token IS NULL").await, ["0"]);
    assert!(online.check(&db.pool, DraftOptions::new()).await.unwrap().is_empty());
}
