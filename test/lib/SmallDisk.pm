package SmallDisk;

# Directories of a server on file systems of their own that can be full: small ones in memory,
# which a user can mount where the system lets him have name spaces.
#
#   SmallDisk->can_be                              or else there is no such thing here
#   my $disk = SmallDisk->new($server, base => '64m', pg_wal => '64m')   starts the server anew on them
#   $disk->fill('base', 100_000)                   leaves so many bytes free
#   $disk->make_room                               all is free again, and the server runs
use strict;
use warnings;
use PostgreSQL::Test::Utils;

my @apart = qw(unshare --user --map-current-user --mount --keep-caps);

sub can_be
{
	return system("@apart mount -t tmpfs -o size=1m none /mnt >/dev/null 2>&1") == 0;
}

# A process keeps the mounts; the server is started in its name space.
sub new
{
	my ($class, $server, %sizes) = @_;
	my $bin = PostgreSQL::Test::Utils::tempdir();
	my ($real) = grep { -x } map { "$_/pg_ctl" } split /:/, $ENV{PATH};
	my $self = bless { server => $server, bin => $bin, sizes => \%sizes }, $class;
	my $data = $server->data_dir;
	my $script = join '', map { "cp -a $data/$_ $data/$_.away && mount -t tmpfs -o size=$sizes{$_},mode=700 none $data/$_ && cp -a $data/$_.away/. $data/$_ && " } keys %sizes;

	$server->stop;
	pipe(my $from, my $to) or die "pipe: $!";
	$self->{pid} = fork() // die "fork: $!";
	if ($self->{pid} == 0)
	{
		open STDOUT, '>&', $to or die "dup: $!";
		exec @apart, 'sh', '-c', "$script echo ready && exec >/dev/null && exec sleep 3600";
	}
	close $to;
	die "no small disk" unless (defined readline $from);
	PostgreSQL::Test::Utils::append_to_file("$bin/pg_ctl",
		"#!/bin/sh\nulimit -c 0\nexec nsenter --target $self->{pid} --user --mount --preserve-credentials -- '$real' \"\$@\"\n");
	chmod 0755, "$bin/pg_ctl";
	$self->start;
	return $self;
}

sub start
{
	my ($self) = @_;

	local $ENV{PATH} = "$self->{bin}:$ENV{PATH}";
	$self->{server}{_pid} = undef;
	return $self->{server}->start(fail_ok => 1);
}

# As seen from here.
sub directory
{
	my ($self, $which) = @_;

	return "/proc/$self->{pid}/root" . $self->{server}->data_dir . "/$which";
}

sub fill
{
	my ($self, $which, $bytes) = @_;
	my $directory = $self->directory($which);
	my ($blocks, $size) = split ' ', `stat -f -c '%a %S' '$directory'`;

	# The server may take some of it meanwhile.
	open(my $ballast, '>', "$directory/ballast") or die "ballast: $!";
	print $ballast 'x' x $size for (1 .. $blocks - $bytes / $size);
	close $ballast or $!{ENOSPC} or die "ballast: $!";
	return;
}

sub make_room
{
	my ($self) = @_;
	my $until = time + 30;

	unlink map { $self->directory($_) . '/ballast' } keys %{ $self->{sizes} };
	while (time < $until)
	{
		my ($code) = $self->{server}->psql('postgres', 'SELECT 1');

		return if ($code == 0);

		# It may have given up, or be about to.
		$self->start unless (-e $self->{server}->data_dir . '/postmaster.pid');
		select undef, undef, undef, 0.1;
	}
	die "the server does not come back";
}

# The server is lost with it.
sub end
{
	my ($self) = @_;

	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

1;
