-- The objects beside tables, enum types and sequences: one SELECT for each kind, in a file of its own, with the columns of `found`.
-- What an extension has made is the extension's. The server leaves a schema's name out where the search path leads to it, so that
-- what is made in a scratch place reads as it does in the default schema; `prefix` does the same for names that are put together here.
WITH namespaces AS (
    SELECT n.oid, n.nspname, CASE WHEN n.nspname = pg_catalog.current_schema() THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END AS prefix
    FROM pg_namespace n WHERE n.nspname IN ({schemas})
), extended AS (
    SELECT d.classid, d.objid FROM pg_depend d WHERE d.deptype = 'e'
), relations AS (
    SELECT c.*, n.prefix, n.prefix || pg_catalog.quote_ident(c.relname) AS full_name FROM pg_class c JOIN namespaces n ON n.oid = c.relnamespace
    -- Of a composite type, its type belongs to the extension.
    WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = c.oid
        OR c.relkind = 'c' AND d.classid = 'pg_catalog.pg_type'::regclass::oid AND d.objid = c.reltype)
), types AS (
    SELECT t.*, n.prefix || pg_catalog.quote_ident(t.typname) AS full_name FROM pg_type t JOIN namespaces n ON n.oid = t.typnamespace
    WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_type'::regclass::oid AND d.objid = t.oid)
), functions AS (
    SELECT p.*, n.prefix, n.prefix || pg_catalog.quote_ident(p.proname) || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' AS full_name,
        n.prefix || pg_catalog.quote_ident(p.proname) || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS signature
    FROM pg_proc p JOIN namespaces n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass::oid AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
), function_names AS (
    SELECT p.oid, CASE WHEN n.oid IS NOT NULL THEN n.prefix WHEN s.nspname = 'pg_catalog' THEN '' ELSE pg_catalog.quote_ident(s.nspname) || '.' END
        || pg_catalog.quote_ident(p.proname) AS name
    FROM pg_proc p JOIN pg_namespace s ON s.oid = p.pronamespace LEFT JOIN namespaces n ON n.oid = s.oid
), members AS (
    -- What operator families have in them, and the class that it belongs to, if any. Without it a place in the family is free again.
    SELECT a.amopfamily AS family, c.class, s.place, s.place_of || ' ' || coalesce(k.prefix, pg_catalog.quote_ident(x.nspname) || '.') || o.oprname::text || ' ' || s.types
        || coalesce(' FOR ORDER BY ' || CASE WHEN a.amopsortfamily <> 0::oid THEN (SELECT coalesce(z.prefix, pg_catalog.quote_ident(y.nspname) || '.') || pg_catalog.quote_ident(f.opfname)
            FROM pg_opfamily f JOIN pg_namespace y ON y.oid = f.opfnamespace LEFT JOIN namespaces z ON z.oid = y.oid WHERE f.oid = a.amopsortfamily) END, '') AS member
    FROM pg_amop a JOIN pg_operator o ON o.oid = a.amopopr JOIN pg_namespace x ON x.oid = o.oprnamespace LEFT JOIN namespaces k ON k.oid = x.oid
    CROSS JOIN LATERAL (SELECT '(' || pg_catalog.format_type(a.amoplefttype, NULL) || ', ' || pg_catalog.format_type(a.amoprighttype, NULL) || ')' AS types,
        'OPERATOR ' || a.amopstrategy::text AS place_of, 'OPERATOR ' || a.amopstrategy::text || ' (' || pg_catalog.format_type(a.amoplefttype, NULL) || ', '
            || pg_catalog.format_type(a.amoprighttype, NULL) || ')' AS place) s
    LEFT JOIN LATERAL (SELECT d.refobjid AS class FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_amop'::regclass::oid AND d.objid = a.oid
        AND d.refclassid = 'pg_catalog.pg_opclass'::regclass::oid LIMIT 1) c ON true
    WHERE a.oid >= 16384::oid
    UNION ALL
    SELECT a.amprocfamily, c.class, s.place, s.place || ' ' || f.name || '(' || (SELECT pg_catalog.oidvectortypes(p.proargtypes) FROM pg_proc p WHERE p.oid = f.oid) || ')'
    FROM pg_amproc a JOIN function_names f ON f.oid = a.amproc::oid
    CROSS JOIN LATERAL (SELECT 'FUNCTION ' || a.amprocnum::text || ' (' || pg_catalog.format_type(a.amproclefttype, NULL) || ', '
        || pg_catalog.format_type(a.amprocrighttype, NULL) || ')' AS place) s
    LEFT JOIN LATERAL (SELECT d.refobjid AS class FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_amproc'::regclass::oid AND d.objid = a.oid
        AND d.refclassid = 'pg_catalog.pg_opclass'::regclass::oid LIMIT 1) c ON true
    WHERE a.oid >= 16384::oid
), found (kind, name, classid, objid, owner_key, is_property, definition, drop_statement, replace_statement, shape, head, parts, in_order,
    target, role) AS (
