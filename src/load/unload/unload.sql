-- UNLOAD: the rows of a query into files.

CREATE FUNCTION redshift.unload(query text, target text, options jsonb DEFAULT '{}') RETURNS int8
	LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rs_unload';
COMMENT ON FUNCTION redshift.unload(text, text, jsonb) IS 'write the rows of a query to files, as UNLOAD does; gives their number';

-- system
CREATE FUNCTION redshift.pg_last_unload_count() RETURNS int8
	LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rs_pg_last_unload_count';
COMMENT ON FUNCTION redshift.pg_last_unload_count() IS 'rows that the last UNLOAD of this session has written; 0 if there was none';

-- system
CREATE FUNCTION redshift.pg_last_unload_id() RETURNS int4
	LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'rs_pg_last_unload_id';
COMMENT ON FUNCTION redshift.pg_last_unload_id() IS 'the number of the last UNLOAD of this session; -1 if there was none';
