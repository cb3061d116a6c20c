--? EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal)
-- Triggers of partitions that come from the parent's are the parent's.
SELECT 'trigger', pg_catalog.quote_ident(g.tgname) || ' on ' || c.full_name, 'pg_catalog.pg_trigger'::regclass::oid, g.oid,
    pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', c.oid), false,
    pg_catalog.pg_get_triggerdef(g.oid, true),
    'DROP TRIGGER ' || pg_catalog.quote_ident(g.tgname) || ' ON ' || c.full_name, NULL, NULL, NULL, NULL, false,
    'TRIGGER ' || pg_catalog.quote_ident(g.tgname) || ' ON ' || c.full_name, NULL::oid
FROM pg_trigger g JOIN relations c ON c.oid = g.tgrelid
WHERE NOT g.tgisinternal AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_trigger'::regclass::oid AND d.objid = g.oid AND d.deptype IN ('P', 'S'))
