-- Redshift's functions of the system and the session, conditions, and casts that may fail.
\pset null NULL
SET search_path = redshift, pg_catalog, public;
SET datestyle = 'ISO, MDY';
SELECT redshift.version() ~ '^PostgreSQL 8\.0\.2 on i686-pc-linux-gnu, compiled by GCC gcc \(GCC\) 3\.4\.2 20041017 \(Red Hat 3\.4\.2-6\.fc3\), Redshift 1\.0\.\d+$' AS version;
SELECT usename = current_user AS name FROM pg_user WHERE usesysid::int8 = redshift.current_user_id();
SELECT redshift.current_namespace() ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' AS guid, redshift.current_namespace() = redshift.current_namespace() AS same;

CREATE ROLE functions_user LOGIN;
CREATE ROLE functions_group;
CREATE ROLE functions_outer;
GRANT functions_group TO functions_user;
GRANT functions_outer TO functions_group;
SELECT redshift.user_is_member_of('functions_user', 'functions_group') AS direct, redshift.user_is_member_of('functions_user', 'functions_outer') AS indirect,
	redshift.role_is_member_of('functions_group', 'functions_user') AS other, redshift.role_is_member_of('functions_group', 'functions_outer') AS role;
SELECT redshift.user_is_member_of('functions_user', 'functions_nobody');
SET ROLE functions_user;
SELECT name FROM redshift.pg_get_session_roles() AS (name name, roleid integer) ORDER BY 1;
SELECT redshift.reboot_cluster();
RESET ROLE;
SELECT redshift.reboot_cluster();
DROP ROLE functions_user, functions_group, functions_outer;
CREATE VIEW public.shown AS SELECT 1::int4 AS a, 'x'::varchar(10) AS b;
SELECT * FROM redshift.pg_get_cols('public.shown') AS (view_schema name, view_name name, col_name name, col_type varchar, col_num int);
DROP VIEW public.shown;
SELECT redshift.pg_cancel_backend(0) AS nobody;

-- Conditions
SELECT redshift.nvl(NULL, 1.5, 2) AS nvl, redshift.nvl(NULL::text, 'x') AS string, redshift.nvl2(NULL::int, 'a', 'b') AS no, redshift.nvl2(1, 2, 3.5) AS yes;

-- TRY_CAST: NULL for what fails, but no other error is lost
SELECT redshift.try_cast('123', NULL::int) AS int, redshift.try_cast('12x', NULL::int) AS no_int, redshift.try_cast('99999999999', NULL::int) AS too_large,
	redshift.try_cast('2024-02-30', NULL::date) AS no_date, redshift.try_cast('2024-02-29', NULL::date) AS date, redshift.try_cast(NULL::text, NULL::int) AS "null",
	redshift.try_cast(3.7, NULL::int) AS rounded, redshift.try_cast(99999, NULL::int2) AS int2, redshift.try_cast('abcdef', NULL::varchar(3)) AS cut;
SELECT redshift.try_cast('12.345', NULL::numeric(4,2)) AS numeric, redshift.try_cast('123.45', NULL::numeric(4,2)) AS too_wide, redshift.try_cast(1234.5, NULL::numeric(4,2)) AS numeric_too_wide,
	redshift.try_cast('maybe', NULL::bool) AS bool, redshift.try_cast('nan', NULL::float8) AS float, redshift.try_cast(date '2024-01-02', NULL::timestamp) AS timestamp,
	pg_typeof(redshift.try_cast('1', NULL::int8)) AS type;
SELECT redshift.try_cast(true, NULL::date);
SELECT redshift.try_cast('x', NULL::redshift.functions_unknown);
SET max_parallel_workers_per_gather = 0;
CREATE TABLE tried (id int, v varchar(20)) USING redshift;
INSERT INTO tried SELECT i, CASE WHEN i % 3 = 0 THEN 'no ' ELSE '' END || i FROM generate_series(1, 5000) i;
SELECT count(*) AS rows, count(redshift.try_cast(v, NULL::int)) AS numbers, sum(redshift.try_cast(v, NULL::int)) AS sum FROM tried;
DROP TABLE tried;

-- As statements have them; columns of results have Redshift's names
SELECT redshift.translate('select try_cast(a || ''x'' as decimal(4,2)), try_cast(v as varchar(max)), datediff(day, a, b) + 1, dateadd(day, 1, a) x from t where d in (select sysdate)');
SELECT redshift.deferred('select try_cast(''x'' as int), sysdate is null as s, datediff(day, ''2000-01-01'', ''2000-01-02''), dateadd(hour, 1, ''2000-01-01''), extract(year from date ''2000-01-01''), date_part(w, date ''2000-01-05'')');
SELECT redshift.deferred('select datediff(day, ''2000-01-01'', ''2000-01-03''), row_number() over (order by 1) from (select 1) qualify row_number() over (order by 1) = 1');
SELECT redshift.translate('with len(a) as (select 1), trunc(b) as not materialized (select 2) select * from len, trunc, pg_get_session_roles() as (name name, roleid integer)');
SELECT redshift.translate('create table a (ts timestamp default sysdate, u int default current_user_id not null)');
