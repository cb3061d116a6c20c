//! A struct as a table.

mod column;
mod constraint;
mod index;
mod scope;
mod ty;
mod types;
mod values;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Fields, FieldsNamed, spanned::Spanned as _};

use self::{
    column::{Parts, Role},
    scope::{Scope, options},
};
use crate::{
    case::Case,
    errors::Errors,
    node::{Node, plain},
    reader::Reader,
    sqlx,
};

const MODEL: &str = "#[model(..)]";

/// `impl Model`, or what is wrong.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let mut reader = Reader::of("model", MODEL, &input.attrs, &mut errors);
    let schema = crate::schema_path(&mut reader);
    let name = table_name(input, &mut reader, &schema);
    let nodes = reader.rest();
    let body = fields(input, &mut errors)
        .map(|fields| body(input, fields, nodes, schema.clone(), &mut errors))
        .unwrap_or_default();
    crate::check_generics(input, &mut errors);
    // With an error in it the trait is still there, so that nothing else is said to be wrong.
    let body = if errors.is_empty() { body } else { TokenStream::new() };
    let (ident, errors) = (&input.ident, errors.into_tokens());
    let (generics, arguments, clause) = input.generics.split_for_impl();
    quote! {
        #errors
        #[automatically_derived]
        impl #generics #schema::Model for #ident #arguments #clause {
            fn table() -> #schema::Table {
                #schema::Table::new(#name) #body
            }
            fn table_name() -> #schema::Name {
                #name
            }
        }
    }
}

/// The table's name, with its schema.
fn table_name(input: &DeriveInput, reader: &mut Reader<'_>, schema: &TokenStream) -> TokenStream {
    let name = reader.text("table").map(|name| name.value());
    let name = name.unwrap_or_else(|| Case::Snake.apply(&plain(&input.ident)));
    match reader.text("schema") {
        Some(namespace) => quote!(#schema::Name::in_schema(#namespace, #name)),
        None => quote!(#schema::Name::new(#name)),
    }
}

fn fields<'i>(input: &'i DeriveInput, errors: &mut Errors) -> Option<&'i FieldsNamed> {
    let text = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => return Some(fields),
            Fields::Unnamed(_) => "a model has named fields: each is a column",
            Fields::Named(_) | Fields::Unit => "a model needs a field: each is a column",
        },
        Data::Enum(_) => "a model is a struct; an enum is a column's type: #[derive(ambix::Enum)]",
        Data::Union(_) => "a model is a struct with named fields",
    };
    errors.at(input.ident.span(), text);
    None
}

/// All calls of the table's builder.
fn body(
    input: &DeriveInput,
    fields: &FieldsNamed,
    nodes: Vec<Node>,
    schema: TokenStream,
    errors: &mut Errors,
) -> TokenStream {
    let case = sqlx::container(&input.attrs).rename_all;
    let heads: Vec<_> =
        fields.named.iter().map(|field| column::head(field, case, errors)).collect();
    let mut columns: Vec<(String, String)> = Vec::new();
    for head in heads.iter().filter(|head| matches!(head.role, Role::Column)) {
        if columns.iter().any(|(_, name)| *name == head.name) {
            let text = format!("two fields are the column `{}`", head.name);
            errors.at(head.span(), text);
        }
        columns.push((head.ident.clone(), head.name.clone()));
    }
    let complete = !heads.iter().any(|head| matches!(head.role, Role::Flattened));
    if complete && columns.is_empty() {
        errors.at(input.ident.span(), "all fields are skipped: a table needs a column");
    }
    let scope = Scope { schema, model: plain(&input.ident), columns, complete };
    let parts: Vec<(String, Parts)> = heads
        .into_iter()
        .map(|head| (head.name.clone(), column::parts(head, &scope, errors)))
        .collect();

    let mut reader = Reader::new(MODEL, Span::call_site(), nodes, errors);
    reader.knows(&["table", "schema", "crate"]);
    let table = table(input, &mut reader);
    let key = primary_key(&scope, &parts, &mut reader);
    let constraints = constraints(&scope, &mut reader);
    reader.finish();
    numbered_once(&parts, errors);
    let columns = parts.iter().map(|(_, parts)| &parts.column);
    let of_columns = parts.iter().map(|(_, parts)| &parts.constraints);
    quote!(#table #(#columns)* #key #(#of_columns)* #constraints)
}

/// What is the table's alone.
fn table(input: &DeriveInput, reader: &mut Reader<'_>) -> TokenStream {
    let from = reader.text("renamed_from").map(|from| quote!(.renamed_from(#from)));
    let comment = reader.one("comment");
    let comment = sqlx::comment(comment, &input.attrs, reader.errors)
        .map(|comment| quote!(.comment(#comment)));
    let options = options(reader);
    quote!(#from #comment #options)
}

/// The primary key: that of the fields that say so, or that of the struct.
fn primary_key(
    scope: &Scope,
    parts: &[(String, Parts)],
    reader: &mut Reader<'_>,
) -> Option<TokenStream> {
    let fields: Vec<_> = parts.iter().filter(|(_, parts)| parts.primary_key.is_some()).collect();
    let given = reader.one("primary_key").and_then(|node| {
        let span = node.span();
        constraint::primary_key(scope, node, reader.errors).map(|found| (span, found))
    });
    let (call, columns) = match given {
        Some((span, _)) if !fields.is_empty() => {
            reader.errors.at(span, "fields say `primary_key` already: say it here or there");
            return None;
        }
        Some((_, (key, columns))) => (quote!(.with_primary_key(#key)), columns),
        None if fields.is_empty() => return None,
        None => {
            let names = fields.iter().map(|(name, _)| name);
            let columns = fields
                .iter()
                .filter_map(|(name, parts)| parts.primary_key.map(|span| (name.clone(), span)));
            (quote!(.primary_key([#(#names),*])), columns.collect())
        }
    };
    for (column, _) in &columns {
        let own = parts.iter().find(|(name, _)| name == column);
        if let Some(option) = own.and_then(|(_, parts)| parts.optional) {
            reader.errors.at(option, "a primary key is never NULL: no `Option`, and no `nullable`");
        }
    }
    Some(call)
}

/// The constraints and indexes of the struct's attributes.
fn constraints(scope: &Scope, reader: &mut Reader<'_>) -> TokenStream {
    let mut calls = TokenStream::new();
    for node in reader.all("unique") {
        calls.extend(constraint::unique(scope, None, node, reader.errors));
    }
    for node in reader.all("index") {
        calls.extend(index::index(scope, None, node, reader.errors));
    }
    for node in reader.all("foreign_key") {
        calls.extend(constraint::foreign_key(scope, node, reader.errors));
    }
    for node in reader.all("check") {
        calls.extend(constraint::check(scope, None, node, reader.errors));
    }
    for node in reader.all("exclude") {
        calls.extend(constraint::exclude(scope, node, reader.errors));
    }
    calls
}

fn numbered_once(parts: &[(String, Parts)], errors: &mut Errors) {
    let mut numbered =
        parts.iter().filter_map(|(name, parts)| parts.numbered.map(|span| (name, span)));
    let Some((first, _)) = numbered.next() else { return };
    for (_, span) in numbered {
        errors
            .at(span, format!("the database numbers `{first}` already, and can number one column"));
    }
}

impl column::Head<'_> {
    /// Where the field is.
    fn span(&self) -> Span {
        self.field.ident.as_ref().map_or_else(|| self.field.span(), syn::Ident::span)
    }
}
