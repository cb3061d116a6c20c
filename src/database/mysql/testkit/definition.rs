//! What a database is made of, in the server's own words: what copies are made from, and what they are compared with.

use std::collections::BTreeMap;

use super::{super::super::section, COPIES, fill, session::Reader};
use crate::{
    database::{
        Dialect, Failure, Row,
        mysql::{MySql, SYNTAX},
    },
    sql::{Token, tokens},
};

/// Stands for the database's own name in the text of its objects. It is as long as no copy's name, and no copy has it.
const SELF: &str = "ambix_test_itself";
/// Tables that one query looks into.
const TABLES: usize = 500;
/// The columns of its answer, before the number of a table: whether that has rows.
const FILLED: &str = "filled_";
/// After an object with settings of its own: back to what a session of the kit has.
const BACK: &str = "SET SESSION time_zone = '+00:00'; SET NAMES utf8mb4";

/// What there is, in the order in which it can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DefinitionKind {
    Sequence,
    Table,
    Function,
    Procedure,
    Package,
    PackageBody,
    View,
    Trigger,
    Event,
}

impl DefinitionKind {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Sequence, "SEQUENCE"),
        (Self::Table, "TABLE"),
        (Self::Function, "FUNCTION"),
        (Self::Procedure, "PROCEDURE"),
        (Self::Package, "PACKAGE"),
        (Self::PackageBody, "PACKAGE BODY"),
        (Self::View, "VIEW"),
        (Self::Trigger, "TRIGGER"),
        (Self::Event, "EVENT"),
    ];

    pub(super) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }

    pub(super) fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }

    /// The column in which SHOW CREATE has the text.
    fn column(self) -> &'static str {
        match self {
            Self::Sequence | Self::Table => "Create Table",
            Self::Function => "Create Function",
            Self::Procedure => "Create Procedure",
            Self::Package => "Create Package",
            Self::PackageBody => "Create Package Body",
            Self::View => "Create View",
            Self::Trigger => "SQL Original Statement",
            Self::Event => "Create Event",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CreateStatement {
    pub(super) kind: DefinitionKind,
    pub(super) name: String,
    /// The SET that comes before it; empty where none has to.
    pub(super) settings: String,
    /// Its CREATE, without a table's counter.
    pub(super) text: String,
    /// A table's AUTO_INCREMENT, a sequence's position.
    pub(super) counter: Option<String>,
    /// Of a table with rows: its columns that can be written, quoted. Of a trigger: its table. Of an event: whether it is enabled.
    pub(super) columns: Vec<String>,
    /// Of a table with rows: what tells them from others.
    pub(super) sum: Option<String>,
    /// The table has rows.
    pub(super) filled: bool,
}

impl CreateStatement {
    pub(super) fn new(kind: DefinitionKind, name: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            settings: String::new(),
            text: String::new(),
            counter: None,
            columns: Vec::new(),
            sum: None,
            filled: false,
        }
    }

    pub(super) fn quoted(&self) -> String {
        MySql.quote(&self.name)
    }

    /// It is a table that has rows in the template.
    pub(super) fn is_seeded(&self) -> bool {
        self.kind == DefinitionKind::Table && !self.columns.is_empty()
    }

    /// Fills the table with the template's rows.
    pub(super) fn refill(&self, template: &str) -> String {
        let (columns, table) = (self.columns.join(", "), self.quoted());
        let template = MySql.quote(template);
        format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {template}.{table}")
    }
}

/// A database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DatabaseDefinition {
    pub(super) charset: String,
    pub(super) collation: String,
    pub(super) objects: Vec<CreateStatement>,
}

impl DatabaseDefinition {
    /// Of a template that was just made. None where there is something in it that a script cannot bring to a copy.
    pub(super) async fn read(reader: &mut Reader, database: &str) -> Result<Option<Self>, Failure> {
        let list = format!(
            "{};\n{}",
            list(database),
            fill(section!(COPIES, "columns"), &[("name", database)])
        );
        let sets = reader.run(&list).await?;
        let Some(mut definition) = Self::listed(&sets) else { return Ok(None) };
        definition.settle_sequences(reader).await?;
        let look = definition.look();
        let found = reader.run(&look.join(";\n")).await?;
        if definition.take_in(found, database).is_none() {
            return Ok(None);
        }
        let mut columns: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for row in sets.last().into_iter().flatten() {
            let column = MySql.quote(row.text("name"));
            columns.entry(row.text("of_table")).or_default().push(column);
        }
        for table in definition.objects.iter_mut().filter(|table| table.filled) {
            table.columns = columns.remove(table.name.as_str()).unwrap_or_default();
        }
        let sums = definition.sums();
        if !sums.is_empty() {
            let found = reader.run(&sums.join(";\n")).await?;
            definition.take_sums(&mut found.into_iter());
        }
        definition.order_views();
        Ok(Some(definition))
    }

    /// Looks how another database differs from this one. None where it has other objects than rows and counters.
    pub(super) async fn look_at(
        &self,
        reader: &mut Reader,
        database: &str,
    ) -> Result<Option<Self>, Failure> {
        let mut statements = vec![list(database)];
        statements.extend(self.look());
        statements.extend(self.sums());
        let mut sets = reader.run(&statements.join(";\n")).await?;
        let mut seen = self.clone();
        let listed = Self::listed(&sets);
        let Some(listed) = listed.filter(|listed| self.is_listed_as(listed)) else {
            return Ok(None);
        };
        (seen.charset, seen.collation) = (listed.charset, listed.collation);
        let mut found = sets.split_off(LISTS);
        let sums = found.split_off(self.look().len());
        if seen.take_in(found, database).is_none() {
            return Ok(None);
        }
        seen.take_sums(&mut sums.into_iter());
        Ok(Some(seen))
    }

    /// Whether the same objects are there; triggers in the same order.
    fn is_listed_as(&self, listed: &Self) -> bool {
        let names = |definition: &Self| {
            let mut names: Vec<(DefinitionKind, String)> = definition
                .objects
                .iter()
                .map(|object| (object.kind, object.name.clone()))
                .collect();
            names.sort_by(|a, b| {
                let is_trigger = a.0 == DefinitionKind::Trigger && b.0 == DefinitionKind::Trigger;
                if is_trigger { std::cmp::Ordering::Equal } else { a.cmp(b) }
            });
            names
        };
        names(self) == names(listed)
    }

    /// The names of all that there is. None where one is of a kind that a script cannot bring.
    fn listed(sets: &[Vec<Row>]) -> Option<Self> {
        // `USE` has no rows.
        let [_, database, tables, routines, triggers, events, ..] = sets else { return None };
        let database = database.first()?;
        let mut objects = Vec::new();
        for row in tables {
            let kind = match row.text("kind") {
                "BASE TABLE" => DefinitionKind::Table,
                "VIEW" => DefinitionKind::View,
                "SEQUENCE" => DefinitionKind::Sequence,
                // One with a history of its rows, which nobody can write or empty.
                _ => return None,
            };
            objects.push(CreateStatement::new(kind, row.text("name")));
        }
        for row in routines {
            let kind = DefinitionKind::read(row.text("kind"))?;
            objects.push(CreateStatement::new(kind, row.text("name")));
        }
        for row in triggers {
            let mut trigger = CreateStatement::new(DefinitionKind::Trigger, row.text("name"));
            trigger.columns.push(row.text("of_table").to_owned());
            objects.push(trigger);
        }
        for row in events {
            if row.text("type") == "ONE TIME" {
                // Its time is one from when the template was made.
                return None;
            }
            let mut event = CreateStatement::new(DefinitionKind::Event, row.text("name"));
            event.columns.push(row.text("status").to_owned());
            objects.push(event);
        }
        objects.sort_by_key(|object| object.kind);
        Some(Self {
            charset: database.text("charset").to_owned(),
            collation: database.text("collation").to_owned(),
            objects,
        })
    }

    fn sequences(&self) -> impl Iterator<Item = &CreateStatement> {
        self.objects.iter().filter(|object| object.kind == DefinitionKind::Sequence)
    }

    /// A sequence that was used has numbers in the server's cache, and shows the one after these. Here it is put where it really
    /// is, which only taking a number tells.
    async fn settle_sequences(&self, reader: &mut Reader) -> Result<(), Failure> {
        let names: Vec<String> = self.sequences().map(CreateStatement::quoted).collect();
        if names.is_empty() {
            return Ok(());
        }
        let take: Vec<String> =
            names.iter().map(|name| format!("SELECT NEXTVAL({name}) AS number")).collect();
        let taken = reader.run(&take.join(";\n")).await?;
        let numbers = taken.iter().map(|rows| rows.first().map_or("", |row| row.text("number")));
        let put: Vec<String> = names
            .iter()
            .zip(numbers)
            .map(|(name, number)| format!("ALTER SEQUENCE {name} RESTART {number}"))
            .collect();
        reader.run(&put.join(";\n")).await.map(|_| ())
    }

    /// The queries whose answers [`take_in`](Self::take_in) reads.
    fn look(&self) -> Vec<String> {
        let show = self
            .objects
            .iter()
            .map(|object| format!("SHOW CREATE {} {}", object.kind.word(), object.quoted()));
        let positions = self.sequences().map(|sequence| {
            format!("SELECT next_not_cached_value, cycle_count FROM {}", sequence.quoted())
        });
        let mut queries: Vec<String> = show.chain(positions).collect();
        let tables: Vec<String> = self
            .objects
            .iter()
            .filter(|object| object.kind == DefinitionKind::Table)
            .enumerate()
            .map(|(at, table)| format!("EXISTS (SELECT 1 FROM {}) AS {FILLED}{at}", table.quoted()))
            .collect();
        queries.extend(tables.chunks(TABLES).map(|some| format!("SELECT {}", some.join(", "))));
        queries
    }

    fn take_in(&mut self, sets: Vec<Vec<Row>>, database: &str) -> Option<()> {
        let mut sets = sets.into_iter();
        for object in &mut self.objects {
            let row = sets.next()?.into_iter().next()?;
            // Nothing is shown to one who may not see it.
            let shown = row.column(object.kind.column())?;
            let shown = shown.replace(database, SELF);
            (object.text, object.counter) = match object.kind {
                DefinitionKind::Table => without_counter(&without_charsets(&shown)),
                _ => (shown, None),
            };
            object.settings = settings(object.kind, &row);
        }
        for sequence in
            self.objects.iter_mut().filter(|object| object.kind == DefinitionKind::Sequence)
        {
            let row = sets.next()?.into_iter().next()?;
            sequence.counter = Some(row.text("next_not_cached_value").to_owned());
            sequence.sum = Some(row.text("cycle_count").to_owned());
        }
        let rows: Vec<Row> = sets.flatten().collect();
        let tables = self.objects.iter_mut().filter(|object| object.kind == DefinitionKind::Table);
        for (at, table) in tables.enumerate() {
            let column = format!("{FILLED}{at}");
            let filled = rows.get(at / TABLES)?.column(&column);
            table.filled = filled == Some("1");
        }
        Some(())
    }

    /// What is asked of the rows of tables that have some in the template. The server's checksum is one of all bytes of a row,
    /// but it does not know where a value ends; the second sum is one of the lengths.
    fn sums(&self) -> Vec<String> {
        let seeded = self.objects.iter().filter(|object| object.is_seeded());
        seeded
            .flat_map(|table| {
                let lengths = table.columns.iter();
                let lengths: Vec<String> =
                    lengths.map(|column| format!("COALESCE(LENGTH({column}), '-')")).collect();
                let (table, lengths) = (table.quoted(), lengths.join(", "));
                [
                    format!("CHECKSUM TABLE {table} EXTENDED"),
                    format!("SELECT COUNT(*) AS `rows`, SUM(CRC32(CONCAT_WS(',', {lengths}))) AS lengths FROM {table}"),
                ]
            })
            .collect()
    }

    fn take_sums(&mut self, sets: &mut dyn Iterator<Item = Vec<Row>>) {
        for table in self.objects.iter_mut().filter(|object| object.is_seeded()) {
            let rows: Vec<Row> =
                [sets.next(), sets.next()].into_iter().flatten().flatten().collect();
            let sums = ["Checksum", "lengths", "rows"].into_iter();
            let sums = sums.filter_map(|name| rows.iter().find_map(|row| row.find(name)));
            table.sum = Some(sums.collect::<Vec<&str>>().join(" "));
        }
    }

    /// A view comes after those that its text mentions.
    fn order_views(&mut self) {
        let is_view = |object: &CreateStatement| object.kind == DefinitionKind::View;
        let Some(first) = self.objects.iter().position(is_view) else { return };
        let end = self.objects.iter().rposition(is_view).unwrap_or(first) + 1;
        let mut views: Vec<CreateStatement> = self.objects.drain(first..end).collect();
        let mut at = first;
        while !views.is_empty() {
            let is_free = |view: &CreateStatement| {
                let mut others = views.iter().filter(|other| other.name != view.name);
                !others.any(|other| view.text.contains(&other.quoted()))
            };
            // Where the mentions are no order, the proof shows whether any will do.
            let next = views.iter().position(is_free).unwrap_or_default();
            self.objects.insert(at, views.remove(next));
            at += 1;
        }
    }

    /// The statements that make a database with this name into a copy of the template.
    pub(super) fn script(&self, name: &str, template: &str) -> Vec<String> {
        let mut statements = Vec::new();
        let mut own_settings = false;
        let (tables, rest): (Vec<&CreateStatement>, Vec<&CreateStatement>) =
            self.objects.iter().partition(|object| object.kind <= DefinitionKind::Table);
        for object in &tables {
            statements.push(object.text.replace(SELF, name));
            let Some(counter) = &object.counter else { continue };
            if object.kind == DefinitionKind::Sequence {
                statements.push(format!("ALTER SEQUENCE {} RESTART {counter}", object.quoted()));
            } else if let Some(text) = statements.last_mut() {
                *text = with_counter(text, counter);
            }
        }
        statements.extend(
            tables.iter().filter(|table| table.is_seeded()).map(|table| table.refill(template)),
        );
        for object in rest {
            own_settings = true;
            statements.push(object.settings.clone());
            statements.push(object.text.replace(SELF, name));
        }
        if own_settings {
            statements.push(BACK.to_owned());
            statements.push(fill(section!(COPIES, "settings"), &[]));
        }
        statements
    }
}

/// How many sets of rows [`list`] brings.
const LISTS: usize = 6;

fn list(database: &str) -> String {
    // With the database as the default one its name is left out of the text of views.
    format!(
        "USE {};\n{}",
        MySql.quote(database),
        fill(section!(COPIES, "list"), &[("name", database)])
    )
}

/// What an object that is kept as text was made with.
fn settings(kind: DefinitionKind, row: &Row) -> String {
    if kind <= DefinitionKind::Table {
        return String::new();
    }
    // A view has no mode of its own, and only an event has a zone.
    let mode = row.find("sql_mode").unwrap_or_default();
    let zone = row.find("time_zone").unwrap_or("+00:00");
    format!(
        "SET SESSION sql_mode = '{mode}', SESSION time_zone = '{zone}'; SET NAMES {} COLLATE {}",
        row.text("character_set_client"),
        row.text("collation_connection")
    )
}

/// A table's CREATE without the character sets that collations imply: MySQL shows them only if the table was created with such a text.
fn without_charsets(create: &str) -> String {
    let all: Vec<Token<'_>> = tokens(create, &SYNTAX).collect();
    let (mut plain, mut end) = (String::with_capacity(create.len()), 0);
    for four in all.windows(4) {
        if four[0].is_word("CHARACTER") && four[1].is_word("SET") && four[3].is_word("COLLATE") {
            plain.push_str(&create[end..four[0].start]);
            end = four[3].start;
        }
    }
    plain.push_str(&create[end..]);
    plain
}

/// The line with a table's options.
const OPTIONS: &str = "\n) ENGINE=";

/// A table's CREATE, and the counter that stood in it.
fn without_counter(create: &str) -> (String, Option<String>) {
    const WORD: &str = " AUTO_INCREMENT=";
    let options = create.rfind(OPTIONS).unwrap_or(create.len());
    let (columns, options) = create.split_at(options);
    // What is quoted is a comment.
    let plain = options.split('\'').next().unwrap_or_default();
    let Some(at) = plain.find(WORD) else { return (create.to_owned(), None) };
    let number: String =
        options[at + WORD.len()..].chars().take_while(char::is_ascii_digit).collect();
    let rest = &options[at + WORD.len() + number.len()..];
    (format!("{columns}{}{rest}", &options[..at]), Some(number))
}

fn with_counter(create: &str, counter: &str) -> String {
    let at = create.rfind(OPTIONS).map_or(create.len(), |at| at + 3);
    format!("{} AUTO_INCREMENT={counter}{}", &create[..at - 1], &create[at - 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_set_that_is_implied_is_left_out() {
        let create = "CREATE TABLE `t` (`a` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT \
                      ' CHARACTER SET utf8mb4 COLLATE x', `b` char(3) CHARACTER SET latin1)";
        let plain = create.replacen("CHARACTER SET utf8mb4 ", "", 1);
        assert_eq!(without_charsets(create), plain);
    }

    #[test]
    fn a_counter_is_taken_out_and_put_back() {
        let create = "CREATE TABLE `t` (\n  `a` int COMMENT ' AUTO_INCREMENT=3'\n) ENGINE=InnoDB \
                      AUTO_INCREMENT=42 DEFAULT CHARSET=latin1 COMMENT='x AUTO_INCREMENT=7'";
        let (text, counter) = without_counter(create);
        assert_eq!(text, create.replace(" AUTO_INCREMENT=42", ""));
        assert_eq!(counter.as_deref(), Some("42"));
        let again = with_counter(&text, "42");
        assert!(again.contains("\n) AUTO_INCREMENT=42 ENGINE=InnoDB DEFAULT"), "{again}");
    }

    #[test]
    fn a_table_without_a_counter_stays() {
        let create = "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB COMMENT='an AUTO_INCREMENT=7'";
        assert_eq!(without_counter(create), (create.to_owned(), None));
    }
}
