-- VACUUM's two halves, and ALTER TABLE APPEND.

CREATE FUNCTION redshift.vacuum_sort_only(regclass) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_vacuum_sort_only' LANGUAGE C STRICT;
COMMENT ON FUNCTION redshift.vacuum_sort_only(regclass) IS 'sorts the unsorted region of a table: VACUUM SORT ONLY';

CREATE FUNCTION redshift.vacuum_delete_only(regclass) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_vacuum_delete_only' LANGUAGE C STRICT;
COMMENT ON FUNCTION redshift.vacuum_delete_only(regclass) IS 'purges deleted rows of a table: VACUUM DELETE ONLY';

CREATE PROCEDURE redshift.append_from(target regclass, source regclass, ignoreextra bool DEFAULT false, filltarget bool DEFAULT false)
	AS 'MODULE_PATHNAME', 'rs_append_from' LANGUAGE C;
COMMENT ON PROCEDURE redshift.append_from(regclass, regclass, bool, bool) IS 'moves all rows of a table to another: ALTER TABLE target APPEND FROM source';

CREATE FUNCTION redshift.in_rows_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_in_rows_support' LANGUAGE C STRICT;
CREATE FUNCTION redshift.in_rows(tid, int8[]) RETURNS bool
	AS 'MODULE_PATHNAME', 'rs_in_rows' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE COST 10 SUPPORT redshift.in_rows_support;
COMMENT ON FUNCTION redshift.in_rows(tid, int8[]) IS 'is the row''s number in one of the ranges; a condition that a scan takes: refreshes of materialized views read what was added to a table with it';
