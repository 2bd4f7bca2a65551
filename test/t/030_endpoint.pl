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
# An address that is not loopback makes a client of this machine a remote one.
my ($address) = grep { /^\d+\.\d+\.\d+\.\d+$/ } split ' ', `hostname -I 2>/dev/null`;
my $addresses = join ', ', 'localhost', $address // ();
$node->init;
$node->append_conf('postgresql.conf', <<"CONF");
shared_preload_libraries = 'redshift_ext, pg_stat_statements'
compute_query_id = on
pg_stat_statements.track = all
listen_addresses = 'localhost'
redshift.endpoint_port = $endpoint
redshift.endpoint_max_connections = 20
redshift.endpoint_listen_addresses = '$addresses'
authentication_timeout = 2s
max_connections = 50
password_encryption = 'scram-sha-256'
fsync = off
CONF
$node->start;
$node->safe_psql('postgres', "CREATE EXTENSION redshift_ext; CREATE EXTENSION pg_stat_statements; CREATE USER secret PASSWORD 'pw'");
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

# ---- dumps are PostgreSQL's
$node->safe_psql('postgres', "CREATE SCHEMA dumped; CREATE TABLE dumped.t (a text, b numeric) USING heap; INSERT INTO dumped.t VALUES ('x', 1.5)");
my @dumps = map { scalar `env -u PGAPPNAME pg_dump -h localhost -p $_ -n dumped postgres` } ($node->port, $endpoint);
s/^\\(un)?restrict.*//mg for @dumps;
like($dumps[0], qr/COPY dumped.t/, 'a dump');
is($dumps[1], $dumps[0], 'is the same through this port');

# ---- raw protocol
sub connect_raw
{
	my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $endpoint, Timeout => 5) or die "connect: $!";
	$s->autoflush(1);
	return $s;
}
sub message { my ($type, $body) = @_; return $type . pack('N', length($body) + 4) . $body; }
sub parse { my ($name, $sql) = @_; return message('P', "$name\0$sql\0\0\0"); }
sub bind_ { my ($portal, $name) = @_; return message('B', "$portal\0$name\0\0\0\0\0\0\0"); }
my $execute = message('E', "\0\0\0\0\0");
my $sync = message('S', '');
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
	current_setting('TimeZone'), current_setting('jit'), current_setting('redshift.client_address')});
is($out, 'redshift|redshift|UTC|off|127.0.0.1', 'a session begins as Redshift has it');
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
is($status{show_discovery}, '4', 'and which SHOW statements there are');
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
$node->safe_psql('postgres', qq{CREATE TABLE letters ("a\xE3\x83\x82" int)});	# its second byte is "a" in Shift-JIS
my ($letters) = session(client_encoding => 'sjis');
print $letters message('Q', "SET describe_field_name_in_uppercase TO on\0"), message('Q', "SELECT * FROM letters\0");
my ($described) = grep { $_->[0] eq 'T' } map { read_until($letters, 'Z') } 1 .. 2;
like($described->[1], qr/^..A\x83a\0/s, 'of characters, not of bytes');
close $letters;
($out, $err) = through("SET readonly = 1; CREATE TABLE no (a int)");
like($err, qr/25006/, 'SET readonly = 1');
($out, $err) = through("SELECT to_regclass('redshift.endpoint_stats')::text, length(repeat('x', 30000000))");
is($out, 'redshift.endpoint_stats|30000000', 'a value of 30 MB');

($out, $err) = through("SET redshift.dialect = postgresql; SELECT getdate(); RESET ALL; SELECT current_setting('redshift.dialect'), getdate() IS NULL");
like($err, qr/function getdate\(\) does not exist/, 'redshift.dialect = postgresql: nothing is translated');
is($out, 'redshift|f', 'RESET returns to what the session began with');
($out) = through('CREATE TEMP TABLE "Mixed" (a int); SET enable_case_sensitive_identifier TO true; CREATE TEMP TABLE "Mixed" (a int);' .
	"SELECT string_agg(relname, ' ' ORDER BY relname COLLATE \"C\") FROM pg_class WHERE relname ILIKE 'mixed'");
is($out, 'Mixed mixed', 'enable_case_sensitive_identifier is followed');

# What the translator refuses: an error like any other.
($s) = session();
print $s message('Q', "BEGIN\0"), message('Q', "SELECT 1; CREATE LIBRARY f LANGUAGE plpythonu FROM 's3://b/f.zip'\0"), message('Q', "SELECT 2\0"),
	message('Q', "ROLLBACK\0"), parse('', "CREATE LIBRARY f LANGUAGE plpythonu FROM 's3://b/f.zip'"), bind_('', ''), $execute, $sync, message('Q', "SELECT 3\0");
my @all = map { read_until($s, 'Z') } 1 .. 6;
is(types(@all), 'CZEZEZCZEZTDCZ', 'a refused statement');
is(join(' ', map { $_->[1] } grep { $_->[0] eq 'Z' } @all), 'T E E I I I', 'fails its transaction');
is(field($all[2], 'C') . ' ' . field($all[8], 'C'), '0A000 0A000', "with the translator's error");
unlike($all[2][1], qr/redshift_refused/, 'and no other');
print $s message('Q', "SELECT '\xff'\0"), message('Q', "SET client_encoding TO SJIS\0");
@all = map { read_until($s, 'Z') } 1 .. 2;
print $s message('Q', "SELECT 'a'\0"), message('Q', "SELECT '\x83'\0");
push @all, map { read_until($s, 'Z') } 1 .. 2;
is(join(' ', map { field($_, 'C') } grep { $_->[0] eq 'E' } @all), '22021 22021', 'bytes that are no characters');

# Characters of SJIS with bytes of ASCII: a backslash, brackets, letters, kana of one byte.
my $sjis = "\x83\x5c\x83\x7b\x83\x40\x95\x7d\xb1";
print $s message('Q', "CREATE TEMP TABLE \"$sjis\" ($sjis varchar(30) ENCODE lzo)\0"), message('Q', "INSERT INTO $sjis VALUES ('$sjis''\\\\')\0"),
	message('Q', "SELECT TOP 1 $sjis, nvl2('$sjis', '$sjis', 'x'), '$sjis''\\\\' = 'x' FROM $sjis\0"),
	message('Q', "SELECT '$sjis', getdate(), none FROM $sjis\0"), message('Q', "CREATE LIBRARY \"$sjis\" FROM '$sjis'\0"),
	message('Q', "SELECT '$sjis', '\\u0041'\0");
@all = map { read_until($s, 'Z') } 1 .. 6;
is_deeply([ map { $_->[1] } grep { $_->[0] eq 'D' } @all ], [ pack('n(N/a*)3', 3, "$sjis'\\", $sjis, 'f') ], 'SJIS, whose bytes look like ASCII');
my @errors = grep { $_->[0] eq 'E' } @all;
is_deeply([ map { [ field($_, 'C'), field($_, 'P') // '' ] } @errors ], [ [ '42703', 28 ], [ '0A000', 1 ], [ '0A000', '' ] ], '... and positions behind');
close $s;

# Names, positions and order in the extended protocol, all sent at once.
($s) = session();
print $s parse('a', 'SELECT getdate() IS NULL, 1'), bind_('', 'a'), $execute, $sync,
	parse('b', 'SELECT getdate(), nonesuch'), bind_('', 'b'), $execute, $sync,
	message('Q', "SELECT getdate(), other\0"), bind_('', 'a'), message('D', "P\0"), $execute, message('H', ''), $sync;
@all = map { read_until($s, 'Z') } 1 .. 4;
is(types(@all), '12DCZEZEZ2TDCZ', 'a pipeline of messages is answered in order');
@errors = grep { $_->[0] eq 'E' } @all;
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

# ---- the history has what clients wrote, not what it becomes
my $seen = 0;
# Texts since the last time.
sub history
{
	my $rows = $node->safe_psql('postgres', "SELECT query || ' ' || text FROM (SELECT query, text FROM redshift.history_query UNION ALL
		SELECT query, text FROM redshift.history_rows(NULL::redshift.history_query)) h WHERE query > $seen AND text !~ 'redshift.history' ORDER BY query");
	my @texts;
	while ($rows =~ /^(\d+) (.*?)(?=\n\d+ |\z)/gms) { $seen = $1; push @texts, $2; }
	return join "\n", @texts;
}
sub written # name, how many answers, what is sent, what is to be seen
{
	my ($name, $answers, $send, $expected) = @_;
	history();
	my ($c) = session();
	print $c $send;
	read_until($c, 'Z') for 1 .. $answers;
	close $c;
	is(history(), $expected, $name);
}
sub query { return message('Q', "$_[0]\0"); }

my $translated = 'CREATE TABLE told (a int, b varchar(20)) DISTSTYLE EVEN SORTKEY (a)';
written('a statement', 1, query($translated), $translated);
written('what is refused before it is sent', 1, query("SELECT 1;\n CREATE LIBRARY f ;"), "SELECT 1;\n CREATE LIBRARY f ;");
written('bytes that are no text', 1, query("SELECT getdate(), '\xff'"), "SELECT getdate(), '?'");
written('statements of a text', 1, query(" SELECT TOP 1 a /* one */ FROM told ; ; INSERT INTO told VALUES (1); SELECT nvl2(a, 1, 2)\n-- end\nFROM told -- x"),
	"SELECT TOP 1 a /* one */ FROM told\nINSERT INTO told VALUES (1)\nSELECT nvl2(a, 1, 2)\n-- end\nFROM told -- x");
written('an error of grammar in one of them', 1, query("SELECT TOP 1 a FROM told; SELECT a b c FROM told; "), "SELECT TOP 1 a FROM told; SELECT a b c FROM told;");
written('... at its end', 1, query("SELECT TOP 1 a FROM told; CREATE TABLE x ( -- x"), "SELECT TOP 1 a FROM told; CREATE TABLE x ( -- x");
written('... in a single one', 1, query("CREATE TABLE x DISTSTYLE ALL (a int) ; "), "CREATE TABLE x DISTSTYLE ALL (a int)");
my $odd = q{SELECT TOP 1 '/*!/ */ *!!/ \\ it''s', $$ /* $$, E'\\'' /*', "A" /* /* x */ */ FROM told /};
written('comments, quotes and backslashes', 1, query("$odd a"), "$odd a");
written('a statement of the catalog', 1, query('SELECT * EXCLUDE (b) FROM told'), 'SELECT * EXCLUDE (b) FROM told');
written('the extended protocol', 1, parse('p', 'SELECT TOP 1 a FROM told WHERE a = $1::int') . message('B', "\0p\0\0\0\0\1\0\0\0\0011\0\0") . $execute . $sync,
	'SELECT TOP 1 a FROM told WHERE a = $1::int');
my @prepared = ('BEGIN', 'PREPARE q AS SELECT TOP 1 a FROM told', 'EXECUTE q',
	'DECLARE k CURSOR FOR SELECT TOP 1 getdate()', 'FETCH k', 'EXPLAIN SELECT nvl2(a, 1, 2) FROM told', 'CREATE TABLE told2 AS SELECT nvl2(a, 1, 2) n FROM told', 'ROLLBACK');
written('PREPARE, EXECUTE and cursors', 1, query(join ';', @prepared), join "\n", @prepared);
history();
($s) = session(client_encoding => 'latin1');
print $s query("SELECT nvl2(a, '\xe9', '') FROM told");
read_until($s, 'Z');
is(history(), "SELECT nvl2(a, '\xc3\xa9', '') FROM told", 'characters of another encoding');
close $s;
($s) = session(client_encoding => 'sjis');
print $s query("SELECT nvl2(a, '\x83\x5c', '') FROM told");
read_until($s, 'Z');
is(history(), "SELECT nvl2(a, '\xe3\x82\xbd', '') FROM told", 'of one that the server has not');
close $s;
written('keys', 1, query("COPY told FROM 's3://none/x' ACCESS_KEY_ID 'AKIA1' SECRET_ACCESS_KEY 'a\\'*/b' REGION 'nowhere-1'"),
	"COPY told FROM 's3://none/x' ACCESS_KEY_ID '*****' SECRET_ACCESS_KEY '******' REGION 'nowhere-1'");
written('and passwords', 1, query("CREATE USER told_user PASSWORD 'Secret1*/'"), "CREATE USER told_user PASSWORD '*********'");
my $long = 'SELECT TOP 1 a FROM told WHERE b IN (' . join(',', map { "'" . ('x' x 1000) . "'" } 1 .. 10000) . ')';
history();
($s) = session();
print $s query($long);
read_until($s, 'Z');
is(history(), substr($long, 0, 512 << 10), 'one of 10 MB, cut');
print $s query("SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid() AND getdate() IS NOT NULL");
my ($mark) = (read_until($s, 'Z'))[1][1] =~ m{/\*redshift:(\w{16}):};
ok($mark, 'pg_stat_activity shows it, too');

# Keys are gone from pg_stat_activity when their statement has failed, or waits for one before.
my ($shown) = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE query ~ 'redshift:$mark' AND pid <> pg_backend_pid()");
sub shown { return $node->safe_psql('postgres', "SELECT query FROM pg_stat_activity WHERE pid = $shown"); }
my $failing = "COPY told FROM 's3://none/x' ACCESS_KEY_ID 'AKIA1' SECRET_ACCESS_KEY 'abc' NOTHING";
print $s query($failing);
read_until($s, 'Z');
unlike(shown(), qr/AKIA1|abc/, 'keys of a statement that has failed');
print $s query("SELECT pg_sleep(60); $failing");
ok(wait_for(sub { shown() =~ /pg_sleep.*\*{5}/s }), 'and of one that waits');
unlike(shown(), qr/AKIA1|abc/, 'are not shown');
$node->safe_psql('postgres', "SELECT pg_cancel_backend($shown)");
read_until($s, 'Z');

# Nobody can make the history say something else.
history();
my $forged = "/*redshift:$mark:SELECT nothing*/";
my $forged_text = "/*redshift:$mark;SELECT nothing*/";
my @forgeries = ("SELECT 1 $forged", "SELECT 2 $forged_text", "SELECT TOP 1 3 $forged$forged_text", "SELECT '$forged', 4", "SELECT 5 FROM nonesuch $forged_text");
print $s query($_) for @forgeries;
read_until($s, 'Z') for @forgeries;
is(history(), join("\n", @forgeries), 'what looks like it');
print $s query(join '; ', @forgeries[0 .. 3]);
read_until($s, 'Z');
is(history(), join("\n", @forgeries[0 .. 3]), '... in a text of several');
# Sent ahead of what makes the endpoint translate again.
print $s query('SET redshift.dialect TO postgresql'), query('SELECT 6'), $sync;
read_until($s, 'Z') for 1 .. 3;
print $s parse('', 'SET redshift.dialect TO redshift'), bind_('', ''), $execute, parse('', "SELECT 7 $forged"), bind_('', ''), $execute, $sync, query("SELECT 8 $forged");
read_until($s, 'Z') for 1 .. 2;
print $s query("SELECT TOP 1 9 $forged");
read_until($s, 'Z');
is(history(), join("\n", 'SET redshift.dialect TO postgresql', 'SELECT 6', 'SET redshift.dialect TO redshift', "SELECT 7 $forged", "SELECT 8 $forged",
	"SELECT TOP 1 9 $forged"), 'nor while it begins to translate');
close $s;
$node->safe_psql('postgres', "SELECT 10 $forged");
is(history(), "SELECT 10 $forged", 'other sessions have none');

# Who gets statements by their place in the text does not see it.
$node->safe_psql('postgres', 'SELECT pg_stat_statements_reset()');
for (1 .. 2) { through('CREATE TABLE IF NOT EXISTS told3 (a int) DISTSTYLE ALL; SELECT nvl2(a, 1, 2) FROM told3'); }
is($node->safe_psql('postgres', "SELECT calls || query FROM pg_stat_statements WHERE query ~ 'told3' AND query !~ 'pg_stat' ORDER BY query"),
	"2CREATE TABLE IF NOT EXISTS told3 (a int) USING redshift WITH (diststyle = all)\n" .
	'2SELECT CASE WHEN (a) IS NOT NULL THEN $1 ELSE $2 END FROM told3', 'pg_stat_statements has no comments');

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
print $s message('Q', "SELECT pg_sleep(0.5)\0"), message('c', '') x 70000, message('Q', "SELECT 1\0");
is(types(map { read_until($s, 'Z') } 1 .. 2), 'TDCZTDCZ', 'ends of data without any data');
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

# ---- TLS and passwords, end to end
my $has_tls = `pg_config --configure` =~ /--with-(?:ssl|openssl)/;
my $dir = $node->data_dir;
system_log('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext',
	'subjectAltName=DNS:localhost', '-keyout', "$dir/server.key", '-out', "$dir/server.crt");
chmod 0600, "$dir/server.key";
unlink "$dir/pg_hba.conf";
$node->append_conf('pg_hba.conf', <<'HBA');
local all all trust
host all secret 127.0.0.1/32 scram-sha-256
host all asked 127.0.0.1/32 md5
host all named 127.0.0.1/32 ident
host all all 127.0.0.1/32 trust
HBA
($s) = session();
$node->append_conf('postgresql.conf', "ssl = on") if $has_tls;
$node->safe_psql('postgres', q{CREATE USER named; SET password_encryption = 'md5'; CREATE USER asked PASSWORD 'pw'});
$node->reload;
wait_for(sub { my ($o, $e) = through('SELECT 1', 'sslmode=require'); $o eq '1' }) if $has_tls;
print $s message('Q', "SELECT 1\0");
is(types(read_until($s, 'Z')), 'TDCZ', 'a session outlives the reload that brings TLS');
close $s;
SKIP:
{
	skip 'a server without TLS', 15 unless $has_tls;
	local $ENV{PGPASSWORD} = 'pw';
	($out, $err) = through('SELECT 1', "user=secret sslmode=verify-full sslrootcert=$dir/server.crt channel_binding=prefer");
	is($out . $err, '1', 'TLS, verified, with SCRAM');
	($out, $err) = through('SELECT 1', 'user=secret sslmode=disable');
	is($out . $err, '1', 'SCRAM without TLS');
	($out, $err) = through('SELECT 1', 'user=asked sslmode=require');
	is($out . $err, '1', 'md5 with TLS');
	($out, $err) = through('SELECT 1', 'user=secret sslmode=require channel_binding=require');
	like($err, qr/channel binding/, 'no channel binding through the endpoint');
	$ENV{PGPASSWORD} = 'wrong';
	($out, $err) = through('SELECT 1', 'user=secret sslmode=require');
	like($err, qr/password authentication failed/, 'a wrong password');
	($out, $err) = through('SELECT 1', 'user=named');
	like($err, qr/not authenticated|Ident authentication failed/, 'ident proves nothing');
	if ($address)
	{
		($out, $err) = through('SELECT 1', "host=$address");
		like($err, qr/connection from "\Q$address\E" is not authenticated/, 'trust in loopback is none in others');
		$ENV{PGPASSWORD} = 'pw';
		($out, $err) = through("SELECT current_setting('redshift.client_address')", "host=$address user=secret sslmode=require");
		is($out, $address, 'a password is');
	}
	$ENV{PGPASSWORD} = '';
	($out, $err) = through("SELECT repeat('x', 5000000); COPY (SELECT repeat('y', 100) FROM generate_series(1, 50000)) TO STDOUT", 'sslmode=require');
	is(length($out), 5000000 + 1 + 50000 * 101 - 1, 'much through TLS');
	($out, $err) = through("SELECT length('" . ('x' x 3000000) . "')", 'sslmode=require');
	is($out, 3000000, 'and much to it');
	$out = `openssl s_client -connect 127.0.0.1:$endpoint -alpn postgresql -tls1_3 </dev/null 2>&1`;
	like($out, qr/ALPN protocol: postgresql/, 'TLS without asking first');
	$node->append_conf('postgresql.conf', "require_ssl = on\nssl_min_protocol_version = 'TLSv1.3'");
	$node->reload;
	ok(wait_for(sub { my ($o, $e) = through('SELECT 1', 'sslmode=disable'); $e =~ /requires TLS/ }), 'require_ssl');
	$out = `openssl s_client -connect 127.0.0.1:$endpoint -starttls postgres -tls1_2 </dev/null 2>&1`;
	unlike($out, qr/Cipher is (?!\(NONE\))/, "the server's ssl_min_protocol_version");
	$node->append_conf('postgresql.conf', "require_ssl = off");
	$node->reload;
	wait_for(sub { my ($o) = through('SELECT 1', 'sslmode=disable'); $o eq '1' });
}

# ---- what is not the protocol, or meant ill
my $pid = stats('pid');
sub descriptors { my @fds = glob "/proc/$pid/fd/*"; return scalar @fds; }
sub resident { slurp_file("/proc/$pid/status") =~ /VmRSS:\s+(\d+)/; return $1; }
wait_for(sub { stats('connections_open') == 0 });
my $before = descriptors();
sub hostile
{
	my ($name, $expected, @parts) = @_;
	my $c = connect_raw();
	my $all = '';
	for my $part (@parts)
	{
		if (ref $part) { read_until($c, 'Z'); next; }
		syswrite($c, $part) or last;
	}
	my $until = time + 5;
	while (IO::Select->new($c)->can_read($until - time)) { sysread($c, $all, 4096, length $all) or last; }
	ok(time < $until && $all =~ $expected, $name) or diag "got: $all";
	close $c;
}
my $ssl_request = pack('NN', 8, 80877103);
my $gss_request = pack('NN', 8, 80877104);
hostile('HTTP', qr/^$/, "GET / HTTP/1.0\r\n\r\n");
hostile('a length of 3', qr/^$/, pack('N', 3));
hostile('a length of 2 GB', qr/^$/, pack('N', 2 << 30));
hostile('a startup message without end', qr/invalid startup packet/, pack('NN', 12, 196608) . 'user');
hostile('a cancel request that is too long', qr/^$/, pack('NN', 2000, 80877102) . ('x' x 1992));
if ($has_tls)
{
	hostile('TLS asked for twice, in one packet', qr/^S$/, $ssl_request . $ssl_request);
	hostile('a startup message behind a request for TLS', qr/^S.{0,20}$/s, $ssl_request . startup_packet());
}
hostile('GSSAPI asked for twice', qr/^N.*unsupported frontend protocol/s, $gss_request, $gss_request);
my $logged = -s $node->logfile;
hostile('a query before the password', qr/expected a password/, startup_packet(user => 'secret') . message('Q', "SELECT 1\0"));
unlike(slurp_file($node->logfile, $logged), qr/expected SASL response/, 'of which the server gets nothing');
hostile('a password of 1 MB', qr/expected a password/, startup_packet(user => 'secret'), message('p', 'x' x (1 << 20)));
hostile('an unknown message', qr/invalid frontend message type/, startup_packet(), [], message('!', 'x'));
hostile('a message of length 0', qr/invalid message length/, startup_packet(), [], 'Q' . pack('N', 0));
hostile('a message of 4 GB', qr/invalid message length/, startup_packet(), [], 'd' . pack('N', 0xffffffff));
hostile('a text without end', qr/invalid string/, startup_packet(), [], message('Q', 'SELECT 1'), message('X', ''));
hostile('a Parse that breaks off', qr/08P01/, startup_packet(), [], message('P', "a\0SELECT 1\0"), $sync, message('X', ''));
hostile('random bytes', qr//, startup_packet(), [], join('', map { chr rand 256 } 1 .. 1000), message('X', ''));
is(stats('pid'), $pid, 'the process has survived that');

# Half-open peers go by themselves, and make room for others before.
my @idle = map { connect_raw() } 1 .. 60;
print {$_} pack('N', 100) . 'x' for @idle;
is(is_open_port(), 1, 'the port is open under a flood of connections');
ok(wait_for(sub { stats('connections_open') == 0 }), 'authentication_timeout ends those that say nothing');
@idle = ();

# The limit of sessions.
my @keys;
my @sessions = map { my ($c, @g) = session(); push @keys, map { $_->[1] } grep { $_->[0] eq 'K' } @g; $c } 1 .. 20;
my ($one_more, @answer) = session();
like($answer[0][1], qr/53300.*too many connections/, 'redshift.endpoint_max_connections');
print { $sessions[0] } message('Q', "SELECT pg_sleep(60)\0");
wait_for(sub { $node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'") });
$canceller = connect_raw();
print $canceller pack('NN', 16, 80877102) . $keys[0];
is(types(read_until($sessions[0], 'Z')), 'TEZ', 'does not keep a cancel request out');
close $canceller;
close $_ for @sessions, $one_more;
@sessions = ();
ok(wait_for(sub { is_open_port() }), 'and the port is open when they have gone');

# A client that does not read: nothing piles up.
($s) = session();
my $rss = resident();
print $s message('Q', "SELECT repeat('x', 1000) FROM generate_series(1, 100000)\0");
usleep(300_000);
cmp_ok(resident() - $rss, '<', (`pg_config --cflags` =~ /-fsanitize/ ? 64 : 8) * 1024, 'what a slow reader leaves is not kept');
is(scalar(grep { $_->[0] eq 'D' } read_until($s, 'Z')), 100000, 'nor lost');
close $s;

# Clients that vanish, in the middle of whatever.
for my $i (1 .. 20)
{
	($s) = session();
	print $s substr(parse('a', 'SELECT getdate()' . ' ' x 300000) . bind_('', 'a') . $execute . $sync, 0, 10 + int rand 300000);
	close $s;
}
ok(wait_for(sub { stats('connections_open') == 0 }), 'connections end with their clients');
is(descriptors(), $before, 'no descriptor is left');
is(stats('statement_memory'), 0, 'no memory either');

# ---- the end of the process, and of the server
kill 'TERM', $pid;
ok(wait_for(sub { my $now = eval { stats('pid') } // ''; $now ne '' && $now != $pid && is_open_port() }), 'the process comes back');
($s) = session();
$node->stop('fast');
my ($last) = read_until($s, 'E');
is($last ? field($last, 'C') : '', '57P01', 'a client is told why the server ends');
done_testing();
