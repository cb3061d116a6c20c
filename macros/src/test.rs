//! `#[ambix::test]`. The function is read by hand: `syn` would need to know the whole language for its body.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{
    Attribute, Ident, LitInt, LitStr, Path, Token, Type, Visibility,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned,
};

use crate::errors::did_you_mean;

/// What may stand in the brackets.
const ARGUMENTS: [&str; 9] = [
    "migrator",
    "target",
    "url",
    "fixtures",
    "fixture_fns",
    "max_connections",
    "flavor",
    "worker_threads",
    "crate",
];

pub(crate) fn expand(arguments: TokenStream, function: TokenStream) -> syn::Result<TokenStream> {
    let arguments: Arguments = syn::parse2(arguments)?;
    let function: Function = syn::parse2(function)?;
    arguments.check(&function)?;
    let Function { attributes, visibility, name, inputs, types, output, body } = &function;
    let krate = arguments.krate.clone().unwrap_or_else(|| syn::parse_quote!(::ambix));
    let runtime = arguments.runtime(&krate);
    let run = match types.first() {
        None => quote!(#krate::testkit::__private::run_plain(#runtime, #name())),
        Some(first) => {
            let setup = arguments.setup(&krate, first, name);
            let takes = types.iter().map(|ty| {
                quote_spanned! {ty.span()=> #krate::testkit::__private::take::<#ty>(database).await? }
            });
            let test =
                quote!(async |database| ::core::result::Result::Ok(#name(#(#takes),*).await));
            // Where a panic is right, it must be the test's own.
            if attributes.iter().any(|attribute| attribute.path().is_ident("should_panic")) {
                quote!(#krate::testkit::__private::run_to_panic(#runtime, || #setup, #test))
            } else {
                quote!(#krate::testkit::__private::run(#runtime, #setup, #test))
            }
        }
    };
    Ok(quote! {
        #(#attributes)*
        #[::core::prelude::v1::test]
        #visibility fn #name() #output {
            async fn #name(#inputs) #output #body
            #run
        }
    })
}

/// What stands in the brackets of the attribute.
#[derive(Default)]
struct Arguments {
    migrator: Option<Path>,
    target: Option<LitStr>,
    url: Option<TokenStream>,
    /// As they are for `include_str!`.
    fixtures: Vec<LitStr>,
    fixture_fns: Vec<Path>,
    max_connections: Option<LitInt>,
    flavor: Option<LitStr>,
    worker_threads: Option<LitInt>,
    krate: Option<Path>,
    /// All that were given.
    given: Vec<Ident>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut arguments = Self::default();
        while !input.is_empty() {
            // `crate` is a keyword.
            let name: Ident = input.call(syn::ext::IdentExt::parse_any)?;
            let twice = arguments.given.iter().find(|given| **given == name);
            // Files may be in several folders.
            if let Some(twice) = twice.filter(|name| *name != "fixtures") {
                return Err(syn::Error::new(name.span(), format!("`{twice}` is given twice")));
            }
            arguments.read(&name, input)?;
            arguments.given.push(name);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

impl Arguments {
    fn read(&mut self, name: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let text = name.to_string();
        match text.as_str() {
            "fixtures" => {
                let content;
                syn::parenthesized!(content in input);
                self.fixtures.extend(fixtures(&content)?);
                return Ok(());
            }
            "fixture_fns" => {
                let content;
                syn::parenthesized!(content in input);
                let paths = content.parse_terminated(Path::parse_mod_style, Token![,])?;
                self.fixture_fns = paths.into_iter().collect();
                return Ok(());
            }
            known if ARGUMENTS.contains(&known) => {}
            unknown => {
                let text = match did_you_mean(unknown, ARGUMENTS) {
                    near if near.is_empty() => format!("; there are `{}`", ARGUMENTS.join("`, `")),
                    near => near,
                };
                let text = format!("`{unknown}` means nothing here{text}");
                return Err(syn::Error::new(name.span(), text));
            }
        }
        input.parse::<Token![=]>()?;
        match text.as_str() {
            "migrator" => self.migrator = Some(path(input)?),
            "crate" => self.krate = Some(path(input)?),
            "target" => self.target = Some(input.parse()?),
            "flavor" => self.flavor = Some(input.parse()?),
            "max_connections" => self.max_connections = Some(input.parse()?),
            "worker_threads" => self.worker_threads = Some(input.parse()?),
            _ => self.url = Some(until_comma(input)?),
        }
        Ok(())
    }

    fn check(&self, function: &Function) -> syn::Result<()> {
        let flavor = self.flavor.as_ref().map(LitStr::value);
        if let Some(given) = &self.flavor
            && !matches!(flavor.as_deref(), Some("current_thread" | "multi_thread"))
        {
            return Err(syn::Error::new(
                given.span(),
                "expected `current_thread` or `multi_thread`",
            ));
        }
        if let Some(threads) =
            self.worker_threads.as_ref().filter(|_| flavor.as_deref() != Some("multi_thread"))
        {
            return Err(syn::Error::new(
                threads.span(),
                "worker threads need `flavor = \"multi_thread\"`",
            ));
        }
        let runtime = ["flavor", "worker_threads", "crate"];
        match (function.types.is_empty(), &self.migrator) {
            (true, _) => {
                match self.given.iter().find(|name| !runtime.contains(&name.to_string().as_str())) {
                    Some(given) => Err(syn::Error::new(
                        given.span(),
                        "the function has no argument, so that it gets no database: give it a `pool: PgPool`",
                    )),
                    None => Ok(()),
                }
            }
            (false, None) => Err(syn::Error::new(
                function.name.span(),
                "which migrations? `#[ambix::test(migrator = \"MIGRATOR\")]` names a static `Migrator`",
            )),
            (false, Some(_)) => Ok(()),
        }
    }

    fn runtime(&self, krate: &Path) -> TokenStream {
        let is_multi = self.flavor.as_ref().is_some_and(|flavor| flavor.value() == "multi_thread");
        match (is_multi, &self.worker_threads) {
            (false, _) => quote!(#krate::testkit::__private::Flavor::CurrentThread),
            (true, None) => {
                quote!(#krate::testkit::__private::Flavor::MultiThread(::core::option::Option::None))
            }
            (true, Some(threads)) => {
                quote!(#krate::testkit::__private::Flavor::MultiThread(::core::option::Option::Some(#threads)))
            }
        }
    }

    fn setup(&self, krate: &Path, first: &Type, name: &Ident) -> TokenStream {
        let Self { migrator, target, url, fixtures, fixture_fns, max_connections, .. } = self;
        let (target, url) = (target.iter(), url.iter());
        let max_connections = max_connections.iter();
        // A file that is missing is an error where it is named.
        let texts = fixtures.iter().map(|file| {
            quote_spanned! {file.span()=> ::core::include_str!(#file) }
        });
        quote! {
            #krate::testkit::__private::setup::<#first>(
                &#migrator,
                ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name)),
            )
            #(.target(#target))*
            #(.url(#url))*
            #(.max_connections(#max_connections))*
            #(.fixture(#fixtures, #texts))*
            #(.fixture_fn(#fixture_fns))*
        }
    }
}

/// A path, or one in quotes as sqlx's attribute has it.
fn path(input: ParseStream<'_>) -> syn::Result<Path> {
    if input.peek(LitStr) {
        input.parse::<LitStr>()?.parse_with(Path::parse_mod_style)
    } else {
        input.call(Path::parse_mod_style)
    }
}

/// An expression. A comma ends it, but for those between the brackets of `f::<A, B>`.
fn until_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let mut depth = 0_u32;
    while !input.is_empty() && (depth > 0 || !input.peek(Token![,])) {
        if input.peek(Token![->]) {
            // Its second sign is no bracket.
            tokens.extend([input.parse::<TokenTree>()?]);
        } else if input.peek(Token![::]) && input.peek3(Token![<]) {
            tokens.extend([input.parse::<TokenTree>()?, input.parse()?]);
            depth += 1;
        } else if depth > 0 && input.peek(Token![<]) {
            depth += 1;
        } else if depth > 0 && input.peek(Token![>]) {
            depth -= 1;
        }
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// The files, where sqlx's attribute looks for them: a bare name is one in the folder `fixtures` beside the source, with `.sql` where
/// it has no extension; a path is one from there; `path = "dir", scripts("a")` names the folder.
fn fixtures(input: ParseStream<'_>) -> syn::Result<Vec<LitStr>> {
    let names = |input: ParseStream<'_>| Punctuated::<LitStr, Token![,]>::parse_terminated(input);
    // Errors of the file are shown at its name.
    let file = |folder: &str, name: &LitStr| {
        let extension = std::path::Path::new(&name.value()).extension().map_or(".sql", |_| "");
        LitStr::new(&format!("{folder}/{}{extension}", name.value()), name.span())
    };
    if !input.peek(Ident) {
        let is_path = |name: &LitStr| std::path::Path::new(&name.value()).components().count() > 1;
        let files = names(input)?.into_iter();
        return Ok(files
            .map(|name| if is_path(&name) { name } else { file("fixtures", &name) })
            .collect());
    }
    let expected =
        |span: Span| syn::Error::new(span, "expected `path = \"folder\", scripts(\"name\", ...)`");
    let word: Ident = input.parse()?;
    if word != "path" {
        return Err(expected(word.span()));
    }
    input.parse::<Token![=]>()?;
    let folder: LitStr = input.parse()?;
    input.parse::<Token![,]>()?;
    let word: Ident = input.parse()?;
    if word != "scripts" {
        return Err(expected(word.span()));
    }
    let content;
    syn::parenthesized!(content in input);
    Ok(names(&content)?.iter().map(|name| file(&folder.value(), name)).collect())
}

/// The function under the attribute.
struct Function {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    inputs: TokenStream,
    types: Vec<Type>,
    output: TokenStream,
    body: TokenTree,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !input.peek(Token![async]) {
            return Err(input.error("expected an `async fn`"));
        }
        input.parse::<Token![async]>()?;
        input.parse::<Token![fn]>()?;
        let name: Ident = input.parse()?;
        if input.peek(Token![<]) {
            return Err(input.error("a test cannot be generic: nobody would say for what"));
        }
        let content;
        syn::parenthesized!(content in input);
        let inputs: TokenStream = content.fork().parse()?;
        let types = content.call(types)?;
        let mut output = TokenStream::new();
        let body = loop {
            match input.parse::<TokenTree>()? {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    break TokenTree::Group(group);
                }
                token => output.extend([token]),
            }
        };
        Ok(Self { attributes, visibility, name, inputs, types, output, body })
    }
}

/// The types of arguments. What stands before a colon is a pattern, which needs not be understood.
fn types(input: ParseStream<'_>) -> syn::Result<Vec<Type>> {
    let mut types = Vec::new();
    while !input.is_empty() {
        while !input.peek(Token![:]) || input.peek(Token![::]) {
            if input.is_empty() {
                let text = "a test is no method: expected `name: Type`";
                return Err(syn::Error::new(input.span(), text));
            }
            if input.peek(Token![::]) {
                input.parse::<Token![::]>()?;
            } else {
                input.parse::<TokenTree>()?;
            }
        }
        input.parse::<Token![:]>()?;
        types.push(input.parse()?);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(types)
}
