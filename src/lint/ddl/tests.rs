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

/// How MySQL divides a table comes last, and no comma is before it.
#[test]
fn partitions_follow_the_other_actions() {
    for (others, count) in
        [("", 1), ("ADD KEY k (id) ", 2), ("ADD COLUMN a int, DROP COLUMN b ", 3)]
    {
        let sql = format!(
            "ALTER TABLE t {others}PARTITION BY LIST (id) (PARTITION p VALUES IN (1), PARTITION q DEFAULT)"
        );
        each(&sql, |ddl| {
            let Ddl::AlterTable(alter) = ddl else { panic!("{ddl:?}") };
            assert_eq!(alter.actions.len(), count, "{alter:?}");
            let last = alter.actions.last();
            assert!(
                matches!(last, Some(TableAction::Rewrite { words, .. }) if words.starts_with("PARTITION BY")),
                "{last:?}"
            );
        });
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
#[expect(clippy::too_many_lines)] // A table of cases.
fn actions_are_told_apart() {
    type Case = (&'static str, fn(&TableAction) -> bool);
    let cases: [Case; 31] = [
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
        ("FORCE ROW LEVEL SECURITY", |a| matches!(a, TableAction::EnableRowSecurity)),
        ("NO FORCE ROW LEVEL SECURITY", |a| matches!(a, TableAction::Other)),
        ("EXCHANGE PARTITION p WITH TABLE t WITHOUT VALIDATION", |a| {
            matches!(a, TableAction::ExchangePartition { partition, with, is_validated: false }
                if partition.is_called("p") && with.is_called("t"))
        }),
        ("CONVERT TABLE t TO PARTITION p VALUES LESS THAN (2)", |a| {
            matches!(a, TableAction::ExchangePartition { partition, with, is_validated: true }
                if partition.is_called("p") && with.is_called("t"))
        }),
        (
            "RENAME CONSTRAINT a TO b",
            |a| matches!(a, TableAction::RenameConstraint { from, to } if from.is_called("a") && to.is_called("b")),
        ),
        ("RENAME KEY a TO b", |a| matches!(a, TableAction::RenameConstraint { .. })),
        ("CONVERT PARTITION p TO TABLE t", |a| matches!(a, TableAction::Other)),
        ("ATTACH PARTITION p FOR VALUES IN (1)", |a| {
            matches!(a, TableAction::AttachPartition { partition, bounds }
                if partition.is_called("p") && bounds == "FOR VALUES IN (1)")
        }),
        (
            "DISABLE TRIGGER ALL",
            |a| matches!(a, TableAction::DisableTrigger(t) if t.is_called("ALL")),
        ),
        ("ENABLE ALWAYS TRIGGER t", |a| matches!(a, TableAction::EnableTrigger(_))),
        ("SET SCHEMA s", |a| matches!(a, TableAction::SetSchema(_))),
        (
            "DROP PARTITION p0",
            |a| matches!(a, TableAction::DiscardRows(words) if words.starts_with("DROP PARTITION")),
        ),
        ("TRUNCATE PARTITION p0", |a| matches!(a, TableAction::DiscardRows(_))),
        ("REMOVE PARTITIONING", |a| matches!(a, TableAction::Rewrite { .. })),
        ("ALTER a TYPE text COLLATE \"C\" USING b COLLATE \"D\"", |a| {
            matches!(a, TableAction::AlterType { collated: true, using: Some(_), .. })
        }),
        ("ALTER a TYPE text USING b COLLATE \"D\"", |a| {
            matches!(a, TableAction::AlterType { collated: false, .. })
        }),
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

#[test]
fn what_constraints_and_indexes_demand_is_read() {
    let text = "ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (x, y) REFERENCES b (p, q), ADD CONSTRAINT c CHECK (x > (1 + 2) AND y <> ')'), \
                ADD UNIQUE (z)";
    each(text, |ddl| {
        let Ddl::AlterTable(alter) = ddl else { panic!("{ddl:?}") };
        let [TableAction::AddConstraint(key), TableAction::AddConstraint(check), _] =
            alter.actions.as_slice()
        else {
            panic!("{alter:?}")
        };
        assert_eq!(key.referenced, ["p", "q"]);
        assert_eq!(check.expression.as_deref(), Some("x > (1 + 2) AND y <> ')'"));
    });
    let text =
        "CREATE TABLE a (x integer REFERENCES b (p) ON DELETE SET NULL CHECK (x > 0) NOT NULL)";
    each(text, |ddl| {
        let Ddl::CreateTable(table) = ddl else { panic!("{ddl:?}") };
        let [column] = table.columns.as_slice() else { panic!("{table:?}") };
        assert_eq!((column.referenced.as_slice(), column.not_null), (&["p".to_owned()][..], true));
        assert_eq!(column.check_text.as_deref(), Some("x > 0"));
    });
    let parts = |text: &str, parts: Option<&[&str]>, predicate: Option<&str>| {
        each(text, |ddl| {
            let Ddl::CreateIndex(index) = ddl else { panic!("{ddl:?}") };
            let found = index.parts.as_deref();
            assert_eq!(
                found.map(|parts| parts.iter().map(String::as_str).collect::<Vec<_>>()),
                parts.map(<[_]>::to_vec)
            );
            assert_eq!(index.predicate.as_deref(), predicate);
        });
    };
    parts(
        "CREATE UNIQUE INDEX i ON a (x DESC NULLS LAST, lower(y), (z + 1))",
        Some(&["x", "lower(y)", "(z + 1)"]),
        None,
    );
    parts(
        "CREATE UNIQUE INDEX i ON a (x) WHERE y > 0 AND z IS NULL",
        Some(&["x"]),
        Some("y > 0 AND z IS NULL"),
    );
    // A length and a class of operators make another question of it.
    parts("CREATE UNIQUE INDEX i ON a (x(10))", None, None);
    parts("CREATE UNIQUE INDEX i ON a (x varchar_pattern_ops)", None, None);
}

#[test]
fn new_values_and_copied_rows_are_read() {
    each("ALTER TABLE a ALTER COLUMN x TYPE integer USING (x::integer)", |ddl| {
        let Ddl::AlterTable(alter) = ddl else { panic!("{ddl:?}") };
        let [TableAction::AlterType { using, .. }] = alter.actions.as_slice() else {
            panic!("{alter:?}")
        };
        assert_eq!(using.as_deref(), Some("(x::integer)"));
    });
    each("INSERT INTO a (x, y) SELECT p, q FROM b WHERE p > 0", |ddl| {
        let Ddl::Insert { columns, query, .. } = ddl else { panic!("{ddl:?}") };
        assert_eq!(columns, &["x", "y"]);
        assert_eq!(query.as_deref(), Some("SELECT p, q FROM b WHERE p > 0"));
    });
    each("INSERT INTO a VALUES (1)", |ddl| {
        assert!(matches!(ddl, Ddl::Insert { query: None, .. }), "{ddl:?}");
    });
}

/// What a statement changes, and whether it chooses rows.
#[test]
fn rows_are_chosen_or_not() {
    let cases: [(&str, &str, bool); 22] = [
        ("UPDATE t SET a = 1", "t", false),
        ("UPDATE ONLY t SET a = 1 WHERE TRUE", "t", false),
        ("UPDATE t SET a = 1 WHERE 1 = 1 AND NOT (2 > 3)", "t", false),
        ("UPDATE t SET a = 1 WHERE 'x' = 'x' RETURNING a", "t", false),
        ("UPDATE t SET a = 1 WHERE b", "t", true),
        ("UPDATE t SET a = 1 WHERE t.b = 2", "t", true),
        ("UPDATE t SET a = 1 WHERE FALSE", "t", true),
        ("UPDATE t SET a = 1 LIMIT 5", "t", true),
        ("UPDATE LOW_PRIORITY IGNORE t SET a = 1", "t", false),
        ("UPDATE OR ROLLBACK t SET a = 1", "t", false),
        ("DELETE FROM t", "t", false),
        ("DELETE FROM ONLY s.t WHERE a = 1", "t", true),
        ("DELETE FROM t WHERE 1", "t", false),
        ("DELETE x FROM t AS x JOIN u ON u.a = x.a", "t", false),
        ("DELETE x FROM t x JOIN u ON u.a = x.a WHERE u.b = 1", "t", true),
        ("DELETE t FROM u JOIN t ON u.a = t.a", "t", false),
        ("DELETE QUICK FROM t", "t", false),
        ("WITH a AS (SELECT 1), b (c) AS MATERIALIZED (SELECT 2) DELETE FROM t", "t", false),
        (
            "WITH RECURSIVE a AS (SELECT 1) UPDATE t SET a = 1 WHERE a IN (SELECT * FROM a)",
            "t",
            true,
        ),
        ("WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", "t", false),
        ("WITH a AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM a", "t", false),
        (
            "WITH a AS (UPDATE u SET a = 1 WHERE b = 1 RETURNING *) DELETE FROM t USING a",
            "t",
            false,
        ),
    ];
    for (text, name, chooses) in cases {
        each(text, |ddl| match ddl {
            Ddl::Update { table, has_where, .. } | Ddl::Delete { table, has_where } => {
                assert!(table.is_called(name) && *has_where == chooses, "{text}: {ddl:?}");
            }
            _ => panic!("{text}: {ddl:?}"),
        });
    }
    each("WITH a AS (SELECT 1) SELECT * FROM a", |ddl| assert_eq!(ddl, &Ddl::Other));
    each("ALTER TABLE t ADD (a int, b int NOT NULL, UNIQUE (a))", |ddl| {
        let Ddl::AlterTable(alter) = ddl else { panic!("{ddl:?}") };
        let [TableAction::AddColumn(_), TableAction::AddColumn(b), TableAction::AddConstraint(_)] =
            alter.actions.as_slice()
        else {
            panic!("{alter:?}")
        };
        assert!(b.not_null);
    });
}

/// What hides statements from the rules.
#[test]
fn blocks_and_calls_are_hidden() {
    for text in [
        "DO $$ BEGIN DROP TABLE t; END $$",
        "DO LANGUAGE plpgsql 'BEGIN EXECUTE x; END'",
        "CALL p(1)",
        "EXECUTE s USING @a",
        "BEGIN NOT ATOMIC UPDATE t SET a = 1; END",
    ] {
        each(text, |ddl| assert!(matches!(ddl, Ddl::Hidden(_)), "{text}: {ddl:?}"));
    }
    for text in [
        "DO SLEEP(1)",
        "DO $$ BEGIN RAISE NOTICE 'created'; END $$",
        "CALL ambix_backfill()",
        "DO $ambix_backfill$ BEGIN UPDATE t SET a = 1; END $ambix_backfill$",
    ] {
        each(text, |ddl| assert_eq!(ddl, &Ddl::Other, "{text}"));
    }
}
