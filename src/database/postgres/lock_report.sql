--: look
-- One statement, so that all of it is of one moment. The rows have the columns of all kinds of rows.
WITH a AS MATERIALIZED (
    SELECT s.*, s.query = '<insufficient privilege>' AS hidden FROM pg_stat_activity s WHERE s.pid <> pg_catalog.pg_backend_pid()
), l AS MATERIALIZED (
    SELECT l.pid, l.locktype, l.mode, l.granted, l.database, l.classid::bigint AS class, l.objid::bigint AS object, l.objsubid,
        (pg_catalog.to_jsonb(l) ->> 'waitstart'::text)::timestamptz AS waits_since, c.relkind,
        CASE WHEN c.oid IS NOT NULL THEN pg_catalog.format('%I.%I', n.nspname, c.relname) END AS name,
        n.nspname::text !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AS of_user
    FROM pg_locks l
    LEFT JOIN pg_class c ON c.oid = l.relation AND l.database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database())
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
), w AS MATERIALIZED (
    SELECT l.pid, pg_catalog.pg_blocking_pids(l.pid) AS blockers, coalesce(l.waits_since, a.query_start) AS since,
        coalesce(l.name, (SELECT pg_catalog.min(t.name) FROM l t WHERE t.pid = l.pid AND t.locktype = 'tuple')) AS name,
        CASE WHEN l.locktype = 'relation' THEN l.mode WHEN l.locktype IN ('transactionid', 'tuple') THEN 'a row lock'
             ELSE l.locktype || ' ' || l.mode END AS mode
    FROM l JOIN a ON a.pid = l.pid WHERE NOT l.granted AND a.datname = pg_catalog.current_database()
), h AS MATERIALIZED (
    SELECT l.pid FROM l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND l.database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database())
        AND l.class = (({key}::bigint >> 32) & 4294967295) AND l.object = ({key}::bigint & 4294967295)
)
SELECT 'holder' AS ambix, pid::text AS id, NULL AS message, NULL AS blocker, NULL AS table_name, NULL AS mode, NULL AS strong,
    NULL AS since, NULL AS seconds, {no_session} FROM h
UNION ALL
-- The lock is polled, so those who wait for it are idle, and the try is the last that they ran.
SELECT 'waiting', a.pid::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, {no_session} FROM a
WHERE a.datname = pg_catalog.current_database() AND EXISTS (SELECT FROM h) AND a.pid NOT IN (SELECT pid FROM h)
    AND position({mark} IN a.query) > 0
UNION ALL
SELECT DISTINCT 'wait', w.pid::text, NULL, b.pid::text, w.name, w.mode, NULL,
    pg_catalog.to_char(w.since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    pg_catalog.floor(greatest(0, extract(epoch FROM pg_catalog.clock_timestamp() - w.since)))::bigint::text, {no_session}
FROM w LEFT JOIN LATERAL pg_catalog.unnest(w.blockers) b(pid) ON true
UNION ALL
SELECT 'hold', l.pid::text, NULL, NULL, l.name, l.mode, NULL, NULL, NULL, {no_session} FROM l
WHERE l.granted AND l.locktype = 'relation' AND l.of_user
    AND (EXISTS (SELECT FROM w WHERE l.pid = ANY (w.blockers)) OR l.pid IN (SELECT a.pid FROM a WHERE a.state LIKE 'idle in transaction%'))
UNION ALL
SELECT 'idle', a.pid::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, {no_session} FROM a
WHERE a.datname = pg_catalog.current_database() AND a.state LIKE 'idle in transaction%' AND a.state_change < pg_catalog.clock_timestamp() - interval '10 s'
UNION ALL
SELECT 'session', {session} FROM a WHERE a.backend_type = 'client backend' OR a.pid IN (SELECT pg_catalog.unnest(blockers) FROM w)
UNION ALL
SELECT 'note', NULL, 'what sessions of other users run is not shown to this role: GRANT pg_read_all_stats TO it shows them',
    NULL, NULL, NULL, NULL, NULL, NULL, {no_session}
WHERE EXISTS (SELECT FROM a WHERE a.hidden AND a.datname = pg_catalog.current_database())
UNION ALL
SELECT 'note', NULL, pg_catalog.format('the prepared transaction %L of %I, open since %s, keeps its locks until COMMIT PREPARED or ROLLBACK PREPARED',
    p.gid, p.owner, pg_catalog.to_char(p.prepared AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
    NULL, NULL, NULL, NULL, NULL, NULL, {no_session}
FROM pg_prepared_xacts p WHERE p.database = pg_catalog.current_database();

--: no_session
-- What only the row of a session says.
NULL AS application, NULL AS user_name, NULL AS host, NULL AS state, NULL AS statement, NULL AS transaction_since, NULL AS transaction_ms

--: session
a.pid::text AS id, NULL AS message, NULL AS blocker, NULL AS table_name, NULL AS mode, NULL AS strong,
    pg_catalog.to_char((CASE WHEN a.state = 'active' THEN a.query_start ELSE a.state_change END) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since,
    pg_catalog.floor(greatest(0, extract(epoch FROM pg_catalog.clock_timestamp() - CASE WHEN a.state = 'active' THEN a.query_start ELSE a.state_change END)))::bigint::text
        AS seconds,
    nullif(a.application_name, '') AS application, a.usename::text AS user_name,
    coalesce(pg_catalog.host(a.client_addr), CASE WHEN a.client_port = -1 THEN 'a local socket' END) AS host,
    coalesce(a.state, CASE WHEN a.hidden THEN 'in a state that is not visible to this role' END) AS state,
    CASE WHEN a.hidden OR a.query = '' THEN NULL WHEN a.query ~* 'password' THEN '<a statement that is not shown since it names a password>'
         ELSE pg_catalog.left(pg_catalog.regexp_replace(a.query, '\s+', ' ', 'g'), 200) END AS statement,
    pg_catalog.to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS transaction_since,
    pg_catalog.floor(1000::numeric * extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start))::bigint::text AS transaction_ms

--: holders
WITH a AS MATERIALIZED (
    SELECT s.*, s.query = '<insufficient privilege>' AS hidden FROM pg_stat_activity s WHERE s.pid <> pg_catalog.pg_backend_pid()
), l AS MATERIALIZED (
    SELECT l.pid, l.mode, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
        l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') OR a.backend_xid IS NOT NULL AS strong
    FROM pg_locks l
    JOIN a ON a.pid = l.pid
    JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname::text !~ '^pg_' AND n.nspname <> 'information_schema'
    WHERE l.granted AND l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database())
    LIMIT 1000
)
SELECT 'hold' AS ambix, l.pid::text AS id, NULL AS message, NULL AS blocker, l.name AS table_name, l.mode AS mode,
    CASE WHEN l.strong THEN '1' ELSE '0' END AS strong, NULL AS since, NULL AS seconds, {no_session} FROM l
UNION ALL
SELECT 'session', {session} FROM a WHERE a.pid IN (SELECT pid FROM l);

--: cancel
SELECT 'ended' AS ambix, CASE WHEN pg_catalog.pg_cancel_backend({id}) THEN 1 ELSE 0 END AS ended;

--: terminate
SELECT 'ended' AS ambix, CASE WHEN pg_catalog.pg_terminate_backend({id}) THEN 1 ELSE 0 END AS ended;
