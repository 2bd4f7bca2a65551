# Kill the server at random moments: what was committed is there, nothing else.
# A heap table changed in the same transactions is the oracle.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $rounds = $ENV{REDSHIFT_CRASH_ROUNDS} || 50;
my $seed = $ENV{REDSHIFT_SEED} || time;
diag "seed $seed";
srand($seed);

my $node = PostgreSQL::Test::Cluster->new('crash');
$node->init(extra => ['-k']);
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
fsync = off
autovacuum_naptime = 1s
checkpoint_timeout = 30s
CONF
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION redshift_ext;
CREATE TABLE h (id int, k int, v text);
CREATE TABLE r (id int, k int, v text) USING redshift WITH (sortkey = 'k');
CREATE INDEX r_id ON r (id);
CREATE SEQUENCE ids;
CREATE PROCEDURE work() LANGUAGE plpgsql AS $$
DECLARE n int; lo int; base int;
BEGIN
  LOOP
    n := (ARRAY[1, 3, 200, 5000, 30000])[1 + floor(random() * 5)::int];
    base := setval('ids', nextval('ids') + n);
    CREATE TEMP TABLE IF NOT EXISTS b (id int, k int, v text);
    DELETE FROM b;
    INSERT INTO b SELECT base - n + g, floor(random() * 1000)::int, md5(g::text) FROM generate_series(1, n) g;
    INSERT INTO h SELECT * FROM b;
    INSERT INTO r SELECT * FROM b;
    IF random() < 0.4 THEN
      lo := floor(random() * 1000)::int;
      UPDATE h SET v = v || '+' WHERE k BETWEEN lo AND lo + 20;
      UPDATE r SET v = v || '+' WHERE k BETWEEN lo AND lo + 20;
    END IF;
    IF random() < 0.6 THEN
      lo := floor(random() * 1000)::int;
      DELETE FROM h WHERE k BETWEEN lo AND lo + 150;
      DELETE FROM r WHERE k BETWEEN lo AND lo + 150;
    END IF;
    IF random() < 0.1 THEN ROLLBACK; ELSE COMMIT; END IF;
  END LOOP;
END $$;
SQL

# Every process of the server dies at once, as with the machine's power.
sub crash
{
	my $pidfile = $node->data_dir . '/postmaster.pid';
	my ($pid) = split /\n/, slurp_file($pidfile);
	# Stopped, it cannot start another one meanwhile.
	kill 'STOP', $pid;
	my @children = split ' ', qx(ps -o pid= --ppid $pid);
	kill 'KILL', $pid, @children;
	for (1 .. 100)
	{
		last unless grep { -e "/proc/$_" && slurp_file("/proc/$_/stat") !~ /\) Z/ } $pid, @children;
		usleep(20_000);
	}
	unlink $pidfile, glob($node->host . '/.s.PGSQL.' . $node->port . '*');
	$node->{_pid} = undef;
}

my $same = q{SELECT (SELECT md5(coalesce(string_agg(h::text, ',' ORDER BY id), '')) FROM h) =
	(SELECT md5(coalesce(string_agg(r::text, ',' ORDER BY id), '')) FROM r)};
my $bad = 0;
for my $round (1 .. $rounds)
{
	my @sessions = map { IPC::Run::start(
			[ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-c', $_ ],
			'>', \my $out, '2>', \my $err) }
	  ('CALL work()', 'DO $$ BEGIN LOOP PERFORM count(*) FROM r; PERFORM pg_sleep(0.01); COMMIT; END LOOP; END $$');
	my $vacuum = IPC::Run::start([ 'bash', '-c',
		"while psql -X -q -d '" . $node->connstr('postgres') . "' -c 'VACUUM r'; do :; done" ],
		'>', \my $out, '2>', \my $err);
	usleep(50_000 + rand(450_000));
	crash();
	$_->finish for (@sessions, $vacuum);
	$node->start;
	my $equal = $node->safe_psql('postgres', $same);
	my $problems = $node->safe_psql('postgres', q{SELECT count(*) FROM redshift.verify('r')});
	if ($equal ne 't' || $problems ne '0')
	{
		diag "round $round: equal $equal, $problems problems";
		$bad++;
	}
}
is($bad, 0, "$rounds kills: committed rows are there, no others, verify() is clean");

my $indexed = $node->safe_psql('postgres', q{
SET enable_seqscan = off; SET enable_bitmapscan = off;
SELECT count(*) = (SELECT count(*) FROM h) FROM r WHERE id > 0});
is($indexed, 't', 'the index agrees');

# What crashes left behind is given back.
$node->safe_psql('postgres', 'DELETE FROM r; DELETE FROM h');
$node->safe_psql('postgres', 'VACUUM r') for 1 .. 3;
cmp_ok($node->safe_psql('postgres', q{SELECT pg_relation_size('r')}), '<=', 16384, 'leaked space is reclaimed');
is($node->safe_psql('postgres', q{SELECT count(*) FROM redshift.row_groups}), '0', 'no row group is left');

# An unlogged table is empty after a crash, and usable.
$node->safe_psql('postgres', q{CREATE UNLOGGED TABLE u (a int) USING redshift; INSERT INTO u SELECT generate_series(1, 20000)});
crash();
$node->start;
is($node->safe_psql('postgres', 'SELECT count(*) FROM u'), '0', 'unlogged table is empty after a crash');
$node->safe_psql('postgres', 'INSERT INTO u VALUES (1)');
is($node->safe_psql('postgres', 'SELECT count(*) FROM u'), '1', 'and takes rows again');

# Files that are synced at commit instead of being logged
my $rows = PostgreSQL::Test::Utils::tempdir() . '/rows';
PostgreSQL::Test::Utils::append_to_file($rows, join '', map { "$_|" . 'x' x 200 . "\n" } 1 .. 90000);
$node->append_conf('postgresql.conf', "wal_level = minimal\nmax_wal_senders = 0\nwal_skip_threshold = 64kB\n");
$node->restart;
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE again (a int) USING redshift;
BEGIN; CREATE TABLE few (a int) USING redshift; INSERT INTO few SELECT generate_series(1, 20); COMMIT;
BEGIN; CREATE TABLE many (a int, b text) USING redshift; INSERT INTO many SELECT g, md5(g::text) FROM generate_series(1, 20000) g; COMMIT;
BEGIN; CREATE TABLE loaded (a int, b text) USING redshift; COPY loaded FROM 'file://$rows'; COMMIT;
BEGIN; TRUNCATE again; INSERT INTO again SELECT generate_series(1, 30000); COMMIT;
SQL
crash();
$node->start;
is($node->safe_psql('postgres', "SELECT count(*) FROM $_->[0]; SELECT count(*) FROM redshift.verify('$_->[0]')"), "$_->[1]\n0",
	"$_->[0]: rows that were not logged are there")
	for [ few => 20 ], [ many => 20000 ], [ loaded => 90000 ], [ again => 30000 ];
$node->stop;
done_testing();
