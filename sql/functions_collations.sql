-- Patterns of case-insensitive strings
SET redshift.dialect = redshift;
CREATE TABLE collations_names (a varchar(20) COLLATE redshift.case_insensitive, b varchar(20), c char(5) COLLATE redshift.case_insensitive) USING redshift;
INSERT INTO collations_names VALUES ('Rob', 'Rob', 'xY'), ('ROB', 'ROB', 'Xy'), ('al', 'al', 'z');
SELECT a FROM collations_names WHERE a LIKE 'ro%' ORDER BY b COLLATE "C";
SELECT a FROM collations_names WHERE a ILIKE 'RO_' AND a NOT LIKE 'x%' AND a NOT ILIKE 'AL' AND a !~ '^l' ORDER BY b COLLATE "C";
SELECT a FROM collations_names WHERE a SIMILAR TO '(r|s)O%' AND a ~ 'B$' AND a ~* 'b' ORDER BY b COLLATE "C";
SELECT a FROM collations_names WHERE c LIKE 'x%' AND c ~ 'Y' AND c NOT ILIKE 'z%' ORDER BY b COLLATE "C";
SELECT a FROM collations_names WHERE b LIKE 'Ro%' OR a COLLATE "default" LIKE 'AL%';
SELECT redshift.translate($q$select b from collations_names where collate(b, 'ci') like 'r%' order by 1$q$) \gexec
EXPLAIN (COSTS OFF) SELECT count(*) FROM collations_names WHERE a LIKE 'r%';
PREPARE collations_count AS SELECT count(*) FROM collations_names WHERE a LIKE $1;
EXECUTE collations_count('R%');
CREATE VIEW collations_view AS SELECT a LIKE 'R%' AS matches, count(*) FROM collations_names GROUP BY 1;
SELECT * FROM collations_view ORDER BY 1;
SELECT pg_get_viewdef('collations_view');
SET redshift.dialect = postgresql;
SELECT a FROM collations_names WHERE a LIKE 'ro%';
DROP TABLE collations_names CASCADE;
