//! A folder that may not be there yet: a program whose command line makes the folder has to be built before.

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
