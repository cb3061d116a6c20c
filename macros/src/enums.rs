//! An enum as a column's type.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DeriveInput, Fields, Ident, LitStr};

use crate::{
    case::{CASES, Case},
    errors::{Errors, did_you_mean},
    node::plain,
    reader::Reader,
    sqlx,
};

const MODEL: &str = "#[model(..)]";

/// A variant as the database has it.
struct Value<'i> {
    variant: &'i Ident,
    name: String,
    renamed_from: Option<String>,
}

/// `impl Enum`, or what is wrong.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let container = sqlx::container(&input.attrs);
    let mut reader = Reader::of("model", MODEL, &input.attrs, &mut errors);
    let schema = crate::schema_path(&mut reader);
    let head = head(input, &container, &mut reader, &schema);
    let case = case(&container, &mut reader);
    reader.finish();
    let values = variants(input, &mut errors)
        .map(|data| values(data, case, &mut errors))
        .unwrap_or_default();
    crate::check_generics(input, &mut errors);
    if let Some(repr) = &container.repr {
        return with_errors(errors, number(input, &schema, repr, &values));
    }
    let ident = &input.ident;
    let body = body(&schema, &head, &values);
    let (variants, names): (Vec<_>, Vec<_>) =
        values.iter().map(|value| (value.variant, &value.name)).unzip();
    with_errors(
        errors,
        quote! {
            #[automatically_derived]
            impl #schema::Enum for #ident {
                fn enum_type() -> #schema::EnumType {
                    #body
                }
            }
            #[automatically_derived]
            impl #schema::ColumnType for #ident {
                fn column_type() -> #schema::Type {
                    #schema::Type::Enum(<Self as #schema::Enum>::enum_type())
                }
            }
            #[automatically_derived]
            impl #schema::ArrayElement for #ident {}
            #[automatically_derived]
            impl ::core::convert::From<#ident> for #schema::Literal {
                fn from(value: #ident) -> Self {
                    Self::Text(::std::string::String::from(match value {
                        #(#ident::#variants => #names,)*
                    }))
                }
            }
        },
    )
}

/// With errors only they are shown: an enum without variants has no use.
fn with_errors(errors: Errors, tokens: TokenStream) -> TokenStream {
    if errors.is_empty() { tokens } else { errors.into_tokens() }
}

/// What `#[repr(i32)]` makes of an enum, as sqlx does: a column of numbers.
fn number(
    input: &DeriveInput,
    schema: &TokenStream,
    repr: &Ident,
    values: &[Value<'_>],
) -> TokenStream {
    let ident = &input.ident;
    let variants = values.iter().map(|value| value.variant);
    quote! {
        #[automatically_derived]
        impl #schema::ColumnType for #ident {
            fn column_type() -> #schema::Type {
                <#repr as #schema::ColumnType>::column_type()
            }
        }
        #[automatically_derived]
        impl #schema::ArrayElement for #ident {}
        #[automatically_derived]
        impl ::core::convert::From<#ident> for #schema::Literal {
            fn from(value: #ident) -> Self {
                Self::from(match value {
                    #(#ident::#variants => #ident::#variants as #repr,)*
                })
            }
        }
    }
}

/// The type's names: its own, and the one before.
struct Head {
    name: TokenStream,
    renamed_from: Option<LitStr>,
}

fn head(
    input: &DeriveInput,
    container: &sqlx::Container,
    reader: &mut Reader<'_>,
    schema: &TokenStream,
) -> Head {
    let name = reader.text("name");
    let namespace = reader.text("schema").map(|namespace| namespace.value());
    let renamed_from = reader.text("renamed_from");
    let as_sqlx = container.type_name.as_ref().map(LitStr::value);
    let (sqlx_namespace, sqlx_name) = match &as_sqlx {
        Some(text) => match text.split_once('.') {
            Some((namespace, name)) => (Some(namespace.to_owned()), Some(name.to_owned())),
            None => (None, Some(text.clone())),
        },
        None => (None, None),
    };
    if let (Some(name), Some(sqlx)) = (&name, &sqlx_name)
        && name.value() != *sqlx
    {
        let text = format!("sqlx calls the type `{sqlx}`, since `#[sqlx(type_name)]` says so");
        reader.errors.at(name.span(), text);
    }
    let name = name.map(|name| name.value()).or(sqlx_name);
    let name = name.unwrap_or_else(|| Case::Snake.apply(&plain(&input.ident)));
    let name = match namespace.or(sqlx_namespace) {
        Some(namespace) => quote!(#schema::Name::in_schema(#namespace, #name)),
        None => quote!(#schema::Name::new(#name)),
    };
    Head { name, renamed_from }
}

/// How the names of the variants are changed.
fn case(container: &sqlx::Container, reader: &mut Reader<'_>) -> Option<Case> {
    let Some(given) = reader.text("rename_all") else { return container.rename_all };
    let case = Case::read(&given.value());
    if case.is_none() {
        let names = CASES.map(|(name, _)| name);
        let near = did_you_mean(&given.value(), names);
        let text = format!("`rename_all` is one of {}{near}", names.join(", "));
        reader.errors.at(given.span(), text);
    }
    if let Some(sqlx) = container.rename_all
        && case.is_some_and(|case| case != sqlx)
    {
        reader.errors.at(given.span(), "`#[sqlx(rename_all)]` says otherwise");
    }
    case
}

fn variants<'i>(input: &'i DeriveInput, errors: &mut Errors) -> Option<&'i DataEnum> {
    match &input.data {
        Data::Enum(data) if !data.variants.is_empty() => return Some(data),
        Data::Enum(_) => errors.at(input.ident.span(), "an enum type needs a value"),
        Data::Struct(_) | Data::Union(_) => {
            let text = "an enum type is an enum; a struct is a table: #[derive(ambix::Model)]";
            errors.at(input.ident.span(), text);
        }
    }
    None
}

fn values<'i>(data: &'i DataEnum, case: Option<Case>, errors: &mut Errors) -> Vec<Value<'i>> {
    let mut found: Vec<Value<'i>> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(variant.ident.span(), "a value of an enum type has no fields");
        }
        let as_sqlx = sqlx::child(&variant.attrs, errors).rename;
        let mut reader = Reader::of("value", "#[value(..)]", &variant.attrs, errors);
        let rename = reader.text("rename");
        let renamed_from = reader.text("renamed_from").map(|from| from.value());
        if let (Some(name), Some(sqlx)) = (&rename, &as_sqlx)
            && name.value() != *sqlx
        {
            let text = format!("sqlx calls the value `{sqlx}`, since `#[sqlx(rename)]` says so");
            reader.errors.at(name.span(), text);
        }
        reader.finish();
        let plain = plain(&variant.ident);
        let name = rename.map(|name| name.value()).or(as_sqlx);
        let name = name.unwrap_or_else(|| case.map_or(plain.clone(), |case| case.apply(&plain)));
        if found.iter().any(|value| value.name == name) {
            errors.at(variant.ident.span(), format!("two variants are the value `{name}`"));
        }
        found.push(Value { variant: &variant.ident, name, renamed_from });
    }
    found
}

fn body(schema: &TokenStream, head: &Head, values: &[Value<'_>]) -> TokenStream {
    let Head { name, renamed_from } = head;
    let names = values.iter().map(|value| &value.name);
    let from = renamed_from.as_ref().map(|from| quote!(.renamed_from(#from)));
    let renamed = values.iter().filter_map(|value| {
        let (from, to) = (value.renamed_from.as_ref()?, &value.name);
        Some(quote!(.renamed_value(#from, #to)))
    });
    quote!(#schema::EnumType::new(#name, [#(#names),*]) #from #(#renamed)*)
}
