//! Objects beside tables under the names that tables, columns and types have after all renames. It is pure.
//!
//! Most databases let a view, a trigger or a policy follow a rename by itself. So the comparison uses the new names; what
//! drops and creates it stays in the old ones, since that is done before any rename, and on the way back after all of them.

use super::expression::replace_name;
use crate::{
    change::Change,
    schema::{Address, Name, ObjectPart, Schema, SchemaObject},
    sql::{Syntax, Token, name_value, tokens},
};

/// The renames of a draft, and how a database writes names.
#[derive(Clone, Copy)]
pub(super) struct ObjectNames<'a> {
    pub(super) renames: &'a [Change],
    pub(super) syntax: &'a Syntax,
    pub(super) quote: &'a dyn Fn(&str) -> String,
    /// What there is follows a rename by itself.
    pub(super) follows: bool,
    /// What a database knows better ([`Drafting::respelled`](crate::database::Drafting::respelled)).
    pub(super) respell: &'a dyn Fn(&SchemaObject) -> Option<SchemaObject>,
}

impl ObjectNames<'_> {
    /// A text in the new names.
    pub(super) fn text(&self, text: &str) -> String {
        let swap = |text: &str, from: &str, to: &str| {
            replace_name(text, from, to, self.syntax, self.quote)
        };
        self.renames.iter().fold(text.to_owned(), |text, change| match change {
            Change::RenameTable { from, to } | Change::RenameEnum { from, to } => {
                swap(&text, &from.name, &to.name)
            }
            Change::RenameColumn { from, to, .. } => swap(&text, from, to),
            _ => text,
        })
    }

    /// A text with types in the new names.
    fn types(&self, text: &str) -> String {
        let is_type = |change: &&Change| {
            matches!(change, Change::RenameTable { .. } | Change::RenameEnum { .. })
        };
        let renames: Vec<Change> = self.renames.iter().filter(is_type).cloned().collect();
        ObjectNames { renames: &renames, ..*self }.text(text)
    }

    /// An object without the aliases that a server writes when a view follows the rename of a column: `title AS name`.
    pub(super) fn without_old_aliases(&self, object: &SchemaObject) -> SchemaObject {
        let text = |text: &String| self.text_without_old_aliases(text);
        SchemaObject {
            definition: text(&object.definition),
            compared: object.compared.as_ref().map(text),
            ..object.clone()
        }
    }

    fn text_without_old_aliases(&self, text: &str) -> String {
        let all: Vec<Token<'_>> = tokens(text, self.syntax).collect();
        let is_alias = |three: &[Token<'_>]| {
            three[1].is_word("AS")
                && self.renames.iter().any(|change| match change {
                    Change::RenameColumn { from, to, .. } => {
                        name_value(&three[0]) == *to && name_value(&three[2]) == *from
                    }
                    _ => false,
                })
        };
        let (mut kept, mut end) = (String::with_capacity(text.len()), 0);
        for three in all.windows(3).filter(|three| is_alias(three)) {
            kept.push_str(&text[end..three[1].start]);
            end = three[2].start + three[2].text.len();
        }
        kept + &text[end..]
    }

    /// Puts the new names where objects are named, and where they are needed. Their statements stay as they are.
    pub(super) fn follow(&self, schema: &mut Schema) {
        if self.renames.is_empty() {
            return;
        }
        for object in &mut schema.objects {
            object.name = self.object(&object.name);
            object.belongs_to = object.belongs_to.take().map(|address| self.address(address));
        }
        for dependency in &mut schema.dependencies {
            dependency.of = self.address(dependency.of.clone());
            dependency.on = self.address(dependency.on.clone());
        }
    }

    /// The name of an object in the new names: what stands behind its own, in `audit on users` or `total(mood)`.
    fn object(&self, name: &str) -> String {
        let behind = name.find(" on ").or_else(|| name.find('(')).unwrap_or(name.len());
        let is_said_of = name.starts_with("on ") || name.starts_with("of ");
        let (own, rest) = name.split_at(if is_said_of { 0 } else { behind });
        format!("{own}{}", self.text(rest))
    }

    /// Whether something has another name now, in the new names.
    pub(super) fn is_renamed(&self, address: &Address) -> bool {
        self.renames.iter().any(|change| match (change, address) {
            (Change::RenameTable { to, .. }, Address::Table(table)) => table == to,
            (Change::RenameColumn { table, to, .. }, Address::Column(of, column)) => {
                of == table && column == to
            }
            _ => false,
        })
    }

    fn address(&self, address: Address) -> Address {
        if let Address::Object(kind, name) = address {
            return Address::Object(kind, self.object(&name));
        }
        self.renames.iter().fold(address, |address, change| match change {
            Change::RenameTable { from, to } => {
                let rename = |name: &Name| if name == from { to.clone() } else { name.clone() };
                address.with_table(&rename)
            }
            Change::RenameEnum { from, to } => match address {
                Address::Enum(name) if name == *from => Address::Enum(to.clone()),
                other => other,
            },
            Change::RenameColumn { table, from, to } => match address {
                Address::Column(of, name) if of == *table && name == *from => {
                    Address::Column(of, to.clone())
                }
                Address::Default(of, name) if of == *table && name == *from => {
                    Address::Default(of, to.clone())
                }
                other => other,
            },
            _ => address,
        })
    }

    /// An object whose statements are in the new names, too.
    pub(super) fn respelled(&self, object: &SchemaObject) -> SchemaObject {
        if self.renames.is_empty() || !self.follows {
            return object.clone();
        }
        if let Some(known) = (self.respell)(object) {
            return known;
        }
        let text = |text: &String| self.text(text);
        let part = |part: &ObjectPart| ObjectPart {
            name: text(&part.name),
            add: text(&part.add),
            remove: text(&part.remove),
        };
        SchemaObject {
            definition: text(&object.definition),
            compared: object.compared.as_ref().map(text),
            drop: text(&object.drop),
            replace: object.replace.as_ref().map(text),
            head: text(&object.head),
            parts: object.parts.iter().map(part).collect(),
            shape: object.shape.iter().map(|part| self.types(part)).collect(),
            ..object.clone()
        }
    }
}
