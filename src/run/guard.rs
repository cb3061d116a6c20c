//! What is around each transaction, so that no statement of it is committed by itself.

use super::{batch::Batch, execute::Runner};
use crate::database::{Failure, FailureKind};

impl Runner<'_, '_> {
    /// Begins a transaction in a message.
    pub(crate) fn begin(&self, message: &mut Batch<'_>) {
        if let Some(guard) = &self.guard {
            message.own(self.dialect, guard.enter);
        }
        message.own(self.dialect, self.dialect.begin());
        self.mark_transaction(message);
    }

    /// Ends it. [`leave_guard`](Self::leave_guard) comes behind the last one of a message.
    pub(crate) fn commit(&self, message: &mut Batch<'_>) {
        self.check_transaction(message);
        message.own(self.dialect, "COMMIT");
    }

    pub(crate) fn leave_guard(&self, message: &mut Batch<'_>) {
        if let Some(guard) = &self.guard {
            message.after_commit(self.dialect, &guard.leave);
        }
    }

    /// First in a transaction that cannot be committed by what is in it.
    pub(crate) fn mark_transaction(&self, message: &mut Batch<'_>) {
        if let Some(guard) = &self.guard {
            message.own(self.dialect, guard.mark);
        }
    }

    /// Last in such a one.
    pub(crate) fn check_transaction(&self, message: &mut Batch<'_>) {
        if let Some(guard) = &self.guard {
            message.own(self.dialect, guard.check);
        }
    }

    /// What begins a transaction of the driver.
    pub(crate) fn driver_begin(&self) -> &'static str {
        match &self.guard {
            Some(guard) => guard.enter_and_begin,
            None => self.dialect.begin(),
        }
    }

    /// After the COMMIT of a transaction of the driver. What it did is done, so a failure is as if the connection were lost: a new
    /// one reads what took effect.
    pub(crate) async fn after_driver(&mut self) -> Result<(), Failure> {
        let Some(guard) = &self.guard else { return Ok(()) };
        let left = self.session.run(&guard.leave).await;
        left.map(drop).map_err(|failure| Failure { kind: FailureKind::Lost, ..failure })
    }
}
