//! The macros of ambix. They share no code with it: what the derives write are calls of the builders in `ambix::schema`, what the
//! attribute writes is a call of the test kit.

mod case;
mod enums;
mod errors;
mod model;
mod node;
mod reader;
mod sqlx;
mod test;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, GenericParam, parse_macro_input};

use self::{errors::Errors, node::Node, reader::Reader};

/// A struct as a table.
#[proc_macro_derive(Model, attributes(model, column, sqlx))]
pub fn model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    model::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// An enum as a column's type.
#[proc_macro_derive(Enum, attributes(model, value, sqlx))]
pub fn enums(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    enums::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// An async function as a test with a database of its own.
#[proc_macro_attribute]
pub fn test(
    arguments: proc_macro::TokenStream,
    function: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let expanded = test::expand(arguments.into(), function.into());
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Where the builders are: below `::ambix`, or where `crate = ".."` says that ambix is.
fn schema_path(reader: &mut Reader<'_>) -> TokenStream {
    let path = match reader.one("crate") {
        None => None,
        Some(Node::Assigned(_, value)) => match *value {
            Node::Path(path) => Some(path),
            other => reader::text(other, reader.errors).and_then(|text| {
                let parsed = text.parse_with(syn::Path::parse_mod_style);
                reader.errors.take(parsed)
            }),
        },
        Some(other) => {
            reader.errors.at(other.span(), "expected `crate = \"path\"`");
            None
        }
    };
    path.map_or_else(|| quote!(::ambix::schema), |path| quote!(#path::schema))
}

/// A type with parameters would be many tables.
fn check_generics(input: &DeriveInput, errors: &mut Errors) {
    for parameter in &input.generics.params {
        let span = match parameter {
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(parameter) => parameter.ident.span(),
            GenericParam::Const(parameter) => parameter.ident.span(),
        };
        errors.at(span, "one table or type is one Rust type: this parameter would make it many");
    }
}
