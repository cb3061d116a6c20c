//! Whole tables.

use super::{
    Writer,
    constraint::{self, constraint, with},
    name::name,
    table_name,
};
use crate::{
    change::Commented,
    error::Result,
    schema::{Name, Options, PrimaryKey, Table},
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
        let mut lines: Vec<String> = Vec::new();
        let inline = table.primary_key.as_ref().filter(|key| is_plain(key, &table.name));
        for column in &table.columns {
            self.prepare_column(&table.name, column);
            let mut line = self.column(&table.name, column);
            if inline.is_some_and(|key| key.columns == [column.name.clone()]) {
                line = line.strip_suffix(" NOT NULL").unwrap_or(&line).to_owned() + " PRIMARY KEY";
            }
            lines.push(line);
        }
        if let Some(key) = table.primary_key.as_ref().filter(|_| inline.is_none()) {
            lines.push(constraint(&key.name, &constraint::primary_key(key)));
        }
        lines.extend(table.uniques.iter().map(|u| constraint(&u.name, &constraint::unique(u))));
        lines.extend(table.checks.iter().map(|c| constraint(&c.name, &constraint::check(c))));
        lines.extend(
            table.exclusions.iter().map(|e| constraint(&e.name, &constraint::exclusion(e))),
        );
        lines.extend(
            table.foreign_keys.iter().map(|k| constraint(&k.name, &constraint::foreign_key(k))),
        );
        let unlogged = if table.options.contains_key("unlogged") { "UNLOGGED " } else { "" };
        let of = table_name(&table.name);
        let mut sql = format!("CREATE {unlogged}TABLE {of} (\n    {}\n)", lines.join(",\n    "));
        if lines.is_empty() {
            sql = format!("CREATE {unlogged}TABLE {of} ()");
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
        self.push(sql);
        self.after_table(table);
        Ok(())
    }

    /// What stands in statements of its own.
    fn after_table(&mut self, table: &Table) {
        for column in &table.columns {
            self.after_column(&table.name, column);
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
