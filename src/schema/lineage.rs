//! Tables that are partitions of others, or inherit from them.

use super::{Column, IdentityKind, Index, IndexKey, Name, Schema, Table};

/// The option of a column that a table has from its parents and declares itself as well: it stays where that of the parent goes.
const LOCAL: &str = "local";

/// Properties of a column that stay the table's own, whatever happens to its parent.
const OWN_OPTIONS: [&str; 4] = ["compression", "n_distinct", "n_distinct_inherited", LOCAL];

impl Schema {
    /// Whether any table has a parent.
    pub(crate) fn has_lineage(&self) -> bool {
        self.tables.iter().any(|table| !table.inherits.is_empty())
    }

    /// Whether a table is another, or has it among its ancestors.
    pub(crate) fn descends(&self, table: &Name, from: &Name) -> bool {
        table == from || self.find_table(table).is_some_and(|table| self.is_below(table, from))
    }

    fn is_below(&self, table: &Table, ancestor: &Name) -> bool {
        table.inherits.iter().any(|parent| self.descends(parent, ancestor))
    }

    /// The names of a table and of all above it.
    pub(crate) fn with_ancestors(&self, table: &Table) -> Vec<Name> {
        let mut names = vec![table.name.clone()];
        for parent in table.inherits.iter().filter_map(|name| self.find_table(name)) {
            names.extend(self.with_ancestors(parent));
        }
        names
    }

    /// The names of the tables below one, each behind its parents.
    pub(crate) fn descendants(&self, ancestor: &Name) -> Vec<Name> {
        if !self.has_lineage() {
            return Vec::new();
        }
        let mut names: Vec<Name> = Vec::new();
        let mut level = vec![ancestor.clone()];
        while !level.is_empty() {
            let is_child = |table: &&Table| table.inherits.iter().any(|p| level.contains(p));
            let next: Vec<Name> =
                self.tables.iter().filter(is_child).map(|table| table.name.clone()).collect();
            names.retain(|name| !next.contains(name));
            names.extend(next.iter().cloned());
            level = next;
        }
        names
    }

    /// The tables, parents before children.
    pub(crate) fn parents_first(&self) -> Vec<&Table> {
        if !self.has_lineage() {
            return self.tables.iter().collect();
        }
        let depth = |table: &&Table| self.depth(table);
        let mut tables: Vec<&Table> = self.tables.iter().collect();
        tables.sort_by_cached_key(depth);
        tables
    }

    /// Gives each partition of a table its part of a new index: the same index, if it has one.
    pub(crate) fn add_index_parts(&mut self, table: &Name, index: &Index) {
        let mut names = self.descendants(table);
        let have_it = self.have_part_below(&names, index);
        names.retain(|name| !have_it.contains(name));
        let partitions = self.tables.iter_mut().filter(|table| table.bound.is_some());
        for table in partitions.filter(|table| names.contains(&table.name)) {
            let own = table.indexes.iter().position(|own| own.part() == index.part());
            let part = own.map_or_else(|| index.part(), |at| table.indexes.remove(at));
            table.given_mut().indexes.push(part);
        }
    }

    /// Those of some partitions that have a part of the index of another one of them, which is the same as this.
    pub(crate) fn have_part_below(&self, partitions: &[Name], index: &Index) -> Vec<Name> {
        let tables = partitions.iter().filter_map(|name| self.find_table(name));
        let wholes = tables.filter(|table| table.part_like(index).is_some());
        wholes.flat_map(|table| self.descendants(&table.name)).collect()
    }

    /// Takes the parts of an index that is gone from the partitions of a table.
    pub(crate) fn drop_index_parts(&mut self, table: &Name, index: &Index) {
        let names = self.descendants(table);
        for table in self.tables.iter_mut().filter(|table| names.contains(&table.name)) {
            let Some(given) = table.given.as_deref_mut() else { continue };
            if let Some(at) = given.indexes.iter().position(|part| part.part() == index.part()) {
                given.indexes.remove(at);
            }
        }
    }

    /// Gives parts of indexes that have no name yet the names that they have in another schema.
    pub(crate) fn name_parts(&mut self, other: &Self) {
        for table in self.tables.iter_mut().filter(|table| table.bound.is_some()) {
            let wanted = other.find_table(&table.name).and_then(|table| table.given.as_deref());
            let given = table.given.iter_mut().flat_map(|given| &mut given.indexes);
            for part in given.filter(|part| part.name.is_none()) {
                part.name = wanted.and_then(|wanted| wanted.part_like(part)?.name.clone());
            }
        }
    }

    fn depth(&self, table: &Table) -> usize {
        let parents = table.inherits.iter().filter_map(|name| self.find_table(name));
        parents.map(|parent| self.depth(parent) + 1).max().unwrap_or(0)
    }
}

impl Index {
    /// The part of it that a partition gets. Its name is the database's.
    pub(crate) fn part(&self) -> Self {
        Self { name: None, comment: None, loose: false, renamed_from: None, ..self.clone() }
    }
}

impl Table {
    /// The index of it that is the same but for its name.
    pub(crate) fn part_like(&self, index: &Index) -> Option<&Index> {
        self.indexes.iter().find(|own| own.part() == index.part())
    }

    /// The parts that it has from its parents.
    #[allow(dead_code)] // Not every database has such tables.
    pub(crate) fn given_mut(&mut self) -> &mut Self {
        let name = self.name.clone();
        self.given.get_or_insert_with(|| Box::new(Self::new(name)))
    }

    /// The same table as one without parents: what they give it is its own.
    pub(crate) fn alone(&self) -> Self {
        let mut alone = Self { inherits: Vec::new(), bound: None, given: None, ..self.clone() };
        if let Some(given) = self.given.as_deref().cloned() {
            alone.primary_key = alone.primary_key.or(given.primary_key);
            alone.uniques.extend(given.uniques);
            alone.foreign_keys.extend(given.foreign_keys);
            alone.checks.extend(given.checks);
            alone.exclusions.extend(given.exclusions);
            let is_key = |index: &Index| self.is_key_name(index.name.as_ref());
            alone.indexes.extend(given.indexes.into_iter().filter(|index| !is_key(index)));
        }
        alone
    }

    /// The indexes of keys of its own that are a part of an index of its parent.
    pub(crate) fn tied(&self) -> Vec<&Index> {
        let given = self.given.iter().flat_map(|given| &given.indexes);
        given.filter(|index| self.is_key_name(index.name.as_ref())).collect()
    }

    fn is_key_name(&self, name: Option<&String>) -> bool {
        let mut keys = self.primary_key.iter().map(|key| key.name.as_ref());
        let mut uniques = self.uniques.iter().map(|unique| unique.name.as_ref());
        name.is_some() && (keys.any(|own| own == name) || uniques.any(|own| own == name))
    }

    /// Whether a column comes from a parent.
    pub(crate) fn has_from(&self, parents: &Schema, column: &str) -> bool {
        let mut tables = self.inherits.iter().filter_map(|name| parents.find_table(name));
        tables.any(|parent| parent.find_column(column).is_some())
    }
}

/// Whether a database that makes up a name for an index or a key calls it so: table, columns and kind, perhaps with a number.
pub(crate) fn is_usual_name(table: &str, columns: &[&str], kind: &str, name: &str) -> bool {
    let columns = columns.join("_");
    let plain = match columns.as_str() {
        "" => format!("{table}_{kind}"),
        columns => format!("{table}_{columns}_{kind}"),
    };
    name.trim_end_matches(|c: char| c.is_ascii_digit()) == plain
}

/// The function or column with which an expression begins, without its schema.
fn first_word(expression: &str) -> String {
    let text = expression.trim_start_matches(['(', ' ']);
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '"'));
    let name = text[..end.unwrap_or(text.len())].rsplit('.').next().unwrap_or_default();
    name.trim_matches('"').to_lowercase()
}

impl Index {
    /// Whether a name is one that the database makes up for the same index of another table.
    pub(crate) fn is_usual_name(&self, table: &str, name: &str) -> bool {
        // An expression is called as the function or column with which it begins, or has a word of its own.
        let mut all: Vec<Vec<String>> = vec![Vec::new()];
        for part in &self.parts {
            let words = match &part.key {
                IndexKey::Column(column) => vec![column.clone()],
                IndexKey::Expression(text) => vec!["expr".to_owned(), first_word(text)],
            };
            let mut next = Vec::new();
            for word in &words {
                for columns in &all {
                    next.push(columns.iter().chain([word]).cloned().collect());
                }
            }
            all = next;
        }
        all.iter().any(|columns| {
            let columns = columns.iter().chain(&self.include).map(String::as_str);
            is_usual_name(table, &columns.collect::<Vec<_>>(), "idx", name)
        })
    }
}

impl Table {
    /// Whether what it has from its parents is called as the database calls it.
    #[allow(dead_code)] // Not every database has such tables.
    pub(crate) fn has_usual_names(&self) -> bool {
        let Some(given) = self.given.as_deref() else { return true };
        let table = self.name.name.as_str();
        let usual = |columns: &[&[String]], kind: &str, name: &Option<String>| {
            let columns: Vec<&str> =
                columns.iter().flat_map(|part| part.iter().map(String::as_str)).collect();
            name.as_ref().is_none_or(|name| is_usual_name(table, &columns, kind, name))
        };
        given.primary_key.iter().all(|key| usual(&[], "pkey", &key.name))
            && given
                .uniques
                .iter()
                .all(|unique| usual(&[&unique.columns, &unique.include], "key", &unique.name))
            && given.indexes.iter().all(|index| {
                index.name.as_ref().is_none_or(|name| index.is_usual_name(table, name))
            })
    }
}

impl Column {
    /// Whether the table declares a column itself that it also has from a parent.
    pub(crate) fn is_local(&self) -> bool {
        self.options.contains_key(LOCAL)
    }

    /// Whether two columns have the same options, whoever declares them.
    pub(crate) fn has_same_options(&self, other: &Self) -> bool {
        let of = |column: &'_ Self| -> Vec<(String, String)> {
            let all = column.options.iter().filter(|(name, _)| *name != LOCAL);
            all.map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        self.options == other.options || of(self) == of(other)
    }

    /// Marks it so.
    #[allow(dead_code)] // Not every database has such tables.
    pub(crate) fn mark_local(&mut self) {
        self.options.insert(LOCAL.to_owned(), "true".to_owned());
    }

    /// The column that a child gets with it. Numbers are given by the parent alone, a comment is on the parent alone.
    pub(crate) fn as_given(&self) -> Self {
        let mut given = Self { comment: None, ..self.clone() };
        given.identity = given.identity.filter(|identity| identity.kind == IdentityKind::Serial);
        if let Some(identity) = &mut given.identity {
            identity.comment = None;
        }
        OWN_OPTIONS.iter().for_each(|option| {
            given.options.remove(*option);
        });
        given
    }

    /// The column as it is after its parent's has become another.
    pub(crate) fn follow(&mut self, from: &Self, to: &Self) {
        let (from, to) = (from.as_given(), to.as_given());
        macro_rules! follow {
            ($($field:ident)*) => {
                $(if from.$field != to.$field {
                    self.$field.clone_from(&to.$field);
                })*
            };
        }
        follow!(ty nullable default generated collation identity);
        for name in from.options.keys().chain(to.options.keys()) {
            match to.options.get(name) {
                value if value == from.options.get(name) => {}
                Some(value) => drop(self.options.insert(name.clone(), value.clone())),
                None => drop(self.options.remove(name)),
            }
        }
    }
}
