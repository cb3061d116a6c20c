//! What these servers cannot have, said with the table and the thing.

use ambix::{
    Migrations, Migrator,
    draft::DraftOptions,
    schema::{
        Column, Deferral, Exclusion, ForeignKey, Identity, IdentityKind, Index, IndexPart, Match,
        Nulls, RangeOf, ReferentialAction, Schema, Table, Type, Unique,
    },
};

use crate::setup::fresh;

fn table() -> Table {
    Table::new("t").column(Column::new("a", Type::Integer))
}

#[tokio::test]
async fn everything_is_refused_by_its_name() {
    let db = fresh().await;
    let of_type = |ty| table().column(Column::new("x", ty));
    let index = |index: Index| table().with_index(index.named("i"));
    let key = |key: ForeignKey| table().foreign_key(key.named("f"));
    let to_self = || ForeignKey::new(["a"], "t", ["a"]);
    let cases: Vec<(Table, &str, &str)> = vec![
        (of_type(Type::Interval), "t.x", "no type for a span of time"),
        (of_type(Type::Inet), "t.x", "no type for an IP address"),
        (of_type(Type::BitString), "t.x", "no type for bits"),
        (of_type(Type::Array(Box::new(Type::Text))), "t.x", "no type for an array"),
        (of_type(Type::Range(RangeOf::Date)), "t.x", "no type for a range"),
        (
            table().column(
                Column::new("x", Type::Integer).identity(Identity::new(IdentityKind::Always)),
            ),
            "t.x",
            "auto_increment",
        ),
        (
            table().with_unique(Unique::new(["a"]).named("u").deferral(Deferral::Deferred)),
            "t.u",
            "deferred",
        ),
        (table().with_unique(Unique::new(["a"]).named("u").nulls_not_distinct()), "t.u", "NULLs"),
        (table().with_unique(Unique::new(["a"]).named("u").include(["a"])), "t.u", "INCLUDE"),
        (index(Index::new(["a"]).method("gin")), "t.i", "btree, hash, fulltext and spatial"),
        (index(Index::new(["a"]).only_where("a > 1")), "t.i", "some of the rows"),
        (index(Index::new(["a"]).include(["a"])), "t.i", "INCLUDE"),
        (index(Index::on([IndexPart::column("a").nulls(Nulls::Last)])), "t.i", "place of NULLs"),
        (key(to_self().deferral(Deferral::Immediate)), "t.f", "deferred"),
        (key(to_self().matching(Match::Full)), "t.f", "MATCH"),
        (key(to_self().on_delete(ReferentialAction::SetDefault)), "t.f", "SET DEFAULT"),
        (table().exclusion(Exclusion::new("(a WITH =)").named("e")), "t.e", "exclusion"),
    ];
    for (table, place, why) in cases {
        let migrator = Migrator::from_migrations(Migrations::default()).unwrap();
        let migrator = migrator.models(Schema::new().table(table));
        let error =
            format!("{:#}", migrator.draft(&db.pool, DraftOptions::new()).await.unwrap_err());
        assert!(error.starts_with(place) && error.contains(why), "{place}, {why}: {error}");
    }
}

/// Options of other databases mean nothing here, and are no error.
#[tokio::test]
async fn options_of_other_databases_are_passed_over() {
    let db = fresh().await;
    let column = Column::new("x", Type::Integer).option("storage", "external");
    let table = table()
        .column(column)
        .option("fillfactor", "70")
        .option("strict", "true")
        .option("unlogged", "true")
        .with_index(Index::new(["a"]).option("fillfactor", "70"));
    let migrator = Migrator::from_migrations(Migrations::default()).unwrap();
    let migrator = migrator.models(Schema::new().table(table));
    let draft = migrator.draft(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(!draft.up.contains("fillfactor") && !draft.up.contains("70"), "{}", draft.up);
}
