//! What a foreign key needs of the table that it refers to.

use super::{Catalogue, CatalogueBlocker, CatalogueTrouble, KnownObject, ObjectKey};
use crate::lint::CatalogueUse;

impl Catalogue {
    pub(super) fn refers(
        &mut self,
        one: &CatalogueUse,
        to: &ObjectKey,
        (columns, referenced): (&[String], &[String]),
    ) -> Result<(), CatalogueTrouble> {
        let Some(on) = &one.on else { return Ok(()) };
        let from = self.key(on);
        let found = self.refers_well(one, &from, to, (columns, referenced));
        if self.indexes_are_relations
            && let Some(target) = self.relations.get_mut(to).filter(|_| *to != from)
        {
            target.blockers.push(CatalogueBlocker {
                act: "drop".to_owned(),
                of: (String::new(), String::new()),
                text: format!("a foreign key of {on}"),
                kind: "constraint".to_owned(),
                name: one.detail.clone(),
                on: from,
            });
        }
        found
    }

    fn refers_well(
        &self,
        one: &CatalogueUse,
        from: &ObjectKey,
        to: &ObjectKey,
        (columns, referenced): (&[String], &[String]),
    ) -> Result<(), CatalogueTrouble> {
        let (Some(target), Some(on)) = (self.relations.get(to), &one.on) else { return Ok(()) };
        self.kinds_fit(one, from, target)?;
        if target.is_partial {
            return Ok(());
        }
        let primary = target
            .parts
            .iter()
            .find(|part| part.kind == "constraint" && part.word == "primary key");
        let named: Vec<String> = match (referenced, primary) {
            ([], Some(primary)) => primary.columns.clone(),
            ([], None) if target.has_unnamed => return Ok(()),
            ([], None) => {
                return Err(CatalogueTrouble::new(
                    format!(
                        "{} has no primary key that the foreign key of {on} could refer to",
                        one.name
                    ),
                    "name its columns, for which there must be a unique constraint",
                ));
            }
            (named, _) => named.to_vec(),
        };
        for column in &named {
            if column_type(target, column).is_none() {
                return Err(CatalogueTrouble::new(
                    format!(
                        "{} has no column {column}, to which a foreign key of {on} refers",
                        one.name
                    ),
                    "look whether the name is right",
                ));
            }
        }
        if columns.len() != named.len() {
            return Err(CatalogueTrouble::new(
                format!(
                    "a foreign key of {on} has {} columns and refers to {} of {}",
                    columns.len(),
                    named.len(),
                    one.name
                ),
                "name as many columns on both sides",
            ));
        }
        if !self.has_key(target, &named) {
            let list = named.join(", ");
            let (article, what) = match self.queries.key_order_matters() {
                true => ("an", "index that begins with"),
                false => ("a", "unique constraint or index on"),
            };
            return Err(CatalogueTrouble::new(
                format!(
                    "a foreign key of {on} refers to {} ({list}), and there is no {what} {list}",
                    one.name
                ),
                format!("create {article} {what} exactly these columns before"),
            ));
        }
        self.types_fit(one, from, target, (columns, &named))
    }

    /// Whether there is an index for the columns.
    fn has_key(&self, target: &KnownObject, named: &[String]) -> bool {
        let is_same = |a: &String, b: &String| a.eq_ignore_ascii_case(b);
        target.parts.iter().any(|part| {
            let is_covered = match self.queries.key_order_matters() {
                false => {
                    part.is_unique
                        && part.columns.len() == named.len()
                        && named
                            .iter()
                            .all(|name| part.columns.iter().any(|column| is_same(column, name)))
                }
                true => {
                    part.columns.len() >= named.len()
                        && named
                            .iter()
                            .zip(&part.columns)
                            .all(|(name, column)| is_same(name, column))
                }
            };
            part.kind == "index" && is_covered
        })
    }

    /// Whether tables of these kinds can refer to each other.
    fn kinds_fit(
        &self,
        one: &CatalogueUse,
        from: &ObjectKey,
        target: &KnownObject,
    ) -> Result<(), CatalogueTrouble> {
        let on = one.on.clone().unwrap_or_default();
        let engine = target.detail.as_str();
        if self.queries.key_order_matters()
            && !engine.is_empty()
            && !engine.eq_ignore_ascii_case("innodb")
        {
            return Err(CatalogueTrouble::new(
                format!("{} has the engine {engine}, to which no foreign key can refer", one.name),
                "convert it to InnoDB before",
            ));
        }
        let own = self.relations.get(from).map(|own| own.detail.as_str());
        if self.indexes_are_relations && engine == "u" && own == Some("p") {
            return Err(CatalogueTrouble::new(
                format!(
                    "{} is UNLOGGED, and {on} is not: its foreign key cannot refer to it",
                    one.name
                ),
                "make both of the same kind: ALTER TABLE ... SET LOGGED",
            ));
        }
        Ok(())
    }

    fn types_fit(
        &self,
        one: &CatalogueUse,
        from: &ObjectKey,
        target: &KnownObject,
        (columns, named): (&[String], &[String]),
    ) -> Result<(), CatalogueTrouble> {
        let Some(own) = self.relations.get(from) else { return Ok(()) };
        for (column, other) in columns.iter().zip(named) {
            let (Some(own), Some(other_type)) =
                (column_type(own, column), column_type(target, other))
            else {
                continue;
            };
            if self.queries.key_types_fit(own, other_type) == Some(false) {
                return Err(CatalogueTrouble::new(
                    format!(
                        "{column} is {own} and refers to {other} of {}, which is {other_type}: the server cannot compare these types",
                        one.name
                    ),
                    "give both columns the same type",
                ));
            }
        }
        Ok(())
    }
}

fn column_type<'o>(object: &'o KnownObject, name: &str) -> Option<&'o str> {
    let columns = || object.parts.iter().filter(|part| part.kind == "column");
    let exactly = columns().find(|part| part.name == name);
    exactly
        .or_else(|| columns().find(|part| part.name.eq_ignore_ascii_case(name)))
        .map(|part| part.word.as_str())
}
