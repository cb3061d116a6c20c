//! draft-foreign-keys.

use ambix::draft::ObjectKind;

use super::{Case, case, run, run_filtered};

const TWO: &str = "some_table{id int PK, test str(10)} user{id int PK, name str(50) NN, tid int}";
const DROP: &str = "drop foreign key user_tid_fkey on user (tid)";
const ADD: &str = "add foreign key user_tid_fkey on user (tid)";
const BOTH_KEYS: &str = "some_table{id_1 str(10) PK, id_2 str(10) PK} user{id int PK, name str(50) NN, a1 str(10) DEFAULT 'x', other_id_1 str(10), other_id_2 str(10)}";

#[tokio::test]
async fn options() {
    let plain = "user{FK[](tid)->(some_table.id)}";
    let with = |options: &str| -> &'static str {
        format!("user{{FK[](tid)->(some_table.id) {options}}}").leak()
    };
    let changed: [(&str, &str, &str, &str); 9] = [
        ("FK-001", "ps", "", "deferrable=True"),
        ("FK-005", "ps", "", "initially=deferred"),
        ("FK-007", "", "", "ondelete=cascade"),
        ("FK-008", "", "", "onupdate=cascade"),
        ("FK-010", "", "onupdate=restrict", "onupdate=cascade"),
        ("FK-017", "", "ondelete=SET NULL onupdate=CASCADE", "ondelete=RESTRICT onupdate=RESTRICT"),
        ("FK-019", "ps", "initially=deferred", ""),
        ("FK-020", "ps", "deferrable=True initially=immediate", ""),
        ("FK-022", "", "onupdate=CASCADE", ""),
    ];
    let same: [(&str, &str, &str, &str); 6] = [
        (
            "FK-002",
            "ps",
            "deferrable=True initially=immediate",
            "deferrable=True initially=immediate",
        ),
        (
            "FK-004",
            "ps",
            "deferrable=True initially=deferred",
            "deferrable=True initially=deferred",
        ),
        ("FK-011", "", "ondelete=caSCAde", "ondelete=CasCade"),
        ("FK-013", "", "ondelete=restrict", "ondelete=restrict"),
        ("FK-014", "", "onupdate=caSCAde", "onupdate=CasCade"),
        ("FK-016", "", "onupdate=restrict", "onupdate=restrict"),
    ];
    let side = |options: &str| if options.is_empty() { plain } else { with(options) };
    let mut cases: Vec<Case> = Vec::new();
    for (number, only, from, to) in changed {
        cases.push(case(number, TWO, side(from), side(to), &[DROP, ADD]).only(only));
    }
    for (number, only, from, to) in same {
        cases.push(case(number, TWO, side(from), side(to), &[]).only(only));
    }
    run(&cases).await;
}

#[tokio::test]
async fn keys() {
    run(&[
        case(
            "FK-023",
            BOTH_KEYS,
            "",
            "user{FK[fk_test_name](other_id_1,other_id_2)->(some_table.id_1,some_table.id_2)}",
            &["add foreign key fk_test_name on user (other_id_1, other_id_2) -> some_table (id_1, id_2)"],
        ),
        // The attributes of the models have other names than the columns.
        case(
            "FK-025",
            "some_table{id_1 str(10) PK, id_2 str(10) PK} user{id int PK, other_id_1 str(10), other_id_2 str(10)}",
            "",
            "user{FK[fk_test_name](other_id_1,other_id_2)->(some_table.id_1,some_table.id_2)}",
            &["add foreign key fk_test_name on user (other_id_1, other_id_2) -> some_table (id_1, id_2)"],
        ),
        case(
            "FK-026",
            "some_table{test str(10) PK} user{id int PK, name str(50) NN, a1 str(10) DEFAULT 'x', test2 str(10)}",
            "user{FK[MyFK](test2)->(some_table.test)}",
            "user{FK[myfk](a1)->(some_table.test)}",
            &["drop foreign key MyFK on user (test2)", "add foreign key myfk on user (a1)"],
        )
        .only("p"),
        case(
            "FK-028, FK-029",
            BOTH_KEYS,
            "user{FK[](other_id_1,other_id_2)->(some_table.id_1,some_table.id_2)}",
            "user{FK[](other_id_1,other_id_2)->(some_table.id_1,some_table.id_2)}",
            &[],
        ),
        case(
            "FK-031",
            "some_table{test str(10) PK} user{id int PK, name str(50) NN, a1 str(10) DEFAULT 'x', test2 str(10)}",
            "user{FK[](test2)->(some_table.test)}",
            "",
            &["drop foreign key user_test2_fkey on user (test2)"],
        ),
        case(
            "DIF-017, a chain whose middle is dropped",
            "grandparent{id int PK} child{id int PK, parent_id int}",
            "parent{id int PK, grandparent_id int, FK[](grandparent_id)->(grandparent.id)} child{FK[](parent_id)->(parent.id)}",
            "",
            &["drop foreign key child_parent_id_fkey on child", "drop table parent"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn filters() {
    let keys = "t{FK[fk1](x)->(ref.id), FK[fk2](y)->(ref.id)}";
    run_filtered(&[
        (
            case("FK-032", "ref{id int PK} t{x int, y int}", "", keys, &["add foreign key fk2 on t"])
    ,
            |object| object.kind != ObjectKind::ForeignKey || object.name != "fk1",
        ),
        (
            case("FK-034", "ref{id int PK} t{x int, y int}", keys, "", &["drop foreign key fk2 on t"])
    ,
            |object| object.name != "fk1" || object.in_models,
        ),
        (
            case(
                "DIF-020, DIF-022",
                "child{id int PK, parent_id int}",
                "parent{id int PK, data str(50)} child{FK[](parent_id)->(parent.id)}",
                "",
                &["drop foreign key child_parent_id_fkey on child"],
            )
,
            |object| object.table != Some("parent"),
        ),
        (
            case(
                "DIF-019",
                "child{id int PK, parent_id int, parent_code str(50), parent_version int}",
                "parent{id int PK, code str(50), version int, UQ[](version), UQ[](code)} child{FK[](parent_code)->(parent.code), \
                 FK[](parent_version)->(parent.version), FK[](parent_id)->(parent.id)}",
                "",
                &[
                    "drop foreign key child_parent_version_fkey on child",
                    "drop foreign key child_parent_id_fkey on child",
                    "drop foreign key child_parent_code_fkey on child",
                ],
            ),
            |object| object.table != Some("parent"),
        ),
        (
            case(
                "DIF-023",
                "parent{id int PK} child{id int PK, parent_id int, FK[](parent_id)->(parent.id)}",
                "parent_partition_1{id int PK} child{FK[fk_to_partition](parent_id)->(parent_partition_1.id)}",
                "",
                &[],
            )
,
            |object| {
                let name = object.references.map(|name| name.name.as_str()).or(object.table);
                !name.is_some_and(|name| name.starts_with("parent_partition"))
            },
        ),
    ])
    .await;
}
