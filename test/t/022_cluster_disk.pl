# The disk of a node or of the leader is full: for table files, temporary files, the log.
# Statements fail and name the node; transactions are all or nothing; with room again all is well.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use SmallDisk;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => 'no name spaces for users' unless (SmallDisk->can_be);

my $cluster = RedshiftCluster->new('disk', 2);
my ($leader, $node) = ($cluster->leader, $cluster->node(2));

$_->append_conf('postgresql.conf', "redshift.node_timeout = '3s'\ndeadlock_timeout = '300ms'\nmin_wal_size = '32MB'\nmax_wal_size = '2GB'\nwal_recycle = off\n")
	for ($leader, $cluster->nodes);
$cluster->allow_faults;

# What cannot be compressed, and a heap at the leader that a transaction changes in the same way.
$leader->safe_psql('postgres', <<'SQL');
CREATE FUNCTION noise(int, int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT string_agg(md5($1 || ''-'' || h), '''') FROM generate_series(1, $2) h';
CREATE TABLE d (id int, a int, t text) USING redshift WITH (distkey = id);
CREATE TABLE e (id int, a int, t text) USING redshift WITH (diststyle = even);
CREATE TABLE h (id int, a int, t text) USING heap;
INSERT INTO h SELECT g, g % 500, noise(g, 10) FROM generate_series(1, 10000) g;
INSERT INTO d TABLE h;
INSERT INTO e TABLE h;
ANALYZE;
SQL
my @disks = map { SmallDisk->new($_, base => '90m', pg_wal => '96m') } ($leader, $node);
my ($leaders, $nodes) = @disks;

my $contents = sub { "(SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws(' ', id, a, t), 0))) FROM $_[0])" };
my $same = 'SELECT ' . $contents->('d') . ' = ' . $contents->('h');
my $exchange = 'SELECT count(*), min(x.t || y.t) FROM d x JOIN e y ON x.a = y.id AND x.t <> y.t';

sub well
{
	my ($name) = @_;
	my $state = RedshiftCluster::wait_for($leader, $same, 't');

	is(join('; ', $state eq 't' ? () : "d and h: $state", $cluster->left_behind), '', "$name: all or nothing, and nothing is left behind");
	return;
}

# Run a statement with so little room, and then with enough.
sub without_room
{
	my ($disk, $name, $sql, $expected) = @_;

	$disk->fill('base', 150_000);
	my ($code, $out, $err) = $leader->psql('postgres', $sql, on_error_stop => 1);
	like($err, $expected, "$name: the error says so");
	$disk->make_room;
	well($name);
	is(($leader->psql('postgres', $sql))[2], '', "$name: and it goes when there is room");
	return;
}

my $full = qr/No space left on device|Check free disk space/;
my $on_node = qr/$full.*compute node "n2"/s;
my $insert = 'INSERT INTO d SELECT id + 100000, a, noise(id, 12) FROM h WHERE id <= 3000;';
my $twin = 'INSERT INTO h SELECT id + 100000, a, noise(id, 12) FROM h WHERE id <= 3000;';

without_room($nodes, 'rows for a node', "BEGIN; $insert $twin COMMIT", $on_node);
without_room($nodes, 'rows that nodes compute', 'BEGIN; INSERT INTO d SELECT id + 200000, a, t || id FROM e; INSERT INTO h SELECT id + 200000, a, t || id FROM h WHERE id <= 10000; COMMIT', $on_node);
without_room($nodes, 'an exchange', $exchange, $on_node);
without_room($nodes, 'ALTER of the distribution', 'ALTER TABLE e SET (diststyle = all)', $on_node);
without_room($nodes, 'slices that move', "SELECT redshift.move_slices('{0,1,2,3,4,5,6,7}', 'n2')", $on_node);
$leader->safe_psql('postgres', 'SELECT redshift.rebalance()');
without_room($nodes, 'another number of slices', 'SELECT redshift.resize(9)', qr/$on_node|is not open.*compute node "n2"/s);
without_room($nodes, 'an index', 'CREATE INDEX ON d (t)', $on_node);
without_room($leaders, 'rows for the leader', "BEGIN; INSERT INTO d SELECT -id, a, t FROM h; INSERT INTO h SELECT -id, a, t FROM h; COMMIT", $full);
without_room($leaders, 'a cursor that is kept', "SET work_mem = '64kB'; BEGIN; UPDATE d SET a = a + 1 WHERE id < 5; UPDATE h SET a = a + 1 WHERE id < 5; DECLARE c CURSOR WITH HOLD FOR SELECT * FROM d; COMMIT", $full);
$leader->safe_psql('postgres', 'DELETE FROM d WHERE id > 10000 OR id < 0; DELETE FROM h WHERE id > 10000 OR id < 0; VACUUM FULL d; VACUUM FULL h');

# There is no room for the log from some step of a transaction on: the server gives up, and
# comes back when there is.
my $round = 0;
for my $case ([ $nodes, $node, 'fragment_run' ], [ $nodes, $node, 'node_prepare' ], [ $nodes, $node, 'node_prepared' ],
	[ $leaders, $leader, 'record' ], [ $leaders, $leader, 'prepared' ], [ $leaders, $leader, 'committed' ])
{
	my ($disk, $server, $point) = @$case;
	my $name = 'no room for the log of ' . $server->name . " at $point";

	$round++;
	RedshiftCluster::arm($server, $point, 'sleep 1500');
	my $change = "INSERT INTO T SELECT id + $round * 20000, a, noise(id, 2) FROM h WHERE id <= 500; UPDATE T SET a = a + 1 WHERE id <= 100;";
	my $session = $cluster->session("\\set ON_ERROR_STOP on\nBEGIN;\n" . join("\n", map { $change =~ s/\bT\b/$_/gr } qw(d h)) . "\nCOMMIT;\nSELECT 'through';\n");
	ok(RedshiftCluster::wait_for_fault($server, $point, $session), "$name: somebody came there");
	$disk->fill('pg_wal', 0);
	$server->psql('postgres', 'SELECT pg_switch_wal()');
	$server->psql('postgres', "SELECT pg_logical_emit_message(false, '', repeat('x', 10000))");
	my ($out, $err) = $session->finish;
	$disk->make_room;
	well($name);
	ok($out !~ /through/ || $leader->safe_psql('postgres', "SELECT count(*) FROM h WHERE id > $round * 20000") ne '0', "$name: what was said holds");
}
for my $server ($leader, $node)
{
	like(slurp_file($server->logfile), qr/PANIC.*No space left on device/, $server->name . ' had no room for its log');
}
is($leader->safe_psql('postgres', $exchange), $leader->safe_psql('postgres', $exchange =~ s/FROM d/FROM h/r), 'all is well');
$cluster->stop;
$_->end for (@disks);
done_testing();
