-- Operators of booleans with integers, which Redshift converts by itself.  In pg_catalog, for
-- operators of other schemas are not found; PostgreSQL has none of these.

-- internal
CREATE FUNCTION redshift.implicit_eq(boolean, bigint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN $1 = ($2 <> 0);
CREATE OPERATOR pg_catalog.= (LEFTARG = boolean, RIGHTARG = bigint, FUNCTION = redshift.implicit_eq,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
-- internal
CREATE FUNCTION redshift.implicit_eq(bigint, boolean) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN ($1 <> 0) = $2;
CREATE OPERATOR pg_catalog.= (LEFTARG = bigint, RIGHTARG = boolean, FUNCTION = redshift.implicit_eq,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
-- internal
CREATE FUNCTION redshift.implicit_ne(boolean, bigint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN $1 <> ($2 <> 0);
CREATE OPERATOR pg_catalog.<> (LEFTARG = boolean, RIGHTARG = bigint, FUNCTION = redshift.implicit_ne,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
-- internal
CREATE FUNCTION redshift.implicit_ne(bigint, boolean) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN ($1 <> 0) <> $2;
CREATE OPERATOR pg_catalog.<> (LEFTARG = bigint, RIGHTARG = boolean, FUNCTION = redshift.implicit_ne,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);

-- PostgreSQL has casts of integer only.
-- internal
CREATE FUNCTION redshift.to_boolean(bigint) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1 <> 0;
COMMENT ON FUNCTION redshift.to_boolean(bigint) IS 'false is 0';
-- internal
CREATE FUNCTION redshift.to_boolean(smallint) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1 <> 0;
COMMENT ON FUNCTION redshift.to_boolean(smallint) IS 'false is 0';
-- internal
CREATE FUNCTION redshift.to_bigint(boolean) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1::int;
COMMENT ON FUNCTION redshift.to_bigint(boolean) IS 'true is 1';
-- internal
CREATE FUNCTION redshift.to_smallint(boolean) RETURNS smallint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1::int;
COMMENT ON FUNCTION redshift.to_smallint(boolean) IS 'true is 1';
CREATE CAST (bigint AS boolean) WITH FUNCTION redshift.to_boolean(bigint);
CREATE CAST (smallint AS boolean) WITH FUNCTION redshift.to_boolean(smallint);
CREATE CAST (boolean AS bigint) WITH FUNCTION redshift.to_bigint(boolean);
CREATE CAST (boolean AS smallint) WITH FUNCTION redshift.to_smallint(boolean);
