SELECT 'routine parameter' AS ambix, p.routine_type, p.specific_name, p.parameter_mode, p.parameter_name, p.dtd_identifier,
    p.character_set_name, p.collation_name
FROM information_schema.parameters p WHERE p.specific_schema = {database} AND p.ordinal_position > 0
ORDER BY p.routine_type, p.specific_name, p.ordinal_position;

SELECT 'routine object' AS ambix, r.routine_type, r.routine_name, r.dtd_identifier, r.character_set_name, r.collation_name,
    r.database_collation, r.routine_definition, r.sql_data_access, r.is_deterministic, r.security_type, r.routine_comment, r.definer,
    r.sql_mode, r.character_set_client, r.collation_connection, COALESCE(NULLIF(r.external_language, 'SQL'), r.routine_body)
FROM information_schema.routines r WHERE r.routine_schema = {database}
ORDER BY r.routine_type, r.routine_name;
