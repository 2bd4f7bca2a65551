-- SHOW GRANTS and SHOW COLUMN GRANTS: a function for each form, as in show.sql.  grantee_type is user,
-- role, group or public, and of NULL lets all pass; grantee is the name, of NULL for public.

-- internal
CREATE FUNCTION redshift.show_grantee(identity_type text, identity_name text, grantee_type text, grantee text) RETURNS bool
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN grantee_type IS NULL OR (CASE WHEN lower(grantee_type) = 'group' THEN 'role' ELSE lower(grantee_type) END = identity_type
		AND (identity_type = 'public' OR identity_name = grantee));
COMMENT ON FUNCTION redshift.show_grantee(text, text, text, text) IS 'is it the one that FOR names?';

-- internal
CREATE FUNCTION redshift.show_grants_on_table(database text, schema text, "table" text, grantee_type text DEFAULT NULL, grantee text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, schema_name varchar, object_name varchar, object_type varchar, privilege_type varchar, identity_id int4,
		identity_name varchar, identity_type varchar, admin_option bool, privilege_scope varchar, grantor_name varchar)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT current_database()::varchar, g.schema_name::varchar, g.object_name::varchar, 'TABLE'::varchar, g.privilege_type::varchar, g.identity_id,
			g.identity_name::varchar, g.identity_type::varchar, g.admin_option, 'TABLE'::varchar, g.grantor_name::varchar
		FROM redshift.relation_grant g
		WHERE g.oid = redshift.show_relation(database, schema, "table") AND redshift.show_grantee(g.identity_type, g.identity_name, grantee_type, grantee)
		ORDER BY g.identity_type, g.identity_name, g.privilege_type;
	END;
COMMENT ON FUNCTION redshift.show_grants_on_table(text, text, text, text, text) IS 'SHOW GRANTS ON TABLE database.schema.table [FOR ...]';

-- internal
CREATE FUNCTION redshift.show_column_grants(database text, schema text, "table" text, pattern text DEFAULT NULL, grantee_type text DEFAULT NULL,
		grantee text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, schema_name varchar, table_name varchar, column_name varchar, object_type varchar, privilege_type varchar,
		identity_id int4, identity_name varchar, identity_type varchar, admin_option bool, privilege_scope varchar, grantor_name varchar)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT current_database()::varchar, g.schema_name::varchar, g.object_name::varchar, g.column_name::varchar, 'COLUMN'::varchar,
			g.privilege_type::varchar, g.identity_id, g.identity_name::varchar, g.identity_type::varchar, g.admin_option, 'COLUMN'::varchar,
			g.grantor_name::varchar
		FROM redshift.column_grant g
		WHERE g.oid = redshift.show_relation(database, schema, "table") AND (pattern IS NULL OR g.column_name LIKE pattern)
			AND redshift.show_grantee(g.identity_type, g.identity_name, grantee_type, grantee)
		ORDER BY g.column_name, g.identity_type, g.identity_name, g.privilege_type;
	END;
COMMENT ON FUNCTION redshift.show_column_grants(text, text, text, text, text, text) IS 'SHOW COLUMN GRANTS ON TABLE database.schema.table [LIKE pattern] [FOR ...]';

-- internal
CREATE FUNCTION redshift.show_grants_on_schema(database text, schema text, grantee_type text DEFAULT NULL, grantee text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, schema_name varchar, object_name varchar, object_type varchar, privilege_type varchar, identity_id int4,
		identity_name varchar, identity_type varchar, admin_option bool, privilege_scope varchar, grantor_name varchar)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT current_database()::varchar, g.schema_name::varchar, g.schema_name::varchar, 'SCHEMA'::varchar, g.privilege_type::varchar, g.identity_id,
			g.identity_name::varchar, g.identity_type::varchar, g.admin_option, 'SCHEMA'::varchar, g.grantor_name::varchar
		FROM redshift.schema_grant g
		WHERE g.oid = redshift.show_in_schema(database, schema) AND redshift.show_grantee(g.identity_type, g.identity_name, grantee_type, grantee)
		ORDER BY g.identity_type, g.identity_name, g.privilege_type;
	END;
COMMENT ON FUNCTION redshift.show_grants_on_schema(text, text, text, text) IS 'SHOW GRANTS ON SCHEMA database.schema [FOR ...]';

-- internal
CREATE FUNCTION redshift.show_grants_on_database(database text, grantee_type text DEFAULT NULL, grantee text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, privilege_type varchar, identity_id int4, identity_name varchar, identity_type varchar, admin_option bool,
		privilege_scope varchar, grantor_name varchar)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT g.database_name::varchar, g.privilege_type::varchar, g.identity_id, g.identity_name::varchar, g.identity_type::varchar, g.admin_option,
			'DATABASE'::varchar, g.grantor_name::varchar
		FROM redshift.database_grant g
		WHERE g.database_name = coalesce(database, current_database()) AND redshift.show_grantee(g.identity_type, g.identity_name, grantee_type, grantee)
		ORDER BY g.identity_type, g.identity_name, g.privilege_type;
	END;
COMMENT ON FUNCTION redshift.show_grants_on_database(text, text, text) IS 'SHOW GRANTS ON DATABASE database [FOR ...]';

-- internal
CREATE FUNCTION redshift.show_grants_on_function(database text, schema text, name text, types text[], grantee_type text DEFAULT NULL,
		grantee text DEFAULT NULL)
	RETURNS TABLE (database_name varchar, schema_name varchar, object_name varchar, object_type varchar, privilege_type varchar, identity_id int4,
		identity_name varchar, identity_type varchar, admin_option bool, privilege_scope varchar, grantor_name varchar)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT current_database()::varchar, g.schema_name::varchar, format('%s(%s)', g.object_name, g.argument_types)::varchar, 'FUNCTION'::varchar,
			g.privilege_type::varchar, g.identity_id, g.identity_name::varchar, g.identity_type::varchar, g.admin_option, 'FUNCTION'::varchar,
			g.grantor_name::varchar
		FROM redshift.function_grant g
		WHERE g.oid = redshift.show_routine(database, schema, name, types, false)
			AND redshift.show_grantee(g.identity_type, g.identity_name, grantee_type, grantee)
		ORDER BY g.identity_type, g.identity_name, g.privilege_type;
	END;
COMMENT ON FUNCTION redshift.show_grants_on_function(text, text, text, text[], text, text) IS 'SHOW GRANTS ON FUNCTION database.schema.name(types) [FOR ...]';

-- internal
CREATE FUNCTION redshift.show_grants_for(grantee_type text, grantee text)
	RETURNS TABLE (database_name varchar, schema_name varchar, object_name varchar, object_type varchar, privilege_type varchar, identity_id int4,
		identity_name varchar, identity_type varchar, admin_option bool, privilege_scope varchar, grantor_name varchar)
	LANGUAGE sql STABLE
	BEGIN ATOMIC
		SELECT current_database()::varchar, g.schema_name::varchar, g.object_name::varchar, g.kind::varchar, g.privilege_type::varchar, g.identity_id,
			g.identity_name::varchar, g.identity_type::varchar, g.admin_option, g.kind::varchar, g.grantor_name::varchar
		FROM (
			SELECT 'TABLE' AS kind, schema_name, object_name, privilege_type, identity_id, identity_name, identity_type, admin_option, grantor_name
			FROM redshift.relation_grant
			UNION ALL
			SELECT 'COLUMN', schema_name, object_name || '.' || column_name, privilege_type, identity_id, identity_name, identity_type, admin_option, grantor_name
			FROM redshift.column_grant
			UNION ALL
			SELECT 'SCHEMA', schema_name, schema_name, privilege_type, identity_id, identity_name, identity_type, admin_option, grantor_name
			FROM redshift.schema_grant
			UNION ALL
			SELECT 'FUNCTION', schema_name, format('%s(%s)', object_name, argument_types), privilege_type, identity_id, identity_name, identity_type, admin_option,
				grantor_name
			FROM redshift.function_grant
			UNION ALL
			SELECT 'DATABASE', NULL, database_name, privilege_type, identity_id, identity_name, identity_type, admin_option, grantor_name
			FROM redshift.database_grant) g
		WHERE redshift.show_grantee(g.identity_type, g.identity_name, grantee_type, grantee)
		ORDER BY g.kind, g.schema_name, g.object_name, g.privilege_type;
	END;
COMMENT ON FUNCTION redshift.show_grants_for(text, text) IS 'SHOW GRANTS FOR {user | ROLE role}';
