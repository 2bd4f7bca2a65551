package RedshiftCluster;

# A leader and compute nodes for tests.
#
#   my $cluster = RedshiftCluster->new('name', 2);
#   RedshiftCluster->new('name', 2, allows_streaming => 1)     options of PostgreSQL::Test::Cluster's init
#   $cluster->leader, $cluster->node(1)     PostgreSQL::Test::Cluster
#   $cluster->nodes                         all compute nodes
#   $cluster->add('name')                   one more of them
#   $cluster->stop
#   $cluster->left_behind                   prepared transactions, sessions, files
#
#   $cluster->allow_faults                  then:
#   RedshiftCluster::arm($server, 'point', 'kill')   the process that comes there first fails so
#   RedshiftCluster::disarm($server, 'point')        true if nobody has come there
#   RedshiftCluster::wait_for_fault($server, 'point', @sessions)   false if these end without it
#   RedshiftCluster::kill_server($server)            kill -9 of the postmaster, and start it anew
#
#   my $session = $cluster->session('SQL')  psql at the leader, in the background
#   my ($out, $err) = $session->finish      what it wrote; errors with SQLSTATE
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use Time::HiRes ();
use PostgreSQL::Test::Utils;

sub start_server
{
	my ($name, %init) = @_;
	my $server = PostgreSQL::Test::Cluster->new($name);

	$server->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ], %init);
	$server->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'redshift_ext'
max_prepared_transactions = 50
fsync = off
autovacuum = off
jit = off
CONF
	$server->start;
	return $server;
}

sub new
{
	my ($class, $name, $count, %init) = @_;
	my $self = { leader => start_server("${name}_leader", %init), nodes => [], init => \%init };

	$self->{leader}->safe_psql('postgres', 'CREATE EXTENSION redshift_ext; CREATE EXTENSION postgres_fdw');
	bless $self, $class;
	$self->add($name) for (1 .. $count);
	return $self;
}

# One more compute node; new() has made the first ones.  While it joins, it is asked for deadlocks,
# as on a slow machine.
sub add
{
	my ($self, $name) = @_;
	my $i = 1 + @{ $self->{nodes} };
	my $node = start_server("${name}_n$i", %{ $self->{init} });
	my ($host, $port) = ($node->host, $node->port);

	push @{ $self->{nodes} }, $node;
	$self->{leader}->safe_psql('postgres', <<"SQL");
CREATE SERVER n$i FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
CREATE USER MAPPING FOR CURRENT_USER SERVER n$i;
SET deadlock_timeout = '10ms';
SELECT redshift.add_node('n$i');
SQL
	return $node;
}

sub leader { return $_[0]->{leader}; }
sub node { return $_[0]->{nodes}[ $_[1] - 1 ]; }
sub nodes { return @{ $_[0]->{nodes} }; }

sub stop
{
	my ($self) = @_;
	$_->stop('fast') for ($self->nodes, $self->leader);
}

# Wait until a query gives a value on a server, and return what it said last.
sub wait_for
{
	my ($server, $query, $wanted) = @_;
	my $until = time + 30;
	my $last;

	do
	{
		# A psql that is not let in may be gone before it is told anything.
		my ($code, $out, $err) = eval { $server->psql('postgres', "SET statement_timeout = '20s'; $query") };

		($code, $out, $err) = (2, '', $@) unless (defined $code);
		$last = $code == 0 ? $out : "$out $err";
		return $last if ($code == 0 && $last eq $wanted);
		Time::HiRes::sleep(0.05);
	} while (time < $until);
	return $last;
}

# What is left on servers though no session of the leader uses nodes (all, if not said which)
# any more, as a list.
sub left_behind
{
	my ($self, @nodes) = @_;
	my @left;
	my $until = time + 10;
	my $files = sub { return map { glob($_->data_dir . '/base/pgsql_tmp/*') } ($self->leader, $self->nodes); };

	@nodes = $self->nodes unless (@nodes);
	for my $node (@nodes)
	{
		my $prepared = wait_for($node, 'SELECT count(*) FROM pg_prepared_xacts', '0');
		my $backends = wait_for($node,
			q{SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'redshift\_ext %'}, '0');

		push @left, $node->name . ": $prepared prepared transactions" if ($prepared ne '0');
		push @left, $node->name . ": $backends sessions" if ($backends ne '0');
	}
	Time::HiRes::sleep(0.05) while ($files->() && time < $until);
	push @left, map { "file $_" } $files->();
	return @left;
}

# Let servers fail at the places that src/core/fault.c tells of.
sub allow_faults
{
	my ($self) = @_;

	for my $server ($self->leader, $self->nodes)
	{
		mkdir $server->data_dir . '/faults' or die "mkdir: $!";
		$server->append_conf('postgresql.conf',
			"restart_after_crash = on\nredshift.fault_directory = 'faults'\nlog_min_messages = warning\n");
		$server->reload;
	}
	return;
}

sub arm
{
	my ($server, $point, $order) = @_;
	my $file = $server->data_dir . "/faults/$point";

	PostgreSQL::Test::Utils::append_to_file("$file.new", "$order\n");
	rename "$file.new", $file or die "rename: $!";
	return;
}

sub disarm
{
	my ($server, $point) = @_;

	return unlink $server->data_dir . "/faults/$point";
}

sub wait_for_fault
{
	my ($server, $point, @sessions) = @_;
	my $until = time + 30;

	while (-e $server->data_dir . "/faults/$point")
	{
		return 0 if (time > $until || (@sessions && !grep { !$_->ended } @sessions));
		Time::HiRes::sleep(0.003);
	}
	return 1;
}

sub kill_server
{
	my ($server) = @_;
	my $until = time + 30;

	$server->kill9;

	# Its processes take a moment to see that the postmaster is gone.
	while (!$server->start(fail_ok => 1) && time < $until)
	{
		$server->{_pid} = undef;
		Time::HiRes::sleep(0.1);
	}
	return;
}

my $sessions = 0;

# By files: a server that is started anew must not inherit the pipes of its client.
sub session
{
	my ($self, $script) = @_;
	my $base = PostgreSQL::Test::Utils::tempdir() . '/session' . $sessions++;
	my $connstr = $self->leader->connstr('postgres');

	PostgreSQL::Test::Utils::append_to_file("$base.sql", "\\set VERBOSITY verbose\n$script");
	my $pid = fork() // die "fork: $!";
	if ($pid == 0)
	{
		open STDOUT, '>', "$base.out";
		open STDERR, '>', "$base.err";
		exec 'psql', '-XAtq', '-d', $connstr, '-f', "$base.sql";
	}
	return bless { base => $base, pid => $pid }, 'RedshiftCluster::Session';
}

package RedshiftCluster::Session;

sub ended
{
	my ($self) = @_;

	$self->{ended} ||= waitpid($self->{pid}, 1) != 0;
	return $self->{ended};
}

sub finish
{
	my ($self) = @_;

	waitpid $self->{pid}, 0 unless ($self->{ended});
	$self->{$_} = PostgreSQL::Test::Utils::slurp_file("$self->{base}.$_") for (qw(out err));
	return ($self->{out}, $self->{err});
}

1;
