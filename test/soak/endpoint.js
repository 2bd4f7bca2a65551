// Many clients of Redshift's port at once, by the raw protocol: queries, pipelines, COPY, long
// results read slowly, errors, cancel requests, clients that vanish or send nonsense.  Every
// answer is checked.
//
//   node test/soak/endpoint.js PORT USER SECONDS CLIENTS SEED TLS(0|1)
//
// Prints what was done; exit code 1 and a line for each answer that was wrong or missing.
'use strict';
const net = require('net');
const tls = require('tls');

const [port, user, seconds, clients, seed, withTls] = process.argv.slice(2).map((a, i) => (i === 1 ? a : Number(a)));
const until = Date.now() + seconds * 1000;
const done = {};
let failures = 0;
let state = seed >>> 0 || 1;

function random(n) {
	state ^= state << 13; state >>>= 0;
	state ^= state >>> 17;
	state ^= state << 5; state >>>= 0;
	return state % n;
}
function fail(what) {
	failures++;
	console.log(`wrong: ${what}`);
}
function message(type, body) {
	const b = Buffer.isBuffer(body) ? body : Buffer.from(body);
	const head = Buffer.alloc(5);
	head.write(type, 0);
	head.writeInt32BE(b.length + 4, 1);
	return Buffer.concat([head, b]);
}
const query = (sql) => message('Q', sql + '\0');
const parse = (name, sql) => message('P', `${name}\0${sql}\0\0\0`);
const bind = (name) => message('B', `\0${name}\0\0\0\0\0\0\0`);
const execute = message('E', '\0\0\0\0\0');
const sync = message('S', '');

class Client {
	async connect() {
		this.buffer = [];
		this.size = 0;
		this.closed = false;
		this.wake = null;
		this.socket = net.connect({ host: '127.0.0.1', port });
		await new Promise((resolve, reject) => {
			this.socket.once('connect', resolve);
			this.socket.once('error', reject);
		});
		this.listen();
		if (withTls && random(2)) {
			this.socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
			const answer = await this.read(1);
			if (!answer || answer.toString() !== 'S') { fail('no TLS'); return; }
			this.socket.removeAllListeners('data');
			this.socket = tls.connect({ socket: this.socket, rejectUnauthorized: false });
			await new Promise((resolve, reject) => {
				this.socket.once('secureConnect', resolve);
				this.socket.once('error', reject);
			});
			this.listen();
		}
		const body = Buffer.from(`\0\x03\0\0user\0${user}\0database\0postgres\0\0`, 'latin1');
		const head = Buffer.alloc(4);
		head.writeInt32BE(body.length + 4, 0);
		this.socket.write(Buffer.concat([head, body]));
		const all = await this.until('Z');
		this.key = (all.find((m) => m.type === 'K') || {}).body;
		if (!this.key) fail(`no session: ${all.map((m) => m.type + m.body)}`);
	}
	listen() {
		// What an earlier socket still tells is about that one.
		const socket = this.socket;
		socket.on('data', (d) => {
			if (this.socket !== socket) return;
			this.buffer.push(d);
			this.size += d.length;
			if (this.wake) this.wake();
		});
		socket.on('error', () => {});
		socket.on('close', () => {
			if (this.socket !== socket) return;
			this.closed = true;
			if (this.wake) this.wake();
		});
	}
	async read(n) {
		while (this.size < n) {
			if (this.closed) return null;
			await new Promise((resolve) => { this.wake = resolve; });
			this.wake = null;
		}
		const all = this.buffer.length === 1 ? this.buffer[0] : Buffer.concat(this.buffer);
		this.buffer = all.length > n ? [all.subarray(n)] : [];
		this.size -= n;
		return all.subarray(0, n);
	}
	async until(type) {
		const all = [];
		for (;;) {
			const head = await this.read(5);
			if (!head) { all.push({ type: 'closed', body: '' }); return all; }
			const body = await this.read(head.readInt32BE(1) - 4);
			const m = { type: String.fromCharCode(head[0]), body };
			all.push(m);
			if (m.type === type) return all;
		}
	}
	types(all) { return all.filter((m) => m.type !== 'N' && m.type !== 'S').map((m) => m.type).join(''); }
	field(m, name) {
		for (const f of m.body.toString().split('\0')) if (f[0] === name) return f.slice(1);
		return undefined;
	}
	expect(what, all, types) {
		const got = this.types(all);
		if (got !== types) {
			const error = all.find((m) => m.type === 'E');
			fail(`${what}: ${got.slice(0, 100)} instead of ${types.slice(0, 100)} ${error ? this.field(error, 'M') : ''}`);
		}
		return got === types;
	}
}

const actions = {
	async simple(c) {
		const n = random(1000000);
		c.socket.write(query(`SELECT ${n}, getdate() IS NOT NULL`));
		const all = await c.until('Z');
		if (c.expect('query', all, 'TDCZ') && all[1].body.toString('latin1', 6, 6 + String(n).length) !== String(n))
			fail(`another's result: ${all[1].body} for ${n}`);
	},
	async pipeline(c) {
		const n = 1 + random(50);
		const parts = [];
		for (let i = 0; i < n; i++) parts.push(parse('', `SELECT nvl(${i}, 1)`), bind(''), execute);
		c.socket.write(Buffer.concat([...parts, sync]));
		const all = await c.until('Z');
		if (!c.expect('pipeline', all, '12DC'.repeat(n) + 'Z')) return;
		all.filter((m) => m.type === 'D').forEach((m, i) => { if (m.body.toString('latin1', 6) !== String(i)) fail(`row ${i} of a pipeline`); });
	},
	async copy(c) {
		const n = 1 + random(3000);
		c.socket.write(query('CREATE TEMP TABLE IF NOT EXISTS c (a int, b text); COPY c FROM STDIN'));
		let all = await c.until('G');
		for (let i = 0; i < n; i++) c.socket.write(message('d', `${i}\t${'x'.repeat(random(200))}\n`));
		c.socket.write(message('c', ''));
		all = await c.until('Z');
		if (c.expect('COPY FROM', all, 'CZ') && all[0].body.toString() !== `COPY ${n}\0`) fail(`${all[0].body} instead of ${n}`);
		c.socket.write(query('COPY c TO STDOUT; TRUNCATE c'));
		all = await c.until('Z');
		const rows = all.filter((m) => m.type === 'd').length;
		if (rows !== n) fail(`COPY TO gave ${rows} rows of ${n}`);
	},
	async slow(c) {
		const n = 1000 + random(5000);
		c.socket.write(query(`SELECT repeat('x', 500) FROM generate_series(1, ${n})`));
		c.socket.pause();
		await new Promise((resolve) => setTimeout(resolve, random(200)));
		c.socket.resume();
		c.expect('a long result', await c.until('Z'), 'T' + 'D'.repeat(n) + 'CZ');
	},
	async long(c) {
		const n = 1000 + random(1000000);
		c.socket.write(query(`SELECT getdate() IS NULL, length('${'y'.repeat(n)}')`));
		const all = await c.until('Z');
		if (c.expect('a long statement', all, 'TDCZ') && all[1].body.toString('latin1', 11) !== String(n)) fail('length of a long statement');
	},
	async error(c) {
		c.socket.write(Buffer.concat([parse('', 'SELECT getdate(), nonesuch'), bind(''), execute, sync, query('SELECT 1')]));
		const all = [...await c.until('Z'), ...await c.until('Z')];
		if (c.expect('an error', all, 'EZTDCZ') && c.field(all[0], 'P') !== '19') fail(`position ${c.field(all[0], 'P')}`);
	},
	async cancel(c) {
		c.socket.write(query('SELECT pg_sleep(30)'));
		await new Promise((resolve) => setTimeout(resolve, 20 + random(100)));
		let all = null;
		const answer = c.until('Z').then((a) => { all = a; });
		const sent = [];
		while (!all) {
			const s = net.connect({ host: '127.0.0.1', port });
			s.on('error', () => {});
			s.resume();
			sent.push(new Promise((resolve) => s.once('close', resolve)));
			s.end(Buffer.concat([Buffer.from([0, 0, 0, 16, 4, 210, 22, 46]), c.key]));
			await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 500))]);
		}
		if (c.types(all) !== 'TEZ' && c.types(all) !== 'EZ') fail(`cancel: ${c.types(all)}`);
		// All have been acted on when their connections end; one that was late hits an empty query.
		await Promise.all(sent);
		c.socket.write(query(''));
		await c.until('Z');
	},
	async vanish(c) {
		c.socket.write(query(`SELECT repeat('x', 1000), nvl(g, 1) FROM generate_series(1, ${1 + random(20000)}) g`));
		if (random(2)) await new Promise((resolve) => setTimeout(resolve, random(50)));
		c.socket.destroy();
		await c.connect();
	},
};

// Another connection with messages of which some bytes are wrong: it ends or goes on, nothing else does.
actions.mangle = async () => {
	const c = new Client();
	await c.connect();
	const bytes = Buffer.concat([parse('m', 'SELECT getdate(), 1'), bind('m'), message('D', 'P\0'), execute, sync,
		query("SELECT 'text', nvl(1, 2)"), message('H', ''), query('SELECT 2'), sync]);
	for (let i = 1 + random(4); i > 0; i--) bytes[random(bytes.length)] = random(256);
	c.socket.write(bytes);
	await new Promise((resolve) => setTimeout(resolve, random(100)));
	c.socket.destroy();
};

async function run() {
	const names = Object.keys(actions);
	const c = new Client();
	await c.connect();
	while (Date.now() < until && !c.closed) {
		const name = names[random(names.length)];
		await actions[name](c);
		done[name] = (done[name] || 0) + 1;
	}
	if (c.closed) fail('a connection was closed');
	c.socket.end(message('X', ''));
}

Promise.all(Array.from({ length: clients }, () => run().catch((e) => fail(e)))).then(() => {
	console.log(JSON.stringify(done));
	process.exit(failures ? 1 : 0);
});
setTimeout(() => { fail('not at its end after another minute'); process.exit(1); }, seconds * 1000 + 60000).unref();
