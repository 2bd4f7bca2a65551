-- Late binding views: text until they are planned.
CREATE SCHEMA lb;
CREATE SCHEMA base;
SET search_path = lb, public;
SET default_table_access_method = redshift;

-- Before there are tables.
CREATE VIEW all_columns WITH (no_schema_binding) AS SELECT * FROM base.t;
CREATE VIEW named WITH (no_schema_binding) AS
	SELECT a, b AS bb, count(*) AS n FROM base.t GROUP BY 1, 2;
CREATE VIEW over (x, y) WITH (no_schema_binding) AS SELECT a, n FROM lb.named -- a comment
;
SELECT count(*) FROM all_columns;
SELECT bb FROM named;
SELECT * FROM redshift.pg_get_late_binding_view_cols() c(view_schema name, view_name name, col_name name, col_type varchar, col_num int)
	WHERE view_name <> 'over';

-- With them, and as they change.
CREATE TABLE base.t (a int, b varchar(10));
INSERT INTO base.t VALUES (1, 'x'), (1, 'x'), (2, 'y');
SELECT * FROM all_columns ORDER BY a;
SELECT * FROM over ORDER BY x;
SELECT * FROM redshift.pg_get_late_binding_view_cols() c(view_schema name, view_name name, col_name name, col_type varchar, col_num int)
	ORDER BY 2, 5;
SELECT redshift.pg_get_late_binding_view_cols() ORDER BY 1 LIMIT 1;
EXPLAIN (COSTS OFF) SELECT count(*) FROM over WHERE x = 1;
PREPARE p AS SELECT count(*) FROM all_columns WHERE a = $1;
EXECUTE p (1);
ALTER TABLE base.t ADD COLUMN c date DEFAULT '2020-01-01';
ALTER TABLE base.t ALTER COLUMN b TYPE varchar(20);
SELECT * FROM all_columns WHERE a = 2;
EXECUTE p (1);
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'all_columns'::regclass AND attnum > 0 ORDER BY attnum;
ALTER TABLE base.t DROP COLUMN c;
DROP TABLE base.t;
SELECT * FROM all_columns;
EXECUTE p (1);
CREATE TABLE base.other (a bigint, z text, b text);
INSERT INTO base.other VALUES (5, 'z', 'b');
ALTER TABLE base.other RENAME TO t;
SELECT * FROM all_columns;
SELECT x, y, pg_typeof(x) FROM over;
EXECUTE p (5);
ALTER SCHEMA base RENAME TO base_2;
SELECT x FROM over;
ALTER SCHEMA base_2 RENAME TO base;
SELECT x FROM over;
BEGIN;
DROP TABLE base.t;
CREATE TABLE base.t (only_one int);
SELECT * FROM all_columns;
ROLLBACK;
SELECT * FROM all_columns;
CREATE FUNCTION inlined() RETURNS SETOF bigint LANGUAGE sql STABLE AS 'SELECT a FROM lb.all_columns';
SELECT * FROM inlined();
SELECT (SELECT max(x) FROM over), w.* FROM (WITH q AS (SELECT * FROM all_columns) SELECT * FROM q) w WHERE EXISTS (SELECT FROM named);

-- What depends on columns keeps them.
CREATE VIEW bound AS SELECT z FROM all_columns;
ALTER TABLE base.t RENAME z TO zz;
SELECT * FROM bound;
SELECT * FROM all_columns;
ALTER TABLE base.t RENAME zz TO z;
SELECT * FROM bound;
DROP VIEW all_columns;
DROP VIEW all_columns CASCADE;

-- Replaced, in a circle.
CREATE OR REPLACE VIEW over WITH (no_schema_binding) AS SELECT 1 AS one, 'a'::text AS two;
CREATE VIEW round WITH (no_schema_binding) AS SELECT one FROM lb.over;
SELECT * FROM round;
CREATE OR REPLACE VIEW over WITH (no_schema_binding) AS SELECT one FROM lb.round;
SELECT * FROM round;
CREATE OR REPLACE VIEW over WITH (no_schema_binding) AS SELECT 'z'::char(1) AS one;
SELECT * FROM round;

-- What cannot be.
CREATE VIEW bad WITH (no_schema_binding) AS SELECT * FROM t;
CREATE VIEW bad WITH (no_schema_binding) AS SELECT * FRO base.t;
CREATE VIEW bad WITH (no_schema_binding) AS SELECT a FROM base.t WITH CHECK OPTION;
CREATE RECURSIVE VIEW bad (n) WITH (no_schema_binding) AS SELECT 1;
CREATE VIEW good WITH (no_schema_binding) AS WITH q AS (SELECT * FROM base.t) SELECT q.a, (SELECT max(a) FROM q) AS m FROM q;
SELECT * FROM good;
INSERT INTO good VALUES (1, 2);
SELECT * FROM redshift.late_binding('SELECT 1 AS a; SELECT 2', '', true) AS v(a int);
SELECT * FROM redshift.late_binding('SELECT 1 AS a', '', true) AS v(b int);

-- The owner's rights on tables, the user's on the view; names of the owner's time.
CREATE ROLE lb_owner;
CREATE ROLE lb_user;
GRANT USAGE ON SCHEMA lb TO lb_owner, lb_user;
GRANT CREATE ON SCHEMA lb, public TO lb_owner;
GRANT CREATE ON SCHEMA public TO lb_user;
SET ROLE lb_owner;
CREATE VIEW owned WITH (no_schema_binding) AS SELECT a, b FROM base.t WHERE b <> 'hidden';
RESET ROLE;
SELECT * FROM owned;
GRANT USAGE ON SCHEMA base TO lb_owner;
SELECT * FROM owned;
GRANT SELECT ON base.t TO lb_owner;
INSERT INTO base.t VALUES (6, '', 'hidden');
SELECT * FROM owned;
SET ROLE lb_user;
SELECT * FROM owned;
RESET ROLE;
GRANT SELECT ON owned TO lb_user;
SET ROLE lb_user;
SELECT * FROM owned;
SELECT * FROM base.t;
SELECT * FROM redshift.late_binding('SELECT a FROM base.t', '', true) AS v(a bigint);
CREATE FUNCTION public.leaky(text, text) RETURNS bool LANGUAGE plpgsql AS $$BEGIN RAISE NOTICE '% %', $1, $2; RETURN true; END$$;
CREATE OPERATOR public.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = public.leaky);
SET search_path = public, pg_catalog, lb;
SELECT * FROM owned;
RESET ROLE;
SET search_path = lb;
-- Grants stay when the columns change.
ALTER TABLE base.t ALTER COLUMN b TYPE varchar(7);
SET ROLE lb_user;
SELECT * FROM owned;
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA lb, base CASCADE;
DROP OPERATOR public.<> (text, text);
DROP FUNCTION public.leaky(text, text);
REVOKE CREATE ON SCHEMA public FROM lb_owner, lb_user;
DROP ROLE lb_owner, lb_user;
