-- Materialized and late binding views in the catalogs, as Redshift's clients look for them.
SET redshift.dialect = redshift;
CREATE SCHEMA shop;
CREATE TABLE shop.sales (item varchar(20), price numeric(8,2)) USING redshift;
CREATE VIEW shop.bound AS SELECT item FROM shop.sales;
CREATE VIEW shop.late WITH (no_schema_binding) AS SELECT item, price, 2 AS twice FROM shop.sales;
CREATE MATERIALIZED VIEW shop.totals USING redshift WITH (distkey = item, sortkey = item) AS
	SELECT item, sum(price)::numeric(12,2) AS total FROM shop.sales GROUP BY item;

-- Each of these is translated and run.
CREATE PROCEDURE pg_temp.run(sql text) LANGUAGE plpgsql AS $$
DECLARE
	r record;
BEGIN
	FOR r IN EXECUTE redshift.translate(sql) LOOP
		RAISE INFO '%', r;
	END LOOP;
END $$;
\set SHOW_CONTEXT never
CALL pg_temp.run($$SELECT viewname, definition FROM pg_views WHERE schemaname = 'shop' ORDER BY 1$$);
CALL pg_temp.run($$SELECT table_name, view_definition ILIKE '%create materialized view%' FROM information_schema.views WHERE table_schema = 'shop' ORDER BY 1$$);
CALL pg_temp.run($$SELECT tables.table_name, table_type FROM information_schema.tables WHERE table_schema = 'shop' ORDER BY 1$$);
CALL pg_temp.run($$SELECT table_name, column_name, ordinal_position, data_type, numeric_precision FROM information_schema."columns"
	WHERE table_schema = 'shop' ORDER BY 1, 3$$);
CALL pg_temp.run($$SELECT * FROM pg_get_late_binding_view_cols() cols(view_schema name, view_name name, col_name name, col_type varchar, col_num int)
	WHERE view_schema = 'shop'$$);
-- With the columns of late binding views put to those of catalogs, each is there once.
CALL pg_temp.run($$SELECT c.relname, c.relkind, a.attname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
	WHERE c.relnamespace = 'shop'::regnamespace AND a.attnum > 0
	UNION ALL SELECT view_name, 'v', col_name FROM pg_get_late_binding_view_cols() cols(view_schema name, view_name name, col_name name, col_type varchar, col_num int)
	ORDER BY 1, 3$$);
CALL pg_temp.run($$SELECT c.relname, a.attname, a.attisdistkey, a.attsortkeyord FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
	WHERE c.relname ILIKE 'totals' OR c.relname ILIKE 'mv_tbl__totals__%' ORDER BY a.attnum$$);
CALL pg_temp.run($$SELECT trim(name), trim(user_name) = current_user, state, autorefresh FROM svv_mv_info WHERE schema_name = 'shop'$$);
CALL pg_temp.run($$SELECT trim(schema), trim(name) FROM stv_mv_info$$);
CALL pg_temp.run($$SELECT has_table_privilege(current_user, 'svv_table_info', 'SELECT'), has_table_privilege('pg_catalog.stv_slices', 'select'),
	has_table_privilege('shop.sales', 'insert'), has_table_privilege('pg_class'::regclass, 'select')$$);
CALL pg_temp.run($$SELECT has_table_privilege('svv_no_such_thing', 'SELECT')$$);
CALL pg_temp.run($$SELECT current_query FROM pg_stat_activity WHERE procpid = pg_backend_pid() AND current_query = '<IDLE>'$$);

-- Views of views, what is asked for by older names
CREATE MATERIALIZED VIEW shop.over_totals AS SELECT count(*) AS n FROM shop.totals;
CALL pg_temp.run($$SELECT trim(db_name) = current_database(), trim(schema), trim(name), trim(ref_schema), trim(ref_name) FROM stv_mv_deps WHERE schema = 'shop'$$);
CALL pg_temp.run($$SELECT trim(schema_name), trim(name), trim(dependent_schema_name), trim(dependent_name) FROM svv_mv_dependency WHERE schema_name = 'shop'$$);
CALL pg_temp.run($$SELECT count(*) FROM pg_conf WHERE key LIKE 'pg_class_backup_%'$$);
CALL pg_temp.run($$SELECT DISTINCT transaction IS NULL FROM pg_locks WHERE locktype = 'relation' AND pid = pg_backend_pid()$$);

DROP SCHEMA shop CASCADE;
