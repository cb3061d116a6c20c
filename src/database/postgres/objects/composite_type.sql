--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind = 'c')
SELECT 'composite type', c.full_name, 'pg_catalog.pg_type'::regclass::oid, c.reltype, NULL, false,
    'CREATE TYPE ' || c.full_name || ' AS (' || coalesce(E'\n    ' || pg_catalog.string_agg(a.text, E',\n    ' ORDER BY a.attnum) || E'\n', '') || ')',
    'DROP TYPE ' || c.full_name, NULL, NULL, 'CREATE TYPE ' || c.full_name,
    pg_catalog.string_agg(a.attname::text || pg_catalog.chr(30) || 'ALTER TYPE ' || c.full_name || ' ADD ATTRIBUTE ' || a.text || pg_catalog.chr(30) || 'ALTER TYPE ' || c.full_name
        || ' DROP ATTRIBUTE ' || pg_catalog.quote_ident(a.attname), pg_catalog.chr(31) ORDER BY a.attnum),
    true, 'TYPE ' || c.full_name, c.relowner
FROM relations c LEFT JOIN LATERAL (
    SELECT a.attname, a.attnum, pg_catalog.concat_ws(' ', pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
        'COLLATE ' || CASE WHEN a.attcollation <> t.typcollation THEN CASE WHEN pg_catalog.pg_collation_is_visible(l.oid) THEN '' ELSE l.collnamespace::regnamespace::text || '.' END || pg_catalog.quote_ident(l.collname) END) AS text
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) a ON true
WHERE c.relkind = 'c' GROUP BY c.full_name, c.reltype, c.relowner
