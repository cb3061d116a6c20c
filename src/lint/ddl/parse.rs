//! A statement by its first words.

use super::{
    AskedDdl, CreateIndex, Ddl, DropObjects, SqlName, rows,
    table::{alter_table, create_table, first_names},
    tokens::{TokenReader, significant},
};
use crate::sql::{Syntax, TokenKind, name_value};

/// The statement as far as it is understood.
pub(crate) fn parse(text: &str, syntax: &Syntax) -> Ddl {
    let tokens = significant(text, syntax);
    let reader = TokenReader::new(text, &tokens);
    statement(reader).unwrap_or(Ddl::Other)
}

fn statement(mut reader: TokenReader<'_, '_>) -> Option<Ddl> {
    let first = reader.any(&[
        "CREATE",
        "ALTER",
        "DROP",
        "TRUNCATE",
        "UPDATE",
        "DELETE",
        "INSERT",
        "REPLACE",
        "WITH",
        "LOCK",
        "REINDEX",
        "VACUUM",
        "CLUSTER",
        "OPTIMIZE",
        "REFRESH MATERIALIZED VIEW",
        "RENAME TABLE",
        "REVOKE",
        "DO",
        "CALL",
        "EXECUTE",
        "BEGIN NOT ATOMIC",
    ])?;
    match first {
        "CREATE" => create(reader),
        "ALTER" => alter(reader),
        "DROP" => drop(reader),
        "UPDATE" => rows::update(reader),
        "TRUNCATE" => {
            reader.words("TABLE");
            reader.words("ONLY");
            Some(Ddl::Truncate { tables: reader.names(), cascade: reader.has("CASCADE") })
        }
        "DELETE" => rows::delete(reader),
        "INSERT" | "REPLACE" => rows::insert(reader),
        "WITH" => rows::with(reader),
        "DO" | "CALL" | "EXECUTE" | "BEGIN NOT ATOMIC" => hidden(first, reader),
        "LOCK" => {
            reader.any(&["TABLES", "TABLE"]);
            Some(Ddl::LockTable(reader.names()))
        }
        "REVOKE" => Some(revoke(reader)),
        "REINDEX" => reindex(reader),
        "VACUUM" => vacuum(reader),
        "CLUSTER" => {
            reader.words("VERBOSE");
            let tables = Vec::from_iter(reader.name());
            Some(Ddl::RewriteTable { words: "CLUSTER", tables })
        }
        "OPTIMIZE" => {
            reader.any(&["LOCAL", "NO_WRITE_TO_BINLOG"]);
            reader.any(&["TABLE", "TABLES"])?;
            Some(Ddl::RewriteTable { words: "OPTIMIZE TABLE", tables: reader.names() })
        }
        "REFRESH MATERIALIZED VIEW" => {
            let concurrently = reader.words("CONCURRENTLY");
            let view = reader.name()?;
            Some(Ddl::Refresh { concurrently, with_data: !reader.words("WITH NO DATA"), view })
        }
        _ => rename_tables(reader),
    }
}

fn create(mut reader: TokenReader<'_, '_>) -> Option<Ddl> {
    let or_replace = reader.words("OR REPLACE");
    reader.any(&["GLOBAL", "LOCAL"]);
    let temporary = reader.any(&["TEMPORARY", "TEMP"]).is_some();
    reader.words("UNLOGGED");
    if reader.words("TABLE") {
        return create_table(reader, temporary, or_replace).map(Ddl::CreateTable);
    }
    if let Some(kind) = reader.any(&["UNIQUE INDEX", "FULLTEXT INDEX", "SPATIAL INDEX", "INDEX"]) {
        return create_index(reader, kind);
    }
    if reader.words("TYPE") {
        let name = reader.name()?;
        return Some(match reader.words("AS ENUM") {
            true => Ddl::CreateEnum(name),
            false => Ddl::CreateObject { kind: "TYPE".to_owned(), name, or_replace },
        });
    }
    if reader.words("EXTENSION") {
        reader.words("IF NOT EXISTS");
        return reader.name().map(Ddl::CreateExtension);
    }
    let kind = reader.any(&[
        "MATERIALIZED VIEW",
        "VIEW",
        "SEQUENCE",
        "FUNCTION",
        "PROCEDURE",
        "TRIGGER",
        "CONSTRAINT TRIGGER",
        "SCHEMA",
        "DATABASE",
        "DOMAIN",
        "RULE",
        "POLICY",
        "EVENT",
    ])?;
    reader.words("IF NOT EXISTS");
    let name = reader.name()?;
    let is_for_triggers = kind == "FUNCTION" && reader.has("RETURNS TRIGGER");
    let is_checked = kind == "DOMAIN" && (reader.has("CHECK") || reader.has("NOT NULL"));
    let kind = match kind {
        _ if is_for_triggers => "TRIGGER FUNCTION",
        _ if is_checked => "CHECKED DOMAIN",
        other => other,
    };
    Some(Ddl::CreateObject { kind: kind.to_owned(), name, or_replace })
}

fn create_index(mut reader: TokenReader<'_, '_>, kind: &str) -> Option<Ddl> {
    let concurrently = reader.words("CONCURRENTLY");
    let if_not_exists = reader.words("IF NOT EXISTS");
    let name = if reader.is_at(&["ON"]) { None } else { reader.name() };
    reader.any(&["USING BTREE", "USING HASH"]);
    if !reader.words("ON") {
        return None;
    }
    let only = reader.words("ONLY");
    let tail = reader.written().to_owned();
    let table = reader.name()?;
    if reader.words("USING") {
        reader.name();
    }
    let inner = reader.parentheses()?;
    let nulls_are_equal = reader.has("NULLS NOT DISTINCT");
    let asked = AskedDdl::read(reader);
    reader.until(&["WHERE"]);
    let predicate = reader.words("WHERE").then(|| reader.written().to_owned());
    let special = kind.strip_suffix(" INDEX").filter(|kind| *kind != "UNIQUE");
    Some(Ddl::CreateIndex(CreateIndex {
        name,
        table,
        unique: kind == "UNIQUE INDEX",
        concurrently,
        if_not_exists,
        special: special.map(str::to_owned),
        keys: inner.written().to_owned(),
        columns: first_names(inner),
        parts: inner.parts().into_iter().map(index_part).collect(),
        predicate,
        nulls_are_equal,
        only,
        asked,
        tail,
    }))
}

/// What is indexed, without its order; nothing if there are other options behind it, or a length of its beginning.
fn index_part(mut part: TokenReader<'_, '_>) -> Option<String> {
    let whole = part.written();
    let text = match part.parentheses() {
        Some(inner) => format!("({})", inner.written()),
        None => {
            let name = part.name()?;
            match part.parentheses() {
                // A length: name(10).
                Some(inner) if inner.written().bytes().all(|byte| byte.is_ascii_digit()) => {
                    return None;
                }
                Some(inner) => format!("{name}({})", inner.written()),
                None => name.text,
            }
        }
    };
    part.any(&["ASC", "DESC"]);
    part.any(&["NULLS FIRST", "NULLS LAST"]);
    (part.is_empty() && !whole.is_empty()).then_some(text)
}

/// What `ALTER` may be followed by, and may be renamed or moved.
const OBJECTS: [&str; 13] = [
    "INDEX",
    "MATERIALIZED VIEW",
    "VIEW",
    "SCHEMA",
    "SEQUENCE",
    "TYPE",
    "DOMAIN",
    "FUNCTION",
    "PROCEDURE",
    "ROUTINE",
    "AGGREGATE",
    "FOREIGN TABLE",
    "EVENT",
];

fn alter(mut reader: TokenReader<'_, '_>) -> Option<Ddl> {
    reader.words("ONLINE");
    let ignore = reader.words("IGNORE");
    let all = ["TABLE ALL IN TABLESPACE", "INDEX ALL IN TABLESPACE"];
    if reader.any(&all).is_some() && reader.has("SET TABLESPACE") {
        return Some(Ddl::RewriteTable { words: "SET TABLESPACE", tables: Vec::new() });
    }
    if reader.words("TABLE") {
        return alter_table(reader, ignore).map(Ddl::AlterTable);
    }
    let whole = reader;
    let kind = reader.any(&OBJECTS)?;
    reader.words("IF EXISTS");
    let name = reader.name()?;
    // The arguments of a function.
    reader.parentheses();
    if reader.words("RENAME TO") {
        let to = reader.name()?;
        return Some(Ddl::RenameObject { kind: kind.to_owned(), from: name, to });
    }
    if reader.words("SET SCHEMA") {
        let schema = reader.name()?;
        return Some(Ddl::MoveObject { kind: kind.to_owned(), name, schema });
    }
    match kind {
        "TYPE" => alter_type(reader, name),
        "DOMAIN" => alter_domain(reader, name),
        "INDEX" if reader.words("SET TABLESPACE") => {
            Some(Ddl::RewriteTable { words: "SET TABLESPACE", tables: vec![name] })
        }
        // A column of theirs, which is renamed as a table's is.
        "VIEW" | "MATERIALIZED VIEW" | "FOREIGN TABLE" if reader.is_at(&["RENAME"]) => {
            let mut table = whole;
            table.any(&OBJECTS)?;
            alter_table(table, false).map(Ddl::AlterTable)
        }
        _ => None,
    }
}

fn alter_type(mut reader: TokenReader<'_, '_>, ty: SqlName) -> Option<Ddl> {
    if reader.words("ADD VALUE") {
        reader.words("IF NOT EXISTS");
        return Some(Ddl::AddEnumValue { ty, value: text(&mut reader)? });
    }
    if reader.words("RENAME VALUE") {
        return Some(Ddl::RenameEnumValue { ty, from: text(&mut reader)? });
    }
    None
}

fn alter_domain(reader: TokenReader<'_, '_>, domain: SqlName) -> Option<Ddl> {
    let is_tighter = reader.is_at(&["ADD", "VALIDATE"]) || reader.has("SET NOT NULL");
    let action = reader.written().to_owned();
    (is_tighter && !reader.has("NOT VALID")).then_some(Ddl::TightenDomain { domain, action })
}

/// The words of which a block has one if it changes or locks what exists.
const CHANGES: [&str; 7] = ["ALTER", "INDEX", "DROP", "UPDATE", "DELETE", "TRUNCATE", "EXECUTE"];

/// A block, a procedure or a prepared statement; `DO` also computes an expression on MySQL, and the name in the backfills that ambix
/// drafts says what they do.
fn hidden(first: &'static str, reader: TokenReader<'_, '_>) -> Option<Ddl> {
    let text = reader.written();
    let has = |word: &&str| {
        text.split(|sign: char| !sign.is_alphanumeric() && sign != '_')
            .any(|part| part.eq_ignore_ascii_case(word))
    };
    let is_block = matches!(first, "DO" | "BEGIN NOT ATOMIC");
    let may_change = !is_block || CHANGES.iter().any(has);
    (may_change && !text.contains("ambix_backfill")).then_some(Ddl::Hidden(first))
}

/// A string, without its quotes.
fn text(reader: &mut TokenReader<'_, '_>) -> Option<String> {
    reader.next().filter(|token| token.kind == TokenKind::Text).map(name_value)
}

fn drop(mut reader: TokenReader<'_, '_>) -> Option<Ddl> {
    if reader.words("OWNED BY") {
        return Some(Ddl::DropOwned(reader.names()));
    }
    reader.words("TEMPORARY");
    let kind = reader.any(&[
        "TABLE",
        "INDEX",
        "MATERIALIZED VIEW",
        "VIEW",
        "SCHEMA",
        "DATABASE",
        "TYPE",
        "SEQUENCE",
        "FUNCTION",
        "PROCEDURE",
        "ROUTINE",
        "AGGREGATE",
        "TRIGGER",
        "DOMAIN",
        "EXTENSION",
        "POLICY",
        "RULE",
        "EVENT",
    ])?;
    let concurrently = reader.words("CONCURRENTLY");
    let if_exists = reader.words("IF EXISTS");
    let names = match kind {
        "FUNCTION" | "PROCEDURE" | "ROUTINE" | "AGGREGATE" => routines(&reader),
        _ => reader.names(),
    };
    let on = reader.words("ON").then(|| reader.name()).flatten();
    let cascade = reader.has("CASCADE");
    let asked = AskedDdl::read(reader);
    Some(Ddl::Drop(DropObjects {
        kind: kind.to_owned(),
        names,
        concurrently,
        cascade,
        if_exists,
        on,
        asked,
    }))
}

/// The names of routines, which may have arguments.
fn routines(reader: &TokenReader<'_, '_>) -> Vec<SqlName> {
    reader.parts().into_iter().filter_map(|mut part| part.name()).collect()
}

fn reindex(mut reader: TokenReader<'_, '_>) -> Option<Ddl> {
    let options = reader.parentheses().is_some_and(|options| options.has("CONCURRENTLY"));
    reader.any(&["INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM"])?;
    let concurrently = options || reader.words("CONCURRENTLY");
    Some(Ddl::Reindex { concurrently, rest: reader.written().to_owned() })
}

fn vacuum(mut reader: TokenReader<'_, '_>) -> Option<Ddl> {
    let is_full =
        reader.parentheses().is_some_and(|options| options.has("FULL")) || reader.words("FULL");
    reader.any(&["FREEZE", "VERBOSE", "ANALYZE"]);
    let tables = reader.names();
    is_full.then_some(Ddl::RewriteTable { words: "VACUUM FULL", tables })
}

fn revoke(mut reader: TokenReader<'_, '_>) -> Ddl {
    let words = reader.written().to_owned();
    reader.until(&["ON"]);
    reader.words("ON");
    reader.any(&[
        "TABLE",
        "SEQUENCE",
        "FUNCTION",
        "PROCEDURE",
        "ROUTINE",
        "SCHEMA",
        "TYPE",
        "DOMAIN",
    ]);
    let objects = reader.until(&["FROM"]).parts().into_iter().filter_map(|mut part| part.name());
    Ddl::Revoke { words, objects: objects.collect() }
}

fn rename_tables(reader: TokenReader<'_, '_>) -> Option<Ddl> {
    let pair = |mut part: TokenReader<'_, '_>| -> Option<(SqlName, SqlName)> {
        let from = part.name()?;
        let to = part.words("TO").then(|| part.name()).flatten()?;
        Some((from, to))
    };
    Some(Ddl::RenameTables(reader.parts().into_iter().filter_map(pair).collect()))
}
