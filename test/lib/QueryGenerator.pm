# Random schemas and random queries over them, for differential tests.
#
# Every query's answer is one that PostgreSQL defines: where equal values can
# look different (numeric 1.0 and 1.00, float 0 and -0) and any of them may be
# the representative of a group, it asks for a normal form; LIMIT comes with a
# total order; expressions that can fail stand only where PostgreSQL evaluates
# them for every row, or behind a guard.  All randomness is Perl's, so
# that srand() repeats a run.
package QueryGenerator;
use strict;
use warnings;

sub pick { return $_[ rand @_ ] }
sub chance { return rand() < $_[0] }
sub between { my ($low, $high) = @_; return $low + int(rand($high - $low + 1)) }

# How many of a list, in a random order
sub some
{
	my ($n, @list) = @_;
	my @taken;
	push @taken, splice(@list, rand @list, 1) while (@list && $n-- > 0);
	return @taken;
}

# A type: SQL name, kind (what operators it has), value made of a small integer,
# extreme values, a normal form where equal values can look different, encodings.
my @ints = qw(raw az64 bytedict delta lzo runlength zstd);
my @texts = qw(raw bytedict lzo runlength text255 text32k zstd);
my $letters = q{(ARRAY['apple','Banane','éclair','',' x','y  ','ÄPFEL','straße','日本','a%%b_c','K','k'])[1 + abs(%1$s) %% 12] || %1$s};
my %types = (
	i2 => [ 'smallint', 'int', '(%1$s)::smallint', [ '-32768', '32767', '0', '-1' ], undef, \@ints ],
	i4 => [ 'int', 'int', '(%1$s)::int', [ '-2147483648', '2147483647', '0', '-1' ], undef, [ @ints, qw(mostly8 mostly16 delta32k) ] ],
	i8 => [ 'bigint', 'int', '(%1$s)::bigint', [ '-9223372036854775808', '9223372036854775807', '0', '-1' ], undef, [ @ints, qw(mostly8 mostly32) ] ],
	n2 => [ 'numeric(12,2)', 'num', '((%1$s)::numeric / 4)::numeric(12,2)', [ '-9999999999.99', '9999999999.99', '0', 'NaN' ], undef, [ @ints, 'mostly32' ] ],
	n10 => [ 'numeric(30,10)', 'num', '((%1$s) * 1234567.0123456789)::numeric(30,10)', [ '-99999999999999999999.9999999999', '99999999999999999999.9999999999', '0.0000000001', '0' ], undef, \@ints ],
	nn => [ 'numeric', 'num', 'round((%1$s)::numeric / 8, abs(%1$s) %% 5)', [ 'NaN', 'Infinity', '-Infinity', '0.000', '123456789012345678901234567890123456789.5', '0.000000000000000000001' ], 'trim_scale(%s)', [qw(raw az64 lzo zstd bytedict)] ],
	nx => [ 'numeric', 'num', 'round((%1$s)::numeric %% 7 * 10 ^ (abs(%1$s) %% 3 * 19)::numeric, (ARRAY[0, 2, 30, 39, 45, 70])[1 + abs(%1$s) %% 6])',
		[ '0.00000000000000000000000000000000000001', '99999999999999999999999999999999999999', '170141183460469231731687303715884105727', '1e45', '-1e38', '1e-50' ], 'trim_scale(%s)', [qw(raw az64 lzo zstd bytedict)] ],
	n38 => [ 'numeric(38,0)', 'num', '((%1$s) %% 90 * 1e36)::numeric(38,0)', [ '99999999999999999999999999999999999999', '-99999999999999999999999999999999999999', '5', '0' ], undef, \@ints ],
	f4 => [ 'real', 'flt', '((%1$s) %% 256)::real / 16::real', [ 'NaN', 'Infinity', '-Infinity', '0', '-0', '3.4e38', '1e-38' ], '(%s + 0)', [qw(raw bytedict runlength zstd)] ],
	f8 => [ 'double precision', 'flt', '(%1$s)::float8 / 64', [ 'NaN', 'Infinity', '-Infinity', '0', '-0', '1.7e308', '1e-307' ], '(%s + 0)', [qw(raw bytedict runlength zstd)] ],
	d => [ 'date', 'date', q{(date '2020-01-01' + (%1$s)::int %% 3000)}, [ 'infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '2000-01-01' ], undef, \@ints ],
	ts => [ 'timestamp', 'ts', q{(timestamp '2020-01-01' + (%1$s) * interval '6 hours')}, [ 'infinity', '-infinity', '4713-01-01 BC', '294276-12-31 23:59:59.999999', '2000-01-01' ], undef, \@ints ],
	tz => [ 'timestamptz', 'tstz', q{(timestamptz '2020-01-01 00:00+00' + (%1$s) * interval '6 hours')}, [ 'infinity', '-infinity', '4713-01-01 BC', '294276-12-31 23:59:59.999999+00', '2021-03-14 02:30:00' ], undef, [qw(raw az64 bytedict lzo runlength zstd)] ],
	t => [ 'time', 'time', q{(time '00:00' + (%1$s) * interval '7 minutes')}, [ '24:00', '00:00', '23:59:59.999999' ], undef, [qw(raw az64 lzo zstd)] ],
	iv => [ 'interval', 'iv', 'make_interval(days => abs(%1$s) %% 28, mins => abs(%1$s) %% 1400)', ['0', '178000000 years', '-178000000 years' ], undef, [qw(raw lzo zstd)] ],
	b => [ 'boolean', 'bool', '((%1$s) %% 3 = 0)', ['t'], undef, [qw(raw runlength zstd)] ],
	xc => [ 'text COLLATE "C"', 'text', "($letters)", [ '', ' ', 'ÿ', 'trailing   ' ], undef, \@texts ],
	xd => [ 'text', 'text', '(\'k\' || %1$s)', [ '', ' ', 'É', 'K1' ], undef, \@texts ],
	xi => [ 'text COLLATE "en-x-icu"', 'text', "($letters)", [ '', 'É', 'e', 'E' ], undef, \@texts ],
	xl => [ 'text', 'text', q{(CASE WHEN abs(%1$s) %% 20 = 0 THEN repeat(md5((%1$s)::text), 90) ELSE 'k' || %1$s END)}, [ '', 'k' ], undef, \@texts ],
	vc => [ 'varchar(20)', 'text', '(\'k\' || %1$s)::varchar(20)', [ '', 'k 5 ', 'Ωmega' ], undef, \@texts ],
	ch => [ 'char(8)', 'char', '(\'k\' || %1$s)::char(8)', [ '', 'k', 'é' ], undef, [qw(raw bytedict lzo runlength zstd)] ],
	bp => [ 'bpchar', 'char', 'rpad(\'k\' || (%1$s), length(\'k\' || (%1$s)) + abs(%1$s) %% 3)::bpchar', [ '', ' ', 'k1   ', 'é ' ], 'rtrim(%s)', [qw(raw bytedict lzo runlength zstd)] ],
	u => [ 'uuid', 'uuid', 'md5((%1$s)::text)::uuid', ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff' ], undef, [qw(raw lzo zstd)] ],
	y => [ 'bytea', 'bytea', q{decode(md5((%1$s)::text), 'hex')}, [ '', '\\x00', '\\xff00' ], undef, [qw(raw lzo zstd)] ],
	j => [ 'jsonb', 'json', q{jsonb_build_object('a', %1$s, 'b', 'x' || (%1$s) %% 3)}, [ 'null', '{}', '[1, "a"]' ], undef, [qw(raw zstd)] ],
	a => [ 'int[]', 'arr', 'ARRAY[%1$s, (%1$s) %% 7, NULL]', [ '{}', '{NULL}', '{1}' ], undef, [qw(raw zstd)] ]);

my %family = (int => 'number', num => 'number', flt => 'number', date => 'moment', ts => 'moment', tstz => 'moment',
	text => 'text', char => 'text');
my %sortable = map { $_ => 1 } qw(i2 i4 i8 n2 n10 f8 d ts tz xc xd vc ch b);
my @operators = ('=', '<', '<=', '>', '>=', '<>');

# How the integer behind a value is drawn: SQL in g (the row's number), the
# number of distinct values, and how Perl draws one for a literal.
my %styles = (
	skew => [ 'floor(power(random(), 3) * 60)::int', 12, sub { int(rand()**3 * 60) } ],
	mod => [ '(g % 97)', 97, sub { int rand 97 } ],
	wide => [ 'floor((random() - 0.5) * 19000)::int', 9000, sub { int((rand() - 0.5) * 19000) } ],
	unique => [ '(ROWS - g)', 1e9, sub { int rand 9999 } ],
	rising => [ 'g', 1e9, sub { int rand 9999 } ],
	few => [ 'floor(random() * 3)::int', 3, sub { int rand 4 } ],
	same => [ '5', 1, sub { pick(5, 5, 6) } ],
	runs => [ '(g / 64)', 100, sub { int rand 200 } ]);

sub new
{
	my ($class, %options) = @_;
	return bless { tables => [], number => 0, %options }, $class;
}

sub tables { my ($self) = @_; return @{ $self->{tables} } }

# A table, not often one with 0 or 1 rows
sub table
{
	my ($self) = @_;
	return pick(map { ($_) x ($_->{rows} < 2 ? 1 : $_->{rows} < 100 ? 5 : 12) } @{ $self->{tables} });
}

sub new_column
{
	my ($self, $name, $type, $style) = @_;
	my ($sql, $kind, $value, $extremes, $normal, $encodings) = @{ $types{$type} };
	my $column = { name => $name, type => $type, sql => $sql, kind => $kind, style => $style, normal => $normal,
		encodings => $encodings, distinct => $styles{$style}[1], extreme => chance(0.25),
		nulls => pick(0, 0, 0.1, 0.1, 0.1, chance(0.2) ? 1 : 0) };
	my $most = { f4 => 250, b => 2, iv => 1000, d => 3000, t => 200 }->{$type};
	$column->{distinct} = $most if ($most && $column->{distinct} > $most);
	$column->{distinct} = 3 if ($column->{nulls} == 1);
	$column->{collation} = $sql =~ /COLLATE (\S+)/ ? $1 : 'default' if ($kind eq 'text' || $kind eq 'char');
	return $column;
}

sub value_of { my ($column, $of) = @_; return sprintf($types{ $column->{type} }[2], $of) }

sub extreme_of
{
	my ($column) = @_;
	my $value = pick(@{ $types{ $column->{type} }[3] });
	(my $sql = $column->{sql}) =~ s/ COLLATE.*//;
	return "'$value'::$sql";
}

# A new schema: the SQL that makes it, in the schemas h (heap) and r (redshift).
sub schema
{
	my ($self) = @_;
	my $sql = "DROP SCHEMA IF EXISTS h, r CASCADE; CREATE SCHEMA h; CREATE SCHEMA r;\n"
	  . sprintf("SELECT setseed(%.6f);\n", rand());
	my @sizes = (some(between(2, 3), 0, 1, 50, 50), 3000, chance(0.8) ? 20000 : 3000);
	$self->{tables} = [];
	for my $n (0 .. $#sizes)
	{
		my @columns = ($self->new_column('k', pick(qw(i2 i4 i8 n2)), pick(qw(skew mod runs rising))),
			$self->new_column('s', pick(qw(xc xd vc ch)), pick(qw(skew mod few wide))));
		push @columns, $self->new_column($_, $_, pick(sort keys %styles)) for (sort { $a cmp $b } some(between(8, 15), sort keys %types));
		push @columns, $self->new_column('m', pick(qw(i4 n2 xd d f8)), pick(qw(mod wide runs)));
		my $table = { name => "t$n", rows => $sizes[$n], columns => \@columns };
		unshift @columns, { name => 'id', type => 'i4', sql => 'int', kind => 'int', style => 'rising', nulls => 0,
			encodings => $types{i4}[5], distinct => 1e9, extreme => 0 };
		push @{ $self->{tables} }, $table;
		$sql .= $self->table_sql($table);
	}
	return $sql . $self->partitioned_sql . $self->view_sql;
}

# The rows of a table, in partitions
sub partitioned_sql
{
	my ($self) = @_;
	my $of = pick(grep { $_->{rows} >= 50 } @{ $self->{tables} });
	return '' unless ($of && chance(0.7));
	my ($low, $high) = map { int($of->{rows} * $_) } 0.3, 0.7;
	push @{ $self->{tables} }, { %$of, name => 'parts' };
	my $sql = '';
	my $distribution = $self->{distributed} ? $self->distribution_sql(@{ $of->{columns} }) : '';
	my $access = $distribution eq 'heap' ? ' USING heap' : ' USING redshift' . ($distribution ? " WITH ($distribution)" : '');
	for my $schema ('h', 'r')
	{
		my $using = $schema eq 'r' ? $access : '';
		$sql .= "CREATE TABLE $schema.parts (LIKE h.$of->{name}) PARTITION BY RANGE (id);\n"
		  . "CREATE TABLE $schema.parts1 PARTITION OF $schema.parts FOR VALUES FROM (MINVALUE) TO ($low)$using;\n"
		  . "CREATE TABLE $schema.parts2 PARTITION OF $schema.parts FOR VALUES FROM ($low) TO ($high)$using;\n"
		  . "CREATE TABLE $schema.parts3 PARTITION OF $schema.parts DEFAULT$using;\n"
		  . "INSERT INTO $schema.parts SELECT * FROM $schema.$of->{name};\nANALYZE $schema.parts;\n";
	}
	return $sql;
}

# A view that lets nothing see rows before its own condition has
sub view_sql
{
	my ($self) = @_;
	my $of = pick(@{ $self->{tables} });
	return '' unless (chance(0.7));
	push @{ $self->{tables} }, { %$of, name => 'seen', view => 1 };
	my $cut = between(2, 9);
	return join('', map { "CREATE VIEW $_.seen WITH (security_barrier) AS SELECT * FROM $_.$of->{name} WHERE id % $cut <> 1;\n" } 'h', 'r');
}

# Where a table's rows are in a cluster: columns that statements here change are no keys;
# a heap table is the leader's own
sub distribution_sql
{
	my ($self, @columns) = @_;
	my $key = pick(grep { $_->{name} !~ /^(k|m|s)$/ && $_->{type} ne 'j' } @columns);
	return pick('heap', 'diststyle = even', 'diststyle = all', ("distkey = $key->{name}") x 3, ('distkey = id') x 2);
}

sub table_sql
{
	my ($self, $table) = @_;
	my ($name, $rows) = @{$table}{qw(name rows)};
	my @late = chance(0.6) ? ($table->{columns}[-1]) : ();
	my @early = @late ? @{ $table->{columns} }[ 0 .. $#{ $table->{columns} } - 1 ] : @{ $table->{columns} };
	my @gone = chance(0.6) ? ($self->new_column('gone', pick(sort keys %types), 'mod')) : ();
	my $position = between(0, scalar @early);
	my @created = (@early[ 0 .. $position - 1 ], @gone, @early[ $position .. $#early ]);

	my @keys = map { $_->{name} } some(between(0, 3), grep { $sortable{ $_->{type} } && $_->{nulls} < 1 } @early);
	my @encodings = map { "$_->{name} " . pick(@{ $_->{encodings} }) } some(between(0, 6), @early);
	my @options;
	push @options, "sortkey = '" . join(', ', @keys) . "'" if (@keys);
	push @options, 'sortstyle = interleaved' if (@keys && chance(0.25));
	push @options, "encode = '" . join(', ', @encodings) . "'" if (@encodings);
	push @options, $self->distribution_sql(@early) if ($self->{distributed});
	my $list = join(', ', map { "$_->{name} $_->{sql}" } @created);
	my $leaders = grep { $_ eq 'heap' } @options;
	@options = () if ($leaders);
	my $sql = "CREATE TABLE h.$name ($list);\nCREATE TABLE r.$name ($list) USING " . ($leaders ? 'heap' : 'redshift')
	  . (@options ? ' WITH (' . join(', ', @options) . ')' : '') . ";\n";
	my $both = sub { my ($stmt) = @_; return join('', map { ($stmt =~ s/\@/$_.$name/r) . ";\n" } 'h', 'r') };

	my @cuts = (0, int($rows * pick(0.3, 0.6, 0.95)), int($rows * 0.99), $rows);
	for my $part (0 .. 2)
	{
		$sql .= $self->fill_sql($name, $cuts[$part] + 1, $cuts[ $part + 1 ], $rows, @created) if ($cuts[$part] < $cuts[ $part + 1 ]);
		if ($part == 0 && @late)
		{
			my $default = chance(0.7) ? ' DEFAULT ' . value_of($late[0], 7) : '';
			$sql .= $both->("ALTER TABLE \@ ADD COLUMN $late[0]{name} $late[0]{sql}$default");
			push @created, @late;
		}
		if ($part == 1 && @gone)
		{
			$sql .= $both->('ALTER TABLE @ DROP COLUMN gone');
			@created = grep { $_->{name} ne 'gone' } @created;
		}
		$sql .= $both->('DELETE FROM @ WHERE id % ' . between(5, 40) . ' = 3') if (chance(0.4));
		$sql .= $both->('UPDATE @ SET k = k WHERE id % ' . between(5, 40) . ' = 2') if (chance(0.4));
		$sql .= "VACUUM r.$name;\n" if (chance(0.2));
	}
	$sql .= $both->('CREATE INDEX ON @ (id)') if (chance(0.3));
	$sql .= $both->('ALTER TABLE @ ALTER id SET NOT NULL') if (chance(0.5));
	$sql .= $both->('ANALYZE @') if (chance(0.8));
	return $sql;
}

sub fill_sql
{
	my ($self, $name, $low, $high, $rows, @columns) = @_;
	my (@inner, @outer);
	for my $column (@columns)
	{
		if ($column->{name} eq 'id') { push @outer, 'g'; next }
		my $value = value_of($column, "v_$column->{name}");
		push @inner, ($styles{ $column->{style} }[0] =~ s/ROWS/$rows/r) . " AS v_$column->{name}";
		if ($column->{extreme})
		{
			my @extremes = map { s/'/''/gr } @{ $types{ $column->{type} }[3] };
			(my $type = $column->{sql}) =~ s/ COLLATE.*//;
			my $array = $column->{kind} eq 'arr'
			  ? "(CASE WHEN random() < 0.5 THEN '{}' ELSE '{1}' END)::int[]"
			  : '(ARRAY[' . join(', ', map { "'$_'" } @extremes) . "]::${type}[])[1 + floor(random() * " . @extremes . ')::int]';
			$value = "CASE WHEN random() < 0.1 THEN $array ELSE $value END";
		}
		$value = "CASE WHEN random() < $column->{nulls} THEN NULL ELSE $value END" if ($column->{nulls});
		push @outer, $value;
	}
	my $names = join(', ', map { $_->{name} } @columns);
	return "CREATE TEMP TABLE fill AS SELECT * FROM h.$name LIMIT 0;\n"
	  . "INSERT INTO fill ($names) SELECT " . join(', ', @outer)
	  . ' FROM (SELECT g' . join('', map { ", $_" } @inner) . " FROM generate_series($low, $high) g OFFSET 0) s;\n"
	  . join('', map { "INSERT INTO $_.$name SELECT * FROM fill;\n" } 'h', 'r') . "DROP TABLE fill;\n";
}

# A change made to both schemas between batches; %s is the schema's name.
sub change
{
	my ($self) = @_;
	my $table = pick(grep { !$_->{view} } $self->tables);
	my $scope = [ { alias => 'x', table => $table } ];
	$self->begin(0);
	my $where = 'x.id % ' . between(6, 30) . " = 1 AND (" . $self->predicate($scope, 1) . ')';
	my $sql = chance(0.5) ? "DELETE FROM \@.$table->{name} x WHERE $where"
	  : "UPDATE \@.$table->{name} x SET m = NULL, s = s WHERE $where";
	my ($heap, $redshift) = map { $sql =~ s/\@\./$_./r } 'h', 'r';

	# A condition that fails on heap changes neither.
	return "DO \$change\$ BEGIN BEGIN $heap; EXCEPTION WHEN OTHERS THEN RETURN; END; $redshift; END \$change\$;\n" . (chance(0.15) ? "VACUUM r.$table->{name};\n" : '');
}

# State of the query under construction
sub begin
{
	my ($self, $prepared) = @_;
	$self->{prepared} = $prepared;
	$self->{parameters} = [];
	$self->{risky} = 0;
	$self->{approx} = {};
	$self->{alias} = 0;
}

sub constant
{
	my ($self, $sql, $type) = @_;
	return $sql if (!$self->{prepared} || @{ $self->{parameters} } >= 20 || chance(0.3));
	$type =~ s/ COLLATE.*//;
	push @{ $self->{parameters} }, [ $type, $sql ];
	return '$' . @{ $self->{parameters} };
}

# A constant comparable with a column, sometimes of a related type
sub literal
{
	my ($self, $column) = @_;
	my $kind = $column->{kind};
	return 'NULL' if (chance(0.02));
	return $self->constant(extreme_of($column), $column->{sql}) if (chance($column->{extreme} ? 0.15 : 0.03));
	my $like = $column;
	my $family = $family{$kind} || '';
	if ($family ne '' && $family ne 'text' && chance(0.3))
	{
		my $type = pick(grep { ($family{ $types{$_}[1] } || '') eq $family } sort keys %types);
		$like = { type => $type, sql => $types{$type}[0] };
	}
	return $self->constant(value_of($like, $styles{ $column->{style} }[2]->()), $like->{sql});
}

sub columns_of
{
	my ($scope, @kinds) = @_;
	my %wanted = map { $_ => 1 } @kinds;
	return map { my $alias = $_->{alias};
		map { { %$_, ref => "$alias.$_->{name}" } } grep { !@kinds || $wanted{ $_->{kind} } } @{ $_->{table}{columns} } } @$scope;
}

sub column { my ($scope, @kinds) = @_; return pick(columns_of($scope, @kinds)) }

# Text of one collation, whatever it is made of
sub collated { my ($sql) = @_; return "($sql) COLLATE " . pick('"C"', '"en-x-icu"') }

# Two texts of whatever collations, made comparable
sub alike { my ($collation, @sql) = (pick('"C"', '"en-x-icu"'), @_); return map { "($_) COLLATE $collation" } @sql }

sub predicate
{
	my ($self, $scope, $depth) = @_;
	if ($depth > 0 && chance(0.6))
	{
		my @parts = map { $self->predicate($scope, $depth - 1) } 1 .. pick(2, 2, 3);
		return pick('(' . join(' AND ', @parts) . ')', '(' . join(' OR ', @parts) . ')', '(' . join(' OR ', @parts) . ')',
			"NOT ($parts[0])", "CASE WHEN $parts[0] THEN $parts[1] ELSE " . pick('NULL', 'true', $parts[-1]) . ' END',
			"($parts[0]) IS " . pick('NOT TRUE', 'TRUE', 'UNKNOWN', 'NOT FALSE'), "COALESCE($parts[0], $parts[1])");
	}
	my $column = column($scope);
	my ($ref, $kind) = @{$column}{qw(ref kind)};
	my $family = $family{$kind} || $kind;
	my $operator = pick(@operators);
	my $what = between(0, 13);
	return "$ref IS " . pick('', 'NOT ') . 'NULL' if ($what == 0);
	return pick($ref, "NOT $ref", "$ref IS NOT TRUE", "$ref IS FALSE", "$ref = " . pick('true', 'false')) if ($kind eq 'bool' && $what < 9);
	return pick("$ref ->> 'a' = '5'", "($ref -> 'a')::text < '3'", "$ref \@> '{\"b\": \"x1\"}'", "$ref ? 'a'") if ($kind eq 'json' && $what < 8);
	return pick("$ref \@> ARRAY[" . between(0, 6) . ']', "$ref\[2] = 3", between(0, 60) . " = ANY ($ref)", "cardinality($ref) = 3") if ($kind eq 'arr' && $what < 8);
	if ($what == 13 && ($kind eq 'int' || $family eq 'text'))
	{
		my $list = $kind eq 'int' ? pick("'{1,5,NULL}'", "'{3}'", "'{}'", "'{0,7,9,12,60,-1,2000}'") : pick("'{k1,k5}'", "'{k,NULL}'", "'{\"\",\"k2 \",K}'");
		my $array = $self->constant("$list\::" . ($kind eq 'int' ? 'int[]' : 'text[]'), $kind eq 'int' ? 'int[]' : 'text[]');
		return "$ref " . pick('= ANY', '= ANY', '<> ALL', '< ANY') . " ($array)" if ($kind eq 'int' || $column->{collation} eq 'default');
	}
	return "$ref " . pick('', 'NOT ') . 'LIKE ' . $self->constant(pick(q{'%a%'}, q{'_\\\\377%'}, q{'%b_'}, q{'__'}), 'bytea') if ($kind eq 'bytea' && $what < 5);
	if ($family eq 'text' && $what < 5)
	{
		my $pattern = pick(q{'k%'}, q{'K1%'}, q{'%1'}, q{'k_'}, q{'%5%'}, q{''}, q{'%É%'}, q{'a\%b%'}, q{'ÄP%'}, q{'k1%2'}, q{'%'}, q{'y  %'}, q{'_'}, q{'%k%1%'}, q{'_1%'}, q{'k1_%'}, q{'%_É'}, q{'%_%'}, q{'%1_'}, q{'_\__%'}, q{'__'});
		return "$ref " . pick('', 'NOT ') . pick('LIKE', 'LIKE', 'ILIKE') . ' ' . $self->constant($pattern, 'text');
	}
	if ($what == 1 || $what == 2)
	{
		return "$ref " . pick('', '', 'NOT ') . 'BETWEEN ' . $self->literal($column) . ' AND ' . $self->literal($column);
	}
	if ($what == 3)
	{
		my @list = map { $self->literal($column) } 1 .. pick(1, 3, 5, 12, 12, 30);
		return "$ref " . pick('', '', 'NOT ') . 'IN (' . join(', ', @list) . ')';
	}
	return "$ref IS " . pick('', 'NOT ') . 'DISTINCT FROM ' . $self->literal($column) if ($what == 4);
	if ($what == 5 || $what == 6)
	{
		my @others = grep { ($family{ $_->{kind} } || $_->{kind}) eq $family && $_->{ref} ne $ref } columns_of($scope);
		if (@others)
		{
			my $other = pick(@others);
			my $right = $family eq 'text' ? collated($other->{ref}) : $other->{ref};
			return pick("$ref $operator $right", "$ref $operator $right", "$ref IS DISTINCT FROM $right");
		}
	}
	if ($what == 7)
	{
		my $second = column($scope, qw(int date));
		return "($ref, $second->{ref}) " . pick('<', '>=', '=', '<>') . ' (' . $self->literal($column) . ', ' . $self->literal($second) . ')' if ($kind ne 'json');
	}
	if ($what >= 8 && $what <= 10)
	{
		my $class = pick(qw(int num text bool date flt));
		my ($left, $right) = map { $self->expression($scope, $class, 1) } 1 .. 2;
		($left, $right) = alike($left, $right) if ($class eq 'text');
		return "$left $operator $right";
	}
	return $self->literal($column) . " $operator $ref" if ($what == 11);
	return "$ref $operator " . $self->literal($column);
}

# An expression of a kind; never fails on any row unless $self->{may_fail}.
sub expression
{
	my ($self, $scope, $kind, $depth) = @_;
	my @own = columns_of($scope, $kind eq 'text' ? ('text', 'char') : $kind);
	my $part = sub { return $self->expression($scope, $kind, $depth - 1) };
	my @tame = grep { !$_->{extreme} } @own;
	my @moments = grep { !$_->{extreme} } columns_of($scope, qw(date ts tstz));
	my $leaf = sub {
		my ($column) = @_;
		return $column->{ref} if ($kind ne 'text');
		return $column->{collation} eq 'default' && $column->{kind} ne 'char' && chance(0.5) ? $column->{ref} : collated($column->{ref});
	};
	if ($depth > 0 && @own && chance(0.25))
	{
		my ($first, $second) = ($part->(), $part->());
		($first, $second) = alike($first, $second) if ($kind eq 'text');
		my $result = pick("COALESCE($first, $second)", "NULLIF($first, $second)",
			'CASE WHEN ' . $self->predicate($scope, 0) . " THEN $first ELSE $second END", "CASE WHEN " . $self->predicate($scope, 0) . " THEN $first END",
			"GREATEST($first, $second)", "LEAST($first, $second)");
		return $result;
	}
	if ($kind eq 'int')
	{
		my $c = @tame ? pick(@tame)->{ref} : between(1, 9);
		my $number = $self->constant(pick(1, 2, 3, 7, 10, 100), 'int');
		if ($self->{may_fail} && @own && chance(0.5))
		{
			my ($x, $y) = map { pick(@own)->{ref} } 1 .. 2;
			$self->{risky}++;
			return pick("($x / $y)", "($x % $y)", "($x * $y)", "($x + $y)", "($x - $y)", "(-$x)", "abs($x)", "($x)::smallint", "($x * 1000000)", "(100 / $x)");
		}
		my @t = columns_of($scope, 'text');
		my $divisor = @own ? pick(@own)->{ref} : 3;
		return pick("CASE WHEN $divisor <> 0 THEN $c / $divisor END", "($c / NULLIF($divisor, 0))", "($c + $number)", "($c - $number)", "($c * $number)", "($c / $number)", "($c % $number)", "($c & 6)", "($c | 1)", "($number - $c)",
			"$c", "$c", "abs($c)", "(-$c)", "(~$c)", "($c # 5)", "($c << 2)", "($c >> 1)", "sign($c)::int", @t ? 'starts_with(' . pick(@t)->{ref} . ", 'k1')::int" : (), @t ? 'length(' . pick(@t)->{ref} . ')' : (), @t ? 'position(' . pick(q{'1'}, q{'k'}) . ' IN ' . pick(@t)->{ref} . ')' : (),
			@t ? 'octet_length(' . pick(@t)->{ref} . ')' : (), @moments ? pick('extract(' . pick(qw(year month day dow isodow doy quarter week isoyear decade century)) . ' FROM ' . pick(@moments)->{ref} . ')::int', "date_part('" . pick(qw(year hour minute month)) . "', " . pick(@moments)->{ref} . ')::int') : (),
			@own ? pick(@own)->{ref} : ());
	}
	if ($kind eq 'num')
	{
		my @numbers = columns_of($scope, 'num', 'int');
		my $column = @numbers ? pick(@numbers) : undef;
		my $c = $column ? "$column->{ref}::numeric" : '1.5';
		if ($self->{may_fail} && @numbers && chance(0.4))
		{
			$self->{risky}++;
			return pick("($c / " . pick(@numbers)->{ref} . ')', "$c\::int", "$c\::bigint", "$c\::numeric(8,2)", "ln($c)", "sqrt($c)", "($c % " . pick(@numbers)->{ref} . ')');
		}
		my $number = $self->constant(pick('1.5', '0.07', '3', '-2.250', '100'), 'numeric');
		my $d = @numbers ? pick(@numbers)->{ref} : '2';
		return pick("($c + $number)", "($c * $number)", "($c / 4)", "($c * (1 - $d))", "($c + $d)", "($c * $d)", "round($c, 1)", "trunc($c)", "abs($c)", "floor($c)", "ceil($c)", "(-$c)", "sign($c)", "ceil($c)", "trunc($c, 1)", "round($c, 5)", "($c / NULLIF($d, 0))", "round(100.0 * $c / NULLIF($d, 0), 2)", "($c / 7.25)", "($c % NULLIF($d, 0))", "$c", @own ? pick(@own)->{ref} : $c);
	}
	if ($kind eq 'flt')
	{
		my $c = @tame ? pick(@tame)->{ref} : '0.5::float8';
		if ($self->{may_fail} && @own && chance(0.4))
		{
			my ($x, $y) = map { pick(@own)->{ref} } 1 .. 2;
			$self->{risky}++;
			return pick("($x / $y)", "($x * $y)", "$x\::int", "$x\::real", "$x\::numeric(12,2)", "exp($x)", "sqrt($x)", "($x + $y)", "$x\::bigint");
		}
		return pick("($c + 1)", "($c * 2.5::float8)", "($c / 3)", "abs($c)", "(-$c)", "floor($c)", "ceil($c)", "trunc($c)", "sign($c)", "round($c)", "$c", "$c", "(" . (@tame ? pick(@tame)->{ref} : 1) . " + $c)", @own ? pick(@own)->{ref} : $c);
	}
	if ($kind eq 'text')
	{
		return q{'none'::text} if (!@own);
		my $c = $leaf->(pick(@own));
		my $n = $self->constant(between(1, 4), 'int');
		my $p = $self->constant(between(-2, 3), 'int');
		my @any = columns_of($scope, qw(int num date ts uuid bool text char));
		return pick("substring($c, $n, 2)", "substring($c FROM $p)", "upper($c)", "lower($c)", "($c || 'é')", "trim($c)", "ltrim($c, 'k')", "rtrim($c, '1 ')",
			"left($c, $p)", "right($c, $p)", "replace($c, 'k', '-')", "$c", "$c", "reverse($c)", "lpad($c, 5, '*')", "split_part($c, '1', 1)", "repeat($c, 2)", "initcap($c)",
			"concat($c, " . pick(@any)->{ref} . "::text)", collated("$c || " . pick(@own)->{ref}), collated(pick(@any)->{ref} . '::text'),
			"translate($c, 'kK1', 'xy')", "btrim($c, 'k1 ')", "($c)::varchar(3)", "($c)::char(6)::text", "replace($c, '1', '')", "substr($c, $p, 3)", "md5($c)", "strpos($c, '1')::text");
	}
	if ($kind eq 'bool')
	{
		return '(' . $self->predicate($scope, $depth > 0 ? $depth - 1 : 0) . ')';
	}
	if ($kind eq 'date' || $kind eq 'ts' || $kind eq 'tstz')
	{
		my $zero = $kind eq 'date' ? "date '2020-02-29'" : $kind eq 'ts' ? "timestamp '2020-02-29 12:00'" : "timestamptz '2020-02-29 12:00'";
		my $c = @moments ? pick(@moments)->{ref} : $zero;
		my $type = { date => 'date', ts => 'timestamp', tstz => 'timestamptz' }->{$kind};
		if ($self->{may_fail} && @own && chance(0.3))
		{
			my $x = pick(@own)->{ref};
			$self->{risky}++;
			return pick("($x + interval '1 year')", "$x\::timestamp", "$x\::timestamptz", "($x - interval '3000 years')", "$x\::date");
		}
		my $own = @own ? pick(@own)->{ref} : $zero;
		return pick("$c\::$type", "($c + interval '1 month')::$type", "date_trunc('" . pick(qw(month year week quarter day hour decade century minute)) . "', $c)::$type", "($c - interval '1 month 1 day')::$type", "($c - interval '10 days 3 hours')::$type", "date_trunc('" . pick(qw(year week day hour)) . "', $c\::timestamptz, " . pick("'Asia/Tokyo'", "'EST'", "'America/St_Johns'") . ")::$type",
			"($c\::timestamp AT TIME ZONE 'Europe/Paris')::$type", "($c\::timestamptz AT TIME ZONE 'utc')::$type", $own, $own, "($c\::date + 5)::$type");
	}
	if ($kind eq 'iv')
	{
		return @moments ? pick('(', "date_trunc('" . pick(qw(month day hour minute)) . "', ") . pick(@moments)->{ref} . q{::timestamp - timestamp '2021-01-01')} : q{interval '1 day'};
	}
	return @own ? pick(@own)->{ref} : 'NULL';
}

# A column for output, in the form that every equal value has
sub normal
{
	my ($column) = @_;
	my $ref = $column->{ref};
	$ref = sprintf($column->{normal}, $ref) if ($column->{normal});
	return $ref;
}

# FROM with 1 to 4 tables; the estimate of the joins' rows stays small.
sub from
{
	my ($self, $count, $no_outer) = @_;
	my $first = $self->table;
	my $scope = [ { alias => 'a' . ++$self->{alias}, table => $first } ];
	my $sql = "$first->{name} $scope->[0]{alias}";
	my $rows = $first->{rows};
	my $product = $rows;
	for (2 .. $count)
	{
		my $table = $self->table;
		my $new = { alias => 'a' . ++$self->{alias}, table => $table };
		my $type = $no_outer ? 'JOIN' : pick('JOIN', 'JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', $product * $table->{rows} < 200000 ? 'CROSS JOIN' : 'JOIN');
		$product *= $table->{rows};
		my ($condition, $estimate) = $self->join_condition($scope, $new, $rows);
		# Without an equality
		($condition, $estimate) = ($condition =~ s/ = /' ' . pick('<', '<=', '>', '>=', '<>') . ' '/er, $rows * $table->{rows})
		  if ($type ne 'FULL JOIN' && $product < 200000 && chance(0.3));
		my $wide = [ @$scope, $new ];
		$condition .= ' AND ' . $self->predicate($wide, 0) if (chance(0.25) && $type ne 'FULL JOIN');
		$sql .= $type eq 'CROSS JOIN' ? " CROSS JOIN $table->{name} $new->{alias}" : " $type $table->{name} $new->{alias} ON $condition";
		$rows = $type eq 'CROSS JOIN' ? $rows * $table->{rows} : $estimate;
		$rows += $table->{rows} if ($type =~ /RIGHT|FULL/);
		$rows += $first->{rows} if ($type =~ /LEFT|FULL/);
		$scope = $wide;
	}
	return ($sql, $scope, $rows);
}

sub join_condition
{
	my ($self, $scope, $new, $rows) = @_;
	for (1 .. 12)
	{
		my ($estimate, @keys) = ($rows * $new->{table}{rows});
		for (1 .. pick(1, 1, 1, 1, 2, 3))
		{
			my $left = column($scope, qw(int int int num flt date ts tstz text char uuid bool bytea));
			my @right = grep { ($family{ $_->{kind} } || $_->{kind}) eq ($family{ $left->{kind} } || $left->{kind}) } columns_of([$new]);
			next if (!@right);
			my $right = pick(@right);
			my $distinct = $left->{distinct} < $right->{distinct} ? $left->{distinct} : $right->{distinct};
			$distinct = 0.4 * $rows if ($distinct > $rows && $left->{distinct} < 1e9);
			$distinct /= 4 if ($left->{extreme} || $right->{extreme});
			$estimate /= $distinct > 1 ? $distinct : 1;
			push @keys, $family{ $left->{kind} } && $family{ $left->{kind} } eq 'text' ? collated($left->{ref}) . " = $right->{ref}" : "$left->{ref} = $right->{ref}";
		}
		return (join(' AND ', @keys), $estimate < 1 ? 1 : $estimate) if (@keys && $estimate < 30000);
	}
	return (pick(@$scope)->{alias} . ".id = $new->{alias}.id", $rows);
}

# WHERE, with subqueries now and then
sub where
{
	my ($self, $scope, $rows, $depth) = @_;
	my @parts;
	push @parts, $self->predicate($scope, between(0, 2)) if (chance(0.65));
	push @parts, $self->subquery_predicate($scope, $rows) if ($depth && chance(0.3));
	return @parts ? ' WHERE ' . join(chance(0.85) ? ' AND ' : ' OR ', @parts) : '';
}

sub subquery_predicate
{
	my ($self, $scope, $rows) = @_;
	my @small = grep { $_->{rows} * $rows < 400000 } $self->tables;
	my $kind = between(0, 8);
	my $table = $kind < 2 || !@small ? pick($self->tables) : pick(@small);
	my $inner = [ { alias => 'a' . ++$self->{alias}, table => $table } ];
	my $from = "FROM $table->{name} $inner->[0]{alias}";
	my $left = column($scope, qw(int int num text date ts uuid));
	my @right = grep { ($family{ $_->{kind} } || $_->{kind}) eq ($family{ $left->{kind} } || $left->{kind}) } columns_of($inner);
	my $right = @right ? pick(@right) : undef;
	my $where = chance(0.6) ? $self->predicate($inner, 1) : 'true';
	my $same = $right ? ($right->{collation} ? collated($right->{ref}) : $right->{ref}) : undef;
	my $tested = $left->{collation} ? collated($left->{ref}) : $left->{ref};
	if ($kind == 0 || !@small)
	{
		return "$scope->[0]{alias}.id IN (SELECT $inner->[0]{alias}.id $from WHERE $where)" if (!$right);
		return "$tested IN (SELECT $same $from WHERE $where)";
	}
	my $correlation = $right ? "$left->{ref} = $same" : "$scope->[0]{alias}.id = $inner->[0]{alias}.id";
	return pick('', 'NOT ') . "EXISTS (SELECT 1 $from WHERE $correlation AND ($where)" . (chance(0.3) ? ' AND (' . $self->predicate([ @$scope, @$inner ], 0) . ')' : '') . ')' if ($kind == 1);
	return pick('', 'NOT ') . "EXISTS (SELECT 1 $from WHERE " . $self->predicate([ @$scope, @$inner ], 1) . ')' if ($kind == 2);
	return "$tested NOT IN (SELECT $same $from WHERE $where)" if ($kind == 3 && $right);
	my $number = column($inner, 'int');
	my $mine = column($scope, 'int');
	return $self->correlated_predicate($scope, $inner, $from, $correlation, $where) if ($kind >= 6);
	return "$mine->{ref} " . pick('<', '>=', '=', '<>') . ' (SELECT ' . pick(qw(min max avg sum count)) . "($number->{ref}) $from WHERE $correlation)" if ($kind == 4);
	return "$mine->{ref} " . pick('<', '>', '=') . ' ' . pick('ALL', 'ANY') . " (SELECT $number->{ref} $from WHERE $where)";
}

# Subqueries correlated by one or two columns, in expressions that decide on NULL
sub correlated_predicate
{
	my ($self, $scope, $inner, $from, $correlation, $where) = @_;
	my ($outer, $mine) = ($scope->[0]{alias}, column($scope, 'int')->{ref});
	$correlation .= " AND $outer.k = $inner->[0]{alias}.k" if (chance(0.4));
	my $condition = chance(0.7) ? "$correlation AND $where" : $correlation;
	my $scalar = '(SELECT ' . $self->scalar_result($inner) . " $from WHERE $condition)";
	my $what = between(0, 6);
	return "COALESCE($scalar, " . between(-3, 9) . ') ' . pick(@operators) . " $mine" if ($what == 0);
	return "$scalar IS " . pick('', 'NOT ') . 'NULL' if ($what == 1);
	return "($scalar > " . between(-3, 50) . ' OR ' . $self->predicate($scope, 0) . ')' if ($what == 2);
	return "$scalar " . pick(@operators) . ' ' . pick($mine, between(0, 40)) if ($what == 3);
	return "NOT ($mine > $scalar)" if ($what == 4);
	return "$outer.id " . pick('', 'NOT ') . "IN (SELECT $inner->[0]{alias}.id $from WHERE $condition)" if ($what == 5);
	return "$outer.k " . pick('', 'NOT ') . "IN (SELECT $inner->[0]{alias}.k $from WHERE $condition)";
}

sub scalar_result
{
	my ($self, $inner) = @_;
	my ($x, $y) = map { column($inner, 'int')->{ref} } 1 .. 2;
	return pick('count(*)', "count($x)", "max($x)", "min($x)::numeric + max($y)", "sum($x)", "COALESCE(sum($x), -1)", "count($x)::numeric - COALESCE(min($y), 7)", "sum($x) IS NULL")
	  =~ s/^sum.* IS NULL$/CASE WHEN sum($x) IS NULL THEN 4 END/r;
}

sub aggregate
{
	my ($self, $scope, $position) = @_;
	my $column = column($scope);
	my ($kind, $x) = ($column->{kind}, $column->{ref});
	my $normal = normal($column);
	my $tie = join(', ', map { "$_->{alias}.id" } @$scope);
	my @choices = ('count(*)', "count($x)", "count(DISTINCT $x)");
	if ($kind eq 'int')
	{
		push @choices, map { "$_($x)" } qw(sum sum avg min max stddev_samp stddev_pop var_samp var_pop bit_and bit_or bit_xor);
		push @choices, "sum(DISTINCT $x)", "avg(DISTINCT $x)", "percentile_disc(0.5) WITHIN GROUP (ORDER BY $x)", "mode() WITHIN GROUP (ORDER BY $x)";
		push @choices, 'sum(' . $self->expression($scope, 'int', 1) . ')', 'min(' . $self->expression($scope, 'int', 1) . ')';
		my $other = column($scope, 'int')->{ref};
		push @choices, "rank(" . between(0, 99) . ") WITHIN GROUP (ORDER BY $x)", "cume_dist(" . between(0, 99) . ") WITHIN GROUP (ORDER BY $x DESC NULLS LAST)",
		  "regr_count($x, $other)", "md5(jsonb_agg($x ORDER BY $x, $tie)::text)", "count(DISTINCT ($x, $other))", "bit_xor(DISTINCT $x)", "max(ARRAY[$x, $other])";
	}
	elsif ($kind eq 'num')
	{
		push @choices, "sum($x)", "avg($x)", "min($normal)", "max($normal)", "stddev_samp($x)", "var_pop($x)", "sum(DISTINCT $normal)",
		  "percentile_disc(0.25) WITHIN GROUP (ORDER BY $normal)";
		push @choices, 'sum(' . $self->expression($scope, 'num', 1) . ')', 'avg(' . $self->expression($scope, 'num', 1) . ')';
	}
	elsif ($kind eq 'flt')
	{
		push @choices, "min($normal)", "max($normal)", "mode() WITHIN GROUP (ORDER BY $normal)", "percentile_disc(0.75) WITHIN GROUP (ORDER BY $normal)";
		if (!$column->{extreme})
		{
			my $choice = pick("sum($x)", "avg($x)", "stddev_samp($x)", "var_pop($x)", "percentile_cont(0.3) WITHIN GROUP (ORDER BY $x)",
				"sum($x / 3)", "sum($x * 1.1)", "avg($x + 0.1)", "covar_pop($x, $x)");
			$self->{approx}{$position} = 1;
			return $choice . $self->filter($scope);
		}
	}
	elsif ($kind eq 'text' || $kind eq 'char')
	{
		push @choices, "min($normal)", "max($normal)", "md5(string_agg($normal, ',' ORDER BY $normal, $tie))", "mode() WITHIN GROUP (ORDER BY $normal)", "max(upper($x))", "min(length($x))";
	}
	elsif ($kind =~ /^(date|ts|tstz|time)$/) { push @choices, "min($x)", "max($x)", "percentile_disc(0.5) WITHIN GROUP (ORDER BY $x DESC)" }
	elsif ($kind eq 'iv') { push @choices, "min($x)", "max($x)", $column->{extreme} ? () : ("sum($x)", "avg($x)") }
	elsif ($kind eq 'bool') { push @choices, map { "$_($x)" } qw(bool_and bool_or every) }
	elsif ($kind eq 'arr') { push @choices, "min($x)", "max($x)" }
	elsif ($kind eq 'bytea') { push @choices, "md5(string_agg($x, '\\x2c' ORDER BY $x, $tie))" }
	push @choices, "md5(array_agg(DISTINCT $normal)::text)", "md5(array_agg(DISTINCT $normal ORDER BY $normal DESC)::text)" if ($kind ne 'json');
	push @choices, "md5(array_agg($normal ORDER BY $normal" . pick('', ' DESC NULLS LAST') . ", $tie)::text)" if ($kind ne 'json');
	push @choices, 'bool_or(' . $self->predicate($scope, 1) . ')', 'count(*)';
	my $choice = pick(@choices);
	return $choice =~ /^(md5|\()/ ? $choice : $choice . $self->filter($scope);
}

sub filter
{
	my ($self, $scope) = @_;
	return chance(0.2) ? ' FILTER (WHERE ' . $self->predicate($scope, 1) . ')' : '';
}

sub group_key
{
	my ($self, $scope) = @_;
	return pick($self->expression($scope, 'int', 1), 'upper(' . $self->expression($scope, 'text', 0) . ')', $self->expression($scope, 'bool', 1), $self->expression($scope, 'date', 1),
		$self->expression($scope, 'ts', 0)) if (chance(0.25));
	return normal(column($scope, qw(int int num flt text char date ts tstz time bool uuid bytea json arr iv)));
}

sub order_by
{
	my ($self, @what) = @_;
	return ' ORDER BY ' . join(', ', map { $_ . pick('', ' DESC', '', ' NULLS FIRST', ' DESC NULLS LAST') } @what);
}

sub limit { return pick('', '', ' LIMIT ' . between(0, 50), ' LIMIT ' . between(1, 300) . ' OFFSET ' . between(0, 40), ' OFFSET ' . between(0, 30)) }

sub ids { my ($scope) = @_; return map { "$_->{alias}.id" } @$scope }

# SELECT of columns and expressions
sub plain
{
	my ($self) = @_;
	my $count = pick(1, 1, 1, 2, 2, 3, 4);
	my ($from, $scope, $rows) = $self->from($count);
	my $ordered = chance(0.4);
	$self->{may_fail} = !$ordered && chance(0.4);
	my @output;
	for (1 .. between(1, 5))
	{
		push @output, chance(0.5) ? $self->expression($scope, pick(qw(int num flt text bool date ts tstz)), 2) : column($scope)->{ref};
	}
	$self->{may_fail} = 0;
	my $where;
	if ($count == 1 && chance(0.1))
	{
		my $divisor = column($scope, 'int');
		$where = " WHERE $divisor->{ref} <> 0 AND 1000 / $divisor->{ref} > " . between(-5, 50);
	}
	else { $where = $self->where($scope, $rows, 1) }
	my @ids = ids($scope);
	my $distinct = '';
	if (chance(0.1))
	{
		@output = map { normal(column($scope)) } 1 .. between(1, 3);
		$ordered = 0;
		$distinct = 'DISTINCT ';
	}
	elsif ($ordered) { push @output, @ids }
	my $position = 0;
	my $list = join(', ', map { "$_ AS c" . ++$position } @output);
	my $sql = "SELECT $distinct$list FROM $from$where";
	$sql .= $self->order_by((map { normal($_) } grep { $_->{kind} ne 'json' } column($scope), chance(0.4) ? column($scope) : ()), @ids) . limit() if ($ordered);
	return ($sql, $ordered, scalar @output);
}

sub grouped
{
	my ($self) = @_;
	my ($from, $scope, $rows) = $self->from(pick(1, 1, 1, 2, 2, 3, 4));
	my %seen;
	my @keys = grep { !$seen{$_}++ } map { $self->group_key($scope) } 1 .. pick(0, 1, 1, 1, 2, 2, 3, 4);
	my $where = $self->where($scope, $rows, 1);
	$self->{may_fail} = chance(0.2);
	my @output = map { chance(0.85) ? $_ : () } @keys;
	my $base = @output;
	push @output, $self->aggregate($scope, $base++) for (1 .. between(1, 5));
	$self->{may_fail} = 0;
	my ($group, $ordered) = ('', 0);
	if (@keys && chance(0.2))
	{
		my @sets = map { '(' . join(', ', some(between(0, scalar @keys), @keys)) . ')' } 1 .. between(1, 3);
		my $list = join(', ', @keys);
		$group = ' GROUP BY ' . pick("ROLLUP ($list)", "CUBE ($list)", 'GROUPING SETS (' . join(', ', @sets, "($list)") . ')');
		push @output, 'grouping(' . join(', ', @keys) . ')';
	}
	elsif (@keys)
	{
		$group = ' GROUP BY ' . join(', ', @keys);
		$ordered = chance(0.35);
	}
	$group .= ' HAVING ' . pick('count(*) > ' . between(0, 30), 'max(' . column($scope, 'int')->{ref} . ') > ' . between(0, 100), 'bool_or(' . $self->predicate($scope, 0) . ')') if (chance(0.2));
	my $position = 0;
	my $sql = 'SELECT ' . join(', ', map { "$_ AS c" . ++$position } @output) . " FROM $from$where$group";
	$sql .= $self->order_by((chance(0.3) ? 'count(*)' : ()), @keys) . limit() if ($ordered);
	return ($sql, $ordered, scalar @output);
}

sub set_operation
{
	my ($self) = @_;
	my @classes = map { pick(qw(int num text bool date ts)) } 1 .. between(1, 3);
	my @operations = map { pick('UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'INTERSECT ALL', 'EXCEPT ALL') } 1 .. between(1, 2);
	my $sql = '';
	for my $branch (0 .. @operations)
	{
		my ($from, $scope, $rows) = $self->from(pick(1, 1, 2));
		my @output = map { $_ eq 'num' ? 'trim_scale(' . $self->expression($scope, $_, 0) . ')'
			: $_ eq 'text' ? '(' . $self->expression($scope, $_, 0) . ') COLLATE "C"' : $self->expression($scope, $_, 0) } @classes;
		my $position = 0;
		$sql .= ' ' . $operations[ $branch - 1 ] . ' ' if ($branch);
		$sql .= '(SELECT ' . join(', ', map { "$_ AS c" . ++$position } @output) . " FROM $from" . $self->where($scope, $rows, 0) . ')';
	}
	my $ordered = chance(0.4);
	$sql .= $self->order_by(some(scalar @classes, 1 .. @classes)) . limit() if ($ordered);
	return ($sql, $ordered, scalar @classes);
}

sub windowed
{
	my ($self) = @_;
	my ($from, $scope, $rows) = $self->from(pick(1, 1, 2));
	my @output = ids($scope);
	my $order = join(', ', ids($scope));
	my ($first) = ids($scope);
	for (1 .. between(1, 4))
	{
		my $partition = chance(0.6) ? 'PARTITION BY ' . join(', ', map { $self->group_key($scope) } 1 .. between(1, 2)) . ' ' : '';
		my $sorted = normal(column($scope, qw(int text date ts num flt)));
		my $window = $partition . "ORDER BY $sorted" . pick('', ' DESC', ' NULLS FIRST') . ", $order";
		my $value = column($scope, qw(int num text date bool));
		my $number = column($scope, 'int', 'num');
		my $frame = $self->frame;
		my $flag = chance(0.3) ? ' FILTER (WHERE ' . column($scope, 'int')->{ref} . ' > ' . between(-5, 20) . ')' : '';
		my $range = column($scope, qw(int num date));
		my $offset = $range->{type} eq 'date' ? "interval '" . between(0, 400) . " days'" : $range->{kind} eq 'date' ? "interval '" . between(0, 5000) . " hours'" : between(0, 30);
		if ($self->has_offsets($range) && chance(0.2))
		{
			push @output, pick('count(*)', "sum($number->{ref})", 'min(' . normal($number) . ')', "avg($number->{ref})") . "$flag OVER (${partition}ORDER BY $range->{ref}" . pick('', ' DESC', ' NULLS FIRST') .
			  " RANGE BETWEEN $offset PRECEDING AND " . pick('CURRENT ROW', "$offset FOLLOWING", 'UNBOUNDED FOLLOWING') . pick('', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE GROUP', ' EXCLUDE TIES') . ')';
			next;
		}
		push @output, pick("row_number() OVER ($window)", "rank() OVER (${partition}ORDER BY $sorted)", "dense_rank() OVER (${partition}ORDER BY $sorted)",
			"lag($value->{ref}, " . between(1, 3) . ") OVER ($window)", "lead($value->{ref}) OVER ($window)", "first_value($value->{ref}) OVER ($window)",
			"last_value($value->{ref}) OVER ($window$frame)", "sum($number->{ref})$flag OVER ($window$frame)", "count($value->{ref})$flag OVER ($window$frame)",
			"avg($number->{ref})$flag OVER ($window$frame)", "min(" . normal($number) . ")$flag OVER ($window$frame)", ($value->{kind} eq 'bool' ? 'bool_or(' : 'max(') . normal($value) . ")$flag OVER ($window$frame)", "ntile(4) OVER ($window)",
			"stddev($number->{ref})$flag OVER ($window$frame)", "count(*)$flag OVER ($window$frame)", "array_agg(" . normal($value) . ")$flag OVER ($window" . $self->frame(3) . ")",
			"lag(" . normal($value) . ", (abs($first) % 5)::int) OVER ($window)", "nth_value($value->{ref}, " . between(1, 4) . ") OVER ($window ROWS BETWEEN " . between(0, 6) . " PRECEDING AND CURRENT ROW)", "sum($number->{ref}) OVER ($partition)",
			"percent_rank() OVER (${partition}ORDER BY $sorted)", "nth_value($value->{ref}, 2) OVER ($window)", "cume_dist() OVER (${partition}ORDER BY $sorted)");
	}
	my $position = 0;
	my $sql = 'SELECT ' . join(', ', map { "$_ AS c" . ++$position } @output) . " FROM $from" . $self->where($scope, $rows, 0);
	my $ordered = chance(0.3);
	$sql .= $self->order_by(ids($scope)) . limit() if ($ordered);
	return ($sql, $ordered, scalar @output);
}

# a frame of rows or groups; with a number, of no more than so many rows either way
sub frame
{
	my ($self, $most) = @_;
	return '' if (!$most && chance(0.2));
	my $n = $most || 6;
	my $start = pick(($most ? () : 'UNBOUNDED PRECEDING'), between(0, $n) . ' PRECEDING', '(SELECT ' . between(0, $n) . ') PRECEDING', 'CURRENT ROW');
	my $end = pick('CURRENT ROW', between(0, $n) . ' FOLLOWING', ($most ? () : 'UNBOUNDED FOLLOWING'));
	($start, $end) = pick([ between(1, 3) . ' FOLLOWING', between(3, 6) . ' FOLLOWING' ], [ between(3, 6) . ' PRECEDING', between(1, 3) . ' PRECEDING' ])->@* if (chance(0.2));
	return ' ' . pick('ROWS', 'ROWS', 'GROUPS') . " BETWEEN $start AND $end" . pick('', '', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE GROUP');
}

# Does RANGE take an offset for a column of this type?
sub has_offsets
{
	my ($self, $column) = @_;
	return $column->{kind} ne 'date' || $column->{type} =~ /^(date|timestamp)/;
}

sub lateral
{
	my ($self) = @_;
	my ($from, $scope, $rows) = $self->from(1);
	my @small = grep { $_->{rows} * $rows < 400000 } $self->tables;
	my $table = pick(@small ? @small : (sort { $a->{rows} <=> $b->{rows} } $self->tables)[0]);
	my $inner = [ { alias => 'a' . ++$self->{alias}, table => $table } ];
	my $both = [ @$scope, @$inner ];
	my ($mine) = ids($scope);
	my ($theirs) = ids($inner);
	my $where = $self->predicate($both, 1);
	my $body = chance(0.5)
	  ? "SELECT count(*) AS v1, max($theirs) AS v2 FROM $table->{name} $inner->[0]{alias} WHERE $where"
	  : "SELECT $theirs AS v1, " . normal(column($inner, qw(int text date))) . " AS v2 FROM $table->{name} $inner->[0]{alias} WHERE $where ORDER BY $theirs LIMIT " . between(1, 5);
	my $sql = "SELECT $mine AS c1, l.v1 AS c2, l.v2 AS c3 FROM $from " . pick('CROSS JOIN', 'LEFT JOIN') . " LATERAL ($body) l";
	$sql .= ' ON true' if ($sql =~ /LEFT JOIN LATERAL/);
	return ($sql . $self->where($scope, $rows, 0), 0, 3);
}

sub scalar_subqueries
{
	my ($self) = @_;
	my ($from, $scope, $rows) = $self->from(pick(1, 1, 2));
	my @small = grep { $_->{rows} * $rows < 400000 } $self->tables;
	my @output = ids($scope);
	for (1 .. between(1, 2))
	{
		my $table = chance(0.3) || !@small ? pick($self->tables) : pick(@small);
		my $inner = [ { alias => 'a' . ++$self->{alias}, table => $table } ];
		my $correlated = @small && $table->{rows} * $rows < 400000;
		my $where = $self->predicate($correlated ? [ @$inner, @$scope ] : $inner, 1);
		$where = "$inner->[0]{alias}.k = $scope->[0]{alias}.k AND $where" if ($correlated && chance(0.6));
		$where = "$inner->[0]{alias}.k = $scope->[0]{alias}.k" if (chance(0.3));
		push @output, "(SELECT " . pick('count(*)', "max($inner->[0]{alias}.id)", "sum($inner->[0]{alias}.k)", "count(DISTINCT $inner->[0]{alias}.s)", $self->scalar_result($inner)) . " FROM $table->{name} $inner->[0]{alias} WHERE $where)";
	}
	my $position = 0;
	return ('SELECT ' . join(', ', map { "$_ AS c" . ++$position } @output) . " FROM $from" . $self->where($scope, $rows, 1), 0, scalar @output);
}

# A query over a recursive one that joins a table in each step
sub recursive
{
	my ($self) = @_;
	my $table = $self->table;
	my $scope = [ { alias => 'a' . ++$self->{alias}, table => $table } ];
	my $alias = $scope->[0]{alias};
	my $where = $self->predicate($scope, 1);
	my $step = pick("$alias.id = w.n + 1", "$alias.id = 2 * w.n", "$alias.id > w.n AND $alias.id < w.n + 3");
	my $union = pick('UNION', 'UNION ALL');
	my $last = between(3, 40);
	my $sql = "WITH RECURSIVE w(n) AS (SELECT " . between(1, 3) . " $union SELECT $alias.id FROM w JOIN $table->{name} $alias ON $step WHERE w.n < $last AND $alias.id < $last AND ($where))"
	  . ' SELECT ' . pick('n AS c1, count(*) AS c2 FROM w GROUP BY n', 'count(*) AS c1, sum(n) AS c2 FROM w',
		"w.n AS c1, x.k AS c2 FROM (SELECT DISTINCT n FROM w) w LEFT JOIN $table->{name} x ON x.id = w.n");
	return ($sql, 0, 2);
}

# The next query: statements for both sides, whether the order of the rows
# counts, and which output columns are floating-point sums.
# count, min and max of whole tables, with conditions that zone maps may decide
sub extremes
{
	my ($self) = @_;
	my $scope = [ { alias => 'a' . ++$self->{alias}, table => $self->table } ];
	my @output = ('count(*)');
	for my $column (map { column($scope) } 1 .. between(1, 4))
	{
		my $ref = normal($column);
		push @output, "count($column->{ref})";
		push @output, "min($ref)", "max($ref)" if ($sortable{ $column->{type} } && $column->{kind} ne 'bool');
	}
	my @where;
	for my $column (map { column($scope, qw(int int num date ts text bool)) } 1 .. between(0, 2))
	{
		push @where, pick("$column->{ref} IS NOT NULL", "$column->{ref} IS NULL", map { "$column->{ref} $_ " . $self->literal($column) } @operators);
	}
	my $position = 0;
	my $sql = 'SELECT ' . join(', ', map { "$_ AS c" . ++$position } @output) . " FROM $scope->[0]{table}{name} $scope->[0]{alias}"
	  . (@where ? ' WHERE ' . join(' AND ', @where) : '');
	return ($sql, 0, scalar @output);
}

sub query
{
	my ($self) = @_;
	my $wrap = pick(('') x 12, 'prepare', 'prepare', 'cursor', 'create', 'insert', 'change', 'view', 'function');
	$self->begin($wrap eq 'prepare');
	return { sql => $self->change_statements, ordered => 0, approx => {} } if ($wrap eq 'change');
	my $method = pick(('plain') x 5, ('grouped') x 6, ('set_operation') x 2, ('windowed') x 2, 'extremes', 'lateral', 'scalar_subqueries', chance(0.5) ? 'recursive' : 'plain');
	my ($sql, $ordered, $width) = $self->$method;
	if (!$ordered && !$self->{risky} && chance(0.12))
	{
		my $hint = pick('', '', 'MATERIALIZED ', 'NOT MATERIALIZED ');
		if (chance(0.4)) { $sql = "WITH q AS $hint($sql) SELECT * FROM q" }
		elsif (chance(0.5) && !$self->{approx}{0})
		{
			# Read more than once: by joins, subqueries and set operations
			$sql = "WITH q AS $hint($sql) " . pick(
				'SELECT x.c1::text AS c1, count(*) AS c2, count(y.t) AS c3 FROM q x LEFT JOIN (SELECT DISTINCT c1::text AS t FROM q) y ON x.c1::text = y.t GROUP BY 1',
				'SELECT count(*) AS c1, count(c1) AS c2, (SELECT count(*) FROM q z WHERE z.c1 IS NOT NULL) AS c3 FROM q WHERE c1::text <> (SELECT max(c1::text) FROM q)',
				'SELECT c1::text AS c1 FROM q UNION ALL SELECT min(c1::text) FROM q',
				'SELECT c1::text AS c1 FROM q WHERE c1::text IN (SELECT c1::text FROM q) INTERSECT SELECT c1::text FROM q ORDER BY 1');
			$self->{approx} = {};
		}
		else
		{
			$sql = "WITH q AS $hint($sql) SELECT count(*) AS c1, count(x.c1) AS c2, count(y.c1) AS c3 FROM q x FULL JOIN (SELECT c1 FROM q LIMIT 0) y ON x.c1::text = y.c1::text";
			$self->{approx} = {};
		}
	}
	elsif (!$self->{risky} && chance(0.08)) { $sql = "SELECT * FROM ($sql) q" . (chance(0.5) ? ' WHERE c1 IS NOT NULL' : ''); $ordered = 0 if ($sql =~ / q WHERE/) }
	my @statements = ($sql);
	if ($wrap eq 'prepare')
	{
		my @parameters = @{ $self->{parameters} };
		my $types = @parameters ? '(' . join(', ', map { $_->[0] } @parameters) . ')' : '';
		my $values = @parameters ? '(' . join(', ', map { $_->[1] } @parameters) . ')' : '';
		my $nulls = @parameters ? '(' . join(', ', map { chance(0.3) ? 'NULL' : $_->[1] } @parameters) . ')' : '';
		@statements = ('SET plan_cache_mode = ' . pick('force_generic_plan', 'force_generic_plan', 'auto'), "PREPARE p$types AS $sql", "EXECUTE p$values", "EXECUTE p$nulls", 'DEALLOCATE p',
			'RESET plan_cache_mode');
	}
	elsif ($wrap eq 'cursor')
	{
		my $scroll = $ordered && chance(0.5);
		@statements = ('BEGIN', 'DECLARE c ' . ($scroll ? 'SCROLL ' : '') . "CURSOR FOR $sql", 'FETCH ' . between(1, 50) . ' FROM c',
			$scroll ? ('FETCH BACKWARD ' . between(1, 20) . ' FROM c', 'MOVE ABSOLUTE 5 IN c') : (), 'FETCH ALL FROM c', 'COMMIT');
	}
	elsif ($wrap eq 'view')
	{
		@statements = ("CREATE TEMP VIEW seen_once AS $sql", 'SELECT * FROM seen_once', 'DROP VIEW IF EXISTS seen_once');
		$ordered = 0;
	}
	elsif ($wrap eq 'function' && !%{ $self->{approx} })
	{
		# A loop, which asks for a few rows at a time, and one that stops.
		my $stop = $ordered && chance(0.3) ? between(0, 60) : 1000000;
		@statements = (<<"SQL" =~ s/\n\z//r, 'SELECT pg_temp.looked()');
CREATE OR REPLACE FUNCTION pg_temp.looked() RETURNS text LANGUAGE plpgsql AS \$f\$
DECLARE
  r record;
  rows_seen int := 0;
  hash_sum bigint := 0;
BEGIN
  FOR r IN $sql LOOP
    EXIT WHEN rows_seen >= $stop;
    rows_seen := rows_seen + 1;
    hash_sum := hash_sum + hashtext(r::text);
  END LOOP;
  RETURN rows_seen || ' ' || hash_sum;
END \$f\$
SQL
		$ordered = 0;
	}
	elsif ($wrap eq 'create' || $wrap eq 'insert')
	{
		@statements = $wrap eq 'create' ? ("CREATE TEMP TABLE made AS $sql") : ("CREATE TEMP TABLE made AS $sql WITH NO DATA", "INSERT INTO made $sql");
		push @statements, 'SELECT * FROM made',
		  q{SELECT attnum, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass('made') AND attnum > 0}, 'DROP TABLE IF EXISTS made';
		$ordered = 0;
	}
	return { sql => \@statements, ordered => $ordered, approx => { %{ $self->{approx} } } };
}

sub change_statements
{
	my ($self) = @_;
	my $table = pick(grep { !$_->{view} } $self->tables);
	my $scope = [ { alias => 'x', table => $table } ];
	my $where = $self->predicate($scope, 1);
	my $other = pick(grep { $_->{rows} <= 3000 } $self->tables);
	my $change = pick("DELETE FROM $table->{name} x WHERE $where RETURNING id", "UPDATE $table->{name} x SET m = NULL WHERE $where RETURNING id, k",
		"DELETE FROM $table->{name} x USING $other->{name} y WHERE x.id = y.id AND ($where) RETURNING x.id, y.k");
	return [ 'BEGIN', $change, "SELECT count(*), sum(id), count(m), count(k) FROM $table->{name}", 'ROLLBACK' ];
}

1;
