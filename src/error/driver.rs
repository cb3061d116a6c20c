use std::{error::Error as StdError, fmt};

use super::BoxError;

/// What the database server, or the driver, said. The [`source`](StdError::source) of errors that come from a database.
///
/// Its `Display` is the message in the server's own words, with its detail and hint. The driver's own error is
/// [`get_ref`](Self::get_ref), and not another link of the chain of sources, since it would print the message a second time.
/// [`Error::find_source`](super::Error::find_source) finds it in one step.
pub struct DriverError {
    message: String,
    code: Option<String>,
    error: BoxError,
}

impl DriverError {
    pub(crate) fn new(message: String, code: Option<String>, error: BoxError) -> Self {
        Self { message, code, error }
    }

    /// Another message for an error, with advice for example, that keeps the error itself.
    pub(crate) fn reworded(error: BoxError, message: String) -> BoxError {
        match error.downcast::<Self>() {
            Ok(error) => Box::new(Self { message, ..*error }),
            Err(error) => Box::new(Self { message, code: None, error }),
        }
    }

    /// The server's code for the error (SQLSTATE and the like), if it gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The driver's error: an `sqlx::Error` for whatever sqlx returned.
    #[must_use]
    pub fn get_ref(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self.error.as_ref()
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The driver's own `Debug` may show what a message must not: the message is enough.
impl fmt::Debug for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for DriverError {}

/// An error and what caused it, on one line. A cause that the text before it already has is not said again.
pub(crate) struct Chain<'e>(pub(crate) &'e (dyn StdError + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = String::new();
        let mut next = Some(self.0);
        while let Some(error) = next {
            // It knows where in its sentence its own cause belongs.
            let own = error.downcast_ref::<super::Error>();
            let text = own.map_or_else(|| error.to_string(), |own| format!("{own:#}"));
            if !before.contains(&text) {
                let colon = if before.is_empty() { "" } else { ": " };
                write!(f, "{colon}{text}")?;
                before = text;
            }
            next = if own.is_some() { None } else { error.source() };
        }
        Ok(())
    }
}

/// `: ` and the cause, for a message that is to say all of it (`{:#}`).
pub(super) fn write_cause(
    f: &mut fmt::Formatter<'_>,
    cause: &(dyn StdError + 'static),
) -> fmt::Result {
    if f.alternate() { write!(f, ": {}", Chain(cause)) } else { Ok(()) }
}
