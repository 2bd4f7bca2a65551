# What of a query runs on the compute nodes: each kind of operation has a plan in which it
# does, and the answer is that of heap tables.  Costs are set so that what can be on the
# nodes is: the random queries of 014_cluster_queries.pl try many plans, but do not tell
# when none is on the nodes any more.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('plans', 2);
my $leader = $cluster->leader;

$leader->safe_psql('postgres', <<'SQL');
CREATE SCHEMA r;
CREATE SCHEMA h;
CREATE TABLE h.sales (id int, shop int, day date, amount numeric(10,2), item text, weight float8, number bigint);
INSERT INTO h.sales SELECT i, i % 500, date '2020-01-01' + i % 700, (i % 777) / 4.0, 'k' || i % 50, (i % 13) / 8.0, i::bigint * 100000
  FROM generate_series(1, 20000) i;
UPDATE h.sales SET shop = NULL, amount = NULL WHERE id % 97 = 0;
CREATE TABLE h.shops (shop int, name text);
INSERT INTO h.shops SELECT i, 'n' || i FROM generate_series(0, 499) i;
CREATE TABLE r.sales (LIKE h.sales) USING redshift WITH (distkey = id);
CREATE TABLE r.shops (LIKE h.shops) USING redshift WITH (diststyle = all);
CREATE TABLE r.returns (LIKE h.sales) USING redshift WITH (distkey = shop);
CREATE TABLE h.returns AS SELECT * FROM h.sales WHERE id % 3 = 0;
INSERT INTO r.sales TABLE h.sales;
INSERT INTO r.shops TABLE h.shops;
INSERT INTO r.returns TABLE h.returns;
CREATE TABLE h.parts (LIKE h.sales);
CREATE TABLE r.parts (LIKE h.sales) PARTITION BY RANGE (day);
CREATE TABLE r.parts1 PARTITION OF r.parts FOR VALUES FROM (MINVALUE) TO ('2020-05-01') USING redshift WITH (distkey = shop);
CREATE TABLE r.parts2 PARTITION OF r.parts FOR VALUES FROM ('2020-05-01') TO ('2021-01-01') USING redshift WITH (distkey = shop);
CREATE TABLE r.parts3 PARTITION OF r.parts DEFAULT USING redshift WITH (distkey = shop);
INSERT INTO h.parts SELECT * FROM h.sales WHERE id % 4 = 1;
INSERT INTO r.parts TABLE h.parts;
CREATE TABLE h.mixed (LIKE h.sales);
CREATE TABLE r.mixed (LIKE h.sales) PARTITION BY RANGE (id);
CREATE TABLE r.mixed1 PARTITION OF r.mixed FOR VALUES FROM (MINVALUE) TO (5000) USING redshift WITH (diststyle = all);
CREATE TABLE r.mixed2 PARTITION OF r.mixed FOR VALUES FROM (5000) TO (15000) USING redshift WITH (distkey = shop);
CREATE TABLE r.mixed3 PARTITION OF r.mixed DEFAULT USING redshift WITH (diststyle = even);
INSERT INTO h.mixed SELECT * FROM h.sales WHERE id % 5 = 2;
INSERT INTO r.mixed1 SELECT * FROM h.mixed WHERE id < 5000;
INSERT INTO r.mixed2 SELECT * FROM h.mixed WHERE id >= 5000 AND id < 15000;
INSERT INTO r.mixed3 SELECT * FROM h.mixed WHERE id >= 15000;
ANALYZE;
SQL

my $settings = 'SET redshift.stage_cost = 0; SET redshift.byte_cost = 1; SET max_parallel_workers_per_gather = 0;';

sub answer
{
	my ($schema, $query) = @_;
	my $answer = $leader->safe_psql('postgres', "$settings SET search_path = $schema, public; $query");
	return $query =~ /ORDER BY[^()]*$/ ? $answer : join("\n", sort split(/\n/, $answer));
}

# The plan has each line that a regular expression of the list says; those with ! it has
# not.  Plain strings stand for the whole plan, its lines separated by ' / '.
sub plan_is
{
	my ($query, @expected) = @_;
	my $plan = $leader->safe_psql('postgres', "$settings SET search_path = r, public; EXPLAIN (COSTS OFF) $query");
	(my $line = $plan) =~ s/\s*\n\s*(->)?\s*/ \/ /g;
	for my $expected (@expected)
	{
		if (!ref $expected) { is($line, $expected, $query) }
		else { like($line, $expected, $query) }
	}
	is(answer('r', $query), answer('h', $query), "answer of $query");
}

my $on_nodes = 'Custom Scan (RsGather) / Nodes: 2';
my $by_key = "$on_nodes / Exchange: DS_DIST_INNER";

# DISTINCT: where the key is among the columns, or in two steps
plan_is('SELECT DISTINCT id, shop FROM sales', $on_nodes);
plan_is('SELECT DISTINCT shop % 17, item FROM sales', $by_key);
plan_is('SELECT DISTINCT name FROM shops', 'Custom Scan (RsGather) / Nodes: 1');

# Anonymous rows cannot be sent
plan_is($_) for ('SELECT ROW(shop, item), count(*) FROM sales GROUP BY ROW(shop, item)', 'SELECT DISTINCT ROW(shop % 17, item) FROM sales',
	'SELECT shop, count(DISTINCT (item, item)) FROM sales GROUP BY shop', 'SELECT id, max(id) OVER (PARTITION BY ROW(shop, day)) FROM sales');

# Aggregates with DISTINCT, by groups and by their argument
plan_is('SELECT shop, count(DISTINCT item) FROM returns GROUP BY shop', $on_nodes);
plan_is('SELECT shop, count(DISTINCT item), sum(DISTINCT number) FROM sales GROUP BY shop', $by_key);
plan_is('SELECT count(DISTINCT shop), sum(amount), avg(shop), min(item), count(*), avg(amount), avg(number), sum(number) FROM sales',
	"Finalize Aggregate / $by_key");

# States of sums, alone and those that are also an average's, where values are NULL
plan_is('SELECT sum(amount), sum(number), sum(amount) FILTER (WHERE id % 97 = 0), sum(number) FILTER (WHERE false) FROM sales', qr/^Finalize Aggregate/);
plan_is('SELECT sum(amount), avg(amount), count(amount), sum(number), avg(number) FROM sales', qr/^Finalize Aggregate/);

# Costs of moved rows let nobody compile what there is to compute.
unlike($leader->safe_psql('postgres', "$settings SET jit = on; SET jit_above_cost = 0; EXPLAIN (ANALYZE, VERBOSE) SELECT shop + 1, avg(weight) FROM r.sales GROUP BY 1"),
	qr/^ *JIT/m, 'nothing is compiled');

# Grouping sets
plan_is('SELECT shop, item, sum(amount), grouping(shop, item), count(*) FROM sales GROUP BY ROLLUP (shop, item) HAVING grouping(shop) = 0 OR count(*) > 5', $by_key);
plan_is('SELECT item, shop, avg(amount), count(DISTINCT id) FROM sales GROUP BY CUBE (item, shop)', $by_key);
plan_is('SELECT shop + 1, avg(weight), bool_or(amount > 100) FROM sales GROUP BY GROUPING SETS ((shop), ())', $by_key);
plan_is('SELECT shop, item, count(*) FROM returns GROUP BY GROUPING SETS ((shop), (shop, item))', $on_nodes);
plan_is('SELECT shop, count(*) FROM sales GROUP BY GROUPING SETS ((shop), (shop))', qr/GroupAggregate|HashAggregate|Aggregate/);

# Two steps below what is on the nodes, too
plan_is('SELECT s.item, q.total FROM (SELECT shop, sum(amount) AS total FROM sales GROUP BY shop HAVING count(*) > 3) q JOIN returns s USING (shop) WHERE s.id < 900',
	"$on_nodes / Exchange: Runtime Filter / Exchange: DS_DIST_INNER / Runtime Filter: true");
plan_is('SELECT r.id FROM returns r JOIN (SELECT max(amount) AS most FROM sales) q ON r.amount = q.most', "$on_nodes / Exchange: DS_BCAST_INNER");

plan_is('SELECT count(*) FROM sales a CROSS JOIN LATERAL (SELECT count(*) FROM sales WHERE amount > 3) q', "Finalize Aggregate / $on_nodes / Exchange: DS_BCAST_INNER");

# Windows, by the key or by what PARTITION BY has in common
$settings =~ s/byte_cost = 1/byte_cost = 0.00001/;
plan_is('SELECT id, shop, rank() OVER (PARTITION BY shop ORDER BY id DESC), sum(amount) OVER (PARTITION BY shop, item) FROM returns', $on_nodes);
plan_is('SELECT id, lag(day, 2) OVER w, count(*) FILTER (WHERE amount > 50) OVER (w ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING) FROM sales WINDOW w AS (PARTITION BY shop, item ORDER BY id)', $by_key);
plan_is('SELECT item, sum(sum(amount)) OVER (PARTITION BY item), shop FROM sales GROUP BY item, shop', qr/^Custom Scan \(RsGather\) \/ Nodes: 2 \/ Exchange/);
plan_is('SELECT count(*), sum(id) FROM (SELECT id, row_number() OVER (PARTITION BY shop ORDER BY id) AS n FROM returns) q WHERE n <= 2', qr/^(Finalize Aggregate \/ )?Custom Scan/);
$settings =~ s/byte_cost = 0.00001/byte_cost = 1/;

# Partitions and UNION ALL, appended where they are; joins and groups of these
plan_is('SELECT count(*), sum(amount), min(weight) FROM parts WHERE tableoid > 0', "Finalize Aggregate / $on_nodes");
plan_is('SELECT shop, count(*) FROM parts WHERE day > date \'2020-03-01\' GROUP BY shop', $on_nodes);
plan_is('SELECT p.id, r.amount FROM parts p JOIN returns r USING (shop) WHERE p.id < 50 AND r.id < 600', $on_nodes);
plan_is('SELECT shop, sum(amount) FROM (SELECT shop, amount FROM returns UNION ALL SELECT shop, weight::numeric(10,2) FROM parts) q GROUP BY shop', $on_nodes);
plan_is('SELECT name, count(*) FROM (SELECT name FROM shops UNION ALL SELECT shop::text FROM shops) q GROUP BY name', 'Custom Scan (RsGather) / Nodes: 1');

$settings =~ s/byte_cost = 1/byte_cost = 0.00001/;

# What is on every node beside what is not: each row is dealt to one node, by the key of the others where there is one
plan_is('SELECT count(*), sum(amount), max(item) FROM mixed', qr/^(Finalize Aggregate \/ )?Custom Scan \(RsGather\) \/ Nodes: \d( \/ Exchange: DS_BCAST_INNER)?$/);
plan_is('SELECT shop, count(*), sum(number) FROM mixed WHERE id < 12000 GROUP BY shop', $on_nodes);
plan_is('SELECT shop, sum(n) FROM (SELECT shop, 1 AS n FROM shops UNION ALL SELECT shop, id FROM returns) q GROUP BY shop', $on_nodes);
plan_is('SELECT shop FROM shops UNION SELECT shop FROM returns WHERE shop < 700', $on_nodes);
plan_is('SELECT shop, name FROM shops EXCEPT SELECT shop, item FROM returns', $on_nodes);
plan_is('SELECT 5 FROM shops UNION ALL SELECT 7 FROM sales WHERE id < 70', $on_nodes);
plan_is('SELECT s.shop, name, r.id FROM shops s LEFT JOIN returns r ON r.shop = s.shop AND r.id < 2000', $on_nodes);
plan_is('SELECT s.shop, name, r.id FROM returns r FULL JOIN shops s ON r.shop = s.shop', $on_nodes);
plan_is('SELECT s.shop, r.id FROM shops s LEFT JOIN sales r ON r.shop = s.shop AND r.id < 2000', qr/^Custom Scan \(RsGather\) \/ Nodes: 2 \/ Exchange: [^>]*$/);
plan_is('SELECT shop FROM shops s WHERE NOT EXISTS (SELECT 1 FROM returns r WHERE r.shop = s.shop AND r.id < 300)', $on_nodes);

# ... all to one node, where nodes might compute different values: last digits of sums, say
plan_is('SELECT sum(y) FROM (SELECT sum(shop * 1.5::float8) AS y FROM shops UNION ALL SELECT weight FROM sales) q', qr/^(Finalize Aggregate \/ )?Custom Scan/);
plan_is('SELECT a.x, b.id FROM (SELECT shop % 7 AS x, sum(shop * 1.5::float8) AS y FROM shops GROUP BY shop) a LEFT JOIN returns b ON b.weight = a.y AND b.id < 400', qr/^Custom Scan \(RsGather\) \/ Nodes: 2 \/ Exchange: [^>]*$/);

# Set operations
plan_is('SELECT max(shop), count(*) FROM (SELECT shop, item FROM sales WHERE id < 900 UNION SELECT shop, item FROM parts WHERE id > 2000) q', qr/Exchange: DS_DIST_INNER/);
plan_is('SELECT shop, item FROM sales WHERE id < 900 UNION SELECT shop, item FROM parts WHERE id > 2000', qr/RsGather\) \/ Nodes: 2( \/ Exchange: DS_DIST_INNER)?$/);
plan_is('SELECT shop, id FROM returns UNION SELECT shop, id FROM parts', $on_nodes);
plan_is('SELECT shop, 1 AS one FROM returns UNION ALL SELECT id, 2 FROM sales', $on_nodes);
plan_is('SELECT shop, item FROM returns INTERSECT SELECT shop, item FROM parts WHERE id % 5 = 0', $on_nodes);
plan_is('SELECT item, shop FROM returns EXCEPT ALL SELECT item, shop FROM sales WHERE id % 5 = 0', qr/^Custom Scan \(RsGather\) \/ Nodes: 2 \/ Exchange: DS_DIST_INNER$/);
plan_is('SELECT day, item FROM returns EXCEPT (SELECT day, item FROM sales WHERE id % 5 = 0 INTERSECT SELECT day, \'k1\' FROM parts)', qr/^Custom Scan \(RsGather\) \/ Nodes: 2 \/ Exchange: [^>]*$/);
plan_is('(SELECT shop FROM returns UNION SELECT id FROM returns) EXCEPT ALL SELECT 1 FROM generate_series(1, 2)', qr/RsGather/);
plan_is('(SELECT shop, item FROM returns EXCEPT SELECT shop, item FROM parts) INTERSECT SELECT shop, item FROM h.returns', qr/RsGather/);
plan_is('SELECT name FROM shops EXCEPT SELECT name FROM shops WHERE shop > 4', 'Custom Scan (RsGather) / Nodes: 1');
plan_is('SELECT count(*), max(shop) FROM (SELECT shop FROM sales UNION SELECT id FROM parts) q', qr/^Finalize Aggregate \/ Custom Scan|^Custom Scan/);
plan_is('SELECT shop, item FROM sales WHERE id < 900 UNION SELECT shop, item FROM parts WHERE id > 2000 ORDER BY shop DESC, item LIMIT 7', qr/^Limit \/ Custom Scan \(RsGather\) \/ Merge Key: [^\/]*shop, [^\/]*item \/ Nodes: 2 \/ Exchange: DS_DIST_INNER$/);
$leader->safe_psql('postgres', "SET search_path = r; EXPLAIN VERBOSE SELECT shop, item FROM sales UNION SELECT shop, item FROM parts ORDER BY shop");

plan_is('SELECT shop, id FROM returns UNION SELECT shop, id FROM parts ORDER BY id DESC NULLS LAST, 1 LIMIT 4 OFFSET 2', qr/^Limit \/ Custom Scan \(RsGather\) \/ Merge Key: [^\/]*id, [^\/]*shop \/ Nodes: 2$/);
plan_is('SELECT shop, item FROM returns EXCEPT ALL SELECT shop, item FROM parts WHERE id % 5 = 0 ORDER BY item, shop FETCH FIRST 3 ROWS WITH TIES', qr/^Limit \/ Custom Scan \(RsGather\) \/ Merge Key: .*Nodes: 2$/);
plan_is('(SELECT shop, item FROM returns INTERSECT SELECT shop, item FROM parts) UNION ALL SELECT shop, item FROM sales WHERE id < 40 ORDER BY item DESC, shop', qr/^Custom Scan \(RsGather\) \/ Merge Key: .*Nodes: 2$/);
plan_is('SELECT name FROM shops EXCEPT SELECT name FROM shops WHERE shop > 4 ORDER BY name', 'Custom Scan (RsGather) / Nodes: 1');
plan_is('SELECT count(*) FROM (SELECT shop, item FROM returns EXCEPT SELECT shop, item FROM parts WHERE id % 5 = 0 LIMIT 12) q', qr/Limit \/ Custom Scan \(RsGather\) \/ Nodes: 2$/);
is(answer('r', 'PREPARE p(int) AS SELECT shop FROM returns UNION SELECT id FROM parts ORDER BY shop LIMIT $1; SET plan_cache_mode = force_generic_plan; EXECUTE p(3); EXECUTE p(NULL)'),
	answer('h', 'PREPARE p(int) AS SELECT shop FROM returns UNION SELECT id FROM parts ORDER BY shop LIMIT $1; EXECUTE p(3); EXECUTE p(NULL)'), 'a limit of a union that is a parameter');
$settings =~ s/byte_cost = 0.00001/byte_cost = 1/;

# Sorted streams, merged; limits
my $merged = sub { return "Custom Scan (RsGather) / Merge Key: $_[0] / Nodes: 2" };
plan_is('SELECT id, item FROM sales ORDER BY item COLLATE "C" DESC NULLS LAST, id', $merged->('(sales.item)::text, sales.id'));
plan_is('SELECT id, amount FROM sales ORDER BY amount DESC NULLS FIRST, id LIMIT 5 OFFSET 3', 'Limit / ' . $merged->('sales.amount, sales.id'));
plan_is('SELECT shop, count(*) FROM returns GROUP BY shop ORDER BY 2 DESC, shop LIMIT 3', 'Limit / ' . $merged->('count(*), returns.shop'));
plan_is('SELECT amount FROM sales ORDER BY amount FETCH FIRST 4 ROWS WITH TIES', 'Limit / ' . $merged->('sales.amount'));
plan_is('SELECT id, random() < 2 FROM sales ORDER BY id LIMIT (SELECT 4)', qr/Limit \/ .*Merge Key: sales.id \/ Nodes: 2/);
plan_is('SELECT count(*) FROM (SELECT * FROM sales LIMIT 20 OFFSET 5) q', "Aggregate / Limit / $on_nodes");
plan_is('SELECT DISTINCT ON (shop) shop, id FROM sales ORDER BY shop, id DESC', 'Unique / ' . $merged->('sales.shop, sales.id'));
plan_is('SELECT DISTINCT ON (shop, item) shop, item, id FROM returns ORDER BY shop, item, id DESC', $merged->('returns.shop, returns.item, returns.id'));
plan_is('SELECT id, row_number() OVER (ORDER BY id) FROM sales WHERE shop < 2 ORDER BY id', 'WindowAgg / ' . $merged->('sales.id'));
is(answer('r', 'PREPARE p(int) AS SELECT id FROM sales ORDER BY id LIMIT $1 OFFSET $2::int; SET plan_cache_mode = force_generic_plan; EXECUTE p(3, 1); EXECUTE p(4, NULL); EXECUTE p(0, 2)'),
	answer('h', 'PREPARE p(int) AS SELECT id FROM sales ORDER BY id LIMIT $1 OFFSET $2::int; EXECUTE p(3, 1); EXECUTE p(4, NULL); EXECUTE p(0, 2)'), 'limits that are parameters');
is(answer('r', 'BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id, item FROM sales ORDER BY item, id; FETCH 3 FROM c; FETCH BACKWARD 2 FROM c; MOVE 100 IN c; FETCH 1 FROM c'),
	answer('h', 'BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id, item FROM sales ORDER BY item, id; FETCH 3 FROM c; FETCH BACKWARD 2 FROM c; MOVE 100 IN c; FETCH 1 FROM c'), 'a cursor over merged rows');

# CTEs that are computed once: kept on the nodes, spread as they are there, for all that reads them
$settings =~ s/byte_cost = 1/byte_cost = 0.00001/;
my $kept = "$on_nodes / Kept on nodes: q";
plan_is('WITH q AS (SELECT shop, count(*) AS c FROM returns GROUP BY shop) SELECT a.shop, b.c FROM q a JOIN q b ON a.shop = b.shop WHERE a.c > 3', $kept);
plan_is('WITH q AS (SELECT shop, count(*) AS c FROM returns GROUP BY shop) SELECT a.shop, b.c FROM q a JOIN q b ON a.shop = b.c', "$kept / Exchange: DS_DIST_INNER");
plan_is('WITH q AS MATERIALIZED (SELECT shop, name FROM shops) SELECT r.id, q.name FROM returns r JOIN q USING (shop) WHERE r.id < 300', $kept);
plan_is('WITH q AS MATERIALIZED (SELECT id, shop, amount FROM sales WHERE id < 9000), p AS MATERIALIZED (SELECT shop, sum(amount) AS s FROM q GROUP BY shop) SELECT p.shop, q.id FROM p JOIN q ON q.shop = p.shop AND q.amount = p.s / 18',
	qr/^\Q$on_nodes\E \/ Kept on nodes: q \/ Exchange: DS_DIST_INNER \/ Kept on nodes: p( \/ Exchange: \w+)?$/);
plan_is('WITH q AS (SELECT id, shop FROM sales WHERE id < 50) SELECT * FROM q UNION ALL SELECT * FROM q ORDER BY id, shop LIMIT 5', qr/^Limit .* Nodes: 2 \/ Kept on nodes: q$/);
plan_is('SELECT count(*) FROM (WITH q AS MATERIALIZED (SELECT shop, id FROM returns) SELECT a.id FROM q a JOIN q b ON a.shop = b.shop) x', qr/Kept on nodes: q/);

# ... also by several gathers, of which one fills the exchange, and again and again
my $twice = 'WITH q AS (SELECT shop, sum(amount) AS total FROM sales GROUP BY shop) SELECT shop, total FROM q WHERE total = (SELECT max(total) FROM q)';
plan_is($twice, qr/^Custom Scan .* Kept on nodes: q \/ InitPlan.* Kept on nodes: q/);
my $explained = $leader->safe_psql('postgres', "$settings SET search_path = r, public; EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) $twice");
is(() = $explained =~ /Kept on nodes: q\n *Rows: 501 /g, 1, 'it is computed once');
plan_is('WITH q AS (SELECT shop, sum(amount) AS total FROM sales GROUP BY shop) SELECT a.shop, (SELECT count(*) FROM q WHERE q.total < a.total) FROM q a WHERE a.shop < 30', qr/^Custom Scan .*SubPlan \d \/ Custom Scan .* Kept on nodes: q/);
plan_is('WITH RECURSIVE q AS MATERIALIZED (SELECT id, shop FROM sales), w(n) AS (SELECT 1 UNION ALL SELECT q.id FROM w JOIN q ON q.id = w.n * 2) SELECT count(*), sum(n) FROM w', qr/Recursive Union.* Kept on nodes: q/);
is(answer('r', 'PREPARE p(int) AS WITH q AS MATERIALIZED (SELECT id FROM sales WHERE id < $1) SELECT count(*), (SELECT max(id) FROM q) FROM q a, q b WHERE a.id = b.id; SET plan_cache_mode = force_generic_plan; EXECUTE p(10); EXECUTE p(200)'),
	"199|199\n9|9", 'a kept CTE in a generic plan');
is($leader->safe_psql('postgres', $settings . <<'SQL'), "1\n2\n3\n4\n1\n2", 'cursors over a kept CTE');
BEGIN;
DECLARE c CURSOR FOR WITH q AS MATERIALIZED (SELECT id FROM r.sales) SELECT a.id FROM q a JOIN q b USING (id) ORDER BY 1;
DECLARE d CURSOR WITH HOLD FOR WITH q AS MATERIALIZED (SELECT id FROM r.sales WHERE id < 3) SELECT a.id FROM q a JOIN q b USING (id) ORDER BY 1;
FETCH 2 FROM c;
SAVEPOINT s;
INSERT INTO r.sales VALUES (0);
FETCH 1 FROM c;
ROLLBACK TO s;
FETCH 1 FROM c;
COMMIT;
FETCH ALL FROM d;
SQL

# ... not those with volatile functions, that give rows as values or depend on rows around them, nor small ones
plan_is('WITH q AS MATERIALIZED (SELECT id, random() AS x FROM sales) SELECT count(*) FROM q a JOIN q b ON a.id = b.id AND a.x = b.x', qr/CTE q/);
plan_is('WITH q AS MATERIALIZED (SELECT id, shop FROM sales WHERE id < 50) SELECT q FROM q', qr/CTE q/);
plan_is('SELECT id, (WITH q AS MATERIALIZED (SELECT shop FROM returns r WHERE r.shop = s.shop) SELECT count(*) FROM q) FROM sales s WHERE id < 12', qr/CTE q/);
$settings =~ s/stage_cost = 0/stage_cost = 400/;
plan_is('WITH q AS MATERIALIZED (SELECT id, shop FROM sales WHERE id < 50) SELECT count(*) FROM q a JOIN q b USING (id)', qr/CTE q/);
$settings =~ s/stage_cost = 400/stage_cost = 0/;
$settings =~ s/byte_cost = 0.00001/byte_cost = 1/;

# Correlated subplans: all values that rows to come pass to one go to the nodes at once, more each time
my $planned = $settings;
$settings = 'SET max_parallel_workers_per_gather = 0;';
sub asked_ahead
{
	my ($query, $expected, $name) = @_;
	my $plan = $leader->safe_psql('postgres', "$settings SET search_path = r, public; EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) $query");
	is(join(', ', $plan =~ /Asked Ahead: (\d+ values in \d+) batches/g), $expected, $name);
	is(answer('r', $query), answer('h', $query), "answer of $query");
}
asked_ahead('SELECT s.id, (SELECT count(*) FROM returns r WHERE r.shop < s.shop AND r.id < 3000) FROM sales s WHERE s.id < 1500', '501 values in 5', 'a count');
asked_ahead('SELECT s.id, (SELECT max(r.amount) FROM returns r WHERE r.shop > s.shop AND r.amount < s.amount), (SELECT count(*) FROM shops x WHERE x.shop < s.shop) FROM sales s WHERE s.id < 300', '297 values in 4, 297 values in 4', 'two subplans');
asked_ahead('SELECT s.id FROM sales s WHERE s.id < 300 AND (SELECT count(*) FROM returns r WHERE r.shop < s.shop) > 1500', '297 values in 4', 'as a condition');
asked_ahead("SELECT s.id, (SELECT string_agg(r.item || s.item, ',' ORDER BY r.id) FROM returns r WHERE r.item > s.item AND r.day = s.day + 3 AND r.id < 900) AS x FROM sales s WHERE s.id < 100", '99 values in 3', 'rows of each value');
asked_ahead('SELECT s.id, EXISTS (SELECT 1 FROM returns r WHERE r.shop > s.shop AND r.id < 900 AND r.item = s.item) FROM sales s WHERE s.id < 100', '99 values in 3', 'EXISTS');

# ... not more than memory has room for; what was asked is answered all the same
$settings .= ' SET work_mem = 64; SET hash_mem_multiplier = 1;';
plan_is("SELECT s.id, (SELECT sum(length(r.item || s.item || repeat('x', 99))) FROM returns r WHERE r.shop < s.shop AND r.id % 40 = s.id % 2 AND random() < 2) FROM sales s WHERE s.id < 90", qr/SubPlan/);
$settings =~ s/ SET work_mem.*//;

# ... few if few rows are wanted, and none that a condition might leave out
like($leader->safe_psql('postgres', "$settings SET search_path = r, public; EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT s.id, (SELECT count(*) FROM returns r WHERE r.shop < s.shop) FROM sales s LIMIT 3"),
	qr/Asked Ahead: \d values in 1 batches|Asked Ahead: 1\d values in 1 batches/, 'LIMIT');
asked_ahead('SELECT s.id, CASE WHEN s.shop > 5 THEN (SELECT count(*) FROM returns r WHERE r.shop < 1000 / (s.shop - 5)) END FROM sales s WHERE s.id < 40', '', 'not below CASE');
$settings = $planned;

# In Redshift's words
like($leader->safe_psql('postgres', "$settings SET search_path = r; EXPLAIN (redshift) SELECT DISTINCT ON (shop, id) shop, id FROM returns ORDER BY shop, id"),
	qr/Send to leader\n *->  XN Unique .*\n *->  XN Sort .*\n *Sort Key: shop, id\n *->  XN Seq Scan on returns/, 'EXPLAIN (redshift)');

$cluster->stop;
done_testing();
