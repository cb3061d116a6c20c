//! What may grow, as `docs/semver.md` promises: structs with public fields, enums and their variants with fields are
//! `#[non_exhaustive]`, and a trait is sealed unless programs implement it.

use rustdoc_types::{
    Attribute, Crate, GenericBound, Item, ItemEnum, Struct, StructKind, VariantKind,
};

use crate::face::paths;

/// Enums that can have no further value: SQL has no other, or the name says it.
const CLOSED: [&str; 6] = ["Deferral", "Direction", "Found", "Match", "Nulls", "ReferentialAction"];
/// Traits that programs implement. A new method of theirs has a default.
const OPEN: [&str; 5] = ["ArrayElement", "ColumnType", "Enum", "Model", "RangeElement"];

/// What could not grow without breaking a program.
pub(crate) fn problems(documented: &Crate) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen = Vec::new();
    let items = paths(documented).into_keys().filter_map(|id| documented.index.get(&id));
    for item in items {
        let name = item.name.as_deref().unwrap_or_default();
        if CLOSED.contains(&name) || OPEN.contains(&name) {
            seen.push(name);
            continue;
        }
        for (item, lack) in lacks(documented, item) {
            let part = item.name.as_deref().unwrap_or_default();
            problems.push(format!("{}: {part} {lack}", place(item)));
        }
    }
    for name in CLOSED.iter().chain(&OPEN).filter(|name| !seen.contains(name)) {
        problems.push(format!("tests/public-api/src/growth.rs: there is no {name}"));
    }
    problems.sort();
    problems
}

/// What an item lacks, or a variant of it.
fn lacks<'a>(documented: &'a Crate, item: &'a Item) -> Vec<(&'a Item, &'static str)> {
    const MARK: &str = "has no #[non_exhaustive]";
    let can_be_built = |item: &Item| match &item.inner {
        ItemEnum::Struct(Struct { kind: StructKind::Plain { fields, .. }, .. }) => {
            !fields.is_empty()
        }
        ItemEnum::Struct(Struct { kind: StructKind::Tuple(fields), .. }) => {
            fields.iter().any(Option::is_some)
        }
        ItemEnum::Variant(variant) => matches!(variant.kind, VariantKind::Struct { .. }),
        ItemEnum::Enum(_) => true,
        _ => false,
    };
    let mut all = vec![item];
    if let ItemEnum::Enum(inner) = &item.inner {
        all.extend(inner.variants.iter().filter_map(|id| documented.index.get(id)));
    }
    let marks = all.into_iter().filter(|item| can_be_built(item) && !may_grow(item));
    let mut found: Vec<_> = marks.map(|item| (item, MARK)).collect();
    if let ItemEnum::Trait(inner) = &item.inner
        && !inner.bounds.iter().any(is_seal)
    {
        found.push((item, "is a trait that is not sealed"));
    }
    found
}

fn may_grow(item: &Item) -> bool {
    item.attrs.contains(&Attribute::NonExhaustive)
}

fn is_seal(bound: &GenericBound) -> bool {
    matches!(bound, GenericBound::TraitBound { trait_, .. } if trait_.path.ends_with("Sealed"))
}

fn place(item: &Item) -> String {
    let span = item.span.as_ref();
    span.map_or_else(String::new, |span| format!("{}:{}", span.filename.display(), span.begin.0))
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process::Command};

    use super::*;

    const BREACHES: &str = "
        pub struct Plain { pub a: u8 }
        pub struct Tuple(pub u8);
        pub enum Kind { A }
        #[non_exhaustive] pub enum Fields { B { b: u8 } }
        pub trait Unsealed {}
        mod sealed { pub trait Sealed {} }
        pub trait Fine: sealed::Sealed {}
        pub struct Private { a: u8 }
        #[non_exhaustive] pub struct Marked { pub a: u8 }
        #[non_exhaustive] pub enum Both { #[non_exhaustive] C { c: u8 }, D(u8), E }
        pub enum Direction { Up, Down }
    ";

    #[test]
    fn each_breach_is_seen() {
        let folder = env::temp_dir().join(format!("ambix_public_api_{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("breaches.rs"), BREACHES).unwrap();
        let arguments = ["-Zunstable-options", "--output-format=json", "-o.", "breaches.rs"];
        let done =
            Command::new(crate::rustdoc()).args(arguments).current_dir(&folder).status().unwrap();
        assert!(done.success());
        let json = fs::read_to_string(folder.join("breaches.json")).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        if crate::unknown_format(&json).is_some() {
            return; // The program says so.
        }
        let mut problems = problems(&serde_json::from_str(&json).unwrap());
        problems.retain(|problem| problem.starts_with("breaches.rs"));
        let lack = |line: u8, what: &str| format!("breaches.rs:{line}: {what}");
        let expected = [
            lack(2, "Plain has no #[non_exhaustive]"),
            lack(3, "Tuple has no #[non_exhaustive]"),
            lack(4, "Kind has no #[non_exhaustive]"),
            lack(5, "B has no #[non_exhaustive]"),
            lack(6, "Unsealed is a trait that is not sealed"),
        ];
        assert_eq!(problems, expected);
    }
}
