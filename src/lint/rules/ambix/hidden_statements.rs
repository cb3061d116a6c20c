//! AMBIX-009: hidden statements.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "AMBIX-009",
    name: "hidden-statements",
    severity: Severity::Warning,
    databases: ALL,
    versions: "",
    problem: "No rule has looked at the statements in a procedure, in a prepared text, or in a block that puts them together. (The plain \
        statements in a DO block of PL/pgSQL, and in a procedure that the same migration creates, are read.)",
    instead: "Write them as plain statements, or look at them with `ambix lint --run`, which sees what they lock and rewrite. If \
        somebody has reviewed them, say so with an allow comment.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up(
            r#"DO $$ BEGIN
  EXECUTE format('ALTER TABLE %I DROP COLUMN age', 'users');
END $$;"#,
        )
        .on(POSTGRES),
        Example::up("CALL clean_up();").on(SERVERS),
        Example::up(
            r#"PREPARE change_it FROM @text;
EXECUTE change_it;"#,
        )
        .on(MYSQL),
    ],
    passes: &[
        Example::up(
            r#"DO $$ BEGIN
  ALTER TABLE users DROP COLUMN age;
END $$;"#,
        )
        .on(POSTGRES),
        Example::up("ALTER TABLE users ADD COLUMN note text;"),
        Example::up("DO $$ BEGIN RAISE NOTICE 'done'; END $$;").on(POSTGRES),
        Example::up("DO $$ BEGIN CREATE TYPE mood AS ENUM ('sad', 'ok'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;").on(POSTGRES),
        Example::up("DO SLEEP(0);").on(MYSQL),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::Hidden(word) = context.ddl() else { return Vec::new() };
    let what = match *word {
        "CALL" => "in the procedure",
        "EXECUTE" => "in the prepared text",
        _ => "in this block",
    };
    context.hit(
        format!("no rule has looked at the statements {what}"),
        "`ambix lint --run` runs them in a scratch database and sees what they lock and rewrite; or write above this statement:\n\
         -- ambix: allow AMBIX-009 because ...",
    )
}
