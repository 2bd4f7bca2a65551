-- Exceptions and transactions in procedures
SET default_table_access_method = redshift;
SET redshift.dialect = redshift;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
CREATE TABLE procedures_rows (a int);
CREATE TABLE procedures_log (message varchar(200));

-- What is caught undoes the transaction, is handled, and raised again; what the handler did stays.
SELECT redshift.translate($q$create procedure procedures_atomic() as $$
begin
	insert into procedures_rows values (1);
	begin
		execute 'select missing';
	exception when others then
		insert into procedures_log values ('handled: ' || sqlerrm);
	end;
	insert into procedures_rows values (2);
end $$ language plpgsql$q$) \gexec
CALL procedures_atomic();
SELECT * FROM procedures_log;
SELECT * FROM procedures_rows;

-- In a transaction block the error ends all of it.
BEGIN;
INSERT INTO procedures_rows VALUES (3);
CALL procedures_atomic();
ROLLBACK;
SELECT * FROM procedures_log;

-- One handler inside another; an error of a handler; conditions that only PostgreSQL has
SELECT redshift.translate($q$create procedure procedures_outer() as $$
begin
	begin
		call procedures_atomic();
	exception when others then
		insert into procedures_log values ('lost');
	end;
exception when others then
	insert into procedures_log values ('outer: ' || sqlerrm);
end $$ language plpgsql$q$) \gexec
CALL procedures_outer();
SELECT * FROM procedures_log ORDER BY 1;
SELECT redshift.translate($q$create procedure procedures_own_error() as $$
begin
	select 1 / 0;
exception when others then
	insert into procedures_log values ('lost, too');
	raise exception 'failed by %', sqlerrm;
end $$ language plpgsql$q$) \gexec
CALL procedures_own_error();
SELECT redshift.translate($q$create procedure procedures_condition() as $$
begin
	select 1 / 0;
exception when division_by_zero then
	insert into procedures_log values ('kept');
end $$ language plpgsql$q$) \gexec
CALL procedures_condition();
SELECT * FROM procedures_log ORDER BY 1;

-- NONATOMIC: each statement is committed, and what is caught is done with.
TRUNCATE procedures_log, procedures_rows;
SELECT redshift.translate($q$create procedure procedures_nonatomic() nonatomic as $$
begin
	if true then
		insert into procedures_rows values (1);
	end if;
	begin
		execute 'select missing';
	exception when others then
		insert into procedures_log values ('caught');
	end;
	for i in 2..3 loop
		insert into procedures_rows values (i);
	end loop;
	select 1 / 0;
end $$ language plpgsql$q$) \gexec
CALL procedures_nonatomic();
SELECT * FROM procedures_log;
SELECT * FROM procedures_rows ORDER BY 1;

-- START TRANSACTION holds the commits back.
SELECT redshift.translate($q$create procedure procedures_block(fail bool) nonatomic as $$
declare
	item record;
	items cursor for select a from procedures_rows order by a;
begin
	start transaction;
	open items;
	loop
		fetch items into item;
		exit when not found;
		insert into procedures_log values (item.a);
	end loop;
	if fail then
		rollback;
	end if;
	commit;
end $$ language plpgsql$q$) \gexec
CALL procedures_block(true);
SELECT * FROM procedures_log ORDER BY 1;
CALL procedures_block(false);
SELECT * FROM procedures_log ORDER BY 1;

-- In a transaction block its statements are parts of that.
SELECT redshift.translate($q$create procedure procedures_two() nonatomic as $$
begin
	insert into procedures_rows values (8);
	insert into procedures_rows values (9);
end $$ language plpgsql$q$) \gexec
BEGIN;
CALL procedures_two();
ROLLBACK;
SELECT count(*) FROM procedures_rows WHERE a > 7;
SELECT redshift.can_end_transaction();
BEGIN;
SELECT redshift.can_end_transaction();
COMMIT;

DROP PROCEDURE procedures_atomic, procedures_outer, procedures_own_error, procedures_condition, procedures_nonatomic, procedures_block,
	procedures_two;
DROP TABLE procedures_rows, procedures_log;

-- Statements that name a procedure may leave out its OUT arguments, if one only is meant.
SELECT redshift.translate($q$create procedure procedures_out(a in int, b inout varchar(20), c out int, d out varchar) as $$ begin c := a; end $$ language plpgsql$q$) \gexec
SELECT redshift.translate($q$create procedure procedures_out(a in int, b inout varchar(20)) as $$ begin b := 'short'; end $$ language plpgsql$q$) \gexec
SELECT redshift.translate($q$create procedure procedures_only_out(c out int) as $$ begin c := 5; end $$ language plpgsql$q$) \gexec
SELECT redshift.translate($q$create procedure procedures_alike(a int, c out int) as $$ begin c := 5; end $$ language plpgsql$q$) \gexec
SELECT redshift.translate($q$create procedure procedures_alike(a int, c out varchar) as $$ begin c := 6; end $$ language plpgsql$q$) \gexec
SELECT redshift.translate($q$show procedure procedures_only_out()$q$) \gexec
SELECT redshift.translate($q$show procedure procedures_alike(int)$q$) \gexec
SELECT redshift.translate($q$show procedure procedures_out(int, varchar)$q$) \gexec
CREATE ROLE procedures_user;
SELECT redshift.translate($q$grant execute on procedure procedures_only_out() to procedures_user; revoke execute on procedure procedures_only_out() from public$q$) \gexec
SELECT proacl IS NOT NULL FROM pg_proc WHERE proname = 'procedures_only_out';
SELECT redshift.translate($q$alter procedure procedures_only_out() rename to procedures_renamed; comment on procedure procedures_renamed() is 'gives 5'$q$) \gexec
SELECT obj_description('procedures_renamed(int)'::regprocedure);
SELECT redshift.translate($q$drop procedure procedures_alike(int)$q$) \gexec
SELECT redshift.translate($q$drop procedure procedures_alike(a int, c out varchar); drop procedure procedures_alike(int); drop procedure if exists procedures_alike(int)$q$) \gexec
SELECT redshift.translate($q$drop procedure procedures_out(int, varchar); drop procedure procedures_out(int, varchar), procedures_renamed()$q$) \gexec
SELECT redshift.translate($q$drop procedure procedures_out(int)$q$) \gexec
SELECT count(*) FROM pg_proc WHERE proname LIKE 'procedures%';
DROP ROLE procedures_user;

-- Booleans and integers; integers as VARBYTE
SELECT redshift.translate($q$select 3::smallint::bool, 0::bigint::boolean, true::bigint, cast(false as smallint), true = 2, 0 <> true, false = 0::smallint$q$) \gexec
SELECT redshift.translate($q$select 5::smallint::varbyte, cast(-2 as varbyte), 258::bigint::varbyte, 'a'::varbyte + 'b'::varbyte$q$) \gexec
