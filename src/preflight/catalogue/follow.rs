//! A statement after the other: whether what each names exists, and what it leaves for the next.

use super::{
    Catalogue, CatalogueBlocker, CatalogueTrouble, KnownObject, ObjectKey,
    others::{has, may_own, right},
};
use crate::lint::{CatalogueAct, CatalogueKind, CatalogueUse, CatalogueUses, SqlName};

impl Catalogue {
    /// What is in the way of a statement; and takes note of what it does.
    pub(in crate::preflight) fn follow(
        &mut self,
        statement: &CatalogueUses,
    ) -> Vec<CatalogueTrouble> {
        if statement.moves_names || self.is_lost {
            self.is_lost = true;
            return Vec::new();
        }
        self.checks_keys = statement.checks_keys.unwrap_or(self.checks_keys);
        let mut troubles = Vec::new();
        for (at, one) in statement.all.iter().enumerate() {
            let is_first = at == 0;
            match self.one(one, statement) {
                Ok(true) => {}
                // IF [NOT] EXISTS: the rest of the statement hangs on it.
                Ok(false) if is_first && statement.is_conditional => return troubles,
                Ok(false) => {}
                Err(trouble) => troubles.push(trouble),
            }
            if one.act != CatalogueAct::Uses {
                self.touch(one);
            }
        }
        self.depend(statement);
        if troubles.is_empty() {
            troubles.extend(self.beyond(statement));
        }
        troubles
    }

    /// Whether the object is as the statement needs it; no, if the statement says that it need not be.
    fn one(
        &mut self,
        one: &CatalogueUse,
        statement: &CatalogueUses,
    ) -> Result<bool, CatalogueTrouble> {
        match one.kind {
            CatalogueKind::Relation => self.relation(one, statement),
            CatalogueKind::Index if self.indexes_are_relations => self.index(one),
            CatalogueKind::Trigger if !self.indexes_are_relations => self.trigger(one, statement),
            CatalogueKind::Column
            | CatalogueKind::Constraint
            | CatalogueKind::Index
            | CatalogueKind::Trigger
            | CatalogueKind::Policy
            | CatalogueKind::Rule
            | CatalogueKind::Partition
            | CatalogueKind::EnumValue => self.part(one),
            _ => self.other(one, statement),
        }
    }

    fn relation(
        &mut self,
        one: &CatalogueUse,
        statement: &CatalogueUses,
    ) -> Result<bool, CatalogueTrouble> {
        let key = match one.act {
            CatalogueAct::Creates { .. } => self.new_key(&one.name),
            _ => self.key(&one.name),
        };
        let word = if one.word.is_empty() { "table".to_owned() } else { one.word.to_lowercase() };
        if let CatalogueAct::Creates { replaces, is_partial } = one.act {
            return self.create_relation(one, key, (replaces, is_partial));
        }
        if !one.optional {
            self.schema_of(&one.name)?;
        }
        if self.cannot_know(&key) {
            return Ok(true);
        }
        let Some(found) = self.relations.get(&key) else {
            return self.no_relation(one, &key, &word);
        };
        if !is_called(&found.word, one) {
            return Err(CatalogueTrouble::new(
                format!(
                    "{} is {} {}, and not {} {word}",
                    one.name,
                    article(&found.word),
                    found.word,
                    article(&word)
                ),
                format!("say {} instead", found.word.to_uppercase()),
            ));
        }
        may_change(one, found)?;
        let has_unique = found.is_partial || found.parts.iter().any(|part| part.is_unique);
        if one.detail == "refresh concurrently" && !has_unique {
            return Err(CatalogueTrouble::new(
                format!(
                    "{} has no unique index, without which it cannot be refreshed CONCURRENTLY",
                    one.name
                ),
                "create one on plain columns and without a condition",
            ));
        }
        match &one.act {
            CatalogueAct::Drops { cascade } => {
                let trouble = self.blocked(&key, ("", ""), "drop", statement, *cascade);
                self.forget(&key);
                trouble.map_or(Ok(true), |trouble| Err(self.in_the_way(&one.name, &trouble)))
            }
            CatalogueAct::Truncates { cascade } => {
                let found = self.blocked(&key, ("", ""), "truncate", statement, *cascade);
                found.map_or(Ok(true), |blocker| {
                    Err(CatalogueTrouble::new(
                        format!("{} cannot be truncated: {} refers to it", one.name, blocker.text),
                        "name the other table in the same TRUNCATE, or use DELETE",
                    ))
                })
            }
            CatalogueAct::Renames(to) => {
                let new = self.renamed(to, &key);
                self.move_relation(&key, new, to)
            }
            CatalogueAct::MovesTo(schema) => {
                let new = (self.last(schema), key.1.clone());
                self.move_relation(&key, new, &one.name.moved_to(schema))
            }
            CatalogueAct::IsReferred { columns, referenced } => {
                self.refers(one, &key, (columns, referenced)).map(|()| true)
            }
            _ => Ok(true),
        }
    }

    fn no_relation(
        &self,
        one: &CatalogueUse,
        key: &ObjectKey,
        word: &str,
    ) -> Result<bool, CatalogueTrouble> {
        let needs_none = matches!(one.act, CatalogueAct::IsReferred { .. }) && !self.checks_keys;
        if one.optional || needs_none {
            return Ok(false);
        }
        let mut trouble = missing(word, &one.name);
        if self.others.contains_key(&(CatalogueKind::Type, key.1.clone())) {
            trouble.text.push_str(" (there is a type of this name)");
        }
        Err(trouble)
    }

    /// The new name; with a schema, if the statement says one.
    fn renamed(&self, to: &SqlName, old: &ObjectKey) -> ObjectKey {
        match to.parts.len() {
            0 | 1 => (old.0.clone(), self.last(to)),
            parts => (self.folded(to, parts - 2), self.last(to)),
        }
    }

    fn create_relation(
        &mut self,
        one: &CatalogueUse,
        key: ObjectKey,
        (replaces, is_partial): (bool, bool),
    ) -> Result<bool, CatalogueTrouble> {
        self.schema_of(&one.name)?;
        let word = one.word.to_lowercase();
        if let Some(found) = self.relations.get(&key) {
            let fits = found.word == word;
            if one.optional {
                return Ok(false);
            }
            if !(replaces && fits) {
                return Err(exists(&found.word, &one.name));
            }
        } else if let Some(types) = self.others.get(&(CatalogueKind::Type, key.1.clone()))
            && types.iter().any(|(schema, _)| *schema == key.0)
        {
            let mut trouble = exists("type", &one.name);
            trouble.text.push_str(", and each table is a type as well");
            return Err(trouble);
        }
        self.gone.remove(&key);
        let blockers = self.relations.remove(&key).map(|old| old.blockers).unwrap_or_default();
        self.relations
            .insert(key, KnownObject { word, is_partial, blockers, ..KnownObject::default() });
        Ok(true)
    }

    /// The schema that a name begins with.
    pub(super) fn schema_of(&self, name: &SqlName) -> Result<(), CatalogueTrouble> {
        let Some(at) = name.parts.len().checked_sub(2) else { return Ok(()) };
        let schema = self.folded(name, at);
        let known = self.others.get(&(CatalogueKind::Schema, schema));
        if known.is_some_and(|all| all.iter().any(|(_, schema)| !has(schema, "usage"))) {
            return Err(right(format!("this role has no USAGE on the schema {}", name.parts[at])));
        }
        if known.is_some() {
            Ok(())
        } else {
            Err(missing("schema", &SqlName { text: name.parts[at].clone(), parts: vec![] }))
        }
    }

    fn move_relation(
        &mut self,
        key: &ObjectKey,
        new: ObjectKey,
        to: &SqlName,
    ) -> Result<bool, CatalogueTrouble> {
        self.touching.insert(new.1.to_lowercase());
        if new == *key {
            return Ok(true);
        }
        if let Some(found) = self.relations.get(&new) {
            return Err(exists(&found.word, to));
        }
        if let Some(table) = self.relations.remove(key) {
            for part in
                table.parts.iter().filter(|part| part.kind == "index" && self.indexes_are_relations)
            {
                let old = (key.0.clone(), part.name.clone());
                if let Some(mut index) = self.relations.remove(&old) {
                    index.detail = format!("{}|{}", new.0, new.1);
                    self.relations.insert((new.0.clone(), part.name.clone()), index);
                }
            }
            self.relations.insert(new.clone(), table);
        }
        self.gone.remove(&new);
        for blocker in self.relations.values_mut().flat_map(|table| &mut table.blockers) {
            if blocker.on == *key {
                blocker.on.clone_from(&new);
            }
        }
        Ok(true)
    }

    /// A table is dropped, with its indexes.
    pub(super) fn forget(&mut self, key: &ObjectKey) {
        if let Some(table) = self.relations.remove(key) {
            for part in
                table.parts.iter().filter(|part| part.kind == "index" && self.indexes_are_relations)
            {
                self.relations.remove(&(key.0.clone(), part.name.clone()));
            }
            self.gone.insert(key.clone());
        }
    }

    fn create_index(
        &mut self,
        one: &CatalogueUse,
        owner: &ObjectKey,
    ) -> Result<bool, CatalogueTrouble> {
        if let Some(table) = self.relations.get(owner).filter(|table| table.word == "view") {
            return Err(CatalogueTrouble::new(
                format!(
                    "{} is a {}, which can have no index",
                    one.on.clone().unwrap_or_default(),
                    table.word
                ),
                "index the columns of its tables",
            ));
        }
        let key = (owner.0.clone(), self.last(&one.name));
        if let Some(found) = self.relations.get(&key) {
            return if one.optional { Ok(false) } else { Err(exists(&found.word, &one.name)) };
        }
        let detail = format!("{}|{}", owner.0, owner.1);
        let name = key.1.clone();
        self.relations.insert(
            key,
            KnownObject { word: "index".to_owned(), detail, ..KnownObject::default() },
        );
        self.add_key(owner, "index", name, one.key.as_ref());
        Ok(true)
    }

    /// An index of a database whose indexes have their names together with tables.
    fn index(&mut self, one: &CatalogueUse) -> Result<bool, CatalogueTrouble> {
        let owner = one.on.as_ref().map(|on| self.key(on));
        if let CatalogueAct::Creates { .. } = one.act {
            return owner.map_or(Ok(true), |owner| self.create_index(one, &owner));
        }
        let key = match &owner {
            Some(owner) => (owner.0.clone(), self.last(&one.name)),
            None => self.key(&one.name),
        };
        if self.cannot_know(&key) || owner.as_ref().is_some_and(|owner| self.is_partial(owner)) {
            return Ok(true);
        }
        let Some(found) = self.relations.get(&key) else {
            return if one.optional { Ok(false) } else { Err(missing("index", &one.name)) };
        };
        if found.word != "index" {
            let is =
                format!("{} is {} {}, and no index", one.name, article(&found.word), found.word);
            return Err(CatalogueTrouble::new(is, ""));
        }
        if one.act != CatalogueAct::Uses || one.detail == "comment" {
            may_own(&one.name, found)?;
        }
        let mut place = found.detail.split('|').map(str::to_owned);
        let owner = place.next().zip(place.next());
        let belongs = place.next().is_some();
        match &one.act {
            CatalogueAct::Drops { .. } => {
                self.relations.remove(&key);
                let mut none = KnownObject::default();
                let table = owner.and_then(|owner| self.relations.get_mut(&owner));
                let table = table.unwrap_or(&mut none);
                let part =
                    table.parts.iter().find(|part| part.kind == "index" && part.name == key.1);
                let is_constraint = belongs || part.is_some_and(|part| part.detail == "constraint");
                table.parts.retain(|part| part.kind != "index" || part.name != key.1);
                if is_constraint {
                    return Err(CatalogueTrouble::new(
                        format!("the index {} belongs to a constraint", one.name),
                        format!(
                            "drop the constraint: ALTER TABLE ... DROP CONSTRAINT {}",
                            one.name
                        ),
                    ));
                }
            }
            CatalogueAct::Renames(to) => {
                let new = (key.0.clone(), self.last(to));
                if let Some(found) = self.relations.get(&new) {
                    return Err(exists(&found.word, to));
                }
                if let Some(index) = self.relations.remove(&key) {
                    self.relations.insert(new.clone(), index);
                }
                if let Some(table) = owner.and_then(|owner| self.relations.get_mut(&owner)) {
                    let parts = table.parts.iter_mut();
                    parts
                        .filter(|part| part.name == key.1)
                        .for_each(|part| part.name.clone_from(&new.1));
                }
            }
            _ => {}
        }
        Ok(true)
    }

    /// Whether nobody knows whether there is such a table.
    fn cannot_know(&self, key: &ObjectKey) -> bool {
        let is_elsewhere = !self.indexes_are_relations && key.0 != self.home;
        is_elsewhere || self.has_unknown && !self.relations.contains_key(key)
    }

    fn is_partial(&self, key: &ObjectKey) -> bool {
        self.relations.get(key).is_some_and(|table| table.is_partial)
    }

    /// What depends on a table, or on a part of it, and is neither dropped yet nor by this statement.
    pub(super) fn blocked(
        &self,
        key: &ObjectKey,
        of: (&str, &str),
        act: &str,
        statement: &CatalogueUses,
        cascade: bool,
    ) -> Option<CatalogueBlocker> {
        if cascade {
            return None;
        }
        let object = self.relations.get(key)?;
        let all: Vec<CatalogueBlocker> = object
            .blockers
            .iter()
            .filter(|blocker| blocker.of.0 == of.0 && blocker.of.1 == of.1)
            .cloned()
            .collect();
        self.first_blocker(&all, act, statement)
    }

    pub(super) fn first_blocker(
        &self,
        all: &[CatalogueBlocker],
        act: &str,
        statement: &CatalogueUses,
    ) -> Option<CatalogueBlocker> {
        if act == "drop" && self.has_unknown {
            return None;
        }
        // A name may be in the list of the same DROP or TRUNCATE.
        let is_listed = |blocker: &CatalogueBlocker| {
            self.indexes_are_relations
                && statement.all.iter().any(|one| {
                    one.kind == CatalogueKind::Relation
                        && matches!(
                            one.act,
                            CatalogueAct::Drops { .. } | CatalogueAct::Truncates { .. }
                        )
                        && self.key(&one.name) == blocker.on
                })
        };
        all.iter()
            .filter(|blocker| blocker.act == act && !self.is_gone(blocker) && !is_listed(blocker))
            .find(|blocker| self.checks_keys || blocker.kind != "constraint")
            .cloned()
    }

    pub(super) fn in_the_way(
        &self,
        name: &SqlName,
        blocker: &CatalogueBlocker,
    ) -> CatalogueTrouble {
        let advice = match self.indexes_are_relations {
            true => "drop or change that before, or write CASCADE if it may go, too",
            false => "drop that before",
        };
        CatalogueTrouble::new(
            format!("{name} cannot be dropped: {} depends on it", blocker.text),
            advice,
        )
    }

    /// A new view depends on what its query names.
    fn depend(&mut self, statement: &CatalogueUses) {
        let (Some(first), Some(query)) = (statement.all.first(), &statement.planned) else {
            return;
        };
        if !self.indexes_are_relations || !first.word.ends_with("VIEW") {
            return;
        }
        let view = self.key(&first.name);
        let is_name = |sign: char| sign.is_alphanumeric() || sign == '_';
        let words: Vec<&str> = query.split(|sign| !is_name(sign)).collect();
        for (key, table) in self.relations.iter_mut().filter(|(key, _)| **key != view) {
            if words.contains(&key.1.as_str()) && table.word != "index" {
                table.blockers.push(CatalogueBlocker {
                    act: "drop".to_owned(),
                    of: (String::new(), String::new()),
                    text: format!("view {}", first.name),
                    kind: "relation".to_owned(),
                    name: String::new(),
                    on: view.clone(),
                });
            }
        }
    }
}

/// What only the owner may do with a relation; of tables, another question asks.
fn may_change(one: &CatalogueUse, object: &KnownObject) -> Result<(), CatalogueTrouble> {
    let is_change = matches!(
        one.act,
        CatalogueAct::Drops { .. } | CatalogueAct::Renames(_) | CatalogueAct::MovesTo(_)
    );
    let is_owned = one.detail == "comment"
        || one.detail.starts_with("refresh")
        || is_change && object.word != "table";
    if is_owned {
        may_own(&one.name, object)?;
    }
    match one.act {
        CatalogueAct::Truncates { .. } if !has(object, "truncate") => {
            Err(right(format!("this role has no TRUNCATE on {}", one.name)))
        }
        _ => Ok(()),
    }
}

/// Whether an object is of the kind that a statement names.
fn is_called(found: &str, one: &CatalogueUse) -> bool {
    let drops = matches!(one.act, CatalogueAct::Drops { .. });
    match one.word {
        "" => {
            matches!(
                one.act,
                CatalogueAct::Uses | CatalogueAct::Renames(_) | CatalogueAct::MovesTo(_)
            ) || found == "table"
                || found == "foreign table"
        }
        "TABLE" => found == "table" || !drops && found == "foreign table",
        word => found.eq_ignore_ascii_case(word),
    }
}

pub(super) fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

pub(super) fn missing(word: &str, name: &SqlName) -> CatalogueTrouble {
    CatalogueTrouble::new(
        format!("there is no {word} {name}"),
        "look whether the name and the schema are right, and whether an earlier migration or somebody by hand has dropped or renamed it",
    )
}

pub(super) fn exists(word: &str, name: &SqlName) -> CatalogueTrouble {
    CatalogueTrouble::new(
        format!("there is {} {word} {name} already", article(word)),
        "if somebody has created it by hand as the migration would, record the migration with `stamp`; otherwise drop or rename one",
    )
}
