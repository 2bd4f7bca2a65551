#!/usr/bin/perl
# Write first inputs of formats.c: small files of every format behind a line of columns and options.
#
#   perl test/fuzz/format_seeds.pl DIRECTORY
use strict;
use warnings;
use Encode qw(encode);
use FindBin;

my $directory = shift // die "usage: format_seeds.pl DIRECTORY\n";
my $data = "$FindBin::Bin/../data";
my %count;

sub seed
{
	my ($target, $head, $content) = @_;
	my $name = "$directory/$target/" . ++$count{$target};

	mkdir "$directory/$target";
	open my $file, '>:raw', $name or die "$name: $!\n";
	print $file (defined $head ? "$head\n" : ''), $content;
	close $file or die "$name: $!\n";
}

sub content
{
	my $name = shift;

	open my $file, '<:raw', $name or die "$name: $!\n";
	local $/;
	return scalar <$file>;
}

my @csv = (
	[ 'ltdNTD:p', qq{1,"a ""q"" b",1.5,12.34567,2020-01-02 03:04:05.678,2020-01-02\n2,"two\nlines",,-0.1,,\n} .
		"3,\\N,1e300,99999999999999.99999,2020-01-01 00:00:00,1999-12-31\n" ],
	[ 'btxj:hLi', qq{h1,h2\ntrue,abc,\\x00ff,"{""a"":[1,2]}"\nf,d,00ff,null\n} ],
	[ 'vct:Lid', "abc,de,gr\xC3\xBCn\nabcdefghijklmn,toolong,\xFF\xFE\n" ],
	[ 'ZThDu:aL', "2020-01-02 03:04:05+02,Jan 2 2020 3:04 PM,12:30:00.5,01/02/2020,550e8400-e29b-41d4-a716-446655440000\n" .
		"20200102T030405Z,1/2/20,23:59:60,20200102,x\n" ],
	[ 'lt:Q', "1,'a'\n" ]);
my @delimited = (
	[ 'ltdNTD:p', "1|a b|1.5|12.34567|2020-01-02 03:04:05.678|2020-01-02\n2|\\N||-0.1||\n" ],
	[ 'tt:EpL', "a\\|b|c\\\nd\\\\|e\n|\n" ],
	[ 'tl:qBf', qq{"a|b"|1\n\n"c"|2\n"d"\n} ],
	[ 'ttl:DebTtr', "a||b||1\n  ||x   ||2\n" ],
	[ 'TD:F', "02 Jan 2020 03:04:05.5 PM|01/02/20\n" ],
	[ 't:R', "\xc3\xa4\xc3\xb6 too long for bytes\n" ],
	[ 'T:o', "1577934245678\n" ],
	[ 'tl:lL', "\xE4\xF6|5\n" ],
	[ 'tl:U', encode('UTF-16LE', "gr\x{FC}n|1\nb|2\n") ],
	[ 'tl:u', encode('UTF-16', "gr\x{FC}n|1\nb|2\n") ]);
my @fixedwidth = (
	[ 'tbNl:pL', "abct1.5       12\nxyzf-3.25     99\n" ],
	[ 'tttl:iLh', "head\nab\xC3\xBC 0123456789 5\n\n" ]);
my @json = (
	[ 'ltdNj:pL', qq({"c0":1,"c1":"x\\u00e9\\n","c2":1.5e3,"c3":12.5,"c4":{"a":[1,null,true]}}\n{"c0":2}\n{"c1":null,"zz":[[]]}\n) ],
	[ 'jt:2', qq({"a":1}\n{"b":[{}]}\n) ],
	[ 'lt:1Lp', qq({"C0":1,"C1":"\\ud83d\\ude00"}{"c0":"2"}\n[1,2]\n{"c0":bad}\n) ],
	[ 'ltTZD:', qq([1,"a","2020-01-01 00:00:00","2020-01-01 00:00:00+01","2020-01-01"]\n) ],
	[ 'ltj:3L', qq({"jsonpaths":["\$.c0","\$.a[1]","\$['b'].c"]}\0{"c0":5,"a":["x","y"],"b":{"c":[1]}}\n{"c0":6}\n) ]);

# An Avro file: a header with the schema, and blocks of rows behind their number and size
sub zigzag
{
	my $value = shift;
	my $bytes = '';

	for ($value = $value < 0 ? -2 * $value - 1 : 2 * $value; $value >= 128; $value >>= 7)
	{
		$bytes .= chr($value & 127 | 128);
	}
	return $bytes . chr $value;
}

sub text { return zigzag(length $_[0]) . $_[0]; }

sub avro
{
	my ($fields, $n, $rows) = @_;
	my $schema = qq({"type":"record","name":"r","fields":[$fields]});
	my $sync = 'sixteen bytes ..';

	return "Obj\x01" . zigzag(2) . text('avro.schema') . text($schema) . text('avro.codec') . text('null') . zigzag(0) .
		$sync . zigzag($n) . zigzag(length $rows) . $rows . $sync;
}

my @avro = (
	[ 'ltdbxD:', avro(join(',', map { qq({"name":"c$_->[0]","type":$_->[1]}) } [ 0, '"long"' ], [ 1, '["null","string"]' ],
		[ 2, '"double"' ], [ 3, '"boolean"' ], [ 4, '"bytes"' ], [ 5, '{"type":"int","logicalType":"date"}' ]), 2,
		zigzag(7) . zigzag(1) . text('x') . pack('d<', 1.5) . "\x01" . text("\0\1") . zigzag(18000) .
		zigzag(-7) . zigzag(0) . pack('d<', -1) . "\0" . text('') . zigzag(0)) ],
	[ 'jjj:', avro('{"name":"c0","type":{"type":"array","items":"int"}},{"name":"c1","type":{"type":"map","values":"string"}},' .
		'{"name":"c2","type":{"type":"record","name":"s","fields":[{"name":"a","type":{"type":"enum","name":"e","symbols":["A","B"]}}]}}', 1,
		zigzag(2) . zigzag(1) . zigzag(2) . zigzag(0) . zigzag(1) . text('k') . text('v') . zigzag(0) . zigzag(1)) ]);

my $orc_types = 'bssilfdtxTZDNvc';
my %orc = (
	types_v1 => [ "${orc_types}jjjj:p", "${orc_types}jjjj:M5", ('j' x 15) . 'tJjj:' ],
	types_v2 => [ "${orc_types}jjjj:p", "${orc_types}jjjj:M5", ('j' x 15) . 'tJjj:' ],
	dictionary_v2 => [ "${orc_types}jjjj:p", 'j' x 19 . ':M' ],
	runs_v1 => ['l:p'], runs_v2 => ['l:p'], decimals => [ 'n:', 'N:' ], decimals_v2 => [ 'n:', 'm:' ],
	map { $_ => [ 'lv:', 'ltD:f' ] } qw(snappy lzo lz4 zstd));
# indexed.parquet, which has page indexes, is what UNLOAD wrote of i, i::int8 * 1000, md5(i::text) and ARRAY[i] for i from 1 to 40.
my %parquet = (
	indexed => [ 'ilta:p', 'iltj:' ],
	duckdb_v1 => ['ibssilsilnfdmmNnDhTTSZctxuItj:p'], duckdb_v2 => ['ibssilsilnfdmmNnDhTTSZctxuItj:p'],
	duckdb_nested => [ 'iajjjjj:', 'jjjjjjj:' ], hyparquet => ['ilttfdibft:p'], parquetjs => ['itAjThI:p'], old => ['iaT:'],
	checksum => ['iaT:'], map { $_ => ['it:'] } qw(duckdb_gzip duckdb_brotli duckdb_lz4_raw duckdb_uncompressed));

mkdir $directory;
seed('csv', @$_) for @csv;
seed('delimited', @$_) for @delimited;
seed('fixedwidth', @$_) for @fixedwidth;
seed('json', @$_) for @json;
seed('avro', @$_) for @avro;
for my $name (sort keys %orc) { seed('orc', $_, content("$data/orc/$name.orc")) for @{ $orc{$name} }; }
for my $name (sort keys %parquet) { seed('parquet', $_, content("$data/parquet/$name.parquet")) for @{ $parquet{$name} }; }

# A map of nearly endless nothing among Parquet's metadata
my $footer = "\xEB\xFF\xFF\xFF\xFF\x7F\xFF\0";
seed('parquet', 'it:', 'PAR1' . $footer . pack('V', length $footer) . 'PAR1');

seed('manifest', undef, '{"entries": [{"url": "file:///a", "mandatory": true, "meta": {"content_length": 8}}, {"url": "file:///b.gz"}]}');
seed('xml', undef, '<?xml version="1.0" encoding="UTF-8"?><!-- c --><ListBucketResult xmlns="http://x"><Name>b</Name><Empty/>' .
	'<Contents><Key>a&amp;&#x41;&#233;</Key><Size>5</Size></Contents><![CDATA[x<]]></ListBucketResult>');

# Streams, of the programs that there are
for my $program ('gzip', 'bzip2', 'zstd -q', 'lzop -q')
{
	my $stream = `(seq 1 500; seq 7 9) | $program -c 2>/dev/null; echo end | $program -c 2>/dev/null`;

	seed('stream', undef, $stream) if length $stream;
}
