# Slices: row groups carry them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('resize', 2);
my $leader = $cluster->leader;

sub sql { return $leader->safe_psql('postgres', shift); }

# What a table's groups on a node say: slice, groups and rows.
sub slices
{
	my ($i, $table) = @_;
	return $cluster->node($i)->safe_psql('postgres', "SELECT slice, count(*), sum(\"rows\" - deleted_rows) FROM redshift.list_row_groups('$table') GROUP BY 1 ORDER BY 1");
}

sql('CREATE TABLE k (id int PRIMARY KEY, day date, t text) USING redshift WITH (distkey = id, sortkey = day);
	CREATE TABLE e (id int, t text) USING redshift WITH (diststyle = even);
	CREATE TABLE a (id int, t text) USING redshift WITH (diststyle = all)');
sql("INSERT INTO k SELECT g, date '2024-01-01' + g % 100, g FROM generate_series(1, 20000) g; INSERT INTO a SELECT g, g FROM generate_series(1, 10) g");
sql("INSERT INTO k SELECT g, date '2024-01-01' + g % 100, g FROM generate_series(20001, 40000) g");
sql("INSERT INTO e VALUES ($_, 'x')") for (1 .. 8);

for my $i (1, 2)
{
	my @mine = grep { $_ % 2 == $i - 1 } 0 .. 15;
	my @found = map { [ split /\|/ ] } split /\n/, slices($i, 'k');

	is(join(' ', map { $_->[0] } @found), "@mine", "node $i: groups of its slices");
	is(join(' ', map { $_->[1] } @found), join(' ', map { 2 } @mine), "node $i: a group for each insert and slice");
	is(slices($i, 'a'), '0|1|10', "node $i: a table on all nodes is slice 0");
	my %known = map { $_ => 1 } @mine;
	ok(!(grep { !$known{ (split /\|/)[0] } } split /\n/, slices($i, 'e')), "node $i: rows without a key are of its slices");

	# VACUUM merges and sorts within a slice.
	my $before = join ' ', map { "$_->[0]=$_->[2]" } @found;
	$cluster->node($i)->safe_psql('postgres', 'VACUUM k');
	@found = map { [ split /\|/ ] } split /\n/, slices($i, 'k');
	is(join(' ', map { "$_->[0]=$_->[2]" } @found), $before, "node $i: VACUUM leaves rows in their slices");
	is(join(' ', map { $_->[1] } @found), join(' ', map { 1 } @mine), "node $i: and merges their groups");
	is($cluster->node($i)->safe_psql('postgres', "SELECT unsorted FROM redshift.table_info WHERE \"table\" = 'k'::regclass"), '0.00',
		"node $i: slices whose keys overlap are sorted");
	is($cluster->node($i)->safe_psql('postgres', "SELECT * FROM redshift.verify('k')"), '', "node $i: storage is sound");
}
is(sql('SELECT count(*), sum(id) FROM k'), '40000|800020000', 'all rows are there');
like(sql("SELECT skew_rows FROM redshift.distributed_table_info WHERE \"table\" = 'k'::regclass"), qr/^1\.[01]\d$/, 'skew of slices');
is(sql('SELECT count(*), count(DISTINCT node_id) FROM redshift.slices'), '16|2', 'slices and their nodes');

# Few rows of memory: groups are written as they fill, of one slice each.
sql('CREATE TABLE wide (id int, t text) USING redshift WITH (distkey = id)');
$cluster->node($_)->safe_psql('postgres', "ALTER SYSTEM SET redshift.insert_buffer_size = '1MB'; SELECT pg_reload_conf()") for (1, 2);
sql("INSERT INTO wide SELECT g, repeat(md5(g::text), 10) FROM generate_series(1, 30000) g");
is(sql('SELECT count(*), sum(id), count(DISTINCT t) FROM wide'), '30000|450015000|30000', 'all rows of small buffers');
is($cluster->node($_)->safe_psql('postgres', "SELECT count(*) > 8, count(DISTINCT slice) FROM redshift.list_row_groups('wide')"), 't|8',
	"node $_: memory is bounded over all slices") for (1, 2);

$cluster->stop;
done_testing();
