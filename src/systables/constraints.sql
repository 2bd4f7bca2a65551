-- Keys of tables.

-- internal
CREATE VIEW redshift.key_constraint AS
	SELECT oid, conname, contype, conrelid, conkey, confrelid, confkey, confupdtype, confdeltype, condeferrable, condeferred
	FROM pg_catalog.pg_constraint WHERE contype IN ('p', 'u', 'f') AND conrelid <> 0;
COMMENT ON VIEW redshift.key_constraint IS 'primary, unique and foreign keys of tables';

-- internal
CREATE FUNCTION redshift.key_rule(action "char") RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE action WHEN 'c' THEN 0 WHEN 'r' THEN 1 WHEN 'n' THEN 2 WHEN 'd' THEN 4 ELSE 3 END;
COMMENT ON FUNCTION redshift.key_rule("char") IS 'what a foreign key does, by JDBC''s numbers: 0 cascade, 1 restrict, 2 set null, 3 nothing, 4 set default';

-- overlay consrc
CREATE VIEW redshift.pg_constraint AS
	SELECT c.*, c.tableoid, pg_get_expr(c.conbin, c.conrelid) AS consrc FROM pg_catalog.pg_constraint c;
COMMENT ON VIEW redshift.pg_constraint IS 'pg_catalog.pg_constraint with the conditions of checks as text';
GRANT SELECT ON redshift.key_constraint, redshift.pg_constraint TO PUBLIC;
