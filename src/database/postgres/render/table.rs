//! Whole tables.

use super::{
    Writer,
    constraint::{self, constraint, with},
    name::name,
    table_name,
};
use crate::{
    change::{Change, Commented},
    error::Result,
    schema::{Column, Index, Name, Options, PrimaryKey, Table, Unique},
};

/// Storage parameters of tables; what else a model says is for other databases.
const TABLE_OPTIONS: &[&str] = &[
    "fillfactor",
    "toast_tuple_target",
    "parallel_workers",
    "user_catalog_table",
    "vacuum_truncate",
    "vacuum_index_cleanup",
    "log_autovacuum_min_duration",
    "autovacuum_enabled",
    "autovacuum_vacuum_threshold",
    "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_insert_threshold",
    "autovacuum_vacuum_insert_scale_factor",
    "autovacuum_analyze_threshold",
    "autovacuum_analyze_scale_factor",
    "autovacuum_vacuum_cost_delay",
    "autovacuum_vacuum_cost_limit",
    "autovacuum_freeze_min_age",
    "autovacuum_freeze_max_age",
    "autovacuum_freeze_table_age",
    "autovacuum_multixact_freeze_min_age",
    "autovacuum_multixact_freeze_max_age",
    "autovacuum_multixact_freeze_table_age",
];

impl Writer<'_> {
    pub(super) fn create_table(&mut self, table: &Table) -> Result<()> {
        if let Some(parent) = self.parent_of(table) {
            self.create_partition(table, &parent);
            return Ok(());
        }
        let mut whole = table.clone();
        // A partition with names of its own is a table first, and attached then.
        let attached = table.bound.as_ref().map(|bound| (table.inherits.clone(), bound.clone()));
        if attached.is_some() {
            whole = table.alone();
            // A foreign key comes with its parent's.
            whole.foreign_keys.clone_from(&table.foreign_keys);
        }
        let twins = match attached {
            Some(_) => take_twins(&mut whole, table),
            None => Vec::new(),
        };
        let doubles = take_doubles(&mut whole);
        for column in &mut whole.columns {
            *column = self.plain(&table.name, column);
        }
        let inherited = self.inherited_columns(&whole);
        let own = |name: &str| {
            whole.find_column(name).is_some_and(Column::is_local) || self.is_ambiguous(&whole, name)
        };
        let names = inherited.iter().map(|given| given.name.clone());
        let given: Vec<String> = names.filter(|name| !own(name)).collect();
        let inline = whole.primary_key.as_ref().filter(|key| {
            is_plain(key, &whole.name) && !key.columns.iter().any(|column| given.contains(column))
        });
        let mut lines: Vec<String> = Vec::new();
        for column in &whole.columns {
            if given.contains(&column.name) {
                continue;
            }
            self.prepare_column(&whole.name, column);
            let mut line = self.column(&whole.name, column);
            if inline.is_some_and(|key| key.columns == [column.name.clone()]) {
                line = line.strip_suffix(" NOT NULL").unwrap_or(&line).to_owned() + " PRIMARY KEY";
            }
            lines.push(line);
        }
        lines.extend(constraint_lines(&whole, inline.is_none()));
        let end = match whole.inherits.as_slice() {
            [] => String::new(),
            parents => {
                let parents: Vec<String> = parents.iter().map(table_name).collect();
                format!(" INHERITS ({})", parents.join(", "))
            }
        };
        let of = table_name(&whole.name);
        let lines = match lines.is_empty() {
            true => "()".to_owned(),
            false => format!("(\n    {}\n)", lines.join(",\n    ")),
        };
        self.push(format!("CREATE {}TABLE {of} {lines}{end}{}", unlogged(&whole), storage(&whole)));
        self.differ(&whole, &inherited);
        // An option of the table may name the index of one.
        doubles.iter().for_each(|change| self.constraint(change));
        self.after_table(&whole, &inherited);
        for parent in attached.iter().flat_map(|(parents, _)| parents) {
            let bound = attached.as_ref().map(|(_, bound)| bound.as_str());
            self.attach(&whole.name, parent, bound);
        }
        twins.into_iter().for_each(|change| match &change {
            Change::AddIndex { table, index } => self.add_index(table, index),
            constraint => self.constraint(constraint),
        });
        Ok(())
    }

    /// Parts with statements of their own.
    pub(super) fn after_table(&mut self, table: &Table, inherited: &[Column]) {
        for column in &table.columns {
            if !inherited.iter().any(|given| given.name == column.name) {
                self.after_column(&table.name, column);
            }
        }
        for key in table.foreign_keys.iter().filter(|key| !key.validated) {
            self.invalid(&table.name, &key.name, &constraint::foreign_key(key));
        }
        for check in table.checks.iter().filter(|check| check.enforced && !check.validated) {
            self.invalid(&table.name, &check.name, &constraint::check(check));
        }
        for index in &table.indexes {
            self.add_index(&table.name, index);
        }
        self.comment_new(&Commented::Table(table.name.clone()), &table.comment);
        self.comment_constraints(table);
        self.tied_options(&table.name, &Options::new(), &table.options);
    }

    /// What names an index, which is there by then.
    fn tied_options(&mut self, table: &Name, from: &Options, to: &Options) {
        if from.get("cluster_on") != to.get("cluster_on") {
            self.alter(
                table,
                &match to.get("cluster_on") {
                    Some(index) => format!("CLUSTER ON {}", name(index)),
                    None => "SET WITHOUT CLUSTER".to_owned(),
                },
            );
        }
        let identity = |options: &Options| match (
            options.get("replica_identity_index"),
            options.get("replica_identity"),
        ) {
            (Some(index), _) => format!("USING INDEX {}", name(index)),
            (None, Some(what)) => what.to_uppercase(),
            (None, None) => "DEFAULT".to_owned(),
        };
        if identity(from) != identity(to) {
            self.alter(table, &format!("REPLICA IDENTITY {}", identity(to)));
        }
    }

    /// In a new table there is nothing to validate, so that a constraint in its definition is valid: it is recreated.
    fn invalid(&mut self, table: &Name, of: &Option<String>, text: &str) {
        let Some(of) = of else { return };
        let of = name(of);
        self.alter(table, &format!("DROP CONSTRAINT {of}, ADD CONSTRAINT {of} {text}"));
    }

    pub(super) fn table_options(&mut self, table: &Name, from: &Options, to: &Options) {
        let is_known = |name: &&String| TABLE_OPTIONS.contains(&name.as_str());
        let changed = |(name, value): &(&String, &String)| from.get(*name) != Some(*value);
        let set: Vec<String> = to
            .iter()
            .filter(|(name, _)| is_known(name))
            .filter(changed)
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        if !set.is_empty() {
            self.alter(table, &format!("SET ({})", set.join(", ")));
        }
        let reset: Vec<&str> = from
            .keys()
            .filter(|name| is_known(name) && !to.contains_key(*name))
            .map(String::as_str)
            .collect();
        if !reset.is_empty() {
            self.alter(table, &format!("RESET ({})", reset.join(", ")));
        }
        match (from.contains_key("unlogged"), to.contains_key("unlogged")) {
            (false, true) => {
                self.note("rewrites the table; without a log it is empty after a crash");
                self.alter(table, "SET UNLOGGED");
            }
            (true, false) => {
                self.note("rewrites the table");
                self.alter(table, "SET LOGGED");
            }
            _ => {}
        }
        if from.get("tablespace") != to.get("tablespace") {
            let space = to.get("tablespace").map_or("pg_default", String::as_str);
            self.note("copies the table");
            self.alter(table, &format!("SET TABLESPACE {}", name(space)));
        }
        if from.get("access_method") != to.get("access_method") {
            let method = to.get("access_method").map_or("heap", String::as_str);
            self.note("rewrites the table");
            self.alter(table, &format!("SET ACCESS METHOD {}", name(method)));
        }
        self.tied_options(table, from, to);
    }
}

/// Takes out what is as something that a parent gives: the parent would take the one for the other. It comes later.
fn take_twins(whole: &mut Table, table: &Table) -> Vec<Change> {
    let Some(given) = table.given.as_deref() else { return Vec::new() };
    let of = || table.name.clone();
    let bare = |index: &Index| Index { name: None, comment: None, ..index.clone() };
    let mut twins = Vec::new();
    for index in &table.indexes {
        if given.indexes.iter().any(|part| bare(part) == bare(index)) {
            whole.indexes.retain(|own| own != index);
            twins.push(Change::AddIndex { table: of(), index: index.clone() });
        }
    }
    let is_given = |columns: &[String]| {
        let mut keys = given.primary_key.iter().map(|key| &key.columns);
        let mut uniques = given.uniques.iter().map(|unique| &unique.columns);
        keys.any(|own| own == columns) || uniques.any(|own| own == columns)
    };
    if let Some(key) = table.primary_key.as_ref().filter(|key| is_given(&key.columns)) {
        whole.primary_key = None;
        twins.push(Change::AddPrimaryKey { table: of(), key: key.clone() });
    }
    for unique in table.uniques.iter().filter(|unique| is_given(&unique.columns)) {
        whole.uniques.retain(|own| own != unique);
        twins.push(Change::AddUnique { table: of(), unique: unique.clone() });
    }
    twins
}

/// Takes out the constraints that CREATE TABLE would leave out without a word: those with the same index as the primary key or another
/// one. With a statement of their own, they are made.
fn take_doubles(whole: &mut Table) -> Vec<Change> {
    let bare = |unique: &Unique| Unique {
        columns: unique.columns.clone(),
        include: unique.include.clone(),
        nulls_not_distinct: unique.nulls_not_distinct,
        deferral: unique.deferral,
        ..Unique::default()
    };
    let of_key = |key: &PrimaryKey| Unique {
        columns: key.columns.clone(),
        include: key.include.clone(),
        deferral: key.deferral,
        ..Unique::default()
    };
    let mut seen: Vec<Unique> = whole.primary_key.iter().map(of_key).collect();
    let mut doubles = Vec::new();
    whole.uniques.retain(|unique| {
        let is_first = !seen.contains(&bare(unique));
        match is_first {
            true => seen.push(bare(unique)),
            false => {
                let (table, unique) = (whole.name.clone(), unique.clone());
                doubles.push(Change::AddUnique { table, unique });
            }
        }
        is_first
    });
    doubles
}

/// The constraints of a table, each as its definition writes it.
pub(super) fn constraint_lines(table: &Table, with_key: bool) -> Vec<String> {
    let key = table.primary_key.as_ref().filter(|_| with_key);
    let mut lines: Vec<String> =
        key.iter().map(|key| constraint(&key.name, &constraint::primary_key(key))).collect();
    lines.extend(table.uniques.iter().map(|u| constraint(&u.name, &constraint::unique(u))));
    lines.extend(table.checks.iter().map(|c| constraint(&c.name, &constraint::check(c))));
    lines.extend(table.exclusions.iter().map(|e| constraint(&e.name, &constraint::exclusion(e))));
    lines.extend(
        table.foreign_keys.iter().map(|k| constraint(&k.name, &constraint::foreign_key(k))),
    );
    lines
}

pub(super) fn unlogged(table: &Table) -> &'static str {
    if table.options.contains_key("unlogged") { "UNLOGGED " } else { "" }
}

/// How a table is divided and stored, as the end of its definition writes it.
pub(super) fn storage(table: &Table) -> String {
    let mut sql = String::new();
    if let Some(key) = &table.partition_by {
        sql.push_str(&format!(" PARTITION BY {key}"));
    }
    if let Some(method) = table.options.get("access_method") {
        sql.push_str(&format!(" USING {}", name(method)));
    }
    if let Some(with) = with(&table.options, TABLE_OPTIONS) {
        sql.push_str(&format!(" WITH ({with})"));
    }
    if let Some(space) = table.options.get("tablespace") {
        sql.push_str(&format!(" TABLESPACE {}", name(space)));
    }
    sql
}

/// Whether a primary key can stand at its column.
fn is_plain(key: &PrimaryKey, table: &Name) -> bool {
    let usual = format!("{}_pkey", table.name);
    key.columns.len() == 1
        && key.name.as_ref().is_none_or(|name| *name == usual)
        && *key
            == PrimaryKey {
                name: key.name.clone(),
                loose: key.loose,
                ..PrimaryKey::new(key.columns.clone())
            }
}
