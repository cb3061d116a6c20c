//! The columns that a model's constraints may name.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::{
    errors::{Errors, did_you_mean},
    node::{Literal, Node},
    reader::{Reader, name_of},
};

/// What is known of the struct when its constraints are read.
pub(crate) struct Scope {
    /// Where the builders are: `::ambix::schema`.
    pub(crate) schema: TokenStream,
    /// The struct's name.
    pub(crate) model: String,
    /// Fields and what their columns are called.
    pub(crate) columns: Vec<(String, String)>,
    /// No other struct's columns are among them.
    pub(crate) complete: bool,
}

impl Scope {
    /// The column that a node names, by the field or by its own name.
    pub(crate) fn column(&self, node: &Node, errors: &mut Errors) -> Option<String> {
        let Some((given, span)) = name_of(node) else {
            errors.at(node.span(), "expected a column");
            return None;
        };
        self.named(&given, span, errors)
    }

    pub(crate) fn named(&self, given: &str, span: Span, errors: &mut Errors) -> Option<String> {
        let by_field = self.columns.iter().find(|(field, _)| field == given);
        let found = by_field.or_else(|| self.columns.iter().find(|(_, column)| column == given));
        if let Some((_, column)) = found {
            return Some(column.clone());
        }
        if !self.complete {
            return Some(given.to_owned());
        }
        let known = self.columns.iter().flat_map(|(field, column)| [field, column]);
        let near = did_you_mean(given, known.map(String::as_str));
        errors.at(span, format!("`{}` has no column `{given}`{near}", self.model));
        None
    }

    /// Several columns, each once; none is an error at the place given.
    pub(crate) fn columns(&self, nodes: &[Node], span: Span, errors: &mut Errors) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for node in nodes {
            let Some(column) = self.column(node, errors) else { continue };
            if found.contains(&column) {
                errors.at(node.span(), format!("the column `{column}` is named twice"));
            } else {
                found.push(column);
            }
        }
        if nodes.is_empty() {
            errors
                .at(span, "expected columns: `(a, b)`, or `(columns(a, b), ..)` with more to say");
        }
        found
    }

    /// `columns(a, b)`, or names without more.
    pub(crate) fn listed(&self, reader: &mut Reader<'_>) -> Vec<String> {
        let (span, nodes) = match reader.list("columns") {
            Some(list) => list,
            None => (reader.span(), reader.positional()),
        };
        self.columns(&nodes, span, reader.errors)
    }

    /// `include(a, b)` as a call of the builder.
    pub(crate) fn include(&self, reader: &mut Reader<'_>) -> TokenStream {
        let Some((span, nodes)) = reader.list("include") else { return TokenStream::new() };
        let columns = self.columns(&nodes, span, reader.errors);
        quote!(.include([#(#columns),*]))
    }
}

/// `name = ".."` and `renamed_from = ".."` as calls of a builder.
pub(crate) fn names(reader: &mut Reader<'_>) -> TokenStream {
    let name = reader.text("name").map(|name| quote!(.named(#name)));
    let from = reader.text("renamed_from").map(|name| quote!(.renamed_from(#name)));
    quote!(#name #from)
}

/// `deferrable` and `deferred` as a call of a builder.
pub(crate) fn deferral(reader: &mut Reader<'_>, schema: &TokenStream) -> TokenStream {
    let deferrable = reader.flag("deferrable").is_some();
    if reader.flag("deferred").is_some() {
        quote!(.deferral(#schema::Deferral::Deferred))
    } else if deferrable {
        quote!(.deferral(#schema::Deferral::Immediate))
    } else {
        TokenStream::new()
    }
}

/// `option(strict, engine = "InnoDB", fillfactor = 70)` as calls of a builder.
pub(crate) fn options(reader: &mut Reader<'_>) -> TokenStream {
    let mut calls = TokenStream::new();
    let mut names: Vec<String> = Vec::new();
    for node in reader.all("option") {
        let Node::List(_, nodes) = node else {
            reader.errors.at(node.span(), "expected options: `option(fillfactor = 70)`");
            continue;
        };
        for option in nodes {
            let Some((name, value)) = option_of(&option, reader.errors) else { continue };
            if names.contains(&name) {
                reader.errors.at(option.span(), format!("the option `{name}` is given twice"));
            }
            calls.extend(quote!(.option(#name, #value)));
            names.push(name);
        }
    }
    calls
}

fn option_of(node: &Node, errors: &mut Errors) -> Option<(String, String)> {
    let value = match node {
        Node::Path(path) if path.get_ident().is_some() => Some("true".to_owned()),
        Node::Assigned(_, value) => match &**value {
            Node::Literal(literal) => literal.shown(),
            _ => None,
        },
        _ => None,
    };
    let found = node.name().map(crate::node::plain).zip(value);
    if found.is_none() {
        errors.at(node.span(), "an option is a name, or a name with a value: `fillfactor = 70`");
    }
    found
}

impl Literal {
    /// As text: of a text what is in its quotes.
    pub(crate) fn shown(&self) -> Option<String> {
        let sign = if self.negative { "-" } else { "" };
        Some(match &self.value {
            syn::Lit::Str(text) => text.value(),
            syn::Lit::Int(number) => format!("{sign}{}", number.base10_digits()),
            syn::Lit::Float(number) => format!("{sign}{}", number.base10_digits()),
            syn::Lit::Bool(value) => value.value.to_string(),
            _ => return None,
        })
    }
}
