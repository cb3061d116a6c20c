-- What preflight asks. Each query is sent alone, in a transaction that only reads. The server refuses `activity` without the right PROCESS.
-- `tables` and `columns` are sent for all tables at once, with UNION ALL between them: no comment may follow them.

--: version
SELECT 'version' AS ambix, VERSION() AS version

--: tables
SELECT 'table' AS ambix, {at} AS at, t.table_rows AS `rows`, t.data_length + t.index_length AS bytes,
    (SELECT GROUP_CONCAT(s.column_name ORDER BY s.seq_in_index SEPARATOR 0x1F) FROM information_schema.statistics s
        WHERE s.table_schema = {schema} AND s.table_name = {table} AND s.index_name = 'PRIMARY') AS primary_key
FROM information_schema.tables t WHERE t.table_schema = {schema} AND t.table_name = {table}

--: columns
SELECT 'column' AS ambix, {at} AS at, c.column_name AS name, c.column_type AS type
FROM information_schema.columns c WHERE c.table_schema = {schema} AND c.table_name = {table}

--: activity
SELECT 'busy' AS ambix, t.trx_mysql_thread_id AS id, NULL AS application, p.user AS user_name,
    TIMESTAMPDIFF(SECOND, t.trx_started, NOW()) AS seconds,
    CASE WHEN p.command = 'Sleep' THEN 'idle in transaction' ELSE 'active' END AS state,
    CASE WHEN LOWER(p.info) LIKE '%password%' OR LOWER(p.info) LIKE '%identified%'
        THEN '<a statement that is not shown since it names a password>' ELSE LEFT(REPLACE(p.info, '\n', ' '), 200) END AS statement, NULL AS tables
FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
WHERE p.id <> CONNECTION_ID() AND TIMESTAMPDIFF(SECOND, t.trx_started, NOW()) >= {seconds} ORDER BY t.trx_started

--: vacuum
SELECT 'none' AS ambix, 'this database has no vacuum' AS message

--: replication
SELECT 'replica' AS ambix, p.host AS name, p.state AS state, NULL AS bytes, NULL AS seconds FROM information_schema.processlist p WHERE p.command LIKE 'Binlog Dump%';
SELECT 'unknown' AS ambix, 'the server does not tell how far its replicas are behind, and which there are it tells only with the right PROCESS: look at Seconds_Behind_Master (or Seconds_Behind_Source) on each' AS message

--: disk
SELECT 'size' AS ambix, COALESCE(SUM(t.data_length + t.index_length), 0) AS bytes FROM information_schema.tables t WHERE t.table_schema = DATABASE();
SELECT 'unknown' AS ambix, 'the server does not tell how much space its disk has left' AS message

--: rights
SELECT DISTINCT 'right' AS ambix, n.need AS need, COALESCE(n.t, n.s) AS name FROM ({needs}) n
WHERE NOT EXISTS (SELECT 1 FROM information_schema.user_privileges u WHERE u.grantee = {role} AND u.privilege_type = n.need)
    AND NOT EXISTS (SELECT 1 FROM information_schema.schema_privileges s WHERE s.grantee = {role} AND s.privilege_type = n.need
        AND n.s LIKE s.table_schema)
    AND NOT EXISTS (SELECT 1 FROM information_schema.table_privileges t WHERE t.grantee = {role} AND t.privilege_type = n.need
        AND t.table_schema = n.s AND t.table_name = n.t)
ORDER BY 2, 3;
SELECT 'unknown' AS ambix, 'rights that come from a role are not looked at' AS message FROM DUAL WHERE COALESCE(CURRENT_ROLE(), 'NONE') <> 'NONE'

--: backup
SELECT 'unknown' AS ambix, 'the server keeps no record of its backups' AS message

-- What the catalogue has of the objects that the statements name: the objects themselves, their parts, and what depends on either: blockers have in
-- `word` of what they are in the way, in `columns` and `is_unique` their own kind and name.
--: structure
SELECT 'place' AS ambix, NULL AS at, DATABASE() AS `schema`, NULL AS owner, NULL AS kind, NULL AS name, 'by table' AS word,
    CONCAT('names=', @@lower_case_table_names) AS detail, NULL AS columns,
    (SELECT CONCAT(s.default_character_set_name, ' ', s.default_collation_name) FROM information_schema.schemata s WHERE s.schema_name = DATABASE()) AS is_unique,
    CASE WHEN VERSION() LIKE '%MariaDB%' THEN 'MariaDB' END AS on_schema, NULL AS on_name;
SELECT 'object' AS ambix, o.at AS at, t.table_schema AS `schema`, t.table_name AS owner, 'relation' AS kind, NULL AS name,
    CASE t.table_type WHEN 'VIEW' THEN 'view' WHEN 'SYSTEM VIEW' THEN 'view' WHEN 'SEQUENCE' THEN 'sequence' ELSE 'table' END AS word, t.engine AS detail, 1 AS columns, NULL AS is_unique,
    NULL AS on_schema, NULL AS on_name
FROM ({objects}) o JOIN information_schema.tables t ON t.table_schema = DATABASE() AND t.table_schema = o.s AND t.table_name = o.n WHERE o.kind = 'relation'
UNION ALL SELECT 'object', o.at, '', s.schema_name, 'schema', NULL, 'schema', NULL, NULL, NULL, NULL, NULL
FROM ({objects}) o JOIN information_schema.schemata s ON s.schema_name = o.n WHERE o.kind = 'schema'
UNION ALL SELECT 'object', o.at, r.routine_schema, r.routine_name, 'routine', NULL, LOWER(r.routine_type), LOWER(r.routine_type), NULL, NULL, NULL, NULL
FROM ({objects}) o JOIN information_schema.routines r ON r.routine_schema = DATABASE() AND r.routine_schema = o.s AND r.routine_name = o.n WHERE o.kind = 'routine'
UNION ALL SELECT 'object', o.at, r.trigger_schema, r.trigger_name, 'trigger', NULL, 'trigger', NULL, NULL, NULL, NULL, NULL
FROM ({objects}) o JOIN information_schema.triggers r ON r.event_object_schema = DATABASE() AND r.trigger_schema = o.s AND r.trigger_name = o.n WHERE o.kind = 'trigger'
UNION ALL SELECT 'object', o.at, r.event_schema, r.event_name, 'event', NULL, 'event', NULL, NULL, NULL, NULL, NULL
FROM ({objects}) o JOIN information_schema.events r ON r.event_schema = DATABASE() AND r.event_schema = o.s AND r.event_name = o.n WHERE o.kind = 'event';
SELECT 'part' AS ambix, NULL AS at, c.table_schema AS `schema`, c.table_name AS owner, 'column' AS kind, c.column_name AS name,
    CONCAT_WS(' ', c.column_type, c.character_set_name, c.collation_name) AS word,
    CONCAT_WS(' ', CASE WHEN c.is_nullable = 'NO' THEN 'not null' END, c.extra, CONCAT('octets=', c.character_octet_length)) AS detail, NULL AS columns, NULL AS is_unique,
    NULL AS on_schema, NULL AS on_name
FROM ({objects}) o JOIN information_schema.columns c ON c.table_schema = DATABASE() AND c.table_schema = o.s AND c.table_name = o.n WHERE o.kind = 'relation'
UNION ALL SELECT 'part', NULL, s.table_schema, s.table_name, 'index', s.index_name, s.index_type, NULL,
    GROUP_CONCAT(s.column_name ORDER BY s.seq_in_index SEPARATOR 0x1F), CASE WHEN MAX(s.non_unique) = 0 THEN '1' END, NULL, NULL
FROM ({objects}) o JOIN information_schema.statistics s ON s.table_schema = DATABASE() AND s.table_schema = o.s AND s.table_name = o.n WHERE o.kind = 'relation'
GROUP BY s.table_schema, s.table_name, s.index_name, s.index_type
UNION ALL SELECT 'part', NULL, k.table_schema, k.table_name, 'constraint', k.constraint_name, LOWER(k.constraint_type), NULL,
    (SELECT GROUP_CONCAT(u.column_name ORDER BY u.ordinal_position SEPARATOR 0x1F) FROM information_schema.key_column_usage u WHERE u.table_schema = DATABASE()
        AND u.table_name = k.table_name AND u.constraint_name = k.constraint_name), NULL, NULL, NULL
FROM ({objects}) o JOIN information_schema.table_constraints k ON k.table_schema = DATABASE() AND k.table_schema = o.s AND k.table_name = o.n WHERE o.kind = 'relation'
UNION ALL SELECT DISTINCT 'part', NULL, p.table_schema, p.table_name, 'partition', p.partition_name, p.partition_method, p.partition_expression, NULL, NULL, NULL, NULL
FROM ({objects}) o JOIN information_schema.partitions p ON p.table_schema = DATABASE() AND p.table_schema = o.s AND p.table_name = o.n WHERE o.kind = 'relation' AND p.partition_name IS NOT NULL;
SELECT 'blocker' AS ambix, NULL AS at, k.referenced_table_schema AS `schema`, k.referenced_table_name AS owner, x.kind AS kind,
    CASE x.kind WHEN 'column' THEN k.referenced_column_name END AS name, x.act AS word,
    CONCAT('the foreign key ', k.constraint_name, ' of ', k.table_name) AS detail, 'constraint' AS columns, k.constraint_name AS is_unique, k.table_schema AS on_schema, k.table_name AS on_name
FROM ({objects}) o JOIN information_schema.key_column_usage k ON k.table_schema = DATABASE() AND k.referenced_table_schema = o.s AND k.referenced_table_name = o.n
JOIN (SELECT 'relation' AS kind, 'drop' AS act UNION ALL SELECT 'relation', 'truncate' UNION ALL SELECT 'column', 'drop' UNION ALL SELECT 'column', 'retype') x
WHERE o.kind = 'relation' AND NOT (x.kind = 'relation' AND k.table_schema = k.referenced_table_schema AND k.table_name = k.referenced_table_name)
UNION ALL SELECT 'blocker', NULL, k.table_schema, k.table_name, 'column', k.column_name, x.act, CONCAT('the foreign key ', k.constraint_name), 'constraint', k.constraint_name,
    k.table_schema, k.table_name
FROM ({objects}) o JOIN information_schema.key_column_usage k ON k.table_schema = DATABASE() AND k.table_schema = o.s AND k.table_name = o.n AND k.referenced_table_name IS NOT NULL
JOIN (SELECT 'drop' AS act UNION ALL SELECT 'retype') x WHERE o.kind = 'relation'
UNION ALL SELECT 'blocker', NULL, c.table_schema, c.table_name, 'column', c.column_name, 'drop', CONCAT('the generated column ', g.column_name), 'column', g.column_name,
    g.table_schema, g.table_name
FROM ({objects}) o JOIN information_schema.columns c ON c.table_schema = DATABASE() AND c.table_schema = o.s AND c.table_name = o.n
JOIN information_schema.columns g ON g.table_schema = DATABASE() AND g.table_name = o.n AND LOCATE(CONCAT('`', c.column_name, '`'), g.generation_expression) > 0
WHERE o.kind = 'relation'
UNION ALL SELECT 'blocker', NULL, c.table_schema, c.table_name, 'column', c.column_name, 'drop', CONCAT('the constraint ', k.constraint_name), 'constraint', k.constraint_name,
    k.table_schema, k.table_name
FROM ({objects}) o JOIN information_schema.columns c ON c.table_schema = DATABASE() AND c.table_schema = o.s AND c.table_name = o.n
JOIN information_schema.table_constraints k ON k.table_schema = DATABASE() AND k.table_name = o.n AND k.constraint_type = 'CHECK'
JOIN information_schema.check_constraints h ON h.constraint_schema = DATABASE() AND h.constraint_name = k.constraint_name
    AND LOCATE(CONCAT('`', c.column_name, '`'), h.check_clause) > 0 AND LOCATE('`', REPLACE(h.check_clause, CONCAT('`', c.column_name, '`'), '')) > 0
WHERE o.kind = 'relation'

--: programs
SELECT 'unknown' AS ambix, CONCAT('the server does not tell the names of programs; ', COUNT(*), ' other sessions are connected to this database, as far as this user may see') AS message
FROM information_schema.processlist p WHERE p.id <> CONNECTION_ID() AND p.db <=> DATABASE()
