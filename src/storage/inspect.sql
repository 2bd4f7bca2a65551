-- Functions and views to look into tables.  The functions check privileges
-- themselves; the views show a user what that user may read.

CREATE FUNCTION redshift.storage_id(regclass) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_storage_id' LANGUAGE C STRICT STABLE;
COMMENT ON FUNCTION redshift.storage_id(regclass) IS 'storage id of a redshift table, 0 before its first row';

CREATE FUNCTION redshift.list_row_groups(regclass,
	OUT group_id int8, OUT slice int4, OUT first_row int8, OUT "rows" int8, OUT deleted_rows int8,
	OUT pages int4, OUT bytes int8, OUT sorted bool, OUT unsorted_region bool, OUT inline bool,
	OUT min text, OUT max text)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_list_row_groups' LANGUAGE C STRICT STABLE;
COMMENT ON FUNCTION redshift.list_row_groups(regclass) IS 'row groups of a table; min and max are of the leading sort column';

CREATE FUNCTION redshift.list_blocks(regclass,
	OUT group_id int8, OUT "column" name, OUT block int4, OUT encoding text, OUT codec text,
	OUT "rows" int4, OUT nulls int4, OUT raw_size int8, OUT size int8, OUT min text, OUT max text)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_list_blocks' LANGUAGE C STRICT STABLE;
COMMENT ON FUNCTION redshift.list_blocks(regclass) IS 'blocks of a table''s columns; raw_size and size in bytes, before and after the codec';

CREATE FUNCTION redshift.slice_storage(OUT relid oid, OUT slice int4, OUT "rows" int8, OUT deleted_rows int8, OUT unsorted_rows int8,
	OUT pages int8, OUT bytes int8, OUT row_groups int8)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_slice_storage' LANGUAGE C STRICT STABLE;
COMMENT ON FUNCTION redshift.slice_storage() IS 'what slices store of the tables that the user may read; rows: deleted ones too; unsorted_rows: NULL without a sort key; bytes: of pages and of rows in the directory';

CREATE FUNCTION redshift.stored_tables(OUT relid oid, OUT "rows" int8, OUT deleted_rows int8, OUT unsorted_rows int8, OUT pages int8,
	OUT bytes int8, OUT row_groups int8, OUT slices int4, OUT smallest_slice int8, OUT largest_slice int8)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_stored_tables' LANGUAGE C STRICT STABLE ROWS 10000;
COMMENT ON FUNCTION redshift.stored_tables() IS 'the same of tables with rows; slices: those with rows; of these the fewest and the most rows that are not deleted';

CREATE FUNCTION redshift.verify(regclass,
	OUT group_id int8, OUT "column" name, OUT block int4, OUT problem text)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_verify' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.verify(regclass) IS 'reads and checks everything a table stores; one row for each problem';

CREATE FUNCTION redshift.analyze_compression(rel regclass, sample_rows int8 DEFAULT 100000,
	OUT "table" text, OUT "column" text, OUT encoding text, OUT est_reduction_pct numeric(5,2))
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_analyze_compression' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.analyze_compression(regclass, int8) IS 'the encoding that makes each column smallest, and by how many percent less than raw';

CREATE FUNCTION redshift.sort_columns(regclass) RETURNS int2[]
	AS 'MODULE_PATHNAME', 'rs_sort_columns' LANGUAGE C STRICT STABLE;
COMMENT ON FUNCTION redshift.sort_columns(regclass) IS 'numbers of the columns of a table''s sort key, in its order';

CREATE FUNCTION redshift.storage_capacity() RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_storage_capacity' LANGUAGE C STRICT STABLE;
COMMENT ON FUNCTION redshift.storage_capacity() IS 'bytes of the file system that has the data directory';

-- system
CREATE FUNCTION redshift.slice_num() RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_slice_num' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.slice_num() IS 'the slice of the row, of the first redshift table in FROM; 10000 without one';

CREATE FUNCTION redshift.slice_num(cmax cid) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_slice_num' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.slice_num(cid) IS 'the slice of a row of a redshift table, by its cmax';

CREATE VIEW redshift.row_groups AS
	SELECT c.oid::regclass AS "table", g.*
	FROM pg_class c JOIN pg_am a ON a.oid = c.relam AND a.amname = 'redshift',
		LATERAL redshift.list_row_groups(c.oid) g
	WHERE c.relkind IN ('r', 'm') AND has_table_privilege(c.oid, 'SELECT')
		AND (c.relpersistence <> 't' OR pg_table_is_visible(c.oid));
COMMENT ON VIEW redshift.row_groups IS 'row groups of the tables the user may read';

CREATE VIEW redshift.blocks AS
	SELECT c.oid::regclass AS "table", b.*
	FROM pg_class c JOIN pg_am a ON a.oid = c.relam AND a.amname = 'redshift',
		LATERAL redshift.list_blocks(c.oid) b
	WHERE c.relkind IN ('r', 'm') AND has_table_privilege(c.oid, 'SELECT')
		AND (c.relpersistence <> 't' OR pg_table_is_visible(c.oid));
COMMENT ON VIEW redshift.blocks IS 'blocks of the tables the user may read';

CREATE VIEW redshift.table_info AS
	SELECT c.oid::regclass AS "table", n.nspname AS schema,
		coalesce(g."rows", 0) AS "rows", coalesce(g.deleted, 0) AS deleted_rows,
		pg_table_size(c.oid) + coalesce(g.inline_bytes, 0) AS bytes, pg_indexes_size(c.oid) AS index_bytes,
		CASE WHEN o.sortkey IS NOT NULL THEN round(100.0 * coalesce(g.unsorted, 0) / greatest(g.stored, 1), 2) END AS unsorted,
		coalesce(o.diststyle, 'auto') AS diststyle, o.distkey, o.sortkey,
		coalesce(o.sortstyle, 'compound') AS sortstyle, coalesce(o.encode, 'auto') AS encode,
		coalesce(g.groups, 0) AS row_groups, coalesce(g.inline_groups, 0) AS inline_groups,
		CASE WHEN g.largest_slice > 0 THEN round(g.largest_slice::numeric / greatest(g.smallest_slice, 1), 2) END AS skew_rows,
		g.smallest_slice, g.largest_slice
	FROM pg_class c JOIN pg_am a ON a.oid = c.relam AND a.amname = 'redshift'
		JOIN pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN LATERAL (
			SELECT sum("rows") AS "rows", sum(deleted) AS deleted, sum("rows" + deleted) AS stored, sum(inline_bytes) AS inline_bytes,
				sum(unsorted) AS unsorted, sum(groups) AS groups, sum(inline_groups) AS inline_groups,
				CASE WHEN count(*) < (SELECT count(*) FROM redshift.slice WHERE node_id = (SELECT self FROM redshift.cluster))
					AND (c.reloptions IS NULL OR c.reloptions::text !~* 'diststyle=(auto\()?all') THEN 0 ELSE min("rows") END AS smallest_slice,
				max("rows") AS largest_slice
			FROM (
				SELECT sum("rows" - deleted_rows)::int8 AS "rows", sum(deleted_rows)::int8 AS deleted, sum(bytes) FILTER (WHERE inline) AS inline_bytes,
					sum("rows") FILTER (WHERE unsorted_region)::int8 AS unsorted, count(*) AS groups, count(*) FILTER (WHERE inline) AS inline_groups
				FROM redshift.list_row_groups(c.oid) GROUP BY slice) s) g ON true
		LEFT JOIN LATERAL (
			SELECT max(option_value) FILTER (WHERE option_name = 'diststyle') AS diststyle,
				max(option_value) FILTER (WHERE option_name = 'distkey') AS distkey,
				max(option_value) FILTER (WHERE option_name = 'sortkey') AS sortkey,
				max(option_value) FILTER (WHERE option_name = 'sortstyle') AS sortstyle,
				max(option_value) FILTER (WHERE option_name = 'encode') AS encode
			FROM pg_options_to_table(c.reloptions)) o ON true
	WHERE c.relkind IN ('r', 'm') AND has_table_privilege(c.oid, 'SELECT')
		AND (c.relpersistence <> 't' OR pg_table_is_visible(c.oid));
COMMENT ON VIEW redshift.table_info IS 'rows, size in bytes, share of the unsorted region in percent, options of the tables the user may read';

GRANT SELECT ON redshift.row_groups, redshift.blocks, redshift.table_info TO PUBLIC;
