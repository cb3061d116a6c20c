--? EXISTS (SELECT FROM pg_foreign_data_wrapper)
-- An option is set in place, for user mappings and foreign tables hang on the server. The secrets are in the mappings, which are only named.
SELECT 'foreign server', pg_catalog.quote_ident(s.srvname), 'pg_catalog.pg_foreign_server'::regclass::oid, s.oid, NULL, false,
    pg_catalog.concat_ws(E';\n', h.head, l.definition), 'DROP SERVER ' || pg_catalog.quote_ident(s.srvname), NULL, NULL, h.head, l.parts, false,
    'SERVER ' || pg_catalog.quote_ident(s.srvname), s.srvowner
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
CROSS JOIN LATERAL (SELECT pg_catalog.concat_ws(' ', 'CREATE SERVER', pg_catalog.quote_ident(s.srvname), 'TYPE ' || pg_catalog.quote_literal(s.srvtype),
    'VERSION ' || pg_catalog.quote_literal(s.srvversion), 'FOREIGN DATA WRAPPER', pg_catalog.quote_ident(w.fdwname)) AS head,
    'ALTER SERVER ' || pg_catalog.quote_ident(s.srvname) || ' OPTIONS (' AS turn) h
CROSS JOIN LATERAL (
    SELECT pg_catalog.string_agg(h.turn || 'ADD ' || pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value) || ')', E';\n' ORDER BY o.option_name) AS definition,
        pg_catalog.string_agg(o.option_name || pg_catalog.chr(30) || h.turn || 'ADD ' || pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value) || ')'
            || pg_catalog.chr(30) || h.turn || 'DROP ' || pg_catalog.quote_ident(o.option_name) || ')', pg_catalog.chr(31) ORDER BY o.option_name) AS parts
    FROM pg_catalog.pg_options_to_table(s.srvoptions) o
) l
WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_foreign_server'::regclass::oid AND d.objid = s.oid)
