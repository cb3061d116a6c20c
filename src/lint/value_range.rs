//! Which values the types hold that statements name, so that a change is known that some value does not survive.

use super::{ddl::TypeName, rule::LintDatabase};
use crate::database::values::{TextRange, ValueRange, lost, widest};

/// Text or bytes without a limit.
const ANY: u64 = u64::MAX;

fn number(ty: &TypeName, at: usize) -> Option<u32> {
    ty.arguments.get(at)?.trim().parse().ok()
}

/// A whole number of so many bits.
fn whole(bits: u32, is_unsigned: bool) -> ValueRange {
    let half = 1_i128 << (bits - 1);
    match is_unsigned {
        true => ValueRange::Whole { least: 0, largest: 2 * half - 1 },
        false => ValueRange::Whole { least: -half, largest: half - 1 },
    }
}

fn exact(ty: &TypeName, is_postgres: bool, unsigned: bool) -> ValueRange {
    match (number(ty, 0), number(ty, 1)) {
        (None, _) if is_postgres => {
            ValueRange::Exact { whole: i64::MAX, scale: i64::MAX, unsigned }
        }
        (precision, scale) => {
            let scale = i64::from(scale.unwrap_or_default());
            ValueRange::Exact { whole: i64::from(precision.unwrap_or(10)) - scale, scale, unsigned }
        }
    }
}

/// What a type holds; none if that is not known. Of a text, the blanks at its end do not count here, and its character set is looked at
/// elsewhere.
fn values(ty: &TypeName, database: LintDatabase) -> Option<ValueRange> {
    let is_postgres = database == LintDatabase::Postgres;
    let (base, unsigned) = match ty.base.strip_suffix(" UNSIGNED") {
        Some(base) => (base, true),
        None => (ty.base.as_str(), false),
    };
    let length = |default: u64| number(ty, 0).map_or(default, u64::from);
    // What a time has without a number behind it.
    let digits = number(ty, 0).unwrap_or(if is_postgres { 6 } else { 0 });
    let charset = if is_postgres { "" } else { "utf8mb4" };
    let text = |characters: u64, bytes: u64| {
        ValueRange::Text(TextRange {
            characters,
            bytes,
            padded: false,
            charset: charset.to_owned(),
        })
    };
    let characters =
        |count: u64| text(count, if is_postgres { ANY } else { count * widest(charset) });
    let text_bytes = |bytes: u64| text(bytes, bytes);
    let bytes = |longest: u64| ValueRange::Bytes { longest, padded: false };
    let float = |bits: u32| ValueRange::Float { bits, written: true };
    let other = |width: Option<u64>| ValueRange::Other { name: base.to_owned(), width };
    Some(match base {
        "TINYINT" => whole(8, unsigned),
        "SMALLINT" => whole(16, unsigned),
        "MEDIUMINT" => whole(24, unsigned),
        "INTEGER" => whole(32, unsigned),
        "BIGINT" => whole(64, unsigned),
        "NUMERIC" => exact(ty, is_postgres, unsigned),
        "REAL" if is_postgres => float(24),
        "FLOAT" if is_postgres && number(ty, 0).is_some_and(|bits| bits < 25) => float(24),
        "FLOAT" if !is_postgres => float(24),
        "DOUBLE" | "FLOAT" | "REAL" => float(53),
        "CHAR" => characters(length(1)),
        "VARCHAR" if is_postgres && ty.arguments.is_empty() => text(ANY, ANY),
        "VARCHAR" => characters(length(1)),
        "TINYTEXT" => text_bytes(255),
        "TEXT" if !is_postgres => text_bytes(65_535),
        "MEDIUMTEXT" => text_bytes(16_777_215),
        "LONGTEXT" => text_bytes(u64::from(u32::MAX)),
        "TEXT" | "CITEXT" => text(ANY, ANY),
        "NAME" => text(63, ANY),
        "BINARY" | "VARBINARY" => bytes(length(1)),
        "TINYBLOB" => bytes(255),
        "BLOB" => bytes(65_535),
        "MEDIUMBLOB" => bytes(16_777_215),
        "LONGBLOB" => bytes(u64::from(u32::MAX)),
        "DATE" => ValueRange::Date,
        "TIME" | "TIME WITHOUT TIME ZONE" => {
            ValueRange::Time { digits, offset: false, days: false }
        }
        "TIMESTAMP" | "TIMESTAMPTZ" | "DATETIME" => ValueRange::Timestamp { digits },
        "BOOLEAN" if is_postgres => ValueRange::Boolean,
        "BOOLEAN" => whole(8, false),
        "BIT" => ValueRange::Bits { count: number(ty, 0).unwrap_or(1) },
        "YEAR" => ValueRange::Year,
        "UUID" => other(Some(36)),
        "JSON" | "JSONB" | "XML" | "INET" | "CIDR" | "MACADDR" | "INTERVAL" | "ENUM" | "SET"
        | "POINT" | "INET4" | "INET6" => other(None),
        _ => return None,
    })
}

/// Whether some value of the old type may not survive in the new one; no, if that is not known.
pub(super) fn loses(old: &TypeName, new: &TypeName, database: LintDatabase) -> bool {
    // The elements of an array are compared as they would be alone.
    let element = |ty: &TypeName| match ty.base.split_once(" []") {
        Some((base, _)) => (TypeName { base: base.to_owned(), ..ty.clone() }, true),
        None => (ty.clone(), false),
    };
    let ((old, is_array), (new, will_be_array)) = (element(old), element(new));
    if is_array != will_be_array || is_same(&old, &new) {
        return false;
    }
    let is_unsigned = |ty: &TypeName| ty.base.ends_with(" UNSIGNED");
    if is_unsigned(&new) && !is_unsigned(&old) {
        return true;
    }
    // MySQL and MariaDB have room for the years 1970 to 2038 there.
    let is_short = |ty: &TypeName| ty.base == "TIMESTAMP" && database != LintDatabase::Postgres;
    if is_short(&new) && matches!(old.base.as_str(), "DATETIME" | "DATE") {
        return true;
    }
    let (Some(from), Some(to)) = (values(&old, database), values(&new, database)) else {
        return false;
    };
    let is_text = |values: &ValueRange| matches!(values, ValueRange::Text(_));
    let is_form = |values: &ValueRange| matches!(values, ValueRange::Other { .. });
    // Whether one of these holds what another type has, only the server knows.
    let is_known = match (is_form(&from), is_form(&to)) {
        (true, _) => is_text(&to),
        (false, true) => is_text(&from),
        (false, false) => true,
    };
    is_known && lost(&from, &to).is_some()
}

/// The least and the greatest whole number of a type.
pub(super) fn whole_numbers(ty: &TypeName, database: LintDatabase) -> Option<(i128, i128)> {
    match values(ty, database)? {
        ValueRange::Whole { least, largest } => Some((least, largest)),
        _ => None,
    }
}

/// Whether both are the same type, however they are written.
pub(super) fn is_same(old: &TypeName, new: &TypeName) -> bool {
    // A width says how a whole number is shown, and nothing about its values.
    let is_shown_so =
        old.base.trim_end_matches(" UNSIGNED").ends_with("INT") || old.base.starts_with("INTEGER");
    old.base == new.base && (is_shown_so || old.arguments == new.arguments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        database::drivers,
        lint::ddl::{Ddl, parse},
        sql::Syntax,
    };

    fn ty(text: &str, syntax: &Syntax) -> TypeName {
        let statement = format!("ALTER TABLE t ADD COLUMN a {text}");
        match parse(&statement, syntax) {
            Ddl::AlterTable(alter) => alter.actions[0].column().unwrap().ty.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    #[expect(clippy::too_many_lines)] // A table of cases.
    fn what_does_not_fit_is_known() {
        let (pg, my) = (LintDatabase::Postgres, LintDatabase::MySql);
        let cases = [
            (pg, "bigint", "integer", true),
            (pg, "int", "bigint", false),
            (pg, "integer", "numeric(9,0)", true),
            (pg, "integer", "numeric(10,0)", false),
            (pg, "numeric(9,0)", "integer", false),
            (pg, "numeric(10,2)", "integer", true),
            (pg, "numeric(10,2)", "numeric(12,2)", false),
            (pg, "numeric(10,2)", "numeric(12,4)", false),
            (pg, "numeric(10,2)", "numeric(10,4)", true),
            (pg, "numeric", "numeric(30,10)", true),
            (pg, "numeric(30,10)", "numeric", false),
            (pg, "numeric", "double precision", true),
            (pg, "bigint", "double precision", true),
            (pg, "integer", "double precision", false),
            (pg, "integer", "real", true),
            (pg, "double precision", "real", true),
            (pg, "real", "double precision", false),
            (pg, "text", "varchar", false),
            (pg, "varchar", "text", false),
            (pg, "text", "varchar(20)", true),
            (pg, "varchar(20)", "varchar(30)", false),
            (pg, "varchar(20)", "char(20)", false),
            (pg, "text", "uuid", true),
            (pg, "uuid", "text", false),
            (pg, "text", "jsonb", true),
            (pg, "text", "boolean", true),
            (pg, "text", "timestamptz", true),
            (pg, "integer", "varchar(10)", true),
            (pg, "integer", "varchar(11)", false),
            (pg, "timestamp", "timestamp(3)", true),
            (pg, "timestamp(3)", "timestamp", false),
            (pg, "timestamp", "timestamptz", false),
            (pg, "timestamptz", "date", true),
            (pg, "date", "timestamp", false),
            (pg, "time", "time(0)", true),
            (pg, "text[]", "varchar(10)[]", true),
            (pg, "varchar(10)[]", "text[]", false),
            (pg, "bit(8)", "bit(4)", true),
            (my, "int", "int unsigned", true),
            (my, "int unsigned", "bigint", false),
            (my, "int(11)", "integer", false),
            (my, "bigint(20) unsigned", "bigint", true),
            (my, "tinyint(1)", "boolean", false),
            (my, "datetime", "timestamp", true),
            (my, "timestamp", "datetime", false),
            (my, "datetime", "date", true),
            (my, "datetime(6)", "datetime", true),
            (my, "date", "timestamp", true),
            (my, "text", "tinytext", true),
            (my, "text", "mediumtext", false),
            (my, "varchar(50)", "tinytext", false),
            (my, "varchar(255)", "tinytext", true),
            (my, "varchar(255)", "text", false),
            (my, "text", "varchar(100)", true),
            (my, "varchar(100)", "int", true),
            (my, "varchar(10)", "enum('a','b')", true),
            (my, "enum('a')", "enum('a','b')", false),
            (my, "blob", "tinyblob", true),
            (my, "decimal(10,2)", "decimal", true),
            (my, "decimal(10,2) unsigned", "decimal(10,2)", false),
            (my, "decimal(10,2)", "decimal(10,2) unsigned", true),
            (my, "double", "double unsigned", true),
            (pg, "numeric(10,2)", "double precision", true),
            (pg, "uuid", "varchar(36)", false),
            (pg, "uuid", "varchar(35)", true),
            (pg, "json", "jsonb", false),
            (pg, "boolean", "integer", false),
            (pg, "timestamp", "varchar(5)", true),
        ];
        let Some(driver) = drivers().next() else { return };
        let ty = |text| ty(text, driver.dialect.syntax());
        for (database, old, new, is_lost) in cases {
            assert_eq!(loses(&ty(old), &ty(new), database), is_lost, "{database}: {old} to {new}");
        }
    }
}
