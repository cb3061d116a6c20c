--? EXISTS (SELECT FROM pg_rewrite WHERE oid >= 16384::oid AND rulename <> '_RETURN')
-- Whether a rule applies.
SELECT 'rule state', pg_catalog.quote_ident(r.rulename) || ' on ' || c.full_name, 'pg_catalog.pg_rewrite'::regclass::oid, NULL::oid,
    pg_catalog.concat('pg_catalog.pg_rewrite'::regclass::oid, ':', r.oid), true, s.statement,
    'ALTER TABLE ' || c.full_name || ' ENABLE RULE ' || pg_catalog.quote_ident(r.rulename), s.statement, NULL, NULL, NULL, false, NULL, NULL::oid
FROM pg_rewrite r JOIN relations c ON c.oid = r.ev_class
CROSS JOIN LATERAL (SELECT 'ALTER TABLE ' || c.full_name || CASE r.ev_enabled WHEN 'D' THEN ' DISABLE RULE ' WHEN 'R' THEN ' ENABLE REPLICA RULE '
    ELSE ' ENABLE ALWAYS RULE ' END || pg_catalog.quote_ident(r.rulename) AS statement) s
WHERE r.rulename <> '_RETURN' AND r.ev_enabled <> 'O'
