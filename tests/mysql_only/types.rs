//! The type of each Rust type's column is one that sqlx reads it from.

#[path = "../support/every_type.rs"]
mod every_type;
use every_type::every_type;

#[derive(Debug, PartialEq, Clone, Copy, ambix::Enum, sqlx::Type)]
#[sqlx(rename_all = "lowercase")]
enum Color {
    Red,
    Green,
}

impl TryFrom<String> for Color {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "red" => Ok(Self::Red),
            "green" => Ok(Self::Green),
            _ => Err(text),
        }
    }
}

fn day() -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2024, 11, 25).unwrap()
}

every_type! {
    tiny: i8 = -5;
    small: i16 = -5;
    whole: i32 = 5;
    big: i64 = i64::MAX;
    tiny_unsigned: u8 = u8::MAX;
    small_unsigned: u16 = u16::MAX;
    whole_unsigned: u32 = u32::MAX;
    big_unsigned: u64 = u64::MAX;
    single: f32 = 0.5;
    twice: f64 = -0.25;
    truth: bool = true;
    words: String = "it's".to_owned();
    none: Option<String> = None;
    bytes: Vec<u8> = vec![0, 255];
    id: uuid::Uuid = uuid::Uuid::from_u128(7);
    a_day: chrono::NaiveDate = day();
    a_time: chrono::NaiveTime = chrono::NaiveTime::from_hms_opt(10, 0, 1).unwrap();
    a_local: chrono::NaiveDateTime = day().and_hms_opt(1, 2, 3).unwrap();
    instant: chrono::DateTime<chrono::Utc> = day().and_hms_opt(1, 2, 3).unwrap().and_utc();
    time_date: time::Date = time::Date::from_ordinal_date(2024, 1).unwrap();
    time_time: time::Time = time::Time::MIDNIGHT;
    time_local: time::PrimitiveDateTime = time::PrimitiveDateTime::new(row_date(), time::Time::MIDNIGHT);
    time_instant: time::OffsetDateTime = row_date().midnight().assume_utc();
    document: serde_json::Value = serde_json::json!({ "a": [1, null] });
    typed_json: sqlx::types::Json<Vec<i32>> = sqlx::types::Json(vec![1, 2]);
    as_text: sqlx::types::Text<u16> = sqlx::types::Text(9);
    exact: rust_decimal::Decimal = rust_decimal::Decimal::from(12_345);
    exact_too: bigdecimal::BigDecimal = bigdecimal::BigDecimal::from(5);
    // sqlx 0.9 reads an enum of a column that is NOT NULL only as a text: its issue 3750.
    color: Option<Color> = Some(Color::Green);
    #[sqlx(try_from = "String")]
    #[column(as = "Color")]
    color_too: Color = Color::Red;
}

fn row_date() -> time::Date {
    time::Date::from_ordinal_date(2024, 1).unwrap()
}
