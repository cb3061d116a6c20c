--? EXISTS (SELECT FROM pg_operator WHERE oid >= 16384::oid)
SELECT 'operator', s.signature, 'pg_catalog.pg_operator'::regclass::oid, o.oid, NULL, false,
    'CREATE OPERATOR ' || n.prefix || o.oprname::text || ' (' || pg_catalog.concat_ws(', ', 'FUNCTION = ' || f.name,
        'LEFTARG = ' || CASE WHEN o.oprleft <> 0::oid THEN pg_catalog.format_type(o.oprleft, NULL) END,
        'RIGHTARG = ' || CASE WHEN o.oprright <> 0::oid THEN pg_catalog.format_type(o.oprright, NULL) END,
        'COMMUTATOR = OPERATOR(' || (SELECT coalesce(k.prefix, pg_catalog.quote_ident(x.nspname) || '.') || c.oprname::text FROM pg_operator c JOIN pg_namespace x ON x.oid = c.oprnamespace
            LEFT JOIN namespaces k ON k.oid = x.oid WHERE c.oid = o.oprcom) || ')',
        'NEGATOR = OPERATOR(' || (SELECT coalesce(k.prefix, pg_catalog.quote_ident(x.nspname) || '.') || c.oprname::text FROM pg_operator c JOIN pg_namespace x ON x.oid = c.oprnamespace
            LEFT JOIN namespaces k ON k.oid = x.oid WHERE c.oid = o.oprnegate) || ')',
        'RESTRICT = ' || nullif(o.oprrest::oid, 0::oid)::regproc::text, 'JOIN = ' || nullif(o.oprjoin::oid, 0::oid)::regproc::text,
        CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END) || ')',
    'DROP OPERATOR ' || s.signature, NULL, NULL, NULL, NULL, false, 'OPERATOR ' || s.signature, o.oprowner
FROM pg_operator o JOIN namespaces n ON n.oid = o.oprnamespace JOIN function_names f ON f.oid = o.oprcode::oid
CROSS JOIN LATERAL (SELECT n.prefix || o.oprname::text || ' (' || CASE WHEN o.oprleft = 0::oid THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END || ', '
    || CASE WHEN o.oprright = 0::oid THEN 'NONE' ELSE pg_catalog.format_type(o.oprright, NULL) END || ')' AS signature) s
WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_operator'::regclass::oid AND d.objid = o.oid)
