# What users may do at the leader they may do on the nodes, and no more.
use strict;
use warnings;
use FindBin;
use IPC::Run;
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

# One transaction on each node, whoever works in it: what one has changed the other sees.
sql(<<'SQL');
CREATE TABLE ledger (id int, who text, n int) USING redshift WITH (distkey = id);
CREATE TABLE seen (id int, who text DEFAULT session_user) USING redshift WITH (distkey = id);
ALTER TABLE seen ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_session ON seen USING (who = session_user);
GRANT SELECT, INSERT, UPDATE ON ledger TO alice;
GRANT SELECT, INSERT ON seen TO bob;
INSERT INTO ledger SELECT g, 'start', 0 FROM generate_series(1, 100) g;
CREATE FUNCTION note(int) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$
	UPDATE ledger SET who = 'noted' WHERE n = $1; SELECT count(*) FROM ledger WHERE who = 'noted' $$;
CREATE FUNCTION joined() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM ledger a JOIN ledger b ON a.n = b.id';
CREATE VIEW zeros AS SELECT * FROM ledger WHERE n = 0;
CREATE FUNCTION fails() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
	UPDATE ledger SET n = 7777; RAISE division_by_zero; END $$;
GRANT SELECT, UPDATE ON zeros TO alice;
CREATE FUNCTION as_bob() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
	INSERT INTO seen SELECT generate_series(1, 4), session_user; SELECT string_agg(DISTINCT who, ',') FROM seen $$;
ALTER FUNCTION as_bob() OWNER TO bob;
INSERT INTO seen VALUES (1, 'bob'), (2, 'postgres'), (3, 'bob');
SQL
is(as('alice', 'BEGIN; UPDATE ledger SET n = 3 WHERE id <= 10; SELECT note(3); SELECT count(*) FROM ledger WHERE who = \'noted\'; ROLLBACK'), "10\n10", 'a function sees what its caller has changed, and he what it has');
is(as('alice', 'BEGIN; UPDATE ledger SET n = 5 WHERE id <= 20; SELECT joined(); ROLLBACK'), '20', '... also through an exchange');
is(as('alice', 'BEGIN; UPDATE ledger SET n = 9 WHERE id <= 30; SELECT count(*) FROM zeros; SELECT count(*) FROM zeros z JOIN ledger l ON z.id = l.n; UPDATE zeros SET n = 1; SELECT sum(n) FROM ledger; COMMIT'), "70\n0\n340", 'a view, too');
is(sql('SELECT sum(n), count(*) FROM ledger'), '340|100', '... and all of it commits');
is(as('alice', "BEGIN; UPDATE ledger SET n = 2 WHERE id = 1; SAVEPOINT s; SELECT note(2); ROLLBACK TO s; UPDATE ledger SET n = 4 WHERE id = 1; SELECT note(4), count(*) FROM ledger WHERE n = 2; ROLLBACK TO s; SELECT count(*) FROM ledger WHERE who = 'noted' AND n = 2; ROLLBACK"), "1\n1|0\n0", 'savepoints');
like(as('alice', 'UPDATE ledger SET n = 1; SELECT fails()'), qr/division_by_zero/, 'a function that fails');
is(as('alice', 'DO $$ BEGIN UPDATE ledger SET n = 2; PERFORM fails(); EXCEPTION WHEN division_by_zero THEN UPDATE ledger SET n = n + 1; END $$; SELECT sum(n) FROM ledger'), '200', '... in a subtransaction');
is(as('alice', 'BEGIN ISOLATION LEVEL REPEATABLE READ; UPDATE ledger SET n = 6 WHERE id <= 10; SELECT note(6); SELECT count(*) FROM zeros; ROLLBACK'), "10\n0", 'in one snapshot');
is(sql("BEGIN; SET ROLE alice; UPDATE ledger SET n = 8 WHERE id <= 5; RESET ROLE; SELECT count(*) FROM ledger WHERE n = 8; SET ROLE alice; SELECT note(8); ROLLBACK"), "5\n5", 'roles that are set');
is(as('alice', 'SELECT as_bob()'), 'alice', 'the session\'s user is the same for all');
is(sql("SELECT string_agg(DISTINCT who, ',' ORDER BY who) FROM seen"), 'alice,bob,postgres', '... in what they write');
is(as('alice', "BEGIN; INSERT INTO ledger VALUES (500, 'alice', 500); INSERT INTO ledger SELECT id + 1000, who, n FROM zeros; SELECT note(500); ROLLBACK"), '1', 'rows from a view into a table');
is(as('alice', "SELECT count(*) FROM ledger l WHERE id IN (SELECT id FROM few) AND note(-1) >= 0"), '10', 'within one statement');

# Deferred triggers run as at the leader: as whoever the user is when the transaction ends.
sql(<<'SQL');
CREATE TABLE deferring (id int) USING redshift WITH (distkey = id);
ALTER TABLE deferring OWNER TO alice;
CREATE FUNCTION tell_user() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'deferred as % of %', current_user, session_user; END $$;
CREATE CONSTRAINT TRIGGER tells AFTER INSERT ON deferring DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell_user();
CREATE FUNCTION defer() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'INSERT INTO deferring VALUES (1)';
CREATE FUNCTION read_hidden() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM hidden';
SQL
like(as('alice', 'BEGIN; SELECT count_hidden(); INSERT INTO deferring VALUES (1); SELECT count_hidden(); COMMIT'), qr/deferred as alice of alice/, 'a deferred trigger of the session\'s user');
like(as('alice', 'SELECT defer()'), qr/deferred as alice of alice/, '... of what a function did');

is(as('alice', 'SELECT count(*), count(DISTINCT redshift.slice_num()) > 1 FROM few WHERE redshift.slice_num() >= 0'), '10|t', 'slices of a view\'s rows');
sql('CREATE VIEW placed AS SELECT ctid AS place, id, what FROM hidden; GRANT SELECT, UPDATE ON placed TO alice');
is(as('alice', "BEGIN; UPDATE placed SET what = 'here' WHERE place = (SELECT place FROM placed WHERE id = 3) RETURNING id; ROLLBACK"), '3', '... and their places');

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
as('alice', <<'SQL');
CREATE FUNCTION plant() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (public.seize(VALUE));
	RETURN count(*) FROM (SELECT 'a'::text) x;
END $$;
SQL
is(as('alice', "BEGIN; UPDATE ledger SET n = plant() WHERE id IN (1, 2) AND n <> plant(); ROLLBACK"), 'ERROR: type "text" already exists', 'a function makes temporary types on nodes');
is(as('alice', "BEGIN; UPDATE ledger SET n = plant() WHERE id = 1; SELECT count(*) FROM few WHERE what >= 'a'; ROLLBACK"), '10', '... that nothing of another user meets');
is(as('alice', "UPDATE few SET what = upper(what) WHERE id = 3 RETURNING what"), 'CHANGED', 'an UPDATE with what PostgreSQL has');
# Nor may those of the extension be called with the rights of another.
for my $call ("(SELECT string_agg(d::text, '') FROM redshift.definition_of_roles() d)", "redshift.definition_of_rights('hidden', id::oid)::text",
	"redshift.set_cluster(NULL, id, NULL, NULL, NULL)::text", "(SELECT string_agg(r::text, '') FROM redshift.run_on_node(1, what) r)")
{
	like(as('alice', "UPDATE few SET what = $call WHERE id = 3 RETURNING what"), qr/ERROR: permission denied for function/, "not by $call");
	like(as('alice', "SELECT $call FROM few"), qr/ERROR: permission denied for function/, '... nor as a query');
}
like(as('alice', "UPDATE few SET what = (SELECT min(c) FROM redshift.exchange('x') AS e(c text)) WHERE id = 3"), qr/ERROR: exchange "x" is not open/, 'an exchange');
like(as('alice', "UPDATE few SET what = redshift.lend_role(repeat('0', 32)) WHERE id = 3 RETURNING what"), qr/^(?!10:)\d+:/, 'a role that is lent is the caller\'s');

# The leader calls them, and nodes change the rows that it has chosen.
sql(<<'SQL');
GRANT INSERT, DELETE ON few TO alice;
CREATE TABLE hidden_even (id int, what text) USING redshift WITH (diststyle = even);
CREATE TABLE hidden_all (id int, what text, gone int, twice int GENERATED ALWAYS AS (id * 2) STORED) USING redshift WITH (diststyle = all);
ALTER TABLE hidden_all DROP COLUMN gone;
INSERT INTO hidden_even SELECT * FROM hidden;
INSERT INTO hidden_even SELECT 20, 'alike' FROM generate_series(1, 50);
INSERT INTO hidden_all SELECT * FROM hidden;
INSERT INTO hidden_all VALUES (5, NULL), (5, NULL), (6, 'alike'), (6, 'alike');
CREATE VIEW even WITH (security_barrier) AS SELECT * FROM hidden_even WHERE id <= 20;
CREATE VIEW everywhere AS SELECT * FROM hidden_all WHERE id <= 10 WITH CHECK OPTION;
GRANT SELECT, INSERT, UPDATE, DELETE ON even, everywhere TO alice;
SQL
as('alice', <<'SQL');
CREATE SEQUENCE marks;
CREATE FUNCTION mark(text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	IF current_user <> 'alice' THEN RAISE 'runs as %', current_user; END IF;
	RETURN '<' || $1 || nextval('marks') || '>';
END $$;
SQL
is(as('alice', "UPDATE few SET what = 'again' WHERE id = 3 AND seize(what) RETURNING id, what"), '3|again', 'a condition');
is(as('alice', 'UPDATE few SET what = seize(what)::text WHERE id = 3 RETURNING seize(what), what, few.id + 1'), 't|true|4', 'a value, and one that is returned');
is(as('alice', 'UPDATE few SET what = what WHERE id = 3 RETURNING seize(what)'), 't', '... alone');
is(as('alice', 'BEGIN; DELETE FROM few WHERE seize(what) AND id > 5 RETURNING id % 1; SELECT count(*) FROM few; ROLLBACK; SELECT count(*) FROM few'), "0\n0\n0\n0\n0\n5\n10", 'DELETE');
is(as('alice', "BEGIN; UPDATE few SET what = few.what || who FROM own WHERE few.id = own.id AND seize(who) RETURNING few.id, seize(who), own.id - few.id; SELECT count(*) FROM few WHERE what LIKE '%alice'; ROLLBACK"), "4|t|0\n8|t|0\n2", 'another table');
is(as('alice', "BEGIN; UPDATE few SET what = mark(what) WHERE id IN (SELECT id FROM own WHERE seize(who)); SELECT count(*), count(DISTINCT what) FROM few WHERE what LIKE '<%'; ROLLBACK"), '2|2', 'a subquery');
is(as('alice', 'BEGIN; UPDATE few SET id = id + 100 * seize(what)::int WHERE id = 3; SELECT count(*) FROM few; ROLLBACK'), '9', 'the distribution key');
is(as('alice', "BEGIN; UPDATE even SET what = mark(what) WHERE id > 10; SELECT count(*), count(DISTINCT what) FROM even WHERE what LIKE '<%'; ROLLBACK"), '60|60', 'of rows that are alike each once');
is(as('alice', "BEGIN; DELETE FROM even WHERE mark(what) LIKE '%1>'; SELECT count(*) FROM even; ROLLBACK"), '63', '... each asked once');
is(as('alice', "UPDATE everywhere SET what = what || seize(what)::text WHERE seize(coalesce(what, 'x')); SELECT count(*), count(what) FROM everywhere"), "14|12", 'a table on all nodes');
is(join(' ', map { $_->safe_psql('postgres', "SELECT count(*) FROM hidden_all WHERE what LIKE '%true'") } @nodes), '12 12', '... all of its copies');
like(as('alice', "UPDATE everywhere SET id = 11 WHERE id = 4 AND seize(what)"), qr/new row violates check option for view "everywhere"/, 'a check option');
is(as('alice', "DELETE FROM everywhere WHERE id = 6 AND seize(what) RETURNING twice"), "12\n12\n12", 'DELETE there');
is(as('alice', "PREPARE p(int) AS UPDATE even SET what = mark(what) WHERE id = \$1 AND seize(what) RETURNING left(what, 1); EXECUTE p(1); EXECUTE p(1); SELECT what ~ '^<<' FROM even WHERE id = 1"), "<\n<\nt", 'prepared');
is(as('alice', "BEGIN; INSERT INTO everywhere VALUES (7, seize('x')) RETURNING seize(what), id + 1; INSERT INTO few VALUES (7, mark('a')), (8, 'b') RETURNING left(mark(what), 2), id; ROLLBACK"), "t|8\n<<|7\n<b|8", 'INSERT');
like(as('alice', 'UPDATE everywhere SET what = mark(what)'), qr/ERROR: /, 'volatile functions there');
is(sql('SELECT count(*) FROM redshift.check_cluster()'), '0', 'all copies agree');
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

# Roles are lent by their own sessions, to one session, and used by the holder of its connection alone.
sub script_at_node
{
	my ($user, $sql) = @_;
	local $ENV{PGPASSWORD} = { alice => 'alice-Secret-1', bob => 'bob-Secret-2' }->{$user} // '';
	my ($code, $out, $err) = $nodes[0]->psql('postgres', $sql, extra_params => [ '-U', $user ], on_error_stop => 0);

	return ($out, $err);
}
my $key = at_node('alice', 'SELECT redshift.session_key()');
like($key, qr/^[0-9a-f]{32}$/, 'the key of a session');
isnt(at_node('alice', 'SELECT redshift.session_key()'), $key, '... is of that session alone');
my $lent = at_node('postgres', "SELECT redshift.lend_role('$key')");
like($lent, qr/^10:[0-9a-f]{64}$/, 'a role that is lent');
my $bobs = at_node('bob', "SELECT redshift.lend_role('$key')");
for my $code ($lent, $bobs, '10:', '10', '', ":$lent", '10:' . 'x' x 64, $bobs =~ s/^\d+/10/r)
{
	my ($out, $err) = script_at_node('alice', "BEGIN; SET LOCAL redshift.acting_as = '$code'; ROLLBACK; SELECT current_user");

	like($err, qr/may not act as another user/, "means nothing to another session: $code");
	is($out, 'alice', '... which stays as it was');
}
like(at_node('alice', "SELECT redshift.lend_role('x')"), qr/invalid key of a session/, 'no key');

# By hand what the leader does: alice's session, a role of bob's.
my ($sin, $sout, $serr) = ('', '', '');
{
	local $ENV{PGPASSWORD} = 'alice-Secret-1';
	our $session = IPC::Run::start([ 'psql', '-XAtq', '-U', 'alice', '-d', $nodes[0]->connstr('postgres') ], '<', \$sin, '>', \$sout, '2>', \$serr);
}
our $session;
sub say_in_session
{
	my ($sql) = @_;
	$sout = $serr = '';
	$sin .= "$sql;\n\\echo done\n";
	$session->pump until $sout =~ /done/ || !$session->pumpable;
	$session->pump_nb;
	return ($sout =~ s/\n?done\n//r) . ($serr =~ /ERROR:  (.*)/ ? "ERROR: $1" : '');
}
$key = say_in_session('SELECT redshift.session_key()');
$bobs = at_node('bob', "SELECT redshift.lend_role('$key')");
like(say_in_session("SET LOCAL redshift.acting_as = '$bobs'"), qr/transaction blocks only/, 'only in a transaction');
is(say_in_session("BEGIN; SET LOCAL redshift.acting_as = '$bobs'; SELECT current_user, session_user"), 'bob|alice', 'acting as bob');
like(say_in_session('SAVEPOINT s; SET ROLE alice'), qr/cannot set parameter "role" within security-definer function/, 'restricted');
is(say_in_session('ROLLBACK TO s; SELECT current_user'), 'bob', 'as it was at the savepoint');
like(say_in_session("SELECT redshift.lend_role('$key')"), qr/cannot be lent within a function/, 'what is lent is not lent again');
is(say_in_session("ROLLBACK; SELECT current_user"), 'alice', 'to the end of the transaction');
is(say_in_session("BEGIN; SAVEPOINT a; SET LOCAL redshift.acting_as = '$bobs'; ROLLBACK TO a; SELECT current_user; SET LOCAL redshift.acting_as = '$bobs'; COMMIT; SELECT current_user; SHOW track_activities"), "alice\nalice\non", '... however it ends');
is(say_in_session("BEGIN; SET LOCAL redshift.acting_as = '$bobs'; SET LOCAL redshift.acting_as TO DEFAULT; SELECT current_user; SET ROLE alice; COMMIT"), 'alice', 'back again');
for my $sql ("DO \$\$ BEGIN SET LOCAL redshift.acting_as = '$bobs'; END \$\$", "DO \$\$ BEGIN EXECUTE 'SET LOCAL redshift.acting_as = ' || quote_literal('$bobs'); END \$\$",
	"SELECT set_config('redshift.acting_as', '$bobs', true)", "SET redshift.acting_as = '$bobs'")
{
	like(say_in_session("BEGIN; $sql"), qr/ERROR: .*redshift.acting_as/, "not by $sql");
	is(say_in_session('ROLLBACK; SELECT current_user'), 'alice', '... alice it is');
}
say_in_session("BEGIN; SET LOCAL redshift.acting_as = '$bobs'; SELECT 'of bob'");
unlike(at_node('alice', "SELECT string_agg(query, '; ') FROM pg_stat_activity WHERE pid <> pg_backend_pid()"), qr/of bob/, 'nobody sees what it does as bob');
say_in_session('ROLLBACK; SELECT 1');
like(at_node('alice', "SELECT string_agg(query, '; ') FROM pg_stat_activity WHERE pid <> pg_backend_pid()"), qr/SELECT 1/, '... but what it does as alice');
sql('ALTER ROLE bob NOLOGIN');
like(say_in_session("BEGIN; SET LOCAL redshift.acting_as = '$bobs'"), qr/may not act as another user/, 'a role that may not log in any more');
sql('ALTER ROLE bob LOGIN');
like(say_in_session("ROLLBACK; BEGIN; SET LOCAL redshift.acting_as = '$bobs'; ROLLBACK; SELECT 1"), qr/^1$/, '... and one that may again');

# Nor are the rows shown that a function of another writes, while it does.
sql(<<'SQL');
CREATE TABLE slow (id int, what text) USING redshift WITH (distkey = id);
CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$;
CREATE TRIGGER dozes BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION doze();
CREATE FUNCTION write_slow() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$ INSERT INTO slow SELECT id, 'nobody sees' FROM generate_series(1, 30) id WHERE id < 6 $$;
SQL
my $writer = fork() // die "fork: $!";
if ($writer == 0)
{
	open STDOUT, '>', '/dev/null';
	exec 'psql', '-XAtq', '-U', 'alice', '-d', $leader->connstr('postgres'), '-c', 'SELECT write_slow()', '-c', '\q';
}
$nodes[0]->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
{
	local $ENV{PGPASSWORD} = 'alice-Secret-1';
	my $shown = as('alice', "SELECT string_agg(state || query, '; ') FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'alice'", $nodes[0]);

	unlike($shown, qr/COPY|ROWS/, 'rows of another user are not shown');
	like($shown, qr/disabled/, '... nor what is done with them');
}
waitpid $writer, 0;

# What shares a session does not share what it holds.
is(say_in_session("BEGIN; SELECT redshift.open_exchange('mine', 1); SET LOCAL redshift.acting_as = '$bobs'; SELECT redshift.close_exchanges('{mine}'); SET LOCAL redshift.acting_as TO DEFAULT; SELECT rows FROM redshift.exchange_size('mine'); COMMIT") =~ s/\n//gr, '0', 'exchanges are of a user');
$sin .= "\\q\n";
$session->finish;

# Tables of diststyle auto are distributed as their owner, whoever says VACUUM.
sql('CREATE SCHEMA alices AUTHORIZATION alice');
is(as('alice', q{CREATE TABLE alices.seen (who name) USING redshift; CREATE FUNCTION alices.note() RETURNS bool LANGUAGE plpgsql VOLATILE AS $$ BEGIN IF current_user <> 'alice' THEN RAISE 'called by %', current_user; END IF; RETURN true; END $$;
	CREATE DOMAIN alices.noting AS int CHECK (alices.note()); CREATE TABLE alices.auto (a alices.noting, b alices.noting[]) USING redshift; INSERT INTO alices.auto SELECT g, ARRAY[g]::alices.noting[] FROM generate_series(1, 100) g}), '', 'a table with types that look around');
$leader->safe_psql('postgres', 'VACUUM alices.auto');
is(as('alice', q{SELECT diststyle FROM redshift.distributed_table_info WHERE "table" = 'alices.auto'::regclass; SELECT count(*), sum(a) FROM alices.auto}), "AUTO(ALL)\n100|5050", 'their functions are called by their owner only');
sql('DROP SCHEMA alices CASCADE');

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
