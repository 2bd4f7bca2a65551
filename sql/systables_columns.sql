-- Redshift's views have the columns of its documents, in their order, with their types.
CREATE TEMP TABLE documented (view name, columns text);
INSERT INTO documented VALUES
	('pg_table_def', 'schemaname name, tablename name, column name, type text, encoding text, '
		'distkey boolean, sortkey integer, notnull boolean'),
	('svv_table_info', 'database text, schema text, table_id oid, table text, encoded text, '
		'diststyle text, sortkey1 text, max_varchar integer, sortkey1_enc character(32), '
		'sortkey_num integer, size bigint, pct_used numeric(10,4), empty bigint, unsorted numeric(5,2), '
		'stats_off numeric(5,2), tbl_rows numeric(38,0), skew_sortkey1 numeric(19,2), '
		'skew_rows numeric(19,2), estimated_visible_rows numeric(38,0), risk_event text, '
		'vacuum_sort_benefit numeric(12,2), create_time timestamp without time zone'),
	('svv_tables', 'table_catalog text, table_schema text, table_name text, table_type text, '
		'remarks text'),
	('svv_columns', 'table_catalog text, table_schema text, table_name text, column_name text, '
		'ordinal_position integer, column_default text, is_nullable text, data_type text, '
		'character_maximum_length integer, numeric_precision integer, numeric_precision_radix integer, '
		'numeric_scale integer, datetime_precision integer, interval_type text, interval_precision text, '
		'character_set_catalog text, character_set_schema text, character_set_name text, '
		'collation_catalog text, collation_schema text, collation_name text, domain_name text, '
		'remarks text'),
	('svv_all_tables', 'database_name character varying(128), schema_name character varying(128), '
		'table_name character varying(128), table_acl character varying(128), '
		'table_type character varying(128), remarks character varying(128)'),
	('svv_all_columns', 'database_name character varying(128), schema_name character varying(128), '
		'table_name character varying(128), column_name character varying(128), ordinal_position integer, '
		'column_default character varying(4000), is_nullable character varying(3), '
		'data_type character varying(128), character_maximum_length integer, numeric_precision integer, '
		'numeric_scale integer, remarks character varying(256)'),
	('svv_all_schemas', 'database_name character varying(128), schema_name character varying(128), '
		'schema_owner integer, schema_type character varying(128), schema_acl character varying(128), '
		'source_database character varying(128), schema_option character varying(256)'),
	('svv_redshift_databases', 'database_name character varying(128), database_owner integer, '
		'database_type character varying(32), database_acl character varying(128), '
		'database_options character varying(128), database_isolation_level character varying(128)'),
	('svv_redshift_schemas', 'database_name character varying(128), schema_name character varying(128), '
		'schema_owner integer, schema_type character varying(16), schema_acl character varying(128), '
		'schema_option character varying(128)'),
	('svv_redshift_tables', 'database_name character varying(128), schema_name character varying(128), '
		'table_name character varying(128), table_type character varying(128), '
		'table_acl character varying(128), remarks character varying(128), '
		'table_owner character varying(128)'),
	('svv_redshift_columns', 'database_name character varying(128), schema_name character varying(128), '
		'table_name character varying(128), column_name character varying(128), ordinal_position integer, '
		'data_type character varying(32), column_default character varying(4000), '
		'is_nullable character varying(3), encoding character varying(128), distkey boolean, '
		'sortkey integer, column_acl character varying(128), remarks character varying(256)'),
	('svv_redshift_functions', 'database_name character varying(128), schema_name character varying(128), '
		'function_name character varying(128), function_type character varying(128), '
		'argument_type character varying(512), result_type character varying(128)'),
	('svv_external_schemas', 'esoid oid, eskind smallint, schemaname name, esowner integer, '
		'databasename text, esoptions text'),
	('svv_external_databases', 'eskind integer, esoptions text, databasename text, location text, '
		'parameters text'),
	('svv_external_tables', 'redshift_database_name text, schemaname text, tablename text, '
		'tabletype text, location text, input_format text, output_format text, serialization_lib text, '
		'serde_parameters text, compressed integer, parameters text'),
	('svv_external_columns', 'redshift_database_name character varying(128), schemaname text, '
		'tablename text, columnname text, external_type text, columnnum integer, part_key integer, '
		'is_nullable text'),
	('svv_external_partitions', 'schemaname text, tablename text, values text, location text, '
		'input_format text, output_format text, serialization_lib text, serde_parameters text, '
		'compressed integer, parameters text'),
	('svv_diskusage', 'db_id integer, name character(72), slice integer, col integer, tbl integer, '
		'blocknum integer, num_values integer, minvalue bigint, maxvalue bigint, sb_pos integer, '
		'pinned integer, on_disk integer, modified integer, hdr_modified integer, unsorted integer, '
		'tombstone integer, preferred_diskno integer, temporary integer, newblock integer'),
	('svv_mv_info', 'database_name character(128), schema_name character(128), user_name character(128), '
		'name character(128), is_stale character(1), state integer, autorewrite character(1), '
		'autorefresh character(1)'),
	('svv_relation_privileges', 'namespace_name text, relation_name text, privilege_type text, '
		'identity_id integer, identity_name text, identity_type text, admin_option boolean'),
	('svv_schema_privileges', 'namespace_name text, privilege_type text, identity_id integer, '
		'identity_name text, identity_type text, admin_option boolean, privilege_scope text'),
	('svv_transactions', 'txn_owner text, txn_db text, xid bigint, pid integer, '
		'txn_start timestamp without time zone, lock_mode text, lockable_object_type text, '
		'relation integer, granted boolean'),
	('svv_vacuum_progress', 'table_name text, status text, time_remaining_estimate text'),
	('svv_interleaved_columns', 'tbl integer, col integer, interleaved_skew numeric(19,2), '
		'last_reindex timestamp without time zone'),
	('svv_alter_table_recommendations', 'type character(30), database character(128), table_id integer, '
		'group_id integer, ddl character(1024), auto_eligible character(1)'),
	('svv_user_info', 'user_name text, user_id integer, createdb boolean, superuser boolean, '
		'catalog_update boolean, connection_limit text, syslog_access text, '
		'last_ddl_ts timestamp without time zone, session_timeout integer, external_user_id text'),
	('svv_roles', 'role_id integer, role_name text, role_owner text, external_id text'),
	('svv_user_grants', 'user_id integer, user_name text, role_id integer, role_name text, '
		'admin_option boolean'),
	('svv_role_grants', 'role_id integer, role_name text, granted_role_id integer, '
		'granted_role_name text'),
	('svv_default_privileges', 'schema_name text, object_type text, owner_id integer, owner_name text, '
		'owner_type text, privilege_type text, grantee_id integer, grantee_name text, grantee_type text, '
		'admin_option boolean'),
	('svv_rls_policy', 'poldb text, polname text, polalias text, polatts text, polqual text, '
		'polenabled boolean, polmodifiedby text, polmodifiedtime timestamp without time zone'),
	('svv_rls_attached_policy', 'relschema text, relname text, relkind text, polname text, grantor text, '
		'grantee text, granteekind text, is_pol_on boolean, is_rls_on boolean, '
		'rls_conjuction_type character(3)'),
	('svv_rls_relation', 'datname text, relschema text, relname text, relkind text, is_rls_on boolean, '
		'is_rls_datashare_on boolean, rls_conjunction_type character(3)'),
	('svv_masking_policy', 'policy_database text, policy_name text, input_columns text, '
		'policy_expression text, policy_modified_by text, '
		'policy_modified_time timestamp without time zone'),
	('svv_attached_masking_policy', 'policy_name text, schema_name text, table_name text, '
		'table_type text, grantor text, grantee text, grantee_type text, priority integer, '
		'input_columns text, output_columns text'),
	('stv_slices', 'node integer, slice integer, localslice integer, type character(1)'),
	('stv_blocklist', 'slice integer, col integer, tbl integer, blocknum integer, num_values integer, '
		'extended_limits integer, minvalue bigint, maxvalue bigint, sb_pos integer, pinned integer, '
		'on_disk integer, modified integer, hdr_modified integer, unsorted integer, tombstone integer, '
		'preferred_diskno integer, temporary integer, newblock integer, num_readers integer, '
		'flags integer'),
	('stv_tbl_perm', 'slice integer, id integer, name character(72), rows bigint, sorted_rows bigint, '
		'temp integer, db_id integer, insert_pristine integer, delete_pristine integer, backup integer, '
		'dist_style integer, block_count integer'),
	('stv_tbl_trans', 'slice integer, id integer, rows bigint, size bigint, query_id bigint, '
		'ref_cnt integer, from_suspended integer, prep_swap integer'),
	('stv_partitions', 'owner integer, host integer, diskno integer, part_begin bigint, part_end bigint, '
		'used integer, tossed integer, capacity integer, reads bigint, writes bigint, '
		'seek_forward integer, seek_back integer, is_san integer, failed integer, mbps integer, '
		'mount character(256)'),
	('stv_node_storage_capacity', 'node integer, used integer, capacity integer'),
	('stv_locks', 'table_id bigint, last_commit timestamp without time zone, '
		'last_update timestamp without time zone, lock_owner bigint, lock_owner_pid bigint, '
		'lock_owner_start_ts timestamp without time zone, lock_owner_end_ts timestamp without time zone, '
		'lock_status character(22)'),
	('stv_wlm_service_class_config', 'service_class integer, queueing_strategy character(32), '
		'num_query_tasks integer, target_num_query_tasks integer, evictable character(8), '
		'eviction_threshold bigint, query_working_mem integer, target_query_working_mem integer, '
		'min_step_mem integer, name character(64), max_execution_time bigint, '
		'user_group_wild_card boolean, query_group_wild_card boolean, concurrency_scaling character(20), '
		'query_priority character(20), user_role_wild_card boolean'),
	('stv_wlm_service_class_state', 'service_class integer, num_queued_queries integer, '
		'num_executing_queries integer, num_serviced_queries integer, num_executed_queries integer, '
		'num_evicted_queries integer, num_concurrency_scaling_queries integer'),
	('stv_wlm_classification_config', 'id integer, condition character(128), action_seq integer, '
		'action character(64), action_service_class integer'),
	('stv_wlm_qmr_config', 'service_class integer, rule_name character(256), action character(256), '
		'metric_name character(256), metric_operator character(256), metric_value double precision, '
		'action_value character(256), service_class_name character(64)'),
	('stv_mv_info', 'db_name character(128), schema character(128), name character(128), '
		'updated_upto_xid bigint, is_stale character(1), owner_user_name character(128), state integer, '
		'autorewrite character(1), autorefresh character(1)'),
	('stv_startup_recovery_state', 'db_id integer, table_id integer, table_name character(137)'),
	('svv_column_privileges', 'namespace_name text, relation_name text, column_name text, '
		'privilege_type text, identity_id integer, identity_name text, identity_type text'),
	('svv_function_privileges', 'namespace_name text, function_name text, argument_types text, '
		'privilege_type text, identity_id integer, identity_name text, identity_type text, '
		'admin_option boolean'),
	('svv_database_privileges', 'database_name text, privilege_type text, identity_id integer, '
		'identity_name text, identity_type text, admin_option boolean, privilege_scope text'),
	('svl_stored_proc_messages', 'userid integer, session_userid integer, pid integer, xid bigint, '
		'query integer, recordtime timestamp without time zone, loglevel integer, '
		'loglevel_text character(10), message character(1024), linenum integer, '
		'querytext character(500), label character(320), aborted integer, message_xid bigint'),
	('sys_procedure_messages', 'transaction_id bigint, query_id integer, '
		'record_time timestamp without time zone, log_level character(10), message character(1024), '
		'line_number integer'),
	('stl_analyze_compression', 'userid integer, start_time timestamp without time zone, xid bigint, '
		'tbl integer, tablename character(128), schemaname character(128), col integer, '
		'old_encoding character(15), new_encoding character(15), mode character(14)'),
	('sys_analyze_compression_history', 'user_id integer, start_time timestamp without time zone, '
		'transaction_id bigint, table_id integer, table_name character(128), column_position integer, '
		'old_encoding character(15), new_encoding character(15), mode character(14)'),
	('stl_s3client', 'userid integer, query integer, slice integer, '
		'recordtime timestamp without time zone, pid integer, http_method character(64), '
		'bucket character(64), key character(256), transfer_size bigint, data_size bigint, '
		'start_time bigint, end_time bigint, transfer_time bigint, compression_time bigint, '
		'connect_time bigint, app_connect_time bigint, retries bigint, request_id character(32), '
		'extended_request_id character(128), ip_address character(64), is_partial integer, '
		'start_offset bigint'),
	('stl_s3client_error', 'userid integer, query integer, sliceid integer, '
		'recordtime timestamp without time zone, pid integer, http_method character(64), '
		'bucket character(64), key character(256), error character(1024), is_partial integer, '
		'start_offset bigint'),
	('stl_udf', 'userid integer, query integer, slice integer, segment integer, step integer, '
		'starttime timestamp without time zone, endtime timestamp without time zone, tasknum integer, '
		'rows bigint'),
	('sys_copy_job_detail', 'user_id integer, database_name text, job_id integer, job_name text, '
		'file_location text, file_name text, file_size bigint, file_etag text, '
		'job_text character(256), modification_time timestamp without time zone, '
		'enqueue_time timestamp without time zone, status character(8)'),
	('stl_mv_state', 'userid bigint, starttime timestamp without time zone, xid bigint, '
		'event_desc character(500), db_name character(128), base_table_schema character(128), '
		'base_table_name character(128), mv_schema character(128), mv_name character(128), '
		'state character(32)'),
	('sys_mv_state', 'user_id integer, transaction_id bigint, database_name character(128), '
		'event_desc character(500), start_time timestamp without time zone, '
		'base_table_database_name character(128), base_table_schema character(128), '
		'base_table_name character(128), mv_schema character(128), mv_name character(128), '
		'state character(32)'),
	('svl_auto_worker_action', 'table_id integer, type character(32), status character(128), '
		'eventtime timestamp without time zone, sequence integer, previous_state character(200)'),
	('sys_auto_table_optimization', 'transaction_id bigint, session_id integer, table_id integer, '
		'alter_table_type character(32), status character(128), '
		'event_time timestamp without time zone, alter_from character(200), alter_to character(200)'),
	('stv_mv_deps', 'db_name character(128), schema character(128), name character(128), '
		'ref_schema character(128), ref_name character(128), ref_database_name character(128)'),
	('svv_mv_dependency', 'database_name character(128), schema_name character(128), name character(128), '
		'dependent_database_name character(128), dependent_schema_name character(128), '
		'dependent_name character(128)'),
	('svl_query_queue_info', 'database text, query integer, xid bigint, userid integer, querytxt text, '
		'queue_start_time timestamp without time zone, exec_start_time timestamp without time zone, '
		'service_class integer, slots integer, queue_elapsed bigint, exec_elapsed bigint, '
		'wlm_total_elapsed bigint, commit_queue_elapsed bigint, commit_exec_time bigint, '
		'service_class_name character(64)'),
	('svcs_concurrency_scaling_usage', 'start_time timestamp without time zone, '
		'end_time timestamp without time zone, queries bigint, usage_in_seconds numeric(27,0)');

SELECT d.view, d.columns AS documented, coalesce(v.columns, '(none)') AS here
FROM documented d LEFT JOIN (
	SELECT c.relname, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) AS columns
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	WHERE c.relnamespace = 'redshift'::regnamespace AND c.relkind = 'v'
	GROUP BY c.oid) v ON v.relname = d.view
WHERE v.columns IS DISTINCT FROM d.columns ORDER BY 1;

-- All users may read them, and each answers.
CREATE ROLE systables_reader;
SET ROLE systables_reader;
DO $$
DECLARE
	name text;
BEGIN
	FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'redshift'::regnamespace AND relkind = 'v'
			AND relname ~ '^(svv|stv|stl|svl|svcs|sys|pg)_' AND has_table_privilege(oid, 'SELECT') LOOP
		EXECUTE format('SELECT * FROM redshift.%I', name);
	END LOOP;
END $$;
RESET ROLE;
DROP ROLE systables_reader;

-- An overlay has all of the columns of the relation that it stands for, under the same names.
SELECT o.relname, a.attname
FROM pg_class o JOIN pg_class c ON o.relname = c.relnamespace::regnamespace || '.' || c.relname
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE o.relnamespace = 'redshift'::regnamespace
	AND NOT EXISTS (SELECT FROM pg_attribute b WHERE b.attrelid = o.oid AND b.attname = a.attname)
ORDER BY 1, a.attnum;
