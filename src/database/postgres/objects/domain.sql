--? EXISTS (SELECT FROM pg_type WHERE oid >= 16384::oid AND typtype = 'd')
-- What a domain is on stays; its default, NOT NULL and its constraints come and go by themselves.
SELECT 'domain', t.full_name, 'pg_catalog.pg_type'::regclass::oid, t.oid, NULL, false,
    pg_catalog.concat_ws(E';\n', pg_catalog.concat_ws(' ', h.head, 'DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN 'NOT NULL' END,
        (SELECT pg_catalog.string_agg('CONSTRAINT ' || pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname)
            FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated)),
        -- A new domain takes no constraint that is not to be checked.
        (SELECT pg_catalog.string_agg(a.alter || 'ADD CONSTRAINT ' || pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid), E';\n' ORDER BY k.conname)
            FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' AND NOT k.convalidated)),
    'DROP DOMAIN ' || t.full_name, NULL, NULL, h.head,
    (SELECT pg_catalog.string_agg(x.name || pg_catalog.chr(30) || x.add || pg_catalog.chr(30) || x.remove, pg_catalog.chr(31) ORDER BY x.place, x.name) FROM (
        SELECT 1 AS place, 'default' AS name, a.alter || 'SET DEFAULT ' || t.typdefault AS add, a.alter || 'DROP DEFAULT' AS remove WHERE t.typdefault IS NOT NULL
        UNION ALL SELECT 2, 'not null', a.alter || 'SET NOT NULL', a.alter || 'DROP NOT NULL' WHERE t.typnotnull
        UNION ALL SELECT 3, 'constraint ' || pg_catalog.quote_ident(k.conname), a.alter || 'ADD CONSTRAINT ' || pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid),
            a.alter || 'DROP CONSTRAINT ' || pg_catalog.quote_ident(k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c') x),
    false, 'DOMAIN ' || t.full_name, t.typowner
FROM types t LEFT JOIN pg_collation l ON l.oid = t.typcollation
    AND t.typcollation <> (SELECT b.typcollation FROM pg_type b WHERE b.oid = t.typbasetype)
CROSS JOIN LATERAL (SELECT 'CREATE DOMAIN ' || t.full_name || ' AS ' || pg_catalog.format_type(t.typbasetype, t.typtypmod)
    || coalesce(' COLLATE ' || CASE WHEN pg_catalog.pg_collation_is_visible(l.oid) THEN '' ELSE l.collnamespace::regnamespace::text || '.' END || pg_catalog.quote_ident(l.collname), '') AS head) h
CROSS JOIN LATERAL (SELECT 'ALTER DOMAIN ' || t.full_name || ' ' AS alter) a
WHERE t.typtype = 'd'
