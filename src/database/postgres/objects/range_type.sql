--? EXISTS (SELECT FROM pg_range WHERE rngtypid >= 16384::oid)
SELECT 'range type', t.full_name, 'pg_catalog.pg_type'::regclass::oid, t.oid, NULL, false,
    'CREATE TYPE ' || t.full_name || ' AS RANGE (' || pg_catalog.concat_ws(', ', 'SUBTYPE = ' || pg_catalog.format_type(r.rngsubtype, NULL),
        CASE WHEN NOT o.opcdefault THEN 'SUBTYPE_OPCLASS = ' || CASE WHEN pg_catalog.pg_opclass_is_visible(o.oid) THEN '' ELSE o.opcnamespace::regnamespace::text || '.' END || pg_catalog.quote_ident(o.opcname) END,
        CASE WHEN r.rngcollation <> s.typcollation THEN 'COLLATION = ' || (SELECT CASE WHEN pg_catalog.pg_collation_is_visible(l.oid) THEN '' ELSE l.collnamespace::regnamespace::text || '.' END || pg_catalog.quote_ident(l.collname) FROM pg_collation l WHERE l.oid = r.rngcollation) END,
        (SELECT 'MULTIRANGE_TYPE_NAME = ' || pg_catalog.quote_ident(m.typname) FROM pg_depend d JOIN pg_type m ON m.oid = d.objid AND m.typtype = 'm'
            WHERE d.classid = 'pg_catalog.pg_type'::regclass::oid AND d.refclassid = 'pg_catalog.pg_type'::regclass::oid AND d.refobjid = t.oid AND d.deptype = 'i'
                AND m.typname::text <> CASE pg_catalog.strpos(t.typname::text, 'range') WHEN 0 THEN t.typname::text || '_multirange'
                    ELSE pg_catalog.regexp_replace(t.typname::text, 'range', 'multirange') END),
        'CANONICAL = ' || (SELECT f.name FROM function_names f WHERE f.oid = r.rngcanonical::oid), 'SUBTYPE_DIFF = ' || (SELECT f.name FROM function_names f WHERE f.oid = r.rngsubdiff::oid)) || ')',
    'DROP TYPE ' || t.full_name, NULL, NULL, NULL, NULL, false, 'TYPE ' || t.full_name, t.typowner
FROM pg_range r JOIN types t ON t.oid = r.rngtypid JOIN pg_type s ON s.oid = r.rngsubtype JOIN pg_opclass o ON o.oid = r.rngsubopc
