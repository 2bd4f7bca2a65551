# The network between leader and nodes, and between nodes, fails: errors name the node and
# come in time, sessions can be cancelled, and transactions are all or nothing.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use TcpProxy;
use Test::More;
use Time::HiRes qw(sleep time);

my $seed = $ENV{REDSHIFT_SEED} || int time;
my $cuts = $ENV{REDSHIFT_ROUNDS} || 8;
diag "seed $seed";
srand $seed;

my $cluster = RedshiftCluster->new('network', 2);
my $leader = $cluster->leader;
my @proxies = map { TcpProxy->new($_->host . '/.s.PGSQL.' . $_->port) } $cluster->nodes;

# Quick on a machine that is busy, and yet soon enough for a test.
my $patience = 1;
for my $server ($leader, $cluster->nodes)
{
	$server->append_conf('postgresql.conf', "redshift.node_timeout = '5s'\ndeadlock_timeout = '300ms'\n");
}

$cluster->allow_faults;

# Sessions reach nodes through proxies from here on, also those that have connections.
$leader->safe_psql('postgres', <<'SQL');
CREATE TABLE entry (id int, amount int) USING redshift WITH (distkey = id);
CREATE TABLE other (id int, a int, t text) USING redshift WITH (distkey = id);
CREATE TABLE step (round int) USING heap;
CREATE FUNCTION slowly(int) RETURNS int LANGUAGE plpgsql STABLE PARALLEL SAFE AS 'BEGIN PERFORM pg_sleep(0.005); RETURN $1; END';
INSERT INTO entry SELECT g, 0 FROM generate_series(1, 100) g;
INSERT INTO other SELECT g, g % 7, repeat(md5(g::text), 20) FROM generate_series(1, 3000) g;
SQL
my $change = join ' ', map { "ALTER SERVER n$_ OPTIONS (SET host '127.0.0.1', SET port '" . $proxies[ $_ - 1 ]->port . "');" } 1 .. 2;
is($leader->safe_psql('postgres', "SELECT sum(amount) FROM entry; $change SELECT sum(amount) FROM entry"), "0\n0", 'servers changed in a session');
$_->order('refuse', 'all') for (@proxies);
my ($code, $out, $err) = $leader->psql('postgres', 'SELECT sum(amount) FROM entry');
like($err, qr/could not connect to compute node "n[12]"/, 'new connections go the new way');
$_->order('go', 'all') for (@proxies);

my $small = 'SELECT count(*) FROM entry';
my $exchange = 'SELECT count(*), count(DISTINCT x.t || y.t) FROM other x JOIN other y ON x.a = y.a AND x.id = y.id % 100';
my $write = 'UPDATE entry SET amount = amount';
my $expected = $leader->safe_psql('postgres', "$small; $exchange");

sub well
{
	my ($name) = @_;

	is($leader->safe_psql('postgres', "$small; $exchange"), $expected, "$name: all is well again");
}

# Run SQL in a session whose connections are open already, while something happens to them.
# Returns what it said, and how long it took from then on.
sub during
{
	my ($sql, $happening) = @_;
	my $session = $cluster->session("$small;\n$sql;\nSELECT 'then ' || 1;\n");
	my $until = time + 10;

	sleep 0.02 while (!-s "$session->{base}.out" && time < $until);
	sleep 0.1 + rand 0.1;
	$happening->();
	my $started = time;
	my ($out, $err) = $session->finish;
	return ($out, $err, time - $started);
}

# A limit that a busy machine keeps, too.
my $soon = 3 * $patience + 4;
my $long = 'SELECT count(*) FROM other WHERE slowly(a) >= 0';
my $seconds;

# Nothing comes any more, and nobody says so.
($out, $err, $seconds) = during("SET redshift.node_timeout = '${patience}s'; SELECT pg_sleep(0.3); $exchange", sub { $proxies[0]->order('stall', 'all') });
like($err, qr/compute node "n1"/, 'stalled: the error names the node');
cmp_ok($seconds, '<', $soon, 'stalled: it comes in time');
like($out, qr/then 1/, 'stalled: the session goes on');
$proxies[0]->order('go', 'all');
well('stalled');

($out, $err, $seconds) = during("SET redshift.node_timeout = '60s'; SET statement_timeout = '500ms'; SELECT pg_sleep(0.2); $exchange",
	sub { $proxies[1]->order('stall', 'all') });
like($err, qr/57014/, 'stalled: statement_timeout');
cmp_ok($seconds, '<', 7, 'stalled: ... ends the statement');
$proxies[1]->order('go', 'all');

($out, $err, $seconds) = during("SELECT pg_sleep(0.3); $exchange", sub {
	$proxies[0]->order('stall', 'all');
	sleep 0.8;
	$proxies[0]->order('go', 'all');
});
is($err, '', 'stalled for a moment: nothing happens');

($out, $err, $seconds) = during("SET redshift.node_timeout = '${patience}s'; SELECT pg_sleep(0.3); BEGIN; $write; COMMIT", sub { $proxies[1]->order('stall', 'all') });
like($err, qr/compute node "n2"/, 'stalled while writing: the error names the node');
cmp_ok($seconds, '<', $soon, 'stalled while writing: it comes in time');
$proxies[1]->order('go', 'all');
well('stalled while writing');

($out, $err, $seconds) = during("SET redshift.node_timeout = '${patience}s'; SELECT pg_sleep(0.3); $exchange", sub { $proxies[1]->order('stall', 'nodes') });
like($err, qr/compute node "n2"/, 'stalled between nodes: the error names the node');
$proxies[1]->order('go', 'all');

# A node is asked for something that takes time, when the network fails.
for my $fault ([ 'cut', 0 ], [ 'half', 0 ], [ 'cut', 1 ], [ 'half', 1 ])
{
	my ($order, $i) = @$fault;
	my $n = $i + 1;

	($out, $err, $seconds) = during($long, sub { $proxies[$i]->order($order, 'all') });
	like($err, qr/08006.*compute node "n$n"/s, "$order: the error names the node");
	cmp_ok($seconds, '<', 3, "$order: it comes at once");
	like($out, qr/then 1/, "$order: the session goes on");
	well($order);
}
is(join('; ', $cluster->left_behind), '', 'nothing is left behind');

# Cancelled, all nodes stop.
my $running = q{SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'redshift\_ext %' AND state = 'active'};
my $slowest = 0;
for my $query ($long, 'SELECT count(*) FROM other x JOIN other y ON slowly(x.a) = y.a AND x.t = y.t',
	'SELECT count(*) FROM other x, other y, other z WHERE x.t < y.t AND y.t < z.t',
	'SELECT count(*) FROM other x JOIN other y ON x.a = y.a AND slowly(x.a + y.a) >= 0',
	'UPDATE other SET a = slowly(a)', 'DELETE FROM other USING entry WHERE other.a = entry.amount AND slowly(other.a) >= 0')
{
	my $session = $cluster->session("$query;\nSELECT 'then ' || 1;\n");
	my $until = time + 10;

	sleep 0.02 while ($cluster->node(1)->safe_psql('postgres', $running) eq '0' && time < $until);
	sleep rand 0.3;
	$leader->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND backend_type = 'client backend'});
	my $started = time;
	for my $node ($cluster->nodes)
	{
		sleep 0.01 while ($node->safe_psql('postgres', $running) ne '0' && time < $until);
	}
	$slowest = time - $started if (time - $started > $slowest);
	my ($said, $error) = $session->finish;
	like($error, qr/57014/, 'cancelled');
	like($said, qr/then 1/, '... the session goes on');
}
diag sprintf('nodes have stopped within %.0f ms', $slowest * 1000);
cmp_ok($slowest, '<', 2, 'and the nodes stop');

# A session need not know that a node which it does not use was started anew, or that what
# it said at the end of its last transaction was lost.
($out, $err) = during("SELECT pg_sleep(2);\n$small", sub { $cluster->node(1)->restart });
is($err, '', 'a node was started anew between two statements');

# Run two statements, between which the first one's end is on its way when something happens.
sub between
{
	my ($settings, $happening) = @_;

	RedshiftCluster::arm($leader, 'committed', 'sleep 500');
	my $session = $cluster->session("$settings\n$small;\n$small;\n");
	RedshiftCluster::wait_for_fault($leader, 'committed');
	$happening->();
	my $started = time;
	($out, $err) = $session->finish;
	$proxies[1]->order('go', 'all');
	return time - $started;
}

between('', sub { $proxies[1]->order('cut', 'all') });
is($err, '', 'a connection was lost between two statements');
$proxies[1]->order('delay', 'all', 40);
$seconds = between("SET redshift.node_timeout = '${patience}s';", sub { $proxies[1]->order('stall', 'all') });
like($err, qr/compute node "n2"/, 'stalled between two statements: the error names the node');
cmp_ok($seconds, '<', $soon, '... and comes in time');

# A node prepares what nobody waits for any more.
RedshiftCluster::arm($cluster->node(1), 'node_prepare', 'sleep 1000');
my $lost = $cluster->session("$write;\n");
RedshiftCluster::wait_for_fault($cluster->node(1), 'node_prepare');
$proxies[0]->order('cut', 'all');
like(($lost->finish)[1], qr/compute node "n1"/, 'a connection was lost while its node prepared');
RedshiftCluster::wait_for($cluster->node(1), q{SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'redshift\_ext %'}, '0');
well('lost while preparing');
is(join('; ', $cluster->left_behind), '', '... nothing is left behind');

# A node is cancelled while it removes an exchange.
RedshiftCluster::arm($cluster->node(1), 'exchange_remove', 'sleep 500');
my $removing = $cluster->session("BEGIN; $exchange; $exchange; COMMIT;\n");
RedshiftCluster::wait_for_fault($cluster->node(1), 'exchange_remove');
$cluster->node(1)->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'redshift\_ext of %'});
like(($removing->finish)[1], qr/57014/, 'cancelled while an exchange is removed');
is(join('; ', $cluster->left_behind), '', '... nothing is left behind');

# A node that cannot be told of a commit.
my $there = $cluster->node(2)->safe_psql('postgres', 'SELECT min(id) FROM entry');
RedshiftCluster::arm($leader, 'committed', 'sleep 500');
my $writer = $cluster->session("$write;\n");
RedshiftCluster::wait_for_fault($leader, 'committed');
$proxies[0]->order('cut', 'all');
$proxies[0]->order('refuse', 'all');
like(($writer->finish)[1], qr/WARNING.*compute node "n1" could not be told/, 'a commit that a node is not told of');
($code, $out, $err) = $leader->psql('postgres', "SET redshift.node_timeout = '1s'; SELECT count(*) FROM entry WHERE id = $there");
like($err, qr/compute node "n1" has not yet been told of a commit.*could not connect to compute node "n1"/s, '... whose name is known');
$proxies[0]->order('go', 'all');
well('told of the commit');

# A network that takes its time changes nothing.
$_->order('delay', 'all', 15) for (@proxies);
is($leader->safe_psql('postgres', "BEGIN; $write; COMMIT; $small; $exchange"), $expected, 'a slow network');
$_->order('go', 'all') for (@proxies);

# Connections break after some bytes: all or nothing.
my $committed = 0;
for my $round (1 .. $cuts)
{
	my $proxy = $proxies[ int rand 2 ];
	my $whose = (qw(all leader nodes))[ int rand 3 ];
	my $bytes = int 10**(1.5 + rand 3);

	my ($said, $error) = during("BEGIN; UPDATE entry SET amount = amount + CASE WHEN id % 2 = 0 THEN 1 ELSE -1 END; $exchange;
		INSERT INTO entry SELECT id + 1000 * $round, 0 FROM other WHERE id <= 100; INSERT INTO step VALUES ($round); COMMIT",
		sub { $proxy->order('limit', $whose, $bytes) });
	$proxy->order('go', 'all');
	like($error, qr/^$|compute node "n|in failed transaction|current transaction is aborted|WARNING/, "round $round: the error names the node") or diag $error;
	my $state = RedshiftCluster::wait_for($leader, "SELECT (SELECT count(*) FROM entry WHERE id > 1000) = (SELECT count(*) * 100 FROM step)
		AND (SELECT count(*) FROM entry WHERE id <= 100 AND abs(amount) = (SELECT count(*) FROM step)) = 100", 't');
	is($state, 't', "round $round: $whose cut after $bytes bytes: all or nothing");
}
is(join('; ', $cluster->left_behind), '', 'nothing is left behind');

# Servers are killed with all their processes, and started again.
for my $server ($cluster->node(1), $leader)
{
	my $session = $cluster->session(join '', map { "BEGIN; UPDATE entry SET amount = amount + 1 WHERE id <= 100; INSERT INTO step VALUES ($_); COMMIT;\n" } 1 .. 300);
	my $steps = '(SELECT count(*) FROM step WHERE round > 0)';

	sleep 0.3;
	RedshiftCluster::kill_server($server);
	$session->finish;
	is(RedshiftCluster::wait_for($leader, "SELECT count(*) FROM (SELECT id % 2, count(DISTINCT amount) FROM entry WHERE id <= 100 GROUP BY 1 HAVING count(DISTINCT amount) <> 1) s", '0'),
		'0', 'all or nothing after kill -9 of ' . $server->name);
	is(join('; ', $cluster->left_behind), '', '... and nothing is left behind');
}

$cluster->stop;
$_->stop for (@proxies);
done_testing();
