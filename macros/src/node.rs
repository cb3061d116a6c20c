//! An attribute as a tree, before anybody asks what it means: `unique(a, b, name = "x")`.
//!
//! syn's own `Meta` cannot hold names beside literals, nor keywords such as `where` as names.

use proc_macro2::Span;
use syn::{
    Ident, Lit, Path, Token,
    ext::IdentExt as _,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned as _,
    token::Paren,
};

/// One element of an attribute's list.
#[derive(Clone)]
pub(crate) enum Node {
    /// `5`, `-1.5`, `"text"`
    Literal(Literal),
    /// `unique`, `crate::User`
    Path(Path),
    /// `name = value`
    Assigned(Ident, Box<Node>),
    /// `name(...)`
    List(Ident, Vec<Node>),
}

/// A literal, perhaps with a minus before it.
#[derive(Clone)]
pub(crate) struct Literal {
    pub(crate) negative: bool,
    pub(crate) value: Lit,
}

impl Parse for Node {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![-]) || input.peek(Lit) {
            return Ok(Self::Literal(input.parse()?));
        }
        if !input.peek(Ident::peek_any) && !input.peek(Token![::]) {
            return Err(input.error("expected a name, or a value such as 5 or \"text\""));
        }
        if input.peek(Token![::]) || input.peek2(Token![::]) {
            return Ok(Self::Path(Path::parse_mod_style(input)?));
        }
        let name = Ident::parse_any(input)?;
        if input.peek(Paren) {
            let content;
            syn::parenthesized!(content in input);
            return Ok(Self::List(name, nodes(&content)?));
        }
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                return Err(syn::Error::new(name.span(), format!("`{name} =` has no value")));
            }
            return Ok(Self::Assigned(name, Box::new(input.parse()?)));
        }
        Ok(Self::Path(name.into()))
    }
}

/// All elements of a list, with commas between them.
pub(crate) fn nodes(input: ParseStream<'_>) -> syn::Result<Vec<Node>> {
    Ok(Punctuated::<Node, Token![,]>::parse_terminated(input)?.into_iter().collect())
}

impl Parse for Literal {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let minus: Option<Token![-]> = input.parse()?;
        let value: Lit = input.parse()?;
        match (&minus, &value) {
            (None, _) | (_, Lit::Int(_) | Lit::Float(_)) => {
                Ok(Self { negative: minus.is_some(), value })
            }
            _ => Err(syn::Error::new(value.span(), "only a number can be negative")),
        }
    }
}

impl Node {
    /// The name of a flag, of `name = ..` and of `name(..)`.
    pub(crate) fn name(&self) -> Option<&Ident> {
        match self {
            Self::Literal(_) => None,
            Self::Path(path) => path.get_ident(),
            Self::Assigned(name, _) | Self::List(name, _) => Some(name),
        }
    }

    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Literal(literal) => literal.value.span(),
            Self::Path(path) => path.span(),
            Self::Assigned(name, _) | Self::List(name, _) => name.span(),
        }
    }
}

/// A name as it is without `r#`.
pub(crate) fn plain(name: &Ident) -> String {
    name.unraw().to_string()
}
