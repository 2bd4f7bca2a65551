-- Row level security: PostgreSQL's policies in Redshift's views, for superusers and owners of the
-- tables.  A policy here belongs to one table, so each is attached to that one.

-- internal
CREATE VIEW redshift.visible_policy AS
	SELECT p.oid, p.polname, p.polpermissive, p.polroles, pg_get_expr(p.polqual, p.polrelid) AS polqual, n.nspname, c.relname, c.oid AS relid, c.relkind,
		c.relowner, c.relrowsecurity
	FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE pg_has_role(c.relowner, 'USAGE') AND n.nspname <> 'redshift';

CREATE VIEW redshift.svv_rls_policy AS
	SELECT current_database()::text AS poldb, p.polname::text AS polname, NULL::text AS polalias, a.polatts, p.polqual, p.relrowsecurity AS polenabled,
		pg_get_userbyid(p.relowner)::text AS polmodifiedby, NULL::timestamp AS polmodifiedtime
	FROM redshift.visible_policy p CROSS JOIN LATERAL (
		SELECT json_agg(json_build_object('colname', a.attname, 'type', redshift.type_name(a.atttypid, a.atttypmod)) ORDER BY a.attnum)::text AS polatts
		FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
		WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = p.relid AND d.refobjsubid > 0) a;
COMMENT ON VIEW redshift.svv_rls_policy IS 'row security policies of tables that the user owns; polatts: the columns that they look at';

CREATE VIEW redshift.svv_rls_attached_policy AS
	SELECT p.nspname::text AS relschema, p.relname::text AS relname, 'table'::text AS relkind, p.polname::text AS polname,
		pg_get_userbyid(p.relowner)::text AS grantor, CASE WHEN g.oid = 0 THEN 'public' ELSE pg_get_userbyid(g.oid)::text END AS grantee,
		redshift.identity_type(g.oid, r.rolcanlogin) AS granteekind, true AS is_pol_on, p.relrowsecurity AS is_rls_on,
		CASE WHEN p.polpermissive THEN 'OR' ELSE 'AND' END::char(3) AS rls_conjuction_type
	FROM redshift.visible_policy p CROSS JOIN LATERAL unnest(p.polroles) g(oid) LEFT JOIN pg_roles r ON r.oid = g.oid;
COMMENT ON VIEW redshift.svv_rls_attached_policy IS 'to whom row security policies apply; of PostgreSQL''s, permissive ones are joined by OR';

CREATE VIEW redshift.svv_rls_relation AS
	SELECT current_database()::text AS datname, c.nspname::text AS relschema, c.relname::text AS relname, 'table'::text AS relkind,
		k.relrowsecurity AS is_rls_on, false AS is_rls_datashare_on, 'OR'::char(3) AS rls_conjunction_type
	FROM redshift.visible_relation c JOIN pg_class k ON k.oid = c.oid
	WHERE k.relrowsecurity AND pg_has_role(c.relowner, 'USAGE') AND c.nspname <> 'redshift';
COMMENT ON VIEW redshift.svv_rls_relation IS 'tables with row security that the user owns';

GRANT SELECT ON redshift.visible_policy, redshift.svv_rls_policy, redshift.svv_rls_attached_policy, redshift.svv_rls_relation TO PUBLIC;
