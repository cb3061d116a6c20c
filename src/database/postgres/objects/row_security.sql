--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND (relrowsecurity OR relforcerowsecurity))
SELECT 'row-level security', 'on ' || c.full_name, 'pg_catalog.pg_class'::regclass::oid, NULL::oid, pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', c.oid), true,
    s.turn || pg_catalog.array_to_string(s.comes, ', '), s.turn || pg_catalog.array_to_string(s.goes, ', '), NULL, NULL, s.turn,
    pg_catalog.array_to_string(ARRAY(SELECT part || pg_catalog.chr(30) || s.turn || s.comes[at] || pg_catalog.chr(30) || s.turn || s.goes[at]
        FROM pg_catalog.unnest(s.comes) WITH ORDINALITY u (part, at)), pg_catalog.chr(31)), false, NULL, NULL::oid
FROM relations c
CROSS JOIN LATERAL (SELECT 'ALTER TABLE ' || c.full_name || ' ' AS turn,
    pg_catalog.array_remove(ARRAY[CASE WHEN c.relrowsecurity THEN 'ENABLE ROW LEVEL SECURITY' END, CASE WHEN c.relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY' END], NULL) AS comes,
    pg_catalog.array_remove(ARRAY[CASE WHEN c.relrowsecurity THEN 'DISABLE ROW LEVEL SECURITY' END, CASE WHEN c.relforcerowsecurity THEN 'NO FORCE ROW LEVEL SECURITY' END], NULL) AS goes) s
WHERE c.relkind IN ('r', 'p') AND (c.relrowsecurity OR c.relforcerowsecurity)
