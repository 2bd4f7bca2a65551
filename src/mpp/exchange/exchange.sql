-- Exchanges: rows of fragments on their way between compute nodes.

CREATE FUNCTION redshift.open_exchange(id text, senders int4, distinct_values float8[] DEFAULT '{}') RETURNS void
	AS 'MODULE_PATHNAME', 'rs_open_exchange' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.open_exchange(text, int4, float8[]) IS 'on a compute node: takes rows of an exchange from so many senders, until the transaction ends; about how many values each column has';

CREATE FUNCTION redshift.close_exchanges(ids text[]) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_close_exchanges' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.close_exchanges(text[]) IS 'on a compute node: forgets exchanges and their rows';

CREATE FUNCTION redshift.exchange_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'rs_exchange_support' LANGUAGE C STRICT VOLATILE;
REVOKE ALL ON FUNCTION redshift.exchange_support(internal) FROM PUBLIC;

CREATE FUNCTION redshift.exchange(id text) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'rs_exchange' LANGUAGE C STRICT VOLATILE PARALLEL SAFE
	SUPPORT redshift.exchange_support;
COMMENT ON FUNCTION redshift.exchange(text) IS 'on a compute node: the rows that have come to an exchange';

CREATE FUNCTION redshift.may_join(exchange text, "column" int4, key anyelement) RETURNS bool
	AS 'MODULE_PATHNAME', 'rs_may_join' LANGUAGE C STRICT STABLE PARALLEL SAFE LEAKPROOF COST 1;
COMMENT ON FUNCTION redshift.may_join(text, int4, anyelement) IS 'on a compute node: may a row that has come to an exchange have this value in the column?';

CREATE FUNCTION redshift.has_slice_of(VARIADIC "any") RETURNS bool
	AS 'MODULE_PATHNAME', 'rs_has_slice_of' LANGUAGE C STABLE PARALLEL SAFE LEAKPROOF COST 1;
COMMENT ON FUNCTION redshift.has_slice_of("any") IS 'on a compute node: has it the slice of these values?';

CREATE FUNCTION redshift.exchange_size(id text, OUT rows int8, OUT bytes int8)
	AS 'MODULE_PATHNAME', 'rs_exchange_size' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.exchange_size(text) IS 'on a compute node: what has come to an exchange';
