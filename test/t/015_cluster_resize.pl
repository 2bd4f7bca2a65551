# Slices: row groups carry them, and they move between nodes while others read and write.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use List::Util qw(shuffle);
use Test::More;
use Time::HiRes qw(sleep time);

my $rounds = $ENV{REDSHIFT_ROUNDS} || 1;
my $seed = $ENV{REDSHIFT_SEED} || int time;
diag "seed $seed";
srand $seed;

my $cluster = RedshiftCluster->new('resize', 2);
my $leader = $cluster->leader;

sub sql { return $leader->safe_psql('postgres', shift); }

# What a table's groups on a node say: slice, groups and rows.
sub slices
{
	my ($i, $table) = @_;
	return $cluster->node($i)->safe_psql('postgres', "SELECT slice, count(*), sum(\"rows\" - deleted_rows) FROM redshift.list_row_groups('$table') GROUP BY 1 ORDER BY 1");
}

sql('CREATE TABLE k (id int PRIMARY KEY, day date, t text) USING redshift WITH (distkey = id, sortkey = day);
	CREATE TABLE e (id int, t text) USING redshift WITH (diststyle = even);
	CREATE TABLE a (id int, t text) USING redshift WITH (diststyle = all)');
sql("INSERT INTO k SELECT g, date '2024-01-01' + g % 100, g FROM generate_series(1, 20000) g; INSERT INTO a SELECT g, g FROM generate_series(1, 10) g");
sql("INSERT INTO k SELECT g, date '2024-01-01' + g % 100, g FROM generate_series(20001, 40000) g");
sql("INSERT INTO e VALUES ($_, 'x')") for (1 .. 8);

for my $i (1, 2)
{
	my @mine = grep { $_ % 2 == $i - 1 } 0 .. 15;
	my @found = map { [ split /\|/ ] } split /\n/, slices($i, 'k');

	is(join(' ', map { $_->[0] } @found), "@mine", "node $i: groups of its slices");
	is(join(' ', map { $_->[1] } @found), join(' ', map { 2 } @mine), "node $i: a group for each insert and slice");
	is(slices($i, 'a'), '0|1|10', "node $i: a table on all nodes is slice 0");
	my %known = map { $_ => 1 } @mine;
	ok(!(grep { !$known{ (split /\|/)[0] } } split /\n/, slices($i, 'e')), "node $i: rows without a key are of its slices");

	# A condition on the key leaves groups of other slices alone.
	my $plan = $cluster->node($i)->safe_psql('postgres', 'SET enable_indexscan = off; SET enable_bitmapscan = off; EXPLAIN (ANALYZE, COSTS OFF) SELECT * FROM k WHERE id = 7 AND t <> $$a$$');
	like($plan, qr/Row Groups: read (0, skipped 16|1, skipped 15)/, "node $i: groups of other slices are skipped");

	# VACUUM merges and sorts within a slice.
	my $before = join ' ', map { "$_->[0]=$_->[2]" } @found;
	$cluster->node($i)->safe_psql('postgres', 'VACUUM k');
	@found = map { [ split /\|/ ] } split /\n/, slices($i, 'k');
	is(join(' ', map { "$_->[0]=$_->[2]" } @found), $before, "node $i: VACUUM leaves rows in their slices");
	is(join(' ', map { $_->[1] } @found), join(' ', map { 1 } @mine), "node $i: and merges their groups");
	is($cluster->node($i)->safe_psql('postgres', "SELECT unsorted FROM redshift.table_info WHERE \"table\" = 'k'::regclass"), '0.00',
		"node $i: slices whose keys overlap are sorted");
	is($cluster->node($i)->safe_psql('postgres', "SELECT * FROM redshift.verify('k')"), '', "node $i: storage is sound");
}
is(sql('SELECT count(*), sum(id) FROM k'), '40000|800020000', 'all rows are there');
like(sql("SELECT skew_rows FROM redshift.distributed_table_info WHERE \"table\" = 'k'::regclass"), qr/^1\.[01]\d$/, 'skew of slices');
is(sql('SELECT count(*), count(DISTINCT node_id) FROM redshift.slices'), '16|2', 'slices and their nodes');

# Few rows of memory: groups are written as they fill, of one slice each.
sql('CREATE TABLE wide (id int, t text) USING redshift WITH (distkey = id)');
$cluster->node($_)->safe_psql('postgres', "ALTER SYSTEM SET redshift.insert_buffer_size = '1MB'; SELECT pg_reload_conf()") for (1, 2);
sql("INSERT INTO wide SELECT g, repeat(md5(g::text), 10) FROM generate_series(1, 30000) g");
is(sql('SELECT count(*), sum(id), count(DISTINCT t) FROM wide'), '30000|450015000|30000', 'all rows of small buffers');
is($cluster->node($_)->safe_psql('postgres', "SELECT count(*) > 8, count(DISTINCT slice) FROM redshift.list_row_groups('wide')"), 't|8',
	"node $_: memory is bounded over all slices") for (1, 2);


sub failure
{
	my ($code, $out, $err) = $leader->psql('postgres', shift);

	return $err;
}

# A session in the background, by files: a server that is started anew must not inherit
# the pipes of its client.
my $sessions = 0;

sub session
{
	my ($script) = @_;
	my $self = { base => PostgreSQL::Test::Utils::tempdir() . '/session' . $sessions++ };

	PostgreSQL::Test::Utils::append_to_file("$self->{base}.sql", "\\set VERBOSITY verbose\n$script");
	$self->{pid} = fork() // die "fork: $!";
	if ($self->{pid} == 0)
	{
		open STDOUT, '>', "$self->{base}.out";
		open STDERR, '>', "$self->{base}.err";
		exec 'psql', '-XAtq', '-d', $leader->connstr('postgres'), '-f', "$self->{base}.sql";
	}
	return $self;
}

sub finish
{
	my ($self) = @_;

	waitpid $self->{pid}, 0;
	$self->{$_} = PostgreSQL::Test::Utils::slurp_file("$self->{base}.$_") for (qw(out err));
	return $self;
}

sub running { return waitpid($_[0]->{pid}, 1) == 0; }

# Accounts whose sum is always the same, a ledger with a row for each change, and tables of
# other kinds.
my $accounts = 200;
$cluster->node(1)->safe_psql('postgres', 'CREATE TABLE none (id serial); DROP TABLE none');		# OIDs differ between nodes
sql("CREATE TYPE mood AS ENUM ('sad', 'glad');
	CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL, note text) USING redshift WITH (distkey = id);
	CREATE TABLE ledger (id int, much int, at timestamptz DEFAULT now()) USING redshift WITH (diststyle = even);
	CREATE TABLE person (id int, m mood, twice int GENERATED ALWAYS AS (id * 2) STORED) USING redshift WITH (distkey = id);
	CREATE TYPE pair AS (m mood, t text);
	CREATE TABLE typed (m mood, p pair, c regclass, x mood[], r int8range) USING redshift WITH (distkey = m);
	CREATE TABLE gone (id int, x int, y text) USING redshift WITH (distkey = id);
	ALTER TABLE gone DROP COLUMN x;
	INSERT INTO gone SELECT g, g FROM generate_series(1, 500) g;
	ALTER TABLE gone ADD COLUMN z int DEFAULT 7;
	INSERT INTO account SELECT g, 100, repeat('x', g) FROM generate_series(1, $accounts) g;
	INSERT INTO person SELECT g, CASE WHEN g % 2 = 0 THEN 'sad' ELSE 'glad' END::mood FROM generate_series(1, 500) g;
	INSERT INTO typed SELECT m, (m, id)::pair, 'person', ARRAY[m, 'sad'], int8range(id, id + 5) FROM person;
	DELETE FROM k WHERE id % 100 = 0; UPDATE k SET t = 'new' WHERE id % 101 = 0");

sub transfers
{
	my ($n) = @_;
	my $script = '';

	for (1 .. $n)
	{
		my ($from, $to) = sort { $a <=> $b } (1 + int rand $accounts, 1 + int rand $accounts);
		my $much = int(rand 20) - 10;

		next if ($from == $to);
		$script .= "BEGIN; UPDATE account SET balance = balance - ($much) WHERE id = $from; UPDATE account SET balance = balance + $much WHERE id = $to;" .
			" INSERT INTO ledger VALUES ($from, -($much)), ($to, $much); COMMIT;\n";
	}
	return $script;
}

# All that must hold at any time, as one line.
my $truth = "SELECT (SELECT sum(balance) || ' ' || count(*) || ' ' || sum(length(note)) FROM account), (SELECT coalesce(sum(much), 0) FROM ledger),"
	. " (SELECT count(*) || ' ' || sum(id) || ' ' || count(*) FILTER (WHERE t = 'new') FROM k), (SELECT count(*) || ' ' || sum(twice) || ' ' || max(m) || ' ' || count(*) FILTER (WHERE m = 'sad') FROM person),"
	. " (SELECT count(*) || ' ' || sum(z) || ' ' || sum(y::int) FROM gone), (SELECT count(*) FROM k JOIN account USING (id) WHERE note <> t),"
	. " (SELECT count(*) || ' ' || count(DISTINCT (p, c, x, r)) FROM typed WHERE c = 'person'::regclass AND (p).m = m), (SELECT count(*) FROM typed t JOIN person p USING (m) WHERE p.id <= 20),"
	. " (SELECT count(*) FROM k a JOIN k b ON a.id = b.t::int WHERE a.t <> 'new' AND b.t <> 'new'), (SELECT sum(a.id) FROM a JOIN k ON a.id = k.id);\n";
my $holds = sql($truth);

# Each row is on the node of its slice, and storage is sound.
sub check
{
	my ($name) = @_;

	is(sql($truth), $holds, "$name: rows");
	is(sql("SELECT * FROM redshift.check_cluster()"), '', "$name: nodes agree");
	is(sql("SELECT count(*) FROM account a JOIN (SELECT id, sum(much) AS much FROM ledger GROUP BY 1) l ON l.id = a.id WHERE a.balance <> 100 + l.much"), 0, "$name: the ledger agrees");
	for my $line (split /\n/, sql('SELECT node_id, server FROM redshift.nodes ORDER BY 1'))
	{
		my ($id, $server) = split /\|/, $line;
		my $node = $cluster->node(substr $server, 1);

		is($node->safe_psql('postgres', "SELECT count(*) FROM redshift.row_groups g WHERE \"table\" <> 'a'::regclass AND slice NOT IN (SELECT slice FROM redshift.slice WHERE node_id = $id)"), 0,
			"$name: $server has rows of its slices only");
		is($node->safe_psql('postgres', "SELECT t, v.* FROM (VALUES ('k'), ('account'), ('ledger'), ('person'), ('typed'), ('gone')) t(t), redshift.verify(t::regclass) v"), '', "$name: storage of $server is sound");
		is($node->safe_psql('postgres', "SET enable_seqscan = off; SET redshift.enable_scan = off; SELECT count(*) FROM account a WHERE (SELECT balance FROM account b WHERE b.id = a.id) IS DISTINCT FROM a.balance"), 0, "$name: indexes of $server have the rows");
		is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_prepared_xacts'), 0, "$name: nothing prepared on $server");
	}
}

# Something that moves slices, while others read, write and keep plans.
sub under_load
{
	my ($name, $command, $expected) = @_;
	my @writers = map { session(transfers(60)) } 1 .. 2;
	my $reader = session("PREPARE p AS $truth" . "EXECUTE p;\n" x 25);
	my $single = session("SET plan_cache_mode = force_generic_plan; PREPARE p(int) AS SELECT note FROM account WHERE id = \$1;\n" . join('', map { "EXECUTE p($_);\n" } 1 .. $accounts));
	my $repeater = session("BEGIN ISOLATION LEVEL REPEATABLE READ;\n$truth SELECT pg_sleep(0.5);\n$truth COMMIT;\n");
	sleep 0.3;
	is(sql($command), $expected, "$name: slices moved");
	finish($_) for (@writers, $reader, $single, $repeater);
	my %seen = map { $_ => 1 } grep { $_ ne '' } split /\n/, $reader->{out} . $repeater->{out};
	is(join("\n", keys %seen), $holds, "$name: readers see what holds") or diag "$reader->{err}$repeater->{err}";
	is(join(' ', map { length } split /\n/, $single->{out}), join(' ', 1 .. $accounts), "$name: single rows");
	my @errors = grep { /ERROR/ && !/40001/ } map { split /\n/, $_->{err} } (@writers, $reader, $single, $repeater);
	is("@errors", '', "$name: no errors");
	check($name);
}

check('at first');
like(failure('BEGIN; SELECT redshift.rebalance(); COMMIT'), qr/transaction block/, 'not in a transaction block');
is(sql('SELECT redshift.rebalance()'), 0, 'nothing to do');
$cluster->add('resize');
is(sql("SELECT slices FROM redshift.nodes WHERE server = 'n3'"), '', 'a node that joins a cluster with rows has no slices');
under_load('rebalance', 'SELECT redshift.rebalance()', 5);
is(sql('SELECT string_agg(n::text, \' \' ORDER BY n DESC) FROM (SELECT count(*) FROM redshift.slices GROUP BY node_id) s(n)'), '6 5 5', 'slices are dealt evenly');
sql('CREATE TABLE stray (id int) USING redshift WITH (distkey = id)');
$cluster->node(2)->safe_psql('postgres', 'INSERT INTO stray SELECT generate_series(1, 50)');
under_load('remove_node', "SELECT redshift.remove_node('n2')", 5);
is(sql('SELECT string_agg(DISTINCT server, \' \') FROM redshift.slices'), 'n1 n3', 'the node has gone');
is(sql('SELECT count(*), sum(id) FROM stray'), '50|1275', 'with nothing lost that was put there by hand');
is(sql("SELECT count(*) FROM stray WHERE id = $_"), 1, "row $_ is where it belongs") for (1, 2, 3);
like(failure("SELECT redshift.remove_node('n2')"), qr/not a compute node/, 'it cannot go twice');


# What is interrupted goes on from there, whatever has changed meanwhile.
my ($n1, $n3) = ($cluster->node(1), $cluster->node(3));
for my $server ($leader, $n1, $n3)
{
	mkdir $server->data_dir . '/faults' or die "mkdir: $!";
	$server->append_conf('postgresql.conf', "restart_after_crash = on\nredshift.fault_directory = 'faults'\n");
	$server->reload;
}

# The process that comes to a point on a server fails there, once.
sub arm
{
	my ($server, $point, $order) = @_;

	PostgreSQL::Test::Utils::append_to_file($server->data_dir . "/faults/$point", "$order\n");
}

arm($leader, 'slices_copied', 'error');
like(failure("SELECT redshift.move_slices('{0,1,2,3,4}', 'n3')"), qr/slices_copied/, 'interrupted when all is copied');
is(sql("SELECT DISTINCT progress FROM redshift.resize_progress WHERE source = 'n1' AND target = 'n3'"), '100.00', 'progress');
cmp_ok(sql("SELECT count(*) FROM redshift.resize_progress"), '>=', 3, 'progress of each table');
is(sql($truth), $holds, 'what has arrived is not seen');
is(sql('SELECT count(*) FROM account WHERE id = 7'), 1, 'nor by an index');
$n3->safe_psql('postgres', 'VACUUM');
sql('CREATE INDEX ON k (t); REINDEX TABLE account');
$leader->safe_psql('postgres', 'VACUUM k');
sql("INSERT INTO k SELECT g, date '2024-01-01', g FROM generate_series(40001, 40100) g; DELETE FROM k WHERE id > 40000 AND id % 2 = 0;
	DELETE FROM gone; INSERT INTO gone (id, y) SELECT g, g FROM generate_series(1, 500) g");
$holds = sql($truth);
cmp_ok(sql("SELECT redshift.move_slices('{0,1,2,3,4}', 'n3')"), '>', 0, 'it goes on');
check('after changes');
is($n3->safe_psql('postgres', "SET enable_seqscan = off; SET redshift.enable_scan = off; SELECT count(*) FROM k a WHERE id <> (SELECT min(id) FROM k b WHERE b.t = a.t AND b.id = a.id)"), 0, 'a new index has the rows');
is(sql('SELECT count(*) FROM redshift.resize_progress'), 0, 'nothing is left');
arm($leader, 'slices_copied', 'error');
failure("SELECT redshift.move_slices('{0,1,2,3,4}', 'n1')");
sql('SELECT redshift.cancel_resize()');
is($n1->safe_psql('postgres', 'SELECT (SELECT count(*) FROM redshift.arriving_group), (SELECT count(*) FROM redshift.row_group WHERE pending)'), '0|0', 'cancelled');

# Servers die at one moment or another: nothing is lost or seen twice.
sub alive
{
	my $until = time + 30;

	for my $server ($leader, $n1, $n3)
	{
		my ($code, $out, $err) = (1);
		while (time < $until)
		{
			($code, $out, $err) = $server->psql('postgres', 'SELECT count(*) FROM pg_prepared_xacts');
			last if ($code == 0 && $out eq '0');
			sleep 0.1;
		}
		is($out, '0', 'nothing prepared') if ($code != 0 || $out ne '0');
	}
}

my $to = 1;
my $count = 16;
my @leads = map { [ $leader, $_ ] } qw(slices_copied slices_locked slices_switched prepared committed commit_prepared);
my @sources = map { [ 'source', $_ ] } qw(node_prepare node_prepared);
my @targets = map { [ 'target', $_ ] } ('group_pulled', 'group_pulled 3', 'groups_shown', 'node_prepare', 'node_prepared');
my @moves = map { [ 'move', @$_ ] } (@leads, @sources, @targets);
my @resizes = map { [ 'resize', @$_ ] } (@leads, @targets);
for my $kill ($rounds > 1 ? (@moves, @resizes) x $rounds : ((shuffle @moves)[ 0 .. 1 ], (shuffle @resizes)[ 0 .. 1 ]))
{
	my ($what, $server, $point) = @$kill;
	my ($source, $target) = $to == 1 ? ($n3, $n1) : ($n1, $n3);
	my $times = $point =~ s/ (\d+)$// ? $1 : 1;
	my $name = "kill " . (ref $server ? 'the leader' : "the $server") . " at $point, $what";

	$server = ref $server ? $server : $server eq 'source' ? $source : $target;
	$count = 34 - $count if ($what eq 'resize');
	my ($command, $done, $all) = $what eq 'resize'
		? ("SELECT redshift.resize($count)", 'SELECT count(*) FROM redshift.slices', $count)
		: ("SELECT redshift.move_slices('{0,1,2,3,4,5}', 'n$to')", "SELECT count(*) FROM redshift.slices WHERE slice <= 5 AND server = 'n$to'", 6);
	arm($server, $point, "kill $times");
	my $writer = session(transfers(30));
	$leader->psql('postgres', $command);
	finish($writer);
	ok(!unlink($server->data_dir . "/faults/$point"), "$name: somebody came there");
	alive();
	is(sql($truth), $holds, "$name: rows");
	$leader->psql('postgres', $command);
	is(sql($done), $all, "$name: then it goes on");
	$to = 4 - $to if ($what eq 'move');
}
check('after crashes');

# A transaction that holds no lock any more, but a snapshot.
my $old = session("BEGIN ISOLATION LEVEL REPEATABLE READ; SAVEPOINT a; SELECT count(*) FROM account; ROLLBACK TO a; SELECT pg_sleep(2); SELECT count(*) FROM account; COMMIT;\n");
sleep 1;
cmp_ok(sql("SELECT redshift.move_slices('{0,1,2,3,4,5,6,7}', 'n$to')"), '>', 0, 'slices move');
like(finish($old)->{err}, qr/40001/, 'an older snapshot is refused');

like(failure('CREATE TABLE wrong (c regclass) USING redshift WITH (distkey = c)'), qr/column "c" of type regclass cannot be a distribution key/, 'what differs between nodes is no key');
like(failure('CREATE TABLE wrong (x mood[]) USING redshift WITH (distkey = x)'), qr/cannot be a distribution key/, '... nor what holds enums');

# Another number of slices: interrupted, changed, and gone on with; others write while rows are copied.
arm($leader, 'slices_copied', 'error');
like(failure('SELECT redshift.resize(9)'), qr/slices_copied/, 'a resize is interrupted');
is(sql("SELECT string_agg(DISTINCT progress::text, ' ') FROM redshift.resize_progress"), '100.00', 'its progress');
is(sql("SELECT count(DISTINCT (source, target)) FROM redshift.resize_progress WHERE \"table\"::regclass = 'account'::regclass"), 4, '... all nodes copy from all');
my $pulled = $n1->safe_psql('postgres', 'SELECT min(group_id) FROM redshift.arriving_group');
sql("DELETE FROM k WHERE id % 50 = 1; UPDATE k SET t = 'new' WHERE id % 50 = 2; INSERT INTO k SELECT g, date '2024-01-01', 'new' FROM generate_series(50001, 50100) g;
	DELETE FROM person WHERE id % 10 = 0; DELETE FROM gone WHERE z % 3 = 0");
$leader->safe_psql('postgres', 'VACUUM person');
$holds = sql($truth);
arm($leader, 'slices_copied', 'sleep 2000');
my $resize = session('SELECT redshift.resize(9)');
sleep 0.05 while (-e $leader->data_dir . '/faults/slices_copied');
is($n1->safe_psql('postgres', 'SELECT min(group_id) FROM redshift.arriving_group'), $pulled, 'what has been copied is not copied again');
sql("SET lock_timeout = 1000; UPDATE account SET balance = balance - 1 WHERE id = 3; UPDATE account SET balance = balance + 1 WHERE id = 4; INSERT INTO ledger VALUES (3, -1), (4, 1)");
ok(running($resize), 'others write meanwhile');
is(finish($resize)->{err}, '', 'then it goes on');
is(sql('SELECT count(*) FROM redshift.slices'), 9, '... to its end');
check('resized');
under_load('more slices', 'SELECT redshift.resize(21)', '');
is(sql('SELECT count(*) FROM redshift.slices'), 21, 'more slices');
under_load('fewer slices', 'SELECT redshift.resize(5)', '');
like(failure('SELECT redshift.resize(1)'), qr/between 2 and/, 'a slice for each node');
like(failure("ALTER TYPE mood RENAME VALUE 'sad' TO 'mad'"), qr/table "typed" is distributed by it/, 'rows are where labels put them');

# What is damaged is not taken over.
sql('CREATE TABLE damaged (id int, t text) USING redshift WITH (distkey = id); INSERT INTO damaged SELECT g, md5(g::text) FROM generate_series(1, 20000) g');
my $file = $n1->data_dir . '/' . $n1->safe_psql('postgres', "SELECT pg_relation_filepath('damaged')");
my $slices = $n1->safe_psql('postgres', "SELECT array_agg(slice) FROM redshift.slice WHERE node_id = (SELECT self FROM redshift.cluster)");
$n1->stop;
open(my $handle, '+<:raw', $file) or die "open $file: $!";
seek($handle, 8192 + 4000, 0);
print $handle "\xff" x 16;
close($handle);
$n1->start;
like(failure("SELECT redshift.move_slices('$slices', 'n3')"), qr/row group \d+ of another compute node is damaged/, 'damage is found on arrival');
is(sql("SELECT count(*) > 0 FROM redshift.slices WHERE server = 'n1'"), 't', '... and nothing moves');
sql('DROP TABLE damaged');
sql("SET redshift.resize_rate = 1; SELECT redshift.move_slices('$slices', 'n3')");
is(sql("SELECT count(*) FROM redshift.slices WHERE server = 'n1'"), 0, 'the rest does');
check('at last');

$cluster->stop;
done_testing();
