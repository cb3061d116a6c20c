//! What the derives implement: a struct is a table, an enum is a type.

use super::{Enum, Schema, Table, Type};

/// A struct whose fields are the columns of a table. Derive it: [`#[derive(ambix::Model)]`](crate::Model).
pub trait Model {
    /// The table.
    fn table() -> Table;
}

/// An enum whose variants are the values of a column. Derive it: [`#[derive(ambix::Enum)]`](crate::Enum).
pub trait EnumModel {
    /// The type.
    fn enum_type() -> Enum;
}

/// A Rust type that a column can have. Implement it for your own types:
///
/// ```
/// use ambix::schema::{ColumnType, Type};
/// struct Email(String);
/// impl ColumnType for Email {
///     fn column_type() -> Type {
///         Type::Varchar(255)
///     }
/// }
/// ```
pub trait ColumnType {
    /// Whether the column may be NULL; only `Option` says so.
    const NULLABLE: bool = false;
    /// The column's type.
    fn column_type() -> Type;
}

/// A Rust type of which a column can have many.
pub trait ArrayElement: ColumnType {}

impl<T: ColumnType> ColumnType for Option<T> {
    const NULLABLE: bool = true;
    fn column_type() -> Type {
        T::column_type()
    }
}

impl<T: ArrayElement> ColumnType for Vec<T> {
    fn column_type() -> Type {
        Type::Array(Box::new(T::column_type()))
    }
}

/// Models, as [`models!`](crate::models!) collects them: their names, and the schema that they make.
#[derive(Debug, Clone, Default)]
pub struct Models {
    /// What was collected, by the models' names in Rust, for the list that is shown where nothing is found to change.
    pub names: Vec<String>,
    /// What they make together.
    pub schema: Schema,
}

impl Models {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this model; `name` is how it is shown.
    #[must_use]
    pub fn model<M: Model>(mut self, name: &str) -> Self {
        self.names.push(name.to_owned());
        self.schema = self.schema.table(M::table());
        self
    }
}

impl From<Schema> for Models {
    fn from(schema: Schema) -> Self {
        Self { names: Vec::new(), schema }
    }
}
