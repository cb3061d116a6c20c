//! One word for one thing: no two types that other files can see have the same name.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Each command of the command line has its own arguments, always called alike.
const ALIKE: [&str; 1] = ["Args"];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if name != "tests" {
                rust_files(&path, found);
            }
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The name of the type that a line declares, if other files can see it.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start().strip_prefix("pub")?;
    let line = match line.strip_prefix('(') {
        Some(rest) => rest.split_once(')')?.1,
        None => line,
    };
    let (kind, rest) = line.trim_start().split_once(' ')?;
    let is_type = ["struct", "enum", "trait", "type", "union"].contains(&kind);
    let end = rest.find(|sign: char| !sign.is_alphanumeric()).unwrap_or(rest.len());
    is_type.then_some(&rest[..end])
}

fn repeated(files: &[(String, String)]) -> Vec<String> {
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (path, text) in files {
        for name in text.lines().filter_map(declared).filter(|name| !ALIKE.contains(name)) {
            all.entry(name).or_default().push(path);
        }
    }
    all.retain(|_, places| places.len() > 1);
    all.into_iter().map(|(name, places)| format!("{name}: {}", places.join(", "))).collect()
}

#[test]
fn no_two_types_have_the_same_name() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../src");
    let mut paths = Vec::new();
    rust_files(&root, &mut paths);
    assert!(paths.len() > 100, "{paths:?}");
    let read = |path: &PathBuf| (path.display().to_string(), fs::read_to_string(path).unwrap());
    let files: Vec<_> = paths.iter().map(read).collect();
    let repeated = repeated(&files);
    assert!(repeated.is_empty(), "one of each needs another name:\n{}", repeated.join("\n"));
}

#[test]
fn a_repeated_name_would_be_seen() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let one = file("one.rs", "pub struct Plan;\nstruct Own;\npub(super) enum Kind {}\n");
    let two = file("two.rs", "    pub(crate) type Plan<'a> = &'a str;\nstruct Own;\n");
    let three = file("three.rs", "pub(in crate::run) trait Kind<T> {}\nuse one::Plan;\n");
    let all = ["Kind: one.rs, three.rs", "Plan: one.rs, two.rs"];
    assert_eq!(repeated(&[one.clone(), two, three]), all);
    assert!(repeated(&[one]).is_empty());
}
