-- Slices move between compute nodes; see src/mpp/README.md, "Resize".

CREATE FUNCTION redshift.drop_slices("table" regclass, slices int4[]) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_drop_slices' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.drop_slices(regclass, int4[]) IS 'on a compute node: forgets the rows of slices that another node has now';
REVOKE ALL ON FUNCTION redshift.drop_slices(regclass, int4[]) FROM PUBLIC;

CREATE FUNCTION redshift.deal_slices("table" regclass) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_deal_slices' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.deal_slices(regclass) IS 'on a compute node: gives its present slices to the row groups of a table without distribution key';
REVOKE ALL ON FUNCTION redshift.deal_slices(regclass) FROM PUBLIC;

CREATE FUNCTION redshift.misplaced_rows("table" regclass) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_misplaced_rows' LANGUAGE C STRICT STABLE;
COMMENT ON FUNCTION redshift.misplaced_rows(regclass) IS 'on a compute node: how many rows of a table are of slices that it has not, or that their keys do not say';
REVOKE ALL ON FUNCTION redshift.misplaced_rows(regclass) FROM PUBLIC;

-- What a node which gets slices asks of the one that has them.
CREATE FUNCTION redshift.stored_groups("table" regclass, slices int4[], OUT storage_id int8, OUT group_id int8, OUT slice int4,
	OUT nrows int4, OUT sorted bool, OUT filled bool, OUT npages int4, OUT footer_offset int8, OUT footer_size int4,
	OUT key_zone bytea, OUT "rows" bytea, OUT crc int8, OUT first_row int8)
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

CREATE FUNCTION redshift.place_in_group(ctid tid, first_row int8) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_place_in_group' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.place_in_group(tid, int8) IS 'on a compute node: the place of a row in its row group, from 0';
CREATE FUNCTION redshift.slice_of(key anyelement, slices int4) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_slice_of' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.slice_of(anyelement, int4) IS 'the slice of rows with this distribution key in a cluster of so many slices';

-- Groups that have come, but not yet the slice they are of; a negative id: asked for, but none of its rows is wanted.
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
	plan text,				-- of another number of slices: which of how many; NULL: slices as they are
	places bytea,			-- of its rows in the group that they come from, NULL: the same
	PRIMARY KEY (storage_id, group_id)
);
REVOKE ALL ON redshift.arriving_group FROM PUBLIC;
COMMENT ON TABLE redshift.arriving_group IS 'on a compute node: row groups that were copied from other nodes and wait for their slices';

CREATE FUNCTION redshift.pull_slices("table" regclass, source name, slices int4[], of_slices int4, max_bytes int8, show bool, OUT pulled int8, OUT remaining int8)
	AS 'MODULE_PATHNAME', 'rs_pull_slices' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.pull_slices(regclass, name, int4[], int4, int8, bool) IS 'on a compute node: copies row groups of slices from another node, and lets them be seen when the slices come';
CREATE FUNCTION redshift.drop_arrivals() RETURNS void
	AS 'MODULE_PATHNAME', 'rs_drop_arrivals' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.drop_arrivals() IS 'on a compute node: forgets row groups that were copied for slices that will not come';
REVOKE ALL ON FUNCTION redshift.stored_groups(regclass, int4[]), redshift.read_group(regclass, int8, int8), redshift.stored_deletes(regclass, int4[]),
	redshift.stored_layout(regclass), redshift.pull_slices(regclass, name, int4[], int4, int8, bool), redshift.drop_arrivals() FROM PUBLIC;

CREATE FUNCTION redshift.rebalance() RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_rebalance' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.rebalance() IS 'deals the slices evenly to the compute nodes, with their rows, and returns how many have moved';
REVOKE ALL ON FUNCTION redshift.rebalance() FROM PUBLIC;

CREATE FUNCTION redshift.remove_node(server name) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_remove_node' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.remove_node(name) IS 'moves the slices of a compute node to the others and takes it out of the cluster; returns how many have moved';
REVOKE ALL ON FUNCTION redshift.remove_node(name) FROM PUBLIC;

CREATE FUNCTION redshift.resize(slices int4) RETURNS void
	AS 'MODULE_PATHNAME', 'rs_resize' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.resize(int4) IS 'gives the cluster another number of slices, and moves rows to the nodes of these';
REVOKE ALL ON FUNCTION redshift.resize(int4) FROM PUBLIC;

CREATE FUNCTION redshift.move_slices(slices int4[], server name) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_move_slices' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.move_slices(int4[], name) IS 'moves slices, with their rows, to a compute node, and returns how many were elsewhere';
REVOKE ALL ON FUNCTION redshift.move_slices(int4[], name) FROM PUBLIC;

CREATE FUNCTION redshift.cancel_resize() RETURNS void LANGUAGE sql VOLATILE
	BEGIN ATOMIC
		SELECT FROM redshift.run_on_nodes('SELECT redshift.drop_arrivals()');
	END;
COMMENT ON FUNCTION redshift.cancel_resize() IS 'has nodes forget what was copied for slices that have not moved; or else what was interrupted goes on with the next call';
REVOKE ALL ON FUNCTION redshift.cancel_resize() FROM PUBLIC;

-- What has been copied of slices that are moving, or were until something failed.
CREATE FUNCTION redshift.resize_status(OUT "table" text, OUT source name, OUT target name, OUT slices int4, OUT groups int8, OUT bytes int8,
	OUT total_groups int8, OUT total_bytes int8)
	RETURNS SETOF record LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
	AS $$
	#variable_conflict use_column
	DECLARE
		node record;
		line text;
		arrived jsonb;
		there jsonb;
	BEGIN
		FOR node IN SELECT n.node_id, n.server FROM redshift.node n ORDER BY 1 LOOP
			FOR line IN SELECT redshift.run_on_node(node.node_id, 'SELECT jsonb_build_object(''table'', a.relid::regclass::text, ''source'', a.source, '
				'''slices'', array_agg(DISTINCT a.slice), ''all'', a.plan IS NOT NULL, ''groups'', count(DISTINCT (a.source_storage_id, a.source_group_id)), '
				'''bytes'', sum(a.bytes)) FROM redshift.arriving_group a WHERE EXISTS (SELECT FROM pg_class c WHERE c.oid = a.relid) '
				'GROUP BY a.relid, a.source, a.plan') LOOP
				arrived := line::jsonb;
				"table" := arrived->>'table';
				source := arrived->>'source';
				target := node.server;
				slices := jsonb_array_length(arrived->'slices');
				groups := arrived->'groups';
				bytes := arrived->'bytes';
				there := (SELECT redshift.run_on_node(n.node_id, format('SELECT jsonb_build_object(''groups'', count(*), ''bytes'', coalesce(sum(coalesce('
					'length("rows") + 4, footer_offset + footer_size)), 0)) FROM redshift.stored_groups(%L, %s)', arrived->>'table',
					CASE WHEN (arrived->'all')::bool THEN 'ARRAY(SELECT slice FROM redshift.slice)' ELSE quote_literal(translate(arrived->>'slices', '[]', '{}')) END))
					FROM redshift.node n WHERE n.server = (arrived->>'source')::name)::jsonb;
				total_groups := there->'groups';
				total_bytes := there->'bytes';
				RETURN NEXT;
			END LOOP;
		END LOOP;
	END
	$$;
REVOKE ALL ON FUNCTION redshift.resize_status() FROM PUBLIC;

CREATE VIEW redshift.resize_progress AS
	SELECT *, round(least(100.0 * bytes / nullif(total_bytes, 0), 100), 2) AS progress FROM redshift.resize_status();
COMMENT ON VIEW redshift.resize_progress IS 'what has been copied of slices that move to other compute nodes, in percent, by table and nodes';
