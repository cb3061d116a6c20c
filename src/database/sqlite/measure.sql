-- What is asked while a migration runs in a scratch database.

-- A table that is created again under its name has another first page.
--: relations
SELECT 'relation' AS ambix, name AS id, name, rootpage AS file, '1' AS has_pages FROM sqlite_schema
WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite\_%' ESCAPE '\'

-- Whoever writes has the whole database.
--: costs
SELECT 'cost' AS ambix, '' AS id, '' AS lock_words, '0' AS blocked, '0' AS scans WHERE 1 = 0

--: columns
SELECT 'column' AS ambix, s.name AS id, '"' || replace(s.name, '"', '""') || '"' AS table_name,
    '"' || replace(c.name, '"', '""') || '"' AS name, c.type AS base, c.type AS type,
    CASE WHEN c."notnull" = 1 THEN '0' ELSE '1' END AS nullable,
    CASE WHEN c.dflt_value IS NOT NULL THEN '1' ELSE '0' END AS has_default, NULL AS listed,
    (SELECT min('"' || replace(f."table", '"', '""') || '"') FROM pragma_foreign_key_list(s.name) f WHERE f."from" = c.name AND f."table" <> s.name
        AND f."to" IS NOT NULL) AS other_table,
    (SELECT min('"' || replace(f."to", '"', '""') || '"') FROM pragma_foreign_key_list(s.name) f WHERE f."from" = c.name AND f."table" <> s.name) AS other_column
FROM sqlite_schema s JOIN pragma_table_xinfo(s.name) c
WHERE s.type = 'table' AND s.rootpage > 0 AND s.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND c.hidden = 0
ORDER BY s.name, c.cid

--: checks
SELECT 'check' AS ambix, name AS id, sql AS definition FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%check%'
