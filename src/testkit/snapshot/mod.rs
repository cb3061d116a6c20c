//! What schema a database has, to be compared with that of another one.

mod difference;

use std::collections::BTreeMap;

pub use self::difference::SchemaDifference;
use crate::{
    database::{Connect, Connector, Dialect, Drafting, Scope, testkit::APPLICATION},
    draft::{is_of, scratch::SchemaReader},
    error::{Error, Result},
    schema::{Schema, Uncovered},
    sql::Syntax,
};

/// The history table of a migrator that was told no other name.
const HISTORY: &str = "ambix_history";

/// The schema that a database has: its tables as drafts see them, and beside them what drafts do not compare - views, triggers,
/// functions, policies and the like, with their texts. Rows are no part of it.
///
/// ```
/// use ambix::{Migration, Migrations, Migrator, testkit::Snapshot};
/// use sqlx::sqlite::SqlitePoolOptions;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let in_memory = || SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:");
/// let (by_migrations, by_hand) = (in_memory().await?, in_memory().await?);
///
/// let migrator = Migrator::from_migrations(Migrations::new([
///     Migration::new("1", "create users").up("CREATE TABLE users (id integer PRIMARY KEY, name text)"),
///     Migration::new("2", "index names").up("CREATE INDEX users_name ON users (name)"),
/// ])?)?;
/// migrator.run_pending(&by_migrations).await?;
/// sqlx::raw_sql("CREATE TABLE users (id integer PRIMARY KEY, name text NOT NULL)").execute(&by_hand).await?;
///
/// let (left, right) = (Snapshot::of(&by_migrations).await?, Snapshot::of(&by_hand).await?);
/// let difference = left.difference(&right).expect("they differ");
/// assert_eq!(
///     difference.to_string(),
///     "differs: column users.name: not null\n\
///      only left: index users_name on users (name)"
/// );
///
/// sqlx::raw_sql("DROP TABLE users").execute(&by_hand).await?;
/// migrator.run_pending(&by_hand).await?;
/// ambix::testkit::assert_schema_eq!(left, Snapshot::of(&by_hand).await?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Both must be of the same kind of database; of two versions of one server, words may differ that mean the same.
#[derive(Debug, Clone)]
pub struct Snapshot {
    schema: Schema,
    /// By kind and name, the text of what is not compared table by table.
    others: BTreeMap<(String, String), String>,
    syntax: Syntax,
}

impl Snapshot {
    /// The schema of a database, without the tables of ambix's own history.
    ///
    /// # Errors
    /// [`Error::Database`] where the catalogue cannot be read.
    pub async fn of(database: impl Connect<'_>) -> Result<Self> {
        Self::without(database, HISTORY).await
    }

    /// The same where the history has another name ([`Migrator::history_table`](crate::Migrator::history_table)).
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub async fn without(database: impl Connect<'_>, history_table: &str) -> Result<Self> {
        let own = [history_table.to_owned(), format!("{history_table}_lock")];
        Self::read(&mut *database.connector()?, &own, None).await
    }

    pub(super) async fn read(
        connector: &mut (dyn Connector + '_),
        own: &[String],
        default_schema: Option<&str>,
    ) -> Result<Self> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let mut session = connector.dedicated(APPLICATION).await?;
        let survey = SchemaReader { session: &mut *session, dialect, drafting };
        let read = look(survey, default_schema).await;
        session.close().await;
        let (mut schema, mut others) = read?;
        schema.tables.retain(|table| !own.contains(&table.name.name));
        let uncovered = std::mem::take(&mut schema.uncovered);
        for ((kind, name), text) in uncovered.into_iter().map(entry) {
            // The query for definitions has those of this kind, perhaps by a longer name.
            let is_told = others.keys().any(|(known, _)| *known == kind);
            if !is_told || others.contains_key(&(kind.clone(), name.clone())) {
                others.entry((kind, name)).or_insert(text);
            }
        }
        others.retain(|(_, name), _| !own.iter().any(|table| is_of(name, table)));
        Ok(Self { schema, others, syntax: *dialect.syntax() })
    }

    /// The tables and all that is on them.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What is another on the one side than on the other; none where nothing is.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<SchemaDifference> {
        SchemaDifference::between(self, other)
    }
}

impl Snapshot {
    /// What an object is compared by, where that is another text than its own.
    fn compared(&self, kind: &str, name: &str) -> Option<&str> {
        let object = self.schema.objects.iter().find(|o| o.kind == kind && o.name == name)?;
        object.compared.as_deref()
    }
}

/// Snapshots are equal where they have no [`difference`](Snapshot::difference).
impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.difference(other).is_none()
    }
}

type OtherObjects = BTreeMap<(String, String), String>;

async fn look(
    mut survey: SchemaReader<'_>,
    default_schema: Option<&str>,
) -> Result<(Schema, OtherObjects)> {
    let mut scope =
        Scope { default_schema: default_schema.map(str::to_owned), schemas: Vec::new() };
    if let Some(query) = survey.drafting.all_schemas() {
        let rows = survey.session.run(query).await;
        let rows = rows.map_err(|failure| failure.doing("looking for schemas"))?;
        let names = rows.iter().filter_map(|row| row.column("name"));
        scope.schemas = names
            .filter(|name| Some(*name) != default_schema)
            .map(|name| (name.to_owned(), name.to_owned()))
            .collect();
    }
    let schema = survey.inspect(&scope).await?;
    let known = schema.definitions.iter();
    let others = known.map(|thing| ((thing.kind.clone(), thing.name.clone()), thing.text.clone()));
    let objects = schema.objects.iter();
    let objects = objects.map(|o| ((o.kind.clone(), o.name.clone()), o.definition.clone()));
    let others = others.chain(objects).collect();
    Ok((schema, others))
}

fn entry(thing: Uncovered) -> ((String, String), String) {
    ((thing.kind, thing.name), thing.definition.unwrap_or_default())
}

pub(super) fn drafting(dialect: &'static dyn Dialect) -> Result<&'static dyn Drafting> {
    let none = || Error::Unsupported {
        database: dialect.name(),
        problem: format!("a schema cannot be read on {}", dialect.name()),
    };
    dialect.drafting().ok_or_else(none)
}

/// Panics where two [`Snapshot`]s differ, and says in what; with a message of your own behind them, as `assert_eq!` has it.
///
/// ```no_run
/// # async fn test(pool: sqlx::SqlitePool, other: sqlx::SqlitePool) -> ambix::Result<()> {
/// use ambix::testkit::Snapshot;
/// ambix::testkit::assert_schema_eq!(
///     Snapshot::of(&pool).await?,
///     Snapshot::of(&other).await?,
///     "the staging database is not what the migrations make"
/// );
/// # Ok(())
/// # }
/// ```
#[doc(hidden)] // at the root; `testkit` shows it
#[macro_export]
macro_rules! assert_schema_eq {
    ($left:expr, $right:expr $(,)?) => {
        match (&$left, &$right) {
            (left, right) => {
                if let ::core::option::Option::Some(difference) =
                    $crate::testkit::Snapshot::difference(left, right)
                {
                    ::core::panic!("the schemas differ:\n{difference}");
                }
            }
        }
    };
    ($left:expr, $right:expr, $($message:tt)+) => {
        match (&$left, &$right) {
            (left, right) => {
                if let ::core::option::Option::Some(difference) =
                    $crate::testkit::Snapshot::difference(left, right)
                {
                    ::core::panic!(
                        "the schemas differ: {}\n{difference}",
                        ::core::format_args!($($message)+)
                    );
                }
            }
        }
    };
}

pub use assert_schema_eq;
