-- Nodes and what they hold; whether all is as it should be.

CREATE FUNCTION redshift.run_on_node(node_id int4, query text) RETURNS SETOF text
	AS 'MODULE_PATHNAME', 'rs_run_on_node' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.run_on_node(int4, text) IS 'runs a query on a compute node, in this transaction: the first column of its rows';
REVOKE ALL ON FUNCTION redshift.run_on_node(int4, text) FROM PUBLIC;

CREATE FUNCTION redshift.node_status(node_id int4, OUT state text, OUT "rows" int8, OUT bytes int8)
	AS 'MODULE_PATHNAME', 'rs_node_status' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.node_status(int4) IS 'whether a compute node answers, and the rows and bytes of its tables that the user may read';

CREATE FUNCTION redshift.node_tables(OUT node_id int4, OUT schema name, OUT "table" name, OUT "rows" int8, OUT bytes int8,
	OUT smallest_slice int8, OUT largest_slice int8)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_node_tables' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.node_tables() IS 'the tables on each compute node that the user may read; rows of the smallest and the largest of its slices';

CREATE VIEW redshift.nodes AS
	SELECT n.node_id, n.server, t.state, t."rows", t.bytes, s.slices
	FROM redshift.node n LEFT JOIN LATERAL (
		SELECT array_agg(slice ORDER BY slice) AS slices FROM redshift.slice s WHERE s.node_id = n.node_id) s ON true,
		redshift.node_status(n.node_id) t;
COMMENT ON VIEW redshift.nodes IS 'the compute nodes: whether they answer, what they hold, their slices';

CREATE VIEW redshift.distributed_table_info AS
	SELECT c.oid::regclass AS "table", n.nspname AS schema,
		CASE WHEN o.diststyle = 'auto(key)' THEN format('AUTO(KEY(%s))', o.distkey) WHEN o.diststyle LIKE 'auto(%' THEN upper(o.diststyle)
			ELSE o.diststyle END AS diststyle, o.distkey,
		CASE WHEN o.diststyle IN ('all', 'auto(all)') THEN max(t."rows") ELSE sum(t."rows") END AS "rows", sum(t.bytes) AS bytes, count(*) AS nodes,
		CASE WHEN o.diststyle NOT IN ('all', 'auto(all)') AND max(t.largest_slice) > 0
			THEN round(max(t.largest_slice)::numeric / greatest(min(t.smallest_slice) FILTER (WHERE t.sliced), 1), 2) END AS skew_rows
	FROM pg_class c JOIN redshift.distributed_table d ON d.relid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN (SELECT *, EXISTS (SELECT FROM redshift.slice s WHERE s.node_id = t.node_id) AS sliced FROM redshift.node_tables() t) t
			ON t.schema = n.nspname AND t."table" = c.relname,
		LATERAL (
			SELECT lower(coalesce(max(option_value) FILTER (WHERE option_name = 'diststyle'),
					CASE WHEN max(option_value) FILTER (WHERE option_name = 'distkey') IS NULL THEN 'auto' ELSE 'key' END)) AS diststyle,
				max(option_value) FILTER (WHERE option_name = 'distkey') AS distkey
			FROM pg_options_to_table(c.reloptions)) o
	GROUP BY c.oid, n.nspname, o.diststyle, o.distkey;
COMMENT ON VIEW redshift.distributed_table_info IS 'distributed tables the user may read: rows and bytes on all nodes; skew_rows: the most rows of a slice over the fewest';

CREATE VIEW redshift.slices AS
	SELECT s.slice, s.node_id, n.server FROM redshift.slice s LEFT JOIN redshift.node n USING (node_id);
COMMENT ON VIEW redshift.slices IS 'the cluster''s slices and which compute node has which';
GRANT SELECT ON redshift.nodes, redshift.slices, redshift.distributed_table_info TO PUBLIC;

-- A row for each thing that is not as the leader's catalogs say.
CREATE FUNCTION redshift.check_cluster(OUT node name, OUT problem text) RETURNS SETOF record
	LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
	AS $$
	#variable_conflict use_column
	DECLARE
		node_id int4;
		state text;
		definitions text[] := ARRAY(SELECT redshift.definition_statement(b) FROM (VALUES (false), (true)) v(b));
		there text[];
		known text := (SELECT concat_ws(' ', c.id, array_agg(s.node_id ORDER BY s.slice)) FROM redshift.cluster c, redshift.slice s GROUP BY c.id);
		tables record;
		answer text[];
		first_answer text[];
	BEGIN
		-- What to ask of each table: of one on all nodes, the rows; of others, how many are not where they belong.
		SELECT array_agg(name) AS names, array_agg(on_all) AS on_all, string_agg(CASE WHEN on_all
				THEN format('(SELECT count(*) || '' '' || coalesce(sum(hashtextextended(t::text, 0)), 0) FROM ONLY %s t)', name)
				ELSE format('redshift.misplaced_rows(%L)::text', name) END, ', ') AS questions
			INTO tables FROM (
				SELECT c.oid::regclass::text AS name, EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o
					WHERE o.option_name = 'diststyle' AND lower(o.option_value) IN ('all', 'auto(all)')) AS on_all
				FROM redshift.distributed_table d JOIN pg_class c ON c.oid = d.relid ORDER BY c.oid) t;
		FOR node_id, node IN SELECT n.node_id, n.server FROM redshift.node n ORDER BY 1 LOOP
			SELECT s.state INTO state FROM redshift.node_status(node_id) s;
			IF state <> 'reachable' THEN
				problem := state;
				RETURN NEXT;
				CONTINUE;
			END IF;
			there := ARRAY(SELECT redshift.run_on_node(node_id, 'SELECT concat_ws('' '', c.id, array_agg(s.node_id ORDER BY s.slice)) || '' '' || c.self '
				'FROM redshift.cluster c, redshift.slice s GROUP BY c.id, c.self'));
			IF there IS DISTINCT FROM ARRAY[known || ' ' || node_id] THEN
				problem := 'its copy of the cluster''s slices differs';
				RETURN NEXT;
			END IF;
			there := ARRAY(SELECT redshift.run_on_node(node_id, 'SELECT redshift.definition_statement(b) FROM (VALUES (false), (true)) v(b)'));
			FOR problem IN SELECT 'lacks, or has otherwise: ' || left(d, 500) FROM unnest(definitions) d WHERE d <> ALL (there)
				UNION ALL SELECT 'has: ' || left(d, 500) FROM unnest(there) d WHERE d <> ALL (definitions) LOOP
				RETURN NEXT;
			END LOOP;
			CONTINUE WHEN tables.names IS NULL;
			BEGIN
				SELECT run_on_node::text[] INTO answer FROM redshift.run_on_node(node_id, 'SELECT ARRAY[' || tables.questions || ']');
			EXCEPTION WHEN undefined_table OR invalid_schema_name THEN
				CONTINUE;
			END;
			first_answer := coalesce(first_answer, answer);
			FOR problem IN SELECT CASE WHEN tables.on_all[i] AND split_part(answer[i], ' ', 1) <> split_part(first_answer[i], ' ', 1)
						THEN format('%s has %s rows, on the first node %s', tables.names[i], split_part(answer[i], ' ', 1), split_part(first_answer[i], ' ', 1))
					WHEN tables.on_all[i] THEN format('%s has other rows than on the first node', tables.names[i])
					ELSE format('%s has %s rows that are not of the slices they stand in', tables.names[i], answer[i]) END
				FROM generate_subscripts(tables.names, 1) i
				WHERE answer[i] <> CASE WHEN tables.on_all[i] THEN first_answer[i] ELSE '0' END LOOP
				RETURN NEXT;
			END LOOP;
		END LOOP;
	END
	$$;
COMMENT ON FUNCTION redshift.check_cluster() IS 'compares definitions, slices, the rows of tables that are on all nodes and the places of other rows: a row for each problem';
REVOKE ALL ON FUNCTION redshift.check_cluster() FROM PUBLIC;
