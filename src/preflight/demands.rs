//! What statements demand of existing rows.

use crate::{
    error::Place,
    lint::{ColumnText, ConstraintText, CreateTable, DemandKind, KeptQuery, SqlName, TypeName},
};

/// What a statement of a pending migration demands of rows.
#[derive(Debug)]
pub(crate) struct Demand {
    pub(crate) revision: String,
    pub(crate) place: Place,
    /// The table as it is called now; a new one for rows that are copied into it.
    pub(crate) table: SqlName,
    pub(crate) source: RowSource,
    pub(crate) demand: RowDemand,
    /// Why the rows may be others by then.
    pub(crate) doubt: Option<String>,
}

/// Where the rows are from.
#[derive(Debug, Clone)]
pub(crate) enum RowSource {
    /// The table.
    Table,
    /// A query whose rows are inserted.
    Query { query: String, columns: Vec<String> },
}

/// What is demanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RowDemand {
    NotNull(String),
    /// The column is new, and has neither NULL nor a default.
    NoRows(String),
    /// Columns, or expressions as they are written.
    Unique {
        columns: Vec<String>,
        predicate: Option<String>,
        nulls_are_equal: bool,
        is_primary: bool,
    },
    Reference {
        columns: Vec<String>,
        to: SqlName,
        referenced: Vec<String>,
    },
    /// The expression as it is written.
    Check(String),
    Fits {
        column: String,
        ty: TypeName,
        /// The character set that the statement names.
        charset: Option<String>,
        using: Option<String>,
    },
    /// An expression that has a value for each row, and what the value is for.
    Computes {
        expression: String,
        what: String,
    },
    /// A new column of the name whose computed values are stored.
    StoredColumn(String),
    /// What a new table or a materialized view takes its rows from.
    Runs(KeptQuery),
    /// A new column that is NOT NULL gets a value from this expression in each row.
    GivesValue {
        expression: String,
        column: String,
        is_stored: bool,
    },
    /// What an index holds of a row is not too long for it.
    IndexRow(Vec<String>),
    /// A column of a new table that takes only values of its type.
    Strict {
        column: String,
        ty: String,
    },
    /// The rows of a table that becomes a partition belong there.
    InPartition {
        parent: SqlName,
        bounds: String,
    },
    /// A partition for each row, as `PARTITION BY` says them.
    SomePartition(String),
    /// No row of the default partition belongs to a new one.
    NotInDefault(String),
    /// No other partition has rows of these bounds.
    NoOverlap(String),
    /// A new column of the name whose default is computed.
    ConstantDefault(String),
    /// Nothing can be asked, and this is why.
    Unreadable(String),
}

impl RowDemand {
    /// The columns that it names.
    pub(super) fn columns(&self) -> Vec<String> {
        match self {
            Self::NotNull(column) | Self::Fits { column, .. } | Self::Strict { column, .. } => {
                vec![column.clone()]
            }
            Self::Unique { columns, .. }
            | Self::Reference { columns, .. }
            | Self::IndexRow(columns) => columns.clone(),
            _ => Vec::new(),
        }
    }

    /// The same with other names.
    pub(super) fn with_columns(mut self, rename: impl Fn(&str) -> String) -> Self {
        match &mut self {
            Self::NotNull(column) | Self::Fits { column, .. } => *column = rename(column),
            Self::Unique { columns, .. }
            | Self::Reference { columns, .. }
            | Self::IndexRow(columns) => {
                columns.iter_mut().for_each(|column| *column = rename(column));
            }
            _ => {}
        }
        self
    }

    /// The expressions of the migration's own that a question about it contains.
    pub(super) fn expressions(&self) -> Vec<&str> {
        match self {
            Self::Check(expression)
            | Self::SomePartition(expression)
            | Self::Runs(KeptQuery { query: expression, .. })
            | Self::Computes { expression, .. }
            | Self::GivesValue { expression, .. } => vec![expression],
            Self::InPartition { bounds, .. }
            | Self::NotInDefault(bounds)
            | Self::NoOverlap(bounds) => vec![bounds],
            Self::Unique { columns, predicate, .. } => {
                columns.iter().chain(predicate).map(String::as_str).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// What a constraint demands.
pub(super) fn of_constraint(constraint: &ConstraintText) -> Vec<RowDemand> {
    // The index is there, so that its values are different.
    if constraint.using_index {
        return Vec::new();
    }
    let columns = constraint.columns.clone();
    match constraint.kind {
        DemandKind::PrimaryKey => {
            let nulls = columns.iter().cloned().map(RowDemand::NotNull).collect::<Vec<_>>();
            let unique = RowDemand::Unique {
                columns,
                predicate: None,
                nulls_are_equal: false,
                is_primary: true,
            };
            nulls.into_iter().chain([unique]).collect()
        }
        DemandKind::Unique => vec![RowDemand::Unique {
            columns,
            predicate: None,
            nulls_are_equal: constraint.nulls_are_equal,
            is_primary: false,
        }],
        DemandKind::ForeignKey => constraint
            .references
            .iter()
            .map(|to| RowDemand::Reference {
                columns: columns.clone(),
                to: to.clone(),
                referenced: constraint.referenced.clone(),
            })
            .collect(),
        DemandKind::Check => constraint.expression.iter().cloned().map(RowDemand::Check).collect(),
        DemandKind::Exclude => {
            vec![RowDemand::Unreadable(
                "no query finds the rows that an EXCLUDE constraint rejects".to_owned(),
            )]
        }
    }
}

/// What a new table demands beyond its constraints: values of its types.
pub(super) fn of_types(new: &CreateTable) -> Vec<RowDemand> {
    let options = new.options.to_ascii_uppercase();
    let is_strict = options.contains("STRICT");
    let mut demands = Vec::new();
    for column in &new.columns {
        // It numbers rows, and takes nothing else.
        let is_row_number = column.primary_key && column.ty.text.eq_ignore_ascii_case("INTEGER");
        let name = column.name.last().to_owned();
        if is_strict || is_row_number {
            demands.push(RowDemand::Strict { column: name.clone(), ty: column.ty.base.clone() });
        }
        if column.primary_key && !is_row_number && (is_strict || options.contains("WITHOUT ROWID"))
        {
            demands.push(RowDemand::NotNull(name));
        }
    }
    demands
}

/// What a column demands of the rows that are inserted.
pub(super) fn of_column(column: &ColumnText) -> Vec<RowDemand> {
    let name = column.name.last().to_owned();
    let mut demands = Vec::new();
    let fills_itself = column.identity || column.auto_increment;
    // An INTEGER PRIMARY KEY numbers the rows itself.
    if column.not_null && !fills_itself && !column.primary_key {
        demands.push(RowDemand::NotNull(name.clone()));
    }
    if column.unique || column.primary_key {
        let collation = column.collation.as_ref();
        let key = collation.map_or_else(
            || name.clone(),
            |collation| format!("{} COLLATE {collation}", column.name.text),
        );
        demands.push(RowDemand::Unique {
            columns: vec![key],
            predicate: None,
            nulls_are_equal: false,
            is_primary: column.primary_key,
        });
    }
    if let Some(to) = &column.references {
        demands.push(RowDemand::Reference {
            columns: vec![name],
            to: to.clone(),
            referenced: column.referenced.clone(),
        });
    }
    demands.extend(column.check_text.iter().cloned().map(RowDemand::Check));
    demands
}
