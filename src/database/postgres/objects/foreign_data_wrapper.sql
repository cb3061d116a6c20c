--? EXISTS (SELECT FROM pg_foreign_data_wrapper)
SELECT 'foreign data wrapper', pg_catalog.quote_ident(w.fdwname), 'pg_catalog.pg_foreign_data_wrapper'::regclass::oid, w.oid, NULL, false,
    pg_catalog.concat_ws(' ', 'CREATE FOREIGN DATA WRAPPER', pg_catalog.quote_ident(w.fdwname), 'HANDLER ' || h.name, 'VALIDATOR ' || v.name,
        'OPTIONS (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value), ', ')
            FROM pg_catalog.pg_options_to_table(w.fdwoptions) o) || ')'),
    'DROP FOREIGN DATA WRAPPER ' || pg_catalog.quote_ident(w.fdwname), NULL, NULL, NULL, NULL, false, 'FOREIGN DATA WRAPPER ' || pg_catalog.quote_ident(w.fdwname), w.fdwowner
FROM pg_foreign_data_wrapper w LEFT JOIN function_names h ON h.oid = w.fdwhandler LEFT JOIN function_names v ON v.oid = w.fdwvalidator
WHERE NOT EXISTS (SELECT FROM extended d WHERE d.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass::oid AND d.objid = w.oid)
