//! A table that gets another default collation, with text columns that refer to each other.

use ambix::{Migration, Migrations, Migrator, draft::DraftOptions};

use crate::setup::fresh;

fn sql(collation: &str) -> String {
    format!(
        "CREATE TABLE parents (code varchar(20) NOT NULL, note varchar(20) COLLATE utf8mb4_bin, PRIMARY KEY (code)) COLLATE {collation};
         CREATE TABLE children (id int NOT NULL, parent varchar(20), PRIMARY KEY (id), KEY by_parent (parent),
            CONSTRAINT of_parent FOREIGN KEY (parent) REFERENCES parents (code) ON DELETE CASCADE) COLLATE {collation}"
    )
}

fn migrator(migrations: &[Migration], sql: String) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap().schema_sql(sql)
}

#[tokio::test]
async fn foreign_keys_of_text_columns_get_out_of_the_way() {
    let (from, to) = (sql("utf8mb4_general_ci"), sql("utf8mb4_unicode_ci"));
    let db = fresh().await;
    let first = Migration::new("r1", "from").up(&from);
    let start = migrator(std::slice::from_ref(&first), to.clone());
    start.run_pending(&db.pool).await.unwrap();
    db.execute("INSERT INTO parents VALUES ('é', 'x'); INSERT INTO children VALUES (1, 'é')").await;
    let draft = start.draft(&db.pool, DraftOptions::new()).await.unwrap();
    let both = [first, Migration::new("r2", "to").up(&draft.up).down(&draft.down)];
    for _ in 0..2 {
        let there = migrator(&both, to.clone());
        there.run_pending(&db.pool).await.unwrap_or_else(|e| panic!("{e}\n{}", draft.up));
        let left = there.check(&db.pool, DraftOptions::new()).await.unwrap();
        assert!(left.is_empty(), "{left}\n{}", draft.up);
        assert_eq!(
            db.column("SELECT note FROM children JOIN parents ON code = parent").await,
            ["x"]
        );
        let down = there.downgrade(&db.pool, "-1").await;
        down.unwrap_or_else(|e| panic!("{e}\n{}", draft.down));
        let back = migrator(&both[..1], from.clone());
        let left = back.check(&db.pool, DraftOptions::new()).await.unwrap();
        assert!(left.is_empty(), "{left}\n{}", draft.down);
    }
}
