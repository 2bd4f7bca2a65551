-- The translator, and the queries that it leaves to the backend.

CREATE FUNCTION redshift.translate(text) RETURNS text AS 'MODULE_PATHNAME', 'rs_translate_sql' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.translate(text) IS 'statements in Redshift''s SQL as PostgreSQL''s';

CREATE FUNCTION redshift.translate_positions(sql text, OUT "position" int4, OUT user_position int4, OUT copied bool) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'rs_translate_positions' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.translate_positions(text) IS 'where parts of a translation come from: byte offsets in it and in the text given';

CREATE FUNCTION redshift.deferred(text) RETURNS text AS 'MODULE_PATHNAME', 'rs_deferred' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION redshift.deferred(text) IS 'stands for the result of a query in Redshift''s SQL, as a whole statement or query: SELECT redshift.deferred(''...'')';

-- The cost makes it the last of CONNECT BY's conditions.
CREATE FUNCTION redshift.is_no_ancestor(text, text) RETURNS bool AS 'MODULE_PATHNAME', 'rs_is_no_ancestor'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000000000;
COMMENT ON FUNCTION redshift.is_no_ancestor(text, text) IS 'true, or an error if a row''s text is that of its ancestor';

CREATE FUNCTION redshift.can_end_transaction() RETURNS bool AS 'MODULE_PATHNAME', 'rs_can_end_transaction' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION redshift.can_end_transaction() IS 'could a procedure COMMIT now? not in a transaction block, nor while a block around catches exceptions';

-- What UNNEST(t.c) becomes: nobody but the server's analysis knows which of both c is.

CREATE FUNCTION redshift.unnest(anyarray) RETURNS SETOF anyelement AS 'array_unnest' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION redshift.unnest(anyarray) IS 'elements of an array';

CREATE FUNCTION redshift.unnest(jsonb) RETURNS SETOF jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE ROWS 100
	AS $$SELECT pg_catalog.jsonb_array_elements(CASE WHEN pg_catalog.jsonb_typeof($1) OPERATOR(pg_catalog.=) 'array' THEN $1 ELSE '[]' END)$$;
COMMENT ON FUNCTION redshift.unnest(jsonb) IS 'elements of an array; no rows for what is no array';

CREATE FUNCTION redshift.unnest(anymultirange) RETURNS SETOF anyrange AS 'multirange_unnest' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION redshift.unnest(anymultirange) IS 'ranges of a multirange';

CREATE FUNCTION redshift.unnest(tsvector, OUT lexeme text, OUT positions smallint[], OUT weights text[]) RETURNS SETOF record
	AS 'tsvector_unnest' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION redshift.unnest(tsvector) IS 'lexemes, where they are and their weights';
