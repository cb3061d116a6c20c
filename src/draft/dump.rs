//! A schema as a script that creates it, in an order that depends on nothing but what is in it. It is pure.

use std::{collections::BTreeSet, fmt};

use super::{
    blockers::{BlockerContext, obstacles},
    object_scope,
    scratch::creation,
    write::{ChangeNotes, headlines, line},
};
use crate::{
    database::{
        ChangeSet, Dialect, Drafting,
        tools::{is_common_name, tool_of_table},
    },
    error::Result,
    schema::{Address, Name, Schema, SchemaObject, Table, Uncovered},
    sql::{Item, Syntax, split, tokens},
};

/// The schema of a database as SQL: what [`Migrator::dump`](crate::Migrator::dump) returns.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Dump {
    /// A script that creates everything in an empty database. Two databases with the same schema have the same script.
    pub sql: String,
    /// What is in the database and not in the script. The script names it in a comment as well.
    pub left_out: Vec<Uncovered>,
    /// What was read.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) schema: Schema,
}

/// The script.
impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql)
    }
}

/// What a dump has in it. The default is everything.
///
/// ```
/// use ambix::draft::DumpOptions;
/// let options = DumpOptions::new().owners(false).privileges(false);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DumpOptions {
    pub(crate) owners: bool,
    pub(crate) privileges: bool,
}

impl Default for DumpOptions {
    fn default() -> Self {
        Self { owners: true, privileges: true }
    }
}

impl DumpOptions {
    /// The default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says who owns an object if that is not the role that reads the schema. Leave it out for a script that is to be loaded where
    /// these roles do not exist.
    #[must_use]
    pub fn owners(mut self, write: bool) -> Self {
        self.owners = write;
        self
    }

    /// Says what other roles may do. Leave it out for a script that is to be loaded where these roles do not exist.
    #[must_use]
    pub fn privileges(mut self, write: bool) -> Self {
        self.privileges = write;
        self
    }

    fn has(self, object: &SchemaObject) -> bool {
        if object.kind == "owner" { self.owners } else { self.privileges || !object.is_access }
    }
}

/// Writes a schema that was inspected. `own` are the tables that nobody asks for: the history's.
pub(crate) fn dump(
    mut schema: Schema,
    dialect: &dyn Dialect,
    drafting: &'static dyn Drafting,
    (own, options): (&[Name], DumpOptions),
) -> Result<Dump> {
    leave_out_tables(&mut schema, drafting.facts().extension_tables, own);
    schema.objects.retain(|object| options.has(object));
    sort(&mut schema);
    let (empty, changes) = (Schema::new(), creation(&schema, dialect, drafting));
    let syntax = dialect.syntax();
    let context = BlockerContext { current: &empty, desired: &schema, drafting, syntax };
    let notes = ChangeNotes { broken: obstacles(&changes, &context), ..ChangeNotes::default() };
    let work = ChangeSet {
        from: &empty,
        to: &schema,
        changes: &changes,
        with_rows: false,
        is_online: false,
        is_copy: true,
    };
    let rendered = drafting.render(&work)?;
    let mut sql = String::new();
    for thing in &schema.uncovered {
        sql.push_str(&format!(
            "-- not in this script: {} {}\n",
            line(&thing.kind),
            line(&thing.name)
        ));
    }
    for statement in &rendered.statements {
        if !sql.is_empty() {
            sql.push('\n');
        }
        sql.push_str(&headlines(&work, statement, &notes));
        sql.push_str(&ended(&statement.sql, syntax));
    }
    Ok(Dump { sql, left_out: schema.uncovered.clone(), schema })
}

/// Takes out our own tables, and names those of other tools, with all that hangs on them.
fn leave_out_tables(schema: &mut Schema, extensions: &[&str], own: &[Name]) {
    let is_foreign = |table: &&Table| {
        let name = table.name.name.as_str();
        extensions.contains(&name) || tool_of_table(name).is_some() && !is_common_name(name)
    };
    let others = schema.tables.iter().filter(is_foreign).map(|table| table.name.clone());
    let others: Vec<Name> = others.filter(|name| !own.contains(name)).collect();
    let out: Vec<&Name> = own.iter().chain(&others).collect();
    name_users(schema, &out);
    object_scope::leave_out(schema, &out);
    schema.tables.retain(|table| !out.contains(&&table.name));
    schema.uncovered.extend(others.iter().map(|name| Uncovered {
        kind: "table of another tool".to_owned(),
        name: name.to_string(),
        ..Uncovered::default()
    }));
}

/// What cannot be without a table that is left out is left out with it, and named: a view of the history.
fn name_users(schema: &mut Schema, out: &[&Name]) {
    let mut users: BTreeSet<Address> = BTreeSet::new();
    loop {
        let is_out = |address: &Address| {
            address.table().is_some_and(|table| out.contains(&table)) || users.contains(address)
        };
        let is_user = |object: &SchemaObject| {
            let own = object.address();
            let on_table = object.belongs_to.as_ref().and_then(Address::table);
            !users.contains(&own)
                && !on_table.is_some_and(|table| out.contains(&table))
                && (schema.dependencies.iter().any(|d| !d.is_soft && d.of == own && is_out(&d.on))
                    || object.belongs_to.as_ref().is_some_and(is_out))
        };
        let found: Vec<Address> =
            schema.objects.iter().filter(|o| is_user(o)).map(SchemaObject::address).collect();
        if found.is_empty() {
            break;
        }
        users.extend(found);
    }
    let (gone, kept) = std::mem::take(&mut schema.objects)
        .into_iter()
        .partition(|object: &SchemaObject| users.contains(&object.address()));
    schema.objects = kept;
    let named = |object: SchemaObject| Uncovered {
        kind: object.kind,
        name: object.name,
        definition: Some(object.definition),
        ..Uncovered::default()
    };
    let gone: Vec<SchemaObject> = gone;
    schema.uncovered.extend(gone.into_iter().filter(|o| !o.is_property).map(named));
}

/// Puts everything in the order of its name; a property, such as a comment, comes behind what it is of. What needs what is a
/// matter of those that write it.
pub(super) fn sort(schema: &mut Schema) {
    schema.schemas.sort();
    schema.enums.sort_by(|a, b| a.name.cmp(&b.name));
    schema.sequences.sort_by(|a, b| a.name.cmp(&b.name));
    schema.tables.sort_by(|a, b| a.name.cmp(&b.name));
    for table in &mut schema.tables {
        table.uniques.sort_by(|a, b| a.name.cmp(&b.name));
        table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
        table.checks.sort_by(|a, b| a.name.cmp(&b.name));
        table.exclusions.sort_by(|a, b| a.name.cmp(&b.name));
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    }
    schema.objects.sort_by_cached_key(|object| {
        let own = (object.kind.clone(), object.name.clone());
        match (&object.belongs_to, object.is_property) {
            (Some(Address::Object(kind, name)), true) => ((kind.clone(), name.clone()), Some(own)),
            _ => (own, None),
        }
    });
    schema.belongings.sort_by(|a, b| (&a.of, &a.part).cmp(&(&b.of, &b.part)));
    schema.uncovered.sort_by(|a, b| (&a.kind, &a.name).cmp(&(&b.kind, &b.name)));
    schema.uncovered.dedup_by(|a, b| a.kind == b.kind && a.name == b.name);
}

/// A statement, or a few, with what ends them for the database's own shell.
fn ended(sql: &str, syntax: &Syntax) -> String {
    let whole = || format!("{};\n", sql.trim_end());
    let has_semicolon = |text: &str| tokens(text, syntax).any(|token| token.is_symbol(";"));
    if !syntax.delimiter_command || !has_semicolon(sql) {
        return whole();
    }
    let Ok(items) = split(sql, syntax) else { return whole() };
    let mut text = String::new();
    for item in items {
        let Item::Statement(statement) = item else { continue };
        let statement = statement.text.trim_end();
        if !has_semicolon(statement) {
            text.push_str(&format!("{statement};\n"));
            continue;
        }
        let is_free = |end: &&str| !statement.contains(*end);
        let end = ["//", "$$", "|||", "@@@"].into_iter().find(is_free).unwrap_or("///");
        text.push_str(&format!("DELIMITER {end}\n{statement}{end}\nDELIMITER ;\n"));
    }
    text
}
