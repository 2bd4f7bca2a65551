-- Random rows, changes and queries: heap and redshift must agree.  The seed is
-- printed; set redshift_test.seed to repeat a run.
CREATE FUNCTION compare(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE a text; b text;
BEGIN
  EXECUTE format('SELECT md5(string_agg(q::text, E''\n'' ORDER BY q::text)) FROM (%s) q', replace(query, '@', 'dh')) INTO a;
  EXECUTE format('SELECT md5(string_agg(q::text, E''\n'' ORDER BY q::text)) FROM (%s) q', replace(query, '@', 'dr')) INTO b;
  IF a IS DISTINCT FROM b THEN RAISE WARNING 'differs: %', query; RETURN false; END IF;
  RETURN true;
END $$;
CREATE FUNCTION random_predicate() RETURNS text LANGUAGE plpgsql AS $$
DECLARE ops text[] := ARRAY['<', '<=', '=', '>=', '>', '<>'];
  op text := ops[1 + floor(random() * 6)::int]; n int := floor(random() * 1200)::int;
BEGIN
  RETURN CASE floor(random() * 14)::int
    WHEN 0 THEN format('a %s %s', op, n)
    WHEN 1 THEN format('%s %s a', n, op)
    WHEN 2 THEN format('b %s %s::numeric / 10', op, n)
    WHEN 3 THEN format('c %s date ''2020-01-01'' + %s', op, n)
    WHEN 4 THEN format('c %s timestamp ''2020-01-01'' + %s * interval ''1 day''', op, n)
    WHEN 5 THEN format('d LIKE %L', 'k' || n % 40 || '%')
    WHEN 6 THEN format('d %s %L', op, 'k' || n % 400)
    WHEN 7 THEN format('a IN (%s, %s, NULL, %s)', n, n + 1, n * 2)
    WHEN 8 THEN format('a BETWEEN %s AND %s', n, n + 50)
    WHEN 9 THEN (ARRAY['a IS NULL', 'b IS NOT NULL', 'd IS NULL', 'g', 'NOT g', 'g IS NOT TRUE'])[1 + n % 6]
    WHEN 10 THEN format('e %s %s::float8 / 7', op, n)
    WHEN 11 THEN format('f %s %L', op, 'c' || n % 30)
    WHEN 12 THEN format('a = ANY (ARRAY(SELECT generate_series(%s, %s)))', n, n + 3)
    ELSE format('a %s %s::bigint AND b %s %s', op, n, op, n / 10) END;
END $$;
DO $$
DECLARE
  seed float8 := coalesce(nullif(current_setting('redshift_test.seed', true), '')::float8, 0.42);
  keys text[] := ARRAY['', 'sortkey=''a''', 'sortkey=''c, a''', 'sortkey=''d''', 'sortkey=''a, c, e'', sortstyle=interleaved', 'sortkey=''b'', encode=''a delta, b mostly16, c runlength, d text255, e raw'''];
  bad int := 0; cases int := 0; opt text; stmt text;
BEGIN
  RAISE NOTICE 'seed %', seed;
  PERFORM setseed(seed);
  FOREACH opt IN ARRAY keys LOOP
    CREATE TABLE dh (a int, b numeric(10,2), c date, d text COLLATE "C", e float8, f char(6), g bool);
    EXECUTE 'CREATE TABLE dr (LIKE dh) USING redshift' || CASE WHEN opt <> '' THEN ' WITH (' || opt || ')' ELSE '' END;
    FOR round IN 1..6 LOOP
      CREATE TEMP TABLE batch AS SELECT nullif(floor(random() * 1200)::int, 7) a, nullif(round((random() * 120)::numeric, 2), 5) b, date '2020-01-01' + floor(random() * 1200)::int c,
        nullif('k' || floor(random() * 400)::int, 'k9') d, random() * 170 e, ('c' || floor(random() * 30)::int)::char(6) f, random() < 0.5 g
        FROM generate_series(1, (ARRAY[1, 30, 500, 9000, 20000, 3])[round]);
      INSERT INTO dh SELECT * FROM batch;
      INSERT INTO dr SELECT * FROM batch;
      DROP TABLE batch;
      IF round % 2 = 0 THEN
        stmt := random_predicate();
        EXECUTE format('DELETE FROM dh WHERE %s AND a %% 3 = 0', stmt);
        EXECUTE format('DELETE FROM dr WHERE %s AND a %% 3 = 0', stmt);
        stmt := random_predicate();
        EXECUTE format('UPDATE dh SET a = a + 1, d = d || ''x'' WHERE %s AND a %% 5 = 0', stmt);
        EXECUTE format('UPDATE dr SET a = a + 1, d = d || ''x'' WHERE %s AND a %% 5 = 0', stmt);
      END IF;
      FOR i IN 1..30 LOOP
        cases := cases + 1;
        IF NOT compare(format('SELECT * FROM @ WHERE %s', random_predicate())) THEN bad := bad + 1; END IF;
        IF NOT compare(format('SELECT count(*), sum(a), sum(b), min(c), max(d), count(e) FROM @ WHERE %s AND %s', random_predicate(), random_predicate())) THEN bad := bad + 1; END IF;
        IF NOT compare(format('SELECT f, count(*), avg(b) FROM @ WHERE %s GROUP BY f', random_predicate())) THEN bad := bad + 1; END IF;
      END LOOP;
      IF NOT compare('SELECT x.a, y.b FROM @ x JOIN @ y ON x.a = y.a AND x.c = y.c') THEN bad := bad + 1; END IF;
    END LOOP;
    DROP TABLE dh, dr;
  END LOOP;
  RAISE NOTICE '% cases, % differ', cases * 3, bad;
END $$;
DROP FUNCTION compare(text), random_predicate();
