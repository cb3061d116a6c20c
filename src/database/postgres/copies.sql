-- What the test kit asks and tells the server. Names end in 16 hexadecimal digits, which are the key of an advisory lock, too:
-- whoever has the database holds it. These locks are per database, so the names have the oid of the one from which they are taken.

--: take
SELECT 'held' AS ambix, pg_try_advisory_lock({key})::int::text;
SELECT 'place' AS ambix,
       (SELECT oid::text FROM pg_database WHERE datname = current_database()),
       (current_setting('fsync') = 'off')::int::text,
       current_setting('server_version_num')

--: known
SELECT 'known' AS ambix, datname::text, coalesce(shobj_description(d.oid, 'pg_database'), ''),
       EXISTS (SELECT 1 FROM pg_locks l
               WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
                 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                 AND ((l.classid::bigint << 32) | l.objid::bigint) = ('x' || right(datname, 16))::bit(64)::bigint)::int::text,
       floor(extract(epoch FROM now()))::bigint::text
FROM pg_database d
WHERE datname ~ ('^ambix_(test|template|build)_' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '_[0-9a-f]{16}$')

--: connections
SELECT 'connections' AS ambix,
       (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int)::text
