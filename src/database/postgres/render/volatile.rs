//! Defaults that differ from row to row, so that a new column with one rewrites its table.

use crate::schema::DefaultValue;

/// Functions that give one value to all rows of a statement.
const STABLE: [&str; 11] = [
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "current_setting",
    "lower",
    "upper",
    "timezone",
    "date_trunc",
    "make_interval",
    "jsonb_build_object",
    "json_build_object",
];

/// Whether a default may differ from row to row: if it calls a function that is not known to be stable. To take one for volatile that is
/// not costs a batch of updates, and locks nobody out.
pub(super) fn is_volatile(default: &DefaultValue) -> bool {
    let DefaultValue::Sql(sql) = default else { return false };
    let mut quote = false;
    let mut word = String::new();
    let mut is_type = false;
    let mut before = ' ';
    for sign in sql.chars() {
        quote ^= sign == '\'';
        if !quote && sign == '(' && !word.is_empty() && !is_type {
            let called = word.rsplit('.').next().unwrap_or_default().to_lowercase();
            if !STABLE.contains(&called.as_str()) {
                return true;
            }
        }
        if !quote && (sign.is_alphanumeric() || sign == '_' || sign == '.') {
            if word.is_empty() {
                // The arguments of a type are no call: '0'::numeric(10,2)
                is_type = before == ':';
            }
            word.push(sign);
        } else if sign != ' ' || !is_type {
            word.clear();
        }
        before = sign;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_that_differ_from_row_to_row() {
        let cases = [
            ("0", false),
            ("'a (b)'::text", false),
            ("'0'::numeric(10,2)", false),
            ("'x'::character varying(20)", false),
            ("now()", false),
            ("(now() + '1 day'::interval)", false),
            ("CURRENT_TIMESTAMP", false),
            ("timezone('utc'::text, now())", false),
            ("(1 + 2)", false),
            ("random()", true),
            ("gen_random_uuid()", true),
            ("(1 + my.luck())", true),
            ("nextval('s'::regclass)", true),
            ("clock_timestamp()", true),
        ];
        for (sql, expected) in cases {
            assert_eq!(is_volatile(&DefaultValue::Sql(sql.to_owned())), expected, "{sql}");
        }
    }
}
