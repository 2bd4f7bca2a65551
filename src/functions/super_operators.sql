-- Operators of SUPER with numbers, strings and each other.  In pg_catalog, for operators of other
-- schemas are not found; PostgreSQL has none of jsonb with these.  What is of another kind than the
-- operator needs gives NULL.

-- internal
CREATE FUNCTION redshift.super_string(super jsonb) RETURNS text LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN pg_catalog.jsonb_typeof(super) = 'string' THEN super #>> '{}' END;
COMMENT ON FUNCTION redshift.super_string(jsonb) IS 'the string that a SUPER is, NULL if it is none';

-- internal
CREATE FUNCTION redshift.super_eq(jsonb, numeric) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super_numeric($1) = $2;
CREATE OPERATOR pg_catalog.= (LEFTARG = jsonb, RIGHTARG = numeric, FUNCTION = redshift.super_eq,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
-- internal
CREATE FUNCTION redshift.super_eq(numeric, jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1 = redshift.super_numeric($2);
CREATE OPERATOR pg_catalog.= (LEFTARG = numeric, RIGHTARG = jsonb, FUNCTION = redshift.super_eq,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
-- internal
CREATE FUNCTION redshift.super_ne(jsonb, numeric) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super_numeric($1) <> $2;
CREATE OPERATOR pg_catalog.<> (LEFTARG = jsonb, RIGHTARG = numeric, FUNCTION = redshift.super_ne,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
-- internal
CREATE FUNCTION redshift.super_ne(numeric, jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1 <> redshift.super_numeric($2);
CREATE OPERATOR pg_catalog.<> (LEFTARG = numeric, RIGHTARG = jsonb, FUNCTION = redshift.super_ne,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
-- internal
CREATE FUNCTION redshift.super_lt(jsonb, numeric) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super_numeric($1) < $2;
CREATE OPERATOR pg_catalog.< (LEFTARG = jsonb, RIGHTARG = numeric, FUNCTION = redshift.super_lt,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
-- internal
CREATE FUNCTION redshift.super_lt(numeric, jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1 < redshift.super_numeric($2);
CREATE OPERATOR pg_catalog.< (LEFTARG = numeric, RIGHTARG = jsonb, FUNCTION = redshift.super_lt,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
-- internal
CREATE FUNCTION redshift.super_le(jsonb, numeric) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super_numeric($1) <= $2;
CREATE OPERATOR pg_catalog.<= (LEFTARG = jsonb, RIGHTARG = numeric, FUNCTION = redshift.super_le,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
-- internal
CREATE FUNCTION redshift.super_le(numeric, jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1 <= redshift.super_numeric($2);
CREATE OPERATOR pg_catalog.<= (LEFTARG = numeric, RIGHTARG = jsonb, FUNCTION = redshift.super_le,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
-- internal
CREATE FUNCTION redshift.super_gt(jsonb, numeric) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super_numeric($1) > $2;
CREATE OPERATOR pg_catalog.> (LEFTARG = jsonb, RIGHTARG = numeric, FUNCTION = redshift.super_gt,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
-- internal
CREATE FUNCTION redshift.super_gt(numeric, jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1 > redshift.super_numeric($2);
CREATE OPERATOR pg_catalog.> (LEFTARG = numeric, RIGHTARG = jsonb, FUNCTION = redshift.super_gt,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
-- internal
CREATE FUNCTION redshift.super_ge(jsonb, numeric) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super_numeric($1) >= $2;
CREATE OPERATOR pg_catalog.>= (LEFTARG = jsonb, RIGHTARG = numeric, FUNCTION = redshift.super_ge,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);
-- internal
CREATE FUNCTION redshift.super_ge(numeric, jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1 >= redshift.super_numeric($2);
CREATE OPERATOR pg_catalog.>= (LEFTARG = numeric, RIGHTARG = jsonb, FUNCTION = redshift.super_ge,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);
-- internal
CREATE FUNCTION redshift.super_eq(jsonb, text) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super_string($1) = $2;
CREATE OPERATOR pg_catalog.= (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = redshift.super_eq,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
-- internal
CREATE FUNCTION redshift.super_eq(text, jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1 = redshift.super_string($2);
CREATE OPERATOR pg_catalog.= (LEFTARG = text, RIGHTARG = jsonb, FUNCTION = redshift.super_eq,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
-- internal
CREATE FUNCTION redshift.super_ne(jsonb, text) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super_string($1) <> $2;
CREATE OPERATOR pg_catalog.<> (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = redshift.super_ne,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
-- internal
CREATE FUNCTION redshift.super_ne(text, jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1 <> redshift.super_string($2);
CREATE OPERATOR pg_catalog.<> (LEFTARG = text, RIGHTARG = jsonb, FUNCTION = redshift.super_ne,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
-- internal
CREATE FUNCTION redshift.super_lt(jsonb, text) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super_string($1) < $2;
CREATE OPERATOR pg_catalog.< (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = redshift.super_lt,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
-- internal
CREATE FUNCTION redshift.super_lt(text, jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1 < redshift.super_string($2);
CREATE OPERATOR pg_catalog.< (LEFTARG = text, RIGHTARG = jsonb, FUNCTION = redshift.super_lt,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
-- internal
CREATE FUNCTION redshift.super_le(jsonb, text) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super_string($1) <= $2;
CREATE OPERATOR pg_catalog.<= (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = redshift.super_le,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
-- internal
CREATE FUNCTION redshift.super_le(text, jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1 <= redshift.super_string($2);
CREATE OPERATOR pg_catalog.<= (LEFTARG = text, RIGHTARG = jsonb, FUNCTION = redshift.super_le,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
-- internal
CREATE FUNCTION redshift.super_gt(jsonb, text) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super_string($1) > $2;
CREATE OPERATOR pg_catalog.> (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = redshift.super_gt,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
-- internal
CREATE FUNCTION redshift.super_gt(text, jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1 > redshift.super_string($2);
CREATE OPERATOR pg_catalog.> (LEFTARG = text, RIGHTARG = jsonb, FUNCTION = redshift.super_gt,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
-- internal
CREATE FUNCTION redshift.super_ge(jsonb, text) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super_string($1) >= $2;
CREATE OPERATOR pg_catalog.>= (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = redshift.super_ge,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);
-- internal
CREATE FUNCTION redshift.super_ge(text, jsonb) RETURNS boolean LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN $1 >= redshift.super_string($2);
CREATE OPERATOR pg_catalog.>= (LEFTARG = text, RIGHTARG = jsonb, FUNCTION = redshift.super_ge,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);

-- Arithmetic gives a SUPER again.  There is no jsonb - jsonb: a literal behind "-" would be taken
-- for jsonb, where PostgreSQL takes the name of an attribute to remove.

-- internal
CREATE FUNCTION redshift.super_add(jsonb, numeric) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(redshift.super_numeric($1) + $2);
CREATE OPERATOR pg_catalog.+ (LEFTARG = jsonb, RIGHTARG = numeric, FUNCTION = redshift.super_add,
	COMMUTATOR = OPERATOR(pg_catalog.+));
-- internal
CREATE FUNCTION redshift.super_add(numeric, jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super($1 + redshift.super_numeric($2));
CREATE OPERATOR pg_catalog.+ (LEFTARG = numeric, RIGHTARG = jsonb, FUNCTION = redshift.super_add,
	COMMUTATOR = OPERATOR(pg_catalog.+));
-- internal
CREATE FUNCTION redshift.super_add(jsonb, jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN coalesce(redshift.super(redshift.super_numeric($1) + redshift.super_numeric($2)),
		redshift.super(redshift.super_string($1) || redshift.super_string($2)));
CREATE OPERATOR pg_catalog.+ (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = redshift.super_add,
	COMMUTATOR = OPERATOR(pg_catalog.+));
-- internal
CREATE FUNCTION redshift.super_subtract(jsonb, numeric) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(redshift.super_numeric($1) - $2);
-- In place of jsonb - int4, which means an element of an array: of arrays it stays that.
-- internal
CREATE FUNCTION redshift.super_subtract(jsonb, int4) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN pg_catalog.jsonb_typeof($1) = 'array' THEN pg_catalog.jsonb_delete($1, $2)
		ELSE redshift.super_subtract($1, $2::numeric) END;
CREATE OPERATOR pg_catalog.- (LEFTARG = jsonb, RIGHTARG = numeric, FUNCTION = redshift.super_subtract);
-- internal
CREATE FUNCTION redshift.super_subtract(numeric, jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super($1 - redshift.super_numeric($2));
CREATE OPERATOR pg_catalog.- (LEFTARG = numeric, RIGHTARG = jsonb, FUNCTION = redshift.super_subtract);
-- internal
CREATE FUNCTION redshift.super_multiply(jsonb, numeric) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(redshift.super_numeric($1) * $2);
CREATE OPERATOR pg_catalog.* (LEFTARG = jsonb, RIGHTARG = numeric, FUNCTION = redshift.super_multiply,
	COMMUTATOR = OPERATOR(pg_catalog.*));
-- internal
CREATE FUNCTION redshift.super_multiply(numeric, jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super($1 * redshift.super_numeric($2));
CREATE OPERATOR pg_catalog.* (LEFTARG = numeric, RIGHTARG = jsonb, FUNCTION = redshift.super_multiply,
	COMMUTATOR = OPERATOR(pg_catalog.*));
-- internal
CREATE FUNCTION redshift.super_multiply(jsonb, jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(redshift.super_numeric($1) * redshift.super_numeric($2));
CREATE OPERATOR pg_catalog.* (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = redshift.super_multiply,
	COMMUTATOR = OPERATOR(pg_catalog.*));
-- internal
CREATE FUNCTION redshift.super_divide(jsonb, numeric) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(redshift.super_numeric($1) / $2);
CREATE OPERATOR pg_catalog./ (LEFTARG = jsonb, RIGHTARG = numeric, FUNCTION = redshift.super_divide);
-- internal
CREATE FUNCTION redshift.super_divide(numeric, jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super($1 / redshift.super_numeric($2));
CREATE OPERATOR pg_catalog./ (LEFTARG = numeric, RIGHTARG = jsonb, FUNCTION = redshift.super_divide);
-- internal
CREATE FUNCTION redshift.super_divide(jsonb, jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(redshift.super_numeric($1) / redshift.super_numeric($2));
CREATE OPERATOR pg_catalog./ (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = redshift.super_divide);
-- internal
CREATE FUNCTION redshift.super_modulo(jsonb, numeric) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(redshift.super_numeric($1) % $2);
CREATE OPERATOR pg_catalog.% (LEFTARG = jsonb, RIGHTARG = numeric, FUNCTION = redshift.super_modulo);
-- internal
CREATE FUNCTION redshift.super_modulo(numeric, jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super($1 % redshift.super_numeric($2));
CREATE OPERATOR pg_catalog.% (LEFTARG = numeric, RIGHTARG = jsonb, FUNCTION = redshift.super_modulo);
-- internal
CREATE FUNCTION redshift.super_modulo(jsonb, jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(redshift.super_numeric($1) % redshift.super_numeric($2));
CREATE OPERATOR pg_catalog.% (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = redshift.super_modulo);

-- Functions of the number that a SUPER is.

CREATE FUNCTION redshift.abs(super jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(pg_catalog.abs(redshift.super_numeric($1)));
CREATE FUNCTION redshift.ceil(super jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(pg_catalog.ceil(redshift.super_numeric($1)));
CREATE FUNCTION redshift.ceiling(super jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(pg_catalog.ceil(redshift.super_numeric($1)));
CREATE FUNCTION redshift.floor(super jsonb) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(pg_catalog.floor(redshift.super_numeric($1)));
CREATE FUNCTION redshift.round(super jsonb, digits int4 DEFAULT 0) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(pg_catalog.round(redshift.super_numeric($1), $2));
CREATE FUNCTION redshift.trunc(super jsonb, digits int4 DEFAULT 0) RETURNS jsonb LANGUAGE SQL IMMUTABLE PARALLEL SAFE
	RETURN redshift.super(pg_catalog.trunc(redshift.super_numeric($1), $2));

-- Sums and averages of a SUPER's numbers; other values do not count.

-- internal
CREATE FUNCTION redshift.super_sum_transition(internal, jsonb) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_super_sum_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE AGGREGATE redshift.sum(jsonb) (
	SFUNC = redshift.super_sum_transition, STYPE = internal, FINALFUNC = numeric_sum,
	COMBINEFUNC = numeric_avg_combine, SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.sum(jsonb) IS 'sum of the values that are numbers';
CREATE AGGREGATE redshift.avg(jsonb) (
	SFUNC = redshift.super_sum_transition, STYPE = internal, FINALFUNC = numeric_avg,
	COMBINEFUNC = numeric_avg_combine, SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize, PARALLEL = safe);
COMMENT ON AGGREGATE redshift.avg(jsonb) IS 'average of the values that are numbers';
