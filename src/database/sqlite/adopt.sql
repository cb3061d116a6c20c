-- The history tables of other tools. Every query brings the same columns: version, name, whether it succeeded, checksum, when
-- it was applied, microseconds, and what kind of row it is; NULL where the tool has no such thing.

--: columns
SELECT 'column' AS ambix, name FROM pragma_table_info({name}, coalesce({schema}, 'main')) ORDER BY cid;

--: sqlx
SELECT 'row' AS ambix, version, description, CASE WHEN success THEN 1 ELSE 0 END, hex(checksum),
    strftime('%Y-%m-%dT%H:%M:%fZ', installed_on), max(0, execution_time) / 1000, NULL
FROM {table} ORDER BY version;

--: refinery
SELECT 'row' AS ambix, version, name, 1, checksum, applied_on, 0, NULL FROM {table} ORDER BY version;

--: diesel
SELECT 'row' AS ambix, version, NULL, 1, NULL, strftime('%Y-%m-%dT%H:%M:%fZ', run_on), 0, NULL FROM {table} ORDER BY version;

--: sea-orm
SELECT 'row' AS ambix, version, NULL, 1, NULL, strftime('%Y-%m-%dT%H:%M:%fZ', applied_at, 'unixepoch'), 0, NULL
FROM {table} ORDER BY version;

--: alembic
SELECT 'row' AS ambix, version_num, NULL, 1, NULL, NULL, 0, NULL FROM {table} ORDER BY version_num;

--: flyway
SELECT 'row' AS ambix, version, script, CASE WHEN success THEN 1 ELSE 0 END, checksum,
    strftime('%Y-%m-%dT%H:%M:%fZ', installed_on), 1000 * execution_time, type
FROM {table} ORDER BY installed_rank;

--: golang-migrate
SELECT 'row' AS ambix, version, NULL, CASE WHEN dirty THEN 0 ELSE 1 END, NULL, NULL, 0, NULL FROM {table} ORDER BY version;

--: dbmate
SELECT 'row' AS ambix, version, NULL, 1, NULL, NULL, 0, NULL FROM {table} ORDER BY version;
