//! Constraints and indexes.

use super::{
    Writer,
    name::{list, name},
    table_name,
};
use crate::{
    change::{Change, Commented, ConstraintKind},
    schema::{
        Check, Deferral, Exclusion, ForeignKey, Index, IndexKey, IndexPart, Match, Name, Nulls,
        Options, PrimaryKey, ReferentialAction, Table, Unique,
    },
};

/// Storage parameters of indexes; what else a model says is for other databases.
const INDEX_OPTIONS: &[&str] = &[
    "fillfactor",
    "deduplicate_items",
    "buffering",
    "fastupdate",
    "gin_pending_list_limit",
    "pages_per_range",
    "autosummarize",
];

impl Writer<'_> {
    pub(super) fn constraint(&mut self, change: &Change) {
        use Change as C;
        self.change_constraint(change);
        let (name, kind, comment) = match change {
            C::AddPrimaryKey { key, .. } => (&key.name, ConstraintKind::PrimaryKey, &key.comment),
            C::AddUnique { unique, .. } => (&unique.name, ConstraintKind::Unique, &unique.comment),
            C::AddForeignKey { key, .. } => (&key.name, ConstraintKind::ForeignKey, &key.comment),
            C::AddCheck { check, .. } => (&check.name, ConstraintKind::Check, &check.comment),
            C::AddExclusion { exclusion, .. } => {
                (&exclusion.name, ConstraintKind::Exclusion, &exclusion.comment)
            }
            _ => return,
        };
        if let Some(table) = change.table().cloned() {
            let on = Commented::Constraint { table, kind, name: name.clone() };
            self.comment_new(&on, comment);
        }
    }

    /// The comments on the constraints of a new table.
    pub(super) fn comment_constraints(&mut self, table: &Table) {
        macro_rules! each {
            ($parts:ident, $kind:ident) => {
                for part in table.$parts.iter() {
                    let (table, name) = (table.name.clone(), part.name.clone());
                    let on = Commented::Constraint { table, kind: ConstraintKind::$kind, name };
                    self.comment_new(&on, &part.comment);
                }
            };
        }
        each!(primary_key, PrimaryKey);
        each!(uniques, Unique);
        each!(checks, Check);
        each!(exclusions, Exclusion);
        each!(foreign_keys, ForeignKey);
    }

    fn change_constraint(&mut self, change: &Change) {
        use Change as C;
        let add = |name: &Option<String>, text: String| format!("ADD {}", constraint(name, &text));
        match change {
            C::AddPrimaryKey { table, key } => {
                self.alter_only(table, &key.options, &add(&key.name, primary_key(key)));
            }
            C::AddUnique { table, unique } => {
                let action = add(&unique.name, self::unique(unique));
                self.alter_only(table, &unique.options, &action);
            }
            C::AddForeignKey { table, key } => self.alter(table, &add(&key.name, foreign_key(key))),
            C::AddCheck { table, check } => {
                self.alter(table, &add(&check.name, self::check(check)))
            }
            C::AddExclusion { table, exclusion } => {
                self.alter(table, &add(&exclusion.name, self::exclusion(exclusion)));
            }
            C::DropPrimaryKey { table, key } => self.drop(table, &key.name),
            C::DropUnique { table, unique } => self.drop(table, &unique.name),
            C::DropForeignKey { table, key } => self.drop(table, &key.name),
            C::DropCheck { table, check } => self.drop(table, &check.name),
            C::DropExclusion { table, exclusion } => self.drop(table, &exclusion.name),
            C::RenameConstraint { table, from, to, .. } => {
                self.alter(table, &format!("RENAME CONSTRAINT {} TO {}", name(from), name(to)));
            }
            _ => {}
        }
    }

    /// What is not for the partitions is done to the parent alone.
    fn alter_only(&mut self, table: &Name, options: &Options, action: &str) {
        let only = if options.contains_key("only") { "ONLY " } else { "" };
        self.push(format!("ALTER TABLE {only}{} {action}", table_name(table)));
    }

    fn drop(&mut self, table: &Name, constraint: &Option<String>) {
        let of = constraint.as_deref().unwrap_or_default();
        self.alter(table, &format!("DROP CONSTRAINT {}", name(of)));
    }

    pub(super) fn add_index(&mut self, table: &Name, index: &Index) {
        self.push(create_index(table, index));
        if let Some(name) = index.name.clone() {
            let on = Commented::Index { table: table.clone(), name };
            self.comment_new(&on, &index.comment);
        }
    }
}

/// A constraint with its name, where it has one.
pub(super) fn constraint(of: &Option<String>, text: &str) -> String {
    match of {
        Some(of) => format!("CONSTRAINT {} {text}", name(of)),
        None => text.to_owned(),
    }
}

pub(super) fn primary_key(key: &PrimaryKey) -> String {
    let mut text = format!("PRIMARY KEY ({})", list(&key.columns));
    text.push_str(&carried(&key.include, &key.options));
    text + deferral(key.deferral)
}

pub(super) fn unique(unique: &Unique) -> String {
    let nulls = if unique.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    let mut text = format!("UNIQUE{nulls} ({})", list(&unique.columns));
    text.push_str(&carried(&unique.include, &unique.options));
    text + deferral(unique.deferral)
}

/// What the index of a constraint has besides its keys.
fn carried(include: &[String], options: &Options) -> String {
    let mut text = String::new();
    if !include.is_empty() {
        text.push_str(&format!(" INCLUDE ({})", list(include)));
    }
    if let Some(with) = with(options, INDEX_OPTIONS) {
        text.push_str(&format!(" WITH ({with})"));
    }
    text
}

/// Those of the options that are known.
pub(super) fn with(options: &Options, known: &[&str]) -> Option<String> {
    let is_known = |(name, _): &(&String, &String)| known.contains(&name.as_str());
    let pairs = options.iter().filter(is_known).map(|(name, value)| format!("{name} = {value}"));
    let pairs: Vec<String> = pairs.collect();
    (!pairs.is_empty()).then(|| pairs.join(", "))
}

fn deferral(deferral: Deferral) -> &'static str {
    match deferral {
        Deferral::No => "",
        Deferral::Immediate => " DEFERRABLE",
        Deferral::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    }
}

pub(super) fn foreign_key(key: &ForeignKey) -> String {
    let mut text =
        format!("FOREIGN KEY ({}) REFERENCES {}", list(&key.columns), table_name(&key.references));
    if !key.referenced.is_empty() {
        text.push_str(&format!(" ({})", list(&key.referenced)));
    }
    match key.matching {
        Match::Simple => {}
        Match::Full => text.push_str(" MATCH FULL"),
        Match::Partial => text.push_str(" MATCH PARTIAL"),
    }
    if key.on_delete != ReferentialAction::NoAction {
        text.push_str(&format!(" ON DELETE {}", key.on_delete.sql()));
        if !key.on_delete_columns.is_empty() {
            text.push_str(&format!(" ({})", list(&key.on_delete_columns)));
        }
    }
    if key.on_update != ReferentialAction::NoAction {
        text.push_str(&format!(" ON UPDATE {}", key.on_update.sql()));
    }
    text.push_str(deferral(key.deferral));
    if !key.validated {
        text.push_str(" NOT VALID");
    }
    text
}

pub(super) fn check(check: &Check) -> String {
    let mut text = format!("CHECK ({})", check.expression);
    if check.no_inherit {
        text.push_str(" NO INHERIT");
    }
    if !check.enforced {
        text.push_str(" NOT ENFORCED");
    } else if !check.validated {
        text.push_str(" NOT VALID");
    }
    text
}

pub(super) fn exclusion(exclusion: &Exclusion) -> String {
    format!("EXCLUDE {}", exclusion.definition)
}

/// What makes an index a constraint, which then has its name.
pub(super) fn using_index(kind: &str, of: &str, deferral: Deferral) -> String {
    format!("{kind} USING INDEX {}{}", name(of), self::deferral(deferral))
}

pub(super) fn create_index(table: &Name, index: &Index) -> String {
    create_index_with(table, index, "")
}

/// The same with a word behind INDEX: ` CONCURRENTLY`.
pub(super) fn create_index_with(table: &Name, index: &Index, how: &str) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let of = index.name.as_deref().map(|of| format!("{} ", name(of))).unwrap_or_default();
    let only = if index.options.contains_key("only") { "ONLY " } else { "" };
    let mut text = format!("CREATE {unique}INDEX{how} {of}ON {only}{}", table_name(table));
    if let Some(method) = &index.method {
        text.push_str(&format!(" USING {}", name(method)));
    }
    let parts: Vec<String> = index.parts.iter().map(part).collect();
    text.push_str(&format!(" ({})", parts.join(", ")));
    if !index.include.is_empty() {
        text.push_str(&format!(" INCLUDE ({})", list(&index.include)));
    }
    if index.nulls_not_distinct {
        text.push_str(" NULLS NOT DISTINCT");
    }
    if let Some(with) = with(&index.options, INDEX_OPTIONS) {
        text.push_str(&format!(" WITH ({with})"));
    }
    if let Some(predicate) = &index.predicate {
        text.push_str(&format!(" WHERE {predicate}"));
    }
    text
}

fn part(part: &IndexPart) -> String {
    let mut text = match &part.key {
        IndexKey::Column(column) => name(column),
        IndexKey::Expression(expression) => format!("({expression})"),
    };
    if let Some(collation) = &part.collation {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(class) = &part.operator_class {
        text.push_str(&format!(" {class}"));
    }
    if part.descending {
        text.push_str(" DESC");
    }
    match part.nulls {
        Some(Nulls::First) => text.push_str(" NULLS FIRST"),
        Some(Nulls::Last) => text.push_str(" NULLS LAST"),
        None => {}
    }
    text
}
