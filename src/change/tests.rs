use super::Change;
use crate::schema::{Check, Column, ForeignKey, Index, Name, PrimaryKey, Table, Type, Unique};

/// DIF-043 to 058: a change has all of what it adds or drops, so that its reverse has it, too, and so has that one's.
#[test]
fn a_change_and_its_reverse_carry_the_same() {
    let table = || Name::new("t");
    let column = || Column::new("x", Type::Integer).not_null().default(5).comment("c");
    let check = || Check::new("x > 5").named("ck");
    let key = || PrimaryKey::new(["x", "y"]).named("pk1");
    let unique = || Unique::new(["y"]).named("uq").nulls_not_distinct();
    let index = || Index::new(["x"]).named("ix").unique().only_where("x > 5");
    let foreign = || ForeignKey::new(["x"], "o", ["id"]).named("fk");
    let whole = || Table::new("t").column(column()).check(check()).with_index(index());
    let pairs = [
        (
            "DIF-043, DIF-052",
            Change::AddCheck { table: table(), check: check() },
            Change::DropCheck { table: table(), check: check() },
        ),
        (
            "DIF-044, DIF-053",
            Change::AddColumn { table: table(), column: column(), fill: Some("1".to_owned()) },
            Change::DropColumn { table: table(), column: column(), fill: Some("1".to_owned()) },
        ),
        (
            "DIF-046, DIF-047, DIF-056",
            Change::AddPrimaryKey { table: table(), key: key() },
            Change::DropPrimaryKey { table: table(), key: key() },
        ),
        (
            "DIF-049, DIF-058",
            Change::AddUnique { table: table(), unique: unique() },
            Change::DropUnique { table: table(), unique: unique() },
        ),
        (
            "DIF-050, DIF-055",
            Change::AddIndex { table: table(), index: index() },
            Change::DropIndex { table: table(), index: index() },
        ),
        (
            "a foreign key",
            Change::AddForeignKey { table: table(), key: foreign() },
            Change::DropForeignKey { table: table(), key: foreign() },
        ),
        ("a table", Change::CreateTable(whole()), Change::DropTable(whole())),
    ];
    for (numbers, add, drop) in pairs {
        assert_eq!(add.reverse(), drop, "{numbers}");
        assert_eq!(drop.reverse(), add, "{numbers}");
        assert_eq!((add.table(), drop.table()), (Some(&table()), Some(&table())), "{numbers}");
    }
}
