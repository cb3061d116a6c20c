//! What `#[sqlx(...)]` says for `FromRow` holds for the table.
#![cfg(feature = "sqlite")]

use ambix::{
    Model,
    schema::{Column, ForeignKey, Table, Type},
};
use sqlx::FromRow;

#[derive(Debug, Default)]
struct Settings;

/// A number that is stored as a text.
#[derive(Debug)]
#[allow(dead_code)]
struct Version(u32);

impl TryFrom<String> for Version {
    type Error = std::num::ParseIntError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// What several models have.
#[derive(Debug, FromRow, Model)]
#[allow(dead_code)]
struct Stamps {
    #[column(default_sql = "CURRENT_TIMESTAMP", index)]
    created_at: String,
    #[column(references = "users(id)")]
    created_by: i64,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Address;

#[derive(Debug, FromRow, Model)]
#[sqlx(rename_all = "camelCase")]
#[model(index(home_address, nickName))]
#[allow(dead_code)]
struct Customer {
    #[column(primary_key)]
    customer_id: i64,
    #[sqlx(rename = "nick")]
    nick_name: String,
    #[sqlx(skip)]
    settings: Settings,
    #[sqlx(flatten)]
    stamps: Stamps,
    #[sqlx(json)]
    home_address: Address,
    #[sqlx(json(nullable))]
    work_address: Option<Address>,
    #[sqlx(try_from = "String")]
    version: Version,
}

#[test]
fn the_struct_needs_no_second_spelling() {
    let by_hand = Table::new("customer")
        .column(Column::new("customerId", Type::BigInt).not_null())
        .column(Column::new("nick", Type::Text).not_null())
        .column(Column::new("created_at", Type::Text).not_null().default_sql("CURRENT_TIMESTAMP"))
        .column(Column::new("created_by", Type::BigInt).not_null())
        .column(Column::new("homeAddress", Type::Json).not_null())
        .column(Column::new("workAddress", Type::Json))
        .column(Column::new("version", Type::Text).not_null())
        .primary_key(["customerId"])
        .foreign_key(ForeignKey::new(["created_by"], "users", ["id"]))
        .index(["created_at"])
        .index(["homeAddress", "nickName"]);
    assert_eq!(Customer::table(), by_hand);
}

/// sqlx reads a row of just these columns.
#[tokio::test]
async fn sqlx_reads_the_columns_of_the_table() {
    use sqlx::Connection as _;
    let mut connection = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let values = ["1", "'n'", "'now'", "2", "'null'", "NULL", "'7'"];
    let columns = Customer::table().columns;
    assert_eq!(columns.len(), values.len());
    let list: Vec<String> = columns
        .iter()
        .zip(values)
        .map(|(column, value)| format!("{value} AS \"{}\"", column.name))
        .collect();
    let query = sqlx::AssertSqlSafe(format!("SELECT {}", list.join(", ")));
    let customer: Customer = sqlx::query_as(query).fetch_one(&mut connection).await.unwrap();
    assert_eq!(customer.version.0, 7);
    assert!(customer.work_address.is_none());
}
