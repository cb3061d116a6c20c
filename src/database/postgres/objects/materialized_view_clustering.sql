--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind = 'm')
-- By which of its indexes a materialized view is ordered: it goes with the index.
SELECT 'clustering', 'on ' || v.full_name, 'pg_catalog.pg_class'::regclass::oid, NULL::oid, pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', c.oid), true,
    'ALTER MATERIALIZED VIEW ' || v.full_name || ' CLUSTER ON ' || pg_catalog.quote_ident(c.relname), 'ALTER MATERIALIZED VIEW ' || v.full_name || ' SET WITHOUT CLUSTER',
    'ALTER MATERIALIZED VIEW ' || v.full_name || ' CLUSTER ON ' || pg_catalog.quote_ident(c.relname), NULL, NULL, NULL, false, NULL, NULL::oid
FROM pg_index i JOIN relations c ON c.oid = i.indexrelid JOIN relations v ON v.oid = i.indrelid AND v.relkind = 'm'
WHERE i.indisclustered
