//! draft-tables-columns.

use super::{Case, case, run, run_filtered};

const SHOP: &str =
    "user{id int PK} address{id int PK, email_address str(100) NN} order{order_id int PK}";
const SHOP_DATABASE: &str = "user{name str(50), a1 str(50), pw str(50), IX[pw_idx](pw)} order{amount num(8,2) NN DEFAULT 0, \
     CK[ck_order_amount](amount >= 0)} extra{x CHAR, uid int, FK[](uid)->(user.id)}";
const SHOP_MODELS: &str = "user{name str(50) NN, a1 str(50) DEFAULT 'x'} address{street str(50), UQ[uq_email](email_address)} \
     order{amount num(10,2) DEFAULT 0, user_id int, CK[ck_order_amount](amount > -1), FK[](user_id)->(user.id)} \
     item{id int PK, description str(100), order_id int, CK[](length(description) > 5), FK[](order_id)->(order.order_id)}";
const SHOP_CHANGES: &[&str] = &[
    "create table item",
    "drop table extra",
    "add column address.street",
    "add unique constraint uq_email on address (email_address)",
    "add column order.user_id",
    "alter column order.amount: type",
    "drop check ck_order_amount on order",
    "add check ck_order_amount on order",
    "add foreign key order_user_id_fkey on order (user_id) -> user (id)",
    "alter column user.name: not null",
    "alter column user.a1: default",
    "drop index pw_idx on user (pw)",
    "drop column user.pw",
];

#[tokio::test]
async fn a_shop() {
    run(&[case(
        "DIF-026, DIF-059, DIF-085, DIF-088, DIF-094",
        SHOP,
        SHOP_DATABASE,
        SHOP_MODELS,
        SHOP_CHANGES,
    )])
    .await;
}

#[tokio::test]
async fn a_shop_through_filters() {
    run_filtered(&[
        (
            case(
                "DIF-091, DIF-097",
                SHOP,
                "order{amount num(8,2) NN DEFAULT 0} extra{x CHAR}",
                "order{amount num(8,2) NN DEFAULT 0, user_id int, FK[](user_id)->(user.id)} item{id int PK}",
                &["add column order.user_id", "add foreign key order_user_id_fkey on order", "drop table extra"],
            ),
            |object| object.table != Some("item"),
        ),
        (
            case("DIF-079, DIF-080", "a{x int}", "alembic_version{x int}", "", &[]),
            |_| true,
        ),
        // Alembic's own function for comparing types says that there is no difference; here that is a filter's business.
        (
            case("DIF-082", "a{id int PK}", "a{value int}", "a{value str(9)}", &[]),
            |object| object.name != "value",
        ),
        (
            case(
                "DIF-083",
                "a{id int PK}",
                "a{value int, other int}",
                "a{value str(9), other str(9)}",
                &["alter column a.value: type"],
            ),
            |object| object.name != "other",
        ),
        (case("DIF-077", "a{x str(50)}", "", "", &[]), |object| object.schema.is_none()),
        (
            case("DIF-077", "a{x str(50)}", "", "b{x str(50)}", &["create table b"]),
            |object| object.schema.is_none(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn schemas() {
    let (both, database, models) = (
        "t6{u int} test_schema.t7{v int}",
        "t1{x int} test_schema.t2{y int}",
        "t3{q int} test_schema.t4{z int}",
    );
    run(&[
        case(
            "DIF-001, DIF-002",
            both,
            database,
            models,
            &[
                "create table t3",
                "create table test_schema.t4",
                "drop table t1",
                "drop table test_schema.t2",
            ],
        )
        .only("p"),
        case(
            "DIF-013, DIF-014",
            "test_schema.a{y str(50)}",
            "",
            "a{x str(50)}",
            &["create table a"],
        )
        .only("p"),
    ])
    .await;
    run_filtered(&[
        (
            case(
                "DIF-001",
                both,
                database,
                models,
                &["create table test_schema.t4", "drop table test_schema.t2"],
            )
            .only("p"),
            |object| object.schema == Some("test_schema"),
        ),
        (
            case("DIF-004, DIF-007", both, database, models, &["create table t3", "drop table t1"])
                .only("p"),
            |object| object.schema.is_none(),
        ),
        // By the table's name: t7 is there already, which Alembic then does not know.
        (
            case(
                "DIF-005",
                both,
                database,
                models,
                &["create table t3", "create table test_schema.t4", "drop table t1"],
            )
            .only("p"),
            |object| object.in_models || ["t1", "t6"].contains(&object.table.unwrap_or_default()),
        ),
    ])
    .await;
}

#[tokio::test]
async fn many_models() {
    run(&[
        case(
            "DIF-040",
            "a{id int PK} b1{id int PK} c1{id int PK}",
            "b2{id int PK} c1{x int}",
            "a{q int} c2{id int PK}",
            &["create table c2", "drop table b2", "add column a.q", "drop column c1.x"],
        ),
        case("DIF-041", "a{id int PK} b{id int PK}", "", "b{q int}", &["add column b.q"]),
    ])
    .await;
}

#[tokio::test]
async fn many_tables_go_at_once() {
    // With the index of one and the foreign key between them, and each once.
    run(&[case(
        "DIF-089",
        "o{id int PK}",
        "user{id int PK, pw str(50), IX[pw_idx](pw)} extra{x CHAR, uid int, FK[](uid)->(user.id)}",
        "",
        &["drop table extra", "drop table user"],
    )])
    .await;
}

#[tokio::test]
async fn types() {
    let pairs: [(&str, &str, bool, &str); 24] = [
        ("DateTime", "DateTime", false, ""),
        ("DateTime", "DateTimeTz", true, "p"),
        ("DateTimeTz", "DateTime", true, "p"),
        ("str(32)", "str(32)", false, ""),
        ("CHAR", "str(1)", true, ""),
        ("Text", "str(255)", true, ""),
        ("str(255)", "Text", true, ""),
        ("str(6)", "str(12)", true, ""),
        ("int", "str(10)", true, ""),
        ("num(10,5)", "num(10,6)", true, ""),
        ("num(10,5)", "num(12,5)", true, ""),
        ("num(10,5)", "num(10,5)", false, ""),
        // NO DIFF there, a real change here: BUG-029.
        ("num(10,5)", "num", true, "ps"),
        ("str(30)", "str", true, ""),
        ("bigint", "int", true, "pm"),
        ("bigint", "bigint", false, ""),
        ("bigint", "smallint", true, "pm"),
        ("int", "smallint", true, "pm"),
        ("int", "Text", true, ""),
        ("bool", "bool", false, ""),
        ("LargeBinary", "LargeBinary", false, ""),
        ("JSON", "JSON", false, ""),
        ("Float", "Float", false, ""),
        ("DATE", "DATE", false, ""),
    ];
    let mut cases: Vec<Case> = Vec::new();
    for (from, to, differs, only) in pairs {
        let expected: &[&str] = if differs { &["alter column t.x: type"] } else { &[] };
        let (from, to) = (format!("t{{x {from}}}"), format!("t{{x {to}}}"));
        let case = case(
            "DIF-028, DIF-029, DIF-031, DIF-035",
            "t{id int PK}",
            from.leak(),
            to.leak(),
            expected,
        );
        cases.push(case.only(only));
    }
    run(&cases).await;
}

#[tokio::test]
async fn defaults() {
    let same: [(&str, &str, &str); 17] = [
        ("str(30)", "'some default'", ""),
        ("str(30)", "'//slash'", ""),
        ("str(30)", "'has '' quote'", ""),
        ("str(8)", "''", ""),
        ("str(30)", "'-- no comment'", ""),
        ("str(30)", "'back\\slash'", ""),
        ("str(30)", "substring('name', 1, 3)", "p"),
        ("DateTime", "now()", "p"),
        ("DateTime", "CURRENT_TIMESTAMP", "ps"),
        ("DateTime", "(datetime('now', 'localtime'))", "s"),
        ("DateTime", "TIMEZONE('utc', CURRENT_TIMESTAMP)", "p"),
        ("int", "15", ""),
        ("Float", "5.2", ""),
        ("bool", "true", "pm"),
        ("int[]", "(ARRAY[]::integer[])", "p"),
        ("INTERVAL", "'14 days'", "p"),
        ("UUID", "gen_random_uuid()", "p"),
    ];
    let mut cases: Vec<Case> = Vec::new();
    for (ty, default, only) in same {
        let ty = if ty == "int[]" { "integer[]" } else { ty };
        let column: &'static str = format!("t{{x {ty} DEFAULT {default}}}").leak();
        let number = "DIF-032, PG-043 to 068, SL-016 to 026, BUG-031";
        cases.push(case(number, "t{id int PK}", column, column, &[]).only(only));
    }
    for (ty, from, to, only) in [
        ("str(30)", "'hello'", "'there'", ""),
        ("int", "5", "7", ""),
        ("Float", "5.2", "5.3", ""),
        ("int", "5", "", ""),
    ] {
        let side = |default: &str| -> &'static str {
            if default.is_empty() {
                format!("t{{x {ty}}}")
            } else {
                format!("t{{x {ty} DEFAULT {default}}}")
            }
            .leak()
        };
        let expected: &[&str] = &["alter column t.x: default"];
        cases.push(
            case("PG-047, SL-019, SL-023", "t{id int PK}", side(from), side(to), expected)
                .only(only),
        );
    }
    run(&cases).await;
}

#[tokio::test]
async fn columns() {
    let comment: &[&str] = &["alter column a.x: comment"];
    run(&[
        case("DIF-061", "a{y int}", "a{x int}", "a{x int CMT='x'}", comment).only("pm"),
        case("DIF-062", "a{y int}", "a{x int CMT='old'}", "a{x int CMT='new'}", comment).only("pm"),
        case("DIF-064", "a{y int}", "a{x int DEFAULT 5}", "a{x int DEFAULT 5 CMT='new'}", comment)
            .only("pm"),
        case(
            "DIF-065, DIF-067",
            "a{id int PK}",
            "a{x int PK}",
            "a{x bigint PK}",
            &["alter column a.x: type"],
        )
        .only("pm"),
        case(
            "DIF-068",
            "a{y int}",
            "a{x int NN}",
            "a{x int}",
            &["alter column a.x: drop not null"],
        ),
        case(
            "DIF-070, DIF-071",
            "a{id int PK}",
            "a{x int}",
            "a{x bigint}",
            &["alter column a.x: type"],
        )
        .only("pm"),
        case("DIF-073", "b{y int}", "a{x int PK}", "a{x bigint PK}", &["alter column a.x: type"])
            .only("pm"),
        case(
            "DIF-074",
            "b{y int}",
            "a{x int PK AUTO}",
            "a{x bigint PK AUTO}",
            &["alter column a.x: type"],
        )
        .only("pm"),
    ])
    .await;
}

#[tokio::test]
async fn primary_keys() {
    // BUG-029: no difference for Alembic.
    run(&[
        case(
            "BUG-029, another key",
            "t{x int NN, y int NN}",
            "k{a int PK, b int NN}",
            "k{a int NN, b int PK}",
            &["drop primary key of k (a)", "add primary key of k (b)"],
        ),
        case(
            "BUG-029, a wider key",
            "t{x int NN}",
            "k{a int PK, b int NN}",
            "k{a int PK, b int PK}",
            &["drop primary key of k (a)", "add primary key of k (a, b)"],
        ),
        case(
            "BUG-029, a key",
            "t{x int NN}",
            "k{a int NN}",
            "k{a int PK}",
            &["add primary key of k (a)"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn comments() {
    run(&[
        case(
            "CMT-001",
            "t{x str(10) PK}",
            "t{amount Float}",
            "t{amount Float CMT='the amount'}",
            &["alter column t.amount: comment"],
        ),
        case(
            "CMT-010",
            "t{x str(10) PK}",
            "t{amount Float CMT=''}",
            "t{amount Float CMT='the amount'}",
            &["alter column t.amount: comment"],
        ),
        case(
            "CMT-002, CMT-013",
            "t{x str(10) PK}",
            "",
            "t{CMT='this is some table'}",
            &["comment on table t: this is some table"],
        ),
        case(
            "CMT-004",
            "t{x str(10) PK}",
            "t{CMT='this is some table'}",
            "t{CMT='this is also some table'}",
            &["comment on table t: this is also some table"],
        ),
        case("CMT-005", "t{x str(10) PK, amount Float CMT='the amount'}", "", "", &[]),
        case(
            "CMT-007, CMT-011",
            "t{x str(10) PK}",
            "t{amount Float CMT='the amount'}",
            "t{amount Float}",
            &["alter column t.amount: no comment"],
        ),
        case(
            "CMT-008, CMT-014",
            "t{x str(10) PK}",
            "t{CMT='this is some table'}",
            "",
            &["remove the comment on table t"],
        ),
    ]
    .map(|case| case.only("pm")))
    .await;
}

#[tokio::test]
async fn generated_columns() {
    let replaced: &[&str] = &["drop column user.foo", "add column user.foo"];
    let table = "user{id int PK, bar int, name str(50)}";
    run(&[
        case(
            "CMP-005",
            table,
            "user{foo int COMPUTED(bar*5)}",
            "user{foo int COMPUTED(bar * 5)}",
            &[],
        ),
        // NO DIFF there; a computed column that is wrong stays wrong.
        case(
            "CMP-004",
            table,
            "user{foo int COMPUTED(bar*5)}",
            "user{foo int COMPUTED(bar * 42)}",
            replaced,
        )
        .only("p"),
        case(
            "CMP-004, to computed",
            table,
            "user{foo int}",
            "user{foo int COMPUTED(bar*5)}",
            replaced,
        )
        .only("p"),
        case(
            "CMP-004",
            table,
            "user{foo int COMPUTED(bar*5)}",
            "user{foo int COMPUTED(bar * 42)}",
            &["alter column user.foo: generated"],
        )
        .only("s"),
        case(
            "CMP-001",
            table,
            "user{foo Text COMPUTED(lower(name))}",
            "user{foo Text COMPUTED(upper(name))}",
            replaced,
        )
        .only("p"),
        case(
            "CMP-002",
            table,
            "user{foo bool COMPUTED(lower(name) IS NULL)}",
            "user{foo bool COMPUTED(lower(name) IS NULL)}",
            &[],
        )
        .only("ps"),
        case(
            "CMP-002",
            table,
            "user{foo bool COMPUTED(name = ANY(ARRAY['a', 'b']))}",
            "user{foo bool COMPUTED(name = ANY(ARRAY['a', 'b']))}",
            &[],
        )
        .only("p"),
        case(
            "CMP-002",
            table,
            "user{foo num(10,2) COMPUTED(bar::numeric(10, 2) * 2)}",
            "user{foo num(10,2) COMPUTED(bar::numeric(10, 2) * 2)}",
            &[],
        )
        .only("p"),
    ])
    .await;
}
