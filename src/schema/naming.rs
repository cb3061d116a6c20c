//! Names for what the models do not name.

use std::collections::BTreeSet;

use super::{Index, IndexKey, Schema, Table};

/// How to name constraints and indexes that the models do not name: templates with `{table}` and `{columns}`.
///
/// The default follows PostgreSQL's own names, so that a draft recognizes unnamed constraints that were written by hand:
/// `users_email_key`. A constraint in the database with another name, but the same content, counts as the same.
///
/// ```
/// use ambix::schema::NamingConvention;
/// let names = NamingConvention::default().index("ix_{table}_{columns}").unique("uq_{table}_{columns}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamingConvention {
    primary_key: String,
    unique: String,
    index: String,
    foreign_key: String,
    check: String,
    exclusion: String,
}

impl Default for NamingConvention {
    fn default() -> Self {
        Self {
            primary_key: "{table}_pkey".to_owned(),
            unique: "{table}_{columns}_key".to_owned(),
            index: "{table}_{columns}_idx".to_owned(),
            foreign_key: "{table}_{columns}_fkey".to_owned(),
            check: "{table}_{columns}_check".to_owned(),
            exclusion: "{table}_{columns}_excl".to_owned(),
        }
    }
}

macro_rules! templates {
    ($($(#[$doc:meta])* $name:ident)+) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(mut self, template: impl Into<String>) -> Self {
            self.$name = template.into();
            self
        })+
    };
}

impl NamingConvention {
    templates! {
        /// The template for primary keys.
        primary_key
        /// The template for unique constraints.
        unique
        /// The template for indexes.
        index
        /// The template for foreign keys.
        foreign_key
        /// The template for checks.
        check
        /// The template for exclusion constraints.
        exclusion
    }

    /// Names everything that has no name. Names stay below `limit` bytes: a longer one is cut and ends with a hash of it.
    pub(crate) fn apply(&self, schema: &mut Schema, limit: usize) {
        for table in &mut schema.tables {
            self.apply_to(table, limit);
        }
    }

    fn apply_to(&self, table: &mut Table, limit: usize) {
        let mut namer = Namer { table: table.name.name.clone(), limit, used: used(table) };
        if let Some(key) = &mut table.primary_key {
            namer.name(&mut key.name, &mut key.loose, &self.primary_key, &key.columns);
        }
        for unique in &mut table.uniques {
            namer.name(&mut unique.name, &mut unique.loose, &self.unique, &unique.columns);
        }
        for key in &mut table.foreign_keys {
            namer.name(&mut key.name, &mut key.loose, &self.foreign_key, &key.columns);
        }
        for check in &mut table.checks {
            let columns: Vec<String> = check.column.iter().cloned().collect();
            namer.name(&mut check.name, &mut check.loose, &self.check, &columns);
        }
        for exclusion in &mut table.exclusions {
            namer.name(&mut exclusion.name, &mut exclusion.loose, &self.exclusion, &[]);
        }
        for index in &mut table.indexes {
            let columns = columns_of(index);
            namer.name(&mut index.name, &mut index.loose, &self.index, &columns);
        }
    }
}

/// The names that are given already.
fn used(table: &Table) -> BTreeSet<String> {
    let mut all: Vec<&Option<String>> = Vec::new();
    all.extend(table.primary_key.iter().map(|key| &key.name));
    all.extend(table.uniques.iter().map(|unique| &unique.name));
    all.extend(table.foreign_keys.iter().map(|key| &key.name));
    all.extend(table.checks.iter().map(|check| &check.name));
    all.extend(table.exclusions.iter().map(|exclusion| &exclusion.name));
    all.extend(table.indexes.iter().map(|index| &index.name));
    all.into_iter().flatten().cloned().collect()
}

fn columns_of(index: &Index) -> Vec<String> {
    let word = |part: &super::IndexPart| match &part.key {
        IndexKey::Column(name) => name.clone(),
        // As PostgreSQL names it.
        IndexKey::Expression(_) => "expr".to_owned(),
    };
    index.parts.iter().map(word).collect()
}

struct Namer {
    table: String,
    limit: usize,
    used: BTreeSet<String>,
}

impl Namer {
    fn name(
        &mut self,
        name: &mut Option<String>,
        loose: &mut bool,
        template: &str,
        columns: &[String],
    ) {
        if name.is_some() {
            return;
        }
        // Without columns no separator is left where they would stand.
        let template = if columns.is_empty() {
            template.replace("_{columns}", "")
        } else {
            template.to_owned()
        };
        let base =
            template.replace("{table}", &self.table).replace("{columns}", &columns.join("_"));
        let mut made = shorten(&base, self.limit);
        let mut number = 0;
        while !self.used.insert(made.clone()) {
            number += 1;
            made = shorten(&format!("{base}{number}"), self.limit);
        }
        *name = Some(made);
        *loose = true;
    }
}

/// A name of at most so many bytes. Two that begin alike stay two: what is cut off is in the hash.
fn shorten(name: &str, limit: usize) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(name.as_bytes());
    let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let mut end = limit.saturating_sub(hash.len() + 1);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_{hash}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Check, Column, Type, Unique};

    #[test]
    fn names_are_as_the_database_makes_them_and_distinct() {
        let table = Table::new("users")
            .column(Column::new("id", Type::Integer))
            .primary_key(["id"])
            .unique(["email", "name"])
            .with_unique(Unique::new(["x"]).named("own"))
            .check(Check::new("a > 0"))
            .check(Check::new("b > 0"))
            .check(Check::new("c > 0").of_column("c"));
        let mut schema = Schema::new().table(table);
        NamingConvention::default().apply(&mut schema, 63);
        let table = &schema.tables[0];
        let names: Vec<&str> = table.checks.iter().filter_map(|c| c.name.as_deref()).collect();
        assert_eq!(names, ["users_check", "users_check1", "users_c_check"]);
        assert_eq!(table.uniques[0].name.as_deref(), Some("users_email_name_key"));
        assert!(table.uniques[0].loose && !table.uniques[1].loose);
    }

    #[test]
    fn long_names_stay_distinct() {
        let (a, b) = (format!("{}a", "é".repeat(40)), format!("{}b", "é".repeat(40)));
        let (short_a, short_b) = (shorten(&a, 63), shorten(&b, 63));
        assert!(short_a.len() <= 63 && short_b.len() <= 63);
        assert_ne!(short_a, short_b);
    }
}
