), keyed AS (
    SELECT f.*, f.classid::text || ':' || coalesce(f.objid::text, f.kind || ' ' || f.name) AS key, f.owner_class::text || ':' || f.owner::text AS owner_key FROM found f
), said (name, key, owner_key, target, text) AS (
    SELECT pg_catalog.lower(k.kind) || ' ' || k.name, k.key, k.key, k.target, d.description
    FROM keyed k JOIN pg_description d ON d.classoid = k.classid AND d.objoid = k.objid AND d.objsubid = 0 WHERE k.target IS NOT NULL
    UNION ALL
    SELECT 'column ' || c.full_name || '.' || pg_catalog.quote_ident(a.attname), c.oid::text || ' ' || a.attnum::text, k.key,
        'COLUMN ' || c.full_name || '.' || pg_catalog.quote_ident(a.attname), d.description
    FROM relations c JOIN pg_description d ON d.classoid = 'pg_catalog.pg_class'::regclass::oid AND d.objoid = c.oid AND d.objsubid > 0
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
    JOIN keyed k ON k.classid = 'pg_catalog.pg_class'::regclass::oid AND k.objid = c.oid OR k.classid = 'pg_catalog.pg_type'::regclass::oid AND k.objid = c.reltype
    WHERE c.relkind IN ('v', 'm', 'c')
    UNION ALL
    SELECT 'constraint ' || pg_catalog.quote_ident(o.conname) || ' on domain ' || k.name, 'constraint ' || o.oid::text, k.key,
        'CONSTRAINT ' || pg_catalog.quote_ident(o.conname) || ' ON DOMAIN ' || k.name, d.description
    FROM pg_constraint o JOIN keyed k ON k.classid = 'pg_catalog.pg_type'::regclass::oid AND k.objid = o.contypid
    JOIN pg_description d ON d.classoid = 'pg_catalog.pg_constraint'::regclass::oid AND d.objoid = o.oid
)
SELECT 'object' AS ambix, k.kind, k.name, k.key, k.owner_key, k.is_property::int::text, k.definition, k.drop_statement, k.replace_statement, k.shape, k.head,
    k.parts, k.in_order::int::text
FROM keyed k
UNION ALL
SELECT 'object', 'comment', 'on ' || s.name, 'comment ' || s.key, s.owner_key, '1', 'COMMENT ON ' || s.target || ' IS ' || pg_catalog.quote_literal(s.text),
    'COMMENT ON ' || s.target || ' IS NULL', 'COMMENT ON ' || s.target || ' IS ' || pg_catalog.quote_literal(s.text), NULL, NULL, NULL, '0'
FROM said s
ORDER BY 2, 3
