# Bytes flipped at random in a table's file are found: an error that names the
# place, or the right answer; never a crash or a wrong one.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $flips = $ENV{REDSHIFT_FLIPS} || 60;
my $seed = $ENV{REDSHIFT_SEED} || time;
diag "seed $seed";
srand($seed);

# No page checksums: the blocks' own must do.
my $node = PostgreSQL::Test::Cluster->new('damage');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'redshift_ext'\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION redshift_ext;
CREATE TABLE t (a int, n numeric(12,2), f float8, d date, s text, x text) USING redshift
	WITH (encode = 's text255, x lzo');
INSERT INTO t SELECT g, g / 3.0, g / 7.0, date '2000-01-01' + g % 999, 'some words ' || g % 50, md5(g::text) FROM generate_series(1, 20000) g;
INSERT INTO t SELECT NULL, g, NULL, NULL, repeat('w', g % 300), NULL FROM generate_series(1, 5000) g;
SQL
my $query = q{SELECT count(*), sum(a), sum(n), sum(f)::text, min(d), max(d), md5(string_agg(s, ',' ORDER BY n, s)), md5(string_agg(x, ',' ORDER BY n)) FROM t};
my $expected = $node->safe_psql('postgres', $query);
my $file = $node->data_dir . '/' . $node->safe_psql('postgres', q{SELECT pg_relation_filepath('t')});
$node->stop;
my $whole = slurp_file($file);

my %seen = (right => 0, error => 0, wrong => 0, crash => 0, unreported => 0, unnamed => 0);
for my $flip (1 .. $flips)
{
	my $copy = $whole;
	# The first ones hit the fields of the metapage, behind its page header.
	my $at = $flip <= 8 ? 24 + int(rand(48)) : int(rand(length($copy)));
	substr($copy, $at, 1) = chr(ord(substr($copy, $at, 1)) ^ (1 << int(rand(8))));
	open(my $fh, '>:raw', $file) or die $!;
	print $fh $copy;
	close $fh;
	$node->start;
	my ($code, $out, $err) = $node->psql('postgres', $query);
	my $verify = $node->safe_psql('postgres', q{SELECT count(*) FROM redshift.verify('t')});
	if ($code == 2) { $seen{crash}++ }
	elsif ($code == 3 || $err =~ /ERROR/)
	{
		$seen{error}++;
		$seen{unreported}++ if $verify eq '0';
		$seen{unnamed}++ unless $err =~ /table "t"|relation "t"|block \d+ of relation|row group/;
	}
	elsif ($out eq $expected) { $seen{right}++ }
	else { $seen{wrong}++; diag "wrong answer after flipping byte $at" }
	$node->stop;
}
is($seen{crash}, 0, 'no crash');
is($seen{wrong}, 0, 'no wrong answer');
is($seen{unreported}, 0, 'verify() reports what a query stumbles over');
is($seen{unnamed}, 0, 'errors name the place');
cmp_ok($seen{error}, '>', 0, "damage was met ($seen{error} errors, $seen{right} flips in unused bytes)");

# The directory itself.
open(my $fh, '>:raw', $file) or die $!;
print $fh $whole;
close $fh;
$node->start;
$node->safe_psql('postgres', q{UPDATE redshift.row_group SET first_page = first_page + 1 WHERE first_page <> 4294967295});
my ($code, $out, $err) = $node->psql('postgres', $query);
like($err, qr/directory row of row group \d+ is damaged/, 'a changed directory row is found');
$node->stop;
done_testing();
