# COPY from and UNLOAD to S3: signatures that AWS's own signer agrees with, lists by pages,
# uploads by parts, who may reach what as whom, and keys that are seen nowhere.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S3Server;
use Test::More;

my $s3 = S3Server->new(page => 3);
my $server = PostgreSQL::Test::Cluster->new('s3');
$server->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
$server->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext,pg_stat_statements'
log_statement = all
log_min_duration_statement = 0
fsync = off
CONF
$server->start;
my $endpoint = $s3->endpoint;
$server->safe_psql('postgres', <<"SQL");
CREATE EXTENSION redshift_ext;
CREATE EXTENSION pg_stat_statements;
CREATE SERVER store FOREIGN DATA WRAPPER redshift_s3
	OPTIONS (endpoint '$endpoint', role_arn 'arn:aws:iam::1:role/load', is_default 'true', allow_private 'true');
CREATE USER MAPPING FOR CURRENT_USER SERVER store
	OPTIONS (access_key_id 'AKIATEST', secret_access_key 'sEcReT/+key');
CREATE TABLE t (i int, s text) USING redshift;
CREATE ROLE loader LOGIN;
GRANT ALL ON t TO loader;
SQL

sub run_sql
{
	my ($sql, $user) = @_;
	my ($code, $out, $err) = $server->psql('postgres', $sql, extra_params => [ '-U', $user // (getpwuid($>))[0] ]);

	return $code == 0 ? $out : $err;
}

sub count_loaded
{
	my ($url, $options) = @_;

	return run_sql("BEGIN; COPY t FROM '$url' WITH (format csv$options); SELECT count(*), sum(i) FROM t; ROLLBACK");
}

# Files by name
my @names = map { "many/part-$_" } (1 .. 8);
$s3->put("bucket/$names[$_]", ($_ + 1) . ",row\n") for (0 .. $#names);
is(count_loaded('s3://bucket/many/', ''), '8|36', 'files on three pages of a list');
is(scalar(grep { /list-type=2/ } $s3->requests), 3, 'three pages');
is(count_loaded('s3://bucket/many/part-1', ''), '1|1', 'a prefix');
my $odd = q{odd/a b+c&d=e%20'("!*~);:@$,[]ü=.csv};
is(run_sql("SELECT redshift.unload('SELECT 7, ''x''', 's3://bucket/' || \$\$$odd\$\$, '{\"format\": \"csv\", \"parallel\": \"off\"}')"),
	1, 'odd characters in a name, written');
is(count_loaded("s3://bucket/' || '" =~ s/' \|\| '//r . ($odd =~ s/'/''/gr), ''), '1|7', 'and read');
like(run_sql("COPY t FROM 's3://bucket/none' WITH (format csv)"), qr/no file whose name begins with/, 'no such file');
like(run_sql("COPY t FROM 's3://nobucket/x' WITH (format csv)"), qr/specified bucket does not exist/, 'no such bucket');
is(run_sql("SELECT trim(http_method), trim(bucket), trim(key), error ~ 'specified bucket' FROM redshift.stl_s3client_error WHERE bucket = 'nobucket'"),
	'GET|nobucket|x|t', 'which stl_s3client_error tells');
is(run_sql("SELECT count(*), count(DISTINCT key), bool_and(transfer_size > 0 AND end_time - start_time = transfer_time AND pid IS NOT NULL) FROM redshift.stl_s3client
	WHERE http_method = 'GET' AND bucket = 'bucket' AND key LIKE 'many/part-%'"), '9|8|t', 'stl_s3client tells of files');
like(run_sql("COPY t FROM 's3://a/x' WITH (format csv)"), qr/does not name a bucket/, 'no bucket');

# Large files: uploads by parts, ranges
$s3->requests;
is(run_sql(q{SELECT redshift.unload('SELECT i, repeat(md5(i::text), 8) FROM generate_series(1, 80000) i', 's3://bucket/large',
	'{"format": "csv", "parallel": "off"}')}), 80000, 'a large file');
my @requests = $s3->requests;
is(scalar(grep { /^PUT \S+partNumber=\d+&uploadId=/ } @requests), 3, 'in three parts');
is(scalar($s3->uploads('bucket')), 0, 'which became a file');
is(count_loaded('s3://bucket/large', ''), '80000|3200040000', 'read again');
cmp_ok(scalar(grep { /^GET \S+ bytes=/ } $s3->requests), '>', 3, 'by ranges');
like(run_sql(q{SELECT redshift.unload('SELECT 1 / (80000 - i), repeat(md5(i::text), 8) FROM generate_series(1, 90000) i',
	's3://bucket/broken', '{"format": "csv", "parallel": "off"}')}), qr/division by zero/, 'a query fails');
cmp_ok(scalar(grep { /^DELETE \S+uploadId=/ } $s3->requests), '>=', 1, 'its upload is aborted');
is(scalar($s3->uploads('bucket')), 0, 'and nothing is left of it');
like(run_sql("COPY t FROM 's3://bucket/broken' WITH (format csv)"), qr/no file whose name/, 'nor a file');

# A manifest of files in two buckets
$s3->put('other/far', "100,row\n");
$s3->put('bucket/manifest', '{"entries": [{"url": "s3://other/far", "mandatory": true}, {"url": "s3://bucket/many/part-2"},
	{"url": "s3://bucket/many/part-9"}]}');
is(count_loaded('s3://bucket/manifest', ', manifest'), '2|102', 'a manifest');

# A bucket that is part of the host's name
$server->safe_psql('postgres', "ALTER SERVER store OPTIONS (SET endpoint 'http://s3.localhost:$s3->{port}', ADD path_style 'false')");
is(count_loaded('s3://bucket/many/part-2', ''), '1|2', 'virtual hosts');
$server->safe_psql('postgres', "ALTER SERVER store OPTIONS (SET endpoint '$endpoint', DROP path_style)");

# As whom
my $keys = q{, access_key_id 'AKIATEST', secret_access_key 'sEcReT/+key'};
my $one = 's3://bucket/many/part-1';
is(count_loaded($one, $keys), '1|1', 'keys');
is(count_loaded($one, q{, access_key_id 'AKIATOKEN', secret_access_key 'tok/secret', session_token 'abc+/=='}),
	'1|1', 'keys with a token');
is(count_loaded($one, q{, credentials 'aws_access_key_id=AKIATOKEN;aws_secret_access_key=tok/secret;token=abc+/=='}),
	'1|1', 'credentials');
is(count_loaded($one, q{, iam_role 'arn:aws:iam::1:role/load'}), '1|1', 'a role');
is(count_loaded($one, q{, credentials 'aws_iam_role=arn:aws:iam::1:role/load'}), '1|1', 'a role in credentials');
is(count_loaded($one, q{, iam_role 'default'}), '1|1', 'the default role');
like(count_loaded($one, q{, iam_role 'arn:aws:iam::1:role/other'}), qr/no foreign server .* stands for role/, 'another role');
like(count_loaded($one, q{, access_key_id 'AKIATEST', secret_access_key 'wrongsecret'}),
	qr/signature we calculated does not match/, 'a wrong key');
like(count_loaded($one, q{, access_key_id 'AKIATOKEN', secret_access_key 'tok/secret'}), qr/InvalidToken/, 'no token');
like(count_loaded($one, q{, access_key_id E'AKIA\r\nX: y', secret_access_key 'sEcReT/+key'}),
	qr/invalid value of option "access_key_id"/, 'a key that would end a header');
like(count_loaded($one, q{, region 'eu-west-1'}), qr/is not in region "eu-west-1".*HINT:  Its region is "us-east-1"/s,
	'another region');
like(count_loaded($one, q{, region 'x.evil.example/'}), qr/invalid value of option "region"/, 'no region');

# Who may
sub as_loader { return run_sql("COPY t FROM '$one' WITH (format csv$_[0])", 'loader'); }
like(as_loader(''), qr/permission denied for foreign server store/, 'USAGE is needed');
$server->safe_psql('postgres', 'GRANT USAGE ON FOREIGN SERVER store TO loader');
like(as_loader(''), qr/there are no keys for foreign server "store"/, 'and keys');
is(as_loader($keys), '', 'which may be the statement\'s');
$server->safe_psql('postgres', 'GRANT USAGE ON FOREIGN DATA WRAPPER redshift_s3 TO loader');
like(run_sql("CREATE SERVER s FOREIGN DATA WRAPPER redshift_s3 OPTIONS (endpoint '$endpoint', allow_private 'true')", 'loader'),
	qr/only superusers may set or keep option "allow_private"/, 'private addresses are not for all');
like(run_sql("CREATE SERVER s FOREIGN DATA WRAPPER redshift_s3 OPTIONS (endpoint 'https://user\@host/path')", 'loader'),
	qr/invalid value of option "endpoint"/, 'an endpoint is a host');
my $port = $s3->{port};
for my $host ('127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '169.254.169.254', '10.1.2.3', '2130706433')
{
	$server->safe_psql('postgres', "DROP SERVER IF EXISTS s CASCADE; SET ROLE loader;
		CREATE SERVER s FOREIGN DATA WRAPPER redshift_s3 OPTIONS (endpoint 'http://$host:$port', role_arn 'arn:own')");
	like(as_loader("$keys, region 'us-east-1'" =~ s/^.*$/, iam_role 'arn:own'/r), qr/there are no keys/, "$host: keys first");
	$server->safe_psql('postgres', "CREATE USER MAPPING FOR loader SERVER s
		OPTIONS (access_key_id 'AKIATEST', secret_access_key 'sEcReT/+key')");
	like(as_loader(q{, iam_role 'arn:own'}), qr/is not a public one/, "$host cannot be reached");
}
like(run_sql("COPY t FROM '$one' WITH (format csv$keys, region 'us-east-1', iam_role 'arn:own')"), qr/exclude each other/, 'a role or keys');
is(run_sql("SELECT srvoptions::text ~ 'sEcRe[T]' FROM pg_foreign_server LIMIT 1"), 'f', 'keys are not the server\'s');
is(run_sql('SELECT count(umoptions) FROM pg_user_mappings WHERE usename <> current_user', 'loader'), 0, 'others\' keys are hidden');

# TLS: who has no certificate that is believed gets no request
my $dir = PostgreSQL::Test::Utils::tempdir();
for my $name ('localhost', 'elsewhere')
{
	system("openssl req -x509 -days 30 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=$name"
		. " -addext subjectAltName=DNS:$name -keyout $dir/$name.key -out $dir/$name.crt >$dir/openssl.log 2>&1") == 0
		or die slurp_file("$dir/openssl.log");
	my $tls = S3Server->new(key => "$dir/$name.key", cert => "$dir/$name.crt");
	my $url = 'https://localhost:' . $tls->{port};
	my $tls_load = "COPY t FROM 's3://bucket/x' WITH (format csv, region 'us-east-1', iam_role 'arn:tls')";

	$server->safe_psql('postgres', "DROP SERVER IF EXISTS tls CASCADE;
		CREATE SERVER tls FOREIGN DATA WRAPPER redshift_s3 OPTIONS (endpoint '$url', role_arn 'arn:tls', allow_private 'true');
		CREATE USER MAPPING FOR CURRENT_USER SERVER tls OPTIONS (access_key_id 'AKIATEST', secret_access_key 'sEcReT/+key')");
	like(run_sql($tls_load), qr/certificate/, "$name: a certificate that nobody knows");
	$server->safe_psql('postgres', "ALTER SERVER tls OPTIONS (ADD ca_file '$dir/$name.crt')");
	like(run_sql($tls_load), $name eq 'localhost' ? qr/no file whose name begins/ : qr/certificate|subject/,
		"$name: one that the server names");
	is(scalar($tls->requests), $name eq 'localhost' ? 1 : 0, 'requests');
	$tls->stop;
}

# HTTP/2, which TLS negotiates: transfers at the same time, large ones, uploads in parts
my $newer = S3Server->new(http2 => { key => "$dir/localhost.key", cert => "$dir/localhost.crt" });
$newer->put("bucket/h2_$_", join '', map { "$_|" . 'x' x 80 . "\n" } $_ * 50000 .. $_ * 50000 + 49999) for 0 .. 3;
$server->safe_psql('postgres', "DROP SERVER tls CASCADE;
	CREATE SERVER newer FOREIGN DATA WRAPPER redshift_s3
		OPTIONS (endpoint '@{[$newer->http2_endpoint]}', role_arn 'arn:h2', allow_private 'true', ca_file '$dir/localhost.crt');
	CREATE USER MAPPING FOR CURRENT_USER SERVER newer OPTIONS (access_key_id 'AKIATEST', secret_access_key 'sEcReT/+key');
	CREATE TABLE h2 (a int, b text) USING redshift");
is(run_sql("COPY h2 FROM 's3://bucket/h2_' WITH (iam_role 'arn:h2'); SELECT count(*), count(DISTINCT a), sum(length(b)) FROM h2"),
	'200000|200000|16000000', 'HTTP/2 downloads');
is(run_sql(q{SELECT redshift.unload('SELECT * FROM h2', 's3://bucket/back_', '{"csv": true, "iam_role": "arn:h2"}')}), 200000, 'HTTP/2 uploads');
is(run_sql("COPY h2 FROM 's3://bucket/back_' WITH (csv, iam_role 'arn:h2'); SELECT count(*), count(DISTINCT (a, b)) FROM h2"), '400000|200000',
	'what was uploaded');
$newer->stop;

# Keys are seen nowhere
$server->safe_psql('postgres', "COPY t FROM '$one' WITH (format csv$keys)");
$server->psql('postgres', "COPY t FROM '$one' WITH (format csv$keys");
$server->psql('postgres', "DO \$\$ BEGIN EXECUTE 'COPY t FROM ''$one'' WITH (format csv" . ($keys =~ s/'/''/gr) . ")'; END \$\$");
$server->safe_psql('postgres', q{SELECT redshift.unload('SELECT 1', 's3://bucket/masked_', '{"format": "csv",
	"credentials": "aws_access_key_id=AKIATEST;aws_secret_access_key=sEcReT/+key"}')});
my $session = $server->background_psql('postgres', on_error_stop => 0);
$session->query_safe("COPY t FROM '$one' WITH (format csv$keys)");
is(run_sql("SELECT bool_or(query ~ 'secret_access_key ''\\*+'''), bool_or(query ~ '/.key') FROM pg_stat_activity WHERE query LIKE 'COPY%'"),
	't|f', 'pg_stat_activity');
$session->quit;
is(run_sql("SELECT count(*) FROM pg_stat_statements WHERE query ~ 'sEcRe[T]|tok/secre[t]'"), 0, 'pg_stat_statements');
cmp_ok(run_sql("SELECT count(*) FROM pg_stat_statements WHERE query ~ 'secret_access_key ''[*]'"), '>', 0, 'which has the statement');
my $log = slurp_file($server->logfile);
unlike($log, qr/sEcReT|tok\/secret|abc\+\/==|wrongsecret/, 'the log');
cmp_ok(scalar(() = $log =~ /secret_access_key ''?\*+''?/g), '>', 5, 'which has the statements');

$s3->stop;
$server->stop;
done_testing();
