-- What sessions on Redshift's port have otherwise: the scripts are written for these.
SET LOCAL standard_conforming_strings = on;
SET LOCAL default_table_access_method = heap;
SET LOCAL redshift.dialect = postgresql;

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
