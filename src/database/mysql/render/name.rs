//! Names and literals as a person writes them: quoted where they have to be.

use crate::{
    database::mysql::SYNTAX,
    schema::{IndexKey, IndexPart, Name},
    sql::tokens,
};

/// What must be quoted as a name: the reserved words of both servers, the functions that a parenthesis behind makes a call in
/// some modes, and words that begin a clause where a column could stand.
const RESERVED: &str = " accessible add all alter analyze and array as asc asensitive before between bigint binary blob both by call \
    cascade case change char character check collate column condition constraint continue convert create cross cube cume_dist \
    current_date current_role current_time current_timestamp current_user cursor database databases day_hour day_microsecond \
    day_minute day_second dec decimal declare default delayed delete delete_domain_id dense_rank desc describe deterministic \
    distinct distinctrow div do_domain_ids double drop dual each else elseif empty enclosed escaped except exists exit explain \
    false fetch first_value float float4 float8 for force foreign from fulltext function general generated get grant group \
    grouping groups having high_priority hour_microsecond hour_minute hour_second if ignore ignore_domain_ids ignore_server_ids \
    in index infile inner inout insensitive insert int int1 int2 int3 int4 int8 integer intersect interval into io_after_gtids \
    io_before_gtids is iterate join json_table key keys kill lag last_value lateral lead leading leave left library like limit \
    linear lines load localtime localtimestamp lock long longblob longtext loop low_priority manual master_bind \
    master_heartbeat_period master_ssl_verify_server_cert match maxvalue mediumblob mediumint mediumtext member middleint minus \
    minute_microsecond minute_second mod modifies natural no_write_to_binlog not nth_value ntile null numeric of offset on \
    optimize optimizer_costs option optionally or order out outer outfile over page_checksum parallel parse_vcol_expr partition \
    percent_rank period portion precision primary procedure purge qualify range rank read read_write reads real recursive \
    ref_system_id references regexp release rename repeat replace require resignal restrict return returning revoke right rlike \
    row row_number rownum rows schema schemas second_microsecond select sensitive separator set sets show signal slow smallint \
    spatial specific sql sql_big_result sql_calc_found_rows sql_small_result sqlexception sqlstate sqlwarning ssl starting \
    stats_auto_recalc stats_persistent stats_sample_pages stored straight_join system table tablesample terminated then tinyblob \
    tinyint tinytext to trailing trigger true undo union unique unlock unsigned update usage use using utc_date utc_time \
    utc_timestamp values varbinary varchar varcharacter varying versioning virtual when where while window with without write \
    xor year_month zerofill \
    adddate bit_and bit_or bit_xor cast count curdate curtime date_add date_sub extract group_concat max mid min now position \
    session_user std stddev stddev_pop stddev_samp subdate substr substring sum sysdate system_user trim var_pop var_samp \
    variance ";

/// A name, quoted where it has to be.
pub(in crate::database::mysql) fn name(name: &str) -> String {
    let first = |c: char| c.is_ascii_lowercase() || c == '_';
    let is_plain = name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit());
    let is_reserved = || RESERVED.contains(&format!(" {name} "));
    if is_plain && !is_reserved() { name.to_owned() } else { backticks(name) }
}

/// A name in backticks.
pub(in crate::database::mysql) fn backticks(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// The longest name that the server keeps, in characters.
pub(super) const LIMIT: usize = 64;

/// A name with something behind it, no longer than the server keeps.
pub(super) fn shortened(of: &str, end: &str) -> String {
    let cut: String = of.chars().take(LIMIT - end.chars().count()).collect();
    format!("{cut}{end}")
}

/// The name of a table, with its database where it is in another.
pub(super) fn table(of: &Name) -> String {
    match &of.schema {
        Some(schema) => format!("{}.{}", name(schema), name(&of.name)),
        None => name(&of.name),
    }
}

/// Names in a list.
pub(in crate::database::mysql) fn list(names: &[String]) -> String {
    names.iter().map(|of| name(of)).collect::<Vec<_>>().join(", ")
}

/// A text as a literal, on one line, as the servers read it unless they are told that a backslash is a sign like others.
pub(in crate::database::mysql) fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for sign in text.chars() {
        match sign {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\0' => quoted.push_str("\\0"),
            '\x1a' => quoted.push_str("\\Z"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// A part of an index.
pub(in crate::database::mysql) fn index_part(part: &IndexPart) -> String {
    let mut text = match &part.key {
        IndexKey::Column(column) => name(column),
        IndexKey::Expression(expression) => format!("({expression})"),
    };
    if let Some(length) = part.length {
        text.push_str(&format!("({length})"));
    }
    if part.descending {
        text.push_str(" DESC");
    }
    text
}

/// Whether every parenthesis of an expression closes in it, and none that opens outside.
pub(in crate::database::mysql) fn is_closed(expression: &str) -> bool {
    let mut depth = 0;
    for token in tokens(expression, &SYNTAX) {
        match token.text {
            "(" => depth += 1,
            ")" if depth == 0 => return false,
            ")" => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_have_to_be() {
        for (plain, written) in [
            ("users", "users"),
            ("order", "`order`"),
            ("Users", "`Users`"),
            ("a b", "`a b`"),
            ("back`tick", "`back``tick`"),
            ("1a", "`1a`"),
            ("", "``"),
            ("rank", "`rank`"),
            ("offset", "`offset`"),
        ] {
            assert_eq!(name(plain), written);
        }
    }

    #[test]
    fn texts_stay_on_their_line() {
        assert_eq!(literal("it's\n-- a \\ path"), r"'it''s\n-- a \\ path'");
    }
}
