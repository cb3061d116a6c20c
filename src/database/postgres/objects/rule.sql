--? EXISTS (SELECT FROM pg_rewrite WHERE oid >= 16384::oid AND rulename <> '_RETURN')
SELECT 'rule', pg_catalog.quote_ident(r.rulename) || ' on ' || c.full_name, 'pg_catalog.pg_rewrite'::regclass::oid, r.oid,
    pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', c.oid), false, d.text, 'DROP RULE ' || pg_catalog.quote_ident(r.rulename) || ' ON ' || c.full_name,
    'CREATE OR REPLACE ' || pg_catalog.substr(d.text, 8), NULL, NULL, NULL, false, 'RULE ' || pg_catalog.quote_ident(r.rulename) || ' ON ' || c.full_name, NULL::oid
FROM pg_rewrite r JOIN relations c ON c.oid = r.ev_class
CROSS JOIN LATERAL (SELECT pg_catalog.rtrim(pg_catalog.pg_get_ruledef(r.oid, true), ';') AS text) d
WHERE r.rulename <> '_RETURN'
