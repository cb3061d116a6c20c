//! Keys and other constraints: of a column, and of a table.

use super::text::{self, ExpressionNames, SqlReader, expression, parts};
use crate::{
    schema::{
        Check, Deferral, ForeignKey, Match, Options, PrimaryKey, ReferentialAction, Table, Unique,
    },
    sql::Token,
};

/// What was seen on the way and belongs to the table.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) autoincrement: bool,
    /// The primary key is written at its column.
    pub(super) is_inline: bool,
}

/// A constraint that is read.
pub(super) struct Constraint<'c> {
    pub(super) name: Option<String>,
    /// Where it stands.
    pub(super) column: Option<&'c str>,
}

/// Reads constraints of a table; a comma between two of them may be left out.
pub(super) fn read(
    pieces: &[Token<'_>],
    names: ExpressionNames<'_>,
    table: &mut Table,
    keys: &mut Keys,
) -> Option<()> {
    let mut reader = SqlReader::new(pieces);
    let mut own: Option<String> = None;
    while !reader.is_at_end() {
        let constraint = Constraint { name: own.take(), column: None };
        if reader.word("CONSTRAINT") {
            own = Some(reader.name()?);
        } else if reader.word("CHECK") {
            let mut check = Check::new(expression(reader.group()?, names));
            check.name = constraint.name;
            table.checks.push(check);
            // It may be written here and does nothing.
            conflict(&mut reader);
        } else {
            constraint.read(&mut reader, names, table, keys)?;
        }
    }
    Some(())
}

impl Constraint<'_> {
    /// Keys: those that stand at a column and those that do not.
    pub(super) fn read(
        self,
        reader: &mut SqlReader<'_, '_>,
        names: ExpressionNames<'_>,
        table: &mut Table,
        keys: &mut Keys,
    ) -> Option<()> {
        if reader.words(&["PRIMARY", "KEY"]) {
            table.primary_key = Some(self.primary_key(reader, names, keys)?);
        } else if reader.word("UNIQUE") {
            let mut unique = Unique::default();
            (unique.columns, unique.options) = self.columns(reader, names, keys)?;
            unique.options.extend(conflict(reader).map(|word| ("conflict".to_owned(), word)));
            unique.name = self.name;
            // SQLite makes one index for two that say the same.
            if unique.name.is_some() || !table.uniques.iter().any(|known| is_same(known, &unique)) {
                table.uniques.push(unique);
            }
        } else if reader.words(&["FOREIGN", "KEY"]) || reader.is_word("REFERENCES") {
            table.foreign_keys.push(self.foreign_key(reader, names)?);
        } else {
            // Behind a foreign key at a column.
            let key = table.foreign_keys.last_mut()?;
            key.deferral = deferral(reader)?;
        }
        Some(())
    }

    fn primary_key(
        self,
        reader: &mut SqlReader<'_, '_>,
        names: ExpressionNames<'_>,
        keys: &mut Keys,
    ) -> Option<PrimaryKey> {
        let mut key = PrimaryKey::default();
        keys.is_inline = self.column.is_some();
        (key.columns, key.options) = self.columns(reader, names, keys)?;
        if self.column.is_some() && direction(reader) {
            key.options.insert("descending".to_owned(), "1".to_owned());
        }
        key.options.extend(conflict(reader).map(|word| ("conflict".to_owned(), word)));
        keys.autoincrement |= reader.word("AUTOINCREMENT");
        key.name = self.name;
        Some(key)
    }

    /// The columns of a key; what else is said of each is an option that names its place.
    fn columns(
        &self,
        reader: &mut SqlReader<'_, '_>,
        names: ExpressionNames<'_>,
        keys: &mut Keys,
    ) -> Option<(Vec<String>, Options)> {
        if let Some(column) = self.column {
            return Some((vec![column.to_owned()], Options::new()));
        }
        let (mut columns, mut collations, mut descending) = (Vec::new(), Vec::new(), Vec::new());
        for (at, part) in parts(reader.group()?).into_iter().enumerate() {
            let mut part = SqlReader::new(part);
            columns.push(names.spelled(&part.name()?));
            if part.word("COLLATE") {
                collations.push(format!("{} {}", at + 1, text::collation(&part.name()?)));
            }
            if direction(&mut part) {
                descending.push((at + 1).to_string());
            }
            keys.autoincrement |= part.word("AUTOINCREMENT");
            part.is_at_end().then_some(())?;
        }
        let mut options = Options::new();
        for (name, values) in [("collations", collations), ("descending", descending)] {
            if !values.is_empty() {
                options.insert(name.to_owned(), values.join(", "));
            }
        }
        Some((columns, options))
    }

    fn foreign_key(
        self,
        reader: &mut SqlReader<'_, '_>,
        names: ExpressionNames<'_>,
    ) -> Option<ForeignKey> {
        let columns = match self.column {
            Some(column) => vec![column.to_owned()],
            None => named(reader.group()?)?.iter().map(|name| names.spelled(name)).collect(),
        };
        reader.word("REFERENCES").then_some(())?;
        let mut key = ForeignKey::new(columns, reader.name()?, Vec::<String>::new());
        if let Some(group) = reader.group() {
            key.referenced = named(group)?;
        }
        key.name = self.name;
        loop {
            if reader.words(&["ON", "DELETE"]) {
                key.on_delete = action(reader)?;
            } else if reader.words(&["ON", "UPDATE"]) {
                key.on_update = action(reader)?;
            } else if reader.words(&["ON", "INSERT"]) {
                action(reader)?;
            } else if reader.word("MATCH") {
                key.matching = match reader.name()?.to_ascii_uppercase().as_str() {
                    "FULL" => Match::Full,
                    "PARTIAL" => Match::Partial,
                    _ => Match::Simple,
                };
            } else if let Some(deferral) = deferral(reader) {
                key.deferral = deferral;
            } else {
                return Some(key);
            }
        }
    }
}

fn is_same(one: &Unique, other: &Unique) -> bool {
    one.columns == other.columns && one.options == other.options
}

/// Names between commas.
fn named(pieces: &[Token<'_>]) -> Option<Vec<String>> {
    parts(pieces).into_iter().map(|part| SqlReader::new(part).name()).collect()
}

/// Consumes ASC or DESC, and says whether it was DESC.
pub(super) fn direction(reader: &mut SqlReader<'_, '_>) -> bool {
    let _ = reader.word("ASC");
    reader.word("DESC")
}

/// What is done with a row that is in the way, where that is not the usual.
pub(super) fn conflict(reader: &mut SqlReader<'_, '_>) -> Option<String> {
    if !reader.words(&["ON", "CONFLICT"]) {
        return None;
    }
    let word = reader.name()?.to_ascii_uppercase();
    (word != "ABORT").then_some(word)
}

fn action(reader: &mut SqlReader<'_, '_>) -> Option<ReferentialAction> {
    Some(if reader.words(&["SET", "NULL"]) {
        ReferentialAction::SetNull
    } else if reader.words(&["SET", "DEFAULT"]) {
        ReferentialAction::SetDefault
    } else if reader.word("CASCADE") {
        ReferentialAction::Cascade
    } else if reader.word("RESTRICT") {
        ReferentialAction::Restrict
    } else if reader.words(&["NO", "ACTION"]) {
        ReferentialAction::NoAction
    } else {
        return None;
    })
}

fn deferral(reader: &mut SqlReader<'_, '_>) -> Option<Deferral> {
    let is_deferrable = !reader.words(&["NOT", "DEFERRABLE"]);
    if is_deferrable && !reader.word("DEFERRABLE") {
        return None;
    }
    let is_deferred = reader.words(&["INITIALLY", "DEFERRED"]);
    let _ = is_deferred || reader.words(&["INITIALLY", "IMMEDIATE"]);
    Some(match (is_deferrable, is_deferred) {
        (false, _) => Deferral::No,
        (true, false) => Deferral::Immediate,
        (true, true) => Deferral::Deferred,
    })
}
