//! LOCK-016: offline ddl.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-016",
    name: "offline-ddl",
    severity: Severity::Error,
    databases: MYSQL,
    versions: "",
    problem: "ALGORITHM=COPY, LOCK=SHARED and LOCK=EXCLUSIVE block writes for as long as the statement runs.",
    instead: "Ask for ALGORITHM=INSTANT, or for ALGORITHM=INPLACE, LOCK=NONE. If the server cannot do that, it refuses at \
        once, and you can use another way.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER TABLE users ADD COLUMN nick text, ALGORITHM=COPY;"),
        Example::up("CREATE INDEX users_age ON users (age) ALGORITHM=COPY;"),
        Example::up("DROP INDEX users_email ON users LOCK = EXCLUSIVE;"),
    ],
    passes: &[
        Example::up("ALTER TABLE users ADD COLUMN nick text, ALGORITHM=INSTANT;"),
        Example::up("CREATE INDEX users_age ON users (age) ALGORITHM=INPLACE LOCK=NONE;"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let of_index = |table: &SqlName, asked: &AskedDdl| {
        let all = [("ALGORITHM", asked.algorithm.as_ref()), ("LOCK", asked.lock.as_ref())];
        context.each(all, |(what, word)| blocks(table, what, word?))
    };
    match context.ddl() {
        Ddl::CreateIndex(index) if !context.known.is_new(&index.table) => {
            of_index(&index.table, &index.asked)
        }
        Ddl::Drop(drop) => match &drop.on {
            Some(table) if !context.known.is_new(table) => of_index(table, &drop.asked),
            _ => Vec::new(),
        },
        _ => context.actions(|table, action| match action {
            TableAction::Algorithm(word) => blocks(table, "ALGORITHM", word),
            TableAction::Lock(word) => blocks(table, "LOCK", word),
            _ => None,
        }),
    }
}

fn blocks(table: &SqlName, what: &str, word: &str) -> Option<Hit> {
    let is_offline =
        matches!((what, word), ("ALGORITHM", "COPY") | ("LOCK", "SHARED" | "EXCLUSIVE"));
    is_offline.then(|| {
        found(
            format!("{what}={word} blocks writes to {table} for as long as this runs"),
            "use ALGORITHM=INSTANT, or ALGORITHM=INPLACE, LOCK=NONE",
        )
    })
}
