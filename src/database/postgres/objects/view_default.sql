--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind = 'v')
-- What a view's column has if nothing is inserted into it.
SELECT 'default', pg_catalog.quote_ident(a.attname) || ' of ' || c.full_name, 'pg_catalog.pg_attrdef'::regclass::oid, d.oid,
    pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', c.oid), true,
    'ALTER VIEW ' || c.full_name || ' ALTER COLUMN ' || pg_catalog.quote_ident(a.attname) || ' SET DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid),
    'ALTER VIEW ' || c.full_name || ' ALTER COLUMN ' || pg_catalog.quote_ident(a.attname) || ' DROP DEFAULT',
    'ALTER VIEW ' || c.full_name || ' ALTER COLUMN ' || pg_catalog.quote_ident(a.attname) || ' SET DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid),
    NULL, NULL, NULL, false, NULL, NULL::oid
FROM pg_attrdef d JOIN relations c ON c.oid = d.adrelid AND c.relkind = 'v' JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.adnum
