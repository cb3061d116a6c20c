//! The public face of ambix as text, compared with `public-api.txt`, so that a review sees each change of it; and the rule that what is
//! promised to grow can grow.
//!
//! `cargo run -p ambix-public-api` compares, `cargo run -p ambix-public-api -- --write` writes the file.

mod face;
mod growth;

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use rustdoc_types::Crate;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The versions of rustdoc's format that the crates `public-api` and `rustdoc-types` of Cargo.lock read. What 57 has added nobody asks for.
const FORMATS: [u32; 2] = [56, 57];
/// The exit code where this rustc has another format.
const NOT_COMPARED: u8 = 3;

fn main() -> ExitCode {
    let write = env::args().nth(1).is_some_and(|argument| argument == "--write");
    compare(write).unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

fn compare(write: bool) -> Result<ExitCode> {
    let json = document()?;
    let text = fs::read_to_string(&json)?;
    if let Some(format) = unknown_format(&text) {
        eprintln!(
            "the public face was not compared: this rustdoc writes format {format}, and tests/public-api reads {FORMATS:?}. To \
             compare it, use a version of the crate `public-api` that reads {format}, or another rustc"
        );
        return Ok(ExitCode::from(NOT_COMPARED));
    }
    let documented: Crate = serde_json::from_str(&text)?;
    let problems = growth::problems(&documented);
    for problem in &problems {
        eprintln!("{problem}");
    }
    let now = face::lines(&json, &documented)?.join("\n") + "\n";
    let file = root().join("tests/public-api/public-api.txt");
    if write {
        fs::write(&file, &now)?;
    }
    let recorded = fs::read_to_string(&file).unwrap_or_default();
    let changes = changes(&recorded, &now);
    if !changes.is_empty() {
        eprintln!(
            "the public face has changed; if that is meant, run `cargo run -p ambix-public-api -- --write`:\n{}",
            changes.join("\n")
        );
    }
    let is_fine = problems.is_empty() && changes.is_empty();
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The version of the format that a text of rustdoc has, if it is not one that can be read.
fn unknown_format(json: &str) -> Option<String> {
    let value: Option<serde_json::Value> = serde_json::from_str(json).ok();
    let format = value.as_ref().and_then(|value| value["format_version"].as_u64());
    let is_known = format.is_some_and(|format| FORMATS.iter().any(|one| u64::from(*one) == format));
    if is_known { None } else { Some(format.map_or("?".to_owned(), |format| format.to_string())) }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// rustdoc with its JSON output, which stable compilers have, but not by default.
fn rustdoc() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rustdoc")
}

/// Documents the library, and returns the path of the JSON.
fn document() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["rustdoc", "--quiet", "--package", "ambix", "--lib", "--all-features"];
    let mut command = Command::new(cargo);
    command
        .args(arguments)
        .args(["--", "-Z", "unstable-options", "--output-format", "json"])
        .current_dir(root())
        .env("RUSTDOC", rustdoc())
        .env_remove("RUSTDOCFLAGS");
    // What `cargo run` has set for this program would make some build scripts run again, and most crates be built again, by this cargo
    // and by the next one.
    let is_of_run =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_of_run)) {
        command.env_remove(name);
    }
    if !command.status()?.success() {
        return Err("the library cannot be documented".into());
    }
    // This program is in the target folder as well.
    let program = env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("this program is not in a target folder")?;
    Ok(target.join("doc/ambix.json"))
}

/// The lines that only one of two texts has.
fn changes(recorded: &str, now: &str) -> Vec<String> {
    let (old, new) = (lines(recorded), lines(now));
    let gone = old.difference(&new).map(|line| format!("- {line}"));
    let more = new.difference(&old).map(|line| format!("+ {line}"));
    let mut all: Vec<String> = gone.chain(more).collect();
    // One path below the other, whichever side has it.
    all.sort_by(|a, b| a[2..].cmp(&b[2..]));
    all
}

fn lines(text: &str) -> BTreeSet<&str> {
    text.lines().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen() {
        assert_eq!(changes("a\nb\n", "b\nc\n"), ["- a", "+ c"]);
        assert_eq!(changes("a\n", "a\n"), Vec::<String>::new());
    }
}
