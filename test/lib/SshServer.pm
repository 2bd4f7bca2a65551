# An SSH server on loopback, of the user that runs the test, who alone can log in by one key.
package SshServer;

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use PostgreSQL::Test::Utils;
use PostgreSQL::Test::Cluster;
use Test::More;

# Starts it; type: of the host's key and the user's, ed25519 or rsa.
sub new
{
	my ($class, $type) = @_;
	my $dir = tempdir(CLEANUP => 1);
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my $self = bless { dir => $dir, port => $port, type => $type }, $class;

	system_or_bail('ssh-keygen', '-q', '-t', $type, '-N', '', '-C', 'test', '-f', "$dir/host_key");
	system_or_bail('ssh-keygen', '-q', '-t', $type, '-N', '', '-C', 'test', '-f', "$dir/user_key");
	PostgreSQL::Test::Utils::append_to_file("$dir/authorized_keys", slurp_file("$dir/user_key.pub"));
	PostgreSQL::Test::Utils::append_to_file("$dir/sshd_config", <<"EOT");
ListenAddress 127.0.0.1
Port $port
HostKey $dir/host_key
AuthorizedKeysFile $dir/authorized_keys
PidFile $dir/pid
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
EOT
	system_or_bail('/usr/sbin/sshd', '-f', "$dir/sshd_config", '-E', "$dir/log");
	for (1 .. 100)
	{
		return $self if -s "$dir/pid";
		select(undef, undef, undef, 0.05);
	}
	BAIL_OUT("sshd did not start");
}

sub port { return $_[0]->{port}; }
sub host_key { return slurp_file("$_[0]->{dir}/host_key.pub"); }
sub private_key { return slurp_file("$_[0]->{dir}/user_key"); }
sub user { return scalar getpwuid($<); }

sub stop
{
	my ($self) = @_;
	return if !$self->{port};
	kill 'TERM', slurp_file("$self->{dir}/pid") =~ /(\d+)/;
	$self->{port} = 0;
}

sub DESTROY { $_[0]->stop; }

1;
