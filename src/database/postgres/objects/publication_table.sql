--? EXISTS (SELECT FROM pg_publication)
-- A table that a publication publishes: it goes with the table. Which columns and rows is read through documents, since older servers
-- do not have that.
SELECT 'publication table', c.full_name || ' of ' || pg_catalog.quote_ident(p.pubname), 'pg_catalog.pg_publication_rel'::regclass::oid, r.oid,
    -- One with conditions is in the way of a column's change.
    pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', c.oid), d.document ->> 'prqual'::text IS NULL,
    pg_catalog.concat('ALTER PUBLICATION ', pg_catalog.quote_ident(p.pubname), ' ADD TABLE ', CASE WHEN EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) AND c.relkind = 'r'
        THEN 'ONLY ' END, c.full_name,
        ' (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid
            AND a.attnum::text IN (SELECT pg_catalog.jsonb_array_elements_text(CASE pg_catalog.jsonb_typeof(d.document -> 'prattrs'::text) WHEN 'array' THEN d.document -> 'prattrs'::text END))) || ')',
        ' WHERE (' || w.filter || ')'),
    'ALTER PUBLICATION ' || pg_catalog.quote_ident(p.pubname) || ' DROP TABLE ' || c.full_name, NULL, NULL, NULL, NULL, false, NULL, NULL::oid
FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid JOIN relations c ON c.oid = r.prrelid
CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(r) AS document) d
LEFT JOIN LATERAL (SELECT pg_catalog.to_jsonb(t) ->> 'rowfilter'::text AS filter FROM pg_catalog.pg_publication_tables t
    WHERE d.document ->> 'prqual'::text IS NOT NULL AND t.pubname = p.pubname AND t.tablename = c.relname AND t.schemaname = (SELECT s.nspname FROM pg_namespace s WHERE s.oid = c.relnamespace)) w ON true
