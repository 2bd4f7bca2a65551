-- Users and roles.  Ordinary users see themselves and the roles that they are members of; superusers
-- and members of pg_read_all_stats see all.

-- A setting of a role, as ALTER USER ... SET has stored it.
-- internal
CREATE FUNCTION redshift.role_setting(config text[], name text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (SELECT substr(c, length(name) + 2) FROM unnest(config) c WHERE starts_with(c, name || '='));

-- Milliseconds where no unit follows, as idle_session_timeout is written.
-- internal
CREATE FUNCTION redshift.setting_seconds(value text) RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN value ~ '^\d+$' THEN (value::int8 / 1000)::int4
		WHEN value IS NOT NULL THEN extract(epoch FROM value::interval)::int4 END;

-- internal
CREATE VIEW redshift.visible_user AS
	SELECT r.oid, r.rolname, redshift.user_id(r.oid) AS id, r.rolcreatedb, r.rolsuper, r.rolvaliduntil, s.setconfig,
		CASE WHEN r.rolconnlimit < 0 THEN 'UNLIMITED' ELSE r.rolconnlimit::text END AS connection_limit,
		CASE WHEN r.rolsuper OR pg_has_role(r.oid, 'pg_read_all_stats', 'USAGE') THEN 'UNRESTRICTED' ELSE 'RESTRICTED' END AS syslog_access,
		coalesce(redshift.setting_seconds(redshift.role_setting(s.setconfig, 'idle_session_timeout')), 0) AS session_timeout
	FROM pg_roles r LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid AND s.setdatabase = 0
	WHERE r.rolcanlogin AND (r.rolname = current_user OR pg_has_role('pg_read_all_stats', 'USAGE'));

CREATE VIEW redshift.svv_user_info AS
	SELECT rolname::text AS user_name, id AS user_id, rolcreatedb AS createdb, rolsuper AS superuser, rolsuper AS catalog_update,
		connection_limit, syslog_access, NULL::timestamp AS last_ddl_ts, session_timeout, NULL::text AS external_user_id
	FROM redshift.visible_user;
COMMENT ON VIEW redshift.svv_user_info IS 'users; session_timeout in seconds, 0: none';

CREATE VIEW redshift.svl_user_info AS
	SELECT user_name AS usename, user_id AS usesysid, createdb AS usecreatedb, superuser AS usesuper, catalog_update AS usecatupd,
		connection_limit AS useconnlimit, syslog_access AS syslogaccess, last_ddl_ts, session_timeout AS sessiontimeout, external_user_id AS external_id
	FROM redshift.svv_user_info;
COMMENT ON VIEW redshift.svl_user_info IS 'users, as svv_user_info shows them';

CREATE VIEW redshift.pg_user_info AS
	SELECT rolname AS usename, id AS usesysid, rolcreatedb AS usecreatedb, rolsuper AS usesuper, rolsuper AS usecatupd, '********'::text AS passwd,
		(rolvaliduntil AT TIME ZONE 'UTC')::timestamp AS valuntil, setconfig AS useconfig, connection_limit AS useconnlimit, syslog_access AS syslogaccess,
		NULL::timestamp AS last_ddl_ts, session_timeout AS sessiontimeout, NULL::text AS external_user_id
	FROM redshift.visible_user;
COMMENT ON VIEW redshift.pg_user_info IS 'users and their limits; sessiontimeout in seconds, 0: none';

CREATE VIEW redshift.svv_roles AS
	SELECT id AS role_id, name AS role_name, NULL::text AS role_owner, NULL::text AS external_id
	FROM redshift.visible_identity WHERE type = 'role' AND name !~ '^pg_';
COMMENT ON VIEW redshift.svv_roles IS 'roles; PostgreSQL''s have no owners';

CREATE VIEW redshift.svv_user_grants AS
	SELECT u.id AS user_id, u.name AS user_name, redshift.user_id(r.oid) AS role_id, r.rolname::text AS role_name, m.admin_option
	FROM pg_auth_members m JOIN redshift.visible_identity u ON u.oid = m.member AND u.type = 'user' JOIN pg_roles r ON r.oid = m.roleid;
COMMENT ON VIEW redshift.svv_user_grants IS 'roles that users have been granted';

CREATE VIEW redshift.svv_role_grants AS
	SELECT u.id AS role_id, u.name AS role_name, redshift.user_id(r.oid) AS granted_role_id, r.rolname::text AS granted_role_name
	FROM pg_auth_members m JOIN redshift.visible_identity u ON u.oid = m.member AND u.type = 'role' JOIN pg_roles r ON r.oid = m.roleid
	WHERE u.name !~ '^pg_';
COMMENT ON VIEW redshift.svv_role_grants IS 'roles that roles have been granted';

CREATE VIEW redshift.svv_system_privileges AS
	SELECT p.privilege AS system_privilege, i.id AS identity_id, i.name AS identity_name, i.type AS identity_type
	FROM (VALUES ('ACCESS SYSTEM TABLE', 'pg_read_all_stats'), ('CANCEL', 'pg_signal_backend')) p(privilege, role)
		JOIN pg_auth_members m ON m.roleid = to_regrole(p.role) JOIN redshift.visible_identity i ON i.oid = m.member
	WHERE i.name !~ '^pg_';
COMMENT ON VIEW redshift.svv_system_privileges IS 'users and roles that may read all of system tables, or cancel others'' queries, by PostgreSQL''s roles for it';

GRANT SELECT ON redshift.visible_user, redshift.svv_user_info, redshift.svl_user_info, redshift.pg_user_info, redshift.svv_roles, redshift.svv_user_grants,
	redshift.svv_role_grants, redshift.svv_system_privileges TO PUBLIC;
