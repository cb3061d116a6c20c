-- What the test kit asks and tells the server. Names end in 16 hexadecimal digits, which are the key of an advisory lock, too:
-- whoever has the database holds it. These locks are per database, so the names have the oid of the one from which they are taken.

--: take
SELECT 'held' AS ambix, pg_catalog.pg_try_advisory_lock({key})::int::text AS yes;
SELECT 'place' AS ambix,
       (SELECT oid::text FROM pg_database WHERE datname = pg_catalog.current_database()) AS oid,
       (pg_catalog.current_setting('fsync') = 'off')::int::text AS is_throwaway,
       pg_catalog.current_setting('server_version_num') AS version

--: known
SELECT 'known' AS ambix, datname::text AS name, coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), '') AS note,
       EXISTS (SELECT 1 FROM pg_locks l
               WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
                 AND l.database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database())
                 AND ((l.classid::bigint << 32) | l.objid::bigint) = ('x' || pg_catalog.right(datname, 16))::bit(64)::bigint)::int::text AS held,
       pg_catalog.floor(extract(epoch FROM pg_catalog.now()))::bigint::text AS now
FROM pg_database d
WHERE datname ~ ('^ambix_(test|template|build)_' || (SELECT oid::text FROM pg_database WHERE datname = pg_catalog.current_database()) || '_[0-9a-f]{16}$')

--: connections
SELECT 'connections' AS ambix,
       (pg_catalog.current_setting('max_connections')::int - pg_catalog.current_setting('superuser_reserved_connections')::int)::text AS connections

--: claim
DO {claim};
SELECT 'claimed' AS ambix,
       EXISTS (SELECT 1 FROM pg_locks
               WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND pid = pg_catalog.pg_backend_pid()
                 AND ((classid::bigint << 32) | objid::bigint) = {key})::int::text AS yes

--: claim body
DECLARE note text;
BEGIN
    IF pg_catalog.pg_try_advisory_lock({key}) THEN
        SELECT pg_catalog.shobj_description(oid, 'pg_database') INTO note FROM pg_database WHERE datname = {name};
        IF note LIKE 'ambix ready %' AND note LIKE {like} THEN
            EXECUTE pg_catalog.format('COMMENT ON DATABASE %I IS NULL', {name});
        ELSE
            PERFORM pg_catalog.pg_advisory_unlock({key});
        END IF;
    END IF;
END

--: transaction
SELECT 'transaction' AS ambix, pg_catalog.pg_current_xact_id()::xid::text AS transaction

--: others
SELECT 'others' AS ambix, (pg_catalog.count(*) > 0)::int::text AS yes FROM pg_stat_activity
WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid() AND backend_type = 'client backend'

--: state
SELECT 'catalogs' AS ambix, pg_catalog.string_agg(rows::text, ',' ORDER BY name) AS rows,
       (pg_catalog.sum(news) + (SELECT pg_catalog.count(*)::numeric FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
                     WHERE d.datname = pg_catalog.current_database()))::text AS news
FROM ({catalogs}) AS catalogs;
SELECT 'table' AS ambix, c.oid::text AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
       (NOT c.relforcerowsecurity AND NOT c.relhasrules
        AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal))::int::text AS is_plain
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.oid >= 16384::oid AND c.relpersistence <> 't' AND pg_catalog.pg_relation_size(c.oid) > 0;
SELECT 'sequence' AS ambix, c.oid::text AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, s.seqstart::text AS start
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
