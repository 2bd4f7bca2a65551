-- Rows of a table in another distribution: on a compute node, for the leader.

CREATE FUNCTION redshift.redistribute_fill("table" regclass, exchange text, dealt bool, options text) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_redistribute_fill' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.redistribute_fill(regclass, text, bool, text) IS 'on a compute node: keeps rows of an exchange beside a table, as it will be with these options';

CREATE FUNCTION redshift.redistribute_changes("table" regclass, before int4, now int4, OUT place tid, OUT gone bool) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'rs_redistribute_changes' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.redistribute_changes(regclass, int4, int4) IS 'on a compute node: rows that only one of two statements sees';

CREATE FUNCTION redshift.redistribute_catch_up("table" regclass, gone text, come text, dealt bool) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_redistribute_catch_up' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.redistribute_catch_up(regclass, text, text, bool) IS 'on a compute node: deletes from the rows kept beside a table those of one exchange and adds those of another';

CREATE FUNCTION redshift.redistribute_switch("table" regclass) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_redistribute_switch_here' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.redistribute_switch(regclass) IS 'on a compute node: puts the rows kept beside a table in place of its own';
