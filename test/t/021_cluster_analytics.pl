# Programs of queries over a leader and four compute nodes: the 22 of TPC-H, and those of
# test/retail, decision support over three channels of sales, and some with Redshift's own
# functions.  Every one runs, and gives what heap tables give.
use strict;
use warnings;
use File::Basename qw(basename);
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $bench = "$FindBin::Bin/../../bench/tpch";
my $scale = 0.01;
my $cluster = RedshiftCluster->new('analytics', 4);
my $leader = $cluster->leader;

# The answers of named queries in a schema, or their errors, by name.
sub answers
{
	my ($schema, $settings, @queries) = @_;
	my $script = "\\pset null NULL\nSET search_path = $schema, public; $settings\n";

	$script .= "\\echo -- $_->[0]\n$_->[1]\n\\if :ERROR\n\\echo :LAST_ERROR_MESSAGE\n\\endif\n" for (@queries);
	$leader->psql('postgres', $script, on_error_stop => 0, stdout => \my $out);
	return map { /^([^\n]+)\n(.*)/s ? ($1, $2) : () } split /^-- /m, $out;
}

# Twice: as they are planned, and as they would be if rows were dear to move and stages cheap.
sub check
{
	my (@queries) = @_;
	my %expected = answers('heap', '', @queries);
	my %planned = answers('spread', '', @queries);
	my %staged = answers('spread', 'SET redshift.stage_cost = 0; SET redshift.byte_cost = 0.1;', @queries);

	for my $name (map { $_->[0] } @queries)
	{
		unlike($expected{$name}, qr/^$|ERROR/, "$name: has an answer");
		is($planned{$name}, $expected{$name}, $name);
		is($staged{$name}, $expected{$name}, "$name, by stages");
	}
}

# A retailer
$leader->safe_psql('postgres', slurp_file("$FindBin::Bin/../retail/schema.sql"));
my (undef, @retail) = split /^--: /m, slurp_file("$FindBin::Bin/../retail/queries.sql");
check(map { [ split /\n/, $_, 2 ] } @retail);
$leader->safe_psql('postgres', 'DROP SCHEMA heap, spread CASCADE');

# TPC-H
my $dir = PostgreSQL::Test::Utils::tempdir();
my $schema = slurp_file("$bench/schema.sql");

system_or_bail('cc', '-O1', '-o', "$dir/generate", "$bench/generate.c", '-lm');
system_or_bail("$dir/generate", $scale, $dir);
for my $place ('heap', 'spread')
{
	$schema =~ s/^-- USING/USING/mg if ($place eq 'spread');
	$leader->safe_psql('postgres', "CREATE SCHEMA $place; SET search_path = $place; $schema");
	$leader->safe_psql('postgres', "SET search_path = $place; COPY $_ FROM '$dir/$_.tbl' (DELIMITER '|'); ANALYZE $_")
		for (qw(region nation supplier part partsupp customer orders lineitem));
}
# PostgreSQL repeats some subqueries for each row.
$leader->safe_psql('postgres', 'CREATE INDEX ON heap.lineitem (l_partkey); CREATE INDEX ON heap.lineitem (l_orderkey)');
check(map { [ 'TPC-H ' . basename($_, '.sql'), slurp_file($_) ] } glob "$bench/queries/*.sql");

# Redshift's aggregates, window functions and decimals
check(
	[ 'sketches', q{SELECT l_returnflag, redshift.hll(l_orderkey), redshift.approximate_count_distinct(l_comment),
		redshift.hll_cardinality(redshift.hll_create_sketch(l_extendedprice)) FROM lineitem GROUP BY 1 ORDER BY 1;} ],
	[ 'sketches of sketches', q{SELECT redshift.hll_cardinality(redshift.hll_combine(s))
		FROM (SELECT redshift.hll_create_sketch(l_orderkey) AS s FROM lineitem GROUP BY l_partkey) AS parts;} ],
	[ 'percentiles', q{SELECT l_shipmode, redshift.median(l_quantity), redshift.percentile_cont(0.3, l_extendedprice),
		redshift.percentile_disc(0.9, l_shipdate, true), length(redshift.listagg(l_linenumber, ',')),
		redshift.any_value(l_shipmode), redshift.avg(l_orderkey), redshift.sum(l_partkey::bigint)
		FROM lineitem GROUP BY 1 ORDER BY 1;} ],
	[ 'nulls ignored', q{SELECT sum(previous - k), sum(next - k), sum(filled)
		FROM (SELECT o_orderkey AS k, redshift.lag_ignore_nulls(v, 2) OVER w AS previous,
			redshift.lead_ignore_nulls(v) OVER w AS next,
			redshift.last_value_ignore_nulls(v) OVER (w ROWS UNBOUNDED PRECEDING) AS filled
			FROM (SELECT *, nullif(o_orderkey, o_orderkey / 3 * 3) AS v FROM orders) AS o
			WINDOW w AS (PARTITION BY o_custkey ORDER BY o_orderkey)) AS s;} ],
	[ 'decimals', q{SET redshift.dialect = redshift;
		SELECT l_returnflag, avg(l_discount), sum(l_extendedprice * (1 - l_discount)) / count(*),
		sum(l_extendedprice / l_quantity) FROM lineitem GROUP BY 1 ORDER BY 1;
		RESET redshift.dialect;} ]);

is_deeply([ $cluster->left_behind ], [], 'nothing is left on the nodes');
$cluster->stop;
done_testing();
