//! Rust types as far as a macro can see them: by their spelling.

use syn::{GenericArgument, PathArguments, Type};

/// What an attribute must fit to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Integer,
    Float,
    Boolean,
    Text,
    Bytes,
    /// Anything that only the compiler knows.
    Other,
}

/// The last name of a path, and its first type argument.
fn last(ty: &Type) -> Option<(String, Option<&Type>)> {
    let Type::Path(path) = inner(ty) else { return None };
    let segment = path.path.segments.last()?;
    let argument = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    };
    Some((segment.ident.to_string(), argument))
}

/// A type without the invisible group that `macro_rules!` puts around it.
fn inner(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => inner(&group.elem),
        Type::Paren(paren) => inner(&paren.elem),
        ty => ty,
    }
}

/// What is in `Option<..>`.
pub(crate) fn option(ty: &Type) -> Option<&Type> {
    match last(ty)? {
        (name, Some(argument)) if name == "Option" => Some(argument),
        _ => None,
    }
}

/// What is in `Vec<..>`, where that is a column of many values: bytes are one.
pub(crate) fn element(ty: &Type) -> Option<&Type> {
    let ty = option(ty).unwrap_or(ty);
    match last(ty)? {
        (name, Some(argument)) if name == "Vec" && kind(ty) == Kind::Other => Some(argument),
        _ => None,
    }
}

pub(crate) fn kind(ty: &Type) -> Kind {
    match inner(ty) {
        Type::Reference(reference) => return kind(&reference.elem),
        Type::Slice(slice) if is_byte(&slice.elem) => return Kind::Bytes,
        Type::Array(array) if is_byte(&array.elem) => return Kind::Bytes,
        _ => {}
    }
    let Some((name, argument)) = last(ty) else { return Kind::Other };
    match (name.as_str(), argument) {
        ("i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64", None) => Kind::Integer,
        ("f32" | "f64", None) => Kind::Float,
        ("bool", None) => Kind::Boolean,
        ("String" | "str", None) => Kind::Text,
        ("Vec", Some(byte)) if is_byte(byte) => Kind::Bytes,
        ("Option" | "Box" | "Cow" | "Rc" | "Arc", Some(argument)) => kind(argument),
        _ => Kind::Other,
    }
}

fn is_byte(ty: &Type) -> bool {
    matches!(last(ty), Some((name, None)) if name == "u8")
}

/// As a message shows it.
pub(crate) fn shown(ty: &Type) -> String {
    let text = quote::quote!(#ty).to_string();
    text.replace(" < ", "<")
        .replace(" > ", ">")
        .replace(" >", ">")
        .replace(" :: ", "::")
        .replace("& ", "&")
}
