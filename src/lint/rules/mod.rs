//! The list of all rules. A rule is a file in the folder of its family and a line in the list there.

mod ambix;
mod compat;
mod data;
mod hygiene;
mod lock;
mod rewrite;

use super::rule::Rule;

/// All rules, in the order of their codes.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    let families =
        [ambix::RULES, compat::RULES, data::RULES, hygiene::RULES, lock::RULES, rewrite::RULES];
    families.into_iter().flatten().copied()
}

/// The rule for a file that cannot be split into statements.
pub(super) fn unreadable() -> &'static Rule {
    &ambix::unreadable::RULE
}

/// The rule for an allow comment that is not understood.
pub(super) fn bad_allow() -> &'static Rule {
    &ambix::bad_allow::RULE
}

/// The rule for an allow comment that silences nothing.
pub(super) fn unused_allow() -> &'static Rule {
    &ambix::unused_allow::RULE
}

/// The rule for a scan under a lock that no other rule is about.
pub(super) fn seen_scan() -> &'static Rule {
    &lock::seen_scan::RULE
}

/// The rule for a rewrite that no other rule is about.
pub(super) fn seen_rewrite() -> &'static Rule {
    &rewrite::seen_rewrite::RULE
}

/// The rule for a table that is created again under its own name.
pub(super) fn table_rebuilt() -> &'static Rule {
    &rewrite::table_rebuilt::RULE
}
