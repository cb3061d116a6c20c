//! What a template is made of, as a hash: where anything of it changes, another template is made.

use sha2::{Digest, Sha256};

use crate::{error::Result, graph::Target, migrator::Migrator, process};

/// Raised when templates of an older kit are not good enough any more.
const KIT: &str = "1";

/// Sixteen digits for what the migrator makes on the way to the target; none where that is nothing.
pub(super) fn fingerprint(migrator: &Migrator, target: &Target) -> Result<Option<String>> {
    let Some(identity) = migrator.identity(target)? else { return Ok(None) };
    let mut text = format!("{KIT}\0{}\0", env!("CARGO_PKG_VERSION"));
    for part in &identity.parts {
        // The length keeps two parts from being one.
        text.push_str(&format!("{}\0{part}", part.len()));
    }
    if identity.runs_code {
        // The text of a function is not known, and may have changed.
        text.push_str(&process::build());
    }
    Ok(Some(short_hash(&text)))
}

/// Sixteen digits that stand for a text.
pub(super) fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
