--? EXISTS (SELECT FROM pg_event_trigger)
-- Whether an event trigger fires.
SELECT 'event trigger state', 'of ' || pg_catalog.quote_ident(g.evtname), 'pg_catalog.pg_event_trigger'::regclass::oid, NULL::oid,
    pg_catalog.concat('pg_catalog.pg_event_trigger'::regclass::oid, ':', g.oid), true, s.statement,
    'ALTER EVENT TRIGGER ' || pg_catalog.quote_ident(g.evtname) || ' ENABLE', s.statement, NULL, NULL, NULL, false, NULL, NULL::oid
FROM pg_event_trigger g CROSS JOIN LATERAL (SELECT 'ALTER EVENT TRIGGER ' || pg_catalog.quote_ident(g.evtname)
    || CASE g.evtenabled WHEN 'D' THEN ' DISABLE' WHEN 'R' THEN ' ENABLE REPLICA' ELSE ' ENABLE ALWAYS' END AS statement) s
WHERE g.evtenabled <> 'O'
