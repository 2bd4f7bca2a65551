-- Words that have a meaning of Redshift's in expressions.

-- Which functions are Redshift's is no matter here.
CREATE FUNCTION translated(sql text) RETURNS text AS $$ SELECT replace(redshift.translate(sql), 'redshift.', '') $$ LANGUAGE sql;

-- Parts of dates as bare words
SELECT translated('select dateadd(month, 1, d), DATEDIFF ( day , a, b), date_part(dow, d), date_trunc(''week'', d), datediff(mons, a, dateadd(yr, -1, b))');
SELECT translated('select extract(epoch from ts), extract(''year'' from ts), extract(nothing from ts), dateadd("month", 1, d), dateadd(month)');
SELECT redshift.deferred('select dateadd(month, 1, ''2005-01-31'') as a, datediff(qtr, ''1998-07-01'', ''1998-12-31'') as b, extract(year from timestamp ''2009-09-09'') as c');

-- Functions with a syntax of their own
SELECT translated('select decode(a, 1, ''one'', 2, ''two'', ''many''), decode(a, null, 0, b, 1), decode(a, ''x'', 1, c, 2, 3), decode(x, ''hex''), decode(a, -1, 0)');
SELECT translated('select nvl(a, b, 0), nvl2(a, b, decode(c, 1, 2)), convert(integer, a + 1), convert(decimal(10, 2), x), convert(a, b, c)');
SELECT translated('select array(1, ''a'', array()), array(select 1), array[1], object_transform(o keep ''"a"'', ''"b"."c"'' set ''"d"'', 1, ''"e"'', x), object_transform(o)');
SELECT translated('select substring(a from 2 for 3), substring(a, 2), trim(both from a), position(''a'' in b), overlay(a placing b from 1)');
SELECT redshift.deferred('select decode(null, null, ''n'', 1, ''one''), nvl2(1, ''a'', ''b''), convert(varchar, 5) as c from (select 1)');

-- Types in casts
SELECT translated('select a::varchar(max), b :: super, cast(a as varbyte(10)), cast(x + 1 as nvarchar(5)), convert(datetime, a), a::character varying, cast(a as text), a::int[], a::"char", a::binary varying(3) from t');

-- Bare words
SELECT translated('select sysdate, trunc(sysdate), t.sysdate, a sysdate, 1 as sysdate from t');
SELECT translated('select 1 from t where d < sysdate - 1');

-- Numbers as conditions
SELECT translated('select 1 from t where 1 and a = 1 or 0 and not 1');
SELECT translated('select 1 from t join u on 1 where x between 0 and 1 and y in (1) and (1) group by a having 1 order by 1 limit 1');
SELECT translated('select a and 1, case when 1 then 2 end where (1 and (a between b and 1 or 1))');

-- Set operations
SELECT translated('select 1 minus select 2 minus (select 3) MINUS ALL select a minus from t where a = minus (1)');

-- Aggregates and window functions
SELECT translated('select approximate count(distinct a), approximate percentile_disc(0.5) within group (order by x desc), approximate from t');
SELECT translated('select listagg(a), listagg(distinct a, '', '') within group (order by b desc, c) from t');
SELECT translated('select listagg(a, '','') within group (order by b desc nulls last, f(c, d)) over (partition by e), listagg(distinct a) over (), listagg(a) over ()');
SELECT translated('select percentile_cont(0.25) within group (order by x), percentile_cont(0.5) within group (order by x desc) over (partition by y), percentile_disc(0.5)');
SELECT translated('select lag(a) ignore nulls over (order by b), first_value(a ignore nulls) over w, nth_value(a, 2) respect nulls over w, last_value(a) over w, lead(a, 2) over w');
DROP FUNCTION translated;
