--? EXISTS (SELECT FROM pg_statistic_ext)
SELECT 'extended statistics', n.prefix || pg_catalog.quote_ident(s.stxname), 'pg_catalog.pg_statistic_ext'::regclass::oid, s.oid,
    pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', c.oid), false,
    pg_catalog.regexp_replace(pg_catalog.regexp_replace(pg_catalog.pg_get_statisticsobjdef(s.oid), '^CREATE STATISTICS ' || place.pattern, 'CREATE STATISTICS '),
        ' FROM ' || place.pattern || '([^ ]+)$', ' FROM \1'),
    'DROP STATISTICS ' || n.prefix || pg_catalog.quote_ident(s.stxname), NULL, NULL, NULL, NULL, false,
    'STATISTICS ' || n.prefix || pg_catalog.quote_ident(s.stxname), s.stxowner
FROM pg_statistic_ext s JOIN namespaces n ON n.oid = s.stxnamespace JOIN relations c ON c.oid = s.stxrelid
CROSS JOIN (SELECT pg_catalog.regexp_replace(pg_catalog.quote_ident(pg_catalog.current_schema()), '([^A-Za-z0-9_])', '\\\1', 'g') || '\.' AS pattern) place
