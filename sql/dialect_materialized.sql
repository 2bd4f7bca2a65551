-- Materialized views: options, staleness, refreshing by Redshift's rules.
CREATE SCHEMA mv;
SET search_path = mv;
SET default_table_access_method = redshift;
SET redshift.dialect = redshift;
CREATE TABLE t (a int, b int);
INSERT INTO t SELECT g % 3, g FROM generate_series(1, 10) g;
CREATE MATERIALIZED VIEW sums USING redshift WITH (diststyle = key, distkey = a, sortkey = 'a', auto_refresh = yes) AS
	SELECT a, sum(b) AS s, count(*) AS n FROM t GROUP BY a;
SELECT reloptions FROM pg_class WHERE oid = 'sums'::regclass;
SELECT redshift.mv_is_stale('sums'::regclass, true);
REFRESH MATERIALIZED VIEW sums;

-- What was changed is seen, and only that.
INSERT INTO t VALUES (1, 1);
SELECT redshift.mv_is_stale('sums'::regclass), redshift.mv_changes('sums'::regclass);
REFRESH MATERIALIZED VIEW sums;
REFRESH MATERIALIZED VIEW sums;
SELECT * FROM sums ORDER BY a;
DELETE FROM t WHERE b = 2;
REFRESH MATERIALIZED VIEW sums;
UPDATE t SET b = 0 WHERE a = 0;
REFRESH MATERIALIZED VIEW sums;
SELECT * FROM sums ORDER BY a;
TRUNCATE t;
INSERT INTO t VALUES (3, 3);
REFRESH MATERIALIZED VIEW sums;
BEGIN;
INSERT INTO t VALUES (5, 5);
REFRESH MATERIALIZED VIEW sums;
ROLLBACK;
SELECT * FROM sums;
SELECT redshift.mv_is_stale('sums'::regclass);
BEGIN;
INSERT INTO t VALUES (5, 5);
REFRESH MATERIALIZED VIEW sums;
COMMIT;
SELECT redshift.mv_is_stale('sums'::regclass);

-- Through views and other materialized views; what a query calls.
CREATE MATERIALIZED VIEW over AS SELECT sum(s) AS s FROM sums;
CREATE VIEW v AS SELECT * FROM t;
CREATE MATERIALIZED VIEW through AS SELECT count(*) AS n FROM v;
CREATE MATERIALIZED VIEW of_time AS SELECT now() AS n FROM t;
CREATE MATERIALIZED VIEW constant AS SELECT 1 AS n;
CREATE MATERIALIZED VIEW empty AS SELECT 1 AS n WITH NO DATA;
SELECT trim(name), is_stale, state, autorefresh FROM redshift.svv_mv_info WHERE schema_name = 'mv' ORDER BY 1;
INSERT INTO t VALUES (7, 7);
CALL redshift.refresh_cascade('sums');
SELECT * FROM over;
REFRESH MATERIALIZED VIEW through;
CREATE OR REPLACE VIEW v AS SELECT * FROM t WHERE a > 3;
SELECT redshift.mv_is_stale('through'::regclass);
REFRESH MATERIALIZED VIEW through;
SELECT * FROM through;
REFRESH MATERIALIZED VIEW of_time;
REFRESH MATERIALIZED VIEW of_time;

-- Options, PostgreSQL's dialect, failures.
ALTER MATERIALIZED VIEW sums SET (auto_refresh = no);
ALTER MATERIALIZED VIEW sums SET (sortkey = 's', rewrite);
SELECT reloptions FROM pg_class WHERE oid = 'sums'::regclass;
SELECT redshift.materialized_view_definition('sums'::regclass);
CREATE TABLE bad (a int) WITH (auto_refresh = yes);
ALTER MATERIALIZED VIEW sums SET (auto_refresh = perhaps);
SET redshift.dialect = postgresql;
REFRESH MATERIALIZED VIEW sums;
CREATE VIEW w AS SELECT 1 / (a - 7) AS x FROM t;
CREATE MATERIALIZED VIEW failing AS SELECT x FROM w WITH NO DATA;
REFRESH MATERIALIZED VIEW failing;
SELECT trim(mv_name), trim(refresh_type), status FROM redshift.svl_mv_refresh_status WHERE schema_name = 'mv' ORDER BY starttime DESC LIMIT 3;
CREATE ROLE mv_user;
GRANT USAGE ON SCHEMA mv TO mv_user;
GRANT CREATE ON SCHEMA mv TO mv_user;
SET ROLE mv_user;
REFRESH MATERIALIZED VIEW sums;
CREATE TABLE own (a int);
CREATE MATERIALIZED VIEW of_own AS SELECT sum(a) FROM own;
INSERT INTO own VALUES (1);
REFRESH MATERIALIZED VIEW of_own;
SELECT trim(name), is_stale FROM redshift.svv_mv_info WHERE schema_name = 'mv';
SELECT status FROM redshift.svl_mv_refresh_status;
RESET ROLE;

-- Redshift's statements.
\pset format unaligned
\pset tuples_only on
SELECT redshift.translate('CREATE VIEW a.v AS (SELECT 1 AS a FROM s.t) WITH NO SCHEMA BINDING');
SELECT redshift.translate('create or replace view v (x) as select nvl(a, 1) as a from s.t with no schema binding; select 1');
SELECT redshift.translate('create view #v as select 1 as a');
SELECT redshift.translate('create view v with (security_barrier) as select a from s.t with local check option');
SELECT redshift.translate('create materialized view mv backup no diststyle key distkey (a) sortkey (b, "C") auto refresh yes as (select nvl(a, 1) from t)');
SELECT redshift.translate('create materialized view mv auto refresh no as select 1 as a');
SELECT redshift.translate('create materialized view if not exists mv as select 1 as a with no data');
SELECT redshift.translate('alter materialized view a.mv auto refresh yes');
SELECT redshift.translate('alter materialized view mv alter sortkey (a, b)');
SELECT redshift.translate('alter materialized view mv alter diststyle key distkey a');
SELECT redshift.translate('refresh materialized view a.mv restrict');
SELECT redshift.translate('refresh materialized view a.mv cascade');
SELECT redshift.translate('drop materialized view if exists a.mv cascade');
SELECT redshift.translate('create materialized view mv auto refresh as select 1');

SET client_min_messages = warning;
DROP SCHEMA mv CASCADE;
DROP ROLE mv_user;
