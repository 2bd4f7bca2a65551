-- Compressed files: by content, in several streams, damaged
CREATE SCHEMA format_compressed;
SET search_path = format_compressed, public;
SELECT current_setting('data_directory') AS dir \gset
SET load.file = :'dir';
CREATE TABLE pair (id int, name text) USING redshift;
-- Rows that COPY makes of these bytes, or what is wrong with them
CREATE FUNCTION rows_of(options text, data bytea) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	path text := current_setting('load.file') || '/format_compressed.data';
	object oid := lo_from_bytea(0, data);
	detail text;
	hint text;
BEGIN
	PERFORM lo_export(object, path);
	PERFORM lo_unlink(object);
	TRUNCATE pair;
	EXECUTE format('COPY pair FROM %L WITH (delimiter ''|'', %s)', 'file://' || path, options);
	RETURN QUERY SELECT q::text FROM pair q;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN NEXT sqlstate || ' ' || replace(concat_ws('. ', sqlerrm, nullif(detail, ''), nullif(hint, '')), path, '');
END $$;

-- "1|one\n2|t" and "wo\n3|three\n", compressed by gzip 1.12, bzip2 1.0.8, lzop 1.04 and zstd 1.5.4 and put together;
-- of zstd with frames between them that are to be skipped
CREATE TABLE files (compression text, data bytea);
INSERT INTO files SELECT compression, decode(data, 'base64') FROM (VALUES
	('gzip', 'H4sICIo2AmsAA20xADOsyc9L5TKqKQEAvrzepgkAAAAfiwgIijYCawADbTIAK8/nMq4pyShKTeUCAEWpUmcLAAAA'),
	('bzip2', 'QlpoOTFBWSZTWeACwD8AAADJgAAQMAACAYQEIAAxDAghpo9IzOJRPF3JFOFCQ4ALAPxCWmg5MUFZJlNZjVL5wgAABMmAABAIAAJAlIQgADEGTEEGhh2jPKTLgu5IpwoSEapf'
		|| 'OEA='),
	('lzop', 'iUxaTwANChoKEEAgoAlAAQUDAAQJAACBpGsCNooAAAAAAm0xPHEEYgAAAAkAAAAJD2IDHDF8b25lCjJ8dAAAAACJTFpPAA0KGgoQQCCgCUABBQMABAkAAIGkawI2igAA'
		|| 'AAACbTI8cgRjAAAACwAAAAsXXwPCd28KM3x0aHJlZQoAAAAA'),
	('zstd', 'XypNGAMAAABhYmMotS/9JAlJAAAxfG9uZQoyfHTMYkxdXypNGAMAAABhYmMotS/9JAtZAAB3bwozfHRocmVlCu8cqj1fKk0YAwAAAGFiYw==')) f (compression, data);
SELECT compression, rows_of(compression, data) FROM files;
-- lzop --crc32, and compressed blocks; --filter; zstd --long=28
SELECT rows_of('lzop', decode('iUxaTwANChoKEEAgoBABAQUDABEIAACBpGsCNooAAAAAAm0xDfhynAAAAAkAAAAJpt68vjF8b25lCjJ8dAAAAAA=', 'base64'));
SELECT rows_of('lzop', decode('iUxaTwANChoKEEAgoAlAAwkDAAANAAAAAGsCNtgAAAAAAConAvEAAACAAAAALyndLBUdMXx0aGUgc2FtZSBuUgAKMi09ADMtPQA0LT0ANS09ADYtPQA3LT0AOC08ABEAAAAAAAA=', 'base64'));
SELECT rows_of('lzop', decode('iUxaTwANChoKEEAgoAlQAQUDAAgJAAAAAQAAgaRrAjaKAAAAAAJtMUQ1BHcAAAAJAAAACQ9iAxwxS/P/96UoSvgAAAAA', 'base64'));
SELECT rows_of('zstd', decode('KLUv/QSQSQAAMXxvbmUKMnx0zGJMXQ==', 'base64'));
-- Of another compression, or of none, whatever the option; empty
SELECT c.compression, f.compression AS of, rows_of(c.compression, f.data) FROM files c, files f WHERE c.compression <> f.compression ORDER BY 1, 2;
SELECT compression, rows_of(compression, '1|one') FROM files;
SELECT compression, rows_of(compression, '') FROM files;
-- More behind the end; an end too early, wherever it is; a bit that is another one
SELECT compression, rows_of(compression, data || 'more'::bytea) FROM files;
SELECT compression, n AS "ends with a stream, or a frame" FROM files, generate_series(1, 140) n, rows_of(compression, substring(data, 1, n)) r
	WHERE n < length(data) AND r LIKE '(%' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT compression, count(*) AS damaged FROM (SELECT compression, bool_or(r LIKE 'XX001 %') FROM files, generate_series(24, 96, 4) n,
	LATERAL rows_of(compression, set_bit(data, 8 * (n % length(data)), 1 - get_bit(data, 8 * (n % length(data))))) r GROUP BY compression, n) t (compression, damaged)
	WHERE damaged GROUP BY compression ORDER BY 1;

-- There and back, with more than fits a buffer
CREATE TABLE many (id int, name text, noise text) USING redshift;
INSERT INTO many SELECT i, 'name ' || i % 7, md5(i::text) FROM generate_series(1, 30000) i;
CREATE TABLE back (LIKE many) USING redshift;
CREATE FUNCTION there_and_back(compression text) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
	prefix text := 'file://' || current_setting('load.file') || '/format_compressed_' || compression || '_';
BEGIN
	TRUNCATE back;
	PERFORM redshift.unload('SELECT * FROM format_compressed.many', prefix, jsonb_build_object(compression, true, 'allowoverwrite', true));
	EXECUTE format('COPY back FROM %L WITH (delimiter ''|'', %s)', prefix, compression);
	RETURN NOT EXISTS (TABLE many EXCEPT ALL TABLE back) AND (SELECT count(*) FROM back) = 30000;
END $$;
SELECT compression, there_and_back(compression) FROM files WHERE compression <> 'lzop';
SET client_min_messages = warning;
DROP SCHEMA format_compressed CASCADE;
