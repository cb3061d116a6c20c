-- The catalogue. What one of the two servers does not have stands in a comment that only the other one reads.
-- Every query has the same first columns: the tag, the kind of the row, the table or the thing.
-- MariaDB opens the tables of all databases of the server for each table of information_schema whose schema is not compared with a value:
-- it must be for each of a join, and not be in the condition that joins them, since only one side of an equality gets the value.

--: server
SELECT 'server' AS ambix, VERSION() AS version, {database} AS database_name, d.default_collation_name AS collation, @@default_storage_engine AS engine,
    @@lower_case_table_names AS folds_tables, CURRENT_USER() AS user, @@GLOBAL.sql_mode AS sql_mode, @@GLOBAL.time_zone AS time_zone
FROM information_schema.schemata d WHERE d.schema_name = {database};

--: tables
-- MySQL shows the counter of the day before, unless this is 0.
SET @ambix_expiry = 1 /*!80000 * @@SESSION.information_schema_stats_expiry, SESSION information_schema_stats_expiry = 0 */;
SELECT 'table' AS ambix, t.table_name AS name, t.table_type AS type, t.engine, t.table_collation AS collation, t.create_options AS options, t.table_comment AS comment,
    t.auto_increment AS counter
FROM information_schema.tables t WHERE t.table_schema = {database}
ORDER BY t.table_name;
SET /*!80000 SESSION information_schema_stats_expiry = @ambix_expiry, */ @ambix_expiry = NULL;

--: columns
SELECT 'column' AS ambix, c.table_name, c.column_name AS name, c.column_type AS type, c.is_nullable, c.column_default AS default_value, c.extra,
    c.collation_name AS collation, c.column_comment AS comment, c.generation_expression AS expression, /*!80000 c.srs_id */ /*M! NULL */ AS srid
FROM information_schema.columns c WHERE c.table_schema = {database}
ORDER BY c.table_name, c.ordinal_position;

--: binary_defaults
-- MariaDB shows a byte that is no character as a question mark, MySQL nothing behind a byte that is 0. The default itself can be asked
-- for. The hint is MySQL's: its limit is 1024 bytes.
SELECT /*+ SET_VAR(group_concat_max_len = 1000000000) */ COALESCE(GROUP_CONCAT(
    'SELECT ''binary default'' AS ambix, ', QUOTE(c.table_name), ' AS table_name, ', QUOTE(c.column_name), ' AS name, HEX(DEFAULT(d.`',
    REPLACE(c.column_name, '`', '``'), '`)) AS bytes FROM (SELECT 1) AS one LEFT JOIN `', REPLACE(c.table_schema, '`', '``'), '`.`',
    REPLACE(c.table_name, '`', '``'), '` AS d ON FALSE' SEPARATOR ' UNION ALL '), 'DO 0') INTO @ambix_defaults
    FROM information_schema.columns c JOIN information_schema.tables t
        ON t.table_schema = {database} AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
    WHERE c.table_schema = {database} AND c.data_type IN ('binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob')
        AND /*!80000 c.is_nullable = 'YES' AND c.column_default LIKE '0x%' AND c.extra NOT LIKE '%DEFAULT_GENERATED%' */ /*M! c.column_default LIKE '''%?%' */;
PREPARE ambix_defaults FROM @ambix_defaults;
EXECUTE ambix_defaults;
DEALLOCATE PREPARE ambix_defaults;

--: indexes
SELECT 'index' AS ambix, s.table_name, s.index_name AS name, s.non_unique, s.column_name, s.collation AS direction, s.sub_part AS length, s.index_type AS type,
    s.index_comment AS comment, /*!80000 s.expression */ /*M! NULL */ AS expression,
    /*!80000 IF(s.is_visible = 'NO', 'invisible', NULL) */ /*M! IF(s.ignored = 'YES', 'ignored', NULL) */ AS visibility
FROM information_schema.statistics s WHERE s.table_schema = {database}
ORDER BY s.table_name, s.index_name, s.seq_in_index;

--: foreign_keys
SELECT 'foreign_key' AS ambix, k.table_name, k.constraint_name AS name, k.column_name, k.referenced_table_schema AS referenced_schema,
    k.referenced_table_name AS referenced_table, k.referenced_column_name AS referenced_column, r.delete_rule AS on_delete, r.update_rule AS on_update
FROM information_schema.key_column_usage k
JOIN information_schema.referential_constraints r
    ON r.constraint_schema = {database} AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
WHERE k.table_schema = {database} AND k.referenced_table_name IS NOT NULL
ORDER BY k.table_name, k.constraint_name, k.ordinal_position;

--: checks
SELECT 'check' AS ambix, t.table_name, c.constraint_name AS name, c.check_clause AS clause, /*!80000 t.enforced */ /*M! 'YES' */ AS enforced,
    /*!80000 'Table' */ /*M! c.level */ AS level
FROM information_schema.check_constraints c
JOIN information_schema.table_constraints t
    ON t.table_schema = {database} AND t.constraint_name = c.constraint_name AND t.constraint_type = 'CHECK'
    /*M! AND t.table_name = c.table_name */
WHERE c.constraint_schema = {database}
ORDER BY t.table_name, c.constraint_name;

--: partitions
SELECT 'partition' AS ambix, p.table_name AS table_name, p.partition_name AS name, p.subpartition_name AS subpartition,
    p.partition_method AS method, p.partition_expression AS expression, p.subpartition_expression AS subpartition_expression,
    p.partition_description AS description, p.partition_comment AS comment, p.subpartition_method AS subpartition_method
FROM information_schema.partitions p WHERE p.table_schema = {database} AND p.partition_name IS NOT NULL
ORDER BY p.table_name, p.partition_ordinal_position, p.subpartition_ordinal_position;
