-- PostgreSQL's catalogs with the columns that Redshift has besides: each has all of PostgreSQL's
-- columns under the same names.  A statement on Redshift's port reads them in place of the catalogs
-- if it mentions one of the columns that the comment before the view names.  Views have the catalog's
-- name behind its schema's, so that no other relation is called pg_class.

-- internal
CREATE FUNCTION redshift.has_key(relid oid, reloptions text[], types "char"[]) RETURNS bool
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE WHEN reloptions::text LIKE '%constraints=%'
		THEN EXISTS (SELECT FROM redshift.constraints_of(relid) k WHERE k.contype = ANY (types)) ELSE false END;
COMMENT ON FUNCTION redshift.has_key(oid, text[], "char"[]) IS 'has a table an informational key of one of these types?';

-- Materialized views are views, as Redshift has them.  Informational keys have indexes, for clients that look for them there, and
-- make what psql asks before it looks: has a table indexes, and triggers, which it has if it has foreign keys.
-- overlay reldiststyle relhasoids relhaspkey relhasindex relhastriggers pg_index confkey pg_get_late_binding_view_cols
CREATE VIEW redshift."pg_catalog.pg_class" AS
	SELECT c.oid, c.relname, c.relnamespace, c.reltype, c.reloftype, c.relowner, c.relam, c.relfilenode, c.reltablespace,
		c.relpages, c.reltuples, c.relallvisible, c.reltoastrelid, c.relhasindex OR redshift.has_key(c.oid, c.reloptions, '{p,u}') AS relhasindex,
		c.relisshared, c.relpersistence, CASE
		c.relkind WHEN 'm' THEN 'v' ELSE c.relkind END AS relkind, c.relnatts, c.relchecks, c.relhasrules, c.relhastriggers OR redshift.has_key(c.oid, c.reloptions, '{f}')
			OR c.oid IN (SELECT k.confrelid FROM redshift.informational_constraints() k WHERE k.contype = 'f') AS relhastriggers,
		c.relhassubclass, c.relrowsecurity, c.relforcerowsecurity, c.relispopulated, c.relreplident, c.relispartition,
		c.relrewrite, c.relfrozenxid, c.relminmxid, c.relacl, c.reloptions, c.relpartbound, c.tableoid,
		CASE WHEN c.relkind IN ('r', 'm') AND c.relam = (SELECT oid FROM pg_am WHERE amname = 'redshift')
			THEN least(redshift.dist_style(c.reloptions), 9) ELSE 0 END::int2 AS reldiststyle,
		false AS relhasoids, EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')
			OR redshift.has_key(c.oid, c.reloptions, '{p}') AS relhaspkey
	FROM pg_catalog.pg_class c
	UNION ALL
	SELECT k.indexrelid, k.conname, k.connamespace, 0::oid, 0::oid, c.relowner, (SELECT oid FROM pg_am WHERE amname = 'btree'), 0::oid, 0::oid,
		0, c.reltuples, 0, 0::oid, false, false, c.relpersistence, 'i'::"char", cardinality(k.conkey)::int2, 0::int2, false, false,
		false, false, false, true, 'n'::"char", false, 0::oid, '0'::xid, '0'::xid, NULL::aclitem[], NULL::text[], NULL::pg_node_tree,
		'pg_catalog.pg_class'::regclass::oid, 0::int2, false, false
	FROM redshift.key_index k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid;
COMMENT ON VIEW redshift."pg_catalog.pg_class" IS 'pg_catalog.pg_class with reldiststyle: 0 EVEN, 1 KEY, 8 ALL, 9 AUTO, of which pg_class_info tells what it has become';

-- Late binding views have no columns here, as in Redshift: see pg_get_late_binding_view_cols().
-- overlay attencodingtype attisdistkey attsortkeyord pg_index pg_get_late_binding_view_cols
CREATE VIEW redshift."pg_catalog.pg_attribute" AS
	SELECT a.attrelid, a.attname, a.atttypid, a.attstattarget, a.attlen, a.attnum, a.attndims, a.attcacheoff,
		a.atttypmod, a.attbyval, a.attalign, a.attstorage, a.attcompression, a.attnotnull, a.atthasdef,
		a.atthasmissing, a.attidentity, a.attgenerated, a.attisdropped, a.attislocal, a.attinhcount,
		a.attcollation, a.attacl, a.attoptions, a.attfdwoptions, a.attmissingval::text AS attmissingval, a.tableoid,
		CASE WHEN c.columnar AND a.attnum > 0 AND NOT a.attisdropped THEN redshift.column_encoding(c.reloptions, a.attname, a.atttypid)
			ELSE 0 END::int2 AS attencodingtype,
		c.columnar AND coalesce(redshift.is_dist_key(c.reloptions, a.attname), false) AS attisdistkey,
		CASE WHEN c.columnar THEN coalesce(redshift.sort_position(c.reloptions, a.attname), 0) ELSE 0 END AS attsortkeyord
	FROM pg_catalog.pg_attribute a JOIN (
		SELECT oid, reloptions, relkind IN ('r', 'm') AND relam = (SELECT oid FROM pg_am WHERE amname = 'redshift') AS columnar
		FROM pg_catalog.pg_class) c ON c.oid = a.attrelid
	WHERE NOT EXISTS (SELECT FROM redshift.late_binding_views l WHERE l.viewoid = a.attrelid)
	UNION ALL
	SELECT k.indexrelid, a.attname, a.atttypid, a.attstattarget, a.attlen, s.n::int2, a.attndims, a.attcacheoff,
		a.atttypmod, a.attbyval, a.attalign, a.attstorage, a.attcompression, false, false, false, ''::"char", ''::"char", false, true, 0,
		a.attcollation, NULL::aclitem[], NULL::text[], NULL::text[], NULL::text, a.tableoid, 0::int2, false, 0
	FROM redshift.key_index k, generate_subscripts(k.conkey, 1) s(n), pg_catalog.pg_attribute a
	WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[s.n];
COMMENT ON VIEW redshift."pg_catalog.pg_attribute" IS 'pg_catalog.pg_attribute with encodings and keys: attsortkeyord from 1, 0 if it is none; see format_encoding()';

-- overlay adsrc
CREATE VIEW redshift."pg_catalog.pg_attrdef" AS
	SELECT d.*, d.tableoid, pg_get_expr(d.adbin, d.adrelid) AS adsrc FROM pg_catalog.pg_attrdef d;
COMMENT ON VIEW redshift."pg_catalog.pg_attrdef" IS 'pg_catalog.pg_attrdef with the defaults as text';

-- overlay proisagg
CREATE VIEW redshift."pg_catalog.pg_proc" AS
	SELECT p.*, p.tableoid, p.prokind = 'a' AS proisagg FROM pg_catalog.pg_proc p;
COMMENT ON VIEW redshift."pg_catalog.pg_proc" IS 'pg_catalog.pg_proc with proisagg';

-- overlay procpid current_query
CREATE VIEW redshift."pg_catalog.pg_stat_activity" AS
	SELECT a.*, a.pid AS procpid, CASE WHEN a.state LIKE 'idle%' THEN '<' || upper(a.state) || '>' ELSE a.query END AS current_query
	FROM pg_catalog.pg_stat_activity a;
COMMENT ON VIEW redshift."pg_catalog.pg_stat_activity" IS 'pg_catalog.pg_stat_activity with columns under older names';

GRANT SELECT ON redshift."pg_catalog.pg_stat_activity", redshift."pg_catalog.pg_class", redshift."pg_catalog.pg_attribute", redshift."pg_catalog.pg_attrdef", redshift."pg_catalog.pg_proc" TO PUBLIC;
