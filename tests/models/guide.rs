//! The models of the sample app, whose migrations are in `migrations/`, as a service has them for sqlx.
#![allow(dead_code)]
#![cfg(feature = "postgres")]

use ambix::{
    Model, models,
    schema::{
        Column, ForeignKey, Identity, IdentityKind, Index, Models, ReferentialAction, Schema,
        Table, Type,
    },
};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

/// Somebody who can log in.
#[derive(Debug, FromRow, Model)]
#[model(table = "users")]
struct User {
    #[column(primary_key, identity(always))]
    id: i64,
    #[column(index(name = "users_email", unique))]
    email: String,
    hashed_password: String,
    #[column(default = "")]
    full_name: String,
    bio: Option<String>,
}

/// What a user has uploaded and what was heard in it.
#[derive(Debug, FromRow, Model)]
#[model(table = "transcriptions")]
struct Transcription {
    #[column(primary_key, identity(always))]
    id: i64,
    #[column(references(User, id, on_delete = "cascade"), index(name = "transcriptions_user_id"))]
    user_id: i64,
    file_name: String,
    #[column(default = "")]
    body: String,
    #[column(default_sql = "now()")]
    created_at: DateTime<Utc>,
}

/// What a user pays for.
#[derive(Debug, FromRow, Model)]
#[model(table = "subscriptions")]
struct Subscription {
    #[column(primary_key, default_sql = "gen_random_uuid()")]
    id: Uuid,
    #[column(references(User, id), index(name = "subscriptions_user_id"))]
    user_id: i64,
    #[column(max_length = 50)]
    plan: String,
    #[column(max_length = 20)]
    status: String,
    #[column(default_sql = "now()")]
    created_at: DateTime<Utc>,
}

fn by_hand() -> Schema {
    let id = || Column::new("id", Type::BigInt).identity(Identity::new(IdentityKind::Always));
    let user_id = || Column::new("user_id", Type::BigInt).not_null();
    let created_at =
        || Column::new("created_at", Type::TimestampTz).not_null().default_sql("now()");
    let text = |name: &str| Column::new(name, Type::Text).not_null();
    let key = || ForeignKey::new(["user_id"], "users", ["id"]);
    let users = Table::new("users")
        .column(id())
        .column(text("email"))
        .column(text("hashed_password"))
        .column(text("full_name").default(""))
        .column(Column::new("bio", Type::Text))
        .primary_key(["id"])
        .with_index(Index::new(["email"]).named("users_email").unique());
    let transcriptions = Table::new("transcriptions")
        .column(id())
        .column(user_id())
        .column(text("file_name"))
        .column(text("body").default(""))
        .column(created_at())
        .primary_key(["id"])
        .foreign_key(key().on_delete(ReferentialAction::Cascade))
        .with_index(Index::new(["user_id"]).named("transcriptions_user_id"));
    let subscriptions = Table::new("subscriptions")
        .column(Column::new("id", Type::Uuid).not_null().default_sql("gen_random_uuid()"))
        .column(user_id())
        .column(Column::new("plan", Type::Varchar(50)).not_null())
        .column(Column::new("status", Type::Varchar(20)).not_null())
        .column(created_at())
        .primary_key(["id"])
        .foreign_key(key())
        .with_index(Index::new(["user_id"]).named("subscriptions_user_id"));
    Schema::new().table(users).table(transcriptions).table(subscriptions)
}

pub(crate) fn all() -> Models {
    models![User, Transcription, Subscription]
}

#[test]
fn the_models_of_the_sample_app_are_these_tables() {
    let models = all();
    assert_eq!(models.names, ["User", "Transcription", "Subscription"]);
    assert_eq!(models.schema, by_hand());
}
