//! Changes as SQL.

use super::MySql;
use crate::{
    database::{Alteration, Rendition},
    error::{Error, Result},
};

pub(super) fn render(_dialect: &MySql, _work: &Alteration<'_>) -> Result<Rendition> {
    Err(Error::Unsupported("rendering is being written".to_owned()))
}
