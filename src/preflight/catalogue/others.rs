//! What has its name for itself: types, routines, schemas, roles.

use super::{
    Catalogue, CatalogueTrouble, KnownObject, asked_kind,
    follow::{article, exists, missing},
    name_of, part_word,
};
use crate::lint::{CatalogueAct, CatalogueKind, CatalogueUse, CatalogueUses, SqlName};

/// The objects that a statement may mean.
struct NamedObjects {
    word: String,
    last: String,
    at_home: String,
    all: Vec<(String, KnownObject)>,
    found: Option<(String, KnownObject)>,
}

impl Catalogue {
    pub(super) fn other(
        &mut self,
        one: &CatalogueUse,
        statement: &CatalogueUses,
    ) -> Result<bool, CatalogueTrouble> {
        if one.kind == CatalogueKind::Type && one.name.parts.is_empty() {
            return self.type_of(&one.ty);
        }
        if asked_kind(one.kind).is_none() || one.name.parts.len() > 2 {
            return Ok(true);
        }
        let named = self.named(one);
        if let CatalogueAct::Creates { replaces, .. } = one.act {
            return self.create_other(one, named, replaces);
        }
        let Some(found) = named.found.clone() else {
            return match self.has_unknown || one.optional {
                true => Ok(self.has_unknown),
                false => Err(not_found(one, &named)),
            };
        };
        match &one.act {
            CatalogueAct::Drops { cascade } => {
                self.drop_other(one, &named, &found, (*cascade, statement))?
            }
            CatalogueAct::Renames(to) => {
                let to = self.last(to);
                self.touching.insert(to.to_lowercase());
                self.remove_other(one.kind, &named.last, &found);
                self.others.entry((one.kind, to)).or_default().push(found);
                self.has_unknown |= one.kind == CatalogueKind::Schema;
            }
            CatalogueAct::MovesTo(_) => self.has_unknown = true,
            CatalogueAct::Uses => use_other(one, &named, &found.1)?,
            _ => {}
        }
        Ok(true)
    }

    fn named(&self, one: &CatalogueUse) -> NamedObjects {
        let word = match one.word {
            "" => part_word(one.kind).to_owned(),
            word => word.to_lowercase(),
        };
        let last = self.last(&one.name);
        let schema = one.name.parts.len().checked_sub(2).map(|at| self.folded(&one.name, at));
        let at_home = match one.kind {
            CatalogueKind::Type
            | CatalogueKind::Routine
            | CatalogueKind::Event
            | CatalogueKind::Trigger => schema.clone().unwrap_or_else(|| self.home.clone()),
            _ => String::new(),
        };
        let all = self.others.get(&(one.kind, last.clone())).into_iter().flatten();
        let is_it = |(at, object): &&(String, KnownObject)| {
            schema.as_ref().is_none_or(|schema| schema == at) && object.word != "available"
        };
        let all: Vec<(String, KnownObject)> = all.filter(is_it).cloned().collect();
        let found =
            all.iter().find(|(_, object)| self.same_arguments(one, object) != Some(false)).cloned();
        NamedObjects { word, last, at_home, all, found }
    }

    fn create_other(
        &mut self,
        one: &CatalogueUse,
        named: NamedObjects,
        replaces: bool,
    ) -> Result<bool, CatalogueTrouble> {
        self.schema_of(&one.name)?;
        self.may_create(one)?;
        let is_same = |(at, object): &&(String, KnownObject)| {
            *at == named.at_home && self.same_arguments(one, object) == Some(true)
        };
        let old = named.all.iter().find(is_same);
        if let Some((_, old)) = old.filter(|_| replaces) {
            may_own(&one.name, old)?;
            self.same_result(one, old)?;
        }
        let table = self.relations.get(&(named.at_home.clone(), named.last.clone()));
        let is_table = one.kind == CatalogueKind::Type
            && table.is_some_and(|known| known.word != "index" && known.word != "sequence");
        if (old.is_some() || is_table) && !replaces {
            return if one.optional { Ok(false) } else { Err(exists(&named.word, &one.name)) };
        }
        let key = (one.kind, named.last);
        if one.kind == CatalogueKind::Extension && !self.others.contains_key(&key) {
            return Err(CatalogueTrouble::new(
                format!("the server does not have the extension {}", one.name),
                "install its package on the server; SELECT * FROM pg_available_extensions lists those that it has",
            ));
        }
        let object = KnownObject {
            word: named.word,
            is_partial: true,
            detail: "?".to_owned(),
            ..KnownObject::default()
        };
        self.others.entry(key).or_default().push((named.at_home, object));
        // Nobody knows what it brings.
        self.has_unknown |= one.kind == CatalogueKind::Extension;
        Ok(true)
    }

    fn remove_other(
        &mut self,
        kind: CatalogueKind,
        last: &str,
        (at, object): &(String, KnownObject),
    ) {
        if let Some(all) = self.others.get_mut(&(kind, last.to_owned())) {
            all.retain(|(schema, known)| schema != at || known.detail != object.detail);
        }
    }

    fn drop_other(
        &mut self,
        one: &CatalogueUse,
        named: &NamedObjects,
        found: &(String, KnownObject),
        (cascade, statement): (bool, &CatalogueUses),
    ) -> Result<(), CatalogueTrouble> {
        may_own(&one.name, &found.1)?;
        if named.all.len() > 1
            && one.kind == CatalogueKind::Routine
            && one.detail.is_empty()
            && self.indexes_are_relations
        {
            return Err(CatalogueTrouble::new(
                format!("there are {} of the name {}", named.all.len(), one.name),
                "write the types of its arguments behind the name",
            ));
        }
        let blocker = match cascade {
            true => None,
            false => self.first_blocker(&found.1.blockers, "drop", statement),
        };
        self.remove_other(one.kind, &named.last, found);
        self.has_unknown |= cascade;
        blocker.map_or(Ok(()), |blocker| Err(self.in_the_way(&one.name, &blocker)))
    }

    /// A trigger of a database whose triggers have names of their own.
    pub(super) fn trigger(
        &mut self,
        one: &CatalogueUse,
        statement: &CatalogueUses,
    ) -> Result<bool, CatalogueTrouble> {
        if let Some(on) = &one.on
            && let Some(table) =
                self.relations.get(&self.key(on)).filter(|table| table.word != "table")
        {
            let is = format!(
                "{on} is {} {}, which can have no trigger",
                article(&table.word),
                table.word
            );
            return Err(CatalogueTrouble::new(is, ""));
        }
        self.other(one, statement)
    }

    /// What it takes to create something that is in no schema, or in a schema that is named.
    fn may_create(&self, one: &CatalogueUse) -> Result<(), CatalogueTrouble> {
        let may = |what: &str| {
            !self.indexes_are_relations || self.rights.split(' ').any(|right| right == what)
        };
        let (kind, name) = (part_word(one.kind), &one.name);
        let is_allowed = match one.kind {
            CatalogueKind::Schema | CatalogueKind::Publication => may("database"),
            CatalogueKind::Role => may("role"),
            CatalogueKind::Extension => {
                let all = self.others.get(&(one.kind, self.last(name))).into_iter().flatten();
                let is_trusted = all
                    .filter(|(_, object)| object.word == "available")
                    .any(|(_, object)| has(object, "trusted") && object.rights.is_some());
                may("super") || is_trusted && may("database")
            }
            CatalogueKind::Tablespace => may("super"),
            _ => match name.parts.len().checked_sub(2) {
                Some(at) => {
                    let schema = self.others.get(&(CatalogueKind::Schema, self.folded(name, at)));
                    schema.is_none_or(|all| all.iter().all(|(_, schema)| has(schema, "create")))
                }
                None => true,
            },
        };
        match is_allowed {
            true => Ok(()),
            false => Err(right(format!("this role may not create the {kind} {name}"))),
        }
    }

    /// CREATE OR REPLACE cannot change what a function returns.
    fn same_result(&self, one: &CatalogueUse, old: &KnownObject) -> Result<(), CatalogueTrouble> {
        let known = old.detail.rsplit_once('|').map(|(_, result)| result);
        let Some(known) =
            known.filter(|_| one.kind == CatalogueKind::Routine && !one.ty.is_empty())
        else {
            return Ok(());
        };
        match self.queries.same_arguments(&format!("({})", one.ty), known) {
            Some(false) => Err(CatalogueTrouble::new(
                format!(
                    "the function {} returns {known}, and CREATE OR REPLACE cannot change that",
                    one.name
                ),
                "drop it before",
            )),
            _ => Ok(()),
        }
    }

    fn type_of(&self, text: &str) -> Result<bool, CatalogueTrouble> {
        let Some(parts) = self.queries.type_name(text) else { return Ok(true) };
        let name = name_of(&parts);
        let last = self.last(&name);
        let all = self.others.get(&(CatalogueKind::Type, last));
        let schema = name.parts.len().checked_sub(2).map(|at| self.folded(&name, at));
        let is_here = |at: &String| schema.as_ref().is_none_or(|schema| schema == at);
        let known = all.into_iter().flatten().find(|(at, _)| is_here(at));
        if known.is_some_and(|(_, ty)| !has(ty, "usage")) {
            return Err(right(format!("this role has no USAGE on the type {text}")));
        }
        // A table is a type as well.
        let is_table = self.relations.contains_key(&self.key(&name));
        if known.is_some() || is_table || self.has_unknown {
            Ok(true)
        } else {
            Err(missing("type", &SqlName { text: text.to_owned(), parts: vec![] }))
        }
    }

    /// Whether a routine has the arguments of a statement; nothing if that cannot be told.
    fn same_arguments(&self, one: &CatalogueUse, object: &KnownObject) -> Option<bool> {
        if one.kind != CatalogueKind::Routine {
            return Some(true);
        }
        if object.detail == "?" || one.detail == "trigger" {
            return None;
        }
        self.queries
            .same_arguments(&one.detail, object.detail.split('|').next().unwrap_or_default())
    }
}

fn not_found(one: &CatalogueUse, named: &NamedObjects) -> CatalogueTrouble {
    let mut trouble = missing(&named.word, &one.name);
    if !named.all.is_empty() {
        trouble.text = format!("no {} {} has these arguments", named.word, one.name);
    }
    trouble
}

fn use_other(
    one: &CatalogueUse,
    named: &NamedObjects,
    found: &KnownObject,
) -> Result<(), CatalogueTrouble> {
    let is_changed =
        matches!(one.kind, CatalogueKind::Type | CatalogueKind::Routine) && !one.word.is_empty();
    match one.detail.as_str() {
        "owner" if !has(found, "member") => Err(right(format!(
            "this role is not a member of {}, and may not give it objects",
            one.name
        ))),
        "trigger" if !has(found, "execute") => {
            Err(right(format!("this role has no EXECUTE on the function {}", one.name)))
        }
        "trigger" => {
            let is_trigger =
                |object: &KnownObject| object.detail == "?" || object.detail.ends_with("|trigger");
            match named.all.iter().any(|(_, object)| is_trigger(object)) {
                true => Ok(()),
                false => Err(CatalogueTrouble::new(
                    format!("the function {} does not return a trigger", one.name),
                    "",
                )),
            }
        }
        "call" => Ok(()),
        _ if is_changed => may_own(&one.name, found),
        _ => Ok(()),
    }
}

/// Whether the role has a right on an object; yes, if the database does not say it.
pub(super) fn has(object: &KnownObject, what: &str) -> bool {
    object.rights.as_ref().is_none_or(|rights| rights.split(' ').any(|right| right == what))
}

pub(super) fn right(text: String) -> CatalogueTrouble {
    CatalogueTrouble {
        is_right: true,
        ..CatalogueTrouble::new(
            text,
            "grant it, or let a role migrate that has it; `PreflightOptions::role` asks about another role",
        )
    }
}

pub(super) fn may_own(name: &SqlName, object: &KnownObject) -> Result<(), CatalogueTrouble> {
    match has(object, "own") {
        true => Ok(()),
        false => Err(right(format!("this role is not the owner of {name}, and may not change it"))),
    }
}
