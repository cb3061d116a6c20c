--: found
-- Where no kind is asked for.
SELECT NULL::text, NULL::text, NULL::oid, NULL::oid, NULL::text, NULL::boolean, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
    NULL::boolean, NULL::text, NULL::oid WHERE false

--: keyed
), keyed AS (
    SELECT f.*, f.classid::text || ':' || coalesce(f.objid::text, f.kind || ' ' || f.name) AS key FROM found f
), said (name, key, owner_key, target, text) AS (
    SELECT pg_catalog.lower(k.kind) || ' ' || k.name, k.key, k.key, k.target, d.description
    FROM keyed k JOIN pg_description d ON d.classoid = k.classid AND d.objoid = k.objid AND d.objsubid = 0 WHERE k.target IS NOT NULL
    UNION ALL
    SELECT 'column ' || c.full_name || '.' || pg_catalog.quote_ident(a.attname), c.oid::text || ' ' || a.attnum::text, k.key,
        'COLUMN ' || c.full_name || '.' || pg_catalog.quote_ident(a.attname), d.description
    FROM relations c JOIN pg_description d ON d.classoid = 'pg_catalog.pg_class'::regclass::oid AND d.objoid = c.oid AND d.objsubid > 0
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
    JOIN keyed k ON k.classid = 'pg_catalog.pg_class'::regclass::oid AND k.objid = c.oid OR k.classid = 'pg_catalog.pg_type'::regclass::oid AND k.objid = c.reltype
    WHERE c.relkind IN ('v', 'm', 'c', 'f')
    UNION ALL
    SELECT 'constraint ' || pg_catalog.quote_ident(o.conname) || ' on domain ' || k.name, 'constraint ' || o.oid::text, k.key,
        'CONSTRAINT ' || pg_catalog.quote_ident(o.conname) || ' ON DOMAIN ' || k.name, d.description
    FROM pg_constraint o JOIN keyed k ON k.classid = 'pg_catalog.pg_type'::regclass::oid AND k.objid = o.contypid
    JOIN pg_description d ON d.classoid = 'pg_catalog.pg_constraint'::regclass::oid AND d.objoid = o.oid
), rows (ambix, kind, name, key, owner_key, is_property, definition, drop_statement, replace_statement, shape, head, parts, in_order, is_access, is_wide) AS (

--: objects
SELECT 'object', k.kind, k.name, k.key, k.owner_key, k.is_property::int::text, k.definition, k.drop_statement, k.replace_statement, k.shape, k.head,
    k.parts, k.in_order::int::text, '0',
    (k.kind IN ('extension', 'event trigger', 'event trigger state', 'cast', 'foreign data wrapper', 'foreign server', 'language', 'transform', 'publication',
        'publication table', 'publication schema'))::int::text
FROM keyed k

--: access
--? EXISTS (SELECT FROM pg_description WHERE objoid >= 16384::oid)
SELECT 'object', 'comment', 'on ' || s.name, 'comment ' || s.key, s.owner_key, '1', 'COMMENT ON ' || s.target || ' IS ' || pg_catalog.quote_literal(s.text),
    'COMMENT ON ' || s.target || ' IS NULL', 'COMMENT ON ' || s.target || ' IS ' || pg_catalog.quote_literal(s.text), NULL, NULL, NULL, '0', '0', '0'
FROM said s
--? EXISTS (SELECT FROM pg_extension WHERE extname <> 'plpgsql')
-- An extension brings a comment of its own, which nobody has to say.
SELECT 'object', 'comment', 'on extension ' || k.name, 'comment ' || k.key, k.key, '1',
    pg_catalog.concat('COMMENT ON EXTENSION ', k.name, ' IS ', coalesce(pg_catalog.quote_literal(d.description), 'NULL')),
    pg_catalog.concat('COMMENT ON EXTENSION ', k.name, ' IS ', coalesce(pg_catalog.quote_literal(a.comment), 'NULL')),
    pg_catalog.concat('COMMENT ON EXTENSION ', k.name, ' IS ', coalesce(pg_catalog.quote_literal(d.description), 'NULL')), NULL, NULL, NULL, '0', '0', '0'
FROM keyed k JOIN pg_extension x ON k.kind = 'extension' AND x.oid = k.objid LEFT JOIN pg_available_extensions a ON a.name = x.extname
LEFT JOIN pg_description d ON d.classoid = k.classid AND d.objoid = k.objid AND d.objsubid = 0
WHERE d.description IS DISTINCT FROM a.comment
--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relowner <> (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user)) OR EXISTS (SELECT FROM pg_type WHERE oid >= 16384::oid AND typowner <> (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user)) OR EXISTS (SELECT FROM pg_namespace WHERE nspname IN ({schemas}) AND nspname <> pg_catalog.current_schema()) OR EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public' AND nspname = pg_catalog.current_schema() AND nspowner NOT IN (10::oid, 6171::oid))
-- Who owns them, and tables and types, where it is somebody else.
SELECT 'object', 'owner', 'of ' || o.name, 'owner ' || o.key, o.key, '1', 'ALTER ' || o.target || ' OWNER TO ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o.role)),
    'ALTER ' || o.target || ' OWNER TO ' || CASE WHEN o.is_first THEN (SELECT pg_catalog.quote_ident(r.rolname) FROM pg_roles r WHERE r.oid IN (10::oid, 6171::oid) ORDER BY r.oid DESC LIMIT 1)
        ELSE 'CURRENT_USER' END, 'ALTER ' || o.target || ' OWNER TO ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o.role)), NULL, NULL,
    NULL, '0', '1', o.is_first::int::text
FROM (
    SELECT k.kind || ' ' || k.name AS name, k.key, k.target, k.role, false AS is_first FROM keyed k WHERE k.target IS NOT NULL AND k.role IS NOT NULL
    UNION ALL
    SELECT 'table ' || c.full_name, pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', c.oid), 'TABLE ' || c.full_name, c.relowner, false
    FROM relations c WHERE c.relkind IN ('r', 'p')
    UNION ALL
    SELECT 'type ' || t.full_name, pg_catalog.concat('enum ', nullif(n.nspname, pg_catalog.current_schema()), pg_catalog.chr(30), t.typname), 'TYPE ' || t.full_name, t.typowner, false
    FROM types t JOIN namespaces n ON n.oid = t.typnamespace WHERE t.typtype = 'e'
    UNION ALL
    -- That of a column has its table's.
    SELECT 'sequence ' || c.full_name, pg_catalog.concat('sequence ', nullif(n.nspname, pg_catalog.current_schema()), pg_catalog.chr(30), c.relname), 'SEQUENCE ' || c.full_name, c.relowner, false
    FROM relations c JOIN namespaces n ON n.oid = c.relnamespace
    WHERE c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = c.oid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0)
    UNION ALL
    SELECT 'schema ' || pg_catalog.quote_ident(n.nspname), NULL, 'SCHEMA ' || pg_catalog.quote_ident(n.nspname), s.nspowner, false
    FROM namespaces n JOIN pg_namespace s ON s.oid = n.oid WHERE n.prefix <> ''
    UNION ALL
    -- The server made it, for itself or for who owns the database.
    SELECT 'schema ' || n.nspname::text, NULL, 'SCHEMA ' || n.nspname::text, s.nspowner, true
    FROM namespaces n JOIN pg_namespace s ON s.oid = n.oid WHERE n.prefix = '' AND n.nspname = 'public'
) o WHERE CASE WHEN o.is_first THEN o.role NOT IN (10::oid, 6171::oid) ELSE o.role <> (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user) END
--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relacl IS NOT NULL) OR EXISTS (SELECT FROM pg_attribute WHERE attrelid >= 16384::oid AND attacl IS NOT NULL) OR EXISTS (SELECT FROM pg_type WHERE oid >= 16384::oid AND typacl IS NOT NULL) OR EXISTS (SELECT FROM pg_namespace WHERE nspname IN ({schemas}) AND nspname <> pg_catalog.current_schema())
-- What others may do with them, and what their owner may not: every owner may all, unless somebody revoked it.
SELECT 'object', 'privileges', 'of ' || g.role || ' on ' || g.name, pg_catalog.concat('privileges ', g.role, ' ', g.name), g.owner_key, '1', g.definition,
    CASE WHEN g.is_owner THEN 'GRANT ALL ON ' || g.target || ' TO ' || g.grantee
        ELSE 'REVOKE ALL' || coalesce(' (' || g.of_column || ')', '') || ' ON ' || g.target || ' FROM ' || g.role END, NULL, NULL, 'privileges', g.parts, '0', '1', '0'
FROM (
    SELECT a.name, a.target, a.owner_key, CASE WHEN a.is_owner THEN 'the owner' ELSE a.role END AS role, a.role AS grantee, a.of_column, a.is_owner,
        CASE WHEN a.is_owner THEN 'REVOKE ' || pg_catalog.string_agg(a.privilege, ', ' ORDER BY a.privilege) || ' ON ' || a.target || ' FROM ' || a.role
            ELSE pg_catalog.concat_ws(E';\n', 'GRANT ' || pg_catalog.string_agg(a.privilege, ', ' ORDER BY a.privilege) FILTER (WHERE NOT a.is_grantable) || ' ON ' || a.target || ' TO ' || a.role,
            'GRANT ' || pg_catalog.string_agg(a.privilege, ', ' ORDER BY a.privilege) FILTER (WHERE a.is_grantable) || ' ON ' || a.target || ' TO ' || a.role || ' WITH GRANT OPTION') END AS definition,
        pg_catalog.string_agg(a.privilege || pg_catalog.chr(30) || CASE WHEN a.is_owner THEN t.revoked ELSE t.granted END || pg_catalog.chr(30) || CASE WHEN a.is_owner THEN t.granted ELSE t.revoked END,
            pg_catalog.chr(31) ORDER BY a.privilege) AS parts
    FROM (
        SELECT DISTINCT r.name, r.target, r.owner_key, CASE WHEN a.grantee = 0::oid THEN 'PUBLIC' WHEN a.is_owner AND r.owner = (SELECT o.oid FROM pg_roles o WHERE o.rolname = current_user)
                THEN 'CURRENT_USER' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS role,
            a.privilege_type || coalesce(' (' || r.of_column || ')', '') AS privilege, a.is_grantable, r.of_column, a.is_owner
        FROM (
            SELECT 'table ' || c.full_name AS name, 'TABLE ' || c.full_name AS target, pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', c.oid) AS owner_key,
                NULL::text AS of_column, c.relacl AS acl, c.relowner AS owner, false AS is_public, 'r' AS sort
            FROM relations c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
            UNION ALL SELECT 'column ' || c.full_name || '.' || pg_catalog.quote_ident(t.attname), 'TABLE ' || c.full_name,
                pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', c.oid, CASE WHEN c.relkind IN ('r', 'p') THEN ':' || t.attnum::text END),
                pg_catalog.quote_ident(t.attname), t.attacl, c.relowner, false, 'c'
            FROM pg_attribute t JOIN relations c ON c.oid = t.attrelid WHERE t.attacl IS NOT NULL AND t.attnum > 0 AND NOT t.attisdropped
            UNION ALL SELECT 'sequence ' || c.full_name, 'SEQUENCE ' || c.full_name, coalesce(
                (SELECT pg_catalog.concat(d.refclassid, ':', d.refobjid, ':', d.refobjsubid) FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid
                    AND d.objid = c.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0 LIMIT 1),
                pg_catalog.concat('sequence ', nullif(n.nspname, pg_catalog.current_schema()), pg_catalog.chr(30), c.relname)), NULL, c.relacl, c.relowner, false, 's'
            FROM relations c JOIN namespaces n ON n.oid = c.relnamespace WHERE c.relkind = 'S'
            UNION ALL SELECT CASE p.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE 'function ' END || p.full_name,
                CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.full_name, pg_catalog.concat('pg_catalog.pg_proc'::regclass::oid, ':', p.oid),
                NULL, p.proacl, p.proowner, true, 'f' FROM functions p
            UNION ALL SELECT 'type ' || t.full_name, 'TYPE ' || t.full_name, CASE WHEN t.typtype = 'e'
                    THEN pg_catalog.concat('enum ', nullif(n.nspname, pg_catalog.current_schema()), pg_catalog.chr(30), t.typname)
                    ELSE pg_catalog.concat('pg_catalog.pg_type'::regclass::oid, ':', t.oid) END, NULL, t.typacl, t.typowner, true, 'T'
            FROM types t JOIN namespaces n ON n.oid = t.typnamespace WHERE t.typacl IS NOT NULL
            UNION ALL SELECT k.kind || ' ' || k.name, CASE k.kind WHEN 'foreign server' THEN 'FOREIGN ' ELSE '' END || k.target, k.key, NULL, w.acl, k.role, w.is_public, w.sort
            FROM keyed k JOIN (
                SELECT 'pg_catalog.pg_foreign_data_wrapper'::regclass::oid AS classid, f.oid, f.fdwacl AS acl, false AS is_public, 'F' AS sort FROM pg_foreign_data_wrapper f
                UNION ALL SELECT 'pg_catalog.pg_foreign_server'::regclass::oid, f.oid, f.srvacl, false, 'S' FROM pg_foreign_server f
                UNION ALL SELECT 'pg_catalog.pg_language'::regclass::oid, l.oid, l.lanacl, true, 'l' FROM pg_language l
            ) w ON w.classid = k.classid AND w.oid = k.objid
            UNION ALL SELECT 'schema ' || pg_catalog.quote_ident(n.nspname), 'SCHEMA ' || pg_catalog.quote_ident(n.nspname), NULL, NULL, s.nspacl, s.nspowner, false, 'n'
            FROM namespaces n JOIN pg_namespace s ON s.oid = n.oid WHERE n.prefix <> ''
        ) r CROSS JOIN LATERAL (
            SELECT x.grantee, x.privilege_type, x.is_grantable, false AS is_owner FROM pg_catalog.aclexplode(r.acl) x
            -- Of a column nobody has any from the beginning, its owner neither.
            WHERE (x.grantee <> r.owner OR r.of_column IS NOT NULL) AND NOT (r.is_public AND x.grantee = 0::oid)
            UNION ALL SELECT r.owner, x.privilege_type, false, true FROM pg_catalog.aclexplode(pg_catalog.acldefault(r.sort::"char", r.owner)) x
            WHERE r.acl IS NOT NULL AND x.grantee = r.owner AND NOT EXISTS (
                SELECT FROM pg_catalog.aclexplode(r.acl) h WHERE h.grantee = r.owner AND h.privilege_type = x.privilege_type)
        ) a
    ) a CROSS JOIN LATERAL (
        SELECT 'GRANT ' || a.privilege || ' ON ' || a.target || ' TO ' || a.role || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS granted,
            'REVOKE ' || a.privilege || ' ON ' || a.target || ' FROM ' || a.role AS revoked
    ) t GROUP BY a.name, a.target, a.owner_key, a.role, a.of_column, a.is_owner
) g
--? EXISTS (SELECT FROM pg_type WHERE oid >= 16384::oid AND typacl IS NOT NULL)
-- Everybody may use these, unless somebody said otherwise.
SELECT 'object', 'privileges', 'of PUBLIC on ' || g.name, pg_catalog.concat('no privileges ', g.name), g.owner_key, '1', 'REVOKE ALL ON ' || g.target || ' FROM PUBLIC',
    'GRANT ALL ON ' || g.target || ' TO PUBLIC', NULL, NULL, NULL, NULL, '0', '1', '0'
FROM (
    SELECT CASE p.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE 'function ' END || p.full_name AS name,
        CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.full_name AS target, pg_catalog.concat('pg_catalog.pg_proc'::regclass::oid, ':', p.oid) AS owner_key,
        p.proacl AS acl FROM functions p
    UNION ALL SELECT 'type ' || t.full_name, 'TYPE ' || t.full_name, CASE WHEN t.typtype = 'e'
            THEN pg_catalog.concat('enum ', nullif(n.nspname, pg_catalog.current_schema()), pg_catalog.chr(30), t.typname)
            ELSE pg_catalog.concat('pg_catalog.pg_type'::regclass::oid, ':', t.oid) END, t.typacl
    FROM types t JOIN namespaces n ON n.oid = t.typnamespace
    UNION ALL SELECT 'language ' || k.name, k.target, k.key, l.lanacl FROM keyed k JOIN pg_language l ON l.oid = k.objid WHERE k.kind = 'language'
) g WHERE g.acl IS NOT NULL AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(g.acl) a WHERE a.grantee = 0::oid)
--? EXISTS (SELECT FROM pg_namespace n LEFT JOIN pg_description d ON d.classoid = 'pg_catalog.pg_namespace'::regclass::oid AND d.objoid = n.oid WHERE n.nspname = pg_catalog.current_schema() AND d.description <> CASE WHEN n.nspname = 'public' THEN 'standard public schema' ELSE '' END)
-- The default schema is older than any script. What is said of it, and who may use it, differs only from how the server made it; that
-- nothing is said of one that somebody made again is no difference.
SELECT 'object', 'comment', 'on schema ' || s.name, 'comment schema ' || s.name, NULL, '1', s.start || coalesce(pg_catalog.quote_literal(d.description), 'NULL'),
    s.start || coalesce(pg_catalog.quote_literal(s.usual), 'NULL'), s.start || coalesce(pg_catalog.quote_literal(d.description), 'NULL'), NULL, NULL, NULL, '0', '0', '1'
FROM pg_namespace n LEFT JOIN pg_description d ON d.classoid = 'pg_catalog.pg_namespace'::regclass::oid AND d.objoid = n.oid
CROSS JOIN LATERAL (SELECT pg_catalog.quote_ident(n.nspname) AS name, 'COMMENT ON SCHEMA ' || pg_catalog.quote_ident(n.nspname) || ' IS ' AS start,
    CASE WHEN n.nspname = 'public' THEN 'standard public schema' END AS usual) s
WHERE n.nspname = pg_catalog.current_schema() AND d.description <> coalesce(s.usual, '')
--? EXISTS (SELECT FROM pg_namespace n LEFT JOIN pg_init_privs i ON i.classoid = 'pg_catalog.pg_namespace'::regclass::oid AND i.objoid = n.oid WHERE n.nspname = pg_catalog.current_schema() AND n.nspacl IS DISTINCT FROM i.initprivs)
SELECT 'object', 'privileges', 'of ' || p.role || ' on schema ' || p.name, 'privileges schema ' || p.role || ' ' || p.name, NULL, '1',
    pg_catalog.string_agg(p.comes, E';\n' ORDER BY p.privilege), pg_catalog.string_agg(p.goes, E';\n' ORDER BY p.privilege), NULL, NULL, 'privileges',
    pg_catalog.string_agg(p.privilege || pg_catalog.chr(30) || p.comes || pg_catalog.chr(30) || p.goes, pg_catalog.chr(31) ORDER BY p.privilege), '0', '1', '1'
FROM (
    SELECT DISTINCT r.name, r.role, a.privilege_type AS privilege, CASE WHEN a.is_given THEN t.given ELSE t.taken END AS comes, CASE WHEN a.is_given THEN t.taken ELSE t.given END AS goes
    FROM pg_namespace n LEFT JOIN pg_init_privs i ON i.classoid = 'pg_catalog.pg_namespace'::regclass::oid AND i.objoid = n.oid
    CROSS JOIN LATERAL (
        SELECT x.grantee, x.privilege_type, x.is_grantable, true AS is_given FROM pg_catalog.aclexplode(n.nspacl) x
        WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(i.initprivs) y WHERE (y.grantee, y.privilege_type, y.is_grantable) = (x.grantee, x.privilege_type, x.is_grantable))
        UNION ALL SELECT y.grantee, y.privilege_type, false, false FROM pg_catalog.aclexplode(i.initprivs) y
        WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(n.nspacl) x WHERE (x.grantee, x.privilege_type) = (y.grantee, y.privilege_type))
    ) a
    CROSS JOIN LATERAL (SELECT pg_catalog.quote_ident(n.nspname) AS name, CASE WHEN a.grantee = 0::oid THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS role) r
    CROSS JOIN LATERAL (SELECT 'GRANT ' || a.privilege_type || ' ON SCHEMA ' || r.name || ' TO ' || r.role || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS given,
        'REVOKE ' || a.privilege_type || ' ON SCHEMA ' || r.name || ' FROM ' || r.role AS taken) t
    WHERE n.nspname = pg_catalog.current_schema() AND a.grantee <> n.nspowner
        -- What the owner from the beginning had went to the one who came after.
        AND (a.is_given OR a.grantee = 0::oid)
) p GROUP BY p.name, p.role
--? EXISTS (SELECT FROM pg_default_acl)
-- What others may do with what is created from now on. Those for all schemas are read as what they give and take of what there is
-- anyway; those for one schema only give. The shape says what they are of, for whom, where, and whether they are our own.
SELECT 'object', 'default privileges', d.name, 'default privileges ' || d.name, NULL, '0', d.definition, d.removal, NULL, d.shape, 'default privileges', d.parts, '0', '1', d.is_wide
FROM (
    SELECT pg_catalog.concat('of ', a.role, ' on ', pg_catalog.lower(a.things), ' of ', a.maker, a.place) AS name,
        pg_catalog.string_agg(a.comes, E';\n' ORDER BY a.privilege) AS definition, pg_catalog.string_agg(a.goes, E';\n' ORDER BY a.privilege) AS removal,
        pg_catalog.concat_ws(pg_catalog.chr(31), a.things, a.role, a.within, a.is_mine::int::text) AS shape,
        pg_catalog.string_agg(pg_catalog.concat(a.privilege, pg_catalog.chr(30), a.comes, pg_catalog.chr(30), a.goes), pg_catalog.chr(31) ORDER BY a.privilege) AS parts,
        CASE WHEN a.within = '*' THEN '1' ELSE '0' END AS is_wide
    FROM (
        SELECT b.*, CASE WHEN b.is_given THEN b.given ELSE b.taken END AS comes, CASE WHEN b.is_given THEN b.taken ELSE b.given END AS goes
        FROM (
            SELECT DISTINCT m.maker, m.place, m.within, m.is_mine, t.things, r.role, a.privilege_type AS privilege, a.is_given,
                pg_catalog.concat(m.start, 'GRANT ', a.privilege_type, ' ON ', t.things, ' TO ', r.role, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END) AS given,
                pg_catalog.concat(m.start, 'REVOKE ', a.privilege_type, ' ON ', t.things, ' FROM ', r.role) AS taken
            FROM pg_default_acl d LEFT JOIN namespaces n ON n.oid = d.defaclnamespace
            CROSS JOIN LATERAL (SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)) AS maker,
                d.defaclrole = (SELECT o.oid FROM pg_roles o WHERE o.rolname = current_user) AS is_mine,
                pg_catalog.concat('ALTER DEFAULT PRIVILEGES FOR ROLE ', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)),
                    ' IN SCHEMA ' || pg_catalog.quote_ident(n.nspname), ' ') AS start,
                CASE WHEN n.oid IS NULL THEN ' for all schemas' WHEN n.prefix <> '' THEN ' in ' || pg_catalog.quote_ident(n.nspname) END AS place,
                CASE WHEN n.oid IS NULL THEN '*' WHEN n.prefix <> '' THEN n.nspname::text ELSE '' END AS within) m
            CROSS JOIN LATERAL (SELECT CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END AS things) t
            CROSS JOIN LATERAL (SELECT CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype::text END AS sort) s
            CROSS JOIN LATERAL (
                SELECT x.grantee, x.privilege_type, x.is_grantable, true AS is_given FROM pg_catalog.aclexplode(d.defaclacl) x
                WHERE n.oid IS NOT NULL OR NOT EXISTS (SELECT FROM pg_catalog.aclexplode(pg_catalog.acldefault(s.sort::"char", d.defaclrole)) y
                    WHERE y.grantee = x.grantee AND y.privilege_type = x.privilege_type AND y.is_grantable = x.is_grantable)
                UNION ALL SELECT y.grantee, y.privilege_type, false, false FROM pg_catalog.aclexplode(pg_catalog.acldefault(s.sort::"char", d.defaclrole)) y
                WHERE n.oid IS NULL AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(d.defaclacl) x WHERE x.grantee = y.grantee AND x.privilege_type = y.privilege_type)
            ) a
            CROSS JOIN LATERAL (SELECT CASE WHEN a.grantee = 0::oid THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS role) r
            WHERE n.oid IS NOT NULL OR d.defaclnamespace = 0::oid
        ) b
    ) a GROUP BY a.maker, a.place, a.within, a.is_mine, a.things, a.role
) d

--: end
)
SELECT * FROM rows ORDER BY 2, 3
