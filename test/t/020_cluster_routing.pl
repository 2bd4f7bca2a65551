# Statements that conditions on the distribution key confine go to the nodes of the key's
# slices and to no others: they run while the others are down.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('routing', 2);
my $leader = $cluster->leader;
my ($n1, $n2) = ($cluster->node(1), $cluster->node(2));

$leader->safe_psql('postgres', <<'SQL');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE k (a int, b text, c int8) USING redshift WITH (distkey = a);
CREATE TABLE l (a int8, b text, c int) USING redshift WITH (distkey = a);
CREATE TABLE al (a int, b text) USING redshift WITH (diststyle = all);
CREATE TABLE heap_table (a int) USING heap;
INSERT INTO k SELECT g, 'k' || g, g % 10 FROM generate_series(1, 200) g;
INSERT INTO l SELECT g, 'l' || g, g % 10 FROM generate_series(1, 200) g;
INSERT INTO al SELECT g, 'al' || g FROM generate_series(1, 200) g;
ANALYZE k, l, al;
SQL

# The node that a query says it goes to.
sub routed
{
	my ($sql) = @_;
	return $leader->safe_psql('postgres', "EXPLAIN $sql") =~ /Routed To: (.*)/ ? $1 : 'all';
}
my (%keys);
push @{ $keys{ routed("SELECT * FROM k WHERE a = $_") } }, $_ for (1 .. 20);
my ($x, $y, $z) = @{ $keys{n1} };
my ($other) = @{ $keys{n2} };

# A value of each type is on one node, wherever it was sent from: each row finds itself.
my %types = (
	int2 => ['g'], int4 => ['g'], int8 => ['g'], positive => ['g'], bool => ['g % 2 = 0'],
	numeric => ['g / 3.0'], float4 => ['g / 4.0', "'-0'"], float8 => ['g / 4.0', "'-0'", "'NaN'"],
	text => [ "'text ' || g", "'pad  '" ], 'varchar(20)' => [ "'text ' || g", "'pad  '" ],
	'char(10)' => ["'char ' || g"], 'text COLLATE "C"' => ["'c' || g"], name => ["'name' || g"],
	date => ["date '2026-01-01' + g"], timestamp => ["timestamp '2026-01-01' + g * interval '1 hour'"],
	timestamptz => ["timestamptz '2026-01-01' + g * interval '1 hour'"], time => ["time '0:00' + g * interval '1 minute'"],
	timetz => ["timetz '0:00+1' + g * interval '1 minute'"], interval => ["g * interval '1 day'"],
	uuid => ["md5(g::text)::uuid"], bytea => ["decode(md5(g::text), 'hex')"], inet => ["inet '10.0.0.0' + g"],
	'int[]' => ['ARRAY[g, g + 1]'], jsonb => ["to_jsonb(g)"], oid => ['g::oid']);
my @names = sort keys %types;
my (@make, @list, @query);
for my $n (0 .. $#names)
{
	my $type = $names[$n];
	my $values = join ' UNION ALL ', map { "SELECT ($_)::$type FROM generate_series(1, 8) g" } @{ $types{$type} };

	push @make, "CREATE TABLE v$n (v $type) USING redshift WITH (distkey = v)",
		"CREATE TABLE h$n USING heap AS SELECT * FROM ($values) q(v)", "INSERT INTO v$n SELECT v FROM h$n UNION ALL SELECT NULL";
	push @list, "SELECT DISTINCT $n, quote_literal(v::text) FROM h$n";
}
$leader->safe_psql('postgres', join ';', 'BEGIN', @make, 'COMMIT');

# Of each: does it say so in the plan, and are literals and parameters found?
for (split /\n/, $leader->safe_psql('postgres', join ';', @list))
{
	my ($n, $literal) = split /\|/, $_, 2;
	my $type = $names[$n] =~ s/ COLLATE.*//r;

	push @query, "SELECT '$n'; EXPLAIN SELECT * FROM v$n WHERE v = $literal\::$type",
		"PREPARE p$n($type) AS SELECT count(*) FROM v$n WHERE v = \$1" unless (grep { /PREPARE p$n\(/ } @query);
	push @query, "SELECT 'same ' || (v = h AND h > 0) FROM (SELECT count(*) FROM v$n WHERE v = $literal\::$type) a(v), " .
		"(SELECT count(*) FROM h$n WHERE v = $literal\::$type) b(h)",
		"SELECT 'of ' || count(*) FROM h$n WHERE v = $literal\::$type; EXECUTE p$n($literal)";
}
push @query, map { "SELECT 'nulls ' || count(*) FROM v$_ WHERE v IS NULL" } (0 .. $#names);
my $text = $leader->safe_psql('postgres', join ';', 'SET plan_cache_mode = force_generic_plan', @query);
my @wrong = ($text =~ /^(same false)/mg, $text =~ /^(nulls [^1])/mg);
push @wrong, 'a plan' unless ((() = $text =~ /Nodes: 1\n/g) == @names);
while ($text =~ /^of (\d+)\n(\d+)/mg)
{
	push @wrong, "$1, found $2" unless ($1 == $2);
}
is_deeply(\@wrong, [], 'values of each type are found on the node of their slice');

# What does not confine a query.
for my $condition ("a > $x", "a <> $x", "a = $x OR b = 'x'", "a = $x OR c = 5", "a + 0 = $x", "a = c", "a IS NOT NULL",
	"NOT a = $x", "a <> ALL ('{1,2}')", "a = random()::int", "b = 'k5'", "a = ${x}::numeric")
{
	is(routed("SELECT * FROM k WHERE $condition"), 'all', "not confined: $condition");
}
is(routed("SELECT * FROM k LEFT JOIN l ON k.a = l.a AND k.a = $x"), 'all', 'a condition of an outer join confines the inner side only');
is(routed("SELECT * FROM k FULL JOIN l ON k.a = l.a AND l.a = $x AND k.a = $x"), 'all', 'nor does that of a full join');

# Nodes evaluate by the session's settings, whatever becomes of these, and are told when they change.
my $local_time = "SELECT (timestamptz '2026-01-01 00:00+00' + a * interval '0')::text FROM %s WHERE a = $x";
my $changes = join '; ', map { $_ eq '' ? $local_time : $_ } ('', '', "SET TimeZone = 'Asia/Tokyo'", '', 'BEGIN', "SET LOCAL TimeZone = 'America/Lima'", '',
	'SAVEPOINT a', "SET LOCAL TimeZone = 'Asia/Kabul'", '', 'SAVEPOINT b', "SET TimeZone = 'Asia/Dili'", '', 'RELEASE b', '', 'ROLLBACK TO a', '', 'SAVEPOINT c', "SET TimeZone = 'Asia/Aden'",
	'UPDATE %s SET a = a WHERE false', '', 'RELEASE c', "SET DateStyle = 'German'", '', 'ROLLBACK', '', 'BEGIN', "SET TimeZone = 'Asia/Oral'", '', 'COMMIT', '', "SET TimeZone = 'UTC'", 'BEGIN', '',
	'ROLLBACK', '', 'BEGIN ISOLATION LEVEL REPEATABLE READ', '', "SET TimeZone = 'Asia/Omsk'", '', 'ROLLBACK', '', 'RESET ALL', '');
$leader->safe_psql('postgres', "INSERT INTO heap_table VALUES ($x)");
is($leader->safe_psql('postgres', $changes =~ s/%s/k/gr =~ s/UPDATE k SET a = a/UPDATE k SET b = b/r), $leader->safe_psql('postgres', $changes =~ s/%s/heap_table/gr),
	'nodes have the settings of the session');
$n1->safe_psql('postgres', "ALTER SYSTEM SET log_statement = 'all'");
$n1->reload;
my $before = -s $n1->logfile;
$leader->safe_psql('postgres', "SELECT b FROM k WHERE a = $x; BEGIN; SELECT b FROM k WHERE a = $x; UPDATE k SET c = c WHERE a = $x; COMMIT; SELECT b FROM k WHERE a = $x");
is(scalar(() = slurp_file($n1->logfile, $before) =~ /set_config\('work_mem'/g), 1, 'they are sent once, if they do not change');

is($leader->safe_psql('postgres', "PREPARE p(int[]) AS SELECT count(*) FROM k WHERE a = ANY (\$1); " .
	"SET plan_cache_mode = force_generic_plan; EXECUTE p(NULL); EXECUTE p('{}'); EXECUTE p('{NULL,5}')"), "0\n0\n1",
	'where there is no value any node will do');

# All of these run on n1 alone: n2 is down.
$leader->safe_psql('postgres', 'ALTER DATABASE postgres SET redshift.enable_vector = on');
$n2->stop('immediate');
my $log = -s $n1->logfile;
my @statements = (
	["SELECT b FROM k WHERE a = $x", "k$x"],
	["SELECT b FROM k WHERE $x = a AND c < 100", "k$x"],
	["SELECT count(*), min(b) FROM k WHERE a = $x", "1|k$x"],
	["SELECT count(*) FROM k WHERE a IN ($x, $y, $z)", 3],
	["SELECT count(*) FROM k WHERE a = $x OR (a = ANY ('{$y,$z}') AND c >= 0) OR a = NULL", 3],
	["SELECT a, count(*) FROM k WHERE a IN ($x, $y) GROUP BY a ORDER BY a", "$x|1\n$y|1"],
	["SELECT b FROM k WHERE a = $x ORDER BY c LIMIT 1", "k$x"],
	["SELECT k.b, l.b FROM k JOIN l USING (a) WHERE a = $x", "k$x|l$x"],
	["SELECT k.b, l.b FROM k LEFT JOIN l ON k.a = l.a AND l.c < 0 WHERE k.a = $x", "k$x|"],
	["SELECT count(*) FROM k JOIN l ON k.a = l.a AND l.a IN ($x, $y) AND k.a IN ($y, $z)", 1],
	["SELECT k.b FROM k WHERE a = $x AND EXISTS (SELECT 1 FROM l WHERE l.a = k.a)", "k$x"],
	["SELECT k.b FROM k WHERE a = $x AND NOT EXISTS (SELECT 1 FROM l WHERE l.a = k.a AND l.c < 0)", "k$x"],
	["SELECT k.b, al.b FROM k JOIN al USING (a) WHERE k.a = $x", "k$x|al$x"],
	["SELECT k.b, l.b FROM k, l WHERE k.a = $x AND l.a = $y", "k$x|l$y"],
	["SELECT (SELECT b FROM k WHERE a = $x), (SELECT b FROM l WHERE a = $y)", "k$x|l$y"],
	["SELECT b FROM (SELECT a, max(b) AS b FROM k GROUP BY a) q WHERE a = $x", "k$x"],
	["WITH w AS (SELECT * FROM k) SELECT b FROM w WHERE a = $x", "k$x"],
	["SELECT b FROM k WHERE a = $x UNION ALL SELECT b FROM l WHERE a = $y", "k$x\nl$y"],
	["PREPARE p(int) AS SELECT b FROM k WHERE a = \$1; SET plan_cache_mode = force_generic_plan; EXECUTE p($x); EXECUTE p($y)", "k$x\nk$y"],
	["PREPARE p(int[]) AS SELECT count(*) FROM k WHERE a = ANY (\$1); SET plan_cache_mode = force_generic_plan; EXECUTE p('{$x,$y}'); EXECUTE p('{$x}')", "2\n1"],
	["SET TimeZone = 'UTC'; SELECT count(*) FROM k WHERE a = extract(year FROM now())::int * 0 + $x", 1],
	["SELECT b FROM k WHERE a = $x FOR UPDATE", "k$x"],
	["BEGIN; DECLARE c CURSOR FOR SELECT b FROM k WHERE a = $x; UPDATE k SET b = 'later' WHERE a = $x; FETCH c; ROLLBACK", "k$x"],
	["UPDATE k SET b = 'u' WHERE a = $x RETURNING b", 'u'],
	["UPDATE k SET b = l.b FROM l WHERE l.a = k.a AND l.a = $y RETURNING k.b", "l$y"],
	["INSERT INTO k VALUES ($z, 'again', 0) RETURNING b", 'again'],
	["DELETE FROM k WHERE a IN ($z, $x) AND b IN ('u', 'again') RETURNING b", undef],
	["BEGIN; SAVEPOINT s; UPDATE k SET b = 'x' WHERE a = $y; ROLLBACK TO s; UPDATE k SET b = b || '!' WHERE a = $y; COMMIT; SELECT b FROM k WHERE a = $y", "l$y!"],
	["SELECT count(*) FROM k WHERE a = $y AND a = $z", 0]);
for my $statement (@statements)
{
	my ($sql, $expected) = @$statement;
	my ($code, $out, $err) = $leader->psql('postgres', $sql);

	is($err, '', "on one node: $sql");
	is($out, $expected, "... gives") if (defined $expected);
}
unlike(slurp_file($n1->logfile, $log), qr/PREPARE TRANSACTION/, 'a lone node that was written commits in one phase');

# Sessions that begin on a node that is there read what is on all nodes.
my %seen;
for (1 .. 20)
{
	my ($code, $out, $err) = $leader->psql('postgres', 'SELECT count(*) FROM al');
	$seen{ $code == 0 ? $out : 'failed' }++;
}
ok($seen{200} && $seen{failed}, 'sessions share the nodes for tables that are on all of them');

for my $sql ("SELECT b FROM k WHERE a = $other", 'SELECT count(*) FROM k', "UPDATE k SET b = 'x' WHERE a = $other",
	"BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT b FROM k WHERE a = $x; COMMIT")
{
	my ($code, $out, $err) = $leader->psql('postgres', $sql);
	like($err, qr/compute node "n2"/, "not on one node: $sql");
}
$n2->start;
is($leader->safe_psql('postgres', "SELECT b FROM k WHERE a = $other"), "k$other", 'the node is back');
$cluster->stop;
done_testing();
