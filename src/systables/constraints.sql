-- Keys of tables: those that PostgreSQL enforces and those that are informational, which have no OID of
-- their own and get one here that no row of pg_constraint has.

-- internal
CREATE VIEW redshift.key_constraint AS
	SELECT oid, conname, connamespace, contype, conrelid, conkey, confrelid, confkey, confupdtype, confdeltype, condeferrable, condeferred,
		NULL::text AS condef
	FROM pg_catalog.pg_constraint WHERE contype IN ('p', 'u', 'f') AND conrelid <> 0
	UNION ALL
	SELECT (hashtextextended(conname::text, conrelid::int8) & 2147483647 | 2147483648)::oid, conname, connamespace, contype, conrelid, conkey,
		confrelid, confkey, 'a'::"char", 'a'::"char", false, false, condef
	FROM redshift.table_constraints;
COMMENT ON VIEW redshift.key_constraint IS 'primary, unique and foreign keys of tables; condef: of informational ones';

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
	SELECT k.oid, k.conname, k.connamespace, k.contype, false, false, false, k.conrelid, 0::oid, 0::oid,
		0::oid, k.confrelid, CASE k.contype WHEN 'f' THEN 'a' ELSE ' ' END::"char", CASE k.contype WHEN 'f' THEN 'a' ELSE ' ' END::"char",
		CASE k.contype WHEN 'f' THEN 's' ELSE ' ' END::"char", true, 0, true, k.conkey,
		k.confkey, NULL, NULL, NULL, NULL, NULL, NULL, 'pg_catalog.pg_constraint'::regclass, NULL
	FROM redshift.key_constraint k WHERE k.condef IS NOT NULL;
COMMENT ON VIEW redshift."pg_catalog.pg_constraint" IS 'pg_catalog.pg_constraint with informational constraints, and the conditions of checks as text';

CREATE FUNCTION redshift.pg_get_constraintdef(id oid, pretty bool DEFAULT false) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN coalesce(pg_catalog.pg_get_constraintdef(id, pretty), (SELECT k.condef FROM redshift.key_constraint k WHERE k.oid = id AND k.condef IS NOT NULL LIMIT 1));
COMMENT ON FUNCTION redshift.pg_get_constraintdef(oid, bool) IS 'definition of a constraint, of an informational one too';

-- Where clients look for primary keys.
-- overlay indexdef
CREATE VIEW redshift."pg_catalog.pg_indexes" AS
	SELECT i.schemaname, i.tablename, i.indexname, i.tablespace, i.indexdef FROM pg_catalog.pg_indexes i
	UNION ALL
	SELECT n.nspname, c.relname, k.conname, NULL, format('CREATE UNIQUE INDEX %I ON %I.%I USING btree (%s)', k.conname, n.nspname, c.relname,
		(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY s.n)
			FROM generate_subscripts(k.conkey, 1) s(n) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[s.n]))
	FROM redshift.table_constraints k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE k.contype IN ('p', 'u');
COMMENT ON VIEW redshift."pg_catalog.pg_indexes" IS 'pg_catalog.pg_indexes, with the informational primary and unique keys, which have no index, as if they had';
GRANT SELECT ON redshift.key_constraint, redshift."pg_catalog.pg_constraint", redshift."pg_catalog.pg_indexes" TO PUBLIC;
