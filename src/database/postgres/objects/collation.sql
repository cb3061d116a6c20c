--? EXISTS (SELECT FROM pg_collation WHERE oid >= 16384::oid)
-- What a newer server keeps in a column of its own is read through a document: there are few of them.
SELECT 'collation', n.prefix || pg_catalog.quote_ident(l.collname), 'pg_catalog.pg_collation'::regclass::oid, l.oid, NULL, false,
    'CREATE COLLATION ' || n.prefix || pg_catalog.quote_ident(l.collname) || ' (' || pg_catalog.concat_ws(', ',
        'PROVIDER = ' || CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
        CASE WHEN o.locale IS NOT NULL THEN 'LOCALE = ' || pg_catalog.quote_literal(o.locale)
            WHEN l.collcollate = l.collctype THEN 'LOCALE = ' || pg_catalog.quote_literal(l.collcollate)
            ELSE 'LC_COLLATE = ' || pg_catalog.quote_literal(l.collcollate) || ', LC_CTYPE = ' || pg_catalog.quote_literal(l.collctype) END,
        'RULES = ' || pg_catalog.quote_literal(o.rules), CASE WHEN NOT l.collisdeterministic THEN 'DETERMINISTIC = false' END) || ')',
    'DROP COLLATION ' || n.prefix || pg_catalog.quote_ident(l.collname), NULL, NULL, NULL, NULL, false,
    'COLLATION ' || n.prefix || pg_catalog.quote_ident(l.collname), l.collowner
FROM pg_collation l JOIN namespaces n ON n.oid = l.collnamespace
CROSS JOIN LATERAL (SELECT coalesce(d.document ->> 'colllocale'::text, d.document ->> 'colliculocale'::text) AS locale, d.document ->> 'collicurules'::text AS rules
    FROM (SELECT pg_catalog.to_jsonb(l) AS document) d) o
WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_collation'::regclass::oid AND d.objid = l.oid)
