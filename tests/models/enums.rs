//! `#[derive(Enum)]`: a type with listed values.

use ambix::{
    Enum, Model,
    schema::{ArrayElement, ColumnType, Literal, Name, Type},
};

fn can_be_many<T: ArrayElement>() {}

#[derive(Enum, Clone, Copy)]
enum OrderStatus {
    New,
    InProgress,
    r#Done,
}

#[derive(Enum)]
#[model(name = "mood", schema = "app", rename_all = "snake_case", renamed_from = "feeling")]
#[allow(dead_code)]
enum Mood {
    Happy,
    VerySad,
    #[value(rename = "so-so", renamed_from = "meh")]
    SoSo,
}

#[derive(Enum, sqlx::Type)]
#[sqlx(type_name = "app.price_plan", rename_all = "SCREAMING_SNAKE_CASE")]
enum Plan {
    ForFree,
    #[sqlx(rename = "paid")]
    Paid,
}

/// sqlx stores it as a number.
#[derive(Enum, sqlx::Type, Clone, Copy)]
#[repr(i16)]
enum Level {
    Low = 1,
    High = -5,
}

#[test]
fn types_and_values() {
    let mood = ambix::schema::EnumType::new(
        Name::in_schema("app", "mood"),
        ["happy", "very_sad", "so-so"],
    );
    let cases = [
        (
            OrderStatus::enum_type(),
            ambix::schema::EnumType::new("order_status", ["New", "InProgress", "Done"]),
        ),
        (Mood::enum_type(), mood.renamed_from("feeling").renamed_value("meh", "so-so")),
        (
            Plan::enum_type(),
            ambix::schema::EnumType::new(
                Name::in_schema("app", "price_plan"),
                ["FOR_FREE", "paid"],
            ),
        ),
    ];
    for (derived, by_hand) in cases {
        assert_eq!(derived, by_hand);
    }
    assert_eq!(Mood::column_type(), Type::Enum(Mood::enum_type()));
    assert_eq!(Level::column_type(), Type::SmallInt);
    can_be_many::<OrderStatus>();
    can_be_many::<Level>();
}

#[test]
fn a_variant_is_a_default() {
    let cases = [
        (Literal::from(OrderStatus::New), Literal::from("New")),
        (Literal::from(OrderStatus::InProgress), Literal::from("InProgress")),
        (Literal::from(OrderStatus::Done), Literal::from("Done")),
        (Literal::from(Mood::SoSo), Literal::from("so-so")),
        (Literal::from(Plan::ForFree), Literal::from("FOR_FREE")),
        (Literal::from(Plan::Paid), Literal::from("paid")),
        (Literal::from(Level::Low), Literal::from(1)),
        (Literal::from(Level::High), Literal::from(-5)),
    ];
    for (derived, by_hand) in cases {
        assert_eq!(derived, by_hand);
    }
}

#[derive(Model)]
#[allow(dead_code)]
struct Order {
    #[column(default = OrderStatus::New)]
    status: OrderStatus,
    history: Vec<OrderStatus>,
    mood: Option<Mood>,
}

#[test]
fn a_model_brings_its_enum_types() {
    let schema = ambix::models![Order].schema;
    assert_eq!(schema.enums, [OrderStatus::enum_type(), Mood::enum_type()]);
    let table = Order::table();
    assert_eq!(table.columns[0].ty, Type::Enum(OrderStatus::enum_type()));
    assert_eq!(table.columns[1].ty, Type::Array(Box::new(Type::Enum(OrderStatus::enum_type()))));
    assert!(table.columns[2].nullable);
}
