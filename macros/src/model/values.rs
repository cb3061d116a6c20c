//! What a column holds in a row that says nothing of it: a default, a number, a computed value.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Lit;

use super::{constraint::expression, ty::Kind, types::Stored};
use crate::{
    node::{Literal, Node},
    reader::{Reader, text},
};

/// As calls of the column's builder.
pub(crate) struct Values {
    pub(crate) calls: TokenStream,
    /// Where it says that the database gives numbers.
    pub(crate) numbered: Option<Span>,
}

/// Reads all the ways; a column has one of them.
pub(crate) fn read(schema: &TokenStream, stored: &Stored, reader: &mut Reader<'_>) -> Values {
    let ways = [
        ("default", default(schema, stored, reader)),
        ("default_sql", default_sql(reader)),
        ("auto_increment", auto_increment(reader)),
        ("identity", identity(schema, reader)),
        ("serial", serial(schema, reader)),
        ("generated", generated(reader)),
    ];
    let mut values = Values { calls: TokenStream::new(), numbered: None };
    let mut first: Option<&str> = None;
    for (name, way) in ways {
        let Some((span, call)) = way else { continue };
        if let Some(first) = first {
            let text = format!("the column has `{first}` already, which gives it its value");
            reader.errors.at(span, text);
            continue;
        }
        first = Some(name);
        values.calls = call;
        if ["auto_increment", "identity", "serial"].contains(&name) {
            values.numbered = Some(span);
            if !matches!(stored.kind(), Kind::Integer | Kind::Other) {
                let text =
                    format!("`{name}` gives whole numbers, and the field is `{}`", stored.shown());
                reader.errors.at(span, text);
            }
        }
    }
    values
}

type Way = Option<(Span, TokenStream)>;

/// `default = 5`, `default = Status::Active`, `default(sql = "now()")`
fn default(schema: &TokenStream, stored: &Stored, reader: &mut Reader<'_>) -> Way {
    match reader.one("default")? {
        Node::Assigned(name, value) => {
            let call = match *value {
                Node::Literal(literal) => {
                    let value = literal_of(schema, &literal, stored, reader)?;
                    quote!(.default(#value))
                }
                Node::Path(path) => quote!(.default(#path)),
                Node::List(inner, _) => {
                    let text =
                        "a default is a literal or a constant; SQL is `default_sql = \"now()\"`";
                    reader.errors.at(inner.span(), text);
                    return None;
                }
                Node::Assigned(inner, _) => {
                    reader.errors.at(inner.span(), "one `=` is enough");
                    return None;
                }
            };
            Some((name.span(), call))
        }
        Node::List(name, nodes) => {
            let mut inner = Reader::new("default(..)", name.span(), nodes, reader.errors);
            let sql = inner.text("sql");
            if sql.is_none() {
                inner
                    .errors
                    .at(name.span(), "expected `default = 5` or `default(sql = \"now()\")`");
            }
            inner.finish();
            sql.map(|sql| (name.span(), quote!(.default_sql(#sql))))
        }
        other => {
            let text = "expected a value: `default = 5`, or SQL: `default_sql = \"now()\"`";
            reader.errors.at(other.span(), text);
            None
        }
    }
}

/// A Rust literal, where its kind is one that the field can have.
fn literal_of(
    schema: &TokenStream,
    literal: &Literal,
    stored: &Stored,
    reader: &mut Reader<'_>,
) -> Option<TokenStream> {
    let span = literal.value.span();
    let minus = literal.negative.then(|| quote!(-));
    let (given, tokens) = match &literal.value {
        Lit::Int(number) => {
            let parsed = number.base10_parse::<i128>();
            let value = proc_macro2::Literal::i128_unsuffixed(reader.errors.take(parsed)?);
            (Kind::Integer, quote!(#schema::Literal::Integer(#minus #value)))
        }
        Lit::Float(number) => {
            let parsed = reader.errors.take(number.base10_parse::<f64>())?;
            if !parsed.is_finite() {
                reader.errors.at(span, "this number is too large");
                return None;
            }
            let value = proc_macro2::Literal::f64_unsuffixed(parsed);
            (Kind::Float, quote!(#schema::Literal::Float(#minus #value)))
        }
        Lit::Bool(value) => {
            let value = value.value;
            (Kind::Boolean, quote!(#schema::Literal::Boolean(#value)))
        }
        Lit::Str(text) => {
            let value = text.value();
            (Kind::Text, quote!(#schema::Literal::from(#value)))
        }
        _ => {
            let text =
                "a default is a number, a text, true or false; for others there is `default_sql`";
            reader.errors.at(span, text);
            return None;
        }
    };
    let fits = match stored.kind() {
        Kind::Other => true,
        Kind::Float => matches!(given, Kind::Float | Kind::Integer),
        kind => kind == given,
    };
    if !fits {
        let text = format!(
            "the field is `{}`, and this default is another type; SQL is `default_sql = \"..\"`",
            stored.shown()
        );
        reader.errors.at(span, text);
    }
    Some(tokens)
}

fn default_sql(reader: &mut Reader<'_>) -> Way {
    let sql = reader.text("default_sql")?;
    Some((sql.span(), quote!(.default_sql(#sql))))
}

fn auto_increment(reader: &mut Reader<'_>) -> Way {
    Some((reader.flag("auto_increment")?, quote!(.auto_increment())))
}

fn serial(schema: &TokenStream, reader: &mut Reader<'_>) -> Way {
    let kind = quote!(#schema::IdentityKind::Serial);
    Some((reader.flag("serial")?, quote!(.identity(#schema::Identity::new(#kind)))))
}

/// `identity`, `identity(always, start = 5, increment = 7, ..)`
fn identity(schema: &TokenStream, reader: &mut Reader<'_>) -> Way {
    let (span, nodes) = match reader.one("identity")? {
        Node::Path(path) => (syn::spanned::Spanned::span(&path), Vec::new()),
        Node::List(name, nodes) => (name.span(), nodes),
        other => {
            reader.errors.at(other.span(), "expected `identity` or `identity(always, start = 5)`");
            return None;
        }
    };
    let mut reader = Reader::new("identity(..)", span, nodes, reader.errors);
    let always = reader.flag("always");
    let by_default = reader.flag("by_default");
    if let (Some(_), Some(again)) = (always, by_default) {
        reader.errors.at(again, "an identity is `always` or `by_default`");
    }
    let kind = if always.is_some() { quote!(Always) } else { quote!(ByDefault) };
    let mut calls = TokenStream::new();
    for (name, call) in [
        ("start", quote!(start)),
        ("increment", quote!(increment)),
        ("min", quote!(minimum)),
        ("max", quote!(maximum)),
        ("cache", quote!(cache)),
    ] {
        let Some((number, at)) = reader.number(name) else { continue };
        if name == "increment" && number == 0 {
            reader.errors.at(at, "it would not count");
        }
        let number = proc_macro2::Literal::i64_unsuffixed(number);
        calls.extend(quote!(.#call(#number)));
    }
    calls.extend(reader.flag("cycle").map(|_| quote!(.cycle())));
    reader.finish();
    let sequence = (!calls.is_empty())
        .then(|| quote!(.sequence(<#schema::SequenceOptions as ::core::default::Default>::default() #calls)));
    Some((span, quote!(.identity(#schema::Identity::new(#schema::IdentityKind::#kind) #sequence))))
}

/// `generated = "a * 2"`, `generated(expr = "a * 2", virtual)`
fn generated(reader: &mut Reader<'_>) -> Way {
    match reader.one("generated")? {
        Node::Assigned(name, value) => {
            let expression = text(*value, reader.errors)?;
            Some((name.span(), quote!(.generated(#expression))))
        }
        Node::List(name, nodes) => {
            let mut inner = Reader::new("generated(..)", name.span(), nodes, reader.errors);
            let stored = inner.flag("stored");
            let not_stored = inner.flag("virtual");
            if let (Some(_), Some(again)) = (stored, not_stored) {
                inner.errors.at(again, "a computed column is `stored` or `virtual`");
            }
            let expression = expression(&mut inner, "expr");
            inner.finish();
            let expression = expression?;
            let call = match not_stored {
                Some(_) => quote!(.generated_virtual(#expression)),
                None => quote!(.generated(#expression)),
            };
            Some((name.span(), call))
        }
        other => {
            reader.errors.at(other.span(), "expected `generated = \"a * 2\"`");
            None
        }
    }
}
