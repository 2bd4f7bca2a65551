# EXPLAIN (ANALYZE) of distributed queries: what fragments did, on each node, and the
# nodes' plans; auto_explain and pg_stat_statements; prepared statements, cursors, functions.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('explain', 2);
my $leader = $cluster->leader;

$leader->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_stat_statements,redshift_ext'\n");
$leader->restart;
$leader->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE TABLE a (k int8, v text, n int) USING redshift WITH (distkey = k);
CREATE TABLE b (k int8, w text) USING redshift WITH (diststyle = even);
CREATE TABLE c (k int, x text) USING redshift WITH (diststyle = all);
CREATE TABLE l (k int, y text) USING heap;
INSERT INTO a SELECT g, 'v' || g, g % 10 FROM generate_series(1, 20000) g;
INSERT INTO b SELECT g, 'w' || g FROM generate_series(1, 3000) g;
INSERT INTO c SELECT g, 'x' || g FROM generate_series(1, 10) g;
INSERT INTO l SELECT g, 'y' || g FROM generate_series(1, 10) g;
ANALYZE a; ANALYZE b; ANALYZE c; ANALYZE l;
SQL

sub sql { return $leader->safe_psql('postgres', $_[0]); }

sub plan_of
{
	my ($options, $query) = @_;
	return sql("EXPLAIN ($options) $query");
}

# All nodes of a plan, depth first.
sub nodes_of
{
	my ($plan) = @_;
	return ($plan, map { nodes_of($_) } @{ $plan->{Plans} // [] });
}

sub gathers
{
	my ($options, $query) = @_;
	my $json = decode_json(plan_of("$options, FORMAT json", $query));
	return grep { ($_->{'Custom Plan Provider'} // '') =~ /^Rs(Gather|Update|Insert)$/ } nodes_of($json->[0]{Plan});
}

sub stage
{
	my ($gather, $kind) = @_;
	my ($stage) = grep { $_->{Stage} eq $kind } @{ $gather->{Stages} };
	return $stage;
}

my $join = 'SELECT a.n, count(*), max(w) FROM a JOIN b ON a.n = b.k GROUP BY 1 ORDER BY 1';

# ---------------------------------------------------------------------
# Counts
# ---------------------------------------------------------------------

my ($gather) = gathers('ANALYZE, VERBOSE', $join);
my $exchange = stage($gather, 'Exchange');
is($exchange->{Exchange}, 'DS_BCAST_INNER', 'the exchange has its label');
is($exchange->{Rows}, 3000, 'rows of an exchange');
is($exchange->{'Estimated Rows'}, 3000, '... as estimated');
is($exchange->{'Exchange Rows'}, 3000, '... that moved: each to the one other node');
cmp_ok($exchange->{'Exchange Bytes'}, '>', 3000 * 4, '... and their bytes');
is($gather->{'Exchange Bytes'}, $exchange->{'Exchange Bytes'}, 'the sum of all exchanges');
is(scalar @{ $exchange->{Nodes} }, 2, 'each node is shown');
my ($n1, $n2) = @{ $exchange->{Nodes} };
is($n1->{Rows} + $n2->{Rows}, 3000, 'nodes have the rows');
is($n1->{'Sent Rows'}, $n2->{'Received Rows'}, 'what one sends the other receives');
is($n1->{'Sent Bytes'}, $n2->{'Received Bytes'}, '... in bytes, too');
is($n1->{Plan}{'Actual Rows'}, $n1->{Rows}, 'the plan of the node that ran');
cmp_ok($exchange->{'Minimum Time'}, '<=', $exchange->{'Maximum Time'}, 'time of nodes');
my $last = stage($gather, 'Gather');
is($last->{'Gathered Rows'}, $gather->{'Actual Rows'}, 'rows that the leader got');
cmp_ok($gather->{'Gathered Bytes'}, '<', 2048, 'reports are not counted as bytes');
is(scalar(grep { $_->{Plan} } @{ $last->{Nodes} }), 2, 'plans of all nodes');

($gather) = gathers('ANALYZE', $join);
is(scalar @{ stage($gather, 'Gather')->{Nodes} }, 1, 'without VERBOSE the slowest node is shown');
ok(!exists stage($gather, 'Gather')->{Fragment}, '... and no SQL');

# By hash: only what does not stay on its node is moved.
($gather) = gathers('ANALYZE, VERBOSE', 'SELECT count(*) FROM a x JOIN a y ON x.n = y.k AND x.v = y.v');
$exchange = stage($gather, 'Exchange');
like($exchange->{Exchange}, qr/^DS_DIST_/, 'an exchange by hash');
cmp_ok($exchange->{'Exchange Rows'}, '<', $exchange->{Rows}, 'rows that stay on their node are not moved');

# An exchange is repeated with its subplan, and counted each time.
my ($repeated) = gathers('ANALYZE', 'SELECT y, (SELECT count(*) FROM a WHERE a.n = l.k AND a.v <> l.y) FROM l');
is($repeated->{'Actual Loops'}, 10, 'a subplan is repeated');
is(stage($repeated, 'Gather')->{Loops}, 10, '... and its fragments with it');
is(stage($repeated, 'Gather')->{'Gathered Rows'}, 20, '... their rows together');

# ---------------------------------------------------------------------
# Changes: run once, with what the nodes did
# ---------------------------------------------------------------------

my ($update) = gathers('ANALYZE, VERBOSE', 'UPDATE a SET n = n + 100 FROM b WHERE a.k = b.k AND b.k <= 7');
is(stage($update, 'Change')->{Rows}, 7, 'rows that nodes changed');
is(sql('SELECT count(*) FROM a WHERE n BETWEEN 100 AND 110'), 7, 'EXPLAIN ANALYZE ran it once');
is(stage($update, 'Change')->{Nodes}[0]{Plan}{'Node Type'}, 'ModifyTable', "the node's plan changes rows");
my ($insert) = gathers('ANALYZE', "INSERT INTO b SELECT k, 'more' FROM l");
my ($plan) = plan_of('ANALYZE, VERBOSE, COSTS off', "INSERT INTO b SELECT k, 'more' FROM l");
like($plan, qr/Custom Scan \(RsInsert\).*\n\s+Sent: 10  Bytes: \d+ kB\n\s+Node n\d: received rows=/, 'INSERT shows what was sent');
$plan = plan_of('ANALYZE, COSTS off', 'UPDATE a SET v = y FROM l WHERE a.k = l.k');
like($plan, qr/Sent by leader: .*\n\s+Sent: 20  Bytes: \d+ kB/, 'rows of the leader that nodes needed');
is(sql("SELECT count(*) FROM b WHERE w = 'more'"), 20, 'two EXPLAIN ANALYZE inserted twice');

# ---------------------------------------------------------------------
# Formats and options
# ---------------------------------------------------------------------

$plan = plan_of('ANALYZE', $join);
like($plan, qr/Exchange: DS_BCAST_INNER\n\s+Rows: \d+ \(estimated \d+\)  Moved: \d+  Bytes: \d+ kB  Time: [\d.]+\.\.[\d.]+ ms\n\s+Plan on n\d:\n/, 'text');
like($plan, qr/Gathered: \d+ \(estimated \d+\).*\n\s+Plan on n\d:\n\s+Custom Scan/, "... with a node's plan");
unlike($plan, qr/RsExchange.*never executed/, 'what reads an exchange says so');
$plan = plan_of('ANALYZE, TIMING off, COSTS off, BUFFERS, SUMMARY off', $join);
unlike($plan, qr/time=|Time:|cost=|estimated/, 'TIMING and COSTS off');
like($plan, qr/Plan on n\d:(?:\n.*){1,6}Buffers: shared/, 'BUFFERS of a node');
$plan = plan_of('ANALYZE, WAL, VERBOSE', 'UPDATE a SET n = n WHERE k = 3');
like($plan, qr/Update on public\.a.*\n(.*\n)*?\s+WAL: records=/, 'WAL of a node');
unlike(plan_of('ANALYZE', 'SELECT v FROM a WHERE k = 3'), qr/WAL:|Buffers:/, 'neither without being asked for');
$plan = plan_of('VERBOSE', $join);
like($plan, qr/Fragment:  SELECT/, 'EXPLAIN without ANALYZE shows SQL');
unlike($plan, qr/Gathered|Plan on|Moved/, '... and nothing that did not happen');
my $yaml = plan_of('ANALYZE, FORMAT yaml', $join);
like($yaml, qr/\n( +)- Stage: "Exchange"\n(?:\1  .*\n)*?\1  Nodes: \n(\1    )- Node: "n\d"\n(?:\2  .*\n)*?\2  Plan: \n\2    Node Type: /, 'YAML');
my $xml = plan_of('ANALYZE, FORMAT xml', $join);
is(sql("SELECT (\$x\$$xml\$x\$)::xml IS DOCUMENT"), 't', 'XML');
like($xml, qr/<Node>n\d<\/Node>(?:(?!<\/Node>)[\s\S])*<Plan>\s*<Node-Type>/, "... with a node's plan");
is(scalar(gathers('ANALYZE', 'SELECT 1')), 0, 'a local query has no fragments');
like(plan_of('ANALYZE', 'SELECT * FROM a LIMIT 5'), qr/Limit.*\n.*RsGather/, 'LIMIT');
like(plan_of('ANALYZE', 'SELECT v FROM a JOIN b USING (k) WHERE false'), qr/Execution Time/, 'nothing to run');

# ---------------------------------------------------------------------
# Redshift's words
# ---------------------------------------------------------------------

is(plan_of('redshift, costs off', 'SELECT count(*), max(w) FROM a JOIN b ON a.n = b.k'), <<'PLAN' =~ s/\n\z//r, 'EXPLAIN (redshift)');
XN Aggregate
  ->  XN Network
        Send to leader
        ->  XN Aggregate
              ->  XN Hash Join DS_BCAST_INNER
                    Hash Cond: ("outer".n = "inner".k)
                    ->  XN Seq Scan on a
                    ->  XN Hash
                          ->  XN Seq Scan on b
PLAN
my $redshift = plan_of('redshift, costs off', 'SELECT a.v, x FROM a JOIN a z USING (k) JOIN c ON c.k = a.n WHERE a.k > 7');
like($redshift, qr/^XN Network\n  Send to leader\n  ->  XN Hash Join DS_DIST_ALL_NONE\n        Hash Cond: \("outer"\.n = "inner"\.k\)\n        ->  XN Hash Join DS_DIST_NONE\n/,
	'... of joins that move nothing');
like($redshift, qr/XN Seq Scan on a\n +Filter: \(a\.k > 7\)\n/, '... with a filter');
like(plan_of('redshift', 'SELECT q.k, n FROM (SELECT k, count(*) AS n FROM b GROUP BY k) q JOIN a USING (k, n)'),
	qr/^XN Network  \(cost=[\d.]+ rows=\d+ width=\d+\)\n  Send to leader\n(?:.*\n)*\s+->  XN Subquery Scan q  \(cost=.*\n(?:.*\n)*\s+->  XN Seq Scan on b  \(cost=0\.00/, '... of a subquery');
like(plan_of('redshift, costs off', "UPDATE a SET n = 1 WHERE k = 3"), qr/^XN Seq Scan on a$/m, '... of UPDATE');
unlike(plan_of('redshift, costs off', 'SELECT * FROM l'), qr/XN/, "... of the leader's own tables");
like(plan_of('redshift, costs off', 'SELECT sum(k) FROM (SELECT k FROM a FOR UPDATE) q'), qr/^ *->  XN Seq Scan on a$/m, '... of rows that are locked');
like(plan_of('redshift, costs off', 'SELECT k, v FROM a UNION SELECT k, w FROM b ORDER BY v DESC, k LIMIT 7'), qr/^ *->  XN Append$/m, '... of UNION in order');

# ---------------------------------------------------------------------
# auto_explain
# ---------------------------------------------------------------------

my $auto = "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_analyze = on; " .
	"SET auto_explain.log_nested_statements = on; SET client_min_messages = log;";

sub logged
{
	my ($statements) = @_;
	my ($code, $out, $err) = $leader->psql('postgres', "$auto $statements");
	is($code, 0, 'auto_explain: no error') or diag $err;
	return $err;
}

sql(<<'SQL');
CREATE FUNCTION rows_of_a(t int) RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE total int8 := 0; r record;
BEGIN
	FOR r IN SELECT k FROM a WHERE n = t LOOP total := total + 1; END LOOP;
	RETURN total + (SELECT count(*) FROM b);
END $$;
CREATE FUNCTION keys(t int) RETURNS SETOF int8 LANGUAGE sql STABLE AS 'SELECT k FROM a WHERE n = t';
SQL
like(logged("$join;"), qr/Exchange: DS_BCAST_INNER\n\s+Rows: \d+ .*\n\s+Plan on n\d:/, 'auto_explain shows what nodes did');
like(logged("SET auto_explain.log_format = json; $join;"), qr/"Exchange Bytes": \d+.*"Plan": \{/s, '... as JSON');
like(logged('SELECT rows_of_a(5);'), qr/Query Text: SELECT k FROM a(?:.*\n)*?.*Gathered: 1999/, '... of nested statements');
like(logged('SET auto_explain.log_analyze = off; SELECT count(*) FROM a;'), qr/RsGather/, '... without measuring');
my $nested = sql("EXPLAIN (ANALYZE, FORMAT json) SELECT rows_of_a(5)");
is(decode_json($nested)->[0]{Plan}{'Node Type'}, 'Result', 'EXPLAIN of a function that runs fragments');
like(logged("EXPLAIN (ANALYZE, FORMAT json) SELECT rows_of_a(6);"), qr/Plan on n\d: *\n|Gathered/, 'both at once, in two formats');

# ---------------------------------------------------------------------
# Statements in all their forms
# ---------------------------------------------------------------------

my $expected = sql('SELECT count(*), sum(k) FROM a WHERE n = 4');
is(sql("SET plan_cache_mode = force_generic_plan; PREPARE p(int) AS SELECT count(*), sum(k) FROM a WHERE n = \$1; EXECUTE p(1); EXECUTE p(4)"),
	sql('SELECT count(*), sum(k) FROM a WHERE n = 1') . "\n$expected", 'a generic plan');
like(sql('SET plan_cache_mode = force_generic_plan; PREPARE p(int) AS SELECT k FROM a WHERE n = $1; EXPLAIN (ANALYZE) EXECUTE p(4)'),
	qr/Gathered: 1999 .*\n\s+Plan on n\d:/, '... explained');
my $cursor = sql('BEGIN; DECLARE x SCROLL CURSOR FOR SELECT k FROM a WHERE k <= 5 ORDER BY k; FETCH 2 FROM x; FETCH ABSOLUTE 5 FROM x; FETCH PRIOR FROM x; MOVE BACKWARD ALL IN x; FETCH NEXT FROM x; COMMIT');
is($cursor, "1\n2\n5\n4\n1", 'a cursor that scrolls');
$cursor = sql('BEGIN; DECLARE x CURSOR WITH HOLD FOR SELECT k FROM a WHERE k <= 5 ORDER BY k; FETCH 1 FROM x; COMMIT; DELETE FROM a WHERE k = 3; FETCH ALL FROM x; CLOSE x');
is($cursor, "1\n2\n3\n4\n5", 'a cursor that is held keeps what it saw');
$cursor = sql('BEGIN; DECLARE x NO SCROLL CURSOR FOR SELECT k FROM a; FETCH 1 FROM x; SELECT count(*) FROM b; FETCH 1 FROM x; ROLLBACK; SELECT count(*) FROM c') ;
like($cursor, qr/^\d+\n3020\n\d+\n10$/, 'a cursor that is left open');
is(sql('SELECT count(*), sum(k) FROM keys(4) AS t(k)'), $expected, 'an SQL function');
is(sql('SELECT rows_of_a(4)'), (split /\|/, $expected)[0] + 3020, 'a PL/pgSQL function');

# ---------------------------------------------------------------------
# pg_stat_statements
# ---------------------------------------------------------------------

sql('SELECT pg_stat_statements_reset()');
sql("SELECT k FROM a WHERE n = 4; SELECT k FROM a WHERE n = 5; UPDATE b SET w = w || '!' WHERE k <= 8; DELETE FROM b WHERE w = 'more'; INSERT INTO b SELECT k, y FROM l; COPY (SELECT * FROM c) TO STDOUT");
is(sql("SELECT calls, rows FROM pg_stat_statements WHERE query LIKE 'SELECT k FROM a%'"), '2|3998', 'two calls of one statement, their rows');
is(sql("SELECT rows FROM pg_stat_statements WHERE query LIKE 'UPDATE%'"), sql("SELECT count(*) FROM b WHERE w LIKE '%!'"), 'rows of UPDATE');
is(sql("SELECT rows FROM pg_stat_statements WHERE query LIKE 'INSERT%'"), 10, 'rows of INSERT');
is(sql("SELECT count(*) FROM pg_stat_statements WHERE queryid = 0 OR queryid IS NULL"), 0, 'all have query ids');
like(plan_of('VERBOSE, ANALYZE', 'SELECT k FROM a'), qr/Query Identifier: -?\d+/, '... which EXPLAIN shows');
is(sql("SET pg_stat_statements.track = 'all'; SELECT rows_of_a(5) > 0; SELECT rows > 3000 FROM pg_stat_statements WHERE query LIKE '%WHERE n = t%' OR query LIKE 'SELECT k FROM a WHERE n = \$1' ORDER BY rows DESC LIMIT 1"), "t\nt", 'nested statements');

$cluster->stop;
done_testing();
