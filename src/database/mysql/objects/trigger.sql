-- In the order in which those for the same event fire.
SELECT 'trigger object' AS ambix, t.trigger_name AS name, t.event_object_table AS table_name, t.action_timing AS timing, t.event_manipulation AS event, t.action_statement AS body,
    t.definer, t.sql_mode, t.character_set_client AS charset, t.collation_connection AS collation
FROM information_schema.triggers t WHERE t.event_object_schema = {database}
ORDER BY t.event_object_table, t.action_timing, t.event_manipulation, t.action_order;
