-- In a scratch place, what is created has what a script says, and not what the database's default privileges would give it. The place
-- is a transaction that is rolled back. Those of roles that we do not belong to cannot be set, and are not ours.
DO $ambix$
DECLARE
    what record;
BEGIN
    FOR what IN
        SELECT pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %s %s', m.maker, c.command) AS command
        FROM pg_catalog.pg_default_acl d
        CROSS JOIN LATERAL (SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)) AS maker, CASE d.defaclobjtype WHEN 'r' THEN 'TABLES'
            WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END AS things) m
        CROSS JOIN LATERAL (
            SELECT DISTINCT 1 AS turn, pg_catalog.format('REVOKE ALL ON %s FROM %s', m.things, CASE WHEN x.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN 'PUBLIC'
                ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) END) AS command
            FROM pg_catalog.aclexplode(d.defaclacl) x
            UNION ALL SELECT 2, pg_catalog.format('GRANT ALL ON %s TO %s', m.things, m.maker)
            UNION ALL SELECT 2, pg_catalog.format('GRANT ALL ON %s TO PUBLIC', m.things)
            WHERE d.defaclobjtype OPERATOR(pg_catalog.=) ANY (ARRAY['f', 'T']::"char"[])
        ) c
        WHERE d.defaclnamespace OPERATOR(pg_catalog.=) 0::pg_catalog.oid AND pg_catalog.pg_has_role(d.defaclrole, 'member')
        ORDER BY d.oid, c.turn
    LOOP
        EXECUTE what.command;
    END LOOP;
END
$ambix$
