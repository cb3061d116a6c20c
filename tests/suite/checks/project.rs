//! The projects that the checks look at, each put together in a folder of its own: most of their files are the same ones.
//!
//! `plain` is the base. Below `tests/fixtures/checks` the folder of another project has the files in which it differs, and
//! none where only its `ambix.sum` does. In each, `<database>/` has what that database needs otherwise.

use std::{collections::BTreeMap, fs};

use ambix::Migrator;

use super::fixture;
use crate::{
    setup::SCHEME,
    support::{Folder, folder},
};

/// What a project's `ambix.sum` says.
enum Sum {
    /// What its files say.
    Right,
    /// Nothing: there is none.
    Absent,
    /// Something else, made of the right text.
    Wrong(fn(&str) -> String),
}

/// Each project, the files of the base that it goes without (all that have this in their name), and its sum.
const PROJECTS: [(&str, &[&str], Sum); 12] = [
    ("plain", &[], Sum::Right),
    ("healthy", &["c3c3c3"], Sum::Right),
    ("depends_on_a_setting", &["b2b2b2", "c3c3c3"], Sum::Right),
    ("drops_a_column", &["c3c3c3"], Sum::Right),
    ("edited_file", &[], Sum::Wrong(before_an_edit)),
    ("forgotten_index", &["b2b2b2"], Sum::Right),
    ("loses_rows", &["b2b2b2", "c3c3c3"], Sum::Right),
    ("missing_file", &[], Sum::Wrong(before_a_removal)),
    ("no_down_side", &["b2b2b2_unique_emails.down.sql"], Sum::Right),
    ("no_sum", &[], Sum::Absent),
    ("other_default", &["b2b2b2", "c3c3c3"], Sum::Right),
    ("two_heads", &[], Sum::Right),
];

/// `b2b2b2` had another text, and so another checksum, of the same length.
fn before_an_edit(sum: &str) -> String {
    let lines = sum.lines().map(|line| match line.strip_prefix("b2b2b2 a1a1a1 sha256:") {
        Some(checksum) => {
            format!("b2b2b2 a1a1a1 sha256:0000{}\n", &checksum[4..])
        }
        None => format!("{line}\n"),
    });
    lines.collect()
}

/// `d4d4d4` was still there.
fn before_a_removal(sum: &str) -> String {
    format!("{sum}d4d4d4 c3c3c3 sha256:{}\n", "283bb9de".repeat(8))
}

/// The project's migrations, read from its folder, which is gone afterwards.
pub fn migrator(name: &str) -> Migrator {
    let project = composed(name);
    Migrator::from_path(&project.0).unwrap()
}

fn composed(name: &str) -> Folder {
    let project = PROJECTS.iter().find(|(known, ..)| *known == name);
    let (_, without, sum) = project.unwrap_or_else(|| panic!("there is no project {name}"));
    let mut files = BTreeMap::new();
    add_layer(&mut files, "plain");
    for part in *without {
        let all = files.len();
        files.retain(|file, _| !file.contains(part));
        assert!(files.len() < all, "{name} goes without {part}, which plain does not have");
    }
    if name != "plain" {
        add_layer(&mut files, name);
    }
    let files: Vec<(&str, &str)> =
        files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let project = folder(&files);
    if !matches!(sum, Sum::Absent) {
        Migrator::from_path(&project.0).unwrap().write_sum(&project.0).unwrap();
    }
    if let Sum::Wrong(change) = sum {
        let path = project.0.join("ambix.sum");
        let right = fs::read_to_string(&path).unwrap();
        fs::write(path, change(&right)).unwrap();
    }
    project
}

/// Puts a folder's files over those that are there, and then those that only this database needs.
fn add_layer(files: &mut BTreeMap<String, String>, layer: &str) {
    for folder in [layer.to_owned(), format!("{layer}/{SCHEME}")] {
        // Most layers need nothing special for a database, and some consist of a sum alone.
        let Ok(entries) = fs::read_dir(fixture(&folder)) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            // Dumps are read by the tests themselves.
            if path.extension().is_some_and(|extension| extension == "sql") {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read_to_string(path).unwrap());
            }
        }
    }
}
