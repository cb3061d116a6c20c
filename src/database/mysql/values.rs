//! What values lose when a column becomes another.

use super::{
    objects,
    render::{name::literal, partition},
    types,
};
use crate::{
    change::Change,
    database::values::{TextRange, ValueRange, lost, widest},
    schema::{Column, Name, Options, Schema, Type},
};

/// `sides` are the current schema and the future one.
pub(super) fn loses(change: &Change, sides: (&Schema, &Schema)) -> Option<&'static str> {
    let collations = |table: &Name| (of_table(sides.0, table), of_table(sides.1, table));
    match change {
        Change::AlterColumn { table, from, to, renamed_values, .. } => {
            let (before, after) = collations(table);
            between((&with_renamed(from, renamed_values), before), (to, after))
        }
        Change::AlterOptions { table, from, to } => {
            let (before, after) = collations(table);
            let columns = sides.0.find_table(table).map(|table| table.columns.as_slice());
            let mut inherits =
                columns.unwrap_or_default().iter().filter(|column| column.collation.is_none());
            engine(sides.1, from, to)
                .or_else(|| partition::loses(from, to))
                .or_else(|| inherits.find_map(|c| between((c, before), (c, after))))
        }
        Change::AlterObject { from, to } if to.kind == "sequence" => {
            objects::numbers_lost(from, to)
        }
        _ => None,
    }
}

/// The column with the names that its values have by then.
fn with_renamed(column: &Column, renamed: &[(String, String)]) -> Column {
    let values = types::enum_values(column.ty.text()).filter(|_| !renamed.is_empty());
    let Some(values) = values else { return column.clone() };
    let name = |value: &String| {
        let found = renamed.iter().find(|(old, _)| literal(old) == *value);
        found.map_or_else(|| value.clone(), |(_, new)| literal(new))
    };
    let values: Vec<String> = values.iter().map(name).collect();
    Column { ty: Type::sql(format!("enum({})", values.join(","))), ..column.clone() }
}

/// The collation of a table's texts.
fn of_table<'s>(schema: &'s Schema, table: &Name) -> &'s str {
    let own = schema.find_table(table).and_then(|table| table.options.get("collation"));
    own.or_else(|| schema.server.get("collation")).map_or("", String::as_str)
}

/// What an engine does not keep.
fn engine(schema: &Schema, from: &Options, to: &Options) -> Option<&'static str> {
    let name = |options: &Options| {
        let of = options.get("engine").or_else(|| schema.server.get("engine"));
        of.map(|engine| engine.to_ascii_lowercase()).unwrap_or_default()
    };
    match name(to).as_str() {
        to if to == name(from) => None,
        "innodb" | "aria" | "myisam" | "rocksdb" | "archive" | "csv" | "ndbcluster" | "" => None,
        "memory" | "heap" => Some("its rows are lost when the server stops"),
        _ => Some("rows that the engine does not keep are lost"),
    }
}

/// A column, and its table's collation.
type ColumnWithCollation<'a> = (&'a Column, &'a str);

fn between(from: ColumnWithCollation<'_>, to: ColumnWithCollation<'_>) -> Option<&'static str> {
    let charset = |(column, table): ColumnWithCollation<'_>| {
        let collation = column.collation.as_deref().unwrap_or(table);
        collation.split('_').next().unwrap_or_default().to_owned()
    };
    let (a, b) = (from.0.ty.text(), to.0.ty.text());
    let (from_charset, to_charset) = (charset(from), charset(to));
    let is_text = types::is_text(a) && types::is_text(b);
    if a == b && (!is_text || from_charset == to_charset) {
        return None;
    }
    match (types::base(a).as_str(), types::base(b).as_str()) {
        // A local time that comes twice when clocks are put back.
        ("timestamp", "datetime") if lost(&values(a, ""), &values(b, "")).is_none() => {
            Some("it becomes the time in the session's zone: which of two hours it was is lost")
        }
        ("datetime" | "date", "timestamp") => Some("times before 1970 and after 2038 are lost"),
        // The spots of a geometry.
        (of, "geometry") if types::is_geometry(of) => None,
        ("json", "longtext") => None,
        // Of which the texts are bytes.
        ("enum" | "set", "enum" | "set") if from_charset != to_charset => {
            let (from, to) = (text("longtext", &from_charset), text("longtext", &to_charset));
            lost(&from, &to).or_else(|| lost(&values(a, ""), &values(b, "")))
        }
        _ => lost(&values(a, &from_charset), &values(b, &to_charset)),
    }
}

fn text(ty: &str, charset: &str) -> ValueRange {
    values(ty, charset)
}

fn values(ty: &str, charset: &str) -> ValueRange {
    let base = types::base(ty);
    let sizes = types::sizes(ty);
    let unsigned = ty.contains("unsigned") || ty.contains("zerofill");
    let size = |none: u32| sizes.first().copied().unwrap_or(none);
    let whole = |bits: u32| {
        let (least, largest) =
            if unsigned { (0, 1 << bits) } else { (-(1 << (bits - 1)), 1 << (bits - 1)) };
        ValueRange::Whole { least, largest: largest - 1 }
    };
    let word = |characters: u64, bytes: u64, padded: bool| {
        ValueRange::Text(TextRange { characters, bytes, padded, charset: charset.to_owned() })
    };
    let long = |bits: u32| word((1 << bits) - 1, (1 << bits) - 1, false);
    let bytes = |longest: u64, padded: bool| ValueRange::Bytes { longest, padded };
    match base.as_str() {
        "tinyint" | "bool" | "boolean" => whole(8),
        "smallint" => whole(16),
        "mediumint" => whole(24),
        "int" | "integer" => whole(32),
        "bigint" => whole(64),
        "decimal" | "numeric" => {
            let scale = sizes.get(1).copied().unwrap_or(0);
            let digits = i64::from(size(10)) - i64::from(scale);
            ValueRange::Exact { whole: digits, scale: scale.into(), unsigned }
        }
        // With digits that are said, or without a sign, it holds nothing but itself.
        "float" | "double" | "real" if sizes.len() > 1 || unsigned => {
            ValueRange::Other { name: ty.to_owned(), width: None }
        }
        "float" => ValueRange::Float { bits: 24, written: false },
        "double" | "real" => ValueRange::Float { bits: 53, written: true },
        "char" => word(size(1).into(), u64::from(size(1)) * widest(charset), true),
        "varchar" => word(size(0).into(), u64::from(size(0)) * widest(charset), false),
        "tinytext" => long(8),
        "text" => long(16),
        "mediumtext" => long(24),
        "longtext" => long(32),
        "binary" => bytes(size(1).into(), true),
        "varbinary" => bytes(size(0).into(), false),
        "tinyblob" => bytes((1 << 8) - 1, false),
        "blob" => bytes((1 << 16) - 1, false),
        "mediumblob" => bytes((1 << 24) - 1, false),
        "longblob" => bytes((1 << 32) - 1, false),
        "bit" => ValueRange::Bits { count: size(1) },
        "year" => ValueRange::Year,
        "date" => ValueRange::Date,
        "time" => ValueRange::Time { digits: size(0), offset: false, days: true },
        "datetime" | "timestamp" => ValueRange::Timestamp { digits: size(0) },
        "enum" => ValueRange::One(types::enum_values(ty).unwrap_or_default()),
        "set" => {
            let as_enum = ty.replacen("set(", "enum(", 1);
            ValueRange::Many(types::enum_values(&as_enum).unwrap_or_default())
        }
        other => {
            let widths = [("uuid", 36), ("inet4", 15), ("inet6", 45)];
            let width = widths.into_iter().find(|(name, _)| *name == other).map(|(_, width)| width);
            ValueRange::Other { name: ty.to_owned(), width }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the catalogue writes types, perhaps with a character set: the one way and the other, and whether each loses something.
    #[allow(clippy::too_many_lines)] // a table
    #[test]
    fn every_pair_by_the_rule() {
        for (a, b, there, back) in [
            ("int", "bigint", false, true),
            ("int", "int unsigned", true, true),
            ("int unsigned", "bigint", false, true),
            ("tinyint unsigned", "smallint", false, true),
            ("int unsigned", "int(5) unsigned zerofill", false, false),
            ("tinyint(1)", "tinyint", false, false),
            ("int", "decimal(10,0)", false, true),
            ("int", "decimal(9,0)", true, false),
            ("int", "decimal(10,0) unsigned", true, true),
            ("decimal(10,2)", "decimal(12,2)", false, true),
            ("decimal(10,4)", "decimal(10,2)", true, true),
            ("decimal(10,2) unsigned", "decimal(10,2)", false, true),
            ("mediumint", "float", false, true),
            ("int", "float", true, true),
            ("int", "double", false, true),
            ("bigint", "double", true, true),
            ("float", "double", false, true),
            ("double", "decimal(65,30)", true, true),
            ("float", "float(7,2)", true, true),
            ("double", "varchar(40)", false, true),
            ("float", "varchar(40)", true, true),
            ("bit(8)", "tinyint unsigned", false, false),
            ("bit(8)", "bit(9)", false, true),
            ("bit(8)", "tinyint", true, true),
            ("bit(1)", "tinyint(1)", false, true),
            ("bit(8)", "varchar(20)", true, true),
            ("year", "smallint", false, true),
            ("year", "varchar(4)", false, true),
            ("year", "char(3)", true, true),
            ("year", "tinyint", true, true),
            ("year", "date", true, true),
            ("int", "varchar(11)", false, true),
            ("int", "varchar(10)", true, true),
            ("varchar(10)", "varchar(20)", false, true),
            ("varchar(10)", "char(10)", true, false),
            ("varchar(10)", "text", false, true),
            ("varchar(63)", "tinytext", false, true),
            ("varchar(64)", "tinytext", true, true),
            ("tinytext", "varchar(255)", false, true),
            ("text", "mediumtext", false, true),
            ("mediumtext", "longtext", false, true),
            ("text", "blob", false, true),
            ("varchar(10)", "varbinary(40)", false, true),
            ("varchar(10)", "varbinary(39)", true, true),
            ("binary(16)", "varbinary(16)", false, true),
            ("binary(16)", "binary(20)", true, true),
            ("blob", "longblob", false, true),
            ("date", "datetime", false, true),
            ("datetime", "datetime(3)", false, true),
            ("datetime(6)", "time(6)", true, true),
            ("datetime", "timestamp", true, true),
            ("timestamp", "timestamp(3)", false, true),
            ("time", "time(3)", false, true),
            ("time(3)", "varchar(14)", false, true),
            ("datetime(6)", "varchar(26)", false, true),
            ("datetime(6)", "varchar(25)", true, true),
            ("enum('a','b')", "enum('b','a','c')", false, true),
            ("enum('a','b')", "set('a','b')", false, true),
            ("enum('a','b')", "int", true, true),
            ("enum('a','bcd')", "varchar(3)", false, true),
            ("enum('a','bcd')", "varchar(2)", true, true),
            ("set('x','y')", "set('x','y','z')", false, true),
            ("set('x','y')", "varchar(3)", false, true),
            ("set('x','y')", "bigint", true, true),
            ("json", "longtext", false, true),
            ("json", "text", true, true),
            ("uuid", "char(36)", false, true),
            ("uuid", "binary(16)", true, true),
            ("inet4", "inet6", true, true),
            ("point", "geometry", false, true),
            ("point", "linestring", true, true),
            ("text latin1", "text utf8mb4", true, true),
            ("varchar(9) latin1", "varchar(9) utf8mb4", false, true),
            ("text utf8mb3", "text utf8mb4", false, true),
            ("text ascii", "text latin1", false, true),
            ("varchar(9) latin1", "varchar(9) latin2", true, true),
            ("enum('a') utf8mb4", "enum('a') ascii", true, false),
        ] {
            let column = |text: &str| {
                let (ty, charset) = match text.rsplit_once(' ') {
                    Some((ty, charset))
                        if !charset.contains(['u', ')']) || charset.starts_with("utf") =>
                    {
                        (ty, charset)
                    }
                    _ => (text, "utf8mb4"),
                };
                let charset = if charset == "zerofill" { "utf8mb4" } else { charset };
                let ty = if text.ends_with("zerofill") { text } else { ty };
                Column::new("c", Type::sql(ty)).collation(format!("{charset}_bin"))
            };
            let (one, other) = (column(a), column(b));
            let lost = |from, to| between((from, ""), (to, ""));
            assert_eq!(lost(&one, &other).is_some(), there, "{a} -> {b}: {:?}", lost(&one, &other));
            assert_eq!(lost(&other, &one).is_some(), back, "{b} -> {a}: {:?}", lost(&other, &one));
        }
    }
}
