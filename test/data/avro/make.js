// Avro files for sql/format_avro.sql, written by avsc 5.7, with its codecs by Node's zlib, by npm's snappy 7, and by the
// programs zstd and bzip2:
//   npm install avsc snappy && node make.js
'use strict';
const avro = require('avsc');
const childProcess = require('child_process');
const fs = require('fs');
const snappy = require('snappy');
const zlib = require('zlib');

// Its own logical types would change values; these only put the schema into the file.
class Logical extends avro.types.LogicalType {
	constructor(attributes, options) { super(attributes, options); this.attributes = attributes; }
	_fromValue(value) { return value; }
	_toValue(value) { return value; }
	_export(attributes) {
		for (const name of ['precision', 'scale'])
			if (this.attributes[name] !== undefined) attributes[name] = this.attributes[name];
	}
}
const logicalTypes = {};
for (const name of ['date', 'time-millis', 'time-micros', 'timestamp-millis', 'timestamp-micros', 'timestamp-nanos',
	'local-timestamp-millis', 'local-timestamp-micros', 'decimal', 'uuid', 'duration'])
	logicalTypes[name] = Logical;

function crc32(bytes) {
	let crc = ~0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
	}
	return ~crc >>> 0;
}
const program = (name, ...options) => (bytes, done) =>
	done(null, childProcess.execFileSync(name, options, {input: bytes}));
const codecs = {
	null: (bytes, done) => done(null, bytes),
	deflate: zlib.deflateRaw,
	snappy: (bytes, done) => {
		const checksum = Buffer.alloc(4);
		checksum.writeUInt32BE(crc32(bytes));
		done(null, Buffer.concat([snappy.compressSync(bytes), checksum]));
	},
	zstandard: program('zstd', '-c', '-q'),
	bzip2: program('bzip2', '-c')
};

function write(file, schema, rows, codec, blockSize) {
	const type = avro.Type.forSchema(schema, {wrapUnions: true, logicalTypes});
	// The same marker each time, so that the same files come of it.
	const encoder = new avro.streams.BlockEncoder(type, {codec, codecs, blockSize, syncMarker: Buffer.alloc(16, 'marker')});
	encoder.pipe(fs.createWriteStream(file));
	for (const row of rows) encoder.write(row);
	encoder.end();
}

function twosComplement(number, size) {
	const bytes = Buffer.alloc(size);
	let bits = BigInt.asUintN(8 * size, BigInt(number));
	for (let i = size - 1; i >= 0; i--, bits >>= 8n) bytes[i] = Number(bits & 255n);
	return bytes;
}

const types = {type: 'record', name: 'row', namespace: 'test.types', fields: [
	{name: 'id', type: 'int'}, {name: 'big', type: 'long'}, {name: 'name', type: 'string'},
	{name: 'option', type: ['null', 'string'], default: null}, {name: 'single', type: 'float'}, {name: 'double', type: 'double'},
	{name: 'flag', type: 'boolean'}, {name: 'raw', type: 'bytes'},
	{name: 'color', type: {type: 'enum', name: 'Color', symbols: ['RED', 'GREEN', 'BLUE']}},
	{name: 'four', type: {type: 'fixed', name: 'Four', size: 4}},
	{name: 'list', type: {type: 'array', items: 'string'}},
	{name: 'map', type: {type: 'map', values: ['null', 'long', 'string']}},
	{name: 'inner', type: {type: 'record', name: 'Inner', fields: [{name: 'x', type: 'int'},
		{name: 'next', type: ['null', 'Inner'], default: null}, {name: 'color', type: 'Color'}]}},
	{name: 'any', type: ['null', 'int', 'string', {type: 'array', items: 'int'}, 'Four']},
	{name: 'nothing', type: 'null'},
	{name: 'day', type: {type: 'int', logicalType: 'date'}},
	{name: 'time_ms', type: {type: 'int', logicalType: 'time-millis'}},
	{name: 'time_us', type: {type: 'long', logicalType: 'time-micros'}},
	{name: 'at_ms', type: {type: 'long', logicalType: 'timestamp-millis'}},
	{name: 'at_us', type: {type: 'long', logicalType: 'timestamp-micros'}},
	{name: 'at_ns', type: {type: 'long', logicalType: 'timestamp-nanos'}},
	{name: 'clock_ms', type: {type: 'long', logicalType: 'local-timestamp-millis'}},
	{name: 'clock_us', type: {type: 'long', logicalType: 'local-timestamp-micros'}},
	{name: 'price', type: {type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2}},
	{name: 'huge', type: {type: 'fixed', name: 'Huge', size: 20, logicalType: 'decimal', precision: 46, scale: 5}},
	{name: 'uid', type: {type: 'string', logicalType: 'uuid'}},
	{name: 'span', type: {type: 'fixed', name: 'Span', size: 12, logicalType: 'duration'}}]};
const row = i => ({id: i % 2 ? -i : i, big: i * 1000000007, name: `name ${i} é😀`, option: i % 3 ? {string: 'option ' + i} : null,
	single: i / 10, double: i / 3, flag: i % 2 === 0, raw: Buffer.from([i, 0, 255, 65]), color: ['RED', 'GREEN', 'BLUE'][i % 3],
	four: Buffer.from('abcd'), list: Array.from({length: i % 4}, (_, k) => '"' + k),
	map: {a: {long: i}, b: null, c: {string: 'text'}},
	inner: {x: i, next: i % 2 ? {'test.types.Inner': {x: i + 1, next: null, color: 'RED'}} : null, color: 'BLUE'},
	any: [null, {int: i}, {string: 'text'}, {array: [1, -2, i]}, {'test.types.Four': Buffer.from('\0\x01\xfe\xff', 'latin1')}][i % 5],
	nothing: null, day: -719162 + 365 * i, time_ms: 3723004 + i, time_us: 3723004005 + i, at_ms: 1700000000123 + i,
	at_us: -1700000000123456 - i, at_ns: -1500 * i, clock_ms: 1700000000123 + i, clock_us: 1700000000123456 + i,
	price: twosComplement(-12345 * i, i + 3), huge: twosComplement(BigInt(i) * 12345678901234567890123456789012345678901n - 5n, 20),
	uid: '00000000-0000-4000-8000-00000000000' + i, span: Buffer.from([i, 0, 0, 0, 2, 0, 0, 0, 1, 4, 0, 0])});
write('types.avro', types, [1, 2, 3, 4, 5].map(row), 'null', 700);

const pairs = Array.from({length: 300}, (_, i) => ({id: i, Name: 'name ' + i % 10}));
const pair = {type: 'record', name: 'pair', fields: [{name: 'id', type: 'long'}, {name: 'Name', type: 'string'}]};
for (const codec of Object.keys(codecs)) write(`pairs_${codec}.avro`, pair, pairs, codec, 1000);
