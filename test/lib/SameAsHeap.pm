package SameAsHeap;

# Statements that are run in two schemas: d, whose tables are distributed, and h, whose
# tables are heap tables of the leader.  Both must do the same.
#
#   SameAsHeap::begin($leader)              makes the schemas
#   run('d', 'SQL')                         output, errors (SQLSTATE and message)
#   tables('CREATE TABLE ... [distkey = k]')    in both; in h without options
#   same('name', 'SQL', 't', 'u')           output, errors and rows of these tables
use strict;
use warnings;
use Exporter 'import';
use Test::More;

our @EXPORT = qw(run tables same);
our $user;						# who runs statements, if not the superuser
my $leader;

sub begin
{
	($leader) = @_;
	$leader->safe_psql('postgres', 'CREATE SCHEMA d; CREATE SCHEMA h');
}

sub run
{
	my ($schema, $sql) = @_;
	my ($code, $out, $err) = $leader->psql('postgres', "SET search_path = $schema, public; SET default_table_access_method = " .
		($schema eq 'd' ? 'redshift' : 'heap') . "; \\set VERBOSITY verbose\n$sql", on_error_stop => 0,
		extra_params => defined $user ? [ '-U', $user ] : []);

	# Of errors: SQLSTATE and message.
	my @errors = map { s/^psql:<stdin>:\d+: //r } grep { /(ERROR|WARNING): / } split /\n/, $err;
	return ($out, join("\n", @errors));
}

sub tables
{
	my ($sql) = @_;
	for my $schema (qw(d h))
	{
		my $text = $sql =~ s/\[(.*?)\]/$schema eq 'd' ? " WITH ($1)" : ''/ger;
		my ($out, $err) = run($schema, $text);
		is($err, '', "tables in $schema");
	}
}

sub same
{
	my ($name, $sql, @tables) = @_;
	my ($out_d, $err_d) = run('d', $sql);
	my ($out_h, $err_h) = run('h', $sql);

	is($out_d, $out_h, "$name: output");
	is($err_d, $err_h, "$name: errors");
	for my $table (@tables)
	{
		my ($rows_d) = run('d', "SELECT t::text COLLATE \"C\" FROM $table t ORDER BY 1");
		my ($rows_h) = run('h', "SELECT t::text COLLATE \"C\" FROM $table t ORDER BY 1");

		is($rows_d, $rows_h, "$name: $table");
	}
}

1;
