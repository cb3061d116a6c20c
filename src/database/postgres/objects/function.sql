--? EXISTS (SELECT FROM pg_proc WHERE oid >= 16384::oid AND prokind <> 'a')
-- A function can be replaced as long as its result, the names of its arguments and those of its results stay; defaults can only come.
-- The server always writes the schema's name before that of the function; what stands in the body is what somebody wrote.
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, p.full_name, 'pg_catalog.pg_proc'::regclass::oid, p.oid, NULL, false, 'CREATE ' || d.body, 'DROP ' || CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.full_name, 'CREATE OR REPLACE ' || d.body,
    pg_catalog.concat_ws(pg_catalog.chr(31), p.prokind, coalesce(pg_catalog.pg_get_function_result(p.oid), '-'), coalesce(pg_catalog.array_to_string(p.proargnames, ','), '-'),
        coalesce(pg_catalog.array_to_string(p.proargmodes, ','), '-'), nullif(pg_catalog.array_to_string(pg_catalog.array_fill('default'::text, ARRAY[p.pronargdefaults::int]), pg_catalog.chr(31)), '')),
    NULL, NULL, false, CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.full_name, p.proowner
FROM functions p
CROSS JOIN LATERAL (SELECT pg_catalog.rtrim(pg_catalog.substr(pg_catalog.replace(pg_catalog.split_part(f.text, '(', 1), pg_catalog.quote_ident(s.nspname) || '.', p.prefix)
        || pg_catalog.substr(f.text, pg_catalog.length(pg_catalog.split_part(f.text, '(', 1)) + 1), 19), E'\n') AS body
    FROM pg_namespace s, (SELECT CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) END AS text) f WHERE s.oid = p.pronamespace) d
WHERE p.prokind <> 'a'
