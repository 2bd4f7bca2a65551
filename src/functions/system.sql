-- Redshift's functions of the system and the session, and TRY_CAST.

CREATE FUNCTION redshift.version() RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.'
		|| pg_catalog.translate(extversion, '.', '')::int4 FROM pg_catalog.pg_extension WHERE extname = 'redshift_ext');
COMMENT ON FUNCTION redshift.version() IS 'as Redshift says it; the last number is the version of redshift_ext, without its point';

CREATE FUNCTION redshift.current_user_id() RETURNS int4
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (SELECT oid::int8::int4 FROM pg_catalog.pg_roles WHERE rolname = current_user);
COMMENT ON FUNCTION redshift.current_user_id() IS 'the number of the current user';

CREATE FUNCTION redshift.current_namespace() RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (SELECT pg_catalog.md5(system_identifier::text)::uuid::text FROM pg_catalog.pg_control_system());
COMMENT ON FUNCTION redshift.current_namespace() IS 'what tells this database cluster from others, as a GUID';

CREATE FUNCTION redshift.current_session_arn() RETURNS varchar
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN NULL::varchar;
COMMENT ON FUNCTION redshift.current_session_arn() IS 'the global user of the session: NULL, since all are local';

CREATE FUNCTION redshift.user_is_member_of(username name, role name) RETURNS bool
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN pg_catalog.pg_has_role(username, role, 'MEMBER');
COMMENT ON FUNCTION redshift.user_is_member_of(name, name) IS 'is the user in the role or group, also by way of others';

CREATE FUNCTION redshift.role_is_member_of(role name, granted_role name) RETURNS bool
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN pg_catalog.pg_has_role(role, granted_role, 'MEMBER');
COMMENT ON FUNCTION redshift.role_is_member_of(name, name) IS 'is the first role granted the second, also by way of others';

CREATE FUNCTION redshift.pg_get_session_roles() RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL SAFE
	AS $$SELECT rolname, oid::pg_catalog.int8::pg_catalog.int4 FROM pg_catalog.pg_roles
		WHERE NOT rolcanlogin AND pg_catalog.pg_has_role(oid, 'USAGE') AND NOT pg_catalog.starts_with(rolname, 'pg_')$$;
COMMENT ON FUNCTION redshift.pg_get_session_roles() IS 'roles that the user has: AS (name name, roleid integer)';

CREATE FUNCTION redshift.pg_get_cols(relation text) RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL SAFE
	AS $$SELECT n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)::pg_catalog.varchar, a.attnum::pg_catalog.int4
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
		WHERE c.oid = $1::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum$$;
COMMENT ON FUNCTION redshift.pg_get_cols(text) IS
	'columns of a table or view: AS (view_schema name, view_name name, col_name name, col_type varchar, col_num int)';

CREATE FUNCTION redshift.pg_cancel_backend(pid int4) RETURNS int4
	LANGUAGE sql VOLATILE PARALLEL SAFE
	RETURN pg_catalog.pg_cancel_backend(pid)::int4;
COMMENT ON FUNCTION redshift.pg_cancel_backend(int4) IS 'cancels the statement that a session runs; 1 if it was told so';

CREATE FUNCTION redshift.pg_terminate_backend(pid int4) RETURNS int4
	LANGUAGE sql VOLATILE PARALLEL SAFE
	RETURN pg_catalog.pg_terminate_backend(pid)::int4;
COMMENT ON FUNCTION redshift.pg_terminate_backend(int4) IS 'ends a session; 1 if it was told so';

CREATE FUNCTION redshift.reboot_cluster() RETURNS void
	AS 'MODULE_PATHNAME', 'rs_reboot_cluster' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION redshift.reboot_cluster() IS 'refused: servers are restarted from outside';

-- TRY_CAST(value AS type) is try_cast(value, NULL::type).
CREATE FUNCTION redshift.try_cast(value anyelement, target anycompatible) RETURNS anycompatible
	AS 'MODULE_PATHNAME', 'rs_try_cast' LANGUAGE C STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.try_cast(value text, target anycompatible) RETURNS anycompatible
	AS 'MODULE_PATHNAME', 'rs_try_cast' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.try_cast(anyelement, anycompatible) IS 'the value as one of the second argument''s type; NULL if it is none';
