# COPY into distributed tables, whose lines nodes read where they would find in them what
# the leader does: rows, errors and their lines are those of a heap table.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RedshiftCluster;
use Test::More;

my $cluster = RedshiftCluster->new('copy', 2);
my $leader = $cluster->leader;
my $dir = PostgreSQL::Test::Utils::tempdir();
my $files = 0;

$_->append_conf('postgresql.conf', "log_statement = 'all'"), $_->reload for $cluster->nodes;

# What SQL gives in a schema, and of errors SQLSTATE, message and the place in the input.
sub run
{
	my ($schema, $sql) = @_;
	my ($code, $out, $err) = $leader->psql('postgres', "SET search_path = $schema; SET default_table_access_method = " .
		($schema eq 'd' ? 'redshift' : 'heap') . "; \\set VERBOSITY verbose\n$sql", on_error_stop => 0);
	my @errors = map { s/^psql:<stdin>:\d+: //r } grep { /ERROR: |^CONTEXT:  COPY|^DETAIL/ } split /\n/, $err;

	return ($out, join("\n", @errors));
}

sub both { my ($sql) = @_; for my $schema (qw(d h)) { my ($out, $err) = run($schema, $sql =~ s/\[(.*?)\]/$schema eq 'd' ? " WITH ($1)" : ''/ger); is($err, '', "made in $schema") } }

# How many times nodes were sent lines.
sub sent { my $n = 0; $n += () = slurp_file($_->logfile) =~ /statement: .*\bCOPY .* LINES '/g for $cluster->nodes; return $n }

# COPY of text in both schemas; lines: are nodes to read it?
sub copied
{
	my ($name, $lines, $table, $options, $text, $before) = @_;
	my $file = "$dir/" . ++$files;
	my $sent = sent();
	my $relation = $table =~ s/[ (].*//r;

	open my $out, '>:raw', $file or die "open: $!";
	print $out $text;
	close $out;
	my $copy = ($before // '') . ";\nCOPY $table FROM '$file' $options;\nSELECT t::text COLLATE \"C\" FROM $relation t ORDER BY 1; TRUNCATE $relation";
	my ($out_d, $err_d) = run('d', $copy);
	my ($out_h, $err_h) = run('h', $copy);

	is($out_d, $out_h, "$name: rows");
	is($err_d, $err_h, "$name: errors");
	is(sent() > $sent ? 1 : 0, $lines, "$name: who reads it");
}

$leader->safe_psql('postgres', 'CREATE SCHEMA d; CREATE SCHEMA h');
both(<<'SQL');
CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN small AS int CHECK (VALUE < 100000);
CREATE TABLE t (k int, a int, b text, d date, at timestamptz, n numeric(8,2), m mood, s small, v varchar(5), twice int GENERATED ALWAYS AS (a * 2) STORED, u text DEFAULT 'u') [distkey = k];
CREATE TABLE e (a int CHECK (a <> 13), b text NOT NULL) [diststyle = even];
CREATE TABLE a (a int, b text) [diststyle = all];
CREATE TABLE i (k int PRIMARY KEY, b text, at timestamp DEFAULT now()) [distkey = k];
CREATE TABLE r (k int, x int ARRAY) [distkey = k];
CREATE TABLE p (k int, b text) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100) [distkey = k];
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200) [distkey = k];
SQL
my $columns = 't (k, a, b, d, at, n, m, s, v)';
my $rows = join '', map { join("\t", $_ % 50 ? $_ : '\N', $_ * 2, "a\\tb\\\\c\\x41 $_" . ($_ % 3 ? '' : "\\\nmore"), '2020-02-' . ($_ % 28 + 1), "2021-01-01 10:00:00+02", "$_.5", $_ % 2 ? 'sad' : 'ok', $_, 'v') . "\n" } 1 .. 5000;

copied('text', 1, $columns, '', $rows);
copied('text with CRLF', 1, 'e', '', "1\ta\r\n2\tb\r\n\\.\r\nnot read\r\n");
copied('text without a last line end', 1, 'e', "(DELIMITER '|', NULL 'none')", "1|none2\n2|b");
copied('settings', 1, $columns, '', "1\t2\tb\t01/02/2020\t01/02/2020 3:00\t1.005\tok\t5\tv\n", "SET datestyle = 'German, DMY'; SET timezone = 'Asia/Tokyo'");
copied('csv', 1, $columns, "(FORMAT csv, HEADER, FORCE_NOT_NULL (b), FORCE_NULL (v), QUOTE '\"', ESCAPE '\\')", "k,a,b,d,at,n,m,s,v\n1,2,\"x\n\\\"y\\\",z\n\",2020-01-01,2020-01-01,3,sad,,\"\"\n2,,,,,,,,\n");
copied('encoding', 1, 'e', "(ENCODING 'latin1')", "1\tgr\xfcn\n2\t\xe9\n");
copied('wrong encoding', 0, 'e', '', "1\tgr\xfcn\n");
copied('text of a CSV with carriage returns', 1, 'e', '(FORMAT csv)', "1,\"a\r\nb\"\r\n2,c\r\n");

# Errors, which name the user's line
copied('wrong value', 1, $columns, '', $rows =~ s/^777\t1554/777\tx/mr);
copied('wrong value on several lines', 1, 'e', '(FORMAT csv, HEADER)', "a,b\n1,\"x\ny\nz\"\n2,\"\n\"\nq,r\n");
my $wrong_key = "x\t2\tb\t2020-01-01\t2020-01-01\t1\tok\t5\tv\n";
my $wide = ("1\t" . 'a' x 1000 . "\n") x 1000;
copied('wrong key', 1, $columns, '', $rows x 3 . $wrong_key);
copied('wrong key before anything is sent', 0, $columns, '', "1\t2\tb\t2020-01-01\t2020-01-01\t1\tok\t5\tv\n$wrong_key");
copied('too long', 1, $columns, '', "1\t2\tb\t2020-01-01\t2020-01-01\t1\tok\t5\tlonger\n");
copied('domain', 1, $columns, '', "1\t2\tb\t2020-01-01\t2020-01-01\t1\tok\t500000\tv\n");
copied('missing data', 1, 'e', '', $wide . "2\n");
copied('extra data', 1, 'e', '', $wide . "2\tb\tc\n");
copied('a constraint', 1, 'e', '', "1\ta\n2\tb\n13\tc\n");
copied('a constraint on the first lines', 1, 'e', '(FORMAT csv)', "13,\"x\ny\"\n2,a\n");
copied('NOT NULL', 1, 'e', '', "1\ta\n2\t\\N\n");
copied('a partition', 1, 'p', '', "1\ta\n150\tb\n500\tc\n");
copied('a unique index', 1, 'i (k, b)', '', "1\ta\n2\tb\n3\tc\n2\td\n", 'ALTER TABLE i ALTER at SET DEFAULT NULL');
copied('rows without columns', 1, 'e (b)', '', "a\nb\n");

# What the leader reads
copied('WHERE', 0, 'e', 'WHERE a > 1', "1\ta\n2\tb\n");
copied('a table on all nodes', 0, 'a', '', "1\ta\n2\tb\n");
copied('no key', 0, 'e (b)', "(FORMAT binary)", "not binary");
copied('arrays', 0, 'r', '', "1\t{1,NULL}\n");
copied('no key among the columns', 0, 't (a)', '', "1\n2\n");
my $sent = sent();
is((run('d', "BEGIN; ALTER TABLE i ALTER at SET DEFAULT now(); COPY i (k) FROM PROGRAM 'seq 10 500'; SELECT count(DISTINCT at), bool_and(at = now()) FROM i; COMMIT"))[0], '1|t', 'defaults of the leader');
is(sent(), $sent, 'are not left to nodes');

# The clock is the leader's; what nodes have read before stays.
PostgreSQL::Test::Utils::append_to_file("$dir/clock", join '', map { "$_\tx\t" . ($_ == 300 ? 'today' : $_ > 400 ? ' Now' : '2020-01-01') . "\n" } 1 .. 450);
is((run('d', "TRUNCATE i; BEGIN; COPY i FROM '$dir/clock'; SELECT count(*), count(*) FILTER (WHERE at = now()), count(*) FILTER (WHERE at = current_date) FROM i; COMMIT"))[0], '450|50|1', 'the clock');

# Triggers are the nodes', also those that change the key
both("CREATE FUNCTION louder() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.b := upper(NEW.b); IF NEW.a = 3 THEN RETURN NULL; END IF; RETURN NEW; END'; CREATE TRIGGER louder BEFORE INSERT ON e FOR EACH ROW EXECUTE FUNCTION louder()");
copied('a trigger', 1, 'e', '', "1\ta\n3\tb\n4\tc\n");
copied('a constraint behind a trigger', 1, 'e', '', "1\ta\n13\tb\n4\tc\n");

is(join('; ', $cluster->left_behind), '', 'nothing is left behind');
$cluster->stop;
done_testing();
