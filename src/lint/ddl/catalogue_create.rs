//! The part of CREATE in the catalogue.

use super::{
    ColumnText, ConstraintText, DemandKind, SqlName,
    catalogue::{CREATES, CatalogueAct, CatalogueKind, CatalogueUse, KeptQuery, Walk, kind_of},
    column::column,
    table::{constraint, first_names},
    tokens::TokenReader,
};
use crate::sql::{TokenKind, name_value};

impl Walk {
    pub(super) fn create(&mut self, mut reader: TokenReader<'_, '_>) -> Option<()> {
        let replaces = reader.words("OR REPLACE");
        // MySQL: ALGORITHM = MERGE DEFINER = root@localhost SQL SECURITY INVOKER.
        if reader.is_at(&["ALGORITHM", "DEFINER", "SQL"]) {
            reader.until(&["VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"]);
        }
        reader.any(&["GLOBAL", "LOCAL"]);
        if reader.any(&["TEMPORARY", "TEMP"]).is_some() {
            // It shadows others, and nothing is in its way.
            self.uses.moves_names = !reader.is_at(&["VIEW"]);
            return Some(());
        }
        reader.any(&["UNLOGGED", "CONSTRAINT", "RECURSIVE"]);
        if reader.words("TABLE") {
            return self.create_table(reader, replaces);
        }
        if let Some(word) =
            reader.any(&["UNIQUE INDEX", "FULLTEXT INDEX", "SPATIAL INDEX", "INDEX"])
        {
            return self.create_index(reader, word == "UNIQUE INDEX", replaces);
        }
        let (word, kind) = kind_of(&mut reader)?;
        let optional = reader.words("IF NOT EXISTS");
        if optional && matches!(kind, CatalogueKind::Schema) {
            self.uses.is_conditional = true;
        }
        let name = if reader.is_at(&["AUTHORIZATION"]) { return None } else { reader.name()? };
        let act = CatalogueAct::Creates { replaces, is_partial: true };
        let mut one = CatalogueUse::new(act, kind, name.clone()).word(word).optional(optional);
        match kind {
            CatalogueKind::Trigger | CatalogueKind::Policy | CatalogueKind::Rule => {
                let table = self.create_on(kind, reader)?;
                one = one.on(&table);
            }
            CatalogueKind::Routine => {
                one.detail = format!("({})", reader.parentheses()?.written());
                if reader.words("RETURNS") && !reader.is_at(&["TABLE", "SETOF"]) {
                    one.ty = reader.name().map(|name| name.text).unwrap_or_default();
                }
            }
            CatalogueKind::Relation if word.ends_with("VIEW") => {
                reader.parentheses();
                reader.until(&["AS"]);
                self.uses.planned = reader.words("AS").then(|| query(reader));
                if word == "MATERIALIZED VIEW" {
                    self.keeps(&name, optional, reader);
                }
            }
            CatalogueKind::Type if word == "TYPE" && reader.words("AS ENUM") => {
                self.push(one);
                for mut part in reader.parentheses()?.parts() {
                    let value = part.next().filter(|token| token.kind == TokenKind::Text)?;
                    self.value(&name, name_value(value), CREATES, false);
                }
                return Some(());
            }
            _ => {}
        }
        self.push(one);
        Some(())
    }

    /// What belongs to a table: a trigger, a policy, a rule. Returns the table.
    fn create_on(
        &mut self,
        kind: CatalogueKind,
        mut reader: TokenReader<'_, '_>,
    ) -> Option<SqlName> {
        if kind != CatalogueKind::Policy {
            reader.until(&["ON", "TO"]);
        }
        if kind == CatalogueKind::Rule {
            reader.until(&["TO"]);
            reader.next();
        } else {
            reader.words("ON");
        }
        let table = reader.name()?;
        self.uses(CatalogueKind::Relation, Some(table.clone()));
        if kind == CatalogueKind::Policy {
            reader.until(&["TO", "USING", "WITH"]);
            if reader.words("TO") {
                for mut role in reader.until(&["USING", "WITH"]).parts() {
                    self.role(&mut role);
                }
            }
        }
        if kind == CatalogueKind::Policy {
            while reader.any(&["USING", "WITH CHECK"]).is_some() {
                let expression = reader.parentheses()?.written().to_owned();
                self.uses.expressions.push((table.clone(), expression));
            }
        }
        if kind == CatalogueKind::Trigger {
            reader.until(&["EXECUTE"]);
            if reader.any(&["EXECUTE FUNCTION", "EXECUTE PROCEDURE"]).is_some() {
                let function = reader.name()?;
                let mut called =
                    CatalogueUse::new(CatalogueAct::Uses, CatalogueKind::Routine, function);
                called.detail = "trigger".to_owned();
                self.push(called.word("FUNCTION"));
            }
        }
        Some(table)
    }

    pub(super) fn value(&mut self, ty: &SqlName, value: String, act: CatalogueAct, optional: bool) {
        let name = SqlName { text: format!("'{value}'"), parts: vec![value] };
        self.push(CatalogueUse::new(act, CatalogueKind::EnumValue, name).on(ty).optional(optional));
    }

    fn create_index(
        &mut self,
        mut reader: TokenReader<'_, '_>,
        unique: bool,
        replaces: bool,
    ) -> Option<()> {
        reader.words("CONCURRENTLY");
        let optional = reader.words("IF NOT EXISTS");
        let name = if reader.is_at(&["ON"]) { None } else { reader.name() };
        reader.any(&["USING BTREE", "USING HASH"]);
        if !reader.words("ON") {
            return None;
        }
        reader.words("ONLY");
        let table = reader.name()?;
        let method = if reader.words("USING") {
            reader.name()?.last().to_lowercase()
        } else {
            String::new()
        };
        let inner = reader.parentheses()?;
        let columns = first_names(inner);
        for part in inner.parts() {
            self.index_expression(&table, part);
        }
        let mut tail = reader;
        tail.until(&["WHERE"]);
        if tail.words("WHERE") {
            self.uses.expressions.push((table.clone(), tail.written().to_owned()));
        }
        let is_plain = columns.len() == inner.parts().len() && !reader.has("WHERE");
        let index = name.map(|name| {
            let act = CatalogueAct::Creates { replaces, is_partial: false };
            let mut one =
                CatalogueUse::new(act, CatalogueKind::Index, name).on(&table).optional(optional);
            one.key = is_plain.then(|| (columns.clone(), unique));
            one.ty = method;
            one.detail = inner.written().to_owned();
            one
        });
        self.uses(CatalogueKind::Relation, Some(table.clone()));
        self.uses.all.extend(index);
        columns.iter().for_each(|column| self.column_of(&table, column));
        Some(())
    }

    /// The rows of the planned query are kept, unless its end says that it is not run.
    fn keeps(&mut self, name: &SqlName, optional: bool, tail: TokenReader<'_, '_>) {
        let query = self.uses.planned.clone().filter(|_| !tail.has("WITH NO DATA"));
        self.uses.kept = query.map(|query| KeptQuery { query, name: name.clone(), optional });
    }

    fn create_table(&mut self, mut reader: TokenReader<'_, '_>, replaces: bool) -> Option<()> {
        let optional = reader.words("IF NOT EXISTS");
        self.uses.is_conditional = optional;
        let name = reader.name()?;
        let of = reader.any(&["PARTITION OF", "OF", "LIKE"]);
        let mut is_partial = of.is_some();
        let at = self.uses.all.len();
        if let Some(of) = of {
            let kind = if of == "OF" { CatalogueKind::Type } else { CatalogueKind::Relation };
            self.uses(kind, reader.name());
        } else if let Some(inner) = reader.parentheses() {
            for part in inner.parts() {
                is_partial |= self.table_part(&name, part);
            }
        } else {
            is_partial = true;
        }
        if reader.has("INHERITS") {
            is_partial = true;
            let mut tail = reader;
            tail.until(&["INHERITS"]);
            tail.next();
            for parent in tail.parentheses()?.parts() {
                self.uses(CatalogueKind::Relation, { parent }.name());
            }
        }
        let mut tail = reader;
        tail.until(&["AS", "SELECT", "WITH"]);
        if !tail.is_at(&["WITH"]) && (tail.words("AS") || tail.is_at(&["SELECT"])) {
            is_partial = true;
            self.uses.planned = Some(query(tail));
            self.keeps(&name, optional, tail);
        }
        let act = CatalogueAct::Creates { replaces, is_partial };
        let table =
            CatalogueUse::new(act, CatalogueKind::Relation, name).word("TABLE").optional(optional);
        // The server looks at its name first.
        self.uses.all.insert(at, table);
        Some(())
    }

    /// A column or constraint of a new table; returns whether it brings columns that the statement does not name.
    fn table_part(&mut self, table: &SqlName, mut part: TokenReader<'_, '_>) -> bool {
        if let Some(constraint) = constraint(part) {
            self.constraint(table, &constraint, false);
        } else if part.words("LIKE") {
            self.uses(CatalogueKind::Relation, part.name());
            return true;
        } else if part.is_at(&["INDEX", "KEY", "FULLTEXT", "SPATIAL"]) {
            self.key(table, part);
        } else if !part.is_at(&["PERIOD"])
            && let Some(column) = column(part)
        {
            self.add_column(table, &column, false);
        }
        false
    }

    /// KEY name (columns), as MySQL has it in tables.
    pub(super) fn key(&mut self, table: &SqlName, mut reader: TokenReader<'_, '_>) -> Option<()> {
        reader.any(&["FULLTEXT", "SPATIAL"]);
        reader.any(&["INDEX", "KEY"]);
        let optional = reader.words("IF NOT EXISTS");
        let name = reader.name();
        reader.any(&["USING BTREE", "USING HASH"]);
        let columns = first_names(reader.parentheses()?);
        columns.iter().for_each(|column| self.column_of(table, column));
        if let Some(name) = name {
            let mut one =
                CatalogueUse::new(CREATES, CatalogueKind::Index, name).on(table).optional(optional);
            one.key = Some((columns, false));
            self.push(one);
        }
        Some(())
    }

    /// A part of an index that is no plain column.
    fn index_expression(&mut self, table: &SqlName, mut part: TokenReader<'_, '_>) -> Option<()> {
        let whole = part;
        let expression = match part.parentheses() {
            Some(inner) => inner.written().to_owned(),
            None => {
                let name = part.name()?;
                let inner = part.parentheses()?;
                if inner.written().bytes().all(|byte| byte.is_ascii_digit()) && !inner.is_empty() {
                    return None;
                }
                format!("{name}({})", inner.written())
            }
        };
        if !whole.is_empty() {
            self.uses.expressions.push((table.clone(), expression));
        }
        Some(())
    }

    pub(super) fn add_column(&mut self, table: &SqlName, column: &ColumnText, optional: bool) {
        self.type_of(&column.ty.text);
        let mut one = CatalogueUse::new(CREATES, CatalogueKind::Column, column.name.clone())
            .on(table)
            .optional(optional);
        one.ty.clone_from(&column.ty.text);
        if column.primary_key {
            "primary key".clone_into(&mut one.detail);
        }
        one.key = (column.unique || column.primary_key)
            .then(|| (vec![column.name.last().to_owned()], true));
        self.push(one);
        self.uses.expressions.extend(column.check_text.clone().map(|check| (table.clone(), check)));
        self.uses.expressions.extend(column.computed.clone().map(|text| (table.clone(), text)));
        let default = column.default.clone().filter(|_| column.generated.is_none());
        self.uses
            .defaults
            .extend(default.map(|text| (table.clone(), column.name.last().to_owned(), text)));
        if let Some(to) = &column.references {
            self.refers(
                table,
                vec![column.name.last().to_owned()],
                to,
                column.referenced.clone(),
                "",
            );
        }
    }

    pub(super) fn type_of(&mut self, text: &str) {
        let mut ty = CatalogueUse::new(CatalogueAct::Uses, CatalogueKind::Type, SqlName::default());
        ty.ty = text.to_owned();
        self.push(ty);
    }

    fn refers(
        &mut self,
        table: &SqlName,
        columns: Vec<String>,
        to: &SqlName,
        referenced: Vec<String>,
        name: &str,
    ) {
        let act = CatalogueAct::IsReferred { columns, referenced };
        let mut one = CatalogueUse::new(act, CatalogueKind::Relation, to.clone()).on(table);
        name.clone_into(&mut one.detail);
        self.push(one);
    }

    pub(super) fn constraint(
        &mut self,
        table: &SqlName,
        constraint: &ConstraintText,
        optional: bool,
    ) {
        let is_key = matches!(constraint.kind, DemandKind::PrimaryKey | DemandKind::Unique);
        if constraint.kind != DemandKind::Exclude {
            constraint.columns.iter().for_each(|column| self.column_of(table, column));
        }
        if let Some(to) = &constraint.references {
            self.refers(
                table,
                constraint.columns.clone(),
                to,
                constraint.referenced.clone(),
                constraint.name.as_ref().map_or("", |name| name.last()),
            );
        }
        self.uses
            .expressions
            .extend(constraint.expression.clone().map(|text| (table.clone(), text)));
        let name = constraint.name.clone().unwrap_or_default();
        let mut one = CatalogueUse::new(CREATES, CatalogueKind::Constraint, name)
            .on(table)
            .optional(optional);
        one.key = is_key.then(|| (constraint.columns.clone(), true));
        one.detail = match constraint.kind {
            DemandKind::PrimaryKey => "primary key",
            DemandKind::Unique => "unique",
            DemandKind::ForeignKey => "foreign key",
            DemandKind::Check => "check",
            DemandKind::Exclude => "exclude",
        }
        .to_owned();
        if constraint.using_index {
            one.act = CatalogueAct::IsTaken;
            one.ty = constraint.text.clone();
        }
        self.push(one);
    }
}

/// A query without the parentheses around it and the words behind it.
fn query(mut reader: TokenReader<'_, '_>) -> String {
    let whole = reader;
    let query = match reader.parentheses() {
        Some(inner) if reader.is_empty() => inner,
        _ => whole,
    };
    let text = query.written();
    let mut ends = query;
    while !ends.is_empty() {
        let here = ends;
        if ends
            .any(&[
                "WITH NO DATA",
                "WITH DATA",
                "WITH CHECK OPTION",
                "WITH LOCAL CHECK OPTION",
                "WITH CASCADED CHECK OPTION",
            ])
            .is_some()
            && ends.is_empty()
        {
            return text[..text.len() - here.written().len()].trim_end().to_owned();
        }
        ends.next();
    }
    text.to_owned()
}
