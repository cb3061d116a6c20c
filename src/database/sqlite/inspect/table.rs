//! What the text of CREATE TABLE says and no pragma does: names of constraints, checks, collations, what happens on a conflict.

use super::expression::{bare, code, of_tokens};
use crate::{
    schema::{Check, Column, Deferral, Generated, Match, Options, PrimaryKey, Table, Unique},
    sql::Token,
};

/// What the text says of a foreign key. They stand in the order of the text, the pragma's in the opposite one.
#[derive(Debug, Default)]
pub(super) struct KeyText {
    pub name: Option<String>,
    pub deferral: Deferral,
    pub matching: Match,
}

/// Reads the text into a table that has its columns already.
pub(super) fn read(sql: &str, table: &mut Table) -> Vec<KeyText> {
    let columns = table.columns.iter().map(|column| column.name.clone()).collect();
    let mut reader =
        Reader { tokens: code(sql), at: 0, columns, table, keys: Vec::new(), has_row_id: true };
    while reader.next().is_some_and(|token| !token.is_symbol("(")) {}
    loop {
        reader.item();
        if !reader.next().is_some_and(|token| token.is_symbol(",")) {
            break;
        }
    }
    let (keys, has_row_id) = (reader.keys, reader.has_row_id);
    number_is_never_null(table, has_row_id);
    keys
}

/// `INTEGER PRIMARY KEY` is the row's number, and never NULL whether that is said or not.
fn number_is_never_null(table: &mut Table, has_row_id: bool) {
    let Some([only]) = table.primary_key.as_ref().map(|key| key.columns.as_slice()) else { return };
    let column = table.columns.iter_mut().find(|column| column.name == *only);
    if let Some(column) = column.filter(|column| has_row_id && is_integer(column)) {
        column.nullable = false;
    }
}

fn is_integer(column: &Column) -> bool {
    column.ty.text().eq_ignore_ascii_case("integer")
}

struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    columns: Vec<String>,
    table: &'t mut Table,
    keys: Vec<KeyText>,
    /// `INTEGER PRIMARY KEY` is the row's number here.
    has_row_id: bool,
}

/// Columns in parentheses: `(a COLLATE NOCASE, b DESC)`.
#[derive(Default)]
struct Indexed {
    columns: Vec<String>,
    descending: Vec<String>,
    collations: Vec<String>,
    numbers: bool,
}

impl<'t> Reader<'t> {
    fn peek(&self, ahead: usize) -> Option<&Token<'t>> {
        self.tokens.get(self.at + ahead)
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let token = self.tokens.get(self.at).copied();
        self.at += usize::from(token.is_some());
        token
    }

    /// Goes over these words, if they come next.
    fn eat(&mut self, words: &[&str]) -> bool {
        let all = words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.peek(ahead).is_some_and(|token| token.is_word(word)));
        if all {
            self.at += words.len();
        }
        all
    }

    fn name(&mut self) -> String {
        self.next().as_ref().map(bare).unwrap_or_default()
    }

    /// What stands in the parentheses that come next, without them.
    fn group(&mut self) -> Vec<Token<'t>> {
        if !self.peek(0).is_some_and(|token| token.is_symbol("(")) {
            return Vec::new();
        }
        self.at += 1;
        let start = self.at;
        let mut depth = 1_usize;
        while let Some(token) = self.next() {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth -= 1;
                if depth == 0 {
                    return self.tokens[start..self.at - 1].to_vec();
                }
            }
        }
        self.tokens[start..].to_vec()
    }

    fn expression(&mut self) -> String {
        let inner = self.group();
        of_tokens(&inner, &self.columns)
    }

    /// A column as its table spells it.
    fn own(&self, name: String) -> String {
        let known = self.columns.iter().find(|column| column.eq_ignore_ascii_case(&name));
        known.cloned().unwrap_or(name)
    }

    /// A column with what stands behind it, or constraints of the table.
    fn item(&mut self) {
        let constraint = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        let is_constraint = self.peek(0).is_some_and(|token| token.is_any_word(&constraint));
        let column = (!is_constraint).then(|| self.name()).map(|name| self.own(name));
        let mut name = None;
        while let Some(token) = self.peek(0).copied() {
            if token.is_symbol(",") || token.is_symbol(")") {
                return;
            }
            if token.is_symbol("(") {
                // The size of a type.
                self.group();
            } else if self.eat(&["CONSTRAINT"]) {
                name = Some(self.name());
            } else {
                self.at += 1;
                self.constraint(token, column.as_deref(), &mut name);
            }
        }
    }

    fn constraint(&mut self, word: Token<'t>, column: Option<&str>, name: &mut Option<String>) {
        if word.is_word("PRIMARY") && self.eat(&["KEY"]) {
            self.primary_key(column, name.take());
        } else if word.is_word("UNIQUE") {
            self.unique(column, name.take());
        } else if word.is_word("CHECK") {
            let expression = self.expression();
            let check = Check { name: name.take(), ..Check::new(expression) };
            self.table.checks.push(Check { column: column.map(str::to_owned), ..check });
            self.conflict();
        } else if word.is_word("FOREIGN") && self.eat(&["KEY"]) {
            self.group();
        } else if word.is_word("REFERENCES") {
            self.references(name.take());
        } else if let Some(column) = column {
            self.property(word, column, name);
        }
    }

    /// What only a column has.
    fn property(&mut self, word: Token<'t>, column: &str, name: &mut Option<String>) {
        if word.is_word("NOT") && self.eat(&["NULL"]) {
            *name = None;
            if let Some(conflict) = self.conflict() {
                self.edit(column, |c| {
                    drop(c.options.insert("not_null_conflict".to_owned(), conflict))
                });
            }
        } else if word.is_word("NULL") {
            *name = None;
            self.conflict();
        } else if word.is_word("DEFAULT") {
            *name = None;
            if self.peek(0).is_some_and(|token| token.is_symbol("(")) {
                self.group();
            } else if self.next().is_some_and(|token| token.is_symbol("-") || token.is_symbol("+"))
            {
                self.at += 1;
            }
        } else if word.is_word("COLLATE") {
            *name = None;
            let collation = collation(self.name());
            self.edit(column, |c| c.collation = collation);
        } else if word.is_word("AS") {
            *name = None;
            let expression = self.expression();
            let stored = self.eat(&["STORED"]);
            self.edit(column, |c| c.generated = Some(Generated::new(expression, stored)));
        }
    }

    fn edit(&mut self, column: &str, how: impl FnOnce(&mut Column)) {
        if let Some(column) = self.table.columns.iter_mut().find(|known| known.name == column) {
            how(column);
        }
    }

    /// What happens on a conflict, where that is not the default.
    fn conflict(&mut self) -> Option<String> {
        if !self.eat(&["ON", "CONFLICT"]) {
            return None;
        }
        Some(self.name().to_ascii_uppercase()).filter(|what| what != "ABORT")
    }

    fn primary_key(&mut self, column: Option<&str>, name: Option<String>) {
        let mut indexed = match column {
            None => self.indexed(),
            Some(column) => {
                let mut indexed =
                    Indexed { columns: vec![column.to_owned()], ..Indexed::default() };
                if self.eat(&["DESC"]) {
                    indexed.descending.push(column.to_owned());
                    self.has_row_id = false;
                } else {
                    self.eat(&["ASC"]);
                }
                indexed
            }
        };
        let conflict = self.conflict();
        indexed.numbers |= self.eat(&["AUTOINCREMENT"]);
        if indexed.numbers {
            self.table.options.insert("autoincrement".to_owned(), "true".to_owned());
        }
        let options = options(&indexed, conflict);
        let columns = indexed.columns;
        self.table.primary_key =
            Some(PrimaryKey { name, columns, options, ..PrimaryKey::default() });
    }

    fn unique(&mut self, column: Option<&str>, name: Option<String>) {
        let mut indexed = match column {
            None => self.indexed(),
            Some(column) => Indexed { columns: vec![column.to_owned()], ..Indexed::default() },
        };
        // It makes no difference to what is unique.
        indexed.descending.clear();
        let options = options(&indexed, self.conflict());
        let unique = Unique { name, columns: indexed.columns, options, ..Unique::default() };
        // SQLite makes one index for two that say the same.
        let is_there = self.table.uniques.iter().any(|known| {
            unique.name.is_none()
                && known.columns == unique.columns
                && known.options == unique.options
        });
        if !is_there {
            self.table.uniques.push(unique);
        }
    }

    fn indexed(&mut self) -> Indexed {
        let mut indexed = Indexed::default();
        let group = self.group();
        for part in group.split(|token| token.is_symbol(",")) {
            let Some((first, rest)) = part.split_first() else { continue };
            let name = self.own(bare(first));
            let mut rest = rest.iter();
            while let Some(token) = rest.next() {
                if token.is_word("DESC") {
                    indexed.descending.push(name.clone());
                } else if token.is_word("AUTOINCREMENT") {
                    indexed.numbers = true;
                } else if token.is_word("COLLATE")
                    && let Some(collation) = rest.next()
                {
                    indexed.collations.push(format!("{name} {}", bare(collation).to_uppercase()));
                }
            }
            indexed.columns.push(name);
        }
        indexed
    }

    fn references(&mut self, name: Option<String>) {
        let mut key = KeyText { name, ..KeyText::default() };
        self.name();
        self.group();
        loop {
            if self.eat(&["ON"]) {
                // The pragma tells the action.
                self.at += 1;
                if self.next().is_some_and(|token| token.is_any_word(&["SET", "NO"])) {
                    self.at += 1;
                }
            } else if self.eat(&["MATCH"]) {
                key.matching = match self.name().to_ascii_uppercase().as_str() {
                    "FULL" => Match::Full,
                    "PARTIAL" => Match::Partial,
                    _ => Match::Simple,
                };
            } else if self.eat(&["NOT", "DEFERRABLE"]) {
                self.initially();
            } else if self.eat(&["DEFERRABLE"]) {
                key.deferral =
                    if self.initially() { Deferral::Deferred } else { Deferral::Immediate };
            } else {
                break;
            }
        }
        self.keys.push(key);
    }

    /// Whether `INITIALLY DEFERRED` comes next.
    fn initially(&mut self) -> bool {
        self.eat(&["INITIALLY"]) && self.next().is_some_and(|token| token.is_word("DEFERRED"))
    }
}

/// A collation that is not the default, in capitals as a type is.
fn collation(name: String) -> Option<String> {
    (!name.eq_ignore_ascii_case("binary")).then(|| name.to_uppercase())
}

fn options(indexed: &Indexed, conflict: Option<String>) -> Options {
    let lists = [("descending", &indexed.descending), ("collations", &indexed.collations)];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    let mut options: Options =
        lists.map(|(name, list)| (name.to_owned(), list.join(", "))).collect();
    if let Some(conflict) = conflict {
        options.insert("conflict".to_owned(), conflict);
    }
    options
}
