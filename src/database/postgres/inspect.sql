-- What a schema holds: one message, whose rows are told apart by their first column. {schemas} is a list of names as literals, in
-- which current_schema() comes first. Lists are joined by the unit separator, chr(31).
--
-- Columns that an older server does not have: `lacking` has them as NULL, and in `newer` a name that its own table does not know is
-- looked for outside, where it finds that one. (Reading them through to_jsonb would make a document of every row.)

--: default
SELECT 'default' AS ambix, pg_catalog.current_schema()::text AS name

--: schemas
SELECT 'schema' AS ambix, nspname::text AS name, pg_catalog.obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace
WHERE nspname IN ({schemas}) AND nspname <> pg_catalog.current_schema() ORDER BY 2

--: tables
--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind IN ('r', 'p'))
SELECT 'table' AS ambix, c.oid::text AS oid, nullif(n.nspname, pg_catalog.current_schema())::text AS schema, c.relname::text AS name,
    pg_catalog.obj_description(c.oid, 'pg_class') AS comment, c.relpersistence::text AS persistence, pg_catalog.array_to_string(c.reloptions, pg_catalog.chr(31)) AS options, t.spcname::text AS tablespace,
    CASE WHEN m.amname <> pg_catalog.current_setting('default_table_access_method') THEN m.amname::text END AS access_method,
    (SELECT x.relname::text FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisclustered) AS cluster_on,
    CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing' END AS replica_identity,
    (SELECT x.relname::text FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
        WHERE i.indrelid = c.oid AND i.indisreplident AND c.relreplident = 'i') AS replica_identity_index,
    CASE c.relkind WHEN 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key,
    CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END AS bound
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
LEFT JOIN pg_am m ON m.oid = c.relam
WHERE n.nspname IN ({schemas}) AND c.relkind IN ('r', 'p')
    -- One with an ancestor that takes no part takes none.
    AND NOT EXISTS (
        WITH RECURSIVE above (oid) AS (
            SELECT h.inhparent FROM pg_inherits h WHERE h.inhrelid = c.oid
            UNION SELECT h.inhparent FROM above b JOIN pg_inherits h ON h.inhrelid = b.oid
        )
        SELECT FROM above b JOIN pg_class a ON a.oid = b.oid JOIN pg_namespace an ON an.oid = a.relnamespace
        WHERE a.relkind NOT IN ('r', 'p') OR an.nspname NOT IN ({schemas}) OR EXISTS (SELECT FROM pg_depend d
            WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = a.oid AND d.deptype = 'e')
    )
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname

--: inherits
--? EXISTS (SELECT FROM pg_inherits)
SELECT 'inherits' AS ambix, h.inhrelid::text AS table_oid, nullif(n.nspname, pg_catalog.current_schema())::text AS schema, c.relname::text AS name
FROM pg_inherits h
JOIN pg_class c ON c.oid = h.inhparent AND c.relkind IN ('r', 'p')
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ({schemas}) ORDER BY h.inhrelid, h.inhseqno

--: columns
--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind IN ('r', 'p'))
SELECT 'column' AS ambix, a.attrelid::text AS table_oid, a.attnum::text AS number, a.attname::text AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    a.attnotnull::int::text AS not_null, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression, a.attidentity::text AS identity, a.attgenerated::text AS generated,
    CASE WHEN a.attcollation <> t.typcollation THEN CASE WHEN pg_catalog.pg_collation_is_visible(l.oid) THEN '' ELSE l.collnamespace::regnamespace::text || '.' END || pg_catalog.quote_ident(l.collname) END AS collation,
    o.description AS comment, nullif(a.attstorage, t.typstorage)::text AS storage, newer.attcompression::text AS compression,
    CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END AS statistics, pg_catalog.array_to_string(a.attoptions, pg_catalog.chr(31)) AS options,
    (a.attinhcount > 0)::int::text AS is_inherited, (a.attislocal AND a.attinhcount > 0)::int::text AS is_local
FROM pg_attribute a
CROSS JOIN (SELECT NULL::"char" AS attcompression) lacking
CROSS JOIN LATERAL (SELECT attcompression FROM (SELECT a.*) own) newer
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_description o ON o.objoid = a.attrelid AND o.classoid = 'pg_catalog.pg_class'::regclass::oid AND o.objsubid = a.attnum
WHERE n.nspname IN ({schemas}) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum

--: sequences
--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind = 'S')
SELECT 'sequence' AS ambix, nullif(n.nspname, pg_catalog.current_schema())::text AS schema, c.relname::text AS name, d.refobjid::text AS owner_oid, d.refobjsubid::text AS owner_column,
    d.deptype::text AS dependency, c.oid::regclass::text AS regclass, pg_catalog.format_type(s.seqtypid, NULL) AS type, s.seqstart::text AS start, s.seqincrement::text AS increment,
    s.seqmin::text AS minimum, s.seqmax::text AS maximum, s.seqcache::text AS cache, s.seqcycle::int::text AS cycle, pg_catalog.obj_description(c.oid, 'pg_class') AS comment
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = c.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
    AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
WHERE n.nspname IN ({schemas})
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_catalog.pg_class'::regclass::oid AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY n.nspname, c.relname

--: constraints
--? EXISTS (SELECT FROM pg_constraint WHERE conrelid >= 16384::oid)
SELECT 'constraint' AS ambix, k.conrelid::text AS table_oid, k.conname::text AS name, k.contype::text AS type, pg_catalog.array_to_string(k.conkey, ' ') AS columns,
    nullif(rn.nspname, pg_catalog.current_schema())::text AS referenced_schema, r.relname::text AS referenced_table,
    (SELECT pg_catalog.string_agg(a.attname, pg_catalog.chr(31) ORDER BY u.place) FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u (number, place)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number) AS referenced_columns,
    k.confupdtype::text AS on_update, k.confdeltype::text AS on_delete, k.confmatchtype::text AS matching, (k.condeferrable::int + k.condeferred::int)::text AS deferral,
    k.convalidated::int::text AS validated, k.connoinherit::int::text AS no_inherit,
    CASE k.contype WHEN 'c' THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid) WHEN 'x' THEN pg_catalog.pg_get_constraintdef(k.oid) END AS definition,
    pg_catalog.array_to_string(i.indkey::int2[], ' ') AS index_columns, i.indnkeyatts::text AS key_count, newer.indnullsnotdistinct::text AS nulls_not_distinct,
    pg_catalog.array_to_string(ic.reloptions, pg_catalog.chr(31)) AS options, pg_catalog.array_to_string(newer.confdelsetcols, ' ') AS set_columns, newer.conenforced::text AS enforced,
    pg_catalog.obj_description(k.oid, 'pg_constraint') AS comment, (k.conparentid <> 0::oid OR k.coninhcount > 0)::int::text AS is_given,
    (ic.relkind = 'I' AND NOT i.indisvalid)::int::text AS is_incomplete
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class r ON r.oid = k.confrelid
LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
LEFT JOIN pg_index i ON k.contype IN ('p', 'u', 'x') AND i.indexrelid = k.conindid
LEFT JOIN pg_class ic ON ic.oid = i.indexrelid
CROSS JOIN (SELECT NULL::boolean AS indnullsnotdistinct, NULL::int2[] AS confdelsetcols, NULL::boolean AS conenforced) lacking
CROSS JOIN LATERAL (
    SELECT indnullsnotdistinct, confdelsetcols, conenforced FROM (SELECT i.*) own_index, (SELECT k.*) own
) newer
WHERE n.nspname IN ({schemas}) AND c.relkind IN ('r', 'p') AND k.contype IN ('p', 'u', 'f', 'c', 'x')
    -- A foreign key to a partitioned table has a row for each partition, too.
    AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)
ORDER BY k.conrelid, k.conname

--: indexes
--? EXISTS (SELECT FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid AND t.relkind IN ('r', 'p') WHERE i.indexrelid >= 16384::oid AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x') AND (k.conparentid <> 0::oid OR NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid))))
SELECT 'index' AS ambix, i.indrelid::text AS table_oid, i.indexrelid::text AS oid, c.relname::text AS name, i.indisunique::int::text AS is_unique,
    nullif(m.amname, 'btree')::text AS method, pg_catalog.array_to_string(i.indkey::int2[], ' ') AS columns, i.indnkeyatts::text AS key_count,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate, newer.indnullsnotdistinct::text AS nulls_not_distinct, pg_catalog.array_to_string(c.reloptions, pg_catalog.chr(31)) AS options,
    pg_catalog.obj_description(c.oid, 'pg_class') AS comment, EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)::int::text AS is_given,
    (c.relkind = 'I' AND NOT i.indisvalid)::int::text AS is_incomplete
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_am m ON m.oid = c.relam
CROSS JOIN (SELECT NULL::boolean AS indnullsnotdistinct) lacking
CROSS JOIN LATERAL (SELECT indnullsnotdistinct FROM (SELECT i.*) own) newer
WHERE n.nspname IN ({schemas}) AND t.relkind IN ('r', 'p')
    -- That of a constraint is the constraint's, but where it is a part of the parent's index all the same.
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
        AND (k.conparentid <> 0::oid OR NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)))
ORDER BY i.indrelid, c.relname

--: parts
--? EXISTS (SELECT FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid AND t.relkind IN ('r', 'p') WHERE i.indexrelid >= 16384::oid AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x') AND (k.conparentid <> 0::oid OR NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid))))
SELECT 'part' AS ambix, i.indexrelid::text AS index_oid, p.at::text AS position, i.indkey[p.at]::text AS column_number,
    e.text AS expression,
    CASE WHEN NOT o.opcdefault OR ia.attoptions IS NOT NULL THEN pg_catalog.concat_ws(' ', CASE WHEN pg_catalog.pg_opclass_is_visible(o.oid) THEN '' ELSE o.opcnamespace::regnamespace::text || '.' END || pg_catalog.quote_ident(o.opcname),
        (SELECT '(' || pg_catalog.string_agg(pg_catalog.quote_ident(option_name) || '=' || pg_catalog.quote_literal(option_value), ', ') || ')'
            FROM pg_catalog.pg_options_to_table(ia.attoptions))) END AS operator_class,
    -- Which collation an expression has by itself, the catalogue does not say; the index's text says one where it is another.
    CASE WHEN i.indkey[p.at] <> 0 AND i.indcollation[p.at] <> a.attcollation
        OR pg_catalog.strpos(e.whole, '(' || e.text || ' COLLATE ' || l.full_name) > 0 OR pg_catalog.strpos(e.whole, ', ' || e.text || ' COLLATE ' || l.full_name) > 0
        THEN l.full_name END AS collation,
    i.indoption[p.at]::text AS direction
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
-- Of an array the planner expects few members, and so it takes the indexes of the catalogue.
CROSS JOIN LATERAL pg_catalog.unnest(i.indclass::oid[]) WITH ORDINALITY u (opclass, place)
CROSS JOIN LATERAL (SELECT u.place::int - 1 AS at) p
LEFT JOIN pg_opclass o ON o.oid = u.opclass
LEFT JOIN pg_collation k ON k.oid = i.indcollation[p.at]
-- Behind the join, or else the server would look for the name of each collation that it has.
CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_catalog.pg_collation_is_visible(k.oid) THEN '' ELSE k.collnamespace::regnamespace::text || '.' END || pg_catalog.quote_ident(k.collname) AS full_name
) l
-- Of expressions alone, and once: the server writes the index anew for each of them.
CROSS JOIN LATERAL (
    SELECT CASE WHEN i.indkey[p.at] = 0 THEN pg_catalog.pg_get_indexdef(i.indexrelid, p.at + 1, false) END AS text,
        CASE WHEN i.indkey[p.at] = 0 THEN pg_catalog.pg_get_indexdef(i.indexrelid) END AS whole OFFSET 0) e
LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p.at]
LEFT JOIN pg_attribute ia ON ia.attrelid = i.indexrelid AND ia.attnum = p.at + 1
WHERE n.nspname IN ({schemas}) AND t.relkind IN ('r', 'p')
    -- That of a constraint is the constraint's, but where it is a part of the parent's index all the same.
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
        AND (k.conparentid <> 0::oid OR NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)))
ORDER BY i.indexrelid, p.at

--: enums
--? EXISTS (SELECT FROM pg_enum)
SELECT 'enum' AS ambix, nullif(n.nspname, pg_catalog.current_schema())::text AS schema, t.typname::text AS name,
    pg_catalog.string_agg(e.enumlabel, pg_catalog.chr(31) ORDER BY e.enumsortorder) AS labels, pg_catalog.obj_description(t.oid, 'pg_type') AS comment
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
JOIN pg_enum e ON e.enumtypid = t.oid
WHERE n.nspname IN ({schemas})
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_type'::regclass::oid AND d.objid = t.oid AND d.deptype = 'e')
GROUP BY n.nspname, t.typname, t.oid ORDER BY n.nspname, t.typname

--: relations
--? EXISTS (SELECT FROM pg_inherits)
SELECT 'other' AS ambix, CASE WHEN c.relkind = 'f' THEN 'foreign table' WHEN c.relispartition THEN 'partition'
        WHEN c.relkind = 'r' THEN 'table that inherits' ELSE 'partitioned table' END AS kind,
    nullif(n.nspname, pg_catalog.current_schema())::text AS schema, c.relname::text AS name, NULL AS definition, c.oid::text AS oid
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ({schemas}) AND (c.relkind = 'f' AND EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
        OR c.relkind IN ('r', 'p') AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid))
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 2, 3, 4

--: uses
--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind IN ('f', 'p')) OR EXISTS (SELECT FROM pg_inherits)
-- What something that is not compared is made of: tables, their columns and row types, sequences, types.
SELECT DISTINCT 'use' AS ambix, o.kind, nullif(n.nspname, pg_catalog.current_schema())::text AS schema, o.name,
    nullif(un.nspname, pg_catalog.current_schema())::text AS used_schema, u.name AS used_name, u.column_name AS used_column
FROM pg_depend d
JOIN LATERAL (
    SELECT CASE WHEN c.relkind = 'f' THEN 'foreign table' WHEN c.relispartition THEN 'partition' WHEN c.relkind = 'r' THEN 'table that inherits'
        ELSE 'partitioned table' END AS kind,
        c.relname::text AS name, c.relnamespace AS namespace
    FROM pg_class c WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND c.oid = d.objid AND (c.relkind IN ('f', 'p')
        OR c.relkind = 'r' AND (c.relispartition OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)))
    UNION ALL SELECT CASE WHEN c.relkind = 'f' THEN 'foreign table' WHEN c.relispartition THEN 'partition' WHEN c.relkind = 'r' THEN 'table that inherits'
        ELSE 'partitioned table' END, c.relname::text, c.relnamespace
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE d.classid = 'pg_catalog.pg_constraint'::regclass::oid AND k.oid = d.objid AND k.contype = 'f' AND (c.relkind IN ('f', 'p')
        OR c.relkind = 'r' AND (c.relispartition OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)))
) o ON true
JOIN LATERAL (
    SELECT c.relname::text AS name, c.relnamespace AS namespace, a.attname::text AS column_name
    FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
    WHERE d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND c.oid = d.refobjid AND c.relkind IN ('r', 'p', 'S')
    UNION ALL SELECT t.typname::text, t.typnamespace, NULL
    FROM pg_type e JOIN pg_type t ON t.oid = CASE e.typcategory WHEN 'A' THEN e.typelem ELSE e.oid END
    WHERE d.refclassid = 'pg_catalog.pg_type'::regclass::oid AND e.oid = d.refobjid AND t.typtype IN ('e', 'c')
) u ON true
JOIN pg_namespace n ON n.oid = o.namespace
JOIN pg_namespace un ON un.oid = u.namespace
WHERE d.objid >= 16384::oid AND d.deptype IN ('n', 'a') AND un.nspname IN ({schemas}) ORDER BY 2, 3, 4, 5, 6, 7

--: belongings
--? EXISTS (SELECT FROM pg_description WHERE objoid >= 16384::oid)
-- What hangs on the index of a constraint: the statement that makes it, in which chr(31) is the table.
SELECT 'belongs' AS ambix, x.kind, nullif(n.nspname, pg_catalog.current_schema())::text AS schema, x.name, x.part, x.statement
FROM (
    SELECT 'index' AS kind, c.relnamespace AS namespace, c.relname::text AS name, x.relname::text AS part,
        'COMMENT ON INDEX ' || pg_catalog.quote_ident(xn.nspname) || '.' || pg_catalog.quote_ident(x.relname) || ' IS ' || pg_catalog.quote_literal(d.description) AS statement
    FROM pg_constraint k JOIN pg_class x ON x.oid = k.conindid JOIN pg_namespace xn ON xn.oid = x.relnamespace
    JOIN pg_class c ON c.oid = k.conrelid AND c.relkind IN ('r', 'p')
    JOIN pg_description d ON d.classoid = 'pg_catalog.pg_class'::regclass::oid AND d.objoid = x.oid AND d.objsubid = 0
    WHERE k.contype IN ('p', 'u', 'x')
) x
JOIN pg_namespace n ON n.oid = x.namespace
WHERE n.nspname IN ({schemas}) ORDER BY 2, 3, 4, 5, 6 DESC
