-- What preflight asks. Each query is sent alone, in a transaction that only reads.

--: version
SELECT 'version' AS ambix, pg_catalog.current_setting('server_version'::text) AS version

--: tables
SELECT 'table' AS ambix, t.at::text AS at, CASE WHEN c.reltuples OPERATOR(pg_catalog.>=) 0::real THEN c.reltuples::bigint::text END AS rows,
    COALESCE((SELECT pg_catalog.sum(pg_catalog.pg_total_relation_size(p.relid)) FROM pg_catalog.pg_partition_tree(c.oid) p),
        pg_catalog.pg_total_relation_size(c.oid)::numeric)::text AS bytes,
    (SELECT pg_catalog.string_agg(a.attname::text, pg_catalog.chr(31) ORDER BY k.n)
        FROM pg_catalog.pg_index i CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, n)
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid AND a.attnum OPERATOR(pg_catalog.=) k.attnum
        WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid AND i.indisprimary) AS primary_key,
    CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'r'::"char"
        AND EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent OPERATOR(pg_catalog.=) c.oid) THEN '1' END AS is_parent
FROM (VALUES {names}) AS t(at, name)
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)::oid

--: columns
SELECT 'column' AS ambix, t.at::text AS at, a.attname::text AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type
FROM (VALUES {names}) AS t(at, name)
JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)::oid
WHERE a.attnum OPERATOR(pg_catalog.>) 0::smallint AND NOT a.attisdropped

-- How a table is divided: its key, its default partition and the conditions of the others.
--: partitions
SELECT 'key' AS ambix, p.partrelid::text AS id, CASE WHEN k.attnum OPERATOR(pg_catalog.=) 0::smallint
        THEN pg_catalog.pg_get_expr(p.partexprs, p.partrelid) ELSE pg_catalog.quote_ident(a.attname::text) END AS text,
    CASE WHEN a.attname IS NOT NULL THEN pg_catalog.format_type(a.atttypid, a.atttypmod)
        WHEN y.typtype OPERATOR(pg_catalog.<>) 'p'::"char" THEN pg_catalog.format_type(y.oid, NULL) END AS type,
    CASE WHEN c.opcdefault AND (k.attnum OPERATOR(pg_catalog.<>) 0::smallint OR pg_catalog.array_length(pg_catalog.array_positions(p.partattrs::smallint[], 0::smallint), 1) OPERATOR(pg_catalog.=) 1)
        AND p.partcollation[k.n OPERATOR(pg_catalog.-) 1::bigint]::oid OPERATOR(pg_catalog.=)
        ANY (ARRAY[a.attcollation, 0::oid, CASE WHEN a.attname IS NULL THEN 100::oid END]) THEN NULL ELSE '1' END AS is_special, k.n,
    NULL AS condition, NULL AS bounds
FROM (VALUES {names}) AS t(at, name)
JOIN pg_catalog.pg_partitioned_table p ON p.partrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)::oid
CROSS JOIN LATERAL pg_catalog.unnest(p.partattrs::smallint[]) WITH ORDINALITY AS k(attnum, n)
JOIN pg_catalog.pg_opclass c ON c.oid OPERATOR(pg_catalog.=) p.partclass[k.n OPERATOR(pg_catalog.-) 1::bigint]::oid
JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) c.opcintype
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) p.partrelid AND a.attnum OPERATOR(pg_catalog.=) k.attnum
    AND k.attnum OPERATOR(pg_catalog.<>) 0::smallint
UNION ALL
SELECT CASE WHEN p.partdefid OPERATOR(pg_catalog.=) c.oid THEN 'default' ELSE 'other' END, NULL,
    pg_catalog.format('%I.%I'::text, n.nspname, c.relname), NULL, NULL, NULL,
    pg_catalog.pg_get_partition_constraintdef(c.oid), pg_catalog.pg_get_expr(c.relpartbound, c.oid)
FROM (VALUES {names}) AS t(at, name)
JOIN pg_catalog.pg_partitioned_table p ON p.partrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)::oid
JOIN pg_catalog.pg_inherits h ON h.inhparent OPERATOR(pg_catalog.=) p.partrelid
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) h.inhrelid
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
ORDER BY 6, 3

-- Which functions of these names may do more than compute a value. A search path could find any of them.
--: volatile
SELECT DISTINCT 'volatile' AS ambix, pg_catalog.concat(n.nspname, '.'::text, p.proname) AS name
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
WHERE p.proname::text OPERATOR(pg_catalog.=) ANY (ARRAY[{functions}]::text[]) AND p.provolatile OPERATOR(pg_catalog.=) 'v'::"char"
ORDER BY 2

--: activity
SELECT 'busy' AS ambix, a.pid::text AS id, a.application_name AS application, a.usename::text AS user_name,
    pg_catalog.floor(pg_catalog.date_part('epoch'::text, pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start))::bigint::text AS seconds, a.state AS state,
    CASE WHEN pg_catalog.lower(a.query) OPERATOR(pg_catalog.~~) '%password%'::text THEN '<a statement that is not shown since it names a password>'
        ELSE pg_catalog."left"(pg_catalog.regexp_replace(a.query, '\s+'::text, ' '::text, 'g'::text), 200) END AS statement,
    (SELECT pg_catalog.string_agg(DISTINCT t.name, ', '::text) FROM pg_catalog.pg_locks l
        JOIN (VALUES {names}) AS t(at, name) ON l.relation OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)::oid
        WHERE l.pid OPERATOR(pg_catalog.=) a.pid AND l.granted AND l.database OPERATOR(pg_catalog.=) a.datid) AS tables
FROM pg_catalog.pg_stat_activity a
WHERE a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
    AND a.backend_type OPERATOR(pg_catalog.=) 'client backend'::text
    AND pg_catalog.date_part('epoch'::text, pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start)
        OPERATOR(pg_catalog.>=) {seconds}::double precision
ORDER BY a.xact_start;
SELECT 'busy' AS ambix, '0' AS id, pg_catalog.concat('a prepared transaction: '::text, p.gid) AS application, p.owner::text AS user_name,
    pg_catalog.floor(pg_catalog.date_part('epoch'::text, pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) p.prepared))::bigint::text AS seconds, 'prepared' AS state,
    NULL AS statement, NULL AS tables
FROM pg_catalog.pg_prepared_xacts p WHERE p.database OPERATOR(pg_catalog.=) pg_catalog.current_database();
SELECT 'unknown' AS ambix, 'this role may not see what the sessions of other roles do: grant it pg_monitor' AS message
WHERE EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.query OPERATOR(pg_catalog.=) '<insufficient privilege>'::text
    AND a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())

--: vacuum
SELECT 'vacuum' AS ambix, t.name AS table_name, 'an autovacuum to prevent wraparound works on it, and does not give way to a migration' AS message,
    '1' AS runs
FROM (VALUES {names}) AS t(at, name)
JOIN pg_catalog.pg_locks l ON l.relation OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)::oid
JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid
WHERE a.backend_type OPERATOR(pg_catalog.=) 'autovacuum worker'::text AND a.query OPERATOR(pg_catalog.~~) '%to prevent wraparound%'::text;
SELECT 'vacuum' AS ambix, t.name AS table_name,
    pg_catalog.concat('an autovacuum to prevent wraparound will begin soon: its age is '::text, pg_catalog.age(c.relfrozenxid)) AS message, '0' AS runs
FROM (VALUES {names}) AS t(at, name)
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)::oid
WHERE c.relkind OPERATOR(pg_catalog.=) 'r'::"char" AND pg_catalog.age(c.relfrozenxid)::numeric OPERATOR(pg_catalog.>=)
    (0.95::numeric OPERATOR(pg_catalog.*) pg_catalog.current_setting('autovacuum_freeze_max_age'::text)::numeric)

--: replication
SELECT 'replica' AS ambix, COALESCE(NULLIF(r.application_name, ''), 'a replica') AS name, r.state AS state,
    CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn)::bigint::text END AS bytes,
    pg_catalog.floor(pg_catalog.date_part('epoch'::text, r.replay_lag))::bigint::text AS seconds
FROM pg_catalog.pg_stat_replication r;
SELECT 'replica' AS ambix, pg_catalog.concat('the slot '::text, s.slot_name) AS name, 'not connected' AS state,
    CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn)::bigint::text END AS bytes, NULL AS seconds
FROM pg_catalog.pg_replication_slots s WHERE NOT s.active AND s.restart_lsn IS NOT NULL

--: disk
SELECT 'size' AS ambix, pg_catalog.pg_database_size(pg_catalog.current_database())::text AS bytes;
SELECT 'unknown' AS ambix, 'PostgreSQL does not tell how much space its disk has left' AS message

--: rights
SELECT DISTINCT 'right' AS ambix, n.need AS need, COALESCE(n.name, pg_catalog.concat('the schema '::text, pg_catalog.current_schema())) AS name
FROM (VALUES {needs}) AS n(need, name)
WHERE CASE WHEN n.need OPERATOR(pg_catalog.=) 'CREATE'::text THEN NOT pg_catalog.has_schema_privilege({role},
        COALESCE(n.name, pg_catalog.current_schema()::text), 'CREATE'::text)
    WHEN n.need OPERATOR(pg_catalog.=) 'to own'::text THEN (SELECT NOT pg_catalog.pg_has_role({role}, c.relowner, 'USAGE'::text)
        FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(n.name)::oid)
    ELSE NOT pg_catalog.has_table_privilege({role}, pg_catalog.to_regclass(n.name)::oid, n.need) END
ORDER BY 2, 3

--: backup
SELECT 'archive' AS ambix, CASE WHEN pg_catalog.current_setting('archive_mode'::text) OPERATOR(pg_catalog.=) 'off'::text THEN 'off' ELSE 'on' END AS mode,
    pg_catalog.floor(pg_catalog.date_part('epoch'::text, pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.last_archived_time))::bigint::text AS seconds,
    CASE WHEN a.last_failed_time OPERATOR(pg_catalog.>) COALESCE(a.last_archived_time, a.stats_reset) THEN '1' ELSE '0' END AS failed
FROM pg_catalog.pg_stat_archiver a

-- What the catalogue has of the objects that the statements name: the objects themselves with their place in the search path (`columns`), their
-- parts, and what depends on either: blockers have in `word` of what they are in the way, in `columns` and `is_unique` their own kind and name.
--: structure
WITH RECURSIVE o(at, kind, schema, name) AS (VALUES {objects}),
search_order(schema, place) AS (SELECT p.s::text, p.n FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) WITH ORDINALITY AS p(s, n)),
found(at, kind, classid, oid, schema, name, word, place, detail, rights) AS (
    SELECT o.at, 'relation', 'pg_catalog.pg_class'::regclass::oid, c.oid, n.nspname::text, c.relname::text,
        CASE c.relkind WHEN 'r'::"char" THEN 'table' WHEN 'p'::"char" THEN 'table' WHEN 'v'::"char" THEN 'view' WHEN 'm'::"char" THEN 'materialized view'
            WHEN 'S'::"char" THEN 'sequence' WHEN 'f'::"char" THEN 'foreign table' WHEN 'c'::"char" THEN 'type' ELSE 'index' END,
        p.place, CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'p'::"char" THEN 'partitioned' WHEN c.relispartition THEN 'partition'
            WHEN c.relkind OPERATOR(pg_catalog.=) ANY ('{i,I}'::"char"[]) THEN (SELECT pg_catalog.concat_ws('|', m.nspname, k.relname, (SELECT 'constraint' FROM pg_catalog.pg_constraint q WHERE q.conindid OPERATOR(pg_catalog.=) c.oid AND q.conrelid OPERATOR(pg_catalog.=) k.oid
                    AND q.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}'::"char"[]))) FROM pg_catalog.pg_index i
                JOIN pg_catalog.pg_class k ON k.oid OPERATOR(pg_catalog.=) i.indrelid JOIN pg_catalog.pg_namespace m ON m.oid OPERATOR(pg_catalog.=) k.relnamespace WHERE i.indexrelid OPERATOR(pg_catalog.=) c.oid)
            ELSE c.relpersistence::text END,
        CASE WHEN c.relkind OPERATOR(pg_catalog.<>) ALL ('{i,I,c}'::"char"[]) THEN pg_catalog.concat(CASE WHEN pg_catalog.pg_has_role({role}, c.relowner, 'USAGE'::text) THEN 'own ' END, CASE WHEN pg_catalog.has_table_privilege({role}, c.oid, 'TRIGGER'::text) THEN 'trigger ' END, CASE WHEN pg_catalog.has_table_privilege({role}, c.oid, 'TRUNCATE'::text) THEN 'truncate ' END)
            ELSE pg_catalog.concat(CASE WHEN pg_catalog.pg_has_role({role}, c.relowner, 'USAGE'::text) THEN 'own ' END) END
    FROM o JOIN pg_catalog.pg_class c ON c.relname::text OPERATOR(pg_catalog.=) o.name JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    LEFT JOIN search_order p ON p.schema OPERATOR(pg_catalog.=) n.nspname::text
    WHERE o.kind OPERATOR(pg_catalog.=) 'relation' AND (n.nspname::text OPERATOR(pg_catalog.=) o.schema OR o.schema IS NULL AND p.place IS NOT NULL)
    UNION ALL SELECT o.at, 'type', 'pg_catalog.pg_type'::regclass::oid, t.oid, n.nspname::text, t.typname::text,
        CASE t.typtype WHEN 'd'::"char" THEN 'domain' ELSE 'type' END, p.place, NULL,
        pg_catalog.concat(CASE WHEN pg_catalog.pg_has_role({role}, t.typowner, 'USAGE'::text) THEN 'own ' END, CASE WHEN pg_catalog.has_type_privilege({role}, t.oid, 'USAGE'::text) THEN 'usage ' END)
    FROM o JOIN pg_catalog.pg_type t ON t.typname::text OPERATOR(pg_catalog.=) o.name JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace
    LEFT JOIN search_order p ON p.schema OPERATOR(pg_catalog.=) n.nspname::text
    WHERE (o.kind OPERATOR(pg_catalog.=) 'type' OR o.kind OPERATOR(pg_catalog.=) 'relation' AND t.typrelid OPERATOR(pg_catalog.=) 0::oid AND t.typcategory OPERATOR(pg_catalog.<>) 'A'::"char")
        AND (n.nspname::text OPERATOR(pg_catalog.=) o.schema OR o.schema IS NULL AND p.place IS NOT NULL)
    UNION ALL SELECT o.at, 'routine', 'pg_catalog.pg_proc'::regclass::oid, f.oid, n.nspname::text, f.proname::text,
        CASE f.prokind WHEN 'p'::"char" THEN 'procedure' WHEN 'a'::"char" THEN 'aggregate' ELSE 'function' END, p.place,
        pg_catalog.concat(pg_catalog.oidvectortypes(f.proargtypes), '|', pg_catalog.format_type(f.prorettype, NULL)),
        pg_catalog.concat(CASE WHEN pg_catalog.pg_has_role({role}, f.proowner, 'USAGE'::text) THEN 'own ' END, CASE WHEN pg_catalog.has_function_privilege({role}, f.oid, 'EXECUTE'::text) THEN 'execute ' END)
    FROM o JOIN pg_catalog.pg_proc f ON f.proname::text OPERATOR(pg_catalog.=) o.name JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) f.pronamespace
    LEFT JOIN search_order p ON p.schema OPERATOR(pg_catalog.=) n.nspname::text
    WHERE o.kind OPERATOR(pg_catalog.=) 'routine' AND (n.nspname::text OPERATOR(pg_catalog.=) o.schema OR o.schema IS NULL AND p.place IS NOT NULL)
    UNION ALL SELECT o.at, 'schema', 'pg_catalog.pg_namespace'::regclass::oid, n.oid, NULL, n.nspname::text, 'schema', 1, NULL,
        pg_catalog.concat(CASE WHEN pg_catalog.pg_has_role({role}, n.nspowner, 'USAGE'::text) THEN 'own ' END, CASE WHEN pg_catalog.has_schema_privilege({role}, n.oid, 'USAGE'::text) THEN 'usage ' END, CASE WHEN pg_catalog.has_schema_privilege({role}, n.oid, 'CREATE'::text) THEN 'create ' END)
    FROM o JOIN pg_catalog.pg_namespace n ON n.nspname::text OPERATOR(pg_catalog.=) o.name WHERE o.kind OPERATOR(pg_catalog.=) 'schema'
    UNION ALL SELECT o.at, 'role', NULL, r.oid, NULL, r.rolname::text, 'role', 1, NULL, CASE WHEN pg_catalog.pg_has_role({role}, r.oid, 'MEMBER'::text) THEN 'member ' END
    FROM o JOIN pg_catalog.pg_roles r ON r.rolname::text OPERATOR(pg_catalog.=) o.name WHERE o.kind OPERATOR(pg_catalog.=) 'role'
    UNION ALL SELECT o.at, 'extension', 'pg_catalog.pg_extension'::regclass::oid, e.oid, NULL, e.extname::text, 'extension', 1, NULL, NULL
    FROM o JOIN pg_catalog.pg_extension e ON e.extname::text OPERATOR(pg_catalog.=) o.name WHERE o.kind OPERATOR(pg_catalog.=) 'extension'
    UNION ALL SELECT o.at, 'extension', NULL, NULL, NULL, e.name::text, 'available', 1, NULL,
        CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_available_extension_versions v WHERE v.name OPERATOR(pg_catalog.=) e.name AND v.trusted) THEN 'trusted ' END
    FROM o JOIN pg_catalog.pg_available_extensions e ON e.name::text OPERATOR(pg_catalog.=) o.name WHERE o.kind OPERATOR(pg_catalog.=) 'extension'
    UNION ALL SELECT o.at, 'tablespace', NULL, s.oid, NULL, s.spcname::text, 'tablespace', 1, NULL, NULL
    FROM o JOIN pg_catalog.pg_tablespace s ON s.spcname::text OPERATOR(pg_catalog.=) o.name WHERE o.kind OPERATOR(pg_catalog.=) 'tablespace'
    UNION ALL SELECT o.at, 'publication', 'pg_catalog.pg_publication'::regclass::oid, u.oid, NULL, u.pubname::text, 'publication', 1, NULL, NULL
    FROM o JOIN pg_catalog.pg_publication u ON u.pubname::text OPERATOR(pg_catalog.=) o.name WHERE o.kind OPERATOR(pg_catalog.=) 'publication'
),
tables(oid, schema, name) AS (SELECT DISTINCT f.oid, f.schema, f.name FROM found f WHERE f.kind OPERATOR(pg_catalog.=) 'relation' AND f.word OPERATOR(pg_catalog.<>) 'index'),
starts(schema, name, kind, part, classid, objid, objsubid) AS (
    SELECT DISTINCT f.schema, f.name, f.kind, CASE f.kind WHEN 'routine' THEN f.detail ELSE '' END, f.classid, f.oid, 0 FROM found f
        WHERE f.classid IS NOT NULL AND f.schema IS DISTINCT FROM 'pg_catalog'
    UNION ALL SELECT t.schema, t.name, 'column', a.attname::text, 'pg_catalog.pg_class'::regclass::oid, t.oid, a.attnum::integer
        FROM tables t JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) t.oid WHERE a.attnum OPERATOR(pg_catalog.>) 0::smallint AND NOT a.attisdropped AND t.schema OPERATOR(pg_catalog.<>) 'pg_catalog'
    UNION ALL SELECT t.schema, t.name, 'constraint', k.conname::text, 'pg_catalog.pg_constraint'::regclass::oid, k.oid, 0
        FROM tables t JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) t.oid
),
going AS (
    SELECT s.schema, s.name, s.kind, s.part, s.classid, s.objid, s.objsubid FROM starts s
    UNION SELECT g.schema, g.name, g.kind, g.part, d.classid, d.objid, d.objsubid FROM going g JOIN pg_catalog.pg_depend d
        ON d.refclassid OPERATOR(pg_catalog.=) g.classid AND d.refobjid OPERATOR(pg_catalog.=) g.objid AND (g.objsubid OPERATOR(pg_catalog.=) 0 OR d.refobjsubid OPERATOR(pg_catalog.=) g.objsubid)
    WHERE d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i,P,S}'::"char"[])
),
blockers AS (
    SELECT DISTINCT g.schema, g.name, g.kind, g.part, 'drop' AS act, d.classid, d.objid, d.objsubid FROM going g JOIN pg_catalog.pg_depend d
        ON d.refclassid OPERATOR(pg_catalog.=) g.classid AND d.refobjid OPERATOR(pg_catalog.=) g.objid AND (g.objsubid OPERATOR(pg_catalog.=) 0 OR d.refobjsubid OPERATOR(pg_catalog.=) g.objsubid)
    WHERE d.deptype OPERATOR(pg_catalog.=) 'n'::"char" AND NOT EXISTS (SELECT FROM going h WHERE h.schema IS NOT DISTINCT FROM g.schema AND h.name OPERATOR(pg_catalog.=) g.name AND h.kind OPERATOR(pg_catalog.=) g.kind AND h.part OPERATOR(pg_catalog.=) g.part
        AND h.classid OPERATOR(pg_catalog.=) d.classid AND h.objid OPERATOR(pg_catalog.=) d.objid AND (h.objsubid OPERATOR(pg_catalog.=) 0 OR h.objsubid OPERATOR(pg_catalog.=) d.objsubid))
    UNION SELECT s.schema, s.name, s.kind, s.part, 'retype', d.classid, d.objid, d.objsubid FROM starts s JOIN pg_catalog.pg_depend d
        ON d.refclassid OPERATOR(pg_catalog.=) s.classid AND d.refobjid OPERATOR(pg_catalog.=) s.objid AND d.refobjsubid OPERATOR(pg_catalog.=) s.objsubid
    WHERE s.kind OPERATOR(pg_catalog.=) 'column' AND (d.classid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_rewrite'::regclass::oid, 'pg_catalog.pg_policy'::regclass::oid, 'pg_catalog.pg_trigger'::regclass::oid,
            'pg_catalog.pg_proc'::regclass::oid])
        OR d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass::oid AND d.objid OPERATOR(pg_catalog.=) s.objid AND d.objsubid OPERATOR(pg_catalog.<>) 0
        OR d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::regclass::oid AND EXISTS (SELECT FROM pg_catalog.pg_attrdef e JOIN pg_catalog.pg_attribute a
            ON a.attrelid OPERATOR(pg_catalog.=) e.adrelid AND a.attnum OPERATOR(pg_catalog.=) e.adnum WHERE e.oid OPERATOR(pg_catalog.=) d.objid AND a.attgenerated OPERATOR(pg_catalog.<>) ''::"char" AND a.attnum::integer OPERATOR(pg_catalog.<>) s.objsubid))
    UNION SELECT t.schema, t.name, 'relation', '', 'truncate', 'pg_catalog.pg_constraint'::regclass::oid, k.oid, 0
        FROM tables t JOIN pg_catalog.pg_constraint k ON k.confrelid OPERATOR(pg_catalog.=) t.oid WHERE k.contype OPERATOR(pg_catalog.=) 'f'::"char" AND k.conrelid OPERATOR(pg_catalog.<>) k.confrelid AND k.conparentid OPERATOR(pg_catalog.=) 0::oid
)
SELECT 'object' AS ambix, f.at::text AS at, f.schema, f.name AS owner, f.kind, NULL AS name, f.word, f.detail, f.place::text AS columns, f.rights AS is_unique,
    NULL AS on_schema, NULL AS on_name FROM found f
UNION ALL SELECT 'part', NULL, t.schema, t.name, 'column', a.attname::text, pg_catalog.format_type(a.atttypid, NULL),
    pg_catalog.concat(CASE WHEN a.attnotnull THEN 'not null ' ELSE 'nullable ' END, CASE WHEN a.attidentity OPERATOR(pg_catalog.<>) ''::"char" THEN 'identity ' END, CASE WHEN a.attinhcount OPERATOR(pg_catalog.>) 0 THEN 'inherited ' END,
        CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid OPERATOR(pg_catalog.=) t.oid AND a.attnum OPERATOR(pg_catalog.=) ANY (p.partattrs::smallint[])) THEN 'partition key ' END,
        CASE WHEN a.atthasdef THEN 'default ' END), NULL, NULL, NULL, NULL
    FROM tables t JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) t.oid WHERE a.attnum OPERATOR(pg_catalog.<>) 0::smallint AND NOT a.attisdropped
UNION ALL SELECT 'part', NULL, t.schema, t.name, 'constraint', k.conname::text, CASE k.contype WHEN 'p'::"char" THEN 'primary key' WHEN 'u'::"char" THEN 'unique'
        WHEN 'f'::"char" THEN 'foreign key' WHEN 'c'::"char" THEN 'check' ELSE 'exclude' END, CASE WHEN k.coninhcount OPERATOR(pg_catalog.>) 0 THEN 'inherited' END,
    (SELECT pg_catalog.string_agg(a.attname::text, pg_catalog.chr(31) ORDER BY u.n) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u(attnum, n)
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid AND a.attnum OPERATOR(pg_catalog.=) u.attnum), NULL, NULL, NULL
    FROM tables t JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) t.oid
UNION ALL SELECT 'part', NULL, t.schema, t.name, 'index', c.relname::text, NULL, (SELECT 'constraint' FROM pg_catalog.pg_constraint k WHERE k.conindid OPERATOR(pg_catalog.=) c.oid AND k.conrelid OPERATOR(pg_catalog.=) t.oid
        AND k.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}'::"char"[])),
    (SELECT pg_catalog.string_agg(a.attname::text, pg_catalog.chr(31) ORDER BY u.n) FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS u(attnum, n)
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) t.oid AND a.attnum OPERATOR(pg_catalog.=) u.attnum WHERE u.n OPERATOR(pg_catalog.<=) i.indnkeyatts::bigint),
    CASE WHEN i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid THEN '1' END, NULL, NULL
    FROM tables t JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) t.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
UNION ALL SELECT 'part', NULL, t.schema, t.name, 'trigger', g.tgname::text, NULL, NULL, NULL, NULL, NULL, NULL
    FROM tables t JOIN pg_catalog.pg_trigger g ON g.tgrelid OPERATOR(pg_catalog.=) t.oid WHERE NOT g.tgisinternal
UNION ALL SELECT 'part', NULL, t.schema, t.name, 'policy', y.polname::text, NULL, NULL, NULL, NULL, NULL, NULL
    FROM tables t JOIN pg_catalog.pg_policy y ON y.polrelid OPERATOR(pg_catalog.=) t.oid
UNION ALL SELECT 'part', NULL, t.schema, t.name, 'rule', r.rulename::text, NULL, NULL, NULL, NULL, NULL, NULL
    FROM tables t JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) t.oid
UNION ALL SELECT 'part', NULL, t.schema, t.name, 'partition', c.relname::text, NULL, NULL, NULL, NULL, NULL, NULL
    FROM tables t JOIN pg_catalog.pg_inherits h ON h.inhparent OPERATOR(pg_catalog.=) t.oid JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) h.inhrelid
UNION ALL SELECT 'part', NULL, f.schema, f.name, 'enum value', e.enumlabel::text, NULL, NULL, NULL, NULL, NULL, NULL
    FROM (SELECT DISTINCT f.oid, f.schema, f.name FROM found f WHERE f.kind OPERATOR(pg_catalog.=) 'type') f JOIN pg_catalog.pg_enum e ON e.enumtypid OPERATOR(pg_catalog.=) f.oid
UNION ALL SELECT 'part', NULL, f.schema, f.name, 'constraint', k.conname::text, 'check', NULL, NULL, NULL, NULL, NULL
    FROM (SELECT DISTINCT f.oid, f.schema, f.name FROM found f WHERE f.word OPERATOR(pg_catalog.=) 'domain') f JOIN pg_catalog.pg_constraint k ON k.contypid OPERATOR(pg_catalog.=) f.oid
UNION ALL SELECT 'blocker', NULL, b.schema, b.name, b.kind, b.part, b.act, pg_catalog.pg_describe_object(COALESCE(v.classid, b.classid), COALESCE(v.oid, b.objid), CASE WHEN v.oid IS NULL THEN b.objsubid ELSE 0 END),
    COALESCE(v.kind, 'other'), v.name, v.on_schema, v.on_name
    FROM blockers b LEFT JOIN LATERAL (
        SELECT c.oid, 'pg_catalog.pg_class'::regclass::oid AS classid, 'relation' AS kind, NULL AS name, n.nspname::text AS on_schema, c.relname::text AS on_name
            FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            WHERE b.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::regclass::oid AND r.oid OPERATOR(pg_catalog.=) b.objid
        UNION ALL SELECT b.objid, b.classid, 'relation', NULL, n.nspname::text, c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            WHERE b.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass::oid AND c.oid OPERATOR(pg_catalog.=) b.objid AND b.objsubid OPERATOR(pg_catalog.=) 0
        UNION ALL SELECT NULL, b.classid, 'column', a.attname::text, n.nspname::text, c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum::integer OPERATOR(pg_catalog.=) b.objsubid
            WHERE b.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass::oid AND c.oid OPERATOR(pg_catalog.=) b.objid AND b.objsubid OPERATOR(pg_catalog.<>) 0
        UNION ALL SELECT b.objid, b.classid, 'constraint', k.conname::text, n.nspname::text, c.relname::text FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.conrelid
            JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE b.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::regclass::oid AND k.oid OPERATOR(pg_catalog.=) b.objid
        UNION ALL SELECT b.objid, b.classid, 'trigger', k.tgname::text, n.nspname::text, c.relname::text FROM pg_catalog.pg_trigger k JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.tgrelid
            JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE b.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::regclass::oid AND k.oid OPERATOR(pg_catalog.=) b.objid
        UNION ALL SELECT b.objid, b.classid, 'policy', k.polname::text, n.nspname::text, c.relname::text FROM pg_catalog.pg_policy k JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.polrelid
            JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE b.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::regclass::oid AND k.oid OPERATOR(pg_catalog.=) b.objid
        UNION ALL SELECT b.objid, b.classid, CASE WHEN a.attgenerated OPERATOR(pg_catalog.<>) ''::"char" THEN 'column' ELSE 'default' END, a.attname::text, n.nspname::text, c.relname::text FROM pg_catalog.pg_attrdef k
            JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.adrelid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
            JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.adrelid AND a.attnum OPERATOR(pg_catalog.=) k.adnum WHERE b.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::regclass::oid AND k.oid OPERATOR(pg_catalog.=) b.objid
        UNION ALL SELECT b.objid, b.classid, 'routine', NULL, n.nspname::text, k.proname::text FROM pg_catalog.pg_proc k JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) k.pronamespace
            WHERE b.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::regclass::oid AND k.oid OPERATOR(pg_catalog.=) b.objid
        UNION ALL SELECT b.objid, b.classid, 'type', NULL, n.nspname::text, k.typname::text FROM pg_catalog.pg_type k JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) k.typnamespace
            WHERE b.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::regclass::oid AND k.oid OPERATOR(pg_catalog.=) b.objid
    ) v ON true
UNION ALL SELECT 'place', NULL, pg_catalog.current_schema()::text, NULL, NULL, NULL, 'schema-wide', NULL, NULL,
    (SELECT pg_catalog.concat(CASE WHEN pg_catalog.has_database_privilege({role}, pg_catalog.current_database(), 'CREATE'::text) THEN 'database ' END,
        CASE WHEN r.rolcreaterole OR r.rolsuper THEN 'role ' END, CASE WHEN r.rolsuper THEN 'super ' END) FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) {role}), NULL, NULL

--: programs
SELECT 'program' AS ambix, COALESCE(a.application_name, '') AS application, COALESCE(a.usename::text, '') AS user_name,
    pg_catalog.count(*)::text AS sessions
FROM pg_catalog.pg_stat_activity a
WHERE a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
    AND a.backend_type OPERATOR(pg_catalog.=) 'client backend'::text
GROUP BY 2, 3 ORDER BY 2, 3
