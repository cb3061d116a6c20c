-- How a view is carried out stands in one catalogue alone.
SELECT 'view object' AS ambix, v.table_name, v.view_definition, v.check_option, v.security_type, v.definer, v.character_set_client,
    v.collation_connection, /*!80000 'UNDEFINED' */ /*M! v.algorithm */
FROM information_schema.views v WHERE v.table_schema = {database}
ORDER BY v.table_name;
