package S3Server;

# An S3 on this machine for tests: s3rver, behind a check of signatures by AWS's own signer
# (test/s3/server.js), and a proxy in front of it that makes faults (test/s3/faults.js).
#
#   my $s3 = S3Server->new(page => 3)       files in a page of lists
#   S3Server->new(key => $file, cert => $file)   TLS
#   S3Server->new(http2 => { key => $file, cert => $file })   HTTP/2 by TLS at http2_endpoint, too
#   $s3->endpoint, $s3->faulty_endpoint     for the option endpoint of CREATE SERVER
#   $s3->dynamodb_endpoint                  a DynamoDB (test/s3/dynamodb.js), for dynamodb_endpoint
#   $s3->dynamodb('PutItem', { ... })       an operation there
#   $s3->put('bucket/key', $content), $s3->get('bucket/key'), $s3->remove('bucket/key')
#   $s3->requests                           lines METHOD URL RANGE STATUS since the last call
#   $s3->uploads('bucket')                  uploads that were neither completed nor aborted
#   $s3->faults({ match => '^GET', action => 'cut', bytes => 100, count => 1 })
#   $s3->hits                               how many requests have met a fault since
#   $s3->stop
#
# Its buckets are bucket and other, its keys AKIATEST with 'sEcReT/+key' and AKIATOKEN with
# 'tok/secret' and the token 'abc+/=='.
use strict;
use warnings;
use File::Basename qw(dirname);
use HTTP::Tiny;
use IO::Handle;
use JSON::PP;
use PostgreSQL::Test::Utils;

sub new
{
	my ($class, %options) = @_;
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my $program = dirname(__FILE__) . '/../s3/server.js';
	my %config = (
		directory => "$dir/files",
		buckets => [ 'bucket', 'other' ],
		keys => {
			AKIATEST => { secret => 'sEcReT/+key' },
			AKIATOKEN => { secret => 'tok/secret', token => 'abc+/==' }
		},
		region => 'us-east-1',
		log => "$dir/log",
		admin => 'let me in',
		%options);
	my $self = bless { dir => $dir, read => 0 }, $class;

	$ENV{NODE_PATH} //= ($ENV{TMPDIR} // '/tmp') . '/redshift_ext-npm/node_modules';
	die "no $ENV{NODE_PATH}: see install_test_modules in script/lib.sh" if (!-d "$ENV{NODE_PATH}/s3rver");
	append_to_file("$dir/config", encode_json(\%config));
	append_to_file("$dir/log", '');
	# s3rver encrypts its lists' tokens by DES.
	$self->{pid} = open(my $out, '-|', 'node', '--openssl-legacy-provider', $program, "$dir/config") // die "node: $!";
	while (my $line = <$out>)
	{
		next unless $line =~ /^(\d+) (\d+) (\d+) (\d+)$/;
		@{$self}{qw(port faulty_port dynamodb_port http2_port)} = ($1, $2, $3, $4);
		last;
	}
	die 'the S3 server did not start' if (!$self->{port});
	$self->{out} = $out;
	$self->{scheme} = $config{key} ? 'https' : 'http';	# then put() and the like do not work
	$self->{http} = HTTP::Tiny->new(default_headers => { 'x-test-admin' => $config{admin} });
	return $self;
}

sub endpoint { return "$_[0]{scheme}://127.0.0.1:$_[0]{port}"; }
sub faulty_endpoint { return "http://127.0.0.1:$_[0]{faulty_port}"; }

sub http2_endpoint { return "https://localhost:$_[0]{http2_port}"; }

sub dynamodb_endpoint { return "http://127.0.0.1:$_[0]{dynamodb_port}"; }

sub dynamodb
{
	my ($self, $operation, $request) = @_;
	my $answer = $self->{http}->request('POST', $self->dynamodb_endpoint, {
		headers => { 'x-amz-target' => "DynamoDB_20120810.$operation", 'content-type' => 'application/x-amz-json-1.0' },
		content => encode_json($request) });

	die "$operation: $answer->{status} $answer->{content}" if (!$answer->{success});
	return decode_json($answer->{content});
}

sub ask
{
	my ($self, $method, $path, $content) = @_;
	my $answer = $self->{http}->request($method, $self->endpoint . "/$path", defined $content ? { content => $content } : {});

	die "$method $path: $answer->{status} $answer->{content}" if (!$answer->{success});
	return $answer->{content};
}

sub put { return $_[0]->ask('PUT', $_[1], $_[2]); }
sub get { return $_[0]->ask('GET', $_[1]); }
sub remove { return $_[0]->ask('DELETE', $_[1]); }

sub faults
{
	my ($self, @rules) = @_;

	return $self->ask('PUT', '-/rules', encode_json(\@rules));
}

sub hits { return $_[0]->ask('GET', '-/rules'); }

sub requests
{
	my ($self) = @_;
	my @lines = split(/\n/, slurp_file("$self->{dir}/log"));
	my @new = @lines[$self->{read} .. $#lines];

	$self->{read} = @lines;
	return @new;
}

sub uploads
{
	my ($self, $bucket) = @_;

	return map { s{.*/}{}r } glob("$self->{dir}/files/$bucket/._S3rver_uploads/*");
}

sub stop
{
	my ($self) = @_;

	return unless $self->{pid};
	kill('TERM', $self->{pid});
	close $self->{out};
	delete $self->{pid};
	return;
}

sub DESTROY { local $?; $_[0]->stop; return; }

1;
