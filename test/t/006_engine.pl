# Random queries over random tables: the engine against PostgreSQL's executor.
# Each query runs on redshift tables and on heap tables with the same rows; rows,
# their order where it is defined, and SQLSTATE must agree.
#
#   REDSHIFT_SEED       repeats a run
#   REDSHIFT_QUERIES    how many queries (1500)
#   REDSHIFT_VERBOSE    prints queries that are invalid or slow
#   REDSHIFT_SETTINGS   SQL run before each batch on the redshift side
#   REDSHIFT_NODES      compute nodes over which redshift tables are spread (none)
#
# A difference is printed, and a script that repeats it alone is written.
use strict;
use warnings;
use FindBin;
use POSIX ();
use lib "$FindBin::Bin/../lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use QueryGenerator;
use RedshiftCluster;
use Test::More;
use Time::HiRes qw(time);

my $wanted = $ENV{REDSHIFT_QUERIES} || 1500;
my $seed = $ENV{REDSHIFT_SEED} || int time;
my $batch_size = 30;
my $batches_a_schema = 15;
diag "seed $seed";
srand($seed);
my $start = time;

my $conf = <<'CONF';
shared_preload_libraries = 'redshift_ext'
fsync = off
autovacuum = off
jit = off
log_min_messages = fatal
log_min_error_statement = panic
max_worker_processes = 16
shared_buffers = 256MB
restart_after_crash = on
CONF
my $nodes = $ENV{REDSHIFT_NODES} || 0;
my ($node, $cluster);
if ($nodes)
{
	$cluster = RedshiftCluster->new('engine', $nodes);
	$node = $cluster->leader;
}
else
{
	$node = PostgreSQL::Test::Cluster->new('engine');
	$node->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
	$node->append_conf('postgresql.conf', $conf);
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION redshift_ext');
}
my $has_engine = $node->safe_psql('postgres', q{SELECT count(*) FROM pg_settings WHERE name = 'redshift.enable_vector'});
my $directory = $PostgreSQL::Test::Utils::tmp_check;
my $generator = QueryGenerator->new(distributed => $nodes > 0);

sub write_file
{
	my ($name, @text) = @_;
	open my $file, '>', "$directory/$name" or die "$directory/$name: $!";
	print $file @text;
	close $file;
	return "$directory/$name";
}

# A plain child: IPC::Run would look for its end only now and then.
sub start_psql
{
	my ($script, $output) = @_;
	my $connection = $node->connstr('postgres');
	my $pid = fork;
	die "fork: $!" unless (defined $pid);
	if ($pid == 0)
	{
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', $output;
		open STDERR, '>', "$output.err";
		exec('psql', '-X', '-q', '-A', '-t', '-d', $connection, '-f', $script) or POSIX::_exit(1);
	}
	return $pid;
}

sub run_setup
{
	my ($sql) = @_;
	my $result = IPC::Run::run([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', write_file('setup.sql', "SET client_min_messages = error;\n$sql") ],
		'>', \my $out, '2>', \my $err);
	BAIL_OUT("setup failed: $err") unless ($result);
}

my $common = <<'SQL';
\set VERBOSITY sqlstate
\pset null '<null>'
SET client_min_messages = error;
SET statement_timeout = '2s';
SET extra_float_digits = 1;
SQL

# Of both sides: what decides which rows an expression sees is the same there.
sub batch_settings
{
	my %redshift = (
		work_mem => QueryGenerator::pick('64kB', '4MB', '4MB'),
		enable_hashagg => QueryGenerator::pick('on', 'on', 'off'),
		enable_nestloop => QueryGenerator::pick('on', 'on', 'off'));
	# Dates join timestamps by merging or row by row only.
	my $joins = QueryGenerator::between(0, 9);
	$redshift{enable_hashjoin} = 'off' if ($joins < 3);
	$redshift{enable_mergejoin} = 'off' if ($joins == 3);
	$redshift{enable_sort} = 'off' if ($joins == 4 || $joins == 5);
	if (QueryGenerator::chance(0.35))
	{
		%redshift = (%redshift, max_parallel_workers_per_gather => 2, parallel_setup_cost => 0, parallel_tuple_cost => 0,
			min_parallel_table_scan_size => 0, min_parallel_index_scan_size => 0, force_parallel_mode => QueryGenerator::pick('off', 'off', 'on'));
	}
	else { $redshift{max_parallel_workers_per_gather} = 0 }
	$redshift{'redshift.enable_scan'} = 'off' if (QueryGenerator::chance(0.1));
	$redshift{'redshift.vector_rows'} = QueryGenerator::pick(1, 7, 300) if (QueryGenerator::chance(0.25));
	# So that small tables, too, are worth exchanges.
	if ($nodes && QueryGenerator::chance(0.6))
	{
		$redshift{'redshift.stage_cost'} = QueryGenerator::pick(0, 0, 20);
		$redshift{'redshift.byte_cost'} = QueryGenerator::pick('0.0001', '0.01', '1');
	}
	$redshift{'redshift.node_filters'} = QueryGenerator::pick('on', 'always') if ($nodes);
	my $vector = QueryGenerator::chance(0.9) ? 'on' : 'off';
	$redshift{'redshift.enable_vector'} = $vector if ($has_engine);
	my $zone = QueryGenerator::pick('UTC', 'America/New_York', 'Asia/Kolkata');
	my $sql = $common . "SET timezone = '$zone';\n";
	return ($sql . "SET search_path = h, public;\nSET max_parallel_workers_per_gather = 0;\n"
		  . ($has_engine ? "SET redshift.enable_vector = off;\n" : ''),
		$sql . "SET search_path = r, public;\nSET default_table_access_method = redshift;\n"
		  . join('', map { "SET $_ = '$redshift{$_}';\n" } sort keys %redshift)
		  . ($ENV{REDSHIFT_SETTINGS} ? "$ENV{REDSHIFT_SETTINGS};\n" : ''));
}

sub query_script
{
	my ($query, $number) = @_;
	return join('', map { "$_;\n\\echo #S :SQLSTATE\n" } @{ $query->{sql} }) . "ROLLBACK;\nRESET plan_cache_mode;\n\\echo #Q $number\n";
}

# What psql printed, by query: the rows and the first SQLSTATE that is an error.
sub read_results
{
	my ($path) = @_;
	open my $file, '<', $path or die "$path: $!";
	my @results;
	my ($state, $rows) = ('00000', []);
	while (my $line = <$file>)
	{
		if ($line =~ /^#S (\S+)/) { $state = $1 if ($state eq '00000') }
		elsif ($line =~ /^#Q (\d+)/)
		{
			$results[$1] = { state => $state, rows => $rows };
			($state, $rows) = ('00000', []);
		}
		else { chomp $line; push @$rows, $line }
	}
	return \@results;
}

# Rows in an order that small differences of floating-point sums don't change
sub in_order
{
	my ($approx, @rows) = @_;
	return sort @rows unless (%$approx);
	my %key;
	for my $row (@rows)
	{
		my @fields = split /\|/, $row, -1;
		for my $position (grep { $_ <= $#fields } keys %$approx)
		{
			push @fields, $fields[$position];
			$fields[$position] = '';
		}
		$key{$row} = join('|', @fields);
	}
	return sort { $key{$a} cmp $key{$b} } @rows;
}

# Equal, but for the last digits of floating-point sums
sub same_row
{
	my ($left, $right, $approx) = @_;
	return 0 unless (defined $left && defined $right);
	return 1 if ($left eq $right);
	my ($lefts, $rights) = map { [ split /\|/, $_, -1 ] } $left, $right;
	return 0 if (@$lefts != @$rights);
	for my $position (0 .. $#$lefts)
	{
		my ($x, $y) = ($lefts->[$position], $rights->[$position]);
		next if ($x eq $y);
		my $number = qr/^-?[0-9.]+(e[-+]?\d+)?$/;
		return 0 unless ($approx->{$position} && $x =~ $number && $y =~ $number);
		return 0 if (abs($x - $y) > 1e-7 && abs($x - $y) > 1e-9 * abs($x));
	}
	return 1;
}

# Which rows an expression is computed for is the plan's business.  Where one side met
# a failing row and the other did not, PostgreSQL's executor decides, on the same tables
# and with the same settings: it is no difference if that ends as the engine did.
sub is_of_plan
{
	my ($heap, $redshift, $settings, $script) = @_;
	return 0 unless ($heap && $redshift && join(' ', sort map { substr $_->{state}, 0, 2 } $heap, $redshift) eq '00 22');
	waitpid start_psql(write_file('again.sql', $settings, "SET redshift.enable_vector = off;\n", $script), "$directory/again.out"), 0;
	my ($again) = grep { defined } @{ read_results("$directory/again.out") };
	return $again && substr($again->{state}, 0, 2) eq substr($redshift->{state}, 0, 2);
}

# The first difference, or undef
sub difference
{
	my ($query, $heap, $redshift) = @_;
	return 'no answer: the server died or the session ended' unless ($heap && $redshift);
	my ($expected, $got) = ($heap->{state}, $redshift->{state});
	if ($expected ne '00000' || $got ne '00000')
	{
		return undef if ($expected eq $got);
		# Any of several failing rows may come first; 0A000 is PostgreSQL's for NaN as an integer.
		return undef if ($expected =~ /^(22|0A000)/ && $got =~ /^(22|0A000)/);
		return "SQLSTATE: heap $expected, redshift $got";
	}
	my @expected = @{ $heap->{rows} };
	my @got = @{ $redshift->{rows} };
	if (join(' ', @{ $query->{sql} }) =~ /\b(UNION|EXCEPT|INTERSECT|DISTINCT|GROUP BY)\b/)
	{
		# Of values of type bpchar that are equal but for blanks at their end any may be the one that is shown.
		s/ +(?=\||$)//g for @expected, @got;
	}
	return undef if (join("\n", @expected) eq join("\n", @got));
	if (!$query->{ordered})
	{
		@expected = in_order($query->{approx}, @expected);
		@got = in_order($query->{approx}, @got);
	}
	return undef if (join("\n", @expected) eq join("\n", @got));
	my $text = 'rows: heap ' . @expected . ', redshift ' . @got;
	for my $row (0 .. ($#expected > $#got ? $#expected : $#got))
	{
		next if (same_row($expected[$row], $got[$row], $query->{approx}));
		my ($left, $right) = map { defined $_ ? $_ : '(none)' } $expected[$row], $got[$row];
		return "$text\nrow $row, heap:     $left\nrow $row, redshift: $right";
	}
	return undef;
}

my ($done, $bad, $of_plan, $skipped, $empty, $history) = (0, 0, 0, 0, 0, '');
my %states;
for (my $batch = 0; $done < $wanted; $batch++)
{
	if ($batch % $batches_a_schema == 0)
	{
		$history = $generator->schema;
		run_setup($history);
	}
	else
	{
		my $change = "SET search_path = h, public;\n" . $generator->change;
		run_setup($change);
		$history .= $change;
	}
	my $batch_start = time;
	my ($heap_settings, $redshift_settings) = batch_settings();
	my @queries = map { $generator->query } 1 .. $batch_size;
	my @scripts = map { query_script($queries[$_], $_) } 0 .. $#queries;
	my @runs = map { start_psql(write_file("$_->[0].sql", $_->[1], @scripts), "$directory/$_->[0].out") }
	  [ 'heap', $heap_settings ], [ 'redshift', $redshift_settings ];
	waitpid $_, 0 for (@runs);
	diag sprintf('batch %d: %.1f s', $batch, time - $batch_start) if ($ENV{REDSHIFT_VERBOSE});
	my ($heap, $redshift) = map { read_results("$directory/$_.out") } 'heap', 'redshift';
	my $lost = 0;
	for my $number (0 .. $#queries)
	{
		last if ($lost);
		my ($query, $left, $right) = ($queries[$number], $heap->[$number], $redshift->[$number]);
		# A dead server takes the other side's session with it.
		next if (!$left && $right && @$redshift < @queries);
		$done++;
		$states{ $left->{state} }++ if ($left);
		my $alone = sub {
			return write_file("$_[0]_${seed}_$done.sql", $history,
				"\n-- heap\n$heap_settings$scripts[$number]\n-- redshift\n$redshift_settings$scripts[$number]");
		};
		if ($ENV{REDSHIFT_VERBOSE} && $left && $right && "$left->{state} $right->{state}" =~ /\b(42|0A|XX|57)/)
		{
			diag $alone->('query') . " heap $left->{state}, redshift $right->{state}: " . join('; ', @{ $query->{sql} });
		}
		$empty++ if ($left && !@{ $left->{rows} });
		if (grep { $_ && $_->{state} eq '57014' } $left, $right)
		{
			$skipped++;
			next;
		}
		my $difference = difference($query, $left, $right);
		next unless (defined $difference);
		if (is_of_plan($left, $right, $redshift_settings, $scripts[$number]))
		{
			$of_plan++;
			next;
		}
		$lost = !$left || !$right;
		$bad++;
		diag "query $done, seed $seed, " . $alone->('difference') . "\n" . join(";\n", @{ $query->{sql} }) . "\n$difference";
		if ($lost)
		{
			$node->poll_query_until('postgres', 'SELECT true') or last;
		}
	}
	last if ($bad > 50);
}
my $seconds = time - $start;
diag sprintf("%d queries in %.0f s, %d without rows, %d over time, %d with an error by plan, SQLSTATEs: %s", $done, $seconds, $empty, $skipped, $of_plan,
	join(', ', map { "$_ x $states{$_}" } sort keys %states));
is($bad, 0, 'heap and redshift agree');
cmp_ok($of_plan, '<', 0.005 * $done + 1, 'few errors depend on the plan');

# The test must test: few queries may be wrong in themselves, slow, or empty.
my $senseless = 0;
$senseless += $states{$_} for (grep { /^(42|0A|XX)/ } keys %states);
cmp_ok($senseless, '<', 0.02 * $done + 1, 'queries are valid');
cmp_ok($skipped, '<', ($nodes ? 0.06 : 0.03) * $done + 1, 'queries finish');
cmp_ok($empty, '<', 0.4 * $done + 1, 'queries have answers');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_class c, LATERAL redshift.verify(c.oid) WHERE c.relam = (SELECT oid FROM pg_am WHERE amname = 'redshift') AND c.relkind = 'r'}),
	'0', 'verify() is clean');
$cluster ? $cluster->stop : $node->stop;
done_testing();
