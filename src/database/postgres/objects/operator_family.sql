--? EXISTS (SELECT FROM pg_opfamily WHERE oid >= 16384::oid)
-- A family, and what is in it beside the members of its classes. CREATE OPERATOR CLASS makes one where none is named.
SELECT 'operator family', s.name || ' for ' || m.amname::text, 'pg_catalog.pg_opfamily'::regclass::oid, f.oid, NULL, false,
    pg_catalog.concat_ws(E';\n', s.head, l.definition), 'DROP OPERATOR FAMILY ' || s.turn, NULL, NULL, s.head, l.parts, false, 'OPERATOR FAMILY ' || s.turn, f.opfowner
FROM pg_opfamily f JOIN namespaces n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
CROSS JOIN LATERAL (SELECT n.prefix || pg_catalog.quote_ident(f.opfname) AS name, n.prefix || pg_catalog.quote_ident(f.opfname) || ' USING ' || pg_catalog.quote_ident(m.amname) AS turn,
    'CREATE OPERATOR FAMILY ' || n.prefix || pg_catalog.quote_ident(f.opfname) || ' USING ' || pg_catalog.quote_ident(m.amname) AS head) s
CROSS JOIN LATERAL (
    SELECT pg_catalog.string_agg('ALTER OPERATOR FAMILY ' || s.turn || ' ADD ' || w.member, E';\n' ORDER BY w.place) AS definition,
        pg_catalog.string_agg(w.place || pg_catalog.chr(30) || 'ALTER OPERATOR FAMILY ' || s.turn || ' ADD ' || w.member || pg_catalog.chr(30) || 'ALTER OPERATOR FAMILY ' || s.turn
            || ' DROP ' || w.place, pg_catalog.chr(31) ORDER BY w.place) AS parts
    FROM members w WHERE w.family = f.oid AND w.class IS NULL
) l
WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_opfamily'::regclass::oid AND d.objid = f.oid)
