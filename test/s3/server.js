// An S3 for tests: s3rver, which keeps the files, behind a check of each request's signature
// by the signer of AWS's own SDK, since s3rver does not check those of version 4.
//
//   node server.js CONFIG     a JSON file: directory, buckets, keys {id: {secret, token}},
//                             region, page (files in a page of a list), log, admin, key and cert (TLS)
//
// Prints its port and that of faults.js in front of it.  Each request becomes a line of the log:
// METHOD URL RANGE STATUS.  Requests with the header x-test-admin, which has the configuration's word, need no
// signature, and set the rules of faults by PUT /-/rules.
'use strict';

const { createHash, timingSafeEqual } = require('crypto');
const fs = require('fs');
const path = require('path');
const { Readable } = require('stream');
const { Sha256 } = require('@aws-crypto/sha256-js');
const { SignatureV4 } = require('@smithy/signature-v4');
const S3rver = require('s3rver');
const faults = require('./faults');

const config = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));

class Refusal extends Error {
	constructor(status, code, message, more = '') {
		super(message);
		Object.assign(this, { status, code, more });
	}
}

function parseAuthorization(text) {
	const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
		.exec(text || '');
	if (!match) throw new Refusal(403, 'AccessDenied', 'Access Denied');
	return { id: match[1], date: match[2], region: match[3], headers: match[4].split(';'), signature: match[5] };
}

async function checkSignature(req, body) {
	const given = parseAuthorization(req.headers.authorization);
	const key = config.keys[given.id];
	const time = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(req.headers['x-amz-date'] || '');
	const hash = req.headers['x-amz-content-sha256'];

	if (!key) throw new Refusal(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
	if (given.region !== config.region)
		throw new Refusal(400, 'AuthorizationHeaderMalformed', `The authorization header is malformed; the region '${given.region}' is wrong; expecting '${config.region}'`,
			`<Region>${config.region}</Region>`);
	if (!time || !given.headers.includes('host') || !given.headers.includes('x-amz-date'))
		throw new Refusal(403, 'AccessDenied', 'A header that must be signed is not.');
	for (const header of Object.keys(req.headers))
		if ((header.startsWith('x-amz-') || header === 'content-type') && !given.headers.includes(header))
			throw new Refusal(403, 'AccessDenied', `Header ${header} is not signed.`);
	if ((req.headers['x-amz-security-token'] || '') !== (key.token || ''))
		throw new Refusal(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.');
	if (!hash) throw new Refusal(400, 'InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
	if (hash !== 'UNSIGNED-PAYLOAD' && hash !== createHash('sha256').update(body).digest('hex'))
		throw new Refusal(400, 'XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match what was computed.");

	const signingDate = new Date(Date.UTC(time[1], time[2] - 1, time[3], time[4], time[5], time[6]));
	if (Math.abs(Date.now() - signingDate) > 900000) throw new Refusal(403, 'RequestTimeTooSkewed', 'The difference is too large.');
	const [address, search = ''] = req.url.split('?');
	const query = {};
	for (const argument of search.split('&').filter(Boolean)) {
		const [name, value] = argument.split('=');
		query[decodeURIComponent(name)] = decodeURIComponent(value || '');
	}
	const signer = new SignatureV4({
		service: 's3', region: config.region, sha256: Sha256, uriEscapePath: false, applyChecksum: false,
		credentials: { accessKeyId: given.id, secretAccessKey: key.secret, sessionToken: key.token },
	});
	const signed = await signer.sign({
		method: req.method, protocol: 'http:', hostname: 'localhost', path: address, query, body,
		headers: Object.fromEntries(given.headers.map(name => [name, req.headers[name]])),
	}, { signingDate });
	const right = parseAuthorization(signed.headers.authorization).signature;
	if (!timingSafeEqual(Buffer.from(right), Buffer.from(given.signature)))
		throw new Refusal(403, 'SignatureDoesNotMatch',
			'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
			`<AWSAccessKeyId>${given.id}</AWSAccessKeyId>`);
}

async function readBody(req) {
	const pieces = [];
	for await (const piece of req) pieces.push(piece);
	return Buffer.concat(pieces);
}

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
		if (!isAdmin) await checkSignature(request, body);
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

const options = { port: config.port || 0, address: '127.0.0.1', silent: true, directory: config.directory,
	configureBuckets: config.buckets.map(name => ({ name })) };
if (config.key) Object.assign(options, { key: fs.readFileSync(config.key), cert: fs.readFileSync(config.cert) });
const server = new S3rver(options);
server.middleware.unshift(guard);
server.run()
	.then(({ port }) => faults.listen(port).then(faultsPort => console.log(port, faultsPort)));
