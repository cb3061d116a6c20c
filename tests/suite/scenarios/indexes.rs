//! draft-indexes-uniques.

use ambix::draft::ObjectKind;

use super::{Case, case, run, run_filtered};

/// What drops one index and adds another of its name.
const ANEW: &[&str] = &["drop index idx on", "add index idx on"];

#[tokio::test]
async fn expressions() {
    let table = "exp_index{id int PK, x str(50), y int, z int, q str(50), ff Float}";
    let changes: [(&str, &str); 27] = [
        ("y,lower(x)", "lower(x)"),
        ("y,z + 3", "y,z * 3"),
        ("lower(x),q || '42'", "lower(q),x || '42'"),
        ("lower(x),z + 42", "z + 42,lower(q)"),
        ("ff + 42", "42 + ff"),
        ("coalesce(z, -1)", "coalesce(y, -1)"),
        ("CAST(y AS text)", "CAST(z AS text)"),
        ("y,lower(x)", "y,lower(x) DESC"),
        ("y,lower(x)", "y DESC,lower(x)"),
        ("y,lower(x)", "y,lower(x) NULLS FIRST"),
        ("y,lower(x)", "y NULLS FIRST,lower(x)"),
        ("lower(x) ASC", "lower(x) DESC"),
        ("lower(x) DESC", "lower(x) ASC"),
        ("lower(x) ASC NULLS LAST", "lower(x) DESC NULLS LAST"),
        ("lower(x) DESC NULLS LAST", "lower(x) DESC NULLS FIRST"),
        ("lower(x) NULLS FIRST", "lower(x) DESC"),
        ("x NULLS FIRST,lower(q)", "x NULLS LAST,lower(q)"),
        ("x NULLS LAST,lower(q)", "x NULLS FIRST,lower(q)"),
        ("x NULLS FIRST,lower(q)", "q NULLS FIRST,lower(x)"),
        ("y,lower(x)", "lower(x),y"),
        ("y,lower(x)", "y,lower(q)"),
        ("z,lower(x)", "y,lower(x)"),
        ("lower(x)", "y,lower(x)"),
        ("y,upper(x)", "y,lower(x)"),
        ("y,ff + 1", "y,ff + 3"),
        ("y,lower(x)", "y,lower(x || q)"),
        ("x NULLS LAST,lower(q)", "q NULLS LAST,lower(x)"),
    ];
    let mut cases: Vec<Case> = Vec::new();
    for (from, to) in changes {
        let has_nulls = from.contains("NULLS") || to.contains("NULLS");
        // The one casts as only the other spells it.
        let only = if has_nulls || from.contains("CAST(") { "p" } else { "ps" };
        // Of CAST an integer to text, the server with a catalogue says that it is not immutable? It is.
        let (from, to) =
            (format!("exp_index{{IX[idx]({from})}}"), format!("exp_index{{IX[idx]({to})}}"));
        cases.push(case("IX-002", table, from.leak(), to.leak(), ANEW).only(only));
    }
    let index = "exp_index{IX[SomeIndex](y,lower(x))}";
    let add: &[&str] = &["add index SomeIndex on exp_index (y, lower("];
    cases.push(case("IX-001", table, "", index, add).only("ps"));
    let drop: &[&str] = &["drop index SomeIndex on exp_index (y, lower("];
    cases.push(case("IX-004", table, index, "", drop).only("ps"));
    cases.push(case("IX-002 the same", table, index, index, &[]).only("ps"));
    run(&cases).await;
}

#[tokio::test]
async fn no_false_alarms() {
    // BUG-030: dropped and created again each time by Alembic.
    let table = "t{a str(50), b str(50), n int}";
    let same = [
        "CASE WHEN n BETWEEN 1 AND 2 THEN a ELSE b END",
        "(a || ' ' || b)",
        "(n != 1)",
        "(n BETWEEN 1 AND 5)",
        "coalesce(a, b) DESC",
        "(lower(a) || upper(b))",
        "(n IN (1, 2, 3))",
        "abs(n + 1)",
    ];
    let mut cases: Vec<Case> = Vec::new();
    for expression in same {
        let index: &'static str = format!("t{{IX[idx]({expression})}}").leak();
        cases.push(case("BUG-030, SL-013, SL-014", table, index, index, &[]).only("ps"));
    }
    let partial =
        |predicate: &str| -> &'static str { format!("t{{IX[idx](a) where={predicate}}}").leak() };
    let (one, two) = (partial("n > 1"), partial("n > 2"));
    cases.push(case("BUG-029, BUG-032", table, one, two, ANEW).only("ps"));
    cases.push(case("a partial index", table, one, one, &[]).only("ps"));
    run(&cases).await;
}

#[tokio::test]
#[allow(clippy::too_many_lines)] // A table of cases.
async fn plain_indexes() {
    let sort = |part: &str| -> &'static str { format!("order_change{{IX[idx]({part})}}").leak() };
    let mut cases: Vec<Case> = vec![
        case(
            "IX-005",
            "add_ix{x str(50)}",
            "",
            "add_ix{IX[foo_idx](x DESC)}",
            &["add index foo_idx on add_ix"],
        ),
        case(
            "IX-007",
            "order_change{id int PK, x int, y int}",
            "order_change{IX[idx](x,y)}",
            "order_change{IX[idx](y,x)}",
            ANEW,
        ),
        case(
            "IX-010",
            "other{id int PK}",
            "some_table{id int PK, x str(20), y str(20), IX[xy_idx](x,y), IX[y_idx](y)}",
            "",
            &["drop table some_table"],
        ),
        case("IX-011", "add_ix{x str(50), IX[foo_idx](x DESC)}", "", "", &[]),
        case(
            "IX-013",
            "new_idx{id1 int PK, id2 int PK, x str(20)}",
            "",
            "new_idx{IX[x](x)}",
            &["add index x on new_idx (x)"],
        ),
        case(
            "IX-014",
            "other{id int PK}",
            "",
            "extra{foo int, bar int, IX[ix_extra_foo](foo), IX[newtable_idx](bar)}",
            &["create table extra"],
        ),
        case(
            "IX-016, IX-017",
            "nc2{id1 int PK, id2 int PK} nothing_changed{id1 int PK, other_id_1 int, other_id_2 int, foo int, \
             FK[fk_my_table_other_table](other_id_1,other_id_2)->(nc2.id1,nc2.id2)}",
            "",
            "",
            &[],
        ),
        // The attributes of the models have other names than the columns.
        case("IX-019", "nothing_changed{x str(20), IX[foobar](x)}", "", "", &[]),
        case("IX-022", "nothing_changed{x str(20), IX[ix_nothing_changed_x](x)}", "", "", &[]),
        case(
            "IX-020",
            "NothingChanged{id int PK, XCol int, IX[index_NothingChanged_XCol](XCol)}",
            "",
            "",
            &[],
        ),
        case("IX-025", "add_ix{reg_number str(50), IX[regNumber_idx](reg_number)}", "", "", &[]),
        case(
            "IX-026",
            "add_ix{regNumber str(50), IX[ix_add_ix_regNumber](regNumber)}",
            "",
            "",
            &[],
        ),
        case(
            "IX-064",
            "order{order_id int PK, amount num(10,2), user_id int}",
            "order{IX[oid_ix](order_id,user_id)}",
            "",
            &["drop index oid_ix on order (order_id, user_id)"],
        ),
        case(
            "IX-046",
            "remove_idx{x int}",
            "remove_idx{UIX[xidx](x)}",
            "",
            &["drop unique index xidx on remove_idx (x)"],
        ),
    ];
    for (from, to, only) in [
        ("y DESC NULLS LAST", "y ASC NULLS FIRST", "p"),
        ("y ASC", "y DESC", ""),
        ("y DESC", "y DESC NULLS LAST", "p"),
        ("y DESC", "y ASC", ""),
        ("y NULLS FIRST", "y NULLS LAST", "p"),
        ("y NULLS LAST", "y NULLS FIRST", "p"),
    ] {
        cases.push(case("IX-008", "order_change{y int}", sort(from), sort(to), ANEW).only(only));
    }
    run(&cases).await;
}

#[tokio::test]
#[allow(clippy::too_many_lines)] // A table of cases.
async fn uniques() {
    run(&[
        case(
            "IX-028, IX-058",
            "address{id int PK, email_address str(100) NN, qpr str(10), IX[ix_address_qpr](qpr)}",
            "",
            "address{UQ[uq_email_address](email_address)}",
            &["add unique constraint uq_email_address on address (email_address)"],
        ),
        case("IX-029", "o{id int PK}", "", "add_ix{x str(50), UIX[ix_add_ix_x](x)}", &["create table add_ix"]),
        case("IX-031", "o{id int PK}", "", "no_uq{x str(50), UQ[](x)}", &["create table no_uq"]),
        case(
            "IX-032",
            "o{id int PK}",
            "some_table{id int PK, x str(20), y str(20), UQ[uq_y](y)}",
            "",
            &["drop table some_table"],
        ),
        // The way back makes the table with its constraint, and the constraint not once more.
        case(
            "IX-059",
            "o{id int PK}",
            "some_table{id int PK, x str(20), UQ[uq_x](x), UQ[](id,x)}",
            "",
            &["drop table some_table"],
        ),
        case(
            "IX-034",
            "user{id int PK, name str(50) NN, a1 str(10) DEFAULT 'x'}",
            "user{IX[ix_user_name](name)}",
            "user{UQ[uq_user_name](name)}",
            &["drop index ix_user_name on user", "add unique constraint uq_user_name on user (name)"],
        ),
        case("IX-035", "item{x int}", "item{UQ[db_generated_name](x)}", "item{UQ[](x)}", &[]),
        case(
            "IX-037, IX-070",
            "nothing_changed{id int PK, sid int NN, label str(30) NN, fid int NN, UQ[](sid,label), UQ[](sid,fid)}",
            "",
            "",
            &[],
        ),
        case("IX-038, IX-040", "nothing_changed{id1 int PK, id2 int PK, x str(20), UQ[uq_nothing_changed_x](x)}", "", "", &[]),
        case("IX-041", "nothing_changed{x str(20), UQ[](x)}", "", "", &[]),
        case("IX-043", "nothing_changed{id int PK, x int, UQ[SomeConstraint](x)}", "", "", &[]),
        case(
            "IX-023, IX-044",
            "nothing_changed{id1 int PK, a_particularly_long_column_name str(20), a_long_name str(20), \
             IX[index_nothing_changed_nothing_changed_a_particularly_long_column](a_particularly_long_column_name), \
             UQ[unique_nothing_changed_nothing_changed_a_long_name](a_long_name)}",
            "",
            "",
            &[],
        )
        .only("m"),
        case(
            "IX-047",
            "something_changed{id int PK, sid int NN, label str(30) NN, fid int NN, UQ[](sid,fid)}",
            "something_changed{UQ[](sid,label)}",
            "",
            &["drop unique constraint something_changed_sid_label_key on something_changed (sid, label)"],
        )
        .only("pm"),
        case(
            "IX-049, IX-061, IX-068",
            "col_change{x int, y int}",
            "col_change{UQ[nochange](x)}",
            "col_change{UQ[nochange](x,y)}",
            &[
                "drop unique constraint nochange on col_change (x)",
                "add unique constraint nochange on col_change (x, y)",
            ],
        ),
        case(
            "IX-062, IX-065",
            "remove_idx{x int}",
            "remove_idx{UQ[xidx](x)}",
            "",
            &["drop unique constraint xidx on remove_idx (x)"],
        ),
        case(
            "IX-067",
            "order{order_id int PK, amount num(10,2), user_id int, UQ[order_order_id_user_id_unique](order_id,user_id)}",
            "",
            "",
            &[],
        ),
        // The same constraint under another name is renamed.
        case(
            "IX-050",
            "new_idx{id1 int PK, x str(20)}",
            "new_idx{UQ[SomeCasingConvention](x)}",
            "new_idx{UQ[somecasingconvention](x)}",
            &["rename unique constraint SomeCasingConvention on new_idx to somecasingconvention"],
        )
        .only("p"),
        case(
            "BUG-029, the order of columns",
            "t{x int, y int}",
            "t{UQ[u](x,y)}",
            "t{UQ[u](y,x)}",
            &["drop unique constraint u on t (x, y)", "add unique constraint u on t (y, x)"],
        ),
        case(
            "BUG-029, deferrable",
            "t{x int, y int}",
            "t{UQ[u](x)}",
            "t{UQ[u](x) deferrable=True}",
            &["drop unique constraint u on t (x)", "add unique constraint u on t (x)"],
        )
        .only("p"),
    ])
    .await;
}

#[tokio::test]
async fn filters() {
    run_filtered(&[
        (
            case(
                "IX-052",
                "t{x int, y int}",
                "",
                "t{UQ[uq1](x), UQ[uq2](y)}",
                &["add unique constraint uq2 on t"],
            ),
            |object| object.kind != ObjectKind::Unique || object.name != "uq1",
        ),
        (
            case(
                "IX-053",
                "t{x int, y int, z int}",
                "t{IX[ix1](x), IX[ix2](y)}",
                "t{IX[ix1](x,y), IX[ix2](x,z)}",
                &["drop index ix2 on t (y)", "add index ix2 on t (x, z)"],
            ),
            |object| object.name != "ix1",
        ),
        (
            case(
                "IX-055",
                "t{x int, y int}",
                "t{IX[ix1](x), IX[ix2](y)}",
                "",
                &["drop index ix2 on t"],
            ),
            |object| object.name != "ix1",
        ),
        (
            case(
                "IX-056",
                "t{x int, y int}",
                "t{UQ[uq1](x), UQ[uq2](y)}",
                "",
                &["drop unique constraint uq2 on t"],
            ),
            |object| object.name != "uq1",
        ),
    ])
    .await;
}
