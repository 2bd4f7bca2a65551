-- Every type comes back as it went in, under every encoding it accepts.
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (x int, y text);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE h (
  id int, b bool, c "char", i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, n numeric, n2 numeric(12,3), n38 numeric(38,10),
  m money, d date, t time, tz timetz, ts timestamp, tstz timestamptz, iv interval, bp char(7), v varchar(20), x text,
  by bytea, u uuid, j json, jb jsonb, xm xml, ia int[], ta text[], r int4range, mr int4multirange, e mood, p pair, dom positive,
  pt point, bx box, ci cidr, inet inet, mac macaddr, bit bit(5), vb varbit, tsv tsvector, tsq tsquery, o oid, nm name, i2v int2vector);
INSERT INTO h SELECT g, g % 2 = 0, chr(65 + g % 26)::"char", g % 30000, g * 7919, g::int8 * 1234567890123, g / 3.0, sqrt(g),
  CASE g % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' WHEN 2 THEN g * 1.10 ELSE g / 7.0 END, g * 0.125, g * 12345678901234567.8,
  g * 1.5, date '2000-01-01' + g, time '00:00' + g * interval '1 s', timetz '00:00+02' + g * interval '1 s', timestamp '2000-01-01' + g * interval '1 min',
  timestamptz '2000-01-01 00:00Z' + g * interval '1 hour', g * interval '1 day 2 s', 'c' || g % 9, 'v' || g, repeat('text ' || g % 50, g % 4),
  decode(lpad(to_hex(g), 8, '0'), 'hex'), ('00000000-0000-0000-0000-' || lpad(g::text, 12, '0'))::uuid, format('{"a": %s}', g)::json, format('{"a": [%s, null]}', g)::jsonb,
  format('<a>%s</a>', g)::xml, ARRAY[g, NULL, g + 1], ARRAY['x' || g, NULL], int4range(g, g + 5), int4multirange(int4range(g, g + 2)), (ARRAY['sad', 'ok', 'happy'])[1 + g % 3]::mood,
  ROW(g, 'y' || g)::pair, g, point(g, -g), box(point(0, 0), point(g, g)), '10.0.0.0/8', '192.168.0.1', '08:00:2b:01:02:03', (g % 32)::bit(5), (g % 32)::bit(5)::varbit,
  to_tsvector('simple', 'word' || g), 'a & b', g, 'name' || g, '1 2 3'
  FROM generate_series(1, 9000) g;
INSERT INTO h (id) SELECT g FROM generate_series(9001, 9100) g;
INSERT INTO h (id, f8, f4, n, ts, tstz, d, x) VALUES (10001, '-0', '-0', '0.00', '-infinity', 'infinity', '4713-01-01 BC', ''),
  (10002, 'NaN', '-Infinity', '-0.000', '294276-12-31 23:59:59.999999', '4713-11-24 BC', 'infinity', repeat('x', 100000)),
  (10003, 5e-324, 1e-45, 1e100, NULL, NULL, NULL, repeat('é', 64)), (10004, 1.7976931348623157e308, 3.4028235e38, 1e-100, NULL, NULL, '5874897-12-31', E' \t\n');
CREATE TABLE r (LIKE h) USING redshift;
INSERT INTO r SELECT * FROM h;
SELECT (SELECT md5(string_agg(h::text, ',' ORDER BY id)) FROM h) = (SELECT md5(string_agg(r::text, ',' ORDER BY id)) FROM r) AS same, count(*) FROM r;
-- in small pieces, kept in the directory
CREATE TABLE r1 (LIKE h) USING redshift;
DO $$ BEGIN FOR i IN 0..9 LOOP INSERT INTO r1 SELECT * FROM h WHERE id > 9000 AND id % 10 = i; PERFORM count(*) FROM r1; END LOOP; END $$;
SELECT (SELECT md5(string_agg(h::text, ',' ORDER BY id)) FROM h WHERE id > 9000) = (SELECT md5(string_agg(r1::text, ',' ORDER BY id)) FROM r1) AS same, count(*) FROM r1;
-- every encoding for every column that takes it
DO $$
DECLARE enc text; col record; list text; bad int := 0; n int := 0;
BEGIN
  FOREACH enc IN ARRAY ARRAY['raw','az64','bytedict','delta','delta32k','lzo','mostly8','mostly16','mostly32','runlength','text255','text32k','zstd'] LOOP
    CREATE TABLE re (LIKE h) USING redshift;
    FOR col IN SELECT attname FROM pg_attribute WHERE attrelid = 'h'::regclass AND attnum > 0 LOOP
      BEGIN
        EXECUTE format('ALTER TABLE re SET (encode = %L)', concat_ws(', ', list, format('%I %s', col.attname, enc)));
        list := concat_ws(', ', list, format('%I %s', col.attname, enc));
        n := n + 1;
      EXCEPTION WHEN datatype_mismatch THEN NULL;
      END;
    END LOOP;
    INSERT INTO re SELECT * FROM h;
    IF (SELECT md5(string_agg(h::text, ',' ORDER BY id)) FROM h) <> (SELECT md5(string_agg(re::text, ',' ORDER BY id)) FROM re) THEN
      bad := bad + 1;
      RAISE NOTICE 'encoding % differs', enc;
    END IF;
    DROP TABLE re;
    list := NULL;
  END LOOP;
  RAISE NOTICE '% columns, % encodings differ', n, bad;
END $$;
-- wide, empty and zero-column tables; long values
DO $$ BEGIN EXECUTE (SELECT format('CREATE TABLE wide (%s) USING redshift', string_agg('c' || g || ' int', ', ')) FROM generate_series(1, 1600) g); END $$;
INSERT INTO wide (c1, c800, c1600) SELECT g, g * 2, g * 3 FROM generate_series(1, 1000) g;
SELECT sum(c1), sum(c2), sum(c800), sum(c1600) FROM wide;
CREATE TABLE zero () USING redshift;
INSERT INTO zero DEFAULT VALUES;
INSERT INTO zero SELECT FROM generate_series(1, 9999);
SELECT count(*) FROM zero;
SELECT count(*) FROM (SELECT FROM zero OFFSET 5) z;
CREATE TABLE long (id int, t text) USING redshift;
INSERT INTO long SELECT g, repeat(md5(g::text), 500000) FROM generate_series(1, 6) g;
SELECT id, length(t), md5(t) = md5(repeat(md5(id::text), 500000)) AS same FROM long;
CREATE TABLE empty (a int) USING redshift WITH (sortkey = a);
SELECT count(*), sum(a) FROM empty;
VACUUM empty;
ANALYZE empty;
EXPLAIN (COSTS OFF) SELECT * FROM empty WHERE a = 1;
DROP TABLE h, r, r1, wide, zero, long, empty;
DROP TYPE mood, pair;
DROP DOMAIN positive;
