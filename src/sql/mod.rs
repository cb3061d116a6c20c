//! SQL as text: a script is split into statements with their place in the file, a statement is read token by
//! token, and the directives in comments are found.
//!
//! Nothing here knows a database by name. A database describes the lexical features of its SQL with a [`Syntax`],
//! and everything in this module follows that description. There is no grammar: only as much is understood as it
//! takes to find where a statement ends and which words it begins with. All of it takes time linear in the length
//! of the script, and none of it recurses on the input.

mod body;
mod directive;
mod lexer;
mod names;
mod place;
mod placeholder;
mod routine;
mod split;
mod statement;
mod transaction;

#[cfg(test)]
mod body_tests;
#[cfg(all(test, ambix_pg_query))]
mod pg_query_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod statement_tests;
#[cfg(test)]
mod tests;

pub(crate) use directive::{Directive, allow_directives, header, late_directives};
pub(crate) use lexer::{Token, TokenKind, tokens};
pub(crate) use names::{names_in, names_in_strings};
pub(crate) use place::{byte_of_char, line_column};
pub(crate) use placeholder::{placeholder, placeholder_in_text};
pub(crate) use split::{HIDDEN_LINE, Item, SplitError, split};
pub(crate) use statement::{ClientData, Cursor, Statement, name_value, qualified_name};
pub(crate) use transaction::{
    is_commit, merge_transactions, open_control, transaction_control, unwrap_transaction,
};

/// What is wrong with a NUL byte.
pub(crate) const NUL: &str = "a NUL byte, which no database takes; delete it (a file that is full of them was saved as \
                              UTF-16: save it as UTF-8)";

/// The lexical features of one database's SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax {
    /// `$tag$ ... $tag$` is a string and `$1` a parameter. The client of such a database has commands that begin
    /// with a backslash, which a server does not understand, so that they are errors; and it sends the lines behind
    /// `COPY ... FROM stdin` as data. A line comment ends at a lone carriage return, too.
    pub dollar_quotes: bool,
    /// `E'...'` is a string with backslash escapes.
    pub escape_strings: bool,
    /// Every `'...'` has backslash escapes, and `"..."` is such a string and not a name.
    pub backslash_escapes: bool,
    /// `/* /* */ */` is one comment.
    pub nested_comments: bool,
    /// `#` starts a comment to the end of the line.
    pub hash_comments: bool,
    /// `--` starts a comment only before white space, a control character or the end of the input.
    pub dash_comment_needs_space: bool,
    /// `/*! ... */` and `/*M! ... */` are code and not comments.
    pub executable_comments: bool,
    /// `` `name` `` is a quoted name.
    pub backtick_names: bool,
    /// `[name]` is a quoted name.
    pub bracket_names: bool,
    /// A line `DELIMITER //` sets what ends a statement.
    pub delimiter_command: bool,
    /// Which statements carry semicolons in a body.
    pub bodies: Bodies,
}

/// Which statements carry semicolons that do not end them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// The body `BEGIN ATOMIC ... END` of a function or procedure; and everything in parentheses, such as the
    /// actions of a rule.
    Atomic,
    /// The body `BEGIN ... END` of a trigger.
    Triggers,
    /// Stored programs: procedures, functions, triggers, events and packages, with nested compound statements; and
    /// compound statements outside of them, such as `BEGIN NOT ATOMIC ... END`.
    Routines,
}
