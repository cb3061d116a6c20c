-- In the order in which those for the same event fire.
SELECT 'trigger object' AS ambix, t.trigger_name, t.event_object_table, t.action_timing, t.event_manipulation, t.action_statement,
    t.definer, t.sql_mode, t.character_set_client, t.collation_connection
FROM information_schema.triggers t WHERE t.trigger_schema = {database}
ORDER BY t.event_object_table, t.action_timing, t.event_manipulation, t.action_order;
