-- The translator as a whole: text that comes through, names, positions, deferred queries.

-- All tests are in PostgreSQL's SQL, with some of Redshift's: what comes out otherwise is
-- shown by the first place that differs.  Names of functions are Redshift's where it has
-- its own.  dialect_* and COPY's data are no such SQL; security has a HAVING with the name of an alias.
\getenv abs_srcdir PG_ABS_SRCDIR
SET enable_case_sensitive_identifier = on;
CREATE FUNCTION differs(file text) RETURNS text AS $$
DECLARE
	-- Types, LIKE and VACUUM FULL mean what they do in Redshift: see dialect_statements.
	given text := regexp_replace(pg_read_file(file), '^(create (temp )?table|alter table|vacuum full|cluster)[^;]*;', '', 'gwi');
	got text := redshift.translate(given);
	at int := 1;
BEGIN
	-- DECIMAL without precision is another type, too.
	got := replace(replace(got, 'redshift.', ''), 'numeric(18, 0)', 'numeric');
	given := replace(given, 'redshift.', '');
	IF got = given THEN
		RETURN NULL;
	END IF;
	WHILE left(got, at) = left(given, at) LOOP
		at := at + 1000;
	END LOOP;
	at := greatest(at - 1000, 1);
	WHILE substr(got, at, 1) = substr(given, at, 1) LOOP
		at := at + 1;
	END LOOP;
	RETURN format('%s at %s: %s / %s', regexp_replace(file, '.*/', ''), at, substr(given, at, 60), substr(got, at, 60));
END $$ LANGUAGE plpgsql;
SELECT differs(:'abs_srcdir' || '/sql/' || name) FROM pg_ls_dir(:'abs_srcdir' || '/sql') name
	WHERE name ~ '^(aggregates|cte|[f-z].*|subqueries)\.sql$' AND name !~ '^(functions|systables|history|endpoint|load|format|unload|security)'
	AND differs(:'abs_srcdir' || '/sql/' || name) IS NOT NULL ORDER BY name COLLATE "C";
DROP FUNCTION differs;
RESET enable_case_sensitive_identifier;

-- Statements, comments, quotes, parameters
SELECT redshift.translate('');
SELECT redshift.translate(' ; -- nothing
;');
SELECT redshift.translate($$select '--', $q$ ; $q$, "a""b" /* ; /* */ */ from t where x = $1; ;select 2$$);
SELECT redshift.translate('select ''unfinished');
SELECT redshift.translate('create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3');

-- Names: folded, temporary, the system's
SELECT redshift.translate('SELECT "Total" AS "Sum", "a b", t."C" FROM "Sales" t ORDER BY a COLLATE "C"');
SELECT redshift.translate('SELECT a # b, #t.x FROM #t JOIN s.#u ON #t.x=#u.x, #v WHERE x #y = 1; drop table #t; select #p from q; grant select on #u to public');
SELECT redshift.translate('select svv_table_info."table" from svv_table_info, pg_catalog.stl_load_errors e, dev.pg_catalog.stv_slices,
	public.stv_slices p, other.stv_slices where pg_catalog.stv_slices.slice = 1');
SELECT redshift.translate('with stv_slices as (select 1 from stv_slices) select (select max(a) from stv_slices) from stv_slices');
SELECT redshift.translate('select getdate(), pg_catalog.getdate(), s.getdate(), getdate from getdate() as getdate(getdate)');
SELECT redshift.translate('insert into getdate (a) select getdate() from (select 1)');
SET enable_case_sensitive_identifier = on;
SELECT redshift.translate('SELECT "Total" FROM "Sales"');
RESET enable_case_sensitive_identifier;

-- Where parts of a translation come from
SELECT * FROM redshift.translate_positions('select "A" from (select 1), #t');

-- Deferred queries
CREATE TABLE parts (id int, name text, price numeric);
INSERT INTO parts VALUES (1, 'bolt', 0.5), (2, 'nut', 0.25);
SELECT redshift.deferred('select "ID", name from (select * from parts) where id = 1');
SELECT redshift.deferred('insert into parts select id + 10, name from parts');
SELECT redshift.deferred('update parts set name = ''x''''y'' where id > 10');
SELECT redshift.deferred('delete from parts where id > 11 returning id, name');
EXPLAIN (COSTS OFF) SELECT redshift.deferred('select name from parts where id = 2');
CREATE VIEW cheap AS SELECT redshift.deferred('select * from (select name from parts where price < 0.5)');
TABLE cheap;
CREATE TABLE copied AS SELECT redshift.deferred('select id, price from parts');
SELECT * FROM copied ORDER BY id;
BEGIN;
DECLARE c CURSOR FOR SELECT redshift.deferred('select id from parts order by id');
FETCH ALL FROM c;
COMMIT;
COPY (SELECT redshift.deferred('select id from parts where id = 1')) TO STDOUT;
SELECT redshift.deferred('select id into picked from parts where id < 3');
TABLE picked;

-- Parameters, also those whose types are found; and plans that grow stale
PREPARE two AS SELECT redshift.deferred('select * from parts where id = $1 and name like $2');
SELECT parameter_types FROM pg_prepared_statements WHERE name = 'two';
EXECUTE two(1, 'b%');
ALTER TABLE copied ADD COLUMN extra int DEFAULT 7;
PREPARE wrong AS SELECT redshift.deferred('select $1 - $1, $3::int');
DEALLOCATE two;
CREATE FUNCTION cheaper(limit_price numeric) RETURNS SETOF text AS $$
	BEGIN RETURN QUERY SELECT redshift.deferred('select name from parts where price < limit_price'); END $$ LANGUAGE plpgsql;
SELECT cheaper(0.4);
DROP TABLE copied;
CREATE TABLE copied (id int, extra text);
SELECT cheaper(0.4);

-- What is wrong in it is shown where it is
SELECT redshift.deferred('select ''it''''s'', "Nam" from (select 1 as nam) where nam = wrong');
SELECT redshift.deferred(E'select ''it''''s'', \\wrong');
SELECT redshift.deferred('select 1 from (select 2');
SELECT redshift.deferred('select 1; select 2');
SELECT redshift.deferred('');
SELECT upper(redshift.deferred('select 1'));
SELECT redshift.deferred('select redshift.deferred(''select 1'')');

DROP VIEW cheap;
DROP FUNCTION cheaper;
DROP TABLE parts, copied, picked;
