// A DynamoDB for tests: dynalite, behind the same check of signatures as the S3.
'use strict';

const http = require('http');
const fs = require('fs');
const dynalite = require('dynalite');
const { Refusal, check, readBody } = require('./signature');

// Resolves to its port.  Requests become lines of the log: OPERATION BODY; those of the admin are not checked.
exports.listen = config => new Promise(resolve => {
	const inner = dynalite({ createTableMs: 0, updateTableMs: 0 });
	inner.listen(0, '127.0.0.1', () => {
		const server = http.createServer(async (req, res) => {
			const body = await readBody(req);
			const operation = (req.headers['x-amz-target'] || '').replace(/.*\./, '');
			const headers = { ...req.headers };
			try {
				if (req.headers['x-test-admin'] === config.admin) {
					headers.authorization = 'AWS4-HMAC-SHA256 Credential=a/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=b';
					headers['x-amz-date'] = '20200101T000000Z';
				} else {
					await check(req, body, 'dynamodb', config);
					fs.appendFileSync(config.log, `${operation} ${body}\n`);
				}
			} catch (error) {
				if (!(error instanceof Refusal)) throw error;
				res.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
				return res.end(JSON.stringify({ __type: 'com.amazon.coral.service#InvalidSignatureException', message: error.message }));
			}
			const request = http.request({ host: '127.0.0.1', port: inner.address().port, method: req.method, path: req.url, headers },
				answer => { res.writeHead(answer.statusCode, answer.headers); answer.pipe(res); });
			return request.end(body);
		});
		server.listen(0, '127.0.0.1', () => resolve(server.address().port));
	});
});
