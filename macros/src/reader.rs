//! What an attribute says, asked by name. What nobody asked for is unknown.

use proc_macro2::Span;
use syn::{Attribute, Lit, LitStr, spanned::Spanned as _};

use crate::{
    errors::{Errors, did_you_mean},
    node::{Literal, Node, nodes, plain},
};

/// The elements of one list that were not asked for yet.
pub(crate) struct Reader<'e> {
    /// How a message calls the list: `#[column(...)]`, `index(...)`.
    what: &'static str,
    span: Span,
    nodes: Vec<Node>,
    known: Vec<&'static str>,
    pub(crate) errors: &'e mut Errors,
}

impl<'e> Reader<'e> {
    pub(crate) fn new(
        what: &'static str,
        span: Span,
        nodes: Vec<Node>,
        errors: &'e mut Errors,
    ) -> Self {
        Self { what, span, nodes, known: Vec::new(), errors }
    }

    /// All that stands in attributes of this name.
    pub(crate) fn of(
        name: &str,
        what: &'static str,
        attributes: &[Attribute],
        errors: &'e mut Errors,
    ) -> Self {
        let mut span = Span::call_site();
        let mut all = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
            span = attribute.path().span();
            let found = match &attribute.meta {
                syn::Meta::List(list) => list.parse_args_with(nodes),
                other => Err(syn::Error::new(
                    other.span(),
                    format!("expected a list in parentheses: `{what}`"),
                )),
            };
            all.extend(errors.take(found).unwrap_or_default());
        }
        Self::new(what, span, all, errors)
    }

    /// Where the list begins.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The elements of this name, each of which may stand several times.
    pub(crate) fn all(&mut self, name: &'static str) -> Vec<Node> {
        self.known.push(name);
        let is = |node: &Node| node.name().is_some_and(|given| plain(given) == name);
        let (found, rest) = std::mem::take(&mut self.nodes).into_iter().partition(is);
        self.nodes = rest;
        found
    }

    /// The element of this name, which may stand once.
    pub(crate) fn one(&mut self, name: &'static str) -> Option<Node> {
        let mut found = self.all(name).into_iter();
        let first = found.next();
        for again in found {
            self.errors.at(again.span(), format!("`{name}` is given twice"));
        }
        first
    }

    /// Where the first of these names stands.
    pub(crate) fn span_of(&self, names: &[&str]) -> Option<Span> {
        let is = |node: &&Node| node.name().is_some_and(|n| names.contains(&plain(n).as_str()));
        self.nodes.iter().find(is).map(Node::span)
    }

    /// Whether a flag is there; its place.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<Span> {
        match self.one(name)? {
            Node::Path(path) => Some(path.span()),
            other => {
                self.errors
                    .at(other.span(), format!("`{name}` stands alone, without a value or a list"));
                None
            }
        }
    }

    /// `name = value`
    fn value(&mut self, name: &'static str, example: &str) -> Option<Node> {
        match self.one(name)? {
            Node::Assigned(_, value) => Some(*value),
            other => {
                self.errors.at(other.span(), format!("expected `{name} = {example}`"));
                None
            }
        }
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Option<LitStr> {
        let node = self.value(name, "\"..\"")?;
        text(node, self.errors)
    }

    pub(crate) fn number(&mut self, name: &'static str) -> Option<(i64, Span)> {
        let node = self.value(name, "5")?;
        let span = node.span();
        if let Node::Literal(Literal { negative, value: Lit::Int(value) }) = &node {
            let number = value.base10_parse::<i128>();
            let number = number.map(|number| if *negative { -number } else { number });
            if let Some(number) = number.ok().and_then(|number| i64::try_from(number).ok()) {
                return Some((number, span));
            }
        }
        self.errors.at(span, format!("`{name}` is a whole number of 64 bits"));
        None
    }

    /// A number that counts something.
    pub(crate) fn count(&mut self, name: &'static str) -> Option<(u32, Span)> {
        let (number, span) = self.number(name)?;
        let count = u32::try_from(number).ok();
        if count.is_none() {
            self.errors.at(span, format!("`{name}` counts from 0 to {}", u32::MAX));
        }
        count.map(|count| (count, span))
    }

    /// One of some words, quoted or not: `on_delete = "set null"`, `on_delete = set_null`.
    pub(crate) fn word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let node = self.value(name, &format!("\"{}\"", words.first()?.0))?;
        let given = match &node {
            Node::Path(path) => path.get_ident().map(plain),
            Node::Literal(Literal { value: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        };
        let same = given.unwrap_or_default().to_lowercase().replace('_', " ");
        let found = words.iter().find(|(word, _)| *word == same);
        if found.is_none() {
            let all: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            let near = did_you_mean(&same, words.iter().map(|(word, _)| *word));
            self.errors.at(node.span(), format!("`{name}` is one of {}{near}", all.join(", ")));
        }
        found.map(|(_, value)| *value)
    }

    /// `name(...)`
    pub(crate) fn list(&mut self, name: &'static str) -> Option<(Span, Vec<Node>)> {
        match self.one(name)? {
            Node::List(name, nodes) => Some((name.span(), nodes)),
            other => {
                self.errors.at(other.span(), format!("expected a list: `{name}(..)`"));
                None
            }
        }
    }

    /// The names and literals that are left and belong to no known name, in their order.
    pub(crate) fn positional(&mut self) -> Vec<Node> {
        let is = |node: &Node| matches!(node, Node::Literal(_) | Node::Path(_));
        let (found, rest) = std::mem::take(&mut self.nodes).into_iter().partition(is);
        self.nodes = rest;
        found
    }

    /// What is left, for another reader that knows these names too.
    pub(crate) fn rest(self) -> Vec<Node> {
        self.nodes
    }

    /// Names that were read before.
    pub(crate) fn knows(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// What is left, in its order, with lists of these names.
    pub(crate) fn positional_with(&mut self, lists: &[&'static str]) -> Vec<Node> {
        self.known.extend(lists);
        let is = |node: &Node| match node {
            Node::Literal(_) | Node::Path(_) => true,
            Node::List(name, _) => lists.contains(&plain(name).as_str()),
            Node::Assigned(..) => false,
        };
        let (found, rest) = std::mem::take(&mut self.nodes).into_iter().partition(is);
        self.nodes = rest;
        found
    }

    /// Ends: what is left is unknown.
    pub(crate) fn finish(self) {
        let Self { what, nodes, known, errors, .. } = self;
        for node in nodes {
            let Some(name) = node.name().map(plain) else {
                let text = format!("expected a name; `{what}` has {}", known.join(", "));
                errors.at(node.span(), text);
                continue;
            };
            let near = did_you_mean(&name, known.iter().copied());
            let text = if near.is_empty() {
                format!("`{what}` has no `{name}`; it has {}", known.join(", "))
            } else {
                format!("`{what}` has no `{name}`{near}")
            };
            errors.at(node.span(), text);
        }
    }
}

/// A text that must not be empty.
pub(crate) fn text(node: Node, errors: &mut Errors) -> Option<LitStr> {
    match node {
        Node::Literal(Literal { value: Lit::Str(text), .. }) if text.value().trim().is_empty() => {
            errors.at(text.span(), "this text is empty");
            None
        }
        Node::Literal(Literal { value: Lit::Str(text), .. }) => Some(text),
        other => {
            errors.at(other.span(), "expected a text in quotes");
            None
        }
    }
}

/// A type: a name, a path, or any type in quotes.
pub(crate) fn type_of(text: &LitStr, errors: &mut Errors) -> Option<syn::Type> {
    let wrong = |_| syn::Error::new(text.span(), "this is no Rust type");
    errors.take(text.parse().map_err(wrong))
}

/// A name in quotes or without.
pub(crate) fn name_of(node: &Node) -> Option<(String, Span)> {
    match node {
        Node::Literal(Literal { value: Lit::Str(text), .. }) => Some((text.value(), text.span())),
        Node::Path(path) => path.get_ident().map(|ident| (plain(ident), ident.span())),
        _ => None,
    }
}
