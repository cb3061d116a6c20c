//! Constraints and indexes of a table, seen alike: each has perhaps a name, and a content.

use super::expression::mentions;
use crate::{
    change::{Change, Commented, ConstraintKind},
    schema::{Check, Exclusion, ForeignKey, Index, IndexKey, Name, Unique},
    sql::Syntax,
};

/// A constraint or index.
pub(super) trait TablePart: Clone + PartialEq {
    fn name(&self) -> Option<&String>;
    /// The name was made up, so that the same content under another name is the same part.
    fn is_loose(&self) -> bool;
    /// The same but for the name and the comment.
    fn content(&self) -> Self;
    fn with_name(&self, name: &str) -> Self;
    fn add(&self, table: &Name) -> Change;
    fn drop(&self, table: &Name) -> Change;
    fn rename(table: &Name, from: &str, to: &str) -> Change;
    /// The column in whose definition it stands, if it has no name of its own.
    fn within(&self) -> Option<&String> {
        None
    }
    /// The columns of its table that it names.
    fn columns(&self) -> Vec<&str>;
    /// The expressions that it has, which may name others.
    fn expressions(&self) -> Vec<&str>;
    /// Whether it cannot be without this column of its table.
    fn depends_on_column(&self, column: &str, syntax: &Syntax) -> bool {
        let is_mentioned = |expression: &&str| mentions(expression, column, syntax);
        self.columns().contains(&column) || self.expressions().iter().any(is_mentioned)
    }
    fn comment(&self) -> &Option<String>;
    fn comment_mut(&mut self) -> &mut Option<String>;
    /// What a comment on the part of this name is on.
    fn commented(table: Name, name: Option<String>) -> Commented;
    /// By then it has been renamed.
    fn comment_change(&self, new: &Self, table: &Name) -> Option<Change> {
        let name = renaming(self, new).map_or(self.name(), |_| new.name());
        (self.comment() != new.comment()).then(|| Change::Comment {
            on: Self::commented(table.clone(), name.cloned()),
            from: self.comment().clone(),
            to: new.comment().clone(),
        })
    }
}

macro_rules! constraint {
    (
        $type:ident, $field:ident, $add:ident, $drop:ident, $kind:ident $(, no $column:ident)?;
        columns $($columns:ident)*; expressions $($expressions:ident)*
    ) => {
        impl TablePart for $type {
            fn name(&self) -> Option<&String> {
                self.name.as_ref()
            }
            fn is_loose(&self) -> bool {
                self.loose
            }
            fn content(&self) -> Self {
                let mut content = self.clone();
                content.name = None;
                content.loose = false;
                content.renamed_from = None;
                content.comment = None;
                $(content.$column = None;)?
                content
            }
            $(fn within(&self) -> Option<&String> {
                self.$column.as_ref().filter(|_| self.name.is_none())
            })?
            fn with_name(&self, name: &str) -> Self {
                Self { name: Some(name.to_owned()), ..self.clone() }
            }
            fn add(&self, table: &Name) -> Change {
                Change::$add { table: table.clone(), $field: self.clone() }
            }
            fn drop(&self, table: &Name) -> Change {
                Change::$drop { table: table.clone(), $field: self.clone() }
            }
            fn rename(table: &Name, from: &str, to: &str) -> Change {
                let (from, to) = (from.to_owned(), to.to_owned());
                let kind = ConstraintKind::$kind;
                Change::RenameConstraint { table: table.clone(), kind, from, to }
            }
            fn columns(&self) -> Vec<&str> {
                let all: &[&[String]] = &[$(&self.$columns),*];
                all.iter().flat_map(|list| list.iter()).map(String::as_str).collect()
            }
            fn expressions(&self) -> Vec<&str> {
                vec![$(&self.$expressions),*]
            }
            fn comment(&self) -> &Option<String> {
                &self.comment
            }
            fn comment_mut(&mut self) -> &mut Option<String> {
                &mut self.comment
            }
            fn commented(table: Name, name: Option<String>) -> Commented {
                Commented::Constraint { table, kind: ConstraintKind::$kind, name }
            }
        }
    };
}
constraint!(Unique, unique, AddUnique, DropUnique, Unique; columns columns include; expressions);
constraint!(ForeignKey, key, AddForeignKey, DropForeignKey, ForeignKey; columns columns; expressions);
constraint!(Check, check, AddCheck, DropCheck, Check, no column; columns; expressions expression);
constraint!(Exclusion, exclusion, AddExclusion, DropExclusion, Exclusion; columns; expressions definition);

impl TablePart for Index {
    fn name(&self) -> Option<&String> {
        self.name.as_ref()
    }
    fn is_loose(&self) -> bool {
        self.loose
    }
    fn content(&self) -> Self {
        self.part()
    }
    fn with_name(&self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self.clone() }
    }
    fn add(&self, table: &Name) -> Change {
        Change::AddIndex { table: table.clone(), index: self.clone() }
    }
    fn drop(&self, table: &Name) -> Change {
        Change::DropIndex { table: table.clone(), index: self.clone() }
    }
    fn rename(table: &Name, from: &str, to: &str) -> Change {
        Change::RenameIndex { table: table.clone(), from: from.to_owned(), to: to.to_owned() }
    }
    fn columns(&self) -> Vec<&str> {
        let mut columns = index_columns(self);
        columns.extend(self.include.iter().map(String::as_str));
        columns
    }
    fn expressions(&self) -> Vec<&str> {
        index_expressions(self)
    }
    fn comment(&self) -> &Option<String> {
        &self.comment
    }
    fn comment_mut(&mut self) -> &mut Option<String> {
        &mut self.comment
    }
    fn commented(table: Name, name: Option<String>) -> Commented {
        Commented::Index { table, name: name.unwrap_or_default() }
    }
}

/// The names of all that have one.
pub(super) fn names<P: TablePart>(parts: &[P]) -> impl Iterator<Item = String> {
    parts.iter().filter_map(|part| part.name().cloned())
}

/// Which parts are the same on both sides, by their positions.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    pub pairs: Vec<(usize, usize)>,
    pub gone: Vec<usize>,
    pub new: Vec<usize>,
}

/// Finds for each part the one that it is on the other side: of the same name and content, else of the same content.
pub(super) fn pair<P: TablePart>(from: &[P], to: &[P]) -> Pairing {
    let old: Vec<P> = from.iter().map(TablePart::content).collect();
    let new: Vec<P> = to.iter().map(TablePart::content).collect();
    let mut partner: Vec<Option<usize>> = vec![None; to.len()];
    let mut is_paired = vec![false; from.len()];
    for by_name in [true, false] {
        for at in 0..to.len() {
            if partner[at].is_some() {
                continue;
            }
            let found = (0..from.len()).find(|&other| {
                !is_paired[other]
                    && old[other] == new[at]
                    && (from[other].name() == to[at].name()
                        || !by_name && may_differ(&from[other], &to[at]))
            });
            if let Some(found) = found {
                is_paired[found] = true;
                partner[at] = Some(found);
            }
        }
    }
    let pairs = partner.iter().enumerate().filter_map(|(at, old)| old.map(|old| (old, at)));
    Pairing {
        pairs: pairs.collect(),
        gone: (0..from.len()).filter(|at| !is_paired[*at]).collect(),
        new: (0..to.len()).filter(|at| partner[*at].is_none()).collect(),
    }
}

/// Whether parts of the same content under two names count as the same. One without a name cannot be renamed to what was
/// asked for, and one with a name is not part of a column's definition.
fn may_differ<P: TablePart>(old: &P, new: &P) -> bool {
    old.name().is_some() && new.within().is_none() || new.is_loose()
}

/// The old and the new name where a part has to be renamed.
pub(super) fn renaming<'p, P: TablePart>(old: &'p P, new: &'p P) -> Option<(&'p str, &'p str)> {
    match (old.name(), new.name()) {
        (Some(old), Some(to)) if old != to && !new.is_loose() => Some((old, to)),
        _ => None,
    }
}

/// The columns of an index that are columns.
pub(super) fn index_columns(index: &Index) -> Vec<&str> {
    index
        .parts
        .iter()
        .filter_map(|part| match &part.key {
            IndexKey::Column(name) => Some(name.as_str()),
            IndexKey::Expression(_) => None,
        })
        .collect()
}

/// The expressions of an index: what is indexed, and for which rows.
pub(super) fn index_expressions(index: &Index) -> Vec<&str> {
    let mut all: Vec<&str> = index
        .parts
        .iter()
        .filter_map(|part| match &part.key {
            IndexKey::Expression(expression) => Some(expression.as_str()),
            IndexKey::Column(_) => None,
        })
        .collect();
    all.extend(index.predicate.as_deref());
    all
}
