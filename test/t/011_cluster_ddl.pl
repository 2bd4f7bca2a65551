# DDL in a cluster: it reaches all nodes, and a node that joins later.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use RedshiftCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cluster = RedshiftCluster->new('ddl', 1);
my $leader = $cluster->leader;

sub sql { return $leader->safe_psql('postgres', $_[0]); }
sub on_node { return $cluster->node($_[0])->safe_psql('postgres', $_[1]); }

# What an invalid statement says.
sub failure
{
	my ($code, $out, $error) = $leader->psql('postgres', $_[0]);
	return $error;
}

# What the leader wants nodes to have, and what they have.
sub same_definitions
{
	my ($what) = @_;
	my $definitions = 'SELECT redshift.definition_statement(b) FROM (VALUES (false), (true)) v(b)';
	my $here = join("\n", sort split(/\n/, sql($definitions)));

	for my $i (1 .. $cluster->nodes)
	{
		my $there = join("\n", sort split(/\n/, on_node($i, $definitions)));
		is($there, $here, "$what: node $i");
	}
	return;
}

# All kinds of objects.
sql(<<'SQL');
CREATE ROLE reader LOGIN PASSWORD 'secret' VALID UNTIL '2040-01-01';
CREATE ROLE "odd ""role" NOINHERIT CREATEDB CONNECTION LIMIT 7;
GRANT reader TO "odd ""role" WITH ADMIN OPTION;
CREATE SCHEMA d AUTHORIZATION reader;
CREATE SCHEMA "Odd schema";
CREATE EXTENSION hstore SCHEMA d;
CREATE TYPE d.mood AS ENUM ('sad', 'it''s ok');
CREATE TYPE d.pair AS (a numeric(5,2), b text COLLATE "C", m d.mood[]);
CREATE COLLATION d.plain (provider = libc, locale = 'C');
CREATE DOMAIN d.small AS int DEFAULT 3 NOT NULL CONSTRAINT low CHECK (value < 100);
ALTER DOMAIN d.small ADD CONSTRAINT high CHECK (value > -100);
CREATE FUNCTION d.diff(float8, float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2';
CREATE TYPE d.span AS RANGE (subtype = float8, subtype_diff = d.diff, multirange_type_name = d.spans);
CREATE SEQUENCE d.numbers AS int8 INCREMENT 5 START 100 CACHE 3 CYCLE;
CREATE FUNCTION d.twice(a int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN a * 2;
CREATE FUNCTION d.add(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE COST 7 SET work_mem = '1MB' AS $$BEGIN RETURN $1 + coalesce($2, 0); END$$;
CREATE PROCEDURE d.nothing(INOUT x text) LANGUAGE plpgsql AS 'BEGIN END';
CREATE AGGREGATE d.total(int) (sfunc = d.add, stype = int, initcond = '0', combinefunc = d.add, parallel = safe);
CREATE AGGREGATE d.rows(*) (sfunc = int8inc, stype = int8, initcond = 0);
CREATE OPERATOR d.@+ (function = d.add, leftarg = int, rightarg = int, commutator = OPERATOR(d.@+));
CREATE FUNCTION d.to_pair(int) RETURNS d.pair LANGUAGE sql IMMUTABLE AS $$SELECT ROW($1, 'x', '{sad}')::d.pair$$;
CREATE CAST (int AS d.pair) WITH FUNCTION d.to_pair(int) AS ASSIGNMENT;
CREATE TABLE d."Wide table" (
	id int8 GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 2), k int DEFAULT d.twice(4), m d.mood, p d.pair, s d.small, r d.span, h d.hstore,
	t text COLLATE d.plain NOT NULL DEFAULT 'it''s', g int GENERATED ALWAYS AS (k + 1) STORED, n int DEFAULT nextval('d.numbers'), "Odd col" numeric(12,2),
	gone int, CONSTRAINT "Odd check" CHECK (d.twice(k) < 10000)) USING redshift
	WITH (distkey = k, sortkey = 'k, "Odd col"', sortstyle = interleaved);
ALTER TABLE d."Wide table" DROP COLUMN gone, ALTER k SET STATISTICS 500, ALTER t SET STORAGE EXTERNAL;
ALTER TABLE d."Wide table" ADD PRIMARY KEY (k, id);
CREATE INDEX wide_t ON d."Wide table" (lower(t) text_pattern_ops, s) INCLUDE (n) WHERE k > 5;
CREATE STATISTICS d.wide_stats (ndistinct) ON k, s FROM d."Wide table";
COMMENT ON TABLE d."Wide table" IS 'it''s wide';
COMMENT ON COLUMN d."Wide table".k IS 'the key';
COMMENT ON CONSTRAINT "Odd check" ON d."Wide table" IS 'odd';
COMMENT ON FUNCTION d.twice(int) IS 'twice'; COMMENT ON DOMAIN d.small IS 'small'; COMMENT ON COLUMN d.pair.b IS 'second';
ALTER TABLE d."Wide table" ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON d."Wide table" AS RESTRICTIVE FOR UPDATE TO reader, "odd ""role" USING (k > 0) WITH CHECK (k > 1);
CREATE FUNCTION d.before() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.n := 1; RETURN NEW; END';
CREATE TRIGGER before BEFORE INSERT ON d."Wide table" FOR EACH ROW WHEN (NEW.k > 3) EXECUTE FUNCTION d.before();
ALTER TABLE d."Wide table" DISABLE TRIGGER before;
GRANT SELECT, UPDATE ON d."Wide table" TO reader WITH GRANT OPTION;
GRANT INSERT (k, t) ON d."Wide table" TO "odd ""role";
GRANT USAGE ON SCHEMA d TO PUBLIC; REVOKE EXECUTE ON FUNCTION d.twice(int) FROM PUBLIC; GRANT USAGE ON SEQUENCE d.numbers TO reader;
GRANT EXECUTE ON FUNCTION d.total(int) TO reader; REVOKE CREATE ON SCHEMA public FROM PUBLIC; REVOKE USAGE ON TYPE d.small FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA d GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE reader REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER TABLE d."Wide table" OWNER TO reader; ALTER TYPE d.mood OWNER TO reader; ALTER FUNCTION d.twice(int) OWNER TO reader;
CREATE TABLE d.countries (code char(2) PRIMARY KEY, name text, id serial) USING redshift WITH (diststyle = all);
INSERT INTO d.countries (code, name) VALUES ('de', 'Germany'), ('fr', 'France');
CREATE TABLE d.cities (name text, code char(2) REFERENCES d.countries ON DELETE CASCADE) USING redshift WITH (diststyle = all);
INSERT INTO d.cities VALUES ('Bonn', 'de'), ('Nice', 'fr');
CREATE TABLE d.parts (a int NOT NULL, b text CHECK (b <> ''), PRIMARY KEY (a)) PARTITION BY RANGE (a);
CREATE TABLE d.parts_1 PARTITION OF d.parts FOR VALUES FROM (0) TO (100) USING redshift;
CREATE TABLE d.parts_2 PARTITION OF d.parts FOR VALUES FROM (100) TO (200) PARTITION BY LIST (a);
CREATE TABLE d.parts_2d PARTITION OF d.parts_2 DEFAULT USING redshift;
CREATE TABLE d.parts_local PARTITION OF d.parts DEFAULT USING heap;
CREATE INDEX parts_b ON d.parts (b);
SQL
same_definitions('as made');
$cluster->add('ddl');
same_definitions('a node that joins');
is(on_node(2, 'SELECT * FROM d.cities JOIN d.countries USING (code) ORDER BY 1'), "de|Bonn|Germany|1\nfr|Nice|France|2", 'it has the rows of tables on all nodes');
is(sql('SELECT cardinality(slices) FROM redshift.nodes ORDER BY node_id'), "8\n8", 'and slices, as no rows are in them');
sql(<<'SQL');
INSERT INTO d.parts_1 SELECT g, 'p' || g FROM generate_series(0, 99) g;
INSERT INTO d.parts_2d SELECT g, 'p' || g FROM generate_series(100, 199) g;
INSERT INTO d."Wide table" (k, "Odd col") SELECT g, g FROM generate_series(1, 500) g;
INSERT INTO d.countries (code, name) VALUES ('it', 'Italy');
SQL
is(sql('SELECT count(*), sum(a) FROM d.parts'), '200|19900', 'rows go to both');
isnt(on_node(2, 'SELECT count(*) FROM d."Wide table"'), '0', 'by key');
$cluster->add('ddl');
same_definitions('a node that joins when there are rows');
is(sql('SELECT coalesce(cardinality(slices), 0) FROM redshift.nodes ORDER BY node_id'), "8\n8\n0", 'gets no slices');
is(on_node(3, 'SELECT string_agg(code, \' \' ORDER BY code) FROM d.countries'), 'de fr it', 'but rows of tables on all nodes');
is(sql('SELECT count(*), sum(k) FROM d."Wide table"'), '500|125250', 'no rows are lost or doubled');

# New tables from queries and from others.
sql(<<'SQL');
SET default_table_access_method = redshift;
CREATE TABLE d.q1 WITH (distkey = k) AS SELECT k, id, "Odd col" * 2 AS o FROM d."Wide table";
CREATE TABLE d.q2 AS TABLE d.q1 WITH NO DATA;
CREATE TABLE IF NOT EXISTS d.q1 AS SELECT 1;
SELECT k AS a, 'x'::varchar(5) AS b INTO d.q3 FROM d.q1 WHERE k <= 10;
PREPARE few(int) AS SELECT k, o FROM d.q1 WHERE k <= $1;
CREATE TABLE d.q4 (x, y) AS EXECUTE few(20);
CREATE MATERIALIZED VIEW d.view AS SELECT count(*) AS n, sum(k) AS s FROM d.q1;
INSERT INTO d.q1 VALUES (1000);
REFRESH MATERIALIZED VIEW d.view;
CREATE VIEW d.shape AS SELECT 1::numeric(4,1) AS a, 'b'::text COLLATE "C" AS b;
CREATE TABLE d.like1 (LIKE d.shape, c int DEFAULT 7) ;
CREATE TABLE d.like2 (LIKE d."Wide table" INCLUDING ALL);
CREATE TABLE IF NOT EXISTS d.like1 (a int);
DO $$BEGIN CREATE TABLE d.in_do (a int); EXECUTE 'CREATE TABLE d.in_execute AS SELECT 5 AS a'; END$$;
SQL
is(sql('SELECT count(*), sum(k), sum(o) FROM d.q1'), '501|126250|250500.00', 'CREATE TABLE AS');
isnt(on_node($_, 'SELECT count(*) FROM d.q1'), '0', "its rows are on node $_") for (1, 2);
is(sql('SELECT (SELECT count(*) FROM d.q2), (SELECT sum(a) FROM d.q3), (SELECT sum(y) FROM d.q4), (SELECT n || \' \' || s FROM d.view), (SELECT a FROM d.in_execute)'),
	'0|55|420.00|501 126250|5', 'WITH NO DATA, SELECT INTO, EXECUTE, materialized views, nested');
like(failure('SET default_table_access_method = redshift; CREATE TABLE d.q5 AS SELECT 1 / (k - 7) AS x FROM d.q1'), qr/division by zero/, 'CREATE TABLE AS that fails');
same_definitions('new tables from queries');

# Local tables become distributed, and local again.
sql(<<'SQL');
SET default_table_access_method = heap;
CREATE TABLE d.old (id serial PRIMARY KEY, a int CHECK (a >= 0), gone int, b text DEFAULT 'none', g int GENERATED ALWAYS AS (a * 2) STORED);
ALTER TABLE d.old DROP COLUMN gone;
INSERT INTO d.old (a, b) SELECT g, repeat(md5(g::text), 1 + g % 100) FROM generate_series(1, 1000) g;
CREATE INDEX old_b ON d.old (b); GRANT SELECT ON d.old TO reader; COMMENT ON TABLE d.old IS 'old';
CREATE FUNCTION d.counted() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'the trigger has fired'; END$$;
CREATE TRIGGER counted BEFORE INSERT ON d.old FOR EACH ROW EXECUTE FUNCTION d.counted();
CREATE TABLE d.old_child (id int REFERENCES d.old);
CREATE TABLE d.old_parts (a int, b int) PARTITION BY LIST (a);
CREATE TABLE d.old_part1 PARTITION OF d.old_parts FOR VALUES IN (1);
CREATE TABLE d.old_part2 PARTITION OF d.old_parts FOR VALUES IN (2);
INSERT INTO d.old_parts SELECT 1 + g % 2, g FROM generate_series(1, 100) g;
SQL
my $before = sql('SELECT count(*), sum(id), sum(a), sum(g), md5(string_agg(b, NULL ORDER BY id)) FROM d.old');
like(failure("SELECT redshift.distribute('d.old')"), qr/access method "heap".*SET ACCESS METHOD redshift/s, 'not of another access method');
sql("ALTER TABLE d.old SET ACCESS METHOD redshift; ALTER TABLE d.old SET (distkey = id); ALTER TABLE d.old_part1 SET ACCESS METHOD redshift");
like(failure("SELECT redshift.distribute('d.old')"), qr/constraint old_child_id_fkey on table d.old_child/, 'not if local tables refer to it');
sql('DROP TABLE d.old_child');
like(failure("SET ROLE reader; SELECT redshift.distribute('d.old')"), qr/must be owner of table old/, 'by the owner only');
sql("BEGIN; SELECT redshift.distribute('d.old'); ROLLBACK");
is(sql('SELECT count(*), sum(id), sum(a), sum(g), md5(string_agg(b, NULL ORDER BY id)) FROM d.old'), $before, 'distribute, rolled back');
sql("SELECT redshift.distribute('d.old'), redshift.distribute('d.old_parts')");
is(sql('SELECT count(*), sum(id), sum(a), sum(g), md5(string_agg(b, NULL ORDER BY id)) FROM d.old'), $before, 'distribute');
is(sql("SELECT reltuples FROM pg_class WHERE oid = 'd.old'::regclass"), '1000', 'its estimate of rows stays');
isnt(on_node($_, 'SELECT count(*) FROM d.old'), '0', "its rows are on node $_") for (1, 2);
is((on_node(1, 'SELECT count(*) FROM d.old_part1') + on_node(2, 'SELECT count(*) FROM d.old_part1') + on_node(3, 'SELECT count(*) FROM d.old_part1')) . on_node(2, "SELECT to_regclass('d.old_part2') IS NULL"), '50t', 'partitions');
is(sql('SELECT count(*), sum(b) FROM d.old_parts'), '100|5050', 'local and distributed partitions together');
same_definitions('distributed');
like(failure("INSERT INTO d.old (a) VALUES (1)"), qr/trigger has fired/, 'triggers are there');
like(failure("SELECT redshift.distribute('d.old')"), qr/distributed already/, 'only once');
sql("BEGIN; SELECT redshift.undistribute('d.old'); ROLLBACK");
is(sql('SELECT count(*), sum(id), sum(a), sum(g), md5(string_agg(b, NULL ORDER BY id)) FROM d.old'), $before, 'undistribute, rolled back');
sql("SELECT redshift.undistribute('d.old'); SELECT redshift.undistribute('d.old_parts')");
is(sql('SET enable_seqscan = off; SELECT count(*), sum(id), sum(a), sum(g), md5(string_agg(b, NULL ORDER BY id)) FROM d.old WHERE id > 0'), $before, 'undistribute');
is(sql('SELECT count(*), sum(b) FROM d.old_parts'), '100|5050', 'of partitions');
is(on_node(1, "SELECT to_regclass('d.old') IS NULL"), 't', 'nodes have it no longer');
same_definitions('undistributed');

# Statistics.
sql(<<'SQL');
CREATE TABLE d.stats (k int, few text, part float8) USING redshift WITH (distkey = k);
INSERT INTO d.stats SELECT g, 'v' || g % 4, CASE WHEN g % 2 = 0 THEN g END FROM generate_series(1, 40000) g;
SQL
is(sql("SELECT reltuples FROM pg_class WHERE oid = 'd.stats'::regclass"), '-1', 'no statistics before ANALYZE');
my $statistics = "SELECT (SELECT reltuples || ' ' || (relpages > 0) FROM pg_class WHERE oid = 'd.stats'::regclass),
	(SELECT string_agg(round(null_frac::numeric, 1) || ' ' || CASE WHEN n_distinct < 0 THEN round(n_distinct::numeric, 1) ELSE n_distinct END, ', ' ORDER BY attname)
	FROM pg_stats WHERE schemaname = 'd' AND tablename = 'stats')";
sql('ANALYZE d.stats, d.countries');
is(sql($statistics), '40000 true|0.0 4, 0.0 -1, 0.5 -0.5', 'ANALYZE samples the nodes');
is(sql("SELECT reltuples FROM pg_class WHERE oid = 'd.countries'::regclass"), '3', 'tables on all nodes are counted once');
sql('CREATE TABLE d.neighbours (k int) USING redshift WITH (diststyle = even); INSERT INTO d.neighbours SELECT g / 4 FROM generate_series(1, 100000) g; SET default_statistics_target = 1; ANALYZE d.neighbours');
cmp_ok(sql("SELECT CASE WHEN n_distinct < 0 THEN n_distinct * -100000 ELSE n_distinct END FROM pg_stats WHERE schemaname = 'd' AND tablename = 'neighbours'"),
	'>', 2000, 'neighbours are not sampled together');
isnt(on_node($_, "SELECT reltuples FROM pg_class WHERE oid = 'd.stats'::regclass"), '-1', "node $_ has its own") for (1, 2);
sql($_) for ('VACUUM d.stats', 'VACUUM FULL d.stats', 'CREATE INDEX stats_k ON d.stats (k)', 'REINDEX TABLE d.stats', 'VACUUM (ANALYZE, VERBOSE) d.stats (k), d.old');
is(sql($statistics) =~ s/true|false//r, '40000 |0.0 4, 0.0 -1, 0.5 -0.5', 'what builds and vacuums here does not spoil them');
sql('BEGIN; ANALYZE d.stats (few); ROLLBACK; ANALYZE d.old_parts');

# What is not for transaction blocks.
sql($_) for ('CREATE INDEX CONCURRENTLY stats_few ON d.stats (few)', 'REINDEX (VERBOSE) INDEX CONCURRENTLY d.stats_few', 'REINDEX SCHEMA d', 'VACUUM', 'ANALYZE', 'CLUSTER');
is(on_node(2, "SELECT count(*) FROM pg_index WHERE indexrelid = 'd.stats_few'::regclass AND indisvalid"), '1', 'CREATE INDEX CONCURRENTLY');
like(failure('BEGIN; VACUUM d.stats'), qr/cannot run inside a transaction block/, 'VACUUM in a transaction block');
sql('SET search_path = d; DROP INDEX CONCURRENTLY stats_few');
is(on_node(2, "SELECT to_regclass('d.stats_few') IS NULL"), 't', 'DROP INDEX CONCURRENTLY');
like(failure('CREATE UNIQUE INDEX CONCURRENTLY stats_unique ON d.stats (few)'), qr/could not create unique index.*compute node/s, 'CREATE INDEX CONCURRENTLY that fails');
sql('DROP INDEX d.stats_unique');
is(sql('DELETE FROM d.stats WHERE k > 39000; SELECT count(*) FROM d.stats'), '39000', 'the session goes on');

# Rows move when what spreads them changes.
sql('SELECT setval($$d.numbers$$, 1000)');
my $sums = sql('SELECT count(*), sum(k), sum(part) FROM d.stats');
for my $change ('SET (diststyle = all)', 'SET (diststyle = even)', 'SET (distkey = few)', 'ALTER k TYPE int8', 'RESET (distkey)', 'SET (distkey = k)', 'ALTER k TYPE text',
	'ALTER k TYPE int USING k::int', 'ADD id serial', "ADD r float8 DEFAULT random()", "ADD c text DEFAULT 'const'", 'SET ACCESS METHOD redshift')
{
	sql("ALTER TABLE d.stats $change");
	is(sql('SELECT count(*), sum(k::int), sum(part) FROM d.stats'), $sums, $change);
	is(sql("SELECT count(*) FROM d.stats WHERE k = '77'"), '1', 'found by its key') if ($change =~ /key|TYPE/);
}
is(sql('SELECT count(DISTINCT id), count(*) FROM d.stats'), '39000|39000', 'new columns are filled once');
sql('BEGIN; ALTER TABLE d.stats SET (diststyle = all); ROLLBACK');
same_definitions('after changes');
sql('ALTER TABLE d.stats SET ACCESS METHOD heap');
is(sql('SELECT count(*), sum(k), sum(part) FROM d.stats') . on_node(1, "SELECT to_regclass('d.stats') IS NULL"), $sums . 't', 'another access method makes it local');

# Other statements, and several relations at once.
sql(<<'SQL');
SET search_path = d;
CREATE TABLE heap1 (a int) USING heap; CREATE TABLE red1 (a int) USING redshift; CREATE TABLE red2 (a int) USING redshift;
INSERT INTO red1 VALUES (1), (2); INSERT INTO heap1 VALUES (1);
TRUNCATE heap1, red1;
GRANT SELECT ON heap1, red1 TO reader; GRANT INSERT ON ALL TABLES IN SCHEMA d TO reader; REVOKE INSERT (a) ON red1, heap1 FROM reader;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA d TO reader; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA d TO reader;
ALTER TABLE red1 RENAME TO red3; ALTER TABLE red3 RENAME a TO b; ALTER TABLE red3 SET SCHEMA "Odd schema"; ALTER TABLE "Odd schema".red3 OWNER TO reader;
ALTER TABLE parts DETACH PARTITION parts_1; ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES FROM (0) TO (100);
ALTER TABLE parts DETACH PARTITION parts_local; ALTER TABLE parts ATTACH PARTITION parts_local DEFAULT;
ALTER TYPE mood ADD VALUE 'glad' AFTER 'sad';
DROP TABLE IF EXISTS heap1, red2, none_such;
CREATE FUNCTION makes() RETURNS void LANGUAGE sql AS 'CREATE TABLE d.made (a int) USING redshift; COMMENT ON TABLE d.made IS ''made''';
SELECT makes();
SQL
sql('ALTER TABLE d.parts DETACH PARTITION d.parts_1');
is(sql('SELECT count(*) FROM "Odd schema".red3'), '0', 'TRUNCATE of several');
is(sql('SELECT (SELECT count(*) FROM d.parts), (SELECT count(*) FROM d.parts_1), (SELECT count(*) FROM d.made)'), '100|100|0', 'partitions attached and detached');
same_definitions('after other statements');
sql('DROP OWNED BY "odd ""role"; DROP SCHEMA "Odd schema" CASCADE');
same_definitions('after DROP OWNED and DROP SCHEMA');

# What the nodes hold, and whether all is well.
sql("SELECT redshift.vacuum_delete_only('d.q1'), redshift.vacuum_sort_only('d.q1')");
is(sql('SELECT count(*), sum(k) FROM d.q1'), '501|126250', 'vacuum functions');

# What Redshift's statements become.
sql(<<'SQL');
CREATE TABLE d.source (k int, v varchar(20), n int) USING redshift WITH (distkey = k);
INSERT INTO d.source SELECT g, 'value ' || g % 5 FROM generate_series(1, 2000) g;
ALTER TABLE d.source DROP COLUMN n;
ALTER TABLE d.source SET (sortkey = 'v', encode = '+v zstd', rewrite), ADD COLUMN w int DEFAULT 2, SET (encode = '+w raw');
CREATE TABLE d.target (LIKE d.source INCLUDING ALL) USING redshift;
VACUUM (SORT_ONLY, TO_PERCENT 100) d.source;
SQL
is(sql("SELECT \"column\", est_reduction_pct > 50 FROM redshift.analyze_compression('d.source') ORDER BY 1"), "k|t\nv|f\nw|t", 'analyze_compression of rows on nodes');
is(on_node(2, "SELECT array_to_string(reloptions, '; ') FROM pg_class WHERE oid = 'd.source'::regclass"), 'diststyle=key; distkey=k; sortkey=v; encode=v zstd, w raw', 'options of single columns');
sql("CALL redshift.append_from('d.target', 'd.source')");
is(sql('SELECT (SELECT count(*) FROM d.source), count(*), sum(k), sum(w) FROM d.target'), '0|2000|2001000|4000', 'append_from');
sql('DROP TABLE d.source, d.target');
is(sql("SELECT \"rows\", nodes, skew_rows IS NOT NULL, diststyle FROM redshift.distributed_table_info WHERE \"table\" = 'd.q1'::regclass"), '501|3|t|key', 'distributed_table_info');
is(sql("SELECT \"rows\", diststyle FROM redshift.distributed_table_info WHERE \"table\" = 'd.countries'::regclass"), '3|all', 'of a table on all nodes');
is(sql("SELECT server, state, \"rows\" > 0, bytes > 0, cardinality(slices) FROM redshift.nodes ORDER BY node_id"), "n1|reachable|t|t|8\nn2|reachable|t|t|8\nn3|reachable|t|t|", 'nodes');
my $other = $leader->background_psql('postgres');
is($other->query("CREATE FUNCTION pg_temp.one() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE pg_temp.e AS ENUM ('a'); SELECT pg_temp.one()"),
	'1', 'the first temporary objects of a session are its own');
is(sql('SELECT * FROM redshift.check_cluster()'), '', 'check_cluster: all is well');
$other->quit;
on_node(1, 'CREATE TABLE d.extra (a int); DROP INDEX d.wide_t');
on_node(2, "DELETE FROM d.countries WHERE code = 'it'; COMMENT ON TABLE d.q1 IS 'changed'");
on_node(3, 'UPDATE redshift.slice SET node_id = 3 WHERE slice = 1');
is(sql("SELECT node, left(regexp_replace(problem, ', checksum -?\\d+', '', 'g'), 60) FROM redshift.check_cluster() ORDER BY node, problem COLLATE \"C\""), <<'OUT' =~ s/\n$//r, 'check_cluster finds what is not');
n1|has: ALTER TABLE d.extra OWNER TO postgres; REVOKE ALL ON TA
n1|has: CREATE TABLE d.extra (a integer) USING heap
n1|lacks, or has otherwise: CREATE INDEX wide_t ON d."Wide tabl
n2|d.countries has 2 rows, on the first node 3
n2|has: ALTER TABLE d.q1 OWNER TO postgres; REVOKE ALL ON TABLE
n2|lacks, or has otherwise: ALTER TABLE d.q1 OWNER TO postgres;
n3|its copy of the cluster's slices differs
OUT
$cluster->node(3)->stop('fast');
is(sql("SELECT server, state ~ '^unreachable: .', \"rows\" IS NULL FROM redshift.nodes ORDER BY node_id"), "n1|f|f\nn2|f|f\nn3|t|t", 'a node that does not answer');
is(sql("SELECT count(*) FROM redshift.check_cluster() WHERE node = 'n3' AND problem ~ '^unreachable'"), '1', 'check_cluster names it');
like(failure('CREATE TABLE d.later (a int) USING redshift'), qr/n3/, 'DDL fails with its name');
is(sql("SELECT to_regclass('d.later') IS NULL") . on_node(1, "SELECT to_regclass('d.later') IS NULL"), 'tt', 'everywhere');
$cluster->node(3)->start;

$cluster->stop;
done_testing();
