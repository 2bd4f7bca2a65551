-- Policies that mask columns: there are none here.

CREATE VIEW redshift.svv_masking_policy AS
	SELECT NULL::text AS policy_database, NULL::text AS policy_name, NULL::text AS input_columns, NULL::text AS policy_expression,
		NULL::text AS policy_modified_by, NULL::timestamp AS policy_modified_time
	WHERE false;
COMMENT ON VIEW redshift.svv_masking_policy IS 'none: there are no masking policies';

CREATE VIEW redshift.svv_attached_masking_policy AS
	SELECT NULL::text AS policy_name, NULL::text AS schema_name, NULL::text AS table_name, NULL::text AS table_type,
		NULL::text AS grantor, NULL::text AS grantee, NULL::text AS grantee_type, NULL::int4 AS priority, NULL::text AS input_columns,
		NULL::text AS output_columns
	WHERE false;
COMMENT ON VIEW redshift.svv_attached_masking_policy IS 'none: there are no masking policies';

GRANT SELECT ON redshift.svv_masking_policy, redshift.svv_attached_masking_policy TO PUBLIC;
