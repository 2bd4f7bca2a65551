-- VACUUM's forms that are Redshift's
CREATE TABLE v (a int, b int) USING redshift WITH (sortkey = 'a');
CREATE VIEW regions AS SELECT count(*) FILTER (WHERE unsorted_region) > 0 AS unsorted, sum(deleted_rows) AS deleted, sum("rows") AS "rows"
	FROM redshift.list_row_groups('v');
INSERT INTO v SELECT g, g FROM generate_series(1, 140000) g;
INSERT INTO v SELECT g, g FROM generate_series(1, 140000) g;
DELETE FROM v WHERE b % 4 = 0;
SELECT * FROM regions;
VACUUM (DELETE_ONLY) v;
SELECT * FROM regions;
DELETE FROM v WHERE b % 25 = 1;
VACUUM (SORT_ONLY) v;
SELECT unsorted, "rows" FROM regions;
-- the share that may stay as it is
TRUNCATE v;
INSERT INTO v SELECT g, g FROM generate_series(1, 130000) g;
DELETE FROM v WHERE b <= 6500;
VACUUM v;
SELECT deleted FROM regions;
VACUUM (TO_PERCENT 90) v;
SELECT deleted FROM regions;
VACUUM (TO_PERCENT 99) v;
SELECT deleted FROM regions;
INSERT INTO v SELECT g, g FROM generate_series(130001, 260000) g;
INSERT INTO v SELECT g, g FROM generate_series(130001, 260000) g;
VACUUM (TO_PERCENT 0, BOOST) v;
SELECT unsorted FROM regions;
VACUUM (RECLUSTER) v;
SELECT count(*), count(DISTINCT a) FROM v;
VACUUM (TO_PERCENT 100) v;
SELECT unsorted, deleted FROM regions;
-- interleaved keys
ALTER TABLE v SET (sortstyle = interleaved, sortkey = 'a, b');
CREATE TABLE groups AS SELECT group_id FROM redshift.list_row_groups('v');
VACUUM (REINDEX) v;
SELECT count(*) FROM groups JOIN redshift.list_row_groups('v') USING (group_id);
VACUUM (RECLUSTER) v;
-- what makes no sense
VACUUM (RECLUSTER);
VACUUM (TO_PERCENT 50);
VACUUM (TO_PERCENT 101) v;
VACUUM (SORT_ONLY, DELETE_ONLY) v;
VACUUM (REINDEX, TO_PERCENT 50) v;
VACUUM (SORTED) v;
BEGIN;
VACUUM (SORT_ONLY) v;
ROLLBACK;
DROP TABLE v, groups CASCADE;
