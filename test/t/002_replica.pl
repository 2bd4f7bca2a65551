# Standby, point-in-time recovery, dump and restore give the same tables.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $conf = "shared_preload_libraries = 'redshift_ext'\nfsync = off\nmax_wal_size = 1GB\n";
my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1, has_archiving => 1, extra => ['-k']);
$primary->append_conf('postgresql.conf', $conf);
$primary->start;
$primary->safe_psql('postgres', <<'SQL');
CREATE EXTENSION redshift_ext;
CREATE TABLE t (id int PRIMARY KEY, d date, v text) USING redshift
	WITH (sortkey = 'd, id', distkey = id, encode = 'v zstd', fillfactor = 80);
INSERT INTO t SELECT g, date '2020-01-01' + g % 500, 'row ' || g FROM generate_series(1, 150000) g;
SQL
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

my $state = q{SELECT count(*), sum(id), md5(string_agg(v, ',' ORDER BY id)) FROM t};
$primary->safe_psql('postgres', <<'SQL');
DELETE FROM t WHERE id % 7 = 0;
UPDATE t SET v = v || '!' WHERE id % 11 = 0;
INSERT INTO t SELECT g, date '2021-01-01', 'late' FROM generate_series(200001, 200010) g;
SQL
$primary->safe_psql('postgres', 'VACUUM t');
$primary->safe_psql('postgres', 'VACUUM t');
$primary->safe_psql('postgres', q{INSERT INTO t SELECT g, date '2022-01-01', 'reuse' FROM generate_series(300001, 400000) g});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
my $expected = $primary->safe_psql('postgres', $state);
is($standby->safe_psql('postgres', $state), $expected, 'standby gives the same answer');
is($standby->safe_psql('postgres', q{SELECT count(*) FROM redshift.verify('t')}), '0', 'verify() is clean on the standby');
is($standby->safe_psql('postgres', 'SELECT v FROM t WHERE id = 22'), 'row 22!', 'index look-up on the standby');
my ($code, $out, $err) = $standby->psql('postgres', 'UPDATE t SET v = 1');
like($err, qr/cannot execute UPDATE in a read-only transaction/, 'no update on the standby');

# A point in time: before the table was emptied.
my $target = $primary->safe_psql('postgres', q{SELECT pg_create_restore_point('before')});
$primary->safe_psql('postgres', 'TRUNCATE t; SELECT pg_switch_wal()');
$primary->poll_query_until('postgres', q{SELECT last_archived_wal >= pg_walfile_name('} . $target . q{') FROM pg_stat_archiver});
my $pitr = PostgreSQL::Test::Cluster->new('pitr');
$pitr->init_from_backup($primary, 'base', has_restoring => 1, standby => 0);
$pitr->append_conf('postgresql.conf', "recovery_target_name = 'before'\nrecovery_target_action = promote\n");
$pitr->start;
$pitr->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
is($pitr->safe_psql('postgres', $state), $expected, 'point-in-time recovery gives the table before TRUNCATE');
is($pitr->safe_psql('postgres', q{SELECT count(*) FROM redshift.verify('t')}), '0', 'verify() is clean there');

# The standby is promoted and goes on alone.
$standby->promote;
is($standby->safe_psql('postgres', 'SELECT count(*) FROM t'), '0', 'TRUNCATE was replayed');
$standby->safe_psql('postgres', q{INSERT INTO t VALUES (1, '2020-01-01', 'promoted')});
is($standby->safe_psql('postgres', 'SELECT v FROM t'), 'promoted', 'the promoted standby takes rows');

# Dump and restore.
my $dump = $pitr->backup_dir . '.sql';
$pitr->command_ok([ 'pg_dump', '-f', $dump, '-d', $pitr->connstr('postgres') ], 'pg_dump');
$pitr->safe_psql('postgres', 'CREATE DATABASE copy');
$pitr->command_ok([ 'psql', '-X', '-v', 'ON_ERROR_STOP=1', '-q', '-f', $dump, '-d', $pitr->connstr('copy') ], 'restore');
is($pitr->safe_psql('copy', $state), $expected, 'the restored table is the same');
my $options = q{SELECT reloptions, amname FROM pg_class c JOIN pg_am a ON a.oid = relam WHERE relname = 't'};
is($pitr->safe_psql('copy', $options), $pitr->safe_psql('postgres', $options), 'with all its options');
done_testing();
