# The history of statements over restarts and crashes, and how it stays out of the way.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $node = PostgreSQL::Test::Cluster->new('history');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
redshift.history_delay = 1s
redshift.history_buffer = 64
fsync = off
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION redshift_ext; CREATE DATABASE other; CREATE TABLE t AS SELECT 1 AS a');

sub wait_for
{
	my ($query) = @_;
	for (1 .. 200) { return 1 if $node->safe_psql('postgres', $query) eq 't'; usleep(30_000); }
	return 0;
}

# A clean shutdown keeps what has not been written yet; the writer writes it once.
my $first = $node->safe_psql('postgres', 'SELECT count(*) AS kept FROM t; SELECT redshift.pg_last_query_id()');
$first =~ s/.*\n//s;
$node->restart;
my $count = "SELECT count(*) FROM redshift.stl_query WHERE querytxt LIKE 'SELECT count(*) AS kept%'";
is($node->safe_psql('postgres', $count), 1, 'a restart keeps the ring');
ok(wait_for("SELECT count(*) = 1 FROM redshift.history_query WHERE text LIKE 'SELECT count(*) AS kept%'"), 'it is written');
is($node->safe_psql('postgres', $count), 1, 'and shown once');
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM redshift.stl_connection_log WHERE event = 'disconnecting session'"),
	'>', 1, 'sessions have ended');

# Numbers rise, also over a crash.
my $second = $node->safe_psql('postgres', 'SELECT count(*) FROM t; SELECT redshift.pg_last_query_id()');
$second =~ s/.*\n//s;
cmp_ok($second, '>', $first, 'numbers rise over a restart');
$node->stop('immediate');
$node->start;
my $third = $node->safe_psql('postgres', 'SELECT count(*) FROM t; SELECT redshift.pg_last_query_id()');
$third =~ s/.*\n//s;
cmp_ok($third, '>', $second, 'and over a crash');

# More than the ring holds is written meanwhile or counted, and blocks nobody.
my $begin = time;
$node->safe_psql('postgres', join '', map { "SELECT a + $_ AS flood FROM t;\n" } 1 .. 2000);
cmp_ok(time - $begin, '<', 20, 'a full ring is not waited for');
ok(wait_for("SELECT redshift.history_lost() + (SELECT count(*) FROM redshift.stl_query WHERE querytxt LIKE '%AS flood%') >= 2000"),
	'what is lost is counted');

# The writer is not in the way of those who drop what it writes.
$node->safe_psql('other', 'CREATE EXTENSION redshift_ext; SELECT count(*) FROM pg_class');
$node->safe_psql('postgres', 'DROP DATABASE other');
$node->safe_psql('postgres', 'DROP EXTENSION redshift_ext CASCADE; CREATE EXTENSION redshift_ext; SELECT count(*) FROM t');
is($node->safe_psql('postgres', "SELECT count(*) > 0 FROM redshift.stl_query"), 't', 'a new extension has a history');
$node->stop;
my $log = slurp_file($node->logfile);
unlike($log, qr/history.*(exited with exit code [^01]|PANIC)|terminated by signal/, 'nothing has crashed');
done_testing();
