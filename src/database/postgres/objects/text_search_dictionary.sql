--? EXISTS (SELECT FROM pg_ts_dict WHERE oid >= 16384::oid)
SELECT 'text search dictionary', n.prefix || pg_catalog.quote_ident(s.dictname), 'pg_catalog.pg_ts_dict'::regclass::oid, s.oid, NULL, false,
    'CREATE TEXT SEARCH DICTIONARY ' || n.prefix || pg_catalog.quote_ident(s.dictname) || ' (' || pg_catalog.concat_ws(', ', 'TEMPLATE = ' || CASE WHEN k.oid IS NOT NULL THEN k.prefix
        WHEN x.nspname = 'pg_catalog' THEN '' ELSE pg_catalog.quote_ident(x.nspname) || '.' END || pg_catalog.quote_ident(t.tmplname), s.dictinitoption) || ')',
    'DROP TEXT SEARCH DICTIONARY ' || n.prefix || pg_catalog.quote_ident(s.dictname), NULL, NULL, NULL, NULL, false,
    'TEXT SEARCH DICTIONARY ' || n.prefix || pg_catalog.quote_ident(s.dictname), s.dictowner
FROM pg_ts_dict s JOIN namespaces n ON n.oid = s.dictnamespace JOIN pg_ts_template t ON t.oid = s.dicttemplate JOIN pg_namespace x ON x.oid = t.tmplnamespace
LEFT JOIN namespaces k ON k.oid = x.oid
WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_ts_dict'::regclass::oid AND d.objid = s.oid)
