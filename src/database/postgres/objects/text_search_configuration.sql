--? EXISTS (SELECT FROM pg_ts_config WHERE oid >= 16384::oid)
-- Which dictionaries words of a kind are looked up in comes and goes by itself.
SELECT 'text search configuration', h.name, 'pg_catalog.pg_ts_config'::regclass::oid, s.oid, NULL, false,
    pg_catalog.concat_ws(E';\n', h.head, m.definition), 'DROP TEXT SEARCH CONFIGURATION ' || h.name, NULL, NULL, h.head, m.parts, false,
    'TEXT SEARCH CONFIGURATION ' || h.name, s.cfgowner
FROM pg_ts_config s JOIN namespaces n ON n.oid = s.cfgnamespace
CROSS JOIN LATERAL (SELECT n.prefix || pg_catalog.quote_ident(s.cfgname) AS name, 'CREATE TEXT SEARCH CONFIGURATION ' || n.prefix || pg_catalog.quote_ident(s.cfgname) || ' (PARSER = '
    || CASE WHEN k.oid IS NOT NULL THEN k.prefix WHEN x.nspname = 'pg_catalog' THEN '' ELSE pg_catalog.quote_ident(x.nspname) || '.' END || pg_catalog.quote_ident(p.prsname) || ')' AS head
    FROM pg_ts_parser p JOIN pg_namespace x ON x.oid = p.prsnamespace LEFT JOIN namespaces k ON k.oid = x.oid WHERE p.oid = s.cfgparser) h
CROSS JOIN LATERAL (
    SELECT pg_catalog.string_agg(w.add, E';\n' ORDER BY w.name) AS definition,
        pg_catalog.string_agg(w.name || pg_catalog.chr(30) || w.add || pg_catalog.chr(30) || w.remove, pg_catalog.chr(31) ORDER BY w.name) AS parts
    FROM (
        SELECT t.alias AS name,
            'ALTER TEXT SEARCH CONFIGURATION ' || h.name || ' ADD MAPPING FOR ' || t.alias || ' WITH ' || pg_catalog.string_agg(CASE WHEN k.oid IS NOT NULL THEN k.prefix
                WHEN x.nspname = 'pg_catalog' THEN '' ELSE pg_catalog.quote_ident(x.nspname) || '.' END || pg_catalog.quote_ident(d.dictname), ', ' ORDER BY m.mapseqno) AS add,
            'ALTER TEXT SEARCH CONFIGURATION ' || h.name || ' DROP MAPPING FOR ' || t.alias AS remove
        FROM pg_ts_config_map m JOIN pg_catalog.ts_token_type(s.cfgparser) t ON t.tokid = m.maptokentype JOIN pg_ts_dict d ON d.oid = m.mapdict
        JOIN pg_namespace x ON x.oid = d.dictnamespace LEFT JOIN namespaces k ON k.oid = x.oid
        WHERE m.mapcfg = s.oid GROUP BY t.alias
    ) w
) m
WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_ts_config'::regclass::oid AND d.objid = s.oid)
