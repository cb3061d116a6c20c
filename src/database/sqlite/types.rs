//! The words for types, and what SQLite makes of them.

#[cfg(feature = "cli")]
use crate::database::drafting::RustType;
use crate::schema::Type;

/// What a column makes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

/// What SQLite reads from a type.
pub(super) fn affinity(ty: &str) -> Affinity {
    let ty = ty.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| ty.contains(word));
    if has(&["INT"]) {
        Affinity::Integer
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        Affinity::Text
    } else if has(&["BLOB"]) || ty.is_empty() {
        Affinity::Blob
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

/// The word for a type; none where there is none. A strict table knows five of them.
pub(super) fn word(ty: &Type, strict: bool) -> Option<String> {
    let word = match ty {
        Type::TinyInt
        | Type::SmallInt
        | Type::Integer
        | Type::BigInt
        | Type::UnsignedTinyInt
        | Type::UnsignedSmallInt
        | Type::UnsignedInteger
        | Type::UnsignedBigInt => "INTEGER",
        Type::Real | Type::Double => "REAL",
        Type::Boolean if strict => "INTEGER",
        Type::Boolean => "BOOLEAN",
        Type::Bytes | Type::Uuid => "BLOB",
        Type::Text | Type::Json | Type::Enum(_) => "TEXT",
        Type::Decimal(_)
        | Type::Varchar(_)
        | Type::Char(_)
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::TimestampTz
            if strict =>
        {
            "TEXT"
        }
        Type::Decimal(None) => "NUMERIC",
        Type::Decimal(Some((precision, scale))) => {
            return Some(format!("NUMERIC({precision}, {scale})"));
        }
        Type::Varchar(length) => return Some(format!("VARCHAR({length})")),
        Type::Char(length) => return Some(format!("CHAR({length})")),
        Type::Date => "DATE",
        Type::Time => "TIME",
        Type::Timestamp | Type::TimestampTz => "DATETIME",
        Type::Sql(sql) => return Some(sql.text_on("sqlite").to_owned()),
        _ => return None,
    };
    Some(word.to_owned())
}

/// A value for existing rows, as good as any other.
pub(super) fn placeholder(ty: &str) -> &'static str {
    match ty.split('(').next().unwrap_or_default().trim() {
        "DATE" => "CURRENT_DATE",
        "TIME" => "CURRENT_TIME",
        "DATETIME" | "TIMESTAMP" => "CURRENT_TIMESTAMP",
        "ANY" => "''",
        _ => match affinity(ty) {
            Affinity::Integer | Affinity::Real | Affinity::Numeric => "0",
            Affinity::Text => "''",
            Affinity::Blob => "x''",
        },
    }
}

/// What sqlx reads a declared type as.
#[cfg(feature = "cli")]
pub(super) fn rust_type(ty: &str) -> Option<RustType> {
    let exact = match ty {
        "INTEGER" => "i64",
        "TEXT" => "String",
        "BLOB" => "Vec<u8>",
        "REAL" => "f64",
        "BOOLEAN" => "bool",
        "DATE" => "chrono::NaiveDate",
        "TIME" => "chrono::NaiveTime",
        "DATETIME" => "chrono::NaiveDateTime",
        _ => "",
    };
    if !exact.is_empty() {
        return Some(RustType::exact(exact));
    }
    let upper = ty.to_ascii_uppercase();
    let name = match (upper.as_str(), affinity(ty)) {
        ("BOOL" | "BOOLEAN", _) => "bool",
        ("DATE", _) => "chrono::NaiveDate",
        ("TIME", _) => "chrono::NaiveTime",
        ("DATETIME" | "TIMESTAMP", _) => "chrono::NaiveDateTime",
        ("JSON", _) => "serde_json::Value",
        ("", _) => return None,
        (_, Affinity::Integer) => "i64",
        (_, Affinity::Text) => "String",
        (_, Affinity::Blob) => "Vec<u8>",
        (_, Affinity::Real) => "f64",
        (_, Affinity::Numeric) => return None,
    };
    Some(RustType::of(name, ty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affinities_are_those_of_the_manual() {
        for (ty, expected) in [
            ("INT", Affinity::Integer),
            ("UNSIGNED BIG INT", Affinity::Integer),
            ("FLOATING POINT", Affinity::Integer),
            ("CHARINT", Affinity::Integer),
            ("VARCHAR(255)", Affinity::Text),
            ("CLOB", Affinity::Text),
            ("", Affinity::Blob),
            ("BLOB", Affinity::Blob),
            ("DOUBLE PRECISION", Affinity::Real),
            ("STRING", Affinity::Numeric),
            ("DECIMAL(10,5)", Affinity::Numeric),
            ("BOOLEAN", Affinity::Numeric),
            ("DATETIME", Affinity::Numeric),
        ] {
            assert_eq!(affinity(ty), expected, "{ty}");
        }
    }
}
