-- What drafts do not compare, with all that makes it what it is. What an extension has made is the extension's.
WITH namespaces AS (
    SELECT n.oid, CASE WHEN n.nspname = pg_catalog.current_schema() THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END AS prefix
    FROM pg_namespace n WHERE n.nspname IN ({schemas})
), relations AS (
    SELECT c.*, n.prefix || pg_catalog.quote_ident(c.relname) AS full_name FROM pg_class c JOIN namespaces n ON n.oid = c.relnamespace
    WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = c.oid AND d.deptype = 'e')
), attributes AS (
    SELECT a.attrelid, pg_catalog.string_agg(pg_catalog.concat_ws(' ', pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attnotnull THEN 'not null' END, 'default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid)), E',\n' ORDER BY a.attnum) AS text
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid IN (SELECT oid FROM relations) GROUP BY a.attrelid
)
SELECT 'definition' AS ambix, x.kind, x.name, x.text FROM (
    SELECT CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END AS kind, c.full_name AS name,
        pg_catalog.concat_ws(E'\n', 'with (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')', pg_catalog.pg_get_viewdef(c.oid),
            (SELECT pg_catalog.string_agg(pg_catalog.pg_get_indexdef(i.indexrelid), E'\n' ORDER BY i.indexrelid::regclass::text)
                FROM pg_index i WHERE i.indrelid = c.oid)) AS text
    FROM relations c WHERE c.relkind IN ('v', 'm')
    UNION ALL
    SELECT CASE WHEN c.relispartition THEN 'partition' WHEN c.relkind = 'r' THEN 'table that inherits'
            WHEN c.relkind = 'f' THEN 'foreign table' WHEN c.relkind = 'p' THEN 'partitioned table' ELSE 'composite type' END,
        c.full_name,
        pg_catalog.concat_ws(E'\n', a.text, pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'partition by ' || pg_catalog.pg_get_partkeydef(c.oid),
            (SELECT pg_catalog.string_agg('inherits ' || i.inhparent::regclass::text, E'\n' ORDER BY i.inhseqno)
                FROM pg_inherits i WHERE i.inhrelid = c.oid),
            (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', 'constraint', pg_catalog.quote_ident(k.conname), pg_catalog.pg_get_constraintdef(k.oid)), E'\n' ORDER BY k.conname)
                FROM pg_constraint k WHERE k.conrelid = c.oid),
            (SELECT pg_catalog.string_agg(pg_catalog.pg_get_indexdef(i.indexrelid), E'\n' ORDER BY i.indexrelid::regclass::text)
                FROM pg_index i WHERE i.indrelid = c.oid))
    FROM relations c LEFT JOIN attributes a ON a.attrelid = c.oid
    WHERE c.relkind IN ('f', 'p', 'c')
        OR c.relkind = 'r' AND (c.relispartition OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid))
    UNION ALL
    SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
        n.prefix || pg_catalog.quote_ident(p.proname) || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')',
        CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid)
            ELSE (SELECT pg_catalog.concat_ws(' ', g.aggtransfn, g.aggfinalfn, g.aggtranstype::regtype, g.agginitval) FROM pg_aggregate g
                WHERE g.aggfnoid = p.oid) END
    FROM pg_proc p JOIN namespaces n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass::oid AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
    UNION ALL
    SELECT 'domain', n.prefix || pg_catalog.quote_ident(t.typname),
        pg_catalog.concat_ws(' ', pg_catalog.format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'not null' END, 'default ' || t.typdefault,
            (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', 'constraint', pg_catalog.quote_ident(k.conname), pg_catalog.pg_get_constraintdef(k.oid)), ' ' ORDER BY k.conname)
                FROM pg_constraint k WHERE k.contypid = t.oid))
    FROM pg_type t JOIN namespaces n ON n.oid = t.typnamespace
    WHERE t.typtype = 'd'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_type'::regclass::oid AND d.objid = t.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'range type', n.prefix || pg_catalog.quote_ident(t.typname), 'of ' || pg_catalog.format_type(r.rngsubtype, NULL)
    FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid JOIN namespaces n ON n.oid = t.typnamespace
    WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_type'::regclass::oid AND d.objid = t.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'trigger', pg_catalog.quote_ident(g.tgname) || ' on ' || c.full_name,
        pg_catalog.concat_ws(E'\n', pg_catalog.pg_get_triggerdef(g.oid), CASE g.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END)
    FROM pg_trigger g JOIN relations c ON c.oid = g.tgrelid WHERE NOT g.tgisinternal
    UNION ALL
    SELECT 'rule', pg_catalog.quote_ident(r.rulename) || ' on ' || c.full_name, pg_catalog.pg_get_ruledef(r.oid)
    FROM pg_rewrite r JOIN relations c ON c.oid = r.ev_class WHERE r.rulename <> '_RETURN'
    UNION ALL
    SELECT 'policy', pg_catalog.quote_ident(p.polname) || ' on ' || c.full_name,
        pg_catalog.concat_ws(' ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, p.polcmd::text,
            'to ' || (SELECT pg_catalog.string_agg(coalesce(a.rolname, 'public'), ', ' ORDER BY a.rolname)
                FROM pg_catalog.unnest(p.polroles) o (id) LEFT JOIN pg_roles a ON a.oid = o.id),
            'using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    FROM pg_policy p JOIN relations c ON c.oid = p.polrelid
    UNION ALL
    SELECT 'row-level security', 'on ' || c.full_name, CASE WHEN c.relforcerowsecurity THEN 'forced' ELSE 'enabled' END
    FROM relations c WHERE c.relrowsecurity OR c.relforcerowsecurity
    UNION ALL
    SELECT 'extended statistics', n.prefix || pg_catalog.quote_ident(s.stxname), pg_catalog.pg_get_statisticsobjdef(s.oid)
    FROM pg_statistic_ext s JOIN namespaces n ON n.oid = s.stxnamespace
    UNION ALL
    -- What the owner may do is what every owner may.
    SELECT 'privileges', 'on ' || c.full_name,
        pg_catalog.string_agg(pg_catalog.lower(a.privilege_type) || ' to ' || CASE WHEN a.grantee = 0::oid THEN 'public' ELSE a.grantee::regrole::text END
            || CASE WHEN a.is_grantable THEN ' with grant option' ELSE '' END, ', ' ORDER BY a.privilege_type, a.grantee::regrole::text)
    FROM relations c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a WHERE a.grantee <> c.relowner GROUP BY c.oid, c.full_name
    UNION ALL
    SELECT 'extension', pg_catalog.quote_ident(e.extname), 'version ' || e.extversion FROM pg_extension e WHERE e.extname <> 'plpgsql'
) x
ORDER BY 2, 3
