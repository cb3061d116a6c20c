//! The type of each Rust type's column is one that sqlx reads it from.

use std::{net::IpAddr, str::FromStr};

use sqlx::postgres::types::{PgInterval, PgMoney, PgRange};

#[path = "../support/every_type.rs"]
mod every_type;
use every_type::every_type;

#[derive(Debug, PartialEq, Clone, Copy, ambix::Enum, sqlx::Type)]
#[sqlx(type_name = "color", rename_all = "lowercase")]
enum Color {
    Red,
    Green,
}

fn day() -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2024, 11, 25).unwrap()
}

every_type! {
    small: i16 = -5;
    int: i32 = 5;
    big: i64 = i64::MAX;
    real: f32 = 0.5;
    double: f64 = -0.25;
    truth: bool = true;
    text: String = "it's".to_owned();
    none: Option<String> = None;
    bytes: Vec<u8> = vec![0, 255];
    id: uuid::Uuid = uuid::Uuid::from_u128(7);
    date: chrono::NaiveDate = day();
    time: chrono::NaiveTime = chrono::NaiveTime::from_hms_opt(10, 0, 1).unwrap();
    local: chrono::NaiveDateTime = day().and_hms_opt(1, 2, 3).unwrap();
    instant: chrono::DateTime<chrono::Utc> = day().and_hms_opt(1, 2, 3).unwrap().and_utc();
    time_date: time::Date = time::Date::from_ordinal_date(2024, 1).unwrap();
    time_time: time::Time = time::Time::MIDNIGHT;
    time_local: time::PrimitiveDateTime = time::PrimitiveDateTime::new(row_date(), time::Time::MIDNIGHT);
    time_instant: time::OffsetDateTime = time::OffsetDateTime::UNIX_EPOCH;
    span: PgInterval = PgInterval { months: 1, days: 2, microseconds: 3 };
    json: serde_json::Value = serde_json::json!({ "a": [1, null] });
    typed_json: sqlx::types::Json<Vec<i32>> = sqlx::types::Json(vec![1, 2]);
    as_text: sqlx::types::Text<u16> = sqlx::types::Text(9);
    exact: rust_decimal::Decimal = rust_decimal::Decimal::new(12_345, 2);
    exact_too: bigdecimal::BigDecimal = bigdecimal::BigDecimal::from(5);
    address: IpAddr = IpAddr::from_str("::1").unwrap();
    network: ipnetwork::IpNetwork = ipnetwork::IpNetwork::from_str("10.0.0.0/8").unwrap();
    hardware: mac_address::MacAddress = mac_address::MacAddress::new([1, 2, 3, 4, 5, 6]);
    bits: bit_vec::BitVec = bit_vec::BitVec::from_elem(5, true);
    money: PgMoney = PgMoney(500);
    texts: Vec<String> = vec!["a".to_owned(), "b,\"".to_owned()];
    perhaps: Vec<Option<i32>> = vec![Some(1), None];
    ids: Option<Vec<uuid::Uuid>> = Some(vec![uuid::Uuid::nil()]);
    numbers: PgRange<i32> = PgRange::from(1..5);
    days: PgRange<chrono::NaiveDate> = PgRange::from(day()..day().succ_opt().unwrap());
    color: Color = Color::Green;
    colors: Vec<Color> = vec![Color::Red, Color::Green];
}

fn row_date() -> time::Date {
    time::Date::from_ordinal_date(2024, 1).unwrap()
}
