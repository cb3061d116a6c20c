-- The history tables of other tools. Every query brings the same columns: version, name, whether it succeeded, checksum, when
-- it was applied, microseconds, and what kind of row it is; NULL where the tool has no such thing.

--: columns
SELECT 'column' AS ambix, column_name FROM information_schema.columns
WHERE table_schema = COALESCE({schema}, DATABASE()) AND table_name = {name} ORDER BY ordinal_position;

--: sqlx
SELECT 'row' AS ambix, version, description, CASE WHEN success THEN 1 ELSE 0 END, HEX(checksum),
    DATE_FORMAT(CONVERT_TZ(installed_on, @@session.time_zone, '+00:00'), '%Y-%m-%dT%H:%i:%s.%fZ'),
    GREATEST(0, execution_time) DIV 1000, NULL
FROM {table} ORDER BY version;

--: refinery
SELECT 'row' AS ambix, version, name, 1, checksum, applied_on, 0, NULL FROM {table} ORDER BY version;

--: diesel
SELECT 'row' AS ambix, version, NULL, 1, NULL,
    DATE_FORMAT(CONVERT_TZ(run_on, @@session.time_zone, '+00:00'), '%Y-%m-%dT%H:%i:%s.%fZ'), 0, NULL
FROM {table} ORDER BY version;

--: sea-orm
SELECT 'row' AS ambix, version, NULL, 1, NULL,
    DATE_FORMAT(DATE_ADD('1970-01-01', INTERVAL applied_at SECOND), '%Y-%m-%dT%H:%i:%s.000000Z'), 0, NULL
FROM {table} ORDER BY version;

--: alembic
SELECT 'row' AS ambix, version_num, NULL, 1, NULL, NULL, 0, NULL FROM {table} ORDER BY version_num;

--: flyway
SELECT 'row' AS ambix, version, script, CASE WHEN success THEN 1 ELSE 0 END, checksum,
    DATE_FORMAT(CONVERT_TZ(installed_on, @@session.time_zone, '+00:00'), '%Y-%m-%dT%H:%i:%s.%fZ'), 1000 * execution_time, type
FROM {table} ORDER BY installed_rank;

--: golang-migrate
SELECT 'row' AS ambix, version, NULL, CASE WHEN dirty THEN 0 ELSE 1 END, NULL, NULL, 0, NULL FROM {table} ORDER BY version;

--: dbmate
SELECT 'row' AS ambix, version, NULL, 1, NULL, NULL, 0, NULL FROM {table} ORDER BY version;
