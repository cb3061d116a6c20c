//! The catalogue as a [`Schema`].
//!
//! A unique index whose parts are whole columns is a unique constraint, since the two are one thing here; one with a prefix, an
//! expression, a direction or an option is a unique index. `RESTRICT` and `NO ACTION` are one thing as well.

mod column;
mod exact;
mod key;
mod partition;

use std::{borrow::Cow, collections::BTreeMap};

use super::{MySql, objects};
use crate::{
    database::{
        Dialect, Row, Scope, SqlFile,
        drafting::define,
        fill,
        mysql::render::{name, rename_column::replace_names},
        section,
    },
    error::{Error, Result},
    schema::{DefaultValue, Definition, IndexKey, Options, Schema, Table, Uncovered},
    sql::{Token, TokenKind, tokens},
};

/// The option of a column whose default the server does not tell.
pub(super) const UNREADABLE: &str = "unreadable_default";

/// The queries.
const SQL: SqlFile = SqlFile::of(include_str!("../inspect.sql"));

/// What drafts do not compare.
const DEFINITIONS: &str = include_str!("../definitions.sql");

const QUERIES: [&str; 8] = [
    section!(SQL, "server"),
    section!(SQL, "tables"),
    section!(SQL, "columns"),
    section!(SQL, "binary_defaults"),
    section!(SQL, "indexes"),
    section!(SQL, "foreign_keys"),
    section!(SQL, "checks"),
    section!(SQL, "partitions"),
];

pub(super) fn queries(dialect: &MySql, scope: &Scope) -> String {
    let named = scope.default_schema.as_deref().map(|name| dialect.literal(name));
    let database = named.as_deref().unwrap_or("DATABASE()");
    let queries = QUERIES.map(|query| fill(query, &[("database", database)]));
    let others = format!("{}\n{DEFINITIONS}", objects::queries());
    format!("{}\n{}", queries.join("\n"), fill(&others, &[("database", database)]))
}

/// What only SHOW tells. In the catalogue of MariaDB a period looks like a check; for MySQL see [`exact`].
pub(super) fn left_open(dialect: &MySql, rows: &[Row], scope: &Scope) -> Option<String> {
    let server = ServerRow::of(rows, "server").next()?;
    if !ServerInfo::read(server).is_mariadb {
        return exact::queries(rows, scope);
    }
    let checks = ServerRow::of(rows, "check").filter(|row| {
        !row.text("level").eq_ignore_ascii_case("column") && key::may_be_period(row.text("clause"))
    });
    let mut tables: Vec<&str> = checks.map(|row| row.text("table_name")).collect();
    tables.dedup();
    let place = scope
        .default_schema
        .as_deref()
        .map_or(String::new(), |database| format!("{}.", dialect.quote(database)));
    let show = |table: &&str| format!("SHOW CREATE TABLE {place}{}", dialect.quote(table));
    let shows: Vec<String> = tables.iter().map(show).collect();
    (!shows.is_empty()).then(|| shows.join(";\n"))
}

/// Takes out the tables with a period, which are not compared.
fn without_periods(rows: &[Row], tables: &mut BTreeMap<&str, Reading>, schema: &mut Schema) {
    for row in ServerRow::of(rows, "shown") {
        let (name, text) = (row.text("Table"), row.text("Create Table"));
        let has_period = text.lines().any(|line| line.trim_start().starts_with("PERIOD FOR `"));
        if has_period && tables.remove(name).is_some() {
            let kind = "application-time period table";
            // The number that comes next is no part of the definition.
            let kept =
                text.split_inclusive(' ').filter(|word| !word.starts_with("AUTO_INCREMENT="));
            let text = kept.collect();
            schema.uncovered.push(uncovered(kind, name));
            let (kind, name) = (kind.to_owned(), name.to_owned());
            schema.definitions.push(Definition { kind, name, text, is_wide: false });
        }
    }
}

/// A row, which is read column by column.
#[derive(Clone, Copy)]
pub(super) struct ServerRow<'r>(&'r Row);

impl<'r> ServerRow<'r> {
    /// The rows with a tag.
    pub(super) fn of(
        rows: &'r [Row],
        tag: &'static str,
    ) -> impl Iterator<Item = ServerRow<'r>> + use<'r> {
        rows.iter().filter(move |row| row.tag() == tag).map(ServerRow)
    }

    pub(super) fn get(self, column: &str) -> Option<&'r str> {
        self.0.column(column)
    }

    pub(super) fn text(self, column: &str) -> &'r str {
        self.get(column).unwrap_or_default()
    }
}

/// What all of the reading must know.
pub(super) struct ServerInfo {
    /// MariaDB and MySQL word their catalogues in two ways.
    pub(super) is_mariadb: bool,
    database: String,
    /// The database's own collation.
    collation: String,
    engine: String,
    folds_tables: String,
    /// Who asks, and what a session has that was told nothing else.
    pub(super) user: String,
    pub(super) sql_mode: String,
    pub(super) time_zone: String,
}

impl ServerInfo {
    fn read(row: ServerRow<'_>) -> Self {
        Self {
            is_mariadb: super::is_mariadb(row.text("version")),
            database: row.text("database_name").to_owned(),
            collation: row.text("collation").to_owned(),
            engine: row.text("engine").to_owned(),
            folds_tables: row.text("folds_tables").to_owned(),
            user: row.text("user").to_owned(),
            sql_mode: row.text("sql_mode").to_owned(),
            time_zone: row.text("time_zone").to_owned(),
        }
    }

    /// What a rendition has to know of the server.
    fn facts(&self, version: &str) -> Options {
        let facts = [
            ("version", version),
            ("collation", self.collation.as_str()),
            ("engine", self.engine.as_str()),
            ("lower_case_table_names", self.folds_tables.as_str()),
        ];
        facts.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }
}

/// A table, and what its columns and keys are read against.
struct Reading {
    table: Table,
    collation: String,
    engine: String,
}

/// Under which name a schema keeps the next number of a table.
pub(super) fn counter_of(table: &str) -> String {
    format!("counter of {table}")
}

/// The same of what a script says.
pub(super) fn counter_said_of(table: &str) -> String {
    format!("counter said of {table}")
}

pub(super) fn read(rows: &[Row], _scope: &Scope) -> Result<Schema> {
    let rows = &*exact::complete(rows);
    let of = |tag: &'static str| ServerRow::of(rows, tag);
    let row = of("server").next().ok_or_else(|| {
        let problem =
            "the session is in no database: name one in the URL, or with the `schema` option";
        Error::Connection { problem: problem.to_owned() }
    })?;
    let server = ServerInfo::read(row);
    let mut schema = Schema::new();
    schema.server = server.facts(row.text("version"));
    let mut tables: BTreeMap<&str, Reading> = BTreeMap::new();
    for row in of("table") {
        match kind(row) {
            // These are objects.
            Some("sequence" | "view") => {}
            Some(kind) => schema.uncovered.push(uncovered(kind, row.text("name"))),
            None => {
                if let Some(counter) = row.get("counter").filter(|counter| *counter != "1") {
                    schema.server.insert(counter_of(row.text("name")), counter.to_owned());
                }
                tables.insert(row.text("name"), table(&server, row));
            }
        }
    }
    divide(&server, rows, (&mut tables, &mut schema));
    without_periods(rows, &mut tables, &mut schema);
    for row in of("column") {
        if let Some(reading) = tables.get_mut(row.text("table_name")) {
            let column = column::read(&server, &reading.collation, row);
            reading.table.columns.push(column);
        }
    }
    for row in of("binary default") {
        let columns =
            tables.get_mut(row.text("table_name")).map(|reading| &mut reading.table.columns);
        let mut columns = columns.into_iter().flatten();
        if let Some(column) = columns.find(|column| column.name == row.text("name")) {
            match row.get("bytes") {
                Some(bytes) => column.default = Some(DefaultValue::Sql(format!("0x{bytes}"))),
                None => drop(column.options.insert(UNREADABLE.to_owned(), "true".to_owned())),
            }
        }
    }
    for row in of("check") {
        if let Some(reading) = tables.get_mut(row.text("table_name")) {
            key::check(&server, reading, row);
        }
    }
    for row in of("foreign_key") {
        if let Some(reading) = tables.get_mut(row.text("table_name")) {
            key::foreign_key(&server, &mut reading.table, row);
        }
    }
    let indexes: Vec<ServerRow<'_>> = of("index").collect();
    let are_one = |a: &ServerRow<'_>, b: &ServerRow<'_>| {
        ["table_name", "name"].iter().all(|column| a.text(column) == b.text(column))
    };
    for parts in indexes.chunk_by(are_one) {
        if let Some(reading) = tables.get_mut(parts[0].text("table_name")) {
            key::index(&server, reading, parts);
        }
    }
    if !server.is_mariadb {
        tables.values_mut().for_each(|reading| spell_columns(&mut reading.table));
    }
    schema.tables = tables.into_values().map(|reading| reading.table).collect();
    objects::read(rows, &server, &mut schema);
    rows.iter().for_each(|row| define(row, &mut schema));
    Ok(schema)
}

/// Reads how tables are divided. One whose partitions the catalogue does not tell is not compared.
fn divide(
    server: &ServerInfo,
    rows: &[Row],
    (tables, schema): (&mut BTreeMap<&str, Reading>, &mut Schema),
) {
    let is_divided = |row: &ServerRow<'_>| {
        row.text("options").split_whitespace().any(|option| option == "partitioned")
    };
    let all: Vec<ServerRow<'_>> = ServerRow::of(rows, "partition").collect();
    for row in ServerRow::of(rows, "table").filter(is_divided) {
        let Some(reading) = tables.get_mut(row.text("name")) else { continue };
        let own = all.iter().filter(|part| part.text("table_name") == row.text("name")).copied();
        let own: Vec<ServerRow<'_>> = own.collect();
        if !partition::read(server, &own, &mut reading.table.options) {
            schema.uncovered.push(uncovered("partitioned table", row.text("name")));
            tables.remove(row.text("name"));
        }
    }
}

/// Spells columns in expressions as the table does, as MariaDB does by itself; MySQL leaves them as the statement wrote them.
fn spell_columns(table: &mut Table) {
    let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let other = |written: &str| -> Option<&str> {
        let own = names.iter().find(|name| name.eq_ignore_ascii_case(written))?;
        (own != written).then_some(own.as_str())
    };
    let spell = |expression: &mut String| _ = replace_names(expression, &other);
    for column in &mut table.columns {
        if let Some(generated) = &mut column.generated {
            spell(&mut generated.expression);
        }
        if let Some(DefaultValue::Sql(expression)) = &mut column.default {
            spell(expression);
        }
    }
    table.checks.iter_mut().for_each(|check| spell(&mut check.expression));
    for part in table.indexes.iter_mut().flat_map(|index| &mut index.parts) {
        if let IndexKey::Expression(expression) = &mut part.key {
            spell(expression);
        }
    }
}

/// What a row of the tables is where it is no table like others.
fn kind(row: ServerRow<'_>) -> Option<&'static str> {
    match row.text("type") {
        "BASE TABLE" => None,
        "SYSTEM VERSIONED" => Some("system-versioned table"),
        "SEQUENCE" => Some("sequence"),
        "VIEW" | "SYSTEM VIEW" => Some("view"),
        _ => Some("other table"),
    }
}

fn uncovered(kind: &str, name: &str) -> Uncovered {
    Uncovered { kind: kind.to_owned(), name: name.to_owned(), ..Uncovered::default() }
}

fn table(server: &ServerInfo, row: ServerRow<'_>) -> Reading {
    let mut table = Table::new(row.text("name"));
    let (engine, collation) = (row.text("engine"), row.text("collation"));
    if engine != server.engine {
        table.options.insert("engine".to_owned(), engine.to_owned());
    }
    if collation != server.collation {
        table.options.insert("collation".to_owned(), collation.to_owned());
    }
    for option in row.text("options").split_whitespace() {
        if let Some((name, value)) = option.split_once('=') {
            let name = name.trim_matches('`').to_ascii_lowercase();
            // It stays when the engine goes that has it, and does nothing then.
            let is_left = name == "page_checksum" && !engine.eq_ignore_ascii_case("aria");
            // What that engine is by default, and says of itself though nobody has.
            if is_left || name == "transactional" && value == "1" {
                continue;
            }
            table.options.insert(name, value.trim_matches('\'').to_owned());
        }
    }
    table.comment = row.get("comment").filter(|comment| !comment.is_empty()).map(str::to_owned);
    Reading { table, collation: collation.to_owned(), engine: engine.to_owned() }
}

/// MySQL shows expressions as they would stand in a literal, and each byte of their UTF-8 as a character of its own.
fn expression(server: &ServerInfo, text: &str) -> String {
    let plain = match server.is_mariadb {
        true => text.to_owned(),
        false => without_introducers(&unescape(&from_bytes(text))),
    };
    without_database(server, without_parentheses(&plain))
}

/// A sequence is named with its database, which may be a scratch place: there it is the database at hand.
pub(super) fn without_database(server: &ServerInfo, text: &str) -> String {
    let own = name::backticks(&server.database);
    if !text.contains(own.as_str()) {
        return text.to_owned();
    }
    let all: Vec<Token<'_>> = tokens(text, MySql.syntax()).collect();
    let (mut plain, mut end) = (String::with_capacity(text.len()), 0);
    for pair in all.windows(2) {
        if let [token, dot] = pair
            && token.kind == TokenKind::QuotedName
            && token.text == own
            && dot.is_symbol(".")
        {
            plain.push_str(&text[end..token.start]);
            end = dot.start + dot.text.len();
        }
    }
    plain.push_str(&text[end..]);
    plain
}

/// Texts without the character set before them, which MySQL always shows. A script is read in utf8mb4, so that this one says nothing;
/// neither does another before letters that were read as utf8mb4 here.
fn without_introducers(text: &str) -> String {
    if !text.contains('_') {
        return text.to_owned();
    }
    let all: Vec<Token<'_>> = tokens(text, MySql.syntax()).collect();
    let (mut plain, mut end) = (String::with_capacity(text.len()), 0);
    for pair in all.windows(2) {
        if let [set, literal] = pair
            && set.kind == TokenKind::Word
            && literal.kind == TokenKind::Text
            && set.start + set.text.len() == literal.start
            && (set.is_word("_utf8mb4") || set.text.starts_with('_') && !literal.text.is_ascii())
        {
            plain.push_str(&text[end..set.start]);
            end = literal.start;
        }
    }
    plain.push_str(&text[end..]);
    plain
}

/// Reads characters as the bytes of UTF-8; a text that is none stays as it is. What MySQL has stored over a connection in latin1 is
/// such a text.
fn from_bytes(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let bytes: Result<Vec<u8>, _> =
        text.chars().map(|sign| u8::try_from(u32::from(sign))).collect();
    let decoded = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.map_or(Cow::Borrowed(text), Cow::Owned)
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        let next = if sign == '\\' { signs.next() } else { None };
        plain.push(match next {
            None => sign,
            Some('n') => '\n',
            Some('r') => '\r',
            Some('0') => '\0',
            Some('Z') => '\x1a',
            Some(other) => other,
        });
    }
    plain
}

/// The same without parentheses around it as a whole.
fn without_parentheses(expression: &str) -> &str {
    let mut text = expression.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        if !super::render::name::is_closed(inner) {
            break;
        }
        text = inner.trim();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parentheses_are_taken_off_where_they_belong_together() {
        for (text, plain) in [
            ("(a > 0)", "a > 0"),
            ("((a) > (0))", "(a) > (0)"),
            ("(a) > (0)", "(a) > (0)"),
            ("(a <> ')')", "a <> ')'"),
            ("a", "a"),
        ] {
            assert_eq!(without_parentheses(text), plain);
        }
    }

    #[test]
    fn what_one_server_escapes_is_read_as_it_was_written() {
        assert_eq!(unescape(r"concat(`a`,_utf8mb4\' \\\\ \')"), r"concat(`a`,_utf8mb4' \\ ')");
        for (shown, written) in [
            ("`Ã¼` + 1", "`ü` + 1"),
            ("'ü'", "'ü'"),
            ("'ä½ '", "'ä½ '"),
            ("'\u{f0}\u{9f}\u{98}\u{80}'", "'😀'"),
        ] {
            assert_eq!(from_bytes(shown), written);
        }
        for (shown, written) in [
            ("concat(_utf8mb4'a',_latin1'b',`_utf8mb4`)", "concat('a',_latin1'b',`_utf8mb4`)"),
            ("_latin1'ü'", "'ü'"),
            ("'_utf8mb4''a'''", "'_utf8mb4''a'''"),
        ] {
            assert_eq!(without_introducers(shown), written);
        }
    }
}
