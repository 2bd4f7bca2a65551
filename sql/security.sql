-- Rows that a policy or a security barrier hides are shown to no function that could tell, whatever the engine moves.
CREATE TABLE sec (id int, owner text, v int, n numeric(10,2)) USING redshift WITH (sortkey = 'id');
INSERT INTO sec SELECT i, CASE WHEN i % 2 = 0 THEN 'redshift_reader' ELSE 'boss' END, i % 100, i / 4.0 FROM generate_series(1, 20000) i;
CREATE TABLE other (g int) USING redshift;
INSERT INTO other VALUES (1), (2), (NULL);
ANALYZE sec, other;
CREATE ROLE redshift_reader;
ALTER TABLE sec ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON sec USING (owner = current_user);
-- says what it sees if it should not, and is as cheap as can be
CREATE FUNCTION told(int) RETURNS bool LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
  IF $1 % 2 = 1 THEN RAISE 'hidden row % was shown', $1; END IF;
  RETURN true;
END $$;
CREATE VIEW guarded WITH (security_barrier) AS SELECT id, v, n FROM sec WHERE id % 4 = 0;
CREATE VIEW guarded_groups WITH (security_barrier) AS SELECT v, min(id) AS id, count(*) AS c FROM sec GROUP BY v HAVING min(id) % 2 = 0;
GRANT SELECT ON sec, other, guarded, guarded_groups TO redshift_reader;
SET ROLE redshift_reader;
EXPLAIN (COSTS OFF) SELECT count(*), sum(n) FROM sec WHERE told(id) AND v < 10;
SELECT count(*), sum(n) FROM sec WHERE told(id) AND v < 10;
SELECT id, n FROM sec WHERE told(id) ORDER BY id DESC LIMIT 3;
SELECT v, count(*) FROM sec WHERE told(id) GROUP BY v ORDER BY v LIMIT 2;
SELECT count(*) FROM sec a JOIN sec b USING (id) WHERE told(a.id) AND told(b.id);
SELECT count(*), (SELECT count(*) FROM sec b WHERE b.v = 4 AND told(b.id)) FROM sec;
SELECT count(*) FROM sec a WHERE n > (SELECT avg(n) FROM sec b WHERE b.v = a.v AND told(b.id)) AND told(a.id);
SELECT count(*) FROM sec WHERE v NOT IN (SELECT g FROM other WHERE g IS NOT NULL) AND told(id);
SELECT count(*) FROM guarded WHERE told(id) AND told(id / 2);
SELECT count(*) FROM guarded_groups WHERE told(id) AND c > 3;
RESET ROLE;
-- the same function, where nothing is hidden
SELECT count(*) FROM sec WHERE told(id);
DROP VIEW guarded, guarded_groups;
DROP TABLE sec, other;
DROP FUNCTION told(int);
DROP ROLE redshift_reader;
