-- What sessions on Redshift's port have otherwise: the scripts are written for these.
SET LOCAL standard_conforming_strings = on;
SET LOCAL default_table_access_method = heap;
SET LOCAL redshift.dialect = postgresql;

-- CREATE EXTENSION takes a schema that is there, but what others may put in it is run with
-- the rights of superusers.
DO $$
BEGIN
	IF EXISTS (SELECT FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'redshift' AND NOT r.rolsuper) THEN
		RAISE EXCEPTION 'schema "redshift" does not belong to a superuser' USING ERRCODE = 'duplicate_schema',
			HINT = 'Drop the schema, and let CREATE EXTENSION make it.';
	END IF;
END $$;

COMMENT ON SCHEMA redshift IS 'catalogs, views and functions of redshift_ext';
GRANT USAGE ON SCHEMA redshift TO PUBLIC;

-- Table options are known to sessions that have the library loaded.  Unless the
-- server loads it anyway, let this database's new sessions do so.
DO $$
DECLARE
	present text := current_setting('session_preload_libraries');
BEGIN
	IF current_setting('shared_preload_libraries') !~ '\mredshift_ext\M' AND
		present !~ '\mredshift_ext\M' THEN
		EXECUTE format('ALTER DATABASE %I SET session_preload_libraries = %s',
			current_database(),
			concat_ws(', ', nullif(present, ''), '''redshift_ext'''));
	END IF;
END $$;
