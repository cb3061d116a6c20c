--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind = 'v')
-- A view can be replaced as long as its columns stay; new ones come last.
SELECT 'view', c.full_name, 'pg_catalog.pg_class'::regclass::oid, c.oid, NULL, false,
    'CREATE VIEW ' || v.body, 'DROP VIEW ' || c.full_name, 'CREATE OR REPLACE VIEW ' || v.body,
    (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
            nullif(a.attcollation, 0::oid)::text), pg_catalog.chr(31) ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    NULL, NULL, false, 'VIEW ' || c.full_name, c.relowner
FROM relations c
CROSS JOIN LATERAL (SELECT c.full_name || coalesce(' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')', '') || E' AS\n'
    || pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';') AS body) v
WHERE c.relkind = 'v'
