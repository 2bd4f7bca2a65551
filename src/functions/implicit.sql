-- Operators that compare strings with numbers and dates, and look in these for a pattern, as
-- Redshift does where its conversions to strings are implicit: as strings, but with DECIMAL, for
-- which the string is read as a number.  In pg_catalog, for operators of other schemas are not
-- found; PostgreSQL has none of these types.  Bodies are strings, so that the collation is the call's.
DO $operators$
DECLARE
	type text;
	compared record;
	volatility text;
	as_text text;
	as_type text;
BEGIN
	FOREACH type IN ARRAY '{int2,int4,int8,float4,float8,numeric,oid,date,timestamp,timestamptz,time,timetz}'::text[] LOOP
		volatility := CASE WHEN type ~ '^(date|time)' THEN 'STABLE' ELSE 'IMMUTABLE' END;
		as_text := CASE WHEN type = 'numeric' THEN '' ELSE '::pg_catalog.text' END;
		as_type := CASE WHEN type = 'numeric' THEN '::pg_catalog.numeric' ELSE '' END;
		FOR compared IN SELECT * FROM (VALUES
			('eq', '=', '=', '<>', 'eqsel', 'eqjoinsel'), ('ne', '<>', '<>', '=', 'neqsel', 'neqjoinsel'),
			('lt', '<', '>', '>=', 'scalarltsel', 'scalarltjoinsel'), ('le', '<=', '>=', '>', 'scalarlesel', 'scalarlejoinsel'),
			('gt', '>', '<', '<=', 'scalargtsel', 'scalargtjoinsel'), ('ge', '>=', '<=', '<', 'scalargesel', 'scalargejoinsel')
			) v (name, operator, commutator, negator, restriction, join_restriction) LOOP
			EXECUTE format('CREATE FUNCTION redshift.string_%s(text, %s) RETURNS bool LANGUAGE sql %s PARALLEL SAFE
				AS ''SELECT $1%s OPERATOR(pg_catalog.%s) $2%s''', compared.name, type, volatility, as_type, compared.operator, as_text);
			EXECUTE format('CREATE FUNCTION redshift.string_%s(%s, text) RETURNS bool LANGUAGE sql %s PARALLEL SAFE
				AS ''SELECT $1%s OPERATOR(pg_catalog.%s) $2%s''', compared.name, type, volatility, as_text, compared.operator, as_type);
			EXECUTE format('CREATE OPERATOR pg_catalog.%s (LEFTARG = text, RIGHTARG = %s, FUNCTION = redshift.string_%s,
				COMMUTATOR = OPERATOR(pg_catalog.%s), NEGATOR = OPERATOR(pg_catalog.%s), RESTRICT = %s, JOIN = %s)', compared.operator, type,
				compared.name, compared.commutator, compared.negator, compared.restriction, compared.join_restriction);
			EXECUTE format('CREATE OPERATOR pg_catalog.%s (LEFTARG = %s, RIGHTARG = text, FUNCTION = redshift.string_%s,
				COMMUTATOR = OPERATOR(pg_catalog.%s), NEGATOR = OPERATOR(pg_catalog.%s), RESTRICT = %s, JOIN = %s)', compared.operator, type,
				compared.name, compared.commutator, compared.negator, compared.restriction, compared.join_restriction);
		END LOOP;
		FOR compared IN SELECT * FROM (VALUES ('like', '~~', '!~~'), ('not_like', '!~~', '~~'), ('ilike', '~~*', '!~~*'), ('not_ilike', '!~~*', '~~*'),
			('matches', '~', '!~'), ('does_not_match', '!~', '~')) v (name, operator, negator) LOOP
			EXECUTE format('CREATE FUNCTION redshift.string_%s(%s, text) RETURNS bool LANGUAGE sql %s PARALLEL SAFE
				AS ''SELECT $1::pg_catalog.text OPERATOR(pg_catalog.%s) $2''', compared.name, type, volatility, compared.operator);
			EXECUTE format('CREATE OPERATOR pg_catalog.%s (LEFTARG = %s, RIGHTARG = text, FUNCTION = redshift.string_%s,
				NEGATOR = OPERATOR(pg_catalog.%s), RESTRICT = matchingsel, JOIN = matchingjoinsel)', compared.operator, type, compared.name, compared.negator);
		END LOOP;
	END LOOP;
END
$operators$;
