--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind = 'm')
-- The indexes of tables are parts of the tables.
SELECT 'index', c.full_name || ' on ' || v.full_name, 'pg_catalog.pg_class'::regclass::oid, c.oid, pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', v.oid), true,
    pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(c.oid, 0, true), ' ON (ONLY )?' || place.pattern, ' ON \1'), 'DROP INDEX ' || c.full_name, NULL, NULL, NULL, NULL,
    false, 'INDEX ' || c.full_name, NULL::oid
FROM pg_index i JOIN relations c ON c.oid = i.indexrelid JOIN relations v ON v.oid = i.indrelid AND v.relkind = 'm'
CROSS JOIN (SELECT pg_catalog.regexp_replace(pg_catalog.quote_ident(pg_catalog.current_schema()), '([^A-Za-z0-9_])', '\\\1', 'g') || '\.' AS pattern) place
