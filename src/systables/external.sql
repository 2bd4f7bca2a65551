-- External schemas, tables and their partitions: there are none here, nor Glue catalogs or Hive
-- metastores.  Tables of foreign servers are PostgreSQL's foreign tables, which the views of tables have.

CREATE VIEW redshift.svv_external_schemas AS
	SELECT NULL::oid AS esoid, NULL::int2 AS eskind, NULL::name AS schemaname, NULL::int4 AS esowner, NULL::text AS databasename,
		NULL::text AS esoptions
	WHERE false;
COMMENT ON VIEW redshift.svv_external_schemas IS 'none: there are no external tables';

CREATE VIEW redshift.svv_external_databases AS
	SELECT NULL::int4 AS eskind, NULL::text AS esoptions, NULL::text AS databasename, NULL::text AS location, NULL::text AS parameters
	WHERE false;
COMMENT ON VIEW redshift.svv_external_databases IS 'none: there are no external tables';

CREATE VIEW redshift.svv_external_tables AS
	SELECT NULL::text AS redshift_database_name, NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS tabletype,
		NULL::text AS location, NULL::text AS input_format, NULL::text AS output_format, NULL::text AS serialization_lib,
		NULL::text AS serde_parameters, NULL::int4 AS compressed, NULL::text AS parameters
	WHERE false;
COMMENT ON VIEW redshift.svv_external_tables IS 'none: there are no external tables';

CREATE VIEW redshift.svv_external_columns AS
	SELECT NULL::varchar(128) AS redshift_database_name, NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS columnname,
		NULL::text AS external_type, NULL::int4 AS columnnum, NULL::int4 AS part_key, NULL::text AS is_nullable
	WHERE false;
COMMENT ON VIEW redshift.svv_external_columns IS 'none: there are no external tables';

CREATE VIEW redshift.svv_external_partitions AS
	SELECT NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS "values", NULL::text AS location, NULL::text AS input_format,
		NULL::text AS output_format, NULL::text AS serialization_lib, NULL::text AS serde_parameters, NULL::int4 AS compressed,
		NULL::text AS parameters
	WHERE false;
COMMENT ON VIEW redshift.svv_external_partitions IS 'none: there are no external tables';

CREATE VIEW redshift.pg_external_schema AS
	SELECT NULL::oid AS esoid, NULL::int4 AS eskind, NULL::text AS esdbname, NULL::text AS esoptions
	WHERE false;
COMMENT ON VIEW redshift.pg_external_schema IS 'none: there are no external tables';

GRANT SELECT ON redshift.svv_external_schemas, redshift.svv_external_databases, redshift.svv_external_tables,
	redshift.svv_external_columns, redshift.svv_external_partitions, redshift.pg_external_schema TO PUBLIC;
