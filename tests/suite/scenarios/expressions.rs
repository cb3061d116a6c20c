//! Expressions that a server words in its own way: what it makes of its own words is no difference.

use super::{case, run};

const COLUMNS: &str = "a str(9), b str(9), c CHAR(3), d DATE, i int, n num(8,2), s smallint, x Text, g bigint, f Float, r Real, \
     ts DateTime, bo bool, j JSON, u UUID, iv INTERVAL, tz DateTimeTz";

/// One table has them all, as checks and as computed columns.
#[tokio::test]
async fn of_one_server() {
    let checks = EXPRESSIONS.iter().enumerate().map(|(at, e)| format!(", CK[c{at}]({e})"));
    let checks = format!("t{{{COLUMNS}{}}}", checks.collect::<String>()).leak();
    // What depends on how a session reads a time cannot be computed.
    let is_fixed = |e: &&&str| !["'2020", "interval", "'1 day"].iter().any(|word| e.contains(word));
    let fixed = EXPRESSIONS.iter().filter(is_fixed).enumerate();
    let computed = fixed.map(|(at, e)| format!(", g{at} bool COMPUTED({e})"));
    let computed = format!("t{{{COLUMNS}{}}}", computed.collect::<String>()).leak();
    run(&[
        case("BUG-030, checks", checks, "", "", &[]).only("p"),
        case("BUG-029, computed columns", computed, "", "", &[]).only("p"),
    ])
    .await;
}

const EXPRESSIONS: &[&str] = &[
    "i = ANY('{1,2}')",
    "a = ANY('{x,y}')",
    "d + 1 > '2020-01-01'",
    "ts - interval '1 day' > '2020-01-01'",
    "a SIMILAR TO 'x%'",
    "a ~ '^x'",
    "x ~* 'y'",
    "EXTRACT(year FROM d) > 2000",
    "position('a' in b) > 0",
    "trim(both ' ' from a) = 'x'",
    "overlay(a placing 'x' from 1 for 2) = 'y'",
    "substring(a from 1 for 2) = 'x'",
    "substring(a from 'x') = 'x'",
    "(i::numeric / 2) > 1",
    "-i > 0",
    "i > -1",
    "n = 1.50",
    "n > -1.5",
    "ROW(i, s) = ROW(1,2)",
    "(i, s) < (1, 2)",
    "(a, b) IN (('x','y'), ('z','w'))",
    "i % 2 = 0",
    "i & 1 = 1",
    "NOT bo",
    "bo IS TRUE",
    "bo IS NOT FALSE",
    "bo",
    "a::varchar(3) = 'x'",
    "cast(i as text) = '1'",
    "x LIKE ALL (ARRAY['a','b'])",
    "x LIKE ANY ('{a,b}')",
    "a <> ALL (ARRAY['x','y']::varchar[])",
    "d BETWEEN SYMMETRIC '2020-01-01' AND '2021-01-01'",
    "i NOT BETWEEN SYMMETRIC 1 AND 2",
    "greatest(i, s) > 0",
    "least(a, b) = 'x'",
    "array_length(ARRAY[i, s], 1) > 0",
    "a IN ('x')",
    "i IN (1)",
    "coalesce(a, b, 'z') = 'x'",
    "nullif(a, b) IS NULL",
    "a IS DISTINCT FROM b",
    "a IS NOT DISTINCT FROM 'x'",
    "a COLLATE \"C\" > 'x'",
    "lower(a) COLLATE \"C\" IN ('x', 'y')",
    "(a || b) IN ('x', 'y')",
    "a || '-' || b <> ''",
    "CASE WHEN a IN ('x','y') AND bo THEN 1 ELSE 2 END = 1",
    "CASE a WHEN 'x' THEN 1 END = 1",
    "u IN ('00000000-0000-0000-0000-000000000000')",
    "tz AT TIME ZONE 'utc' > '2020-01-01'",
    "iv > interval '1 day'",
    "iv BETWEEN '1 day' AND '2 days' AND bo",
    "j->>'k' IN ('a','b')",
    "j ? 'k'",
    "(j->'a'->>'b')::int > 1",
    "j @> '{\"a\": 1}'",
    "f IN (1, 2.5)",
    "r > 1.5",
    "r IN (1, 2)",
    "g IN (1, 2)",
    "g BETWEEN 1 AND 2",
    "c <> 'x'",
    "c IN ('x') OR c IN ('y','z')",
    "length(c) = 3",
    "a >= 'x' AND a < 'y' OR b IN ('x','y') AND NOT bo",
    "NOT (a IN ('x','y') AND b IN ('x','y'))",
    "NOT (i BETWEEN 1 AND 2)",
    "(i BETWEEN 1 AND 2) IS TRUE",
    "num_nonnulls(a, b) = 1",
    "(a IS NULL) <> (b IS NULL)",
    "(bo AND i > 0) AND s > 0",
    "bo AND (i > 0 AND s > 0)",
    "(bo OR i > 0) AND (bo OR s > 0)",
    "((bo AND bo) AND bo) AND bo",
    "a IN ('x', 'y', NULL)",
    "a NOT IN ('x', 'y') AND b NOT IN (a, 'x')",
    "ts::date = d",
    "date_trunc('day', ts) = ts",
    "to_tsvector('simple', x) @@ 'a'::tsquery",
    "a = 'it''s'",
    "a = E'b\\\\s'",
    "x = ANY (ARRAY[a, b])",
    "x IN (a, b)",
    "a IN (x, b, 'c')",
    "ARRAY[a, b] && ARRAY['x']::varchar[]",
    "ARRAY[a]::text[] <@ ARRAY['x','y']::text[]",
    "a = ANY (string_to_array(x, ','))",
];
