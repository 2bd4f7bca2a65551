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
	my ($what) = @_;
	for (1 .. 200) { return 1 if ref $what ? $what->() : $node->safe_psql('postgres', $what) eq 't'; usleep(30_000); }
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

# Another version of the extension than the library's lacks tables or columns, or has more: what can be is written.
$node->safe_psql('postgres', 'CREATE DATABASE aged');
$node->safe_psql('aged', 'CREATE EXTENSION redshift_ext');
$node->safe_psql('aged', q{
	ALTER TABLE redshift.history_transaction RENAME TO gone;
	ALTER TABLE redshift.history_user RENAME TO gone_too;
	CREATE TABLE redshift.history_user (logged_at timestamptz, userid int4, username text);
	ALTER TABLE redshift.history_query ADD COLUMN more int});
$node->restart;
my $lost = $node->safe_psql('aged', 'SELECT redshift.history_lost()');
$node->safe_psql('aged', 'CREATE TABLE t AS SELECT 1 AS a; SELECT a AS aged FROM t; CREATE USER aged');
ok(wait_for(sub { $node->safe_psql('aged', "SELECT count(*) FROM redshift.history_query WHERE text = 'SELECT a AS aged FROM t'") eq '1' }), 'written without a table');
is($node->safe_psql('aged', 'SELECT username FROM redshift.history_user'), 'aged', 'and with fewer columns');
cmp_ok($node->safe_psql('aged', 'SELECT redshift.history_lost()'), '>', $lost, 'what a table should have got is counted');
like(slurp_file($node->logfile), qr/history of statements has no table "history_transaction" in database "aged"/, 'and the log says so');

# The writer is not in the way of those who drop what it writes.
$node->safe_psql('other', 'CREATE EXTENSION redshift_ext; SELECT count(*) FROM pg_class');
$node->safe_psql('postgres', 'DROP DATABASE other');
$node->safe_psql('postgres', 'DROP EXTENSION redshift_ext CASCADE; CREATE EXTENSION redshift_ext; SELECT count(*) FROM t');
is($node->safe_psql('postgres', "SELECT count(*) > 0 FROM redshift.stl_query"), 't', 'a new extension has a history');
$node->stop;
my $log = slurp_file($node->logfile);
unlike($log, qr/history.*(exited with exit code [^01]|PANIC)|terminated by signal/, 'nothing has crashed');
done_testing();
