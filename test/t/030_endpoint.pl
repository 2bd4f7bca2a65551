# Redshift's port: what passes through it, what it changes, whom it refuses and what it survives.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use IPC::Run qw(start pump finish timer);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $node = PostgreSQL::Test::Cluster->new('endpoint');
my $endpoint = PostgreSQL::Test::Cluster::get_free_port();
$node->init;
$node->append_conf('postgresql.conf', <<"CONF");
shared_preload_libraries = 'redshift_ext'
listen_addresses = 'localhost'
redshift.endpoint_port = $endpoint
redshift.endpoint_max_connections = 40
authentication_timeout = 2s
password_encryption = 'scram-sha-256'
fsync = off
CONF
$node->start;
$node->safe_psql('postgres', "CREATE EXTENSION redshift_ext; CREATE USER secret PASSWORD 'pw'");
my $user = $node->safe_psql('postgres', 'SELECT current_user');

sub connstr { my ($more) = @_; return "host=localhost port=$endpoint dbname=postgres connect_timeout=10 " . ($more // ''); }
sub stats { my ($name) = @_; return $node->safe_psql('postgres', "SELECT $name FROM redshift.endpoint_stats"); }
sub wait_for
{
	my ($what) = @_;
	for (1 .. 100) { return 1 if $what->(); usleep(50_000); }
	return 0;
}

# psql through the port: result, then standard error.
sub through
{
	my ($sql, $more) = @_;
	my ($out, $err) = ('', '');
	$node->psql('postgres', $sql, stdout => \$out, stderr => \$err, connstr => connstr($more), on_error_stop => 0,
		extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	return ($out, $err);
}

wait_for(sub { my ($out) = through('SELECT 1'); $out eq '1' });

# ---- raw protocol
sub connect_raw
{
	my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $endpoint, Timeout => 5) or die "connect: $!";
	$s->autoflush(1);
	return $s;
}
sub message { my ($type, $body) = @_; return $type . pack('N', length($body) + 4) . $body; }
sub startup_packet
{
	my (%more) = @_;
	my $body = pack('N', delete $more{version} // 196608);
	my %all = (user => $user, database => 'postgres', %more);
	$body .= "$_\0$all{$_}\0" for sort keys %all;
	$body .= "\0";
	return pack('N', length($body) + 4) . $body;
}
sub read_bytes
{
	my ($s, $n) = @_;
	my $data = '';
	my $until = time + 10;
	while (length($data) < $n)
	{
		return undef unless IO::Select->new($s)->can_read($until - time);
		sysread($s, $data, $n - length($data), length($data)) or return undef;
	}
	return $data;
}
# Messages up to the one of that type, or the end: [type, body] each.
sub read_until
{
	my ($s, $last) = @_;
	my @messages;
	while (defined(my $head = read_bytes($s, 5)))
	{
		my ($type, $length) = unpack('aN', $head);
		push @messages, [ $type, $length > 4 ? read_bytes($s, $length - 4) : '' ];
		last if $type eq $last;
	}
	return @messages;
}
sub session
{
	my $s = connect_raw();
	print $s startup_packet(@_);
	my @messages = read_until($s, 'Z');
	return ($s, @messages);
}
sub types { return join '', map { $_->[0] } @_; }
sub field { my ($message, $name) = @_; return $message->[1] =~ /(?:^|\0)\Q$name\E([^\0]*)\0/ ? $1 : undef; }
sub is_open_port { my ($out) = through('SELECT 42'); return $out eq '42'; }

# ---- what sessions begin with
my ($out, $err) = through(q{SELECT current_setting('redshift.dialect'), current_setting('default_table_access_method'),
	current_setting('TimeZone'), current_setting('redshift.client_address')});
is($out, 'redshift|redshift|UTC|127.0.0.1', 'a session begins as Redshift has it');
$node->safe_psql('postgres', "ALTER USER secret SET timezone = 'Asia/Tokyo'");
($out) = through('SHOW timezone', 'user=secret');
is($out, 'Asia/Tokyo', 'what a user sets goes before');
is($node->safe_psql('postgres', "SELECT current_setting('redshift.dialect') || current_setting('redshift.client_address')"),
	'postgresql', 'other sessions begin as before');
($out) = through('SHOW server_version', 'application_name=dbt');
is($out, '8.0.2', 'server_version is what Redshift says');
($out) = through('SHOW server_version', 'application_name=psql');
like($out, qr/^1\d/, 'psql is told the real one, which its \d depends on');

my ($s, @greeting) = session(
	driver_version => 'Redshift JDBC 2.1', os_version => 'Linux', plugin_name => 'none', client_protocol_version => '3',
	idp_type => 'None', provider_name => 'x', token_type => 'y', identity_namespace => 'z',
	idc_client_display_name => 'w', '_pq_.compression' => '1', extra_float_digits => '2');
my %status = map { (split /\0/, $_->[1], -1)[ 0, 1 ] } grep { $_->[0] eq 'S' } @greeting;
is(types(grep { $_->[0] =~ /[RZv]/ } @greeting), 'RZ', "drivers' startup parameters are taken");
is_deeply([ @status{qw(server_version server_protocol_version datashare_enabled external_database DateStyle)} ],
	[ '8.0.2', '0', 'off', '', 'ISO, MDY' ], 'a driver is told what it asks for');
ok(exists $status{show_discovery}, 'and which SHOW statements there are');
close $s;

($s, @greeting) = session(version => 196608 + 2, '_pq_.unknown' => '1');
is(types(grep { $_->[0] =~ /[RZv]/ } @greeting), 'vRZ', 'protocol 3.2 and unknown options are negotiated');
close $s;
($s, @greeting) = session(version => 2 << 16);
like($greeting[0][1], qr/unsupported frontend protocol 2\.0/, 'protocol 2 is refused');
($s, @greeting) = session(replication => 'true');
like($greeting[0][1], qr/replication is not available/, 'replication is refused');

# ---- statements and errors
($out, $err) = through(q{SELECT 'a\'b'});
is($out, q{a'b}, 'a backslash escapes in strings');
($out, $err) = through('SELECT getdate() IS NOT NULL, nonesuch');
like($err, qr/42703.*LINE 1: SELECT getdate\(\) IS NOT NULL, nonesuch\n\s{38}\^/s, "an error's position is in the user's text");
($out, $err) = through("SELECT 'äöü', getdate() IS NOT NULL, nonesuch", 'client_encoding=utf8');
like($err, qr/LINE 1: SELECT '.+', getdate\(\) IS NOT NULL, nonesuch\n\s{45}\^/, 'counted in characters');
($out, $err) = through('SELECT (1');
like($err, qr/42601.*LINE 1: SELECT \(1/s, 'a syntax error');
($out, $err) = through("SET describe_field_name_in_uppercase TO on; SELECT 1 AS abc \\gdesc");
like($out, qr/^ABC\|/m, 'describe_field_name_in_uppercase');
($out, $err) = through("SET readonly = 1; CREATE TABLE no (a int)");
like($err, qr/25006/, 'SET readonly = 1');
($out, $err) = through("SELECT to_regclass('redshift.endpoint_stats')::text, length(repeat('x', 30000000))");
is($out, 'redshift.endpoint_stats|30000000', 'a value of 30 MB');

# Names, positions and order in the extended protocol, all sent at once.
sub parse { my ($name, $sql) = @_; return message('P', "$name\0$sql\0\0\0"); }
sub bind_ { my ($portal, $name) = @_; return message('B', "$portal\0$name\0\0\0\0\0\0\0"); }
my $execute = message('E', "\0\0\0\0\0");
my $sync = message('S', '');
($s) = session();
print $s parse('a', 'SELECT getdate() IS NULL, 1'), bind_('', 'a'), $execute, $sync,
	parse('b', 'SELECT getdate(), nonesuch'), bind_('', 'b'), $execute, $sync,
	message('Q', "SELECT getdate(), other\0"), bind_('', 'a'), message('D', "P\0"), $execute, message('H', ''), $sync;
my @all = map { read_until($s, 'Z') } 1 .. 4;
is(types(@all), '12DCZEZEZ2TDCZ', 'a pipeline of messages is answered in order');
my @errors = grep { $_->[0] eq 'E' } @all;
is_deeply([ map { field($_, 'P') } @errors ], [ 19, 19 ], 'positions in it');
print $s parse('d', 'CREATE TABLE IF NOT EXISTS dd AS SELECT getdate() AS d'), bind_('', 'd'), $execute,
	parse('d2', 'SELECT getdate(), d FROM dd'), $sync;
read_until($s, 'Z');
$node->safe_psql('postgres', 'ALTER TABLE dd RENAME d TO e');
print $s bind_('', 'd2'), $execute, $sync;
@all = read_until($s, 'Z');
is(types(@all), 'EZ', 'a statement that has become invalid');
is(field($all[0], 'P'), 19, 'and where, though it was parsed before');

# A statement that is too long: an error that leaves the session, and fails the transaction.
print $s message('Q', "BEGIN\0");
read_until($s, 'Z');
print $s message('Q', "SELECT '" . ('x' x (17 << 20)) . "'\0");
@all = read_until($s, 'Z');
is(types(@all) . $all[-1][1], 'EZE', 'the transaction has failed');
is(field($all[0], 'C') . ' ' . field($all[0], 'M'), '54000 statement is longer than 16 MB', 'a statement of 17 MB is refused');
print $s message('Q', "ROLLBACK\0"), message('Q', "SELECT length('" . ('x' x (15 << 20)) . "')\0");
@all = map { read_until($s, 'Z') } 1 .. 2;
is(substr($all[3][1], 6), 15 << 20, 'one of 15 MB is not');
close $s;

# ---- COPY, both ways, also with Sync sent too early
($out, $err) = through("CREATE TABLE c (a int, b text); COPY c FROM STDIN;\n1\tx\n2\ty\n\\.\nSELECT count(*) FROM c");
is($out, 2, 'COPY FROM STDIN');
($out) = through("INSERT INTO c SELECT g, repeat('y', 100) FROM generate_series(3, 50000) g; COPY c TO STDOUT");
is(($out =~ tr/\n//) + 1, 50000, 'COPY TO STDOUT');
($s) = session();
print $s parse('', 'COPY c FROM STDIN'), bind_('', ''), $execute, $sync, message('d', "7\tz\n"), message('c', ''), $sync,
	message('Q', "SELECT getdate(), nonesuch\0");
@all = map { read_until($s, 'Z') } 1 .. 2;
is(types(@all), '12GCZEZ', 'COPY FROM in the extended protocol');
is(field($all[5], 'P'), 19, 'and positions behind it');
print $s message('Q', "COPY c FROM STDIN\0"), message('d', "x\n"), message('c', ''), message('Q', "SELECT getdate(), nonesuch\0");
@all = map { read_until($s, 'Z') } 1 .. 2;
is(types(@all), 'GEZEZ', 'COPY FROM that fails');
is(field($all[3], 'P'), 19, 'and positions behind it');
close $s;

# ---- cancel
($s, @greeting) = session();
my ($key) = map { $_->[1] } grep { $_->[0] eq 'K' } @greeting;
print $s message('Q', "SELECT pg_sleep(60)\0");
wait_for(sub { $node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'") });
my $canceller = connect_raw();
print $canceller pack('NN', 16, 80877102) . $key;
is(read_bytes($canceller, 1), undef, 'a cancel request is not answered');
@all = read_until($s, 'Z');
is(field((grep { $_->[0] eq 'E' } @all)[0], 'C'), '57014', 'but arrives');
print $s message('Q', "SELECT 1\0");
is(types(read_until($s, 'Z')), 'TDCZ', 'and the session goes on');
close $s;
cmp_ok(stats('cancels'), '>=', 1, 'it is counted');
done_testing();
