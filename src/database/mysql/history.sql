--: create
CREATE TABLE IF NOT EXISTS {lock} (
    id smallint NOT NULL PRIMARY KEY,
    layout bigint NOT NULL,
    epoch bigint NOT NULL,
    holder text NOT NULL,
    taken_at datetime(6) NOT NULL,
    CONSTRAINT {fence} CHECK (epoch >= 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
INSERT IGNORE INTO {lock} VALUES (1, {layout}, 0, '', UTC_TIMESTAMP(6));
CREATE TABLE IF NOT EXISTS {history} (
    revision varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    name text NOT NULL,
    parents text NOT NULL,
    depends_on text NOT NULL,
    flags text NOT NULL,
    checksum varchar(80) NOT NULL,
    token_checksum varchar(80) NOT NULL,
    down longtext,
    state varchar(16) NOT NULL,
    statements_done bigint NOT NULL,
    done_hash varchar(80) NOT NULL,
    doubt_hash varchar(80) NOT NULL,
    applied_at datetime(6) NOT NULL,
    duration_us bigint NOT NULL,
    applied_by text NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

--: create_schema
SELECT 1;

--: fast
SELECT 'meta' AS ambix, layout, epoch, holder FROM {lock};
SELECT 'short' AS ambix, revision, checksum, state FROM {history};

--: list
SELECT 'meta' AS ambix, layout, epoch, holder FROM {lock};
SELECT 'row' AS ambix, revision, checksum, state, name, parents, depends_on, flags, token_checksum, statements_done,
    done_hash, doubt_hash, DATE_FORMAT(applied_at, '%Y-%m-%dT%H:%i:%s.%fZ') AS applied_at, duration_us, applied_by
FROM {history};

--: down
SELECT 'down' AS ambix, revision, down FROM {history} WHERE down IS NOT NULL AND revision IN ({revisions});

--: raise
UPDATE {lock} SET epoch = CASE WHEN epoch = {epoch} THEN epoch + 1 ELSE -1 END, holder = {holder},
    taken_at = UTC_TIMESTAMP(6) WHERE id = 1;

--: fence
UPDATE {lock} SET epoch = CASE WHEN epoch = {epoch} THEN epoch + 1 ELSE -1 END WHERE id = 1;

--: clock
SET @ambix_started = SYSDATE(6);

--: insert
INSERT INTO {history} VALUES ({revision}, {name}, {parents}, {depends_on}, {flags}, {checksum}, {token_checksum}, {down},
    {state}, {statements_done}, {done_hash}, {doubt_hash}, UTC_TIMESTAMP(6), {duration}, {applied_by});
SELECT 'done' AS ambix, revision, duration_us FROM {history} WHERE revision = {revision};

--: duration
GREATEST(0, TIMESTAMPDIFF(MICROSECOND, COALESCE(@ambix_started, SYSDATE(6)), SYSDATE(6)))

--: delete
SELECT 'done' AS ambix, revision, {duration} AS duration_us FROM {history} WHERE revision = {revision};
DELETE FROM {history} WHERE revision = {revision};

--: progress
UPDATE {history} SET state = {state}, statements_done = {statements_done}, done_hash = {done_hash}, doubt_hash = {doubt_hash}
WHERE revision = {revision};
SELECT 'done' AS ambix, revision, duration_us FROM {history} WHERE revision = {revision};

--: finish
UPDATE {history} SET state = 'applied', checksum = {checksum}, token_checksum = {token_checksum}, down = {down},
    statements_done = {statements_done}, done_hash = '', doubt_hash = '', applied_at = UTC_TIMESTAMP(6), duration_us = {duration}
WHERE revision = {revision};
SELECT 'done' AS ambix, revision, duration_us FROM {history} WHERE revision = {revision};

--: backdate
UPDATE {history} SET applied_at = CAST(REPLACE(REPLACE({time}, 'T', ' '), 'Z', '') AS datetime(6)) WHERE revision = {revision};

--: opening
SELECT 'opening' AS ambix, {try} AS locked, o.name AS `schema`,
    (SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = o.name AND table_name = {table}) AS `exists`,
    CASE WHEN o.name IS NULL THEN 'the connection has no default database; name one in its URL (mysql://HOST:PORT/DATABASE) or options' END AS refusal,
    o.lock_name AS `key`, 0 AS schema_missing, DATABASE() AS default_database, @@SESSION.sql_mode AS sql_mode,
    @@SESSION.foreign_key_checks AS foreign_key_checks, @@SESSION.unique_checks AS unique_checks,
    @@SESSION.lock_wait_timeout AS lock_wait_timeout, @@SESSION.innodb_lock_wait_timeout AS innodb_lock_wait_timeout,
    @@SESSION.time_zone AS time_zone, @@SESSION.character_set_client AS character_set_client,
    @@SESSION.character_set_results AS character_set_results, @@SESSION.collation_connection AS collation_connection,
    @@SESSION.sql_safe_updates AS sql_safe_updates, @@SESSION.autocommit AS autocommit,
    @@SESSION.max_allowed_packet AS max_allowed_packet
    /*M!, @@SESSION.max_statement_time AS max_statement_time */
FROM (
    SELECT COALESCE({schema}, DATABASE()) AS name,
        CONCAT('ambix:', LEFT(SHA2(CONCAT(LOWER(COALESCE({schema}, DATABASE())), '.', {table}), 256), 40)) AS lock_name
) o;

--: rolled_back
-- What ROLLBACK warns of stands behind what the statement before it has left: 1196 are changed tables, the others temporary ones. MySQL
-- forgets it at the next SET.
GET DIAGNOSTICS @ambix_conditions = NUMBER;
GET DIAGNOSTICS CONDITION @ambix_conditions @ambix_condition = MYSQL_ERRNO;
SELECT 'kept' AS ambix, CASE WHEN @ambix_conditions > 0 AND @ambix_condition IN (1196, 1751, 1752) THEN 1 ELSE 0 END AS kept;

--: untransacted
SELECT 'untransacted' AS ambix, t.table_name AS name
FROM information_schema.tables t LEFT JOIN information_schema.engines e ON e.engine = t.engine
WHERE t.table_schema IN ({schemas}) AND t.table_type = 'BASE TABLE' AND COALESCE(e.transactions, 'NO') <> 'YES';
SELECT 'indirect' AS ambix, table_name AS name FROM information_schema.views WHERE table_schema IN ({schemas})
UNION SELECT 'indirect', event_object_table FROM information_schema.triggers WHERE event_object_schema IN ({schemas})
UNION SELECT 'indirect', routine_name FROM information_schema.routines
    WHERE routine_schema IN ({schemas}) AND routine_type = 'FUNCTION';

--: cluster
-- Both tables can be read by everybody.
SELECT 'cluster' AS ambix, CONCAT(LOWER(variable_name), ' is ', variable_value) AS cluster
FROM /*M! information_schema.global_status */ /*!80000 performance_schema.global_status */
WHERE variable_name = 'wsrep_cluster_size' AND CAST(variable_value AS UNSIGNED) > 1
    OR variable_name = 'group_replication_primary_member' AND variable_value <> '';

--: database
SELECT 'database' AS ambix, DATABASE() AS name;

--: holder
SELECT 'holder' AS ambix, CONCAT('it is held by connection ', p.id, ' as ', p.user, ' from ', p.host, ', which ',
    CASE WHEN p.info IS NULL THEN 'is idle'
         WHEN LOWER(p.info) LIKE '%password%' OR LOWER(p.info) LIKE '%identified%'
             THEN 'runs a statement that is not shown since it names a password'
         ELSE CONCAT('has run `', LEFT(REPLACE(p.info, '\n', ' '), 200), '` for ', p.time, ' s') END) AS holder
FROM information_schema.processlist p WHERE p.id = IS_USED_LOCK({key})
UNION ALL
SELECT 'holder' AS ambix, CONCAT('it is held by connection ', IS_USED_LOCK({key})) FROM DUAL WHERE IS_USED_LOCK({key}) IS NOT NULL;
