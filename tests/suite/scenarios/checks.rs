//! draft-checks: named and unnamed CHECK constraints. What Alembic leaves to a plugin, or never sees, is found here.

use super::{Case, case, run, run_filtered};

const POSITIVE: &str = "t{CK[ck_t_x_positive](x > 0)}";
const ADD: &[&str] = &["add check ck_t_x_positive on t"];
const DROP: &[&str] = &["drop check ck_t_x_positive on t"];

#[tokio::test]
async fn added_removed_and_the_same() {
    run(&[
        case("CK-025, CK-013", "t{x int}", "", POSITIVE, ADD),
        case(
            "CK-025 at the column",
            "t{y int}",
            "t{x int}",
            "t{x int CK[ck_t_x_positive](x > 0)}",
            ADD,
        ),
        case("CK-005, CK-008", "t{x int}", POSITIVE, "", DROP),
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
