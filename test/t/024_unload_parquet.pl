# Parquet files that UNLOAD writes, read by DuckDB and by hyparquet: tables of random columns of
# every type have the same values there, and conditions on least and greatest ones find their rows.
#
#   REDSHIFT_SEED       the random numbers of an earlier run
use strict;
use warnings;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{REDSHIFT_SEED} || time % 1000000;
note "REDSHIFT_SEED=$seed";
srand $seed;
$ENV{NODE_PATH} //= ($ENV{TMPDIR} // '/tmp') . '/redshift_ext-npm/node_modules';
die "no $ENV{NODE_PATH}: see install_test_modules in script/lib.sh" if (!-d "$ENV{NODE_PATH}/hyparquet");

my $node = PostgreSQL::Test::Cluster->new('unload_parquet');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
fsync = off
autovacuum = off
timezone = 'UTC'
client_min_messages = warning
CONF
$node->start;
$node->safe_psql('postgres', "CREATE EXTENSION redshift_ext; CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')");
my $dir = $node->basedir . '/files';
mkdir $dir;

# A type: how value number k (KEY) is made of it, and how either side says a value (VALUE) as text.
my $text = ["encode(convert_to(VALUE::text, 'UTF8'), 'hex')", 'lower(hex(VALUE))'];
my $number = ['VALUE::text', 'VALUE::varchar'];
my $micros = ['(extract(epoch FROM VALUE) * 1000000)::int8::text', 'epoch_us(VALUE)::varchar'];
my $list = ["cardinality(VALUE) || ':' || array_to_string(VALUE, ',', 'N')",
	"len(VALUE) || ':' || array_to_string(list_transform(VALUE, x -> coalesce(x::varchar, 'N')), ',')"];
my $real = ["CASE WHEN VALUE IN ('NaN', 'Infinity', '-Infinity') THEN VALUE::text ELSE VALUE::numeric(30,3)::text END",
	"CASE WHEN isnan(VALUE) THEN 'NaN' WHEN isinf(VALUE) THEN if(VALUE > 0, 'Infinity', '-Infinity') ELSE VALUE::decimal(30,3)::varchar END"];
my %types = (
	'bool' => ['KEY % 2 = 0', ['VALUE::int::text', 'VALUE::int::varchar']],
	'int2' => ['KEY * 7919 % 32768', $number], 'int4' => ['KEY * 40503 * 65537 % 2147483648 - 1000', $number],
	'int8' => ['(KEY * 9223372036854775::numeric - 4611686018427387904) % 9223372036854775807', $number],
	'oid' => ['(KEY * 65537 + 3000000000) % 4294967296', $number],
	'float4' => ["CASE WHEN KEY % 50 = 7 THEN 'Infinity' ELSE KEY % 1000000 / 8.0 END", $real],
	'float8' => ["CASE WHEN KEY % 50 = 7 THEN '-Infinity' WHEN KEY % 90 = 8 THEN 'NaN' ELSE KEY / -8.0 END", $real],
	'numeric(9,2)' => ['KEY * 37 % 10000000 / 100.0 * (KEY % 2 * 2 - 1)', $number],
	'numeric(18,4)' => ['KEY * 123456789.0123 % 99999999999999', $number],
	'numeric(38,10)' => ['KEY * 98765432109876.0123456789 * (KEY % 2 * 2 - 1)', $number],
	'numeric(20,0)' => ['-KEY * 12345678901', $number], 'numeric(3,-2)' => ['KEY % 99999', $number],
	'numeric' => ['KEY / 3.0', $text],
	'date' => ["date '4000-01-01 BC' + (KEY * 37 % 4000000)::int", ["(VALUE - date '1970-01-01')::text", "date_diff('day', date '1970-01-01', VALUE)::varchar"]],
	'time' => ["time '00:00' + KEY * interval '123457 us'", ['(extract(epoch FROM VALUE) * 1000000)::int8::text',
		'(hour(VALUE) * 3600000000 + minute(VALUE) * 60000000 + microsecond(VALUE))::varchar']],
	'timestamp' => ["timestamp '0099-01-01' + KEY % 9000000 * interval '1 hour 1 us'", $micros],
	'timestamptz' => ["timestamptz '1900-01-01 UTC' + KEY % 9000000 * interval '1 min 1 us'", $micros],
	'text' => ["repeat('ä€😀', (KEY % 30)::int) || KEY", $text], 'varchar(300)' => ["left(repeat('long', 70) || KEY, 300)", $text],
	'char(12)' => ['KEY', $text], 'bytea' => ['decode(md5(KEY::text), \'hex\')', ["encode(VALUE, 'hex')", 'lower(hex(VALUE))']],
	'uuid' => ['md5(KEY::text)::uuid', $number], 'jsonb' => ["jsonb_build_object('k', KEY, 'l', jsonb_build_array(1, KEY % 3))", $text],
	'mood' => ["(enum_range(NULL::mood))[1 + KEY % 3]", $text], 'interval' => ["KEY * interval '1 min'", $text],
	'inet' => ["inet '10.0.0.0' + KEY % 1000000", ['host(VALUE)', 'VALUE']],
	'int4[]' => ["CASE KEY % 4 WHEN 0 THEN '{}' WHEN 1 THEN ARRAY[KEY::int, NULL, (KEY % 7)::int] ELSE ARRAY[KEY::int] END", $list],
	'text[]' => ["CASE KEY % 4 WHEN 0 THEN '{}' WHEN 1 THEN ARRAY['x' || KEY, NULL] ELSE ARRAY['a', 'b' || KEY % 3] END", $list],
	'numeric(12,3)[]' => ['ARRAY[KEY / 8.0, NULL]', $list], 'uuid[]' => ['ARRAY[md5(KEY::text)::uuid]', $list],
	'int8[]' => ['(SELECT array_agg(KEY + n) FROM generate_series(1, KEY % 5) n)', $list]);
# Types whose order both have, so that a condition may pass over row groups.
my %ordered = map { $_ => 1 }
	('int2', 'int4', 'int8', 'numeric(9,2)', 'numeric(18,4)', 'numeric(38,10)', 'date', 'timestamp', 'uuid');

sub pick { return $_[int(rand(@_))]; }

sub replaced
{
	my ($text, $from, $to) = @_;
	$text =~ s/$from/$to/g;
	return $text;
}

my @requests;
my @expected;

# Ask for something, which is in $dir under this name once it is answered.
sub request
{
	my ($name, $file, %what) = @_;
	push @requests, { name => $name, out => "$dir/$file.got", %what };
	push @expected, [$name, "$dir/$file.want", "$dir/$file.got"];
}

my @names = sort keys %types;
my @todo = sort { rand() <=> 0.5 } @names;
for my $round (1 .. 16)
{
	my $rows = pick(1, 100, 2048, 5000, 30000, 50000);
	my @columns;
	for my $c (0 .. int(rand(4)))
	{
		my $type = @todo ? pop @todo : pick(@names);
		my $key = '(' . pick('i', 'i * 7919 % 100003', 'i / 50', 'i / 1000') . ' % ' . pick(1, 3, 100, 5000, 1000000000) . ')::int8';
		my $null = pick('false', 'false', 'true', 'i % 100 = 0', 'i % 3 <> 0', 'i / 25000 = 0', 'hashint8(i) % 2 = 0');
		push @columns, { name => "c$c", type => $type, make => replaced($types{$type}[0], 'KEY', $key), null => $null };
	}
	# As many rounds as all types need.
	push @columns, { name => "d$_", type => $todo[$_], make => replaced($types{$todo[$_]}[0], 'KEY', 'i::int8'), null => 'i % 7 = 0' }
		for $round == 16 ? (0 .. $#todo) : ();
	my $made = join ', ', map { "(CASE WHEN NOT ($_->{null}) THEN $_->{make} END)::$_->{type} AS $_->{name}" } @columns;
	my $using = pick('redshift', 'redshift', 'heap');
	my $url = "file://$dir/r${round}_";
	my $options = encode_json({ format => 'parquet', parallel => pick('on', 'off'), rowgroupsize => pick(32, 128) });
	my $want = join ', ', 'i::text', map { replaced($types{$_->{type}}[1][0], 'VALUE', $_->{name}) } @columns;
	my $got = join ', ', 'i::varchar', map { replaced($types{$_->{type}}[1][1], 'VALUE', $_->{name}) } @columns;
	my $name = "round $round: $rows rows, " . join(', ', map { $_->{type} } @columns);

	$node->safe_psql('postgres', <<"SQL");
CREATE TABLE t$round USING $using AS SELECT i, $made FROM generate_series(1, $rows) i;
SELECT redshift.unload('SELECT * FROM t$round', '$url', '$options');
COPY (SELECT $want FROM t$round ORDER BY t$round.i) TO '$dir/r$round.want';
SQL
	request($name, "r$round", query => "SELECT $got FROM read_parquet('$dir/r${round}_*.parquet') t ORDER BY t.i");

	for my $column (grep { $ordered{$_->{type}} } @columns)
	{
		for my $end ('min', 'max')
		{
			my ($c, $say) = ($column->{name}, $types{$column->{type}}[1]);
			my $of = $column->{type} eq 'uuid' ? "$end(${c}::text)::uuid" : "$end($c)";
			my $file = "r${round}_${c}_$end";
			$node->safe_psql('postgres', "COPY (SELECT count(*) FROM t$round WHERE $c = (SELECT $of FROM t$round)) TO '$dir/$file.want'");
			my $value = $node->safe_psql('postgres', "SELECT quote_nullable((SELECT $of FROM t$round)::text)");
			my $cast = $column->{type} =~ /numeric/ ? 'decimal(38,10)' : $column->{type};
			$value = 'NULL' if ($value eq '');
			next if ($value =~ /BC/);
			request("$name: rows of the $end of $c", $file,
				query => "SELECT count(*)::varchar FROM read_parquet('$dir/r${round}_*.parquet') WHERE $c = $value\::$cast");
		}
	}
}

# Several row groups, ordered: DuckDB reads what statistics leave; and hyparquet agrees.
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE many USING redshift AS SELECT i, i / 1000 AS k, 'w' || i % 1000 AS w FROM generate_series(1, 1200000) i;
SELECT redshift.unload('SELECT * FROM many ORDER BY i', 'file://$dir/many_', '{"format": "parquet", "parallel": "off"}');
COPY (SELECT count(*), sum(i) FROM many WHERE k BETWEEN 1100 AND 1101) TO '$dir/many.want';
COPY (SELECT 2, 1200000, 1, 1048576 + 1) TO '$dir/groups.want';
COPY (SELECT i, k, w FROM many WHERE i <= 20000 ORDER BY i) TO '$dir/hyparquet.want';
SELECT redshift.unload('SELECT * FROM many WHERE i <= 20000 ORDER BY i', 'file://$dir/hyparquet_', '{"format": "parquet", "parallel": "off"}');
SQL
request('rows of two row groups', 'many', query => "SELECT count(*)::varchar, sum(i)::varchar FROM '$dir/many_000.parquet' WHERE k BETWEEN 1100 AND 1101");
request('row groups and their statistics', 'groups', query => "SELECT count(*)::varchar, sum(row_group_num_rows)::varchar,
	min(stats_min_value::int8)::varchar, max(stats_min_value::int8)::varchar FROM parquet_metadata('$dir/many_000.parquet') WHERE path_in_schema = 'i'");
# Of a Bloom filter: values that are there, and one that is not.
$node->safe_psql('postgres', <<"SQL");
SELECT redshift.unload('SELECT md5(i::text) AS m, uuid(md5(i::text)) AS u, i::text AS short, ''k'' || i % 50 AS few FROM generate_series(1, 50000) i', 'file://$dir/bloom_', '{"format": "parquet", "parallel": "off"}');
COPY (SELECT false) TO '$dir/there.want';
COPY (SELECT true) TO '$dir/nowhere.want';
COPY (VALUES ('m', true), ('u', true), ('short', false), ('few', false)) TO '$dir/filters.want';
SQL
my ($there, $nowhere) = split /\n/, $node->safe_psql('postgres', "SELECT md5('49999') UNION ALL SELECT md5('nowhere')");
request('a value that is there', 'there', query => "SELECT if(bool_or(bloom_filter_excludes), 't', 'f') FROM parquet_bloom_probe('$dir/bloom_000.parquet', 'm', '$there')");
request('a value that is not', 'nowhere', query => "SELECT if(bool_or(bloom_filter_excludes), 't', 'f') FROM parquet_bloom_probe('$dir/bloom_000.parquet', 'm', '$nowhere')");
request('which columns have a Bloom filter', 'filters', query => "SELECT path_in_schema, if(bloom_filter_offset > 0, 't', 'f') FROM parquet_metadata('$dir/bloom_000.parquet')");
request('hyparquet', 'hyparquet', file => "$dir/hyparquet_000.parquet", columns => ['i', 'k', 'w']);

open(my $file, '>', "$dir/requests.json") or die $!;
print $file encode_json(\@requests);
close $file;
is(system('node', 'test/peer/read_parquet.mjs', "$dir/requests.json"), 0, 'other readers ran');
for my $answer (@expected)
{
	my ($name, $want, $got) = @$answer;
	is(slurp_file($got) eq slurp_file($want) ? '' : first_difference(slurp_file($got), slurp_file($want)), '', $name);
}

sub first_difference
{
	my @got = split /\n/, $_[0];
	my @want = split /\n/, $_[1];
	for my $i (0 .. (@want > @got ? $#want : $#got))
	{
		my ($g, $w) = ($got[$i] // 'no row', $want[$i] // 'no row');
		return substr("row $i: got $g, want $w", 0, 500) if ($g ne $w);
	}
}
done_testing();
