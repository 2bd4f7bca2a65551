# The examples of doc/load.md, in their order, each with what it says they give, or else with the
# number of rows that its files have.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use S3Server;
use SshServer;
use Test::More;

my $s3 = S3Server->new;
my $ssh = SshServer->new('ed25519');
my $dir = PostgreSQL::Test::Utils::tempdir();
my $data = "$FindBin::Bin/../data";
my $server = PostgreSQL::Test::Cluster->new('examples');
$server->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
$server->append_conf('postgresql.conf', "shared_preload_libraries = 'redshift_ext'\nfsync = off\n");
$server->start;
$server->safe_psql('postgres', 'CREATE EXTENSION redshift_ext');

# Files that the examples read, with the rows that each COPY of S3 loads
my @sales = map { [ $_, "item $_", '2024-03-01', "$_.50" ] } 1 .. 9;
my $events = join "\n", map { qq({"id": $_, "City": "x", "place": {"city": "Ulm"}, "tags": ["a$_"]}) } 1 .. 7;
my %rows = ('s3://bucket/flights/' => 4, 'dynamodb://Movies' => 3, 's3://bucket/hosts.json' => 9, 's3://bucket/sales/' => 9,
	's3://bucket/csv/' => 9, 's3://bucket/fixed/' => 9, 's3://bucket/events/' => 7, 's3://bucket/names/' => 300,
	's3://bucket/items/' => 50);
$s3->put('bucket/sales/a', join '', "id|item|sold|price\n", map { join('|', @$_) . "\n" } @sales);
$s3->put('bucket/csv/a', join '', map { my ($id, $item, @more) = @$_; join(',', $id, "%$item, big%", @more) . "\n" } @sales);
$s3->put('bucket/fixed/a', join '', map { sprintf("%-8s%-12s%-10s%-8s\n", @$_) } @sales);
$s3->put('bucket/events/a', $events);
$s3->put('bucket/paths/events.json', '{"jsonpaths": ["$.id", "$.place.city", "$.tags[0]"]}');
$s3->put('bucket/names/a', slurp_file("$data/avro/pairs_null.avro"));
$s3->put('bucket/paths/names.json', '{"jsonpaths": ["$.id", "$.Name"]}');
$s3->put('bucket/items/a', slurp_file("$data/orc/snappy.orc"));
append_to_file("$dir/sales", join '', map { join('|', @$_) . "\n" } @sales);
system_or_bail('gzip', "$dir/sales");
$s3->put('bucket/hosts.json', qq({"entries": [{"endpoint": "127.0.0.1", "command": "cat $dir/sales.gz", "mandatory": true}]}));
$s3->dynamodb('CreateTable', { TableName => 'Movies',
	AttributeDefinitions => [ { AttributeName => 'Title', AttributeType => 'S' } ],
	KeySchema => [ { AttributeName => 'Title', KeyType => 'HASH' } ],
	ProvisionedThroughput => { ReadCapacityUnits => 100, WriteCapacityUnits => 1 } });
$s3->dynamodb('PutItem', { TableName => 'Movies', Item => { Title => { S => "Part $_" }, Year => { N => "200$_" } } }) for 1 .. 3;

# Tables that the text takes for granted, and who loads
my ($endpoint, $dynamodb) = ($s3->endpoint, $s3->dynamodb_endpoint);
$server->safe_psql('postgres', <<"SQL");
CREATE ROLE etl LOGIN IN ROLE pg_read_server_files;
ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO etl;
CREATE TABLE flights (date timestamp, delay smallint, distance smallint, origin varchar, destination varchar) USING redshift;
CREATE TABLE movies (title varchar(80), year int) USING redshift;
CREATE TABLE events (id int, city varchar(20), first_tag varchar(20)) USING redshift;
CREATE TABLE documents (doc jsonb) USING redshift;
CREATE TABLE names (id int, name varchar(20)) USING redshift;
CREATE TABLE items (id int, name varchar(20)) USING redshift;
CREATE TABLE flight AS SELECT timestamp '2001-01-01' + i * interval '1 day' AS date, i::int2 AS delay, i::int2 AS distance, 'SJC' AS origin, 'LAX' AS destination
	FROM generate_series(1, 4) i;
SELECT redshift.unload('SELECT * FROM flight', 'file://$dir/parquet', '{"format": "parquet", "parallel": "off", "extension": "parquet"}');
SQL
rename glob("$dir/parquet*"), "$dir/flights.parquet";
$s3->put('bucket/flights/a', slurp_file("$dir/flights.parquet"));

my $text = slurp_file("$FindBin::Bin/../../doc/load.md");
my ($user, $port, $key, $host_key) = ($ssh->user, $ssh->port, $ssh->private_key, $ssh->host_key =~ /^(\S+ \S+)/);
$text =~ s{(?<=/)data/}{substr("$dir/", 1)}eg;
$text =~ s/region 'eu-west-1'/endpoint '$endpoint', dynamodb_endpoint '$dynamodb', allow_private 'true'/;
$text =~ s/access_key_id '\.\.\.', secret_access_key '\.\.\.'/access_key_id 'AKIATEST', secret_access_key 'sEcReT\/+key'/;
$text =~ s/host 'host1\.example\.com', host_key '.*?'/host '127.0.0.1', port '$port', host_key '$host_key'/;
$text =~ s/user 'export', private_key '.*?'/user '$user', private_key '$key'/s;

# In one session, which ids of loads are of
my (@names, @sql, @expected);
while ($text =~ /^```sql\n(.*?)^```\n(?:```text\n(.*?)^```\n)?/msg)
{
	my ($sql, $result) = ($1, $2);

	for my $statement (defined $result ? $sql : split /(?<=;)\n+/, $sql)
	{
		my ($url) = $statement =~ /^COPY.*? FROM '(.*?)'/;

		push @names, $statement =~ s/\n.*//sr;
		push @expected, $result // ($url ? ($rows{$url} // 4) . "\n" : '');
		push @sql, defined $result || !$url ? $statement
			: "SET SESSION AUTHORIZATION etl;\n$statement\nSELECT redshift.pg_last_copy_count();\nRESET SESSION AUTHORIZATION;\n";
	}
}
cmp_ok(scalar(@sql), '>', 20, 'examples were found');
my @given = split /^---\n/m, $server->safe_psql('postgres', join "\n\\echo ---\n", @sql) . "\n", -1;
is($given[$_], $expected[$_], $names[$_]) for 0 .. $#sql;
$server->stop;
$ssh->stop;
$s3->stop;
done_testing();
