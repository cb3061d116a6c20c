//! Which values a type holds, so that a change is known that some value does not survive.

use super::{ddl::TypeName, rule::LintDatabase};

/// The values of a type, as far as two of them can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueRange {
    /// Whole numbers.
    Whole {
        least: i128,
        most: i128,
    },
    /// Exact numbers: the digits before the point, and those behind it.
    Exact {
        whole: u32,
        scale: u32,
    },
    /// Exact numbers of any length.
    AnyExact,
    /// Floating-point numbers: the whole numbers with so many digits are all among them.
    Float {
        digits: u32,
    },
    /// Text of so many characters.
    Chars(u64),
    /// Text of so many bytes.
    TextBytes(u64),
    /// Text of any length.
    AnyText,
    /// So many bytes.
    Bytes(u64),
    Date,
    /// A time of the day, with so many digits of a second.
    Time(u32),
    /// A point in time, with so many digits of a second.
    Moment(u32),
    /// The same between the years 1970 and 2038.
    ShortMoment(u32),
    /// Texts in a form of their own: a UUID, JSON, an address. Other texts do not have it.
    Form,
}

use ValueRange::{
    AnyExact, AnyText, Bytes, Chars, Date, Exact, Float, Form, Moment, ShortMoment, TextBytes,
    Time, Whole,
};

/// How many bytes a character has at most.
const CHAR_BYTES: u64 = 4;

fn number(ty: &TypeName, at: usize) -> Option<u32> {
    ty.arguments.get(at)?.trim().parse().ok()
}

/// A whole number of so many bits.
fn whole(bits: u32, is_unsigned: bool) -> ValueRange {
    let half = 1_i128 << (bits - 1);
    match is_unsigned {
        true => Whole { least: 0, most: 2 * half - 1 },
        false => Whole { least: -half, most: half - 1 },
    }
}

fn exact(ty: &TypeName, is_postgres: bool) -> ValueRange {
    match (number(ty, 0), number(ty, 1)) {
        (None, _) if is_postgres => AnyExact,
        (precision, scale) => {
            let (precision, scale) = (precision.unwrap_or(10), scale.unwrap_or_default());
            Exact { whole: precision.saturating_sub(scale), scale }
        }
    }
}

/// How many digits a whole number has.
fn digits_of(number: i128) -> u32 {
    number.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1)
}

impl ValueRange {
    fn of(ty: &TypeName, database: LintDatabase) -> Option<Self> {
        let is_postgres = database == LintDatabase::Postgres;
        let (base, is_unsigned) = match ty.base.strip_suffix(" UNSIGNED") {
            Some(base) => (base, true),
            None => (ty.base.as_str(), false),
        };
        let length = |default: u64| number(ty, 0).map_or(default, u64::from);
        // What a time has without a number behind it.
        let digits = number(ty, 0).unwrap_or(if is_postgres { 6 } else { 0 });
        Some(match base {
            "TINYINT" => whole(8, is_unsigned),
            "SMALLINT" => whole(16, is_unsigned),
            "MEDIUMINT" => whole(24, is_unsigned),
            "INTEGER" | "INT" => whole(32, is_unsigned),
            "BIGINT" => whole(64, is_unsigned),
            "NUMERIC" => exact(ty, is_postgres),
            "REAL" if is_postgres => Float { digits: 6 },
            "FLOAT" if is_postgres && number(ty, 0).is_some_and(|bits| bits < 25) => {
                Float { digits: 6 }
            }
            "FLOAT" if !is_postgres => Float { digits: 6 },
            "DOUBLE" | "FLOAT" | "REAL" => Float { digits: 15 },
            "CHAR" => Chars(length(1)),
            "VARCHAR" if is_postgres && ty.arguments.is_empty() => AnyText,
            "VARCHAR" => Chars(length(1)),
            "TINYTEXT" => TextBytes(255),
            "TEXT" if !is_postgres => TextBytes(65_535),
            "MEDIUMTEXT" => TextBytes(16_777_215),
            "LONGTEXT" => TextBytes(u64::from(u32::MAX)),
            "TEXT" | "CITEXT" | "NAME" => AnyText,
            "BINARY" | "VARBINARY" => Bytes(length(1)),
            "TINYBLOB" => Bytes(255),
            "BLOB" => Bytes(65_535),
            "MEDIUMBLOB" => Bytes(16_777_215),
            "LONGBLOB" => Bytes(u64::from(u32::MAX)),
            "DATE" => Date,
            "TIME" | "TIME WITHOUT TIME ZONE" => Time(digits),
            "TIMESTAMP" if !is_postgres => ShortMoment(digits),
            "TIMESTAMP" | "TIMESTAMPTZ" | "DATETIME" => Moment(digits),
            "UUID" | "JSON" | "JSONB" | "XML" | "INET" | "CIDR" | "MACADDR" | "INTERVAL"
            | "ENUM" | "SET" | "YEAR" | "POINT" | "INET4" | "INET6" => Form,
            "BOOLEAN" if is_postgres => Form,
            "BOOLEAN" => whole(8, false),
            _ => return None,
        })
    }

    /// The digits of the longest whole number, and of its sign.
    fn length(self) -> Option<u64> {
        match self {
            Whole { least, most } => {
                let sign = u64::from(least < 0);
                Some(u64::from(digits_of(least).max(digits_of(most))) + sign)
            }
            Date => Some(10),
            _ => None,
        }
    }

    /// Whether each value of `old` is kept as it is; none if that is not known.
    fn holds(self, old: Self) -> Option<bool> {
        Some(match (old, self) {
            (Whole { least, most }, Whole { least: new_least, most: new_most }) => {
                new_least <= least && most <= new_most
            }
            (Whole { most, .. }, Exact { whole, .. }) => digits_of(most) <= whole,
            (Whole { most, .. }, Float { digits }) => digits_of(most) <= digits,
            (Exact { whole, scale: 0 }, Whole { most, .. }) => whole < digits_of(most),
            (Exact { whole, scale }, Exact { whole: new_whole, scale: new_scale }) => {
                whole <= new_whole && scale <= new_scale
            }
            (Exact { whole, scale }, Float { digits }) => whole + scale <= digits,
            (Float { digits: old }, Float { digits: new }) => old <= new,
            (Whole { .. } | Exact { .. } | AnyExact, AnyExact) => true,
            (Exact { .. } | AnyExact | Float { .. }, Whole { .. } | Exact { .. })
            | (AnyExact, Float { .. }) => false,
            (Chars(old), Chars(new)) => old <= new,
            (TextBytes(old), TextBytes(new)) | (Bytes(old), Bytes(new)) => old <= new,
            (Chars(old), TextBytes(new)) => old.saturating_mul(CHAR_BYTES) <= new,
            (TextBytes(old), Chars(new)) => old <= new,
            (AnyText, Chars(_)) => false,
            (Chars(_) | TextBytes(_) | AnyText, AnyText) => true,
            (Chars(_) | TextBytes(_) | AnyText, _) => return self.holds_texts(),
            (Whole { .. } | Date, Chars(new)) => old.length()? <= new,
            (Moment(_) | ShortMoment(_), Date | Time(_)) | (Time(_), Date) => false,
            (Date | Moment(_), ShortMoment(_)) => false,
            (Date, Moment(_)) => true,
            (Moment(old) | ShortMoment(old), Moment(new))
            | (ShortMoment(old), ShortMoment(new))
            | (Time(old), Time(new)) => old <= new,
            _ => return None,
        })
    }

    /// Whether each text is a value of it.
    fn holds_texts(self) -> Option<bool> {
        match self {
            Bytes(_) => None,
            _ => Some(false),
        }
    }
}

/// Whether some value of the old type may not survive in the new one; no, if that is not known.
pub(super) fn loses(old: &TypeName, new: &TypeName, database: LintDatabase) -> bool {
    // The elements of an array are compared as they would be alone.
    let element = |ty: &TypeName| match ty.base.split_once(" []") {
        Some((base, _)) => (TypeName { base: base.to_owned(), ..ty.clone() }, true),
        None => (ty.clone(), false),
    };
    let ((old, is_array), (new, will_be_array)) = (element(old), element(new));
    if is_array != will_be_array {
        return false;
    }
    let is_unsigned = |ty: &TypeName| ty.base.ends_with(" UNSIGNED");
    if is_unsigned(&new) && !is_unsigned(&old) {
        return true;
    }
    if is_same(&old, &new) || old.base == new.base && matches!(old.base.as_str(), "ENUM" | "SET") {
        return false;
    }
    let bits = |ty: &TypeName| (ty.base == "BIT").then(|| number(ty, 0).unwrap_or(1));
    if let (Some(old), Some(new)) = (bits(&old), bits(&new)) {
        return new < old;
    }
    let range = |ty| ValueRange::of(ty, database);
    match (range(&old), range(&new)) {
        (Some(old), Some(new)) => new.holds(old) == Some(false),
        _ => false,
    }
}

/// The least and the greatest whole number of a type.
pub(super) fn whole_numbers(ty: &TypeName, database: LintDatabase) -> Option<(i128, i128)> {
    match ValueRange::of(ty, database)? {
        Whole { least, most } => Some((least, most)),
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
        ];
        let Some(driver) = drivers().next() else { return };
        let ty = |text| ty(text, driver.dialect.syntax());
        for (database, old, new, is_lost) in cases {
            assert_eq!(loses(&ty(old), &ty(new), database), is_lost, "{database}: {old} to {new}");
        }
    }
}
