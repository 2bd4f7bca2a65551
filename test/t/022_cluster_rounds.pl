# Rounds of a random statement, step and fault: all or nothing, and nothing is left behind.
#
# Tables of the cluster have twins at the leader, heaps that a transaction changes in the
# same way: so they have the same rows whenever it is over, or else a part of it was lost.
#
#   REDSHIFT_SEED, REDSHIFT_ROUNDS    which rounds, and how many
#   REDSHIFT_TIMES                    says what happened in each of them, and for how long
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
my $rounds = $ENV{REDSHIFT_ROUNDS} || 30;
diag "seed $seed";
srand $seed;

my $cluster = RedshiftCluster->new('rounds', 2);
my $leader = $cluster->leader;
my @proxies = map { TcpProxy->new($_->host . '/.s.PGSQL.' . $_->port) } $cluster->nodes;
my @tables = qw(d0 d1 d2);
my $accounts = 40;

for my $server ($leader, $cluster->nodes)
{
	$server->append_conf('postgresql.conf',
		"redshift.node_timeout = '1s'\ndeadlock_timeout = '200ms'\nredshift.insert_buffer_size = '1MB'\n");
}
$cluster->allow_faults;
$leader->safe_psql('postgres', join '', "CREATE TABLE step (round int) USING heap;\n",
	"CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL) USING redshift WITH (distkey = id);
	INSERT INTO account SELECT g, 100 FROM generate_series(1, $accounts) g;\n",
	(map { 'ALTER SERVER n' . ($_ + 1) . " OPTIONS (SET host '127.0.0.1', SET port '" . $proxies[$_]->port . "');\n" } 0 .. 1),
	(map { "CREATE TABLE h$_ (id int, a int, t text) USING heap; CREATE TABLE d$_ (id int, a int, t text) USING redshift;
		INSERT INTO h$_ SELECT g, g % 50, repeat(md5(g::text), g % 5) FROM generate_series(1, 1500) g; INSERT INTO d$_ TABLE h$_;\n" } 0 .. 2),
	"ALTER TABLE d0 SET (distkey = id); ALTER TABLE d1 SET (diststyle = even); ALTER TABLE d2 SET (diststyle = all); ANALYZE;\n");

sub one_of { return $_[ int rand @_ ]; }

# ---------------------------------------------------------------------
# Statements: as SQL in which T and S are two of the tables.
# ---------------------------------------------------------------------

my $number = 1;
my $few = '(SELECT id, max(a) AS a FROM S WHERE a < 20 GROUP BY id)';
my @changes = (
	sub { 'INSERT INTO T SELECT g, g % 50, md5(g::text) FROM generate_series(' . (10000 * ++$number) . ', ' . (10000 * $number + int rand 300) . ') g' },
	sub { 'INSERT INTO T VALUES ' . join ', ', map { '(' . (10000 * ++$number) . ", $_, 'v')" } 1 .. 1 + int rand 4 },
	sub { 'COPY T FROM STDIN' . ";\n" . join('', map { 10000 * ++$number . "\t$_\tcopy\n" } 1 .. 30) . "\\.\n" },
	sub { 'INSERT INTO T SELECT id + ' . 10000 * ++$number . ', a, t FROM S WHERE a = ' . int rand 50 },
	sub { 'INSERT INTO T SELECT ' . 10000 * ++$number . ' + a, count(*), max(t) FROM S GROUP BY a' },
	sub { 'UPDATE T SET a = (a + 1) % 50 WHERE id % 3 = ' . int rand 3 },
	sub { "UPDATE T SET a = s.a FROM $few s WHERE s.id = T.a" },
	sub { 'UPDATE T SET id = id + 7000000 WHERE a = ' . int rand 50 },
	sub { 'DELETE FROM T WHERE a = ' . int rand 50 },
	sub { 'DELETE FROM T USING (SELECT DISTINCT a FROM S WHERE id % 7 = ' . int(rand 7) . ') s WHERE s.a = T.id % 1000' },
	sub { "MERGE INTO T USING $few s ON s.id = T.id WHEN MATCHED AND s.a = 3 THEN DELETE WHEN MATCHED THEN UPDATE SET a = s.a" },
	sub { 'MERGE INTO T USING (SELECT id + ' . 10000 * ++$number . ' AS id, a FROM S WHERE a < 3) s ON s.id = T.id WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.a, NULL)' },
	sub { 'WITH gone AS (DELETE FROM T WHERE a = ' . int(rand 50) . ' RETURNING id, a, t) INSERT INTO S SELECT id, a, t FROM gone' },
	sub { "TRUNCATE T;\nINSERT INTO T SELECT id, a, t FROM S WHERE id < 20000" },
	sub { 'CREATE INDEX ON T (a)' });

# With the twins; what was rolled back was, in both.
sub on_both
{
	my ($sql, $t, $s) = @_;
	my $twin = $sql =~ s/\bT\b/h$t/gr =~ s/\bS\b/h$s/gr;

	return $sql =~ s/\bT\b/d$t/gr =~ s/\bS\b/d$s/gr . ($sql =~ /^\\?COPY/ ? $twin : ";\n$twin;\n");
}

sub transaction
{
	my ($round) = @_;
	my $script = "BEGIN;\n";

	for (1 .. 1 + int rand 3)
	{
		my ($t, $s) = (int rand 3, int rand 3);
		$s = ($t + 1) % 3 if ($t == $s);
		$script .= 'SAVEPOINT a; ' . on_both(one_of(@changes)->(), $t, $s) . "ROLLBACK TO a;\n" if (rand() < 0.15);
		$script .= on_both(one_of(@changes)->(), $t, $s);
	}
	return $script . "INSERT INTO step VALUES ($round);\nCOMMIT;\n";
}

my @joins = ('SELECT count(*), sum(x.a + y.a) FROM d0 x JOIN d1 y ON x.a = y.a AND x.id > y.id',
	'SELECT count(DISTINCT t), count(DISTINCT a) FROM d1', 'SELECT a, count(*) FROM d1 GROUP BY a ORDER BY 2 DESC, 1 LIMIT 3',
	'SELECT count(*) FROM d1 WHERE EXISTS (SELECT FROM d0 WHERE d0.a = d1.id % 100)', 'SELECT count(*) FROM d0 JOIN h1 ON h1.a = d0.a AND h1.id = d0.id');

sub some_slices
{
	return '{' . join(',', grep { rand() < 0.4 } 0 .. 4) . '}';
}

sub others { return rand() < 0.5 ? '' : "SET redshift.resize_rate = 1;\n"; }

my @write_leader = qw(record recorded end_send end_sent prepared barrier_closed committed commit_prepared);
my @write_node = qw(begin_statement fragment_begun fragment_run node_prepare node_prepared);
my @exchange_node = qw(exchange_open exchange_connect exchange_send exchange_sent exchange_write exchange_end exchange_read exchange_close
	staged_keep staged_read);

my $lone;						# the row that such a statement changes

# How often, what, and where it can be met.
my %kinds = (
	transaction => [ 10, \&transaction, \@write_leader, [ @write_node, @exchange_node ] ],
	query => [ 2, sub { join(";\n", map { one_of(@joins) } 1 .. 2) . ";\n" }, [], [ @write_node[ 0 .. 2 ], @exchange_node ] ],
	alter => [ 4, sub { 'ALTER TABLE ' . one_of(@tables) . ' SET (' . one_of('distkey = id', 'distkey = a', 'diststyle = even', 'diststyle = all') . ");\n" },
		[ qw(redistribute_sent redistribute_filled redistribute_caught_up), @write_leader ],
		[ qw(redistribute_fill redistribute_catch_up redistribute_switch exchange_send exchange_write exchange_read), @write_node ] ],
	move => [ 4, sub { others() . 'SELECT redshift.move_slices(\'' . some_slices() . "', 'n" . one_of(1, 2) . "');\n" },
		[ qw(slices_copied slices_locked slices_switched), @write_leader ], [ qw(group_pulled groups_shown), @write_node ] ],
	rebalance => [ 2, sub { "SELECT redshift.rebalance();\n" },
		[ qw(slices_copied slices_locked slices_switched), @write_leader ], [ qw(group_pulled groups_shown), @write_node ] ],
	resize => [ 2, sub { 'SELECT redshift.resize(' . (6 + int rand 10) . ");\n" }, \@write_leader, \@write_node ],
	distribute => [ 1, sub { my $t = one_of(@tables); "SELECT redshift.undistribute('$t');\nSELECT redshift.distribute('$t');\n" },
		\@write_leader, \@write_node ],
	vacuum => [ 1, sub { one_of('VACUUM ', 'VACUUM FULL ', 'ANALYZE ') . one_of(@tables) . ";\n" }, [], [ 'begin_statement' ] ],
	lone => [ 3, sub { $lone = 1 + int rand 1500; "UPDATE d0 SET a = (a + 7) % 50 WHERE id = $lone;\n" }, [ 'end_send', 'end_sent' ], [ 'begin_statement', 'fragment_run' ] ],
	transfers => [ 2, undef, \@write_leader, \@write_node ],
	leave => [ 1, sub { "SELECT redshift.remove_node('n2');\n" },
		[ qw(slices_copied slices_locked slices_switched), @write_leader ], [ qw(group_pulled groups_shown), @write_node ] ],
	join => [ 0, sub { "SELECT redshift.add_node('n2');\nSELECT redshift.rebalance();\n" }, \@write_leader, [ @write_node, 'group_pulled' ] ]);

sub transfers
{
	my $script = '';

	for (1 .. 15)
	{
		my ($from, $to) = sort { $a <=> $b } (1 + int rand $accounts, 1 + int rand $accounts);
		$script .= "BEGIN; UPDATE account SET balance = balance - 1 WHERE id = $from; UPDATE account SET balance = balance + 1 WHERE id = $to; COMMIT;\n";
	}
	return $script;
}

# ---------------------------------------------------------------------
# Faults
# ---------------------------------------------------------------------

my @slowest;

# A psql that is not let in may be gone before it is told anything.
sub ask
{
	my ($server, $sql) = @_;

	return eval { $server->psql('postgres', $sql) };
}

# Cancelled, all nodes stop: how long that takes.
sub cancel
{
	my ($session) = @_;
	my $running = q{SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'redshift\_ext %' AND state = 'active'};
	my $started = time;

	ask($leader, q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND backend_type = 'client backend'});
	my $asked = time;
	for my $node ($cluster->nodes)
	{
		while (time < $asked + 10)
		{
			my ($code, $out) = ask($node, $running);
			last if (!defined $code || $code != 0 || $out eq '0');
		}
	}
	push @slowest, time - $asked;
	return;
}

sub terminate
{
	ask($leader, q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'});
	return;
}

# What can happen at any moment, and how often.
my %happenings = (
	cut => [ 3, sub { one_of(@proxies)->order('cut', one_of(qw(all leader nodes))) } ],
	half => [ 3, sub { one_of(@proxies)->order('half', one_of(qw(all leader nodes))) } ],
	limit => [ 3, sub { one_of(@proxies)->order('limit', one_of(qw(all leader nodes)), int 10**(1 + rand 3)) } ],
	refuse => [ 1, sub { my $p = one_of(@proxies); $p->order('cut', 'all') if (rand() < 0.5); $p->order('refuse', 'all') } ],
	delay => [ 2, sub { one_of(@proxies)->order('delay', 'all', 5 + int rand 20) } ],
	stall => [ 1, sub { one_of(@proxies)->order('stall', one_of(qw(all leader nodes))) } ],
	cancel => [ 4, \&cancel ],
	terminate => [ 2, \&terminate ],
	'kill server' => [ 2, sub { RedshiftCluster::kill_server(one_of($leader, $cluster->nodes)) } ]);

sub weighted
{
	my (%choices) = @_;
	my $total = 0;

	$total += $_->[0] for values %choices;
	my $left = rand $total;
	for my $name (sort keys %choices)
	{
		$left -= $choices{$name}[0];
		return $name if ($left < 0);
	}
	return;
}

# ---------------------------------------------------------------------
# What has to hold
# ---------------------------------------------------------------------

my $contents = sub { "(SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws(' ', id, a, t), 0))) FROM $_[0])" };
my $same = 'SELECT concat_ws(\' \', ' . join(', ', map { "CASE WHEN " . $contents->("d$_") . ' <> ' . $contents->("h$_") . " THEN 'd$_ differs' END" } 0 .. 2)
	. ", CASE WHEN (SELECT sum(balance) FROM account) <> $accounts * 100 THEN 'money is lost' END, (SELECT string_agg(c::text, ' ') FROM redshift.check_cluster() c))";

sub member
{
	return $leader->safe_psql('postgres', q{SELECT count(*) FROM redshift.node WHERE server = 'n2'});
}

# Of a node: new storage that nobody has, rows of others' slices, damage.
sub odd_on_node
{
	my ($node) = @_;
	my $all = q{(SELECT oid FROM pg_class WHERE array_to_string(reloptions, ' ') ~ 'diststyle=(auto\()?all')};

	my ($code, $out, $err) = $node->psql('postgres', "SELECT concat_ws(' ', (SELECT 'new storage ' || max(relname) FROM pg_class WHERE relrewrite <> 0),
		(SELECT 'rows of slices of others in ' || max(\"table\"::text) FROM redshift.row_groups WHERE \"table\" NOT IN $all AND
			slice NOT IN (SELECT slice FROM redshift.slice WHERE node_id = (SELECT self FROM redshift.cluster))),
		(SELECT string_agg(v::text, ' ') FROM (VALUES " . join(', ', map { "('$_')" } @tables) . ") t(t), redshift.verify(t::regclass) v))");
	return $code == 0 ? $out : $err;
}

sub what_is_wrong
{
	my $state = RedshiftCluster::wait_for($leader, $same, '');
	my @nodes = map { $cluster->node($_) } 1 .. (member() ? 2 : 1);

	return grep { $_ ne '' } ($state, $cluster->left_behind(@nodes), map { odd_on_node($_) } @nodes);
}

my (%met, %met_at);

sub sessions_of
{
	my ($kind, $round) = @_;
	my $warm = rand() < 0.7 ? "SELECT count(*) FROM d0;\n" : '';

	$warm .= "\\set ON_ERROR_STOP on\n";
	return ((map { $cluster->session(transfers()) } 1 .. 2), $cluster->session("SELECT 'sum ' || sum(balance) FROM account;\n" x 20)) if ($kind eq 'transfers');
	return $cluster->session($warm . $kinds{$kind}[1]->($round) . "SELECT 'through';\n");
}

sub those_who_hang
{
	my @hanging = grep { !$_->ended } @_;
	my @found;

	return unless (@hanging);
	for my $server ($leader, $cluster->nodes)
	{
		my ($code, $out) = ask($server, q{SELECT pid, wait_event_type, wait_event, left(query, 200) FROM pg_stat_activity
			WHERE state <> 'idle' AND pid <> pg_backend_pid()});
		push @found, $server->name . ': ' . ($out // '');
	}
	terminate();
	return @found;
}

sub wait_for_sessions
{
	my ($seconds, @sessions) = @_;
	my $until = time + $seconds;

	sleep 0.005 while ((grep { !$_->ended } @sessions) && time < $until);
	return;
}

# As at first, but for what has been decided.
sub heal
{
	$_->order('go', 'all') for (@proxies);
	for my $server ($leader, $cluster->nodes)
	{
		unlink glob($server->data_dir . '/faults/*');
		RedshiftCluster::wait_for($server, 'SELECT 1', '1');
	}
	RedshiftCluster::wait_for($leader, 'SELECT count(*) > 0 FROM account', 't');
	$leader->safe_psql('postgres', "SELECT redshift.distribute(c.oid) FROM pg_class c WHERE relname IN ('d0', 'd1', 'd2')
		AND NOT EXISTS (SELECT FROM redshift.distributed_table WHERE relid = c.oid)");
	return;
}

# What a client was told holds: of a transaction, and of a statement that changes a lone node,
# whose twin follows.
sub what_was_said
{
	my ($kind, $round, $out, $err) = @_;
	my $through = $out =~ /through/;
	my $unknown = $err =~ /08007|57P0|connection to server was lost/;
	my $there = $kind eq 'transaction' ? "SELECT count(*) = 1 FROM step WHERE round = $round" :
		$kind eq 'lone' ? 'SELECT ' . $contents->('d0') . ' <> ' . $contents->('h0') . " OR NOT EXISTS (SELECT FROM h0 WHERE id = $lone)" : undef;
	my @wrong = grep { !/XX000: fault at/ } $err =~ /ERROR:  (XX.*)/g;

	push @wrong, 'the sum changes' if ($out =~ /^sum (?!@{[ $accounts * 100 ]}$)/m);
	if (defined $there)
	{
		$there = $leader->safe_psql('postgres', $there);
		push @wrong, 'lost' if ($through && $there ne 't');
		push @wrong, 'not undone' if (!$through && !$unknown && $there eq 't' && $kind eq 'transaction');
		$leader->safe_psql('postgres', "UPDATE h0 SET a = (a + 7) % 50 WHERE id = $lone") if ($kind eq 'lone' && $there eq 't' && ($through || $unknown));
	}
	return @wrong;
}

sub play
{
	my ($round) = @_;
	my $kind = member() || rand() < 0.5 ? weighted(%kinds) : 'join';
	$kind = 'transaction' if ($kind eq 'leave' && !member());
	my @points = ((map { [ $leader, $_ ] } @{ $kinds{$kind}[2] }), (map { [ one_of($cluster->nodes), $_ ] } @{ $kinds{$kind}[3] }));
	my ($server, $point) = @{ one_of(@points) };
	my $happening = rand() < 0.5 ? weighted(%happenings) : undef;
	my $order = !defined $happening ? one_of('error', 'error', 'fatal', 'kill', 'kill') : $happening eq 'cancel' ? 'sleep 5000' : 'sleep 150';
	my $times = rand() < 0.85 ? 1 : 2;
	my $name = "round $round: $kind, " . ($happening // $order) . ' at ' . $server->name . " $point $times";
	my $started = time;

	RedshiftCluster::arm($server, $point, "$order $times");
	my @sessions = sessions_of($kind, $round);
	$happenings{$happening}[1]->() if (defined $happening && RedshiftCluster::wait_for_fault($server, $point, @sessions));
	wait_for_sessions(2, @sessions);
	$_->order('go', 'all') for (@proxies);
	wait_for_sessions(30, @sessions);
	my $met = !RedshiftCluster::disarm($server, $point);
	my @wrong = map { "hangs: $_" } those_who_hang(@sessions);
	heal();
	my ($out, $err) = ('', '');
	for my $session (@sessions)
	{
		my ($said, $error) = $session->finish;
		$out .= $said;
		$err .= $error;
	}
	push @wrong, what_was_said($kind, $round, $out, $err), what_is_wrong();

	# A node that has left is made anew before it joins again.
	$cluster->node(2)->safe_psql('template1', 'DROP DATABASE postgres WITH (FORCE); CREATE DATABASE postgres')
		if ($kind eq 'leave' && !member());
	is(join('; ', @wrong), '', $name) or diag join("\n", "$out$err", map { slurp_file("$_->{base}.sql") } @sessions);
	diag sprintf('%s: %s, %s, %.1f s', $name, $met ? 'met' : 'not met', $out =~ /through/ ? 'through' : $err =~ /.*ERROR:\s*(.*?)\n/s ? $1 : 'lost',
		time - $started) if ($ENV{REDSHIFT_TIMES});
	$met{"$kind, " . ($happening // $order)}++ if ($met);
	$met_at{$point}++ if ($met);
	return !@wrong;
}

is(join('; ', what_is_wrong()), '', 'all is well at first');
my $bad = 0;
for my $round (1 .. $rounds)
{
	$bad++ unless (play($round));
	last if ($bad == 5);
}
$leader->psql('postgres', "SELECT redshift.cancel_resize()");
my $met = 0;
$met += $_ for values %met;
cmp_ok($met, '>', $rounds / 3, "faults were met ($met of $rounds)");
@slowest = sort { $a <=> $b } @slowest;
cmp_ok($slowest[ $#slowest / 2 ] // 0, '<', 1, 'the nodes stop when a session is cancelled');
diag sprintf('cancelled: %d times, nodes stopped within %.0f ms at the median, %.0f at most', scalar @slowest,
	1000 * $slowest[ $#slowest / 2 ], 1000 * $slowest[-1]) if (@slowest);
diag join '; ', map { my $found = $_; map { "$_ $found->{$_}" } sort keys %$found } \%met, \%met_at if ($ENV{REDSHIFT_TIMES});
$cluster->stop;
$_->stop for (@proxies);
done_testing();
