-- What drafts do not compare, with all that makes it what it is. A view's text names its own database, which is another one in
-- every copy.
SELECT CASE WHEN x.kind IN ('privileges', 'comment') THEN 'beside' ELSE 'definition' END AS ambix, x.kind, x.name, x.text FROM (
    SELECT 'view' AS kind, v.table_name AS name,
        CONCAT(REPLACE(v.view_definition, CONCAT('`', {database}, '`.'), ''), '\nsecurity ', v.security_type, ', check option ',
            v.check_option) AS text
    FROM information_schema.views v WHERE v.table_schema = {database}
    UNION ALL
    SELECT 'trigger', t.trigger_name, CONCAT(t.action_timing, ' ', t.event_manipulation, ' on ', t.event_object_table, '\n', t.action_statement)
    FROM information_schema.triggers t WHERE t.trigger_schema = {database}
    UNION ALL
    SELECT LOWER(r.routine_type), r.routine_name,
        CONCAT('(', COALESCE((SELECT GROUP_CONCAT(CONCAT_WS(' ', p.parameter_mode, p.parameter_name, p.dtd_identifier)
                ORDER BY p.ordinal_position SEPARATOR ', ') FROM information_schema.parameters p
                WHERE p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name AND p.routine_type = r.routine_type
                    AND p.ordinal_position > 0), ''), ') ',
            COALESCE(r.dtd_identifier, ''), '\n', r.sql_data_access, ', deterministic ', r.is_deterministic, ', security ', r.security_type, '\n', r.routine_comment, '\n',
            COALESCE(r.routine_definition, ''))
    FROM information_schema.routines r WHERE r.routine_schema = {database} AND r.routine_type IN ('FUNCTION', 'PROCEDURE')
    UNION ALL
    SELECT 'event', e.event_name,
        CONCAT(e.event_type, ' ', COALESCE(CONCAT(e.interval_value, ' ', e.interval_field), e.execute_at, ''), ' ', e.status, '\n', e.event_comment, '\n',
            e.event_definition)
    FROM information_schema.events e WHERE e.event_schema = {database}
    UNION ALL
    -- Tables of other kinds, by their columns and partitions.
    SELECT CASE WHEN t.table_type = 'SYSTEM VERSIONED' THEN 'system-versioned table' WHEN t.table_type = 'SEQUENCE' THEN 'sequence'
            ELSE 'partitioned table' END, t.table_name,
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
                WHERE p.table_schema = {database} AND p.table_name = t.table_name AND p.partition_method IS NOT NULL))
    FROM information_schema.tables t
    WHERE t.table_schema = {database} AND (t.table_type IN ('SYSTEM VERSIONED', 'SEQUENCE') OR t.create_options LIKE '%partitioned%')
    UNION ALL
    SELECT 'privileges', CONCAT('of ', g.grantee, ' on ', g.table_name),
        GROUP_CONCAT(g.privilege_type ORDER BY g.privilege_type SEPARATOR ', ')
    FROM information_schema.table_privileges g WHERE g.table_schema = {database} GROUP BY g.grantee, g.table_name
    UNION ALL
    SELECT 'comment', CONCAT('on primary key on ', s.table_name), s.index_comment
    FROM information_schema.statistics s
    JOIN information_schema.tables t ON t.table_schema = s.table_schema AND t.table_name = s.table_name
        AND (t.table_type IN ('SYSTEM VERSIONED', 'SEQUENCE') OR t.create_options LIKE '%partitioned%')
    WHERE s.table_schema = {database} AND s.index_name = 'PRIMARY' AND s.seq_in_index = 1 AND s.index_comment <> ''
) x
ORDER BY x.kind, x.name;
