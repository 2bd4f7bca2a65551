// A proxy in front of an HTTP server that does to requests what networks and busy servers do.
//
// Rules come one after another; the first one that fits a request is used:
//   match   a regular expression of "METHOD URL"
//   skip    requests that fit it and pass, before      count   those that do not, then
//   action  reset     closes the connection instead of an answer
//           lost      lets the server do it, and closes the connection instead of its answer
//           cut       closes the connection after so many bytes of the body
//           truncate  ends the answer after so many bytes, as if it were whole
//           stall     sends nothing more after so many bytes
//           slow      sends so many bytes a second
//           shift     sends the bytes behind those that were asked for
//           status    answers with this status, and this code in the body
//   bytes, status, code
'use strict';

const http = require('http');

let rules = [];
let hits = 0;

function findRule(req) {
	for (const rule of rules) {
		if (!new RegExp(rule.match || '').test(`${req.method} ${req.url}`)) continue;
		if ((rule.skip || 0) > 0) { rule.skip--; continue; }
		if (rule.count === 0) continue;
		if (rule.count) rule.count--;
		hits++;
		return rule;
	}
	return { action: 'pass' };
}

function sendSlowly(body, res, rate) {
	let sent = 0;
	const timer = setInterval(() => {
		const size = Math.ceil(rate / 20);
		res.write(body.subarray(sent, sent + size));
		sent += size;
		if (sent >= body.length) { clearInterval(timer); res.end(); }
	}, 50);
	res.on('close', () => clearInterval(timer));
}

function answer(rule, upstream, body, res) {
	const headers = { ...upstream.headers };
	const cut = Math.min(rule.bytes || 0, body.length);
	switch (rule.action) {
	case 'lost':
		return res.socket.destroy();
	case 'cut':
		res.writeHead(upstream.statusCode, headers);
		return res.write(body.subarray(0, cut), () => res.socket.destroy());
	case 'stall':
		res.writeHead(upstream.statusCode, headers);
		return res.write(body.subarray(0, cut));
	case 'truncate':
		headers['content-length'] = cut;
		res.writeHead(upstream.statusCode, headers);
		return res.end(body.subarray(0, cut));
	case 'slow':
		res.writeHead(upstream.statusCode, headers);
		return sendSlowly(body, res, rule.bytes);
	default:
		res.writeHead(upstream.statusCode, headers);
		return res.end(body);
	}
}

function handle(req, res, port) {
	const rule = findRule(req);
	const headers = { ...req.headers };
	res.on('error', () => {});
	if (rule.action === 'reset') return req.socket.destroy();
	if (rule.action === 'status') {
		req.resume();
		return req.on('end', () => {
			res.writeHead(rule.status, { 'content-type': 'application/xml' });
			res.end(req.method === 'HEAD' ? '' : `<Error><Code>${rule.code}</Code><Message>It is a test.</Message></Error>`);
		});
	}
	if (rule.action === 'shift' && headers.range) {
		const [first, last] = headers.range.replace('bytes=', '').split('-').map(Number);
		headers.range = `bytes=${first + 1}-${last + 1}`;
	}
	const request = http.request({ host: '127.0.0.1', port, method: req.method, path: req.url, headers }, upstream => {
		const pieces = [];
		upstream.on('data', piece => pieces.push(piece));
		upstream.on('end', () => answer(rule, upstream, Buffer.concat(pieces), res));
	});
	request.on('error', () => req.socket.destroy());
	return req.pipe(request);
}

exports.setRules = list => { rules = list; hits = 0; };
exports.hits = () => hits;
exports.listen = port => new Promise(resolve => {
	const server = http.createServer((req, res) => handle(req, res, port));
	server.listen(0, '127.0.0.1', () => resolve(server.address().port));
});
