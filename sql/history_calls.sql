-- Statements of procedures: as the client's, with the call that runs them; not those of functions, nor expressions.
CREATE TABLE history_t (a int4) USING redshift;
CREATE FUNCTION history_count() RETURNS int8 LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM history_t WHERE a > 0); END $$;
CREATE PROCEDURE history_inner(n int4) LANGUAGE plpgsql AS $$
DECLARE r int8; c record;
BEGIN
	INSERT INTO history_t VALUES (n), (n + 1);
	r := history_count();
	PERFORM history_count() FROM history_t;
	FOR c IN SELECT a FROM history_t ORDER BY a LOOP
		r := r + 1;
		UPDATE history_t SET a = a + 1 WHERE a = c.a;
	END LOOP;
END $$;
CREATE PROCEDURE history_outer() LANGUAGE plpgsql AS $$
DECLARE r int8;
BEGIN
	CREATE TABLE history_made AS SELECT 1 AS x;
	CALL history_inner(1);
	SELECT 1 INTO r;
	COMMIT;
	DELETE FROM history_t WHERE a < 0;
	EXECUTE 'SELECT count(*) FROM history_t' INTO r;
	BEGIN
		SELECT 1 / (a - a) INTO r FROM history_t;
	EXCEPTION WHEN division_by_zero THEN
		NULL;
	END;
	DROP TABLE history_made;
	TRUNCATE history_nothing;
END $$;
SELECT max(query_id) AS before FROM redshift.sys_query_history \gset
CALL history_outer();
SELECT count(*) FROM history_t;
SELECT query_id - :before AS query, transaction_id - :before AS transaction, trim(query_type) AS query_type, trim(status) AS status, trim(error_message) AS error_message,
	trim(query_text) AS query_text
	FROM redshift.sys_query_history WHERE query_id > :before AND session_id = pg_backend_pid() AND query_text !~ 'sys_query' ORDER BY query_id;
SELECT query - :before AS query, from_sp_call - :before AS from_sp_call, aborted, trim(querytxt) AS querytxt
	FROM redshift.svl_stored_proc_call WHERE query > :before AND pid = pg_backend_pid() ORDER BY query;
SELECT trim(substring) AS substring, from_sp_call - :before AS from_sp_call, aborted FROM redshift.svl_qlog WHERE query > :before AND pid = pg_backend_pid() ORDER BY query;
-- A procedure's owner is whose privileges its calls have.
CREATE ROLE history_owner;
GRANT SELECT, INSERT, UPDATE ON history_t TO history_owner;
CREATE PROCEDURE history_definer() LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN CALL history_inner(1); END $$;
ALTER PROCEDURE history_definer() OWNER TO history_owner;
CALL history_definer();
SELECT pg_get_userbyid(userid::oid) = current_user AS mine, pg_get_userbyid(session_userid::oid) = current_user AS my_session, trim(querytxt) AS querytxt
	FROM redshift.svl_stored_proc_call WHERE querytxt ~ 'definer|inner' AND pid = pg_backend_pid() ORDER BY query DESC LIMIT 2;
-- Of a long loop the first thousand, and what takes its time.
CREATE PROCEDURE history_loop(n int4) LANGUAGE plpgsql AS $$
DECLARE r int8;
BEGIN
	FOR i IN 1 .. n LOOP
		SELECT a INTO r FROM history_heap;
	END LOOP;
	SELECT a INTO r FROM history_heap, pg_sleep(0.02);
END $$;
CREATE TABLE history_heap USING heap AS SELECT 1 AS a;
CALL history_loop(3000);
SELECT count(*) BETWEEN 1000 AND 1500 AS bounded, count(*) FILTER (WHERE text ~ 'pg_sleep') AS slow FROM redshift.all_queries
	WHERE caller = (SELECT max(query) FROM redshift.svl_stored_proc_call WHERE pid = pg_backend_pid());
DROP PROCEDURE history_loop, history_definer, history_inner, history_outer;
DROP FUNCTION history_count;
DROP TABLE history_t, history_heap;
DROP ROLE history_owner;
