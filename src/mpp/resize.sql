-- Slices move between compute nodes; see src/mpp/README.md, "Resize".

CREATE FUNCTION redshift.slice_num(tableoid oid, ctid tid) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_slice_num' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.slice_num(oid, tid) IS 'the slice of a row of a redshift table';

CREATE FUNCTION redshift.drop_slices("table" regclass, slices int4[]) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_drop_slices' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.drop_slices(regclass, int4[]) IS 'on a compute node: forgets the rows of slices that another node has now';
REVOKE ALL ON FUNCTION redshift.drop_slices(regclass, int4[]) FROM PUBLIC;

-- What a node which gets slices asks of the one that has them.
CREATE FUNCTION redshift.stored_groups("table" regclass, slices int4[], OUT storage_id int8, OUT group_id int8, OUT slice int4,
	OUT nrows int4, OUT sorted bool, OUT filled bool, OUT npages int4, OUT footer_offset int8, OUT footer_size int4,
	OUT key_zone bytea, OUT "rows" bytea, OUT crc int8)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_stored_groups' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.stored_groups(regclass, int4[]) IS 'on a compute node: the row groups of slices, for the node that gets them';
CREATE FUNCTION redshift.read_group("table" regclass, storage_id int8, group_id int8) RETURNS SETOF bytea
	AS 'MODULE_PATHNAME', 'rs_read_group' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.read_group(regclass, int8, int8) IS 'on a compute node: a row group as it is stored, for the node that gets it';
CREATE FUNCTION redshift.stored_deletes("table" regclass, slices int4[], OUT storage_id int8, OUT group_id int8, OUT part int4,
	OUT ndeleted int4, OUT "rows" bytea)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_stored_deletes' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.stored_deletes(regclass, int4[]) IS 'on a compute node: the deleted rows of slices, for the node that gets them';
CREATE FUNCTION redshift.stored_layout("table" regclass) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_stored_layout' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.stored_layout(regclass) IS 'on a compute node: the columns of a table as its row groups have them';

-- Groups that have come, but not yet the slice they are of.
CREATE TABLE redshift.arriving_group (
	relid oid NOT NULL,
	storage_id int8 NOT NULL,
	group_id int8 NOT NULL,
	slice int4 NOT NULL,
	source name NOT NULL,
	source_storage_id int8 NOT NULL,
	source_group_id int8 NOT NULL,
	bytes int8 NOT NULL,
	index_files oid[] NOT NULL,
	PRIMARY KEY (storage_id, group_id)
);
REVOKE ALL ON redshift.arriving_group FROM PUBLIC;
COMMENT ON TABLE redshift.arriving_group IS 'on a compute node: row groups that were copied from other nodes and wait for their slices';

CREATE FUNCTION redshift.pull_slices("table" regclass, source name, slices int4[], max_bytes int8, show bool, OUT pulled int8, OUT remaining int8)
	AS 'MODULE_PATHNAME', 'rs_pull_slices' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.pull_slices(regclass, name, int4[], int8, bool) IS 'on a compute node: copies row groups of slices from another node, and lets them be seen when the slices come';
CREATE FUNCTION redshift.drop_arrivals() RETURNS void
	AS 'MODULE_PATHNAME', 'rs_drop_arrivals' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.drop_arrivals() IS 'on a compute node: forgets row groups that were copied for slices that will not come';
REVOKE ALL ON FUNCTION redshift.stored_groups(regclass, int4[]), redshift.read_group(regclass, int8, int8), redshift.stored_deletes(regclass, int4[]),
	redshift.stored_layout(regclass), redshift.pull_slices(regclass, name, int4[], int8, bool), redshift.drop_arrivals() FROM PUBLIC;

CREATE FUNCTION redshift.rebalance() RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_rebalance' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.rebalance() IS 'deals the slices evenly to the compute nodes, with their rows, and returns how many have moved';
REVOKE ALL ON FUNCTION redshift.rebalance() FROM PUBLIC;

CREATE FUNCTION redshift.remove_node(server name) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_remove_node' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.remove_node(name) IS 'moves the slices of a compute node to the others and takes it out of the cluster; returns how many have moved';
REVOKE ALL ON FUNCTION redshift.remove_node(name) FROM PUBLIC;
