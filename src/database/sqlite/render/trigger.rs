//! Texts of triggers and views under the names of now.
//!
//! SQLite renames in the triggers that it has. One that goes with its table is made again from the text that was read before the
//! renames, so the new names are put in here.

use std::collections::BTreeSet;

use super::name::name;
use crate::{
    change::Change,
    database::{
        ChangeSet,
        sqlite::inspect::text::{name_of, pieces},
    },
    schema::{Schema, SchemaObject},
    sql::{Token, TokenKind},
};

/// The statement that creates an object, in the names after the renames.
pub(in super::super) fn respelled(
    object: &SchemaObject,
    renames: &[Change],
    schema: &Schema,
) -> Option<String> {
    let renames = ObjectRenames::of(renames.iter());
    match object.kind.as_str() {
        "trigger" => Some(renames.put_in(&object.definition, schema)),
        "view" => Some(renames.put_in_view(&object.definition, schema)),
        _ => None,
    }
}

/// Old and new names.
#[derive(Debug, Default)]
pub(super) struct ObjectRenames {
    tables: Vec<(String, String)>,
    /// By the new name of the table.
    columns: Vec<(String, String, String)>,
}

impl ObjectRenames {
    /// The existing triggers have the names from before the renames. On the way down these come last, and nothing is made again
    /// behind them.
    pub(super) fn new(work: &ChangeSet<'_>) -> Self {
        let is_done = |change: &&Change| match change {
            Change::RenameTable { to, .. } => work.from.find_table(to).is_some(),
            Change::RenameColumn { table, to, .. } => {
                work.from.find_table(table).is_some_and(|known| known.find_column(to).is_some())
            }
            _ => false,
        };
        Self::of(work.changes.iter().filter(is_done))
    }

    fn of<'c>(changes: impl Iterator<Item = &'c Change>) -> Self {
        let mut renames = Self::default();
        for change in changes {
            match change {
                Change::RenameTable { from, to } => {
                    renames.tables.push((from.name.clone(), to.name.clone()));
                }
                Change::RenameColumn { table, from, to } => {
                    renames.columns.push((table.name.clone(), from.clone(), to.clone()));
                }
                _ => {}
            }
        }
        renames
    }

    fn new_table(&self, name: &str) -> String {
        let found = self.tables.iter().find(|(old, _)| old.eq_ignore_ascii_case(name));
        found.map_or(name, |(_, new)| new).to_owned()
    }

    /// The table that a trigger is on, by its name of now.
    fn table_of(&self, sql: &str) -> Option<String> {
        let pieces = pieces(sql);
        let on = pieces.iter().position(|token| token.is_word("ON"))?;
        Some(self.new_table(&name_of(pieces.get(on + 1)?)?))
    }

    /// The text of a view with the names of now, but for those that it gives its own columns.
    fn put_in_view(&self, sql: &str, schema: &Schema) -> String {
        let pieces = pieces(sql);
        let Some(begin) = pieces.iter().position(|token| token.is_word("AS")) else {
            return sql.to_owned();
        };
        let (mut text, mut end) = (String::with_capacity(sql.len()), 0);
        let is_joined = |token: &Token<'_>| token.is_any_word(&["UNION", "INTERSECT", "EXCEPT"]);
        // Each query has tables of its own.
        for pieces in pieces[begin..].split(is_joined) {
            let part = Part { renames: self, pieces, own: "", schema, is_head: false };
            part.put_in(sql, &mut text, &mut end);
        }
        text.push_str(&sql[end..]);
        text
    }

    /// The text of a trigger with the names of now. `schema` tells which columns there are.
    pub(super) fn put_in(&self, sql: &str, schema: &Schema) -> String {
        if self.tables.is_empty() && self.columns.is_empty() {
            return sql.to_owned();
        }
        let pieces = pieces(sql);
        let own = self.table_of(sql).unwrap_or_default();
        let begin = pieces.iter().position(|token| token.is_word("BEGIN")).unwrap_or(pieces.len());
        let mut text = String::with_capacity(sql.len());
        let mut end = 0;
        let mut start = 0;
        while start < pieces.len() {
            // The head, and then each statement of the body.
            let is_head = start < begin;
            let length = pieces[start..].iter().position(|token| {
                if is_head { token.is_word("BEGIN") } else { token.is_symbol(";") }
            });
            let stop = length.map_or(pieces.len(), |length| start + length + 1);
            let part =
                Part { renames: self, pieces: &pieces[start..stop], own: &own, schema, is_head };
            part.put_in(sql, &mut text, &mut end);
            start = stop;
        }
        text.push_str(&sql[end..]);
        text
    }
}

/// The head of a trigger, or a statement of its body.
struct Part<'a> {
    renames: &'a ObjectRenames,
    pieces: &'a [Token<'a>],
    /// The table that the trigger is on.
    own: &'a str,
    schema: &'a Schema,
    is_head: bool,
}

impl Part<'_> {
    /// Adds the text from `end` to the last name that is another now.
    fn put_in(&self, sql: &str, text: &mut String, end: &mut usize) {
        for (at, token) in self.pieces.iter().enumerate() {
            if let Some(new) = self.renamed(at) {
                text.push_str(&sql[*end..token.start]);
                text.push_str(&name(&new));
                *end = token.start + token.text.len();
            }
        }
    }

    /// What a token is called now, where that is another name.
    fn renamed(&self, at: usize) -> Option<String> {
        let token = self.pieces[at];
        if !matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) {
            return None;
        }
        let value = name_of(&token)?;
        let table = self.renames.tables.iter().find(|(old, _)| old.eq_ignore_ascii_case(&value));
        if let Some((_, new)) = table.filter(|_| self.is_table(at, &value)) {
            return Some(new.clone());
        }
        let mut columns = self.renames.columns.iter();
        let found = columns.find(|(table, old, _)| {
            old.eq_ignore_ascii_case(&value) && self.is_column_of(at, table, old)
        });
        found.map(|(_, _, new)| new.clone())
    }

    fn before(&self, at: usize, back: usize) -> Option<&Token<'_>> {
        self.pieces.get(at.checked_sub(back)?)
    }

    fn is_table(&self, at: usize, value: &str) -> bool {
        let words = [
            "ON", "FROM", "JOIN", "INTO", "UPDATE", "ABORT", "FAIL", "IGNORE", "REPLACE",
            "ROLLBACK",
        ];
        let is_behind = self.before(at, 1).is_some_and(|token| token.is_any_word(&words));
        let is_qualifier = self.pieces.get(at + 1).is_some_and(|token| token.is_symbol("."));
        let is_column = self.schema.tables.iter().any(|table| {
            table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(value))
        });
        is_behind || is_qualifier || !is_column
    }

    fn is_column_of(&self, at: usize, table: &str, old: &str) -> bool {
        if self.before(at, 1).is_some_and(|token| token.is_symbol(".")) {
            let Some(of) = self.before(at, 2).and_then(name_of) else { return false };
            let is_row = of.eq_ignore_ascii_case("NEW") || of.eq_ignore_ascii_case("OLD");
            return if is_row {
                self.own == table
            } else {
                self.names_of(table).contains(&of.to_ascii_lowercase())
            };
        }
        if self.is_head {
            return self.own == table;
        }
        let is_called = self.pieces.get(at + 1).is_some_and(|token| token.is_symbol("("));
        let is_alias = self.before(at, 1).is_some_and(|token| token.is_word("AS"));
        // Where another table of the statement has a column of this name, it is that one's.
        let is_others = self.schema.tables.iter().any(|other| {
            other.name.name != table
                && self.says(&other.name.name)
                && other.columns.iter().any(|column| column.name.eq_ignore_ascii_case(old))
        });
        !is_called && !is_alias && !is_others && self.names_of(table).iter().any(|of| self.says(of))
    }

    fn says(&self, of: &str) -> bool {
        self.pieces.iter().filter_map(name_of).any(|value| value.eq_ignore_ascii_case(of))
    }

    /// What a table is called in the statement: its names, old and new, and its aliases.
    fn names_of(&self, table: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::from([table.to_ascii_lowercase()]);
        let old = self.renames.tables.iter().filter(|(_, new)| new == table);
        names.extend(old.map(|(old, _)| old.to_ascii_lowercase()));
        let keywords = [
            "SET", "WHERE", "ON", "JOIN", "LEFT", "INNER", "CROSS", "ORDER", "GROUP", "LIMIT",
            "VALUES", "SELECT", "DEFAULT",
        ];
        let mut aliases = Vec::new();
        for (at, token) in self.pieces.iter().enumerate() {
            let is_own = name_of(token).is_some_and(|of| names.contains(&of.to_ascii_lowercase()));
            if !is_own || self.pieces.get(at + 1).is_some_and(|next| next.is_symbol(".")) {
                continue;
            }
            let behind = self.pieces.get(at + 1).filter(|next| !next.is_word("AS"));
            let alias = behind.or_else(|| self.pieces.get(at + 2));
            let alias = alias.filter(|alias| !alias.is_any_word(&keywords)).and_then(name_of);
            aliases.extend(alias.map(|alias| alias.to_ascii_lowercase()));
        }
        names.extend(aliases);
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Table, Type};

    #[test]
    fn new_names_are_put_where_the_old_ones_are_meant() {
        let table = |name: &str, columns: &[&str]| {
            columns.iter().fold(Table::new(name), |table, column| {
                table.column(Column::new(*column, Type::Text))
            })
        };
        let schema = Schema::new()
            .table(table("people", &["id", "full name", "n"]))
            .table(table("log", &["name", "what"]));
        let renames = ObjectRenames {
            tables: vec![("users".to_owned(), "people".to_owned())],
            columns: vec![("people".to_owned(), "name".to_owned(), "full name".to_owned())],
        };
        let sql = "CREATE TRIGGER tr AFTER UPDATE OF name, id ON Users WHEN NEW.name <> 'name' BEGIN\n  \
            INSERT INTO log (name, what) VALUES (OLD.\"Name\", 'users');\n  \
            UPDATE users SET name = upper(name) WHERE users.name = NEW.name;\n  \
            UPDATE log SET what = (SELECT u.name FROM users u) WHERE log.name = '';\nEND";
        let expected = "CREATE TRIGGER tr AFTER UPDATE OF \"full name\", id ON people WHEN NEW.\"full name\" <> 'name' BEGIN\n  \
            INSERT INTO log (name, what) VALUES (OLD.\"full name\", 'users');\n  \
            UPDATE people SET \"full name\" = upper(\"full name\") WHERE people.\"full name\" = NEW.\"full name\";\n  \
            UPDATE log SET what = (SELECT u.\"full name\" FROM people u) WHERE log.name = '';\nEND";
        assert_eq!(renames.put_in(sql, &schema), expected);
        let view = "CREATE VIEW v (id, name) AS SELECT id, u.name, log.name FROM users u JOIN log ON users.name = what \
            UNION SELECT n, name, 1 FROM other";
        let expected = "CREATE VIEW v (id, name) AS SELECT id, u.\"full name\", log.name FROM people u JOIN log ON \
            people.\"full name\" = what UNION SELECT n, name, 1 FROM other";
        assert_eq!(renames.put_in_view(view, &schema), expected);
        assert_eq!(renames.table_of(sql).as_deref(), Some("people"));
    }
}
