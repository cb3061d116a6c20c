-- What is asked while a migration runs in a scratch database.

-- A table that is created again under its name has another first page.
--: relations
SELECT 'relation' AS ambix, name, name, rootpage, '1' FROM sqlite_schema
WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite\_%' ESCAPE '\'

-- Whoever writes has the whole database.
--: costs
SELECT 'cost' AS ambix, '', '', '0', '0' WHERE 1 = 0

--: columns
SELECT 'column' AS ambix, s.name, '"' || replace(s.name, '"', '""') || '"', '"' || replace(c.name, '"', '""') || '"', c.type, c.type,
    CASE WHEN c."notnull" = 1 THEN '0' ELSE '1' END, CASE WHEN c.dflt_value IS NOT NULL THEN '1' ELSE '0' END, NULL,
    (SELECT min('"' || replace(f."table", '"', '""') || '"') FROM pragma_foreign_key_list(s.name) f WHERE f."from" = c.name AND f."table" <> s.name
        AND f."to" IS NOT NULL),
    (SELECT min('"' || replace(f."to", '"', '""') || '"') FROM pragma_foreign_key_list(s.name) f WHERE f."from" = c.name AND f."table" <> s.name)
FROM sqlite_schema s JOIN pragma_table_xinfo(s.name) c
WHERE s.type = 'table' AND s.rootpage > 0 AND s.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND c.hidden = 0
ORDER BY s.name, c.cid

--: checks
SELECT 'check' AS ambix, name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%check%'
