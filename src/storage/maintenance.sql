-- VACUUM's two halves, until the dialect has words for them.

CREATE FUNCTION redshift.vacuum_sort_only(regclass) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_vacuum_sort_only' LANGUAGE C STRICT;
COMMENT ON FUNCTION redshift.vacuum_sort_only(regclass) IS 'sorts the unsorted region of a table: VACUUM SORT ONLY';

CREATE FUNCTION redshift.vacuum_delete_only(regclass) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_vacuum_delete_only' LANGUAGE C STRICT;
COMMENT ON FUNCTION redshift.vacuum_delete_only(regclass) IS 'purges deleted rows of a table: VACUUM DELETE ONLY';
