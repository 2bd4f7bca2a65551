# Relations of the leader beside distributed tables: heap and foreign tables, functions,
# VALUES and CTEs are sent to the nodes where that is cheaper.  Each query runs in schema
# d, where some tables are distributed, and in schema h, where none is; output and errors
# must be the same.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('leader', 2);
my $leader = $cluster->leader;

sub run
{
	my ($schema, $sql) = @_;
	my ($code, $out, $err) = $leader->psql('postgres', "SET search_path = $schema, public; \\set VERBOSITY verbose\n$sql", on_error_stop => 0);
	BAIL_OUT("no connection: $err") if ($code == 2);
	my @errors = map { s/^psql:<stdin>:\d+: //r } grep { /(ERROR|WARNING): / } split /\n/, $err;

	return ($out, join("\n", @errors));
}

sub same
{
	my ($name, $sql) = @_;
	my ($out_d, $err_d) = run('d', $sql);
	my ($out_h, $err_h) = run('h', $sql);

	is($out_d, $out_h, "$name: output");
	is($err_d, $err_h, "$name: errors");
}

# The same, and the plan shows these labels, or not.
sub planned
{
	my ($name, $label, $sql) = @_;
	my ($plan) = run('d', "EXPLAIN (COSTS OFF) $sql");

	if ($label eq '') { unlike($plan, qr/Sent by leader/, "$name: plan") }
	else { like($plan, qr/Sent by leader: $label/, "$name: plan") }
	same($name, $sql);
}

my ($host, $port) = ($leader->host, $leader->port);
$leader->safe_psql('postgres', "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
CREATE USER MAPPING FOR CURRENT_USER SERVER far");
for my $schema (qw(d h))
{
	my $with = sub { $schema eq 'd' ? "USING redshift WITH ($_[0])" : '' };
	$leader->safe_psql('postgres', "CREATE SCHEMA $schema; SET search_path = $schema;
CREATE TABLE fact (id int, k int, v numeric(10,2), t text COLLATE \"C\") " . $with->('distkey = id') . ";
CREATE TABLE every (id int, n text) " . $with->('diststyle = all') . q{;
CREATE TABLE small (id int, k int, n text);
CREATE TABLE large (id int, k int, n text);
CREATE TABLE empty (id int, n text);
INSERT INTO fact SELECT i, i % 1000, i * 0.25, 't' || i % 7 FROM generate_series(1, 60000) i;
INSERT INTO every SELECT i, 'e' || i FROM generate_series(1, 300) i;
INSERT INTO small SELECT i, CASE WHEN i % 11 > 0 THEN i % 11 END, 's' || i FROM generate_series(1, 500) i;
INSERT INTO large SELECT i, i % 500, repeat('x', 40) || i FROM generate_series(1, 40000) i;
} . "CREATE FOREIGN TABLE foreign_small (id int, k int, n text) SERVER far OPTIONS (schema_name '$schema', table_name 'small');
ANALYZE");
}

# Ways to send
planned('everywhere', 'DS_BCAST_INNER', 'SELECT s.n, sum(f.v) FROM fact f JOIN small s ON s.id = f.k GROUP BY s.n ORDER BY 1');
planned('by key', 'DS_DIST_INNER', 'SELECT count(*), sum(f.v), min(s.n) FROM fact f JOIN large s ON s.id = f.id');
planned('outer side by key', 'DS_DIST_(OUTER|INNER)', 'SELECT count(*), sum(f.v), count(f.id) FROM large s LEFT JOIN fact f ON s.id + 50000 = f.id');
planned('full join', 'DS_DIST_', 'SELECT count(*), count(s.id), count(f.id), sum(f.v) FROM fact f FULL JOIN small s ON s.id * 200 = f.id');
planned('in turn', 'DS_DIST_ALL_NONE', 'SELECT count(*), count(e.n), min(e.n || l.n) FROM large l LEFT JOIN every e ON e.id < l.k AND e.id > l.id - 20');
planned('in no way', '', "SELECT count(*), min(l.n) FROM large l JOIN fact f ON f.id = l.k WHERE f.id < 20");
planned('semi join', 'DS_BCAST_INNER|DS_DIST_', 'SELECT count(*), sum(v) FROM fact f WHERE EXISTS (SELECT 1 FROM small s WHERE s.id = f.k AND s.n <> f.t)');
planned('anti join', 'DS_BCAST_INNER|DS_DIST_', 'SELECT count(*), sum(v) FROM fact f WHERE NOT EXISTS (SELECT 1 FROM small s WHERE s.k = f.k)');
planned('foreign table', 'DS_', 'SELECT count(*), sum(f.v), min(s.n) FROM fact f JOIN foreign_small s ON s.id = f.k');
planned('function', 'DS_', 'SELECT count(*), sum(f.v * g) FROM fact f JOIN generate_series(1, 50) g ON g = f.k');
planned('VALUES', 'DS_', q{SELECT * FROM fact f JOIN (VALUES (1, 'a'), (77, NULL), (NULL, 'c')) x(i, n) ON x.i = f.id ORDER BY f.id});
planned('CTE', 'DS_', 'WITH w AS MATERIALIZED (SELECT k, count(*) c FROM small GROUP BY k) SELECT sum(c), count(*) FROM w JOIN fact f USING (k)');
planned('join of the leader', 'DS_', 'SELECT count(*), sum(f.v) FROM small s JOIN large l ON l.id = s.id JOIN fact f ON f.k = l.k AND f.id < 50000 - s.id');
planned('groups that the leader combines', 'DS_', q{SELECT count(*), sum(f.v) FROM fact f JOIN (SELECT k, string_agg(n, ',' ORDER BY id) n FROM small GROUP BY k) g ON g.k = f.k});
planned('no columns', 'DS_', 'SELECT count(*) FROM fact f, (SELECT FROM small) s');
planned('no rows', 'DS_', 'SELECT count(*), count(m.n) FROM fact f LEFT JOIN empty m ON m.id = f.id');
planned('window above', 'DS_', 'SELECT * FROM (SELECT s.n, f.v, rank() OVER (PARTITION BY s.n ORDER BY f.v DESC) r FROM fact f JOIN small s ON s.id = f.k) q WHERE r <= 2 ORDER BY 1, 2, 3');
same('types that stay', q{SELECT count(*) FROM fact f JOIN pg_class c ON c.relname = f.t OR (c.oid = 'pg_class'::regclass AND f.id = 1) WHERE c.relnamespace = 11;
CREATE TEMP TABLE before (); CREATE TYPE pg_temp.mine AS ENUM ('one', 'two'); CREATE TEMP TABLE own AS SELECT i id, 'two'::pg_temp.mine m FROM generate_series(1, 3) i;
SELECT f.id, o.m FROM fact f JOIN own o USING (id) ORDER BY 1; SELECT s, f.v FROM small s JOIN fact f USING (id) WHERE s.id < 4 ORDER BY s.id});
same('security barrier', 'CREATE VIEW seen WITH (security_barrier) AS SELECT * FROM small WHERE id % 3 = 0; SELECT count(*), sum(f.v) FROM seen s JOIN fact f ON f.k = s.id; DROP VIEW seen');

like((run('d', 'EXPLAIN (redshift, COSTS OFF) SELECT count(*) FROM fact f JOIN small s ON s.id = f.k'))[0], qr/DS_BCAST_INNER.*Seq Scan on small/s, 'EXPLAIN (redshift)');
like((run('d', 'EXPLAIN (ANALYZE, COSTS OFF) SELECT count(*) FROM fact f JOIN small s ON s.id = f.k'))[0], qr/Sent by leader: DS_BCAST_INNER\s+Sent: 1000 /, 'EXPLAIN ANALYZE');

# Parameters, rescans and ends before time
same('prepared', 'SET plan_cache_mode = force_generic_plan; PREPARE p(int, text) AS SELECT count(*), sum(f.v), min($2 || s.n) FROM fact f JOIN small s ON s.id = f.k WHERE s.k = $1;
' . join('', map { "EXECUTE p($_, 'p$_');" } 1, 5, 99, 'NULL'));
same('subquery', 'SELECT e.id, (SELECT sum(f.v) FROM fact f JOIN small s ON s.id = f.k WHERE s.k > e.id AND f.id < 2000) FROM every e WHERE e.id < 12 ORDER BY 1');
same('lateral', 'SELECT e.id, q.* FROM every e, LATERAL (SELECT s.n, sum(f.v) FROM small s JOIN fact f ON f.k = s.id WHERE s.k = e.id GROUP BY s.n ORDER BY 1 LIMIT 2) q WHERE e.id BETWEEN 3 AND 6 ORDER BY 1, 2');
same('recursion', 'WITH RECURSIVE r(id, d) AS (SELECT 1, 0 UNION ALL SELECT f.k, d + 1 FROM r JOIN fact f ON f.id = r.id * 3 + 1 WHERE d < 6) SELECT * FROM r ORDER BY d');
same('cursors', q{BEGIN; DECLARE a SCROLL CURSOR FOR SELECT f.id, s.n FROM fact f JOIN small s ON s.id = f.id ORDER BY 1; FETCH 2 FROM a;
DECLARE b CURSOR WITH HOLD FOR SELECT f.id, s.n FROM fact f JOIN small s ON s.id = f.k WHERE f.id < 100 ORDER BY 1; FETCH 2 FROM b; FETCH PRIOR FROM a; CLOSE a; COMMIT; FETCH 3 FROM b});
same('limit', 'SELECT count(*) FROM (SELECT f.id FROM fact f JOIN small s ON s.id = f.k LIMIT 10) q');

# Subplans that the leader repeats: what nodes gave for the same values is kept.
my $repeated = 'SELECT s.id, (SELECT f.v FROM fact f WHERE f.k > s.k AND f.id < 500 ORDER BY f.id LIMIT 1) FROM small s';
like((run('d', "EXPLAIN (ANALYZE, COSTS OFF) $repeated"))[0], qr/Repeated: hits 488, misses 11, evictions 0 /, 'a statement for each value');
same('repeated subplans', "$repeated ORDER BY 1");
same('repeated subplans with little memory', "SET work_mem = '64kB'; SET hash_mem_multiplier = 1;
SELECT s.id, (SELECT string_agg(q.t, ',' ORDER BY q.id) FROM (SELECT f.* FROM fact f WHERE f.k < s.k * 40 AND f.id < 1500 OFFSET 0) q) FROM small s WHERE s.id < 60 ORDER BY 1");
same('repeated and ended early', 'SELECT count(*) FROM small s WHERE s.k = 3 OR EXISTS (SELECT 1 FROM fact f WHERE f.id = s.k AND f.k <> s.id)');
same('repeated without columns', 'SELECT s.id, (SELECT count(*) FROM (SELECT FROM fact f WHERE f.id < s.k * 7 OFFSET 0) q) FROM small s ORDER BY 1');

# The engine runs above what nodes give, at the leader, and above exchanges, on nodes.
my $above = 'SELECT f.k, count(*), sum(g.v), min(g.t) FROM fact f JOIN fact g ON f.id = g.id AND f.k + g.k >= random() * 0 GROUP BY f.k ORDER BY f.k';
like((run('d', "EXPLAIN (COSTS OFF) $above"))[0], qr/RsVector.*=> Hash Join.*RsGather/s, 'engine at the leader');
like((run('d', 'EXPLAIN (ANALYZE, COSTS OFF) SELECT count(*), sum(f.v) FROM fact f JOIN fact g ON f.k = g.id'))[0], qr/RsVector.*=> Hash Join.*RsExchange/s, 'engine on the nodes');
same('engine at the leader', $above);
same('engine on the nodes', 'SELECT count(*), sum(f.v) FROM fact f JOIN fact g ON f.k = g.id');

# Own writes, snapshots and errors
same('own writes', q{BEGIN; INSERT INTO small VALUES (1001, 1, 'new'); INSERT INTO fact VALUES (70000, 1001, 7, 'new');
SELECT s.n, f.v FROM fact f JOIN small s ON s.id = f.k WHERE f.id > 60000; SAVEPOINT s; DELETE FROM small WHERE id = 1001;
SELECT count(*) FROM fact f JOIN small s ON s.id = f.k WHERE f.id > 60000; ROLLBACK TO s;
SELECT s.n, f.v FROM fact f JOIN small s ON s.id = f.k WHERE f.id > 60000; ROLLBACK; SELECT count(*) FROM small});
same('error of the leader', 'SELECT count(*) FROM fact f JOIN (SELECT id, 1 / (id - 400) x FROM small OFFSET 0) s ON s.id = f.k; SELECT count(*) FROM fact f JOIN small s ON s.id = f.k');
same('error of a node', 'BEGIN; SAVEPOINT s; SELECT count(*) FROM fact f JOIN small s ON s.id = f.k AND 1 / (f.id - 400 - s.id % 2) > 0; ROLLBACK TO s; SELECT count(*) FROM fact f JOIN small s ON s.id = f.k; COMMIT');
same('statement_timeout', q{SET statement_timeout = '300ms'; SELECT count(*) FROM fact f JOIN (SELECT id, pg_sleep(0.05) FROM small OFFSET 0) s ON s.id = f.k; RESET statement_timeout; SELECT count(*) FROM fact f JOIN small s ON s.id = f.k});

# The leader needs the nodes while it sends them rows.
same('statements below', q{CREATE FUNCTION sum_of(int) RETURNS numeric LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT sum(v) FROM fact WHERE k = $1); EXCEPTION WHEN division_by_zero THEN RETURN 0; END $$;
SELECT count(*), sum(s.x) FROM fact f JOIN (SELECT id, sum_of(id) x FROM small WHERE id < 30 OFFSET 0) s ON s.id = f.k;
BEGIN; INSERT INTO every SELECT id, sum_of(id)::text FROM small WHERE id < 30; INSERT INTO fact SELECT id, 1, sum_of(id) FROM small WHERE id < 30; SELECT count(*), sum(v) FROM fact;
SELECT count(*), max(n) FROM every; ROLLBACK; DROP FUNCTION sum_of});

like((run('d', 'EXPLAIN INSERT INTO fact SELECT f.id + 100000, f.k, f.v, s.n FROM fact f JOIN small s ON s.id = f.k'))[0], qr/RsUpdate.*Sent by leader/s, 'INSERT on the nodes: plan');
same('INSERT on the nodes', 'BEGIN; INSERT INTO fact SELECT f.id + 100000, f.k, f.v, s.n FROM fact f JOIN small s ON s.id = f.k; SELECT count(*), sum(id), min(t) FROM fact; ROLLBACK');

# Rows of the leader are changed or locked beside distributed tables.
same('changes', q{BEGIN; UPDATE small s SET n = f.t || f.v FROM fact f WHERE f.id = s.id AND s.id < 50; DELETE FROM small USING fact f JOIN every e ON e.id = f.id WHERE f.k = small.id AND f.v > 60;
MERGE INTO small s USING fact f ON s.id = f.id AND f.id < 600 WHEN MATCHED THEN UPDATE SET k = f.k WHEN NOT MATCHED AND f.id < 600 THEN INSERT VALUES (f.id, f.k, 'merged');
SELECT count(*), sum(k), md5(string_agg(n, ',' ORDER BY id)) FROM small; SELECT s.id FROM small s JOIN fact f ON f.k = s.id WHERE f.id < 5 ORDER BY 1 FOR UPDATE OF s; ROLLBACK});
{
	my ($id, $n, $waits);
	my $first = IPC::Run::start([ 'psql', '-X', '-q', '-d', $leader->connstr('postgres'), '-c',
		"BEGIN; UPDATE d.small SET k = 0 WHERE id = 7; UPDATE d.small SET k = 5000 WHERE id = 8", '-c', "SELECT pg_sleep(1)", '-c', 'COMMIT' ], '>', \$id, '2>', \$n);
	$leader->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(1)'");
	$waits = $leader->safe_psql('postgres', "UPDATE d.small s SET n = 'changed ' || f.t FROM d.fact f WHERE f.id = s.id AND s.k < 1000 AND s.id IN (7, 8) RETURNING s.id, s.k, s.n");
	$first->finish;
	is($waits, '7|0|changed t0', 'a row that was changed meanwhile is looked at again');
}

# The leader's own server as a compute node: by another database.
my ($code, $said, $refused) = $leader->psql('postgres', "CREATE SERVER me FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
CREATE USER MAPPING FOR CURRENT_USER SERVER me; SELECT redshift.add_node('me')");
like($refused, qr/is this database itself/, 'not the same database');
$leader->safe_psql('postgres', "CREATE ROLE before");
$leader->safe_psql('postgres', 'CREATE DATABASE node');
$leader->safe_psql('postgres', "CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'node');
CREATE USER MAPPING FOR CURRENT_USER SERVER self; SELECT redshift.add_node('self'); SELECT redshift.rebalance()");
is($leader->safe_psql('postgres', q{SELECT bool_and(cardinality(slices) BETWEEN 5 AND 6) FROM redshift.nodes}), 't', 'it has its slices');
same('with the leader as a node', q{BEGIN; UPDATE fact SET v = v + 1 WHERE id % 3 = 0; INSERT INTO small VALUES (2000, 1, 'own'); COMMIT; SELECT count(*), sum(v) FROM fact;
BEGIN; DELETE FROM fact; SAVEPOINT s; DELETE FROM every; ROLLBACK TO s; SELECT count(*) FROM fact; ROLLBACK; SELECT count(*), sum(f.v) FROM fact f JOIN small s ON s.id = f.k JOIN every e ON e.id = f.k});
$leader->safe_psql('postgres', q{SET statement_timeout = '20s'; CREATE ROLE later; GRANT later TO before; COMMENT ON ROLE later IS 'role'; ALTER ROLE later RENAME TO latest; GRANT SELECT ON d.fact TO latest});
is($leader->safe_psql('postgres', q{SET statement_timeout = '20s'; ALTER TABLE d.fact ADD COLUMN w int; CREATE INDEX ON d.every (id); DROP OWNED BY latest; DROP ROLE latest; SELECT * FROM redshift.check_cluster()}), '', 'definitions and roles');

$cluster->stop;
done_testing();
