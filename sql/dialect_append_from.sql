-- ALTER TABLE APPEND FROM: redshift.append_from()
CREATE TABLE monthly (id int NOT NULL, shop int, amount numeric(10,2), note varchar(20)) USING redshift
	WITH (distkey = shop, sortkey = 'id', encode = 'note zstd');
CREATE TABLE total (LIKE monthly INCLUDING ALL) USING redshift;
INSERT INTO monthly SELECT g, g % 7, g / 10.0, 'note ' || g % 3 FROM generate_series(1, 20000) g;
INSERT INTO monthly VALUES (-1, NULL, NULL, 'few');
DELETE FROM monthly WHERE id % 100 = 0;
INSERT INTO total VALUES (0, 0, 0, 'first');
SELECT count(*), sum(id), sum(amount), count(DISTINCT note) FROM monthly;
-- groups move as they are
CREATE TABLE before AS SELECT "column", block, encoding, codec, "rows", size, min, max FROM redshift.list_blocks('monthly');
CALL redshift.append_from('total', 'monthly');
SELECT count(*), sum(id), sum(amount), count(DISTINCT note) FROM total;
SELECT count(*) FROM monthly;
SELECT count(*) > 0 AS blocks, count(*) = count(b.size) AS same
	FROM redshift.list_blocks('total') a LEFT JOIN before b USING ("column", block, encoding, codec, "rows", size) WHERE a."rows" > 1;
SELECT * FROM redshift.verify('total') UNION ALL SELECT * FROM redshift.verify('monthly');
SELECT note FROM total WHERE id = 12345;
VACUUM monthly;
INSERT INTO monthly VALUES (20001, 1, 1, 'again');
-- columns by name, in any order; defaults; what is left out
CREATE TABLE wide (note varchar(20), amount numeric(10,2), made_by text DEFAULT 'append', shop int, id int NOT NULL) USING redshift
	WITH (distkey = shop, sortkey = 'id', encode = 'note zstd');
CALL redshift.append_from('wide', 'monthly');
CALL redshift.append_from('wide', 'monthly', ignoreextra => true);
CALL redshift.append_from('wide', 'monthly', true, true);
CALL redshift.append_from('wide', 'monthly', filltarget => true);
SELECT * FROM wide;
SELECT count(*) FROM monthly;
CALL redshift.append_from('monthly', 'wide', filltarget => true);
CALL redshift.append_from('monthly', 'wide', ignoreextra => true);
SELECT * FROM monthly;
-- identity columns stay
CREATE TABLE numbered (n bigint GENERATED ALWAYS AS IDENTITY (START WITH 10), v int) USING redshift;
CREATE TABLE numbered2 (n bigint GENERATED ALWAYS AS IDENTITY, v int) USING redshift;
CREATE TABLE plain (v int) USING redshift;
INSERT INTO plain VALUES (5), (6);
CALL redshift.append_from('numbered', 'numbered2');
CALL redshift.append_from('numbered', 'plain');
CALL redshift.append_from('numbered', 'plain', filltarget => true);
SELECT * FROM numbered ORDER BY 1;
CALL redshift.append_from('plain', 'numbered', ignoreextra => true);
SELECT * FROM plain ORDER BY 1;
-- what must be the same
CREATE TABLE other_type (v bigint) USING redshift;
CREATE TABLE other_null (v int NOT NULL) USING redshift;
CREATE TABLE other_sort (v int) USING redshift WITH (sortkey = 'v');
CREATE TABLE other_dist (v int) USING redshift WITH (diststyle = even);
CREATE TABLE other_encode (v int) USING redshift WITH (encode = 'v raw');
CREATE TABLE other_heap (v int) USING heap;
CREATE TEMP TABLE other_temp (v int) USING redshift;
CALL redshift.append_from('other_type', 'plain');
CALL redshift.append_from('other_null', 'plain');
CALL redshift.append_from('other_sort', 'plain');
CALL redshift.append_from('other_dist', 'plain');
CALL redshift.append_from('other_encode', 'plain');
CALL redshift.append_from('other_heap', 'plain');
CALL redshift.append_from('other_temp', 'plain');
CALL redshift.append_from('plain', 'plain');
-- constraints hold, and indexes have the rows
CREATE TABLE keyed (v int PRIMARY KEY) USING redshift;
ALTER TABLE plain ALTER v SET NOT NULL;
CALL redshift.append_from('keyed', 'plain');
INSERT INTO plain VALUES (6);
CALL redshift.append_from('keyed', 'plain');
SELECT count(*) FROM plain;
-- not in a transaction block
BEGIN;
CALL redshift.append_from('keyed', 'plain');
ROLLBACK;
-- rights of both tables
CREATE ROLE append_user;
GRANT SELECT ON plain TO append_user;
GRANT INSERT ON keyed TO append_user;
SET ROLE append_user;
CALL redshift.append_from('keyed', 'plain');
RESET ROLE;
GRANT DELETE ON plain TO append_user;
UPDATE plain SET v = 7;
SET ROLE append_user;
CALL redshift.append_from('keyed', 'plain');
RESET ROLE;
SELECT * FROM keyed ORDER BY v;
DROP TABLE monthly, total, before, wide, numbered, numbered2, plain, keyed, other_type, other_null, other_sort, other_dist,
	other_encode, other_heap, other_temp;
DROP ROLE append_user;
