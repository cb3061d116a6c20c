//! The text of a table.

use super::{
    index::part,
    reader::{Piece, Reader, folded, parts, unquoted},
};
use crate::schema::{
    Check, Column, DefaultValue, Deferral, ForeignKey, Generated, IndexKey, Match, PrimaryKey,
    ReferentialAction, Table, Type, Unique,
};

/// What begins a constraint, and so ends the type before it.
const CONSTRAINTS: [&str; 11] = [
    "CONSTRAINT",
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "GENERATED",
    "AS",
];

pub(super) fn read(name: &str, sql: &str, strict: bool, without_rowid: bool) -> Table {
    let mut reader = Reader::new(sql);
    while reader.peek().is_some() && !reader.is_at(&["("]) {
        reader.next();
    }
    let mut table = Table::new(name);
    for (option, is_set) in [("strict", strict), ("without_rowid", without_rowid)] {
        if is_set {
            table.options.insert(option.to_owned(), "true".to_owned());
        }
    }
    let inner = reader.parenthesized();
    for item in parts(&inner) {
        let mut item = Items { pieces: item, at: 0 };
        if item.is_at(&["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"]) {
            item.table_constraints(&mut table);
        } else {
            item.column(&mut table);
        }
    }
    number(&mut table);
    table
}

/// A single integer key is the row's number, which is never NULL; so is nothing in the key of a table without such numbers.
fn number(table: &mut Table) {
    let Some(key) = &table.primary_key else { return };
    let without_rowid = table.options.contains_key("without_rowid");
    let columns = key.columns.clone();
    for column in table.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
        if without_rowid || columns.len() == 1 && column.ty.text() == "INTEGER" {
            column.nullable = false;
        }
    }
}

/// The pieces of one item.
struct Items<'p, 't> {
    pieces: &'p [Piece<'t>],
    at: usize,
}

impl Items<'_, '_> {
    fn peek(&self) -> Option<&Piece<'_>> {
        self.pieces.get(self.at)
    }

    fn is_at(&self, words: &[&str]) -> bool {
        self.peek().is_some_and(|piece| words.iter().any(|word| piece.is(word)))
    }

    fn words(&mut self, words: &[&str]) -> bool {
        let rest = self.pieces.get(self.at..).unwrap_or_default();
        let all =
            rest.len() >= words.len() && words.iter().zip(rest).all(|(word, piece)| piece.is(word));
        if all {
            self.at += words.len();
        }
        all
    }

    fn name(&mut self) -> String {
        let name = self.peek().map(|piece| unquoted(piece.text)).unwrap_or_default();
        self.at += 1;
        name
    }

    /// The pieces in parentheses, with the places that they are in.
    fn inner(&mut self) -> std::ops::Range<usize> {
        if !self.is_at(&["("]) {
            return self.at..self.at;
        }
        let start = self.at + 1;
        let mut depth = 0;
        while let Some(piece) = self.pieces.get(self.at) {
            depth += i32::from(piece.is("(")) - i32::from(piece.is(")"));
            self.at += 1;
            if depth == 0 {
                return start..self.at - 1;
            }
        }
        start..self.at
    }

    fn expression(&mut self) -> String {
        let inner = self.inner();
        folded(&self.pieces[inner])
    }

    fn names(&mut self) -> Vec<String> {
        let inner = self.inner();
        let first = |part: &&[Piece<'_>]| part.first().map(|piece| unquoted(piece.text));
        parts(&self.pieces[inner]).iter().filter_map(first).collect()
    }

    fn conflict(&mut self) -> Option<String> {
        self.words(&["ON", "CONFLICT"]).then(|| self.name().to_uppercase())
    }

    fn column(&mut self, table: &mut Table) {
        let name = self.name();
        let start = self.at;
        while self.peek().is_some() && !self.is_at(&CONSTRAINTS) {
            if self.is_at(&["("]) {
                self.inner();
            } else {
                self.at += 1;
            }
        }
        let ty = folded(&self.pieces[start..self.at]).to_uppercase();
        let mut column = Column::new(name, Type::sql(ty));
        while self.peek().is_some() {
            let constraint = self.words(&["CONSTRAINT"]).then(|| self.name());
            if !self.of_column(&mut column, table, constraint) {
                self.at += 1;
            }
        }
        table.columns.push(column);
    }

    /// One constraint of a column.
    fn of_column(&mut self, column: &mut Column, table: &mut Table, name: Option<String>) -> bool {
        if self.words(&["PRIMARY", "KEY"]) {
            let mut key = PrimaryKey::new([column.name.clone()]);
            key.name = name;
            if self.words(&["DESC"]) {
                key.options.insert("descending".to_owned(), column.name.clone());
            }
            self.words(&["ASC"]);
            if let Some(conflict) = self.conflict() {
                key.options.insert("conflict".to_owned(), conflict);
            }
            if self.words(&["AUTOINCREMENT"]) {
                table.options.insert("autoincrement".to_owned(), "true".to_owned());
            }
            table.primary_key = Some(key);
        } else if self.words(&["NOT", "NULL"]) {
            column.nullable = false;
            if let Some(conflict) = self.conflict() {
                column.options.insert("not_null_conflict".to_owned(), conflict);
            }
        } else if self.words(&["NULL"]) {
            self.conflict();
        } else if self.words(&["UNIQUE"]) {
            let mut unique = Unique::new([column.name.clone()]);
            unique.name = name;
            if let Some(conflict) = self.conflict() {
                unique.options.insert("conflict".to_owned(), conflict);
            }
            table.uniques.push(unique);
        } else if self.words(&["CHECK"]) {
            self.check(table, name);
        } else if self.words(&["DEFAULT"]) {
            column.default = Some(DefaultValue::Sql(self.default()));
        } else if self.words(&["COLLATE"]) {
            let collation = self.name().to_uppercase();
            column.collation = Some(collation).filter(|collation| collation != "BINARY");
        } else if self.is_at(&["REFERENCES"]) {
            let mut key = self.references(vec![column.name.clone()]);
            key.name = name;
            table.foreign_keys.push(key);
        } else if self.words(&["GENERATED", "ALWAYS", "AS"]) || self.words(&["AS"]) {
            let expression = self.expression();
            let stored = self.words(&["STORED"]);
            self.words(&["VIRTUAL"]);
            column.generated = Some(Generated::new(expression, stored));
        } else {
            return false;
        }
        true
    }

    fn check(&mut self, table: &mut Table, name: Option<String>) {
        let mut check = Check::new(self.expression());
        check.name = name;
        self.conflict();
        table.checks.push(check);
    }

    /// An expression in parentheses, a value with perhaps a sign, or a word.
    fn default(&mut self) -> String {
        if self.is_at(&["("]) {
            return self.expression();
        }
        let start = self.at;
        if self.is_at(&["-", "+"]) {
            self.at += 1;
        }
        self.at += 1;
        folded(&self.pieces[start..self.at.min(self.pieces.len())])
    }

    fn references(&mut self, columns: Vec<String>) -> ForeignKey {
        self.words(&["REFERENCES"]);
        let table = self.name();
        let referenced = self.names();
        let mut key = ForeignKey::new(columns, table, referenced);
        loop {
            if self.words(&["ON", "DELETE"]) {
                key.on_delete = self.action();
            } else if self.words(&["ON", "UPDATE"]) {
                key.on_update = self.action();
            } else if self.words(&["MATCH"]) {
                key.matching = match self.name().to_uppercase().as_str() {
                    "FULL" => Match::Full,
                    "PARTIAL" => Match::Partial,
                    _ => Match::Simple,
                };
            } else if self.words(&["NOT", "DEFERRABLE"]) {
                key.deferral = Deferral::No;
                self.initially();
                return key;
            } else if self.words(&["DEFERRABLE"]) {
                key.deferral = Deferral::Immediate;
            } else if self.words(&["INITIALLY", "DEFERRED"]) {
                key.deferral = Deferral::Deferred;
            } else if !self.words(&["INITIALLY", "IMMEDIATE"]) {
                return key;
            }
        }
    }

    fn initially(&mut self) {
        if self.words(&["INITIALLY"]) {
            self.at += 1;
        }
    }

    fn action(&mut self) -> ReferentialAction {
        let actions: [(&[&str], ReferentialAction); 5] = [
            (&["SET", "NULL"], ReferentialAction::SetNull),
            (&["SET", "DEFAULT"], ReferentialAction::SetDefault),
            (&["CASCADE"], ReferentialAction::Cascade),
            (&["RESTRICT"], ReferentialAction::Restrict),
            (&["NO", "ACTION"], ReferentialAction::NoAction),
        ];
        let found = actions.into_iter().find(|(words, _)| self.words(words));
        found.map(|(_, action)| action).unwrap_or_default()
    }

    /// One constraint of the table, or several: the commas between them may be missing.
    fn table_constraints(&mut self, table: &mut Table) {
        while self.peek().is_some() {
            let name = self.words(&["CONSTRAINT"]).then(|| self.name());
            if self.words(&["PRIMARY", "KEY"]) {
                self.primary_key(table, name);
            } else if self.words(&["UNIQUE"]) {
                let mut unique = Unique::new(self.names());
                unique.name = name;
                if let Some(conflict) = self.conflict() {
                    unique.options.insert("conflict".to_owned(), conflict);
                }
                table.uniques.push(unique);
            } else if self.words(&["CHECK"]) {
                self.check(table, name);
            } else if self.words(&["FOREIGN", "KEY"]) {
                let columns = self.names();
                let mut key = self.references(columns);
                key.name = name;
                table.foreign_keys.push(key);
            } else {
                self.at += 1;
            }
        }
    }

    fn primary_key(&mut self, table: &mut Table, name: Option<String>) {
        let inner = self.inner();
        let mut pieces: Vec<Piece<'_>> = self.pieces[inner].to_vec();
        // Allowed here, too, for a single column.
        let is_auto = pieces.last().is_some_and(|piece| piece.is("AUTOINCREMENT"));
        if is_auto {
            pieces.pop();
            table.options.insert("autoincrement".to_owned(), "true".to_owned());
        }
        let (mut columns, mut descending) = (Vec::new(), Vec::new());
        for column in parts(&pieces).into_iter().map(part) {
            let IndexKey::Column(of) = column.key else { continue };
            if column.descending {
                descending.push(of.clone());
            }
            columns.push(of);
        }
        let mut key = PrimaryKey::new(columns);
        key.name = name;
        if !descending.is_empty() {
            key.options.insert("descending".to_owned(), descending.join(", "));
        }
        if let Some(conflict) = self.conflict() {
            key.options.insert("conflict".to_owned(), conflict);
        }
        table.primary_key = Some(key);
    }
}
