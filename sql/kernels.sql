-- Every kernel against PostgreSQL's function: expressions over all pairs of edge
-- values, with the engine and without it.  What differs is shown, and nothing else.
SET timezone = 'America/New_York';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
SET max_parallel_workers_per_gather = 0;

-- The answer for all rows as one hash, or the message of the error.
CREATE FUNCTION answer(source text, expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('SELECT count(*) || '' '' || md5(string_agg(id || coalesce(''='' || v, '' is null''), '','' ORDER BY id))
		FROM (SELECT id, (%s)::text AS v FROM %s GROUP BY 1, 2) s', expression, source) INTO result;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ': ' || sqlerrm;
END $$;

CREATE FUNCTION in_engine(source text, expression text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE format('EXPLAIN SELECT id, (%s)::text AS v FROM %s GROUP BY 1, 2', expression, source) LOOP
		IF line LIKE '%RsVector%' THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;

CREATE FUNCTION differences(source text, expressions text[])
RETURNS TABLE (expression text, difference text) LANGUAGE plpgsql AS $$
DECLARE
	with_engine text;
	without text;
BEGIN
	FOREACH expression IN ARRAY expressions LOOP
		SET LOCAL redshift.enable_vector = on;
		with_engine := answer(source, expression);
		IF NOT in_engine(source, expression) THEN
			difference := 'not run by the engine';
			RETURN NEXT;
		END IF;
		SET LOCAL redshift.enable_vector = off;
		without := answer(source, expression);
		IF with_engine IS DISTINCT FROM without THEN
			difference := format('%s, should be %s', with_engine, without);
			RETURN NEXT;
		END IF;
	END LOOP;
END $$;

-- All pairs of the values, and one more row of each that is tame: operations on
-- those do not fail.
CREATE FUNCTION pairs(name text, type text, options text, edges text[], tame text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TABLE %I (id int, tame boolean, a %s, b %s) USING redshift %s', name, type, type, options);
	EXECUTE format('INSERT INTO %I SELECT row_number() OVER (), i > $3 AND j > $3, a::%s, b::%s
		FROM unnest($1 || $2 || NULL::text) WITH ORDINALITY x (a, i), unnest($1 || $2 || NULL::text) WITH ORDINALITY y (b, j)',
		name, type, type) USING edges, tame, cardinality(edges);
	EXECUTE format('ANALYZE %I', name);
END $$;

-- Integers
SELECT pairs('int2s', 'int2', '', '{-32768,-32767,32767,-256,255}', '{-13,-2,-1,1,2,7,15}'),
	pairs('int4s', 'int4', '', '{-2147483648,2147483647,65536,-65536,100000}', '{-13,-2,-1,1,2,7,31}'),
	pairs('int8s', 'int8', '', '{-9223372036854775808,9223372036854775807,4294967296,-2147483649,9007199254740993}', '{-13,-2,-1,1,2,7,63}');
SELECT t, d.* FROM unnest('{int2s,int4s,int8s}'::text[]) t, differences(t || ' WHERE tame', ARRAY[
	'a + b', 'a - b', 'a * b', 'a / b', 'a % b', 'mod(a, b)', 'abs(a)', '-a', '+a', 'a + 7', '3 - b', 'a / 2', '100 / b', 'a % 5']) d;
SELECT t, d.* FROM unnest('{int2s,int4s,int8s}'::text[]) t, differences(t, ARRAY[
	'a + b', 'a - b', 'a * b', 'a / b', 'a % b', 'abs(a)', '-a', 'a / 0', 'a::int2', 'a::int4', 'a::int8', 'a::float4', 'a::float8', 'a::numeric',
	'a & b', 'a | b', 'a # b', '~a', 'a << 3', 'a >> 3', 'a << 40', 'a >> -1', 'a << (b & 7)::int', 'a >> (b & 31)::int',
	'a = b', 'a <> b', 'a < b', 'a <= b', 'a > b', 'a >= b', 'a = 255', 'a < 70000', 'a > 5000000000', '7::int8 >= b',
	'a IN (1, 2, 255)', 'a NOT IN (1, 2)', 'a IN (1, NULL)', 'a NOT IN (2, NULL)', 'a IN (-32768, 2147483647, -9223372036854775808, 0)',
	'a = ANY (ARRAY[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20])', 'a <> ALL (ARRAY[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,NULL])',
	'a IN (1, b)', 'a = ALL (ARRAY[1, 1])', 'a IS DISTINCT FROM b', 'a IS NOT DISTINCT FROM b', 'a IS DISTINCT FROM 7', 'nullif(a, b)', 'nullif(a, 7)', 'nullif(7, b)',
	'greatest(a, b)', 'least(a, b)', 'greatest(a, b, 3)', 'least(NULL, a, b)', 'greatest(a, 1.5)', 'coalesce(a, b, 5)']) d;

-- Floats
SELECT pairs('float4s', 'float4', '', '{NaN,Infinity,-Infinity,-0,3.4e38,-3.4e38,1e-38,1.4e-45,2147483647}', '{-2.5,-1.5,-0.5,0.5,1.5,2.5,100.25}'),
	pairs('float8s', 'float8', '', '{NaN,Infinity,-Infinity,-0,1.7e308,-1.7e308,2.3e-308,5e-324,9223372036854775807,2147483647.5}', '{-2.5,-1.5,-0.5,0.5,1.5,2.5,100.25}');
SELECT t, d.* FROM unnest('{float4s,float8s}'::text[]) t, differences(t || ' WHERE tame', ARRAY[
	'a + b', 'a - b', 'a * b', 'a / b', 'a * 2.5', 'a / 3::float4', 'a::int2', 'a::int4', 'a::int8', 'a::numeric', 'sqrt(abs(a))', 'sqrt(a)', 'a::numeric(5,1)']) d;
SELECT t, d.* FROM unnest('{float4s,float8s}'::text[]) t, differences(t, ARRAY[
	'a + b', 'a - b', 'a * b', 'a / b', 'a / 0', 'a::int2', 'a::int4', 'a::int8', 'a::float4', 'a::float8', 'a::numeric',
	'-a', 'abs(a)', 'round(a)', 'trunc(a)', 'ceil(a)', 'ceiling(a)', 'floor(a)', 'sign(a)', 'sqrt(a)', 'CASE WHEN a >= 0 THEN sqrt(a) END',
	'a = b', 'a <> b', 'a < b', 'a <= b', 'a > b', 'a >= b', 'a < ''NaN''', 'a = 0', 'a = 1.5::float4', 'a > 1.5::float8', 'a IN (0.5, 1.5, ''NaN'')', 'a NOT IN (0.5, NULL)',
	'a IS DISTINCT FROM b', 'nullif(a, b)', 'greatest(a, b)', 'least(a, b, 0)']) d;
SELECT * FROM differences('float8s WHERE a < 0', ARRAY['a * 1e300', 'a / 1e300', 'a + a']);

-- Numerics: of one scale, of two, of all
SELECT pairs('cents', 'numeric(14,2)', '', '{-999999999999.99,999999999999.99,0.00,0.01,12345678.90}', '{-2.50,-1.25,-0.05,0.05,1.00,1.25,2.55,1000.00}'),
	pairs('wide', 'numeric(33,8)', '', '{-9999999999999999999999999.99999999,9999999999999999999999999.99999999,0,0.00000001}', '{-2.5,-1.25,0.5,3,1000000,123456.789}'),
	pairs('loose', 'numeric', '', '{NaN,Infinity,-Infinity,0,0.000,1e50,1e-50,123456789012345678901234567890.123456789}', '{-2.50,-1.25,-0.00001,0.05,1,1.0,1.00,10000,0.0001,99999999,3.14159265358979}');
SELECT t, d.* FROM unnest('{cents,wide,loose}'::text[]) t, differences(t || ' WHERE tame', ARRAY[
	'a + b', 'a - b', 'a * b', 'a / b', 'a % b', 'mod(a, b)', 'a / 3', '1 / b', '100.0 * a / b', 'a / 7.25', 'a / 1e10', 'a % 0.7', '10 % b', 'a / b / 3', 'a / b + 1', '(a / b) * 2',
	'(a / b)::numeric(12,2)', 'a / b > 1', 'round(a / b, 3)', 'a::int2', 'a::int4', 'a::int8', 'a::numeric(12,1)', 'a::numeric(30,10)', 'a::numeric(38,4)', '(a * b)::numeric(38,25)', 'a::numeric(5,5)', 'a::float4', 'a::float8']) d;
SELECT t, d.* FROM unnest('{cents,wide,loose}'::text[]) t, differences(t, ARRAY[
	'a + b', 'a - b', 'a * b', 'a / b', 'a % b', 'a / 0', 'a % 0.00', 'CASE WHEN b <> 0 THEN a / b END', 'CASE WHEN b <> 0 THEN a % b END', 'a / nullif(b, 0)',
	'-a', '+a', 'abs(a)', 'sign(a)', 'round(a)', 'round(a, 1)', 'round(a, 5)', 'round(a, -1)', 'round(a, 50)', 'trunc(a)', 'trunc(a, 1)', 'trunc(a, 3)', 'floor(a)', 'ceil(a)', 'ceiling(a)',
	'floor(a / 3)', 'a::int2', 'a::int4', 'a::int8', 'a::numeric(10,1)', 'a::numeric(38,0)', 'a::numeric(38,1)', 'a::numeric(38,13)', '(a * b)::numeric(38,16)', '(a * b)::numeric(38,2)', 'a::numeric(14,4)', 'a::float8', 'CASE WHEN abs(a) < 1000 THEN a::numeric(5,1) END',
	'a = b', 'a <> b', 'a < b', 'a <= b', 'a > b', 'a >= b', 'a < 1', 'a <= 1.2500', 'a > 1.2501', 'a >= -1.2501', '1.2501 < a', '-1.2499 >= a', 'a = 1.2501', 'a <> 1.2501', 'a = 1.250', 'a < 1e40', 'a > -1e40',
	'a < ''NaN''', 'a IN (1, 1.25, 1.2501, 1000000)', 'a NOT IN (1, NULL)', 'a IN (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19.5,1.25)', 'a IS DISTINCT FROM b', 'nullif(a, b)', 'nullif(a, 1.00)',
	'greatest(a, b)', 'least(a, b)', 'greatest(a, 1.0000)', 'coalesce(a, b, 0)', 'a = 1::int', 'a > 1::int8']) d;

-- Dates and times
SELECT pairs('dates', 'date', '', '{infinity,-infinity,4713-01-01 BC,5874897-12-31,294276-12-31,294277-01-01,0001-12-31 BC,0001-01-01}', '{1999-12-31,2000-01-01,2000-02-29,2004-01-01,2020-12-31,2021-03-14,2021-11-07,1883-11-18,1900-03-01,0044-03-15 BC}'),
	pairs('stamps', 'timestamp', '', '{infinity,-infinity,4714-11-24 00:00:00 BC,4713-01-01 BC,294276-12-31 23:59:59.999999}', '{1999-12-31 23:59:59.999999,2000-01-01,2000-02-29 12:34:56.789012,2020-12-31 05:00,2021-03-14 01:59:59.9,2021-03-14 02:30,2021-03-14 03:00,2021-11-07 00:59:59,2021-11-07 01:30,2021-11-07 02:00,1883-11-18 12:03:58,0001-01-01,0044-03-15 10:00 BC,2040-07-04 12:00}'),
	pairs('moments', 'timestamptz', '', '{infinity,-infinity,4714-11-24 00:00:00+00 BC,4713-01-01 BC,294276-12-31 23:59:59.999999+00}', '{1999-12-31 23:59:59.999999,2000-01-01,2000-02-29 12:34:56.789012,2020-12-31 05:00,2021-03-14 01:59:59.9,2021-03-14 03:00,2021-11-07 00:59:59,2021-11-07 01:30,2021-11-07 01:30-05,2021-11-07 02:00,1883-11-18 12:03:58,0001-01-01,0044-03-15 10:00 BC,2040-07-04 12:00}'),
	pairs('times', 'time', '', '{00:00,24:00}', '{00:00:00.000001,12:34:56.789,23:59:59.999999}'),
	pairs('spans', 'interval', '', '{178000000 years,-178000000 years,2147483647 days}', '{0,1 day,24 hours,30 days,1 month,-1 month,13 months 40 days 25:00:01.5,-1 year 2 mons -3 days 04:05:06.789,-00:00:00.5}');
CREATE TABLE mixed (id int, d date, ts timestamp, tz timestamptz, t time, iv interval, n int) USING redshift;
INSERT INTO mixed SELECT row_number() OVER (), d, ts, tz, t, iv, n FROM
	(SELECT DISTINCT a AS d FROM dates WHERE tame) d, (SELECT DISTINCT a AS ts, a::timestamptz + interval '90 minutes' AS tz FROM stamps WHERE tame) ts,
	(SELECT a AS t, row_number() OVER () AS n FROM (SELECT DISTINCT a FROM times WHERE tame) t) t, (SELECT DISTINCT a AS iv FROM spans WHERE tame) iv
	WHERE (hashtext(d::text || ts::text || iv::text) & 3) = 0;
INSERT INTO mixed (id) VALUES (0);
ANALYZE mixed;

SELECT t, d.* FROM unnest('{dates,stamps,moments,times,spans}'::text[]) t, differences(t, ARRAY[
	'a = b', 'a <> b', 'a < b', 'a <= b', 'a > b', 'a >= b', 'a - b', 'a IS DISTINCT FROM b', 'nullif(a, b)', 'greatest(a, b)', 'least(a, b)']) d;
SELECT t, d.* FROM unnest('{dates,stamps,moments}'::text[]) t, unnest('{"", " WHERE tame", " WHERE isfinite(a) AND isfinite(b)"}'::text[]) x, differences(t || x, ARRAY[
	'a - b', 'a::date', 'a::timestamp', 'a::timestamptz', 'a::timestamp::time', 'a + interval ''1 month''', 'a - interval ''1 month''', 'a + interval ''1 day''', 'a - interval ''90 minutes''', 'a + interval ''1 year 2 months 30 days 12:00''',
	'a - interval ''200000 years''', 'a + interval ''2147483647 months''', 'a IN (''2000-01-01'', ''2021-03-14'')', 'a < timestamp ''2000-01-01''', 'a >= timestamptz ''2000-01-01''', 'date ''2021-03-14'' = a', 'a <> date ''2020-12-31''']) d;
SELECT t, f, d.* FROM unnest('{dates,stamps,moments,spans}'::text[]) t, unnest('{"", " WHERE tame", " WHERE isfinite(a) AND isfinite(b)"}'::text[]) x,
	unnest('{microseconds,millisecond,SECOND,minute,hours,day,month,quarter,week,year,decade,century,millennium,julian,isoyear,dow,isodow,doy,epoch,timezone,timezone_hour,timezone_minute,y,mon,nonsense,infinity,now}'::text[]) f,
	differences(t || x, ARRAY[format('extract(%I FROM a)', f), format('date_part(%L, a)', f)]) d;
SELECT t, f, d.* FROM unnest('{dates,stamps}'::text[]) t, unnest('{year,quarter,month,day}'::text[]) f,
	differences(t || ' WHERE isfinite(a) AND a >= ''0001-01-01''', ARRAY[format('extract(%I FROM a)', f), format('date_part(%L, a)', f)]) d;
SELECT t, d.* FROM unnest('{int4s,int8s,dates,stamps,moments}'::text[]) t,
	differences(t || ' WHERE num_nulls(a, b) = 0', ARRAY['greatest(a, b)', 'least(a, b)', 'least(a, b, a)']) d;
SELECT f, d.* FROM unnest('{microseconds,millisecond,second,minute,hours,day,epoch,timezone,nonsense}'::text[]) f,
	differences('times', ARRAY[format('extract(%I FROM a)', f), format('date_part(%L, a)', f)]) d;
SELECT t, f, d.* FROM unnest('{dates,stamps,moments,spans}'::text[]) t, unnest('{"", " WHERE tame", " WHERE isfinite(a) AND isfinite(b)"}'::text[]) x,
	unnest('{microseconds,milliseconds,second,minute,hour,day,week,month,quarter,year,decade,century,millennium,julian,timezone,nonsense,epoch}'::text[]) f,
	differences(t || x, ARRAY[format('date_trunc(%L, a)', f)]) d;
SELECT z, d.* FROM unnest('{UTC,America/New_York,EST,pdt,MSK,Asia/Tokyo,<+14>-14,Africa/Casablanca,nowhere}'::text[]) z, unnest('{"", " WHERE tame", " WHERE isfinite(a) AND isfinite(b)"}'::text[]) x,
	differences('moments' || x, ARRAY[format('date_trunc(''hour'', a, %L)', z), format('date_trunc(''day'', a, %L)', z), format('date_trunc(''quarter'', a, %L)', z), format('a AT TIME ZONE %L', z), format('a::timestamp AT TIME ZONE %L', z), format('date_trunc(''week'', a, left(%L, abs(id)))', z)]) d;
SELECT * FROM differences('stamps', ARRAY['a AT TIME ZONE ''Europe/Paris''', 'a AT TIME ZONE ''UTC''', 'date_trunc(''day'', a::timestamptz, NULL)']);
SELECT t, d.* FROM unnest('{times,spans}'::text[]) t, differences(t, ARRAY['-a', 'a + interval ''25 hours 1 day''', 'a - interval ''1 second''', 'a::interval']) d;
SELECT t, d.* FROM unnest('{times,spans}'::text[]) t, differences(t || ' WHERE tame', ARRAY['-a::interval', 'a + interval ''25 hours 1 day''', 'a - interval ''1 second''', 'a::interval + b']) d;
SELECT z, d.* FROM unnest('{UTC,America/New_York,Europe/London,Asia/Kolkata,Pacific/Apia,Africa/Monrovia,Asia/Tehran,Australia/Lord_Howe,<+14>-14}'::text[]) z,
	set_config('timezone', z, false), differences('mixed', ARRAY[
	'd < ts', 'd <= tz', 'd = ts', 'd >= tz', 'ts > d', 'ts < tz', 'ts = tz', 'tz <> ts', 'tz <= d', 'tz > ts', 'd + n', 'd - n', 'd + iv', 'd - iv', 'ts + iv', 'ts - iv', 'tz + iv', 'tz - iv', 't + iv', 't - iv', 'd + t',
	'tz - ts', 'ts - d', 'tz::date', 'tz::timestamp', 'ts::timestamptz', 'd::timestamptz', 'tz::time', 'date_trunc(''day'', tz)', 'date_trunc(''week'', tz)', 'date_trunc(''hour'', tz)', 'date_trunc(''month'', d)', 'extract(hour FROM tz)', 'extract(epoch FROM tz)', 'extract(doy FROM tz)',
	'extract(day FROM d + iv)', 'd - ts::date', 'age(ts, d)', 'ts AT TIME ZONE ''Asia/Tokyo''', 'iv * 2', 'to_char(tz, ''HH24:MI'')']) d;
SET timezone = 'America/New_York';
SELECT z, d.* FROM unnest('{Europe/Lisbon,Asia/Tokyo,America/St_Johns,Africa/Casablanca}'::text[]) z, set_config('timezone', z, false), differences('moments', ARRAY[
	'a::timestamp', 'a::date', 'a + interval ''1 month''', 'date_trunc(''day'', a)', 'extract(hour FROM a)', 'a < a::timestamp + interval ''1 hour''']) d;
SET timezone = 'America/New_York';

-- Strings
CREATE TABLE strings (id int, a text, b text, c text COLLATE "C", i text COLLATE "en-x-icu", t text COLLATE "tr-x-icu", v varchar(20), p char(12), y bytea, u uuid, n int) USING redshift;
INSERT INTO strings SELECT row_number() OVER (), a, b, a, a, a, left(a, 20), left(a, 12), convert_to(a, 'UTF8'), md5(a)::uuid, n FROM
	unnest(ARRAY['', ' ', 'a', 'A', 'ab', 'abc', 'special requests', 'x special y requests', 'requests special', 'aaab', 'ababab', 'Straße', 'ÄÖÜ', 'é', 'e', 'ÉCOLE école', '日本語', '日本', 'I', 'i', 'ıI', '%', '_', '\', 'a%b', 'a_b', 'a\b', ' pad ', 'pad  ', '  pad',
		'quick brown fox jumps over', repeat('long ', 60), repeat('ü', 150), 'K1', 'k1', 'tab	tab', '12', '-7']) a,
	unnest(ARRAY['', 'a', 'ab', 'é', '本', ' ', 'special']) WITH ORDINALITY b (b, n);
INSERT INTO strings (id) VALUES (0);
INSERT INTO strings (id, a, n) VALUES (-1, NULL, 2147483647), (-2, 'min', -2147483648), (-3, 'neg', -1);
ANALYZE strings;
CREATE FUNCTION for_columns(columns text[], expressions text[]) RETURNS text[] LANGUAGE sql AS
	$$ SELECT array_agg(replace(e, '@', c)) FROM unnest(columns) c, unnest(expressions) e $$;
SELECT * FROM differences('strings', for_columns('{a,c,i,t,v,p}', ARRAY[
	'length(@)', 'char_length(@)', 'octet_length(@)', 'upper(@)', 'lower(@)', 'initcap(@)', 'trim(@)', 'ltrim(@)', 'rtrim(@)', 'btrim(@, ''ab '')', 'ltrim(@, ''é'')', 'rtrim(@, '''')', '@ || b COLLATE "C"', '@ || ''x''', '''é'' || @', 'concat(@, b, n)',
	'substring(@, 2)', 'substring(@, 2, 3)', 'substring(@, -1, 3)', 'substring(@ FROM n FOR 2)', 'substr(@, 0)', 'substr(@, 3, 0)', 'substring(@, 2, -1)', 'substring(@, 5, 2147483647)', 'left(@, 2)', 'left(@, -2)', 'right(@, 2)', 'right(@, -2)', 'left(@, n)', 'right(@, n)',
	'strpos(@, ''b'')', 'position(''語'' IN @)', 'position('''' IN @)', 'position(b IN (@ COLLATE "C"))', 'replace(@, ''ab'', ''-'')', 'replace(@, b COLLATE "C", ''é'')', 'replace(@, '''', ''x'')', 'starts_with(@, ''a'')', 'starts_with(@, b COLLATE "C")',
	'@::varchar(3)', '@::char(3)', '@::char(20)', '@::text', '@::varchar', 'reverse(@)', 'md5(@)', 'regexp_replace(@, ''a+'', ''x'')', '@ ~ ''^a''', '@::varchar(3)::char(5) || ''|''', '@::char(5)::text || ''|''',
	'@ = b COLLATE "C"', '@ < b COLLATE "C"', '@ >= ''b''', '@ < ''É''', '@ = ''ab''', '@ <> ''a''', '@ > b COLLATE "en-x-icu"', '@ <= b COLLATE "en-x-icu"',
	'@ IN (''a'', ''日本'', '''')', '@ NOT IN (''a'', NULL)', '@ IN (''a'',''b'',''c'',''d'',''e'',''f'',''g'',''h'',''i'',''j'',''k'',''l'',''m'',''n'',''o'',''p'',''q'',''r'',''ab'')',
	'@ IS DISTINCT FROM ''a''', 'nullif(@, ''a'')', 'greatest(@, ''b'')', 'least(@, ''É'', ''e'')', 'coalesce(@, ''none'')', '@::int', '@ || y::text', 'pg_column_size(substring(@, 1, 2))']));
SELECT * FROM differences('strings', ARRAY['length(y)', 'octet_length(y)', 'y = ''\x61''', 'y < ''\x62''', 'y >= convert_to(b, ''UTF8'')', 'u = md5(''a'')::uuid', 'u < md5(b)::uuid', 'u > ''80000000-0000-0000-0000-000000000000''',
	'a < b', 'a = b', 'a || b', 'i < t', 'nullif(y, ''\x61'')', 'greatest(u, md5(b)::uuid)', 'least(y, ''\x62'')', 'id::oid < n::oid', 'id::oid >= 4294967290::oid', 'u IN (md5(''a'')::uuid, md5(''ab'')::uuid)', 'y IN (''\x61'', ''\x6162'')']);

-- Patterns
SELECT o, p, d.* FROM unnest('{LIKE,"NOT LIKE",ILIKE,"NOT ILIKE"}'::text[]) o,
	unnest(ARRAY['', '%', '%%', '_', '__', '%_', '_%', 'a', 'a%', '%a', '%a%', '%b%b', 'a%b', '%special%', '%special%requests%', '%s%s%s%', '_b%', '%_b%', '%b_', 'a_b', '%a_a%', 'A%', '%É%', '%é', '_日%', '日本_', '%本%', '%\%%', '\_', 'a\_b', 'a\%b', '\\', 'a\\b', '%\\%', 'a\', '%a\', '_%_%_', '%____b', 'I', 'ı%', '%K1', '% %', '%long %long', '%ü_ü%']) p,
	differences('strings', for_columns('{a,c,i,t,p}', ARRAY[format('@ %s %L', o, p)])) d;
SELECT * FROM differences('strings', for_columns('{a,c}', ARRAY['@ LIKE b', '@ ILIKE b || ''%''', '@ LIKE NULL', '@ LIKE ''a#%b'' ESCAPE ''#''', 'b LIKE ''%''', '''abc'' LIKE @', 'y LIKE ''%a%''']));
SELECT p, d.* FROM unnest(ARRAY['', '%', '_', '__', 'a', 'a%', '%a', '%b%b', '_b%', '%_b%', 'é', '\\303_', '%\\251', '\\303', 'a\\\\', '%__%_', '\\\\\\\\%']) p,
	differences('strings', ARRAY[format('y LIKE %L', p), format('y NOT LIKE %L', p), format('like(y, %L)', p)]) d;
-- Lists that are no constants
SELECT * FROM differences('strings', for_columns('{a,c,p,v}', ARRAY['@ = ANY (ARRAY[''a'', current_user, ''ab ''])', '@ <> ALL (ARRAY[''a'', current_user])', '@ <> ALL (ARRAY[''a'', NULL, current_user])', '@ = ANY (ARRAY[b, ''a''] COLLATE "C")', '@ = ANY (string_to_array(current_setting(''datestyle'') || '',a,ab'', '',''))',
	'@ = ANY (NULL::text[])', '@ = ANY (string_to_array(left(current_user, 0), '',''))', '@ <> ALL (string_to_array(left(current_user, 0), '',''))', '@ < ANY (ARRAY[''a'', current_user])']));
SELECT * FROM differences('int4s', ARRAY['a = ANY (ARRAY[1, length(current_user), -1])', 'a <> ALL (ARRAY[1, length(current_user)]::bigint[])', 'a IN (length(current_user), NULL)', 'a = ANY (ARRAY[b, 1])', 'a = ANY (ARRAY[[1, length(current_user)], [0, -1]])', 'a::numeric = ANY (ARRAY[1.0, length(current_user)])',
	'a = ANY (ARRAY[1 / (length(current_user) - length(current_user)), 1])', 'b = 0 OR a = ANY (ARRAY[1 / (length(current_user) - length(current_user)), 1])', 'a = ANY ((SELECT array_agg(b) FROM int4s WHERE b < 5)::int[])']);
SELECT * FROM differences('cents', ARRAY['a = ANY (ARRAY[1.00, length(current_user), 0.5])', 'a <> ALL (ARRAY[1.000, length(current_user)])', 'a = ANY (ARRAY[1e45, length(current_user)])']);
-- Rows
SELECT t, d.* FROM unnest('{int4s,float8s,loose,stamps}'::text[]) t, differences(t, ARRAY['(a, b) < (b, a)', '(a, b) <= (b, a)', '(a, b, id) > (b, a, 7)', '(a, id) >= (b, 20)', '(a, b) = (b, a)', '(a, b) <> (b, a)', '(a, b) IS DISTINCT FROM (b, a)', '(a, id / (id - 5)) < (b, 1)']) d;
SELECT * FROM differences('strings', for_columns('{a,i,p}', ARRAY['(@, n) < (''ab'', 3)', '(@, n::bigint) >= (''abc'', id)', '(n, @) > (3, ''e'')']));
-- Truth
SELECT * FROM differences('int4s', ARRAY['a::bool', '(a > b)::int', '(a > b)::int + 1', 'a::bool::text']);
-- Rows that are not next to each other any more
SELECT * FROM differences('(SELECT * FROM strings WHERE n <> 3) s', ARRAY['a LIKE ''%a%''', 'c ILIKE ''%B%''', 'a NOT LIKE ''%e%s%''']);

-- What is behind a condition is not evaluated, and NULLs end nothing
SELECT * FROM differences('int4s', ARRAY['CASE WHEN b <> 0 THEN a::int8 / b END', 'b = 0 OR a::int8 / b > 1', 'b <> 0 AND a::int8 / b > 1', 'coalesce(b, a::int8 / nullif(b, 0))', 'CASE a WHEN 1 THEN b WHEN 2 THEN -1 ELSE NULL END',
	'(a > b) IS TRUE', '(a > b) IS NOT TRUE', '(a > b) IS FALSE', '(a > b) IS NOT FALSE', '(a > b) IS UNKNOWN', '(a > b) IS NOT UNKNOWN', 'NOT (a > b)', 'a > b AND NULL', 'a > b OR NULL', '(a > 1) = (b > 1)', '(a > 1) < (b > 1)',
	'(a > 1) IS DISTINCT FROM (b > 1)', 'nullif(a > 1, b > 1)', 'greatest(a > 1, b > 1)', 'nullif(a::int8, b)', 'a IS NULL', 'a IS NOT NULL', 'greatest(a, b::int8, 1.5)', 'least(a::int8, NULL)']);
-- Functions without a kernel: arrays are not written to by the next function
SELECT * FROM differences('int4s', ARRAY['array_append(array_append(ARRAY[a], b), 1)', 'array_length(array_append(ARRAY[a], b), 1)', 'random() < 2', 'a BETWEEN SYMMETRIC b AND 7', 'width_bucket(a, 0, 10, 5)', 'num_nulls(a, b)', 'ARRAY[a, b] = ARRAY[b, a]', 'ROW(a, b) < ROW(b, a)']);
SELECT count(*), count(DISTINCT x), count(DISTINCT y) FROM (SELECT array_append(s, 1) AS x, array_append(s, 2) AS y FROM (SELECT array_append(ARRAY[a], b) AS s FROM int4s GROUP BY a, b OFFSET 0) s) s;
DROP FUNCTION answer, in_engine, differences, pairs, for_columns;
DROP TABLE int2s, int4s, int8s, float4s, float8s, cents, wide, loose, dates, stamps, moments, times, spans, mixed, strings;
