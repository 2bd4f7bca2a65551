// An S3 for tests: s3rver, which keeps the files, behind a check of each request's signature
// by the signer of AWS's own SDK, since s3rver does not check those of version 4.
//
//   node server.js CONFIG     a JSON file: directory, buckets, keys {id: {secret, token}},
//                             region, page (files in a page of a list), log, admin, key and cert (TLS),
//                             http2 {key, cert} (in front of it)
//
// Prints its port, that of faults.js in front of it, that of a DynamoDB (dynamodb.js), and that of http2.js or 0.  Each request becomes a line of the log:
// METHOD URL RANGE STATUS.  Requests with the header x-test-admin, which has the configuration's word, need no
// signature, and set the rules of faults by PUT /-/rules.
'use strict';

const fs = require('fs');
const path = require('path');
const { Readable } = require('stream');
const S3rver = require('s3rver');
const dynamodb = require('./dynamodb');
const faults = require('./faults');
const http2 = require('./http2');
const { Refusal, check, readBody } = require('./signature');

const config = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));

function refuse(ctx, refusal) {
	ctx.status = refusal.status;
	ctx.type = 'application/xml';
	ctx.body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${refusal.code}</Code><Message>${
		refusal.message.replace(/[<>&]/g, '')}</Message>${refusal.more}</Error>`;
}

async function guard(ctx, next) {
	const request = ctx.req;
	const isAdmin = config.admin !== undefined && request.headers['x-test-admin'] === config.admin;
	try {
		const body = await readBody(request);
		if (isAdmin && ctx.path === '/-/rules') {
			ctx.body = String(faults.hits());
			if (request.method === 'PUT') faults.setRules(JSON.parse(body));
			return;
		}
		if (!isAdmin) await check(request, body, 's3', config);
		delete request.headers.authorization;	// s3rver knows one key only
		ctx.req = Object.assign(Readable.from(body.length ? [body] : []), { headers: request.headers, method: request.method, url: request.url });
		if (ctx.query['list-type'] && config.page) ctx.query = { ...ctx.query, 'max-keys': String(config.page) };
		const upload = ctx.query.uploadId && path.join(config.directory, ctx.path.split('/')[1], '._S3rver_uploads', ctx.query.uploadId);
		if (upload && !fs.existsSync(upload))
			throw new Refusal(404, 'NoSuchUpload', 'The specified upload does not exist.');
		if (upload && request.method === 'DELETE') {	// which s3rver does not do
			fs.rmSync(upload, { recursive: true });
			ctx.status = 204;
		} else {
			await next();
		}
		const wanted = request.headers['if-match'];
		if (wanted && ctx.status < 300 && ctx.response.get('ETag') !== wanted) {
			if (ctx.body && ctx.body.destroy) ctx.body.destroy();
			throw new Refusal(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
		}
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		refuse(ctx, error);
	} finally {
		ctx.req = request;
		if (!isAdmin) fs.appendFileSync(config.log, `${request.method} ${request.url} ${request.headers.range || '-'} ${ctx.status}\n`);
	}
}

const options = { port: config.port || 0, address: '127.0.0.1', silent: true, serviceEndpoint: 'localhost', directory: config.directory,
	configureBuckets: config.buckets.map(name => ({ name })) };
if (config.key) Object.assign(options, { key: fs.readFileSync(config.key), cert: fs.readFileSync(config.cert) });
const server = new S3rver(options);
server.middleware.unshift(guard);
server.run()
	.then(async ({ port }) => console.log(port, await faults.listen(port), await dynamodb.listen(config),
		config.http2 ? await http2.listen(port, config.http2) : 0));
