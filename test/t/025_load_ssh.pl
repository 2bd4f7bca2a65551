# COPY from the output of commands on other hosts: manifests, keys, what fails.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SshServer;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'redshift_ext'\nlog_statement = 'none'\n");
$node->start;
my $ssh = SshServer->new('ed25519');
my $rsa = SshServer->new('rsa');
my $dir = PostgreSQL::Test::Utils::tempdir;

# A manifest of these entries, each a command or a hash.
sub manifest
{
	my (@entries) = @_;
	my $path = "$dir/manifest";
	my $text = join ",\n", map {
		my $e = ref $_ ? $_ : { command => $_ };
		my %e = (endpoint => '127.0.0.1', mandatory => 'true', %$e);
		'{' . join(', ', map { my $v = $e{$_}; $v =~ s/(["\\])/\\$1/g; $v =~ s/\s+$//;
			$_ eq 'mandatory' ? "\"$_\": $v" : "\"$_\": \"$v\"" } sort keys %e) . '}';
	} @entries;
	unlink $path;
	append_to_file($path, "{\"entries\": [$text]}");
	return "file://$path";
}

sub load
{
	my ($manifest, $options, $user) = @_;
	my ($out, $err);
	$options //= 'ssh';
	$node->psql('postgres', "COPY t FROM '$manifest' WITH ($options)",
		stderr => \$err, extra_params => [ '-U', $user // $ssh->user ]);
	return $err;
}

sub rows { return $node->safe_psql('postgres', "SELECT string_agg(a || ':' || b, ' ' ORDER BY a) FROM t"); }

$node->safe_psql('postgres', <<'EOT');
CREATE EXTENSION redshift_ext;
CREATE TABLE t (a int, b text) USING redshift;
CREATE ROLE loader LOGIN IN ROLE pg_read_server_files;
GRANT INSERT ON t TO loader;
EOT

like(load(manifest('echo "1|one"')), qr/no server allows connections to host "127.0.0.1"/, 'hosts have to be named');

my ($user, $port, $rsa_port) = ($ssh->user, $ssh->port, $rsa->port);
my ($key, $rsa_key) = ($ssh->private_key, $rsa->private_key);
$node->safe_psql('postgres', <<"EOT");
CREATE SERVER host FOREIGN DATA WRAPPER redshift_ssh OPTIONS (host '127.0.0.1', port '$port', connect_timeout '10');
CREATE USER MAPPING FOR CURRENT_USER SERVER host OPTIONS (user '$user', private_key '$key');
CREATE SERVER rsa FOREIGN DATA WRAPPER redshift_ssh OPTIONS (host 'localhost', port '$rsa_port');
CREATE USER MAPPING FOR CURRENT_USER SERVER rsa OPTIONS (user '$user', private_key '$rsa_key');
EOT

is(load(manifest('echo "1|one"; echo "2|two"', 'printf "3|three\n"')), '', 'commands run');
is(rows(), '1:one 2:two 3:three', 'their output is loaded');
is(load(manifest({ command => 'seq -f "%.0f|x" 1000 200999', publickey => $ssh->host_key })), '', 'with the key of the host');
is($node->safe_psql('postgres', 'SELECT count(*), sum(a) FROM t WHERE a >= 1000'), '200000|20199900000', 'all of a long output');
$node->safe_psql('postgres', 'TRUNCATE t');
is(load(manifest({ endpoint => 'localhost', command => 'echo "4|four" | gzip', publickey => $rsa->host_key }), 'ssh, gzip'),
	'', 'RSA keys, compressed output');
is(rows(), '4:four', 'which is loaded');

like(load(manifest({ command => 'echo "5|x"', publickey => $rsa->host_key })), qr/could not connect to host "127.0.0.1"/,
	'another key than the expected one is refused');
like(load(manifest('echo "5|x"; echo oh >&2; exit 3')),
	qr/failed with exit status 3.*It wrote: oh/s, 'a command that fails');
like(load(manifest('echo "5|x"; kill -9 $$')), qr/did not end properly/, 'a command that is killed');
like(load(manifest({ command => 'echo "5|x"', username => 'nobody' })), qr/does not accept the user or the key/, 'another user');
is(rows(), '4:four', 'nothing of these is loaded');

# A host that is optional.
$node->safe_psql('postgres', "CREATE SERVER gone FOREIGN DATA WRAPPER redshift_ssh OPTIONS (host '127.0.0.2', port '1');
	CREATE USER MAPPING FOR CURRENT_USER SERVER gone OPTIONS (private_key '$key', user 'x')");
like(load(manifest({ endpoint => '127.0.0.2', command => 'x', mandatory => 'false' }, 'echo "6|six"')),
	qr/^psql:<stdin>:1: WARNING:  could not connect to host "127.0.0.2"/, 'an optional host is left out');
is(rows(), '4:four 6:six', 'the others are not');
like(load(manifest({ endpoint => '127.0.0.2', command => 'x', mandatory => 'false' })),
	qr/ERROR:  no host of manifest/, 'one of them has to be there');
like(load(manifest({ endpoint => '127.0.0.2', command => 'x' }, 'echo "6|six"')), qr/ERROR:  could not connect/, 'a mandatory host');

# Rights, and secrets.
like(load(manifest('echo 7'), 'ssh', 'loader'), qr/permission denied for foreign server host/, 'USAGE on the server');
$node->safe_psql('postgres', 'GRANT USAGE ON FOREIGN SERVER host TO loader');
like(load(manifest('echo 7'), 'ssh', 'loader'), qr/user mapping not found for "loader"/, 'a mapping of the user');
my ($secret) = $key =~ /\n(\S{30})/;
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_user_mappings WHERE umoptions::text LIKE '%$secret%'",
	extra_params => [ '-U', 'loader' ]), 0, 'others do not see the private key');
unlike(slurp_file($node->logfile), qr/\Q$secret\E/, 'nor does the log');

# Cancelled while a command sleeps.
my $start = time;
my ($ret, $out, $err) = $node->psql('postgres',
	"SET statement_timeout = '1s'; COPY t FROM '" . manifest('sleep 100') . "' WITH (ssh)");
like($err, qr/canceling statement due to statement timeout/, 'it can be cancelled');
cmp_ok(time - $start, '<', 10, 'at once');

# What goes with files only.
for my $option (qw(ssh manifest))
{
	$node->psql('postgres', "COPY t FROM STDIN WITH ($option)", stderr => \my $said);
	like($said, qr/"$option" does not go with STDIN/, "$option and STDIN");
}

# What is no manifest.
for my $text ('', '[]', '{"entries": 1}', '{"entries": [1]}', '{"entries": [{"endpoint": "x"}]}', "{\"entries\": []}", "\0", "\xff")
{
	my $path = "$dir/bad";
	unlink $path;
	append_to_file($path, $text);
	like(load("file://$path"), qr/ERROR:  ("file:.*is not a manifest|invalid input syntax for type json|no host of manifest)/,
		'no manifest: ' . ($text =~ s/[^ -~]/?/gr));
}
$node->stop;
$ssh->stop;
$rsa->stop;
done_testing();
