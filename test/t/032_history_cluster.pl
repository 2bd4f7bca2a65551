# The history of a cluster's queries: what steps did on each node.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('steps', 2);
my $leader = $cluster->leader;

sub sql { return $leader->safe_psql('postgres', $_[0]); }

# A key of which one node has nearly all rows.
sql(<<'SQL');
CREATE TABLE skewed (k int8, v int) USING redshift WITH (distkey = k);
CREATE TABLE item (k int, n int) USING redshift WITH (diststyle = even);
CREATE TABLE copies (k int, n int) USING redshift WITH (diststyle = all);
CREATE TABLE parts (k int8, v int) USING redshift WITH (distkey = k);
INSERT INTO skewed SELECT 1, g FROM generate_series(1, 90000) g;
INSERT INTO skewed SELECT g, g FROM generate_series(1, 10000) g;
INSERT INTO item SELECT g, g % 10 FROM generate_series(1, 1000) g;
INSERT INTO copies SELECT g, g FROM generate_series(1, 20) g;
ANALYZE skewed; ANALYZE item; ANALYZE copies; ANALYZE parts;
SQL
my @first = split /\n/, sql('SELECT min(slice) FROM redshift.stv_slices GROUP BY node ORDER BY node');
is(scalar @first, 2, 'two nodes');

# Runs a query in a session of its own; rows of svl_query_report by step's label and slice, and
# its number.
sub report
{
	my ($query) = @_;
	my $number = (split /\n/, sql("$query;\nSELECT redshift.pg_last_query_id()"))[-1];
	my %rows;

	for (split /\n/, sql("SELECT rtrim(regexp_replace(label, 'tbl=[0-9]+ *', '')), slice, rows FROM redshift.svl_query_report
		WHERE query = $number ORDER BY segment, step, slice"))
	{
		my ($label, $slice, $rows) = split /\|/, $_, -1;
		push @{ $rows{$label}{$slice} }, $rows;
	}
	return (\%rows, $number);
}

sub on_nodes { return map { $_->safe_psql('postgres', $_[0]) } $cluster->nodes; }

# Rows of a step's only occurrence, on each node.
sub by_node { my ($rows, $label) = @_; return join ' ', map { $rows->{$label}{$_}[0] // '' } @first; }

# ---------------------------------------------------------------------
# Skew
# ---------------------------------------------------------------------

my $truth = join ' ', on_nodes('SELECT count(*) FROM skewed WHERE v > 5');
my ($rows, $number) = report('SELECT max(v) FROM skewed WHERE v > 5');
is(by_node($rows, 'scan   name=skewed'), $truth, 'rows of a scan on each node');
cmp_ok((sort { $a <=> $b } split / /, $truth)[1], '>', 80000, '... which are skewed');
is(by_node($rows, 'aggr'), '1 1', 'each node aggregates');
is($rows->{'aggr'}{6411}[0], 1, 'so does the leader');
is($rows->{'scan   name=Network'}{6411}[0], 2, '... what they have sent');
is($rows->{'return'}{6411}[0], 1, '... and returns it');
is(sql("SELECT rows FROM redshift.svl_query_summary WHERE query = $number AND label LIKE '%name=skewed'"), 99990,
	'the summary has the sum');
is(sql("SELECT count(*) FROM redshift.stl_scan WHERE query = $number AND trim(perm_table_name) = 'skewed'"), 2,
	'stl_scan has a row for each node');
is(sql("SELECT bool_and(bytes > 0 AND rows_pre_filter >= rows) FROM redshift.stl_scan WHERE query = $number AND type = 2"), 't',
	'... with what was read');
is(sql("SELECT scan_row_count FROM redshift.svl_query_metrics_summary WHERE query = $number"), 99990, '... and metrics of all');

is(sql("SELECT io_skew = (SELECT round(max(bytes) / avg(bytes), 2) FROM redshift.stl_scan WHERE query = $number AND type = 2) AND io_skew > 1
	FROM redshift.svl_query_metrics WHERE query = $number"), 't', '... and the skew of what was read');
is(sql("SELECT slices FROM redshift.stl_query_metrics WHERE query = $number"), 2, '... on two of the slices');

# Times are those of segments, within the query's.
is(sql("SELECT count(*) FROM redshift.svl_query_report r JOIN redshift.stl_query q USING (query) WHERE query = $number
	AND segment = 0 AND elapsed_time > 0 AND start_time >= q.starttime AND end_time <= q.endtime + interval '1 ms'"), 6,
	'a segment has its own time on each node');
is(sql("SELECT bool_and(maxtime >= avgtime AND avgtime > 0) FROM redshift.svl_query_summary WHERE query = $number AND seg = 0"), 't',
	'... of which the longest and the average are shown');
is(sql("SELECT bool_and(s.maxtime = (SELECT max(elapsed_time) FROM redshift.svl_query_report r WHERE r.query = $number AND r.segment = s.seg))
	FROM redshift.svl_query_summary s WHERE query = $number AND seg = 0"), 't', '... as they are of slices');
is(sql("SELECT count(*) FROM redshift.sys_query_detail WHERE query_id = $number AND segment_id = 0 AND duration > 0"), 3,
	'sys_query_detail has them, too');

# Counted without a scan.
($rows) = report('SELECT count(*) FROM skewed');
is(by_node($rows, 'scan   name=skewed'), join(' ', on_nodes('SELECT count(*) FROM skewed')), 'rows that were counted');

# ---------------------------------------------------------------------
# Exchanges and joins
# ---------------------------------------------------------------------

($rows) = report('SELECT i.n, count(*) FROM skewed s JOIN item i ON s.v = i.k GROUP BY 1 ORDER BY 1 LIMIT 3');
my @items = on_nodes('SELECT count(*) FROM item');
is(by_node($rows, 'bcast'), "@items", 'what each node sends to all');
is(by_node($rows, 'scan   name=Network'), '1000 1000', '... and all get');
is(by_node($rows, 'hash'), '1000 1000', '... and hash');
is(by_node($rows, 'hjoin'), join(' ', on_nodes('SELECT count(*) FROM skewed WHERE v <= 1000')), '... and join');
is(by_node($rows, 'aggr'), '10 10', '... and aggregate');

my @keys = on_nodes('SELECT count(DISTINCT k) FROM skewed WHERE k <= 1000');
($rows) = report('SELECT count(*) FROM skewed s JOIN item i ON s.k = i.k');
is(by_node($rows, 'dist'), "@items", 'what each node sends by key');
is(by_node($rows, 'hash'), "@keys", '... gets where the key is');

# The same table twice, each with its own rows.
($rows) = report('SELECT count(*) FROM skewed a JOIN skewed b ON a.k = b.k WHERE a.v < 20 AND b.v > 9990');
is(by_node($rows, 'hjoin'), join(' ', on_nodes('SELECT count(*) FROM skewed a JOIN skewed b ON a.k = b.k WHERE a.v < 20 AND b.v > 9990')),
	'a join of a table with itself');

# What is known by the leaves below it, however the node plans it.
my %counts = (
	'SELECT count(*) FROM skewed s WHERE EXISTS (SELECT FROM item i WHERE i.k = s.v)' => [ 'hjoin', 2000 ],
	'SELECT count(*) FROM skewed s WHERE NOT EXISTS (SELECT FROM item i WHERE i.k = s.v)' => [ 'hjoin', 98000 ],
	'SELECT count(*) FROM (SELECT DISTINCT n FROM item) i' => [ 'scan   name=item', 1000 ],
	'SELECT k, count(*) FROM skewed GROUP BY k HAVING count(*) > 5' => [ 'aggr', 1 ],
	'SELECT count(*) FROM (SELECT k FROM skewed WHERE v < 100 UNION ALL SELECT k FROM item) x' => [ 'scan   name=item', 1000 ],
	'SELECT sum(c.n) FROM item i JOIN copies c USING (k)' => [ 'hjoin', 20 ],
	'SELECT k, v FROM skewed WHERE v < 50 ORDER BY v, k LIMIT 4' => [ 'limit', 8 ],
);
for my $query (sort keys %counts)
{
	my ($label, $expected) = @{ $counts{$query} };
	my $sum = 0;

	($rows) = report($query);
	$sum += $_ for map { $rows->{$label}{$_}[0] // -1e9 } @first;
	is($sum, $expected, "$label of $query");
}

# ---------------------------------------------------------------------
# Changes, and statements that run queries
# ---------------------------------------------------------------------

($rows, $number) = report('INSERT INTO parts SELECT k, v FROM skewed WHERE v < 50');
my @inserted = on_nodes('SELECT count(*) FROM parts');
is(by_node($rows, 'insert'), "@inserted", 'rows that nodes insert where they are');
is(by_node($rows, 'scan   name=skewed'), "@inserted", '... of those they read');
is(sql("SELECT sum(rows) FROM redshift.stl_insert WHERE query = $number AND tbl = 'parts'::regclass::int8::int4"), 98, '... by table');
my @changed = on_nodes('SELECT count(*) FROM parts WHERE v > 20');
($rows) = report('UPDATE parts SET v = 3 WHERE v > 20');
is(by_node($rows, 'delete'), "@changed", 'rows that nodes update');
is(by_node($rows, 'scan   name=parts'), "@changed", '... and find');
($rows) = report('DELETE FROM parts WHERE v > 1');
cmp_ok($rows->{'delete'}{ $first[0] }[0] + $rows->{'delete'}{ $first[1] }[0], '==', 96, 'rows that nodes delete');
($rows) = report('PREPARE p AS SELECT max(v) FROM skewed WHERE v > 5; EXECUTE p');
is(by_node($rows, 'scan   name=skewed'), $truth, 'a prepared statement');
($rows) = report('CREATE TABLE kept USING redshift AS SELECT k, v FROM skewed WHERE v > 5');
is(by_node($rows, 'scan   name=skewed'), $truth, 'CREATE TABLE AS');

# ---------------------------------------------------------------------
# What it must not change
# ---------------------------------------------------------------------

like(sql('EXPLAIN (ANALYZE, COSTS off) SELECT max(v) FROM skewed'), qr/Plan on .*Scan on t/s, 'EXPLAIN ANALYZE has the plans of nodes');
is(sql('SET redshift.history = off; SELECT max(v) FROM skewed'), 90000, 'without a history');
is(join('; ', $cluster->left_behind), '', 'nothing is left behind');
done_testing();
