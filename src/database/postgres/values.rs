//! What values lose when a column becomes another.

use super::{
    render::{ends_sooner, table_name},
    types::is_multirange_of,
};
use crate::{
    change::Change,
    database::values::{TextRange, ValueRange, lost},
    schema::{Address, Schema, SequenceOptions},
};

/// More characters than any text has.
const ANY: u64 = u64::MAX;

/// `sides` are the current schema and the future one.
pub(super) fn loses(change: &Change, sides: (&Schema, &Schema)) -> Option<&'static str> {
    match change {
        Change::AlterColumn { table, to, .. } if is_retyped(change, sides) => {
            // Its values are read into the new attributes in their order.
            let column = Address::Column(table.clone(), to.name.clone());
            let is_row =
                |on: &Address| matches!(on, Address::Object(kind, _) if kind == "composite type");
            let mut dependencies = sides.0.dependencies.iter();
            let is_row = dependencies.any(|d| d.of == column && is_row(&d.on));
            is_row.then_some(
                "values that do not fit the new attributes make it fail, or are read into others",
            )
        }
        Change::AlterColumn { from, to, .. } => {
            let lost = || between(from.ty.text(), to.ty.text());
            let numbers = from.identity.as_ref().zip(to.identity.as_ref());
            let numbers = || numbers.and_then(|(a, b)| numbers_lost(&a.sequence, &b.sequence));
            match has_all_values(sides, from.ty.text(), to.ty.text()) {
                true => numbers(),
                false => lost().or_else(numbers),
            }
        }
        Change::AlterSequence { from, to } => numbers_lost(&from.options, &to.options),
        _ => None,
    }
}

/// Whether a column is only a text until its type, which is the same on both sides, has been recreated.
fn is_retyped(change: &Change, sides: (&Schema, &Schema)) -> bool {
    let Change::AlterColumn { table, from, to, .. } = change else { return false };
    let column = |schema: &'_ Schema| {
        schema.find_table(table)?.find_column(&to.name).map(|column| column.ty.clone())
    };
    from.ty != to.ty
        && column(sides.0) == Some(to.ty.clone())
        && column(sides.1) == Some(to.ty.clone())
}

/// Whether both are enums, and the second has every value of the first: one that moves to another schema, or has another name.
fn has_all_values(sides: (&Schema, &Schema), from: &str, to: &str) -> bool {
    if let (Some(from), Some(to)) = (from.strip_suffix("[]"), to.strip_suffix("[]")) {
        return has_all_values(sides, from, to);
    }
    let find = |schema: &'_ Schema, text: &str| {
        let found = schema.enums.iter().find(|value| table_name(&value.name) == text);
        found.map(|value| value.values.clone())
    };
    match (find(sides.0, from), find(sides.1, to)) {
        (Some(from), Some(to)) => from.iter().all(|value| to.contains(value)),
        _ => false,
    }
}

fn numbers_lost(from: &SequenceOptions, to: &SequenceOptions) -> Option<&'static str> {
    ends_sooner(from, to).then_some(
        "its current value is lost if that is beyond the new end, and numbers may be given out again",
    )
}

/// What values lose from one type to another.
fn between(from: &str, to: &str) -> Option<&'static str> {
    let unless = |fits: bool| (!fits).then_some("values that do not fit make it fail");
    if from == to {
        return None;
    }
    if let (Some(from), Some(to)) = (from.strip_suffix("[]"), to.strip_suffix("[]")) {
        return between(from, to);
    }
    let (values, wanted) = (values(from), values(to));
    match (base(from), base(to)) {
        // Every value has a text from which it can be read.
        (_, "text" | "character varying" | "citext") if size(to).is_empty() => None,
        (_, "character varying" | "character") if is_moment(&values) => {
            unless(size(to).first().is_some_and(|size| *size >= 40))
        }
        ("json", "jsonb") => {
            Some("the order of keys, and all but the last value of a repeated key, are lost")
        }
        ("jsonb", "json")
        | ("cidr", "inet")
        | ("macaddr", "macaddr8")
        | ("int4range", "int8range") => None,
        ("money", "numeric") if size(to).is_empty() => None,
        // Each range is a multirange of one.
        (range, multirange) if is_multirange_of(multirange, range) => None,
        ("bit" | "bit varying", "bit varying") => {
            let (had, has) = (size(from), size(to));
            let is_bit = base(from) == "bit";
            let longest = had.first().copied().or(is_bit.then_some(1)).unwrap_or(i64::MAX);
            unless(has.first().is_none_or(|size| *size >= longest))
        }
        _ => lost(&values, &wanted),
    }
}

fn is_moment(values: &ValueRange) -> bool {
    matches!(values, ValueRange::Date | ValueRange::Time { .. } | ValueRange::Timestamp { .. })
}

/// Whether the server changes one type to the other without reading a row: it holds every value as it is on the disk.
pub(super) fn is_wider(from: &str, to: &str) -> bool {
    let (had, has) = (size(from), size(to));
    let grows = || match (had.first(), has.first()) {
        (_, None) => true,
        (Some(had), Some(has)) => has >= had,
        (None, Some(_)) => false,
    };
    let is_alike = || from.ends_with("with time zone") == to.ends_with("with time zone");
    match (base(from), base(to)) {
        _ if from == to => true,
        ("character varying", "text") | ("text", "character varying") => has.is_empty(),
        ("character varying", "character varying") | ("bit varying", "bit varying") => grows(),
        ("numeric", "numeric") => has.is_empty() || had.get(1) == has.get(1) && grows(),
        ("timestamp", "timestamp") | ("time", "time") => is_alike() && grows(),
        ("cidr", "inet") => true,
        _ => false,
    }
}

/// A type without its parentheses and what follows them.
fn base(text: &str) -> &str {
    let end = text.find('(').unwrap_or(text.len());
    let base = text[..end].trim_end();
    ["timestamp", "time", "interval"].into_iter().find(|word| is_word(base, word)).unwrap_or(base)
}

/// Whether a text begins with this word.
fn is_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// The numbers in parentheses.
fn size(text: &str) -> Vec<i64> {
    let inner = text.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let numbers = inner.map(|(inner, _)| inner.split(',').filter_map(|n| n.trim().parse().ok()));
    numbers.map(Iterator::collect).unwrap_or_default()
}

fn values(text: &str) -> ValueRange {
    let size = size(text);
    let digits = size.first().and_then(|digits| u32::try_from(*digits).ok()).unwrap_or(6);
    let whole =
        |bits: u32| ValueRange::Whole { least: -(1 << (bits - 1)), largest: (1 << (bits - 1)) - 1 };
    let characters = |none: u64| size.first().and_then(|n| u64::try_from(*n).ok()).unwrap_or(none);
    let word = |characters, padded| {
        ValueRange::Text(TextRange { characters, bytes: ANY, padded, charset: String::new() })
    };
    match base(text) {
        "smallint" => whole(16),
        "integer" => whole(32),
        "bigint" => whole(64),
        "numeric" => match size.as_slice() {
            // Without limits it may also be none at all, or without an end.
            [] => ValueRange::Exact { whole: i64::MAX, scale: i64::MAX, unsigned: false },
            [precision, rest @ ..] => {
                let scale = rest.first().copied().unwrap_or(0);
                ValueRange::Exact { whole: precision - scale, scale, unsigned: false }
            }
        },
        "real" => ValueRange::Float { bits: 24, written: true },
        "double precision" => ValueRange::Float { bits: 53, written: true },
        "boolean" => ValueRange::Boolean,
        "text" | "citext" => word(ANY, false),
        "character varying" => word(characters(ANY), false),
        "character" => word(characters(1), true),
        "bpchar" => word(ANY, true),
        "name" => word(63, false),
        "date" => ValueRange::Date,
        "timestamp" => ValueRange::Timestamp { digits },
        "time" => {
            ValueRange::Time { digits, offset: text.ends_with("with time zone"), days: false }
        }
        "interval" => ValueRange::Span { last: last_field(text), digits },
        _ => ValueRange::Other { name: text.to_owned(), width: (text == "uuid").then_some(36) },
    }
}

/// The last field of an interval. Those before it are always kept.
fn last_field(text: &str) -> u32 {
    let fields = ["year", "month", "day", "hour", "minute", "second"];
    let place = |field: &str| fields.iter().position(|name| *name == field);
    let mut words = text.split([' ', '(']).filter_map(place);
    words.next_back().and_then(|place| u32::try_from(place).ok()).unwrap_or(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the catalogue writes types: the one way and the other, and whether each loses something.
    #[test]
    fn every_pair_by_the_rule() {
        for (a, b, there, back) in [
            ("smallint", "integer", false, true),
            ("integer", "bigint", false, true),
            ("integer", "numeric(10,0)", false, true),
            ("integer", "numeric(9,0)", true, false),
            ("integer", "numeric(12,2)", false, true),
            ("bigint", "numeric", false, true),
            ("smallint", "real", false, true),
            ("integer", "real", true, true),
            ("integer", "double precision", false, true),
            ("bigint", "double precision", true, true),
            ("real", "double precision", false, true),
            ("numeric", "double precision", true, true),
            ("numeric(10,2)", "numeric(12,2)", false, true),
            ("numeric(10,2)", "numeric(11,4)", true, true),
            ("numeric(10,2)", "numeric", false, true),
            ("numeric(5,-2)", "numeric(7,0)", false, true),
            ("boolean", "integer", false, true),
            ("boolean", "text", false, true),
            ("text", "character varying(5)", true, false),
            ("character varying", "text", false, false),
            ("character varying(5)", "character varying(6)", false, true),
            ("character(5)", "character varying(5)", false, true),
            ("character(5)", "text", false, true),
            ("integer", "text", false, true),
            ("integer", "character varying(11)", false, true),
            ("integer", "character varying(10)", true, true),
            ("uuid", "character varying(36)", false, true),
            ("uuid", "character(35)", true, true),
            ("date", "timestamp without time zone", false, true),
            ("date", "timestamp with time zone", false, true),
            ("timestamp without time zone", "timestamp with time zone", false, false),
            ("timestamp(3) without time zone", "timestamp without time zone", false, true),
            ("timestamp(0) with time zone", "timestamp(3) with time zone", false, true),
            ("time without time zone", "timestamp without time zone", true, true),
            ("time(0) without time zone", "time(3) without time zone", false, true),
            ("time without time zone", "time with time zone", false, true),
            ("time without time zone", "interval", false, true),
            ("interval day", "interval", false, true),
            ("interval year to month", "interval day", false, true),
            ("interval(0)", "interval(3)", false, true),
            ("interval minute to second(3)", "interval", false, true),
            ("interval hour", "interval day to minute", false, true),
            ("jsonb", "json", false, true),
            ("json", "text", false, true),
            ("cidr", "inet", false, true),
            ("bit(3)", "bit varying(3)", false, true),
            ("bit(3)", "bit(5)", true, true),
            ("bit", "bit varying(3)", false, true),
            ("bytea", "text", false, true),
            ("int4range", "int4multirange", false, true),
            ("money", "numeric", false, true),
            ("money", "numeric(10,2)", true, true),
            ("integer[]", "bigint[]", false, true),
            ("text[]", "character varying(3)[]", true, false),
            ("integer", "integer[]", true, true),
            ("integer[]", "text", false, true),
            ("mood", "text", false, true),
            ("mood", "other_mood", true, true),
            ("mood", "integer", true, true),
            ("point", "box", true, true),
            ("int4range", "int8range", false, true),
            ("numrange", "int8range", true, true),
        ] {
            assert_eq!(between(a, b).is_some(), there, "{a} -> {b}: {:?}", between(a, b));
            assert_eq!(between(b, a).is_some(), back, "{b} -> {a}: {:?}", between(b, a));
        }
    }
}
