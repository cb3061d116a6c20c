//! Keys, uniques, checks and exclusions, at a column or at the table.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::LitStr;

use super::scope::{Scope, deferral, names, options};
use crate::{
    errors::Errors,
    node::{Literal, Node},
    reader::{Reader, name_of, text},
};

/// `primary_key(a, b)` at the table: the key, and its columns with the place of the attribute.
pub(crate) fn primary_key(
    scope: &Scope,
    node: Node,
    errors: &mut Errors,
) -> Option<(TokenStream, Vec<(String, Span)>)> {
    let (span, nodes) = list(node, "primary_key(a, b)", errors)?;
    let mut reader = Reader::new("primary_key(..)", span, nodes, errors);
    let name = reader.text("name").map(|name| quote!(.named(#name)));
    let include = scope.include(&mut reader);
    let schema = &scope.schema;
    let deferral = deferral(&mut reader, schema);
    let options = options(&mut reader);
    let columns = scope.listed(&mut reader);
    reader.finish();
    let key = quote!(#schema::PrimaryKey::new([#(#columns),*]) #name #include #deferral #options);
    Some((key, columns.into_iter().map(|column| (column, span)).collect()))
}

/// `unique` at a column, `unique(..)` at either.
pub(crate) fn unique(
    scope: &Scope,
    own: Option<&str>,
    node: Node,
    errors: &mut Errors,
) -> TokenStream {
    let Some((span, nodes)) = own_or_list(node, own, "unique(a, b)", errors) else {
        return TokenStream::new();
    };
    let mut reader = Reader::new("unique(..)", span, nodes, errors);
    let names = names(&mut reader);
    let include = scope.include(&mut reader);
    let distinct = reader.flag("nulls_not_distinct").map(|_| quote!(.nulls_not_distinct()));
    let schema = &scope.schema;
    let deferral = deferral(&mut reader, schema);
    let options = options(&mut reader);
    let columns = match own {
        Some(own) => vec![own.to_owned()],
        None => scope.listed(&mut reader),
    };
    reader.finish();
    quote!(.with_unique(
        #schema::Unique::new([#(#columns),*]) #names #include #distinct #deferral #options
    ))
}

/// `check = ".."` at a column; `check("..")` and `check(name = "..", expr = "..")` at either.
pub(crate) fn check(
    scope: &Scope,
    own: Option<&str>,
    node: Node,
    errors: &mut Errors,
) -> TokenStream {
    let schema = &scope.schema;
    let column = own.map(|column| quote!(.of_column(#column)));
    if let (Node::Assigned(_, value), true) = (&node, own.is_some()) {
        let expression = text((**value).clone(), errors);
        return quote!(.check(#schema::Check::new(#expression) #column));
    }
    let Some((span, nodes)) = list(node, "check(\"..\")", errors) else {
        return TokenStream::new();
    };
    let mut reader = Reader::new("check(..)", span, nodes, errors);
    let names = names(&mut reader);
    let no_inherit = reader.flag("no_inherit").map(|_| quote!(.no_inherit()));
    let not_enforced = reader.flag("not_enforced").map(|_| quote!(.not_enforced()));
    let expression = expression(&mut reader, "expr");
    reader.finish();
    quote!(.check(#schema::Check::new(#expression) #names #column #no_inherit #not_enforced))
}

/// `exclude("USING gist (..)")`, `exclude(name = "..", definition = "..")`.
pub(crate) fn exclude(scope: &Scope, node: Node, errors: &mut Errors) -> TokenStream {
    let schema = &scope.schema;
    let Some((span, nodes)) = list(node, "exclude(\"USING gist (..)\")", errors) else {
        return TokenStream::new();
    };
    let mut reader = Reader::new("exclude(..)", span, nodes, errors);
    let names = names(&mut reader);
    let definition = expression(&mut reader, "definition");
    reader.finish();
    quote!(.exclusion(#schema::Exclusion::new(#definition) #names))
}

/// A text that stands alone or has this name.
pub(crate) fn expression(reader: &mut Reader<'_>, name: &'static str) -> Option<LitStr> {
    if reader.span_of(&[name]).is_some() {
        return reader.text(name);
    }
    reader.knows(&[name]);
    let mut alone = reader.positional().into_iter();
    let span = reader.span();
    let found = alone.next();
    if let Some(more) = alone.next() {
        reader.errors.at(more.span(), "one text is enough");
    }
    match found {
        Some(node) => text(node, reader.errors),
        None => {
            reader.errors.at(span, format!("expected SQL: `{name} = \"..\"`"));
            None
        }
    }
}

pub(crate) fn list(node: Node, example: &str, errors: &mut Errors) -> Option<(Span, Vec<Node>)> {
    match node {
        Node::List(name, nodes) => Some((name.span(), nodes)),
        other => {
            errors.at(other.span(), format!("expected a list: `{example}`"));
            None
        }
    }
}

/// At a column a name alone is enough.
pub(crate) fn own_or_list(
    node: Node,
    own: Option<&str>,
    example: &str,
    errors: &mut Errors,
) -> Option<(Span, Vec<Node>)> {
    match node {
        Node::Path(_) if own.is_some() => Some((node.span(), Vec::new())),
        Node::Assigned(name, _) if own.is_some() => {
            errors.at(name.span(), format!("expected `{name}`, or `{name}(name = \"..\")`"));
            None
        }
        node => list(node, example, errors),
    }
}

const ACTIONS: [(&str, &str); 5] = [
    ("cascade", "Cascade"),
    ("restrict", "Restrict"),
    ("set null", "SetNull"),
    ("set default", "SetDefault"),
    ("no action", "NoAction"),
];
const MATCHES: [(&str, &str); 3] = [("simple", "Simple"), ("full", "Full"), ("partial", "Partial")];

/// What [`actions`] reads.
pub(crate) const ACTION_NAMES: [&str; 5] =
    ["on_delete", "on_update", "match", "deferrable", "deferred"];

/// `on_delete`, `on_update`, `match`, `deferrable` and `deferred` as calls of the builder.
pub(crate) fn actions(
    reader: &mut Reader<'_>,
    schema: &TokenStream,
    never_null: bool,
) -> TokenStream {
    let mut calls = TokenStream::new();
    for name in ["on_delete", "on_update"] {
        let span = reader.span_of(&[name]);
        let Some(action) = reader.word(name, &ACTIONS) else { continue };
        if let ("SetNull", true, Some(span)) = (action, never_null, span) {
            let text =
                "the column is never NULL, so that it cannot be set to NULL: write `Option<..>`";
            reader.errors.at(span, text);
        }
        let (call, action) = (word(name), word(action));
        calls.extend(quote!(.#call(#schema::ReferentialAction::#action)));
    }
    let matching = reader.word("match", &MATCHES).map(|matching| {
        let matching = word(matching);
        quote!(.matching(#schema::Match::#matching))
    });
    let deferral = deferral(reader, schema);
    quote!(#calls #matching #deferral)
}

fn word(name: &str) -> syn::Ident {
    syn::Ident::new(name, Span::call_site())
}

/// A table and columns there.
pub(crate) struct Target {
    table: TokenStream,
    columns: Vec<String>,
}

const FORMS: &str =
    "expected a table and its column: \"users(id)\", or a model and its column: `(User, id)`";

/// `references = "users(id)"` and `references(User, id, on_delete = "cascade")` at a column.
pub(crate) fn references(
    scope: &Scope,
    own: &str,
    node: Node,
    extra: &TokenStream,
    never_null: bool,
    errors: &mut Errors,
) -> TokenStream {
    let schema = &scope.schema;
    let (span, nodes) = match node {
        Node::Assigned(_, value) => (value.span(), vec![*value]),
        Node::List(name, nodes) => (name.span(), nodes),
        other => {
            errors.at(other.span(), FORMS);
            return TokenStream::new();
        }
    };
    let mut reader = Reader::new("references(..)", span, nodes, errors);
    let names = names(&mut reader);
    if let Some(again) = reader.span_of(&ACTION_NAMES).filter(|_| !extra.is_empty()) {
        reader.errors.at(
            again,
            "beside the list there is more of this foreign key: write all of it in here",
        );
    }
    let actions = actions(&mut reader, schema, never_null);
    let target = target(schema, &mut reader);
    reader.finish();
    let Some(Target { table, columns }) = target else { return TokenStream::new() };
    if columns.len() != 1 {
        let text = "one column refers to one column; of several the struct says it: \
                    `#[model(foreign_key(columns(a, b), references(..)))]`";
        errors.at(span, text);
    }
    quote!(.foreign_key(
        #schema::ForeignKey::new([#own], #table, [#(#columns),*]) #names #actions #extra
    ))
}

/// `foreign_key(columns(a, b), references = "t(x, y)", ..)` at the table.
pub(crate) fn foreign_key(scope: &Scope, node: Node, errors: &mut Errors) -> TokenStream {
    let schema = &scope.schema;
    let example = "foreign_key(columns(a, b), references = \"t(x, y)\")";
    let Some((span, nodes)) = list(node, example, errors) else { return TokenStream::new() };
    let mut reader = Reader::new("foreign_key(..)", span, nodes, errors);
    let names = names(&mut reader);
    let actions = actions(&mut reader, schema, false);
    let set = reader.list("on_delete_columns").map(|(span, nodes)| {
        let columns = scope.columns(&nodes, span, reader.errors);
        quote!(.on_delete_columns([#(#columns),*]))
    });
    let referenced = match reader.one("references") {
        Some(Node::Assigned(_, value)) => Some((value.span(), vec![*value])),
        Some(Node::List(name, nodes)) => Some((name.span(), nodes)),
        Some(other) => {
            reader.errors.at(other.span(), FORMS);
            None
        }
        None => {
            reader.errors.at(span, format!("expected `{example}`"));
            None
        }
    };
    let columns = scope.listed(&mut reader);
    reader.finish();
    let Some((at, nodes)) = referenced else { return TokenStream::new() };
    let mut reader = Reader::new("references(..)", at, nodes, errors);
    let target = target(schema, &mut reader);
    reader.finish();
    let Some(Target { table, columns: there }) = target else { return TokenStream::new() };
    if !columns.is_empty() && columns.len() != there.len() {
        errors.at(at, format!("{} columns here and {} there", columns.len(), there.len()));
    }
    quote!(.foreign_key(
        #schema::ForeignKey::new([#(#columns),*], #table, [#(#there),*]) #names #actions #set
    ))
}

/// What stands alone: a text `"users(id)"`, or a table or model and columns.
fn target(schema: &TokenStream, reader: &mut Reader<'_>) -> Option<Target> {
    let mut alone = reader.positional().into_iter();
    let span = reader.span();
    let first = alone.next();
    let mut columns = Vec::new();
    for node in alone {
        match name_of(&node) {
            Some((name, _)) => columns.push(name),
            None => reader.errors.at(node.span(), "expected the name of a column there"),
        }
    }
    let table = match first {
        Some(Node::Literal(Literal { value: syn::Lit::Str(text), .. })) => {
            let (table, inside) = split(&text.value(), columns.is_empty());
            columns.extend(inside);
            let table = match table.split_once('.') {
                Some((namespace, name)) => quote!(#schema::Name::in_schema(#namespace, #name)),
                None => quote!(#schema::Name::new(#table)),
            };
            Some((table, text.span()))
        }
        Some(Node::Path(path)) => {
            let small = path.get_ident().map(ToString::to_string);
            if let Some(name) = small.filter(|name| name.starts_with(char::is_lowercase)) {
                let text = format!(
                    "a table's name stands in quotes: `(\"{name}\", ..)`; without, it is a model's"
                );
                reader.errors.at(path.get_ident().map_or(span, syn::Ident::span), text);
                return None;
            }
            let span = path.get_ident().map_or(span, syn::Ident::span);
            Some((quote!(<#path as #schema::Model>::table_name()), span))
        }
        Some(other) => {
            reader.errors.at(other.span(), FORMS);
            None
        }
        None => {
            reader.errors.at(span, FORMS);
            None
        }
    };
    let (table, span) = table?;
    if columns.is_empty() {
        reader.errors.at(span, FORMS);
        return None;
    }
    Some(Target { table, columns })
}

/// `users(id)`, `audit.users(id, at)` and `users.id` as table and columns.
fn split(text: &str, with_columns: bool) -> (String, Vec<String>) {
    let text = text.trim();
    if let Some((table, rest)) = text.split_once('(') {
        let inside = rest.trim_end().trim_end_matches(')');
        let columns = inside.split(',').map(|column| column.trim().to_owned());
        return (table.trim().to_owned(), columns.filter(|column| !column.is_empty()).collect());
    }
    match text.rsplit_once('.') {
        Some((table, column)) if with_columns => (table.to_owned(), vec![column.to_owned()]),
        _ => (text.to_owned(), Vec::new()),
    }
}
