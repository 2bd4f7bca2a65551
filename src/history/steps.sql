-- Plans and their steps, as far as they were kept (plan.c).  A compute node's part of a step stands
-- under its first slice, the leader's under 6411.  Bytes are rows times the planner's width, but for
-- scans, which count what they read, and what is moved between nodes; rows before a scan's filter
-- are those of the blocks it has read.

CREATE VIEW redshift.stl_explain WITH (security_invoker) AS
	SELECT q.userid, q.query, n.nodeid, n.parentid, n.line::char(400) AS plannode, n.info::char(400) AS info
	FROM redshift.all_queries q, redshift.plan_nodes(q.plan) n WHERE q.family = 'query';
COMMENT ON VIEW redshift.stl_explain IS 'plans of queries that have ended';

CREATE VIEW redshift.stl_plan_info WITH (security_invoker) AS
	SELECT q.userid, q.query, n.nodeid, s.segment, s.step, CASE WHEN n.line ~ '^ *(->  )?XN' THEN 0 ELSE 1 END AS locus,
		CASE WHEN n.name LIKE '%Scan%' THEN 100 WHEN n.name ~ 'Join|Nested' THEN 200 WHEN n.name LIKE '%Aggregate%' THEN 300
			WHEN n.name LIKE 'Sort%' THEN 400 WHEN n.name LIKE 'Network%' THEN 1000 ELSE 500 END AS plannode,
		n.startup_cost AS startupcost, n.total_cost AS totalcost, n.estimate AS "rows", n.estimate * n.width AS bytes
	FROM redshift.all_queries q, redshift.plan_nodes(q.plan) n, redshift.plan_steps(q.plan, q.type, q."rows", false) s
	WHERE q.family = 'query' AND s.nodeid = n.nodeid;
COMMENT ON VIEW redshift.stl_plan_info IS 'which step a node of a plan became; plannode: numbers of kinds of nodes are not Redshift''s';

CREATE VIEW redshift.stl_stream_segs WITH (security_invoker) AS
	SELECT DISTINCT userid, query, stream, segment FROM redshift.all_steps WHERE NOT by_slice;
COMMENT ON VIEW redshift.stl_stream_segs IS 'segments of queries'' streams';

CREATE VIEW redshift.svl_query_summary WITH (security_invoker) AS
	SELECT userid, query, stream AS stm, segment AS seg, step, elapsed AS maxtime, average AS avgtime, "rows", bytes,
		("rows" / nullif(elapsed / 1000000.0, 0))::float8 AS rate_row, (bytes / nullif(elapsed / 1000000.0, 0))::float8 AS rate_byte,
		label, CASE WHEN spilled THEN 't' ELSE 'f' END::char(1) AS is_diskbased, memory AS workmem,
		CASE WHEN skips THEN 't' ELSE 'f' END::char(1) AS is_rrscan, 'f'::char(1) AS is_delayed_scan, rows_read AS rows_pre_filter
	FROM redshift.all_steps WHERE NOT by_slice;
COMMENT ON VIEW redshift.svl_query_summary IS 'steps of queries that have ended; times are those of their segments on slices, microseconds';

CREATE VIEW redshift.svl_query_report WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime AS start_time, endtime AS end_time, elapsed AS elapsed_time, "rows", bytes,
		label::char(256) AS label, CASE WHEN spilled THEN 't' ELSE 'f' END::char(1) AS is_diskbased, memory AS workmem,
		CASE WHEN skips THEN 't' ELSE 'f' END::char(1) AS is_rrscan, 'f'::char(1) AS is_delayed_scan, rows_read AS rows_pre_filter
	FROM redshift.all_steps WHERE by_slice;
COMMENT ON VIEW redshift.svl_query_report IS 'steps of queries that have ended, on each slice; times are those of segments, microseconds';

CREATE VIEW redshift.stl_scan WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", bytes, 0::int8 AS fetches,
		CASE WHEN table_name = 'Network' THEN 1 WHEN tbl >= 1000 THEN 2 ELSE 3 END AS type, tbl, CASE WHEN skips THEN 't' ELSE 'f' END::char(1) AS is_rrscan,
		'f'::char(1) AS is_delayed_scan, rows_read AS rows_pre_filter, rows_read AS rows_pre_user_filter, table_name::char(136) AS perm_table_name,
		'f'::char(1) AS is_rlf_scan, 0 AS is_rlf_scan_reason, 0 AS num_em_blocks, -1::int8 AS checksum, 'f'::char(1) AS runtime_filtering,
		0 AS scan_region, 0 AS num_sortkey_as_predicate, 0 AS row_fetcher_state, 0::int8 AS consumed_scan_ranges, 0::int8 AS work_stealing_reason,
		'f'::char(1) AS is_vectorized_scan, 0 AS is_vectorized_scan_reason, 0::int8 AS row_fetcher_reason, 0::int8 AS topology_signature,
		'f'::char(1) AS use_tpm_partition, 'f'::char(1) AS is_rrscan_expr
	FROM redshift.all_steps WHERE by_slice AND name = 'scan';
COMMENT ON VIEW redshift.stl_scan IS 'scans of queries that have ended';

CREATE VIEW redshift.stl_hash WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", bytes, NULL::int4 AS slots, NULL::int4 AS occupied,
		NULL::int4 AS maxlength, tbl, CASE WHEN spilled THEN 't' ELSE 'f' END::char(1) AS is_diskbased, memory AS workmem, 0 AS num_parts,
		NULL::int8 AS est_rows, 0 AS num_blocks_permitted, 0 AS resizes, -1::int8 AS checksum, 0 AS runtime_filter_size, 0 AS max_runtime_filter_size
	FROM redshift.all_steps WHERE by_slice AND name = 'hash';
COMMENT ON VIEW redshift.stl_hash IS 'hash tables for joins of queries that have ended';

CREATE VIEW redshift.stl_hashjoin WITH (security_invoker) AS
	SELECT s.userid, s.query, s.slice, s.segment, s.step, s.starttime, s.endtime, 0 AS tasknum, s."rows", s.tbl, 0 AS num_parts,
		CASE WHEN n.name LIKE 'Hash Left%' THEN 1 WHEN n.name LIKE 'Hash Full%' THEN 2 WHEN n.name LIKE 'Hash Right%' THEN 3
			WHEN n.name ~ '^Hash (IN|Semi)' THEN 5 ELSE 0 END AS join_type,
		'f'::char(1) AS hash_looped, 'f'::char(1) AS switched_parts, 'f'::char(1) AS used_prefetching, h.segment AS hash_segment, h.step AS hash_step,
		-1::int8 AS checksum, 0 AS distribution
	FROM redshift.all_queries q, redshift.plan_steps(q.plan, q.type, q."rows", false) h,
		redshift.all_steps s,
		LATERAL (SELECT p.name FROM redshift.plan_nodes(q.plan) p WHERE p.nodeid = s.nodeid) n
	WHERE q.family = 'query' AND h.name = 'hash' AND h.tbl = s.tbl AND s.query = q.query AND s.by_slice AND s.name = 'hjoin';
COMMENT ON VIEW redshift.stl_hashjoin IS 'hash joins of queries that have ended';

CREATE VIEW redshift.stl_mergejoin WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", tbl, -1::int8 AS checksum
	FROM redshift.all_steps WHERE by_slice AND name = 'mjoin';
COMMENT ON VIEW redshift.stl_mergejoin IS 'merge joins of queries that have ended';

CREATE VIEW redshift.stl_nestloop WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", tbl, -1::int8 AS checksum
	FROM redshift.all_steps WHERE by_slice AND name = 'nloop';
COMMENT ON VIEW redshift.stl_nestloop IS 'nested loops of queries that have ended';

CREATE VIEW redshift.stl_aggr WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", bytes, NULL::int4 AS slots, NULL::int4 AS occupied,
		NULL::int4 AS maxlength, tbl, CASE WHEN spilled THEN 't' ELSE 'f' END::char(1) AS is_diskbased, memory AS workmem, attribute::char(6) AS type,
		0 AS resizes, 0 AS flushable
	FROM redshift.all_steps WHERE by_slice AND name = 'aggr';
COMMENT ON VIEW redshift.stl_aggr IS 'aggregations of queries that have ended';

CREATE VIEW redshift.stl_sort WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", bytes, tbl,
		CASE WHEN spilled THEN 't' ELSE 'f' END::char(1) AS is_diskbased, memory AS workmem, -1::int8 AS checksum
	FROM redshift.all_steps WHERE by_slice AND name = 'sort';
COMMENT ON VIEW redshift.stl_sort IS 'sorts of queries that have ended';

CREATE VIEW redshift.stl_dist WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", bytes, NULL::int4 AS packets
	FROM redshift.all_steps WHERE by_slice AND name = 'dist';
COMMENT ON VIEW redshift.stl_dist IS 'rows that queries have distributed over slices';

CREATE VIEW redshift.stl_bcast WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", bytes, NULL::int4 AS packets
	FROM redshift.all_steps WHERE by_slice AND name = 'bcast';
COMMENT ON VIEW redshift.stl_bcast IS 'rows that queries have sent to all nodes';

CREATE VIEW redshift.stl_insert WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", tbl, 'f'::char(1) AS inserted_mega_value
	FROM redshift.all_steps WHERE by_slice AND name = 'insert';
COMMENT ON VIEW redshift.stl_insert IS 'rows that queries have inserted';

CREATE VIEW redshift.stl_delete WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", tbl
	FROM redshift.all_steps WHERE by_slice AND name = 'delete';
COMMENT ON VIEW redshift.stl_delete IS 'rows that queries have deleted';

CREATE VIEW redshift.stl_return WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", bytes, NULL::int4 AS packets, -1::int8 AS checksum
	FROM redshift.all_steps WHERE by_slice AND name = 'return';
COMMENT ON VIEW redshift.stl_return IS 'rows that queries have returned to the leader or the client';

CREATE VIEW redshift.stl_merge WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows" FROM redshift.all_steps WHERE by_slice AND name = 'merge';
COMMENT ON VIEW redshift.stl_merge IS 'merges of sorted rows, of queries that have ended';

CREATE VIEW redshift.stl_unique WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", 'HASHED'::char(6) AS type,
		CASE WHEN spilled THEN 't' ELSE 'f' END::char(1) AS is_diskbased, NULL::int4 AS slots, memory AS workmem, NULL::int8 AS max_buffers_used,
		0 AS resizes, NULL::int4 AS occupied, 0 AS flushable, 'f'::char(1) AS used_unique_prefetching, bytes
	FROM redshift.all_steps WHERE by_slice AND name = 'unique';
COMMENT ON VIEW redshift.stl_unique IS 'DISTINCT of queries that have ended';

CREATE VIEW redshift.stl_window WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows",
		CASE WHEN spilled THEN 't' ELSE 'f' END::char(1) AS is_diskbased, memory AS workmem
	FROM redshift.all_steps WHERE by_slice AND name = 'window';
COMMENT ON VIEW redshift.stl_window IS 'window functions of queries that have ended';

CREATE VIEW redshift.stl_limit WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", -1::int8 AS checksum
	FROM redshift.all_steps WHERE by_slice AND name = 'limit';
COMMENT ON VIEW redshift.stl_limit IS 'LIMIT of queries that have ended';

CREATE VIEW redshift.stl_project WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", -1::int8 AS checksum
	FROM redshift.all_steps WHERE by_slice AND name = 'project';
COMMENT ON VIEW redshift.stl_project IS 'projections of queries that have ended';

CREATE VIEW redshift.stl_save WITH (security_invoker) AS
	SELECT userid, query, slice, segment, step, starttime, endtime, 0 AS tasknum, "rows", bytes, tbl,
		CASE WHEN spilled THEN 't' ELSE 'f' END::char(1) AS is_diskbased, memory AS workmem
	FROM redshift.all_steps WHERE by_slice AND name = 'save';
COMMENT ON VIEW redshift.stl_save IS 'rows that queries have kept for another segment';

CREATE VIEW redshift.stl_parse WITH (security_invoker) AS
	SELECT q.userid, q.query, 0 AS slice, 0 AS segment, 0 AS step, q.starttime, q.endtime, 0 AS tasknum, q."rows"
	FROM redshift.all_queries q WHERE q.type = 'COPY';
COMMENT ON VIEW redshift.stl_parse IS 'rows that COPY has loaded';

-- Plans show what is wrong with them.
CREATE VIEW redshift.stl_alert_event_log WITH (security_invoker) AS
	SELECT q.userid, q.query, 0 AS slice, a.segment, a.step, q.pid, q.xid, a.event::char(1024) AS event, a.solution::char(1024) AS solution,
		q.starttime AS event_time
	FROM redshift.all_queries q,
		LATERAL (
			SELECT 0 AS segment, 0 AS step, 'Missing query planner statistics' AS event, 'Run the ANALYZE command' AS solution
			WHERE q.plan ~ '(^|\n)M\t'
			UNION ALL
			SELECT 0, 0, 'Nested Loop Join in the query plan', 'Review the join predicates to avoid Cartesian products'
			WHERE q.plan ~ 'XN Nested Loop'
			UNION ALL
			SELECT 0, 0, 'DS_DIST_ALL_INNER for Hash Join in the query plan',
				'Review the choice of distribution key to distribute the inner table, rather than the outer'
			WHERE q.plan ~ 'DS_DIST_ALL_INNER'
			UNION ALL
			SELECT s.segment, s.step, format('Very selective query filter:ratio=rows(%s)/rows_pre_user_filter(%s)=%s', s."rows", s.rows_read,
					round(s."rows"::numeric / s.rows_read, 6)),
				'Review the choice of sort key to enable range restricted scans, or run the VACUUM command to ensure the table is sorted'
			FROM redshift.plan_steps(q.plan, q.type, q."rows", false) s
			WHERE s.name = 'scan' AND s.rows_read >= 100000 AND s."rows" < 0.05 * s.rows_read
			UNION ALL
			SELECT s.segment, s.step, CASE s.name WHEN 'dist' THEN format('Distributed a large number of rows across the network: %s', s."rows")
				ELSE 'Broadcasted a large number of rows across the network' END,
				CASE s.name WHEN 'dist' THEN 'Review the choice of distribution key to collocate the join or aggregation'
				ELSE 'Review the choice of distribution key to collocate the join and consider using distributed tables' END
			FROM redshift.plan_steps(q.plan, q.type, q."rows", false) s
			WHERE s.name IN ('dist', 'bcast') AND s."rows" > 1000000) a
	WHERE q.family = 'query' AND q.plan IS NOT NULL;
COMMENT ON VIEW redshift.stl_alert_event_log IS 'what plans show that may be improved; filters: of scans of 100,000 rows and more';

CREATE VIEW redshift.sys_query_explain WITH (security_invoker) AS
	SELECT q.userid AS user_id, q.query::int8 AS query_id, 1 AS child_query_sequence, n.nodeid AS plan_node_id, n.parentid AS plan_parent_id,
		n.line::char(400) AS plan_node, n.info::char(400) AS plan_info
	FROM redshift.all_queries q, redshift.plan_nodes(q.plan) n WHERE q.family = 'query';
COMMENT ON VIEW redshift.sys_query_explain IS 'plans of queries that have ended';

CREATE VIEW redshift.sys_query_detail WITH (security_invoker) AS
	SELECT s.userid AS user_id, s.query::int8 AS query_id, 1 AS child_query_sequence, s.stream AS stream_id, s.segment AS segment_id,
		s.step AS step_id,
		CASE s.name WHEN 'aggr' THEN 'aggregate' WHEN 'bcast' THEN 'broadcast' WHEN 'dist' THEN 'distribute' WHEN 'hjoin' THEN 'hashjoin'
			WHEN 'mjoin' THEN 'mergejoin' WHEN 'nloop' THEN 'nestloop' ELSE s.name END AS step_name,
		s.tbl AS table_id, s.table_name::char(136) AS table_name, CASE WHEN s.skips THEN 't' ELSE 'f' END::char(1) AS is_rrscan,
		s.starttime AS start_time, s.endtime AS end_time, s.elapsed AS duration,
		(SELECT string_agg(trim(a.event), '; ') FROM redshift.stl_alert_event_log a
			WHERE a.query = s.query AND a.segment = s.segment AND a.step = s.step) AS alert,
		CASE WHEN s.name = 'scan' THEN s.bytes END AS input_bytes, s.rows_read AS input_rows, s.bytes AS output_bytes, s."rows" AS output_rows,
		CASE WHEN s.name = 'scan' THEN ceil(s.bytes / 1048576.0)::int8 END AS blocks_read, 0::int8 AS blocks_write, 0::int8 AS local_read_io,
		0::int8 AS remote_read_io, CASE WHEN s.name = 'scan' AND s.tbl >= 1000 THEN 'local' END AS source, 0 AS data_skewness, 0 AS time_skewness,
		'f'::char(1) AS is_active, 0::int8 AS spilled_block_local_disk, 0::int8 AS spilled_block_remote_disk, s.attribute::char(64) AS step_attribute,
		'step'::text AS metrics_level
	FROM redshift.all_steps s WHERE NOT s.by_slice;
COMMENT ON VIEW redshift.sys_query_detail IS 'steps of queries that have ended; times are those of segments, microseconds';

GRANT SELECT ON redshift.stl_explain, redshift.stl_plan_info, redshift.stl_stream_segs, redshift.svl_query_summary, redshift.svl_query_report,
	redshift.stl_scan, redshift.stl_hash, redshift.stl_hashjoin, redshift.stl_mergejoin, redshift.stl_nestloop, redshift.stl_aggr, redshift.stl_sort,
	redshift.stl_dist, redshift.stl_bcast, redshift.stl_insert, redshift.stl_delete, redshift.stl_return, redshift.stl_merge, redshift.stl_unique,
	redshift.stl_window, redshift.stl_limit, redshift.stl_project, redshift.stl_save, redshift.stl_parse, redshift.stl_alert_event_log,
	redshift.sys_query_explain, redshift.sys_query_detail TO PUBLIC;
