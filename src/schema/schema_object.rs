//! Objects beside tables: views, functions, triggers, domains, policies, privileges and the like, in the database's own words.
//!
//! All kinds share one shape, so that the rest of drafting has one rule for each question and no list of kinds: what creates it,
//! what drops it, what it belongs to, and what can be changed in place. A database's `objects/` folder says how each kind is read.

use super::Name;

/// An object other than a table, an enum type or a free sequence, as statements in the database's own words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SchemaObject {
    /// The kind, in the database's word: `view`, `function`, `trigger`, `privileges` ...
    pub kind: String,
    /// The name, with its schema if that is not the default one: `total(integer)`, `audit on users`.
    pub name: String,
    /// The statement that creates it.
    pub definition: String,
    /// What is compared in the place of the definition, where the database words one thing in two ways.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) compared: Option<String>,
    /// The statement that drops it.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) drop: String,
    /// What it belongs to: it cannot be without it.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) belongs_to: Option<Address>,
    /// It is a property of what it belongs to, such as a comment or a privilege, and goes with that of its own accord.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) is_property: bool,
    /// The statement that replaces another definition of the same object in place.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) replace: Option<String>,
    /// What a replacement must keep: the columns of a view, the result of a function. A new one may only be longer.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) shape: Vec<String>,
    /// What the parts belong to: `CREATE DOMAIN email AS text`.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) head: String,
    /// What can be added and dropped by itself: the constraints of a domain, the attributes of a composite type.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) parts: Vec<ObjectPart>,
    /// The order of the parts counts, and a new one can only be the last.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) parts_in_order: bool,
    /// It says who may do what, which a script that says nothing of the kind leaves to whoever runs the database.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) is_access: bool,
    /// It belongs to the database as a whole, so that each scratch place in that has it as well.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) is_wide: bool,
}

/// A part of an object that can be added and dropped by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ObjectPart {
    pub(crate) name: String,
    /// The statement that adds it, or that sets it to another value.
    pub(crate) add: String,
    /// The statement that drops it.
    pub(crate) remove: String,
}

/// What something can depend on, or be a part of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Address {
    Table(Name),
    Column(Name, String),
    /// What a column is computed from, or has if nothing is given.
    Default(Name, String),
    /// A constraint or an index of a table.
    Part(Name, String),
    Enum(Name),
    Sequence(Name),
    /// Its kind and its name.
    Object(String, String),
}

impl Address {
    /// The table that it is, or is a part of.
    pub(crate) fn table(&self) -> Option<&Name> {
        match self {
            Self::Table(table)
            | Self::Column(table, _)
            | Self::Default(table, _)
            | Self::Part(table, _) => Some(table),
            Self::Enum(_) | Self::Sequence(_) | Self::Object(..) => None,
        }
    }

    /// The same with another name for the table.
    pub(crate) fn with_table(self, rename: &impl Fn(&Name) -> Name) -> Self {
        match self {
            Self::Table(table) => Self::Table(rename(&table)),
            Self::Column(table, column) => Self::Column(rename(&table), column),
            Self::Default(table, column) => Self::Default(rename(&table), column),
            Self::Part(table, part) => Self::Part(rename(&table), part),
            other => other,
        }
    }
}

/// What needs what: the first cannot be without the second.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Dependency {
    pub(crate) of: Address,
    pub(crate) on: Address,
    /// The first goes with the second, and nobody asks.
    pub(crate) is_auto: bool,
    /// The first only names the second in a text that is read when it runs: it comes behind it, and nothing is in the way of it.
    pub(crate) is_soft: bool,
}

impl SchemaObject {
    pub(crate) fn address(&self) -> Address {
        Address::Object(self.kind.clone(), self.name.clone())
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name == other.name
    }

    /// The text by which two objects are told apart.
    pub(crate) fn text(&self) -> &str {
        self.compared.as_ref().unwrap_or(&self.definition)
    }

    /// The statements that make this one of another of the same name in place; none if it has to be dropped and created.
    pub(crate) fn alter_from(&self, from: &Self) -> Option<Vec<String>> {
        if !self.head.is_empty() && self.head == from.head {
            return self.alter_parts(from);
        }
        let keeps = self.shape.starts_with(&from.shape);
        self.replace.clone().filter(|_| keeps).map(|statement| vec![statement])
    }

    /// Whether attributes of a row go, with what columns of the type have in them.
    pub(crate) fn loses_attributes(&self, from: &Self) -> bool {
        let stays = |part: &ObjectPart| self.parts.iter().any(|p| p.name == part.name);
        self.parts_in_order && !from.parts.iter().all(stays)
    }

    fn alter_parts(&self, from: &Self) -> Option<Vec<String>> {
        let stays = |part: &&ObjectPart| self.parts.iter().any(|p| p.name == part.name);
        let was = |part: &&ObjectPart| from.parts.iter().any(|p| p.name == part.name);
        if self.parts_in_order {
            let kept: Vec<&ObjectPart> = from.parts.iter().filter(stays).collect();
            if self.parts.len() < kept.len() || !kept.iter().zip(&self.parts).all(|(a, b)| *a == b)
            {
                return None;
            }
        }
        let gone = from.parts.iter().filter(|part| !stays(part)).map(|part| part.remove.clone());
        let mut statements: Vec<String> = gone.collect();
        for part in self.parts.iter().filter(was) {
            if let Some(old) = from.parts.iter().find(|old| old.name == part.name && *old != part) {
                // A property is set to another value; anything else goes first.
                if !old.remove.is_empty() && !is_setting(&part.add) {
                    statements.push(old.remove.clone());
                }
                statements.push(part.add.clone());
            }
        }
        let new = self.parts.iter().filter(|part| !was(part));
        statements.extend(new.map(|part| part.add.clone()));
        Some(statements)
    }
}

/// Whether a statement replaces a value by itself.
fn is_setting(statement: &str) -> bool {
    statement.contains(" SET ")
}
