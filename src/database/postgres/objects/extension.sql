--? EXISTS (SELECT FROM pg_extension WHERE extname <> 'plpgsql')
-- Extensions belong to the database as a whole. The version is whatever the server brings.
SELECT 'extension', pg_catalog.quote_ident(e.extname), 'pg_catalog.pg_extension'::regclass::oid, e.oid, NULL, false,
    'CREATE EXTENSION IF NOT EXISTS ' || pg_catalog.quote_ident(e.extname)
        || CASE WHEN n.nspname NOT IN (pg_catalog.current_schema(), 'public', 'pg_catalog') AND e.extrelocatable THEN ' WITH SCHEMA ' || pg_catalog.quote_ident(n.nspname) ELSE '' END,
    'DROP EXTENSION ' || pg_catalog.quote_ident(e.extname), NULL, NULL, NULL, NULL, false, NULL, NULL::oid
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'
