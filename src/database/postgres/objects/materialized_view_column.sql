--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind = 'm')
-- What is set on a column of a materialized view. Older servers do not know compression, so that it is read through a document.
SELECT 'column options', pg_catalog.quote_ident(a.attname) || ' of ' || c.full_name, 'pg_catalog.pg_class'::regclass::oid, NULL::oid,
    pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', c.oid), true,
    pg_catalog.string_agg(s.turn || o.comes, E';\n' ORDER BY o.name), pg_catalog.string_agg(s.turn || o.goes, E';\n' ORDER BY o.name), NULL, NULL, s.turn,
    pg_catalog.string_agg(o.name || pg_catalog.chr(30) || s.turn || o.comes || pg_catalog.chr(30) || s.turn || o.goes, pg_catalog.chr(31) ORDER BY o.name),
    false, NULL, NULL::oid
FROM relations c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type t ON t.oid = a.atttypid
CROSS JOIN LATERAL (SELECT 'ALTER MATERIALIZED VIEW ' || c.full_name || ' ALTER COLUMN ' || pg_catalog.quote_ident(a.attname) || ' ' AS turn,
    CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END AS storage,
    CASE t.typstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END AS usual) s
CROSS JOIN LATERAL (
    SELECT 'statistics' AS name, 'SET STATISTICS ' || a.attstattarget::text AS comes, 'SET STATISTICS -1' AS goes WHERE coalesce(a.attstattarget, -1) >= 0
    UNION ALL SELECT 'storage', 'SET STORAGE ' || s.storage, 'SET STORAGE ' || s.usual WHERE a.attstorage <> t.typstorage
    UNION ALL SELECT 'compression', 'SET COMPRESSION ' || CASE d.method WHEN 'p' THEN 'pglz' ELSE 'lz4' END, 'SET COMPRESSION DEFAULT'
    FROM (SELECT pg_catalog.to_jsonb(a) ->> 'attcompression'::text AS method) d WHERE d.method <> ''
    UNION ALL SELECT v.option_name, 'SET (' || pg_catalog.quote_ident(v.option_name) || ' = ' || pg_catalog.quote_literal(v.option_value) || ')', 'RESET (' || pg_catalog.quote_ident(v.option_name) || ')'
    FROM pg_catalog.pg_options_to_table(a.attoptions) v
) o
WHERE c.relkind = 'm' GROUP BY c.oid, c.full_name, a.attname, s.turn
