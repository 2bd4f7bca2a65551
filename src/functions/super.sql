-- SUPER, which is jsonb here: its operators, GROUP BY, DISTINCT, joins, indexes and loads come
-- with that, and drivers know it.  Unlike Redshift's, it keeps an object's attributes in an
-- order of its own, and numbers as decimals.

-- Redshift's assignments of numbers and booleans.  A string becomes one by redshift.super(),
-- since PostgreSQL's cast of text reads JSON.
CREATE FUNCTION redshift.super(value text) RETURNS jsonb
	AS 'to_jsonb' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.super(text) IS 'the SUPER that is this value; a string is not read as JSON';
CREATE FUNCTION redshift.super(value jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1;
CREATE FUNCTION redshift.super(value anyelement) RETURNS jsonb
	AS 'SELECT to_jsonb($1)' LANGUAGE SQL STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.super(anyelement) IS 'the SUPER that is this value';
CREATE FUNCTION redshift.super(value smallint) RETURNS jsonb
	AS 'to_jsonb' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION redshift.super(value int) RETURNS jsonb
	AS 'to_jsonb' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION redshift.super(value bigint) RETURNS jsonb
	AS 'to_jsonb' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION redshift.super(value numeric) RETURNS jsonb
	AS 'to_jsonb' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION redshift.super(value real) RETURNS jsonb
	AS 'to_jsonb' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION redshift.super(value double precision) RETURNS jsonb
	AS 'to_jsonb' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION redshift.super(value boolean) RETURNS jsonb
	AS 'to_jsonb' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
CREATE CAST (smallint AS jsonb) WITH FUNCTION redshift.super(smallint) AS ASSIGNMENT;
CREATE CAST (int AS jsonb) WITH FUNCTION redshift.super(int) AS ASSIGNMENT;
CREATE CAST (bigint AS jsonb) WITH FUNCTION redshift.super(bigint) AS ASSIGNMENT;
CREATE CAST (numeric AS jsonb) WITH FUNCTION redshift.super(numeric) AS ASSIGNMENT;
CREATE CAST (real AS jsonb) WITH FUNCTION redshift.super(real) AS ASSIGNMENT;
CREATE CAST (double precision AS jsonb) WITH FUNCTION redshift.super(double precision) AS ASSIGNMENT;
CREATE CAST (boolean AS jsonb) WITH FUNCTION redshift.super(boolean) AS ASSIGNMENT;

-- Text.

CREATE FUNCTION redshift.json_parse(json text) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_json_parse' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.json_parse(text) IS 'the SUPER that a JSON text says';
CREATE FUNCTION redshift.json_parse(json bytea) RETURNS jsonb LANGUAGE SQL STABLE STRICT PARALLEL SAFE
	RETURN redshift.json_parse(pg_catalog.convert_from($1, 'UTF8'));
COMMENT ON FUNCTION redshift.json_parse(bytea) IS 'the SUPER that a JSON text in UTF-8 says';
CREATE FUNCTION redshift.json_serialize(super jsonb) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_json_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.json_serialize(jsonb) IS 'the JSON text of a SUPER';
CREATE FUNCTION redshift.json_serialize_to_varbyte(super jsonb) RETURNS bytea LANGUAGE SQL STABLE STRICT PARALLEL SAFE
	RETURN pg_catalog.convert_to(redshift.json_serialize($1), 'UTF8');
COMMENT ON FUNCTION redshift.json_serialize_to_varbyte(jsonb) IS 'the JSON text of a SUPER, in UTF-8';
CREATE FUNCTION redshift.json_size(super jsonb) RETURNS int LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
	RETURN pg_catalog.octet_length(redshift.json_serialize($1));
COMMENT ON FUNCTION redshift.json_size(jsonb) IS 'bytes of the JSON text of a SUPER';

-- Types.

CREATE FUNCTION redshift.json_typeof(super jsonb) RETURNS text
	AS 'jsonb_typeof' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.json_typeof(jsonb) IS 'boolean, number, string, object, array or null';

-- internal
CREATE FUNCTION redshift.super_numeric(super jsonb) RETURNS numeric LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN pg_catalog.jsonb_typeof($1) = 'number' THEN ($1)::numeric END;
COMMENT ON FUNCTION redshift.super_numeric(jsonb) IS 'the number that a SUPER is, NULL if it is none';
-- internal
CREATE FUNCTION redshift.super_text(super jsonb) RETURNS text LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN pg_catalog.jsonb_typeof($1) IN ('object', 'array') THEN redshift.json_serialize($1)
		ELSE $1 #>> '{}' END;
COMMENT ON FUNCTION redshift.super_text(jsonb) IS 'a SUPER as VARCHAR: a string without its quotes, else its JSON; NULL for null';

-- internal
CREATE FUNCTION redshift.super_boolean(super jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN pg_catalog.jsonb_typeof(super) = 'boolean' THEN super::boolean END;
COMMENT ON FUNCTION redshift.super_boolean(jsonb) IS 'the boolean that a SUPER is, NULL if it is none';

-- Strings as dates and times: PostgreSQL has no such casts of jsonb.

-- internal
CREATE FUNCTION redshift.super_date(super jsonb) RETURNS date LANGUAGE SQL STABLE PARALLEL SAFE
	RETURN redshift.super_text(super)::date;
COMMENT ON FUNCTION redshift.super_date(jsonb) IS 'the date that a SUPER''s string says';
-- internal
CREATE FUNCTION redshift.super_timestamp(super jsonb) RETURNS timestamp LANGUAGE SQL STABLE PARALLEL SAFE
	RETURN redshift.super_text(super)::timestamp;
COMMENT ON FUNCTION redshift.super_timestamp(jsonb) IS 'the timestamp that a SUPER''s string says';
-- internal
CREATE FUNCTION redshift.super_timestamptz(super jsonb) RETURNS timestamptz LANGUAGE SQL STABLE PARALLEL SAFE
	RETURN redshift.super_text(super)::timestamptz;
COMMENT ON FUNCTION redshift.super_timestamptz(jsonb) IS 'the timestamptz that a SUPER''s string says';
CREATE CAST (jsonb AS date) WITH FUNCTION redshift.super_date(jsonb);
CREATE CAST (jsonb AS timestamp) WITH FUNCTION redshift.super_timestamp(jsonb);
CREATE CAST (jsonb AS timestamptz) WITH FUNCTION redshift.super_timestamptz(jsonb);

CREATE FUNCTION redshift.is_array(super jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.jsonb_typeof($1) IS NOT DISTINCT FROM 'array';
CREATE FUNCTION redshift.is_object(super jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.jsonb_typeof($1) IS NOT DISTINCT FROM 'object';
CREATE FUNCTION redshift.is_boolean(super jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.jsonb_typeof($1) IS NOT DISTINCT FROM 'boolean';
CREATE FUNCTION redshift.is_varchar(super jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.jsonb_typeof($1) IS NOT DISTINCT FROM 'string';
CREATE FUNCTION redshift.is_char(super jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN coalesce(pg_catalog.jsonb_typeof($1) = 'string' AND pg_catalog.octet_length($1 #>> '{}') = pg_catalog.length($1 #>> '{}'), false);
COMMENT ON FUNCTION redshift.is_char(jsonb) IS 'is it a string of characters of one byte?';
CREATE FUNCTION redshift.is_scalar(super jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN coalesce(pg_catalog.jsonb_typeof($1) IN ('string', 'number', 'boolean'), false);
CREATE FUNCTION redshift.decimal_scale(super jsonb) RETURNS int LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.scale(redshift.super_numeric($1));
COMMENT ON FUNCTION redshift.decimal_scale(jsonb) IS 'digits of a number behind the point';
CREATE FUNCTION redshift.decimal_precision(super jsonb) RETURNS int LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN pg_catalog.jsonb_typeof($1) = 'number' THEN greatest(1, pg_catalog.scale(($1)::numeric),
		pg_catalog.length(pg_catalog.ltrim(pg_catalog.translate(($1)::text, '-.', ''), '0'))) END;
COMMENT ON FUNCTION redshift.decimal_precision(jsonb) IS 'digits of a number';
CREATE FUNCTION redshift.is_smallint(super jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN coalesce(redshift.decimal_scale($1) = 0 AND redshift.super_numeric($1) BETWEEN -32768 AND 32767, false);
CREATE FUNCTION redshift.is_integer(super jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN coalesce(redshift.decimal_scale($1) = 0 AND redshift.super_numeric($1) BETWEEN -2147483648 AND 2147483647, false);
CREATE FUNCTION redshift.is_bigint(super jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN coalesce(redshift.decimal_scale($1) = 0
		AND redshift.super_numeric($1) BETWEEN -9223372036854775808 AND 9223372036854775807, false);
CREATE FUNCTION redshift.is_decimal(super jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN coalesce(redshift.decimal_precision($1) <= 38, false);
COMMENT ON FUNCTION redshift.is_decimal(jsonb) IS 'is it a number of at most 38 digits?';
CREATE FUNCTION redshift.is_float(super jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN coalesce(redshift.decimal_precision($1) > 38, false);
COMMENT ON FUNCTION redshift.is_float(jsonb) IS 'is it a number of more than 38 digits?';

-- Navigation: NULL where there is nothing.  What a.b[i] is translated to.

-- internal
CREATE FUNCTION redshift.super_get(super jsonb, attribute text) RETURNS jsonb
	AS 'jsonb_object_field' LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.super_get(jsonb, text) IS 'attribute of an object';
-- internal
CREATE FUNCTION redshift.super_get(super jsonb, index bigint) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN $2 BETWEEN 0 AND 2147483647 THEN $1 -> $2::int END;
COMMENT ON FUNCTION redshift.super_get(jsonb, bigint) IS 'element of an array, the first is 0';
-- internal
CREATE FUNCTION redshift.unnest_super(super jsonb, OUT value jsonb, OUT index bigint) RETURNS SETOF record LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	BEGIN ATOMIC SELECT e.value, e.number - 1 FROM pg_catalog.jsonb_array_elements(
		CASE WHEN pg_catalog.jsonb_typeof($1) = 'array' THEN $1 ELSE '[]' END) WITH ORDINALITY AS e(value, number); END;
COMMENT ON FUNCTION redshift.unnest_super(jsonb) IS 'elements of an array and their numbers from 0; no rows for what is no array';
-- internal
CREATE FUNCTION redshift.unpivot_super(super jsonb, OUT value jsonb, OUT key text) RETURNS SETOF record LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	BEGIN ATOMIC SELECT e.value, e.key FROM pg_catalog.jsonb_each(
		CASE WHEN pg_catalog.jsonb_typeof($1) = 'object' THEN $1 ELSE '{}' END) AS e; END;
COMMENT ON FUNCTION redshift.unpivot_super(jsonb) IS 'attributes of an object and their names; no rows for what is no object';

-- Objects.

CREATE FUNCTION redshift.object() RETURNS jsonb
	AS 'jsonb_build_object_noargs' LANGUAGE internal STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.object(VARIADIC "any") RETURNS jsonb
	AS 'jsonb_build_object' LANGUAGE internal STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.object("any") IS 'object of names and values in turn';
CREATE FUNCTION redshift.lower_attribute_names(super jsonb) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_lower_attribute_names' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.lower_attribute_names(jsonb) IS 'with names of attributes in lower case, at every depth';
CREATE FUNCTION redshift.upper_attribute_names(super jsonb) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_upper_attribute_names' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.upper_attribute_names(jsonb) IS 'with names of attributes in upper case, at every depth';
-- internal
CREATE FUNCTION redshift.object_keep(super jsonb, paths text[]) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_object_keep' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.object_keep(jsonb, text[]) IS 'OBJECT_TRANSFORM(super KEEP paths), each as "a"."b"';
-- internal
CREATE FUNCTION redshift.object_set(super jsonb, paths text[], "values" jsonb[]) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_object_set' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.object_set(jsonb, text[], jsonb[]) IS 'OBJECT_TRANSFORM(super SET path, value ...), paths as "a"."b"';

-- Arrays.

CREATE FUNCTION redshift.array() RETURNS jsonb
	AS 'jsonb_build_array_noargs' LANGUAGE internal STABLE PARALLEL SAFE;
CREATE FUNCTION redshift.array(VARIADIC "any") RETURNS jsonb
	AS 'jsonb_build_array' LANGUAGE internal STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array("any") IS 'array of these values';
CREATE FUNCTION redshift.get_array_length(super jsonb) RETURNS bigint LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN pg_catalog.jsonb_typeof($1) = 'array' THEN pg_catalog.jsonb_array_length($1)::bigint END;
COMMENT ON FUNCTION redshift.get_array_length(jsonb) IS 'number of elements of an array';
CREATE FUNCTION redshift.array_concat(a jsonb, b jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN pg_catalog.jsonb_typeof($1) = 'array' AND pg_catalog.jsonb_typeof($2) = 'array'
		THEN $1 || $2 END;
COMMENT ON FUNCTION redshift.array_concat(jsonb, jsonb) IS 'elements of both arrays';
CREATE FUNCTION redshift.array_flatten(a jsonb) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_array_flatten' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array_flatten(jsonb) IS 'elements of an array and of arrays within it, at any depth';
CREATE FUNCTION redshift.subarray(a jsonb, start_position int) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_subarray' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION redshift.subarray(a jsonb, start_position int, length int) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_subarray' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.subarray(jsonb, int, int) IS 'elements from a position on, from 0 or, negative, from the end';
CREATE FUNCTION redshift.split_to_array(string text, delimiter text DEFAULT ',') RETURNS jsonb LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN $1 = '' THEN '[""]'::jsonb ELSE pg_catalog.to_jsonb(pg_catalog.string_to_array($1, $2)) END;
COMMENT ON FUNCTION redshift.split_to_array(text, text) IS 'parts of a string between delimiters';
CREATE FUNCTION redshift.array_sort(a jsonb, sort_ascending boolean, nulls_first boolean) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_array_sort' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array_sort(jsonb, boolean, boolean) IS 'elements in order: booleans, numbers, strings, arrays, objects';
CREATE FUNCTION redshift.array_sort(a jsonb, sort_ascending boolean DEFAULT true) RETURNS jsonb LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
	RETURN redshift.array_sort($1, $2, NOT $2);
CREATE FUNCTION redshift.array_distinct(a jsonb) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_array_distinct' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array_distinct(jsonb) IS 'each element once';
CREATE FUNCTION redshift.array_union(a jsonb, b jsonb) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_array_union' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array_union(jsonb, jsonb) IS 'each element of both arrays once';
CREATE FUNCTION redshift.array_except(a jsonb, b jsonb, "distinct" boolean DEFAULT false) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_array_except' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array_except(jsonb, jsonb, boolean) IS 'elements that the second array has not';
CREATE FUNCTION redshift.array_intersection(a jsonb, b jsonb, "distinct" boolean DEFAULT false) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_array_intersection' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array_intersection(jsonb, jsonb, boolean) IS 'elements that the second array has, too';
CREATE FUNCTION redshift.arrays_overlap(a jsonb, b jsonb, null_match boolean DEFAULT true) RETURNS boolean
	AS 'MODULE_PATHNAME', 'rs_arrays_overlap' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.arrays_overlap(jsonb, jsonb, boolean) IS 'have the arrays an element in common?';

-- internal
CREATE FUNCTION redshift.super_positions(a jsonb, value jsonb, null_match boolean) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'rs_super_positions' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.super_positions(jsonb, jsonb, boolean) IS 'where an array has a value';
CREATE FUNCTION redshift.array_positions(a jsonb, value anyelement, null_match boolean DEFAULT true) RETURNS jsonb
	AS $$SELECT redshift.super_positions($1, coalesce(pg_catalog.to_jsonb($2), 'null'), $3)$$ LANGUAGE SQL STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array_positions(jsonb, anyelement, boolean) IS 'where an array has a value, from 0';
CREATE FUNCTION redshift.array_positions(a jsonb, value text, null_match boolean DEFAULT true) RETURNS jsonb LANGUAGE SQL STABLE PARALLEL SAFE
	RETURN redshift.super_positions($1, coalesce(pg_catalog.to_jsonb($2), 'null'), $3);
CREATE FUNCTION redshift.array_position(a jsonb, value anyelement, null_match boolean DEFAULT true) RETURNS int
	AS $$SELECT coalesce((p.p -> 0)::int, CASE WHEN p.p IS NOT NULL THEN -1 END)
		FROM redshift.array_positions($1, $2, $3) AS p(p)$$ LANGUAGE SQL STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array_position(jsonb, anyelement, boolean) IS 'where an array has a value first, from 0; -1 if nowhere';
CREATE FUNCTION redshift.array_position(a jsonb, value text, null_match boolean DEFAULT true) RETURNS int LANGUAGE SQL STABLE PARALLEL SAFE
	BEGIN ATOMIC SELECT coalesce((p.p -> 0)::int, CASE WHEN p.p IS NOT NULL THEN -1 END)
		FROM redshift.array_positions($1, $2, $3) AS p(p); END;
CREATE FUNCTION redshift.array_contains(a jsonb, value anyelement, null_match boolean DEFAULT true) RETURNS boolean
	AS $$SELECT redshift.array_position($1, $2, $3) >= 0$$ LANGUAGE SQL STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.array_contains(jsonb, anyelement, boolean) IS 'has an array a value?';
CREATE FUNCTION redshift.array_contains(a jsonb, value text, null_match boolean DEFAULT true) RETURNS boolean LANGUAGE SQL STABLE PARALLEL SAFE
	RETURN redshift.array_position($1, $2, $3) >= 0;
