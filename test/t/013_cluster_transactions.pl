# Transactions over several nodes: they are all or nothing, for those who read meanwhile
# and for those who come after a crash.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;
use Time::HiRes qw(sleep time);

my $seed = $ENV{REDSHIFT_SEED} || int time;
diag "seed $seed";
srand $seed;

my $cluster = RedshiftCluster->new('transactions', 2);
my $leader = $cluster->leader;
my $accounts = 40;

sub sql { return $leader->safe_psql('postgres', shift); }

sub failure
{
	my ($code, $out, $err) = $leader->psql('postgres', shift);

	return $err;
}

# Transactions that no one will end any more.
sub prepared
{
	return join ' ', grep { $_ ne '' } map { $_->safe_psql('postgres', 'SELECT gid FROM pg_prepared_xacts') } $cluster->nodes;
}

sql("CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL) USING redshift WITH (distkey = id);
	CREATE TABLE step (id int, n int) USING heap;
	INSERT INTO account SELECT g, 100 FROM generate_series(1, $accounts) g");
my @spread = map { $_->safe_psql('postgres', 'SELECT count(*) FROM account') } $cluster->nodes;
cmp_ok($spread[0], '>', 0, 'node 1 has rows');
cmp_ok($spread[1], '>', 0, 'node 2 has rows');

# Two accounts on different nodes.
my ($one) = split /\n/, $cluster->node(1)->safe_psql('postgres', 'SELECT id FROM account ORDER BY 1');
my ($two) = split /\n/, $cluster->node(2)->safe_psql('postgres', 'SELECT id FROM account ORDER BY 1');

sub session { return $cluster->session(shift); }

sub finish
{
	my ($session) = @_;

	$session->finish;
	return $session;
}

sub transfers
{
	my ($level, $n) = @_;
	my $script = '';

	for (1 .. $n)
	{
		my ($from, $to) = sort { $a <=> $b } (1 + int rand $accounts, 1 + int rand $accounts);
		my $much = int(rand 20) - 10;

		next if ($from == $to);
		my $end = rand() < 0.15 ? 'ROLLBACK' : 'COMMIT';
		$script .= "BEGIN ISOLATION LEVEL $level; UPDATE account SET balance = balance - $much WHERE id = $from;" .
			(rand() < 0.2 ? "SAVEPOINT a; UPDATE account SET balance = 0 WHERE id = $to; ROLLBACK TO a;" : '') .
			" UPDATE account SET balance = balance + $much WHERE id = $to; $end;\n";
	}
	return $script;
}

for my $level ('READ COMMITTED', 'REPEATABLE READ')
{
	my @writers = map { session(transfers($level, 40)) } 1 .. 3;
	my $total = $accounts * 100;
	my $reader = session(join '', map { "SELECT sum(balance) FROM account;\n" } 1 .. 60);
	my $repeater = session("BEGIN ISOLATION LEVEL REPEATABLE READ;\n" . join('', map { "SELECT sum(balance) || ' ' || sum(balance * id) FROM account;\n" } 1 .. 20) . "COMMIT;\n");
	finish($_) for (@writers, $reader, $repeater);
	my %sums = map { $_ => 1 } split /\n/, $reader->{out};
	is_deeply([ keys %sums ], [ $total ], "$level: the sum is always the same") or diag $reader->{err};
	my %states = map { $_ => 1 } split /\n/, $repeater->{out};
	is(scalar keys %states, 1, "$level: a transaction sees one state");
	like((keys %states)[0] // '', qr/^$total /, "$level: ... with the sum");
	my @other = grep { /ERROR/ && !/40001|25P02|40P01/ } map { split /\n/, $_->{err} } @writers;
	is("@other", '', "$level: no other errors");
	is(sql('SELECT sum(balance) FROM account'), $total, "$level: the sum at the end");
}
is(prepared(), '', 'nothing is left prepared');

# A transaction's snapshot is of one moment on all nodes, also if it first writes on one of them.
sql('CREATE TABLE first (id int PRIMARY KEY) USING redshift WITH (distkey = id)');
my $early = session("BEGIN ISOLATION LEVEL REPEATABLE READ; INSERT INTO first VALUES ($one); SELECT pg_sleep(1); SELECT sum(balance) FROM account; COMMIT;\n");
sleep 0.5;
sql("BEGIN; UPDATE account SET balance = balance - 5 WHERE id = $one; UPDATE account SET balance = balance + 5 WHERE id = $two; COMMIT");
like(finish($early)->{out}, qr/^@{[ $accounts * 100 ]}$/m, 'a snapshot of one moment');

# Who locks rows before reading sees what those did that it waited for.
my @takers = map { session(join '', map { "BEGIN; SELECT balance - 1 AS left FROM account WHERE id = $one FOR UPDATE \\gset\nUPDATE account SET balance = :left WHERE id = $one; COMMIT;\n" } 1 .. 10) } 1 .. 3;
my @errors = map { finish($_)->{err} } @takers;
is("@errors", '  ', 'FOR UPDATE by several sessions');
sql("UPDATE account SET balance = balance + 30 WHERE id = $one");
is(sql('SELECT sum(balance) FROM account'), $accounts * 100, 'loses no update');

# Atomic: the second node's part fails.
like(failure("BEGIN; UPDATE account SET balance = balance - 10 WHERE id = $one; UPDATE account SET balance = NULL WHERE id = $two; COMMIT"), qr/not-null/, 'an error on a node');
is(sql('SELECT sum(balance) FROM account'), $accounts * 100, 'undoes all');
sql("DROP TABLE IF EXISTS once; CREATE TABLE once (id int) USING redshift WITH (distkey = id)");
like(failure("BEGIN; INSERT INTO once SELECT g FROM generate_series(1, 1000) g; UPDATE account SET balance = 0; SELECT 1 / 0; COMMIT"), qr/division by zero/, 'an error at the leader');
is(sql('SELECT count(*), (SELECT sum(balance) FROM account) FROM once'), '0|' . $accounts * 100, 'undoes all, too');
sql("BEGIN; INSERT INTO once SELECT g FROM generate_series(1, 10) g; SAVEPOINT a; INSERT INTO once SELECT g FROM generate_series(1, 100) g; ROLLBACK TO a; INSERT INTO once VALUES (11); RELEASE a; COMMIT");
is(sql('SELECT count(*) FROM once'), '11', 'savepoints');
sql(q{DO $$ BEGIN FOR i IN 100 .. 130 LOOP BEGIN INSERT INTO once VALUES (i); IF i % 3 = 0 THEN RAISE 'x'; END IF; EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END $$});
is(sql('SELECT count(*) FROM once WHERE id >= 100'), '21', 'exceptions in PL/pgSQL');

# Deadlocks between nodes are found: one session gets an error, the other goes on.
sql('CREATE TABLE taken (id int PRIMARY KEY) USING redshift WITH (distkey = id)');
my @pair = map {
	my ($first, $second) = @$_;
	session("SET deadlock_timeout = '200ms'; BEGIN; INSERT INTO taken VALUES ($first); SELECT pg_sleep(0.8);
		INSERT INTO taken VALUES ($second); COMMIT; SELECT 'end';\n");
} ([ $one, $two ], [ $two, $one ]);
finish($_) for (@pair);
is(scalar(() = "$pair[0]{err}$pair[1]{err}" =~ /40P01/g), 1, 'a deadlock between nodes ends one session') or diag "$pair[0]{err} $pair[1]{err}";
is(scalar(() = "$pair[0]{out}$pair[1]{out}" =~ /end/g), 2, 'and both go on');
is(sql('SELECT count(*) FROM taken'), '2', 'one of them has committed');

# How long anything may take the session's settings say, on the nodes, too, and not theirs.
$_->safe_psql('postgres', "ALTER SYSTEM SET idle_in_transaction_session_timeout = '100ms'; ALTER SYSTEM SET idle_session_timeout = '100ms';
	ALTER SYSTEM SET statement_timeout = '100ms'; SELECT pg_reload_conf()") for ($cluster->nodes);
my $holder = session("BEGIN; INSERT INTO taken VALUES (-1); SELECT pg_sleep(1.5); SELECT count(*) FROM taken; COMMIT;\n");
sleep 0.7;
like(failure("SET lock_timeout = '200ms'; INSERT INTO taken VALUES (-1)"), qr/lock timeout/, 'lock_timeout while a node waits');
like(failure("SET statement_timeout = '300ms'; INSERT INTO taken VALUES (-1)"), qr/statement timeout/, 'statement_timeout');
is(finish($holder)->{err}, '', 'nodes do not end what takes longer');
my $idle = session("SET idle_in_transaction_session_timeout = '200ms'; BEGIN; INSERT INTO taken VALUES (-2); \\! sleep 1\nCOMMIT;\n");
like(finish($idle)->{err}, qr/25P03/, 'idle_in_transaction_session_timeout');
is(sql('SELECT count(*) FROM taken WHERE id < 0') . prepared(), '1', '... undoes what nodes did');
$_->safe_psql('postgres', 'SET statement_timeout = 0; ALTER SYSTEM RESET ALL; SELECT pg_reload_conf()') for ($cluster->nodes);

# Cancel.
my $slow = session("SET statement_timeout = '300ms'; SELECT count(*) FROM account, account b, account c WHERE pg_sleep(0.01) IS NOT NULL;\nUPDATE account SET balance = balance + length(pg_sleep(5)::text);\nSELECT 'well ' || count(*) FROM account;\n");
my $start = time;
finish($slow);
cmp_ok(time - $start, '<', 4, 'statement_timeout ends what nodes do');
like($slow->{out}, qr/well $accounts/, 'the session goes on');

# Crashes: sessions write on both nodes, and someone is killed at any moment.
sql('TRUNCATE once');
my %done;
for my $round (1 .. 3)
{
	my $script = '';
	$script .= "BEGIN; INSERT INTO once VALUES ($round * 10000 + $_), ($round * 10000 + $_ + 5000), (-($round * 10000 + $_)), (-($round * 10000 + $_ + 5000)); INSERT INTO step VALUES ($round, $_); COMMIT;\n" for (1 .. 400);
	my $writer = session($script);
	my $server = (undef, $cluster->node(1), $cluster->node(2), $leader)[1 + $round % 3];
	sleep 0.1 + rand 0.5;
	$server->stop('immediate');
	$server->start;
	finish($writer);
	my $until = time + 30;
	my $count;
	while (time < $until)
	{
		my ($code, $out, $err) = $leader->psql('postgres', "SELECT count(*), (SELECT count(*) FROM step) * 4 FROM once");
		$count = $out;
		last if ($code == 0);
		sleep 0.2;
	}
	my ($rows, $steps) = split /\|/, $count // '';
	is($rows, $steps, "round $round: all or nothing after " . $server->name);
	sql('SELECT redshift.recover()');
	is(prepared(), '', "round $round: nothing is left prepared");
}

$cluster->stop;
done_testing();
