# Materialized views over tables that change at random, refreshed now and then, show what their queries do;
# where rows were only added since the last refresh, that was incremental.  INCREMENTAL_SEED, INCREMENTAL_STEPS.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = defined $ENV{INCREMENTAL_SEED} ? $ENV{INCREMENTAL_SEED} : time;
my $steps = $ENV{INCREMENTAL_STEPS} || 40;
note "INCREMENTAL_SEED=$seed";
srand($seed);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
fsync = off
autovacuum = off
max_prepared_transactions = 10
redshift.endpoint_port = 0
redshift.auto_refresh_interval = 0
CONF
$node->start;

my %views = (
	rows => 'SELECT a, b + 1 AS c, s FROM f WHERE b % 3 <> 0',
	groups => 'SELECT a, s, sum(b) AS sb, count(*) AS n, count(a) AS na, min(b) AS lo, max(s) AS hi, sum(x) AS sx, count(b) AS nb, avg(b) AS ab, count(*) FILTER (WHERE b > 50) AS many FROM f GROUP BY s, a',
	total => 'SELECT count(*) AS n, sum(b) AS sb, max(x) AS hi FROM f',
	keys => 'SELECT a FROM f GROUP BY a',
	pairs => 'SELECT f.b, d.name FROM f JOIN d ON d.a = f.a',
	joined => 'SELECT d.name, count(*) AS n, sum(f.b) AS sb FROM f, d WHERE d.a = f.a AND d.a > 0 GROUP BY d.name',
	twice => 'SELECT x.a, count(*) AS n, sum(y.b) AS sb FROM d x JOIN d z ON z.a = x.a JOIN f y ON y.a = z.a GROUP BY x.a');
$node->safe_psql('postgres', join("\n", <<'SQL', map { "CREATE MATERIALIZED VIEW $_ AS $views{$_};" } sort keys %views));
CREATE EXTENSION redshift_ext;
SET default_table_access_method = redshift;
SET redshift.dialect = redshift;
CREATE TABLE f (a int, b int, s text, x numeric(12,2)) WITH (sortkey = b);
CREATE TABLE d (a int, b int, name varchar(20));
CREATE UNIQUE INDEX ON d (b);
CREATE SEQUENCE d_b;
ALTER TABLE d ALTER b SET DEFAULT nextval('d_b');
INSERT INTO d (a, name) SELECT nullif(g, 5), 'n' || g % 4 FROM generate_series(0, 9) g;
INSERT INTO f SELECT g % 8, g, 's' || g % 3, g / 4.0 FROM generate_series(1, 5000) g;
SQL
$node->safe_psql('postgres', "CREATE UNIQUE INDEX ON groups (a, s) NULLS NOT DISTINCT");

# Transactions that are prepared stand for those in progress; what would wait for one is left out meanwhile.
my ($sql, $next, $additions, $others) = ('', 0, 0, 0);
my (@prepared, @expected);
sub pick { return $_[ int(rand(@_)) ] }
sub few { return 1 + int(rand(4)) }
sub into_f
{
	my $n = pick(1, 3, 20, 3000);
	return "INSERT INTO f SELECT nullif(g % " . (3 + few()) . ", 2), " . int(rand(200)) . " - g, CASE WHEN g % 5 > 0 THEN 's' || g % 4 END, g * 1.25 FROM generate_series(1, $n) g";
}
sub into_d { return "INSERT INTO d (a, name) SELECT nullif(" . int(rand(10)) . " + g, 6), pick FROM generate_series(1, " . few() . ") g, LATERAL (SELECT CASE WHEN g < 4 THEN 'n' || g END) p(pick)" }
sub addition { return rand() < 0.8 ? into_f() : into_d() }
sub removal
{
	my $b = int(rand(200));
	my @of_f = ("DELETE FROM f WHERE b BETWEEN $b AND $b + 3", "UPDATE f SET b = b + 1 WHERE b = $b");
	return pick(@of_f) if @prepared;
	return pick(@of_f, "DELETE FROM d WHERE b % 7 = " . int(rand(7)),
		"UPDATE d SET name = 'u' || a WHERE b % 5 = " . int(rand(5)));
}
sub step
{
	my $dice = rand();

	if ($dice < 0.45) { $sql .= addition() . ";\n"; $additions++; }
	elsif ($dice < 0.50) { $sql .= removal() . ";\n"; $others++; }
	elsif ($dice < 0.58) { $sql .= 'BEGIN; ' . addition() . '; ' . removal() . "; ROLLBACK;\n"; }
	elsif ($dice < 0.68)
	{
		$sql .= 'BEGIN; ' . addition() . '; SAVEPOINT a; ' . addition() . '; ' . removal() . '; ROLLBACK TO a; ' . addition() .
		  '; SAVEPOINT b; ' . addition() . "; RELEASE b; COMMIT;\n";
		$additions++;
	}
	elsif ($dice < 0.78 && @prepared < 3)
	{
		my $name = 'p' . $next++;
		$sql .= 'BEGIN; ' . addition() . '; ' . addition() . "; PREPARE TRANSACTION '$name';\n";
		push @prepared, $name;
	}
	elsif ($dice < 0.90 && @prepared)
	{
		my $name = splice(@prepared, int(rand(@prepared)), 1);
		if (rand() < 0.7) { $sql .= "COMMIT PREPARED '$name';\n"; $additions++; }
		else { $sql .= "ROLLBACK PREPARED '$name';\n"; }
	}
	elsif ($dice < 0.94 && !@prepared)
	{
		$sql .= pick('VACUUM f', 'VACUUM d', 'TRUNCATE d', 'ALTER TABLE f SET (sortkey = a)', 'VACUUM FULL f', 'TRUNCATE f') . ";\n";
		$others++;
	}
	else { $sql .= addition() . ";\n" . addition() . ";\n"; $additions++; }
}
sub refresh
{
	my $way = rand();
	my @names = sort keys %views;
	my $refresh = join(' ', map { "REFRESH MATERIALIZED VIEW $_;" } @names);

	# In a transaction with changes of its own, some of them rolled back.
	if ($way < 0.15) { $sql .= 'BEGIN; ' . addition() . "; $refresh COMMIT;\n"; $additions++; }
	elsif ($way < 0.25) { $sql .= 'BEGIN; ' . addition() . '; SAVEPOINT a; ' . addition() . "; $refresh ROLLBACK TO a; COMMIT; $refresh\n"; $additions++; }
	elsif ($way < 0.30) { $sql .= 'BEGIN; ' . removal() . "; $refresh ROLLBACK; $refresh\n"; }
	else { $sql .= "$refresh\n"; }
	foreach (@names)
	{
		$sql .= "SELECT '$_ wrong in refresh ' || " . scalar(@expected) . " WHERE EXISTS ((SELECT * FROM $_ EXCEPT ALL ($views{$_})) UNION ALL (($views{$_}) EXCEPT ALL SELECT * FROM $_));\n";
	}
	# The last status of each view.
	push @expected, $additions > 0 && $others == 0 ? 1 : 0;
	$sql .= "SELECT 'status ' || $#expected || ' ' || count(*) || ' ' || count(*) FILTER (WHERE status LIKE '%from scratch') FROM "
	  . "(SELECT DISTINCT ON (mv_name) status FROM redshift.mv_refresh WHERE xid IS NOT NULL ORDER BY mv_name, starttime DESC) x;\n";
	($additions, $others) = (0, 0);
}
foreach (1 .. $steps)
{
	step();
	refresh() if rand() < 0.4;
}
$sql .= "COMMIT PREPARED '$_';\n" foreach @prepared;
$additions++ if @prepared;
refresh();
my ($out, $err) = ('', '');
my $code = $node->psql('postgres', "SET redshift.dialect = redshift;\nSET statement_timeout = '60s';\n$sql", stdout => \$out, stderr => \$err, on_error_stop => 1);
is($code, 0, 'all of it ran') or diag(grep { !/INFO/ } split(/^/, $err));
my @wrong = grep { /wrong/ } split(/\n/, $out);
is("@wrong", '', 'views have the rows of their queries');
my ($incremental, $scratch) = (0, 0);
foreach (split(/\n/, $out))
{
	next unless /^status (\d+) (\d+) (\d+)/ && $expected[$1];
	$incremental++;
	$scratch += $3;
}
cmp_ok($incremental, '>', 0, "$incremental refreshes of added rows");
is($scratch, 0, '... were incremental');
is($node->safe_psql('postgres', "SELECT count(*) > 0 FROM redshift.mv_refresh WHERE status LIKE '%from scratch'"), 't', 'others were not');
$node->stop;
done_testing();
