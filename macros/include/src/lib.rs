//! Folders that are compiled in. That of the migrations may not be there yet: a program whose command line makes it has to be built
//! before.

use proc_macro::{TokenStream, TokenTree};

/// Calls `include_dir::include_dir!` where there is such a folder, and is an empty `include_dir::Dir` where there is none.
#[proc_macro]
pub fn include_folder(input: TokenStream) -> TokenStream {
    let path = input.to_string();
    let path = path.trim().trim_matches('"');
    let is_literal = matches!(input.clone().into_iter().next(), Some(TokenTree::Literal(_)));
    // What is no path at all the macro behind it says.
    let code = match is_literal && is_missing(path) {
        true => "include_dir::Dir::new(\"\", &[])".to_owned(),
        false => format!("include_dir::include_dir!({input})"),
    };
    code.parse().unwrap_or_default()
}

/// The SQL of a file, or of all `.sql` files of a folder, as a list of names and texts.
#[proc_macro]
pub fn include_schema(input: TokenStream) -> TokenStream {
    let path = input.to_string();
    let path = path.trim().trim_matches('"');
    let code = match schema(path) {
        Ok(files) => {
            let file =
                |(name, path): (String, String)| format!("({name:?}, include_str!({path:?}))");
            format!("[{}]", files.into_iter().map(file).collect::<Vec<_>>().join(", "))
        }
        Err(problem) => format!("compile_error!({:?})", format!("{path}: {problem}")),
    };
    code.parse().unwrap_or_default()
}

/// The names of the files, as they are shown, and where they are.
fn schema(path: &str) -> Result<Vec<(String, String)>, String> {
    let root = std::env::var("CARGO_MANIFEST_DIR").map_err(|error| error.to_string())?;
    let below = path
        .strip_prefix("$CARGO_MANIFEST_DIR")
        .map_or(path, |below| below.trim_start_matches('/'));
    let start = std::path::Path::new(&root).join(below);
    let advice = "create it, or name the file or folder that has the schema, from the folder of Cargo.toml on";
    let failed = |error: std::io::Error| format!("cannot be read: {error}; {advice}");
    let (mut files, mut open) =
        (Vec::new(), vec![(start.clone(), below.trim_end_matches('/').to_owned())]);
    while let Some((path, name)) = open.pop() {
        if !std::fs::metadata(&path).map_err(failed)?.is_dir() {
            files.push((name, path.display().to_string()));
            continue;
        }
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let own = entry.file_name().to_string_lossy().into_owned();
            let is_sql = own.to_ascii_lowercase().ends_with(".sql");
            if !own.starts_with('.') && (is_sql || entry.path().is_dir()) {
                open.push((entry.path(), format!("{name}/{own}")));
            }
        }
    }
    if files.is_empty() {
        return Err(format!("no file of this folder ends in .sql; {advice}"));
    }
    files.sort();
    Ok(files)
}

/// Whether nothing is there. A file, or a folder that cannot be read, is an error, which the macro behind it reports.
fn is_missing(path: &str) -> bool {
    let resolved = match path.strip_prefix("$CARGO_MANIFEST_DIR") {
        Some(below) => std::env::var("CARGO_MANIFEST_DIR").map(|root| root + below),
        None => Ok(path.to_owned()),
    };
    let is_plain = |path: &String| !path.is_empty() && !path.contains('$');
    let found = resolved.ok().filter(is_plain).map(std::fs::symlink_metadata);
    // A place that is named in another way may be anywhere.
    matches!(found, Some(Err(error)) if error.kind() == std::io::ErrorKind::NotFound)
}
