//! The catalogue as a [`Schema`]: a fixed number of queries, and what their rows mean.

mod columns;
mod existence;
mod expression;
mod keys;
mod others;

use std::{collections::HashMap, sync::LazyLock};

use existence::QueryPart;
pub(super) use existence::{Existence, UNION};
pub(super) use expression::settled;

use super::{
    Postgres,
    objects::{self, ObjectReader, TableNumbers},
};
use crate::{
    database::{Dialect, Row, Scope, SqlFile, drafting::define, fill, section},
    error::{Error, Result},
    schema::{Identity, Name, Schema, Table},
};

/// The queries.
const INSPECT: SqlFile = SqlFile::of(include_str!("../inspect.sql"));

/// What drafts do not compare.
const DEFINITIONS: SqlFile = SqlFile::of(include_str!("../definitions.sql"));

/// In the order in which their rows are read: each knows those before it.
const QUERIES: [&str; 13] = [
    section!(INSPECT, "default"),
    section!(INSPECT, "schemas"),
    section!(INSPECT, "enums"),
    section!(INSPECT, "tables"),
    section!(INSPECT, "inherits"),
    section!(INSPECT, "columns"),
    section!(INSPECT, "sequences"),
    section!(INSPECT, "constraints"),
    section!(INSPECT, "indexes"),
    section!(INSPECT, "parts"),
    section!(INSPECT, "relations"),
    section!(INSPECT, "uses"),
    section!(INSPECT, "belongings"),
];

/// What joins lists in the queries.
const SEPARATOR: char = '\u{1f}';

/// The schemas that are looked at, as a list of expressions.
pub(super) fn schemas(dialect: &Postgres, scope: &Scope) -> String {
    let mut schemas = "pg_catalog.current_schema()".to_owned();
    for (_, name) in &scope.schemas {
        schemas.push_str(", ");
        schemas.push_str(&dialect.literal(name));
    }
    schemas
}

/// All parts of all queries.
static PARTS: LazyLock<Vec<QueryPart>> = LazyLock::new(|| {
    let definitions = [section!(DEFINITIONS, "found"), section!(DEFINITIONS, "wide_found")];
    let texts = QUERIES.into_iter().chain(definitions).chain(objects::texts());
    texts.flat_map(existence::parts).collect()
});

/// The planner takes these catalogues for larger than they are, and compiling the plan would take seconds. In a small schema, planning
/// is nearly all of the time: trying fewer orders of the joins saves a quarter of it, and costs nothing in a large one. It is for one
/// transaction, which outside of a block is a message.
const SETTING: &str = "SELECT pg_catalog.set_config('jit', 'off', true), \
                       pg_catalog.set_config('join_collapse_limit', '3', true), \
                       pg_catalog.set_config('from_collapse_limit', '3', true)";

/// The question that comes first: what there is anything of.
pub(super) fn existence(dialect: &Postgres, scope: &Scope) -> String {
    format!("{SETTING};\n{}", existence::question(&PARTS, &schemas(dialect, scope)))
}

/// The queries that may find something. `existing` are the rows of [`existence`].
pub(super) fn queries(dialect: &Postgres, scope: &Scope, existing: &[Row]) -> String {
    let exists = Existence::read(&PARTS, existing);
    let whole = QUERIES.into_iter().flat_map(existence::parts).filter(|part| exists.of(part));
    let mut queries = vec![SETTING.to_owned()];
    queries.extend(whole.map(|part| part.text.to_owned()));
    if let Some(found) = exists.union(section!(DEFINITIONS, "found")) {
        let [names, rows] = [section!(DEFINITIONS, "names"), section!(DEFINITIONS, "rows")];
        queries.push(format!("{names}\n{found}\n{rows}"));
    }
    if let Some(found) = exists.union(section!(DEFINITIONS, "wide_found")) {
        let [names, rows] =
            [section!(DEFINITIONS, "wide_names"), section!(DEFINITIONS, "wide_rows")];
        queries.push(format!("{names}\n{found}\n{rows}"));
    }
    queries.extend(objects::queries(&exists));
    fill(&queries.join(";\n"), &[("schemas", &schemas(dialect, scope))])
}

pub(super) fn read(rows: &[Row], scope: &Scope) -> Result<Schema> {
    let mut reader = Reader::default();
    for row in rows {
        let row = real_names(row, scope);
        reader.row(&Cells(&row))?;
    }
    Ok(reader.finish())
}

/// A row with the names that the models have for schemas of a scratch place.
fn real_names(row: &Row, scope: &Scope) -> Row {
    let mut renamed: Vec<&(String, String)> =
        scope.schemas.iter().filter(|(real, place)| real != place).collect();
    if renamed.is_empty() {
        return row.clone();
    }
    // A name may be the beginning of another one.
    renamed.sort_by_key(|(_, place)| std::cmp::Reverse(place.len()));
    let cell = |cell: &Option<String>| {
        let mut text = cell.clone()?;
        for (real, place) in &renamed {
            if text == *place {
                text.clone_from(real);
            } else if text.contains(place.as_str()) {
                text = text.replace(place.as_str(), &super::render::name(real));
            }
        }
        Some(text)
    };
    row.map(cell)
}

/// A row's values, as what they stand for.
pub(super) struct Cells<'r>(&'r Row);

impl Cells<'_> {
    pub(super) fn get(&self, column: &str) -> Option<&str> {
        self.0.column(column)
    }

    pub(super) fn text(&self, column: &str) -> String {
        self.get(column).unwrap_or_default().to_owned()
    }

    pub(super) fn is(&self, column: &str) -> bool {
        matches!(self.get(column), Some("1" | "true" | "t"))
    }

    fn number(&self, column: &str) -> Option<i64> {
        self.get(column).and_then(|text| text.parse().ok())
    }

    /// A list of texts.
    pub(super) fn list(&self, column: &str) -> Vec<String> {
        let text = self.get(column).filter(|text| !text.is_empty());
        text.map(|text| text.split(SEPARATOR).map(str::to_owned).collect()).unwrap_or_default()
    }

    /// A list of numbers.
    fn numbers(&self, column: &str) -> Vec<i64> {
        let text = self.get(column).unwrap_or_default();
        text.split(' ').filter_map(|word| word.parse().ok()).collect()
    }

    /// `name=value` each.
    fn options(&self, column: &str) -> crate::schema::Options {
        let pair = |text: String| {
            let (name, value) = text.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        };
        self.list(column).into_iter().filter_map(pair).collect()
    }

    fn name(&self, schema: &str, name: &str) -> Name {
        Name { schema: self.get(schema).map(str::to_owned), name: self.text(name) }
    }
}

/// What was read so far.
#[derive(Default)]
struct Reader {
    schema: Schema,
    /// Where tables are, by their number in the catalogue.
    tables: HashMap<String, usize>,
    /// Names of columns, by table and number.
    columns: HashMap<(String, i64), String>,
    /// Where indexes are: the table's number, the index's place in it, and whether its parent's gives it.
    indexes: HashMap<String, (String, usize, bool)>,
    /// Columns of tables that inherit, whose default is to be told from the number of a parent's.
    serial: HashMap<String, Identity>,
    objects: ObjectReader,
}

impl Reader {
    fn row(&mut self, row: &Cells<'_>) -> Result<()> {
        match row.0.tag() {
            "default" => self.default_schema(row)?,
            "schema" => {
                self.schema.schemas.push(row.text("name"));
                let comment = row.get("comment").map(|text| (row.text("name"), text.to_owned()));
                self.schema.schema_comments.extend(comment);
            }
            "enum" => self.enum_type(row),
            "table" => self.table(row),
            "inherits" => self.inherits(row),
            "column" => self.column(row),
            "sequence" => self.sequence(row),
            "constraint" => self.constraint(row),
            "index" => self.index(row),
            "part" => self.index_part(row),
            "other" => self.other(row),
            "use" => self.used(row),
            "definition" | "beside" | "wide" => define(row.0, &mut self.schema),
            "belongs" => self.belongs(row),
            "object" => self.objects.object(row),
            "dependency" => self.objects.dependency(row),
            _ => {}
        }
        Ok(())
    }

    fn default_schema(&self, row: &Cells<'_>) -> Result<()> {
        if row.get("name").is_some() {
            return Ok(());
        }
        let problem = "no schema of the search path exists, so a table without a schema's name has no place; create one, or set \
                       the search path";
        Err(Error::Connection { problem: problem.to_owned() })
    }

    fn table_mut(&mut self, number: &str) -> Option<&mut Table> {
        self.tables.get(number).and_then(|at| self.schema.tables.get_mut(*at))
    }

    /// Where a part belongs: to the table, or to what it has from its parents.
    fn owner_mut(&mut self, number: &str, is_given: bool) -> Option<&mut Table> {
        let table = self.table_mut(number)?;
        Some(if is_given { table.given_mut() } else { table })
    }

    /// The names of columns by their numbers.
    fn names(&self, table: &str, numbers: &[i64]) -> Vec<String> {
        let name = |number: &i64| self.columns.get(&(table.to_owned(), *number)).cloned();
        numbers.iter().filter_map(name).collect()
    }

    fn finish(mut self) -> Schema {
        self.number_children();
        let Self { mut schema, tables, columns, objects, .. } = self;
        objects.finish(&mut schema, &TableNumbers { tables: &tables, columns: &columns });
        schema
    }
}
