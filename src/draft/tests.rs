//! What the difference of two schemas is, and in which order it can be carried out. The databases' own words are made up here;
//! that real ones take each list is the business of the suite.

use std::collections::BTreeSet;

use super::{
    diff::{Rules, diff},
    expression::replace_schema,
    order::{OrderContext, order},
    rename::{self, Renames, SqlNames},
};
use crate::{
    change::{Change, reverse},
    database::drafting::{Dependent, DraftingCapabilities},
    schema::{
        Check, Column, EnumType, ForeignKey, Index, IndexPart, Name, Schema, Sequence, Table, Type,
        Unique,
    },
    sql::{Bodies, Syntax},
};

const SYNTAX: Syntax = Syntax {
    dollar_quotes: true,
    escape_strings: true,
    backslash_escapes: false,
    nested_comments: true,
    hash_comments: false,
    dash_comment_needs_space: false,
    executable_comments: false,
    backtick_names: false,
    bracket_names: false,
    delimiter_command: false,
    bodies: Bodies::Atomic,
};

const FACTS: DraftingCapabilities = DraftingCapabilities {
    enum_types: true,
    schemas: true,
    sequences: true,
    adds_foreign_keys: true,
    names_primary_keys: true,
    name_limit: 63,
    lifted_by_type: &[
        Dependent::ForeignKey,
        Dependent::Check,
        Dependent::Generated,
        Dependent::ExpressionIndex,
    ],
    lifted_by_rename: &[],
    foreign_keys_need_indexes: false,
    foreign_keys_hold_identity: false,
    extension_tables: &[],
};

/// A generated column is recreated.
struct TestRules;

impl Rules for TestRules {
    fn alters(&self, from: &Column, to: &Column) -> bool {
        from.generated == to.generated
    }

    fn has_text(&self, expression: &str, text: &str) -> bool {
        expression.contains(&format!("'{text}'"))
    }
}

fn changes(from: &Schema, to: &Schema) -> Vec<Change> {
    changes_with(from, to, &Renames::default(), &FACTS)
}

fn changes_with(
    from: &Schema,
    to: &Schema,
    renames: &Renames,
    facts: &DraftingCapabilities,
) -> Vec<Change> {
    let quote = |name: &str| format!("\"{name}\"");
    let literal = |text: &str| format!("'{text}'");
    let names = SqlNames {
        syntax: &SYNTAX,
        quote: &quote,
        literal: &literal,
        enum_types: facts.enum_types,
    };
    let (renamed, mut changes) = rename::apply(from, to, renames, &names);
    changes.extend(diff(&renamed, to, &TestRules));
    let context = OrderContext {
        current: &renamed,
        original: from,
        desired: to,
        facts,
        syntax: &SYNTAX,
        dropped: &BTreeSet::new(),
    };
    order(changes, &context)
}

fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().map(Change::to_string).collect()
}

fn column(name: &str, ty: &str) -> Column {
    Column::new(name, Type::sql(ty))
}

fn table(name: &str, columns: &[(&str, &str)]) -> Table {
    let mut table = Table::new(name);
    for (name, ty) in columns {
        table = table.column(column(name, ty));
    }
    table
}

fn schema(tables: impl IntoIterator<Item = Table>) -> Schema {
    tables.into_iter().fold(Schema::new(), Schema::table)
}

fn keyed(name: &str) -> Table {
    table(name, &[("id", "integer")]).primary_key(["id"])
}

fn to(table: &str, column: &str) -> ForeignKey {
    ForeignKey::new([column], table, ["id"]).named(format!("{column}_fk"))
}

#[test]
fn new_tables_stand_behind_those_that_they_refer_to() {
    let child = table("a_child", &[("parent", "integer")]).foreign_key(to("parent", "parent"));
    let forward = changes(&Schema::new(), &schema([child, keyed("parent")]));
    assert_eq!(lines(&forward), ["create table parent", "create table a_child"]);
    assert_eq!(lines(&reverse(&forward)), ["drop table a_child", "drop table parent"]);
}

#[test]
fn a_circle_of_foreign_keys_is_closed_last() {
    let one = keyed("one").column(column("two", "integer")).foreign_key(to("two", "two"));
    let two = keyed("two").column(column("one", "integer")).foreign_key(to("one", "one"));
    let both = schema([one, two]);
    let up = changes(&Schema::new(), &both);
    assert_eq!(
        lines(&up),
        ["create table one", "create table two", "add foreign key two_fk on one (two) -> two (id)"]
    );
    let down = changes(&both, &Schema::new());
    assert_eq!(down[0].to_string(), "drop foreign key two_fk on one (two) -> two (id)");
    let Change::CreateTable(one) = &up[0] else { panic!() };
    assert!(one.foreign_keys.is_empty());
    // Where keys cannot come later, the circle is made inline.
    let facts = DraftingCapabilities { adds_foreign_keys: false, ..FACTS };
    let inline = changes_with(&Schema::new(), &both, &Renames::default(), &facts);
    assert_eq!(lines(&inline), ["create table one", "create table two"]);
}

#[test]
fn a_foreign_key_to_a_key_that_is_only_added_comes_after_it() {
    let from = schema([table("users", &[("email", "text")])]);
    let users = table("users", &[("email", "text")]).with_unique(Unique::new(["email"]).named("u"));
    let mails = table("mails", &[("email", "text")])
        .foreign_key(ForeignKey::new(["email"], "users", ["email"]).named("fk"));
    assert_eq!(
        lines(&changes(&from, &schema([users, mails]))),
        [
            "create table mails",
            "add unique constraint u on users (email)",
            "add foreign key fk on mails (email) -> users (email)",
        ]
    );
}

#[test]
fn dependents_of_a_type_change_are_recreated() {
    let make = |ty: &str| {
        let child = table("child", &[("parent", ty)]).foreign_key(to("parent", "parent"));
        let parent = table("parent", &[("id", ty), ("n", ty)])
            .column(Column::new("twice", Type::sql("bigint")).generated("n * 2"))
            .primary_key(["id"])
            .check(Check::new("n > 0").named("positive"))
            .check(Check::new("other > 0").named("other"))
            .with_index(Index::new(["twice"]).named("by_twice"))
            .with_index(Index::on([IndexPart::expression("abs(n)")]).named("by_abs"));
        schema([parent, child])
    };
    assert_eq!(
        lines(&changes(&make("integer"), &make("bigint"))),
        [
            "drop foreign key parent_fk on child (parent) -> parent (id)",
            "drop check positive on parent (n > 0)",
            "drop index by_twice on parent (twice)",
            "drop index by_abs on parent (abs(n))",
            "drop column parent.twice",
            "alter column parent.id: type integer -> bigint",
            "alter column parent.n: type integer -> bigint",
            "alter column child.parent: type integer -> bigint",
            "add column parent.twice bigint generated as (n * 2)",
            "add check positive on parent (n > 0)",
            "add index by_twice on parent (twice)",
            "add index by_abs on parent (abs(n))",
            "add foreign key parent_fk on child (parent) -> parent (id)",
        ]
    );
}

#[test]
fn a_key_that_changes_takes_the_foreign_keys_to_it_along() {
    let make = |parent: Table| {
        schema([parent, table("child", &[("p", "integer")]).foreign_key(to("parent", "p"))])
    };
    let from = make(keyed("parent"));
    let to =
        make(table("parent", &[("id", "integer")]).with_unique(Unique::new(["id"]).named("u")));
    assert_eq!(
        lines(&changes(&from, &to)),
        [
            "drop foreign key p_fk on child (p) -> parent (id)",
            "drop primary key of parent (id)",
            "add unique constraint u on parent (id)",
            "add foreign key p_fk on child (p) -> parent (id)",
        ]
    );
}

#[test]
fn declared_renames_are_renames_once() {
    let people = keyed("people")
        .column(column("name", "text"))
        .check(Check::new("length(name) > 0").named("c"))
        .with_index(Index::on([IndexPart::expression("lower(name)")]).named("i"));
    let users = keyed("users")
        .renamed_from("people")
        .column(column("full_name", "text").renamed_from("name"))
        .check(Check::new("length(full_name) > 0").named("c"))
        .with_index(Index::on([IndexPart::expression("lower(full_name)")]).named("i"));
    let child = |of: &str| table("child", &[("p", "integer")]).foreign_key(to(of, "p"));
    let from = schema([people, child("people")]);
    let desired = schema([users, child("users")]);
    let renames = Renames::of_models(&desired);
    let expected = ["rename table people to users", "rename column users.name to full_name"]
        .map(str::to_owned);
    let up = changes_with(&from, &desired, &renames, &FACTS);
    assert_eq!(lines(&up), expected);
    assert_eq!(
        lines(&reverse(&up)),
        ["rename column users.full_name to name", "rename table users to people"]
    );
    // It was carried out: the declaration is of no consequence any more.
    assert_eq!(lines(&changes_with(&desired, &desired, &renames, &FACTS)), Vec::<String>::new());
}

#[test]
fn enum_values() {
    let make = |values: &[&str]| {
        Schema::new()
            .enum_type(EnumType::new("mood", values.iter().copied()))
            .table(table("t", &[("m", "mood")]).check(Check::new("m <> 'sad'::mood").named("c")))
    };
    let from = make(&["sad", "ok"]);
    let is_rebuild = |changes: &[Change]| {
        changes.iter().any(|change| matches!(change, Change::AlterEnum { rebuild: true, .. }))
    };
    let added = changes(&from, &make(&["sad", "so-so", "ok"]));
    assert_eq!(lines(&added), ["alter type mood: add so-so"]);
    assert!(!is_rebuild(&added) && is_rebuild(&reverse(&added)));
    let removed = changes(&from, &make(&["ok"]));
    assert!(is_rebuild(&removed));
    assert_eq!(
        lines(&removed).first().map(String::as_str),
        Some("drop check c on t (m <> 'sad'::mood)")
    );
    assert!(is_rebuild(&changes(&from, &make(&["ok", "sad"]))));
    // A value that is used at once.
    let mut used = make(&["sad", "ok", "new"]);
    used.tables[0].columns[0].default =
        Some(crate::schema::DefaultValue::Sql("'new'::mood".to_owned()));
    assert!(is_rebuild(&changes(&from, &used)));
    // One that is called otherwise.
    let renames = Renames {
        values: vec![(Name::new("mood"), vec![("sad".to_owned(), "blue".to_owned())])],
        ..Renames::default()
    };
    let mut blue = make(&["blue", "ok"]);
    blue.tables[0].checks[0].expression = "m <> 'blue'::mood".to_owned();
    let renamed = changes_with(&from, &blue, &renames, &FACTS);
    assert_eq!(lines(&renamed), ["alter type mood: sad is now blue"]);
}

#[test]
fn names_that_were_made_up_do_not_matter() {
    let make = |name: &str, loose: bool| {
        let mut unique = Unique::new(["x"]).named(name);
        unique.loose = loose;
        schema([table("t", &[("x", "text")]).with_unique(unique)])
    };
    let from = make("db_generated", false);
    assert_eq!(lines(&changes(&from, &make("t_x_key", true))), Vec::<String>::new());
    assert_eq!(
        lines(&changes(&from, &make("own", false))),
        ["rename unique constraint db_generated on t to own"]
    );
}

#[test]
fn two_names_that_change_places_are_recreated() {
    let make = |a: &str, b: &str| {
        schema([table("t", &[("x", "text"), ("y", "text")])
            .with_index(Index::new(["x"]).named(a))
            .with_index(Index::new(["y"]).named(b))])
    };
    assert_eq!(
        lines(&changes(&make("i", "j"), &make("j", "i"))),
        [
            "drop index i on t (x)",
            "drop index j on t (y)",
            "add index j on t (x)",
            "add index i on t (y)",
        ]
    );
}

#[test]
fn the_rest_in_its_order() {
    let from = schema([table("old", &[("x", "text")]), table("t", &[("gone", "text")])])
        .sequence(Sequence::new("s"))
        .enum_type(EnumType::new("e", ["a"]));
    let desired =
        schema([table("t", &[("here", "text")]).comment("c"), table("new", &[("x", "f")])])
            .enum_type(EnumType::new("f", ["a"]));
    let up = changes(&from, &desired);
    assert_eq!(
        lines(&up),
        [
            "drop table old",
            "create type f (a)",
            "create table new",
            "add column t.here text",
            "comment on table t: c",
            "drop column t.gone",
            "drop type e",
            "drop sequence s",
        ]
    );
    assert_eq!(reverse(&reverse(&up)), up);
    assert_eq!(lines(&changes(&desired, &desired)), Vec::<String>::new());
}

#[test]
fn a_schema_is_replaced_where_it_qualifies_a_name() {
    let quote = |name: &str| format!("\"{name}\"");
    let cases = [
        ("nextval('billing.numbers'::regclass)", "nextval('place.numbers'::regclass)"),
        ("billing.is_due(billing, 'billing')", "\"place\".is_due(billing, 'billing')"),
        ("\"billing\".state", "\"place\".state"),
        ("other.billing + rebilling.x", "other.billing + rebilling.x"),
        ("'of billing.numbers'", "'of billing.numbers'"),
    ];
    for (given, expected) in cases {
        assert_eq!(replace_schema(given, "billing", "place", &SYNTAX, &quote), expected);
    }
    let odd = replace_schema("'\"Odd\".s' || \"Odd\".f()", "Odd", "place", &SYNTAX, &quote);
    assert_eq!(odd, "'place.s' || \"place\".f()");
}
