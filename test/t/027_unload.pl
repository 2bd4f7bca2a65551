# UNLOAD by several processes and by the nodes of a cluster: who writes which files, and that
# nothing is left of one that fails, is cancelled or whose session ends, wherever it was written.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use S3Server;
use Test::More;
use Time::HiRes qw(usleep);

my $s3 = S3Server->new;
my $endpoint = $s3->endpoint;
my $cluster = RedshiftCluster->new('unload', 2);
my $leader = $cluster->leader;
my $dir = PostgreSQL::Test::Utils::tempdir();

sub query { return $leader->safe_psql('postgres', $_[0]) }

# An UNLOAD's count, or its error.
sub unload
{
	my ($query, $target, $options, $before) = @_;
	my ($code, $out, $err) = $leader->psql('postgres', ($before // '') . "SELECT redshift.unload(\$\$$query\$\$, '$target', '$options')");

	return $code == 0 ? $out : $err =~ /ERROR:  (.*)/ ? $1 : $err;
}

sub files { return join ' ', sort(map { s/.*\///r } split /\n/, `find $dir -type f -name '$_[0]*'`) }

# What files of S3 give when they are loaded, against a query.
sub is_loaded
{
	my ($prefix, $query, $name, $format) = @_;

	$format //= 'csv';
	is(query("BEGIN; CREATE TEMP TABLE back (a int, b text, c numeric(10,2), d date); COPY back FROM '$prefix' WITH (format $format);
		SELECT count(*) FROM (SELECT * FROM back EXCEPT ALL $query) x; SELECT count(*) FROM ($query EXCEPT ALL SELECT * FROM back) y; ROLLBACK"),
		"0\n0", $name);
}

# How many fragments have written files, on all nodes.
sub fragments { my $n = 0; $n += () = slurp_file($_->logfile) =~ /, UNLOAD E?'/g for $cluster->nodes; return $n }

$_->append_conf('postgresql.conf', "log_statement = 'all'"), $_->reload for $cluster->nodes;
query(<<"SQL");
CREATE SERVER store FOREIGN DATA WRAPPER redshift_s3
	OPTIONS (endpoint '$endpoint', role_arn 'arn:aws:iam::1:role/unload', is_default 'true', allow_private 'true');
CREATE USER MAPPING FOR CURRENT_USER SERVER store OPTIONS (access_key_id 'AKIATEST', secret_access_key 'sEcReT/+key');
CREATE TABLE t (a int, b text, c numeric(10,2), d date) USING redshift WITH (diststyle = key, distkey = a);
INSERT INTO t SELECT i, 'row, ' || i, i * 1.25, date '2020-01-01' + i % 3 FROM generate_series(1, 20000) i;
SQL

# Nodes write
my $role = '"iam_role": "arn:aws:iam::1:role/unload"';
is(unload('SELECT * FROM t', 's3://bucket/nodes_', qq({"csv": true, $role})), 20000, 'rows of all nodes');
is(fragments(), 2, 'each node writes');
is_loaded('s3://bucket/nodes_', 'SELECT * FROM t', 'the rows are those of the table');
for my $format (qw(parquet json))
{
	is(unload('SELECT * FROM t', "s3://bucket/${format}_", qq({"format": "$format", $role})), 20000, "$format");
	is_loaded("s3://bucket/${format}_", 'SELECT * FROM t', "$format: the rows are those of the table", $format);
}
is(query("SELECT string_agg(slice || ' ' || right(rtrim(path), 12), ',' ORDER BY slice), sum(line_count), bool_or(pid = pg_backend_pid())
	FROM redshift.stl_unload_log WHERE path LIKE '%/nodes!_%' ESCAPE '!'"), '0 0000_part_00,1 0001_part_00|20000|f', 'what the log says of them');
like(unload('SELECT * FROM t', 's3://bucket/nodes_', qq({"csv": true, $role})), qr/destination of UNLOAD is not empty/, 'files are there');
is(unload('SELECT c, a, b, d FROM t ORDER BY d, a', "file://$dir/parts", '{"partition_by": "d", "parallel": true, "manifest": true}'), 20000, 'partitions');
is(files('*_part_'), join(' ', map { ($_) x 3 } qw(0000_part_00 0001_part_00)), 'each node writes its part of each');
is(() = slurp_file("$dir/parts/manifest") =~ /"url"/g, 6, 'a manifest of all');
my $lines = join '', sort map { slurp_file($_) } glob "$dir/parts/*/*part*";
is(() = $lines =~ /^[\d.]+\|\d+\|row, \d+$/mg, 20000, 'columns in the order of the query');
is(unload('SELECT d, sum(a), count(*) FROM t GROUP BY d', 's3://bucket/groups_', qq({"csv": true, $role})), 3, 'groups');

my $before = fragments();
is(unload('SELECT * FROM t', 's3://bucket/keys_', '{"csv": true, "access_key_id": "AKIATEST", "secret_access_key": "sEcReT/+key"}'), 20000,
	'keys in the options');
is(fragments(), $before + 2, 'by the nodes');
is_loaded('s3://bucket/keys_', 'SELECT * FROM t', 'the rows are those of the table');

# The leader writes
$before = fragments();
query(q{CREATE ROLE owner LOGIN;
	CREATE USER MAPPING FOR owner SERVER n1 OPTIONS (user 'owner', password_required 'false');
	CREATE USER MAPPING FOR owner SERVER n2 OPTIONS (user 'owner', password_required 'false');
	CREATE VIEW of_owner AS SELECT a FROM t; ALTER VIEW of_owner OWNER TO owner; GRANT SELECT ON t TO owner});
is(unload('SELECT a FROM of_owner', "file://$dir/view_", '{}'), 20000, 'what nodes give the owner of a view');
is(unload('SELECT * FROM t ORDER BY a DESC', "file://$dir/serial_", '{"parallel": "off"}'), 20000, 'one process');
is(fragments(), $before, 'not by the nodes');
like(slurp_file("$dir/serial_000"), qr/\A20000\|.*\n19999\|/, 'in order');
is(scalar(grep { slurp_file($_->logfile) =~ m{^[^\n]*COPY[^\n]*sEcReT}m } $cluster->nodes), 0, 'nodes log no keys');

# Failures
$cluster->allow_faults;
RedshiftCluster::arm($leader, 'unload_written', 'error');
like(unload('SELECT * FROM t', "file://$dir/late_", '{"manifest": true}'), qr/unload_written/, 'a failure at the end');
is(files('late_'), '', 'leaves nothing on any node');
like(unload('SELECT 1 / (a - 19999) FROM t', "file://$dir/zero_", '{}'), qr/division by zero/, 'a failure on one node');
is(files('zero_'), '', 'leaves nothing');
like(unload('SELECT t.a FROM t, t u, t v', "file://$dir/cancel_", '{"maxfilesize": 5}', "SET statement_timeout = '1s'; "), qr/statement timeout/, 'cancelled');
is(files('cancel_'), '', 'leaves nothing');
is(query("BEGIN; SELECT redshift.unload('SELECT a FROM t', 'file://$dir/kept_', '{}'); ROLLBACK"), 20000, 'rolled back later');
is(files('kept_'), 'kept_0000_part_00 kept_0001_part_00', 'what has succeeded stays');

# Workers of one server
my $parallel = 'SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2; ';
query("CREATE TABLE h WITH (autovacuum_enabled = off) AS SELECT i AS a, md5(i::text) AS b FROM generate_series(1, 200000) i; ANALYZE h; ALTER TABLE h SET (parallel_workers = 2)");
is(unload('SELECT a, b FROM h', "file://$dir/workers_", '{}', $parallel), 200000, 'rows of all workers');
my %seen = map { $_ => 1 } map { split /\n/, slurp_file($_) } glob "$dir/workers_*";
is(scalar(keys %seen), 200000, 'each once');
is(unload('SELECT a, b FROM h ORDER BY b', "file://$dir/sorted_", '{}', $parallel), 200000, 'sorted rows');
my @unsorted = grep { my @rows = map { (split /\|/)[1] } split /\n/, slurp_file($_); "@rows" ne join ' ', sort @rows } glob "$dir/sorted_*";
is("@unsorted", '', 'each file in the order');
my $session = $cluster->session("${parallel}SET application_name = 'doomed'; SELECT redshift.unload('SELECT h.* FROM h, generate_series(1, 1000)', 'file://$dir/ended_', '{\"maxfilesize\": 5}')");
ok($leader->poll_query_until('postgres', "SELECT count(*) > 3 FROM pg_ls_dir('$dir') f WHERE f ~ '^ended_'"), 'files are being written');
query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doomed' AND backend_type = 'client backend'");
my ($out, $err) = $session->finish;
like($err, qr/terminating connection/, 'the session is ended');
ok($leader->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_ls_dir('$dir') f WHERE f ~ 'ended_|redshift_ext'"), 'nothing is left');
is(scalar($s3->uploads('bucket')), 0, 'nor at S3');
$cluster->stop;

# The examples of doc/unload.md, each with what it says they give
my $server = PostgreSQL::Test::Cluster->new('examples');
$server->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
$server->append_conf('postgresql.conf', "shared_preload_libraries = 'redshift_ext'\nfsync = off\n");
$server->start;
$server->safe_psql('postgres', 'CREATE EXTENSION redshift_ext');
my $text = slurp_file("$FindBin::Bin/../../doc/unload.md") =~ s{https://s3\.example\.com}{$endpoint}r;
my $examples = 0;
while ($text =~ /^```sql\n(.*?)^```\n(?:```text\n(.*?)^```\n)?/msg)
{
	my ($sql, $expected) = ($1, $2 // '');

	$examples++;
	is($server->safe_psql('postgres', $sql) . "\n", $expected, "example $examples");
}
cmp_ok($examples, '>', 5, 'examples were found');
$server->stop;
done_testing();
