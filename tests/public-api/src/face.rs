//! The public face as lines. rustdoc leaves out what is hidden: also the two macros of the test kit, which are hidden at the root, where
//! the compiler puts them. The package `tests/users/fresh-schema` and the documentation's examples use those by their paths.

use std::{collections::BTreeMap, path::Path};

use public_api::{Builder, PublicItem};
use rustdoc_types::{Crate, Id, ItemEnum, Visibility};

use crate::Result;

/// What `docs/semver.md` excludes, and what derives write for the compiler.
const EXCLUDED: [&str; 2] = ["ambix::_docs", "core::marker::StructuralPartialEq"];

/// One line for each item, and one for all traits that a type implements without more ado.
pub(crate) fn lines(json: &Path, documented: &Crate) -> Result<Vec<String>> {
    let builder = Builder::from_rustdoc_json(json);
    let builder = builder.sorted(true).omit_blanket_impls(true).omit_auto_trait_impls(true);
    let api = builder.build()?;
    let aliases = aliases(documented);
    let mut lines: Vec<String> = Vec::new();
    let mut traits: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in api.items().filter(|item| !is_of_a_trait(item, documented)) {
        let mut line = item.to_string();
        // What the root re-exports of other crates may have the name of a trait, as derives do.
        if !line.starts_with("pub use ") {
            line =
                aliases.iter().fold(line, |line, (alias, path)| replace_path(&line, alias, path));
        }
        let is_inherent = line.starts_with("impl") && !line.contains(" for ");
        if is_inherent || EXCLUDED.iter().any(|excluded| line.contains(excluded)) {
            continue;
        }
        match plain_impl(&line) {
            Some((name, of)) => traits.entry(of.to_owned()).or_default().push(name.to_owned()),
            None => lines.push(line),
        }
    }
    lines.extend(traits.into_iter().map(|(of, mut names)| {
        names.sort_unstable();
        names.dedup();
        format!("impl {} for {of}", names.join(" + "))
    }));
    lines.extend(aliases.iter().map(|(alias, path)| format!("pub use {alias} = {path}")));
    lines.sort_by_cached_key(|line| key(line));
    lines.dedup();
    Ok(lines)
}

/// Whether an item is a method that a trait asks for: its `impl` says it.
fn is_of_a_trait(item: &PublicItem, documented: &Crate) -> bool {
    let parent = item.parent_id().and_then(|id| documented.index.get(&id));
    parent.is_some_and(
        |parent| matches!(&parent.inner, ItemEnum::Impl(block) if block.trait_.is_some()),
    )
}

/// The trait and the type of an `impl` that has no generics and no conditions.
fn plain_impl(line: &str) -> Option<(&str, &str)> {
    let (name, of) = line.strip_prefix("impl ")?.split_once(" for ")?;
    let is_plain = !name.contains('<') && !of.contains(" where ");
    is_plain.then_some((name, of))
}

/// The other paths of what has several, each with the one that is shown: that of its module.
fn aliases(documented: &Crate) -> Vec<(String, String)> {
    let mut aliases = Vec::new();
    for mut paths in paths(documented).into_values() {
        // The root repeats what modules have.
        paths.sort_by_key(|path| (path.matches("::").count() == 1, path.clone()));
        let Some((shown, others)) = paths.split_first() else { continue };
        aliases.extend(others.iter().map(|other| (other.clone(), shown.clone())));
    }
    aliases.sort();
    aliases
}

/// All public items that are not in others, with their paths.
pub(crate) fn paths(documented: &Crate) -> BTreeMap<Id, Vec<String>> {
    let mut paths = BTreeMap::new();
    collect(documented, documented.root, "ambix", &mut paths);
    paths
}

fn collect(documented: &Crate, module: Id, path: &str, paths: &mut BTreeMap<Id, Vec<String>>) {
    let Some(ItemEnum::Module(module)) = documented.index.get(&module).map(|item| &item.inner)
    else {
        return;
    };
    for item in module.items.iter().filter_map(|id| documented.index.get(id)) {
        match &item.inner {
            ItemEnum::Use(import) => {
                if let Some(id) = import.id.filter(|id| documented.index.contains_key(id)) {
                    paths.entry(id).or_default().push(format!("{path}::{}", import.name));
                }
            }
            ItemEnum::Module(_) if item.visibility == Visibility::Public => {
                let name = item.name.as_deref().unwrap_or_default();
                collect(documented, item.id, &format!("{path}::{name}"), paths);
            }
            ItemEnum::Impl(_) => {}
            _ => {
                let name = item.name.as_deref().unwrap_or_default();
                paths.entry(item.id).or_default().push(format!("{path}::{name}"));
            }
        }
    }
}

/// Replaces a path where it is not a part of a longer name.
fn replace_path(line: &str, alias: &str, path: &str) -> String {
    let mut parts = line.split(alias).peekable();
    let mut text = String::with_capacity(line.len());
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '!';
    while let Some(part) = parts.next() {
        text.push_str(part);
        if let Some(next) = parts.peek() {
            text.push_str(if next.starts_with(is_part) { alias } else { path });
        }
    }
    text
}

/// Sorts lines by the path that they are about, and an item before its parts.
fn key(line: &str) -> (String, String) {
    let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let about = match line.split_once(" for ") {
        Some((_, of)) if line.starts_with("impl") => of.split(['<', ' ']).next(),
        _ => words.into_iter().find(|word| word.starts_with("ambix")),
    };
    (about.unwrap_or_default().trim_start_matches('&').to_owned(), line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_replaced_as_a_whole() {
        let line = replace_path("a(ambix::Plan) -> ambix::PlanB", "ambix::Plan", "ambix::m::Plan");
        assert_eq!(line, "a(ambix::m::Plan) -> ambix::PlanB");
    }

    #[test]
    fn simple_traits_are_put_together() {
        assert_eq!(
            plain_impl("impl core::marker::Copy for a::B"),
            Some(("core::marker::Copy", "a::B"))
        );
        assert_eq!(plain_impl("impl core::convert::From<a::C> for a::B"), None);
        assert_eq!(plain_impl("impl a::B"), None);
    }
}
