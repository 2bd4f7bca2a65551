-- Rows of a table in another distribution: on a compute node, for the leader.

CREATE FUNCTION redshift.redistribute_fill("table" regclass, exchange text, dealt bool, options text) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_redistribute_fill' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.redistribute_fill(regclass, text, bool, text) IS 'on a compute node: keeps rows of an exchange beside a table, as it will be with these options';

CREATE FUNCTION redshift.redistribute_switch("table" regclass) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_redistribute_switch_here' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.redistribute_switch(regclass) IS 'on a compute node: puts the rows kept beside a table in place of its own';
