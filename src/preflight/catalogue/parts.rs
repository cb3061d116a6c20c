//! Columns, constraints and others that belong to a table or a type.

use super::{
    Catalogue, CataloguePart, CatalogueTrouble, KnownObject, ObjectKey,
    follow::{article, exists},
    part_word,
};
use crate::lint::{CatalogueAct, CatalogueKind, CatalogueUse, CatalogueUses, SqlName};

impl Catalogue {
    fn owner(&mut self, one: &CatalogueUse) -> Option<&mut KnownObject> {
        let on = one.on.as_ref()?;
        let key = self.key(on);
        let is_type = one.kind == CatalogueKind::EnumValue || !self.relations.contains_key(&key);
        if is_type {
            let last = self.last(on);
            return self
                .others
                .get_mut(&(CatalogueKind::Type, last))?
                .first_mut()
                .map(|(_, ty)| ty);
        }
        self.relations.get_mut(&key)
    }

    pub(super) fn part(&mut self, one: &CatalogueUse) -> Result<bool, CatalogueTrouble> {
        let kind = part_word(one.kind);
        let name = match one.kind {
            CatalogueKind::EnumValue => one.name.last().to_owned(),
            _ => self.last(&one.name),
        };
        let key = one.on.as_ref().map(|on| self.key(on)).unwrap_or_default();
        let ignores_case = one.name.text.is_empty() || !self.indexes_are_relations;
        // Without its table it has been told already.
        let Some(owner) = self.owner(one) else { return Ok(true) };
        may_part(one, owner)?;
        let is_it = |part: &CataloguePart| {
            let is_kind = match (kind, one.detail.as_str()) {
                ("constraint", "primary key") => {
                    return part.kind == "constraint" && part.word == "primary key";
                }
                ("constraint", "foreign key") => {
                    part.kind == "constraint" && part.word == "foreign key"
                }
                _ => part.kind == kind,
            };
            is_kind && (part.name == name || ignores_case && part.name.eq_ignore_ascii_case(&name))
        };
        let found = owner.parts.iter().position(is_it);
        let is_open = owner.is_partial
            || owner.has_unnamed
                && matches!(one.kind, CatalogueKind::Constraint | CatalogueKind::Index);
        let on = one.on.clone().unwrap_or_default();
        match (&one.act, found) {
            (CatalogueAct::Creates { .. } | CatalogueAct::IsTaken, found) => {
                self.create_part(one, &key, (kind, &name), found)
            }
            (_, None) if is_open => Ok(true),
            (_, None) if one.optional => Ok(false),
            (_, None) => Err(CatalogueTrouble::new(
                format!("{on} has no {kind} {}", shown(&one.name)),
                "look whether the name is right, and whether an earlier migration or somebody by hand has dropped or renamed it",
            )),
            (CatalogueAct::Renames(to), Some(at)) => self.rename_part(one, kind, to, at),
            (CatalogueAct::Retypes(_), Some(at)) => {
                let part = owner.parts[at].clone();
                let trouble = self.retype(&key, &part, &on, one);
                if let (Some(owner), CatalogueAct::Retypes(ty)) = (self.owner(one), &one.act) {
                    owner.parts[at].word.clone_from(ty);
                }
                trouble.map_or(Ok(true), Err)
            }
            (CatalogueAct::Drops { cascade }, Some(at)) => {
                let part = owner.parts[at].clone();
                let trouble = self.drop_part(&key, &part, &on, *cascade);
                trouble.map_or(Ok(true), Err)
            }
            (CatalogueAct::Uses, Some(at)) => {
                self.state(one, &key, at)?;
                if one.detail == "default" {
                    self.new_defaults.insert((key.1, name));
                }
                Ok(true)
            }
            _ => Ok(true),
        }
    }

    fn rename_part(
        &mut self,
        one: &CatalogueUse,
        kind: &str,
        to: &SqlName,
        at: usize,
    ) -> Result<bool, CatalogueTrouble> {
        let on = one.on.clone().unwrap_or_default();
        let to_name =
            if one.kind == CatalogueKind::EnumValue { to.last().to_owned() } else { self.last(to) };
        self.touching.insert(to_name.to_lowercase());
        let Some(owner) = self.owner(one) else { return Ok(true) };
        let is_taken = owner.parts.iter().any(|part| part.kind == kind && part.name == to_name);
        let old = std::mem::replace(&mut owner.parts[at].name, to_name.clone());
        if kind == "column" {
            let columns = owner.parts.iter_mut().flat_map(|part| &mut part.columns);
            columns.filter(|column| **column == old).for_each(|column| column.clone_from(&to_name));
            let blockers = owner.blockers.iter_mut();
            blockers
                .filter(|one| one.of.0 == "column" && one.of.1 == old)
                .for_each(|one| one.of.1.clone_from(&to_name));
        }
        if is_taken {
            return Err(CatalogueTrouble::new(
                format!("{on} has {} {kind} {to} already", article(kind)),
                "choose another name",
            ));
        }
        Ok(true)
    }

    fn create_part(
        &mut self,
        one: &CatalogueUse,
        key: &ObjectKey,
        (kind, name): (&'static str, &str),
        found: Option<usize>,
    ) -> Result<bool, CatalogueTrouble> {
        let on = one.on.clone().unwrap_or_default();
        let is_constraint = one.kind == CatalogueKind::Constraint;
        let is_key = one.key.is_some();
        if one.act == CatalogueAct::IsTaken {
            self.take_index(one, key)?;
        }
        let Some(owner) = self.owner(one) else { return Ok(true) };
        if let Some(at) =
            found.filter(|at| !name.is_empty() || owner.parts[*at].word == "primary key")
        {
            if one.optional {
                return Ok(false);
            }
            if one.detail == "primary key" && is_constraint {
                return Err(CatalogueTrouble::new(
                    format!("{on} has a primary key already"),
                    "drop it in the same statement, before the new one",
                ));
            }
            let is_system = kind == "column"
                && matches!(
                    owner.parts[at].name.as_str(),
                    "ctid" | "xmin" | "xmax" | "cmin" | "cmax" | "tableoid"
                );
            let has =
                if is_system { "is a name that the server itself uses" } else { "already exists" };
            let mut trouble = exists(kind, &one.name);
            trouble.text = match is_system {
                true => format!("the column name {} {has}", one.name),
                false => format!("{on} has {} {kind} {} already", article(kind), shown(&one.name)),
            };
            return Err(trouble);
        }
        let part = CataloguePart {
            kind: kind.to_owned(),
            name: name.to_owned(),
            word: if kind == "column" { one.ty.clone() } else { one.detail.clone() },
            columns: one.key.as_ref().map(|(columns, _)| columns.clone()).unwrap_or_default(),
            ..CataloguePart::default()
        };
        owner.has_unnamed |= is_constraint && name.is_empty() || kind == "column" && is_key;
        owner.parts.push(part);
        if is_key {
            self.add_key(key, "index", name.to_owned(), one.key.as_ref());
        }
        // The index of a constraint has its name.
        if is_constraint && is_key && !name.is_empty() && self.indexes_are_relations {
            let index = (key.0.clone(), name.to_owned());
            if one.act == CatalogueAct::IsTaken {
                return Ok(true);
            }
            if let Some(found) = self.relations.get(&index) {
                return Err(exists(&found.word, &one.name));
            }
            let detail = format!("{}|{}", key.0, key.1);
            self.relations.insert(
                index,
                KnownObject { word: "index".to_owned(), detail, ..KnownObject::default() },
            );
        }
        Ok(true)
    }

    /// Notes what is unique.
    pub(super) fn add_key(
        &mut self,
        owner: &ObjectKey,
        kind: &str,
        name: String,
        key: Option<&(Vec<String>, bool)>,
    ) {
        let Some(table) = self.relations.get_mut(owner) else { return };
        let (columns, is_unique) = key.cloned().unwrap_or_default();
        table.parts.push(CataloguePart {
            kind: kind.to_owned(),
            name,
            columns,
            is_unique,
            ..CataloguePart::default()
        });
    }

    /// An index that a foreign key needs, of a database whose keys have no index of their own.
    fn needed_by_key(&self, key: &ObjectKey, part: &CataloguePart) -> Option<CatalogueTrouble> {
        let is_index = part.kind == "index" || part.word == "primary key";
        if self.indexes_are_relations || !is_index || !self.checks_keys {
            return None;
        }
        let table = self.relations.get(key)?;
        let begins = |index: &CataloguePart, columns: &[String]| {
            index.kind == "index"
                && index.columns.len() >= columns.len()
                && index.columns.iter().zip(columns).all(|(a, b)| a.eq_ignore_ascii_case(b))
        };
        let own = table.parts.iter().filter(|known| known.word == "foreign key");
        let own =
            own.map(|known| (known.columns.clone(), format!("the foreign key {}", known.name)));
        let referring = table.blockers.iter().filter(|one| {
            one.kind == "constraint" && one.of.0 == "column" && one.on != *key && !self.is_gone(one)
        });
        let referring = referring.map(|one| (vec![one.of.1.clone()], one.text.clone()));
        own.chain(referring).find_map(|(columns, what)| {
            let mut covering = table.parts.iter().filter(|index| begins(index, &columns));
            let is_only =
                covering.clone().count() == 1 && covering.any(|index| index.name == part.name);
            is_only.then(|| {
                CatalogueTrouble::new(
                    format!("the index {} cannot be dropped: {what} needs it", part.name),
                    "drop the key before, or create another index that begins with its columns",
                )
            })
        })
    }

    /// What is in the way of an action that changes a property of a column.
    fn state(
        &self,
        one: &CatalogueUse,
        key: &ObjectKey,
        at: usize,
    ) -> Result<(), CatalogueTrouble> {
        let Some(table) = self.relations.get(key) else { return Ok(()) };
        let part = &table.parts[at];
        let is = |word: &str| part.detail.contains(word);
        let primary = table.parts.iter().find(|part| part.word == "primary key");
        let in_key = primary.is_some_and(|key| key.columns.contains(&part.name));
        let is_new = part.detail.is_empty();
        let why = match one.detail.as_str() {
            "drop not null" if in_key => "is in the primary key, and stays NOT NULL",
            "add generated" if is("identity") => "is an identity column already",
            "add generated" if is("default") => {
                "has a default, and cannot be an identity column beside it"
            }
            "add generated" if !is("not null") && !is_new => {
                "is nullable, and an identity column is NOT NULL"
            }
            "drop identity" if !is("identity") && !is_new => "is no identity column",
            _ => return Ok(()),
        };
        Err(CatalogueTrouble::new(
            format!("{} of {} {why}", part.name, one.on.clone().unwrap_or_default()),
            "",
        ))
    }

    /// USING INDEX: the index must be unique, and be one of this table.
    fn take_index(&self, one: &CatalogueUse, key: &ObjectKey) -> Result<(), CatalogueTrouble> {
        let Some(table) = self.relations.get(key).filter(|table| !table.is_partial) else {
            return Ok(());
        };
        let words: Vec<&str> = one.ty.split_whitespace().collect();
        let at = words.windows(2).position(|pair| {
            pair[0].eq_ignore_ascii_case("using") && pair[1].eq_ignore_ascii_case("index")
        });
        let Some(name) = at.and_then(|at| words.get(at + 2)) else { return Ok(()) };
        let value = self.queries.folded(name, name.trim_matches('"'));
        let on = one.on.clone().unwrap_or_default();
        match table.parts.iter().find(|part| part.kind == "index" && part.name == value) {
            None => Err(CatalogueTrouble::new(
                format!("{on} has no index {name}"),
                "create it before, in a migration of its own",
            )),
            Some(index) if !index.is_unique => Err(CatalogueTrouble::new(
                format!(
                    "the index {name} is not unique, or not valid, or has a condition or an expression"
                ),
                "a constraint takes a valid unique index on plain columns",
            )),
            Some(_) => Ok(()),
        }
    }

    fn retype(
        &self,
        key: &ObjectKey,
        part: &CataloguePart,
        on: &SqlName,
        one: &CatalogueUse,
    ) -> Option<CatalogueTrouble> {
        let CatalogueAct::Retypes(ty) = &one.act else { return None };
        if !self.indexes_are_relations && self.queries.key_types_fit(ty, &part.word) != Some(false)
        {
            return None;
        }
        let has_default = part.detail.contains("default")
            && !self.new_defaults.contains(&(key.1.clone(), part.name.clone()));
        if (one.detail != "using" || has_default)
            && self.queries.is_assigned(&part.word, ty) == Some(false)
        {
            let what = if one.detail == "using" { "the default of " } else { "" };
            return Some(CatalogueTrouble::new(
                format!(
                    "{what}{} in {on} is {}, which the server does not convert to {ty} by itself",
                    part.name, part.word
                ),
                if what.is_empty() {
                    format!("say how: USING {}::{ty}", part.name)
                } else {
                    "drop the default before, and set it again afterwards".to_owned()
                },
            ));
        }
        let table = self.relations.get(key)?;
        let is_own_key = |known: &&CataloguePart| {
            known.word == "foreign key" && known.columns.contains(&part.name)
        };
        if table.parts.iter().any(|known| is_own_key(&known))
            && self.queries.key_types_fit(ty, &part.word) == Some(false)
        {
            return Some(CatalogueTrouble::new(
                format!(
                    "{} in {on} is in a foreign key, and {ty} cannot refer to {}",
                    part.name, part.word
                ),
                "drop the key before, and change both columns",
            ));
        }
        if part.detail.contains("partition key") {
            return Some(CatalogueTrouble::new(
                format!(
                    "the type of {} in {on} cannot change: it is in the partition key",
                    part.name
                ),
                "create another table with the new type, and copy the rows",
            ));
        }
        let blocker =
            self.blocked(key, ("column", &part.name), "retype", &CatalogueUses::default(), false)?;
        Some(CatalogueTrouble::new(
            format!("the type of {} in {on} cannot change: {} uses it", part.name, blocker.text),
            "drop that before, and create it again afterwards",
        ))
    }

    fn drop_part(
        &mut self,
        key: &ObjectKey,
        part: &CataloguePart,
        on: &SqlName,
        cascade: bool,
    ) -> Option<CatalogueTrouble> {
        let what = format!("the {} {} of {on}", part.kind, part.name);
        let trouble = if part.detail.contains("partition key") {
            Some(CatalogueTrouble::new(
                format!("{what} cannot be dropped: it is in the partition key"),
                "",
            ))
        } else if part.detail.contains("inherited") {
            Some(CatalogueTrouble::new(
                format!("{what} cannot be dropped: it is inherited"),
                "drop it on the parent table",
            ))
        } else {
            let blocker = self.blocked(
                key,
                (&part.kind, &part.name),
                "drop",
                &CatalogueUses::default(),
                cascade,
            );
            blocker.map(|blocker| {
                self.in_the_way(&SqlName { text: what, parts: Vec::new() }, &blocker)
            })
        };
        let trouble = trouble.or_else(|| self.needed_by_key(key, part));
        let Some(table) = self.relations.get_mut(key) else { return trouble };
        let gone = |one: &CataloguePart| match part.kind.as_str() {
            "column" => {
                one.kind == "column" && one.name == part.name
                    || one.columns.contains(&part.name) && self.indexes_are_relations
            }
            "constraint" => {
                one.name == part.name && matches!(one.kind.as_str(), "constraint" | "index")
            }
            kind => one.kind == kind && one.name == part.name,
        };
        let lost: Vec<String> = table
            .parts
            .iter()
            .filter(|one| one.kind == "index" && gone(one))
            .map(|one| one.name.clone())
            .collect();
        table.parts.retain(|one| !gone(one));
        if self.indexes_are_relations {
            for name in lost {
                self.relations.remove(&(key.0.clone(), name));
            }
        }
        trouble
    }
}

/// What only the owner of a table may add to it and drop.
fn may_part(one: &CatalogueUse, owner: &KnownObject) -> Result<(), CatalogueTrouble> {
    let has = |what: &str| {
        owner.rights.as_ref().is_none_or(|rights| rights.split(' ').any(|right| right == what))
    };
    let on = one.on.clone().unwrap_or_default();
    let creates = matches!(one.act, CatalogueAct::Creates { .. });
    let needed = match one.kind {
        CatalogueKind::Trigger if creates => "trigger",
        CatalogueKind::Trigger
        | CatalogueKind::Policy
        | CatalogueKind::Rule
        | CatalogueKind::EnumValue => "own",
        _ if one.detail == "comment" => "own",
        _ => return Ok(()),
    };
    if has(needed) {
        return Ok(());
    }
    let text = match needed {
        "trigger" => format!("this role has no TRIGGER on {on}"),
        _ => format!("this role is not the owner of {on}, and may not change it"),
    };
    let advice = "grant it, or let a role migrate that has it; `PreflightOptions::role` asks about another role";
    Err(CatalogueTrouble { is_right: true, ..CatalogueTrouble::new(text, advice) })
}

/// A name of which it may not be known how it is written.
fn shown(name: &SqlName) -> String {
    if name.text.is_empty() { name.last().to_owned() } else { name.text.clone() }
}
