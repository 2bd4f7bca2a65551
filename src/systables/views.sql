-- Views: to Redshift a materialized view is a view too, and what a late binding view is made of is no
-- catalog's business.  So the views of catalogs here have materialized views, which PostgreSQL's lack, and
-- those of columns lack late binding views, whose columns pg_get_late_binding_view_cols() gives: clients
-- put the two together.

-- internal
CREATE VIEW redshift.view_definition AS
	SELECT n.nspname AS schemaname, c.relname AS viewname, pg_get_userbyid(c.relowner) AS viewowner, c.oid AS viewoid, c.relkind = 'm' AS materialized,
		CASE WHEN c.relkind = 'm' THEN redshift.materialized_view_definition(c.oid)
			ELSE format('create view %I.%I as %s with no schema binding;', n.nspname, c.relname, rtrim(l.definition, E'; \n')) END AS definition
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN redshift.late_binding_views l ON l.viewoid = c.oid
	WHERE c.relkind = 'm' OR l.viewoid IS NOT NULL;
COMMENT ON VIEW redshift.view_definition IS 'materialized and late binding views with the statements that made them';

-- overlay viewname
CREATE VIEW redshift."pg_catalog.pg_views" AS
	SELECT v.schemaname, v.viewname, v.viewowner, coalesce(d.definition, v.definition) AS definition
	FROM pg_catalog.pg_views v LEFT JOIN redshift.view_definition d ON d.schemaname = v.schemaname AND d.viewname = v.viewname
	UNION ALL
	SELECT schemaname, viewname, viewowner, definition FROM redshift.view_definition WHERE materialized;
COMMENT ON VIEW redshift."pg_catalog.pg_views" IS 'pg_catalog.pg_views with materialized views; of these and of late binding views, the statements that made them';

-- overlay view_definition
CREATE VIEW redshift."information_schema.views" AS
	SELECT v.table_catalog, v.table_schema, v.table_name, coalesce(d.definition, v.view_definition)::information_schema.character_data AS view_definition, v.check_option, v.is_updatable,
		v.is_insertable_into, v.is_trigger_updatable, v.is_trigger_deletable, v.is_trigger_insertable_into
	FROM information_schema.views v
		LEFT JOIN redshift.view_definition d ON d.schemaname = v.table_schema::name AND d.viewname = v.table_name::name AND pg_has_role(d.viewowner, 'USAGE')
	UNION ALL
	SELECT (current_database())::information_schema.sql_identifier AS table_catalog,
		(v.schemaname)::information_schema.sql_identifier AS table_schema,
		(v.viewname)::information_schema.sql_identifier AS table_name,
		(v.definition)::information_schema.character_data AS view_definition,
		('NONE')::information_schema.character_data AS check_option, ('NO')::information_schema.yes_or_no AS is_updatable,
		('NO')::information_schema.yes_or_no AS is_insertable_into, ('NO')::information_schema.yes_or_no AS is_trigger_updatable,
		('NO')::information_schema.yes_or_no AS is_trigger_deletable,
		('NO')::information_schema.yes_or_no AS is_trigger_insertable_into
	FROM redshift.view_definition v JOIN redshift.visible_relation c ON c.oid = v.viewoid
	WHERE v.materialized;
COMMENT ON VIEW redshift."information_schema.views" IS 'information_schema.views with materialized views';

-- overlay table_name
CREATE VIEW redshift."information_schema.tables" AS
	SELECT * FROM information_schema.tables
	UNION ALL
	SELECT (current_database())::information_schema.sql_identifier AS table_catalog,
		(c.nspname)::information_schema.sql_identifier AS table_schema,
		(c.relname)::information_schema.sql_identifier AS table_name, ('VIEW')::information_schema.character_data AS table_type,
		NULL::information_schema.sql_identifier AS self_referencing_column_name,
		NULL::information_schema.character_data AS reference_generation,
		NULL::information_schema.sql_identifier AS user_defined_type_catalog,
		NULL::information_schema.sql_identifier AS user_defined_type_schema,
		NULL::information_schema.sql_identifier AS user_defined_type_name,
		('NO')::information_schema.yes_or_no AS is_insertable_into, ('NO')::information_schema.yes_or_no AS is_typed,
		NULL::information_schema.character_data AS commit_action
	FROM redshift.visible_relation c WHERE c.relkind = 'm';
COMMENT ON VIEW redshift."information_schema.tables" IS 'information_schema.tables with materialized views';

-- overlay column_name
CREATE VIEW redshift."information_schema.columns" AS
	SELECT c.* FROM information_schema.columns c
	WHERE NOT EXISTS (
		SELECT FROM redshift.late_binding_views l JOIN pg_class v ON v.oid = l.viewoid JOIN pg_namespace n ON n.oid = v.relnamespace
		WHERE v.relname = c.table_name::name AND n.nspname = c.table_schema::name)
	UNION ALL
	SELECT (current_database())::information_schema.sql_identifier AS table_catalog,
		(c.nspname)::information_schema.sql_identifier AS table_schema,
		(c.relname)::information_schema.sql_identifier AS table_name,
		(c.attname)::information_schema.sql_identifier AS column_name,
		(c.attnum)::information_schema.cardinal_number AS ordinal_position,
		NULL::information_schema.character_data AS column_default, ('YES')::information_schema.yes_or_no AS is_nullable,
		(redshift.type_name(c.basetype, NULL))::information_schema.character_data AS data_type,
		(redshift.type_length(c.basetype, c.basetypmod))::information_schema.cardinal_number AS character_maximum_length,
		NULL::information_schema.cardinal_number AS character_octet_length,
		(redshift.type_precision(c.basetype, c.basetypmod))::information_schema.cardinal_number AS numeric_precision,
		(CASE WHEN c.basetype = 1700 THEN 10 WHEN c.basetype IN (20, 21, 23, 700, 701) THEN 2 END)::information_schema.cardinal_number AS numeric_precision_radix,
		(redshift.type_scale(c.basetype, c.basetypmod))::information_schema.cardinal_number AS numeric_scale,
		NULL::information_schema.cardinal_number AS datetime_precision, NULL::information_schema.character_data AS interval_type,
		NULL::information_schema.cardinal_number AS interval_precision,
		NULL::information_schema.sql_identifier AS character_set_catalog,
		NULL::information_schema.sql_identifier AS character_set_schema,
		NULL::information_schema.sql_identifier AS character_set_name,
		NULL::information_schema.sql_identifier AS collation_catalog,
		NULL::information_schema.sql_identifier AS collation_schema, NULL::information_schema.sql_identifier AS collation_name,
		NULL::information_schema.sql_identifier AS domain_catalog, NULL::information_schema.sql_identifier AS domain_schema,
		NULL::information_schema.sql_identifier AS domain_name,
		(current_database())::information_schema.sql_identifier AS udt_catalog,
		(t.typnamespace::regnamespace::text)::information_schema.sql_identifier AS udt_schema,
		(t.typname)::information_schema.sql_identifier AS udt_name, NULL::information_schema.sql_identifier AS scope_catalog,
		NULL::information_schema.sql_identifier AS scope_schema, NULL::information_schema.sql_identifier AS scope_name,
		NULL::information_schema.cardinal_number AS maximum_cardinality,
		(c.attnum)::information_schema.sql_identifier AS dtd_identifier,
		('NO')::information_schema.yes_or_no AS is_self_referencing, ('NO')::information_schema.yes_or_no AS is_identity,
		NULL::information_schema.character_data AS identity_generation,
		NULL::information_schema.character_data AS identity_start, NULL::information_schema.character_data AS identity_increment,
		NULL::information_schema.character_data AS identity_maximum, NULL::information_schema.character_data AS identity_minimum,
		('NO')::information_schema.yes_or_no AS identity_cycle, ('NEVER')::information_schema.character_data AS is_generated,
		NULL::information_schema.character_data AS generation_expression, ('NO')::information_schema.yes_or_no AS is_updatable
	FROM redshift.visible_column c JOIN pg_type t ON t.oid = c.atttypid WHERE c.relkind = 'm';
COMMENT ON VIEW redshift."information_schema.columns" IS 'information_schema.columns with those of materialized views, without those of late binding views';

CREATE VIEW redshift.svv_mv_info AS
	SELECT current_database()::char(128) AS database_name, c.nspname::char(128) AS schema_name, pg_get_userbyid(c.relowner)::char(128) AS user_name,
		c.relname::char(128) AS name, CASE WHEN redshift.mv_is_stale(c.oid) THEN 't' ELSE 'f' END::char(1) AS is_stale,
		redshift.mv_is_incremental(c.oid)::int4 AS state, 'f'::char(1) AS autorewrite,
		CASE WHEN 'auto_refresh=yes' = ANY (p.reloptions) THEN 't' ELSE 'f' END::char(1) AS autorefresh
	FROM redshift.visible_relation c JOIN pg_catalog.pg_class p ON p.oid = c.oid WHERE c.relkind = 'm';
COMMENT ON VIEW redshift.svv_mv_info IS 'materialized views on which the user has a privilege; state is 1 if refreshing one can be incremental';

CREATE VIEW redshift.stv_mv_info AS
	SELECT current_database()::char(128) AS db_name, c.nspname::char(128) AS schema, c.relname::char(128) AS name, m.xid AS updated_upto_xid,
		CASE WHEN redshift.mv_is_stale(c.oid) THEN 't' ELSE 'f' END::char(1) AS is_stale, pg_get_userbyid(c.relowner)::char(128) AS owner_user_name,
		redshift.mv_is_incremental(c.oid)::int4 AS state, 'f'::char(1) AS autorewrite,
		CASE WHEN 'auto_refresh=yes' = ANY (p.reloptions) THEN 't' ELSE 'f' END::char(1) AS autorefresh
	FROM redshift.visible_relation c JOIN pg_catalog.pg_class p ON p.oid = c.oid LEFT JOIN redshift.materialized_view m ON m.mv = c.oid
	WHERE c.relkind = 'm';
COMMENT ON VIEW redshift.stv_mv_info IS 'svv_mv_info with the transactions of the last refreshes';

GRANT SELECT ON redshift.view_definition, redshift."pg_catalog.pg_views", redshift."information_schema.views", redshift."information_schema.tables",
	redshift."information_schema.columns", redshift.svv_mv_info, redshift.stv_mv_info TO PUBLIC;
