--? EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal)
-- Whether a trigger fires.
SELECT 'trigger state', pg_catalog.quote_ident(g.tgname) || ' on ' || c.full_name, 'pg_catalog.pg_trigger'::regclass::oid, NULL::oid,
    pg_catalog.concat('pg_catalog.pg_trigger'::regclass::oid, ':', g.oid), true, s.statement,
    'ALTER TABLE ' || c.full_name || ' ENABLE TRIGGER ' || pg_catalog.quote_ident(g.tgname), s.statement, NULL, NULL, NULL, false, NULL, NULL::oid
FROM pg_trigger g JOIN relations c ON c.oid = g.tgrelid
CROSS JOIN LATERAL (SELECT 'ALTER TABLE ' || c.full_name || CASE g.tgenabled WHEN 'D' THEN ' DISABLE TRIGGER ' WHEN 'R' THEN ' ENABLE REPLICA TRIGGER '
    ELSE ' ENABLE ALWAYS TRIGGER ' END || pg_catalog.quote_ident(g.tgname) AS statement) s
WHERE NOT g.tgisinternal AND g.tgenabled <> 'O'
