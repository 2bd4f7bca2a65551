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
	('svv_relation_privileges', 'namespace_name text, relation_name text, privilege_type text, '
		'identity_id integer, identity_name text, identity_type text, admin_option boolean'),
	('svv_schema_privileges', 'namespace_name text, privilege_type text, identity_id integer, '
		'identity_name text, identity_type text, admin_option boolean, privilege_scope text'),
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
	('stv_slices', 'node integer, slice integer, localslice integer, type character(1)'),
	('stl_load_commits', 'userid integer, query integer, slice integer, name character(256), '
		'filename character(256), byte_offset integer, lines_scanned integer, errors integer, '
		'curtime timestamp without time zone, status integer, file_format character(16), '
		'is_partial integer, start_offset bigint, copy_job_id bigint, '
		'lines_skipped integer, load_time double precision, starttime timestamp without time zone'),
	('stl_load_errors', 'userid integer, slice integer, tbl integer, '
		'starttime timestamp without time zone, session integer, query integer, filename character(256), '
		'line_number bigint, colname character(127), type character(10), col_length character(10), '
		'position integer, raw_line character(1024), raw_field_value character(1024), err_code integer, '
		'err_reason character(100), is_partial integer, start_offset bigint, copy_job_id bigint'),
	('stl_loaderror_detail', 'userid integer, slice integer, session integer, query integer, '
		'filename character(256), line_number bigint, field integer, colname character(1024), '
		'value character(1024), is_null integer, type character(10), col_length character(10)'),
	('stl_file_scan', 'userid integer, query integer, slice integer, name character(90), lines bigint, '
		'bytes bigint, loadtime bigint, curtime timestamp without time zone, is_partial integer, '
		'start_offset bigint'),
	('stl_replacements', 'userid integer, query integer, slice integer, tbl integer, '
		'starttime timestamp without time zone, session integer, filename character(256), '
		'line_number bigint, colname character(127), raw_line character(1024)'),
	('stl_unload_log', 'userid integer, query integer, slice integer, pid integer, path character(1280), '
		'start_time timestamp without time zone, end_time timestamp without time zone, line_count bigint, '
		'transfer_size bigint, file_format character(10)');

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
			AND relname ~ '^(svv|stv|pg)_' AND has_table_privilege(oid, 'SELECT') LOOP
		EXECUTE format('SELECT * FROM redshift.%I', name);
	END LOOP;
END $$;
RESET ROLE;
DROP ROLE systables_reader;

-- An overlay has all of the columns of the relation that it stands for, under the same names.
SELECT o.relname, a.attname
FROM pg_class o JOIN pg_class c ON c.relname = o.relname AND c.relnamespace = 'pg_catalog'::regnamespace
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE o.relnamespace = 'redshift'::regnamespace
	AND NOT EXISTS (SELECT FROM pg_attribute b WHERE b.attrelid = o.oid AND b.attname = a.attname)
ORDER BY 1, a.attnum;
