//! Constraints and indexes.

use super::{
    Cells, Reader,
    expression::{bare, settled},
};
use crate::schema::{
    Check, Deferral, Exclusion, ForeignKey, Index, IndexPart, Match, Nulls, Options, PrimaryKey,
    ReferentialAction, Unique,
};

impl Reader {
    pub(super) fn constraint(&mut self, row: &Cells<'_>) {
        let number = row.text(1);
        let columns = self.names(&number, &row.numbers(4));
        let carried = row.numbers(15);
        let keys = usize::try_from(row.number(16).unwrap_or_default()).unwrap_or_default();
        let include = self.names(&number, carried.get(keys..).unwrap_or_default());
        let set_columns = self.names(&number, &row.numbers(19));
        let Some(table) = self.owner_mut(&number, row.is(22)) else { return };
        let name = Some(row.text(2));
        let comment = row.get(21).map(str::to_owned);
        let deferral = match row.get(11) {
            Some("1") => Deferral::Immediate,
            Some("2") => Deferral::Deferred,
            _ => Deferral::No,
        };
        match row.get(3).unwrap_or_default() {
            "p" => {
                let mut key = PrimaryKey::new(columns).include(include).deferral(deferral);
                key.name = name;
                key.comment = comment;
                key.options = options(row, 18, 23);
                table.primary_key = Some(key);
            }
            "u" => {
                let mut unique = Unique::new(columns).include(include).deferral(deferral);
                unique.name = name;
                unique.comment = comment;
                unique.nulls_not_distinct = row.is(17);
                unique.options = options(row, 18, 23);
                table.uniques.push(unique);
            }
            "f" => {
                let mut key = ForeignKey::new(columns, row.name(5), row.list(7));
                key.name = name;
                key.comment = comment;
                key.on_update = action(row.get(8));
                key.on_delete = action(row.get(9));
                key.on_delete_columns = set_columns;
                key.matching = match row.get(10) {
                    Some("f") => Match::Full,
                    Some("p") => Match::Partial,
                    _ => Match::Simple,
                };
                key.deferral = deferral;
                key.validated = row.is(12);
                table.foreign_keys.push(key);
            }
            "c" => {
                let mut check = Check::new(bare(&row.text(14)));
                check.name = name;
                check.comment = comment;
                check.validated = row.is(12);
                check.no_inherit = row.is(13);
                check.enforced = row.get(20).is_none_or(|value| value == "true");
                table.checks.push(check);
            }
            _ => {
                let definition = row.text(14);
                let definition = definition.strip_prefix("EXCLUDE ").unwrap_or(&definition);
                let mut exclusion = Exclusion::new(settled(definition));
                exclusion.name = name;
                exclusion.comment = comment;
                table.exclusions.push(exclusion);
            }
        }
    }

    pub(super) fn index(&mut self, row: &Cells<'_>) {
        let number = row.text(1);
        let carried = row.numbers(6);
        let keys = usize::try_from(row.number(7).unwrap_or_default()).unwrap_or_default();
        let include = self.names(&number, carried.get(keys..).unwrap_or_default());
        let is_given = row.is(12);
        let Some(table) = self.owner_mut(&number, is_given) else { return };
        let mut index = Index::on([]).include(include);
        index.name = Some(row.text(3));
        index.unique = row.is(4);
        index.method = row.get(5).map(str::to_owned);
        index.predicate = row.get(8).map(bare);
        index.nulls_not_distinct = row.is(9);
        index.options = options(row, 10, 13);
        index.comment = row.get(11).map(str::to_owned);
        table.indexes.push(index);
        let at = table.indexes.len() - 1;
        self.indexes.insert(row.text(2), (number, at, is_given));
    }

    pub(super) fn index_part(&mut self, row: &Cells<'_>) {
        let Some((table, at, is_given)) = self.indexes.get(&row.text(1)).cloned() else { return };
        let column = (table.clone(), row.number(3).unwrap_or_default());
        let mut part = match (row.get(4), self.columns.get(&column)) {
            (Some(expression), _) => IndexPart::expression(bare(expression)),
            (None, Some(name)) => IndexPart::column(name.clone()),
            (None, None) => return,
        };
        part.operator_class = row.get(5).map(str::to_owned);
        part.collation = row.get(6).map(str::to_owned);
        let option = row.number(7).unwrap_or_default();
        part.descending = option & 1 != 0;
        // What stands first is what the direction does not say.
        part.nulls = match (part.descending, option & 2 != 0) {
            (false, true) => Some(Nulls::First),
            (true, false) => Some(Nulls::Last),
            _ => None,
        };
        let owner = self.owner_mut(&table, is_given);
        if let Some(index) = owner.and_then(|table| table.indexes.get_mut(at)) {
            index.parts.push(part);
        }
    }
}

/// The options of an index. One that was made on a parent alone, and of which not every partition has a part, is not valid.
fn options(row: &Cells<'_>, at: usize, only_at: usize) -> Options {
    let mut options = row.options(at);
    if row.is(only_at) {
        options.insert("only".to_owned(), "true".to_owned());
    }
    options
}

fn action(code: Option<&str>) -> ReferentialAction {
    match code {
        Some("r") => ReferentialAction::Restrict,
        Some("c") => ReferentialAction::Cascade,
        Some("n") => ReferentialAction::SetNull,
        Some("d") => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}
