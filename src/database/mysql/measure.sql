-- What is asked while a migration runs in a scratch database.

--: relations
SELECT 'relation' AS ambix, table_name AS id, table_name AS name, '' AS file, '1' AS has_pages FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'

-- What a statement locks is asked with the statement itself.
--: costs
SELECT 'cost' AS ambix, '' AS id, '' AS lock_words, '0' AS blocked, '0' AS scans FROM information_schema.schemata WHERE 1 = 0

--: columns
SELECT 'column' AS ambix, c.table_name AS id, CONCAT('`', REPLACE(c.table_name, '`', '``'), '`') AS table_name,
    CONCAT('`', REPLACE(c.column_name, '`', '``'), '`') AS name, c.data_type AS base, c.column_type AS type,
    CASE c.is_nullable WHEN 'YES' THEN '1' ELSE '0' END AS nullable,
    CASE WHEN c.column_default IS NOT NULL AND c.column_default <> 'NULL' THEN '1' ELSE '0' END AS has_default, NULL AS listed,
    k.other_table, k.other_column
FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = DATABASE() AND t.table_name = c.table_name
LEFT JOIN (
    SELECT table_name, column_name, MIN(CONCAT('`', REPLACE(referenced_table_name, '`', '``'), '`')) AS other_table,
        MIN(CONCAT('`', REPLACE(referenced_column_name, '`', '``'), '`')) AS other_column
    FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name <> table_name GROUP BY table_name, column_name
) k ON k.table_name = c.table_name AND k.column_name = c.column_name
WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' AND c.extra NOT LIKE '%GENERATED%'
ORDER BY c.table_name, c.ordinal_position

--: checks
SELECT 'check' AS ambix, k.table_name AS id, c.check_clause AS definition FROM information_schema.table_constraints k
JOIN information_schema.check_constraints c ON c.constraint_schema = DATABASE() AND c.constraint_name = k.constraint_name
WHERE k.table_schema = DATABASE() AND k.constraint_type = 'CHECK'
