# Memory of the vector engine stays bounded: within a query, over many batches of long
# values and many rescans; and within a session, over many statements and errors.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('memory');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
fsync = off
autovacuum = off
jit = off
max_parallel_workers_per_gather = 0
CONF
$node->start;

# Keys of 3 kB, compressed in the heap tables: whoever looks at one makes a copy.
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION redshift_ext;
CREATE FUNCTION used() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT sum(total_bytes)::bigint FROM pg_backend_memory_contexts';
CREATE FUNCTION long(i int) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT repeat(md5((i % 50)::text), 100)$$;
CREATE TABLE wide AS SELECT i, i % 50 AS g, long(i) AS k FROM generate_series(1, 40000) i;
CREATE TABLE dim (g int, k text) USING redshift;
INSERT INTO dim SELECT i, long(i) FROM generate_series(0, 39) i;
CREATE TABLE f (i int, g int, k text) USING redshift WITH (sortkey = 'i');
INSERT INTO f SELECT i, i % 50, 'k' || i FROM generate_series(1, 40000) i;
ANALYZE;
SQL

# Each gives rows with a number i, in that order or not.
my %queries = (
	'probe' => 'SELECT w.i FROM wide w JOIN dim d ON d.k = w.k',
	'outer probe' => 'SELECT w.i FROM wide w LEFT JOIN dim d ON d.k = w.k',
	'semi join' => 'SELECT w.i FROM wide w WHERE k IN (SELECT k FROM dim)',
	'anti join' => 'SELECT w.i FROM wide w WHERE NOT EXISTS (SELECT FROM dim d WHERE d.k = w.k AND d.g < 3)',
	'condition' => 'SELECT w.i FROM wide w JOIN dim d ON d.g = w.g AND d.k >= w.k',
	'functions' => q{SELECT f.i FROM f JOIN wide w USING (i) WHERE upper(w.k) <> 'X' AND w.k || f.k <> '' AND replace(w.k, 'a', 'bb') LIKE '%bb%'},
	'row by row' => q{SELECT i FROM f WHERE md5(repeat(k, 100)) <> ''},
	'window' => 'SELECT w.i, max(w.k) OVER (PARTITION BY f.i / 100 ORDER BY f.i) FROM wide w JOIN f USING (i)',
	'rescans of a scan' => 'SELECT f.i, (SELECT count(*) FROM dim d WHERE d.g > f.g AND d.k <> f.k) FROM f WHERE f.i <= 10000',
	'rescans of a join' => 'SELECT f.i, (SELECT count(*) FROM dim d JOIN dim e USING (k) WHERE d.g > f.g) FROM f WHERE f.i <= 10000',
	'rescans of a sort' => 'SELECT f.i, l.g FROM f, LATERAL (SELECT g FROM dim d WHERE d.g <= f.g ORDER BY k, g LIMIT 2) l WHERE f.i <= 10000',
	'rescans of groups' => 'SELECT f.i, l.n FROM f, LATERAL (SELECT count(*) AS n FROM dim d WHERE d.g <= f.g GROUP BY k OFFSET 3) l WHERE f.i <= 2000',
	'rescans of a window' => 'SELECT f.i, l.n FROM f, LATERAL (SELECT rank() OVER (ORDER BY k) AS n FROM dim d WHERE d.g <= f.g LIMIT 2) l WHERE f.i <= 5000',
	'rescans of a set operation' => 'SELECT f.i, l.k FROM f, LATERAL (SELECT k FROM dim d WHERE d.g <= f.g EXCEPT SELECT k FROM dim d WHERE g < 10 LIMIT 2) l WHERE f.i <= 5000',
	'early stops' => 'SELECT f.i FROM f WHERE f.i <= 10000 AND EXISTS (SELECT FROM dim d WHERE d.g + f.g > 3 OFFSET 0)');
for my $name (sort keys %queries)
{
	for my $settings ('', "SET work_mem = '64kB'; SET redshift.vector_rows = 50;")
	{
		my $grown = $node->safe_psql('postgres', "$settings SELECT (max(u) - min(u)) / 1024 FROM
			(SELECT CASE WHEN n % 500 = 0 THEN used() END AS u FROM (SELECT row_number() OVER () AS n FROM ($queries{$name} OFFSET 0) q) r) s");
		# The values of all rows are 128 MB, those of a batch of each of a few operators 6 MB.
		cmp_ok($grown, '<', $settings ? 4096 : 32768, "$name" . ($settings ? ', small batches' : '') . ": $grown kB");
	}
}

# Groups and sets, where rows are taken in and not given
for my $query ('SELECT k, max(%s) AS hi, min(%s) AS lo FROM wide GROUP BY k', 'SELECT k, g, max(%s) AS hi, min(%s) AS lo FROM wide GROUP BY ROLLUP (k, g)',
	'SELECT w.k, max(%s) AS hi, min(%s) AS lo FROM wide w JOIN dim d USING (k) GROUP BY w.k', 'SELECT max(%s) AS hi, min(%s) AS lo FROM wide WHERE k > \'0\'')
{
	(my $sql = $query) =~ s/%s/CASE WHEN i % 1000 = 0 THEN used() END/g;
	my $grown = $node->safe_psql('postgres', "SELECT (max(hi) - min(lo)) / 1024 FROM ($sql) q");
	cmp_ok($grown, '<', 32768, "$query: $grown kB");
}

# A session: what it keeps after many statements is what it keeps after some.
sub session_growth
{
	my ($prepare, $statement) = @_;
	my $total = 'SELECT sum(total_bytes) FROM pg_backend_memory_contexts';
	my $script = "$prepare\n\\o /dev/null\n" . ("$statement\n" x 100) . "\\o\n$total;\n\\o /dev/null\n" . ("$statement\n" x 1000) . "\\o\n$total;\n";
	my ($status, $out, $err) = $node->psql('postgres', $script, on_error_stop => 0);
	my @bytes = $out =~ /^(\d+)$/mg;
	return @bytes == 2 ? int(($bytes[1] - $bytes[0]) / 1024) : 'no figures: ' . substr($err, 0, 500);
}
my %sessions = (
	'prepared statements' => [ 'SET plan_cache_mode = force_generic_plan; PREPARE p(int) AS SELECT d.k, count(*) FROM f JOIN dim d USING (g) WHERE f.i < $1 GROUP BY d.k ORDER BY 1;',
		'EXECUTE p(300);' ],
	'custom plans' => [ 'SET plan_cache_mode = force_custom_plan; PREPARE p(int) AS SELECT d.k, count(*) FROM f JOIN dim d USING (g) WHERE f.i < $1 GROUP BY d.k;', 'EXECUTE p(300);' ],
	'cursors' => [ '', 'BEGIN; DECLARE c CURSOR FOR SELECT f.i, d.k FROM f JOIN dim d USING (g) WHERE f.i < 1000; FETCH 3 FROM c; COMMIT;' ],
	'errors' => [ '', 'SELECT sum(100 / (f.i - 500)) FROM f JOIN dim d USING (g) WHERE f.i < 2000;' ],
	'errors in subtransactions' => [ 'CREATE PROCEDURE pg_temp.fail() LANGUAGE plpgsql AS $$BEGIN PERFORM sum(100 / (f.i - 500)) FROM f WHERE f.i < 2000; EXCEPTION WHEN OTHERS THEN END$$;',
		'CALL pg_temp.fail();' ],
	'windows and sets' => [ '', 'SELECT rank() OVER (ORDER BY k) FROM dim UNION SELECT g FROM dim EXCEPT SELECT i FROM f WHERE i < 10;' ],
	'rows changed' => [ '', 'INSERT INTO dim VALUES (1000, NULL); DELETE FROM dim WHERE g = 1000;' ]);
for my $name (sort keys %sessions)
{
	my $grown = session_growth(@{ $sessions{$name} });
	ok($grown =~ /^-?\d+$/ && $grown < 256, "1000 times $name: $grown kB");
}
unlike(slurp_file($node->logfile), qr/leak|PANIC|TRAP|still referenced|was terminated/, 'nothing leaked');
$node->stop;
done_testing();
