-- The translator against statements that are damaged or made up: it ends, in time that grows
-- with the text, with a translation or an error.
CREATE TABLE fuzz (a int, b text, c jsonb);
INSERT INTO fuzz VALUES (1, 'x', '{"k": [1, {"l": 2}]}'), (2, 'y', NULL);
CREATE TABLE seeds (sql text);
INSERT INTO seeds VALUES
	('select top 2 a , b as n , n || 1 as m from fuzz t where 1 and a between 0 and 1 order by a desc'),
	('with w ( a , b ) as ( select a , b from fuzz ) select * exclude ( b ) from w minus ( select a from fuzz )'),
	('select a , count ( * ) from fuzz , ( select 1 ) where fuzz . a = 1 group by all having 1 qualify rank ( ) over ( order by a ) = 1 limit 3'),
	('select * from ( select a , b from fuzz ) pivot ( max ( a ) as top for b in ( ''x'' , ''y'' as z ) ) as p , #t'),
	('select * from fuzz unpivot include nulls ( v for n in ( a , a as "Q" ) ) u where u . v = 1'),
	('select t . a , u . b from fuzz t , fuzz u where t . a = u . a (+) and u . b (+) = ''x'''),
	('select a , level from fuzz e start with a = 1 connect by nocycle prior e . a = e . a + 1 and level < 3'),
	('select t . c . k [ 1 ] . l :: varchar , v . l from fuzz t , t . c . k as v at i , unpivot t . c as o at k'),
	('insert into fuzz ( a ) select dateadd ( month , 1 , sysdate ) , decode ( a , 1 , 2 , null , 3 , 4 ) , nvl2 ( a , b , c ) from fuzz'),
	('select listagg ( distinct b , '','' ) within group ( order by a desc ) over ( partition by b ) , approximate count ( distinct a ) from fuzz'),
	('select lag ( a ) ignore nulls over ( order by a ) , extract ( year from d ) , convert ( int , a ) , cast ( a as varchar ( max ) ) from fuzz'),
	('update fuzz set a = a + 1 from ( select 1 as x ) where x = 1 ; delete from fuzz using fuzz u where u . a = 1 ; select 1'),
	('create table t2 ( a int distkey sortkey encode az64 , b varchar ( max ) default ''x'' ) diststyle key sortkey ( a , b ) backup no'),
	('merge into fuzz using ( select 1 as x ) s on a = x when matched then update set b = 1 when not matched then insert values ( 1 )'),
	('copy fuzz ( a , b ) from ''s3://b/k'' iam_role default csv delimiter '','' ; unload ( ''select 1'' ) to ''s3://b/'' parquet ; show tables from schema x');

-- Words are dropped, doubled, swapped, taken from another statement or cut short.
CREATE FUNCTION damaged(sql text, other text) RETURNS text AS $$
DECLARE
	words text[] := string_to_array(sql, ' ');
	others text[] := string_to_array(other, ' ');
	n int;
	at int;
BEGIN
	FOR i IN 1 .. 1 + floor(random() * 4) LOOP
		n := cardinality(words);
		at := 1 + floor(random() * n);
		CASE floor(random() * 5)
			WHEN 0 THEN words := words[:at - 1] || words[at + 1:];
			WHEN 1 THEN words := words[:at] || words[at:];
			WHEN 2 THEN words := words[:at - 1] || words[at + 1:at + 1] || words[at:at] || words[at + 2:];
			WHEN 3 THEN words := words[:at] || others[1 + floor(random() * cardinality(others)):][:1 + floor(random() * 6)] || words[at + 1:];
			ELSE words := words[:at];
		END CASE;
	END LOOP;
	RETURN array_to_string(words, ' ');
END $$ LANGUAGE plpgsql;

SELECT setseed(0.25);
SET statement_timeout = '20s';
SET client_min_messages = error;
-- How many come to an end; deferred ones are analysed, whatever comes of it.
DO $$
DECLARE
	seeds text[] := ARRAY(SELECT sql FROM seeds);
	given text;
	got text;
	ended int := 0;
BEGIN
	FOR i IN 1 .. 3000 LOOP
		given := damaged(seeds[1 + i % cardinality(seeds)], seeds[1 + floor(random() * cardinality(seeds))]);
		BEGIN
			got := redshift.translate(given);
			IF i % 6 = 0 THEN
				EXECUTE format('EXPLAIN SELECT redshift.deferred(%L)', given);
			END IF;
		EXCEPTION WHEN query_canceled OR internal_error THEN
			RAISE EXCEPTION 'on %: %', given, sqlerrm;
		WHEN OTHERS THEN
			NULL;
		END;
		ended := ended + 1;
	END LOOP;
	IF ended <> 3000 THEN
		RAISE EXCEPTION '% came to an end', ended;
	END IF;
END $$;

-- Any bytes
DO $$
DECLARE
	given text;
BEGIN
	FOR i IN 1 .. 1000 LOOP
		given := (SELECT string_agg(substr('();,.[]+-*/<>=#$:''"\ a1_select from where', 1 + floor(random() * 40 + i * 0)::int, 1 + floor(random() * 2)::int), '')
			FROM generate_series(1, 1 + i % 60));
		BEGIN
			PERFORM redshift.translate(given);
		EXCEPTION WHEN query_canceled OR internal_error THEN
			RAISE EXCEPTION 'on %: %', given, sqlerrm;
		WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
END $$;

-- Long texts: each is a second's work only if time grows with its square.
SET statement_timeout = '5s';
SELECT length(redshift.translate('select ' || repeat('a + ', 100000) || 'a')),
	length(redshift.translate('select ' || repeat('a as b, ', 100000) || 'a from t')),
	length(redshift.translate('select * from ' || repeat('t a, ', 50000) || 't where ' || repeat('a.b = 1 and ', 50000) || 'true')),
	length(redshift.translate(repeat('select 1; ', 50000))),
	length(redshift.translate('select ' || repeat('(', 2000) || 'a' || repeat(')', 2000))),
	length(redshift.translate('select ' || repeat('f(a, [', 2000))),
	length(redshift.translate('select 1 where ' || repeat('1 and a between 1 and 2 or ', 30000) || 'true')),
	length(redshift.translate(repeat('select 1 minus ', 20000) || 'select 1')),
	length(redshift.translate('select 1 from pg_class where a in (' || repeat('pg_catalog.pg_class.oid, ', 30000) || '1)')),
	length(redshift.translate('select ' || repeat('case when a then b else ', 10000) || 'c' || repeat(' end', 10000)));
-- Queries that ask the catalog, in each other
DO $$
DECLARE
	query text := 'select 1 as a';
	answer int;
BEGIN
	FOR i IN 1 .. 40 LOOP
		query := format('select a * 1 as b, b + 0 as a from (select * exclude (c) from (select a, 1 as c from (%s)) qualify rank() over (order by a) = 1)', query);
		query := format('select v as a from (%s) unpivot (v for n in (b))', query);
	END LOOP;
	EXECUTE format('SELECT redshift.deferred(%L)', query) INTO answer;
	IF answer IS DISTINCT FROM 1 THEN
		RAISE EXCEPTION '%', answer;
	END IF;
END $$;
-- What grows is bounded; so is depth.
\set VERBOSITY sqlstate
SELECT redshift.translate('select ' || repeat('decode(', 60) || 'a' || repeat(', b, 1, c, 2)', 60));
SELECT length(redshift.translate(repeat('select (', 100000)));
SELECT length(redshift.translate('select ' || repeat('f(', 100000) || repeat(')', 100000)));
RESET statement_timeout;
RESET client_min_messages;
DROP FUNCTION damaged;
DROP TABLE fuzz, seeds;
