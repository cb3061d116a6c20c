-- The history tables of other tools. Every query but the first two brings the same columns: version, name, whether
-- it succeeded, checksum, when it was applied, microseconds, and what kind of row it is; NULL where the tool has no such thing.

--: columns
SELECT 'column' AS ambix, attname::text AS name FROM pg_attribute
WHERE attrelid = pg_catalog.to_regclass({regclass})::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum;

-- Tables and views where the history is looked for and beside it, with their columns. What an extension has made is not the user's.
--: tables
SELECT 'table' AS ambix, n.nspname::pg_catalog.text AS schema_name, c.relname::pg_catalog.text AS name, pg_catalog.array_to_string(ARRAY(
        SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum), ' '::pg_catalog.text) AS columns
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
    AND (n.nspname = ANY (pg_catalog.current_schemas(false)) OR n.nspname = {schema}
        OR n.nspname IN ('drizzle', 'atlas_schema_revisions', 'sqitch'))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = c.tableoid AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 2, 3;

--: sqlx
SELECT 'row' AS ambix, version, description AS name, CASE WHEN success THEN 1 ELSE 0 END AS success, pg_catalog.encode(checksum, 'hex') AS checksum,
    pg_catalog.to_char(installed_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS applied_at, greatest(0, execution_time) / 1000 AS duration_us, NULL AS kind
FROM {table} ORDER BY version;

--: refinery
SELECT 'row' AS ambix, version, name, 1 AS success, checksum, applied_on AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version;

--: diesel
SELECT 'row' AS ambix, version, NULL AS name, 1 AS success, NULL AS checksum,
    pg_catalog.to_char(run_on::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS applied_at, 0 AS duration_us, NULL AS kind
FROM {table} ORDER BY version;

--: sea-orm
SELECT 'row' AS ambix, version, NULL AS name, 1 AS success, NULL AS checksum,
    pg_catalog.to_char(pg_catalog.to_timestamp(applied_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS applied_at, 0 AS duration_us, NULL AS kind
FROM {table} ORDER BY version;

--: alembic
SELECT 'row' AS ambix, version_num AS version, NULL AS name, 1 AS success, NULL AS checksum, NULL AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version_num;

--: flyway
SELECT 'row' AS ambix, version, script AS name, CASE WHEN success THEN 1 ELSE 0 END AS success, checksum,
    pg_catalog.to_char(installed_on::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS applied_at, 1000::bigint * execution_time AS duration_us, type AS kind
FROM {table} ORDER BY installed_rank;

--: golang-migrate
SELECT 'row' AS ambix, version, NULL AS name, CASE WHEN dirty THEN 0 ELSE 1 END AS success, NULL AS checksum, NULL AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version;

--: dbmate
SELECT 'row' AS ambix, version, NULL AS name, 1 AS success, NULL AS checksum, NULL AS applied_at, 0 AS duration_us, NULL AS kind FROM {table} ORDER BY version;

-- A row for each time that a version was applied or, in older versions of the tool, taken back. Version 0 is the beginning.
--: goose
SELECT 'row' AS ambix, g.version_id AS version, NULL AS name, 1 AS success, NULL AS checksum,
    pg_catalog.to_char(g.tstamp::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS applied_at, 0 AS duration_us, NULL AS kind
FROM {table} g WHERE g.version_id > 0 AND g.is_applied AND g.id = (SELECT pg_catalog.max(x.id) FROM {table} x WHERE x.version_id = g.version_id)
ORDER BY g.id;
