-- What SHOW statements of the catalogs return, and grants in Redshift's privilege views.
CREATE ROLE systables_alice LOGIN;
CREATE ROLE systables_readers;
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id int PRIMARY KEY, name varchar(30) NOT NULL);
CREATE TABLE shop.sales (id bigint, customer int REFERENCES shop.customers ON DELETE CASCADE, price numeric(8,2) DEFAULT 1, note text COLLATE "C")
	USING redshift WITH (diststyle = even, sortkey = 'id, customer');
COMMENT ON COLUMN shop.sales.price IS 'with tax';
CREATE VIEW shop.names AS SELECT name FROM shop.customers;
CREATE FUNCTION shop.twice(a int, b varchar) RETURNS numeric LANGUAGE sql RETURN a * 2.0;
CREATE PROCEDURE shop.put(INOUT a int, b timestamp) LANGUAGE sql AS 'SELECT a';
GRANT USAGE ON SCHEMA shop TO systables_alice, systables_readers;
GRANT SELECT ON shop.sales TO systables_readers;
GRANT SELECT, INSERT ON shop.sales TO systables_alice WITH GRANT OPTION;
GRANT SELECT (name) ON shop.customers TO systables_alice;
GRANT SELECT ON shop.names TO PUBLIC;
GRANT EXECUTE ON FUNCTION shop.twice TO systables_alice;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO systables_readers;

SELECT database_type FROM redshift.show_databases(current_database()::text);
SELECT schema_name, schema_type FROM redshift.show_schemas(current_database(), 'sh_p');
PREPARE tables(text, text, text) AS SELECT schema_name, table_name, table_type, remarks, dist_style, table_subtype FROM redshift.show_tables($1, $2, $3);
EXECUTE tables(NULL, 'shop', NULL);
EXECUTE tables(current_database(), 'shop', 'c%');
SELECT column_name, ordinal_position AS pos, column_default, is_nullable AS nulls, data_type, character_maximum_length AS len, numeric_precision AS prec,
	numeric_scale AS scale, remarks, sort_key_type, sort_key, dist_key, encoding, "collation" FROM redshift.show_columns(NULL, 'shop', 'sales');
SELECT column_name FROM redshift.show_columns(NULL, 'shop', 'sales', '%r%');
SELECT schema_name, table_name, pk_name, column_name, key_seq FROM redshift.show_constraints_primary(NULL, 'shop', 'customers');
SELECT pk_table_name, pk_column_name, fk_table_name, fk_column_name, key_seq, fk_name, pk_name, update_rule, delete_rule, deferrability
	FROM redshift.show_constraints_foreign(NULL, 'shop', 'sales');
SELECT fk_name FROM redshift.show_constraints_foreign(NULL, 'shop', 'customers', true);
SELECT * FROM redshift.show_constraints_foreign(NULL, 'shop', 'customers', false);
SELECT procedure_name, number_of_arguments, argument_list, return_type FROM redshift.show_procedures(NULL, 'shop');
SELECT function_name, number_of_arguments, argument_list, return_type FROM redshift.show_functions(NULL, 'shop', 't%');
SELECT function_name, parameter_name, ordinal_position, parameter_type, data_type FROM redshift.show_parameters_of_function(NULL, 'shop', 'twice', '{integer,varchar}');
SELECT procedure_name, parameter_name, ordinal_position, parameter_type, data_type
	FROM redshift.show_parameters_of_procedure(NULL, 'shop', 'put', '{int,timestamp without time zone}');
SELECT object_name, privilege_type, identity_name, identity_type, admin_option FROM redshift.show_grants_on_table(NULL, 'shop', 'sales');
SELECT object_name, privilege_type FROM redshift.show_grants_on_table(NULL, 'shop', 'sales', 'role', 'systables_readers');
SELECT object_name, privilege_type, identity_name, identity_type FROM redshift.show_grants_on_table(NULL, 'shop', 'names', 'public');
SELECT column_name, privilege_type, identity_name FROM redshift.show_column_grants(NULL, 'shop', 'customers');
SELECT object_name, privilege_type, identity_name FROM redshift.show_grants_on_schema(NULL, 'shop');
SELECT object_name, object_type, privilege_type, identity_name FROM redshift.show_grants_on_function(NULL, 'shop', 'twice', '{int4,varchar}', 'user', 'systables_alice');
SELECT object_type, object_name, privilege_type FROM redshift.show_grants_for('user', 'systables_alice');

-- What does not exist, or is elsewhere.
SELECT * FROM redshift.show_schemas('systables_none');
SELECT * FROM redshift.show_tables('postgres', 'public');
SELECT * FROM redshift.show_tables(NULL, 'none');
SELECT * FROM redshift.show_columns(NULL, 'shop', 'none');
SELECT * FROM redshift.show_parameters_of_function(NULL, 'shop', 'twice', '{int4}');
SELECT * FROM redshift.show_parameters_of_procedure(NULL, 'shop', 'twice', '{int4,varchar}');

-- The privilege views; others see only what concerns them.
SELECT relation_name, privilege_type, identity_name, identity_type, admin_option FROM redshift.svv_relation_privileges WHERE namespace_name = 'shop' ORDER BY 1, 3, 2;
SELECT privilege_type, identity_name, privilege_scope FROM redshift.svv_schema_privileges WHERE namespace_name = 'shop' ORDER BY 1, 2;
SELECT object_type, privilege_type, grantee_name, grantee_type FROM redshift.svv_default_privileges WHERE schema_name = 'shop';
GRANT systables_readers TO systables_alice WITH ADMIN OPTION;
ALTER ROLE systables_alice SET idle_session_timeout = '90s';
ALTER ROLE systables_alice CONNECTION LIMIT 5;
SELECT user_name, superuser, connection_limit, syslog_access, session_timeout FROM redshift.svv_user_info WHERE user_name = 'systables_alice';
SELECT user_name, role_name, admin_option FROM redshift.svv_user_grants WHERE user_name = 'systables_alice';
CREATE ROLE systables_other LOGIN;
SET ROLE systables_other;
SELECT relation_name, privilege_type, identity_name, identity_type FROM redshift.svv_relation_privileges WHERE namespace_name = 'shop';
SELECT count(*) FROM redshift.svv_user_info WHERE user_name <> current_user;
SELECT count(*) FROM redshift.svv_user_grants;
SELECT count(*) FROM redshift.svv_roles WHERE role_name = 'systables_readers';
SELECT table_name FROM redshift.show_tables(NULL, 'shop');
RESET ROLE;

DROP SCHEMA shop CASCADE;
DROP ROLE systables_alice, systables_other, systables_readers;
