# COPY from tables of DynamoDB: attributes and columns, pages and segments, capacity, who may.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S3Server;
use Test::More;
use Time::HiRes qw(time);

my $s3 = S3Server->new;
my $server = PostgreSQL::Test::Cluster->new('dynamodb');
$server->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
$server->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
max_parallel_maintenance_workers = 2
fsync = off
CONF
$server->start;
my $endpoint = $s3->dynamodb_endpoint;
$server->safe_psql('postgres', <<"SQL");
CREATE EXTENSION redshift_ext;
CREATE SERVER store FOREIGN DATA WRAPPER redshift_s3 OPTIONS (dynamodb_endpoint '$endpoint', allow_private 'true');
CREATE USER MAPPING FOR CURRENT_USER SERVER store
	OPTIONS (access_key_id 'AKIATEST', secret_access_key 'sEcReT/+key');
CREATE TABLE t (id int, title varchar(20), price numeric(20, 5), more jsonb) USING redshift;
CREATE TABLE many (id int, pad varchar(600)) USING redshift;
SQL

sub run_sql
{
	my ($code, $out, $err) = $server->psql('postgres', $_[0]);

	return $code == 0 ? $out : $err;
}

sub create
{
	my ($name, $units) = @_;

	$s3->dynamodb('CreateTable', { TableName => $name,
		AttributeDefinitions => [ { AttributeName => 'Id', AttributeType => 'N' } ],
		KeySchema => [ { AttributeName => 'Id', KeyType => 'HASH' } ],
		ProvisionedThroughput => { ReadCapacityUnits => $units, WriteCapacityUnits => 1 } });
	return;
}

sub put { return $s3->dynamodb('PutItem', { TableName => $_[0], Item => $_[1] }); }

# Attributes and columns
create('movies', 100);
put('movies', { Id => { N => '1' }, TITLE => { S => "a\n\"\\b\"" }, price => { N => '12345678901234.56789' }, other => { S => 'x' } });
put('movies', { Id => { N => '2' }, Title => { S => '' }, more => { M => { a => { L => [ { N => '1' }, { BOOL => JSON::PP::true }, { NULL => JSON::PP::true } ] } } } });
put('movies', { Id => { N => '3' }, title => { NULL => JSON::PP::true }, more => { SS => [ 'x' ] }, bytes => { B => 'AAEC' } });
my $copy = "COPY t FROM 'dynamodb://movies' WITH (readratio 100)";
is(run_sql("$copy; SELECT id, title, price, more FROM t ORDER BY id"),
	"1|a\n\"\\b\"|12345678901234.56789|\n2|||{\"a\": [1, true, null]}\n3||| [\"x\"]" =~ s/ \["x"\]/["x"]/r, 'items');
put('movies', { Id => { N => '4' }, price => { N => '1' }, PRICE => { N => '2' } });
like(run_sql($copy), qr/has attributes "(PRICE|price)" and "(PRICE|price)"/, 'attributes that differ by case only');
$s3->dynamodb('DeleteItem', { TableName => 'movies', Key => { Id => { N => '4' } } });
put('movies', { Id => { N => '5' }, title => { S => 'x' x 21 } });
like(run_sql($copy), qr/exceeds|too long/i, 'a string that is too long');

# What does not go
like(run_sql("COPY t FROM 'dynamodb://none' WITH (readratio 1)"), qr/not found/, 'no such table');
like(run_sql("COPY t FROM 'dynamodb://x' WITH (readratio 1)"), qr/does not name a table of DynamoDB/, 'no name of a table');
like(run_sql("COPY t FROM 'dynamodb://movies'"), qr/needs the option "readratio"/, 'no ratio');
like(run_sql("COPY t FROM 'dynamodb://movies' WITH (readratio 1, format csv)"), qr/"format" is not for DynamoDB/, 'a format');
like(run_sql("COPY t FROM 'dynamodb://movies' WITH (readratio 1, access_key_id 'AKIATEST', secret_access_key 'wrong')"),
	qr/signature we calculated does not match/, 'a wrong key');
is(run_sql('SELECT count(*) FROM t'), 3, 'nothing was half loaded');

# Pages and segments: dynalite's pages have 1 MB, as DynamoDB's
my $items = 5000;
create('many', 1_000_000);
for (my $i = 0; $i < $items; $i += 25)
{
	$s3->dynamodb('BatchWriteItem', { RequestItems => { many => [ map { { PutRequest => { Item =>
		{ Id => { N => "$_" }, pad => { S => 'x' x 500 } } } } } ($i + 1 .. $i + 25) ] } });
}
$s3->requests;
is(run_sql("COPY many FROM 'dynamodb://many' WITH (readratio 100); SELECT count(*), count(DISTINCT id), sum(id) FROM many"),
	"$items|$items|" . $items * ($items + 1) / 2, 'all items of all pages');
my @scans = grep { /^Scan/ } $s3->requests;
cmp_ok(scalar(grep { /"Segment":1,"TotalSegments":2/ } @scans), '>=', 1, 'in segments');
cmp_ok(scalar(grep { /ExclusiveStartKey/ } @scans), '>=', 1, 'and pages');

# Capacity: each page takes more than 100 units, and the next one waits for that
$s3->dynamodb('UpdateTable', { TableName => 'many', ProvisionedThroughput => { ReadCapacityUnits => 200, WriteCapacityUnits => 1 } });
my $start = time;
run_sql("SET max_parallel_maintenance_workers = 1; COPY many FROM 'dynamodb://many' WITH (readratio 50)");
cmp_ok(time - $start, '>', 1, 'a load does not take more capacity than it may');
$start = time;
like(run_sql("SET statement_timeout = '500ms'; COPY many FROM 'dynamodb://many' WITH (readratio 1)"), qr/statement timeout/,
	'and is cancelled while it waits');
cmp_ok(time - $start, '<', 1.8, 'within a second');

$s3->stop;
$server->stop;
done_testing();
