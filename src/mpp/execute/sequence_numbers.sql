-- Numbers of sequences for rows that compute nodes insert.

CREATE FUNCTION redshift.sequence_number("sequence" oid, place int4) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_sequence_number' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION redshift.sequence_number(oid, int4) IS 'nextval(); in a fragment on a compute node: of the leader''s sequence';
