//! Columns: what they are, and how they become another.

use super::{
    Writer,
    name::{self, name},
    sequence, table_name,
};
use crate::{
    database::{
        Dialect,
        postgres::{
            Postgres,
            types::{self, word},
        },
    },
    error::Result,
    schema::{
        Column, DefaultValue, Generated, Identity, IdentityKind, Name, Options, Sequence,
        SequenceOptions, Type,
    },
};

impl Writer<'_> {
    /// A column as CREATE TABLE and ADD COLUMN write it.
    pub(super) fn column(&self, table: &Name, column: &Column) -> String {
        let mut text = format!("{} ", name(&column.name));
        let serial = column.identity.as_ref().filter(|i| i.kind == IdentityKind::Serial);
        match serial {
            Some(identity) if is_usual(table, column, identity) => {
                text.push_str(serial_word(&column.ty));
            }
            _ => text.push_str(&word(&column.ty)),
        }
        if let Some(collation) = &column.collation {
            text.push_str(&format!(" COLLATE {}", collation_name(collation)));
        }
        match (&column.generated, &column.identity) {
            (Some(generated), _) => text.push_str(&self::generated(generated)),
            (None, Some(identity)) if identity.kind != IdentityKind::Serial => {
                text.push_str(&format!(" {}", self::identity(table, column, identity)));
            }
            (None, Some(identity)) if !is_usual(table, column, identity) => {
                text.push_str(&format!(" DEFAULT {}", self.next_value(table, column, identity)));
            }
            _ => {}
        }
        if let Some(default) = &column.default {
            text.push_str(&format!(" DEFAULT {}", self.default(default)));
        }
        // A numbered column is NOT NULL anyway.
        let says_so = column
            .identity
            .as_ref()
            .is_some_and(|i| i.kind != IdentityKind::Serial || is_usual(table, column, i));
        if !column.nullable && !says_so {
            text.push_str(" NOT NULL");
        }
        text
    }

    /// The sequence that a serial column needs before it is there, where the word `serial` would make another one.
    pub(super) fn prepare_column(&mut self, table: &Name, column: &Column) {
        if let Some(identity) = &column.identity
            && identity.kind == IdentityKind::Serial
            && !is_usual(table, column, identity)
        {
            let sequence = own_sequence(table, column, identity);
            self.push(sequence::create(&sequence));
        }
    }

    /// What is said of a column in statements of its own.
    pub(super) fn after_column(&mut self, table: &Name, column: &Column) {
        let of = name(&column.name);
        if let Some(identity) = &column.identity
            && identity.kind == IdentityKind::Serial
            && !is_usual(table, column, identity)
        {
            let sequence = own_sequence(table, column, identity);
            let table = table_name(table);
            self.push(format!(
                "ALTER SEQUENCE {} OWNED BY {table}.{of}",
                table_name(&sequence.name)
            ));
        }
        for (option, word) in [("storage", "STORAGE"), ("compression", "COMPRESSION")] {
            if let Some(value) = column.options.get(option) {
                self.alter(
                    table,
                    &format!("ALTER COLUMN {of} SET {word} {}", value.to_uppercase()),
                );
            }
        }
        self.planner_options(table, &of, &Options::new(), &column.options);
        if let Some(identity) = &column.identity {
            let sequence = own_sequence(table, column, identity);
            if let Some(comment) = &identity.comment {
                self.comment(&format!("SEQUENCE {}", table_name(&sequence.name)), Some(comment));
            }
        }
        if let Some(comment) = &column.comment {
            self.comment(&format!("COLUMN {}.{of}", table_name(table)), Some(comment));
        }
    }

    fn next_value(&self, table: &Name, column: &Column, identity: &Identity) -> String {
        let sequence = own_sequence(table, column, identity);
        format!("nextval({}::regclass)", self.literal(&table_name(&sequence.name)))
    }

    pub(super) fn add_column(
        &mut self,
        table: &Name,
        column: &Column,
        fill: Option<&str>,
    ) -> Result<()> {
        self.prepare_column(table, column);
        let is_filled = fill.is_some() && column.identity.is_none() && column.generated.is_none();
        if self.work.with_rows && (is_filled || !column.fills_itself()) {
            self.add_filled(table, column, fill);
        } else {
            let text = self.column(table, column);
            self.alter(table, &format!("ADD COLUMN {text}"));
        }
        self.after_column(table, column);
        Ok(())
    }

    pub(super) fn alter_column(
        &mut self,
        table: &Name,
        from: &Column,
        to: &Column,
        fill: Option<&str>,
    ) {
        let of = name(&to.name);
        if from.generated.is_some() && to.generated.is_none() {
            self.alter(table, &format!("ALTER COLUMN {of} DROP EXPRESSION"));
        }
        // The sequence of a serial column does not follow its type.
        let is_serial = |column: &Column| {
            column.identity.as_ref().is_some_and(|i| i.kind == IdentityKind::Serial)
        };
        let numbers = from.identity.as_ref().map(|i| (i.kind, &i.sequence))
            != to.identity.as_ref().map(|i| (i.kind, &i.sequence))
            || is_serial(from) && is_serial(to) && from.ty != to.ty;
        let kinds =
            from.identity.is_some() != to.identity.is_some() || is_serial(from) != is_serial(to);
        if numbers && kinds {
            self.drop_identity(table, from);
        }
        let actions = self.actions(from, to);
        if !to.nullable
            && from.nullable
            && let Some(fill) = fill
        {
            self.push(format!("UPDATE {} SET {of} = {fill} WHERE {of} IS NULL", table_name(table)));
        }
        if !to.nullable && from.nullable && fill.is_none() && self.work.with_rows {
            self.note("fails where a row has NULL here: fill those rows before");
        }
        if !actions.is_empty() {
            let indent = if actions.len() > 1 { "\n    " } else { " " };
            let actions = actions.join(&format!(",{indent}"));
            self.push(format!("ALTER TABLE {}{indent}{actions}", table_name(table)));
        }
        if numbers {
            self.set_identity(table, from, to, kinds);
        }
        // It may be NULL again only when nothing numbers it.
        if to.nullable && !from.nullable {
            self.alter(table, &format!("ALTER COLUMN {of} DROP NOT NULL"));
        }
        for (option, word) in [("storage", "STORAGE"), ("compression", "COMPRESSION")] {
            let differs = from.options.get(option) != to.options.get(option);
            // With a type comes its way of storing, and a collation is said with the type.
            let is_reset = is_retyped(from, to) && option == "storage";
            if if is_reset { to.options.contains_key(option) } else { differs } {
                let value =
                    to.options.get(option).map_or("DEFAULT".to_owned(), |v| v.to_uppercase());
                // The word DEFAULT came with version 16.
                let value = match (option, value.as_str()) {
                    ("storage", "DEFAULT") => default_storage(&to.ty).to_owned(),
                    _ => value,
                };
                self.alter(table, &format!("ALTER COLUMN {of} SET {word} {value}"));
            }
        }
        self.planner_options(table, &of, &from.options, &to.options);
        if let Some(identity) = &to.identity {
            // A sequence that is recreated has none.
            let was = from.identity.as_ref().filter(|_| !(numbers && kinds));
            let sequence = own_sequence(table, to, identity);
            if was.and_then(|was| was.comment.as_ref()) != identity.comment.as_ref() {
                let of = format!("SEQUENCE {}", table_name(&sequence.name));
                self.comment(&of, identity.comment.as_deref());
            }
        }
        if from.comment != to.comment {
            self.comment(&format!("COLUMN {}.{of}", table_name(table)), to.comment.as_deref());
        }
    }

    /// What the planner is told of a column.
    fn planner_options(&mut self, table: &Name, of: &str, from: &Options, to: &Options) {
        if from.get("statistics") != to.get("statistics") {
            let target = to.get("statistics").map_or("-1", String::as_str);
            self.alter(table, &format!("ALTER COLUMN {of} SET STATISTICS {target}"));
        }
        let known = ["n_distinct", "n_distinct_inherited"];
        let is_new =
            |option: &&str| to.contains_key(*option) && from.get(*option) != to.get(*option);
        let set = known.iter().copied().filter(is_new);
        let set: Vec<String> = set.map(|option| format!("{option} = {}", to[option])).collect();
        if !set.is_empty() {
            self.alter(table, &format!("ALTER COLUMN {of} SET ({})", set.join(", ")));
        }
        let is_gone = |option: &&str| from.contains_key(*option) && !to.contains_key(*option);
        let reset: Vec<&str> = known.iter().copied().filter(is_gone).collect();
        if !reset.is_empty() {
            self.alter(table, &format!("ALTER COLUMN {of} RESET ({})", reset.join(", ")));
        }
    }

    /// What one ALTER TABLE can do: type, default, NOT NULL.
    fn actions(&mut self, from: &Column, to: &Column) -> Vec<String> {
        let of = format!("ALTER COLUMN {}", name(&to.name));
        let mut actions = Vec::new();
        let retyped = is_retyped(from, to);
        let mut default = from.default.clone();
        if retyped && default.is_some() && (default != to.default || from.ty != to.ty) {
            // It is no value of the other type, or would be written in another way.
            actions.push(format!("{of} DROP DEFAULT"));
            default = None;
        }
        if retyped {
            let mut action = format!("{of} TYPE {}", word(&to.ty));
            match (&from.collation, &to.collation) {
                (_, Some(collation)) => {
                    action.push_str(&format!(" COLLATE {}", collation_name(collation)));
                }
                (Some(_), None) if is_text(&to.ty) => action.push_str(" COLLATE \"default\""),
                _ => {}
            }
            if from.ty != to.ty
                && from.generated.is_none()
                && let Some((using, note)) = types::using(from, &to.ty)
            {
                self.notes.extend(note.map(str::to_owned));
                action.push_str(&format!(" USING {using}"));
            }
            actions.push(action);
        }
        if default != to.default {
            actions.push(match &to.default {
                Some(default) => format!("{of} SET DEFAULT {}", self.default(default)),
                None => format!("{of} DROP DEFAULT"),
            });
        }
        if from.nullable && !to.nullable {
            actions.push(format!("{of} SET NOT NULL"));
        }
        actions
    }

    fn drop_identity(&mut self, table: &Name, column: &Column) {
        let of = name(&column.name);
        let Some(identity) = &column.identity else { return };
        if identity.kind == IdentityKind::Serial {
            self.alter(table, &format!("ALTER COLUMN {of} DROP DEFAULT"));
            let sequence = own_sequence(table, column, identity);
            self.push(format!("DROP SEQUENCE {}", table_name(&sequence.name)));
        } else {
            self.alter(table, &format!("ALTER COLUMN {of} DROP IDENTITY"));
        }
    }

    fn set_identity(&mut self, table: &Name, from: &Column, to: &Column, is_new: bool) {
        let of = name(&to.name);
        let Some(identity) = &to.identity else {
            if !is_new {
                self.drop_identity(table, from);
            }
            return;
        };
        let serial = identity.kind == IdentityKind::Serial;
        match &from.identity {
            Some(old) if !is_new && serial => {
                let was = own_sequence(table, from, old);
                // Its name stays the old one.
                let sequence = Sequence { name: was.name, ..own_sequence(table, to, identity) };
                if was.options != sequence.options {
                    self.fit(&sequence.name, &was.options, &sequence.options);
                    self.push(sequence::alter(&was.options, &sequence));
                }
                if sequence::turns(&was.options, &sequence.options) {
                    self.go_on_counting(table, to, identity);
                }
            }
            Some(old) if !is_new => {
                let mut actions = Vec::new();
                if old.kind != identity.kind {
                    actions.push(format!("SET GENERATED {}", generated_word(identity.kind)));
                }
                let turns = sequence::turns(&old.sequence, &identity.sequence);
                let (was, is) = (own_sequence(table, from, old), own_sequence(table, to, identity));
                self.fit(&was.name, &was.options, &is.options);
                let settings = sequence::settings(&old.sequence, &identity.sequence);
                actions.extend(settings.iter().map(|setting| format!("SET {setting}")));
                actions.extend(sequence::restart(&was.options, &is.options).map(str::to_owned));
                self.alter(table, &format!("ALTER COLUMN {of} {}", actions.join(" ")));
                if turns {
                    self.go_on_counting(table, to, identity);
                }
            }
            _ if serial => {
                let sequence = own_sequence(table, to, identity);
                self.push(sequence::create(&sequence));
                let next = self.next_value(table, to, identity);
                self.alter(table, &format!("ALTER COLUMN {of} SET DEFAULT {next}"));
                let owner = format!("{}.{of}", table_name(table));
                self.push(format!(
                    "ALTER SEQUENCE {} OWNED BY {owner}",
                    table_name(&sequence.name)
                ));
                self.go_on_counting(table, to, identity);
            }
            _ => {
                let added = self::identity(table, to, identity);
                self.alter(table, &format!("ALTER COLUMN {of} ADD {added}"));
                self.go_on_counting(table, to, identity);
            }
        }
    }

    /// Existing numbers are not given again.
    fn go_on_counting(&mut self, table: &Name, column: &Column, identity: &Identity) {
        if !self.work.with_rows {
            return;
        }
        let (of_table, of) = (table_name(table), name(&column.name));
        // A column of another type may own a sequence, too.
        let number = if types::is_whole(&column.ty) { of } else { format!("{of}::bigint") };
        let (furthest, way) = sequence::on_the_way(&identity.sequence, &number);
        let (table, column) = (self.literal(&of_table), self.literal(&column.name));
        let last = format!("{furthest}({number})");
        self.push(format!(
            "SELECT setval(pg_get_serial_sequence({table}, {column}), {last}) FROM {of_table} WHERE {way} HAVING {last} IS NOT NULL"
        ));
    }
}

/// Whether a column can become another in place.
pub(in super::super) fn alters(from: &Column, to: &Column) -> bool {
    match (&from.generated, &to.generated) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(from), None) => from.stored,
        (Some(a), Some(b)) => a == b && from.ty == to.ty && from.collation == to.collation,
    }
}

fn is_text(ty: &Type) -> bool {
    ["text", "character", "\"char\"", "name", "citext"]
        .iter()
        .any(|word| ty.text().starts_with(word))
}

/// As it is written: what was inspected has its quotes already.
fn collation_name(collation: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.' || c.is_ascii_digit();
    let is_written = collation.contains('"') || collation.chars().all(is_plain);
    if is_written { collation.to_owned() } else { name::name(collation) }
}

fn generated(generated: &Generated) -> String {
    let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
    format!(" GENERATED ALWAYS AS ({}) {kind}", generated.expression)
}

fn generated_word(kind: IdentityKind) -> &'static str {
    if kind == IdentityKind::Always { "ALWAYS" } else { "BY DEFAULT" }
}

fn identity(table: &Name, column: &Column, identity: &Identity) -> String {
    let mut settings = Vec::new();
    if let Some(name) = identity.sequence_name.as_ref().filter(|n| **n != usual(table, column)) {
        settings.push(format!("SEQUENCE NAME {}", table_name(name)));
    }
    settings.extend(sequence::settings_of(&identity.sequence));
    let settings =
        if settings.is_empty() { String::new() } else { format!(" ({})", settings.join(" ")) };
    format!("GENERATED {} AS IDENTITY{settings}", generated_word(identity.kind))
}

/// Whether the word `serial` makes exactly this.
fn is_usual(table: &Name, column: &Column, identity: &Identity) -> bool {
    identity.sequence_name.as_ref().is_none_or(|name| *name == usual(table, column))
        && identity.sequence == SequenceOptions::default()
}

/// The name that the server gives to the sequence of a column.
fn usual(table: &Name, column: &Column) -> Name {
    Name { schema: table.schema.clone(), name: format!("{}_{}_seq", table.name, column.name) }
}

fn serial_word(ty: &Type) -> &'static str {
    match word(ty).as_str() {
        "smallint" => "smallserial",
        "bigint" => "bigserial",
        _ => "serial",
    }
}

/// The sequence that a column owns.
fn own_sequence(table: &Name, column: &Column, identity: &Identity) -> Sequence {
    let mut options = identity.sequence.clone();
    options.data_type = options.data_type.or_else(|| Some(word(&column.ty)));
    let name = identity.sequence_name.clone().unwrap_or_else(|| usual(table, column));
    Sequence { comment: identity.comment.clone(), ..Sequence::new(name).options(options) }
}

/// The name of the sequence that a column owns, if any.
pub(in super::super) fn sequence_of(table: &Name, column: &Column) -> Option<Name> {
    column.identity.as_ref().map(|identity| own_sequence(table, column, identity).name)
}

/// A serial column, and its sequence, as two things.
pub(in super::super) fn without_serial(
    table: &Name,
    column: &Column,
) -> Option<(Column, Sequence)> {
    let identity = column.identity.as_ref().filter(|i| i.kind == IdentityKind::Serial)?;
    let mut sequence = own_sequence(table, column, identity);
    let kind = sequence.options.data_type.take();
    sequence.options.data_type = kind.filter(|kind| kind != "bigint");
    sequence.owned_by = Some((table.clone(), column.name.clone()));
    let next = format!("nextval({}::regclass)", Postgres.literal(&table_name(&sequence.name)));
    let default = Some(DefaultValue::Sql(next));
    Some((Column { identity: None, default, ..column.clone() }, sequence))
}

/// Whether the column gets its type again.
fn is_retyped(from: &Column, to: &Column) -> bool {
    from.ty != to.ty || from.collation != to.collation
}

/// How values of a type are stored where nothing is said.
fn default_storage(ty: &Type) -> &'static str {
    let text = ty.text();
    let fixed = [
        "smallint", "integer", "bigint", "real", "double", "boolean", "date", "time", "uuid",
        "interval",
    ];
    if text.starts_with("numeric") || text.starts_with("inet") || text.starts_with("cidr") {
        "MAIN"
    } else if fixed.iter().any(|word| text.starts_with(word)) && !text.ends_with("[]") {
        "PLAIN"
    } else {
        "EXTENDED"
    }
}
