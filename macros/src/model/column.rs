//! A field as a column: its name, its type, and what `#[column(...)]` says.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Field, Type, spanned::Spanned as _};

use super::{
    constraint::{self, ACTION_NAMES, actions},
    index,
    scope::{Scope, options},
    ty::{Kind, option},
    types::{self, Stored},
    values::{self, Values},
};
use crate::{
    case::Case,
    errors::Errors,
    node::{Node, plain},
    reader::Reader,
    sqlx,
};

/// What a field is.
pub(crate) enum Role {
    Column,
    /// All columns of another model.
    Flattened,
    Skipped,
}

/// A field, before its constraints are read.
pub(crate) struct Head<'f> {
    pub(crate) field: &'f Field,
    /// Its name in Rust.
    pub(crate) ident: String,
    /// What its column is called.
    pub(crate) name: String,
    pub(crate) role: Role,
    sqlx: sqlx::Child,
    /// What is left of `#[column(...)]`.
    nodes: Vec<Node>,
    attribute: Span,
}

/// What becomes of a field.
#[derive(Default)]
pub(crate) struct Parts {
    /// The call that adds the column.
    pub(crate) column: TokenStream,
    /// The calls that add its constraints and indexes.
    pub(crate) constraints: TokenStream,
    /// Where it says that it is the primary key, or a part of it.
    pub(crate) primary_key: Option<Span>,
    /// Where it says that the database numbers it.
    pub(crate) numbered: Option<Span>,
    /// Its type, where that is an `Option` and nothing says that the column may not be NULL all the same.
    pub(crate) optional: Option<Span>,
}

const COLUMN: &str = "#[column(..)]";

/// Reads what a field's column is called, and whether it has one.
pub(crate) fn head<'f>(field: &'f Field, case: Option<Case>, errors: &mut Errors) -> Head<'f> {
    let ident = field.ident.as_ref().map(plain).unwrap_or_default();
    let sqlx = sqlx::child(&field.attrs, errors);
    let mut reader = Reader::of("column", COLUMN, &field.attrs, errors);
    let attribute = reader.span();
    let name = reader.text("name");
    let skip = reader.flag("skip");
    let nodes = reader.rest();
    let as_sqlx = sqlx.rename.clone();
    if let (Some(name), Some(sqlx)) = (&name, &as_sqlx)
        && name.value() != *sqlx
    {
        let text = format!(
            "sqlx reads this field from the column `{sqlx}`, since `#[sqlx(rename)]` says so"
        );
        errors.at(name.span(), text);
    }
    let skipped = skip.or(sqlx.skip);
    if skipped.is_some() && (!nodes.is_empty() || name.is_some()) {
        errors.at(attribute, "the field is skipped, so that there is no column with properties");
    }
    let role = match (skipped, sqlx.flatten) {
        (Some(_), _) => Role::Skipped,
        (None, Some(_)) => Role::Flattened,
        (None, None) => Role::Column,
    };
    if matches!(role, Role::Flattened) && (!nodes.is_empty() || name.is_some()) {
        errors.at(
            attribute,
            "a flattened field has the columns of its type, which says more of them",
        );
    }
    let usual = || case.map_or_else(|| ident.clone(), |case| case.apply(&ident));
    let name = name.map(|name| name.value()).or(as_sqlx).unwrap_or_else(usual);
    Head { field, ident, name, role, sqlx, nodes, attribute }
}

/// Reads all the rest.
pub(crate) fn parts(head: Head<'_>, scope: &Scope, errors: &mut Errors) -> Parts {
    let ty = &head.field.ty;
    let schema = &scope.schema;
    match head.role {
        Role::Skipped => return Parts::default(),
        Role::Flattened => {
            let column = quote_spanned!(ty.span()=> .flattened(<#ty as #schema::Model>::table()));
            return Parts { column, ..Parts::default() };
        }
        Role::Column => {}
    }
    let name = &head.name;
    let mut reader = Reader::new(COLUMN, head.attribute, head.nodes, errors);
    reader.knows(&["name", "skip"]);
    let primary_key = reader.flag("primary_key");
    let from = reader.text("renamed_from").map(|from| quote!(.renamed_from(#from)));
    let stored = types::read(schema, &head.sqlx, ty, &mut reader);
    let values = values::read(schema, &stored, &mut reader);
    let (nullable, optional) = nullable(schema, ty, &head.sqlx, &stored, &mut reader);
    let collation = collation(&stored, &mut reader);
    let comment = reader.one("comment");
    let comment = sqlx::comment(comment, &head.field.attrs, reader.errors)
        .map(|comment| quote!(.comment(#comment)));
    let never_null = optional.is_none() && stored.kind() != Kind::Other;
    let constraints = constraints(scope, name, never_null, &mut reader);
    let options = options(&mut reader);
    reader.finish();
    let Values { calls, numbered } = values;
    let column_type = stored.column_type;
    if let (Some(_), Some(option)) = (numbered, optional) {
        errors.at(
            option,
            "a column that the database numbers is never NULL: no `Option`, and no `nullable`",
        );
    }
    let column = quote! {
        .column(
            #schema::Column::new(#name, #column_type)
                #nullable #from #calls #collation #comment #options
        )
    };
    Parts { column, constraints, primary_key, numbered, optional }
}

/// Whether the column may be NULL, as a call of the builder; and where the field says that it may.
fn nullable(
    schema: &TokenStream,
    ty: &Type,
    sqlx: &sqlx::Child,
    stored: &Stored,
    reader: &mut Reader<'_>,
) -> (TokenStream, Option<Span>) {
    let (yes, no) = (reader.flag("nullable"), reader.flag("not_null"));
    if let (Some(_), Some(no)) = (yes, no) {
        reader.errors.at(no, "a column is `nullable` or `not_null`");
    }
    if no.is_some() {
        return (quote!(.not_null()), None);
    }
    if let Some(yes) = yes {
        return (quote!(.nullable(true)), Some(yes));
    }
    // With JSON around it an `Option` is JSON's own null.
    let optional = sqlx
        .json
        .unwrap_or_else(|| option(ty).is_some() || stored.rust.as_ref().and_then(option).is_some());
    if optional {
        return (quote!(.nullable(true)), Some(ty.span()));
    }
    let Some(rust) = stored.rust.as_ref().filter(|_| stored.asked) else {
        return (quote!(.not_null()), None);
    };
    // The type may be another name of an `Option`, which only the compiler knows.
    let asked = quote_spanned!(rust.span()=> <#rust as #schema::ColumnType>::NULLABLE);
    (quote!(.nullable(#asked)), None)
}

/// Collations are of texts.
fn collation(stored: &Stored, reader: &mut Reader<'_>) -> Option<TokenStream> {
    let collation = reader.text("collation")?;
    if !matches!(stored.kind(), Kind::Text | Kind::Other) {
        let text = format!("`collation` says how texts compare, and `{}` is none", stored.shown());
        reader.errors.at(collation.span(), text);
    }
    Some(quote!(.collation(#collation)))
}

/// Everything that the column says and that is the table's.
fn constraints(
    scope: &Scope,
    name: &str,
    never_null: bool,
    reader: &mut Reader<'_>,
) -> TokenStream {
    let schema = &scope.schema;
    let own = Some(name);
    let mut calls = TokenStream::new();
    for node in reader.all("unique") {
        calls.extend(constraint::unique(scope, own, node, reader.errors));
    }
    for node in reader.all("index") {
        calls.extend(index::index(scope, own, node, reader.errors));
    }
    let mut references = reader.all("references");
    references.extend(reader.all("foreign_key"));
    let extra = reader.span_of(&ACTION_NAMES);
    let actions = actions(reader, schema, never_null);
    if let Some(extra) = extra.filter(|_| references.len() != 1) {
        let text = if references.is_empty() {
            "this is a property of a foreign key: it needs `references = \"table(column)\"`"
        } else {
            "of which foreign key? Write it in its list: `references(User, id, on_delete = \"cascade\")`"
        };
        reader.errors.at(extra, text);
    }
    for node in references {
        let errors = &mut *reader.errors;
        calls.extend(constraint::references(scope, name, node, &actions, never_null, errors));
    }
    for node in reader.all("check") {
        calls.extend(constraint::check(scope, own, node, reader.errors));
    }
    calls
}
