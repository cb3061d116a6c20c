//! Schemas drawn at random: whatever the database at hand can have, over rows in which every value is the row's number.

use ambix::schema::{
    Check, Column, Deferral, EnumType, ForeignKey, Identity, IdentityKind, Index, IndexPart, Match,
    Nulls, ReferentialAction, Schema, Sequence, SequenceOptions, Table, Type, Unique,
};

use crate::setup::SCHEME;

/// Numbers that are the same in every run.
pub struct Drawn(pub u64);

impl Drawn {
    pub fn number(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    pub fn one_in(&mut self, times: u64) -> bool {
        self.number(times) == 0
    }

    pub fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.number(of.len() as u64) as usize].clone()
    }
}

fn is(scheme: &str) -> bool {
    SCHEME == scheme
}

/// Names that break whoever does not quote them.
const TABLES: [&str; 5] = ["a", "b", "order", "Weird \"t\"", "tüñ"];
const NUMBERS: [&str; 5] = ["n0", "n1", "select", "Camel Case", "ü'm"];
const TEXTS: [&str; 6] =
    ["one", "it's", "two\nlines", "-- no comment", "/* nor */ this", "back\\slash"];

/// One schema. With `renames` some names are others, and say so.
pub struct Drawer<'d> {
    pub drawn: &'d mut Drawn,
    pub renames: bool,
    /// The key's type and the tables' names, the same everywhere.
    key: Type,
    key_name: String,
    first: String,
}

impl<'d> Drawer<'d> {
    pub fn new(drawn: &'d mut Drawn, renames: bool) -> Self {
        let key = drawn.one(&[Type::Integer, Type::BigInt, Type::BigInt]);
        let mut drawer =
            Self { drawn, renames, key, key_name: String::new(), first: String::new() };
        drawer.key_name = drawer.name("id");
        drawer.first = drawer.name("a");
        drawer
    }

    /// The name, or another one.
    fn name(&mut self, base: &str) -> String {
        if self.renames && self.drawn.one_in(6) { format!("{base} x") } else { base.to_owned() }
    }

    pub fn schema(&mut self) -> Schema {
        let mut schema = Schema::new();
        for base in TABLES {
            if base == "a" {
                let name = self.first.clone();
                schema = schema.table(self.table(base, name));
            } else if !self.drawn.one_in(3) {
                let name = self.name(base);
                schema = schema.table(self.table(base, name));
            }
        }
        if is("postgres") {
            // What is in it takes part also where this schema has no table there.
            schema = self.sequence(schema.schema("audit"));
        }
        schema
    }

    fn sequence(&mut self, schema: Schema) -> Schema {
        let mut options = SequenceOptions::default();
        if self.drawn.one_in(2) {
            options = options.start(5).increment(self.drawn.one(&[1, 7, -1]).max(1));
        }
        if self.drawn.one_in(2) {
            options = options.maximum(1000).cache(3);
        }
        match self.drawn.number(3) {
            0 => schema,
            _ => schema.sequence(Sequence::new("some seq").options(options)),
        }
    }

    fn table(&mut self, base: &str, name: String) -> Table {
        let mut table = Table::new(name.clone());
        if name != base {
            table = table.renamed_from(base);
        }
        if is("postgres") && base == "tüñ" && self.drawn.one_in(3) {
            table = table.schema("audit");
        }
        table = self.key(table);
        table = self.decorations(table);
        let mut numbers = Vec::new();
        for base in NUMBERS {
            if self.drawn.one_in(3) {
                continue;
            }
            let name = self.name(base);
            let column = self.plain(base, name);
            numbers.push(column.clone());
            table = table.column(column);
        }
        table = self.special(table);
        table = self.references(table);
        table = self.keys(table, &numbers);
        self.computed(table, &numbers)
    }

    fn key(&mut self, mut table: Table) -> Table {
        let name = self.key_name.clone();
        let mut id = Column::new(name.clone(), self.key.clone()).not_null();
        if name != "id" {
            id = id.renamed_from("id");
        }
        let kinds: &[IdentityKind] = match SCHEME {
            "postgres" => &[IdentityKind::Auto, IdentityKind::ByDefault, IdentityKind::Serial],
            _ => &[IdentityKind::Auto],
        };
        if self.drawn.one_in(2) {
            let mut identity = Identity::new(self.drawn.one(kinds));
            if is("postgres") && self.drawn.one_in(3) {
                identity = identity.sequence(SequenceOptions::default().start(5).increment(7));
            }
            id = id.identity(identity);
        }
        table = table.column(id);
        table.primary_key([name])
    }

    fn decorations(&mut self, mut table: Table) -> Table {
        match SCHEME {
            "sqlite" => {
                if self.drawn.one_in(5) {
                    table = table.option("strict", "true");
                }
                return table;
            }
            "mysql" if self.drawn.one_in(5) => {
                let collation = self.drawn.one(&["utf8mb4_unicode_ci", "utf8mb4_bin"]);
                table = table.option("collation", collation);
            }
            "postgres" if self.drawn.one_in(5) => {
                table = table.option("fillfactor", self.drawn.one(&["70", "90"]));
            }
            _ => {}
        }
        if self.drawn.one_in(2) { table.comment(self.drawn.one(&TEXTS)) } else { table }
    }

    /// A column whose values are numbers, whatever its type is.
    fn plain(&mut self, base: &str, name: String) -> Column {
        let mut types = vec![
            Type::SmallInt,
            Type::Integer,
            Type::BigInt,
            Type::Varchar(20),
            Type::Varchar(70),
            Type::Decimal(Some((12, 3))),
            Type::Double,
        ];
        if !is("mysql") {
            types.extend([Type::Text, Type::Decimal(None), Type::Real]);
        }
        let ty = self.drawn.one(&types);
        let is_text = matches!(ty, Type::Varchar(_) | Type::Text);
        let mut column = Column::new(name.clone(), ty).nullable(self.drawn.one_in(2));
        if name != base {
            column = column.renamed_from(base);
        }
        match self.drawn.number(4) {
            0 if is_text => column = column.default(self.drawn.one(&TEXTS)),
            0 => column = column.default(self.drawn.one(&[7, 8])),
            1 if is_text && !is("mysql") => column = column.default_sql("upper('x')"),
            _ => {}
        }
        if is_text && self.drawn.one_in(5) {
            column = column.collation(match SCHEME {
                "postgres" => "C",
                "sqlite" => "NOCASE",
                _ => "utf8mb4_bin",
            });
        }
        if !is("sqlite") && self.drawn.one_in(5) {
            column = column.comment(self.drawn.one(&TEXTS));
        }
        if is("postgres") && is_text && self.drawn.one_in(8) {
            column = column.option("storage", self.drawn.one(&["external", "main"]));
        }
        column
    }

    /// Columns of types that do not become others.
    fn special(&mut self, mut table: Table) -> Table {
        let types: &[(&str, &[Type])] = &[
            ("at", &[Type::Timestamp, Type::Date]),
            ("flag", &[Type::Boolean]),
            ("data", &[Type::Json, Type::Text]),
        ];
        for (name, types) in types {
            if self.drawn.one_in(2) {
                let ty = self.drawn.one(types);
                table = table.column(Column::new(*name, ty).nullable(self.drawn.one_in(2)));
            }
        }
        if self.drawn.one_in(2) {
            let states = [&["a", "b"][..], &["b", "a", "c"], &["a", "b", "c", "d"], &["b", "it's"]];
            let values = self.drawn.one(&states);
            // One type for each table, so that each has its own values.
            let values =
                EnumType::new(format!("state of {}", table.name.name), values.iter().copied());
            let mut column =
                Column::new("state", Type::Enum(values)).nullable(self.drawn.one_in(2));
            if self.drawn.one_in(3) {
                column = column.default("b");
            }
            table = table.column(column);
        }
        if is("postgres") && self.drawn.one_in(4) {
            let element = self.drawn.one(&[Type::Integer, Type::BigInt, Type::Text]);
            table = table.column(Column::new("list", Type::Array(Box::new(element))));
        }
        table
    }

    fn references(&mut self, mut table: Table) -> Table {
        if self.drawn.one_in(2) {
            return table;
        }
        let name = self.name("ref");
        let mut column = Column::new(name.clone(), self.key.clone()).nullable(self.drawn.one_in(2));
        if name != "ref" {
            column = column.renamed_from("ref");
        }
        let nullable = column.nullable;
        table = table.column(column);
        if !self.drawn.one_in(3) {
            let mut actions = vec![
                ReferentialAction::NoAction,
                ReferentialAction::Cascade,
                ReferentialAction::Restrict,
            ];
            if nullable {
                actions.push(ReferentialAction::SetNull);
            }
            let mut key =
                ForeignKey::new([name.clone()], self.first.clone(), [self.key_name.clone()])
                    .on_delete(self.drawn.one(&actions));
            if self.drawn.one_in(3) {
                key = key.on_update(ReferentialAction::Cascade);
            }
            if !is("mysql") && self.drawn.one_in(4) {
                key = key.deferral(self.drawn.one(&[Deferral::Immediate, Deferral::Deferred]));
            }
            if is("postgres") && self.drawn.one_in(6) {
                key = key.matching(Match::Full);
            }
            if self.drawn.one_in(4) {
                key = key.named(format!("own key of {}", table.name.name));
            }
            table = table.foreign_key(key);
        }
        if self.drawn.one_in(3) {
            let key = self.key_name.clone();
            let of = self.part("wide", &table);
            table = table.with_index(Index::new([name.clone(), key]).named(of));
        }
        if self.drawn.one_in(4) {
            let of = self.part("ref", &table);
            table = table.with_index(Index::new([name]).named(of));
        }
        table
    }

    /// A name that no other table's part has.
    fn part(&mut self, base: &str, table: &Table) -> String {
        format!("{base} of {}", table.name.name)
    }

    fn keys(&mut self, mut table: Table, numbers: &[Column]) -> Table {
        let [first, .., last] = numbers else { return table };
        // Text of unlimited length cannot be a key everywhere, and what is the same in all rows is not unique.
        let name = last.name.clone();
        let has_default = last.default.is_some();
        if !has_default {
            match self.drawn.number(5) {
                0 => table = table.unique([name.clone()]),
                1 => {
                    let mut unique = Unique::new([first.name.clone(), name.clone()]);
                    if is("postgres") && self.drawn.one_in(2) {
                        unique = unique.deferral(Deferral::Immediate);
                    } else if is("postgres") && self.drawn.one_in(2) {
                        unique = unique.include([self.key_name.clone()]);
                    }
                    table = table.with_unique(unique);
                }
                2 => {
                    let of = self.part("both", &table);
                    table = table.with_index(Index::new([name.clone()]).unique().named(of));
                }
                _ => {}
            }
        }
        if self.drawn.one_in(3) {
            let mut part = IndexPart::column(first.name.clone());
            if self.drawn.one_in(2) {
                part = part.descending();
            }
            if is("postgres") && self.drawn.one_in(3) {
                part = part.nulls(self.drawn.one(&[Nulls::First, Nulls::Last]));
            }
            let of = self.part("sorted", &table);
            let mut index = Index::on([part]).named(of);
            if !is("mysql") && self.drawn.one_in(2) {
                index = index.only_where(format!(
                    "{} > {}",
                    quote(&self.key_name),
                    self.drawn.number(2)
                ));
            }
            if is("postgres") && self.drawn.one_in(4) {
                index = index.include([self.key_name.clone()]).option("fillfactor", "80");
            }
            table = table.with_index(index);
        }
        if !is("mysql") && self.drawn.one_in(3) {
            let of = self.part("computed", &table);
            let expression = self.expression(first);
            table = table.with_index(Index::on([IndexPart::expression(expression)]).named(of));
        }
        if self.drawn.one_in(2) {
            let mut check = Check::new(self.condition(first));
            if self.drawn.one_in(2) {
                check = check.named(self.part("check", &table));
            }
            table = table.check(check);
        }
        table
    }

    fn expression(&mut self, column: &Column) -> String {
        let name = quote(&column.name);
        if is_text(column) {
            format!("lower({name})")
        } else {
            format!("{name} + {}", self.drawn.number(3))
        }
    }

    fn condition(&mut self, column: &Column) -> String {
        let (name, number) = (quote(&column.name), self.drawn.number(3));
        if is_text(column) {
            format!("length({name}) < {}", 100 + number)
        } else {
            format!("{name} + {number} >= 0")
        }
    }

    fn computed(&mut self, table: Table, numbers: &[Column]) -> Table {
        // On one of the databases a column that numbers itself may not be computed from, and a renamed one not be used.
        let Some(column) = numbers.first().filter(|_| self.drawn.one_in(3)) else { return table };
        let expression = self.expression(column);
        let ty = match &column.ty {
            _ if is_text(column) => Type::Varchar(70),
            Type::Double | Type::Real => Type::Double,
            Type::Decimal(_) => Type::Decimal(Some((14, 3))),
            _ => Type::BigInt,
        };
        let sum = Column::new("sum", ty);
        let stored = is("postgres") || self.drawn.one_in(2);
        let sum =
            if stored { sum.generated(expression) } else { sum.generated_virtual(expression) };
        let table = table.column(sum);
        if self.drawn.one_in(3) && !is_text(column) {
            let of = self.part("sum", &table);
            return table.with_index(Index::new(["sum"]).named(of));
        }
        table
    }
}

fn is_text(column: &Column) -> bool {
    matches!(column.ty, Type::Varchar(_) | Type::Text)
}

/// A name in SQL.
pub fn quote(name: &str) -> String {
    if is("mysql") {
        format!("`{}`", name.replace('`', "``"))
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}
