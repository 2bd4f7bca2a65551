-- What others must not be able to do by what serves Redshift's statements.
CREATE ROLE security_one;
CREATE ROLE security_two;
CREATE SCHEMA security;
GRANT CREATE, USAGE ON SCHEMA security TO PUBLIC;
SET search_path = security, public;

-- A view WITH (security_invoker) reads with the rights of who uses it, also when late binding.
CREATE TABLE secret (a int);
INSERT INTO secret VALUES (42);
CREATE VIEW owners WITH (no_schema_binding) AS SELECT a FROM security.secret;
CREATE VIEW invokers WITH (no_schema_binding, security_invoker) AS SELECT a FROM security.secret;
CREATE VIEW over_invokers AS SELECT a FROM invokers;
CREATE VIEW below AS SELECT * FROM (SELECT * FROM redshift.late_binding('SELECT a FROM security.secret', '', true) AS v(a int)) s;
GRANT SELECT ON owners, invokers, over_invokers, below TO security_one;
SET ROLE security_one;
SELECT * FROM owners;
SELECT * FROM invokers;
SELECT * FROM over_invokers;
SELECT * FROM below;
SELECT * FROM redshift.late_binding('SELECT a FROM security.secret', '', true) AS v(a int);
SELECT * FROM redshift.late_binding('DELETE FROM security.secret RETURNING a', '', true) AS v(a int);
SELECT redshift.deferred('SELECT a FROM security.secret');

-- Relations of the same name don't lock others' views.
BEGIN;
CREATE TEMP TABLE secret (a int);
SELECT count(*) FROM pg_locks WHERE relation IN ('security.owners'::regclass, 'security.invokers'::regclass) AND mode = 'AccessExclusiveLock';
ROLLBACK;

-- Who has no right to a table does not see or move what is in it.
CREATE TABLE own (a int);
CALL redshift.append_from('own', 'secret');
CALL redshift.append_from('secret', 'own');
SELECT * FROM redshift.verify_constraints('secret');
SELECT redshift.show_table('secret');
CALL redshift.unload_files('SELECT a FROM security.secret', 'file:///tmp/x', '{}');
CALL redshift.grant_assumerole(true, '{all}', 'security_one; ALTER ROLE security_one SUPERUSER');
CALL redshift.refresh_cascade('owners');
INSERT INTO redshift.history_query (query) VALUES (1);
DELETE FROM redshift.materialized_view;
SET redshift.client_address = '10.0.0.1';
SET redshift.history = off;
RESET ROLE;

-- VACUUM calls nothing of others by the search path.
CREATE TABLE kept (a int) USING redshift WITH (sortkey = 'a');
CREATE FUNCTION security.cardinality(oid[]) RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''run by %'', current_user; END';
CREATE FUNCTION security.run(int, numeric) RETURNS numeric LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''run by %'', current_user; END';
CREATE OPERATOR security.- (LEFTARG = int, RIGHTARG = numeric, FUNCTION = security.run);
VACUUM kept;
ANALYZE kept;

-- Bounds of blocks are no way round row-level security.
INSERT INTO kept SELECT generate_series(1, 20000);
VACUUM kept;
SELECT min, max FROM redshift.list_blocks('kept') WHERE block = 0;
ALTER TABLE kept ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON kept TO security_two;
SET ROLE security_two;
SELECT min, max FROM redshift.list_blocks('kept') WHERE block = 0;
SELECT min, max FROM redshift.list_row_groups('kept');
SELECT minvalue, maxvalue FROM redshift.stv_blocklist WHERE blocknum = 0 AND tbl = 'kept'::regclass::oid::int;
RESET ROLE;

-- Names and strings end no text that a statement becomes.
SELECT redshift.translate($q$CREATE USER "u$redshift$'; SELECT 1; --" PASSWORD 'a$redshift$\' SYSLOG ACCESS UNRESTRICTED$q$);
SELECT redshift.translate($q$DROP ROLE "r$redshift$'\; SELECT 1; --" FORCE$q$);
SELECT redshift.translate($q$GRANT SELECT FOR TABLES IN SCHEMA "s$redshift$'; SELECT 1; --" TO u$q$);
SELECT redshift.translate($q$SHOW TABLE "t'; SELECT 1; --"$q$);
SELECT redshift.translate($q$SELECT * EXCLUDE a FROM "t'; SELECT 1; --"$q$);

-- Passwords and keys, however they are written.
SET ROLE security_two;
ALTER ROLE security_one PASSWORD /* of one */ 'hidden one';
ALTER ROLE security_one PASSWORD 'hidden'
	'hidden two';
ALTER ROLE security_one PASSWORD -- 'as it is'
	$$hidden three$$ SUPERUSE;
COPY secret FROM 's3://b/k' CREDENTIALS /* of two */ 'hidden four';
SELECT text FROM redshift.all_queries WHERE text LIKE '%security_one%' OR text LIKE 'COPY%' ORDER BY query;
SELECT count(*) FROM redshift.all_queries WHERE userid <> redshift.own_userid() OR text LIKE '%hidden%' OR error LIKE '%hidden%';
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA security CASCADE;

-- Where the extension is not, a schema of its name is nothing to it.
\c postgres
SET client_min_messages = warning;
CREATE SCHEMA redshift AUTHORIZATION security_one;
SET ROLE security_one;
CREATE TABLE redshift.history_query (a int);
CREATE TABLE redshift.materialized_view (mv oid, refreshed_at timestamptz, xid int8, state jsonb);
CREATE FUNCTION redshift.mv_state(oid, bool DEFAULT false) RETURNS jsonb LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''run by another''; END';
CREATE FUNCTION redshift.late_binding(text, text, bool) RETURNS SETOF record LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION redshift.numeric_div(numeric, numeric) RETURNS numeric LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''run by another''; END';
RESET ROLE;
CREATE MATERIALIZED VIEW security_view AS SELECT 1 AS a;
REFRESH MATERIALIZED VIEW security_view;
SELECT * FROM redshift.late_binding('SELECT 2', '', true) AS v(a int);
SET redshift.dialect = redshift;
SELECT 1.0 / 3 AS quotient;
RESET redshift.dialect;
CREATE EXTENSION redshift_ext;
DROP MATERIALIZED VIEW security_view;
DROP SCHEMA redshift CASCADE;
DROP ROLE security_one, security_two;
