-- Redshift's statements run, as they are translated
SET default_table_access_method = redshift;
SET redshift.dialect = redshift;
SET enable_case_sensitive_identifier = off;
\pset format unaligned
SELECT redshift.translate($q$create table sales(salesid integer not null identity(0,2), listid integer not null distkey, d decimal(8,2) encode mostly16, n decimal, v varchar(max), x super, bt bpchar default 'a'::bpchar encode zstd) compound sortkey(listid, salesid)$q$) \gexec
SELECT redshift.translate($q$insert into sales (listid, d, x) values (1, 2.5, '{"a": 1}'), (2, 3, null)$q$) \gexec
SELECT redshift.translate($q$insert into sales (salesid, listid) values (7, 7)$q$) \gexec
SELECT redshift.translate($q$select salesid, listid, d, x, trim(bt) from sales order by 1$q$) \gexec
SELECT redshift.translate($q$show table public.sales$q$) \gexec
SELECT redshift.translate($q$create temp table t2 (like sales)$q$) \gexec
SELECT redshift.translate($q$create table #x as select 5 as d$q$) \gexec
SELECT redshift.translate($q$select count(*) from #x$q$) \gexec
SELECT redshift.translate($q$alter table sales alter column d encode zstd, alter column n encode none$q$) \gexec
SELECT redshift.translate($q$alter table sales alter sortkey (listid)$q$) \gexec
SELECT redshift.translate($q$alter table sales alter diststyle even$q$) \gexec
SELECT redshift.translate($q$alter table sales add column zz text default 'x' encode lzo not null$q$) \gexec
SELECT redshift.translate($q$show table sales$q$) \gexec
SELECT redshift.translate($q$vacuum full sales to 99 percent boost$q$) \gexec
SELECT redshift.translate($q$vacuum sort only sales$q$) \gexec
SELECT redshift.translate($q$vacuum recluster sales$q$) \gexec
SELECT redshift.translate($q$analyze sales predicate columns$q$) \gexec
SELECT redshift.translate($q$analyze compression sales (d, v)$q$) \gexec
SELECT redshift.translate($q$analyze compression sales (none)$q$) \gexec
SELECT redshift.translate($q$create table a1 (a int, b text)$q$) \gexec
SELECT redshift.translate($q$create table a2 (b text, a int) diststyle all$q$) \gexec
SELECT redshift.translate($q$insert into a1 values (1, 'x')$q$) \gexec
SELECT redshift.translate($q$alter table a2 append from a1$q$) \gexec
SELECT redshift.translate($q$alter table a1 alter diststyle all$q$) \gexec
SELECT redshift.translate($q$alter table a2 append from a1$q$) \gexec
SELECT redshift.translate($q$select * from a2$q$) \gexec
SELECT redshift.translate($q$create view v as select a from a2$q$) \gexec
SELECT redshift.translate($q$show view v$q$) \gexec
SELECT redshift.translate($q$create view lb as select nvl(a, 1) as a from public.a2 with no schema binding$q$) \gexec
SELECT redshift.translate($q$show view lb$q$) \gexec
SELECT redshift.translate($q$drop view lb$q$) \gexec
SELECT redshift.translate($q$create materialized view mv diststyle even as select a from a2$q$) \gexec
SELECT redshift.translate($q$show view mv$q$) \gexec
SELECT redshift.translate($q$drop materialized view mv$q$) \gexec
SELECT redshift.translate($q$show view a2$q$) \gexec
SELECT redshift.translate($q$show procedure getdate$q$) \gexec
SELECT redshift.translate($q$merge into a2 using a1 on a2.a = a1.a remove duplicates$q$) \gexec
SELECT redshift.translate($q$insert into a1 values (1, 'new'), (1, 'new'), (9, 'nine')$q$) \gexec
SELECT redshift.translate($q$create table a3 (like a1)$q$) \gexec
SELECT redshift.translate($q$insert into a3 values (1, 'old'), (2, 'two')$q$) \gexec
SELECT redshift.translate($q$merge into a3 using a1 x on a3.a = x.a remove duplicates$q$) \gexec
SELECT redshift.translate($q$select * from a3 order by 1$q$) \gexec
SELECT redshift.translate($q$merge into a3 using (select 2 as a, 'm' as b) s on a3.a = s.a when matched then update set b = s.b when not matched then insert values (s.a, s.b)$q$) \gexec
SELECT redshift.translate($q$select * from a3 order by 1$q$) \gexec
SELECT redshift.translate($q$create or replace procedure p(a in int, b inout varchar(max)) as $$
declare n int := nvl(a, 1); r record;
begin
	drop table if exists #tt;
	create temp table #tt (a int distkey) diststyle key;
	insert into #tt values (n), (n + 1);
	select into n nvl(max(t.a), 0) from #tt t;
	execute 'insert into #tt select nvl(null, ' || n || ')';
	for r in select t.a as x from #tt t order by 1 loop
		raise info 'row %', nvl(r.x, 0);
	end loop;
	b := 'n is ' || n || nvl(b, '!');
end;
$$ language plpgsql$q$) \gexec
SELECT redshift.translate($q$call p(1, null)$q$) \gexec
SELECT redshift.translate($q$create or replace procedure po(f1 in int, f2 inout varchar(256), out_var out varchar(256), other out numeric(8, 2)) as $$
begin
	select into out_var count(*) from a1;
	f2 := f2 || f1; other := 1;
end; $$ language plpgsql$q$) \gexec
SELECT redshift.translate($q$call po(2, 'f')$q$) \gexec
SELECT redshift.translate($q$drop procedure po(f1 int, f2 inout varchar(256), out_var out varchar(256), other out numeric)$q$) \gexec
SELECT redshift.translate($q$show procedure p$q$) \gexec
SELECT redshift.translate($q$create procedure pn() nonatomic as $$
begin
	insert into a3 values (10, 'kept');
	raise exception 'later';
end $$ language plpgsql$q$) \gexec
SELECT redshift.translate($q$call pn()$q$) \gexec
SELECT redshift.translate($q$select * from a3 where a = 10$q$) \gexec
SELECT redshift.translate($q$create or replace function f (int, int) returns int stable as $$ select nvl($1, $2) $$ language sql$q$) \gexec
SELECT redshift.translate($q$select f(null, 3)$q$) \gexec
SELECT redshift.translate($q$create user ddl_user password 'Abcdefg1' nocreatedb session timeout 120 syslog access unrestricted$q$) \gexec
SELECT redshift.translate($q$select rolconfig, pg_has_role('ddl_user', 'pg_read_all_stats', 'member') from pg_roles where rolname = 'ddl_user'$q$) \gexec
SELECT redshift.translate($q$alter user ddl_user reset session timeout$q$) \gexec
SELECT redshift.translate($q$create group ddl_group with user ddl_user$q$) \gexec
SELECT redshift.translate($q$create role ddl_role$q$) \gexec
SELECT redshift.translate($q$grant role ddl_role to ddl_user$q$) \gexec
SELECT redshift.translate($q$grant select on table a2 to group ddl_group, role ddl_role$q$) \gexec
SELECT redshift.translate($q$grant select for tables in schema public to role ddl_role$q$) \gexec
SELECT redshift.translate($q$select has_table_privilege('ddl_role', 'a1', 'select'), has_table_privilege('ddl_user', 'a2', 'select')$q$) \gexec
SELECT redshift.translate($q$grant assumerole on 'arn:aws:iam::1:role/none' to ddl_user for copy$q$) \gexec
SELECT redshift.translate($q$create server ddl_store foreign data wrapper redshift_s3 options (role_arn 'arn:aws:iam::1:role/r')$q$) \gexec
SELECT redshift.translate($q$grant assumerole on 'arn:aws:iam::1:role/r' to group ddl_group for copy, unload$q$) \gexec
SELECT redshift.translate($q$select has_server_privilege('ddl_user', 'ddl_store', 'usage')$q$) \gexec
SELECT redshift.translate($q$revoke assumerole on 'arn:aws:iam::1:role/r' from group ddl_group$q$) \gexec
SELECT redshift.translate($q$select has_server_privilege('ddl_user', 'ddl_store', 'usage')$q$) \gexec
SELECT redshift.translate($q$drop server ddl_store$q$) \gexec
SELECT redshift.translate($q$drop role ddl_role force$q$) \gexec
SELECT redshift.translate($q$cancel 0$q$) \gexec
SELECT redshift.translate($q$copy a1 from 'file:///nosuch' csv delimiter as ','$q$) \gexec
SELECT redshift.translate($q$unload ('select nvl(a, 1) from a1') to 's3://nosuch/x' iam_role 'arn:none'$q$) \gexec
SELECT redshift.translate($q$comment on table regression.public.a1 is 'hi'$q$) \gexec
SELECT redshift.translate($q$comment on column regression.public.a1.a is 'key'$q$) \gexec
SELECT redshift.translate($q$select obj_description('a1'::regclass), col_description('a1'::regclass, 1)$q$) \gexec
SELECT redshift.translate($q$truncate regression.public.a1$q$) \gexec
SELECT redshift.translate($q$create table ci (a varchar(10) collate ci)$q$) \gexec
SELECT redshift.translate($q$insert into ci values ('Abc')$q$) \gexec
SELECT redshift.translate($q$select * from ci where a = 'ABC'$q$) \gexec
SELECT redshift.translate($q$drop table regression.public.a1, a2, a3, sales, ci cascade$q$) \gexec
SELECT redshift.translate($q$drop procedure p(int, varchar(max))$q$) \gexec
SELECT redshift.translate($q$drop function f(int, int)$q$) \gexec
SELECT redshift.translate($q$drop procedure pn()$q$) \gexec
SELECT redshift.translate($q$drop group ddl_group$q$) \gexec
SELECT redshift.translate($q$drop user ddl_user$q$) \gexec
-- Expressions of definitions are those of queries
SELECT redshift.translate($q$create table defined (a int default nvl(null, 3), d timestamp, check (mod(a, 2) = 1 or len(a::varchar) < 3))$q$) \gexec
SELECT redshift.translate($q$insert into defined (d) select dateadd(hour, n, '2024-01-01') from generate_series(1, 20000) n$q$) \gexec
SELECT redshift.translate($q$insert into defined values (1000, null)$q$) \gexec
SELECT redshift.translate($q$create index defined_day on defined (dateadd(day, 1, d)) where nvl(a, 0) > 1$q$) \gexec
SELECT redshift.translate($q$create statistics defined_stats on (mod(a, 2)), len(a::varchar) from defined$q$) \gexec
ANALYZE defined;
SET enable_seqscan = off;
SET redshift.enable_vector = off;
SELECT redshift.translate($q$explain (costs off) select a from defined where dateadd(day, 1, d) = '2024-01-03 05:00' and nvl(a, 0) > 1$q$) \gexec
SELECT redshift.translate($q$select a, d from defined where dateadd(day, 1, d) = '2024-01-03 05:00' and nvl(a, 0) > 1$q$) \gexec
RESET enable_seqscan;
RESET redshift.enable_vector;
SELECT statistics_name, expr FROM pg_stats_ext_exprs WHERE statistics_name = 'defined_stats' ORDER BY 2;
DROP TABLE defined;
