//! Tables as a whole, and their options.

use super::{Renderer, column::is_of, key, name, partition};
use crate::{
    change::Change,
    database::mysql::{inspect::counter_said_of, types},
    error::Result,
    schema::{Column, Options, Table},
};

/// Options that these servers know, and what takes one back. Others are another database's.
const OPTIONS: [(&str, &str); 23] = [
    ("engine", "DEFAULT"),
    ("charset", "DEFAULT"),
    ("collation", "DEFAULT"),
    ("row_format", "DEFAULT"),
    ("key_block_size", "0"),
    ("avg_row_length", "0"),
    ("checksum", "0"),
    ("compression", "'None'"),
    ("delay_key_write", "0"),
    ("encryption", "'N'"),
    ("insert_method", "NO"),
    ("max_rows", "0"),
    ("min_rows", "0"),
    ("pack_keys", "DEFAULT"),
    ("stats_auto_recalc", "DEFAULT"),
    ("stats_persistent", "DEFAULT"),
    ("stats_sample_pages", "DEFAULT"),
    ("page_compressed", "DEFAULT"),
    ("page_compression_level", "DEFAULT"),
    ("encrypted", "DEFAULT"),
    ("encryption_key_id", "DEFAULT"),
    ("transactional", "DEFAULT"),
    ("page_checksum", "DEFAULT"),
];

impl Renderer<'_> {
    /// CREATE TABLE. Foreign keys that are not in the table come later.
    pub(super) fn create(&self, table: &Table) -> Result<String> {
        let mut lines = Vec::new();
        for column in &table.columns {
            lines.push(self.definition(table, column, &table.checks)?);
        }
        if let Some(key) = &table.primary_key {
            lines.push(key::primary_key(table, key)?);
        }
        for unique in &table.uniques {
            lines.push(key::unique(table, unique)?);
        }
        for index in &table.indexes {
            lines.push(self.index(table, index)?);
        }
        for key in &table.foreign_keys {
            lines.push(key::foreign_key(table, key)?);
        }
        let is_part = |check| table.columns.iter().any(|column| is_of(check, column));
        lines.extend(table.checks.iter().filter(|check| !is_part(check)).map(key::check));
        if let Some(exclusion) = table.exclusions.first() {
            return Err(self.no_exclusion(table, exclusion));
        }
        let mut text = format!(
            "CREATE TABLE {} (\n    {}\n)",
            name::table(&table.name),
            lines.join(",\n    ")
        );
        for option in self.options(&Options::new(), &table.options) {
            text.push(' ');
            text.push_str(&option);
        }
        if let Some(comment) = &table.comment {
            text.push_str(&format!(" COMMENT = {}", name::literal(comment)));
        }
        let counter = self.work.to.server.get(&counter_said_of(&table.name.name));
        if let Some(counter) = counter {
            text.push_str(&format!(" AUTO_INCREMENT = {counter}"));
        }
        if let Some(division) = partition::clause(&table.options) {
            text.push_str(&format!("\n{division}"));
        }
        Ok(text)
    }

    /// The options that differ, as they are written. Those of other databases are passed over.
    pub(super) fn options(&self, from: &Options, to: &Options) -> Vec<String> {
        let mut texts = Vec::new();
        for (option, none) in OPTIONS {
            let (is, should) = (from.get(option), to.get(option));
            if is == should {
                continue;
            }
            let word = match option {
                "charset" => "DEFAULT CHARACTER SET".to_owned(),
                "collation" => "DEFAULT COLLATE".to_owned(),
                option => option.to_ascii_uppercase(),
            };
            let value = match (should, option) {
                (Some(value), "compression" | "encryption") => name::literal(value),
                (Some(value), _) => value.clone(),
                (None, "engine") => self.server(option).to_owned(),
                (None, "collation") => self.collation(to).to_owned(),
                (None, "charset") => continue,
                (None, _) => none.to_owned(),
            };
            texts.push(format!("{word} = {value}"));
        }
        texts
    }

    /// The collation that a table's columns have where they say none.
    pub(super) fn collation<'o>(&'o self, options: &'o Options) -> &'o str {
        options.get("collation").map_or(self.server("collation"), String::as_str)
    }

    /// Columns that another collation of the table would be for, too, and that no other change rewrites: as they are, with it.
    pub(super) fn recollated(&self, now: &Table, collation: &str) -> Vec<Column> {
        let to = self.work.to.find_table(&now.name);
        let stays = |column: &Column| {
            let wanted = to.and_then(|to| to.find_column(&column.name));
            wanted.is_some_and(|wanted| wanted.collation.is_none())
        };
        let is_changed = |column: &Column| {
            self.work.changes.iter().any(|change| match change {
                Change::AlterColumn { table, from: other, .. }
                | Change::DropColumn { table, column: other, .. } => {
                    *table == now.name && other.name == column.name
                }
                _ => false,
            })
        };
        let is_due = |column: &&Column| {
            let is_own = column.collation.is_none() && types::is_text(column.ty.text());
            is_own && stays(column) && !is_changed(column)
        };
        let collated =
            |column: &Column| Column { collation: Some(collation.to_owned()), ..column.clone() };
        now.columns.iter().filter(is_due).map(collated).collect()
    }
}
