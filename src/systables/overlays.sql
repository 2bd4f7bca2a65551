-- PostgreSQL's catalogs with the columns that Redshift has besides: each has all of PostgreSQL's
-- columns under the same names.  A statement on Redshift's port reads them in place of the catalogs
-- if it mentions one of the columns that the comment before the view names.  Views have the catalog's
-- name behind its schema's, so that no other relation is called pg_class.

-- Materialized views are views, as Redshift has them.
-- overlay reldiststyle relhasoids relhaspkey pg_get_late_binding_view_cols
CREATE VIEW redshift."pg_catalog.pg_class" AS
	SELECT c.oid, c.relname, c.relnamespace, c.reltype, c.reloftype, c.relowner, c.relam, c.relfilenode, c.reltablespace,
		c.relpages, c.reltuples, c.relallvisible, c.reltoastrelid, c.relhasindex, c.relisshared, c.relpersistence, CASE
		c.relkind WHEN 'm' THEN 'v' ELSE c.relkind END AS relkind, c.relnatts, c.relchecks, c.relhasrules, c.relhastriggers,
		c.relhassubclass, c.relrowsecurity, c.relforcerowsecurity, c.relispopulated, c.relreplident, c.relispartition,
		c.relrewrite, c.relfrozenxid, c.relminmxid, c.relacl, c.reloptions, c.relpartbound, c.tableoid,
		CASE WHEN c.relkind IN ('r', 'm') AND c.relam = (SELECT oid FROM pg_am WHERE amname = 'redshift')
			THEN least(redshift.dist_style(c.reloptions), 9) ELSE 0 END::int2 AS reldiststyle,
		false AS relhasoids, EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p') AS relhaspkey
	FROM pg_catalog.pg_class c;
COMMENT ON VIEW redshift."pg_catalog.pg_class" IS 'pg_catalog.pg_class with reldiststyle: 0 EVEN, 1 KEY, 8 ALL, 9 AUTO, of which pg_class_info tells what it has become';

-- Late binding views have no columns here, as in Redshift: see pg_get_late_binding_view_cols().
-- overlay attencodingtype attisdistkey attsortkeyord pg_get_late_binding_view_cols
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
	WHERE NOT EXISTS (SELECT FROM redshift.late_binding_views l WHERE l.viewoid = a.attrelid);
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
