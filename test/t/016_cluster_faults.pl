# A server fails at each step of a distributed write and of an exchange: all or nothing, and
# nothing is left behind.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;
use List::Util qw(shuffle);
use Time::HiRes qw(time);

my $seed = $ENV{REDSHIFT_SEED} || int time;
my $crashes = $ENV{REDSHIFT_ROUNDS} || 6;
diag "seed $seed";
srand $seed;

my $cluster = RedshiftCluster->new('faults', 2);
my $leader = $cluster->leader;
my $rounds = 0;

$cluster->allow_faults;

$leader->safe_psql('postgres', <<'SQL');
CREATE TABLE entry (id int, amount int) USING redshift WITH (distkey = id);
CREATE TABLE account (id int, a int, balance int) USING redshift WITH (distkey = id);
CREATE TABLE step (round int, n int) USING heap;
CREATE TABLE change (id int, n int) USING heap;
INSERT INTO account SELECT g, g % 7, 100 FROM generate_series(1, 40) g;
INSERT INTO change SELECT g, g FROM generate_series(1, 40) g;
SQL

our ($settings, $read) = ('', 'SELECT count(*) FROM account x JOIN account y ON x.a = y.a AND x.balance = y.balance');

# One transaction, with exchanges, staged rows and writes on both nodes; 4 entries a step.
sub transaction
{
	my ($round) = @_;

	return <<"SQL";
$settings
BEGIN;
INSERT INTO entry SELECT $round * 10 + g, CASE WHEN g % 2 = 0 THEN 1 ELSE -1 END * $round FROM generate_series(1, 4) g;
$read;
UPDATE account SET balance = balance + CASE WHEN account.id % 2 = 0 THEN n ELSE -n END FROM change WHERE change.id = account.id AND change.id < 0;
UPDATE account SET balance = balance + CASE WHEN id % 2 = 0 THEN 1 ELSE -1 END;
INSERT INTO step VALUES ($round, 4);
COMMIT;
SELECT 'through';
SQL
}

# What holds at the leader, whatever has happened: everything or nothing of each round.
my $ledger = q{SELECT e.n = s.n AND b.one = -s.n / 4 AND b.two = s.n / 4 AND b.n = 40 AND e.bad = 0
	FROM (SELECT count(*) AS n, count(*) FILTER (WHERE NOT EXISTS (SELECT FROM step WHERE round = id / 10)) AS bad FROM entry) e,
		(SELECT coalesce(sum(n), 0) AS n FROM step) s,
		(SELECT count(*) AS n, min(balance) FILTER (WHERE id % 2 = 1) - 100 AS one, max(balance) FILTER (WHERE id % 2 = 0) - 100 AS two
			FROM account WHERE balance - 100 IN (SELECT sum(n) / 4 FROM step UNION SELECT -sum(n) / 4 FROM step)) b};
# What is wrong after a failure, once everyone has had time to find out.
sub what_is_wrong
{
	my $state = RedshiftCluster::wait_for($leader, $ledger, 't');

	return (($state eq 't' ? () : "ledger: $state"), $cluster->left_behind);
}

# Let a server fail once at a point during a transaction.  through: it is to succeed.
sub fail_at
{
	my ($server, $point, $order, $through) = @_;

	my $start = time;
	$rounds++;
	RedshiftCluster::arm($server, $point, $order);
	my ($code, $out, $err) = $leader->psql('postgres', transaction($rounds), timeout => 60);
	my @wrong;

	push @wrong, 'nobody came there' if (RedshiftCluster::disarm($server, $point));
	push @wrong, 'no error' if (!$through && $out =~ /through/);
	push @wrong, "error: $err" if ($through && $out !~ /through/);
	push @wrong, what_is_wrong();
	is(join('; ', @wrong), '', $server->name . ": $order at $point") or diag $err;
	diag sprintf('%.1f s', time - $start) if ($ENV{REDSHIFT_TIMES});
	return $err;
}

$leader->safe_psql('postgres', transaction(++$rounds));
is(join('; ', what_is_wrong()), '', 'all is well at first');

# Errors: the transaction is undone, and whose fault it was is said.
my @on_leader = ('record', 'recorded', 'end_send', 'end_send@2', 'end_sent', 'prepared', 'barrier_closed');
my @on_node = qw(begin_statement exchange_open exchange_connect exchange_send exchange_sent exchange_write exchange_end
	exchange_read exchange_close staged_keep staged_read fragment_begun fragment_run node_prepare);
for my $point (@on_leader)
{
	my ($name, $times) = split /@/, $point;
	fail_at($leader, $name, 'error ' . ($times // 1));
}
for my $point (@on_node)
{
	my $i = 1 + int rand 2;
	like(fail_at($cluster->node($i), $point, 'error'), qr/compute node "n/, 'the error names a node');
}

# The same in workers of a node, which read an exchange together.
my $by_workers = sub { $_->safe_psql('postgres', "ALTER SYSTEM SET parallel_leader_participation = $_[0]; SELECT pg_reload_conf()") for ($cluster->nodes); };
$by_workers->('off');
$leader->safe_psql('postgres', 'CREATE TABLE many (id int, a int) USING redshift WITH (distkey = id); INSERT INTO many SELECT g, g % 1000 FROM generate_series(1, 20000) g; ANALYZE many');
{
	local ($settings, $read) = ('SET redshift.stage_cost = 0; SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;',
		'SELECT count(*), sum(x.id) FROM many x JOIN many y ON x.a = y.a');

	like(fail_at($cluster->node(1), 'exchange_read', 'error'), qr/compute node "n1"/, 'an error of a worker names the node');
	like(fail_at($cluster->node(2), 'exchange_read', 'fatal'), qr/compute node "n2"/, 'so does the loss of a worker');
}
like(PostgreSQL::Test::Utils::slurp_file($cluster->node($_)->logfile), qr/fault at "exchange_read".*\n.*CONTEXT:  parallel worker/, "it was a worker of n$_") for (1, 2);
$by_workers->('on');

# Crashes.  What was decided is decided.
my @kills = shuffle((map { [ $leader, split(/@/, $_) ] } @on_leader, 'committed', 'commit_prepared', 'commit_prepared@2'),
	(map { [ $cluster->node(1 + int rand 2), $_ ] } @on_node, 'node_prepared'));
while ($crashes-- > 0 && @kills)
{
	my ($server, $point, $times) = @{ shift @kills };
	fail_at($server, $point, 'kill ' . ($times // 1));
}

# The leader dies between the phases, and so does the worker that is to end it.
for my $point ('recovery_begin', 'recovery_end', 'recovery_clean')
{
	RedshiftCluster::arm($leader, $point, 'error');
	fail_at($leader, 'committed', 'kill');
	ok(!RedshiftCluster::disarm($leader, $point), "the worker went on after an error at $point");
}
$cluster->stop;
done_testing();
