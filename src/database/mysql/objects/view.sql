-- How a view is carried out stands in one catalogue alone.
SELECT 'view object' AS ambix, v.table_name AS name, v.view_definition AS definition, v.check_option, v.security_type AS security, v.definer, v.character_set_client AS charset,
    v.collation_connection AS collation, /*!80000 'UNDEFINED' */ /*M! v.algorithm */ AS algorithm, /*!80000 '1' */ /*M! '0' */ AS lists_columns
FROM information_schema.views v WHERE v.table_schema = {database}
ORDER BY v.table_name;
