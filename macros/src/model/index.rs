//! Indexes, at a column or at the table.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use super::{
    constraint::own_or_list,
    scope::{Scope, names, options},
};
use crate::{
    errors::Errors,
    node::{Node, plain},
    reader::{Reader, text},
};

/// Lists that stand among an index's columns.
const PARTS: [&str; 3] = ["expr", "desc", "column"];

/// `index` at a column, `index(..)` at either.
pub(crate) fn index(
    scope: &Scope,
    own: Option<&str>,
    node: Node,
    errors: &mut Errors,
) -> TokenStream {
    let schema = &scope.schema;
    let Some((span, nodes)) = own_or_list(node, own, "index(a, b)", errors) else {
        return TokenStream::new();
    };
    let mut reader = Reader::new("index(..)", span, nodes, errors);
    let names = names(&mut reader);
    let unique = reader.flag("unique").map(|_| quote!(.unique()));
    let method = reader.text("method").map(|method| quote!(.method(#method)));
    let predicate = reader.text("where").map(|predicate| quote!(.only_where(#predicate)));
    let include = scope.include(&mut reader);
    let distinct = reader.flag("nulls_not_distinct").map(|_| quote!(.nulls_not_distinct()));
    let comment = reader.text("comment").map(|comment| quote!(.comment(#comment)));
    let options = options(&mut reader);
    let parts = match own {
        Some(own) => {
            let details = details(&mut reader, schema);
            vec![quote!(#schema::IndexPart::column(#own) #details)]
        }
        None => parts(scope, &mut reader),
    };
    reader.finish();
    quote!(.with_index(
        #schema::Index::on([#(#parts),*])
            #names #unique #method #include #predicate #distinct #comment #options
    ))
}

/// `columns(a, desc(b), expr("lower(c)"))`, or the same without the word.
fn parts(scope: &Scope, reader: &mut Reader<'_>) -> Vec<TokenStream> {
    let (span, nodes) = match reader.list("columns") {
        Some(list) => list,
        None => (reader.span(), reader.positional_with(&PARTS)),
    };
    if nodes.is_empty() {
        reader.errors.at(span, "expected what is indexed: `index(a, desc(b), expr(\"lower(c)\"))`");
    }
    nodes.into_iter().filter_map(|node| part(scope, node, reader.errors)).collect()
}

fn part(scope: &Scope, node: Node, errors: &mut Errors) -> Option<TokenStream> {
    let schema = &scope.schema;
    let (name, nodes) = match node {
        Node::List(name, nodes) => (name, nodes),
        node => {
            let column = scope.column(&node, errors)?;
            return Some(quote!(#schema::IndexPart::column(#column)));
        }
    };
    let kind = plain(&name);
    if !PARTS.contains(&kind.as_str()) {
        let text = format!(
            "`columns(..)` has columns, desc(..), expr(..) and column(..), and no `{kind}(..)`"
        );
        errors.at(name.span(), text);
        return None;
    }
    let mut reader = Reader::new("column(..)", name.span(), nodes, errors);
    let details = details(&mut reader, schema);
    let mut alone = reader.positional().into_iter();
    let first = alone.next();
    if let Some(more) = alone.next() {
        reader.errors.at(more.span(), format!("`{kind}(..)` takes one"));
    }
    let Some(first) = first else {
        reader.errors.at(name.span(), format!("`{kind}(..)` is empty"));
        return None;
    };
    let part = if kind == "expr" {
        let expression = text(first, reader.errors)?;
        quote!(#schema::IndexPart::expression(#expression))
    } else {
        let column = scope.column(&first, reader.errors)?;
        quote!(#schema::IndexPart::column(#column))
    };
    reader.finish();
    let descending = (kind == "desc").then(|| quote!(.descending()));
    Some(quote!(#part #descending #details))
}

const NULLS: [(&str, &str); 2] = [("first", "First"), ("last", "Last")];

/// What one part may say of itself, as calls of the builder.
fn details(reader: &mut Reader<'_>, schema: &TokenStream) -> TokenStream {
    let descending = reader.flag("desc").map(|_| quote!(.descending()));
    let nulls = reader.word("nulls", &NULLS).map(|nulls| {
        let nulls = syn::Ident::new(nulls, Span::call_site());
        quote!(.nulls(#schema::Nulls::#nulls))
    });
    let collation = reader.text("collation").map(|collation| quote!(.collation(#collation)));
    let class = reader.text("ops").map(|class| quote!(.operator_class(#class)));
    let length = reader.count("length").map(|(length, _)| quote!(.length(#length)));
    quote!(#descending #nulls #collation #class #length)
}
