# Networks and servers that fail while S3's files are read and written: a load has all rows or
# none, a file is there whole or not at all, and what may pass is tried again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S3Server;
use Test::More;
use Time::HiRes qw(time usleep);

my $seed = $ENV{REDSHIFT_SEED} || time;
diag "seed $seed";
srand($seed);

my $s3 = S3Server->new(page => 2);
my $server = PostgreSQL::Test::Cluster->new('s3_faults');
$server->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
$server->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
redshift.transfer_timeout = '1s'
redshift.transfer_retries = 2
fsync = off
CONF
$server->start;
my $endpoint = $s3->faulty_endpoint;
$server->safe_psql('postgres', <<"SQL");
CREATE EXTENSION redshift_ext;
CREATE SERVER store FOREIGN DATA WRAPPER redshift_s3 OPTIONS (endpoint '$endpoint', allow_private 'true');
CREATE USER MAPPING FOR CURRENT_USER SERVER store
	OPTIONS (access_key_id 'AKIATEST', secret_access_key 'sEcReT/+key');
CREATE TABLE t (i int, s text) USING redshift;
SQL

my $rows = 12000;
$s3->put("bucket/in/$_", join('', map { ($_ * 3) . ',' . ('x' x 60) . "\n" } (1 .. $rows))) for (1 .. 3);
my $whole = 3 * $rows . '|' . 3 * 3 * $rows * ($rows + 1) / 2;

# Rows, in a transaction that is undone; or the error.
sub load
{
	my ($code, $out, $err) = $server->psql('postgres',
		"BEGIN; COPY t FROM 's3://bucket/in/' WITH (format csv); SELECT count(*), sum(i) FROM t; ROLLBACK");

	return $code == 0 ? $out : $err;
}

is(load(), $whole, 'without faults');

# Reading
my $busy = { action => 'status', status => 503, code => 'SlowDown' };
for my $fault (
	{ action => 'reset', count => 2 },
	{ action => 'lost', count => 1 },
	{ action => 'cut', bytes => 100_000, count => 2 },
	{ action => 'truncate', bytes => 50_000, count => 2 },
	{ action => 'stall', bytes => 1000, count => 1 },
	{ action => 'slow', bytes => 3_000_000, count => 2 },
	{ action => 'shift', count => 2 },
	{ %$busy, count => 2 },
	{ %$busy, status => 500, code => 'InternalError', count => 2 },
	{ %$busy, status => 429, code => 'TooManyRequests', count => 1 })
{
	my $name = join(' ', map { "$_ $fault->{$_}" } sort keys %$fault);

	$s3->faults({ match => '^GET /bucket/in', skip => int(rand(2)), %$fault });
	is(load(), $whole, "read in spite of $name");
	is($s3->hits, $fault->{count}, 'which happened');
}
for my $fault ({ action => 'reset' }, { action => 'cut', bytes => 300 }, { action => 'stall', bytes => 10 }, $busy)
{
	$s3->faults({ match => 'list-type', skip => 1, count => 1, %$fault });
	is(load(), $whole, "listed in spite of $fault->{action}");
	is($s3->hits, 1, 'which happened');
}
$s3->faults({ match => 'list-type', skip => 1, action => 'truncate', bytes => 300 });
like(load(), qr/list of files .* cannot be read/, 'a list that is cut off is no list');

# What does not pass
$s3->faults({ match => '^GET /bucket/in', skip => 2, %$busy });
like(load(), qr/answered with status 503: It is a test.*says SlowDown.*asked 3 times/s, 'a server that is always busy');
cmp_ok($s3->hits, '>=', 3, 'was asked as often as it should be');
$s3->faults({ match => '^GET /bucket/in', skip => 2, action => 'cut', bytes => 10 });
like(load(), qr/could not reach the server.*tried \d+ times/s, 'a connection that always ends');
$s3->faults({ match => '^GET /bucket/in/2', action => 'status', status => 403, code => 'AccessDenied', count => 1 });
like(load(), qr/answered with status 403/, 'a refusal');
is($s3->hits, 1, 'is not tried again');
$s3->faults({ match => '^GET /bucket/in/2', action => 'status', status => 404, code => 'NoSuchKey', count => 1 });
like(load(), qr/file "s3:\/\/bucket\/in\/2" does not exist/, 'a file that is gone');
is($server->safe_psql('postgres', 'SELECT count(*) FROM t'), 0, 'nothing is half loaded');

# Cancelled while nothing comes
$s3->faults({ match => '^GET /bucket/in', action => 'stall', bytes => 100 });
my $start = time;
my (undef, undef, $error) = $server->psql('postgres', "SET redshift.transfer_timeout = '60s'; SET statement_timeout = '500ms';
	COPY t FROM 's3://bucket/in/' WITH (format csv)");
like($error, qr/canceling statement due to statement timeout/, 'a load that stands still is cancelled');
cmp_ok(time - $start, '<', 1.8, 'within a second');

# Replaced between the list and the reading: the list comes slowly
$s3->faults({ match => 'list-type', action => 'slow', bytes => 1000, count => 1 });
my $session = $server->background_psql('postgres', on_error_stop => 0);
$session->{timeout}->start(60) if $session->{timeout};
$session->query_until(qr/started/, "\\echo started\nCOPY t FROM 's3://bucket/in/' WITH (format csv);\n");
usleep(300_000);
my $first = $s3->get('bucket/in/1');
$s3->put('bucket/in/1', $first =~ s/x/y/gr);
$session->quit;
like(slurp_file($server->logfile), qr/file "s3:\/\/bucket\/in\/1" was replaced while it was read/, 'a file that is replaced');
is($server->safe_psql('postgres', 'SELECT count(*) FROM t'), 0, 'is not loaded');
$s3->put('bucket/in/1', $first);

# Writing
my $content;
sub unload
{
	my ($code, $out, $err) = $server->psql('postgres', q{SELECT redshift.unload(
		'SELECT i, repeat(''abcdefg'', 40) FROM generate_series(1, 32000) i', 's3://bucket/out', '{"format": "csv", "parallel": "off"}')});

	return $code == 0 ? $out : $err;
}
sub written
{
	my $got = eval { $s3->get('bucket/out000') };

	return 'nothing' if (!defined $got);
	$s3->remove('bucket/out000');
	return $got eq $content ? 'all' : 'something else';
}
is(unload(), 32000, 'written without faults');
$content = $s3->get('bucket/out000');
is(length($content), 32000 * (1 + 280 + 1) + 148_894, 'as it should be');
$s3->remove('bucket/out000');
for my $match ('^PUT .*partNumber=', '^POST .*uploads', '^POST .*uploadId=')
{
	for my $fault ({ action => 'lost' }, { %$busy, status => 500, code => 'InternalError' })
	{
		$s3->faults({ match => $match, count => 1, %$fault });
		is(unload(), 32000, "$match in spite of $fault->{action}" . ($fault->{status} // ''));
		is($s3->hits, 1, 'which happened');
		is(written(), 'all', 'and all was written');
	}
}
# An upload whose beginning was lost cannot be known; all others were ended.
is(scalar($s3->uploads('bucket')), 1, 'one upload is left');
for my $match ('^PUT .*partNumber=2', '^POST .*uploads', '^POST .*uploadId=')
{
	$s3->faults({ match => $match, %$busy });
	like(unload(), qr/answered with status 503/, "$match fails");
	is(written(), 'nothing', 'and nothing is written');
}
is(scalar($s3->uploads('bucket')), 1, 'no more uploads are left');

# All kinds at random
for my $round (1 .. $ENV{REDSHIFT_ROUNDS} // 3)
{
	my @kinds = ({ action => 'reset' }, { action => 'lost' }, { action => 'cut' }, { action => 'truncate' },
		{ action => 'shift' }, $busy);

	$s3->faults(map { { match => 'GET|PUT|POST', skip => int(rand(6)), count => 1 + int(rand(2)), bytes => int(rand(200_000)),
		%{ $kinds[ rand @kinds ] } } } (1 .. 3));
	my $got = load();
	my $failed = $got ne $whole;

	ok(!$failed || $got =~ /ERROR/, "round $round: all rows or an error" . ($failed ? ": $got" : ''));
	my $unloaded = unload();
	$s3->faults();
	is(written(), $unloaded eq '32000' ? 'all' : 'nothing', "round $round: a whole file or none");
}
is($server->safe_psql('postgres', 'SELECT count(*) FROM t'), 0, 'nothing was half loaded');
is(load(), $whole, 'and all is well again');

$s3->stop;
$server->stop;
done_testing();
