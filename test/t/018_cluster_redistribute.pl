# ALTER TABLE ... SET (diststyle, distkey): rows move between nodes, while others read.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('redistribute', 3);
my $leader = $cluster->leader;

sub sql { return $leader->safe_psql('postgres', $_[0]); }

my $kinds = q{
	d date, ts timestamptz, b bool, f float8, big numeric(30,5), small numeric(6,2), t text, c char(5), u uuid, i interval,
	j jsonb, a int[], y bytea, e mood};

sql(qq{
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE t (k int8, gone int, n int, $kinds, x int GENERATED ALWAYS AS (n * 2) STORED) USING redshift WITH (distkey = k, sortkey = n);
ALTER TABLE t DROP COLUMN gone;
INSERT INTO t SELECT g, nullif(g % 17, 3), date '2020-01-01' + g % 1000, timestamptz '2020-01-01 00:00+00' + g * interval '7 minutes',
	g % 3 = 0, g / 7.0, g * 12345678901234.12345, g % 1000 / 7.0, 'text ' || g % 100, 'c' || g % 7, md5(g::text)::uuid,
	g * interval '1 hour', jsonb_build_object('g', g), ARRAY[g, g % 5], decode(md5(g::text), 'hex'), (ARRAY['sad', 'ok', 'happy'])[g % 3 + 1]::mood
	FROM generate_series(1, 12000) g;
DELETE FROM t WHERE k % 11 = 0;
UPDATE t SET t = NULL WHERE k % 13 = 0;
CREATE INDEX t_n ON t (n);
ANALYZE t;
});
my $sum = q{SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM t};
my $before = sql($sum);

sub style { return sql("SELECT diststyle || coalesce(' ' || distkey, '') FROM redshift.distributed_table_info WHERE \"table\" = 't'::regclass"); }

# Rows on each node; those of the slices of other nodes.
sub rows_of_nodes { return map { $_->safe_psql('postgres', 'SELECT count(*) FROM t') } $cluster->nodes; }

# ---------------------------------------------------------------------
# From each to each
# ---------------------------------------------------------------------

for my $change ('diststyle = all', 'distkey = n', 'distkey = u', 'diststyle = even', 'diststyle = all', 'diststyle = even', 'diststyle = auto')
{
	sql("ALTER TABLE t SET ($change)");
	is(sql($sum), $before, "$change: all rows, once");
	is(sql('SELECT count(*) FROM redshift.check_cluster()'), 0, "$change: nodes are as the leader says");
	my @rows = rows_of_nodes();
	my $all = (split /\|/, $before)[0];
	if ($change =~ /all/)
	{
		is_deeply(\@rows, [ $all, $all, $all ], "$change: each node has all rows");
	}
	else
	{
		is($rows[0] + $rows[1] + $rows[2], $all, "$change: each row is on one node");
		cmp_ok((sort { $a <=> $b } @rows)[0], '>', $all / 10, "$change: each node has a part") unless $change =~ /= n/;
	}
}
is(sql('SELECT count(*) FROM pg_class WHERE relname LIKE \'pg_temp%\''), 0, 'nothing is left behind');
is($cluster->node(1)->safe_psql('postgres', 'SELECT count(*) FROM pg_class WHERE relname LIKE \'pg_temp%\''), 0, '... nor on nodes');

# Rows are where the key says: filters on it and joins by it find them.
sql('ALTER TABLE t SET (distkey = n)');
is(style(), 'key n', 'the new key is shown');
is(sql('SELECT count(*) FROM t WHERE n = 5'), sql('SELECT count(*) FILTER (WHERE n = 5) FROM t'), 'rows of one value of the key');
is(sql('SELECT count(*) FROM t x JOIN t y USING (n) WHERE x.k < 100 AND y.k < 100'),
	sql('SELECT sum(c * c) FROM (SELECT count(*) AS c FROM t WHERE k < 100 AND n IS NOT NULL GROUP BY n) q'), 'a join by the key');
unlike(sql('EXPLAIN SELECT count(*) FROM t x JOIN t y USING (n)'), qr/Exchange/, '... moves nothing');
is(sql("SET enable_seqscan = off; SELECT count(*) FROM t WHERE n = 7"), sql('SELECT count(*) FILTER (WHERE n = 7) FROM t'), 'indexes have the rows');
sql("INSERT INTO t (k, n) VALUES (100001, 3), (100002, 4)");
is(sql('WITH d AS (SELECT x FROM t WHERE k > 100000) SELECT min(x), max(x) FROM d'), '6|8', 'rows can be added');
sql('DELETE FROM t WHERE k > 100000');

# ---------------------------------------------------------------------
# DISTSTYLE AUTO
# ---------------------------------------------------------------------

sub styles
{
	return sql(q{SELECT string_agg("table" || ' ' || diststyle, ', ' ORDER BY "table"::text) FROM redshift.distributed_table_info WHERE "table"::text LIKE 'auto_%'});
}

sql(q{
CREATE TABLE auto_key (a int PRIMARY KEY, b int) USING redshift;
CREATE TABLE auto_even (a int, b int) USING redshift;
CREATE TABLE auto_refers (a int, b int) USING redshift;
INSERT INTO auto_key SELECT g, g FROM generate_series(1, 1000) g;
INSERT INTO auto_even SELECT g, g FROM generate_series(1, 1000) g;
INSERT INTO auto_refers SELECT g % 1000 + 1, g FROM generate_series(1, 2000) g;
});
is(styles(), 'auto_even auto, auto_key auto, auto_refers auto', 'nothing is chosen yet');
$leader->safe_psql('postgres', "SET redshift.auto_distribution = off;\nVACUUM;");
is(styles(), 'auto_even auto, auto_key auto, auto_refers auto', '... nor is it if that is off');
sql('VACUUM');
is(styles(), 'auto_even AUTO(ALL), auto_key AUTO(ALL), auto_refers AUTO(ALL)', 'small tables are on all nodes');
is(sql('SELECT count(*) FROM redshift.check_cluster()'), 0, '... as the leader says');
is(join(' ', map { $_->safe_psql('postgres', 'SELECT count(*) FROM auto_even') } $cluster->nodes), '1000 1000 1000', '... indeed');
unlike(sql('EXPLAIN SELECT count(*) FROM auto_even JOIN t ON t.n = auto_even.a'), qr/Exchange/, 'joins with them move nothing');
sql('VACUUM auto_even');
is(styles(), 'auto_even AUTO(ALL), auto_key AUTO(ALL), auto_refers AUTO(ALL)', 'so they stay');
sql('ANALYZE');
$leader->safe_psql('postgres', "SET redshift.auto_all_size = 0;\nVACUUM auto_key, auto_even;");
is(styles(), 'auto_even AUTO(EVEN), auto_key AUTO(KEY(a)), auto_refers AUTO(ALL)', 'as they grow, by key or evenly');
sql('VACUUM');
is(styles(), 'auto_even AUTO(EVEN), auto_key AUTO(KEY(a)), auto_refers AUTO(ALL)', 'never back to all nodes');
is(sql('SELECT count(*), sum(a), sum(b) FROM auto_even') . ' ' . sql('SELECT count(*), sum(a) FROM auto_key') . ' ' . sql('SELECT count(*), sum(b) FROM auto_refers'),
	'1000|500500|500500 1000|500500 2000|2001000', 'all rows, once');
is(sql("SELECT reloptions FROM pg_class WHERE relname = 'auto_key'"), '{diststyle=auto(key),distkey=a}', 'it is part of the options');
sql('ALTER TABLE auto_key SET (diststyle = even); ALTER TABLE auto_refers SET (diststyle = all)');
sql('VACUUM');
is(styles(), 'auto_even AUTO(EVEN), auto_key even, auto_refers all', 'what a user chooses stays');
sql('ALTER TABLE auto_key SET (diststyle = auto); ALTER TABLE auto_refers SET (diststyle = auto)');
is(styles(), 'auto_even AUTO(EVEN), auto_key AUTO(EVEN), auto_refers AUTO(ALL)', 'back to AUTO: rows stay where they are');
sql('VACUUM auto_key');
is(styles(), 'auto_even AUTO(EVEN), auto_key AUTO(KEY(a)), auto_refers AUTO(ALL)', '... until it is looked at');
sql('ALTER TABLE auto_key SET (diststyle = all); ALTER TABLE auto_key SET (diststyle = auto); ALTER TABLE auto_refers ADD FOREIGN KEY (a) REFERENCES auto_key');
$leader->safe_psql('postgres', "SET redshift.auto_all_size = 0;\nVACUUM;");
is(styles(), 'auto_even AUTO(EVEN), auto_key AUTO(ALL), auto_refers AUTO(EVEN)', 'what foreign keys refer to stays on all nodes');
sql('INSERT INTO auto_refers SELECT g % 1000 + 1, g FROM generate_series(1, 9000) g; DROP TABLE auto_key, auto_even, auto_refers');
is(sql('SELECT count(*) FROM redshift.check_cluster()'), 0, 'nodes are as the leader says');

# By the columns that queries join tables by, if the table is not unique by others.
sql(q{
CREATE TABLE auto_fact (a int, b int, c int) USING redshift;
CREATE TABLE auto_unique (a int, b int, c int UNIQUE) USING redshift;
CREATE TABLE auto_pair (a int, b int, c int, PRIMARY KEY (a, b)) USING redshift;
INSERT INTO auto_fact SELECT g, g % 100, g FROM generate_series(1, 1000) g;
INSERT INTO auto_unique SELECT g, g, g FROM generate_series(1, 1000) g;
INSERT INTO auto_pair SELECT g % 10, g, g FROM generate_series(1, 1000) g;
});
my $joins = join '', map { "SELECT count(*) FROM auto_fact f JOIN auto_pair p ON p.b = f.b LEFT JOIN auto_unique u ON u.a = f.b WHERE f.a > $_;" } 1 .. 12;
sql("SELECT count(*) FROM auto_fact f JOIN auto_pair p ON p.a = f.c; $joins");
is(sql(q{SELECT string_agg("table" || '.' || "column" || ' ' || queries, ', ' ORDER BY "table"::text, "column") FROM redshift.join_columns() WHERE "table"::text LIKE 'auto_%'}),
	'auto_fact.b 12, auto_fact.c 1, auto_pair.a 1, auto_pair.b 12, auto_unique.a 12', 'columns that tables were joined by');
$leader->safe_psql('postgres', "SET redshift.auto_all_size = 0;\nVACUUM auto_fact, auto_unique, auto_pair;");
is(styles(), 'auto_fact AUTO(KEY(b)), auto_pair AUTO(KEY(b)), auto_unique AUTO(EVEN)', 'they are chosen');
unlike(sql('EXPLAIN SELECT count(*) FROM auto_fact f JOIN auto_pair p ON p.b = f.b'), qr/Exchange/, 'and joined where they are');
sql('DROP TABLE auto_fact, auto_unique, auto_pair');

# Without VACUUM, by the leader's worker.
sql('CREATE TABLE auto_small (a int) USING redshift; CREATE TABLE auto_large (a int PRIMARY KEY, b text) USING redshift;
	INSERT INTO auto_small VALUES (1); INSERT INTO auto_large SELECT g, md5(g::text) FROM generate_series(1, 20000) g');
is(styles(), 'auto_large auto, auto_small auto', 'not yet');
$leader->safe_psql('postgres', "ALTER SYSTEM SET redshift.auto_all_size = '40 kB';\nALTER SYSTEM SET autovacuum_naptime = '1s';\nALTER SYSTEM SET autovacuum = on;\nSELECT pg_reload_conf()");
ok($leader->poll_query_until('postgres', q{SELECT string_agg("table" || ' ' || diststyle, ', ' ORDER BY "table"::text) = 'auto_large AUTO(KEY(a)), auto_small AUTO(ALL)'
	FROM redshift.distributed_table_info WHERE "table"::text LIKE 'auto_%'}), 'the worker has looked');
sql('INSERT INTO auto_small SELECT hashint4(g) FROM generate_series(1, 50000) g');
ok($leader->poll_query_until('postgres', q{SELECT diststyle = 'AUTO(EVEN)' FROM redshift.distributed_table_info WHERE "table" = 'auto_small'::regclass}), 'and again as it grows');
is(sql('SELECT count(*), count(DISTINCT a) > 49000 FROM auto_small'), '50001|t', 'all rows, once');
$leader->safe_psql('postgres', "ALTER SYSTEM RESET ALL;\nSELECT pg_reload_conf()");
sql('DROP TABLE auto_small, auto_large');

# ---------------------------------------------------------------------
# Transactions
# ---------------------------------------------------------------------

is(sql("BEGIN; INSERT INTO t (k) VALUES (100003); ALTER TABLE t SET (diststyle = all); DELETE FROM t WHERE k = 100003; SELECT count(*) FROM t; ROLLBACK"),
	(split /\|/, $before)[0], 'own changes go with the rows');
is(style() . ' ' . sql($sum), "key n $before", 'rolled back');
is(sql("BEGIN; SAVEPOINT s; ALTER TABLE t SET (diststyle = all); ROLLBACK TO s; ALTER TABLE t SET (diststyle = even); INSERT INTO t (k) VALUES (100004); COMMIT; DELETE FROM t WHERE k = 100004"),
	'', 'savepoints');
is(style() . ' ' . sql($sum), "even $before", '... the last of which holds');
my ($code, $out, $err) = $leader->psql('postgres', 'ALTER TABLE t SET (distkey = nothing)');
like($err, qr/column "nothing" .*does not exist/, 'an unknown column');
($code, $out, $err) = $leader->psql('postgres', 'ALTER TABLE t SET (diststyle = sideways)');
like($err, qr/invalid value/, 'an unknown style');
is(style() . ' ' . sql($sum), "even $before", '... change nothing');

# A unique index must hold on each node.
sql("CREATE TABLE one (a int, b int) USING redshift WITH (distkey = a); CREATE UNIQUE INDEX ON one (a); INSERT INTO one SELECT g, 1 FROM generate_series(1, 100) g");
sql('ALTER TABLE one SET (distkey = b)');
is(sql('SELECT count(*), sum(a) FROM one'), '100|5050', 'all rows on one node');
is(join(' ', sort map { $_->safe_psql('postgres', 'SELECT count(*) FROM one') } $cluster->nodes), '0 0 100', '... indeed');

# ---------------------------------------------------------------------
# Readers
# ---------------------------------------------------------------------

sub wait_for { $leader->poll_query_until('postgres', $_[0]) or die "timed out: $_[0]"; }

sub start_psql
{
	my ($in, $out, $err, @more) = @_;
	return IPC::Run::start([ 'psql', '-XAtq', '-d', $leader->connstr('postgres'), @more ], '<', $in, '>', $out, '2>', $err);
}

my ($rin, $rout, $rerr) = ('', '', '');
my ($ain, $aout, $aerr) = ('', '', '');
my $reader = start_psql(\$rin, \$rout, \$rerr, '-f', '-');

sub ask
{
	my ($question) = @_;
	$rout = '';
	$rin .= "$question;\n\\echo done\n";
	$reader->pump until $rout =~ /done/ || !$reader->pumpable;
	return $rout =~ s/\n?done\n//r;
}

sub start_alter { return start_psql(\$ain, \$aout, \$aerr, '-c', "ALTER TABLE $_[0]"); }

sub alter_waits_for
{
	wait_for("SELECT count(*) = 1 FROM pg_locks WHERE relation = '$_[0]'::regclass AND mode = '$_[1]' AND NOT granted");
}

is(ask("BEGIN; $sum"), $before, 'a reader begins');
my $alter = start_alter('t SET (distkey = k)');
alter_waits_for('t', 'AccessExclusiveLock');
is(ask($sum), $before, 'it reads while rows have moved already');
is(ask('SELECT count(*) FROM t WHERE n = 5'), sql_count_at_nodes(), '... on all nodes');
ask('COMMIT');
$alter->finish;
is($aerr, '', 'the table is altered when the reader is done');
is(style() . ' ' . sql($sum), "key k $before", '... with all rows');

# ---------------------------------------------------------------------
# Writers: what they do while rows are copied is done to the copies
# ---------------------------------------------------------------------

# Rows that are alike, without a value of the key, and of a type that has no equality; h is what t should be.
my $columns = 'k, n, t, f, small, j';
sql(qq{
CREATE TABLE w (k int, n int, t text, f float8, small numeric, j json) USING redshift WITH (distkey = k);
CREATE TABLE h (k int, n int, t text, f float8, small numeric, j json) USING heap;
INSERT INTO w SELECT nullif(g % 500, 7), g % 10, CASE WHEN g % 9 > 0 THEN 'text ' || g % 10 END, (g % 3)::float8 * -0.0, 1.5, '{"a": 1}' FROM generate_series(1, 4000) g;
INSERT INTO w SELECT * FROM w;
INSERT INTO h SELECT * FROM w;
});
my @changes = (
	"DELETE FROM # WHERE k = 3 AND n = 3",
	"UPDATE # SET n = n + 100, small = 1.50 WHERE k % 50 = 4",
	"DELETE FROM # WHERE k IS NULL AND n % 2 = 1",
	"INSERT INTO # SELECT k, n, t, f, small, j FROM h WHERE k < 20",
	"UPDATE # SET t = NULL WHERE n = 5");
my $image = sub { return "SELECT count(*), sum(hashtextextended(ROW($columns)::text, 0)::numeric) FROM $_[0]" };

for my $set ('diststyle = even', 'diststyle = all', 'distkey = n', 'diststyle = all', 'diststyle = even', 'distkey = k')
{
	# One row of two that are alike, too: any of them will do.
	my $change = shift @changes;
	push @changes, $change;
	ask('BEGIN');
	ask($change =~ s/#/w/r);
	$alter = start_alter("w SET ($set)");
	alter_waits_for('w', 'ShareRowExclusiveLock');
	my $next = $changes[0];
	ask($next =~ s/#/w/r);
	is(sql('SELECT count(*) >= 0 FROM w'), 't', "$set: others read");
	ask('COMMIT');
	$alter->finish;
	is($aerr, '', "$set while rows change");
	sql($_) for map { s/#/h/r } $change, $next;
	is(sql($image->('w')), sql($image->('h')), '... all changes are there');
	is(sql('SELECT count(*) FROM redshift.check_cluster()'), 0, '... and on all nodes alike');
}
ask('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM w');
sql('INSERT INTO w VALUES (1)');
ask('ALTER TABLE w SET (diststyle = even)');
like($rerr, qr/cannot be changed by a transaction that has read before/, 'nor does an old snapshot lose any');
ask('ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ; ALTER TABLE w SET (diststyle = even); COMMIT');
is(sql('SELECT count(*) FROM w'), sql('SELECT count(*) + 1 FROM h'), '... and a new one does not');
$rin .= "\\q\n";
$reader->finish;

sub sql_count_at_nodes
{
	my $count = 0;
	$count += $_->safe_psql('postgres', 'SET statement_timeout = 5000; SELECT count(*) FROM t WHERE n = 5') for $cluster->nodes;
	return $count;
}

$cluster->stop;
done_testing();
