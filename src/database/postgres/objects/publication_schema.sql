--? EXISTS (SELECT FROM pg_publication)
-- A schema whose tables a publication publishes. Older servers do not have the catalogue, 6237, so that its rows are found by what they need.
SELECT 'publication schema', pg_catalog.quote_ident(n.nspname) || ' of ' || pg_catalog.quote_ident(p.pubname), d.classid, d.objid,
    pg_catalog.concat('pg_catalog.pg_publication'::regclass::oid, ':', p.oid), true,
    'ALTER PUBLICATION ' || pg_catalog.quote_ident(p.pubname) || ' ADD TABLES IN SCHEMA ' || pg_catalog.quote_ident(n.nspname),
    'ALTER PUBLICATION ' || pg_catalog.quote_ident(p.pubname) || ' DROP TABLES IN SCHEMA ' || pg_catalog.quote_ident(n.nspname), NULL, NULL, NULL, NULL, false, NULL, NULL::oid
FROM pg_depend d JOIN pg_namespace n ON n.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_namespace'::regclass::oid
JOIN pg_depend o ON o.classid = d.classid AND o.objid = d.objid AND o.refclassid = 'pg_catalog.pg_publication'::regclass::oid
JOIN pg_publication p ON p.oid = o.refobjid
WHERE d.classid = 6237::oid
