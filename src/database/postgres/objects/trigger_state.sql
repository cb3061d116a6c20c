--? EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal)
-- Whether a trigger fires. A partition has the triggers of its parent, which fire there as they do at the parent, unless somebody says otherwise.
SELECT 'trigger state', pg_catalog.quote_ident(g.tgname) || ' on ' || c.full_name, 'pg_catalog.pg_trigger'::regclass::oid, NULL::oid,
    pg_catalog.concat('pg_catalog.pg_trigger'::regclass::oid, ':', t.first), true, s.statement,
    'ALTER TABLE ' || c.full_name || w.back || ' TRIGGER ' || pg_catalog.quote_ident(g.tgname), s.statement, NULL, NULL, NULL, false, NULL, NULL::oid
FROM pg_trigger g JOIN relations c ON c.oid = g.tgrelid LEFT JOIN pg_trigger p ON p.oid = g.tgparentid
CROSS JOIN LATERAL (WITH RECURSIVE above AS (SELECT g.oid, g.tgparentid, g.tgisinternal
        UNION ALL SELECT x.oid, x.tgparentid, x.tgisinternal FROM above a JOIN pg_trigger x ON x.oid = a.tgparentid)
    SELECT a.oid AS first, a.tgisinternal AS is_of_a_key FROM above a WHERE a.tgparentid = 0::oid) t
CROSS JOIN LATERAL (SELECT CASE g.tgenabled WHEN 'O' THEN ' ENABLE' WHEN 'D' THEN ' DISABLE' WHEN 'R' THEN ' ENABLE REPLICA' ELSE ' ENABLE ALWAYS' END AS there,
    CASE coalesce(p.tgenabled, 'O') WHEN 'O' THEN ' ENABLE' WHEN 'D' THEN ' DISABLE' WHEN 'R' THEN ' ENABLE REPLICA' ELSE ' ENABLE ALWAYS' END AS back) w
CROSS JOIN LATERAL (SELECT 'ALTER TABLE ' || c.full_name || w.there || ' TRIGGER ' || pg_catalog.quote_ident(g.tgname) AS statement) s
WHERE NOT t.is_of_a_key AND g.tgenabled <> coalesce(p.tgenabled, 'O')
