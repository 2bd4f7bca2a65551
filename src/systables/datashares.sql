-- Datashares: there are none here.  Nor are there models, libraries of Python functions, or data that
-- others share; the views are for programs that look.

CREATE VIEW redshift.svv_datashares AS
	SELECT NULL::varchar(128) AS share_name, NULL::int4 AS share_id, NULL::int4 AS share_owner, NULL::varchar(128) AS source_database,
		NULL::varchar(128) AS consumer_database, NULL::varchar(8) AS share_type, NULL::timestamp AS createdate,
		NULL::bool AS is_publicaccessible, NULL::varchar(256) AS share_acl, NULL::varchar(16) AS producer_account,
		NULL::varchar(64) AS producer_namespace, NULL::varchar(64) AS managed_by
	WHERE false;
COMMENT ON VIEW redshift.svv_datashares IS 'none: there are no datashares';

CREATE VIEW redshift.svv_datashare_consumers AS
	SELECT NULL::varchar(128) AS share_name, NULL::varchar(16) AS consumer_account, NULL::varchar(64) AS consumer_namespace,
		NULL::timestamp AS share_date
	WHERE false;
COMMENT ON VIEW redshift.svv_datashare_consumers IS 'none: there are no datashares';

CREATE VIEW redshift.svv_datashare_objects AS
	SELECT NULL::varchar(8) AS share_type, NULL::varchar(128) AS share_name, NULL::varchar(64) AS object_type,
		NULL::varchar(512) AS object_name, NULL::varchar(16) AS producer_account, NULL::varchar(64) AS producer_namespace,
		NULL::bool AS include_new
	WHERE false;
COMMENT ON VIEW redshift.svv_datashare_objects IS 'none: there are no datashares';

CREATE VIEW redshift.svv_datashare_privileges AS
	SELECT NULL::text AS datashare_name, NULL::text AS privilege_type, NULL::int4 AS identity_id, NULL::text AS identity_name,
		NULL::text AS identity_type, NULL::bool AS admin_option
	WHERE false;
COMMENT ON VIEW redshift.svv_datashare_privileges IS 'none: there are no datashares';

CREATE VIEW redshift.pg_library AS
	SELECT NULL::name AS name, NULL::oid AS language_oid, NULL::int4 AS file_store_id, NULL::int4 AS owner
	WHERE false;
COMMENT ON VIEW redshift.pg_library IS 'none: there are no libraries';

CREATE VIEW redshift.svv_ml_model_info AS
	SELECT NULL::char(128) AS database_name, NULL::char(128) AS schema_name, NULL::char(128) AS user_name, NULL::char(128) AS model_name,
		NULL::char(20) AS life_cycle, NULL::int4 AS is_refreshable, NULL::char(128) AS model_state
	WHERE false;
COMMENT ON VIEW redshift.svv_ml_model_info IS 'none: there are no models';

GRANT SELECT ON redshift.svv_datashares, redshift.svv_datashare_consumers, redshift.svv_datashare_objects,
	redshift.svv_datashare_privileges, redshift.pg_library, redshift.svv_ml_model_info TO PUBLIC;
