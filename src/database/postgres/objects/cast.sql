--? EXISTS (SELECT FROM pg_cast WHERE oid >= 16384::oid)
SELECT 'cast', s.signature, 'pg_catalog.pg_cast'::regclass::oid, k.oid, NULL, false,
    'CREATE CAST ' || s.signature || CASE k.castmethod WHEN 'f' THEN ' WITH FUNCTION ' || f.name || '(' || (SELECT pg_catalog.oidvectortypes(p.proargtypes) FROM pg_proc p
        WHERE p.oid = k.castfunc) || ')' WHEN 'i' THEN ' WITH INOUT' ELSE ' WITHOUT FUNCTION' END || CASE k.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END,
    'DROP CAST ' || s.signature, NULL, NULL, NULL, NULL, false, 'CAST ' || s.signature, NULL::oid
FROM pg_cast k LEFT JOIN function_names f ON f.oid = k.castfunc
CROSS JOIN LATERAL (SELECT '(' || pg_catalog.format_type(k.castsource, NULL) || ' AS ' || pg_catalog.format_type(k.casttarget, NULL) || ')' AS signature) s
WHERE k.oid >= 16384::oid AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_cast'::regclass::oid AND d.objid = k.oid AND d.deptype IN ('e', 'i'))
