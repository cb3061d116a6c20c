//! What the file of a rule needs.

pub(super) use super::{
    context::{Hit, LintContext, ReadStatement, found},
    ddl::{
        AskedDdl, ColumnText, CreateTable, Ddl, DemandKind, DropObjects, GeneratedColumn,
        NewStorage, SqlName, TableAction, TypeName,
    },
    rule::{
        ALL, Example, LintDatabase, MYSQL, POSTGRES, Rule, RuleScope, SERVERS, SQLITE, Severity,
    },
};
pub(super) use crate::database::TransactionSupport;
