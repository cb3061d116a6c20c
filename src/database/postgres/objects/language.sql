--? EXISTS (SELECT FROM pg_language WHERE oid >= 16384::oid)
SELECT 'language', pg_catalog.quote_ident(l.lanname), 'pg_catalog.pg_language'::regclass::oid, l.oid, NULL, false,
    pg_catalog.concat_ws(' ', 'CREATE', CASE WHEN l.lanpltrusted THEN 'TRUSTED' END, 'LANGUAGE', pg_catalog.quote_ident(l.lanname), 'HANDLER ' || h.name, 'INLINE ' || i.name, 'VALIDATOR ' || v.name),
    'DROP LANGUAGE ' || pg_catalog.quote_ident(l.lanname), NULL, NULL, NULL, NULL, false, 'LANGUAGE ' || pg_catalog.quote_ident(l.lanname), l.lanowner
FROM pg_language l LEFT JOIN function_names h ON h.oid = l.lanplcallfoid LEFT JOIN function_names i ON i.oid = l.laninline LEFT JOIN function_names v ON v.oid = l.lanvalidator
WHERE l.lanispl AND NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_language'::regclass::oid AND d.objid = l.oid)
