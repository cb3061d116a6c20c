--: create
CREATE TABLE IF NOT EXISTS {lock} (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    layout INTEGER NOT NULL,
    epoch INTEGER NOT NULL CONSTRAINT {fence} CHECK (epoch >= 0),
    holder TEXT NOT NULL,
    taken_at TEXT NOT NULL,
    clock REAL
);
INSERT OR IGNORE INTO {lock} VALUES (1, {layout}, 0, '', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL);
CREATE TABLE IF NOT EXISTS {history} (
    revision TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    parents TEXT NOT NULL,
    depends_on TEXT NOT NULL,
    flags TEXT NOT NULL,
    checksum TEXT NOT NULL,
    token_checksum TEXT NOT NULL,
    down TEXT,
    state TEXT NOT NULL CHECK (state IN ('applied', 'upgrading', 'downgrading')),
    statements_done INTEGER NOT NULL,
    done_hash TEXT NOT NULL,
    doubt_hash TEXT NOT NULL,
    applied_at TEXT NOT NULL,
    duration_us INTEGER NOT NULL,
    applied_by TEXT NOT NULL
);

--: create_schema
SELECT 1;

--: fast
SELECT 'meta' AS ambix, layout, epoch, holder, revisions, checksums, states FROM (
    -- A NULL would be left out of its text, and move those behind it to other rows.
    SELECT group_concat(coalesce(revision, ''), char(10)) AS revisions, group_concat(coalesce(checksum, ''), char(10)) AS checksums,
        group_concat(coalesce(state, ''), char(10)) AS states
    FROM {history}
) LEFT JOIN {lock};

--: list
SELECT 'meta' AS ambix, layout, epoch, holder FROM {lock};
SELECT 'row' AS ambix, revision, checksum, state, name, parents, depends_on, flags, token_checksum, statements_done,
    done_hash, doubt_hash, applied_at, duration_us, applied_by
FROM {history};

--: down
SELECT 'down' AS ambix, revision, down FROM {history} WHERE down IS NOT NULL AND revision IN ({revisions});

--: raise
UPDATE {lock} SET epoch = CASE WHEN epoch = {epoch} THEN epoch + 1 ELSE -1 END, holder = {holder},
    taken_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), clock = julianday('now');

--: fence
UPDATE {lock} SET epoch = CASE WHEN epoch = {epoch} THEN epoch + 1 ELSE -1 END, clock = julianday('now');

--: clock
UPDATE {lock} SET clock = julianday('now');

--: insert
INSERT INTO {history} VALUES ({revision}, {name}, {parents}, {depends_on}, {flags}, {checksum}, {token_checksum}, {down},
    {state}, {statements_done}, {done_hash}, {doubt_hash}, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), {duration}, {applied_by})
RETURNING 'done' AS ambix, revision, duration_us;

--: duration
max(0, CAST((julianday('now') - coalesce((SELECT clock FROM {lock}), julianday('now'))) * 86400000000 AS INTEGER))

--: delete
DELETE FROM {history} WHERE revision = {revision} RETURNING 'done' AS ambix, revision, {duration} AS duration_us;

--: progress
UPDATE {history} SET state = {state}, statements_done = {statements_done}, done_hash = {done_hash}, doubt_hash = {doubt_hash}
WHERE revision = {revision} RETURNING 'done' AS ambix, revision, duration_us;

--: finish
UPDATE {history} SET state = 'applied', checksum = {checksum}, token_checksum = {token_checksum}, down = {down},
    statements_done = {statements_done}, done_hash = '', doubt_hash = '',
    applied_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), duration_us = {duration}
WHERE revision = {revision} RETURNING 'done' AS ambix, revision, duration_us;

--: backdate
UPDATE {history} SET applied_at = {time} WHERE revision = {revision};

--: opening
SELECT 'opening' AS ambix, {try} AS locked, {schema} AS schema,
    EXISTS (SELECT 1 FROM {quoted}.sqlite_master WHERE type = 'table' AND name = {table}) AS "exists",
    NULL AS refusal, NULL AS key, 0 AS schema_missing, (SELECT foreign_keys FROM pragma_foreign_keys) AS foreign_keys,
    (SELECT recursive_triggers FROM pragma_recursive_triggers) AS recursive_triggers, (SELECT timeout FROM pragma_busy_timeout) AS busy_timeout,
    (SELECT legacy_alter_table FROM pragma_legacy_alter_table) AS legacy_alter_table,
    (SELECT ignore_check_constraints FROM pragma_ignore_check_constraints) AS ignore_check_constraints;

--: file
SELECT 'file' AS ambix, file, strftime('%Y-%m-%d %H:%M:%SZ', 'now') AS now FROM pragma_database_list WHERE name = {schema};

--: script_check
CREATE TEMP TABLE ambix_check (violations INTEGER CONSTRAINT the_migration_leaves_rows_that_violate_foreign_keys CHECK (violations = 0));
INSERT INTO ambix_check SELECT count(*) FROM pragma_foreign_key_check;
DROP TABLE temp.ambix_check;
