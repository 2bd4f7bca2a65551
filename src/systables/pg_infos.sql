-- Redshift's own views of catalogs: pg_class_info and the like.

CREATE VIEW redshift.pg_class_info AS
	SELECT c.oid AS reloid, c.relname, c.relnamespace, c.reltype, c.relowner, c.relam, c.relfilenode, c.reltablespace, c.relpages, c.reltuples,
		c.reltoastrelid, c.relhasindex, c.relisshared, c.relkind, c.relnatts, c.relchecks, c.relhasrules, c.relhassubclass, c.relacl,
		CASE WHEN d.columnar THEN least(d.style, 9) ELSE 0 END::int2 AS reldiststyle, CASE WHEN d.columnar THEN d.style ELSE 0 END::int4 AS releffectivediststyle,
		NULL::timestamp AS relcreationtime
	FROM pg_catalog.pg_class c CROSS JOIN LATERAL (
		SELECT redshift.dist_style(c.reloptions) AS style,
			c.relkind IN ('r', 'm') AND c.relam = (SELECT oid FROM pg_am WHERE amname = 'redshift') AS columnar) d;
COMMENT ON VIEW redshift.pg_class_info IS 'pg_class with what distribution AUTO has become: 10 ALL, 11 EVEN, 12 KEY; PostgreSQL keeps no time of creation';

CREATE VIEW redshift.pg_attribute_info AS
	SELECT attrelid, attname, atttypid, attstattarget, attlen, attnum, attndims, attcacheoff, atttypmod, attbyval, attstorage, attalign, attnotnull,
		atthasdef, attisdropped, attislocal, attinhcount, attencodingtype, attisdistkey, attsortkeyord, attacl
	FROM redshift."pg_catalog.pg_attribute";
COMMENT ON VIEW redshift.pg_attribute_info IS 'pg_attribute with encodings, keys and privileges of columns';

CREATE VIEW redshift.pg_proc_info AS
	SELECT oid AS prooid, proname, pronamespace, proowner, prolang, prokind = 'a' AS proisagg, prosecdef, proisstrict, proretset, provolatile, pronargs,
		prorettype, proargtypes, proallargtypes, proargmodes, proargnames, prosrc, probin, proacl, prokind
	FROM pg_catalog.pg_proc;
COMMENT ON VIEW redshift.pg_proc_info IS 'pg_proc with OIDs and kinds: f function, p procedure, a aggregate, w window function';

CREATE VIEW redshift.pg_database_info AS
	SELECT redshift.user_id(oid) AS datid, CASE WHEN datconnlimit < 0 THEN 'UNLIMITED' ELSE datconnlimit::text END AS datconnlimit, datname, datdba,
		encoding, datistemplate, datallowconn, datacl
	FROM pg_catalog.pg_database;
COMMENT ON VIEW redshift.pg_database_info IS 'pg_database with the limit of connections as text';

CREATE VIEW redshift.pg_statistic_indicator AS
	SELECT c.oid AS stairelid, greatest(c.reltuples, 0)::float4 AS stairows, greatest(coalesce(s.n_mod_since_analyze, 0) - d.deleted, 0)::float4 AS staiins,
		d.deleted::float4 AS staidels
	FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
		CROSS JOIN LATERAL (SELECT least(coalesce(s.n_dead_tup, 0), coalesce(s.n_mod_since_analyze, 0)) AS deleted) d
	WHERE c.relkind IN ('r', 'm') AND has_table_privilege(c.oid, 'SELECT');
COMMENT ON VIEW redshift.pg_statistic_indicator IS 'rows at the last ANALYZE, and how many were inserted and deleted since then; PostgreSQL counts changes, of which dead rows are taken for deleted';

CREATE FUNCTION redshift.pg_get_external_columns(OUT schemaname text, OUT tablename text, OUT columnname text, OUT external_type text,
	OUT columnnum int4, OUT part_key int4, OUT is_nullable text) RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT e.schemaname, e.tablename, e.columnname, e.external_type, e.columnnum, e.part_key, e.is_nullable FROM redshift.svv_external_columns e;
	END;
COMMENT ON FUNCTION redshift.pg_get_external_columns() IS 'svv_external_columns';

CREATE FUNCTION redshift.pg_get_external_tables(OUT schemaname text, OUT tablename text, OUT location text, OUT input_format text, OUT output_format text,
	OUT serialization_lib text, OUT serde_parameters text, OUT compressed int4, OUT parameters text) RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL SAFE
	BEGIN ATOMIC
		SELECT e.schemaname, e.tablename, e.location, e.input_format, e.output_format, e.serialization_lib, e.serde_parameters, e.compressed, e.parameters
		FROM redshift.svv_external_tables e;
	END;
COMMENT ON FUNCTION redshift.pg_get_external_tables() IS 'svv_external_tables';

CREATE VIEW redshift.pg_conf AS
	SELECT NULL::text AS key, NULL::text AS value WHERE false;
COMMENT ON VIEW redshift.pg_conf IS 'marks of tables, such as BACKUP NO: none is kept';

GRANT SELECT ON redshift.pg_conf, redshift.pg_class_info, redshift.pg_attribute_info, redshift.pg_proc_info, redshift.pg_database_info,
	redshift.pg_statistic_indicator TO PUBLIC;
