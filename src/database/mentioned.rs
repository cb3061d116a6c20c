//! What the texts of objects name, where no catalogue tells who uses what.
//!
//! There is no grammar here: a name counts wherever it is written. What is taken for a use and is none costs an order that nobody
//! needed, or an object that is dropped and created again, never a wrong one.

use std::collections::{BTreeSet, HashMap};

use crate::{
    schema::{Address, Dependency, Schema, SchemaObject},
    sql::{Syntax, names_in, names_in_strings, qualified_name},
};

/// How much it means that an object's text names something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mention {
    /// It cannot be without what it names: a view.
    Needs,
    /// The text is read when it runs: the body of a function. It decides about the order alone.
    Ordered,
}

/// How the objects of a schema are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code)] // Not every database calls them in both ways.
pub(super) enum NameForm {
    /// As SQL says it: in quotes if it has to be, with its schema and its arguments.
    Sql,
    /// As the catalogue has it.
    Bare,
}

/// Adds to a schema's dependencies what the texts of its objects name: tables, their columns, and other objects. `mention` is asked
/// about each object; none where the catalogue knows all of it.
pub(super) fn add_mentioned(
    schema: &mut Schema,
    (syntax, form): (&Syntax, NameForm),
    mention: impl Fn(&SchemaObject) -> Option<Mention>,
) {
    let tables: HashMap<String, Vec<usize>> =
        by_name(schema.tables.iter().map(|t| t.name.name.as_str()));
    // What belongs to something, and what nothing can call, is named nowhere.
    let is_named = |object: &SchemaObject| object.belongs_to.is_none() && object.kind != "event";
    let name = |object: &SchemaObject| match form {
        NameForm::Sql => qualified_name(&object.name, syntax).pop().unwrap_or_default(),
        NameForm::Bare => object.name.clone(),
    };
    let names: Vec<String> =
        schema.objects.iter().map(|o| if is_named(o) { name(o) } else { String::new() }).collect();
    let objects: HashMap<String, Vec<usize>> = by_name(names.iter().map(String::as_str));
    let mut found = BTreeSet::new();
    for object in &schema.objects {
        let Some(mention) = mention(object) else { continue };
        let mut names = names_in(&object.definition, syntax);
        if mention == Mention::Ordered && form == NameForm::Sql {
            names.extend(names_in_strings(&object.definition, syntax));
        }
        let mut add = |on: Address| {
            let of = object.address();
            if on != of {
                let is_soft = mention == Mention::Ordered;
                found.insert(Dependency { of, on, is_auto: false, is_soft });
            }
        };
        for name in &names {
            for table in tables.get(name).into_iter().flatten().map(|at| &schema.tables[*at]) {
                add(Address::Table(table.name.clone()));
                let columns =
                    table.columns.iter().filter(|c| names.contains(&c.name.to_lowercase()));
                columns.for_each(|c| add(Address::Column(table.name.clone(), c.name.clone())));
            }
            objects
                .get(name)
                .into_iter()
                .flatten()
                .for_each(|at| add(schema.objects[*at].address()));
        }
        // What it is on is not named before each of its columns.
        let owner = object.belongs_to.as_ref().and_then(Address::table);
        if let Some(table) = owner.and_then(|name| schema.find_table(name)) {
            let columns = table.columns.iter().filter(|c| names.contains(&c.name.to_lowercase()));
            columns.for_each(|c| add(Address::Column(table.name.clone(), c.name.clone())));
        }
    }
    let known: BTreeSet<(Address, Address)> =
        schema.dependencies.iter().map(|d| (d.of.clone(), d.on.clone())).collect();
    found.retain(|d| !known.contains(&(d.of.clone(), d.on.clone())));
    schema.dependencies.extend(found);
}

fn by_name<'n>(names: impl Iterator<Item = &'n str>) -> HashMap<String, Vec<usize>> {
    let mut all: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, name) in names.enumerate().filter(|(_, name)| !name.is_empty()) {
        all.entry(name.to_lowercase()).or_default().push(at);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Name, Table, Type};

    fn object(kind: &str, name: &str, definition: &str) -> SchemaObject {
        let (kind, name, definition) = (kind.to_owned(), name.to_owned(), definition.to_owned());
        SchemaObject { kind, name, definition, ..SchemaObject::default() }
    }

    #[test]
    fn a_text_names_tables_columns_and_objects() {
        let syntax = Syntax { dollar_quotes: true, ..PLAIN };
        let table = Table::new("Users")
            .column(Column::new("id", Type::Text))
            .column(Column::new("n", Type::Text));
        let mut schema = Schema::new().table(table);
        schema.objects = vec![
            object("view", "v", "CREATE VIEW v AS SELECT ID FROM \"users\" -- n"),
            object(
                "function",
                "app.f(integer)",
                "CREATE FUNCTION app.f(integer) AS $x$ SELECT n FROM v, users WHERE f('no id', 'app.C', 'it''s') $x$",
            ),
            object("text search configuration", "app.c", ""),
            object("event", "e", "CREATE EVENT e DO CALL g()"),
            object("view", "w", "CREATE VIEW w AS SELECT f(1), e FROM v"),
        ];
        add_mentioned(&mut schema, (&syntax, NameForm::Sql), |object| match object.kind.as_str() {
            "event" => None,
            "function" => Some(Mention::Ordered),
            _ => Some(Mention::Needs),
        });
        let of = |name: &str, is_soft: bool| -> Vec<Address> {
            let own = schema.dependencies.iter().filter(|d| d.is_soft == is_soft);
            let own = own.filter(|d| matches!(&d.of, Address::Object(_, of) if of == name));
            own.map(|d| d.on.clone()).collect()
        };
        let (users, view) =
            (Name::new("Users"), Address::Object("view".to_owned(), "v".to_owned()));
        let configuration =
            Address::Object("text search configuration".to_owned(), "app.c".to_owned());
        let function = Address::Object("function".to_owned(), "app.f(integer)".to_owned());
        let column = |name: &str| Address::Column(users.clone(), name.to_owned());
        assert_eq!(of("v", false), [Address::Table(users.clone()), column("id")]);
        assert_eq!(
            of("app.f(integer)", true),
            [Address::Table(users.clone()), column("n"), configuration, view.clone()]
        );
        assert_eq!(of("w", false), [function, view]);
        assert_eq!(of("e", true).len() + of("e", false).len() + of("v", true).len(), 0);
    }

    const PLAIN: Syntax = Syntax {
        dollar_quotes: false,
        escape_strings: false,
        backslash_escapes: false,
        nested_comments: false,
        hash_comments: false,
        dash_comment_needs_space: false,
        executable_comments: false,
        backtick_names: false,
        bracket_names: false,
        delimiter_command: false,
        bodies: crate::sql::Bodies::Atomic,
    };
}
