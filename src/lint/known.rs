//! What the migrations before a statement have made, as far as their text tells.

use super::ddl::{
    AlterTable, ColumnText, ConstraintText, CreateTable, Ddl, DemandKind, SqlName, TableAction,
};

/// The tables that the statements so far have created or changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownSchema {
    tables: Vec<KnownTable>,
    /// Views, indexes and others that the run has created.
    new_objects: Vec<SqlName>,
}

/// A table, as far as it is known.
#[derive(Debug, Clone)]
pub(crate) struct KnownTable {
    pub(crate) name: SqlName,
    /// The run that is looked at creates it, so that nobody uses it yet.
    pub(crate) is_new: bool,
    pub(crate) columns: Vec<ColumnText>,
    /// The columns that the run adds.
    pub(crate) new_columns: Vec<String>,
    pub(crate) constraints: Vec<ConstraintText>,
}

impl KnownSchema {
    /// What is known, when another run begins: nothing in it is new any more.
    pub(crate) fn begin_run(&mut self) {
        self.new_objects.clear();
        for table in &mut self.tables {
            table.is_new = false;
            table.new_columns.clear();
        }
    }

    pub(crate) fn table(&self, name: &SqlName) -> Option<&KnownTable> {
        self.tables.iter().rev().find(|table| table.name.is(name))
    }

    /// Whether the run has created a table.
    pub(crate) fn is_new(&self, name: &SqlName) -> bool {
        self.table(name).is_some_and(|table| table.is_new)
    }

    /// Whether the run has created an index, a view or another object.
    pub(crate) fn is_new_object(&self, name: &SqlName) -> bool {
        self.new_objects.iter().any(|new| new.is(name))
    }

    /// Whether the run has added a column.
    pub(crate) fn is_new_column(&self, table: &SqlName, column: &str) -> bool {
        self.table(table).is_some_and(|table| {
            table.new_columns.iter().any(|new| new.eq_ignore_ascii_case(column))
        })
    }

    /// A column as it was declared last.
    pub(crate) fn column(&self, table: &SqlName, column: &str) -> Option<&ColumnText> {
        self.table(table)?.columns.iter().find(|known| known.name.is_called(column))
    }

    /// Whether a constraint shows that a column has no NULL: validated, and of no more than that.
    pub(crate) fn has_not_null_check(&self, table: &SqlName, column: &str) -> bool {
        let Some(table) = self.table(table) else { return false };
        table.constraints.iter().any(|constraint| {
            let text = constraint.text.to_ascii_uppercase().replace(['"', '(', ')'], " ");
            let words: Vec<&str> = text.split_whitespace().collect();
            let demand =
                [column.to_ascii_uppercase(), "IS".to_owned(), "NOT".to_owned(), "NULL".to_owned()];
            constraint.kind == DemandKind::Check
                && !constraint.not_valid
                && !words.contains(&"OR")
                && words.windows(4).any(|found| found == demand)
        })
    }

    /// Notes what a statement does.
    pub(crate) fn apply(&mut self, ddl: &Ddl) {
        match ddl {
            Ddl::CreateTable(create) => self.create(create),
            Ddl::AlterTable(alter) => self.alter(alter),
            Ddl::CreateIndex(index) => self.new_objects.extend(index.name.clone()),
            Ddl::CreateObject { name, or_replace: false, .. } | Ddl::CreateEnum(name) => {
                self.new_objects.push(name.clone());
            }
            Ddl::Drop(drop) if drop.kind == "TABLE" => {
                self.tables.retain(|table| !drop.names.iter().any(|name| table.name.is(name)));
            }
            Ddl::RenameTables(pairs) => {
                pairs.iter().for_each(|(from, to)| self.rename(from, to));
            }
            _ => {}
        }
    }

    fn create(&mut self, create: &CreateTable) {
        // IF NOT EXISTS creates nothing if there is one.
        if create.if_not_exists && self.table(&create.name).is_some() {
            return;
        }
        self.tables.push(KnownTable {
            name: create.name.clone(),
            is_new: true,
            columns: create.columns.clone(),
            new_columns: Vec::new(),
            constraints: create.constraints.clone(),
        });
    }

    fn rename(&mut self, from: &SqlName, to: &SqlName) {
        if let Some(table) = self.tables.iter_mut().rev().find(|table| table.name.is(from)) {
            // The new name has no schema of its own, and the table keeps the one that it has.
            table.name = to.clone();
        }
    }

    fn alter(&mut self, alter: &AlterTable) {
        if self.table(&alter.name).is_none() {
            self.tables.push(KnownTable {
                name: alter.name.clone(),
                is_new: false,
                columns: Vec::new(),
                new_columns: Vec::new(),
                constraints: Vec::new(),
            });
        }
        for action in &alter.actions {
            if let TableAction::RenameTable(to) = action {
                self.rename(&alter.name, to);
            } else if let Some(table) =
                self.tables.iter_mut().rev().find(|table| table.name.is(&alter.name))
            {
                table.apply(action);
            }
        }
    }
}

impl KnownTable {
    fn apply(&mut self, action: &TableAction) {
        let is = |name: &SqlName| {
            let name = name.last().to_owned();
            move |column: &ColumnText| column.name.is_called(&name)
        };
        let find =
            |columns: &mut Vec<ColumnText>, name: &SqlName, change: &dyn Fn(&mut ColumnText)| {
                columns.iter_mut().filter(|column| column.name.is(name)).for_each(change);
            };
        match action {
            TableAction::AddColumn(column) => {
                self.new_columns.push(column.name.last().to_owned());
                self.columns.push(column.clone());
            }
            TableAction::DropColumn { name, .. } => {
                let is = is(name);
                self.columns.retain(|column| !is(column));
            }
            TableAction::RenameColumn { from, to } => {
                find(&mut self.columns, from, &|column| column.name = to.clone());
            }
            TableAction::AlterType { column, ty } => {
                find(&mut self.columns, column, &|known| known.ty = ty.clone());
            }
            TableAction::SetNotNull(column) => {
                find(&mut self.columns, column, &|known| known.not_null = true);
            }
            TableAction::DropNotNull(column) => {
                find(&mut self.columns, column, &|known| known.not_null = false);
            }
            TableAction::DropDefault(column) => {
                find(&mut self.columns, column, &|known| known.default = None);
            }
            TableAction::Modify { from, column } => {
                find(&mut self.columns, from, &|known| *known = column.clone());
            }
            TableAction::AddConstraint(constraint) => self.constraints.push(constraint.clone()),
            TableAction::Validate(name) => {
                for known in &mut self.constraints {
                    if known.name.as_ref().is_some_and(|known| known.is(name)) {
                        known.not_valid = false;
                    }
                }
            }
            TableAction::DropConstraint(name) => {
                self.constraints
                    .retain(|known| !known.name.as_ref().is_some_and(|known| known.is(name)));
            }
            _ => {}
        }
    }
}
