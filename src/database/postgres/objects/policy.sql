--? EXISTS (SELECT FROM pg_policy)
SELECT 'policy', pg_catalog.quote_ident(p.polname) || ' on ' || c.full_name, 'pg_catalog.pg_policy'::regclass::oid, p.oid,
    pg_catalog.concat('pg_catalog.pg_class'::regclass::oid, ':', c.oid), false,
    pg_catalog.concat_ws(' ', 'CREATE POLICY', pg_catalog.quote_ident(p.polname), 'ON', c.full_name, CASE WHEN NOT p.polpermissive THEN 'AS RESTRICTIVE' END,
        CASE p.polcmd WHEN 'r' THEN 'FOR SELECT' WHEN 'a' THEN 'FOR INSERT' WHEN 'w' THEN 'FOR UPDATE' WHEN 'd' THEN 'FOR DELETE' END,
        'TO ' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.rolname), ', ' ORDER BY a.rolname)
            FROM pg_catalog.unnest(p.polroles) o (id) JOIN pg_roles a ON a.oid = o.id),
        'USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', 'WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
    'DROP POLICY ' || pg_catalog.quote_ident(p.polname) || ' ON ' || c.full_name, NULL, NULL, NULL, NULL, false,
    'POLICY ' || pg_catalog.quote_ident(p.polname) || ' ON ' || c.full_name, NULL::oid
FROM pg_policy p JOIN relations c ON c.oid = p.polrelid
