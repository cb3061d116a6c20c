//! How to see in the catalog whether a statement that commits by itself has been done, where a crash has left that open.
//!
//! Since MySQL 8.0 and MariaDB 10.6 one DDL statement is all or nothing, so the first thing that it does tells for all; but for
//! several tables in one DROP, which MariaDB takes one by one. What may be run again without harm need not be told: everything with
//! IF EXISTS, IF NOT EXISTS or OR REPLACE. And of what the catalog shows before and after alike, or not at all (a temporary
//! object, names that change places), nothing is said.

use super::{super::Probe, MySql, SYNTAX};
use crate::{
    database::Dialect,
    sql::{Cursor, Statement},
};

/// What the names of the procedures begin with that fill the rows of an online draft. They fill only rows with NULL, so that they may be
/// run again.
pub(super) const BACKFILL: &str = "ambix_backfill_";

pub(super) fn probe(statement: &Statement<'_>) -> Option<Probe> {
    let mut cursor = statement.cursor(&SYNTAX);
    if cursor.keyword("CALL") {
        let name = cursor.qualified_name().pop()?;
        return name.starts_with(BACKFILL).then(Probe::again);
    }
    let verb = cursor.any_keyword(&[
        "CREATE", "DROP", "ALTER", "RENAME", "TRUNCATE", "ANALYZE", "OPTIMIZE", "GRANT", "REVOKE",
        "FLUSH", "CHECK",
    ])?;
    match verb {
        "CREATE" => create(&mut cursor),
        "DROP" => drop_object(&mut cursor),
        "ALTER" => alter(&mut cursor),
        "RENAME" => rename_tables(&mut cursor),
        _ => Some(Probe::again()),
    }
}

/// A name with the database that it is in.
struct QualifiedName {
    schema: String,
    name: String,
}

impl QualifiedName {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let mut parts = cursor.qualified_name();
        let name = parts.pop()?;
        let schema = parts.pop().map_or("DATABASE()".to_owned(), |schema| MySql.literal(&schema));
        Some(Self { schema, name: MySql.literal(&name) })
    }

    /// Whether it may be the same name: letter case may count or not, and a schema may be the default one.
    fn is_like(&self, other: &Self) -> bool {
        self.name.to_lowercase() == other.name.to_lowercase()
    }

    /// Whether the catalog has an object of this name: `view` is the catalog's view, `kind` the prefix of its columns.
    fn is(&self, view: &str, kind: &str) -> String {
        let Self { schema, name } = self;
        format!(
            "EXISTS (SELECT 1 FROM information_schema.{view} WHERE {kind}_schema = {schema} AND {kind}_name = {name})"
        )
    }

    /// Whether this table has something of the given name.
    fn has(&self, view: &str, column: &str, name: &str) -> String {
        let Self { schema, name: table } = self;
        format!(
            "EXISTS (SELECT 1 FROM information_schema.{view} WHERE table_schema = {schema} AND table_name = {table} AND {column} = {})",
            MySql.literal(name)
        )
    }
}

fn condition(done: &str) -> Probe {
    let query =
        format!("SELECT 'probe' AS ambix, CASE WHEN {done} THEN 'done' ELSE 'absent' END AS state");
    Probe { query, clean: None, verify: false, parts: false }
}

/// All of these are so after the statement, and none was before it. Where it is neither, nothing can be told.
fn all(conditions: &[String]) -> Option<Probe> {
    if conditions.is_empty() {
        return None;
    }
    let done = conditions.join(" AND ");
    let absent: Vec<String> = conditions.iter().map(|one| format!("NOT {one}")).collect();
    let query = format!(
        "SELECT 'probe' AS ambix, CASE WHEN {done} THEN 'done' WHEN {} THEN 'absent' ELSE 'unclear' END AS state",
        absent.join(" AND ")
    );
    Some(Probe { query, clean: None, verify: false, parts: conditions.len() > 1 })
}

/// A name that exists before and after, since another table takes it, proves nothing.
fn rename_tables(cursor: &mut Cursor<'_>) -> Option<Probe> {
    cursor.keyword("TABLE").then_some(())?;
    let mut pairs = Vec::new();
    loop {
        let from = QualifiedName::read(cursor)?;
        cursor.keyword("TO").then_some(())?;
        pairs.push((from, QualifiedName::read(cursor)?));
        if !cursor.symbol(",") {
            break;
        }
    }
    let names: Vec<&QualifiedName> = pairs.iter().flat_map(|(from, to)| [from, to]).collect();
    let once = |name: &QualifiedName| names.iter().filter(|other| other.is_like(name)).count() == 1;
    let mut conditions = Vec::new();
    for (from, to) in &pairs {
        conditions.extend(once(from).then(|| format!("(NOT {})", from.is("tables", "table"))));
        conditions.extend(once(to).then(|| to.is("tables", "table")));
    }
    all(&conditions)
}

/// The view of the catalog, and the prefix of its columns, for a kind of object.
fn view(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "VIEW" | "TABLE" => ("tables", "table"),
        "TRIGGER" => ("triggers", "trigger"),
        "EVENT" => ("events", "event"),
        _ => ("routines", "routine"),
    }
}

const KINDS: [&str; 6] = ["TABLE", "VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"];

fn create(cursor: &mut Cursor<'_>) -> Option<Probe> {
    if cursor.keywords(&["OR", "REPLACE"]) {
        return Some(Probe::again());
    }
    if cursor.any_keyword(&["DATABASE", "SCHEMA"]).is_some() {
        return if is_conditional(cursor) { Some(Probe::again()) } else { schema(cursor, true) };
    }
    cursor.any_keyword(&["UNIQUE", "FULLTEXT", "SPATIAL"]);
    if cursor.keyword("INDEX") {
        if is_conditional(cursor) {
            return Some(Probe::again());
        }
        let index = cursor.name()?;
        while cursor.peek().is_some_and(|token| !token.is_word("ON")) {
            cursor.next();
        }
        cursor.keyword("ON").then_some(())?;
        return Some(condition(&QualifiedName::read(cursor)?.has(
            "statistics",
            "index_name",
            &index,
        )));
    }
    // DEFINER = name@host, ALGORITHM = MERGE, SQL SECURITY ... stand before the kind.
    let mut kind = None;
    for _ in 0..12 {
        // Of a temporary table the catalog knows nothing.
        if cursor.keyword("TEMPORARY") {
            return None;
        }
        kind = cursor.any_keyword(&KINDS);
        if kind.is_some() {
            break;
        }
        cursor.next();
    }
    let kind = kind?;
    if is_conditional(cursor) {
        return Some(Probe::again());
    }
    let (view, prefix) = view(kind);
    Some(condition(&QualifiedName::read(cursor)?.is(view, prefix)))
}

/// Whether IF EXISTS or IF NOT EXISTS comes next: then it can be run again, whatever it met.
fn is_conditional(cursor: &mut Cursor<'_>) -> bool {
    cursor.keywords(&["IF", "EXISTS"]) || cursor.keywords(&["IF", "NOT", "EXISTS"])
}

fn drop_object(cursor: &mut Cursor<'_>) -> Option<Probe> {
    if cursor.any_keyword(&["DATABASE", "SCHEMA"]).is_some() {
        return if is_conditional(cursor) { Some(Probe::again()) } else { schema(cursor, false) };
    }
    if cursor.keyword("INDEX") {
        if is_conditional(cursor) {
            return Some(Probe::again());
        }
        let index = cursor.name()?;
        cursor.keyword("ON").then_some(())?;
        let has = QualifiedName::read(cursor)?.has("statistics", "index_name", &index);
        return Some(condition(&format!("NOT {has}")));
    }
    let (view, prefix) = view(cursor.any_keyword(&KINDS)?);
    if is_conditional(cursor) {
        return Some(Probe::again());
    }
    let mut conditions = Vec::new();
    loop {
        conditions.push(format!("(NOT {})", QualifiedName::read(cursor)?.is(view, prefix)));
        if !cursor.symbol(",") {
            break;
        }
    }
    all(&conditions)
}

fn schema(cursor: &mut Cursor<'_>, made: bool) -> Option<Probe> {
    let name = MySql.literal(&cursor.name()?);
    let not = if made { "" } else { "NOT " };
    Some(condition(&format!(
        "{not}EXISTS (SELECT 1 FROM information_schema.schemata WHERE schema_name = {name})"
    )))
}

fn alter(cursor: &mut Cursor<'_>) -> Option<Probe> {
    cursor.any_keyword(&["ONLINE", "IGNORE"]);
    if !cursor.keyword("TABLE") {
        return Some(Probe::again()); // Views, events, routines, databases: set to what is written.
    }
    cursor.keywords(&["IF", "EXISTS"]);
    let table = QualifiedName::read(cursor)?;
    let clauses = clauses(cursor);
    let touched: Vec<Vec<String>> = clauses.iter().map(|clause| touched(clause.clone())).collect();
    // What goes and comes back in one statement is there before and after: it tells nothing.
    let once =
        |thing: &String| touched.iter().flatten().filter(|other| *other == thing).count() == 1;
    let tells = |at: &usize| !touched[*at].is_empty() && touched[*at].iter().all(once);
    let telling: Vec<usize> = (0..clauses.len()).filter(tells).collect();
    // A key can also come back as a part of a column.
    let is_key = |at: &usize| touched[*at].iter().any(|thing| thing == "primary key");
    if let Some(&at) = telling.iter().find(|at| !is_key(at)).or(telling.first()) {
        return clause(&mut clauses[at].clone(), &table);
    }
    // Run again, names that have changed places would change back.
    let harmless = clauses.iter().zip(&touched).all(|(one, things)| match things.len() {
        0 => clause(&mut one.clone(), &table).is_some(),
        count => count == 1,
    });
    harmless.then(Probe::again)
}

/// The beginnings of the clauses of an ALTER TABLE.
fn clauses<'t>(cursor: &mut Cursor<'t>) -> Vec<Cursor<'t>> {
    let mut all = vec![cursor.clone()];
    let mut depth = 0;
    while let Some(token) = cursor.next() {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            "," if depth == 0 => all.push(cursor.clone()),
            _ => {}
        }
    }
    all
}

/// What a clause brings and takes, where that has a name in the catalogue. With IF EXISTS it may do neither.
fn touched(mut cursor: Cursor<'_>) -> Vec<String> {
    touches(&mut cursor).unwrap_or_default()
}

fn touches(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    let verb = cursor.any_keyword(&["ADD", "DROP", "RENAME", "CHANGE"])?;
    if cursor.keywords(&["PRIMARY", "KEY"]) {
        return Some(vec!["primary key".to_owned()]);
    }
    let is_index = cursor.any_keyword(&["UNIQUE", "FULLTEXT", "SPATIAL"]).is_some();
    let kind = if cursor.any_keyword(&["INDEX", "KEY"]).is_some() || is_index {
        "index"
    } else if cursor.keyword("CONSTRAINT") {
        "constraint"
    } else if cursor.any_keyword(&["FOREIGN", "CHECK"]).is_some() {
        // Without a name it is added, with one it is dropped.
        if verb != "DROP" {
            return None;
        }
        cursor.keyword("KEY");
        "constraint"
    } else if cursor.any_keyword(&["PARTITION", "PERIOD", "SYSTEM"]).is_some() {
        return None;
    } else if verb == "RENAME" && !cursor.keyword("COLUMN") {
        "table"
    } else {
        cursor.keyword("COLUMN");
        "column"
    };
    if is_conditional(cursor) {
        return None;
    }
    cursor.any_keyword(&["TO", "AS"]);
    cursor.symbol("(");
    let thing = |name: String| format!("{kind} {}", name.to_lowercase());
    let first = thing(cursor.name()?);
    let second = match verb {
        "RENAME" if kind != "table" => {
            cursor.keyword("TO").then_some(())?;
            Some(thing(cursor.name()?))
        }
        "CHANGE" => Some(thing(cursor.name()?)),
        _ => None,
    };
    match second {
        // The same name in other letters, or another type.
        Some(second) if second == first => None,
        second => Some(std::iter::once(first).chain(second).collect()),
    }
}

/// What must not be done twice, or cannot.
const ONCE: [&str; 6] = ["EXCHANGE", "COALESCE", "REORGANIZE", "DISCARD", "IMPORT", "REMOVE"];

fn clause(cursor: &mut Cursor<'_>, table: &QualifiedName) -> Option<Probe> {
    match cursor.any_keyword(&["ADD", "DROP", "RENAME", "CHANGE"]) {
        Some("ADD") => add(cursor, table),
        Some("DROP") => drop_part(cursor, table),
        Some("RENAME") => rename(cursor, table),
        Some(_) => {
            cursor.keyword("COLUMN");
            if is_conditional(cursor) {
                return Some(Probe::again());
            }
            let (from, to) = (cursor.name()?, cursor.name()?);
            let same = from.eq_ignore_ascii_case(&to);
            Some(if same {
                Probe::again()
            } else {
                condition(&table.has("columns", "column_name", &to))
            })
        }
        None if cursor.any_keyword(&ONCE).is_some() => None,
        // A partition becomes a table, or a table a partition; `CONVERT TO` is about characters.
        None if cursor.keyword("CONVERT") && !cursor.keyword("TO") => None,
        // MODIFY, ALTER COLUMN, ENGINE, COMMENT ...: set to what is written.
        None => Some(Probe::again()),
    }
}

fn add(cursor: &mut Cursor<'_>, table: &QualifiedName) -> Option<Probe> {
    if cursor.keyword("CONSTRAINT") {
        if is_conditional(cursor) {
            return Some(Probe::again());
        }
        let name = cursor.name()?;
        return Some(condition(&table.has("table_constraints", "constraint_name", &name)));
    }
    if cursor.keywords(&["PRIMARY", "KEY"]) {
        return Some(condition(&table.has("table_constraints", "constraint_type", "PRIMARY KEY")));
    }
    let special = cursor.any_keyword(&["UNIQUE", "FULLTEXT", "SPATIAL"]).is_some();
    if cursor.any_keyword(&["INDEX", "KEY"]).is_some() || special {
        if is_conditional(cursor) {
            return Some(Probe::again());
        }
        let name = cursor.name()?;
        return Some(condition(&table.has("statistics", "index_name", &name)));
    }
    if cursor.any_keyword(&["FOREIGN", "CHECK", "PARTITION", "PERIOD", "SYSTEM"]).is_some() {
        return None; // The server chooses the name, or it is in no view that all servers have.
    }
    cursor.keyword("COLUMN");
    if is_conditional(cursor) {
        return Some(Probe::again());
    }
    cursor.symbol("(");
    let name = cursor.name()?;
    Some(condition(&table.has("columns", "column_name", &name)))
}

fn drop_part(cursor: &mut Cursor<'_>, table: &QualifiedName) -> Option<Probe> {
    let (view, column) = if cursor.keywords(&["PRIMARY", "KEY"]) {
        let has = table.has("table_constraints", "constraint_type", "PRIMARY KEY");
        return Some(condition(&format!("NOT {has}")));
    } else if cursor.any_keyword(&["INDEX", "KEY"]).is_some() {
        ("statistics", "index_name")
    } else if cursor.keywords(&["FOREIGN", "KEY"])
        || cursor.any_keyword(&["CONSTRAINT", "CHECK"]).is_some()
    {
        ("table_constraints", "constraint_name")
    } else if cursor.any_keyword(&["PARTITION", "PERIOD", "SYSTEM"]).is_some() {
        return None;
    } else {
        cursor.keyword("COLUMN");
        ("columns", "column_name")
    };
    if is_conditional(cursor) {
        return Some(Probe::again());
    }
    let name = cursor.name()?;
    Some(condition(&format!("NOT {}", table.has(view, column, &name))))
}

fn rename(cursor: &mut Cursor<'_>, table: &QualifiedName) -> Option<Probe> {
    let part = cursor.any_keyword(&["COLUMN", "INDEX", "KEY"]);
    if part.is_none() {
        cursor.any_keyword(&["TO", "AS"]);
        let to = QualifiedName::read(cursor)?;
        let both =
            format!("({}) AND NOT ({})", to.is("tables", "table"), table.is("tables", "table"));
        return Some(condition(&both));
    }
    if is_conditional(cursor) {
        return Some(Probe::again());
    }
    cursor.name()?;
    cursor.keyword("TO").then_some(())?;
    let to = cursor.name()?;
    let (view, column) = if part == Some("COLUMN") {
        ("columns", "column_name")
    } else {
        ("statistics", "index_name")
    };
    Some(condition(&table.has(view, column, &to)))
}
