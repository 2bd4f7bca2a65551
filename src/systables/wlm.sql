-- Workload management: queries run as they come, in one queue that has no limits of its own, which is
-- said here as of a queue under automatic management; its number is that of Redshift's first.

CREATE VIEW redshift.stv_wlm_service_class_config AS
	SELECT 100 AS service_class, 'Automatic'::char(32) AS queueing_strategy, -1 AS num_query_tasks, -1 AS target_num_query_tasks,
		'false'::char(8) AS evictable, 0::int8 AS eviction_threshold,
		(pg_size_bytes(current_setting('work_mem')) / 1048576)::int4 AS query_working_mem,
		(pg_size_bytes(current_setting('work_mem')) / 1048576)::int4 AS target_query_working_mem, 0 AS min_step_mem, 'Default queue'::char(64) AS name,
		(SELECT setting::int8 FROM pg_settings WHERE name = 'statement_timeout') AS max_execution_time, false AS user_group_wild_card,
		false AS query_group_wild_card, 'off'::char(20) AS concurrency_scaling, 'Normal'::char(20) AS query_priority, false AS user_role_wild_card;
COMMENT ON VIEW redshift.stv_wlm_service_class_config IS 'the one queue: as many queries as there are sessions, work_mem for each of their operations, statement_timeout';

CREATE VIEW redshift.stv_wlm_classification_config AS
	SELECT 1 AS id, '(querytype: any)'::char(128) AS condition, 0 AS action_seq, 'assign'::char(64) AS action, 100 AS action_service_class;
COMMENT ON VIEW redshift.stv_wlm_classification_config IS 'all queries go to the one queue';

CREATE VIEW redshift.stv_wlm_service_class_state AS
	SELECT 100 AS service_class, 0 AS num_queued_queries,
		(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND state = 'active' AND pid <> pg_backend_pid())::int4
			AS num_executing_queries,
		s.transactions AS num_serviced_queries, s.transactions AS num_executed_queries, 0 AS num_evicted_queries, 0 AS num_concurrency_scaling_queries
	FROM (SELECT least(sum(xact_commit + xact_rollback), 2147483647)::int4 AS transactions FROM pg_stat_database) s;
COMMENT ON VIEW redshift.stv_wlm_service_class_state IS 'sessions that run something now, and transactions since statistics were reset: those of all databases';

CREATE VIEW redshift.stv_wlm_qmr_config AS
	SELECT NULL::int4 AS service_class, NULL::char(256) AS rule_name, NULL::char(256) AS action, NULL::char(256) AS metric_name,
		NULL::char(256) AS metric_operator, NULL::float8 AS metric_value, NULL::char(256) AS action_value, NULL::char(64) AS service_class_name
	WHERE false;
COMMENT ON VIEW redshift.stv_wlm_qmr_config IS 'none: there are no query monitoring rules';

GRANT SELECT ON redshift.stv_wlm_service_class_config, redshift.stv_wlm_classification_config, redshift.stv_wlm_service_class_state,
	redshift.stv_wlm_qmr_config TO PUBLIC;
