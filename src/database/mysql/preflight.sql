-- What preflight asks. Each query is sent alone, in a transaction that only reads.

--: version
SELECT 'version' AS ambix, VERSION() AS version

--: tables
SELECT 'table' AS ambix, n.at AS at, t.table_rows AS `rows`, t.data_length + t.index_length AS bytes,
    (SELECT GROUP_CONCAT(s.column_name ORDER BY s.seq_in_index SEPARATOR 0x1F) FROM information_schema.statistics s
        WHERE s.table_schema = t.table_schema AND s.table_name = t.table_name AND s.index_name = 'PRIMARY') AS primary_key
FROM ({names}) n JOIN information_schema.tables t ON t.table_schema = n.s AND t.table_name = n.t

--: columns
SELECT 'column' AS ambix, n.at AS at, c.column_name AS name, c.column_type AS type
FROM ({names}) n JOIN information_schema.columns c ON c.table_schema = n.s AND c.table_name = n.t

-- Without the right PROCESS the server refuses it.
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

--: programs
SELECT 'unknown' AS ambix, CONCAT('the server does not tell the names of programs; ', COUNT(*), ' other sessions are connected to this database, as far as this user may see') AS message
FROM information_schema.processlist p WHERE p.id <> CONNECTION_ID() AND p.db <=> DATABASE()
