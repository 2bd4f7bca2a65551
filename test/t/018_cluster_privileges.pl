# What users may do at the leader they may do on the nodes, and no more.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('privileges', 2);
my $leader = $cluster->leader;
my @nodes = $cluster->nodes;
my @users = qw(alice bob carol);

# Nodes ask these for a password, the leader does not.
for my $node (@nodes)
{
	my $file = $node->data_dir . '/pg_hba.conf';
	my $rules = slurp_file($file);

	open my $out, '>', $file or die "open: $!";
	print $out "local all alice,bob,carol scram-sha-256\n$rules";
	close $out;
	$node->reload;
}

# Outcome of SQL as a user: what it gives, or the error's first line.
sub as
{
	my ($user, $sql, $server) = @_;
	my ($code, $out, $err) = ($server // $leader)->psql('postgres', $sql, extra_params => [ '-U', $user ]);

	return $err =~ /ERROR:  (.*)/ ? "ERROR: $1" : $err =~ /FATAL:  (.*)/ ? "FATAL: $1" : $out;
}

sub sql { return $leader->safe_psql('postgres', shift); }

sql(<<'SQL');
CREATE ROLE alice LOGIN PASSWORD 'alice-Secret-1';
CREATE ROLE bob LOGIN PASSWORD 'bob-Secret-2';
CREATE ROLE carol LOGIN PASSWORD 'carol-Secret-3';
CREATE ROLE readers;
CREATE USER MAPPING FOR alice SERVER n1 OPTIONS (user 'alice', password 'alice-Secret-1');
CREATE USER MAPPING FOR alice SERVER n2 OPTIONS (user 'alice', password 'alice-Secret-1');
CREATE USER MAPPING FOR bob SERVER n1 OPTIONS (user 'bob', password 'bob-Secret-2');
CREATE USER MAPPING FOR bob SERVER n2 OPTIONS (user 'bob', password 'bob-Secret-2');
CREATE TABLE shared (id int, who text, n int) USING redshift WITH (distkey = id);
CREATE TABLE hidden (id int, what text) USING redshift WITH (distkey = id);
CREATE TABLE own (id int, who text) USING redshift WITH (distkey = id);
ALTER TABLE own ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON own USING (who = current_user) WITH CHECK (who = current_user);
GRANT SELECT, INSERT, UPDATE, DELETE ON own TO alice, bob;
CREATE TABLE listed (id int, t text) USING redshift WITH (distkey = id);
ALTER TABLE listed ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_list ON listed USING (id IN (SELECT own.id FROM own));
GRANT SELECT ON listed TO alice;
INSERT INTO listed SELECT g, 'l' FROM generate_series(1, 100) g;
GRANT SELECT (id, who), UPDATE (n), INSERT ON shared TO alice;
INSERT INTO shared SELECT g, CASE WHEN g % 2 = 0 THEN 'alice' ELSE 'bob' END, 0 FROM generate_series(1, 100) g;
INSERT INTO hidden SELECT g, 'secret ' || g FROM generate_series(1, 100) g;
INSERT INTO own SELECT g, CASE WHEN g % 4 = 0 THEN 'alice' ELSE 'bob' END FROM generate_series(1, 100) g;
CREATE VIEW few AS SELECT * FROM hidden WHERE id <= 10;
CREATE VIEW mine AS SELECT * FROM shared WHERE who = current_user;
CREATE VIEW few_own WITH (security_invoker) AS SELECT * FROM hidden WHERE id <= 10;
CREATE VIEW fenced WITH (security_barrier) AS SELECT * FROM hidden WHERE id <= 10;
GRANT SELECT ON few, mine, few_own, fenced TO alice;
GRANT UPDATE ON few TO alice;
CREATE FUNCTION count_hidden() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM hidden';
CREATE FUNCTION count_as_caller() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM hidden';
GRANT CREATE ON SCHEMA public TO alice;
SQL

# Rights of tables, columns and rows.
is(as('alice', 'SELECT count(*), count(DISTINCT who) FROM shared'), '100|2', 'columns that were granted');
like(as('alice', 'SELECT sum(n) FROM shared'), qr/permission denied for table shared/, 'others');
like(as('alice', 'SELECT count(*) FROM hidden'), qr/permission denied for table hidden/, 'no right');
for my $set ('UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT')
{
	like(as('alice', "SELECT count(*) FROM (SELECT id FROM hidden $set SELECT id FROM hidden) q"), qr/permission denied for table hidden/, "no right in $set");
	like(as('alice', "SELECT id FROM shared $set SELECT id FROM hidden"), qr/permission denied for table (hidden|shared)/, '... nor in its second input');
}
like(as('bob', 'SELECT count(*) FROM shared'), qr/permission denied for table shared/, 'none for bob');
is(as('alice', 'BEGIN; UPDATE shared SET n = 1; ROLLBACK; INSERT INTO shared VALUES (-1, NULL, 3); SELECT count(*) FROM shared'), '101', 'writes');
like(as('alice', 'DELETE FROM shared'), qr/permission denied/, 'one that was not granted');
is(as('alice', 'SELECT count(*), min(who), max(who) FROM own'), '25|alice|alice', 'rows of alice');
is(as('bob', 'SELECT count(*), min(who), max(who) FROM own'), '75|bob|bob', 'rows of bob');
is(sql('SELECT count(*) FROM own'), '100', 'a superuser sees all');
is(as('alice', 'SELECT count(*) FROM own a JOIN own b ON a.who = b.who'), '625', 'through an exchange, too');
is(as('alice', "INSERT INTO own VALUES (1001, 'alice'); UPDATE own SET who = 'alice'; DELETE FROM own WHERE id = 1001; SELECT count(*) FROM own"), '25', 'changes of own rows');
like(as('alice', "INSERT INTO own VALUES (1002, 'bob')"), qr/new row violates row-level security policy/, 'no new row for another');
like(as('alice', "UPDATE own SET who = 'bob'"), qr/new row violates row-level security policy/, 'nor a changed one');
is(as('alice', 'WITH d AS (SELECT 1) DELETE FROM own WHERE who = \'bob\' RETURNING id'), '', 'none deleted');
is(sql("SELECT count(*) FROM own WHERE who = 'bob'"), '75', 'all there');

# Whose rights count: views' owners, definers of functions, roles that are set.
is(as('alice', 'SELECT count(*), min(what) FROM few'), '10|secret 1', 'a view has its owner\'s rights');
is(as('alice', 'SELECT count(*) FROM mine'), '50', 'and its user\'s name');
is(as('alice', 'SELECT count(*) FROM few f JOIN own o ON f.id = o.id'), '2', 'a view and a table, of different users');
is(as('alice', 'SELECT count(*) FROM few f JOIN fenced g ON f.id = g.id'), '10', 'two views');
like(as('alice', 'SELECT count(*) FROM few_own'), qr/permission denied for table hidden/, 'a view with security_invoker has not');
is(as('alice', 'SELECT count_hidden()'), '100', 'a function with SECURITY DEFINER');
like(as('alice', 'SELECT count_as_caller()'), qr/permission denied for table hidden/, 'one without');
is(sql('SET ROLE alice; SELECT count(*) FROM own; RESET ROLE; SELECT count(*) FROM own'), "25\n100", 'SET ROLE');
is(sql('PREPARE q AS SELECT count(*) FROM own; EXECUTE q; SET ROLE alice; EXECUTE q; SET ROLE bob; EXECUTE q'), "100\n25\n75", 'a prepared statement of several roles');
is(sql("BEGIN; SET ROLE alice; INSERT INTO own VALUES (2000, 'alice'); SET ROLE bob; INSERT INTO own VALUES (2001, 'bob'), (2002, 'bob'); COMMIT; RESET ROLE; SELECT count(*) FROM own WHERE id >= 2000"), '3', 'two users in a transaction');
is(as('alice', "UPDATE few SET what = 'changed' WHERE id = 3; SELECT what FROM few WHERE id = 3"), 'changed', 'a change through a view');

# Functions of a user must not run on nodes as someone else.
as('alice', <<'SQL');
CREATE FUNCTION seize(text) RETURNS bool LANGUAGE plpgsql STABLE COST 0.0001 PARALLEL SAFE AS $$
BEGIN
	IF current_user <> 'alice' THEN RAISE 'runs as %', current_user; END IF;
	IF $1 = 'secret 50' THEN RAISE 'sees %', $1; END IF;
	RETURN true;
END $$;
SQL
is(as('alice', 'SELECT count(*) FROM few WHERE seize(what)'), '10', 'in a condition');
is(as('alice', 'SELECT count(*) FROM (SELECT seize(what) AS s FROM few) x WHERE s'), '10', 'in a select list');
is(as('alice', 'SELECT count(*) FROM few GROUP BY seize(what)'), '10', 'in GROUP BY');
is(as('alice', 'SELECT count(*) FROM few JOIN own ON few.id = own.id AND seize(what || who)'), '2', 'in a join');
is(as('alice', 'SELECT count(*) FROM fenced WHERE seize(what)'), '10', 'not before the conditions of a view with a barrier');
is(as('alice', "UPDATE few SET what = upper(what) WHERE id = 3 RETURNING what"), 'CHANGED', 'an UPDATE with what PostgreSQL has');
for my $change ("UPDATE few SET what = 'again' WHERE id = 3 AND seize(what)", 'UPDATE few SET what = seize(what)::text WHERE id = 3',
	'UPDATE few SET id = id WHERE id = 3 RETURNING seize(what)')
{
	like(as('alice', $change), qr/ERROR: distributed table "hidden" cannot be changed through the view of another user/, "refused: $change");
}
is(as('alice', 'UPDATE few SET what = who FROM own WHERE few.id = own.id RETURNING few.id, what'), "4|alice\n8|alice", 'policies of what an UPDATE reads besides');
is(as('alice', 'SELECT count(*) FROM listed'), '25', 'a policy with a subquery');
is(as('alice', 'BEGIN; UPDATE own SET who = who FROM listed WHERE own.id = listed.id + 4 RETURNING t; ROLLBACK'), join("\n", ('l') x 24), '... in an UPDATE');
is(as('alice', 'BEGIN; DELETE FROM shared USING own, listed WHERE own.id = listed.id AND shared.id = own.id; ROLLBACK'), 'ERROR: permission denied for table shared', 'no right to delete');
is(as('alice', 'SELECT count(*) FROM few WHERE what > (table_to_xml(CASE WHEN id > 0 THEN 1262 END, true, true, chr(32)))::text'), '10', 'what depends on rights runs at the leader');
like(as('alice', "SELECT count(*) FROM few WHERE what > table_to_xml(CASE WHEN id > 0 THEN 'pg_authid' END::regclass, true, true, '')::text"), qr/permission denied for table pg_authid/, '... with the rights of its caller');

# At a node itself.
sub at_node
{
	my ($user, $sql) = @_;
	local $ENV{PGPASSWORD} = { alice => 'alice-Secret-1', bob => 'bob-Secret-2' }->{$user} // '';

	return as($user, $sql, $nodes[0]);
}
is(at_node('alice', 'SELECT count(*) > 0 FROM own'), 't', 'a user of a node');
like(at_node('alice', 'SELECT count(*) FROM hidden'), qr/permission denied/, 'has the same rights');
for my $call ('redshift.set_cluster(NULL, 1, NULL, NULL, NULL)', 'redshift.cluster_changed()', "redshift.add_node('n1')",
	'redshift.recover()', "redshift.run_on_nodes('SELECT 1')", 'redshift.definition_of_roles()', 'redshift.check_cluster()')
{
	for my $user (qw(alice))
	{
		like(at_node($user, "SELECT $call"), qr/permission denied/, "$user cannot call $call at a node");
		like(as($user, "SELECT $call"), qr/permission denied/, '... nor at the leader');
	}
}
for my $table (qw(cluster node slice distributed_table))
{
	like(at_node('alice', "SELECT * FROM redshift.$table"), qr/permission denied/, "redshift.$table is not readable");
	like(at_node('alice', "DELETE FROM redshift.$table"), qr/permission denied/, '... nor can it be changed');
}
for my $name ('../x', '/tmp/x', '..', 'a/b', "a'b", 'A', '', 'x' x 49)
{
	(my $quoted = $name) =~ s/'/''/g;
	like(at_node('alice', "SELECT redshift.open_exchange('$quoted', 1)"), qr/invalid name of an exchange/, "no exchange \"$name\"");
	like(at_node('alice', "SELECT * FROM redshift.exchange('$quoted') AS t(a int)"), qr/invalid name of an exchange/, '... is read');
	like(at_node('alice', "SELECT redshift.close_exchanges(ARRAY['$quoted'])"), qr/invalid name of an exchange/, '... or closed');
}
my $open = "BEGIN; SELECT redshift.open_exchange('ours', 1); SELECT pg_sleep(3); COMMIT";
my $pid = fork() // die "fork: $!";
if ($pid == 0)
{
	open STDOUT, '>', '/dev/null';
	exec 'psql', '-XAtq', '-d', $nodes[0]->connstr('postgres'), '-c', $open;
}
$nodes[0]->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%ours%' AND wait_event = 'PgSleep'");
for my $call ("* FROM redshift.exchange('ours') AS t(a int)", "redshift.exchange_size('ours')")
{
	like(at_node('alice', "SELECT $call"), qr/exchange "ours" is not open/, "another user's exchange: $call");
}
is(at_node('alice', "SELECT redshift.close_exchanges('{ours}')"), '', 'closing it does nothing');
like(at_node('alice', "COPY redshift.exchange FROM STDIN (FORMAT redshift_batch, EXCHANGE 'ours')"), qr/is not open/, 'nor can rows be sent to it');
waitpid $pid, 0;
like(at_node('alice', "SELECT * FROM redshift.staged('x') AS t(a int)"), qr/there are no staged rows/, 'staged rows are of a session');
like(at_node('alice', 'COPY (SELECT 1) TO STDOUT (FORMAT redshift_batch, STATEMENT 1)'), qr/has no snapshot/, 'so are snapshots');

# Numbers of sequences that nodes ask the leader for.
sql('CREATE TABLE numbered (id int, n serial, i int GENERATED ALWAYS AS IDENTITY) USING redshift WITH (distkey = id); GRANT INSERT, SELECT ON numbered TO alice');
is(as('alice', 'INSERT INTO numbered (id) SELECT id FROM own'), 'ERROR: permission denied for sequence numbered_n_seq', 'a sequence of others');
sql('GRANT USAGE ON SEQUENCE numbered_n_seq TO alice');
is(as('alice', 'PREPARE i AS INSERT INTO numbered (id) SELECT id FROM own; EXECUTE i; SELECT count(DISTINCT n), count(DISTINCT i) FROM numbered'), '26|26', 'its use granted');
is(as('alice', 'SELECT redshift.sequence_number(\'numbered_i_seq\'::regclass, 1)'), 'ERROR: permission denied for sequence numbered_i_seq', 'the function gives no more');

# Passwords: asked for, changed in a session, not told.
like(as('carol', 'SELECT count(*) FROM own'), qr/user mapping not found|permission denied/, 'no mapping');
sql('GRANT SELECT ON own TO carol; CREATE USER MAPPING FOR carol SERVER n1; CREATE USER MAPPING FOR carol SERVER n2');
like(as('carol', 'SELECT count(*) FROM own'), qr/password or certificate is required/, 'a mapping without a password');
for my $i (1, 2)
{
	sql("ALTER USER MAPPING FOR carol SERVER n$i OPTIONS (ADD user 'postgres', ADD password 'guess-Secret-4')");
}
like(as('carol', 'SELECT count(*) FROM own'), qr/password or certificate is required/, 'a node that does not ask for it');
is(sql("SET ROLE alice; SELECT count(*) FROM own; RESET ROLE; ALTER ROLE alice PASSWORD 'alice-Secret-5';
	ALTER USER MAPPING FOR alice SERVER n1 OPTIONS (SET password 'alice-Secret-5');
	ALTER USER MAPPING FOR alice SERVER n2 OPTIONS (SET password 'alice-Secret-5'); SET ROLE alice; SELECT count(*) FROM own"), "26\n26", 'a password changed');
sql("ALTER USER MAPPING FOR alice SERVER n1 OPTIONS (SET password 'wrong-Secret-6')");
like(as('alice', 'SELECT count(*) FROM own'), qr/could not connect to compute node "n1"/, 'a wrong one');
for my $server ($leader, @nodes)
{
	my $log = slurp_file($server->logfile);

	# The leader's log has what the test itself has said there.
	$log =~ s/^.*018_cluster_privileges\.pl LOG:  statement:.*(?:\n\t.*)*//mg if ($server == $leader);
	my @told = $log =~ /^(.*Secret-.*)$/mg;
	is(scalar(@told), 0, $server->name . ': no password in the log') or diag join "\n", @told[ 0 .. ($#told < 3 ? $#told : 3) ];
}
unlike(as('alice', 'EXPLAIN VERBOSE SELECT count(*) FROM own'), qr/Secret-/, 'nor in EXPLAIN');
is(join('; ', $cluster->left_behind), '', 'nothing is left behind');

$cluster->stop;
done_testing();
