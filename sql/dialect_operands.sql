-- What operators and conditions mean by what stands beside them
CREATE FUNCTION translated(text) RETURNS text LANGUAGE sql AS 'SELECT redshift.translate($1)';
-- + of strings concatenates; of what may be numbers, dates or intervals it is a sum
SELECT translated('select ''a '' + b + '''' as z, ''x'' + (1 + 2), 1 + (''x'' + y), f(a + 1) + '':'', case when a + 1 > 2 then ''p:'' + b else c + 1 end + d from t where e + ''-'' = g + 1');
SELECT translated('select a + b, a + 1, a + ''1'', d + ''1 day'', d + ''Jan 8 1999'', d + ''tomorrow'', x + ''-Infinity'', a + interval ''day'', a + ''b''::t, ''{}'' || a, + ''a''');
SELECT translated('select case a + 1 when 1 then ''x'' + b end, ''float8 '' + c, (''(1,2)'' + p), ''x'' + case when a then ''y'' end + ''1'' end');
SELECT redshift.deferred('select ''CREATE TABLE '' + quote_ident(nspname) + ''.'' + quote_ident(relname) + '';'' as ddl from pg_class c join pg_namespace n on n.oid = c.relnamespace where relname = ''pg_class''');
SELECT translated('select case when a then ''grant '' + b else '''' end + case when c then d else e end, case a when ''x'' then 1 else 2 end + 1, case when a = ''x'' then ''2020-01-01'' else d end + 1');
-- Numbers, and calls that give some, are conditions
SELECT translated('select case when 1 then 2 when (0) then 3 end, case 1 when 1 then 2 end, case when a then case b when 1 then 2 end when 1 and c then 4 end');
SELECT translated('select case when regexp_instr(a, ''b'') then 1 end from t where len(a) and not strpos(a, ''b'') or (charindex(a, b)) and mod(a, 2) = 1 and x between len(a) and len(b)');
SELECT redshift.deferred('select case when regexp_instr(''abc'', ''b'') then ''found'' end as a, case when len('''') then 1 else 0 end as b where not charindex(''x'', ''abc'')');
-- TRIM takes numbers and dates
SELECT translated('select trim(a), trim(both ''x'' from a), trim(a from b)');
SELECT redshift.deferred('select trim(5) as a, trim(date ''2020-01-01'') as b, trim(''  x '') as c, trim(oid) as d from pg_class where relname = ''pg_class''');
-- Aliases of the list in WHERE, GROUP BY and HAVING; a column of that name comes first
CREATE TABLE aliased (i int, v text);
INSERT INTO aliased VALUES (1, 'a'), (2, 'b'), (3, 'a');
SELECT redshift.deferred('select i * 10 as j, i + 1 as v from aliased where j > 10 and v = ''a''');
SELECT redshift.deferred('select i % 2 as odd, 7 as seven, count(*) as n from aliased where odd = 1 group by odd, seven, coalesce(odd, 0) having n = 2 and seven = 7');
SELECT redshift.deferred('select i + 1 as j from aliased where exists (select 1 where j = 2)');
DROP TABLE aliased;
-- DECIMAL without precision is DECIMAL(18, 0) in casts, too
SELECT redshift.deferred('select 2.5::decimal as a, cast(''2.7'' as numeric) as b, convert(dec, 3.4) as c, 2.25::decimal(5, 1) as d');
DROP FUNCTION translated;
-- GROUPING_ID is GROUPING of several columns
SELECT redshift.deferred('select a, b, grouping_id(a, b), count(*) from (select 1 as a, 2 as b) group by rollup(a, b) order by 3');
-- DATEPART is DATE_PART
SELECT redshift.deferred('select datepart(hour, timestamp ''2020-01-01 10:00'') as a, datepart(''year'', date ''2020-01-01'') as b');
