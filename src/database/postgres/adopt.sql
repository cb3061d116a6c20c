-- The history tables of other tools. Every query brings the same columns: version, name, whether it succeeded, checksum, when
-- it was applied, microseconds, and what kind of row it is; NULL where the tool has no such thing.

--: columns
SELECT 'column' AS ambix, attname::text FROM pg_attribute
WHERE attrelid = to_regclass({regclass}) AND attnum > 0 AND NOT attisdropped ORDER BY attnum;

--: sqlx
SELECT 'row' AS ambix, version, description, CASE WHEN success THEN 1 ELSE 0 END, encode(checksum, 'hex'),
    to_char(installed_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), greatest(0, execution_time) / 1000, NULL
FROM {table} ORDER BY version;

--: refinery
SELECT 'row' AS ambix, version, name, 1, checksum, applied_on, 0, NULL FROM {table} ORDER BY version;

--: diesel
SELECT 'row' AS ambix, version, NULL, 1, NULL,
    to_char(run_on::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 0, NULL
FROM {table} ORDER BY version;

--: sea-orm
SELECT 'row' AS ambix, version, NULL, 1, NULL,
    to_char(to_timestamp(applied_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 0, NULL
FROM {table} ORDER BY version;

--: alembic
SELECT 'row' AS ambix, version_num, NULL, 1, NULL, NULL, 0, NULL FROM {table} ORDER BY version_num;

--: flyway
SELECT 'row' AS ambix, version, script, CASE WHEN success THEN 1 ELSE 0 END, checksum,
    to_char(installed_on::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 1000::bigint * execution_time, type
FROM {table} ORDER BY installed_rank;

--: golang-migrate
SELECT 'row' AS ambix, version, NULL, CASE WHEN dirty THEN 0 ELSE 1 END, NULL, NULL, 0, NULL FROM {table} ORDER BY version;

--: dbmate
SELECT 'row' AS ambix, version, NULL, 1, NULL, NULL, 0, NULL FROM {table} ORDER BY version;
