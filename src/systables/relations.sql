-- Databases, schemas, tables and columns, as Redshift's catalog views show them: what is in this
-- database, and of other databases their names.  There are no datashares.

CREATE VIEW redshift.pg_table_def AS
	SELECT nspname AS schemaname, relname AS tablename, attname AS "column", redshift.type_name(atttypid, atttypmod) AS type,
		encoding, is_dist_key AS distkey, sort_position AS sortkey, attnotnull AS "notnull"
	FROM redshift.visible_column
	WHERE relkind IN ('r', 'm', 'p', 'f') AND nspname = ANY (current_schemas(true));
COMMENT ON VIEW redshift.pg_table_def IS 'columns of tables in the schemas of the search path';

CREATE VIEW redshift.svv_tables AS
	SELECT current_database()::text AS table_catalog, c.nspname::text AS table_schema, c.relname::text AS table_name,
		CASE WHEN c.relpersistence = 't' THEN 'LOCAL TEMPORARY' WHEN c.relkind IN ('v', 'm') THEN 'VIEW' WHEN c.relkind = 'f' THEN 'EXTERNAL TABLE'
			ELSE 'BASE TABLE' END AS table_type,
		d.description AS remarks
	FROM redshift.visible_relation c
		LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0;
COMMENT ON VIEW redshift.svv_tables IS 'tables and views on which the user has a privilege';

CREATE VIEW redshift.svv_columns AS
	SELECT current_database()::text AS table_catalog, c.nspname::text AS table_schema, c.relname::text AS table_name,
		c.attname::text AS column_name, c.attnum::int4 AS ordinal_position, c.column_default,
		CASE WHEN c.is_notnull THEN 'NO' ELSE 'YES' END AS is_nullable, redshift.type_name(c.basetype, NULL) AS data_type,
		redshift.type_length(c.basetype, c.basetypmod) AS character_maximum_length,
		redshift.type_precision(c.basetype, c.basetypmod) AS numeric_precision,
		CASE WHEN c.basetype = 1700 THEN 10 WHEN c.basetype IN (20, 21, 23, 700, 701) THEN 2 END AS numeric_precision_radix,
		redshift.type_scale(c.basetype, c.basetypmod) AS numeric_scale,
		CASE WHEN c.basetype = 1082 THEN 0 WHEN c.basetype IN (1083, 1114, 1184, 1266) THEN CASE WHEN c.basetypmod < 0 THEN 6 ELSE c.basetypmod END
			WHEN c.basetype = 1186 THEN CASE WHEN c.basetypmod < 0 OR c.basetypmod & 65535 = 65535 THEN 6 ELSE c.basetypmod & 65535 END
			END AS datetime_precision,
		CASE WHEN c.basetype = 1186 THEN upper(substring(format_type(c.basetype, c.basetypmod), '[a-z]+ to [a-z]+|[a-z]+$')) END AS interval_type,
		NULL::text AS interval_precision,
		NULL::text AS character_set_catalog, NULL::text AS character_set_schema, NULL::text AS character_set_name,
		NULL::text AS collation_catalog, NULL::text AS collation_schema, NULL::text AS collation_name,
		c.domain_name::text AS domain_name, d.description AS remarks
	FROM redshift.visible_column c
		LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = c.attnum;
COMMENT ON VIEW redshift.svv_columns IS 'columns on which the user has a privilege';

CREATE VIEW redshift.svv_redshift_databases AS
	SELECT datname::varchar(128) AS database_name, redshift.user_id(datdba) AS database_owner, 'local'::varchar(32) AS database_type,
		redshift.acl_text(datacl)::varchar(128) AS database_acl, NULL::varchar(128) AS database_options,
		'Snapshot Isolation'::varchar(128) AS database_isolation_level
	FROM pg_database WHERE datallowconn AND NOT datistemplate;
COMMENT ON VIEW redshift.svv_redshift_databases IS 'databases of this server';

CREATE VIEW redshift.svv_redshift_schemas AS
	SELECT current_database()::varchar(128) AS database_name, nspname::varchar(128) AS schema_name, redshift.user_id(nspowner) AS schema_owner,
		'local'::varchar(16) AS schema_type, redshift.acl_text(nspacl)::varchar(128) AS schema_acl, NULL::varchar(128) AS schema_option
	FROM pg_namespace
	WHERE NOT pg_is_other_temp_schema(oid) AND (pg_has_role(nspowner, 'USAGE') OR has_schema_privilege(oid, 'CREATE, USAGE'));
COMMENT ON VIEW redshift.svv_redshift_schemas IS 'schemas of this database on which the user has a privilege';

CREATE VIEW redshift.svv_redshift_tables AS
	SELECT current_database()::varchar(128) AS database_name, c.nspname::varchar(128) AS schema_name, c.relname::varchar(128) AS table_name,
		CASE WHEN c.relkind IN ('v', 'm') THEN 'VIEW' ELSE 'TABLE' END::varchar(128) AS table_type,
		redshift.acl_text(c.relacl)::varchar(128) AS table_acl, d.description::varchar(128) AS remarks,
		pg_get_userbyid(c.relowner)::varchar(128) AS table_owner
	FROM redshift.visible_relation c
		LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
	WHERE c.relkind <> 'f';
COMMENT ON VIEW redshift.svv_redshift_tables IS 'tables and views of this database on which the user has a privilege';

CREATE VIEW redshift.svv_redshift_columns AS
	SELECT current_database()::varchar(128) AS database_name, c.nspname::varchar(128) AS schema_name, c.relname::varchar(128) AS table_name,
		c.attname::varchar(128) AS column_name, c.attnum::int4 AS ordinal_position,
		redshift.type_name(c.basetype, c.basetypmod)::varchar(32) AS data_type, c.column_default::varchar(4000) AS column_default,
		CASE WHEN c.is_notnull THEN 'NO' ELSE 'YES' END::varchar(3) AS is_nullable, c.encoding::varchar(128) AS encoding,
		c.is_dist_key AS distkey, c.sort_position AS sortkey, redshift.acl_text(c.attacl)::varchar(128) AS column_acl, d.description::varchar(256) AS remarks
	FROM redshift.visible_column c
		LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = c.attnum
	WHERE c.relkind <> 'f';
COMMENT ON VIEW redshift.svv_redshift_columns IS 'columns of this database on which the user has a privilege';

CREATE VIEW redshift.svv_redshift_functions AS
	SELECT current_database()::varchar(128) AS database_name, p.nspname::varchar(128) AS schema_name, p.proname::varchar(128) AS function_name,
		CASE p.prokind WHEN 'a' THEN 'AGGREGATE FUNCTION' WHEN 'p' THEN 'STORED PROCEDURE' ELSE 'REGULAR FUNCTION' END::varchar(128) AS function_type,
		coalesce(redshift.argument_types(p.proargtypes), '')::varchar(512) AS argument_type,
		redshift.type_name(p.prorettype, NULL)::varchar(128) AS result_type
	FROM redshift.visible_function p;
COMMENT ON VIEW redshift.svv_redshift_functions IS 'functions of this database that the user may call';

CREATE VIEW redshift.svv_all_schemas AS
	SELECT database_name, schema_name, schema_owner, schema_type::varchar(128) AS schema_type, schema_acl, NULL::varchar(128) AS source_database,
		schema_option::varchar(256) AS schema_option
	FROM redshift.svv_redshift_schemas;
COMMENT ON VIEW redshift.svv_all_schemas IS 'schemas on which the user has a privilege';

CREATE VIEW redshift.svv_all_tables AS
	SELECT current_database()::varchar(128) AS database_name, c.nspname::varchar(128) AS schema_name, c.relname::varchar(128) AS table_name,
		redshift.acl_text(c.relacl)::varchar(128) AS table_acl,
		CASE WHEN c.relkind IN ('v', 'm') THEN 'VIEW' WHEN c.relkind = 'f' THEN 'EXTERNAL TABLE' ELSE 'TABLE' END::varchar(128) AS table_type,
		d.description::varchar(128) AS remarks
	FROM redshift.visible_relation c
		LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0;
COMMENT ON VIEW redshift.svv_all_tables IS 'tables and views on which the user has a privilege, external ones too';

CREATE VIEW redshift.svv_all_columns AS
	SELECT table_catalog::varchar(128) AS database_name, table_schema::varchar(128) AS schema_name, table_name::varchar(128) AS table_name,
		column_name::varchar(128) AS column_name, ordinal_position, column_default::varchar(4000) AS column_default,
		is_nullable::varchar(3) AS is_nullable, data_type::varchar(128) AS data_type, character_maximum_length, numeric_precision, numeric_scale,
		remarks::varchar(256) AS remarks
	FROM redshift.svv_columns;
COMMENT ON VIEW redshift.svv_all_columns IS 'columns on which the user has a privilege, those of external tables too';

GRANT SELECT ON redshift.pg_table_def, redshift.svv_tables, redshift.svv_columns, redshift.svv_redshift_databases,
	redshift.svv_redshift_schemas, redshift.svv_redshift_tables, redshift.svv_redshift_columns, redshift.svv_redshift_functions,
	redshift.svv_all_schemas, redshift.svv_all_tables, redshift.svv_all_columns TO PUBLIC;
