-- The catalogue. A table's own text says everything of it: what the pragmas leave out (names of constraints, checks, conflict
-- clauses, collations, directions) and what they tell. They are asked for what a text does not say: which tables are another one's
-- inside, and how many columns there are, so that a text that was read wrongly is noticed.

--: server
SELECT 'server' AS ambix, sqlite_version() AS version;

--: kinds
SELECT 'kind' AS ambix, name, type, CAST(ncol AS TEXT) AS column_count FROM pragma_table_list WHERE schema = {schema};

--: objects
SELECT 'object' AS ambix, type, name, tbl_name, sql FROM {quoted}.sqlite_schema
WHERE sql IS NOT NULL AND lower(substr(name, 1, 7)) <> 'sqlite_'
ORDER BY type, name;
