//! How a table is divided, and which rows a partition has.

use super::tokens::{TokenReader, significant};
use crate::{
    database::preflight::{PartitionBounds, PartitionBy},
    sql::Syntax,
};

/// Whether the bounds of a partition are those of the default one.
pub(crate) fn is_default_partition(bounds: &str) -> bool {
    bounds.trim().eq_ignore_ascii_case("DEFAULT")
}

/// `FOR VALUES ...` or `DEFAULT`, also behind the columns that a statement declares.
pub(crate) fn partition_bounds(written: &str, syntax: &Syntax) -> Option<PartitionBounds> {
    let tokens = significant(written, syntax);
    let whole = TokenReader::new(written, &tokens);
    let mut reader = whole;
    reader.before("FOR VALUES");
    if !reader.words("FOR VALUES") {
        return whole.has("DEFAULT").then_some(PartitionBounds::Default);
    }
    if reader.words("IN") {
        return Some(PartitionBounds::In(values(&mut reader)?));
    }
    if reader.words("FROM") {
        let from = values(&mut reader)?;
        return Some(PartitionBounds::Range(
            from,
            reader.words("TO").then(|| values(&mut reader))??,
        ));
    }
    let parts = reader.words("WITH").then(|| reader.parentheses())??.parts();
    let [mut modulus, mut remainder] = parts.try_into().ok()?;
    let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |part: &mut TokenReader<'_, '_>, word: &str| {
        part.words(word).then(|| part.written()).filter(is_number).map(str::to_owned)
    };
    Some(PartitionBounds::Hash {
        modulus: number(&mut modulus, "MODULUS")?,
        remainder: number(&mut remainder, "REMAINDER")?,
    })
}

/// `PARTITION BY` with its partitions.
pub(crate) fn partition_by(written: &str, syntax: &Syntax) -> Option<PartitionBy> {
    let tokens = significant(written, syntax);
    let mut reader = TokenReader::new(written, &tokens);
    reader.words("PARTITION BY");
    reader.words("LINEAR");
    let kind = reader.any(&["HASH", "KEY", "SYSTEM_TIME", "RANGE", "LIST"])?;
    if !matches!(kind, "RANGE" | "LIST") {
        return Some(PartitionBy::Any);
    }
    reader.words("COLUMNS");
    let key = values(&mut reader)?;
    // Subpartitions may be declared before the partitions.
    let mut partitions = None;
    while !reader.is_empty() {
        match reader.parentheses() {
            Some(inner) => partitions = Some(inner),
            None => _ = reader.next(),
        }
    }
    let mut bounds = Vec::new();
    for mut partition in partitions?.parts() {
        if partition.has("DEFAULT") {
            return Some(PartitionBy::Any);
        }
        partition.before("VALUES");
        partition.words("VALUES");
        partition.any(&["LESS THAN", "IN"])?;
        bounds.push(match partition.words("MAXVALUE") {
            true => vec!["MAXVALUE".to_owned()],
            false => values(&mut partition)?,
        });
    }
    Some(match kind {
        "RANGE" => PartitionBy::Range { key, last: bounds.pop()? },
        _ => PartitionBy::List { key, values: bounds.concat() },
    })
}

/// What is between the commas in the parentheses that are next.
fn values(reader: &mut TokenReader<'_, '_>) -> Option<Vec<String>> {
    let parts = reader.parentheses()?.parts();
    Some(parts.iter().map(|part| part.written().to_owned()).collect())
}
