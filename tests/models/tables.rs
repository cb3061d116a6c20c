//! Each attribute of a struct, beside what it means.

use ambix::{
    Model,
    schema::{
        Check, Column, Deferral, Exclusion, ForeignKey, Index, IndexPart, Match, Name, Nulls,
        PrimaryKey, ReferentialAction, Table, Type, Unique,
    },
};

use super::columns::cases;

fn ab() -> Table {
    Table::new("t")
        .column(Column::new("a", Type::Integer).not_null())
        .column(Column::new("b", Type::Text))
}

#[test]
fn constraints() {
    cases! {
        #[model(renamed_from = "old", comment = "it's", option(strict, engine = "InnoDB", fillfactor = 70))]
        { a: i32, b: Option<String> } =>
            ab().renamed_from("old")
                .comment("it's")
                .option("strict", "true")
                .option("engine", "InnoDB")
                .option("fillfactor", "70");
        /// A doc comment.
        #[model(comment)]
        { a: i32, b: Option<String> } => ab().comment("A doc comment.");
        #[model(primary_key(a))]
        { a: i32, b: Option<String> } => ab().primary_key(["a"]);
        #[model(primary_key(name = "pk", columns(a), include(b), deferrable))]
        { a: i32, b: Option<String> } =>
            ab().with_primary_key(
                PrimaryKey::new(["a"]).named("pk").include(["b"]).deferral(Deferral::Immediate),
            );
        #[model(unique(a, b), unique(b))]
        { a: i32, b: Option<String> } => ab().unique(["a", "b"]).unique(["b"]);
        #[model(unique(name = "u", columns(a), include(b), deferred, nulls_not_distinct, renamed_from = "v"))]
        { a: i32, b: Option<String> } =>
            ab().with_unique(
                Unique::new(["a"])
                    .named("u")
                    .include(["b"])
                    .deferral(Deferral::Deferred)
                    .nulls_not_distinct()
                    .renamed_from("v"),
            );
        #[model(check("a > 0"), check(name = "c", expr = "b <> ''", renamed_from = "d", no_inherit, not_enforced))]
        { a: i32, b: Option<String> } =>
            ab().check(Check::new("a > 0")).check(
                Check::new("b <> ''").named("c").renamed_from("d").no_inherit().not_enforced(),
            );
        #[model(exclude("USING gist (a WITH =)"), exclude(name = "e", definition = "(b WITH =)", renamed_from = "f"))]
        { a: i32, b: Option<String> } =>
            ab().exclusion(Exclusion::new("USING gist (a WITH =)"))
                .exclusion(Exclusion::new("(b WITH =)").named("e").renamed_from("f"));
        #[model(foreign_key(columns(a, b), references = "app.o(x, y)"))]
        { a: i32, b: Option<String> } =>
            ab().foreign_key(ForeignKey::new(["a", "b"], Name::in_schema("app", "o"), ["x", "y"]));
        #[model(foreign_key(columns(a, b), references("o", x, y), name = "k", match = "full",
            on_delete = "set null", on_delete_columns(b), on_update = "restrict", deferrable))]
        { a: i32, b: Option<String> } =>
            ab().foreign_key(
                ForeignKey::new(["a", "b"], "o", ["x", "y"])
                    .named("k")
                    .matching(Match::Full)
                    .on_delete(ReferentialAction::SetNull)
                    .on_delete_columns(["b"])
                    .on_update(ReferentialAction::Restrict)
                    .deferral(Deferral::Immediate),
            );
        #[model(foreign_key(a, references(Self, a)))]
        { a: i32, b: Option<String> } => ab().foreign_key(ForeignKey::new(["a"], "t", ["a"]));
    }
}

/// FK-025, IX-041: a field's name stands for its column's wherever the model says it.
#[test]
fn fields_that_are_called_otherwise() {
    cases! {
        #[model(foreign_key(columns(oid1, x), references("o", id_1, id_2), name = "fk_test_name"))]
        { #[column(name = "a")] oid1: i32, #[column(name = "b")] x: Option<String> } =>
            ab().foreign_key(
                ForeignKey::new(["a", "b"], "o", ["id_1", "id_2"]).named("fk_test_name"),
            );
        #[model(unique(x))]
        { a: i32, #[column(name = "b")] x: Option<String> } => ab().unique(["b"]);
    }
}

#[test]
fn indexes() {
    cases! {
        #[model(index(a, b))]
        { a: i32, b: Option<String> } => ab().index(["a", "b"]);
        // IX-019: a field's name is its column's.
        #[model(index(x))]
        { a: i32, #[column(name = "b")] x: Option<String> } => ab().index(["b"]);
        #[model(index(expr("lower(b)"), desc(a), unique))]
        { a: i32, b: Option<String> } =>
            ab().with_index(
                Index::on([IndexPart::expression("lower(b)"), IndexPart::column("a").descending()])
                    .unique(),
            );
        #[model(index(
            name = "i",
            columns(desc(a, nulls = "last"), expr("lower(b)", ops = "text_ops"), column(b, collation = "C", length = 3)),
            method = "btree",
            where = "a > 0",
            include(b),
            nulls_not_distinct,
            renamed_from = "j",
            comment = "fast",
            option(fillfactor = 70),
        ))]
        { a: i32, b: Option<String> } =>
            ab().with_index(
                Index::on([
                    IndexPart::column("a").descending().nulls(Nulls::Last),
                    IndexPart::expression("lower(b)").operator_class("text_ops"),
                    IndexPart::column("b").collation("C").length(3),
                ])
                .named("i")
                .method("btree")
                .only_where("a > 0")
                .include(["b"])
                .nulls_not_distinct()
                .renamed_from("j")
                .comment("fast")
                .option("fillfactor", "70"),
            );
    }
}

#[allow(dead_code)]
#[derive(Model)]
struct HTTPRequestLog {
    id: i32,
}

#[allow(dead_code)]
#[derive(Model)]
#[model(schema = "audit")]
#[model(table = "log", crate = "ambix")]
struct InSchema<'a> {
    text: &'a str,
}

#[test]
fn names() {
    assert_eq!(HTTPRequestLog::table_name(), Name::new("http_request_log"));
    assert_eq!(InSchema::table_name(), Name::in_schema("audit", "log"));
    assert_eq!(InSchema::table().name, Name::in_schema("audit", "log"));
}

mod circle {
    use ambix::Model;

    #[derive(Model)]
    #[allow(dead_code)]
    pub(super) struct Egg {
        #[column(primary_key)]
        id: i32,
        #[column(references(Hen, id))]
        hen_id: Option<i32>,
    }

    #[derive(Model)]
    #[allow(dead_code)]
    pub(super) struct Hen {
        #[column(primary_key)]
        id: i32,
        #[column(references(Egg, id))]
        egg_id: i32,
    }
}

#[test]
fn models_may_refer_to_each_other() {
    let models = ambix::models![circle::Egg, circle::Hen];
    assert_eq!(models.names, ["circle::Egg", "circle::Hen"]);
    let keys = |at: usize| &models.schema.tables[at].foreign_keys[0].references.name;
    assert_eq!([keys(0), keys(1)], ["hen", "egg"]);
}

/// A program's own macro may write models.
macro_rules! tables {
    ($($name:ident $table:literal { $($field:ident: $ty:ty, $length:expr, $default:literal;)* })*) => {$(
        #[allow(dead_code)]
        #[derive(Model)]
        #[model(table = $table)]
        struct $name {
            $(#[column(max_length = $length, default = $default)] $field: $ty,)*
        }
    )*};
}
tables! {
    Macro "from_macro" { a: Option<String>, 5, "x"; }
}

#[test]
fn a_macro_may_write_models() {
    let by_hand = Table::new("from_macro").column(Column::new("a", Type::Varchar(5)).default("x"));
    assert_eq!(Macro::table(), by_hand);
}
