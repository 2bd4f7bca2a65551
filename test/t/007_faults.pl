# An error at any batch that operators of the vector engine exchange leaves nothing
# behind: no temporary file, no worker, no memory, no pin, and a session that goes on.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('faults');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
fsync = off
autovacuum = off
jit = off
max_worker_processes = 16
CONF
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION redshift_ext;
CREATE TABLE f (id int, k int, g int, amount numeric(12, 2), note text) USING redshift WITH (sortkey = 'id');
INSERT INTO f SELECT i, i % 5000, i % 17, i % 1000 / 7.0, 'note ' || i % 3000 FROM generate_series(1, 10000) i;
INSERT INTO f SELECT id + 10000, k, g, amount, note FROM f;
INSERT INTO f SELECT id + 20000, k, g, amount, note FROM f;
CREATE TABLE d (k int, g int, name text) USING redshift;
INSERT INTO d SELECT i, i % 100, 'name ' || i FROM generate_series(1, 6000) i;
CREATE TABLE h AS SELECT * FROM d;
ANALYZE;
SQL

my @queries = (
	'SELECT g, count(*), sum(amount), max(note) FROM f GROUP BY g',
	'SELECT note, sum(amount), string_agg(k::text, \',\') FROM f GROUP BY note',
	'SELECT g, count(DISTINCT k), sum(DISTINCT amount) FROM f GROUP BY g',
	'SELECT g, k % 3, count(*) FROM f GROUP BY ROLLUP (g, k % 3)',
	'SELECT f.note, d.name FROM f JOIN d USING (k) WHERE f.amount > 10',
	'SELECT d.name, sum(f.amount) FROM f LEFT JOIN d ON f.k = d.k AND d.g < f.g GROUP BY d.name',
	'SELECT count(f.id), count(d.k) FROM f FULL JOIN d ON f.id = d.k',
	'SELECT * FROM d WHERE k IN (SELECT k FROM f WHERE amount > 100)',
	'SELECT * FROM d WHERE NOT EXISTS (SELECT FROM f WHERE f.k = d.k AND f.amount > 100)',
	'SELECT h.name, count(*) FROM f JOIN h USING (k) GROUP BY h.name',
	'SELECT * FROM f ORDER BY note, id',
	'SELECT * FROM f ORDER BY amount DESC, id LIMIT 10',
	'SELECT id, sum(amount) OVER (PARTITION BY g ORDER BY id), rank() OVER (PARTITION BY k ORDER BY id) FROM f',
	'SELECT k FROM f UNION SELECT k FROM d',
	'SELECT k, g FROM f INTERSECT SELECT k, g FROM d',
	'SELECT k FROM f UNION ALL SELECT k FROM d',
	'SELECT id FROM f WHERE amount > (SELECT avg(amount) FROM f x WHERE x.g = f.g)');
my %settings = (
	'one process' => 'SET max_parallel_workers_per_gather = 0;',
	'little memory' => "SET max_parallel_workers_per_gather = 0; SET work_mem = '64kB'; SET hash_mem_multiplier = 1;",
	'workers' => 'SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;',
	'workers, little memory' => "SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET work_mem = '64kB'; SET hash_mem_multiplier = 1;");
my $left = q{SELECT (SELECT count(*) FROM pg_ls_dir('base/pgsql_tmp', true, false)) || ' files, ' ||
	(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker') || ' workers, ' ||
	(SELECT count(*) - 1 FROM pg_backend_memory_contexts	-- without the asking statement's own, for the history
		WHERE name LIKE 'redshift%' AND parent NOT LIKE 'CacheMemoryContext') || ' contexts'};

# Fail at each of the first batches, then at ever fewer, until the query gets through.
sub failing_script
{
	my ($query) = @_;
	my $script = "\\o /dev/null\n";
	for (my $at = 1; $at < 3000; $at += 1 + int($at / 8))
	{
		$script .= <<PSQL;
SET redshift.fail_at_batch = $at;
$query;
\\set state :SQLSTATE
\\o
\\echo #S :state
RESET redshift.fail_at_batch;
$left;
SELECT :'state' = '00000' AS through \\gset
\\if :through
\\q
\\endif
\\o /dev/null
PSQL
	}
	return $script;
}

for my $name (sort keys %settings)
{
	my ($failed, $through, $faults) = (0, 0, 0);
	for my $query (@queries)
	{
		my ($status, $out, $err) = $node->psql('postgres', "$settings{$name}\nSET redshift.vector_rows = 400;\n" . failing_script($query),
			on_error_stop => 0);
		my @states = $out =~ /^#S (\w+)$/mg;
		my @left = $out =~ /^(\d+ files, .*)$/mg;
		my @odd = ((grep { $_ ne '57000' && $_ ne '00000' } @states), (grep { $_ ne '0 files, 0 workers, 0 contexts' } @left));
		diag "$name: $query: @odd: $err" if (@odd);
		$failed += grep { $_ eq '57000' } @states;
		$through += grep { $_ eq '00000' } @states;
		$faults += @odd + (@left == @states ? 0 : 1);
	}
	is($faults, 0, "$name: nothing is left behind");
	cmp_ok($failed, '>', 5 * @queries, "$name: queries failed at many places ($failed)");
	is($through, scalar(@queries), "$name: and got through in the end");
}
unlike(slurp_file($node->logfile), qr/leak|PANIC|TRAP|still referenced|was terminated/, 'nothing leaked');
$node->stop;
done_testing();
