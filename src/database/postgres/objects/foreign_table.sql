--? EXISTS (SELECT FROM pg_foreign_data_wrapper)
-- Its rows are elsewhere: it is dropped and created again. One that is a partition or inherits is only named.
SELECT 'foreign table', c.full_name, 'pg_catalog.pg_class'::regclass::oid, c.oid, NULL, false,
    pg_catalog.concat_ws(E';\n', 'CREATE FOREIGN TABLE ' || c.full_name || ' (' || coalesce(E'\n    ' || p.parts || E'\n', '') || E')\nSERVER ' || pg_catalog.quote_ident(s.srvname)
        || coalesce(' OPTIONS (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value), ', ')
            FROM pg_catalog.pg_options_to_table(t.ftoptions) o) || ')', ''), q.statistics),
    'DROP FOREIGN TABLE ' || c.full_name, NULL, NULL, NULL, NULL, false, 'FOREIGN TABLE ' || c.full_name, c.relowner
FROM relations c JOIN pg_foreign_table t ON t.ftrelid = c.oid JOIN pg_foreign_server s ON s.oid = t.ftserver
CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(x.text, E',\n    ' ORDER BY x.rank, x.place, x.name) AS parts FROM (
    SELECT 1 AS rank, a.attnum AS place, '' AS name, pg_catalog.concat_ws(' ', pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
        'OPTIONS (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value), ', ')
            FROM pg_catalog.pg_options_to_table(a.attfdwoptions) o) || ')',
        'COLLATE ' || CASE WHEN a.attcollation <> y.typcollation THEN CASE WHEN pg_catalog.pg_collation_is_visible(l.oid) THEN '' ELSE l.collnamespace::regnamespace::text || '.' END
            || pg_catalog.quote_ident(l.collname) END,
        CASE WHEN a.attnotnull THEN 'NOT NULL' END,
        CASE WHEN a.attgenerated <> '' THEN 'GENERATED ALWAYS AS (' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) || ') STORED' ELSE 'DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) END) AS text
    FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 2, 0, k.conname::text, 'CONSTRAINT ' || pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'
) x) p
CROSS JOIN LATERAL (SELECT pg_catalog.string_agg('ALTER FOREIGN TABLE ' || c.full_name || ' ALTER COLUMN ' || pg_catalog.quote_ident(a.attname) || ' SET STATISTICS ' || a.attstattarget::text,
    E';\n' ORDER BY a.attnum) AS statistics FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attstattarget >= 0) q
WHERE c.relkind = 'f' AND NOT EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
