-- Blocks with few distinct values are evaluated by value: filters, projections, groups, keys of joins.
CREATE TABLE coded (id int, flag char(1), mode char(10), t text COLLATE "C", v varchar(20), icu text COLLATE "en-x-icu", runs text, one text, n numeric, many text, i int)
  USING redshift WITH (encode = 'flag bytedict, mode bytedict, t bytedict, v text32k, icu bytedict, runs runlength, one bytedict, n bytedict, many zstd');
INSERT INTO coded SELECT i, substr('ABC', 1 + i % 3, 1), (ARRAY['AIR', 'SHIP', NULL, 'RAIL ', 'TRUCK'])[1 + i % 5], CASE WHEN i % 11 > 0 THEN 'word ' || i % 40 END, 'v' || i % 200,
  (ARRAY['e', 'é', 'E', 'É', 'f'])[1 + i % 5], 'run ' || i / 3000, 'same', (ARRAY[1.0, 1.00, 2.5, 'NaN', NULL])[1 + i % 5], 'm' || i, i % 17 FROM generate_series(1, 30000) i;
INSERT INTO coded (id, flag, mode) SELECT -i, 'D', (ARRAY['AIR', 'AIR ', 'FOB'])[1 + i % 3] FROM generate_series(1, 500) i;
DELETE FROM coded WHERE id % 7 = 0;
UPDATE coded SET mode = 'MAIL', t = 'changed' WHERE id % 1000 = 1;
CREATE TABLE modes (mode text, word text, n int) USING redshift;
INSERT INTO modes VALUES ('AIR', 'word 3', 1), ('SHIP', 'word 5', 2), ('MAIL', 'changed', 3), (NULL, NULL, 4), ('none', 'none', 5);
ANALYZE coded, modes;
\getenv source_directory PG_ABS_SRCDIR
\set compare_engines :source_directory '/test/lib/compare_engines.sql'
\set ECHO none
\i :compare_engines
\set ECHO all
SELECT compare_engines(format('SELECT count(*), sum(id), min(id) FROM coded WHERE %s', condition)), condition FROM unnest(ARRAY[
  'flag = ''B''', 'flag <> ''B'' AND mode = ''AIR''', 'mode IN (''SHIP'', ''RAIL'', NULL)', 'mode NOT IN (''SHIP'', ''RAIL'')', 'mode IS NULL', 'mode IS NOT NULL AND t IS NULL', 't LIKE ''%3%''', 't NOT LIKE ''word 1%''', 't LIKE ''w_rd%9''',
  't LIKE ''word\_%''', 't > ''word 2'' AND t <= ''word 30''', 'coalesce(t, ''none'') = ''none''', '(t = ''word 7'') IS NOT TRUE', 'CASE WHEN t = ''word 7'' THEN mode = ''AIR'' ELSE flag = ''C'' END', 'v = ''v7'' OR v LIKE ''%99''', 'v BETWEEN ''v1'' AND ''v2''',
  'icu = ''e''', 'icu > ''e''', 'icu LIKE ''%É''', 'runs = ''run 4'' OR runs LIKE ''%9''', 'one = ''same'' AND flag = ''A''', 'one <> ''same''', 'n = 1', 'n > 2', 'n IS NULL', 'length(t) = 6', 'substring(t, 6) = ''12''', 't || mode = ''word 1SHIP''', 't = mode', 't::int > 3', 'many = ''m77'' OR flag = ''Z''',
  '(flag = ''A'' AND mode = ''AIR'' AND i < 5) OR (flag = ''B'' AND t LIKE ''%1'' AND i BETWEEN 3 AND 9)', '100 / (i - 3) > 4 AND flag = ''A''', 'flag = ''A'' AND 100 / (CASE WHEN flag = ''A'' THEN 2 ELSE 0 END) > 4']) condition;
SELECT compare_engines(q), q FROM unnest(ARRAY[
  'SELECT flag, count(*), sum(id), min(mode), max(t) FROM coded GROUP BY flag', 'SELECT flag, mode, count(*), sum(i) FROM coded GROUP BY flag, mode', 'SELECT flag, mode, one, count(*) FROM coded WHERE i > 3 GROUP BY flag, mode, one', 'SELECT mode, i, count(*) FROM coded GROUP BY mode, i',
  'SELECT trim_scale(n), count(*) FROM coded GROUP BY 1', 'SELECT n > 0, count(*) FROM (SELECT n FROM coded GROUP BY n) s GROUP BY 1', 'SELECT t, v, count(*) FROM coded GROUP BY t, v', 'SELECT runs, count(*), min(id) FROM coded GROUP BY runs', 'SELECT DISTINCT icu, one FROM coded', 'SELECT substring(t, 1, 6), upper(flag), count(*) FROM coded GROUP BY 1, 2',
  'SELECT CASE WHEN mode = ''AIR'' OR mode = ''SHIP'' THEN 1 ELSE 0 END, sum(CASE WHEN flag = ''B'' THEN i END), count(*) FILTER (WHERE t LIKE ''%1'') FROM coded GROUP BY 1', 'SELECT c.mode, m.n, count(*) FROM coded c JOIN modes m ON c.mode = m.mode GROUP BY 1, 2',
  'SELECT m.n, count(*) FROM coded c JOIN modes m ON c.t = m.word GROUP BY 1', 'SELECT m.n, count(c.id) FROM coded c RIGHT JOIN modes m ON c.t = m.word AND c.flag = ''A'' GROUP BY 1', 'SELECT c.t, c.flag, m.n FROM coded c LEFT JOIN modes m ON c.t = m.word WHERE c.id < 400', 'SELECT flag, count(*) FROM coded c WHERE EXISTS (SELECT 1 FROM modes m WHERE m.word = c.t) GROUP BY flag',
  'SELECT c.flag, d.mode, count(*) FROM coded c JOIN coded d ON c.id = d.id GROUP BY 1, 2', 'SELECT * FROM (SELECT flag, mode FROM coded WHERE id < 30) s', 'SELECT min(t), max(t), min(icu), max(v) FROM coded WHERE flag = ''C''']) q;
DROP TABLE coded, modes;
DROP FUNCTION compare_engines(text);
