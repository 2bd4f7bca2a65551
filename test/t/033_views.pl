# Views and informational constraints are dumped and restored, and views refreshed by workers, as their owners.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
fsync = off
redshift.endpoint_port = 0
redshift.auto_refresh_interval = 1
CONF
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE owner;
CREATE EXTENSION redshift_ext;
CREATE SCHEMA s AUTHORIZATION owner;
SET ROLE owner;
SET default_table_access_method = redshift;
SET redshift.constraints = informational;
CREATE TABLE s.dim (id int PRIMARY KEY, "Code" varchar(5) UNIQUE);
-- Comes before dim in a dump.
CREATE TABLE s.a_fact (id int REFERENCES s.dim, n int) WITH (sortkey = n);
INSERT INTO s.dim VALUES (1, 'a'), (1, 'a');
INSERT INTO s.a_fact VALUES (1, 1), (2, 2);
CREATE VIEW s.a_late WITH (no_schema_binding) AS SELECT * FROM s.dim WHERE "Code" = 'a';
CREATE VIEW s.missing WITH (no_schema_binding) AS SELECT x FROM s.nosuch;
CREATE MATERIALIZED VIEW s.mv WITH (sortkey = s, auto_refresh = yes) AS SELECT sum(n) AS s FROM s.a_fact;
SQL

# A worker refreshes what has changed, and keeps looking.
sub refreshed { return $node->poll_query_until('postgres', "SELECT s = $_[0] FROM s.mv") }
$node->safe_psql('postgres', 'INSERT INTO s.a_fact VALUES (1, 10)');
ok(refreshed(13), 'a materialized view is refreshed by itself');
is( $node->safe_psql('postgres', "SELECT DISTINCT trim(mv_name), trim(refresh_type), userid = 'owner'::regrole::oid::int8 FROM redshift.svl_mv_refresh_status"),
	'mv|Auto|t', '... as its owner');

# A view that takes too long holds up neither another database nor, for long, the other views of its own.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE s.pause (seconds int) USING redshift;
CREATE MATERIALIZED VIEW s.endless USING redshift WITH (auto_refresh = yes) AS SELECT count(pg_sleep(seconds)) AS n FROM s.pause;
CREATE DATABASE beside;
SQL
$node->safe_psql('beside', <<'SQL');
CREATE EXTENSION redshift_ext;
CREATE TABLE t (a int) USING redshift;
CREATE MATERIALIZED VIEW mv USING redshift WITH (auto_refresh = yes) AS SELECT count(*) AS n FROM t;
SQL
$node->safe_psql('postgres', 'INSERT INTO s.pause VALUES (10000)');
my $sleeping = "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND backend_type = 'redshift_ext auto refresh'";
ok($node->poll_query_until('postgres', $sleeping), 'a refresh that does not end');
$node->safe_psql('beside', 'INSERT INTO t VALUES (1)');
ok($node->poll_query_until('beside', 'SELECT n = 1 FROM mv'), '... keeps no other database waiting');
$node->append_conf('postgresql.conf', 'redshift.auto_refresh_timeout = 1');
$node->reload;
my $cancelled = "SELECT count(*) > 0 FROM redshift.svl_mv_refresh_status WHERE mv_name = 'endless' AND status LIKE 'Refresh failed: canceling statement due to statement timeout'";
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
ok($node->poll_query_until('postgres', $cancelled), '... is cancelled');
$node->safe_psql('postgres', 'INSERT INTO s.a_fact VALUES (1, 7)');
ok(refreshed(20), '... and the others come next');
ok($node->poll_query_until('postgres', "SELECT retry_at > now() + interval '1 second' FROM redshift.materialized_view WHERE mv = 's.endless'::regclass"), '... before it');
$node->safe_psql('postgres', "TRUNCATE s.pause; INSERT INTO s.pause VALUES (0)");
ok($node->poll_query_until('postgres', "SELECT n = 1 FROM s.endless"), 'it is tried again');
is($node->safe_psql('postgres', "SELECT retry_at FROM redshift.materialized_view WHERE mv = 's.endless'::regclass"), '', '... and then as any other');
$node->safe_psql('postgres', 'DROP MATERIALIZED VIEW s.endless; DROP TABLE s.pause; DELETE FROM s.a_fact WHERE n = 7');
ok(refreshed(13), 'the first view follows');

# A dump restores all of it in another database, in whatever order.
my $show = <<'SQL';
SELECT conrelid::regclass, conname, contype, conkey, confrelid::regclass, condef FROM redshift.table_constraints ORDER BY conrelid::regclass::text, conname;
SELECT * FROM redshift.verify_constraints('s.dim');
SELECT attname, attnotnull FROM pg_attribute WHERE attrelid = 's.dim'::regclass AND attnum > 0;
SELECT viewoid::regclass, definition FROM redshift.late_binding_views ORDER BY viewoid::regclass::text;
SELECT * FROM s.a_late;
SELECT s FROM s.mv;
SELECT reloptions FROM pg_class WHERE oid = 's.mv'::regclass;
SQL
my $before = $node->safe_psql('postgres', $show);
like($before, qr/a_fact_id_fkey\|f\|\{1\}\|s\.dim\|FOREIGN KEY \(id\) REFERENCES s\.dim \(id\)/, 'there is something to dump');
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '-p', $node->port, '-h', $node->host, '-f', $dump, 'postgres' ], 'dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-p', $node->port, '-h', $node->host, '-f', $dump, 'restored' ], 'restore');
is($node->safe_psql('restored', $show), $before, 'the same is there');

# The restored objects are as alive as the first ones.
$node->safe_psql('restored', <<'SQL');
ALTER TABLE s.dim ADD COLUMN late int DEFAULT 3;
ALTER TABLE s.dim RENAME TO dimension;
SET ROLE owner;
CREATE TABLE s.nosuch (x date);
SQL
is($node->safe_psql('restored', "SELECT condef FROM redshift.constraints_of('s.a_fact')"),
	'FOREIGN KEY (id) REFERENCES s.dimension (id)', 'a foreign key follows');
is($node->safe_psql('restored', "SELECT pg_typeof(x) FROM s.missing RIGHT JOIN (SELECT 1) o ON true"), 'date', 'a late binding view, too');
$node->safe_psql('restored', 'ALTER TABLE s.dimension RENAME TO dim');
is($node->safe_psql('restored', 'SELECT DISTINCT late FROM s.a_late'), '3', '... with new columns');
$node->safe_psql('restored', 'INSERT INTO s.a_fact VALUES (1, 100)');
ok($node->poll_query_until('restored', 'SELECT s = 113 FROM s.mv'), 'the restored view is refreshed by itself');
$node->stop;
done_testing();
