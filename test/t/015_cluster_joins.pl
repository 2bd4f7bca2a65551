# Joins on the compute nodes: which rows they may take to be on one node.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('joins', 2);
my $leader = $cluster->leader;

sub sql { return $leader->safe_psql('postgres', $_[0]); }
sub moves { return join("\n", sql("EXPLAIN (COSTS OFF) $_[0]") =~ /(DS_\w+)/g); }

# Values that are equal by some equality, but hash otherwise.
sql(<<'SQL');
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE small (x text, n int) USING redshift WITH (diststyle = key, distkey = x);
CREATE TABLE large (y text, n int) USING redshift WITH (diststyle = key, distkey = y);
CREATE TABLE any_case (z text COLLATE ci, n int) USING redshift WITH (diststyle = key, distkey = z);
CREATE TABLE any_case_too (z text COLLATE ci, n int) USING redshift WITH (diststyle = key, distkey = z);
CREATE TABLE padded (p char(9), n int) USING redshift WITH (diststyle = key, distkey = p);
CREATE TABLE ints (i int, n int) USING redshift WITH (diststyle = key, distkey = i);
CREATE TABLE longs (l bigint, n int) USING redshift WITH (diststyle = key, distkey = l);
CREATE TABLE oids (o oid, n int) USING redshift WITH (diststyle = key, distkey = o);
CREATE TABLE numerics (d numeric, n int) USING redshift WITH (diststyle = key, distkey = d);
INSERT INTO small SELECT 'k' || i, i FROM generate_series(1, 500) i;
INSERT INTO large SELECT 'K' || i, i FROM generate_series(1, 500) i;
INSERT INTO any_case SELECT * FROM small;
INSERT INTO any_case_too SELECT * FROM large;
INSERT INTO padded SELECT * FROM small;
INSERT INTO ints SELECT i, i FROM generate_series(1, 500) i;
INSERT INTO longs SELECT * FROM ints;
INSERT INTO oids SELECT * FROM ints;
INSERT INTO numerics SELECT * FROM ints;
ANALYZE;
SQL
for my $case (
	[ 'small JOIN large ON x = y', 0, 1 ],
	[ 'small JOIN large ON x = y COLLATE ci', 500, 0 ],
	[ 'any_case a JOIN any_case_too b ON a.z = b.z', 500, 1 ],
	[ 'any_case a JOIN any_case_too b ON a.z = b.z COLLATE "C"', 0, 0 ],
	[ 'small JOIN any_case a ON x = z COLLATE "C"', 500, 0 ],
	[ 'small JOIN any_case a ON x COLLATE ci = z', 500, 0 ],
	[ 'small JOIN padded ON x = p', 500, undef ],
	[ 'ints JOIN longs ON i = l', 500, 1 ],
	[ 'ints JOIN oids ON i::oid = o', 500, 0 ],
	[ 'ints JOIN numerics ON i = d', 500, 0 ])
{
	my ($from, $count, $in_place) = @$case;

	is(sql("SELECT count(*) FROM $from"), $count, $from);
	next if (!defined $in_place);
	(moves("SELECT count(*) FROM $from") eq '') == !!$in_place ? pass("$from: exchange") : fail("$from: exchange");
}
sql('INSERT INTO small SELECT upper(x), n FROM small');
is(sql('SELECT count(*) FROM (SELECT x COLLATE ci FROM small GROUP BY 1) s'), '500', 'groups by another collation than rows are spread by');
is(sql('SELECT count(*) FROM (SELECT x FROM small GROUP BY 1) s'), '1000', 'groups by the same');
sql('UPDATE ints SET n = numerics.n + 1 FROM numerics WHERE i = d');
is(sql('SELECT count(*) FROM ints WHERE n = i + 1'), '500', 'update from a table whose key hashes otherwise');

$cluster->stop;
done_testing();
