//! How to see in the catalog whether a statement that commits by itself has been done.
//!
//! Since MySQL 8.0 and MariaDB 10.6 one DDL statement is all or nothing, so the first thing that it does tells for all.

use super::{super::Probe, MySql, SYNTAX};
use crate::{
    database::Dialect,
    sql::{Cursor, Statement},
};

pub(super) fn probe(statement: &Statement<'_>) -> Option<Probe> {
    let mut cursor = statement.cursor(&SYNTAX);
    let verb = cursor.any_keyword(&[
        "CREATE", "DROP", "ALTER", "RENAME", "TRUNCATE", "ANALYZE", "OPTIMIZE", "GRANT", "REVOKE",
        "FLUSH", "CHECK",
    ])?;
    match verb {
        "CREATE" => create(&mut cursor),
        "DROP" => drop_object(&mut cursor),
        "ALTER" => alter(&mut cursor),
        "RENAME" => {
            cursor.keyword("TABLE").then_some(())?;
            let from = Name::read(&mut cursor)?;
            cursor.keyword("TO").then_some(())?;
            let to = Name::read(&mut cursor)?;
            let both =
                format!("({}) AND NOT ({})", to.is("tables", "table"), from.is("tables", "table"));
            Some(condition(&both))
        }
        _ => Some(Probe::again()),
    }
}

/// A name with the database that it is in.
struct Name {
    schema: String,
    name: String,
}

impl Name {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let mut parts = cursor.qualified_name();
        let name = parts.pop()?;
        let schema = parts.pop().map_or("DATABASE()".to_owned(), |schema| MySql.literal(&schema));
        Some(Self { schema, name: MySql.literal(&name) })
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
    let query = format!("SELECT 'probe' AS ambix, CASE WHEN {done} THEN 'done' ELSE 'absent' END");
    Probe { query, clean: None, verify: true }
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
        cursor.keywords(&["IF", "NOT", "EXISTS"]);
        return schema(cursor, true);
    }
    cursor.any_keyword(&["UNIQUE", "FULLTEXT", "SPATIAL"]);
    if cursor.keyword("INDEX") {
        cursor.keywords(&["IF", "NOT", "EXISTS"]);
        let index = cursor.name()?;
        while cursor.peek().is_some_and(|token| !token.is_word("ON")) {
            cursor.next();
        }
        cursor.keyword("ON").then_some(())?;
        return Some(condition(&Name::read(cursor)?.has("statistics", "index_name", &index)));
    }
    // DEFINER = name@host, ALGORITHM = MERGE, SQL SECURITY ... stand before the kind.
    let kind = (0..12).find_map(|_| {
        cursor.any_keyword(&KINDS).or_else(|| {
            cursor.next();
            None
        })
    })?;
    cursor.keywords(&["IF", "NOT", "EXISTS"]);
    let (view, prefix) = view(kind);
    Some(condition(&Name::read(cursor)?.is(view, prefix)))
}

fn drop_object(cursor: &mut Cursor<'_>) -> Option<Probe> {
    if cursor.any_keyword(&["DATABASE", "SCHEMA"]).is_some() {
        cursor.keywords(&["IF", "EXISTS"]);
        return schema(cursor, false);
    }
    if cursor.keyword("INDEX") {
        cursor.keywords(&["IF", "EXISTS"]);
        let index = cursor.name()?;
        cursor.keyword("ON").then_some(())?;
        let has = Name::read(cursor)?.has("statistics", "index_name", &index);
        return Some(condition(&format!("NOT {has}")));
    }
    let (view, prefix) = view(cursor.any_keyword(&KINDS)?);
    cursor.keywords(&["IF", "EXISTS"]);
    // Several names are dropped together or not at all, so the first tells.
    Some(condition(&format!("NOT {}", Name::read(cursor)?.is(view, prefix))))
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
    let table = Name::read(cursor)?;
    let clauses = clauses(cursor);
    let touched: Vec<Option<String>> =
        clauses.iter().map(|clause| touched(clause.clone())).collect();
    // What goes and comes back in one statement is there before and after: it tells nothing.
    let tells = |at: &usize| {
        let others = || touched.iter().enumerate().filter(|(other, _)| other != at);
        touched[*at].is_some() && !others().any(|(_, thing)| *thing == touched[*at])
    };
    let telling: Vec<usize> = (0..clauses.len()).filter(tells).collect();
    // A key can also come back as a part of a column.
    let is_key = |at: &usize| touched[*at].as_deref() == Some("primary key");
    if let Some(&at) = telling.iter().find(|at| !is_key(at)).or(telling.first()) {
        return clause(&mut clauses[at].clone(), &table);
    }
    let mut unpaired = clauses.iter().zip(&touched).filter(|(_, thing)| thing.is_none());
    match unpaired.all(|(c, _)| clause(&mut c.clone(), &table).is_some()) {
        true => Some(Probe::again()),
        false => None,
    }
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

/// What a clause brings or takes, where that has a name in the catalogue.
fn touched(mut cursor: Cursor<'_>) -> Option<String> {
    let verb = cursor.any_keyword(&["ADD", "DROP", "RENAME", "CHANGE"])?;
    if cursor.keywords(&["PRIMARY", "KEY"]) {
        return Some("primary key".to_owned());
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
    } else {
        cursor.keyword("COLUMN");
        "column"
    };
    cursor.keywords(&["IF", "EXISTS"]);
    cursor.keywords(&["IF", "NOT", "EXISTS"]);
    cursor.symbol("(");
    let name = cursor.name()?.to_lowercase();
    match verb {
        "RENAME" => Some(format!("renamed {kind} {name}")),
        "CHANGE" => Some(format!("changed {name}"))
            .filter(|_| cursor.name().is_some_and(|new| !new.eq_ignore_ascii_case(&name))),
        _ => Some(format!("{kind} {name}")),
    }
}

fn clause(cursor: &mut Cursor<'_>, table: &Name) -> Option<Probe> {
    match cursor.any_keyword(&["ADD", "DROP", "RENAME", "CHANGE"]) {
        Some("ADD") => add(cursor, table),
        Some("DROP") => drop_part(cursor, table),
        Some("RENAME") => rename(cursor, table),
        Some(_) => {
            cursor.keyword("COLUMN");
            let (from, to) = (cursor.name()?, cursor.name()?);
            let same = from.eq_ignore_ascii_case(&to);
            Some(if same {
                Probe::again()
            } else {
                condition(&table.has("columns", "column_name", &to))
            })
        }
        // MODIFY, ALTER COLUMN, ENGINE, COMMENT ...: set to what is written.
        None => Some(Probe::again()),
    }
}

fn add(cursor: &mut Cursor<'_>, table: &Name) -> Option<Probe> {
    if cursor.keyword("CONSTRAINT") {
        let name = cursor.name()?;
        return Some(condition(&table.has("table_constraints", "constraint_name", &name)));
    }
    if cursor.keywords(&["PRIMARY", "KEY"]) {
        return Some(condition(&table.has("table_constraints", "constraint_type", "PRIMARY KEY")));
    }
    let special = cursor.any_keyword(&["UNIQUE", "FULLTEXT", "SPATIAL"]).is_some();
    if cursor.any_keyword(&["INDEX", "KEY"]).is_some() || special {
        cursor.keywords(&["IF", "NOT", "EXISTS"]);
        let name = cursor.name()?;
        return Some(condition(&table.has("statistics", "index_name", &name)));
    }
    if cursor.any_keyword(&["FOREIGN", "CHECK", "PARTITION", "PERIOD", "SYSTEM"]).is_some() {
        return None; // The server chooses the name, or it is in no view that all servers have.
    }
    cursor.keyword("COLUMN");
    cursor.keywords(&["IF", "NOT", "EXISTS"]);
    cursor.symbol("(");
    let name = cursor.name()?;
    Some(condition(&table.has("columns", "column_name", &name)))
}

fn drop_part(cursor: &mut Cursor<'_>, table: &Name) -> Option<Probe> {
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
    cursor.keywords(&["IF", "EXISTS"]);
    let name = cursor.name()?;
    Some(condition(&format!("NOT {}", table.has(view, column, &name))))
}

fn rename(cursor: &mut Cursor<'_>, table: &Name) -> Option<Probe> {
    let part = cursor.any_keyword(&["COLUMN", "INDEX", "KEY"]);
    if part.is_none() {
        cursor.any_keyword(&["TO", "AS"]);
        let to = Name::read(cursor)?;
        let both =
            format!("({}) AND NOT ({})", to.is("tables", "table"), table.is("tables", "table"));
        return Some(condition(&both));
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
