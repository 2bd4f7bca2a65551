package TcpProxy;

# A TCP port in front of a server's Unix socket, which does to what passes what a network does.
#
#   my $proxy = TcpProxy->new('/tmp/x/.s.PGSQL.5432');
#   $proxy->port
#   $proxy->order('cut', 'all')          resets connections that are open
#   $proxy->order('half', 'all')         lets no more through to clients, who see the end
#   $proxy->order('stall', 'nodes')      lets nothing through, also of new connections
#   $proxy->order('delay', 'all', 20)    lets everything through so many milliseconds later
#   $proxy->order('limit', 'all', 5000)  resets each connection after so many bytes from its client
#   $proxy->order('refuse', 'all')       resets new connections
#   $proxy->order('go', 'all')           as at first
#   $proxy->stop
#
# The second word is whose connections: of the leader, of nodes (exchanges), or all; but new
# ones are refused and stalled whosever they are.
use strict;
use warnings;
use IO::Handle;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Socket;
use Time::HiRes qw(time);

my $most_held = 256 * 1024;		# bytes that were not taken yet, in each direction

sub new
{
	my ($class, $path) = @_;
	my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64, ReuseAddr => 1) // die "listen: $@";
	my $self = { port => $listener->sockport };

	socketpair(my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!";
	$_->autoflush(1) for ($ours, $theirs);
	$self->{pid} = fork() // die "fork: $!";
	if ($self->{pid} == 0)
	{
		close $ours;
		$SIG{TERM} = 'DEFAULT';
		eval { run($path, $listener, $theirs); };
		POSIX::_exit(0);
	}
	close $theirs;
	$self->{control} = $ours;
	return bless $self, $class;
}

sub port { return $_[0]->{port}; }

# Returns when it is so.
sub order
{
	my ($self, @words) = @_;
	my $control = $self->{control};

	print $control "@words\n";
	defined readline $control or die "proxy is gone";
	return;
}

sub stop
{
	my ($self) = @_;

	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

# A connection is two sockets; each way holds what came and was not given on yet, as pieces
# with the time when they came.
sub run
{
	my ($path, $listener, $control) = @_;
	my (@pairs, %general);

	$SIG{PIPE} = 'IGNORE';
	for (;;)
	{
		my ($reads, $writes) = (IO::Select->new($listener, $control), IO::Select->new);
		my $now = time;

		for my $pair (@pairs)
		{
			next if ($pair->{stall});
			for my $way (@{ $pair->{ways} })
			{
				$reads->add($way->{from}) if (!$way->{ended} && $way->{size} < $most_held);
				$writes->add($way->{to}) if (@{ $way->{held} } && $way->{held}[0][0] + $pair->{delay} / 1000 <= $now);
			}
		}
		my ($readable, $writable) = IO::Select->select($reads, $writes, undef, 0.005);
		my %ready = map { fileno $_ => 1 } @{ $readable // [] };
		my %free = map { fileno $_ => 1 } @{ $writable // [] };

		if ($ready{ fileno $listener })
		{
			my $client = $listener->accept;
			my $server = $general{refuse} ? undef : IO::Socket::UNIX->new(Peer => $path);

			if (defined $server)
			{
				$_->blocking(0) for ($client, $server);
				push @pairs, {
					client => $client, server => $server, kind => 'new', stall => $general{stall} // 0,
					delay => $general{delay} // 0, limit => $general{limit}, ways => [ way($client, $server), way($server, $client) ]
				};
			}
			else
			{
				reset_socket($client);
			}
		}
		for my $pair (@pairs)
		{
			pass($pair, \%ready, \%free) if (!$pair->{stall});
		}
		@pairs = grep { !$_->{closed} } @pairs;
		if ($ready{ fileno $control })
		{
			my $line = readline $control;

			last unless (defined $line);
			obey(\@pairs, \%general, split ' ', $line);
			@pairs = grep { !$_->{closed} } @pairs;
			print $control "done\n";
		}
	}
	return;
}

sub way
{
	my ($from, $to) = @_;

	return { from => $from, to => $to, held => [], size => 0, passed => 0, ended => 0, shut => 0 };
}

sub reset_socket
{
	my ($socket) = @_;

	setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
	close $socket;
	return;
}

sub reset_pair
{
	my ($pair) = @_;

	reset_socket($pair->{client});
	close $pair->{server};
	$pair->{closed} = 1;
	return;
}

sub pass
{
	my ($pair, $ready, $free) = @_;
	my ($up) = @{ $pair->{ways} };

	for my $way (@{ $pair->{ways} })
	{
		if ($ready->{ fileno $way->{from} } && !$way->{ended})
		{
			my $got = sysread $way->{from}, my $piece, 65536;

			if (!defined $got)
			{
				return reset_pair($pair) unless ($!{EAGAIN} || $!{EINTR});
			}
			elsif ($got == 0)
			{
				$way->{ended} = 1;
			}
			else
			{
				# The start-up packet tells who it is.
				$pair->{kind} = $piece =~ /redshift_ext exchange/ ? 'nodes' : 'leader' if ($pair->{kind} eq 'new');
				push @{ $way->{held} }, [ time, $piece ];
				$way->{size} += $got;
			}
		}
		if ($free->{ fileno $way->{to} } && @{ $way->{held} })
		{
			my $given = syswrite $way->{to}, $way->{held}[0][1];

			if (!defined $given)
			{
				return reset_pair($pair) unless ($!{EAGAIN} || $!{EINTR});
				$given = 0;
			}
			$way->{size} -= $given;
			$way->{passed} += $given;
			substr $way->{held}[0][1], 0, $given, '';
			shift @{ $way->{held} } if ($way->{held}[0][1] eq '');
		}
		if ($way->{ended} && !@{ $way->{held} } && !$way->{shut})
		{
			$way->{shut} = 1;
			shutdown $way->{to}, 1;
		}
	}
	return reset_pair($pair) if (defined $pair->{limit} && $up->{passed} > $pair->{limit});
	if ($pair->{ways}[0]{shut} && $pair->{ways}[1]{shut})
	{
		close $pair->{client};
		close $pair->{server};
		$pair->{closed} = 1;
	}
	return;
}

sub obey
{
	my ($pairs, $general, $word, $whose, $value) = @_;

	%$general = () if ($word eq 'go');
	$general->{$word} = $value // 1 if ($word =~ /^(stall|delay|limit|refuse)$/);
	for my $pair (@$pairs)
	{
		next if ($whose ne 'all' && $whose ne $pair->{kind});
		if ($word eq 'cut')
		{
			reset_pair($pair);
		}
		elsif ($word eq 'half')
		{
			shutdown $pair->{client}, 1;
			$pair->{ways}[1]{shut} = $pair->{ways}[1]{ended} = 1;
			$pair->{ways}[1]{held} = [];
		}
		elsif ($word eq 'go')
		{
			@$pair{qw(stall delay limit)} = (0, 0, undef);
		}
		elsif ($word eq 'limit')
		{
			$pair->{limit} = $pair->{ways}[0]{passed} + $value;
		}
		else
		{
			$pair->{$word} = $value // 1;
		}
	}
	return;
}

1;
