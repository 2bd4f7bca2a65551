# Every operator of the vector engine stops soon after it is told to, at any moment of
# its work, and leaves nothing behind.  It is told by statement_timeout, so the time it
# takes to stop is what the statement took longer.
#
#   REDSHIFT_VERBOSE    prints the times
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('cancel_engine');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
fsync = off
autovacuum = off
jit = off
max_wal_size = 4GB
max_worker_processes = 16
CONF
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION redshift_ext;
CREATE TABLE f (id int, k int, g int, x float8, note text, name text COLLATE "en-x-icu") USING redshift WITH (sortkey = 'id');
INSERT INTO f SELECT i, i % 100000, i % 11, i % 977 / 7.0, md5((i / 2)::text), 'name ' || md5((i / 3)::text)
  FROM generate_series(1, 300000) i;
CREATE TABLE e (LIKE f) USING redshift;
CREATE TABLE h AS SELECT * FROM f LIMIT 100000;
ANALYZE;
SQL

my %queries = (
	'scan, row by row' => q{SELECT count(*) FROM f WHERE md5(note || g) < '0'},
	'scan, kernels' => q{SELECT count(*) FROM f a, generate_series(1, 200) n WHERE a.note LIKE '%' || n || 'abc%def%'},
	'build of a join' => q{SELECT count(*) FROM f a JOIN f b ON a.note = b.note AND a.name = b.name WHERE a.id > 290000},
	'probe of a join' => q{SELECT count(*) FROM f a JOIN f b ON a.g = b.g WHERE a.x + b.x < 0},
	'outer join' => q{SELECT count(a.id), count(b.id) FROM f a FULL JOIN f b ON a.note = b.name},
	'anti join' => q{SELECT count(*) FROM f a WHERE NOT EXISTS (SELECT FROM f b WHERE b.g = a.g AND b.x + a.x < 0)},
	'aggregation' => q{SELECT note, count(*), sum(x), max(name) FROM f GROUP BY note OFFSET 1000000},
	'order of groups' => q{SELECT name, count(*) FROM f GROUP BY name ORDER BY name OFFSET 1000000},
	'sorted aggregation' => q{SELECT g, string_agg(name, ',' ORDER BY name) FROM f GROUP BY g OFFSET 1000},
	'distinct aggregation' => q{SELECT g, count(DISTINCT note), array_agg(DISTINCT name) FROM f GROUP BY g OFFSET 1000},
	'grouping sets' => q{SELECT note, g, count(*) FROM f GROUP BY CUBE (note, g) OFFSET 1000000},
	'sort' => q{SELECT id FROM f ORDER BY name DESC, id OFFSET 1000000},
	'top-N' => q{SELECT id FROM f ORDER BY name, id LIMIT 1 OFFSET 100000},
	'window' => q{SELECT id, sum(k) OVER (PARTITION BY g ORDER BY name), rank() OVER (PARTITION BY note ORDER BY name) FROM f OFFSET 1000000},
	'moving window' => q{SELECT id, max(k) OVER (ORDER BY name ROWS BETWEEN 5000 PRECEDING AND 5000 FOLLOWING) FROM f OFFSET 1000000},
	'set operation' => q{SELECT note, g FROM f EXCEPT SELECT name, g FROM f OFFSET 1000000},
	'union' => q{SELECT note, g FROM f UNION SELECT name, g FROM f OFFSET 1000000},
	'subqueries' => q{SELECT count(*) FROM f a WHERE x > (SELECT avg(x) FROM f b WHERE b.k < a.k)},
	'rows of heap' => q{SELECT count(*) FROM h JOIN f ON h.name = f.name WHERE h.id % 7 < 9},
	'COPY from a query' => q{COPY (SELECT * FROM f WHERE x >= 0 AND note <> '') TO '/dev/null'},
	'INSERT' => q{INSERT INTO e SELECT * FROM f WHERE x >= 0},
	'VACUUM FULL' => q{VACUUM FULL f},
	'CREATE INDEX' => q{CREATE INDEX f_name ON f (name)});
my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;';
my $little = "SET work_mem = '64kB'; SET hash_mem_multiplier = 1;";
my %settings = (
	'one process' => 'SET max_parallel_workers_per_gather = 0;',
	'one process, little memory' => "SET max_parallel_workers_per_gather = 0; $little",
	'two workers' => "SET max_parallel_workers_per_gather = 2; $parallel",
	'two workers, little memory' => "SET max_parallel_workers_per_gather = 2; $parallel $little");
my $left = q{SELECT (SELECT count(*) FROM pg_ls_dir('base/pgsql_tmp', true, false)) || ' files, ' ||
	(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker') || ' workers, ' ||
	(SELECT count(*) - 1 FROM pg_backend_memory_contexts	-- without the asking statement's own, for the history
		WHERE name LIKE 'redshift%' AND parent NOT LIKE 'CacheMemoryContext') || ' contexts'};

# Run a query with time limits; for each, what it took in ms, undef if it came through,
# and what was left.
sub run_limited
{
	my ($settings, $query, @limits) = @_;
	my $script = "$settings\n\\timing on\n";
	for my $limit (@limits)
	{
		$script .= "SET statement_timeout = $limit;\n\\o /dev/null\n\\echo #B\n$query;\n\\set state :SQLSTATE\n\\o\n\\echo #S :state\nSET statement_timeout = 0;\nDROP INDEX IF EXISTS f_name;\n$left;\n";
	}
	my ($status, $out, $err) = $node->psql('postgres', $script, on_error_stop => 0);
	my @took;
	for my $part ($out =~ /^#B\n(.*?)(?=^#B$|\z)/msg)
	{
		my ($time) = $part =~ /^Time: ([\d.]+) ms.*\n#S/m;
		my ($state) = $part =~ /^#S (\w+)/m;
		push @took, { time => $time, state => $state, left => $part =~ /^(\d+ files, .*)$/m };
	}
	return @took;
}

for my $name (sort keys %settings)
{
	my ($slow, $leaks, $met, $odd) = (0, 0, 0, 0);
	for my $query (sort keys %queries)
	{
		# Commands are the same with any memory.
		next if ($query =~ /^(COPY|INSERT|VACUUM|CREATE)/ && $name =~ /little/);
		my ($whole) = run_limited($settings{$name}, $queries{$query}, 1500);
		my $time = $whole->{time} > 700 ? 700 : $whole->{time};
		my @limits = map { 1 + int($time * $_) } 0.1, 0.3, 0.5, 0.7, 0.85;
		my @runs = run_limited($settings{$name}, $queries{$query}, @limits);
		my @late;
		for my $run (0 .. $#limits)
		{
			my $got = $runs[$run];
			if (!$got || $got->{state} !~ /^(57014|00000)$/) { $odd++; diag "$name, $query: " . ($got ? $got->{state} : 'no answer') }
			next unless ($got);
			if ($got->{left} ne '0 files, 0 workers, 0 contexts') { $leaks++; diag "$name, $query: $got->{left}" }
			push @late, $got->{time} - $limits[$run] if ($got->{state} eq '57014');
		}
		@late = sort { $a <=> $b } @late;
		$met++ if (@late);
		diag sprintf('%s, %s: %.0f ms, stops after %s', $name, $query, $whole->{time}, join(' ', map { sprintf '%.0f', $_ } @late)) if ($ENV{REDSHIFT_VERBOSE});
		# The machine may be busy with something else, once or twice.
		if (@late && $late[ $#late / 2 ] > 100)
		{
			$slow++;
			diag sprintf('%s, %s: stops after %s ms', $name, $query, join(' ', map { sprintf '%.0f', $_ } @late));
		}
	}
	is($odd, 0, "$name: no other error");
	is($slow, 0, "$name: stops within 100 ms");
	is($leaks, 0, "$name: nothing is left behind");
	cmp_ok($met, '>=', 12, "$name: queries were met at work ($met)");
}
is($node->safe_psql('postgres', q{SELECT count(*) FROM redshift.verify('f')}), '0', 'the table is sound');
unlike(slurp_file($node->logfile), qr/leak|PANIC|TRAP|still referenced|was terminated/, 'nothing leaked');
$node->stop;
done_testing();
