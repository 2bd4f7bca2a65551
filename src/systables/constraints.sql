-- Keys of tables: those that PostgreSQL enforces and those that are informational, which have no OID of
-- their own and get one here that no row of pg_constraint has.

-- internal
CREATE FUNCTION redshift.key_oid(conname name, conrelid oid) RETURNS oid
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (hashtextextended(conname::text, conrelid::int8) & 2147483647 | 2147483648)::oid;
COMMENT ON FUNCTION redshift.key_oid(name, oid) IS 'OID by which catalogs show an informational constraint, and the index that it would have';

-- Joins of catalogs with views over these ask for them often, as no statistics tell how many there are: so the function is not
-- inlined (it is STRICT), and what it finds is kept for the time of a scan.
-- internal
CREATE FUNCTION redshift.informational_constraints(OUT conname name, OUT connamespace oid, OUT contype "char", OUT conrelid oid, OUT conkey int2[],
		OUT confrelid oid, OUT confkey int2[], OUT condef text, OUT confname name) RETURNS SETOF record
	LANGUAGE sql STRICT STABLE PARALLEL SAFE ROWS 200 COST 10000
	BEGIN ATOMIC
		WITH k AS MATERIALIZED (SELECT * FROM redshift.table_constraints)
		SELECT DISTINCT ON (k.conrelid, k.conname) k.conname, k.connamespace, k.contype, k.conrelid, k.conkey, k.confrelid, k.confkey, k.condef,
			u.conname
		FROM k LEFT JOIN k u ON k.contype = 'f' AND u.conrelid = k.confrelid AND u.contype <> 'f' AND u.conkey @> k.confkey AND u.conkey <@ k.confkey
		ORDER BY k.conrelid, k.conname, u.contype, u.conname;
	END;
COMMENT ON FUNCTION redshift.informational_constraints() IS 'informational constraints of all tables, found once a scan; confname: the informational key that a foreign key refers to';

-- internal
CREATE VIEW redshift.key_constraint AS
	SELECT oid, conname, connamespace, contype, conrelid, conkey, confrelid, confkey, confupdtype, confdeltype, condeferrable, condeferred,
		conindid, NULL::text AS condef
	FROM pg_catalog.pg_constraint WHERE contype IN ('p', 'u', 'f') AND conrelid <> 0
	UNION ALL
	SELECT redshift.key_oid(conname, conrelid), conname, connamespace, contype, conrelid, conkey,
		confrelid, confkey, 'a'::"char", 'a'::"char", false, false,
		CASE WHEN contype <> 'f' THEN redshift.key_oid(conname, conrelid) WHEN confname IS NOT NULL THEN redshift.key_oid(confname, confrelid)
			ELSE coalesce((SELECT i.indexrelid FROM pg_catalog.pg_index i
				WHERE i.indrelid = confrelid AND i.indisunique AND i.indkey::int2[] @> confkey AND i.indkey::int2[] <@ confkey
				ORDER BY NOT i.indisprimary, i.indexrelid LIMIT 1), 0::oid) END,
		condef
	FROM redshift.informational_constraints();
COMMENT ON VIEW redshift.key_constraint IS 'primary, unique and foreign keys of tables; condef: of informational ones';

-- internal
CREATE VIEW redshift.key_index AS
	SELECT redshift.key_oid(conname, conrelid) AS indexrelid, conname, connamespace, contype, conrelid, conkey
	FROM redshift.informational_constraints() WHERE contype IN ('p', 'u');
COMMENT ON VIEW redshift.key_index IS 'informational primary and unique keys, as the indexes that clients look for';

-- internal
CREATE FUNCTION redshift.key_rule(action "char") RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE action WHEN 'c' THEN 0 WHEN 'r' THEN 1 WHEN 'n' THEN 2 WHEN 'd' THEN 4 ELSE 3 END;
COMMENT ON FUNCTION redshift.key_rule("char") IS 'what a foreign key does, by JDBC''s numbers: 0 cascade, 1 restrict, 2 set null, 3 nothing, 4 set default';

-- overlay consrc conkey confkey conrelid confrelid
CREATE VIEW redshift."pg_catalog.pg_constraint" AS
	SELECT c.oid, c.conname, c.connamespace, c.contype, c.condeferrable, c.condeferred, c.convalidated, c.conrelid, c.contypid, c.conindid,
		c.conparentid, c.confrelid, c.confupdtype, c.confdeltype, c.confmatchtype, c.conislocal, c.coninhcount, c.connoinherit, c.conkey,
		c.confkey, c.conpfeqop, c.conppeqop, c.conffeqop, c.confdelsetcols, c.conexclop, c.conbin, c.tableoid,
		pg_get_expr(c.conbin, c.conrelid) AS consrc
	FROM pg_catalog.pg_constraint c
	UNION ALL
	SELECT k.oid, k.conname, k.connamespace, k.contype, false, false, false, k.conrelid, 0::oid, k.conindid,
		0::oid, k.confrelid, CASE k.contype WHEN 'f' THEN 'a' ELSE ' ' END::"char", CASE k.contype WHEN 'f' THEN 'a' ELSE ' ' END::"char",
		CASE k.contype WHEN 'f' THEN 's' ELSE ' ' END::"char", true, 0, true, k.conkey,
		k.confkey, NULL::oid[], NULL::oid[], NULL::oid[], NULL::int2[], NULL::oid[], NULL::pg_node_tree, 'pg_catalog.pg_constraint'::regclass::oid,
		NULL::text
	FROM redshift.key_constraint k WHERE k.condef IS NOT NULL;
COMMENT ON VIEW redshift."pg_catalog.pg_constraint" IS 'pg_catalog.pg_constraint with informational constraints, and the conditions of checks as text';

CREATE FUNCTION redshift.pg_get_constraintdef(id oid, pretty bool DEFAULT false) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN coalesce(pg_catalog.pg_get_constraintdef(id, pretty), (SELECT k.condef FROM redshift.key_constraint k WHERE k.oid = id AND k.condef IS NOT NULL LIMIT 1));
COMMENT ON FUNCTION redshift.pg_get_constraintdef(oid, bool) IS 'definition of a constraint, of an informational one too';

-- internal
CREATE FUNCTION redshift.key_columns(conrelid oid, conkey int2[]) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY s.n)
		FROM generate_subscripts(conkey, 1) s(n) JOIN pg_catalog.pg_attribute a ON a.attrelid = conrelid AND a.attnum = conkey[s.n]);
COMMENT ON FUNCTION redshift.key_columns(oid, int2[]) IS 'names of a key''s columns';

-- internal
CREATE FUNCTION redshift.key_index_definition(conname name, conrelid oid, conkey int2[]) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (SELECT format('CREATE UNIQUE INDEX %I ON %I.%I USING btree (%s)', conname, n.nspname, c.relname, redshift.key_columns(conrelid, conkey))
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = conrelid);
COMMENT ON FUNCTION redshift.key_index_definition(name, oid, int2[]) IS 'definition of the index that an informational key would have';

-- Where clients look for keys: in pg_index, whose rows refer to those of pg_class and pg_attribute (overlays.sql), and in pg_indexes.
-- overlay pg_index
CREATE VIEW redshift."pg_catalog.pg_index" AS
	SELECT i.indexrelid, i.indrelid, i.indnatts, i.indnkeyatts, i.indisunique, i.indnullsnotdistinct, i.indisprimary, i.indisexclusion,
		i.indimmediate, i.indisclustered, i.indisvalid, i.indcheckxmin, i.indisready, i.indislive, i.indisreplident, i.indkey,
		i.indcollation, i.indclass, i.indoption, i.indexprs, i.indpred, i.tableoid
	FROM pg_catalog.pg_index i
	UNION ALL
	SELECT k.indexrelid, k.conrelid, cardinality(k.conkey)::int2, cardinality(k.conkey)::int2, true, false, k.contype = 'p', false,
		true, false, true, false, true, true, false, array_to_string(k.conkey, ' ')::int2vector,
		c.collations::oidvector, regexp_replace(c.collations, '[0-9]+', '0', 'g')::oidvector,
		regexp_replace(c.collations, '[0-9]+', '0', 'g')::int2vector, NULL::pg_node_tree, NULL::pg_node_tree,
		'pg_catalog.pg_index'::regclass::oid
	FROM redshift.key_index k, LATERAL (SELECT string_agg(a.attcollation::text, ' ' ORDER BY s.n) AS collations
		FROM generate_subscripts(k.conkey, 1) s(n) JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[s.n]) c;
COMMENT ON VIEW redshift."pg_catalog.pg_index" IS 'pg_catalog.pg_index, with the informational primary and unique keys, which have no index, as if they had';

-- What a foreign key depends on: clients of older servers look for the index of the key that it refers to.
-- overlay confkey
CREATE VIEW redshift."pg_catalog.pg_depend" AS
	SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype, d.tableoid
	FROM pg_catalog.pg_depend d
	UNION ALL
	SELECT 'pg_catalog.pg_constraint'::regclass::oid, k.oid, 0, 'pg_catalog.pg_class'::regclass::oid, k.conindid, 0, 'n'::"char",
		'pg_catalog.pg_depend'::regclass::oid
	FROM redshift.key_constraint k WHERE k.contype = 'f' AND k.condef IS NOT NULL;
COMMENT ON VIEW redshift."pg_catalog.pg_depend" IS 'pg_catalog.pg_depend with the indexes, or informational keys, that informational foreign keys refer to';

CREATE FUNCTION redshift.pg_get_indexdef(index_oid oid) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN coalesce(pg_catalog.pg_get_indexdef(index_oid), (SELECT redshift.key_index_definition(k.conname, k.conrelid, k.conkey)
		FROM redshift.key_index k WHERE k.indexrelid = index_oid LIMIT 1));
COMMENT ON FUNCTION redshift.pg_get_indexdef(oid) IS 'definition of an index, or of the one that an informational key would have';

CREATE FUNCTION redshift.pg_get_indexdef(index_oid oid, column_no int4, pretty bool) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN coalesce(pg_catalog.pg_get_indexdef(index_oid, column_no, pretty), (SELECT CASE column_no
			WHEN 0 THEN redshift.key_index_definition(k.conname, k.conrelid, k.conkey)
			ELSE coalesce(redshift.key_columns(k.conrelid, k.conkey[column_no:column_no]), '') END
		FROM redshift.key_index k WHERE k.indexrelid = index_oid LIMIT 1));
COMMENT ON FUNCTION redshift.pg_get_indexdef(oid, int4, bool) IS 'definition of an index or of one of its columns, of an informational key''s, too';

-- overlay indexdef
CREATE VIEW redshift."pg_catalog.pg_indexes" AS
	SELECT i.schemaname, i.tablename, i.indexname, i.tablespace, i.indexdef FROM pg_catalog.pg_indexes i
	UNION ALL
	SELECT n.nspname, c.relname, k.conname, NULL, redshift.key_index_definition(k.conname, k.conrelid, k.conkey)
	FROM redshift.key_index k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace;
COMMENT ON VIEW redshift."pg_catalog.pg_indexes" IS 'pg_catalog.pg_indexes, with the informational primary and unique keys, which have no index, as if they had';
GRANT SELECT ON redshift.key_constraint, redshift.key_index, redshift."pg_catalog.pg_index", redshift."pg_catalog.pg_depend",
	redshift."pg_catalog.pg_constraint", redshift."pg_catalog.pg_indexes" TO PUBLIC;
