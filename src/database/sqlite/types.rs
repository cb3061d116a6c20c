//! The words for types. They are those that sqlx knows; what a column stores is decided by its affinity.

use crate::{
    error::{Error, Result},
    schema::{Column, Name, Type},
};

/// A type as it is written.
pub(super) fn word(table: &Name, column: &Column, strict: bool) -> Result<String> {
    let ty = match &column.ty {
        Type::TinyInt
        | Type::SmallInt
        | Type::Integer
        | Type::BigInt
        | Type::UnsignedTinyInt
        | Type::UnsignedSmallInt
        | Type::UnsignedInteger
        | Type::UnsignedBigInt => "INTEGER".to_owned(),
        Type::Boolean if strict => "INTEGER".to_owned(),
        Type::Boolean => "BOOLEAN".to_owned(),
        Type::Real | Type::Double => "REAL".to_owned(),
        Type::Decimal(_) if strict => "TEXT".to_owned(),
        Type::Decimal(None) => "NUMERIC".to_owned(),
        Type::Decimal(Some((precision, scale))) => format!("NUMERIC({precision}, {scale})"),
        Type::Text | Type::Json | Type::Enum(_) => "TEXT".to_owned(),
        Type::Varchar(_) | Type::Char(_) if strict => "TEXT".to_owned(),
        Type::Varchar(length) => format!("VARCHAR({length})"),
        Type::Char(length) => format!("CHAR({length})"),
        Type::Bytes | Type::Uuid => "BLOB".to_owned(),
        Type::Date | Type::Time | Type::Timestamp | Type::TimestampTz if strict => {
            "TEXT".to_owned()
        }
        Type::Date => "DATE".to_owned(),
        Type::Time => "TIME".to_owned(),
        Type::Timestamp | Type::TimestampTz => "DATETIME".to_owned(),
        Type::Sql(sql) => sql.text_on("sqlite").to_owned(),
        other => {
            return Err(Error::Unsupported(format!(
                "sqlite has no type for {table}.{} ({other:?}); say with `sql_type` as what it is stored; nothing was written",
                column.name
            )));
        }
    };
    Ok(ty)
}

/// A value that rows get where nothing better is known.
pub(super) fn placeholder(ty: &str) -> &'static str {
    let ty = ty.to_uppercase();
    // By the rules of affinity, but for what is stored as text by convention.
    if ty.contains("INT")
        || ["BOOL", "REAL", "FLOA", "DOUB", "NUM", "DEC"].iter().any(|w| ty.contains(w))
    {
        "0"
    } else if ty == "DATE" {
        "CURRENT_DATE"
    } else if ty.contains("DATETIME") || ty.contains("TIMESTAMP") {
        "CURRENT_TIMESTAMP"
    } else if ty.contains("BLOB") {
        "x''"
    } else {
        "''"
    }
}
