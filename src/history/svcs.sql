-- Views of the logs under the names that include clusters for concurrency: there are none, so these
-- are the STL and SVL views.  And what queries waited for.

CREATE VIEW redshift.svcs_alert_event_log WITH (security_invoker) AS SELECT * FROM redshift.stl_alert_event_log;
COMMENT ON VIEW redshift.svcs_alert_event_log IS 'stl_alert_event_log';
CREATE VIEW redshift.svcs_compile WITH (security_invoker) AS SELECT * FROM redshift.svl_compile;
COMMENT ON VIEW redshift.svcs_compile IS 'svl_compile';
CREATE VIEW redshift.svcs_explain WITH (security_invoker) AS SELECT * FROM redshift.stl_explain;
COMMENT ON VIEW redshift.svcs_explain IS 'stl_explain';
CREATE VIEW redshift.svcs_plan_info WITH (security_invoker) AS SELECT * FROM redshift.stl_plan_info;
COMMENT ON VIEW redshift.svcs_plan_info IS 'stl_plan_info';
CREATE VIEW redshift.svcs_query_summary WITH (security_invoker) AS SELECT * FROM redshift.svl_query_summary;
COMMENT ON VIEW redshift.svcs_query_summary IS 'svl_query_summary';
CREATE VIEW redshift.svcs_stream_segs WITH (security_invoker) AS SELECT * FROM redshift.stl_stream_segs;
COMMENT ON VIEW redshift.svcs_stream_segs IS 'stl_stream_segs';
CREATE VIEW redshift.svcs_unload_log WITH (security_invoker) AS SELECT * FROM redshift.stl_unload_log;
COMMENT ON VIEW redshift.svcs_unload_log IS 'stl_unload_log';
CREATE VIEW redshift.svcs_concurrency_scaling_usage WITH (security_invoker) AS
	SELECT NULL::timestamp AS start_time, NULL::timestamp AS end_time, NULL::int8 AS queries, NULL::numeric(27,0) AS usage_in_seconds WHERE false;
COMMENT ON VIEW redshift.svcs_concurrency_scaling_usage IS 'clusters for concurrency: there are none';

CREATE VIEW redshift.svl_query_queue_info WITH (security_invoker) AS
	SELECT q.database::text AS database, w.query, q.xid, w.userid, left(q.querytxt, 100) AS querytxt, w.queue_start_time, w.exec_start_time,
		w.service_class, w.slot_count AS slots, w.total_queue_time / 1000000 AS queue_elapsed, w.total_exec_time / 1000000 AS exec_elapsed,
		(w.total_queue_time + w.total_exec_time) / 1000000 AS wlm_total_elapsed, 0::int8 AS commit_queue_elapsed, 0::int8 AS commit_exec_time,
		w.service_class_name
	FROM redshift.stl_wlm_query w JOIN redshift.stl_query q ON q.query = w.query;
COMMENT ON VIEW redshift.svl_query_queue_info IS 'queries that have ended, in the one queue there is, where none waits; times: seconds';

GRANT SELECT ON redshift.svcs_alert_event_log, redshift.svcs_compile, redshift.svcs_explain, redshift.svcs_plan_info, redshift.svcs_query_summary,
	redshift.svcs_stream_segs, redshift.svcs_unload_log, redshift.svcs_concurrency_scaling_usage, redshift.svl_query_queue_info TO PUBLIC;
