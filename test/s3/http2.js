// HTTP/2, and nothing older, by TLS in front of the S3 server.
'use strict';

const fs = require('fs');
const http = require('http');
const http2 = require('http2');

// What HTTP/2 says otherwise, or not at all
const ofConnection = ['connection', 'keep-alive', 'transfer-encoding'];

const pick = (headers, wanted) => Object.fromEntries(Object.entries(headers).filter(([name]) => wanted(name)));

function handle(req, res, port) {
	const headers = { ...pick(req.headers, name => !name.startsWith(':')), host: req.authority };
	const request = http.request({ host: '127.0.0.1', port, method: req.method, path: req.url, headers }, upstream => {
		res.writeHead(upstream.statusCode, pick(upstream.headers, name => !ofConnection.includes(name)));
		upstream.pipe(res);
	});
	request.on('error', () => req.stream.close());
	req.pipe(request);
}

// files: key, cert
exports.listen = (port, files) => new Promise(resolve => {
	const server = http2.createSecureServer({ key: fs.readFileSync(files.key), cert: fs.readFileSync(files.cert) },
		(req, res) => handle(req, res, port));
	server.listen(0, '127.0.0.1', () => resolve(server.address().port));
});
