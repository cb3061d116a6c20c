//! The run pipeline: what is applied -> plan -> one loop that executes it.

pub(crate) mod batch;
pub(crate) mod engines;
pub(crate) mod event;
pub(crate) mod execute;
pub(crate) mod fitting;
pub(crate) mod function;
mod guard;
pub(crate) mod history;
pub(crate) mod non_transactional;
pub(crate) mod plan;
pub(crate) mod prepare;
pub(crate) mod queue;
pub(crate) mod quick;
pub(crate) mod recovery;
pub(crate) mod rehearsal;
pub(crate) mod report;
pub(crate) mod script;
pub(crate) mod transaction;
mod unwritten;
