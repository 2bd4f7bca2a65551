# Sessions that change the same rows on the nodes: nothing is lost and nothing fails that
# would not on one server.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('concurrency', 2);
my $leader = $cluster->leader;
my ($sessions, $times) = (4, 6);

sub sql { return $leader->safe_psql('postgres', shift); }

sql(<<'SQL');
CREATE TABLE counter (k int PRIMARY KEY, n int) USING redshift WITH (distkey = k);
CREATE TABLE parts (k int, n int) PARTITION BY RANGE (k);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (0) TO (5) USING redshift WITH (distkey = k);
CREATE TABLE parts2 PARTITION OF parts FOR VALUES FROM (5) TO (50) USING redshift WITH (distkey = k);
CREATE TABLE local (k int, n int) USING heap;
CREATE ROLE other SUPERUSER LOGIN;
CREATE USER MAPPING FOR other SERVER n1;
CREATE USER MAPPING FOR other SERVER n2;
CREATE FUNCTION bump_rest() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN UPDATE counter SET n = n + 1 WHERE k > 4; END';
ALTER FUNCTION bump_rest() OWNER TO other;
CREATE FUNCTION add(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN $1 + 1; END';
CREATE VIEW counted AS SELECT * FROM counter;
ALTER VIEW counted OWNER TO other;
CREATE FUNCTION bump() RETURNS void LANGUAGE plpgsql AS 'BEGIN UPDATE counter SET n = n + 1; END';
SQL

# Sessions run a script many times each, while tables are compacted; each run adds 1 to 8 rows.
sub counts
{
	my ($name, $table, $once, $script) = @_;

	sql("TRUNCATE $table; INSERT INTO $table SELECT g, 0 FROM generate_series(1, 8) g");
	my @sessions = map { $cluster->session("SET plan_cache_mode = force_generic_plan; $once\n" . "$script\n" x $times) } 1 .. $sessions;
	push @sessions, $cluster->session("VACUUM $table;\nSELECT pg_sleep(0.02);\n" x 5) if ($table ne 'local');
	is(join('', map { ($_->finish)[1] } @sessions), '', "$name: no errors");
	is(sql("SELECT count(*), sum(n), min(n) FROM $table"), join('|', 8, 8 * $sessions * $times, $sessions * $times), "$name: none is lost");
}

counts('UPDATE', 'counter', '', 'UPDATE counter SET n = n + 1;');
counts('a cached plan', 'counter', 'PREPARE u AS UPDATE counter SET n = n + 1;', 'EXECUTE u;');
counts('a function', 'counter', '', 'SELECT bump();');
counts('UPDATE of partitions', 'parts', '', 'UPDATE parts SET n = n + 1;');
counts('UPDATE of the key', 'counter', '', 'UPDATE counter SET k = 9 - k, n = n + 1;');
counts('UPDATE from itself', 'counter', '', 'UPDATE counter SET n = c.n + 1 FROM counter c WHERE c.k = counter.k;');
counts('MERGE', 'counter', '', 'MERGE INTO counter USING (SELECT g FROM generate_series(1, 8) g) s ON s.g = k WHEN MATCHED THEN UPDATE SET n = n + 1 WHEN NOT MATCHED THEN INSERT VALUES (g, 0);');
counts('ON CONFLICT', 'counter', '', 'INSERT INTO counter SELECT g, 1 FROM generate_series(1, 8) g ON CONFLICT (k) DO UPDATE SET n = counter.n + 1;');
counts('two users', 'counter', '', 'BEGIN; UPDATE counter SET n = n + 1 WHERE k <= 4; SELECT bump_rest(); COMMIT;');
counts('a view of another user', 'counter', '', 'UPDATE counted SET n = add(n) WHERE add(k) > 0;');
counts('FOR UPDATE', 'counter', '', 'BEGIN; SELECT array_agg(n + 1 ORDER BY k) AS n FROM (SELECT * FROM counter FOR UPDATE) c \gset' . "\n" . q{UPDATE counter SET n = (:'n'::int[])[k]; COMMIT;});
sql('CREATE TABLE one (k int, n int) USING redshift WITH (distkey = k); INSERT INTO one SELECT g, 1 FROM generate_series(1, 8) g');
counts('a table of the leader', 'local', '', 'UPDATE local SET n = local.n + one.n FROM one WHERE one.k = local.k;');

# Who skips locked rows gets those that nobody else has.
sub waits_not
{
	my ($name, $sql, $expected, $error) = @_;
	my $sleeping = "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
	my $holder = $cluster->session("BEGIN; SELECT k FROM counter WHERE k = 1 FOR UPDATE; SELECT pg_sleep(60); COMMIT;\n");

	$leader->poll_query_until('postgres', $sleeping);
	my ($code, $out, $err) = $leader->psql('postgres', $sql);
	is($out, $expected, $name);
	like($err, $error, "$name: error");
	is(sql($sleeping), 't', "$name: at once");
	sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
	$holder->finish;
	($code, $out, $err) = $leader->psql('postgres', $sql);
	is($out, '1', "$name: afterwards");
}

my $next = 'SELECT k FROM counter WHERE k < 3 ORDER BY k LIMIT 1 FOR';
waits_not('SKIP LOCKED', "$next UPDATE SKIP LOCKED", '', qr/^$/);
waits_not('SKIP LOCKED in a subquery', "SELECT min(k) FROM ($next SHARE SKIP LOCKED) c", '', qr/^$/);
waits_not('NOWAIT', "$next UPDATE NOWAIT", '', qr/could not obtain lock on row in relation "counter"/);

# A queue: each entry is taken by one session.
sql('CREATE TABLE queue (id int PRIMARY KEY) USING redshift WITH (distkey = id); INSERT INTO queue SELECT g FROM generate_series(1, 40) g');
my @takers = map { $cluster->session("DELETE FROM queue WHERE id IN (SELECT id FROM queue ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id;\n" x 10) } 1 .. 4;
my @taken = map { $_->finish } @takers;
is(join(' ', sort { $a <=> $b } map { split /\n/ } @taken), join(' ', 1 .. 40), 'a queue');

# REPEATABLE READ: the second one fails as on one server.
my $second = $cluster->session("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM counter; SELECT pg_sleep(2); UPDATE counter SET n = 1 WHERE k = 1; COMMIT;\n");
$leader->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
sql('UPDATE counter SET n = 0 WHERE k = 1');
like(($second->finish)[1], qr/40001: could not serialize access due to concurrent update/, 'REPEATABLE READ');

$cluster->stop;
done_testing();
