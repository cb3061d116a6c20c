SELECT 'routine parameter' AS ambix, p.routine_type, p.specific_name AS routine_name, p.parameter_mode AS mode, p.parameter_name AS name, p.dtd_identifier AS type,
    p.character_set_name AS charset, p.collation_name AS collation
FROM information_schema.parameters p WHERE p.specific_schema = {database} AND p.ordinal_position > 0
ORDER BY p.routine_type, p.specific_name, p.ordinal_position;

SELECT 'routine object' AS ambix, r.routine_type AS type, r.routine_name AS name, r.dtd_identifier AS returns, r.character_set_name AS charset, r.collation_name AS collation,
    r.database_collation, r.routine_definition AS body, r.sql_data_access AS data_access, r.is_deterministic, r.security_type AS security, r.routine_comment AS comment, r.definer,
    r.sql_mode, r.character_set_client AS client_charset, r.collation_connection AS connection_collation, COALESCE(NULLIF(r.external_language, 'SQL'), r.routine_body) AS language
FROM information_schema.routines r WHERE r.routine_schema = {database}
ORDER BY r.routine_type, r.routine_name;
