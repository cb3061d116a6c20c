//! The part of ALTER and DROP in the catalogue.

use super::{
    SqlName,
    catalogue::{CREATES, CatalogueAct, CatalogueKind, CatalogueUse, Walk, kind_of},
    column::{column, column_of, read_type},
    table::constraint,
    tokens::TokenReader,
};
use crate::sql::{TokenKind, name_value};

fn rank(one: &CatalogueUse) -> u8 {
    match one.act {
        // A key before the columns and indexes that it needs.
        CatalogueAct::Drops { .. } if one.kind == CatalogueKind::Constraint => 0,
        CatalogueAct::Drops { .. } => 1,
        CatalogueAct::Uses if one.detail == "default" => 1,
        CatalogueAct::Retypes(_) | CatalogueAct::Renames(_) => 2,
        CatalogueAct::Creates { .. } if one.kind == CatalogueKind::Column => 3,
        _ => 4,
    }
}

const DROPS: CatalogueAct = CatalogueAct::Drops { cascade: false };

impl Walk {
    pub(super) fn drop(&mut self, mut reader: TokenReader<'_, '_>) -> Option<()> {
        if reader.words("OWNED BY") {
            self.uses.moves_names = true;
            return Some(());
        }
        reader.words("TEMPORARY");
        let (word, kind) = kind_of(&mut reader)?;
        reader.words("CONCURRENTLY");
        let optional = reader.words("IF EXISTS");
        let act = CatalogueAct::Drops { cascade: reader.has("CASCADE") };
        let one = |name| CatalogueUse::new(act.clone(), kind, name).word(word).optional(optional);
        if kind == CatalogueKind::Routine {
            for mut part in reader.parts() {
                let mut routine = one(part.name()?);
                routine.detail = match part.parentheses() {
                    Some(arguments) => format!("({})", arguments.written()),
                    None => String::new(),
                };
                self.push(routine);
            }
            return Some(());
        }
        let names = reader.names();
        let on = reader.words("ON").then(|| reader.name()).flatten();
        for name in names {
            let mut dropped = one(name);
            dropped.on.clone_from(&on);
            self.push(dropped);
        }
        Some(())
    }

    pub(super) fn alter(&mut self, mut reader: TokenReader<'_, '_>) -> Option<()> {
        reader.any(&["ONLINE", "IGNORE"]);
        if reader.any(&["DEFAULT PRIVILEGES", "SYSTEM", "EVENT TRIGGER"]).is_some() {
            return None;
        }
        let (word, kind) = kind_of(&mut reader)?;
        if reader.words("ALL IN TABLESPACE") {
            return None;
        }
        let optional = reader.words("IF EXISTS");
        self.uses.is_conditional = optional;
        reader.words("ONLY");
        let name = reader.name()?;
        reader.symbol("*");
        let mut object =
            CatalogueUse::new(CatalogueAct::Uses, kind, name.clone()).word(word).optional(optional);
        if kind == CatalogueKind::Routine {
            object.detail = match reader.parentheses() {
                Some(arguments) => format!("({})", arguments.written()),
                None => String::new(),
            };
        }
        if reader.words("ON") {
            object.on = reader.name();
        }
        if kind == CatalogueKind::Relation && word != "SEQUENCE" {
            // ALTER TABLE also takes others: to rename them, for example.
            object.word = if word == "TABLE" && reader.is_at(&["RENAME", "OWNER", "SET"]) {
                ""
            } else {
                word
            };
            self.push(object);
            // Whatever their order, the server drops first, then it changes, and then it adds.
            let mut actions: Vec<(u8, Vec<CatalogueUse>)> = Vec::new();
            for part in reader.parts() {
                let at = self.uses.all.len();
                let _ = self.action(&name, part);
                let uses = self.uses.all.split_off(at);
                let rank = uses.iter().map(rank).min().unwrap_or_default();
                actions.push((rank, uses));
            }
            actions.sort_by_key(|(rank, _)| *rank);
            self.uses.all.extend(actions.into_iter().flat_map(|(_, uses)| uses));
            return Some(());
        }
        self.other(object, reader)
    }

    /// What happens to an object that is no table.
    fn other(&mut self, object: CatalogueUse, mut reader: TokenReader<'_, '_>) -> Option<()> {
        let (kind, name) = (object.kind, object.name.clone());
        if reader.words("RENAME TO") {
            let to = reader.name()?;
            self.push(CatalogueUse { act: CatalogueAct::Renames(to), ..object });
            return Some(());
        }
        if reader.words("SET SCHEMA") {
            let to = reader.name()?;
            self.uses(CatalogueKind::Schema, Some(to.clone()));
            self.push(CatalogueUse { act: CatalogueAct::MovesTo(to), ..object });
            return Some(());
        }
        self.push(object);
        if reader.words("OWNER TO") {
            self.owner(&mut reader);
        } else if kind == CatalogueKind::Type {
            let text = |reader: &mut TokenReader<'_, '_>| {
                reader.next().filter(|token| token.kind == TokenKind::Text).map(name_value)
            };
            if reader.words("ADD VALUE") {
                let optional = reader.words("IF NOT EXISTS");
                let value = text(&mut reader)?;
                if reader.any(&["BEFORE", "AFTER"]).is_some() {
                    let neighbour = text(&mut reader)?;
                    self.value(&name, neighbour, CatalogueAct::Uses, false);
                }
                self.value(&name, value, CREATES, optional);
            } else if reader.words("RENAME VALUE") {
                let from = text(&mut reader)?;
                let to = reader.words("TO").then(|| text(&mut reader)).flatten()?;
                let to = SqlName { text: format!("'{to}'"), parts: vec![to] };
                self.value(&name, from, CatalogueAct::Renames(to), false);
            } else if reader.any(&["DROP CONSTRAINT", "VALIDATE CONSTRAINT"]).is_some() {
                let optional = reader.words("IF EXISTS");
                let constraint = reader.name()?;
                let one =
                    CatalogueUse::new(CatalogueAct::Uses, CatalogueKind::Constraint, constraint);
                self.push(one.on(&name).optional(optional));
            }
        }
        Some(())
    }

    fn part(
        &mut self,
        table: &SqlName,
        act: CatalogueAct,
        kind: CatalogueKind,
        name: SqlName,
        optional: bool,
    ) {
        self.push(CatalogueUse::new(act, kind, name).on(table).optional(optional));
    }

    /// A role that gets the object.
    fn owner(&mut self, reader: &mut TokenReader<'_, '_>) {
        let at = self.uses.all.len();
        self.role(reader);
        for one in &mut self.uses.all[at..] {
            "owner".clone_into(&mut one.detail);
        }
    }

    /// One action of ALTER TABLE.
    fn action(&mut self, table: &SqlName, mut reader: TokenReader<'_, '_>) -> Option<()> {
        if reader.words("ADD") {
            return self.add(table, reader);
        }
        if reader.words("DROP") {
            return self.drop_part(table, reader);
        }
        if reader.words("ALTER") {
            return self.alter_column(table, reader);
        }
        if reader.words("RENAME") {
            return self.rename(table, reader);
        }
        if let Some(word) = reader.any(&["MODIFY", "CHANGE"]) {
            reader.words("COLUMN");
            let optional = reader.words("IF EXISTS");
            let from = reader.name()?;
            let to = if word == "CHANGE" { Some(reader.name()?) } else { None };
            let column = column_of(to.clone().unwrap_or_else(|| from.clone()), reader);
            let act = CatalogueAct::Retypes(column.declared_type().text);
            self.part(table, act, CatalogueKind::Column, from.clone(), optional);
            if let Some(to) = to.filter(|to| !to.is_called(from.last())) {
                self.part(table, CatalogueAct::Renames(to), CatalogueKind::Column, from, optional);
            }
            return Some(());
        }
        let kinds = [
            ("VALIDATE CONSTRAINT", CatalogueKind::Constraint),
            ("DISABLE TRIGGER", CatalogueKind::Trigger),
            ("ENABLE TRIGGER", CatalogueKind::Trigger),
            ("ENABLE ALWAYS TRIGGER", CatalogueKind::Trigger),
            ("ENABLE REPLICA TRIGGER", CatalogueKind::Trigger),
            ("CLUSTER ON", CatalogueKind::Index),
            ("REPLICA IDENTITY USING INDEX", CatalogueKind::Index),
        ];
        for (words, kind) in kinds {
            if reader.words(words) {
                if !reader.is_at(&["ALL", "USER"]) {
                    let name = reader.name()?;
                    self.part(table, CatalogueAct::Uses, kind, name, false);
                }
                return Some(());
            }
        }
        if reader.words("OWNER TO") {
            self.owner(&mut reader);
        } else if reader.words("SET SCHEMA") {
            let to = reader.name()?;
            self.uses(CatalogueKind::Schema, Some(to.clone()));
            self.push(CatalogueUse::new(
                CatalogueAct::MovesTo(to),
                CatalogueKind::Relation,
                table.clone(),
            ));
        } else if reader.words("SET TABLESPACE") {
            self.uses(CatalogueKind::Tablespace, reader.name());
        } else if reader.any(&["ATTACH PARTITION", "INHERIT", "NO INHERIT"]).is_some() {
            self.uses(CatalogueKind::Relation, reader.name());
        } else if reader.words("DETACH PARTITION") {
            let name = reader.name()?;
            self.uses(CatalogueKind::Relation, Some(name.clone()));
            self.part(table, CatalogueAct::Uses, CatalogueKind::Partition, name, false);
        } else if reader.words("TRUNCATE PARTITION") && !reader.is_at(&["ALL"]) {
            for name in reader.names() {
                self.part(table, CatalogueAct::Uses, CatalogueKind::Partition, name, false);
            }
        }
        Some(())
    }

    fn add(&mut self, table: &SqlName, mut reader: TokenReader<'_, '_>) -> Option<()> {
        let mut behind = reader;
        let mut optional = false;
        // MariaDB: ADD CONSTRAINT IF NOT EXISTS name, ADD FOREIGN KEY IF NOT EXISTS name.
        for words in
            ["CONSTRAINT IF NOT EXISTS", "FOREIGN KEY IF NOT EXISTS", "UNIQUE IF NOT EXISTS"]
        {
            optional |= behind.words(words);
        }
        if optional {
            return None;
        }
        if let Some(constraint) = constraint(reader) {
            self.constraint(table, &constraint, false);
            return Some(());
        }
        if reader.is_at(&["INDEX", "KEY", "FULLTEXT", "SPATIAL"]) {
            return self.key(table, reader);
        }
        if reader.words("PARTITION") {
            let optional = reader.words("IF NOT EXISTS");
            for mut part in reader.parentheses()?.parts() {
                if part.words("PARTITION") {
                    let name = part.name()?;
                    self.part(table, CREATES, CatalogueKind::Partition, name, optional);
                }
            }
            return Some(());
        }
        if reader.is_at(&["GENERATED", "SYSTEM", "PERIOD"]) {
            return None;
        }
        reader.words("COLUMN");
        let optional = reader.words("IF NOT EXISTS");
        let parts = match reader.parentheses() {
            Some(inner) => inner.parts(),
            None => vec![reader],
        };
        for part in parts {
            if let Some(constraint) = constraint(part) {
                self.constraint(table, &constraint, optional);
                continue;
            }
            let column = column(part)?;
            self.add_column(table, &column, optional);
            let mut placed = part;
            placed.until(&["AFTER"]);
            if placed.words("AFTER") {
                let name = placed.name()?;
                self.part(table, CatalogueAct::Uses, CatalogueKind::Column, name, false);
            }
        }
        Some(())
    }

    fn drop_part(&mut self, table: &SqlName, mut reader: TokenReader<'_, '_>) -> Option<()> {
        if reader.words("PARTITION") {
            let optional = reader.words("IF EXISTS");
            for name in reader.names() {
                self.part(table, DROPS, CatalogueKind::Partition, name, optional);
            }
            return Some(());
        }
        if reader.words("PRIMARY KEY") {
            let name = SqlName { text: "PRIMARY".to_owned(), parts: vec!["PRIMARY".to_owned()] };
            let mut one = CatalogueUse::new(DROPS, CatalogueKind::Constraint, name).on(table);
            one.detail = "primary key".to_owned();
            self.push(one);
            return Some(());
        }
        if reader.is_at(&["SYSTEM", "PERIOD"]) {
            return None;
        }
        let word = reader.any(&["CONSTRAINT", "FOREIGN KEY", "CHECK", "INDEX", "KEY"]);
        if word.is_none() {
            reader.words("COLUMN");
        }
        let optional = reader.words("IF EXISTS");
        let name = reader.name()?;
        let act = CatalogueAct::Drops { cascade: reader.words("CASCADE") };
        let kind = match word {
            None => CatalogueKind::Column,
            Some("INDEX" | "KEY") => CatalogueKind::Index,
            Some(_) => CatalogueKind::Constraint,
        };
        let mut one = CatalogueUse::new(act, kind, name).on(table).optional(optional);
        if word == Some("FOREIGN KEY") {
            one.detail = "foreign key".to_owned();
        }
        self.push(one);
        Some(())
    }

    fn alter_column(&mut self, table: &SqlName, mut reader: TokenReader<'_, '_>) -> Option<()> {
        if reader.words("CONSTRAINT") {
            let name = reader.name()?;
            self.part(table, CatalogueAct::Uses, CatalogueKind::Constraint, name, false);
            return Some(());
        }
        if reader.words("INDEX") {
            let name = reader.name()?;
            self.part(table, CatalogueAct::Uses, CatalogueKind::Index, name, false);
            return Some(());
        }
        if reader.is_at(&["CHECK"]) {
            return None;
        }
        reader.words("COLUMN");
        let column = reader.name()?;
        let mut uses_value = false;
        let act = match reader.any(&["SET DATA TYPE", "TYPE"]) {
            Some(_) => {
                let ty = read_type(reader.until(&["USING", "COLLATE"]));
                reader.until(&["USING"]);
                let using = reader.words("USING").then(|| reader.written().to_owned());
                uses_value = using.is_some();
                self.uses.expressions.extend(using.map(|text| (table.clone(), text)));
                self.part(table, CatalogueAct::Uses, CatalogueKind::Column, column.clone(), false);
                self.type_of(&ty.text);
                CatalogueAct::Retypes(ty.text)
            }
            None => CatalogueAct::Uses,
        };
        let mut one = CatalogueUse::new(act, CatalogueKind::Column, column).on(table);
        if uses_value {
            "using".clone_into(&mut one.detail);
        }
        let states = [
            "SET DEFAULT",
            "DROP DEFAULT",
            "DROP NOT NULL",
            "ADD GENERATED",
            "DROP IDENTITY",
            "SET NOT NULL",
        ];
        match reader.any(&states) {
            Some("DROP IDENTITY") if reader.words("IF EXISTS") => {}
            Some("SET DEFAULT") => {
                "default".clone_into(&mut one.detail);
                let text = reader.written().to_owned();
                self.uses.defaults.push((table.clone(), one.name.last().to_owned(), text));
            }
            Some("DROP DEFAULT") => "default".clone_into(&mut one.detail),
            Some(state) => one.detail = state.to_lowercase(),
            None => {}
        }
        self.push(one);
        Some(())
    }

    fn rename(&mut self, table: &SqlName, mut reader: TokenReader<'_, '_>) -> Option<()> {
        if reader.any(&["TO", "AS"]).is_some() {
            let to = reader.name()?;
            self.push(CatalogueUse::new(
                CatalogueAct::Renames(to),
                CatalogueKind::Relation,
                table.clone(),
            ));
            return Some(());
        }
        let kind = match reader.any(&["CONSTRAINT", "INDEX", "KEY", "COLUMN"]) {
            Some("CONSTRAINT") => CatalogueKind::Constraint,
            Some("INDEX" | "KEY") => CatalogueKind::Index,
            _ => CatalogueKind::Column,
        };
        let from = reader.name()?;
        if reader.words("TO") {
            let to = reader.name()?;
            self.part(table, CatalogueAct::Renames(to), kind, from, false);
        } else if reader.is_empty() {
            self.push(CatalogueUse::new(
                CatalogueAct::Renames(from),
                CatalogueKind::Relation,
                table.clone(),
            ));
        }
        Some(())
    }
}
