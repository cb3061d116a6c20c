--? EXISTS (SELECT FROM pg_conversion WHERE oid >= 16384::oid)
SELECT 'conversion', s.name, 'pg_catalog.pg_conversion'::regclass::oid, v.oid, NULL, false,
    'CREATE' || CASE WHEN v.condefault THEN ' DEFAULT' ELSE '' END || ' CONVERSION ' || s.name || ' FOR '
        || pg_catalog.quote_literal(pg_catalog.pg_encoding_to_char(v.conforencoding)) || ' TO ' || pg_catalog.quote_literal(pg_catalog.pg_encoding_to_char(v.contoencoding)) || ' FROM ' || f.name,
    'DROP CONVERSION ' || s.name, NULL, NULL, NULL, NULL, false, 'CONVERSION ' || s.name, v.conowner
FROM pg_conversion v JOIN namespaces n ON n.oid = v.connamespace JOIN function_names f ON f.oid = v.conproc::oid
CROSS JOIN LATERAL (SELECT n.prefix || pg_catalog.quote_ident(v.conname) AS name) s
WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_conversion'::regclass::oid AND d.objid = v.oid)
