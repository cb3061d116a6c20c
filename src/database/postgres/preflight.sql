-- What preflight asks. Each query is sent alone, in a transaction that only reads.

--: version
SELECT 'version' AS ambix, pg_catalog.current_setting('server_version'::text) AS version

--: tables
SELECT 'table' AS ambix, t.at::text AS at, CASE WHEN c.reltuples OPERATOR(pg_catalog.>=) 0::real THEN c.reltuples::bigint::text END AS rows,
    COALESCE((SELECT pg_catalog.sum(pg_catalog.pg_total_relation_size(p.relid)) FROM pg_catalog.pg_partition_tree(c.oid) p),
        pg_catalog.pg_total_relation_size(c.oid)::numeric)::text AS bytes,
    (SELECT pg_catalog.string_agg(a.attname::text, pg_catalog.chr(31) ORDER BY k.n)
        FROM pg_catalog.pg_index i CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, n)
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid AND a.attnum OPERATOR(pg_catalog.=) k.attnum
        WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid AND i.indisprimary) AS primary_key,
    CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'r'::"char"
        AND EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent OPERATOR(pg_catalog.=) c.oid) THEN '1' END AS is_parent
FROM (VALUES {names}) AS t(at, name)
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)::oid

--: columns
SELECT 'column' AS ambix, t.at::text AS at, a.attname::text AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type
FROM (VALUES {names}) AS t(at, name)
JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)::oid
WHERE a.attnum OPERATOR(pg_catalog.>) 0::smallint AND NOT a.attisdropped

-- Which functions of these names may do more than compute a value. A search path could find any of them.
--: volatile
SELECT DISTINCT 'volatile' AS ambix, pg_catalog.concat(n.nspname, '.'::text, p.proname) AS name
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
WHERE p.proname::text OPERATOR(pg_catalog.=) ANY (ARRAY[{functions}]::text[]) AND p.provolatile OPERATOR(pg_catalog.=) 'v'::"char"
ORDER BY 2

--: activity
SELECT 'busy' AS ambix, a.pid::text AS id, a.application_name AS application, a.usename::text AS user_name,
    pg_catalog.floor(pg_catalog.date_part('epoch'::text, pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start))::bigint::text AS seconds, a.state AS state,
    CASE WHEN pg_catalog.lower(a.query) OPERATOR(pg_catalog.~~) '%password%'::text THEN '<a statement that is not shown since it names a password>'
        ELSE pg_catalog."left"(pg_catalog.regexp_replace(a.query, '\s+'::text, ' '::text, 'g'::text), 200) END AS statement,
    (SELECT pg_catalog.string_agg(DISTINCT t.name, ', '::text) FROM pg_catalog.pg_locks l
        JOIN (VALUES {names}) AS t(at, name) ON l.relation OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)::oid
        WHERE l.pid OPERATOR(pg_catalog.=) a.pid AND l.granted AND l.database OPERATOR(pg_catalog.=) a.datid) AS tables
FROM pg_catalog.pg_stat_activity a
WHERE a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
    AND a.backend_type OPERATOR(pg_catalog.=) 'client backend'::text
    AND pg_catalog.date_part('epoch'::text, pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start)
        OPERATOR(pg_catalog.>=) {seconds}::double precision
ORDER BY a.xact_start;
SELECT 'busy' AS ambix, '0' AS id, pg_catalog.concat('a prepared transaction: '::text, p.gid) AS application, p.owner::text AS user_name,
    pg_catalog.floor(pg_catalog.date_part('epoch'::text, pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) p.prepared))::bigint::text AS seconds, 'prepared' AS state,
    NULL AS statement, NULL AS tables
FROM pg_catalog.pg_prepared_xacts p WHERE p.database OPERATOR(pg_catalog.=) pg_catalog.current_database();
SELECT 'unknown' AS ambix, 'this role may not see what the sessions of other roles do: grant it pg_monitor' AS message
WHERE EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.query OPERATOR(pg_catalog.=) '<insufficient privilege>'::text
    AND a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())

--: vacuum
SELECT 'vacuum' AS ambix, t.name AS table_name, 'an autovacuum to prevent wraparound works on it, and does not give way to a migration' AS message,
    '1' AS runs
FROM (VALUES {names}) AS t(at, name)
JOIN pg_catalog.pg_locks l ON l.relation OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)::oid
JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid
WHERE a.backend_type OPERATOR(pg_catalog.=) 'autovacuum worker'::text AND a.query OPERATOR(pg_catalog.~~) '%to prevent wraparound%'::text;
SELECT 'vacuum' AS ambix, t.name AS table_name,
    pg_catalog.concat('an autovacuum to prevent wraparound will begin soon: its age is '::text, pg_catalog.age(c.relfrozenxid)) AS message, '0' AS runs
FROM (VALUES {names}) AS t(at, name)
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)::oid
WHERE c.relkind OPERATOR(pg_catalog.=) 'r'::"char" AND pg_catalog.age(c.relfrozenxid)::numeric OPERATOR(pg_catalog.>=)
    (0.95::numeric OPERATOR(pg_catalog.*) pg_catalog.current_setting('autovacuum_freeze_max_age'::text)::numeric)

--: replication
SELECT 'replica' AS ambix, COALESCE(NULLIF(r.application_name, ''), 'a replica') AS name, r.state AS state,
    CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn)::bigint::text END AS bytes,
    pg_catalog.floor(pg_catalog.date_part('epoch'::text, r.replay_lag))::bigint::text AS seconds
FROM pg_catalog.pg_stat_replication r;
SELECT 'replica' AS ambix, pg_catalog.concat('the slot '::text, s.slot_name) AS name, 'not connected' AS state,
    CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn)::bigint::text END AS bytes, NULL AS seconds
FROM pg_catalog.pg_replication_slots s WHERE NOT s.active AND s.restart_lsn IS NOT NULL

--: disk
SELECT 'size' AS ambix, pg_catalog.pg_database_size(pg_catalog.current_database())::text AS bytes;
SELECT 'unknown' AS ambix, 'PostgreSQL does not tell how much space its disk has left' AS message

--: rights
SELECT DISTINCT 'right' AS ambix, n.need AS need, COALESCE(n.name, pg_catalog.concat('the schema '::text, pg_catalog.current_schema())) AS name
FROM (VALUES {needs}) AS n(need, name)
WHERE CASE WHEN n.need OPERATOR(pg_catalog.=) 'CREATE'::text THEN NOT pg_catalog.has_schema_privilege({role},
        COALESCE(n.name, pg_catalog.current_schema()::text), 'CREATE'::text)
    WHEN n.need OPERATOR(pg_catalog.=) 'to own'::text THEN (SELECT NOT pg_catalog.pg_has_role({role}, c.relowner, 'USAGE'::text)
        FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(n.name)::oid)
    ELSE NOT pg_catalog.has_table_privilege({role}, pg_catalog.to_regclass(n.name)::oid, n.need) END
ORDER BY 2, 3

--: backup
SELECT 'archive' AS ambix, CASE WHEN pg_catalog.current_setting('archive_mode'::text) OPERATOR(pg_catalog.=) 'off'::text THEN 'off' ELSE 'on' END AS mode,
    pg_catalog.floor(pg_catalog.date_part('epoch'::text, pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.last_archived_time))::bigint::text AS seconds,
    CASE WHEN a.last_failed_time OPERATOR(pg_catalog.>) COALESCE(a.last_archived_time, a.stats_reset) THEN '1' ELSE '0' END AS failed
FROM pg_catalog.pg_stat_archiver a

--: programs
SELECT 'program' AS ambix, COALESCE(a.application_name, '') AS application, COALESCE(a.usename::text, '') AS user_name,
    pg_catalog.count(*)::text AS sessions
FROM pg_catalog.pg_stat_activity a
WHERE a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
    AND a.backend_type OPERATOR(pg_catalog.=) 'client backend'::text
GROUP BY 2, 3 ORDER BY 2, 3
