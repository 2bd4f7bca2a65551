#!/usr/bin/perl
# Write the ORC files of this folder, from the format's specification and without its reader's code.
#
#   perl test/data/orc/make.pl test/data/orc
#
# Every encoding there is, each kind of run, all types with and without NULLs, several stripes,
# and each compression (but zlib in a form that leaves bytes as they are).
use strict;
use warnings;
use Compress::Raw::Zlib;
use Encode qw(encode_utf8);

my $directory = shift // die "usage: make.pl DIRECTORY\n";

my %kind = (
	boolean => 0, tinyint => 1, smallint => 2, int => 3, bigint => 4, float => 5, double => 6, string => 7,
	binary => 8, timestamp => 9, array => 10, map => 11, struct => 12, uniontype => 13, decimal => 14, date => 15,
	varchar => 16, char => 17, instant => 18);
my %stream = (present => 0, data => 1, length => 2, dictionary => 3, secondary => 5, index => 6);
my %compression = (none => 0, zlib => 1, snappy => 2, lzo => 3, lz4 => 4, zstd => 5);

# Integers are at most 64 bits, and Perl's wrap as two's complement where `use integer` holds.
sub varint
{
	my $value = shift;
	my $bytes = '';

	for (;;)
	{
		my $low = $value & 0x7F;

		$value >>= 7;
		return $bytes . chr($low) if $value == 0;
		$bytes .= chr($low | 0x80);
	}
}

sub zigzag { my $value = shift; return $value < 0 ? (-($value + 1) << 1) | 1 : $value << 1; }

# Protocol Buffers
sub number { my ($field, $value) = @_; return varint($field << 3) . varint($value); }
sub bytes { my ($field, $value) = @_; return varint($field << 3 | 2) . varint(length $value) . $value; }

# Of n values of a width, the most significant bit first
sub pack_bits
{
	my ($width, @values) = @_;

	return pack('B*', join '', map { substr(sprintf('%064b', $_), 64 - $width) } @values);
}

sub width_code
{
	my $width = shift;
	my %wide = (26 => 24, 28 => 25, 30 => 26, 32 => 27, 40 => 28, 48 => 29, 56 => 30, 64 => 31);

	return $width <= 24 ? $width - 1 : $wide{$width};
}

sub header
{
	my ($sort, $width, $n) = @_;

	return pack('n', $sort << 14 | width_code($width) << 9 | ($n - 1));
}

sub big_endian { my ($width, $value) = @_; return substr(pack('Q>', $value), 8 - $width); }

# Runs of version 2
sub short_repeat
{
	my ($signed, $width, $value, $n) = @_;

	return chr(($width - 1) << 3 | ($n - 3)) . big_endian($width, $signed ? zigzag($value) : $value);
}

sub direct
{
	my ($signed, $width, @values) = @_;

	return header(1, $width, scalar @values) . pack_bits($width, map { $signed ? zigzag($_) : $_ } @values);
}

sub delta
{
	my ($signed, $width, @values) = @_;
	my @steps = map { abs($values[$_] - $values[$_ - 1]) } 2 .. $#values;
	my $head = $width == 0 ? pack('n', 3 << 14 | $#values) : header(3, $width, scalar @values);

	return $head . varint($signed ? zigzag($values[0]) : $values[0]) . varint(zigzag($values[1] - $values[0])) .
		($width == 0 ? '' : pack_bits($width, @steps));
}

# patches: [gap, what stands above the width]
sub patched_base
{
	my ($width, $base_width, $base, $patch_width, $gap_width, $patches, @values) = @_;
	my $entry = $patch_width + $gap_width;
	my $sign = $base < 0 ? 1 << ($base_width * 8 - 1) : 0;

	$entry = (grep { $_ >= $entry } 1 .. 24, 26, 28, 30, 32, 40, 48, 56, 64)[0];
	return header(2, $width, scalar @values) .
		chr(($base_width - 1) << 5 | width_code($patch_width)) . chr(($gap_width - 1) << 5 | scalar @$patches) .
		big_endian($base_width, abs($base) | $sign) . pack_bits($width, @values) .
		pack_bits($entry, map { $_->[0] << $patch_width | $_->[1] } @$patches);
}

# Values in the encodings that a column uses, long runs split
sub ints
{
	my ($version, $signed, @values) = @_;
	my $out = '';

	while (my @some = splice @values, 0, $version == 1 ? 128 : 512)
	{
		if ($version == 1)
		{
			my $same = !grep { $_ != $some[0] } @some;

			$out .= @some >= 3 && $same ?
				chr(@some - 3) . chr(0) . varint($signed ? zigzag($some[0]) : $some[0]) :
				chr(256 - @some) . join '', map { varint($signed ? zigzag($_) : $_) } @some;
		}
		else
		{
			$out .= direct($signed, 64, @some);
		}
	}
	return $out;
}

sub byte_runs
{
	my @values = @_;
	my $out = '';

	while (my @some = splice @values, 0, 128)
	{
		my $same = !grep { $_ != $some[0] } @some;

		$out .= @some >= 3 && $same ? chr(@some - 3) . chr($some[0] & 255) :
			chr(256 - @some) . join '', map { chr($_ & 255) } @some;
	}
	return $out;
}

sub bits
{
	my $bits = join '', @_;

	return byte_runs(unpack 'C*', pack 'B*', $bits);
}

# Nanoseconds without zeros at the end, whose number stands in three bits
sub nanos
{
	my $value = shift;
	my $zeros = 0;

	return 0 if $value == 0;
	if ($value % 100 == 0)
	{
		$value /= 100;
		$zeros = 1;
		while ($value % 10 == 0 && $zeros < 7)
		{
			$value /= 10;
			$zeros++;
		}
	}
	return $value << 3 | $zeros;
}

# A type: [kind, properties, names and types of children].  Numbered from the root.
sub number_types
{
	my ($type, $list) = @_;

	$type->{id} = @$list;
	push @$list, $type;
	number_types($_, $list) for @{ $type->{children} // [] };
}

sub type_message
{
	my $type = shift;
	my $out = number(1, $kind{ $type->{kind} });

	$out .= bytes(2, join '', map { varint($_->{id}) } @{ $type->{children} }) if $type->{children};
	$out .= join '', map { bytes(3, $_) } @{ $type->{names} // [] };
	$out .= number(4, $type->{most}) if $type->{most};
	$out .= number(5, $type->{precision}) . number(6, $type->{scale}) if defined $type->{precision};
	return $out;
}

# The streams of a column: [kind, column, bytes] each.  options: version of the encodings, dictionary.
sub column_streams
{
	my ($type, $options, $streams, $encodings, @values) = @_;
	my $version = $options->{version};
	my $id = $type->{id};
	my $name = $type->{kind};
	my $encoding = $version == 2 ? 2 : 0;
	my $dictionary;
	my @there = grep { defined } @values;
	my $push = sub { push @$streams, [ $stream{ $_[0] }, $id, $_[1] ] };

	$push->('present', bits(map { defined $_ ? 1 : 0 } @values)) if @there < @values;
	if ($name eq 'boolean') { $push->('data', bits(@there)); $encoding = 0; }
	elsif ($name eq 'tinyint') { $push->('data', byte_runs(@there)); $encoding = 0; }
	elsif ($name =~ /^(smallint|int|bigint|date)$/) { $push->('data', ints($version, 1, @there)); }
	elsif ($name eq 'float') { $push->('data', pack 'f<*', @there); $encoding = 0; }
	elsif ($name eq 'double') { $push->('data', pack 'd<*', @there); $encoding = 0; }
	elsif ($name =~ /^(string|varchar|char|binary)$/)
	{
		if ($options->{dictionary} && $name ne 'binary')
		{
			my %seen = map { $_ => 1 } @there;
			my @words = sort keys %seen;
			my %code = map { $words[$_] => $_ } 0 .. $#words;

			$dictionary = @words;
			$encoding++;
			$push->('data', ints($version, 0, map { $code{$_} } @there));
			$push->('dictionary', join '', @words);
			$push->('length', ints($version, 0, map { length } @words));
		}
		else
		{
			$push->('data', join '', @there);
			$push->('length', ints($version, 0, map { length } @there));
		}
	}
	elsif ($name =~ /^(timestamp|instant)$/)
	{
		$push->('data', ints($version, 1, map { $_->[0] } @there));
		$push->('secondary', ints($version, 0, map { nanos($_->[1]) } @there));
	}
	elsif ($name eq 'decimal')
	{
		$push->('data', join '', map { ref $_ ? $_->[0] : varint(zigzag($_)) } @there);
		$push->('secondary', ints($version, 1, map { ref $_ ? $_->[1] : $type->{scale} } @there));
	}
	elsif ($name =~ /^(array|map)$/)
	{
		$push->('length', ints($version, 0, map { scalar @$_ } @there));
	}
	elsif ($name eq 'uniontype')
	{
		$push->('data', byte_runs(map { $_->[0] } @there));
		$encoding = 0;
	}
	else { $encoding = 0; }
	$encodings->[$id] = number(1, $encoding) . (defined $dictionary ? number(2, $dictionary) : '');

	my @children = @{ $type->{children} // [] };
	for my $i (0 .. $#children)
	{
		my @parts =
			$name eq 'struct' ? map { $_->[$i] } @there :
			$name eq 'array' ? map { @$_ } @there :
			$name eq 'map' ? map { map { $_->[$i] } @$_ } @there :
			map { $_->[1] } grep { $_->[0] == $i } @there;

		column_streams($children[$i], $options, $streams, $encodings, @parts);
	}
}

sub compress_chunk
{
	my ($codec, $data) = @_;
	my $n = length $data;

	if ($codec eq 'zlib')
	{
		my ($deflate) = Compress::Raw::Zlib::Deflate->new(-WindowBits => -15, -AppendOutput => 1);
		my $out = '';

		$deflate->deflate($data, $out);
		$deflate->flush($out);
		return $out;
	}
	return varint($n) . chr(61 << 2) . pack('v', $n - 1) . $data if $codec eq 'snappy';
	return chr(17 + $n) . $data . "\x11\0\0" if $codec eq 'lzo';
	return ($n < 15 ? chr($n << 4) : chr(0xF0) . chr($n - 15)) . $data if $codec eq 'lz4';
	return "\x28\xB5\x2F\xFD\x20" . chr($n) . substr(pack('V', $n << 3 | 1), 0, 3) . $data;
}

# Chunks of a size, those left as they are where that is smaller and `whole` is not set
sub compress_stream
{
	my ($options, $data) = @_;
	my $out = '';

	return $data if $options->{codec} eq 'none';
	for (my $at = 0; $at < length $data; $at += $options->{block})
	{
		my $chunk = substr($data, $at, $options->{block});
		my $packed = compress_chunk($options->{codec}, $chunk);
		my $original = $options->{codec} eq 'zlib' && length $packed >= length $chunk;

		$packed = $chunk if $original;
		$out .= substr(pack('V', length($packed) << 1 | ($original ? 1 : 0)), 0, 3) . $packed;
	}
	return $out;
}

# A stripe's bytes and what the footer says of it.  streams, encodings: as they are, or made of rows.
sub stripe
{
	my ($options, $types, $offset, $nrows, $streams, $encodings) = @_;
	my ($index, $data, $footer) = ('', '', '');

	for my $item (@$streams)
	{
		my $packed = compress_stream($options, $item->[2]);

		$data .= $packed;
		$footer .= bytes(1, number(1, $item->[0]) . number(2, $item->[1]) . number(3, length $packed));
	}
	# What stands in an index is passed over.
	if ($options->{index})
	{
		$index = 'not to be read';
		$footer = bytes(1, number(1, $stream{index}) . number(2, 0) . number(3, length $index)) . $footer;
	}
	$footer .= join '', map { bytes(2, $_ // number(1, 0)) } @$encodings[ 0 .. $#$types ];
	$footer .= bytes(3, $options->{zone}) if $options->{zone};
	$footer = compress_stream($options, $footer);
	return ($index . $data . $footer,
		bytes(3, number(1, $offset) . number(2, length $index) . number(3, length $data) .
			number(4, length $footer) . number(5, $nrows)));
}

# stripes: lists of rows; or [n, streams, encodings] made by hand
sub write_file
{
	my ($name, $root, $options, @stripes) = @_;
	my @types;
	my $body = 'ORC';
	my $footer = number(1, 3);
	my $nrows = 0;

	$options = { version => 2, codec => 'none', block => 256 * 1024, %$options };
	number_types($root, \@types);
	for my $rows (@stripes)
	{
		my ($n, $streams, $encodings) = ref $rows->[0] ? (scalar @$rows, [], []) : @$rows;
		my ($bytes, $information);

		column_streams($root, $options, $streams, $encodings, @$rows) if ref $rows->[0];
		($bytes, $information) = stripe($options, \@types, length $body, $n, $streams, $encodings);
		$body .= $bytes;
		$footer .= $information;
		$nrows += $n;
	}
	$footer = number(1, 3) . number(2, length $body) . substr($footer, 2) .
		join('', map { bytes(4, type_message($_)) } @types) . number(6, $nrows) . number(8, 10000);
	$footer = compress_stream($options, $footer);

	my $postscript = number(1, length $footer) . number(2, $compression{ $options->{codec} }) .
		number(3, $options->{block}) .
		bytes(4, join '', map { varint($_) } @{ $options->{file_version} // [ 0, $options->{version} == 2 ? 12 : 11 ] }) .
		bytes(8000, 'ORC');

	open my $file, '>:raw', "$directory/$name.orc" or die "$directory/$name.orc: $!\n";
	print $file $body, $footer, $postscript, chr(length $postscript);
	close $file or die "$directory/$name.orc: $!\n";
}

sub struct { my @pairs = @_; return { kind => 'struct', names => [ map { $pairs[ $_ * 2 ] } 0 .. $#pairs / 2 ],
	children => [ map { $pairs[ $_ * 2 + 1 ] } 0 .. $#pairs / 2 ] }; }
sub simple { return { kind => shift, @_ }; }

# Seconds that the file counts from 2015-01-01
sub since_2015 { return $_[0] - 1420070400; }

sub all_types
{
	return struct(
		b => simple('boolean'), t => simple('tinyint'), s => simple('smallint'), i => simple('int'),
		l => simple('bigint'), f => simple('float'), d => simple('double'), str => simple('string'),
		bin => simple('binary'), ts => simple('timestamp'), tsi => simple('instant'), dt => simple('date'),
		dec => simple('decimal', precision => 20, scale => 5), vc => simple('varchar', most => 10),
		ch => simple('char', most => 5),
		li => { kind => 'array', children => [ simple('int') ] },
		m => { kind => 'map', children => [ simple('string'), simple('double') ] },
		st => struct(a => simple('int'), b => { kind => 'array', children => [ simple('string') ] }),
		u => { kind => 'uniontype', children => [ simple('int'), simple('string') ] });
}

# Rows of all types: extremes, zeros, a row of NULLs, and some in between
sub all_rows
{
	my @rows = (
		[ 1, 127, 32767, 2147483647, 9223372036854775807, 1.5, 2.25, 'first', "\0\1\xFF", [ since_2015(1000000000), 123456000 ],
			[ since_2015(1000000000), 999999999 ], 16436, 123456789, 'varchar', 'abc  ', [ 1, undef, 3 ],
			[ [ 'k1', 1.5 ], [ 'k2', undef ] ], [ 7, [ 'x', undef, 'y' ] ], [ 0, 42 ] ],
		[ (undef) x 19 ],
		[ 0, -128, -32768, -2147483648, -9223372036854775807 - 1, -0.5, -1e300, '', '', [ since_2015(-86400), 500000000 ],
			[ since_2015(0), 0 ], -719162, -5, '', '', [], [], [ undef, undef ], [ 1, 'text' ] ],
		[ 1, 0, 0, 0, 0, 0, 0, encode_utf8("gr\x{fc}n \x{4e2d}"), 'bytes', [ since_2015(1436918400), 1000 ],
			[ since_2015(1436918400), 100000 ], 0, 0, encode_utf8("\x{e4}\x{f6}"), 'zzzzz', [ -1 ], [ [ '', 0 ] ], [ -1, [] ], [ 1, undef ] ]);

	for my $i (1 .. 20)
	{
		push @rows, [ $i % 3 == 0 ? 1 : 0, $i, $i * 100, $i * 100000, $i * 10000000000, $i / 4, $i / 8, "string " . $i % 4, pack('n', $i),
			[ since_2015(1420070400 + $i * 86400 * 20), $i * 1000 ], [ since_2015(1420070400 + $i * 3600), 0 ], 16000 + $i, $i * 1001, "v" . $i % 3, "c" . $i % 2,
			[ 1 .. $i % 3 ], [ map { [ "k$_", $_ / 2 ] } 1 .. $i % 2 ], [ $i, [ 'e' ] ], [ $i % 2, $i % 2 ? "u$i" : $i ] ];
	}
	return @rows;
}

my @rows = all_rows();
my @early = @rows[ 0 .. 9 ];
my @late = @rows[ 10 .. $#rows ];

write_file('types_v1', all_types(), { version => 1, dictionary => 1, zone => 'UTC' }, \@rows);
write_file('types_v2', all_types(), { codec => 'zlib', block => 50, zone => 'America/Los_Angeles', index => 1 },
	\@early, \@late);
write_file('dictionary_v2', all_types(), { dictionary => 1, codec => 'zlib', zone => 'UTC' }, \@early, \@late);

# Each compression, in the form that leaves bytes as they are
for my $codec (qw(snappy lzo lz4 zstd))
{
	write_file($codec, struct(i => simple('int'), s => simple('string')), { codec => $codec, block => 100 },
		[ map { [ $_, "row $_" ] } 1 .. 50 ]);
}

# Runs of integers of all sorts; the first four are the specification's examples.
my @spread = (30, 0, 20, 998000, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 170, 180, 190);
my $runs = direct(1, 64, -9223372036854775807 - 1, 9223372036854775807, 0, -1, 1) .
	short_repeat(1, 2, 10000, 5) .
	short_repeat(1, 8, -9223372036854775807, 3) .
	direct(1, 17, 23713, 43806, 57005, 48879) .
	delta(1, 4, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29) .
	delta(1, 0, 100, 90, 80, 70, 60) .
	delta(1, 8, -5, -7, -10, -265) .
	patched_base(8, 2, 2000, 12, 2, [ [ 3, 998000 >> 8 ] ], map { $_ & 255 } @spread) .
	patched_base(3, 1, -100, 4, 1, [ [ 1, 9 ], [ 1, 1 ] ], 0, 1, 2, 3, 4) .
	join('', map { my $w = $_; direct(1, $w, map { ($_ % 2 ? -1 : 1) * (1 << ($w - 2)) } 1 .. 3) } 2 .. 24, 26, 28, 30, 32, 40, 48, 56);
my $count = 5 + 5 + 3 + 4 + 10 + 5 + 4 + 20 + 5 + 3 * 30;
my $unsigned = direct(0, 16, 23713, 43806, 57005, 48879) . short_repeat(0, 2, 10000, 5) . direct(0, 1, (0, 1) x 50) .
	short_repeat(0, 1, 1, 10) x 4 . direct(0, 8, 1 .. 2);

write_file('runs_v2', struct(i => simple('bigint')), {}, [ $count, [ [ 1, 1, $runs ] ], [ number(1, 0), number(1, 2) ] ]);

my $runs_v1 = chr(100 - 3) . chr(0) . varint(zigzag(7)) .		# 100 times 7
	chr(100 - 3) . chr(0xFF) . varint(zigzag(100)) .			# 100 to 1
	chr(256 - 5) . join('', map { varint(zigzag($_)) } 2, 3, 6, 7, 11) .
	chr(0) . chr(0x80) . varint(zigzag(-1));					# by -128
write_file('runs_v1', struct(i => simple('bigint')), { version => 1 },
	[ 208, [ [ 1, 1, $runs_v1 ] ], [ number(1, 0), number(1, 0) ] ]);

# Decimals: of the largest precision, of a scale each, and as integers of the file's next version
my $nines = join '', map { chr } 0xFE, (0xFF) x 17, 3;
my $least = "\xFF" x 18 . "\x03";
write_file('decimals', struct(d => simple('decimal', precision => 38, scale => 0)), {},
	[ [ [ $nines, 0 ] ], [ [ $least, 10 ] ], [ [ varint(zigzag(150)), 2 ] ], [undef], [ [ varint(zigzag(-7)), 0 ] ] ]);
write_file('decimals_v2', struct(d => simple('decimal', precision => 10, scale => 2)), { file_version => [ 1, 9999 ] },
	[ 4, [ [ 1, 1, direct(1, 32, 12345, -1, 0, 2000000000) ] ], [ number(1, 0), number(1, 2) ] ]);
