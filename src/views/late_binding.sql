-- Late binding views (late_binding.c).

CREATE FUNCTION redshift.late_binding(query text, search_path text, resolved bool) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'rs_late_binding_query' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.late_binding(text, text, bool) IS 'stands for the query of a late binding view, which is analyzed when it is planned';

CREATE FUNCTION redshift.late_binding_text(view regclass) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_late_binding_text' LANGUAGE C STRICT STABLE;
COMMENT ON FUNCTION redshift.late_binding_text(regclass) IS 'query of a late binding view, NULL for other relations';

CREATE VIEW redshift.late_binding_views AS
	SELECT r.ev_class AS viewoid, redshift.late_binding_text(r.ev_class) AS definition
	FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
	WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = 'redshift.late_binding(text, text, bool)'::regprocedure
		AND d.classid = 'pg_rewrite'::regclass AND redshift.late_binding_text(r.ev_class) IS NOT NULL;
COMMENT ON VIEW redshift.late_binding_views IS 'late binding views and their queries';
GRANT SELECT ON redshift.late_binding_views TO PUBLIC;
