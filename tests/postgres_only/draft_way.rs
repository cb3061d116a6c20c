//! A database that is led from one schema to another by a draft, and back, with its rows.

use ambix::{
    Migration, Migrations, Migrator,
    draft::{Draft, DraftOptions, difference},
    schema::Schema,
};

use crate::setup::{Fresh, fresh};

/// What should be: a script, or models.
#[derive(Clone)]
pub(super) enum Wanted {
    Sql(String),
    Models(Box<Schema>),
}

impl From<&str> for Wanted {
    fn from(sql: &str) -> Self {
        Self::Sql(sql.to_owned())
    }
}

impl From<Schema> for Wanted {
    fn from(models: Schema) -> Self {
        Self::Models(Box::new(models))
    }
}

pub(super) fn migrator(migrations: &[Migration], wanted: &Wanted) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    let migrator = Migrator::from_migrations(migrations).unwrap();
    match wanted {
        Wanted::Sql(sql) => migrator.schema_sql(sql.clone()),
        Wanted::Models(models) => migrator.models(models.as_ref().clone()),
    }
}

/// Both sides are run here, so that no proof is needed.
pub(super) fn options() -> DraftOptions {
    DraftOptions::new().allow_destructive(true).proof(false).findings(false)
}

/// The statements of a side, without its comments, each on one line.
pub(super) fn statements(side: &str) -> Vec<String> {
    let lines = side.lines().filter(|line| !line.starts_with("-- "));
    let text = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    let all = text.split("; ").map(|one| one.trim().trim_end_matches(';').to_owned());
    all.filter(|one| !one.is_empty()).collect()
}

/// The server's version: 15 is 15 with all that came after it.
pub(super) async fn version(db: &Fresh) -> u32 {
    let number = db.column("SELECT current_setting('server_version_num')").await;
    number[0].parse::<u32>().unwrap() / 10_000
}

/// A database on the way from one schema to another.
pub(super) struct Way {
    pub(super) db: Fresh,
    pub(super) draft: Draft,
    migrations: Vec<Migration>,
    wanted: Wanted,
    before: Schema,
    rows: Vec<String>,
}

impl Way {
    /// Makes a database with rows, and drafts what leads on.
    pub(super) async fn new(
        (from, rows): (&str, &str),
        to: impl Into<Wanted>,
        options: DraftOptions,
    ) -> Result<Self, String> {
        let (db, wanted) = (fresh().await, to.into());
        let first = Migration::new("r1", "from").up(from);
        let start = migrator(std::slice::from_ref(&first), &wanted);
        start.run_pending(&db.pool).await.map_err(|error| format!("from: {error}"))?;
        db.execute(rows).await;
        let before = start.inspect(&db.pool).await.unwrap();
        let draft = start.draft(&db.pool, options).await;
        let draft = draft.map_err(|error| format!("draft: {error}"))?;
        let second = Migration::new("r2", "to").up(&draft.up).down(&draft.down);
        let rows = all_rows(&db).await;
        Ok(Self { db, draft, migrations: vec![first, second], wanted, before, rows })
    }

    /// What was found to do.
    pub(super) fn changes(&self) -> Vec<String> {
        self.draft.changes.iter().map(ToString::to_string).collect()
    }

    /// Goes there, and finds nothing left to do.
    pub(super) async fn up(&self) -> Result<(), String> {
        let (migrator, up) = (migrator(&self.migrations, &self.wanted), &self.draft.up);
        let done = migrator.run_pending(&self.db.pool).await;
        done.map_err(|error| format!("up: {error}\n{up}"))?;
        let left = migrator.check(&self.db.pool, options()).await;
        let left = left.map_err(|error| format!("after up: {error}\n{up}"))?;
        if left.is_empty() { Ok(()) } else { Err(format!("after up there is left: {left}\n{up}")) }
    }

    /// Goes back, and finds everything as it was.
    pub(super) async fn down(&self) -> Result<(), String> {
        let (migrator, down) = (migrator(&self.migrations, &self.wanted), &self.draft.down);
        let done = migrator.downgrade(&self.db.pool, "-1").await;
        done.map_err(|error| format!("down: {error}\n{down}"))?;
        let after = migrator.inspect(&self.db.pool).await.unwrap();
        let changes = difference(&after, &self.before);
        if !changes.is_empty() {
            return Err(format!("after down there is left: {changes:#?}\n{down}"));
        }
        Ok(())
    }

    /// Every row has what it had in the beginning.
    async fn has_its_rows(&self) -> Result<(), String> {
        is("rows", &all_rows(&self.db).await, &self.rows, &self.draft.down)
    }

    pub(super) async fn rows(&self, sql: &str) -> String {
        self.db.column(sql).await.join("; ")
    }
}

/// Every row of every table.
async fn all_rows(db: &Fresh) -> Vec<String> {
    db.column(
        "SELECT c.oid::regclass || query_to_xml(format('SELECT %s FROM %s t ORDER BY t::text',
             (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname) FROM pg_attribute
              WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), c.oid::regclass), true, false, '')::text
         FROM pg_class c WHERE relkind = 'r' AND relname !~ '^ambix' AND relnamespace::regnamespace::text !~ '^pg_|^information'
         ORDER BY c.oid::regclass::text",
    )
    .await
}

/// One recorded scenario, or several that are one here.
#[derive(Clone)]
pub(super) struct Case {
    numbers: &'static str,
    from: String,
    rows: String,
    to: Wanted,
    changes: Vec<String>,
    up: Vec<String>,
    query: Option<(String, String)>,
    since: u32,
    renames: Vec<(&'static str, &'static str)>,
    fills: Vec<(&'static str, &'static str)>,
}

/// The scenario's numbers, what is there with its rows, what should be, and what is found to do.
pub(super) fn case(
    numbers: &'static str,
    (from, rows): (&str, &str),
    to: impl Into<Wanted>,
    changes: &[&str],
) -> Case {
    Case {
        numbers,
        from: from.to_owned(),
        rows: rows.to_owned(),
        to: to.into(),
        changes: changes.iter().map(ToString::to_string).collect(),
        up: Vec::new(),
        query: None,
        since: 0,
        renames: Vec::new(),
        fills: Vec::new(),
    }
}

impl Case {
    /// The statements of the up side.
    pub(super) fn up(mut self, statements: &[&str]) -> Self {
        self.up = statements.iter().map(ToString::to_string).collect();
        self
    }

    /// What a query says after the up side.
    pub(super) fn then(mut self, query: &str, answer: &str) -> Self {
        self.query = Some((query.to_owned(), answer.to_owned()));
        self
    }

    /// On servers from this version on.
    pub(super) fn since(mut self, version: u32) -> Self {
        self.since = version;
        self
    }

    pub(super) fn rename(mut self, from: &'static str, to: &'static str) -> Self {
        self.renames.push((from, to));
        self
    }

    pub(super) fn fill(mut self, column: &'static str, expression: &'static str) -> Self {
        self.fills.push((column, expression));
        self
    }

    async fn run(&self) -> Result<(), String> {
        let mut options = options();
        for (from, to) in &self.renames {
            options = options.rename(*from, *to);
        }
        for (column, expression) in &self.fills {
            options = options.fill(*column, *expression);
        }
        let way = Way::new((&self.from, &self.rows), self.to.clone(), options).await?;
        is("changes", &way.changes(), &self.changes, &way.draft.up)?;
        if !self.up.is_empty() {
            is("statements", &statements(&way.draft.up), &self.up, &way.draft.up)?;
        }
        if way.draft.is_empty() {
            return Ok(());
        }
        for _ in 0..2 {
            way.up().await?;
            if let Some((query, answer)) = &self.query {
                is(query, &way.rows(query).await, answer, &way.draft.up)?;
            }
            way.down().await?;
            if way.draft.destructive.is_empty() && self.fills.is_empty() {
                way.has_its_rows().await?;
            }
        }
        Ok(())
    }
}

fn is<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    expected: &T,
    up: &str,
) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:#?}\nfound {found:#?}\n{up}"))
}

/// Runs the cases and says all that is wrong with them.
pub(super) async fn run(cases: &[Case]) {
    let version = version(&fresh().await).await;
    let mut problems = Vec::new();
    for case in cases.iter().filter(|case| case.since <= version) {
        if let Err(problem) = case.run().await {
            problems.push(format!("{}: {problem}", case.numbers));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// Leads a database from one script to another and back, whatever the changes are.
pub(super) async fn lead(cases: &[(&str, (&str, &str), &str)]) {
    let mut problems = Vec::new();
    for (name, from, to) in cases {
        if let Err(problem) = lead_one(*from, to).await {
            problems.push(format!("{name}: {problem}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

async fn lead_one(from: (&str, &str), to: &str) -> Result<(), String> {
    let way = Way::new(from, to, options()).await?;
    if way.draft.is_empty() {
        return Err("nothing is found to do".to_owned());
    }
    way.up().await?;
    way.down().await?;
    if way.draft.destructive.is_empty() { way.has_its_rows().await } else { Ok(()) }
}
