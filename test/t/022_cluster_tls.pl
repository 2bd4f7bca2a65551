# Connections to nodes, and between them, by TLS that is verified, with passwords, client
# certificates, a password file and a service: every option of libpq goes to both.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

plan skip_all => 'no openssl' if (system('openssl version >/dev/null 2>&1') != 0);

my $dir = PostgreSQL::Test::Utils::tempdir();

sub put
{
	my ($name, $text) = @_;

	append_to_file("$dir/$name", $text);
	chmod 0600, "$dir/$name";
	return "$dir/$name";
}

sub openssl
{
	system("cd $dir && openssl $_[0] >openssl.log 2>&1") == 0 or die slurp_file("$dir/openssl.log");
	return;
}

my $key = '-nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1';
for my $authority ('ca', 'other')
{
	openssl("req -new -x509 -days 30 $key -subj /CN=$authority -keyout $authority.key -out $authority.crt");
}
put('san', "subjectAltName=DNS:localhost\n");
for my $name ('localhost', 'reader')
{
	openssl("req -new $key -subj /CN=$name -keyout $name.key -out $name.csr");
	openssl("x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile san -out $name.crt");
}
openssl('pkey -in reader.key -aes256 -passout pass:riddle -out reader_locked.key');
chmod 0600, glob("$dir/*.key");

# Servers find the services in their environment.
$ENV{PGSERVICEFILE} = "$dir/services";
my $cluster = RedshiftCluster->new('tls', 0);
my $leader = $cluster->leader;
my @nodes = map { RedshiftCluster::start_server("tls_n$_") } 1 .. 2;

for my $node (@nodes)
{
	$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\nssl = on\nssl_ca_file = '$dir/ca.crt'\n"
		. "ssl_cert_file = '$dir/localhost.crt'\nssl_key_file = '$dir/localhost.key'\n");
	unlink $node->data_dir . '/pg_hba.conf';
	$node->append_conf('pg_hba.conf', "local all all trust\nhostssl all reader 127.0.0.1/32 cert\n"
		. "hostssl all lax 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n");
	$node->restart;
	$node->safe_psql('postgres', "CREATE ROLE warehouse SUPERUSER LOGIN PASSWORD 'secret'");
}
put('passwords', "localhost:*:*:warehouse:secret\n");
put('services', join '', map { "[node$_]\nhost=localhost\nport=" . $nodes[ $_ - 1 ]->port . "\nsslmode=verify-full\nsslrootcert=$dir/ca.crt\ndbname=postgres\n" } 1 .. 2);

sub sql { return $leader->safe_psql('postgres', $_[0]); }

sub as_user
{
	my ($user, $sql) = @_;
	my ($code, $out, $err) = $leader->psql('postgres', $sql, extra_params => [ '-U', $user ]);

	return $code == 0 ? $out : $err;
}

# The leader's superuser has another name at the nodes, which connect to each other as he does.
my $exchange = 'SELECT count(*) FROM t x JOIN t y ON x.a = y.id';

# Passwords by SCRAM, bound to the channel.
sql(join '', map { "CREATE SERVER n$_ FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost', port '" . $nodes[ $_ - 1 ]->port
	. "', dbname 'postgres', sslmode 'verify-full', sslrootcert '$dir/ca.crt', channel_binding 'require', options '-c seq_page_cost=1.5');
	CREATE USER MAPPING FOR CURRENT_USER SERVER n$_ OPTIONS (user 'warehouse', password 'secret');
	SELECT redshift.add_node('n$_');\n" } 1 .. 2);
sql('CREATE TABLE t (id int, a int) USING redshift WITH (distkey = id); INSERT INTO t SELECT g, g % 10 FROM generate_series(1, 1000) g');
is(sql($exchange), '900', 'a password');
is(sql("SELECT redshift.run_on_node(1, 'SHOW seq_page_cost')"), '1.5', 'options of the session');
is(sql(q{SELECT redshift.run_on_node(node_id, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()') FROM redshift.node}), "t\nt", 'encrypted');
$_->safe_psql('postgres', "ALTER SYSTEM SET log_connections = on; SELECT pg_reload_conf()") for (@nodes);
is(sql("SELECT pg_sleep(0.5); $exchange"), "\n900", 'once more');
for my $node (@nodes)
{
	my @let_in = grep { /redshift_ext/ } slurp_file($node->logfile) =~ /connection authorized: (.*)/g;

	cmp_ok(scalar(grep { /exchange/ } @let_in), '>', 0, $node->name . ' is connected to by the other node');
	is(scalar(grep { !/user=warehouse .*SSL enabled/ } @let_in), 0, '... and everybody by TLS');
}

# What cannot be verified is not connected to.
like(as_user('postgres', "ALTER SERVER n1 OPTIONS (SET host '127.0.0.1')"), qr/compute node "n1".*does not match host name "127.0.0.1"/s, 'a host of another name');
like(as_user('postgres', "ALTER SERVER n2 OPTIONS (SET sslrootcert '$dir/other.crt')"), qr/compute node "n2".*certificate verify failed/s, 'an authority of others');
is(sql($exchange), '900', 'nothing has changed');

# What runs is cancelled.
like(as_user('postgres', "SET statement_timeout = '300ms'; SELECT count(*) FROM t WHERE pg_sleep(0.01 + a * 0) IS NOT NULL"), qr/statement timeout/, 'cancelled');

# Users who are no superusers have certificates; keys may be locked.
sql(join '', "CREATE ROLE reader LOGIN; CREATE ROLE lax LOGIN; CREATE ROLE nobody LOGIN; GRANT SELECT ON t TO reader, lax, nobody;\n",
	map { "CREATE USER MAPPING FOR reader SERVER n$_ OPTIONS (user 'reader', sslcert '$dir/reader.crt', sslkey '$dir/reader.key');
		CREATE USER MAPPING FOR lax SERVER n$_ OPTIONS (user 'lax', password 'unasked');
		CREATE USER MAPPING FOR nobody SERVER n$_ OPTIONS (user 'nobody');
		ALTER SERVER n$_ OPTIONS (DROP channel_binding);\n" } 1 .. 2);
is(as_user('reader', $exchange), '900', 'a certificate');
is(as_user('reader', 'SELECT DISTINCT current_user FROM t'), 'reader', '... of this user');
like(as_user('reader', 'DELETE FROM t'), qr/permission denied/, '... with his rights');
like(as_user('nobody', $exchange), qr/password or certificate is required for compute node "n1"/, 'neither password nor certificate');
like(as_user('lax', $exchange), qr/password or certificate is required.*let the user in without asking/s, 'a password that the node does not ask for');
sql(join '', map { "ALTER USER MAPPING FOR reader SERVER n$_ OPTIONS (SET sslkey '$dir/reader_locked.key', ADD sslpassword 'riddle');\n" } 1 .. 2);
is(as_user('reader', $exchange), '900', 'a key that is locked');
like(as_user('postgres', "ALTER USER MAPPING FOR reader SERVER n1 OPTIONS (SET sslpassword 'wrong')") . as_user('reader', $exchange), qr/could not load private key/, '... by another word');

# A file of passwords, and of services.
is(as_user('postgres', join '', map { "ALTER SERVER n$_ OPTIONS (ADD passfile '$dir/passwords'); ALTER USER MAPPING FOR postgres SERVER n$_ OPTIONS (DROP password);" } 1 .. 2), '', 'the password goes');
is(sql($exchange), '900', 'a file of passwords');
is(as_user('postgres', join '', map { "ALTER SERVER n$_ OPTIONS (ADD service 'node$_', DROP host, DROP port, DROP sslmode, DROP sslrootcert);" } 1 .. 2), '', 'a service instead of options');
is(sql($exchange), '900', 'a service');
$cluster->stop;
$_->stop for (@nodes);
done_testing();
