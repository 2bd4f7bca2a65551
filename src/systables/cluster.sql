-- What Redshift's system tables say of slices and of the tables spread over them.

CREATE VIEW redshift.stv_slices AS
	SELECT (dense_rank() OVER (ORDER BY s.node_id) - 1)::int4 AS node, s.slice,
		(row_number() OVER (PARTITION BY s.node_id ORDER BY s.slice) - 1)::int4 AS localslice, 'D'::char(1) AS type
	FROM redshift.slice s
	UNION ALL
	SELECT 0, 0, 0, 'D'::char(1) WHERE NOT EXISTS (SELECT FROM redshift.slice);
COMMENT ON VIEW redshift.stv_slices IS 'slices and their compute nodes, from 0; a server without nodes has one slice of its own';

-- What a server has of its tables; storage is of the first sort column and of the largest other one.
-- internal
CREATE VIEW redshift.table_storage AS
	SELECT t.schema, c.relname AS "table", t."rows", t.deleted_rows, t.bytes, t.unsorted, t.smallest_slice, t.largest_slice,
		b.sortkey_bytes, b.other_bytes, b.sortkey_encoding
	FROM redshift.table_info t JOIN pg_class c ON c.oid = t."table",
		LATERAL (
			SELECT sum(bytes) FILTER (WHERE is_sortkey) AS sortkey_bytes, max(bytes) FILTER (WHERE NOT is_sortkey) AS other_bytes,
				max(encoding) FILTER (WHERE is_sortkey) AS sortkey_encoding
			FROM (
				SELECT a.attnum IS NOT DISTINCT FROM (redshift.sort_columns(c.oid))[1] AS is_sortkey, sum(k.size) AS bytes,
					mode() WITHIN GROUP (ORDER BY CASE WHEN k.encoding <> 'raw' THEN k.encoding ELSE k.codec END) AS encoding
				FROM redshift.list_blocks(c.oid) k JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = k."column"
				GROUP BY a.attnum) columns) b;
COMMENT ON VIEW redshift.table_storage IS 'what this server stores of the redshift tables the user may read';

-- internal
CREATE FUNCTION redshift.node_storage(OUT node_id int4, OUT schema name, OUT "table" name, OUT "rows" int8, OUT deleted_rows int8,
	OUT bytes int8, OUT unsorted numeric, OUT smallest_slice int8, OUT largest_slice int8, OUT sortkey_bytes int8, OUT other_bytes int8,
	OUT sortkey_encoding text, OUT capacity int8)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_node_storage' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.node_storage() IS 'what each compute node stores of the tables the user may read; capacity: bytes of its file system';

CREATE VIEW redshift.svv_table_info AS
	WITH stored AS MATERIALIZED (
		SELECT c.oid, s.*, d.relid IS NOT NULL AS distributed, o.copies
		FROM (SELECT * FROM redshift.node_storage()
			UNION ALL
			SELECT NULL, *, redshift.storage_capacity() FROM redshift.table_storage) s
			JOIN pg_namespace n ON n.nspname = s.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s."table"
			LEFT JOIN redshift.distributed_table d ON d.relid = c.oid,
			LATERAL (SELECT c.reloptions IS NOT NULL AND c.reloptions::text ~* 'diststyle=(auto\()?all' AS copies) o
		WHERE (d.relid IS NOT NULL) = (s.node_id IS NOT NULL)),
	-- A table on all nodes has its rows once.
	total AS (
		SELECT oid, distributed, copies, sum(bytes) AS bytes, sum(capacity) AS capacity, min(sortkey_encoding) AS sortkey_encoding,
			CASE WHEN copies THEN max("rows") ELSE sum("rows") END AS visible_rows,
			CASE WHEN copies THEN max("rows" + deleted_rows) ELSE sum("rows" + deleted_rows) END AS stored_rows,
			sum(unsorted * ("rows" + deleted_rows)) / nullif(sum("rows" + deleted_rows), 0) AS unsorted,
			sum(other_bytes)::numeric / nullif(sum(sortkey_bytes), 0) AS skew_sortkey1,
			CASE WHEN NOT copies THEN max(largest_slice)::numeric /
				greatest(min(smallest_slice) FILTER (WHERE NOT distributed OR node_id IN (SELECT s.node_id FROM redshift.slice s)), 1) END AS skew_rows
		FROM stored GROUP BY oid, distributed, copies)
	SELECT current_database()::text AS database, n.nspname::text AS schema, c.oid AS table_id, c.relname::text AS "table",
		CASE WHEN o.encode IS NULL THEN 'Y, AUTO(ENCODE)'
			WHEN regexp_count(o.encode, '\s(raw|none)\s*(,|$)', 1, 'i') = a.columns THEN 'N' ELSE 'Y' END AS encoded,
		CASE WHEN o.diststyle = 'auto(key)' THEN format('AUTO(KEY(%s))', o.distkey) WHEN o.diststyle LIKE 'auto(%' THEN upper(o.diststyle)
			WHEN o.diststyle = 'auto' THEN 'AUTO(EVEN)' WHEN o.diststyle = 'key' THEN format('KEY(%s)', o.distkey) ELSE upper(o.diststyle) END AS diststyle,
		CASE WHEN o.interleaved THEN 'INTERLEAVED' ELSE a.sortkey END AS sortkey1, a.max_varchar,
		CASE WHEN a.sortkey IS NOT NULL THEN t.sortkey_encoding END::char(32) AS sortkey1_enc, cardinality(k.keys) AS sortkey_num,
		ceil(t.bytes / 1048576.0)::int8 AS size, (100.0 * t.bytes / t.capacity)::numeric(10,4) AS pct_used, 0::int8 AS empty,
		t.unsorted::numeric(5,2) AS unsorted,
		(CASE WHEN c.reltuples < 0 THEN 100 ELSE least(100.0, 100 * abs(t.visible_rows - c.reltuples) / greatest(t.visible_rows, 1)) END)::numeric(5,2)
			AS stats_off,
		t.stored_rows::numeric(38,0) AS tbl_rows, t.skew_sortkey1::numeric(19,2) AS skew_sortkey1, t.skew_rows::numeric(19,2) AS skew_rows,
		t.visible_rows::numeric(38,0) AS estimated_visible_rows, NULL::text AS risk_event, t.unsorted::numeric(12,2) AS vacuum_sort_benefit,
		NULL::timestamp AS create_time
	FROM total t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace,
		LATERAL (SELECT redshift.sort_columns(c.oid) AS keys) k,
		LATERAL (
			SELECT count(*) AS columns, coalesce(max(attname) FILTER (WHERE attnum = k.keys[1]))::text AS sortkey,
				max(CASE WHEN atttypid IN ('varchar'::regtype, 'text'::regtype) THEN CASE WHEN atttypmod > 4 THEN atttypmod - 4 ELSE 65535 END END) AS max_varchar
			FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a,
		LATERAL (
			SELECT lower(coalesce(max(option_value) FILTER (WHERE option_name = 'diststyle'),
					CASE WHEN max(option_value) FILTER (WHERE option_name = 'distkey') IS NULL THEN 'auto' ELSE 'key' END)) AS diststyle,
				max(option_value) FILTER (WHERE option_name = 'distkey') AS distkey,
				coalesce(bool_or(option_name = 'sortstyle' AND lower(option_value) = 'interleaved'), false) AS interleaved,
				max(option_value) FILTER (WHERE option_name = 'encode' AND lower(option_value) <> 'auto') AS encode
			FROM pg_options_to_table(c.reloptions)) o
	WHERE t.visible_rows > 0;
COMMENT ON VIEW redshift.svv_table_info IS 'tables with rows that the user may read, as Redshift shows them; PostgreSQL keeps no time of creation';
GRANT SELECT ON redshift.stv_slices, redshift.table_storage, redshift.svv_table_info TO PUBLIC;
