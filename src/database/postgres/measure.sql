-- What is asked while a migration runs in a scratch database.

--: relations
SELECT 'relation' AS ambix, c.oid::text AS id,
    pg_catalog.concat(CASE WHEN n.nspname OPERATOR(pg_catalog.<>) 'public'::name THEN pg_catalog.concat(n.nspname, '.'::text) END, c.relname) AS name,
    pg_catalog.pg_relation_filenode(c.oid::regclass)::text AS file,
    CASE WHEN c.relkind OPERATOR(pg_catalog.<>) 'p'::"char" AND pg_catalog.pg_relation_size(c.oid::regclass) OPERATOR(pg_catalog.>) 0::bigint
        THEN '1' ELSE '0' END AS has_pages
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m}'::"char"[]) AND n.nspname OPERATOR(pg_catalog.!~) '^(pg_|information_schema$)'::text

--: costs
SELECT 'cost' AS ambix, h.relation::text AS id, h.words AS lock_words, h.blocks::text AS blocked,
    pg_catalog.pg_stat_get_xact_numscans(h.relation)::text AS scans
FROM (SELECT DISTINCT ON (l.relation) l.relation, m.words, m.blocks
    FROM pg_catalog.pg_locks l
    JOIN (VALUES ('AccessShareLock'::text, 1, 'ACCESS SHARE', 0), ('RowShareLock', 2, 'ROW SHARE', 0), ('RowExclusiveLock', 3, 'ROW EXCLUSIVE', 0),
        ('ShareUpdateExclusiveLock', 4, 'SHARE UPDATE EXCLUSIVE', 0), ('ShareLock', 5, 'SHARE', 1),
        ('ShareRowExclusiveLock', 6, 'SHARE ROW EXCLUSIVE', 1), ('ExclusiveLock', 7, 'EXCLUSIVE', 1),
        ('AccessExclusiveLock', 8, 'ACCESS EXCLUSIVE', 2)) AS m(mode, strength, words, blocks) ON m.mode OPERATOR(pg_catalog.=) l.mode
    WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.granted AND l.locktype OPERATOR(pg_catalog.=) 'relation'::text
        AND l.database OPERATOR(pg_catalog.<>) 0::oid
    ORDER BY l.relation, m.strength DESC) h

--: columns
SELECT 'column' AS ambix, c.oid::text AS id, pg_catalog.format('%I.%I'::text, n.nspname, c.relname) AS table_name,
    pg_catalog.quote_ident(a.attname::text) AS name, pg_catalog.format_type(b.oid, NULL::integer) AS base,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, CASE WHEN a.attnotnull OR t.typnotnull THEN '0' ELSE '1' END AS nullable,
    CASE WHEN a.atthasdef AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) OPERATOR(pg_catalog.!~~) 'nextval_''%'::text THEN '1' ELSE '0' END AS has_default,
    (SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) b.oid ORDER BY e.enumsortorder LIMIT 1) AS listed,
    CASE WHEN f.conrelid OPERATOR(pg_catalog.<>) f.confrelid THEN pg_catalog.format('%I.%I'::text, fn.nspname, fc.relname) END AS other_table,
    pg_catalog.quote_ident(fa.attname::text) AS other_column
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0::smallint
    AND NOT a.attisdropped AND a.attgenerated OPERATOR(pg_catalog.=) ''::"char"
JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
JOIN pg_catalog.pg_type b ON b.oid OPERATOR(pg_catalog.=) CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'd'::"char" THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid AND d.adnum OPERATOR(pg_catalog.=) a.attnum
LEFT JOIN LATERAL (SELECT k.conrelid, k.confrelid, k.confkey[pg_catalog.array_position(k.conkey, a.attnum)] AS attnum
    FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) c.oid AND k.contype OPERATOR(pg_catalog.=) 'f'::"char"
        AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey) ORDER BY k.oid LIMIT 1) f ON true
LEFT JOIN pg_catalog.pg_class fc ON fc.oid OPERATOR(pg_catalog.=) f.confrelid
LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid OPERATOR(pg_catalog.=) fc.relnamespace
LEFT JOIN pg_catalog.pg_attribute fa ON fa.attrelid OPERATOR(pg_catalog.=) fc.oid AND fa.attnum OPERATOR(pg_catalog.=) f.attnum
WHERE c.relkind OPERATOR(pg_catalog.=) 'r'::"char" AND n.nspname OPERATOR(pg_catalog.!~) '^(pg_|information_schema$)'::text
ORDER BY c.oid, a.attnum

--: checks
SELECT 'check' AS ambix, k.conrelid::text AS id, pg_catalog.pg_get_constraintdef(k.oid) AS definition
FROM pg_catalog.pg_constraint k WHERE k.contype OPERATOR(pg_catalog.=) 'c'::"char" AND k.conrelid OPERATOR(pg_catalog.<>) 0::oid;
SELECT 'check' AS ambix, a.attrelid::text AS id, pg_catalog.concat(a.attname, ' '::text, pg_catalog.pg_get_constraintdef(k.oid)) AS definition
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a ON a.atttypid OPERATOR(pg_catalog.=) k.contypid
WHERE k.contypid OPERATOR(pg_catalog.<>) 0::oid AND a.attnum OPERATOR(pg_catalog.>) 0::smallint;
SELECT 'check' AS ambix, c.oid::text AS id, pg_catalog.pg_get_partition_constraintdef(c.oid) AS definition
FROM pg_catalog.pg_class c WHERE c.relispartition AND c.relkind OPERATOR(pg_catalog.=) 'r'::"char"

--: note_counters
DROP TABLE IF EXISTS pg_temp.ambix_counters;
CREATE TEMPORARY TABLE ambix_counters AS SELECT s.schemaname, s.sequencename, s.last_value, s.start_value FROM pg_catalog.pg_sequences s

--: reset_counters
SELECT pg_catalog.setval(pg_catalog.format('%I.%I'::text, c.schemaname, c.sequencename)::regclass, COALESCE(c.last_value, c.start_value),
    c.last_value IS NOT NULL) FROM pg_temp.ambix_counters c;
DROP TABLE pg_temp.ambix_counters
