-- Informational constraints: what is recorded, and what breaks it.

CREATE FUNCTION redshift.constraints_of("table" regclass, OUT conname name, OUT contype "char", OUT conkey int2[],
	OUT confrelid oid, OUT confkey int2[], OUT condef text)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_constraints_of_table' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.constraints_of(regclass) IS 'informational constraints of a table, in the columns of pg_constraint; confrelid is 0 while a foreign key refers to no table';

CREATE VIEW redshift.table_constraints AS
	SELECT k.conname, c.relnamespace AS connamespace, k.contype, c.oid AS conrelid, k.conkey, k.confrelid, k.confkey, k.condef
	FROM pg_class c, LATERAL redshift.constraints_of(c.oid) k
	WHERE c.relkind = 'r' AND c.reloptions::text LIKE '%constraints=%';
COMMENT ON VIEW redshift.table_constraints IS 'informational constraints of all tables, in the columns of pg_constraint';
GRANT SELECT ON redshift.table_constraints TO PUBLIC;

CREATE FUNCTION redshift.verify_constraints("table" regclass, OUT constraint_name name, OUT key jsonb, OUT "rows" int8)
	RETURNS SETOF record AS 'MODULE_PATHNAME', 'rs_verify_constraints' LANGUAGE C STRICT STABLE;
COMMENT ON FUNCTION redshift.verify_constraints(regclass) IS 'keys that break an informational constraint of the table, and how many of its rows have them';
