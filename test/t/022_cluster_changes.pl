# Changes of distributed tables that nodes cannot make from the statement alone: WHERE
# CURRENT OF, MERGE whose parts the leader keeps, partitions some of which are the leader's
# or that are distributed in several ways, numbers and volatile conditions.  They do what
# they do to heap tables.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use SameAsHeap;
use Test::More;

my $cluster = RedshiftCluster->new('changes', 2);
my $leader = $cluster->leader;
SameAsHeap::begin($leader);

# WHERE CURRENT OF
tables(<<'SQL');
CREATE TABLE t (k int, v text, w int) [distkey = k];
CREATE TABLE e (k int, v text, w int) [diststyle = even];
CREATE TABLE a (k int, v text, w int) [diststyle = all];
CREATE TABLE p (k int, v text) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100) [distkey = k];
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200) [distkey = k];
INSERT INTO t SELECT g, 't' || g, g % 10 FROM generate_series(1, 30) g;
INSERT INTO e SELECT * FROM t;
INSERT INTO a SELECT * FROM t UNION ALL SELECT * FROM t WHERE k < 5;
INSERT INTO p SELECT g, 'p' || g FROM generate_series(90, 110) g;
SQL
same('CURRENT OF', "BEGIN; DECLARE c CURSOR FOR SELECT v FROM t WHERE k = 3; SAVEPOINT a; DELETE FROM t WHERE CURRENT OF c; ROLLBACK TO a; FETCH c;
	UPDATE t SET v = v || 'y' WHERE CURRENT OF c RETURNING *; UPDATE t SET v = v || 'z', w = (SELECT count(*) FROM e) WHERE CURRENT OF c RETURNING *; FETCH c;
	DELETE FROM t WHERE CURRENT OF c; ROLLBACK TO a; FETCH c; DELETE FROM t WHERE CURRENT OF nobody; COMMIT", 't');
same('CURRENT OF a join', "BEGIN; DECLARE c CURSOR FOR SELECT e.k, t.v FROM e JOIN t USING (k) ORDER BY 1 FOR UPDATE; MOVE 4 FROM c; FETCH c; UPDATE t SET v = 'both', w = -w WHERE CURRENT OF c; UPDATE e SET v = 'both' WHERE CURRENT OF c;
	FETCH c; DELETE FROM e WHERE CURRENT OF c; DELETE FROM t WHERE CURRENT OF c; DELETE FROM t WHERE CURRENT OF c; SAVEPOINT a; DELETE FROM a WHERE CURRENT OF c; ROLLBACK TO a; COMMIT", 't', 'e');
same('CURRENT OF nobody\'s', "BEGIN; DECLARE c CURSOR FOR SELECT count(e.k) FROM e; FETCH c; SAVEPOINT a; DELETE FROM e WHERE CURRENT OF c; ROLLBACK TO a; DECLARE d CURSOR WITH HOLD FOR SELECT k FROM t WHERE k = 7; FETCH d; COMMIT; DELETE FROM t WHERE CURRENT OF d", 'e');
same('CURRENT OF to and fro', "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT k, w FROM a WHERE k = 20; FETCH c; FETCH c; FETCH BACKWARD c; UPDATE a SET w = 99 WHERE CURRENT OF c RETURNING k; FETCH ABSOLUTE 1 FROM c; COMMIT", 'a');
same('CURRENT OF everywhere', q{DO $$ DECLARE r record; c CURSOR FOR SELECT * FROM a WHERE k < 10 ORDER BY k FOR UPDATE; BEGIN
	FOR r IN c LOOP UPDATE a SET v = v || r.w WHERE CURRENT OF c; IF r.k = 7 THEN DELETE FROM a WHERE CURRENT OF c; END IF; END LOOP; END $$}, 'a');
same('CURRENT OF in PL/pgSQL', q{DO $$ DECLARE r record; n int; c refcursor; BEGIN OPEN c FOR SELECT * FROM t;
	LOOP FETCH c INTO r; EXIT WHEN NOT FOUND; UPDATE t SET w = r.k * 2 WHERE CURRENT OF c; GET DIAGNOSTICS n = ROW_COUNT; RAISE WARNING '%', n; END LOOP; END $$}, 't');
same('CURRENT OF partitions', q{DO $$ DECLARE r record; n int; c CURSOR FOR SELECT * FROM p ORDER BY k FOR UPDATE; BEGIN
	FOR r IN c LOOP UPDATE p SET v = v || 'cur' WHERE CURRENT OF c; DELETE FROM p1 WHERE CURRENT OF c; GET DIAGNOSTICS n = ROW_COUNT; RAISE WARNING '% %', r.k, n; END LOOP; END $$}, 'p');
same('CURRENT OF and the key', q{DO $$ DECLARE r record; n int; c CURSOR FOR SELECT * FROM t FOR NO KEY UPDATE; BEGIN
	FOR r IN c LOOP IF r.k % 2 = 0 THEN UPDATE t SET k = k + 1000 WHERE CURRENT OF c; END IF; END LOOP; END $$}, 't');
my %copies = map { $_->safe_psql('postgres', 'SELECT string_agg(a::text, chr(10) ORDER BY a::text) FROM d.a') => 1 } $cluster->nodes;
is(scalar keys %copies, 1, 'all copies are alike');

# MERGE
same('MERGE with volatile conditions', "MERGE INTO t USING generate_series(25, 60) g ON g + 0 = t.k WHEN MATCHED THEN UPDATE SET w = -1 WHEN NOT MATCHED AND random() < 0.5 THEN INSERT VALUES (g, 'one', 1) WHEN NOT MATCHED AND random() >= 0 THEN INSERT (k, w) VALUES (g, 2);
	SELECT count(*), count(DISTINCT k), sum(k), max(w) FROM t; DELETE FROM t WHERE k > 30 OR v = 'one' OR v IS NULL");
same('MERGE with WITH', "WITH c AS (SELECT 5 AS n) MERGE INTO e USING generate_series(20, 50) g ON g + 0 = e.k WHEN MATCHED AND w > (SELECT n FROM c) THEN UPDATE SET w = (SELECT n FROM c) WHEN NOT MATCHED THEN INSERT VALUES (g, 'with', (SELECT n FROM c));
	WITH c AS (SELECT 7 AS n) MERGE INTO t USING generate_series(1, 50) g ON g = t.k WHEN MATCHED AND w > (SELECT n FROM c) THEN DELETE WHEN NOT MATCHED AND g < 40 THEN INSERT VALUES (g, 'with', (SELECT n FROM c))", 'e', 't');
same('MERGE with several actions', "MERGE INTO e USING (SELECT g AS k, g % 4 AS x FROM generate_series(40, 80) g) s ON e.v = 'with' AND e.k = s.k WHEN NOT MATCHED AND 10 / (s.k - 45) > 0 AND x = 1 THEN INSERT VALUES (s.k, 'first', x)
	WHEN NOT MATCHED AND x = 2 THEN DO NOTHING WHEN NOT MATCHED AND k > 60 THEN INSERT (v, k) VALUES ('second', s.k) WHEN MATCHED AND x = 3 THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (-k)", 'e');

# Partitions of the leader and of nodes, by key and evenly
tables(<<'SQL');
CREATE TABLE m (k int, v text, w int, g int GENERATED ALWAYS AS (k * 2) STORED) PARTITION BY RANGE (k);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM (0) TO (100) [distkey = k];
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM (100) TO (200) USING heap;
CREATE TABLE m3 PARTITION OF m FOR VALUES FROM (200) TO (300) [diststyle = even];
CREATE TABLE m4 (w int, gone int, k int, g int GENERATED ALWAYS AS (k * 2) STORED, v text) USING heap;
ALTER TABLE m4 DROP gone;
ALTER TABLE m ATTACH PARTITION m4 DEFAULT;
CREATE UNIQUE INDEX ON m2 (k);
CREATE TABLE two (k int, v text) PARTITION BY LIST (v);
CREATE TABLE two1 PARTITION OF two FOR VALUES IN ('a', 'b') [distkey = k];
CREATE TABLE two2 PARTITION OF two FOR VALUES IN ('c', NULL) [diststyle = even];
SQL
my @m = qw(m m1 m2 m3 m4);
same('INSERT into all', "INSERT INTO m SELECT g, 'm' || g, g % 7 FROM generate_series(0, 400, 5) g", @m);
same('INSERT into all RETURNING', "WITH i AS (INSERT INTO m VALUES (7, 'x', 1), (107, 'x', 2), (207, 'y', 3), (1007, 'z', 5) RETURNING tableoid::regclass::text AS t, *) SELECT * FROM i ORDER BY k", @m);
same('INSERT of one', "INSERT INTO m VALUES (8, 'one') RETURNING *; INSERT INTO m VALUES (108, 'one') RETURNING *; INSERT INTO m VALUES (107)", @m);
same('UPDATE in all', "UPDATE m SET v = v || '!' WHERE k % 2 = 1; WITH u AS (UPDATE m SET w = w + 1 WHERE k BETWEEN 90 AND 210 RETURNING *) SELECT count(*), sum(w), sum(g) FROM u", @m);
same('UPDATE in all by a join', "WITH u AS (UPDATE m SET w = x.w FROM m x JOIN e USING (k) WHERE x.k = m.k - 20 AND m.k < 320 RETURNING m.k, m.w - x.w AS d) SELECT * FROM u ORDER BY k", @m);
same('DELETE in all', "DELETE FROM m USING (VALUES (10), (110), (210), (310)) s(k) WHERE s.k = m.k; WITH d AS (DELETE FROM m WHERE k IN (95, 105, 205, 305) RETURNING *) SELECT * FROM d ORDER BY k", @m);
same('UPDATE from part to part', "WITH u AS (UPDATE m SET k = k + 100, w = k WHERE k % 10 = 0 AND k < 300 AND k NOT BETWEEN 100 AND 199 RETURNING *) SELECT count(*), sum(k), sum(w), sum(g) FROM u; UPDATE m SET k = 115 WHERE k = 5", @m);
same('rows changed', q{DO $$ DECLARE n int; BEGIN UPDATE m SET k = k + 1000 WHERE k < 50; GET DIAGNOSTICS n = ROW_COUNT; RAISE WARNING '%', n; UPDATE m SET v = 'all' WHERE w > 2; GET DIAGNOSTICS n = ROW_COUNT; RAISE WARNING '%', n;
	INSERT INTO m VALUES (1000001), (2000002), (3); GET DIAGNOSTICS n = ROW_COUNT; RAISE WARNING '%', n; DELETE FROM m WHERE k > 250; GET DIAGNOSTICS n = ROW_COUNT; RAISE WARNING '%', n; END $$}, @m);
same('MERGE into all', "MERGE INTO m USING generate_series(0, 500, 3) s(k) ON s.k = m.k WHEN MATCHED AND s.k % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET v = 'merged' WHEN NOT MATCHED AND s.k % 5 = 0 THEN INSERT (k, v) VALUES (s.k, 'new')", @m);
same('WITH into all', "WITH c AS (SELECT 51 AS k UNION ALL SELECT 151) INSERT INTO m SELECT k, 'with', (SELECT count(*) FROM c) FROM c", @m);
same('no partition for all', "DROP TABLE m4; INSERT INTO m VALUES (52), (5000), (152); UPDATE m SET k = k + 200 WHERE k > 150", qw(m m1 m2 m3));
same('COPY into all', "COPY m (v, k) FROM STDIN;\na\t61\nb\t161\nc\t261\n\\.\nCOPY m (v, k) FROM STDIN;\na\t62\nb\t1001\n\\.\n", qw(m m1 m2 m3));
same('prepared for all', "PREPARE i(int, text) AS INSERT INTO m VALUES (\$1, \$2), (\$1 + 120, \$2); PREPARE u(int, text) AS UPDATE m SET v = \$2 WHERE k IN (\$1, \$1 + 120);" . join('', map { "EXECUTE i($_, 'p'); EXECUTE u($_, 'q$_');" } 71 .. 77), qw(m m1 m2 m3));
same('savepoints in all', "BEGIN; UPDATE m SET v = 'gone'; SAVEPOINT a; DELETE FROM m; ROLLBACK TO a; SELECT count(*), count(DISTINCT v) FROM m; ROLLBACK", qw(m m1 m2 m3));
same('two ways', "INSERT INTO two SELECT g, CASE g % 4 WHEN 0 THEN 'a' WHEN 1 THEN 'b' WHEN 2 THEN 'c' END FROM generate_series(1, 40) g; UPDATE two SET v = 'a' WHERE k < 20 AND k % 3 = 0; UPDATE two SET k = -k WHERE k > 30; DELETE FROM two WHERE k = -35", 'two', 'two1', 'two2');
is($leader->safe_psql('postgres', "SELECT count(*) FROM d.two1 WHERE k = -36"), 1, 'a row is found by its key');

# Numbers and other volatile functions
tables(<<'SQL');
CREATE TABLE n (k int PRIMARY KEY, v text, w int) [distkey = k];
CREATE TABLE na (k int PRIMARY KEY, v text, w float8) [diststyle = all];
CREATE TABLE nd (k int, v text, w float8) [diststyle = all];
CREATE TABLE ne (k int, v text, w int) [diststyle = even];
CREATE TABLE refers (k int REFERENCES n, c int) [distkey = k];
CREATE SEQUENCE q;
CREATE SEQUENCE q2 START 1000;
INSERT INTO n SELECT g, 'n' || g, g % 10 FROM generate_series(1, 30) g;
INSERT INTO na SELECT * FROM n;
INSERT INTO nd SELECT * FROM n;
INSERT INTO ne SELECT * FROM n;
INSERT INTO refers SELECT k, 1 FROM n WHERE k < 5;
SQL
same('numbers in conditions', "UPDATE n SET v = 'seq' WHERE w < nextval('q') * 0 + 5; SELECT nextval('q') > 30; DELETE FROM ne WHERE k = 3 + 0 * nextval('q') RETURNING *", 'n', 'ne');
same('numbers of what others refer to', "UPDATE n SET w = nextval('q2') WHERE k < 10; SELECT count(DISTINCT w), min(w) >= 1000, max(w) < 1100 FROM n WHERE k < 10; UPDATE refers SET c = (SELECT nextval('q2')) WHERE k = 3; SELECT c > 1000 FROM refers WHERE k = 3; UPDATE refers SET c = 1; UPDATE n SET w = 1", 'n', 'refers');
same('numbers ON CONFLICT', "INSERT INTO n SELECT g, 'new', 1 FROM generate_series(25, 40) g ON CONFLICT (k) DO UPDATE SET w = nextval('q2'), v = excluded.v, k = excluded.k; SELECT count(DISTINCT w), min(w) >= 1000, max(w) < 2000 FROM n WHERE v = 'new' AND w > 1; UPDATE n SET w = 1", 'n');
same('numbers in MERGE', "MERGE INTO n USING generate_series(5, 50) g ON g = n.k WHEN MATCHED AND g < 10 THEN UPDATE SET w = nextval('q2') WHEN MATCHED AND g + 0 * nextval('q') < 20 THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (g, 'merged', nextval('q2'));
	SELECT count(*), count(DISTINCT w) FROM n WHERE v = 'merged'; UPDATE n SET w = 1; MERGE INTO n USING (VALUES (1, 5), (2, 6)) s(k, w) ON s.k = n.k WHEN MATCHED THEN UPDATE SET k = s.k, w = s.w", 'n');
same('volatile conditions everywhere', "DELETE FROM nd WHERE k < 3 + 0 * random() AND k > 1 RETURNING k, v; UPDATE nd SET w = 5 WHERE k = 20 + random() * 0 RETURNING *; DELETE FROM na WHERE k > 25 + 0 * nextval('q')", 'na', 'nd');
same('volatile values everywhere', "UPDATE na SET w = random() WHERE k < 20 + random() * 0; SELECT count(*), count(DISTINCT w) FROM na WHERE k < 20 AND w BETWEEN 0 AND 1; UPDATE na SET w = nextval('q2') WHERE k >= 0 * random(); SELECT count(*), count(DISTINCT w) FROM na; SELECT k, v FROM na ORDER BY 1");
same('numbers, prepared', "PREPARE u(int) AS UPDATE ne SET w = nextval('q') * 0 + \$1 WHERE k = \$1 RETURNING *; " . join('', map { "EXECUTE u($_); " } 5 .. 12), 'ne');
%copies = map { $_->safe_psql('postgres', "SELECT string_agg(na::text, chr(10) ORDER BY na::text), (SELECT string_agg(nd::text, chr(10) ORDER BY nd::text) FROM d.nd) FROM d.na") => 1 } $cluster->nodes;
is(scalar keys %copies, 1, 'all copies are alike');
like((run('d', "MERGE INTO n USING (VALUES (1)) s(k) ON s.k = n.k WHEN MATCHED THEN UPDATE SET k = 1001"))[1], qr/0A000: only UPDATE/, 'MERGE does not leave rows where nobody looks');
like((run('d', "INSERT INTO n VALUES (1) ON CONFLICT (k) DO UPDATE SET k = 1001"))[1], qr/0A000: only UPDATE/, 'nor does ON CONFLICT');

# Policies of rows
$leader->safe_psql('postgres', <<'SQL');
CREATE ROLE alice LOGIN;
CREATE USER MAPPING FOR alice SERVER n1 OPTIONS (user 'alice', password_required 'false');
CREATE USER MAPPING FOR alice SERVER n2 OPTIONS (user 'alice', password_required 'false');
GRANT ALL ON SCHEMA d, h TO alice;
SQL
tables(<<'SQL');
CREATE TABLE r (k int, who text, w int) [distkey = k];
INSERT INTO r SELECT g, CASE WHEN g % 2 = 0 THEN 'alice' ELSE 'bob' END, g % 10 FROM generate_series(1, 50) g;
ALTER TABLE r ENABLE ROW LEVEL SECURITY;
CREATE POLICY rd ON r FOR SELECT USING (who = 'alice' OR k < 10);
CREATE POLICY up ON r FOR UPDATE USING (who = 'alice') WITH CHECK (w < 100);
CREATE POLICY ins ON r FOR INSERT WITH CHECK (who = 'alice');
CREATE POLICY del ON r FOR DELETE USING (k > 40);
GRANT ALL ON r TO alice;
SQL
$SameAsHeap::user = 'alice';
same('MERGE under policies', "MERGE INTO r USING generate_series(40, 60) s(k) ON s.k + 0 = r.k WHEN MATCHED THEN UPDATE SET w = 50 WHEN NOT MATCHED THEN INSERT VALUES (s.k, 'alice', 7)", 'r');
same('MERGE against policies', "MERGE INTO r USING generate_series(40, 70) s(k) ON s.k + 0 = r.k WHEN MATCHED THEN UPDATE SET w = 60 WHEN NOT MATCHED THEN INSERT VALUES (s.k, 'bob', 7);
	MERGE INTO r USING generate_series(40, 60) s(k) ON s.k + 0 = r.k WHEN MATCHED THEN UPDATE SET w = 600 WHEN NOT MATCHED THEN INSERT VALUES (s.k, 'alice', 7);
	MERGE INTO r USING generate_series(1, 60) s(k) ON s.k + 0 = r.k WHEN MATCHED THEN UPDATE SET w = 60 WHEN NOT MATCHED THEN INSERT VALUES (s.k, 'alice', 7)", 'r');
same('CURRENT OF under policies', "BEGIN; DECLARE c CURSOR FOR SELECT * FROM r WHERE k = 4; FETCH c; UPDATE r SET w = 44 WHERE CURRENT OF c; DELETE FROM r WHERE CURRENT OF c; SAVEPOINT a; UPDATE r SET w = 444 WHERE CURRENT OF c; ROLLBACK TO a; COMMIT", 'r');

# The key
undef $SameAsHeap::user;
tables(<<'SQL');
CREATE TABLE every (k int, who text, w int, g int GENERATED ALWAYS AS (k * 2) STORED) [distkey = k];
INSERT INTO every SELECT g, CASE WHEN g % 2 = 0 THEN 'alice' ELSE 'bob' END, g % 10 FROM generate_series(1, 50) g;
ALTER TABLE every ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON every USING (who = 'alice' AND k < 1000);
GRANT ALL ON every TO alice;
CREATE TABLE kept (k int PRIMARY KEY, v text) [distkey = k];
CREATE TABLE keeps (k int REFERENCES kept) [distkey = k];
INSERT INTO kept SELECT g, 'k' || g FROM generate_series(1, 20) g;
INSERT INTO keeps SELECT k FROM kept WHERE k <= 10;
SQL
same('the key of what others refer to', "WITH u AS (UPDATE kept SET k = k + 100 WHERE k > 15 RETURNING *) SELECT * FROM u ORDER BY 1; UPDATE kept SET k = k + 100 WHERE k < 15", 'kept');
tables("CREATE TABLE s (k int, v text, gone int, w int, x int DEFAULT 5) [distkey = k]; ALTER TABLE s DROP gone; INSERT INTO s SELECT g, 's' || g, 1 FROM generate_series(1, 20) g");
same('the key and others from one subquery', "UPDATE s SET (k, v) = (SELECT 100, 'sub') WHERE k = 4; UPDATE s SET (k, v) = (SELECT kept.k + 100, max(kept.v) FROM kept WHERE kept.k = s.k GROUP BY 1), (w, x) = (SELECT count(*), min(k) FROM kept WHERE kept.k < s.k) WHERE k = 3 RETURNING *;
	UPDATE s SET (k, x) = (SELECT g, 7 FROM generate_series(1000, 1000) g WHERE s.k = 12) WHERE k IN (12, 13)", 's');
same('RETURNING of a row that moves', "UPDATE s SET k = k + 1 WHERE k = 9 RETURNING s, s.*; UPDATE s SET k = (SELECT max(a.k) FROM a WHERE a.k < s.k) + 500 WHERE k = 8 RETURNING k, s, (SELECT count(*) FROM kept WHERE kept.k IN (SELECT s.k - 501 FROM kept f WHERE f.k = s.k - 501 UNION ALL SELECT 3))", 's');
same('the key past policies', "UPDATE every SET k = k + 100 WHERE k = 3", 'every');
$SameAsHeap::user = 'alice';
same('the key under policies', "WITH u AS (UPDATE every SET k = k + 100, w = w + 1 WHERE k > 20 RETURNING *) SELECT count(*), sum(k), sum(w), sum(g) FROM u; WITH u AS (UPDATE every SET k = k + 1 WHERE k < 10 RETURNING k, who) SELECT * FROM u ORDER BY 1;
	DO 'DECLARE n int; BEGIN UPDATE every SET k = k + 1; GET DIAGNOSTICS n = ROW_COUNT; RAISE WARNING ''%'', n; END'; PREPARE u(int) AS UPDATE every SET k = k + \$1 WHERE k = \$1 RETURNING k; " . join('', map { "EXECUTE u($_); " } 4 .. 11), 'every');
same('the key against policies', "UPDATE every SET k = 2000 WHERE k = 16; UPDATE every SET who = 'bob', k = 7 WHERE k = 18", 'every');
like((run('d', "UPDATE r SET k = k + 1"))[1], qr/0A000.*row-level security/, 'policies of single commands');
undef $SameAsHeap::user;
is(($leader->psql('postgres', "SELECT r::text FROM d.r EXCEPT SELECT r::text FROM h.r"))[1], '', 'rows that alice does not see');

$cluster->stop;
done_testing();
