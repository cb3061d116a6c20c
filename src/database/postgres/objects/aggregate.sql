--? EXISTS (SELECT FROM pg_proc WHERE oid >= 16384::oid AND prokind = 'a')
SELECT 'aggregate', p.full_name, 'pg_catalog.pg_proc'::regclass::oid, p.oid, NULL, false,
    'CREATE ' || d.body, 'DROP AGGREGATE ' || s.signature, 'CREATE OR REPLACE ' || d.body,
    pg_catalog.concat_ws(pg_catalog.chr(31), pg_catalog.format_type(p.prorettype, NULL), coalesce(pg_catalog.array_to_string(p.proargnames, ','), '-'), g.aggkind),
    NULL, NULL, false, 'AGGREGATE ' || s.signature, p.proowner
FROM functions p JOIN pg_aggregate g ON g.aggfnoid::oid = p.oid
CROSS JOIN LATERAL (SELECT p.prefix || pg_catalog.quote_ident(p.proname) || '(' || CASE WHEN p.pronargs = 0 THEN '*'
    ELSE pg_catalog.pg_get_function_identity_arguments(p.oid) END || ')' AS signature) s
CROSS JOIN LATERAL (SELECT 'AGGREGATE ' || s.signature || E' (\n    ' || pg_catalog.concat_ws(E',\n    ',
    'SFUNC = ' || (SELECT f.name FROM function_names f WHERE f.oid = g.aggtransfn::oid), 'STYPE = ' || pg_catalog.format_type(g.aggtranstype, NULL),
    'SSPACE = ' || nullif(g.aggtransspace, 0)::text,
    'FINALFUNC = ' || (SELECT f.name FROM function_names f WHERE f.oid = g.aggfinalfn::oid), CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
    'FINALFUNC_MODIFY = ' || CASE WHEN g.aggfinalfn::oid <> 0::oid AND g.aggfinalmodify <> CASE WHEN g.aggkind = 'n' THEN 'r' ELSE 'w' END::"char"
        THEN CASE g.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
    'COMBINEFUNC = ' || (SELECT f.name FROM function_names f WHERE f.oid = g.aggcombinefn::oid), 'SERIALFUNC = ' || (SELECT f.name FROM function_names f WHERE f.oid = g.aggserialfn::oid),
    'DESERIALFUNC = ' || (SELECT f.name FROM function_names f WHERE f.oid = g.aggdeserialfn::oid), 'INITCOND = ' || pg_catalog.quote_literal(g.agginitval),
    'MSFUNC = ' || (SELECT f.name FROM function_names f WHERE f.oid = g.aggmtransfn::oid), 'MINVFUNC = ' || (SELECT f.name FROM function_names f WHERE f.oid = g.aggminvtransfn::oid),
    'MSTYPE = ' || CASE WHEN g.aggmtranstype <> 0::oid THEN pg_catalog.format_type(g.aggmtranstype, NULL) END,
    'MFINALFUNC = ' || (SELECT f.name FROM function_names f WHERE f.oid = g.aggmfinalfn::oid), 'MINITCOND = ' || pg_catalog.quote_literal(g.aggminitval),
    'SORTOP = ' || (SELECT 'OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname::text || ')' FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
        WHERE o.oid = g.aggsortop),
    'PARALLEL = ' || CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END,
    CASE WHEN g.aggkind = 'h' THEN 'HYPOTHETICAL' END) || E'\n)' AS body) d
