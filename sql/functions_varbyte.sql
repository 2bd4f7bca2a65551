-- VARBYTE, and hashes of bytes.
SET redshift.dialect = redshift;
CREATE TABLE blobs (id int, b bytea, c char(4), v varchar(10)) USING redshift;
INSERT INTO blobs VALUES (1, '\x00ff10', 'ab', 'é\x'), (2, '', '', ''), (3, NULL, NULL, NULL);

-- Casts are of UTF-8, char(n) with its blanks
SELECT id, v::bytea AS of_varchar, c::bytea AS of_char, v::bytea::varchar AS back, v::bytea::text = v AS same, v::bytea::varchar(1) AS cut, 'xyz'::text::bytea::char(2) AS two FROM blobs ORDER BY id;
SELECT b::varchar FROM blobs WHERE id = 1;
SELECT '\xc3'::bytea::varchar;
SELECT 258::smallint::bytea AS small, 258::bytea AS int, (-2)::bigint::bytea AS big;
RESET redshift.dialect;
SELECT v::bytea FROM blobs WHERE id = 2;

-- Forms
SELECT redshift.from_varbyte(b, 'binary') AS bits, redshift.from_varbyte(b, 'hex') AS hex, redshift.to_varbyte(redshift.from_varbyte(b, 'binary'), 'BINARY') = b AS back FROM blobs ORDER BY id;
SELECT redshift.to_varbyte('101', 'binary') AS three_bits, redshift.to_varbyte('1' || repeat('0', 8), 'binary') AS nine, redshift.to_varbyte('f', 'hex') AS digit, redshift.from_hex('1ab') AS odd,
	redshift.from_hex('') AS nothing, redshift.to_varbyte('12', 'utf-8') AS utf8;
SELECT redshift.to_varbyte('102', 'binary');
SELECT redshift.to_varbyte('1é', 'binary');
SELECT redshift.from_hex('xy');

-- Operators
SELECT '\xf0ff'::bytea & '\x3c0f'::bytea AS "and", '\xf0ff'::bytea | '\x3c0f'::bytea AS "or", '\xf0ff'::bytea # '\x3c0f'::bytea AS "xor", ~ '\xf0ff'::bytea AS "not",
	'\x01'::bytea + '\x0203'::bytea AS plus, ''::bytea & ''::bytea AS empty, NULL::bytea | '\x01' AS "null";
SELECT '\x01'::bytea & '\x0102'::bytea;

-- FarmHash, by lengths that it takes in different ways
SELECT redshift.farmfingerprint64('') AS l0, redshift.farmfingerprint64('a') AS l1, redshift.farmfingerprint64('abc') AS l3, redshift.farmfingerprint64(repeat('x', 20)) AS l20;
SELECT n, redshift.farmfingerprint64(repeat('0123456789', n)) AS hash, redshift.farmfingerprint64(repeat('0123456789', n)::bytea) = redshift.farmfingerprint64(repeat('0123456789', n)) AS bytes
	FROM unnest('{5,13,100}'::int[]) n;
SELECT redshift.farmfingerprint64(repeat('0123456789', 6) || 'abcd') AS l64, redshift.farmfingerprint64(repeat('0123456789', 6) || 'abcde') AS l65;
DROP TABLE blobs;
