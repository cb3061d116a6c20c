//! Changes as SQL.

use super::Postgres;
use crate::{
    database::{Alteration, Rendition},
    error::{Error, Result},
};

pub(super) fn render(_dialect: &Postgres, _work: &Alteration<'_>) -> Result<Rendition> {
    Err(Error::Unsupported("rendering is being written".to_owned()))
}
