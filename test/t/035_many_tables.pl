# System tables of a database with 10,000 tables (REDSHIFT_TABLES): each view answers in a small part of
# the time that PostgreSQL needs for information_schema.columns, also to a user who owns none of them.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tables = $ENV{REDSHIFT_TABLES} || 10000;
my $share = 8;
my $tries = 3;

my $node = PostgreSQL::Test::Cluster->new('many');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
redshift.endpoint_port = 0
fsync = off
autovacuum = off
jit = off
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION redshift_ext; CREATE USER reader');
$node->safe_psql('postgres', <<"SQL");
DO \$\$
BEGIN
	FOR i IN 1 .. $tables LOOP
		EXECUTE format('CREATE TABLE t%s (a int, b bigint, c varchar(20), d date, e numeric(10,2)) USING redshift WITH (distkey = a, sortkey = d)', i);
		EXECUTE format('INSERT INTO t%s VALUES (1, 2, ''three'', ''2026-01-04'', 5)', i);
		-- Locks of so many would fill the table of locks.
		IF i % 500 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
END \$\$
SQL
$node->safe_psql('postgres', 'VACUUM ANALYZE pg_class; VACUUM ANALYZE pg_attribute');

my @views = split /\n/, $node->safe_psql('postgres', q{SELECT relname FROM pg_class WHERE relnamespace = 'redshift'::regnamespace
	AND relkind = 'v' AND relname ~ '^(stl|stv|svcs|svl|svv|sys)_|^pg_table_def$' ORDER BY 1});

# The least milliseconds of some tries in one session, for each query.
sub least
{
	my ($user, @queries) = @_;
	my $script = join '', map { ("$_;\n") x $tries } @queries;
	my $out = '';

	IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-U', $user, '-d', $node->connstr('postgres'), '-c', '\timing on', '-f', '-' ],
		'<', \"\\o /dev/null\n$script", '>', \$out) or die 'psql failed';
	my @times = $out =~ /^Time: ([\d.]+) ms/mg;
	die 'times are missing' if (@times != $tries * @queries);
	return map { (sort { $a <=> $b } @times[ $_ * $tries .. $_ * $tries + $tries - 1 ])[0] } 0 .. $#queries;
}

cmp_ok(scalar(@views), '>', 100, 'views were found');
is($node->safe_psql('postgres', "SELECT count(*) FROM redshift.svv_table_info WHERE tbl_rows = 1"), $tables, 'which know all tables');
my $owner = $node->safe_psql('postgres', 'SELECT current_user');
my ($peer) = least($owner, 'SELECT * FROM information_schema.columns');
for my $user ($owner, 'reader')
{
	my @times = least($user, map { "SELECT * FROM redshift.$_" } @views);
	my @slow = map { sprintf '%s %.0f ms', $views[$_], $times[$_] } grep { $times[$_] > $peer / $share } 0 .. $#views;
	my @order = sort { $times[$b] <=> $times[$a] } 0 .. $#views;

	diag sprintf 'information_schema.columns %.0f ms; %s', $peer, join ', ', map { sprintf '%s %.0f', $views[$_], $times[$_] } @order[ 0 .. 5 ];
	is(join(', ', @slow), '', "$user: no view takes more than 1/$share of information_schema.columns");
}
$node->stop;
done_testing();
