//! The rights that each verb needs, as `SECURITY.md` lists them: with them it works, and without any one of them it does not.

use ambix::{
    Migrator,
    adopt::{Adopt, Tool},
    draft::DraftOptions,
    schema::*,
};
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};

use crate::{
    setup::{Fresh, Pool, fresh},
    support::{migrator, unique},
};

/// What is done, and whether it worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Status,
    Current,
    History,
    Plan,
    Verify,
    Wait,
    EnsureHistory,
    First,
    Later,
    TakeBack,
    Stamp,
    Adopt,
    Inspect,
    Check,
    Locks,
}

fn two() -> Migrator {
    migrator(&[
        ("r1", "CREATE TABLE t1 (id integer)", "DROP TABLE t1"),
        ("r2", "CREATE TABLE t2 (id integer)", "DROP TABLE t2"),
    ])
}

impl Verb {
    /// What an administrator has done before.
    async fn prepare(self, db: &Fresh) {
        match self {
            Self::EnsureHistory | Self::First => {}
            // Nothing may be pending.
            Self::Check => drop(two().run_pending(&db.pool).await.unwrap()),
            Self::Adopt => {
                db.execute("CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('r1')").await;
                two().ensure_history(&db.pool).await.unwrap();
            }
            _ => drop(two().upgrade(&db.pool, "r1").await.unwrap()),
        }
    }

    async fn run(self, pool: &Pool) -> ambix::Result<()> {
        let two = two();
        match self {
            Self::Status => two.status(pool).await.map(drop),
            Self::Current => two.current(pool).await.map(drop),
            Self::History => two.history(pool).await.map(drop),
            Self::Plan => two.plan(pool, "heads").await.map(drop),
            Self::Verify => two.verify(pool).await.map(drop),
            Self::Wait => two.wait(pool, "r1", std::time::Duration::from_secs(2)).await,
            Self::EnsureHistory => two.ensure_history(pool).await.map(drop),
            Self::First | Self::Later => two.run_pending(pool).await.map(drop),
            // What the migration itself needs is not the matter here.
            Self::TakeBack => two.stamp(pool, "base").await.map(drop),
            Self::Stamp => two.stamp(pool, "r2").await.map(drop),
            Self::Adopt => two.adopt(pool, Adopt::from(Tool::Alembic)).await.map(drop),
            Self::Inspect => two.inspect(pool).await.map(drop),
            Self::Check => {
                let table = Table::new("t1").column(Column::new("id", Type::Integer));
                let models = two.models(Schema::new().table(table));
                models.check(pool, DraftOptions::new()).await.map(drop)
            }
            Self::Locks => two.locks(pool).await.map(drop),
        }
    }
}

const READ: [&str; 2] = ["SELECT ON ambix_history", "SELECT ON ambix_history_lock"];
const WRITE: [&str; 5] = [
    "SELECT ON ambix_history",
    "SELECT ON ambix_history_lock",
    "INSERT ON ambix_history",
    "UPDATE ON ambix_history_lock",
    "CREATE ON SCHEMA public",
];

/// A role with these rights, in a database as the verb finds it.
async fn try_with(verb: Verb, grants: &[&str]) -> ambix::Result<()> {
    let db = fresh().await;
    verb.prepare(&db).await;
    let role = unique("ambix_rights");
    db.execute(&format!("CREATE ROLE {role} LOGIN")).await;
    db.execute("REVOKE CREATE ON SCHEMA public FROM public").await;
    for grant in grants {
        let grant = grant.replace("DATABASE", &format!("DATABASE {}", db.name));
        db.execute(&format!("GRANT {grant} TO {role}")).await;
    }
    let options: PgConnectOptions = db.url.parse().unwrap();
    let url = options.username(&role).to_url_lossy().to_string();
    let pool = crate::setup::pool_on(&url).await;
    let result = verb.run(&pool).await;
    pool.close().await;
    db.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    result
}

#[tokio::test]
async fn each_verb_needs_the_rights_that_are_listed() {
    let cases: [(Verb, &[&str]); 15] = [
        (Verb::Status, &READ),
        (Verb::Current, &READ),
        (Verb::History, &READ),
        (Verb::Plan, &READ),
        (Verb::Verify, &READ),
        (Verb::Wait, &READ),
        (Verb::EnsureHistory, &["CREATE ON SCHEMA public"]),
        (Verb::First, &["CREATE ON SCHEMA public"]),
        (Verb::Later, &WRITE),
        (Verb::Stamp, &WRITE[..4]),
        (
            Verb::TakeBack,
            &[READ[0], READ[1], "DELETE ON ambix_history", "UPDATE ON ambix_history_lock"],
        ),
        (
            Verb::Adopt,
            &[
                READ[0],
                READ[1],
                "INSERT ON ambix_history",
                "UPDATE ON ambix_history_lock",
                "SELECT ON alembic_version",
            ],
        ),
        (Verb::Inspect, &[]),
        (Verb::Check, &[READ[0], READ[1], "CREATE ON DATABASE"]),
        (Verb::Locks, &[]),
    ];
    for (verb, grants) in cases {
        let all = try_with(verb, grants).await;
        all.unwrap_or_else(|error| panic!("{verb:?} with {grants:?}: {error}"));
        for without in 0..grants.len() {
            let mut fewer = grants.to_vec();
            let left_out = fewer.remove(without);
            let error =
                try_with(verb, &fewer).await.expect_err(&format!("{verb:?} without {left_out}"));
            if verb == Verb::Status {
                let text = format!("{error:#}");
                assert!(text.contains("grant this role SELECT on ambix_history and"), "{text}");
            }
            if verb == Verb::First {
                let text = format!("{error:#}");
                let names = text.contains("ambix_history") && text.contains("ensure_history");
                assert!(matches!(error, ambix::Error::History { .. }) && names, "{text}");
            }
        }
    }
}
