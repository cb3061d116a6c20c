//! The sample app's models, as a service has them for sqlx, against its migrations: `check` finds nothing, and sees each change.
#![allow(dead_code)] // Nobody reads the rows.

use ambix::{Error, Migrator, draft::DraftOptions, models, schema::Models};

use crate::setup::{SCHEME, fresh};

/// With the types of each database.
macro_rules! sample {
    ($name:ident, id: $($id:meta),+; short: $($short:meta),*; long: $($long:meta),*; time: $($time:meta),+; uuid: $($uuid:meta),*;
        key: $($key:meta),*) => {
        mod $name {
            use ambix::Model;
            use sqlx::FromRow;

            #[derive(Debug, FromRow, Model)]
            #[model(table = "users")]
            pub struct User {
                #[column(primary_key, $($id),+)]
                id: i64,
                #[column(index(name = "users_email", unique), $($short),*)]
                email: String,
                #[column($($short),*)]
                hashed_password: String,
                #[column(default = "", $($short),*)]
                full_name: String,
                #[column(sql_type = "text")]
                bio: Option<String>,
            }

            #[derive(Debug, FromRow, Model)]
            #[model(table = "transcriptions")]
            pub struct Transcription {
                #[column(primary_key, $($id),+)]
                id: i64,
                #[column(references(User, id, on_delete = "cascade"), $($key),*)]
                user_id: i64,
                #[column($($short),*)]
                file_name: String,
                #[column($($long),*)]
                body: String,
                #[column($($time),+)]
                created_at: String,
            }

            #[derive(Debug, FromRow, Model)]
            #[model(table = "subscriptions")]
            pub struct Subscription {
                #[column(primary_key, $($uuid),*)]
                id: String,
                #[column(references(User, id), $($key),*)]
                user_id: i64,
                #[column(max_length = 50)]
                plan: String,
                #[column(max_length = 20)]
                status: String,
                #[column($($time),+)]
                created_at: String,
            }
        }
    };
}

sample!(postgres, id: identity(always); short: ; long: default = "";
    time: sql_type = "timestamptz", default_sql = "now()"; uuid: sql_type = "uuid", default_sql = "gen_random_uuid()"; key: index);
sample!(mysql, id: auto_increment; short: max_length = 255; long: ;
    time: sql_type = "datetime(6)", default_sql = "CURRENT_TIMESTAMP(6)"; uuid: fixed_length = 36, default_sql = "(uuid())"; key: );
sample!(sqlite, id: auto_increment; short: ; long: default = "";
    time: default_sql = "CURRENT_TIMESTAMP"; uuid: ; key: index);

/// A column more and one less.
mod changed {
    use ambix::Model;

    #[derive(Debug, Model)]
    #[model(table = "users")]
    pub struct User {
        #[column(primary_key)]
        id: i64,
        #[column(max_length = 50)]
        phone: Option<String>,
    }
}

fn models() -> Models {
    match SCHEME {
        "postgres" => {
            use postgres::{Subscription, Transcription, User};
            models![User, Transcription, Subscription]
        }
        "mysql" => {
            use mysql::{Subscription, Transcription, User};
            models![User, Transcription, Subscription]
        }
        _ => {
            use sqlite::{Subscription, Transcription, User};
            models![User, Transcription, Subscription]
        }
    }
}

fn migrator(models: Models) -> Migrator {
    let folder = format!("{}/../migrations/{SCHEME}", env!("CARGO_MANIFEST_DIR"));
    Migrator::from_path(folder).unwrap().models(models)
}

#[tokio::test]
async fn the_models_are_what_the_migrations_make() {
    let db = fresh().await;
    let replayed = DraftOptions::new().from_migrations(true);
    let draft = migrator(models()).check(&db.pool, replayed).await.unwrap();
    assert_eq!(
        draft.to_string(),
        "no changes detected; compared: User, Transcription, Subscription"
    );
    let error = migrator(models()).check(&db.pool, DraftOptions::new()).await.unwrap_err();
    assert!(matches!(error, Error::Pending { .. }), "{error}");
    migrator(models()).run_pending(&db.pool).await.unwrap();
    let draft = migrator(models()).check(&db.pool, DraftOptions::new()).await.unwrap();
    assert_eq!(
        draft.to_string(),
        "no changes detected; compared: User, Transcription, Subscription"
    );
}

/// What no struct describes stands in a script beside the models.
#[tokio::test]
async fn a_script_beside_the_models() {
    let db = fresh().await;
    let migrator =
        migrator(models()).schema_sql("CREATE TABLE more (id integer NOT NULL PRIMARY KEY);");
    let draft = migrator.check(&db.pool, DraftOptions::new().from_migrations(true)).await.unwrap();
    assert_eq!(draft.to_string(), "create table more");
    assert_eq!(draft.compared.len(), 4, "{:?}", draft.compared);
}

#[tokio::test]
async fn a_model_that_is_not_in_the_list_is_a_table_to_drop() {
    let db = fresh().await;
    let replayed = || DraftOptions::new().from_migrations(true);
    let draft = migrator(models![changed::User]).check(&db.pool, replayed()).await.unwrap();
    let lines: Vec<String> = draft.changes.iter().map(ToString::to_string).collect();
    for line in ["drop table subscriptions", "drop table transcriptions", "drop column users.bio"] {
        assert!(lines.iter().any(|found| found == line), "{lines:?}");
        assert!(draft.destructive.iter().any(|found| found == line), "{:?}", draft.destructive);
    }
    assert!(lines.iter().any(|line| line.starts_with("add column users.phone ")), "{lines:?}");
    // With a filter they are nobody's business.
    let users = migrator(models![changed::User])
        .include(|object| object.table == Some("users") && object.in_models);
    let draft = users.check(&db.pool, replayed()).await.unwrap();
    assert!(draft.destructive.is_empty(), "{draft}");
}
