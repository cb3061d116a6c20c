-- What the test kit asks and tells the server. All that has to be known is in the database ambix_testkit. A copy is somebody's as
-- long as somebody holds the lock of its name; one in the state 'used' that nobody holds was left by a process that is dead.
-- Triggers are looked for by the schema of their tables: for any other condition MariaDB opens the tables of all databases.

--: settings
SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', SESSION foreign_key_checks = 0, SESSION sql_quote_show_create = 1,
    SESSION wait_timeout = 604800, SESSION lock_wait_timeout = 10, SESSION innodb_lock_wait_timeout = 10,
    SESSION autocommit = 1;
SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED

--: registry
CREATE DATABASE IF NOT EXISTS ambix_testkit CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS ambix_testkit.templates (
    fingerprint char(16) PRIMARY KEY,
    state varchar(8) NOT NULL COMMENT 'making, ready, fill',
    used_at bigint NOT NULL,
    charset varchar(64) NOT NULL DEFAULT '',
    collation varchar(64) NOT NULL DEFAULT ''
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS ambix_testkit.objects (
    fingerprint char(16),
    number int,
    kind varchar(16) NOT NULL,
    name varchar(64) NOT NULL,
    settings varchar(1000) NOT NULL,
    text longtext NOT NULL,
    counter varchar(20),
    columns longtext,
    sum varchar(100),
    PRIMARY KEY (fingerprint, number)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS ambix_testkit.copies (
    name varchar(64) PRIMARY KEY,
    fingerprint char(16) NOT NULL,
    state varchar(8) NOT NULL COMMENT 'ready, used, kept',
    test varchar(1000) NOT NULL,
    changed_at bigint NOT NULL,
    KEY shelf (fingerprint, state)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin

--: claim
SET @name = NULL;
START TRANSACTION;
SELECT name INTO @name FROM ambix_testkit.copies WHERE fingerprint = {fingerprint} AND state = 'ready' LIMIT 1 FOR UPDATE SKIP LOCKED;
UPDATE ambix_testkit.copies SET state = 'used', test = {test}, changed_at = UNIX_TIMESTAMP() WHERE name = @name;
SELECT @name AS name, IF(@name IS NULL, 0, GET_LOCK(@name, 2)) AS held,
       EXISTS (SELECT 1 FROM information_schema.schemata WHERE schema_name = @name) AS `exists`;
COMMIT;
(SELECT name FROM ambix_testkit.copies WHERE {stale} AND name <> COALESCE(@name, ''))
UNION (SELECT name FROM ambix_testkit.copies WHERE {idle} LIMIT 2);
SELECT fingerprint FROM ambix_testkit.templates WHERE {old} AND fingerprint <> {fingerprint};
SELECT used_at < UNIX_TIMESTAMP() - {note} AS is_old FROM ambix_testkit.templates WHERE fingerprint = {fingerprint}

--: stale
((state = 'used' AND (IS_FREE_LOCK(name) = 1 OR IS_USED_LOCK(name) = CONNECTION_ID()))
 OR (state = 'kept' AND (test = {test} OR changed_at < UNIX_TIMESTAMP() - {unused}))
 OR (state = 'ready' AND fingerprint NOT IN (SELECT fingerprint FROM ambix_testkit.templates WHERE state = 'ready')))

--: idle
(state = 'ready' AND fingerprint <> {fingerprint} AND changed_at < UNIX_TIMESTAMP() - {note})

--: old
(used_at < UNIX_TIMESTAMP() - {unused}
 OR (state = 'making' AND (IS_FREE_LOCK(CONCAT('ambix_template_', fingerprint)) = 1
                           OR IS_USED_LOCK(CONCAT('ambix_template_', fingerprint)) = CONNECTION_ID()))
 OR (used_at < UNIX_TIMESTAMP() - 2 * {note} AND fingerprint NOT IN
     (SELECT fingerprint FROM (SELECT fingerprint FROM ambix_testkit.templates ORDER BY used_at DESC LIMIT {templates}) newest)))

--: held
SELECT GET_LOCK({name}, 0) AS held;
SELECT 1 FROM ambix_testkit.copies WHERE name = {name} AND ({stale} OR {idle})

--: held template
SELECT GET_LOCK(CONCAT('ambix_template_', {fingerprint}), 0) AS held;
SELECT 1 FROM ambix_testkit.templates WHERE fingerprint = {fingerprint} AND {old}

--: forget template
UPDATE ambix_testkit.templates SET state = 'making' WHERE fingerprint = {fingerprint};
SELECT name FROM ambix_testkit.copies WHERE fingerprint = {fingerprint} AND state = 'ready'

--: template gone
DELETE FROM ambix_testkit.objects WHERE fingerprint = {fingerprint};
DELETE FROM ambix_testkit.templates WHERE fingerprint = {fingerprint}

--: new
SELECT GET_LOCK({name}, 0);
INSERT INTO ambix_testkit.copies VALUES ({name}, {fingerprint}, 'used', {test}, UNIX_TIMESTAMP())

--: template
SELECT state, charset, collation FROM ambix_testkit.templates WHERE fingerprint = {fingerprint}
AND (state = 'fill' OR state = 'ready' AND EXISTS
    (SELECT 1 FROM information_schema.schemata WHERE schema_name = CONCAT('ambix_template_', {fingerprint})));
SELECT kind, name, settings, text, counter, columns, sum FROM ambix_testkit.objects WHERE fingerprint = {fingerprint} ORDER BY number

--: publish
UPDATE ambix_testkit.templates SET state = '{state}', charset = '{charset}', collation = '{collation}', used_at = UNIX_TIMESTAMP()
WHERE fingerprint = {fingerprint}

--: shelve
UPDATE ambix_testkit.copies SET state = 'ready', changed_at = UNIX_TIMESTAMP() WHERE name = {name}
AND (SELECT n FROM (SELECT COUNT(*) AS n FROM ambix_testkit.copies WHERE fingerprint = {fingerprint} AND state = 'ready') shelf) < {shelf}
AND EXISTS (SELECT 1 FROM ambix_testkit.templates WHERE fingerprint = {fingerprint} AND state = 'ready');
SELECT 1 FROM ambix_testkit.copies WHERE name = {name} AND state = 'ready'

--: keep
UPDATE ambix_testkit.copies SET state = 'kept', changed_at = UNIX_TIMESTAMP() WHERE name = {name} AND state = 'used'

--: all
SELECT name FROM ambix_testkit.copies WHERE IS_FREE_LOCK(name) = 1;
SELECT fingerprint FROM ambix_testkit.templates WHERE IS_FREE_LOCK(CONCAT('ambix_template_', fingerprint)) = 1

--: rest
SELECT (SELECT COUNT(*) FROM ambix_testkit.copies) + (SELECT COUNT(*) FROM ambix_testkit.templates) AS rest

--: connections
SELECT CASE WHEN @@max_user_connections > 0 THEN LEAST(@@max_connections, @@max_user_connections) ELSE @@max_connections END AS connections

--: list
SELECT default_character_set_name AS charset, default_collation_name AS collation FROM information_schema.schemata WHERE schema_name = '{name}';
SELECT table_type AS kind, table_name AS name FROM information_schema.tables WHERE table_schema = '{name}' ORDER BY table_name;
SELECT routine_type AS kind, routine_name AS name FROM information_schema.routines WHERE routine_schema = '{name}' ORDER BY routine_type, routine_name;
SELECT trigger_name AS name, event_object_table AS of_table FROM information_schema.triggers WHERE event_object_schema = '{name}'
ORDER BY event_object_table, action_timing, event_manipulation, action_order;
SELECT event_name AS name, event_type AS type, status AS status FROM information_schema.events WHERE event_schema = '{name}' ORDER BY event_name

--: columns
SELECT table_name AS of_table, column_name AS name FROM information_schema.columns
WHERE table_schema = '{name}' AND COALESCE(generation_expression, '') = '' ORDER BY table_name, ordinal_position

--: scheduler
SELECT @@event_scheduler AS scheduler
