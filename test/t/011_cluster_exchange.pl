# Fragments and exchanges: rows from nodes to the leader and to each other.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('exchange', 3);
my $leader = $cluster->leader;
my $directory = $PostgreSQL::Test::Utils::tmp_check;

sub sql { return $leader->safe_psql('postgres', $_[0]); }

sub failure
{
	my ($server, $sql) = @_;
	my ($code, $out, $error) = $server->psql('postgres', $sql);
	return $error;
}

# Files of exchanges that are left on any node.
sub left_over
{
	my $count = 0;

	for my $try (1 .. 50)
	{
		$count = grep { /redshift/ } map { glob($_->data_dir . '/base/pgsql_tmp/*') } $cluster->nodes;
		last if ($count == 0);
		select undef, undef, undef, 0.1;
	}
	return $count;
}

sql(<<'SQL');
CREATE TABLE a (k int, g int, t text, n numeric(12,3)) USING redshift WITH (diststyle = key, distkey = k);
CREATE TABLE b (k bigint, g int, v varchar(20)) USING redshift WITH (diststyle = key, distkey = g);
INSERT INTO a SELECT i, i % 97, repeat('t' || i % 13, i % 9), i / 8.0 FROM generate_series(1, 20000) i;
INSERT INTO b SELECT i, CASE WHEN i % 10 > 0 THEN i % 55 END, 'v' || i FROM generate_series(1, 15000) i;
SQL

# What comes here.
is(sql('SELECT count(*), sum(k), sum(n), count(DISTINCT t) FROM (SELECT * FROM a OFFSET 0) s'),
	'20000|200010000|25001250.000|105', 'rows of all nodes');
is(sql('SELECT count(*) FROM (SELECT k FROM a LIMIT 7) s'), '7', 'no more than are wanted');
is(sql("BEGIN; INSERT INTO a VALUES (-1); SELECT 'x' FROM (SELECT t FROM a, generate_series(1, 20) OFFSET 0) s LIMIT 1; SELECT count(*) FROM a; ROLLBACK;"),
	"x\n20001", 'a fragment that is ended early leaves the transaction well');
is(sql('BEGIN; DECLARE c CURSOR FOR SELECT k FROM a; FETCH 2 FROM c \g /dev/null
	SELECT count(*) FROM a; DELETE FROM a WHERE k = 5; SELECT count(*) FROM a; MOVE ALL FROM c; CLOSE c; ROLLBACK;'),
	"20000\n19999", 'other statements while a cursor is open');
is(sql('BEGIN; DECLARE c CURSOR FOR SELECT k FROM a; FETCH 2 FROM c \g /dev/null
	SELECT count(*) FROM b; CREATE TABLE rest (k int);
	DO $$ DECLARE c refcursor := \'c\'; r int; n int := 0; BEGIN LOOP FETCH c INTO r; EXIT WHEN NOT FOUND; n := n + 1; END LOOP; RAISE EXCEPTION \'% left\', n; EXCEPTION WHEN raise_exception THEN IF SQLERRM <> \'19998 left\' THEN RAISE; END IF; END $$;
	SELECT 1; ROLLBACK;'), "15000\n1", 'the rest of its rows was kept');
like(failure($leader, 'SELECT 10 / (k - 7000) FROM a'), qr/division by zero/, 'an error of a node');
is(sql("SELECT string_agg(node || ' ' || result, ',' ORDER BY node) FROM redshift.run_on_nodes('SELECT 7')"), 'n1 7,n2 7,n3 7', 'a command on all nodes');
is(sql("BEGIN; SELECT count(*) FROM redshift.run_on_nodes('CREATE TABLE only_here (a int)'); ROLLBACK; SELECT max(result) FROM redshift.run_on_nodes('SELECT count(*) FROM pg_class WHERE relname = ''only_here''')"),
	"3\n0", 'in the transaction');
like(failure($leader, "SELECT * FROM redshift.run_on_nodes('COMMIT')"), qr/has ended the transaction/, 'which it cannot end');

# From node to node.
my $joined = sql('SET enable_hashjoin = on; SELECT count(*), sum(a.n), max(v) FROM a JOIN b ON a.k = b.k');
is($joined, '15000|14063437.500|v9999', 'rows spread by another column');
is(sql('SELECT count(*) FROM b b1 JOIN b b2 ON b1.k = b2.k JOIN a ON a.k = b2.k'), '15000', 'two exchanges');
is(sql('SELECT count(*) FROM a a1 JOIN a a2 ON a1.g = a2.g WHERE a1.k < 100'), sql('SELECT sum(c1 * c2) FROM (SELECT g, count(*) AS c2, count(*) FILTER (WHERE k < 100) AS c1 FROM a GROUP BY g) s'), 'rows sent by a column that many share');
is(sql('BEGIN; UPDATE b SET k = 30000 WHERE k = 1; INSERT INTO a VALUES (30000, 0, NULL, 1); SELECT count(*), max(v) FROM a JOIN b USING (k) WHERE k = 30000; ROLLBACK'), '1|v1', 'rows of the same transaction');
is(left_over(), 0, 'no file is left');

# By hand, on the nodes.
my ($n1, $n2) = ($cluster->node(1), $cluster->node(2));
my $out = "$directory/out";
sub send_rows { return "\\copy ($_[0]) to '$out' with (format redshift_batch, exchange 'x', $_[1])"; }
my $script = "BEGIN; SELECT redshift.open_exchange('x', 1);\n" . send_rows('SELECT i, i % 3, NULL::text FROM generate_series(1, 5000) i', "broadcast, targets 'n1'") .
	"\nSELECT count(*), sum(a), count(c) FROM redshift.exchange('x') AS t(a int, b int, c text);\nSELECT \"rows\", bytes > 100 FROM redshift.exchange_size('x');";
is($n1->safe_psql('postgres', "$script COMMIT;"), "\n5000|12502500|0\n5000|t", 'to the node itself');
like($n1->safe_psql('postgres', "$script EXPLAIN SELECT * FROM redshift.exchange('x') AS t(a int, b int, c text); COMMIT"), qr/rows=5000 /, 'the planner knows how many');
like($n1->safe_psql('postgres', $script =~ s/'x', 1\)/'x', 1, '{5000,3,0}')/r . " EXPLAIN SELECT DISTINCT b FROM redshift.exchange('x') AS t(a int, b int, c text); COMMIT"),
	qr/rows=3 /, 'and how many values a column has, if it was told');
my $read = "redshift.exchange('x') AS t(a int, b int, c text)";
like($n1->safe_psql('postgres', "$script EXPLAIN SELECT * FROM $read"), qr/Custom Scan \(RsExchange\)/, 'a node of its own reads them');
$n1->safe_psql('postgres', "CREATE TABLE local (b int, w int) USING redshift; INSERT INTO local VALUES (0, 1), (1, 10), (2, 100); ANALYZE local");
my @reads = ("SELECT b, count(*), sum(a) FROM $read GROUP BY b ORDER BY b", "SELECT a + b, a FROM $read WHERE a % 1000 = 7 ORDER BY 1",
	"SELECT count(*), sum(w), max(a) FROM $read JOIN local USING (b)", "SELECT sum(w) FROM local JOIN (SELECT a, b FROM $read WHERE a > 4000) s USING (b)",
	"SELECT count(*) FROM local, LATERAL (SELECT * FROM $read WHERE t.b = local.b OFFSET 1) s", "SELECT count(*) FROM $read, redshift.exchange('x') AS u(a int, b int, c text) WHERE t.a = u.a AND t.c IS NULL",
	"SELECT w, (SELECT max(a) FROM $read WHERE t.b < local.b) FROM local ORDER BY 1", "SELECT b, a, t FROM $read ORDER BY a DESC LIMIT 2");
my @answers = map { my $off = $_; join("\n", map { $n1->safe_psql('postgres', "SET client_min_messages = error; $off; $script \\echo =\n$_; COMMIT") =~ /=\n(.*)/s } @reads) }
	('SET redshift.enable_vector = on', 'SET redshift.enable_vector = off');
my $plain = join("\n", map { (my $query = $_) =~ s/redshift\.exchange\('x'\) AS (\w)\([^)]*\)/sent $1/g; $n1->safe_psql('postgres', "CREATE TABLE sent AS SELECT i AS a, i % 3 AS b, NULL::text AS c FROM generate_series(1, 5000) i; $query; DROP TABLE sent") } @reads);
is($answers[0], $plain, 'queries of an exchange, by the vector engine');
is($answers[1], $plain, 'and by rows');

# Workers of a parallel plan share an exchange, here one of many messages of three senders.
my $workers = 'SET max_parallel_workers_per_gather = 3; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET enable_material = off; SET client_min_messages = error;';
my $large = "BEGIN; SELECT redshift.open_exchange('x', 3);\n" . join("\n", map { send_rows("SELECT i, i % 3, 't' || i % 1000 FROM generate_series($_, 150000, 3) i", "broadcast, targets 'n1'") } 1 .. 3);
sub of_workers { return $n1->safe_psql('postgres', "$workers $_[0]; $large\n\\echo =\n$_[1]; COMMIT") =~ s/.*?=\n//sr; }
my $shared = qr/Parallel Custom Scan \(RsExchange\)/;
like(of_workers('', "EXPLAIN (ANALYZE) SELECT count(*), sum(a), max(c) FROM $read"), qr/Workers Launched: [123].*Parallel Custom Scan \(RsVector\).*=> Rows \(rows=150000 .*$shared/s, 'workers read an exchange');
unlike(of_workers('RESET min_parallel_table_scan_size', "EXPLAIN SELECT count(*), sum(a), max(c) FROM $read"), qr/Gather/, 'but not a small one');
like(of_workers('', "EXPLAIN SELECT count(*), sum(t.a + u.a) FROM $read JOIN redshift.exchange('x') AS u(a int, b int, c text) ON t.a = u.a"),
	qr/Parallel Hash Join|=> Hash Join.*$shared.*$shared/s, 'they share the build side of a join');
push @reads, "SELECT count(*), sum(t.a::int8 + u.a), max(u.c) FROM $read JOIN redshift.exchange('x') AS u(a int, b int, c text) ON t.a = u.a",
	"SELECT c, count(*), sum(a) FROM $read GROUP BY c ORDER BY c", "SELECT a % 50000, count(*), max(c) FROM $read GROUP BY 1 ORDER BY 1",
	"SELECT l.w, s.n, s.m FROM local l, (SELECT count(*) AS n, sum(a) AS m FROM $read OFFSET 0) s ORDER BY 1", "SELECT count(*) FROM (SELECT a FROM $read LIMIT 1000) s",
	"SELECT count(*) FROM (SELECT * FROM $read) t WHERE t IS NOT NULL", "SELECT count(*), sum(w) FROM local LEFT JOIN (SELECT * FROM $read WHERE a < 5) t USING (b)";
my ($alone, @together) = map { of_workers($_, join("; \\echo =\n", @reads)) } 'SET max_parallel_workers_per_gather = 0', 'SET redshift.enable_vector = on',
	'SET redshift.enable_vector = off', 'SET parallel_leader_participation = off', 'SET redshift.vector_rows = 7',
	'SET force_parallel_mode = on; RESET min_parallel_table_scan_size';
is(scalar(grep { $_ eq $alone } @together), 5, 'the same answers with workers as without') or diag map { "$_\n--\n" } $alone, @together;
like(failure($n1, "$script SELECT * FROM redshift.exchange('x') AS t(a int, b int)"), qr/3 columns, expected 2/, 'other columns than were sent');
like(failure($n1, "BEGIN; SELECT redshift.open_exchange('x', 2);\n" . send_rows('SELECT 1', "broadcast, targets 'n1'") . "\nSELECT * FROM redshift.exchange('x') AS t(a int)"),
	qr/rows of a sender of exchange "x" are missing/, 'a sender is missing');
like(failure($n1, send_rows('SELECT 1', "broadcast, targets 'n1'")), qr/exchange "x" is not open/, 'not open here');
like(failure($n1, send_rows('SELECT 1', "broadcast, targets 'n2'")), qr/exchange "x" is not open/, 'nor there');
like(failure($n1, "BEGIN; SELECT redshift.open_exchange('x', 1); SELECT redshift.open_exchange('x', 1)"), qr/is open already/, 'opened twice');
like(failure($n1, "SELECT redshift.open_exchange('../x', 1)"), qr/invalid name/, 'a name that leads elsewhere');
like(failure($n1, send_rows('SELECT 1', "broadcast, distribute '1'")), qr/one of "distribute", "broadcast" and "keep"/, 'contradicting options');
like(failure($n1, "BEGIN; SELECT redshift.open_exchange('x', 1);\n" . send_rows('SELECT 1', "distribute '2', targets 'n1'")), qr/no column 2/, 'a key that is none');
like(failure($n1, "BEGIN; SELECT redshift.open_exchange('x', 1);\n" . send_rows('SELECT i FROM generate_series(1, 100) i', "distribute '1', targets 'n1'")),
	qr/none of the target nodes/, 'slices of no target');
is($n1->safe_psql('postgres', "BEGIN; SAVEPOINT s; SELECT redshift.open_exchange('x', 1); ROLLBACK TO s; SELECT redshift.open_exchange('x', 1); SELECT redshift.close_exchanges('{x,y}'); SELECT redshift.open_exchange('x', 1); COMMIT"),
	"\n\n\n", 'an exchange ends with its subtransaction, and when it is closed');
$n1->safe_psql('postgres', "CREATE ROLE someone LOGIN");
like(failure($n1, "BEGIN; SELECT redshift.open_exchange('x', 1); SET ROLE someone; SELECT * FROM redshift.exchange('x') AS t(a int)"), qr/not open/, "nobody reads another user's");
like(failure($n1, "BEGIN; SELECT redshift.open_exchange('x', 1); PREPARE TRANSACTION 'p'; ROLLBACK PREPARED 'p'; SELECT * FROM redshift.exchange('x') AS t(a int)"), qr/not open/, 'it ends with PREPARE');
is(left_over(), 0, 'no file is left');

# Errors and cancels in the middle leave nothing behind, and the connections well.
like(failure($leader, 'SELECT sum(x) FROM a JOIN (SELECT 10 / (k - 14000) AS x, k FROM b) b ON a.k = b.k'), qr/division by zero/, 'an error while rows are sent');
for my $run (map { ([ '', $_ ], [ $workers, $_ ]) } 20, 60, 150, 300)
{
	my ($settings, $ms) = @$run;

	like(failure($leader, "$settings SET statement_timeout = '${ms}ms'; SELECT count(*), pg_sleep(1) FROM a a1 JOIN b ON a1.k = b.k JOIN a a2 ON a2.g = b.g"), qr/timeout/, "cancelled after $ms ms");
	is(sql("$settings SELECT count(*), sum(a.n), max(v) FROM a JOIN b ON a.k = b.k"), $joined, 'and the next query is right');
}
ok($n1->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'parallel worker'"), 'no worker is left');
is(left_over(), 0, 'no file is left');

# A session that ends, a server that falls.
my $open = IPC::Run::start([ 'psql', '-X', '-q', '-d', $n2->connstr('postgres'), '-c',
	"BEGIN; SELECT redshift.open_exchange('y', 1); SELECT pg_sleep(30)" ], '>', \my $said, '2>', \my $error);
$n2->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%open_exchange%sleep%' AND wait_event = 'PgSleep'");
is(scalar(grep { /redshift/ } glob($n2->data_dir . '/base/pgsql_tmp/*')), 1, 'the exchange has a directory');
$n2->stop('immediate');
$open->finish;
$n2->start;
is(left_over(), 0, 'a start removes it');

$cluster->stop;
done_testing();
