--: create
-- Without it two transactions that make the same table at the same time fail, IF NOT EXISTS or not.
SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($ambix$create {lock}$ambix$, 0));
CREATE TABLE IF NOT EXISTS {lock} (
    id smallint PRIMARY KEY CHECK (id = 1),
    layout bigint NOT NULL,
    epoch bigint NOT NULL CONSTRAINT {fence} CHECK (epoch >= 0),
    holder text NOT NULL,
    taken_at timestamptz NOT NULL
);
INSERT INTO {lock} VALUES (1, {layout}, 0, '', pg_catalog.clock_timestamp()) ON CONFLICT DO NOTHING;
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
SELECT 'rows' AS ambix, pg_catalog.string_agg(coalesce(revision, '') || ' ' || coalesce(checksum, '') || ' ' || coalesce(state, ''), E'\n') AS lines
FROM {history};

--: digest
-- On a new connection, nearly all of its time is for looking up what it names. So there is no COLLATE (if a person has changed a
-- column's collation to one that hashes otherwise, the rows are read), and a seed that is a bigint without a cast.
SELECT 'meta' AS ambix, layout, epoch, holder FROM {lock};
SELECT 'digest' AS ambix, pg_catalog.count(*) {left_out} AS rows, pg_catalog.sum(pg_catalog.hashtextextended(revision,
    pg_catalog.hashtextextended(checksum, pg_catalog.hashtextextended(state, 4294967296)))) {left_out} AS digest {distinct}
FROM {history};

--: left_out
-- Only if it is applied; an unfinished one is to be noticed, and a NULL as well.
FILTER (WHERE (revision OPERATOR(pg_catalog.=) ANY (ARRAY[{revisions}]) AND state OPERATOR(pg_catalog.=) 'applied') IS NOT TRUE)

--: distinct
, pg_catalog.count(*) AS all_rows, pg_catalog.count(DISTINCT revision) AS revisions

--: list
SELECT 'meta' AS ambix, layout, epoch, holder FROM {lock};
SELECT 'row' AS ambix, revision, checksum, state, name, parents, depends_on, flags, token_checksum, statements_done,
    done_hash, doubt_hash, pg_catalog.to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS applied_at, duration_us, applied_by
FROM {history};

--: down
SELECT 'down' AS ambix, revision, down FROM {history} WHERE down IS NOT NULL AND revision IN ({revisions});

--: raise
UPDATE {lock} SET epoch = CASE WHEN epoch = {epoch} THEN epoch + 1 ELSE -1 END, holder = {holder}, taken_at = pg_catalog.clock_timestamp();

--: fence
UPDATE {lock} SET epoch = CASE WHEN epoch = {epoch} THEN epoch + 1 ELSE -1 END;

--: clock
SELECT pg_catalog.set_config('ambix.started', extract(epoch from pg_catalog.clock_timestamp())::text, true);

--: insert
INSERT INTO {history} VALUES ({revision}, {name}, {parents}, {depends_on}, {flags}, {checksum}, {token_checksum}, {down},
    {state}, {statements_done}, {done_hash}, {doubt_hash}, pg_catalog.clock_timestamp(), {duration}, {applied_by})
RETURNING 'done' AS ambix, revision, duration_us;

--: duration
greatest(0, (1000000::numeric * (extract(epoch from pg_catalog.clock_timestamp())
    - coalesce(nullif(pg_catalog.current_setting('ambix.started', true), '')::numeric, extract(epoch from pg_catalog.now()))))::bigint)

--: delete
DELETE FROM {history} WHERE revision = {revision} RETURNING 'done' AS ambix, revision, {duration} AS duration_us;

--: progress
UPDATE {history} SET state = {state}, statements_done = {statements_done}, done_hash = {done_hash}, doubt_hash = {doubt_hash}
WHERE revision = {revision} RETURNING 'done' AS ambix, revision, duration_us;

--: finish
UPDATE {history} SET state = 'applied', checksum = {checksum}, token_checksum = {token_checksum}, down = {down},
    statements_done = {statements_done}, done_hash = '', doubt_hash = '', applied_at = pg_catalog.clock_timestamp(), duration_us = {duration}
WHERE revision = {revision} RETURNING 'done' AS ambix, revision, duration_us;

--: backdate
UPDATE {history} SET applied_at = {time}::timestamptz WHERE revision = {revision};

--: opening
SELECT 'opening' AS ambix, {try} AS locked, o.schema, CASE WHEN o.found IS NULL THEN 0 ELSE 1 END AS exists,
    CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'this server is in recovery (a standby), so nothing can be migrated on it; connect to the primary'
         WHEN pg_catalog.current_setting('default_transaction_read_only') = 'on' THEN 'the transactions of this role or database only read (default_transaction_read_only is on), so nothing can be migrated; connect as a role that may write'
         WHEN o.found IS NULL AND EXISTS ({hidden}) THEN 'the history is in a schema that this role may not use, so that it cannot be seen; grant USAGE on the schema, and SELECT on the tables of the history'
         WHEN o.schema IS NULL THEN 'no schema of the search_path exists, so there is no place for the history table; create one, or set the `schema` option' END AS refusal,
    o.key, CASE WHEN pg_catalog.to_regnamespace({namespace}) IS NULL THEN 1 ELSE 0 END AS schema_missing,
    pg_catalog.current_setting('session_authorization') AS session_authorization, pg_catalog.current_setting('role') AS role,
    pg_catalog.current_setting('search_path') AS search_path,
    pg_catalog.current_setting('statement_timeout') AS statement_timeout, pg_catalog.current_setting('lock_timeout') AS lock_timeout,
    pg_catalog.current_setting('idle_in_transaction_session_timeout') AS idle_in_transaction_session_timeout,
    CASE WHEN pg_catalog.version() ~* 'linux' THEN pg_catalog.current_setting('client_connection_check_interval', true) END
        AS client_connection_check_interval,
    pg_catalog.current_setting('tcp_keepalives_idle') AS tcp_keepalives_idle,
    pg_catalog.current_setting('tcp_keepalives_interval') AS tcp_keepalives_interval,
    pg_catalog.current_setting('tcp_keepalives_count') AS tcp_keepalives_count,
    pg_catalog.current_setting('TimeZone') AS "TimeZone", pg_catalog.current_setting('DateStyle') AS "DateStyle",
    pg_catalog.current_setting('extra_float_digits') AS extra_float_digits, pg_catalog.pg_backend_pid()::text AS backend
FROM (
    SELECT s.schema, s.found, pg_catalog.hashtextextended('ambix:' || coalesce(s.schema, '') || '.' || {table}, 0) AS key
    FROM (
        SELECT r.found, coalesce({schema}, (SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = r.found::oid), pg_catalog.current_schema()::text) AS schema
        FROM (SELECT pg_catalog.to_regclass({regclass}) AS found OFFSET 0) r
        OFFSET 0
    ) s
    OFFSET 0
) o;

--: prepare
SELECT pg_catalog.set_config('statement_timeout', '{statement}', {local}), pg_catalog.set_config('lock_timeout', '{lock}', {local}),
    pg_catalog.set_config('idle_in_transaction_session_timeout', '0', {local}), pg_catalog.set_config('tcp_keepalives_idle', '30', {local}),
    pg_catalog.set_config('tcp_keepalives_interval', '10', {local}), pg_catalog.set_config('tcp_keepalives_count', '3', {local});
SELECT pg_catalog.set_config('client_connection_check_interval', '500', {local})
WHERE pg_catalog.current_setting('server_version_num')::int >= 140000 AND pg_catalog.version() ~* 'linux';

--: remember
-- What a session has that is no setting, so that what a migration adds can be told from it.
DO $ambix$
DECLARE
    path text := pg_catalog.current_setting('search_path');
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
    PERFORM pg_catalog.set_config('ambix.kept', coalesce((SELECT pg_catalog.string_agg(k, E'\n') FROM (
        SELECT 'relation ' || oid::text AS k FROM pg_class WHERE relnamespace = pg_catalog.pg_my_temp_schema()
        UNION ALL SELECT 'routine ' || oid::text FROM pg_proc WHERE pronamespace = pg_catalog.pg_my_temp_schema()
        UNION ALL SELECT 'statement ' || name FROM pg_prepared_statements
        UNION ALL SELECT 'cursor ' || name FROM pg_cursors
        UNION ALL SELECT 'channel ' || c FROM pg_catalog.pg_listening_channels() c
        UNION ALL SELECT pg_catalog.format('lock %s %s %s', classid, objid, objsubid) FROM pg_locks
            WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid()
    ) s), ''), false);
    PERFORM pg_catalog.set_config('search_path', path, true);
END $ambix$;

--: forget
DO $ambix$
DECLARE
    path text := pg_catalog.current_setting('search_path');
    kept text[];
    r record;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
    kept := pg_catalog.string_to_array(pg_catalog.current_setting('ambix.kept', true), E'\n');
    -- A table whose constraints are still to be checked cannot be dropped.
    SET CONSTRAINTS ALL IMMEDIATE;
    FOR r IN SELECT name FROM pg_cursors WHERE is_holdable AND 'cursor ' || name <> ALL (kept) LOOP
        EXECUTE pg_catalog.format('CLOSE %I', r.name);
    END LOOP;
    FOR r IN SELECT name FROM pg_prepared_statements WHERE from_sql AND 'statement ' || name <> ALL (kept) LOOP
        EXECUTE pg_catalog.format('DEALLOCATE %I', r.name);
    END LOOP;
    FOR r IN SELECT c AS name FROM pg_catalog.pg_listening_channels() c WHERE 'channel ' || c <> ALL (kept) LOOP
        EXECUTE pg_catalog.format('UNLISTEN %I', r.name);
    END LOOP;
    FOR r IN SELECT classid::bigint AS class, objid::bigint AS object, objsubid, mode FROM pg_locks
        WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid() AND granted
            AND pg_catalog.format('lock %s %s %s', classid, objid, objsubid) <> ALL (kept)
    LOOP
        EXECUTE pg_catalog.format('SELECT pg_advisory_unlock%s(%s)', CASE WHEN r.mode = 'ShareLock' THEN '_shared' END,
            CASE WHEN r.objsubid = 1 THEN ((r.class << 32) | r.object)::text
                ELSE pg_catalog.format('%s, %s', r.class::bit(32)::int, r.object::bit(32)::int) END);
    END LOOP;
    FOR r IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = pg_catalog.pg_my_temp_schema() AND 'routine ' || oid::text <> ALL (kept)
    LOOP
        EXECUTE pg_catalog.format('DROP ROUTINE IF EXISTS %s CASCADE', r.name);
    END LOOP;
    FOR r IN SELECT relname AS name, CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind FROM pg_class
        WHERE relnamespace = pg_catalog.pg_my_temp_schema() AND relkind IN ('r', 'p', 'v', 'S') AND 'relation ' || oid::text <> ALL (kept)
    LOOP
        EXECUTE pg_catalog.format('DROP %s IF EXISTS pg_temp.%I CASCADE', r.kind, r.name);
    END LOOP;
    PERFORM pg_catalog.set_config('search_path', path, true);
END $ambix$;

--: unless_as_old
CASE WHEN (SELECT a.age OPERATOR(pg_catalog.<) {young}::double precision OR a.age OPERATOR(pg_catalog.>) {old}::double precision
        FROM (SELECT pg_catalog.date_part('epoch'::text, pg_catalog.clock_timestamp())
            OPERATOR(pg_catalog.-) pg_catalog.date_part('epoch'::text, g.backend_start) AS age
            FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) g OFFSET 0) a)
    THEN CASE WHEN pg_catalog.set_config('ambix.pooled', 'on', true) IS NULL THEN 0 ELSE 2 END ELSE {try} END

--: unless_same
CASE WHEN pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.<>) {backend}::integer
    THEN CASE WHEN pg_catalog.set_config('ambix.pooled', 'on', true) IS NULL THEN 0 ELSE 2 END ELSE {try} END

--: local
COALESCE(pg_catalog.current_setting('ambix.pooled', true), ''::text) OPERATOR(pg_catalog.=) 'on'::text

--: backend
SELECT 'backend' AS ambix, pg_catalog.pg_backend_pid()::text AS backend;

--: same_backend
SELECT CASE WHEN pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) {backend}::integer THEN 0
    ELSE pg_catalog.int4in(pg_catalog.textout(pg_catalog.concat('ambix_pooled'::text, pg_catalog.pg_backend_pid()))) END

--: end_backend
SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_get_activity({backend}::integer) a
WHERE a.state OPERATOR(pg_catalog.=) 'idle'::text

--: hidden
SELECT 'hidden' AS ambix, n.nspname::text AS schema FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.relname OPERATOR(pg_catalog.=) {table}::name AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE'::text)
    AND (n.nspname::text OPERATOR(pg_catalog.=) {schema} OR EXISTS (
        SELECT FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('search_path'), ','::text)) AS p(part)
        WHERE n.nspname::text OPERATOR(pg_catalog.=) CASE pg_catalog.btrim(p.part, ' "'::text)
            WHEN '$user'::text THEN current_user::text ELSE pg_catalog.btrim(p.part, ' "'::text) END))

--: own
-- The driver sends these with each connection, so that what the role, the database and the server have does not hold. In their order:
-- what the connection's options ask for, what the role and the database have, what the server was started with and what its files
-- say, where this role may read them (by `ts_stat`, since a query that is not run needs no rights), and otherwise what most have: of
-- zones that of the log, which is set up together with the other.
SELECT 'own_setting' AS ambix, v.name, pg_catalog.set_config(v.name, COALESCE(
    (SELECT a.value FROM (SELECT pg_catalog.current_setting(v.asked, true) AS value OFFSET 0) a
        WHERE a.value OPERATOR(pg_catalog.<>) ''::text),
    (SELECT pg_catalog.substr(e.entry, pg_catalog.strpos(e.entry, '='::text) OPERATOR(pg_catalog.+) 1)
        FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS e(entry)
        WHERE pg_catalog.lower(pg_catalog.split_part(e.entry, '='::text, 1)) OPERATOR(pg_catalog.=) v.low
            AND (s.setrole OPERATOR(pg_catalog.=) 0::oid
                OR pg_catalog.pg_get_userbyid(s.setrole) OPERATOR(pg_catalog.=) session_user)
            AND (s.setdatabase OPERATOR(pg_catalog.=) 0::oid OR s.setdatabase OPERATOR(pg_catalog.=)
                (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))
        ORDER BY s.setrole OPERATOR(pg_catalog.=) 0::oid, s.setdatabase OPERATOR(pg_catalog.=) 0::oid LIMIT 1),
    CASE WHEN pg_catalog.has_function_privilege('pg_catalog.pg_read_file(text,bigint,bigint,boolean)'::text, 'EXECUTE'::text) THEN
        (SELECT t.word FROM pg_catalog.ts_stat(pg_catalog.replace($ambix$
            SELECT pg_catalog.array_to_tsvector(ARRAY[x.value]) FROM (SELECT pg_catalog."substring"(
                pg_catalog.pg_read_file('postmaster.opts'::text, 0::bigint, 100000::bigint, true),
                '(?i)"(?:-c|--)?{low}=([^"]+)"'::text) AS value OFFSET 0) x WHERE x.value IS NOT NULL$ambix$::text,
            '{low}'::text, v.low)) t) END,
    CASE WHEN pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()'::text, 'EXECUTE'::text) THEN
        COALESCE((SELECT t.word FROM pg_catalog.ts_stat(pg_catalog.replace($ambix$
            SELECT pg_catalog.array_to_tsvector(ARRAY[f.setting]) FROM pg_catalog.pg_show_all_file_settings() f
            WHERE pg_catalog.lower(f.name) OPERATOR(pg_catalog.=) '{low}'::text AND f.error IS NULL
                AND f.setting OPERATOR(pg_catalog.<>) ''::text ORDER BY f.seqno DESC LIMIT 1$ambix$::text,
            '{low}'::text, v.low)) t), v.initial) END,
    v.guess), {local}) AS value
FROM (VALUES ('TimeZone'::text, 'timezone'::text, 'ambix.timezone'::text, 'GMT'::text, pg_catalog.current_setting('log_timezone')),
    ('DateStyle'::text, 'datestyle'::text, 'ambix.datestyle'::text, 'ISO, MDY'::text, 'ISO, MDY'::text),
    ('extra_float_digits'::text, 'extra_float_digits'::text, 'ambix.extra_float_digits'::text, '1'::text, '1'::text))
    AS v(name, low, asked, initial, guess);

--: unlisten
DO $ambix$ BEGIN
    IF {known} OPERATOR(pg_catalog.<>) ALL (pg_catalog.string_to_array(pg_catalog.current_setting('ambix.kept', true), E'\n')) THEN
        UNLISTEN {channel};
    END IF;
END $ambix$;

--: database
SELECT 'database' AS ambix, pg_catalog.current_database()::text AS name;

--: holder
SELECT 'holder' AS ambix, pg_catalog.format('it is held by pid %s (%s) as %s, connected since %s, which %s', l.pid,
    coalesce(nullif(a.application_name, ''), 'no application name'), coalesce(a.usename, '?'),
    coalesce(pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), '?'),
    CASE WHEN a.state = 'active' AND a.query ~* 'password' THEN 'runs a statement that is not shown since it names a password'
         WHEN a.state = 'active' THEN 'runs `' || pg_catalog.left(pg_catalog.regexp_replace(a.query, '\s+', ' ', 'g'), 200) || '`'
         ELSE 'is ' || coalesce(a.state, 'not visible to this role') END) AS holder
FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database())
    AND l.classid::bigint = (({key}::bigint >> 32) & 4294967295) AND l.objid::bigint = ({key}::bigint & 4294967295)
LIMIT 1;
