--? EXISTS (SELECT FROM pg_transform)
SELECT 'transform', 'for ' || s.signature, 'pg_catalog.pg_transform'::regclass::oid, t.oid, NULL, false,
    'CREATE TRANSFORM FOR ' || s.signature || ' (' || pg_catalog.concat_ws(', ', 'FROM SQL WITH FUNCTION ' || f.signature, 'TO SQL WITH FUNCTION ' || o.signature) || ')',
    'DROP TRANSFORM FOR ' || s.signature, NULL, NULL, NULL, NULL, false, 'TRANSFORM FOR ' || s.signature, NULL::oid
FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang
CROSS JOIN LATERAL (SELECT pg_catalog.format_type(t.trftype, NULL) || ' LANGUAGE ' || pg_catalog.quote_ident(l.lanname) AS signature) s
LEFT JOIN LATERAL (SELECT n.name || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' AS signature FROM function_names n JOIN pg_proc p ON p.oid = n.oid
    WHERE n.oid = t.trffromsql::oid) f ON true
LEFT JOIN LATERAL (SELECT n.name || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' AS signature FROM function_names n JOIN pg_proc p ON p.oid = n.oid
    WHERE n.oid = t.trftosql::oid) o ON true
WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_transform'::regclass::oid AND d.objid = t.oid)
