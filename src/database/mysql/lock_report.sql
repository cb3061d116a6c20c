--: facts
SELECT 'facts' AS ambix, @@performance_schema AS has_performance_schema,
    (SELECT COUNT(*) FROM information_schema.plugins WHERE plugin_name = 'METADATA_LOCK_INFO' AND plugin_status = 'ACTIVE') AS has_plugin,
    CASE WHEN VERSION() LIKE '%MariaDB%' THEN 1 ELSE 0 END AS is_mariadb;

--: holder
SELECT 'holder' AS ambix, IS_USED_LOCK({key}) AS id, NULL AS message FROM DUAL WHERE IS_USED_LOCK({key}) IS NOT NULL;

--: sessions
-- Without the right PROCESS these are the user's own connections. InnoDB's times are those of the server's zone.
SELECT 'session' AS ambix, p.id AS id, NULL AS application, p.user AS user_name, p.host AS host,
    CASE WHEN p.command <> 'Sleep' THEN 'active' WHEN t.trx_id IS NULL THEN 'idle' ELSE 'idle in transaction' END AS state,
    {statement} AS statement, DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL p.time SECOND, '%Y-%m-%dT%H:%i:%sZ') AS since, p.time AS seconds,
    DATE_FORMAT(CONVERT_TZ(t.trx_started, 'SYSTEM', '+00:00'), '%Y-%m-%dT%H:%i:%sZ') AS transaction_since,
    -- Begins are told in whole seconds. An active session without one holds what its statement has taken.
    1000 * (1 + CASE WHEN t.trx_started IS NOT NULL THEN TIMESTAMPDIFF(SECOND, CONVERT_TZ(t.trx_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP())
        WHEN p.command <> 'Sleep' THEN p.time END) AS transaction_ms
FROM information_schema.processlist p LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
WHERE p.id <> CONNECTION_ID();
SELECT 'idle' AS ambix, p.id AS id FROM information_schema.processlist p
JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
WHERE p.id <> CONNECTION_ID() AND p.command = 'Sleep' AND p.time >= 10 AND p.db <=> DATABASE();

--: sessions_alone
SELECT 'session' AS ambix, p.id AS id, NULL AS application, p.user AS user_name, p.host AS host,
    CASE WHEN p.command = 'Sleep' THEN 'idle' ELSE 'active' END AS state, {statement} AS statement,
    DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL p.time SECOND, '%Y-%m-%dT%H:%i:%sZ') AS since, p.time AS seconds, NULL AS transaction_since,
    NULL AS transaction_ms
FROM information_schema.processlist p WHERE p.id <> CONNECTION_ID();

--: statement
CASE WHEN LOWER(p.info) LIKE '%password%' OR LOWER(p.info) LIKE '%identified%'
     THEN '<a statement that is not shown since it names a password>' ELSE LEFT(REPLACE(p.info, '\n', ' '), 200) END

--: last
SELECT 'last' AS ambix, t.processlist_id AS id,
    CASE WHEN LOWER(e.sql_text) LIKE '%password%' OR LOWER(e.sql_text) LIKE '%identified%'
         THEN '<a statement that is not shown since it names a password>' ELSE LEFT(REPLACE(e.sql_text, '\n', ' '), 200) END AS statement
FROM performance_schema.threads t JOIN performance_schema.events_statements_current e ON e.thread_id = t.thread_id
WHERE t.processlist_id IS NOT NULL AND t.processlist_id <> CONNECTION_ID() AND e.sql_text IS NOT NULL;

--: schema_waits
-- A shared lock waits for exclusive ones alone, and for those that are about to become exclusive.
SELECT DISTINCT 'wait' AS ambix, w.processlist_id AS id, b.processlist_id AS blocker, CONCAT(p.object_schema, '.', p.object_name) AS table_name,
    p.lock_type AS mode, DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL w.processlist_time SECOND, '%Y-%m-%dT%H:%i:%sZ') AS since,
    w.processlist_time AS seconds
FROM performance_schema.metadata_locks p
JOIN performance_schema.threads w ON w.thread_id = p.owner_thread_id
LEFT JOIN performance_schema.metadata_locks g ON g.object_type = p.object_type AND g.object_schema = p.object_schema
    AND g.object_name = p.object_name AND g.lock_status = 'GRANTED' AND g.owner_thread_id <> p.owner_thread_id
    AND NOT (p.lock_type IN ('SHARED', 'SHARED_HIGH_PRIO', 'SHARED_READ', 'SHARED_WRITE')
        AND g.lock_type IN ('SHARED', 'SHARED_HIGH_PRIO', 'SHARED_READ', 'SHARED_WRITE'))
LEFT JOIN performance_schema.threads b ON b.thread_id = g.owner_thread_id
WHERE p.lock_status = 'PENDING' AND p.object_type = 'TABLE' AND p.object_schema <=> DATABASE();

--: schema_holds
SELECT DISTINCT 'hold' AS ambix, t.processlist_id AS id, CONCAT(g.object_schema, '.', g.object_name) AS table_name, g.lock_type AS mode,
    CASE WHEN g.lock_type IN ('SHARED', 'SHARED_HIGH_PRIO', 'SHARED_READ') THEN 0 ELSE 1 END AS strong
FROM performance_schema.metadata_locks g JOIN performance_schema.threads t ON t.thread_id = g.owner_thread_id
WHERE g.lock_status = 'GRANTED' AND g.object_type = 'TABLE' AND g.object_schema <=> DATABASE() AND t.processlist_id <> CONNECTION_ID();

--: plugin_waits
-- The plugin knows who holds and not who waits; which table it is, the waiting statement tells.
SELECT DISTINCT 'wait' AS ambix, p.id AS id, h.thread_id AS blocker, CONCAT(h.table_schema, '.', h.table_name) AS table_name, NULL AS mode,
    DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL p.time SECOND, '%Y-%m-%dT%H:%i:%sZ') AS since, p.time AS seconds
FROM information_schema.processlist p
LEFT JOIN information_schema.metadata_lock_info h ON h.lock_type = 'Table metadata lock' AND h.thread_id <> p.id
    AND h.table_schema = p.db AND LOCATE(LOWER(h.table_name), LOWER(p.info)) > 0
    AND NOT (h.lock_mode IN ('MDL_SHARED', 'MDL_SHARED_HIGH_PRIO', 'MDL_SHARED_READ', 'MDL_SHARED_WRITE')
        AND LOWER(p.info) REGEXP '^[^a-z]*(select|insert|update|delete|replace|with)')
WHERE p.state LIKE 'Waiting for % lock' AND p.db <=> DATABASE() AND p.id <> CONNECTION_ID();

--: plugin_holds
SELECT DISTINCT 'hold' AS ambix, h.thread_id AS id, CONCAT(h.table_schema, '.', h.table_name) AS table_name, h.lock_mode AS mode,
    CASE WHEN h.lock_mode IN ('MDL_SHARED', 'MDL_SHARED_HIGH_PRIO', 'MDL_SHARED_READ') THEN 0 ELSE 1 END AS strong
FROM information_schema.metadata_lock_info h
WHERE h.lock_type = 'Table metadata lock' AND h.table_schema <=> DATABASE() AND h.thread_id <> CONNECTION_ID();

--: waits_alone
SELECT 'wait' AS ambix, p.id AS id, NULL AS blocker, NULL AS table_name, p.state AS mode,
    DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL p.time SECOND, '%Y-%m-%dT%H:%i:%sZ') AS since, p.time AS seconds
FROM information_schema.processlist p
WHERE p.state LIKE 'Waiting for % lock' AND p.db <=> DATABASE() AND p.id <> CONNECTION_ID();
-- One of these is the likely holder.
SELECT 'idle' AS ambix, p.id AS id FROM information_schema.processlist p
JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
WHERE p.command = 'Sleep' AND p.db <=> DATABASE() AND p.id <> CONNECTION_ID()
    AND EXISTS (SELECT 1 FROM information_schema.processlist w WHERE w.state LIKE 'Waiting for % lock' AND w.db <=> DATABASE());

--: row_waits_mariadb
SELECT DISTINCT 'wait' AS ambix, r.trx_mysql_thread_id AS id, b.trx_mysql_thread_id AS blocker, REPLACE(l.lock_table, '`', '') AS table_name,
    'a row lock' AS mode, DATE_FORMAT(CONVERT_TZ(r.trx_wait_started, 'SYSTEM', '+00:00'), '%Y-%m-%dT%H:%i:%sZ') AS since,
    TIMESTAMPDIFF(SECOND, CONVERT_TZ(r.trx_wait_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP()) AS seconds
FROM information_schema.innodb_lock_waits w
JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_trx_id
JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_trx_id
JOIN information_schema.innodb_locks l ON l.lock_id = w.requested_lock_id
WHERE REPLACE(l.lock_table, '`', '') LIKE CONCAT(DATABASE(), '.%');

--: row_waits
SELECT DISTINCT 'wait' AS ambix, r.processlist_id AS id, b.processlist_id AS blocker, CONCAT(l.object_schema, '.', l.object_name) AS table_name,
    'a row lock' AS mode, DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL r.processlist_time SECOND, '%Y-%m-%dT%H:%i:%sZ') AS since,
    r.processlist_time AS seconds
FROM performance_schema.data_lock_waits w
JOIN performance_schema.data_locks l ON l.engine_lock_id = w.requesting_engine_lock_id
JOIN performance_schema.threads r ON r.thread_id = w.requesting_thread_id
JOIN performance_schema.threads b ON b.thread_id = w.blocking_thread_id
WHERE l.object_schema <=> DATABASE();

--: cancel
KILL QUERY {id};

--: terminate
KILL CONNECTION {id};
