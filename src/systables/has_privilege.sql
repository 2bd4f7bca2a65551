-- has_table_privilege() of PostgreSQL, which knows Redshift's system relations by their names too: clients
-- ask whether they may read svv_table_info before they do.

-- internal
CREATE FUNCTION redshift.relation_by_name(name text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE WHEN to_regclass(name) IS NULL AND to_regclass('redshift.' || regexp_replace(name, '^pg_catalog\.', '', 'i')) IS NOT NULL
		THEN 'redshift.' || regexp_replace(name, '^pg_catalog\.', '', 'i') ELSE name END;
COMMENT ON FUNCTION redshift.relation_by_name(text) IS 'the name, of a system relation of Redshift''s with its schema';

CREATE FUNCTION redshift.has_table_privilege("table" text, privilege text) RETURNS bool
	LANGUAGE sql STABLE PARALLEL SAFE RETURN pg_catalog.has_table_privilege(redshift.relation_by_name("table"), privilege);
CREATE FUNCTION redshift.has_table_privilege("user" name, "table" text, privilege text) RETURNS bool
	LANGUAGE sql STABLE PARALLEL SAFE RETURN pg_catalog.has_table_privilege("user", redshift.relation_by_name("table"), privilege);
CREATE FUNCTION redshift.has_table_privilege("user" oid, "table" text, privilege text) RETURNS bool
	LANGUAGE sql STABLE PARALLEL SAFE RETURN pg_catalog.has_table_privilege("user", redshift.relation_by_name("table"), privilege);
CREATE FUNCTION redshift.has_table_privilege("table" oid, privilege text) RETURNS bool
	LANGUAGE sql STABLE PARALLEL SAFE RETURN pg_catalog.has_table_privilege("table", privilege);
CREATE FUNCTION redshift.has_table_privilege("user" name, "table" oid, privilege text) RETURNS bool
	LANGUAGE sql STABLE PARALLEL SAFE RETURN pg_catalog.has_table_privilege("user", "table", privilege);
CREATE FUNCTION redshift.has_table_privilege("user" oid, "table" oid, privilege text) RETURNS bool
	LANGUAGE sql STABLE PARALLEL SAFE RETURN pg_catalog.has_table_privilege("user", "table", privilege);
COMMENT ON FUNCTION redshift.has_table_privilege(text, text) IS 'as PostgreSQL''s, for Redshift''s system relations too';
COMMENT ON FUNCTION redshift.has_table_privilege(name, text, text) IS 'as PostgreSQL''s, for Redshift''s system relations too';
COMMENT ON FUNCTION redshift.has_table_privilege(oid, text, text) IS 'as PostgreSQL''s, for Redshift''s system relations too';
COMMENT ON FUNCTION redshift.has_table_privilege(oid, text) IS 'as PostgreSQL''s';
COMMENT ON FUNCTION redshift.has_table_privilege(name, oid, text) IS 'as PostgreSQL''s';
COMMENT ON FUNCTION redshift.has_table_privilege(oid, oid, text) IS 'as PostgreSQL''s';
