// Makes the Parquet files of this folder.
//	npm install @duckdb/node-api@1.5.6-r.1 hyparquet-writer@0.17.0 @dsnp/parquetjs@1.8.8 && node make.mjs [FOLDER]
// duckdb_*.parquet are DuckDB's, hyparquet.parquet and parquetjs.parquet those packages'; what no writer of today
// makes is in old.parquet, put together byte by byte below.
import { DuckDBInstance } from '@duckdb/node-api';
import { parquetWriteFile } from 'hyparquet-writer/src/node.js';
import parquetjs from '@dsnp/parquetjs';
import fs from 'fs';

const folder = process.argv[2] ?? new URL('.', import.meta.url).pathname;

// ---- DuckDB: all of its types, as NULL too, in both versions of pages; lists, maps and structs; codecs

const connection = await (await DuckDBInstance.create(':memory:')).connect();
const run = sql => connection.run(sql);
await run(`set threads = 1`);
await run(`set timezone = 'UTC'`);
const types = [
	`i % 3 = 0 as b`, `(i - 20)::tinyint as i8`, `(i * 1000 - 20000)::smallint as i16`, `(i * 100000000 - 2000000000)::int as i32`,
	`(i * 400000000000000000::hugeint - 8000000000000000000)::bigint as i64`, `(i * 6)::utinyint as u8`, `(i * 1600)::usmallint as u16`,
	`(i * 100000000)::uinteger as u32`, `(i * 450000000000000000::hugeint)::ubigint as u64`, `(i / 8.0 - 2)::float as f`, `(i / 3.0 - 5)::double as d`,
	`(i / 10.0)::decimal(4, 1) as dec4`, `(i * 1234.56)::decimal(9, 2) as dec9`, `(i * -123456789.123)::decimal(18, 3) as dec18`,
	`(i * 12345678901234567890.123::decimal(30, 3))::decimal(38, 10) as dec38`, `date '1970-01-01' + ((i - 20) * 1000)::int as dt`,
	`time '00:00:00' + to_microseconds(i * 2000000001) as tm`, `timestamp '1999-12-31 23:59:59.5' + to_microseconds((i - 20) * 100000000000001) as ts`,
	`(timestamp '1999-12-31 23:59:59.5' + to_milliseconds((i - 20) * 100000000001))::timestamp_ms as ts_ms`,
	`(timestamp '1999-12-31 23:59:59.5' + to_milliseconds((i - 20) * 100000000001))::timestamp_ns as ts_ns`,
	`(timestamp '1999-12-31 23:59:59.5' + to_milliseconds((i - 20) * 100000000001))::timestamptz as tz`,
	`'city ' || (i % 4) as few`, `repeat('ab', i * 4) || i || case when i % 3 = 0 then 'äöü€😀' else '' end as s`, `'\\x00\\xFF'::blob || encode(i::varchar) as bin`,
	`md5(i::varchar)::uuid as u`, `to_months(i::int) + to_days(i::int * 2) + to_milliseconds(i * 1001) as iv`,
	`(case i % 3 when 0 then 'red' when 1 then 'green' else 'blue' end)::enum('red', 'green', 'blue') as e`, `('{"i": ' || i || '}')::json as j`];
const nullable = types.map((t, k) => t.replace(/^(.*) as (\w+)$/s, `case when i % ${k % 7 + 5} <> 3 then $1 end as $2`));
await run(`create table types as select i::int as id, ${nullable.join(', ')} from range(40) r(i)`);
await run(`copy types to '${folder}/duckdb_v1.parquet' (format parquet, codec snappy)`);
await run(`copy types to '${folder}/duckdb_v2.parquet' (format parquet, codec zstd, parquet_version v2)`);
await run(`create table nested as select i::int as id,
	case when i % 5 <> 0 then case when i % 5 = 1 then [] else [i::int, case when i % 2 = 0 then i::int + 1 end] end end as li,
	case when i % 3 <> 0 then {'a': i::int, 'b': case when i % 4 <> 0 then 'x' || i end, 'c': [i::double / 4, null]} end as st,
	case when i % 4 <> 0 then case when i % 4 = 1 then [] else [[i::int], [], null, [1, null, 3]] end end as ll,
	case when i % 6 <> 0 then case when i % 6 = 1 then map {} else map {'k' || i: i::int, 'z': null} end end as m,
	[{'x': i::bigint, 'y': [{'z': 'q' || i}]}] as ls,
	{'dt': date '2020-01-01' + i::int, 'ts': timestamp '2020-01-01 01:02:03.5', 's': 'a"\\é', 'n': (i / 100.0)::decimal(10, 2), 'b': i % 2 = 0, 'u': md5(i::varchar)::uuid} as sc
	from range(20) r(i)`);
await run(`copy nested to '${folder}/duckdb_nested.parquet' (format parquet, codec zstd)`);
for (const codec of ['gzip', 'brotli', 'lz4_raw', 'uncompressed'])
	await run(`copy (select i::int as i, 's' || i % 10 as s from range(200) r(i)) to '${folder}/duckdb_${codec}.parquet' (format parquet, codec ${codec})`);
// four row groups whose columns go up and down, with Bloom filters of what is in dictionaries
await run(`copy (select v::int as i, -v::bigint as down, 'k' || v as k, case when v >= 10 then (v / 10)::decimal(9, 1) end as n, date '2020-01-01' + v::int as d,
	case when i = 100 then 'nan'::double else v / 4 end as f, (v * 1000)::bigint as few from (select i, i // 2048 * 10 + i % 5 as v from range(8192) r(i)))
	to '${folder}/duckdb_groups.parquet' (format parquet, codec zstd, row_group_size 2048)`);

// ---- hyparquet-writer: encodings that it is told, several pages and row groups

const n = 120;
const numbers = Array.from({ length: n }, (_, i) => i);
parquetWriteFile({
	filename: `${folder}/hyparquet.parquet`, rowGroupSize: 50, pageSize: 200, codec: 'SNAPPY',
	columnData: [
		{ name: 'i', data: numbers, type: 'INT32', encoding: 'DELTA_BINARY_PACKED' },
		{ name: 'l', data: numbers.map(i => i % 4 ? BigInt(i) ** 7n : null), type: 'INT64', encoding: 'DELTA_BINARY_PACKED' },
		{ name: 'prefixed', data: numbers.map(i => `http://example/${'a'.repeat(i % 5)}/${i}`), type: 'STRING', encoding: 'DELTA_BYTE_ARRAY' },
		{ name: 'lengths', data: numbers.map(i => i % 3 ? 'v'.repeat(i) : null), type: 'STRING', encoding: 'DELTA_LENGTH_BYTE_ARRAY' },
		{ name: 'split', data: numbers.map(i => i / 4), type: 'FLOAT', encoding: 'BYTE_STREAM_SPLIT' },
		{ name: 'splitd', data: numbers.map(i => i % 5 ? i / 3 : null), type: 'DOUBLE', encoding: 'BYTE_STREAM_SPLIT' },
		{ name: 'spliti', data: numbers.map(i => i * 1000), type: 'INT32', encoding: 'BYTE_STREAM_SPLIT' },
		{ name: 'flag', data: numbers.map(i => i % 7 < 3), type: 'BOOLEAN', encoding: 'RLE' },
		{ name: 'half', data: numbers.map(i => i / 8 - 3), type: 'FLOAT16' },
		{ name: 'few', data: numbers.map(i => `f${i % 3}`), type: 'STRING' },
	],
});

// ---- parquetjs: fields that are repeated without a list around them

const schema = new parquetjs.ParquetSchema({
	id: { type: 'INT32' }, name: { type: 'UTF8', optional: true, compression: 'GZIP' },
	tags: { type: 'UTF8', repeated: true },
	stock: { repeated: true, fields: { price: { type: 'DOUBLE' }, where: { type: 'UTF8', optional: true } } },
	ms: { type: 'TIMESTAMP_MILLIS' }, day: { type: 'TIME_MILLIS' }, iv: { type: 'INTERVAL' },
});
const writer = await parquetjs.ParquetWriter.openFile(schema, `${folder}/parquetjs.parquet`, { rowGroupSize: 8 });
for (let i = 0; i < 20; i++)
	await writer.appendRow({
		id: i, name: i % 3 ? `name ${i}` : undefined, tags: Array.from({ length: i % 4 }, (_, k) => `t${k}`),
		stock: Array.from({ length: i % 3 }, (_, k) => ({ price: i + k / 4, where: k ? 'shop' : undefined })), ms: new Date(i * 1000000007), day: i * 1000001,
		iv: { months: i + 1, days: i * 2 + 1, milliseconds: i * 1001 + 1 },
	});
await writer.close();

// ---- By hand: levels BIT_PACKED, LZ4 in Hadoop's frames, CRCs and INT96, as old writers made them; a list of two levels

const bytes = (...parts) => Buffer.concat(parts.map(p => Buffer.isBuffer(p) ? p : Buffer.from(p)));
const varint = v => { const out = []; for (; v > 127; v = Math.floor(v / 128)) out.push(v % 128 | 128); return Buffer.from([...out, v]); };
const int = v => varint(v * 2);
const string = s => bytes(varint(Buffer.byteLength(s)), Buffer.from(s));
const struct = fields => {		// { number: [type, value] }, in their order
	let last = 0;
	const out = [];
	for (const [number, [type, value]] of Object.entries(fields)) { out.push(Buffer.from([(number - last) << 4 | type]), value); last = +number; }
	return bytes(...out, [0]);
};
const list = (type, elements) => bytes([elements.length << 4 | type], ...elements);
const I32 = 5, I64 = 6, BINARY = 8, LIST = 9, STRUCT = 12;
const le32 = v => { const b = Buffer.alloc(4); b.writeInt32LE(v | 0); return b; };
const be32 = v => { const b = Buffer.alloc(4); b.writeInt32BE(v); return b; };
const crc32 = data => {
	let crc = ~0;
	for (const byte of data) { crc ^= byte; for (let k = 0; k < 8; k++) crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0); }
	return ~crc;
};
const literals = data => bytes([0xf0], [data.length - 15], data);	// a block of LZ4 without matches; 15 to 269 bytes
const frames = data => [data.subarray(0, 20), data.subarray(20)].map(d => bytes(be32(d.length), be32(literals(d).length), literals(d)));
const highest_first = (width, levels) => {
	const out = Buffer.alloc(Math.ceil(levels.length * width / 8));
	levels.forEach((level, i) => { for (let b = 0; b < width; b++) if (level >> (width - 1 - b) & 1) out[(i * width + b) >> 3] |= 128 >> ((i * width + b) & 7); });
	return out;
};
const zigzag = v => varint(v < 0 ? -v * 2 - 1 : v * 2);
function page(nvalues, body, levels, compress) {
	const data = compress ? bytes(...frames(body)) : body;
	return bytes(struct({ 1: [I32, int(0)], 2: [I32, int(body.length)], 3: [I32, int(data.length)], 4: [I32, zigzag(crc32(data))],
		5: [STRUCT, struct({ 1: [I32, int(nvalues)], 2: [I32, int(0)], 3: [I32, int(levels)], 4: [I32, int(levels)] })] }), data);
}
const ids = Array.from({ length: 16 }, (_, i) => i);
const definitions = ids.map(i => i % 5 ? 1 : 0);
const present = ids.filter(i => i % 5);
// rows of 0, 1, 2, ... elements, by repetition and definition: four levels, NULL elements among them
const entries = ids.flatMap(i => i % 4 === 0 ? [[0, i % 8 ? 1 : 0]] : Array.from({ length: i % 4 }, (_, k) => [k ? 1 : 0, 2]));
const columns = [
	{ element: { 1: [I32, int(1)], 3: [I32, int(1)], 4: [BINARY, string('n')] }, path: ['n'], type: 1, codec: 5, nvalues: 16,
		page: page(16, bytes(highest_first(1, definitions), ...present.map(i => le32(i * 1000 - 5000))), 4, true) },
	{ path: ['l', 'array'], type: 1, codec: 0, nvalues: entries.length,
		page: page(entries.length, bytes(highest_first(1, entries.map(e => e[0])), highest_first(2, entries.map(e => e[1])),
			...entries.filter(e => e[1] === 2).map((_, k) => le32(k))), 4, false) },
];
// nanoseconds of the day and Julian day: 2001-01-01 12:00:00.000001 and so many days and seconds on
const days = ids.map(i => { const b = Buffer.alloc(12); b.writeBigInt64LE((43200n + BigInt(i)) * 1000000000n + 1000n); b.writeInt32LE(2451911 + i, 8); return b; });
columns.push({ path: ['at'], type: 3, codec: 0, nvalues: 16, page: page(16, bytes(...days), 3, false) });
const elements = [
	struct({ 4: [BINARY, string('root')], 5: [I32, int(3)] }), struct(columns[0].element),
	struct({ 3: [I32, int(1)], 4: [BINARY, string('l')], 5: [I32, int(1)], 6: [I32, int(3)] }),
	struct({ 1: [I32, int(1)], 3: [I32, int(2)], 4: [BINARY, string('array')] }),
	struct({ 1: [I32, int(3)], 3: [I32, int(0)], 4: [BINARY, string('at')] }),
];
let offset = 4;
const chunks = columns.map(c => {
	const chunk = struct({ 2: [I64, int(offset)], 3: [STRUCT, struct({ 1: [I32, int(c.type)], 2: [LIST, list(I32, [int(0)])], 3: [LIST, list(BINARY, c.path.map(string))],
		4: [I32, int(c.codec)], 5: [I64, int(c.nvalues)], 6: [I64, int(c.page.length)], 7: [I64, int(c.page.length)], 9: [I64, int(offset)] })] });
	offset += c.page.length;
	return chunk;
});
const metadata = struct({ 1: [I32, int(1)], 2: [LIST, list(STRUCT, elements)], 3: [I64, int(16)],
	4: [LIST, list(STRUCT, [struct({ 1: [LIST, list(STRUCT, chunks)], 2: [I64, int(offset - 4)], 3: [I64, int(16)] })])], 6: [BINARY, string('make.mjs')] });
const magic = Buffer.from('PAR1');
const old = bytes(magic, ...columns.map(c => c.page), metadata, le32(metadata.length), magic);
fs.writeFileSync(`${folder}/old.parquet`, old);
// and a copy whose first page has another byte than its checksum says
old[60] ^= 1;
fs.writeFileSync(`${folder}/checksum.parquet`, old);
