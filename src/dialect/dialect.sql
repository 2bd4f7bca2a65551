-- The translator, and the queries that it leaves to the backend.

CREATE FUNCTION redshift.translate(text) RETURNS text AS 'MODULE_PATHNAME', 'rs_translate_sql' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.translate(text) IS 'statements in Redshift''s SQL as PostgreSQL''s';

CREATE FUNCTION redshift.translate_positions(sql text, OUT "position" int4, OUT user_position int4, OUT copied bool) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'rs_translate_positions' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.translate_positions(text) IS 'where parts of a translation come from: byte offsets in it and in the text given';

CREATE FUNCTION redshift.deferred(text) RETURNS text AS 'MODULE_PATHNAME', 'rs_deferred' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION redshift.deferred(text) IS 'stands for the result of a query in Redshift''s SQL, as a whole statement or query: SELECT redshift.deferred(''...'')';
