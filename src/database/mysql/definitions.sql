-- What drafts do not compare, with all that makes it what it is.
SELECT CASE WHEN x.kind IN ('privileges', 'comment') THEN 'beside' ELSE 'definition' END AS ambix, x.kind, x.name, x.text FROM (
    -- Tables of other kinds, by their columns and partitions.
    SELECT CASE WHEN t.table_type = 'SYSTEM VERSIONED' THEN 'system-versioned table' ELSE 'partitioned table' END AS kind,
        t.table_name AS name,
        CONCAT_WS('\n', t.engine, t.table_collation, t.table_comment,
            (SELECT GROUP_CONCAT(CONCAT_WS(' ', c.column_name, c.column_type, c.is_nullable, c.column_default, c.extra)
                ORDER BY c.ordinal_position SEPARATOR ', ') FROM information_schema.columns c
                WHERE c.table_schema = {database} AND c.table_name = t.table_name),
            (SELECT GROUP_CONCAT(CONCAT_WS(' ', s.index_name, s.non_unique, s.column_name) ORDER BY s.index_name, s.seq_in_index SEPARATOR ', ')
                FROM information_schema.statistics s WHERE s.table_schema = {database} AND s.table_name = t.table_name),
            (SELECT GROUP_CONCAT(CONCAT_WS(' ', p.partition_name, p.partition_method, p.partition_expression, p.partition_description,
                    p.subpartition_name, p.subpartition_method, p.subpartition_expression)
                ORDER BY p.partition_ordinal_position, p.subpartition_ordinal_position SEPARATOR ', ')
                FROM information_schema.partitions p
                WHERE p.table_schema = {database} AND p.table_name = t.table_name AND p.partition_method IS NOT NULL)) AS text
    FROM information_schema.tables t
    -- Of a LIST, one of the servers tells a DEFAULT and the value 0 alike.
    WHERE t.table_schema = {database} AND (t.table_type = 'SYSTEM VERSIONED' /*M! OR t.create_options LIKE '%partitioned%' AND EXISTS (
        SELECT 1 FROM information_schema.partitions p WHERE p.table_schema = {database} AND p.table_name = t.table_name
            AND p.partition_method = 'LIST' AND p.partition_description = '0') */)
    UNION ALL
    SELECT 'privileges', CONCAT('of ', g.grantee, ' on ', g.table_name),
        GROUP_CONCAT(g.privilege_type ORDER BY g.privilege_type SEPARATOR ', ')
    FROM information_schema.table_privileges g WHERE g.table_schema = {database} GROUP BY g.grantee, g.table_name
    UNION ALL
    SELECT 'privileges', CONCAT('of ', g.grantee, ' on ', g.table_name, '.', g.column_name),
        GROUP_CONCAT(g.privilege_type ORDER BY g.privilege_type SEPARATOR ', ')
    FROM information_schema.column_privileges g WHERE g.table_schema = {database} GROUP BY g.grantee, g.table_name, g.column_name
    UNION ALL
    SELECT 'comment', CONCAT('on primary key on ', s.table_name), s.index_comment
    FROM information_schema.statistics s
    JOIN information_schema.tables t ON t.table_schema = {database} AND t.table_name = s.table_name
        AND t.table_type = 'SYSTEM VERSIONED'
    WHERE s.table_schema = {database} AND s.index_name = 'PRIMARY' AND s.seq_in_index = 1 AND s.index_comment <> ''
) x
ORDER BY x.kind, x.name;
