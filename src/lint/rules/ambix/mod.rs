//! What ambix knows of migrations: sides, transactions, allow comments.

use crate::lint::rule::Rule;

pub(super) mod bad_allow;
mod down_not_inverse;
mod hidden_statements;
mod needless_stepwise;
mod no_way_back;
mod rename_one_way;
mod rows_and_schema;
pub(super) mod unreadable;
pub(super) mod unused_allow;

/// The rules of this family, in the order of their codes.
pub(super) static RULES: &[&Rule] = &[
    &down_not_inverse::RULE,
    &no_way_back::RULE,
    &rename_one_way::RULE,
    &needless_stepwise::RULE,
    &rows_and_schema::RULE,
    &bad_allow::RULE,
    &unused_allow::RULE,
    &unreadable::RULE,
    &hidden_statements::RULE,
];
