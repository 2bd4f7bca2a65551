# Cancelled and terminated at random moments: a command happened or it did not.
# A heap table changed in the same transactions is the oracle.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $rounds = $ENV{REDSHIFT_CANCEL_ROUNDS} || 60;
my $seed = $ENV{REDSHIFT_SEED} || time;
diag "seed $seed";
srand($seed);

my $node = PostgreSQL::Test::Cluster->new('cancel');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
fsync = off
autovacuum = off
log_min_messages = warning
CONF
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION redshift_ext;
CREATE TABLE h (id int, k int, v text);
CREATE TABLE r (id int, k int, v text) USING redshift WITH (sortkey = 'k');
CREATE INDEX r_id ON r (id);
CREATE PROCEDURE fill(n int) LANGUAGE plpgsql AS $$
BEGIN
  CREATE TEMP TABLE b ON COMMIT DROP AS
    SELECT floor(random() * 1000000)::int AS id, floor(random() * 1000)::int AS k, md5(g::text) AS v FROM generate_series(1, n) g;
  INSERT INTO h SELECT * FROM b;
  INSERT INTO r SELECT * FROM b;
END $$;
CREATE PROCEDURE change(lo int) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE h SET v = v || '+' WHERE k BETWEEN lo AND lo + 100;
  UPDATE r SET v = v || '+' WHERE k BETWEEN lo AND lo + 100;
  DELETE FROM h WHERE k BETWEEN lo + 50 AND lo + 250;
  DELETE FROM r WHERE k BETWEEN lo + 50 AND lo + 250;
END $$;
CALL fill(150000);
SQL

my @commands = (
	sub { 'CALL fill(' . int(20000 + rand(60000)) . ')' },
	sub { 'CALL change(' . int(rand(1000)) . ')' },
	sub { 'VACUUM r' }, sub { 'VACUUM FULL r' }, sub { 'CLUSTER r USING r_id' },
	sub { 'ANALYZE r' }, sub { 'REINDEX TABLE r' },
	sub { 'CREATE INDEX CONCURRENTLY IF NOT EXISTS r_k ON r (k)' },
	sub { 'SELECT count(*) FROM r x JOIN r y USING (k)' },
	sub { 'COPY r TO STDOUT' },
	sub { q{SELECT count(*) FROM redshift.verify('r')} });
my $same = q{SELECT (SELECT count(*) || md5(coalesce(string_agg(h::text, ',' ORDER BY id, k, v), '')) FROM h) =
	(SELECT count(*) || md5(coalesce(string_agg(r::text, ',' ORDER BY id, k, v), '')) FROM r)};
my %seen = (cancelled => 0, finished => 0, slow => 0, different => 0, damaged => 0, unexpected => 0);
for my $round (1 .. $rounds)
{
	my $command = $commands[rand @commands]->();
	my $function = rand() < 0.8 ? 'pg_cancel_backend' : 'pg_terminate_backend';
	my ($out, $err) = ('', '');
	my $session = IPC::Run::start(
		[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres') . ' application_name=victim', '-c', $command ],
		'>', \$out, '2>', \$err);
	usleep(30_000 + rand(400_000));
	$node->safe_psql('postgres', "SELECT $function(pid) FROM pg_stat_activity WHERE application_name = 'victim'");
	my $asked = Time::HiRes::time();
	$session->finish;
	$seen{slow}++ if Time::HiRes::time() - $asked > 1;
	if ($err =~ /canceling statement due to user request|terminating connection due to administrator command/) { $seen{cancelled}++ }
	elsif ($err =~ /ERROR|FATAL|PANIC/) { $seen{unexpected}++; diag "$command: $err" }
	else { $seen{finished}++ }
	if ($node->safe_psql('postgres', $same) ne 't') { $seen{different}++; diag "round $round: differs after $command, $function" }
	if ($node->safe_psql('postgres', q{SELECT count(*) FROM redshift.verify('r')}) ne '0') { $seen{damaged}++; diag "round $round: damaged after $command" }
}
is($seen{different}, 0, 'committed rows are there, no others');
is($seen{damaged}, 0, 'verify() is clean after every round');
is($seen{unexpected}, 0, 'no other error');
is($seen{slow}, 0, 'a command ends within a second of being cancelled');
cmp_ok($seen{cancelled}, '>', 0, "commands were met on the way ($seen{cancelled} cancelled, $seen{finished} finished)");

$node->safe_psql('postgres', 'DROP INDEX IF EXISTS r_k; DELETE FROM r');
$node->safe_psql('postgres', 'VACUUM r') for 1 .. 3;
cmp_ok($node->safe_psql('postgres', q{SELECT pg_relation_size('r')}), '<=', 16384, 'the space of what was cancelled is given back');
unlike(slurp_file($node->logfile), qr/leak|PANIC|still referenced/, 'nothing leaked');
$node->stop;
done_testing();
