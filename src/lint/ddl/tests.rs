//! What is read from statements; what is not understood is `Other`.

use super::{Ddl, DemandKind, GeneratedColumn, TableAction, parse};
use crate::{database::drivers, sql::Syntax};

fn syntaxes() -> Vec<(&'static str, &'static Syntax)> {
    drivers().map(|driver| (driver.dialect.name(), driver.dialect.syntax())).collect()
}

fn each(text: &str, check: impl Fn(&Ddl)) {
    for (_, syntax) in syntaxes() {
        check(&parse(text, syntax));
    }
}

#[test]
fn columns_have_types_and_demands() {
    let text = "CREATE TABLE IF NOT EXISTS app.users (id bigint PRIMARY KEY, name character varying(20) NOT NULL DEFAULT lower('A, b'), \
                total decimal(10, 2) REFERENCES orders (total) ON DELETE SET NULL NOT NULL, \
                shout text GENERATED ALWAYS AS (upper(name)) STORED, CONSTRAINT a CHECK (id > 0), UNIQUE (name, total))";
    each(text, |ddl| {
        let Ddl::CreateTable(table) = ddl else { panic!("{ddl:?}") };
        assert_eq!(
            (table.name.last(), table.if_not_exists, table.is_partial),
            ("users", true, false)
        );
        let [id, name, total, shout] = table.columns.as_slice() else { panic!("{table:?}") };
        assert!(id.primary_key && id.not_null);
        assert_eq!(
            (name.ty.base.as_str(), name.ty.arguments.as_slice()),
            ("VARCHAR", &["20".to_owned()][..])
        );
        assert_eq!((name.default.as_deref(), name.not_null), (Some("lower('A, b')"), true));
        assert_eq!(
            (total.ty.base.as_str(), total.ty.arguments.len(), total.not_null),
            ("NUMERIC", 2, true)
        );
        assert_eq!(total.references.as_ref().map(|name| name.last()), Some("orders"));
        assert_eq!(shout.generated, Some(GeneratedColumn::Stored));
        let kinds: Vec<DemandKind> =
            table.constraints.iter().map(|constraint| constraint.kind).collect();
        assert_eq!(kinds, [DemandKind::Check, DemandKind::Unique]);
        assert_eq!(table.constraints[1].columns, ["name", "total"]);
    });
}

#[test]
fn actions_are_told_apart() {
    type Case = (&'static str, fn(&TableAction) -> bool);
    let cases: [Case; 16] = [
        (
            "ADD COLUMN a int DEFAULT NULL",
            |a| matches!(a, TableAction::AddColumn(c) if c.default.as_deref() == Some("NULL")),
        ),
        ("ADD a int", |a| matches!(a, TableAction::AddColumn(_))),
        ("DROP COLUMN IF EXISTS a CASCADE", |a| {
            matches!(a, TableAction::DropColumn { cascade: true, .. })
        }),
        ("DROP a", |a| matches!(a, TableAction::DropColumn { .. })),
        ("RENAME a TO b", |a| matches!(a, TableAction::RenameColumn { .. })),
        ("RENAME TO b", |a| matches!(a, TableAction::RenameTable(_))),
        (
            "ALTER a TYPE text USING b::text",
            |a| matches!(a, TableAction::AlterType { ty, .. } if ty.base == "TEXT"),
        ),
        (
            "ALTER COLUMN a SET DATA TYPE timestamp with time zone",
            |a| matches!(a, TableAction::AlterType { ty, .. } if ty.base == "TIMESTAMPTZ"),
        ),
        (
            "ADD CONSTRAINT c FOREIGN KEY (a, b) REFERENCES s.t (a, b) NOT VALID",
            |a| matches!(a, TableAction::AddConstraint(c) if c.not_valid && c.columns.len() == 2 && c.references.is_some()),
        ),
        (
            "ADD CONSTRAINT c UNIQUE USING INDEX i",
            |a| matches!(a, TableAction::AddConstraint(c) if c.using_index),
        ),
        (
            "ADD PRIMARY KEY (a)",
            |a| matches!(a, TableAction::AddConstraint(c) if c.kind == DemandKind::PrimaryKey),
        ),
        ("VALIDATE CONSTRAINT c", |a| matches!(a, TableAction::Validate(_))),
        ("DETACH PARTITION p CONCURRENTLY", |a| {
            matches!(a, TableAction::DetachPartition { concurrently: true, .. })
        }),
        (
            "MODIFY COLUMN a varchar(20) NOT NULL",
            |a| matches!(a, TableAction::Modify { column, .. } if column.not_null),
        ),
        (
            "CHANGE a b int",
            |a| matches!(a, TableAction::Modify { column, .. } if column.name.last() == "b"),
        ),
        ("FORCE ROW LEVEL SECURITY", |a| matches!(a, TableAction::Other)),
    ];
    for (action, is_right) in cases {
        each(&format!("ALTER TABLE t {action}, OWNER TO x"), |ddl| {
            let Ddl::AlterTable(alter) = ddl else { panic!("{ddl:?}") };
            assert!(is_right(&alter.actions[0]), "{action}: {:?}", alter.actions);
            assert_eq!(alter.actions.len(), 2, "{action}");
        });
    }
}

#[test]
fn what_is_not_understood_is_other() {
    for text in [
        "",
        "SELECT 1",
        "ALTER",
        "ALTER TABLE",
        "CREATE INDEX i",
        "DO 'x'",
        "GRANT ALL ON t TO x",
        "CREATE",
        "(",
        "DROP",
    ] {
        each(text, |ddl| assert_eq!(ddl, &Ddl::Other, "{text}"));
    }
}
