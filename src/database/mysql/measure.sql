-- What is asked while a migration runs in a scratch database.

--: relations
SELECT 'relation' AS ambix, table_name, table_name, '', '1' FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'

-- What a statement locks is asked with the statement itself.
--: costs
SELECT 'cost' AS ambix, '', '', '0', '0' FROM information_schema.schemata WHERE 1 = 0

--: columns
SELECT 'column' AS ambix, c.table_name, CONCAT('`', REPLACE(c.table_name, '`', '``'), '`'), CONCAT('`', REPLACE(c.column_name, '`', '``'), '`'),
    c.data_type, c.column_type, CASE c.is_nullable WHEN 'YES' THEN '1' ELSE '0' END,
    CASE WHEN c.column_default IS NOT NULL AND c.column_default <> 'NULL' THEN '1' ELSE '0' END, NULL,
    (SELECT MIN(CONCAT('`', REPLACE(k.referenced_table_name, '`', '``'), '`')) FROM information_schema.key_column_usage k
        WHERE k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name
        AND k.referenced_table_name <> k.table_name),
    (SELECT MIN(CONCAT('`', REPLACE(k.referenced_column_name, '`', '``'), '`')) FROM information_schema.key_column_usage k
        WHERE k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name
        AND k.referenced_table_name <> k.table_name)
FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' AND c.extra NOT LIKE '%GENERATED%'
ORDER BY c.table_name, c.ordinal_position

--: checks
SELECT 'check' AS ambix, k.table_name, c.check_clause FROM information_schema.table_constraints k
JOIN information_schema.check_constraints c ON c.constraint_schema = k.constraint_schema AND c.constraint_name = k.constraint_name
WHERE k.table_schema = DATABASE() AND k.constraint_type = 'CHECK'
