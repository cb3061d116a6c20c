--? EXISTS (SELECT FROM pg_class WHERE oid >= 16384::oid AND relkind = 'm')
SELECT 'materialized view', c.full_name, 'pg_catalog.pg_class'::regclass::oid, c.oid, NULL, false,
    'CREATE MATERIALIZED VIEW ' || c.full_name
        || CASE WHEN m.amname <> pg_catalog.current_setting('default_table_access_method') THEN ' USING ' || pg_catalog.quote_ident(m.amname) ELSE '' END
        || coalesce(' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')', '')
        || coalesce(' TABLESPACE ' || pg_catalog.quote_ident(s.spcname), '') || E' AS\n' || pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';')
        || CASE WHEN c.relispopulated THEN '' ELSE E'\n  WITH NO DATA' END,
    'DROP MATERIALIZED VIEW ' || c.full_name, NULL, NULL, NULL, NULL, false, 'MATERIALIZED VIEW ' || c.full_name, c.relowner
FROM relations c LEFT JOIN pg_am m ON m.oid = c.relam LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
WHERE c.relkind = 'm'
