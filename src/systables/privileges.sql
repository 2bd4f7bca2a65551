-- Who was granted what.  Superusers and members of pg_read_all_stats see all grants, others those to
-- themselves, to roles that they are members of and to PUBLIC.  What owners have by themselves is not
-- a grant, nor is what the server and the extension bring along.

-- internal
CREATE FUNCTION redshift.identity_type(role oid, can_login bool) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN role = 0 THEN 'public' WHEN can_login THEN 'user' ELSE 'role' END;

-- internal
CREATE VIEW redshift.visible_identity AS
	SELECT oid, redshift.user_id(oid) AS id, rolname::text AS name, redshift.identity_type(oid, rolcanlogin) AS type
	FROM pg_roles WHERE pg_has_role(oid, 'USAGE') OR pg_has_role('pg_read_all_stats', 'USAGE')
	UNION ALL
	SELECT 0, 0, 'public', 'public';
COMMENT ON VIEW redshift.visible_identity IS 'users and roles whose grants the user may see; 0: PUBLIC';

-- internal
CREATE VIEW redshift.user_namespace AS
	SELECT oid, nspname, nspowner, nspacl FROM pg_namespace
	WHERE nspname <> ALL (ARRAY['pg_catalog', 'information_schema', 'redshift', 'pg_toast']::name[]) AND NOT pg_is_other_temp_schema(oid);

-- Each kind of grant, with what SHOW GRANTS shows besides.
-- internal
CREATE VIEW redshift.relation_grant AS
	SELECT c.oid, n.nspname::text AS schema_name, c.relname::text AS object_name, a.privilege_type, i.id AS identity_id,
		i.name AS identity_name, i.type AS identity_type, a.is_grantable AND i.type = 'user' AS admin_option, pg_get_userbyid(a.grantor)::text AS grantor_name
	FROM pg_class c JOIN redshift.user_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) a
		JOIN redshift.visible_identity i ON i.oid = a.grantee
	WHERE c.relacl IS NOT NULL AND c.relkind IN ('r', 'v', 'm', 'f', 'p') AND a.grantee <> c.relowner;

-- internal
CREATE VIEW redshift.column_grant AS
	SELECT c.oid, n.nspname::text AS schema_name, c.relname::text AS object_name, t.attname::text AS column_name, a.privilege_type, i.id AS identity_id,
		i.name AS identity_name, i.type AS identity_type, a.is_grantable AND i.type = 'user' AS admin_option, pg_get_userbyid(a.grantor)::text AS grantor_name
	FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN redshift.user_namespace n ON n.oid = c.relnamespace
		CROSS JOIN LATERAL aclexplode(t.attacl) a JOIN redshift.visible_identity i ON i.oid = a.grantee
	WHERE t.attacl IS NOT NULL AND NOT t.attisdropped AND a.grantee <> c.relowner;

-- internal
CREATE VIEW redshift.schema_grant AS
	SELECT n.oid, n.nspname::text AS schema_name, a.privilege_type, i.id AS identity_id,
		i.name AS identity_name, i.type AS identity_type, a.is_grantable AND i.type = 'user' AS admin_option, pg_get_userbyid(a.grantor)::text AS grantor_name
	FROM redshift.user_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a JOIN redshift.visible_identity i ON i.oid = a.grantee
	WHERE a.grantee <> n.nspowner;

-- internal
CREATE VIEW redshift.database_grant AS
	SELECT d.datname::text AS database_name, CASE a.privilege_type WHEN 'TEMPORARY' THEN 'TEMP' ELSE a.privilege_type END AS privilege_type, i.id AS identity_id,
		i.name AS identity_name, i.type AS identity_type, a.is_grantable AND i.type = 'user' AS admin_option, pg_get_userbyid(a.grantor)::text AS grantor_name
	FROM pg_database d CROSS JOIN LATERAL aclexplode(d.datacl) a JOIN redshift.visible_identity i ON i.oid = a.grantee
	WHERE NOT d.datistemplate AND a.grantee <> d.datdba;

-- internal
CREATE VIEW redshift.function_grant AS
	SELECT p.oid, n.nspname::text AS schema_name, p.proname::text AS object_name, redshift.argument_types(p.proargtypes) AS argument_types,
		p.prokind, a.privilege_type, i.id AS identity_id,
		i.name AS identity_name, i.type AS identity_type, a.is_grantable AND i.type = 'user' AS admin_option, pg_get_userbyid(a.grantor)::text AS grantor_name
	FROM pg_proc p JOIN redshift.user_namespace n ON n.oid = p.pronamespace CROSS JOIN LATERAL aclexplode(p.proacl) a
		JOIN redshift.visible_identity i ON i.oid = a.grantee
	WHERE p.proacl IS NOT NULL AND a.grantee <> p.proowner;

CREATE VIEW redshift.svv_relation_privileges AS
	SELECT schema_name AS namespace_name, object_name AS relation_name, privilege_type, identity_id, identity_name, identity_type, admin_option
	FROM redshift.relation_grant;
COMMENT ON VIEW redshift.svv_relation_privileges IS 'privileges on tables and views that were granted';

CREATE VIEW redshift.svv_column_privileges AS
	SELECT schema_name AS namespace_name, object_name AS relation_name, column_name, privilege_type, identity_id, identity_name, identity_type
	FROM redshift.column_grant;
COMMENT ON VIEW redshift.svv_column_privileges IS 'privileges on columns that were granted';

CREATE VIEW redshift.svv_schema_privileges AS
	SELECT schema_name AS namespace_name, privilege_type, identity_id, identity_name, identity_type, admin_option, 'SCHEMA'::text AS privilege_scope
	FROM redshift.schema_grant;
COMMENT ON VIEW redshift.svv_schema_privileges IS 'privileges on schemas that were granted';

CREATE VIEW redshift.svv_database_privileges AS
	SELECT database_name, privilege_type, identity_id, identity_name, identity_type, admin_option, 'DATABASE'::text AS privilege_scope
	FROM redshift.database_grant;
COMMENT ON VIEW redshift.svv_database_privileges IS 'privileges on databases that were granted';

CREATE VIEW redshift.svv_function_privileges AS
	SELECT schema_name AS namespace_name, object_name AS function_name, argument_types, privilege_type, identity_id, identity_name, identity_type, admin_option
	FROM redshift.function_grant;
COMMENT ON VIEW redshift.svv_function_privileges IS 'privileges on functions that were granted';

CREATE VIEW redshift.svv_language_privileges AS
	SELECT l.lanname::text AS language_name, a.privilege_type, i.id AS identity_id, i.name AS identity_name, i.type AS identity_type,
		a.is_grantable AND i.type = 'user' AS admin_option
	FROM pg_language l CROSS JOIN LATERAL aclexplode(l.lanacl) a JOIN redshift.visible_identity i ON i.oid = a.grantee
	WHERE a.grantee <> l.lanowner;
COMMENT ON VIEW redshift.svv_language_privileges IS 'privileges on languages that were granted';

CREATE VIEW redshift.svv_default_privileges AS
	SELECT n.nspname::text AS schema_name,
		CASE d.defaclobjtype WHEN 'r' THEN 'RELATION' WHEN 'f' THEN 'FUNCTION' WHEN 'n' THEN 'SCHEMA' WHEN 'S' THEN 'SEQUENCE' ELSE 'TYPE' END AS object_type,
		redshift.user_id(d.defaclrole) AS owner_id, o.rolname::text AS owner_name, redshift.identity_type(o.oid, o.rolcanlogin) AS owner_type,
		a.privilege_type, i.id AS grantee_id, i.name AS grantee_name, i.type AS grantee_type, a.is_grantable AND i.type = 'user' AS admin_option
	FROM pg_default_acl d JOIN pg_roles o ON o.oid = d.defaclrole LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
		CROSS JOIN LATERAL aclexplode(d.defaclacl) a JOIN redshift.visible_identity i ON i.oid = a.grantee
	WHERE a.grantee <> d.defaclrole;
COMMENT ON VIEW redshift.svv_default_privileges IS 'privileges that new objects of a user have for others';

-- overlay defacluser
CREATE VIEW redshift."pg_catalog.pg_default_acl" AS
	SELECT d.*, d.tableoid, d.defaclrole AS defacluser FROM pg_catalog.pg_default_acl d;
COMMENT ON VIEW redshift."pg_catalog.pg_default_acl" IS 'pg_catalog.pg_default_acl with the user under Redshift''s name';

CREATE FUNCTION redshift.makeaclitem(grantee oid, grantor oid, privileges text, grantable bool) RETURNS aclitem
	LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN pg_catalog.makeaclitem(grantee, grantor, privileges, grantable);
COMMENT ON FUNCTION redshift.makeaclitem(oid, oid, text, bool) IS 'as PostgreSQL''s';
CREATE FUNCTION redshift.makeaclitem("user" oid, "group" oid, grantor oid, privileges text, grantable bool) RETURNS aclitem
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.makeaclitem(CASE WHEN "group" <> 0 THEN "group" ELSE "user" END, grantor, privileges, grantable);
COMMENT ON FUNCTION redshift.makeaclitem(oid, oid, oid, text, bool) IS 'a privilege of the group, if one is given, else of the user, or with 0 for both of PUBLIC';

GRANT SELECT ON redshift.visible_identity, redshift.user_namespace, redshift.relation_grant, redshift.column_grant, redshift.schema_grant,
	redshift.database_grant, redshift.function_grant, redshift.svv_relation_privileges, redshift.svv_column_privileges,
	redshift.svv_schema_privileges, redshift.svv_database_privileges, redshift.svv_function_privileges, redshift.svv_language_privileges,
	redshift.svv_default_privileges, redshift."pg_catalog.pg_default_acl" TO PUBLIC;
