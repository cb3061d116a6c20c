--? EXISTS (SELECT FROM pg_opclass WHERE oid >= 16384::oid)
-- A class with nothing in it still has to say something: what it stores.
SELECT 'operator class', s.name || ' for ' || m.amname::text, 'pg_catalog.pg_opclass'::regclass::oid, o.oid, NULL, false,
    'CREATE OPERATOR CLASS ' || s.name || CASE WHEN o.opcdefault THEN ' DEFAULT' ELSE '' END || ' FOR TYPE ' || pg_catalog.format_type(o.opcintype, NULL)
        || ' USING ' || pg_catalog.quote_ident(m.amname) || ' FAMILY ' || coalesce(k.prefix, pg_catalog.quote_ident(x.nspname) || '.') || pg_catalog.quote_ident(f.opfname)
        || E' AS\n    ' || pg_catalog.concat_ws(E',\n    ',
            'STORAGE ' || CASE WHEN o.opckeytype NOT IN (0::oid, o.opcintype) OR l.members IS NULL
                THEN pg_catalog.format_type(coalesce(nullif(o.opckeytype, 0::oid), o.opcintype), NULL) END, l.members),
    'DROP OPERATOR CLASS ' || s.name || ' USING ' || pg_catalog.quote_ident(m.amname), NULL, NULL, NULL, NULL, false,
    'OPERATOR CLASS ' || s.name || ' USING ' || pg_catalog.quote_ident(m.amname), o.opcowner
FROM pg_opclass o JOIN namespaces n ON n.oid = o.opcnamespace JOIN pg_am m ON m.oid = o.opcmethod
JOIN pg_opfamily f ON f.oid = o.opcfamily JOIN pg_namespace x ON x.oid = f.opfnamespace LEFT JOIN namespaces k ON k.oid = x.oid
CROSS JOIN LATERAL (SELECT n.prefix || pg_catalog.quote_ident(o.opcname) AS name) s
CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(w.member, E',\n    ' ORDER BY w.place) AS members FROM members w WHERE w.class = o.oid) l
WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_opclass'::regclass::oid AND d.objid = o.oid)
