-- What needs what, where one of the two is an object beside tables. An address is what kind it is, and two words that say which. What
-- the catalogue keeps in parts (a view and the rule behind it, a type and its array) is one thing here.
WITH namespaces AS (
    SELECT n.oid, nullif(n.nspname, pg_catalog.current_schema())::text AS name FROM pg_namespace n WHERE n.nspname IN ({schemas})
), addresses (classid, objid, objsubid, kind, one, other) AS (
    SELECT 'pg_catalog.pg_class'::regclass::oid, c.oid, 0, 'table', c.oid::text, NULL::text FROM pg_class c
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace IN (SELECT oid FROM namespaces)
    UNION ALL SELECT 'pg_catalog.pg_class'::regclass::oid, a.attrelid, a.attnum::int, 'column', a.attrelid::text, a.attnum::text
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND c.relnamespace IN (SELECT oid FROM namespaces) WHERE a.attnum > 0
    UNION ALL SELECT 'pg_catalog.pg_attrdef'::regclass::oid, d.oid, -1, 'default', d.adrelid::text, d.adnum::text FROM pg_attrdef d
    UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass::oid, k.oid, -1, 'part', k.conrelid::text, k.conname::text FROM pg_constraint k
    -- What a constraint trigger is, the trigger says.
    WHERE k.conrelid <> 0::oid AND k.contype <> 't'
    UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass::oid, k.oid, -1, 'object', 'pg_catalog.pg_type'::regclass::oid::text || ':' || k.contypid::text, NULL
    FROM pg_constraint k WHERE k.contypid <> 0::oid
    UNION ALL SELECT 'pg_catalog.pg_class'::regclass::oid, i.indexrelid, -1, 'part', i.indrelid::text, x.relname::text
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid AND c.relkind IN ('r', 'p')
    UNION ALL SELECT 'pg_catalog.pg_class'::regclass::oid, c.oid, -1, 'sequence', n.name, c.relname::text
    FROM pg_class c JOIN namespaces n ON n.oid = c.relnamespace WHERE c.relkind = 'S'
    UNION ALL SELECT 'pg_catalog.pg_class'::regclass::oid, c.oid, -1, 'object', CASE WHEN c.relkind = 'c' THEN 'pg_catalog.pg_type'::regclass::oid::text || ':' || c.reltype::text
        ELSE 'pg_catalog.pg_class'::regclass::oid::text || ':' || c.oid::text END, NULL
    FROM pg_class c WHERE c.relkind IN ('v', 'm', 'c', 'f') OR c.relkind = 'i' AND c.oid IN (SELECT i.indexrelid FROM pg_index i JOIN pg_class m ON m.oid = i.indrelid AND m.relkind = 'm')
    UNION ALL SELECT 'pg_catalog.pg_rewrite'::regclass::oid, r.oid, -1, 'object', CASE WHEN r.rulename = '_RETURN' THEN 'pg_catalog.pg_class'::regclass::oid::text || ':' || r.ev_class::text
        ELSE 'pg_catalog.pg_rewrite'::regclass::oid::text || ':' || r.oid::text END, NULL FROM pg_rewrite r
    UNION ALL
    -- An array is its elements' type, and a row the relation that it is of.
    SELECT 'pg_catalog.pg_type'::regclass::oid, t.oid, -1,
        CASE WHEN c.relkind IN ('r', 'p') THEN 'table' WHEN e.typtype = 'e' THEN 'enum' ELSE 'object' END,
        CASE WHEN c.relkind IN ('r', 'p') THEN c.oid::text WHEN e.typtype = 'e' THEN n.name
            WHEN c.relkind IN ('v', 'm', 'f') THEN 'pg_catalog.pg_class'::regclass::oid::text || ':' || c.oid::text
            -- A multirange comes with its range.
            ELSE 'pg_catalog.pg_type'::regclass::oid::text || ':' || coalesce((SELECT r.refobjid FROM pg_depend r WHERE e.typtype = 'm' AND r.classid = 'pg_catalog.pg_type'::regclass::oid
                AND r.objid = e.oid AND r.refclassid = 'pg_catalog.pg_type'::regclass::oid AND r.deptype = 'i'), e.oid)::text END,
        CASE WHEN e.typtype = 'e' THEN e.typname::text END
    FROM pg_type t JOIN pg_type e ON e.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0::oid THEN t.typelem ELSE t.oid END
    JOIN namespaces n ON n.oid = e.typnamespace LEFT JOIN pg_class c ON c.oid = e.typrelid
    -- Some are only ever needed: a publication, a wrapper without functions.
    UNION ALL SELECT d.classid, d.objid, -1, 'object', d.classid::text || ':' || d.objid::text, NULL
    FROM (SELECT n.classid, n.objid FROM pg_depend n UNION SELECT o.refclassid, o.refobjid FROM pg_depend o) d
    WHERE d.classid IN ('pg_catalog.pg_proc'::regclass::oid, 'pg_catalog.pg_trigger'::regclass::oid, 'pg_catalog.pg_policy'::regclass::oid,
        'pg_catalog.pg_statistic_ext'::regclass::oid, 'pg_catalog.pg_operator'::regclass::oid, 'pg_catalog.pg_opclass'::regclass::oid, 'pg_catalog.pg_opfamily'::regclass::oid,
        'pg_catalog.pg_collation'::regclass::oid, 'pg_catalog.pg_ts_config'::regclass::oid, 'pg_catalog.pg_ts_dict'::regclass::oid, 'pg_catalog.pg_cast'::regclass::oid,
        'pg_catalog.pg_event_trigger'::regclass::oid, 'pg_catalog.pg_publication'::regclass::oid, 'pg_catalog.pg_foreign_server'::regclass::oid,
        'pg_catalog.pg_foreign_data_wrapper'::regclass::oid, 'pg_catalog.pg_language'::regclass::oid, 'pg_catalog.pg_transform'::regclass::oid,
        'pg_catalog.pg_conversion'::regclass::oid, 'pg_catalog.pg_publication_rel'::regclass::oid, 6237::oid)
        AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e')
    -- The members of an operator class, or of a family.
    UNION ALL SELECT d.classid, d.objid, -1, 'object', d.refclassid::text || ':' || d.refobjid::text, NULL FROM pg_depend d
    WHERE d.classid IN ('pg_catalog.pg_amop'::regclass::oid, 'pg_catalog.pg_amproc'::regclass::oid)
        AND d.refclassid IN ('pg_catalog.pg_opclass'::regclass::oid, 'pg_catalog.pg_opfamily'::regclass::oid)
    UNION ALL SELECT d.classid, d.objid, -1, 'object', d.refclassid::text || ':' || d.refobjid::text, NULL FROM pg_depend d WHERE d.deptype = 'e'
    UNION ALL SELECT d.classid, t.oid, -1, 'object', d.refclassid::text || ':' || d.refobjid::text, NULL
    FROM pg_depend d JOIN pg_type t ON t.typelem = d.objid AND t.typcategory = 'A' WHERE d.deptype = 'e' AND d.classid = 'pg_catalog.pg_type'::regclass::oid
)
SELECT DISTINCT 'dependency' AS ambix, f.kind AS of_kind, f.one AS of_one, f.other AS of_other, t.kind AS on_kind, t.one AS on_one, t.other AS on_other, (d.deptype = 'a')::int::text AS is_auto
FROM pg_depend d
JOIN addresses f ON f.classid = d.classid AND f.objid = d.objid AND f.objsubid IN (-1, d.objsubid)
JOIN addresses t ON t.classid = d.refclassid AND t.objid = d.refobjid AND t.objsubid IN (-1, d.refobjsubid)
WHERE d.deptype IN ('n', 'a', 'i') AND 'object' IN (f.kind, t.kind) AND (f.kind, f.one, coalesce(f.other, '')) <> (t.kind, t.one, coalesce(t.other, ''))
ORDER BY 2, 3, 4, 5, 6, 7, 8
