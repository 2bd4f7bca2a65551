-- What Redshift's catalogs say of tables and columns, as functions of PostgreSQL's, and the
-- relations and columns that the user may see, which the views are made of.

-- internal
CREATE FUNCTION redshift.dist_style(reloptions text[]) RETURNS int2
	AS 'MODULE_PATHNAME', 'rs_dist_style' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.dist_style(text[]) IS 'distribution of a redshift table with these options: 0 EVEN, 1 KEY, 8 ALL, 10 AUTO(ALL), 11 AUTO(EVEN), 12 AUTO(KEY)';

-- internal
CREATE FUNCTION redshift.dist_key_name(reloptions text[]) RETURNS name
	AS 'MODULE_PATHNAME', 'rs_dist_key_name' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.dist_key_name(text[]) IS 'distribution key of a table with these options; NULL: none';

-- internal
CREATE FUNCTION redshift.sort_key_names(reloptions text[]) RETURNS name[]
	AS 'MODULE_PATHNAME', 'rs_sort_key_names' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.sort_key_names(text[]) IS 'columns of the sort key of a table with these options; NULL: none';

-- internal
CREATE FUNCTION redshift.is_interleaved(reloptions text[]) RETURNS bool
	AS 'MODULE_PATHNAME', 'rs_is_interleaved' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.is_interleaved(text[]) IS 'is the sort key of a table with these options interleaved? NULL: no';

-- internal
CREATE FUNCTION redshift.is_dist_key(reloptions text[], "column" name) RETURNS bool
	AS 'MODULE_PATHNAME', 'rs_is_dist_key' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.is_dist_key(text[], name) IS 'is it the distribution key of a table with these options? NULL: no';

-- internal
CREATE FUNCTION redshift.sort_position(reloptions text[], "column" name) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_sort_position' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.sort_position(text[], name) IS 'place in the sort key of a table with these options, from 1; 0 or NULL: it is not of it; of an interleaved key every second one is negative';

-- internal
CREATE FUNCTION redshift.column_encoding(reloptions text[], "column" name, type oid) RETURNS int2
	AS 'MODULE_PATHNAME', 'rs_column_encoding' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.column_encoding(text[], name, oid) IS 'encoding of a column of a redshift table as its definition says, else what Redshift takes for the type: see format_encoding()';

-- internal
CREATE FUNCTION redshift.table_design(reloptions text[], OUT dist_style int2, OUT dist_key name, OUT sort_key name, OUT sort_encoding text,
	OUT sort_keys int4, OUT interleaved bool, OUT encoded int4, OUT raw int4)
	AS 'MODULE_PATHNAME', 'rs_table_design' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.table_design(text[]) IS 'what a table with these options is: sort_key: the first of sort_keys columns; encoded: columns that have an encoding of their own, raw of these none';

CREATE FUNCTION redshift.format_encoding(attencodingtype int4) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_format_encoding' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.format_encoding(int4) IS 'name of an encoding, by pg_attribute.attencodingtype; 0: none';

-- internal
CREATE FUNCTION redshift.rounded(value float8, digits int4) RETURNS numeric
	AS 'MODULE_PATHNAME', 'rs_rounded' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.rounded(float8, int4) IS 'a number rounded to so many digits behind the point, 9 at most';

-- internal
CREATE FUNCTION redshift.dist_style_name(reldiststyle int2, distkey name) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE reldiststyle WHEN 0 THEN 'EVEN' WHEN 1 THEN 'KEY(' || distkey || ')' WHEN 8 THEN 'ALL'
		WHEN 10 THEN 'AUTO(ALL)' WHEN 11 THEN 'AUTO(EVEN)' WHEN 12 THEN 'AUTO(KEY(' || distkey || '))' END;
COMMENT ON FUNCTION redshift.dist_style_name(int2, name) IS 'a distribution as svv_table_info shows it';

-- Redshift's name where PostgreSQL has another for what a column of that type became here.
-- internal
CREATE FUNCTION redshift.type_name(type oid, typmod int4) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE type WHEN 3802 THEN 'super' WHEN 17 THEN 'binary varying' ELSE format_type(type, typmod) END;
COMMENT ON FUNCTION redshift.type_name(oid, int4) IS 'a type by Redshift''s name; typmod NULL: without length';

-- As Redshift writes lists of privileges.
-- internal
CREATE FUNCTION redshift.acl_text(acl aclitem[]) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN array_to_string(acl, '~');

-- internal
CREATE FUNCTION redshift.user_id(role oid) RETURNS int4
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN role::int8::bit(32)::int4;
COMMENT ON FUNCTION redshift.user_id(oid) IS 'a role''s number as Redshift''s system tables show it';

-- Defaults as text; identity columns as Redshift's clients look for them.
-- internal
CREATE FUNCTION redshift.column_default(relid oid, attnum int2, attidentity "char", expression text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE WHEN attidentity = '' THEN expression
		ELSE (SELECT format(CASE attidentity WHEN 'a' THEN '"identity"(%s, %s, %L::text)' ELSE 'default_identity(%s, %s, %L::text)' END,
				relid, attnum - 1, s.seqstart || ',' || s.seqincrement)
			FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid
			WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = relid AND d.refobjsubid = attnum
				AND d.classid = 'pg_class'::regclass AND d.deptype = 'i') END;

-- internal
CREATE FUNCTION redshift.argument_types(types oidvector) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (SELECT string_agg(redshift.type_name(t, NULL), ', ' ORDER BY n) FROM unnest(types::oid[]) WITH ORDINALITY u(t, n));
COMMENT ON FUNCTION redshift.argument_types(oidvector) IS 'types of a function''s arguments, by Redshift''s names; NULL: none';

-- internal
CREATE FUNCTION redshift.type_by_name(name text) RETURNS oid
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE lower(name) WHEN 'super' THEN 3802 WHEN 'varbyte' THEN 17 WHEN 'binary varying' THEN 17 WHEN 'varbinary' THEN 17
		WHEN 'nvarchar' THEN 1043 ELSE to_regtype(name)::oid END;
COMMENT ON FUNCTION redshift.type_by_name(text) IS 'a type by any of its names, Redshift''s too; NULL: none';

-- What information_schema computes of types by functions that cannot be inlined.
-- internal
CREATE FUNCTION redshift.type_length(type oid, typmod int4) RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN type IN (1042, 1043) AND typmod > 4 THEN typmod - 4 WHEN type IN (1560, 1562) AND typmod > 0 THEN typmod END;
COMMENT ON FUNCTION redshift.type_length(oid, int4) IS 'length of a type of characters or bits; NULL: none';

-- internal
CREATE FUNCTION redshift.type_precision(type oid, typmod int4) RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE type WHEN 23 THEN 32 WHEN 1700 THEN CASE WHEN typmod >= 4 THEN ((typmod - 4) >> 16) & 65535 END
		WHEN 20 THEN 64 WHEN 21 THEN 16 WHEN 701 THEN 53 WHEN 700 THEN 24 END;
COMMENT ON FUNCTION redshift.type_precision(oid, int4) IS 'digits of a numeric type, binary ones but for numeric''s; NULL: none';

-- internal
CREATE FUNCTION redshift.type_scale(type oid, typmod int4) RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN type IN (20, 21, 23) THEN 0 WHEN type = 1700 AND typmod >= 4 THEN (((typmod - 4) & 2047) # 1024) - 1024 END;
COMMENT ON FUNCTION redshift.type_scale(oid, int4) IS 'digits of a numeric type behind the point; NULL: none';

-- The bound of a block as stv_blocklist has it: days or microseconds since 2000 of dates and times, of
-- what is not a number its first eight bytes, the first one least.
-- internal
CREATE FUNCTION redshift.block_bound(type oid, bound text) RETURNS int8
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE WHEN bound IS NULL THEN NULL
		WHEN type IN (20, 21, 23) THEN bound::int8
		WHEN type = 16 THEN bound::bool::int4
		WHEN type IN (700, 701, 1700) THEN CASE WHEN abs(bound::float8) < 9e18 THEN trunc(bound::float8)::int8 END
		WHEN type = 1082 THEN CASE WHEN isfinite(bound::date) THEN bound::date - date '2000-01-01' END
		WHEN type IN (1114, 1184) THEN CASE WHEN isfinite(bound::timestamptz) THEN
			(extract(epoch FROM CASE WHEN type = 1114 THEN bound::timestamp - timestamp '2000-01-01' ELSE bound::timestamptz - timestamptz '2000-01-01 UTC' END) * 1000000)::int8 END
		ELSE (SELECT sum(get_byte(b, i)::numeric * 256::numeric ^ i - CASE WHEN i = 7 AND get_byte(b, i) > 127 THEN 18446744073709551616 ELSE 0 END)::int8
			FROM convert_to(bound, 'UTF8') b, generate_series(0, least(length(b), 8) - 1) i) END;
COMMENT ON FUNCTION redshift.block_bound(oid, text) IS 'smallest or largest value of a block as a number';

-- Tables and views on which the user has any privilege.
-- internal
CREATE VIEW redshift.visible_relation AS
	SELECT c.oid, n.nspname, c.relname, c.relnamespace, c.relkind, c.relowner, c.relacl, c.reloptions, c.relpersistence,
		CASE WHEN c.relkind IN ('r', 'm') AND c.relam <> 0 AND c.relam = (SELECT a.oid FROM pg_am a WHERE a.amname = 'redshift')
			THEN true ELSE false END AS is_columnar
	FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
	WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND NOT pg_is_other_temp_schema(n.oid)
		AND (pg_has_role(c.relowner, 'USAGE') OR has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
			OR has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'));
COMMENT ON VIEW redshift.visible_relation IS 'tables and views on which the user has a privilege';

-- internal
CREATE VIEW redshift.visible_function AS
	SELECT p.*, n.nspname
	FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
	WHERE pg_has_role(p.proowner, 'USAGE') OR (has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE'));
COMMENT ON VIEW redshift.visible_function IS 'functions and procedures that the user may call';

-- internal
CREATE VIEW redshift.visible_column AS
	SELECT c.*, a.attname, a.attnum, a.attnotnull, a.atttypid, a.atttypmod, a.attacl, a.attcollation,
		CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE a.atttypid END AS basetype,
		CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END AS basetypmod,
		CASE WHEN t.typtype = 'd' THEN t.typname END AS domain_name,
		a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS is_notnull,
		CASE WHEN a.atthasdef OR a.attidentity <> '' THEN redshift.column_default(a.attrelid, a.attnum, a.attidentity,
			CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END) END AS column_default,
		CASE WHEN c.is_columnar THEN redshift.format_encoding(redshift.column_encoding(c.reloptions, a.attname, a.atttypid)) ELSE 'none' END AS encoding,
		c.is_columnar AND coalesce(redshift.is_dist_key(c.reloptions, a.attname), false) AS is_dist_key,
		CASE WHEN c.is_columnar THEN coalesce(redshift.sort_position(c.reloptions, a.attname), 0) ELSE 0 END AS sort_position
	FROM redshift.visible_relation c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		JOIN pg_type t ON t.oid = a.atttypid
		LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	WHERE pg_has_role(c.relowner, 'USAGE') OR has_column_privilege(c.oid, a.attnum, 'SELECT, INSERT, UPDATE, REFERENCES');
COMMENT ON VIEW redshift.visible_column IS 'columns on which the user has a privilege';
GRANT SELECT ON redshift.visible_relation, redshift.visible_function, redshift.visible_column TO PUBLIC;
