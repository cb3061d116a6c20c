-- The history tables of other tools. Every query but the first two brings the same columns: version, name, whether it succeeded, checksum, when
-- it was applied, microseconds, and what kind of row it is; NULL where the tool has no such thing.

--: columns
SELECT 'column' AS ambix, name FROM pragma_table_info({name}, coalesce({schema}, 'main')) ORDER BY cid;

-- Tables and views, with the columns of the former. A virtual table cannot be asked for them where its module is missing.
--: tables
SELECT 'table' AS ambix, '' AS schema_name, m.name, CASE WHEN m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'
    THEN (SELECT group_concat(c.name, ' ') FROM pragma_table_info(m.name, 'main') c) END AS columns
FROM main.sqlite_master m WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name;

--: sqlx
SELECT 'row' AS ambix, version, description AS name, CASE WHEN success THEN 1 ELSE 0 END AS success, hex(checksum) AS checksum,
    strftime('%Y-%m-%dT%H:%M:%fZ', installed_on) AS applied_at, max(0, execution_time) / 1000 AS duration_us, NULL AS kind
FROM {table} ORDER BY version;

--: refinery
SELECT 'row' AS ambix, version, name, 1 AS success, checksum, applied_on AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version;

--: diesel
SELECT 'row' AS ambix, version, NULL AS name, 1 AS success, NULL AS checksum, strftime('%Y-%m-%dT%H:%M:%fZ', run_on) AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version;

--: sea-orm
SELECT 'row' AS ambix, version, NULL AS name, 1 AS success, NULL AS checksum, strftime('%Y-%m-%dT%H:%M:%fZ', applied_at, 'unixepoch') AS applied_at, 0 AS duration_us, NULL AS kind
FROM {table} ORDER BY version;

--: alembic
SELECT 'row' AS ambix, version_num AS version, NULL AS name, 1 AS success, NULL AS checksum, NULL AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version_num;

--: flyway
SELECT 'row' AS ambix, version, script AS name, CASE WHEN success THEN 1 ELSE 0 END AS success, checksum,
    strftime('%Y-%m-%dT%H:%M:%fZ', installed_on) AS applied_at, 1000 * execution_time AS duration_us, type AS kind
FROM {table} ORDER BY installed_rank;

--: golang-migrate
SELECT 'row' AS ambix, version, NULL AS name, CASE WHEN dirty THEN 0 ELSE 1 END AS success, NULL AS checksum, NULL AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version;

--: dbmate
SELECT 'row' AS ambix, version, NULL AS name, 1 AS success, NULL AS checksum, NULL AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version;

-- A row for each time that a version was applied or, in older versions of the tool, taken back. Version 0 is the beginning.
--: goose
SELECT 'row' AS ambix, g.version_id AS version, NULL AS name, 1 AS success, NULL AS checksum,
    strftime('%Y-%m-%dT%H:%M:%fZ', g.tstamp) AS applied_at, 0 AS duration_us, NULL AS kind
FROM {table} g WHERE g.version_id > 0 AND g.is_applied AND g.id = (SELECT max(x.id) FROM {table} x WHERE x.version_id = g.version_id)
ORDER BY g.id;
