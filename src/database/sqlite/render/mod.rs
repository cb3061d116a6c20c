//! Changes as SQL.

use super::Sqlite;
use crate::{
    database::{Alteration, Rendition},
    error::{Error, Result},
};

pub(super) fn render(_dialect: &Sqlite, _work: &Alteration<'_>) -> Result<Rendition> {
    Err(Error::Unsupported("rendering is being written".to_owned()))
}
