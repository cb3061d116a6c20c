-- What preflight asks. Each query is sent alone, in a transaction that only reads.

--: version
SELECT 'version' AS ambix, sqlite_version() AS version

--: tables
SELECT 'table' AS ambix, n.at AS at, NULL AS rows, (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) AS bytes,
    (SELECT group_concat(k.name, char(31)) FROM (SELECT name FROM pragma_table_info(s.name) WHERE pk > 0 ORDER BY pk) k) AS primary_key
FROM ({names}) n JOIN sqlite_schema s ON s.type = 'table' AND s.name = n.t COLLATE NOCASE

--: columns
SELECT 'column' AS ambix, n.at AS at, c.name AS name, c.type AS type
FROM ({names}) n JOIN pragma_table_info(n.t) c

--: activity
SELECT 'unknown' AS ambix, 'SQLite does not tell who has the database file open; `fuser FILE` or `lsof FILE` lists the processes' AS message

--: vacuum
SELECT 'none' AS ambix, 'SQLite has no autovacuum that a migration would wait for' AS message

--: replication
SELECT 'none' AS ambix, 'SQLite has no replicas' AS message

--: disk
SELECT 'size' AS ambix, (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) AS bytes;
SELECT 'unknown' AS ambix, 'SQLite does not tell how much space its disk has left' AS message

--: rights
SELECT 'none' AS ambix, 'SQLite has no rights but those of the file, and it takes migrations' AS message

--: backup
SELECT 'unknown' AS ambix, 'SQLite keeps no record of its backups' AS message

--: structure
SELECT 'schema' AS ambix, s.sql AS sql, s.name AS name FROM sqlite_schema s WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite\_%' ESCAPE '\'
    AND NOT EXISTS (SELECT 1 FROM pragma_table_list t WHERE t.schema = 'main' AND t.name = s.tbl_name AND t.type = 'shadow') ORDER BY s.rowid;
SELECT 'schema' AS ambix, 'PRAGMA foreign_keys = ' || f.foreign_keys AS sql, 'foreign_keys' AS name FROM pragma_foreign_keys f

--: programs
SELECT 'unknown' AS ambix, 'SQLite does not tell which programs have the database file open' AS message
