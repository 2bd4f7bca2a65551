# Statements that change distributed tables do what they do to a local heap table: each
# runs in schema d, whose tables are distributed, and in schema h, whose are not; output,
# errors and the tables afterwards must be the same.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use SameAsHeap;
use Test::More;

my $cluster = RedshiftCluster->new('writes', 2);
my $leader = $cluster->leader;
SameAsHeap::begin($leader);

# The table that statements of both schemas read and the leader has.
$leader->safe_psql('postgres', <<'SQL');
CREATE TABLE public.local (k int, v text) USING heap;
INSERT INTO public.local SELECT g, 'local ' || g FROM generate_series(1, 20) g;
SQL

# The distribution differs from table to table; in h the options are left out.
tables(<<'SQL');
CREATE TABLE t (k int PRIMARY KEY, v text, n numeric DEFAULT 7, g int GENERATED ALWAYS AS (k * 2) STORED) [distkey = k];
CREATE TABLE e (k int, v text) [diststyle = even];
CREATE TABLE a (k int PRIMARY KEY, v text) [diststyle = all];
CREATE TABLE o (k int, w int) [distkey = w];
INSERT INTO t (k, v) SELECT g, 'v' || g FROM generate_series(1, 100) g;
INSERT INTO e SELECT k, v FROM t;
INSERT INTO a SELECT k, v FROM t WHERE k <= 30;
INSERT INTO o SELECT k, 101 - k FROM t;
SQL
my @all = qw(t e a o);

# INSERT
same('INSERT RETURNING', "INSERT INTO t (k, v) VALUES (200, 'x') RETURNING k, v, g, n", 't');
same('INSERT RETURNING a subquery', "INSERT INTO t (k, v) VALUES (201, 'x') RETURNING k, (SELECT w FROM o WHERE o.k = t.k - 200)", 't');
same('INSERT RETURNING tableoid', "INSERT INTO t (k, v) VALUES (202, 'x') RETURNING tableoid::regclass::text = 't'", 't');
same('INSERT twice', "INSERT INTO t (k) VALUES (1)", 't');
same('ON CONFLICT DO NOTHING', "INSERT INTO t (k, v) SELECT g, 'new' FROM generate_series(90, 120) g ON CONFLICT (k) DO NOTHING RETURNING k % 2 = 5", 't');
same('ON CONFLICT DO UPDATE', "WITH i AS (SELECT 1) INSERT INTO t AS x (k, v) SELECT g, 'again' FROM generate_series(115, 130) g ON CONFLICT (k) DO UPDATE SET v = x.v || excluded.v, n = (SELECT max(k) FROM local) WHERE x.k % 2 = 0", 't');
same('ON CONFLICT of one row twice', "INSERT INTO t (k) VALUES (1), (1) ON CONFLICT (k) DO UPDATE SET v = 'y'", 't');
same('ON CONFLICT everywhere', "INSERT INTO a SELECT g, 'new' FROM generate_series(20, 40) g ON CONFLICT (k) DO UPDATE SET v = excluded.v", 'a');
like((run('d', "INSERT INTO e VALUES (1, 'z') ON CONFLICT (k) DO NOTHING"))[1], qr/42P10|0A000/, 'ON CONFLICT without the key');
same('INSERT from WITH', "WITH x AS (SELECT k + 1000 AS k FROM o) INSERT INTO t (k) SELECT k FROM x", 't');

# UPDATE and DELETE that read others
same('UPDATE FROM the leader', "UPDATE t SET v = l.v FROM local l WHERE l.k = t.k", 't');
same('UPDATE FROM distributed', "UPDATE t SET n = o.w FROM o WHERE o.k = t.k AND o.w < 50", 't');
same('UPDATE with subqueries', "UPDATE e SET v = (SELECT max(v) FROM t WHERE t.k < e.k) WHERE k IN (SELECT k FROM local)", 'e');
same('UPDATE everywhere', "UPDATE a SET v = 'all ' || l.v FROM local l WHERE l.k = a.k", 'a');
same('UPDATE everywhere RETURNING', "UPDATE a SET v = v WHERE k = 3 RETURNING *", 'a');
same('DELETE USING', "DELETE FROM e USING o, local l WHERE o.k = e.k AND l.k = o.w", 'e');
same('DELETE RETURNING', "DELETE FROM t WHERE k > 1090 AND EXISTS (SELECT FROM local)", 't');
same('DELETE with catalogs', "DELETE FROM a WHERE v IN (SELECT relname FROM pg_class)", 'a');

# Views
for my $schema (qw(d h))
{
	run($schema, "CREATE VIEW few AS SELECT k, v FROM t WHERE k < 50 WITH CHECK OPTION; CREATE VIEW fence WITH (security_barrier) AS SELECT k, v FROM t WHERE k < 10");
}
same('check options of UPDATE', "UPDATE few SET k = k + 0, v = 'view' WHERE k < 5; UPDATE few SET v = 'w' WHERE k < 3 RETURNING v", 't');
same('check options of INSERT', "INSERT INTO few VALUES (5000, 'no'); INSERT INTO few VALUES (-5, 'yes') RETURNING k", 't');
same('security barriers', "UPDATE fence SET v = 'fenced'; DELETE FROM fence WHERE k = 3", 't');

# MERGE
same('MERGE', <<'SQL', 't');
MERGE INTO t USING (SELECT g AS k, 'merged ' || g AS v FROM generate_series(40, 400, 10) g) s ON t.k = s.k
WHEN MATCHED AND t.k < 50 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT (k, v) VALUES (s.k, s.v)
SQL
same('MERGE from a table', "MERGE INTO t USING local s ON s.k = t.k WHEN MATCHED THEN UPDATE SET v = 'm' WHEN NOT MATCHED AND s.k > 5 THEN INSERT (k) VALUES (s.k)", 't');
same('MERGE everywhere', "MERGE INTO a USING o ON o.k = a.k WHEN MATCHED THEN DELETE WHEN NOT MATCHED AND o.k < 60 THEN INSERT VALUES (o.k, 'merged')", 'a');
same('MERGE without INSERT', "MERGE INTO e USING local l ON e.v LIKE '%' || l.k WHEN MATCHED AND l.k > 9 THEN DELETE", 'e');

# The distribution key
same('UPDATE of the key', "UPDATE t SET k = k + 10000, v = v || '!' WHERE k < 20", 't');
same('UPDATE of the key RETURNING', "UPDATE t SET k = -k FROM local l WHERE l.k = t.k - 10000 RETURNING t.k, t.g, l.v, t.v", 't');
same('UPDATE of the key in conflict', "UPDATE t SET k = 60 WHERE k = 61", 't');
same('UPDATE of the key to and fro', "UPDATE o SET w = 101 - w; UPDATE t SET k = k + 1 WHERE false; UPDATE o SET w = NULL WHERE k = 7 RETURNING *", 'o');
same('UPDATE of the key of a view', "UPDATE few SET k = 30000 WHERE k = 45; UPDATE few SET k = -30000 WHERE k = 45 RETURNING k", 't');

# Partitions
tables(<<'SQL');
CREATE TABLE p (k int, v text) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100) [distkey = k];
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200) [distkey = k];
SQL
same('INSERT into partitions', "INSERT INTO p SELECT g, 'x' FROM generate_series(0, 199) g; INSERT INTO p VALUES (1), (101) RETURNING tableoid::regclass::text, *", 'p', 'p1', 'p2');
same('no partition', "INSERT INTO p VALUES (1000)", 'p');
same('UPDATE of partitions', "UPDATE p SET v = 'u' WHERE k < 10; DELETE FROM p WHERE k > 198 RETURNING *", 'p');
same('UPDATE between partitions', "UPDATE p SET k = k + 95 WHERE k < 20; SELECT count(*), sum(k) FROM p WHERE k BETWEEN 95 AND 120", 'p', 'p1', 'p2');
same('MERGE into partitions', "MERGE INTO p USING (VALUES (30), (150), (500)) s(k) ON p.k = s.k WHEN MATCHED THEN UPDATE SET v = 'm'", 'p');
my $parts = PostgreSQL::Test::Utils::tempdir() . '/parts';
PostgreSQL::Test::Utils::append_to_file($parts, join('', map { "$_\tcopied\n" } 0 .. 199));
same('COPY into partitions', "\\copy p from '$parts'\nSELECT count(*) FROM p a JOIN p b USING (k)", 'p', 'p1');

# Numbers
tables("CREATE TABLE s (k int, id bigint GENERATED BY DEFAULT AS IDENTITY) [distkey = k]; CREATE SEQUENCE q");
same('identity', "INSERT INTO s (k) SELECT g FROM generate_series(1, 50) g; INSERT INTO s VALUES (51, DEFAULT) RETURNING id; SELECT count(DISTINCT id) FROM s");
# ... and other values that only the leader can compute
tables("CREATE TABLE n (k int PRIMARY KEY, id int, v text, twice int GENERATED ALWAYS AS (id * 2) STORED) [distkey = k]; CREATE TABLE na (k int, r float8, id serial) [diststyle = all]; INSERT INTO n SELECT g, NULL, 'n' || g FROM generate_series(1, 30) g; INSERT INTO na SELECT k FROM n");
same('UPDATE with numbers', "UPDATE n SET id = nextval('q'), v = n.v || l.v FROM local l WHERE l.k = n.k; SELECT count(DISTINCT id), min(id), max(id), bool_and(twice = 2 * id) FROM n; SELECT k, v FROM n ORDER BY k");
same('UPDATE with numbers RETURNING', "UPDATE n SET id = nextval('q') + (SELECT count(*) FROM local) FROM local l WHERE n.k = 5 AND l.k = n.k RETURNING n.k, n.id, twice - 2 * n.id, l.v");
same('UPDATE of the key with numbers', "CREATE SEQUENCE q2 START 1000; UPDATE n SET k = nextval('q2') WHERE k > 25; SELECT array_agg(k ORDER BY k) FROM n WHERE k > 25; UPDATE n SET k = 26 + (random() * 0)::int WHERE k = 1000 RETURNING k");
same('UPDATE everywhere with volatile values', "UPDATE na SET r = random() WHERE k < 20; SELECT count(*), count(DISTINCT r), bool_and(r BETWEEN 0 AND 1) FROM na WHERE r IS NOT NULL; UPDATE na SET r = k + 0 * random() RETURNING k - r; SELECT k, r FROM na ORDER BY 1");
$leader->safe_psql('postgres', "UPDATE d.na SET r = random()");
my %copies = map { $_->safe_psql('postgres', 'SELECT sum(r::numeric), count(DISTINCT id) FROM d.na') => 1 } $cluster->nodes;
is(scalar keys %copies, 1, 'all copies are alike');
same('MERGE with numbers', "MERGE INTO na USING generate_series(28, 40) g ON g = na.k WHEN MATCHED THEN UPDATE SET r = 0 WHEN NOT MATCHED THEN INSERT (k, r) VALUES (g, 0); SELECT count(*), count(DISTINCT id), min(id), max(id) BETWEEN 40 AND 60 FROM na");
run($_, "CREATE TABLE refers (k int REFERENCES n ON DELETE CASCADE) [distkey = k]" =~ s/\[.*\]/$_ eq 'd' ? 'WITH (distkey = k)' : ''/er) for (qw(d h));
like((run('d', "UPDATE n SET k = k + 5000"))[1], qr/0A000.*foreign keys/, 'what others refer to is not deleted');

# INSERT ... SELECT that the nodes run by themselves
tables(<<'SQL');
CREATE TABLE c (k bigint CHECK (k <> 13), v varchar(12), g bigint GENERATED ALWAYS AS (k * 3) STORED, gone int, n numeric(8,1) DEFAULT 3.25, at date DEFAULT '2020-02-02') [distkey = k];
ALTER TABLE c DROP COLUMN gone;
CREATE TABLE ce (v text, k int, w int) [diststyle = even];
CREATE TABLE ca (k int, v text) [diststyle = all];
CREATE TABLE many (k int, v text, w int) [distkey = k];
INSERT INTO many SELECT g, 'many ' || g, g % 7 FROM generate_series(1000, 13000) g;
SQL
$leader->safe_psql('postgres', 'ANALYZE d.many');
sub at_nodes
{
	my ($name, $sql, $expected, @tables) = @_;
	my $plan = (run('d', "EXPLAIN $sql"))[0];

	like($plan, qr/RsUpdate/, "$name: on the nodes");
	is($plan =~ /(DS_\w+)/ ? $1 : '', $expected, "$name: exchange");
	same($name, $sql, @tables);
}
at_nodes('INSERT in place', "INSERT INTO c (v, k) SELECT v, k FROM many WHERE w > 2", '', 'c');
at_nodes('INSERT of a join in place', "INSERT INTO c SELECT m.k, upper(t.v) FROM many m JOIN many t ON t.k = m.k WHERE m.w = 1", '', 'c');
at_nodes('INSERT with an exchange', "INSERT INTO c (k, n) SELECT w * 1000 + k, k / 3.0 FROM many", 'DS_DIST_INNER', 'c');
at_nodes('INSERT without a key', "INSERT INTO ce (k, v) SELECT k, v FROM many WHERE k IN (SELECT m.k FROM many m WHERE m.w < 3)", '', 'ce');
at_nodes('INSERT everywhere', "INSERT INTO ca SELECT k, v FROM many", 'DS_BCAST_INNER', 'ca');
at_nodes('INSERT from everywhere', "INSERT INTO ca SELECT k + 1, v || '!' FROM ca WHERE k < 1100", '', 'ca');
at_nodes('INSERT from itself', "INSERT INTO many SELECT k + 5000, v, (SELECT max(w) FROM ce) FROM many", 'DS_DIST_INNER', 'many');
same('INSERT with parameters', "PREPARE i(int, date) AS INSERT INTO c (k, v, at) SELECT k, v, \$2 FROM many WHERE w = \$1; EXECUTE i(2, '2021-03-04'); EXECUTE i(3, '2021-03-05')", 'c');
same('INSERT against a constraint', "INSERT INTO c (k) SELECT k - 1000 FROM many; SELECT count(*) FROM c", 'c');
same('CREATE TABLE AS', "CREATE TABLE made AS SELECT w, count(*) AS n, min(v) AS v FROM many GROUP BY w; SELECT * INTO made2 FROM many WHERE k < 1010", 'made', 'made2');

# ... with numbers that the leader gives them
tables(<<'SQL');
CREATE SEQUENCE high INCREMENT -3 MAXVALUE 20000 MINVALUE -5000000 START 20000; CREATE SEQUENCE scarce MAXVALUE 500; CREATE SEQUENCE round MAXVALUE 70 CYCLE CACHE 9;
CREATE TABLE ni (k int, id smallint GENERATED ALWAYS AS IDENTITY (START -32768 MINVALUE -32768), n serial, a int DEFAULT nextval('high'), b int8 DEFAULT nextval('high') * 2, v text) [distkey = k];
CREATE TABLE nk (id bigserial PRIMARY KEY, v text) [distkey = id];
CREATE TABLE ne (k int, n int DEFAULT nextval('scarce')) [diststyle = even];
SQL
at_nodes('INSERT with numbers', "INSERT INTO ni (k, v) SELECT k, v FROM many WHERE k < 8000", '');
same('numbers', "SELECT count(*), count(DISTINCT id), min(id), count(DISTINCT n), min(n), bool_and((20000 - a) % 3 = 0 AND b % 2 = 0), count(*) - count(DISTINCT b) FROM ni; SELECT count(*) FROM (SELECT a FROM ni INTERSECT SELECT b / 2 FROM ni) x; SELECT lastval() <= 20000 - 3");
at_nodes('INSERT with numbers as keys', "INSERT INTO nk (v) SELECT v FROM many", 'DS_DIST_INNER');
same('numbers as keys', "SELECT count(*), count(DISTINCT id), min(id) FROM nk; SELECT count(*) FROM nk a JOIN nk b USING (id) WHERE a.v = b.v; SELECT count(*) FROM nk WHERE id IN (1, 2, 3, 17); SELECT currval('nk_id_seq') >= count(*) FROM nk");
at_nodes('INSERT with nextval()', "INSERT INTO nk SELECT nextval('high') - 100000, m.v FROM many m JOIN many t USING (k) ", 'DS_DIST_INNER');
same('numbers as keys of nextval()', "SELECT count(*), count(DISTINCT id), max(id) < -80000 FROM nk WHERE id < 0");
at_nodes('INSERT with numbers that come again', "INSERT INTO ne SELECT k, nextval('round') FROM many WHERE k < 5000", '');
same('numbers that come again', "SELECT count(*), count(DISTINCT n), min(n), max(n) FROM ne; TRUNCATE ne");
same('CREATE TABLE AS with numbers', "CREATE TABLE made3 AS SELECT nextval('scarce') AS n, w FROM many WHERE k < 1200; SELECT count(*), count(DISTINCT n), min(n) FROM made3; ALTER SEQUENCE scarce RESTART");
at_nodes('INSERT with too few numbers', "INSERT INTO ne (k) SELECT k FROM many", '', 'ne');
same('INSERT with too few numbers in a savepoint', "ALTER SEQUENCE scarce RESTART; BEGIN; SAVEPOINT a; INSERT INTO ne (k) SELECT k FROM many; ROLLBACK TO a; SELECT count(*) FROM ne; ALTER SEQUENCE scarce RESTART; INSERT INTO ne (k) SELECT k FROM many WHERE k < 1010; SELECT count(*), count(DISTINCT n) FROM ne; COMMIT", 'made');
same('numbers in an order', "ALTER SEQUENCE scarce RESTART; TRUNCATE ne; INSERT INTO ne (k) SELECT k FROM many WHERE v = 'many ' || k ORDER BY k DESC LIMIT 20; SELECT n, k FROM ne ORDER BY n; PREPARE x AS INSERT INTO ne (k) SELECT k FROM many WHERE k < 1005; EXECUTE x; EXECUTE x; SELECT count(*), count(DISTINCT n) FROM ne");
same('numbers of all copies', "INSERT INTO na (k) SELECT k FROM ca; SELECT count(*) - count(DISTINCT id) FROM na; INSERT INTO na (k) SELECT k + 1 FROM na; SELECT count(*) - count(DISTINCT id) FROM na");
like((run('d', "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) INSERT INTO ni (k) SELECT k FROM many WHERE k < 1500"))[0], qr/Changed: \d+/, 'EXPLAIN ANALYZE with numbers');

# Tables of the leader, with distributed ones
tables("CREATE TABLE mine (k int, v text) USING heap; INSERT INTO mine SELECT k, v FROM local");
same('UPDATE of the leader', "UPDATE mine SET v = t.v || o.w FROM t JOIN o USING (k) WHERE t.k = mine.k AND o.w > 60 RETURNING mine.*, t, o.tableoid::regclass::text = 'o'", 'mine');
same('UPDATE of the leader with an outer join', "UPDATE mine SET v = coalesce(t.v, 'none') FROM local l LEFT JOIN t ON t.k = l.k AND t.n > 20 WHERE l.k = mine.k AND (t.v IS NULL OR t.k > 3)", 'mine');
same('DELETE of the leader', "DELETE FROM mine USING t, a WHERE t.k = mine.k AND a.k = t.k AND t.k IN (SELECT k FROM o) AND mine.k < 4", 'mine');
same('MERGE into the leader', "MERGE INTO mine USING (SELECT k FROM o WHERE w > 75) s ON s.k = mine.k WHEN MATCHED AND s.k < 9 THEN UPDATE SET v = 'merged' WHEN NOT MATCHED THEN INSERT VALUES (s.k, 'new')", 'mine');
same('MERGE into the leader from a table', "MERGE INTO mine USING o ON o.k = mine.k AND o.w > 90 WHEN MATCHED THEN DELETE WHEN NOT MATCHED AND o.k > 95 THEN INSERT VALUES (o.k, 'last')", 'mine');
same('WITH that changes the leader', "WITH u AS (UPDATE mine SET v = 'with' FROM t WHERE t.k = mine.k AND t.k > 15 RETURNING mine.k) SELECT count(*) FROM u JOIN o USING (k)", 'mine');

# MERGE that has to be split
same('MERGE from a join', "MERGE INTO many USING local l JOIN o USING (k) ON many.k = l.k + 990 WHEN MATCHED THEN UPDATE SET v = l.v || o.w WHEN NOT MATCHED AND k > 3 THEN INSERT VALUES (k, 'join', o.w)", 'many');
same('MERGE by another column', "MERGE INTO many USING (SELECT k, w FROM o) s ON s.w = many.w AND many.v = 'join' WHEN MATCHED AND many.k % 2 = 0 THEN DELETE WHEN NOT MATCHED AND s.k > 90 THEN INSERT (w, k) VALUES (s.w, -s.k) WHEN NOT MATCHED AND s.k < 5 THEN INSERT VALUES (s.k + 20000, 'low', NULL) WHEN NOT MATCHED THEN DO NOTHING", 'many');
same('MERGE without a key', "MERGE INTO ce USING many m ON ce.k = m.k AND m.w < (SELECT count(*) FROM local WHERE local.k < ce.k) WHEN MATCHED THEN UPDATE SET w = m.w WHEN NOT MATCHED AND m.k < 1100 THEN INSERT VALUES (DEFAULT, m.k, m.w)", 'ce');
same('MERGE that only inserts', "MERGE INTO ce USING generate_series(1090, 1120) g ON ce.k = g WHEN NOT MATCHED THEN INSERT (k, v) VALUES (g, 'only')", 'ce');
same('MERGE of one row twice', "MERGE INTO ce USING (SELECT 1095 AS k FROM local) s ON ce.k = s.k WHEN MATCHED THEN UPDATE SET v = 'twice' WHEN NOT MATCHED THEN INSERT (k) VALUES (s.k)", 'ce');
same('MERGE counts', "DO 'DECLARE n int; BEGIN MERGE INTO ce USING (VALUES (1095), (-1095)) s(k) ON ce.k = s.k WHEN MATCHED THEN UPDATE SET v = v WHEN NOT MATCHED THEN INSERT (k) VALUES (s.k); GET DIAGNOSTICS n = ROW_COUNT; RAISE WARNING ''% rows'', n; END'", 'ce');

# WITH that changes rows
same('WITH INSERT', "WITH i AS (INSERT INTO many VALUES (-1, 'with', 1), (-2, 'with', 2) RETURNING *) SELECT i.k, i.v, (SELECT count(*) FROM many WHERE k < 0) FROM i ORDER BY 1", 'many');
same('WITH that moves rows', "WITH d AS (DELETE FROM many WHERE k < 1010 RETURNING k, v) INSERT INTO ca SELECT k, v FROM d WHERE k > 0; SELECT count(*) FROM ca", 'ca', 'many');
same('WITH DELETE to the leader', "WITH d AS (DELETE FROM many WHERE k BETWEEN 1010 AND 1020 RETURNING k, v) INSERT INTO mine SELECT * FROM d WHERE k < 1020", 'mine', 'many');
same('WITH several', "WITH a AS (SELECT k FROM many WHERE k < 1050), u AS (UPDATE many SET w = w + 100 FROM a WHERE a.k = many.k RETURNING many.k, many.w), d AS (DELETE FROM ce USING u WHERE u.k = ce.k RETURNING ce.k)
	SELECT (SELECT count(*) FROM a), (SELECT sum(w) FROM u), (SELECT count(*) FROM d), (SELECT sum(w) FROM many)", 'many', 'ce');
same('WITH that is not read', "WITH u AS (UPDATE many SET v = 'unread' WHERE k = 1030) SELECT count(*) FROM many WHERE v = 'unread'; SELECT count(*) FROM many WHERE v = 'unread'", 'many');
same('WITH of the leader for distributed', "WITH d AS (DELETE FROM mine WHERE k > 1015 RETURNING k) UPDATE many SET v = 'from ' || d.k FROM d WHERE many.k = d.k + 40; WITH m AS (UPDATE mine SET v = v RETURNING k) DELETE FROM ce WHERE k IN (SELECT k + 50 FROM m)", 'many', 'mine', 'ce');
same('WITH and MERGE', "WITH d AS (DELETE FROM ce WHERE k < 1100 RETURNING k, v) MERGE INTO many USING d ON d.k = many.k WHEN MATCHED THEN UPDATE SET v = 'merged' WHEN NOT MATCHED THEN INSERT VALUES (d.k, d.v, 0)", 'ce', 'many');
same('WITH RECURSIVE', "WITH RECURSIVE r(n) AS (SELECT 1060 UNION ALL SELECT n + 1 FROM r WHERE n < 1070), u AS (UPDATE many SET w = -n FROM r WHERE k = n RETURNING k, w) SELECT count(*), sum(u.w + r.n) FROM u JOIN r ON r.n = u.k", 'many');
same('WITH prepared', "PREPARE w(int) AS WITH u AS (UPDATE many SET w = w + \$1 WHERE k = \$1 RETURNING w) SELECT * FROM u; " . join('', map { "EXECUTE w($_);" } 1100 .. 1107), 'many');
same('WITH in PL/pgSQL', "DO 'DECLARE n int; BEGIN FOR i IN 1110 .. 1118 LOOP BEGIN WITH d AS (DELETE FROM many WHERE k = i RETURNING k) SELECT 10 / (i % 2) + count(*) INTO n FROM d; EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END'", 'many');

# Locks of rows
same('FOR UPDATE of both', "SELECT mine.v, t.v FROM mine JOIN t USING (k) WHERE t.k < 30 ORDER BY k FOR UPDATE; SELECT mine.k FROM mine JOIN p USING (k) ORDER BY 1 FOR SHARE OF mine");
same('FOR UPDATE below', "SELECT sum(k) FROM (SELECT k FROM o WHERE k < 50 FOR UPDATE) x; WITH x AS (SELECT k FROM o WHERE k < 3 FOR NO KEY UPDATE) SELECT * FROM x ORDER BY 1; SELECT (SELECT w FROM o WHERE o.k = local.k FOR SHARE) FROM local ORDER BY 1");
same('INSERT and UPDATE by locked rows', "INSERT INTO e SELECT k, 'locked' FROM o WHERE k < 5 FOR UPDATE; UPDATE e SET v = v || '!' WHERE k IN (SELECT k FROM o WHERE k < 3 FOR UPDATE) AND v = 'locked'", 'e');
same('SKIP LOCKED', "SELECT k FROM o WHERE k < 5 ORDER BY k FOR UPDATE SKIP LOCKED; DELETE FROM o WHERE k = (SELECT k FROM o ORDER BY k DESC LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING k", 'o');
same('FOR UPDATE', "BEGIN; SELECT k, v FROM t WHERE k BETWEEN 60 AND 65 ORDER BY k FOR UPDATE; SELECT count(*) FROM o; COMMIT", 't');
same('FOR SHARE of a join', "PREPARE l(int) AS SELECT t.k, o.w FROM t JOIN o ON o.k = t.k WHERE t.k = \$1 FOR SHARE OF t; EXECUTE l(70); EXECUTE l(71)");
same('FOR UPDATE in PL/pgSQL', "DO 'DECLARE r record; BEGIN FOR r IN SELECT * FROM o WHERE k < 10 FOR UPDATE LOOP UPDATE o SET w = r.w + 1000 WHERE k = r.k; END LOOP; END'", 'o');
same('FOR UPDATE of partitions', "SELECT k FROM p WHERE k BETWEEN 98 AND 104 ORDER BY 1 FOR NO KEY UPDATE");

# All parts of a query see one state, and not what it does itself.
same('parts of a query', "CREATE FUNCTION more() RETURNS int LANGUAGE plpgsql AS 'BEGIN INSERT INTO e VALUES (-1, NULL); RETURN (SELECT count(*) FROM e WHERE k = -1); END';
	SELECT (SELECT count(*) FROM e WHERE k = -1), more(), (SELECT count(*) FROM e WHERE k = -1 AND v IS NULL), more(), (SELECT count(*) FROM e WHERE k IN (-1, 1000000))", 'e');
same('savepoints in the middle', "BEGIN; DECLARE c CURSOR FOR SELECT count(*) FROM o; SAVEPOINT a; INSERT INTO o VALUES (500, 500); FETCH c; ROLLBACK TO a; SELECT count(*) FROM o; COMMIT", 'o');
same('prepared statements', "PREPARE q(int, text) AS UPDATE t SET v = \$2 FROM local l WHERE t.k = \$1 AND l.k = 3 RETURNING t.k; " . join('', map { "EXECUTE q($_, 'p$_'); " } 50 .. 58), 't');

# Few rows go with the command and what begins the transaction, in a message before COMMIT.
same('rows with the command and behind it', "INSERT INTO e SELECT g, repeat('wide ', g * g) FROM generate_series(1, 60) g; INSERT INTO e VALUES (3, repeat('x', 9000)), (4, NULL)", 'e');
my ($n1, $n2) = $cluster->nodes;
my %seen;
sub statements
{
	my $new = '';

	for my $node ($n1, $n2)
	{
		my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);

		$new .= substr($log, $seen{ $node->name } // 0);
		$seen{ $node->name } = length $log;
	}
	return grep { !/client_connection_check_interval|^COMMIT$/ } $new =~ /LOG:  statement: (.*)/g;
}
$_->append_conf('postgresql.conf', 'log_statement = all') for ($n1, $n2);
$_->reload for ($n1, $n2);
$leader->poll_query_until('postgres', "SELECT count(*) > 0 FROM d.o") for (1, 2);
statements();
$leader->safe_psql('postgres', "INSERT INTO d.o VALUES (3000, 3000)");
my @statements = statements();
is(scalar @statements, 1, 'messages for a row') or diag join("\n", @statements);
like($statements[0] // '', qr/^BEGIN.*COPY d\.o \(k, w\) FROM STDIN \(FORMAT redshift_batch, ROWS '[0-9a-f]+'\)/, 'the row is in it');
for my $case ([ 'xy', qr/invalid hexadecimal/ ], [ '', qr/without their last message/ ], [ '00', qr/cut off/ ], [ '00' x 64, qr/wrong header/ ])
{
	my ($code, $out, $error) = $n1->psql('postgres', "COPY d.o FROM STDIN (FORMAT redshift_batch, ROWS '$case->[0]')");

	like($error, $case->[1], "rows as '$case->[0]'");
}

$cluster->stop;
done_testing();
