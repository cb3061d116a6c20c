-- What drafts do not compare, with all that makes it what it is. What an extension has made is the extension's. What begins a name,
-- or a text that the server writes, with the default schema has another one in a scratch place, and is shown without it.
--
-- A line `--?` begins a part of a union with the condition without which it finds nothing; see inspect/presence.rs.

--: names
WITH namespaces AS (
    SELECT n.oid, n.nspname, CASE WHEN n.nspname = pg_catalog.current_schema() THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END AS prefix
    FROM pg_namespace n WHERE n.nspname IN ({schemas})
), extended AS (
    SELECT d.classid, d.objid FROM pg_depend d WHERE d.deptype = 'e'
), relations AS (
    SELECT c.*, n.prefix || pg_catalog.quote_ident(c.relname) AS full_name FROM pg_class c JOIN namespaces n ON n.oid = c.relnamespace
    WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = c.oid)
), apart AS (
    -- Tables with an ancestor that takes no part.
    WITH RECURSIVE below (oid) AS (
        SELECT h.inhrelid FROM pg_inherits h JOIN pg_class a ON a.oid = h.inhparent
        WHERE a.relkind = 'f' OR a.relkind IN ('r', 'p') AND (a.relnamespace NOT IN (SELECT oid FROM namespaces)
            OR EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_catalog.pg_class'::regclass::oid AND e.objid = a.oid))
        UNION SELECT h.inhrelid FROM below b JOIN pg_inherits h ON h.inhparent = b.oid
    )
    SELECT b.oid FROM below b
), attributes AS (
    SELECT a.attrelid, pg_catalog.string_agg(pg_catalog.concat_ws(' ', pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attnotnull THEN 'not null' END, 'default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid)), E',\n' ORDER BY a.attnum) AS text
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid IN (SELECT oid FROM relations) GROUP BY a.attrelid
), types AS (
    SELECT t.*, n.prefix || pg_catalog.quote_ident(t.typname) AS full_name FROM pg_type t JOIN namespaces n ON n.oid = t.typnamespace
    WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_type'::regclass::oid AND d.objid = t.oid)
), functions AS (
    SELECT p.*, n.prefix || pg_catalog.quote_ident(p.proname) || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS full_name
    FROM pg_proc p JOIN namespaces n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass::oid AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
), found (kind, name, text) AS (

--: found
--? EXISTS (SELECT FROM pg_inherits)
    SELECT CASE WHEN c.relkind = 'f' THEN 'foreign table' WHEN c.relispartition THEN 'partition' WHEN c.relkind = 'r' THEN 'table that inherits'
            ELSE 'partitioned table' END,
        c.full_name,
        pg_catalog.concat_ws(E'\n', a.text, pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'partition by ' || pg_catalog.pg_get_partkeydef(c.oid),
            (SELECT pg_catalog.string_agg('inherits ' || i.inhparent::regclass::text, E'\n' ORDER BY i.inhseqno)
                FROM pg_inherits i WHERE i.inhrelid = c.oid),
            (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', 'constraint', pg_catalog.quote_ident(k.conname), pg_catalog.pg_get_constraintdef(k.oid)), E'\n' ORDER BY k.conname)
                FROM pg_constraint k WHERE k.conrelid = c.oid),
            (SELECT pg_catalog.string_agg(pg_catalog.pg_get_indexdef(i.indexrelid), E'\n' ORDER BY i.indexrelid::regclass::text)
                FROM pg_index i WHERE i.indrelid = c.oid),
            (SELECT s.srvname || ' ' || pg_catalog.array_to_string(f.ftoptions, ', ') FROM pg_foreign_table f
                JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid))
    FROM relations c LEFT JOIN attributes a ON a.attrelid = c.oid
    WHERE c.relkind = 'f' AND EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)) OR c.oid IN (SELECT oid FROM apart)
--? EXISTS (SELECT FROM pg_type WHERE oid >= 16384::oid AND typtype = 'b' AND typcategory <> 'A')
    SELECT 'base type', t.full_name, t.typinput::text FROM types t WHERE t.typtype = 'b' AND t.typcategory <> 'A'
--? EXISTS (SELECT FROM pg_trigger WHERE tgisinternal AND tgenabled <> 'O')
    SELECT 'disabled trigger', 'of ' || pg_catalog.quote_ident(k.conname) || ' on ' || c.full_name, pg_catalog.string_agg(g.tgenabled::text, '' ORDER BY g.tgtype)
    FROM pg_trigger g JOIN relations c ON c.oid = g.tgrelid JOIN pg_constraint k ON k.oid = g.tgconstraint
    WHERE g.tgisinternal AND g.tgenabled <> 'O' GROUP BY k.conname, c.full_name
--? EXISTS (SELECT FROM pg_inherits)
    SELECT 'replica identity', 'on ' || c.full_name, coalesce((SELECT x.relname::text FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
        WHERE i.indrelid = c.oid AND i.indisreplident), CASE c.relreplident WHEN 'f' THEN 'full' ELSE 'nothing' END)
    FROM relations c WHERE c.relkind IN ('r', 'p') AND c.relreplident <> 'd' AND c.oid IN (SELECT oid FROM apart)
--? EXISTS (SELECT FROM pg_inherits)
    SELECT 'clustering', 'on ' || c.full_name, x.relname::text
    FROM pg_index i JOIN relations c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indisclustered AND c.oid IN (SELECT oid FROM apart)
--? EXISTS (SELECT FROM pg_constraint WHERE NOT convalidated)
    -- A child's check may be validated while its parent's is not.
    SELECT DISTINCT 'validity', 'of constraint ' || pg_catalog.quote_ident(k.conname) || ' on ' || c.full_name, 'validated'
    FROM pg_constraint k JOIN relations c ON c.oid = k.conrelid JOIN pg_inherits h ON h.inhrelid = c.oid
    JOIN pg_constraint p ON p.conrelid = h.inhparent AND p.conname = k.conname AND p.contype = k.contype
    WHERE k.contype = 'c' AND k.convalidated AND NOT p.convalidated
--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND reloftype <> 0::oid)
    SELECT 'row type', 'on ' || c.full_name, pg_catalog.format_type(c.reloftype, NULL) FROM relations c WHERE c.reloftype <> 0::oid
--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind = 't' AND reloptions IS NOT NULL)
    SELECT 'TOAST options', 'on ' || c.full_name, pg_catalog.array_to_string(t.reloptions, ', ')
    FROM relations c JOIN pg_class t ON t.oid = c.reltoastrelid WHERE t.reloptions IS NOT NULL
--? EXISTS (SELECT FROM pg_inherits)
    SELECT 'column options', pg_catalog.quote_ident(a.attname) || ' on ' || c.full_name,
        pg_catalog.concat_ws(', ', 'statistics ' || nullif(a.attstattarget, -1)::text, pg_catalog.array_to_string(a.attoptions, ', '))
    FROM pg_attribute a JOIN relations c ON c.oid = a.attrelid
    WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND (coalesce(a.attstattarget, -1) >= 0 OR a.attoptions IS NOT NULL)
        AND c.oid IN (SELECT oid FROM apart)
--? EXISTS (SELECT FROM pg_attribute WHERE attrelid >= 16384::oid AND attnum > 0 AND attstattarget >= 0)
    SELECT 'column options', a.attnum::text || ' of index ' || pg_catalog.quote_ident(x.relname) || ' on ' || c.full_name, 'statistics ' || a.attstattarget::text
    FROM pg_attribute a JOIN pg_index i ON i.indexrelid = a.attrelid JOIN pg_class x ON x.oid = a.attrelid JOIN relations c ON c.oid = i.indrelid
    WHERE a.attstattarget >= 0
--? EXISTS (SELECT FROM pg_description WHERE objoid >= 16384::oid)
    SELECT 'comment', 'on ' || o.type || ' ' || o.identity, d.description
    FROM pg_description d CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) o
    LEFT JOIN relations c ON d.classoid = 'pg_catalog.pg_class'::regclass::oid AND c.oid = d.objoid
    LEFT JOIN pg_index i ON c.relkind IN ('i', 'I') AND i.indexrelid = c.oid
    LEFT JOIN relations t ON t.oid = i.indrelid
    WHERE d.objoid >= 16384::oid AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = d.classoid AND e.objid = d.objoid)
        AND EXISTS (SELECT FROM namespaces n WHERE o.schema = n.nspname OR pg_catalog.strpos(o.identity, ' on ' || pg_catalog.quote_ident(n.nspname) || '.') > 0
            OR o.type = 'schema' AND o.identity = pg_catalog.quote_ident(n.nspname) AND n.prefix <> '')
        -- Those of tables, columns, constraints, types that list values, indexes, sequences, schemas and of what `objects` reads are compared.
        AND o.type <> 'schema'
        AND d.classoid NOT IN ('pg_catalog.pg_proc'::regclass::oid, 'pg_catalog.pg_trigger'::regclass::oid, 'pg_catalog.pg_policy'::regclass::oid,
            'pg_catalog.pg_rewrite'::regclass::oid, 'pg_catalog.pg_statistic_ext'::regclass::oid, 'pg_catalog.pg_collation'::regclass::oid,
            'pg_catalog.pg_operator'::regclass::oid, 'pg_catalog.pg_opclass'::regclass::oid, 'pg_catalog.pg_opfamily'::regclass::oid,
            'pg_catalog.pg_conversion'::regclass::oid, 'pg_catalog.pg_ts_config'::regclass::oid, 'pg_catalog.pg_ts_dict'::regclass::oid)
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE d.classoid = 'pg_catalog.pg_constraint'::regclass::oid AND k.oid = d.objoid AND k.contypid <> 0::oid)
        AND NOT (c.oid IS NOT NULL AND (c.relkind IN ('v', 'm', 'c') OR c.relkind = 'f' AND NOT EXISTS (SELECT FROM pg_inherits x WHERE c.oid IN (x.inhrelid, x.inhparent)) OR c.relkind = 'i' AND t.relkind = 'm'))
        AND NOT EXISTS (SELECT FROM pg_constraint k JOIN relations c ON c.oid = k.conrelid WHERE d.classoid = 'pg_catalog.pg_constraint'::regclass::oid
            AND k.oid = d.objoid AND c.relkind IN ('r', 'p') AND c.oid NOT IN (SELECT oid FROM apart))
        AND NOT EXISTS (SELECT FROM pg_type y WHERE d.classoid = 'pg_catalog.pg_type'::regclass::oid AND y.oid = d.objoid AND y.typtype IN ('e', 'd', 'r', 'c'))
        AND NOT (c.oid IS NOT NULL AND c.relkind IN ('r', 'p') AND c.oid NOT IN (SELECT oid FROM apart))
        AND NOT (c.oid IS NOT NULL AND c.relkind IN ('i', 'I') AND t.relkind IN ('r', 'p') AND t.oid NOT IN (SELECT oid FROM apart)
            AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')))
        AND NOT (c.oid IS NOT NULL AND c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend s WHERE s.classid = 'pg_catalog.pg_class'::regclass::oid
            AND s.objid = c.oid AND s.refclassid = 'pg_catalog.pg_class'::regclass::oid AND s.deptype IN ('a', 'i') AND s.refobjsubid > 0
            AND NOT EXISTS (SELECT FROM relations c WHERE c.oid = s.refobjid AND c.relkind IN ('r', 'p') AND c.oid NOT IN (SELECT oid FROM apart))))
--? EXISTS (SELECT FROM pg_ts_parser WHERE oid >= 16384::oid)
    SELECT 'text search parser', n.prefix || pg_catalog.quote_ident(p.prsname), pg_catalog.concat_ws(' ', p.prsstart, p.prstoken, p.prsend, p.prsheadline, p.prslextype)
    FROM pg_ts_parser p JOIN namespaces n ON n.oid = p.prsnamespace
    WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_ts_parser'::regclass::oid AND d.objid = p.oid)
--? EXISTS (SELECT FROM pg_ts_template WHERE oid >= 16384::oid)
    SELECT 'text search template', n.prefix || pg_catalog.quote_ident(m.tmplname), pg_catalog.concat_ws(' ', m.tmplinit, m.tmpllexize)
    FROM pg_ts_template m JOIN namespaces n ON n.oid = m.tmplnamespace
    WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_ts_template'::regclass::oid AND d.objid = m.oid)

--: rows
)
SELECT CASE WHEN f.kind IN ('replica identity', 'clustering', 'row type', 'validity', 'TOAST options',
            'column options', 'comment', 'disabled trigger', 'base type', 'text search parser', 'text search template') THEN 'beside'
        ELSE 'definition' END AS ambix,
    f.kind, pg_catalog.regexp_replace(f.name, '(^|[^A-Za-z0-9_"$])' || place.pattern, '\1', 'g') AS name,
    pg_catalog.regexp_replace(f.text, '(^|[^A-Za-z0-9_"$])' || place.pattern, '\1', 'g') AS text
FROM found f
CROSS JOIN (SELECT pg_catalog.regexp_replace(pg_catalog.quote_ident(pg_catalog.current_schema()), '([^A-Za-z0-9_])', '\\\1', 'g') || '\.' AS pattern) place
ORDER BY 2, 3

--: wide_names
WITH extended AS (
    SELECT d.classid, d.objid FROM pg_depend d WHERE d.deptype = 'e'
), wide (kind, name, text) AS (

--: wide_found
--? true
-- Where nothing is in it, `public` is only there.
SELECT 'schema', pg_catalog.quote_ident(n.nspname), '' FROM pg_namespace n
WHERE n.nspname NOT IN ({schemas}) AND n.nspname::text !~ '^pg_|^ambix_scratch_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_namespace'::regclass::oid AND d.objid = n.oid)
    AND (n.nspname <> 'public' OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid
        AND NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = c.oid)))
--? EXISTS (SELECT FROM pg_subscription)
-- Where it gets its rows from, and the password there, are nobody's but the server's.
SELECT 'subscription', pg_catalog.quote_ident(s.subname), ''
FROM pg_subscription s WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = pg_catalog.current_database())
--? EXISTS (SELECT FROM pg_foreign_server)
-- Its options hold passwords, and are not looked at.
SELECT 'user mapping', 'for ' || CASE WHEN m.umuser = 0::oid THEN 'PUBLIC' ELSE pg_catalog.quote_ident(m.usename) END || ' server ' || pg_catalog.quote_ident(m.srvname), ''
FROM pg_catalog.pg_user_mappings m
--? EXISTS (SELECT FROM pg_am WHERE oid >= 16384::oid)
SELECT 'access method', pg_catalog.quote_ident(m.amname), pg_catalog.concat_ws(' ', m.amtype, m.amhandler)
FROM pg_am m WHERE m.oid >= 16384::oid AND NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_am'::regclass::oid AND d.objid = m.oid)

--: wide_rows
)
SELECT 'wide' AS ambix, w.kind, w.name, w.text FROM wide w ORDER BY 2, 3
