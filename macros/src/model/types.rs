//! Which type a column has.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Type, spanned::Spanned as _};

use super::ty::{Kind, element, kind, shown};
use crate::{
    errors::did_you_mean,
    node::{Node, plain},
    reader::{Reader, text, type_of},
    sqlx,
};

/// As the URLs of the databases begin.
const DATABASES: [&str; 3] = ["postgres", "mysql", "sqlite"];

/// What a column is.
pub(crate) struct Stored {
    /// Its type.
    pub(crate) column_type: TokenStream,
    /// The Rust type of its values; none where SQL or JSON hides it.
    pub(crate) rust: Option<Type>,
    /// That type says what the column's is, so that it can be asked whether it may be NULL.
    pub(crate) asked: bool,
}

impl Stored {
    /// What the attributes must fit to.
    pub(crate) fn kind(&self) -> Kind {
        self.rust.as_ref().map_or(Kind::Other, kind)
    }

    /// As a message shows it.
    pub(crate) fn shown(&self) -> String {
        self.rust.as_ref().map_or_else(String::new, shown)
    }
}

/// Reads all that says a type.
pub(crate) fn read(
    schema: &TokenStream,
    sqlx: &sqlx::Child,
    ty: &Type,
    reader: &mut Reader<'_>,
) -> Stored {
    let asked = asked_type(reader);
    let json = sqlx.json.is_some() && asked.is_none();
    let hidden = sql_type(schema, reader);
    if let (Some(_), Some((again, _))) = (&asked, &hidden) {
        reader.errors.at(*again, "the column's type is said twice");
    }
    let rust = asked.or_else(|| sqlx.try_from.clone()).unwrap_or_else(|| ty.clone());
    let limited = [texts(schema, &rust, reader), decimal(schema, &rust, reader)];
    let is_hidden = hidden.is_some() || json;
    let mut explicit = [hidden].into_iter().chain(limited).flatten();
    if let Some((_, column_type)) = explicit.next() {
        for (more, _) in explicit {
            reader.errors.at(more, "the column's type is said twice");
        }
        return Stored { column_type, rust: (!is_hidden).then_some(rust), asked: false };
    }
    if json {
        return Stored { column_type: quote!(#schema::Type::Json), rust: None, asked: false };
    }
    let column_type = quote_spanned!(rust.span()=> <#rust as #schema::ColumnType>::column_type());
    Stored { column_type, rust: Some(rust), asked: true }
}

/// `as = "String"`
fn asked_type(reader: &mut Reader<'_>) -> Option<Type> {
    match reader.one("as")? {
        Node::Assigned(_, value) => match *value {
            Node::Path(path) => Some(Type::Path(syn::TypePath { qself: None, path })),
            other => text(other, reader.errors).and_then(|text| type_of(&text, reader.errors)),
        },
        other => {
            reader.errors.at(other.span(), "expected `as = \"Type\"`");
            None
        }
    }
}

/// `sql_type = "tsvector"`, `sql_type("text", postgres = "tsvector")`
fn sql_type(schema: &TokenStream, reader: &mut Reader<'_>) -> Option<(Span, TokenStream)> {
    let node = reader.one("sql_type")?;
    let span = node.span();
    let nodes = match node {
        Node::Assigned(_, value) => {
            let text = text(*value, reader.errors)?;
            return Some((span, quote!(#schema::Type::sql(#text))));
        }
        Node::List(_, nodes) => nodes,
        Node::Path(_) | Node::Literal(_) => {
            reader.errors.at(span, "expected `sql_type = \"..\"`");
            return None;
        }
    };
    let (mut usual, mut own, mut calls) = (None, Vec::new(), TokenStream::new());
    for node in nodes {
        match node {
            Node::Assigned(database, value) => {
                let name = plain(&database);
                if !DATABASES.contains(&name.as_str()) {
                    let near = did_you_mean(&name, DATABASES);
                    let text = format!("expected one of {}{near}", DATABASES.join(", "));
                    reader.errors.at(database.span(), text);
                }
                let text = text(*value, reader.errors)?;
                calls.extend(quote!(.on(#name, #text)));
                own.push(name);
            }
            node => usual = Some(text(node, reader.errors)?),
        }
    }
    if usual.is_none() && !DATABASES.iter().all(|name| own.iter().any(|own| own == name)) {
        let text =
            "and on the other databases? `sql_type(\"text\", postgres = \"tsvector\")` says both";
        reader.errors.at(span, text);
    }
    let usual = usual.map_or_else(String::new, |text| text.value());
    Some((span, quote!(#schema::Type::from(#schema::SqlType::new(#usual) #calls))))
}

/// `max_length = 255`, `fixed_length = 2`
fn texts(schema: &TokenStream, ty: &Type, reader: &mut Reader<'_>) -> Option<(Span, TokenStream)> {
    let (most, fixed) = (reader.count("max_length"), reader.count("fixed_length"));
    if let (Some(_), Some((_, span))) = (most, fixed) {
        reader.errors.at(span, "a text has a `max_length` or a `fixed_length`");
    }
    let name = if most.is_some() { "max_length" } else { "fixed_length" };
    let (length, span) = most.or(fixed)?;
    let item = element(ty).unwrap_or(ty);
    if !matches!(kind(item), Kind::Text | Kind::Other) {
        let text = format!("`{name}` is for texts, and `{}` is none", shown(ty));
        reader.errors.at(span, text);
    }
    if length == 0 {
        reader.errors.at(span, format!("a `{name}` of 0 leaves no room"));
    }
    let item_type = match most {
        Some(_) => quote!(#schema::Type::Varchar(#length)),
        None => quote!(#schema::Type::Char(#length)),
    };
    Some((span, many(schema, ty, item_type)))
}

/// `precision = 10, scale = 2`
fn decimal(
    schema: &TokenStream,
    ty: &Type,
    reader: &mut Reader<'_>,
) -> Option<(Span, TokenStream)> {
    let (precision, scale) = (reader.count("precision"), reader.count("scale"));
    if let (None, Some((_, span))) = (precision, scale) {
        reader.errors.at(span, "`scale` needs `precision`: the number of all digits");
    }
    let (precision, span) = precision?;
    let (scale, scale_at) = scale.unwrap_or((0, span));
    let item = element(ty).unwrap_or(ty);
    if kind(item) != Kind::Other {
        let text = format!(
            "`precision` is for exact numbers such as rust_decimal::Decimal, and `{}` is none",
            shown(ty)
        );
        reader.errors.at(span, text);
    }
    if scale > precision {
        let text = format!("{scale} digits behind the point are more than {precision} in all");
        reader.errors.at(scale_at, text);
    }
    let item_type =
        quote!(#schema::Type::Decimal(::core::option::Option::Some((#precision, #scale))));
    Some((span, many(schema, ty, item_type)))
}

/// Of a `Vec` the attributes mean the elements.
fn many(schema: &TokenStream, ty: &Type, item: TokenStream) -> TokenStream {
    match element(ty) {
        Some(_) => quote!(#schema::Type::Array(::std::boxed::Box::new(#item))),
        None => item,
    }
}
