# Random statements that change distributed tables, and the same on heap tables: after
# each, the tables have the same rows, and errors have the same SQLSTATE.
#
#   REDSHIFT_SEED     by default the same in each run
#   REDSHIFT_QUERIES  how many statements
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $seed = $ENV{REDSHIFT_SEED} || 77;
my $count = $ENV{REDSHIFT_QUERIES} || 150;
diag "seed $seed, $count statements";
srand $seed;

my $cluster = RedshiftCluster->new('dml', 2);
my $leader = $cluster->leader;
my @tables = qw(t e a l);		# by key, even, everywhere, the leader's

sub pick { return $_[ int rand @_ ]; }
sub number { return int rand shift; }

sub value
{
	my ($from) = @_;
	return pick("$from.w", "$from.k % 10", "coalesce($from.w, 0) + 1", "length($from.v)", number(50), 'NULL', "(SELECT max(x.w) FROM " . pick(@tables) . " x)", "(SELECT count(*) FROM " . pick(@tables) . " x WHERE x.k = $from.k)");
}

sub condition
{
	my ($from) = @_;
	return pick("$from.k < " . number(300), "$from.k = " . number(200), "$from.w > " . number(30), "$from.k % 7 = " . number(7), "$from.v LIKE '%" . number(10) . "'", "$from.k IN (SELECT x.k FROM " . pick(@tables) . " x WHERE x.w < " . number(30) . ")", "EXISTS (SELECT FROM " . pick(@tables) . " x WHERE x.k = $from.k AND x.w > " . number(20) . ")", "$from.w IS NULL", "$from.k BETWEEN " . number(100) . " AND " . (100 + number(100)));
}

# Rows with different k, so that what they match is certain.
sub source
{
	my $table = pick(@tables);
	return pick("(SELECT x.k, max(x.w) AS w, min(x.v) AS v FROM $table x WHERE " . condition('x') . " GROUP BY x.k)", "(SELECT g AS k, g % 9 AS w, 's' || g AS v FROM generate_series(" . number(100) . ", " . (100 + number(100)) . ") g)", "(SELECT x.k, max(y.w) AS w, min(x.v) AS v FROM $table x JOIN " . pick(@tables) . " y ON y.k = x.k GROUP BY x.k)");
}

my $next = 1000;

sub change
{
	my ($with) = @_;
	my $table = pick(@tables);
	my $fresh = $next += 500;
	my $change = pick(
		"INSERT INTO $table (k, v, w) VALUES ($fresh, 'x', 1), ($fresh + 1, 'y', NULL), (" . ($fresh + number(3)) . ", 'z', 3)",
		"INSERT INTO $table (k, v, w) SELECT $fresh + s.k, s.v, s.w FROM " . source() . " s",
		"INSERT INTO $table (w, k) SELECT x.k % 20, x.k + $fresh FROM " . pick(@tables) . " x WHERE x.k < 400 AND " . condition('x'),
		$table ne 't' ? () : "INSERT INTO t (k, v) SELECT s.k, 'again' FROM " . source() . " s ON CONFLICT (k) DO " . pick('NOTHING', "UPDATE SET w = excluded.k % 5, v = t.v || '+'"),
		"UPDATE $table SET w = " . value($table) . ", v = v || '!' WHERE " . condition($table),
		"UPDATE $table SET w = s.w FROM " . source() . " s WHERE s.k = $table.k AND " . condition($table),
		"UPDATE $table SET k = k + 100000 WHERE " . condition($table),
		"DELETE FROM $table WHERE " . condition($table) . " AND " . condition($table),
		"DELETE FROM $table USING " . source() . " s WHERE s.k = $table.k AND " . condition($table) . " AND s.w < 5",
		$with ? () : ("MERGE INTO $table USING " . source() . " s ON s.k = $table.k WHEN MATCHED AND $table.w > " . number(20) . " THEN UPDATE SET w = s.w, v = s.v WHEN MATCHED AND $table.k % 11 = 0 THEN DELETE WHEN NOT MATCHED AND s.w > 3 THEN INSERT (k, v, w) VALUES (" . pick('s.k', "s.k + $fresh") . ", s.v, s.w)"));

	return $change . ($with ? " RETURNING $table.k, $table.w" : '');
}

sub statement
{
	my $kind = number(10);

	return change() if ($kind < 6);
	return 'WITH c AS (' . change(1) . ') ' . pick("SELECT count(*), sum(k) FROM c", "INSERT INTO " . pick(qw(e a l)) . " (k, w) SELECT k, w FROM c", "DELETE FROM l WHERE k IN (SELECT k FROM c)") if ($kind < 8);
	return 'BEGIN; ' . change() . '; SAVEPOINT a; ' . change() . '; ' . pick('ROLLBACK TO a', 'RELEASE a') . '; ' . change() . '; COMMIT';
}

my $sums = 'SELECT ' . join(', ', map { "(SELECT count(*) || ' ' || coalesce(sum(hashtext(x::text)::bigint), 0) FROM $_ x)" } @tables) . ';';
my @statements = map { statement() } 1 .. $count;
my %answers;

for my $schema (qw(d h))
{
	my $am = $schema eq 'd' ? 'redshift' : 'heap';
	my $setup = "CREATE SCHEMA $schema; SET search_path = $schema; SET default_table_access_method = $am; CREATE TABLE t (k int PRIMARY KEY, v text, w int) [distkey = k]; CREATE TABLE e (k int, v text, w int) [diststyle = even]; CREATE TABLE a (k int, v text, w int) [diststyle = all]; CREATE TABLE l (k int, v text, w int) USING heap;" .
		join('', map { "INSERT INTO $_ SELECT g, 'v' || g, CASE WHEN g % 13 > 0 THEN g % 40 END FROM generate_series(1, 200) g;" } @tables);
	my $script = '';

	$setup =~ s/\[(.*?)\]/$schema eq 'd' ? "WITH ($1)" : ''/ge;
	$leader->safe_psql('postgres', $setup);
	for my $i (0 .. $#statements)
	{
		$script .= "$statements[$i];\nROLLBACK;\n\\echo == $i :LAST_ERROR_SQLSTATE\n$sums\n";
	}
	my ($code, $out, $err) = $leader->psql('postgres', "SET client_min_messages = error; SET search_path = $schema;\n\\set VERBOSITY verbose\n$script", on_error_stop => 0);
	$answers{$schema} = [ split /^(?=== )/m, $out ];
	$answers{"$schema errors"} = [ $err =~ /ERROR:  (\w{5}:.*)/g ];
}
my $different = 0;
for my $i (0 .. $#{ $answers{h} })
{
	my ($number) = $answers{h}[$i] =~ /^== (\d+)/;

	next if ($answers{d}[$i] eq $answers{h}[$i]);
	diag "statement: $statements[$number]\n$answers{d}[$i]$answers{h}[$i]";
	last if (++$different > 2);
}
is($different, 0, 'the tables have the same rows, and errors the same SQLSTATE, after each statement')
	or diag join "\n", grep { !/^(23505|25P02|3B001)/ } @{ $answers{'d errors'} };
is(scalar @{ $answers{'d errors'} }, scalar @{ $answers{'h errors'} }, 'as many errors');

$cluster->stop;
done_testing();
