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

$cluster->stop;
done_testing();
