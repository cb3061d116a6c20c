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
        let number = row.text("table_oid");
        let columns = self.names(&number, &row.numbers("columns"));
        let carried = row.numbers("index_columns");
        let keys = usize::try_from(row.number("key_count").unwrap_or_default()).unwrap_or_default();
        let include = self.names(&number, carried.get(keys..).unwrap_or_default());
        let set_columns = self.names(&number, &row.numbers("set_columns"));
        let Some(table) = self.owner_mut(&number, row.is("is_given")) else { return };
        let name = Some(row.text("name"));
        let comment = row.get("comment").map(str::to_owned);
        let deferral = match row.get("deferral") {
            Some("1") => Deferral::Immediate,
            Some("2") => Deferral::Deferred,
            _ => Deferral::No,
        };
        match row.get("type").unwrap_or_default() {
            "p" => {
                let mut key = PrimaryKey::new(columns).include(include).deferral(deferral);
                key.name = name;
                key.comment = comment;
                key.options = options(row);
                table.primary_key = Some(key);
            }
            "u" => {
                let mut unique = Unique::new(columns).include(include).deferral(deferral);
                unique.name = name;
                unique.comment = comment;
                unique.nulls_not_distinct = row.is("nulls_not_distinct");
                unique.options = options(row);
                table.uniques.push(unique);
            }
            "f" => {
                let mut key = ForeignKey::new(
                    columns,
                    row.name("referenced_schema", "referenced_table"),
                    row.list("referenced_columns"),
                );
                key.name = name;
                key.comment = comment;
                key.on_update = action(row.get("on_update"));
                key.on_delete = action(row.get("on_delete"));
                key.on_delete_columns = set_columns;
                key.matching = match row.get("matching") {
                    Some("f") => Match::Full,
                    Some("p") => Match::Partial,
                    _ => Match::Simple,
                };
                key.deferral = deferral;
                key.validated = row.is("validated");
                table.foreign_keys.push(key);
            }
            "c" => {
                let mut check = Check::new(bare(&row.text("definition")));
                check.name = name;
                check.comment = comment;
                check.validated = row.is("validated");
                check.no_inherit = row.is("no_inherit");
                check.enforced = row.get("enforced").is_none_or(|value| value == "true");
                table.checks.push(check);
            }
            _ => {
                let definition = row.text("definition");
                let definition = definition.strip_prefix("EXCLUDE ").unwrap_or(&definition);
                let mut exclusion = Exclusion::new(settled(definition));
                exclusion.name = name;
                exclusion.comment = comment;
                table.exclusions.push(exclusion);
            }
        }
    }

    pub(super) fn index(&mut self, row: &Cells<'_>) {
        let number = row.text("table_oid");
        let carried = row.numbers("columns");
        let keys = usize::try_from(row.number("key_count").unwrap_or_default()).unwrap_or_default();
        let include = self.names(&number, carried.get(keys..).unwrap_or_default());
        let is_given = row.is("is_given");
        let Some(table) = self.owner_mut(&number, is_given) else { return };
        let mut index = Index::on([]).include(include);
        index.name = Some(row.text("name"));
        index.unique = row.is("is_unique");
        index.method = row.get("method").map(str::to_owned);
        index.predicate = row.get("predicate").map(bare);
        index.nulls_not_distinct = row.is("nulls_not_distinct");
        index.options = options(row);
        index.comment = row.get("comment").map(str::to_owned);
        table.indexes.push(index);
        let at = table.indexes.len() - 1;
        self.indexes.insert(row.text("oid"), (number, at, is_given));
    }

    pub(super) fn index_part(&mut self, row: &Cells<'_>) {
        let Some((table, at, is_given)) = self.indexes.get(&row.text("index_oid")).cloned() else {
            return;
        };
        let column = (table.clone(), row.number("column_number").unwrap_or_default());
        let mut part = match (row.get("expression"), self.columns.get(&column)) {
            (Some(expression), _) => IndexPart::expression(bare(expression)),
            (None, Some(name)) => IndexPart::column(name.clone()),
            (None, None) => return,
        };
        part.operator_class = row.get("operator_class").map(str::to_owned);
        part.collation = row.get("collation").map(str::to_owned);
        let option = row.number("direction").unwrap_or_default();
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
fn options(row: &Cells<'_>) -> Options {
    let mut options = row.options("options");
    if row.is("is_incomplete") {
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
