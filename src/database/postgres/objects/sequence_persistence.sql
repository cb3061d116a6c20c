--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind = 'S' AND relpersistence = 'u')
-- A sequence without a log. That of a column is as its table is.
SELECT 'persistence', 'of sequence ' || c.full_name, 'pg_catalog.pg_class'::regclass::oid, NULL::oid,
    pg_catalog.concat('sequence ', nullif(n.nspname, pg_catalog.current_schema()), pg_catalog.chr(30), c.relname), true,
    'ALTER SEQUENCE ' || c.full_name || ' SET UNLOGGED', 'ALTER SEQUENCE ' || c.full_name || ' SET LOGGED', NULL, NULL, NULL, NULL, false, NULL, NULL::oid
FROM relations c JOIN namespaces n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence = 'u' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = c.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0)
