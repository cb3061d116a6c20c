//! Objects beside tables, one kind in a file each.
//!
//! A kind is a query: how its objects are called, the statements that create, drop and replace them, and what they belong to. Above it
//! is the condition without which there are none. To add one, write its file and put it into [`KINDS`]; all else is written once for
//! every kind.

mod implied;

use std::collections::HashMap;

pub(super) use implied::implied_access;

use super::inspect::{Cells, Existence, UNION, settled};
use crate::{
    database::{
        SqlFile,
        mentioned::{Mention, NameForm, add_mentioned},
        section,
    },
    schema::{Address, Definition, Dependency, Name, ObjectPart, Schema, SchemaObject, Uncovered},
};

/// What separates the fields of a part.
const FIELD: char = '\u{1e}';

/// `pg_class` itself, whose number is the same on every server.
const CLASS_OF_TABLES: &str = "1259";

/// The kinds.
const KINDS: [&str; 39] = [
    include_str!("aggregate.sql"),
    include_str!("cast.sql"),
    include_str!("collation.sql"),
    include_str!("composite_type.sql"),
    include_str!("conversion.sql"),
    include_str!("domain.sql"),
    include_str!("event_trigger.sql"),
    include_str!("event_trigger_state.sql"),
    include_str!("extension.sql"),
    include_str!("foreign_data_wrapper.sql"),
    include_str!("foreign_server.sql"),
    include_str!("foreign_table.sql"),
    include_str!("function.sql"),
    include_str!("language.sql"),
    include_str!("materialized_view.sql"),
    include_str!("materialized_view_clustering.sql"),
    include_str!("materialized_view_column.sql"),
    include_str!("materialized_view_index.sql"),
    include_str!("operator.sql"),
    include_str!("operator_class.sql"),
    include_str!("operator_family.sql"),
    include_str!("policy.sql"),
    include_str!("publication.sql"),
    include_str!("publication_schema.sql"),
    include_str!("publication_table.sql"),
    include_str!("range_type.sql"),
    include_str!("row_security.sql"),
    include_str!("rule.sql"),
    include_str!("rule_state.sql"),
    include_str!("sequence_persistence.sql"),
    include_str!("statistics.sql"),
    include_str!("statistics_target.sql"),
    include_str!("text_search_configuration.sql"),
    include_str!("text_search_dictionary.sql"),
    include_str!("transform.sql"),
    include_str!("trigger.sql"),
    include_str!("trigger_state.sql"),
    include_str!("view.sql"),
    include_str!("view_default.sql"),
];

/// Lets a scratch place be without the database's default privileges.
pub(super) const NO_DEFAULT_PRIVILEGES: &str = include_str!("no_default_privileges.sql");

/// What comes behind the kinds.
const TAIL: SqlFile = SqlFile::of(include_str!("tail.sql"));

/// The texts that have parts with conditions.
pub(super) fn texts() -> impl Iterator<Item = &'static str> {
    KINDS.into_iter().chain([section!(TAIL, "access")])
}

/// The query for all objects that may exist, and the one for what needs what.
pub(super) fn queries(exists: &Existence) -> Vec<String> {
    let kinds: Vec<String> = KINDS.iter().filter_map(|kind| exists.union(kind)).collect();
    let own = (!kinds.is_empty()).then(|| section!(TAIL, "objects").to_owned());
    // An object may have a comment, an owner and privileges. Without one, tables and types may.
    let access = match own {
        Some(_) => Existence::unasked().union(section!(TAIL, "access")),
        None => exists.union(section!(TAIL, "access")),
    };
    let rows: Vec<String> = own.iter().cloned().chain(access).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let found = match kinds.as_slice() {
        [] => section!(TAIL, "found").to_owned(),
        kinds => kinds.join(UNION),
    };
    let [keyed, end] = [section!(TAIL, "keyed"), section!(TAIL, "end")];
    let prelude = include_str!("prelude.sql");
    let objects = format!("{prelude}{found}\n{keyed}\n{}\n{end}", rows.join(UNION));
    let dependencies = own.map(|_| include_str!("dependencies.sql").to_owned());
    std::iter::once(objects).chain(dependencies).collect()
}

/// An address as the catalogue has it: what it is, and two words that say which.
type RawAddress = (String, String, String);

/// What was read of objects, until all rows are there.
#[derive(Default)]
pub(super) struct ObjectReader {
    /// Each object, and what it belongs to by its key.
    objects: Vec<(SchemaObject, Option<String>)>,
    /// Their addresses, by their keys in the catalogue.
    addresses: HashMap<String, Address>,
    /// What needs what, each as a kind and two words.
    dependencies: Vec<([RawAddress; 2], bool)>,
}

/// What an inspection knows of tables by their numbers.
pub(super) struct TableNumbers<'a> {
    pub(super) tables: &'a HashMap<String, usize>,
    pub(super) columns: &'a HashMap<(String, i64), String>,
}

impl ObjectReader {
    pub(super) fn object(&mut self, row: &Cells<'_>) {
        let part = |text: String| {
            let mut fields = text.split(FIELD).map(str::to_owned);
            let mut next = || fields.next().unwrap_or_default();
            ObjectPart { name: next(), add: settled(&next()), remove: next() }
        };
        let object = SchemaObject {
            kind: row.text("kind"),
            name: row.text("name"),
            is_property: row.is("is_property"),
            // Made from its own words, a view, policy, trigger or domain has other ones, and would differ from itself.
            definition: settled(&row.text("definition")),
            drop: row.text("drop_statement"),
            replace: row.get("replace_statement").map(settled),
            shape: row.list("shape"),
            head: row.text("head"),
            parts: row.list("parts").into_iter().map(part).collect(),
            parts_in_order: row.is("in_order"),
            is_access: row.is("is_access"),
            is_wide: row.is("is_wide"),
            ..SchemaObject::default()
        };
        self.addresses.insert(row.text("key"), object.address());
        self.objects.push((object, row.get("owner_key").map(str::to_owned)));
    }

    pub(super) fn dependency(&mut self, row: &Cells<'_>) {
        let address = |columns: [&str; 3]| {
            let [kind, one, other] = columns.map(|column| row.text(column));
            (kind, one, other)
        };
        let of = address(["of_kind", "of_one", "of_other"]);
        let on = address(["on_kind", "on_one", "on_other"]);
        self.dependencies.push(([of, on], row.is("is_auto")));
    }

    /// Puts everything into a schema.
    pub(super) fn finish(self, schema: &mut Schema, numbers: &TableNumbers<'_>) {
        let table = |number: &str| {
            numbers.tables.get(number).and_then(|at| schema.tables.get(*at)).map(|t| t.name.clone())
        };
        let column = |number: &str, at: &str| {
            numbers.columns.get(&(number.to_owned(), at.parse().ok()?)).cloned()
        };
        let address = |(kind, one, other): &RawAddress| {
            let named = || Name {
                schema: Some(one.clone()).filter(|s| !s.is_empty()),
                name: other.clone(),
            };
            Some(match kind.as_str() {
                "table" => Address::Table(table(one)?),
                "column" => Address::Column(table(one)?, column(one, other)?),
                "default" => Address::Default(table(one)?, column(one, other)?),
                "part" => Address::Part(table(one)?, other.clone()),
                "enum" => Address::Enum(named()),
                "sequence" => Address::Sequence(named()),
                _ => self.addresses.get(one)?.clone(),
            })
        };
        let pairs = self.dependencies.iter().filter_map(|([of, on], is_auto)| {
            Some(Dependency {
                of: address(of)?,
                on: address(on)?,
                is_auto: *is_auto,
                is_soft: false,
            })
        });
        let dependencies: Vec<Dependency> = pairs.filter(|d| d.of != d.on).collect();
        let named = |key: &str| {
            let (schema, name) = key.split_once(FIELD)?;
            let schema = Some(schema.to_owned()).filter(|schema| !schema.is_empty());
            Some(Name { schema, name: name.to_owned() })
        };
        // A table, or a column of it.
        let part = |key: &str| {
            let key = key.strip_prefix(CLASS_OF_TABLES)?.strip_prefix(':')?;
            match key.split_once(':') {
                Some((of, at)) => Some(Address::Column(table(of)?, column(of, at)?)),
                None => table(key).map(Address::Table),
            }
        };
        let owner = |key: &String| {
            if let Some(key) = key.strip_prefix("enum ") {
                return named(key).map(Address::Enum);
            }
            if let Some(key) = key.strip_prefix("sequence ") {
                return named(key).map(Address::Sequence);
            }
            self.addresses.get(key).cloned().or_else(|| part(key))
        };
        let (mut objects, mut others) = (Vec::new(), Vec::new());
        for (mut object, key) in self.objects.clone() {
            object.belongs_to = key.as_ref().and_then(owner);
            let is_lost = key.is_some() && object.belongs_to.is_none();
            if is_lost { &mut others } else { &mut objects }.push(object);
        }
        schema.dependencies = dependencies;
        schema.dependencies.extend(of_columns(&objects));
        schema.objects = objects;
        // No catalogue knows what is in the body of a routine.
        add_mentioned(schema, (&super::SYNTAX, NameForm::Sql), |object| {
            let is_routine = ["function", "procedure"].contains(&object.kind.as_str());
            is_routine.then_some(Mention::Ordered)
        });
        name_others(others, schema);
    }
}

/// What is on something that is not compared is not compared either, and named.
fn name_others(others: Vec<SchemaObject>, schema: &mut Schema) {
    for object in others {
        schema.uncovered.push(Uncovered {
            kind: object.kind.clone(),
            name: object.name.clone(),
            definition: Some(object.definition.clone()),
            ..Uncovered::default()
        });
        schema.definitions.push(Definition {
            kind: object.kind,
            name: object.name,
            text: object.definition,
            ..Definition::default()
        });
    }
}

/// What is granted on a column comes behind what is granted on its table, and behind what its owner may not do there: to revoke that
/// takes it along.
fn of_columns(objects: &[SchemaObject]) -> Vec<Dependency> {
    let on_column =
        |object: &&SchemaObject| object.is_access && object.name.contains(" on column ");
    let pairs = |object: &SchemaObject| -> Vec<Dependency> {
        let owner = match &object.belongs_to {
            Some(Address::Column(table, _)) => Some(Address::Table(table.clone())),
            other => other.clone(),
        };
        let role = object.name.split_once(" on column ").map(|(role, _)| role);
        let is_on_table = |other: &&SchemaObject| {
            other.kind == object.kind
                && owner.is_some()
                && other.belongs_to == owner
                && other
                    .name
                    .split_once(" on table ")
                    .is_some_and(|(of, _)| Some(of) == role || of == "of the owner")
        };
        let on = objects.iter().filter(is_on_table).map(SchemaObject::address);
        let of = object.address();
        let pair = |on| Dependency { of: of.clone(), on, is_auto: false, is_soft: false };
        on.map(pair).collect()
    };
    objects.iter().filter(on_column).flat_map(pairs).collect()
}
