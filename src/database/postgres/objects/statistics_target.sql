--? EXISTS (SELECT FROM pg_statistic_ext WHERE stxstattarget >= 0)
-- How much an ANALYZE looks at for extended statistics.
SELECT 'statistics target', 'of ' || n.prefix || pg_catalog.quote_ident(s.stxname), 'pg_catalog.pg_statistic_ext'::regclass::oid, NULL::oid,
    pg_catalog.concat('pg_catalog.pg_statistic_ext'::regclass::oid, ':', s.oid), true, t.statement || s.stxstattarget::text, t.statement || '-1',
    t.statement || s.stxstattarget::text, NULL, NULL, NULL, false, NULL, NULL::oid
FROM pg_statistic_ext s JOIN namespaces n ON n.oid = s.stxnamespace JOIN relations c ON c.oid = s.stxrelid
CROSS JOIN LATERAL (SELECT 'ALTER STATISTICS ' || n.prefix || pg_catalog.quote_ident(s.stxname) || ' SET STATISTICS ' AS statement) t
WHERE s.stxstattarget >= 0
