//! LOCK-023: domain scans.

use crate::lint::prelude::*;

pub(super) static RULE: Rule = Rule {
    code: "LOCK-023",
    name: "domain-scans",
    severity: Severity::Error,
    databases: POSTGRES,
    versions: "",
    problem: "A domain that demands more is checked against every row of every table with a column of it, while each \
        of these tables is locked against writes.",
    instead: "Add the constraint NOT VALID, so that only new values are checked, and correct old values. VALIDATE \
        CONSTRAINT then still locks the tables against writes while it reads them.",
    scope: RuleScope::Statement,
    check,
    finds: &[
        Example::up("ALTER DOMAIN short ADD CONSTRAINT filled CHECK (VALUE <> '');")
            .after("CREATE DOMAIN short AS text; ALTER TABLE users ADD COLUMN nick short;"),
        Example::up("ALTER DOMAIN short SET NOT NULL;").after(
            "CREATE DOMAIN short AS text; ALTER TABLE users ADD COLUMN nick short DEFAULT '';",
        ),
    ],
    passes: &[
        Example::up("ALTER DOMAIN short ADD CONSTRAINT filled CHECK (VALUE <> '') NOT VALID;")
            .after("CREATE DOMAIN short AS text; ALTER TABLE users ADD COLUMN nick short;"),
        Example::up("ALTER DOMAIN short DROP NOT NULL;")
            .after("CREATE DOMAIN short AS text; ALTER TABLE users ADD COLUMN nick short;"),
    ],
};

fn check(context: &LintContext<'_>) -> Vec<Hit> {
    let Ddl::TightenDomain { domain, action } = context.ddl() else { return Vec::new() };
    if context.known.is_new_object(domain) {
        return Vec::new();
    }
    let is_validation = action.to_ascii_uppercase().starts_with("VALIDATE");
    let way = if is_validation {
        "run it while few programs write".to_owned()
    } else {
        format!("ALTER DOMAIN {domain} ADD CONSTRAINT ... CHECK (...) NOT VALID;")
    };
    context.hit(
        format!("this reads every table with a column of {domain} while nobody can write it"),
        way,
    )
}
