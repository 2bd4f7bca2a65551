-- Redshift's functions of dates and times: the manual's examples, limits, and the engine's kernels.
SET search_path = redshift, pg_catalog, public;
SET datestyle = 'ISO, MDY';
SET intervalstyle = 'postgres';
SET timezone = 'UTC';
SET max_parallel_workers_per_gather = 0;

-- DATEADD: months end at the last day, and are not kept there
SELECT redshift.dateadd('month', 1, '2005-01-31') AS short, redshift.dateadd('month', 1, date '2005-02-28') AS back,
	redshift.dateadd('day', 30, date '2008-11-01') AS days, redshift.dateadd('m', 30, timestamp '2008-01-01 00:00') AS minutes,
	redshift.dateadd('month', 18, '2008-02-28') AS months, redshift.dateadd('qtr', -1, '2008-05-31') AS quarter,
	redshift.dateadd('WEEKS', 2, date '2008-02-16') AS weeks, redshift.dateadd('mil', 1, '0999-02-03') AS millennium;
SELECT redshift.dateadd('day', 1.9, date '2008-01-01') AS cut, redshift.dateadd('day', -1.9::float8, date '2008-01-01') AS cut_back,
	redshift.dateadd('day', 1::int2, date '2008-01-01') AS int2, redshift.dateadd('second', 3000000000, '2000-01-01') AS int8,
	redshift.dateadd('day', NULL, date '2008-01-01') AS null_n, redshift.dateadd('day', 1, 'infinity'::timestamp) AS infinite;
SELECT redshift.dateadd('minute', 5, time '00:00:00.5') AS time, redshift.dateadd('hr', -25, time '01:00') AS round_the_clock,
	redshift.dateadd('hour', 13, timetz '13:10:34-05') AS timetz;
-- A year after the 29th of February is the 1st of March
SELECT redshift.dateadd('year', 1, date '2024-02-29') AS year, redshift.dateadd('y', 4, timestamp '2024-02-29 08:00') AS leap, redshift.dateadd('decade', -1, '2024-02-29') AS decade,
	redshift.dateadd('qtr', 4, date '2024-02-29') AS quarters, redshift.dateadd('month', 12, date '2024-02-29') AS months, redshift.add_months(date '2024-02-29', 12) AS add_months;
SELECT redshift.dateadd('month', 2, date '294276-12-01');
SELECT redshift.dateadd('year', 9000000000000000000, date '2000-01-01');
SELECT redshift.dateadd('dow', 1, date '2000-01-01');
SELECT redshift.dateadd('fortnight', 1, date '2000-01-01');
SELECT redshift.dateadd('day', 1, time '01:00');
-- A day is a day of the time zone
SET timezone = 'America/New_York';
SELECT redshift.dateadd('day', 1, timestamptz '2021-03-13 12:00') AS day, redshift.dateadd('hour', 24, timestamptz '2021-03-13 12:00') AS hours,
	redshift.datediff('day', timestamptz '2021-03-13 12:00', timestamptz '2021-03-14 00:00') AS days;
SET timezone = 'UTC';

-- DATEDIFF counts beginnings
SELECT redshift.datediff('week', '2009-01-01', '2009-12-31') AS weeks, redshift.datediff('hour', '2023-01-01', '2023-01-03 05:04:03') AS hours,
	redshift.datediff('days', 'Jun 1,2008 09:59:59 EST', 'Jul 4,2008 09:59:59 EST') AS days, redshift.datediff('year', date '2008-12-31', date '2009-01-01') AS year,
	redshift.datediff('hour', timestamp '2009-01-01 08:30', '2009-01-01 10:00') AS hour, redshift.datediff('qtr', '1998-07-01', timestamp '2011-03-28') AS quarters,
	redshift.datediff('month', date '2009-01-31', date '2008-12-01') AS back;
SELECT redshift.datediff('w', date '2022-01-01', date '2022-01-02') AS saturday_sunday, redshift.datediff('w', date '2022-01-02', date '2022-01-03') AS sunday_monday,
	redshift.datediff('decade', date '1999-12-31', date '2000-01-01') AS decade, redshift.datediff('century', date '2000-12-31', date '2001-01-01') AS century,
	redshift.datediff('mil', date '1999-12-31', date '2000-12-31') AS millennium, redshift.datediff('us', timestamp '1999-12-31', timestamp '2000-01-01') AS micros,
	redshift.datediff('s', timestamp '1999-12-31 23:59:59.9', timestamp '2000-01-01 00:00:00.1') AS second;
SELECT redshift.datediff('hour', time '08:30', time '10:00') AS time, redshift.datediff('minute', timetz '20:00:00 PST', timetz '02:00:00 EST') AS timetz,
	redshift.datediff('day', NULL::date, date '2000-01-01') AS null_date;
SELECT redshift.datediff('day', time '08:30', time '10:00');
SELECT redshift.datediff('epoch', date '2000-01-01', date '2000-01-02');
SELECT redshift.datediff('day', date '2000-01-01', time '10:00');
SELECT redshift.datediff('day', date '2000-01-01', 'infinity'::date);

-- DATE_PART has the fraction, EXTRACT only that part
SELECT name, redshift.date_part(name, timestamp '2009-09-21 11:10:03.189717') AS date_part, redshift.extract(name, timestamp '2009-09-21 11:10:03.189717') AS extract
	FROM unnest('{sec,ms,microsecs,m,hr,d,W,mon,qtr,y,dec,c,mil,weekday,dy,epoch}'::text[]) name;
SELECT redshift.extract('century', timestamp '2000-12-16 12:21:13') AS c20, redshift.extract('century', timestamp '2001-12-16 12:21:13') AS c21,
	redshift.extract('decade', timestamp '1999-02-16 20:38:40') AS d200, redshift.extract('decade', timestamp '2000-02-16 20:38:40') AS d201,
	redshift.extract('decade', date '2010-02-16') AS d202, redshift.extract('minute', time '20:03:00') AS time, redshift.extract('epoch', timetz '00:01:00+00') AS timetz,
	redshift.extract('hours', interval '1 day 02:03') AS of_interval, redshift.extract('timezone_hour', timestamptz '1997-05-19 13:05:06-04') AS zone;
SELECT pg_typeof(redshift.extract('year', now())) AS of_moment, pg_typeof(redshift.extract('year', date '2000-01-01')) AS of_date, redshift.date_part_year('20220502') AS year,
	redshift.pgdate_part('w', '20080502') AS week, redshift.date_part('w', '2008-05-02 08:09') AS literal;
SELECT redshift.extract('fortnight', timestamp '2000-01-01');
SELECT redshift.deferred('select extract(epoch from timestamp ''9999-12-31 00:00:00.5''), extract(''epoch'' from date ''2038-01-20'') * 1000 as ms, extract(epoch from time ''00:01:02.9'') as t, extract(epoch from timestamptz ''1970-01-01 00:00:01.5+00'') as tz');
SELECT redshift.date_trunc('week', date '2008-06-05') AS week, redshift.date_trunc('qtrs', '20200430 04:05:06.789') AS quarter, redshift.date_trunc('min', time '11:22:33') AS minute,
	redshift.date_trunc('month', timestamptz '2008-06-05 01:02') AS moment, redshift.date_trunc('d', timestamptz '2008-06-05 01:02+00', 'US/Pacific') AS zone;

-- Months and days
SELECT redshift.add_months('2008-04-30', 1) AS last_to_last, redshift.add_months(date '2008-03-31', 1) AS clipped, redshift.add_months(timestamp '2008-02-29 10:00', -12) AS back,
	redshift.add_months('2008-02-28', 1) AS not_last, redshift.last_day('2004-01-05') AS last, redshift.last_day(timestamp '2024-02-05 10:00') AS leap;
SELECT redshift.next_day('2014-08-20', 'Tuesday') AS tuesday, redshift.next_day(date '2014-08-20', 'wed') AS same_day, redshift.next_day(timestamp '2014-08-20 10:00', 'Th') AS after,
	redshift.next_day('2014-08-20', 'm') AS monday, redshift.next_day('2014-08-20', 'SUNDAY') AS sunday;
SELECT redshift.next_day('2014-08-20', 's');
SELECT redshift.months_between('1969-01-18', '1969-03-18') AS whole, redshift.months_between('2008-02-29', '2008-01-31') AS last_days,
	redshift.months_between('2008-01-01 12:00', '2007-11-05') AS rest, redshift.months_between(NULL, '2007-11-05') AS null_date;
SELECT redshift.interval_cmp('3 days', '1 year') AS less, redshift.interval_cmp('365 days', '1 year') AS same, redshift.interval_cmp('1 mon', '29 days') AS more;
SELECT date_cmp('2008-01-24', '2008-01-18') AS date, timestamp_cmp('2008-01-24 06:43:29', '2008-01-24 06:43:29') AS timestamp,
	date_cmp_timestamp('2008-06-18', '2008-06-18 00:00:01') AS mixed, timestamptz_cmp_date('2008-06-18 01:00+00', '2008-06-18') AS zoned;

-- Zones
SELECT redshift.convert_timezone('EST', '2008-08-21 07:23:54') AS abbreviation, redshift.convert_timezone('America/New_York', timestamp '2008-08-21 07:23:54') AS name,
	redshift.convert_timezone('EST', 'PST', '20080305 12:25:29') AS two, redshift.convert_timezone('GMT', 'NEWZONE +2', '2014-05-17 12:00:00') AS posix,
	redshift.convert_timezone('US/Pacific', timestamptz '2008-08-21 07:23:54+00') AS moment;
SELECT redshift.convert_timezone('Nowhere', timestamp '2008-08-21 07:23:54');

-- Fields out of range go over into the next, unless the call is strict
SELECT redshift.to_date('20010631', 'YYYYMMDD') AS rolled, redshift.to_date('20010631', 'YYYYMMDD', false) AS lenient, redshift.to_date('02 Oct 2001', 'DD Mon YYYY') AS date,
	redshift.to_date(20240131, 'YYYYMMDD') AS number, redshift.to_timestamp('2021-13-40', 'YYYY-MM-DD') AS two, redshift.to_timestamp('2011-12-18 24:38:65.5', 'YYYY-MM-DD HH24:MI:SS.MS') AS fraction,
	redshift.to_timestamp('2011-12-18 23:38:15', 'YYYY-MM-DD HH24:MI:SS', true) AS strict, redshift.to_date(NULL, 'YYYY') AS "null";
SELECT redshift.to_date('20010631', 'YYYYMMDD', true);
SELECT redshift.to_timestamp('2021-13-40', 'YYYY-MM-DD', true);
SELECT redshift.to_date('31 Jun 2001', 'DD Mon YYYY');
SELECT redshift.to_date('xx', 'YYYY');

-- Now
BEGIN;
SELECT redshift.getdate() = date_trunc('second', statement_timestamp()::timestamp) AS getdate, redshift.sysdate() = localtimestamp AS sysdate, pg_typeof(redshift.getdate());
CREATE TEMP TABLE noted (a int, at timestamp DEFAULT redshift.getdate());
INSERT INTO noted VALUES (1);
SELECT at BETWEEN redshift.sysdate() - interval '1 s' AND clock_timestamp()::timestamp AS noted FROM noted;
ROLLBACK;

-- What is inlined, and what has kernels, is the engine's; both executors agree
CREATE TABLE moments (id int, n int, d date, ts timestamp, tz timestamptz, t time) USING redshift;
INSERT INTO moments SELECT i, i * 7919 % 2001 - 1000, date '1899-12-25' + i * 37, timestamp '1999-12-31 23:59:59.999999' + i * interval '3 days 7 hours 11.000007 s',
	'2020-01-01'::timestamptz + i * interval '5 hours', time '00:00' + i * interval '13.5 s' FROM generate_series(-1500, 1500) i;
INSERT INTO moments VALUES (2000, NULL, NULL, NULL, NULL, NULL), (2001, 1, '0001-01-01 BC', '4713-01-01 BC', '-infinity', '24:00'), (2002, 1, 'infinity', 'infinity', 'infinity', '00:00');
EXPLAIN (VERBOSE, COSTS OFF) SELECT max(redshift.dateadd('month', n, d)), max(redshift.datediff('week', d, ts)), sum(redshift.extract('year', d)),
	max(redshift.date_part('dow', ts)), max(redshift.date_trunc('mon', d)), max(redshift.last_day(ts)), max(redshift.convert_timezone('EST', ts)), max(redshift.nvl(n, 0)) FROM moments;
CREATE FUNCTION public.answers(expressions text[], condition text DEFAULT 'true') RETURNS TABLE (expression text, engine text) LANGUAGE plpgsql AS $$
DECLARE
	source text;
	row_executor text;
BEGIN
	FOREACH expression IN ARRAY expressions LOOP
		source := format('SELECT count(*) || '' '' || md5(string_agg(id || coalesce(''='' || v, '' is null''), '','' ORDER BY id))
			FROM (SELECT id, (%s)::text AS v FROM moments WHERE %s GROUP BY 1, 2) s', expression, condition);
		SET LOCAL redshift.enable_vector = on;
		EXECUTE source INTO engine;
		SET LOCAL redshift.enable_vector = off;
		EXECUTE source INTO row_executor;
		IF engine IS DISTINCT FROM row_executor THEN
			engine := format('%s, should be %s', engine, row_executor);
			RETURN NEXT;
		END IF;
	END LOOP;
END $$;
SELECT * FROM public.answers(ARRAY['redshift.dateadd(''month'', n, d)', 'redshift.dateadd(''day'', n, d)', 'redshift.dateadd(''qtr'', n, ts)', 'redshift.dateadd(''s'', n, ts)',
	'redshift.dateadd(''dec'', 1, ts)', 'redshift.dateadd(''hr'', n, t)', 'redshift.dateadd(''day'', n, tz)', 'redshift.dateadd(CASE WHEN n > 0 THEN ''y'' ELSE ''d'' END, n, d)',
	'redshift.add_months(d, n)', 'redshift.add_months(ts, 1)', 'redshift.last_day(d)', 'redshift.last_day(ts)', 'redshift.date_trunc(''w'', d)', 'redshift.date_trunc(''mons'', tz)']);
SELECT * FROM public.answers(ARRAY['redshift.datediff(''week'', d, ts)', 'redshift.datediff(''mon'', ts, d)', 'redshift.datediff(''y'', d, d)', 'redshift.datediff(''c'', d, ts)',
	'redshift.datediff(''ms'', ts, d)', 'redshift.datediff(''min'', time ''12:00'', t)', 'redshift.datediff(''day'', tz, ts)', 'redshift.extract(''sec'', ts)', 'redshift.extract(''us'', ts)',
	'redshift.extract(''dec'', d)', 'redshift.date_part(''dw'', d)', 'redshift.date_part(''mil'', ts)', 'redshift.months_between(ts, d)', 'redshift.next_day(d, ''Fri'')'], 'isfinite(ts) AND isfinite(tz)');
SELECT count(redshift.datediff('day', d, ts)) FROM moments;
-- Only the rows that are asked for may fail
SELECT sum(CASE WHEN isfinite(d) THEN redshift.datediff('day', d, ts) END) FROM moments;
DROP TABLE moments;
DROP FUNCTION public.answers;
