-- Informational constraints: recorded, shown, followed, never enforced.
CREATE SCHEMA constraints;
SET search_path = constraints;
SET default_table_access_method = redshift;

-- Who decides: the setting, else the dialect.
CREATE TABLE enforced (a int PRIMARY KEY);
SELECT count(*) FROM redshift.constraints_of('enforced');
DROP TABLE enforced;
SET redshift.dialect = redshift;
SHOW redshift.constraints;
CREATE TABLE dim (id int PRIMARY KEY, code varchar(10) UNIQUE, UNIQUE (id, code)) WITH (distkey = id);
SET redshift.dialect = postgresql;
SET redshift.constraints = informational;
CREATE TABLE fact (a int, d int REFERENCES dim, "C" varchar(10) REFERENCES dim (code), PRIMARY KEY (a, d),
	CONSTRAINT both_fkey FOREIGN KEY (d, "C") REFERENCES dim (id, code));
SELECT conname, contype, conrelid::regclass, conkey, confrelid::regclass, confkey, condef FROM redshift.table_constraints
	WHERE connamespace = 'constraints'::regnamespace ORDER BY conrelid, conname;
SELECT count(*) FROM pg_index WHERE indrelid IN ('dim'::regclass, 'fact'::regclass);
SELECT attname, attnotnull FROM pg_attribute WHERE attrelid = 'fact'::regclass AND attnum > 0 ORDER BY attnum;

-- Rows that break them go in, and are found.
INSERT INTO dim VALUES (1, 'x'), (1, 'x'), (2, NULL), (3, NULL);
INSERT INTO fact VALUES (1, 1, 'x'), (1, 1, 'y'), (2, 4, NULL), (3, 2, NULL);
INSERT INTO fact VALUES (NULL, 1, 'x');
SELECT * FROM redshift.verify_constraints('dim');
SELECT * FROM redshift.verify_constraints('fact');
-- The planner does not believe them.
SELECT id, count(*) FROM dim GROUP BY id ORDER BY id;
SELECT count(*) FROM (SELECT DISTINCT id, code FROM dim) d;
SELECT id, code FROM dim GROUP BY id;

-- They follow renames, and keep what they refer to.
DROP TABLE dim;
ALTER TABLE dim RENAME id TO "Id";
ALTER TABLE fact RENAME "C" TO c;
ALTER TABLE dim RENAME TO dimension;
CREATE SCHEMA constraints_2;
ALTER TABLE dimension SET SCHEMA constraints_2;
ALTER SCHEMA constraints_2 RENAME TO constraints_3;
SELECT conname, condef FROM redshift.constraints_of('fact');
ALTER TABLE fact DROP COLUMN d;
ALTER TABLE fact DROP CONSTRAINT fact_d_fkey;
ALTER TABLE fact RENAME CONSTRAINT fact_pkey TO dim_key;
ALTER TABLE fact RENAME CONSTRAINT dim_key TO both_fkey;
ALTER TABLE constraints_3.dimension DROP CONSTRAINT dim_code_key;
ALTER TABLE constraints_3.dimension DROP CONSTRAINT dim_code_key CASCADE;
ALTER TABLE fact ADD COLUMN x int UNIQUE, ADD UNIQUE (c);
ALTER TABLE fact DROP COLUMN a CASCADE;
SELECT conname, condef FROM redshift.constraints_of('fact');
ALTER TABLE fact DROP CONSTRAINT nosuch;
ALTER TABLE fact DROP CONSTRAINT IF EXISTS nosuch;
DROP SCHEMA constraints_3 CASCADE;
SELECT conname, condef FROM redshift.constraints_of('fact');

-- LIKE copies none; a table may refer to itself, an option say what a dump does.
CREATE TABLE copied (LIKE fact INCLUDING ALL);
SELECT reloptions FROM pg_class WHERE oid = 'copied'::regclass;
CREATE TABLE self (id int, parent int REFERENCES self, PRIMARY KEY (id)) ;
CREATE TABLE restored (id int, r int) WITH (sortkey = id, constraints = 'PRIMARY KEY (id), FOREIGN KEY (r) REFERENCES later.t (b)');
SELECT conname, condef, confrelid FROM redshift.constraints_of('restored');
INSERT INTO restored VALUES (NULL, 1);
ALTER TABLE restored SET (sortkey = r, diststyle = even);
SELECT reloptions FROM pg_class WHERE oid = 'restored'::regclass;
SELECT * FROM redshift.verify_constraints('restored');
ALTER TABLE copied ADD PRIMARY KEY (x);
SELECT conname, condef FROM redshift.constraints_of('copied');
CREATE TEMP TABLE temporary (id int PRIMARY KEY, t int REFERENCES temporary);
SELECT conname, contype, confrelid::regclass FROM redshift.constraints_of('temporary');

-- What cannot be.
CREATE TABLE bad (id int REFERENCES fact (c));
CREATE TABLE bad (id int REFERENCES nosuch);
CREATE TABLE bad (id date REFERENCES self);
CREATE TABLE bad (id int PRIMARY KEY, PRIMARY KEY (id));
CREATE TABLE bad (id int, UNIQUE (id, id));
CREATE TABLE bad (id int, PRIMARY KEY (nosuch));
CREATE TABLE bad (id int REFERENCES self ON DELETE CASCADE);
CREATE TABLE bad (id int) WITH (constraints = 'PRIMARY KEY (id)); DROP TABLE fact; --');
CREATE TABLE bad (id int) WITH (constraints = 'PRIMARY KEY id');
ALTER TABLE self ADD CONSTRAINT self_pkey UNIQUE (parent);
CREATE ROLE constraints_user;
GRANT ALL ON SCHEMA constraints TO constraints_user;
SET ROLE constraints_user;
CREATE TABLE mine (id int REFERENCES self);
SELECT * FROM redshift.verify_constraints('self');
ALTER TABLE self RENAME CONSTRAINT self_pkey TO other;
RESET ROLE;
ALTER TABLE self SET ACCESS METHOD heap;
DROP TABLE self;

SET client_min_messages = warning;
DROP SCHEMA constraints CASCADE;
DROP ROLE constraints_user;
