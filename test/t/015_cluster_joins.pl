# Joins on the compute nodes: which rows they may take to be on one node.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('joins', 2);
my $leader = $cluster->leader;

sub sql { return $leader->safe_psql('postgres', $_[0]); }
sub moves { return join("\n", sql("EXPLAIN (COSTS OFF) $_[0]") =~ /(DS_\w+)/g); }

# Values that are equal by some equality, but hash otherwise.
sql(<<'SQL');
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE small (x text, n int) USING redshift WITH (diststyle = key, distkey = x);
CREATE TABLE large (y text, n int) USING redshift WITH (diststyle = key, distkey = y);
CREATE TABLE any_case (z text COLLATE ci, n int) USING redshift WITH (diststyle = key, distkey = z);
CREATE TABLE any_case_too (z text COLLATE ci, n int) USING redshift WITH (diststyle = key, distkey = z);
CREATE TABLE padded (p char(9), n int) USING redshift WITH (diststyle = key, distkey = p);
CREATE TABLE ints (i int, n int) USING redshift WITH (diststyle = key, distkey = i);
CREATE TABLE longs (l bigint, n int) USING redshift WITH (diststyle = key, distkey = l);
CREATE TABLE oids (o oid, n int) USING redshift WITH (diststyle = key, distkey = o);
CREATE TABLE numerics (d numeric, n int) USING redshift WITH (diststyle = key, distkey = d);
INSERT INTO small SELECT 'k' || i, i FROM generate_series(1, 500) i;
INSERT INTO large SELECT 'K' || i, i FROM generate_series(1, 500) i;
INSERT INTO any_case SELECT * FROM small;
INSERT INTO any_case_too SELECT * FROM large;
INSERT INTO padded SELECT * FROM small;
INSERT INTO ints SELECT i, i FROM generate_series(1, 500) i;
INSERT INTO longs SELECT * FROM ints;
INSERT INTO oids SELECT * FROM ints;
INSERT INTO numerics SELECT * FROM ints;
ANALYZE;
SQL
for my $case (
	[ 'small JOIN large ON x = y', 0, 1 ],
	[ 'small JOIN large ON x = y COLLATE ci', 500, 0 ],
	[ 'any_case a JOIN any_case_too b ON a.z = b.z', 500, 1 ],
	[ 'any_case a JOIN any_case_too b ON a.z = b.z COLLATE "C"', 0, 0 ],
	[ 'small JOIN any_case a ON x = z COLLATE "C"', 500, 0 ],
	[ 'small JOIN any_case a ON x COLLATE ci = z', 500, 0 ],
	[ 'small JOIN padded ON x = p', 500, undef ],
	[ 'ints JOIN longs ON i = l', 500, 1 ],
	[ 'ints JOIN oids ON i::oid = o', 500, 0 ],
	[ 'ints JOIN numerics ON i = d', 500, 0 ])
{
	my ($from, $count, $in_place) = @$case;

	is(sql("SELECT count(*) FROM $from"), $count, $from);
	next if (!defined $in_place);
	(moves("SELECT count(*) FROM $from") eq '') == !!$in_place ? pass("$from: exchange") : fail("$from: exchange");
}
sql('INSERT INTO small SELECT upper(x), n FROM small');
is(sql('SELECT count(*) FROM (SELECT x COLLATE ci FROM small GROUP BY 1) s'), '500', 'groups by another collation than rows are spread by');
is(sql('SELECT count(*) FROM (SELECT x FROM small GROUP BY 1) s'), '1000', 'groups by the same');
sql('UPDATE ints SET n = numerics.n + 1 FROM numerics WHERE i = d');
is(sql('SELECT count(*) FROM ints WHERE n = i + 1'), '500', 'update from a table whose key hashes otherwise');

# Where trailing blanks do not count, keys that differ in them are of one slice; leader and nodes agree on what is equal.
sql(<<'SQL');
CREATE TABLE keys (v varchar(20), t text, n int) USING redshift WITH (diststyle = key, distkey = v);
CREATE TABLE others (w text, c char(8), n int) USING redshift WITH (diststyle = key, distkey = w);
CREATE TABLE spread (v varchar(20), n int) USING redshift WITH (diststyle = even);
CREATE TABLE heap_keys (v varchar(20), t text, n int) USING heap;
CREATE TABLE heap_others (w text, c char(8), n int) USING heap;
CREATE TABLE heap_spread (v varchar(20), n int) USING heap;
INSERT INTO heap_keys SELECT nullif('k' || i % 150, 'k7') || repeat(' ', i % 4), 't' || i % 10 || repeat(' ', i % 3), i FROM generate_series(1, 2000) i;
INSERT INTO heap_others SELECT 'k' || i || repeat(' ', i % 3), 'k' || i % 40, i FROM generate_series(1, 300) i;
INSERT INTO heap_spread SELECT 'k' || i || repeat(' ', i % 2), i FROM generate_series(1, 100) i;
INSERT INTO keys SELECT * FROM heap_keys;
INSERT INTO others SELECT * FROM heap_others;
INSERT INTO spread SELECT * FROM heap_spread;
ANALYZE;
SQL
my $blanks = 'SET redshift.dialect = redshift; SET redshift.node_filters = always;';
for my $query (
	'SELECT count(*), sum(k.n), sum(o.n) FROM keys k JOIN others o ON k.v = o.w', 'SELECT count(*), sum(k.n) FROM keys k LEFT JOIN others o ON k.v = o.c WHERE o.n IS NULL',
	'SELECT count(*), sum(k.n) FROM keys k JOIN spread s ON k.v = s.v', 'SELECT count(*), sum(k.n) FROM spread s JOIN others o ON s.v = o.w JOIN keys k ON k.t = o.w || \' \' OR k.v = s.v',
	'SELECT count(*), sum(n) FROM keys WHERE v = \'k1  \'', 'SELECT count(*), sum(n) FROM keys WHERE v IN (\'k1\', \'k2   \', \'none\')', 'SELECT rtrim(v), count(*), sum(n) FROM keys GROUP BY v ORDER BY v',
	'SELECT rtrim(t), count(*), count(DISTINCT v) FROM keys GROUP BY t ORDER BY t', 'SELECT count(*) FROM (SELECT DISTINCT t, v FROM keys) x', 'SELECT count(*) FROM (SELECT v FROM keys UNION SELECT w FROM others) x',
	'SELECT count(*) FROM (SELECT w FROM others EXCEPT SELECT v FROM keys) x', 'SELECT sum(r * n) FROM (SELECT n, rank() OVER (PARTITION BY t ORDER BY v) AS r FROM keys) x', 'SELECT rtrim(v) FROM keys ORDER BY v DESC, n LIMIT 20',
	'SELECT count(*) FROM keys WHERE v NOT IN (SELECT w FROM others WHERE n < 50)', 'SELECT count(*) FROM keys k WHERE EXISTS (SELECT 1 FROM others o WHERE o.w = k.v AND o.n % 7 = k.n % 7)')
{
	is(sql("$blanks $query"), sql("$blanks " . $query =~ s/\b(keys|others|spread)\b/heap_$1/gr), "blanks: $query");
}
is(moves('SELECT count(*) FROM keys JOIN others ON v = w'), '', 'joined in place, compared as PostgreSQL does');
unlike(sql("$blanks EXPLAIN (COSTS OFF) SELECT count(*) FROM keys JOIN others ON v = w"), qr/DS_/, 'and where trailing blanks do not count');
like(sql("$blanks EXPLAIN (COSTS OFF) SELECT count(*) FROM keys WHERE v = 'k1   '"), qr/Routed To: n\d$/m, 'one node is asked for a key');
sql("$blanks UPDATE keys SET n = n + 10000 WHERE v = 'k3'; DELETE FROM keys USING others WHERE v = w AND others.n = 5;
	UPDATE heap_keys SET n = n + 10000 WHERE v = 'k3'; DELETE FROM heap_keys USING heap_others WHERE v = w AND heap_others.n = 5;");
is(sql('SELECT count(*), sum(n) FROM keys'), sql('SELECT count(*), sum(n) FROM heap_keys'), 'rows changed by such conditions');

# Rows that cannot join are not sent.
sql(<<'SQL');
CREATE TABLE facts (k int, i int, l bigint, v varchar(20), t text, p char(12), n numeric(14,3), d date, s timestamp, u uuid, b bytea, o oid)
	USING redshift WITH (diststyle = even, sortkey = i);
CREATE TABLE things (k int, i int, l bigint, v varchar(20), t text, p char(12), n numeric, d date, s timestamp, u uuid, b bytea, o oid, w int, payload text)
	USING redshift WITH (diststyle = even);
CREATE TABLE keyed (l bigint, w int) USING redshift WITH (diststyle = key, distkey = l);
INSERT INTO facts SELECT k, i, i, 'v' || i, 't' || i, 'p' || i, i / 8.0, date '2000-01-01' + i, timestamp '2000-01-01' + i * interval '1 hour', md5(i::text)::uuid, ('b' || i)::bytea, i
	FROM (SELECT k, CASE WHEN k % 50 > 0 THEN k / 4 END AS i FROM generate_series(1, 60000) k) g;
INSERT INTO things SELECT k, i, i, 'v' || i, 't' || i, 'p' || i, i / 8.0, date '2000-01-01' + i, timestamp '2000-01-01' + i * interval '1 hour', md5(i::text)::uuid, ('b' || i)::bytea, i, w, repeat('x', 40)
	FROM (SELECT k, CASE WHEN k % 60 > 0 THEN k END AS i, k % 100 AS w FROM generate_series(1, 40000) k) g;
INSERT INTO keyed SELECT k, k % 100 FROM generate_series(1, 30000) k;
ANALYZE facts, things, keyed;
SQL
sub filtered { return sql("EXPLAIN (COSTS OFF) $_[0]") =~ /Runtime Filter/ ? 1 : 0; }
my @types = qw(i l v t p n d s u b o);
my @queries = ((map { "SELECT count(*), count(f.k), sum(f.k), sum(t.k) FROM things t LEFT JOIN facts f ON f.$_ = t.$_ WHERE t.w < 5" } @types),
	'SELECT count(*), sum(f.k) FROM facts f JOIN things t ON f.i = t.l WHERE t.w < 4 AND length(t.payload) = 40',
	'SELECT count(*), sum(f.k) FROM facts f JOIN keyed USING (l) WHERE keyed.w < 3',
	'SELECT count(*), sum(t.k) FROM things t WHERE NOT EXISTS (SELECT FROM facts f WHERE f.i = t.i) AND w BETWEEN 3 AND 7',
	'SELECT count(*), sum(f.k) FROM facts f WHERE EXISTS (SELECT FROM things t WHERE f.i = t.i AND f.d = t.d AND w > 94)',
	'SELECT count(*), sum(f.k) FROM things t LEFT JOIN facts f ON f.v = t.t WHERE t.w < 5',
	'SELECT count(*), count(f.k) FROM things t LEFT JOIN facts f ON f.i = t.i AND f.k % 7 < 5 WHERE t.w < 0',
	'SELECT count(*), sum(f.n) FROM things t LEFT JOIN (SELECT i, count(*) AS n FROM facts GROUP BY i) f ON f.i = t.i WHERE t.w < 2',
	'SELECT count(*), sum(f.k) FROM things t LEFT JOIN facts f ON f.i = t.k + 1 WHERE t.w < 5',
	'SELECT count(*), count(f.k) FROM things t FULL JOIN facts f ON f.i = t.i',
	'SELECT count(*), sum(s.n) FROM keyed JOIN (SELECT l, i, count(*) AS n, sum(k) FROM facts GROUP BY l, i HAVING count(*) > 3) s ON s.l = keyed.l AND s.i = keyed.l + 0 WHERE w < 2',
	'SELECT count(*), sum(s.l) FROM (SELECT DISTINCT l, k % 3 FROM facts) s JOIN things t ON s.l = t.l WHERE t.w < 2',
	'SELECT count(*), sum(s.n) FROM (SELECT l, count(*) AS n FROM (SELECT l, i, sum(k) FROM facts GROUP BY l, i) g GROUP BY l) s JOIN keyed USING (l) WHERE w < 2',
	'SELECT count(*), sum(f.n) FROM keyed JOIN (SELECT l, avg(k) AS n FROM facts GROUP BY l) f USING (l) WHERE l IN (SELECT l FROM things WHERE w < 3)',
	'SELECT count(*), sum(s.n) FROM keyed LEFT JOIN (SELECT l, i, count(*) AS n FROM facts GROUP BY GROUPING SETS ((l, i), (l), ())) s ON s.l = keyed.l WHERE w < 2',
	'SELECT count(*), sum(s.n) FROM keyed RIGHT JOIN (SELECT l, count(*) AS n FROM facts GROUP BY l) s ON s.l = keyed.l AND w < 2');
my @unfiltered = split /\n/, sql(join('; ', 'SET redshift.node_filters = off', @queries));
for my $settings ('SET redshift.enable_vector = on', 'SET redshift.enable_vector = off', 'SET redshift.node_filters = always',
	'SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0')
{
	my @answers = split /\n/, sql(join('; ', $settings, @queries));

	is_deeply(\@answers, \@unfiltered, "the same rows join, $settings");
}
is(filtered($queries[$_->[0]]), $_->[1], $queries[$_->[0]]) for ([ 0, 1 ], [ 5, 1 ], [ 13, 1 ], [ 15, 1 ], [ 18, 1 ], [ 19, 0 ]);
for my $query (@queries[ 0, 2, 13 ])
{
	my ($on, $off) = map { sql("SET redshift.node_filters = $_; EXPLAIN (ANALYZE, FORMAT JSON) $query") =~ /"Exchange Bytes": (\d+)/ ? $1 : 0 } ('on', 'off');

	cmp_ok($on, '<', $off / 3, "bytes moved, $query");
}
unlike(sql("SET redshift.node_filters = off; EXPLAIN $queries[0]"), qr/Runtime Filter/, 'none if they are off');
like(sql("EXPLAIN $queries[0]"), qr/Exchange: DS_DIST_BOTH\n.*Exchange: DS_DIST_BOTH\n\s+Runtime Filter/, 'the side that filters goes first');
like(sql("SET redshift.node_filters = always; EXPLAIN (VERBOSE) SELECT count(*) FROM facts f JOIN keyed USING (l)"), qr/may_join\(/, 'or is read where it stands');


# Below aggregations, where the statistics of so few rows leave another stage worth while.
my $cheap = 'SET redshift.stage_cost = 10';
is_deeply([ split /\n/, sql(join('; ', $cheap, @queries[ 20 .. 25 ])) ], [ @unfiltered[ 20 .. 25 ] ], 'the same groups join');
for my $query (@queries[ 20 .. 23, 25 ])
{
	my $below = $query !~ /RIGHT/;
	my $plan = sql("$cheap; EXPLAIN (VERBOSE) $query");
	my ($on, $off) = map { sql("$cheap; SET redshift.node_filters = $_; EXPLAIN (ANALYZE, FORMAT JSON) $query") =~ /"Exchange Bytes": (\d+)/ ? $1 : 0 } ('on', 'off');

	is($plan =~ /may_join\(/ ? 1 : 0, $below ? 1 : 0, "filtered, $query");
	cmp_ok($on, '<', $off / 2, "bytes moved, $query") if ($below);
}
like(sql("$cheap; EXPLAIN (VERBOSE) $queries[23]") =~ s/\s+/ /gr, qr/EXISTS \( SELECT true.*may_join\(/, 'a semi join gives what its other side is compared with');

# By hand, on a node: what is sent, and what is read for it.
my $n1 = $cluster->node(1);
my $out = "$PostgreSQL::Test::Utils::tmp_check/out";
sub send_rows { return "\\copy ($_[0]) to '$out' with (format redshift_batch, exchange $_[1], targets 'n1')\n"; }
sub by_hand { return $n1->safe_psql('postgres', "BEGIN; SELECT redshift.open_exchange('x', 1); SELECT redshift.open_exchange('y', 1);\n$_[0] COMMIT;") =~ s/^\n\n//r; }
my $filters = join(',', 1 .. @types);
for my $only ('', ', only_filters')
{
	my $fill = send_rows('SELECT ' . join(', ', @types) . ' FROM public.things WHERE w < 5', "'x', broadcast, filters '$filters'$only");

	for my $column (1 .. @types)
	{
		my $type = $types[ $column - 1 ];
		my $condition = "redshift.may_join('x', $column, $type)";
		my $wanted = "SELECT count(*) FROM facts f WHERE $type IN (SELECT $type FROM public.things WHERE w < 5)";
		my ($exact, $by_vectors, $both, $by_rows, $in_case) = split /\n/, by_hand("$fill $wanted;
			SELECT count(*) FROM facts WHERE $condition;
			SELECT count(*) FROM facts f WHERE $condition AND $type IN (SELECT $type FROM public.things WHERE w < 5);
			SET redshift.enable_vector = off; SELECT count(*) FROM facts WHERE $condition; SET redshift.enable_vector = on;
			SELECT count(*) FROM facts WHERE CASE WHEN $condition THEN k > 0 END;");

		ok($exact > 100 && $both == $exact && $by_vectors < $exact * 1.3 && $by_rows == $by_vectors && $in_case == $by_vectors,
			"filter of $type$only: $exact, $both, $by_vectors, $by_rows, $in_case");
	}
	my ($x, $y) = split /\n/, by_hand($fill . send_rows("SELECT i, k FROM public.facts WHERE redshift.may_join('x', 1, i)", "'y', broadcast") .
		"SELECT rows FROM redshift.exchange_size('x'); SELECT rows BETWEEN 100 AND 5000 FROM redshift.exchange_size('y');");
	is("$x $y", $only ? '0 t' : $n1->safe_psql('postgres', 'SELECT count(*) FROM public.things WHERE w < 5') . ' t', "rows sent$only");
}
like(by_hand(send_rows('SELECT i FROM public.facts WHERE i < (SELECT min(i) + 100 FROM public.facts)', "'x', broadcast, filters '1'") .
	"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT k FROM facts WHERE redshift.may_join('x', 1, i);"),
	qr/Blocks: read [1-9]\d*, skipped [1-9]/, 'blocks without a key are not read');
is(by_hand(send_rows('SELECT i, k FROM public.things WHERE i < 0', "'x', broadcast, filters '1'") .
	"SELECT count(*) FROM facts WHERE redshift.may_join('x', 1, i); SELECT count(i) = (SELECT count(i) FROM facts) FROM facts WHERE redshift.may_join('x', 2, i);"),
	"0\nt", 'no rows; a column that there is no filter of');
is(by_hand(send_rows("SELECT rpad(t, 3000, 'x'), NULL::text, t FROM public.things WHERE w < 5", "'x', broadcast, filters '1,2,3'") .
	"SELECT count(*) FROM (SELECT rpad(t, 3000, 'x') AS r, k FROM facts WHERE k < 10000) f WHERE redshift.may_join('x', 1, r); SELECT count(*) FROM facts WHERE redshift.may_join('x', 2, t);") =~ s/^\d{2,4}\n/many\n/r, "many\n0", 'long values, NULLs');
sub failure { my ($code, $out, $error) = $n1->psql('postgres', $_[0]); return $error; }
like(failure("SELECT redshift.may_join('z', 1, 2)"), qr/exchange "z" is not open/, 'no such exchange');
like(failure("BEGIN; SELECT redshift.open_exchange('x', 1);\n" . send_rows('SELECT i FROM public.things', "'x', broadcast, filters '1'") . "SELECT count(*) FROM facts WHERE redshift.may_join('x', 1, t)"),
	qr/of another type/, 'another type');
like(failure("BEGIN; SELECT redshift.open_exchange('x', 1);\n" . send_rows('SELECT i FROM public.things', "'x', broadcast, filters '2'")), qr/no column 2/, 'no such column');
like(failure("BEGIN; SELECT redshift.open_exchange('x', 1);\n" . send_rows('SELECT 1.5::float8', "'x', broadcast, filters '1'")), qr/no filter can be made/, 'no such type');

$cluster->stop;
done_testing();
