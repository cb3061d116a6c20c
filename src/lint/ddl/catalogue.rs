//! What a statement does with the objects of the catalogue: which it uses, creates, renames, changes and drops, in the order in which the
//! server looks at them.

use super::{
    SqlName,
    table::first_names,
    tokens::{TokenReader, significant},
};
use crate::sql::Syntax;

/// What kind of object it is. Tables, views and sequences have their names together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CatalogueKind {
    Relation,
    Column,
    Constraint,
    Index,
    Trigger,
    Policy,
    Rule,
    Partition,
    Type,
    EnumValue,
    Routine,
    Schema,
    Role,
    Extension,
    Tablespace,
    Publication,
    Event,
}

/// What is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CatalogueAct {
    Uses,
    /// The columns that it has need not all be known.
    Creates {
        replaces: bool,
        is_partial: bool,
    },
    Renames(SqlName),
    MovesTo(SqlName),
    /// Gives a column another type, of which the server knows what depends on it.
    Retypes(String),
    Drops {
        cascade: bool,
    },
    Truncates {
        cascade: bool,
    },
    /// A foreign key of `on` with these columns refers to these columns of the object.
    IsReferred {
        columns: Vec<String>,
        referenced: Vec<String>,
    },
    /// An index of the object's table becomes this constraint's.
    IsTaken,
}

/// An object and what is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogueUse {
    pub(crate) act: CatalogueAct,
    pub(crate) kind: CatalogueKind,
    /// As the statement calls the kind: `TABLE`, `VIEW`; empty if any will do.
    pub(crate) word: &'static str,
    pub(crate) name: SqlName,
    /// The table or type that it belongs to.
    pub(crate) on: Option<SqlName>,
    /// IF EXISTS or IF NOT EXISTS.
    pub(crate) optional: bool,
    /// The columns of a key or an index, and whether it is unique; nothing if they are not known.
    pub(crate) key: Option<(Vec<String>, bool)>,
    /// The type of a column, as it is written.
    pub(crate) ty: String,
    /// What a trigger calls, the arguments of a function, the kind of a constraint.
    pub(crate) detail: String,
}

impl CatalogueUse {
    pub(super) fn new(act: CatalogueAct, kind: CatalogueKind, name: SqlName) -> Self {
        Self {
            act,
            kind,
            word: "",
            name,
            on: None,
            optional: false,
            key: None,
            ty: String::new(),
            detail: String::new(),
        }
    }

    pub(super) fn on(mut self, table: &SqlName) -> Self {
        self.on = Some(table.clone());
        self
    }

    pub(super) fn word(mut self, word: &'static str) -> Self {
        self.word = word;
        self
    }

    pub(super) fn optional(mut self, optional: bool) -> Self {
        self.optional = optional;
        self
    }
}

/// A statement's part in the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CatalogueUses {
    pub(crate) all: Vec<CatalogueUse>,
    /// If the first of them is optional and not as it says, the statement does nothing more.
    pub(crate) is_conditional: bool,
    /// A query, or a statement that changes rows, that the server can be asked to plan: all of the statement, or what is behind AS.
    pub(crate) planned: Option<String>,
    /// The query whose rows a new table or materialized view keeps.
    pub(crate) kept: Option<KeptQuery>,
    /// Expressions over the rows of a table, each with the table.
    pub(crate) expressions: Vec<(SqlName, String)>,
    /// Defaults: the table, the column, the expression.
    pub(crate) defaults: Vec<(SqlName, String, String)>,
    /// From here on, names mean something else: another search path, another database.
    pub(crate) moves_names: bool,
    /// From here on, foreign keys are checked or not.
    pub(crate) checks_keys: Option<bool>,
}

/// A query that a statement runs to keep its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeptQuery {
    pub(crate) query: String,
    /// What keeps them.
    pub(crate) name: SqlName,
    /// IF NOT EXISTS.
    pub(crate) optional: bool,
}

/// What a statement does with the catalogue.
pub(crate) fn catalogue(text: &str, syntax: &Syntax) -> CatalogueUses {
    let tokens = significant(text, syntax);
    let mut walk = Walk::default();
    // What is not understood is left out.
    let _ = walk.statement(TokenReader::new(text, &tokens));
    walk.uses
}

#[derive(Default)]
pub(super) struct Walk {
    pub(super) uses: CatalogueUses,
}

pub(super) const CREATES: CatalogueAct =
    CatalogueAct::Creates { replaces: false, is_partial: false };

/// The kinds of objects that have names of their own, as statements call them.
const KINDS: [(&str, CatalogueKind); 23] = [
    ("TABLE", CatalogueKind::Relation),
    ("FOREIGN TABLE", CatalogueKind::Relation),
    ("MATERIALIZED VIEW", CatalogueKind::Relation),
    ("VIEW", CatalogueKind::Relation),
    ("SEQUENCE", CatalogueKind::Relation),
    ("INDEX", CatalogueKind::Index),
    ("TYPE", CatalogueKind::Type),
    ("DOMAIN", CatalogueKind::Type),
    ("FUNCTION", CatalogueKind::Routine),
    ("PROCEDURE", CatalogueKind::Routine),
    ("ROUTINE", CatalogueKind::Routine),
    ("AGGREGATE", CatalogueKind::Routine),
    ("SCHEMA", CatalogueKind::Schema),
    ("DATABASE", CatalogueKind::Schema),
    ("ROLE", CatalogueKind::Role),
    ("USER", CatalogueKind::Role),
    ("EXTENSION", CatalogueKind::Extension),
    ("TABLESPACE", CatalogueKind::Tablespace),
    ("PUBLICATION", CatalogueKind::Publication),
    ("EVENT", CatalogueKind::Event),
    ("TRIGGER", CatalogueKind::Trigger),
    ("POLICY", CatalogueKind::Policy),
    ("RULE", CatalogueKind::Rule),
];

pub(super) fn kind_of(reader: &mut TokenReader<'_, '_>) -> Option<(&'static str, CatalogueKind)> {
    if reader.is_at(&["EVENT"]) && { *reader }.words("EVENT TRIGGER") {
        return None;
    }
    KINDS.into_iter().find(|(word, _)| reader.words(word))
}

impl Walk {
    pub(super) fn push(&mut self, one: CatalogueUse) {
        self.uses.all.push(one);
    }

    pub(super) fn uses(&mut self, kind: CatalogueKind, name: Option<SqlName>) {
        if let Some(name) = name {
            self.push(CatalogueUse::new(CatalogueAct::Uses, kind, name));
        }
    }

    pub(super) fn column_of(&mut self, table: &SqlName, column: &str) {
        // Whether it is quoted is not known any more.
        let name = SqlName { text: String::new(), parts: vec![column.to_owned()] };
        self.push(CatalogueUse::new(CatalogueAct::Uses, CatalogueKind::Column, name).on(table));
    }

    fn statement(&mut self, mut reader: TokenReader<'_, '_>) -> Option<()> {
        let plans =
            ["SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE INTO"];
        if reader.is_at(&plans) || { reader }.words("REPLACE INTO") {
            self.uses.planned = Some(reader.written().to_owned());
            let set_config = reader.written().to_ascii_lowercase().contains("search_path");
            self.uses.moves_names = reader.is_at(&["SELECT"]) && set_config;
            self.changed_columns(reader);
            return Some(());
        }
        let first = reader.any(&[
            "CREATE",
            "ALTER",
            "DROP",
            "TRUNCATE",
            "COMMENT ON",
            "GRANT",
            "REVOKE",
            "LOCK",
            "CLUSTER",
            "REFRESH MATERIALIZED VIEW",
            "RENAME TABLE",
            "CALL",
            "SET",
            "USE",
            "REINDEX",
        ])?;
        match first {
            "CREATE" => self.create(reader),
            "ALTER" => self.alter(reader),
            "DROP" => self.drop(reader),
            "TRUNCATE" => self.truncate(reader),
            "COMMENT ON" => self.comment(reader),
            "GRANT" | "REVOKE" => self.grant(reader),
            "CALL" => {
                let name = reader.name()?;
                let mut called =
                    CatalogueUse::new(CatalogueAct::Uses, CatalogueKind::Routine, name);
                "call".clone_into(&mut called.detail);
                self.push(called.word("PROCEDURE"));
                Some(())
            }
            "SET" => self.set(reader),
            "USE" => {
                self.uses.moves_names = true;
                Some(())
            }
            "LOCK" | "REFRESH MATERIALIZED VIEW" | "CLUSTER" | "REINDEX" => {
                self.maintain(first, reader)
            }
            _ => {
                for mut part in reader.parts() {
                    let (Some(from), true) = (part.name(), part.words("TO")) else { continue };
                    let to = part.name()?;
                    self.push(CatalogueUse::new(
                        CatalogueAct::Renames(to),
                        CatalogueKind::Relation,
                        from,
                    ));
                }
                Some(())
            }
        }
    }

    /// What works on a table or view as a whole.
    fn maintain(&mut self, first: &str, mut reader: TokenReader<'_, '_>) -> Option<()> {
        match first {
            "LOCK" => {
                if reader.words("TABLE") {
                    reader.words("ONLY");
                    reader
                        .names()
                        .into_iter()
                        .for_each(|name| self.uses(CatalogueKind::Relation, Some(name)));
                }
                Some(())
            }
            "REFRESH MATERIALIZED VIEW" => {
                let concurrently = reader.words("CONCURRENTLY");
                let mut view =
                    CatalogueUse::new(CatalogueAct::Uses, CatalogueKind::Relation, reader.name()?);
                let detail = if concurrently { "refresh concurrently" } else { "refresh" };
                detail.clone_into(&mut view.detail);
                self.push(view.word("MATERIALIZED VIEW"));
                Some(())
            }
            "CLUSTER" => {
                reader.words("VERBOSE");
                self.uses(CatalogueKind::Relation, reader.name());
                Some(())
            }
            "REINDEX" => {
                reader.parentheses();
                let kind = reader.any(&["INDEX", "TABLE"])?;
                reader.words("CONCURRENTLY");
                let kind =
                    if kind == "INDEX" { CatalogueKind::Index } else { CatalogueKind::Relation };
                self.uses(kind, reader.name());
                Some(())
            }
            _ => None,
        }
    }

    fn set(&mut self, mut reader: TokenReader<'_, '_>) -> Option<()> {
        reader.any(&["LOCAL", "SESSION", "GLOBAL"]);
        if reader.is_at(&["SEARCH_PATH", "ROLE", "SCHEMA"]) || reader.words("AUTHORIZATION") {
            self.uses.moves_names = true;
        }
        let text = reader.written().to_ascii_lowercase();
        if let Some(at) = text.find("foreign_key_checks") {
            self.uses.checks_keys =
                Some(!text[at..].contains(['0']) && !text[at..].contains("off"));
        }
        Some(())
    }

    fn truncate(&mut self, mut reader: TokenReader<'_, '_>) -> Option<()> {
        reader.words("TABLE");
        reader.words("ONLY");
        let names = reader.names();
        let cascade = reader.has("CASCADE");
        for name in names {
            let act = CatalogueAct::Truncates { cascade };
            self.push(CatalogueUse::new(act, CatalogueKind::Relation, name));
        }
        Some(())
    }

    fn comment(&mut self, mut reader: TokenReader<'_, '_>) -> Option<()> {
        if reader.words("COLUMN") {
            let mut table = reader.name()?;
            let column = table.parts.pop()?;
            if table.parts.is_empty() {
                return None;
            }
            let end = table.text.len().checked_sub(table.text.rsplit('.').next()?.len() + 1)?;
            let text = table.text[end + 1..].to_owned();
            table.text.truncate(end);
            self.uses(CatalogueKind::Relation, Some(table.clone()));
            let name = SqlName { text, parts: vec![column] };
            self.push(
                CatalogueUse::new(CatalogueAct::Uses, CatalogueKind::Column, name).on(&table),
            );
            return Some(());
        }
        if reader.words("CONSTRAINT") {
            let name = reader.name()?;
            if reader.words("ON") && !reader.is_at(&["DOMAIN"]) {
                let table = reader.name()?;
                self.uses(CatalogueKind::Relation, Some(table.clone()));
                self.push(
                    CatalogueUse::new(CatalogueAct::Uses, CatalogueKind::Constraint, name)
                        .on(&table),
                );
            }
            return Some(());
        }
        let (word, kind) = kind_of(&mut reader)?;
        let name = reader.name()?;
        let mut one = CatalogueUse::new(CatalogueAct::Uses, kind, name).word(word);
        "comment".clone_into(&mut one.detail);
        match kind {
            CatalogueKind::Trigger | CatalogueKind::Policy | CatalogueKind::Rule => {
                let table = reader.words("ON").then(|| reader.name()).flatten()?;
                self.push(one.on(&table));
            }
            _ => self.push(one),
        }
        Some(())
    }

    /// The tables and the roles of GRANT and REVOKE.
    fn grant(&mut self, mut reader: TokenReader<'_, '_>) -> Option<()> {
        let privileges = reader.until(&["ON", "TO", "FROM"]);
        if !reader.words("ON") {
            // Membership of a role.
            return privileges.is_empty().then_some(());
        }
        if !reader.is_at(&["ALL"]) {
            let mut whole = reader;
            let kind = kind_of(&mut whole);
            let (word, kind) = kind.unwrap_or(("TABLE", CatalogueKind::Relation));
            if word != "TABLE" || whole.all().len() != reader.all().len() {
                reader = whole;
            }
            if matches!(kind, CatalogueKind::Relation | CatalogueKind::Schema) && word != "DATABASE"
            {
                for name in reader.names() {
                    // *.* has no name.
                    self.uses(kind, Some(name).filter(|name| !name.text.ends_with('.')));
                }
            }
        }
        reader.until(&["TO", "FROM"]);
        if reader.any(&["TO", "FROM"]).is_some() {
            for mut part in reader.parts() {
                part.words("GROUP");
                self.role(&mut part);
            }
        }
        Some(())
    }

    /// A role, unless a word stands for it.
    pub(super) fn role(&mut self, reader: &mut TokenReader<'_, '_>) {
        let words = ["PUBLIC", "CURRENT_USER", "CURRENT_ROLE", "SESSION_USER"];
        if reader.is_at(&words) {
            reader.next();
            return;
        }
        self.uses(CatalogueKind::Role, reader.name());
    }

    /// The table and the columns that INSERT and UPDATE write.
    fn changed_columns(&mut self, mut reader: TokenReader<'_, '_>) -> Option<()> {
        match reader.any(&[
            "INSERT INTO",
            "REPLACE INTO",
            "UPDATE ONLY",
            "UPDATE",
            "DELETE FROM",
        ])? {
            "INSERT INTO" | "REPLACE INTO" => {
                let table = reader.name()?;
                self.uses(CatalogueKind::Relation, Some(table.clone()));
                if reader.words("AS") {
                    reader.name();
                }
                let columns = reader.parentheses().map(first_names).unwrap_or_default();
                columns.iter().for_each(|column| self.column_of(&table, column));
            }
            "DELETE FROM" => {
                reader.words("ONLY");
                self.uses(CatalogueKind::Relation, reader.name());
            }
            _ => {
                let table = reader.name()?;
                // Other tables, and names for them, are the server's to understand.
                if reader.words("SET") {
                    self.uses(CatalogueKind::Relation, Some(table.clone()));
                    let assignments =
                        reader.until(&["FROM", "WHERE", "RETURNING", "ORDER", "LIMIT"]);
                    for mut part in assignments.parts() {
                        if let Some(name) =
                            part.name().filter(|name| name.parts.len() == 1 && part.symbol("="))
                        {
                            self.column_of(&table, name.last());
                        }
                    }
                }
            }
        }
        Some(())
    }
}
