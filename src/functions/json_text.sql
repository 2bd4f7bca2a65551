-- JSON in text.  null_if_invalid: give NULL for what is not JSON, rather than an error.

CREATE FUNCTION redshift.json_extract_path_text(json text, VARIADIC path text[]) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_json_extract_path_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.json_extract_path_text(text, text[]) IS 'value of a member of JSON objects within each other';
CREATE FUNCTION redshift.json_extract_path_text(json text, name text, null_if_invalid boolean) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_json_extract_path_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION redshift.json_extract_path_text(json text, text, text, null_if_invalid boolean) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_json_extract_path_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION redshift.json_extract_path_text(json text, text, text, text, null_if_invalid boolean) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_json_extract_path_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION redshift.json_extract_path_text(json text, text, text, text, text, null_if_invalid boolean) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_json_extract_path_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION redshift.json_extract_path_text(json text, text, text, text, text, text, null_if_invalid boolean) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_json_extract_path_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION redshift.json_extract_array_element_text(json text, pos int, null_if_invalid boolean DEFAULT false) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_json_extract_array_element_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.json_extract_array_element_text(text, int, boolean) IS 'element of a JSON array, the first is 0';

CREATE FUNCTION redshift.json_array_length(json text, null_if_invalid boolean DEFAULT false) RETURNS int
	AS 'MODULE_PATHNAME', 'rs_json_array_length' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.json_array_length(text, boolean) IS 'number of elements of a JSON array';

CREATE FUNCTION redshift.is_valid_json(json text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'rs_is_valid_json' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.is_valid_json(text) IS 'is the text a JSON object?';

CREATE FUNCTION redshift.is_valid_json_array(json text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'rs_is_valid_json_array' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.is_valid_json_array(text) IS 'is the text a JSON array?';

CREATE FUNCTION redshift.can_json_parse(json text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'rs_can_json_parse' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION redshift.can_json_parse(text) IS 'can json_parse read the text?';
