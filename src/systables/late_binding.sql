-- Columns of late binding views.

CREATE FUNCTION redshift.pg_get_late_binding_view_cols() RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'rs_late_binding_columns' LANGUAGE C STRICT STABLE;
COMMENT ON FUNCTION redshift.pg_get_late_binding_view_cols() IS 'columns of late binding views whose tables are there: view_schema name, view_name name, col_name name, col_type varchar, col_num int4';
