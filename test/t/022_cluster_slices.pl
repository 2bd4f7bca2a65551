# What a cluster shows of where rows are: system columns of distributed tables, slice_num(),
# stv_slices, svv_table_info.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('slices', 2);
my $leader = $cluster->leader;

sub value { return $leader->safe_psql('postgres', $_[0]); }

sub rolled_back
{
	my ($change, $look) = @_;

	return value("BEGIN; $change; $look; ROLLBACK");
}

value(<<'SQL');
CREATE TABLE keyed (k int, v int) USING redshift WITH (distkey = k, sortkey = v);
CREATE TABLE evenly (k int, v int) USING redshift WITH (diststyle = even);
CREATE TABLE everywhere (k int) USING redshift WITH (diststyle = all);
INSERT INTO keyed SELECT i % 50, i FROM generate_series(1, 1000) i;
INSERT INTO evenly SELECT k, v FROM keyed;
INSERT INTO everywhere SELECT generate_series(1, 30);
CREATE TABLE local (a int);
INSERT INTO local SELECT generate_series(1, 10);
CREATE TABLE parts (k int, p int) PARTITION BY LIST (p);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1) USING redshift WITH (distkey = k);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2) USING redshift WITH (distkey = k);
INSERT INTO parts SELECT i, 1 + i % 2 FROM generate_series(1, 100) i;
SQL

# System columns
is(value('SELECT count(*), count(DISTINCT ctid), bool_and(xmin IS NOT NULL AND cmin IS NOT NULL) FROM keyed'),
	'1000|1000|t', 'no row of a node has the ctid of another\'s');
is(value('SELECT tableoid::regclass, count(*) FROM parts GROUP BY 1 ORDER BY 1'), "parts_1|50\nparts_2|50", 'tableoid is the leader\'s');
is(value('SELECT count(*) FROM keyed a JOIN keyed b ON a.ctid = b.ctid AND a.v = b.v'), 1000, 'joined by ctid');
is(value('SELECT count(*) FROM keyed WHERE ctid = (SELECT ctid FROM keyed WHERE v = 500)'), 1, 'one row has a ctid');
is(rolled_back('DELETE FROM keyed WHERE ctid IN (SELECT min(ctid) FROM keyed GROUP BY k)', 'SELECT count(*), min(v) FROM keyed'),
	value('SELECT 950, min(v) FROM (SELECT v, row_number() OVER (PARTITION BY k ORDER BY ctid) AS n FROM keyed) x WHERE n > 1'),
	'DELETE by the ctid of a subquery');
is(rolled_back('DELETE FROM keyed a USING keyed b WHERE a.k = b.k AND a.ctid < b.ctid', 'SELECT count(*), count(DISTINCT k) FROM keyed'),
	'50|50', 'duplicates of a key are deleted by ctid');
is(rolled_back('DELETE FROM evenly a USING evenly b WHERE a.k = b.k AND a.ctid > b.ctid', 'SELECT count(*), count(DISTINCT k) FROM evenly'),
	'50|50', '... also those on several nodes');
is(rolled_back('UPDATE keyed SET v = 0 WHERE ctid = ANY (ARRAY(SELECT ctid FROM keyed WHERE k = 7 LIMIT 3))', 'SELECT count(*) FROM keyed WHERE v = 0'),
	3, 'UPDATE by ctid');
is(rolled_back(q{DELETE FROM parts WHERE tableoid = 'parts_1'::regclass}, 'SELECT count(*) FROM parts'), 50, 'DELETE by tableoid');
is(rolled_back(q{UPDATE local SET a = -v FROM keyed d WHERE a = v AND d.tableoid = 'keyed'::regclass AND d.ctid IS NOT NULL},
		'SELECT count(*) FROM local WHERE a < 0'), 10, 'a local table changed by rows with system columns');
is(value('SELECT count(ctid) FROM everywhere'), 30, 'ctid of a table on all nodes');
is(rolled_back('DELETE FROM keyed WHERE v = 1 RETURNING tableoid::regclass, ctid IS NOT NULL', 'SELECT count(*) FROM keyed'),
	"keyed|t\n999", 'RETURNING system columns');

# Slices
is(value('SELECT count(*), count(DISTINCT node), min(slice), max(slice), max(localslice), min(type) FROM redshift.stv_slices'),
	'16|2|0|15|7|D', 'stv_slices');
is(value(<<'SQL'), 't|f', 'rows of a key are on one slice, which its node has');
SELECT bool_and(slices = 1), bool_or(slice IS NULL) FROM (
	SELECT k, count(DISTINCT redshift.slice_num()) AS slices, min(redshift.slice_num()) AS slice FROM keyed GROUP BY k) x
SQL
is(value(<<'SQL'), 't', 'the same value is on the same slice, whatever its type');
CREATE TABLE small (k int2) USING redshift WITH (distkey = k);
CREATE TABLE big (k int8) USING redshift WITH (distkey = k);
CREATE TABLE word (k varchar(10)) USING redshift WITH (distkey = k);
CREATE TABLE padded (k char(8)) USING redshift WITH (distkey = k);
INSERT INTO small SELECT generate_series(-20, 20);
INSERT INTO big SELECT generate_series(-20, 20);
INSERT INTO word SELECT generate_series(-20, 20);
INSERT INTO padded SELECT generate_series(-20, 20);
SELECT (SELECT array_agg((k, redshift.slice_num()) ORDER BY k) FROM small)::text = (SELECT array_agg((k, redshift.slice_num()) ORDER BY k) FROM big)::text
	AND (SELECT array_agg((k, redshift.slice_num()) ORDER BY k) FROM word)::text = (SELECT array_agg((k::varchar, redshift.slice_num()) ORDER BY k::varchar) FROM padded)::text
SQL
is(value('SELECT count(*) FROM keyed a JOIN evenly b USING (v) WHERE redshift.slice_num() = 3'),
	value('SELECT count(*) FROM keyed WHERE redshift.slice_num() = 3'), 'the slice of the first table of a join goes with its rows');
is(value('SELECT redshift.slice_num()'), 10000, 'the leader has none');
is(value(<<'SQL'), 't', 'skew_rows is the largest slice by the smallest');
SELECT skew_rows = (SELECT round(max(n)::numeric / min(n), 2) FROM (SELECT s.slice, greatest(count(k), 1) AS n
	FROM redshift.stv_slices s LEFT JOIN (SELECT redshift.slice_num() AS slice, k FROM keyed) x USING (slice) GROUP BY 1) y)
FROM redshift.svv_table_info WHERE "table" = 'keyed'
SQL
value('DELETE FROM keyed WHERE v = 1; ANALYZE keyed; ANALYZE everywhere');
is(value(<<'SQL'), "everywhere|ALL||0|0.00|30||30\nkeyed|KEY(k)|v|1|0.00|1000|t|999", 'svv_table_info counts rows of all nodes, of a table on all of them once');
SELECT "table", diststyle, sortkey1, sortkey_num, stats_off, tbl_rows, skew_rows >= 1, estimated_visible_rows
FROM redshift.svv_table_info WHERE "table" IN ('keyed', 'everywhere') ORDER BY 1
SQL
is(value(<<'SQL'), "everywhere|16|2|60|t\nkeyed|16|0|1000|t", 'stv_tbl_perm has rows of all slices, of a table on all nodes of one slice of each');
SELECT trim(name), count(*), count(*) FILTER (WHERE "rows" > 0 AND name = 'everywhere'), sum("rows"), bool_and(sorted_rows <= "rows")
FROM redshift.stv_tbl_perm WHERE name IN ('keyed', 'everywhere') GROUP BY name ORDER BY 1
SQL
is(value('SELECT count(DISTINCT node), bool_and(used > 0 AND capacity > 0) FROM redshift.stv_node_storage_capacity'), '2|t', 'nodes and their capacity');
value('CREATE TABLE blocks (k int) USING redshift WITH (distkey = k); INSERT INTO blocks SELECT generate_series(1, 100000)');
is(value(<<'SQL'), '16|100000|1|100000', 'blocks of all nodes and their bounds');
SELECT count(DISTINCT slice), sum(num_values), min(minvalue), max(maxvalue) FROM redshift.stv_blocklist WHERE tbl = 'blocks'::regclass::int8
SQL
is(value(q{SELECT count(*) FROM redshift.svv_table_info WHERE "table" = 'local'}), 0, 'without tables that are no redshift tables');
my ($code, $out, $err) = $leader->psql('postgres', q{DELETE FROM everywhere WHERE ctid = '(0,257)'});
isnt($code, 0, 'copies of a row, which have no ctid in common, are not deleted by it');
is(value('SELECT count(*) FROM redshift.check_cluster()'), 0, 'the nodes agree');

$cluster->stop;
done_testing();
