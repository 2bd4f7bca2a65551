-- What tables store, locks, keys and policies in Redshift's views.
SET timezone = 'UTC';
CREATE TABLE stored (id int, day date, at timestamp, name varchar(20), price numeric(8,2)) USING redshift
	WITH (distkey = id, sortkey = 'day, id', encode = 'name text255');
INSERT INTO stored SELECT n, '2020-01-01'::date + n / 100, '2000-01-01'::timestamp + n * interval '1 second', 'name ' || n % 10, n
	FROM generate_series(1, 20000) n;
CREATE TABLE small (a int, b text) USING redshift WITH (diststyle = all);
INSERT INTO small SELECT n, 'x' FROM generate_series(1, 5) n;
CREATE TABLE empty (a int) USING redshift;
CREATE TABLE interleaved (a int, b int, c int) USING redshift WITH (sortkey = 'c, a', sortstyle = interleaved, encode = 'a raw, b none, c raw');
INSERT INTO interleaved VALUES (1, 2, 3);
CREATE TABLE heap (a int);
CREATE TEMP TABLE passing (a int) USING redshift;
INSERT INTO passing VALUES (1), (2);
DELETE FROM stored WHERE id <= 1000;
ANALYZE stored;

-- The same without and with deleted rows, of slices and of whole tables.
SELECT relid::regclass, slice, "rows", deleted_rows, unsorted_rows, pages > 0 AS has_pages, bytes > 0 AS has_bytes, row_groups FROM redshift.slice_storage()
	WHERE relid::regclass::text IN ('stored', 'small', 'empty', 'interleaved', 'passing') ORDER BY 1;
SELECT relid::regclass, "rows", deleted_rows, slices, smallest_slice, largest_slice FROM redshift.stored_tables()
	WHERE relid::regclass::text IN ('stored', 'small', 'empty', 'interleaved', 'passing') ORDER BY 1;
SELECT "table", encoded, diststyle, sortkey1, max_varchar, trim(sortkey1_enc) AS enc, sortkey_num, size, unsorted, stats_off, tbl_rows, skew_sortkey1 > 0 AS skew,
		skew_rows, estimated_visible_rows AS visible
	FROM redshift.svv_table_info WHERE schema !~ '^pg_temp' ORDER BY 1;
SELECT trim(name) AS name, slice, "rows", sorted_rows, temp, backup, dist_style, block_count FROM redshift.stv_tbl_perm
	WHERE trim(name) IN ('stored', 'small', 'empty', 'passing', 'heap') ORDER BY 1;
SELECT col, count(*), sum(num_values), min(minvalue), max(maxvalue) FROM redshift.stv_blocklist WHERE tbl = 'stored'::regclass::oid::int8 GROUP BY 1 ORDER BY 1;
SELECT redshift.block_bound('date'::regtype, '1999-12-31'), redshift.block_bound('varchar'::regtype, 'ab'), redshift.block_bound('varchar'::regtype, repeat('ÿ', 8)),
	redshift.block_bound('timestamp'::regtype, 'infinity'), redshift.block_bound('float8'::regtype, '1e300'), redshift.block_bound('bool'::regtype, 't');
SELECT DISTINCT trim(name) AS name FROM redshift.svv_diskusage ORDER BY 1;
SELECT node, used > 0 AS used, capacity > used AS capacity FROM redshift.stv_node_storage_capacity;
SELECT sum(used) > 0 AS used, count(*) FROM redshift.stv_partitions WHERE part_begin = 0 AND owner = host;
SELECT tbl::oid::regclass, col FROM redshift.svv_interleaved_columns ORDER BY 2;

-- Another sees of it what he may read.
CREATE ROLE systables_clerk;
GRANT SELECT ON small TO systables_clerk;
SET ROLE systables_clerk;
SELECT "table" FROM redshift.svv_table_info;
SELECT DISTINCT trim(name) AS name FROM redshift.stv_tbl_perm;
SELECT count(*) FROM redshift.stv_blocklist;
RESET ROLE;

-- Locks of this transaction.
BEGIN;
INSERT INTO empty VALUES (1);
SELECT txn_owner = current_user AS owner, xid IS NOT NULL AS xid, lock_mode, lockable_object_type, granted FROM redshift.svv_transactions
	WHERE pid = pg_backend_pid() AND (relation = 'empty'::regclass::oid::int8 OR lockable_object_type = 'transactionid') ORDER BY 4;
SELECT lock_owner IS NOT NULL AS owner, lock_status FROM redshift.stv_locks WHERE table_id = 'empty'::regclass::oid::int8;
ROLLBACK;

-- Informational keys beside those that are enforced.
SET redshift.constraints = informational;
CREATE TABLE dim (id int, code varchar(5), PRIMARY KEY (code, id)) USING redshift;
CREATE TABLE fact (a int, dim_id int, dim_code varchar(5), FOREIGN KEY (dim_code, dim_id) REFERENCES dim) USING redshift;
RESET redshift.constraints;
CREATE TABLE enforced (id int PRIMARY KEY, CHECK (id > 0));
SELECT c.conname, c.contype, c.conkey, c.confrelid::regclass, c.confkey, c.consrc, redshift.pg_get_constraintdef(c.oid) AS def
	FROM redshift."pg_catalog.pg_constraint" c WHERE c.conrelid IN ('dim'::regclass, 'fact'::regclass, 'enforced'::regclass) ORDER BY c.conrelid, 1;
SELECT tablename, indexdef FROM redshift."pg_catalog.pg_indexes" WHERE tablename IN ('dim', 'enforced') ORDER BY 1;
SELECT i.indrelid::regclass, c.relname, c.relkind, i.indisunique, i.indisprimary, i.indkey, redshift.pg_get_indexdef(i.indexrelid) AS def,
		redshift.pg_get_indexdef(i.indexrelid, 2, true) AS second, (SELECT string_agg(a.attname, ' ' ORDER BY a.attnum)
			FROM redshift."pg_catalog.pg_attribute" a WHERE a.attrelid = i.indexrelid) AS attributes
	FROM redshift."pg_catalog.pg_index" i JOIN redshift."pg_catalog.pg_class" c ON c.oid = i.indexrelid
	WHERE i.indrelid IN ('dim'::regclass, 'fact'::regclass, 'enforced'::regclass) ORDER BY 1;
CREATE TABLE mixed (dim_id int UNIQUE, dim_code varchar(5));
SET redshift.constraints = informational;
CREATE TABLE of_mixed (id int REFERENCES mixed (dim_id)) USING redshift;
RESET redshift.constraints;
SELECT k.conname, i.relname AS key, d.deptype FROM redshift."pg_catalog.pg_constraint" k
	JOIN redshift."pg_catalog.pg_depend" d ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid
	JOIN redshift."pg_catalog.pg_class" i ON d.refclassid = 'pg_class'::regclass AND i.oid = d.refobjid AND i.oid = k.conindid
	WHERE k.conrelid IN ('fact'::regclass, 'of_mixed'::regclass) ORDER BY 1;
SELECT relname, relhasindex, relhaspkey, relhastriggers FROM redshift."pg_catalog.pg_class"
	WHERE relname IN ('dim', 'fact', 'mixed', 'of_mixed') AND relkind = 'r' ORDER BY 1;
SELECT table_name, pk_name, column_name, key_seq FROM redshift.show_constraints_primary(NULL, 'public', 'dim');
SELECT pk_table_name, pk_column_name, fk_column_name, key_seq, fk_name, pk_name FROM redshift.show_constraints_foreign(NULL, 'public', 'dim', true);

-- Row security.
ALTER TABLE heap ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON heap TO systables_clerk USING (a > 10);
SELECT polname, polatts, polqual, polenabled FROM redshift.svv_rls_policy;
SELECT relname, polname, grantee, granteekind, is_pol_on, is_rls_on, rls_conjuction_type FROM redshift.svv_rls_attached_policy;
SELECT relname, is_rls_on FROM redshift.svv_rls_relation;

-- Redshift's views over catalogs.
SELECT relname, reldiststyle, releffectivediststyle FROM redshift.pg_class_info WHERE relname IN ('stored', 'small', 'empty', 'heap') ORDER BY 1;
SELECT prokind, proargnames FROM redshift.pg_proc_info WHERE proname = 'pg_get_external_columns';
SELECT stairows FROM redshift.pg_statistic_indicator WHERE stairelid = 'stored'::regclass;
SELECT service_class, trim(name) AS name, num_query_tasks FROM redshift.stv_wlm_service_class_config;

DROP TABLE stored, small, empty, interleaved, heap, dim, fact, enforced;
DROP ROLE systables_clerk;
