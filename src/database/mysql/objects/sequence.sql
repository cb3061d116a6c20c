-- What a sequence is can be asked of itself alone: all of them in one query.
SET @ambix_sequences = /*!80000 'DO 0' */ /*M! (SELECT COALESCE(GROUP_CONCAT(
    'SELECT ''sequence object'' AS ambix, ', QUOTE(t.table_name), ' AS name, start_value, minimum_value, maximum_value, increment, cache_size, cycle_option FROM `',
    REPLACE(t.table_schema, '`', '``'), '`.`', REPLACE(t.table_name, '`', '``'), '`' ORDER BY t.table_name SEPARATOR ' UNION ALL '), 'DO 0')
    FROM information_schema.tables t WHERE t.table_schema = {database} AND t.table_type = 'SEQUENCE') */;
PREPARE ambix_sequences FROM @ambix_sequences;
EXECUTE ambix_sequences;
DEALLOCATE PREPARE ambix_sequences;
