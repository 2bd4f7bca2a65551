# Two hundred clients of Redshift's port: no answer is lost, no memory and no descriptor either.
# REDSHIFT_SOAK_SECONDS (3) makes it longer, REDSHIFT_SEED another one.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use FindBin;
use Test::More;
use Time::HiRes qw(usleep);

my $seconds = $ENV{REDSHIFT_SOAK_SECONDS} || 3;
my $clients = $ENV{REDSHIFT_SOAK_CLIENTS} || 200;
my $seed = $ENV{REDSHIFT_SEED} || time;
diag "seed $seed";
my $has_tls = `pg_config --configure` =~ /--with-(?:ssl|openssl)/;
my $node = PostgreSQL::Test::Cluster->new('soak');
my $endpoint = PostgreSQL::Test::Cluster::get_free_port();
$node->init;
my $dir = $node->data_dir;
system_log('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
	'-keyout', "$dir/server.key", '-out', "$dir/server.crt");
chmod 0600, "$dir/server.key";
$node->append_conf('postgresql.conf', <<"CONF");
shared_preload_libraries = 'redshift_ext'
listen_addresses = 'localhost'
redshift.endpoint_port = $endpoint
max_connections = @{[2 * $clients + 60]}
log_min_messages = panic
ssl = @{[$has_tls ? 'on' : 'off']}
fsync = off
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION redshift_ext');
sub stats { my ($name) = @_; return $node->safe_psql('postgres', "SELECT $name FROM redshift.endpoint_stats"); }
my $pid = stats('pid');
my $user = $node->safe_psql('postgres', 'SELECT current_user');
sub resident { slurp_file("/proc/$pid/status") =~ /VmRSS:\s+(\d+)/; return $1; }
sub descriptors { my @fds = glob "/proc/$pid/fd/*"; return scalar @fds; }
sub soak
{
	my ($time, $with) = @_;
	my ($out, $err) = run_command([ 'node', "$FindBin::RealBin/../soak/endpoint.js", $endpoint, $user, $time, $with, $seed, $has_tls ? 1 : 0 ]);
	for (1 .. 200) { last if stats('connections_open') == 0; usleep(50_000); }
	return $? == 0 && $err eq '' ? $out : "$out$err";
}
usleep(50_000) until $node->psql('postgres', 'SELECT 1', connstr => "host=localhost port=$endpoint dbname=postgres") == 0;
soak(1, 20);
my $before = descriptors();
my $first = resident();
my $out = soak($seconds, $clients);
unlike($out, qr/wrong|Error/, 'every answer is right') or diag $out;
like($out, qr/"simple":\d/, "what was done: $out");
is(stats('connections_open'), 0, 'all connections have ended');
is(descriptors(), $before, 'no descriptor is left');
is(stats('statement_memory'), 0, 'no memory of statements');
# Sanitizers keep what was freed for a while.
my $most = `pg_config --cflags` =~ /-fsanitize/ ? 512 : 64;
cmp_ok(resident() - $first, '<', $most * 1024, 'and little of the process') or diag "$first kB before";
is(stats('pid'), $pid, 'which is the same');
done_testing();
