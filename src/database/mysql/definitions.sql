-- What drafts do not compare, with all that makes it what it is. A view's text names its own database, which is another one in
-- every copy.
SELECT 'definition' AS ambix, x.kind, x.name, x.text FROM (
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
            COALESCE(r.dtd_identifier, ''), '\n', r.sql_data_access, ', deterministic ', r.is_deterministic, ', security ', r.security_type, '\n',
            COALESCE(r.routine_definition, ''))
    FROM information_schema.routines r WHERE r.routine_schema = {database} AND r.routine_type IN ('FUNCTION', 'PROCEDURE')
    UNION ALL
    SELECT 'event', e.event_name,
        CONCAT(e.event_type, ' ', COALESCE(CONCAT(e.interval_value, ' ', e.interval_field), e.execute_at, ''), ' ', e.status, '\n',
            e.event_definition)
    FROM information_schema.events e WHERE e.event_schema = {database}
) x
ORDER BY x.kind, x.name
