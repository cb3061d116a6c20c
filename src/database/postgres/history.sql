--: create
-- Without it two transactions that make the same table at the same time fail, IF NOT EXISTS or not.
SELECT pg_advisory_xact_lock(hashtextextended($ambix$create {lock}$ambix$, 0));
CREATE TABLE IF NOT EXISTS {lock} (
    id smallint PRIMARY KEY CHECK (id = 1),
    layout bigint NOT NULL,
    epoch bigint NOT NULL CONSTRAINT {fence} CHECK (epoch >= 0),
    holder text NOT NULL,
    taken_at timestamptz NOT NULL
);
INSERT INTO {lock} VALUES (1, {layout}, 0, '', clock_timestamp()) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS {history} (
    revision text PRIMARY KEY,
    name text NOT NULL,
    parents text NOT NULL,
    depends_on text NOT NULL,
    flags text NOT NULL,
    checksum text NOT NULL,
    token_checksum text NOT NULL,
    down text,
    state text NOT NULL CHECK (state IN ('applied', 'upgrading', 'downgrading')),
    statements_done bigint NOT NULL,
    done_hash text NOT NULL,
    doubt_hash text NOT NULL,
    applied_at timestamptz NOT NULL,
    duration_us bigint NOT NULL,
    applied_by text NOT NULL
);

--: create_schema
CREATE SCHEMA IF NOT EXISTS {schema};

--: fast
SELECT 'meta' AS ambix, layout, epoch, holder FROM {lock};
-- A row with a NULL in it would be left out of the text, and not be seen.
SELECT 'rows' AS ambix, string_agg(coalesce(revision, '') || ' ' || coalesce(checksum, '') || ' ' || coalesce(state, ''), E'\n')
FROM {history};

--: digest
-- On a new connection, nearly all of its time is for looking up what it names. So there is no COLLATE (if a person has changed a
-- column's collation to one that hashes otherwise, the rows are read), and a seed that is a bigint without a cast.
SELECT 'meta' AS ambix, layout, epoch, holder FROM {lock};
SELECT 'digest' AS ambix, pg_catalog.count(*) {left_out}, pg_catalog.sum(pg_catalog.hashtextextended(revision,
    pg_catalog.hashtextextended(checksum, pg_catalog.hashtextextended(state, 4294967296)))) {left_out} {distinct}
FROM {history};

--: left_out
-- Only if it is applied; an unfinished one is to be noticed, and a NULL as well.
FILTER (WHERE (revision OPERATOR(pg_catalog.=) ANY (ARRAY[{revisions}]) AND state OPERATOR(pg_catalog.=) 'applied') IS NOT TRUE)

--: distinct
, pg_catalog.count(*), pg_catalog.count(DISTINCT revision)

--: list
SELECT 'meta' AS ambix, layout, epoch, holder FROM {lock};
SELECT 'row' AS ambix, revision, checksum, state, name, parents, depends_on, flags, token_checksum, statements_done,
    done_hash, doubt_hash, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), duration_us, applied_by
FROM {history};

--: down
SELECT 'down' AS ambix, revision, down FROM {history} WHERE down IS NOT NULL AND revision IN ({revisions});

--: raise
UPDATE {lock} SET epoch = CASE WHEN epoch = {epoch} THEN epoch + 1 ELSE -1 END, holder = {holder}, taken_at = clock_timestamp();

--: fence
UPDATE {lock} SET epoch = CASE WHEN epoch = {epoch} THEN epoch + 1 ELSE -1 END;

--: clock
SELECT set_config('ambix.started', extract(epoch from clock_timestamp())::text, true);

--: insert
INSERT INTO {history} VALUES ({revision}, {name}, {parents}, {depends_on}, {flags}, {checksum}, {token_checksum}, {down},
    {state}, {statements_done}, {done_hash}, {doubt_hash}, clock_timestamp(), {duration}, {applied_by})
RETURNING 'done' AS ambix, revision, duration_us;

--: duration
greatest(0, (1000000 * (extract(epoch from clock_timestamp())
    - coalesce(nullif(current_setting('ambix.started', true), '')::numeric, extract(epoch from now()))))::bigint)

--: delete
DELETE FROM {history} WHERE revision = {revision} RETURNING 'done' AS ambix, revision, {duration};

--: progress
UPDATE {history} SET state = {state}, statements_done = {statements_done}, done_hash = {done_hash}, doubt_hash = {doubt_hash}
WHERE revision = {revision} RETURNING 'done' AS ambix, revision, duration_us;

--: finish
UPDATE {history} SET state = 'applied', checksum = {checksum}, token_checksum = {token_checksum}, down = {down},
    statements_done = {statements_done}, done_hash = '', doubt_hash = '', applied_at = clock_timestamp(), duration_us = {duration}
WHERE revision = {revision} RETURNING 'done' AS ambix, revision, duration_us;

--: backdate
UPDATE {history} SET applied_at = {time}::timestamptz WHERE revision = {revision};

--: opening
SELECT 'opening' AS ambix, {try}, o.schema, CASE WHEN o.found IS NULL THEN 0 ELSE 1 END,
    CASE WHEN pg_is_in_recovery() THEN 'this server is in recovery (a standby), so nothing can be migrated on it; connect to the primary'
         WHEN current_setting('default_transaction_read_only') = 'on' THEN 'the transactions of this role or database only read (default_transaction_read_only is on), so nothing can be migrated; connect as a role that may write'
         WHEN o.schema IS NULL THEN 'no schema of the search_path exists, so there is no place for the history table; create one, or set the `schema` option' END,
    o.key, CASE WHEN to_regnamespace({namespace}) IS NULL THEN 1 ELSE 0 END, current_setting('session_authorization'), current_setting('role'), current_setting('search_path'),
    current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'),
    CASE WHEN version() ~* 'linux' THEN current_setting('client_connection_check_interval', true) END,
    current_setting('tcp_keepalives_idle'), current_setting('tcp_keepalives_interval'), current_setting('tcp_keepalives_count')
FROM (
    SELECT s.schema, s.found, hashtextextended('ambix:' || coalesce(s.schema, '') || '.' || {table}, 0) AS key
    FROM (
        SELECT r.found, coalesce({schema}, (SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = r.found), current_schema()::text) AS schema
        FROM (SELECT to_regclass({regclass}) AS found OFFSET 0) r
        OFFSET 0
    ) s
    OFFSET 0
) o;

--: prepare
SELECT set_config('statement_timeout', '{statement}', false), set_config('lock_timeout', '{lock}', false),
    set_config('idle_in_transaction_session_timeout', '0', false), set_config('tcp_keepalives_idle', '30', false),
    set_config('tcp_keepalives_interval', '10', false), set_config('tcp_keepalives_count', '3', false);
SELECT set_config('client_connection_check_interval', '500', false)
WHERE current_setting('server_version_num')::int >= 140000 AND version() ~* 'linux';

--: remember
-- What a session has that is no setting, so that what a migration adds can be told from it.
DO $ambix$
DECLARE
    path text := pg_catalog.current_setting('search_path');
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
    PERFORM set_config('ambix.kept', coalesce((SELECT string_agg(k, E'\n') FROM (
        SELECT 'relation ' || oid::text AS k FROM pg_class WHERE relnamespace = pg_my_temp_schema()
        UNION ALL SELECT 'routine ' || oid::text FROM pg_proc WHERE pronamespace = pg_my_temp_schema()
        UNION ALL SELECT 'statement ' || name FROM pg_prepared_statements
        UNION ALL SELECT 'cursor ' || name FROM pg_cursors
        UNION ALL SELECT 'channel ' || c FROM pg_listening_channels() c
        UNION ALL SELECT format('lock %s %s %s', classid, objid, objsubid) FROM pg_locks
            WHERE locktype = 'advisory' AND pid = pg_backend_pid()
    ) s), ''), false);
    PERFORM set_config('search_path', path, true);
END $ambix$;

--: forget
DO $ambix$
DECLARE
    path text := pg_catalog.current_setting('search_path');
    kept text[];
    r record;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
    kept := string_to_array(current_setting('ambix.kept', true), E'\n');
    -- A table whose constraints are still to be checked cannot be dropped.
    SET CONSTRAINTS ALL IMMEDIATE;
    FOR r IN SELECT name FROM pg_cursors WHERE is_holdable AND 'cursor ' || name <> ALL (kept) LOOP
        EXECUTE format('CLOSE %I', r.name);
    END LOOP;
    FOR r IN SELECT name FROM pg_prepared_statements WHERE from_sql AND 'statement ' || name <> ALL (kept) LOOP
        EXECUTE format('DEALLOCATE %I', r.name);
    END LOOP;
    FOR r IN SELECT c AS name FROM pg_listening_channels() c WHERE 'channel ' || c <> ALL (kept) LOOP
        EXECUTE format('UNLISTEN %I', r.name);
    END LOOP;
    FOR r IN SELECT classid::bigint AS class, objid::bigint AS object, objsubid, mode FROM pg_locks
        WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
            AND format('lock %s %s %s', classid, objid, objsubid) <> ALL (kept)
    LOOP
        EXECUTE format('SELECT pg_advisory_unlock%s(%s)', CASE WHEN r.mode = 'ShareLock' THEN '_shared' END,
            CASE WHEN r.objsubid = 1 THEN ((r.class << 32) | r.object)::text
                ELSE format('%s, %s', r.class::bit(32)::int, r.object::bit(32)::int) END);
    END LOOP;
    FOR r IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = pg_my_temp_schema() AND 'routine ' || oid::text <> ALL (kept)
    LOOP
        EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', r.name);
    END LOOP;
    FOR r IN SELECT relname AS name, CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind FROM pg_class
        WHERE relnamespace = pg_my_temp_schema() AND relkind IN ('r', 'p', 'v', 'S') AND 'relation ' || oid::text <> ALL (kept)
    LOOP
        EXECUTE format('DROP %s IF EXISTS pg_temp.%I CASCADE', r.kind, r.name);
    END LOOP;
    PERFORM set_config('search_path', path, true);
END $ambix$;

--: unlisten
DO $ambix$ BEGIN
    IF {known} OPERATOR(pg_catalog.<>) ALL (pg_catalog.string_to_array(pg_catalog.current_setting('ambix.kept', true), E'\n')) THEN
        UNLISTEN {channel};
    END IF;
END $ambix$;

--: database
SELECT 'database' AS ambix, current_database()::text;

--: holder
SELECT 'holder' AS ambix, format('it is held by pid %s (%s) as %s, connected since %s, which %s', l.pid,
    coalesce(nullif(a.application_name, ''), 'no application name'), coalesce(a.usename, '?'),
    coalesce(to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), '?'),
    CASE WHEN a.state = 'active' AND a.query ~* 'password' THEN 'runs a statement that is not shown since it names a password'
         WHEN a.state = 'active' THEN 'runs `' || left(regexp_replace(a.query, '\s+', ' ', 'g'), 200) || '`'
         ELSE 'is ' || coalesce(a.state, 'not visible to this role') END)
FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid::bigint = (({key}::bigint >> 32) & 4294967295) AND l.objid::bigint = ({key}::bigint & 4294967295)
LIMIT 1;
