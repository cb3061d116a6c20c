--? EXISTS (SELECT FROM pg_event_trigger)
SELECT 'event trigger', pg_catalog.quote_ident(g.evtname), 'pg_catalog.pg_event_trigger'::regclass::oid, g.oid, NULL, false,
    'CREATE EVENT TRIGGER ' || pg_catalog.quote_ident(g.evtname) || ' ON ' || g.evtevent::text
        || coalesce(' WHEN TAG IN (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(tag), ', ') FROM pg_catalog.unnest(g.evttags) t (tag)) || ')', '')
        || ' EXECUTE FUNCTION ' || f.name || '()',
    'DROP EVENT TRIGGER ' || pg_catalog.quote_ident(g.evtname), NULL, NULL, NULL, NULL, false, 'EVENT TRIGGER ' || pg_catalog.quote_ident(g.evtname), g.evtowner
FROM pg_event_trigger g JOIN function_names f ON f.oid = g.evtfoid
WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_event_trigger'::regclass::oid AND d.objid = g.oid)
