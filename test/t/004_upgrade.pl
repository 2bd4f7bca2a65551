# pg_upgrade carries tables, directory and options over to a new cluster.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $conf = "shared_preload_libraries = 'redshift_ext'\nfsync = off\n";
my $old = PostgreSQL::Test::Cluster->new('old');
$old->init(extra => ['-k']);
$old->append_conf('postgresql.conf', $conf);
$old->start;
$old->safe_psql('postgres', <<'SQL');
CREATE EXTENSION redshift_ext;
CREATE TYPE mood AS ENUM ('calm', 'cross');
CREATE TABLE dropped (a int) USING redshift;
INSERT INTO dropped VALUES (1);
DROP TABLE dropped;
CREATE TABLE t (id int PRIMARY KEY, gone text, m mood, d date, v text) USING redshift
	WITH (sortkey = 'd, id', distkey = id, encode = 'v zstd');
INSERT INTO t SELECT g, 'x', (ARRAY['calm', 'cross'])[1 + g % 2]::mood, date '2020-01-01' + g % 500, 'row ' || g FROM generate_series(1, 50000) g;
ALTER TABLE t DROP COLUMN gone;
ALTER TABLE t ADD COLUMN late int DEFAULT 7;
DELETE FROM t WHERE id % 7 = 0;
UPDATE t SET v = v || '!' WHERE id % 11 = 0;
INSERT INTO t (id, m) VALUES (100001, 'calm');
CREATE TABLE part (k int, v text) PARTITION BY RANGE (k);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10) USING redshift WITH (sortkey = 'k');
INSERT INTO part SELECT g % 10, g FROM generate_series(1, 1000) g;
CREATE MATERIALIZED VIEW mv USING redshift AS SELECT m, count(*) AS n FROM t GROUP BY m;
SQL
my $state = q{SELECT count(*), sum(id), sum(late), md5(string_agg(m || v, ',' ORDER BY id)) FROM t;
SELECT sum(k), count(v) FROM part; SELECT * FROM mv ORDER BY m;
SELECT relname, reloptions FROM pg_class WHERE relam = (SELECT oid FROM pg_am WHERE amname = 'redshift') ORDER BY 1};
my $expected = $old->safe_psql('postgres', $state);
$old->stop;

my $new = PostgreSQL::Test::Cluster->new('new');
$new->init(extra => ['-k']);
$new->append_conf('postgresql.conf', $conf);
my ($bindir) = split /\n/, qx(pg_config --bindir);
chdir $PostgreSQL::Test::Utils::tmp_check;
command_ok(
	[
		'pg_upgrade', '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir,
		'-b', $bindir, '-B', $bindir, '-s', $new->host, '-p', $old->port, '-P', $new->port
	],
	'pg_upgrade');
$new->start;
is($new->safe_psql('postgres', $state), $expected, 'same rows and options in the new cluster');
is($new->safe_psql('postgres', q{SELECT count(*) FROM redshift.verify('t')}), '0', 'verify() is clean');
is($new->safe_psql('postgres', 'SELECT v FROM t WHERE id = 22'), 'row 22!', 'the index came along');

$new->safe_psql('postgres', q{
UPDATE t SET late = 8 WHERE id < 100;
INSERT INTO t (id, m) SELECT g, 'cross' FROM generate_series(200001, 220000) g;
VACUUM FULL t});
is($new->safe_psql('postgres', 'SELECT count(*), sum(late) FROM t'),
	$new->safe_psql('postgres', 'SELECT 42859 + 20000, 42859 * 7 + 85 + 20000 * 7'), 'the table takes changes');
is($new->safe_psql('postgres', q{SELECT count(*) FROM redshift.verify('t')}), '0', 'verify() is clean after them');
$new->stop;
done_testing();
