-- Slices move between compute nodes; see src/mpp/README.md, "Resize".

CREATE FUNCTION redshift.slice_num(tableoid oid, ctid tid) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_slice_num' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.slice_num(oid, tid) IS 'the slice of a row of a redshift table';

CREATE FUNCTION redshift.drop_slices("table" regclass, slices int4[]) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_drop_slices' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.drop_slices(regclass, int4[]) IS 'on a compute node: forgets the rows of slices that another node has now';
REVOKE ALL ON FUNCTION redshift.drop_slices(regclass, int4[]) FROM PUBLIC;

CREATE FUNCTION redshift.rebalance() RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_rebalance' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.rebalance() IS 'deals the slices evenly to the compute nodes, with their rows, and returns how many have moved';
REVOKE ALL ON FUNCTION redshift.rebalance() FROM PUBLIC;

CREATE FUNCTION redshift.remove_node(server name) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_remove_node' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.remove_node(name) IS 'moves the slices of a compute node to the others and takes it out of the cluster; returns how many have moved';
REVOKE ALL ON FUNCTION redshift.remove_node(name) FROM PUBLIC;
