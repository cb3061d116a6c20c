//! Tests of the statements with semicolons in a body.
//!
//! Every case is one statement. It is split alone, with a terminator, and between two others.

use super::property_tests::Random;
use super::split;
use super::tests::{BACKSLASH, BRACKET, DOLLAR, texts};
use super::{Item, Syntax};

#[track_caller]
fn whole(syntax: &Syntax, statements: &[&str]) {
    for statement in statements {
        assert_eq!(texts(statement, syntax), [*statement]);
        assert_eq!(texts(&format!("{statement};"), syntax), [*statement]);
        let lower = statement.to_lowercase();
        assert_eq!(texts(&format!("a;{lower} ; b"), syntax), ["a", &lower, "b"]);
    }
    // And all of them in a row.
    let script = format!("{};\n", statements.join(";\n"));
    assert_eq!(texts(&script, syntax), statements);
}

#[test]
fn atomic_bodies() {
    whole(
        &DOLLAR,
        &[
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC END",
            "CREATE OR REPLACE FUNCTION s.f(begin int, b int DEFAULT 2) RETURNS int LANGUAGE sql \
             BEGIN /* x */ ATOMIC SELECT CASE WHEN a THEN 1 ELSE CASE b WHEN 2 THEN 3 END END; SELECT 2; END",
            "CREATE PROCEDURE p() BEGIN ATOMIC INSERT INTO t VALUES (CASE WHEN a THEN 1 END); END",
            "CREATE PROCEDURE p() BEGIN ATOMIC SELECT 1 AS end; SELECT t.end, t.case FROM t; END",
            "CREATE PROCEDURE p() BEGIN ATOMIC SELECT 1 end; SELECT 1 case; SELECT CASE WHEN a THEN 1 END end; END",
            "CREATE PROCEDURE p() BEGIN ATOMIC SELECT 'END;', $$;END;$$, \"END\"; END",
            "CREATE FUNCTION f() RETURNS int RETURN CASE WHEN a THEN 1 END",
            "CREATE FUNCTION f() RETURNS int AS $$ BEGIN; END; $$ LANGUAGE plpgsql",
            "CREATE FUNCTION begin() RETURNS int AS 'a' LANGUAGE sql",
            "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); DELETE FROM b;)",
            "CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING",
            "CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS SELECT 1",
            "DO $do$ BEGIN PERFORM 1; IF a THEN b; END IF; END $do$",
            "CREATE TABLE t (begin int, atomic int)",
            "CREATE TRIGGER t AFTER INSERT ON u FOR EACH ROW EXECUTE FUNCTION f()",
            "BEGIN",
            "END",
        ],
    );
    // An unbalanced parenthesis too many is the server's to report.
    assert_eq!(texts("a ); b", &DOLLAR), ["a )", "b"]);
    let open = "a;\nCREATE FUNCTION f() BEGIN ATOMIC SELECT 1;\nb;";
    assert_eq!(split(open, &DOLLAR).unwrap_err().to_string(), "2:21: this BEGIN has no END");
}

#[test]
fn triggers() {
    whole(
        &BRACKET,
        &[
            "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1; END",
            "CREATE TEMP TRIGGER IF NOT EXISTS t INSTEAD OF UPDATE OF a, b ON v FOR EACH ROW WHEN new.a > 1 \
             BEGIN UPDATE u SET a = CASE WHEN new.a THEN CASE b WHEN 1 THEN 2 END ELSE 3 END; DELETE FROM w; END",
            "CREATE TEMPORARY TRIGGER [end; begin] BEFORE DELETE ON u BEGIN\n-- END;\n SELECT 'END;'; /* END; */ END",
            "CREATE TRIGGER t AFTER INSERT ON u WHEN CASE WHEN new.a THEN 1 ELSE 0 END BEGIN SELECT 1; END",
            "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT new.end; INSERT INTO v(begin) VALUES (1); END",
            "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT CASE WHEN a THEN b END; END",
            "CREATE TABLE trigger (begin, end)",
            "CREATE VIEW v AS SELECT CASE WHEN a THEN 1 END",
            "BEGIN IMMEDIATE",
            "END TRANSACTION",
        ],
    );
    assert_eq!(texts("CREATE TRIGGER t ON u; b", &BRACKET), ["CREATE TRIGGER t ON u", "b"]);
    let open = "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1;\nb;";
    assert_eq!(split(open, &BRACKET).unwrap_err().to_string(), "1:36: this BEGIN has no END");
}

#[test]
fn stored_programs() {
    whole(
        &BACKSLASH,
        &[
            "CREATE PROCEDURE p() BEGIN END",
            "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END",
            "CREATE OR REPLACE DEFINER=`a`@`%` PROCEDURE s.p(IN begin INT, OUT `if` INT) SQL SECURITY INVOKER \
             COMMENT 'begin;' READS SQL DATA main: BEGIN SELECT 1; END main",
            "CREATE DEFINER = 'a'@'h' PROCEDURE IF NOT EXISTS p() IF a THEN SELECT 1; ELSEIF b THEN SELECT 2; \
             ELSE IF c THEN SELECT 3; END IF; END IF",
            "CREATE DEFINER=CURRENT_USER() FUNCTION f(a INT) RETURNS CHAR(3) CHARACTER SET utf8mb4 DETERMINISTIC \
             RETURN IF(a, REPEAT('x', 3), CASE WHEN a IS NULL THEN 'y' END)",
            "CREATE FUNCTION f() RETURNS CHAR BEGIN RETURN 'a'; END",
            "CREATE FUNCTION f(a INT) RETURNS INT RETURN a IS NOT NULL",
            "CREATE AGGREGATE FUNCTION f RETURNS STRING SONAME 'x.so'",
            "CREATE PROCEDURE p() SELECT a AS b, IF(a, 1, 2), CASE a WHEN 1 THEN 2 END FROM t",
            "CREATE PROCEDURE p() DROP TABLE IF EXISTS t",
            "CREATE PROCEDURE p() UPDATE t SET a = IF(b, 1, 2), c = REPLACE(d, 'e', 'f')",
            "CREATE PROCEDURE p() BEGIN DECLARE a INT DEFAULT IF(1, 2, 3); DECLARE b CURSOR FOR SELECT 1; \
             DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1062 BEGIN ROLLBACK; RESIGNAL; END; \
             DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = IF(a, TRUE, FALSE); \
             DECLARE EXIT HANDLER FOR SQLSTATE VALUE '23000', dup IF a THEN SELECT 1; END IF; \
             START TRANSACTION; XA BEGIN 'x'; COMMIT; END",
            "CREATE PROCEDURE p() BEGIN l: LOOP IF a THEN LEAVE l; END IF; ITERATE l; END LOOP l; \
             w: WHILE a < CASE b WHEN 1 THEN 2 END DO SET a = a + 1; END WHILE w; \
             REPEAT SET a = REPEAT('x', 2); UNTIL a > CASE b WHEN 1 THEN 2 END END REPEAT; \
             FOR i IN 1..10 DO SELECT i; END FOR; FOR r IN (SELECT 1) DO SELECT r.end; END FOR; END",
            "CREATE PROCEDURE p() BEGIN CASE a WHEN 1 THEN SELECT 1; IF b THEN SELECT 2; END IF; \
             WHEN CASE b WHEN 2 THEN 3 END THEN BEGIN END; ELSE CASE WHEN c THEN SELECT 3; END CASE; END CASE; END",
            "CREATE PROCEDURE p() BEGIN DROP TABLE IF EXISTS t; CREATE TABLE IF NOT EXISTS t (begin INT, `end` INT); \
             INSERT INTO t SELECT t.begin, end FROM t WHERE end > begin; DO IF(1, 2, 3); DO SLEEP(1); \
             SELECT CASE a WHEN 1 THEN CASE b WHEN 2 THEN 3 END ELSE IF(a, 1, 2) END AS end, CASE WHEN 1 THEN 2 END; \
             SELECT (SELECT CASE WHEN a THEN 1 END), RIGHT('a', 1); RETURN CASE WHEN a THEN 1 END; END",
            "CREATE PROCEDURE p() BEGIN IF CASE WHEN a THEN 1 ELSE 0 END THEN SELECT 1; ELSE BEGIN SELECT 2; END; END IF; END",
            "CREATE PROCEDURE p() `a b`: BEGIN `c`: BEGIN LEAVE `c`; END `c`; END `a b`",
            "CREATE TRIGGER IF NOT EXISTS t BEFORE INSERT ON u FOR EACH ROW SET NEW.a = IF(NEW.b, 1, 2)",
            "CREATE TRIGGER t AFTER UPDATE ON u FOR EACH ROW FOLLOWS v BEGIN SET NEW.end = 1; IF NEW.begin THEN \
             SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'end;'; END IF; END",
            "CREATE DEFINER=`a`@`b` TRIGGER t AFTER DELETE ON u FOR EACH ROW IF OLD.a THEN DELETE FROM v; END IF",
            "CREATE /*!50017 DEFINER=`a`@`b` */ TRIGGER t AFTER DELETE ON u FOR EACH ROW BEGIN /*! ; */ SELECT 1; END",
            "CREATE EVENT IF NOT EXISTS e ON SCHEDULE EVERY 1 DAY STARTS NOW() ON COMPLETION PRESERVE DISABLE \
             COMMENT 'do' DO BEGIN SELECT 1; SELECT 2; END",
            "CREATE EVENT e ON SCHEDULE EVERY IF(1, 2, 3) HOUR DO DELETE FROM t WHERE a = CASE b WHEN 1 THEN 2 END",
            "ALTER DEFINER = a@b EVENT e DO l: LOOP LEAVE l; END LOOP",
            "ALTER EVENT e RENAME TO f",
            "ALTER PROCEDURE p COMMENT 'begin'",
            "BEGIN NOT ATOMIC DECLARE a INT; IF a THEN SELECT 1; END IF; END",
            "IF a THEN SELECT 1; END IF",
            "CASE a WHEN 1 THEN SELECT 1; END CASE",
            "CREATE FUNCTION f() RETURNS CHAR(3) CHARACTER SET utf8mb4 BEGIN RETURN 'a'; END",
            "WHILE a DO SELECT 1; END WHILE",
            "BEGIN",
            "BEGIN WORK",
            "COMMIT",
            "XA BEGIN 'x'",
            "CREATE TABLE IF NOT EXISTS t (begin INT, end INT)",
            "CREATE DEFINER=a@b SQL SECURITY INVOKER VIEW v AS SELECT IF(a, 1, 2), CASE WHEN a THEN 1 END FROM t",
            "CREATE TEMPORARY TABLE t SELECT REPEAT('a', 3)",
            "DROP PROCEDURE IF EXISTS p",
            "SELECT CASE WHEN a THEN 1 END, IF(a, 1, 2), REPEAT('a', 3)",
            "REPLACE INTO t VALUES (1)",
            "PREPARE s FROM 'BEGIN; END'",
        ],
    );
    let open = "CREATE PROCEDURE p()\nBEGIN IF a THEN SELECT 1; END;\nSELECT 2;";
    assert_eq!(split(open, &BACKSLASH).unwrap_err().to_string(), "2:1: this BEGIN has no END");
}

#[test]
fn programs_with_declarations_in_front() {
    whole(
        &BACKSLASH,
        &[
            "CREATE OR REPLACE PROCEDURE p AS a INT; b VARCHAR(10) := 'x'; BEGIN a := 1; END",
            "CREATE PROCEDURE p(a IN INT) IS BEGIN SELECT a; EXCEPTION WHEN OTHERS THEN SELECT 2; END p",
            "CREATE FUNCTION f(a INT) RETURN INT DETERMINISTIC IS b INT; BEGIN RETURN a; END",
            "CREATE PROCEDURE p AS CURSOR c IS SELECT 1; BEGIN FOR r IN c LOOP SELECT r.a; END LOOP; \
             WHILE a < 1 LOOP SELECT 1; END LOOP; <<l>> LOOP EXIT l WHEN a; END LOOP; \
             IF a THEN SELECT 1; ELSIF b THEN SELECT 2; END IF; END",
            "DECLARE a INT; BEGIN SELECT a; END",
            "CREATE OR REPLACE PACKAGE k AS FUNCTION f(a INT) RETURN INT; PROCEDURE p(b INT); END",
            "CREATE PACKAGE BODY k AS c INT; FUNCTION f(a INT) RETURN INT AS d INT; BEGIN RETURN a; END; \
             PROCEDURE p(b INT) AS BEGIN IF b THEN SELECT 1; END IF; END p; PROCEDURE q AS BEGIN NULL; END; \
             BEGIN c := 1; END k",
            "CREATE PACKAGE BODY k PROCEDURE p() BEGIN SELECT 1; END; FUNCTION f() RETURNS INT RETURN 1; END",
        ],
    );
}

/// Programs made of all kinds of blocks at random stay whole, and what follows them is not swallowed.
#[test]
fn random_programs() {
    for seed in 1..3000 {
        let mut random = Generator(Random::new(seed));
        let script = format!(
            "CREATE PROCEDURE p() BEGIN DECLARE a, x, begin INT; {} END; SELECT 1;",
            random.statements(4)
        );
        let items = split(&script, &BACKSLASH)
            .unwrap_or_else(|error| panic!("seed {seed}: {error} in {script}"));
        assert_eq!(items.len(), 2, "seed {seed}: {script}");
        let Item::Statement(last) = items[1] else { unreachable!() };
        assert_eq!(last.text, "SELECT 1", "seed {seed}: {script}");
    }
}

/// A seeded generator of the statements in a stored program.
struct Generator(Random);

impl Generator {
    fn expression(&mut self, depth: u32) -> String {
        let kinds = if depth == 0 { 5 } else { 9 };
        let kind = self.0.below(kinds);
        let mut inner = || self.expression(depth - 1);
        match kind {
            0 => "a".to_owned(),
            1 => "(SELECT t.end FROM t)".to_owned(),
            2 => r"'end\';'".to_owned(),
            3 => "`begin` /* end; */".to_owned(),
            4 => "begin".to_owned(),
            5 => format!("IF({}, {}, {})", inner(), inner(), inner()),
            6 => format!("REPEAT({}, 3)", inner()),
            7 => format!("CASE WHEN {} THEN {} ELSE {} END", inner(), inner(), inner()),
            _ => format!("(SELECT CASE {} WHEN {} THEN {} END)", inner(), inner(), inner()),
        }
    }

    fn statements(&mut self, depth: u32) -> String {
        (0..=self.0.below(2)).map(|_| self.statement(depth)).collect()
    }

    fn statement(&mut self, depth: u32) -> String {
        let e = self.expression(2);
        let kind = self.0.below(if depth == 0 { 7 } else { 15 });
        let label = self.0.below(3000);
        let mut inner = || self.statements(depth - 1);
        let block = match kind {
            0 => return format!("SET x = {e}; "),
            1 => return "DROP TABLE IF EXISTS t; # ;\n".to_owned(),
            2 => return format!("SELECT {e} AS end, end FROM t; "),
            3 => return format!("DO {e}; "),
            4 => return "XA BEGIN 'x'; -- begin\n".to_owned(),
            5 => {
                return "BEGIN DECLARE CONTINUE HANDLER FOR NOT FOUND SET x = IF(a, 1, 2); END; "
                    .to_owned();
            }
            6 => return "BEGIN END; ".to_owned(),
            7 => {
                return format!(
                    "IF {e} THEN {} ELSEIF {e} THEN {} ELSE {} END IF; ",
                    inner(),
                    inner(),
                    inner()
                );
            }
            8 => return format!("CASE {e} WHEN {e} THEN {} ELSE {} END CASE; ", inner(), inner()),
            9 => {
                return format!(
                    "BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN {} END; END; ",
                    inner()
                );
            }
            10 => format!("LOOP {} END LOOP", inner()),
            11 => format!("WHILE {e} DO {} END WHILE", inner()),
            12 => format!("REPEAT {} UNTIL {e} END REPEAT", inner()),
            13 => format!("FOR i IN 1..3 DO {} END FOR", inner()),
            _ => format!("BEGIN {} END", inner()),
        };
        if label < 1000 { format!("l{label}: {block} l{label}; ") } else { format!("{block}; ") }
    }
}
