//! Keys, checks and indexes.

use super::{
    Renderer,
    column::{is_on, refused},
    group::{ChangeGroup, Trace},
    name,
};
use crate::{
    change::Change,
    error::Result,
    schema::{
        Check, Deferral, ForeignKey, Index, Match, Name, PrimaryKey, ReferentialAction, Table,
        Unique,
    },
};

/// A primary key.
pub(super) fn primary_key(table: &Table, key: &PrimaryKey) -> Result<String> {
    no_include(table, "primary key", &key.include)?;
    no_deferral(table, "primary key", key.deferral)?;
    let parts = key.options.get("parts").cloned().unwrap_or_else(|| name::list(&key.columns));
    let method =
        match key.options.get("method").map(|method| method.to_ascii_lowercase()).as_deref() {
            None => "",
            Some("btree") => " USING BTREE",
            Some("hash") => " USING HASH",
            Some(_) => {
                let why = "is an index by btree or hash; use one of these methods, or none";
                return Err(refused(table, "primary key", why));
            }
        };
    Ok(format!("PRIMARY KEY ({parts}){method}{}", comment(&key.comment)))
}

fn comment(comment: &Option<String>) -> String {
    comment.as_ref().map(|text| format!(" COMMENT {}", name::literal(text))).unwrap_or_default()
}

/// A unique constraint.
pub(super) fn unique(table: &Table, unique: &Unique) -> Result<String> {
    let own = unique.name.as_deref().unwrap_or_default();
    no_include(table, own, &unique.include)?;
    no_deferral(table, own, unique.deferral)?;
    if unique.nulls_not_distinct {
        return Err(refused(
            table,
            own,
            "takes two NULLs for different in every unique constraint",
        ));
    }
    let columns = name::list(&unique.columns);
    Ok(format!("UNIQUE INDEX {} ({columns}){}", name::name(own), comment(&unique.comment)))
}

fn no_include(table: &Table, part: &str, include: &[String]) -> Result<()> {
    if include.is_empty() {
        Ok(())
    } else {
        Err(refused(table, part, "has no INCLUDE in an index"))
    }
}

fn no_deferral(table: &Table, part: &str, deferral: Deferral) -> Result<()> {
    match deferral {
        Deferral::No => Ok(()),
        _ => Err(refused(table, part, "checks every constraint at once: none can be deferred")),
    }
}

/// A foreign key.
pub(super) fn foreign_key(table: &Table, key: &ForeignKey) -> Result<String> {
    let own = key.name.as_deref().unwrap_or_default();
    no_deferral(table, own, key.deferral)?;
    if key.matching != Match::Simple {
        return Err(refused(table, own, "knows no MATCH of foreign keys"));
    }
    if !key.on_delete_columns.is_empty() {
        return Err(refused(table, own, "sets all columns of a foreign key, not some"));
    }
    let mut text = match own {
        "" => String::new(),
        own => format!("CONSTRAINT {} ", name::name(own)),
    };
    text.push_str(&format!(
        "FOREIGN KEY ({}) REFERENCES {} ({})",
        name::list(&key.columns),
        name::table(&key.references),
        name::list(&key.referenced)
    ));
    for (word, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        match action {
            ReferentialAction::NoAction | ReferentialAction::Restrict => {}
            ReferentialAction::SetDefault => {
                return Err(refused(table, own, "has no SET DEFAULT in foreign keys"));
            }
            other => text.push_str(&format!(" ON {word} {}", other.sql())),
        }
    }
    Ok(text)
}

/// A check with a name.
pub(super) fn check(check: &Check) -> String {
    let mut text = match check.name.as_deref() {
        Some(own) => format!("CONSTRAINT {} CHECK ({})", name::name(own), check.expression),
        None => format!("CHECK ({})", check.expression),
    };
    if !check.enforced {
        text.push_str(" NOT ENFORCED");
    }
    text
}

impl Renderer<'_> {
    /// An index.
    pub(super) fn index(&self, table: &Table, index: &Index) -> Result<String> {
        let own = index.name.as_deref().unwrap_or_default();
        no_include(table, own, &index.include)?;
        let refuse = |why: &str| Err(refused(table, own, why));
        if index.predicate.is_some() {
            return refuse("has no indexes on some of the rows");
        }
        if index.nulls_not_distinct {
            return refuse("takes two NULLs for different in every unique index");
        }
        let is_special = |part: &crate::schema::IndexPart| {
            part.collation.is_some() || part.operator_class.is_some() || part.nulls.is_some()
        };
        if index.parts.iter().any(is_special) {
            return refuse("has no collation, operator class or place of NULLs in an index");
        }
        let method = index.method.as_deref().unwrap_or_default().to_ascii_lowercase();
        let (before, after) = match (method.as_str(), index.unique) {
            ("", true) => ("UNIQUE INDEX", ""),
            ("", false) => ("INDEX", ""),
            ("fulltext", false) => ("FULLTEXT INDEX", ""),
            ("spatial" | "rtree", false) => ("SPATIAL INDEX", ""),
            ("vector", false) => ("VECTOR INDEX", ""),
            ("btree", unique) => (if unique { "UNIQUE INDEX" } else { "INDEX" }, " USING BTREE"),
            ("hash", unique) => (if unique { "UNIQUE INDEX" } else { "INDEX" }, " USING HASH"),
            _ => {
                return refuse(
                    "has indexes by btree, hash, fulltext and spatial; use one of these methods, or none",
                );
            }
        };
        let parts: Vec<String> = index.parts.iter().map(name::index_part).collect();
        let mut text = format!("{before} {} ({}){after}", name::name(own), parts.join(", "));
        if let Some(parser) = index.options.get("parser") {
            text.push_str(&format!(" WITH PARSER {}", name::name(parser)));
        }
        text.push_str(&comment(&index.comment));
        if is_hidden(index) {
            text.push_str(match (self.is_for_any_server(), self.is_mariadb()) {
                (true, _) => " /*!80000 INVISIBLE */ /*M!100600 IGNORED */",
                (_, true) => " IGNORED",
                (_, false) => " INVISIBLE",
            });
        }
        Ok(text)
    }

    /// Whether an index goes and comes back only to be used by queries again, or by none from now on. In one statement, MariaDB does not
    /// see a difference; and nothing has to be built for it.
    pub(super) fn is_shown_or_hidden(&self, table: &Name, index: &Index) -> bool {
        let bare = |index: &Index| {
            let mut index = index.clone();
            HIDDEN.iter().for_each(|option| drop(index.options.remove(*option)));
            index
        };
        let is_other =
            |other: &Index| bare(other) == bare(index) && is_hidden(other) != is_hidden(index);
        self.work.changes.iter().any(|change| match change {
            Change::DropIndex { table: of, index } | Change::AddIndex { table: of, index } => {
                of == table && is_other(index)
            }
            _ => false,
        })
    }

    pub(super) fn show_or_hide(&mut self, at: usize, table: &Name, index: &Index) {
        let word = match (is_hidden(index), self.is_mariadb()) {
            (true, true) => "IGNORED",
            (false, true) => "NOT IGNORED",
            (true, false) => "INVISIBLE",
            (false, false) => "VISIBLE",
        };
        let own = name::name(index.name.as_deref().unwrap_or_default());
        let group = self.group(table, ChangeGroup::Alter).change(at);
        group.clause(Trace::None, format!("ALTER INDEX {own} {word}"));
    }
}

/// The options of an index that no query uses, on the one server and on the other.
const HIDDEN: [&str; 2] = ["invisible", "ignored"];

fn is_hidden(index: &Index) -> bool {
    HIDDEN.iter().any(|option| is_on(index.options.get(*option)))
}
