//! The statements of a script, together with those that its blocks and procedures run.

use std::collections::HashMap;

use super::{
    block::{self, called_procedure, created_procedure},
    context::ReadStatement,
    ddl::{Ddl, parse},
};
use crate::{
    migration::Script,
    sql::{Statement, Syntax},
};

/// The statements that the rules look at: those of a script and, behind each block or call that is read, those in it.
#[derive(Debug, Default)]
pub(crate) struct OpenedStatements<'t> {
    pub(crate) statements: Vec<ReadStatement<'t>>,
    /// For each of them, which statement of the script runs it.
    pub(crate) runs: Vec<usize>,
    /// For each of them, why it may not run, or why its failure may not count.
    pub(crate) doubts: Vec<Option<&'static str>>,
    /// For each of them, whether those behind it are what it does.
    pub(crate) is_opened: Vec<bool>,
}

impl<'t> OpenedStatements<'t> {
    pub(crate) fn of(
        script: &'t Script,
        statements: &[ReadStatement<'t>],
        syntax: &Syntax,
    ) -> Self {
        let mut opened = Self::default();
        // A procedure of the script itself, by its name.
        let mut procedures: HashMap<String, Statement<'t>> = HashMap::new();
        for (at, read) in statements.iter().enumerate() {
            if let Some(name) = created_procedure(&read.statement, syntax) {
                procedures.insert(name, read.statement);
            }
            let body = match read.ddl {
                Ddl::Hidden("DO" | "BEGIN NOT ATOMIC") => Some(read.statement),
                Ddl::Hidden("CALL") => called_procedure(&read.statement, syntax)
                    .and_then(|name| procedures.get(&name).copied()),
                _ => None,
            };
            let inner = body.and_then(|body| block::statements(&body, script.text(), syntax));
            let ddl = if inner.is_some() { Ddl::Other } else { read.ddl.clone() };
            opened.push(ReadStatement { ddl, ..read.clone() }, at, None, inner.is_some());
            for inner in inner.unwrap_or_default() {
                let ddl = parse(inner.statement.text, syntax);
                let read = ReadStatement { statement: inner.statement, ddl };
                opened.push(read, at, inner.doubt, false);
            }
        }
        opened
    }

    fn push(
        &mut self,
        read: ReadStatement<'t>,
        runs: usize,
        doubt: Option<&'static str>,
        is_opened: bool,
    ) {
        self.statements.push(read);
        self.runs.push(runs);
        self.doubts.push(doubt);
        self.is_opened.push(is_opened);
    }
}
