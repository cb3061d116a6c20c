//! Sessions on a model, as the databases have them.

use std::{any::Any, fmt};

use super::{data::other, model::ModelConnection};
use crate::{
    database::{BoxFuture, Failure, FailureKind, Row, Session, Transaction},
    error::BoxError,
};

/// A session, as the databases have them.
pub(super) enum ModelSession<'c> {
    Own(ModelConnection),
    Borrowed(&'c mut ModelConnection),
}

impl ModelSession<'_> {
    fn connection(&mut self) -> &mut ModelConnection {
        match self {
            Self::Own(connection) => connection,
            Self::Borrowed(connection) => connection,
        }
    }
}

impl Session for ModelSession<'_> {
    fn run<'s>(&'s mut self, sql: &'s str) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(self.connection().message(sql))
    }

    fn copy<'s>(
        &'s mut self,
        statement: &'s str,
        _rows: &'s str,
    ) -> BoxFuture<'s, Result<(), Failure>> {
        Box::pin(async move { Err(other(format!("the model has no COPY: {statement}"))) })
    }

    fn begin<'s>(
        &'s mut self,
        sql: &'static str,
    ) -> BoxFuture<'s, Result<Box<dyn Transaction + 's>, Failure>> {
        Box::pin(async move {
            let transaction = ModelTransaction(self.connection());
            transaction.0.message(sql).await?;
            Ok(Box::new(transaction) as Box<dyn Transaction>)
        })
    }

    fn rollback(&mut self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move {
            match self.is_own().then(|| self.connection().message("ROLLBACK")) {
                Some(rollback) => match rollback.await {
                    Err(failure) if failure.kind == FailureKind::Lost => Err(failure),
                    _ => Ok(()),
                },
                None => Ok(()),
            }
        })
    }

    fn is_own(&self) -> bool {
        matches!(self, Self::Own(_))
    }

    fn close<'s>(self: Box<Self>) -> BoxFuture<'s, ()>
    where
        Self: 's,
    {
        Box::pin(async move { drop(self) })
    }
}

/// Rolled back when it is dropped.
struct ModelTransaction<'c>(&'c mut ModelConnection);

impl Drop for ModelTransaction<'_> {
    fn drop(&mut self) {
        if self.0.in_transaction {
            self.0.end(false);
        }
    }
}

impl Transaction for ModelTransaction<'_> {
    fn run<'s>(&'s mut self, sql: &'s str) -> BoxFuture<'s, Result<Vec<Row>, Failure>> {
        Box::pin(self.0.message(sql))
    }

    fn copy<'s>(
        &'s mut self,
        statement: &'s str,
        _rows: &'s str,
    ) -> BoxFuture<'s, Result<(), Failure>> {
        Box::pin(async move { Err(other(format!("the model has no COPY: {statement}"))) })
    }

    fn connection(&mut self) -> &mut (dyn Any + Send) {
        self.0
    }

    fn explain(&self, error: BoxError) -> Failure {
        match error.downcast::<FaultError>() {
            Ok(said) => said.0,
            Err(error) => other(error),
        }
    }

    fn commit<'s>(self: Box<Self>) -> BoxFuture<'s, Result<(), Failure>>
    where
        Self: 's,
    {
        Box::pin(async move { self.0.message("COMMIT").await.map(drop) })
    }
}

/// A failure, as a registered function sees it.
#[derive(Debug)]
pub(super) struct FaultError(pub(super) Failure);

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.error.fmt(f)
    }
}

impl std::error::Error for FaultError {}
