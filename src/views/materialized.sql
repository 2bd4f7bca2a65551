-- Materialized views: what they were computed from, and whether that has changed (materialized.c).

CREATE TABLE redshift.materialized_view (
	mv oid PRIMARY KEY,
	refreshed_at timestamptz NOT NULL,
	xid int8 NOT NULL,
	state jsonb,
	as_redshift bool NOT NULL,
	retry_at timestamptz
);
COMMENT ON TABLE redshift.materialized_view IS 'last refresh of each materialized view, with the state then of what it uses (NULL: not known); whether by Redshift''s dialect; until when automatic ones are put off, as one has failed';
GRANT SELECT ON redshift.materialized_view TO PUBLIC;

CREATE TABLE redshift.mv_refresh (
	logged_at timestamptz NOT NULL DEFAULT now(),
	userid int4,
	session int4,
	xid int8,
	mv int8,
	schema_name text,
	mv_name text,
	automatic int4,
	status text,
	starttime timestamp,
	endtime timestamp
);
COMMENT ON TABLE redshift.mv_refresh IS 'refreshes of materialized views, failed ones too (journal.c)';

CREATE FUNCTION redshift.table_state("table" oid, late bool DEFAULT false) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_table_state' LANGUAGE C STRICT VOLATILE;
COMMENT ON FUNCTION redshift.table_state(oid, bool) IS 'a text that is another whenever the rows of a redshift table are, NULL for other relations; late: marked by a tilde if it may be newer than the statement';

CREATE FUNCTION redshift.rule_is_mutable(relation oid) RETURNS bool
	AS 'MODULE_PATHNAME', 'rs_rule_is_mutable' LANGUAGE C STRICT STABLE;
COMMENT ON FUNCTION redshift.rule_is_mutable(oid) IS 'does the query of a view call functions that may give something else tomorrow';

-- Relations and functions that its query uses, through views, with partitions and heirs.
CREATE FUNCTION redshift.mv_uses(mv oid, OUT class oid, OUT id oid) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE used(class, id) AS (
		SELECT 'pg_class'::regclass::oid, mv
		UNION
		SELECT n.class, n.id FROM used u, LATERAL (
			SELECT d.refclassid, d.refobjid FROM pg_class c JOIN pg_rewrite r ON r.ev_class = c.oid
				JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
				WHERE c.oid = u.id AND (c.relkind = 'v' OR c.oid = mv) AND d.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass)
			UNION ALL
			SELECT 'pg_class'::regclass, inhrelid FROM pg_inherits WHERE inhparent = u.id) n(class, id)
		WHERE u.class = 'pg_class'::regclass
	)
	SELECT class, id FROM used WHERE id >= 16384 AND id <> mv
	$$;
COMMENT ON FUNCTION redshift.mv_uses(oid) IS 'relations and functions that a materialized view is computed from';

-- Whoever asks what a table's rows were is told nothing but whether they are others now.
-- Of tables of other access methods only PostgreSQL's counters tell: an estimate, marked by a tilde.
-- Not volatile: it tells of the snapshot of the statement that asks.
CREATE FUNCTION redshift.mv_state(mv oid, late bool DEFAULT false) RETURNS jsonb
	LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_object_agg(u.class::regclass || ' ' || u.id, CASE
		WHEN p.oid IS NOT NULL THEN CASE WHEN p.oid <> 'redshift.late_binding(text, text, bool)'::regprocedure THEN p.xmin::text END
		WHEN c.relrowsecurity THEN NULL
		WHEN c.relkind = 'v' THEN (SELECT xmin::text FROM pg_rewrite WHERE ev_class = c.oid AND rulename = '_RETURN')
		WHEN c.relkind = 'm' THEN (SELECT m.xid || ' ' || extract(epoch FROM m.refreshed_at) FROM redshift.materialized_view m WHERE m.mv = c.oid)
		WHEN c.relkind = 'p' THEN ''
		WHEN c.relkind = 'r' AND a.amname = 'redshift' THEN redshift.table_state(c.oid, late)
		WHEN c.relkind = 'r' THEN format('~%s %s', c.relfilenode, pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid)
			+ pg_stat_get_tuples_deleted(c.oid)) END), '{}')
	FROM redshift.mv_uses(mv) u
		LEFT JOIN pg_class c ON u.class = 'pg_class'::regclass AND c.oid = u.id LEFT JOIN pg_am a ON a.oid = c.relam
		LEFT JOIN pg_proc p ON u.class = 'pg_proc'::regclass AND p.oid = u.id
	$$;
COMMENT ON FUNCTION redshift.mv_state(oid, bool) IS 'state of what a materialized view uses, by object; null where it cannot be known';

CREATE FUNCTION redshift.mv_is_mutable(mv oid) RETURNS bool
	LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
	SELECT redshift.rule_is_mutable(mv) OR EXISTS (SELECT FROM redshift.mv_uses(mv) u JOIN pg_class c ON c.oid = u.id AND c.relkind = 'v'
		WHERE u.class = 'pg_class'::regclass AND redshift.rule_is_mutable(c.oid))
	$$;
COMMENT ON FUNCTION redshift.mv_is_mutable(oid) IS 'does a materialized view depend on the time, the session or chance';

CREATE FUNCTION redshift.mv_is_stale(mv oid, certain bool DEFAULT false) RETURNS bool
	LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
	SELECT NOT coalesce((SELECT c.relispopulated AND m.state = s.state AND NOT redshift.mv_is_mutable(c.oid)
			AND NOT jsonb_path_exists(s.state, '$.* ? (@ == null)')
			AND (NOT certain OR NOT jsonb_path_exists(s.state, '$.* ? (@ starts with "~")'))
		FROM pg_class c JOIN redshift.materialized_view m ON m.mv = c.oid, LATERAL (SELECT redshift.mv_state(c.oid) AS state) s
		WHERE c.oid = mv_is_stale.mv), false)
	$$;
COMMENT ON FUNCTION redshift.mv_is_stale(oid, bool) IS 'has what a materialized view was computed from changed; certain: or might it have, as far as is known';

CREATE FUNCTION redshift.mv_changes(mv oid) RETURNS SETOF regclass
	LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
	SELECT split_part(s.key, ' ', 2)::oid::regclass FROM jsonb_each(redshift.mv_state(mv)) s
		LEFT JOIN redshift.materialized_view m ON m.mv = mv_changes.mv
	WHERE s.key LIKE 'pg_class %' AND (m.state -> s.key IS DISTINCT FROM s.value OR s.value = 'null')
	ORDER BY 1
	$$;
COMMENT ON FUNCTION redshift.mv_changes(oid) IS 'relations that have changed, or may have, since a materialized view was refreshed';

CREATE FUNCTION redshift.mv_difference(mv oid, state jsonb, OUT is_table bool, OUT id oid, OUT before text) RETURNS SETOF record
	LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
	SELECT key LIKE 'pg_class %' AND n.value IS NOT NULL, split_part(key, ' ', 2)::oid, o.value
	FROM jsonb_each_text((SELECT m.state FROM redshift.materialized_view m WHERE m.mv = mv_difference.mv)) o
		FULL JOIN jsonb_each_text(mv_difference.state) n USING (key)
	WHERE o.value IS NULL OR n.value IS NULL OR o.value <> n.value
	$$;
COMMENT ON FUNCTION redshift.mv_difference(oid, jsonb) IS 'what of that a materialized view uses has another state than when it was refreshed, or none';

CREATE FUNCTION redshift.mv_is_incremental(mv oid) RETURNS bool
	AS 'MODULE_PATHNAME', 'rs_mv_is_incremental' LANGUAGE C STRICT STABLE;
COMMENT ON FUNCTION redshift.mv_is_incremental(oid) IS 'can a materialized view be refreshed by what was added to its tables';

CREATE PROCEDURE redshift.refresh_cascade(view regclass)
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	next regclass;
BEGIN
	FOR next IN
		WITH RECURSIVE over(id, step) AS (
			SELECT view::oid, 0
			UNION
			SELECT r.ev_class, o.step + 1 FROM over o JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = o.id
				AND d.classid = 'pg_rewrite'::regclass JOIN pg_rewrite r ON r.oid = d.objid WHERE r.ev_class <> o.id
		)
		SELECT o.id FROM over o JOIN pg_class c ON c.oid = o.id WHERE c.relkind = 'm' OR o.step = 0 GROUP BY o.id ORDER BY max(o.step), o.id
	LOOP
		EXECUTE format('REFRESH MATERIALIZED VIEW %s', next);
	END LOOP;
END
$$;
COMMENT ON PROCEDURE redshift.refresh_cascade(regclass) IS 'refreshes a materialized view, and then those computed from it';
