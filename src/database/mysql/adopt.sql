-- The history tables of other tools. Every query but the first two brings the same columns: version, name, whether it succeeded, checksum, when
-- it was applied, microseconds, and what kind of row it is; NULL where the tool has no such thing.

--: columns
SELECT 'column' AS ambix, column_name AS name FROM information_schema.columns
WHERE table_schema = COALESCE({schema}, DATABASE()) AND table_name = {name} ORDER BY ordinal_position;

-- Tables and views where the history is looked for and beside it, with their columns.
--: tables
SELECT 'table' AS ambix, '' AS schema_name, t.table_name AS name, c.columns FROM information_schema.tables t LEFT JOIN (
    SELECT table_name, GROUP_CONCAT(column_name ORDER BY ordinal_position SEPARATOR ' ') AS columns FROM information_schema.columns
    WHERE table_schema = DATABASE() GROUP BY table_name) c ON c.table_name = t.table_name
WHERE t.table_schema = DATABASE() AND t.table_type <> 'TEMPORARY'
UNION ALL SELECT 'table', t.table_schema, t.table_name, c.columns FROM information_schema.tables t LEFT JOIN (
    SELECT table_name, GROUP_CONCAT(column_name ORDER BY ordinal_position SEPARATOR ' ') AS columns FROM information_schema.columns
    WHERE table_schema = {schema} GROUP BY table_name) c ON c.table_name = t.table_name
WHERE t.table_schema = {schema} AND NOT {schema} <=> DATABASE() AND t.table_type <> 'TEMPORARY'
ORDER BY 2, 3;

--: sqlx
SELECT 'row' AS ambix, version, description AS name, CASE WHEN success THEN 1 ELSE 0 END AS success, HEX(checksum) AS checksum,
    DATE_FORMAT(CONVERT_TZ(installed_on, @@session.time_zone, '+00:00'), '%Y-%m-%dT%H:%i:%s.%fZ') AS applied_at,
    GREATEST(0, execution_time) DIV 1000 AS duration_us, NULL AS kind
FROM {table} ORDER BY version;

--: refinery
SELECT 'row' AS ambix, version, name, 1 AS success, checksum, applied_on AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version;

--: diesel
SELECT 'row' AS ambix, version, NULL AS name, 1 AS success, NULL AS checksum,
    DATE_FORMAT(CONVERT_TZ(run_on, @@session.time_zone, '+00:00'), '%Y-%m-%dT%H:%i:%s.%fZ') AS applied_at, 0 AS duration_us, NULL AS kind
FROM {table} ORDER BY version;

--: sea-orm
SELECT 'row' AS ambix, version, NULL AS name, 1 AS success, NULL AS checksum,
    DATE_FORMAT(DATE_ADD('1970-01-01', INTERVAL applied_at SECOND), '%Y-%m-%dT%H:%i:%s.000000Z') AS applied_at, 0 AS duration_us, NULL AS kind
FROM {table} ORDER BY version;

--: alembic
SELECT 'row' AS ambix, version_num AS version, NULL AS name, 1 AS success, NULL AS checksum, NULL AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version_num;

--: flyway
SELECT 'row' AS ambix, version, script AS name, CASE WHEN success THEN 1 ELSE 0 END AS success, checksum,
    DATE_FORMAT(CONVERT_TZ(installed_on, @@session.time_zone, '+00:00'), '%Y-%m-%dT%H:%i:%s.%fZ') AS applied_at, 1000 * execution_time AS duration_us, type AS kind
FROM {table} ORDER BY installed_rank;

--: golang-migrate
SELECT 'row' AS ambix, version, NULL AS name, CASE WHEN dirty THEN 0 ELSE 1 END AS success, NULL AS checksum, NULL AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version;

--: dbmate
SELECT 'row' AS ambix, version, NULL AS name, 1 AS success, NULL AS checksum, NULL AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version;

-- A row for each time that a version was applied or, in older versions of the tool, taken back. Version 0 is the beginning.
--: goose
SELECT 'row' AS ambix, g.version_id AS version, NULL AS name, 1 AS success, NULL AS checksum,
    DATE_FORMAT(CONVERT_TZ(g.tstamp, @@session.time_zone, '+00:00'), '%Y-%m-%dT%H:%i:%s.%fZ') AS applied_at, 0 AS duration_us, NULL AS kind
FROM {table} g WHERE g.version_id > 0 AND g.is_applied AND g.id = (SELECT MAX(x.id) FROM {table} x WHERE x.version_id = g.version_id)
ORDER BY g.id;
