//! draft-checks: named and unnamed CHECK constraints. What Alembic leaves to a plugin, or never sees, is found here.

use super::{Case, case, run, run_filtered};

const POSITIVE: &str = "t{CK[ck_t_x_positive](x > 0)}";
const ADD: &[&str] = &["add check ck_t_x_positive on t"];
const DROP: &[&str] = &["drop check ck_t_x_positive on t"];

#[tokio::test]
async fn added_removed_and_the_same() {
    run(&[
        case("CK-025, CK-011, CK-013", "t{x int}", "", POSITIVE, ADD),
        case(
            "CK-025 at the column",
            "t{y int}",
            "t{x int}",
            "t{x int CK[ck_t_x_positive](x > 0)}",
            ADD,
        ),
        case("CK-005, CK-008, CK-014", "t{x int}", POSITIVE, "", DROP),
        case("CK-007, CK-035", "t{x int}", POSITIVE, POSITIVE, &[]),
        case(
            "CK-026",
            "t{x int}",
            "",
            "new_table{x int, CK[ck_new_x](x > 0)}",
            &["create table new_table"],
        ),
        case(
            "CK-029",
            "t{x int}",
            "old_table{x int, CK[ck_old_x](x > 0)}",
            "",
            &["drop table old_table"],
        ),
        case(
            "CK-037",
            "t{x int, y int, CK[ck_x](x > 0)}",
            "t{CK[ck_y](y > 0)}",
            "",
            &["drop check ck_y on t"],
        ),
        // The same name with another expression, and other expressions without one: NO DIFF there.
        case(
            "CK-028, CK-038",
            "t{x int}",
            POSITIVE,
            "t{CK[ck_t_x_positive](x > 5)}",
            &["drop check ck_t_x_positive on t", "add check ck_t_x_positive on t"],
        ),
        case("CK-040", "t{x int}", "", "t{CK[](x > 0)}", &["add check t_check on t"]),
        case(
            "CK-041",
            "t{x int}",
            "t{CK[](x > 0)}",
            "t{CK[](x > 5)}",
            &["drop check t_check on t", "add check t_check on t"],
        ),
        case("CK-043", "t{x int}", "t{CK[](x > 0)}", "t{CK[](x > 0)}", &[]),
        // A name that nobody asked for is no difference.
        case("CK-031", "t{x int}", "t{CK[old_name](x > 0)}", "t{CK[](x > 0)}", &[]),
    ])
    .await;
}

/// What a database words anew when it gets its own words back is no difference.
#[tokio::test]
async fn expressions_that_are_worded_anew() {
    let table = "t{a str(9), b str(9), c CHAR(3), d DATE, i int, n num(8,2), s smallint, x Text}";
    let expressions = [
        "a IN ('x', 'y')",
        "a NOT IN ('x', 'y')",
        "a IN ('x', b) OR c IN ('x', 'y')",
        "(a IN ('x', 'y')) = (b IN ('x', 'y'))",
        "coalesce(a, 'x') IN ('x', 'y')",
        "CASE a WHEN 'x' THEN i > 0 WHEN 'y' THEN i > 1 ELSE x IN ('x', 'y') END",
        "a IN (b, x) OR i > 0 OR s > 0",
        "i BETWEEN 1 AND 5 AND s > 0 AND n > 0",
        "(i > 0 AND (s > 0 AND n > 0)) OR ((i < 0 OR s < 0) OR n < 0)",
        "i NOT BETWEEN 1 AND 5 OR i = s",
        "s IN (1, 2) AND n IN (1, 2.5) AND i BETWEEN 1 AND 5",
        "d IN ('2020-01-01', '2021-01-01') OR d > '2020-01-01'",
        "a LIKE 'x%' AND lower(b) <> 'y' AND length(x) > 5",
        "a < b AND NOT (c = 'x') AND x IS NOT NULL",
        "substring(a, 1, 1) = 'x'",
        "nullif(trim(a), '') IS NOT NULL",
    ];
    // MySQL takes only what is a condition by its type.
    let is_mysql = crate::suite::has_words_of_mysql().await;
    let is_taken = |expression: &&&str| !(is_mysql && expression.starts_with("CASE"));
    let mut cases: Vec<Case> = Vec::new();
    for expression in expressions.iter().filter(is_taken) {
        let check: &'static str = format!("t{{CK[ck]({expression})}}").leak();
        cases.push(case(expression, table, "", check, &["add check ck on t"]));
        let index: &'static str = format!("t{{IX[ix](i) where={expression}}}").leak();
        cases.push(case(expression, table, index, index, &[]).only("ps"));
    }
    run(&cases).await;
}

#[tokio::test]
async fn a_name_that_is_asked_for() {
    let named = "t{CK[new_name](x > 0)}";
    let unnamed = "t{CK[](x > 0)}";
    let cases: Vec<Case> = vec![
        case("CK-044", "t{x int}", unnamed, named, &["rename check t_check on t to new_name"])
            .only("p"),
    ];
    run(&cases).await;
}

/// The values of a column in a check, which Alembic's types make and its comparison then does not know as theirs. An enum type
/// of the models is whatever lists values on the database: a type, a type of the column, a check.
#[tokio::test]
async fn of_a_columns_values() {
    let listed = "t{flag str(1) CK[flag_bool](flag IN ('a', 'b'))}";
    let unnamed = "t{flag str(1) CK[](flag IN ('a', 'b'))}";
    let free = "t{flag str(1)}";
    let status = "t{id int PK, status str(1) NN CK[widget_status](status IN ('a', 'b'))}";
    let value = "t{id int PK, status Enum('a','b',name=widget_status) NN}";
    run(&[
        case("CK-016, CK-017", status, "", "", &[]),
        case("CK-016, CK-017 as an enum", value, "", "", &[]),
        case(
            "CK-032",
            "t{x int}",
            "",
            "t{flag str(1) CK[my_enum](flag IN ('a', 'b'))}",
            &["add column t.flag", "add check my_enum on t"],
        ),
        case("CK-034", "t{x int}", listed, free, &["drop check flag_bool on t"]),
        case(
            "CK-046",
            "t{x int, CK[ck_x](x>1)}",
            unnamed,
            "t{flag int}",
            &["drop check t_flag_check on t", "alter column t.flag: type"],
        ),
        case("CK-047", "t{x int}", unnamed, free, &["drop check t_flag_check on t"]),
        case("CK-047 the same", "t{x int}", unnamed, unnamed, &[]),
    ])
    .await;
}

/// A type of its own, a type of the column, or a check of it: what an enum of the models is on the database.
#[tokio::test]
async fn enums() {
    let side =
        |values: &str| -> &'static str { format!("t{{mood Enum({values},name=mood)}}").leak() };
    let (two, three) = (side("'ok','sad'"), side("'ok','sad','so-so'"));
    let swapped = side("'sad','ok'");
    run(&[
        case(
            "BUG-024",
            "o{id int PK}",
            "",
            "t{id int PK, mood Enum('ok','sad',name=mood)}",
            &["create type mood (ok, sad)", "create table t"],
        )
        .only("p"),
        case(
            "BUG-024",
            "o{id int PK}",
            "",
            "t{id int PK, mood Enum('ok','sad',name=mood)}",
            &["create table t"],
        )
        .only("ms"),
        case(
            "BUG-025",
            "t{id int PK}",
            "",
            two,
            &["create type mood (ok, sad)", "add column t.mood"],
        )
        .only("p"),
        case("BUG-025", "t{id int PK}", "", two, &["add column t.mood"]).only("m"),
        case("BUG-025", "t{id int PK}", "", two, &["add column t.mood", "add check"]).only("s"),
        case("BUG-026, added", "t{id int PK}", two, three, &["alter type mood: add so-so"])
            .only("p"),
        case("BUG-026, removed", "t{id int PK}", three, two, &["alter type mood"]).only("p"),
        case("BUG-026, reordered", "t{id int PK}", two, swapped, &["alter type mood"]).only("p"),
        case("BUG-026, added", "t{id int PK}", two, three, &["alter column t.mood: type"])
            .only("m"),
        case("BUG-026, removed", "t{id int PK}", three, two, &["alter column t.mood: type"])
            .only("m"),
        case("BUG-026, reordered", "t{id int PK}", two, swapped, &["alter column t.mood: type"])
            .only("m"),
        case("BUG-026, added", "t{id int PK}", two, three, &["drop check", "add check"]).only("s"),
        case("BUG-026, removed", "t{id int PK}", three, two, &["drop check", "add check"])
            .only("s"),
        case("BUG-026, the same", "t{id int PK}", two, two, &[]),
    ])
    .await;
}

#[tokio::test]
async fn filters() {
    run_filtered(&[
        (case("CK-001", "t{x int}", POSITIVE, "", &[]), |object| object.name != "ck_t_x_positive"),
        (case("CK-002", "t{x int}", "", POSITIVE, &[]), |object| object.name != "ck_t_x_positive"),
        (case("CK-004", "t{x int}", "", POSITIVE, ADD), |object| !object.name.is_empty()),
    ])
    .await;
}

#[tokio::test]
async fn in_another_schema() {
    run(&[case(
        "CK-023",
        "test_schema.t{x int}",
        "",
        "test_schema.t{CK[ck_t_x_positive](x > 0)}",
        &["add check ck_t_x_positive on test_schema.t"],
    )
    .only("p")])
    .await;
}
