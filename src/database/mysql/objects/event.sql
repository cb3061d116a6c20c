-- Where nobody says when it starts, it starts when it is created or altered.
SELECT 'event object' AS ambix, e.event_name AS name, e.execute_at, e.interval_value, e.interval_field,
    CASE WHEN ABS(TIMESTAMPDIFF(SECOND, e.starts, e.created)) > 1 AND ABS(TIMESTAMPDIFF(SECOND, e.starts, e.last_altered)) > 1 THEN e.starts END AS starts,
    e.ends, e.status, e.on_completion, e.event_comment AS comment, e.event_definition AS body, e.definer, e.sql_mode, e.time_zone, e.character_set_client AS charset,
    e.collation_connection AS collation
FROM information_schema.events e WHERE e.event_schema = {database}
ORDER BY e.event_name;
