//! Limits of names, rows and keys, for a database that has such.

use super::{Catalogue, CatalogueTrouble, KnownObject};
use crate::lint::{CatalogueAct, CatalogueKind, CatalogueUse, CatalogueUses};

/// How many bytes an index holds of a row, and a row of all its columns.
const LONGEST_KEY: u64 = 3072;
const LONGEST_ROW: u64 = 65_535;

impl Catalogue {
    /// What a statement creates beyond the limits; asked after it has been followed.
    pub(super) fn beyond(&self, statement: &CatalogueUses) -> Option<CatalogueTrouble> {
        let longest = self.queries.longest_name()?;
        let creates = |one: &&CatalogueUse| matches!(one.act, CatalogueAct::Creates { .. });
        let created = || statement.all.iter().filter(creates);
        if let Some(one) = created().find(|one| one.name.last().chars().count() > longest) {
            return Some(CatalogueTrouble::new(
                format!("the name {} has more than {longest} characters", one.name.last()),
                "choose a shorter one",
            ));
        }
        created().find_map(|one| self.key_beyond(one)).or_else(|| {
            let column = created().find(|one| one.kind == CatalogueKind::Column)?;
            let on = column.on.as_ref()?;
            let table = self.relations.get(&self.key(on)).filter(|table| !table.is_partial)?;
            let columns = table.parts.iter().filter(|part| part.kind == "column");
            let bytes: u64 = columns.filter_map(|part| self.queries.bytes_of(&part.word, &self.rights)).sum();
            (bytes > LONGEST_ROW).then(|| {
                CatalogueTrouble::new(
                    format!("a row of {on} could have {bytes} bytes, and no row has more than {LONGEST_ROW}"),
                    "make long columns TEXT or BLOB, which do not count",
                )
            })
        })
    }

    fn key_beyond(&self, one: &CatalogueUse) -> Option<CatalogueTrouble> {
        let (columns, _) = one.key.as_ref()?;
        let on = one.on.as_ref()?;
        let table: &KnownObject = self.relations.get(&self.key(on))?;
        // A length behind a column: only its beginning is in the index.
        if one.detail.contains('(')
            || columns.is_empty()
            || self.hashes_long_keys && one.detail != "primary key"
        {
            return None;
        }
        let mut bytes = 0;
        for name in columns {
            let part = table
                .parts
                .iter()
                .find(|part| part.kind == "column" && part.name.eq_ignore_ascii_case(name))?;
            match self.queries.bytes_of(&part.word, &self.rights) {
                Some(size) => bytes += size,
                None if part.word.to_lowercase().contains("geometry")
                    || part.word.to_lowercase().contains("point") =>
                {
                    return None;
                }
                None => {
                    return Some(CatalogueTrouble::new(
                        format!(
                            "{name} of {on} is {}, of which a key takes only the beginning",
                            part.word
                        ),
                        format!("say how much: {name}(100)"),
                    ));
                }
            }
        }
        let is_key = one.kind != CatalogueKind::Index
            || one.key.as_ref().is_some_and(|(_, is_unique)| *is_unique);
        (bytes > LONGEST_KEY && is_key).then(|| {
            CatalogueTrouble::new(
                format!("a key on {} of {on} could have {bytes} bytes, and no key has more than {LONGEST_KEY}", columns.join(", ")),
                "shorten the columns, or index only their beginning",
            )
        })
    }
}
