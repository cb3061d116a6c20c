//! The name of the fence: the constraint that keeps out whoever has lost the lock.

/// The constraint that a write under a lost epoch violates. On some databases its name must be unique in the schema, so it
/// has the table's name in it.
pub(crate) fn fence_name(table: &str) -> String {
    let mut end = table.len().min(50);
    while !table.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_ambix_epoch", &table[..end])
}

/// Whether a message or a constraint's name is about the fence.
pub(crate) fn is_fence(text: &str) -> bool {
    text.contains("_ambix_epoch")
}
