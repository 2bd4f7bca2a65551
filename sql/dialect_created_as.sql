-- CREATE TABLE AS of one table is distributed and sorted as it
SET default_table_access_method = redshift;
SET redshift.dialect = redshift;
CREATE FUNCTION options(VARIADIC regclass[]) RETURNS TABLE (name text, options text[]) LANGUAGE sql AS
	'SELECT relname, reloptions FROM pg_class WHERE oid = ANY ($1) ORDER BY relname';
CREATE TABLE source (a int, "B c" int, d text) WITH (distkey = '"B c"', sortkey = 'a, "B c"', encode = 'd zstd');
CREATE TABLE evenly (a int, b int) WITH (diststyle = even, sortkey = 'a, b', sortstyle = interleaved);
CREATE TABLE everywhere (a int) WITH (diststyle = all);
INSERT INTO source VALUES (1, 2, 'x');
-- all of it; some columns under other names; what WHERE, LIMIT and an order leave
CREATE TABLE all_columns AS SELECT * FROM source;
CREATE TABLE renamed AS SELECT d, a AS x, "B c" AS "Y" FROM source WHERE a IN (SELECT a FROM evenly) LIMIT 10;
CREATE TABLE named (p, q) AS SELECT "B c", a FROM source;
CREATE TABLE ordered AS SELECT a, "B c" FROM source ORDER BY a DESC;
CREATE TABLE keyless AS SELECT a, "B c" + 1 AS "B c" FROM source;
CREATE TABLE like_evenly AS SELECT * FROM evenly;
CREATE TABLE like_everywhere AS SELECT * FROM everywhere;
SELECT redshift.translate('create temp table deferred as select * exclude (d) from source') \gexec
SELECT * FROM options('all_columns', 'renamed', 'named', 'ordered', 'keyless', 'like_evenly', 'like_everywhere', 'deferred');
SELECT * FROM all_columns;
-- what is another table's, or says it itself
CREATE TABLE grouped AS SELECT "B c", count(*) AS n FROM source GROUP BY 1;
CREATE TABLE joined AS SELECT source.* FROM source JOIN evenly USING (a);
CREATE TABLE united AS SELECT * FROM evenly UNION ALL SELECT * FROM evenly;
CREATE TABLE said WITH (diststyle = even) AS SELECT * FROM source;
CREATE TABLE in_heap USING heap AS SELECT * FROM source;
SET redshift.dialect = postgresql;
CREATE TABLE in_postgresql AS SELECT * FROM source;
SELECT * FROM options('grouped', 'joined', 'united', 'said', 'in_heap', 'in_postgresql');
DROP TABLE source, evenly, everywhere, all_columns, renamed, named, ordered, keyless, like_evenly, like_everywhere, deferred, grouped,
	joined, united, said, in_heap, in_postgresql;
DROP FUNCTION options;
