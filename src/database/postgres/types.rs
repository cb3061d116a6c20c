//! The words for types, and how values get from one to another.

use super::{
    Postgres,
    render::{self, name},
};
#[cfg(feature = "cli")]
use crate::database::drafting::RustType;
use crate::{
    database::Dialect,
    schema::{Column, RangeOf, Type},
};

/// A type as it is written.
pub(super) fn word(ty: &Type) -> String {
    match ty {
        Type::TinyInt | Type::SmallInt | Type::UnsignedTinyInt => "smallint".to_owned(),
        Type::Integer | Type::UnsignedSmallInt => "integer".to_owned(),
        Type::BigInt | Type::UnsignedInteger => "bigint".to_owned(),
        Type::UnsignedBigInt => "numeric(20)".to_owned(),
        Type::Real => "real".to_owned(),
        Type::Double => "double precision".to_owned(),
        Type::Decimal(None) => "numeric".to_owned(),
        Type::Decimal(Some((precision, scale))) => format!("numeric({precision}, {scale})"),
        Type::Boolean => "boolean".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Varchar(length) => format!("varchar({length})"),
        Type::Char(length) => format!("char({length})"),
        Type::Bytes => "bytea".to_owned(),
        Type::Uuid => "uuid".to_owned(),
        Type::Date => "date".to_owned(),
        Type::Time => "time".to_owned(),
        Type::TimeTz => "timetz".to_owned(),
        Type::Timestamp => "timestamp".to_owned(),
        Type::TimestampTz => "timestamptz".to_owned(),
        Type::Interval => "interval".to_owned(),
        Type::Json => "jsonb".to_owned(),
        Type::Inet => "inet".to_owned(),
        Type::Cidr => "cidr".to_owned(),
        Type::MacAddress => "macaddr".to_owned(),
        Type::BitString => "varbit".to_owned(),
        Type::Money => "money".to_owned(),
        Type::Hstore => "hstore".to_owned(),
        Type::Array(element) => format!("{}[]", word(element)),
        Type::Range(of) => range(*of).to_owned(),
        Type::Enum(value) => render::table_name(&value.name),
        Type::Sql(sql) => short(sql.text_on("postgres")),
    }
}

fn range(of: RangeOf) -> &'static str {
    match of {
        RangeOf::Integer => "int4range",
        RangeOf::BigInt => "int8range",
        RangeOf::Decimal => "numrange",
        RangeOf::Date => "daterange",
        RangeOf::Timestamp => "tsrange",
        RangeOf::TimestampTz => "tstzrange",
    }
}

/// The words that people write for those that the catalogue has.
fn short(text: &str) -> String {
    let replaced = |from: &str, to: &str| text.strip_prefix(from).map(|rest| format!("{to}{rest}"));
    let with_zone = |base: &str, to: &str| {
        let rest = text.strip_prefix(base)?;
        let (precision, rest) = rest.split_once(" with")?;
        let (zone, rest) = if let Some(rest) = rest.strip_prefix(" time zone") {
            ("tz", rest)
        } else {
            ("", rest.strip_prefix("out time zone")?)
        };
        Some(format!("{to}{zone}{precision}{rest}"))
    };
    with_zone("timestamp", "timestamp")
        .or_else(|| with_zone("time", "time"))
        .or_else(|| replaced("character varying", "varchar"))
        .or_else(|| replaced("character(", "char("))
        .or_else(|| replaced("bit varying", "varbit"))
        .unwrap_or_else(|| text.to_owned())
}

/// What a type is like, for casts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    SmallInt,
    Integer,
    BigInt,
    Numeric,
    Float,
    Boolean,
    Text,
    Date,
    Timestamp,
    TimestampTz,
    Json,
    Jsonb,
    Other,
}

impl Family {
    fn is_number(self) -> bool {
        matches!(self, Self::SmallInt | Self::Integer | Self::BigInt | Self::Numeric | Self::Float)
    }
}

fn family(text: &str) -> Family {
    if text.ends_with("[]") {
        return Family::Other;
    }
    match text.split('(').next().unwrap_or(text).trim() {
        "smallint" => Family::SmallInt,
        "integer" => Family::Integer,
        "bigint" => Family::BigInt,
        "numeric" => Family::Numeric,
        "real" | "double precision" => Family::Float,
        "boolean" => Family::Boolean,
        "text" | "character varying" | "character" | "bpchar" => Family::Text,
        "date" => Family::Date,
        "json" => Family::Json,
        "jsonb" => Family::Jsonb,
        "timestamp" if text.ends_with("with time zone") => Family::TimestampTz,
        "timestamp" => Family::Timestamp,
        "timestamp without time zone" => Family::Timestamp,
        "timestamp with time zone" => Family::TimestampTz,
        _ => Family::Other,
    }
}

/// A type without its length, precision, or the fields of an interval.
fn without_limits(text: &str) -> String {
    if text.starts_with("interval ") || text.starts_with("interval(") {
        return "interval".to_owned();
    }
    match (text.split_once('('), text.rsplit_once(')')) {
        (Some((before, _)), Some((_, after))) if !text.starts_with('"') => {
            format!("{before}{after}")
        }
        _ => text.to_owned(),
    }
}

/// A default that is a number, in a column of numbers, as every one is written that means the same. The server keeps the words in
/// which it was said: `5.2`, `'5.2'::numeric` and `'5.2'::double precision`.
pub(super) fn number<'d>(default: &'d str, ty: &str) -> Option<&'d str> {
    let of = family(ty);
    let number = match default.strip_prefix('\'').and_then(|rest| rest.split_once("'::")) {
        // What a binary fraction is near to is another number where it is taken for another type's.
        Some((_, cast)) if family(cast) == Family::Float && cast != ty => return None,
        Some((number, cast)) if family(cast).is_number() => number,
        Some(_) => return None,
        None => default,
    };
    let digits = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // Without its type, the zero below zero is none.
    let is_below_zero = digits != number && !digits.contains(|c| ('1'..='9').contains(&c));
    if !of.is_number() || is_below_zero || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    Some(number)
}

/// Whether two numbers are one but for digits behind the point that are 0.
pub(super) fn is_same_number(one: &str, other: &str, ty: &str) -> bool {
    let trimmed = |text| {
        let number = number(text, ty)?;
        let short = number.trim_end_matches('0').trim_end_matches('.');
        Some(if number.contains('.') { short } else { number })
    };
    trimmed(one).is_some_and(|one| trimmed(other) == Some(one))
}

/// Whether its values are whole numbers.
pub(super) fn is_whole(ty: &Type) -> bool {
    matches!(family(ty.text()), Family::SmallInt | Family::Integer | Family::BigInt)
}

/// The expression by which values become another type; none where the server does it by itself.
pub(super) fn using(column: &Column, to: &Type) -> Option<(String, Option<&'static str>)> {
    use Family as F;
    let of = name(&column.name);
    let target = word(to);
    let (from, into) = (column.ty.text(), to.text());
    let is_number = Family::is_number;
    let expression = match (family(from), family(into)) {
        (_, F::Text) => return None,
        _ if without_limits(from) == without_limits(into) => return None,
        (from, into) if is_number(from) && is_number(into) => return None,
        (F::Date, F::Timestamp)
        | (F::Timestamp, F::Date)
        | (F::Json, F::Jsonb)
        | (F::Jsonb, F::Json) => {
            return None;
        }
        (F::Timestamp, F::TimestampTz) | (F::TimestampTz, F::Timestamp) => {
            let note = "review: the times without a zone are taken as UTC";
            return Some((format!("{of} AT TIME ZONE 'UTC'"), Some(note)));
        }
        (F::Date, F::TimestampTz) => format!("{of}::timestamp AT TIME ZONE 'UTC'"),
        (F::TimestampTz, F::Date) => format!("({of} AT TIME ZONE 'UTC')::date"),
        (from, F::Boolean) if is_number(from) => format!("{of} <> 0"),
        (F::Boolean, F::Integer) => format!("{of}::integer"),
        (F::Boolean, into) if is_number(into) => format!("{of}::integer::{target}"),
        (F::Text, _) => format!("{of}::{target}"),
        (_, into) if from == "money" && is_number(into) => format!("{of}::numeric::{target}"),
        _ if has_cast(&without_limits(from), &without_limits(into)) => format!("{of}::{target}"),
        // What has no cast has a text.
        _ if from.ends_with("[]") && into.ends_with("[]") => format!("{of}::text[]::{target}"),
        _ => format!("{of}::text::{target}"),
    };
    Some((expression, None))
}

/// Whether the server has a cast between two types that takes values otherwise than by their texts, which the new type may not read.
fn has_cast(from: &str, to: &str) -> bool {
    // It casts the elements of an array as it casts values.
    if let (Some(from), Some(to)) = (from.strip_suffix("[]"), to.strip_suffix("[]")) {
        return has_cast(from, to);
    }
    match (from, to) {
        ("money", "numeric")
        | ("integer" | "bigint" | "numeric", "money")
        | ("integer" | "bigint", "bit")
        | ("bit", "integer" | "bigint")
        | ("interval", "time without time zone")
        | ("box", "circle" | "lseg" | "point" | "polygon")
        | ("circle", "box" | "point" | "polygon")
        | ("polygon", "box" | "circle" | "path" | "point")
        | ("path", "polygon")
        | ("lseg", "point") => true,
        ("oid", to) => matches!(to, "integer" | "bigint"),
        (from, to) if from.starts_with("reg") => matches!(to, "oid" | "integer" | "bigint"),
        (from, to) => is_multirange_of(to, from),
    }
}

/// Whether a built-in multirange is of this range.
pub(super) fn is_multirange_of(multirange: &str, range: &str) -> bool {
    let of = multirange.strip_suffix("multirange");
    of.is_some_and(|of| range.strip_suffix("range") == Some(of))
}

/// A value that rows get where nothing better is known; none where no value is as good as any other.
pub(super) fn placeholder(ty: &Type, values: Option<&[String]>) -> Option<String> {
    let text = ty.text();
    if text.ends_with("[]") {
        return Some("'{}'".to_owned());
    }
    let value = match family(text) {
        Family::SmallInt | Family::Integer | Family::BigInt | Family::Numeric | Family::Float => {
            "0"
        }
        Family::Boolean => "false",
        Family::Text => "''",
        Family::Date => "CURRENT_DATE",
        Family::Timestamp | Family::TimestampTz => "CURRENT_TIMESTAMP",
        Family::Json | Family::Jsonb => "'{}'",
        Family::Other => match text.split(['(', ' ']).next().unwrap_or(text) {
            "uuid" => "gen_random_uuid()",
            "bytea" => "''",
            "interval" => "'0'",
            "time" | "timetz" => "'00:00'",
            "money" => "0",
            "inet" | "cidr" => "'0.0.0.0'",
            "macaddr" => "'00:00:00:00:00:00'",
            "bit" | "varbit" => "B''",
            "int4range" | "int8range" | "numrange" | "daterange" | "tsrange" | "tstzrange" => {
                "'empty'"
            }
            "tsvector" | "xml" | "hstore" => "''",
            "point" => "'(0,0)'",
            _ => {
                let first = values?.first()?;
                return Some(Postgres.literal(first));
            }
        },
    };
    Some(value.to_owned())
}

/// Numbered rows as values of a type.
pub(super) fn numbered(ty: &Type, number: &str) -> String {
    match family(ty.text()) {
        Family::SmallInt | Family::Integer | Family::BigInt | Family::Numeric | Family::Float => {
            number.to_owned()
        }
        Family::Date => format!("DATE '2000-01-01' + {number}::integer"),
        Family::Timestamp | Family::TimestampTz => {
            format!("TIMESTAMP '2000-01-01' + {number} * INTERVAL '1 second'")
        }
        Family::Json | Family::Jsonb => format!("to_jsonb({number})::{}", word(ty)),
        Family::Text => format!("{number}::text"),
        _ if ty.text() == "uuid" => "gen_random_uuid()".to_owned(),
        _ if ty.text() == "bytea" => format!("int8send({number})"),
        _ => format!("{number}::text::{}", word(ty)),
    }
}

/// Where the driver has types of its own.
#[cfg(feature = "cli")]
const OWN_TYPES: &str = concat!("sqlx", "::postgres::types::");

/// What sqlx reads an inspected type as.
#[cfg(feature = "cli")]
pub(super) fn rust_type(ty: &str) -> Option<RustType> {
    let exact = match ty {
        "smallint" => "i16",
        "integer" => "i32",
        "bigint" => "i64",
        "real" => "f32",
        "double precision" => "f64",
        "boolean" => "bool",
        "text" => "String",
        "bytea" => "Vec<u8>",
        "uuid" => "uuid::Uuid",
        "date" => "chrono::NaiveDate",
        "time without time zone" => "chrono::NaiveTime",
        "timestamp without time zone" => "chrono::NaiveDateTime",
        "timestamp with time zone" => "chrono::DateTime<chrono::Utc>",
        "numeric" => "rust_decimal::Decimal",
        "jsonb" => "serde_json::Value",
        "inet" => "ipnetwork::IpNetwork",
        "macaddr" => "mac_address::MacAddress",
        "bit varying" => "bit_vec::BitVec",
        _ => "",
    };
    if !exact.is_empty() {
        return Some(RustType::exact(exact));
    }
    if ty.ends_with("[]") {
        return None;
    }
    if let Some((word, numbers)) = ty.split_once('(').filter(|(_, numbers)| numbers.ends_with(')'))
    {
        match word {
            "character varying" => return Some(RustType::with("String", &["max_length"], numbers)),
            "character" => return Some(RustType::with("String", &["fixed_length"], numbers)),
            "numeric" if numbers.contains(',') && !numbers.contains('-') => {
                return Some(RustType::with(
                    "rust_decimal::Decimal",
                    &["precision", "scale"],
                    numbers,
                ));
            }
            _ => {}
        }
    }
    let name = match (without_limits(ty).as_str(), ty.split(['(', ' ']).next().unwrap_or(ty)) {
        ("time with time zone", _) => "@PgTimeTz<chrono::NaiveTime, chrono::FixedOffset>",
        ("time without time zone", _) => "chrono::NaiveTime",
        ("timestamp without time zone", _) => "chrono::NaiveDateTime",
        ("timestamp with time zone", _) => "chrono::DateTime<chrono::Utc>",
        (_, "character" | "citext" | "name" | "bpchar") => "String",
        (_, "numeric") => "rust_decimal::Decimal",
        (_, "bit") => "bit_vec::BitVec",
        (_, "json") => "serde_json::Value",
        (_, "cidr") => "ipnetwork::IpNetwork",
        (_, "interval") => "@PgInterval",
        (_, "\"char\"") => "i8",
        (_, "oid") => "@Oid",
        (_, "money") => "@PgMoney",
        (_, "hstore") => "@PgHstore",
        (_, "ltree") => "@PgLTree",
        (_, "point") => "@PgPoint",
        (_, "int4range") => "@PgRange<i32>",
        (_, "int8range") => "@PgRange<i64>",
        (_, "numrange") => "@PgRange<rust_decimal::Decimal>",
        (_, "daterange") => "@PgRange<chrono::NaiveDate>",
        (_, "tsrange") => "@PgRange<chrono::NaiveDateTime>",
        (_, "tstzrange") => "@PgRange<chrono::DateTime<chrono::Utc>>",
        _ => return None,
    };
    Some(RustType::of(&name.replace('@', OWN_TYPES), ty))
}
