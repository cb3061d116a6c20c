//! What a registry needs of each package that is published, and that a build as a user gets it lacks nothing.

use std::{path::PathBuf, process::Command};

/// The packages that RELEASING.md publishes, with their folders.
const PUBLISHED: [(&str, &str); 3] =
    [("ambix-include", "macros/include"), ("ambix-macros", "macros"), ("ambix", ".")];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn each_published_package_says_what_a_registry_shows() {
    for (name, folder) in PUBLISHED {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        let package = manifest.split("\n[package]\n").last().unwrap();
        let package = package.split("\n[").next().unwrap();
        for field in ["description", "keywords", "categories", "readme", "documentation"] {
            let stands = package.lines().any(|line| line.starts_with(&format!("{field} = ")));
            assert!(stands, "{folder}/Cargo.toml has no {field}");
        }
        assert!(package.contains(&format!("documentation = \"https://docs.rs/{name}\"")));
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            assert_eq!(read(&format!("{folder}/{licence}")), read(licence), "{folder}/{licence}");
        }
        assert!(read("RELEASING.md").contains(&format!("--package {name}")), "{name}");
    }
}

/// Packs without building: what cargo warns of, and files that no user needs.
#[test]
fn the_packages_are_packed_without_a_warning() {
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(root()).args(["package", "--allow-dirty", "--quiet"]).args(arguments);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && said.is_empty(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    };
    let all: Vec<&str> = PUBLISHED.iter().flat_map(|(name, _)| ["--package", name]).collect();
    cargo(&[&["--no-verify"], &all[..]].concat());
    for (name, _) in PUBLISHED {
        let files = cargo(&["--list", "--package", name]);
        for file in files.lines() {
            let is_test = file.starts_with("tests/") || file.ends_with("tests.rs");
            assert!(!is_test, "{name} has {file}");
        }
        for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs"] {
            assert!(files.lines().any(|line| line == file), "{name} has no {file}");
        }
    }
}
