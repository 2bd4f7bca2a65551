-- Indexes, constraints and what is built on them.
CREATE TABLE p (id int PRIMARY KEY, k text, v numeric) USING redshift;
INSERT INTO p SELECT g, 'k' || g % 100, g * 1.5 FROM generate_series(1, 20000) g;
INSERT INTO p VALUES (5, 'again', 0);
CREATE INDEX p_k ON p (k);
CREATE INDEX p_hash ON p USING hash (v);
CREATE INDEX p_part ON p (id) WHERE k = 'k7';
CREATE INDEX p_expr ON p ((id % 10));
CREATE INDEX CONCURRENTLY p_conc ON p (v, id);
ANALYZE p;
EXPLAIN (COSTS OFF) SELECT * FROM p WHERE id = 777;
SELECT * FROM p WHERE id = 777;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM p WHERE k IN ('k1', 'k2');
SELECT count(*) FROM p WHERE k IN ('k1', 'k2');
SELECT count(*) FROM p WHERE v = 1500.0;
SELECT count(*) FROM p WHERE id % 10 = 3;
SET enable_bitmapscan = off;
SELECT count(*) FROM p WHERE k = 'k7' AND id BETWEEN 100 AND 500;
SELECT id FROM p ORDER BY id DESC LIMIT 3;
RESET enable_bitmapscan;
RESET enable_seqscan;
-- changes
UPDATE p SET id = id + 100000 WHERE id <= 10;
SELECT id, k FROM p WHERE id BETWEEN 100001 AND 100003 ORDER BY id;
SELECT count(*) FROM p WHERE id <= 10;
DELETE FROM p WHERE id BETWEEN 11 AND 9000;
INSERT INTO p VALUES (1, 'new', 1), (11, 'new', 2);
INSERT INTO p VALUES (12, 'a', 1), (12, 'b', 2);
REINDEX TABLE p;
REINDEX TABLE CONCURRENTLY p;
SELECT count(*), sum(id) FROM p;
-- ON CONFLICT
INSERT INTO p VALUES (1, 'conflict', 0), (13, 'fresh', 0) ON CONFLICT DO NOTHING;
INSERT INTO p VALUES (1, 'conflict', 5), (14, 'fresh', 0) ON CONFLICT (id) DO UPDATE SET v = p.v + excluded.v, k = excluded.k RETURNING *;
INSERT INTO p VALUES (15, 'x', 0), (15, 'y', 0) ON CONFLICT (id) DO UPDATE SET k = 'z';
MERGE INTO p USING (VALUES (1, 'merged'), (16, 'merged')) s (id, k) ON p.id = s.id
  WHEN MATCHED THEN UPDATE SET k = s.k WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.k, 0);
SELECT * FROM p WHERE id < 20 ORDER BY id;
-- VACUUM renumbers rows: the indexes follow
VACUUM p;
VACUUM p;
SET enable_seqscan = off;
SELECT * FROM p WHERE id = 16;
SELECT count(*) FROM p WHERE k = 'k7';
RESET enable_seqscan;
SELECT count(*) FROM p WHERE k = 'k7';
VACUUM FULL p;
SELECT count(*), sum(id) FROM p;
CLUSTER p USING p_k;
SELECT count(*), sum(id) FROM p;
-- foreign keys, both ways
CREATE TABLE f (id int REFERENCES p ON DELETE CASCADE, n int) USING redshift;
INSERT INTO f VALUES (1, 1), (16, 2);
INSERT INTO f VALUES (2, 1);
DELETE FROM p WHERE id = 16;
SELECT * FROM f;
UPDATE p SET id = 2 WHERE id = 1;
BEGIN;
ALTER TABLE f ALTER CONSTRAINT f_id_fkey DEFERRABLE INITIALLY DEFERRED;
INSERT INTO f VALUES (3, 3);
INSERT INTO p VALUES (3, 'late', 0);
COMMIT;
-- EXCLUDE, CHECK, generated, identity, triggers
CREATE TABLE x (r int4range, EXCLUDE USING gist (r WITH &&)) USING redshift;
INSERT INTO x VALUES ('[1,5)'), ('[5,9)');
INSERT INTO x VALUES ('[4,6)');
CREATE TABLE g (id int GENERATED ALWAYS AS IDENTITY, a int CHECK (a > 0), b int GENERATED ALWAYS AS (a * 2) STORED, c text NOT NULL DEFAULT 'd') USING redshift;
CREATE FUNCTION g_trigger() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE NOTICE '% % %: % -> %', TG_WHEN, TG_LEVEL, TG_OP, old, new; RETURN new; END $$;
CREATE TRIGGER g_before BEFORE INSERT OR UPDATE ON g FOR EACH ROW EXECUTE FUNCTION g_trigger();
CREATE TRIGGER g_after AFTER INSERT OR UPDATE OR DELETE ON g FOR EACH ROW EXECUTE FUNCTION g_trigger();
INSERT INTO g (a) VALUES (1), (2);
UPDATE g SET a = 5 WHERE a = 2 RETURNING *;
DELETE FROM g WHERE a = 1;
INSERT INTO g (a) VALUES (0);
INSERT INTO g (a, c) VALUES (1, NULL);
-- TIDs, samples, locks
SELECT a FROM g WHERE ctid = (SELECT ctid FROM g);
SELECT count(*) FROM p WHERE ctid >= '(0,1)' AND ctid < '(10,1)' IS NOT NULL;
SELECT count(*) BETWEEN 100 AND 20000 FROM p TABLESAMPLE BERNOULLI (50) REPEATABLE (1);
SELECT count(*) FROM p TABLESAMPLE SYSTEM (100);
BEGIN;
SELECT a FROM g FOR UPDATE;
SELECT a FROM g FOR SHARE SKIP LOCKED;
COMMIT;
SELECT xmin IS NOT NULL AS has_xmin, tableoid::regclass FROM g;
DROP TABLE f, p, x, g;
DROP FUNCTION g_trigger();
SELECT count(*) FROM redshift.row_group;
