//! Registered Rust functions, and what the caller of a verb tells them.

use std::{any::Any, collections::HashMap, sync::Arc};

use super::plan::Direction;
use crate::{
    database::{BoxFuture, StepConnection},
    error::BoxError,
};

/// What the caller of a verb has to say to registered Rust functions and to observers: a tag, and arguments by name. Both
/// mean nothing to ambix itself.
///
/// They are set with [`Migrator::tag`](crate::Migrator::tag) and [`Migrator::argument`](crate::Migrator::argument), and on
/// the command line with `--tag TAG` and `-x KEY=VALUE`. It is cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments(Arc<Given>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Given {
    tag: Option<String>,
    pairs: Vec<(String, String)>,
}

impl Arguments {
    /// The tag, where one was given.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.0.tag.as_deref()
    }

    /// The value of an argument; where it was given several times, the last one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().filter(|(name, _)| *name == key).map(|(_, value)| value).last()
    }

    /// All arguments, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub(crate) fn set_tag(&mut self, tag: String) {
        Arc::make_mut(&mut self.0).tag = Some(tag);
    }

    pub(crate) fn push(&mut self, key: String, value: String) {
        Arc::make_mut(&mut self.0).pairs.push((key, value));
    }
}

/// Where a registered Rust function is called: for which step, and with what arguments. See
/// [`Migrator::register_with`](crate::Migrator::register_with).
#[derive(Debug, Clone)]
pub struct StepContext {
    revision: String,
    direction: Direction,
    arguments: Arguments,
}

impl StepContext {
    pub(crate) fn new(revision: &str, direction: Direction, arguments: &Arguments) -> Self {
        Self { revision: revision.to_owned(), direction, arguments: arguments.clone() }
    }

    /// The revision of the migration that calls the function.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// Whether its up side calls it, or its down side.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The tag, where one was given.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.arguments.tag()
    }

    /// The value of an argument; where it was given several times, the last one.
    #[must_use]
    pub fn argument(&self, key: &str) -> Option<&str> {
        self.arguments.get(key)
    }

    /// The tag and all arguments.
    #[must_use]
    pub fn arguments(&self) -> &Arguments {
        &self.arguments
    }
}

/// A registered Rust function, its connection type erased.
pub(crate) type Function = Arc<
    dyn for<'c> Fn(&'c mut (dyn Any + Send), StepContext) -> BoxFuture<'c, Result<(), BoxError>>
        + Send
        + Sync,
>;

/// Forgets the type of the connection, and looks when it is called whether it is the right one. `name` is for that error.
pub(crate) fn erase<C, F>(name: String, function: F) -> Function
where
    C: StepConnection,
    F: for<'c> Fn(&'c mut C, StepContext) -> BoxFuture<'c, Result<(), BoxError>>
        + Send
        + Sync
        + 'static,
{
    Arc::new(move |connection, step| match connection.downcast_mut::<C>() {
        Some(connection) => function(connection, step),
        None => {
            let message = format!(
                "the function {name} takes a {}, which this database does not have",
                C::NAME
            );
            Box::pin(std::future::ready(Err(message.into())))
        }
    })
}

/// The functions that the program registered.
pub(crate) type Functions = HashMap<String, Function>;
