//! The words for types.

use super::render::name::literal;
#[cfg(feature = "cli")]
use crate::database::drafting::RustType;
use crate::schema::Type;

/// The word for a type; none where there is none.
pub(super) fn word(ty: &Type) -> Option<String> {
    let word = match ty {
        Type::TinyInt => "tinyint",
        Type::SmallInt => "smallint",
        Type::Integer => "int",
        Type::BigInt => "bigint",
        Type::UnsignedTinyInt => "tinyint unsigned",
        Type::UnsignedSmallInt => "smallint unsigned",
        Type::UnsignedInteger => "int unsigned",
        Type::UnsignedBigInt => "bigint unsigned",
        Type::Real => "float",
        Type::Double => "double",
        Type::Decimal(Some((precision, scale))) => {
            return Some(format!("decimal({precision},{scale})"));
        }
        // The server's own default keeps no fraction at all.
        Type::Decimal(None) => "decimal(65,30)",
        Type::Boolean => "tinyint(1)",
        Type::Text => "longtext",
        Type::Varchar(length) => return Some(format!("varchar({length})")),
        Type::Char(length) => return Some(format!("char({length})")),
        Type::Bytes => "longblob",
        Type::Uuid => "binary(16)",
        Type::Date => "date",
        Type::Time => "time(6)",
        Type::Timestamp | Type::TimestampTz => "datetime(6)",
        Type::Json => "json",
        Type::Enum(value) => {
            let values: Vec<String> = value.values.iter().map(|value| literal(value)).collect();
            return Some(format!("enum({})", values.join(",")));
        }
        Type::Sql(sql) => return Some(sql.text_on("mysql").to_owned()),
        _ => return None,
    };
    Some(word.to_owned())
}

/// A type without the width that one of the servers still shows: it says nothing of what fits. With `zerofill` it does.
pub(super) fn without_width(ty: &str) -> String {
    let (base, rest) = ty.split_once('(').unwrap_or((ty, ""));
    let has_width = ["tinyint", "smallint", "mediumint", "int", "bigint", "year"].contains(&base);
    match rest.split_once(')') {
        Some((width, rest))
            if has_width && !rest.contains("zerofill") && !(base == "tinyint" && width == "1") =>
        {
            format!("{base}{rest}")
        }
        _ => ty.to_owned(),
    }
}

/// The first word of a type, in lower case.
pub(super) fn base(ty: &str) -> String {
    let end = ty.find(|c: char| !c.is_alphanumeric()).unwrap_or(ty.len());
    ty[..end].to_ascii_lowercase()
}

/// The numbers in parentheses behind the first word.
pub(super) fn sizes(ty: &str) -> Vec<u32> {
    let inner = ty.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    inner.map_or_else(Vec::new, |(inner, _)| {
        inner.split(',').filter_map(|number| number.trim().parse().ok()).collect()
    })
}

pub(super) fn is_number(ty: &str) -> bool {
    is_whole(ty) || ["decimal", "numeric", "float", "double", "real"].contains(&base(ty).as_str())
}

pub(super) fn is_whole(ty: &str) -> bool {
    let whole = ["tinyint", "smallint", "mediumint", "int", "integer", "bigint", "bool", "boolean"];
    whole.contains(&base(ty).as_str())
}

/// A type whose values are texts, so that it has a collation.
pub(super) fn is_text(ty: &str) -> bool {
    let base = base(ty);
    base.ends_with("text") || ["varchar", "char", "enum", "set"].contains(&base.as_str())
}

/// A type whose default must stand in parentheses, on the one of the servers.
pub(super) fn is_long(ty: &str) -> bool {
    let base = base(ty);
    base.ends_with("text") || base.ends_with("blob") || base == "json" || is_geometry(ty)
}

pub(super) fn is_geometry(ty: &str) -> bool {
    let base = base(ty);
    base.starts_with("geom")
        || base.starts_with("multi")
        || ["point", "linestring", "polygon"].contains(&base.as_str())
}

/// The values of an enum, as they are written.
pub(super) fn enum_values(ty: &str) -> Option<Vec<String>> {
    let inner = ty.strip_prefix("enum(")?.strip_suffix(')')?;
    let (mut values, mut value, mut signs) = (Vec::new(), String::new(), inner.chars().peekable());
    let mut is_inside = false;
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if is_inside => {
                value.push(sign);
                value.extend(signs.next());
                continue;
            }
            '\'' if is_inside && signs.peek() == Some(&'\'') => {
                value.push(sign);
                value.extend(signs.next());
                continue;
            }
            '\'' => is_inside = !is_inside,
            ',' if !is_inside => {
                values.push(std::mem::take(&mut value));
                continue;
            }
            _ => {}
        }
        if is_inside || sign == '\'' {
            value.push(sign);
        }
    }
    values.push(value);
    Some(values)
}

/// What sqlx reads an inspected type as.
#[cfg(feature = "cli")]
pub(super) fn rust_type(ty: &str) -> Option<RustType> {
    let exact = match ty {
        "tinyint(1)" => "bool",
        "tinyint" => "i8",
        "tinyint unsigned" => "u8",
        "smallint" => "i16",
        "smallint unsigned" => "u16",
        "int" => "i32",
        "int unsigned" => "u32",
        "bigint" => "i64",
        "bigint unsigned" => "u64",
        "float" => "f32",
        "double" => "f64",
        "longtext" => "String",
        "longblob" => "Vec<u8>",
        "date" => "chrono::NaiveDate",
        "time(6)" => "chrono::NaiveTime",
        "datetime(6)" => "chrono::NaiveDateTime",
        "json" => "serde_json::Value",
        _ => "",
    };
    if !exact.is_empty() {
        return Some(RustType::exact(exact));
    }
    let numbers = ty.split_once('(').map_or("", |(_, numbers)| numbers);
    let is_plain = numbers.ends_with(')');
    let name = match base(ty).as_str() {
        "varchar" if is_plain => return Some(RustType::with("String", &["max_length"], numbers)),
        "char" if is_plain => return Some(RustType::with("String", &["fixed_length"], numbers)),
        "decimal" if is_plain && numbers.contains(',') => {
            return Some(RustType::with("rust_decimal::Decimal", &["precision", "scale"], numbers));
        }
        "tinyint" if ty.contains("unsigned") => "u8",
        "smallint" if ty.contains("unsigned") => "u16",
        "mediumint" | "int" if ty.contains("unsigned") => "u32",
        "bigint" if ty.contains("unsigned") => "u64",
        "tinyint" => "i8",
        "smallint" => "i16",
        "mediumint" | "int" => "i32",
        "bigint" => "i64",
        "year" => "u16",
        "bit" if ty == "bit(1)" => "bool",
        "bit" => "u64",
        "float" => "f32",
        "double" => "f64",
        "decimal" => "rust_decimal::Decimal",
        "varchar" | "char" | "tinytext" | "text" | "mediumtext" | "enum" | "set" => "String",
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" => "Vec<u8>",
        "time" => "chrono::NaiveTime",
        "datetime" => "chrono::NaiveDateTime",
        "timestamp" => "chrono::DateTime<chrono::Utc>",
        _ => return None,
    };
    Some(RustType::of(name, ty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_that_say_nothing_are_left_out() {
        for (shown, plain) in [
            ("int(11)", "int"),
            ("int(10) unsigned", "int unsigned"),
            ("bigint(20)", "bigint"),
            ("tinyint(4)", "tinyint"),
            ("tinyint(1)", "tinyint(1)"),
            ("int(5) unsigned zerofill", "int(5) unsigned zerofill"),
            ("year(4)", "year"),
            ("decimal(10,2)", "decimal(10,2)"),
            ("varchar(20)", "varchar(20)"),
            ("point", "point"),
        ] {
            assert_eq!(without_width(shown), plain);
        }
    }

    #[test]
    fn values_of_an_enum_are_read_as_they_are_written() {
        assert_eq!(enum_values("enum('a','it''s','b,c')").unwrap(), ["'a'", "'it''s'", "'b,c'"]);
        assert_eq!(enum_values(r"enum('\'','\\')").unwrap(), [r"'\''", r"'\\'"]);
        assert_eq!(enum_values("varchar(5)"), None);
    }
}
