-- NVL and NVL2, for sessions without the translator, which makes COALESCE and CASE of them.

CREATE FUNCTION redshift.nvl(anycompatible, anycompatible) RETURNS anycompatible
	AS $$SELECT COALESCE($1, $2)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.nvl(anycompatible, anycompatible) IS 'the first argument that is not NULL';
CREATE FUNCTION redshift.nvl(anycompatible, anycompatible, anycompatible) RETURNS anycompatible
	AS $$SELECT COALESCE($1, $2, $3)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION redshift.nvl(anycompatible, anycompatible, anycompatible, anycompatible) RETURNS anycompatible
	AS $$SELECT COALESCE($1, $2, $3, $4)$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION redshift.nvl2(condition anyelement, value anycompatible, otherwise anycompatible) RETURNS anycompatible
	AS $$SELECT CASE WHEN $1 IS NOT NULL THEN $2 ELSE $3 END$$ LANGUAGE sql IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.nvl2(anyelement, anycompatible, anycompatible) IS 'the second argument if the first is not NULL, else the third';
