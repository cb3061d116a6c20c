//! What values lose when a column becomes another.
//!
//! A type limits nothing: it says which values become others when they are stored.

use super::types::{Affinity, affinity};
use crate::{
    change::Change,
    schema::{Column, Name, Schema},
};

/// `sides` are the current schema and the future one.
pub(super) fn loses(change: &Change, sides: (&Schema, &Schema)) -> Option<&'static str> {
    let strict = |table: &Name| (is_strict(sides.0, table), is_strict(sides.1, table));
    match change {
        Change::AlterColumn { table, from, to, .. } => {
            let (before, after) = strict(table);
            between((from, before), (to, after))
        }
        Change::AlterOptions { table, .. } => {
            let (before, after) = strict(table);
            let columns = sides.0.find_table(table).map(|table| table.columns.as_slice());
            let mut columns = columns.unwrap_or_default().iter();
            columns.find_map(|column| between((column, before), (column, after)))
        }
        _ => None,
    }
}

fn is_strict(schema: &Schema, table: &Name) -> bool {
    schema.find_table(table).is_some_and(|table| table.options.contains_key("strict"))
}

/// What a column makes of a value. `ANY` leaves every value as it is, where the table is strict.
fn kind((column, strict): (&Column, bool)) -> Affinity {
    let ty = column.ty.text();
    if strict && ty.eq_ignore_ascii_case("any") { Affinity::Blob } else { affinity(ty) }
}

/// Types that hold no fractions, whatever the affinity is called.
fn is_date_or_flag(ty: &str) -> bool {
    let ty = ty.to_ascii_uppercase();
    ["DATE", "TIME", "BOOL"].iter().any(|word| ty.contains(word))
}

fn between(from: (&Column, bool), to: (&Column, bool)) -> Option<&'static str> {
    use Affinity as A;
    let is_blob = |of: (&Column, bool)| of.1 && of.0.ty.text().eq_ignore_ascii_case("blob");
    match (kind(from), kind(to)) {
        // Bytes have no place in another column, nor has anything else in one of bytes, where the table is strict.
        (A::Blob, _) if to.1 && !is_blob(to) && kind(to) != A::Blob => {
            Some("bytes, and values of other types, are lost or make it fail")
        }
        (a, A::Blob) if is_blob(to) && a != A::Blob && a != A::Text => {
            Some("values that are no bytes become some")
        }
        (a, b) if a == b => None,
        (_, A::Blob) | (A::Integer, A::Numeric) | (A::Numeric, A::Integer) => None,
        (A::Real, A::Integer) if to.1 => Some("numbers that are not whole make it fail"),
        (A::Real, A::Integer | A::Numeric) => None,
        (A::Integer | A::Numeric, A::Real) => {
            Some("whole numbers above 9007199254740992 are rounded")
        }
        (A::Integer, A::Text) => None,
        (A::Numeric, A::Text) if is_date_or_flag(from.0.ty.text()) => None,
        (A::Real | A::Numeric, A::Text) => Some("numbers are written with fifteen digits"),
        (A::Blob, A::Text) => Some("numbers become texts"),
        (A::Text | A::Blob, _) => {
            Some("texts that are numbers become numbers: '007' is 7 afterwards")
        }
        _ => Some("values that are none of the new type are lost or make it fail"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Type;

    #[test]
    fn every_pair_by_the_rule() {
        for (a, b, there, back) in [
            ("INTEGER", "BIGINT", false, false),
            ("INTEGER", "NUMERIC", false, false),
            ("INTEGER", "REAL", true, false),
            ("INTEGER", "TEXT", false, true),
            ("INTEGER", "BLOB", false, true),
            ("REAL", "TEXT", true, true),
            ("REAL", "NUMERIC", false, true),
            ("REAL", "", false, true),
            ("TEXT", "VARCHAR(3)", false, false),
            ("TEXT", "BLOB", false, true),
            ("TEXT", "DATE", true, false),
            ("TEXT", "NUMERIC", true, true),
            ("DOUBLE", "FLOAT", false, false),
            ("BOOLEAN", "INTEGER", false, false),
            ("ANY", "NUMERIC", false, false),
        ] {
            let column = |ty: &str| Column::new("c", Type::sql(ty));
            let (one, other) = (column(a), column(b));
            let lost = |from, to| between((from, false), (to, false));
            assert_eq!(lost(&one, &other).is_some(), there, "{a} -> {b}: {:?}", lost(&one, &other));
            assert_eq!(lost(&other, &one).is_some(), back, "{b} -> {a}: {:?}", lost(&other, &one));
        }
        let any = Column::new("c", Type::sql("ANY"));
        assert!(between((&any, true), (&any, false)).is_some(), "'007' becomes 7");
        assert!(between((&any, false), (&any, true)).is_none());
    }
}
