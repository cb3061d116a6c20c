//! A model with a column of every type that a database has: what a draft of it makes, sqlx reads and writes.

/// `field: type = value;` for each. A row is written and read back with the types of the fields.
macro_rules! every_type {
    ($($(#[$attribute:meta])* $field:ident: $ty:ty = $value:expr;)*) => {
        #[derive(Debug, PartialEq, ambix::Model, sqlx::FromRow)]
        struct EveryType {
            $($(#[$attribute])* $field: $ty,)*
        }

        #[tokio::test]
        async fn what_a_model_makes_is_what_sqlx_reads() {
            let db = crate::setup::fresh().await;
            let migrator = ambix::Migrator::from_migrations(ambix::Migrations::default())
                .unwrap()
                .models(ambix::models![EveryType]);
            let options = ambix::draft::DraftOptions::new;
            let draft = migrator.draft(&db.pool, options()).await.unwrap();
            db.execute(&draft.up).await;
            assert!(migrator.draft(&db.pool, options()).await.unwrap().is_empty(), "{}", draft.up);

            let row = EveryType { $($field: $value,)* };
            let columns = [$(stringify!($field)),*];
            let marks: Vec<String> = (1..=columns.len())
                .map(|number| if crate::setup::SCHEME == "postgres" { format!("${number}") } else { "?".to_owned() })
                .collect();
            let insert = format!("INSERT INTO every_type ({}) VALUES ({})", columns.join(", "), marks.join(", "));
            sqlx::query(sqlx::AssertSqlSafe(insert))
                $(.bind(&row.$field))*
                .execute(&db.pool)
                .await
                .unwrap();
            let read: EveryType =
                sqlx::query_as("SELECT * FROM every_type").fetch_one(&db.pool).await.unwrap();
            assert_eq!(read, row);
        }
    };
}
pub(crate) use every_type;
