-- Materialized views: src/views.

-- internal
CREATE FUNCTION redshift.materialized_view_definition(view oid) RETURNS text
	LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('create materialized view %I.%I%s as (%s);', n.nspname, c.relname,
		concat(' diststyle ' || o.diststyle, ' distkey (' || o.distkey || ')', CASE WHEN o.sortstyle = 'interleaved' THEN ' interleaved' END,
			' sortkey (' || o.sortkey || ')', CASE WHEN o.auto_refresh THEN ' auto refresh yes' END), rtrim(pg_get_viewdef(c.oid), E'; \n'))
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
		LATERAL (SELECT substring(max(option_value) FILTER (WHERE option_name = 'diststyle') FROM '^\w+') AS diststyle,
			max(option_value) FILTER (WHERE option_name = 'distkey') AS distkey,
			max(option_value) FILTER (WHERE option_name = 'sortkey') AS sortkey,
			max(option_value) FILTER (WHERE option_name = 'sortstyle') AS sortstyle,
			coalesce(bool_or(option_name = 'auto_refresh' AND option_value = 'yes'), false) AS auto_refresh
			FROM pg_options_to_table(c.reloptions)) o
	WHERE c.oid = view AND c.relkind = 'm'
	$$;
COMMENT ON FUNCTION redshift.materialized_view_definition(oid) IS 'statement that makes a materialized view, in Redshift''s words; NULL for other relations';

CREATE VIEW redshift.svl_mv_refresh_status AS
	SELECT current_database()::char(128) AS db_name, userid::int8 AS userid, schema_name::char(128) AS schema_name, mv_name::char(128) AS mv_name,
		xid, starttime, endtime, status, CASE automatic WHEN 1 THEN 'Auto' ELSE 'Manual' END::char(32) AS refresh_type
	FROM redshift.mv_refresh WHERE redshift.may_see(userid);
COMMENT ON VIEW redshift.svl_mv_refresh_status IS 'refreshes of materialized views in the last days';

CREATE VIEW redshift.sys_mv_refresh_history AS
	SELECT userid AS user_id, session AS session_id, xid AS transaction_id, current_database()::char(128) AS database_name,
		schema_name::char(128) AS schema_name, mv AS mv_id, mv_name::char(128) AS mv_name,
		CASE automatic WHEN 1 THEN 'Auto' ELSE 'Manual' END::char(32) AS refresh_type, status, starttime AS start_time, endtime AS end_time,
		(extract(epoch FROM endtime - starttime) * 1000000)::int8 AS duration, NULL::char(12) AS consumer_account,
		NULL::char(32) AS consumer_region, NULL::char(36) AS consumer_namespace
	FROM redshift.mv_refresh WHERE redshift.may_see(userid);
COMMENT ON VIEW redshift.sys_mv_refresh_history IS 'refreshes of materialized views in the last days';

GRANT SELECT ON redshift.svl_mv_refresh_status, redshift.sys_mv_refresh_history TO PUBLIC;

CREATE VIEW redshift.stv_mv_deps AS
	SELECT DISTINCT current_database()::char(128) AS db_name, n.nspname::char(128) AS schema, c.relname::char(128) AS name,
		rn.nspname::char(128) AS ref_schema, r.relname::char(128) AS ref_name, current_database()::char(128) AS ref_database_name
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_rewrite w ON w.ev_class = c.oid
		JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
		JOIN pg_class r ON r.oid = d.refobjid JOIN pg_namespace rn ON rn.oid = r.relnamespace
	WHERE c.relkind = 'm' AND r.relkind = 'm' AND has_schema_privilege(n.oid, 'USAGE');
COMMENT ON VIEW redshift.stv_mv_deps IS 'materialized views that are made of others';

CREATE VIEW redshift.svv_mv_dependency AS
	SELECT db_name AS database_name, schema AS schema_name, name, ref_database_name AS dependent_database_name, ref_schema AS dependent_schema_name,
		ref_name AS dependent_name
	FROM redshift.stv_mv_deps;
COMMENT ON VIEW redshift.svv_mv_dependency IS 'materialized views that are made of others';

GRANT SELECT ON redshift.stv_mv_deps, redshift.svv_mv_dependency TO PUBLIC;
