-- What a transaction sees of its own changes, statement by statement.
CREATE TABLE t (k int, v text) USING redshift WITH (sortkey = 'k');
-- a command does not see what it writes
INSERT INTO t VALUES (1, 'a');
INSERT INTO t SELECT k + 1, v FROM t;
INSERT INTO t SELECT k + 10, (SELECT count(*)::text FROM t) FROM t;
SELECT * FROM t ORDER BY k;
UPDATE t SET k = k + 100;
SELECT * FROM t ORDER BY k;
-- cursors keep their snapshot
BEGIN;
INSERT INTO t VALUES (0, 'before');
DECLARE c CURSOR FOR SELECT k FROM t;
INSERT INTO t VALUES (-1, 'after');
DELETE FROM t WHERE k = 101;
UPDATE t SET v = 'changed' WHERE k = 102;
DECLARE c2 SCROLL CURSOR FOR SELECT k, v FROM t ORDER BY k;
FETCH ALL FROM c;
FETCH ALL FROM c2;
FETCH BACKWARD 2 FROM c2;
FETCH ABSOLUTE 1 FROM c2;
ROLLBACK;
-- scrolling over the plain scan
SET redshift.enable_scan = off;
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT k FROM t;
FETCH 2 FROM c;
FETCH BACKWARD 2 FROM c;
FETCH LAST FROM c;
FETCH PRIOR FROM c;
FETCH NEXT FROM c;
FETCH NEXT FROM c;
FETCH PRIOR FROM c;
DECLARE u CURSOR FOR SELECT * FROM t WHERE k > 101 FOR UPDATE;
FETCH 1 FROM u;
UPDATE t SET v = 'current' WHERE CURRENT OF u;
DELETE FROM t WHERE CURRENT OF u;
COMMIT;
RESET redshift.enable_scan;
SELECT * FROM t ORDER BY k;
-- savepoints, and reading within them
BEGIN;
INSERT INTO t VALUES (1, 'outer');
SAVEPOINT a;
INSERT INTO t VALUES (2, 'a');
SELECT count(*) FROM t;
DELETE FROM t WHERE k = 1;
SELECT count(*) FROM t;
ROLLBACK TO a;
SELECT count(*) FROM t;
SAVEPOINT b;
SELECT count(*) FROM t WHERE v = 'outer';
INSERT INTO t VALUES (3, 'b');
RELEASE b;
INSERT INTO t VALUES (4, 'outer 2');
COMMIT;
SELECT * FROM t ORDER BY k;
-- exception blocks
DO $$
BEGIN
  FOR i IN 1..20 LOOP
    INSERT INTO t VALUES (1000 + i, 'loop');
    BEGIN
      INSERT INTO t VALUES (2000 + i, 'inner');
      PERFORM count(*) FROM t;
      IF i % 2 = 0 THEN RAISE EXCEPTION 'undo'; END IF;
    EXCEPTION WHEN raise_exception THEN NULL;
    END;
  END LOOP;
END $$;
SELECT count(*) FILTER (WHERE k < 2000), count(*) FILTER (WHERE k > 2000) FROM t WHERE k > 1000;
-- DDL in the same transaction
BEGIN;
INSERT INTO t VALUES (5, 'x');
ALTER TABLE t ADD COLUMN w int DEFAULT 7;
INSERT INTO t VALUES (6, 'y', NULL);
ALTER TABLE t ADD COLUMN z text;
INSERT INTO t VALUES (7, 'y', 8, 'z');
SELECT * FROM t WHERE k BETWEEN 5 AND 7 ORDER BY k;
ALTER TABLE t DROP COLUMN v;
INSERT INTO t VALUES (8, 9, 'q');
SELECT * FROM t WHERE k BETWEEN 5 AND 8 ORDER BY k;
ALTER TABLE t ALTER COLUMN w TYPE numeric(10,1);
SELECT * FROM t WHERE k BETWEEN 5 AND 8 ORDER BY k;
ROLLBACK;
SELECT * FROM t WHERE k < 10 ORDER BY k;
BEGIN;
INSERT INTO t VALUES (50, 'gone');
TRUNCATE t;
INSERT INTO t VALUES (51, 'new');
SELECT * FROM t;
ROLLBACK;
SELECT count(*) FROM t;
BEGIN;
DROP TABLE t;
ROLLBACK;
SELECT count(*) FROM t;
TRUNCATE t;
SELECT count(*) FROM t;
INSERT INTO t SELECT g, g FROM generate_series(1, 10) g;
-- savepoints: what a rolled-back TRUNCATE or DROP, or a read, wrote out
CREATE TABLE sp (k int PRIMARY KEY, v text) USING redshift;
BEGIN;
INSERT INTO sp VALUES (1, 'before');
SAVEPOINT a;
TRUNCATE sp;
ROLLBACK TO a;
INSERT INTO sp VALUES (2, 'after');
DROP TABLE sp;
ROLLBACK TO a;
RELEASE a;
INSERT INTO sp VALUES (3, 'after');
COMMIT;
SELECT * FROM sp ORDER BY k;
-- a unique violation against a row not yet written
BEGIN;
INSERT INTO sp VALUES (4, 'buffered');
SAVEPOINT a;
INSERT INTO sp VALUES (4, 'again');
ROLLBACK TO a;
INSERT INTO sp VALUES (4, 'again') ON CONFLICT (k) DO UPDATE SET v = excluded.v RETURNING *;
ROLLBACK;
-- a cursor of a function whose caller deletes rows after it
CREATE FUNCTION delete_inside(k int, c refcursor) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	IF k = 1 THEN
		OPEN c FOR SELECT sp.k FROM sp ORDER BY sp.k;
		DELETE FROM sp WHERE sp.k = 3;
	END IF;
	RETURN 'changed';
END $$;
BEGIN;
INSERT INTO sp SELECT g, 'more' FROM generate_series(4, 6) g;
UPDATE sp SET v = delete_inside(k, 'inside') WHERE k <> 3;
FETCH ALL FROM inside;
COMMIT;
SELECT k FROM sp ORDER BY k;
DROP FUNCTION delete_inside;
DROP TABLE sp;
-- two-phase commit
BEGIN;
INSERT INTO t VALUES (11, 'prepared');
DELETE FROM t WHERE k = 1;
PREPARE TRANSACTION 'rs';
SELECT count(*) FROM t;
COMMIT PREPARED 'rs';
SELECT count(*), min(k) FROM t;
-- temporary and unlogged tables
BEGIN;
CREATE TEMP TABLE tmp (a int) USING redshift ON COMMIT DELETE ROWS;
INSERT INTO tmp SELECT generate_series(1, 20000);
SELECT count(*) FROM tmp;
COMMIT;
SELECT count(*) FROM tmp;
INSERT INTO tmp VALUES (1);
CREATE UNLOGGED TABLE unl (a int) USING redshift;
INSERT INTO unl SELECT generate_series(1, 20000);
ALTER TABLE unl SET LOGGED;
SELECT count(*) FROM unl;
ALTER TABLE unl SET UNLOGGED;
SELECT count(*) FROM unl;
DROP TABLE unl, tmp, t;
SELECT count(*) FROM redshift.row_group;
SELECT count(*) FROM redshift.delete_vector;
