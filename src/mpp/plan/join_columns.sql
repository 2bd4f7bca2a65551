-- By which columns queries join distributed tables.

CREATE FUNCTION redshift.join_columns(OUT "table" regclass, OUT "column" name, OUT queries int8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'rs_join_columns' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.join_columns() IS 'columns by which queries that were planned of late have joined distributed tables with each other, and how many';
