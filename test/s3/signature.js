// Checks a request's signature of AWS's version 4 by the signer of AWS's own SDK.
'use strict';

const { createHash, timingSafeEqual } = require('crypto');
const { Sha256 } = require('@aws-crypto/sha256-js');
const { SignatureV4 } = require('@smithy/signature-v4');

class Refusal extends Error {
	constructor(status, code, message, more = '') {
		super(message);
		Object.assign(this, { status, code, more });
	}
}

function parseAuthorization(text, service) {
	const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
		.exec(text || '');
	if (!match || match[4] !== service) throw new Refusal(403, 'AccessDenied', 'Access Denied');
	return { id: match[1], date: match[2], region: match[3], headers: match[5].split(';'), signature: match[6] };
}

exports.Refusal = Refusal;

// config: keys, region
exports.check = async (req, body, service, config) => {
	const given = parseAuthorization(req.headers.authorization, service);
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
		service, region: config.region, sha256: Sha256, uriEscapePath: service !== 's3', applyChecksum: false,
		credentials: { accessKeyId: given.id, secretAccessKey: key.secret, sessionToken: key.token },
	});
	const signed = await signer.sign({
		method: req.method, protocol: 'http:', hostname: 'localhost', path: address, query, body,
		headers: Object.fromEntries(given.headers.map(name => [name, req.headers[name]])),
	}, { signingDate });
	const right = parseAuthorization(signed.headers.authorization, service).signature;
	if (!timingSafeEqual(Buffer.from(right), Buffer.from(given.signature)))
		throw new Refusal(403, 'SignatureDoesNotMatch',
			'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
			`<AWSAccessKeyId>${given.id}</AWSAccessKeyId>`);
};

exports.readBody = async req => {
	const pieces = [];
	for await (const piece of req) pieces.push(piece);
	return Buffer.concat(pieces);
};
