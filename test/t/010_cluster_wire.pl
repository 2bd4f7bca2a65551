# COPY with FORMAT redshift_batch: rows of all types there and back, in messages that
# may be damaged.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{REDSHIFT_SEED} || int time;
diag "seed $seed";
srand($seed);

my $node = PostgreSQL::Test::Cluster->new('wire');
$node->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
fsync = off
autovacuum = off
CONF
$node->start;
my $directory = $PostgreSQL::Test::Utils::tmp_check;
my $file = "$directory/rows";

sub sql { return $node->safe_psql('postgres', $_[0]); }

# What an invalid statement says.
sub failure
{
	my ($sql) = @_;
	my ($code, $out, $error) = $node->psql('postgres', $sql);
	return $error;
}

sub copy_out { return sql("\\copy ($_[0]) to '$file' with (format redshift_batch)"); }
sub copy_in { return sql("\\copy $_[0] from '$file' with (format redshift_batch)"); }
sub copy_in_failure { return failure("\\copy $_[0] from '$file' with (format redshift_batch)"); }

sub difference
{
	my ($one, $other) = @_;
	return sql("SELECT count(*) FROM ((SELECT a::text FROM $one a EXCEPT ALL SELECT b::text FROM $other b)
		UNION ALL (SELECT b::text FROM $other b EXCEPT ALL SELECT a::text FROM $one a)) s");
}

sub read_file { open my $in, '<:raw', $file or die; local $/; return <$in>; }
sub write_file { open my $out, '>:raw', $file or die; print $out $_[0]; close $out; }

# A value of each type from a number g; all types that differ in how they travel.
my %types = (
	'bool' => 'g % 2 = 0', '"char"' => 'chr(65 + g % 26)::"char"', 'int2' => 'g % 30000', 'int4' => 'g * 7919',
	'int8' => 'g::int8 * 1000000007', 'oid' => 'g::oid', 'float4' => "(g / 3.0)::float4",
	'float8' => "CASE g % 9 WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' WHEN 2 THEN 'Infinity' ELSE g / 7.0 END",
	'numeric(12,2)' => 'g / 4.0', 'numeric(30,4)' => 'g * 1234567890123456789.5',
	'numeric' => "CASE g % 7 WHEN 0 THEN 'NaN' WHEN 1 THEN g * 1e60 WHEN 2 THEN g / 1000.0 WHEN 3 THEN -1e-20 WHEN 4 THEN 'Infinity' ELSE g END",
	'money' => 'g::money', 'date' => "CASE g % 50 WHEN 0 THEN 'infinity' ELSE date '2000-01-01' + g END",
	'time' => "time '00:00' + g * interval '1.5 second'", 'timetz' => "timetz '10:00+02' + g * interval '1 second'",
	'timestamp' => "timestamp '1900-01-01' + g * interval '1 hour'",
	'timestamptz' => "timestamptz '1900-01-01' + g * interval '1 hour'", 'interval' => "g * interval '1 mon 2 day 3 sec'",
	'uuid' => 'md5(g::text)::uuid', 'name' => "('n' || g)::name", 'text' => "repeat(md5((g % 5)::text), g % 9)",
	'varchar(20)' => "left(md5(g::text), g % 20)", 'char(8)' => "left(md5(g::text), g % 8)",
	'bytea' => "decode(md5(g::text), 'hex')", 'json' => q('{"a": [1, 2]}'), 'jsonb' => "jsonb_build_object('k', g)",
	'xml' => "('<a>' || g || '</a>')::xml", 'bit(5)' => 'g::bit(5)', 'varbit' => 'g::bit(17)::varbit',
	'inet' => "'10.0.0.0'::inet + g", 'cidr' => "'10.0.0.0/8'", 'macaddr' => "'08:00:2b:01:02:03'",
	'macaddr8' => "'08:00:2b:01:02:03:04:05'", 'point' => 'point(g, -g)', 'lseg' => 'lseg(point(0, g), point(1, g))',
	'line' => "line '{1,2,3}'", 'box' => 'box(point(0, 0), point(g, g))', 'path' => "path '((0,0),(1,1),(2,0))'",
	'polygon' => "polygon(5, circle(point(g, g), 2))", 'circle' => 'circle(point(g, g), 2)', 'tsvector' => "to_tsvector('simple', 'a b' || g)",
	'tsquery' => "'a & b'", 'jsonpath' => "'\$.a'", 'pg_lsn' => "'0/1'::pg_lsn + g", 'tid' => "('(' || g || ',1)')::tid",
	'int4[]' => 'array[g, NULL, g + 1]', 'text[]' => "array['q', NULL, g::text]", 'numeric[]' => 'array[[g, 1], [2, 3.5]]',
	'int4range' => 'int4range(g, g + 5)', 'tstzmultirange' => "tstzmultirange(tstzrange('2000-01-01', NULL))",
	'regclass' => "'pg_class'", 'regtype' => "'w.mood'", 'w.mood' => "(array['sad', 'ok', 'so, so'])[1 + g % 3]::w.mood",
	'w.mood[]' => "array['sad', 'so, so']::w.mood[]", 'w.pair' => "ROW(g / 3.0, 'a \"b\"')::w.pair", 'w.positive' => 'g + 1',
	'w.span' => "w.span(g, g + 0.5)"
);

sql(<<'SQL');
CREATE EXTENSION redshift_ext;
CREATE SCHEMA w;
CREATE TYPE w.mood AS ENUM ('sad', 'ok', 'so, so');
CREATE TYPE w.pair AS (a float8, b text);
CREATE TYPE w.span AS RANGE (subtype = float8);
CREATE DOMAIN w.positive AS int4 CHECK (value > 0);
CREATE COLLATION w.c (provider = libc, locale = 'C');
SQL
my @names = sort keys %types;
my $i = 0;
my $definition = join(', ', map { 'c' . $i++ . " $_" } @names);
my $rows = 1 + int rand 9000;

# NULLs at random, none in some columns, all in some.
my $values = join(', ', map { my $part = (0, 0, 0.1, 0.5, 1)[int rand 5];
	"CASE WHEN random() < $part THEN NULL ELSE ($types{$_})::$_ END" } @names);
sql("SET extra_float_digits = 0; CREATE TABLE w.source ($definition); CREATE TABLE w.heap (LIKE w.source);
	CREATE TABLE w.columns (LIKE w.source) USING redshift; CREATE TABLE w.again (LIKE w.source);
	SELECT setseed(0.$seed); INSERT INTO w.source SELECT $values FROM generate_series(0, $rows) g");
copy_out('SELECT * FROM w.source');
copy_in($_) for (qw(w.heap w.columns));
is(difference('w.source', 'w.heap'), '0', 'all types through slots, into heap');
is(difference('w.source', 'w.columns'), '0', 'and into a redshift table');

# From the vector engine's node, which even a bare scan becomes: with dictionaries and integers as they are.
copy_out('SELECT * FROM w.columns');
copy_in('w.again');
is(difference('w.source', 'w.again'), '0', 'all types through vectors');
sql('CREATE TABLE w.words (a text, n int) USING redshift;
	INSERT INTO w.words SELECT CASE WHEN g % 11 > 0 THEN repeat(md5((g % 4)::text), 1 + g % 6) END, g FROM generate_series(1, 20000) g;
	CREATE TABLE w.words2 (LIKE w.words)');
copy_out('SELECT a, n FROM w.words ORDER BY n % 3, n LIMIT 15000');
copy_in('w.words2');
is(sql('SELECT count(*), count(a), count(DISTINCT a), sum(length(a)) FROM w.words2'),
	sql('SELECT count(*), count(a), count(DISTINCT a), sum(length(a)) FROM (SELECT a, n FROM w.words ORDER BY n % 3, n LIMIT 15000) s'),
	'junk columns are left out, dictionaries survive');

# Values out of line, and larger than messages.
sql("CREATE TABLE w.large (v text); ALTER TABLE w.large ALTER v SET STORAGE external;
	INSERT INTO w.large SELECT repeat(md5(g::text), g * 100) FROM generate_series(1, 300) g; CREATE TABLE w.large2 (v text)");
copy_out('SELECT v FROM w.large');
copy_in('w.large2');
is(difference('w.large', 'w.large2'), '0', 'values out of line');
is(sql('CREATE TABLE w.few (k int) USING redshift; INSERT INTO w.few SELECT generate_series(1, 300);
	SELECT count(DISTINCT v), count(*) FILTER (WHERE v LIKE \'%0%\' OR v NOT LIKE \'%0%\') FROM w.large JOIN w.few ON k = length(v) / 3200'), '300|300',
	'the vector engine reads values out of line');

# Nothing, no columns, and as many as can be.
copy_out('SELECT 1 WHERE false');
sql('CREATE TABLE w.one (a int)');
copy_in('w.one');
copy_out('SELECT FROM generate_series(1, 5000)');
sql('CREATE TABLE w.none ()');
copy_in('w.none');
is(sql('SELECT (SELECT count(*) FROM w.one), (SELECT count(*) FROM w.none)'), '0|5000', 'no rows, no columns');
my $wide = join(', ', map { "g + $_ AS c$_" } 1 .. 1500);
sql("CREATE TABLE w.wide AS SELECT $wide FROM generate_series(1, 0) g");
copy_out("SELECT $wide FROM generate_series(1, 3000) g");
copy_in('w.wide');
is(sql('SELECT count(*), sum(c1500) FROM w.wide'), '3000|9001500', '1500 columns');

# Queries that change rows.
sql('CREATE TABLE w.changed (a int, b int) USING redshift; INSERT INTO w.changed SELECT g, 0 FROM generate_series(1, 100) g');
sub end_rows { return unpack('Q', substr(read_file(), -8)); }
copy_out('UPDATE w.changed SET b = a WHERE a <= 30');
is(end_rows(), 30, 'UPDATE without RETURNING');
copy_out('DELETE FROM w.changed WHERE a > 90 RETURNING a');
is(end_rows(), 10, 'DELETE with RETURNING: how many');
copy_in('w.one');
is(sql('SELECT count(*), min(a) FROM w.one'), '10|91', 'DELETE with RETURNING: rows');
copy_out('INSERT INTO w.changed VALUES (1000, 1)');
is(end_rows(), 1, 'INSERT');
copy_out('MERGE INTO w.changed USING (VALUES (1), (2000)) v(x) ON x = a WHEN MATCHED THEN UPDATE SET b = -1 WHEN NOT MATCHED THEN INSERT VALUES (x, 5)');
is(end_rows(), 2, 'MERGE');
is(sql('SELECT sum(a), sum(b) FROM w.changed'), (90 * 91 / 2 + 3000) . '|' . (30 * 31 / 2 + 1 - 2 + 5), 'all changes were made');

# The statement's snapshot.
is(sql("BEGIN; INSERT INTO w.one VALUES (1); SELECT redshift.begin_statement(7); INSERT INTO w.one VALUES (2), (3);
	\\copy (SELECT a FROM w.one) to '$file' with (format redshift_batch, statement 7)
	COMMIT;"), '', 'a statement with a number');
is(end_rows(), 11, 'sees what was before it, and nothing after');
like(failure("\\copy (select 1) to '$file' with (format redshift_batch, statement 8)"),
	qr/statement 8 has no snapshot/, 'a statement that has not begun');

# What COPY FROM does for a table.
sql(<<'SQL');
CREATE TABLE w.full (id int GENERATED ALWAYS AS IDENTITY, a int NOT NULL CHECK (a < 100000), b text DEFAULT 'none', c int GENERATED ALWAYS AS (a * 2) STORED, d w.positive, v varchar(3), UNIQUE (a));
CREATE TABLE w.log (what text, n int);
CREATE FUNCTION w.logged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_LEVEL = 'STATEMENT' THEN INSERT INTO w.log SELECT TG_WHEN, count(*) FROM fresh; RETURN NULL; END IF;
	INSERT INTO w.log VALUES (TG_WHEN || ' row', NEW.a); RETURN NULL;
END $$;
CREATE FUNCTION w.filtered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF NEW.a % 10 = 0 THEN RETURN NULL; END IF; NEW.b := 'before'; RETURN NEW; END $$;
CREATE TRIGGER after_row AFTER INSERT ON w.full FOR EACH ROW EXECUTE FUNCTION w.logged();
CREATE TRIGGER after_all AFTER INSERT ON w.full REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION w.logged();
SQL
for my $method (qw(heap redshift))
{
	sql("DROP TRIGGER IF EXISTS before_row ON w.full; TRUNCATE w.full RESTART IDENTITY; TRUNCATE w.log; ALTER TABLE w.full SET ACCESS METHOD $method");
	copy_out('SELECT g AS a FROM generate_series(1, 3000) g');
	copy_in('w.full (a)');
	is(sql("SELECT count(*), sum(id), sum(c), min(b) FROM w.full"), '3000|4501500|9003000|none', "$method: defaults, identity and generated columns");
	is(sql('SELECT what, count(*), max(n) FROM w.log GROUP BY 1 ORDER BY 1'), "AFTER|1|3000\nAFTER row|3000|3000", "$method: triggers");
	like(copy_in_failure('w.full (a)'), qr/duplicate key value/, "$method: unique index");
	is(sql('SET enable_seqscan = off; SELECT c FROM w.full WHERE a = 2999'), '5998', "$method: index has the rows");
	sql('CREATE TRIGGER before_row BEFORE INSERT ON w.full FOR EACH ROW EXECUTE FUNCTION w.filtered()');
	copy_out("SELECT 'x' || g, g FROM generate_series(3001, 3100) g");
	copy_in('w.full (b, a)');
	is(sql("SELECT count(*), min(b) FROM w.full WHERE a > 3000"), '90|before', "$method: triggers before rows");
}
copy_out('SELECT 200001 AS a');
like(copy_in_failure('w.full (a)'), qr/violates check constraint/, 'check constraints');
copy_out('SELECT NULL::int AS a');
like(copy_in_failure('w.full (a)'), qr/violates not-null constraint/, 'NOT NULL');
copy_out("SELECT -1, 5000");
like(copy_in_failure('w.full (d, a)'), qr/violates check constraint "positive_check"/, 'domains');
copy_out("SELECT 'abcdef'::varchar, 5001");
like(copy_in_failure('w.full (v, a)'), qr/value too long/, 'modifiers of types');
sql("CREATE TABLE w.parts (a int, b text) PARTITION BY RANGE (a);
	CREATE TABLE w.part1 (b text, a int) USING redshift; ALTER TABLE w.parts ATTACH PARTITION w.part1 FOR VALUES FROM (0) TO (100);
	CREATE TABLE w.part2 PARTITION OF w.parts FOR VALUES FROM (100) TO (1000)");
copy_out("SELECT g, 'p' || g FROM generate_series(0, 999) g");
copy_in('w.parts');
is(sql('SELECT (SELECT count(*) FROM w.part1), (SELECT count(*) FROM w.part2), (SELECT b FROM w.part1 WHERE a = 50)'), '100|900|p50', 'partitions');
sql("CREATE ROLE stranger LOGIN; GRANT USAGE ON SCHEMA w TO stranger; GRANT INSERT (a) ON w.one TO stranger; ALTER TABLE w.none ADD a int; GRANT ALL ON w.none TO stranger; ALTER TABLE w.none ENABLE ROW LEVEL SECURITY");
copy_out('SELECT 1');
like(failure("SET ROLE stranger; \\copy w.words2 (n) from '$file' with (format redshift_batch)"), qr/permission denied/, 'rights on tables');
is(failure("SET ROLE stranger; \\copy w.one (a) from '$file' with (format redshift_batch)"), '', 'rights on columns');
like(failure("SET ROLE stranger; \\copy (select a from w.one) to '$file' with (format redshift_batch)"), qr/permission denied/, 'rights to read');
copy_out('SELECT 1');
like(failure("SET ROLE stranger; \\copy w.none (a) from '$file' with (format redshift_batch)"), qr/row-level security/, 'row-level security');
like(failure("SET default_transaction_read_only = on; \\copy w.one from '$file' with (format redshift_batch)"), qr/read-only transaction/, 'read-only transactions');

# Whoever cancels a statement with a number ends it early, and the transaction goes on.
my ($code, $out, $error) = $node->psql('postgres', "BEGIN; INSERT INTO w.one VALUES (77); SELECT redshift.begin_statement(1);
SET LOCAL statement_timeout = '300ms';
\\copy (SELECT pg_sleep(0.01) FROM generate_series(1, 1000)) to '$file' with (format redshift_batch, statement 1)
SET LOCAL statement_timeout = 0;
SELECT count(*) FROM w.one WHERE a = 77; COMMIT;");
like($out, qr/^1$/m, 'a cancelled fragment leaves the transaction well');
unlike(read_file(), qr/^BWSR....\x01\x00\x02/s, 'and sends no last message');
like(failure("SET statement_timeout = '300ms'; \\copy (SELECT pg_sleep(10)) to '$file' with (format redshift_batch)"),
	qr/statement timeout/, 'one without a number fails');
like(failure("\\copy (SELECT 1 / (g - 5000) FROM generate_series(1, 10000) g) to '$file' with (format redshift_batch)"),
	qr/division by zero/, 'an error between messages');

# Damage.  With the checksum as it was; and made good again, as an enemy would.
my @table;
for my $n (0 .. 255)
{
	my $c = $n;
	$c = $c & 1 ? ($c >> 1) ^ 0x82F63B78 : $c >> 1 for (1 .. 8);
	$table[$n] = $c;
}

sub checksum
{
	my $crc = 0xFFFFFFFF;
	$crc = $table[($crc ^ $_) & 255] ^ ($crc >> 8) for (unpack('C*', $_[0]));
	return $crc ^ 0xFFFFFFFF;
}

sub mend
{
	my ($bytes) = @_;
	my $at = 0;

	while ($at + 32 <= length $bytes)
	{
		my $size = 32 + unpack('V', substr($bytes, $at + 24, 4));

		last if ($at + $size > length $bytes);
		substr($bytes, $at + 4, 4) = pack('V', checksum(substr($bytes, $at + 8, $size - 8)));
		$at += $size;
	}
	return $bytes;
}

sql('CREATE TABLE w.target (LIKE w.source); CREATE TABLE w.target2 (LIKE w.words)');
for my $case ([ 'SELECT * FROM w.source LIMIT 5', 'w.target' ], [ 'SELECT a, n FROM w.words LIMIT 40', 'w.target2' ])
{
	my ($query, $table) = @$case;

	copy_out($query);
	my $good = read_file();
	my %seen = (damaged => 0, other => 0, accepted => 0);
	write_file(mend($good));
	is(copy_in_failure($table), '', "$table: whole, with its checksum computed anew");
	for my $round (1 .. 60)
	{
		my $bad = $good;
		my $count = 1 + int rand 3;

		substr($bad, int rand length $bad, 1) = chr int rand 256 for (1 .. $count);
		$bad = substr($bad, 0, int rand length $bad) if (rand() < 0.1);
		write_file(rand() < 0.2 ? $bad : mend($bad));
		my $said = copy_in_failure($table);
		if ($said eq '') { $seen{accepted}++; }
		elsif ($said =~ /damaged|ended without/) { $seen{damaged}++; }
		else { $seen{other}++; }
		BAIL_OUT("crash: $said") if ($said =~ /server closed|terminated|recovery mode|connection/);
	}
	diag "$table: " . join(', ', map { "$_ $seen{$_}" } sort keys %seen);
	cmp_ok($seen{damaged}, '>', 10, "$table: damage is found");
	is(sql("SELECT count(*) FROM (SELECT t::text FROM $table t) s") > 0, 1, "$table: what was accepted can be read");
}
write_file('BWSR' . ("\xff" x 28));
like(copy_in_failure('w.one'), qr/damaged/, 'a length that cannot be');
copy_out('SELECT 1::int8');
like(copy_in_failure('w.one'), qr/column of type 20, expected 23/, 'another type');
copy_out('SELECT 1, 2');
like(copy_in_failure('w.one'), qr/2 columns, expected 1/, 'another number of columns');
like(failure("\\copy w.one to '$file' with (format redshift_batch)"), qr/from STDIN only/, 'a table by itself');
like(failure("\\copy (select 1) to '$file' with (format redshift_batch, header)"), qr/option "header" not recognized/, 'other options');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'no crash');

$node->stop('fast');
done_testing();
