-- Redshift's functions of dates and times.
--
-- A text argument that stands where a date may is the literal, or varchar, that Redshift takes for
-- a timestamp.  SQL functions are there to be inlined: what is left has kernels of the vector engine.
-- Their bodies are parsed here, so that no search_path gives them another meaning.

CREATE FUNCTION redshift.getdate() RETURNS timestamp
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN pg_catalog.date_trunc('second', pg_catalog.statement_timestamp()::timestamp);
COMMENT ON FUNCTION redshift.getdate() IS 'when the statement began, in whole seconds of the session''s time zone';

CREATE FUNCTION redshift.sysdate() RETURNS timestamp
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN pg_catalog.transaction_timestamp()::timestamp;
COMMENT ON FUNCTION redshift.sysdate() IS 'when the transaction began, in the session''s time zone';

-- internal
CREATE FUNCTION redshift.date_part_alias(part text) RETURNS text
	AS 'MODULE_PATHNAME', 'rs_date_part_alias' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.date_part_alias(text) IS 'what PostgreSQL calls a date part of Redshift''s; another name as it is';

-- DATEADD

CREATE FUNCTION redshift.dateadd(part text, n int8, value timestamp) RETURNS timestamp
	AS 'MODULE_PATHNAME', 'rs_dateadd_timestamp' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.dateadd(text, int8, timestamp) IS 'a time n parts later; months, and what is made of them, end at a month''s last day';
CREATE FUNCTION redshift.dateadd(part text, n int8, value date) RETURNS timestamp
	AS 'MODULE_PATHNAME', 'rs_dateadd_date' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.dateadd(text, int8, date) IS 'a time n parts after the beginning of a day';
CREATE FUNCTION redshift.dateadd(part text, n int8, value timestamptz) RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'rs_dateadd_timestamptz' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.dateadd(text, int8, timestamptz) IS 'a moment n parts later; days and longer parts are those of the session''s time zone';
CREATE FUNCTION redshift.dateadd(part text, n int8, value time) RETURNS time
	AS 'MODULE_PATHNAME', 'rs_dateadd_time' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.dateadd(text, int8, time) IS 'a time of day n parts later, around the clock; parts up to hours';
CREATE FUNCTION redshift.dateadd(part text, n int8, value timetz) RETURNS timetz
	AS 'MODULE_PATHNAME', 'rs_dateadd_timetz' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.dateadd(text, int8, timetz) IS 'a time of day n parts later, around the clock; parts up to hours';
CREATE FUNCTION redshift.dateadd(part text, n int8, value text) RETURNS timestamp
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, $2, $3::timestamp);
COMMENT ON FUNCTION redshift.dateadd(text, int8, text) IS 'a time, as text, n parts later';

-- The same of a number with a fraction, which is cut off.
CREATE FUNCTION redshift.dateadd(part text, n float8, value timestamp) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, pg_catalog.trunc($2)::int8, $3);
CREATE FUNCTION redshift.dateadd(part text, n float8, value date) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, pg_catalog.trunc($2)::int8, $3);
CREATE FUNCTION redshift.dateadd(part text, n float8, value timestamptz) RETURNS timestamptz
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, pg_catalog.trunc($2)::int8, $3);
CREATE FUNCTION redshift.dateadd(part text, n float8, value time) RETURNS time
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, pg_catalog.trunc($2)::int8, $3);
CREATE FUNCTION redshift.dateadd(part text, n float8, value timetz) RETURNS timetz
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, pg_catalog.trunc($2)::int8, $3);
CREATE FUNCTION redshift.dateadd(part text, n float8, value text) RETURNS timestamp
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, pg_catalog.trunc($2)::int8, $3::timestamp);

-- An exact match for literals, which PostgreSQL would rather make float8.
CREATE FUNCTION redshift.dateadd(part text, n int4, value timestamp) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, $2::int8, $3);
CREATE FUNCTION redshift.dateadd(part text, n int4, value date) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, $2::int8, $3);
CREATE FUNCTION redshift.dateadd(part text, n int4, value timestamptz) RETURNS timestamptz
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, $2::int8, $3);
CREATE FUNCTION redshift.dateadd(part text, n int4, value time) RETURNS time
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, $2::int8, $3);
CREATE FUNCTION redshift.dateadd(part text, n int4, value timetz) RETURNS timetz
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, $2::int8, $3);
CREATE FUNCTION redshift.dateadd(part text, n int4, value text) RETURNS timestamp
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.dateadd($1, $2::int8, $3::timestamp);

-- DATEDIFF

CREATE FUNCTION redshift.datediff(part text, a timestamp, b timestamp) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_datediff_timestamp' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.datediff(text, timestamp, timestamp) IS 'beginnings of a part after a, up to b; weeks begin on Sunday';
CREATE FUNCTION redshift.datediff(part text, a date, b date) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_datediff_date' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.datediff(text, date, date) IS 'beginnings of a part after a, up to b; weeks begin on Sunday';
CREATE FUNCTION redshift.datediff(part text, a timestamptz, b timestamptz) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_datediff_timestamptz' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.datediff(text, timestamptz, timestamptz) IS 'beginnings of a part after a, up to b; days and longer parts are those of the session''s time zone';
CREATE FUNCTION redshift.datediff(part text, a time, b time) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_datediff_time' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.datediff(text, time, time) IS 'beginnings of a part after a, up to b; parts up to hours';
CREATE FUNCTION redshift.datediff(part text, a timetz, b timetz) RETURNS int8
	AS 'MODULE_PATHNAME', 'rs_datediff_timetz' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.datediff(text, timetz, timetz) IS 'beginnings of a part after a, up to b, in UTC; parts up to hours';
CREATE FUNCTION redshift.datediff(part text, a text, b text) RETURNS int8
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.datediff($1, $2::timestamp, $3::timestamp);
COMMENT ON FUNCTION redshift.datediff(text, text, text) IS 'the same of times that are given as text';
CREATE FUNCTION redshift.datediff(part text, a timestamp, b text) RETURNS int8
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.datediff($1, $2, $3::timestamp);
CREATE FUNCTION redshift.datediff(part text, a text, b timestamp) RETURNS int8
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.datediff($1, $2::timestamp, $3);

-- DATE_PART: with PostgreSQL's values, but for decades, of which the first began with the year 0.

CREATE FUNCTION redshift.date_part(part text, value timestamp) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE redshift.date_part_alias($1) WHEN 'decade' THEN pg_catalog.date_part('decade', $2) + 1
		ELSE pg_catalog.date_part(redshift.date_part_alias($1), $2) END;
COMMENT ON FUNCTION redshift.date_part(text, timestamp) IS 'a part of a time; seconds with their fraction';
CREATE FUNCTION redshift.date_part(part text, value date) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.date_part($1, $2::timestamp);
COMMENT ON FUNCTION redshift.date_part(text, date) IS 'a part of a date';
CREATE FUNCTION redshift.date_part(part text, value timestamptz) RETURNS float8
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE redshift.date_part_alias($1) WHEN 'decade' THEN pg_catalog.date_part('decade', $2) + 1
		ELSE pg_catalog.date_part(redshift.date_part_alias($1), $2) END;
COMMENT ON FUNCTION redshift.date_part(text, timestamptz) IS 'a part of a moment in the session''s time zone';
CREATE FUNCTION redshift.date_part(part text, value time) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.date_part(redshift.date_part_alias($1), $2);
COMMENT ON FUNCTION redshift.date_part(text, time) IS 'a part of a time of day';
CREATE FUNCTION redshift.date_part(part text, value timetz) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.date_part(redshift.date_part_alias($1), $2);
COMMENT ON FUNCTION redshift.date_part(text, timetz) IS 'a part of a time of day';
CREATE FUNCTION redshift.date_part(part text, value interval) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.date_part(redshift.date_part_alias($1), $2);
COMMENT ON FUNCTION redshift.date_part(text, interval) IS 'a part of an interval';
CREATE FUNCTION redshift.date_part(part text, value text) RETURNS float8
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.date_part($1, $2::timestamp);
COMMENT ON FUNCTION redshift.date_part(text, text) IS 'a part of a time, as text';

CREATE FUNCTION redshift.pgdate_part(part text, value timestamp) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.date_part($1, $2);
CREATE FUNCTION redshift.pgdate_part(part text, value date) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.date_part($1, $2);
CREATE FUNCTION redshift.pgdate_part(part text, value timestamptz) RETURNS float8
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.date_part($1, $2);
CREATE FUNCTION redshift.pgdate_part(part text, value text) RETURNS float8
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.date_part($1, $2);

CREATE FUNCTION redshift.date_part_year(value date) RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.extract('year', $1)::int4;
COMMENT ON FUNCTION redshift.date_part_year(date) IS 'the year of a date';

-- EXTRACT: of seconds and what is shorter only that part, without the others.

CREATE FUNCTION redshift.extract(part text, value timestamp) RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE redshift.date_part_alias($1)
		WHEN 'decade' THEN pg_catalog.date_part('decade', $2)::int4 + 1
		WHEN 'second' THEN pg_catalog.trunc(pg_catalog.date_part('second', $2))::int4
		WHEN 'milliseconds' THEN pg_catalog.trunc(pg_catalog.date_part('milliseconds', $2))::int4 % 1000
		WHEN 'microseconds' THEN pg_catalog.date_part('microseconds', $2)::int4 % 1000
		WHEN 'epoch' THEN pg_catalog.floor(pg_catalog.date_part('epoch', $2))::int4
		ELSE pg_catalog.date_part(redshift.date_part_alias($1), $2)::int4 END;
COMMENT ON FUNCTION redshift.extract(text, timestamp) IS 'a part of a time; of seconds, milliseconds and microseconds that part alone';
CREATE FUNCTION redshift.extract(part text, value date) RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.extract($1, $2::timestamp);
COMMENT ON FUNCTION redshift.extract(text, date) IS 'a part of a date';
CREATE FUNCTION redshift.extract(part text, value timestamptz) RETURNS float8
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE redshift.date_part_alias($1)
		WHEN 'decade' THEN pg_catalog.date_part('decade', $2) + 1
		WHEN 'second' THEN pg_catalog.trunc(pg_catalog.date_part('second', $2))
		WHEN 'milliseconds' THEN (pg_catalog.trunc(pg_catalog.date_part('milliseconds', $2))::int4 % 1000)::float8
		WHEN 'microseconds' THEN (pg_catalog.date_part('microseconds', $2)::int4 % 1000)::float8
		ELSE pg_catalog.date_part(redshift.date_part_alias($1), $2) END;
COMMENT ON FUNCTION redshift.extract(text, timestamptz) IS 'a part of a moment in the session''s time zone';
CREATE FUNCTION redshift.extract(part text, value time) RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE redshift.date_part_alias($1)
		WHEN 'second' THEN pg_catalog.trunc(pg_catalog.date_part('second', $2))::int4
		WHEN 'milliseconds' THEN pg_catalog.trunc(pg_catalog.date_part('milliseconds', $2))::int4 % 1000
		WHEN 'microseconds' THEN pg_catalog.date_part('microseconds', $2)::int4 % 1000
		WHEN 'epoch' THEN pg_catalog.floor(pg_catalog.date_part('epoch', $2))::int4
		ELSE pg_catalog.date_part(redshift.date_part_alias($1), $2)::int4 END;
COMMENT ON FUNCTION redshift.extract(text, time) IS 'a part of a time of day';
CREATE FUNCTION redshift.extract(part text, value timetz) RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE redshift.date_part_alias($1)
		WHEN 'second' THEN pg_catalog.trunc(pg_catalog.date_part('second', $2))::int4
		WHEN 'milliseconds' THEN pg_catalog.trunc(pg_catalog.date_part('milliseconds', $2))::int4 % 1000
		WHEN 'microseconds' THEN pg_catalog.date_part('microseconds', $2)::int4 % 1000
		WHEN 'epoch' THEN pg_catalog.floor(pg_catalog.date_part('epoch', $2))::int4
		ELSE pg_catalog.date_part(redshift.date_part_alias($1), $2)::int4 END;
COMMENT ON FUNCTION redshift.extract(text, timetz) IS 'a part of a time of day';
CREATE FUNCTION redshift.extract(part text, value interval) RETURNS int4
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE redshift.date_part_alias($1)
		WHEN 'second' THEN pg_catalog.trunc(pg_catalog.date_part('second', $2))::int4
		WHEN 'milliseconds' THEN pg_catalog.trunc(pg_catalog.date_part('milliseconds', $2))::int4 % 1000
		WHEN 'microseconds' THEN pg_catalog.date_part('microseconds', $2)::int4 % 1000
		WHEN 'epoch' THEN pg_catalog.floor(pg_catalog.date_part('epoch', $2))::int4
		ELSE pg_catalog.date_part(redshift.date_part_alias($1), $2)::int4 END;
COMMENT ON FUNCTION redshift.extract(text, interval) IS 'a part of an interval';
CREATE FUNCTION redshift.extract(part text, value text) RETURNS int4
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.extract($1, $2::timestamp);
COMMENT ON FUNCTION redshift.extract(text, text) IS 'a part of a time, as text';

-- EXTRACT(EPOCH FROM value), as it is translated: seconds since 1970, also after 2038.

-- internal
CREATE FUNCTION redshift.extract_epoch(value timestamp) RETURNS int8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.floor(pg_catalog.date_part('epoch', value))::int8;
COMMENT ON FUNCTION redshift.extract_epoch(timestamp) IS 'whole seconds since 1970';
-- internal
CREATE FUNCTION redshift.extract_epoch(value date) RETURNS int8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.date_part('epoch', value::timestamp)::int8;
-- internal
CREATE FUNCTION redshift.extract_epoch(value timestamptz) RETURNS float8
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN pg_catalog.date_part('epoch', value);
-- internal
CREATE FUNCTION redshift.extract_epoch(value time) RETURNS int8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.floor(pg_catalog.date_part('epoch', value))::int8;
-- internal
CREATE FUNCTION redshift.extract_epoch(value timetz) RETURNS int8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.floor(pg_catalog.date_part('epoch', value))::int8;
-- internal
CREATE FUNCTION redshift.extract_epoch(value interval) RETURNS int8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.floor(pg_catalog.date_part('epoch', value))::int8;
-- internal
CREATE FUNCTION redshift.extract_epoch(value text) RETURNS int8
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.extract_epoch(value::timestamp);

-- DATE_TRUNC: of a date a timestamp.

CREATE FUNCTION redshift.date_trunc(part text, value timestamp) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.date_trunc(redshift.date_part_alias($1), $2);
COMMENT ON FUNCTION redshift.date_trunc(text, timestamp) IS 'the beginning of a part of a time; weeks begin on Monday';
CREATE FUNCTION redshift.date_trunc(part text, value date) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.date_trunc(redshift.date_part_alias($1), $2::timestamp);
COMMENT ON FUNCTION redshift.date_trunc(text, date) IS 'the beginning of a part of a date';
CREATE FUNCTION redshift.date_trunc(part text, value timestamptz) RETURNS timestamptz
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN pg_catalog.date_trunc(redshift.date_part_alias($1), $2);
COMMENT ON FUNCTION redshift.date_trunc(text, timestamptz) IS 'the beginning of a part of a moment in the session''s time zone';
CREATE FUNCTION redshift.date_trunc(part text, value timestamptz, zone text) RETURNS timestamptz
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN pg_catalog.date_trunc(redshift.date_part_alias($1), $2, $3);
COMMENT ON FUNCTION redshift.date_trunc(text, timestamptz, text) IS 'the beginning of a part of a moment in a time zone';
CREATE FUNCTION redshift.date_trunc(part text, value time) RETURNS time
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.date_trunc(redshift.date_part_alias($1), $2::interval)::time;
COMMENT ON FUNCTION redshift.date_trunc(text, time) IS 'the beginning of a part of a time of day';
CREATE FUNCTION redshift.date_trunc(part text, value interval) RETURNS interval
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.date_trunc(redshift.date_part_alias($1), $2);
COMMENT ON FUNCTION redshift.date_trunc(text, interval) IS 'an interval without what is shorter than a part';
CREATE FUNCTION redshift.date_trunc(part text, value text) RETURNS timestamp
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN pg_catalog.date_trunc(redshift.date_part_alias($1), $2::timestamp);
COMMENT ON FUNCTION redshift.date_trunc(text, text) IS 'the beginning of a part of a time, as text';

-- Months and days

CREATE FUNCTION redshift.add_months(value timestamp, months int8) RETURNS timestamp
	AS 'MODULE_PATHNAME', 'rs_add_months' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.add_months(timestamp, int8) IS 'a time some months later; of a month''s last day the last day';
CREATE FUNCTION redshift.add_months(value date, months int8) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.add_months($1::timestamp, $2);
COMMENT ON FUNCTION redshift.add_months(date, int8) IS 'a date some months later; of a month''s last day the last day';
CREATE FUNCTION redshift.add_months(value timestamptz, months int8) RETURNS timestamp
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.add_months($1::timestamp, $2);
CREATE FUNCTION redshift.add_months(value text, months int8) RETURNS timestamp
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.add_months($1::timestamp, $2);

CREATE FUNCTION redshift.last_day(value date) RETURNS date
	AS 'MODULE_PATHNAME', 'rs_last_day' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.last_day(date) IS 'the last day of the month';
CREATE FUNCTION redshift.last_day(value timestamp) RETURNS date
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.last_day($1::date);
COMMENT ON FUNCTION redshift.last_day(timestamp) IS 'the last day of the month';
CREATE FUNCTION redshift.last_day(value timestamptz) RETURNS date
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.last_day($1::date);
CREATE FUNCTION redshift.last_day(value text) RETURNS date
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.last_day($1::date);

CREATE FUNCTION redshift.next_day(value date, weekday text) RETURNS date
	AS 'MODULE_PATHNAME', 'rs_next_day' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.next_day(date, text) IS 'the first such day of the week after the date';
CREATE FUNCTION redshift.next_day(value timestamp, weekday text) RETURNS date
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN redshift.next_day($1::date, $2);
CREATE FUNCTION redshift.next_day(value timestamptz, weekday text) RETURNS date
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.next_day($1::date, $2);
CREATE FUNCTION redshift.next_day(value text, weekday text) RETURNS date
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN redshift.next_day($1::date, $2);

CREATE FUNCTION redshift.months_between(a timestamp, b timestamp) RETURNS float8
	AS 'MODULE_PATHNAME', 'rs_months_between' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.months_between(timestamp, timestamp) IS 'months from b to a; the rest as a share of 31 days';

CREATE FUNCTION redshift.interval_cmp(a interval, b interval) RETURNS int4
	AS 'MODULE_PATHNAME', 'rs_interval_cmp' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.interval_cmp(interval, interval) IS '-1, 0 or 1; a year has 365 days, a month 30';

-- CONVERT_TIMEZONE: from UTC where no zone is given.

CREATE FUNCTION redshift.convert_timezone(source text, target text, value timestamp) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.timezone($2, pg_catalog.timezone($1, $3));
COMMENT ON FUNCTION redshift.convert_timezone(text, text, timestamp) IS 'the local time in one zone that is a local time in another';
CREATE FUNCTION redshift.convert_timezone(source text, target text, value date) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.timezone($2, pg_catalog.timezone($1, $3::timestamp));
CREATE FUNCTION redshift.convert_timezone(source text, target text, value timestamptz) RETURNS timestamp
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN pg_catalog.timezone($2, pg_catalog.timezone($1, $3::timestamp));
CREATE FUNCTION redshift.convert_timezone(source text, target text, value text) RETURNS timestamp
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN pg_catalog.timezone($2, pg_catalog.timezone($1, $3::timestamp));
CREATE FUNCTION redshift.convert_timezone(target text, value timestamp) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.timezone($1, pg_catalog.timezone('UTC', $2));
COMMENT ON FUNCTION redshift.convert_timezone(text, timestamp) IS 'the local time in a zone that is a time in UTC';
CREATE FUNCTION redshift.convert_timezone(target text, value date) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.timezone($1, pg_catalog.timezone('UTC', $2::timestamp));
CREATE FUNCTION redshift.convert_timezone(target text, value timestamptz) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.timezone($1, $2);
CREATE FUNCTION redshift.convert_timezone(target text, value text) RETURNS timestamp
	LANGUAGE sql STABLE PARALLEL SAFE
	RETURN pg_catalog.timezone($1, pg_catalog.timezone('UTC', $2::timestamp));

-- TO_TIMESTAMP and TO_DATE: fields out of range go over into the next, unless the call is strict.

CREATE FUNCTION redshift.to_timestamp(string text, format text, is_strict bool DEFAULT false) RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'rs_to_timestamp' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.to_timestamp(text, text, bool) IS 'the moment that text of a format tells; not strict, fields out of range go over into the next';
CREATE FUNCTION redshift.to_date(string text, format text, is_strict bool DEFAULT false) RETURNS date
	AS 'MODULE_PATHNAME', 'rs_to_date' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.to_date(text, text, bool) IS 'the date that text of a format tells; not strict, fields out of range go over into the next';
CREATE FUNCTION redshift.to_date(value anyelement, format text) RETURNS date
	AS $$SELECT redshift.to_date($1::text, $2, false)$$ LANGUAGE sql STABLE PARALLEL SAFE;
COMMENT ON FUNCTION redshift.to_date(anyelement, text) IS 'the same of a number, 20240131 for one';
