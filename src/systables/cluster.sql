-- What Redshift's system tables say of slices and of the tables spread over them.

CREATE VIEW redshift.stv_slices AS
	SELECT (dense_rank() OVER (ORDER BY s.node_id) - 1)::int4 AS node, s.slice,
		(row_number() OVER (PARTITION BY s.node_id ORDER BY s.slice) - 1)::int4 AS localslice, 'D'::char(1) AS type
	FROM redshift.slice s
	UNION ALL
	SELECT 0, 0, 0, 'D'::char(1) WHERE NOT EXISTS (SELECT FROM redshift.slice);
COMMENT ON VIEW redshift.stv_slices IS 'slices and their compute nodes, from 0; a server without nodes has one slice of its own';

-- What a server has of its tables.  column_bytes, of those with a sort key: first those of its first
-- column, then of the largest other one; it takes reading footers, so only what names it pays for it.
-- internal
CREATE VIEW redshift.local_storage AS
	SELECT s.relid, c.relnamespace, c.relname, c.reloptions, c.reltuples, s."rows" - s.deleted_rows AS "rows", s.deleted_rows,
		s.bytes + current_setting('block_size')::int8 AS bytes, 100.0::float8 * s.unsorted_rows / s."rows" AS unsorted,
		CASE WHEN s.slices < (SELECT count(*) FROM redshift.slice WHERE node_id = (SELECT self FROM redshift.cluster))
			AND redshift.dist_style(c.reloptions) NOT IN (8, 10) THEN 0 ELSE s.smallest_slice END AS smallest_slice,
		s.largest_slice,
		CASE WHEN s.pages > 0 AND s.unsorted_rows IS NOT NULL THEN (
			SELECT ARRAY[sum(size) FILTER (WHERE is_sortkey), max(size) FILTER (WHERE NOT is_sortkey)]
			FROM (
				SELECT k."column" = (redshift.sort_key_names(c.reloptions))[1] AS is_sortkey, sum(k.size) AS size
				FROM redshift.list_blocks(c.oid) k GROUP BY k."column") b) END::int8[] AS column_bytes
	FROM redshift.stored_tables() s JOIN pg_class c ON c.oid = s.relid;
COMMENT ON VIEW redshift.local_storage IS 'what this server stores of the redshift tables with rows that the user may read; unsorted: percent';

-- What the leader asks for, which knows the tables by name.
-- internal
CREATE VIEW redshift.table_storage AS
	SELECT n.nspname AS schema, s.relname AS "table", s."rows", s.deleted_rows, s.bytes, s.unsorted, s.smallest_slice, s.largest_slice, s.column_bytes
	FROM redshift.local_storage s JOIN pg_namespace n ON n.oid = s.relnamespace;
COMMENT ON VIEW redshift.table_storage IS 'what this server stores of the redshift tables with rows that the user may read, by name';

-- internal
CREATE FUNCTION redshift.node_storage(OUT node_id int4, OUT schema name, OUT "table" name, OUT "rows" int8, OUT deleted_rows int8,
	OUT bytes int8, OUT unsorted float8, OUT smallest_slice int8, OUT largest_slice int8, OUT column_bytes int8[], OUT capacity int8)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_node_storage' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.node_storage() IS 'what each compute node stores of the tables the user may read; capacity: bytes of its file system';
GRANT SELECT ON redshift.stv_slices, redshift.local_storage, redshift.table_storage TO PUBLIC;
