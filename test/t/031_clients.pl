# Clients as they are, through the endpoint: what drivers and tools send (test/clients/statements.sql),
# psycopg2, pgjdbc, psqlODBC and Node's pg.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S3Server;
use Test::More;

my $clients = "$FindBin::Bin/../clients";
my $s3 = S3Server->new;
my $server = PostgreSQL::Test::Cluster->new('clients');
my $port = PostgreSQL::Test::Cluster::get_free_port();
my ($host, $user, $password) = ('127.0.0.1', 'analyst', 'correct horse');
$server->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
$server->append_conf('postgresql.conf', <<"CONF");
shared_preload_libraries = 'redshift_ext'
listen_addresses = '127.0.0.1'
redshift.endpoint_port = $port
fsync = off
CONF
unlink $server->data_dir . '/pg_hba.conf';
$server->append_conf('pg_hba.conf', "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
$server->start;
$server->safe_psql('postgres', "CREATE EXTENSION redshift_ext; CREATE ROLE $user LOGIN SUPERUSER PASSWORD '$password'");
$ENV{PGPASSWORD} = $password;

# What a program writes, and if it fails its errors
sub run_client
{
	my (@command) = @_;
	my ($out, $err);

	return IPC::Run::run(\@command, '>', \$out, '2>', \$err, IPC::Run::timeout(120)) ? $out : $out . $err;
}

# psql on the endpoint
sub psql
{
	my ($sql, @options) = @_;
	my ($out, $err);
	my @command = ('psql', '-X', '-h', $host, '-p', $port, '-U', $user, '-d', 'postgres', '-v', 'ON_ERROR_STOP=1', @options);

	IPC::Run::run(\@command, '<', \$sql, '>', \$out, '2>', \$err, IPC::Run::timeout(60));
	return ($out, $err);
}

ok(wait_for_endpoint(), 'the endpoint listens');

sub wait_for_endpoint
{
	for (1 .. 100)
	{
		return 1 if ((psql('SELECT 1', '-At'))[0] eq "1\n");
		select(undef, undef, undef, 0.1);
	}
	return 0;
}

# What tools send
is((psql(slurp_file("$clients/tables.sql"), '-q'))[1], '', 'tables');
my ($columns, $sql, $count) = (undef, '', 0);
for my $line (split(/\n/, slurp_file("$clients/statements.sql") =~ s/\A(--.*\n)+//r), '--: end')
{
	if ($line !~ /^--: (.*)/)
	{
		$sql .= "$line\n" unless $line =~ /^(--.*)?$/;
		next;
	}
	check_statement($sql, $columns), $count++ if (defined $columns);
	($columns, $sql) = ($1, '');
}
cmp_ok($count, '>', 80, 'statements were found');

sub check_statement
{
	my ($statement, $expected) = @_;
	my $alone = $statement =~ /^(VACUUM|ANALYZE)/;
	my ($out, $err) = psql($alone ? "$statement;" : "BEGIN;\n$statement;\nROLLBACK;", '-A', '-F', ',', '-q', '-P', 'footer=off');
	my ($header, @rows) = split /\n/, $out;
	my $needs_rows = $expected =~ s/^\*//;
	my $name = $statement =~ s/\s+/ /gr;

	$err =~ s/^(INFO|NOTICE|WARNING): .*\n//mg;
	is($err eq '' ? ($header // '-') : $err, $expected, $name);
	cmp_ok(scalar(@rows), '>', 0, 'which has rows') if ($needs_rows);
}

# What doc/compatibility.md says works, or is refused, in one session
my $page = slurp_file("$FindBin::Bin/../../doc/compatibility.md");
my @claims;
push @claims, [ $1, $2 ] while $page =~ /^\| `(.*?)` \| (works|differs|refused) \|/mg;
cmp_ok(scalar(@claims), '>', 150, 'claims were found');
my ($answers, $messages) = psql("\\set ON_ERROR_STOP off\n\\set VERBOSITY terse\n" . join('', map { "$_->[0];\n\\echo #S :SQLSTATE\n" } @claims), '-q', '-At');
my @states = $answers =~ /^#S (\S+)/mg;
my @errors = $messages =~ /^(?:psql:\S+ )?(ERROR: .*)/mg;
for my $number (0 .. $#claims)
{
	my ($statement, $claim) = @{ $claims[$number] };
	my $state = $states[$number] // 'none';
	my $error = $state =~ /^00000$|^none$/ ? $state : shift @errors;

	ok(($state eq '00000') == ($claim ne 'refused'), "$claim: $statement") or diag $error;
}

# doc/systables.md names all of Redshift's views that are here, doc/functions.md all functions, and both no others
sub documented
{
	my ($file, $name) = @_;
	my $page = slurp_file("$FindBin::Bin/../../doc/$file");
	my %names;

	while ($page =~ /^\| (.*?) \| (works|differs|empty|absent|refused) \|/mg)
	{
		my ($cell, $claim) = ($1, $2);

		push @{ $names{ $claim eq 'absent' ? 'absent' : 'here' } }, map { lc } $cell =~ /$name/g;
	}
	return \%names;
}

# Names that are in the second list only
sub missing
{
	my ($there, $wanted) = @_;
	my %there = map { $_ => 1 } @$there;

	return join ' ', sort grep { !$there{$_} } @$wanted;
}

sub rows { return [ split /\n/, (psql($_[0], '-At', '-q'))[0] ] }

my $documented = documented('systables.md', qr/\b([A-Z]{2,4}_[A-Z0-9_]+)\b/);
my $views = rows("SELECT relname FROM pg_class WHERE relnamespace = 'redshift'::regnamespace AND relkind IN ('r', 'v') AND strpos(relname, '.') = 0
	AND redshift.translate('SELECT * FROM ' || relname) = 'SELECT * FROM redshift.' || relname");
cmp_ok(scalar(@$views), '>', 150, 'views were found');
is(missing($documented->{here}, $views), '', 'each view is in doc/systables.md');
is(missing($views, $documented->{here}), '', 'and each of its views is there');
my %absent = map { $_ => 1 } @{ $documented->{absent} };
is(join(' ', grep { $absent{$_} } @$views), '', 'but for those that it says are not');

$documented = documented('functions.md', qr/\b([A-Z][A-Z0-9_]+)\b/);
my $functions = rows("SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'redshift'::regnamespace
	AND redshift.translate('SELECT ' || proname || '(1)') = 'SELECT redshift.' || proname || '(1)'");
my $known = rows("SELECT proname FROM pg_proc WHERE pronamespace IN ('redshift'::regnamespace, 'pg_catalog'::regnamespace)
	UNION SELECT word FROM pg_get_keywords()");
push @$known, qw(approximate ignore respect object_transform);	# syntax of Redshift's
cmp_ok(scalar(@$functions), '>', 100, 'functions were found');
is(missing($documented->{here}, $functions), '', 'each function is in doc/functions.md');
is(missing($known, $documented->{here}), '', 'and each of its functions is there');

# The programs
is(run_client('java', '-cp', '/usr/share/java/postgresql.jar', "$clients/Metadata.java", "jdbc:postgresql://$host:$port/postgres", $user,
	$password), <<'TEXT', 'JDBC');
server 8.0.2
table orders TABLE
column id int8 19
column customer int4 10
column item varchar 100
column total numeric 12
column day date 13
primary order_id 1 lines_pkey
primary line 2 lines_pkey
index lines_code_key false 1 code
index lines_pkey false 1 order_id
index lines_pkey false 2 line
imported lines order_id orders id 1 lines_order_id_fkey orders_pkey
exported lines order_id orders id 1 lines_order_id_fkey orders_pkey
best order_id
best line
row table 120.00 2024-03-09 00:00:00.0 none
row chair 60.00 2024-03-16 00:00:00.0 none
shown total numeric
batch 1000
numbers 1000 499500 10
fetched 3000
error 42703 14
TEXT
is(run_client('/usr/bin/python3', "$clients/odbc.py", $host, $port, $user, $password), <<'TEXT', 'ODBC');
table changes
table daily
table lines
table orders
column id int8
column customer int4
column item varchar
column total numeric
column day date
row table 120.00 table
row chair 60.00 chair
fetched 3000
error 42703
TEXT
is(run_client('node', "$clients/node.js", $host, $port, $user, $password), <<'TEXT', "Node's pg");
fields item total
row table 120.00
row chair 60.00
days 31
shown orders
many 1225
statements 1 1 1
error 42703 14
error 42601 55
TEXT

# The warehouse, whose files are written through the other port
my $endpoint = $s3->endpoint;
$server->safe_psql('postgres', <<"SQL");
CREATE SERVER lake FOREIGN DATA WRAPPER redshift_s3
	OPTIONS (endpoint '$endpoint', role_arn 'arn:aws:iam::1:role/warehouse', allow_private 'true');
CREATE USER MAPPING FOR $user SERVER lake OPTIONS (access_key_id 'AKIATEST', secret_access_key 'sEcReT/+key');
CREATE USER MAPPING FOR CURRENT_USER SERVER lake OPTIONS (access_key_id 'AKIATEST', secret_access_key 'sEcReT/+key');
CREATE TABLE customer AS SELECT i AS customer_id, 'customer ' || i AS name, 'x' AS segment, current_date - i AS registered
	FROM generate_series(1, 100) i;
CREATE TABLE calendar AS SELECT i AS date_id, current_date - i AS full_date, 2020 + i / 400 AS year, i / 40 % 12 + 1 AS month, i % 7 < 2 AS is_weekend
	FROM generate_series(0, 799) i;
CREATE TABLE fact AS SELECT i % 100 + 1 AS customer_id, i % 800 AS date_id, i % 5 AS quantity, (i % 30)::numeric(10,2) AS unit_price,
	(i % 5 * (i % 30))::numeric(12,2) AS total, timestamp '2024-01-01' + i * interval '1 minute' AS created_at FROM generate_series(1, 20000) i;
SELECT redshift.unload('SELECT * FROM ' || t, 's3://bucket/data/' || t || '/', '{"format": "parquet", "iam_role": "arn:aws:iam::1:role/warehouse"}')
	FROM unnest(ARRAY['customer', 'calendar', 'fact']) t;
SQL
my $months = $server->safe_psql('postgres', q{SELECT string_agg(format('month %s %s %s %s %s', year, month, n, total, customers), E'\n' ORDER BY year, month)
	FROM (SELECT year, month, count(*) AS n, sum(total) AS total, count(DISTINCT customer_id) AS customers
		FROM fact JOIN calendar USING (date_id) GROUP BY 1, 2) m});
my $trend = $server->safe_psql('postgres', q{SELECT count(DISTINCT (year, month)) FROM fact JOIN calendar USING (date_id)
	WHERE full_date >= current_date - interval '12 months'});
my $segments = $server->safe_psql('postgres', q{SELECT string_agg(format('segment %s %s', s, n), E'\n' ORDER BY average DESC)
	FROM (SELECT CASE WHEN spent >= 1000 AND since <= 30 THEN 'large, active' WHEN spent >= 1000 THEN 'large' ELSE 'small' END AS s, count(*) AS n,
			avg(spent) AS average
		FROM (SELECT sum(total) AS spent, current_date - max(full_date) AS since FROM fact JOIN calendar USING (date_id) GROUP BY customer_id) m GROUP BY 1) g});
is(run_client('/usr/bin/python3', "$clients/warehouse.py", $host, $port, $user, $password, 's3://bucket/data/', 'arn:aws:iam::1:role/warehouse'),
	"customer 100 0\ncalendar 800 0\nfact 20000 0\n$months\ntrend $trend\n$segments\nfirst 6 True\n", 'psycopg2: a warehouse');

$server->stop;
$s3->stop;
done_testing();
