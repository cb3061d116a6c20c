--? EXISTS (SELECT FROM pg_publication)
-- What is published is in objects of its own, so that a table that goes leaves the others published. What a newer server keeps in a
-- column of its own is read through a document.
SELECT 'publication', s.name, 'pg_catalog.pg_publication'::regclass::oid, p.oid, NULL, false,
    s.head || ' WITH (' || o.options || ')', 'DROP PUBLICATION ' || s.name, NULL, NULL, s.head,
    'options' || pg_catalog.chr(30) || 'ALTER PUBLICATION ' || s.name || ' SET (' || o.options || ')' || pg_catalog.chr(30), false, 'PUBLICATION ' || s.name, p.pubowner
FROM pg_publication p
CROSS JOIN LATERAL (SELECT pg_catalog.quote_ident(p.pubname) AS name,
    'CREATE PUBLICATION ' || pg_catalog.quote_ident(p.pubname) || CASE WHEN p.puballtables THEN ' FOR ALL TABLES' ELSE '' END AS head) s
CROSS JOIN LATERAL (SELECT pg_catalog.concat_ws(', ',
    'publish = ' || pg_catalog.quote_literal(pg_catalog.concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
        CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END)),
    'publish_via_partition_root = ' || p.pubviaroot::text,
    'publish_generated_columns = ' || CASE pg_catalog.to_jsonb(p) ->> 'pubgencols'::text WHEN 'n' THEN 'none' WHEN 's' THEN 'stored' END) AS options) o
