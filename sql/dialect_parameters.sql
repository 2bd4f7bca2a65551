-- Redshift's parameters can be set and shown
-- those of which nobody has a variable of PostgreSQL's: none is missing
SELECT name FROM unnest('{analyze_threshold_percent,auto_analyze,auto_mv,cast_super_null_on_error,
	datashare_break_glass_session_var,default_geometry_encoding,describe_field_name_in_uppercase,downcase_delimited_identifier,
	enable_case_sensitive_identifier,enable_case_sensitive_super_attribute,enable_numeric_rounding,enable_result_cache_for_session,
	enable_spectrum_oid,enable_user_activity_logging,enable_vacuum_boost,error_on_nondeterministic_update,
	interval_forbid_composite_literals,json_serialization_enable,json_serialization_parse_nested_strings,max_concurrency_scaling_clusters,
	max_cursor_result_set_size,mv_enable_aqmv_for_session,navigate_super_null_on_error,parse_super_null_on_error,
	pg_federation_repeatable_read,query_group,require_ssl,spectrum_enable_pseudo_columns,
	spectrum_query_maxerror,stored_proc_log_min_messages,use_fips_ssl,wlm_json_configuration,
	wlm_query_slot_count}'::text[]) name
	WHERE current_setting(name, true) IS NULL;
SET query_group TO 'load';
SET wlm_query_slot_count TO 3;
SET enable_result_cache_for_session = off;
SET enable_case_sensitive_identifier TO true;
SET analyze_threshold_percent TO 0;
SHOW query_group;
SHOW enable_case_sensitive_identifier;
RESET query_group;
SHOW query_group;
SET wlm_query_slot_count TO 51;
SET json_serialization_enable TO maybe;
