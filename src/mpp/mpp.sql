-- The cluster: its compute nodes and slices.  The leader's rows are the truth, compute
-- nodes have a copy; see src/mpp/README.md.

CREATE TABLE redshift.cluster (
	id uuid NOT NULL,
	self int4 NOT NULL
);
COMMENT ON TABLE redshift.cluster IS 'the cluster this server belongs to, and its node id there; 0 is the leader';

CREATE TABLE redshift.node (
	node_id int4 PRIMARY KEY,
	server name NOT NULL UNIQUE
);
COMMENT ON TABLE redshift.node IS 'compute nodes: foreign servers of postgres_fdw';

CREATE TABLE redshift.slice (
	slice int4 PRIMARY KEY,
	node_id int4 NOT NULL
);
COMMENT ON TABLE redshift.slice IS 'which compute node has which slice';
REVOKE ALL ON redshift.cluster, redshift.node, redshift.slice FROM PUBLIC;

CREATE FUNCTION redshift.cluster_changed() RETURNS void
	AS 'MODULE_PATHNAME', 'rs_cluster_changed' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.cluster_changed() IS 'lets all sessions read redshift.cluster, node and slice again';
REVOKE ALL ON FUNCTION redshift.cluster_changed() FROM PUBLIC;

-- The leader calls this on each compute node when the cluster changes.  slice_nodes
-- begins with slice 0.
CREATE FUNCTION redshift.set_cluster(id uuid, self int4, node_ids int4[], servers name[], slice_nodes int4[])
	RETURNS void LANGUAGE sql
	BEGIN ATOMIC
		DELETE FROM redshift.cluster;
		DELETE FROM redshift.node;
		DELETE FROM redshift.slice;
		INSERT INTO redshift.cluster VALUES (set_cluster.id, set_cluster.self);
		INSERT INTO redshift.node SELECT * FROM unnest(node_ids, servers);
		INSERT INTO redshift.slice SELECT n - 1, node FROM unnest(slice_nodes) WITH ORDINALITY s(node, n);
		SELECT redshift.cluster_changed();
	END;
COMMENT ON FUNCTION redshift.set_cluster(uuid, int4, int4[], name[], int4[]) IS 'what the leader tells a compute node of the cluster';
REVOKE ALL ON FUNCTION redshift.set_cluster(uuid, int4, int4[], name[], int4[]) FROM PUBLIC;

CREATE FUNCTION redshift.add_node(server name, slices int4 DEFAULT 16) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_add_node' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.add_node(name, int4) IS 'makes a foreign server a compute node and returns its node id; slices: of the whole cluster, if this is its first node';
REVOKE ALL ON FUNCTION redshift.add_node(name, int4) FROM PUBLIC;

CREATE FUNCTION redshift.recover() RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_recover' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.recover() IS 'ends transactions that compute nodes have prepared, as the leader decided, and returns how many';
REVOKE ALL ON FUNCTION redshift.recover() FROM PUBLIC;

CREATE FUNCTION redshift.create_restore_point(name text, OUT node name, OUT lsn pg_lsn) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'rs_create_restore_point' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.create_restore_point(text) IS 'a moment of all servers of the cluster, with every transaction on all or none, to which backups can be recovered; node NULL is the leader';
REVOKE ALL ON FUNCTION redshift.create_restore_point(text) FROM PUBLIC;

CREATE FUNCTION redshift.cancel_key() RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_cancel_key' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.cancel_key() IS 'on a compute node: what the client of this session needs to cancel what it runs';

CREATE FUNCTION redshift.session_key() RETURNS text
	AS 'MODULE_PATHNAME', 'rs_session_key' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.session_key() IS 'on a compute node: by which others know this session when they lend their role to it';

CREATE FUNCTION redshift.lend_role(session_key text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_lend_role' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.lend_role(text) IS 'on a compute node: what lets another session of the leader act as this user';

CREATE FUNCTION redshift.begin_statement(int4) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_begin_statement' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.begin_statement(int4) IS 'on a compute node: keeps a snapshot for a statement of the leader';

CREATE FUNCTION redshift.end_statements(int4[]) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_end_statements' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.end_statements(int4[]) IS 'on a compute node: forgets the snapshots of statements of the leader';

CREATE FUNCTION redshift.wait_for_changes(tables text[]) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_wait_for_changes' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.wait_for_changes(text[]) IS 'on a compute node: waits for transactions that change rows of these tables, and makes others wait';

CREATE FUNCTION redshift.cluster_ctid(tid) RETURNS tid
	AS 'MODULE_PATHNAME', 'rs_cluster_ctid' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.cluster_ctid(tid) IS 'on a compute node: a row''s ctid as the leader shows it, which no row of another node has';

CREATE FUNCTION redshift.rows_are_locked("table" oid, share bool) RETURNS bool
	AS 'MODULE_PATHNAME', 'rs_rows_are_locked' LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION redshift.rows_are_locked(oid, bool) IS 'at the leader: whether this transaction keeps others from changing rows of the table';

CREATE FUNCTION redshift.row_address(tid) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_row_address_of' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.row_address(tid) IS 'on a compute node: where a row is, of all nodes'' rows';

CREATE FUNCTION redshift.row_at("table" regclass, address int8) RETURNS tid
	AS 'MODULE_PATHNAME', 'rs_row_at' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.row_at(regclass, int8) IS 'on a compute node: the present ctid of the row that had this address; null: it is on another node';

CREATE FUNCTION redshift.current_row(cursor text, "table" oid) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_current_row' LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION redshift.current_row(text, oid) IS 'at the leader: the address of the row of a table that a cursor stands on; null: it is one of another partition';

CREATE FUNCTION redshift.current_table(cursor text, "table" oid) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_current_table' LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION redshift.current_table(text, oid) IS 'at the leader: the table, of a partitioned one the partition, of whose rows a cursor stands on one';

CREATE FUNCTION redshift.current_values(cursor text, "table" oid, "values" anyelement) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'rs_current_values' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION redshift.current_values(text, oid, anyelement) IS 'at the leader: the row of a table that a cursor stands on; the last argument tells its type';

CREATE FUNCTION redshift.staged(name text) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'rs_staged' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION redshift.staged(text) IS 'on a compute node: rows that the leader has sent for this statement';

CREATE FUNCTION redshift.close_staged(names text[]) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_close_staged' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.close_staged(text[]) IS 'on a compute node: forgets rows that the leader has sent';

CREATE FUNCTION redshift.lock_waits(OUT waiter int4, OUT blocker int4) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'rs_lock_waits' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION redshift.lock_waits() IS 'processes of the leader that wait for others by locks of this server';

CREATE TABLE redshift.distributed_table (
	relid oid PRIMARY KEY
);
REVOKE ALL ON redshift.distributed_table FROM PUBLIC;
COMMENT ON TABLE redshift.distributed_table IS 'at the leader: tables whose rows are on the compute nodes';

CREATE FUNCTION redshift.run_on_nodes(command text, OUT node name, OUT result text) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'rs_run_on_nodes' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.run_on_nodes(text) IS 'runs a command on all compute nodes, in this transaction: the first value of each answer, or the command tag';
REVOKE ALL ON FUNCTION redshift.run_on_nodes(text) FROM PUBLIC;

CREATE FUNCTION redshift.distribute("table" regclass) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_distribute' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.distribute(regclass) IS 'moves a local table, or all local partitions of one, to the compute nodes';

CREATE FUNCTION redshift.undistribute("table" regclass) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_undistribute' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.undistribute(regclass) IS 'brings a distributed table, or all distributed partitions of one, back to the leader';
