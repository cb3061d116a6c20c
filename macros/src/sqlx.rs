//! What `#[sqlx(...)]` says on the same struct, so that nothing is said twice.

use proc_macro2::Span;
use syn::{Attribute, LitStr, spanned::Spanned as _};

use crate::{
    case::Case,
    errors::Errors,
    node::{Literal, Node, nodes, plain},
};

/// On a struct or an enum.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) type_name: Option<LitStr>,
    pub(crate) rename_all: Option<Case>,
    /// The integer that stands for the variants.
    pub(crate) repr: Option<syn::Ident>,
}

/// On a field or a variant.
#[derive(Default)]
pub(crate) struct Child {
    pub(crate) rename: Option<String>,
    pub(crate) skip: Option<Span>,
    pub(crate) flatten: Option<Span>,
    /// Whether it may be NULL.
    pub(crate) json: Option<bool>,
    pub(crate) try_from: Option<syn::Type>,
}

/// sqlx itself complains about what is wrong here, so that this does not.
fn each(attributes: &[Attribute], mut read: impl FnMut(&str, &Node)) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("sqlx")) {
        let syn::Meta::List(list) = &attribute.meta else { continue };
        for node in list.parse_args_with(nodes).unwrap_or_default() {
            if let Some(name) = node.name().map(plain) {
                read(&name, &node);
            }
        }
    }
}

fn text(node: &Node) -> Option<&LitStr> {
    let Node::Assigned(_, value) = node else { return None };
    match &**value {
        Node::Literal(Literal { value: syn::Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}

pub(crate) fn container(attributes: &[Attribute]) -> Container {
    let mut found = Container::default();
    each(attributes, |name, node| match name {
        "type_name" => found.type_name = text(node).cloned(),
        "rename_all" => {
            found.rename_all = text(node).and_then(|text| Case::read(&text.value()));
        }
        _ => {}
    });
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("repr")) {
        let _ = attribute.parse_nested_meta(|meta| {
            if let Some(name) = meta.path.get_ident()
                && (name.to_string().starts_with(['i', 'u']))
            {
                found.repr = Some(name.clone());
            }
            if meta.input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in meta.input);
                content.parse::<proc_macro2::TokenStream>()?;
            }
            Ok(())
        });
    }
    found
}

pub(crate) fn child(attributes: &[Attribute], errors: &mut Errors) -> Child {
    let mut found = Child::default();
    let mut bad = None;
    each(attributes, |name, node| match name {
        "rename" => found.rename = text(node).map(LitStr::value),
        "skip" => found.skip = Some(node.span()),
        "flatten" => found.flatten = Some(node.span()),
        "json" => found.json = Some(matches!(node, Node::List(..))),
        "try_from" => match text(node).map(LitStr::parse) {
            Some(Ok(ty)) => found.try_from = Some(ty),
            Some(Err(error)) => bad = Some(error),
            None => {}
        },
        _ => {}
    });
    if let Some(error) = bad {
        errors.add(error);
    }
    found
}

/// The text of the doc comment.
pub(crate) fn doc(attributes: &[Attribute]) -> Option<String> {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let syn::Meta::NameValue(pair) = &attribute.meta
            && let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value
        {
            lines.extend(text.value().lines().map(|line| line.trim().to_owned()));
        }
    }
    let text = lines.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// `comment = ".."`, or `comment` alone: what the doc comment says.
pub(crate) fn comment(
    node: Option<Node>,
    attributes: &[Attribute],
    errors: &mut Errors,
) -> Option<String> {
    match node? {
        Node::Path(path) => {
            let text = doc(attributes);
            if text.is_none() {
                errors.at(path.span(), "`comment` alone takes the doc comment, and there is none");
            }
            text
        }
        Node::Assigned(_, value) => crate::reader::text(*value, errors).map(|text| text.value()),
        other => {
            errors
                .at(other.span(), "expected `comment = \"..\"`, or `comment` for the doc comment");
            None
        }
    }
}
