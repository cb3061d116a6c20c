-- What the database holds. The text of a table says everything about it; what the server knows besides is whether it is strict, has
-- a rowid, or is none of its own.

--: tables
SELECT 'table' AS ambix, m.name, m.sql, CAST(l.strict AS TEXT), CAST(l.wr AS TEXT), l.type
FROM sqlite_schema m
JOIN pragma_table_list l ON l.schema = 'main' AND l.name = m.name
WHERE m.type = 'table' AND substr(m.name, 1, 7) <> 'sqlite_'
ORDER BY m.name

--: indexes
SELECT 'index' AS ambix, tbl_name, name, sql FROM sqlite_schema
WHERE type = 'index' AND sql IS NOT NULL AND substr(tbl_name, 1, 7) <> 'sqlite_'
ORDER BY tbl_name, name

--: others
SELECT 'other' AS ambix, type, name, tbl_name, sql FROM sqlite_schema
WHERE type IN ('view', 'trigger')
ORDER BY type DESC, rowid
