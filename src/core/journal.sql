-- What system tables keep of statements: rows that outlast their transactions (journal.c).

-- Numbers of statements, as columns called query have them.
CREATE SEQUENCE redshift.query_number AS int4 MINVALUE 1 CYCLE;

CREATE FUNCTION redshift.may_see(userid int4) RETURNS bool LANGUAGE sql STABLE PARALLEL SAFE
	RETURN userid = (SELECT oid::int8::bit(32)::int4 FROM pg_roles WHERE rolname = current_user)
		OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE');
COMMENT ON FUNCTION redshift.may_see(int4) IS 'may the current user see what system tables keep of that user';
