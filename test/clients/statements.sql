-- What Redshift's drivers, tools and libraries send, each with the columns of its result.
-- Run by test/t/031_clients.pl, each statement in a transaction of its own that is rolled back,
-- with the tables of tables.sql.  `--: columns` before a statement, or `--: -` if it has no result;
-- `--: *` if it has rows, too.

-- Drivers after connecting
--: -
SET extra_float_digits = 3
--: -
SET application_name TO 'a program'
--: -
SET query_group TO 'loads'
--: -
RESET query_group
--: -
SET readonly=1
--: -
SET readonly=0
--: transaction_read_only
show transaction_read_only
--: -
SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE
--: -
SET SESSION search_path TO shop, public
--: -
SET TIMEZONE TO 'Europe/Berlin'
--: enable_case_sensitive_identifier
SHOW enable_case_sensitive_identifier
--: -
SET enable_result_cache_for_session = off
--: -
SET enable_result_cache_for_session TO off
--: -
SET wlm_query_slot_count TO 3
--: -
SET statement_timeout TO 60000
--: -
SET describe_field_name_in_uppercase TO on
--: -
SET datestyle TO 'ISO, MDY'
--: version
SELECT version()
--: pg_backend_pid
select pg_backend_pid()
--: current_database,current_schema,current_user
SELECT current_database(), current_schema(), current_user
--: xact_id
select xact_id FROM stl_undone

-- SQLAlchemy
--: schema,table_name,diststyle
SELECT n.nspname AS "schema", c.relname AS "table_name",
	CASE c.reldiststyle WHEN 0 THEN 'EVEN' WHEN 1 THEN 'KEY' WHEN 8 THEN 'ALL' END AS "diststyle"
	FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'v', 'm', 'S', 'f') AND n.nspname !~ '^pg_' AND n.nspname = 'shop'
--: *relation,column,type,encode,distkey,sortkey,notnull,default
SELECT c.relname AS "relation", att.attname AS "column", format_type(att.atttypid, att.atttypmod) AS "type",
	format_encoding(att.attencodingtype::integer) AS "encode", att.attisdistkey AS "distkey",
	att.attsortkeyord AS "sortkey", att.attnotnull AS "notnull", ad.adsrc AS "default"
	FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute att ON att.attrelid = c.oid
	JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	LEFT JOIN pg_catalog.pg_attrdef ad ON (att.attrelid, att.attnum) = (ad.adrelid, ad.adnum)
	WHERE n.nspname = 'shop' AND att.attnum > 0 AND NOT att.attisdropped ORDER BY 1, att.attnum
--: view_schema,view_name,col_name,col_type,col_num
SELECT view_schema, view_name, col_name, col_type, col_num
	FROM pg_get_late_binding_view_cols() cols(view_schema name, view_name name, col_name name, col_type varchar, col_num int)
	WHERE 1 AND view_schema = 'shop'
--: schemaname,tablename,columnname,external_type,columnnum
SELECT schemaname, tablename, columnname, external_type, columnnum FROM svv_external_columns WHERE 1 AND schemaname = 'lake'
--: *conname,contype,keys
SELECT conname, contype, array_to_string(conkey, ',') AS keys FROM pg_catalog.pg_constraint c
	JOIN pg_catalog.pg_class t ON t.oid = c.conrelid WHERE t.relname = 'orders'
--: privileges
SELECT array_to_string(c.relacl, '\n') AS privileges FROM pg_catalog.pg_class c WHERE c.relname = 'orders'
	UNION ALL SELECT null WHERE false

-- dbt
--: -
set role shop_reader
--: *database,schema,table_id,table,encoded,diststyle,sortkey1,max_varchar,sortkey1_enc,sortkey_num,size,pct_used,unsorted,stats_off,tbl_rows,skew_sortkey1,skew_rows
select "database", "schema", table_id, "table", encoded, diststyle, sortkey1, max_varchar, sortkey1_enc, sortkey_num, size,
	pct_used, unsorted, stats_off, tbl_rows, skew_sortkey1, skew_rows from svv_table_info where "schema" ilike 'shop'
--: *database_name,schema_name,name,autorefresh
select database_name, schema_name, name, autorefresh from svv_mv_info where schema_name = 'shop'
--: *table_catalog,table_schema,table_name,table_type
select table_catalog, table_schema, table_name, table_type from svv_tables where table_schema = 'shop'
--: *column_name,data_type,character_maximum_length,numeric_precision,numeric_scale
with bound as (
	select ordinal_position, table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale
	from information_schema."columns" where table_schema = 'shop' and table_name = 'orders'
), unbound as (
	select ordinal_position, view_name, column_name, data_type, null::int, null::int, null::int
	from pg_get_late_binding_view_cols() cols(view_schema name, view_name name, column_name name, data_type character varying, ordinal_position int)
	where view_name = 'orders'
), unioned as (select * from bound union all select * from unbound)
select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale from unioned order by ordinal_position
--: *database_name,schema_name,table_name,column_name,ordinal_position,data_type,remarks
select database_name, schema_name, table_name, column_name, ordinal_position, data_type, remarks from svv_redshift_columns
	where schema_name = 'shop'
--: namespace_name,relation_name,identity_name,identity_type,privilege_type
select namespace_name, relation_name, identity_name, identity_type, privilege_type from svv_relation_privileges
	where relation_name = 'orders'
--: *usename,usesuper
select usename, usesuper from pg_user where usename = current_user
--: *allowed
select has_table_privilege(current_user, 'svv_table_info', 'SELECT') as allowed
--: -
create temporary table stage__dbt_tmp diststyle even compound sortkey(id) as (select * from shop.orders)
--: -
create table "shop"."orders__dbt_tmp" backup no diststyle key distkey (customer) interleaved sortkey(id, day) as (select * from shop.orders)
--: -
create view "shop"."orders_view" as (select id, total from shop.orders) with no schema binding
--: -
create materialized view "shop"."mv" backup yes diststyle even sortkey(day) auto refresh no as (
	select day, sum(total) as total from shop.orders group by day)
--: -
merge into shop.orders using shop.changes as s on (shop.orders.id = s.id)
	when matched then update set total = s.total when not matched then insert (id, total) values (s.id, s.total)
--: -
delete from shop.orders where (id, customer) in (select distinct id, customer from shop.orders)
--: -
create or replace function shop.greater_of(int, int) returns int stable as $$ select case when $1 > $2 then $1 else $2 end $$ language sql
--: -
grant select on shop.orders to group shop_readers
--: -
grant select on shop.orders to role shop_reader
--: -
alter table shop.orders alter column item type varchar(200)
--: -
comment on column shop.orders.total is 'with tax'
--: *last_day,listed,part
select last_day(max(day)) as last_day, listagg(item, ', ') within group (order by id) as listed, split_part('a,b', ',', 2) as part from shop.orders

-- Metabase, Looker, Tableau
--: _
SELECT TRUE AS "_" FROM "shop"."orders" WHERE 1 <> 1 LIMIT 0
--: *week,n
/* partner: "metabase", {"dashboard_id":null,"chart_id":null} */ SELECT DATE_TRUNC('week', dateadd(day, 1, day)) AS week, count(*) AS n
	FROM shop.orders WHERE day >= dateadd('day', -10000, getdate()) GROUP BY 1 ORDER BY 1
--: *days
SELECT datediff(day, min(day), max(day)) AS days FROM shop.orders
--: *usage
SELECT HAS_SCHEMA_PRIVILEGE('shop', 'USAGE') AS usage
--: fk
SELECT conname AS fk FROM pg_catalog.pg_constraint WHERE contype = 'f'::char
--: *top
SELECT TOP 2 item AS top FROM shop.orders ORDER BY total DESC
--: *item,rank
SELECT item, rank() OVER (ORDER BY total DESC) AS rank FROM shop.orders QUALIFY rank <= 2

-- Legacy metadata of the JDBC and Python drivers
--: *database_name
SELECT database_name FROM PG_CATALOG.SVV_REDSHIFT_DATABASES ORDER BY 1
--: *database_name,schema_name
SELECT database_name, schema_name FROM PG_CATALOG.SVV_ALL_SCHEMAS WHERE schema_name LIKE 'sh%'
--: *table_cat,table_schem,table_name,table_type,remarks
SELECT * FROM (SELECT database_name AS table_cat, schema_name AS table_schem, table_name, table_type, remarks
	FROM PG_CATALOG.SVV_ALL_TABLES) WHERE true AND table_schem = 'shop' ORDER BY table_type, table_schem, table_name
--: *table_cat,table_schem,table_name,column_name,data_type,is_nullable
SELECT database_name AS table_cat, schema_name AS table_schem, table_name, column_name, data_type, is_nullable
	FROM PG_CATALOG.SVV_ALL_COLUMNS WHERE schema_name = 'shop'
--: *prooid,proname,prokind
SELECT prooid, proname, prokind FROM pg_catalog.pg_proc_info LIMIT 1
--: exists
select 1 AS "exists" from svv_external_schemas where schemaname like 'lake'
--: *auto
SELECT left(pg_get_expr(def.adbin, def.adrelid), 16) = 'default_identity' AS auto FROM pg_catalog.pg_attrdef def LIMIT 1
--: *part,index
SELECT regexp_substr('column_default 10', '[0-9]+', 1) AS part, charindex('d', 'column_default') AS "index" WHERE true
--: *x,n
SELECT (i.keys).x, (i.keys).n FROM (SELECT information_schema._pg_expandarray(conkey) AS keys FROM pg_catalog.pg_constraint WHERE conkey IS NOT NULL) i LIMIT 1

-- The SHOW statements
--: *database_name,database_owner,database_type,database_acl,parameters,database_isolation_level
SHOW DATABASES
--: *database_name,schema_name,schema_owner,schema_type,schema_acl,source_database,schema_option
SHOW SCHEMAS FROM DATABASE postgres
--: *database_name,schema_name,schema_owner,schema_type,schema_acl,source_database,schema_option
SHOW SCHEMAS FROM DATABASE postgres LIKE 'sh%'
--: *database_name,schema_name,table_name,table_type,table_acl,remarks,owner,last_altered_time,last_modified_time,dist_style,table_subtype
SHOW TABLES FROM SCHEMA postgres.shop
--: *database_name,schema_name,table_name,table_type,table_acl,remarks,owner,last_altered_time,last_modified_time,dist_style,table_subtype
SHOW TABLES FROM SCHEMA shop LIKE 'ord%'
--: *database_name,schema_name,table_name,column_name,ordinal_position,column_default,is_nullable,data_type,character_maximum_length,numeric_precision,numeric_scale,remarks,sort_key_type,sort_key,dist_key,encoding,collation
SHOW COLUMNS FROM TABLE postgres.shop.orders
--: *database_name,schema_name,table_name,pk_name,column_name,key_seq
SHOW CONSTRAINTS PRIMARY KEYS FROM TABLE postgres.shop.orders
--: pk_database_name,pk_schema_name,pk_table_name,pk_column_name,fk_database_name,fk_schema_name,fk_table_name,fk_column_name,key_seq,fk_name,pk_name,update_rule,delete_rule,deferrability
SHOW CONSTRAINTS FOREIGN KEYS FROM TABLE postgres.shop.orders
--: *Show Table DDL statement
SHOW TABLE shop.orders

-- awswrangler and loaders
--: *column_name
SELECT column_name FROM svv_columns WHERE table_schema = 'shop' AND table_name = 'orders' ORDER BY ordinal_position
--: indexdef
SELECT indexdef FROM pg_indexes WHERE schemaname = 'shop' AND tablename = 'orders'

-- What psql's \d, SQLAlchemy and Active Record ask for keys, the last two of indexes
--: *relhasindex,relhastriggers
SELECT c.relhasindex, c.relhastriggers FROM pg_catalog.pg_class c WHERE c.oid = 'shop.orders'::regclass AND c.relhasindex AND c.relhastriggers
--: *relname,indisprimary,indisvalid,pg_get_indexdef,pg_get_constraintdef,contype
SELECT c2.relname, i.indisprimary, i.indisvalid, pg_catalog.pg_get_indexdef(i.indexrelid, 0, true), pg_catalog.pg_get_constraintdef(con.oid, true), contype
FROM pg_catalog.pg_class c, pg_catalog.pg_class c2, pg_catalog.pg_index i
  LEFT JOIN pg_catalog.pg_constraint con ON (conrelid = i.indrelid AND conindid = i.indexrelid AND contype IN ('p', 'u', 'x'))
WHERE c.oid = 'shop.lines'::regclass AND c.oid = i.indrelid AND i.indexrelid = c2.oid AND con.contype = 'p'
--: *relname,indisunique,attname,amname,indoption,pg_get_expr,indnkeyatts
SELECT i.relname, ix.indisunique, a.attname, am.amname, ix.indoption::varchar, pg_get_expr(ix.indpred, ix.indrelid), ix.indnkeyatts
FROM pg_class t JOIN pg_index ix ON t.oid = ix.indrelid JOIN pg_class i ON i.oid = ix.indexrelid
  LEFT OUTER JOIN pg_attribute a ON t.oid = a.attrelid AND a.attnum = ANY (ix.indkey) JOIN pg_am am ON i.relam = am.oid
WHERE t.oid = 'shop.lines'::regclass AND ix.indisprimary = 'f'
--: *attname
SELECT a.attname FROM (SELECT indrelid, indkey, generate_subscripts(indkey, 1) idx FROM pg_index WHERE indrelid = '"shop"."lines"'::regclass AND indisprimary) i
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.idx] ORDER BY i.idx
--: *pg_get_indexdef
SELECT pg_get_indexdef(ci.oid, 2, false) FROM pg_class ci JOIN pg_index i ON i.indexrelid = ci.oid JOIN pg_attribute a ON a.attrelid = ci.oid
WHERE i.indrelid = 'shop.lines'::regclass AND a.attnum = 2 AND a.attname = 'line'
--: -
CREATE TABLE IF NOT EXISTS shop.fresh (id BIGINT, name VARCHAR(256), PRIMARY KEY (id)) DISTSTYLE KEY DISTKEY(id) COMPOUND SORTKEY(id, name)
--: -
CREATE TEMPORARY TABLE stage (LIKE shop.orders)
--: -
DELETE FROM shop.orders USING shop.changes WHERE shop.orders.id = shop.changes.id
--: -
LOCK shop.orders
--: -
GRANT USAGE ON SCHEMA shop TO GROUP shop_readers
--: -
REFRESH MATERIALIZED VIEW shop.daily

-- Admin scripts
--: *tbl,slice,rows
SELECT id AS tbl, slice, "rows" FROM stv_tbl_perm WHERE name = 'orders'
--: slice,blocks
SELECT slice, count(*) AS blocks FROM stv_blocklist GROUP BY slice
--: *schemaname,tablename,column,type,encoding,distkey,sortkey,notnull
SELECT * FROM pg_table_def WHERE schemaname = 'public' UNION ALL SELECT 'x', 'x', 'x', 'x', 'x', true, 1, true
--: userid,query,label,querytxt,starttime,endtime,aborted
SELECT userid, query, label, querytxt, starttime, endtime, aborted FROM stl_query WHERE query = -1
--: query,seg,step,label,rows
SELECT query, seg, step, label, "rows" FROM svl_query_summary WHERE query = -1
--: *pid,user_name
SELECT process AS pid, user_name FROM stv_sessions
--: *node,slice
SELECT node, slice FROM stv_slices
--: txn_owner,txn_db,xid,pid,lock_mode
SELECT txn_owner, txn_db, xid, pid, lock_mode FROM svv_transactions WHERE false
--: userid,filename,lines_scanned
SELECT userid, filename, lines_scanned FROM stl_load_commits WHERE query = pg_last_copy_id()
--: user_id,query_id,query_label,transaction_id,session_id,database_name,query_type,status,result_cache_hit,start_time,end_time,elapsed_time,queue_time,execution_time,error_message,returned_rows,returned_bytes,query_text
SELECT user_id, query_id, query_label, transaction_id, session_id, database_name, query_type, status, result_cache_hit, start_time,
	end_time, elapsed_time, queue_time, execution_time, error_message, returned_rows, returned_bytes, query_text
	FROM sys_query_history WHERE query_id = -1
--: -
VACUUM FULL shop.orders TO 99 PERCENT
--: -
ANALYZE shop.orders PREDICATE COLUMNS
--: *Table,Column,Encoding,Est_reduction_pct
ANALYZE COMPRESSION shop.orders

-- What administrators' scripts ask: who has which privilege from whom, and what locks are of which transaction
--: *relname,usename
SELECT c.relname, u.usename FROM pg_class c, pg_user u
WHERE c.relname = 'orders' AND aclcontains(c.relacl, makeaclitem(u.usesysid, 0, c.relowner, 'SELECT', false))
--: *relname,groname
SELECT c.relname, g.groname FROM pg_class c, pg_group g
WHERE c.relname = 'orders' AND aclcontains(c.relacl, makeaclitem(0, g.grosysid, c.relowner, 'SELECT', false))
--: *pid,database,transaction
SELECT l.pid, TRIM(l.database) AS database, l.transaction FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
