//! Filters in the middle of things: what they leave out stays as it is, and with it what it needs; what is on a table or column
//! goes with it; and what needs something that does not come does not come either.
//!
//! Alembic writes what the filter has left, which then fails on the first run: an index of a column that is not added, a table
//! that is dropped while a foreign key refers to it.

use ambix::{
    Migration,
    draft::{DraftOptions, ObjectKind},
    schema::{Column, Index, Schema, Table, Type},
};

use super::{case, migrator, run_filtered};
use crate::setup::{self, SCHEME};

#[tokio::test]
async fn what_needs_something_that_does_not_come() {
    run_filtered(&[
        (
            case(
                "parts of a column",
                "t{id int PK}",
                "",
                "t{y int, z int, g int COMPUTED(y + 1), h int COMPUTED(z + 1), IX[iy](y), IX[ig](g), UQ[uy](y,z), CK[cy](y > 0)}",
                &["add column t.z", "add column t.h"],
            )
            .only("ps"),
            |object| object.name != "y",
        ),
        (
            case(
                "parts of a column, none computed",
                "t{id int PK}",
                "",
                "t{y int, z int, IX[iy](y), UQ[uy](y,z), CK[cy](y > 0)}",
                &["add column t.z"],
            ),
            |object| object.name != "y",
        ),
        (
            case("a key's column", "t{id int PK}", "", "n{id int PK, a int}", &["create table n"]),
            |object| object.table != Some("n") || object.name != "id",
        ),
        (
            case(
                "a foreign key to a table",
                "t{id int PK, p int}",
                "",
                "p{id int PK} t{z int, FK[f](p)->(p.id)}",
                &["add column t.z"],
            ),
            |object| object.table != Some("p"),
        ),
        (
            case(
                "a foreign key to a column",
                "t{id int PK}",
                "",
                "t{code int, UQ[u](code)} n{id int PK, c int, FK[f](c)->(t.code)}",
                &["create table n"],
            ),
            |object| object.name != "code",
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_is_on_something_goes_with_it() {
    run_filtered(&[
        (
            case(
                "a foreign key of a table",
                "o{id int PK}",
                "p{id int PK} c{id int PK, p int, FK[f](p)->(p.id)}",
                "",
                &["drop table c", "drop table p"],
            ),
            |object| object.name != "f",
        ),
        (
            case(
                "an index of a column",
                "t{id int PK}",
                "t{y int, z int, IX[iy](y)}",
                "",
                &["drop index iy on t (y)", "drop column t.z", "drop column t.y"],
            ),
            |object| object.kind != ObjectKind::Index,
        ),
        (
            case(
                "a check of a column",
                "t{id int PK}",
                "t{y int, z int, CK[cy](y > 0)}",
                "",
                &["drop check cy on t", "drop column t.z", "drop column t.y"],
            ),
            |object| object.kind != ObjectKind::Check,
        ),
        (
            case(
                "its column stays",
                "t{id int PK}",
                "t{y int, z int, IX[iy](y)}",
                "",
                &["drop column t.z"],
            ),
            |object| object.name != "iy" && object.name != "y",
        ),
        (
            case(
                "its column is another",
                "t{id int PK}",
                "t{y int, IX[iy](y)}",
                "t{y bigint, IX[iy](y)}",
                &[],
            ),
            |object| object.name != "y",
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_something_needs_that_stays() {
    run_filtered(&[
        (
            case(
                "the table of a table's foreign key",
                "o{id int PK}",
                "p{id int PK} c{id int PK, p int, FK[f](p)->(p.id)} x{id int PK}",
                "",
                &["drop table x"],
            ),
            |object| object.table != Some("c"),
        ),
        (
            case(
                "the tables of a table's foreign keys",
                "o{id int PK}",
                "q{id int PK} p{id int PK, q int, FK[](q)->(q.id)} c{id int PK, p int, FK[f](p)->(p.id)}",
                "",
                &[],
            ),
            |object| object.table != Some("c"),
        ),
        (
            case(
                "the table of a foreign key",
                "c{id int PK, p int}",
                "p{id int PK} c{z int, FK[f](p)->(p.id)}",
                "",
                &["drop column c.z"],
            ),
            |object| object.kind != ObjectKind::ForeignKey,
        ),
    ])
    .await;
}

/// A type stays while a column has it that takes no part, and a column without its type does not come.
#[tokio::test]
async fn the_type_of_a_column_that_stays() {
    if SCHEME != "postgres" {
        return;
    }
    let enums = "t{mood Enum('ok','sad',name=mood), other Enum('a',name=other)}";
    run_filtered(&[
        (
            case(
                "the type of a column",
                "t{id int PK}",
                enums,
                "",
                &["drop column t.other", "drop type other"],
            ),
            |object| object.name != "mood" || object.kind == ObjectKind::Enum,
        ),
        (
            case(
                "a column whose type does not come",
                "t{id int PK}",
                "",
                enums,
                &["create type other", "add column t.other"],
            ),
            |object| object.name != "mood" || object.kind == ObjectKind::Column,
        ),
    ])
    .await;
}

/// An index that takes no part follows its column to its new name, and is neither dropped nor added.
#[tokio::test]
async fn an_index_of_a_column_that_is_renamed() {
    let table = |column: Column, index: &str| {
        let table = Table::new("t").column(Column::new("id", Type::Integer)).column(column);
        Schema::new().table(if index.is_empty() {
            table
        } else {
            table.with_index(Index::new([index]).named("iy"))
        })
    };
    let db = setup::fresh().await;
    let from = table(Column::new("y", Type::Integer), "y");
    let first = migrator(&[], from.clone()).draft(&db.pool, DraftOptions::new()).await.unwrap();
    let first = Migration::new("r1", "from").up(&first.up).down(&first.down);
    migrator(std::slice::from_ref(&first), from.clone()).run_pending(&db.pool).await.unwrap();
    let to = table(Column::new("z", Type::Integer).renamed_from("y"), "");
    let of = |migrations: &[Migration]| {
        migrator(migrations, to.clone()).include(|object| object.kind != ObjectKind::Index)
    };
    let draft =
        of(std::slice::from_ref(&first)).draft(&db.pool, DraftOptions::new()).await.unwrap();
    assert_eq!(draft.to_string(), "rename column t.y to z");
    let both = [first, Migration::new("r2", "to").up(&draft.up).down(&draft.down)];
    of(&both).run_pending(&db.pool).await.unwrap();
    let left = of(&both).check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(left.is_empty(), "{left}");
    let with = migrator(&both, table(Column::new("z", Type::Integer), "z"));
    let left = with.check(&db.pool, DraftOptions::new()).await.unwrap();
    assert!(left.is_empty(), "the index is there: {left}");
}
