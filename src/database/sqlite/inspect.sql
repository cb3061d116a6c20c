--: tables
WITH list AS MATERIALIZED (SELECT name, type, strict, wr FROM pragma_table_list WHERE schema = {literal})
SELECT 'table' AS ambix, m.name, m.sql, CAST(l.strict AS TEXT), CAST(l.wr AS TEXT), l.type
FROM {schema}.sqlite_schema m JOIN list l ON l.name = m.name
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY m.name;

--: columns
SELECT 'column' AS ambix, m.name, c.name, c.type, CAST(c."notnull" AS TEXT), c.dflt_value, CAST(c.hidden AS TEXT)
FROM {schema}.sqlite_schema m JOIN pragma_table_xinfo(m.name, {literal}) c
WHERE m.type = 'table' AND m.rootpage > 0 AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY m.name, c.cid;

--: foreign_keys
SELECT 'foreign_key' AS ambix, m.name, CAST(k.id AS TEXT), k."table", k."from", k."to", k.on_update, k.on_delete
FROM {schema}.sqlite_schema m JOIN pragma_foreign_key_list(m.name, {literal}) k
WHERE m.type = 'table' AND m.rootpage > 0 AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY m.name, k.id DESC, k.seq;

--: indexes
SELECT 'index' AS ambix, tbl_name, name, sql
FROM {schema}.sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
ORDER BY tbl_name, name;

--: others
SELECT 'other' AS ambix, type, name, tbl_name, sql
FROM {schema}.sqlite_schema WHERE type IN ('view', 'trigger')
ORDER BY type, name;
