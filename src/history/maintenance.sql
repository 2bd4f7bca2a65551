-- VACUUM, ANALYZE and transactions.

-- internal
CREATE TABLE redshift.history_maintenance (
	logged_at timestamptz NOT NULL, action text, userid int4, xid int8, query int4, type text, table_id int4, schema_name text, table_name text,
	starttime timestamp, endtime timestamp, rows_before int8, deleted_before int8, sorted_before int8, bytes_before int8, rows_after int8,
	deleted_after int8, sorted_after int8, bytes_after int8, modified int8, analyzed timestamp);
CREATE INDEX ON redshift.history_maintenance (logged_at);
ALTER TABLE redshift.history_maintenance ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON redshift.history_maintenance FOR SELECT USING (userid = (SELECT redshift.own_userid()) OR (SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')));
GRANT SELECT ON redshift.history_maintenance TO PUBLIC;

-- internal
CREATE TABLE redshift.history_transaction (
	logged_at timestamptz NOT NULL, userid int4, xid int8, pid int4, isolation text, status text, starttime timestamp, commit_start timestamp,
	commit_end timestamp);
CREATE INDEX ON redshift.history_transaction (logged_at);
ALTER TABLE redshift.history_transaction ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON redshift.history_transaction FOR SELECT USING (userid = (SELECT redshift.own_userid()) OR (SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')));
GRANT SELECT ON redshift.history_transaction TO PUBLIC;

-- internal
CREATE VIEW redshift.all_maintenance WITH (security_invoker) AS
	SELECT * FROM redshift.history_maintenance
	UNION ALL
	SELECT * FROM redshift.history_rows(NULL::redshift.history_maintenance);
COMMENT ON VIEW redshift.all_maintenance IS 'what VACUUM and ANALYZE did';
GRANT SELECT ON redshift.all_maintenance TO PUBLIC;

-- internal
CREATE VIEW redshift.all_transactions WITH (security_invoker) AS
	SELECT * FROM redshift.history_transaction
	UNION ALL
	SELECT * FROM redshift.history_rows(NULL::redshift.history_transaction);
COMMENT ON VIEW redshift.all_transactions IS 'transactions that wrote, and have ended';
GRANT SELECT ON redshift.all_transactions TO PUBLIC;

-- Two rows of each: as it began, and as it ended.
CREATE VIEW redshift.stl_vacuum WITH (security_invoker) AS
	SELECT m.userid, m.xid, m.table_id, s.status::char(30) AS status, s."rows", least(s.sorted, 2147483647)::int4 AS sortedrows,
		least(ceil(s.bytes / 1048576.0), 2147483647)::int4 AS blocks, 0 AS max_merge_partitions, s.eventtime, s.reclaimable AS reclaimable_rows,
		NULL::int8 AS reclaimable_space_mb, NULL::int8 AS cutoff_xid, CASE WHEN m.type = 'Recluster' THEN 1 ELSE 0 END AS is_recluster
	FROM redshift.all_maintenance m,
		LATERAL (VALUES
			(CASE m.type WHEN 'Delete' THEN 'Started Delete Only' WHEN 'Sort' THEN 'Started Sort Only' WHEN 'Reindex' THEN 'Started Reindex'
				ELSE 'Started' END, m.rows_before + m.deleted_before, m.sorted_before, m.bytes_before, m.starttime, m.deleted_before),
			('Finished', m.rows_after + m.deleted_after, m.sorted_after, m.bytes_after, m.endtime, NULL)) s (status, "rows", sorted, bytes, eventtime, reclaimable)
	WHERE m.action = 'vacuum';
COMMENT ON VIEW redshift.stl_vacuum IS 'VACUUM of redshift tables, as it began and as it ended';

CREATE VIEW redshift.svv_vacuum_summary WITH (security_invoker) AS
	SELECT table_name, xid, 0::int8 AS sort_partitions, 0::int8 AS merge_increments,
		(1000000 * extract(epoch FROM endtime - starttime))::int8 AS elapsed_time, rows_after + deleted_after - rows_before - deleted_before AS row_delta,
		sorted_after - sorted_before AS sortedrow_delta, ceil((bytes_after - bytes_before) / 1048576.0)::int4 AS block_delta,
		0 AS max_merge_partitions
	FROM redshift.all_maintenance WHERE action = 'vacuum';
COMMENT ON VIEW redshift.svv_vacuum_summary IS 'what VACUUM did to redshift tables; elapsed_time: microseconds';

CREATE VIEW redshift.sys_vacuum_history WITH (security_invoker) AS
	SELECT userid AS user_id, xid AS transaction_id, query::int8 AS query_id, current_database()::text AS database_name, schema_name, table_name, table_id,
		type::char(9) AS vacuum_type, false AS is_automatic, 'Complete'::char(8) AS status, starttime AS start_time, endtime AS end_time,
		endtime AS record_time, least(1000000 * extract(epoch FROM endtime - starttime), 2147483647)::int4 AS duration,
		rows_before + deleted_before AS rows_before_vacuum, ceil(bytes_before / 1048576.0)::int4 AS size_before_vacuum,
		deleted_before AS reclaimable_rows, deleted_before - deleted_after AS reclaimed_rows,
		greatest(ceil((bytes_before - bytes_after) / 1048576.0), 0)::int8 AS reclaimed_blocks,
		least(sorted_before, 2147483647)::int4 AS sortedrows_before_vacuum, least(sorted_after, 2147483647)::int4 AS sortedrows_after_vacuum
	FROM redshift.all_maintenance WHERE action = 'vacuum';
COMMENT ON VIEW redshift.sys_vacuum_history IS 'VACUUM of redshift tables; duration: microseconds';

CREATE VIEW redshift.stl_analyze WITH (security_invoker) AS
	SELECT userid, xid, current_database()::char(30) AS database, table_id, type::char(15) AS status, rows_after::float8 AS "rows",
		modified::float8 AS modified_rows, current_setting('analyze_threshold_percent')::float8::int4 AS threshold_percent, 'f'::char(1) AS is_auto,
		starttime, endtime, coalesce(analyzed, '2000-01-01') AS prevtime, 0 AS num_predicate_cols, 0 AS num_new_predicate_cols,
		'f'::char(1) AS is_background, ''::char(100) AS auto_analyze_phase, schema_name::char(128) AS schema_name, table_name::char(136) AS table_name
	FROM redshift.all_maintenance WHERE action = 'analyze';
COMMENT ON VIEW redshift.stl_analyze IS 'ANALYZE of redshift tables';

CREATE VIEW redshift.sys_analyze_history WITH (security_invoker) AS
	SELECT userid AS user_id, xid AS transaction_id, database::char(30) AS database_name, schema_name, table_name::char(30) AS table_name, table_id,
		is_auto AS is_automatic, status, starttime AS start_time, endtime AS end_time, "rows", modified_rows,
		threshold_percent AS analyze_threshold_percent, prevtime AS last_analyze_time
	FROM redshift.stl_analyze;
COMMENT ON VIEW redshift.sys_analyze_history IS 'ANALYZE of redshift tables';

CREATE VIEW redshift.sys_transaction_history WITH (security_invoker) AS
	SELECT userid AS user_id, xid AS transaction_id, isolation AS isolation_level, status, starttime AS transaction_start_time,
		commit_start AS commit_start_time, commit_end AS commit_end_time, NULL::int8 AS blocks_committed,
		CASE status WHEN 'rolledback' THEN xid ELSE -1 END AS undo_transaction_id
	FROM redshift.all_transactions;
COMMENT ON VIEW redshift.sys_transaction_history IS 'transactions that wrote, and have ended';

CREATE VIEW redshift.stl_commit_stats WITH (security_invoker) AS
	SELECT xid, -1 AS node, commit_start AS startqueue, commit_start AS startwork, NULL::timestamp AS endflush, NULL::timestamp AS endstage,
		NULL::timestamp AS endlocal, NULL::timestamp AS startglobal, commit_end AS endtime, 0::int8 AS queuelen, NULL::int8 AS permblocks,
		NULL::int8 AS newblocks, NULL::int8 AS dirtyblocks, NULL::int8 AS headers, 1 AS numxids, NULL::int8 AS oldestxid, NULL::int8 AS extwritelatency,
		NULL::int4 AS metadatawritten, NULL::int8 AS tombstonedblocks, NULL::int8 AS tossedblocks, NULL::int8 AS batched_by
	FROM redshift.all_transactions WHERE status = 'committed';
COMMENT ON VIEW redshift.stl_commit_stats IS 'when transactions that wrote committed; commits do not queue';

CREATE VIEW redshift.stl_undone WITH (security_invoker) AS
	SELECT userid, xid AS xact_id, xid AS xact_id_undone, commit_start AS undo_start_ts, commit_end AS undo_end_ts, NULL::int8 AS table_id
	FROM redshift.all_transactions WHERE status = 'rolledback';
COMMENT ON VIEW redshift.stl_undone IS 'transactions that wrote and were rolled back';

CREATE VIEW redshift.stl_tr_conflict WITH (security_invoker) AS
	SELECT q.xid AS xact_id, q.pid::int8 AS process_id, coalesce(t.starttime, q.starttime) AS xact_start_ts, q.endtime AS abort_time,
		NULL::int8 AS table_id
	FROM redshift.all_queries q LEFT JOIN redshift.all_transactions t USING (xid)
	WHERE q.sqlstate = '40001';
COMMENT ON VIEW redshift.stl_tr_conflict IS 'statements that failed because other transactions wrote at the same time';

CREATE VIEW redshift.stl_error WITH (security_invoker) AS
	SELECT userid, 'postgres'::char(12) AS process, endtime AS recordtime, pid,
		(SELECT sum(strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', substr(sqlstate, i, 1)) - 1 << 6 * (i - 1)) FROM generate_series(1, 5) i)::int4 AS errcode,
		''::char(90) AS file, 0 AS linenum, sqlstate::char(100) AS context, error::char(512) AS error
	FROM redshift.all_queries WHERE sqlstate ~ '^(XX|58|53)';
COMMENT ON VIEW redshift.stl_error IS 'statements that failed for reasons of the server, not their own; context: the SQLSTATE';

GRANT SELECT ON redshift.stl_vacuum, redshift.svv_vacuum_summary, redshift.sys_vacuum_history, redshift.stl_analyze, redshift.sys_analyze_history,
	redshift.sys_transaction_history, redshift.stl_commit_stats, redshift.stl_undone, redshift.stl_tr_conflict, redshift.stl_error TO PUBLIC;
