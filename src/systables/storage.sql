-- What tables take on slices and nodes.  On a cluster's leader it is what the nodes say, whom each query
-- asks once, as the user.

-- Every table with rows, in the cluster or on this server alone; capacity: bytes of the file systems
-- that have it.  A table on all nodes has its rows once.
-- internal
CREATE VIEW redshift.storage AS
	SELECT s.relid, s.relnamespace, s.relname, s.reloptions, s.reltuples, s."rows", s."rows" + s.deleted_rows AS stored_rows, s.bytes,
		(SELECT redshift.storage_capacity()) AS capacity, s.unsorted, s.column_bytes[1] AS sortkey_bytes, s.column_bytes[2] AS other_bytes,
		CASE WHEN redshift.dist_style(s.reloptions) IN (8, 10) THEN NULL ELSE s.largest_slice::float8 / greatest(s.smallest_slice, 1) END AS skew_rows
	FROM redshift.local_storage s
	WHERE NOT EXISTS (SELECT FROM redshift.distributed_table d WHERE d.relid = s.relid)
	UNION ALL
	SELECT c.oid, c.relnamespace, c.relname, c.reloptions, c.reltuples, CASE WHEN k.copies THEN max(s."rows") ELSE sum(s."rows")::int8 END,
		CASE WHEN k.copies THEN max(s."rows" + s.deleted_rows) ELSE sum(s."rows" + s.deleted_rows)::int8 END, sum(s.bytes)::int8, sum(s.capacity)::int8,
		sum(s.unsorted * (s."rows" + s.deleted_rows)) / nullif(sum(s."rows" + s.deleted_rows), 0),
		sum(s.column_bytes[1])::int8, sum(s.column_bytes[2])::int8,
		CASE WHEN NOT k.copies THEN max(s.largest_slice)::float8 /
			greatest(CASE WHEN count(*) < min(k.nodes) THEN 0 ELSE min(s.smallest_slice) END, 1) END
	FROM redshift.node_storage() s JOIN pg_namespace n ON n.nspname = s.schema
		JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s."table" JOIN redshift.distributed_table d ON d.relid = c.oid
		CROSS JOIN LATERAL (
			SELECT redshift.dist_style(c.reloptions) IN (8, 10) AS copies, (SELECT count(DISTINCT node_id) FROM redshift.slice) AS nodes) k
	GROUP BY c.oid, c.relnamespace, c.relname, c.reloptions, c.reltuples, k.copies;
COMMENT ON VIEW redshift.storage IS 'tables with rows that the user may read, and what the servers that have them store';

CREATE VIEW redshift.svv_table_info AS
	SELECT current_database()::text AS database, n.nspname::text AS schema, s.relid AS table_id, s.relname::text AS "table",
		CASE WHEN (k.d).encoded = 0 THEN 'Y, AUTO(ENCODE)' WHEN (k.d).raw < (k.d).encoded THEN 'Y'
			WHEN (k.d).raw = (SELECT count(*) FROM pg_attribute WHERE attrelid = s.relid AND attnum > 0 AND NOT attisdropped) THEN 'N' ELSE 'Y' END AS encoded,
		redshift.dist_style_name((k.d).dist_style, (k.d).dist_key) AS diststyle,
		CASE WHEN (k.d).interleaved THEN 'INTERLEAVED' ELSE (k.d).sort_key::text END AS sortkey1,
		a.max_varchar, (k.d).sort_encoding::char(32) AS sortkey1_enc, (k.d).sort_keys AS sortkey_num,
		ceil(s.bytes / 1048576.0::float8)::int8 AS size, redshift.rounded(100.0::float8 * s.bytes / s.capacity, 4)::numeric(10,4) AS pct_used, 0::int8 AS empty,
		redshift.rounded(s.unsorted, 2)::numeric(5,2) AS unsorted,
		redshift.rounded(CASE WHEN s.reltuples < 0 THEN 100 ELSE least(100, 100 * abs(s."rows" - s.reltuples) / greatest(s."rows", 1)) END, 2)::numeric(5,2) AS stats_off,
		s.stored_rows::numeric(38,0) AS tbl_rows, redshift.rounded(s.other_bytes::float8 / nullif(s.sortkey_bytes, 0), 2)::numeric(19,2) AS skew_sortkey1,
		redshift.rounded(s.skew_rows, 2)::numeric(19,2) AS skew_rows, s."rows"::numeric(38,0) AS estimated_visible_rows, NULL::text AS risk_event,
		redshift.rounded(s.unsorted, 2)::numeric(12,2) AS vacuum_sort_benefit, NULL::timestamp AS create_time
	FROM redshift.storage s JOIN pg_namespace n ON n.oid = s.relnamespace
		LEFT JOIN (
			SELECT attrelid, max(CASE WHEN atttypmod > 4 THEN atttypmod - 4 ELSE 65535 END) AS max_varchar
			FROM pg_attribute WHERE atttypid IN (25, 1043) AND attnum > 0 AND NOT attisdropped GROUP BY attrelid) a ON a.attrelid = s.relid
		CROSS JOIN LATERAL (SELECT redshift.table_design(s.reloptions) AS d OFFSET 0) k
	WHERE s."rows" > 0;
COMMENT ON VIEW redshift.svv_table_info IS 'tables with rows that the user may read, as Redshift shows them; PostgreSQL keeps no time of creation';
GRANT SELECT ON redshift.storage, redshift.svv_table_info TO PUBLIC;

-- internal
CREATE VIEW redshift.local_slices AS
	SELECT n.nspname AS schema, c.relname AS "table", s.slice, s."rows", s.deleted_rows, s.unsorted_rows, s.pages, s.bytes
	FROM redshift.slice_storage() s JOIN pg_class c ON c.oid = s.relid JOIN pg_namespace n ON n.oid = c.relnamespace;
COMMENT ON VIEW redshift.local_slices IS 'what slices store on this server of the redshift tables that the user may read, by name';

-- internal
CREATE FUNCTION redshift.node_slices(OUT node_id int4, OUT schema name, OUT "table" name, OUT slice int4, OUT "rows" int8, OUT deleted_rows int8,
	OUT unsorted_rows int8, OUT pages int8, OUT bytes int8)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_node_slices' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.node_slices() IS 'what slices store on each compute node of the redshift tables that the user may read';

-- Redshift's blocks are 1 MB of one column of one slice; ours are of at most 8192 values, numbered
-- through the row groups of a slice.  Rows that stand in the directory are in no block.
-- internal
CREATE VIEW redshift.local_blocks AS
	SELECT n.nspname AS schema, c.relname AS "table", g.slice, (a.attnum - 1)::int4 AS col,
		(row_number() OVER (PARTITION BY c.oid, g.slice, a.attnum ORDER BY g.first_row, b.block) - 1)::int4 AS blocknum, b."rows" AS num_values,
		redshift.block_bound(a.atttypid, b.min) AS minvalue, redshift.block_bound(a.atttypid, b.max) AS maxvalue, g.unsorted_region AS unsorted
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL redshift.list_row_groups(c.oid) g
		JOIN LATERAL redshift.list_blocks(c.oid) b ON b.group_id = g.group_id
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = b."column"
	WHERE c.relkind IN ('r', 'm') AND c.relam = (SELECT oid FROM pg_am WHERE amname = 'redshift') AND has_table_privilege(c.oid, 'SELECT')
		AND (c.relpersistence <> 't' OR pg_table_is_visible(c.oid));
COMMENT ON VIEW redshift.local_blocks IS 'blocks on this server of the redshift tables that the user may read';

-- internal
CREATE FUNCTION redshift.node_blocks(OUT node_id int4, OUT schema name, OUT "table" name, OUT slice int4, OUT col int4, OUT blocknum int4,
	OUT num_values int4, OUT minvalue int8, OUT maxvalue int8, OUT unsorted bool)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_node_blocks' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.node_blocks() IS 'blocks on each compute node of the redshift tables that the user may read';

-- A table on all nodes has its rows in the first slice of each.
CREATE VIEW redshift.stv_tbl_perm AS
	WITH stored AS MATERIALIZED (
		SELECT s.relid, s.slice, s."rows", s.unsorted_rows, s.bytes
		FROM redshift.slice_storage() s
		WHERE NOT EXISTS (SELECT FROM redshift.distributed_table d WHERE d.relid = s.relid)
		UNION ALL
		SELECT c.oid, CASE WHEN redshift.dist_style(c.reloptions) IN (8, 10) THEN (SELECT min(f.slice) FROM redshift.slice f WHERE f.node_id = s.node_id)
			ELSE s.slice END, s."rows", s.unsorted_rows, s.bytes
		FROM redshift.node_slices() s JOIN pg_namespace n ON n.nspname = s.schema
			JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s."table" JOIN redshift.distributed_table d ON d.relid = c.oid)
	SELECT l.slice, redshift.user_id(c.oid) AS id, c.relname::char(72) AS name, coalesce(s."rows", 0) AS "rows",
		coalesce(s."rows" - s.unsorted_rows, 0) AS sorted_rows, (c.relpersistence = 't')::int4 AS temp,
		redshift.user_id((SELECT oid FROM pg_database WHERE datname = current_database())) AS db_id, 0 AS insert_pristine, 0 AS delete_pristine,
		(c.relpersistence = 'p')::int4 AS backup, redshift.dist_style(c.reloptions)::int4 AS dist_style,
		coalesce(ceil(s.bytes / 1048576.0::float8)::int4, 0) AS block_count
	FROM pg_class c CROSS JOIN redshift.stv_slices l LEFT JOIN stored s ON s.relid = c.oid AND s.slice = l.slice
	WHERE c.relkind IN ('r', 'm') AND c.relam = (SELECT oid FROM pg_am WHERE amname = 'redshift') AND has_table_privilege(c.oid, 'SELECT')
		AND (c.relpersistence <> 't' OR pg_table_is_visible(c.oid));
COMMENT ON VIEW redshift.stv_tbl_perm IS 'rows of tables of this database that the user may read, slice by slice; rows: deleted ones too';

CREATE VIEW redshift.stv_blocklist AS
	SELECT s.slice, s.col, redshift.user_id(c.oid) AS tbl, s.blocknum, s.num_values, 0 AS extended_limits, s.minvalue, s.maxvalue,
		NULL::int4 AS sb_pos, 0 AS pinned, 1 AS on_disk, 0 AS modified, 0 AS hdr_modified, s.unsorted::int4 AS unsorted, 0 AS tombstone,
		0 AS preferred_diskno, (c.relpersistence = 't')::int4 AS temporary, 0 AS newblock, 0 AS num_readers, 0 AS flags
	FROM (
		SELECT NULL::int4 AS node_id, * FROM redshift.local_blocks
		UNION ALL
		SELECT * FROM redshift.node_blocks()) s
		JOIN pg_namespace n ON n.nspname = s.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s."table"
		LEFT JOIN redshift.distributed_table d ON d.relid = c.oid
	WHERE (d.relid IS NULL) = (s.node_id IS NULL);
COMMENT ON VIEW redshift.stv_blocklist IS 'blocks of the tables that the user may read, with their zone maps; written ones only';

CREATE VIEW redshift.svv_diskusage AS
	SELECT redshift.user_id((SELECT oid FROM pg_database WHERE datname = current_database())) AS db_id, c.relname::char(72) AS name, b.slice, b.col,
		b.tbl, b.blocknum, b.num_values, b.minvalue, b.maxvalue, b.sb_pos, b.pinned, b.on_disk, b.modified, b.hdr_modified, b.unsorted, b.tombstone,
		b.preferred_diskno, b.temporary, b.newblock
	FROM redshift.stv_blocklist b JOIN pg_class c ON redshift.user_id(c.oid) = b.tbl;
COMMENT ON VIEW redshift.svv_diskusage IS 'blocks of the tables that the user may read, with the tables'' names';

-- What nodes have, of tables that the user may read.
CREATE VIEW redshift.stv_node_storage_capacity AS
	SELECT l.node, coalesce(ceil(s.bytes / 1048576.0::float8), 0)::int4 AS used, (s.capacity / 1048576)::int4 AS capacity
	FROM (SELECT node, min(slice) AS slice FROM redshift.stv_slices GROUP BY node) l
		LEFT JOIN (
			SELECT node_id, sum(bytes) AS bytes, max(capacity) AS capacity FROM redshift.node_storage() GROUP BY node_id
			UNION ALL
			SELECT NULL, (SELECT sum(bytes) FROM redshift.local_storage), redshift.storage_capacity()
			WHERE NOT EXISTS (SELECT FROM redshift.node)) s
		ON s.node_id IS NOT DISTINCT FROM (SELECT n.node_id FROM redshift.slice n WHERE n.slice = l.slice);
COMMENT ON VIEW redshift.stv_node_storage_capacity IS 'what nodes store of the tables that the user may read, and the size of their file systems, in MB; NULL: the node has none of these';

CREATE VIEW redshift.stv_partitions AS
	SELECT node AS owner, node AS host, 0 AS diskno, 0::int8 AS part_begin, capacity::int8 * 1048576 AS part_end, used, 0 AS tossed, capacity,
		NULL::int8 AS reads, NULL::int8 AS writes, NULL::int4 AS seek_forward, NULL::int4 AS seek_back, 0 AS is_san, 0 AS failed, NULL::int4 AS mbps,
		NULL::char(256) AS mount
	FROM redshift.stv_node_storage_capacity;
COMMENT ON VIEW redshift.stv_partitions IS 'the file systems of nodes, one each; nothing counts what they read and write';

CREATE VIEW redshift.svv_interleaved_columns AS
	SELECT redshift.user_id(c.oid) AS tbl, (c.attnum - 1)::int4 AS col, NULL::numeric(19,2) AS interleaved_skew, NULL::timestamp AS last_reindex
	FROM redshift.visible_column c WHERE c.is_columnar AND c.sort_position <> 0 AND redshift.is_interleaved(c.reloptions);
COMMENT ON VIEW redshift.svv_interleaved_columns IS 'columns of interleaved sort keys; their skew is not measured';

CREATE VIEW redshift.svv_alter_table_recommendations AS
	SELECT 'diststyle'::char(30) AS type, current_database()::char(128) AS database, redshift.user_id(c.oid) AS table_id, 0 AS group_id,
		format('ALTER TABLE %s %s', c.oid::regclass, r.change)::char(1024) AS ddl, 't'::char(1) AS auto_eligible
	FROM redshift.distributed_table d JOIN pg_class c ON c.oid = d.relid CROSS JOIN LATERAL (SELECT redshift.auto_diststyle(c.oid) AS change) r
	WHERE pg_has_role(c.relowner, 'USAGE') AND r.change IS NOT NULL;
COMMENT ON VIEW redshift.svv_alter_table_recommendations IS 'how tables of DISTSTYLE AUTO are to be distributed from now on: redshift.auto_distribute() does it';

CREATE VIEW redshift.stv_tbl_trans AS
	SELECT NULL::int4 AS slice, NULL::int4 AS id, NULL::int8 AS "rows", NULL::int8 AS size, NULL::int8 AS query_id, NULL::int4 AS ref_cnt,
		NULL::int4 AS from_suspended, NULL::int4 AS prep_swap
	WHERE false;
COMMENT ON VIEW redshift.stv_tbl_trans IS 'none: what queries keep between their steps is in no tables';

CREATE VIEW redshift.stv_startup_recovery_state AS
	SELECT NULL::int4 AS db_id, NULL::int4 AS table_id, NULL::char(137) AS table_name WHERE false;
COMMENT ON VIEW redshift.stv_startup_recovery_state IS 'none: a server that answers has recovered all its tables';

GRANT SELECT ON redshift.stv_tbl_trans, redshift.stv_startup_recovery_state, redshift.local_slices, redshift.local_blocks, redshift.stv_tbl_perm, redshift.stv_blocklist, redshift.svv_diskusage,
	redshift.stv_node_storage_capacity, redshift.stv_partitions, redshift.svv_interleaved_columns, redshift.svv_alter_table_recommendations TO PUBLIC;
