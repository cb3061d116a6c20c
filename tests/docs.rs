//! The documentation's examples in which models are sqlx's as well: the library itself is built without the types of other crates.

#[cfg(doctest)]
mod examples {
    #[doc = include_str!("../docs/models.md")]
    mod models {}

    #[doc = include_str!("../src/schema/enum.md")]
    mod derive_enum {}

    #[doc = include_str!("../src/schema/model.md")]
    mod derive_model {}
}
